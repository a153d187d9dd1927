//! Picker of a room, a command, a stream or a recording by a part of its name: what fits, best first.

mod choices;
mod recordings;

use std::path::PathBuf;
use std::sync::Arc;

use super::action::{Action, KeyContext};
use super::app::App;
use super::panes::phase;
use super::ticks::StreakMark;
use super::typed_line::TypedLine;
use super::{live_search, number, remembered};
use crate::clock::Timestamp;
use crate::events::Viewer;
use crate::ids::RoomKey;
use crate::record::Quality;
use crate::track::Speed;

/// What is typed and which row is chosen.
#[derive(Clone, Debug)]
pub(super) struct Picker {
    /// What is looked for.
    pub(super) kind: PickerKind,
    /// What was typed so far.
    pub(super) input: TypedLine,
    /// The chosen row among those that fit.
    pub(super) chosen: usize,
}

/// What a picker looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PickerKind {
    /// A room by its name.
    Rooms,
    /// A command by its name or by what it does; `add @name` adds a room.
    Commands,
    /// A key by what it does, in whatever place it does it.
    Keys,
    /// A gift that nobody was thanked for yet.
    Thanks,
    /// Somebody who gave.
    Givers,
    /// A stream of the room on the screen, to record it.
    Streams,
    /// A recording, to copy it.
    Recordings,
    /// Nothing: what is typed is the note of a marker of this time, at which it was asked for.
    Marker(Timestamp),
    /// What was said and given in all that was kept, by a query.
    Found,
    /// What was said around a moment.
    Around,
    /// A moment of a live; in a replay also a time or a pace that is typed.
    Moments,
    /// A live of the past.
    Lives,
    /// Nothing: what is typed is the note about this person.
    Note(u64),
    /// Where and for how long somebody is ignored.
    Ignore,
    /// A layout of the panes.
    Layouts,
    /// A theme.
    Themes,
    /// A search with a name.
    Filters,
    /// What of a row more is wanted of.
    MoreLike,
    /// A live that is on now, by words that the service is asked for.
    SearchLives,
}

/// A row of a picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    /// What it is called.
    pub(super) name: String,
    /// What stands behind it, faint.
    pub(super) note: String,
    /// Its keys, at the right.
    pub(super) keys: String,
    /// What choosing it does.
    pub(super) choice: Choice,
}

/// What choosing a row does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Go to a room.
    Room(RoomKey),
    /// Do something.
    Run(Action),
    /// Add the room of this name.
    Add(String),
    /// Tick this gift off as thanked.
    Thank(StreakMark),
    /// Open the card of this person.
    Card(Arc<Viewer>),
    /// Ask the service for lives with these words.
    LookForLives(String),
    /// Record the room in this quality.
    Stream(Quality),
    /// Copy these files to MP4.
    Copy(Vec<PathBuf>),
    /// Make whole copies of the recording with this description.
    Repair(PathBuf),
    /// Mark this place of the recording.
    Mark(Timestamp, String),
    /// Show what was said in a live around a time.
    Moment {
        /// The live, by its room id.
        live: u64,
        /// When, in milliseconds since 1970.
        at: i64,
        /// The line that is meant, by its id.
        line: Option<i64>,
    },
    /// Go to a time of the replay.
    Seek(Timestamp),
    /// Replay at this pace.
    Pace(Speed),
    /// Write this note about a person.
    Note(u64, String),
    /// Do not show whom the list is about.
    Ignore {
        /// In the room of the card only.
        here: bool,
        /// For so long; nothing for always.
        minutes: Option<u64>,
    },
    /// Let this word or search stand out, or no longer.
    Highlight(String),
    /// Let this person stand out, or no longer.
    StandOut(Arc<Viewer>),
    /// Gifts of so many coins come into the inbox.
    GiftsFrom(u64),
    /// Show them again.
    Forgive,
    /// Lay the panes out so.
    Layout(String),
    /// Draw in these colours.
    Theme(String),
    /// Look for this, and hide the rest.
    Filter(String),
    /// Keep what is looked for under this name.
    SaveFilter(String),
    /// Look for this in the history.
    Find(String),
    /// Hand these words to the terminal's clipboard.
    CopyWords(String),
    /// Nothing: the row only says something.
    Stay,
    /// Nothing, and it is said why; the list stays open.
    Say(&'static str),
}

