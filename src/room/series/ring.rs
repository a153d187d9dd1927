//! Ring of cells of one width, the newest kept.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Bucket;

/// What came in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reading {
    pub(super) last: u64,
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) sum: u64,
}

impl Reading {
    fn of(value: u64) -> Self {
        Self { last: value, min: value, max: value, sum: value }
    }

    /// A level that still stands: it has extremes, but nothing was added.
    pub(super) fn held(value: u64) -> Self {
        Self { sum: 0, ..Self::of(value) }
    }

    /// Takes in what came later.
    pub(super) fn merge(&mut self, later: Self) {
        self.last = later.last;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum = self.sum.saturating_add(later.sum);
    }
}

impl From<Reading> for Bucket {
    fn from(Reading { last, min, max, sum }: Reading) -> Self {
        Self::Value { last, min, max, sum }
    }
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cell {
    reading: Option<Reading>,
    /// Milliseconds of it in which we were connected.
    watched: u64,
}

impl Cell {
    pub(super) fn add(&mut self, value: u64) {
        let reading = Reading::of(value);
        match &mut self.reading {
            Some(earlier) => earlier.merge(reading),
            None => self.reading = Some(reading),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    pub(super) fn connected_ms(&self) -> u64 {
        self.watched
    }
}

/// The newest cells. Slot `n` begins at `n * width` of monotonic time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ring {
    width: u64,
    limit: usize,
    first: u64,
    cells: VecDeque<Cell>,
}

impl Ring {
    pub(super) fn new(width: u64, limit: usize) -> Self {
        Self { width, limit, first: 0, cells: VecDeque::new() }
    }

    /// Milliseconds of a cell.
    pub(super) fn width(&self) -> u64 {
        self.width
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn cell(&self, slot: u64) -> Option<&Cell> {
        self.cells.get(usize::try_from(slot.checked_sub(self.first)?).ok()?)
    }

    /// The cell of a time at or after the newest cell; those in between are made, unwatched.
    pub(super) fn reach(&mut self, mono: u64) -> &mut Cell {
        let slot = mono / self.width;
        let end = self.first + self.cells.len() as u64;
        if self.cells.is_empty() || slot.saturating_sub(end) >= self.limit as u64 {
            self.cells.clear();
            self.first = slot;
        }
        let missing = (slot + 1).saturating_sub(self.first + self.cells.len() as u64);
        for _ in 0..missing {
            self.cells.push_back(Cell::default());
        }
        while self.cells.len() > self.limit {
            self.cells.pop_front();
            self.first += 1;
        }
        let newest = self.cells.len() - 1;
        let index = usize::try_from(slot.saturating_sub(self.first)).unwrap_or(newest).min(newest);
        &mut self.cells[index]
    }

    /// The newest `count` cells alone.
    pub(super) fn tail(&self, count: usize) -> Self {
        let skipped = self.cells.len().saturating_sub(count);
        let cells = self.cells.iter().skip(skipped).copied().collect();
        Self { width: self.width, limit: self.limit, first: self.first + skipped as u64, cells }
    }

    /// Puts the cells of another ring of this width in the place of its own.
    pub(super) fn overlay(&mut self, newer: &Self) {
        if newer.width != self.width {
            return;
        }
        for (slot, cell) in (newer.first..).zip(&newer.cells).take(self.limit) {
            if slot >= self.first {
                *self.reach(slot.saturating_mul(self.width)) = *cell;
            }
        }
    }

    /// Accounts the time between two moments as watched.
    pub(super) fn mark_connected(&mut self, from: u64, to: u64) {
        let last = to / self.width;
        let first = (from / self.width).max(last.saturating_sub(self.limit as u64));
        for slot in first..=last {
            let begin = slot * self.width;
            let end = begin.saturating_add(self.width);
            let cell = self.reach(begin);
            cell.watched = cell.watched.saturating_add(to.min(end).saturating_sub(from.max(begin)));
        }
    }

    /// Takes back the watched time of the cells that lie wholly between two moments and hold nothing.
    pub(super) fn clear_watched(&mut self, from: u64, to: u64) {
        let begin = from.div_ceil(self.width).max(self.first);
        let end = (to / self.width).min(self.first + self.cells.len() as u64);
        for slot in begin..end {
            if let Some(cell) = self.cells.get_mut((slot - self.first) as usize)
                && cell.reading.is_none()
            {
                cell.watched = 0;
            }
        }
    }
}
