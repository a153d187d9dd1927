//! Frame: one binary WebSocket message, in both directions.

use bytes::Bytes;
use compact_str::CompactString;
use prost::Message as _;

use super::fields::Fields;
use super::gzip::{self, Inflater};
use super::{DecodeError, Response, pb};
use crate::ids::RoomId;

/// A frame with its body still as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Frame {
    /// Counts up per frame of the server; always 1 on heartbeat answers.
    pub seq_id: u64,
    /// Goes back in the ack; 0 when there is none.
    pub log_id: u64,
    /// What the body is.
    pub kind: FrameKind,
    /// The body as sent.
    pub payload: Bytes,
    /// The body is compressed: the header says so, or it begins like gzip (some senders omit the header).
    pub gzip: bool,
}

/// What the body of a frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum FrameKind {
    /// `msg`: a [`Response`](super::Response).
    Message,
    /// `hb`: the server's answer is empty.
    Heartbeat,
    /// `ack`: the `internal_ext` of the response that is acknowledged.
    Ack,
    /// `im_enter_room`, from us.
    EnterRoom,
    /// `im_enter_room_resp`: a [`Response`](super::Response) too, with the welcome messages.
    EnterRoomReply,
    /// Anything else; ignored by all known clients.
    Other(CompactString),
}

impl FrameKind {
    fn from_wire(name: &[u8]) -> Self {
        match name {
            b"msg" => Self::Message,
            b"hb" => Self::Heartbeat,
            b"ack" => Self::Ack,
            b"im_enter_room" => Self::EnterRoom,
            b"im_enter_room_resp" => Self::EnterRoomReply,
            _ => Self::Other(CompactString::from_utf8_lossy(name)),
        }
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Message => "msg",
            Self::Heartbeat => "hb",
            Self::Ack => "ack",
            Self::EnterRoom => "im_enter_room",
            Self::EnterRoomReply => "im_enter_room_resp",
            Self::Other(name) => name,
        }
    }

    /// Whether the body is a [`Response`](super::Response).
    pub fn carries_response(&self) -> bool {
        matches!(self, Self::Message | Self::EnterRoomReply)
    }
}

impl Frame {
    /// Reads a frame; the body is a slice of `bytes`.
    #[expect(clippy::needless_pass_by_value, reason = "a received frame is given away: its body goes on living here")]
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let (mut seq_id, mut log_id, mut gzip) = (0, 0, false);
        let mut kind = FrameKind::Other(CompactString::default());
        let mut payload: &[u8] = &[];
        for field in Fields::new(&bytes) {
            let field = field?;
            match field.number {
                1 => seq_id = field.count()?,
                2 => log_id = field.int()? as u64,
                5 => gzip |= is_gzip_encoded(field.message()?)?,
                7 => kind = FrameKind::from_wire(field.bytes()?),
                8 => payload = field.bytes()?,
                _ => {}
            }
        }
        // What the header says and what the bytes are can differ; the bytes decide, unless they are too few to tell.
        gzip = gzip::is_gzip(payload) || (gzip && payload.len() < 2);
        let payload = bytes.slice_ref(payload);
        Ok(Self { seq_id, log_id, kind, payload, gzip })
    }

    /// The response a frame carries; nothing where it only says that the line is alive.
    pub fn response(&self, inflater: &mut Inflater) -> Result<Option<Response>, DecodeError> {
        if !self.kind.carries_response() {
            return Ok(None);
        }
        Response::decode(&self.body(inflater)?).map(Some)
    }

    /// The body, inflated where it was compressed.
    pub fn body(&self, inflater: &mut Inflater) -> Result<Bytes, DecodeError> {
        if self.gzip && !self.payload.is_empty() { inflater.inflate(&self.payload) } else { Ok(self.payload.clone()) }
    }

    /// The application's heartbeat, expected every 10 s; `seq` counts from 1 and starts again with each room.
    pub fn heartbeat(room: RoomId, seq: u64) -> Bytes {
        let beat = pb::HeartBeat { room_id: room.0 as i64, send_packet_seq_id: seq as i64 };
        client_frame("hb", beat.encode_to_vec().into(), 0)
    }

    /// Asks to hear a room. `unique` is a random positive number that the server echoes; 0 is accepted too.
    pub fn enter_room(room: RoomId, unique: u64) -> Bytes {
        let enter = pb::EnterRoom {
            room_id: room.0 as i64,
            live_id: 12,
            identity: "audience".to_owned(),
            enter_unique_id: unique as i64,
            filter_welcome_msg: "0".to_owned(),
            ..Default::default()
        };
        client_frame("im_enter_room", enter.encode_to_vec().into(), 0)
    }

    /// Acknowledges the frame `log_id` with the `internal_ext` of its response, unchanged.
    pub fn ack(log_id: u64, internal_ext: &[u8]) -> Bytes {
        client_frame("ack", Bytes::copy_from_slice(internal_ext), log_id)
    }

    /// A frame as the service sends it, compressed or not. For the simulator and for tests.
    pub fn serve(kind: &FrameKind, seq_id: u64, log_id: u64, body: &[u8], compressed: bool) -> Bytes {
        let (encoding, payload) =
            if compressed { ("gzip", gzip::compress(body).into()) } else { ("none", Bytes::copy_from_slice(body)) };
        let frame = pb::PushFrame {
            seq_id: seq_id as i64,
            log_id: log_id as i64,
            service: 8_888,
            method: 8,
            headers: [("compress_type".to_owned(), encoding.to_owned())].into(),
            payload_encoding: "pb".to_owned(),
            payload_type: kind.name().to_owned(),
            payload,
        };
        frame.encode_to_vec().into()
    }
}