impl Picker {
    /// Nothing typed yet.
    pub(super) fn new(kind: PickerKind) -> Self {
        Self { kind, input: TypedLine::default(), chosen: 0 }
    }

    /// Its title.
    pub(super) fn title(&self) -> &'static str {
        match self.kind {
            PickerKind::Rooms => "Go to a room",
            PickerKind::Commands => "Commands",
            PickerKind::Keys => "Keys by what they do",
            PickerKind::Givers => "Who gave in this live; Enter opens a card",
            PickerKind::Thanks => "To thank, the oldest first; Enter ticks off",
            PickerKind::Streams => "Record which stream",
            PickerKind::Recordings => "Recordings; Enter copies one to MP4, or repairs it",
            PickerKind::Marker(_) => "Mark this place",
            PickerKind::Found => "Look in the history",
            PickerKind::Around => "What was said then",
            PickerKind::Moments => "Moments; in a replay 12:30, +5m and 10x too",
            PickerKind::Lives => "Lives of the past",
            PickerKind::Note(_) => "A note, kept in the history",
            PickerKind::Ignore => "Do not show this person",
            PickerKind::Layouts => "Layout",
            PickerKind::Themes => "Theme",
            PickerKind::Filters => "Filters; a new name keeps the search",
            PickerKind::MoreLike => "More like this into the inbox",
            PickerKind::SearchLives => "Search for lives; Enter adds one",
        }
    }
}

/// The rows that fit what was typed, best first.
pub(super) fn picks(app: &App, picker: &Picker) -> Vec<Pick> {
    let typed = picker.input.value().trim().to_lowercase();
    let all = match picker.kind {
        PickerKind::Rooms => rooms(app),
        PickerKind::Streams => recordings::streams(app),
        PickerKind::Recordings => recordings::takes(app),
        PickerKind::SearchLives => return live_search::rows(app, picker.input.value().trim()),
        PickerKind::Marker(at) => return vec![recordings::marker(app, at, picker.input.value())],
        PickerKind::Found => return remembered::found(app, picker.input.value()),
        PickerKind::Around => return remembered::around(app),
        PickerKind::Moments => match choices::typed_places(app, &typed) {
            places if places.is_empty() => choices::moments(app),
            places => return places,
        },
        PickerKind::Lives => remembered::lives(app),
        PickerKind::Note(person) => {
            let name = picker.input.value().trim().to_owned();
            let note = "Enter keeps it, empty removes it; #word in front: a tag".to_owned();
            let choice = Choice::Note(person, name.clone());
            return vec![Pick { name, note, keys: String::new(), choice }];
        }
        PickerKind::MoreLike => choices::more_like(app, picker.input.value().trim()),
        PickerKind::Ignore => choices::ignore(app),
        PickerKind::Layouts => choices::layouts(app),
        PickerKind::Themes => choices::themes(app),
        PickerKind::Filters => choices::filters(app, picker.input.value().trim()),
        PickerKind::Commands => match typed.strip_prefix("add ") {
            Some(name) if app.is_available(Action::AddRoom) && !name.trim().is_empty() => {
                return vec![add(name.trim())];
            }
            _ => commands(app),
        },
        PickerKind::Keys => keys(app),
        PickerKind::Thanks => choices::thanks(app),
        PickerKind::Givers => choices::givers(app),
    };
    let mut fitting: Vec<(u32, Pick)> =
        all.into_iter().filter_map(|pick| Some((score(&typed, &pick)?, pick))).collect();
    if fitting.is_empty() && picker.kind == PickerKind::Moments {
        return choices::place_forms(app, &typed);
    }
    fitting.sort_by_key(|(score, _)| *score);
    fitting.into_iter().map(|(_, pick)| pick).collect()
}

