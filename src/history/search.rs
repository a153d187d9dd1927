//! Search over what was said and given, newest first, page by page.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::Serialize;

use super::batch::{BACKLOG, LineKind};
use super::error::{HistoryError, InFile};
use super::folder::DAY_MS;
use super::line_index::LineIndex;
use super::query::HistoryQuery;
use super::reader::HistoryReader;
use super::words;
use crate::text::Text;

/// People that one part of a name may mean.
const MAX_PEOPLE: usize = 500;
/// Lines that are looked through for each that is wanted where a word only begins, and at most: of a frequent beginning the index would
/// put together all lines before it gave the first.
const NEWEST_FOR_ONE: usize = 12;
const MAX_NEWEST: usize = 4_000;
/// Lives that one part of a host's name may mean.
const MAX_LIVES: usize = 20_000;

/// A line that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FoundLine {
    /// The message's id; negative for our own.
    #[serde(serialize_with = "as_text")]
    pub id: i64,
    /// `chat`, `emote`, `question` or `gift`.
    pub kind: &'static str,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The live, by its room id.
    #[serde(serialize_with = "super::lives::as_text")]
    pub live: u64,
    /// Whose live; the handle without `@`.
    pub room: String,
    /// When the live began, as far as known, in milliseconds since 1970.
    pub live_began: Option<i64>,
    /// Who, by their user id; negative for people without one.
    #[serde(serialize_with = "as_text")]
    pub person: i64,
    /// Their handle, as last seen.
    pub handle: String,
    /// Their name, as last seen.
    pub nickname: String,
    /// What was said, or what was given.
    pub text: String,
    /// Coins of a gift, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coins: Option<u64>,
}

/// A page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FoundPage {
    /// Newest first.
    pub lines: Vec<FoundLine>,
    /// There is more: ask for the next page.
    pub more: bool,
}

/// How far a search is: it looks through file after file, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SearchProgress {
    /// The file that is looked through now, from 1.
    pub file: usize,
    /// How many there are.
    pub files: usize,
    /// The day from which on the file holds lines, in milliseconds since 1970.
    pub back_to: i64,
    /// What was found since it was told last, without that of this file.
    pub lines: Vec<FoundLine>,
}

/// Ids are text in JSON: they are above what its numbers hold.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn as_text<S: serde::Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl FoundLine {
    /// The name to show: the nickname, else the handle, else "someone".
    pub fn name(&self) -> Text {
        let name = [&self.nickname, &self.handle].into_iter().find(|name| !name.is_empty());
        Text::new(name.map_or("someone", String::as_str))
    }
}

/// A line as a chat file has it.
#[derive(Clone)]
pub(super) struct RawLine {
    pub(super) id: i64,
    pub(super) live: i64,
    pub(super) person: i64,
    pub(super) at: i64,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) coins: Option<u64>,
    /// It was backlog when it came, and counted nothing.
    pub(super) was_backlog: bool,
}

/// A part of a query's condition, with its values.
#[derive(Clone, Default)]
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    pub(super) fn add(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    pub(super) fn one_of(&mut self, column: &str, ids: &[i64]) {
        let list: Vec<_> = ids.iter().map(ToString::to_string).collect();
        self.add(&format!("{column} IN ({})", list.join(",")), []);
    }
}

impl HistoryReader {
    /// What fits a query: `limit` lines after the first `skip`, newest first.
    pub fn search(&self, query: &HistoryQuery, skip: usize, limit: usize) -> Result<FoundPage, HistoryError> {
        self.search_with_progress(query, skip, limit, |_| ())
    }

