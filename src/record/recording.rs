//! Task of one recording, from the key press to the closed file.
//!
//! Invariant: the last update of a recording is `Done` or `Failed`, and by then no ffmpeg of it runs.

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::codec::VideoSetup;
use super::companion_files::{CompanionFiles, RecordingSummary};
use super::marker::Markers;
use super::output_parts::OutputParts;
use super::progress::Meter;
use super::pull::{Pull, PullOutcome};
use super::queue::{QueueReceiver, Queued, queue};
use super::timeline::Hole;
use super::{
    Cue, RecorderSettings, RecorderUpdate, RecordingDetails, RecordingFailure, RecordingJob, RecordingState,
    StreamSource, finishing, marker, output,
};
use crate::clock::{Clock, Moment, Timestamp};
use crate::text::Text;

/// After a stop, what was read is still written, as long as no longer than this passes from one piece to the next.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// How long the disk lasts is told by what was recorded once that is this many milliseconds.
const FORECAST_MS: u64 = 10_000;
/// Progress is emitted at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// What comes to a recording beside the stream.
#[derive(Debug)]
pub(super) enum Note {
    /// Something was said or given.
    Cue(Box<Cue>),
    /// The place of so long ago is to be found again.
    Mark(Text, Duration),
    /// The last minute is wanted as a file of its own.
    Clip,
}

/// What one recording needs.
pub(super) struct RecordingTask {
    pub(super) job: RecordingJob,
    pub(super) settings: RecorderSettings,
    pub(super) clock: Clock,
    /// Asked to stop.
    pub(super) stop: CancellationToken,
    /// The live is known to be over.
    pub(super) live_ended: CancellationToken,
    /// Whether the host has paused it.
    pub(super) paused: watch::Receiver<bool>,
    /// What is said and wanted meanwhile.
    pub(super) notes: mpsc::Receiver<Note>,
    pub(super) updates: mpsc::Sender<RecorderUpdate>,
}

/// Where a recording stands.
#[derive(Default)]
struct Progress {
    since: Option<Moment>,
    /// When the last piece was written.
    written: Option<Instant>,
    /// So long may pass until the next one.
    pause: Duration,
    /// Why nothing comes, as the one who pulls says; empty while something does.
    trouble: Option<watch::Receiver<Text>>,
    quality: Text,
    label: Option<(u32, u32)>,
    sound_only: bool,
    millis: u64,
    video: Option<VideoSetup>,
    holes: Vec<Hole>,
    /// Bytes left on the disk.
    free: Option<u64>,
    meter: Meter,
    emitted: Option<RecordingState>,
    start: Timestamp,
    beside: Option<CompanionFiles>,
    markers: Markers,
    /// Files that were begun when that was last said beside the video.
    saved: usize,
}

impl Progress {
    fn silent_seconds(&self) -> u64 {
        self.written.map_or(0, |written| written.elapsed().as_secs())
    }

    fn cause(&self) -> Text {
        self.trouble.as_ref().map(|trouble| trouble.borrow().clone()).unwrap_or_default()
    }

    /// Tells it where it says something new.
    fn emit(&mut self, task: &RecordingTask, recording: RecordingState) {
        if self.emitted.as_ref() != Some(&recording) {
            task.emit(recording.clone());
            self.emitted = Some(recording);
        }
    }

    fn summary_so_far<'a>(&'a self, parts: &'a OutputParts, status: &'a str, reason: &'a str) -> RecordingSummary<'a> {
        RecordingSummary {
            status,
            reason,
            note: parts.ended_without().unwrap_or_default(),
            quality: self.quality.as_str(),
            files: parts.files(),
            holes: &self.holes,
            markers: self.markers.all(),
        }
    }
}

/// Records until asked to stop, until the live ends, or until it cannot go on; the last update says which.
pub(super) async fn run<S: StreamSource>(mut task: RecordingTask, source: S) {
    task.emit(RecordingState::Starting);
    let recording = task.record(source).await;
    // The one update that must arrive; a screen that is gone does not need it.
    let _ = task.updates.send(RecorderUpdate::Recording { room: task.job.room, recording }).await;
}

