//! Speed at which each side makes points.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::Side;
use crate::clock::Moment;
use crate::ids::{BattleId, UserId};
use crate::room::serde_map_as_vec;

/// The time a pace is taken over.
const SPAN_MS: u64 = 30_000;
/// The time of a pace that is to tell what happens right now.
const NOW_MS: u64 = 10_000;
/// Less than a third of the long span, or half of the short one, is too little to divide by: one gift in the first second
/// would look like a storm.
const LEAST_MS: u64 = 10_000;
const LEAST_NOW_MS: u64 = 5_000;
/// Samples closer than this are one, which bounds them at about thirty a side.
const STEP_MS: u64 = 1_000;

/// A side, whatever its place: its team, else its first host with an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Key {
    Team(u64),
    Host(UserId),
}

/// Points of the sides of one battle over the last half minute: (monotonic time, points), oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::room) struct Paces {
    battle: Option<BattleId>,
    #[serde(with = "serde_map_as_vec")]
    samples: BTreeMap<Key, VecDeque<(u64, u64)>>,
}

impl Paces {
    /// Takes in the points of now and sets each side's pace.
    pub(super) fn update(&mut self, battle: Option<BattleId>, sides: &mut [Side], at: Moment) {
        if self.battle != battle {
            *self = Self { battle, ..Self::default() };
        }
        let keys: Vec<Option<Key>> = sides.iter().map(key).collect();
        self.samples.retain(|known, _| keys.contains(&Some(*known)));
        for (side, key) in sides.iter_mut().zip(keys) {
            if let Some(key) = key {
                let samples = self.samples.entry(key).or_default();
                push(samples, at.mono, side.points);
                set_paces(side, samples, at.mono);
            }
        }
    }

    /// Recomputes the paces when no points came for a while.
    pub(in crate::room) fn recompute(&self, sides: &mut [Side], at: Moment) {
        for side in sides {
            if let Some(samples) = key(side).and_then(|key| self.samples.get(&key)) {
                set_paces(side, samples, at.mono);
            }
        }
    }
}

fn key(side: &Side) -> Option<Key> {
    side.team.map(Key::Team).or_else(|| side.hosts.iter().find_map(|host| host.id).map(Key::Host))
}

fn push(samples: &mut VecDeque<(u64, u64)>, now: u64, points: u64) {
    // The first sample is the ground the pace is measured from: it stays.
    let settled = samples.len() > 1;
    match samples.back_mut() {
        Some((at, last)) if settled && now.saturating_sub(*at) < STEP_MS => *last = points,
        _ => samples.push_back((now, points)),
    }
    // One sample older than the span stays: what was gained inside the span is counted from it.
    while samples.get(1).is_some_and(|&(at, _)| at.saturating_add(SPAN_MS) <= now) {
        samples.pop_front();
    }
}

fn set_paces(side: &mut Side, samples: &VecDeque<(u64, u64)>, now: u64) {
    side.pace = pace(samples, now, SPAN_MS, LEAST_MS);
    side.pace_now = pace(samples, now, NOW_MS, LEAST_NOW_MS);
}

/// Points a second over the last `span` milliseconds.
fn pace(samples: &VecDeque<(u64, u64)>, now: u64, span: u64, least: u64) -> u64 {
    let begin = now.saturating_sub(span);
    let ground = samples.iter().take_while(|(at, _)| *at <= begin).last().or(samples.front());
    let (Some(&(from, ground)), Some(&(_, points))) = (ground, samples.back()) else { return 0 };
    let millis = now.saturating_sub(from.max(begin)).max(least);
    points.saturating_sub(ground).saturating_mul(1_000) / millis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_what_the_last_half_minute_gained() {
        let mut samples = VecDeque::new();
        push(&mut samples, 100_000, 500);
        assert_eq!(pace(&samples, 100_000, SPAN_MS, LEAST_MS), 0);
        push(&mut samples, 120_000, 900);
        assert_eq!(pace(&samples, 120_000, SPAN_MS, LEAST_MS), 400 / 20);
        push(&mut samples, 150_000, 1_200);
        assert_eq!(pace(&samples, 150_000, SPAN_MS, LEAST_MS), 300 / 30);
        assert_eq!(pace(&samples, 200_000, SPAN_MS, LEAST_MS), 0);
        push(&mut samples, 210_000, 1_300);
        let now = |at| pace(&samples, at, NOW_MS, LEAST_NOW_MS);
        assert_eq!((now(210_000), now(215_000), now(221_000)), (10, 10, 0), "the short one forgets sooner");
    }

    #[test]
    fn samples_are_bounded_in_a_storm() {
        let mut samples = VecDeque::new();
        for now in 0..200_000 {
            push(&mut samples, now, now);
        }
        assert!(samples.len() < 40, "{}", samples.len());
        assert_eq!(pace(&samples, 200_000, SPAN_MS, LEAST_MS), 999);
    }
}
