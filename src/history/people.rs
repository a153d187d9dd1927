//! People of the history: lists of them, and all that is known of one.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::batch::flags;
use super::error::{HistoryError, InFile};
use super::names::AskedName;
use super::people_file::days_away;
use super::query::HistoryQuery;
use super::reader::HistoryReader;
use super::recorder::HistoryNews;
use super::search::FoundLine;

/// Lines of a person on their card.
const SAID: usize = 50;
/// Hosts on a card.
const HOSTS: i64 = 100;

/// A person in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PersonRow {
    /// Their user id; negative for people without one.
    #[serde(serialize_with = "as_text")]
    pub id: i64,
    /// Their handle, as last seen, without `@`.
    pub handle: String,
    /// Their name, as last seen.
    pub nickname: String,
    /// When we first saw them, in milliseconds since 1970.
    pub first_seen: i64,
    /// When we last saw them.
    pub last_seen: i64,
    /// Lives they were seen in.
    pub lives: u64,
    /// Comments.
    pub chats: u64,
    /// Gift units.
    pub gifts: u64,
    /// Coins of those whose price is known.
    pub coins: u64,
    /// Units whose price is not known.
    pub unpriced: u64,
    /// Your note.
    pub note: Option<String>,
    /// Your tag.
    pub tag: Option<String>,
}

/// What a person did with one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PersonHere {
    /// The host's handle, without `@`.
    pub room: String,
    /// Lives of theirs.
    pub lives: u64,
    /// Comments.
    pub chats: u64,
    /// Gift units.
    pub gifts: u64,
    /// Coins of those whose price is known.
    pub coins: u64,
    /// When they were last seen here.
    pub last_at: i64,
    /// A moderator when last seen.
    pub moderator: bool,
    /// A subscriber when last seen.
    pub subscriber: bool,
    /// A follower when last seen.
    pub follower: bool,
}

/// A handle that somebody had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PastHandle {
    /// Without `@`.
    pub handle: String,
    /// When it was last known to be theirs, in milliseconds since 1970.
    pub until: i64,
}

/// All that is known of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct KnownPerson {
    /// Who, with the sums over all lives.
    pub person: PersonRow,
    /// Handles they had before, the last one first.
    pub past: Vec<PastHandle>,
    /// By host, whom they gave most first.
    pub here: Vec<PersonHere>,
    /// What they said last, newest first.
    pub said: Vec<FoundLine>,
}

/// In which order people are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonSort {
    /// Seen last first.
    #[default]
    Seen,
    /// Who gave most first.
    Coins,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn as_text<S: serde::Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl PersonRow {
    /// The name to show: the nickname, else the handle, else "someone".
    pub fn name(&self) -> &str {
        [&self.nickname, &self.handle].into_iter().find(|name| !name.is_empty()).map_or("someone", String::as_str)
    }
}

/// A person's own row is not touched with each line of theirs: when they were last seen stands in their lives too.
const PERSON: &str = "p.id, p.handle, p.nickname, p.first_seen,
    max(p.last_seen, coalesce((SELECT max(last_at) FROM person_live WHERE person = p.id), 0)) AS last_seen, p.note, p.tag";

fn person_row(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    let count = |name: &str| row.get::<_, Option<i64>>(name).map(|count| count.unwrap_or(0) as u64);
    Ok(PersonRow {
        id: row.get("id")?,
        handle: row.get("handle")?,
        nickname: row.get("nickname")?,
        first_seen: row.get("first_seen")?,
        last_seen: row.get("last_seen")?,
        lives: count("lives")?,
        chats: count("chats")?,
        gifts: count("gifts")?,
        coins: count("coins")?,
        unpriced: count("unpriced")?,
        note: row.get("note")?,
        tag: row.get("tag")?,
    })
}

