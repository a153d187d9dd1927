//! Output files of one recording: a part after the other, each with a writer of its own.
//!
//! An ffmpeg that dies, hangs or writes nothing costs a file and no picture: what it had not written goes into the next one,
//! which begins where the other ends. After three of those within a minute we write FLV ourselves; so we do with the end of a
//! recording whose ffmpeg does not end in time.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::codec::VideoCodec;
use super::engine::{self, Engine, EngineEnd};
use super::failure::{RecordingFailure, shown};
use super::flv::{FILE_HEADER, earlier, earliest_time};
use super::output::Output;
use super::probe::{self, FfmpegVersion};
use super::process::{self, Ffmpeg};
use super::replay::Replay;
use super::splice::{Rest, mend, splice};
use super::timeline::{PartContainer, PartHead, TimelinePiece};
use super::watch::{WriterFault, WriterLook, WriterWatch};
use super::{RecorderSettings, RecordingJob, plan};
use crate::clock::Timestamp;
use crate::text::Text;

/// After a stop, an ffmpeg has so long to take what there is, and so long to close its file; what it has not written then is
/// written without it. Both are counted from the stop.
const STOP_WRITE: Duration = Duration::from_millis(350);
const STOP_CLOSE: Duration = Duration::from_millis(600);
/// For closing it has so long however late it took the last of it.
const STOP_CLOSE_LEAST: Duration = Duration::from_millis(250);
/// One that has written and only waits for the processor or the disk has as long as this: its file is the better one.
const STOP_BUSY: Duration = Duration::from_secs(3);
const LATE: &str = "ffmpeg did not close its file in time";
/// Two files that are this close by the recorded time, in milliseconds, follow each other.
const ADJACENT_MS: u64 = 100;
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
    /// A file has that name: what lies beside it is ours.
    is_named: bool,
    part: Option<Part>,
    /// The files begun, in order.
    files: Vec<PartFile>,
    /// Bytes of the parts that are closed.
    closed: u64,
    strikes: VecDeque<Instant>,
    /// ffmpeg is not to be tried any more.
    without_ffmpeg: bool,
    /// When it was first known that nothing more is wanted.
    stopped: Option<Instant>,
    /// Recorded time at which the next file begins, where the last one goes on beyond it.
    repeats_from: Option<u64>,
    /// Why the end of a file was written without ffmpeg.
    ended_without: Option<&'static str>,
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
            is_named: false,
            part: None,
            files: Vec::new(),
            closed: 0,
            strikes: VecDeque::new(),
            without_ffmpeg: false,
            stopped: None,
            repeats_from: None,
            ended_without: None,
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
                Err(loss) => pieces = self.replace(loss, pieces).await?,
            }
        }
        Ok(())
    }

    /// Feeds one piece to the writer at work; says why that is lost where it is.
    async fn feed(&mut self, piece: &TimelinePiece, stop: &CancellationToken) -> Result<(), WriterLoss> {
        let Some(part) = &mut self.part else { return Ok(()) };
        let (stopped, has_written, pid) =
            (&mut self.stopped, part.size > 0, part.engine.ffmpeg().and_then(Ffmpeg::pid));
        let hurry = async {
            stop.cancelled().await;
            let at = *stopped.get_or_insert_with(Instant::now);
            sleep_until(at + STOP_WRITE).await;
            if has_written && process::is_busy(pid) {
                sleep_until(at + STOP_BUSY).await;
            }
            if pid.is_none() {
                // There is nobody to write it instead of us.
                std::future::pending::<()>().await;
            }
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
            () = hurry => return Err(WriterLoss::Late),
        }
        let missing: u64 = piece.holes.iter().map(|hole| hole.length).sum();
        let before = self.files.last().map_or(piece.millis, |file| file.ends);
        if part.engine.ffmpeg().is_some() {
            part.replay.push(piece, before, part.grown_ms);
        }
        part.fed_ms += piece.millis.saturating_sub(before + missing);
        if let Some(file) = self.files.last_mut() {
            file.ends = piece.millis;
        }
        Ok(())
    }

    /// Puts a lost writer away; gives what the next one is to be fed: what is not in the file, and `pending` behind that.
    async fn replace(
        &mut self,
        loss: WriterLoss,
        pending: VecDeque<TimelinePiece>,
    ) -> Result<VecDeque<TimelinePiece>, RecordingFailure> {
        let Some(mut part) = self.part.take() else { return Ok(pending) };
        let begins = part.replay.begins();
        let mut again = part.replay.drain();
        again.extend(pending);
        let container = self.files.last().map(|file| file.head.container).unwrap_or_default();
        let wrote = part.output.size().await;
        let (path, base) = (part.output.path().to_owned(), part.base);
        let (late, died) = (matches!(loss, WriterLoss::Late), matches!(loss, WriterLoss::Died(_)));
        let end = self.end(part, true).await;
        let by_signal =
            matches!(&end, EngineEnd::Ffmpeg(ended) if ended.status.is_some_and(|status| status.code().is_none()));
        // One that outlived a kill may still write.
        let is_gone = matches!(&end, EngineEnd::Ffmpeg(ended) if ended.status.is_some());
        let failure = match (end, loss) {
            _ if wrote.is_none() => RecordingFailure::FileGone { file: shown(&path) },
            (EngineEnd::Own(_), WriterLoss::Died(error)) => RecordingFailure::from_folder(&self.settings.dir, &error),
            (EngineEnd::Ffmpeg(ended), WriterLoss::Silent(seconds)) => {
                RecordingFailure::FfmpegSilent { seconds, words: ended.last_words() }
            }
            (EngineEnd::Ffmpeg(ended), WriterLoss::Died(_)) => {
                RecordingFailure::from_death(&self.settings.dir, &ended.stderr, ended.last_words())
            }
            (_, WriterLoss::Stuck | WriterLoss::Silent(_) | WriterLoss::Late) => self.stuck(),
        };
        if failure.is_final() {
            if is_gone && wrote.is_some_and(|bytes| bytes > 0) {
                // It also makes room for the description.
                let _ = spawn_blocking(move || mend(&path)).await;
                self.measure().await;
            }
            return Err(failure);
        }
        tracing::warn!(%failure, "the writer of a recording was lost");
        if is_gone && wrote.is_some_and(|bytes| bytes > 0) {
            again = self.splice(&path, again, base, begins).await;
        }
        if late && self.stopped.is_some() {
            // What is left is a matter of milliseconds for us.
            (self.without_ffmpeg, self.ended_without) = (true, Some(LATE));
            return Ok(again);
        }
        let now = Instant::now();
        // One that never wrote anything will not do so the next time either, unless somebody ended it.
        self.strikes.extend(std::iter::repeat_n(now, if wrote == Some(0) && !(died && by_signal) { 2 } else { 1 }));
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

    /// Cuts a file that a lost ffmpeg left where the next one can begin; gives what the next one is to be fed. `begins` is the
    /// recorded time at which `pieces` begin.
    async fn splice(
        &mut self,
        path: &Path,
        pieces: VecDeque<TimelinePiece>,
        base: u32,
        begins: Option<u64>,
    ) -> VecDeque<TimelinePiece> {
        let (file, all) = (path.to_owned(), pieces.clone());
        // Reading and writing files is not for the threads of the network.
        let spliced = spawn_blocking(move || splice(&file, pieces, base)).await;
        let Ok(Rest { pieces, ends, is_empty }) = spliced else { return all };
        if is_empty {
            // Its beginning was written and nothing else.
            if tokio::fs::remove_file(path).await.is_ok() {
                self.files.pop();
            }
        } else if let (Some(ends), Some(file)) = (ends, self.files.last_mut()) {
            file.ends = ends;
        } else {
            self.repeats_from = begins;
        }
        self.measure().await;
        pieces
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
        let died = WriterLoss::Died(std::io::ErrorKind::BrokenPipe.into());
        let again = self.replace(died, VecDeque::new()).await?;
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
            let again = self.replace(loss, VecDeque::new()).await?;
            self.write_all(again, stop).await?;
            return Ok(self.closed);
        }
        Ok(self.closed + size)
    }

    /// Nothing more is wanted from now on, if that is new.
    pub(super) fn stop(&mut self) {
        self.stopped.get_or_insert_with(Instant::now);
    }

    /// Closes the file at work, if any. What an ffmpeg that does not end in time, or fails at its end, has not written is written
    /// without it.
    pub(super) async fn close(&mut self) -> Result<(), RecordingFailure> {
        let Some(part) = &mut self.part else { return Ok(()) };
        if part.output.size().await.is_none() {
            let file = shown(part.output.path());
            if let Some(part) = self.part.take() {
                self.end(part, true).await;
            }
            return Err(RecordingFailure::FileGone { file });
        }
        let close = self.settings.limits.close;
        let patience = match self.stopped {
            Some(at) => (at + STOP_CLOSE).saturating_duration_since(Instant::now()).max(STOP_CLOSE_LEAST),
            None => close,
        };
        let mut ended = part.engine.end_input(patience).await;
        let has_written = part.output.size().await.is_some_and(|bytes| bytes > 0);
        if ended.is_none() && self.stopped.is_some() && has_written && part.engine.ffmpeg().is_some_and(Ffmpeg::is_busy)
        {
            ended = part.engine.end_input(close).await;
        }
        let (loss, why) = match ended {
            Some(true) => {
                let Some(part) = self.part.take() else { return Ok(()) };
                return match self.end(part, false).await {
                    EngineEnd::Own(Err(error)) => Err(RecordingFailure::from_folder(&self.settings.dir, &error)),
                    EngineEnd::Own(Ok(())) | EngineEnd::Ffmpeg(_) => Ok(()),
                };
            }
            Some(false) => (WriterLoss::Died(std::io::ErrorKind::BrokenPipe.into()), "ffmpeg broke off at its end"),
            None => (WriterLoss::Late, LATE),
        };
        let tries_ffmpeg = !self.without_ffmpeg;
        let rest = self.replace(loss, VecDeque::new()).await?;
        self.without_ffmpeg = true;
        if !rest.is_empty() {
            self.ended_without = Some(why);
        }
        Box::pin(self.write_all(rest, &CancellationToken::new())).await?;
        let closed = match self.part.take() {
            Some(part) => self.end(part, false).await,
            None => EngineEnd::Own(Ok(())),
        };
        self.without_ffmpeg = !tries_ffmpeg || self.strikes.len() >= MAX_LOSSES;
        match closed {
            EngineEnd::Own(Err(error)) => Err(RecordingFailure::from_folder(&self.settings.dir, &error)),
            EngineEnd::Own(Ok(())) | EngineEnd::Ffmpeg(_) => Ok(()),
        }
    }

    /// Why the end of a file was written without ffmpeg, where it was.
    pub(super) fn ended_without(&self) -> Option<&'static str> {
        self.ended_without
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
        let is_new = !self.is_named;
        let mut output = Output::make(dir, &self.stem, number, ending(by_ffmpeg), is_new).await?;
        let mut engine = None;
        if by_ffmpeg {
            let arguments = plan::arguments(&self.job, self.start, head.container, output.path());
            match Ffmpeg::start(&self.settings.ffmpeg, &arguments) {
                Ok(ffmpeg) => engine = Some(Engine::Ffmpeg(ffmpeg)),
                Err(failure) => {
                    output.discard_empty().await;
                    self.without_ffmpeg = true;
                    self.set_note(without_ffmpeg(&failure, head.container));
                    output = Output::make(dir, &self.stem, number, ending(false), is_new).await?;
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
        if let (true, Some(stem), Some(dir)) = (is_new, output.path().file_stem(), output.path().parent()) {
            self.is_named = true;
            self.stem = stem.to_string_lossy().into_owned();
            dir.clone_into(&mut self.settings.dir);
        }
        let path = output.path().to_owned();
        let moves = !first && head.container == PartContainer::Flv;
        let base = if moves { earliest_time(&piece.bytes).unwrap_or(0) } else { 0 };
        let repeats_from = self.repeats_from.take();
        let last = self.files.last().map_or(head.starts, |file| file.ends);
        let starts = match head.starts + u64::from(base) {
            starts if first => starts,
            starts if moves && starts.abs_diff(last) > ADJACENT_MS => starts,
            _ => repeats_from.filter(|_| !moves).unwrap_or(last),
        };
        self.files.push(PartFile { path, starts, ends: starts, bytes: 0, head: std::sync::Arc::clone(head) });
        let (watch, replay) = (WriterWatch::new(Instant::now()), Replay::default());
        let (number, fed_ms, size, grown_ms) = (piece.part, 0, 0, None);
        self.part = Some(Part { number, output, engine, replay, base, fed, fed_ms, size, grown_ms, watch });
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
    /// It has not taken, or not closed, in time what there was when nothing more was wanted.
    Late,
}

/// The tags of a piece, without the head of its part.
fn without_head(piece: &TimelinePiece) -> &[u8] {
    let head = if piece.begins_part { piece.head.bytes.len().max(FILE_HEADER) } else { 0 };
    piece.bytes.get(head..).unwrap_or_default()
}
