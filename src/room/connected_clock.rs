//! Clock that runs only while we are connected: silence of a streak means nothing while nobody can be heard.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;

/// Milliseconds in which we were connected.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ConnectedClock {
    before: u64,
    since: Option<Moment>,
}

impl ConnectedClock {
    /// Whether the clock runs.
    pub(super) fn runs(&self) -> bool {
        self.since.is_some()
    }

    /// Whether it runs or ever did.
    pub(super) fn has_run(&self) -> bool {
        self.runs() || self.before > 0
    }

    /// Starts or stops the clock; says whether that changed anything.
    pub(super) fn run(&mut self, runs: bool, now: Moment) -> bool {
        if runs == self.runs() {
            return false;
        }
        self.before = self.at(now);
        self.since = runs.then_some(now);
        true
    }

    /// What the clock shows.
    pub(super) fn at(&self, now: Moment) -> u64 {
        let running = self.since.map_or(0, |since| now.mono.saturating_sub(since.mono));
        self.before.saturating_add(running)
    }

    /// When it will show `reading`; nothing while it stands.
    pub(super) fn moment_of(&self, reading: u64) -> Option<Moment> {
        Some(self.since? + Duration::from_millis(reading.saturating_sub(self.before)))
    }
}
