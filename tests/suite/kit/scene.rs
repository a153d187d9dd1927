//! Scene: a simulated service, tracked rooms on it, and mirrors that are held against what was really sent.

use std::collections::BTreeMap;

use tiktop::clock::Clock;
use tiktop::config::{Settings, TransportKind};
use tiktop::events::PhaseKind;
use tiktop::ids::RoomKey;
use tiktop::room::Room;
use tiktop::sim::{ExpectedTotals, Sim, SimFault, SimOptions};
use tiktop::track::ConnectLimiter;

use super::rooms::Told;
use super::{Rooms, TURN, keyed, settings, sim_with, until};

/// What a room's state may weigh as JSON: a few hundred messages are a tenth of it, any spoiled frame many times as much.
const HEAVY: usize = 2 << 20;

/// How a scene is set up.
pub(crate) struct Setting<'a> {
    pub(crate) options: SimOptions,
    pub(crate) transports: &'a [TransportKind],
    /// Which of the simulator's rooms are tracked, by their place.
    pub(crate) rooms: std::ops::Range<usize>,
    pub(crate) tune: &'a dyn Fn(&mut Settings),
    pub(crate) clock: Clock,
    pub(crate) limiter: ConnectLimiter,
    /// Waits that a room tells of are cut short, as somebody who watches would do.
    pub(crate) hurries: bool,
}

impl<'a> Setting<'a> {
    /// One chatty room, heard by these transports.
    pub(crate) fn with(transports: &'a [TransportKind], faults: &[SimFault]) -> Self {
        let options = SimOptions { rate: 300.0, faults: faults.to_vec(), ..SimOptions::default() };
        let limiter = ConnectLimiter::new(TURN, 8);
        Self { options, transports, rooms: 0..1, tune: &|_| {}, clock: Clock::system(), limiter, hurries: false }
    }
}

/// A service and its rooms.
pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) rooms: Rooms,
    /// The names of the tracked rooms.
    pub(crate) names: BTreeMap<RoomKey, String>,
    hurries: bool,
}

impl Scene {
    pub(crate) async fn open(setting: Setting<'_>) -> Self {
        let Setting { options, transports, rooms: tracked, tune, clock, limiter, hurries } = setting;
        let sim = sim_with(options).await;
        let mut settings = settings(&sim, transports);
        tune(&mut settings);
        let rooms = Rooms::of(keyed(&settings), clock, limiter);
        let names: BTreeMap<_, _> = (1..).map(RoomKey).zip(sim.names().drain(tracked)).collect();
        for name in names.values() {
            rooms.add(name).await;
        }
        Self { sim, rooms, names, hurries }
    }

    /// The first room of a scene.
    pub(crate) const KEY: RoomKey = RoomKey(1);

    pub(crate) fn room(&self) -> &Room {
        self.rooms.room(Self::KEY)
    }

    pub(crate) fn told(&self) -> &Told {
        self.rooms.told(Self::KEY)
    }

    pub(crate) fn name(&self) -> &str {
        &self.names[&Self::KEY]
    }

    /// What the service has sent in the first room.
    pub(crate) fn expected_totals(&self) -> ExpectedTotals {
        self.sim.expected_totals(self.name())
    }

    /// Waits until `done`.
    pub(crate) async fn until(&mut self, what: &str, done: impl Fn(&Sim, &Rooms) -> bool) {
        let Self { sim, rooms, hurries, .. } = self;
        if *hurries {
            rooms.hurry_until(what, |rooms| done(sim, rooms)).await;
        } else {
            rooms.until(what, |rooms| done(sim, rooms)).await;
        }
    }

    pub(crate) async fn until_room(&mut self, what: &str, done: impl Fn(&Room) -> bool) {
        self.until(what, |_, rooms| done(rooms.room(Self::KEY))).await;
    }

    pub(crate) async fn until_phase(&mut self, kind: PhaseKind) {
        self.until_room(&format!("the phase is {kind}"), |room| room.phase.kind == kind).await;
    }

    /// Waits for a phase without cutting anything short.
    pub(crate) async fn see_phase(&mut self, kind: PhaseKind) {
        self.see(&format!("the phase is {kind}"), |room| room.phase.kind == kind).await;
    }

    /// Waits, without cutting anything short, until the first room is so.
    pub(crate) async fn see(&mut self, what: &str, done: impl Fn(&Room) -> bool) {
        self.rooms.until(what, |rooms| done(rooms.room(Self::KEY))).await;
    }

    /// Waits for `more` messages beside those that came.
    pub(crate) async fn hear(&mut self, more: u64) {
        let wanted = self.room().stats.messages + more;
        self.until_room(&format!("{wanted} messages"), |room| room.stats.messages >= wanted).await;
    }

    /// Breaks all sockets, once so many are open: one that is just being opened would not notice.
    pub(crate) async fn drop_sockets(&self, open: u64) {
        until(&format!("{open} sockets are open"), || self.sim.sockets().open == open).await;
        self.sim.drop_sockets();
    }

    /// Every total of every room is what the service really sent.
    pub(crate) fn count(&self) {
        for (&key, name) in &self.names {
            let (totals, stats) = (self.sim.expected_totals(name), &self.rooms.room(key).stats);
            let ours = (stats.gifts, stats.coins, stats.likes_seen, stats.follows, stats.shares, stats.joins);
            let joins = totals.count("WebcastMemberMessage");
            let theirs = (totals.gift_units, totals.gift_coins, totals.likes, totals.follows, totals.shares, joins);
            assert_eq!(ours, theirs, "{name}: gifts, coins, likes, follows, shares, joins");
            assert!(stats.likes.unwrap_or(0) >= totals.like_total, "{name}: the like total never runs backwards");
            assert!(self.rooms.told(key).heard.values().all(|&times| times == 1), "{name}: told twice");
        }
    }

    /// The host ends it; all is counted; nothing is left behind.
    pub(crate) async fn end(mut self) {
        self.sim.set_faults(Vec::new());
        for name in self.names.values() {
            self.sim.end_live(name);
        }
        let ended = |room: &Room| matches!(room.phase.kind, PhaseKind::Ended | PhaseKind::Offline);
        let keys: Vec<_> = self.names.keys().copied().collect();
        self.rooms.until("the end of all lives", |rooms| keys.iter().all(|&key| ended(rooms.room(key)))).await;
        self.count();
        self.leave().await;
    }

    /// No socket, no task and no memory outlives the rooms.
    pub(crate) async fn leave(self) {
        for (&key, name) in &self.names {
            let weight = serde_json::to_vec(self.rooms.room(key)).unwrap().len();
            assert!(weight < HEAVY, "the state of {name} weighs {weight} bytes");
        }
        self.rooms.finish().await;
        until("no socket is open", || self.sim.sockets().open == 0).await;
        self.sim.stop().await;
    }
}
