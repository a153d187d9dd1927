//! Forms that a file of captured traffic may have: JSON lines, a JSON array, a browser's HAR, one frame as it came.
//!
//! Each may be in UTF-8 or UTF-16, with or without a byte order mark, and compressed with gzip. Reads what fits into memory;
//! knows no files.

use bytes::Bytes;
use serde_json::Value;

use super::capture::{CaptureLine, frame_of, from_base64};
use super::{DecodeError, Frame, Inflater, MAX_INFLATED, Response, is_gzip, lenient_json};
use crate::text::Text;

/// The forms, in words for people.
pub const FORMS: &str = "lines of {\"b64\": …} (frames) or {\"method\": …, \"payload_b64\": …} (messages), a JSON array of those, \
                         a HAR of a live page saved by a browser, or a frame as it came; plain, in UTF-16 or compressed with gzip";

/// How a member of gzip begins.
const GZIP_MEMBER: &[u8] = &[0x1f, 0x8b, 0x08];
/// Most bytes of a file that has to be read whole, such as a HAR.
pub const MAX_WHOLE: usize = 512 << 20;

/// Whether a file that begins with this line has to be read whole: it is no plain JSON lines.
pub fn is_whole(first_line: &[u8]) -> bool {
    let line = without_mark(first_line).trim_ascii_start();
    match line.first() {
        Some(b'{') => line.get(1) == Some(&0) || lenient_json::from_bytes(line).is_none_or(|value| is_har(&value)),
        Some(b'[') => true,
        _ => std::str::from_utf8(line).is_err() || line.iter().any(|&byte| byte < 0x20 && !byte.is_ascii_whitespace()),
    }
}

/// A line of a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableLine {
    /// Its length in bytes.
    pub bytes: usize,
    /// Why.
    pub error: DecodeError,
}

/// The lines of a file that has to be read whole, in order. One that has none of the other forms is lines of text, most of
/// which are then unreadable.
pub fn lines(bytes: &[u8]) -> Vec<Result<CaptureLine, UnreadableLine>> {
    if is_gzip(bytes) {
        let inflated = inflate(bytes);
        return if is_gzip(&inflated) { Vec::new() } else { lines(&inflated) };
    }
    let text = utf8(bytes);
    let sound = serde_json::from_slice::<Value>(&text).ok();
    let is_one = sound.is_some();
    // A page's text in a HAR is often cut inside a character.
    match sound.or_else(|| lenient_json::from_bytes(&text)) {
        Some(Value::Array(items)) => items.iter().filter_map(item).map(Ok).collect(),
        Some(document) if is_har(&document) => har(&document).into_iter().map(Ok).collect(),
        Some(document) if is_one => item(&document).into_iter().map(Ok).collect(),
        _ => frame(Bytes::copy_from_slice(bytes), 0).map_or_else(|| json_lines(&text), |line| vec![Ok(line)]),
    }
}

/// Inflates gzip, also where several members stand behind each other, as `cat` makes of two files. Empty where it cannot be
/// inflated.
fn inflate(bytes: &[u8]) -> Vec<u8> {
    let mut inflater = Inflater::new(MAX_WHOLE);
    if let Ok(inflated) = inflater.inflate(bytes) {
        return inflated.to_vec();
    }
    let ends = memchr::memmem::find_iter(bytes, GZIP_MEMBER).skip(1).chain([bytes.len()]);
    let (mut inflated, mut from) = (Vec::new(), 0);
    for end in ends {
        // The mark of a member may stand in the middle of one by chance: then the part before it is no member.
        let Some(member) = bytes.get(from..end).and_then(|member| inflater.inflate(member).ok()) else { continue };
        if inflated.len().saturating_add(member.len()) > MAX_WHOLE {
            return Vec::new();
        }
        inflated.extend_from_slice(&member);
        from = end;
    }
    inflated
}

fn json_lines(text: &[u8]) -> Vec<Result<CaptureLine, UnreadableLine>> {
    let parse = |line: &[u8]| {
        CaptureLine::parse(&String::from_utf8_lossy(line)).map_err(|error| UnreadableLine { bytes: line.len(), error })
    };
    text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).map(parse).collect()
}

/// An entry of an array: an object as on a line, or a frame in base64.
fn item(value: &Value) -> Option<CaptureLine> {
    match value {
        Value::Object(_) => CaptureLine::from_json(value).ok(),
        Value::String(b64) => frame(base64(b64)?, 0),
        _ => None,
    }
}

fn is_har(document: &Value) -> bool {
    document.pointer("/log/entries").is_some_and(Value::is_array)
}

/// The frames of all sockets and the answers of the event polls, in the order in which they came.
fn har(document: &Value) -> Vec<CaptureLine> {
    let entries = document.pointer("/log/entries").and_then(Value::as_array);
    let mut found: Vec<(i64, CaptureLine)> = Vec::new();
    for entry in entries.into_iter().flatten() {
        let messages = entry.get("_webSocketMessages").and_then(Value::as_array);
        for message in messages.into_iter().flatten() {
            let sent = message.get("type").and_then(Value::as_str) == Some("send");
            let t = message.get("time").and_then(seconds).map_or(0, |seconds| (seconds * 1_000.0) as i64);
            let data = message.get("data").and_then(Value::as_str);
            let line = data.filter(|_| !sent).and_then(base64).and_then(|bytes| frame(bytes, t));
            found.extend(line.map(|line| (t, line)));
        }
        let content = entry.pointer("/response/content");
        let encoded = content.filter(|content| content.get("encoding").and_then(Value::as_str) == Some("base64"));
        let body = encoded.and_then(|content| base64(content.get("text")?.as_str()?));
        let begun = entry.get("startedDateTime").and_then(Value::as_str);
        let t = begun.and_then(|time| time.parse::<jiff::Timestamp>().ok()).map_or(0, jiff::Timestamp::as_millisecond);
        found.extend(body.and_then(|body| frame(body, t)).map(|line| (t, line)));
    }
    found.sort_by_key(|(t, _)| *t);
    found.into_iter().map(|(_, line)| line).collect()
}

