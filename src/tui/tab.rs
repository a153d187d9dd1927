//! Tab of one tracked room: the mirror, and where the person is in it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use compact_str::CompactString;

use crate::clock::Moment;
use crate::config::ScreenSettings;
use crate::events::PhaseKind;
use crate::history::{HistoryNews, PastLive};
use crate::ids::{RoomId, RoomKey, Target, UserId};
use crate::record::{MonitorState, RecordingRules, RecordingState, RuledRoom};
use crate::room::{BattlePhase, ChatLog, LogEntry, Room, Seq};
use crate::text::Text;

use super::names::Names;
use super::people::PeopleRules;
use super::roster::RosterState;
use super::rows::{HiddenRows, RowRules, RowView};
use super::search::SearchQuery;
use super::ticks::{StreakMark, Thanked};
use super::widgets::feed::Anchor;

/// Entries kept of a room; memory bounds them sooner.
const ROWS: usize = 1_000_000;
/// Bytes that the log of one room may take, and those of all rooms together.
const LOG_BYTES: usize = 8_000_000;
const ALL_LOG_BYTES: usize = 200_000_000;
/// After so much time in a room most of those who talk have been seen.
const FIRST_AFTER: Duration = Duration::from_secs(180);
/// A finished battle stays on the screen this long, in seconds.
const BATTLE_LINGERS: u64 = 60;

/// A room on the screen.
#[derive(Clone, Debug)]
pub(super) struct Tab {
    pub(super) key: RoomKey,
    /// What was typed; its name until the host is known.
    pub(super) label: Text,
    /// The mirror of the room.
    pub(super) room: Room,
    /// When it was added.
    pub(super) added: Moment,
    /// Names that more than one person here has.
    pub(super) names: Names,
    /// What the chat pane shows.
    pub(super) anchor: Anchor,
    /// Rows that are not shown.
    pub(super) rows: HiddenRows,
    /// What is too much to read is left out.
    pub(super) is_slow: bool,
    /// The row of the chat that is marked.
    pub(super) marked: Option<Seq>,
    /// Rows that fit what is looked for; nothing while nothing is.
    pub(super) found: Option<Found>,
    /// What is known of who is here by name.
    pub(super) roster: RosterState,
    /// When it was last asked for.
    pub(super) roster_asked: Option<Moment>,
    /// The person who is marked among the top viewers.
    pub(super) marked_viewer: Option<UserId>,
    /// The question that is marked, and those that were ticked off.
    pub(super) marked_question: Option<CompactString>,
    pub(super) ticked_questions: HashSet<CompactString>,
    /// The row of the gifts pane that is marked.
    pub(super) marked_gift: Option<StreakMark>,
    /// Gifts that were thanked for.
    pub(super) thanked: Thanked,
    /// The row at the top of the gifts pane; nothing while it shows the newest.
    pub(super) gifts_top: Option<StreakMark>,
    /// Comments, questions and gifts since the person last looked.
    pub(super) unread: u64,
    /// Updates were lost and a snapshot was asked for.
    pub(super) lagged: bool,
    /// Changes with everything that makes rows that were composed before worth nothing.
    pub(super) composed: u64,
    /// What the history knows of people who spoke or gave in this live, by user id.
    pub(super) marks: HashMap<u64, HistoryNews>,
    /// The first row whose writer the history was not asked about yet.
    pub(super) asked_from: Seq,
    /// Where its recording stands.
    pub(super) recording: Option<RecordingState>,
    /// When it is recorded by itself.
    pub(super) rules: RecordingRules,
    /// Only summaries of it come: the crowd is missing in its log.
    pub(super) is_summed_up: bool,
    /// What the last summary counted that asks to be read.
    pub(super) asked: Option<u64>,
    /// It is among those that the next command of an overview is for.
    pub(super) is_chosen: bool,
    /// What the monitor of its stream sees, where it is one's own.
    pub(super) monitor: Option<MonitorState>,
    /// The host's live before this one, where the history has it.
    pub(super) last_live: Option<Box<PastLive>>,
    /// The live whose end was reported.
    pub(super) reported: Option<RoomId>,
}

