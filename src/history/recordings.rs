//! Recordings of lives, wherever they were made: the history knows where the description of each lies.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::error::{HistoryError, InFile};
use super::folder::HistoryFolder;
use super::reader::HistoryReader;
use super::status::beside_a_writer;

/// Keeps where the description of a recording of a live lies, also where another process keeps the history. Whether the live is
/// kept: of others nothing is.
pub fn note_recording(folder: &HistoryFolder, live: u64, description: &Path) -> Result<bool, HistoryError> {
    let (people, file) = beside_a_writer(folder)?;
    let Some(description) = description.to_str() else { return Ok(false) };
    let write = || -> rusqlite::Result<bool> {
        let is_kept = "SELECT EXISTS (SELECT 1 FROM live WHERE id = ?1)";
        if !people.query_row(is_kept, [live as i64], |row| row.get(0))? {
            return Ok(false);
        }
        people.execute("INSERT OR IGNORE INTO recording VALUES (?1, ?2)", params![live as i64, description])?;
        Ok(true)
    };
    write().in_file(&file)
}

impl HistoryReader {
    /// Where the descriptions of recordings of a live lay when they were made.
    pub fn recordings(&self, live: u64) -> Result<Vec<PathBuf>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<PathBuf>> {
            if !has_recordings(people)? {
                return Ok(Vec::new());
            }
            let mut ask = people.prepare_cached("SELECT file FROM recording WHERE live = ?1 ORDER BY file")?;
            ask.query_map([live as i64], |row| Ok(PathBuf::from(row.get::<_, String>(0)?)))?.collect()
        };
        ask().in_file(file)
    }
}

/// A file of an older form, which nobody has written since, knows none.
fn has_recordings(people: &Connection) -> rusqlite::Result<bool> {
    people.pragma_query_value(None, "user_version", |row| Ok(row.get::<_, i64>(0)? >= 3))
}
