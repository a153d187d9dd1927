//! Purging: people, rooms and times are taken out of all files, so that no byte of what was said is left.
//!
//! Rows are deleted in small steps; then the text index and the files are written anew, because a deleted row may leave its
//! bytes in a page that is still used.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::chat_file::{self, CHAT_FORM};
use super::error::{HistoryError, InFile};
use super::folder::HistoryFolder;
use super::people_file::PEOPLE_FORM;
use super::reader::HistoryReader;
use super::sqlite::unlink;
use super::status::rewrite;

/// Lines that are deleted at a time.
const STEP: usize = 2_000;

/// What is purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurgeScope {
    /// Everything.
    All,
    /// A person, by their handle of now or before, or by user id.
    Person(String),
    /// All lives of a host, by handle.
    Room(String),
    /// All lives and lines before a time, in milliseconds since 1970.
    Before(i64),
}

/// What was purged, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PurgedRows {
    /// Lines of chat.
    pub lines: u64,
    /// People.
    pub people: u64,
    /// Lives.
    pub lives: u64,
    /// Rows of gifts.
    pub gifts: u64,
    /// Files that are gone.
    pub files: u64,
}

/// Takes out of the files what `scope` says; with `dry`, only counts it. `told` hears what is being done.
///
/// Fails with [`HistoryError::Busy`] while another process writes.
pub fn purge(
    folder: &HistoryFolder,
    scope: &PurgeScope,
    dry: bool,
    mut told: impl FnMut(&str),
) -> Result<PurgedRows, HistoryError> {
    if !folder.exists() {
        return Err(HistoryError::None(folder.path().to_owned()));
    }
    let lock = if dry { None } else { Some(folder.lock()?) };
    let purged = match scope {
        PurgeScope::All => purge_all(folder, dry),
        PurgeScope::Person(name) => {
            let people = persons(folder, name)?;
            purge_rows(folder, &Doomed::People(people), dry, &mut told)
        }
        PurgeScope::Room(name) => {
            let lives = lives_of(folder, name)?;
            purge_rows(folder, &Doomed::Lives(lives), dry, &mut told)
        }
        PurgeScope::Before(at) => purge_rows(folder, &Doomed::Before(*at), dry, &mut told),
    };
    drop(lock);
    purged
}

/// Removes the files that were broken and moved aside; how many.
pub fn remove_set_aside(folder: &HistoryFolder) -> Result<u64, HistoryError> {
    let files = folder.set_aside();
    for file in &files {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(HistoryError::io(file, error)),
            _ => {}
        }
    }
    Ok(files.len() as u64)
}

/// What is to go.
enum Doomed {
    People(Vec<i64>),
    Lives(Vec<i64>),
    Before(i64),
}

fn purge_all(folder: &HistoryFolder, dry: bool) -> Result<PurgedRows, HistoryError> {
    let status = super::status::status(folder).unwrap_or_default();
    let files: Vec<PathBuf> =
        folder.chat_files().into_iter().map(|chat| chat.path).chain([folder.people_file()]).collect();
    let mut purged = PurgedRows {
        lines: status.lines,
        people: status.people,
        lives: status.lives,
        gifts: status.gifts,
        files: files.len() as u64,
    };
    if !dry {
        for file in &files {
            unlink(file)?;
        }
        purged.files += remove_set_aside(folder)?;
    }
    Ok(purged)
}

/// The people that a name means: nobody is taken for another because of a part of a name.
fn persons(folder: &HistoryFolder, name: &str) -> Result<Vec<i64>, HistoryError> {
    let reader = HistoryReader::open(folder)?;
    let found = reader.people_called(name, 100)?;
    let asked = name.trim_start_matches('@').to_lowercase();
    let mut exact = Vec::new();
    for id in &found {
        let Some(card) = reader.person_card(*id)? else { continue };
        let was = card.past.iter().any(|past| past.handle == asked);
        if card.person.handle == asked || was || id.to_string() == asked {
            exact.push(*id);
        }
    }
    if exact.is_empty() {
        return Err(HistoryError::Request(format!("nobody here has or had the handle @{asked}")));
    }
    Ok(exact)
}

fn lives_of(folder: &HistoryFolder, name: &str) -> Result<Vec<i64>, HistoryError> {
    let file = folder.people_file();
    let people = PEOPLE_FORM.open_reader(&file)?;
    let name = name.trim_start_matches('@');
    let ask = || -> rusqlite::Result<Vec<i64>> {
        let mut ask =
            people.prepare("SELECT id FROM live WHERE handle = ?1 COLLATE NOCASE OR CAST(id AS TEXT) = ?1")?;
        ask.query_map([name], |row| row.get(0))?.collect()
    };
    let lives = ask().in_file(&file)?;
    if lives.is_empty() {
        return Err(HistoryError::Request(format!("no live of @{name} is kept")));
    }
    Ok(lives)
}

