//! Engine that writes the file of a part: ffmpeg, or we ourselves.

use std::io;

use super::RecorderLimits;
use super::flv_file::FlvFile;
use super::process::{Ffmpeg, ProcessEnd};

/// A writer at work.
#[derive(Debug)]
pub(super) enum Engine {
    Ffmpeg(Ffmpeg),
    Flv(FlvFile),
}

/// How a writer ended.
#[derive(Debug)]
pub(super) enum EngineEnd {
    Ffmpeg(ProcessEnd),
    Flv(io::Result<()>),
}

impl Engine {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.write(bytes).await,
            Self::Flv(file) => file.write(bytes).await,
        }
    }

    /// Waits until an ffmpeg ends by itself; for ever where there is none. May be dropped and asked again.
    pub(super) async fn exited(&mut self) {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.exited().await,
            Self::Flv(_) => std::future::pending().await,
        }
    }

    pub(super) fn is_ffmpeg(&self) -> bool {
        matches!(self, Self::Ffmpeg(_))
    }

    /// Closes the file.
    pub(super) async fn finish(self, limits: &RecorderLimits) -> EngineEnd {
        match self {
            Self::Ffmpeg(ffmpeg) => EngineEnd::Ffmpeg(ffmpeg.finish(limits).await),
            Self::Flv(file) => EngineEnd::Flv(file.finish().await),
        }
    }

    /// Ends it without waiting for what it does not do; what it has written stays.
    pub(super) async fn kill(self) -> EngineEnd {
        match self {
            Self::Ffmpeg(ffmpeg) => EngineEnd::Ffmpeg(ffmpeg.kill().await),
            Self::Flv(file) => EngineEnd::Flv(file.finish().await),
        }
    }
}

/// The ending of the files that an engine writes.
pub(super) fn ending(ffmpeg: bool) -> &'static str {
    if ffmpeg { "mkv" } else { "flv" }
}
