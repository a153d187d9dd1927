//! Summary of a room for a reader who does not follow all of it: where it stands, its totals, and the rows that ask for a look.
//!
//! It is a part of the state and not a copy of the news: who gets one after another has the same numbers as whoever applied
//! every event, and a log in which the crowd is missing.

use serde::{Deserialize, Serialize};

use super::{Battle, LogEntry, LogLine, Room, Seq, Series, Stats};
use crate::clock::{Moment, Timestamp};
use crate::events::{Host, Phase, RoomEvent, Viewer, serde_lenient};
use crate::ids::{RoomId, UserId};
use crate::text::Text;

/// Ten-second cells of the series that a summary brings: what can have changed since the one before.
const CELLS: usize = 2;
/// And for a reader who has none yet: the last half hour of viewers, the last minute of the rest.
const FIRST_CELLS: (usize, usize) = (190, 8);
/// Rows for a reader who has none yet.
const FIRST_ROWS: usize = 40;

/// What a reader wants of a room that it does not follow in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RowInterest {
    /// Comments with one of these, in small letters.
    pub words: Vec<String>,
    /// What these people say.
    pub people: Vec<WantedPerson>,
    /// What people say whose name or handle has one of these in it, in small letters.
    pub names: Vec<String>,
    /// What gifters of this level and above say.
    pub gifters_from: Option<u16>,
    /// What members of the host's team of this level and above say.
    pub team_from: Option<u16>,
    /// What subscribers say.
    pub subscribers: bool,
    /// What the host says.
    pub hosts: bool,
    /// The first comment of everybody.
    pub firsts: bool,
    /// All comments.
    pub comments: bool,
}

/// Somebody, by the id where it is known, else by the handle.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WantedPerson {
    /// The number of the account.
    pub id: Option<UserId>,
    /// Without the `@`, in small letters.
    pub handle: String,
}

impl WantedPerson {
    /// Whether this is `viewer`.
    pub fn is(&self, viewer: &Viewer) -> bool {
        match (self.id, viewer.id) {
            (Some(own), Some(theirs)) => own == theirs,
            _ => !self.handle.is_empty() && viewer.unique_id.as_str().eq_ignore_ascii_case(&self.handle),
        }
    }
}

impl RowInterest {
    /// Whether a row is for this reader. All rows are that are few; of comments, those of moderators and those that were
    /// asked for.
    pub fn wants(&self, entry: &LogEntry) -> bool {
        match &entry.line {
            LogLine::Chat { from, text, first, .. } => {
                self.comments
                    || from.moderator
                    || self.firsts && *first
                    || self.people.iter().any(|person| person.is(from))
                    || self.wants_badge(from)
                    || has_any(&self.words, [text.as_str()])
                    || has_any(&self.names, [from.nickname.as_str(), from.unique_id.as_str()])
            }
            line => !is_crowd(line),
        }
    }

    fn wants_badge(&self, from: &Viewer) -> bool {
        self.gifters_from.is_some_and(|level| from.gifter_level >= level)
            || self.team_from.is_some_and(|level| from.team_level >= level)
            || self.subscribers && from.subscriber
            || self.hosts && from.host
    }
}

/// Whether one of the words, in small letters, is in one of the texts.
fn has_any<const N: usize>(words: &[String], texts: [&str; N]) -> bool {
    !words.is_empty()
        && texts.map(str::to_lowercase).iter().any(|text| words.iter().any(|word| text.contains(word.as_str())))
}

/// Rows of which there are too many to be told one by one.
fn is_crowd(line: &LogLine) -> bool {
    matches!(line, LogLine::Emote { .. } | LogLine::Joins { .. } | LogLine::Share(_) | LogLine::Skipped { .. })
}

/// Up to where a log was summed up.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SummaryCursor {
    from: Seq,
    /// Gifts that still ran: they are told when they are over.
    running: Vec<Seq>,
    /// Rows so far that ask to be read.
    asked: u64,
}

