//! Log of what was said and done, in order of arrival, with sequence numbers that never move.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BattleNews, GuestNews};
use crate::clock::{Moment, Timestamp};
use crate::events::{
    Badge, BarrageKind, Control, Delete, Emote, Gap, Gift, GiftFacts, GiftTo, GoalPart, Moderation, NoticeKind,
    PollOption, QuestionChange, RoomEvent, Shop, Viewer, serde_lenient,
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
        /// How many of them our totals hold: fewer where the streak was met in its middle, none in the backlog of entry.
        added: u64,
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
    /// Rows that this log did not get: its reader was too slow.
    Skipped {
        /// How many.
        rows: u64,
    },
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

/// What went because there was no more room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DroppedRows {
    /// How many rows, all together.
    pub rows: u64,
    /// When the last of them went.
    pub at: Moment,
}

/// A ring of entries, bounded by their number and, where wanted, by the memory they take.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChatLog {
    /// A row of a newer program is passed over.
    #[serde(deserialize_with = "serde_lenient::sequence")]
    entries: VecDeque<LogEntry>,
    next: Seq,
    limit: usize,
    /// About how much memory the entries take, and how much they may.
    bytes: usize,
    max_bytes: usize,
    dropped: Option<DroppedRows>,
}

impl ChatLog {
    /// An empty log of at most `limit` entries.
    pub fn new(limit: usize) -> Self {
        let max_bytes = usize::MAX;
        Self { entries: VecDeque::new(), next: Seq(0), limit: limit.max(1), bytes: 0, max_bytes, dropped: None }
    }

    /// Changes how many bytes the entries may take, about; the oldest go when they take more.
    pub fn set_max_bytes(&mut self, max_bytes: usize, now: Moment) {
        self.max_bytes = max_bytes;
        self.shrink(now);
    }

    /// Takes over the rows of an older state of the same log that are not in this one, and its bounds. Rows that are in
    /// neither are told by a row that stands for them.
    pub fn keep_older(&mut self, older: Self, now: Moment) {
        self.limit = older.limit;
        self.max_bytes = older.max_bytes;
        // Numbers that went back are those of another log.
        if older.next > self.next {
            return;
        }
        self.dropped = older.dropped;
        let first = self.entries.front().map_or(self.next, |entry| entry.seq);
        let mut kept: VecDeque<LogEntry> = older.entries.into_iter().take_while(|entry| entry.seq < first).collect();
        for entry in &mut kept {
            // How these ended was told in what we missed.
            if let LogLine::Gift { running, .. } = &mut entry.line {
                *running = false;
            }
        }
        let from = kept.back().map_or(older.next.min(first), |entry| Seq(entry.seq.0 + 1));
        if let (Some(last), Some(rows @ 1..)) = (first.0.checked_sub(1), first.0.checked_sub(from.0)) {
            let at = self.entries.front().map_or(now, |entry| entry.at);
            let line = LogLine::Skipped { rows };
            kept.push_back(LogEntry { seq: Seq(last), rev: 0, at, id: None, history: false, deleted: false, line });
        }
        self.bytes += kept.iter().map(LogEntry::weight).sum::<usize>();
        kept.append(&mut self.entries);
        self.entries = kept;
        self.shrink(now);
    }

    /// Takes over rows of a later state of the same log, each in its place, and the number that the next one will have.
    pub(super) fn merge(&mut self, rows: Vec<LogEntry>, next: Seq, now: Moment) {
        for row in rows {
            let at = self.entries.partition_point(|entry| entry.seq < row.seq);
            self.bytes += row.weight();
            let old = self.entries.get(at).filter(|entry| entry.seq == row.seq).map(LogEntry::weight);
            match (old, self.entries.get_mut(at)) {
                (Some(old), Some(entry)) => (self.bytes, *entry) = (self.bytes.saturating_sub(old), row),
                _ => self.entries.insert(at, row),
            }
        }
        let last = self.entries.back().map_or(next, |entry| Seq(entry.seq.0.saturating_add(1)));
        self.next = self.next.max(next).max(last);
        self.shrink(now);
    }

    /// A log of the same bounds without entries.
    pub fn emptied(&self) -> Self {
        let (limit, max_bytes) = (self.limit, self.max_bytes);
        Self { entries: VecDeque::new(), next: self.next, limit, bytes: 0, max_bytes, dropped: None }
    }

    /// Appends a copy of an entry of another log, whose number has to be beyond those that are here.
    pub fn push_copy(&mut self, entry: &LogEntry) {
        self.append(entry.clone());
    }

    /// What went because there was no more room for it.
    pub fn dropped(&self) -> Option<DroppedRows> {
        self.dropped
    }

    /// About how many bytes the entries take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn shrink(&mut self, now: Moment) {
        while self.entries.len() > self.limit || (self.bytes > self.max_bytes && self.entries.len() > 1) {
            let Some(gone) = self.entries.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(gone.weight());
            let rows = self.dropped.map_or(0, |dropped| dropped.rows);
            self.dropped = Some(DroppedRows { rows: rows + 1, at: now });
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
        self.entries.get(self.index(seq)).filter(|entry| entry.seq == seq)
    }

    /// The entry before this number.
    pub fn before(&self, seq: Seq) -> Option<&LogEntry> {
        self.entries.get(self.index(seq).checked_sub(1)?)
    }

