//! Queue of one client of the feed: bounded, and what is dear stays in it longest.
//!
//! Nobody waits for a client. Where one does not keep up, its likes go first, then what the next frame says better, then the
//! older half of the rest; ends of streaks stay. A client that leaves even those unread for too long is let go.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::frame::{FeedFrame, FrameClass};

/// Frames that may wait for a client.
const MAX_FRAMES: usize = 2_048;
/// Ends of streaks that may wait for a client that takes nothing: the gifts of hours.
const MAX_DEAR: usize = 4_096;
/// Bytes that may wait for a client.
const MAX_BYTES: usize = 4 << 20;

/// What a client did not get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// Frames by kind.
    pub(super) kinds: BTreeMap<String, u64>,
    pub(super) gifts: u64,
    pub(super) coins: u64,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<FeedFrame>,
    bytes: usize,
    dropped: Dropped,
    /// How many were dropped over all.
    losses: u64,
    overrun: bool,
}

/// Frames on their way to one client.
#[derive(Debug, Default)]
pub(super) struct ClientQueue {
    waiting: Mutex<Waiting>,
    news: Notify,
    let_go: Notify,
}

/// What a client is given next.
#[derive(Debug)]
pub(super) struct QueuedFrames {
    pub(super) frames: Vec<FeedFrame>,
    /// What was dropped before them.
    pub(super) dropped: Option<Dropped>,
}

impl ClientQueue {
    /// Adds frames; what finds no place is dropped by rank. How many were dropped.
    pub(super) fn push(&self, frames: &[FeedFrame]) -> u64 {
        let mut waiting = self.lock();
        let before = waiting.losses;
        for frame in frames {
            waiting.push(frame);
        }
        let dropped = waiting.losses - before;
        let overrun = waiting.overrun;
        drop(waiting);
        // Each has a waiter of its own: one that took the other's word would leave it waiting.
        self.news.notify_one();
        if overrun {
            self.let_go.notify_one();
        }
        dropped
    }

    /// At most so many frames, oldest first.
    pub(super) fn drain(&self, most: usize) -> QueuedFrames {
        let mut waiting = self.lock();
        let count = most.min(waiting.frames.len());
        let frames: Vec<_> = waiting.frames.drain(..count).collect();
        waiting.bytes -= frames.iter().map(FeedFrame::len).sum::<usize>();
        let dropped = (waiting.dropped != Dropped::default()).then(|| std::mem::take(&mut waiting.dropped));
        QueuedFrames { frames, dropped }
    }

    /// Returns when there is something to take, or the client is let go.
    pub(super) async fn ready(&self) {
        loop {
            let news = self.news.notified();
            {
                let waiting = self.lock();
                if !waiting.frames.is_empty() || waiting.overrun {
                    return;
                }
            }
            news.await;
        }
    }

    /// Returns when the client has left so much unread that it is let go.
    pub(super) async fn overrun(&self) {
        loop {
            let let_go = self.let_go.notified();
            if self.is_overrun() {
                return;
            }
            let_go.await;
        }
    }

    /// Whether the client is let go.
    pub(super) fn is_overrun(&self) -> bool {
        self.lock().overrun
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().frames.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, frame: &FeedFrame) {
        if self.overrun {
            return;
        }
        if self.is_full(frame.len()) && frame.class < FrameClass::Dear {
            self.shed();
            if self.is_full(frame.len()) {
                return self.count_loss(frame);
            }
        } else if self.bytes + frame.len() > MAX_BYTES || self.frames.len() >= MAX_FRAMES + MAX_DEAR {
            self.shed();
            if self.bytes + frame.len() > MAX_BYTES || self.frames.len() >= MAX_DEAR {
                self.overrun = true;
                self.frames.clear();
                self.bytes = 0;
                return;
            }
        }
        self.bytes += frame.len();
        self.frames.push_back(frame.clone());
    }

    fn is_full(&self, more: usize) -> bool {
        self.frames.len() >= MAX_FRAMES || self.bytes + more > MAX_BYTES
    }

