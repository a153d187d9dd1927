//! Place of the service: where its socket, its locks and its list of rooms are.
//!
//! Everything is in the state folder, and nothing is derived from the session: the folder of `XDG_RUNTIME_DIR` goes with the
//! last login, and two shells may name different ones.

use std::fs::{File, OpenOptions};
use std::hash::Hasher;
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::getuid;
use siphasher::sip::SipHasher13;

/// Longest path of a socket that every system takes: `sun_path` has 104 bytes on macOS and 108 on Linux.
const LONGEST_SOCKET_PATH: usize = 100;
/// Where a socket is whose path in the state folder would be too long. Not `TMPDIR`, which differs from shell to shell.
const SHORT_FOLDER: &str = "/tmp";

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
    socket: PathBuf,
    /// Whose it is.
    owner: u32,
    /// Other users come here: they may pass the folder and knock at the socket, and who they are is looked at there.
    shared: bool,
}

/// Why a service cannot be where it should.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// A folder of somebody else.
    #[error(
        "{0} belongs to another user (uid {1}): the service keeps its socket there; remove it or set XDG_STATE_HOME"
    )]
    Foreign(PathBuf, u32),
    /// A folder of somebody else above it.
    #[error(
        "the service cannot make {0}: {1} belongs to another user (uid {2}); have it given to you, or set XDG_STATE_HOME"
    )]
    NotMade(PathBuf, PathBuf, u32),
    /// Something in the way.
    #[error("{0} is no folder: the service keeps its socket there; remove it")]
    NoFolder(PathBuf),
    /// The system says no.
    #[error("the service cannot use {0}: {1}")]
    Io(PathBuf, io::Error),
    /// There is one already.
    #[error(
        "a service runs already (process {0}): `tiktop attach` opens a screen on it, `tiktop serve --replace` ends it first"
    )]
    Running(u32),
    /// There is one that says nothing.
    #[error("the service (process {0}) holds its lock and does not answer: end it with `kill {0}`, then try again")]
    Silent(u32),
    /// Another one is being started.
    #[error("another service is being started at this moment: try again in a few seconds")]
    Starting,
}

impl Place {
    /// The place in this state folder.
    pub fn new(state: &Path) -> Self {
        let folder = state.join("run");
        let socket = folder.join("tiktop.sock");
        let owner = getuid().as_raw();
        if socket.as_os_str().len() <= LONGEST_SOCKET_PATH {
            return Self { folder, socket, owner, shared: false };
        }
        // Several state folders of one user share the short folder.
        let mut hasher = SipHasher13::new();
        hasher.write(folder.as_os_str().as_bytes());
        let short = Path::new(SHORT_FOLDER).join(format!("tiktop-{}", getuid()));
        Self { folder, socket: short.join(format!("{:016x}.sock", hasher.finish())), owner, shared: false }
    }

    /// The place at which this user's service lets others look. Not in the state folder, which nobody else can pass.
    pub fn for_readers(owner: u32) -> Self {
        let folder = Path::new(SHORT_FOLDER).join(format!("tiktop-readers-{owner}"));
        Self { socket: folder.join("tiktop.sock"), folder, owner, shared: true }
    }

    /// Whether the socket's folder is there and somebody else's: what answers there is nobody to talk to.
    pub(super) fn is_foreign(&self) -> bool {
        let folder = self.socket.parent().and_then(|folder| folder.symlink_metadata().ok());
        folder.is_some_and(|folder| folder.uid() != self.owner)
    }

    /// The mode of the socket.
    pub(super) fn socket_mode(&self) -> u32 {
        if self.shared { 0o666 } else { 0o600 }
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The file that keeps the list of rooms.
    pub fn saved_rooms(&self) -> PathBuf {
        self.folder.join("rooms.json")
    }

    /// The file that keeps what happened since each user last looked.
    pub fn absences(&self) -> PathBuf {
        self.folder.join("away.json")
    }

    /// The log of a service that left its shell.
    pub fn log(&self) -> PathBuf {
        self.folder.join("serve.log")
    }

    /// Makes the folders, for the user alone.
    pub fn prepare(&self) -> Result<(), PlaceError> {
        let short = self.socket.parent().filter(|short| *short != self.folder);
        let mode = if self.shared { 0o711 } else { 0o700 };
        std::iter::once(self.folder.as_path()).chain(short).try_for_each(|folder| prepare_folder(folder, mode))
    }

    /// The process that holds the lock of the service, as it says itself; nothing where nobody does.
    pub fn holder(&self) -> Option<u32> {
        let mut file = File::open(self.folder.join("service.lock")).ok()?;
        let mut pid = String::new();
        file.read_to_string(&mut pid).ok()?;
        Flock::lock(file, FlockArg::LockSharedNonblock).err().map(|_| pid.trim().parse().unwrap_or(0))
    }

    /// Holds the lock of the service for life.
    pub fn lock(&self) -> Result<ServiceLock, PlaceError> {
        let path = self.folder.join("service.lock");
        let file = open_lock(&path)?;
        let Ok(mut lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock) else {
            return Err(PlaceError::Silent(self.holder().unwrap_or(0)));
        };
        // What is inside is information for people and nothing else.
        let written =
            lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| writeln!(lock, "{}", std::process::id()));
        written.map_err(|error| PlaceError::Io(path, error))?;
        Ok(ServiceLock(lock))
    }

