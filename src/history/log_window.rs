//! Window of what was said in one live: the lines around a time, or between two.
//!
//! Message ids grow with time, and the files are in their order: a time is found by halving, without an index of its own.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{HistoryError, InFile};
use super::folder::DAY_MS;
use super::reader::HistoryReader;
use super::search::{FoundLine, RawLine, raw_line};

/// Ids that come so much too early or late are looked at too.
const SLACK_MS: i64 = 60_000;
/// A window around a time reaches no further than this: a room in which nobody speaks would have the whole file read.
const FURTHEST_MS: i64 = 2 * 3_600_000;
/// Lines of one millisecond among which one is looked for.
const MAX_AT_ONCE: usize = 200;
/// Days that a chat file may hold beside the one it is called after.
const FILE_DAYS: i64 = 8;

impl HistoryReader {
    /// What was said in a live around a time: so many lines before it and after, oldest first. Where a line of that time is meant, by its
    /// id, it is in the middle: many come in one millisecond.
    pub fn around(&self, live: u64, at: i64, line: Option<i64>, lines: usize) -> Result<Vec<FoundLine>, HistoryError> {
        let more = lines.saturating_add(if line.is_some() { MAX_AT_ONCE } else { 0 });
        let mut found = self.window(live, at.saturating_sub(FURTHEST_MS), at, "DESC", more)?;
        let meant = line.and_then(|id| found.iter().position(|line| line.id == id));
        found.extend(self.window(live, at.saturating_add(1), at.saturating_add(FURTHEST_MS), "ASC", lines)?);
        found.sort_by_key(|line| (line.at, line.id));
        let earlier = found.iter().take_while(|line| line.at <= at).count();
        let window = match meant {
            Some(place) => place.saturating_sub(lines)..found.len().min(place.saturating_add(lines + 1)),
            None => earlier.saturating_sub(lines)..found.len(),
        };
        self.named(found.drain(window).collect())
    }

    /// What was said in a live between two times, both included, at most so much of it, oldest first.
    pub(super) fn said_between(
        &self,
        live: u64,
        from: i64,
        until: i64,
        limit: usize,
    ) -> Result<Vec<RawLine>, HistoryError> {
        let mut found = self.window(live, from, until, "ASC", limit)?;
        found.sort_by_key(|line| (line.at, line.id));
        Ok(found)
    }

    fn window(
        &self,
        live: u64,
        from: i64,
        until: i64,
        order: &str,
        limit: usize,
    ) -> Result<Vec<RawLine>, HistoryError> {
        let mut found = Vec::new();
        for (file, chat) in self.chats() {
            let begun = file.day.saturating_mul(DAY_MS);
            if begun > until || begun.saturating_add(FILE_DAYS * DAY_MS) < from {
                continue;
            }
            found.extend(window_of(&chat, live, (from, until), order, limit).in_file(&file.path)?);
        }
        found.sort_by_key(|line| (line.at, line.id));
        if found.len() > limit {
            let skip = if order == "DESC" { found.len() - limit } else { 0 };
            found = found.into_iter().skip(skip).take(limit).collect();
        }
        Ok(found)
    }
}

fn window_of(
    chat: &Connection,
    live: u64,
    (from, until): (i64, i64),
    order: &str,
    limit: usize,
) -> rusqlite::Result<Vec<RawLine>> {
    let mut ask = chat.prepare_cached("SELECT ref FROM room WHERE live = ?1")?;
    let Some(room) = ask.query_row([live as i64], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(Vec::new());
    };
    let first = id_at(chat, from.saturating_sub(SLACK_MS))?;
    let last = id_at(chat, until.saturating_add(SLACK_MS))?;
    // Lines without an id of the service have a negative one, which says nothing of their time.
    let sql = format!(
        "SELECT * FROM (SELECT c.id, r.live, c.person, c.at, c.kind, c.text FROM chat c CROSS JOIN room r ON r.ref = c.room
          WHERE c.id >= ?1 AND c.id <= ?2 AND c.room = ?3 AND c.at >= ?4 AND c.at <= ?5 ORDER BY c.id {order} LIMIT ?6)
         UNION ALL SELECT * FROM (SELECT c.id, r.live, c.person, c.at, c.kind, c.text FROM chat c CROSS JOIN room r ON r.ref = c.room
          WHERE c.id < 0 AND c.room = ?3 AND c.at >= ?4 AND c.at <= ?5 ORDER BY c.at {order} LIMIT ?6)"
    );
    let mut ask = chat.prepare_cached(&sql)?;
    ask.query_map(params![first, last, room, from, until, limit as i64], raw_line)?.collect()
}

/// The id from which on lines came at this time or later: the first id above all where none did.
fn id_at(chat: &Connection, at: i64) -> rusqlite::Result<i64> {
    let bounds = |sql: &str| -> rusqlite::Result<Option<i64>> {
        chat.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()
    };
    let low = bounds("SELECT id FROM chat WHERE id >= 0 ORDER BY id LIMIT 1")?;
    let high = bounds("SELECT id FROM chat WHERE id >= 0 ORDER BY id DESC LIMIT 1")?;
    let (Some(mut low), Some(high)) = (low, high) else { return Ok(i64::MAX) };
    let mut high = high.saturating_add(1);
    let mut next = chat.prepare_cached("SELECT id, at FROM chat WHERE id >= ?1 ORDER BY id LIMIT 1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> = next.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            Some((id, then)) if then < at => low = id.saturating_add(1),
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}
