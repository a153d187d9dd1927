//! Recorder task: commands in, at most one recording a room, all of them finished at the end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::monitor::{self, MonitorTask};
use super::recording::{self, Note, RecordingTask};
use super::{
    CopyState, MonitorState, RecorderCommand, RecorderSettings, RecorderUpdate, RecordingFailure, RecordingJob,
    RecordingState, StreamLabel, StreamOffer, StreamSource, copy_as_mp4, takes, unfinished,
};
use crate::clock::Clock;
use crate::ids::RoomKey;
use crate::text::Text;

/// Longer than the stop ladder of ffmpeg: three seconds, then two.
const FINISH: Duration = Duration::from_secs(6);

/// Lines of chat, and markers, that may wait for the disk.
const NOTES: usize = 1_024;

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

/// Starts a recorder that obeys `commands` until they end, and tells `updates` where each recording stands.
///
/// `updates` may lag: numbers are left out then, the end of a recording never is.
pub fn spawn<S: StreamSource>(
    source: S,
    settings: RecorderSettings,
    clock: Clock,
    commands: mpsc::Receiver<RecorderCommand>,
    updates: mpsc::Sender<RecorderUpdate>,
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
        monitors: HashMap::new(),
        monitoring: JoinSet::new(),
        errands: JoinSet::new(),
    };
    Recorder { stop, task: tokio::spawn(task.run(commands)) }
}

struct RecorderTask<S> {
    source: S,
    settings: RecorderSettings,
    clock: Clock,
    updates: mpsc::Sender<RecorderUpdate>,
    stop: CancellationToken,
    rooms: HashMap<RoomKey, ActiveRecording>,
    running: JoinSet<()>,
    monitors: HashMap<RoomKey, ActiveMonitor>,
    monitoring: JoinSet<()>,
    /// Questions and copies, which nobody waits for at the end.
    errands: JoinSet<()>,
}

/// A room that is being recorded.
struct ActiveRecording {
    task: task::Id,
    stop: CancellationToken,
    live_ended: CancellationToken,
    paused: watch::Sender<bool>,
    notes: mpsc::Sender<Note>,
    /// Asked for while the last file was still closing.
    next: Option<RecordingJob>,
}

/// A room whose own stream is being watched.
struct ActiveMonitor {
    task: task::Id,
    stop: CancellationToken,
    live_ended: CancellationToken,
    paused: watch::Sender<bool>,
}

