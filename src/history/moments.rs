//! Moments: places of a live worth finding again, set by hand or found by themselves.

use rusqlite::params;
use serde::Serialize;

use super::batch::{MomentMade, RowBatch};
use super::error::{HistoryError, InFile};
use super::reader::HistoryReader;
use crate::clock::Timestamp;
use crate::events::{EventKind, RoomEvent};
use crate::text::clip;

/// A keyword marks itself once in this time.
const CALM_MS: i64 = 60_000;
/// Columns of a note.
const WIDEST: usize = 120;

/// A moment as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MomentRow {
    /// Its number.
    pub id: i64,
    /// The live, by its room id.
    #[serde(serialize_with = "super::lives::as_text")]
    pub live: u64,
    /// Whose live; the handle without `@`.
    pub room: String,
    /// When the live began, as far as known, in milliseconds since 1970.
    pub live_began: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who set it: `hand`, `chat`, `gifts`, `viewers`, `battle`, `keyword`, `gap`.
    pub by: String,
    /// What it is.
    pub note: String,
}

/// Finder of words that the user wants to hear of.
#[derive(Debug, Default)]
pub(super) struct KeywordFinder {
    /// When one was found last.
    last: Option<i64>,
}

impl KeywordFinder {
    /// The note for a comment with one of the words, once a minute. The words are in lower case.
    pub(super) fn find(&mut self, event: &RoomEvent, words: &[String]) -> Option<String> {
        let EventKind::Chat(chat) = &event.kind else { return None };
        if words.is_empty() || event.history {
            return None;
        }
        let (at, text) = (event.at.wall.0, chat.text.as_str());
        // A clock that jumped back knows no calm.
        if self.last.is_some_and(|last| at >= last && at.saturating_sub(last) < CALM_MS) {
            return None;
        }
        let lower = text.to_lowercase();
        let word = words.iter().find(|word| lower.contains(*word))?;
        self.last = Some(at);
        Some(format!("\"{word}\": {}: {text}", chat.from.name()))
    }
}

impl MomentMade {
    /// One that somebody set.
    pub(super) fn by_hand(live: u64, at: Timestamp, note: &str) -> Self {
        let note = if note.trim().is_empty() { "marked" } else { note.trim() };
        let note = clip(note, WIDEST).into_owned();
        Self { live: live as i64, at: at.0, person: None, by: "hand", note }
    }

    /// Writes it, unless it is there.
    pub(super) fn write(&self, people: &rusqlite::Connection) -> rusqlite::Result<()> {
        let mut write = people.prepare_cached("INSERT OR IGNORE INTO moment VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")?;
        write.execute(params![self.live, self.at, self.person, self.by, self.note]).map(drop)
    }
}

/// Keeps a moment.
pub(super) fn mark(mut moment: MomentMade, batch: &mut RowBatch) {
    moment.note = clip(&moment.note, WIDEST).into_owned();
    batch.rows += 1;
    batch.moments.push(moment);
}

impl HistoryReader {
    /// The moments of a live, or of all, newest first.
    pub fn moments(&self, live: Option<u64>, limit: usize) -> Result<Vec<MomentRow>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<MomentRow>> {
            let mut ask = people.prepare_cached(
                "SELECT m.id, m.live, m.at, m.made_by, m.note, coalesce(l.handle, ''),
                 min(coalesce(l.started, l.first_at, m.at), coalesce(l.first_at, m.at))
                 FROM moment m LEFT JOIN live l ON l.id = m.live
                 WHERE ?1 IS NULL OR m.live = ?1 ORDER BY m.at DESC, m.id DESC LIMIT ?2",
            )?;
            let rows = ask.query_map(params![live.map(|live| live as i64), limit as i64], |row| {
                let live: i64 = row.get(1)?;
                Ok(MomentRow {
                    id: row.get(0)?,
                    live: live as u64,
                    at: row.get(2)?,
                    by: row.get(3)?,
                    note: row.get(4)?,
                    room: row.get(5)?,
                    live_began: row.get(6)?,
                })
            })?;
            rows.collect()
        };
        ask().in_file(file)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Moment;
    use crate::events::{Chat, Viewer};

    #[test]
    fn a_keyword_is_found_once_a_minute_with_its_words() {
        let mut keywords = KeywordFinder::default();
        let mut find = |at, text: &str| {
            let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
            let chat = Chat { from, text: text.into(), emotes: vec![], to: None, language: "en".into() };
            let event = RoomEvent::new(Moment { mono: 0, wall: Timestamp(at) }, EventKind::Chat(chat));
            keywords.find(&event, &["giveaway".to_owned()])
        };
        assert_eq!(find(0, "calm"), None);
        assert_eq!(find(1_000, "a GIVEAWAY now").as_deref(), Some("\"giveaway\": Mia: a GIVEAWAY now"));
        assert_eq!((find(2_000, "giveaway"), find(62_000, "giveaway").is_some()), (None, true));
    }
}
