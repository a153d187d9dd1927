//! Sides of a battle, put together from messages that each tell a part.
//!
//! The start names every host alone; points of a team battle come by team, under one host with the team's total and the
//! members in a list (docs/protocol.md#battles). So sides are the same when their team is, or when they share a host.

use super::Side;
use crate::events::{BattleSide, Host, Supporter};

/// Sides kept; the service has at most four hosts in a battle.
const MAX_SIDES: usize = 8;
/// Hosts kept on a side.
const MAX_HOSTS: usize = 8;
/// Supporters kept on a side; the service names three.
const MAX_SUPPORTERS: usize = 3;

/// Takes in what a message tells.
pub(super) fn merge(sides: &mut Vec<Side>, told: &[BattleSide]) {
    for told in told.iter().take(MAX_SIDES) {
        let place = sides.iter().position(|side| is_same(side, told)).unwrap_or(sides.len());
        // Hosts told alone before may turn out to be one team.
        let same = sides.extract_if(.., |side| is_same(side, told)).reduce(|mut team, other| {
            other.hosts.iter().for_each(|host| add_host(&mut team.hosts, host));
            team
        });
        let mut side = same.unwrap_or_default();
        learn(&mut side, told);
        if place < MAX_SIDES {
            sides.insert(place, side);
        }
    }
}

/// Marks the side of the room's host and puts it first.
pub(super) fn find_ours(sides: &mut [Side], host: &Host) {
    for side in &mut *sides {
        side.ours = side.hosts.iter().any(|other| is_one(other, host));
    }
    sides.sort_by_key(|side| !side.ours);
}

fn learn(side: &mut Side, told: &BattleSide) {
    side.team = told.team.or(side.team);
    told.hosts.iter().for_each(|host| add_host(&mut side.hosts, host));
    // Points only grow: a start that is told again, or a late message, takes none away.
    side.points = side.points.max(told.points.unwrap_or(0));
    side.result = told.result.or(side.result);
    if !told.supporters.is_empty() {
        side.supporters =
            told.supporters.iter().take(MAX_SUPPORTERS).map(|new| with_known_name(new, &side.supporters)).collect();
    }
    if told.wins > 0 {
        side.wins = told.wins;
    }
}

/// Points often come without names: keep the one we know.
fn with_known_name(new: &Supporter, known: &[Supporter]) -> Supporter {
    let mut new = new.clone();
    if new.nickname.is_empty()
        && let Some(known) = known.iter().find(|known| known.id.is_some() && known.id == new.id)
    {
        new.nickname = known.nickname.clone();
    }
    new
}

fn add_host(hosts: &mut Vec<Host>, told: &Host) {
    let Some(host) = hosts.iter_mut().find(|host| is_one(host, told)) else {
        if hosts.len() < MAX_HOSTS {
            hosts.push(told.clone());
        }
        return;
    };
    host.id = host.id.or(told.id);
    if !told.unique_id.is_empty() {
        host.unique_id.clone_from(&told.unique_id);
    }
    if !told.nickname.is_empty() {
        host.nickname.clone_from(&told.nickname);
    }
}

fn is_same(side: &Side, told: &BattleSide) -> bool {
    match (side.team, told.team) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => told.hosts.iter().any(|host| side.hosts.iter().any(|other| is_one(other, host))),
    }
}

/// By id where both have one, else by handle.
fn is_one(one: &Host, other: &Host) -> bool {
    match (one.id, other.id) {
        (Some(one), Some(other)) => one == other,
        _ => !one.unique_id.is_empty() && one.unique_id == other.unique_id,
    }
}
