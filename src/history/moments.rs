//! Moments: places of a live worth finding again, set by hand or found by themselves.

use std::collections::VecDeque;

use rusqlite::params;
use serde::Serialize;

use super::batch::{LiveKey, MomentMade, RowBatch};
use super::deriver::person_key;
use super::error::{HistoryError, InFile};
use super::reader::HistoryReader;
use super::recorder::HistoryOptions;
use crate::events::{EventKind, RoomEvent};
use crate::room::{Stats, Tally};
use crate::text::clip;

/// What happens is summed up over this time.
const CELL_MS: i64 = 10_000;
/// And compared with this many cells before.
const CELLS: usize = 12;
/// A spike of chat: so many comments in a cell, and so many times the usual.
const CHATS: u64 = 25;
/// A spike of gifts: so many coins in a cell, and so many times the usual.
const COINS: u64 = 1_000;
const TIMES: u64 = 4;
/// A spike of viewers: so many more, and by so many hundredths, than two minutes ago.
const VIEWERS: u64 = 50;
const VIEWERS_PERCENT: u64 = 150;
/// One kind of moment marks itself once in this time.
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
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who set it: `hand`, `chat`, `gifts`, `viewers`, `battle`, `keyword`.
    pub by: String,
    /// What it is.
    pub note: String,
}

/// Sums of a time.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    chats: u64,
    coins: u64,
    viewers: u64,
}

/// Finder of moments in one live.
#[derive(Debug, Default)]
pub(super) struct SpikeFinder {
    cells: VecDeque<Cell>,
    /// The cell that is being filled.
    now: Option<i64>,
    /// When each kind marked itself last.
    calm: [i64; 4],
}

impl SpikeFinder {
    /// Looks at what happened, and marks what stands out.
    pub(super) fn look(
        &mut self,
        live: LiveKey,
        event: &RoomEvent,
        tally: Option<&Tally>,
        stats: &Stats,
        options: &HistoryOptions,
        batch: &mut RowBatch,
    ) {
        if event.history || !event.kind.is_from_service() {
            return;
        }
        let at = event.at.wall.0;
        self.turn(at.div_euclid(CELL_MS));
        let Some(cell) = self.cells.back_mut() else { return };
        cell.viewers = stats.watching.map_or(cell.viewers, |(watching, _)| watching);
        let mut keyword = None;
        if let EventKind::Chat(chat) = &event.kind {
            cell.chats += 1;
            let text = chat.text.as_str();
            let lower = (!options.highlights.is_empty()).then(|| text.to_lowercase());
            let found = options.highlights.iter().find(|word| lower.as_ref().is_some_and(|text| text.contains(*word)));
            keyword = found.map(|word| format!("\"{word}\": {}: {text}", chat.from.name()));
        }
        let given = tally.and_then(|tally| tally.diamonds).unwrap_or(0);
        cell.coins += given;
        let cell = *cell;
        let before = self.cells.len().saturating_sub(1) as u64;
        let usual = |of: fn(&Cell) -> u64| self.cells.iter().rev().skip(1).map(of).sum::<u64>() / before.max(1);
        let (chats, coins) = (usual(|cell| cell.chats), usual(|cell| cell.coins));
        let long_ago = self.cells.front().map_or(0, |cell| cell.viewers);
        // In the first seconds nothing is usual.
        let known = before >= 3;
        let found = [
            (known && cell.chats >= CHATS && cell.chats >= TIMES * chats)
                .then(|| format!("{} comments in 10 s", cell.chats)),
            (given > 0 && cell.coins >= COINS && cell.coins >= TIMES * coins)
                .then(|| format!("{} coins in 10 s, {} by {}", cell.coins, given, giver(event))),
            (known
                && cell.viewers >= long_ago + VIEWERS
                && cell.viewers * 100 >= long_ago * VIEWERS_PERCENT
                && long_ago > 0)
                .then(|| format!("{} viewers, from {long_ago}", cell.viewers)),
            keyword,
        ];
        for (nth, (found, by)) in found.into_iter().zip(["chat", "gifts", "viewers", "keyword"]).enumerate() {
            let Some(note) = found else { continue };
            if self.calm.get(nth).is_some_and(|&last| at.saturating_sub(last) >= CALM_MS) {
                self.calm[nth] = at;
                let person = event.kind.person().and_then(person_key).filter(|_| matches!(by, "gifts" | "keyword"));
                mark(MomentMade { live, at, person, by, note }, batch);
            }
        }
    }

