//! Lock beside the folder of a run while it is being written, so that nobody removes what still grows.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::private_fs;

/// Held by whoever writes the captures of a run; the system lets it go with the process.
#[derive(Debug)]
pub(super) struct RunLock {
    path: PathBuf,
    _held: Held,
}

#[cfg(unix)]
type Held = Option<nix::fcntl::Flock<File>>;
#[cfg(not(unix))]
type Held = File;

impl RunLock {
    /// Locks the folder of a run.
    pub(super) fn hold(run: &Path) -> io::Result<Self> {
        let path = lock_path(run);
        let held = hold(private_fs::create_file(&path)?);
        Ok(Self { path, _held: held })
    }

    /// Whether the folder of a run is being written. What was left by a process that is gone does not count.
    pub(super) fn is_held(run: &Path) -> bool {
        File::open(lock_path(run)).is_ok_and(is_locked)
    }

    /// Removes the lock of a process that is gone.
    pub(super) fn remove_stale(run: &Path) {
        let path = lock_path(run);
        if path.exists() && !Self::is_held(run) {
            drop(fs::remove_file(path));
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

fn lock_path(run: &Path) -> PathBuf {
    run.with_extension("lock")
}

/// Without a lock nothing is protected, which is no reason not to capture.
#[cfg(unix)]
fn hold(file: File) -> Held {
    nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).ok()
}

#[cfg(not(unix))]
fn hold(file: File) -> Held {
    file
}

#[cfg(unix)]
fn is_locked(file: File) -> bool {
    nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).is_err()
}

/// Where files have no such lock, one that is there counts: better kept than lost.
#[cfg(not(unix))]
fn is_locked(_file: File) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_held_as_long_as_its_lock_is() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("2026-01-01_10-00-00");
        assert!(!RunLock::is_held(&run));
        let lock = RunLock::hold(&run).unwrap();
        assert!(RunLock::is_held(&run));
        drop(lock);
        assert!(!RunLock::is_held(&run) && fs::read_dir(dir.path()).unwrap().next().is_none());
        fs::write(lock_path(&run), "").unwrap();
        #[cfg(unix)]
        {
            RunLock::remove_stale(&run);
            assert!(!lock_path(&run).exists(), "its process is gone");
        }
    }
}
