//! Messages to the screen and effects it wants: the whole traffic of `update`, as data.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::live_search::{ServiceAnswer, ServiceQuestion};
use super::timeline::ReplayTimeline;
use crate::config::NotifyWay;
use crate::history::{HistoryAnswer, HistoryQuestion};
use crate::room::AwayReport;
use crate::text::Text;
use crate::{record, track};

/// What the screen hears.
#[derive(Clone, Debug)]
pub(super) enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted: as foreign as a comment, and never keys.
    Paste(String),
    /// A click or the wheel.
    Mouse(MouseEvent),
    /// The terminal's window was entered or left: a hint, not every terminal says it.
    Focus(bool),
    /// The terminal changed its size.
    Resize,
    /// News of a room.
    Tracked(track::TrackerUpdate),
    /// The service answers what was asked of it beside the rooms.
    Service(ServiceAnswer),
    /// News of a recording.
    Recorded(record::RecorderUpdate),
    /// A replay stands somewhere else.
    Playback(track::PlaybackStatus),
    /// More is known of what happens in a replay.
    Timeline(Arc<ReplayTimeline>),
    /// The history tells something.
    Remembered(Box<HistoryAnswer>),
    /// What stands beside the rooms, as labels and words.
    Facts(Vec<(Text, Text)>),
    /// What happened before somebody came to a service.
    Away(Box<AwayReport>),
    /// Something went wrong behind the screen.
    Warned(Text),
    /// Time passed that somebody can see.
    Tick,
}

/// What the screen wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Tell the tracker.
    Track(track::TrackerCommand),
    /// Tell the replay.
    Playback(track::PlaybackCommand),
    /// Ask the service something beside the rooms.
    AskService(ServiceQuestion),
    /// Tell the recorder.
    Record(record::RecorderCommand),
    /// Ask the history.
    Ask(HistoryQuestion),
    /// Take the mouse, or give it back to the terminal.
    CaptureMouse(bool),
    /// Hand text to the terminal's clipboard.
    Copy(String),
    /// Tell of something though nobody may be looking.
    Notify(NotifyWay, String),
    /// Write every cell anew.
    Redraw,
    /// Give the terminal to the shell until it is brought back.
    Suspend,
    /// Open a file in the person's editor.
    Edit(PathBuf),
    /// Leave for the demo.
    Demo,
    /// Leave.
    Quit,
}

/// What a message led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UpdateOutcome {
    /// Something visible may have changed.
    pub(super) dirty: bool,
    /// What is to be done, in order.
    pub(super) effects: Vec<Effect>,
}

impl UpdateOutcome {
    /// Nothing happened.
    pub(super) const UNCHANGED: Self = Self { dirty: false, effects: Vec::new() };

    /// The screen changed, nothing else.
    pub(super) fn dirty() -> Self {
        Self { dirty: true, effects: Vec::new() }
    }
}

impl From<Effect> for UpdateOutcome {
    fn from(effect: Effect) -> Self {
        Self { dirty: true, effects: vec![effect] }
    }
}
