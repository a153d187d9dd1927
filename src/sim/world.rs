//! Shared state of the simulator: its rooms, the faults that hold, and the log of requests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::faults::{Faults, SimFault};
use super::host::SimHost;
use super::room::SimRoom;
use super::{ClientTimeouts, SimOptions};
use crate::clock::Clock;

/// Requests kept for tests.
const KEPT_REQUESTS: usize = 10_000;

/// A request the simulator got.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SeenRequest {
    /// `GET`, mostly.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// All headers, names in lower case; of a repeated one the last.
    pub headers: BTreeMap<String, String>,
}

impl SeenRequest {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What the sockets of all rooms did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SocketCounts {
    /// Open now.
    pub open: u64,
    /// Ever opened.
    pub opened: u64,
    /// Times a client entered a room.
    pub entered: u64,
    /// Acks of frames that were sent.
    pub acks: u64,
    /// Acks of something else, or with a wrong payload.
    pub wrong_acks: u64,
    /// Heartbeats received.
    pub heartbeats: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) open: AtomicU64,
    pub(super) opened: AtomicU64,
    pub(super) entered: AtomicU64,
    pub(super) acks: AtomicU64,
    pub(super) wrong_acks: AtomicU64,
    pub(super) heartbeats: AtomicU64,
}

/// Adds one.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Where the simulator can be reached.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) authority: String,
    pub(super) tls: bool,
}

impl Address {
    pub(super) fn http(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }

    pub(super) fn socket(&self) -> String {
        format!("{}://{}", if self.tls { "wss" } else { "ws" }, self.authority)
    }
}

/// The shared state.
#[derive(Debug)]
pub(super) struct World {
    pub(super) address: Address,
    pub(super) clock: Clock,
    pub(super) rooms: Vec<Arc<SimRoom>>,
    pub(super) client_timeouts: ClientTimeouts,
    pub(super) counters: Counters,
    pub(super) stop: CancellationToken,
    /// Turns each time all sockets are to break.
    pub(super) cut: watch::Sender<u64>,
    faults: RwLock<Faults>,
    requests: Mutex<VecDeque<SeenRequest>>,
}

impl World {
    pub(super) fn new(options: SimOptions, address: Address) -> Self {
        let clock = Clock::system();
        let faults = Faults::new(options.faults.clone());
        let rooms = SimHost::generate(options.rooms)
            .into_iter()
            .map(|host| Arc::new(SimRoom::new(host, &clock, &options, &faults)))
            .collect();
        Self {
            address,
            clock,
            rooms,
            client_timeouts: options.client_timeouts,
            counters: Counters::default(),
            stop: CancellationToken::new(),
            cut: watch::Sender::new(0),
            faults: RwLock::new(faults),
            requests: Mutex::new(VecDeque::new()),
        }
    }

    pub(super) fn faults(&self) -> Faults {
        self.faults.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn has(&self, fault: SimFault) -> bool {
        self.faults.read().unwrap_or_else(PoisonError::into_inner).has(fault)
    }

    pub(super) fn set_faults(&self, faults: Vec<SimFault>) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Faults::new(faults);
    }

    /// The room of a handle, in any case.
    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<SimRoom>> {
        let name = name.trim_start_matches('@');
        self.rooms.iter().find(|room| room.host.handle.eq_ignore_ascii_case(name))
    }

    /// The room that has or had this live.
    pub(super) fn by_room_id(&self, room_id: i64) -> Option<&Arc<SimRoom>> {
        self.rooms.iter().find(|room| room.has_had(room_id))
    }

    pub(super) fn log(&self, request: SeenRequest) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == KEPT_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(super) fn requests(&self) -> Vec<SeenRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn socket_counts(&self) -> SocketCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        SocketCounts {
            open: read(&counters.open),
            opened: read(&counters.opened),
            entered: read(&counters.entered),
            acks: read(&counters.acks),
            wrong_acks: read(&counters.wrong_acks),
            heartbeats: read(&counters.heartbeats),
        }
    }
}
