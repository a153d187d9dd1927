//! Events of the room and its keepers: pause and end, texts of the room, deletions.

use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::decode::people::nested;
use super::json::JsonTally;
use super::json::views::Id;
use crate::ids::MsgId;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;

/// The host or TikTok switches the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Control {
    /// What.
    pub action: ControlAction,
    /// `app_pause`, `anchor_pause` or empty.
    pub source: Text,
    /// Words for the viewers, often empty.
    pub tips: Text,
}

/// What a control message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ControlAction {
    /// 1: the host paused.
    Paused,
    /// 2: the host is back.
    Resumed,
    /// 3: the host ended the live.
    Ended,
    /// 4: TikTok ended the live.
    Suspended,
    /// Another number.
    Other(i32),
}

/// A text of the room itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Notice {
    /// Where it comes from.
    pub kind: NoticeKind,
    /// The rendered text.
    pub text: Text,
    /// The display key or scene that tells its meaning, such as `user_join_fans`.
    pub scene: Text,
}

/// Where a notice comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum NoticeKind {
    /// The system's welcome.
    Welcome,
    /// A room message.
    Room,
    /// A warning at the bottom of the picture.
    Bottom,
    /// A moderator or the host did something to somebody.
    Moderation,
    /// A rule of a battle.
    Battle,
}

/// Messages, or all messages of people, were removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Delete {
    /// These messages.
    pub messages: Vec<MsgId>,
    /// Everything these people said.
    pub users: Vec<UserId>,
}

/// How many ids of one deletion are enough.
const MAX_DELETED: usize = 1_024;

pub(super) fn control<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn system<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    notice(context, message, NoticeKind::Welcome)
}

/// `WebcastRoomMessage`: anything else the room has to say.
pub(super) fn room<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    notice(context, message, NoticeKind::Room)
}

/// `WebcastBottomMessage`: a warning below the picture.
pub(super) fn bottom<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    notice(context, message, NoticeKind::Bottom)
}

/// The three have the same shape where we look: a content, often blank, and a display text.
fn notice<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
    kind: NoticeKind,
) -> Result<EventKind, DecodeError> {
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

pub(super) fn delete<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

impl EventBody for Control {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("action", <&str>::from(self.action))?;
        map.serialize_entry("code", &control_code(self.action))?;
        map.serialize_entry("source", self.source.original())?;
        map.serialize_entry("tips", self.tips.original())
    }
}

fn control_code(action: ControlAction) -> i32 {
    match action {
        ControlAction::Paused => 1,
        ControlAction::Resumed => 2,
        ControlAction::Ended => 3,
        ControlAction::Suspended => 4,
        ControlAction::Other(code) => code,
    }
}

impl EventBody for Notice {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("scene", self.scene.original())
    }
}

impl EventBody for Delete {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("messages", &self.messages.iter().copied().map(Id).collect::<Vec<_>>())?;
        map.serialize_entry("users", &self.users.iter().copied().map(Id).collect::<Vec<_>>())
    }
}
