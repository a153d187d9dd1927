//! Hub of the feed: mirrors of the rooms, and the queues of the clients that hear of them.
//!
//! Fed by one task from the tracker's updates; asked by the connections. Every event is applied to the mirror first and encoded
//! second, once for all clients and only where somebody listens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::client_queue::{ClientQueue, Dropped};
use super::flat::{self, FlatContext};
use super::frame::{FeedFrame, FrameClass};
use crate::clock::{Clock, Moment};
use crate::events::json::{self, JsonTally, LineContext};
use crate::events::{ControlAction, EventKind, OwnEvent, PhaseKind, RoomEvent};
use crate::ids::{RoomKey, Target};
use crate::room::{GiftTotal, Room, StreakState, StreakTotals, TalliedEvent};
use crate::text::Text;
use crate::track::{Health, Lost, RoomUpdate, TrackerCommand, TrackerUpdate};

/// Entries of the log that a mirror keeps: what `/state` shows of the talk.
pub(super) const KEPT_LOG: usize = 50;

/// Which room somebody wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoomWish {
    /// The first one that is tracked.
    First,
    /// This one, as soon as it is there.
    Named(Target),
    /// All of them.
    All,
}

/// In which shape somebody wants to hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As TikFinity says it.
    Flat,
    /// As `tiktop events` prints it.
    Lines,
}

/// A client that listens; it is forgotten when this is dropped.
#[derive(Debug)]
pub(super) struct FeedListener {
    hub: Arc<FeedHub>,
    client: Arc<Client>,
}

#[derive(Debug)]
struct Client {
    shape: Shape,
    wish: RoomWish,
    since: Moment,
    queue: ClientQueue,
}

/// A room as the feed knows it.
#[derive(Debug)]
pub(super) struct FeedRoom {
    /// `@name`, or what was typed until the host is known.
    pub(super) label: Text,
    /// The host's handle without the `@`, in lower case; empty while nobody knows it.
    pub(super) name: String,
    pub(super) mirror: Room,
    streaks: StreakTotals,
    /// The end of this live was told.
    ended: bool,
    /// Events were lost, from then on; a snapshot is on its way.
    lost_from: Option<Moment>,
}

/// What happened to the feed since it began.
#[derive(Debug, Default)]
pub(super) struct FeedCounters {
    /// Frames given to clients.
    pub(super) sent: AtomicU64,
    /// Frames that found no place in a client's queue.
    pub(super) dropped: AtomicU64,
    /// Events that the feed itself was too slow for.
    pub(super) lost: AtomicU64,
    /// Clients that were let go because they left everything unread.
    pub(super) let_go: AtomicU64,
    /// Connections that found no place.
    pub(super) refused: AtomicU64,
}

#[derive(Debug)]
pub(super) struct FeedHub {
    state: Mutex<FeedState>,
    clock: Clock,
    pub(super) counters: FeedCounters,
}

#[derive(Debug, Default)]
struct FeedState {
    rooms: BTreeMap<RoomKey, FeedRoom>,
    clients: Vec<Arc<Client>>,
    health: Arc<[Health]>,
    serial: u64,
}

/// What a batch of events is in the two shapes.
#[derive(Default)]
struct Encoded {
    flat: Vec<FeedFrame>,
    lines: Vec<FeedFrame>,
}

