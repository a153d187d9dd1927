//! A simulated service, the real tracker on it, and mirrors of its rooms that are held against the truth.

use std::collections::BTreeMap;
use std::time::Duration;

use strum::IntoEnumIterator;
use tiktop::clock::Clock;
use tiktop::config::{Secret, Secrets, Settings, TransportKind};
use tiktop::events::{EventKind, PhaseKind};
use tiktop::ids::RoomKey;
use tiktop::room::{Applied, Room};
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::track::{ConnectLimiter, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::webcast::{Proxies, Service, SimulatedPart, TransportEntry, point_at};
use tokio::sync::mpsc;

/// Nothing here takes long; a test that waits in vain must end all the same.
const PATIENCE: Duration = Duration::from_secs(30);
const HURRY: Duration = Duration::from_millis(10);
/// What a room's state may weigh as JSON: a few hundred messages are a tenth of it, any spoiled frame many times as much.
const HEAVY: usize = 2 << 20;

/// A transport of the registry: each meets every fault that concerns it.
pub(super) struct Way {
    pub(super) name: String,
    kind: TransportKind,
    /// What the simulator plays for it.
    pub(super) part: SimulatedPart,
}

fn ways() -> impl Iterator<Item = Way> {
    TransportKind::iter().map(|kind| Way { name: kind.to_string(), kind, part: TransportEntry::of(kind).simulated })
}

/// How a scene differs from the usual one.
pub(super) struct Setting {
    pub(super) faults: Vec<SimFault>,
    pub(super) rooms: usize,
    /// Messages a second, in each room.
    pub(super) rate: f64,
    pub(super) tune: fn(&Way, &mut Settings),
    pub(super) clock: Clock,
}

impl Setting {
    pub(super) fn with(faults: &[SimFault]) -> Self {
        Self { faults: faults.to_vec(), rooms: 1, rate: 300.0, tune: |_, _| {}, clock: Clock::system() }
    }
}

/// What a reader knows of one room.
pub(super) struct Mirror {
    pub(super) name: String,
    pub(super) room: Room,
    /// Phases in the order they were told.
    pub(super) phases: Vec<PhaseKind>,
    pub(super) lives: u32,
    /// A wait was told that nobody has cut short yet.
    waits: bool,
}

pub(super) struct Scene {
    pub(super) way: String,
    pub(super) sim: Sim,
    pub(super) mirrors: BTreeMap<RoomKey, Mirror>,
    tracker: Tracker,
    commands: mpsc::Sender<TrackerCommand>,
    updates: mpsc::Receiver<TrackerUpdate>,
}

impl Scene {
    pub(super) async fn open(way: &Way, setting: Setting) -> Self {
        let Setting { faults, rooms, rate, tune, clock } = setting;
        let sim = Sim::start(SimOptions { rate, faults, rooms, ..SimOptions::default() }).await.unwrap();
        let mut settings = Settings { transports: vec![way.kind], ..Settings::default() };
        point_at(&mut settings, &sim.base_url(), &sim.socket_url());
        settings.service.timeout_seconds = 5;
        settings.poll.interval_ms = 500;
        tune(way, &mut settings);
        let secrets = Secrets { cloud_key: Secret::new("k3y"), ..Secrets::default() };
        let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
        // Rooms that come back together take turns; here the turns are short.
        let failover = client.failover(clock.clone()).unwrap();
        let pace = ConnectLimiter::new(Duration::from_millis(20), 8);
        let tracker = Tracker::with_failover(client, failover, pace, clock);
        let updates = tracker.subscribe(100_000, false);
        let commands = tracker.commands();
        let mut mirrors = BTreeMap::new();
        for (name, key) in sim.names().into_iter().zip(1..) {
            commands.send(TrackerCommand::Add(name.parse().unwrap())).await.unwrap();
            let room = Room::new(2_000);
            mirrors.insert(RoomKey(key), Mirror { name, room, phases: Vec::new(), lives: 0, waits: false });
        }
        Self { way: way.name.clone(), sim, mirrors, tracker, commands, updates }
    }

    /// The only room of a scene.
    pub(super) fn it(&self) -> &Mirror {
        &self.mirrors[&RoomKey(1)]
    }

    /// Takes in news until `done`. A wait that a room tells of is cut short, as somebody who watches would do.
    pub(super) async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        self.read(what, true, done).await;
    }

    /// The same, without cutting anything short.
    pub(super) async fn see(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        self.read(what, false, done).await;
    }

    async fn read(&mut self, what: &str, hurry: bool, done: impl Fn(&Self) -> bool) {
        let reading = tokio::time::timeout(PATIENCE, async {
            while !done(self) {
                if hurry {
                    self.cut_waits_short().await;
                }
                let update = self.updates.recv().await.expect("the tracker is there");
                self.take(update);
            }
        });
        let in_time = reading.await.is_ok();
        let standing: Vec<_> = self.mirrors.values().map(|mirror| (&mirror.phases, &mirror.room.phase)).collect();
        assert!(in_time, "{} waited in vain until {what}: {standing:?}", self.way);
    }

    async fn cut_waits_short(&mut self) {
        for (&key, mirror) in &mut self.mirrors {
            if std::mem::take(&mut mirror.waits) {
                // Nobody presses a key faster, and a service that still refuses is not asked a thousand times.
                tokio::time::sleep(HURRY).await;
                self.commands.send(TrackerCommand::Retry(key)).await.unwrap();
            }
        }
    }

    fn take(&mut self, update: TrackerUpdate) {
        let TrackerUpdate::Room(room, RoomUpdate::Events(events)) = update else { return };
        let Some(mirror) = self.mirrors.get_mut(&room) else { return };
        for noted in events.iter() {
            match &noted.event.kind {
                EventKind::State(phase) => {
                    mirror.phases.push(phase.kind);
                    mirror.waits = phase.retry_at.is_some() || phase.kind == PhaseKind::Ended;
                }
                EventKind::Live(_) => mirror.lives += 1,
                _ => {}
            }
            let fresh = matches!(mirror.room.apply(&noted.event), Applied::Fresh(_));
            assert!(fresh, "{} told twice: {noted:?}", self.way);
        }
    }

    pub(super) async fn until_phase(&mut self, kind: PhaseKind) {
        self.until(&format!("the phase is {kind}"), |scene| scene.it().room.phase.kind == kind).await;
    }

    /// Breaks all sockets, once so many are open: one that is just being opened would not notice.
    pub(super) async fn drop_sockets(&self, open: u64) {
        until(&format!("{}: {open} sockets are open", self.way), || self.sim.sockets().open == open).await;
        self.sim.drop_sockets();
    }

    /// Waits for `more` messages beside those that came.
    pub(super) async fn hear(&mut self, more: u64) {
        let wanted = self.it().room.stats.messages + more;
        self.until(&format!("{wanted} messages"), |scene| scene.it().room.stats.messages >= wanted).await;
    }

    /// Every total of every room is what the service really sent.
    pub(super) fn count(&self) {
        for mirror in self.mirrors.values() {
            let (totals, stats) = (self.sim.expected_totals(&mirror.name), &mirror.room.stats);
            let ours = (stats.gifts, stats.coins, stats.likes_seen, stats.follows, stats.shares, stats.joins);
            let joins = totals.count("WebcastMemberMessage");
            let theirs = (totals.gift_units, totals.gift_coins, totals.likes, totals.follows, totals.shares, joins);
            assert_eq!(ours, theirs, "{} in {}: gifts, coins, likes, follows, shares, joins", self.way, mirror.name);
            assert!(stats.likes >= totals.like_total, "{}: the like total never runs backwards", self.way);
        }
    }

    /// The host ends it; all is counted; nothing is left behind.
    pub(super) async fn end(mut self) {
        self.sim.set_faults(Vec::new());
        for mirror in self.mirrors.values() {
            self.sim.end_live(&mirror.name);
        }
        let ended = |mirror: &Mirror| matches!(mirror.room.phase.kind, PhaseKind::Ended | PhaseKind::Offline);
        self.see("the end of all lives", |scene| scene.mirrors.values().all(ended)).await;
        self.count();
        self.leave().await;
    }

    /// No socket, no task and no memory outlives the rooms.
    pub(super) async fn leave(self) {
        for mirror in self.mirrors.values() {
            let weight = serde_json::to_vec(&mirror.room).unwrap().len();
            assert!(weight < HEAVY, "{}: the state of {} weighs {weight} bytes", self.way, mirror.name);
        }
        drop((self.commands, self.updates));
        self.tracker.finish().await;
        until(&format!("{}: no socket is open", self.way), || self.sim.sockets().open == 0).await;
        self.sim.stop().await;
    }
}

/// Plays a scene for each way that meets it, all at once, and waits until no task is left.
pub(super) async fn each_way(meets: impl Fn(&Way) -> bool, play: impl AsyncFn(&Way)) {
    let ways: Vec<_> = ways().filter(meets).collect();
    futures_util::future::join_all(ways.iter().map(|way| play(way))).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    until("no task is left", || metrics.num_alive_tasks() == 0).await;
}

/// Waits for something that nobody tells.
async fn until(what: &str, done: impl Fn() -> bool) {
    let waiting = tokio::time::timeout(PATIENCE, async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waiting.await.is_ok(), "waited in vain until {what}");
}
