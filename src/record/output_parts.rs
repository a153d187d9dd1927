//! Output files of one recording: a part after the other, each with a writer of its own.
//!
//! An ffmpeg that dies, hangs or writes nothing costs a file and no picture: what it was fed last goes into the next one.
//! After three of those within a minute we write FLV ourselves.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::codec::VideoCodec;
use super::engine::{self, Engine, EngineEnd};
use super::failure::{RecordingFailure, shown};
use super::flv::{FILE_HEADER, earlier, first_time};
use super::output::Output;
use super::probe::{self, FfmpegVersion};
use super::process::Ffmpeg;
use super::replay::Replay;
use super::timeline::{PartContainer, PartHead, TimelinePiece};
use super::watch::{WriterFault, WriterLook, WriterWatch};
use super::{RecorderSettings, RecordingJob, plan};
use crate::clock::Timestamp;
use crate::text::Text;

/// What a write may still take after a stop: an ffmpeg that has just been started on a busy machine reads late.
const STOP_WRITE_LIMIT: Duration = Duration::from_secs(2);
/// Losses of a writer within [`LOSSES_WITHIN`] after which ffmpeg is not tried again.
const MAX_LOSSES: usize = 3;
const LOSSES_WITHIN: Duration = Duration::from_secs(60);
/// What happened to an ffmpeg that was replaced is told for this long.
const NOTE_FOR: Duration = Duration::from_secs(60);
/// The first ffmpeg that reads H.265 as `hvc1` in FLV.
const READS_HVC1: FfmpegVersion = FfmpegVersion(6, 1);

/// Writes the pieces of a recording to its files.
#[derive(Debug)]
pub(super) struct OutputParts {
    job: RecordingJob,
    settings: RecorderSettings,
    start: Timestamp,
    stem: String,
    part: Option<Part>,
    /// The files begun, in order.
    files: Vec<PartFile>,
    /// Bytes of the parts that are closed.
    closed: u64,
    strikes: VecDeque<Instant>,
    /// ffmpeg is not to be tried any more.
    without_ffmpeg: bool,
    /// What ffmpeg there is, where it says; asked once, when a codec needs it.
    version: Option<FfmpegVersion>,
    version_asked: bool,
    /// What happened that a person should know, and when.
    note: Text,
    noted: Instant,
}

/// A file of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartFile {
    pub(super) path: PathBuf,
    /// Recorded time before it, in milliseconds.
    pub(super) starts: u64,
    /// Recorded time up to its end, in milliseconds.
    pub(super) ends: u64,
    pub(super) bytes: u64,
    pub(super) head: std::sync::Arc<PartHead>,
}

#[derive(Debug)]
struct Part {
    /// Its number on the timeline; several files may have the same.
    number: u32,
    output: Output,
    engine: Engine,
    replay: Replay,
    /// Time in the timeline's part at which the file begins.
    base: u32,
    /// Bytes fed, and the milliseconds of media in them.
    fed: u64,
    fed_ms: u64,
    /// Its size when it was last seen to have grown, and the recorded time that had been fed by then.
    size: u64,
    grown_ms: Option<u64>,
    watch: WriterWatch,
    /// It was stopped in the middle of a piece: nothing more is fed to it.
    is_cut: bool,
}

impl OutputParts {
    /// A recording that starts at `start`; no file is made before the first piece.
    pub(super) fn new(job: RecordingJob, settings: RecorderSettings, quality: &str, start: Timestamp) -> Self {
        let stem = plan::stem(&settings.name, &job, quality, start, TimeZone::system());
        Self {
            job,
            settings,
            start,
            stem,
            part: None,
            files: Vec::new(),
            closed: 0,
            strikes: VecDeque::new(),
            without_ffmpeg: false,
            version: None,
            version_asked: false,
            note: Text::default(),
            noted: Instant::now(),
        }
    }

    /// Writes a piece; one of a new part closes the file before and begins the next. Once `stop` is cancelled, a writer
    /// that takes nothing is not waited for.
    pub(super) async fn write(
        &mut self,
        piece: &TimelinePiece,
        stop: &CancellationToken,
    ) -> Result<(), RecordingFailure> {
        if self.part.as_ref().is_some_and(|part| part.number != piece.part) {
            self.close_part().await?;
        }
        self.write_all(VecDeque::from([piece.clone()]), stop).await
    }