fn rooms(app: &App) -> Vec<Pick> {
    let row = |(at, tab): (usize, &super::tab::Tab)| {
        let mut note = phase::phase_name(tab.room.phase.kind).to_owned();
        if tab.unread > 0 {
            note = format!("{note}, {} unread", number::count(tab.unread));
        }
        Pick { name: tab.name().to_owned(), note, keys: (at + 1).to_string(), choice: Choice::Room(tab.key) }
    };
    app.tabs.iter().enumerate().map(row).collect()
}

fn commands(app: &App) -> Vec<Pick> {
    // What only answers a popup does nothing from here, and a number of a room has no name.
    let runs = |action: &Action| {
        let answers = matches!(
            action.context(),
            KeyContext::Popup | KeyContext::Question | KeyContext::Inbox | KeyContext::Overview | KeyContext::Card
        );
        app.is_available(*action) && !answers && !matches!(action, Action::SelectRoom | Action::Palette)
    };
    let row = |action| Pick { choice: Choice::Run(action), ..key(app, action) };
    Action::ALL.iter().copied().filter(runs).map(row).collect()
}

/// All keys, also those of popups: to be read.
fn keys(app: &App) -> Vec<Pick> {
    Action::ALL.iter().filter(|&&action| app.is_available(action)).map(|&action| key(app, action)).collect()
}

fn key(app: &App, action: Action) -> Pick {
    let (name, note) = (action.name().replace('_', " "), action.help().to_owned());
    Pick { name, note, keys: app.keymap.labels(action), choice: Choice::Stay }
}

fn add(name: &str) -> Pick {
    let (note, keys) = (String::from("adds this room"), String::new());
    Pick { name: format!("add {name}"), note, keys, choice: Choice::Add(name.to_owned()) }
}

/// How well a row fits: less is better; nothing where a word of what was typed is in neither name nor note.
fn score(typed: &str, pick: &Pick) -> Option<u32> {
    let (name, note) = (pick.name.to_lowercase(), pick.note.to_lowercase());
    typed.trim_start_matches('@').split_whitespace().try_fold(0, |sum, word| {
        let word_score = if name.starts_with(word) {
            0
        } else if name.split([' ', '_', '.']).any(|part| part.starts_with(word)) {
            1
        } else if name.contains(word) {
            2
        } else if is_subsequence(word, &name) {
            3
        } else if note.contains(word) {
            4
        } else {
            return None;
        };
        Some(sum + word_score)
    })
}

/// Whether the letters of `word` come in this order in `text`.
fn is_subsequence(word: &str, text: &str) -> bool {
    let mut rest = text.chars();
    word.chars().all(|letter| rest.any(|c| c == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(name: &str, note: &str) -> Pick {
        Pick { name: name.into(), note: note.into(), keys: String::new(), choice: Choice::Run(Action::Help) }
    }

    #[test]
    fn beginnings_come_before_middles_and_words_of_the_note_last() {
        let rows = [pick("close room", ""), pick("add room", "a new one"), pick("record", "start or stop")];
        let best = |typed: &str| {
            let mut fit: Vec<_> = rows.iter().filter_map(|pick| Some((score(typed, pick)?, &*pick.name))).collect();
            fit.sort_unstable();
            fit.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        assert_eq!(best("rec"), ["record"]);
        assert_eq!(best("ro"), ["add room", "close room", "record"]);
        assert_eq!(best("stop"), ["record"]);
        assert_eq!(best("cls"), ["close room"]);
        assert_eq!(best("room new"), ["add room"]);
        assert!(best("xyz").is_empty());
        assert_eq!(best("").len(), 3);
    }
}