/// The summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RoomSummary {
    /// The host, as far as known.
    pub host: Host,
    /// Title of the live.
    pub title: Text,
    /// The current or last live.
    pub room_id: Option<RoomId>,
    /// Which of the room's lives.
    pub live_seq: u32,
    /// When the live started, by the service.
    pub started_at: Option<Timestamp>,
    /// Where the room stands.
    pub phase: Phase,
    /// Since when.
    pub phase_since: Moment,
    /// Totals of this live.
    pub stats: Stats,
    /// Server clock minus ours, milliseconds, where known.
    pub skew_ms: Option<i64>,
    /// The running or last battle.
    #[serde(deserialize_with = "serde_lenient::or_default")]
    pub battle: Option<Battle>,
    /// The end of the series.
    pub viewers: Series,
    /// Coins given.
    pub coins: Series,
    /// Comments.
    pub comments: Series,
    /// Messages of any kind.
    pub messages: Series,
    /// Rows that are new, or over, since the summary before.
    #[serde(deserialize_with = "serde_lenient::sequence")]
    pub rows: Vec<LogEntry>,
    /// The number that the next row has.
    pub next: Seq,
    /// Comments, gifts and questions so far, as a count that only grows.
    pub asked: u64,
    /// What befell the room itself since the summary before.
    #[serde(deserialize_with = "serde_lenient::sequence")]
    pub news: Vec<RoomEvent>,
}

/// What a summary of an older program lacks is as in a room of which nothing is known.
impl Default for RoomSummary {
    fn default() -> Self {
        Room::new(1).summary(&SummaryCursor::default())
    }
}

impl Room {
    /// The rows that are new, or over, since a cursor, which goes on to the end.
    pub fn rows_since(&self, cursor: &mut SummaryCursor) -> Vec<LogEntry> {
        let mut rows = Vec::new();
        let mut running = std::mem::take(&mut cursor.running);
        running.retain(|seq| match self.chat.get(*seq) {
            Some(entry) if is_running(entry) => true,
            entry => {
                rows.extend(entry.cloned());
                false
            }
        });
        // Numbers that went back are those of another log.
        let from = if cursor.from > self.chat.next_seq() { Seq(0) } else { cursor.from };
        for entry in self.chat.from_seq(from) {
            cursor.asked += u64::from(entry.line.asks_to_be_read() && !entry.history);
            if is_running(entry) {
                running.push(entry.seq);
            } else if !is_crowd(&entry.line) {
                rows.push(entry.clone());
            }
        }
        (cursor.from, cursor.running) = (self.chat.next_seq(), running);
        rows
    }

    /// A summary without rows, for readers of the one before.
    pub fn summary(&self, cursor: &SummaryCursor) -> RoomSummary {
        self.summary_with(cursor, CELLS, CELLS)
    }

    /// A summary for a reader who has nothing of this room.
    pub fn first_summary(&self, cursor: &SummaryCursor, interest: &RowInterest) -> RoomSummary {
        let mut rows: Vec<LogEntry> = self
            .chat
            .iter()
            .rev()
            .filter(|entry| !is_running(entry) && interest.wants(entry))
            .take(FIRST_ROWS)
            .cloned()
            .collect();
        rows.reverse();
        let (viewers, others) = FIRST_CELLS;
        RoomSummary { rows, ..self.summary_with(cursor, viewers, others) }
    }

    fn summary_with(&self, cursor: &SummaryCursor, viewers: usize, others: usize) -> RoomSummary {
        RoomSummary {
            host: self.host.clone(),
            title: self.title.clone(),
            room_id: self.room_id,
            live_seq: self.live_seq,
            started_at: self.started_at,
            phase: self.phase.clone(),
            phase_since: self.phase_since,
            stats: self.stats.clone(),
            skew_ms: self.skew_ms,
            battle: self.battle.clone(),
            viewers: self.viewers.tail(viewers),
            coins: self.coins.tail(others),
            comments: self.comments.tail(others),
            messages: self.messages.tail(others),
            rows: Vec::new(),
            next: self.chat.next_seq(),
            asked: cursor.asked,
            news: Vec::new(),
        }
    }

    /// Brings a mirror up to a summary. What a summary does not tell stays as it was, unless it is of another live.
    pub fn apply_summary(&mut self, summary: RoomSummary, now: Moment) {
        if (self.room_id, self.live_seq) != (summary.room_id, summary.live_seq) {
            let mut next = Self::new(1);
            std::mem::swap(&mut next.chat, &mut self.chat);
            std::mem::swap(&mut next.viewers, &mut self.viewers);
            *self = next;
        }
        let RoomSummary { host, title, room_id, live_seq, started_at, phase, phase_since, .. } = summary;
        let RoomSummary { stats, skew_ms, battle, viewers, coins, comments, messages, rows, next, .. } = summary;
        (self.host, self.title, self.room_id, self.live_seq) = (host, title, room_id, live_seq);
        (self.started_at, self.phase, self.phase_since) = (started_at, phase, phase_since);
        (self.stats, self.skew_ms, self.battle) = (stats, skew_ms, battle);
        self.viewers.overlay(&viewers);
        self.coins.overlay(&coins);
        self.comments.overlay(&comments);
        self.messages.overlay(&messages);
        self.chat.merge(rows, next, now);
    }
}

