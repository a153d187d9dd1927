//! State of one room: a pure reducer of (state, event) and (state, time).
//!
//! No clock, no channel, no I/O: time comes in with each event. Everything here is serialisable, so a snapshot can be sent
//! to a screen that lagged or attached late, and the same events give the same room everywhere.
//!
//! Invariants: a gift unit is added once; "seen" and "reported" numbers never share a field; a gap is stored as a gap.
//!
//! ```
//! use tiktop::clock::Moment;
//! use tiktop::events::decode;
//! use tiktop::room::{Applied, Room};
//! use tiktop::wire::Message;
//!
//! // A comment: field 3 of its body is the text.
//! let mut message = Message::default();
//! (message.method, message.payload) = ("WebcastChatMessage".into(), "\u{1a}\u{2}hi".into());
//! message.msg_id = "77".parse().ok();
//! let event = decode(&message, Moment::default());
//!
//! let mut room = Room::new(100);
//! assert_eq!(room.apply(&event), Applied::Fresh(None));
//! assert_eq!(room.apply(&event), Applied::Duplicate);
//! assert_eq!(room.stats.comments, 1);
//! ```

mod away;
mod battle;
mod board;
mod chatlog;
mod connected_clock;
mod dedup;
mod digest;
mod leaders;
mod ledger;
mod log_rows;
mod marks;
mod reduce;
mod serde_map_as_vec;
mod series;
mod spikes;
mod stats;
mod streak_totals;
mod streaks;
mod subscribers;
mod summary;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use away::{AwayCounts, AwayReport, AwayRoom, AwayTally};
pub use battle::{Battle, BattleNews, BattlePhase, CardEffect, Side};
pub use board::{
    AskedQuestion, Board, CaptionState, Chest, Chests, GoalState, GuestNews, GuestState, Guests, Pinned, PollState,
    QuestionState, Questions, RoomRank,
};
pub use chatlog::{ChatLog, DroppedRows, LogEntry, LogLine, Seq, Topic};
pub use digest::RoomDigest;
pub use leaders::{Leader, Leaders};
pub use ledger::{StreakState, Tally};
pub use marks::{DearGift, RoomMark, RoomMarkKind, RoomMarks};
pub use series::{Bucket, Series};
pub use stats::Stats;
pub use streak_totals::{GiftTotal, StreakTotals};
pub use streaks::{Streak, Streaks};
pub use summary::{RoomSummary, RowInterest, SummaryCursor, WantedPerson};

use crate::clock::{Moment, Timestamp};
use crate::events::{Host, Phase, RoomEvent, TopViewer, serde_lenient};
use crate::ids::{RoomId, Target};
use crate::text::Text;

/// What applying an event did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Applied {
    /// New; for a gift, what it adds.
    Fresh(Option<Tally>),
    /// Its id was seen before: nothing changed.
    Duplicate,
    /// It belongs to another live: nothing changed but the count of such messages.
    Foreign,
}

/// An event with what the room that first saw it made of it. This is what travels to every reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TalliedEvent {
    /// What happened.
    pub event: RoomEvent,
    /// For gifts and closed streaks: what it adds.
    pub tally: Option<Tally>,
    /// For comments: nobody we saw in this live wrote under this id before.
    #[serde(default)]
    pub first: bool,
}

impl TalliedEvent {
    /// An event that is nobody's first comment.
    pub fn new(event: RoomEvent, tally: Option<Tally>) -> Self {
        Self { event, tally, first: false }
    }
}

