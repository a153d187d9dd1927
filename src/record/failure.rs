//! Reasons why a recording could not start or broke: one sentence each, with what to do.

use std::io;
use std::path::Path;

use super::hls::PlaylistError;
use crate::text::Text;

/// Why a recording could not start, or broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordingFailure {
    /// No such program.
    #[error("{program} was not found: install ffmpeg, or set record.ffmpeg to where it is")]
    FfmpegMissing { program: Text },
    /// There is such a file, but it does not run.
    #[error("{program} cannot be run ({why}): set record.ffmpeg to a working ffmpeg")]
    FfmpegUnusable { program: Text, why: Text },
    /// ffmpeg ended before it was told to.
    #[error("ffmpeg stopped by itself: {words}")]
    FfmpegDied { words: Text },
    /// ffmpeg neither read nor ended when its input did.
    #[error("ffmpeg hung and was ended: is the disk of {dir} slow or full?")]
    FfmpegStuck { dir: Text },
    /// ffmpeg takes what it is fed and writes nothing.
    #[error("ffmpeg wrote nothing for {seconds} s of input ({words})")]
    FfmpegSilent { seconds: u64, words: Text },
    /// The folder cannot be made or written.
    #[error("cannot write recordings to {dir} ({why}): set record.dir to a folder you can write")]
    Folder { dir: Text, why: Text },
    /// Nearly no space left, so that we stopped or did not start.
    #[error("only {free} MB are free on the disk of {dir}: make room, or set record.dir to another disk")]
    LowSpace { free: u64, dir: Text },
    /// The disk filled up under ffmpeg.
    #[error("the disk of {dir} is full: make room, or set record.dir to another disk")]
    DiskFull { dir: Text },
    /// Somebody moved or removed the file that is being written.
    #[error("{file} was moved or deleted while it was being recorded: start the recording again")]
    FileGone { file: Text },
    /// The live is over, so there is nothing to record.
    #[error("the live has ended: there is nothing to record")]
    Ended,
    /// The service named no stream.
    #[error("TikTok names no video stream for this live: it may be just starting, so try again in a moment")]
    NoStream,
    /// Only HLS, of a kind that cannot be carried.
    #[error("this live comes as HLS only, and {why}: open it in a browser instead")]
    Playlist { why: PlaylistError },
    /// The address answered with something else than a stream.
    #[error("the stream's address sent no video (FLV or HLS) but something else: try again, or check your proxy")]
    NotFlv,
    /// The stream ended before anything could be recorded.
    #[error("the stream closed before it sent any video: the live may just have ended, so try again in a moment")]
    Empty,
    /// Asked to stop before there was anything to keep.
    #[error("stopped before the stream sent anything, so there is no file")]
    Nothing,
    /// The stream opened and stayed silent.
    #[error("the stream sent nothing for {seconds} s: the host may be paused, so try again in a moment")]
    Silent { seconds: u64 },
    /// A fault of ours.
    #[error("the recording broke off through a fault in tiktop: press r to record on, and please report it")]
    Bug,
    /// What the service said, a sentence already.
    #[error("{0}")]
    Source(Text),
}

impl RecordingFailure {
    /// ffmpeg could not be started.
    pub(super) fn from_spawn(program: &str, error: &io::Error) -> Self {
        let program = Text::from(program);
        match error.kind() {
            io::ErrorKind::NotFound => Self::FfmpegMissing { program },
            _ => Self::FfmpegUnusable { program, why: plain(error) },
        }
    }

    /// The folder or a file in it could not be made.
    pub(super) fn from_folder(dir: &Path, error: &io::Error) -> Self {
        let text = shown(dir);
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { dir: text },
            _ => Self::Folder { dir: text, why: plain(error) },
        }
    }

    /// Whether another file, or another writer, would meet the same.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::LowSpace { .. } | Self::Folder { .. } | Self::FileGone { .. })
    }

    /// ffmpeg ended; `words` are its last ones, `said` all that we kept.
    pub(super) fn from_death(dir: &Path, said: &str, words: Text) -> Self {
        if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
            Self::DiskFull { dir: shown(dir) }
        } else {
            Self::FfmpegDied { words }
        }
    }
}

/// A path for a sentence.
pub(super) fn shown(path: &Path) -> Text {
    Text::from(path.to_string_lossy().as_ref())
}

/// What the system said, without its number: "permission denied".
fn plain(error: &io::Error) -> Text {
    let said = error.to_string();
    let said = said.split(" (os error").next().unwrap_or_default().to_lowercase();
    Text::from(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(io::ErrorKind::NotFound, "was not found: install ffmpeg")]
    #[case(io::ErrorKind::PermissionDenied, "cannot be run (permission denied)")]
    fn a_spawn_error_says_what_to_do(#[case] kind: io::ErrorKind, #[case] part: &str) {
        let said = RecordingFailure::from_spawn("ffmpeg", &kind.into()).to_string();
        assert!(said.contains(part), "{said}");
    }

    #[test]
    fn a_full_disk_is_told_from_other_deaths() {
        let dir = Path::new("/videos");
        let full =
            RecordingFailure::from_death(dir, "av_interleaved_write_frame(): No space left on device", Text::default());
        assert_eq!(full, RecordingFailure::DiskFull { dir: "/videos".into() });
        let died = RecordingFailure::from_death(dir, "", Text::from("boom"));
        assert_eq!(died.to_string(), "ffmpeg stopped by itself: boom");
        let full = RecordingFailure::from_folder(dir, &io::ErrorKind::StorageFull.into());
        assert_eq!(full, RecordingFailure::DiskFull { dir: "/videos".into() });
    }

    #[test]
    fn what_the_system_says_loses_its_number() {
        let error = io::Error::from_raw_os_error(13);
        assert_eq!(plain(&error), "permission denied");
    }
}
