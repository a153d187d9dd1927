//! Tests of the simulated service's own browser: what its pages go through reaches a room as over a socket of ours.

use std::time::Duration;

use rstest::rstest;
use tiktop::clock::Clock;
use tiktop::config::{Settings, TransportKind};
use tiktop::events::{EventKind, PhaseKind};
use tiktop::room::{Applied, Room};
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::webcast::Service;
use tokio::sync::mpsc;

/// Nothing here takes long; a test that waits in vain must end all the same.
const PATIENCE: Duration = Duration::from_secs(30);

/// One room heard through the browser, and its mirror.
struct Scene {
    sim: Sim,
    name: String,
    tracker: Tracker,
    updates: mpsc::Receiver<TrackerUpdate>,
    room: Room,
    phases: Vec<PhaseKind>,
}

impl Scene {
    async fn open(faults: &[SimFault]) -> Self {
        let sim =
            Sim::start(SimOptions { rate: 300.0, faults: faults.to_vec(), ..SimOptions::default() }).await.unwrap();
        let mut settings = Settings { transports: vec![TransportKind::Browser], ..Settings::default() };
        settings.browser.endpoint = sim.base_url();
        settings.service.site_url = sim.base_url();
        settings.service.webcast_url = sim.base_url();
        let tracker = Tracker::start(Service::isolated(&settings).unwrap(), Clock::system()).unwrap();
        let updates = tracker.subscribe(100_000, false);
        let name = sim.names()[0].clone();
        tracker.commands().send(TrackerCommand::Add(name.parse().unwrap())).await.unwrap();
        Self { sim, name, tracker, updates, room: Room::new(2_000), phases: Vec::new() }
    }

    async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let reading = tokio::time::timeout(PATIENCE, async {
            while !done(self) {
                let update = self.updates.recv().await.expect("the tracker is there");
                let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = update else { continue };
                for noted in events.iter() {
                    if let EventKind::State(phase) = &noted.event.kind {
                        self.phases.push(phase.kind);
                    }
                    assert!(matches!(self.room.apply(&noted.event), Applied::Fresh(_)), "told twice: {noted:?}");
                }
            }
        });
        let in_time = reading.await.is_ok();
        assert!(in_time, "waited in vain until {what}; phases {:?}, room {:?}", self.phases, self.room.phase);
    }

    async fn hear(&mut self, messages: u64) {
        let enough = self.room.stats.messages + messages;
        self.until(&format!("{messages} messages"), |scene| scene.room.stats.messages >= enough).await;
    }

    /// Ends the live; what was counted is what was sent.
    async fn end(mut self) {
        self.sim.end_live(&self.name);
        self.until("the end", |scene| scene.room.phase.kind == PhaseKind::Ended).await;
        let (stats, totals) = (&self.room.stats, self.sim.expected_totals(&self.name));
        assert_eq!((stats.gifts, stats.coins), (totals.gift_units, totals.gift_coins));
        assert_eq!(stats.likes_seen, totals.likes);
        assert_eq!((stats.follows, stats.shares), (totals.follows, totals.shares));
        self.tracker.finish().await;
        self.sim.stop().await;
    }
}

#[rstest]
#[case(&[])]
#[case(&[SimFault::GarbageFrame])]
#[case(&[SimFault::TruncatedGzip])]
#[case(&[SimFault::GzipBomb])]
#[case(&[SimFault::HugeFrame])]
#[case(&[SimFault::InvalidUtf8, SimFault::UnknownMethod, SimFault::WrongType, SimFault::EscapeNames])]
#[case(&[SimFault::Duplicates])]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_hears_is_counted_like_the_service_counts(#[case] faults: &[SimFault]) {
    let mut scene = Scene::open(faults).await;
    scene.hear(250).await;
    assert_eq!(scene.phases, [PhaseKind::LookingUp, PhaseKind::Connecting, PhaseKind::Live]);
    scene.end().await;
}

#[rstest]
#[case(&[SimFault::Drop])]
#[case(&[SimFault::Drop, SimFault::Duplicates])]
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_loses_its_socket_leaves_gaps_and_keeps_the_session(#[case] faults: &[SimFault]) {
    let mut scene = Scene::open(faults).await;
    scene.until("the second gap", |scene| scene.room.stats.gaps >= 2).await;
    scene.sim.set_faults(Vec::new());
    scene.hear(100).await;
    assert!(!scene.phases.contains(&PhaseKind::Reconnecting) && scene.room.stats.gap_ms > 0);
    scene.end().await;
}