/// Everything we know of one room.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Room {
    /// The host, as far as known.
    pub host: Host,
    /// Title of the live.
    pub title: Text,
    /// The current or last live.
    pub room_id: Option<RoomId>,
    /// 1 for the first live we saw, 2 for the next; 0 before.
    pub live_seq: u32,
    /// When the live started, by the service.
    pub started_at: Option<Timestamp>,
    /// Where the room stands.
    pub phase: Phase,
    /// Since when.
    pub phase_since: Moment,
    /// What was said and done, newest last.
    pub chat: ChatLog,
    /// Gift streaks: running and finished.
    pub streaks: Streaks,
    /// Totals of this live.
    pub stats: Stats,
    /// Viewers over time, as reported by the stream.
    pub viewers: Series,
    /// Likes seen, per bucket.
    pub likes: Series,
    /// Coins given, per bucket.
    pub coins: Series,
    /// Comments, per bucket.
    pub comments: Series,
    /// Messages of any kind, per bucket.
    pub messages: Series,
    /// Moments of this live that are worth a sign in a graph.
    #[serde(default, deserialize_with = "serde_lenient::or_default")]
    pub marks: RoomMarks,
    /// The service's own top list, as told last.
    #[serde(default)]
    pub top_viewers: Vec<TopViewer>,
    /// Who gave most in this live.
    pub leaders: Leaders,
    /// The running or last battle.
    #[serde(deserialize_with = "serde_lenient::or_default")]
    pub battle: Option<Battle>,
    /// What stands beside the talk: poll, goals, pinned message, caption, questions, guests, rank.
    #[serde(deserialize_with = "serde_lenient::or_default")]
    pub board: Board,
    /// Messages without a reading, by method.
    pub unknown: BTreeMap<String, u64>,
    /// Server clock minus ours, milliseconds, where known.
    pub skew_ms: Option<i64>,
    ledger: ledger::GiftLedger,
    connected_clock: connected_clock::ConnectedClock,
    writers: dedup::Writers,
    told: dedup::ToldOnce,
    subscribers: subscribers::RecentSubscribers,
    paces: battle::Paces,
    spikes: spikes::SpikeFinder,
    /// When the stream itself last said how many watch: fresher than what a look-up says.
    streamed_watching: Option<Moment>,
    /// We were connected to this live and lost it: from here on, backlog is news and counts.
    interrupted: bool,
}

/// What a state of an older program lacks is as in a room of which nothing is known.
impl Default for Room {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Room {
    /// An empty room that keeps at most `log_limit` entries of its log.
    pub fn new(log_limit: usize) -> Self {
        Self {
            host: Host::default(),
            title: Text::default(),
            room_id: None,
            live_seq: 0,
            started_at: None,
            phase: Phase::new(crate::events::PhaseKind::LookingUp),
            phase_since: Moment::default(),
            chat: ChatLog::new(log_limit),
            streaks: Streaks::default(),
            stats: Stats::default(),
            viewers: Series::gauge(),
            likes: Series::counter(),
            coins: Series::counter(),
            comments: Series::counter(),
            messages: Series::counter(),
            marks: RoomMarks::default(),
            top_viewers: Vec::new(),
            leaders: Leaders::default(),
            battle: None,
            board: Board::default(),
            unknown: BTreeMap::new(),
            skew_ms: None,
            ledger: ledger::GiftLedger::default(),
            connected_clock: connected_clock::ConnectedClock::default(),
            writers: dedup::Writers::default(),
            told: dedup::ToldOnce::default(),
            subscribers: subscribers::RecentSubscribers::default(),
            paces: battle::Paces::default(),
            spikes: spikes::SpikeFinder::default(),
            streamed_watching: None,
            interrupted: false,
        }
    }

    /// Applies one event at its time of receipt.
    ///
    /// What the service says is checked first: a message of another live, or one whose id came before, changes nothing but
    /// the count of such messages. What we say ourselves is always applied.
    pub fn apply(&mut self, event: &RoomEvent) -> Applied {
        if event.kind.is_from_service() {
            if self.is_foreign(event) {
                self.stats.foreign += 1;
                return Applied::Foreign;
            }
            if !self.ledger.is_new(event.id, event.at) {
                self.stats.duplicates += 1;
                return Applied::Duplicate;
            }
        }
        let marks = self.marks.count();
        let tally = self.reduce(event);
        if let Some(spike) = self.spikes.add(event, tally.as_ref(), &self.stats) {
            self.marks.add_spike(event.at, spike, marks);
        }
        Applied::Fresh(tally)
    }

    /// Applies an event that another state of this room has applied already, and takes its word for what a
    /// [view](Room::view_for_mirror) cannot know.
    pub fn apply_tallied(&mut self, tallied: &TalliedEvent) -> Applied {
        self.writers.set_told(tallied.first);
        self.apply(&tallied.event)
    }