    /// Writes pieces, and what was lost with a writer, until all of it is written.
    async fn write_all(
        &mut self,
        mut pieces: VecDeque<TimelinePiece>,
        stop: &CancellationToken,
    ) -> Result<(), RecordingFailure> {
        while let Some(piece) = pieces.front() {
            if self.part.is_none() {
                if !piece.keyframe {
                    // Nothing to be seen without the pictures before it, which are gone.
                    pieces.pop_front();
                    continue;
                }
                self.begin(piece).await?;
            }
            let fed = self.feed(piece, stop).await;
            match fed {
                Ok(()) => drop(pieces.pop_front()),
                Err(loss) => {
                    let mut again = self.replace(loss).await?;
                    again.append(&mut pieces);
                    pieces = again;
                }
            }
        }
        Ok(())
    }

    /// Feeds one piece to the writer at work; says why that is lost where it is.
    async fn feed(&mut self, piece: &TimelinePiece, stop: &CancellationToken) -> Result<(), WriterLoss> {
        let Some(part) = self.part.as_mut().filter(|part| !part.is_cut) else { return Ok(()) };
        let hurry = async {
            stop.cancelled().await;
            sleep(STOP_WRITE_LIMIT).await;
        };
        let moved;
        let bytes = if part.base == 0 {
            &piece.bytes
        } else {
            moved = earlier(without_head(piece), part.base);
            &moved
        };
        tokio::select! {
            biased;
            written = part.engine.write(bytes, self.settings.limits.write) => match written {
                Ok(()) => part.fed += bytes.len() as u64,
                Err(error) if error.kind() == std::io::ErrorKind::TimedOut => return Err(WriterLoss::Stuck),
                Err(error) => return Err(WriterLoss::Died(error)),
            },
            // Behind half a tag nothing can be read.
            () = hurry => part.is_cut = true,
        }
        if part.engine.ffmpeg().is_some() {
            part.replay.push(piece, part.grown_ms);
        }
        let missing: u64 = piece.holes.iter().map(|hole| hole.length).sum();
        let before = self.files.last().map_or(piece.millis, |file| file.ends);
        part.fed_ms += piece.millis.saturating_sub(before + missing);
        if let Some(file) = self.files.last_mut() {
            file.ends = piece.millis;
        }
        Ok(())
    }

    /// Puts a lost writer away; gives what the next one is to be fed.
    async fn replace(&mut self, loss: WriterLoss) -> Result<VecDeque<TimelinePiece>, RecordingFailure> {
        let Some(mut part) = self.part.take() else { return Ok(VecDeque::new()) };
        let again = part.replay.drain();
        let container = self.files.last().map(|file| file.head.container).unwrap_or_default();
        let wrote = part.output.size().await;
        let path = shown(part.output.path());
        let end = self.end(part, true).await;
        let failure = match (end, loss) {
            _ if wrote.is_none() => RecordingFailure::FileGone { file: path },
            (EngineEnd::Own(_), WriterLoss::Died(error)) => RecordingFailure::from_folder(&self.settings.dir, &error),
            (EngineEnd::Ffmpeg(ended), WriterLoss::Silent(seconds)) => {
                RecordingFailure::FfmpegSilent { seconds, words: ended.last_words() }
            }
            (EngineEnd::Ffmpeg(ended), WriterLoss::Died(_)) => {
                RecordingFailure::from_death(&self.settings.dir, &ended.stderr, ended.last_words())
            }
            (_, WriterLoss::Stuck | WriterLoss::Silent(_)) => self.stuck(),
        };
        if failure.is_final() {
            return Err(failure);
        }
        tracing::warn!(%failure, "the writer of a recording was lost");
        let now = Instant::now();
        // One that never wrote anything will not do so the next time either.
        self.strikes.extend(std::iter::repeat_n(now, if wrote == Some(0) { 2 } else { 1 }));
        self.strikes.retain(|&strike| now.duration_since(strike) < LOSSES_WITHIN);
        self.without_ffmpeg |=
            self.strikes.len() >= MAX_LOSSES || matches!(failure, RecordingFailure::FfmpegSilent { .. });
        let note = if self.without_ffmpeg {
            without_ffmpeg(&failure, container)
        } else {
            Text::from(format_args!("{failure}; it goes on in another file"))
        };
        self.set_note(note);
        Ok(again)
    }

    /// Waits until the ffmpeg at work ends by itself; for ever when none is. May be dropped and asked again.
    pub(super) async fn exited(&mut self) {
        match &mut self.part {
            Some(part) => part.engine.exited().await,
            None => std::future::pending().await,
        }
    }

    /// Goes on after the ffmpeg at work ended by itself.
    pub(super) async fn go_on_after_exit(&mut self, stop: &CancellationToken) -> Result<(), RecordingFailure> {
        let again = self.replace(WriterLoss::Died(std::io::ErrorKind::BrokenPipe.into())).await?;
        self.write_all(again, stop).await
    }

