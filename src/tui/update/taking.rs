//! Handler of what a person wants of recordings: which stream, a marker, a clip, a copy.

use std::path::PathBuf;
use std::time::Duration;

use super::rules;
use crate::clock::Timestamp;
use crate::history::HistoryQuestion;
use crate::record::{Quality, RecorderCommand};
use crate::text::Text;
use crate::tui::app::{App, Popup};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::picker::{Picker, PickerKind};
use crate::tui::tab::Tab;

fn open(app: &mut App, kind: PickerKind, effects: Vec<Effect>) -> UpdateOutcome {
    app.popup = Some(Popup::Pick(Picker::new(kind)));
    UpdateOutcome { dirty: true, effects }
}

fn refuse(app: &mut App, words: &str) -> UpdateOutcome {
    app.notify(words);
    UpdateOutcome::dirty()
}

/// Asks which streams the room on the screen has, and lists them.
pub(super) fn ask_streams(app: &mut App) -> UpdateOutcome {
    let job = app.tab().and_then(|tab| {
        let room = tab.ruled();
        Some(room.job(room.live()?, None))
    });
    let Some(job) = job else { return refuse(app, "no live is known here: there is no stream to choose") };
    app.told_of.streams = None;
    open(app, PickerKind::Streams, vec![Effect::Record(RecorderCommand::ListStreams(job))])
}

/// Records the room on the screen in a quality; what is recorded there is finished first.
pub(super) fn record_stream(app: &mut App, quality: Quality) -> UpdateOutcome {
    let Some(tab) = app.tab_mut() else { return UpdateOutcome::UNCHANGED };
    let stop = tab.is_recording().then(|| Effect::Record(RecorderCommand::Stop(tab.key)));
    let start = rules::begin(tab, Some(quality));
    UpdateOutcome { dirty: true, effects: stop.into_iter().chain(start).collect() }
}

/// Asks which recordings there are, and lists them.
pub(super) fn ask_recordings(app: &mut App) -> UpdateOutcome {
    (app.told_of.takes, app.told_of.takes_at) = (None, None);
    open(app, PickerKind::Recordings, vec![Effect::Record(RecorderCommand::ListTakes)])
}

/// Copies the files of a recording; the list stays open and shows how far that is.
pub(super) fn copy(app: &mut App, picker: Picker, files: Vec<PathBuf>) -> UpdateOutcome {
    app.popup = Some(Popup::Pick(picker));
    let effects = files.into_iter().map(|file| Effect::Record(RecorderCommand::Copy(file))).collect();
    UpdateOutcome { dirty: true, effects }
}

/// Says why a row cannot be chosen; the list stays open.
pub(super) fn refuse_choice(app: &mut App, picker: Picker, words: &str) -> UpdateOutcome {
    app.notify(words);
    app.popup = Some(Popup::Pick(picker));
    UpdateOutcome::dirty()
}

/// Makes a recording whole that was cut off; the list stays open.
pub(super) fn repair(app: &mut App, picker: Picker, info: PathBuf) -> UpdateOutcome {
    app.popup = Some(Popup::Pick(picker));
    Effect::Record(RecorderCommand::Repair(info)).into()
}

/// Asks for the note of a marker.
pub(super) fn ask_note(app: &mut App) -> UpdateOutcome {
    if app.replay && !app.remembered.is_kept {
        return refuse(
            app,
            "no history is kept here, and a mark of a replay stands in it: see [history] in the settings",
        );
    }
    let is_kept = app.remembered.is_kept && app.tab().is_some_and(|tab| tab.room.room_id.is_some());
    if is_kept || app.tab().is_some_and(Tab::is_recording) {
        return open(app, PickerKind::Marker(app.now.wall), Vec::new());
    }
    refuse(app, "nothing is recorded here: there is no place to mark")
}

/// Sets a marker of a time: that at which it was asked for, however long its note took.
pub(super) fn mark(app: &mut App, at: Timestamp, note: String) -> UpdateOutcome {
    let live = app.tab().and_then(|tab| tab.room.room_id).filter(|_| app.remembered.is_kept);
    let question = live.map(|live| HistoryQuestion::Mark { live: live.0, at, note: note.clone() });
    let ask = question.map(Effect::Ask);
    if app.replay {
        // It is shown, and told, once it is kept.
        return UpdateOutcome { dirty: true, effects: ask.into_iter().collect() };
    }
    let Some(room) = app.tab().filter(|tab| tab.is_recording()).map(|tab| tab.key) else {
        if ask.is_none() {
            return refuse(app, "nothing is recorded here any more: there is no place to mark");
        }
        app.notify(if note.is_empty() { "marked in the history".to_owned() } else { format!("marked: {note}") });
        return UpdateOutcome { dirty: true, effects: ask.into_iter().collect() };
    };
    app.notify(if note.is_empty() { "marked".to_owned() } else { format!("marked: {note}") });
    let ago = Duration::from_millis(u64::try_from(app.now.wall.0.saturating_sub(at.0)).unwrap_or(0));
    let record = Effect::Record(RecorderCommand::Mark(room, Text::from(note), ago));
    UpdateOutcome { dirty: true, effects: ask.into_iter().chain([record]).collect() }
}

/// Keeps the last minute of what is recorded.
pub(super) fn clip(app: &mut App) -> UpdateOutcome {
    if let Some(room) = app.tab().filter(|tab| tab.is_recording()).map(|tab| tab.key) {
        return Effect::Record(RecorderCommand::Clip(room)).into();
    }
    refuse(app, "nothing is recorded here: there is no minute to keep")
}
