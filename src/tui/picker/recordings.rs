//! Rows of a picker about recordings: the streams of a room, the recordings there are, the note of a marker.

use std::path::Path;
use std::time::Duration;

use super::{Choice, Pick};
use crate::clock::Timestamp;
use crate::record::{CopyState, Quality, RecordingState, StreamLabel, Take, TakeStatus};
use crate::text::Text;
use crate::tui::app::App;
use crate::tui::number;

/// Signs of a progress bar.
const BAR: usize = 10;

/// The streams that the room on the screen really has.
pub(super) fn streams(app: &App) -> Vec<Pick> {
    let room = app.tab().map(|tab| tab.key);
    match app.told_of.streams.as_ref().filter(|(of, _)| Some(*of) == room) {
        None => vec![saying("asking which streams there are \u{2026}")],
        Some((_, Err(why))) => vec![saying(why.as_str())],
        Some((_, Ok(streams))) if streams.is_empty() => vec![saying("the service names no stream")],
        Some((_, Ok(streams))) => {
            let flv = streams.iter().any(|stream| !stream.hls);
            let mut shown: Vec<&Text> = Vec::new();
            let mut rows = Vec::new();
            // A spare address of the same stream is no other choice, and HLS is for where there is nothing else.
            for stream in streams.iter().filter(|stream| !(flv && stream.hls)) {
                if !shown.contains(&&stream.quality) {
                    shown.push(&stream.quality);
                    rows.push(stream_row(app, stream));
                }
            }
            rows
        }
    }
}

fn stream_row(app: &App, stream: &StreamLabel) -> Pick {
    let StreamLabel { quality, picture, sound_only, hls } = stream;
    let mut note = Vec::new();
    if matches!(app.tab().and_then(|tab| tab.recording.as_ref()), Some(RecordingState::Running { quality: now, .. }) if now == quality)
    {
        note.push("being recorded,".to_owned());
    }
    if *sound_only {
        note.push("sound only".to_owned());
    }
    note.extend(picture.size.map(|(width, height)| format!("{width}x{height}")));
    note.extend((!picture.codec.is_empty() && !sound_only).then(|| picture.codec.to_string()));
    note.extend(picture.bitrate.map(|bits| number::bit_rate(bits / 8)));
    if *hls {
        note.push("HLS".to_owned());
    }
    let choice = if *sound_only { Quality::Audio } else { Quality::Named(quality.clone()) };
    Pick { name: quality.to_string(), note: note.join(" "), keys: String::new(), choice: Choice::Stream(choice) }
}

/// The recordings there are, newest first.
pub(super) fn takes(app: &App) -> Vec<Pick> {
    match &app.told_of.takes {
        None => vec![saying("looking which recordings there are \u{2026}")],
        Some(takes) if takes.is_empty() => vec![saying("there is no recording yet")],
        Some(takes) => takes.iter().map(|take| take_row(app, take)).collect(),
    }
}

fn take_row(app: &App, take: &Take) -> Pick {
    let now = running(app, take);
    let (millis, bytes) = now.as_ref().map_or((take.millis, take.bytes), |now| (now.millis, now.bytes));
    let (files, holes) = now.as_ref().map_or((take.files.len(), take.holes), |now| (now.files, now.holes));
    // What is done with it comes first: the row may be cut.
    let mut state = now.map_or_else(|| take.status.to_string(), |now| now.state.to_owned());
    let over = take.status != TakeStatus::Running;
    for (_, copy) in app.told_of.copies.iter().filter(|(file, _)| over && take.files.contains(file)) {
        state = match copy {
            CopyState::Running(percent) => {
                let done = usize::from(*percent) * BAR / 100;
                format!("[{}{}] {percent} %", "#".repeat(done), ".".repeat(BAR.saturating_sub(done)))
            }
            CopyState::Done(_) => format!("{}, copied", take.status),
            CopyState::Failed(_) => format!("{}, not copied", take.status),
        };
    }
    if take.status == TakeStatus::CutOff {
        state.push_str(", Enter makes it whole");
    }
    let length = number::duration(Duration::from_millis(millis));
    let mut note = format!("{}, {state}, {length}, {}", take.begun(&app.zone), number::bytes(bytes));
    if files > 1 {
        note = format!("{note}, {files} files");
    }
    if holes > 0 {
        note = format!("{note}, {holes} {}", if holes == 1 { "hole" } else { "holes" });
    }
    if take.status == TakeStatus::Failed {
        note = format!("{note}: {}", take.reason);
    }
    if !take.title.is_empty() {
        note = format!("{note} \u{b7} {}", take.title);
    }
    let choice = match take.status {
        TakeStatus::CutOff => Choice::Repair(take.info.clone()),
        // A copy would end where it stands now.
        TakeStatus::Running => Choice::Say("it is still being recorded: copy it once it is over"),
        _ if take.files.is_empty() => Choice::Say("its files are not there any more: there is nothing to copy"),
        TakeStatus::Done | TakeStatus::Failed | TakeStatus::Repaired => Choice::Copy(take.files.clone()),
    };
    Pick { name: format!("@{}", take.user), note, keys: String::new(), choice }
}

/// Where a recording stands that runs here: its description is some seconds old.
struct RunningTake {
    state: &'static str,
    millis: u64,
    bytes: u64,
    files: usize,
    holes: u32,
}

fn running(app: &App, take: &Take) -> Option<RunningTake> {
    if take.status != TakeStatus::Running {
        return None;
    }
    app.tabs.iter().filter_map(|tab| tab.recording.as_ref()).find_map(|recording| match recording {
        RecordingState::Running { bytes, file, details, .. } if is_of(take, file) => Some(RunningTake {
            state: "running",
            millis: details.millis,
            bytes: *bytes,
            files: details.part as usize,
            holes: details.holes,
        }),
        RecordingState::Reconnecting { bytes, file, paused, .. } if is_of(take, file) => Some(RunningTake {
            state: if *paused { "paused" } else { "reconnecting" },
            millis: take.millis,
            bytes: *bytes,
            files: take.files.len(),
            holes: take.holes,
        }),
        _ => None,
    })
}

/// Whether a file is one of a recording, as its name says.
pub(in crate::tui) fn is_of(take: &Take, file: &Path) -> bool {
    let stem = take.info.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    take.info.parent() == file.parent() && name.strip_prefix(&*stem).is_some_and(|rest| rest.starts_with('.'))
}

/// The note of a marker as it was typed.
pub(super) fn marker(app: &App, at: Timestamp, typed: &str) -> Pick {
    let clock = number::clock(at, &app.zone);
    let place = match &app.replay_time {
        Some(time) => format!("{} ({clock})", number::duration(time.offset(at))),
        None => clock,
    };
    let note = format!("Enter sets it at {place}, with or without a note");
    Pick { name: typed.trim().to_owned(), note, keys: String::new(), choice: Choice::Mark(at, typed.trim().to_owned()) }
}

fn saying(words: &str) -> Pick {
    // The column of names is narrow.
    Pick { name: String::new(), note: words.to_owned(), keys: String::new(), choice: Choice::Stay }
}
