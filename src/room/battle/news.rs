//! News of a battle for the log.

use serde::{Deserialize, Serialize};

use super::{Battle, Side};
use crate::events::{BattleItem, BattleKind, BattleResult, BattleTask, Host, TaskOutcome, TaskStage};

/// What a row of the log says about a battle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum BattleNews {
    /// It begins.
    Begun {
        /// Its form.
        kind: BattleKind,
        /// The hosts of the other sides.
        others: Vec<Host>,
        /// How long it lasts; 0 when not told.
        seconds: u64,
    },
    /// It was running when we came in.
    Running {
        /// Its form.
        kind: BattleKind,
        /// The hosts of the other sides.
        others: Vec<Host>,
    },
    /// Time is over.
    Over {
        /// How it ended for us: as told, else by the points. Unknown where our side is.
        result: Option<BattleResult>,
        /// The points of the sides, ours first.
        points: Vec<u64>,
    },
    /// It was cut short.
    CutShort {
        /// The points of the sides, ours first.
        points: Vec<u64>,
    },
    /// A card.
    Item(BattleItem),
    /// A speed challenge begins.
    TaskBegun,
    /// A speed challenge is over.
    TaskOver(TaskOutcome),
}

pub(super) fn begun(battle: &Battle, seconds: u64) -> BattleNews {
    BattleNews::Begun { kind: battle.kind, others: others(battle), seconds }
}

pub(super) fn running(battle: &Battle) -> BattleNews {
    BattleNews::Running { kind: battle.kind, others: others(battle) }
}

pub(super) fn over(battle: &Battle) -> BattleNews {
    BattleNews::Over { result: result(&battle.sides), points: points(battle) }
}

pub(super) fn cut_short(battle: &Battle) -> BattleNews {
    BattleNews::CutShort { points: points(battle) }
}

/// News of a card, where the service has a sentence for it.
pub(super) fn item(item: &BattleItem) -> Option<BattleNews> {
    (!item.text.is_empty()).then(|| BattleNews::Item(item.clone()))
}

/// News of a speed challenge: its beginning and its end, not every step.
pub(super) fn task(task: &BattleTask) -> Option<BattleNews> {
    match task.stage {
        TaskStage::Started => Some(BattleNews::TaskBegun),
        TaskStage::Settled => task.outcome.map(BattleNews::TaskOver),
        TaskStage::Progress | TaskStage::Rewarded => None,
    }
}

/// How it ended for us: as told, else by the points.
fn result(sides: &[Side]) -> Option<BattleResult> {
    let (ours, theirs) = sides.split_first().filter(|(first, _)| first.ours)?;
    let best = theirs.iter().map(|side| side.points).max()?;
    Some(ours.result.unwrap_or(match ours.points.cmp(&best) {
        std::cmp::Ordering::Greater => BattleResult::Won,
        std::cmp::Ordering::Less => BattleResult::Lost,
        std::cmp::Ordering::Equal => BattleResult::Draw,
    }))
}

fn others(battle: &Battle) -> Vec<Host> {
    battle.sides.iter().filter(|side| !side.ours).flat_map(|side| side.hosts.iter().cloned()).collect()
}

fn points(battle: &Battle) -> Vec<u64> {
    battle.sides.iter().map(|side| side.points).collect()
}
