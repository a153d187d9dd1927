//! Battles between hosts.
//!
//! One side is described in up to six places: maps by host id (results, armies, names, win streaks) and lists by team
//! (members, results, armies). [`Sides`] gathers them all and makes sides only at the end, because fields come in any
//! order.

mod sides;

use sides::{HostSide, Sides};

use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{BattleAction, BattleEvent, BattleKind, BattlePoints, BattleTimes, Cause};
use crate::ids::{BattleId, GiftId, UserId};

pub(super) fn battle<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn points<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn punish_finish<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
