//! TikTok's own moderation: who may watch, who is punished, what is checked.

use super::display::Display;
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{Moderation, ModerationKind};
use crate::ids::UserId;
use crate::text::Text;

pub(super) fn access_recall<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut told = empty(ModerationKind::AccessRecall);
    let (mut notice, mut content) = (&b""[..], &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => told.code = field.small()?,
            3 => told.seconds = told.seconds.max(field.count()?),
            4 => told.until = told.until.max(Timestamp::from_wire(field.int()?)),
            5 => told.scene = field.text()?,
            6 => notice = field.bytes()?,
            7 => content = field.bytes()?,
            8 => punishment(field.message()?, &mut told)?,
            _ => {}
        }
    }
    say(context, [content, notice], &mut told)?;
    Ok(EventKind::Moderation(Box::new(told)))
}

pub(super) fn perception<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut told = empty(ModerationKind::Perception);
    let (mut toast, mut float) = (&b""[..], &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            3 => punishment(field.message()?, &mut told)?,
            4 => told.until = told.until.max(Timestamp::from_wire(field.int()?)),
            6 => toast = field.bytes()?,
            8 => float = field.bytes()?,
            _ => {}
        }
    }
    say(context, [toast, float], &mut told)?;
    Ok(EventKind::Moderation(Box::new(told)))
}

pub(super) fn room_verify<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut told = empty(ModerationKind::RoomVerify);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => told.code = field.small()?,
            3 => told.text = field.text()?,
            5 => told.closes = field.flag()?,
            _ => {}
        }
    }
    Ok(EventKind::Moderation(Box::new(told)))
}

/// `WebcastAccessControlMessage`: what the captcha is like does not concern us.
pub(super) fn access_control<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    for field in message {
        let field = field?;
        if field.number == 1 {
            context.common = Common::read(field.message()?)?;
        }
    }
    Ok(EventKind::Moderation(Box::new(empty(ModerationKind::AccessControl))))
}

/// The first text that is there; it is worth more than the reason of a punishment.
fn say(context: &Context<'_>, texts: [&[u8]; 2], told: &mut Moderation) -> Result<(), DecodeError> {
    if let Some(text) = texts.into_iter().find(|text| !text.is_empty()) {
        told.text = Display::read(text)?.render(context.catalogue)?;
    }
    Ok(())
}

/// `PunishInfo`. A time that stands outside of it too is the same; the later one is taken.
fn punishment(fields: Fields<'_>, told: &mut Moderation) -> Result<(), DecodeError> {
    for field in fields {
        let field = field?;
        match field.number {
            1 if told.kind == ModerationKind::Perception => told.scene = field.text()?,
            2 => told.reason = field.text()?,
            4 => told.user = UserId::from_wire(field.int()?),
            6 => told.seconds = told.seconds.max(field.count()?),
            8 => told.until = told.until.max(Timestamp::from_wire(field.int()?)),
            10 => told.text = field.text()?,
            _ => {}
        }
    }
    Ok(())
}

fn empty(kind: ModerationKind) -> Moderation {
    Moderation {
        kind,
        code: 0,
        scene: Text::default(),
        reason: Text::default(),
        user: None,
        text: Text::default(),
        seconds: 0,
        until: None,
        closes: false,
    }
}
