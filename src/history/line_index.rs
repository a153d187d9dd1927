//! Index of a few lines, in memory: the same words found in the same way as in the index of a file, for lines that are none's or
//! of which the file's would give far too many.

use rusqlite::{Connection, params};

use super::words;

/// An index of lines by their ids.
pub(super) struct LineIndex(Connection);

impl LineIndex {
    /// Makes an index of lines: id, text, person, and the live's short number in the file.
    pub(super) fn of(lines: impl IntoIterator<Item = (i64, String, i64, i64)>) -> rusqlite::Result<Self> {
        let index = Connection::open_in_memory()?;
        index.execute_batch(&format!(
            "CREATE VIRTUAL TABLE chat_words USING fts5 (text, content = '', columnsize = 0, {}); BEGIN",
            words::TOKENIZER
        ))?;
        {
            let mut insert = index.prepare_cached("INSERT INTO chat_words (rowid, text) VALUES (?1, ?2)")?;
            for (id, text, person, room) in lines {
                let text = crate::text::Text::new(&text);
                insert.execute(params![id, words::indexed(text.as_str(), person, room)])?;
            }
        }
        index.execute_batch("COMMIT")?;
        Ok(Self(index))
    }

    /// The ids of the lines that fit, the highest first.
    pub(super) fn matching(&self, query: &str) -> rusqlite::Result<Vec<i64>> {
        let mut ask =
            self.0.prepare_cached("SELECT rowid FROM chat_words WHERE chat_words MATCH ?1 ORDER BY rowid DESC")?;
        ask.query_map([query], |row| row.get(0))?.collect()
    }
}
