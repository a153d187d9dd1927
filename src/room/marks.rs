//! Marks of a room, moments worth a sign in a graph and a chapter of a recording: battles, dear gifts, spikes, interruptions.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{BattleNews, Tally};
use crate::clock::Moment;
use crate::events::{BattleResult, Gap, Gift};
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
    /// Much was given at once.
    Gift(DearGift),
    /// We were away and came back.
    Reconnected {
        /// So long, in milliseconds.
        #[serde(default)]
        away_ms: u64,
        /// Why, in words.
        #[serde(default)]
        why: Text,
    },
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
        /// The dear gift that made them so many, which then has no mark of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gift: Option<DearGift>,
    },
    /// So many more people watch than two minutes before.
    Viewers {
        /// Now.
        now: u64,
        /// Two minutes before.
        before: u64,
    },
}

/// A gift of many coins at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DearGift {
    /// What it is worth.
    pub coins: u64,
    /// What it is called.
    pub gift: Text,
    /// How many of it.
    pub count: u64,
    /// What its giver is called.
    pub by: Text,
}

impl DearGift {
    /// Who gave what: `Mia gave Galaxy, 1000 coins`.
    pub fn words(&self) -> String {
        let Self { coins, gift, count, by } = self;
        let gift = if gift.is_empty() { "a gift" } else { gift.as_str() };
        let times = if *count > 1 { format!(" \u{d7}{count}") } else { String::new() };
        format!("{by} gave {gift}{times}, {coins} coins")
    }
}

/// What was missed: `nothing heard for 12 s: socket dropped`. How we came back is no cause.
fn gap_words(away_ms: u64, why: &str) -> String {
    let seconds = away_ms.saturating_add(500) / 1_000;
    let length = match seconds {
        0..60 => format!("{} s", seconds.max(1)),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    };
    let cause = why.split("; back through ").next().unwrap_or_default().trim();
    let cause = if cause.is_empty() { String::new() } else { format!(": {cause}") };
    format!("nothing heard for {length}{cause}")
}

impl RoomMarkKind {
    /// What made it, in one word: `battle`, `gifts`, `gap`, `chat`, `viewers`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BattleBegan | Self::BattleEnded(_) => "battle",
            Self::Gift(_) | Self::Coins { .. } => "gifts",
            Self::Reconnected { .. } => "gap",
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
            Self::Gift(gift) => gift.words(),
            Self::Reconnected { away_ms, why } => gap_words(*away_ms, why.as_str()),
            Self::Comments(comments) => format!("{comments} comments in 10 s"),
            Self::Coins { coins, given, by, gift: Some(gift), .. } => match gift {
                DearGift { coins: dear, .. } if dear == coins => gift.words(),
                DearGift { by: giver, .. } if giver == by => format!("{}; {coins} coins in 10 s", gift.words()),
                _ => format!("{}; {coins} coins in 10 s, {given} by {by}", gift.words()),
            },
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

    pub(super) fn add_gift(&mut self, at: Moment, gift: &Gift, tally: &Tally) {
        let coins = tally.diamonds.unwrap_or(0);
        if coins >= DEAR_COINS {
            let (name, by) = (gift.gift.name.clone(), Text::new(gift.from.name()));
            self.add(at, RoomMarkKind::Gift(DearGift { coins, gift: name, count: tally.added, by }));
        }
    }

    pub(super) fn add_gap(&mut self, at: Moment, gap: &Gap) {
        let away_ms = u64::try_from(gap.length.as_millis()).unwrap_or(u64::MAX);
        self.add(at, RoomMarkKind::Reconnected { away_ms, why: gap.reason.clone() });
    }

    /// Adds a spike that an event made before which there were so many marks. Where the event is a dear gift, both are one mark.
    pub(super) fn add_spike(&mut self, at: Moment, mut kind: RoomMarkKind, before: u64) {
        if let RoomMarkKind::Coins { gift, .. } = &mut kind
            && self.count > before
            && let Some(RoomMark { kind: RoomMarkKind::Gift(dear), .. }) = self.kept.back_mut()
        {
            *gift = Some(std::mem::take(dear));
            self.kept.pop_back();
            self.count -= 1;
        }
        self.add(at, kind);
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
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::clock::Timestamp;
    use crate::events::{EventKind, RoomEvent, Viewer};
    use crate::ids::GiftFacts;
    use crate::room::{Room, StreakState};

    #[test]
    fn marks_are_bounded_and_small_gifts_have_none() {
        let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
        let facts = Arc::new(GiftFacts { name: "Galaxy".into(), ..GiftFacts::default() });
        let given = Gift { from, to: None, gift: facts, count: 1, group: 0, coins: None, ends: true };
        let add = |marks: &mut RoomMarks, coins| {
            let tally = Tally { added: 1, diamonds: Some(coins), count: 1, streak: StreakState::None };
            marks.add_gift(Moment::default(), &given, &tally);
        };
        let mut marks = RoomMarks::default();
        add(&mut marks, DEAR_COINS - 1);
        assert_eq!(marks.iter().count(), 0);
        (0..1_000).for_each(|coins| add(&mut marks, DEAR_COINS + coins));
        assert_eq!((marks.iter().count(), marks.count(), marks.since(998).count()), (MOST, 1_000, 2));
        assert_eq!(marks.iter().next_back().unwrap().kind.words(), "Mia gave Galaxy, 1499 coins");
    }

    #[test]
    fn a_gap_is_told_by_its_length_and_its_cause() {
        let words = |away_ms, why: &str| RoomMarkKind::Reconnected { away_ms, why: why.into() }.words();
        assert_eq!(words(12_400, "socket dropped; back through euler"), "nothing heard for 12 s: socket dropped");
        assert_eq!(words(250_000, ""), "nothing heard for 4 min 10 s");
        assert_eq!(words(3_900_000, "tiktop was not running"), "nothing heard for 1 h 5 min: tiktop was not running");
    }

    #[test]
    fn a_dear_gift_and_the_spike_that_it_makes_are_one_mark() {
        let mut room = Room::new(10);
        let give = |room: &mut Room, seconds: u64, name: &str, id, price| {
            let from = Arc::new(Viewer { id: Some(UserId(id)), nickname: name.into(), ..Viewer::default() });
            let facts = GiftFacts { name: "Galaxy".into(), diamonds: Some(price), kind: 2, ..GiftFacts::default() };
            let gift = Gift { from, to: None, gift: Arc::new(facts), count: 1, group: 0, coins: None, ends: true };
            let at = Moment { mono: 1_000_000, wall: Timestamp(1_700_000_000_000) } + Duration::from_secs(seconds);
            room.apply(&RoomEvent::new(at, EventKind::Gift(Box::new(gift))));
        };
        give(&mut room, 1, "Mia", 1, 1_000);
        give(&mut room, 30, "Mia", 1, 500);
        give(&mut room, 120, "Mia", 1, 900);
        give(&mut room, 121, "Joon", 2, 700);
        let words: Vec<_> = room.marks.iter().map(|mark| mark.kind.words()).collect();
        let spike = "Joon gave Galaxy, 700 coins; 1600 coins in 10 s, 900 by Mia";
        let told = ["Mia gave Galaxy, 1000 coins", "Mia gave Galaxy, 500 coins", "Mia gave Galaxy, 900 coins", spike];
        assert_eq!(words, told);
        assert_eq!(room.marks.count(), 4);
    }
}
