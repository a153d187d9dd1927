//! Decoder of wire messages: what all families share.
//!
//! Each family of messages has a file of its own beside this one, and the table of `event.rs` names what it can read; a
//! reading is a function from the message's fields to an [`EventKind`]. Reading is stateless: what a gift adds and who leads a battle is for `room` to say.
//!
//! Invariants: decoding never fails and never panics; a message that cannot be read is an [`Unknown`] with its reason;
//! fields may come in any order.

pub(super) mod display;
pub(super) mod people;

use std::sync::Arc;

use super::Viewer;
use super::json::JsonTally;
use super::{Catalogue, EventKind, RoomEvent, Unknown};
use crate::clock::{Moment, Timestamp};
use crate::ids::{MsgId, RoomId};
use crate::text::Text;
use crate::wire::{DecodeError, Fields, Message};
use serde::ser::SerializeMap;

/// Reads messages with the gift facts of one room.
#[derive(Clone, Debug)]
pub struct Decoder {
    catalogue: Arc<Catalogue>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Catalogue::built_in())
    }
}

/// Reads one message with the built-in gift facts.
pub fn decode(message: &Message, at: Moment) -> RoomEvent {
    Decoder::default().decode(message, at)
}

impl Decoder {
    /// A decoder that looks gifts up in `catalogue` where a message leaves facts out.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue }
    }

    /// Reads one message; `at` is when it was received.
    pub fn decode(&self, message: &Message, at: Moment) -> RoomEvent {
        let mut context = DecodeContext { catalogue: &self.catalogue, common: Common::default() };
        let kind = read(&mut context, message);
        let common = context.common;
        RoomEvent {
            at,
            server_at: common.created,
            id: message.msg_id.or(common.msg_id),
            room_id: common.room_id,
            history: message.history,
            kind,
        }
    }
}

/// What an event of any kind has to say for itself. A row of the table in `event.rs` does not compile without it.
pub(super) trait EventBody {
    /// The person it is about.
    fn person(&self) -> Option<&Viewer>;

    /// Writes its own fields of a JSON line, behind the common head. `tally` is what a room counted; only gifts have one.
    fn write_json<M: SerializeMap>(&self, map: &mut M, tally: Option<JsonTally<'_>>) -> Result<(), M::Error>;
}

impl<T: EventBody> EventBody for Box<T> {
    fn person(&self) -> Option<&Viewer> {
        (**self).person()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, tally: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        (**self).write_json(map, tally)
    }
}

/// A reading of one family: its message's fields in, what happened out.
pub(super) type DecodeFn = for<'a> fn(&mut DecodeContext<'a>, Fields<'a>) -> Result<EventKind, DecodeError>;

fn read<'a>(context: &mut DecodeContext<'a>, message: &'a Message) -> EventKind {
    let error = match super::event::reading(&message.method) {
        // No message is without its header; an empty one would read as somebody's empty comment.
        Some(_) if message.payload.is_empty() => {
            Some(Text::from(format_args!("{}", DecodeError::Missing { field: 1 })))
        }
        Some(reading) => match reading(context, Fields::new(&message.payload)) {
            Ok(kind) => return kind,
            Err(error) => Some(Text::from(format_args!("{error}"))),
        },
        None => None,
    };
    EventKind::Unknown(Unknown { method: Text::new(&message.method), bytes: message.payload.len(), error })
}

/// What a reading may look at and fill besides its own fields.
pub(super) struct DecodeContext<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) common: Common<'a>,
}

/// The header that every message carries in field 1.
#[derive(Default)]
pub(super) struct Common<'a> {
    pub(super) msg_id: Option<MsgId>,
    pub(super) room_id: Option<RoomId>,
    pub(super) created: Option<Timestamp>,
    /// The sentence to show, unread: most readings never look.
    pub(super) display_text: &'a [u8],
}

impl<'a> Common<'a> {
    pub(super) fn read(fields: Fields<'a>) -> Result<Self, DecodeError> {
        let mut common = Self::default();
        for field in fields {
            let field = field?;
            match field.number {
                2 => common.msg_id = MsgId::from_wire(field.int()?),
                3 => common.room_id = RoomId::from_wire(field.int()?),
                4 => common.created = Timestamp::from_wire(field.int()?),
                8 => common.display_text = field.bytes()?,
                _ => {}
            }
        }
        Ok(common)
    }
}
