//! Opening of SQLite files: who may read them, how they are written, which form they have, and whether they are whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{HistoryError, InFile};
use crate::clock::Timestamp;

/// How long a connection waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes that the log keeps when it is begun anew.
const LOG_BYTES: i64 = 16 << 20;
/// KiB of pages that a reader remembers. Files are not mapped: from a cold disk a page fault waits for all that the system reads ahead,
/// some 2 ms, a read of one page 0.05 ms.
const READER_CACHE_KIB: i64 = 8_000;

/// A kind of file: its form, and how it came to be.
pub(super) struct FileForm {
    /// What makes form `n + 1` of form `n`, in order.
    pub(super) migrations: &'static [&'static str],
    /// What makes the newest form of nothing, where that is not the same as all of these.
    pub(super) newest: Option<&'static str>,
    /// The oldest form that is read as it is: what nobody writes any more keeps the form it has.
    pub(super) readable_from: i64,
    /// Bytes of a page: a full-text index likes long ones, rows that are changed here and there short ones.
    pub(super) page_bytes: u32,
    /// Pages of the log after which it is put into the file: what is changed again and again is written there once.
    pub(super) log_pages: u32,
    /// KiB of pages that a writer remembers: for a file that mostly grows few are enough.
    pub(super) cache_kib: i64,
}

impl FileForm {
    fn newest_number(&self) -> i64 {
        self.migrations.len() as i64
    }

    fn check(&self, file: &Path, found: i64) -> Result<(), HistoryError> {
        if found > self.newest_number() {
            return Err(HistoryError::Newer { file: file.to_owned(), found, known: self.newest_number() });
        }
        Ok(())
    }

    /// Opens a file for writing, makes it where it is not there, and brings it to the newest form. `shared` says that other
    /// machines may write into the folder: then readers and writers take turns.
    pub(super) fn open_writer(&self, file: &Path, shared: bool) -> Result<Connection, HistoryError> {
        make_private(file)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags).in_file(file)?;
        let set_up = |connection: &Connection| -> rusqlite::Result<i64> {
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "page_size", self.page_bytes)?;
            // Where memory is shared over a network, the log of WAL cannot work.
            let mode = if shared { "TRUNCATE" } else { "WAL" };
            connection.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            // A row that is gone leaves no bytes in a page that is written anyway; what is purged is written anew as a whole.
            connection.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
            connection.pragma_update(None, "temp_store", "MEMORY")?;
            connection.pragma_update(None, "cache_size", -self.cache_kib)?;
            connection.pragma_update(None, "wal_autocheckpoint", self.log_pages)?;
            connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
            connection.pragma_update(None, "foreign_keys", false)?;
            connection.set_prepared_statement_cache_capacity(64);
            connection.pragma_query_value(None, "user_version", |row| row.get(0))
        };
        let found = set_up(&connection).in_file(file)?;
        self.check(file, found)?;
        let steps = self.migrations.iter().enumerate().map(|(at, migration)| (at as i64 + 1, *migration));
        let steps: Vec<_> = match self.newest {
            Some(newest) if found <= 0 => vec![(self.newest_number(), newest)],
            _ => steps.skip(found.max(0) as usize).collect(),
        };
        for (number, step) in steps {
            let step = connection.transaction().and_then(|change| {
                change.execute_batch(step)?;
                change.pragma_update(None, "user_version", number)?;
                change.commit()
            });
            step.in_file(file)?;
        }
        Ok(connection)
    }

    /// Opens a file for reading alone. One in a folder that cannot be written is read as it lies there.
    pub(super) fn open_reader(&self, file: &Path) -> Result<Connection, HistoryError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let set_up = |connection: &Connection| -> rusqlite::Result<i64> {
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "query_only", true)?;
            connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            connection.pragma_query_value(None, "user_version", |row| row.get(0))
        };
        let connection = Connection::open_with_flags(file, flags).in_file(file)?;
        let (connection, found) = match set_up(&connection) {
            Ok(found) => (connection, found),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen) => {
                let connection = Connection::open_with_flags(immutable(file), flags).in_file(file)?;
                let found = set_up(&connection).in_file(file)?;
                (connection, found)
            }
            Err(error) => return Err(HistoryError::sqlite(file, error)),
        };
        self.check(file, found)?;
        if found < self.readable_from {
            let words =
                format!("{} has an older form; the next run that keeps history brings it up to date", file.display());
            return Err(HistoryError::Request(words));
        }
        Ok(connection)
    }
}

/// The address of a file that nobody changes while it is read.
fn immutable(file: &Path) -> String {
    let path = percent_encoding::utf8_percent_encode(&file.to_string_lossy(), percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2F", "/");
    format!("file:{path}?immutable=1")
}

/// Makes a file for the user alone where there is none: SQLite gives its companions the same mode.
fn make_private(file: &Path) -> Result<(), HistoryError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => restrict(file),
        Err(error) => Err(HistoryError::io(file, error)),
    }
}

/// Takes a file away from everybody but the user.
#[cfg(unix)]
fn restrict(file: &Path) -> Result<(), HistoryError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(file).map_err(|error| HistoryError::io(file, error))?;
    if meta.permissions().mode() & 0o077 != 0 {
        // A file of somebody else stays as they made it.
        drop(std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)));
    }
    Ok(())
}

#[cfg(not(unix))]
fn restrict(_file: &Path) -> Result<(), HistoryError> {
    Ok(())
}

/// What is wrong inside a file; nothing where it is whole.
pub(super) fn quick_check(connection: &Connection, file: &Path) -> Result<Option<String>, HistoryError> {
    let said: rusqlite::Result<String> = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match said.in_file(file) {
        Ok(said) if said == "ok" => Ok(None),
        Ok(said) => Ok(Some(said)),
        Err(error) if error.is_corrupt() => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Files that belong to a database file.
pub(super) fn with_companions(file: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|end| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

/// Moves a broken file and what belongs to it aside; its new name.
pub(super) fn move_aside(file: &Path, now: Timestamp) -> Result<PathBuf, HistoryError> {
    let stamp = now.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
    let aside = |nth: usize| {
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".corrupt-{stamp}"));
        if nth > 0 {
            name.push(format!("-{nth}"));
        }
        PathBuf::from(name)
    };
    let target = (0..100).map(aside).find(|name| !name.exists()).unwrap_or_else(|| aside(100));
    for (from, to) in with_companions(file).into_iter().zip(with_companions(&target)) {
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(HistoryError::io(&from, error)),
            _ => {}
        }
    }
    Ok(target)
}

/// Removes a file and what belongs to it; the bytes that are free again.
pub(super) fn unlink(file: &Path) -> Result<u64, HistoryError> {
    let mut bytes = 0;
    for path in with_companions(file) {
        let size = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        match std::fs::remove_file(&path) {
            Ok(()) => bytes += size,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(HistoryError::io(&path, error)),
        }
    }
    Ok(bytes)
}

/// Bytes of a file and what belongs to it.
pub(super) fn size(file: &Path) -> u64 {
    with_companions(file).iter().map(|path| std::fs::metadata(path).map_or(0, |meta| meta.len())).sum()
}

/// An unsigned number as SQLite keeps it: the bits stay.
pub(super) fn stored(number: u64) -> i64 {
    number as i64
}
