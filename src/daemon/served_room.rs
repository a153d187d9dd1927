//! Room of the service: its mirror, and when it is recorded.

use super::away::AwayTally;
use super::saved_rooms::SavedRoom;
use crate::clock::Timestamp;
use crate::config::{RecordRule, RecordSettings};
use crate::events::PhaseKind;
use crate::ids::{RoomId, RoomKey, Target};
use crate::record::{Cue, Quality, RecorderCommand, RecordingJob, RecordingState};
use crate::room::{Room, TalliedEvent};
use crate::text::Text;

/// Rows of the log that are kept: what a screen shows that comes later.
const KEPT_LOG_ENTRIES: usize = 200;

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
    /// When it is recorded, as somebody said since the start; else the settings say.
    pub(super) rule: Option<RecordRule>,
    /// When something last came of a live.
    pub(super) last_seen: Option<Timestamp>,
    /// The last recording was not stopped by hand.
    goes_on: bool,
    /// It was being recorded when the service was last ended: it goes on with that live.
    resumes: Option<RoomId>,
    /// The live that was recorded last.
    last_recorded: Option<RoomId>,
    /// The live whose own stream is watched, or was last.
    monitored: Option<RoomId>,
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
            rule: None,
            last_seen: None,
            goes_on: false,
            resumes: None,
            last_recorded: None,
            monitored: None,
        }
    }

    /// What was said of this room before the service was last ended.
    pub(super) fn restore(&mut self, saved: &SavedRoom) {
        self.rule = saved.rule;
        self.resumes = saved.room_id.filter(|_| saved.recording);
    }

    /// Handle of the host, else what was typed, without the `@`.
    pub(super) fn name(&self) -> &str {
        let handle = &self.room.host.unique_id;
        let name = if handle.is_empty() { &self.label } else { handle };
        name.as_str().trim_start_matches('@')
    }

    /// Whether `target` leads here.
    pub(super) fn is(&self, target: &Target) -> bool {
        match target {
            Target::Host(host) => self.name().eq_ignore_ascii_case(host.as_str()),
            Target::Room(room) => self.room.room_id == Some(*room) || self.name() == room.to_string(),
        }
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
        for tallied in events {
            let marks = self.room.marks.count();
            self.room.apply_tallied(tallied);
            for away in &mut away {
                away.add(tallied, &self.room);
            }
            if tallied.event.kind.is_from_service() {
                self.last_seen = Some(tallied.event.at.wall);
            }
            if is_recording {
                let cues = Cue::of_applied(&tallied.event, &self.room, marks);
                commands.extend(cues.map(|cue| RecorderCommand::Cue(self.key, Box::new(cue))));
            }
        }
        if is_recording || self.monitored.is_some() {
            // The event socket knows the end, and a pause, before the stream does.
            commands.extend(match self.room.phase.kind {
                PhaseKind::Ended if was != PhaseKind::Ended => Some(RecorderCommand::LiveEnded(self.key)),
                PhaseKind::Paused if was != PhaseKind::Paused => Some(RecorderCommand::LivePaused(self.key, true)),
                PhaseKind::Live if was == PhaseKind::Paused => Some(RecorderCommand::LivePaused(self.key, false)),
                _ => None,
            });
        }
        commands.extend(self.begin_due(settings));
        commands.extend(self.monitor_due(settings));
        commands
    }

    /// Replaces the mirror.
    pub(super) fn replace(&mut self, room: Room, settings: &RecordSettings) -> Option<RecorderCommand> {
        self.room = room;
        self.begin_due(settings)
    }

    /// Begins the recording that is due now, if any: once for each live.
    pub(super) fn begin_due(&mut self, settings: &RecordSettings) -> Option<RecorderCommand> {
        let rule = self.rule.unwrap_or_else(|| settings.rule_of(self.name(), self.room.room_id));
        let resumes = self.resumes.is_some() && self.resumes == self.room.room_id;
        let wanted = resumes || rule == RecordRule::Live || rule == RecordRule::Next && self.goes_on;
        let is_new = self.live_to_record() != self.last_recorded;
        if !wanted || !self.may_be_on() || self.is_recording() || !is_new {
            return None;
        }
        self.begin(None)
    }

    /// Begins to watch the stream of a room that is one's own, once for each live.
    fn monitor_due(&mut self, settings: &RecordSettings) -> Option<RecorderCommand> {
        if !self.may_be_on() || !settings.monitor.covers(self.name(), self.room.room_id) {
            return None;
        }
        let room_id = self.live_to_record().filter(|room_id| self.monitored != Some(*room_id))?;
        self.monitored = Some(room_id);
        let (room, host, title) = (self.key, Text::new(self.name()), self.room.title.clone());
        Some(RecorderCommand::Monitor(RecordingJob { room, room_id, host, title, quality: None }))
    }

    /// Begins to record, in a quality of its own where one is named; nothing where no live is known.
    pub(super) fn begin(&mut self, quality: Option<Quality>) -> Option<RecorderCommand> {
        let room_id = self.live_to_record()?;
        self.note_start(room_id);
        let (room, host, title) = (self.key, Text::new(self.name()), self.room.title.clone());
        Some(RecorderCommand::Start(RecordingJob { room, room_id, host, title, quality }))
    }

    /// Somebody begins to record this live.
    pub(super) fn note_start(&mut self, live: RoomId) {
        (self.last_recorded, self.goes_on) = (Some(live), true);
    }

    /// Somebody stops the recording by hand.
    pub(super) fn note_stop(&mut self) {
        self.goes_on = false;
    }

    /// The live to record, unless it is known to be over. Its stream needs no event socket: where that is refused, or nothing
    /// is known yet, the recorder asks the service.
    fn live_to_record(&self) -> Option<RoomId> {
        self.room.room_id.filter(|_| !matches!(self.room.phase.kind, PhaseKind::Offline | PhaseKind::Ended))
    }

    /// Where the event socket is refused the live is known all the same.
    fn may_be_on(&self) -> bool {
        use PhaseKind::{Blocked, Connecting, Failed, Live, Paused, Reconnecting};
        matches!(self.room.phase.kind, Connecting | Live | Paused | Reconnecting | Blocked | Failed)
    }
}
