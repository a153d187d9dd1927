//! Log of what was said and done, in order of arrival, with sequence numbers that never move.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BattleNews, GuestNews};
use crate::clock::{Moment, Timestamp};
use crate::events::{
    BarrageKind, Control, Delete, Emote, Gap, Gift, GiftFacts, GiftTo, GoalPart, Moderation, NoticeKind, PollOption,
    QuestionChange, RoomEvent, Shop, Viewer,
};
use crate::ids::{MsgId, RoomId, UserId};
use crate::text::Text;

/// Joins within this time of the first share its row; later ones begin a new one, so that the time column stays true.
const JOINS_FOLD: Duration = Duration::from_secs(60);
/// And within so many rows, so that it grows where people look and a busy room is not half joins.
const JOINS_REACH: usize = 12;

/// Place of an entry in the log: grows by one, never reused, goes on over lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(pub u64);

/// One row of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LogEntry {
    /// Its place.
    pub seq: Seq,
    /// Grows when the row changes (a streak grows, a message is deleted): wrapped lines are cached by (seq, rev).
    pub rev: u32,
    /// When it arrived.
    pub at: Moment,
    /// The message behind it.
    pub id: Option<MsgId>,
    /// Part of the backlog sent on entry: shown dim.
    pub history: bool,
    /// A moderator removed it; shown struck through.
    pub deleted: bool,
    /// What to show.
    pub line: LogLine,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LogLine {
    /// A comment.
    Chat {
        /// Who.
        from: Arc<Viewer>,
        /// What.
        text: Text,
        /// Emotes inside.
        emotes: Vec<Emote>,
        /// Nobody we saw in this live wrote under this id before.
        first: bool,
    },
    /// Stickers.
    Emote {
        /// Who.
        from: Arc<Viewer>,
        /// How many stickers.
        count: usize,
    },
    /// A gift: one row a streak, growing while it runs.
    Gift {
        /// Who gave.
        from: Arc<Viewer>,
        /// Who received, when not simply the host.
        to: Option<GiftTo>,
        /// What.
        gift: Arc<GiftFacts>,
        /// How many so far.
        count: u64,
        /// Whether the streak still runs.
        running: bool,
    },
    /// People came in; joins that follow closely share one row.
    Joins {
        /// The last one.
        last: Arc<Viewer>,
        /// How many.
        count: u64,
    },
    /// Somebody followed.
    Follow(Arc<Viewer>),
    /// Somebody shared.
    Share(Arc<Viewer>),
    /// Somebody subscribed.
    Subscribe {
        /// Who.
        from: Arc<Viewer>,
        /// Months in a row; 0 when unknown.
        months: u64,
    },
    /// A question.
    Question {
        /// Who asked.
        from: Arc<Viewer>,
        /// What.
        text: Text,
    },
    /// The host's welcome line.
    Intro(Text),
    /// A text of the room.
    Notice {
        /// Where it comes from.
        kind: NoticeKind,
        /// The text.
        text: Text,
    },
    /// A treasure chest.
    Envelope {
        /// Whose.
        from: Text,
        /// Coins inside.
        coins: u64,
        /// How many can win.
        winners: u64,
        /// When it opens.
        opens_at: Option<Timestamp>,
    },
    /// A banner for one viewer.
    Barrage {
        /// What for.
        kind: BarrageKind,
        /// The text.
        text: Text,
    },
    /// TikTok's moderation speaks.
    Moderation(Box<Moderation>),
    /// News of a battle.
    Battle(Box<BattleNews>),
    /// A poll that begins or is over.
    Poll {
        /// Whether it is over.
        over: bool,
        /// The question; often empty.
        title: Text,
        /// What can be voted for, with the votes.
        options: Vec<PollOption>,
    },
    /// A goal of the host that is new or reached.
    Goal {
        /// Whether all of it is done.
        reached: bool,
        /// The host's words for it.
        text: Text,
        /// What it takes and how far that is.
        parts: Vec<GoalPart>,
    },
    /// A message that was pinned.
    Pin {
        /// Whose.
        from: Arc<Viewer>,
        /// What it says.
        text: Text,
    },
    /// What became of a question, or of all of them.
    QuestionUpdate {
        /// What.
        change: QuestionChange,
        /// Who asked, where known.
        from: Option<Arc<Viewer>>,
        /// The question; empty where all are meant.
        text: Text,
    },
    /// The line of guests or co-hosts changed.
    Guests(GuestNews),
    /// The host's shop shows something.
    Shop(Shop),
    /// A sentence that the service wrote.
    ServiceText {
        /// What it is about.
        topic: Topic,
        /// The sentence.
        text: Text,
    },
    /// Pause, resume, end.
    Control(Control),
    /// Time in which we saw nothing.
    Gap(Gap),
    /// A new live: a divider.
    Live {
        /// Its id.
        room_id: RoomId,
        /// Which of this room's lives.
        live_seq: u32,
    },
}

/// What a sentence of the service is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Topic {
    /// Somebody's place.
    Rank,
    /// Many rooms at once.
    Announcement,
    /// Anything else the service has to say.
    Note,
}

/// A ring of entries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChatLog {
    entries: VecDeque<LogEntry>,
    next: Seq,
    limit: usize,
}

impl ChatLog {
    /// An empty log of at most `limit` entries.
    pub fn new(limit: usize) -> Self {
        Self { entries: VecDeque::new(), next: Seq(0), limit: limit.max(1) }
    }

