//! Ticks of a live: gifts that were thanked for, questions that were answered. Kept from one run to the next by the number of the
//! live, so that nobody is thanked twice.

use std::collections::{BTreeMap, HashSet};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::app::App;
use super::tab::Tab;
use crate::ids::{GiftId, UserId};
use crate::room::Streak;

/// Lives whose ticks are kept; those with the lowest numbers, the oldest, go first.
const MOST_LIVES: usize = 100;
/// Ticked questions kept of a live.
const MOST_QUESTIONS: usize = 1_000;

/// A streak known again among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StreakMark {
    from: Option<UserId>,
    gift: GiftId,
    group: u64,
    /// When it began, in milliseconds since 1970.
    opened: i64,
}

impl StreakMark {
    /// The mark of a streak.
    pub(super) fn of(streak: &Streak) -> Self {
        let (gift, group, opened) = (streak.gift.id, streak.group, streak.opened.wall.0);
        Self { from: streak.from.id, gift, group, opened }
    }

    /// Whether both are of one streak, though a connection of another run met it at another time.
    fn is_same_streak(self, other: Self) -> bool {
        self == other
            || (self.group != 0 && (self.from, self.gift, self.group) == (other.from, other.gift, other.group))
    }
}

/// Gifts that were thanked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Thanked {
    now: Vec<StreakMark>,
    /// Those of earlier runs.
    before: Vec<StreakMark>,
}

impl Thanked {
    /// More are never looked at: the list of gifts is shorter.
    const MOST: usize = 2_000;

    /// Ticks a gift off, or takes the tick back; whether it is ticked off now.
    pub(super) fn toggle(&mut self, mark: StreakMark) -> bool {
        if let Some(at) = self.before.iter().position(|known| known.is_same_streak(mark)) {
            self.before.remove(at);
            return false;
        }
        if let Some(at) = self.now.iter().position(|known| *known == mark) {
            self.now.remove(at);
            return false;
        }
        if self.now.len() >= Self::MOST {
            self.now.remove(0);
        }
        self.now.push(mark);
        true
    }

    /// Whether this gift was thanked for.
    pub(super) fn has(&self, streak: &Streak) -> bool {
        let mark = StreakMark::of(streak);
        self.now.contains(&mark) || self.before.iter().any(|known| known.is_same_streak(mark))
    }
}

/// What was ticked off, by the number of the live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LiveTicks(BTreeMap<u64, TickedLive>);

/// What was ticked off in one live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct TickedLive {
    gifts: Vec<StreakMark>,
    questions: Vec<CompactString>,
}

/// What there is to keep: of the rooms that are open, and of lives that were not met again.
pub(super) fn of(app: &App) -> LiveTicks {
    let mut all = app.kept_ticks.clone();
    for tab in &app.tabs {
        let Some(live) = tab.room.room_id else { continue };
        let gifts: Vec<_> = tab.thanked.before.iter().chain(&tab.thanked.now).copied().collect();
        let mut questions: Vec<_> = tab.ticked_questions.iter().take(MOST_QUESTIONS).cloned().collect();
        questions.sort_unstable();
        if !gifts.is_empty() || !questions.is_empty() {
            all.0.insert(live.0, TickedLive { gifts, questions });
        }
    }
    while all.0.len() > MOST_LIVES {
        all.0.pop_first();
    }
    all
}

/// Ticks off in a room what was in an earlier run, once its live is known.
pub(super) fn restore(kept: &mut LiveTicks, tab: &mut Tab) {
    let Some(ticked) = tab.room.room_id.and_then(|live| kept.0.remove(&live.0)) else { return };
    tab.thanked.before = ticked.gifts;
    tab.ticked_questions.extend(ticked.questions.into_iter().collect::<HashSet<_>>());
}
