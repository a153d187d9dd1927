//! Monitor of a live's own stream, for those who send it: pulls the smallest variant, has ffmpeg look at it, and says when it is
//! silent, black, frozen, slow or missing for some seconds. Nothing is kept.
//!
//! Invariant: the last update of a monitor says that it is over, and by then no ffmpeg of it runs.

mod faults;

use std::ffi::OsString;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::flv::{FILE_HEADER, kinds_in};
use super::process::Ffmpeg;
use super::pull::{Pull, PullOutcome};
use super::queue::{QueueReceiver, Queued, queue};
use super::timeline::PartContainer;
use super::{Quality, RecorderSettings, RecorderUpdate, RecordingFailure, RecordingJob, StreamSource};
use crate::text::Text;
use faults::{FaultDetector, FaultLimits};
pub use faults::{StreamFault, StreamFaultKind};

/// How often the stream is judged.
const EVERY: Duration = Duration::from_millis(500);
/// A live whose stream cannot be had is tried again after this long.
const AGAIN: Duration = Duration::from_secs(10);
/// Lines of ffmpeg that may wait.
const LINES: usize = 256;
/// An ffmpeg that takes nothing for this long is put away.
const STUCK: Duration = Duration::from_secs(8);
/// ffmpegs of one monitor that may end by themselves; then sound and picture are not looked at any more.
const MAX_LOSSES: u32 = 5;

/// What a monitor looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MonitorSettings {
    /// Which variant is watched.
    pub stream: Quality,
    /// A fault is told once it has lasted this long.
    pub after: Duration,
    /// The stream is slow below so many percent of its bit rate.
    pub min_percent: u64,
}

impl Default for MonitorSettings {
    fn default() -> Self {
        Self { stream: Quality::Lowest, after: Duration::from_secs(10), min_percent: 50 }
    }
}

/// Where a monitor stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MonitorState {
    /// The variant that is watched, such as `ld`; empty before it was found.
    pub quality: Text,
    /// Bytes a second, over the last seconds.
    pub rate: u64,
    /// What is wrong now, gravest first.
    pub faults: Vec<StreamFault>,
    /// What else a person should know, in one sentence; empty where there is nothing.
    pub note: Text,
    /// It is over; why, in a word or two.
    pub over: Option<Text>,
}

impl MonitorState {
    /// The faults that are there now and were not there before.
    pub fn begun_since(&self, before: &Self) -> Vec<StreamFault> {
        let is_new = |fault: &&StreamFault| !before.faults.iter().any(|known| known.kind == fault.kind);
        self.faults.iter().filter(is_new).copied().collect()
    }
}

/// What one monitor needs.
pub(super) struct MonitorTask {
    pub(super) job: RecordingJob,
    pub(super) settings: RecorderSettings,
    pub(super) stop: CancellationToken,
    pub(super) live_ended: CancellationToken,
    pub(super) paused: watch::Receiver<bool>,
    pub(super) updates: mpsc::Sender<RecorderUpdate>,
}

/// Watches a stream until asked to stop or until the live ends.
pub(super) async fn run<S: StreamSource>(mut task: MonitorTask, source: S) {
    // Parts are for files.
    (task.settings.part_length, task.settings.part_bytes) = (None, None);
    task.settings.quality = task.settings.monitor.stream.clone();
    let mut state = MonitorState::default();
    let over = loop {
        match task.watch(source.clone(), &mut state).await {
            Ok(over) => break over,
            Err(RecordingFailure::Ended) => break "the live ended".into(),
            Err(failure) => state.note = Text::from(failure.to_string()),
        }
        task.emit(&state);
        tokio::select! {
            () = task.stop.cancelled() => break "stopped".into(),
            () = task.live_ended.cancelled() => break "the live ended".into(),
            () = sleep(AGAIN) => {}
        }
    };
    let monitor = MonitorState { over: Some(over), faults: Vec::new(), ..state };
    // The one update that must arrive; a screen that is gone does not need it.
    let _ = task.updates.send(RecorderUpdate::Monitor { room: task.job.room, monitor }).await;
}

impl MonitorTask {
    async fn watch<S: StreamSource>(&mut self, source: S, state: &mut MonitorState) -> PullOutcome {
        let (inlet, outlet) = queue();
        let enough = self.stop.child_token();
        let (trouble, _) = watch::channel(Text::default());
        let pull =
            Pull::new(source, self.job.clone(), &self.settings, inlet, enough.clone(), (self.paused.clone(), trouble));
        let pull = AbortOnDropHandle::new(tokio::spawn(pull.run()));
        let (lines, heard) = mpsc::channel(LINES);
        let mut analysis = Analysis { ffmpeg: None, part: 0, losses: 0, lines, without: Text::default() };
        let outcome = self.watch_pieces(outlet, heard, pull, &mut analysis, state).await;
        enough.cancel();
        analysis.close(&self.settings).await;
        outcome
    }

