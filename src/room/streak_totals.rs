//! Totals of gift streaks as one reader of events follows them: each streak ends exactly once, with all of its units.
//!
//! For readers that act at the end of a streak, and would act twice or never otherwise: a streak that we closed may go on, its
//! end may be lost, and the live may be over before it. Knows only what it is given; the counting is the room's.
//!
//! Invariant: the units over all [`GiftTotal`]s that end, and over single gifts, are the units that the room has added.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::ledger::{PersonKey, StreakKey, StreakState, Tally};
use super::{Room, Streak, TalliedEvent};
use crate::clock::Moment;
use crate::events::{EventKind, Gift, GiftFacts, GiftTo, OwnEvent, Viewer};

/// Streaks that may run at once, as many as a room keeps; beyond it the one that was touched least lately ends.
const MAX_OPEN: usize = 1_024;
/// Ended streaks remembered, to tell a streak that goes on from a new one.
const MAX_ENDED: usize = 1_024;

/// A gift as a reader should take it: a step of a streak, its end, or a single gift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftTotal {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// Units so far, this step included.
    pub units: u64,
    /// Units of this step alone.
    pub added: u64,
    /// The streak's id; another one for the rest of a streak that had ended already.
    pub group: u64,
    /// Part of a streak; else a gift that comes once.
    pub runs: bool,
    /// The streak ends with it; never set for a gift that comes once.
    pub ends: bool,
}

impl GiftTotal {
    /// Nothing more comes of it: the end of a streak, or a gift that comes once.
    pub fn is_final(&self) -> bool {
        self.ends || !self.runs
    }

    /// Coins of its units; nothing when the price is unknown.
    pub fn coins(&self) -> Option<u64> {
        self.gift.diamonds.map(|price| price.saturating_mul(self.units))
    }
}

#[derive(Clone, Debug)]
struct OpenStreak {
    total: GiftTotal,
    touched: u64,
}

#[derive(Clone, Copy, Debug)]
struct EndedStreak {
    key: StreakKey,
    /// How often it has ended.
    ends: u64,
    /// Units told of it so far.
    units: u64,
}

/// The streaks that one reader was told of.
#[derive(Clone, Debug, Default)]
pub struct StreakTotals {
    open: BTreeMap<StreakKey, OpenStreak>,
    ended: VecDeque<EndedStreak>,
    touches: u64,
}

impl StreakTotals {
    /// Takes in an event; what a reader is to hear of it. Events that are no gifts give nothing, nor do gifts that add nothing.
    pub fn apply(&mut self, tallied: &TalliedEvent) -> Vec<GiftTotal> {
        if let (EventKind::Gift(gift), Some(tally)) = (&tallied.event.kind, tallied.tally) {
            return self.gift(gift, &tally);
        }
        match tallied.event.kind.as_own() {
            Some(OwnEvent::StreakClosed(closed)) => self.end(&StreakKey::from(&**closed)).into_iter().collect(),
            Some(OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::Live(_) | OwnEvent::Info(_)) | None => Vec::new(),
        }
    }

    /// Ends every running streak: the live is over, or the room is gone.
    pub fn end_all(&mut self) -> Vec<GiftTotal> {
        let keys: Vec<_> = self.open.keys().copied().collect();
        keys.iter().filter_map(|key| self.end(key)).collect()
    }

