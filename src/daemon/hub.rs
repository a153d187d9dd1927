//! Hub of the service: one task that follows the tracker and the recorder, records what the rules say, and tells whoever
//! attached.

mod orders;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::contract::{PeerMessage, Role, ServiceMessage};
use super::framing::encode;
use super::outbox::Outbox;
use super::peer::{Peer, PeerId, State};
use super::saved_rooms::{SavedRoom, SavedRooms, write_json};
use super::served_room::ServedRoom;
use crate::clock::{Clock, Moment};
use crate::config::RecordSettings;
use crate::history::HistoryFolder;
use crate::ids::{RoomKey, Target};
use crate::record::{RecorderCommand, RecorderUpdate};
use crate::room::{AwayReport, AwayTally, Room, RoomSummary, RowInterest};
use crate::text::Text;
use crate::track::{Health, RoomUpdate, TrackerCommand, TrackerUpdate};

/// Updates taken at once.
const BATCH: usize = 512;
/// Words to the recorder that wait for it. Comments beside a video are dropped beyond it, orders are not.
const WAITING_FOR_RECORDER: usize = 1_024;
/// Messages of peers that wait for the hub; who sends more waits.
const PEER_MESSAGES: usize = 64;
/// How long the last word of a recorder that has finished may take to come here.
const LAST_RECORDS: Duration = Duration::from_millis(250);
/// How often the list of rooms is written, where it changed.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// How often rooms are summed up for screens that look at others.
const SUM_UP_EVERY: Duration = Duration::from_millis(500);
/// People whose absence is followed, and how many of those writings pass before it is written too.
const MAX_AWAY: usize = 16;
const ABSENCES_EVERY: u32 = 12;

/// The queues between the hub and what it follows.
#[derive(Debug)]
pub struct HubPorts {
    /// News of the rooms.
    pub updates: mpsc::Receiver<TrackerUpdate>,
    /// What the tracker should do.
    pub tracker: mpsc::Sender<TrackerCommand>,
    /// News of the recordings.
    pub records: mpsc::Receiver<RecorderUpdate>,
    /// What the recorder should do.
    pub recorder: mpsc::Sender<RecorderCommand>,
    /// Where news of recordings are told on.
    pub recording_news: broadcast::Sender<RecordingNews>,
    /// What went wrong behind the rooms, in words.
    pub warnings: broadcast::Receiver<Text>,
    /// Ends the hub.
    pub stop: CancellationToken,
}

/// What a hub is told once.
#[derive(Debug)]
pub struct HubOptions {
    /// When rooms are recorded.
    pub record: RecordSettings,
    /// The clock of the tracker.
    pub clock: Clock,
    /// Where the list of rooms is kept.
    pub saved_rooms: Option<PathBuf>,
    /// Where it is kept what happened since each user last looked.
    pub absences_file: Option<PathBuf>,
    /// What was kept there.
    pub absences: BTreeMap<u32, AwayTally>,
    /// Where the history is kept, which knows it better; nothing for none.
    pub history: Option<HistoryFolder>,
    /// Whose service it is: nobody of theirs looks when it begins.
    pub owner: u32,
    /// What there is to know of hooks and feed, as labels and words.
    pub facts: watch::Receiver<Vec<(Text, Text)>>,
    /// The port of the feed, where there is one.
    pub feed_port: Option<u16>,
    /// Where it is told what cannot be written.
    pub faults: mpsc::Sender<Text>,
    /// What is known of rooms that return.
    pub returning: Vec<SavedRoom>,
    /// Cancelled when somebody orders the end of the service.
    pub end_service: CancellationToken,
}

/// News of the recorder, with the name of the room it is about.
#[derive(Clone, Debug)]
pub struct RecordingNews {
    /// Without the `@`; empty where it is about no room.
    pub room: Text,
    /// What it said.
    pub update: RecorderUpdate,
}

