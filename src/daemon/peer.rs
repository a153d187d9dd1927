//! Somebody who attached, as the hub sees them: their outbox, and what they are owed because it was full.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::contract::{Role, ServiceMessage};
use super::framing::encode;
use super::outbox::Outbox;
use crate::clock::Moment;
use crate::ids::RoomKey;
use crate::room::TalliedEvent;
use crate::track::{Lost, RoomUpdate, TrackerUpdate};

/// Number of somebody who attached; never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PeerId(pub(super) u64);

/// What a peer can be owed, as the hub knows it now.
pub(super) trait State {
    /// All rooms, with their labels.
    fn rooms(&self) -> ServiceMessage;
    /// Their keys.
    fn keys(&self) -> Vec<RoomKey>;
    /// The whole state of a room; nothing where it is gone.
    fn snapshot(&self, room: RoomKey) -> Option<ServiceMessage>;
    /// How the transports fare and where each recording stands.
    fn rest(&self) -> Vec<ServiceMessage>;
}

/// Somebody who attached.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) outbox: Outbox,
    pub(super) role: Role,
    /// Whose process it is.
    pub(super) uid: u32,
    /// A person looks.
    pub(super) looks: bool,
    /// It wants the rooms.
    pub(super) attached: bool,
    /// The list of rooms, and with it everything else, has to be sent anew.
    owes_all: bool,
    /// Rooms whose whole state is to be sent: what happens in them meanwhile is in it.
    snapshots: BTreeSet<RoomKey>,
    /// What did not fit of rooms, to be told once there is room.
    lost: BTreeMap<RoomKey, Lost>,
    /// The transports and the recordings have to be told anew.
    owes_rest: bool,
}

impl Peer {
    /// Somebody who has said no more than hello.
    pub(super) fn new(outbox: Outbox, role: Role, uid: u32) -> Self {
        Self {
            outbox,
            role,
            uid,
            looks: false,
            attached: false,
            owes_all: false,
            snapshots: BTreeSet::new(),
            lost: BTreeMap::new(),
            owes_rest: false,
        }
    }

    /// Wants the rooms from now on.
    pub(super) fn attach(&mut self, state: &impl State) {
        self.attached = true;
        self.owes_all = true;
        self.pay(state);
    }

    /// Wants the whole state of a room.
    pub(super) fn ask_snapshot(&mut self, room: RoomKey, state: &impl State) {
        if self.attached {
            self.snapshots.insert(room);
            self.pay(state);
        }
    }

    /// Sends an answer. Who does not read gets none.
    pub(super) fn answer(&self, message: &ServiceMessage) {
        if let Some(frame) = encode(message) {
            self.outbox.offer(&Bytes::from(frame));
        }
    }

    /// Tells events of a room.
    pub(super) fn events(&mut self, room: RoomKey, events: &[TalliedEvent], frame: &Bytes, now: Moment) {
        if !self.attached || self.owes_all {
            return;
        }
        let lost = self.lost.get_mut(&room);
        if self.snapshots.contains(&room) && lost.is_none() {
            return;
        }
        match lost {
            Some(lost) => lost.add(events, now),
            None if self.outbox.offer(frame) => {}
            None => self.lost.entry(room).or_default().add(events, now),
        }
    }

    /// Tells that this reader of the tracker lost something itself.
    pub(super) fn lagged(&mut self, room: RoomKey, lost: &Lost) {
        if self.attached && !self.owes_all && !self.snapshots.contains(&room) {
            self.lost.entry(room).or_default().merge(lost);
        }
    }

    /// Tells anything else of rooms, which is in the whole state too.
    pub(super) fn publish(&mut self, frame: &Bytes) {
        if self.attached && !self.owes_all && !self.outbox.offer(frame) {
            self.owes_all = true;
        }
    }

    /// Tells of transports and recordings.
    pub(super) fn publish_rest(&mut self, frame: &Bytes) {
        if self.attached && !self.owes_all && !self.owes_rest && !self.outbox.offer(frame) {
            self.owes_rest = true;
        }
    }

    /// A room is gone.
    pub(super) fn forget(&mut self, room: RoomKey) {
        self.snapshots.remove(&room);
        self.lost.remove(&room);
    }

    /// Whether something is owed and there is room for it.
    pub(super) fn can_be_paid(&self) -> bool {
        let owes = self.owes_all || self.owes_rest || !self.snapshots.is_empty() || !self.lost.is_empty();
        owes && self.outbox.is_low()
    }

    /// Sends what is owed, as far as there is room.
    pub(super) fn pay(&mut self, state: &impl State) {
        if self.owes_all && self.send(&state.rooms()) {
            (self.owes_all, self.owes_rest) = (false, true);
            self.snapshots = state.keys().into_iter().collect();
        }
        if self.owes_all {
            return;
        }
        while let Some((room, lost)) = self.lost.pop_first() {
            let update = TrackerUpdate::Room(room, RoomUpdate::Lagged(lost.clone()));
            if !self.send(&ServiceMessage::Tracked(update)) {
                self.lost.insert(room, lost);
                return;
            }
        }
        while self.outbox.has_room()
            && let Some(room) = self.snapshots.pop_first()
        {
            if let Some(snapshot) = state.snapshot(room) {
                self.send(&snapshot);
            }
        }
        if self.owes_rest && self.snapshots.is_empty() {
            self.owes_rest = !state.rest().iter().all(|message| self.send(message));
        }
    }

    fn send(&self, message: &ServiceMessage) -> bool {
        // What cannot be encoded is passed over: it would never fit.
        encode(message).is_none_or(|frame| self.outbox.offer(&Bytes::from(frame)))
    }
}
