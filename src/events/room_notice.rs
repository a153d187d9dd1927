//! What the room and its keepers do.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{MsgId, UserId};
use crate::text::Text;

/// The host or TikTok switches the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct Delete {
    /// These messages.
    pub messages: Vec<MsgId>,
    /// Everything these people said.
    pub users: Vec<UserId>,
}

/// TikTok's own moderation speaks up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
