//! Tests of the real client, tracker and reducer against the simulated service: what a room goes through, and that its
//! totals are the truth after every fault.

use std::collections::BTreeMap;
use std::time::Duration;

use tiktop::clock::{Clock, Moment};
use tiktop::config::{Keys, ScreenSettings, Settings, TransportKind};
use tiktop::events::{ControlAction, EventKind, PhaseKind};
use tiktop::ids::{MsgId, RoomKey, Target};
use tiktop::room::{Applied, Room};
use tiktop::sim::{ExpectedTotals, Sim, SimFault, SimOptions};
use tiktop::text::Text;
use tiktop::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::tui::{Dashboard, ScreenOptions};
use tiktop::webcast::{Service, point_at};
use tokio::sync::mpsc;

/// Nothing here takes long; a test that waits in vain must end all the same.
const PATIENCE: Duration = Duration::from_secs(20);

/// A simulated service, a tracker on it, and the mirror of one room.
struct Scene {
    sim: Sim,
    tracker: Tracker,
    commands: mpsc::Sender<TrackerCommand>,
    updates: mpsc::Receiver<TrackerUpdate>,
    key: RoomKey,
    room: Room,
    name: String,
    /// Phases in the order they were told.
    phases: Vec<PhaseKind>,
    /// How often each message reached the reader.
    heard: BTreeMap<MsgId, u32>,
    /// Sum of `added` over all lives.
    added: u64,
    lives: u32,
    removed: bool,
}

impl Scene {
    async fn open(room: usize, options: SimOptions, transports: &[TransportKind]) -> Self {
        let sim = Sim::start(options).await.unwrap();
        let mut settings = Settings::default();
        point_at(&mut settings, &sim.base_url(), &sim.socket_url());
        settings.transports = transports.to_vec();
        let clock = Clock::system();
        let tracker = Tracker::start(Service::isolated(&settings).unwrap(), clock).unwrap();
        let updates = tracker.subscribe(100_000, false);
        let commands = tracker.commands();
        let name = sim.names()[room].clone();
        commands.send(TrackerCommand::Add(name.parse().unwrap())).await.unwrap();
        Self {
            sim,
            tracker,
            commands,
            updates,
            key: RoomKey(1),
            room: Room::new(2_000),
            name,
            phases: Vec::new(),
            heard: BTreeMap::new(),
            added: 0,
            lives: 0,
            removed: false,
        }
    }

    async fn chatty(faults: &[SimFault]) -> Self {
        let options = SimOptions { rate: 300.0, faults: faults.to_vec(), ..SimOptions::default() };
        Self::open(0, options, &[TransportKind::Provider, TransportKind::Direct]).await
    }