/// Rows of a room that fit what is looked for.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Their numbers, growing.
    seqs: Vec<Seq>,
    /// The rows alone, where the others are hidden.
    log: Option<ChatLog>,
}

impl Found {
    /// Whether a row is among them.
    pub(super) fn has(&self, seq: Seq) -> bool {
        self.seqs.binary_search(&seq).is_ok()
    }

    /// The place of a row among those that are still kept, from 1 for the oldest, and how many there are.
    pub(super) fn place(&self, log: &ChatLog, marked: Option<Seq>) -> (Option<usize>, usize) {
        let oldest = log.iter().next().map_or(log.next_seq(), |entry| entry.seq);
        let gone = self.seqs.partition_point(|seq| *seq < oldest);
        let place = marked.and_then(|seq| self.seqs.binary_search(&seq).ok()).map(|at| at + 1 - gone.min(at + 1));
        (place, self.seqs.len() - gone)
    }

    /// The one before `seq`, or after it.
    pub(super) fn step(&self, seq: Seq, forward: bool) -> Option<Seq> {
        if forward {
            return self.seqs.get(self.seqs.partition_point(|found| *found <= seq)).copied();
        }
        self.seqs.get(self.seqs.partition_point(|found| *found < seq).checked_sub(1)?).copied()
    }
}

/// Bytes that the log of each of so many rooms may take.
pub(super) fn log_share(rooms: usize) -> usize {
    (ALL_LOG_BYTES / rooms.max(1)).min(LOG_BYTES)
}

impl Tab {
    /// A room of which nothing is known yet; with `handles` every name is shown with its handle.
    pub(super) fn new(key: RoomKey, label: Text, handles: bool, now: Moment) -> Self {
        Self {
            key,
            label,
            room: Room::new(ROWS),
            added: now,
            names: Names::new(handles),
            anchor: Anchor::Follow,
            rows: HiddenRows::default(),
            roster: RosterState::default(),
            roster_asked: None,
            marked_viewer: None,
            marked_question: None,
            ticked_questions: HashSet::new(),
            is_slow: false,
            marked: None,
            found: None,
            marked_gift: None,
            thanked: Thanked::default(),
            gifts_top: None,
            unread: 0,
            lagged: false,
            composed: 0,
            marks: HashMap::new(),
            asked_from: Seq::default(),
            recording: None,
            rules: RecordingRules::default(),
            is_summed_up: false,
            asked: None,
            is_chosen: false,
            monitor: None,
            last_live: None,
            reported: None,
        }
    }

    /// Looks for what is wanted among all rows; with `hides` the others are not shown.
    pub(super) fn search(&mut self, query: Option<&SearchQuery>, hides: bool) {
        self.found = query.map(|_| Found { seqs: Vec::new(), log: hides.then(|| self.room.chat.emptied()) });
        if let Some(query) = query {
            self.find_from(query, Seq(0));
        }
    }

    /// Looks for what is wanted among the rows at or after `from`.
    pub(super) fn find_from(&mut self, query: &SearchQuery, from: Seq) {
        let name = self.name().to_owned();
        let Some(found) = &mut self.found else { return };
        for entry in self.room.chat.from_seq(from).filter(|entry| query.fits(entry, &name)) {
            found.seqs.push(entry.seq);
            if let Some(log) = &mut found.log {
                log.push_copy(entry);
            }
        }
    }

