//! Gifts that fit a query, newest first.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::error::{HistoryError, InFile};
use super::line_index::LineIndex;
use super::names::{AskedName, folded};
use super::query::HistoryQuery;
use super::reader::HistoryReader;
use super::search::{Conditions, RawLine, times};

/// So many kinds of gifts are asked for one after the other, each from its newest on. Of more of them one is never far.
const FEW_KINDS: usize = 32;

const COLUMNS: &str = "g.message, g.live, g.person, g.at, k.name, g.units, g.coins";

impl HistoryReader {
    pub(super) fn found_gifts(
        &self,
        query: &HistoryQuery,
        who: Option<&[i64]>,
        lives: Option<&[i64]>,
        limit: usize,
    ) -> Result<Vec<RawLine>, HistoryError> {
        let kinds = self.fitting_kinds(query)?;
        if kinds.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let mut conditions = Conditions::default();
        if let Some(coins) = query.gift_above {
            conditions.add("g.coins > ?", [Value::from(coins.min(i64::MAX as u64) as i64)]);
        }
        times(&mut conditions, "g.at", query);
        // The sign before a column keeps SQLite from an index in which it would have to sort all that fits.
        let per_kind = match (&kinds, who) {
            (Some(kinds), None) if kinds.len() <= FEW_KINDS => kinds.as_slice(),
            _ => &[],
        };
        if let Some(who) = who {
            conditions.one_of("g.person", who);
        }
        match lives {
            Some(lives) if per_kind.is_empty() => conditions.one_of("g.live", lives),
            Some(lives) => {
                // Of lives that are long past the newest gifts are none.
                conditions.add("g.at BETWEEN ? AND ?", self.times_of(lives)?.map(Value::from));
                conditions.one_of("+g.live", lives);
            }
            None => {}
        }
        if let Some(kinds) = kinds.as_ref().filter(|_| per_kind.is_empty()) {
            conditions.one_of("+g.gift", kinds);
        }
        let of_kind = if per_kind.is_empty() { "1" } else { "g.gift = ?" };
        // Names are looked up for what is given back alone.
        let sql = format!(
            "SELECT {COLUMNS} FROM (SELECT * FROM gift g WHERE {of_kind}{} ORDER BY g.at DESC LIMIT {limit}) g
             LEFT JOIN gift_kind k ON k.id = g.gift ORDER BY g.at DESC",
            conditions.sql
        );
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<RawLine>> {
            let mut ask = people.prepare(&sql)?;
            let mut found = Vec::new();
            let rounds: Vec<_> =
                if per_kind.is_empty() { vec![None] } else { per_kind.iter().copied().map(Some).collect() };
            for kind in rounds {
                let values = kind.map(Value::from).into_iter().chain(conditions.values.iter().cloned());
                let rows = ask.query_map(params_from_iter(values), raw_gift)?;
                rows.into_iter().try_for_each(|row| row.map(|row| found.push(row)))?;
            }
            Ok(found)
        };
        let mut found = ask().in_file(file)?;
        found.sort_by_key(|gift| std::cmp::Reverse((gift.at, gift.id)));
        found.truncate(limit);
        Ok(found)
    }

    /// When the first of these lives began to be seen, and when the last one was seen last.
    fn times_of(&self, lives: &[i64]) -> Result<[i64; 2], HistoryError> {
        let mut among = Conditions::default();
        among.one_of("id", lives);
        let (people, file) = self.people();
        let sql =
            format!("SELECT coalesce(min(first_at), 0), coalesce(max(last_at), 0) FROM live WHERE 1{}", among.sql);
        people.query_row(&sql, [], |row| Ok([row.get(0)?, row.get(1)?])).in_file(file)
    }

    /// The kinds of gifts whose names fit the words of a query; nothing where it has none. Where gifts alone are looked for a part of a
    /// name is enough; beside what was said they are found by the same words as that.
    fn fitting_kinds(&self, query: &HistoryQuery) -> Result<Option<Vec<i64>>, HistoryError> {
        if query.words.is_empty() && query.unwanted.is_empty() {
            return Ok(None);
        }
        let (people, file) = self.people();
        let asked = |words: &[String]| words.iter().map(|word| AskedName::new(word)).collect::<Vec<_>>();
        let unwanted = asked(&query.unwanted);
        let wanted = if query.gifts { asked(&query.words) } else { Vec::new() };
        // The index is made of those names alone that can fit.
        let runs: Vec<_> = query.words.iter().flat_map(|word| word.split(|c: char| !c.is_alphanumeric())).collect();
        let runs: Vec<_> = runs.into_iter().map(|run| folded(run).into_owned()).collect();
        let ask = || -> rusqlite::Result<Vec<i64>> {
            let mut ask = people.prepare_cached("SELECT id, name FROM gift_kind")?;
            let (mut rows, mut fitting, mut lines) = (ask.query([])?, Vec::new(), Vec::new());
            while let Some(row) = rows.next()? {
                let (id, name): (i64, &str) = (row.get(0)?, row.get_ref(1)?.as_str()?);
                if query.gifts {
                    if wanted.iter().all(|word| word.is_in(name)) && !unwanted.iter().any(|word| word.is_in(name)) {
                        fitting.push(id);
                    }
                } else if runs.iter().all(|run| folded(name).contains(run.as_str())) {
                    lines.push((id, name.to_owned(), 0, 0));
                }
            }
            if !lines.is_empty() {
                fitting = LineIndex::of(lines)?.matching(&query.matching)?;
            }
            Ok(fitting)
        };
        ask().in_file(file).map(Some)
    }
}

fn raw_gift(row: &Row<'_>) -> rusqlite::Result<RawLine> {
    let (name, units): (Option<String>, i64) = (row.get(4)?, row.get(5)?);
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "gift".to_owned());
    Ok(RawLine {
        id: row.get(0)?,
        live: row.get(1)?,
        person: row.get(2)?,
        at: row.get(3)?,
        kind: "gift",
        text: format!("{name} × {units}"),
        coins: row.get::<_, Option<i64>>(6)?.map(|coins| coins as u64),
        was_backlog: false,
    })
}
