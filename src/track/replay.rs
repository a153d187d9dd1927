//! Replay: captures played into rooms as if they were live, at any pace, from any point.
//!
//! Time is the time of capture: a clock of its own stands behind every room and the screen, and only the player turns it.
//! So series, streaks and gaps are what they were, at any pace. Unlike a live, a replay waits for its readers: nothing is
//! lost at full speed. To jump back is to play in silence from the start, or from a checkpoint that was made on the way: rooms are
//! reduced from lines alone, so both are the same.

mod checkpoints;
mod rooms;
mod track;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::checkpoints::Checkpoints;
use self::rooms::ReplayRooms;
use self::track::CaptureTrack;
use super::subscribers::{SubscriberOptions, Subscribers};
use super::update::{PlaybackCommand, PlaybackStatus, RoomUpdate, TrackerCommand, TrackerUpdate};
use crate::clock::{Clock, Timestamp};
use crate::events::RoomEvent;
use crate::text::Text;
use crate::webcast::{CaptureReader, ServiceError};

/// Commands that may wait for the player.
const COMMANDS: usize = 64;
/// How often the clock is turned while nothing comes.
const CLOCK_STEP: Duration = Duration::from_millis(100);
/// A longer silence of the capture is skipped: nobody listened then.
const LONGEST_SILENCE: Duration = Duration::from_secs(10 * 60);
/// Lines played before a command is heard.
const AT_ONCE: usize = 64;
/// How long a shutdown waits for the player.
const SHUTDOWN: Duration = Duration::from_secs(2);
/// Lines of a jump after which others may do something.
const JUMP_LINES: usize = 4_096;
/// Fastest pace that is a number.
const FASTEST: u32 = 1_000;

/// How fast a replay goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Speed {
    /// So many times as fast as it was.
    Times(u32),
    /// As fast as it goes.
    #[default]
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.trim_end_matches(['x', '×']).parse().ok().filter(|times| (1..=FASTEST).contains(times));
        times.map(Self::Times).ok_or_else(|| format!("'{text}' is no speed: write 1, 10, up to {FASTEST}, or max"))
    }
}

/// A replay that has not begun.
pub struct Player {
    rooms: ReplayRooms,
    start: Timestamp,
    clock: Clock,
    subscribers: Subscribers,
    commands: mpsc::Sender<TrackerCommand>,
    inbox: mpsc::Receiver<TrackerCommand>,
    playback: mpsc::Sender<PlaybackCommand>,
    playback_inbox: mpsc::Receiver<PlaybackCommand>,
    status: watch::Sender<PlaybackStatus>,
}

impl Player {
    /// Opens a capture: a file, or a folder with a file for each room.
    pub async fn open(path: &Path) -> Result<Self, ServiceError> {
        let tracks = CaptureReader::open(path).await?.into_iter().map(CaptureTrack::new).collect();
        Self::of_tracks(tracks).await
    }

    /// Plays events that are known already, in the order of their times, as one room that is called `label`: what a history holds
    /// of a live.
    pub async fn of_events(label: Text, events: Vec<RoomEvent>) -> Result<Self, ServiceError> {
        Self::of_tracks(vec![CaptureTrack::of_events(label, events)]).await
    }

    async fn of_tracks(tracks: Vec<CaptureTrack>) -> Result<Self, ServiceError> {
        let clock = Clock::manual(Timestamp::default());
        let rooms = ReplayRooms::new(tracks, clock.clone()).await?;
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (playback, playback_inbox) = mpsc::channel(COMMANDS);
        let start = clock.now().wall;
        let subscribers = Subscribers::default();
        let status = watch::Sender::new(PlaybackStatus { start, ..PlaybackStatus::default() });
        Ok(Self { rooms, start, clock, subscribers, commands, inbox, playback, playback_inbox, status })
    }

    /// The clock of the capture.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// A new reader, as of a [`Tracker`](super::Tracker); the replay waits for it.
    pub fn subscribe(&self, capacity: usize, raw: bool) -> mpsc::Receiver<TrackerUpdate> {
        self.subscribers.subscribe(capacity, SubscriberOptions { messages: raw, frames: false })
    }

    /// Where commands about rooms go, as to a [`Tracker`](super::Tracker); there is nobody to look up.
    pub fn commands(&self) -> mpsc::Sender<TrackerCommand> {
        self.commands.clone()
    }