/// A frame, or the body of a response without one: only where messages can be read in it.
fn frame(bytes: Bytes, t: i64) -> Option<CaptureLine> {
    let mut inflater = Inflater::new(MAX_INFLATED);
    let plain = if is_gzip(&bytes) { inflater.inflate(&bytes).ok()? } else { bytes };
    let framed = Frame::decode(plain.clone()).ok().filter(|frame| frame.kind.carries_response());
    if framed.and_then(|frame| frame.body(&mut inflater).ok()).is_some_and(|body| has_messages(&body)) {
        return Some(CaptureLine::Frame { t, bytes: plain });
    }
    has_messages(&plain).then(|| CaptureLine::Frame { t, bytes: frame_of(&plain) })
}

fn has_messages(body: &Bytes) -> bool {
    let response = Response::decode(body);
    response.is_ok_and(|response| response.messages.iter().any(|message| message.method.starts_with("Webcast")))
}

fn base64(text: &str) -> Option<Bytes> {
    from_base64(text).ok()
}

fn seconds(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The text in UTF-8 without a byte order mark.
fn utf8(bytes: &[u8]) -> Vec<u8> {
    let little = match bytes {
        [0xff, 0xfe, ..] | [b'{' | b'[', 0, ..] => true,
        [0xfe, 0xff, ..] | [0, b'{' | b'[', ..] => false,
        _ => return without_mark(bytes).to_vec(),
    };
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    let units: Vec<u16> = units.map(if little { u16::from_le_bytes } else { u16::from_be_bytes }).collect();
    String::from_utf16_lossy(&units).trim_start_matches('\u{feff}').as_bytes().to_vec()
}

/// Without the byte order mark of UTF-8.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// What to tell somebody whose file holds nothing we can read.
pub fn nothing_readable(name: &str) -> String {
    format!("nothing in {} could be read as captured traffic; what is read: {FORMS}", Text::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::capture::LENIENT_BASE64;
    use crate::wire::{FrameKind, compress, pb};
    use base64::Engine as _;
    use prost::Message as _;

    fn raw() -> Bytes {
        let message = pb::Message { method: "WebcastChatMessage".to_owned(), msg_id: 7, ..Default::default() };
        let body = pb::Response { messages: vec![message], ..Default::default() }.encode_to_vec();
        Frame::serve(&FrameKind::Message, 1, 0, &body, true)
    }

    #[test]
    fn every_form_is_read() {
        let frame = CaptureLine::Frame { t: 0, bytes: raw() };
        let line = frame.to_json();
        let wide: Vec<u8> = format!("\u{feff}{line}\n{line}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let b64 = LENIENT_BASE64.encode(raw());
        let big: Vec<u8> = format!("{line}\n{line}\n").encode_utf16().flat_map(u16::to_be_bytes).collect();
        let damaged = format!(
            r#"{{"log":{{"pages":["cut \ud83d", NaN],"entries":[{{"_webSocketMessages":[{{"type":"receive","time":1e999,"data":"{b64}"}}]}}]}}}}"#
        );
        let har = format!(
            r#"{{"log":{{"entries":[{{"_webSocketMessages":[{{"type":"send","time":1,"data":"{b64}"}},
            {{"type":"receive","time":1700000000.5,"opcode":2,"data":"{b64}"}}]}}]}}}}"#
        );
        for (bytes, count) in [
            (format!("[{line},\n{line}, 7]").into_bytes(), 2),
            (format!("[\"{b64}\"]").into_bytes(), 1),
            (wide, 2),
            (big, 2),
            (damaged.into_bytes(), 1),
            (format!("\u{feff}[{line}]").into_bytes(), 1),
            (compress(format!("\u{feff}{line}\n").as_bytes()), 1),
            (har.into_bytes(), 1),
            (raw().to_vec(), 1),
            (compress(&raw()), 1),
            (compress(format!("{line}\n{line}\n").as_bytes()), 2),
            ([compress(format!("{line}\n").as_bytes()), compress(line.as_bytes())].concat(), 2),
        ] {
            assert!(is_whole(bytes.split(|&byte| byte == b'\n').next().unwrap()), "{bytes:?}");
            let read = lines(&bytes);
            assert!(read.iter().all(Result::is_ok) && read.len() == count, "{read:?}");
        }
        assert!(!is_whole(line.as_bytes()) && !is_whole(b"nonsense"));
        assert!(lines(b"\x00\x01\x02").iter().all(Result::is_err));
        let first_cut = format!("{}\n\n{line}\n", &line[..20]);
        assert!(matches!(lines(first_cut.as_bytes())[..], [Err(UnreadableLine { bytes: 20, .. }), Ok(_)]));
    }
}
