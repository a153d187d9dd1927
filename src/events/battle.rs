//! What battle messages say. `room::battle` makes one running battle of them.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::Host;
use crate::ids::{BattleId, GiftId, UserId};
use crate::text::Text;

/// A battle began, ended or changed phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleEvent {
    /// Which battle.
    pub battle: Option<BattleId>,
    /// What happened.
    pub action: BattleAction,
    /// One to one, teams, …
    pub kind: BattleKind,
    /// When it runs.
    pub times: BattleTimes,
    /// The sides as far as this message names them; points are filled at the end.
    pub sides: Vec<BattleSide>,
}

/// The points of a running battle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattlePoints {
    /// Which battle.
    pub battle: Option<BattleId>,
    /// One to one, teams, …
    pub kind: BattleKind,
    /// When it runs: a viewer who enters late learns it here.
    pub times: BattleTimes,
    /// The sides with their points.
    pub sides: Vec<BattleSide>,
    /// The gift that moved the points, where one is named.
    pub cause: Option<Cause>,
    /// Says that the battle is over (trigger 2 or 3).
    pub over: bool,
}

/// The gift behind a change of points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Who gave.
    pub from: UserId,
    /// What.
    pub gift: GiftId,
    /// How many, of the streak so far.
    pub count: u64,
    /// Coins.
    pub diamonds: u64,
}

/// What a battle message announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BattleAction {
    /// Invitation traffic (actions 1-3, 7-11): rarely reaches viewers.
    Invitation,
    /// Action 4: it runs.
    Started,
    /// Action 5: time over; the punish phase of about 180 s begins.
    Finished,
    /// Action 6: stopped before its time.
    CutShort,
    /// The punish phase is over.
    PunishOver,
    /// A number we do not know.
    Other,
}

/// The form of a battle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BattleKind {
    /// Type 1: one host against another.
    #[default]
    OneToOne,
    /// Type 2: two teams.
    Teams,
    /// Type 3: every host alone.
    Individual,
    /// Type 4: one against several.
    OneAgainstMany,
    /// Another number.
    Other,
}

/// When a battle runs. Any part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleTimes {
    /// Start by the server's clock.
    pub started_at: Option<Timestamp>,
    /// Planned length in seconds, extra time included.
    pub seconds: u64,
    /// End by the server's clock: as given, else start and length.
    pub ends_at: Option<Timestamp>,
}

/// One side: a host alone or a team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleSide {
    /// The team's number in team battles.
    pub team: Option<u64>,
    /// Its hosts; names are known only where a message carried them.
    pub hosts: Vec<Host>,
    /// The side's points, where given.
    pub points: Option<u64>,
    /// How it ended, where given.
    pub result: Option<BattleResult>,
    /// At most the top three supporters; their sum may be below the points.
    pub supporters: Vec<Supporter>,
    /// Wins in a row, 0 when unknown.
    pub wins: u64,
}

/// How a battle ended for a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BattleResult {
    /// 0 on the wire.
    Won,
    /// 1 on the wire.
    Lost,
    /// 2 on the wire.
    Draw,
}

/// Somebody who carries a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supporter {
    /// Who.
    pub id: Option<UserId>,
    /// Display name.
    pub nickname: Text,
    /// Points given.
    pub points: u64,
}