    /// The same; `tell` is called with how far it is before each file is looked through.
    pub fn search_with_progress(
        &self,
        query: &HistoryQuery,
        skip: usize,
        limit: usize,
        mut tell: impl FnMut(SearchProgress),
    ) -> Result<FoundPage, HistoryError> {
        let people = match self.named_people(&query.from)? {
            Some(people) if people.is_empty() => return Ok(FoundPage::default()),
            people => people,
        };
        let lives = match self.lives_of(&query.room)? {
            Some(lives) if lives.is_empty() => return Ok(FoundPage::default()),
            lives => lives,
        };
        let wanted = skip.saturating_add(limit).saturating_add(1);
        // What was given lies in one file, what was said in many: the first is told with the times of the second.
        let mut given = Vec::new();
        if query.has_gifts() {
            given = self.found_gifts(query, people.as_deref(), lives.as_deref(), wanted)?;
        }
        let mut given = given.into_iter().peekable();
        let mut lines = Vec::new();
        if !query.is_of_gifts() {
            let mut left = wanted;
            let (mut file_number, mut told, files) = (0, 0, self.files_of(query));
            for (file, chat) in self.chats() {
                let begun = file.day.saturating_mul(DAY_MS);
                if query.before.is_some_and(|before| begun >= before) {
                    continue;
                }
                if self.is_given_up() {
                    return Err(HistoryError::Interrupted);
                }
                file_number += 1;
                let new = self.named(lines.iter().skip(told).cloned().collect())?;
                told = lines.len();
                tell(SearchProgress { file: file_number, files, back_to: begun, lines: new });
                // A beginning that the newest lines of one file did not show is no frequent one.
                let may_be_frequent = query.is_open && left == wanted;
                let found = found_lines(&chat, query, (people.as_deref(), lives.as_deref()), left, may_be_frequent);
                let found = found.in_file(&file.path)?;
                left = left.saturating_sub(found.len());
                lines.extend(found);
                while let Some(gift) = given.next_if(|gift| gift.at >= begun) {
                    lines.push(gift);
                }
                newest_first(lines.get_mut(told..).unwrap_or_default());
                // All of a later file is newer, but where a capture was read in later.
                if left == 0 || query.since.is_some_and(|since| begun < since) {
                    break;
                }
            }
        }
        lines.extend(given);
        newest_first(&mut lines);
        // A line may lie in two files. Gifts lie in one, and those of streaks have no id of their own.
        lines.dedup_by(|line, other| {
            line.kind != "gift" && (line.id, line.live, line.kind) == (other.id, other.live, other.kind)
        });
        let more = lines.len() >= wanted;
        let lines: Vec<_> = lines.into_iter().skip(skip).take(limit).collect();
        Ok(FoundPage { lines: self.named(lines)?, more })
    }

    /// How many chat files a query has to look through where little fits it.
    fn files_of(&self, query: &HistoryQuery) -> usize {
        let begun = self.folder().chat_files().into_iter().map(|file| file.day.saturating_mul(DAY_MS));
        let (older, newer): (Vec<_>, Vec<_>) = begun
            .filter(|begun| query.before.is_none_or(|before| *begun < before))
            .partition(|begun| query.since.is_some_and(|since| *begun < since));
        newer.len() + older.len().min(1)
    }

    /// People who are meant by names, all of them; nothing where no name is given.
    fn named_people(&self, names: &[String]) -> Result<Option<Vec<i64>>, HistoryError> {
        if names.is_empty() {
            return Ok(None);
        }
        let mut all = Vec::new();
        for name in names {
            all.extend(self.people_called(name, MAX_PEOPLE)?);
        }
        Ok(Some(all))
    }

    /// Lives of hosts who are called so; nothing where no name is given.
    fn lives_of(&self, names: &[String]) -> Result<Option<Vec<i64>>, HistoryError> {
        if names.is_empty() {
            return Ok(None);
        }
        let mut lives = Vec::new();
        for name in names {
            lives.extend(self.lives_called(name)?.into_iter().take(MAX_LIVES));
        }
        Ok(Some(lives))
    }

