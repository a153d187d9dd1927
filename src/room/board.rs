//! Board of a room, what stands beside the talk: the poll, the goals, the pinned message, the last caption, the questions,
//! the guests, the room's place in the rankings.
//!
//! Each of them is told in pieces that may be missing: a late viewer hears votes before the poll, progress before the goal.
//! Says what belongs into the log; what would flood it (every vote, every caption) only changes the state.
//!
//! Invariant: nothing here counts anything a second time; every list is bounded.

mod chests;
mod guests;
mod questions;
mod vote;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use chests::{Chest, Chests};
pub use guests::{GuestNews, GuestState, Guests};
pub use questions::{AskedQuestion, QuestionState, Questions};
pub use vote::{GoalState, PollState};

use super::chatlog::LogLine;
use crate::clock::Moment;
use crate::events::{
    Caption, Delete, Envelope, Goal, GuestTickets, Link, Pin, PinnedWhat, Poll, Question, QuestionUpdate, Rank,
    RankKind, RoomEvent,
};
use crate::ids::{MsgId, PinId, UserId};
use crate::text::Text;

/// What stands in the room now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Board {
    /// The running or last poll.
    pub poll: Option<PollState>,
    /// The host's goals, in the order we learned of them.
    pub goals: Vec<GoalState>,
    /// The message pinned now.
    pub pinned: Option<Pinned>,
    /// What the host said last.
    pub caption: Option<CaptionState>,
    /// Treasure chests that wait to be opened.
    #[serde(default)]
    pub chests: Chests,
    /// What was asked.
    pub questions: Questions,
    /// Who sits beside the host.
    pub guests: Guests,
    /// The room's best place in the rankings, while it has one.
    pub rank: Option<RoomRank>,
}

/// The room's place in a ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RoomRank {
    /// Which ranking, as the service writes it.
    pub title: Text,
    /// The place; 1 is the first.
    pub place: u64,
}

/// A pinned message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Pinned {
    /// The pin.
    pub id: Option<PinId>,
    /// The message.
    pub message: Option<MsgId>,
    /// Its author.
    pub author: Option<UserId>,
    /// The author's name.
    pub name: Text,
    /// What kind of message it is.
    pub what: PinnedWhat,
    /// What it says.
    pub text: Text,
    /// When it goes by itself.
    pub until: Option<Moment>,
}

/// A caption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CaptionState {
    /// The words, in the spoken language.
    pub text: Text,
    /// When we heard them.
    pub at: Moment,
}

impl Board {
    /// Takes in a poll message; the row it is worth in the log.
    pub(super) fn poll(&mut self, poll: &Poll, at: Moment) -> Option<LogLine> {
        vote::poll(&mut self.poll, poll, at)
    }

    /// Takes in a goal message; the row it is worth in the log.
    pub(super) fn apply_goal(&mut self, goal: &Goal) -> Option<LogLine> {
        vote::apply_goal(&mut self.goals, goal)
    }

    /// Takes in a chest that appears or goes.
    pub(super) fn chest(&mut self, envelope: &Envelope) {
        self.chests.apply(envelope);
    }

    /// Takes in a question; its row.
    pub(super) fn question(&mut self, question: &Question, at: Moment) -> LogLine {
        self.questions.add(question, at);
        LogLine::Question { from: question.from.clone(), text: question.text.clone() }
    }

    /// Takes in what became of a question; the row it is worth in the log.
    pub(super) fn question_update(&mut self, update: &QuestionUpdate, at: Moment) -> Option<LogLine> {
        self.questions.change(update, at)
    }

    /// Takes in a change of the line of guests in the room of this host; the row it is worth in the log.
    pub(super) fn link(&mut self, link: &Link, host: Option<UserId>) -> Option<LogLine> {
        self.guests.link(link, host).map(LogLine::Guests)
    }

    /// Takes in what guests were given.
    pub(super) fn tickets(&mut self, tickets: &GuestTickets) {
        self.guests.tickets(tickets);
    }

    /// Lets time pass: what has lapsed goes. The server's own clock, as messages carry it, ends a poll whose end was lost.
    pub(super) fn expire(&mut self, event: &RoomEvent) {
        if self.pinned.as_ref().and_then(|pinned| pinned.until).is_some_and(|until| until.mono <= event.at.mono) {
            self.pinned = None;
        }
        if let (Some(poll), Some(now)) = (&mut self.poll, event.server_at) {
            poll.expire(now);
        }
    }

    /// A moderator removed messages: none of them stays pinned.
    pub(super) fn delete(&mut self, delete: &Delete) {
        let gone = |pinned: &Pinned| {
            pinned.message.is_some_and(|id| delete.messages.contains(&id))
                || pinned.author.is_some_and(|id| delete.users.contains(&id))
        };
        if self.pinned.as_ref().is_some_and(gone) {
            self.pinned = None;
        }
    }

    /// Takes in a pin; the row it is worth in the log.
    pub(super) fn pin(&mut self, pin: &Pin, at: Moment) -> Option<LogLine> {
        if !pin.pinned {
            let same = |held: &Pinned| pin.id.is_none() || held.id == pin.id || held.message == pin.message;
            if self.pinned.as_ref().is_some_and(same) {
                self.pinned = None;
            }
            return None;
        }
        let from = pin.from.as_ref()?;
        // Hosts pin a message again before it lapses: that is no news.
        let again = pin.message.is_some() && self.pinned.as_ref().is_some_and(|held| held.message == pin.message);
        self.pinned = Some(Pinned {
            id: pin.id,
            message: pin.message,
            author: from.id,
            name: from.name().into(),
            what: pin.what,
            text: pin.text.clone(),
            until: (pin.seconds > 0).then(|| at + Duration::from_secs(pin.seconds.min(86_400))),
        });
        (!again).then(|| LogLine::Pin { from: from.clone(), text: pin.text.clone() })
    }

    /// Takes in places in rankings: the room's own stands on the board.
    pub(super) fn rank(&mut self, rank: &Rank) {
        if rank.kind == RankKind::Room {
            let best = rank.rows.iter().filter(|row| row.place > 0).min_by_key(|row| row.place);
            self.rank = best.map(|row| RoomRank { title: row.title.clone(), place: row.place });
        }
    }

    /// Takes in what the host said.
    pub(super) fn caption(&mut self, caption: &Caption, event: &RoomEvent) {
        let words = caption.texts.iter().find(|words| !words.text.is_empty());
        if let Some(words) = words.filter(|_| !event.history) {
            self.caption = Some(CaptionState { text: words.text.clone(), at: event.at });
        }
    }
}
