//! Marks of a room, moments worth a sign in a graph: battles, dear gifts, interruptions.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::BattleNews;
use crate::clock::Moment;
use crate::events::BattleResult;

/// Marks kept; the oldest go.
const MOST: usize = 256;
/// A gift of so many coins at once is worth a mark.
const DEAR_COINS: u64 = 500;

/// A moment worth a sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RoomMark {
    /// When.
    pub at: Moment,
    /// What happened.
    pub kind: RoomMarkKind,
}

/// What happened at a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RoomMarkKind {
    /// A battle began.
    BattleBegan,
    /// A battle ended; how, where that is known.
    BattleEnded(Option<BattleResult>),
    /// So many coins were given at once.
    Gift(u64),
    /// We were away and came back.
    Reconnected,
}

/// The marks of a room, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMarks(VecDeque<RoomMark>);

impl RoomMarks {
    /// The marks, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RoomMark> {
        self.0.iter()
    }

    pub(super) fn add(&mut self, at: Moment, kind: RoomMarkKind) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(RoomMark { at, kind });
    }

    pub(super) fn add_gift(&mut self, at: Moment, coins: u64) {
        if coins >= DEAR_COINS {
            self.add(at, RoomMarkKind::Gift(coins));
        }
    }

    pub(super) fn add_battle(&mut self, at: Moment, news: &BattleNews) {
        match news {
            BattleNews::Begun { .. } => self.add(at, RoomMarkKind::BattleBegan),
            BattleNews::Over { result, .. } => self.add(at, RoomMarkKind::BattleEnded(*result)),
            BattleNews::CutShort { .. } => self.add(at, RoomMarkKind::BattleEnded(None)),
            BattleNews::Running { .. } | BattleNews::Item(_) | BattleNews::TaskBegun | BattleNews::TaskOver(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_bounded_and_small_gifts_have_none() {
        let mut marks = RoomMarks::default();
        marks.add_gift(Moment::default(), DEAR_COINS - 1);
        assert_eq!(marks.iter().count(), 0);
        (0..1_000).for_each(|coins| marks.add_gift(Moment::default(), DEAR_COINS + coins));
        assert_eq!(marks.iter().count(), MOST);
        assert_eq!(marks.iter().next_back().map(|mark| &mark.kind), Some(&RoomMarkKind::Gift(DEAR_COINS + 999)));
    }
}
