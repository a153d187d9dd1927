//! Captured traffic as JSON lines: whole frames `{"b64": …, "t": …}`, or bare messages `{"method": …, "payload_b64": …}`.
//!
//! ```
//! use tiktop::wire::capture::Line;
//!
//! let line = r#"{"method": "WebcastChatMessage", "payload_b64": "GgJoaQ==", "msg_id": "9"}"#;
//! let Line::Message { message, .. } = Line::parse(line)? else { panic!("a message") };
//! assert_eq!((message.method.as_str(), &message.payload[..]), ("WebcastChatMessage", &b"\x1a\x02hi"[..]));
//! # Ok::<_, tiktop::wire::DecodeError>(())
//! ```

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DecodeError, Message};
use crate::clock::Timestamp;
use crate::ids::{MsgId, RoomId};
use crate::text::{Text, clip};

/// Forgives missing padding: captures pass through many hands.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One line of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
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
}

#[derive(Deserialize)]
struct Record {
    b64: Option<String>,
    #[serde(default)]
    t: f64,
    method: Option<CompactString>,
    #[serde(alias = "payload")]
    payload_b64: Option<String>,
    #[serde(default, alias = "id")]
    msg_id: Value,
    #[serde(default)]
    create_ms: Value,
    #[serde(default)]
    room_id: Value,
    #[serde(default, alias = "is_history")]
    history: bool,
}

#[derive(Serialize)]
struct FrameRecord {
    t: i64,
    b64: String,
}

impl Line {
    /// Reads one line. The lines that `tiktop events --raw` prints as `raw` are messages too.
    pub fn parse(line: &str) -> Result<Self, DecodeError> {
        let record: Record = serde_json::from_str(line.trim()).map_err(|error| bad(&error.to_string()))?;
        if let Some(b64) = record.b64 {
            return Ok(Self::Frame { t: record.t as i64, bytes: bytes(&b64)? });
        }
        let (Some(method), Some(payload)) = (record.method, record.payload_b64) else {
            return Err(bad("neither \"b64\" nor \"method\" with \"payload_b64\""));
        };
        let message = Message {
            method,
            payload: bytes(&payload)?,
            msg_id: number(&record.msg_id).and_then(MsgId::from_wire),
            history: record.history,
        };
        Ok(Self::Message {
            message,
            created: number(&record.create_ms).and_then(Timestamp::from_wire),
            room_id: number(&record.room_id).and_then(RoomId::from_wire),
        })
    }

    /// The line to write, without its newline.
    pub fn to_json(&self) -> String {
        let json = match self {
            Self::Frame { t, bytes } => serde_json::to_string(&FrameRecord { t: *t, b64: BASE64.encode(bytes) }),
            Self::Message { message, created, room_id } => serde_json::to_string(&serde_json::json!({
                "method": message.method,
                "msg_id": message.msg_id.map(|id| id.to_string()),
                "create_ms": created.map(|created| created.0),
                "room_id": room_id.map(|id| id.to_string()),
                "history": message.history,
                "payload_b64": BASE64.encode(&message.payload),
            })),
        };
        // Strings and numbers alone cannot fail to be written.
        json.unwrap_or_default()
    }
}

fn bytes(b64: &str) -> Result<Bytes, DecodeError> {
    BASE64.decode(b64.trim()).map(Bytes::from).map_err(|error| bad(&format!("base64: {error}")))
}

/// Ids are numbers in some captures and text in others.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The words of the parser may quote the line, which is remote: made safe and short.
fn bad(words: &str) -> DecodeError {
    DecodeError::BadCapture(clip(Text::new(words).as_str(), 120).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn lines_read_back() {
        let frame = Line::Frame { t: 66, bytes: Bytes::from_static(b"\x00\xffabc") };
        let message = Line::Message {
            message: Message {
                method: "WebcastChatMessage".into(),
                payload: Bytes::from_static(b"abc"),
                msg_id: Some(MsgId(7_300_000_000_000_000_001)),
                history: true,
            },
            created: Some(Timestamp(1_700_000_000_123)),
            room_id: Some(RoomId(7_300_000_000_000_000_002)),
        };
        for line in [frame, message] {
            assert_eq!(Line::parse(&line.to_json()), Ok(line));
        }
    }

    #[test]
    fn the_raw_lines_of_our_own_are_messages() {
        let raw = r#"{"v":1,"type":"raw","room":"@ana","id":"5","method":"WebcastX","payload":"YWJj"}"#;
        let Ok(Line::Message { message, .. }) = Line::parse(raw) else { panic!("no message") };
        assert_eq!((message.msg_id, &message.payload[..]), (Some(MsgId(5)), &b"abc"[..]));
    }

    #[rstest]
    #[case("")]
    #[case("not json")]
    #[case("{}")]
    #[case("[1]")]
    #[case(r#"{"b64": "***"}"#)]
    #[case(r#"{"b64": 5}"#)]
    #[case(r#"{"method": "WebcastChatMessage"}"#)]
    #[case("{\"\u{1b}[31m\": 1")]
    fn what_is_no_capture_is_refused_in_words(#[case] line: &str) {
        let error = Line::parse(line).unwrap_err().to_string();
        assert!(error.starts_with("not a capture line: ") && !error.contains('\u{1b}'), "{error}");
    }
}