/// What the hub hears of a peer.
#[derive(Debug)]
pub(super) enum PeerEvent {
    /// It has said hello.
    Joined { outbox: Outbox, role: Role, uid: u32 },
    /// It said something.
    Said(PeerMessage),
    /// What happened since its person last looked.
    Away(AwayReport),
    /// It is gone.
    Left,
}

/// The way of peers to the hub; cheap to clone.
#[derive(Clone, Debug)]
pub struct HubDoor {
    pub(super) events: mpsc::Sender<(PeerId, PeerEvent)>,
    /// Somebody's outbox has room again.
    pub(super) drained: Arc<Notify>,
    pub(super) clock: Clock,
    last: Arc<AtomicU64>,
}

impl HubDoor {
    /// A number for one who comes.
    pub(super) fn next_peer(&self) -> PeerId {
        PeerId(self.last.fetch_add(1, Ordering::Relaxed))
    }
}

/// What follows the rooms and the recordings of the service.
#[derive(Debug)]
pub struct Hub {
    ports: HubPorts,
    options: HubOptions,
    started: Moment,
    served: Served,
    peers: BTreeMap<PeerId, Peer>,
    /// Rooms that are tracked only as long as a connection lasts.
    lent: BTreeMap<PeerId, Vec<Target>>,
    /// What happened since somebody last looked, by user.
    away: BTreeMap<u32, AwayTally>,
    saved: SavedRooms,
    /// What was to be written could not be: it is tried again.
    unsaved: Arc<AtomicBool>,
    saves: u32,
    /// Somebody came or went since that was last written.
    absences_changed: bool,
    to_tracker: VecDeque<TrackerCommand>,
    to_recorder: VecDeque<RecorderCommand>,
    door: HubDoor,
    said: mpsc::Receiver<(PeerId, PeerEvent)>,
}

/// What peers are told of, as it is now.
#[derive(Debug, Default)]
struct Served {
    rooms: BTreeMap<RoomKey, ServedRoom>,
    transports: Option<Arc<[Health]>>,
    facts: Vec<(Text, Text)>,
}

impl State for Served {
    fn rooms(&self) -> ServiceMessage {
        ServiceMessage::Rooms(self.rooms.values().map(|room| (room.key, room.label.clone())).collect())
    }

    fn keys(&self) -> Vec<RoomKey> {
        self.rooms.keys().copied().collect()
    }

    fn snapshot(&self, room: RoomKey) -> Option<ServiceMessage> {
        let state = Arc::new(self.rooms.get(&room)?.room.view_for_mirror());
        Some(ServiceMessage::Tracked(TrackerUpdate::Room(room, RoomUpdate::Snapshot(state))))
    }

    fn summary(&self, room: RoomKey, interest: &RowInterest) -> Option<ServiceMessage> {
        let served = self.rooms.get(&room)?;
        let summary = served.room.first_summary(&served.summed_up, interest);
        Some(ServiceMessage::Tracked(TrackerUpdate::Room(room, RoomUpdate::Summary(Box::new(summary)))))
    }

    fn rest(&self) -> Vec<ServiceMessage> {
        let health =
            self.transports.iter().map(|health| ServiceMessage::Tracked(TrackerUpdate::Health(health.clone())));
        let recordings = self.rooms.values().filter_map(|room| {
            let recording = room.recording.clone().filter(|_| room.is_recording())?;
            Some(ServiceMessage::Recorded(RecorderUpdate::Recording { room: room.key, recording }))
        });
        let rules = self.rooms.values().filter_map(|room| {
            let rule = room.rules.rule?;
            Some(ServiceMessage::Recorded(RecorderUpdate::Rule { room: room.key, rule }))
        });
        let facts = (!self.facts.is_empty()).then(|| ServiceMessage::Facts(self.facts.clone()));
        health.chain(recordings).chain(rules).chain(facts).collect()
    }
}