    async fn watch_pieces(
        &mut self,
        mut outlet: QueueReceiver,
        mut heard: mpsc::Receiver<String>,
        pull: AbortOnDropHandle<PullOutcome>,
        analysis: &mut Analysis,
        state: &mut MonitorState,
    ) -> PullOutcome {
        let limits = FaultLimits { after: self.settings.monitor.after, percent: self.settings.monitor.min_percent };
        let sound_only = self.settings.monitor.stream == Quality::Audio;
        let mut detector = FaultDetector::new(limits, sound_only, Instant::now());
        let mut due = interval(EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (stop, live_ended) = (self.stop.clone(), self.live_ended.clone());
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok("stopped".into()),
                () = live_ended.cancelled() => return Ok("the live ended".into()),
                _ = due.tick() => {
                    let now = Instant::now();
                    if *self.paused.borrow() {
                        detector.pause(now);
                    }
                    (state.faults, state.rate) = (detector.faults(now), detector.rate());
                    self.emit(state);
                }
                Some(line) = heard.recv() => detector.add_line(&line, Instant::now()),
                queued = outlet.recv() => {
                    let Some(queued) = queued else { return pull.await.unwrap_or(Err(RecordingFailure::Bug)) };
                    if queued.piece.ends_part {
                        analysis.close(&self.settings).await;
                        continue;
                    }
                    (state.quality, state.note) = (queued.quality.clone(), analysis.without.clone());
                    let piece = &queued.piece;
                    let (sound, picture) = match piece.head.container {
                        PartContainer::Flv => kinds_in(piece.bytes.get(if piece.begins_part { FILE_HEADER } else { 0 }..).unwrap_or_default()),
                        // Segments have both, or ffmpeg says what is not in them.
                        PartContainer::Transport | PartContainer::Fragments => (true, true),
                    };
                    detector.add_piece(piece.bytes.len(), (sound, picture), queued.label.bitrate, Instant::now());
                    if analysis.feed(&self.settings, &queued).await {
                        detector.forget_lines();
                    }
                }
            }
        }
    }

    /// Tells what the next update makes up for, should the queue be full.
    fn emit(&self, monitor: &MonitorState) {
        let _ = self.updates.try_send(RecorderUpdate::Monitor { room: self.job.room, monitor: monitor.clone() });
    }
}

/// The ffmpeg that looks at a stream.
struct Analysis {
    ffmpeg: Option<Ffmpeg>,
    /// Which part of the stream it is fed.
    part: u32,
    losses: u32,
    lines: mpsc::Sender<String>,
    /// Why sound and picture are not looked at; empty where they are.
    without: Text,
}

impl Analysis {
    /// Feeds a piece; says whether another ffmpeg looks at the stream from here on.
    async fn feed(&mut self, settings: &RecorderSettings, queued: &Queued) -> bool {
        let piece = &queued.piece;
        let mut begins = false;
        if self.part != piece.part {
            self.close(settings).await;
        }
        if self.ffmpeg.is_none() {
            if !piece.keyframe || !self.without.is_empty() {
                return false;
            }
            let arguments = arguments(&settings.monitor, piece.head.container, piece.head.video.is_some());
            match Ffmpeg::start_heard(&settings.ffmpeg, &arguments, Some(self.lines.clone())) {
                Ok(ffmpeg) => (self.ffmpeg, self.part, begins) = (Some(ffmpeg), piece.part, true),
                Err(failure) => {
                    self.without = Text::from(format_args!("{failure}; only the stream's bit rate is watched"));
                    return true;
                }
            }
        }
        let Some(ffmpeg) = &mut self.ffmpeg else { return begins };
        let head = if begins && !piece.begins_part { &piece.head.bytes[..] } else { &[] };
        if ffmpeg.feed(head, STUCK).await.is_ok() && ffmpeg.feed(&piece.bytes, STUCK).await.is_ok() {
            return begins;
        }
        self.losses += 1;
        if let Some(ffmpeg) = self.ffmpeg.take() {
            let words = ffmpeg.kill().await.last_words();
            if self.losses >= MAX_LOSSES {
                let words = format_args!("ffmpeg cannot read the stream ({words}); only its bit rate is watched");
                self.without = Text::from(words);
            }
        }
        true
    }

    /// Ends the ffmpeg at work, if any.
    async fn close(&mut self, settings: &RecorderSettings) {
        if let Some(ffmpeg) = self.ffmpeg.take() {
            ffmpeg.finish(&settings.limits).await;
        }
    }
}

/// What ffmpeg is called with. Its filters tell silence and stillness once they have lasted long enough; black is told only when
/// it is over, so where it begins is printed by a filter behind.
fn arguments(settings: &MonitorSettings, container: PartContainer, picture: bool) -> Vec<OsString> {
    let seconds = settings.after.as_secs_f64();
    let line = format!(
        "-hide_banner -nostats -loglevel level+info -threads 1 -analyzeduration 2500000 -f {} -i pipe:0",
        container.demuxer()
    );
    let mut arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    if picture {
        let video = format!(
            "-map 0:v? -vf freezedetect=n=-60dB:d={seconds},blackdetect=d=0.5:pix_th=0.1,metadata=mode=print:key=lavfi.black_start,metadata=mode=print:key=lavfi.black_end"
        );
        arguments.extend(video.split_whitespace().map(OsString::from));
    }
    let sound = format!("-map 0:a? -af silencedetect=n=-50dB:d={seconds} -f null -");
    arguments.extend(sound.split_whitespace().map(OsString::from));
    arguments
}
