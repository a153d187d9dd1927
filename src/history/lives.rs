//! Lives of the past, by host, and what is known of opponents in battles.

use rusqlite::{Row, params};
use serde::Serialize;

use super::error::{HistoryError, InFile};
use super::names::AskedName;
use super::reader::HistoryReader;

/// A live as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LiveRow {
    /// Its room id.
    #[serde(serialize_with = "as_text")]
    pub id: u64,
    /// The host's user id, where known.
    #[serde(serialize_with = "as_text_or_null")]
    pub host: Option<u64>,
    /// Their handle, without `@`.
    pub handle: String,
    /// Their name.
    pub nickname: String,
    /// Title of the live.
    pub title: String,
    /// When it began, as the service says, in milliseconds since 1970.
    pub started: Option<i64>,
    /// When we first saw it.
    pub first_at: i64,
    /// When we last saw it.
    pub last_at: i64,
    /// When it ended, where we saw that.
    pub ended: Option<i64>,
    /// Most people watching at a time.
    pub peak: u64,
    /// Mean of people watching, over the minutes we saw.
    pub average: Option<u64>,
    /// Different viewers, as reported.
    pub total_viewers: u64,
    /// Likes, as reported.
    pub likes_reported: u64,
    /// Likes that reached us.
    pub likes_seen: u64,
    /// Comments.
    pub chats: u64,
    /// Gift units.
    pub gifts: u64,
    /// Coins of those whose price is known.
    pub coins: u64,
    /// Units whose price is not known.
    pub unpriced: u64,
    /// Joins seen.
    pub joins: u64,
    /// Follows seen.
    pub follows: u64,
    /// Shares seen.
    pub shares: u64,
    /// Subscriptions seen.
    pub subscribes: u64,
    /// How long of it we watched, in milliseconds: from joining it on, and between two watches nothing was seen.
    pub watched_ms: u64,
    /// Times in which nothing was seen.
    pub gaps: u64,
    /// How long they were together, in milliseconds.
    pub gap_ms: u64,
}

/// What is known of an opponent, from the side of one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct OpponentRecord {
    /// Battles that are over.
    pub met: u64,
    /// Of those, won by our host.
    pub won: u64,
    /// Lost.
    pub lost: u64,
}

