//! Response, the body of a frame and of a fetch: a batch of messages and what the connection needs to go on.
//!
//! Walked by hand, so that each message stands alone: a bad one costs itself and a count.

use bytes::Bytes;
use compact_str::CompactString;

use super::DecodeError;
use super::fields::{Field, Fields};
use crate::clock::Timestamp;
use crate::ids::MsgId;

/// Most messages taken from one batch. Recorded batches hold a few dozen.
const MAX_MESSAGES: usize = 16_384;
/// Most route parameters taken; one or two are usual.
const MAX_PARAMS: usize = 64;

/// A batch of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Response {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// Where the next fetch or the socket continues; empty when there is none.
    pub cursor: String,
    /// Goes back unchanged in acks and polls; `-` on the socket.
    pub internal_ext: String,
    /// The same as it came, byte for byte, which is what an ack carries.
    pub ack_payload: Bytes,
    /// The server's clock.
    pub now: Option<Timestamp>,
    /// Wished pause between polls, milliseconds; 0 when not given.
    pub fetch_interval: u64,
    /// The frame wants an ack.
    pub need_ack: bool,
    /// Where the socket is; empty when none is offered.
    pub push_server: String,
    /// Parameters for the socket's address.
    pub route_params: Vec<(String, String)>,
    /// The first batch of a connection.
    pub is_first: bool,
    /// Messages that could not be told apart from each other: lost.
    pub broken: u32,
    /// The bytes it was read from, for those who keep them; empty where it was put together otherwise. The messages hold
    /// them anyway.
    pub body: Bytes,
}

/// One message, its meaning still unread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Message {
    /// Its method name, such as `WebcastChatMessage`.
    pub method: CompactString,
    /// Its body: a slice that keeps the whole batch alive.
    pub payload: Bytes,
    /// Its id.
    pub msg_id: Option<MsgId>,
    /// Part of the backlog.
    pub history: bool,
}

impl Response {
    /// Reads a batch; payloads are slices of `body`.
    ///
    /// Fails when nothing could be read. A batch that breaks off behind its first message keeps what came before and counts
    /// one as broken.
    pub fn decode(body: &Bytes) -> Result<Self, DecodeError> {
        let mut response = Self { body: body.clone(), ..Self::default() };
        for field in Fields::new(body) {
            match field.and_then(|field| response.read(body, field)) {
                Ok(()) => {}
                Err(error) if response.messages.is_empty() => return Err(error),
                Err(_) => response.broken += 1,
            }
        }
        Ok(response)
    }

    fn read(&mut self, body: &Bytes, field: Field<'_>) -> Result<(), DecodeError> {
        match field.number {
            1 => self.push_message(body, field.bytes()?),
            2 => self.cursor = string(&field)?,
            3 => self.fetch_interval = field.count()?,
            4 => self.now = Timestamp::from_wire(field.int()?),
            5 => {
                self.ack_payload = Bytes::copy_from_slice(field.bytes()?);
                self.internal_ext = string(&field)?;
            }
            7 if self.route_params.len() < MAX_PARAMS => self.route_params.push(pair(field.message()?)?),
            9 => self.need_ack = field.flag()?,
            10 => self.push_server = string(&field)?,
            11 => self.is_first = field.flag()?,
            _ => {}
        }
        Ok(())
    }

    fn push_message(&mut self, body: &Bytes, envelope: &[u8]) {
        match Message::decode(body, envelope) {
            Ok(message) if self.messages.len() < MAX_MESSAGES => self.messages.push(message),
            _ => self.broken = self.broken.saturating_add(1),
        }
    }
}

impl Message {
    fn decode(body: &Bytes, envelope: &[u8]) -> Result<Self, DecodeError> {
        let mut message = Self::default();
        let mut payload: &[u8] = &[];
        for field in Fields::new(envelope) {
            let field = field?;
            match field.number {
                1 => message.method = field.word()?,
                2 => payload = field.bytes()?,
                3 => message.msg_id = MsgId::from_wire(field.int()?),
                6 => message.history = field.flag()?,
                _ => {}
            }
        }
        message.payload = body.slice_ref(payload);
        Ok(message)
    }
}

fn string(field: &Field<'_>) -> Result<String, DecodeError> {
    Ok(String::from_utf8_lossy(field.bytes()?).into_owned())
}

/// An entry of a map: key 1, value 2.
fn pair(entry: Fields<'_>) -> Result<(String, String), DecodeError> {
    let mut pair = (String::new(), String::new());
    for field in entry {
        let field = field?;
        match field.number {
            1 => pair.0 = string(&field)?,
            2 => pair.1 = string(&field)?,
            _ => {}
        }
    }
    Ok(pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pb;
    use prost::Message as _;

    fn message(method: &str, payload: &'static [u8]) -> pb::Message {
        pb::Message {
            method: method.to_owned(),
            payload: Bytes::from_static(payload),
            msg_id: 7,
            is_history: true,
            ..Default::default()
        }
    }

    #[test]
    fn a_batch_reads_back() {
        let sent = pb::Response {
            messages: vec![message("WebcastChatMessage", b"abc"), message("RoomMessage", b"")],
            cursor: "c".to_owned(),
            now: 1_700_000_000_123,
            internal_ext: "-".to_owned(),
            route_params: [("wrss".to_owned(), "x".to_owned())].into(),
            need_ack: true,
            push_server: "wss://push.example".to_owned(),
            is_first: true,
            ..Default::default()
        };
        let response = Response::decode(&sent.encode_to_vec().into()).unwrap();
        assert_eq!(response.messages.len(), 2);
        assert_eq!(response.messages[0].method, "WebcastChatMessage");
        assert_eq!(response.messages[0].payload, "abc");
        assert_eq!(response.messages[0].msg_id, Some(MsgId(7)));
        assert!(response.messages[0].history);
        assert_eq!(response.now, Some(Timestamp(1_700_000_000_123)));
        assert_eq!(response.route_params, [("wrss".to_owned(), "x".to_owned())]);
        assert_eq!((response.need_ack, response.is_first, response.broken), (true, true, 0));
    }

    #[test]
    fn one_bad_message_costs_itself_only() {
        let good = pb::Response { messages: vec![message("A", b"a")], ..Default::default() }.encode_to_vec();
        let broken = [0x0a, 3, 0x12, 9, 9]; // announces nine bytes of payload, has one
        let not_utf8 = [0x0a, 4, 0x0a, 2, b'B', 0xff];
        let body = [&good[..], &broken, &not_utf8, &good].concat();
        let response = Response::decode(&body.into()).unwrap();
        let methods: Vec<_> = response.messages.iter().map(|message| message.method.as_str()).collect();
        assert_eq!(methods, ["A", "B\u{fffd}", "A"]);
        assert_eq!(response.broken, 1);
    }

    #[test]
    fn what_is_no_batch_at_all_is_an_error() {
        assert!(Response::decode(&Bytes::from_static(b"<html>please wait</html>")).is_err());
        assert_eq!(Response::decode(&Bytes::new()), Ok(Response::default()));
    }

    #[test]
    fn a_flood_of_empty_messages_is_capped() {
        let response = Response::decode(&[0x0a, 0].repeat(MAX_MESSAGES + 5).into()).unwrap();
        assert_eq!((response.messages.len(), response.broken), (MAX_MESSAGES, 5));
    }
}
