//! Events of what the host or a moderator holds up for all to see: a pinned message, a chosen question.

use super::EventKind;
use super::Viewer;
use super::audience;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::DecodeFn;
use super::decode::EventBody;
use super::decode::people::Sender;
use super::decode::people::is_somebody;
use super::gift;
use super::json::JsonTally;
use super::json::views::id;
use super::json::views::time;
use super::talk;
use super::talk::QuestionFields;
use crate::clock::Timestamp;
use crate::ids::MsgId;
use crate::ids::PinId;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use compact_str::{CompactString, ToCompactString};
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// A message was pinned or taken down. It was told before: nothing in it counts again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Pin {
    /// The pin; taking down names the pin that goes.
    pub id: Option<PinId>,
    /// Pinned (true) or taken down (false).
    pub pinned: bool,
    /// The pinned message.
    pub message: Option<MsgId>,
    /// What kind of message it is.
    pub what: PinnedWhat,
    /// Whose; nothing when taken down.
    pub from: Option<Arc<Viewer>>,
    /// What it says, in words; empty when taken down.
    pub text: Text,
    /// When it was pinned.
    pub pinned_at: Option<Timestamp>,
    /// How long it stays, in seconds; 0 when not told.
    pub seconds: u64,
    /// Who did it.
    pub by: Option<UserId>,
}

/// The kinds of messages that can be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum PinnedWhat {
    /// A comment.
    Chat,
    /// A gift.
    Gift,
    /// A follow.
    Follow,
    /// A share.
    Share,
    /// Somebody who came in.
    Join,
    /// Taps.
    Like,
    /// Something else, or nothing.
    Other,
}

/// Something happened to a question that was asked before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct QuestionUpdate {
    /// Its id, as text; empty where all questions are meant.
    pub id: CompactString,
    /// What happened.
    pub change: QuestionChange,
    /// Who asked, where told.
    pub from: Option<Arc<Viewer>>,
    /// What, where told.
    pub text: Text,
    /// Who did it, where told.
    pub by: Option<UserId>,
}

/// What can happen to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum QuestionChange {
    /// The host shows it: it is being answered.
    Shown,
    /// The host took it down: it is answered.
    Answered,
    /// It was deleted.
    Deleted,
    /// Questions may be asked from now on.
    TurnedOn,
    /// No more questions.
    TurnedOff,
}

pub(super) fn pin<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    const UNPIN: i32 = 2;
    let mut pin = Pin {
        id: None,
        pinned: true,
        message: None,
        what: PinnedWhat::Other,
        from: None,
        text: Text::default(),
        pinned_at: None,
        seconds: 0,
        by: None,
    };
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => hold_up(context, talk::chat, field.message()?, &mut pin)?,
            3 => hold_up(context, audience::social, field.message()?, &mut pin)?,
            4 => hold_up(context, gift::gift, field.message()?, &mut pin)?,
            5 => hold_up(context, audience::member, field.message()?, &mut pin)?,
            6 => hold_up(context, audience::like, field.message()?, &mut pin)?,
            31 => pin.pinned_at = Timestamp::from_wire(field.int()?),
            32 => pin.by = Sender { user: Some(field.message()?), identity: None }.read()?.id,
            33 => pin.pinned = field.small()? != UNPIN,
            34 => pin.seconds = field.count()?,
            35 => pin.id = PinId::from_wire(field.int()?),
            _ => {}
        }
    }
    Ok(EventKind::Pin(Box::new(pin)))
}

/// Reads the message inside as if it had come alone, and keeps its words; its header is not ours.
fn hold_up<'a>(
    context: &DecodeContext<'a>,
    reading: DecodeFn,
    inner: Fields<'a>,
    pin: &mut Pin,
) -> Result<(), DecodeError> {
    // Empty ones lie beside the one that is meant.
    let Some(inner) = Some(inner).filter(|inner| inner.clone().next().is_some()) else { return Ok(()) };
    let mut own = DecodeContext { catalogue: context.catalogue, common: Common::default() };
    let (what, from, text) = match reading(&mut own, inner) {
        Ok(EventKind::Chat(chat)) => (PinnedWhat::Chat, Some(chat.from), chat.text),
        Ok(EventKind::Gift(gift)) => {
            let words = format!("{} ×{}", gift.gift.name, gift.count);
            (PinnedWhat::Gift, Some(gift.from), Text::from(words))
        }
        Ok(EventKind::Follow(follow)) => (PinnedWhat::Follow, Some(follow.from), Text::new("followed the host")),
        Ok(EventKind::Share(share)) => (PinnedWhat::Share, Some(share.from), Text::new("shared the live")),
        Ok(EventKind::Join(join)) => (PinnedWhat::Join, Some(join.from), Text::new("joined")),
        Ok(EventKind::Like(like)) => (PinnedWhat::Like, like.from, Text::new("liked the live")),
        Ok(_) => (PinnedWhat::Other, None, Text::default()),
        // Taking a gift down does not say which gift it was.
        Err(DecodeError::Missing { .. }) => (PinnedWhat::Gift, None, Text::default()),
        Err(error) => return Err(error),
    };
    pin.message = own.common.msg_id;
    pin.what = what;
    // Taking down sends the message's id and nothing else of it.
    pin.from = from.filter(|from| is_somebody(from));
    pin.text = if pin.from.is_some() { text } else { Text::default() };
    Ok(())
}

pub(super) fn selected<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let question = QuestionFields::of(context, message)?;
    let from: Arc<Viewer> = question.sender.read()?;
    Ok(EventKind::QuestionUpdate(QuestionUpdate {
        id: question.id.to_compact_string(),
        change: QuestionChange::Shown,
        from: Some(from).filter(|from| is_somebody(from)),
        text: question.text,
        by: None,
    }))
}

/// `WebcastQuestionSlideDownMessage`: the host is done with it.
pub(super) fn slide_down<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    changed(context, message, QuestionChange::Answered)
}

pub(super) fn deleted<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    changed(context, message, QuestionChange::Deleted)
}

fn changed<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
    change: QuestionChange,
) -> Result<EventKind, DecodeError> {
    let (mut id, mut by) = (0, None);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => id = field.count()?,
            3 => by = UserId::from_wire(field.int()?),
            _ => {}
        }
    }
    Ok(EventKind::QuestionUpdate(QuestionUpdate {
        id: id.to_compact_string(),
        change,
        from: None,
        text: Text::default(),
        by,
    }))
}

/// `WebcastQuestionSwitchMessage`: questions are allowed or not.
pub(super) fn switch<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut change = QuestionChange::TurnedOff;
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 if field.flag()? => change = QuestionChange::TurnedOn,
            _ => {}
        }
    }
    let (id, text) = (CompactString::default(), Text::default());
    Ok(EventKind::QuestionUpdate(QuestionUpdate { id, change, from: None, text, by: None }))
}

impl EventBody for Pin {
    fn person(&self) -> Option<&Viewer> {
        self.from.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("pin_id", &id(self.id))?;
        map.serialize_entry("action", if self.pinned { "pinned" } else { "unpinned" })?;
        map.serialize_entry("message_id", &id(self.message))?;
        map.serialize_entry("what", <&str>::from(self.what))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("pinned_at", &time(self.pinned_at))?;
        map.serialize_entry("seconds", &self.seconds)?;
        map.serialize_entry("by", &id(self.by))
    }
}

impl EventBody for QuestionUpdate {
    fn person(&self) -> Option<&Viewer> {
        self.from.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("question_id", &Some(&self.id).filter(|id| !id.is_empty()))?;
        map.serialize_entry("action", <&str>::from(self.change))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("by", &id(self.by))
    }
}
