//! Files of what was said: their form, and which one a line goes into.

use std::collections::{HashMap, HashSet};
use std::path::Path;

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
/// Lines of a live that are remembered from before this run.
const MAX_KEPT: i64 = 50_000;

/// The form of a chat file. The text index keeps no text of its own; a line is found in it by its words, by whose it is and by its
/// live, so that no other index has to be kept up. Lines of the first form have no such words.
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
    ],
    page_bytes: 8_192,
    log_pages: 1_000,
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
        Self { days: (days as i64 / 4).clamp(1, MAX_DAYS), bytes: (bytes / 8).max(1 << 20) }
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

    /// Writes lines, each into its file. All of a file or nothing.
    pub(super) fn write(&mut self, lines: &[LineRow]) -> Result<(), HistoryError> {
        let mut by_file: Vec<(ChatFileName, Vec<&LineRow>)> = Vec::new();
        let names = if lines.is_empty() { Vec::new() } else { self.folder.chat_files() };
        for line in lines {
            let name = self.file_of(&names, line.at);
            match by_file.iter_mut().find(|(other, _)| *other == name) {
                Some((_, rows)) => rows.push(line),
                None => by_file.push((name, vec![line])),
            }
        }
        for (name, mut rows) in by_file {
            // In the order of the table, so that pages are filled one after the other.
            rows.sort_by_key(|line| line.id);
            let file = self.opened(&name)?;
            file.write(&rows).in_file(&name.path)?;
        }
        Ok(())
    }

    /// The ids of the last lines of a live that were kept until a time.
    pub(super) fn kept_lines(&mut self, live: LiveKey, until: i64) -> Result<HashSet<i64>, HistoryError> {
        let mut kept = HashSet::new();
        for name in self.folder.chat_files().iter().rev().take(2) {
            let file = self.opened(name)?;
            let mut ask = || -> rusqlite::Result<()> {
                let mut ask = file.connection.prepare_cached(
                    "SELECT id FROM chat WHERE room = (SELECT ref FROM room WHERE live = ?1) AND at <= ?2 AND kind < ?4
                     ORDER BY id DESC LIMIT ?3",
                )?;
                let mut rows = ask.query(params![live, until, MAX_KEPT, BACKLOG])?;
                while let Some(row) = rows.next()? {
                    kept.insert(row.get(0)?);
                }
                Ok(())
            };
            ask().in_file(&name.path)?;
        }
        Ok(kept)
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
                rooms: HashMap::new(),
                bytes: size(&name.path),
                unmeasured: 0,
            });
        }
        let last = self.open.len() - 1;
        Ok(&mut self.open[last])
    }
}

impl OpenFile {
    fn write(&mut self, rows: &[&LineRow]) -> rusqlite::Result<()> {
        let Self { name, connection, rooms, bytes, unmeasured } = self;
        let change = connection.transaction()?;
        {
            let mut write = change.prepare_cached("INSERT OR IGNORE INTO chat VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
            let mut index = change.prepare_cached("INSERT INTO chat_words (rowid, text) VALUES (?1, ?2)")?;
            let mut counted =
                change.prepare_cached("UPDATE chat SET at = ?2, kind = ?3 WHERE id = ?1 AND kind >= ?4")?;
            let mut same =
                change.prepare_cached("SELECT room = ?2 AND person = ?3 AND text = ?4 FROM chat WHERE id = ?1")?;
            for row in rows {
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
                if !is_new && row.counts {
                    // It was backlog when it came first, and here is when it was said.
                    counted.execute(params![id, row.at, row.kind.stored(true), BACKLOG])?;
                }
                if is_new {
                    let text = crate::text::Text::new(&row.text);
                    index.execute(params![id, words::indexed(text.as_str(), row.person, room)])?;
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
        committed
    }
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