    async fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !done(self) {
                let update = self.updates.recv().await.expect("the tracker is there");
                self.take(update);
            }
        });
        let in_time = waited.await.is_ok();
        assert!(in_time, "waited in vain until {what}; phases {:?}, room {:?}", self.phases, self.room.phase);
    }

    fn take(&mut self, update: TrackerUpdate) {
        let TrackerUpdate::Room(room, news) = update else { return };
        if room != self.key {
            return;
        }
        match news {
            RoomUpdate::Events(events) => {
                for noted in events.iter() {
                    match &noted.event.kind {
                        EventKind::State(phase) => self.phases.push(phase.kind),
                        EventKind::Live(_) => self.lives += 1,
                        _ => {}
                    }
                    if let Some(id) = noted.event.id {
                        *self.heard.entry(id).or_default() += 1;
                    }
                    self.added += noted.tally.map_or(0, |tally| tally.added);
                    assert!(matches!(self.room.apply(&noted.event), Applied::Fresh(_)), "told twice: {noted:?}");
                }
            }
            RoomUpdate::Removed { .. } => self.removed = true,
            _ => {}
        }
    }

    async fn until_phase(&mut self, kind: PhaseKind) {
        self.until(&format!("the phase is {kind}"), |scene| scene.room.phase.kind == kind).await;
    }

    async fn until_messages(&mut self, count: u64) {
        self.until(&format!("{count} messages"), |scene| scene.room.stats.messages >= count).await;
    }

    fn expected_totals(&self) -> ExpectedTotals {
        self.sim.expected_totals(&self.name)
    }

    async fn close(self) {
        self.tracker.finish().await;
        self.sim.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_is_looked_up_connected_and_counted_like_the_service_counts() {
    let mut scene = Scene::chatty(&[]).await;
    scene.until_messages(400).await;
    scene.sim.end_live(&scene.name);
    scene.until_phase(PhaseKind::Ended).await;
    let totals = scene.expected_totals();
    let stats = &scene.room.stats;
    assert_eq!(scene.phases, [PhaseKind::LookingUp, PhaseKind::Connecting, PhaseKind::Live, PhaseKind::Ended]);
    assert_eq!((stats.gifts, stats.coins), (totals.gift_units, totals.gift_coins));
    assert_eq!(scene.added, totals.gift_units);
    assert_eq!((stats.follows, stats.shares), (totals.follows, totals.shares));
    assert_eq!(stats.likes_seen, totals.likes);
    assert_eq!(scene.room.phase.reason.as_str(), "the host ended the live");
    assert_eq!(scene.room.host.unique_id.as_str(), scene.name);
    assert_eq!(scene.room.streaks.running().count(), 0);
    scene.close().await;
}

#[rstest::rstest]
#[case(SimFault::GarbageFrame)]
#[case(SimFault::TruncatedGzip)]
#[case(SimFault::GzipBomb)]
#[case(SimFault::HugeFrame)]
#[case(SimFault::InvalidUtf8)]
#[case(SimFault::UnknownMethod)]
#[case(SimFault::WrongType)]
#[case(SimFault::LostRepeatEnd)]
#[case(SimFault::OutOfOrder)]
#[case(SimFault::LikesBackwards)]
#[case(SimFault::EscapeNames)]
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_message_costs_itself_and_no_total(#[case] fault: SimFault) {
    let mut scene = Scene::chatty(&[fault]).await;
    scene.until_messages(300).await;
    scene.sim.end_live(&scene.name);
    scene.until_phase(PhaseKind::Ended).await;
    let totals = scene.expected_totals();
    let stats = &scene.room.stats;
    assert!(!scene.phases.contains(&PhaseKind::Reconnecting), "{fault} must not cost the connection");
    assert_eq!((stats.gifts, stats.coins), (totals.gift_units, totals.gift_coins), "gifts under {fault}");
    assert_eq!(stats.likes_seen, totals.likes, "likes under {fault}");
    assert_eq!(stats.likes, totals.like_total.max(stats.likes), "the like total never runs backwards");
    assert!(scene.heard.values().all(|&times| times == 1), "nothing is told twice");
    match fault {
        SimFault::GarbageFrame | SimFault::TruncatedGzip | SimFault::GzipBomb | SimFault::WrongType => {
            assert!(stats.unreadable > 0, "{fault} is counted");
        }
        SimFault::UnknownMethod => assert!(stats.unknown > 0),
        SimFault::EscapeNames => {
            let log = serde_json::to_string(
                &scene.room.chat.iter().map(|entry| format!("{:?}", entry.line)).collect::<Vec<_>>(),
            );
            assert!(!log.unwrap().contains('\u{1b}'));
        }
        _ => {}
    }
    scene.close().await;
}

#[rstest::rstest]
#[case(&[SimFault::Drop])]
#[case(&[SimFault::Drop, SimFault::Duplicates])]
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connection_comes_back_with_a_gap_and_no_double_counting(#[case] faults: &[SimFault]) {
    let mut scene = Scene::chatty(faults).await;
    scene.until("the second gap", |scene| scene.room.stats.gaps >= 2).await;
    scene.sim.set_faults(Vec::new());
    let seen = scene.room.stats.messages;
    scene.until_messages(seen + 100).await;
    assert!(scene.phases.contains(&PhaseKind::Reconnecting));
    assert!(scene.heard.values().all(|&times| times == 1), "history and repeats are told once");
    assert!(scene.room.stats.gap_ms > 0);
    assert_eq!(scene.lives, 1, "the same live goes on");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_live_starts_at_zero_and_is_entered_by_itself() {
    let mut scene = Scene::chatty(&[SimFault::EndOfLive]).await;
    scene.until_phase(PhaseKind::Ended).await;
    let before = scene.room.chat.next_seq();
    scene.sim.set_faults(Vec::new());
    // The next look-up is a minute away; whoever watches may ask for it now.
    let (key, commands) = (scene.key, scene.commands.clone());
    let nudge = tokio::spawn(async move {
        loop {
            commands.send(TrackerCommand::Retry(key)).await.ok();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    scene.until("the second live", |scene| scene.lives == 2 && scene.room.phase.kind == PhaseKind::Live).await;
    nudge.abort();
    assert_eq!(scene.room.live_seq, 2);
    assert!(scene.room.chat.next_seq() > before, "sequence numbers go on");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_host_is_waited_for_and_entered_when_live() {
    let options = SimOptions { rate: 0.0, ..SimOptions::default() };
    let mut scene = Scene::open(2, options, &[TransportKind::Direct]).await;
    scene.until_phase(PhaseKind::Offline).await;
    assert!(scene.room.phase.retry_at.is_some(), "says when it looks again");
    scene.sim.go_live(&scene.name);
    scene.commands.send(TrackerCommand::Retry(scene.key)).await.unwrap();
    scene.until_phase(PhaseKind::Live).await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_and_resume_are_phases_and_keep_the_connection() {
    let mut scene = Scene::chatty(&[]).await;
    // A provider's first fetch brings messages before the socket is in the room.
    scene.until("the socket is in the room", |scene| scene.sim.sockets().entered > 0).await;
    scene.sim.pause(&scene.name, true);
    scene.until_phase(PhaseKind::Paused).await;
    scene.sim.pause(&scene.name, false);
    scene.until_phase(PhaseKind::Live).await;
    assert!(!scene.phases.contains(&PhaseKind::Reconnecting));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_says_that_tiktok_ended_the_live() {
    let mut scene = Scene::chatty(&[SimFault::Ban]).await;
    scene.until_phase(PhaseKind::Ended).await;
    assert_eq!(scene.room.phase.reason.as_str(), "TikTok ended the live");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_another_room_are_dropped_and_counted() {
    let mut scene = Scene::chatty(&[SimFault::RoomSwitch]).await;
    scene.until("a foreign message", |scene| scene.room.stats.messages > 0 && scene.phases.len() > 2).await;
    scene.commands.send(TrackerCommand::Snapshot(scene.key)).await.unwrap();
    let foreign = tokio::time::timeout(PATIENCE, async {
        loop {
            let update = scene.updates.recv().await.unwrap();
            if let TrackerUpdate::Room(_, RoomUpdate::Snapshot(room)) = &update {
                if room.stats.foreign > 0 {
                    return room.stats.foreign;
                }
                scene.commands.send(TrackerCommand::Snapshot(scene.key)).await.unwrap();
            }
        }
    });
    assert!(foreign.await.unwrap() > 0);
    scene.close().await;
}

#[rstest::rstest]
#[case(SimFault::Provider429)]
#[case(SimFault::Provider402)]
#[case(SimFault::Provider403)]
#[case(SimFault::Provider500)]
#[case(SimFault::Provider503)]
#[case(SimFault::ProviderEmpty)]
#[case(SimFault::ProviderStub)]
#[tokio::test(flavor = "multi_thread")]
async fn when_the_provider_fails_the_anonymous_socket_takes_over(#[case] fault: SimFault) {
    let mut scene = Scene::chatty(&[fault]).await;
    scene.until_phase(PhaseKind::Live).await;
    assert_eq!(scene.room.phase.transport.as_deref(), Some("direct"), "{fault}");
    scene.until_messages(20).await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_look_up_after_a_live_leaves_no_trace_once_the_next_one_succeeds() {
    let mut scene = Scene::chatty(&[]).await;
    scene.until_phase(PhaseKind::Live).await;
    scene.sim.end_live(&scene.name);
    scene.until_phase(PhaseKind::Ended).await;
    let ended = scene.room.phase.reason.clone();
    scene.sim.set_faults(vec![SimFault::Rate429]);
    scene.commands.send(TrackerCommand::Retry(scene.key)).await.unwrap();
    scene.until_phase(PhaseKind::Blocked).await;
    scene.sim.set_faults(Vec::new());
    scene.commands.send(TrackerCommand::Retry(scene.key)).await.unwrap();
    scene.until_phase(PhaseKind::Ended).await;
    assert_eq!(scene.room.phase.reason, ended);
    scene.close().await;
}

#[rstest::rstest]
#[case(&[SimFault::Provider429, SimFault::Handshake417], PhaseKind::Failed, &["euler", "417"])]
#[case(&[SimFault::Handshake415], PhaseKind::Failed, &["415"])]
#[case(&[SimFault::Handshake400], PhaseKind::Failed, &["400"])]
#[case(&[SimFault::Captcha], PhaseKind::Blocked, &["captcha"])]
#[case(&[SimFault::ShellPage], PhaseKind::Blocked, &["TikTok"])]
#[case(&[SimFault::AgeGate], PhaseKind::Blocked, &["withholds"])]
#[case(&[SimFault::WrongAccount], PhaseKind::Failed, &["somebody.else"])]
#[case(&[SimFault::Blocked403], PhaseKind::Blocked, &["403"])]
#[case(&[SimFault::Rate429], PhaseKind::Blocked, &["too often", "30 s"])]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_a_state_with_its_reason(
    #[case] faults: &[SimFault],
    #[case] kind: PhaseKind,
    #[case] words: &[&str],
) {
    // A provider's room-id route would find the room all the same.
    let look_ups = [SimFault::Captcha, SimFault::ShellPage, SimFault::AgeGate, SimFault::Blocked403, SimFault::Rate429];
    let mut scene = if look_ups.iter().any(|fault| faults.contains(fault)) {
        let options = SimOptions { rate: 300.0, faults: faults.to_vec(), ..SimOptions::default() };
        Scene::open(0, options, &[TransportKind::Direct]).await
    } else {
        Scene::chatty(faults).await
    };
    scene.until_phase(kind).await;
    let reason = scene.room.phase.reason.as_str().to_owned();
    for word in words {
        assert!(reason.contains(word), "{faults:?}: '{reason}' should say '{word}'");
    }
    assert!(scene.room.phase.retry_at.is_some(), "says when it tries again");
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_names_the_room_where_tiktok_refuses_to() {
    let mut scene = Scene::chatty(&[SimFault::Captcha]).await;
    scene.until_phase(PhaseKind::Live).await;
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_of_one_host_become_one_room() {
    let mut scene = Scene::chatty(&[]).await;
    scene.until_phase(PhaseKind::Live).await;
    let room_id = scene.room.room_id.unwrap();
    scene.commands.send(TrackerCommand::Add(Target::Room(room_id))).await.unwrap();
    let merged = tokio::time::timeout(PATIENCE, async {
        loop {
            let update = scene.updates.recv().await.unwrap();
            if let TrackerUpdate::Room(room, RoomUpdate::Removed { into }) = update {
                return (room, into);
            }
        }
    });
    assert_eq!(merged.await.unwrap(), (RoomKey(2), Some(RoomKey(1))));
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_lags_hears_what_it_lost_and_a_snapshot_makes_it_right() {
    let options = SimOptions { rate: 2_000.0, ..SimOptions::default() };
    let mut scene = Scene::open(0, options, &[TransportKind::Direct]).await;
    let mut slow = scene.tracker.subscribe(4, false);
    scene.until_messages(3_000).await;
    // The mirror that the screen has.
    let mut mirror =
        Dashboard::new(ScreenOptions::new(ScreenSettings::default(), Keys::new()), Moment::default()).unwrap();
    let label = Text::new(&scene.name);
    mirror.track(TrackerUpdate::Room(scene.key, RoomUpdate::Added { label }), Moment::default());
    let (mut lost, mut ending) = (None, false);
    let caught_up = tokio::time::timeout(PATIENCE, async {
        while mirror.room(scene.key).is_none_or(|room| room.phase.kind != PhaseKind::Ended) {
            let update = slow.recv().await.unwrap();
            if let TrackerUpdate::Room(_, RoomUpdate::Lagged(what)) = &update {
                lost.get_or_insert(what.clone());
            }
            for command in mirror.track(update, Moment::default()) {
                scene.commands.send(command).await.unwrap();
            }
            if !ending && mirror.room(scene.key).is_some_and(|room| room.stats.messages >= 3_000) {
                ending = true;
                scene.sim.end_live(&scene.name);
            }
        }
    });
    caught_up.await.expect("the mirror follows to the end");
    let lost = lost.expect("it lagged");
    assert!(lost.events.values().sum::<u64>() > 100, "{lost:?}");
    let (totals, stats) = (scene.expected_totals(), &mirror.room(scene.key).unwrap().stats);
    assert_eq!((stats.gifts, stats.coins), (totals.gift_units, totals.gift_coins));
    assert_eq!(stats.likes_seen, totals.likes);
    scene.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_live_comes_after_all_that_came_before_it() {
    let mut scene = Scene::chatty(&[]).await;
    scene.until_messages(50).await;
    scene.sim.end_live(&scene.name);
    let mut last_control = None;
    let mut after = 0;
    let ended = tokio::time::timeout(PATIENCE, async {
        while scene.room.phase.kind != PhaseKind::Ended {
            let update = scene.updates.recv().await.unwrap();
            if let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = &update {
                for noted in events.iter().filter(|noted| noted.event.id.is_some()) {
                    match &noted.event.kind {
                        EventKind::Control(control) => last_control = Some(control.action),
                        _ if last_control == Some(ControlAction::Ended) => after += 1,
                        _ => {}
                    }
                }
            }
            scene.take(update);
        }
    });
    ended.await.unwrap();
    assert_eq!((last_control, after), (Some(ControlAction::Ended), 0));
    scene.close().await;
}
