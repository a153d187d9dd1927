//! Tracked rooms: the real tracker, and the mirror of its rooms that the screen has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tiktop::clock::{Clock, Moment};
use tiktop::config::{Keys, ScreenSettings};
use tiktop::events::{EventKind, Phase, PhaseKind};
use tiktop::ids::{MsgId, RoomKey, Target};
use tiktop::room::{Room, TalliedEvent};
use tiktop::track::{ConnectLimiter, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::tui::{Dashboard, ScreenOptions};
use tiktop::webcast::Service;
use tokio::sync::mpsc;

use super::in_time;

/// A person presses no key faster, and a service that still refuses is not asked a thousand times.
const HURRY: Duration = Duration::from_millis(10);

/// What was told of one room beside its state.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Phases in their order.
    pub(crate) phases: Vec<PhaseKind>,
    pub(crate) lives: u32,
    /// Sum of `added` over all lives.
    pub(crate) added: u64,
    /// How often each message came.
    pub(crate) heard: BTreeMap<MsgId, u32>,
    /// A wait was told that nobody has cut short yet.
    waits: bool,
}

/// The mirrors that the screen has, and what was told of each room beside its state.
pub(crate) struct Mirrors {
    screen: Box<Dashboard>,
    told: BTreeMap<RoomKey, Told>,
    /// In the place of a room that nobody has told of.
    unknown: Box<(Room, Told)>,
}

impl Mirrors {
    pub(crate) fn new(now: Moment) -> Self {
        let screen = Dashboard::new(ScreenOptions::new(ScreenSettings::default(), Keys::new()), now).unwrap();
        Self { screen: Box::new(screen), told: BTreeMap::new(), unknown: Box::new((Room::new(1), Told::default())) }
    }

    /// The mirror of a room.
    pub(crate) fn room(&self, key: RoomKey) -> &Room {
        self.screen.room(key).unwrap_or(&self.unknown.0)
    }

    /// The mirrors of all rooms that are there.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.told.keys().filter_map(|&key| self.screen.room(key))
    }

    pub(crate) fn contains(&self, key: RoomKey) -> bool {
        self.screen.room(key).is_some()
    }

    /// What was told of a room.
    pub(crate) fn told(&self, key: RoomKey) -> &Told {
        self.told.get(&key).unwrap_or(&self.unknown.1)
    }

    /// Follows an update; what the screen asks of the tracker in answer comes back.
    pub(crate) fn follow(&mut self, update: TrackerUpdate, now: Moment) -> Vec<TrackerCommand> {
        if let TrackerUpdate::Room(key, news) = &update {
            let told = self.told.entry(*key).or_default();
            if let RoomUpdate::Events(events) = news {
                events.iter().for_each(|tallied| told.add(tallied));
            }
        }
        self.screen.track(update, now)
    }
}

impl Told {
    fn add(&mut self, tallied: &TalliedEvent) {
        match &tallied.event.kind {
            EventKind::State(phase) => {
                self.phases.push(phase.kind);
                self.waits = phase.retry_at.is_some() || phase.kind == PhaseKind::Ended;
            }
            EventKind::Live(_) => self.lives += 1,
            _ => {}
        }
        if let Some(id) = tallied.event.id {
            *self.heard.entry(id).or_default() += 1;
        }
        self.added += tallied.tally.map_or(0, |tally| tally.added);
    }
}

/// A tracker, one of its readers, and the reader's mirrors.
pub(crate) struct Rooms {
    pub(crate) tracker: Tracker,
    pub(crate) commands: mpsc::Sender<TrackerCommand>,
    pub(crate) clock: Clock,
    updates: mpsc::Receiver<TrackerUpdate>,
    mirrors: Mirrors,
}

