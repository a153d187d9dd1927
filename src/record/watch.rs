//! Watch on a writer: whether it takes what it is fed, and whether its file grows.
//!
//! Only the time counts in which we looked: on a machine that is busy, or that slept, neither we nor ffmpeg ran, and that is
//! nobody's fault. A writer that has the processor or the disk to wait for gets more patience than one that does nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::RecorderLimits;

/// More time than this between two looks counts as this much.
const MAX_STEP: Duration = Duration::from_secs(1);
/// A writer that waits for the processor or the disk gets so many times the patience.
pub(super) const BUSY_FACTOR: u32 = 4;
/// So much media that was taken and not written is more than ffmpeg keeps to itself.
const PENDING_MS: u64 = 3_000;

/// What is wrong with a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriterFault {
    /// It takes nothing, or takes and its file has stopped growing.
    Stuck,
    /// It takes what it is fed and has never written anything.
    Silent,
}

/// What one look at a writer shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WriterLook {
    /// Size of its file.
    pub(super) size: u64,
    /// Bytes it was given.
    pub(super) given: u64,
    /// Media in that, in milliseconds, without the holes.
    pub(super) media_ms: u64,
    /// Bytes of those that it has not taken yet.
    pub(super) waiting: u64,
    /// It waits for the processor or for the disk.
    pub(super) busy: bool,
}

/// Remembers what a writer did last.
#[derive(Debug)]
pub(super) struct WriterWatch {
    looked: Instant,
    size: u64,
    taken: u64,
    media_ms: u64,
    /// Media it had been given when its file last grew.
    grown_ms: u64,
    /// Time in which it took nothing of what was there for it.
    idle: Duration,
    /// Time in which it had taken all, had something to write, and its file did not grow.
    still: Duration,
}

impl WriterWatch {
    pub(super) fn new(now: Instant) -> Self {
        let none = Duration::ZERO;
        Self { looked: now, size: 0, taken: 0, media_ms: 0, grown_ms: 0, idle: none, still: none }
    }

    /// Takes a look at `now`.
    pub(super) fn look(&mut self, look: WriterLook, now: Instant, limits: &RecorderLimits) -> Option<WriterFault> {
        let step = now.duration_since(self.looked).min(MAX_STEP);
        let step = if look.busy { step / BUSY_FACTOR } else { step };
        self.looked = now;
        let taken = look.given.saturating_sub(look.waiting);
        if look.waiting == 0 || taken > self.taken {
            self.idle = Duration::ZERO;
        } else {
            self.idle += step;
        }
        self.taken = self.taken.max(taken);
        // A stream that pauses gives its writer nothing to write; what comes then is still on its way.
        let pending = look.media_ms.saturating_sub(self.grown_ms);
        if look.size > self.size {
            (self.size, self.grown_ms, self.still) = (look.size, look.media_ms, Duration::ZERO);
        } else if look.waiting == 0 && (look.media_ms > self.media_ms || pending >= PENDING_MS) {
            self.still += step;
        }
        self.media_ms = look.media_ms;
        let is_still = self.idle.is_zero() && pending >= PENDING_MS;
        match self.size {
            _ if self.idle >= limits.write => Some(WriterFault::Stuck),
            0 if is_still && self.still >= limits.first_bytes => Some(WriterFault::Silent),
            1.. if is_still && self.still >= limits.write => Some(WriterFault::Stuck),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks twice a second at a writer that is given half a second of media each time; says when a fault is seen.
    fn watched(look: impl Fn(u64) -> WriterLook) -> Option<(WriterFault, u64)> {
        let (began, limits) = (Instant::now(), RecorderLimits::default());
        let mut watch = WriterWatch::new(began);
        (1..200).find_map(|nth| {
            let now = began + Duration::from_millis(nth * 500);
            let usual = look(nth);
            let media_ms = if usual.media_ms > 0 { usual.media_ms } else { nth * 500 };
            let fault = watch.look(WriterLook { given: media_ms * 2, media_ms, ..usual }, now, &limits)?;
            Some((fault, nth * 500))
        })
    }

    #[test]
    fn one_that_takes_and_writes_is_well() {
        assert_eq!(watched(|nth| WriterLook { size: nth * 900, waiting: 400, ..WriterLook::default() }), None);
    }

    #[test]
    fn one_that_stops_taking_is_stuck_within_ten_seconds() {
        let look = |nth: u64| {
            let waiting = nth.saturating_sub(20) * 1_000;
            WriterLook { size: nth.min(20) * 900, waiting, ..WriterLook::default() }
        };
        let (fault, at) = watched(look).unwrap();
        assert_eq!(fault, WriterFault::Stuck);
        assert!((17_500..=20_000).contains(&at), "{at}");
        let busy = watched(|nth| WriterLook { busy: true, ..look(nth) }).unwrap();
        assert!(busy.1 >= 40_000, "one that waits for the machine gets more patience: {busy:?}");
    }

    #[test]
    fn one_that_is_only_slow_is_not_cut_off() {
        // It takes a little each three seconds, and writes a little each six.
        let look = |nth: u64| {
            let taken = 20 + nth.saturating_sub(20) / 6;
            let waiting = (nth - taken.min(nth)) * 1_000;
            WriterLook { size: nth.min(20) * 900 + nth / 12, waiting, ..WriterLook::default() }
        };
        assert_eq!(watched(look), None);
    }

    #[test]
    fn one_that_takes_all_and_stops_writing_is_stuck() {
        let (fault, at) = watched(|nth| WriterLook { size: nth.min(20), ..WriterLook::default() }).unwrap();
        assert_eq!(fault, WriterFault::Stuck);
        assert!((17_500..=20_000).contains(&at), "{at}");
    }

    #[test]
    fn one_that_never_writes_is_known_after_five_seconds() {
        assert_eq!(watched(|_| WriterLook::default()), Some((WriterFault::Silent, 5_000)));
    }

    #[test]
    fn a_stream_that_pauses_and_comes_back_accuses_nobody() {
        // Nothing for eleven seconds again and again, and what comes is written a while later.
        let given = |nth: u64| nth / 30 * 8 + (nth % 30).min(8);
        let look =
            |nth: u64| WriterLook { size: 1 + given(nth - 1), media_ms: given(nth) * 500, ..WriterLook::default() };
        assert_eq!(watched(look), None);
    }

    #[test]
    fn segments_that_come_whole_accuse_nobody() {
        let look = |nth: u64| WriterLook { size: nth / 20, media_ms: 1 + nth / 20 * 10_000, ..WriterLook::default() };
        assert_eq!(watched(look), None);
    }

    #[test]
    fn the_time_in_which_nobody_looked_does_not_count() {
        let (began, limits) = (Instant::now(), RecorderLimits::default());
        let mut watch = WriterWatch::new(began);
        for nth in 1..8 {
            let look =
                WriterLook { size: 1, given: nth * 1_000, media_ms: nth * 60_000, waiting: nth * 1_000, busy: false };
            assert_eq!(watch.look(look, began + Duration::from_secs(nth * 60), &limits), None);
        }
    }
}
