//! Totals of one live. What we saw and what the service reported are different fields.

use serde::{Deserialize, Serialize};

use super::ledger::Tally;
use crate::clock::Moment;

/// Totals since the live began or we came in, whichever is later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Stats {
    /// Watching now, reported; with when it was said.
    pub watching: Option<(u64, Moment)>,
    /// Highest `watching` reported while we watched.
    pub peak: u64,
    /// Different viewers so far, reported.
    pub total_viewers: Option<u64>,
    /// The room's like total, reported: the highest number seen; nothing while none was told.
    pub likes: Option<u64>,
    /// Likes of the messages that reached us.
    pub likes_seen: u64,
    /// Followers of the host, reported.
    pub followers: Option<u64>,
    /// Comments seen, stickers included.
    pub comments: u64,
    /// Joins seen.
    pub joins: u64,
    /// Follows seen.
    pub follows: u64,
    /// Shares seen.
    pub shares: u64,
    /// Subscriptions seen.
    pub subscribes: u64,
    /// Gift units, each counted once.
    pub gifts: u64,
    /// Coins of those whose price is known.
    pub coins: u64,
    /// Units whose price is unknown: when above 0, `coins` is a lower bound.
    pub unpriced: u64,
    /// Messages with a reading.
    pub messages: u64,
    /// Messages that came again.
    pub duplicates: u64,
    /// Messages of another live.
    pub foreign: u64,
    /// Messages of a kind we have no reading for.
    pub unknown: u64,
    /// Messages that could not be read.
    pub unreadable: u64,
    /// Milliseconds in which we saw nothing.
    pub gap_ms: u64,
    /// How many gaps.
    pub gaps: u64,
}

impl Stats {
    /// Takes in a number of people watching now.
    pub(super) fn set_watching(&mut self, watching: u64, at: Moment) {
        self.watching = Some((watching, at));
        self.peak = self.peak.max(watching);
    }

    /// Takes in a like total; two counters alternate on the wire, so only the highest is believed (docs/protocol.md#likes).
    pub(super) fn raise_likes(&mut self, total: u64) {
        self.likes = self.likes.max(Some(total));
    }

    /// Adds what a gift added.
    pub(super) fn add_gift(&mut self, tally: &Tally) {
        self.gifts = self.gifts.saturating_add(tally.added);
        match tally.diamonds {
            Some(coins) => self.coins = self.coins.saturating_add(coins),
            None => self.unpriced = self.unpriced.saturating_add(tally.added),
        }
    }

    /// The totals a new live begins with: zero, but the host keeps their followers.
    pub(super) fn of_next_live(&self) -> Self {
        Self { followers: self.followers, ..Self::default() }
    }
}
