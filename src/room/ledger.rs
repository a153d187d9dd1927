//! Ledger of what counts, once: message ids seen, and what each gift adds.
//!
//! Refuses to know totals, rows and names. Invariant: over all messages of a streak the units handed out never exceed the
//! highest count seen, whatever was doubled, lost or came out of order.

use std::collections::BTreeMap;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::chatlog::Seq;
use super::dedup::RecentIds;
use super::serde_map_as_vec;
use crate::clock::Moment;
use crate::events::{Gift, StreakClosed, Viewer};
use crate::ids::{GiftId, MsgId, UserId};

/// A closed streak is remembered this long: late and repeated messages of it come within minutes.
const KEEP_CLOSED_MS: u64 = 30 * 60 * 1_000;
/// Streaks remembered at most; when full, the quarter that was touched least lately goes.
const MAX_MARKS: usize = 4_096;

/// What a gift message adds by the rules of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Tally {
    /// Units this message adds. The sum over all messages is the truth, whatever was lost or doubled.
    pub added: u64,
    /// Coins this message adds: `added` times the price; nothing when the price is unknown.
    pub diamonds: Option<u64>,
    /// Highest count of the streak so far.
    pub count: u64,
    /// Where its streak stands.
    pub streak: StreakState,
}

/// Where the streak of a gift message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum StreakState {
    /// Still running.
    Open,
    /// Over.
    Closed,
    /// The gift has none.
    None,
}

/// Somebody, as a key: by id, or by what they are called where the message had none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum PersonKey {
    Id(UserId),
    /// Hash of handle and name: short, and the same in every mirror.
    Name(u64),
}

impl From<&Viewer> for PersonKey {
    fn from(viewer: &Viewer) -> Self {
        viewer.id.map_or_else(
            || {
                // Goes into snapshots, so it must be the same whatever compiler built us.
                let mut hasher = SipHasher13::new();
                hasher.write(viewer.unique_id.as_str().as_bytes());
                // No byte of a text: `ab` + `c` is not `a` + `bc`.
                hasher.write(&[0xff]);
                hasher.write(viewer.nickname.as_str().as_bytes());
                Self::Name(hasher.finish())
            },
            Self::Id,
        )
    }
}

/// Which streak: the group is the sender's clock at its start, so the receiver need not be part of it (and a closing message
/// may leave the receiver out).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct StreakKey {
    pub(super) from: PersonKey,
    pub(super) gift: GiftId,
    pub(super) group: u64,
}

impl From<&Gift> for StreakKey {
    fn from(gift: &Gift) -> Self {
        Self { from: PersonKey::from(&*gift.from), gift: gift.gift.id, group: gift.group }
    }
}

impl From<&StreakClosed> for StreakKey {
    fn from(closed: &StreakClosed) -> Self {
        Self { from: PersonKey::from(&*closed.from), gift: closed.gift.id, group: closed.group }
    }
}

/// What we remember of a streak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StreakMemory {
    /// Highest count seen.
    pub(super) highest: u64,
    /// Monotonic time of its closing.
    pub(super) closed: Option<u64>,
    /// Its row in the log.
    pub(super) row: Option<Seq>,
    /// Number of the touch, for forgetting the least lately touched.
    touched: u64,
}

/// Message ids and streaks of one live.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct GiftLedger {
    seen: RecentIds,
    #[serde(with = "serde_map_as_vec")]
    marks: BTreeMap<StreakKey, StreakMemory>,
    touches: u64,
}

impl GiftLedger {
    /// The same without the ids of messages, for a mirror that is told only what is new.
    pub(super) fn without_ids(&self) -> Self {
        Self { seen: RecentIds::default(), marks: self.marks.clone(), touches: self.touches }
    }

    /// Whether a message is new. Without an id nothing can be told apart, so it is.
    pub(super) fn is_new(&mut self, id: Option<MsgId>, at: Moment) -> bool {
        id.is_none_or(|id| self.seen.insert(id, at))
    }

    /// Units a message of a streak adds, with its mark afterwards. A streak that was closed and grows is open again.
    pub(super) fn add(&mut self, key: StreakKey, gift: &Gift, at: Moment, counts: bool) -> (u64, StreakMemory) {
        if !self.marks.contains_key(&key) {
            self.make_room(at);
        }
        self.touches += 1;
        let touched = self.touches;
        let known = self.marks.get(&key).copied();
        let mark = known.unwrap_or(StreakMemory { highest: 0, closed: None, row: None, touched });
        let added = match known {
            Some(mark) => gift.count.saturating_sub(mark.highest),
            None => units_of_first(gift),
        };
        let grew = gift.count > mark.highest;
        let mark = StreakMemory {
            highest: mark.highest.max(gift.count),
            closed: mark.closed.filter(|_| !grew),
            touched,
            ..mark
        };
        self.marks.insert(key, mark);
        (if counts { added } else { 0 }, mark)
    }

