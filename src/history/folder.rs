//! Folder of the history: which files are in it, who may write them, and on what kind of disk it lies.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::HistoryError;
use crate::clock::Timestamp;

/// The file of people, lives and gifts.
const PEOPLE: &str = "people.db";
/// Held by whoever writes.
const LOCK: &str = "history.lock";
/// How the names of chat files begin.
const CHAT: &str = "chat-";

/// The folder of the history, which need not be there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryFolder {
    path: PathBuf,
}

/// A chat file by its name: the day it was begun, and which of that day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChatFileName {
    /// Days since 1970.
    pub(super) day: i64,
    /// 1 for the first of its day.
    pub(super) nth: u32,
    pub(super) path: PathBuf,
}

/// The right to write, as long as it lives.
#[derive(Debug)]
pub(super) struct WriteLock {
    _held: Held,
}

#[cfg(unix)]
type Held = nix::fcntl::Flock<File>;
#[cfg(not(unix))]
type Held = File;

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

impl HistoryFolder {
    /// The history in this folder.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of people, lives and gifts.
    pub fn people_file(&self) -> PathBuf {
        self.path.join(PEOPLE)
    }

    /// Whether anything was ever kept here.
    pub fn exists(&self) -> bool {
        self.people_file().exists()
    }

    /// The name of a chat file.
    pub(super) fn chat_file(&self, day: i64, nth: u32) -> ChatFileName {
        let date = Timestamp(day.saturating_mul(DAY_MS)).to_jiff().strftime("%Y-%m-%d").to_string();
        let more = if nth > 1 { format!("-{nth}") } else { String::new() };
        ChatFileName { day, nth, path: self.path.join(format!("{CHAT}{date}{more}.db")) }
    }

    /// All chat files, oldest first.
    pub(super) fn chat_files(&self) -> Vec<ChatFileName> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| self.chat_file_named(entry.file_name().to_str()?))
            .collect();
        files.sort();
        files
    }

    fn chat_file_named(&self, name: &str) -> Option<ChatFileName> {
        let rest = name.strip_prefix(CHAT)?.strip_suffix(".db")?;
        let (date, more) = rest.split_at_checked(10)?;
        let date: jiff::civil::Date = date.parse().ok()?;
        let nth = match more.strip_prefix('-') {
            Some(nth) => nth.parse().ok()?,
            None if more.is_empty() => 1,
            None => return None,
        };
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
        Some(ChatFileName { day: midnight.div_euclid(DAY_MS), nth, path: self.path.join(name) })
    }

    /// Files that were broken and moved aside.
    pub(super) fn set_aside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".corrupt-")))
            .collect();
        files.sort();
        files
    }

    /// Makes the folder, for the user alone.
    pub(super) fn make(&self) -> Result<(), HistoryError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path).map_err(|error| HistoryError::io(&self.path, error))
    }

    /// Takes the right to write; only one process at a time has it.
    pub(super) fn lock(&self) -> Result<WriteLock, HistoryError> {
        let path = self.path.join(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| HistoryError::io(&path, error))?;
        let mut held = match hold(file) {
            Ok(held) => held,
            Err(mut file) => {
                let mut words = String::new();
                drop(file.read_to_string(&mut words));
                return Err(HistoryError::Busy { folder: self.path.clone(), pid: words.trim().parse().ok() });
            }
        };
        // Who it is, for the sentence that another process prints. Without it there is a sentence all the same.
        let file: &mut File = &mut held;
        drop(file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id())));
        Ok(WriteLock { _held: held })
    }

    /// What kind of network file system the folder lies on, where it does.
    pub(super) fn network_kind(&self) -> Option<&'static str> {
        network_kind(&self.path)
    }
}

#[cfg(unix)]
fn hold(file: File) -> Result<Held, File> {
    nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).map_err(|(file, _)| file)
}

/// Where files have no such lock, SQLite's own has to do.
#[cfg(not(unix))]
fn hold(file: File) -> Result<Held, File> {
    Ok(file)
}

