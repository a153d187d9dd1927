//! Events of battles between hosts, as their messages tell them; `room::battle` makes one running battle of them.
//!
//! One side is described in up to six places: maps by host id (results, armies, names, win streaks) and lists by team
//! (members, results, armies). [`Sides`] gathers them all and makes sides only at the end, because fields come in any
//! order.

mod sides;

use super::EventKind;
use super::Host;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::json::JsonTally;
use super::json::views::HostView;
use super::json::views::Id;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::ids::BattleId;
use crate::ids::GiftId;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use compact_str::CompactString;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use sides::HostSide;
use sides::Sides;

/// A battle began, ended or changed phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Supporter {
    /// Who.
    pub id: Option<UserId>,
    /// Display name.
    pub nickname: Text,
    /// Points given.
    pub points: u64,
}

pub(super) fn battle<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut id, mut setting, mut action, mut sides) = (None, Setting::default(), 0, Sides::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => id = BattleId::from_wire(field.int()?),
            3 => setting = Setting::read(field.message()?)?,
            4 => action = field.small()?,
            5 => sides.host_entry(field.message()?, HostSide::read_result)?,
            9 => sides.host_entry(field.message()?, HostSide::read_armies)?,
            10 => sides.host_entry(field.message()?, HostSide::read_name)?,
            13 => sides.host_entry(field.message()?, HostSide::read_wins)?,
            14 => sides.team_member(field.message()?)?,
            17 => sides.team_result(field.message()?)?,
            18 => sides.team_armies(field.message()?)?,
            _ => {}
        }
    }
    Ok(EventKind::Battle(Box::new(BattleEvent {
        battle: id.or(setting.battle),
        action: battle_action(action),
        kind: setting.kind,
        times: setting.times(),
        sides: sides.resolve(setting.kind),
    })))
}

pub(super) fn points<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut id, mut setting, mut sides, mut trigger) = (None, Setting::default(), Sides::default(), 0);
    let (mut from, mut gift, mut count, mut diamonds) = (None, None, 1, 0);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => id = BattleId::from_wire(field.int()?),
            3 => sides.host_entry(field.message()?, HostSide::read_armies)?,
            7 => trigger = field.small()?,
            8 => from = UserId::from_wire(field.int()?),
            9 => gift = GiftId::from_wire(field.int()?),
            // `gift_count` and `repeat_count`: often both are missing, and then it is one.
            10 | 13 => count = field.count()?.max(count),
            12 => diamonds = field.count()?,
            14 => sides.team_armies(field.message()?)?,
            18 => setting = Setting::read(field.message()?)?,
            _ => {}
        }
    }
    Ok(EventKind::BattlePoints(Box::new(BattlePoints {
        battle: id.or(setting.battle),
        kind: setting.kind,
        times: setting.times(),
        sides: sides.resolve(setting.kind),
        cause: from.zip(gift).map(|(from, gift)| Cause { from, gift, count, diamonds }),
        // 1 a new score, 2 the end, 3 somebody left it, 4 keep-alive, 5 an effect.
        over: matches!(trigger, 2 | 3),
    })))
}

pub(super) fn punish_finish<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
) -> Result<EventKind, DecodeError> {
    let (mut id, mut setting) = (None, Setting::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            5 => id = BattleId::from_wire(field.int()?),
            6 => setting = Setting::read(field.message()?)?,
            _ => {}
        }
    }
    Ok(EventKind::Battle(Box::new(BattleEvent {
        battle: id.or(setting.battle),
        action: BattleAction::PunishOver,
        kind: setting.kind,
        times: setting.times(),
        sides: Vec::new(),
    })))
}

fn battle_action(number: i32) -> BattleAction {
    match number {
        1..=3 | 7..=11 => BattleAction::Invitation,
        4 => BattleAction::Started,
        5 => BattleAction::Finished,
        6 => BattleAction::CutShort,
        _ => BattleAction::Other,
    }
}

