//! Limiter of new connections: how fast rooms may connect, all of them together, and how often a room that cannot connect is
//! looked in on.
//!
//! A hundred rooms that drop together come back one by one over a minute; TikTok and the providers see a person with many
//! rooms and not a storm. A few connect at once, so that nobody with a handful of rooms waits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two turns, on average.
const EVERY: Duration = Duration::from_millis(500);
/// Turns that may be taken at once after a quiet time.
const AT_ONCE: u32 = 5;
/// Longest time between two looks at a live that no transport opens.
const RECHECK: Duration = Duration::from_secs(60);

/// Who gives out turns. Clones give out the same ones.
#[derive(Clone, Debug)]
pub struct ConnectLimiter {
    every: Duration,
    at_once: u32,
    recheck: Duration,
    /// When the next turn falls due; behind the clock after a quiet time.
    due: Arc<Mutex<Option<Instant>>>,
}

impl Default for ConnectLimiter {
    fn default() -> Self {
        Self::new(EVERY, AT_ONCE)
    }
}

impl ConnectLimiter {
    /// A turn `every` so often on average, and `at_once` of them together after a quiet time.
    pub fn new(every: Duration, at_once: u32) -> Self {
        Self { every, at_once, recheck: RECHECK, due: Arc::default() }
    }

    /// The same, looking in on lives that no transport opens at least so often (a minute, unless told).
    pub fn rechecking_every(self, every: Duration) -> Self {
        Self { recheck: every, ..self }
    }

    pub(super) fn recheck(&self) -> Duration {
        self.recheck
    }

    /// Reserves the next turn; how long to wait for it.
    pub(super) fn next_turn(&self) -> Duration {
        let now = Instant::now();
        let credit = self.every.saturating_mul(self.at_once.saturating_sub(1));
        let earliest = now.checked_sub(credit).unwrap_or(now);
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = due.map_or(earliest, |due| due.max(earliest));
        // Half of it is chance: nobody can tell our rooms by their rhythm.
        *due = Some(turn + self.every.mul_f64(0.5 + fastrand::f64()));
        turn.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_handful_connects_at_once_and_a_hundred_over_a_minute() {
        // Time before the first moment of a paused clock cannot be told.
        tokio::time::advance(Duration::from_secs(60)).await;
        let limiter = ConnectLimiter::default();
        let waits: Vec<_> = (0..100).map(|_| limiter.clone().next_turn()).collect();
        assert!(waits[..3].iter().all(Duration::is_zero), "{waits:?}");
        assert!(waits.is_sorted());
        let last = waits[99];
        assert!((Duration::from_secs(30)..Duration::from_secs(75)).contains(&last), "{last:?}");
        tokio::time::advance(Duration::from_secs(120)).await;
        assert_eq!(limiter.next_turn(), Duration::ZERO);
    }
}
