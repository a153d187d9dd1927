//! What the room and its keepers do: pause and end, texts of the room, warnings, deletions.

use super::display::Display;
use super::people::nested;
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::events::{Control, ControlAction, Delete, Notice, NoticeKind};
use crate::ids::{MsgId, UserId};
use crate::text::Text;

/// How many ids of one deletion are enough.
const MAX_DELETED: usize = 1_024;

pub(super) fn control<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut action, mut tips, mut source) = (0, Text::default(), Text::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => action = field.small()?,
            3 => tips = field.text()?,
            4 => source = Text::from_bytes(nested(field.message()?, 8)?),
            _ => {}
        }
    }
    let action = match action {
        1 => ControlAction::Paused,
        2 => ControlAction::Resumed,
        3 => ControlAction::Ended,
        4 => ControlAction::Suspended,
        other => ControlAction::Other(other),
    };
    Ok(EventKind::Control(Control { action, source, tips }))
}

/// `RoomMessage` and `WebcastSystemMessage`: the welcome on entry.
pub(super) fn system<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    notice(context, message, NoticeKind::Welcome)
}

/// `WebcastRoomMessage`: anything else the room has to say.
pub(super) fn room<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    notice(context, message, NoticeKind::Room)
}

/// `WebcastBottomMessage`: a warning below the picture.
pub(super) fn bottom<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    notice(context, message, NoticeKind::Bottom)
}

/// The three have the same shape where we look: a content, often blank, and a display text.
fn notice<'a>(context: &mut Context<'a>, message: Fields<'a>, kind: NoticeKind) -> Result<EventKind, DecodeError> {
    let (mut said, mut scene) = (&b""[..], Text::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => said = field.bytes()?,
            // One source reads a number here; such a scene is no loss.
            6 => scene = field.text().unwrap_or_default(),
            _ => {}
        }
    }
    let display = Display::read(context.common.display_text)?;
    let rendered = display.render(context.catalogue)?;
    let said = said.trim_ascii();
    let text = if said.is_empty() { rendered } else { Text::from_bytes(said) };
    let scene = if scene.is_empty() { Text::from_bytes(display.key) } else { scene };
    Ok(EventKind::Notice(Notice { kind, text, scene }))
}

pub(super) fn delete<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut delete = Delete { messages: Vec::new(), users: Vec::new() };
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 if delete.messages.len() < MAX_DELETED => {
                delete.messages.extend(field.ints(MAX_DELETED)?.into_iter().filter_map(MsgId::from_wire));
            }
            3 if delete.users.len() < MAX_DELETED => {
                delete.users.extend(field.ints(MAX_DELETED)?.into_iter().filter_map(UserId::from_wire));
            }
            _ => {}
        }
    }
    Ok(EventKind::Delete(delete))
}
