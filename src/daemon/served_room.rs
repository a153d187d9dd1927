//! Room of the service: its mirror, and when it is recorded.

use super::saved_rooms::SavedRoom;
use crate::clock::Timestamp;
use crate::config::RecordSettings;
use crate::events::{OwnEvent, RoomEvent};
use crate::ids::{RoomKey, Target};
use crate::record::{Cue, Quality, RecorderCommand, RecordingRules, RecordingState, RuledRoom};
use crate::room::{AwayTally, LogEntry, Room, RoomSummary, SummaryCursor, TalliedEvent};
use crate::text::Text;

/// Rows of the log that are kept: what a screen shows that comes later.
const KEPT_LOG_ENTRIES: usize = 200;
/// News of the room itself that a summary tells.
const MAX_NEWS: usize = 32;

/// A tracked room, as the service knows it.
#[derive(Clone, Debug)]
pub(super) struct ServedRoom {
    pub(super) key: RoomKey,
    /// What was typed; its name until the host is known.
    pub(super) label: Text,
    /// The mirror.
    pub(super) room: Room,
    /// Where its recording stands.
    pub(super) recording: Option<RecordingState>,
    /// When it is recorded.
    pub(super) rules: RecordingRules,
    /// When something last came of a live.
    pub(super) last_seen: Option<Timestamp>,
    /// Up to where summaries have told it.
    pub(super) summed_up: SummaryCursor,
    /// Something happened since the last summary, and what befell the room itself.
    is_news: bool,
    news: Vec<RoomEvent>,
}

impl ServedRoom {
    /// A room of which nothing is known yet.
    pub(super) fn new(key: RoomKey, label: Text) -> Self {
        let room = Room::new(KEPT_LOG_ENTRIES);
        Self {
            key,
            label,
            room,
            recording: None,
            rules: RecordingRules::default(),
            last_seen: None,
            summed_up: SummaryCursor::default(),
            is_news: false,
            news: Vec::new(),
        }
    }

    /// What was said of this room before the service was last ended.
    pub(super) fn restore(&mut self, saved: &SavedRoom) {
        self.rules = RecordingRules::restored(saved.rule, saved.room_id.filter(|_| saved.recording));
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

    /// Follows what happened in the room. What the recorder has to know of it comes back.
    pub(super) fn apply<'a>(
        &mut self,
        events: &[TalliedEvent],
        settings: &RecordSettings,
        away: impl Iterator<Item = &'a mut AwayTally>,
    ) -> Vec<RecorderCommand> {
        let mut away: Vec<_> = away.collect();
        let (was, is_recording) = (self.room.phase.kind, self.is_recording());
        let mut commands = Vec::new();
        self.is_news = true;
        for tallied in events {
            let (from, marks) = (self.room.chat.next_seq(), self.room.marks.count());
            self.room.apply_tallied(tallied);
            for away in &mut away {
                away.add(tallied, self.room.name(&self.label), &self.room, from);
            }
            let event = &tallied.event;
            if event.kind.is_from_service() {
                self.last_seen = Some(event.at.wall);
            }
            let befell = matches!(event.kind.as_own(), Some(OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::Live(_)));
            if befell && self.news.len() < MAX_NEWS {
                self.news.push(event.clone());
            }
            if is_recording {
                let cues = Cue::of_applied(event, &self.room, marks);
                commands.extend(cues.map(|cue| RecorderCommand::Cue(self.key, Box::new(cue))));
            }
        }
        commands.extend(self.with_rules(|rules, room| {
            let changed = rules.phase_changed(room, was);
            let due = rules.begin_due(room, settings);
            [changed, due, rules.monitor_due(room, settings)].into_iter().flatten().collect::<Vec<_>>()
        }));
        commands
    }

    /// Replaces the mirror.
    pub(super) fn replace(&mut self, room: Room, settings: &RecordSettings) -> Option<RecorderCommand> {
        self.room = room;
        self.begin_due(settings)
    }

    /// Begins the recording that is due now, if any: once for each live.
    pub(super) fn begin_due(&mut self, settings: &RecordSettings) -> Option<RecorderCommand> {
        self.with_rules(|rules, room| rules.begin_due(room, settings))
    }

    /// Begins to record, in a quality of its own where one is named; nothing where no live is known.
    pub(super) fn begin(&mut self, quality: Option<Quality>) -> Option<RecorderCommand> {
        self.with_rules(|rules, room| rules.begin(room, quality))
    }

    /// What is new since the last time, and the rows behind it, of which each reader wants some; nothing where nothing is.
    pub(super) fn sum_up(&mut self) -> Option<(RoomSummary, Vec<LogEntry>)> {
        std::mem::take(&mut self.is_news).then(|| {
            let rows = self.room.rows_since(&mut self.summed_up);
            let news = std::mem::take(&mut self.news);
            (RoomSummary { news, ..self.room.summary(&self.summed_up) }, rows)
        })
    }

    /// What happened so far is told in no summary: nobody got one.
    pub(super) fn forget_news(&mut self) {
        self.news.clear();
        drop(self.room.rows_since(&mut self.summed_up));
    }

    fn with_rules<T>(&mut self, ask: impl FnOnce(&mut RecordingRules, RuledRoom<'_>) -> T) -> T {
        let is_recording = self.is_recording();
        let Self { key, label, room, rules, .. } = self;
        ask(rules, RuledRoom { key: *key, name: room.name(label), room, is_recording })
    }
}
