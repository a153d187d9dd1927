//! Simulated room: its lives one after the other, and everything they say to whoever listens.
//!
//! The script runs once for the room, not for a connection: all sockets hear the same messages with the same ids. The lock
//! is never held while waiting. It knows neither HTTP nor frames.

mod lifecycle;
mod live;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tokio::sync::broadcast;

use self::lifecycle::Transition;
pub(super) use self::live::SimPhase;
use self::live::{SimBeginning, SimLive};
use super::batch::{AfterBatch, Batch};
use super::expected_totals::ExpectedTotals;
use super::faults::{Faults, SimFault};
use super::host::{Character, SimHost};
use crate::clock::{Clock, Moment, Timestamp};
use crate::sim::SimOptions;
use crate::wire::pb;

/// Batches a slow socket may be behind before it is closed.
const BACKLOG: usize = 512;
/// How long the late room stays offline.
const LATE_ROOM_OFFLINE: Duration = Duration::from_secs(20);
/// After this long without a word a room sends an empty frame, which asks for an ack like any other.
const EMPTY_FRAME_AFTER: Duration = Duration::from_secs(5);
/// Messages a frame holds at most when much is said.
const FRAME_MESSAGES: usize = 8;
/// Messages repeated under [`SimFault::Duplicates`].
const REPEATED_MESSAGES: usize = 12;

/// A room of the simulated service.
#[derive(Debug)]
pub(super) struct SimRoom {
    pub(super) host: SimHost,
    clock: Clock,
    rate: f64,
    seed: u64,
    /// Which start of the service this is.
    start: u32,
    /// The script of the demo is played here.
    scripted: bool,
    /// The room is part of the demo.
    demo: bool,
    live: Mutex<SimLive>,
    out: broadcast::Sender<Arc<Batch>>,
}

/// What a live said before anybody could look, and whose it is.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SimHistory {
    /// The host's id.
    pub host_id: i64,
    /// What the host calls themselves.
    pub nickname: String,
    /// The live.
    pub room_id: i64,
    /// When it began.
    pub began: Timestamp,
    /// The bodies of the responses and when they would have come, oldest first.
    pub bodies: Vec<(Timestamp, Bytes)>,
}

/// Messages of one live that are told afterwards.
const MOST_TOLD: f64 = 16_000.0;
/// Rooms with the whole of the past; those behind them have a part of it.
const WHOLE_PAST: usize = 6;

/// How long a live has been on: as asked, but no longer than can be told in a moment.
fn age(host: &SimHost, asked: Duration, rate: f64) -> Duration {
    let told = MOST_TOLD / rate.max(0.1);
    let part = if host.index < WHOLE_PAST { 1.0 } else { 0.15 };
    Duration::from_secs((asked.as_secs_f64() * part).min(told) as u64)
}

/// What somebody who enters gets.
pub(super) struct RoomEntry {
    /// For the reply to `im_enter_room`.
    pub(super) welcome: Arc<Batch>,
    /// The first `msg` frame, where there is something to tell.
    pub(super) first: Option<Arc<Batch>>,
    /// Everything said from now on.
    pub(super) rest: broadcast::Receiver<Arc<Batch>>,
}

/// What the look-ups say about a room.
#[derive(Clone, Debug)]
pub(super) struct RoomFacts {
    pub(super) phase: SimPhase,
    pub(super) room_id: i64,
    pub(super) began_ms: i64,
    pub(super) watching: i64,
    pub(super) so_far: i64,
    pub(super) likes: i64,
    pub(super) link_mic: Option<serde_json::Value>,
}

impl SimRoom {
    pub(super) fn new(host: SimHost, clock: &Clock, options: &SimOptions, faults: &Faults) -> Self {
        let (rate, seed) = (options.rate.max(0.0) * host.share, options.seed);
        let now = clock.now();
        let demo = options.scripted && rate > 0.0;
        let scripted = options.scripted && host.index == 0 && rate > 0.0;
        let age = if host.character == Character::Late { Duration::ZERO } else { age(&host, options.age, rate) };
        let mut live = SimLive::new(
            &host,
            rate,
            seed,
            SimBeginning { start: options.start, number: 0, now, age, scripted, demo },
            faults,
        );
        if host.character == Character::Late {
            live.phase = SimPhase::Offline;
            live.next_transition = (rate > 0.0).then(|| (now + LATE_ROOM_OFFLINE, Transition::GoLive));
        }
        let (out, _) = broadcast::channel(BACKLOG);
        let start = options.start;
        Self { host, clock: clock.clone(), rate, seed, start, scripted, demo, live: Mutex::new(live), out }
    }

