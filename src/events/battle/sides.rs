//! Sides of a battle, gathered from the places in a message that describe them.

use std::collections::BTreeMap;

use crate::events::decode::people::nested;
use crate::events::{BattleKind, BattleResult, BattleSide, Host, Supporter};
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::{DecodeError, Fields};

/// Most hosts, and most teams, taken of one message; real battles have up to four hosts.
const MAX_SIDES: usize = 16;
/// Most supporters kept of a side; the service names three.
const MAX_SUPPORTERS: usize = 8;

/// Everything a message says of its sides, by host and by team; sorted by id, so that equal messages give equal sides.
#[derive(Default)]
pub(super) struct Sides {
    hosts: BTreeMap<UserId, HostSide>,
    teams: BTreeMap<u64, TeamSide>,
}

#[derive(Default)]
pub(super) struct HostSide {
    host: Host,
    army: Army,
    result: Option<BattleResult>,
    result_points: Option<u64>,
    wins: u64,
}

#[derive(Default)]
struct TeamSide {
    members: Vec<UserId>,
    army: Army,
    result: Option<BattleResult>,
    result_points: Option<u64>,
}

/// `BattleArmies`: the top supporters and the side's points, which may be more than the sum of theirs.
#[derive(Default)]
struct Army {
    points: Option<u64>,
    supporters: Vec<Supporter>,
}

