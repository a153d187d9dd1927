//! Captured traffic as JSON lines: whole frames `{"b64": …, "t": …}`, or bare messages `{"method": …, "payload_b64": …}`.
//!
//! Our own captures also name the room, `{"name": …, "t": …}`, and repeat what we said about it, `{"said": …, "t": …}`:
//! its phases, gaps and look-ups, so that a replay shows what was on the screen. What is said has no meaning here.
//!
//! ```
//! use tiktop::wire::capture::CaptureLine;
//!
//! let line = r#"{"method": "WebcastChatMessage", "payload_b64": "GgJoaQ==", "msg_id": "9"}"#;
//! let CaptureLine::Message { message, .. } = CaptureLine::parse(line)? else { panic!("a message") };
//! assert_eq!((message.method.as_str(), &message.payload[..]), ("WebcastChatMessage", &b"\x1a\x02hi"[..]));
//! # Ok::<_, tiktop::wire::DecodeError>(())
//! ```

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use compact_str::CompactString;
use serde::Serialize;
use serde_json::Value;

use super::{DecodeError, Fields, Frame, FrameKind, Message, lenient_json};
use crate::clock::Timestamp;
use crate::ids::{MsgId, RoomId};
use crate::text::excerpt;

/// Forgives missing padding: captures pass through many hands.
pub(super) const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Below this a time of a capture cannot be since the Unix epoch, in milliseconds: it would be 1973.
const EPOCH_FROM: i64 = 100_000_000_000;
/// Fields of a response that a capture keeps: messages, pause, clock, wish for an ack, first batch. The others are where
/// and with which signed parameters to go on listening, which is nobody's business afterwards.
const KEPT_FIELDS: [u32; 5] = [1, 3, 4, 9, 11];

/// One line of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum CaptureLine {
    /// A frame as it came from the socket.
    Frame {
        /// Milliseconds: since the connection was opened, or since the Unix epoch, as the writer had it.
        t: i64,
        /// The frame's bytes.
        bytes: Bytes,
    },
    /// A message without its frame.
    Message {
        /// The message.
        message: Message,
        /// When it was made, by the service.
        created: Option<Timestamp>,
        /// The live it belongs to.
        room_id: Option<RoomId>,
    },
    /// What the room of the lines that follow was called, such as `@name`.
    Name {
        /// As in a frame.
        t: i64,
        /// The name.
        name: CompactString,
    },
    /// What the program said about the room then, as it wrote it itself.
    Said {
        /// As in a frame.
        t: i64,
        /// The event.
        event: Value,
    },
}

#[derive(Serialize)]
struct FrameRecord {
    t: i64,
    b64: String,
}

impl CaptureLine {
    /// Reads one line. The lines that `tiktop events --raw` prints as `raw` are messages too. A field beside the bytes
    /// that cannot be read counts as absent.
    pub fn parse(line: &str) -> Result<Self, DecodeError> {
        let line = line.trim_start_matches('\u{feff}').trim();
        let value = serde_json::from_str(line).or_else(|error| {
            // Only an object is worth repairing: of anything else the repair would make an object without content.
            let repaired = line.starts_with('{').then(|| lenient_json::from_whole_text(line)).flatten();
            repaired.ok_or_else(|| bad(&error.to_string()))
        });
        Self::from_json(&value?)
    }

