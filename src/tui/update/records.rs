//! Handler of recording updates: numbers go into the tab, endings become sentences that stay.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::ids::RoomKey;
use crate::record::{AlertKind, CopyState, MonitorState, RecorderCommand, RecorderUpdate, RecordingState};
use crate::text::Text;
use crate::tui::app::{App, Popup};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::picker::PickerKind;
use crate::tui::{number, summary};

/// The list of recordings is made anew so often while it is on the screen.
const TAKES_EVERY: Duration = Duration::from_secs(5);

/// Handles news of a recording.
pub(super) fn apply_update(app: &mut App, update: RecorderUpdate) -> UpdateOutcome {
    match update {
        RecorderUpdate::Recording { room, recording } => recorded(app, room, recording),
        RecorderUpdate::Monitor { room, monitor } => monitored(app, room, monitor),
        RecorderUpdate::Rule { room, rule } => super::rules::apply_rule(app, room, rule),
        RecorderUpdate::Streams { room, streams } => {
            app.told_of.streams = Some((room, streams));
            UpdateOutcome::dirty()
        }
        RecorderUpdate::Takes(takes) => {
            (app.told_of.takes, app.told_of.takes_at) = (Some(takes), Some(app.now));
            UpdateOutcome::dirty()
        }
        RecorderUpdate::Copy { file, copy } => copied(app, file, copy),
        RecorderUpdate::Repair { copies, .. } => repaired(app, copies),
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

/// Notes what the monitor of one's own stream sees; faults that begin and end go into the log, those that begin into the inbox.
fn monitored(app: &mut App, room: RoomKey, monitor: MonitorState) -> UpdateOutcome {
    let Some(at) = app.position(room) else { return UpdateOutcome::UNCHANGED };
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    let name = tab.name().to_owned();
    let before = tab.monitor.take().unwrap_or_default();
    let is_shown = before != monitor;
    let began = monitor.begun_since(&before);
    let ended = before.begun_since(&monitor);
    tab.monitor = Some(monitor);
    for fault in began {
        let words = format!("{name}: {}", fault.words());
        app.event_log.add(app.now, words.clone());
        app.inbox.add_trouble(room, app.now, words);
    }
    for fault in ended {
        app.event_log.add(app.now, format!("{name}: over after {} s: {}", fault.seconds, fault.words()));
    }
    if is_shown { UpdateOutcome::dirty() } else { UpdateOutcome::UNCHANGED }
}

/// Tells what became of a repair, and looks at the recordings anew.
fn repaired(app: &mut App, copies: Result<Vec<PathBuf>, Text>) -> UpdateOutcome {
    match copies {
        Ok(copies) => {
            let files: Vec<_> = copies.iter().map(|copy| copy.display().to_string()).collect();
            app.notify(format!(
                "made whole: {}",
                if files.is_empty() { "nothing was missing".to_owned() } else { files.join(", ") }
            ));
        }
        Err(why) => app.warn(why),
    }
    Effect::Record(RecorderCommand::ListTakes).into()
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
    let alert = alert_change(&name, tab.recording.as_ref(), &recording);
    let begins = file(&recording).is_some_and(|file| tab.recording.as_ref().and_then(self::file) != Some(file));
    tab.recording = Some(recording);
    if let Some(alert) = alert {
        app.event_log.add(app.now, alert);
    }
    if let Some(words) = &words {
        app.event_log.add(app.now, words.clone());
        summary::keep_words(app, words.clone());
    }
    if let Some(words) = words.clone().filter(|_| failed) {
        app.inbox.add_trouble(room, app.now, words);
    }
    let is_over = words.is_some();
    match words {
        Some(words) if failed => app.warn(words),
        Some(words) => app.notify(words),
        None => {}
    }
    if let Some(note) = note {
        app.notify(note);
    }
    if (is_over || begins) && lists_takes(app) {
        return Effect::Record(RecorderCommand::ListTakes).into();
    }
    UpdateOutcome::dirty()
}

/// Whether the list of recordings is on the screen.
fn lists_takes(app: &App) -> bool {
    matches!(&app.popup, Some(Popup::Pick(picker)) if picker.kind == PickerKind::Recordings)
}

/// The question for the recordings there are, where their list is on the screen and was made some seconds ago: those of other
/// programs go on too.
pub(super) fn list_due(app: &mut App) -> Option<Effect> {
    let due = app.told_of.takes_at.filter(|&at| lists_takes(app) && app.now.since(at) >= TAKES_EVERY);
    due.map(|_| {
        // Once until it is answered.
        app.told_of.takes_at = None;
        Effect::Record(RecorderCommand::ListTakes)
    })
}

/// The file that is being written.
fn file(recording: &RecordingState) -> Option<&Path> {
    match recording {
        RecordingState::Running { file, .. } => Some(file),
        _ => None,
    }
}

/// What is to be told of a recording that goes on, if anything. What is wrong with it stands on the screen as long as that.
fn note(recording: &RecordingState) -> Option<&str> {
    match recording {
        RecordingState::Running { details, .. } if !details.note.is_empty() && !details.writer_trouble => {
            Some(details.note.as_str())
        }
        _ => None,
    }
}

/// What the log says when something begins to be wrong with a recording, or is well again.
fn alert_change(name: &str, was: Option<&RecordingState>, is: &RecordingState) -> Option<String> {
    let (before, now) = (was.and_then(RecordingState::alert), is.alert());
    match (&before, &now) {
        (Some(before), Some(now)) if before.kind == now.kind && before.level == now.level => None,
        // The end has words of its own.
        (_, Some(now)) if now.kind != AlertKind::Failed => Some(format!("{name}: recording: {}", now.sentence())),
        (Some(_), None) if matches!(is, RecordingState::Running { .. }) => {
            Some(format!("{name}: recording: all is well again"))
        }
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
            let kept = file.as_ref().map(|file| format!("; kept: {}", file.display())).unwrap_or_default();
            Some(format!("{name}: {reason}{kept}"))
        }
        RecordingState::Starting
        | RecordingState::Waiting { .. }
        | RecordingState::Running { .. }
        | RecordingState::Reconnecting { .. }
        | RecordingState::Stopping => None,
    }
}
