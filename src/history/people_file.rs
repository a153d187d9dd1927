//! File of people, lives, gifts, battles and minutes: its form, and the writing of a batch into it.

use std::path::{Path, PathBuf};

use foldhash::{HashMap, HashSet};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, params};

use super::attendance::{self, AttendanceMap};
use super::batch::{GiftKey, GiftRow, LiveKey, LiveNews, PersonNumber, PersonSeen, RowBatch};
use super::error::{HistoryError, InFile};
use super::recorder::HistoryNews;
use super::sqlite::{FileForm, stored};

/// Streaks that this process wrote and remembers.
const MAX_STREAKS: usize = 100_000;
/// People whose names are remembered, by their hash.
const MAX_KNOWN: usize = 220_000;
/// People of a live of whom the screen heard already.
const MAX_TOLD: usize = 500_000;
/// Batches, and rows, that may stand in the log of the file alone.
const MAX_UNFOLDED: usize = 20;
const MAX_LOGGED: usize = 50_000;
/// So few rows are added up at once.
const FEW_ROWS: usize = 64;
/// A person's row is not written again for so long, though they were seen: their lives say when.
const TOUCH_MS: i64 = 600_000;
/// Somebody who was away for so long is back.
const AWAY_MS: i64 = 86_400_000;

/// The form of the file. A form that was published never changes: a new one is one more step.
pub(super) const PEOPLE_FORM: FileForm = FileForm {
    migrations: &["
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE person (
            id INTEGER PRIMARY KEY, handle TEXT NOT NULL, nickname TEXT NOT NULL,
            first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, note TEXT, tag TEXT);
        CREATE INDEX person_handle ON person (handle);
        CREATE TABLE handle_past (
            person INTEGER NOT NULL, handle TEXT NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
            PRIMARY KEY (person, handle)) WITHOUT ROWID;
        CREATE INDEX handle_past_handle ON handle_past (handle);
        CREATE TABLE live (
            id INTEGER PRIMARY KEY, host INTEGER, handle TEXT NOT NULL, nickname TEXT NOT NULL, title TEXT NOT NULL,
            started INTEGER, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, ended INTEGER,
            peak INTEGER NOT NULL, total_viewers INTEGER NOT NULL, likes_reported INTEGER NOT NULL,
            likes_seen INTEGER NOT NULL, chats INTEGER NOT NULL, gifts INTEGER NOT NULL, coins INTEGER NOT NULL,
            unpriced INTEGER NOT NULL, joins INTEGER NOT NULL, follows INTEGER NOT NULL, shares INTEGER NOT NULL,
            subscribes INTEGER NOT NULL, gaps INTEGER NOT NULL, gap_ms INTEGER NOT NULL);
        CREATE INDEX live_host ON live (host, first_at);
        CREATE INDEX live_first ON live (first_at);
        CREATE TABLE person_live (
            live INTEGER NOT NULL, person INTEGER NOT NULL, chats INTEGER NOT NULL, gifts INTEGER NOT NULL,
            coins INTEGER NOT NULL, unpriced INTEGER NOT NULL, joins INTEGER NOT NULL, likes INTEGER NOT NULL,
            first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, flags INTEGER NOT NULL,
            PRIMARY KEY (live, person)) WITHOUT ROWID;
        CREATE INDEX person_live_person ON person_live (person, live);
        CREATE TABLE gift_kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER);
        CREATE TABLE gift (
            live INTEGER NOT NULL, person INTEGER NOT NULL, gift INTEGER NOT NULL, streak INTEGER NOT NULL,
            message INTEGER NOT NULL, highest INTEGER NOT NULL, units INTEGER NOT NULL, coins INTEGER,
            at INTEGER NOT NULL, receiver INTEGER);
        CREATE UNIQUE INDEX gift_once ON gift (live, person, gift, streak, message);
        CREATE INDEX gift_person ON gift (person, at);
        CREATE TABLE battle (
            id INTEGER PRIMARY KEY, live INTEGER NOT NULL, at INTEGER NOT NULL, over INTEGER NOT NULL, kind TEXT NOT NULL,
            opponent INTEGER, opponents TEXT NOT NULL, ours INTEGER NOT NULL, theirs INTEGER NOT NULL, result TEXT);
        CREATE INDEX battle_live ON battle (live, at);
        CREATE INDEX battle_opponent ON battle (opponent, at);
        CREATE TABLE minute (
            live INTEGER NOT NULL, minute INTEGER NOT NULL, viewers INTEGER, likes INTEGER NOT NULL,
            coins INTEGER NOT NULL, chats INTEGER NOT NULL, joins INTEGER NOT NULL,
            PRIMARY KEY (live, minute)) WITHOUT ROWID;
        CREATE TABLE moment (
            id INTEGER PRIMARY KEY, live INTEGER NOT NULL, at INTEGER NOT NULL, person INTEGER, made_by TEXT NOT NULL,
            note TEXT NOT NULL, UNIQUE (live, at, made_by, note));
        CREATE TABLE lost (
            id INTEGER PRIMARY KEY, live INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL);
        CREATE TABLE span (
            live INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, edge INTEGER NOT NULL,
            PRIMARY KEY (live, from_at)) WITHOUT ROWID;
    ", "
        CREATE TABLE attendance_log (id INTEGER PRIMARY KEY, rows BLOB NOT NULL);
        CREATE INDEX gift_at ON gift (at);
    ", "
        CREATE INDEX gift_kind_at ON gift (gift, at, live);
        CREATE TABLE recording (live INTEGER NOT NULL, file TEXT NOT NULL, PRIMARY KEY (live, file)) WITHOUT ROWID;
    "],
    newest: None,
    readable_from: 2,
    page_bytes: 4_096,
    log_pages: 4_000,
    cache_kib: 8_000,
};