impl RecordingTask {
    async fn record<S: StreamSource>(&mut self, source: S) -> RecordingState {
        let limits = self.settings.limits;
        let free = match output::prepare(&self.settings.dir, limits.min_free).await {
            Ok(free) => free,
            Err(failure) => return RecordingState::Failed { reason: sentence(&failure), file: None },
        };
        let (inlet, outlet) = queue();
        let enough = self.stop.child_token();
        let (trouble, trouble_now) = watch::channel(Text::default());
        let pull =
            Pull::new(source, self.job.clone(), &self.settings, inlet, enough.clone(), (self.paused.clone(), trouble));
        let pull = AbortOnDropHandle::new(tokio::spawn(pull.run()));
        let (start, quality) = (self.clock.now().wall, self.settings.quality.to_string());
        let mut parts = OutputParts::new(self.job.clone(), self.settings.clone(), &quality, start);
        let mut progress = Progress { free, start, trouble: Some(trouble_now), ..Progress::default() };
        let ended = self.write_all(outlet, (pull, enough), &mut parts, &mut progress).await;
        self.emit_stopping(&parts, &mut progress);
        let closed = parts.close().await;
        // Why it broke first says more than how it closed then.
        let ended = ended.and_then(|reason| closed.map(|()| reason));
        let mut beside = progress.beside.take();
        let (status, reason) = match &ended {
            Ok(reason) => ("done", reason.clone()),
            Err(failure) => ("failed", sentence(failure)),
        };
        if let Some(beside) = &mut beside {
            beside.save(progress.summary_so_far(&parts, status, reason.as_str())).await;
            beside.finish(parts.files()).await;
        }
        if !progress.markers.all().is_empty() || self.settings.mux_subtitles {
            self.put_in(&parts, &progress).await;
            parts.measure().await;
            if let Some(beside) = &mut beside {
                beside.save(progress.summary_so_far(&parts, status, reason.as_str())).await;
            }
        }
        summary(ended, &parts, &progress)
    }

    /// Writes what is pulled, and watches the files, until one of the many ends comes.
    async fn write_all(
        &mut self,
        mut outlet: QueueReceiver,
        (pull, enough): (AbortOnDropHandle<PullOutcome>, CancellationToken),
        parts: &mut OutputParts,
        progress: &mut Progress,
    ) -> PullOutcome {
        let limits = self.settings.limits;
        let mut progress_due = interval(PROGRESS_EVERY);
        progress_due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut space = interval_at(Instant::now() + limits.space_every, limits.space_every);
        space.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What is on its way when the live ends still belongs to it.
        let (live_ended, stop) = (self.live_ended.clone(), self.stop.clone());
        let mut over = pin!(async {
            live_ended.cancelled().await;
            sleep(limits.after_end).await;
        });
        // Why it ends; what was read by then is still written.
        let mut ending: Option<Text> = None;
        let mut drained = pin!(sleep(Duration::ZERO));
        loop {
            let ends = tokio::select! {
                biased;
                () = stop.cancelled(), if ending.is_none() => "stopped",
                () = &mut over, if ending.is_none() => "the live ended",
                () = &mut drained, if ending.is_some() => return Ok(ending.unwrap_or_default()),
                _ = progress_due.tick(), if ending.is_none() => {
                    self.emit_progress(parts, progress).await?;
                    continue;
                }
                _ = space.tick() => {
                    progress.free = output::check_space(&self.settings.dir, limits.min_free).await?;
                    self.save(parts, progress).await;
                    continue;
                }
                Some(note) = self.notes.recv() => {
                    self.take_note(note, parts, progress).await;
                    continue;
                }
                () = parts.exited() => {
                    parts.go_on_after_exit(&stop).await?;
                    continue;
                }
                queued = outlet.recv() => match (queued, ending) {
                    (Some(queued), still) => {
                        ending = still;
                        self.write(queued, parts, progress).await?;
                        if ending.is_some() {
                            drained.as_mut().reset(Instant::now() + DRAIN_TIMEOUT);
                        }
                        continue;
                    }
                    (None, Some(reason)) => return Ok(reason),
                    (None, None) => return pull.await.unwrap_or(Err(RecordingFailure::Bug)),
                },
            };
            if stop.is_cancelled() {
                parts.stop();
            }
            self.emit_stopping(parts, progress);
            enough.cancel();
            ending = Some(ends.into());
            drained.as_mut().reset(Instant::now() + DRAIN_TIMEOUT);
        }
    }