    /// Catches up with a room after events were lost: what ended meanwhile ends, and what runs goes on with all its units.
    /// Single gifts among the lost are not known to have been lost, so nothing is said of them.
    pub fn catch_up(&mut self, room: &Room, lost_from: Moment) -> Vec<GiftTotal> {
        let mut told = Vec::new();
        let running: Vec<_> = room.streaks.running().collect();
        for streak in &running {
            let key = key_of(streak);
            let units = streak.added.saturating_sub(self.ended_units(&key));
            if units > 0 {
                self.open_streak(key, streak).total.units = units;
            }
        }
        for streak in room.streaks.finished().filter(|streak| runs(streak)) {
            let key = key_of(streak);
            let units = streak.added.saturating_sub(self.ended_units(&key));
            let lost = streak.closed.is_some_and(|closed| closed.mono >= lost_from.mono);
            if let Some(open) = self.open.get_mut(&key) {
                open.total.units = open.total.units.max(units);
            } else if lost && units > 0 && key.group != 0 {
                self.open_streak(key, streak).total.units = units;
            }
        }
        let ended: Vec<_> =
            self.open.keys().filter(|key| !running.iter().any(|streak| key_of(streak) == **key)).copied().collect();
        told.extend(ended.iter().filter_map(|key| self.end(key)));
        told
    }

    fn gift(&mut self, gift: &Gift, tally: &Tally) -> Vec<GiftTotal> {
        let ends = match tally.streak {
            StreakState::None => {
                let single = GiftTotal { units: tally.added, added: tally.added, ..total(gift, false) };
                return if tally.added > 0 { vec![single] } else { Vec::new() };
            }
            StreakState::Open => false,
            StreakState::Closed => true,
        };
        let key = StreakKey::from(gift);
        let known = self.open.contains_key(&key);
        // Backlog of entry marks a streak and adds nothing; a late copy of its end says nothing new.
        if tally.added == 0 && !(known && ends) {
            return Vec::new();
        }
        let mut told = Vec::new();
        if !known {
            told.extend(self.make_room());
        }
        let group = self.group_of(&key);
        self.touches += 1;
        let touched = self.touches;
        let open = self
            .open
            .entry(key)
            .or_insert_with(|| OpenStreak { total: GiftTotal { group, ..total(gift, true) }, touched });
        open.touched = touched;
        open.total.units = open.total.units.saturating_add(tally.added);
        open.total.added = tally.added;
        if open.total.to.is_none() {
            open.total.to.clone_from(&gift.to);
        }
        // The price may come to be known while it runs.
        if gift.gift.diamonds.is_some() || open.total.gift.diamonds.is_none() {
            open.total.gift = gift.gift.clone();
        }
        open.total.from = gift.from.clone();
        if !ends {
            told.push(open.total.clone());
            return told;
        }
        told.extend(self.close(&key));
        told
    }

    /// Ends a streak that no message ends; nothing where none runs.
    fn end(&mut self, key: &StreakKey) -> Option<GiftTotal> {
        if let Some(open) = self.open.get_mut(key) {
            open.total.added = 0;
        }
        self.close(key)
    }

    fn close(&mut self, key: &StreakKey) -> Option<GiftTotal> {
        let OpenStreak { total, .. } = self.open.remove(key)?;
        // Without a group the next streak of the same gift has the same key.
        if key.group != 0 {
            if let Some(ended) = self.ended.iter_mut().rev().find(|ended| ended.key == *key) {
                ended.ends += 1;
                ended.units = ended.units.saturating_add(total.units);
            } else {
                self.ended.push_back(EndedStreak { key: *key, ends: 1, units: total.units });
                if self.ended.len() > MAX_ENDED {
                    self.ended.pop_front();
                }
            }
        }
        Some(GiftTotal { ends: true, ..total })
    }

    fn open_streak(&mut self, key: StreakKey, streak: &Streak) -> &mut OpenStreak {
        let group = self.group_of(&key);
        self.touches += 1;
        let touched = self.touches;
        self.open.entry(key).or_insert_with(|| OpenStreak {
            total: GiftTotal {
                from: streak.from.clone(),
                to: streak.to.clone(),
                gift: streak.gift.clone(),
                units: 0,
                added: 0,
                group,
                runs: true,
                ends: false,
            },
            touched,
        })
    }

    fn make_room(&mut self) -> Option<GiftTotal> {
        if self.open.len() < MAX_OPEN {
            return None;
        }
        let oldest = self.open.iter().min_by_key(|(_, open)| open.touched).map(|(key, _)| *key)?;
        self.end(&oldest)
    }