fn client_frame(kind: &str, payload: Bytes, log_id: u64) -> Bytes {
    let frame = pb::PushFrame {
        log_id: log_id as i64,
        payload_encoding: "pb".to_owned(),
        payload_type: kind.to_owned(),
        payload,
        ..Default::default()
    };
    frame.encode_to_vec().into()
}

/// Reads one header: key 1, value 2.
fn is_gzip_encoded(header: Fields<'_>) -> Result<bool, DecodeError> {
    let (mut names_compression, mut gzip) = (false, false);
    for field in header {
        let field = field?;
        match field.number {
            1 => names_compression = field.bytes()? == b"compress_type",
            2 => gzip = field.bytes()? == b"gzip",
            _ => {}
        }
    }
    Ok(names_compression && gzip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_served_frame_reads_back_compressed_or_not() {
        for compressed in [true, false] {
            let bytes = Frame::serve(&FrameKind::Message, 9, 1 << 63, b"body body body", compressed);
            let frame = Frame::decode(bytes).unwrap();
            assert_eq!((frame.seq_id, frame.log_id, frame.gzip), (9, 1 << 63, compressed));
            assert_eq!(frame.kind, FrameKind::Message);
            assert_eq!(frame.body(&mut Inflater::default()).unwrap(), "body body body");
        }
    }

    #[test]
    fn gzip_without_the_header_is_seen_by_its_beginning() {
        let bytes = client_frame("msg", gzip::compress(b"body").into(), 0);
        let frame = Frame::decode(bytes).unwrap();
        assert_eq!(frame.body(&mut Inflater::default()).unwrap(), "body");
    }

    #[test]
    fn a_compressed_frame_without_a_body_has_none() {
        let frame = Frame { gzip: true, ..Frame::decode(Bytes::new()).unwrap() };
        assert!(frame.body(&mut Inflater::default()).unwrap().is_empty());
    }

    #[test]
    fn what_we_say_has_the_form_others_were_seen_to_send() {
        // Field 6 "pb", field 7 the type, field 8 the body; see docs/protocol.md#frames.
        assert_eq!(&Frame::ack(5, b"-")[..], b"\x10\x05\x32\x02pb\x3a\x03ack\x42\x01-");
        assert_eq!(&Frame::heartbeat(RoomId(300), 2)[..], b"\x32\x02pb\x3a\x02hb\x42\x05\x08\xac\x02\x10\x02");
        let enter = Frame::enter_room(RoomId(300), 7);
        assert_eq!(
            &enter[..],
            b"\x32\x02pb\x3a\x0dim_enter_room\x42\x14\x08\xac\x02\x20\x0c\x2a\x08audience\x40\x07\x4a\x010"
        );
    }
}
