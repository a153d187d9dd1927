//! Tests of every fault against every transport that can meet it: where the room stands afterwards, that its totals are the
//! truth, and that no socket, no task and no memory is left.
//!
//! A new transport is here by its row in the registry; a new fault is a case here.

use std::time::Duration;

use rstest::rstest;
use strum::IntoEnumIterator;
use tiktop::clock::{Clock, Timestamp};
use tiktop::config::{Settings, TransportKind};
use tiktop::events::PhaseKind;
use tiktop::room::Room;
use tiktop::sim::{SimFault, SimOptions};
use tiktop::webcast::{SimulatedPart, TransportEntry};

use crate::kit::{self, Scene, until};

/// A transport of the registry: each meets every fault that concerns it.
struct Way {
    name: String,
    kind: [TransportKind; 1],
    /// What the simulator plays for it.
    part: SimulatedPart,
}

impl Way {
    /// A scene on this transport, in which every wait is cut short.
    fn setting<'a>(&'a self, faults: &[SimFault]) -> kit::Setting<'a> {
        kit::Setting { hurries: true, ..kit::Setting::with(&self.kind, faults) }
    }

    async fn open(&self, faults: &[SimFault]) -> Scene {
        Scene::open(self.setting(faults)).await
    }
}

/// Plays a scene for each way that meets it, all at once, and waits until no task is left.
async fn each_way(meets: impl Fn(&Way) -> bool, play: impl AsyncFn(&Way)) {
    let way =
        |kind: TransportKind| Way { name: kind.to_string(), kind: [kind], part: TransportEntry::of(kind).simulated };
    let ways: Vec<_> = TransportKind::iter().map(way).filter(meets).collect();
    futures_util::future::join_all(ways.iter().map(|way| play(way))).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    until("no task is left", || metrics.num_alive_tasks() == 0).await;
}

/// Settings under which a server that does not answer is given up soon.
fn brisk(settings: &mut Settings) {
    settings.service.timeout_seconds = 1;
}

fn all(_: &Way) -> bool {
    true
}

/// A browser is always on this machine.
fn far(way: &Way) -> bool {
    way.part.far
}

fn sockets(way: &Way) -> bool {
    way.part.socket
}

fn edge(way: &Way) -> bool {
    way.part.edge
}

fn signed(way: &Way) -> bool {
    way.part.signed
}

/// A signing provider also names rooms, where TikTok refuses to.
fn unsigned(way: &Way) -> bool {
    !way.part.signed
}

#[rstest]
#[case(SimFault::GarbageFrame)]
#[case(SimFault::TruncatedGzip)]
#[case(SimFault::GzipBomb)]
#[case(SimFault::HugeFrame)]
#[tokio::test(flavor = "multi_thread")]
async fn a_spoiled_frame_costs_itself(#[case] fault: SimFault) {
    each_way(sockets, async |way| {
        let mut scene = way.open(&[fault]).await;
        scene.hear(200).await;
        scene.until_room("it is counted", |room| room.stats.unreadable > 0).await;
        assert!(!scene.told().phases.contains(&PhaseKind::Reconnecting), "{}: {fault} costs the connection", way.name);
        scene.end().await;
    })
    .await;
}

