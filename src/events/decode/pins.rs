//! Pinned messages and what becomes of questions.

use std::sync::Arc;

use compact_str::{CompactString, ToCompactString};

use super::people::{Sender, is_somebody};
use super::talk::QuestionFields;
use super::{Common, Context, DecodeError, EventKind, Fields, Reading, audience, gifts, talk};
use crate::clock::Timestamp;
use crate::events::{Pin, PinnedWhat, QuestionChange, QuestionUpdate, Viewer};
use crate::ids::{PinId, UserId};
use crate::text::Text;

pub(super) fn pin<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
            4 => hold_up(context, gifts::gift, field.message()?, &mut pin)?,
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
fn hold_up<'a>(context: &Context<'a>, reading: Reading, inner: Fields<'a>, pin: &mut Pin) -> Result<(), DecodeError> {
    // Empty ones lie beside the one that is meant.
    let Some(inner) = Some(inner).filter(|inner| inner.clone().next().is_some()) else { return Ok(()) };
    let mut own = Context { catalogue: context.catalogue, common: Common::default() };
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

pub(super) fn selected<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut question = QuestionFields::default();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => question.read(field.message()?)?,
            _ => {}
        }
    }
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
pub(super) fn slide_down<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    changed(context, message, QuestionChange::Answered)
}

pub(super) fn deleted<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    changed(context, message, QuestionChange::Deleted)
}

fn changed<'a>(
    context: &mut Context<'a>,
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
pub(super) fn switch<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