    /// The same from an object that was parsed already.
    pub(super) fn from_json(record: &Value) -> Result<Self, DecodeError> {
        if !record.is_object() {
            return Err(bad("not an object"));
        }
        let field = |names: &[&str]| names.iter().filter_map(|&name| record.get(name)).find(|value| !value.is_null());
        let text = |names: &[&str]| field(names).and_then(Value::as_str);
        let t = field(&["t"]).and_then(number).unwrap_or(0);
        if let Some(frame) = field(&["b64"]).and_then(bytes_of) {
            return Ok(Self::Frame { t, bytes: frame? });
        }
        let payload = field(&["payload_b64", "payload"]).and_then(bytes_of);
        let (Some(method), Some(payload)) = (text(&["method"]), payload) else {
            return match (field(&["said"]), text(&["name"])) {
                (Some(event), _) => Ok(Self::Said { t, event: event.clone() }),
                (None, Some(name)) => Ok(Self::Name { t, name: name.into() }),
                (None, None) => Err(bad("neither \"b64\" nor \"method\" with \"payload_b64\"")),
            };
        };
        let message = Message {
            method: method.into(),
            payload: payload?,
            msg_id: field(&["msg_id", "id"]).and_then(number).and_then(MsgId::from_wire),
            history: field(&["history", "is_history"]).is_some_and(truth),
        };
        Ok(Self::Message {
            message,
            created: field(&["create_ms"]).and_then(number).and_then(Timestamp::from_wire),
            room_id: field(&["room_id"]).and_then(number).and_then(RoomId::from_wire),
        })
    }

    /// The line to write, without its newline.
    pub fn to_json(&self) -> String {
        let json = match self {
            Self::Frame { t, bytes } => {
                serde_json::to_string(&FrameRecord { t: *t, b64: LENIENT_BASE64.encode(bytes) })
            }
            Self::Message { message, created, room_id } => serde_json::to_string(&serde_json::json!({
                "method": message.method,
                "msg_id": message.msg_id.map(|id| id.to_string()),
                "create_ms": created.map(|created| created.0),
                "room_id": room_id.map(|id| id.to_string()),
                "history": message.history,
                "payload_b64": LENIENT_BASE64.encode(&message.payload),
            })),
            Self::Name { t, name } => serde_json::to_string(&serde_json::json!({ "t": t, "name": name })),
            Self::Said { t, event } => serde_json::to_string(&serde_json::json!({ "t": t, "said": event })),
        };
        // Strings and numbers alone cannot fail to be written.
        json.unwrap_or_default()
    }
}

/// The wall clock of a frame's `t`: what it says itself, or so long after the connection was opened at `opened`. Never
/// before 1970 nor beyond the year 9999, whatever the capture says.
pub fn wall_clock(t: i64, opened: Timestamp) -> Timestamp {
    const LAST: i64 = 253_402_207_200_000;
    let t = if t >= EPOCH_FROM { t } else { opened.0.saturating_add(t) };
    Timestamp(t.clamp(0, LAST))
}

/// The frame that a capture keeps of a response with this body: its messages and its clock, compressed.
pub fn frame_of(body: &[u8]) -> Bytes {
    Frame::serve(&FrameKind::Message, 0, 0, &unsigned(body), true)
}

fn unsigned(body: &[u8]) -> Vec<u8> {
    /// Announces a message and ends: what was damaged counts as damaged when it is read again.
    const DAMAGED: u8 = 0x0a;
    let mut kept = Vec::with_capacity(body.len());
    let mut fields = Fields::new(body);
    let mut from = 0;
    while let Some(field) = fields.next() {
        let to = body.len().saturating_sub(fields.remaining());
        match field {
            Ok(field) if KEPT_FIELDS.contains(&field.number) => kept.extend(body.get(from..to).unwrap_or_default()),
            Ok(_) => {}
            Err(_) => kept.push(DAMAGED),
        }
        from = to;
    }
    kept
}

/// Bytes as programs write them: base64, a list of numbers, or one of the ways in which JavaScript writes such a list
/// (`{"type": "Buffer", "data": [8, 1]}`, `{"0": 8, "1": 1}`). Nothing where the value is none of these.
pub(super) fn bytes_of(value: &Value) -> Option<Result<Bytes, DecodeError>> {
    let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
    let listed = match value {
        Value::String(b64) => {
            return Some(from_base64(b64).map_err(|error| bad(&format!("base64: {error}"))));
        }
        Value::Array(items) => items.iter().map(byte).collect::<Option<Vec<u8>>>(),
        Value::Object(fields) => match fields.get("data") {
            Some(data @ Value::Array(_)) => return bytes_of(data),
            _ => (0..fields.len()).map(|nth| byte(fields.get(&nth.to_string())?)).collect(),
        },
        _ => None,
    };
    Some(Ok(listed.filter(|bytes| !bytes.is_empty())?.into()))
}