impl Rooms {
    /// Tracks nothing yet.
    pub(crate) fn of(service: Arc<Service>, clock: Clock, limiter: ConnectLimiter) -> Self {
        let failover = service.failover(clock.clone()).unwrap();
        let tracker = Tracker::with_failover(service, failover, limiter, clock.clone());
        let updates = tracker.subscribe(100_000, false);
        let (commands, mirrors) = (tracker.commands(), Mirrors::new(clock.now()));
        Self { tracker, commands, clock, updates, mirrors }
    }

    /// The same with the service's own turns.
    pub(crate) fn unhurried(service: Arc<Service>) -> Self {
        Self::of(service, Clock::system(), ConnectLimiter::default())
    }

    /// Adds a room by a name or a link; the first one added has the key 1.
    pub(crate) async fn add(&self, name: &str) {
        self.send(TrackerCommand::Add(name.parse::<Target>().unwrap())).await;
    }

    pub(crate) async fn send(&self, command: TrackerCommand) {
        self.commands.send(command).await.expect("the tracker is there");
    }

    /// The mirror of a room.
    pub(crate) fn room(&self, key: RoomKey) -> &Room {
        self.mirrors.room(key)
    }

    /// What was told of a room.
    pub(crate) fn told(&self, key: RoomKey) -> &Told {
        self.mirrors.told(key)
    }

    /// The next update, which the mirrors have followed already.
    pub(crate) async fn next(&mut self) -> TrackerUpdate {
        let update = in_time("the next update", self.updates.recv()).await.expect("the tracker is there");
        self.follow(update.clone()).await;
        update
    }

    async fn follow(&mut self, update: TrackerUpdate) {
        for command in self.mirrors.follow(update, self.clock.now()) {
            self.send(command).await;
        }
    }

    /// Waits until `done`.
    pub(crate) async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        self.read(what, false, done).await;
    }

    /// The same, cutting every wait short that a room tells of, as somebody who watches would do.
    pub(crate) async fn hurry_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        self.read(what, true, done).await;
    }

    async fn read(&mut self, what: &str, hurry: bool, done: impl Fn(&Self) -> bool) {
        let reading = tokio::time::timeout(super::PATIENCE, async {
            while !done(self) {
                if hurry {
                    self.cut_waits_short().await;
                }
                let update = self.updates.recv().await.expect("the tracker is there");
                self.follow(update).await;
            }
        });
        let in_time = reading.await.is_ok();
        let standing: Vec<_> =
            self.mirrors.told.iter().map(|(&key, told)| (&told.phases, self.room(key).phase.reason.clone())).collect();
        assert!(in_time, "waited in vain until {what}: {standing:?}");
    }

    async fn cut_waits_short(&mut self) {
        let told = self.mirrors.told.iter_mut();
        let waiting: Vec<_> = told.filter_map(|(&key, told)| std::mem::take(&mut told.waits).then_some(key)).collect();
        for key in waiting {
            tokio::time::sleep(HURRY).await;
            self.commands.send(TrackerCommand::Retry(key)).await.expect("the tracker is there");
        }
    }

    /// Waits for the next event that `wanted` says something of.
    pub(crate) async fn find<T>(&mut self, mut wanted: impl FnMut(RoomKey, &EventKind) -> Option<T>) -> T {
        loop {
            let TrackerUpdate::Room(room, RoomUpdate::Events(events)) = self.next().await else { continue };
            if let Some(found) = events.iter().find_map(|tallied| wanted(room, &tallied.event.kind)) {
                return found;
            }
        }
    }

    /// Waits for a phase of any room that says so.
    pub(crate) async fn find_phase(&mut self, mut wanted: impl FnMut(RoomKey, &Phase) -> bool) -> Phase {
        self.find(|room, kind| match kind {
            EventKind::State(phase) => wanted(room, phase).then(|| phase.clone()),
            _ => None,
        })
        .await
    }

    /// Stops all rooms.
    pub(crate) async fn finish(self) {
        drop((self.commands, self.updates));
        self.tracker.finish().await;
    }
}