    fn turn(&mut self, cell: i64) {
        let from = *self.now.get_or_insert(cell);
        if self.cells.is_empty() {
            self.cells.push_back(Cell::default());
        }
        // A clock that jumps back, or far ahead, begins anew.
        if cell < from || cell - from > CELLS as i64 {
            self.cells.clear();
            self.cells.push_back(Cell::default());
        } else {
            for _ in from..cell {
                let viewers = self.cells.back().map_or(0, |cell| cell.viewers);
                self.cells.push_back(Cell { viewers, ..Cell::default() });
            }
        }
        while self.cells.len() > CELLS + 1 {
            self.cells.pop_front();
        }
        self.now = Some(cell);
    }
}

/// Keeps a moment.
pub(super) fn mark(mut moment: MomentMade, batch: &mut RowBatch) {
    moment.note = clip(&moment.note, WIDEST).into_owned();
    batch.rows += 1;
    batch.moments.push(moment);
}

fn giver(event: &RoomEvent) -> &str {
    event.kind.person().map_or("somebody", crate::events::Viewer::name)
}

impl HistoryReader {
    /// The moments of a live, or of all, newest first.
    pub fn moments(&self, live: Option<u64>, limit: usize) -> Result<Vec<MomentRow>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<MomentRow>> {
            let mut ask = people.prepare_cached(
                "SELECT id, live, at, made_by, note FROM moment WHERE ?1 IS NULL OR live = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
            )?;
            let rows = ask.query_map(params![live.map(|live| live as i64), limit as i64], |row| {
                let live: i64 = row.get(1)?;
                Ok(MomentRow {
                    id: row.get(0)?,
                    live: live as u64,
                    at: row.get(2)?,
                    by: row.get(3)?,
                    note: row.get(4)?,
                })
            })?;
            rows.collect()
        };
        ask().in_file(file)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::clock::{Moment, Timestamp};
    use crate::events::{Chat, Viewer};

    fn chat(at: i64, text: &str) -> RoomEvent {
        let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
        let chat = Chat { from, text: text.into(), emotes: vec![], to: None, language: "en".into() };
        RoomEvent::new(Moment { mono: at as u64, wall: Timestamp(at) }, EventKind::Chat(chat))
    }

    #[test]
    fn a_crowd_of_comments_marks_itself_once_and_a_keyword_with_its_words() {
        let options = HistoryOptions { highlights: vec!["giveaway".into()], ..HistoryOptions::default() };
        let (mut spikes, mut batch) = (SpikeFinder::default(), RowBatch::default());
        let mut look = |at, text: &str| {
            spikes.look(7, &chat(at, text), None, &Stats::default(), &options, &mut batch);
        };
        (0..60).for_each(|second| look(1_000_000 + second * 1_000, "calm"));
        (0..100).for_each(|nth| look(1_061_000 + nth * 50, "wow"));
        look(1_070_000, "a GIVEAWAY now");
        let by: Vec<_> = batch.moments.iter().map(|moment| moment.by).collect();
        assert_eq!(by, ["chat", "keyword"], "{:?}", batch.moments);
        assert!(batch.moments[1].note.contains("Mia: a GIVEAWAY now"));
        assert_eq!(by.into_iter().collect::<BTreeSet<_>>().len(), 2);
    }
}
