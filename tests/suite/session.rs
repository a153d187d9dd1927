//! Tests of the real client, tracker and reducer against the simulated service: what a room goes through where the transport
//! makes no difference. What differs by transport is in `faults`.

use tiktop::clock::Clock;
use tiktop::config::{Keys, ScreenSettings, TransportKind};
use tiktop::events::{ControlAction, EventKind, PhaseKind};
use tiktop::ids::{RoomKey, Target};
use tiktop::sim::{SimFault, SimOptions};
use tiktop::text::Text;
use tiktop::track::{RoomUpdate, TrackerCommand, TrackerUpdate};
use tiktop::tui::{Dashboard, ScreenOptions};

use crate::kit::{Scene, Setting, in_time};

const USUAL: [TransportKind; 2] = [TransportKind::Provider, TransportKind::Direct];

async fn chatty(faults: &[SimFault]) -> Scene {
    Scene::open(Setting::with(&USUAL, faults)).await
}

async fn until_messages(scene: &mut Scene, count: u64) {
    scene.until_room(&format!("{count} messages"), |room| room.stats.messages >= count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_is_looked_up_connected_and_counted_like_the_service_counts() {
    let mut scene = chatty(&[]).await;
    until_messages(&mut scene, 400).await;
    scene.sim.end_live(scene.name());
    scene.until_phase(PhaseKind::Ended).await;
    scene.count();
    let (room, told) = (scene.room(), scene.told());
    assert_eq!(told.phases, [PhaseKind::LookingUp, PhaseKind::Connecting, PhaseKind::Live, PhaseKind::Ended]);
    assert_eq!(told.added, scene.expected_totals().gift_units);
    assert_eq!(room.phase.reason.as_str(), "the host ended the live");
    assert_eq!(room.host.unique_id.as_str(), scene.name());
    assert_eq!(room.streaks.running().count(), 0);
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_host_is_waited_for_and_entered_when_live() {
    let options = SimOptions { rate: 0.0, ..SimOptions::default() };
    let mut scene = Scene::open(Setting { options, rooms: 2..3, ..Setting::with(&[TransportKind::Direct], &[]) }).await;
    scene.until_phase(PhaseKind::Offline).await;
    assert!(scene.room().phase.retry_at.is_some(), "says when it looks again");
    scene.sim.go_live(scene.name());
    scene.rooms.send(TrackerCommand::Retry(Scene::KEY)).await;
    scene.until_phase(PhaseKind::Live).await;
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_another_room_are_dropped_and_counted() {
    let mut scene = chatty(&[SimFault::RoomSwitch]).await;
    scene.until("a phase after the first live one", |_, rooms| rooms.told(Scene::KEY).phases.len() > 3).await;
    let foreign = async {
        loop {
            scene.rooms.send(TrackerCommand::Snapshot(Scene::KEY)).await;
            if let TrackerUpdate::Room(_, RoomUpdate::Snapshot(room)) = scene.rooms.next().await
                && room.stats.foreign > 0
            {
                return;
            }
        }
    };
    in_time("a foreign message is counted", foreign).await;
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_look_up_after_a_live_leaves_no_trace_once_the_next_one_succeeds() {
    let mut scene = chatty(&[]).await;
    scene.until_phase(PhaseKind::Live).await;
    scene.sim.end_live(scene.name());
    scene.until_phase(PhaseKind::Ended).await;
    let ended = scene.room().phase.reason.clone();
    scene.sim.set_faults(vec![SimFault::Rate429]);
    scene.rooms.send(TrackerCommand::Retry(Scene::KEY)).await;
    scene.until_phase(PhaseKind::Blocked).await;
    scene.sim.set_faults(Vec::new());
    scene.rooms.send(TrackerCommand::Retry(Scene::KEY)).await;
    scene.until_phase(PhaseKind::Ended).await;
    assert_eq!(scene.room().phase.reason, ended);
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_names_the_room_where_tiktok_refuses_to() {
    let mut scene = chatty(&[SimFault::Captcha]).await;
    scene.until_phase(PhaseKind::Live).await;
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_provider_fails_the_anonymous_socket_takes_over() {
    let mut scene = chatty(&[SimFault::Provider503]).await;
    scene.until_phase(PhaseKind::Live).await;
    assert_eq!(scene.room().phase.transport.as_deref(), Some("direct"));
    until_messages(&mut scene, 20).await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_of_one_host_become_one_room() {
    let mut scene = chatty(&[]).await;
    scene.until_phase(PhaseKind::Live).await;
    let room_id = scene.room().room_id.unwrap();
    scene.rooms.send(TrackerCommand::Add(Target::Room(room_id))).await;
    let merged = loop {
        if let TrackerUpdate::Room(room, RoomUpdate::Removed { into }) = scene.rooms.next().await {
            break (room, into);
        }
    };
    assert_eq!(merged, (RoomKey(2), Some(RoomKey(1))));
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_lags_hears_what_it_lost_and_a_snapshot_makes_it_right() {
    let options = SimOptions { rate: 2_000.0, ..SimOptions::default() };
    let mut scene = Scene::open(Setting { options, ..Setting::with(&[TransportKind::Direct], &[]) }).await;
    let mut slow = scene.rooms.tracker.subscribe(4, false);
    until_messages(&mut scene, 3_000).await;
    let now = || Clock::system().now();
    let mut mirror = Dashboard::new(ScreenOptions::new(ScreenSettings::default(), Keys::new()), now()).unwrap();
    let label = Text::new(scene.name());
    mirror.track(TrackerUpdate::Room(Scene::KEY, RoomUpdate::Added { label }), now());
    let (mut lost, mut ending) = (None, false);
    let caught_up = async {
        while mirror.room(Scene::KEY).is_none_or(|room| room.phase.kind != PhaseKind::Ended) {
            let update = slow.recv().await.unwrap();
            if let TrackerUpdate::Room(_, RoomUpdate::Lagged(what)) = &update {
                lost.get_or_insert(what.clone());
            }
            for command in mirror.track(update, now()) {
                scene.rooms.send(command).await;
            }
            if !ending && mirror.room(Scene::KEY).is_some_and(|room| room.stats.messages >= 3_000) {
                ending = true;
                scene.sim.end_live(scene.name());
            }
        }
    };
    in_time("the mirror follows to the end", caught_up).await;
    let lost = lost.expect("it lagged");
    assert!(lost.events.values().sum::<u64>() > 100, "{lost:?}");
    let (totals, stats) = (scene.expected_totals(), &mirror.room(Scene::KEY).unwrap().stats);
    assert_eq!((stats.gifts, stats.coins), (totals.gift_units, totals.gift_coins));
    assert_eq!(stats.likes_seen, totals.likes);
    scene.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_live_comes_after_all_that_came_before_it() {
    let mut scene = chatty(&[]).await;
    until_messages(&mut scene, 50).await;
    scene.sim.end_live(scene.name());
    let (mut last_control, mut after) = (None, 0);
    while scene.room().phase.kind != PhaseKind::Ended {
        let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = scene.rooms.next().await else { continue };
        for tallied in events.iter().filter(|tallied| tallied.event.id.is_some()) {
            match &tallied.event.kind {
                EventKind::Control(control) => last_control = Some(control.action),
                _ if last_control == Some(ControlAction::Ended) => after += 1,
                _ => {}
            }
        }
    }
    assert_eq!((last_control, after), (Some(ControlAction::Ended), 0));
    scene.leave().await;
}