    /// Where commands about the replay go. As long as somebody has this, the replay stays at its end and can be rewound.
    pub fn playback(&self) -> mpsc::Sender<PlaybackCommand> {
        self.playback.clone()
    }

    /// Where the replay stands, as it changes.
    pub fn status(&self) -> watch::Receiver<PlaybackStatus> {
        self.status.subscribe()
    }

    /// Plays at this speed, beginning so long after the start. Needs a tokio runtime.
    pub fn play(self, speed: Speed, from: Duration) -> Playing {
        let stop = CancellationToken::new();
        let playback = Playback {
            now: self.clock.now().wall,
            rooms: self.rooms,
            clock: self.clock,
            subscribers: self.subscribers,
            inbox: Some(self.inbox),
            steering: Some(self.playback_inbox),
            status: self.status,
            start: self.start,
            speed,
            paused: false,
            over: false,
            announced: 0,
            checkpoints: Checkpoints::default(),
            since: Instant::now(),
        };
        let task = tokio::spawn({
            let stop = stop.clone();
            async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = playback.run(from) => {}
                }
            }
        });
        Playing { stop, task }
    }
}

/// A replay that runs.
pub struct Playing {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Playing {
    /// Stops it where it is.
    pub async fn finish(self) {
        self.stop.cancel();
        if tokio::time::timeout(SHUTDOWN, self.task).await.is_err() {
            tracing::warn!("the replay did not stop in time");
        }
    }
}

/// What the task of a replay does next.
enum Next {
    Playback(Option<PlaybackCommand>),
    Room(Option<TrackerCommand>),
    Due,
}

/// What the task of a replay knows.
struct Playback {
    rooms: ReplayRooms,
    clock: Clock,
    subscribers: Subscribers,
    /// Nothing when nobody can command any more.
    inbox: Option<mpsc::Receiver<TrackerCommand>>,
    steering: Option<mpsc::Receiver<PlaybackCommand>>,
    status: watch::Sender<PlaybackStatus>,
    /// When the capture begins.
    start: Timestamp,
    speed: Speed,
    paused: bool,
    over: bool,
    /// Rooms that readers know.
    announced: usize,
    /// Made as long as somebody can jump.
    checkpoints: Checkpoints,
    /// The clock showed `now` at `since`.
    now: Timestamp,
    since: Instant,
}

impl Playback {
    async fn run(mut self, from: Duration) {
        self.jump(self.start.0.saturating_add(millis(from))).await;
        loop {
            self.publish_status(None);
            if self.over && self.inbox.is_none() && self.steering.is_none() {
                return;
            }
            let wait = self.wait();
            let next = tokio::select! {
                biased;
                command = receive(&mut self.steering) => Next::Playback(command),
                command = receive(&mut self.inbox) => Next::Room(command),
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => Next::Due,
            };
            match next {
                Next::Playback(Some(command)) => self.steer(command).await,
                Next::Playback(None) => self.steering = None,
                Next::Room(Some(command)) => self.handle(&command),
                Next::Room(None) => self.inbox = None,
                Next::Due => self.go_on().await,
            }
        }
    }

    /// How long nothing happens; nothing while it stands still.
    fn wait(&self) -> Option<Duration> {
        let due = self.due().filter(|_| !self.paused && !self.over);
        match (due, self.speed) {
            (None, _) if self.over || self.paused => None,
            (None, _) | (_, Speed::Max) => Some(Duration::ZERO),
            (Some(due), Speed::Times(times)) => {
                let ahead = u64::try_from(due.0.saturating_sub(self.clock.now().wall.0)).unwrap_or(0);
                let ahead = Duration::from_millis(ahead);
                Some(if ahead > LONGEST_SILENCE { Duration::ZERO } else { (ahead / times.max(1)).min(CLOCK_STEP) })
            }
        }
    }

    /// When the next thing happens.
    fn due(&self) -> Option<Timestamp> {
        let line = self.rooms.next_line()?;
        Some(self.rooms.next_tick().map_or(line, |tick| tick.min(line)))
    }

    /// Turns the clock as far as it may go, and plays what is due then.
    async fn go_on(&mut self) {
        for _ in 0..AT_ONCE {
            let Some(due) = self.due() else {
                self.rooms.end();
                self.over = true;
                return;
            };
            let now = self.now_at_pace(due);
            if now < due {
                return self.clock.set(now);
            }
            self.subscribers.wait_for_space().await;
            self.play_due(due).await;
        }
    }

