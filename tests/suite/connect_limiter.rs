//! Tests of many rooms at once, and of rooms that no transport opens: what the tracker does to the service.

use std::collections::BTreeMap;
use std::time::Duration;

use tiktop::clock::Moment;
use tiktop::config::TransportKind;
use tiktop::events::{EventKind, PhaseKind};
use tiktop::ids::RoomKey;
use tiktop::sim::{SimFault, SimOptions};
use tiktop::track::{ConnectLimiter, RoomUpdate, TrackerUpdate};

use crate::kit::{Rooms, Scene, Setting};

/// When each of so many rooms went live.
async fn all_live(rooms: &mut Rooms, count: usize) -> BTreeMap<RoomKey, Moment> {
    let mut live = BTreeMap::new();
    while live.len() < count {
        let TrackerUpdate::Room(room, RoomUpdate::Events(events)) = rooms.next().await else { continue };
        let is_live = |kind: &EventKind| matches!(kind, EventKind::State(phase) if phase.kind == PhaseKind::Live);
        if let Some(tallied) = events.iter().find(|tallied| is_live(&tallied.event.kind)) {
            live.entry(room).or_insert(tallied.event.at);
        }
    }
    live
}

#[tokio::test]
async fn fifty_rooms_that_drop_together_come_back_one_by_one() {
    let limiter = ConnectLimiter::new(Duration::from_millis(60), 5);
    let options = SimOptions { rooms: 53, rate: 0.0, ..SimOptions::default() };
    // The third room is not live.
    let setting = Setting { options, rooms: 3..53, limiter, ..Setting::with(&[TransportKind::Direct], &[]) };
    let mut scene = Scene::open(setting).await;
    all_live(&mut scene.rooms, 50).await;
    let dropped = scene.rooms.clock.now();
    scene.sim.drop_sockets();
    let back = all_live(&mut scene.rooms, 50).await;
    // Left to themselves they would all be back a second later. The first turn is not taken before half a second, and
    // 45 of them wait for 30 ms at least after the one before.
    let last = back.values().map(|at| at.since(dropped)).max().unwrap();
    assert!(last >= Duration::from_millis(500 + 44 * 30), "all came back within {last:?}");
}

#[tokio::test]
async fn a_live_that_nobody_opens_is_looked_in_on_until_it_ends() {
    let limiter = ConnectLimiter::default().rechecking_every(Duration::from_millis(100));
    let transports = [TransportKind::Provider, TransportKind::Direct];
    let faults = [SimFault::Provider500, SimFault::Handshake417];
    let mut scene = Scene::open(Setting { limiter, ..Setting::with(&transports, &faults) }).await;
    let failed = scene.rooms.find_phase(|_, phase| phase.kind == PhaseKind::Failed).await;
    assert!(failed.reason.as_str().contains("417 illegal secret key"), "{}", failed.reason);
    let asked =
        |scene: &Scene, what: &str| scene.sim.requests().iter().filter(|request| request.path.contains(what)).count();
    let (looked, signed) = (asked(&scene, "room/info"), asked(&scene, "webcast/fetch"));
    scene.sim.end_live(scene.name());
    scene.rooms.find_phase(|_, phase| phase.kind == PhaseKind::Ended).await;
    assert!(asked(&scene, "room/info") > looked);
    assert_eq!(asked(&scene, "webcast/fetch"), signed, "looking in cost a signature");
}

#[tokio::test]
async fn how_the_transports_fare_is_told_when_it_changes() {
    let transports = [TransportKind::Provider, TransportKind::Direct];
    let mut scene = Scene::open(Setting::with(&transports, &[SimFault::Provider429])).await;
    loop {
        if let TrackerUpdate::Health(health) = scene.rooms.next().await
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