    /// How often [`SimRoom::tick`] wants to be called: four messages a frame, at most a frame each 700 ms. Never at rate 0.
    pub(super) fn flush_every(&self) -> Option<Duration> {
        (self.rate > 0.0).then(|| Duration::from_secs_f64((4.0 / self.rate).clamp(0.004, 0.7)))
    }

    /// Says what is due.
    pub(super) fn tick(&self, faults: &Faults) {
        let now = self.clock.now();
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if live.is_untold() {
            return;
        }
        if let Some(&(at, transition)) = live.next_transition.as_ref()
            && now.mono >= at.mono
        {
            live.next_transition = None;
            self.transition(&mut live, transition, now, faults);
        }
        if !live.phase.is_on() {
            return;
        }
        let (at, room_id) = (live.at(now), live.room_id);
        let said = live.traffic.advance(at, faults);
        let cut = live.traffic.cut_is_due();
        if said.is_empty() && now.since(live.last_sent) >= EMPTY_FRAME_AFTER {
            self.broadcast(&mut live, Vec::new(), AfterBatch::GoOn, faults);
        }
        for messages in said.chunks(FRAME_MESSAGES) {
            if live.room_id != room_id || !live.phase.is_on() {
                break;
            }
            self.broadcast(&mut live, messages.to_vec(), AfterBatch::GoOn, faults);
            self.apply_room_faults(&mut live, now, faults);
        }
        if cut {
            self.broadcast(&mut live, Vec::new(), AfterBatch::Again, faults);
        }
    }

    /// Takes what the live said before anybody could look.
    pub(super) fn recorded_history(&self) -> SimHistory {
        let mut live = self.lock();
        let began = live.began;
        let body = |(at, messages): (u64, Vec<pb::Message>)| {
            let at = began + Duration::from_micros(at);
            (at.wall, pb::Response { messages, ..pb::Response::default() }.encode_to_vec().into())
        };
        SimHistory {
            host_id: self.host.id(),
            nickname: self.host.nickname.to_owned(),
            room_id: live.room_id,
            began: began.wall,
            bodies: std::mem::take(&mut live.history).into_iter().map(body).collect(),
        }
    }

    /// Sends exactly these messages.
    pub(super) fn push(&self, messages: Vec<pb::Message>, faults: &Faults) {
        self.broadcast(&mut self.lock(), messages, AfterBatch::GoOn, faults);
    }

    /// Begins a new live with a new room id, unless one is on.
    pub(super) fn go_live(&self, faults: &Faults) {
        let mut live = self.lock();
        if !live.phase.is_on() {
            self.transition(&mut live, Transition::GoLive, self.clock.now(), faults);
        }
    }

    /// Ends the live: control message, status, sockets.
    pub(super) fn end_live(&self, action: i32, faults: &Faults) {
        let mut live = self.lock();
        if live.phase.is_on() {
            self.end(&mut live, action, self.clock.now(), faults);
        }
    }

    /// Pauses (true) or resumes the live.
    pub(super) fn pause(&self, paused: bool, faults: &Faults) {
        let mut live = self.lock();
        self.set_paused(&mut live, paused, self.clock.now(), faults);
    }

    /// Lets somebody in; nothing for a live that is over.
    pub(super) fn enter(&self, room_id: i64, faults: &Faults) -> Option<RoomEntry> {
        let mut live = self.lock();
        if !live.phase.is_on() || live.room_id != room_id {
            return None;
        }
        live.attended = true;
        let at = live.at(self.clock.now());
        let entrance = live.traffic.entrance(at);
        let welcome = pb::Response { is_first: true, need_ack: false, ..self.response(&live, entrance, faults) };
        let mut backlog = live.backlog();
        if faults.has(SimFault::Duplicates) {
            backlog.extend(live.latest(REPEATED_MESSAGES));
        }
        let first = (!backlog.is_empty()).then(|| {
            let response = self.response(&live, backlog.clone(), faults);
            Arc::new(Batch::new(&response, room_id, backlog, AfterBatch::GoOn))
        });
        let welcome = Arc::new(Batch::new(&welcome, room_id, Vec::new(), AfterBatch::GoOn));
        Some(RoomEntry { welcome, first, rest: self.out.subscribe() })
    }

