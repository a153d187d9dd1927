//! Series of a number over time, in buckets, with gaps that stay gaps.
//!
//! Ten-second cells for two hours, one-minute cells for a day. Each cell knows how long we were connected in it: a cell
//! without any is a gap, and a rate is scaled by what was watched. Refuses to know what is measured. Time is `Moment::mono`;
//! one that runs backwards counts as the latest.

mod ring;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use ring::{Cell, Reading, Ring};

const FINE_MS: u64 = 10_000;
/// Two hours.
const FINE_CELLS: usize = 720;
const COARSE_MS: u64 = 60_000;
/// A day.
const COARSE_CELLS: usize = 1_440;
const MINUTE_MS: u64 = 60_000;
const DAY_SECONDS: u64 = 86_400;

/// One bucket of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Bucket {
    /// We watched and nothing came.
    Empty,
    /// We saw nothing: not connected.
    Gap,
    /// What came: the last value, the extremes and the sum.
    Value {
        /// Last value in the bucket.
        last: u64,
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
        /// Sum of all, for things that are counted.
        sum: u64,
    },
}

/// A number over time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Series {
    kind: SeriesKind,
    fine: Ring,
    coarse: Ring,
    watching: bool,
    /// Watched time is accounted up to here.
    upto: u64,
    last: Option<Moment>,
    /// Where the line was cut last: rates are of what came after.
    cut: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum SeriesKind {
    /// Holds until the next value: viewers.
    Gauge,
    /// Happens and is summed: comments, likes, coins.
    Counter,
}

impl Default for Series {
    fn default() -> Self {
        Self::counter()
    }
}

impl Series {
    /// A series of things that are counted.
    pub fn counter() -> Self {
        Self::new(SeriesKind::Counter)
    }

    /// A series of a level: in [`Series::window`] the last value holds until the next, but never over a gap.
    pub fn gauge() -> Self {
        Self::new(SeriesKind::Gauge)
    }

    fn new(kind: SeriesKind) -> Self {
        let (fine, coarse) = (Ring::new(FINE_MS, FINE_CELLS), Ring::new(COARSE_MS, COARSE_CELLS));
        Self { kind, fine, coarse, watching: false, upto: 0, last: None, cut: 0 }
    }

    /// Adds a value.
    pub(super) fn add(&mut self, at: Moment, value: u64) {
        self.advance(at);
        self.last = Some(at);
        self.fine.reach(self.upto).add(value);
        self.coarse.reach(self.upto).add(value);
    }

    /// The newest cells alone, so many short ones: for a reader who has the older ones, or needs none.
    pub(super) fn tail(&self, cells: usize) -> Self {
        let coarse = self.coarse.tail((cells * FINE_MS as usize).div_ceil(COARSE_MS as usize) + 1);
        Self { fine: self.fine.tail(cells), coarse, ..*self }
    }

    /// Takes over what a later [tail](Self::tail) of the same series knows better.
    pub(super) fn overlay(&mut self, tail: &Self) {
        self.fine.overlay(&tail.fine);
        self.coarse.overlay(&tail.coarse);
        let Self { kind: _, fine: _, coarse: _, watching, upto, last, cut } = *tail;
        (self.watching, self.upto, self.last, self.cut) = (watching, upto, last, cut);
    }

    /// When the last value came.
    pub fn last(&self) -> Option<Moment> {
        self.last
    }

    /// Says that we see, or no longer see, what happens.
    pub(super) fn set_connected(&mut self, at: Moment, watching: bool) {
        self.advance(at);
        self.watching = watching;
    }

    /// Takes back that we watched between two moments: the line was silent though it seemed to stand. Whole cells only.
    pub(super) fn gap(&mut self, from: Moment, to: Moment) {
        self.advance(to);
        self.fine.clear_watched(from.mono, to.mono);
        self.coarse.clear_watched(from.mono, to.mono);
    }

