//! Desk of the history: questions of a screen, answered one after the other on a thread of their own, so that no screen ever
//! waits for a file.

use std::path::PathBuf;
use std::time::Duration;

use super::error::HistoryError;
use super::folder::HistoryFolder;
use super::live_report::{LiveReport, MinuteRow};
use super::lives::{LiveRow, OpponentRecord};
use super::moments::MomentRow;
use super::people::KnownPerson;
use super::query::HistoryQuery;
use super::reader::HistoryReader;
use super::recorder::{HistoryControl, HistoryNews};
use super::search::{FoundLine, FoundPage, SearchProgress};
use super::status::{annotate, mark_moment};
use crate::clock::Timestamp;

/// Lines of a page on the screen.
const PAGE: usize = 200;
/// Lines around a moment.
const AROUND: usize = 100;
/// Moments of a list.
const MOMENTS: usize = 2_000;
/// Lives of a list.
const LIVES: usize = 500;
/// How long what waits may take to be written before a question is answered without it.
const FLUSH: Duration = Duration::from_millis(300);

/// What a screen asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryQuestion {
    /// What is known of a person, by user id.
    Person(u64),
    /// What fits a query.
    Search(Box<HistoryQuery>),
    /// Nothing: who searched has left.
    Leave,
    /// What was said in a live around a time.
    Around {
        /// The live, by its room id.
        live: u64,
        /// When, in milliseconds since 1970.
        at: i64,
        /// The line that is meant, by its id.
        line: Option<i64>,
    },
    /// Moments of all lives.
    Moments,
    /// The report of a live, by its room id.
    Report(u64),
    /// The same where the live has just ended: it is answered once its end is kept.
    FinalReport(u64),
    /// What was known of people when they spoke in a live.
    Newcomers {
        /// The live, by its room id.
        live: u64,
        /// Their user ids, and when they spoke, in milliseconds since 1970.
        people: Vec<(u64, i64)>,
    },
    /// The live of a host before this one.
    LastLive {
        /// The host, by user id.
        host: u64,
        /// This live, by its room id.
        live: u64,
    },
    /// Lives of the past.
    Lives,
    /// What is known of an opponent.
    Opponent {
        /// The host on our side.
        host: Option<u64>,
        /// The other.
        opponent: u64,
    },
    /// Write a note about a person, and a tag; an empty one takes it away, no tag leaves it.
    Note {
        /// Who, by their user id.
        person: u64,
        /// The note.
        note: String,
        /// The tag.
        tag: Option<String>,
    },
    /// Mark a moment of a live.
    Mark {
        /// The live, by its room id.
        live: u64,
        /// When.
        at: Timestamp,
        /// What it is.
        note: String,
    },
}

/// What a screen hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryAnswer {
    /// Somebody speaks or gives in a live for the first time.
    News(HistoryNews),
    /// What was known of the people who were asked about.
    Newcomers(Vec<HistoryNews>),
    /// What is known of a person; nothing where they were never seen.
    Person(u64, Option<Box<KnownPerson>>),
    /// How far the search for a text is, with what was found since that was told last.
    Looking(String, SearchProgress),
    /// What fits a query, by its text.
    Found(String, FoundPage),
    /// What was said around a time.
    Around(Box<AroundLines>),
    /// Moments of all lives, newest first.
    Moments(Vec<MomentRow>),
    /// The report of a live that was asked for.
    Report(Box<LiveReport>),
    /// The report of a live that has just ended.
    FinalReport(Box<LiveReport>),
    /// The live before this one, by its room id.
    LastLive(u64, Box<PastLive>),
    /// Lives of the past, newest first.
    Lives(Vec<LiveRow>),
    /// What is known of an opponent, by their user id.
    Opponent(u64, OpponentRecord),
    /// A moment was marked by hand.
    Marked {
        /// When.
        at: Timestamp,
        /// What it is, or why it is not kept, in words.
        marked: Result<String, String>,
    },
    /// What was asked could not be answered, in words.
    Failed(String),
}

/// A live of the past with its minutes, to be held against one that is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PastLive {
    /// The live.
    pub live: LiveRow,
    /// Its minutes, in order; those in which nothing was seen are not there.
    pub minutes: Vec<MinuteRow>,
}

impl PastLive {
    /// The minute so many milliseconds after its beginning, where something was seen then.
    pub fn minute_after(&self, millis: i64) -> Option<&MinuteRow> {
        let at = self.live.began().checked_add(millis)?;
        let next = self.minutes.partition_point(|minute| minute.at <= at);
        self.minutes.get(next.checked_sub(1)?).filter(|minute| at - minute.at < 60_000)
    }
}

/// What was said in a live around a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AroundLines {
    /// The live, by its room id.
    pub live: u64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The line that is meant, by its id, where one is.
    pub line: Option<i64>,
    /// The lines, oldest first.
    pub lines: Vec<FoundLine>,
    /// The file of a recording that shows this time, and how far into it.
    pub recorded: Option<(PathBuf, Duration)>,
}

/// Finds the recording that shows a time of a live, in milliseconds since 1970, also among those with these descriptions.
pub type FindRecorded = Box<dyn Fn(u64, i64, Vec<PathBuf>) -> Option<(PathBuf, Duration)> + Send>;

