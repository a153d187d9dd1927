//! Output file of a part, and the disk it is on.
//!
//! We make the file, so that nothing that exists is ever overwritten; ffmpeg then writes it.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;

use super::failure::{RecordingFailure, shown};
use super::plan;

/// Tries for a free name before something else must be wrong.
const MAX_TRIES: u32 = 1_000;

/// Endings of files that belong to a recording.
const EXTENSIONS: [&str; 7] = ["mkv", "flv", "ts", "mp4", "json", "chat.jsonl", "srt"];

/// A file made for a part.
#[derive(Clone, Debug)]
pub(super) struct Output {
    path: PathBuf,
    id: FileId,
}

impl Output {
    /// Makes a file for a part of `stem` in `dir`, under the first free name; the first one of a recording where no other recording
    /// has that name.
    pub(super) async fn make(
        dir: &Path,
        stem: &str,
        part: u32,
        ending: &str,
        is_first: bool,
    ) -> Result<Self, RecordingFailure> {
        let refused = |error: io::Error| RecordingFailure::from_folder(dir, &error);
        if let Some(folder) = dir.join(stem).parent() {
            fs::create_dir_all(folder).await.map_err(refused)?;
        }
        for attempt in 1..=MAX_TRIES {
            let path = dir.join(plan::file_name(stem, part, attempt, ending));
            let others = EXTENSIONS.iter().map(|other| dir.join(plan::file_name(stem, part, attempt, other)));
            // Every file of a recording has the name of its first part.
            if is_first && others.into_iter().any(|other| other.symlink_metadata().is_ok()) {
                continue;
            }
            match fs::OpenOptions::new().write(true).create_new(true).open(&path).await {
                Ok(file) => {
                    let id = FileId::of(&file.metadata().await.map_err(refused)?);
                    return Ok(Self { path, id });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Err(refused(io::ErrorKind::AlreadyExists.into()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its size in bytes, as long as it is still there under its name.
    pub(super) async fn size(&self) -> Option<u64> {
        let metadata = fs::metadata(&self.path).await.ok()?;
        (FileId::of(&metadata) == self.id).then_some(metadata.len())
    }

    /// Removes the file again if nothing was written to it; says whether it is still there.
    pub(super) async fn discard_empty(&self) -> bool {
        match self.size().await {
            Some(0) => fs::remove_file(&self.path).await.is_err(),
            Some(_) => true,
            None => false,
        }
    }
}

/// What stays the same when a file's name goes to another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }

    /// Without inodes a moved file is noticed by its missing name only.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(0, 0)
    }
}

/// Makes the folder and sees that there is room on its disk.
pub(super) async fn prepare(dir: &Path, min_free: u64) -> Result<Option<u64>, RecordingFailure> {
    fs::create_dir_all(dir).await.map_err(|error| RecordingFailure::from_folder(dir, &error))?;
    check_space(dir, min_free).await
}

/// Sees that there is room on the disk of a folder, and gives the bytes that are left. A disk that does not say is taken to
/// have some.
pub(super) async fn check_space(dir: &Path, min_free: u64) -> Result<Option<u64>, RecordingFailure> {
    match free_space(dir).await {
        Some(free) if free < min_free => Err(RecordingFailure::LowSpace { free: free / 1_000_000, dir: shown(dir) }),
        free => Ok(free),
    }
}

/// Bytes a user may still write on the disk of `dir`.
#[cfg(unix)]
async fn free_space(dir: &Path) -> Option<u64> {
    let dir = dir.to_owned();
    let asked = tokio::task::spawn_blocking(move || nix::sys::statvfs::statvfs(&dir)).await;
    let disk = asked.ok()?.ok()?;
    #[allow(clippy::unnecessary_cast, reason = "u32 on macOS, u64 on Linux")]
    let (blocks, size) = (disk.blocks_available() as u64, disk.fragment_size() as u64);
    Some(blocks.saturating_mul(size))
}

#[cfg(not(unix))]
async fn free_space(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_free_name_is_found_and_nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("s.mkv"), "precious").unwrap();
        let output = Output::make(dir.path(), "s", 1, "mkv", true).await.unwrap();
        assert_eq!(output.path(), dir.path().join("s-2.mkv"));
        assert_eq!(std::fs::read(dir.path().join("s.mkv")).unwrap(), b"precious");
        assert!(!output.discard_empty().await, "an empty file is taken back");
        assert!(!output.path().exists());
    }

    #[tokio::test]
    async fn a_file_that_was_replaced_is_not_ours_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let output = Output::make(dir.path(), "s", 1, "mkv", true).await.unwrap();
        assert_eq!(output.size().await, Some(0));
        let other = dir.path().join("other");
        std::fs::write(&other, "x").unwrap();
        std::fs::rename(&other, output.path()).unwrap();
        assert_eq!(output.size().await, None);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let failure = prepare(&file.join("videos"), 0).await.unwrap_err();
        assert!(matches!(failure, RecordingFailure::Folder { .. }), "{failure}");
        assert!(failure.to_string().contains("record.dir"), "{failure}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_nearly_full_disk_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let failure = prepare(dir.path(), u64::MAX).await.unwrap_err();
        assert!(matches!(failure, RecordingFailure::LowSpace { .. }), "{failure}");
    }
}