#[cfg(target_os = "linux")]
fn network_kind(path: &Path) -> Option<&'static str> {
    /// By the numbers of `statfs(2)`.
    const KINDS: [(i64, &str); 9] = [
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x5346_414F, "AFS"),
        (0x6B41_4653, "AFS"),
        (0x7375_7245, "Coda"),
        (0x00C3_6400, "Ceph"),
        (0x0102_1997, "9P"),
    ];
    /// File systems of programs, which have one number all together.
    const FUSE: i64 = 0x6573_5546;
    #[allow(clippy::useless_conversion, reason = "the number has another width on other machines")]
    let found = i64::from(nix::sys::statfs::statfs(path).ok()?.filesystem_type().0);
    if found == FUSE {
        let path = path.canonicalize().ok()?;
        return fuse_kind(&fs::read_to_string("/proc/self/mountinfo").ok()?, &path);
    }
    KINDS.iter().find(|(kind, _)| *kind == found || *kind == (found & 0xFFFF_FFFF)).map(|(_, name)| *name)
}

/// The network that a file system of a program leads to, by the mounts of `/proc/self/mountinfo`.
#[cfg(target_os = "linux")]
fn fuse_kind(mounts: &str, path: &Path) -> Option<&'static str> {
    const KINDS: [(&str, &str); 6] = [
        ("fuse.sshfs", "sshfs"),
        ("fuse.rclone", "rclone"),
        ("fuse.s3fs", "s3fs"),
        ("fuse.glusterfs", "GlusterFS"),
        ("fuse.davfs", "WebDAV"),
        ("fuse.gvfsd-fuse", "gvfs"),
    ];
    let mounts = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?.replace("\\040", " ");
        path.starts_with(&point).then_some((point.len(), after.split(' ').next()?))
    });
    let (_, found) = mounts.max_by_key(|(length, _)| *length)?;
    KINDS.iter().find(|(kind, _)| *kind == found).map(|(_, name)| *name)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn network_kind(path: &Path) -> Option<&'static str> {
    const KINDS: [&str; 4] = ["nfs", "smbfs", "afpfs", "webdav"];
    let found = nix::sys::statfs::statfs(path).ok()?.filesystem_type_name().to_owned();
    KINDS.into_iter().find(|kind| *kind == found)
}

#[cfg(not(unix))]
fn network_kind(_path: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_files_are_known_by_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let folder = HistoryFolder::new(dir.path());
        let names: Vec<_> = [(20_784, 1), (20_784, 2), (20_791, 1)].map(|(day, nth)| folder.chat_file(day, nth)).into();
        assert!(names[1].path.ends_with("chat-2026-11-27-2.db"), "{names:?}");
        for name in names.iter().rev() {
            fs::write(&name.path, "").unwrap();
        }
        for other in ["chat-2026-11.db", "chat-2026-11-27-x.db", "chat-2026-11-27.db-wal", "people.db", "chat-.db"] {
            fs::write(dir.path().join(other), "").unwrap();
        }
        assert_eq!(folder.chat_files(), names);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_network_behind_a_program_is_known_by_its_mount() {
        let mounts = "21 1 254:0 / / rw - ext4 /dev/vda rw\n\
                      40 21 0:40 / /mnt/far\\040away rw,nosuid shared:1 - fuse.sshfs ana@host: rw,user_id=0\n\
                      41 21 0:41 / /mnt/near rw - fuse.ntfs-3g /dev/sdb rw\n";
        let kind = |path: &str| fuse_kind(mounts, Path::new(path));
        assert_eq!(kind("/mnt/far away/history"), Some("sshfs"));
        assert_eq!((kind("/mnt/near/history"), kind("/home/ana")), (None, None));
    }

    #[test]
    fn only_one_may_write() {
        let dir = tempfile::tempdir().unwrap();
        let folder = HistoryFolder::new(dir.path());
        let lock = folder.lock().unwrap();
        let told = folder.lock().unwrap_err();
        assert!(matches!(told, HistoryError::Busy { pid: Some(pid), .. } if pid == std::process::id()), "{told}");
        drop(lock);
        assert!(folder.lock().is_ok());
    }
}