    /// Where the clock stands at this pace, when the next thing is due at `due`.
    fn now_at_pace(&mut self, due: Timestamp) -> Timestamp {
        let Speed::Times(times) = self.speed else { return due };
        let passed = self.since.elapsed().saturating_mul(times);
        let now = Timestamp(self.now.0.saturating_add(millis(passed)));
        if due.0.saturating_sub(now.0) > millis(LONGEST_SILENCE) {
            self.set_clock(due);
            return due;
        }
        now
    }

    /// Plays what happens at `due`: time passes first, as it would have then.
    async fn play_due(&mut self, due: Timestamp) {
        self.clock.set(due.max(self.clock.now().wall));
        self.rooms.tick();
        if self.rooms.next_line().is_some_and(|line| line <= due) {
            self.rooms.apply_line().await;
            if self.steering.is_some() {
                self.checkpoints.add_line(&self.rooms);
            }
        }
        self.announced = self.announced.max(self.rooms.len());
    }

    /// Goes to a time of the capture in silence: from where it is, or, when that lies behind, from the nearest checkpoint before it.
    async fn jump(&mut self, to: i64) {
        let known = self.announced;
        self.rooms.mute();
        if to < self.clock.now().wall.0 {
            if let Err(error) = self.go_back(Timestamp(to)).await {
                tracing::warn!("the replay cannot go back: {error}");
            }
            self.over = false;
        }
        let mut played = 0_usize;
        while let Some(due) = self.due()
            && due.0 < to
        {
            self.play_due(due).await;
            played += 1;
            if played.is_multiple_of(JUMP_LINES) {
                tokio::task::yield_now().await;
            }
        }
        let end = self.due().map_or(self.clock.now().wall, |due| due.min(Timestamp(to)));
        self.set_clock(end.max(self.clock.now().wall));
        self.rooms.set_subscribers(&self.subscribers, known);
        self.announced = self.rooms.len();
    }

    /// Everything as it was at some place before a time.
    async fn go_back(&mut self, to: Timestamp) -> Result<(), ServiceError> {
        match self.checkpoints.go_before(to) {
            Some((at, place)) => self.rooms.go_to(place, at).await,
            None => self.rooms.rewind().await,
        }
    }

    fn handle(&mut self, command: &TrackerCommand) {
        match command {
            TrackerCommand::Snapshot(key) => {
                if let Some(room) = self.rooms.room(*key) {
                    room.publish_snapshot();
                }
            }
            TrackerCommand::Remove(key) => {
                if self.rooms.remove(*key) {
                    self.subscribers.publish_room(*key, RoomUpdate::Removed { into: None }, self.clock.now());
                }
            }
            // There is nobody to look up.
            TrackerCommand::Add(_) | TrackerCommand::Resume(..) | TrackerCommand::Retry(_) => {}
        }
    }

    /// Does what is wanted now; of many jumps in a row only the last is worth its way.
    async fn steer(&mut self, command: PlaybackCommand) {
        let (mut next, mut to) = (Some(command), None);
        while let Some(command) = next {
            let now = self.clock.now().wall;
            match command {
                PlaybackCommand::Pause => {
                    self.paused = !self.paused;
                    self.set_clock(now);
                }
                PlaybackCommand::Pace(speed) => {
                    self.set_clock(now);
                    self.speed = speed;
                }
                PlaybackCommand::Skip(seconds) => {
                    to = Some(Timestamp(to.unwrap_or(now).0.saturating_add(seconds.saturating_mul(1_000))));
                }
                PlaybackCommand::Seek(at) => to = Some(at),
            }
            next = self.steering.as_mut().and_then(|steering| steering.try_recv().ok());
        }
        if let Some(to) = to {
            self.publish_status(Some(to));
            self.jump(to.max(self.start).0).await;
        }
    }

    fn publish_status(&self, seeking: Option<Timestamp>) {
        let Self { start, speed, paused, over, .. } = *self;
        let status = PlaybackStatus { start, speed, paused, over, seeking };
        self.status.send_if_modified(|known| std::mem::replace(known, status) != status);
    }

    /// The clock shows `now`, and goes on from there.
    fn set_clock(&mut self, now: Timestamp) {
        self.clock.set(now);
        (self.now, self.since) = (now, Instant::now());
    }
}

/// The next command; never again once nobody can send one.
async fn receive<T>(inbox: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match inbox {
        Some(inbox) => inbox.recv().await,
        None => std::future::pending().await,
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
