//! State of one battle, made of many messages: sides, points, timer.
//!
//! Names come at the start, points later, the result at the end; any of them may be missing, and a late viewer hears points
//! first. Invariant: an earlier battle never replaces a later one, and a battle that is over stays over.

mod effects;
mod news;
mod pace;
mod sides;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use effects::CardEffect;
pub use news::BattleNews;
pub(super) use pace::Paces;

use crate::clock::{Moment, Timestamp};
use crate::events::{
    BattleAction, BattleEvent, BattleItem, BattleKind, BattlePoints, BattleResult, BattleTask, BattleTimes, Host,
    Supporter,
};
use crate::ids::BattleId;

/// How long the losing side pays its forfeit (docs/protocol.md#battles).
const PUNISH_PHASE: Duration = Duration::from_secs(180);
/// The end is told 3 to 4 s after it; when nobody tells it for this long, the message was lost.
const GRACE_MS: i64 = 20_000;

/// Where a battle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum BattlePhase {
    /// Points count.
    Running,
    /// Time over; the losing side pays its forfeit.
    Punish,
    /// Done.
    Over,
}

/// A battle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Battle {
    /// Its id.
    pub id: Option<BattleId>,
    /// Where it stands.
    pub phase: BattlePhase,
    /// Its form.
    pub kind: BattleKind,
    /// Our side first.
    pub sides: Vec<Side>,
    /// End by the server's clock.
    pub ends_at: Option<Timestamp>,
    /// When we learned of it.
    pub since: Moment,
    /// When the phase last changed.
    pub phase_since: Moment,
    /// Cards that work now.
    pub effects: Vec<CardEffect>,
    /// Cut short rather than played out.
    pub cut_short: bool,
}

/// A side of a battle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Side {
    /// The team's number in team battles.
    pub team: Option<u64>,
    /// Its hosts.
    pub hosts: Vec<Host>,
    /// Whether the room's host is on it.
    pub ours: bool,
    /// Points so far.
    pub points: u64,
    /// How it ended.
    pub result: Option<BattleResult>,
    /// Its top supporters, best first.
    pub supporters: Vec<Supporter>,
    /// Wins in a row, 0 when unknown.
    pub wins: u64,
    /// Points a second over the last 30 s.
    pub pace: u64,
    /// Points a second over the last 10 s: what happens right now.
    pub pace_now: u64,
}

/// How a message's battle relates to the one we hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// The one we hold.
    Same,
    /// Another, later one, or the first.
    New,
    /// One that was before it.
    Earlier,
}

impl Battle {
    /// What is left of the current phase (running, or about 180 s of punishment); zero when over or unknown.
    pub fn left(&self, room_skew_ms: i64, now: Moment) -> Duration {
        match self.phase {
            BattlePhase::Running => self.ends_at.map_or(Duration::ZERO, |ends_at| {
                let left = ends_at.0.saturating_sub(now.wall.0).saturating_sub(room_skew_ms);
                Duration::from_millis(u64::try_from(left).unwrap_or(0))
            }),
            BattlePhase::Punish => PUNISH_PHASE.saturating_sub(now.since(self.phase_since)),
            BattlePhase::Over => Duration::ZERO,
        }
    }

    /// Recomputes which side is ours and puts it first.
    pub(super) fn find_ours(&mut self, host: &Host) {
        sides::find_ours(&mut self.sides, host);
    }

    /// Lets time pass where the service said nothing: a lost end, the end of the punishment. The server's own clock, as the
    /// messages carry it, tells how late it is, so that every mirror decides alike. Says what to log.
    pub(super) fn expire(&mut self, at: Moment, server_at: Option<Timestamp>) -> Option<BattleNews> {
        if let Some(now) = server_at {
            self.effects.retain(|effect| effect.until > now);
        }
        let late = server_at.zip(self.ends_at).map_or(0, |(now, end)| now.0.saturating_sub(end.0));
        let punished = late >= GRACE_MS + PUNISH_PHASE.as_millis() as i64;
        match self.phase {
            // An old message told us of a battle that was over long before: nothing to announce.
            BattlePhase::Running if punished => self.enter(BattlePhase::Over, at),
            BattlePhase::Running if late >= GRACE_MS => {
                self.enter(BattlePhase::Punish, at);
                return Some(news::over(self));
            }
            BattlePhase::Punish if punished || at.since(self.phase_since) > PUNISH_PHASE => {
                self.enter(BattlePhase::Over, at);
            }
            _ => {}
        }
        None
    }

