//! Count of the bytes that the terminal was sent, for those whose line is slow.

use std::time::Duration;

use crate::clock::Moment;

/// The rate is that of so long.
const WINDOW: Duration = Duration::from_secs(10);

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SentBytes {
    total: u64,
    frames: u64,
    /// Since when the current window counts, and how much.
    since: Moment,
    now: u64,
    /// Bytes a second in the window before.
    rate: u64,
}

impl SentBytes {
    /// A frame of so many bytes was drawn.
    pub(super) fn add(&mut self, bytes: u64, at: Moment) {
        let age = at.since(self.since);
        if age >= WINDOW {
            self.rate = self.now.saturating_mul(1_000) / u64::try_from(age.as_millis()).unwrap_or(u64::MAX).max(1);
            (self.since, self.now) = (at, 0);
        }
        self.now += bytes;
        self.total += bytes;
        self.frames += u64::from(bytes > 0);
    }

    /// Bytes so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Frames that had anything to write.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Bytes a second of late.
    pub(super) fn rate(&self) -> u64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_summed_and_their_rate_is_that_of_the_last_seconds() {
        let mut sent = SentBytes::default();
        let at = |seconds: u64| Moment { mono: seconds * 1_000, ..Moment::default() };
        (0..20).for_each(|second| sent.add(500, at(second)));
        assert_eq!((sent.total(), sent.frames()), (10_000, 20));
        assert!((450..=550).contains(&sent.rate()), "{}", sent.rate());
    }
}
