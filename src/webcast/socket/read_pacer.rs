//! Pacer of the reads of a busy socket: frames that come in quick succession are read together.
//!
//! At forty frames a second the wake-up for each costs more than what is in it: the caches are cold again each time. Where frames keep
//! coming closer together than the pause, the socket is left alone for that long after each read, and what came meanwhile is
//! read in one go. A quiet room, or one that sends more than the kernel should hold for us, is read as it comes.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Reads in quick succession that come before the first pause: an entry with its bursts and a short answer are no stream.
const QUICK_READS: u32 = 16;
/// Bytes of a read after which there is no pause: more than that in one pause could fill the kernel's buffer.
const MANY_BYTES: usize = 32 << 10;

/// When the socket is to be read again.
pub(super) struct ReadPacer {
    /// Longest time that something may lie unread; zero reads at once, always.
    pause: Duration,
    alarm: Pin<Box<Sleep>>,
    pausing: bool,
    /// When the socket was empty last.
    emptied: Instant,
    /// Reads that followed the one before within the pause.
    quick_reads: u32,
    frames: usize,
    bytes: usize,
}

impl ReadPacer {
    pub(super) fn new(pause: Duration) -> Self {
        let now = Instant::now();
        Self {
            pause,
            alarm: Box::pin(sleep_until(now)),
            pausing: false,
            emptied: now,
            quick_reads: 0,
            frames: 0,
            bytes: 0,
        }
    }

    /// Whether the socket is to be left alone now. Wakes the task when the pause is over.
    pub(super) fn poll_pausing(&mut self, context: &mut Context<'_>) -> bool {
        self.pausing = self.pausing && self.alarm.as_mut().poll(context).is_pending();
        self.pausing
    }

    /// A frame was read.
    pub(super) fn frame(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes;
    }

    /// Nothing more is there to be read: the frames since the last time were one read.
    pub(super) fn emptied(&mut self) {
        let (frames, bytes) = (std::mem::take(&mut self.frames), std::mem::take(&mut self.bytes));
        if self.pause.is_zero() || frames == 0 {
            return;
        }
        let now = Instant::now();
        let since = now - std::mem::replace(&mut self.emptied, now);
        // After a pause a read is quick by nature: two frames in it are what shows that they still come quickly.
        let paused = self.quick_reads >= QUICK_READS;
        let quick = since < self.pause || (paused && frames > 1);
        self.quick_reads = if quick && bytes < MANY_BYTES { self.quick_reads + 1 } else { 0 };
        if self.quick_reads >= QUICK_READS {
            self.alarm.as_mut().reset(now + self.pause);
            self.pausing = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    const PAUSE: Duration = Duration::from_millis(50);

    /// Reads a socket into which a frame of so many bytes comes every `every`, for `length`; the reads and the longest wait of a frame.
    async fn reads(pause: Duration, every: Duration, bytes: usize, length: Duration) -> (usize, Duration) {
        let mut pacer = ReadPacer::new(pause);
        let start = Instant::now();
        let (mut read, mut reads, mut longest) = (0, 0, Duration::ZERO);
        while start.elapsed() < length {
            // The next frame comes, and wakes whoever waits for it.
            tokio::time::sleep_until(start + every * (read + 1)).await;
            poll_fn(|context| if pacer.poll_pausing(context) { Poll::Pending } else { Poll::Ready(()) }).await;
            let there = (start.elapsed().as_micros() / every.as_micros()) as u32;
            longest = longest.max(start.elapsed().saturating_sub(every * (read + 1)));
            for _ in read..there {
                pacer.frame(bytes);
            }
            read = there;
            reads += 1;
            pacer.emptied();
        }
        (reads, longest)
    }

    #[tokio::test(start_paused = true)]
    async fn quick_frames_are_read_together_and_none_waits_longer_than_the_pause() {
        let (count, longest) = reads(PAUSE, Duration::from_millis(22), 3_000, Duration::from_secs(11)).await;
        assert!(count < 260, "{count} reads of 500 frames");
        assert!(longest <= PAUSE, "{longest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn quiet_rooms_and_very_busy_ones_are_read_as_it_comes() {
        for (every, bytes) in [(60, 3_000), (1, 40_000)] {
            let every = Duration::from_millis(every);
            let (count, longest) = reads(PAUSE, every, bytes, every * 200).await;
            assert_eq!((count, longest), (200, Duration::ZERO));
        }
        let (count, _) = reads(Duration::ZERO, Duration::from_millis(5), 100, Duration::from_secs(1)).await;
        assert_eq!(count, 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_that_falls_quiet_is_read_at_once_again() {
        let mut pacer = ReadPacer::new(PAUSE);
        for _ in 0..=QUICK_READS {
            tokio::time::sleep(Duration::from_millis(1)).await;
            pacer.frame(10);
            pacer.emptied();
        }
        assert!(poll_fn(|context| Poll::Ready(pacer.poll_pausing(context))).await);
        tokio::time::sleep(PAUSE * 2).await;
        assert!(!poll_fn(|context| Poll::Ready(pacer.poll_pausing(context))).await);
        pacer.frame(10);
        pacer.emptied();
        assert!(
            !poll_fn(|context| Poll::Ready(pacer.poll_pausing(context))).await,
            "one frame in two pauses is no stream"
        );
    }
}
