//! Tests of every fault against every transport that can meet it: where the room stands afterwards, that its totals are the
//! truth, and that no socket, no task and no memory is left.
//!
//! A new transport is here by its row in the registry; a new fault is a case here.

mod scene;

use std::time::Duration;

use rstest::rstest;
use tiktop::clock::{Clock, Timestamp};
use tiktop::config::Settings;
use tiktop::events::PhaseKind;
use tiktop::sim::SimFault;

use scene::{Scene, Setting, Way, each_way};

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
        let mut scene = Scene::open(way, Setting::with(&[fault])).await;
        scene.hear(200).await;
        scene.until("it is counted", |scene| scene.it().room.stats.unreadable > 0).await;
        assert!(!scene.it().phases.contains(&PhaseKind::Reconnecting), "{}: {fault} costs the connection", way.name);
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
        let mut scene = Scene::open(way, Setting::with(&[fault])).await;
        scene.hear(250).await;
        assert!(!scene.it().phases.contains(&PhaseKind::Reconnecting), "{}: {fault} costs the connection", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ten_minutes_off_is_noticed_and_changes_no_total() {
    each_way(all, async |way| {
        let mut scene = Scene::open(way, Setting::with(&[SimFault::ClockOff])).await;
        scene.hear(100).await;
        let skew = scene.it().room.skew_ms.unwrap();
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
        let impatient = |_: &Way, settings: &mut Settings| settings.service.silence_seconds = 1;
        let mut scene = Scene::open(way, Setting { tune: impatient, ..Setting::with(faults) }).await;
        scene.until("the second gap", |scene| scene.it().room.stats.gaps >= 2).await;
        scene.sim.set_faults(Vec::new());
        scene.until_phase(PhaseKind::Live).await;
        // The connection of the last fault may still be the one it has.
        scene.drop_sockets(1).await;
        scene.until("the next gap", |scene| scene.it().room.stats.gaps >= 3).await;
        scene.hear(100).await;
        let mirror = scene.it();
        assert!(mirror.lives == 1 && mirror.room.stats.gap_ms > 0, "{}: the same live goes on", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_live_starts_at_zero() {
    each_way(all, async |way| {
        let mut scene = Scene::open(way, Setting::with(&[SimFault::EndOfLive])).await;
        scene.see("the end", |scene| scene.it().room.phase.kind == PhaseKind::Ended).await;
        scene.count();
        scene.sim.set_faults(Vec::new());
        // Whoever looks again too early finds the old live over, and waits on.
        scene.until("the second live", |scene| scene.it().lives == 2).await;
        scene.hear(100).await;
        assert_eq!(scene.it().room.live_seq, 2);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_keeps_the_connection() {
    each_way(all, async |way| {
        let mut scene = Scene::open(way, Setting::with(&[])).await;
        scene.hear(50).await;
        let name = scene.it().name.clone();
        scene.sim.pause(&name, true);
        scene.see("the pause", |scene| scene.it().room.phase.kind == PhaseKind::Paused).await;
        scene.sim.pause(&name, false);
        scene.see("the end of the pause", |scene| scene.it().room.phase.kind == PhaseKind::Live).await;
        scene.hear(50).await;
        assert!(!scene.it().phases.contains(&PhaseKind::Reconnecting), "{}", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_is_the_end_and_says_who_ended_it() {
    each_way(all, async |way| {
        let mut scene = Scene::open(way, Setting::with(&[SimFault::Ban])).await;
        scene.see("the end", |scene| scene.it().room.phase.kind == PhaseKind::Ended).await;
        assert_eq!(scene.it().room.phase.reason.as_str(), "TikTok ended the live", "{}", way.name);
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_switched_under_us_is_followed() {
    // A browser's page goes on by itself: what it hears of the new live before we follow belongs to no live of ours yet, so
    // the exact totals of this test are not for it.
    each_way(far, async |way| {
        let mut scene = Scene::open(way, Setting::with(&[SimFault::RoomSwitch])).await;
        scene.see("the second live", |scene| scene.it().lives >= 2).await;
        scene.sim.set_faults(Vec::new());
        let current = |scene: &Scene| {
            let mirror = scene.it();
            mirror.room.room_id.is_some_and(|id| id.0 == scene.sim.room_id(&mirror.name) as u64)
        };
        scene.until("the room it is in now", current).await;
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
        let brisk = |_: &Way, settings: &mut Settings| settings.service.timeout_seconds = 1;
        let mut scene = Scene::open(way, Setting { tune: brisk, ..Setting::with(&[fault]) }).await;
        let told = |scene: &Scene| {
            let phase = &scene.it().room.phase;
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
        let mut scene = Scene::open(way, Setting { clock: clock.clone(), ..Setting::with(&[fault]) }).await;
        let says = |scene: &Scene, words: &str| scene.it().room.phase.reason.as_str().contains(words);
        scene.see(words, |scene| says(scene, words)).await;
        scene.sim.set_faults(Vec::new());
        scene.until("it is left alone", |scene| says(scene, "is left alone for another")).await;
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
        let brisk = |_: &Way, settings: &mut Settings| settings.service.timeout_seconds = 1;
        let mut scene = Scene::open(way, Setting { tune: brisk, ..Setting::with(&[]) }).await;
        scene.hear(50).await;
        scene.sim.set_faults(vec![fault]);
        scene.drop_sockets(1).await;
        let failed = |scene: &Scene| scene.it().phases.contains(&PhaseKind::Failed);
        // What a provider answers does not depend on what TikTok does; the socket behind it does.
        scene.until("all refuse", failed).await;
        scene.sim.set_faults(Vec::new());
        scene.until_phase(PhaseKind::Live).await;
        assert!(scene.it().room.stats.gaps >= 1 && scene.it().lives == 1, "{}", way.name);
        scene.hear(50).await;
        scene.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_cannot_be_found_is_named() {
    each_way(far, async |way| {
        // No resolver knows a name under this one.
        let lost = |way: &Way, settings: &mut Settings| {
            for address in (way.part.addresses)(settings) {
                let scheme = if way.part.at_socket { "wss" } else { "https" };
                *address = format!("{scheme}://nowhere.invalid");
            }
        };
        let mut scene = Scene::open(way, Setting { tune: lost, ..Setting::with(&[]) }).await;
        scene.see("it fails", |scene| scene.it().room.phase.kind == PhaseKind::Failed).await;
        let reason = scene.it().room.phase.reason.clone();
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
        let mut scene = Scene::open(way, Setting { rooms: 50, rate: 20.0, ..Setting::with(&[]) }).await;
        // One of them is offline for twenty seconds.
        let live =
            |scene: &Scene| scene.mirrors.values().filter(|mirror| mirror.room.phase.kind == PhaseKind::Live).count();
        scene.see("all rooms are live", |scene| live(scene) >= 49).await;
        scene.drop_sockets(49).await;
        // The one that was offline may be live by now: it does not stand in for one that is not back.
        let back = |mirror: &&scene::Mirror| mirror.room.stats.gaps > 0 && mirror.room.phase.kind == PhaseKind::Live;
        scene.see("all rooms are back", |scene| scene.mirrors.values().filter(back).count() >= 49).await;
        scene.end().await;
    })
    .await;
}
