//! Tests of many rooms at once, and of rooms that no transport opens: what the tracker does to the service.

use std::collections::BTreeMap;
use std::time::Duration;

use tiktop::clock::{Clock, Moment};
use tiktop::config::{Settings, TransportKind};
use tiktop::events::{EventKind, PhaseKind};
use tiktop::ids::RoomKey;
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::track::{ConnectLimiter, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::webcast::{Service, point_at};
use tokio::sync::mpsc;

/// Nothing here takes long; a test that waits in vain must end all the same.
const PATIENCE: Duration = Duration::from_secs(30);

struct Scene {
    sim: Sim,
    clock: Clock,
    _tracker: Tracker,
    commands: mpsc::Sender<TrackerCommand>,
    updates: mpsc::Receiver<TrackerUpdate>,
}

impl Scene {
    async fn open(options: SimOptions, transports: &[TransportKind], limiter: ConnectLimiter) -> Self {
        let sim = Sim::start(options).await.unwrap();
        let mut settings = Settings { transports: transports.to_vec(), ..Settings::default() };
        point_at(&mut settings, &sim.base_url(), &sim.socket_url());
        let (client, clock) = (Service::isolated(&settings).unwrap(), Clock::system());
        let failover = client.failover(clock.clone()).unwrap();
        let tracker = Tracker::with_failover(client, failover, limiter, clock.clone());
        let updates = tracker.subscribe(100_000, false);
        Self { sim, clock, commands: tracker.commands(), _tracker: tracker, updates }
    }

    async fn add(&self, name: &str) {
        self.commands.send(TrackerCommand::Add(name.parse().unwrap())).await.unwrap();
    }

    /// The next update; fails when none comes.
    async fn next(&mut self) -> TrackerUpdate {
        tokio::time::timeout(PATIENCE, self.updates.recv()).await.expect("an update in time").unwrap()
    }

    /// Waits for the next event that `wanted` says something of.
    async fn until<T>(&mut self, mut wanted: impl FnMut(RoomKey, &EventKind, Moment) -> Option<T>) -> T {
        loop {
            let TrackerUpdate::Room(room, RoomUpdate::Events(events)) = self.next().await else { continue };
            let found = events.iter().find_map(|noted| wanted(room, &noted.event.kind, noted.event.at));
            if let Some(found) = found {
                return found;
            }
        }
    }

    /// When each of so many rooms went live.
    async fn all_live(&mut self, rooms: usize) -> BTreeMap<RoomKey, Moment> {
        let mut live = BTreeMap::new();
        while live.len() < rooms {
            let (room, at) = self
                .until(|room, kind, at| {
                    matches!(kind, EventKind::State(phase) if phase.kind == PhaseKind::Live).then_some((room, at))
                })
                .await;
            live.entry(room).or_insert(at);
        }
        live
    }
}

#[tokio::test]
async fn fifty_rooms_that_drop_together_come_back_one_by_one() {
    let limiter = ConnectLimiter::new(Duration::from_millis(60), 5);
    let options = SimOptions { rooms: 51, rate: 0.0, ..SimOptions::default() };
    let mut scene = Scene::open(options, &[TransportKind::Direct], limiter).await;
    // The third room is not live.
    let names: Vec<_> =
        scene.sim.names().into_iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, name)| name).collect();
    for name in &names {
        scene.add(name).await;
    }
    scene.all_live(50).await;
    let dropped = scene.clock.now();
    scene.sim.drop_sockets();
    let back = scene.all_live(50).await;
    // Left to themselves they would all be back a second later. The first turn is not taken before half a second, and
    // 45 of them wait for 30 ms at least after the one before.
    let last = back.values().map(|at| at.since(dropped)).max().unwrap();
    assert!(last >= Duration::from_millis(500 + 44 * 30), "all came back within {last:?}");
}

#[tokio::test]
async fn a_live_that_nobody_opens_is_looked_in_on_until_it_ends() {
    let limiter = ConnectLimiter::default().rechecking_every(Duration::from_millis(100));
    let faults = vec![SimFault::Provider500, SimFault::Handshake417];
    let options = SimOptions { rate: 0.0, faults, ..SimOptions::default() };
    let mut scene = Scene::open(options, &[TransportKind::Provider, TransportKind::Direct], limiter).await;
    let name = scene.sim.names()[0].clone();
    scene.add(&name).await;
    let reason = scene
        .until(|_, kind, _| match kind {
            EventKind::State(phase) if phase.kind == PhaseKind::Failed => Some(phase.reason.clone()),
            _ => None,
        })
        .await;
    assert!(reason.as_str().contains("417 illegal secret key"), "{reason}");
    let asked =
        |scene: &Scene, what: &str| scene.sim.requests().iter().filter(|request| request.path.contains(what)).count();
    let (looked, signed) = (asked(&scene, "room/info"), asked(&scene, "webcast/fetch"));
    scene.sim.end_live(&name);
    scene
        .until(|_, kind, _| matches!(kind, EventKind::State(phase) if phase.kind == PhaseKind::Ended).then_some(()))
        .await;
    assert!(asked(&scene, "room/info") > looked);
    assert_eq!(asked(&scene, "webcast/fetch"), signed, "looking in cost a signature");
}

#[tokio::test]
async fn how_the_transports_fare_is_told_when_it_changes() {
    let options = SimOptions { rate: 50.0, faults: vec![SimFault::Provider429], ..SimOptions::default() };
    let transports = [TransportKind::Provider, TransportKind::Direct];
    let mut scene = Scene::open(options, &transports, ConnectLimiter::default()).await;
    let name = scene.sim.names()[0].clone();
    scene.add(&name).await;
    loop {
        if let TrackerUpdate::Health(health) = scene.next().await
            && let [provider, direct] = &*health
            && direct.last_success.is_some()
        {
            assert_eq!((provider.name.as_str(), direct.name.as_str()), ("provider euler", "direct"));
            assert_eq!(provider.budget.as_ref().map(|budget| budget.left), Some(0));
            assert!(provider.not_before.is_some() && provider.last_error.is_some());
            break;
        }
    }
}
