//! Span of time that all graphs of a room show, so that they can be read against each other: the live so far, half an hour or
//! five minutes.

use std::time::Duration;

use crate::clock::Moment;
use crate::room::{Bucket, Room, Series};

/// Lengths of the buckets that are drawn from, in seconds, and how many of them a room keeps.
const BUCKETS: [(u64, usize); 2] = [(10, 720), (60, 1_440)];
/// A graph of less than this would be read as a trend that is none.
const LEAST_SECONDS: u64 = 20;
/// What is told by the minute is summed over one, and over half of one at least where less was watched.
const MINUTE_SECONDS: u64 = 60;
const LEAST_SUMMED_SECONDS: u64 = 30;
/// After so much silence the graphs stand still.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

/// How much of the past the graphs show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) enum GraphWindow {
    /// All that was watched of this live.
    #[default]
    Live,
    /// The last half hour.
    HalfHour,
    /// The last five minutes.
    FiveMinutes,
}

impl GraphWindow {
    /// A shorter one.
    pub(in crate::tui) fn nearer(self) -> Self {
        match self {
            Self::Live => Self::HalfHour,
            Self::HalfHour | Self::FiveMinutes => Self::FiveMinutes,
        }
    }

    /// A longer one.
    pub(in crate::tui) fn wider(self) -> Self {
        match self {
            Self::FiveMinutes => Self::HalfHour,
            Self::HalfHour | Self::Live => Self::Live,
        }
    }

    /// What it is called.
    pub(in crate::tui) fn name(self) -> &'static str {
        match self {
            Self::Live => "the live so far",
            Self::HalfHour => "the last 30 minutes",
            Self::FiveMinutes => "the last 5 minutes",
        }
    }

    fn seconds(self) -> Option<u64> {
        match self {
            Self::Live => None,
            Self::HalfHour => Some(1_800),
            Self::FiveMinutes => Some(300),
        }
    }
}

/// The span that is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Where it ends.
    pub(super) until: Moment,
    /// Seconds a bucket stands for, and how many there are.
    pub(super) step: u64,
    pub(super) buckets: usize,
}

impl Span {
    /// The span of a room: since we first saw it, a day at most, or the last minutes.
    pub(super) fn of(room: &Room, window: GraphWindow, now: Moment) -> Self {
        let until = match room.messages.last() {
            // A picture of silence need not move.
            Some(heard) if now.since(heard) >= SILENCE => heard + SILENCE,
            _ => now,
        };
        let mut span = Self { until, step: 0, buckets: 0 };
        for (step, kept) in BUCKETS {
            let seen = room.messages.window(until, step, kept).into_iter().skip_while(|bucket| *bucket == Bucket::Gap);
            span = Self { until, step, buckets: seen.count().max((LEAST_SECONDS / step) as usize) };
            if span.buckets < kept {
                break;
            }
        }
        match window.seconds() {
            Some(seconds) if seconds < span.seconds() => {
                let (step, _) = BUCKETS[0];
                Self { until, step, buckets: (seconds / step) as usize }
            }
            _ => span,
        }
    }

    pub(super) fn seconds(&self) -> u64 {
        self.step * self.buckets as u64
    }

    /// A level: the most of each bucket, held while nothing new is said.
    pub(super) fn level(&self, series: &Series) -> Vec<Option<u64>> {
        let mut known = None;
        let buckets = series.window(self.until, self.step, self.buckets);
        buckets
            .into_iter()
            .map(|bucket| match bucket {
                Bucket::Value { last, max, .. } => {
                    known = Some(last);
                    Some(max)
                }
                Bucket::Gap => {
                    known = None;
                    None
                }
                Bucket::Empty => known,
            })
            .collect()
    }

    /// What is counted: at each place the sum of the minute before it, so that one gift of 30 000 is 30 000 a minute whatever the
    /// length of a bucket. The bucket that is still filling would look like a fall.
    pub(super) fn rate(&self, series: &Series) -> Vec<Option<u64>> {
        let step = self.step.max(1);
        let (minute, least) = ((MINUTE_SECONDS / step).max(1) as usize, (LEAST_SUMMED_SECONDS / step).max(1));
        let buckets = series.window(self.until, self.step, self.buckets + minute - 1);
        let sums: Vec<Option<u64>> = buckets
            .into_iter()
            .map(|bucket| match bucket {
                Bucket::Value { sum, .. } => Some(sum),
                Bucket::Empty => Some(0),
                Bucket::Gap => None,
            })
            .collect();
        let rate = |minute: &[Option<u64>]| {
            (*minute.last()?)?;
            let watched = minute.iter().rev().map_while(|sum| *sum);
            let (sum, count) = watched.fold((0u64, 0u64), |(sum, count), own| (sum.saturating_add(own), count + 1));
            Some(sum.saturating_mul(MINUTE_SECONDS / step) / count.max(least))
        };
        let mut rates: Vec<_> = sums.windows(minute).map(rate).collect();
        if let [.., before, filling] = rates.as_mut_slice()
            && filling.is_some()
            && before.is_some()
        {
            *filling = *before;
        }
        rates
    }

    /// The bucket in which a moment lies; nothing before the span.
    pub(super) fn bucket_of(&self, at: Moment) -> Option<usize> {
        let step = self.step.max(1).saturating_mul(1_000);
        let last = self.until.mono / step;
        let back = usize::try_from(last.saturating_sub(at.mono / step)).ok()?;
        self.buckets.checked_sub(back + 1)
    }

    /// When a bucket begins.
    pub(super) fn time_of(&self, bucket: usize) -> Moment {
        let step = self.step.max(1).saturating_mul(1_000);
        let back = self.buckets.saturating_sub(bucket + 1) as u64;
        let begin = (self.until.mono / step).saturating_sub(back).saturating_mul(step);
        self.until - Duration::from_millis(self.until.mono.saturating_sub(begin))
    }
}