    fn new(id: Option<BattleId>, kind: BattleKind, at: Moment) -> Self {
        Self {
            id,
            phase: BattlePhase::Running,
            kind,
            sides: Vec::new(),
            ends_at: None,
            since: at,
            phase_since: at,
            effects: Vec::new(),
            cut_short: false,
        }
    }

    fn learn(&mut self, kind: BattleKind, times: &BattleTimes) {
        if kind != BattleKind::default() {
            self.kind = kind;
        }
        self.ends_at = times.ends_at.or(self.ends_at);
    }

    fn enter(&mut self, phase: BattlePhase, at: Moment) {
        self.phase = phase;
        self.phase_since = at;
        self.effects.clear();
        self.sides.iter_mut().for_each(|side| (side.pace, side.pace_now) = (0, 0));
    }
}

/// Applies a battle message. Says what to log.
pub(super) fn apply(held: &mut Option<Battle>, event: &BattleEvent, host: &Host, at: Moment) -> Option<BattleNews> {
    let relation = relation(held.as_ref(), event.battle);
    let wanted = match event.action {
        BattleAction::Started => BattlePhase::Running,
        BattleAction::Finished => BattlePhase::Punish,
        BattleAction::CutShort | BattleAction::PunishOver => BattlePhase::Over,
        BattleAction::Invitation | BattleAction::Other => return None,
    };
    // The end of a punishment we never saw begin is no news.
    let unseen_end = event.action == BattleAction::PunishOver && relation == Relation::New;
    if relation == Relation::Earlier || unseen_end {
        return None;
    }
    if relation == Relation::New {
        *held = None;
    }
    let battle = held.get_or_insert_with(|| Battle::new(event.battle, event.kind, at));
    let before = battle.phase;
    battle.learn(event.kind, &event.times);
    sides::merge(&mut battle.sides, &event.sides);
    battle.find_ours(host);
    match event.action {
        BattleAction::Started => (relation == Relation::New).then(|| news::begun(battle, event.times.seconds)),
        BattleAction::CutShort if before != BattlePhase::Over => {
            battle.cut_short = true;
            battle.enter(wanted, at);
            Some(news::cut_short(battle))
        }
        BattleAction::Finished if before == BattlePhase::Running => {
            battle.enter(wanted, at);
            Some(news::over(battle))
        }
        BattleAction::PunishOver if before != BattlePhase::Over => {
            battle.enter(wanted, at);
            (before == BattlePhase::Running).then(|| news::over(battle))
        }
        _ => None,
    }
}

/// Applies points; who enters late learns of the battle here. Says what to log.
pub(super) fn score(
    held: &mut Option<Battle>,
    points: &BattlePoints,
    host: &Host,
    at: Moment,
    paces: &mut Paces,
) -> Option<BattleNews> {
    let relation = relation(held.as_ref(), points.battle);
    let too_late = relation == Relation::Same && held.as_ref().is_some_and(|held| held.phase == BattlePhase::Over);
    if relation == Relation::Earlier || too_late || (relation == Relation::New && points.over) {
        return None;
    }
    if relation == Relation::New {
        *held = None;
    }
    let battle = held.get_or_insert_with(|| Battle::new(points.battle, points.kind, at));
    battle.learn(points.kind, &points.times);
    sides::merge(&mut battle.sides, &points.sides);
    battle.find_ours(host);
    if battle.phase != BattlePhase::Running {
        return None;
    }
    paces.update(battle.id, &mut battle.sides, at);
    if points.over {
        battle.enter(BattlePhase::Punish, at);
        return Some(news::over(battle));
    }
    (relation == Relation::New).then(|| news::running(battle))
}

/// Applies a card. Says what to log.
pub(super) fn item(held: &mut Option<Battle>, item: &BattleItem) -> Option<BattleNews> {
    let same = relation(held.as_ref(), item.battle) == Relation::Same;
    if let Some(battle) = held.as_mut().filter(|battle| same && battle.phase == BattlePhase::Running) {
        effects::add(&mut battle.effects, item);
    }
    news::item(item)
}

/// What to log of a speed challenge.
pub(super) fn task(task: &BattleTask) -> Option<BattleNews> {
    news::task(task)
}

/// Ids grow with time, so a smaller one is an earlier battle. A message without id means the one that is not over yet.
fn relation(held: Option<&Battle>, id: Option<BattleId>) -> Relation {
    let Some(held) = held else { return Relation::New };
    match (held.id, id) {
        (Some(ours), Some(theirs)) if theirs < ours => Relation::Earlier,
        (Some(ours), Some(theirs)) if theirs > ours => Relation::New,
        (Some(_), Some(_)) => Relation::Same,
        _ if held.phase == BattlePhase::Over => Relation::New,
        _ => Relation::Same,
    }
}