/// A person as their row stands in the file.
struct KnownName {
    names: u64,
    first: i64,
    last: i64,
}

/// A hash of what somebody is called.
fn hash_of(handle: &str, nickname: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (handle, nickname).hash(&mut hasher);
    hasher.finish()
}

/// The file, open for writing, with what is remembered of it.
pub(super) struct PeopleFile {
    path: PathBuf,
    connection: Connection,
    /// Streaks of this process: their rows hold what its ledger handed out.
    streaks: HashSet<GiftKey>,
    /// People whose names stand in the file.
    known: HashMap<PersonNumber, KnownName>,
    /// Rows that stand in the log of the file alone, and batches since it was added up.
    logged: usize,
    unfolded: usize,
    told: HashSet<(LiveKey, PersonNumber)>,
    /// What comes was seen by nobody before: it belongs to no time that is in.
    fills_up: bool,
}

impl PeopleFile {
    /// Opens the file, and makes it where it is not there.
    pub(super) fn open(path: &Path, shared: bool) -> Result<Self, HistoryError> {
        let connection = PEOPLE_FORM.open_writer(path, shared)?;
        attendance::fold(&connection).in_file(path)?;
        let (streaks, known, told) = Default::default();
        Ok(Self { path: path.to_owned(), connection, streaks, known, logged: 0, unfolded: 0, told, fills_up: false })
    }