    /// Remembers where in the log a streak is shown.
    pub(super) fn set_row(&mut self, key: &StreakKey, row: Seq) {
        if let Some(mark) = self.marks.get_mut(key) {
            mark.row = Some(row);
        }
    }

    /// Closes a streak and returns its row. Without a group the next streak of the same gift has the same key: forget it.
    pub(super) fn close(&mut self, key: &StreakKey, at: Moment) -> Option<Seq> {
        let mark = self.marks.get_mut(key)?;
        mark.closed = Some(at.mono);
        let row = mark.row;
        if key.group == 0 {
            self.marks.remove(key);
        }
        row
    }

    fn make_room(&mut self, at: Moment) {
        if self.marks.len() < MAX_MARKS {
            return;
        }
        let old = at.mono.saturating_sub(KEEP_CLOSED_MS);
        self.marks.retain(|_, mark| mark.closed.is_none_or(|closed| closed >= old));
        if self.marks.len() < MAX_MARKS {
            return;
        }
        let mut touched: Vec<u64> = self.marks.values().map(|mark| mark.touched).collect();
        let (_, &mut quarter, _) = touched.select_nth_unstable(MAX_MARKS / 4);
        self.marks.retain(|_, mark| mark.touched > quarter);
    }
}

/// Units of a streak met for the first time: what this message alone is worth where coins and price are told, so that one
/// met in its middle adds only what happened before our eyes; else its whole count.
fn units_of_first(gift: &Gift) -> u64 {
    match (gift.coins, gift.gift.diamonds) {
        (Some(coins), Some(price @ 1..)) => (coins / price).min(gift.count),
        _ => gift.count,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::events::GiftFacts;

    #[test]
    fn a_person_without_an_id_has_the_same_key_in_every_build() {
        let named = |unique_id: &str, nickname: &str| {
            PersonKey::from(&Viewer { unique_id: unique_id.into(), nickname: nickname.into(), ..Viewer::default() })
        };
        assert_eq!(named("ana.live", "Ana"), PersonKey::Name(6_994_000_437_048_828_826));
        assert_ne!(named("ab", "c"), named("a", "bc"));
    }

    fn gift(group: u64, count: u64) -> Gift {
        let facts = GiftFacts { id: GiftId(5), diamonds: Some(1), kind: 1, ..GiftFacts::default() };
        Gift {
            from: Arc::new(Viewer { id: Some(UserId(1)), ..Viewer::default() }),
            to: None,
            gift: Arc::new(facts),
            count,
            group,
            coins: None,
            ends: false,
        }
    }

    fn add(ledger: &mut GiftLedger, gift: &Gift, mono: u64) -> u64 {
        ledger.add(StreakKey::from(gift), gift, Moment { mono, ..Moment::default() }, true).0
    }

    #[test]
    fn a_person_without_an_id_is_the_same_number_in_every_build() {
        let viewer = |unique_id: &str, nickname: &str| Viewer {
            unique_id: unique_id.into(),
            nickname: nickname.into(),
            ..Viewer::default()
        };
        // Stands in snapshots that another build may read: this number never changes.
        assert_eq!(PersonKey::from(&viewer("ana", "Ana")), PersonKey::Name(10_362_543_744_028_082_027));
        assert_ne!(PersonKey::from(&viewer("an", "aAna")), PersonKey::from(&viewer("ana", "Ana")));
    }

    #[test]
    fn a_closed_streak_is_remembered_for_half_an_hour_even_in_a_flood() {
        let mut ledger = GiftLedger::default();
        add(&mut ledger, &gift(1, 5), 0);
        ledger.close(&StreakKey::from(&gift(1, 5)), Moment::default());
        (2..=MAX_MARKS as u64).for_each(|group| _ = add(&mut ledger, &gift(group, 1), 1));
        assert_eq!(add(&mut ledger, &gift(1, 6), KEEP_CLOSED_MS), 1);
    }

    #[test]
    fn when_full_the_old_closed_ones_go_and_then_the_least_lately_touched() {
        let mut ledger = GiftLedger::default();
        let all = MAX_MARKS as u64;
        (1..=all).for_each(|group| _ = add(&mut ledger, &gift(group, 1), 0));
        ledger.close(&StreakKey::from(&gift(7, 1)), Moment::default());
        add(&mut ledger, &gift(all + 1, 1), KEEP_CLOSED_MS + 1);
        assert_eq!(ledger.marks.len(), MAX_MARKS, "the closed one made room");
        assert_eq!(add(&mut ledger, &gift(1, 2), 0), 1);
        add(&mut ledger, &gift(all + 2, 1), 0);
        assert!(ledger.marks.len() < MAX_MARKS);
        assert_eq!(add(&mut ledger, &gift(1, 3), 0), 1, "touched lately, so still known");
        assert_eq!(add(&mut ledger, &gift(2, 3), 0), 3, "forgotten");
    }
}