    /// The id to tell: a group is the sender's clock in milliseconds, so the next number belongs to nobody else's streak.
    fn group_of(&self, key: &StreakKey) -> u64 {
        let ends = self.ended.iter().rev().find(|ended| ended.key == *key).map_or(0, |ended| ended.ends);
        key.group.saturating_add(ends)
    }

    fn ended_units(&self, key: &StreakKey) -> u64 {
        self.ended.iter().rev().find(|ended| ended.key == *key).map_or(0, |ended| ended.units)
    }
}

fn total(gift: &Gift, runs: bool) -> GiftTotal {
    GiftTotal {
        from: gift.from.clone(),
        to: gift.to.clone(),
        gift: gift.gift.clone(),
        units: 0,
        added: 0,
        group: gift.group,
        runs,
        ends: false,
    }
}

fn key_of(streak: &Streak) -> StreakKey {
    StreakKey { from: PersonKey::from(&*streak.from), gift: streak.gift.id, group: streak.group }
}

fn runs(streak: &Streak) -> bool {
    streak.gift.streakable() || (streak.gift.kind == 0 && streak.group != 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::events::{LiveStart, Phase, PhaseKind, RoomEvent};
    use crate::ids::{GiftId, MsgId, RoomId, UserId};

    fn gift(from: u64, kind: u32, group: u64, count: u64, ends: bool) -> EventKind {
        EventKind::Gift(Box::new(Gift {
            from: Arc::new(Viewer { id: Some(UserId(from)), ..Viewer::default() }),
            to: None,
            gift: Arc::new(GiftFacts { id: GiftId(5), diamonds: Some(3), kind, ..GiftFacts::default() }),
            count,
            group,
            coins: None,
            ends,
        }))
    }

    fn at(seconds: u64) -> Moment {
        Moment { mono: 3_600_000 + seconds * 1_000, ..Moment::default() }
    }

    /// A connected room, and a reader of its events.
    struct Reader {
        room: Room,
        totals: StreakTotals,
        told: Vec<GiftTotal>,
        last_id: u64,
    }

    impl Reader {
        fn new() -> Self {
            let mut reader =
                Self { room: Room::new(10), totals: StreakTotals::default(), told: Vec::new(), last_id: 0 };
            reader.ours(0, EventKind::Live(LiveStart { room_id: RoomId(1), live_seq: 1 }));
            reader.ours(0, EventKind::State(Phase::new(PhaseKind::Live)));
            reader
        }

        fn ours(&mut self, seconds: u64, kind: EventKind) {
            self.room.apply(&RoomEvent::new(at(seconds), kind));
        }

        fn hear(&mut self, seconds: u64, kind: EventKind) {
            self.last_id += 1;
            let event = RoomEvent { id: Some(MsgId(self.last_id)), ..RoomEvent::new(at(seconds), kind) };
            if let super::super::Applied::Fresh(tally) = self.room.apply(&event) {
                self.told.extend(self.totals.apply(&TalliedEvent { event, tally, first: false }));
            }
        }

        fn tick(&mut self, seconds: u64) {
            for tallied in self.room.tick(at(seconds)) {
                self.told.extend(self.totals.apply(&tallied));
            }
        }

        fn end(&mut self, seconds: u64) {
            for tallied in self.room.end_live(at(seconds)) {
                self.told.extend(self.totals.apply(&tallied));
            }
            self.told.extend(self.totals.end_all());
        }

        /// What each end said: units and group.
        fn ends(&self) -> Vec<(u64, u64)> {
            self.told.iter().filter(|total| total.is_final()).map(|total| (total.units, total.group)).collect()
        }

        fn final_units(&self) -> u64 {
            self.ends().iter().map(|(units, _)| units).sum()
        }
    }

    #[test]
    fn a_streak_ends_once_though_its_end_comes_twice() {
        let mut reader = Reader::new();
        for (count, ends) in [(1, false), (2, false), (5, false), (5, true), (5, true)] {
            reader.hear(1, gift(1, 1, 700, count, ends));
        }
        assert_eq!(reader.ends(), [(5, 700)]);
        assert_eq!(reader.told.len(), 4, "three steps and an end");
    }

    #[test]
    fn a_streak_that_we_closed_and_that_goes_on_is_two_with_all_units_once() {
        let mut reader = Reader::new();
        reader.hear(1, gift(1, 1, 700, 5, false));
        reader.tick(60);
        assert_eq!(reader.ends(), [(5, 700)]);
        reader.hear(61, gift(1, 1, 700, 8, false));
        reader.hear(62, gift(1, 1, 700, 9, true));
        assert_eq!(reader.ends(), [(5, 700), (4, 701)]);
    }

    #[test]
    fn the_end_of_the_live_ends_what_runs_and_a_single_gift_has_no_end() {
        let mut reader = Reader::new();
        reader.hear(1, gift(1, 1, 700, 2, false));
        reader.hear(2, gift(2, 2, 0, 3, false));
        reader.end(3);
        reader.end(4);
        assert_eq!(reader.ends(), [(3, 0), (2, 700)]);
        assert!(!reader.told[1].ends && !reader.told[1].runs);
    }

    #[test]
    fn more_streaks_than_can_be_kept_still_end_once_each() {
        let mut reader = Reader::new();
        let many = MAX_OPEN as u64 + 50;
        (0..many).for_each(|person| reader.hear(1, gift(person + 1, 1, 700, 2, false)));
        assert_eq!(reader.ends().len(), 50);
        reader.end(2);
        assert_eq!((reader.ends().len() as u64, reader.final_units()), (many, reader.room.stats.gifts));
    }

    #[test]
    fn a_reader_that_lost_events_catches_up_from_the_room() {
        let mut reader = Reader::new();
        reader.hear(1, gift(1, 1, 701, 2, false));
        reader.hear(1, gift(2, 1, 702, 1, false));
        let (told, totals) = (reader.told.clone(), reader.totals.clone());
        // Lost: one ends, one grows, one begins and ends.
        reader.hear(2, gift(1, 1, 701, 6, true));
        reader.hear(2, gift(2, 1, 702, 4, false));
        reader.hear(2, gift(3, 1, 703, 7, true));
        (reader.told, reader.totals) = (told, totals);
        let caught_up = reader.totals.catch_up(&reader.room, at(2));
        reader.told.extend(caught_up);
        let again = reader.totals.catch_up(&reader.room, at(2));
        assert_eq!(again, Vec::new(), "nothing ends twice");
        reader.hear(3, gift(2, 1, 702, 5, true));
        assert_eq!(reader.ends(), [(6, 701), (7, 703), (5, 702)]);
        assert_eq!(reader.final_units(), reader.room.stats.gifts);
    }

    proptest! {
        #[test]
        fn what_ends_is_what_the_room_added(
            steps in proptest::collection::vec((1_u64..4, 0_u32..3, 0_u64..3, 1_u64..9, any::<bool>(), 0_u64..16), 0..80),
        ) {
            let (mut reader, mut seconds) = (Reader::new(), 0);
            for (person, kind, group, count, ends, pause) in steps {
                seconds += pause;
                reader.tick(seconds);
                reader.hear(seconds, gift(person, kind, group * 1_000, count, ends));
            }
            reader.tick(seconds + Duration::from_secs(60).as_secs());
            reader.end(seconds + 61);
            prop_assert_eq!(reader.final_units(), reader.room.stats.gifts);
            let coins: u64 = reader.told.iter().filter(|told| told.is_final()).filter_map(GiftTotal::coins).sum();
            prop_assert_eq!(coins, reader.room.stats.coins);
        }
    }
}