    /// Books a batch that is about to be sent to a socket.
    pub(super) fn count(&self, batch: &Batch) {
        if let Some(messages) = batch.countable() {
            let mut live = self.lock();
            if live.room_id == batch.room_id {
                live.ledger.count(messages);
            }
        }
    }

    /// The answer of the first fetch, and of a poll that comes with the cursor of the one before.
    pub(super) fn fetch(&self, cursor: &str, faults: &Faults) -> pb::Response {
        let mut live = self.lock();
        let messages = if let Some(place) = cursor.split('_').nth(1).and_then(|place| place.parse().ok()) {
            live.attended = true;
            let mut messages = live.since(place);
            lifecycle::order_messages(&mut messages, faults);
            live.ledger.count(&messages);
            lifecycle::add_faulty_messages(&mut live, &mut messages, self.clock.now(), faults);
            messages
        } else {
            let at = live.at(self.clock.now());
            let mut messages = live.traffic.entrance(at);
            messages.extend(live.backlog());
            messages.extend(live.traffic.state(at));
            messages
        };
        let internal_ext = live.internal_ext(self.clock.now());
        pb::Response { internal_ext, is_first: true, ..self.response(&live, messages, faults) }
    }

    pub(super) fn facts(&self) -> RoomFacts {
        let live = self.lock();
        RoomFacts {
            phase: live.phase,
            room_id: live.room_id,
            began_ms: live.began.wall.0,
            watching: live.traffic.watching(),
            so_far: live.traffic.viewers_so_far(),
            likes: live.traffic.likes(),
            link_mic: live.traffic.battle().map(super::battle::SimBattle::to_json),
        }
    }

    /// The people who are always there, with what they gave; most first.
    pub(super) fn regulars(&self, count: usize) -> Vec<(pb::User, i64)> {
        self.lock().traffic.regulars(count)
    }

    /// Whether `room_id` is or was a live of this room.
    pub(super) fn has_had(&self, room_id: i64) -> bool {
        let live = self.lock();
        live.room_id == room_id || live.past.iter().any(|past| past.room_id == room_id)
    }

    /// Microseconds since the live began.
    pub(super) fn age(&self) -> u64 {
        let live = self.lock();
        live.at(self.clock.now())
    }

    pub(super) fn expected_totals(&self) -> ExpectedTotals {
        self.lock().ledger.expected_totals()
    }

    /// The same for every live, oldest first.
    pub(super) fn totals_of_lives(&self) -> Vec<ExpectedTotals> {
        let live = self.lock();
        live.past.iter().cloned().chain([live.ledger.expected_totals()]).collect()
    }

    fn lock(&self) -> MutexGuard<'_, SimLive> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.make_past();
        live
    }

    /// Sends one batch to all sockets, with what the faults add.
    fn broadcast(&self, live: &mut SimLive, mut messages: Vec<pb::Message>, then: AfterBatch, faults: &Faults) {
        let now = self.clock.now();
        live.remember(&messages);
        live.last_sent = now;
        lifecycle::order_messages(&mut messages, faults);
        let mut with_faults = messages.clone();
        lifecycle::add_faulty_messages(live, &mut with_faults, now, faults);
        let response = self.response(live, with_faults, faults);
        // Nobody listening is no error.
        let _ = self.out.send(Arc::new(Batch::new(&response, live.room_id, messages, then)));
    }

    fn response(&self, live: &SimLive, messages: Vec<pb::Message>, faults: &Faults) -> pb::Response {
        let now: Moment = self.clock.now();
        pb::Response {
            messages,
            cursor: live.cursor(now),
            fetch_interval: 1_000,
            now: faults.faulty_wall_clock(now).0,
            internal_ext: "-".to_owned(),
            fetch_type: 1,
            heartbeat_duration: 15,
            need_ack: true,
            ..pb::Response::default()
        }
    }
}
