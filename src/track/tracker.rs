//! Supervisor of the tracked rooms: adds and removes them, and stands by when a room's task panics.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::connect_limiter::ConnectLimiter;
use super::gifts::RoomGifts;
use super::health;
use super::room_actor::RoomActor;
use super::room_task::{KnownRoom, RoomRequest, RoomTask};
use super::subscribers::{SubscriberOptions, Subscribers};
use super::update::{LastLive, RoomUpdate, TrackerCommand, TrackerUpdate};
use crate::clock::Clock;
use crate::events::{Phase, PhaseKind};
use crate::ids::{RoomKey, Target, UserId};
#[cfg(feature = "cli")]
use crate::room::Room;
use crate::text::Text;
#[cfg(any(feature = "cli", feature = "internals"))]
use crate::webcast::ServiceError;
use crate::webcast::{Failover, Service};

/// Commands that may wait for the tracker.
const COMMANDS: usize = 64;
/// Commands that may wait for one room; more are dropped, as they say the same again.
const ROOM_REQUESTS: usize = 8;
/// Rooms with their first answer that may wait for the tracker.
const KNOWN_ROOMS: usize = 8;
/// How often readers that lagged are looked after while any is owed something.
const OWED_CHECK: Duration = Duration::from_millis(200);
/// How long a shutdown waits for the rooms' tasks.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// Tracks rooms until it is finished or dropped.
pub struct Tracker {
    commands: mpsc::Sender<TrackerCommand>,
    known_rooms: mpsc::Sender<(Target, FirstNews)>,
    subscribers: Subscribers,
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
}

impl Tracker {
    /// Starts with no room, on a service of its own. Needs a tokio runtime. Fails when a transport's settings are wrong.
    #[cfg(any(feature = "cli", feature = "internals"))]
    pub(crate) fn on_service(client: Arc<Service>, clock: Clock) -> Result<Self, ServiceError> {
        let failover = client.failover(clock.clone())?;
        Ok(Self::on_failover(client, failover, ConnectLimiter::default(), clock))
    }

    /// The same with a failover and a limiter that other trackers share.
    pub(crate) fn on_failover(client: Arc<Service>, failover: Failover, limiter: ConnectLimiter, clock: Clock) -> Self {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (known_rooms, known_inbox) = mpsc::channel(KNOWN_ROOMS);
        let subscribers = Subscribers::default();
        let stop = CancellationToken::new();
        let supervisor = Supervisor {
            failover,
            client,
            clock,
            subscribers: subscribers.clone(),
            stop: stop.clone(),
            hosts: Hosts::default(),
            gifts: RoomGifts::default(),
            limiter,
            rooms: HashMap::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            last_key: 0,
        };
        Self { commands, known_rooms, subscribers, stop, supervisor: tokio::spawn(supervisor.run(inbox, known_inbox)) }
    }

    /// A new reader with room for `capacity` updates; `raw` asks for the bytes behind the events too. Subscribe before
    /// adding rooms: what was told before is not told again.
    pub fn subscribe(&self, capacity: usize, raw: bool) -> mpsc::Receiver<TrackerUpdate> {
        self.subscribers.subscribe(capacity, SubscriberOptions { messages: raw, frames: false })
    }

    /// A new reader that hears the bodies of the responses too, to keep them.
    pub fn subscribe_frames(&self, capacity: usize) -> mpsc::Receiver<TrackerUpdate> {
        self.subscribers.subscribe(capacity, SubscriberOptions { messages: false, frames: true })
    }

    /// Where commands go.
    pub fn commands(&self) -> mpsc::Sender<TrackerCommand> {
        self.commands.clone()
    }

    /// Adds a room that has just been asked about: the answer is not asked for again. False when the tracker is gone.
    pub(crate) async fn add_known(&self, target: Target, known: KnownRoom) -> bool {
        self.known_rooms.send((target, FirstNews::Known(known))).await.is_ok()
    }

    /// Adds a room that goes on from this state. False when the tracker is gone.
    #[cfg(feature = "cli")]
    pub(crate) async fn add_watched(&self, target: Target, room: Room) -> bool {
        self.known_rooms.send((target, FirstNews::Watched(Box::new(room)))).await.is_ok()
    }