    /// Cuts the line: what comes belongs to another live. The cell that is filling starts again.
    pub(super) fn cut(&mut self, at: Moment) {
        self.advance(at);
        self.cut = self.upto;
        self.last = None;
        self.fine.reach(self.upto).clear();
        self.coarse.reach(self.upto).clear();
    }

    /// The last `count` buckets of `seconds` each that end at `now`, oldest first; the last one is the bucket still filling.
    ///
    /// Buckets begin at multiples of their length, so a drawn bucket never changes once it is full. `seconds` is rounded up
    /// to a multiple of 10, of 60 when the window is longer than two hours, and is at most a day.
    pub fn window(&self, now: Moment, seconds: u64, count: usize) -> Vec<Bucket> {
        let seconds = seconds.min(DAY_SECONDS);
        let long = seconds.saturating_mul(count as u64).saturating_mul(1_000) > FINE_MS * FINE_CELLS as u64;
        let ring = if long { &self.coarse } else { &self.fine };
        let cells = seconds.saturating_mul(1_000).div_ceil(ring.width()).max(1);
        let last = now.mono.max(self.upto) / ring.width() / cells;
        let first = (last + 1).saturating_sub(count as u64);
        let mut held = self.held_before(ring, first.saturating_mul(cells));
        let mut buckets = vec![Bucket::Gap; count.saturating_sub((last + 1 - first) as usize)];
        buckets.extend((first..=last).map(|bucket| self.merge(ring, bucket.saturating_mul(cells), cells, &mut held)));
        buckets.truncate(count);
        buckets
    }

    /// Sum over the last minute, scaled from what was watched of it; nothing when that was less than ten seconds.
    pub fn per_minute(&self, now: Moment) -> Option<u64> {
        let now = now.mono.max(self.upto);
        let slot = now / FINE_MS;
        let first = slot.saturating_sub(MINUTE_MS / FINE_MS - 1).max(self.cut / FINE_MS);
        let mut sum = 0u64;
        let mut watched = if self.watching { now - self.upto.max(first * FINE_MS).min(now) } else { 0 };
        for cell in (first..=slot).filter_map(|slot| self.fine.cell(slot)) {
            sum = sum.saturating_add(cell.reading().map_or(0, |reading| reading.sum));
            watched = watched.saturating_add(cell.connected_ms());
        }
        (self.kind == SeriesKind::Counter && watched >= FINE_MS).then(|| sum.saturating_mul(MINUTE_MS) / watched)
    }

    fn advance(&mut self, at: Moment) {
        if at.mono <= self.upto {
            return;
        }
        if self.watching {
            self.fine.mark_connected(self.upto, at.mono);
            self.coarse.mark_connected(self.upto, at.mono);
        }
        self.upto = at.mono;
    }

    fn bucket(&self, ring: &Ring, slot: u64) -> Bucket {
        let filling = self.watching && slot >= self.upto / ring.width();
        let cell = ring.cell(slot);
        match cell.and_then(Cell::reading) {
            Some(reading) => (*reading).into(),
            None if filling || cell.is_some_and(|cell| cell.connected_ms() > 0) => Bucket::Empty,
            None => Bucket::Gap,
        }
    }

    /// The value a gauge brings into `slot`.
    fn held_before(&self, ring: &Ring, slot: u64) -> Option<u64> {
        let oldest = slot.saturating_sub(ring.len() as u64);
        (oldest..slot).rev().map(|slot| self.bucket(ring, slot)).find(|bucket| *bucket != Bucket::Empty).and_then(
            |bucket| match bucket {
                Bucket::Value { last, .. } => Some(last),
                _ => None,
            },
        )
    }