impl LogLine {
    /// Whether it asks to be read: who looks elsewhere has this much to catch up with.
    pub fn asks_to_be_read(&self) -> bool {
        matches!(self, Self::Chat { .. } | Self::Emote { .. } | Self::Gift { .. } | Self::Question { .. })
    }
}

fn is_running(entry: &LogEntry) -> bool {
    matches!(entry.line, LogLine::Gift { running: true, .. })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::events::{Chat, EventKind, Follow, Join};
    use crate::ids::MsgId;

    fn at(seconds: u64) -> Moment {
        Moment { mono: 3_600_000, ..Moment::default() } + Duration::from_secs(seconds)
    }

    fn person(name: &str, moderator: bool) -> Arc<Viewer> {
        Arc::new(Viewer { unique_id: name.into(), moderator, ..Viewer::default() })
    }

    fn say(room: &mut Room, id: u64, from: Arc<Viewer>, text: &str) {
        let chat = Chat { from, text: text.into(), emotes: vec![], to: None, language: "".into() };
        happen(room, id, EventKind::Chat(chat));
    }

    fn happen(room: &mut Room, id: u64, kind: EventKind) {
        let event = RoomEvent { at: at(id), server_at: None, id: Some(MsgId(id)), room_id: None, history: false, kind };
        room.apply(&event);
    }

    /// What a reader of summaries has after one more.
    fn follow(mirror: &mut Room, room: &Room, cursor: &mut SummaryCursor, interest: &RowInterest) {
        let rows = room.rows_since(cursor).into_iter().filter(|row| interest.wants(row)).collect();
        mirror.apply_summary(RoomSummary { rows, ..room.summary(cursor) }, at(99));
    }

    #[test]
    fn the_numbers_are_those_of_the_room_and_the_rows_those_that_were_asked_for() {
        let (mut room, mut mirror) = (Room::new(100), Room::new(100));
        let mut cursor = SummaryCursor::default();
        let interest = RowInterest {
            words: vec!["ana".to_owned()],
            people: vec![WantedPerson { id: None, handle: "mia".to_owned() }],
            ..RowInterest::default()
        };
        say(&mut room, 1, person("kit", false), "hello");
        say(&mut room, 2, person("kit", false), "hello ANA");
        follow(&mut mirror, &room, &mut cursor, &interest);
        say(&mut room, 3, person("Mia", false), "me");
        say(&mut room, 4, person("mod", true), "be nice");
        happen(&mut room, 5, EventKind::Follow(Follow { from: person("kit", false), followers: None }));
        happen(&mut room, 6, EventKind::Join(Join { from: person("kit", false), watching: None, source: "".into() }));
        follow(&mut mirror, &room, &mut cursor, &interest);
        assert_eq!(mirror.stats, room.stats);
        assert_eq!(mirror.chat.next_seq(), room.chat.next_seq());
        let seqs: Vec<u64> = mirror.chat.iter().map(|row| row.seq.0).collect();
        assert_eq!(seqs, [1, 2, 3, 4]);
        assert_eq!(cursor.asked, 4, "comments ask to be read, whoever wrote them");
        // The whole state brings the rows between.
        let mut whole = room.view_for_mirror();
        whole.chat.keep_older(mirror.chat, at(99));
        assert_eq!(whole.chat.len(), room.chat.len());
        // The same summary again changes nothing.
        let first = room.first_summary(&cursor, &interest);
        let mut fresh = Room::new(100);
        fresh.apply_summary(first.clone(), at(99));
        fresh.apply_summary(first, at(99));
        assert_eq!(fresh.chat.iter().map(|row| row.seq.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn another_live_leaves_nothing_of_the_one_before_but_its_rows() {
        let mut mirror = Room::new(100);
        say(&mut mirror, 1, person("kit", false), "hello");
        let summary = RoomSummary { live_seq: 2, next: Seq(7), ..RoomSummary::default() };
        mirror.apply_summary(summary, at(99));
        assert_eq!((mirror.stats.comments, mirror.live_seq, mirror.chat.len()), (0, 2, 1));
    }
}