impl FeedHub {
    pub(super) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), clock, counters: FeedCounters::default() })
    }

    /// Registers a client: it hears what happens from now on.
    pub(super) fn listen(self: &Arc<Self>, shape: Shape, wish: RoomWish) -> FeedListener {
        let client = Arc::new(Client { shape, wish, since: self.clock.now(), queue: ClientQueue::default() });
        self.lock().clients.push(client.clone());
        FeedListener { hub: self.clone(), client }
    }

    /// Takes in an update of the tracker; what is asked of it in answer.
    pub(super) fn apply(&self, update: TrackerUpdate) -> Option<TrackerCommand> {
        let (key, news) = match update {
            TrackerUpdate::Room(key, news) => (key, news),
            TrackerUpdate::Health(health) => {
                self.lock().health = health;
                return None;
            }
        };
        let now = self.clock.now();
        let mut state = self.lock();
        let state = &mut *state;
        match news {
            RoomUpdate::Added { label } => {
                state.rooms.insert(key, FeedRoom::new(label));
            }
            RoomUpdate::Events(events) => {
                let encoded = state.events(key, &events);
                self.publish(state, key, &encoded);
            }
            RoomUpdate::Lagged(lost) => {
                self.counters.lost.fetch_add(lost.events.values().sum(), Ordering::Relaxed);
                let encoded = state.lost(key, &lost, now);
                self.publish(state, key, &encoded);
                return Some(TrackerCommand::Snapshot(key));
            }
            RoomUpdate::Snapshot(room) => {
                let encoded = state.snapshot(key, &room, now);
                self.publish(state, key, &encoded);
            }
            RoomUpdate::Removed { .. } => {
                let encoded = state.removed(key, now);
                self.publish(state, key, &encoded);
                state.rooms.remove(&key);
            }
            RoomUpdate::Raw(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
        None
    }

    /// Looks at the rooms, in the order in which they were added, and at how the transports fare.
    pub(super) fn look<T>(&self, look: impl FnOnce(&BTreeMap<RoomKey, FeedRoom>, &[Health], Moment) -> T) -> T {
        let now = self.clock.now();
        let state = self.lock();
        look(&state.rooms, &state.health, now)
    }

    /// Looks at one room; nothing where it is not tracked.
    pub(super) fn look_at<T>(&self, wish: &RoomWish, look: impl FnOnce(&FeedRoom, Moment) -> T) -> Option<T> {
        let now = self.clock.now();
        let state = self.lock();
        let key = state.rooms.keys().find(|key| state.is_wanted(wish, **key))?;
        state.rooms.get(key).map(|room| look(room, now))
    }

    /// Ends every streak that runs, because nothing more will come.
    pub(super) fn end_all(&self) {
        let now = self.clock.now();
        let mut state = self.lock();
        let state = &mut *state;
        let keys: Vec<_> = state.rooms.keys().copied().collect();
        for key in keys {
            let encoded = state.removed(key, now);
            self.publish(state, key, &encoded);
        }
    }

    /// Whether every client has taken what there was.
    pub(super) fn is_drained(&self) -> bool {
        self.lock().clients.iter().all(|client| client.queue.is_empty())
    }

    /// How many clients listen.
    pub(super) fn clients(&self) -> usize {
        self.lock().clients.len()
    }

    fn publish(&self, state: &FeedState, key: RoomKey, encoded: &Encoded) {
        for client in &state.clients {
            let frames = match client.shape {
                Shape::Flat => &encoded.flat,
                Shape::Lines => &encoded.lines,
            };
            if !frames.is_empty() && state.is_wanted(&client.wish, key) {
                let dropped = client.queue.push(frames);
                self.counters.dropped.fetch_add(dropped, Ordering::Relaxed);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, FeedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedState {
    fn is_wanted(&self, wish: &RoomWish, key: RoomKey) -> bool {
        match wish {
            RoomWish::All => true,
            RoomWish::First => self.rooms.first_key_value().is_some_and(|(first, _)| *first == key),
            RoomWish::Named(target) => self.rooms.get(&key).is_some_and(|room| room.is(target)),
        }
    }

    fn is_heard(&self, key: RoomKey, shape: Shape) -> bool {
        self.clients.iter().any(|client| client.shape == shape && self.is_wanted(&client.wish, key))
    }

    fn events(&mut self, key: RoomKey, events: &[TalliedEvent]) -> Encoded {
        let mut encoded = Encoded::default();
        let (flat, lines) = (self.is_heard(key, Shape::Flat), self.is_heard(key, Shape::Lines));
        let serial = &mut self.serial;
        let Some(room) = self.rooms.get_mut(&key) else { return encoded };
        for tallied in events {
            room.event(tallied, serial, flat.then_some(&mut encoded.flat));
            if lines {
                encoded.lines.extend(room.line(tallied));
            }
        }
        encoded
    }

    fn lost(&mut self, key: RoomKey, lost: &Lost, now: Moment) -> Encoded {
        let Some(room) = self.rooms.get_mut(&key) else { return Encoded::default() };
        room.lost_from.get_or_insert(lost.from);
        let line = json::lost_line(&room.line_context(), lost.from, now, &lost.events, lost.gifts, lost.coins);
        Encoded { lines: vec![FeedFrame::new("gap", FrameClass::Ordinary, &line)], ..Encoded::default() }
    }

    /// A snapshot comes to all readers when one of them asks: only who lost something needs it.
    fn snapshot(&mut self, key: RoomKey, snapshot: &Room, now: Moment) -> Encoded {
        let mut encoded = Encoded::default();
        let serial = &mut self.serial;
        let Some(room) = self.rooms.get_mut(&key) else { return encoded };
        let Some(lost_from) = room.lost_from.take() else { return encoded };
        room.mirror = snapshot.clone();
        room.know_host();
        let totals = room.streaks.catch_up(snapshot, lost_from);
        encoded.flat = room.gifts(&totals, None, now, serial);
        encoded
    }

    fn removed(&mut self, key: RoomKey, now: Moment) -> Encoded {
        let serial = &mut self.serial;
        let Some(room) = self.rooms.get_mut(&key) else { return Encoded::default() };
        let totals = room.streaks.end_all();
        Encoded { flat: room.gifts(&totals, None, now, serial), ..Encoded::default() }
    }
}

impl FeedRoom {
    fn new(label: Text) -> Self {
        let name = label.as_str().strip_prefix('@').unwrap_or_default().to_lowercase();
        Self {
            label,
            name,
            mirror: Room::new(KEPT_LOG),
            streaks: StreakTotals::default(),
            ended: false,
            lost_from: None,
        }
    }

    fn is(&self, target: &Target) -> bool {
        match target {
            Target::Host(name) => self.name == name.as_str(),
            Target::Room(id) => self.mirror.room_id == Some(*id),
        }
    }

    fn know_host(&mut self) {
        let host = &self.mirror.host.unique_id;
        if !host.is_empty() {
            self.name = host.as_str().to_lowercase();
            self.label = Text::from(format_args!("@{host}"));
        }
    }

    /// Applies an event; its frames, where somebody wants them.
    fn event(&mut self, tallied: &TalliedEvent, serial: &mut u64, frames: Option<&mut Vec<FeedFrame>>) {
        let event = &tallied.event;
        let (mut ending, mut told_end, mut told_before) = (Vec::new(), None, false);
        match event.kind.as_own() {
            Some(OwnEvent::Live(_)) => {
                ending = self.streaks.end_all();
                self.ended = false;
            }
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => {
                ending = self.streaks.end_all();
                if !std::mem::replace(&mut self.ended, true) {
                    told_end = Some(flat::end_frame(flat::ENDED));
                }
            }
            // What runs ends before the end is told.
            None if ends_live(event) => {
                ending = self.streaks.end_all();
                told_before = std::mem::replace(&mut self.ended, true);
            }
            Some(OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::Info(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
        let totals = self.streaks.apply(tallied);
        self.mirror.apply(event);
        if matches!(event.kind, EventKind::Info(_)) {
            self.know_host();
        }
        let Some(frames) = frames else { return };
        frames.extend(self.gifts(&ending, None, event.at, serial));
        frames.extend(self.gifts(&totals, Some(event), event.at, serial));
        *serial += 1;
        if !told_before {
            frames.extend(flat::frame(&self.flat_context(*serial), event));
        }
        frames.extend(told_end);
    }

    fn gifts(&self, totals: &[GiftTotal], event: Option<&RoomEvent>, at: Moment, serial: &mut u64) -> Vec<FeedFrame> {
        let mut frame = |total: &GiftTotal| {
            *serial += 1;
            // Several ends may come of one message: only a gift of its own has its id.
            let event = event.filter(|event| is_about(event, total));
            flat::gift_frame(&self.flat_context(*serial), total, event, at)
        };
        totals.iter().map(&mut frame).collect()
    }

    fn flat_context(&self, serial: u64) -> FlatContext<'_> {
        FlatContext { room: &self.mirror, host: self.name.as_str(), serial }
    }

    fn line_context(&self) -> LineContext<'_> {
        LineContext { room: self.label.as_str(), room_id: self.mirror.room_id, live_seq: self.mirror.live_seq }
    }

    /// The line of an event, which has been applied.
    fn line(&self, tallied: &TalliedEvent) -> Option<FeedFrame> {
        let event = &tallied.event;
        if matches!(&event.kind, EventKind::Info(info) if info.is_clock_only()) {
            return None;
        }
        let tally = tallied.tally.map(|tally| JsonTally {
            added: tally.added,
            count: tally.count,
            streak: tally.streak.into(),
            diamonds: tally.diamonds,
        });
        let class = class_of(tallied);
        let line = json::line(&self.line_context(), event, tally);
        let mut frame = FeedFrame::new(event.kind.type_name(), class, &line);
        if let Some(tally) = tallied.tally {
            (frame.gifts, frame.coins) = (tally.added, tally.diamonds.unwrap_or(0));
        }
        Some(frame)
    }
}

/// Whether an event is the host's or TikTok's word that the live is over.
fn ends_live(event: &RoomEvent) -> bool {
    let EventKind::Control(control) = &event.kind else { return false };
    !event.history && matches!(control.action, ControlAction::Ended | ControlAction::Suspended)
}

/// How dear a line is.
fn class_of(tallied: &TalliedEvent) -> FrameClass {
    let kind = &tallied.event.kind;
    if let Some(tally) = tallied.tally {
        return if tally.streak == StreakState::Open { FrameClass::Passing } else { FrameClass::Dear };
    }
    if matches!(kind, EventKind::Like(_)) {
        return FrameClass::Like;
    }
    if matches!(kind, EventKind::Join(_) | EventKind::Viewers(_) | EventKind::BattlePoints(_)) {
        return FrameClass::Passing;
    }
    if kind.is_from_service() { FrameClass::Ordinary } else { FrameClass::Dear }
}

fn is_about(event: &RoomEvent, total: &GiftTotal) -> bool {
    let EventKind::Gift(gift) = &event.kind else { return false };
    gift.gift.id == total.gift.id && gift.from.id == total.from.id && total.added > 0
}

impl FeedListener {
    pub(super) fn queue(&self) -> &ClientQueue {
        &self.client.queue
    }

    /// Counts what was given to the client.
    pub(super) fn count_sent(&self, frames: usize) {
        self.hub.counters.sent.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// The line that says what this client did not get, where it hears lines.
    pub(super) fn dropped_line(&self, dropped: &Dropped) -> Option<String> {
        if self.client.shape == Shape::Flat {
            return None;
        }
        let now = self.hub.clock.now();
        let label = self.hub.look_at(&self.client.wish, |room, _| room.label.clone()).unwrap_or_default();
        let context = LineContext { room: label.as_str(), room_id: None, live_seq: 0 };
        Some(json::lost_line(&context, self.client.since, now, &dropped.kinds, dropped.gifts, dropped.coins))
    }
}

impl Drop for FeedListener {
    fn drop(&mut self) {
        if self.client.queue.is_overrun() {
            self.hub.counters.let_go.fetch_add(1, Ordering::Relaxed);
        }
        self.hub.lock().clients.retain(|client| !Arc::ptr_eq(client, &self.client));
    }
}