    /// Stops all rooms and waits for them, two seconds at most.
    pub async fn finish(self) {
        self.stop.cancel();
        if tokio::time::timeout(SHUTDOWN, self.supervisor).await.is_err() {
            tracing::warn!("a room's task did not stop in time");
        }
    }
}

#[cfg(feature = "internals")]
#[doc(hidden)]
impl Tracker {
    /// Starts with no room, on a service of its own.
    pub fn start(client: Arc<Service>, clock: Clock) -> Result<Self, ServiceError> {
        Self::on_service(client, clock)
    }

    /// Starts with no room, on a failover and with a limiter that other trackers share.
    pub fn with_failover(client: Arc<Service>, failover: Failover, limiter: ConnectLimiter, clock: Clock) -> Self {
        Self::on_failover(client, failover, limiter, clock)
    }
}

/// Which host is tracked by which room, so that two names of one host become one room.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts(Arc<Mutex<HostTable>>);

#[derive(Debug, Default)]
struct HostTable {
    owners: HashMap<UserId, RoomKey>,
    /// The rooms that may own a host: a removed one whose task has not ended yet may not.
    tracked: HashSet<RoomKey>,
}

impl Hosts {
    /// Takes a host for a room. The room that has it already, if another one does.
    pub(super) fn claim(&self, host: UserId, room: RoomKey) -> Result<(), RoomKey> {
        let mut hosts = self.lock();
        if !hosts.tracked.contains(&room) {
            return Ok(());
        }
        match *hosts.owners.entry(host).or_insert(room) {
            owner if owner == room => Ok(()),
            owner => Err(owner),
        }
    }

    fn register(&self, room: RoomKey) {
        self.lock().tracked.insert(room);
    }

    /// Frees the host of a room, which from now on claims none.
    fn release(&self, room: RoomKey) {
        let mut hosts = self.lock();
        hosts.tracked.remove(&room);
        hosts.owners.retain(|_, owner| *owner != room);
    }

    fn lock(&self) -> MutexGuard<'_, HostTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a room when it is added.
enum FirstNews {
    /// What was just learned of it.
    Known(KnownRoom),
    /// All that was seen of it before.
    #[cfg(feature = "cli")]
    Watched(Box<Room>),
}

struct Tracked {
    target: Target,
    requests: mpsc::Sender<RoomRequest>,
    snapshot: Arc<Notify>,
    stop: CancellationToken,
}

struct Supervisor {
    client: Arc<Service>,
    failover: Failover,
    clock: Clock,
    subscribers: Subscribers,
    stop: CancellationToken,
    hosts: Hosts,
    gifts: RoomGifts,
    limiter: ConnectLimiter,
    rooms: HashMap<RoomKey, Tracked>,
    tasks: JoinSet<RoomKey>,
    /// Which room a task serves: a panic leaves only the task's id.
    running: HashMap<tokio::task::Id, RoomKey>,
    last_key: u64,
}

impl Supervisor {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<TrackerCommand>,
        mut known_rooms: mpsc::Receiver<(Target, FirstNews)>,
    ) {
        let mut owed_check = tokio::time::interval(OWED_CHECK);
        owed_check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let health = health::publish_changes(self.failover.clone(), self.subscribers.clone(), self.clock.clone());
        tokio::pin!(health);
        loop {
            // Losses are only owed after an update met a full queue; a quiet tracker still has to pay them.
            let owes = self.subscribers.owes();
            tokio::select! {
                () = self.stop.cancelled() => break,
                command = inbox.recv() => match command {
                    Some(command) => self.handle(command),
                    None => break,
                },
                Some((target, known)) = known_rooms.recv() => self.add(target, Some(known), None),
                Some(ended) = self.tasks.join_next_with_id() => self.task_ended(ended),
                () = &mut health => {}
                _ = owed_check.tick(), if owes => { self.subscribers.send_owed(); }
                () = self.subscribers.overflowed(), if !owes => {}
            }
        }
        for room in self.rooms.values() {
            room.stop.cancel();
        }
        while self.tasks.join_next().await.is_some() {}
    }

