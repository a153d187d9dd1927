//! Rules of a room's recordings: which begin by themselves, what is begun anew, what the recorder has to know of the live.
//!
//! Whoever follows rooms with a recorder beside them keeps one [`RecordingRules`] a room: the dashboard in one process, and the
//! background service. Pure: what is to be done comes back as a command.

use super::quality::Quality;
use super::update::{RecorderCommand, RecordingJob};
use crate::config::{RecordRule, RecordSettings};
use crate::events::PhaseKind;
use crate::ids::{RoomId, RoomKey};
use crate::room::Room;
use crate::text::Text;

/// A room as its rules see it.
#[derive(Clone, Copy, Debug)]
pub struct RuledRoom<'a> {
    /// The handle of the room.
    pub key: RoomKey,
    /// The host's handle, else what was typed, without the `@`.
    pub name: &'a str,
    /// Its state.
    pub room: &'a Room,
    /// Bytes are being written, or are about to be.
    pub is_recording: bool,
}

/// What was said and done about the recordings of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingRules {
    /// When it is recorded, as somebody said; else the settings say.
    pub rule: Option<RecordRule>,
    /// The last recording was not stopped by hand.
    goes_on: bool,
    /// The live that is recorded whatever the rule is: it was, when the program ended.
    resumes: Option<RoomId>,
    /// The live that was recorded last.
    last: Option<RoomId>,
    /// The live whose own stream is watched, or was last.
    monitored: Option<RoomId>,
}

impl RuledRoom<'_> {
    /// The live to record, unless it is known to be over. Its stream needs no event socket: where that is refused, or nothing
    /// is known yet, the recorder asks the service.
    pub fn live(&self) -> Option<RoomId> {
        self.room.room_id.filter(|_| !matches!(self.room.phase.kind, PhaseKind::Offline | PhaseKind::Ended))
    }

    /// Where the event socket is refused the live is known all the same.
    fn may_be_on(&self) -> bool {
        use PhaseKind::{Blocked, Connecting, Failed, Live, Paused, Reconnecting};
        matches!(self.room.phase.kind, Connecting | Live | Paused | Reconnecting | Blocked | Failed)
    }

    /// What the recorder is told of a live of this room.
    pub fn job(&self, room_id: RoomId, quality: Option<Quality>) -> RecordingJob {
        RecordingJob { room: self.key, room_id, host: Text::new(self.name), title: self.room.title.clone(), quality }
    }
}

impl RecordingRules {
    /// What was so before the program was last ended: a rule, and a live that was being recorded.
    pub fn restored(rule: Option<RecordRule>, resumes: Option<RoomId>) -> Self {
        Self { rule, resumes, ..Self::default() }
    }

    /// When the room is recorded.
    pub fn rule(&self, room: RuledRoom<'_>, settings: &RecordSettings) -> RecordRule {
        self.rule.unwrap_or_else(|| settings.rule_of(room.name, room.room.room_id))
    }

    /// Begins the recording that is due now, if any: once for each live.
    pub fn begin_due(&mut self, room: RuledRoom<'_>, settings: &RecordSettings) -> Option<RecorderCommand> {
        let rule = self.rule(room, settings);
        let resumes = self.resumes.is_some() && self.resumes == room.room.room_id;
        let wanted = resumes || rule == RecordRule::Live || rule == RecordRule::Next && self.goes_on;
        if !wanted || !room.may_be_on() || room.is_recording || room.live() == self.last {
            return None;
        }
        self.begin(room, None)
    }

    /// Begins to watch the stream of a room that is one's own, once for each live.
    pub fn monitor_due(&mut self, room: RuledRoom<'_>, settings: &RecordSettings) -> Option<RecorderCommand> {
        if !room.may_be_on() || !settings.monitor.covers(room.name, room.room.room_id) {
            return None;
        }
        let room_id = room.live().filter(|room_id| self.monitored != Some(*room_id))?;
        self.monitored = Some(room_id);
        Some(RecorderCommand::Monitor(room.job(room_id, None)))
    }

