//! Events of a live as the history can tell them again: what was said and given at its time, numbers by the minute.
//!
//! What was never kept is not made up: single likes and joins, the course of battles, who came and went.

use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use rusqlite::{OptionalExtension, params};

use super::batch::flags;
use super::error::{HistoryError, InFile};
use super::lives::LiveRow;
use super::reader::HistoryReader;
use crate::clock::{Moment, Timestamp};
use crate::events::{
    Chat, EmoteChat, EventKind, Gap, Gift, Host, Info, Like, LiveStart, Phase, PhaseKind, Question, RoomEvent, Viewer,
    Viewers,
};
use crate::ids::{GiftFacts, GiftId, MsgId, RoomId, UserId};
use crate::text::Text;

/// Lines of a live that are told again.
const MAX_LINES: usize = 1_000_000;
/// A minute is told at its last millisecond.
const MINUTE_MS: i64 = 60_000;
/// What is told as the way it came.
const TRANSPORT: &str = "history";

/// A live as the history tells it again.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LiveEvents {
    /// The live.
    pub live: LiveRow,
    /// What happened, oldest first.
    pub events: Vec<RoomEvent>,
    /// Lines of chat among them: fewer than there were where text is no longer kept, or never was.
    pub lines: u64,
}

impl HistoryReader {
    /// What the history holds of a live, in the order of its time; nothing where the live was never seen.
    pub fn live_events(&self, id: u64) -> Result<Option<LiveEvents>, HistoryError> {
        let Some(live) = self.live(id)? else { return Ok(None) };
        let mut events = beginning(&live);
        let mut people = self.people_of(id)?;
        let said = self.said_between(id, live.first_at, live.last_at, MAX_LINES)?;
        let lines = said.iter().filter(|line| line.kind != "question").count() as u64;
        for line in said {
            let from = self.viewer(&mut people, line.person)?;
            let text = Text::new(&line.text);
            let kind = match line.kind {
                "question" => {
                    let id = CompactString::from(line.id.to_string());
                    EventKind::Question(Question { id, from, text, asked_at: Some(Timestamp(line.at)) })
                }
                _ if text.is_empty() => EventKind::Emote(EmoteChat { from, emotes: Vec::new() }),
                _ => EventKind::Chat(Chat { from, text, emotes: Vec::new(), to: None, language: "".into() }),
            };
            let id = u64::try_from(line.id).ok().map(MsgId);
            events.push(RoomEvent { id, history: line.was_backlog, ..event(line.at, kind) });
        }
        self.gifts_of(id, &mut people, &mut events)?;
        for minute in self.minutes(id)? {
            let at = (minute.at + MINUTE_MS - 1).min(live.last_at);
            if let Some(watching) = minute.viewers {
                let viewers = Viewers { watching, total: None, anonymous: 0, top: Vec::new() };
                events.push(event(at, EventKind::Viewers(viewers)));
            }
            if minute.likes > 0 {
                events.push(event(at, EventKind::Like(Like { from: None, count: minute.likes, total: 0 })));
            }
        }
        events.extend(self.unwatched(id)?);
        events.push(event(live.last_at, ending(&live)));
        // The beginning stays before and the end behind what has the same time.
        events.sort_by_key(|event| event.at.wall);
        Ok(Some(LiveEvents { live, events, lines }))
    }