    /// Whether the last row is this event, and the first comment of its writer.
    pub(crate) fn is_first_comment(&self, event: &RoomEvent) -> bool {
        let last = self.chat.iter().next_back().filter(|last| last.id == event.id);
        last.is_some_and(|last| matches!(last.line, LogLine::Chat { first: true, .. }))
    }

    /// The state for a mirror that is told only what is new, by [tallied](Room::apply_tallied) events: without the ids that came
    /// already and the people who wrote already, which make up most of it.
    pub fn view_for_mirror(&self) -> Self {
        Self {
            host: self.host.clone(),
            title: self.title.clone(),
            room_id: self.room_id,
            live_seq: self.live_seq,
            started_at: self.started_at,
            phase: self.phase.clone(),
            phase_since: self.phase_since,
            chat: self.chat.clone(),
            streaks: self.streaks.clone(),
            stats: self.stats.clone(),
            viewers: self.viewers.clone(),
            likes: self.likes.clone(),
            coins: self.coins.clone(),
            comments: self.comments.clone(),
            messages: self.messages.clone(),
            marks: self.marks.clone(),
            top_viewers: self.top_viewers.clone(),
            leaders: self.leaders.clone(),
            battle: self.battle.clone(),
            board: self.board.clone(),
            unknown: self.unknown.clone(),
            skew_ms: self.skew_ms,
            ledger: self.ledger.without_ids(),
            connected_clock: self.connected_clock.clone(),
            writers: dedup::Writers::of_mirror(),
            told: self.told.clone(),
            subscribers: self.subscribers.clone(),
            paces: self.paces.clone(),
            spikes: self.spikes.clone(),
            streamed_watching: self.streamed_watching,
            interrupted: self.interrupted,
        }
    }

    /// Handle of the host, else what was typed to track it, without the `@`.
    pub fn name<'a>(&'a self, typed: &'a Text) -> &'a str {
        let handle = &self.host.unique_id;
        let name = if handle.is_empty() { typed } else { handle };
        name.as_str().trim_start_matches('@')
    }

    /// Whether `target` leads here, where `typed` was typed to track it.
    pub fn is(&self, target: &Target, typed: &Text) -> bool {
        match target {
            Target::Host(host) => self.name(typed).eq_ignore_ascii_case(host.as_str()),
            Target::Room(room) => self.room_id == Some(*room) || self.name(typed) == room.to_string(),
        }
    }

    /// Lets time pass: closes streaks after 10 s of connected silence. What it closed has been applied already and must be
    /// told to every reader.
    pub fn tick(&mut self, now: Moment) -> Vec<TalliedEvent> {
        match self.connected_clock.at(now).checked_sub(streaks::SILENCE_MS) {
            Some(silent_since) => self.close_streaks(silent_since, now),
            None => Vec::new(),
        }
    }

    /// Closes every running streak, because the live is over: call it before a new [`Live`](crate::events::EventKind::Live)
    /// is applied and when the live ends. Like [`Room::tick`], what it closed has been applied and must be told.
    pub fn end_live(&mut self, now: Moment) -> Vec<TalliedEvent> {
        self.close_streaks(u64::MAX, now)
    }

    /// When [`Room::tick`] next has something to do; nothing while no streak runs or we are not connected.
    pub fn next_tick(&self) -> Option<Moment> {
        self.connected_clock.moment_of(self.streaks.longest_silent()?.saturating_add(streaks::SILENCE_MS))
    }

    /// How long until a time of the server's clock, by ours.
    pub fn until_server(&self, then: Timestamp, now: Moment) -> Duration {
        let now = now.wall.0.saturating_add(self.skew_ms.unwrap_or(0));
        Duration::from_millis(u64::try_from(then.0.saturating_sub(now)).unwrap_or(0))
    }

    /// How long since a time of the server's clock, by ours.
    pub fn since_server(&self, then: Timestamp, now: Moment) -> Duration {
        let now = now.wall.0.saturating_add(self.skew_ms.unwrap_or(0));
        Duration::from_millis(u64::try_from(now.saturating_sub(then.0)).unwrap_or(0))
    }
}
