//! What helps in a battle: item cards and tasks.

use serde::{Deserialize, Serialize};

use super::Host;
use crate::clock::Timestamp;
use crate::ids::{BattleId, UserId};
use crate::text::Text;

/// Somebody used or won an item card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleItem {
    /// Which battle.
    pub battle: Option<BattleId>,
    /// Which card.
    pub kind: ItemKind,
    /// The number on the wire.
    pub code: i32,
    /// Who used it, where named.
    pub from: Option<Host>,
    /// The host it helps.
    pub side: Option<UserId>,
    /// The sentence, rendered.
    pub text: Text,
    /// A glove multiplies lucky gifts by this; 0 for other cards.
    pub multiplier: u64,
    /// When it begins to work.
    pub starts_at: Option<Timestamp>,
    /// How long it works, in seconds; 0 when not told.
    pub seconds: u64,
    /// What extra time adds to the battle, in seconds.
    pub extra_seconds: u64,
}

/// The cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ItemKind {
    /// 2: some gifts count several times.
    Glove,
    /// 3: the other side no longer sees the points.
    Mist,
    /// 4: somebody won a card.
    Award,
    /// 5: the battle takes longer.
    ExtraTime,
    /// 1: how to get cards.
    Guide,
    /// Others: effects, potions, waves, places; never recorded.
    Other,
}

/// A speed challenge inside a battle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleTask {
    /// Which battle; often not told.
    pub battle: Option<BattleId>,
    /// What happened.
    pub stage: TaskStage,
    /// How far it is, where told.
    pub progress: Option<u64>,
    /// Who brought it on, where told.
    pub from: Option<UserId>,
    /// How it ended; at the end only.
    pub outcome: Option<TaskOutcome>,
}

/// What a task message announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TaskStage {
    /// 0: it began.
    Started,
    /// 1: it goes on.
    Progress,
    /// 2: it is over.
    Settled,
    /// 3: its reward is over.
    Rewarded,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TaskOutcome {
    /// 0: done.
    Succeeded,
    /// 1: not done.
    Failed,
    /// 2: done by both sides.
    BothSucceeded,
}
