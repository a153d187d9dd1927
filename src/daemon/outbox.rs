//! Outbox of somebody who attached: frames that wait to be written, bounded by bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// Bytes that may wait. One frame more may: the largest is a room's whole state.
const MAX_BYTES: usize = 512 << 10;
/// So few bytes are waiting again that what is owed may come.
const LOW_BYTES: usize = MAX_BYTES / 4;

/// Frames that wait; clones are the two ends of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Bytes>,
    bytes: usize,
    closed: bool,
}

impl Outbox {
    /// Puts a frame in; false where it is full.
    pub(super) fn offer(&self, frame: &Bytes) -> bool {
        let mut waiting = self.lock();
        if waiting.bytes >= MAX_BYTES || waiting.closed {
            return false;
        }
        waiting.bytes += frame.len();
        waiting.frames.push_back(frame.clone());
        drop(waiting);
        self.0.filled.notify_one();
        true
    }

    /// Whether there is room.
    pub(super) fn has_room(&self) -> bool {
        let waiting = self.lock();
        waiting.bytes < MAX_BYTES && !waiting.closed
    }

    /// Whether so little is waiting that what is owed may come.
    pub(super) fn is_low(&self) -> bool {
        self.lock().bytes <= LOW_BYTES
    }

    /// Nothing more is put in; what is inside is still written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.0.filled.notify_one();
    }

    /// All frames that wait, once there are any; nothing once it is closed and empty.
    pub(super) async fn frames(&self) -> Option<Vec<Bytes>> {
        loop {
            {
                let mut waiting = self.lock();
                if !waiting.frames.is_empty() {
                    waiting.bytes = 0;
                    return Some(std::mem::take(&mut waiting.frames).into());
                }
                if waiting.closed {
                    return None;
                }
            }
            self.0.filled.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_bounded_by_bytes_and_takes_any_frame_when_empty() {
        let outbox = Outbox::default();
        assert!(outbox.offer(&Bytes::from(vec![0; 3 * MAX_BYTES])));
        assert!(!outbox.offer(&Bytes::from_static(b"x")) && !outbox.is_low());
        assert_eq!(outbox.frames().await.map(|frames| frames.len()), Some(1));
        assert!(outbox.is_low() && outbox.offer(&Bytes::from_static(b"x")));
        outbox.close();
        assert!(!outbox.offer(&Bytes::from_static(b"y")));
        assert_eq!(outbox.frames().await.map(|frames| frames.len()), Some(1));
        assert_eq!(outbox.frames().await, None);
    }
}
