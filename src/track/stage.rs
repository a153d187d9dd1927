//! The rooms of a replay, fed from captures: everything but the pace.

mod reel;

use super::keeper::Keeper;
use super::outlet::Outlets;
use super::update::UpdateKind;
use crate::clock::{Clock, Timestamp};
use crate::events::{Decoder, PhaseKind};
use crate::ids::{RoomId, RoomKey};
use crate::text::Text;
use crate::webcast::{Error, Replay};
use crate::wire::Response;
use reel::Reel;

/// Entries of the log kept of each room: a screen that was not there before a jump has them from here.
const LOG: usize = 20_000;
/// Rooms made of one replay; the messages of further ones are left out.
const MAX_ROOMS: usize = 1_024;

/// The captures and the rooms they feed.
pub(super) struct Stage {
    reels: Vec<Reel>,
    rooms: Rooms,
}

/// The rooms; their keys count from 1 in the order of their first lines, which is the same each time.
struct Rooms {
    keepers: Vec<Keeper>,
    outlets: Outlets,
    clock: Clock,
    decoder: Decoder,
}

impl Stage {
    /// The captures at their first lines. Nobody hears anything yet.
    pub(super) async fn new(replays: Vec<Replay>, clock: Clock) -> Result<Self, Error> {
        let rooms = Rooms { keepers: Vec::new(), outlets: Outlets::default(), clock, decoder: Decoder::default() };
        let mut stage = Self { reels: replays.into_iter().map(Reel::new).collect(), rooms };
        stage.rewind().await?;
        Ok(stage)
    }

    /// Nobody hears of what follows.
    pub(super) fn mute(&mut self) {
        self.rooms.outlets = Outlets::default();
        for room in &mut self.rooms.keepers {
            room.speak_through(Outlets::default());
        }
    }

    /// Everything as before the first line.
    pub(super) async fn rewind(&mut self) -> Result<(), Error> {
        self.rooms.keepers.clear();
        for reel in &mut self.reels {
            reel.rewind().await?;
        }
        if let Some(first) = self.next_line() {
            self.rooms.clock.set(first);
        }
        Ok(())
    }

    /// From now on these readers hear what happens, beginning with how the rooms stand. `known` rooms were told before.
    pub(super) fn speak_through(&mut self, outlets: &Outlets, known: usize) {
        let now = self.rooms.clock.now();
        for key in self.rooms.keepers.len()..known {
            outlets.publish(RoomKey(key as u64 + 1), &UpdateKind::Removed { into: None }, now);
        }
        for (at, room) in self.rooms.keepers.iter_mut().enumerate() {
            if at >= known {
                let label = room.label().clone();
                outlets.publish(room.key(), &UpdateKind::Added { label }, now);
            }
            room.speak_through(outlets.clone());
            room.tell_snapshot();
        }
        self.rooms.outlets = outlets.clone();
    }

    /// How many rooms there are so far.
    pub(super) fn len(&self) -> usize {
        self.rooms.keepers.len()
    }

    /// A room by its key.
    pub(super) fn room(&mut self, key: RoomKey) -> Option<&mut Keeper> {
        self.rooms.keepers.get_mut(usize::try_from(key.0).ok()?.checked_sub(1)?)
    }

    /// When the next line was captured; nothing at the end.
    pub(super) fn next_line(&self) -> Option<Timestamp> {
        self.reels.iter().filter_map(Reel::next_at).min()
    }

    /// When time itself next changes a room, such as by closing a streak.
    pub(super) fn next_tick(&self) -> Option<Timestamp> {
        let next = self.rooms.keepers.iter().filter_map(Keeper::next_tick).min()?;
        Some((self.rooms.clock.now() + next).wall)
    }

    /// Lets the time pass that has passed.
    pub(super) fn tick(&mut self) {
        for room in &mut self.rooms.keepers {
            if room.next_tick().is_some_and(|wait| wait.is_zero()) {
                room.tick();
            }
        }
    }

    /// Plays the next line.
    pub(super) async fn play_line(&mut self) {
        let next = self.reels.iter_mut().filter(|reel| reel.next_at().is_some()).min_by_key(|reel| reel.next_at());
        if let Some(reel) = next {
            reel.play(&mut self.rooms).await;
        }
    }

    /// The captures are over, and with them the lives that did not end.
    pub(super) fn end(&mut self) {
        for room in &mut self.rooms.keepers {
            if room.room().phase.kind != PhaseKind::Ended {
                room.end_live("the capture ends here");
            }
        }
    }
}

impl Rooms {
    /// A new room; nothing when there are too many.
    fn add(&mut self, label: Text) -> Option<usize> {
        let at = self.keepers.len();
        if at >= MAX_ROOMS {
            return None;
        }
        let key = RoomKey(at as u64 + 1);
        self.outlets.publish(key, &UpdateKind::Added { label: label.clone() }, self.clock.now());
        self.keepers.push(Keeper::replaying(key, label, LOG, self.outlets.clone(), self.clock.clone()));
        Some(at)
    }

    fn get(&mut self, at: usize) -> Option<&mut Keeper> {
        self.keepers.get_mut(at)
    }

    /// The live that the messages of a response say they belong to.
    fn live_of(&self, response: &Response) -> Option<RoomId> {
        let now = self.clock.now();
        response.messages.iter().find_map(|message| self.decoder.decode(message, now).room_id)
    }
}