    /// Holds the lock of whoever starts a service, so that two do not start at once.
    pub fn start_lock(&self) -> Result<StartLock, PlaceError> {
        let file = open_lock(&self.folder.join("start.lock"))?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock).map(StartLock).map_err(|_| PlaceError::Starting)
    }
}

/// Held by a service as long as it lives; the system lets it go with the process.
#[derive(Debug)]
pub struct ServiceLock(#[allow(dead_code, reason = "held, not read")] Flock<File>);

/// Held while a service starts.
#[derive(Debug)]
pub struct StartLock(#[allow(dead_code, reason = "held, not read")] Flock<File>);

fn open_lock(path: &Path) -> Result<File, PlaceError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true).mode(0o600);
    options.open(path).map_err(|error| PlaceError::Io(path.to_owned(), error))
}

/// Makes a folder, or looks whether the one that is there is ours; nobody else may look into it.
fn prepare_folder(folder: &Path, mode: u32) -> Result<(), PlaceError> {
    let failed = |error| PlaceError::Io(folder.to_owned(), error);
    std::fs::DirBuilder::new().recursive(true).mode(mode).create(folder).or_else(|error| {
        if folder.symlink_metadata().is_ok() {
            // Said better below.
            return Ok(());
        }
        let above = folder.ancestors().skip(1).find_map(|above| Some((above, above.symlink_metadata().ok()?.uid())));
        Err(match above {
            Some((above, owner)) if error.kind() == io::ErrorKind::PermissionDenied && owner != getuid().as_raw() => {
                PlaceError::NotMade(folder.to_owned(), above.to_owned(), owner)
            }
            _ => failed(error),
        })
    })?;
    // Not through a link: somebody else's link in a shared folder leads where they like.
    let found = folder.symlink_metadata().map_err(failed)?;
    if !found.is_dir() {
        return Err(PlaceError::NoFolder(folder.to_owned()));
    }
    if found.uid() != getuid().as_raw() {
        return Err(PlaceError::Foreign(folder.to_owned(), found.uid()));
    }
    if found.permissions().mode() & 0o777 != mode {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_too_long_leads_to_a_short_folder_of_the_user() {
        let usual = Place::new(Path::new("/home/ana/.local/state/tiktop"));
        assert_eq!(usual.socket(), Path::new("/home/ana/.local/state/tiktop/run/tiktop.sock"));
        let long = Place::new(&Path::new("/home/ana").join("x".repeat(90)));
        assert!(long.socket().starts_with(format!("/tmp/tiktop-{}", getuid())), "{long:?}");
        assert!(long.socket().as_os_str().len() <= LONGEST_SOCKET_PATH);
        assert_ne!(long.socket(), Place::new(&Path::new("/home/ana").join("y".repeat(90))).socket());
    }

    #[test]
    fn a_folder_is_for_the_user_alone_and_something_in_the_way_is_told() {
        let home = tempfile::tempdir().unwrap();
        let place = Place::new(home.path());
        std::fs::create_dir(home.path().join("run")).unwrap();
        std::fs::set_permissions(home.path().join("run"), std::fs::Permissions::from_mode(0o755)).unwrap();
        place.prepare().unwrap();
        assert_eq!(home.path().join("run").metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::remove_dir(home.path().join("run")).unwrap();
        std::fs::write(home.path().join("run"), "").unwrap();
        assert!(place.prepare().unwrap_err().to_string().contains("is no folder"));
        std::fs::remove_file(home.path().join("run")).unwrap();
        std::os::unix::fs::symlink("/", home.path().join("run")).unwrap();
        assert!(place.prepare().unwrap_err().to_string().contains("is no folder"));
    }

    #[test]
    fn the_lock_is_held_by_one_and_names_its_process() {
        let home = tempfile::tempdir().unwrap();
        let place = Place::new(home.path());
        place.prepare().unwrap();
        assert_eq!(place.holder(), None);
        let lock = place.lock().unwrap();
        assert_eq!(place.holder(), Some(std::process::id()));
        assert!(matches!(place.lock(), Err(PlaceError::Silent(_))));
        drop(lock);
        assert_eq!(place.holder(), None);
    }
}
