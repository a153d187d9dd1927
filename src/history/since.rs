//! Rooms since a time: what was kept of each, for somebody who comes back.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use super::error::{HistoryError, InFile};
use super::folder::DAY_MS;
use super::reader::HistoryReader;
use crate::clock::Timestamp;
use crate::room::{AwayCounts, AwayRoom};
use crate::text::Text;

/// Lives that are looked at; no live lasts longer than this.
const MAX_LIVES: i64 = 1_000;
const LONGEST_LIVE: i64 = 30 * DAY_MS;
/// Givers of a room whose names are looked up.
const NAMED: usize = 4;
const MINUTE_MS: i64 = 60_000;

/// A live of that time.
struct Since {
    id: i64,
    handle: String,
    counts: AwayCounts,
}

impl HistoryReader {
    /// What was kept since `since`, room by room. Comments are kept by the minute, so those of the minute that had begun are left out;
    /// follows and subscriptions by the live, so those of one that was running are left out too.
    pub fn rooms_since(&self, since: Timestamp) -> Result<Vec<AwayRoom>, HistoryError> {
        let (_, file) = self.people();
        self.ask_since(since.0).in_file(file)
    }

    fn ask_since(&self, since: i64) -> rusqlite::Result<Vec<AwayRoom>> {
        let (people, _) = self.people();
        let mut lives = people.prepare_cached(
            "SELECT id, handle, coalesce(started, first_at) >= ?1, coalesce(ended, 0) >= ?1, first_at >= ?1, follows, subscribes
             FROM live WHERE first_at >= ?2 AND last_at >= ?1 ORDER BY first_at DESC LIMIT ?3",
        )?;
        let lives = lives.query_map(params![since, since.saturating_sub(LONGEST_LIVE), MAX_LIVES], |row| {
            let flag = |at: usize| row.get::<_, bool>(at).map(u64::from);
            let is_whole: bool = row.get(4)?;
            let whole = |at: usize| row.get::<_, i64>(at).map(|count| if is_whole { count as u64 } else { 0 });
            let (follows, subscribes) = (whole(5)?, whole(6)?);
            let counts = AwayCounts { begun: flag(2)?, ended: flag(3)?, follows, subscribes, ..AwayCounts::default() };
            Ok(Since { id: row.get(0)?, handle: row.get(1)?, counts })
        })?;
        let mut gifts = people.prepare_cached(
            "SELECT live, person, sum(coalesce(coins, 0)) FROM gift WHERE at >= ?1 GROUP BY live, person",
        )?;
        let mut given: BTreeMap<i64, Vec<(i64, u64)>> = BTreeMap::new();
        let rows = gifts.query_map([since], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)? as u64))
        })?;
        for row in rows {
            let (live, person, coins) = row?;
            given.entry(live).or_default().push((person, coins));
        }
        let mut rooms: BTreeMap<String, (AwayRoom, BTreeMap<i64, u64>)> = BTreeMap::new();
        for live in lives {
            let Since { id, handle, counts } = live?;
            let kept = || (AwayRoom::new(&handle, AwayCounts::default(), Vec::new()), BTreeMap::new());
            let (room, givers) = rooms.entry(handle.to_lowercase()).or_insert_with(kept);
            room.counts.add(&counts);
            for (person, coins) in given.remove(&id).unwrap_or_default() {
                room.counts.coins = room.counts.coins.saturating_add(coins);
                *givers.entry(person).or_default() += coins;
            }
            self.add_live(room, id, since)?;
        }
        rooms.into_values().map(|(room, givers)| self.with_names(room, givers)).collect()
    }

    /// Adds the comments, battles and gaps of a live.
    fn add_live(&self, room: &mut AwayRoom, live: i64, since: i64) -> rusqlite::Result<()> {
        let (people, _) = self.people();
        let from = since.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS);
        let mut chats = people.prepare_cached("SELECT sum(chats) FROM minute WHERE live = ?1 AND minute >= ?2")?;
        let chats: Option<i64> = chats.query_row([live, from], |row| row.get(0))?;
        room.counts.comments += chats.unwrap_or(0) as u64;
        let gaps = "SELECT count(*) FROM moment WHERE live = ?1 AND at >= ?2 AND made_by = 'gap'";
        room.counts.gaps += people.prepare_cached(gaps)?.query_row([live, since], |row| row.get::<_, i64>(0))? as u64;
        let mut battles = people.prepare_cached(
            "SELECT ours, theirs, result FROM battle WHERE live = ?1 AND at >= ?2 AND over <> 0 ORDER BY at LIMIT 1000",
        )?;
        let battles = battles.query_map([live, since], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64, row.get::<_, Option<String>>(2)?))
        })?;
        for battle in battles {
            let (ours, theirs, result) = battle?;
            match result.as_deref() {
                Some("won") => room.counts.won += 1,
                Some("lost") => room.counts.lost += 1,
                _ => room.counts.drawn += 1,
            }
            room.points = vec![ours, theirs];
        }
        Ok(())
    }

    /// The room with the names of those who gave most.
    fn with_names(&self, room: AwayRoom, givers: BTreeMap<i64, u64>) -> rusqlite::Result<AwayRoom> {
        let (people, _) = self.people();
        let count = givers.len() as u64;
        let mut givers: Vec<_> = givers.into_iter().collect();
        givers.sort_by_key(|(_, coins)| std::cmp::Reverse(*coins));
        givers.truncate(NAMED);
        let mut name = people.prepare_cached("SELECT nickname, handle FROM person WHERE id = ?1")?;
        let mut top = Vec::with_capacity(givers.len());
        for (person, coins) in givers {
            let found: Option<(String, String)> =
                name.query_row([person], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let (nickname, handle) = found.unwrap_or_default();
            top.push((Text::new(if nickname.is_empty() { &handle } else { &nickname }), coins));
        }
        let counts = AwayCounts { givers: count, ..room.counts };
        Ok(AwayRoom { points: room.points, ..AwayRoom::new(room.name.as_str(), counts, top) })
    }
}
