//! Rooms of a replay, fed from captures: everything but the pace.

use std::collections::HashSet;

use super::track::{CaptureTrack, TrackPlace};
use crate::clock::{Clock, Timestamp};
use crate::events::{Decoder, PhaseKind};
use crate::ids::{RoomId, RoomKey};
use crate::text::Text;
use crate::track::room_actor::RoomActor;
use crate::track::subscribers::Subscribers;
use crate::track::update::RoomUpdate;
use crate::webcast::ServiceError;
use crate::wire::Response;

/// Entries of the log kept of each room: a screen that was not there before a jump has them from here.
const LOG: usize = 20_000;
/// RoomSet made of one replay; the messages of further ones are left out.
const MAX_ROOMS: usize = 1_024;

/// The captures and the rooms they feed.
pub(super) struct ReplayRooms {
    tracks: Vec<CaptureTrack>,
    rooms: RoomSet,
}

/// Where the captures are, and how the rooms stand there.
#[derive(Clone)]
pub(super) struct RoomsPlace {
    tracks: Vec<TrackPlace>,
    actors: Vec<RoomActor>,
}

impl RoomsPlace {
    /// Rows of all logs.
    pub(super) fn rows(&self) -> usize {
        self.actors.iter().map(|room| room.room().chat.len()).sum()
    }
}

/// The rooms; their keys count from 1 in the order of their first lines, which is the same each time.
pub(super) struct RoomSet {
    actors: Vec<RoomActor>,
    subscribers: Subscribers,
    /// Rooms that somebody removed: nobody hears of them again, wherever the replay goes.
    removed: HashSet<RoomKey>,
    clock: Clock,
    decoder: Decoder,
}

impl ReplayRooms {
    /// The captures at their first lines. Nobody hears anything yet.
    pub(super) async fn new(tracks: Vec<CaptureTrack>, clock: Clock) -> Result<Self, ServiceError> {
        let rooms = RoomSet {
            actors: Vec::new(),
            subscribers: Subscribers::default(),
            removed: HashSet::new(),
            clock,
            decoder: Decoder::default(),
        };
        let mut rooms = Self { tracks, rooms };
        rooms.rewind().await?;
        Ok(rooms)
    }

    /// Nobody hears of what follows.
    pub(super) fn mute(&mut self) {
        self.rooms.subscribers = Subscribers::default();
        for room in &mut self.rooms.actors {
            room.set_subscribers(Subscribers::default());
        }
    }

    /// Everything as before the first line.
    pub(super) async fn rewind(&mut self) -> Result<(), ServiceError> {
        self.rooms.actors.clear();
        for track in &mut self.tracks {
            track.rewind().await?;
        }
        if let Some(first) = self.next_line() {
            self.rooms.clock.set(first);
        }
        Ok(())
    }

    /// Where everything is now; nothing where a capture cannot be come back to.
    pub(super) fn place(&self) -> Option<RoomsPlace> {
        let tracks = self.tracks.iter().map(CaptureTrack::place).collect::<Option<_>>()?;
        let mut actors = self.rooms.actors.clone();
        for room in &mut actors {
            room.set_subscribers(Subscribers::default());
        }
        Some(RoomsPlace { tracks, actors })
    }

    /// Everything as it was at a place that was passed, at its time. Nobody hears of it.
    pub(super) async fn go_to(&mut self, place: RoomsPlace, at: Timestamp) -> Result<(), ServiceError> {
        for (track, place) in self.tracks.iter_mut().zip(place.tracks) {
            track.go_to(place).await?;
        }
        self.rooms.actors = place.actors;
        self.rooms.clock.set(at);
        Ok(())
    }

    /// The time of the capture.
    pub(super) fn now(&self) -> Timestamp {
        self.rooms.clock.now().wall
    }

    /// From now on these readers hear what happens, beginning with how the rooms stand. `known` rooms were told before.
    pub(super) fn set_subscribers(&mut self, subscribers: &Subscribers, known: usize) {
        let now = self.rooms.clock.now();
        let removed = &self.rooms.removed;
        for key in (self.rooms.actors.len()..known).map(|at| RoomKey(at as u64 + 1)) {
            if !removed.contains(&key) {
                subscribers.publish_room(key, RoomUpdate::Removed { into: None }, now);
            }
        }
        for (at, room) in self.rooms.actors.iter_mut().enumerate() {
            if removed.contains(&room.key()) {
                continue;
            }
            if at >= known {
                let label = room.label().clone();
                subscribers.publish_room(room.key(), RoomUpdate::Added { label }, now);
            }
            room.set_subscribers(subscribers.clone());
            room.publish_snapshot();
        }
        self.rooms.subscribers = subscribers.clone();
    }

    /// How many rooms there are so far.
    pub(super) fn len(&self) -> usize {
        self.rooms.actors.len()
    }

    /// A room by its key.
    pub(super) fn room(&mut self, key: RoomKey) -> Option<&mut RoomActor> {
        self.rooms.actors.get_mut(usize::try_from(key.0).ok()?.checked_sub(1)?)
    }

    /// Nobody wants to hear of this room any more. Whether it was there.
    pub(super) fn remove(&mut self, key: RoomKey) -> bool {
        let Some(room) = self.room(key) else { return false };
        room.set_subscribers(Subscribers::default());
        self.rooms.removed.insert(key)
    }

    /// When the next line was captured; nothing at the end.
    pub(super) fn next_line(&self) -> Option<Timestamp> {
        self.tracks.iter().filter_map(CaptureTrack::next_at).min()
    }

    /// When time itself next changes a room, such as by closing a streak.
    pub(super) fn next_tick(&self) -> Option<Timestamp> {
        let next = self.rooms.actors.iter().filter_map(RoomActor::next_tick).min()?;
        Some((self.rooms.clock.now() + next).wall)
    }

    /// Lets the time pass that has passed.
    pub(super) fn tick(&mut self) {
        for room in &mut self.rooms.actors {
            if room.next_tick().is_some_and(|wait| wait.is_zero()) {
                room.tick();
            }
        }
    }

    /// Plays the next line.
    pub(super) async fn apply_line(&mut self) {
        let next = self.tracks.iter_mut().filter(|track| track.next_at().is_some()).min_by_key(|track| track.next_at());
        if let Some(track) = next {
            track.play(&mut self.rooms).await;
        }
    }

    /// The captures are over, and with them the lives that did not end.
    pub(super) fn end(&mut self) {
        for room in &mut self.rooms.actors {
            if room.room().phase.kind != PhaseKind::Ended {
                room.end_live("the capture ends here");
            }
        }
    }
}

impl RoomSet {
    /// A new room; nothing when there are too many.
    pub(super) fn add(&mut self, label: Text) -> Option<usize> {
        let at = self.actors.len();
        if at >= MAX_ROOMS {
            return None;
        }
        let key = RoomKey(at as u64 + 1);
        let subscribers = if self.removed.contains(&key) { Subscribers::default() } else { self.subscribers.clone() };
        subscribers.publish_room(key, RoomUpdate::Added { label: label.clone() }, self.clock.now());
        self.actors.push(RoomActor::replaying(key, label, LOG, subscribers, self.clock.clone()));
        Some(at)
    }

    pub(super) fn get(&mut self, at: usize) -> Option<&mut RoomActor> {
        self.actors.get_mut(at)
    }

    /// The live that the messages of a response say they belong to.
    pub(super) fn live_of(&self, response: &Response) -> Option<RoomId> {
        let now = self.clock.now();
        response.messages.iter().find_map(|message| self.decoder.decode(message, now).room_id)
    }
}