    /// Looks whether the file grows while its writer is fed, and puts a writer that does nothing away. Gives the bytes of all
    /// files so far.
    pub(super) async fn check(&mut self, stop: &CancellationToken) -> Result<u64, RecordingFailure> {
        let limits = self.settings.limits;
        let Some(part) = &mut self.part else { return Ok(self.closed) };
        let Some(size) = part.output.size().await else {
            return Err(RecordingFailure::FileGone { file: shown(part.output.path()) });
        };
        if let Some(ffmpeg) = part.engine.ffmpeg() {
            let (waiting, busy) = (ffmpeg.waiting(), ffmpeg.is_busy());
            let look = WriterLook { size, given: part.fed, media_ms: part.fed_ms, waiting, busy };
            let loss = match part.watch.look(look, Instant::now(), &limits) {
                None if size > part.size => {
                    (part.size, part.grown_ms) = (size, Some(self.files.last().map_or(0, |file| file.ends)));
                    return Ok(self.closed + size);
                }
                None => return Ok(self.closed + size),
                Some(WriterFault::Silent) => WriterLoss::Silent(limits.first_bytes.as_secs()),
                Some(WriterFault::Stuck) => WriterLoss::Stuck,
            };
            tracing::warn!(?look, "the writer of a recording does nothing");
            let again = self.replace(loss).await?;
            self.write_all(again, stop).await?;
        }
        Ok(self.closed + size)
    }