/// Reads the value of a map whose key is a host.
type HostReader = fn(&mut HostSide, Fields<'_>) -> Result<(), DecodeError>;

impl Sides {
    pub(super) fn host_entry(&mut self, entry: Fields<'_>, read: HostReader) -> Result<(), DecodeError> {
        let (mut key, mut value) = (None, Fields::new(&[]));
        for field in entry {
            let field = field?;
            match field.number {
                1 => key = UserId::from_wire(field.int()?),
                2 => value = field.message()?,
                _ => {}
            }
        }
        match key {
            Some(key) if self.hosts.len() < MAX_SIDES || self.hosts.contains_key(&key) => {
                read(self.hosts.entry(key).or_default(), value)
            }
            _ => Ok(()),
        }
    }

    fn team(&mut self, id: u64, members: Vec<UserId>) -> Option<&mut TeamSide> {
        if self.teams.len() >= MAX_SIDES && !self.teams.contains_key(&id) {
            return None;
        }
        let team = self.teams.entry(id).or_default();
        let new: Vec<_> = members.into_iter().filter(|member| !team.members.contains(member)).collect();
        team.members.extend(new);
        team.members.truncate(MAX_SIDES);
        Some(team)
    }

    pub(super) fn team_member(&mut self, fields: Fields<'_>) -> Result<(), DecodeError> {
        let (mut id, mut members) = (0, Vec::new());
        for field in fields {
            let field = field?;
            match field.number {
                1 => id = field.count()?,
                2 if members.len() < MAX_SIDES => {
                    members.extend(field.ints(MAX_SIDES)?.into_iter().filter_map(UserId::from_wire));
                }
                _ => {}
            }
        }
        self.team(id, members);
        Ok(())
    }

    pub(super) fn team_result(&mut self, fields: Fields<'_>) -> Result<(), DecodeError> {
        let (mut id, mut members, mut result, mut points) = (0, Vec::new(), 0, 0);
        for field in fields {
            let field = field?;
            match field.number {
                1 => id = field.count()?,
                2 if members.len() < MAX_SIDES => members.extend(team_user(field.message()?)?),
                3 => result = field.small()?,
                4 => points = field.count()?,
                _ => {}
            }
        }
        if let Some(team) = self.team(id, members) {
            team.result = battle_result(result);
            team.result_points = Some(points);
        }
        Ok(())
    }

    pub(super) fn team_armies(&mut self, fields: Fields<'_>) -> Result<(), DecodeError> {
        let (mut id, mut members, mut points, mut army) = (0, Vec::new(), None, Army::default());
        for field in fields {
            let field = field?;
            match field.number {
                1 => id = field.count()?,
                2 if members.len() < MAX_SIDES => members.extend(team_user(field.message()?)?),
                3 => points = Some(field.count()?),
                4 => army = Army::read(field.message()?)?,
                _ => {}
            }
        }
        if let Some(team) = self.team(id, members) {
            army.points = points.or(army.points).or(Some(0));
            team.army = army;
        }
        Ok(())
    }

    /// One side a team where the battle is one of teams, else one side a host.
    pub(super) fn resolve(mut self, kind: BattleKind) -> Vec<BattleSide> {
        if kind == BattleKind::OneToOne || self.teams.is_empty() {
            return self.hosts.into_iter().map(|(id, side)| side.one_host_side(id)).collect();
        }
        let teams = std::mem::take(&mut self.teams);
        teams.into_iter().map(|(id, team)| team.with_hosts(id, &mut self.hosts)).collect()
    }
}

impl HostSide {
    pub(super) fn read_armies(&mut self, armies: Fields<'_>) -> Result<(), DecodeError> {
        self.army = Army::read(armies)?;
        // A side without points leaves the number out.
        self.army.points = self.army.points.or(Some(0));
        Ok(())
    }

    pub(super) fn read_result(&mut self, result: Fields<'_>) -> Result<(), DecodeError> {
        let (mut number, mut points) = (0, 0);
        for field in result {
            let field = field?;
            match field.number {
                2 => number = field.small()?,
                3 => points = field.count()?,
                _ => {}
            }
        }
        self.result = battle_result(number);
        self.result_points = Some(points);
        Ok(())
    }

    pub(super) fn read_name(&mut self, anchor: Fields<'_>) -> Result<(), DecodeError> {
        let user = nested(anchor, 1)?;
        for field in Fields::new(user) {
            let field = field?;
            match field.number {
                2 => self.host.nickname = field.text()?,
                4 => self.host.unique_id = field.text()?,
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn read_wins(&mut self, combo: Fields<'_>) -> Result<(), DecodeError> {
        for field in combo {
            let field = field?;
            if field.number == 3 {
                self.wins = field.count()?;
            }
        }
        Ok(())
    }

    fn one_host_side(self, id: UserId) -> BattleSide {
        BattleSide {
            team: None,
            hosts: vec![Host { id: Some(id), ..self.host }],
            points: self.result_points.max(self.army.points),
            result: self.result,
            supporters: self.army.supporters,
            wins: self.wins,
        }
    }
}

impl TeamSide {
    /// In battles of teams the maps by host name one host a team, with the team's total: they fill what is missing.
    fn with_hosts(self, id: u64, hosts: &mut BTreeMap<UserId, HostSide>) -> BattleSide {
        let mut side = BattleSide {
            team: Some(id),
            points: self.result_points.max(self.army.points),
            result: self.result,
            supporters: self.army.supporters,
            ..BattleSide::default()
        };
        for member in self.members {
            let known = hosts.remove(&member).unwrap_or_default().one_host_side(member);
            side.hosts.extend(known.hosts);
            side.points = side.points.max(known.points);
            side.result = side.result.or(known.result);
            side.wins = side.wins.max(known.wins);
            if side.supporters.is_empty() {
                side.supporters = known.supporters;
            }
        }
        side
    }
}

impl Army {
    fn read(armies: Fields<'_>) -> Result<Self, DecodeError> {
        let mut army = Self::default();
        for field in armies {
            let field = field?;
            match field.number {
                1 if army.supporters.len() < MAX_SUPPORTERS => army.supporters.push(supporter(field.message()?)?),
                2 => army.points = Some(field.count()?),
                _ => {}
            }
        }
        Ok(army)
    }
}

fn supporter(fields: Fields<'_>) -> Result<Supporter, DecodeError> {
    let mut supporter = Supporter { id: None, nickname: Text::default(), points: 0 };
    for field in fields {
        let field = field?;
        match field.number {
            1 => supporter.id = UserId::from_wire(field.int()?),
            2 => supporter.points = field.count()?,
            3 => supporter.nickname = field.text()?,
            _ => {}
        }
    }
    Ok(supporter)
}

fn team_user(fields: Fields<'_>) -> Result<Option<UserId>, DecodeError> {
    for field in fields {
        let field = field?;
        if field.number == 1 {
            return Ok(UserId::from_wire(field.int()?));
        }
    }
    Ok(None)
}

fn battle_result(number: i32) -> Option<BattleResult> {
    match number {
        0 => Some(BattleResult::Won),
        1 => Some(BattleResult::Lost),
        2 => Some(BattleResult::Draw),
        _ => None,
    }
}
