//! Gift streaks as the gifts pane shows them: running ones first, then the last finished ones.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ledger::{PersonKey, StreakKey};
use crate::clock::Moment;
use crate::events::{Gift, GiftFacts, GiftTo, StreakClosed, Viewer};

/// Connected silence after which a streak is over. The closing message comes 1 to 4 s after the last tap (docs/protocol.md#gifts).
pub(super) const SILENCE_MS: u64 = 10_000;
/// Finished ones kept: more than anybody scrolls.
const MAX_FINISHED: usize = 200;
/// Running ones kept: far above any real room; a flood must not grow memory.
const MAX_RUNNING: usize = 1_024;

/// A gift run, or a single gift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Streak {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// Highest count seen.
    pub count: u64,
    /// Units of it that were added to our totals (less than `count` when we met it in its middle).
    pub added: u64,
    /// The streak's id; 0 when none.
    pub group: u64,
    /// First and last message.
    pub opened: Moment,
    /// When it last grew.
    pub last: Moment,
    /// When it was closed; nothing while it runs.
    pub closed: Option<Moment>,
}

impl Streak {
    /// Coins of the units we added; nothing when the price is unknown.
    pub fn diamonds(&self) -> Option<u64> {
        self.gift.diamonds.map(|price| price.saturating_mul(self.added))
    }

    fn new(gift: &Gift, at: Moment) -> Self {
        Self {
            from: gift.from.clone(),
            to: gift.to.clone(),
            gift: gift.gift.clone(),
            count: 0,
            added: 0,
            group: gift.group,
            opened: at,
            last: at,
            closed: None,
        }
    }

    fn grow(&mut self, gift: &Gift, added: u64, at: Moment) {
        if gift.count > self.count {
            self.last = at;
        }
        self.count = self.count.max(gift.count);
        self.added = self.added.saturating_add(added);
        self.closed = None;
        if self.to.is_none() {
            self.to.clone_from(&gift.to);
        }
        // The price may come to be known while it runs.
        if gift.gift.diamonds.is_some() || self.gift.diamonds.is_none() {
            self.gift = gift.gift.clone();
        }
    }

    fn key(&self) -> StreakKey {
        StreakKey { from: PersonKey::from(&*self.from), gift: self.gift.id, group: self.group }
    }

    fn closing(&self) -> StreakClosed {
        StreakClosed {
            from: self.from.clone(),
            to: self.to.clone(),
            gift: self.gift.clone(),
            count: self.count,
            group: self.group,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Running {
    streak: Streak,
    /// Connected time at its last message, in milliseconds.
    heard: u64,
}

/// Running and finished streaks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Streaks {
    /// The one that was heard last is the last.
    running: Vec<Running>,
    finished: VecDeque<Streak>,
}

impl Streaks {
    /// Running ones, the one that grew last first.
    pub fn running(&self) -> impl Iterator<Item = &Streak> {
        self.running.iter().rev().map(|running| &running.streak)
    }

    /// Finished ones and single gifts, newest first; at most 200.
    pub fn finished(&self) -> impl Iterator<Item = &Streak> {
        self.finished.iter()
    }

    /// Opens a streak, or lets a `known` one grow, reopening it where needed; `heard` is the connected time. Returns the one
    /// that must be closed because too many run.
    pub(super) fn add_units(
        &mut self,
        gift: &Gift,
        added: u64,
        known: bool,
        at: Moment,
        heard: u64,
    ) -> Option<StreakKey> {
        let known = if known { self.remove(&StreakKey::from(gift)) } else { None };
        let mut streak = known.unwrap_or_else(|| Streak::new(gift, at));
        streak.grow(gift, added, at);
        self.running.push(Running { streak, heard });
        (self.running.len() > MAX_RUNNING).then(|| self.running.first().map(|oldest| oldest.streak.key())).flatten()
    }

    /// Closes a running streak.
    pub(super) fn close(&mut self, key: &StreakKey, at: Moment) {
        if let Some(index) = self.running.iter().rposition(|running| running.streak.key() == *key) {
            let streak = self.running.remove(index).streak;
            self.finish(streak, at);
        }
    }

    /// Adds a gift that has no streak.
    pub(super) fn add_single(&mut self, gift: &Gift, added: u64, at: Moment) {
        let mut streak = Streak::new(gift, at);
        streak.grow(gift, added, at);
        self.finish(streak, at);
    }

    /// Those that were silent since `heard` or longer, the longest first.
    pub(super) fn silent_since(&self, heard: u64) -> Vec<StreakClosed> {
        self.running.iter().filter(|running| running.heard <= heard).map(|running| running.streak.closing()).collect()
    }

    /// Connected time at the last message of the longest silent one.
    pub(super) fn longest_silent(&self) -> Option<u64> {
        self.running.first().map(|running| running.heard)
    }

    /// Out of the running ones, or out of the finished ones of the same group: a streak that we closed may go on.
    fn remove(&mut self, key: &StreakKey) -> Option<Streak> {
        if let Some(index) = self.running.iter().rposition(|running| running.streak.key() == *key) {
            return Some(self.running.remove(index).streak);
        }
        if key.group == 0 {
            return None;
        }
        let index = self.finished.iter().position(|streak| streak.key() == *key)?;
        self.finished.remove(index)
    }

    fn finish(&mut self, mut streak: Streak, at: Moment) {
        streak.closed = Some(at);
        self.finished.push_front(streak);
        self.finished.truncate(MAX_FINISHED);
    }
}