    /// Closes the file at work, if any.
    pub(super) async fn close(&mut self) -> Result<(), RecordingFailure> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let path = part.output.path().to_owned();
        let gone = part.output.size().await.is_none();
        match self.end(part, false).await {
            _ if gone => Err(RecordingFailure::FileGone { file: shown(&path) }),
            EngineEnd::Own(Err(error)) => Err(RecordingFailure::from_folder(&self.settings.dir, &error)),
            EngineEnd::Ffmpeg(ended) if !ended.by_itself => Err(self.stuck()),
            EngineEnd::Ffmpeg(ended) if !ended.status.is_some_and(|status| status.success()) => {
                Err(RecordingFailure::from_death(&self.settings.dir, &ended.stderr, ended.last_words()))
            }
            EngineEnd::Own(Ok(())) | EngineEnd::Ffmpeg(_) => Ok(()),
        }
    }

    /// Closes a file in the middle of a recording: only what would meet the next one too ends that.
    pub(super) async fn close_part(&mut self) -> Result<(), RecordingFailure> {
        match self.close().await {
            Err(failure) if failure.is_final() => Err(failure),
            Err(failure) => {
                self.set_note(Text::from(failure.to_string()));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Whether a file is being written.
    pub(super) fn is_open(&self) -> bool {
        self.part.is_some()
    }

    /// Path of the recording without its ending, once a file was begun.
    pub(super) fn stem(&self) -> Option<PathBuf> {
        self.file().map(|_| self.settings.dir.join(&self.stem))
    }

    /// The file that is being written, or was last.
    pub(super) fn file(&self) -> Option<&Path> {
        self.files.last().map(|file| file.path.as_path())
    }

    /// The files that hold something, in order.
    pub(super) fn files(&self) -> &[PartFile] {
        &self.files
    }

    /// Takes the sizes of the closed files anew, after something was put into them.
    pub(super) async fn measure(&mut self) {
        for file in &mut self.files {
            if let Ok(metadata) = tokio::fs::metadata(&file.path).await {
                file.bytes = metadata.len();
            }
        }
        self.closed = self.files.iter().map(|file| file.bytes).sum();
    }

    /// Bytes of the files that are closed.
    pub(super) fn bytes(&self) -> u64 {
        self.closed
    }

    /// What happened that a person should know; empty when nothing did, or when it is mended and was told for a while.
    pub(super) fn note(&self) -> Text {
        let by_us = self.part.as_ref().is_some_and(|part| part.engine.ffmpeg().is_none());
        if by_us || self.noted.elapsed() < NOTE_FOR { self.note.clone() } else { Text::default() }
    }

    fn set_note(&mut self, note: Text) {
        (self.note, self.noted) = (note, Instant::now());
    }

    async fn begin(&mut self, piece: &TimelinePiece) -> Result<(), RecordingFailure> {
        let head = &piece.head;
        let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX).saturating_add(1);
        let by_ffmpeg = !self.without_ffmpeg && !head.mixed && self.can_read(head).await;
        let dir = &self.settings.dir.clone();
        let ending = |by_ffmpeg| engine::ending(by_ffmpeg, head.container);
        let mut output = Output::make(dir, &self.stem, number, ending(by_ffmpeg)).await?;
        let mut engine = None;
        if by_ffmpeg {
            let arguments = plan::arguments(&self.job, self.start, head.container, output.path());
            match Ffmpeg::start(&self.settings.ffmpeg, &arguments) {
                Ok(ffmpeg) => engine = Some(Engine::Ffmpeg(ffmpeg)),
                Err(failure) => {
                    output.discard_empty().await;
                    self.without_ffmpeg = true;
                    self.set_note(without_ffmpeg(&failure, head.container));
                    output = Output::make(dir, &self.stem, number, ending(false)).await?;
                }
            }
        }
        let mut engine = if let Some(engine) = engine {
            engine
        } else {
            let opened = Engine::own(output.path(), head).await;
            opened.map_err(|error| RecordingFailure::from_folder(dir, &error))?
        };
        let (first, mut fed) = (piece.begins_part, 0);
        if !first && !head.bytes.is_empty() {
            // A writer that ends at once is noticed with the piece that follows.
            let _ = engine.write(&head.bytes, self.settings.limits.write).await;
            fed = head.bytes.len() as u64;
        }
        // The parts that follow take the free name that the first one found.
        if let (1, Some(stem), Some(dir)) = (number, output.path().file_stem(), output.path().parent()) {
            self.stem = stem.to_string_lossy().into_owned();
            dir.clone_into(&mut self.settings.dir);
        }
        let starts = if first { head.starts } else { self.files.last().map_or(head.starts, |file| file.ends) };
        let path = output.path().to_owned();
        self.files.push(PartFile { path, starts, ends: starts, bytes: 0, head: std::sync::Arc::clone(head) });
        let moves = !first && head.container == PartContainer::Flv;
        let base = if moves { first_time(&piece.bytes).unwrap_or(0) } else { 0 };
        let (watch, replay) = (WriterWatch::new(Instant::now()), Replay::default());
        let (number, fed_ms, size, grown_ms) = (piece.part, 0, 0, None);
        let is_cut = false;
        self.part = Some(Part { number, output, engine, replay, base, fed, fed_ms, size, grown_ms, watch, is_cut });
        Ok(())
    }

    /// Whether the ffmpeg there is reads such a part. Only asked of codecs that not every one knows.
    async fn can_read(&mut self, head: &PartHead) -> bool {
        let codec = head.video.map(|video| video.codec);
        if head.container != PartContainer::Flv || !matches!(codec, Some(VideoCodec::H265 | VideoCodec::Av1)) {
            return true;
        }
        if !self.version_asked {
            self.version = probe::number(&self.settings.ffmpeg).await;
            self.version_asked = true;
        }
        match self.version {
            Some(version) if version < READS_HVC1 => {
                self.set_note(Text::from(format_args!(
                    "ffmpeg {version} cannot read {} in FLV (6.1 and newer can); recording .flv without it",
                    codec.map(|codec| codec.to_string()).unwrap_or_default()
                )));
                false
            }
            _ => true,
        }
    }

    /// Ends a writer and takes its file into account.
    async fn end(&mut self, part: Part, at_once: bool) -> EngineEnd {
        let Part { output, engine, .. } = part;
        let ended = if at_once { engine.kill().await } else { engine.finish(&self.settings.limits).await };
        if output.discard_empty().await {
            let bytes = output.size().await.unwrap_or_default();
            self.closed += bytes;
            if let Some(file) = self.files.last_mut() {
                file.bytes = bytes;
            }
        } else {
            self.files.pop();
        }
        ended
    }

    fn stuck(&self) -> RecordingFailure {
        RecordingFailure::FfmpegStuck { dir: shown(&self.settings.dir) }
    }
}

/// What a person is told when ffmpeg is not tried any more.
fn without_ffmpeg(failure: &RecordingFailure, container: PartContainer) -> Text {
    Text::from(format_args!("{failure}; recording .{} without it", engine::ending(false, container)))
}

/// How a writer was lost.
#[derive(Debug)]
enum WriterLoss {
    /// It ended, or its file could not be written.
    Died(std::io::Error),
    /// It takes nothing, or its file does not grow.
    Stuck,
    /// It takes everything and has written nothing, for so many seconds.
    Silent(u64),
}

/// The tags of a piece, without the head of its part.
fn without_head(piece: &TimelinePiece) -> &[u8] {
    let head = if piece.begins_part { piece.head.bytes.len().max(FILE_HEADER) } else { 0 };
    piece.bytes.get(head..).unwrap_or_default()
}