    /// Begins to record, in a quality of its own where one is named; nothing where no live is known.
    pub fn begin(&mut self, room: RuledRoom<'_>, quality: Option<Quality>) -> Option<RecorderCommand> {
        let room_id = room.live()?;
        self.note_start(room_id);
        Some(RecorderCommand::Start(room.job(room_id, quality)))
    }

    /// Somebody begins to record this live.
    pub fn note_start(&mut self, live: RoomId) {
        (self.last, self.goes_on) = (Some(live), true);
    }

    /// Somebody stops the recording by hand.
    pub fn note_stop(&mut self) {
        self.goes_on = false;
    }

    /// What the recorder has to know of a change of phase: the event socket knows the end, and a pause, before the stream does.
    pub fn phase_changed(&self, room: RuledRoom<'_>, was: PhaseKind) -> Option<RecorderCommand> {
        if !room.is_recording && self.monitored.is_none() {
            return None;
        }
        match room.room.phase.kind {
            PhaseKind::Ended if was != PhaseKind::Ended => Some(RecorderCommand::LiveEnded(room.key)),
            PhaseKind::Paused if was != PhaseKind::Paused => Some(RecorderCommand::LivePaused(room.key, true)),
            PhaseKind::Live if was == PhaseKind::Paused => Some(RecorderCommand::LivePaused(room.key, false)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::events::{EventKind, LiveStart, Phase, RoomEvent};

    fn happen(room: &mut Room, kind: EventKind) {
        let event = RoomEvent { at: Moment::default(), server_at: None, id: None, room_id: None, history: false, kind };
        room.apply(&event);
    }

    fn live(number: u64) -> Room {
        let mut room = Room::new(10);
        happen(&mut room, EventKind::Live(LiveStart { room_id: RoomId(number), live_seq: 1 }));
        happen(&mut room, EventKind::State(Phase::new(PhaseKind::Live)));
        room
    }

    fn ruled(room: &Room, is_recording: bool) -> RuledRoom<'_> {
        RuledRoom { key: RoomKey(1), name: "ana.live", room, is_recording }
    }

    #[test]
    fn each_live_begins_once_and_the_next_after_a_stop_by_hand_does_not() {
        let settings = RecordSettings::default();
        let mut rules = RecordingRules { rule: Some(RecordRule::Live), ..RecordingRules::default() };
        let first = live(7);
        assert!(matches!(rules.begin_due(ruled(&first, false), &settings), Some(RecorderCommand::Start(_))));
        assert_eq!(rules.begin_due(ruled(&first, true), &settings), None);
        assert_eq!(rules.begin_due(ruled(&first, false), &settings), None, "once for each live");
        rules.rule = Some(RecordRule::Next);
        assert!(rules.begin_due(ruled(&live(8), false), &settings).is_some());
        rules.note_stop();
        assert_eq!(rules.begin_due(ruled(&live(9), false), &settings), None);
    }

    #[test]
    fn a_recording_of_before_goes_on_with_its_live_only() {
        let settings = RecordSettings::default();
        let mut rules = RecordingRules::restored(None, Some(RoomId(7)));
        assert_eq!(rules.begin_due(ruled(&live(8), false), &settings), None);
        assert!(rules.begin_due(ruled(&live(7), false), &settings).is_some());
    }

    #[test]
    fn the_recorder_hears_of_an_end_where_it_is_at_work() {
        let (rules, mut room) = (RecordingRules::default(), live(7));
        happen(&mut room, EventKind::State(Phase::new(PhaseKind::Ended)));
        assert_eq!(rules.phase_changed(ruled(&room, false), PhaseKind::Live), None);
        let ended = rules.phase_changed(ruled(&room, true), PhaseKind::Live);
        assert_eq!(ended, Some(RecorderCommand::LiveEnded(RoomKey(1))));
    }
}