    /// Adds the names of people and rooms.
    pub(super) fn named(&self, lines: Vec<RawLine>) -> Result<Vec<FoundLine>, HistoryError> {
        let (people, file) = self.people();
        let mut rooms: HashMap<i64, (String, Option<i64>)> = HashMap::new();
        let name = || -> rusqlite::Result<Vec<FoundLine>> {
            let mut person = people.prepare_cached("SELECT handle, nickname FROM person WHERE id = ?1")?;
            let mut live = people
                .prepare_cached("SELECT handle, min(coalesce(started, first_at), first_at) FROM live WHERE id = ?1")?;
            let mut named = Vec::with_capacity(lines.len());
            for RawLine { id, live: room_id, person: who, at, kind, text, coins, .. } in lines {
                let called = person.query_row([who], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                let (handle, nickname) = called.unwrap_or_default();
                let room = if let Some(room) = rooms.get(&room_id) {
                    room.clone()
                } else {
                    let room = live.query_row([room_id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
                    rooms.entry(room_id).or_insert(room.unwrap_or_default()).clone()
                };
                let (room, live_began) = room;
                let live = room_id as u64;
                named.push(FoundLine {
                    id,
                    kind,
                    at,
                    live,
                    room,
                    live_began,
                    person: who,
                    handle,
                    nickname,
                    text,
                    coins,
                });
            }
            Ok(named)
        };
        name().in_file(file)
    }
}

fn found_lines(
    chat: &Connection,
    query: &HistoryQuery,
    (who, lives): (Option<&[i64]>, Option<&[i64]>),
    limit: usize,
    may_be_frequent: bool,
) -> rusqlite::Result<Vec<RawLine>> {
    let mut conditions = Conditions::default();
    let mut matching = Vec::new();
    if !query.matching.is_empty() {
        matching.push(format!("({})", query.matching));
    }
    let is_marked = chat.query_row(
        "SELECT user_version >= 2 AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'unmarked') FROM pragma_user_version",
        [],
        |row| row.get(0),
    )?;
    // So many names in a question are looked for one by one.
    let any_of = |ids: &[i64], word: fn(i64) -> String| {
        let words: Vec<_> = ids.iter().map(|id| format!("\"{}\"", word(*id))).collect();
        (is_marked && ids.len() <= MAX_PEOPLE).then(|| format!("({})", words.join(" OR ")))
    };
    if let Some(who) = who {
        conditions.one_of("c.person", who);
        matching.extend(any_of(who, words::of_person));
    }
    if let Some(lives) = lives {
        let mut rooms = Vec::new();
        let mut ask = chat.prepare_cached("SELECT ref, live FROM room")?;
        let mut rows = ask.query([])?;
        let wanted: std::collections::HashSet<_> = lives.iter().collect();
        while let Some(row) = rows.next()? {
            if wanted.contains(&row.get::<_, i64>(1)?) {
                rooms.push(row.get(0)?);
            }
        }
        conditions.one_of("c.room", &rooms);
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        matching.extend(any_of(&rooms, words::of_room));
    }
    if !query.kinds.is_empty() {
        let kinds: Vec<_> =
            query.kinds.iter().flat_map(|kind| [true, false].map(|counts| kind.stored(counts))).collect();
        conditions.one_of("c.kind", &kinds);
    }
    times(&mut conditions, "c.at", query);
    let columns = "c.id, r.live, c.person, c.at, c.kind, c.text";
    let matching = matching.join(" AND ");
    if may_be_frequent {
        let newest = newest_matching(chat, &matching, limit.saturating_mul(NEWEST_FOR_ONE).min(MAX_NEWEST))?;
        if newest.len() >= limit {
            let mut among = conditions.clone();
            among.one_of("c.id", &newest);
            let sql = format!(
                "SELECT {columns} FROM chat c JOIN room r ON r.ref = c.room WHERE 1{} ORDER BY c.id DESC LIMIT {limit}",
                among.sql
            );
            let mut ask = chat.prepare(&sql)?;
            let found: Vec<_> =
                ask.query_map(params_from_iter(among.values.iter()), raw_line)?.collect::<rusqlite::Result<_>>()?;
            if found.len() >= limit {
                return Ok(found);
            }
        }
    }
    let sql = if matching.is_empty() {
        format!(
            "SELECT {columns} FROM chat c JOIN room r ON r.ref = c.room WHERE 1{} ORDER BY c.id DESC LIMIT {limit}",
            conditions.sql
        )
    } else {
        // In one question: asked for by id it would be a hundred times slower.
        conditions.values.insert(0, Value::from(matching));
        format!(
            "SELECT {columns} FROM chat_words w CROSS JOIN chat c ON c.id = w.rowid CROSS JOIN room r ON r.ref = c.room
             WHERE chat_words MATCH ?{} ORDER BY w.rowid DESC LIMIT {limit}",
            conditions.sql
        )
    };
    let mut ask = chat.prepare(&sql)?;
    ask.query_map(params_from_iter(conditions.values.iter()), raw_line)?.collect()
}

/// Those of the newest lines of a file that fit what the index is asked.
fn newest_matching(chat: &Connection, matching: &str, lines: usize) -> rusqlite::Result<Vec<i64>> {
    let mut ask = chat.prepare_cached("SELECT id, text, person, room FROM chat ORDER BY id DESC LIMIT ?1")?;
    let lines = ask.query_map([lines as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    LineIndex::of(lines.collect::<rusqlite::Result<Vec<_>>>()?)?.matching(matching)
}

fn newest_first(lines: &mut [RawLine]) {
    lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.id)));
}

pub(super) fn times(conditions: &mut Conditions, column: &str, query: &HistoryQuery) {
    if let Some(since) = query.since {
        conditions.add(&format!("{column} >= ?"), [Value::from(since)]);
    }
    if let Some(before) = query.before {
        conditions.add(&format!("{column} < ?"), [Value::from(before)]);
    }
}

pub(super) fn raw_line(row: &rusqlite::Row<'_>) -> rusqlite::Result<RawLine> {
    let kind: i64 = row.get(4)?;
    Ok(RawLine {
        id: row.get(0)?,
        live: row.get(1)?,
        person: row.get(2)?,
        at: row.get(3)?,
        kind: LineKind::of(kind).name(),
        text: row.get(5)?,
        coins: None,
        was_backlog: kind >= BACKLOG,
    })
}