/// Bytes from base64 as people and programs write it: with or without padding, of either alphabet, broken into lines.
pub(super) fn from_base64(text: &str) -> Result<Bytes, base64::DecodeError> {
    let strict = LENIENT_BASE64.decode(text.trim());
    let decoded = strict.or_else(|error| {
        let usual = |c: char| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        };
        let text: String = text.chars().filter(|c| !c.is_whitespace()).map(usual).collect();
        LENIENT_BASE64.decode(text).map_err(|_| error)
    });
    decoded.map(Bytes::from)
}

/// Ids and times are numbers in some captures and text in others.
fn number(value: &Value) -> Option<i64> {
    let text = value.as_str().map(str::trim);
    let whole = value.as_i64().or_else(|| text?.parse().ok());
    whole.or_else(|| Some(value.as_f64().or_else(|| text?.parse().ok())? as i64))
}

/// Flags are numbers in some captures and text in others.
fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => matches!(text.trim().to_lowercase().as_str(), "true" | "1" | "yes"),
        other => number(other).is_some_and(|number| number != 0),
    }
}

/// The words of the parser may quote the line, which is remote: made safe and short.
fn bad(words: &str) -> DecodeError {
    DecodeError::BadCapture(excerpt(words, 120).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Inflater, Response, pb};
    use prost::Message as _;
    use rstest::rstest;

    #[test]
    fn lines_read_back() {
        let frame = CaptureLine::Frame { t: 66, bytes: Bytes::from_static(b"\x00\xffabc") };
        let message = CaptureLine::Message {
            message: Message {
                method: "WebcastChatMessage".into(),
                payload: Bytes::from_static(b"abc"),
                msg_id: Some(MsgId(7_300_000_000_000_000_001)),
                history: true,
            },
            created: Some(Timestamp(1_700_000_000_123)),
            room_id: Some(RoomId(7_300_000_000_000_000_002)),
        };
        let name = CaptureLine::Name { t: 1_700_000_000_123, name: "@ana".into() };
        let said = CaptureLine::Said { t: 1, event: serde_json::json!({ "kind": 5 }) };
        for line in [frame, message, name, said] {
            assert_eq!(CaptureLine::parse(&line.to_json()), Ok(line));
        }
    }

    #[test]
    fn the_raw_lines_of_our_own_are_messages() {
        let raw = r#"{"v":1,"type":"raw","room":"@ana","id":"5","method":"WebcastX","payload":"YWJj"}"#;
        let Ok(CaptureLine::Message { message, .. }) = CaptureLine::parse(raw) else { panic!("no message") };
        assert_eq!((message.msg_id, &message.payload[..]), (Some(MsgId(5)), &b"abc"[..]));
    }

    #[test]
    fn a_kept_frame_has_the_messages_and_the_clock_and_nothing_signed() {
        let sent = pb::Response {
            messages: vec![pb::Message { method: "WebcastX".to_owned(), msg_id: 7, ..Default::default() }],
            cursor: "s3cret".to_owned(),
            now: 1_700_000_000_123,
            internal_ext: "s3cret".to_owned(),
            route_params: [("wrss".to_owned(), "s3cret".to_owned())].into(),
            push_server: "wss://s3cret.example".to_owned(),
            ..Default::default()
        };
        let mut body = sent.encode_to_vec();
        body.extend([0x0a, 9, 9]); // A message cut short.
        let frame = Frame::decode(frame_of(&body)).unwrap();
        let kept = frame.body(&mut Inflater::default()).unwrap();
        assert!(!kept.windows(6).any(|window| window == b"s3cret"));
        let response = Response::decode(&kept).unwrap();
        assert_eq!((response.messages[0].msg_id, response.broken), (Some(MsgId(7)), 1));
        assert_eq!(response.now, Some(Timestamp(1_700_000_000_123)));
    }

    #[test]
    fn a_time_is_since_the_epoch_or_since_the_connection() {
        let opened = Timestamp(1_700_000_000_000);
        assert_eq!(wall_clock(123, opened), Timestamp(1_700_000_000_123));
        assert_eq!(wall_clock(1_700_000_000_123, opened), Timestamp(1_700_000_000_123));
        assert_eq!(wall_clock(i64::MIN, opened), Timestamp(0));
        assert!(wall_clock(i64::MAX, opened) < Timestamp(i64::MAX / 1_000));
    }

    #[rstest]
    #[case(r#""t": "12.5""#)]
    #[case(r#""t": null"#)]
    #[case(r#""t": NaN"#)]
    #[case(r#""history": 1"#)]
    #[case(r#""history": "true", "id": [], "msg_id": {}"#)]
    #[case(r#""create_ms": "soon", "room_id": false, "name": 5"#)]
    #[case(r#""t": 1e999, "sizes": [1, NaN, -Infinity, [1e400]]"#)]
    #[case(r#""note": "half a pair \ud83d", "by": "\ude00""#)]
    #[case("\"note\": \"a raw \u{1} control, a \\x41\"")]
    fn a_side_field_that_cannot_be_read_costs_itself(#[case] side: &str) {
        let line = format!("\u{feff}{{\"method\": \"WebcastX\", \"payload_b64\": \"YWJj\", {side}}}");
        let Ok(CaptureLine::Message { message, .. }) = CaptureLine::parse(&line) else {
            panic!("no message in {line}")
        };
        assert_eq!((&message.payload[..], message.history), (&b"abc"[..], side.contains("history")));
    }

    #[rstest]
    #[case(r#""YWJj""#)]
    #[case("[97, 98, 99]")]
    #[case(r#"{"type": "Buffer", "data": [97, 98, 99]}"#)]
    #[case(r#"{"0": 97, "2": 99, "1": 98}"#)]
    fn bytes_of_every_hand_are_read(#[case] payload: &str) {
        let line = format!(r#"{{"method": "WebcastX", "payload": {payload}}}"#);
        let Ok(CaptureLine::Message { message, .. }) = CaptureLine::parse(&line) else {
            panic!("no message in {line}")
        };
        assert_eq!(&message.payload[..], b"abc");
    }

    #[rstest]
    #[case("-_8=")]
    #[case("-_8")]
    #[case("+/8")]
    #[case(" +/\n8= ")]
    fn base64_of_every_hand_is_read(#[case] text: &str) {
        assert_eq!(from_base64(text).unwrap(), &b"\xfb\xff"[..]);
    }

    #[rstest]
    #[case("")]
    #[case("not json")]
    #[case("{}")]
    #[case("[1]")]
    #[case(r#"{"b64": "***"}"#)]
    #[case(r#"{"b64": 5}"#)]
    #[case(r#"{"b64": [256]}"#)]
    #[case(r#"{"b64": {}}"#)]
    #[case(r#"{"b64": null, "method": "WebcastX", "payload": []}"#)]
    #[case(r#"{"b64": "CAE="}{"b64": "CAE="}"#)]
    #[case(r#"{"method": "WebcastChatMessage"}"#)]
    #[case("{\"\u{1b}[31m\": 1")]
    fn what_is_no_capture_is_refused_in_words(#[case] line: &str) {
        let error = CaptureLine::parse(line).unwrap_err().to_string();
        assert!(error.starts_with("not a capture line: ") && !error.contains('\u{1b}'), "{error}");
    }
}
