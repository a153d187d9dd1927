//! The files of one recording: a part after the other, each with an ffmpeg of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::failure::{RecordingFailure, shown};
use super::output::Output;
use super::process::{Ended, Ffmpeg};
use super::timeline::TimelinePiece;
use super::{Job, RecorderSettings, plan};
use crate::clock::Timestamp;

/// What a write may still take after a stop, so that the last picture is whole.
const LAST_WRITE: Duration = Duration::from_millis(250);

/// Writes the pieces of a recording to its files.
#[derive(Debug)]
pub(super) struct OutputParts {
    job: Job,
    settings: RecorderSettings,
    start: Timestamp,
    stem: String,
    part: Option<Part>,
    /// The files begun, in order.
    files: Vec<PathBuf>,
    /// Bytes of the parts that are closed.
    closed: u64,
}

#[derive(Debug)]
struct Part {
    number: u32,
    output: Output,
    ffmpeg: Ffmpeg,
}

impl OutputParts {
    /// A recording that starts at `start`; no file is made before the first piece.
    pub(super) fn new(job: Job, settings: RecorderSettings, start: Timestamp) -> Self {
        let stem = plan::stem(&job, start, TimeZone::system());
        Self { job, settings, start, stem, part: None, files: Vec::new(), closed: 0 }
    }

    /// Writes a piece; one of a new part closes the file before and begins the next. Once `stop` is cancelled, an
    /// ffmpeg that takes nothing is not waited for.
    pub(super) async fn write(
        &mut self,
        piece: &TimelinePiece,
        stop: &CancellationToken,
    ) -> Result<(), RecordingFailure> {
        if self.part.as_ref().is_none_or(|part| part.number != piece.part) {
            self.close().await?;
            self.begin(piece.part).await?;
        }
        let Some(part) = &mut self.part else { return Ok(()) };
        let hurry = async {
            stop.cancelled().await;
            sleep(LAST_WRITE).await;
        };
        tokio::select! {
            biased;
            written = part.ffmpeg.write(&piece.bytes) => match written {
                Ok(()) => Ok(()),
                Err(_) => Err(self.failure_after_exit().await),
            },
            () = hurry => Ok(()),
            () = sleep(self.settings.limits.write) => Err(self.stuck()),
        }
    }

    /// Waits until the ffmpeg at work ends by itself; for ever when none is. May be dropped and asked again.
    pub(super) async fn exited(&mut self) {
        match &mut self.part {
            Some(part) => part.ffmpeg.exited().await,
            None => std::future::pending().await,
        }
    }

    /// Why ffmpeg ended though nobody asked it to.
    pub(super) async fn failure_after_exit(&mut self) -> RecordingFailure {
        match self.part.take() {
            Some(part) => {
                let ended = self.end(part).await;
                RecordingFailure::from_death(&self.settings.dir, &ended.stderr, ended.last_words())
            }
            None => RecordingFailure::Nothing,
        }
    }

    /// Bytes of all files so far.
    pub(super) async fn size(&self) -> Result<u64, RecordingFailure> {
        let Some(part) = &self.part else { return Ok(self.closed) };
        match part.output.size().await {
            Some(bytes) => Ok(self.closed + bytes),
            None => Err(RecordingFailure::FileGone { file: shown(part.output.path()) }),
        }
    }

    /// Closes the file at work, if any.
    pub(super) async fn close(&mut self) -> Result<(), RecordingFailure> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let path = part.output.path().to_owned();
        let gone = part.output.size().await.is_none();
        let ended = self.end(part).await;
        if gone {
            Err(RecordingFailure::FileGone { file: shown(&path) })
        } else if !ended.by_itself {
            Err(self.stuck())
        } else if ended.status.is_some_and(|status| status.success()) {
            Ok(())
        } else {
            Err(RecordingFailure::from_death(&self.settings.dir, &ended.stderr, ended.last_words()))
        }
    }

    /// Whether a file is being written.
    pub(super) fn is_open(&self) -> bool {
        self.part.is_some()
    }

    /// The file that is being written, or was last.
    pub(super) fn file(&self) -> Option<&Path> {
        self.files.last().map(PathBuf::as_path)
    }

    /// The files that hold something, in order, and their bytes together.
    pub(super) fn result(&self) -> (&[PathBuf], u64) {
        (&self.files, self.closed)
    }

    async fn begin(&mut self, number: u32) -> Result<(), RecordingFailure> {
        let output = Output::make(&self.settings.dir, &self.stem, number).await?;
        let arguments = plan::arguments(&self.job, self.start, output.path());
        let ffmpeg = match Ffmpeg::start(&self.settings.ffmpeg, &arguments) {
            Ok(ffmpeg) => ffmpeg,
            Err(failure) => {
                output.discard_empty().await;
                return Err(failure);
            }
        };
        // The parts that follow take the free name that the first one found.
        if let (1, Some(stem)) = (number, output.path().file_stem()) {
            self.stem = stem.to_string_lossy().into_owned();
        }
        self.files.push(output.path().to_owned());
        self.part = Some(Part { number, output, ffmpeg });
        Ok(())
    }

    /// Ends an ffmpeg and takes its file into account.
    async fn end(&mut self, part: Part) -> Ended {
        let ended = part.ffmpeg.finish(&self.settings.limits).await;
        if part.output.discard_empty().await {
            self.closed += part.output.size().await.unwrap_or_default();
        } else {
            self.files.pop();
        }
        ended
    }

    fn stuck(&self) -> RecordingFailure {
        RecordingFailure::FfmpegStuck { dir: shown(&self.settings.dir) }
    }
}
