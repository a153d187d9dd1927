//! Markers of a recording: places worth finding again, which become chapters.

use std::fmt::Write;

use serde::Serialize;

use super::Cue;
use crate::text::{Text, clip};

/// Markers of one recording.
const MAX_MARKERS: usize = 1_000;
/// Columns of a note.
const WIDEST: usize = 100;
/// A place of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Marker {
    /// Recorded time of all parts together, in milliseconds.
    pub(super) rec_ms: u64,
    /// The part, from 1, and the time in it.
    pub(super) part: usize,
    pub(super) part_ms: u64,
    /// Who set it: `hand`, `battle`, `chat`, `gifts`, `viewers`.
    pub(super) by: String,
    pub(super) note: String,
}

/// The markers of one recording.
#[derive(Debug, Default)]
pub(super) struct Markers(Vec<Marker>);

impl Markers {
    pub(super) fn all(&self) -> &[Marker] {
        &self.0
    }

    /// Sets a marker.
    pub(super) fn set(&mut self, by: &str, note: &Text, (rec_ms, part, part_ms): (u64, usize, u64)) {
        let note = clip(note.as_str().trim(), WIDEST).into_owned();
        let note = if note.is_empty() { "marked".to_owned() } else { note };
        if self.0.len() < MAX_MARKERS {
            self.0.push(Marker { rec_ms, part, part_ms, by: by.to_owned(), note });
        }
    }

    /// Sets a marker where a cue is a moment that marked itself.
    pub(super) fn add_cue(&mut self, cue: &Cue, place: (u64, usize, u64)) {
        if cue.is_moment() {
            self.set(cue.user.as_str(), &cue.text, place);
        }
    }
}

/// A chapter of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chapter {
    /// From and until when, in milliseconds.
    pub(super) from: u64,
    pub(super) until: u64,
    pub(super) title: String,
}

/// The chapters of a part; none where it has no marker.
pub(super) fn chapters(markers: &[Marker], part: usize, length_ms: u64, first: &str) -> Vec<Chapter> {
    let of_part: Vec<_> = markers.iter().filter(|marker| marker.part == part).collect();
    let mut places: Vec<(u64, &str)> = Vec::new();
    if of_part.first().is_some_and(|begins| begins.part_ms > 0) {
        places.push((0, first));
    }
    places.extend(of_part.iter().map(|marker| (marker.part_ms, marker.note.as_str())));
    let until = |nth: usize| places.get(nth + 1).map_or(length_ms, |next| next.0);
    let all = places.iter().enumerate();
    all.map(|(nth, &(from, title))| Chapter { from, until: until(nth).max(from), title: title.to_owned() }).collect()
}

/// Chapters as ffmpeg reads them (its `ffmetadata`).
pub(super) fn metadata(chapters: &[Chapter]) -> String {
    let mut text = String::from(";FFMETADATA1\n");
    for Chapter { from, until, title } in chapters {
        let title: String = title.chars().flat_map(escaped).collect();
        let _ = writeln!(text, "[CHAPTER]\nTIMEBASE=1/1000\nSTART={from}\nEND={until}\ntitle={title}");
    }
    text
}

/// A sign that ffmpeg would read as more than itself has a backslash before it.
fn escaped(sign: char) -> impl Iterator<Item = char> {
    let special = matches!(sign, '=' | ';' | '#' | '\\' | '\n');
    special.then_some('\\').into_iter().chain([sign])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    #[test]
    fn moments_mark_themselves_and_what_is_said_does_not() {
        let cue = |kind: &str, user: &str, text: &str| Cue {
            at: Timestamp(0),
            kind: kind.into(),
            user: user.into(),
            nickname: "".into(),
            text: text.into(),
        };
        let mut markers = Markers::default();
        markers.add_cue(&cue("chat", "ben", "hello"), (4_000, 1, 4_000));
        markers.add_cue(&cue("moment", "battle", "battle begins"), (5_000, 1, 5_000));
        let set: Vec<_> = markers.all().iter().map(|marker| (marker.by.as_str(), marker.note.as_str())).collect();
        assert_eq!(set, [("battle", "battle begins")]);
    }

    #[test]
    fn markers_become_chapters_of_their_part() {
        let mut markers = Markers::default();
        markers.set("hand", &"goal; #1".into(), (5_000, 1, 5_000));
        markers.set("hand", &"".into(), (65_000, 2, 5_000));
        let text = metadata(&chapters(markers.all(), 1, 60_000, "Morning = tea"));
        insta::assert_snapshot!(text, @r"
        ;FFMETADATA1
        [CHAPTER]
        TIMEBASE=1/1000
        START=0
        END=5000
        title=Morning \= tea
        [CHAPTER]
        TIMEBASE=1/1000
        START=5000
        END=60000
        title=goal\; \#1
        ");
        assert_eq!(chapters(markers.all(), 3, 60_000, ""), []);
    }
}
