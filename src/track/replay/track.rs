//! Track of a replay: one capture that is being played into its rooms.
//!
//! What tiktop said when it captured (phases, gaps, look-ups) is said again at its place. A capture without such words is
//! taken for a room that was live all along. Instead of a capture a track may have events that somebody knows already.

use std::collections::BTreeMap;

use super::rooms::RoomSet;
use crate::clock::{Moment, Timestamp};
use crate::events::{EventKind, Gap, OwnEvent, Phase, PhaseKind, RoomEvent};
use crate::ids::RoomId;
use crate::text::Text;
use crate::track::room_actor::RoomActor;
use crate::webcast::{CapturePlace, CaptureReader, CapturedItem, CapturedKind, Incoming, ServiceError};

/// The transport of a room that a capture says nothing about.
const TRANSPORT: &str = "replay";

/// Where the lines of a track come from.
enum TrackSource {
    Capture(Box<CaptureReader>),
    /// Events in the order of their times, and which comes next.
    Events(Vec<RoomEvent>, usize),
}

/// The next line of a track.
#[derive(Clone)]
enum Ahead {
    Captured(CapturedItem),
    Event(Box<RoomEvent>),
}

/// A capture, one line ahead.
pub(super) struct CaptureTrack {
    source: TrackSource,
    state: TrackState,
}

/// What is known of a track at its line.
#[derive(Clone, Default)]
struct TrackState {
    ahead: Option<Ahead>,
    name: Option<Text>,
    /// The room of its frames.
    room: Option<usize>,
    /// The rooms of its bare messages, by live.
    lives: BTreeMap<Option<RoomId>, usize>,
    /// The live of the last bare message: one that names none belongs to it.
    current: Option<RoomId>,
    /// It says itself where its room stands.
    narrated: bool,
}

/// A line of a track, to be come back to.
#[derive(Clone)]
pub(super) struct TrackPlace {
    source: SourcePlace,
    state: TrackState,
}

#[derive(Clone)]
enum SourcePlace {
    Capture(CapturePlace),
    Event(usize),
}

impl CaptureTrack {
    pub(super) fn new(replay: CaptureReader) -> Self {
        Self { source: TrackSource::Capture(Box::new(replay)), state: TrackState::default() }
    }

    /// A track of events that are known already, in the order of their times.
    pub(super) fn of_events(name: Text, events: Vec<RoomEvent>) -> Self {
        let state = TrackState { name: Some(name), ..TrackState::default() };
        Self { source: TrackSource::Events(events, 0), state }
    }

    /// Back to the first line. The rooms are forgotten.
    pub(super) async fn rewind(&mut self) -> Result<(), ServiceError> {
        let name = match &mut self.source {
            TrackSource::Capture(capture) => {
                capture.rewind();
                None
            }
            TrackSource::Events(_, next) => {
                *next = 0;
                self.state.name.take()
            }
        };
        self.state = TrackState { name, ..TrackState::default() };
        self.state.ahead = self.source.next().await?;
        Ok(())
    }

    /// Where it is; nothing where it cannot be come back to.
    pub(super) fn place(&self) -> Option<TrackPlace> {
        let source = match &self.source {
            TrackSource::Capture(capture) => SourcePlace::Capture(capture.place()?),
            TrackSource::Events(_, next) => SourcePlace::Event(*next),
        };
        Some(TrackPlace { source, state: self.state.clone() })
    }

    /// Back to a place of its own.
    pub(super) async fn go_to(&mut self, place: TrackPlace) -> Result<(), ServiceError> {
        match (&mut self.source, place.source) {
            (TrackSource::Capture(capture), SourcePlace::Capture(place)) => capture.go_to(place).await?,
            (TrackSource::Events(_, next), SourcePlace::Event(at)) => *next = at,
            _ => {}
        }
        self.state = place.state;
        Ok(())
    }

