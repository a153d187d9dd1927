//! Markers of a recording: places worth finding again, which become chapters.

use std::collections::VecDeque;
use std::fmt::Write;

use serde::Serialize;

use super::Cue;
use crate::text::{Text, clip};

/// Markers of one recording.
const MAX_MARKERS: usize = 1_000;
/// Columns of a note.
const WIDEST: usize = 100;
/// A spike: so much of what is said and given in so short a time, and so many times what came before it.
const SPIKE_MS: u64 = 10_000;
const SPIKE_CUES: usize = 25;
const SPIKE_TIMES: usize = 4;
/// What came before it is looked at over this time.
const BEFORE_MS: u64 = 120_000;
/// Spikes are told once in this time.
const CALM_MS: u64 = 60_000;
/// What is remembered to find spikes.
const MAX_REMEMBERED: usize = 4_096;

/// A place of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Marker {
    /// Recorded time of all parts together, in milliseconds.
    pub(super) rec_ms: u64,
    /// The part, from 1, and the time in it.
    pub(super) part: usize,
    pub(super) part_ms: u64,
    /// Who set it: `hand`, `battle`, `spike`.
    pub(super) by: &'static str,
    pub(super) note: String,
}

/// The markers of one recording, and what finds spikes.
#[derive(Debug, Default)]
pub(super) struct Markers {
    set: Vec<Marker>,
    /// When something was said or given, in recorded time.
    said: VecDeque<u64>,
    /// When the last spike was.
    spike: Option<u64>,
}

impl Markers {
    pub(super) fn all(&self) -> &[Marker] {
        &self.set
    }

    /// Sets a marker.
    pub(super) fn set(&mut self, by: &'static str, note: &Text, (rec_ms, part, part_ms): (u64, usize, u64)) {
        let note = clip(note.as_str().trim(), WIDEST).into_owned();
        let note = if note.is_empty() { "marked".to_owned() } else { note };
        if self.set.len() < MAX_MARKERS {
            self.set.push(Marker { rec_ms, part, part_ms, by, note });
        }
    }

    /// Takes what was said or given into account; sets markers for battles and spikes.
    pub(super) fn add_cue(&mut self, cue: &Cue, place: (u64, usize, u64)) {
        if cue.kind.as_str() == "battle" {
            self.set("battle", &cue.text, place);
            return;
        }
        let now = place.0;
        self.said.push_back(now);
        while self.said.len() > MAX_REMEMBERED
            || self.said.front().is_some_and(|&at| now.saturating_sub(at) > BEFORE_MS)
        {
            self.said.pop_front();
        }
        let lately = self.said.iter().rev().take_while(|&&at| now.saturating_sub(at) <= SPIKE_MS).count();
        // A mean over as long a time as is known, so that the first minute is no spike.
        let known = now.saturating_sub(self.said.front().copied().unwrap_or(now)).saturating_sub(SPIKE_MS);
        let usual = (self.said.len() - lately) as u64 * SPIKE_MS / known.max(SPIKE_MS);
        let calm = self.spike.is_none_or(|spike| now.saturating_sub(spike) >= CALM_MS);
        if calm && known >= SPIKE_MS && lately >= SPIKE_CUES && lately >= SPIKE_TIMES * usual as usize {
            self.spike = Some(now);
            self.set(
                "spike",
                &Text::from(format_args!("{lately} comments and gifts in {} s", SPIKE_MS / 1_000)),
                place,
            );
        }
    }
}

/// The chapters of a part as ffmpeg reads them (its `ffmetadata`); nothing where the part has no marker.
pub(super) fn chapters(markers: &[Marker], part: usize, length_ms: u64, first: &str) -> Option<String> {
    let of_part: Vec<_> = markers.iter().filter(|marker| marker.part == part).collect();
    let begins = of_part.first()?;
    let mut places: Vec<(u64, &str)> = Vec::new();
    if begins.part_ms > 0 {
        places.push((0, first));
    }
    places.extend(of_part.iter().map(|marker| (marker.part_ms, marker.note.as_str())));
    let mut text = String::from(";FFMETADATA1\n");
    for (nth, &(from, title)) in places.iter().enumerate() {
        let until = places.get(nth + 1).map_or(length_ms, |next| next.0).max(from);
        let title: String = title.chars().flat_map(escaped).collect();
        let _ = writeln!(text, "[CHAPTER]\nTIMEBASE=1/1000\nSTART={from}\nEND={until}\ntitle={title}");
    }
    Some(text)
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

    fn cue(kind: &str) -> Cue {
        let (user, nickname) = ("ben".into(), "Ben".into());
        Cue { at: Timestamp(0), kind: kind.into(), user, nickname, text: "ana against cleo".into() }
    }

    fn hear(markers: &mut Markers, at: u64) {
        markers.add_cue(&cue("chat"), (at, 1, at));
    }

    #[test]
    fn a_sudden_crowd_is_a_spike_once() {
        let mut markers = Markers::default();
        (0..60).for_each(|second| hear(&mut markers, second * 1_000));
        assert!(markers.all().is_empty(), "a comment a second is no spike");
        (0..100).for_each(|nth| hear(&mut markers, 60_000 + nth * 50));
        assert_eq!(markers.all().len(), 1, "{:?}", markers.all());
        assert_eq!(markers.all()[0].by, "spike");
    }

    #[test]
    fn a_busy_live_is_no_spike_from_its_beginning() {
        let mut markers = Markers::default();
        (0..2_000).for_each(|nth| hear(&mut markers, nth * 50));
        assert!(markers.all().is_empty(), "{:?}", markers.all());
    }

    #[test]
    fn battles_mark_themselves() {
        let mut markers = Markers::default();
        markers.add_cue(&cue("battle"), (5_000, 1, 5_000));
        assert_eq!((markers.all()[0].by, markers.all()[0].note.as_str()), ("battle", "ana against cleo"));
    }

    #[test]
    fn markers_become_chapters_of_their_part() {
        let mut markers = Markers::default();
        markers.set("hand", &"goal; #1".into(), (5_000, 1, 5_000));
        markers.set("hand", &"".into(), (65_000, 2, 5_000));
        let text = chapters(markers.all(), 1, 60_000, "Morning = tea").unwrap();
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
        assert_eq!(chapters(markers.all(), 3, 60_000, ""), None);
    }
}
