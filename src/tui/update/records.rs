//! Handler of recording updates: numbers go into the tab, endings become sentences that stay.

use std::path::PathBuf;
use std::time::Duration;

use crate::ids::RoomKey;
use crate::record::{CopyState, RecorderUpdate, RecordingState};
use crate::tui::app::App;
use crate::tui::msg::UpdateOutcome;
use crate::tui::{number, summary};

/// Handles news of a recording.
pub(super) fn apply_update(app: &mut App, update: RecorderUpdate) -> UpdateOutcome {
    match update {
        RecorderUpdate::Recording { room, recording } => recorded(app, room, recording),
        RecorderUpdate::Streams { room, streams } => {
            app.told_of.streams = Some((room, streams));
            UpdateOutcome::dirty()
        }
        RecorderUpdate::Takes(takes) => {
            app.told_of.takes = Some(takes);
            UpdateOutcome::dirty()
        }
        RecorderUpdate::Copy { file, copy } => copied(app, file, copy),
        RecorderUpdate::Clip { clip: Ok(file), .. } => {
            app.notify(format!("the last minute is kept: {}", file.display()));
            UpdateOutcome::dirty()
        }
        RecorderUpdate::Clip { clip: Err(why), .. } => {
            app.warn(why);
            UpdateOutcome::dirty()
        }
    }
}

/// Notes where a copy stands; its end is told.
fn copied(app: &mut App, file: PathBuf, copy: CopyState) -> UpdateOutcome {
    match &copy {
        CopyState::Done(copy) => app.notify(format!("copied and read to its end: {}", copy.display())),
        CopyState::Failed(why) => app.warn(why.clone()),
        CopyState::Running(_) => {}
    }
    app.told_of.copies.retain(|(known, _)| *known != file);
    app.told_of.copies.push((file, copy));
    UpdateOutcome::dirty()
}

fn recorded(app: &mut App, room: RoomKey, recording: RecordingState) -> UpdateOutcome {
    let Some(at) = app.position(room) else { return UpdateOutcome::UNCHANGED };
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    let name = tab.name().to_owned();
    let words = ending(&name, &recording);
    let failed = matches!(recording, RecordingState::Failed { .. });
    let note = note(&recording).filter(|note| tab.recording.as_ref().and_then(self::note) != Some(*note));
    let note = note.map(|note| format!("{name}: {note}"));
    tab.recording = Some(recording);
    if let Some(words) = &words {
        app.event_log.add(app.now, words.clone());
        summary::keep_words(app, words.clone());
    }
    if let Some(words) = words.clone().filter(|_| failed) {
        app.inbox.add_trouble(room, app.now, words);
    }
    match words {
        Some(words) if failed => app.warn(words),
        Some(words) => app.notify(words),
        None => {}
    }
    if let Some(note) = note {
        app.notify(note);
    }
    UpdateOutcome::dirty()
}

/// What happened to a recording that goes on, if anything.
fn note(recording: &RecordingState) -> Option<&str> {
    match recording {
        RecordingState::Running { details, .. } if !details.note.is_empty() => Some(details.note.as_str()),
        _ => None,
    }
}

/// What is to be told of a recording that is over; nothing of one that runs.
pub fn ending(name: &str, recording: &RecordingState) -> Option<String> {
    match recording {
        RecordingState::Done { file, bytes, millis, reason } => {
            let length = number::duration(Duration::from_millis(*millis));
            let size = number::bytes(*bytes);
            Some(format!("{name}: recorded {length}, {size} ({reason}): {}", file.display()))
        }
        RecordingState::Failed { reason, file } => {
            let kept = file.as_ref().map(|file| format!(" Kept: {}", file.display())).unwrap_or_default();
            Some(format!("{name}: {reason}{kept}"))
        }
        RecordingState::Starting
        | RecordingState::Running { .. }
        | RecordingState::Reconnecting { .. }
        | RecordingState::Stopping => None,
    }
}
