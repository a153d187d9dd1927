//! Report of one live: its numbers, its minutes, who gave, who is new, battles, moments.

use rusqlite::params;
use serde::Serialize;

use super::error::{HistoryError, InFile};
use super::lives::LiveRow;
use super::moments::MomentRow;
use super::reader::HistoryReader;

/// Gifters in a report.
const GIFTERS: i64 = 20;
/// Minutes of a graph at most: two weeks, far above what a live lasts.
const MAX_MINUTES: usize = 20_160;
/// Moments in a report.
const MOMENTS: usize = 200;

/// Somebody who gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GifterRow {
    /// Their handle, without `@`.
    pub handle: String,
    /// Their name.
    pub nickname: String,
    /// Gift units.
    pub gifts: u64,
    /// Coins of those whose price is known.
    pub coins: u64,
    /// Units whose price is not known.
    pub unpriced: u64,
    /// Never gave to this host before.
    pub is_new: bool,
}

/// A battle of a live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BattleRecord {
    /// When we learned of it, in milliseconds since 1970.
    pub at: i64,
    /// Against whom.
    pub opponents: String,
    /// Our points.
    pub ours: u64,
    /// The most points of another side.
    pub theirs: u64,
    /// `won`, `lost` or `draw`; nothing where it is not known.
    pub result: Option<String>,
}

/// A minute of a live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MinuteRow {
    /// When it begins, in milliseconds since 1970.
    pub at: i64,
    /// People watching at its end, where a number was told.
    pub viewers: Option<u64>,
    /// Likes seen.
    pub likes: u64,
    /// Coins given.
    pub coins: u64,
    /// Comments.
    pub chats: u64,
    /// Joins.
    pub joins: u64,
}

/// What could not be kept of a live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LostRow {
    /// Since when, in milliseconds since 1970.
    pub at: i64,
    /// Of which kind.
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// Report of one live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LiveReport {
    /// The live and its sums.
    pub live: LiveRow,
    /// The live of the same host before it.
    pub before: Option<LiveRow>,
    /// Different people who were seen.
    pub people: u64,
    /// Of those, for the first time ever.
    pub new_people: u64,
    /// Who gave.
    pub gifters: Vec<GifterRow>,
    /// How many gave, and of those for the first time to this host.
    pub supporters: u64,
    /// New ones.
    pub new_supporters: u64,
    /// Battles, in order.
    pub battles: Vec<BattleRecord>,
    /// Moments, in order.
    pub moments: Vec<MomentRow>,
    /// Minutes, in order; those in which nothing was seen are not there.
    pub minutes: Vec<MinuteRow>,
    /// What could not be kept.
    pub lost: Vec<LostRow>,
}

