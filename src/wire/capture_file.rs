//! Forms that a file of captured traffic may have: JSON lines, a JSON array, a browser's HAR, one frame as it came.
//!
//! Each may be in UTF-8 or UTF-16, with or without a byte order mark, with line ends of any system, and compressed with gzip.
//! In JSON of another program the frames are looked for wherever they may stand. Reads what fits into memory; knows no files.

use bytes::Bytes;
use serde_json::Value;

use super::capture::{CaptureLine, bytes_of, frame_of, from_base64};
use super::{DecodeError, Frame, Inflater, MAX_INFLATED, Response, is_gzip, lenient_json};
use crate::text::{Text, has_lone_return, to_utf8, without_mark};

/// The forms, in words for people.
pub const FORMS: &str = "lines of {\"b64\": …} (frames) or {\"method\": …, \"payload_b64\": …} (messages), a JSON array of those, \
                         a HAR of a live page saved by a browser, other JSON with frames in it, or a frame as it came; plain, in \
                         UTF-16 or compressed with gzip";

/// How a member of gzip begins.
const GZIP_MEMBER: &[u8] = &[0x1f, 0x8b, 0x08];
/// Most bytes of a file that has to be read whole, such as a HAR.
pub const MAX_WHOLE: usize = 512 << 20;

/// Whether a file that begins with this line has to be read whole: it is no plain JSON lines.
pub fn is_whole(first_line: &[u8]) -> bool {
    let line = without_mark(first_line).trim_ascii();
    // Line ends of another system, or sixteen bits a character.
    if has_lone_return(line) || line.get(1) == Some(&0) {
        return true;
    }
    match line.first() {
        Some(b'{') => {
            let value = std::str::from_utf8(line).ok().and_then(lenient_json::from_whole_text);
            let is_line = |value: &Value| CaptureLine::from_json(value).is_ok() || in_document(value).is_empty();
            value.is_none_or(|value| is_har(&value) || !is_line(&value))
        }
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
    let text = to_utf8(bytes);
    let sound = serde_json::from_slice::<Value>(&text).ok();
    let is_one = sound.is_some();
    // A page's text in a HAR is often cut inside a character.
    match sound.or_else(|| lenient_json::from_bytes(&text)) {
        Some(document) if is_one || document.is_array() || is_har(&document) => {
            in_document(&document).into_iter().map(Ok).collect()
        }
        _ => frame(Bytes::copy_from_slice(bytes), 0).map_or_else(|| text_lines(&text), |line| vec![Ok(line)]),
    }
}

/// What one JSON document holds.
fn in_document(document: &Value) -> Vec<CaptureLine> {
    let known = if is_har(document) { har(document) } else { Vec::new() };
    if known.is_empty() { anywhere(document) } else { known }
}

/// The entries and frames of another program's file, wherever they stand in it, in its order.
fn anywhere(value: &Value) -> Vec<CaptureLine> {
    if let Some(line) = item(value) {
        return vec![line];
    }
    match value {
        Value::Array(items) => items.iter().flat_map(anywhere).collect(),
        Value::Object(_) if is_sent(value) => Vec::new(),
        Value::Object(fields) => fields.values().flat_map(anywhere).collect(),
        // JSON inside a text, as programs log it.
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str::<Value>(text).map(|inner| in_document(&inner)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Lines of text; where none can be read, JSON values one behind the other, as `jq` prints them over several lines.
fn text_lines(text: &[u8]) -> Vec<Result<CaptureLine, UnreadableLine>> {
    let lines = json_lines(text);
    if lines.iter().any(Result::is_ok) {
        return lines;
    }
    let values = serde_json::Deserializer::from_slice(text).into_iter::<Value>().map_while(Result::ok);
    let found: Vec<_> = values.flat_map(|value| in_document(&value)).map(Ok).collect();
    if found.is_empty() { lines } else { found }
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
    text.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.trim_ascii().is_empty()).map(parse).collect()
}

/// An object as on a line, or a frame in base64 or in numbers.
fn item(value: &Value) -> Option<CaptureLine> {
    let line = if value.is_object() { CaptureLine::from_json(value).ok() } else { None };
    // Half of all JSON has a "name".
    let line = line.filter(|line| !matches!(line, CaptureLine::Name { .. }) || value.get("t").is_some());
    line.or_else(|| frame(bytes_of(value)?.ok()?, 0))
}

fn is_har(document: &Value) -> bool {
    entries(document).is_some()
}

fn entries(document: &Value) -> Option<&Vec<Value>> {
    document.pointer("/log/entries").or_else(|| document.get("entries")).and_then(Value::as_array)
}

/// The frames of all sockets and the answers of the event polls, in the order in which they came.
fn har(document: &Value) -> Vec<CaptureLine> {
    let mut found: Vec<(i64, CaptureLine)> = Vec::new();
    for entry in entries(document).into_iter().flatten() {
        let begun = entry.get("startedDateTime").and_then(millis).unwrap_or(0);
        for message in socket_messages(entry) {
            let field = |names: &[&str]| names.iter().find_map(|name| message.get(*name));
            let t = field(&["time", "timestamp"]).and_then(millis).unwrap_or(begun);
            let bytes = field(&["data", "payload"]).filter(|_| !is_sent(message)).and_then(bytes_of);
            found.extend(bytes.and_then(|bytes| frame(bytes.ok()?, t)).map(|line| (t, line)));
        }
        // Not every program says that a text is base64; one that is none holds no messages.
        let text = entry.pointer("/response/content/text").and_then(Value::as_str);
        let body = text.and_then(|text| from_base64(text).ok());
        found.extend(body.and_then(|body| frame(body, begun)).map(|line| (begun, line)));
    }
    found.sort_by_key(|(t, _)| *t);
    found.into_iter().map(|(_, line)| line).collect()
}

/// Whether a message went to the server, as most programs say it.
fn is_sent(message: &Value) -> bool {
    let way = ["type", "direction"].iter().find_map(|name| message.get(*name)?.as_str()).unwrap_or_default();
    matches!(way.to_ascii_lowercase().as_str(), "send" | "sent" | "request" | "outgoing")
}

/// What went over a socket: browsers write `_webSocketMessages`, other programs write it a little otherwise.
fn socket_messages(entry: &Value) -> impl Iterator<Item = &Value> {
    let is_messages = |key: &str| key.replace('_', "").eq_ignore_ascii_case("webSocketMessages");
    let fields = entry.as_object().into_iter().flatten();
    fields.filter(move |(key, _)| is_messages(key)).filter_map(|(_, value)| value.as_array()).flatten()
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

/// A time in milliseconds: seconds since 1970, milliseconds since then, or a date.
fn millis(value: &Value) -> Option<i64> {
    /// In milliseconds this is 1973, in seconds the year 5138.
    const MILLIS_FROM: f64 = 1e11;
    let text = value.as_str().map(str::trim);
    let date = || Some(text?.parse::<jiff::Timestamp>().ok()?.as_millisecond());
    let number = value.as_f64().or_else(|| text?.parse().ok()).filter(|number| number.is_finite());
    number.map(|number| if number < MILLIS_FROM { number * 1_000.0 } else { number } as i64).or_else(date)
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
    use rstest::rstest;

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

    fn b64() -> String {
        LENIENT_BASE64.encode(raw())
    }

    fn times(read: Vec<Result<CaptureLine, UnreadableLine>>) -> Vec<i64> {
        let t = |line: CaptureLine| match line {
            CaptureLine::Frame { t, .. } => t,
            other => panic!("{other:?}"),
        };
        read.into_iter().map(|line| t(line.unwrap())).collect()
    }

    #[rstest]
    #[case::chromium(r#"{"log":{"version":"1.2","pages":[],"entries":[{"_resourceType":"websocket","response":{"status":101,"content":{"size":0,"mimeType":"x-unknown"}},"_webSocketMessages":[{"type":"send","time":1700000000.1,"opcode":2,"data":"B64"},{"type":"receive","time":1700000000.5,"opcode":2,"data":"B64"},{"type":"receive","time":1700000001.5,"opcode":1,"data":"hello"}]}]}}"#)]
    #[case::mitmproxy(r#"{"log":{"entries":[{"startedDateTime":"2023-11-14T22:13:20.500Z","_webSocketMessages":[{"type":"receive","time":1700000000.5,"opcode":2,"data":"B64"}],"response":{"content":{"text":"","encoding":"base64"}}}]}}"#)]
    #[case::in_milliseconds(r#"{"log":{"entries":[{"webSocketMessages":[{"direction":"incoming","timestamp":1700000000500,"payload":"B64"},{"direction":"outgoing","timestamp":1,"payload":"B64"}]}]}}"#)]
    #[case::time_as_text(r#"{"log":{"entries":[{"_WebSocketMessages":[{"type":"Receive","time":"2023-11-14T22:13:20.500Z","data":"B64"}]}]}}"#)]
    #[case::time_missing(r#"{"log":{"entries":[{"startedDateTime":"2023-11-14T22:13:20.500Z","_webSocketMessages":[{"type":"receive","data":"B64"},null,{"data":null},{"type":5,"data":[1,2]}]}]}}"#)]
    #[case::poll(r#"{"log":{"entries":[{"startedDateTime":"2023-11-14T22:13:20.500+00:00","response":{"content":{"mimeType":"application/protobuf","size":5,"text":"B64","encoding":"base64"}}}]}}"#)]
    #[case::poll_unmarked(r#"{"log":{"entries":[{"startedDateTime":"2023-11-14T22:13:20.500Z","response":{"content":{"mimeType":"application/octet-stream","text":"B64"}}},{"response":null},7]}}"#)]
    #[case::without_log(
        r#"{"entries":[{"_webSocketMessages":[{"type":"receive","time":1700000000.5,"data":"B64"}]}]}"#
    )]
    fn every_program_that_writes_a_har_is_read(#[case] har: &str) {
        let har = har.replace("B64", &b64());
        assert!(is_whole(har.as_bytes()));
        assert_eq!(times(lines(har.as_bytes())), [1_700_000_000_500]);
    }

    #[rstest]
    #[case(r#"{"frames": ["B64", "B64"], "room": "@ana"}"#)]
    #[case(r#"{"version": 1, "sessions": [{"socket": {"messages": [{"dir": "in", "raw": "B64"}, {"dir": "in", "raw": "B64"}]}}]}"#)]
    #[case(r#"{"0": {"data": "B64"}, "1": {"data": "B64"}}"#)]
    #[case(r#"[["WebcastResponse", "B64"], ["WebcastResponse", "B64"]]"#)]
    #[case(r#"[{"message": "{\"b64\": \"B64\"}"}, {"name": "x", "message": "[\"B64\"]"}]"#)]
    #[case("[BYTES, {\"type\": \"Buffer\", \"data\": BYTES}]")]
    #[case("{\n  \"b64\": \"B64\",\n  \"t\": 1\n}\n{\n  \"b64\": \"B64\"\n}\n")]
    #[case("{\"b64\": \"B64\"}{\"b64\": \"B64\"}")]
    fn frames_are_found_in_json_of_another_hand(#[case] text: &str) {
        let text = text.replace("B64", &b64()).replace("BYTES", &format!("{:?}", &raw()[..]));
        assert!(is_whole(text.split_inclusive('\n').next().unwrap().as_bytes()), "{text}");
        let read = lines(text.as_bytes());
        assert!(read.len() == 2 && read.iter().all(Result::is_ok), "{read:?}");
    }

    #[rstest]
    #[case("\r")]
    #[case("\r\n")]
    #[case("\n\r")]
    #[case("\r\r")]
    fn lines_of_every_system_are_read(#[case] end: &str) {
        let line = CaptureLine::Frame { t: 5, bytes: raw() }.to_json();
        let text = format!("\u{feff}{line}{end}{line}{end}{{\"cut{end}{line}{end}");
        let read = lines(text.as_bytes());
        assert_eq!(read.iter().filter(|line| line.is_ok()).count(), 3, "{read:?}");
        assert_eq!(read.len(), 4);
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(lines(&units), read);
        if !end.contains('\n') {
            assert!(is_whole(text.as_bytes()));
        }
    }

    #[rstest]
    #[case(b"")]
    #[case(b"\x1f\x8b")]
    #[case(b"{\"log\":{\"entries\":[]}}")]
    #[case(b"{\"log\":{\"entries\":[{\"response\":{\"content\":{\"text\":\"<html>\"}}}]}}")]
    #[case(b"[1, null, {}, [], \"\", \"aGVsbG8=\", [1, 2, 3], {\"name\": \"x\"}]")]
    #[case(b"PK\x03\x04zipped")]
    #[case(b"\xff\xfe")]
    #[case(b"<html></html>")]
    fn where_no_frame_is_none_is_found(#[case] bytes: &[u8]) {
        assert!(lines(bytes).iter().all(Result::is_err));
    }

    #[test]
    fn what_a_browser_sent_is_not_read() {
        let har = r#"{"log":{"entries":[{"_webSocketMessages":[{"type":"send","data":"B64"}]}]}}"#;
        assert_eq!(lines(har.replace("B64", &b64()).as_bytes()), []);
    }
}