    /// Makes room in one go, so that a client that takes nothing costs little: the cheapest kinds first, until a quarter is
    /// free; of the ordinary ones the older half.
    fn shed(&mut self) {
        for class in [FrameClass::Like, FrameClass::Passing, FrameClass::Ordinary] {
            let of_class = self.frames.iter().filter(|frame| frame.class == class).count();
            let mut left = if class == FrameClass::Ordinary { of_class.div_ceil(2) } else { of_class };
            let frames = std::mem::take(&mut self.frames);
            for frame in frames {
                if left > 0 && frame.class == class {
                    left -= 1;
                    self.bytes -= frame.len();
                    self.count_loss(&frame);
                } else {
                    self.frames.push_back(frame);
                }
            }
            if self.frames.len() < MAX_FRAMES / 4 * 3 && self.bytes < MAX_BYTES / 4 * 3 {
                return;
            }
        }
    }

    fn count_loss(&mut self, frame: &FeedFrame) {
        self.losses += 1;
        *self.dropped.kinds.entry(frame.kind.to_owned()).or_default() += 1;
        self.dropped.gifts = self.dropped.gifts.saturating_add(frame.gifts);
        self.dropped.coins = self.dropped.coins.saturating_add(frame.coins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: &'static str, class: FrameClass) -> FeedFrame {
        FeedFrame::new(kind, class, &format!("{{\"event\":\"{kind}\"}}"))
    }

    fn kinds(queue: &ClientQueue) -> Vec<&'static str> {
        queue.drain(usize::MAX).frames.iter().map(|frame| frame.kind).collect()
    }

    #[test]
    fn likes_go_first_and_ends_of_streaks_never() {
        let queue = ClientQueue::default();
        queue.push(&[frame("gift", FrameClass::Dear), frame("chat", FrameClass::Ordinary)]);
        for _ in 0..MAX_FRAMES * 3 {
            queue.push(&[frame("like", FrameClass::Like)]);
        }
        queue.push(&[frame("gift", FrameClass::Dear)]);
        let batch = queue.drain(usize::MAX);
        assert!(batch.frames.len() <= MAX_FRAMES + 1);
        assert_eq!(batch.frames[..2].iter().map(|frame| frame.kind).collect::<Vec<_>>(), ["gift", "chat"]);
        assert_eq!(batch.frames.last().unwrap().kind, "gift");
        let dropped = batch.dropped.unwrap();
        assert_eq!(dropped.kinds["like"] as usize + batch.frames.len(), MAX_FRAMES * 3 + 3);
        assert!(queue.drain(1).dropped.is_none(), "told once");
    }

    #[test]
    fn a_flood_of_comments_leaves_the_newest_and_every_end() {
        let queue = ClientQueue::default();
        for _ in 0..500 {
            queue.push(&[frame("gift", FrameClass::Dear)]);
            queue.push(&vec![frame("chat", FrameClass::Ordinary); 100]);
        }
        queue.push(&[frame("newest", FrameClass::Ordinary)]);
        let kinds = kinds(&queue);
        assert_eq!(kinds.iter().filter(|kind| **kind == "gift").count(), 500);
        assert_eq!(kinds.last(), Some(&"newest"));
        assert!(kinds.len() <= MAX_FRAMES);
    }

    #[test]
    fn who_leaves_everything_unread_is_let_go_and_holds_nothing() {
        let queue = ClientQueue::default();
        let big = FeedFrame::new("gift", FrameClass::Dear, &"x".repeat(60_000));
        let needed = MAX_BYTES / big.len() + 1;
        (0..needed).for_each(|_| _ = queue.push(std::slice::from_ref(&big)));
        assert!(queue.is_overrun());
        assert!(queue.drain(usize::MAX).frames.is_empty());
    }

    #[tokio::test]
    async fn a_queue_is_ready_when_something_came() {
        let queue = std::sync::Arc::new(ClientQueue::default());
        let waiter = tokio::spawn({
            let queue = queue.clone();
            async move { queue.ready().await }
        });
        tokio::task::yield_now().await;
        queue.push(&[frame("chat", FrameClass::Ordinary)]);
        waiter.await.unwrap();
        assert_eq!(kinds(&queue), ["chat"]);
    }
}