impl HistoryReader {
    /// People, with their sums over all lives.
    pub fn list_people(&self, sort: PersonSort, limit: usize) -> Result<Vec<PersonRow>, HistoryError> {
        let (people, file) = self.people();
        let sums = "count(*) AS lives, sum(chats) AS chats, sum(gifts) AS gifts, sum(coins) AS coins, sum(unpriced) AS unpriced";
        let sql = match sort {
            PersonSort::Coins => format!(
                "SELECT {PERSON}, s.* FROM (SELECT person, {sums} FROM person_live GROUP BY person HAVING sum(gifts) > 0
                 ORDER BY sum(coins) DESC, sum(gifts) DESC LIMIT ?1) s JOIN person p ON p.id = s.person
                 ORDER BY s.coins DESC, s.gifts DESC"
            ),
            PersonSort::Seen => format!(
                "SELECT {PERSON}, {sums} FROM (SELECT * FROM person ORDER BY last_seen DESC LIMIT ?1) p
                 JOIN person_live l ON l.person = p.id GROUP BY p.id ORDER BY 5 DESC"
            ),
        };
        let ask = || -> rusqlite::Result<Vec<PersonRow>> {
            let mut ask = people.prepare_cached(&sql)?;
            ask.query_map([limit as i64], person_row)?.collect()
        };
        ask().in_file(file)
    }

    /// People who are called so: by handle, now or once, by user id, or else by a part of the name. Seen last first.
    pub fn people_called(&self, name: &str, limit: usize) -> Result<Vec<i64>, HistoryError> {
        let (people, file) = self.people();
        let name = name.trim().trim_start_matches('@').to_lowercase();
        let exact = || -> rusqlite::Result<Vec<i64>> {
            let mut ask = people.prepare_cached(
                "SELECT id FROM person WHERE handle = ?1 UNION SELECT person FROM handle_past WHERE handle = ?1
                 UNION SELECT id FROM person WHERE id = CAST(?1 AS INTEGER) AND CAST(id AS TEXT) = ?1 LIMIT ?2",
            )?;
            ask.query_map(params![name, limit as i64], |row| row.get(0))?.collect()
        };
        let found = exact().in_file(file)?;
        if !found.is_empty() {
            return Ok(found);
        }
        // SQLite folds ASCII alone.
        let near = || -> rusqlite::Result<Vec<(i64, i64)>> {
            let asked = AskedName::new(&name);
            let mut ask = people.prepare_cached("SELECT handle, nickname, last_seen, id FROM person")?;
            let (mut rows, mut found) = (ask.query([])?, Vec::new());
            while let Some(row) = rows.next()? {
                let is_in = |at| -> rusqlite::Result<bool> { Ok(asked.is_in(row.get_ref(at)?.as_str()?)) };
                if is_in(0)? || is_in(1)? {
                    found.push((row.get(2)?, row.get(3)?));
                }
            }
            Ok(found)
        };
        let mut found = near().in_file(file)?;
        found.sort_unstable_by_key(|(seen, id)| (std::cmp::Reverse(*seen), *id));
        Ok(found.into_iter().map(|(_, id)| id).take(limit).collect())
    }

    /// A person in one row.
    pub fn person(&self, id: i64) -> Result<Option<PersonRow>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Option<PersonRow>> {
            let sql = format!(
                "SELECT {PERSON}, s.* FROM person p JOIN (SELECT count(*) AS lives, sum(chats) AS chats, sum(gifts) AS gifts,
                 sum(coins) AS coins, sum(unpriced) AS unpriced FROM person_live WHERE person = ?1) s WHERE p.id = ?1"
            );
            people.prepare_cached(&sql)?.query_row([id], person_row).optional()
        };
        ask().in_file(file)
    }

    /// What was known of a person when they spoke in a live at a time, in milliseconds since 1970: of lives that began to be seen
    /// before it, without this one.
    pub fn newcomer(&self, live: u64, person: u64, at: i64) -> Result<HistoryNews, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<HistoryNews> {
            let mut before = people.prepare_cached(
                "SELECT max(last_at), count(*), coalesce(sum(coins), 0) FROM person_live
                 WHERE person = ?1 AND live <> ?2 AND first_at < ?3",
            )?;
            let (last, lives, coins): (Option<i64>, i64, i64) = before
                .query_row(params![person as i64, live as i64, at], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
            let mut mark = people.prepare_cached("SELECT note IS NOT NULL, tag FROM person WHERE id = ?1")?;
            let marked = mark.query_row([person as i64], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let (has_note, tag) = marked.unwrap_or_default();
            let (lives_before, coins_before) = (lives as u64, coins as u64);
            let away_days = last.and_then(|last| days_away(last, at));
            Ok(HistoryNews { live, person, lives_before, coins_before, away_days, has_note, tag })
        };
        ask().in_file(file)
    }

    /// All that is known of a person; nothing where they were never seen.
    pub fn person_card(&self, id: i64) -> Result<Option<KnownPerson>, HistoryError> {
        let Some(person) = self.person(id)? else { return Ok(None) };
        let (people, file) = self.people();
        let past = || -> rusqlite::Result<Vec<PastHandle>> {
            let mut ask = people.prepare_cached(
                "SELECT handle, to_at FROM handle_past WHERE person = ?1 ORDER BY to_at DESC LIMIT 50",
            )?;
            ask.query_map([id], |row| Ok(PastHandle { handle: row.get(0)?, until: row.get(1)? }))?.collect()
        };
        let here = || -> rusqlite::Result<Vec<PersonHere>> {
            // The flags are those of the row that was seen last: SQLite takes the others of max() from its row.
            let mut ask = people.prepare_cached(
                "SELECT l.handle, count(*), sum(p.chats), sum(p.gifts), sum(p.coins), max(p.last_at), p.flags
                 FROM person_live p JOIN live l ON l.id = p.live WHERE p.person = ?1
                 GROUP BY coalesce(l.host, l.handle) ORDER BY sum(p.coins) DESC, count(*) DESC, max(p.last_at) DESC LIMIT ?2",
            )?;
            let rows = ask.query_map(params![id, HOSTS], |row| {
                let count = |at: usize| row.get::<_, i64>(at).map(|count| count as u64);
                let is: u8 = row.get::<_, i64>(6)? as u8;
                Ok(PersonHere {
                    room: row.get(0)?,
                    lives: count(1)?,
                    chats: count(2)?,
                    gifts: count(3)?,
                    coins: count(4)?,
                    last_at: row.get(5)?,
                    moderator: is & flags::MODERATOR != 0,
                    subscriber: is & flags::SUBSCRIBER != 0,
                    follower: is & flags::FOLLOWER != 0,
                })
            })?;
            rows.collect()
        };
        let (past, here) = (past().in_file(file)?, here().in_file(file)?);
        let said = self.said_by(id, SAID)?;
        Ok(Some(KnownPerson { person, past, here, said }))
    }

    /// What a person said last, newest first.
    pub fn said_by(&self, id: i64, limit: usize) -> Result<Vec<FoundLine>, HistoryError> {
        let query = HistoryQuery { from: vec![id.to_string()], ..HistoryQuery::default() };
        Ok(self.search(&query, 0, limit)?.lines)
    }
}