    /// From here on all that comes is of times that are not in.
    pub(super) fn fill_up(&mut self) {
        self.fills_up = true;
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Marks the file as being written, or as left in order. Whether it was left in order before.
    pub(super) fn set_clean(&self, clean: bool) -> Result<bool, HistoryError> {
        let change = || -> rusqlite::Result<bool> {
            let was: Option<i64> = self
                .connection
                .query_row("SELECT value FROM meta WHERE name = 'clean'", [], |row| row.get(0))
                .optional()?;
            let write = "INSERT INTO meta VALUES ('clean', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";
            self.connection.execute(write, [i64::from(clean)])?;
            Ok(was.is_none_or(|was| was == 1))
        };
        change().in_file(&self.path)
    }

    /// The ends of what is kept of each live.
    pub(super) fn live_ends(&self) -> Result<HashMap<LiveKey, i64>, HistoryError> {
        let ask = || -> rusqlite::Result<HashMap<LiveKey, i64>> {
            let mut ask = self.connection.prepare("SELECT live, max(to_at) FROM span GROUP BY live")?;
            ask.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        ask().in_file(&self.path)
    }

    /// Whether something stands in the log of the file alone.
    pub(super) fn is_unfolded(&self) -> bool {
        self.unfolded > 0
    }

    /// Adds up what stands in the log of the file.
    pub(super) fn fold(&mut self) -> Result<(), HistoryError> {
        if self.unfolded > 0 {
            attendance::fold(&self.connection).in_file(&self.path)?;
            (self.logged, self.unfolded) = (0, 0);
        }
        Ok(())
    }

    /// Writes all of a batch but the lines, or nothing of it. `counted` is what the lines add. Where `adds_up`, all that people did in
    /// lives is added up; else much of it goes into a log of the file first: people of a busy live are all over the file, and each
    /// page of it would be written with each batch. What comes back is known of people who are new in a live, where `tells`.
    pub(super) fn write(
        &mut self,
        batch: &RowBatch,
        counted: &RowBatch,
        adds_up: bool,
        tells: bool,
    ) -> Result<Vec<HistoryNews>, HistoryError> {
        let Self { path, connection, streaks, known, logged, unfolded, told, fills_up } = self;
        let mut write = || -> rusqlite::Result<(Vec<HistoryNews>, Option<usize>)> {
            let change = connection.transaction()?;
            let given = write_gifts(&change, batch, streaks, *fills_up)?;
            write_people(&change, batch, known)?;
            let news = if tells { news(&change, [batch, &given, counted], told)? } else { Vec::new() };
            let mut rows = AttendanceMap::default();
            // Only a batch with people in it has seen what they are to the host.
            for (part, has_flags) in [(batch, true), (&given, false), (counted, false)] {
                part.attendance.iter().for_each(|(key, row)| attendance::merge(&mut rows, *key, row, has_flags));
            }
            let folds = adds_up
                || (*unfolded == 0 && rows.len() <= FEW_ROWS)
                || *unfolded >= MAX_UNFOLDED
                || *logged + rows.len() >= MAX_LOGGED;
            if folds {
                attendance::fold_with(&change, &rows)?;
            } else {
                attendance::append(&change, &rows)?;
            }
            let logs = if folds { None } else { Some(rows.len()) };
            for part in [batch, &given, counted] {
                write_lives(&change, part)?;
                write_minutes(&change, part)?;
            }
            write_rest(&change, batch)?;
            change.commit()?;
            Ok((news, logs))
        };
        let written = write();
        match &written {
            Ok((_, None)) => (*logged, *unfolded) = (0, 0),
            Ok((_, Some(rows))) => (*logged, *unfolded) = (*logged + rows, *unfolded + 1),
            // What is remembered may stand in no file.
            Err(_) => (*streaks, *known, *told) = Default::default(),
        }
        Ok(written.in_file(path)?.0)
    }
}

/// Writes gifts; what they add to people, lives and minutes comes back.
fn write_gifts(
    change: &Transaction<'_>,
    batch: &RowBatch,
    streaks: &mut HashSet<GiftKey>,
    fills_up: bool,
) -> rusqlite::Result<RowBatch> {
    let mut added = RowBatch::default();
    if batch.gifts.is_empty() {
        return Ok(added);
    }
    if streaks.len() > MAX_STREAKS {
        streaks.clear();
    }
    let mut ask = change.prepare_cached(
        "SELECT highest, units, at FROM gift WHERE live = ?1 AND person = ?2 AND gift = ?3 AND streak = ?4 AND message = ?5",
    )?;
    let mut write = change.prepare_cached(
        "INSERT INTO gift VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT DO UPDATE SET highest = max(highest, excluded.highest), units = units + excluded.units,
         coins = CASE WHEN excluded.units = 0 THEN coins ELSE coins + excluded.coins END",
    )?;
    let mut kind = change.prepare_cached(
        "INSERT INTO gift_kind VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
         name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END, price = coalesce(excluded.price, price)
         WHERE name IS NOT excluded.name OR price IS NOT excluded.price",
    )?;
    for (key, row) in &batch.gifts {
        let message = match *key {
            GiftKey::Streak { .. } => 0,
            GiftKey::Single { id, .. } => id,
        };
        let units = units(&mut ask, key, row, message, streaks, fills_up)?;
        kind.execute(params![row.gift, &row.name, row.price.map(stored)])?;
        if units == 0 {
            continue;
        }
        let coins = row.price.map(|price| price.saturating_mul(units));
        write.execute(params![
            row.live,
            row.person,
            row.gift,
            row.group,
            message,
            stored(row.highest),
            stored(units),
            coins.map(stored),
            row.at,
            row.to
        ])?;
        let (priced, unpriced) = coins.map_or((0, units), |coins| (coins, 0));
        let live = added.live(row.live, row.at);
        (live.gifts, live.coins, live.unpriced) = (live.gifts + units, live.coins + priced, live.unpriced + unpriced);
        let person = added.attended(row.live, row.person, row.at);
        person.gifts += units;
        (person.coins, person.unpriced) = (person.coins + priced, person.unpriced + unpriced);
        let mut left = units;
        for (&minute, &given) in &row.minutes {
            let given = given.min(left);
            left -= given;
            if let Some(price) = row.price {
                added.minutes.entry((row.live, minute)).or_default().coins += price.saturating_mul(given);
            }
        }
    }
    Ok(added)
}

/// Units of a row that were not kept before. What this run wrote of a streak is told on by its ledger; of what is read in, and after a
/// restart, each run tells its streaks from their beginning.
fn units(
    ask: &mut CachedStatement<'_>,
    key: &GiftKey,
    row: &GiftRow,
    message: i64,
    streaks: &mut HashSet<GiftKey>,
    fills_up: bool,
) -> rusqlite::Result<u64> {
    if !fills_up && matches!(key, GiftKey::Streak { .. }) && !streaks.insert(*key) {
        return Ok(row.added);
    }
    let key_of = params![row.live, row.person, row.gift, row.group, message];
    let kept: Option<(i64, i64, i64)> =
        ask.query_row(key_of, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    Ok(match (kept, key) {
        (None, GiftKey::Single { .. }) => row.added,
        (None, GiftKey::Streak { .. }) => row.added.min(row.highest),
        (Some(_), GiftKey::Single { .. }) => 0,
        (Some((highest, units, at)), GiftKey::Streak { .. }) => row.new_of_streak(highest as u64, units as u64, at),
    })
}

fn write_people(
    change: &Transaction<'_>,
    batch: &RowBatch,
    known: &mut HashMap<PersonNumber, KnownName>,
) -> rusqlite::Result<()> {
    if known.len() > MAX_KNOWN {
        known.clear();
    }
    let mut ask = change.prepare_cached("SELECT handle, nickname, first_seen, last_seen FROM person WHERE id = ?1")?;
    let mut begin = change.prepare_cached("INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL)")?;
    let mut touch = change.prepare_cached(
        "UPDATE person SET last_seen = max(last_seen, ?2), first_seen = min(first_seen, ?3) WHERE id = ?1",
    )?;
    let mut rename = change.prepare_cached(
        "UPDATE person SET handle = ?4, nickname = ?5, last_seen = max(last_seen, ?2), first_seen = min(first_seen, ?3)
         WHERE id = ?1",
    )?;
    // In the order of the table, so that pages are met one after the other.
    let mut people: Vec<_> = batch.people.iter().collect();
    people.sort_unstable_by_key(|(id, _)| **id);
    for (&id, seen) in people {
        let names = hash_of(&seen.handle, &seen.nickname);
        let is_old = |first: i64, last: i64| seen.first >= first && seen.last < last.saturating_add(TOUCH_MS);
        if known.get(&id).is_some_and(|known| known.names == names && is_old(known.first, known.last)) {
            continue;
        }
        let row = ask.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        let row: Option<(String, String, i64, i64)> = row.optional()?;
        let Some((handle, nickname, first, last)) = row else {
            begin.execute(params![id, seen.handle, seen.nickname, seen.first, seen.last])?;
            known.insert(id, KnownName { names, first: seen.first, last: seen.last });
            continue;
        };
        let told = |told: &str, before: &str| !told.is_empty() && told != before;
        let (is_renamed, is_other) = (told(&seen.handle, &handle), told(&seen.nickname, &nickname));
        if is_renamed && !handle.is_empty() {
            keep_handle(change, id, &handle, seen)?;
        }
        if is_renamed || is_other {
            let handle = if is_renamed { &*seen.handle } else { &handle };
            let nickname = if is_other { &*seen.nickname } else { &nickname };
            rename.execute(params![id, seen.last, seen.first, handle, nickname])?;
        } else if !is_old(first, last) {
            touch.execute(params![id, seen.last, seen.first])?;
        } else {
            known.insert(id, KnownName { names, first, last });
            continue;
        }
        known.insert(id, KnownName { names, first: first.min(seen.first), last: last.max(seen.last) });
    }
    Ok(())
}

/// Keeps a handle that a person no longer has.
fn keep_handle(change: &Transaction<'_>, id: PersonNumber, handle: &str, seen: &PersonSeen) -> rusqlite::Result<()> {
    let mut keep = change.prepare_cached(
        "INSERT INTO handle_past SELECT ?1, ?2, first_seen, ?3 FROM person WHERE id = ?1
         ON CONFLICT DO UPDATE SET to_at = excluded.to_at",
    )?;
    keep.execute(params![id, handle, seen.first]).map(drop)
}

/// Whole days between two times, where it is one or more.
pub(super) fn days_away(last: i64, now: i64) -> Option<u64> {
    u64::try_from(now.saturating_sub(last) / AWAY_MS).ok().filter(|days| *days > 0)
}

/// What the screen should hear of people who speak or give in a live for the first time.
fn news(
    change: &Transaction<'_>,
    parts: [&RowBatch; 3],
    told: &mut HashSet<(LiveKey, PersonNumber)>,
) -> rusqlite::Result<Vec<HistoryNews>> {
    if told.len() > MAX_TOLD {
        told.clear();
    }
    let mut news = Vec::new();
    let mut before = change.prepare_cached(
        "SELECT max(last_at), count(*), coalesce(sum(coins), 0) FROM person_live
         WHERE person = ?1 AND (live <> ?2 OR chats > 0 OR gifts > 0)",
    )?;
    let mut mark = change.prepare_cached("SELECT note IS NOT NULL, tag FROM person WHERE id = ?1")?;
    for (&(live, person), row) in parts.iter().flat_map(|part| &part.attendance) {
        if (row.chats == 0 && row.gifts == 0) || person < 0 || !told.insert((live, person)) {
            continue;
        }
        let (last, lives, coins): (Option<i64>, i64, i64) =
            before.query_row(params![person, live], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let marked: Option<(bool, Option<String>)> =
            mark.query_row([person], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let (has_note, tag) = marked.unwrap_or_default();
        news.push(HistoryNews {
            live: live as u64,
            person: person as u64,
            lives_before: lives as u64,
            coins_before: coins as u64,
            away_days: last.and_then(|last| days_away(last, row.first)),
            has_note,
            tag,
        });
    }
    Ok(news)
}

fn write_lives(change: &Transaction<'_>, batch: &RowBatch) -> rusqlite::Result<()> {
    let mut write = change.prepare_cached(
        "INSERT INTO live VALUES (:id, :host, :handle, :nickname, :title, :started, :first_at, :last_at, :ended, :peak,
         :total_viewers, :likes_reported, :likes_seen, :chats, :gifts, :coins, :unpriced, :joins, :follows, :shares,
         :subscribes, :gaps, :gap_ms) ON CONFLICT DO UPDATE SET
         host = coalesce(excluded.host, host),
         handle = CASE WHEN excluded.handle = '' THEN handle ELSE excluded.handle END,
         nickname = CASE WHEN excluded.nickname = '' THEN nickname ELSE excluded.nickname END,
         title = CASE WHEN excluded.title = '' THEN title ELSE excluded.title END,
         started = coalesce(excluded.started, started),
         first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
         ended = CASE WHEN :goes_on THEN excluded.ended ELSE coalesce(excluded.ended, ended) END,
         peak = max(peak, excluded.peak), total_viewers = max(total_viewers, excluded.total_viewers),
         likes_reported = max(likes_reported, excluded.likes_reported),
         likes_seen = likes_seen + excluded.likes_seen, chats = chats + excluded.chats,
         gifts = gifts + excluded.gifts, coins = coins + excluded.coins, unpriced = unpriced + excluded.unpriced,
         joins = joins + excluded.joins, follows = follows + excluded.follows, shares = shares + excluded.shares,
         subscribes = subscribes + excluded.subscribes, gaps = gaps + excluded.gaps, gap_ms = gap_ms + excluded.gap_ms",
    )?;
    for (&id, live) in &batch.lives {
        let LiveNews { host, handle, nickname, title, started, first, last, ended, goes_on, .. } = live;
        write.execute(rusqlite::named_params! {
            ":id": id, ":host": host, ":handle": handle, ":nickname": nickname, ":title": title, ":started": started,
            ":first_at": first, ":last_at": last, ":ended": ended, ":goes_on": goes_on,
            ":peak": stored(live.peak), ":total_viewers": stored(live.total_viewers),
            ":likes_reported": stored(live.likes_reported), ":likes_seen": stored(live.likes_seen),
            ":chats": stored(live.chats), ":gifts": stored(live.gifts), ":coins": stored(live.coins),
            ":unpriced": stored(live.unpriced), ":joins": stored(live.joins), ":follows": stored(live.follows),
            ":shares": stored(live.shares), ":subscribes": stored(live.subscribes), ":gaps": stored(live.gaps),
            ":gap_ms": stored(live.gap_ms),
        })?;
    }
    Ok(())
}

fn write_minutes(change: &Transaction<'_>, batch: &RowBatch) -> rusqlite::Result<()> {
    let mut write = change.prepare_cached(
        "INSERT INTO minute VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET
         viewers = coalesce(excluded.viewers, viewers), likes = likes + excluded.likes, coins = coins + excluded.coins,
         chats = chats + excluded.chats, joins = joins + excluded.joins",
    )?;
    for (&(live, minute), row) in &batch.minutes {
        let counts = [row.likes, row.coins, row.chats, row.joins].map(stored);
        write.execute(params![live, minute, row.viewers.map(stored), counts[0], counts[1], counts[2], counts[3]])?;
    }
    Ok(())
}

/// Battles, moments, what was lost, and which times are in.
fn write_rest(change: &Transaction<'_>, batch: &RowBatch) -> rusqlite::Result<()> {
    let mut battle = change.prepare_cached(
        "INSERT INTO battle VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET
         at = min(at, excluded.at), over = max(over, excluded.over), kind = excluded.kind,
         opponent = coalesce(excluded.opponent, opponent),
         opponents = CASE WHEN excluded.opponents = '' THEN opponents ELSE excluded.opponents END,
         ours = max(ours, excluded.ours), theirs = max(theirs, excluded.theirs), result = coalesce(excluded.result, result)",
    )?;
    for (&id, row) in &batch.battles {
        let (ours, theirs) = (stored(row.ours), stored(row.theirs));
        battle.execute(params![
            id,
            row.live,
            row.at,
            row.over,
            row.kind,
            row.opponent,
            row.opponents,
            ours,
            theirs,
            row.result
        ])?;
    }
    for row in &batch.moments {
        row.write(change)?;
    }
    let mut lost = change.prepare_cached("INSERT INTO lost VALUES (NULL, ?1, ?2, ?3, ?4)")?;
    for (&(live, kind), &(at, count)) in &batch.lost {
        lost.execute(params![live, at, kind, stored(count)])?;
    }
    let mut span = change.prepare_cached(
        "INSERT INTO span VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET to_at = excluded.to_at, edge = excluded.edge",
    )?;
    for (&(live, from), row) in &batch.spans {
        span.execute(params![live, from, row.to, row.edge])?;
    }
    Ok(())
}