    /// The rows that are shown: those that were found, or all but the hidden ones.
    pub(super) fn log(&self) -> RowView<'_> {
        match &self.found {
            // Whoever searches wants to see all there is.
            Some(found) => found.log.as_ref().unwrap_or(&self.room.chat).into(),
            None => RowView::new(&self.room.chat, &self.rows),
        }
    }

    /// Decides which rows at or after `from` are shown.
    pub(super) fn hide_rows(&mut self, settings: &ScreenSettings, people: &PeopleRules, from: Seq) {
        if from == Seq(0) {
            self.rows = HiddenRows::default();
        }
        let name = self.name().to_owned();
        let rules = RowRules { settings, people, room: self.key, name: &name, slow: self.is_slow };
        self.rows.collect(&self.room.chat, from, rules);
    }

    /// A shown row as it is now: what was found is a copy of what it was then.
    pub(super) fn current<'a>(&'a self, entry: &'a LogEntry) -> &'a LogEntry {
        self.room.chat.get(entry.seq).unwrap_or(entry)
    }

    /// From when on a first comment is news: before, everybody's is the first that we see.
    pub(super) fn first_from(&self) -> Moment {
        self.added + FIRST_AFTER
    }

    /// Learns the names of rows at or after `from`; rows that were composed before are worth nothing when a name turns out to
    /// be somebody else's too.
    pub(super) fn learn_names(&mut self, from: Seq) {
        let rows = self.room.chat.from_seq(from);
        let people = rows.filter_map(|entry| entry.line.person().map(|person| (person, entry.at)));
        let shared = people.filter(|(viewer, at)| self.names.note(viewer, *at)).count();
        self.composed += shared as u64;
    }

    /// Handle of the host, else what was typed, without the `@`.
    pub(super) fn name(&self) -> &str {
        self.room.name(&self.label)
    }

    /// Whether `target` leads here.
    pub(super) fn is(&self, target: &Target) -> bool {
        self.room.is(target, &self.label)
    }

    /// Whether bytes are being written, or are about to be.
    pub(super) fn is_recording(&self) -> bool {
        self.recording.as_ref().is_some_and(RecordingState::is_active)
    }

    /// The live to record, unless it is known to be over.
    pub(super) fn live_to_record(&self) -> Option<RoomId> {
        self.ruled().live()
    }

    /// The room as the rules of its recordings see it.
    pub(super) fn ruled(&self) -> RuledRoom<'_> {
        RuledRoom { key: self.key, name: self.name(), room: &self.room, is_recording: self.is_recording() }
    }

    /// Asks the rules of its recordings for something that changes them.
    pub(super) fn with_rules<T>(&mut self, ask: impl FnOnce(&mut RecordingRules, RuledRoom<'_>) -> T) -> T {
        let mut rules = std::mem::take(&mut self.rules);
        let asked = ask(&mut rules, self.ruled());
        self.rules = rules;
        asked
    }

    /// Whether the live is on, as far as is known.
    pub(super) fn is_on_air(&self) -> bool {
        use PhaseKind::{Connecting, Live, Paused, Reconnecting};
        matches!(self.room.phase.kind, Connecting | Live | Paused | Reconnecting)
    }

    /// Why the room waits for another try, without what differs from room to room and from try to try: names and numbers.
    /// Nothing where it does not wait because of a failure.
    pub(super) fn failure_cause(&self) -> Option<String> {
        let phase = &self.room.phase;
        let waits =
            phase.retry_at.is_some() && !matches!(phase.kind, PhaseKind::Live | PhaseKind::Offline | PhaseKind::Ended);
        let own = [self.name(), self.label.as_str().trim_start_matches('@')];
        let mut reason = phase.reason.as_str().to_owned();
        for name in own.into_iter().filter(|name| !name.is_empty()) {
            reason = reason.replace(name, "");
        }
        reason.retain(|c| !c.is_ascii_digit());
        (waits && !reason.is_empty()).then_some(reason)
    }

    /// Whether the battle is worth room on the screen.
    pub(super) fn shows_battle(&self, now: Moment) -> bool {
        self.room.battle.as_ref().is_some_and(|battle| {
            battle.phase != BattlePhase::Over || now.since(battle.phase_since).as_secs() < BATTLE_LINGERS
        })
    }

    /// Counts what came at or after `from` and asks for a look.
    pub(super) fn count_unread(&mut self, from: Seq) {
        let new = self.room.chat.iter().rev().take_while(|entry| entry.seq >= from);
        self.unread += new.filter(|entry| !entry.history && entry.line.asks_to_be_read()).count() as u64;
    }
}
