//! Rows of a picker about recordings: the streams of a room, the recordings there are, the note of a marker.

use std::time::Duration;

use super::{Choice, Pick};
use crate::record::{CopyState, Quality, StreamLabel, Take, TakeStatus};
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
                    rows.push(stream_row(stream));
                }
            }
            rows
        }
    }
}

fn stream_row(stream: &StreamLabel) -> Pick {
    let StreamLabel { quality, picture, sound_only, hls } = stream;
    let mut note = Vec::new();
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
    let start = take.start.as_str();
    let begun = start.get(..16).unwrap_or(start).replace('T', " ");
    let length = number::duration(Duration::from_millis(take.millis));
    // What is done with it comes first: the row may be cut.
    let mut state = take.status.to_string();
    for (_, copy) in app.told_of.copies.iter().filter(|(file, _)| take.files.contains(file)) {
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
    let mut note = format!("{begun}, {state}, {length}, {}", number::bytes(take.bytes));
    if take.files.len() > 1 {
        note = format!("{note}, {} files", take.files.len());
    }
    if take.holes > 0 {
        note = format!("{note}, {} {}", take.holes, if take.holes == 1 { "hole" } else { "holes" });
    }
    let choice = match take.status {
        TakeStatus::CutOff => Choice::Repair(take.info.clone()),
        // A copy would end where it stands now.
        TakeStatus::Running => Choice::Stay,
        TakeStatus::Done | TakeStatus::Failed | TakeStatus::Repaired => Choice::Copy(take.files.clone()),
    };
    Pick { name: format!("@{}", take.user), note, keys: String::new(), choice }
}

/// The note of a marker as it was typed.
pub(super) fn marker(typed: &str) -> Pick {
    let note = "Enter sets it, with or without a note".to_owned();
    Pick { name: typed.trim().to_owned(), note, keys: String::new(), choice: Choice::Mark(typed.trim().to_owned()) }
}

fn saying(words: &str) -> Pick {
    // The column of names is narrow.
    Pick { name: String::new(), note: words.to_owned(), keys: String::new(), choice: Choice::Stay }
}
