//! Log of what befell the rooms, in full sentences: states, gaps, recordings, warnings. The same lines go into the log file.

use std::collections::VecDeque;

use super::number;
use super::panes::phase;
use crate::clock::Moment;
use crate::events::{OwnEvent, RoomEvent};

/// Lines kept.
const MOST: usize = 2_000;

/// The lines, newest last.
#[derive(Clone, Debug, Default)]
pub(super) struct EventLog {
    lines: VecDeque<EventLogLine>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventLogLine {
    /// When it happened.
    pub(super) at: Moment,
    /// In words; cleaned, like all that is shown.
    pub(super) words: String,
}

impl EventLog {
    /// Adds a line, and tells the log file.
    pub(super) fn add(&mut self, at: Moment, words: String) {
        tracing::info!("{words}");
        if self.lines.len() >= MOST {
            self.lines.pop_front();
        }
        self.lines.push_back(EventLogLine { at, words });
    }

    /// The lines, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &EventLogLine> {
        self.lines.iter().rev()
    }
}

/// What an event says about the way to a room, where it says anything.
pub fn words_of(room: &str, event: &RoomEvent) -> Option<String> {
    match event.kind.as_own()? {
        OwnEvent::State(state) => {
            let mut words = format!("{room}: {}", phase::phase_name(state.kind));
            if let Some(transport) = &state.transport {
                words = format!("{words} through {transport}");
            }
            if !state.reason.is_empty() {
                words = format!("{words}: {}", state.reason);
            }
            Some(words)
        }
        OwnEvent::Gap(gap) => {
            let why = if gap.reason.is_empty() { String::new() } else { format!(": {}", gap.reason) };
            Some(format!("{room}: missed {}{why}", number::duration(gap.length)))
        }
        OwnEvent::Live(live) if live.live_seq > 1 => {
            Some(format!("{room}: another live is on, number {} since we watch", live.live_seq))
        }
        OwnEvent::Live(_) => Some(format!("{room}: a live is on")),
        OwnEvent::Info(_) | OwnEvent::StreakClosed(_) => None,
    }
}
