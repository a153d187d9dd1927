//! Counters of one simulated live: who watches, who came, taps, and who gave how much.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::sim::crowd::SimPerson;
use crate::wire::pb;

/// Counters of one live.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) watching: i64,
    pub(super) so_far: i64,
    pub(super) followers: i64,
    /// TikTok has two like counters of different size, and a message names either.
    likes: [i64; 2],
    /// Coins given, by user.
    spent: BTreeMap<i64, (i64, pb::User)>,
}

impl Numbers {
    pub(super) fn new(watching: i64, rng: &mut Rng) -> Self {
        let likes = 4_000 + rng.i64(0..20_000);
        Self {
            watching,
            so_far: watching * 4,
            followers: 20_000 + rng.i64(0..9_000),
            likes: [likes, likes * 16 / 25],
            spent: BTreeMap::new(),
        }
    }

    /// The true total of taps.
    pub(super) fn likes(&self) -> i64 {
        self.likes[0].max(self.likes[1])
    }

    /// Books `count` taps and answers the total that the message names.
    pub(super) fn tap(&mut self, count: i64, rng: &mut Rng) -> i64 {
        let counter = &mut self.likes[usize::from(rng.u32(0..5) < 2)];
        *counter += count;
        *counter
    }

    pub(super) fn viewer_joined(&mut self) {
        self.watching += 1;
        self.so_far += 1;
    }

    /// People leave without a message.
    pub(super) fn wander(&mut self, rng: &mut Rng) {
        let swing = (self.watching / 12).max(3);
        self.watching = (self.watching + rng.i64(-swing..=swing / 2)).max(2);
    }

    /// People come and go until about so many watch.
    pub(super) fn wander_to(&mut self, goal: f64, rng: &mut Rng) {
        let swing = (self.watching / 60).max(2);
        let step = ((goal - self.watching as f64) / 4.0) as i64;
        self.watching = (self.watching + step + rng.i64(-swing..=swing)).max(2);
    }

    pub(super) fn spend(&mut self, who: &SimPerson, coins: i64) {
        let entry = self.spent.entry(who.user.id).or_insert_with(|| (0, who.user.clone()));
        entry.0 += coins;
    }

    pub(super) fn spent_by(&self, user: i64) -> i64 {
        self.spent.get(&user).map_or(0, |(coins, _)| *coins)
    }

    /// Sixteen ranks of which only the first five have names, as recorded.
    pub(super) fn ranks(&self, regulars: &[SimPerson]) -> Vec<pb::Contributor> {
        let mut top: Vec<_> = self.spent.values().map(|(score, user)| (*score, user)).collect();
        top.extend(
            regulars.iter().filter(|person| !self.spent.contains_key(&person.user.id)).map(|person| (0, &person.user)),
        );
        top.sort_by_key(|&(score, user)| (-score, user.id));
        top.iter()
            .zip(1..=5)
            .map(|(&(score, user), rank)| pb::Contributor { score, user: Some(user.clone()), rank })
            .chain((6..=16).map(|rank| pb::Contributor { rank, ..pb::Contributor::default() }))
            .collect()
    }
}
