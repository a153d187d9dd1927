//! Progress of a recording: how fast its file grows.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The rate is a mean over this time.
const WINDOW: Duration = Duration::from_secs(5);

/// Watches a file grow.
#[derive(Debug, Default)]
pub(super) struct Meter {
    seen: VecDeque<(Instant, u64)>,
}

impl Meter {
    /// Takes the size at `now`; gives the bytes a second.
    pub(super) fn rate(&mut self, now: Instant, bytes: u64) -> u64 {
        self.seen.push_back((now, bytes));
        // One sample older than the window stays, so that the window is always covered.
        while self.seen.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.seen.pop_front();
        }
        let (since, from) = self.seen.front().copied().unwrap_or((now, bytes));
        let millis = now.duration_since(since).as_millis().max(1);
        let rate = u128::from(bytes.saturating_sub(from)) * 1_000 / millis;
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_a_mean_over_the_last_seconds() {
        let (mut meter, start) = (Meter::default(), Instant::now());
        let mut rate = |seconds, bytes| meter.rate(start + Duration::from_secs(seconds), bytes);
        assert_eq!(rate(0, 0), 0);
        assert_eq!(rate(1, 1_000), 1_000);
        assert_eq!(rate(2, 4_000), 2_000);
        assert_eq!(rate(7, 4_000), 0);
        assert_eq!(rate(8, 4_000), 0);
    }
}
