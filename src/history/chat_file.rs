//! Files of what was said: their form, and which one a line goes into.

use std::path::Path;

use foldhash::HashMap;
use rusqlite::{Connection, params};

use super::batch::{BACKLOG, LineKind, LineRow, LiveKey};
use super::error::{HistoryError, InFile};
use super::folder::{ChatFileName, DAY_MS, HistoryFolder};
use super::sqlite::{FileForm, size};
use super::words;

/// Days that one file takes at most, where text is kept for long: a month that is given up whole would be too much.
const MAX_DAYS: i64 = 7;
/// Files open at a time.
const MAX_OPEN: usize = 3;
/// Lines after which the size of a file is looked at again.
const SOME_LINES: usize = 2_000;

/// The form of a chat file. The text index keeps no text of its own; a line is found in it by its words, by whose it is and by its
/// live, so that no other index has to be kept up. Lines of the first form have no such words. In files that began with the second
/// form or before, the index marks what is deleted (`marks_deleted`); in those since, it is told what stood there.
pub(super) const CHAT_FORM: FileForm = FileForm {
    migrations: &[
        "
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE room (ref INTEGER PRIMARY KEY, live INTEGER NOT NULL UNIQUE);
        CREATE TABLE chat (
            id INTEGER PRIMARY KEY, room INTEGER NOT NULL, person INTEGER NOT NULL, at INTEGER NOT NULL,
            kind INTEGER NOT NULL, text TEXT NOT NULL);
        CREATE INDEX chat_person ON chat (person);
        CREATE VIRTUAL TABLE chat_words USING fts5 (
            text, content = '', contentless_delete = 1,
            tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co So'\");
    ",
        "
        DROP INDEX chat_person;
        INSERT INTO meta SELECT 'unmarked', 1 WHERE EXISTS (SELECT 1 FROM chat);
    ",
        "
        INSERT INTO meta VALUES ('marks_deleted', 1);
    ",
    ],
    newest: Some(
        "
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE room (ref INTEGER PRIMARY KEY, live INTEGER NOT NULL UNIQUE);
        CREATE TABLE chat (
            id INTEGER PRIMARY KEY, room INTEGER NOT NULL, person INTEGER NOT NULL, at INTEGER NOT NULL,
            kind INTEGER NOT NULL, text TEXT NOT NULL);
        CREATE VIRTUAL TABLE chat_words USING fts5 (
            text, content = '', columnsize = 0, tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co So'\");
        INSERT INTO chat_words (chat_words, rank) VALUES ('pgsz', 4050);
        INSERT INTO chat_words (chat_words, rank) VALUES ('automerge', 8);
    ",
    ),
    readable_from: 1,
    page_bytes: 8_192,
    log_pages: 2_000,
    cache_kib: 2_000,
};

/// How chat files are cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChatCut {
    /// Days that a file takes.
    days: i64,
    /// Bytes after which the next one begins.
    bytes: u64,
}

impl ChatCut {
    /// For text that is kept for so many days and in so many bytes: files small enough that giving up one loses little.
    pub(super) fn of_limits(days: u64, bytes: u64) -> Self {
        Self { days: (days as i64 / 4).clamp(1, MAX_DAYS), bytes: (bytes / 16).max(1 << 20) }
    }
}

/// A chat file that is being written.
struct OpenFile {
    name: ChatFileName,
    connection: Connection,
    rooms: HashMap<LiveKey, i64>,
    /// Its size when it was last looked at, and the lines since.
    bytes: u64,
    unmeasured: usize,
}

/// All chat files, open as needed.
pub(super) struct ChatFiles {
    folder: HistoryFolder,
    shared: bool,
    cut: ChatCut,
    open: Vec<OpenFile>,
}

impl ChatFiles {
    pub(super) fn new(folder: HistoryFolder, shared: bool, cut: ChatCut) -> Self {
        Self { folder, shared, cut, open: Vec::new() }
    }

    /// Writes lines since a time, each into its file. All of a file or nothing. A line that was not there as one that counts is marked in
    /// `is_new`, also where a later file cannot be written.
    pub(super) fn write(&mut self, lines: &[LineRow], since: i64, is_new: &mut [bool]) -> Result<(), HistoryError> {
        let mut by_file: Vec<(ChatFileName, Vec<(usize, &LineRow)>)> = Vec::new();
        let names = if lines.is_empty() { Vec::new() } else { self.folder.chat_files() };
        for (nth, line) in lines.iter().enumerate().filter(|(_, line)| line.at >= since) {
            let name = self.file_of(&names, line.at);
            match by_file.iter_mut().find(|(other, _)| *other == name) {
                Some((_, rows)) => rows.push((nth, line)),
                None => by_file.push((name, vec![(nth, line)])),
            }
        }
        for (name, mut rows) in by_file {
            // In the order of the table, so that pages are filled one after the other.
            rows.sort_by_key(|(_, line)| line.id);
            let file = match self.opened(&name) {
                // Left alone: what is said from now on goes into the next one of that day.
                Err(HistoryError::Newer { .. }) => self.opened(&self.after_newest(name.day))?,
                opened => opened?,
            };
            let path = file.name.path.clone();
            for nth in file.write(&rows).in_file(&path)? {
                is_new.get_mut(nth).into_iter().for_each(|is_new| *is_new = true);
            }
        }
        Ok(())
    }

    /// Marks lines after the end of what is kept of their live as ones that have counted nothing.
    pub(super) fn mark_uncounted(&mut self, live_ends: &HashMap<LiveKey, i64>) -> Result<(), HistoryError> {
        for name in self.folder.chat_files().iter().rev().take(2) {
            let file = match self.opened(name) {
                Err(HistoryError::Newer { .. }) => continue,
                opened => opened?,
            };
            let mut mark = || -> rusqlite::Result<()> {
                let change = file.connection.transaction()?;
                change.execute_batch("CREATE TEMP TABLE counted_until (room INTEGER PRIMARY KEY, at INTEGER)")?;
                let mut until = change.prepare("INSERT INTO counted_until SELECT ref, ?2 FROM room WHERE live = ?1")?;
                for (live, at) in live_ends {
                    until.execute((live, at))?;
                }
                drop(until);
                let mark = "UPDATE chat SET kind = kind + ?1 WHERE kind < ?1
                    AND at > coalesce((SELECT c.at FROM counted_until c WHERE c.room = chat.room), ?2)";
                change.execute(mark, params![BACKLOG, i64::MIN])?;
                change.execute_batch("DROP TABLE counted_until")?;
                change.commit()
            };
            mark().in_file(&name.path)?;
        }
        Ok(())
    }

    /// Closes the files.
    pub(super) fn close(&mut self) {
        self.open.clear();
    }

    /// The file that is broken, where one of those open is.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.open.iter().map(|file| file.name.path.as_path())
    }

    /// The file for a line of this time.
    fn file_of(&self, names: &[ChatFileName], at: i64) -> ChatFileName {
        let day = at.div_euclid(DAY_MS);
        let begun = names.iter().rev().find(|name| name.day <= day && day < name.day + self.cut.days);
        match begun {
            // One that another day began has its own successors: the last of that day is the one that grows.
            Some(name) if self.is_full(name) => self.folder.chat_file(name.day, name.nth + 1),
            Some(name) => name.clone(),
            None => self.folder.chat_file(day, 1),
        }
    }

    /// A file of a day that is not there yet.
    fn after_newest(&self, day: i64) -> ChatFileName {
        let last = self.folder.chat_files().into_iter().filter(|name| name.day == day).map(|name| name.nth).max();
        self.folder.chat_file(day, last.unwrap_or(0) + 1)
    }

    fn is_full(&self, name: &ChatFileName) -> bool {
        let open = self.open.iter().find(|file| file.name == *name);
        open.map_or_else(|| size(&name.path), |file| file.bytes) > self.cut.bytes
    }

    fn opened(&mut self, name: &ChatFileName) -> Result<&mut OpenFile, HistoryError> {
        if let Some(at) = self.open.iter().position(|file| file.name == *name) {
            let file = self.open.remove(at);
            self.open.push(file);
        } else {
            let connection = CHAT_FORM.open_writer(&name.path, self.shared)?;
            if self.open.len() >= MAX_OPEN {
                self.open.remove(0);
            }
            self.open.push(OpenFile {
                name: name.clone(),
                connection,
                rooms: HashMap::default(),
                bytes: size(&name.path),
                unmeasured: 0,
            });
        }
        let last = self.open.len() - 1;
        Ok(&mut self.open[last])
    }
}

