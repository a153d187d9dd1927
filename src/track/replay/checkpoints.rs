//! Checkpoints of a replay: how everything stood at some places, so that a jump back plays on from the nearest one before it
//! instead of from the start.

use super::rooms::{ReplayRooms, RoomsPlace};
use crate::clock::Timestamp;

/// Lines between two checkpoints, at first.
const SPACING: u64 = 10_000;
/// Rows of logs that all checkpoints together may hold: some 50 MB. Beyond it every second one is given up.
const MAX_ROWS: usize = 250_000;
/// Checkpoints at most, however small they are.
const MAX_CHECKPOINTS: usize = 64;

struct Checkpoint {
    at: Timestamp,
    /// Lines before it.
    played: u64,
    place: RoomsPlace,
}

/// The checkpoints of a replay, in order.
pub(super) struct Checkpoints {
    made: Vec<Checkpoint>,
    spacing: u64,
    /// Lines played from the start to where the replay is.
    played: u64,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { made: Vec::new(), spacing: SPACING, played: 0 }
    }
}

impl Checkpoints {
    /// A line was played.
    pub(super) fn add_line(&mut self, rooms: &ReplayRooms) {
        self.played += 1;
        let last = self.made.last().map_or(0, |last| last.played);
        if self.played < last + self.spacing {
            return;
        }
        let Some(place) = rooms.place() else { return };
        self.made.push(Checkpoint { at: rooms.now(), played: self.played, place });
        let rows: usize = self.made.iter().map(|checkpoint| checkpoint.place.rows()).sum();
        if self.made.len() > 1 && (rows > MAX_ROWS || self.made.len() > MAX_CHECKPOINTS) {
            let mut nth = 0_usize;
            self.made.retain(|_| {
                nth += 1;
                nth.is_multiple_of(2)
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
    }

    /// The last place before a time, and the lines that lead to it count as played; nothing where only the start lies before it.
    pub(super) fn go_before(&mut self, to: Timestamp) -> Option<(Timestamp, RoomsPlace)> {
        let found = self.made.iter().rev().find(|checkpoint| checkpoint.at < to);
        self.played = found.map_or(0, |checkpoint| checkpoint.played);
        found.map(|checkpoint| (checkpoint.at, checkpoint.place.clone()))
    }
}