    /// A stop is answered at once, however long the file takes.
    fn emit_stopping(&self, parts: &OutputParts, progress: &mut Progress) {
        if parts.is_open() {
            progress.emit(self, RecordingState::Stopping);
        }
    }

    async fn write(
        &self,
        queued: Queued,
        parts: &mut OutputParts,
        progress: &mut Progress,
    ) -> Result<(), RecordingFailure> {
        if queued.piece.ends_part {
            return parts.close_part().await;
        }
        parts.write(&queued.piece, &self.stop).await?;
        progress.written = Some(Instant::now());
        progress.pause = queued.piece.head.pause;
        progress.video = queued.piece.head.video;
        progress.sound_only = progress.video.is_none();
        progress.holes.extend(queued.piece.holes);
        progress.since.get_or_insert_with(|| self.clock.now());
        progress.millis = queued.piece.millis;
        (progress.quality, progress.label) = (queued.quality, queued.label.size);
        if parts.files().len() != progress.saved {
            progress.saved = parts.files().len();
            self.save(parts, progress).await;
        }
        Ok(())
    }

    /// Says beside the video where it stands; the first time makes the files.
    async fn save(&self, parts: &OutputParts, progress: &mut Progress) {
        let Some(stem) = parts.stem() else { return };
        let mut beside = if let Some(beside) = progress.beside.take() {
            beside
        } else {
            let RecorderSettings { info, chat, .. } = self.settings;
            CompanionFiles::open(self.job.clone(), progress.start, stem, info, chat).await
        };
        beside.save(progress.summary_so_far(parts, "recording", "")).await;
        progress.beside = Some(beside);
    }

    /// Keeps what came, at the recorder's own media time: the wall clock is up to a group of pictures away from that.
    async fn take_note(&self, note: Note, parts: &OutputParts, progress: &mut Progress) {
        let since = progress.written.map_or(Duration::ZERO, |written| written.elapsed());
        let millis = progress.millis + since.as_millis() as u64;
        let starts = parts.files().last().map_or(0, |file| file.starts);
        let place = (millis, parts.files().len().max(1), millis.saturating_sub(starts));
        match note {
            Note::Cue(cue) => {
                progress.markers.add_cue(&cue, place);
                if let Some(beside) = &mut progress.beside {
                    beside.cue(&cue, place).await;
                }
            }
            Note::Mark(note, ago) => {
                let ago = ago.as_millis() as u64;
                let place = (millis.saturating_sub(ago), place.1, place.2.saturating_sub(ago));
                progress.markers.set("hand", &note, place);
                self.save(parts, progress).await;
            }
            // What is in the file: while nothing comes it does not get longer.
            Note::Clip => self.clip(parts, progress.millis.saturating_sub(starts)),
        }
    }

    /// Has the last minute of the file at work copied; the recording does not wait for that.
    fn clip(&self, parts: &OutputParts, part_ms: u64) {
        let (room, updates, ffmpeg) = (self.job.room, self.updates.clone(), self.settings.ffmpeg.clone());
        let file = parts.file().map(Path::to_owned);
        tokio::spawn(async move {
            let clip = match file {
                Some(file) => finishing::clip(&ffmpeg, &file, part_ms).await,
                None => Err(Text::from("nothing is recorded yet: there is no minute to keep")),
            };
            // A screen that is gone does not need it.
            let _ = updates.send(RecorderUpdate::Clip { room, clip }).await;
        });
    }

    async fn emit_progress(&self, parts: &mut OutputParts, progress: &mut Progress) -> Result<(), RecordingFailure> {
        let bytes = parts.check(&self.stop).await?;
        let (Some(since), Some(file)) = (progress.since, parts.file()) else {
            let cause = progress.cause();
            if !cause.is_empty() {
                progress.emit(self, RecordingState::Waiting { cause });
            }
            return Ok(());
        };
        let rate = progress.meter.rate(Instant::now(), bytes);
        let quality = progress.quality.clone();
        let (file, sound_only) = (file.to_owned(), progress.sound_only);
        let patience = self.settings.limits.read.max(progress.pause);
        let silent = progress.written.is_none_or(|written| written.elapsed() >= patience);
        let recording = if silent {
            RecordingState::Reconnecting {
                since,
                bytes,
                file,
                paused: *self.paused.borrow(),
                cause: progress.cause(),
                silent_seconds: progress.silent_seconds(),
                closed: !parts.is_open(),
            }
        } else {
            let details = Box::new(self.details(parts, progress, (bytes, rate)));
            RecordingState::Running { since, bytes, rate, file, quality, sound_only, details }
        };
        progress.emit(self, recording);
        Ok(())
    }

