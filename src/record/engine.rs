//! Engine that writes the file of a part: ffmpeg, or we ourselves.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::RecorderLimits;
use super::flv_file::FlvFile;
use super::process::{Ffmpeg, ProcessEnd};
use super::timeline::{PartContainer, PartHead};

/// A writer at work.
#[derive(Debug)]
pub(super) enum Engine {
    Ffmpeg(Ffmpeg),
    Flv(FlvFile),
    /// Segments of HLS as they came: one behind the other they are a file.
    Segments(File),
}

/// How a writer ended.
#[derive(Debug)]
pub(super) enum EngineEnd {
    Ffmpeg(ProcessEnd),
    /// We ourselves wrote.
    Own(io::Result<()>),
}

impl Engine {
    /// Writes into a file that is there and empty, without ffmpeg.
    pub(super) async fn own(path: &Path, head: &PartHead) -> io::Result<Self> {
        Ok(match head.container {
            PartContainer::Flv => Self::Flv(FlvFile::open(path, head).await?),
            PartContainer::Transport | PartContainer::Fragments => {
                Self::Segments(OpenOptions::new().write(true).open(path).await?)
            }
        })
    }

    /// Writes `bytes`; fails with `TimedOut` where nothing is taken for as long as `patience`.
    pub(super) async fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        let written = match self {
            Self::Ffmpeg(ffmpeg) => return ffmpeg.feed(bytes, patience).await,
            Self::Flv(file) => timeout(patience, file.write(bytes)).await,
            Self::Segments(file) => {
                timeout(patience, async {
                    file.write_all(bytes).await?;
                    file.flush().await
                })
                .await
            }
        };
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Waits until an ffmpeg ends by itself; for ever where there is none. May be dropped and asked again.
    pub(super) async fn exited(&mut self) {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.exited().await,
            Self::Flv(_) | Self::Segments(_) => std::future::pending().await,
        }
    }

    pub(super) fn ffmpeg(&self) -> Option<&Ffmpeg> {
        match self {
            Self::Ffmpeg(ffmpeg) => Some(ffmpeg),
            Self::Flv(_) | Self::Segments(_) => None,
        }
    }

    /// Ends the input of an ffmpeg; says whether it ended well, where it ends in time. May be called again. We ourselves have
    /// written what we were given.
    pub(super) async fn end_input(&mut self, patience: Duration) -> Option<bool> {
        match self {
            Self::Ffmpeg(ffmpeg) => ffmpeg.end_input(patience).await.map(|status| status.success()),
            Self::Flv(_) | Self::Segments(_) => Some(true),
        }
    }

    /// Closes the file.
    pub(super) async fn finish(self, limits: &RecorderLimits) -> EngineEnd {
        match self {
            Self::Ffmpeg(ffmpeg) => EngineEnd::Ffmpeg(ffmpeg.finish(limits).await),
            own => own.close().await,
        }
    }

    /// Ends it without waiting for what it does not do; what it has written stays.
    pub(super) async fn kill(self) -> EngineEnd {
        match self {
            Self::Ffmpeg(ffmpeg) => EngineEnd::Ffmpeg(ffmpeg.kill().await),
            own => own.close().await,
        }
    }

    /// Closes what we ourselves write.
    async fn close(self) -> EngineEnd {
        EngineEnd::Own(match self {
            Self::Flv(file) => file.finish().await,
            Self::Segments(mut file) => file.flush().await,
            Self::Ffmpeg(_) => Ok(()),
        })
    }
}

/// The ending of the files that an engine writes.
pub(super) fn ending(ffmpeg: bool, container: PartContainer) -> &'static str {
    match container {
        _ if ffmpeg => "mkv",
        PartContainer::Flv => "flv",
        PartContainer::Transport => "ts",
        PartContainer::Fragments => "mp4",
    }
}