impl OpenFile {
    /// Writes lines; the places of those come back that were not there as ones that count.
    fn write(&mut self, rows: &[(usize, &LineRow)]) -> rusqlite::Result<Vec<usize>> {
        let Self { name, connection, rooms, bytes, unmeasured } = self;
        let change = connection.transaction()?;
        let mut new = Vec::with_capacity(rows.len());
        {
            let mut write = change.prepare_cached("INSERT OR IGNORE INTO chat VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            let mut index = change.prepare_cached("INSERT INTO chat_words (rowid, text) VALUES (?1, ?2)")?;
            let mut counted =
                change.prepare_cached("UPDATE chat SET at = ?2, kind = ?3 WHERE id = ?1 AND kind >= ?4")?;
            let mut same =
                change.prepare_cached("SELECT room = ?2 AND person = ?3 AND text = ?4 FROM chat WHERE id = ?1")?;
            for (nth, row) in rows {
                let room = if let Some(&room) = rooms.get(&row.live) {
                    room
                } else {
                    let room = room_of(&change, row.live)?;
                    rooms.insert(row.live, room);
                    room
                };
                let mut insert = |id: i64| {
                    write.execute(params![id, room, row.person, row.at, row.kind.stored(row.counts), row.text])
                };
                let mut id = row.id.unwrap_or_else(|| own_id(row));
                let mut is_new = insert(id)? == 1;
                if !is_new && !same.query_row(params![id, room, row.person, row.text], |row| row.get(0))? {
                    // A server that gives out its ids twice.
                    id = own_id(row);
                    is_new = insert(id)? == 1;
                }
                if is_new {
                    index.execute(params![id, words_of(&row.text, row.person, room)])?;
                }
                // One that was backlog when it came first counts here, where it was said.
                if is_new || (row.counts && counted.execute(params![id, row.at, row.kind.stored(true), BACKLOG])? == 1)
                {
                    new.push(*nth);
                }
            }
        }
        let committed = change.commit();
        if committed.is_err() {
            rooms.clear();
        }
        *unmeasured += rows.len();
        if *unmeasured >= SOME_LINES {
            (*bytes, *unmeasured) = (size(&name.path), 0);
        }
        committed.map(|()| new)
    }
}

/// Deletes a line, and its words.
pub(super) fn delete_line(change: &Connection, id: i64) -> rusqlite::Result<()> {
    let mut marks = change.prepare_cached("SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'marks_deleted')")?;
    if marks.query_row([], |row| row.get(0))? {
        change.prepare_cached("DELETE FROM chat_words WHERE rowid = ?1")?.execute([id])?;
    } else {
        let mut ask = change.prepare_cached("SELECT text, person, room FROM chat WHERE id = ?1")?;
        let stood: (String, i64, i64) = ask.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut words =
            change.prepare_cached("INSERT INTO chat_words (chat_words, rowid, text) VALUES ('delete', ?1, ?2)")?;
        words.execute(params![id, words_of(&stood.0, stood.1, stood.2)])?;
    }
    change.prepare_cached("DELETE FROM chat WHERE id = ?1")?.execute([id]).map(drop)
}

/// The words of a line: the same when it comes and when it goes.
fn words_of(text: &str, person: i64, room: i64) -> String {
    words::indexed(crate::text::Text::new(text).as_str(), person, room)
}

/// The short number of a live in its file.
fn room_of(change: &Connection, live: LiveKey) -> rusqlite::Result<i64> {
    change.execute("INSERT OR IGNORE INTO room (live) VALUES (?1)", [live])?;
    change.query_row("SELECT ref FROM room WHERE live = ?1", [live], |row| row.get(0))
}

/// An id for a line that has none: negative, and the same whenever the line is read again.
pub(super) fn own_id(row: &LineRow) -> i64 {
    use std::hash::Hasher;
    let mut hasher = siphasher::sip::SipHasher13::new();
    for number in [row.live, row.person, row.id.unwrap_or(row.at), row.kind as i64] {
        hasher.write(&number.to_le_bytes());
    }
    hasher.write(row.text.as_bytes());
    -((hasher.finish() >> 2) as i64) - 1
}

/// Kinds by name, for what is asked for.
pub(super) fn kind_named(name: &str) -> Option<LineKind> {
    LineKind::ALL.into_iter().find(|kind| kind.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a file as the index has them.
    fn found(chat: &Connection, word: &str) -> Vec<i64> {
        let mut ask = chat.prepare("SELECT rowid FROM chat_words WHERE chat_words MATCH ?1 ORDER BY rowid").unwrap();
        ask.query_map([word], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_file_of_an_older_form_is_read_written_and_purged_as_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        for form in 0..=2_usize {
            let file = dir.path().join(format!("{form}.db"));
            if form > 0 {
                let old = Connection::open(&file).unwrap();
                CHAT_FORM.migrations[..form].iter().for_each(|step| old.execute_batch(step).unwrap());
                old.pragma_update(None, "user_version", form as i64).unwrap();
                old.execute("INSERT INTO room VALUES (1, 7)", []).unwrap();
            }
            assert!(form == 0 || CHAT_FORM.open_reader(&file).is_ok(), "read as it is");
            let chat = CHAT_FORM.open_writer(&file, false).unwrap();
            for (id, text) in [(1, "hello there"), (2, "hello \u{65e5}\u{672c}")] {
                chat.execute("INSERT INTO chat VALUES (?1, 1, 5, 0, 0, ?2)", params![id, text]).unwrap();
                let words = words_of(text, 5, 1);
                chat.execute("INSERT INTO chat_words (rowid, text) VALUES (?1, ?2)", params![id, words]).unwrap();
            }
            assert_eq!(found(&chat, "hello"), [1, 2]);
            delete_line(&chat, 2).unwrap();
            assert_eq!(found(&chat, "hello"), [1]);
            assert!(found(&chat, "\"\u{65e5}\"").is_empty());
            assert_eq!(found(&chat, &format!("\"{}\"", words::of_person(5))), [1]);
        }
    }
}
