//! Events of TikTok's own moderation: warnings, checks, who may watch.

use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::json::JsonTally;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;

/// TikTok's own moderation speaks up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Moderation {
    /// Which part of it.
    pub kind: ModerationKind,
    /// Its status or action, as a number.
    pub code: i32,
    /// What it is about, such as `CONTENT_CLASSIFICATION` or `muting_cancel`.
    pub scene: Text,
    /// Why, as a key such as `CREDIT_MUTE`.
    pub reason: Text,
    /// Who it is about; often the host.
    pub user: Option<UserId>,
    /// Words for people, rendered; mostly empty.
    pub text: Text,
    /// How long it lasts, in seconds; 0 when not told.
    pub seconds: u64,
    /// When it ends.
    pub until: Option<Timestamp>,
    /// It closes the room to us.
    pub closes: bool,
}

/// The parts of TikTok's moderation that speak to viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ModerationKind {
    /// Who may watch changed, such as by age.
    AccessRecall,
    /// A warning or a punishment.
    Perception,
    /// A check before one may go on watching; 3 and 4 were recorded.
    RoomVerify,
    /// A captcha.
    AccessControl,
}

pub(super) fn access_recall<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
) -> Result<EventKind, DecodeError> {
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
    read_texts(context, [content, notice], &mut told)?;
    Ok(EventKind::Moderation(Box::new(told)))
}

pub(super) fn perception<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
    read_texts(context, [toast, float], &mut told)?;
    Ok(EventKind::Moderation(Box::new(told)))
}

pub(super) fn room_verify<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn access_control<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
) -> Result<EventKind, DecodeError> {
    for field in message {
        let field = field?;
        if field.number == 1 {
            context.common = Common::read(field.message()?)?;
        }
    }
    Ok(EventKind::Moderation(Box::new(empty(ModerationKind::AccessControl))))
}

/// The first text that is there; it is worth more than the reason of a punishment.
fn read_texts(context: &DecodeContext<'_>, texts: [&[u8]; 2], told: &mut Moderation) -> Result<(), DecodeError> {
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

impl EventBody for Moderation {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("scene", self.scene.original())?;
        map.serialize_entry("reason", self.reason.original())?;
        map.serialize_entry("who", &id(self.user))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("seconds", &self.seconds)?;
        map.serialize_entry("until", &time(self.until))?;
        map.serialize_entry("closes", &self.closes)
    }
}
