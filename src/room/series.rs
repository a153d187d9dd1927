//! A number over time, in buckets, with gaps that stay gaps.

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Series {}

impl Series {
    /// The last `count` buckets of `seconds` each (10 or a multiple) that end at `now`, oldest first; the last one is the
    /// bucket still filling.
    pub fn window(&self, now: crate::clock::Moment, seconds: u64, count: usize) -> Vec<Bucket> {
        let _ = (now, seconds);
        vec![Bucket::Empty; count]
    }

    /// Sum over the last minute, scaled from what was watched of it; nothing while we know too little.
    pub fn per_minute(&self, now: crate::clock::Moment) -> Option<u64> {
        let _ = now;
        None
    }
}