    /// Entries from this number on, oldest first; walk it from both ends.
    pub fn from_seq(&self, seq: Seq) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.range(self.index(seq)..)
    }

    /// Entries up to this number, oldest first; walk it from both ends.
    pub fn until_seq(&self, seq: Seq) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.range(..self.index(Seq(seq.0.saturating_add(1))))
    }

    /// Entries that arrived up to this time of the monotonic clock, oldest first; walk it from both ends.
    pub fn until_time(&self, mono: u64) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.range(..self.entries.partition_point(|entry| entry.at.mono <= mono))
    }

    /// Where the first entry with this number or a later one stands. Numbers grow, but not by one where rows are missing.
    fn index(&self, seq: Seq) -> usize {
        match self.entries.front().map(|first| seq.0.checked_sub(first.seq.0)) {
            None | Some(None) => 0,
            Some(Some(offset)) => {
                let guess = usize::try_from(offset).unwrap_or(usize::MAX);
                match self.entries.get(guess) {
                    Some(entry) if entry.seq == seq => guess,
                    _ => self.entries.partition_point(|entry| entry.seq < seq),
                }
            }
        }
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
        let at = entry.at;
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        self.shrink(at);
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
    pub(super) fn grow_gift(&mut self, seq: Seq, latest: &Gift, highest: u64, more: u64) {
        self.change(seq, |line| {
            if let LogLine::Gift { gift, count, added, running, .. } = line {
                gift.clone_from(&latest.gift);
                *count = highest;
                *added = added.saturating_add(more);
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
        let index = self.index(seq);
        if let Some(entry) = self.entries.get_mut(index).filter(|entry| entry.seq == seq) {
            change(&mut entry.line);
            entry.rev = entry.rev.wrapping_add(1);
        }
    }
}

impl LogEntry {
    /// An entry of its own, in no log.
    pub fn of_line(line: LogLine) -> Self {
        Self { seq: Seq(0), rev: 0, at: Moment::default(), id: None, history: false, deleted: false, line }
    }

    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        let person = self.line.person().map_or(0, |viewer| {
            let words = [&viewer.unique_id, &viewer.nickname].map(|text| text.original().len());
            let picture = viewer.picture.as_ref().map_or(0, |picture| picture.len());
            size_of::<Viewer>() + words.iter().sum::<usize>() + picture + viewer.badges.len() * size_of::<Badge>()
        });
        let words = self.line.said().map_or(0, |text| text.original().len());
        size_of::<Self>() + person + words
    }
}

impl LogLine {
    /// Whose doing it is, where it is one person's.
    pub fn person(&self) -> Option<&Arc<Viewer>> {
        match self {
            Self::Chat { from, .. }
            | Self::Emote { from, .. }
            | Self::Gift { from, .. }
            | Self::Subscribe { from, .. }
            | Self::Question { from, .. }
            | Self::Pin { from, .. }
            | Self::Follow(from)
            | Self::Share(from) => Some(from),
            Self::Joins { last, .. } => Some(last),
            Self::QuestionUpdate { from, .. } => from.as_ref(),
            _ => None,
        }
    }

    /// Words of the person behind it.
    pub fn said(&self) -> Option<&Text> {
        match self {
            Self::Chat { text, .. } | Self::Question { text, .. } | Self::Pin { text, .. } => Some(text),
            _ => None,
        }
    }

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
        large.set_max_bytes(1, Moment::default());
        assert_eq!(large.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [Seq(4)], "the newest always stays");
        assert_eq!((large.dropped().unwrap().rows, small.dropped().unwrap().rows), (4, 3));
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

    fn numbered(limit: usize, count: u64) -> ChatLog {
        let mut log = ChatLog::new(limit);
        (0..count).for_each(|n| _ = log.push(&event(), LogLine::Intro(Text::from(format!("{n}")))));
        log
    }

    #[test]
    fn a_snapshot_keeps_what_the_mirror_had_and_says_what_is_missing() {
        let (mut snapshot, mirror) = (numbered(3, 20), numbered(1_000, 10));
        snapshot.keep_older(mirror, Moment::default());
        let numbers: Vec<u64> = snapshot.iter().map(|entry| entry.seq.0).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19]);
        assert_eq!(snapshot.get(Seq(16)).map(|entry| &entry.line), Some(&LogLine::Skipped { rows: 7 }));
        assert_eq!((snapshot.get(Seq(12)), snapshot.before(Seq(12)).map(|entry| entry.seq)), (None, Some(Seq(9))));
        assert_eq!(snapshot.from_seq(Seq(12)).next().map(|entry| entry.seq), Some(Seq(16)));
        snapshot.push(&event(), LogLine::Intro(Text::default()));
        assert_eq!(snapshot.len(), 15, "and has the mirror's bounds");

        let (mut whole, mirror) = (numbered(12, 20), numbered(1_000, 10));
        whole.keep_older(mirror, Moment::default());
        assert!(whole.iter().map(|entry| entry.seq.0).eq(0..20));

        let (mut anew, mirror) = (numbered(3, 5), numbered(1_000, 10));
        anew.keep_older(mirror, Moment::default());
        assert_eq!(anew.len(), 3, "numbers that went back are another log's");
    }

    #[test]
    fn memory_bounds_the_log_and_what_goes_is_counted() {
        let mut log = ChatLog::new(usize::MAX);
        log.set_max_bytes(100_000, Moment::default());
        for n in 0..10_000 {
            let from = Arc::new(Viewer { nickname: Text::from(format!("name {n}")), ..Viewer::default() });
            log.push(&event(), LogLine::Follow(from));
        }
        assert!(log.bytes() <= 100_000 && log.len() > 50, "{} bytes, {} rows", log.bytes(), log.len());
        assert_eq!(log.dropped().unwrap().rows + log.len() as u64, 10_000);
    }
}
