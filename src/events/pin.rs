//! What the host or a moderator holds up for all to see: a pinned message, a chosen question.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::clock::Timestamp;
use crate::ids::{MsgId, PinId, UserId};
use crate::text::Text;

/// A message was pinned or taken down. It was told before: nothing in it counts again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