/// Ids are text in JSON: they are above what its numbers hold.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(super) fn as_text<S: serde::Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[allow(clippy::ref_option, reason = "as serde calls it")]
fn as_text_or_null<S: serde::Serializer>(id: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

impl LiveRow {
    /// When it began, as far as known.
    pub fn began(&self) -> i64 {
        self.started.unwrap_or(self.first_at).min(self.first_at)
    }

    /// How long of it we watched, in milliseconds, where that is less than all of it by a minute or more.
    pub fn watched_less(&self) -> Option<i64> {
        /// An entry takes its time, and so does the last word of a live.
        const LITTLE_MS: i64 = 60_000;
        let watched = i64::try_from(self.watched_ms).unwrap_or(i64::MAX);
        (watched < self.length().saturating_sub(LITTLE_MS)).then_some(watched)
    }

    /// How long it lasted, as far as known, in milliseconds.
    pub fn length(&self) -> i64 {
        self.ended.unwrap_or(self.last_at).saturating_sub(self.began()).max(0)
    }
}

/// A capture that is read in brings spans that lie over those of the run that was captured.
const COLUMNS: &str = "id, host, handle, nickname, title, started, first_at, last_at, ended, peak, total_viewers,
    likes_reported, likes_seen, chats, gifts, coins, unpriced, joins, follows, shares, subscribes, gaps, gap_ms,
    (SELECT avg(viewers) FROM minute m WHERE m.live = live.id) AS average,
    (SELECT coalesce(sum(max(0, to_at - max(from_at, coalesce(seen, from_at)))), 0) FROM (
        SELECT from_at, to_at, max(to_at) OVER (ORDER BY from_at, to_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS seen
        FROM span s WHERE s.live = live.id)) AS watched";

fn live_row(row: &Row<'_>) -> rusqlite::Result<LiveRow> {
    let count = |name: &str| row.get::<_, i64>(name).map(|count| count as u64);
    Ok(LiveRow {
        id: count("id")?,
        host: row.get::<_, Option<i64>>("host")?.map(|id| id as u64),
        handle: row.get("handle")?,
        nickname: row.get("nickname")?,
        title: row.get("title")?,
        started: row.get("started")?,
        first_at: row.get("first_at")?,
        last_at: row.get("last_at")?,
        ended: row.get("ended")?,
        peak: count("peak")?,
        average: row.get::<_, Option<f64>>("average")?.map(|average| average.round() as u64),
        total_viewers: count("total_viewers")?,
        likes_reported: count("likes_reported")?,
        likes_seen: count("likes_seen")?,
        chats: count("chats")?,
        gifts: count("gifts")?,
        coins: count("coins")?,
        unpriced: count("unpriced")?,
        joins: count("joins")?,
        follows: count("follows")?,
        shares: count("shares")?,
        subscribes: count("subscribes")?,
        watched_ms: count("watched")?,
        gaps: count("gaps")?,
        gap_ms: count("gap_ms")?,
    })
}

impl HistoryReader {
    /// Lives of hosts that are called so, or of all: `limit` of them after the first `skip`, newest first.
    pub fn lives(&self, host: Option<&str>, skip: usize, limit: usize) -> Result<Vec<LiveRow>, HistoryError> {
        let (people, file) = self.people();
        let (among, skip) = match host {
            Some(host) => {
                let lives = self.lives_called(host)?.into_iter().skip(skip).take(limit);
                (format!("WHERE id IN ({})", lives.map(|id| id.to_string()).collect::<Vec<_>>().join(",")), 0)
            }
            None => (String::new(), skip),
        };
        let ask = || -> rusqlite::Result<Vec<LiveRow>> {
            let sql = format!("SELECT {COLUMNS} FROM live {among} ORDER BY first_at DESC, id LIMIT ?2 OFFSET ?1");
            people.prepare(&sql)?.query_map([skip as i64, limit as i64], live_row)?.collect()
        };
        ask().in_file(file)
    }

    /// Lives that are meant by the handle of their host, by their number, or else by a part of the host's name. Newest first.
    pub(super) fn lives_called(&self, name: &str) -> Result<Vec<i64>, HistoryError> {
        let (people, file) = self.people();
        let asked = AskedName::new(name);
        let ask = || -> rusqlite::Result<(Vec<i64>, Vec<i64>)> {
            let mut ask = people.prepare_cached("SELECT id, handle, nickname FROM live ORDER BY first_at DESC, id")?;
            let (mut rows, mut exact, mut near) = (ask.query([])?, Vec::new(), Vec::new());
            while let Some(row) = rows.next()? {
                let (id, handle): (i64, &str) = (row.get(0)?, row.get_ref(1)?.as_str()?);
                if asked.is(handle) || asked.is(&id.to_string()) {
                    exact.push(id);
                } else if asked.is_in(handle) || asked.is_in(row.get_ref(2)?.as_str()?) {
                    near.push(id);
                }
            }
            Ok((exact, near))
        };
        let (exact, near) = ask().in_file(file)?;
        Ok(if exact.is_empty() { near } else { exact })
    }

    /// The live of a room id.
    pub fn live(&self, id: u64) -> Result<Option<LiveRow>, HistoryError> {
        use rusqlite::OptionalExtension;
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Option<LiveRow>> {
            let mut ask = people.prepare_cached(&format!("SELECT {COLUMNS} FROM live WHERE id = ?1"))?;
            ask.query_row([id as i64], live_row).optional()
        };
        ask().in_file(file)
    }

    /// The live that is meant by its number, by `@name` for the last one of theirs, or by nothing for the last of all.
    pub fn live_called(&self, live: Option<&str>) -> Result<Option<LiveRow>, HistoryError> {
        if let Some(id) = live.and_then(|live| live.parse::<u64>().ok())
            && let Some(live) = self.live(id)?
        {
            return Ok(Some(live));
        }
        Ok(self.lives(live, 0, 1)?.pop())
    }

    /// The live of the same host before this one.
    pub fn live_before(&self, live: &LiveRow) -> Result<Option<LiveRow>, HistoryError> {
        use rusqlite::OptionalExtension;
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Option<LiveRow>> {
            let sql = format!(
                "SELECT {COLUMNS} FROM live WHERE first_at < ?1 AND id <> ?2
                 AND CASE WHEN ?3 IS NULL THEN handle = ?4 ELSE host = ?3 END ORDER BY first_at DESC LIMIT 1"
            );
            let mut ask = people.prepare_cached(&sql)?;
            let host = live.host.map(|host| host as i64);
            ask.query_row(params![live.first_at, live.id as i64, host, live.handle], live_row).optional()
        };
        ask().in_file(file)
    }

    /// The last live of a host, by user id, that is not this one.
    pub fn last_live_of(&self, host: u64, except: u64) -> Result<Option<LiveRow>, HistoryError> {
        use rusqlite::OptionalExtension;
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Option<LiveRow>> {
            let sql = format!("SELECT {COLUMNS} FROM live WHERE host = ?1 AND id <> ?2 ORDER BY first_at DESC LIMIT 1");
            people.prepare_cached(&sql)?.query_row(params![host as i64, except as i64], live_row).optional()
        };
        ask().in_file(file)
    }

    /// What is known of an opponent of a host, in battles that are over.
    pub fn opponent(&self, host: Option<u64>, opponent: u64) -> Result<OpponentRecord, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<OpponentRecord> {
            let mut ask = people.prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE b.result = 'won'), count(*) FILTER (WHERE b.result = 'lost')
                 FROM battle b JOIN live l ON l.id = b.live WHERE b.opponent = ?1 AND b.over AND (?2 IS NULL OR l.host = ?2)",
            )?;
            ask.query_row(params![opponent as i64, host.map(|host| host as i64)], |row| {
                let count = |at: usize| row.get::<_, i64>(at).map(|count| count as u64);
                Ok(OpponentRecord { met: count(0)?, won: count(1)?, lost: count(2)? })
            })
        };
        ask().in_file(file)
    }
}
