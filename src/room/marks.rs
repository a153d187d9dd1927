//! Marks of a room, moments worth a sign in a graph and a chapter of a recording: battles, dear gifts, spikes, interruptions.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::BattleNews;
use crate::clock::Moment;
use crate::events::BattleResult;
use crate::ids::UserId;
use crate::text::Text;

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
    /// So many comments in ten seconds, far above the usual.
    Comments(u64),
    /// So many coins in ten seconds, far above the usual.
    Coins {
        /// All of them.
        coins: u64,
        /// What one person gave of them: who gave most.
        given: u64,
        /// What they are called.
        by: Text,
        /// Their user id; nothing where nobody with an account gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by_id: Option<UserId>,
    },
    /// So many more people watch than two minutes before.
    Viewers {
        /// Now.
        now: u64,
        /// Two minutes before.
        before: u64,
    },
}

impl RoomMarkKind {
    /// What made it, in one word: `battle`, `gifts`, `gap`, `chat`, `viewers`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BattleBegan | Self::BattleEnded(_) => "battle",
            Self::Gift(_) | Self::Coins { .. } => "gifts",
            Self::Reconnected => "gap",
            Self::Comments(_) => "chat",
            Self::Viewers { .. } => "viewers",
        }
    }

    /// What happened, in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::BattleBegan => "battle begins".to_owned(),
            Self::BattleEnded(Some(BattleResult::Won)) => "battle won".to_owned(),
            Self::BattleEnded(Some(BattleResult::Lost)) => "battle lost".to_owned(),
            Self::BattleEnded(_) => "battle over".to_owned(),
            Self::Gift(coins) => format!("gift of {coins} coins"),
            Self::Reconnected => "back after a gap".to_owned(),
            Self::Comments(comments) => format!("{comments} comments in 10 s"),
            Self::Coins { coins, given, by, .. } if given == coins => format!("{coins} coins by {by}"),
            Self::Coins { coins, given, by, .. } => format!("{coins} coins in 10 s, {given} by {by}"),
            Self::Viewers { now, before } => format!("{now} viewers, from {before}"),
        }
    }
}

/// The marks of a room, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomMarks {
    kept: VecDeque<RoomMark>,
    /// How many there were so far.
    count: u64,
}

impl RoomMarks {
    /// The marks, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RoomMark> {
        self.kept.iter()
    }

    /// How many there were in this live so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Those that came after there were so many, as far as they are kept; all where another live began since.
    pub fn since(&self, count: u64) -> impl Iterator<Item = &RoomMark> {
        let new = if count > self.count { self.count } else { self.count - count };
        self.kept.range(self.kept.len().saturating_sub(usize::try_from(new).unwrap_or(MOST))..)
    }

    pub(super) fn add(&mut self, at: Moment, kind: RoomMarkKind) {
        if self.kept.len() >= MOST {
            self.kept.pop_front();
        }
        self.kept.push_back(RoomMark { at, kind });
        self.count += 1;
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
        assert_eq!((marks.iter().count(), marks.count(), marks.since(998).count()), (MOST, 1_000, 2));
        assert_eq!(marks.iter().next_back().map(|mark| &mark.kind), Some(&RoomMarkKind::Gift(DEAR_COINS + 999)));
    }
}