    /// When the next line was captured; nothing at the end.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.state.ahead.as_ref().map(|ahead| match ahead {
            Ahead::Captured(item) => item.at,
            Ahead::Event(event) => event.at.wall,
        })
    }

    /// Plays the next line. A disk that fails ends the capture.
    pub(super) async fn play(&mut self, rooms: &mut RoomSet) {
        match self.state.ahead.take() {
            Some(Ahead::Captured(captured)) => self.play_line(captured.what, rooms),
            Some(Ahead::Event(event)) => _ = self.room(rooms, None).map(|room| apply_event(room, *event)),
            None => {}
        }
        match self.source.next().await {
            Ok(ahead) => self.state.ahead = ahead,
            Err(error) => self.emit_unreadable(rooms, "(line)", 0, &error.to_string()),
        }
    }

    fn play_line(&mut self, what: CapturedKind, rooms: &mut RoomSet) {
        match what {
            CapturedKind::Name(name) => _ = self.state.name.get_or_insert(name),
            CapturedKind::OwnEvent(event) => {
                self.state.narrated = true;
                // From bytes, as everywhere: reading it from a value would be compiled beside that.
                match serde_json::from_slice(event.to_string().as_bytes()) {
                    Ok(event) => _ = self.room(rooms, None).map(|room| apply_own_event(room, event)),
                    Err(error) => self.emit_unreadable(rooms, "(line)", 0, &error.to_string()),
                }
            }
            CapturedKind::Incoming(Incoming::Response(response)) => {
                let live = if self.state.narrated { None } else { rooms.live_of(&response) };
                let narrated = self.state.narrated;
                let Some(room) = self.room(rooms, live) else { return };
                if !narrated {
                    mark_live(room, live);
                }
                room.apply_response(&response);
            }
            CapturedKind::Incoming(Incoming::Broken { what, bytes }) => {
                self.emit_unreadable(rooms, "(frame)", bytes.len(), &what.to_string());
            }
            // A capture tells gaps as what was said, never as something that came.
            CapturedKind::Incoming(Incoming::Alive | Incoming::Gap { .. }) => {}
            CapturedKind::Message(response, told) => {
                let live = rooms.live_of(&response).or(told).or(self.state.current);
                self.state.current = live;
                let Some(room) = self.live(rooms, live) else { return };
                mark_live(room, live);
                room.apply_response(&response);
            }
            CapturedKind::Unreadable { bytes, why } => self.emit_unreadable(rooms, "(line)", bytes, &why),
        }
    }

    fn emit_unreadable(&mut self, rooms: &mut RoomSet, what: &str, bytes: usize, why: &str) {
        if let Some(room) = self.room(rooms, None) {
            room.emit_unreadable(what, bytes, why);
        }
    }

    /// The room of the frames, and of what belongs to no message.
    fn room<'r>(&mut self, rooms: &'r mut RoomSet, live: Option<RoomId>) -> Option<&'r mut RoomActor> {
        if self.state.room.is_none() {
            let known = self.state.lives.values().next().copied();
            let label = || self.state.name.clone().unwrap_or_else(|| label_of(live));
            self.state.room = known.or_else(|| rooms.add(label()));
        }
        rooms.get(self.state.room?)
    }

    /// The room of a bare message.
    fn live<'r>(&mut self, rooms: &'r mut RoomSet, live: Option<RoomId>) -> Option<&'r mut RoomActor> {
        let at = if let Some(at) = self.state.lives.get(&live) {
            *at
        } else {
            let at = rooms.add(label_of(live))?;
            self.state.lives.insert(live, at);
            at
        };
        rooms.get(at)
    }
}

impl TrackSource {
    async fn next(&mut self) -> Result<Option<Ahead>, ServiceError> {
        match self {
            Self::Capture(capture) => Ok(capture.next_captured().await?.map(Ahead::Captured)),
            Self::Events(events, next) => {
                let event = events.get(*next).cloned();
                *next += 1;
                Ok(event.map(|event| Ahead::Event(Box::new(event))))
            }
        }
    }
}

fn label_of(live: Option<RoomId>) -> Text {
    live.map_or_else(|| Text::new("capture"), |live| Text::from(format_args!("room {live}")))
}

/// We are in this live, and were all along.
fn mark_live(room: &mut RoomActor, live: Option<RoomId>) {
    if let (Some(live), None) = (live, room.room().room_id) {
        room.begin_live(live);
    }
    if room.room().phase.kind == PhaseKind::LookingUp {
        room.emit_phase(Phase::new(PhaseKind::Live).through(TRANSPORT));
    }
}

/// Has happen what is known to have happened.
fn apply_event(room: &mut RoomActor, event: RoomEvent) {
    if event.kind.as_own().is_some() { apply_own_event(room, event) } else { room.apply_event(event) }
}

/// Says again what was said then. Its times were another machine's: only their distance from its own means something.
fn apply_own_event(room: &mut RoomActor, event: RoomEvent) {
    let (then, now) = (event.at, room.now());
    let shift =
        |moment: Moment| if moment.mono < then.mono { now - then.since(moment) } else { now + moment.since(then) };
    match event.kind.as_own() {
        Some(OwnEvent::Live(live)) => room.begin_live(live.room_id),
        Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => room.end_live(phase.reason.clone()),
        Some(OwnEvent::State(phase)) => {
            let transport = phase.transport.as_ref().map(|transport| Text::new(transport).as_str().into());
            room.emit_phase(Phase { transport, retry_at: phase.retry_at.map(shift), ..phase.clone() });
        }
        Some(OwnEvent::Gap(gap)) => {
            let from = shift(gap.from);
            room.emit(EventKind::Gap(Gap { from, length: now.since(from), ..gap.clone() }));
        }
        Some(OwnEvent::Info(_)) => room.emit(event.kind),
        None if matches!(event.kind, EventKind::Unknown(_)) => room.emit(event.kind),
        Some(OwnEvent::StreakClosed(_)) | None => {
            room.emit_unreadable("(line)", 0, "a capture repeats nothing of the service but in its frames");
        }
    }
}
