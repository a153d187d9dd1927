//! Actor that owns one room's state: everything is applied to the room first and published to every reader second.

use std::sync::Arc;
use std::time::Duration;

use super::subscribers::Subscribers;
use super::update::{RawFrame, RawMessage, RoomUpdate};
use crate::clock::{Clock, Moment};
use crate::events::{
    Catalogue, ControlAction, Decoder, EventKind, Info, LiveStart, Phase, PhaseKind, RoomEvent, Unknown,
};
use crate::ids::{RoomId, RoomKey};
use crate::room::{Applied, Room, TalliedEvent};
use crate::text::Text;
use crate::wire::Response;

/// Entries of the log that a room's own task keeps: enough for a screen that attaches late.
const KEPT_LOG_ENTRIES: usize = 200;
/// A smaller change of the server's clock is the network's doing.
const SKEW_STEP_MS: i64 = 1_000;

/// What a response brought.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AppliedResponse {
    /// The last word of the host or of TikTok in it.
    pub(super) control: Option<ControlAction>,
    /// Messages that name our live.
    pub(super) ours: u64,
    /// Messages that name another.
    pub(super) foreign: u64,
    /// Which.
    pub(super) foreign_id: Option<RoomId>,
}

/// Owner of one room's state.
#[derive(Clone)]
pub(super) struct RoomActor {
    key: RoomKey,
    /// What it is called until its host is known.
    label: Text,
    room: Room,
    decoder: Decoder,
    subscribers: Subscribers,
    clock: Clock,
}

impl RoomActor {
    pub(super) fn new(key: RoomKey, subscribers: Subscribers, clock: Clock) -> Self {
        Self::replaying(key, Text::default(), KEPT_LOG_ENTRIES, subscribers, clock)
    }

    /// One that keeps `log` entries of the log, for a replay.
    pub(super) fn replaying(key: RoomKey, label: Text, log: usize, subscribers: Subscribers, clock: Clock) -> Self {
        Self { key, label, room: Room::new(log), decoder: Decoder::default(), subscribers, clock }
    }

    pub(super) fn key(&self) -> RoomKey {
        self.key
    }

    pub(super) fn label(&self) -> &Text {
        &self.label
    }

    /// Goes on from a state that was seen before, and tells every reader of it.
    #[cfg(feature = "cli")]
    pub(super) fn go_on_from(&mut self, room: Room) {
        self.room = room;
        self.publish_snapshot();
    }

