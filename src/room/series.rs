//! A number over time, in buckets, with gaps that stay gaps.
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

/// One bucket of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    kind: Kind,
    fine: Ring,
    coarse: Ring,
    watching: bool,
    /// Watched time is accounted up to here.
    upto: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
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
        Self::new(Kind::Counter)
    }

    /// A series of a level: in [`Series::window`] the last value holds until the next, but never over a gap.
    pub fn gauge() -> Self {
        Self::new(Kind::Gauge)
    }

    fn new(kind: Kind) -> Self {
        let (fine, coarse) = (Ring::new(FINE_MS, FINE_CELLS), Ring::new(COARSE_MS, COARSE_CELLS));
        Self { kind, fine, coarse, watching: false, upto: 0 }
    }

    /// Adds a value.
    pub(super) fn add(&mut self, at: Moment, value: u64) {
        self.advance(at);
        self.fine.reach(self.upto).add(value);
        self.coarse.reach(self.upto).add(value);
    }

    /// Says that we see, or no longer see, what happens.
    pub(super) fn watch(&mut self, at: Moment, watching: bool) {
        self.advance(at);
        self.watching = watching;
    }

    /// Takes back that we watched between two moments: the line was silent though it seemed to stand. Whole cells only.
    pub(super) fn gap(&mut self, from: Moment, to: Moment) {
        self.advance(to);
        self.fine.unwatch(from.mono, to.mono);
        self.coarse.unwatch(from.mono, to.mono);
    }

    /// Cuts the line: what comes belongs to another live. The cell that is filling starts again.
    pub(super) fn cut(&mut self, at: Moment) {
        self.advance(at);
        self.fine.reach(self.upto).clear();
        self.coarse.reach(self.upto).clear();
    }

    /// The last `count` buckets of `seconds` each that end at `now`, oldest first; the last one is the bucket still filling.
    ///
    /// Buckets begin at multiples of their length, so a drawn bucket never changes once it is full. `seconds` is rounded up
    /// to a multiple of 10, of 60 when the window is longer than two hours.
    pub fn window(&self, now: Moment, seconds: u64, count: usize) -> Vec<Bucket> {
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
        let first = slot.saturating_sub(MINUTE_MS / FINE_MS - 1);
        let mut sum = 0u64;
        let mut watched = if self.watching { now - self.upto.max(first * FINE_MS).min(now) } else { 0 };
        for cell in (first..=slot).filter_map(|slot| self.fine.cell(slot)) {
            sum = sum.saturating_add(cell.reading().map_or(0, |reading| reading.sum));
            watched = watched.saturating_add(cell.watched());
        }
        (self.kind == Kind::Counter && watched >= FINE_MS).then(|| sum.saturating_mul(MINUTE_MS) / watched)
    }

    fn advance(&mut self, at: Moment) {
        if at.mono <= self.upto {
            return;
        }
        if self.watching {
            self.fine.watch(self.upto, at.mono);
            self.coarse.watch(self.upto, at.mono);
        }
        self.upto = at.mono;
    }

    fn bucket(&self, ring: &Ring, slot: u64) -> Bucket {
        let filling = self.watching && slot >= self.upto / ring.width();
        let cell = ring.cell(slot);
        match cell.and_then(Cell::reading) {
            Some(reading) => (*reading).into(),
            None if filling || cell.is_some_and(|cell| cell.watched() > 0) => Bucket::Empty,
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
                (Bucket::Empty, Some(value)) if self.kind == Kind::Gauge => {
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