impl LiveReport {
    /// Its numbers over time, a value a minute from the first to the last; nothing where nothing was seen.
    pub fn series(&self) -> [(&'static str, Vec<Option<u64>>); 4] {
        let of = |value: fn(&MinuteRow) -> Option<u64>| -> Vec<Option<u64>> {
            let Some((first, last)) = self.minutes.first().zip(self.minutes.last()) else { return Vec::new() };
            let count = usize::try_from((last.at - first.at) / 60_000 + 1).unwrap_or(0).min(MAX_MINUTES);
            let mut values = vec![None; count];
            for minute in &self.minutes {
                let at = usize::try_from((minute.at - first.at) / 60_000).unwrap_or(usize::MAX);
                if let Some(place) = values.get_mut(at) {
                    *place = value(minute);
                }
            }
            values
        };
        [
            ("viewers", of(|minute| minute.viewers)),
            ("comments", of(|minute| Some(minute.chats))),
            ("coins", of(|minute| Some(minute.coins))),
            ("likes seen", of(|minute| Some(minute.likes))),
        ]
    }
}

impl HistoryReader {
    /// The report of a live; nothing where it was never seen.
    pub fn report(&self, id: u64) -> Result<Option<LiveReport>, HistoryError> {
        let Some(live) = self.live(id)? else { return Ok(None) };
        let before = self.live_before(&live)?;
        let mut moments = self.moments(Some(id), MOMENTS)?;
        moments.reverse();
        let (people, file) = self.people();
        let key = id as i64;
        let ask = || -> rusqlite::Result<LiveReport> {
            let one = |sql: &str| -> rusqlite::Result<u64> {
                people.prepare_cached(sql)?.query_row([key], |row| row.get::<_, i64>(0)).map(|count| count as u64)
            };
            let attended = one("SELECT count(*) FROM person_live WHERE live = ?1")?;
            let new_people =
                one("SELECT count(*) FROM person_live p WHERE live = ?1 AND NOT EXISTS (SELECT 1 FROM person_live o
                 WHERE o.person = p.person AND o.live <> p.live AND o.first_at < p.first_at)")?;
            let is_new =
                "NOT EXISTS (SELECT 1 FROM person_live o JOIN live h ON h.id = o.live WHERE o.person = p.person
                AND o.live <> p.live AND o.gifts > 0 AND o.first_at < p.first_at
                AND coalesce(h.host, h.handle) = (SELECT coalesce(host, handle) FROM live WHERE id = p.live))";
            let supporters = one("SELECT count(*) FROM person_live p WHERE live = ?1 AND gifts > 0")?;
            let new_supporters =
                one(&format!("SELECT count(*) FROM person_live p WHERE live = ?1 AND gifts > 0 AND {is_new}"))?;
            let mut gifters = people.prepare_cached(&format!(
                "SELECT n.handle, n.nickname, p.gifts, p.coins, p.unpriced, {is_new} FROM person_live p
                 LEFT JOIN person n ON n.id = p.person WHERE live = ?1 AND gifts > 0
                 ORDER BY p.coins DESC, p.gifts DESC LIMIT ?2"
            ))?;
            let gifters = gifters.query_map(params![key, GIFTERS], |row| {
                let count = |at: usize| row.get::<_, i64>(at).map(|count| count as u64);
                Ok(GifterRow {
                    handle: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
                    nickname: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                    gifts: count(2)?,
                    coins: count(3)?,
                    unpriced: count(4)?,
                    is_new: row.get(5)?,
                })
            })?;
            let gifters: Vec<_> = gifters.collect::<rusqlite::Result<_>>()?;
            let mut battles = people.prepare_cached(
                "SELECT at, opponents, ours, theirs, result FROM battle WHERE live = ?1 ORDER BY at LIMIT 500",
            )?;
            let battles = battles.query_map([key], |row| {
                let count = |at: usize| row.get::<_, i64>(at).map(|count| count as u64);
                let (ours, theirs) = (count(2)?, count(3)?);
                Ok(BattleRecord { at: row.get(0)?, opponents: row.get(1)?, ours, theirs, result: row.get(4)? })
            })?;
            let battles = battles.collect::<rusqlite::Result<_>>()?;
            let mut lost =
                people.prepare_cached("SELECT min(at), kind, sum(count) FROM lost WHERE live = ?1 GROUP BY kind")?;
            let lost = lost.query_map([key], |row| {
                Ok(LostRow { at: row.get(0)?, kind: row.get(1)?, count: row.get::<_, i64>(2)? as u64 })
            })?;
            let lost = lost.collect::<rusqlite::Result<_>>()?;
            Ok(LiveReport {
                live: LiveRow::default(),
                before: None,
                people: attended,
                new_people,
                gifters,
                supporters,
                new_supporters,
                battles,
                moments: Vec::new(),
                minutes: Vec::new(),
                lost,
            })
        };
        let report = ask().in_file(file)?;
        Ok(Some(LiveReport { live, before, moments, minutes: self.minutes(id)?, ..report }))
    }

    /// The minutes of a live, in order.
    pub fn minutes(&self, live: u64) -> Result<Vec<MinuteRow>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<MinuteRow>> {
            let mut ask = people.prepare_cached(
                "SELECT minute, viewers, likes, coins, chats, joins FROM minute WHERE live = ?1 ORDER BY minute",
            )?;
            let rows = ask.query_map([live as i64], |row| {
                let count = |at: usize| row.get::<_, i64>(at).map(|count| count as u64);
                Ok(MinuteRow {
                    at: row.get::<_, i64>(0)?.saturating_mul(60_000),
                    viewers: row.get::<_, Option<i64>>(1)?.map(|viewers| viewers as u64),
                    likes: count(2)?,
                    coins: count(3)?,
                    chats: count(4)?,
                    joins: count(5)?,
                })
            })?;
            rows.collect()
        };
        ask().in_file(file)
    }
}
