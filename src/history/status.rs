//! Status and upkeep of the history: what is there, whether it is whole, and giving back what is free.

use std::path::PathBuf;

use rusqlite::Connection;

use super::batch::MomentMade;
use super::chat_file::CHAT_FORM;
use super::error::{HistoryError, InFile};
use super::folder::HistoryFolder;
use super::people_file::PEOPLE_FORM;
use super::sqlite::{FileForm, quick_check, size};
use crate::clock::Timestamp;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FolderStatus {
    /// Bytes of the file of people.
    pub people_bytes: u64,
    /// Bytes of the chat files.
    pub chat_bytes: u64,
    /// How many chat files.
    pub chat_files: u64,
    /// People.
    pub people: u64,
    /// Lives.
    pub lives: u64,
    /// Rows of gifts.
    pub gifts: u64,
    /// Lines of chat.
    pub lines: u64,
    /// The oldest and the newest live seen, in milliseconds since 1970.
    pub span: Option<(i64, i64)>,
    /// What could not be kept, all together.
    pub lost: u64,
    /// The process that writes, where one does; `Some(None)` where it is not known which.
    pub writer: Option<Option<u32>>,
    /// Files that were broken and moved aside.
    pub set_aside: Vec<PathBuf>,
    /// The kind of network file system it lies on, where it does.
    pub network: Option<&'static str>,
}

/// What a look into one file found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FileCheck {
    /// Which.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// What is wrong; nothing where it is whole.
    pub fault: Option<String>,
}

fn count(connection: &Connection, sql: &str) -> rusqlite::Result<u64> {
    connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|count| count as u64)
}

/// What is kept in a folder.
pub fn status(folder: &HistoryFolder) -> Result<FolderStatus, HistoryError> {
    let file = folder.people_file();
    if !file.exists() {
        return Err(HistoryError::None(folder.path().to_owned()));
    }
    let people = PEOPLE_FORM.open_reader(&file)?;
    let ask = || -> rusqlite::Result<FolderStatus> {
        let span = people.query_row("SELECT min(first_at), max(last_at) FROM live", [], |row| {
            Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?))
        })?;
        Ok(FolderStatus {
            people: count(&people, "SELECT count(*) FROM person")?,
            lives: count(&people, "SELECT count(*) FROM live")?,
            gifts: count(&people, "SELECT count(*) FROM gift")?,
            lost: count(&people, "SELECT coalesce(sum(count), 0) FROM lost")?,
            span,
            ..FolderStatus::default()
        })
    };
    let mut status = ask().in_file(&file)?;
    status.people_bytes = size(&file);
    for chat in folder.chat_files() {
        status.chat_files += 1;
        status.chat_bytes += size(&chat.path);
        let connection = CHAT_FORM.open_reader(&chat.path)?;
        status.lines += count(&connection, "SELECT count(*) FROM chat").in_file(&chat.path)?;
    }
    status.writer = match folder.lock() {
        Err(HistoryError::Busy { pid, .. }) => Some(pid),
        _ => None,
    };
    status.set_aside = folder.set_aside();
    status.network = folder.network_kind();
    Ok(status)
}

/// The forms of all files, the file of people first.
fn all_files(folder: &HistoryFolder) -> Vec<(&'static FileForm, PathBuf)> {
    let people = (&PEOPLE_FORM, folder.people_file());
    let chats = folder.chat_files().into_iter().map(|chat| (&CHAT_FORM, chat.path));
    std::iter::once(people).chain(chats).filter(|(_, path)| path.exists()).collect()
}

/// Looks through every file; `told` hears of each before it is looked at.
pub fn check(folder: &HistoryFolder, mut told: impl FnMut(&std::path::Path)) -> Result<Vec<FileCheck>, HistoryError> {
    let mut checks = Vec::new();
    for (form, file) in all_files(folder) {
        told(&file);
        let fault = match form.open_reader(&file) {
            Ok(connection) => quick_check(&connection, &file)?,
            Err(error) if error.is_corrupt() => Some(error.to_string()),
            Err(error) => return Err(error),
        };
        checks.push(FileCheck { bytes: size(&file), file, fault });
    }
    Ok(checks)
}

/// Gives back what is free in every file; the bytes that came free. `told` hears of each file before it is written anew.
pub fn vacuum(folder: &HistoryFolder, mut told: impl FnMut(&std::path::Path)) -> Result<u64, HistoryError> {
    let _lock = folder.lock()?;
    let shared = folder.network_kind().is_some();
    let mut free: u64 = 0;
    for (form, file) in all_files(folder) {
        told(&file);
        let before = size(&file);
        let connection = form.open_writer(&file, shared)?;
        rewrite(&connection).in_file(&file)?;
        drop(connection);
        free += before.saturating_sub(size(&file));
    }
    Ok(free)
}

/// Writes a note and a tag about a person; empty takes one away, nothing leaves it. Whether there is such a person.
///
/// Also where another process keeps the history: one row, for which SQLite makes both wait their turn.
pub fn annotate(
    folder: &HistoryFolder,
    person: i64,
    note: Option<&str>,
    tag: Option<&str>,
) -> Result<bool, HistoryError> {
    let (people, file) = beside_a_writer(folder)?;
    super::writer::annotate(&people, person, note, tag).in_file(&file)
}

/// Marks a moment of a live by hand, also where another process keeps the history; what it is called then.
pub(super) fn mark_moment(
    folder: &HistoryFolder,
    live: u64,
    at: Timestamp,
    note: &str,
) -> Result<String, HistoryError> {
    let (people, file) = beside_a_writer(folder)?;
    let moment = MomentMade::by_hand(live, at, note);
    let write = || -> rusqlite::Result<()> { moment.write(&people) };
    write().in_file(&file)?;
    Ok(moment.note)
}

/// The file of people for a single row; a folder in which nothing was ever kept has none.
pub(super) fn beside_a_writer(folder: &HistoryFolder) -> Result<(Connection, PathBuf), HistoryError> {
    let file = folder.people_file();
    if !file.exists() {
        return Err(HistoryError::None(folder.path().to_owned()));
    }
    // Nobody brings the file to a new form under a process that writes: that has done so itself.
    let _lock = folder.lock().ok();
    Ok((PEOPLE_FORM.open_writer(&file, folder.network_kind().is_some())?, file))
}

/// Writes a file anew, so that nothing that was deleted is left in it, and empties its log.
pub(super) fn rewrite(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