    fn merge(&self, ring: &Ring, first: u64, cells: u64, held: &mut Option<u64>) -> Bucket {
        let mut merged: Option<Reading> = None;
        let mut watched = false;
        for slot in first..first.saturating_add(cells) {
            match (self.bucket(ring, slot), *held) {
                (Bucket::Gap, _) => *held = None,
                (Bucket::Empty, Some(value)) if self.kind == SeriesKind::Gauge => {
                    merged.get_or_insert(Reading::held(value)).merge(Reading::held(value));
                }
                (Bucket::Empty, _) => watched = true,
                (Bucket::Value { last, min, max, sum }, _) => {
                    let reading = Reading { last, min, max, sum };
                    *held = Some(last);
                    match &mut merged {
                        Some(merged) => merged.merge(reading),
                        None => merged = Some(reading),
                    }
                }
            }
        }
        match merged {
            Some(reading) => reading.into(),
            None if watched => Bucket::Empty,
            None => Bucket::Gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Moment {
        Moment { mono: 3_600_000 + seconds * 1_000, ..Moment::default() }
    }

    /// Sums as numbers, `.` for nothing, `-` for a gap.
    fn sums(series: &Series, now: u64, seconds: u64, count: usize) -> String {
        let word = |bucket: &Bucket| match bucket {
            Bucket::Empty => ".".to_owned(),
            Bucket::Gap => "-".to_owned(),
            Bucket::Value { sum, .. } => sum.to_string(),
        };
        series.window(at(now), seconds, count).iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn lasts(series: &Series, now: u64, seconds: u64, count: usize) -> Vec<Option<u64>> {
        let last = |bucket: &Bucket| match bucket {
            Bucket::Value { last, .. } => Some(*last),
            _ => None,
        };
        series.window(at(now), seconds, count).iter().map(last).collect()
    }

    #[test]
    fn a_counter_sums_and_a_gap_stays_a_gap() {
        let mut series = Series::counter();
        series.set_connected(at(12), true);
        series.add(at(13), 1);
        series.add(at(19), 2);
        series.add(at(35), 5);
        series.set_connected(at(41), false);
        series.set_connected(at(75), true);
        assert_eq!(sums(&series, 79, 10, 9), "- - 3 . 5 . - - .");
        assert_eq!(sums(&series, 79, 20, 5), "- 3 5 . .");
        assert_eq!(sums(&series, 79, 15, 5), "- 3 5 . .", "rounded up to whole cells");
    }

    #[test]
    fn a_window_ends_at_now_though_nothing_came_since() {
        let mut series = Series::counter();
        series.set_connected(at(0), true);
        series.add(at(1), 1);
        assert_eq!(sums(&series, 35, 10, 5), "- 1 . . .");
        series.set_connected(at(36), false);
        assert_eq!(sums(&series, 55, 10, 6), "1 . . . - -");
    }

    #[test]
    fn a_full_bucket_never_changes() {
        let mut series = Series::counter();
        series.set_connected(at(0), true);
        (0..100).for_each(|second| series.add(at(second), second));
        let early = series.window(at(100), 30, 4);
        let late = series.window(at(119), 30, 4);
        assert_eq!(early, late);
    }

    #[test]
    fn a_gauge_holds_between_values_but_not_over_a_gap() {
        let mut series = Series::gauge();
        series.set_connected(at(0), true);
        series.add(at(5), 40);
        series.add(at(25), 50);
        series.set_connected(at(39), false);
        series.set_connected(at(60), true);
        series.add(at(75), 30);
        let expected = [Some(40), Some(40), Some(50), Some(50), None, None, None, Some(30), Some(30)];
        assert_eq!(lasts(&series, 85, 10, 9), expected);
        assert_eq!(lasts(&series, 35, 10, 2), [None, Some(30)], "time does not run backwards");
        assert_eq!(series.per_minute(at(85)), None);
    }

    #[test]
    fn a_silent_line_is_taken_back() {
        let mut series = Series::counter();
        series.set_connected(at(0), true);
        series.add(at(5), 1);
        series.gap(at(5), at(52));
        series.add(at(53), 1);
        assert_eq!(sums(&series, 55, 10, 6), "1 - - - - 1");
    }

    #[test]
    fn a_new_live_starts_its_cell_again() {
        let mut series = Series::counter();
        series.set_connected(at(0), true);
        series.add(at(5), 1);
        series.set_connected(at(8), false);
        series.cut(at(9));
        assert_eq!(sums(&series, 9, 10, 1), "-");
        series.set_connected(at(10), true);
        (10..30).for_each(|second| series.add(at(second), 100));
        series.cut(at(35));
        assert_eq!(
            (series.per_minute(at(36)), series.last()),
            (None, None),
            "the old live's rate is not the new one's"
        );
        assert_eq!(series.per_minute(at(46)), Some(0));
    }

    #[test]
    fn a_tail_brings_an_older_state_up_to_date() {
        let mut series = Series::counter();
        series.set_connected(at(0), true);
        (0..300).for_each(|second| series.add(at(second), second));
        let mut mirror = series.clone();
        (300..318).for_each(|second| series.add(at(second), second));
        mirror.overlay(&series.tail(3));
        assert_eq!(sums(&mirror, 318, 10, 40), sums(&series, 318, 10, 40));
        assert_eq!(mirror.per_minute(at(318)), series.per_minute(at(318)));
        let mut empty = Series::counter();
        empty.overlay(&series.tail(7));
        assert_eq!(empty.per_minute(at(318)), series.per_minute(at(318)));
    }

    #[test]
    fn a_rate_is_scaled_by_what_was_watched() {
        let mut series = Series::counter();
        assert_eq!(series.per_minute(at(0)), None);
        series.set_connected(at(0), true);
        series.add(at(5), 7);
        assert_eq!(series.per_minute(at(9)), None, "too little to tell");
        assert_eq!(series.per_minute(at(10)), Some(42));
        assert_eq!(series.per_minute(at(20)), Some(21));
        assert_eq!(series.per_minute(at(50)), Some(8));
        assert_eq!(series.per_minute(at(60)), Some(0));
        series.set_connected(at(70), false);
        series.set_connected(at(300), true);
        series.add(at(301), 100);
        assert_eq!(series.per_minute(at(305)), None);
        assert_eq!(series.per_minute(at(320)), Some(300));
    }

    #[test]
    fn minutes_outlast_ten_second_cells() {
        let mut series = Series::counter();
        series.set_connected(at(0), true);
        (0..24 * 60).for_each(|minute| series.add(at(minute * 60), 1));
        let day = series.window(at(24 * 3_600 - 1), 3_600, 24);
        assert_eq!(day, [Bucket::Value { last: 1, min: 1, max: 1, sum: 60 }; 24]);
        assert_eq!((series.fine.len(), series.coarse.len()), (FINE_CELLS, COARSE_CELLS));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_panics(
            adds in prop::collection::vec((0..100u64, 0..50u64, any::<bool>()), 0..60),
            seconds in 1..4_000u64,
            count in 0..300usize,
        ) {
            let mut series = Series::counter();
            let (mut now, mut sum) = (0, 0);
            for (wait, value, watching) in adds {
                now += wait;
                series.set_connected(at(now), watching);
                series.add(at(now), value);
                sum += value;
            }
            prop_assert_eq!(series.window(at(now), seconds, count).len(), count);
            let total: u64 = series
                .window(at(now), 60, 101)
                .iter()
                .map(|bucket| if let Bucket::Value { sum, .. } = bucket { *sum } else { 0 })
                .sum();
            prop_assert_eq!(total, sum);
        }

        #[test]
        fn any_time_is_survived(times in prop::collection::vec(any::<u64>(), 0..8), seconds: u64, count in 0..9usize) {
            let mut series = Series::gauge();
            for (value, &mono) in times.iter().enumerate() {
                let moment = Moment { mono, ..Moment::default() };
                series.set_connected(moment, mono % 3 != 0);
                series.add(moment, value as u64);
                series.gap(Moment::default(), moment);
                prop_assert_eq!(series.window(moment, seconds, count).len(), count);
                series.per_minute(moment);
            }
        }
    }
}
