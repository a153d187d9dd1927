//! FeedFrame of the feed: one event as text, encoded once for all clients, with how dear it is.

use tokio_tungstenite::tungstenite::Utf8Bytes;

/// What goes first where a client does not keep up, from what may go to what may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FrameClass {
    /// Taps.
    Like,
    /// Somebody came in, how many watch, a step of a streak: the next one says more.
    Passing,
    /// Comments and all else.
    Ordinary,
    /// The end of a streak, a gift that comes once, the end of the live: never dropped.
    Dear,
}

/// One text for a socket, or one event of a stream.
#[derive(Clone, Debug)]
pub(super) struct FeedFrame {
    pub(super) text: Utf8Bytes,
    pub(super) class: FrameClass,
    /// What it is, by its NDJSON type, for the count of what was dropped.
    pub(super) kind: &'static str,
    /// Gift units and coins in it, for the same.
    pub(super) gifts: u64,
    pub(super) coins: u64,
}

impl FeedFrame {
    pub(super) fn new(kind: &'static str, class: FrameClass, text: String) -> Self {
        Self { text: text.into(), class, kind, gifts: 0, coins: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}
