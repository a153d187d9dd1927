//! The desk that takes commands: at most one recording a room, all of them finished at the end.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::take::{self, Take};
use super::{Command, Job, Settings, Source, Update};
use crate::clock::Clock;
use crate::ids::RoomKey;

/// Longer than the stop ladder of ffmpeg: three seconds, then two.
const FINISH: Duration = Duration::from_secs(6);

/// A running recorder.
#[derive(Debug)]
pub struct Recorder {
    stop: CancellationToken,
    desk: JoinHandle<()>,
}

impl Recorder {
    /// Stops all recordings and waits until their files are closed, at most 6 s.
    ///
    /// A recording that is not done by then is let go: its ffmpeg sees the end of its input and closes the file itself.
    pub async fn finish(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(FINISH, &mut self.desk).await.is_err() {
            tracing::warn!("a recording was still closing its file after {FINISH:?}");
            self.desk.abort();
        }
    }
}

/// Starts a recorder that takes `commands` until they end, and tells `updates` where each recording stands.
///
/// `updates` may lag: numbers are left out then, the end of a recording never is.
pub fn spawn<S: Source>(
    source: S,
    settings: Settings,
    clock: Clock,
    commands: mpsc::Receiver<Command>,
    updates: mpsc::Sender<Update>,
) -> Recorder {
    let stop = CancellationToken::new();
    let desk =
        Desk { source, settings, clock, updates, stop: stop.clone(), rooms: HashMap::new(), takes: JoinSet::new() };
    Recorder { stop, desk: tokio::spawn(desk.run(commands)) }
}

struct Desk<S> {
    source: S,
    settings: Settings,
    clock: Clock,
    updates: mpsc::Sender<Update>,
    stop: CancellationToken,
    rooms: HashMap<RoomKey, Busy>,
    takes: JoinSet<RoomKey>,
}

/// A room that is being recorded.
struct Busy {
    stop: CancellationToken,
    /// Asked for while the last file was still closing.
    next: Option<Job>,
}

impl<S: Source> Desk<S> {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Start(job)) => self.start(job),
                    Some(Command::Stop(room)) => self.halt(room),
                    None => break,
                },
                Some(done) = self.takes.join_next() => self.done(done),
                () = self.stop.cancelled() => break,
            }
        }
        self.stop.cancel();
        while self.takes.join_next().await.is_some() {}
    }

    fn start(&mut self, job: Job) {
        match self.rooms.get_mut(&job.room) {
            Some(busy) if busy.stop.is_cancelled() => busy.next = Some(job),
            Some(_) => {}
            None => self.record(job),
        }
    }

    fn halt(&mut self, room: RoomKey) {
        if let Some(busy) = self.rooms.get_mut(&room) {
            busy.stop.cancel();
            busy.next = None;
        }
    }

    fn record(&mut self, job: Job) {
        let room = job.room;
        let stop = self.stop.child_token();
        self.rooms.insert(room, Busy { stop: stop.clone(), next: None });
        let take = Take {
            job,
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            stop,
            updates: self.updates.clone(),
        };
        let source = self.source.clone();
        self.takes.spawn(async move {
            take::run(take, source).await;
            room
        });
    }

    fn done(&mut self, done: Result<RoomKey, tokio::task::JoinError>) {
        // A recording that panicked left no key; its room is the one whose task is gone, and stays closed.
        let Ok(room) = done else { return };
        if let Some(Busy { next: Some(job), .. }) = self.rooms.remove(&room) {
            self.record(job);
        }
    }
}
