//! Sets of messages that came already, and of people who wrote already. Both forget in a way that is safe.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::clock::Moment;
use crate::ids::{MsgId, UserId};

/// Ids kept: over four minutes of the busiest room recorded, and a reconnect repeats far less.
const MAX_IDS: usize = 16_384;
/// A reconnect repeats the last minutes; older ids only cost memory.
const MAX_AGE_MS: u64 = 15 * 60 * 1_000;
/// People remembered as having written; far above what one live has.
const MAX_WRITERS: usize = 65_536;

/// Texts remembered of one live.
const MAX_TEXTS: usize = 512;

/// Ids of the messages that came lately.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "VecDeque<(MsgId, u64)>", into = "VecDeque<(MsgId, u64)>")]
pub(super) struct RecentIds {
    ids: HashSet<MsgId>,
    /// Oldest first, with the monotonic time of receipt.
    order: VecDeque<(MsgId, u64)>,
}

impl RecentIds {
    /// Remembers `id`; whether it is new.
    pub(super) fn insert(&mut self, id: MsgId, at: Moment) -> bool {
        self.forget_before(at.mono.saturating_sub(MAX_AGE_MS));
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back((id, at.mono));
        if self.order.len() > MAX_IDS
            && let Some((oldest, _)) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }

    fn forget_before(&mut self, mono: u64) {
        while let Some(&(id, seen)) = self.order.front()
            && seen < mono
        {
            self.ids.remove(&id);
            self.order.pop_front();
        }
    }
}

impl From<VecDeque<(MsgId, u64)>> for RecentIds {
    fn from(order: VecDeque<(MsgId, u64)>) -> Self {
        Self { ids: order.iter().map(|&(id, _)| id).collect(), order }
    }
}

impl From<RecentIds> for VecDeque<(MsgId, u64)> {
    fn from(seen: RecentIds) -> Self {
        seen.order
    }
}

/// People who wrote in this live.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Writers {
    known: BTreeSet<UserId>,
    /// Where somebody else knows them: whether what is applied next is a first comment.
    told: Option<bool>,
}

impl Writers {
    /// Nobody is known here: who is new is told with each event.
    pub(super) fn of_mirror() -> Self {
        Self { known: BTreeSet::new(), told: Some(false) }
    }

    /// Hears whether the next comment is its writer's first, where that is not known here.
    pub(super) fn set_told(&mut self, is_first: bool) {
        self.told = self.told.map(|_| is_first);
    }

    /// Remembers a writer; whether this is surely their first comment. When the set is full nobody is called new any more:
    /// better no mark than a wrong one.
    pub(super) fn is_first(&mut self, writer: Option<UserId>) -> bool {
        if let Some(told) = self.told {
            return told;
        }
        writer.is_some_and(|writer| self.known.len() < MAX_WRITERS && self.known.insert(writer))
    }
}

/// Texts of the service that stood in the log of this live: it tells some of them again at every entry.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ToldOnce(BTreeSet<u64>);

impl ToldOnce {
    /// Remembers a text; whether it is new. When there are too many, all are forgotten.
    pub(super) fn is_new(&mut self, text: &str) -> bool {
        if self.0.len() >= MAX_TEXTS {
            self.0.clear();
        }
        let mut hasher = SipHasher13::new();
        hasher.write(text.as_bytes());
        self.0.insert(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono: u64) -> Moment {
        Moment { mono, ..Moment::default() }
    }

    #[test]
    fn an_id_is_new_once_until_it_is_fifteen_minutes_old() {
        let mut seen = RecentIds::default();
        assert!(seen.insert(MsgId(1), at(0)));
        assert!(!seen.insert(MsgId(1), at(MAX_AGE_MS)));
        assert!(seen.insert(MsgId(1), at(MAX_AGE_MS + 1)));
    }

    #[test]
    fn the_oldest_ids_go_first_and_memory_is_bounded() {
        let mut seen = RecentIds::default();
        for id in 0..=MAX_IDS as u64 {
            assert!(seen.insert(MsgId(id), at(0)));
        }
        assert_eq!((seen.ids.len(), seen.order.len()), (MAX_IDS, MAX_IDS));
        assert!(!seen.insert(MsgId(1), at(0)));
        assert!(seen.insert(MsgId(0), at(0)));
    }

    #[test]
    fn a_full_set_of_writers_calls_nobody_new() {
        let mut writers = Writers::default();
        assert!(writers.is_first(Some(UserId(1))));
        assert!(!writers.is_first(Some(UserId(1))));
        assert!(!writers.is_first(None));
        (0..MAX_WRITERS as u64).for_each(|id| _ = writers.is_first(Some(UserId(id))));
        assert!(!writers.is_first(Some(UserId(u64::MAX))));
        assert_eq!(writers.known.len(), MAX_WRITERS);
    }
}