impl Hub {
    /// A hub without rooms. Subscribe its queue of updates before the first room is added.
    pub fn new(ports: HubPorts, options: HubOptions) -> Self {
        let (events, said) = mpsc::channel(PEER_MESSAGES);
        let (drained, last) = (Arc::new(Notify::new()), Arc::new(AtomicU64::new(0)));
        let mut options = options;
        let mut away = std::mem::take(&mut options.absences);
        away.entry(options.owner).or_insert_with(|| AwayTally::new(options.clock.now()));
        let door = HubDoor { events, drained, clock: options.clock.clone(), last };
        Self {
            started: options.clock.now(),
            saved: SavedRooms::default(),
            ports,
            options,
            served: Served::default(),
            peers: BTreeMap::new(),
            lent: BTreeMap::new(),
            away,
            unsaved: Arc::default(),
            saves: 0,
            absences_changed: false,
            to_tracker: VecDeque::new(),
            to_recorder: VecDeque::new(),
            door,
            said,
        }
    }

    /// The way to it.
    pub fn door(&self) -> HubDoor {
        self.door.clone()
    }

    /// Follows until it is told to stop, or until the tracker has ended.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        let (mut hears_recorder, mut hears_warnings, mut hears_facts) = (true, true, true);
        self.served.facts.clone_from(&self.options.facts.borrow_and_update());
        let mut save = tokio::time::interval(SAVE_EVERY);
        save.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut sum_up = tokio::time::interval(SUM_UP_EVERY);
        sum_up.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let drained = self.door.drained.clone();
        let (ending, mut ends) = (self.options.end_service.clone(), false);
        loop {
            let has_summaries = self.peers.values().any(Peer::has_summaries);
            let HubPorts { updates, tracker, records, recorder, warnings, stop, .. } = &mut self.ports;
            let facts = &mut self.options.facts;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // What is being recorded now is what returns: from here on it is finished.
                () = ending.cancelled(), if !ends => {
                    self.save();
                    ends = true;
                }
                () = has_room(tracker), if !self.to_tracker.is_empty() => {}
                () = has_room(recorder), if !self.to_recorder.is_empty() => {}
                _ = save.tick(), if !ends => self.save(),
                update = records.recv(), if hears_recorder => match update {
                    Some(update) => self.recorded(update),
                    None => hears_recorder = false,
                },
                changed = facts.changed(), if hears_facts => match changed {
                    Ok(()) => {
                        self.served.facts.clone_from(&self.options.facts.borrow_and_update());
                        self.tell_rest(&ServiceMessage::Facts(self.served.facts.clone()));
                    }
                    Err(_) => hears_facts = false,
                },
                Some((peer, event)) = self.said.recv() => self.hear(peer, event),
                () = drained.notified() => self.pay(),
                _ = sum_up.tick(), if has_summaries => self.sum_up(),
                warning = warnings.recv(), if hears_warnings => match warning {
                    Ok(words) => self.tell(&ServiceMessage::Warned(words)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => hears_warnings = false,
                },
                taken = updates.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        break;
                    }
                    batch.drain(..).for_each(|update| self.tracked(update));
                }
            }
            send_waiting(&mut self.to_tracker, &self.ports.tracker);
            send_waiting(&mut self.to_recorder, &self.ports.recorder);
        }
        // The recorder has finished before us: how each recording ended is still told, also what is on its way here.
        while let Ok(Some(update)) = tokio::time::timeout(LAST_RECORDS, self.ports.records.recv()).await {
            self.recorded(update);
        }
        if !ends {
            self.save();
        }
        self.save_absences();
        self.tell(&ServiceMessage::Ending(Text::from("the service has ended")));
        self.peers.values().for_each(|peer| peer.outbox.close());
    }

    fn hear(&mut self, peer: PeerId, event: PeerEvent) {
        match event {
            PeerEvent::Joined { outbox, role, uid } => {
                self.peers.insert(peer, Peer::new(outbox, role, uid));
            }
            PeerEvent::Said(message) => self.obey(peer, message),
            PeerEvent::Away(report) => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    peer.report_absence(report, &self.served);
                }
            }
            PeerEvent::Left => self.left(peer),
        }
    }

    fn left(&mut self, id: PeerId) {
        let Some(peer) = self.peers.remove(&id) else { return };
        self.return_lent(id);
        let looks = self.peers.values().any(|other| other.looks && other.uid == peer.uid);
        if peer.looks && !looks && (self.away.len() < MAX_AWAY || self.away.contains_key(&peer.uid)) {
            self.away.insert(peer.uid, AwayTally::new(self.options.clock.now()));
            self.absences_changed = true;
        }
    }

    fn pay(&mut self) {
        for peer in self.peers.values_mut().filter(|peer| peer.can_be_paid()) {
            peer.pay(&self.served);
        }
    }

    /// Tells where rooms stand in which something happened, to those who do not get all of it. Encoded once for all who want
    /// the same.
    fn sum_up(&mut self) {
        let Self { served, peers, .. } = self;
        for room in served.rooms.values_mut() {
            let Some((summary, rows)) = room.sum_up() else { continue };
            let mut encoded: Vec<(Arc<RowInterest>, Option<Bytes>)> = Vec::new();
            for peer in peers.values_mut() {
                let Some(interest) = peer.interest_in(room.key) else { continue };
                let known = encoded.iter().find(|(known, _)| Arc::ptr_eq(known, interest) || known == interest);
                let frame = if let Some((_, frame)) = known {
                    frame.clone()
                } else {
                    let rows = rows.iter().filter(|row| interest.wants(row)).cloned().collect();
                    let update = RoomUpdate::Summary(Box::new(RoomSummary { rows, ..summary.clone() }));
                    let frame = encode(&ServiceMessage::Tracked(TrackerUpdate::Room(room.key, update)));
                    let frame = frame.map(Bytes::from);
                    encoded.push((Arc::clone(interest), frame.clone()));
                    frame
                };
                if let Some(frame) = frame {
                    peer.summary(room.key, &frame);
                }
            }
        }
    }

    fn tracked(&mut self, update: TrackerUpdate) {
        let (key, news) = match update {
            TrackerUpdate::Room(key, news) => (key, news),
            TrackerUpdate::Health(transports) => {
                self.served.transports = Some(transports.clone());
                return self.tell_rest(&ServiceMessage::Tracked(TrackerUpdate::Health(transports)));
            }
        };
        let rooms = &mut self.served.rooms;
        match news {
            RoomUpdate::Added { ref label } => {
                let mut room = ServedRoom::new(key, label.clone());
                let is = |saved: &SavedRoom| saved.target().is_some_and(|target| room.is(&target));
                if let Some(at) = self.options.returning.iter().position(is) {
                    room.restore(&self.options.returning.swap_remove(at));
                }
                rooms.insert(key, room);
                self.tell(&ServiceMessage::Tracked(TrackerUpdate::Room(key, news)));
            }
            RoomUpdate::Removed { .. } => {
                if rooms.remove(&key).is_some_and(|room| room.is_recording()) {
                    self.record(RecorderCommand::Stop(key));
                }
                self.peers.values_mut().for_each(|peer| peer.forget(key));
                self.tell(&ServiceMessage::Tracked(TrackerUpdate::Room(key, news)));
            }
            RoomUpdate::Events(ref events) => {
                let Some(room) = rooms.get_mut(&key) else { return };
                let commands = room.apply(events, &self.options.record, self.away.values_mut());
                for command in commands {
                    self.record(command);
                }
                let events = events.clone();
                let message = ServiceMessage::Tracked(TrackerUpdate::Room(key, news));
                let now = self.options.clock.now();
                self.broadcast(&message, |peer, frame| peer.events(key, &events, frame, now));
            }
            RoomUpdate::Snapshot(state) => {
                let Some(room) = rooms.get_mut(&key) else { return };
                let command = room.replace(Room::clone(&state), &self.options.record);
                if let Some(command) = command {
                    self.record(command);
                }
                for peer in self.peers.values_mut() {
                    peer.replaced(key, &self.served);
                }
            }
            RoomUpdate::Lagged(lost) => {
                self.to_tracker.push_back(TrackerCommand::Snapshot(key));
                self.peers.values_mut().for_each(|peer| peer.lagged(key, &lost));
                self.pay();
            }
            RoomUpdate::Raw(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
    }

    fn recorded(&mut self, update: RecorderUpdate) {
        let mut name = Text::default();
        if let RecorderUpdate::Recording { room, recording } = &update
            && let Some(room) = self.served.rooms.get_mut(room)
        {
            name = Text::new(room.name());
            room.recording = Some(recording.clone());
            let due = room.begin_due(&self.options.record);
            if let Some(command) = due {
                self.record(command);
            }
        }
        self.tell_rest(&ServiceMessage::Recorded(update.clone()));
        // Nobody listening is no fault.
        let _ = self.ports.recording_news.send(RecordingNews { room: name, update });
    }

    fn record(&mut self, command: RecorderCommand) {
        let may_go = matches!(command, RecorderCommand::Cue(..));
        if !may_go || self.to_recorder.len() < WAITING_FOR_RECORDER {
            self.to_recorder.push_back(command);
        }
    }

    fn tell(&mut self, message: &ServiceMessage) {
        self.broadcast(message, Peer::publish);
    }

    fn tell_rest(&mut self, message: &ServiceMessage) {
        self.broadcast(message, Peer::publish_rest);
    }

    /// Encodes once, for all who attached.
    fn broadcast(&mut self, message: &ServiceMessage, mut tell: impl FnMut(&mut Peer, &Bytes)) {
        if !self.peers.values().any(|peer| peer.attached) {
            return;
        }
        let Some(frame) = encode(message).map(Bytes::from) else { return };
        self.peers.values_mut().for_each(|peer| tell(peer, &frame));
    }

    /// Writes the list of rooms where it changed, on a thread that may wait for the disk.
    fn save(&mut self) {
        let Some(path) = self.options.saved_rooms.clone() else { return };
        let now = self.options.clock.now();
        let lent: Vec<&Target> = self.lent.values().flatten().collect();
        let kept = self.served.rooms.values().filter(|room| !lent.iter().any(|target| room.is(target)));
        let changed = self.saved.refresh(kept, now);
        let again = self.unsaved.load(Ordering::Relaxed).then(|| self.saved.clone());
        if let Some(list) = changed.or(again) {
            let (unsaved, faults) = (Arc::clone(&self.unsaved), self.options.faults.clone());
            tokio::task::spawn_blocking(move || {
                let written = list.write(&path);
                // Told once, and tried again with the next writing.
                let was_unsaved = unsaved.swap(written.is_err(), Ordering::Relaxed);
                if let (Err(error), false) = (written, was_unsaved) {
                    let words = format!(
                        "the list of rooms cannot be written, and would be missing after a crash: {}: {error}",
                        path.display()
                    );
                    drop(faults.try_send(Text::from(words)));
                }
            });
        }
        self.saves = self.saves.wrapping_add(1);
        if std::mem::take(&mut self.absences_changed) || self.saves.is_multiple_of(ABSENCES_EVERY) {
            self.save_absences();
        }
    }

    /// Writes what happened since somebody last looked, so that it is still known after a crash.
    fn save_absences(&self) {
        let Some(path) = self.options.absences_file.clone() else { return };
        let away = self.away.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = write_json(&path, &away) {
                tracing::warn!("{} cannot be written: {error}", path.display());
            }
        });
    }
}

/// Returns when a queue has room, or nobody to fill it for.
async fn has_room<T>(queue: &mpsc::Sender<T>) {
    drop(queue.reserve().await);
}

/// Sends what fits; what nobody will ever take is dropped.
fn send_waiting<T>(waiting: &mut VecDeque<T>, queue: &mpsc::Sender<T>) {
    while let Some(command) = waiting.pop_front() {
        match queue.try_send(command) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(command)) => return waiting.push_front(command),
            Err(mpsc::error::TrySendError::Closed(_)) => waiting.clear(),
        }
    }
}
