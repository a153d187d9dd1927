//! Somebody who attached, as the hub sees them: their outbox, and what they are owed because it was full.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::contract::{Role, ServiceMessage};
use super::framing::encode;
use super::outbox::Outbox;
use crate::clock::Moment;
use crate::ids::RoomKey;
use crate::room::{AwayReport, RowInterest, TalliedEvent};
use crate::track::{Lost, RoomUpdate, TrackerUpdate, WantedRooms};

/// What somebody may want: far more than a screen shows.
const MAX_WANTED: usize = 1_024;
const MAX_WORDS: usize = 1_024;
const MAX_PEOPLE: usize = 4_096;

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
    /// Where a room stands, for somebody who knows nothing of it; nothing where it is gone.
    fn summary(&self, room: RoomKey, interest: &RowInterest) -> Option<ServiceMessage>;
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
    /// Which rooms it wants in full, the most urgent first, and what of the others; nothing: all in full.
    wants: Option<(Vec<RoomKey>, Arc<RowInterest>)>,
    /// The list of rooms, and with it everything else, has to be sent anew.
    owes_all: bool,
    /// Rooms whose whole state is to be sent: what happens in them meanwhile is in it.
    snapshots: BTreeSet<RoomKey>,
    /// Rooms of which a first summary is to be sent.
    summaries: BTreeSet<RoomKey>,
    /// What did not fit of rooms, to be told once there is room.
    lost: BTreeMap<RoomKey, Lost>,
    /// The transports and the recordings have to be told anew.
    owes_rest: bool,
    /// What happened while nobody looked is to be told.
    away: Option<AwayReport>,
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
            wants: None,
            owes_all: false,
            snapshots: BTreeSet::new(),
            summaries: BTreeSet::new(),
            lost: BTreeMap::new(),
            owes_rest: false,
            away: None,
        }
    }

    /// Wants the rooms from now on.
    pub(super) fn attach(&mut self, state: &impl State) {
        self.attached = true;
        self.owes_all = true;
        self.pay(state);
    }

    /// Wants these rooms in full from now on. What it gets in full for the first time begins with the whole state.
    pub(super) fn want(&mut self, wanted: WantedRooms, state: &impl State) {
        let WantedRooms { mut full, mut rows } = wanted;
        full.truncate(MAX_WANTED);
        rows.words.truncate(MAX_WORDS);
        rows.names.truncate(MAX_WORDS);
        rows.people.truncate(MAX_PEOPLE);
        let before = self.wants.replace((full, Arc::new(rows)));
        if !self.attached || self.owes_all {
            return;
        }
        let had = |room: &RoomKey| before.as_ref().is_none_or(|(full, _)| full.contains(room));
        for room in state.keys() {
            match (had(&room), self.is_full(room)) {
                (false, true) => {
                    self.summaries.remove(&room);
                    self.snapshots.insert(room);
                }
                (true, false) => {
                    // What was owed of it is in a summary too.
                    let owed = self.snapshots.remove(&room) | self.lost.remove(&room).is_some();
                    if owed {
                        self.summaries.insert(room);
                    }
                }
                _ => {}
            }
        }
        self.pay(state);
    }

    fn is_full(&self, room: RoomKey) -> bool {
        self.wants.as_ref().is_none_or(|(full, _)| full.contains(&room))
    }

    /// Whether it gets summaries of rooms.
    pub(super) fn has_summaries(&self) -> bool {
        self.attached && self.wants.is_some()
    }

    /// What it wants of a room that it gets a summary of; nothing where it gets none now.
    pub(super) fn interest_in(&self, room: RoomKey) -> Option<&Arc<RowInterest>> {
        let (full, interest) = self.wants.as_ref()?;
        let is_due = self.attached && !self.owes_all && !full.contains(&room) && !self.summaries.contains(&room);
        is_due.then_some(interest)
    }

    /// Tells a summary of a room.
    pub(super) fn summary(&mut self, room: RoomKey, frame: &Bytes) {
        if !self.outbox.offer(frame) {
            self.summaries.insert(room);
        }
    }

    /// Wants the whole state of a room.
    pub(super) fn ask_snapshot(&mut self, room: RoomKey, state: &impl State) {
        if self.attached {
            self.snapshots.insert(room);
            self.pay(state);
        }
    }

    /// A room became another one at once, not event by event.
    pub(super) fn replaced(&mut self, room: RoomKey, state: &impl State) {
        if self.is_full(room) {
            self.ask_snapshot(room, state);
        } else if self.attached {
            self.summaries.insert(room);
            self.pay(state);
        }
    }

    /// Sends an answer. Who does not read gets none.
    pub(super) fn answer(&self, message: &ServiceMessage) {
        if let Some(frame) = encode(message) {
            self.outbox.offer(&Bytes::from(frame));
        }
    }

    /// Tells what happened while nobody looked.
    pub(super) fn report_absence(&mut self, report: AwayReport, state: &impl State) {
        self.away = Some(report);
        self.pay(state);
    }

    /// Tells events of a room.
    pub(super) fn events(&mut self, room: RoomKey, events: &[TalliedEvent], frame: &Bytes, now: Moment) {
        if !self.attached || self.owes_all || !self.is_full(room) {
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
        if self.attached && !self.owes_all && self.is_full(room) && !self.snapshots.contains(&room) {
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
        self.summaries.remove(&room);
        self.lost.remove(&room);
    }

    /// Whether something is owed and there is room for it.
    pub(super) fn can_be_paid(&self) -> bool {
        let rooms = !self.snapshots.is_empty() || !self.summaries.is_empty() || !self.lost.is_empty();
        (rooms || self.owes_all || self.owes_rest || self.away.is_some()) && self.outbox.is_low()
    }

    /// Sends what is owed, as far as there is room.
    pub(super) fn pay(&mut self, state: &impl State) {
        if self.owes_all && self.send(&state.rooms()) {
            (self.owes_all, self.owes_rest) = (false, true);
            self.owe_all_rooms(&state.keys());
        }
        if self.owes_all {
            return;
        }
        if let Some(report) = self.away.take_if(|_| self.outbox.has_room()) {
            self.send(&ServiceMessage::Away(report));
        }
        while let Some((room, lost)) = self.lost.pop_first() {
            let update = TrackerUpdate::Room(room, RoomUpdate::Lagged(lost.clone()));
            if !self.send(&ServiceMessage::Tracked(update)) {
                self.lost.insert(room, lost);
                return;
            }
        }
        // What somebody looks at comes first; where the recordings stand is on the same screen.
        self.send_snapshots(1, state);
        if self.owes_rest {
            self.owes_rest = !state.rest().iter().all(|message| self.send(message));
        }
        self.send_snapshots(usize::MAX, state);
        let Some((_, interest)) = self.wants.clone() else { return };
        while self.outbox.has_room()
            && let Some(room) = self.summaries.pop_first()
        {
            if let Some(summary) = state.summary(room, &interest) {
                self.send(&summary);
            }
        }
    }

    /// Owes all rooms: the first in full to a screen that has not said yet what it looks at, for that is what it will.
    fn owe_all_rooms(&mut self, rooms: &[RoomKey]) {
        if let Some((full, _)) = self.wants.as_mut().filter(|(full, _)| full.is_empty()) {
            full.extend(rooms.first());
        }
        let (snapshots, summaries) = rooms.iter().copied().partition(|room| self.is_full(*room));
        (self.snapshots, self.summaries) = (snapshots, summaries);
    }

    fn send_snapshots(&mut self, most: usize, state: &impl State) {
        for _ in 0..most {
            let urgent = self.wants.iter().flat_map(|(full, _)| full).find(|room| self.snapshots.contains(room));
            let next = urgent.or(self.snapshots.first()).copied().filter(|_| self.outbox.has_room());
            let Some(room) = next else { return };
            self.snapshots.remove(&room);
            if let Some(snapshot) = state.snapshot(room) {
                self.send(&snapshot);
            }
        }
    }

    fn send(&self, message: &ServiceMessage) -> bool {
        // What cannot be encoded is passed over: it would never fit.
        encode(message).is_none_or(|frame| self.outbox.offer(&Bytes::from(frame)))
    }
}