    fn handle(&mut self, command: TrackerCommand) {
        match command {
            TrackerCommand::Add(target) => self.add(target, None, None),
            TrackerCommand::Resume(target, last) => self.add(target, None, Some(last)),
            TrackerCommand::Remove(key) => {
                if let Some(room) = self.rooms.remove(&key) {
                    room.stop.cancel();
                    self.hosts.release(key);
                    self.subscribers.publish_room(key, RoomUpdate::Removed { into: None }, self.clock.now());
                }
            }
            TrackerCommand::Retry(key) => {
                let Some(room) = self.rooms.get(&key) else { return };
                if room.requests.is_closed() {
                    let target = room.target.clone();
                    self.start(key, target, None, None);
                } else {
                    self.nudge(key, RoomRequest::Retry);
                }
            }
            TrackerCommand::Snapshot(key) => {
                if let Some(room) = self.rooms.get(&key) {
                    room.snapshot.notify_one();
                }
            }
        }
    }

    fn nudge(&self, key: RoomKey, nudge: RoomRequest) {
        if let Some(room) = self.rooms.get(&key) {
            // A full inbox holds the same wish already.
            let _ = room.requests.try_send(nudge);
        }
    }

    fn add(&mut self, target: Target, known: Option<FirstNews>, last: Option<LastLive>) {
        if self.rooms.values().any(|room| room.target == target) {
            return;
        }
        self.last_key += 1;
        let key = RoomKey(self.last_key);
        let label = Text::new(&target.to_string());
        self.subscribers.publish_room(key, RoomUpdate::Added { label }, self.clock.now());
        self.start(key, target, known, last);
    }

    fn start(&mut self, key: RoomKey, target: Target, known: Option<FirstNews>, last: Option<LastLive>) {
        #[cfg_attr(not(feature = "cli"), allow(unused_mut, reason = "the demo alone has rooms with a past"))]
        let mut actor = RoomActor::new(key, self.subscribers.clone(), self.clock.clone());
        let known = match known {
            #[cfg(feature = "cli")]
            Some(FirstNews::Watched(room)) => {
                actor.go_on_from(*room);
                None
            }
            Some(FirstNews::Known(known)) => Some(known),
            None => None,
        };
        let (requests, inbox) = mpsc::channel(ROOM_REQUESTS);
        let snapshot = Arc::new(Notify::new());
        self.hosts.register(key);
        let stop = self.stop.child_token();
        let task = RoomTask {
            key,
            client: self.client.clone(),
            failover: self.failover.clone(),
            actor,
            hosts: self.hosts.clone(),
            gifts: self.gifts.clone(),
            limiter: self.limiter.clone(),
            known,
            last,
            inbox,
            snapshot: Arc::clone(&snapshot),
            stop: stop.clone(),
        };
        let spawned = self.tasks.spawn(task.run(target.clone()));
        self.running.insert(spawned.id(), key);
        self.rooms.insert(key, Tracked { target, requests, snapshot, stop });
    }

    /// A room's task ended: by itself (merged into another room), on request, or by a panic, which costs that room only.
    fn task_ended(&mut self, ended: Result<(tokio::task::Id, RoomKey), JoinError>) {
        match ended {
            Ok((id, key)) => {
                self.running.remove(&id);
                if self.rooms.get(&key).is_some_and(|room| room.requests.is_closed()) {
                    self.rooms.remove(&key);
                }
            }
            Err(error) => {
                let Some(key) = self.running.remove(&error.id()) else { return };
                if !self.rooms.contains_key(&key) {
                    return;
                }
                tracing::error!(room = %key, "the task of a room ended: {error}");
                self.hosts.release(key);
                RoomActor::new(key, self.subscribers.clone(), self.clock.clone()).emit_phase(
                    Phase::new(PhaseKind::Failed).because(
                        "tiktop itself failed in this room (a bug; the log has the details); retry to start it anew",
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_room_whose_task_still_runs_claims_no_host() {
        let (hosts, host) = (Hosts::default(), UserId(7));
        let [old, new, twin] = [1, 2, 3].map(RoomKey);
        hosts.register(old);
        assert_eq!(hosts.claim(host, old), Ok(()));
        hosts.release(old);
        assert_eq!(hosts.claim(host, old), Ok(()), "its look-up was on its way");
        hosts.register(new);
        assert_eq!(hosts.claim(host, new), Ok(()), "nobody tracks this host any more");
        hosts.register(twin);
        assert_eq!(hosts.claim(host, twin), Err(new));
    }
}