/// `BattleSetting`: repeated in every message, so that who enters late still gets the timer.
#[derive(Default)]
struct Setting {
    battle: Option<BattleId>,
    kind: BattleKind,
    start: Option<Timestamp>,
    seconds: u64,
    extra_seconds: u64,
    end: Option<Timestamp>,
}

impl Setting {
    fn read(fields: Fields<'_>) -> Result<Self, DecodeError> {
        let mut setting = Self::default();
        for field in fields {
            let field = field?;
            match field.number {
                1 => setting.battle = BattleId::from_wire(field.int()?),
                2 => setting.start = Timestamp::from_wire(field.int()?),
                3 => setting.seconds = field.count()?,
                8 => setting.kind = battle_kind(field.small()?),
                9 => setting.extra_seconds = field.count()?,
                10 => setting.end = Timestamp::from_wire(field.int()?),
                _ => {}
            }
        }
        Ok(setting)
    }

    fn times(&self) -> BattleTimes {
        let seconds = self.seconds.saturating_add(self.extra_seconds);
        let planned = self.start.filter(|_| seconds > 0).and_then(|start| {
            let end = start.0.saturating_add_unsigned(seconds.saturating_mul(1_000));
            Timestamp::from_wire(end)
        });
        BattleTimes { started_at: self.start, seconds, ends_at: self.end.or(planned) }
    }
}

fn battle_kind(number: i32) -> BattleKind {
    match number {
        0 | 1 => BattleKind::OneToOne,
        2 => BattleKind::Teams,
        3 => BattleKind::Individual,
        4 => BattleKind::OneAgainstMany,
        _ => BattleKind::Other,
    }
}

/// When a battle runs.
#[derive(Serialize)]
struct TimesView {
    started_at: Option<CompactString>,
    seconds: u64,
    ends_at: Option<CompactString>,
}

impl TimesView {
    fn new(times: &BattleTimes) -> Self {
        Self { started_at: time(times.started_at), seconds: times.seconds, ends_at: time(times.ends_at) }
    }
}

/// A side of a battle.
#[derive(Serialize)]
struct SideView<'a> {
    team: Option<Id<u64>>,
    hosts: Vec<HostView<'a>>,
    points: Option<u64>,
    result: Option<&'static str>,
    wins: u64,
    supporters: Vec<SupporterView<'a>>,
}

#[derive(Serialize)]
struct SupporterView<'a> {
    id: Option<Id<UserId>>,
    nickname: &'a str,
    points: u64,
}

impl<'a> SideView<'a> {
    fn list(sides: &'a [BattleSide]) -> Vec<Self> {
        sides.iter().map(Self::new).collect()
    }

    fn new(side: &'a BattleSide) -> Self {
        let supporter = |supporter: &'a Supporter| SupporterView {
            id: id(supporter.id),
            nickname: supporter.nickname.original(),
            points: supporter.points,
        };
        Self {
            team: id(side.team),
            hosts: side.hosts.iter().map(HostView::new).collect(),
            points: side.points,
            result: side.result.map(<&str>::from as fn(BattleResult) -> &'static str),
            wins: side.wins,
            supporters: side.supporters.iter().map(supporter).collect(),
        }
    }
}

/// The gift behind a change of points.
#[derive(Serialize)]
struct CauseView {
    user_id: Id<UserId>,
    gift_id: Id<GiftId>,
    count: u64,
    diamonds: u64,
}

impl CauseView {
    fn new(cause: &Cause) -> Self {
        Self { user_id: Id(cause.from), gift_id: Id(cause.gift), count: cause.count, diamonds: cause.diamonds }
    }
}

impl EventBody for BattleEvent {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("battle_id", &id(self.battle))?;
        map.serialize_entry("action", <&str>::from(self.action))?;
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("times", &TimesView::new(&self.times))?;
        map.serialize_entry("sides", &SideView::list(&self.sides))
    }
}

impl EventBody for BattlePoints {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("battle_id", &id(self.battle))?;
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("times", &TimesView::new(&self.times))?;
        map.serialize_entry("sides", &SideView::list(&self.sides))?;
        map.serialize_entry("cause", &self.cause.as_ref().map(CauseView::new))?;
        map.serialize_entry("over", &self.over)
    }
}