fn purge_rows(
    folder: &HistoryFolder,
    doomed: &Doomed,
    dry: bool,
    told: &mut impl FnMut(&str),
) -> Result<PurgedRows, HistoryError> {
    let shared = folder.network_kind().is_some();
    let mut purged = PurgedRows::default();
    // Text first: when this is cut short, what is left can still be named and purged again.
    for chat in folder.chat_files() {
        let connection = CHAT_FORM.open_writer(&chat.path, shared)?;
        if let Doomed::Before(at) = doomed
            && !dry
        {
            let all = "SELECT count(*), coalesce(max(at) < ?1, 1) FROM chat";
            let ask = connection.query_row(all, [at], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)));
            let (lines, is_old) = ask.in_file(&chat.path)?;
            if is_old {
                // No line of it stays: the file goes whole.
                drop(connection);
                unlink(&chat.path)?;
                (purged.lines, purged.files) = (purged.lines + lines as u64, purged.files + 1);
                continue;
            }
        }
        let lines = purge_lines(&connection, doomed, dry, &chat.path, told)?;
        purged.lines += lines;
        if lines > 0 && !dry {
            let empty: bool = connection
                .query_row("SELECT NOT EXISTS (SELECT 1 FROM chat)", [], |row| row.get(0))
                .in_file(&chat.path)?;
            drop(connection);
            if empty {
                unlink(&chat.path)?;
                purged.files += 1;
            }
        }
    }
    let file = folder.people_file();
    let mut people = PEOPLE_FORM.open_writer(&file, shared)?;
    super::attendance::fold(&people).in_file(&file)?;
    purge_people(&mut people, doomed, dry, &mut purged).in_file(&file)?;
    if !dry {
        told("writing people.db anew");
        rewrite(&people).in_file(&file)?;
    }
    Ok(purged)
}

fn purge_lines(
    chat: &Connection,
    doomed: &Doomed,
    dry: bool,
    file: &Path,
    told: &mut impl FnMut(&str),
) -> Result<u64, HistoryError> {
    let condition = match doomed {
        Doomed::People(people) => format!("person IN ({})", list(people)),
        Doomed::Lives(lives) => format!("room IN (SELECT ref FROM room WHERE live IN ({}))", list(lives)),
        Doomed::Before(at) => format!("at < {at}"),
    };
    if dry {
        let count = format!("SELECT count(*) FROM chat WHERE {condition}");
        return chat.query_row(&count, [], |row| row.get::<_, i64>(0)).map(|count| count as u64).in_file(file);
    }
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let mut deleted: u64 = 0;
    // One look through the file: no index knows the lines.
    let ask = || -> rusqlite::Result<Vec<i64>> {
        let mut ask = chat.prepare(&format!("SELECT id FROM chat WHERE {condition}"))?;
        ask.query_map([], |row| row.get(0))?.collect()
    };
    let step = |ids: &[i64]| -> rusqlite::Result<()> {
        let change = chat.unchecked_transaction()?;
        ids.iter().try_for_each(|id| chat_file::delete_line(&change, *id))?;
        change.commit()
    };
    for ids in ask().in_file(file)?.chunks(STEP) {
        step(ids).in_file(file)?;
        deleted += ids.len() as u64;
        told(&format!("{deleted} lines gone from {name}"));
    }
    if deleted > 0 {
        told(&format!("writing {name} anew"));
        let anew = || -> rusqlite::Result<()> {
            chat.execute("DELETE FROM room WHERE NOT EXISTS (SELECT 1 FROM chat WHERE chat.room = room.ref)", [])?;
            // A deleted row is only marked in the index; written anew it is gone.
            chat.execute("INSERT INTO chat_words (chat_words) VALUES ('optimize')", [])?;
            rewrite(chat)
        };
        anew().in_file(file)?;
    }
    Ok(deleted)
}

fn purge_people(people: &mut Connection, doomed: &Doomed, dry: bool, purged: &mut PurgedRows) -> rusqlite::Result<()> {
    let change = people.transaction()?;
    let delete = |sql: &str| change.execute(sql, []).map(|rows| rows as u64);
    if let Doomed::People(ids) = doomed {
        let ids = list(ids);
        purged.people = delete(&format!("DELETE FROM person WHERE id IN ({ids})"))?;
        purged.gifts = delete(&format!("DELETE FROM gift WHERE person IN ({ids})"))?;
        for table in ["handle_past", "person_live"] {
            delete(&format!("DELETE FROM {table} WHERE person IN ({ids})"))?;
        }
        delete(&format!("DELETE FROM moment WHERE person IN ({ids})"))?;
        delete(&format!("UPDATE battle SET opponents = '', opponent = NULL WHERE opponent IN ({ids})"))?;
    } else {
        let lives = match doomed {
            Doomed::Lives(lives) => list(lives),
            Doomed::Before(at) => format!("SELECT id FROM live WHERE coalesce(ended, last_at) < {at}"),
            Doomed::People(_) => String::new(),
        };
        purged.gifts = delete(&format!("DELETE FROM gift WHERE live IN ({lives})"))?;
        for table in ["person_live", "battle", "minute", "moment", "lost", "span", "recording"] {
            delete(&format!("DELETE FROM {table} WHERE live IN ({lives})"))?;
        }
        purged.lives = delete(&format!("DELETE FROM live WHERE id IN ({lives})"))?;
        // Who was seen nowhere else is gone with it, unless you wrote something about them.
        let alone =
            "NOT EXISTS (SELECT 1 FROM person_live l WHERE l.person = person.id) AND note IS NULL AND tag IS NULL";
        purged.people = delete(&format!("DELETE FROM person WHERE {alone}"))?;
        delete("DELETE FROM handle_past WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = handle_past.person)")?;
    }
    if dry { change.rollback() } else { change.commit() }
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
