//! Folder of all captures: a folder in it for each run, a file for each room in it, cut into parts.
//!
//! Invariant: only files of our own making are ever removed, by their place and name; links are not followed.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::private_fs;
use super::run_lock::RunLock;
use crate::clock::Timestamp;

/// The end of a capture's name.
const EXTENSION: &str = "jsonl";

/// The folder of all captures.
#[derive(Clone, Debug)]
pub struct CapturesDir {
    folder: PathBuf,
}

/// What was removed, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Purged {
    /// Files.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Files that stay, because they are being written right now.
    pub in_use: u64,
}

/// A capture file in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptCapture {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// When it was last written to.
    written: Timestamp,
}

impl CapturesDir {
    /// The captures in this folder, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// A new folder for a run that began at `now`.
    pub(super) fn new_run(&self, now: Timestamp) -> io::Result<PathBuf> {
        private_fs::make_folder(&self.folder)?;
        let name = now.to_jiff().strftime("%Y-%m-%d_%H-%M-%S").to_string();
        let mut folder = self.folder.join(&name);
        let mut nth = 1;
        while folder.exists() {
            nth += 1;
            folder = self.folder.join(format!("{name}-{nth}"));
        }
        private_fs::make_folder(&folder)?;
        Ok(folder)
    }

    /// Everything kept, oldest first.
    pub(super) fn kept(&self) -> Vec<KeptCapture> {
        let files = entries(&self.folder).into_iter().filter(|(_, meta)| meta.is_dir());
        let files = files.flat_map(|(run, _)| entries(&run));
        let mut kept: Vec<_> = files
            .filter(|(path, meta)| meta.is_file() && path.extension().is_some_and(|end| end == EXTENSION))
            .map(|(path, meta)| KeptCapture { path, bytes: meta.len(), written: written(&meta) })
            .collect();
        kept.sort_by(|a, b| (a.written, &a.path).cmp(&(b.written, &b.path)));
        kept
    }

    /// Removes what is older than `age`.
    pub(super) fn remove_older(&self, age: Duration, now: Timestamp) {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        for kept in self.kept() {
            if now.0.saturating_sub(kept.written.0) > age {
                self.remove(&kept.path);
            }
        }
    }

    /// Removes one file, and its folder when it was the last in it. Whether it is gone.
    pub(super) fn remove(&self, path: &Path) -> bool {
        if let Err(error) = fs::remove_file(path) {
            tracing::warn!("a capture cannot be removed: {error}");
            return false;
        }
        // Fails as long as there is another file, which is right.
        path.parent().filter(|run| *run != self.folder).map(fs::remove_dir);
        true
    }

    /// Removes all captures but those that are being written right now.
    pub fn purge(&self) -> Purged {
        let purged = self.sum_idle(|kept| self.remove(&kept.path));
        for (run, _) in entries(&self.folder) {
            if let Some(run) = run.extension().is_some_and(|end| end == "lock").then(|| run.with_extension("")) {
                RunLock::remove_stale(&run);
            }
        }
        purged
    }

    /// What [`purge`](Self::purge) would remove.
    pub fn purgeable(&self) -> Purged {
        self.sum_idle(|_| true)
    }

    /// Sums up the captures that are not being written and that `counts`.
    fn sum_idle(&self, counts: impl Fn(&KeptCapture) -> bool) -> Purged {
        let mut sum = Purged::default();
        for kept in self.kept() {
            if kept.path.parent().is_some_and(RunLock::is_held) {
                sum.in_use += 1;
            } else if counts(&kept) {
                (sum.files, sum.bytes) = (sum.files + 1, sum.bytes + kept.bytes);
            }
        }
        sum
    }
}

/// What is in a folder; nothing where there is none. Links are not followed.
fn entries(folder: &Path) -> Vec<(PathBuf, Metadata)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))).collect()
}

fn written(meta: &Metadata) -> Timestamp {
    let since = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn only_captures_are_removed_and_empty_folders_with_them() {
        let dir = tempfile::tempdir().unwrap();
        let captures = CapturesDir::new(dir.path().join("captures"));
        let run = captures.new_run(Timestamp(1_700_000_000_000)).unwrap();
        assert!(run.ends_with("2023-11-14_22-13-20"));
        let again = captures.new_run(Timestamp(1_700_000_000_000)).unwrap();
        assert!(again.ends_with("2023-11-14_22-13-20-2"));
        fs::write(run.join("ana.0001.jsonl"), "12345").unwrap();
        fs::write(again.join("ana.0001.jsonl"), "123").unwrap();
        fs::write(again.join("notes.txt"), "mine").unwrap();
        fs::write(dir.path().join("captures/other.jsonl"), "mine too").unwrap();
        assert_eq!(captures.purgeable(), Purged { files: 2, bytes: 8, in_use: 0 });
        assert_eq!(captures.purge(), Purged { files: 2, bytes: 8, in_use: 0 });
        assert!(!run.exists() && again.join("notes.txt").exists() && dir.path().join("captures/other.jsonl").exists());
        assert_eq!(captures.purge(), Purged::default());
    }

    #[test]
    fn what_is_being_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let captures = CapturesDir::new(dir.path());
        let [running, done] = [0, 1_000].map(|at| captures.new_run(Timestamp(1_700_000_000_000 + at)).unwrap());
        let lock = RunLock::hold(&running).unwrap();
        for run in [&running, &done] {
            fs::write(run.join("ana.0001.jsonl"), "12345").unwrap();
        }
        assert_eq!(captures.purge(), Purged { files: 1, bytes: 5, in_use: 1 });
        assert!(running.join("ana.0001.jsonl").exists() && !done.exists());
        drop(lock);
        assert_eq!(captures.purge(), Purged { files: 1, bytes: 5, in_use: 0 });
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("ana.0001.jsonl"), "12345").unwrap();
        let captures = CapturesDir::new(dir.path().join("captures"));
        fs::create_dir(dir.path().join("captures")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, dir.path().join("captures/run")).unwrap();
        assert_eq!(captures.purge(), Purged::default());
    }

    #[test]
    fn what_is_too_old_goes() {
        let dir = tempfile::tempdir().unwrap();
        let captures = CapturesDir::new(dir.path());
        let run = captures.new_run(Timestamp(1_700_000_000_000)).unwrap();
        fs::write(run.join("ana.0001.jsonl"), "12345").unwrap();
        let written = captures.kept()[0].written;
        captures.remove_older(DAY, Timestamp(written.0 + 86_400_000));
        assert_eq!(captures.kept().len(), 1);
        captures.remove_older(DAY, Timestamp(written.0 + 86_400_001));
        assert!(captures.kept().is_empty());
    }
}