    /// Changes the limit; the oldest entries go when it shrinks.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
        while self.entries.len() > self.limit {
            self.entries.pop_front();
        }
    }

    /// The sequence number the next entry will have.
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// How many entries are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry with this number, if it is still kept.
    pub fn get(&self, seq: Seq) -> Option<&LogEntry> {
        let first = self.entries.front()?.seq.0;
        self.entries.get(usize::try_from(seq.0.checked_sub(first)?).ok()?)
    }

    /// Oldest first; walk it from both ends.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LogEntry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Appends a row for `event`; its place never depends on the limit, so every mirror numbers alike.
    pub(super) fn push(&mut self, event: &RoomEvent, line: LogLine) -> Seq {
        let seq = self.next;
        self.append(LogEntry { seq, rev: 0, at: event.at, id: event.id, history: event.history, deleted: false, line });
        seq
    }

    /// Appends a row that no message stands behind.
    pub(super) fn push_line(&mut self, at: Moment, line: LogLine) {
        self.append(LogEntry { seq: self.next, rev: 0, at, id: None, history: false, deleted: false, line });
    }

    fn append(&mut self, entry: LogEntry) {
        self.next = Seq(entry.seq.0 + 1);
        if self.entries.len() >= self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Adds a join: to the last row where that is young and made of joins too, else as a new row.
    pub(super) fn join(&mut self, event: &RoomEvent, from: &Arc<Viewer>) {
        let mut reach = self.entries.iter_mut().rev().take(JOINS_REACH);
        if let Some(entry) = reach.find(|entry| matches!(entry.line, LogLine::Joins { .. }))
            && entry.history == event.history
            && event.at.since(entry.at) < JOINS_FOLD
            && let LogLine::Joins { last, count } = &mut entry.line
        {
            last.clone_from(from);
            *count += 1;
            entry.rev = entry.rev.wrapping_add(1);
            return;
        }
        self.push(event, LogLine::Joins { last: from.clone(), count: 1 });
    }

    /// Lets the row of a streak grow, if it is still kept. A row that is gone does not come back: that would shift numbers.
    pub(super) fn grow_gift(&mut self, seq: Seq, latest: &Gift, highest: u64) {
        self.change(seq, |line| {
            if let LogLine::Gift { gift, count, running, .. } = line {
                gift.clone_from(&latest.gift);
                *count = highest;
                *running = true;
            }
        });
    }

    /// Marks the row of a streak as finished.
    pub(super) fn finish_gift(&mut self, seq: Seq) {
        self.change(seq, |line| {
            if let LogLine::Gift { running, .. } = line {
                *running = false;
            }
        });
    }

    /// Marks what a moderator removed: these messages, and what these people said.
    pub(super) fn delete(&mut self, delete: &Delete) {
        let messages: BTreeSet<MsgId> = delete.messages.iter().copied().collect();
        let users: BTreeSet<UserId> = delete.users.iter().copied().collect();
        for entry in &mut self.entries {
            let named = entry.id.is_some_and(|id| messages.contains(&id));
            let said = entry.line.speaker().is_some_and(|speaker| users.contains(&speaker));
            if (named || said) && !entry.deleted {
                entry.deleted = true;
                entry.rev = entry.rev.wrapping_add(1);
            }
        }
    }

    fn change(&mut self, seq: Seq, change: impl FnOnce(&mut LogLine)) {
        let Some(first) = self.entries.front().map(|entry| entry.seq.0) else { return };
        let index = seq.0.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
            change(&mut entry.line);
            entry.rev = entry.rev.wrapping_add(1);
        }
    }
}

impl LogLine {
    /// Who said it, where somebody did: only sayings are removed with their author, gifts and joins stay.
    fn speaker(&self) -> Option<UserId> {
        match self {
            Self::Chat { from, .. } | Self::Emote { from, .. } | Self::Question { from, .. } => from.id,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{EventKind, Phase, PhaseKind};

    fn event() -> RoomEvent {
        let kind = EventKind::State(Phase::new(PhaseKind::Live));
        RoomEvent { at: Moment::default(), server_at: None, id: None, room_id: None, history: false, kind }
    }

    #[test]
    fn numbers_go_on_whatever_is_forgotten() {
        let (mut small, mut large) = (ChatLog::new(2), ChatLog::new(100));
        for n in 0..5 {
            let line = LogLine::Intro(Text::from(format!("{n}")));
            assert_eq!(small.push(&event(), line.clone()), large.push(&event(), line));
        }
        assert_eq!((small.len(), large.len()), (2, 5));
        assert_eq!(small.get(Seq(4)), large.get(Seq(4)));
        assert_eq!(small.get(Seq(2)), None);
        large.set_limit(1);
        assert_eq!(large.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [Seq(4)]);
        assert_eq!(small.next_seq(), large.next_seq());
    }

    #[test]
    fn a_row_that_changes_says_so() {
        let mut log = ChatLog::new(2);
        let from = Arc::new(Viewer { id: Some(UserId(1)), ..Viewer::default() });
        log.join(&event(), &from);
        log.join(&event(), &from);
        assert_eq!(log.get(Seq(0)).map(|entry| entry.rev), Some(1));
        log.push(&event(), LogLine::Emote { from, count: 1 });
        let delete = Delete { messages: Vec::new(), users: vec![UserId(1)] };
        log.delete(&delete);
        log.delete(&delete);
        let changed: Vec<_> = log.iter().map(|entry| (entry.rev, entry.deleted)).collect();
        assert_eq!(changed, [(1, false), (1, true)], "what is said goes, a join does not; and only once");
    }
}