impl<S: StreamSource> RecorderTask<S> {
    async fn run(mut self, mut commands: mpsc::Receiver<RecorderCommand>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(RecorderCommand::Start(job)) => self.start(job),
                    Some(RecorderCommand::Stop(room)) => self.stop_recording(room),
                    Some(RecorderCommand::LiveEnded(room)) => {
                        if let Some(busy) = self.rooms.get(&room) {
                            busy.live_ended.cancel();
                        }
                        if let Some(monitor) = self.monitors.get(&room) {
                            monitor.live_ended.cancel();
                        }
                    }
                    Some(RecorderCommand::Cue(room, cue)) => self.note(room, Note::Cue(cue)),
                    Some(RecorderCommand::Mark(room, note, ago)) => self.note(room, Note::Mark(note, ago)),
                    Some(RecorderCommand::Clip(room)) => self.note(room, Note::Clip),
                    Some(RecorderCommand::LivePaused(room, paused)) => {
                        if let Some(busy) = self.rooms.get(&room) {
                            busy.paused.send_replace(paused);
                        }
                        if let Some(monitor) = self.monitors.get(&room) {
                            monitor.paused.send_replace(paused);
                        }
                    }
                    Some(RecorderCommand::Monitor(job)) => self.monitor(job),
                    Some(RecorderCommand::StopMonitor(room)) => {
                        if let Some(monitor) = self.monitors.get(&room) {
                            monitor.stop.cancel();
                        }
                    }
                    Some(RecorderCommand::ListStreams(job)) => self.list_streams(job),
                    Some(RecorderCommand::ListTakes) => self.list_takes(),
                    Some(RecorderCommand::SetRule(..)) => {}
                    Some(RecorderCommand::Copy(file)) => self.copy(file),
                    Some(RecorderCommand::Repair(info)) => self.repair(info),
                    None => break,
                },
                Some(_) = self.errands.join_next() => {}
                Some(ended) = self.monitoring.join_next_with_id() => self.monitor_ended(ended).await,
                Some(done) = self.running.join_next_with_id() => {
                    match done {
                        Ok((task, ())) => self.done(task),
                        Err(error) => {
                            self.failed(error.id()).await;
                            self.done(error.id());
                        }
                    }
                }
                () = self.stop.cancelled() => break,
            }
        }
        self.stop.cancel();
        self.errands.shutdown().await;
        while self.monitoring.join_next().await.is_some() {}
        while let Some(done) = self.running.join_next().await {
            if let Err(error) = done {
                self.failed(error.id()).await;
            }
        }
    }

    fn start(&mut self, job: RecordingJob) {
        match self.rooms.get_mut(&job.room) {
            Some(busy) if busy.stop.is_cancelled() => busy.next = Some(job),
            Some(_) => {}
            None => self.record(job),
        }
    }

    fn note(&self, room: RoomKey, note: Note) {
        if let Some(busy) = self.rooms.get(&room) {
            // A disk that is too slow for chat loses chat.
            let _ = busy.notes.try_send(note);
        }
    }

    /// Begins to watch a stream, once a room at a time.
    fn monitor(&mut self, job: RecordingJob) {
        let room = job.room;
        if self.monitors.contains_key(&room) {
            return;
        }
        let (stop, live_ended) = (self.stop.child_token(), CancellationToken::new());
        let (paused, is_paused) = watch::channel(false);
        let task = MonitorTask {
            job,
            settings: self.settings.clone(),
            stop: stop.clone(),
            live_ended: live_ended.clone(),
            paused: is_paused,
            updates: self.updates.clone(),
        };
        let source = self.source.clone();
        let task = self.monitoring.spawn(monitor::run(task, source)).id();
        self.monitors.insert(room, ActiveMonitor { task, stop, live_ended, paused });
    }

    /// Forgets a monitor that is over. One whose task panicked has not told its end itself.
    async fn monitor_ended(&mut self, ended: Result<(task::Id, ()), task::JoinError>) {
        let (task, failed) = match ended {
            Ok((task, ())) => (task, false),
            Err(error) => (error.id(), true),
        };
        let Some(room) = self.monitors.iter().find_map(|(&room, monitor)| (monitor.task == task).then_some(room))
        else {
            return;
        };
        self.monitors.remove(&room);
        if failed {
            let over = Some(Text::from("broke off through a fault in tiktop: please report it"));
            let monitor = MonitorState { over, ..MonitorState::default() };
            // A screen that is gone does not need it.
            let _ = self.updates.send(RecorderUpdate::Monitor { room, monitor }).await;
        }
    }

    fn list_streams(&mut self, job: RecordingJob) {
        let (source, updates, patience) = (self.source.clone(), self.updates.clone(), self.settings.limits.start);
        self.errands.spawn(async move {
            let streams = match tokio::time::timeout(patience, source.resolve(&job)).await {
                Ok(Ok(found)) => Ok(found.offers.iter().map(label).collect()),
                Ok(Err(trouble)) => Err(trouble.words),
                Err(_) => Err(Text::from("nobody said in time which streams there are: try again in a moment")),
            };
            // A screen that is gone does not need it.
            let _ = updates.send(RecorderUpdate::Streams { room: job.room, streams }).await;
        });
    }

    fn list_takes(&mut self) {
        let (dir, updates) = (self.settings.dir.clone(), self.updates.clone());
        self.errands.spawn(async move {
            // Reading files is not for the threads of the network.
            let takes = task::spawn_blocking(move || takes(&dir)).await.unwrap_or_default();
            let _ = updates.send(RecorderUpdate::Takes(takes)).await;
        });
    }

    fn copy(&mut self, file: PathBuf) {
        let (ffmpeg, updates) = (self.settings.ffmpeg.clone(), self.updates.clone());
        self.errands.spawn(async move {
            let told = |percent| {
                // The next one makes up for it, should the queue be full.
                let copy = CopyState::Running(percent);
                let _ = updates.try_send(RecorderUpdate::Copy { file: file.clone(), copy });
            };
            let copy = match copy_as_mp4(&ffmpeg, &file, told).await {
                Ok(copy) => CopyState::Done(copy),
                Err(why) => CopyState::Failed(why),
            };
            let _ = updates.send(RecorderUpdate::Copy { file: file.clone(), copy }).await;
        });
    }

    fn repair(&mut self, info: PathBuf) {
        let (dir, ffmpeg, updates) = (self.settings.dir.clone(), self.settings.ffmpeg.clone(), self.updates.clone());
        self.errands.spawn(async move {
            let found = task::spawn_blocking(move || unfinished(&dir)).await.unwrap_or_default();
            let copies = match found.into_iter().find(|recording| recording.info == info) {
                Some(recording) => recording.repair(&ffmpeg).await,
                None => Err(Text::from("this recording is not cut off, or is gone: there is nothing to repair")),
            };
            let _ = updates.send(RecorderUpdate::Repair { info, copies }).await;
        });
    }

    fn stop_recording(&mut self, room: RoomKey) {
        if let Some(busy) = self.rooms.get_mut(&room) {
            busy.stop.cancel();
            busy.next = None;
        }
    }

    fn record(&mut self, job: RecordingJob) {
        let room = job.room;
        let mut settings = self.settings.clone();
        settings.quality = job.quality.clone().unwrap_or(settings.quality);
        let stop = self.stop.child_token();
        let live_ended = CancellationToken::new();
        let (paused, is_paused) = watch::channel(false);
        let (notes, notes_inbox) = mpsc::channel(NOTES);
        let task = RecordingTask {
            job,
            settings,
            clock: self.clock.clone(),
            stop: stop.clone(),
            live_ended: live_ended.clone(),
            paused: is_paused,
            notes: notes_inbox,
            updates: self.updates.clone(),
        };
        let task = self.running.spawn(recording::run(task, self.source.clone())).id();
        self.rooms.insert(room, ActiveRecording { task, stop, live_ended, paused, notes, next: None });
    }

    /// A recording whose task panicked has not told its end itself.
    async fn failed(&mut self, task: task::Id) {
        if let Some(room) = self.room_of(task) {
            let reason = Text::from(RecordingFailure::Bug.to_string());
            // The end of a recording must arrive; a screen that is gone does not need it.
            let _ = self
                .updates
                .send(RecorderUpdate::Recording { room, recording: RecordingState::Failed { reason, file: None } })
                .await;
        }
    }

    fn room_of(&self, task: task::Id) -> Option<RoomKey> {
        self.rooms.iter().find_map(|(&room, busy)| (busy.task == task).then_some(room))
    }

    fn done(&mut self, task: task::Id) {
        let Some(room) = self.room_of(task) else { return };
        if let Some(ActiveRecording { next: Some(job), .. }) = self.rooms.remove(&room) {
            self.record(job);
        }
    }
}

fn label<A>(offer: &StreamOffer<A>) -> StreamLabel {
    let StreamOffer { quality, picture, sound_only, hls, .. } = offer;
    StreamLabel { quality: quality.clone(), picture: picture.clone(), sound_only: *sound_only, hls: *hls }
}
