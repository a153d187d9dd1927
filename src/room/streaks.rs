//! Gift streaks as the gifts pane shows them: running ones first, then the last finished ones.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::events::{GiftFacts, GiftTo, Viewer};

/// A gift run, or a single gift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// Highest count seen.
    pub count: u64,
    /// Units of it that were added to our totals (less than `count` when we met it in its middle).
    pub added: u64,
    /// The streak's id; 0 when none.
    pub group: u64,
    /// First and last message.
    pub opened: Moment,
    /// When it last grew.
    pub last: Moment,
    /// When it was closed; nothing while it runs.
    pub closed: Option<Moment>,
}

impl Streak {
    /// Coins of the units we added; nothing when the price is unknown.
    pub fn diamonds(&self) -> Option<u64> {
        self.gift.diamonds.map(|price| price.saturating_mul(self.added))
    }
}

/// Running and finished streaks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Streaks {
    running: Vec<Streak>,
    finished: VecDeque<Streak>,
}

impl Streaks {
    /// Running ones, the one that grew last first.
    pub fn running(&self) -> impl Iterator<Item = &Streak> {
        self.running.iter()
    }

    /// Finished ones and single gifts, newest first; at most 200.
    pub fn finished(&self) -> impl Iterator<Item = &Streak> {
        self.finished.iter()
    }
}