    /// What is told of a recording that is not what was asked for.
    fn missed(&self, progress: &Progress) -> Option<Text> {
        let size = progress.video.and_then(|video| video.size);
        let quality = &self.settings.quality;
        quality.missed(&progress.quality, progress.sound_only).or_else(|| quality.smaller(progress.label, size))
    }

    fn details(&self, parts: &OutputParts, progress: &Progress, (bytes, rate): (u64, u64)) -> RecordingDetails {
        let note = parts.note();
        let writer_trouble = !note.is_empty();
        let left = progress.free.map(|free| free.saturating_sub(self.settings.limits.min_free));
        let hole_millis: u64 = progress.holes.iter().map(|hole| hole.length).sum();
        // As fast as it filled up so far; the rate of now comes and goes with the network.
        let recorded = progress.millis.saturating_sub(hole_millis);
        let usual =
            bytes.saturating_mul(1_000).checked_div(recorded).filter(|_| recorded >= FORECAST_MS).unwrap_or(rate);
        RecordingDetails {
            millis: progress.millis,
            codec: progress.video.map(|video| Text::from(format_args!("{}", video.codec))).unwrap_or_default(),
            size: progress.video.and_then(|video| video.size),
            part: parts.files().len() as u32,
            holes: progress.holes.len() as u32,
            hole_millis,
            free: progress.free,
            seconds_left: left.and_then(|left| left.checked_div(usual)),
            // Segments come whole: until the next one is due nothing is missing.
            silent_seconds: if progress.pause.is_zero() { progress.silent_seconds() } else { 0 },
            note: match self.missed(progress) {
                Some(missed) if note.is_empty() => missed,
                _ => note,
            },
            writer_trouble,
        }
    }

    /// Puts chapters, and subtitles where they are wanted, into the closed files. What goes wrong costs those only.
    async fn put_in(&self, parts: &OutputParts, progress: &Progress) {
        for (nth, file) in parts.files().iter().enumerate() {
            let length = file.ends.saturating_sub(file.starts);
            let title = Some(self.job.title.as_str()).filter(|title| !title.is_empty()).unwrap_or("beginning");
            let chapters = marker::chapters(progress.markers.all(), nth + 1, length, title);
            let subtitles = self.settings.mux_subtitles && self.settings.chat;
            if let Err(why) = finishing::put_in(&self.settings.ffmpeg, &file.path, chapters, subtitles).await {
                tracing::warn!(%why, "no chapters or subtitles in a recording");
            }
        }
    }

    /// Tells what the next update makes up for, should the queue be full.
    fn emit(&self, recording: RecordingState) {
        let _ = self.updates.try_send(RecorderUpdate::Recording { room: self.job.room, recording });
    }
}

/// The last word on a recording.
fn summary(ended: PullOutcome, parts: &OutputParts, progress: &Progress) -> RecordingState {
    let files: Vec<_> = parts.files().iter().map(|file| file.path.clone()).collect();
    let (bytes, millis) = (parts.bytes(), progress.millis);
    let ended =
        ended.map(|reason| if progress.sound_only { Text::from(format_args!("{reason}; sound only")) } else { reason });
    match (ended, files.as_slice()) {
        (Ok(reason), [file]) => RecordingState::Done { file: file.clone(), bytes, millis, reason },
        (Ok(reason), [file, ..]) => {
            let why = parts.ended_without().map(|why| format!(", as {why}")).unwrap_or_default();
            let reason = Text::from(format_args!("{reason}; it is in {} files{why}", files.len()));
            RecordingState::Done { file: file.clone(), bytes, millis, reason }
        }
        (Ok(_), []) => RecordingState::Failed { reason: sentence(&RecordingFailure::Nothing), file: None },
        (Err(failure), files) => RecordingState::Failed { reason: sentence(&failure), file: files.last().cloned() },
    }
}

fn sentence(failure: &RecordingFailure) -> Text {
    Text::from(failure.to_string())
}