#[rstest]
#[case(SimFault::InvalidUtf8)]
#[case(SimFault::UnknownMethod)]
#[case(SimFault::WrongType)]
#[case(SimFault::LostRepeatEnd)]
#[case(SimFault::OutOfOrder)]
#[case(SimFault::StreaksOutOfOrder)]
#[case(SimFault::LikesBackwards)]
#[case(SimFault::EscapeNames)]
#[case(SimFault::Duplicates)]
#[tokio::test(flavor = "multi_thread")]
async fn a_spoiled_message_costs_itself(#[case] fault: SimFault) {
    each_way(all, async |way| {
        let mut scene = way.open(&[fault]).await;
        scene.hear(250).await;
        assert!(!scene.told().phases.contains(&PhaseKind::Reconnecting), "{}: {fault} costs the connection", way.name);
        let room = scene.room();
        match fault {
            SimFault::WrongType => assert!(room.stats.unreadable > 0, "{}: it is counted", way.name),
            SimFault::UnknownMethod => assert!(room.stats.unknown > 0, "{}: it is counted", way.name),
            SimFault::EscapeNames => {
                assert!(room.chat.iter().all(|entry| !format!("{:?}", entry.line).contains('\u{1b}')));
            }
            _ => {}
        }
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ten_minutes_off_is_noticed_and_changes_no_total() {
    each_way(all, async |way| {
        let mut scene = way.open(&[SimFault::ClockOff]).await;
        scene.hear(100).await;
        let skew = scene.room().skew_ms.unwrap();
        assert!((595_000..605_000).contains(&skew), "{}: {skew} ms", way.name);
        scene.end().await;
    })
    .await;
}

#[rstest]
#[case(&[SimFault::Drop])]
#[case(&[SimFault::Drop, SimFault::Duplicates])]
#[case(&[SimFault::Drop, SimFault::StreaksOutOfOrder, SimFault::LostRepeatEnd])]
#[case(&[SimFault::Stall])]
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_comes_back_with_a_gap(#[case] faults: &[SimFault]) {
    each_way(sockets, async |way| {
        let impatient = |settings: &mut Settings| settings.service.silence_seconds = 1;
        let mut scene = Scene::open(kit::Setting { tune: &impatient, ..way.setting(faults) }).await;
        scene.until_room("the second gap", |room| room.stats.gaps >= 2).await;
        scene.sim.set_faults(Vec::new());
        scene.until_phase(PhaseKind::Live).await;
        // The connection of the last fault may still be the one it has.
        scene.drop_sockets(1).await;
        scene.until_room("the next gap", |room| room.stats.gaps >= 3).await;
        scene.hear(100).await;
        let same = scene.told().lives == 1 && scene.room().stats.gap_ms > 0;
        assert!(same, "{}: the same live goes on", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_live_starts_at_zero() {
    each_way(all, async |way| {
        let mut scene = way.open(&[SimFault::EndOfLive]).await;
        scene.see_phase(PhaseKind::Ended).await;
        scene.count();
        scene.sim.set_faults(Vec::new());
        // Whoever looks again too early finds the old live over, and waits on.
        scene.until("the second live", |_, rooms| rooms.told(Scene::KEY).lives == 2).await;
        scene.hear(100).await;
        assert_eq!(scene.room().live_seq, 2);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_keeps_the_connection() {
    each_way(all, async |way| {
        let mut scene = way.open(&[]).await;
        scene.hear(50).await;
        scene.sim.pause(scene.name(), true);
        scene.see_phase(PhaseKind::Paused).await;
        scene.sim.pause(scene.name(), false);
        scene.see_phase(PhaseKind::Live).await;
        scene.hear(50).await;
        assert!(!scene.told().phases.contains(&PhaseKind::Reconnecting), "{}", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_is_the_end_and_says_who_ended_it() {
    each_way(all, async |way| {
        let mut scene = way.open(&[SimFault::Ban]).await;
        scene.see_phase(PhaseKind::Ended).await;
        assert_eq!(scene.room().phase.reason.as_str(), "TikTok ended the live", "{}", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_switched_under_us_is_followed() {
    // A browser's page goes on by itself: what it hears of the new live before we follow belongs to no live of ours yet, so
    // the exact totals of this test are not for it.
    each_way(far, async |way| {
        let mut scene = way.open(&[SimFault::RoomSwitch]).await;
        scene.rooms.until("the second live", |rooms| rooms.told(Scene::KEY).lives >= 2).await;
        scene.sim.set_faults(Vec::new());
        let name = scene.name().to_owned();
        scene
            .until("the room it is in now", |sim, rooms| {
                rooms.room(Scene::KEY).room_id.is_some_and(|id| id.0 == sim.room_id(&name) as u64)
            })
            .await;
        scene.hear(100).await;
        scene.end().await;
    })
    .await;
}

#[rstest]
#[case(SimFault::Provider402, signed, PhaseKind::Failed, "paid plan")]
#[case(SimFault::Provider403, signed, PhaseKind::Failed, "guest")]
#[case(SimFault::Provider500, signed, PhaseKind::Failed, "could not fetch from TikTok")]
#[case(SimFault::Provider503, signed, PhaseKind::Failed, "nobody free")]
#[case(SimFault::ProviderEmpty, signed, PhaseKind::Failed, "empty answer")]
#[case(SimFault::ProviderStub, signed, PhaseKind::Failed, "dead stub")]
#[case(SimFault::Handshake400, edge, PhaseKind::Failed, "400")]
#[case(SimFault::Handshake415, edge, PhaseKind::Failed, "DEVICE_BLOCKED")]
#[case(SimFault::Handshake417, edge, PhaseKind::Failed, "illegal secret key")]
#[case(SimFault::Handshake417AppId, edge, PhaseKind::Failed, "dead end")]
#[case(SimFault::Handshake417Cookie, edge, PhaseKind::Failed, "anonymous cookie")]
#[case(SimFault::Captcha, unsigned, PhaseKind::Blocked, "captcha")]
#[case(SimFault::ShellPage, unsigned, PhaseKind::Blocked, "empty answer")]
#[case(SimFault::AgeGate, unsigned, PhaseKind::Blocked, "an age limit")]
#[case(SimFault::WrongAccount, all, PhaseKind::Failed, "somebody.else")]
#[case(SimFault::Blocked403, unsigned, PhaseKind::Blocked, "HTTP 403")]
#[case(SimFault::Blocked403, signed, PhaseKind::Failed, "HTTP 403")]
#[case(SimFault::Rate429, all, PhaseKind::Blocked, "wait 30 s")]
#[case(SimFault::Rate429Bare, all, PhaseKind::Blocked, "wait a few minutes")]
#[case(SimFault::HalfOpen, all, PhaseKind::LookingUp, "did not answer within 1 s")]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_and_overcome(
    #[case] fault: SimFault,
    #[case] meets: fn(&Way) -> bool,
    #[case] kind: PhaseKind,
    #[case] words: &str,
) {
    each_way(meets, async |way| {
        let mut scene = Scene::open(kit::Setting { tune: &brisk, ..way.setting(&[fault]) }).await;
        let told = |room: &Room| {
            let phase = &room.phase;
            phase.kind == kind && phase.reason.as_str().contains(words) && phase.retry_at.is_some()
        };
        scene.see(&format!("{kind} because of '{words}'"), told).await;
        scene.sim.set_faults(Vec::new());
        scene.until_phase(PhaseKind::Live).await;
        scene.hear(100).await;
        scene.end().await;
    })
    .await;
}

#[rstest]
#[case(SimFault::Provider429, "out of signatures for 30 s", 31)]
#[case(SimFault::Provider429Bare, "out of signatures", 61)]
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_signatures_is_left_alone_until_it_has_some(
    #[case] fault: SimFault,
    #[case] words: &str,
    #[case] seconds: u64,
) {
    each_way(signed, async |way| {
        let clock = Clock::manual(Timestamp(1_800_000_000_000));
        let mut scene = Scene::open(kit::Setting { clock: clock.clone(), ..way.setting(&[fault]) }).await;
        let says = |room: &Room, words: &str| room.phase.reason.as_str().contains(words);
        scene.see(words, |room| says(room, words)).await;
        scene.sim.set_faults(Vec::new());
        scene.until_room("it is left alone", |room| says(room, "is left alone for another")).await;
        let asked = scene.sim.requests().iter().filter(|request| request.path.contains("/webcast/fetch")).count();
        assert_eq!(asked, 1, "{}", way.name);
        clock.advance(Duration::from_secs(seconds));
        scene.until_phase(PhaseKind::Live).await;
        scene.hear(100).await;
        scene.end().await;
    })
    .await;
}

#[rstest]
#[case(SimFault::HalfOpen, sockets)]
#[case(SimFault::Blocked403, edge)]
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_goes_away_in_the_middle_is_waited_for(
    #[case] fault: SimFault,
    #[case] meets: fn(&Way) -> bool,
) {
    each_way(meets, async |way| {
        let mut scene = Scene::open(kit::Setting { tune: &brisk, ..way.setting(&[]) }).await;
        scene.hear(50).await;
        scene.sim.set_faults(vec![fault]);
        scene.drop_sockets(1).await;
        // What a provider answers does not depend on what TikTok does; the socket behind it does.
        scene.until("all refuse", |_, rooms| rooms.told(Scene::KEY).phases.contains(&PhaseKind::Failed)).await;
        scene.sim.set_faults(Vec::new());
        scene.until_phase(PhaseKind::Live).await;
        assert!(scene.room().stats.gaps >= 1 && scene.told().lives == 1, "{}", way.name);
        scene.hear(50).await;
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_cannot_be_found_is_named() {
    each_way(far, async |way| {
        // No resolver knows a name under this one.
        let lost = |settings: &mut Settings| {
            for address in (way.part.addresses)(settings) {
                let scheme = if way.part.at_socket { "wss" } else { "https" };
                *address = format!("{scheme}://nowhere.invalid");
            }
        };
        let mut scene = Scene::open(kit::Setting { tune: &lost, ..way.setting(&[]) }).await;
        scene.see_phase(PhaseKind::Failed).await;
        let reason = scene.room().phase.reason.clone();
        // A machine without any resolver may wait for one instead.
        let told =
            ["its name could not be found", "did not answer"].iter().any(|words| reason.as_str().contains(words));
        assert!(told && reason.as_str().contains("nowhere.invalid"), "{}: {reason}", way.name);
        scene.leave().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_rooms_that_drop_at_once_all_come_back() {
    each_way(sockets, async |way| {
        // Two hundred rooms at once: at the usual rate this measures the machine, whose time-outs then end connections.
        let options = SimOptions { rooms: 50, rate: 20.0, ..SimOptions::default() };
        let mut scene = Scene::open(kit::Setting { options, rooms: 0..50, ..way.setting(&[]) }).await;
        let keys: Vec<_> = scene.names.keys().copied().collect();
        // One of them is offline for twenty seconds.
        let is_live = |room: &Room| room.phase.kind == PhaseKind::Live;
        let live = |rooms: &kit::Rooms| keys.iter().filter(|&&key| is_live(rooms.room(key))).count();
        scene.rooms.until("all rooms are live", |rooms| live(rooms) >= 49).await;
        scene.drop_sockets(49).await;
        // The one that was offline may be live by now: it does not stand in for one that is not back.
        let is_back = |room: &Room| room.stats.gaps > 0 && is_live(room);
        let back = |rooms: &kit::Rooms| keys.iter().filter(|&&key| is_back(rooms.room(key))).count();
        scene.rooms.until("all rooms are back", |rooms| back(rooms) >= 49).await;
        scene.end().await;
    })
    .await;
}
