//! The recorder's task: takes commands, runs at most one recording a room, all of them finished at the end.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{self, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::recording::{self, RecordingTask};
use super::{Command, Job, Settings, Source, Update};
use crate::clock::Clock;
use crate::ids::RoomKey;

/// Longer than the stop ladder of ffmpeg: three seconds, then two.
const FINISH: Duration = Duration::from_secs(6);

/// A running recorder.
#[derive(Debug)]
pub struct Recorder {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Recorder {
    /// Stops all recordings and waits until their files are closed, at most 6 s.
    ///
    /// A recording that is not done by then is let go: its ffmpeg sees the end of its input and closes the file itself.
    pub async fn finish(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(FINISH, &mut self.task).await.is_err() {
            tracing::warn!("a recording was still closing its file after {FINISH:?}");
            self.task.abort();
        }
    }
}

/// Starts a recorder that running `commands` until they end, and tells `updates` where each recording stands.
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
    let task = RecorderTask {
        source,
        settings,
        clock,
        updates,
        stop: stop.clone(),
        rooms: HashMap::new(),
        running: JoinSet::new(),
    };
    Recorder { stop, task: tokio::spawn(task.run(commands)) }
}

struct RecorderTask<S> {
    source: S,
    settings: Settings,
    clock: Clock,
    updates: mpsc::Sender<Update>,
    stop: CancellationToken,
    rooms: HashMap<RoomKey, Busy>,
    running: JoinSet<()>,
}

/// A room that is being recorded.
struct Busy {
    task: task::Id,
    stop: CancellationToken,
    /// Asked for while the last file was still closing.
    next: Option<Job>,
}

impl<S: Source> RecorderTask<S> {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Command::Start(job)) => self.start(job),
                    Some(Command::Stop(room)) => self.stop_recording(room),
                    None => break,
                },
                Some(done) = self.running.join_next_with_id() => {
                    self.done(done.map_or_else(|error| error.id(), |(id, ())| id));
                }
                () = self.stop.cancelled() => break,
            }
        }
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }

    fn start(&mut self, job: Job) {
        match self.rooms.get_mut(&job.room) {
            Some(busy) if busy.stop.is_cancelled() => busy.next = Some(job),
            Some(_) => {}
            None => self.record(job),
        }
    }

    fn stop_recording(&mut self, room: RoomKey) {
        if let Some(busy) = self.rooms.get_mut(&room) {
            busy.stop.cancel();
            busy.next = None;
        }
    }

    fn record(&mut self, job: Job) {
        let room = job.room;
        let stop = self.stop.child_token();
        let task = RecordingTask {
            job,
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            stop: stop.clone(),
            updates: self.updates.clone(),
        };
        let task = self.running.spawn(recording::run(task, self.source.clone())).id();
        self.rooms.insert(room, Busy { task, stop, next: None });
    }

    fn done(&mut self, task: task::Id) {
        let Some(room) = self.rooms.iter().find_map(|(&room, busy)| (busy.task == task).then_some(room)) else {
            return;
        };
        if let Some(Busy { next: Some(job), .. }) = self.rooms.remove(&room) {
            self.record(job);
        }
    }
}