/// The desk.
pub struct HistoryDesk {
    folder: HistoryFolder,
    reader: Option<HistoryReader>,
    control: Option<HistoryControl>,
    find_recorded: FindRecorded,
}

impl HistoryDesk {
    /// The desk of a folder; with `control`, what waits is written before it is asked for, and notes can be written.
    pub fn new(folder: HistoryFolder, control: Option<HistoryControl>, find_recorded: FindRecorded) -> Self {
        Self { folder, reader: None, control, find_recorded }
    }

    /// Answers a question; nothing where it was given up, or where there is nothing to answer. How far a search is goes to `tell`.
    pub fn answer(
        &mut self,
        question: HistoryQuestion,
        give_up: &super::GiveUp,
        tell: impl FnMut(HistoryAnswer),
    ) -> Option<HistoryAnswer> {
        // What nobody typed is asked once.
        give_up.begin(matches!(question, HistoryQuestion::Search(_)));
        // The screen asks it by itself again and again: it says nothing of a history that cannot be read.
        let is_unasked = matches!(question, HistoryQuestion::Newcomers { .. });
        match self.try_answer(question, give_up, tell) {
            Ok(answer) => answer,
            Err(HistoryError::Interrupted) => None,
            Err(_) if is_unasked => None,
            Err(HistoryError::None(_)) => Some(HistoryAnswer::Failed("nothing is kept in the history yet".to_owned())),
            Err(error) => {
                // A file that was replaced is opened anew with the next question.
                self.reader = None;
                Some(HistoryAnswer::Failed(format!("the history cannot be read: {error}")))
            }
        }
    }

    fn try_answer(
        &mut self,
        question: HistoryQuestion,
        give_up: &super::GiveUp,
        mut tell: impl FnMut(HistoryAnswer),
    ) -> Result<Option<HistoryAnswer>, HistoryError> {
        let question = match question {
            HistoryQuestion::Leave => return Ok(None),
            HistoryQuestion::Note { person, note, tag } => {
                match &self.control {
                    Some(control) => control.annotate(person, Some(note), tag),
                    None => _ = annotate(&self.folder, person as i64, Some(&note), tag.as_deref())?,
                }
                HistoryQuestion::Person(person)
            }
            HistoryQuestion::Mark { live, at, note } => {
                let marked = match &self.control {
                    Some(control) => Ok(control.mark(live, at, &note)),
                    None => mark_moment(&self.folder, live, at, &note),
                };
                let marked = marked.map_err(|error| format!("the mark is not kept: {error}"));
                return Ok(Some(HistoryAnswer::Marked { at, marked }));
            }
            asked => asked,
        };
        if let Some(control) = &self.control {
            control.flush(FLUSH);
        }
        let reader = match &self.reader {
            Some(reader) => reader,
            None => self.reader.insert(HistoryReader::open_with(&self.folder, give_up)?),
        };
        Ok(Some(match question {
            HistoryQuestion::Person(id) => HistoryAnswer::Person(id, reader.person_card(id as i64)?.map(Box::new)),
            HistoryQuestion::Search(query) => {
                let looking = |progress| tell(HistoryAnswer::Looking(query.text.clone(), progress));
                let page = reader.search_with_progress(&query, 0, PAGE, looking)?;
                HistoryAnswer::Found(query.text, page)
            }
            HistoryQuestion::Around { live, at, line } => {
                let lines = reader.around(live, at, line, AROUND)?;
                let recorded = (self.find_recorded)(live, at, reader.recordings(live)?);
                HistoryAnswer::Around(Box::new(AroundLines { live, at, line, lines, recorded }))
            }
            HistoryQuestion::Report(live) => match reader.report(live)? {
                Some(report) => HistoryAnswer::Report(Box::new(report)),
                None => HistoryAnswer::Failed("nothing of this live is in the history".to_owned()),
            },
            HistoryQuestion::FinalReport(live) => match reader.report(live)? {
                Some(report) => HistoryAnswer::FinalReport(Box::new(report)),
                None => HistoryAnswer::Failed("nothing of this live is in the history".to_owned()),
            },
            HistoryQuestion::Newcomers { live, people } => {
                let known: Result<_, _> =
                    people.iter().map(|&(person, at)| reader.newcomer(live, person, at)).collect();
                HistoryAnswer::Newcomers(known?)
            }
            HistoryQuestion::LastLive { host, live } => match reader.last_live_of(host, live)? {
                Some(past) => {
                    let minutes = reader.minutes(past.id)?;
                    HistoryAnswer::LastLive(live, Box::new(PastLive { live: past, minutes }))
                }
                None => return Ok(None),
            },
            HistoryQuestion::Moments => HistoryAnswer::Moments(reader.moments(None, MOMENTS)?),
            HistoryQuestion::Lives => HistoryAnswer::Lives(reader.lives(None, 0, LIVES)?),
            HistoryQuestion::Opponent { host, opponent } => {
                HistoryAnswer::Opponent(opponent, reader.opponent(host, opponent)?)
            }
            HistoryQuestion::Leave | HistoryQuestion::Note { .. } | HistoryQuestion::Mark { .. } => return Ok(None),
        }))
    }
}