    /// Who was in a live, with what they are to its host.
    fn people_of(&self, live: u64) -> Result<HashMap<i64, Arc<Viewer>>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<HashMap<i64, Arc<Viewer>>> {
            let mut ask = people.prepare_cached(
                "SELECT p.id, p.handle, p.nickname, l.flags FROM person_live l JOIN person p ON p.id = l.person
                 WHERE l.live = ?1 AND (l.chats > 0 OR l.gifts > 0)",
            )?;
            let rows = ask.query_map([live as i64], |row| {
                let (id, handle, nickname): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let is: u8 = row.get(3)?;
                let viewer = Viewer {
                    moderator: is & flags::MODERATOR != 0,
                    subscriber: is & flags::SUBSCRIBER != 0,
                    follower: is & flags::FOLLOWER != 0,
                    friend: is & flags::FRIEND != 0,
                    ..called(id, &handle, &nickname)
                };
                Ok((id, Arc::new(viewer)))
            })?;
            rows.collect()
        };
        ask().in_file(file)
    }

    /// Somebody who may only be in the file of people.
    fn viewer(&self, known: &mut HashMap<i64, Arc<Viewer>>, id: i64) -> Result<Arc<Viewer>, HistoryError> {
        if let Some(viewer) = known.get(&id) {
            return Ok(Arc::clone(viewer));
        }
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Option<(String, String)>> {
            let mut ask = people.prepare_cached("SELECT handle, nickname FROM person WHERE id = ?1")?;
            ask.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        };
        let (handle, nickname) = ask().in_file(file)?.unwrap_or_default();
        let viewer = Arc::new(called(id, &handle, &nickname));
        known.insert(id, Arc::clone(&viewer));
        Ok(viewer)
    }

    fn gifts_of(
        &self,
        live: u64,
        known: &mut HashMap<i64, Arc<Viewer>>,
        events: &mut Vec<RoomEvent>,
    ) -> Result<(), HistoryError> {
        struct Given {
            person: i64,
            at: i64,
            streak: i64,
            message: i64,
            units: i64,
            gift: Arc<GiftFacts>,
        }
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<Given>> {
            let mut ask = people.prepare_cached(
                "SELECT g.person, g.gift, g.streak, g.message, g.units, g.at, coalesce(k.name, ''), g.coins / max(g.units, 1)
                 FROM gift g LEFT JOIN gift_kind k ON k.id = g.gift WHERE g.live = ?1",
            )?;
            let rows = ask.query_map([live as i64], |row| {
                let (gift, streak): (i64, i64) = (row.get(1)?, row.get(2)?);
                let name: String = row.get(6)?;
                let gift = GiftFacts {
                    id: GiftId(gift as u64),
                    name: Text::new(&name),
                    diamonds: row.get::<_, Option<i64>>(7)?.map(|price| price as u64),
                    kind: if streak == 0 { 2 } else { 1 },
                    ..GiftFacts::default()
                };
                let (person, message, units, at) = (row.get(0)?, row.get(3)?, row.get(4)?, row.get(5)?);
                Ok(Given { person, at, streak, message, units, gift: Arc::new(gift) })
            })?;
            rows.collect()
        };
        for Given { person, at, streak, message, units, gift } in ask().in_file(file)? {
            let from = self.viewer(known, person)?;
            let (count, group) = (units.max(0) as u64, streak as u64);
            let given = Gift { from, to: None, gift, count, group, coins: None, ends: true };
            let id = u64::try_from(message).ok().filter(|id| *id > 0).map(MsgId);
            events.push(RoomEvent { id, ..event(at, EventKind::Gift(Box::new(given))) });
        }
        Ok(())
    }

    /// Times between two watches of a live.
    fn unwatched(&self, live: u64) -> Result<Vec<RoomEvent>, HistoryError> {
        let (people, file) = self.people();
        let ask = || -> rusqlite::Result<Vec<(i64, i64)>> {
            let mut ask =
                people.prepare_cached("SELECT from_at, to_at FROM span WHERE live = ?1 ORDER BY from_at, to_at")?;
            ask.query_map(params![live as i64], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let mut until: Option<i64> = None;
        let mut gaps = Vec::new();
        for (from, to) in ask().in_file(file)? {
            if let Some(until) = until.filter(|until| *until < from) {
                let length = std::time::Duration::from_millis(from.abs_diff(until));
                let gap = Gap { from: moment(until), length, reason: Text::new("nobody watched") };
                gaps.push(event(from, EventKind::Gap(gap)));
            }
            until = Some(until.map_or(to, |until| until.max(to)));
        }
        Ok(gaps)
    }
}

/// A moment of a clock that shows nothing but the times of the history.
fn moment(at: i64) -> Moment {
    Moment { mono: at.max(0) as u64, wall: Timestamp(at) }
}

fn event(at: i64, kind: EventKind) -> RoomEvent {
    RoomEvent::new(moment(at), kind)
}

fn called(id: i64, handle: &str, nickname: &str) -> Viewer {
    let id = u64::try_from(id).ok().map(UserId);
    Viewer { id, unique_id: Text::new(handle), nickname: Text::new(nickname), ..Viewer::default() }
}

/// What a live is, before anything is said in it.
fn beginning(live: &LiveRow) -> Vec<RoomEvent> {
    let host =
        Host { id: live.host.map(UserId), unique_id: Text::new(&live.handle), nickname: Text::new(&live.nickname) };
    let started_at = live.started.map(Timestamp);
    let length = std::time::Duration::from_millis(live.first_at.abs_diff(live.began()));
    let unseen = (live.began() < live.first_at).then(|| {
        let gap = Gap { from: moment(live.began()), length, reason: Text::new("nobody watched yet") };
        event(live.first_at, EventKind::Gap(gap))
    });
    let info = Info { host, title: Text::new(&live.title), started_at, skew_ms: Some(0), ..Info::default() };
    [
        EventKind::Live(LiveStart { room_id: RoomId(live.id), live_seq: 1 }),
        EventKind::Info(Box::new(info)),
        EventKind::State(Phase::new(PhaseKind::Live).through(TRANSPORT)),
    ]
    .into_iter()
    .map(|kind| event(live.began(), kind))
    .chain(unseen)
    .collect()
}

fn ending(live: &LiveRow) -> EventKind {
    let words = if live.ended.is_some() { "the live ended" } else { "what is kept of it ends here" };
    EventKind::State(Phase::new(PhaseKind::Ended).because(words))
}