    /// Other readers hear this room from now on.
    pub(super) fn set_subscribers(&mut self, subscribers: Subscribers) {
        self.subscribers = subscribers;
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Names and prices for gifts whose messages lack them.
    pub(super) fn set_catalogue(&mut self, catalogue: Arc<Catalogue>) {
        self.decoder = Decoder::new(catalogue);
    }

    /// Says something of our own.
    pub(super) fn emit(&mut self, kind: EventKind) {
        let event =
            RoomEvent { at: self.now(), server_at: None, id: None, room_id: self.room.room_id, history: false, kind };
        self.room.apply(&event);
        self.publish(vec![TalliedEvent::new(event, None)]);
    }

    /// Applies an event that is known already, as if it came now.
    pub(super) fn apply_event(&mut self, event: RoomEvent) {
        let event = RoomEvent { at: self.now(), ..event };
        if let Applied::Fresh(tally) = self.room.apply(&event) {
            let first = self.room.is_first_comment(&event);
            self.publish(vec![TalliedEvent { event, tally, first }]);
        }
    }

    /// Says where the room stands; nothing when that is known already.
    pub(super) fn emit_phase(&mut self, phase: Phase) {
        if self.room.phase != phase {
            self.emit(EventKind::State(phase));
        }
    }

    /// Says what the service reported; nothing when it is what we know.
    pub(super) fn emit_info(&mut self, info: Info) {
        if self.is_news(&info) {
            self.emit(EventKind::Info(Box::new(info)));
        }
    }

    fn is_news(&self, info: &Info) -> bool {
        fn differs<T: Copy + PartialEq>(said: Option<T>, known: Option<T>) -> bool {
            said.is_some() && said != known
        }
        let Room { host, title, stats, .. } = &self.room;
        info.skew_ms.is_some()
            || differs(info.host.id, host.id)
            || (!info.host.unique_id.is_empty() && info.host.unique_id != host.unique_id)
            || (!info.host.nickname.is_empty() && info.host.nickname != host.nickname)
            || (!info.title.is_empty() && info.title != *title)
            || differs(info.watching, stats.watching.map(|(watching, _)| watching))
            || differs(info.total_viewers, stats.total_viewers)
            || info.likes > stats.likes
            || differs(info.followers, stats.followers)
            || differs(info.started_at, self.room.started_at)
    }

    /// Begins a live, unless it is the one we are in.
    pub(super) fn begin_live(&mut self, room_id: RoomId) {
        if self.room.room_id == Some(room_id) {
            return;
        }
        self.close_streaks();
        self.emit(EventKind::Live(LiveStart { room_id, live_seq: self.room.live_seq + 1 }));
    }

    /// The live is over: its streaks close with it.
    pub(super) fn end_live(&mut self, reason: impl Into<Text>) {
        self.close_streaks();
        self.emit_phase(Phase::new(PhaseKind::Ended).because(reason));
    }

    fn close_streaks(&mut self) {
        let closed = self.room.end_live(self.clock.now());
        self.publish(closed);
    }

    /// Applies what one response carries, in its order.
    pub(super) fn apply_response(&mut self, response: &Response) -> AppliedResponse {
        let at = self.now();
        self.learn_skew(response, at);
        let wants = self.subscribers.wants();
        if wants.frames {
            let frame = RawFrame { at, body: response.body.clone() };
            self.subscribers.publish_room(self.key, RoomUpdate::Frame(frame), at);
        }
        if wants.messages {
            self.publish_raw(response, at);
        }
        let mut applied = AppliedResponse::default();
        let mut fresh = Vec::with_capacity(response.messages.len());
        for message in &response.messages {
            let event = self.decoder.decode(message, at);
            let verdict = self.room.apply(&event);
            match verdict {
                Applied::Foreign => {
                    applied.foreign += 1;
                    applied.foreign_id = event.room_id;
                }
                // One that names no room is no proof.
                Applied::Fresh(_) | Applied::Duplicate => applied.ours += u64::from(event.room_id.is_some()),
            }
            if let Applied::Fresh(tally) = verdict {
                if let EventKind::Control(said) = &event.kind
                    && !event.history
                {
                    applied.control = Some(said.action);
                }
                let first = self.room.is_first_comment(&event);
                fresh.push(TalliedEvent { event, tally, first });
            }
        }
        self.publish(fresh);
        for _ in 0..response.broken {
            self.emit_unreadable("(message)", 0, "its envelope could not be read");
        }
        applied
    }

    /// Counts bytes that could not be read: they cost themselves and nothing else.
    pub(super) fn emit_unreadable(&mut self, what: &str, bytes: usize, error: &str) {
        self.emit(EventKind::Unknown(Unknown { method: Text::new(what), bytes, error: Some(Text::new(error)) }));
    }

    fn learn_skew(&mut self, response: &Response, at: Moment) {
        let Some(now) = response.now else { return };
        let skew = now.0.saturating_sub(at.wall.0);
        if self.room.skew_ms.is_none_or(|known| known.abs_diff(skew) >= SKEW_STEP_MS.unsigned_abs()) {
            self.emit_info(Info { skew_ms: Some(skew), ..Info::default() });
        }
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self) {
        let closed = self.room.tick(self.clock.now());
        self.publish(closed);
    }

    /// How long until [`RoomActor::tick`] has something to do.
    pub(super) fn next_tick(&self) -> Option<Duration> {
        self.room.next_tick().map(|then| then.since(self.now()))
    }

    /// Sends the whole state to every reader.
    pub(super) fn publish_snapshot(&self) {
        self.subscribers.publish_room(self.key, RoomUpdate::Snapshot(Arc::new(self.room.clone())), self.now());
    }

    /// Tells every reader that the room is gone, into another one where two names led to one host.
    pub(super) fn publish_removed(&self, into: Option<RoomKey>) {
        self.subscribers.publish_room(self.key, RoomUpdate::Removed { into }, self.now());
    }

    fn publish(&self, tallied: Vec<TalliedEvent>) {
        if !tallied.is_empty() {
            self.subscribers.publish_room(self.key, RoomUpdate::Events(tallied.into()), self.now());
        }
    }

    fn publish_raw(&self, response: &Response, at: Moment) {
        let raw = response.messages.iter().map(|message| RawMessage {
            at,
            method: Text::new(&message.method),
            id: message.msg_id,
            payload: message.payload.clone(),
        });
        self.subscribers.publish_room(self.key, RoomUpdate::Raw(raw.collect()), at);
    }
}
