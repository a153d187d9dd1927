//! Leaderboard of this live: who gave most, by the coins we added.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ledger::{PersonKey, Tally};
use super::serde_map_as_vec;
use crate::events::Viewer;
use crate::ids::UserId;

/// Places in the list.
const MAX_TOP: usize = 50;
/// Givers remembered; when full, the quarter that gave least goes.
const MAX_GIVERS: usize = 10_000;

/// A giver and what they gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Leader {
    /// Who.
    pub viewer: Arc<Viewer>,
    /// Coins of gifts with a known price.
    pub coins: u64,
    /// Gift units.
    pub gifts: u64,
}

/// Best first; the person makes the order total, so that every mirror has the same.
type Rank = (Reverse<u64>, Reverse<u64>, PersonKey);

/// The top givers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Leaders {
    #[serde(with = "serde_map_as_vec")]
    givers: BTreeMap<PersonKey, Leader>,
    top: Vec<PersonKey>,
}

impl Leaders {
    /// Highest first; at most 50.
    pub fn top(&self) -> impl Iterator<Item = &Leader> {
        self.top.iter().filter_map(|person| self.givers.get(person))
    }

    /// All who gave that are kept, highest first.
    pub fn all(&self) -> Vec<&Leader> {
        let mut all: Vec<_> = self.givers.values().collect();
        all.sort_by_key(|leader| std::cmp::Reverse(leader.coins));
        all
    }

    /// What one person gave in this live.
    pub fn total_of(&self, user: UserId) -> Option<&Leader> {
        self.givers.get(&PersonKey::Id(user))
    }

    /// Credits what a gift added.
    pub(super) fn credit(&mut self, viewer: &Arc<Viewer>, tally: &Tally) {
        let person = PersonKey::from(&**viewer);
        if !self.givers.contains_key(&person) {
            self.make_room();
        }
        let leader = self.givers.entry(person).or_insert_with(|| Leader { viewer: viewer.clone(), coins: 0, gifts: 0 });
        leader.viewer.clone_from(viewer);
        leader.coins = leader.coins.saturating_add(tally.diamonds.unwrap_or(0));
        leader.gifts = leader.gifts.saturating_add(tally.added);
        self.place(person);
    }

    /// Puts somebody whose total grew into the list, if they belong there.
    fn place(&mut self, person: PersonKey) {
        self.top.retain(|other| *other != person);
        let rank = self.rank(&person);
        let place = self.top.partition_point(|other| self.rank(other) < rank);
        if place < MAX_TOP {
            self.top.insert(place, person);
            self.top.truncate(MAX_TOP);
        }
    }

    fn rank(&self, person: &PersonKey) -> Rank {
        let (coins, gifts) = self.givers.get(person).map_or((0, 0), |leader| (leader.coins, leader.gifts));
        (Reverse(coins), Reverse(gifts), *person)
    }

    fn make_room(&mut self) {
        if self.givers.len() < MAX_GIVERS {
            return;
        }
        let mut ranks: Vec<Rank> = self.givers.keys().map(|person| self.rank(person)).collect();
        ranks.sort_unstable();
        for (_, _, person) in ranks.drain(MAX_GIVERS - MAX_GIVERS / 4..) {
            self.givers.remove(&person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::ledger::StreakState;

    fn give(leaders: &mut Leaders, user: u64, gifts: u64, price: Option<u64>) {
        let viewer = Arc::new(Viewer { id: Some(UserId(user)), ..Viewer::default() });
        let diamonds = price.map(|price| price * gifts);
        leaders.credit(&viewer, &Tally { added: gifts, diamonds, count: gifts, streak: StreakState::None });
    }

    fn top(leaders: &Leaders) -> Vec<(u64, u64, u64)> {
        leaders.top().map(|leader| (leader.viewer.id.unwrap().0, leader.coins, leader.gifts)).collect()
    }

    #[test]
    fn coins_rank_first_then_gifts() {
        let mut leaders = Leaders::default();
        give(&mut leaders, 1, 9, None);
        give(&mut leaders, 2, 1, Some(5));
        give(&mut leaders, 3, 20, None);
        give(&mut leaders, 4, 3, Some(1));
        give(&mut leaders, 4, 3, Some(1));
        assert_eq!(top(&leaders), [(4, 6, 6), (2, 5, 1), (3, 0, 20), (1, 0, 9)]);
        assert_eq!(leaders.total_of(UserId(1)).map(|leader| leader.gifts), Some(9));
        assert_eq!(leaders.total_of(UserId(9)), None);
    }

    #[test]
    fn the_top_is_right_after_many_givers_and_memory_is_bounded() {
        let mut leaders = Leaders::default();
        // A scrambled order, every total different.
        for n in 0..30_000u64 {
            let user = n * 7_919 % 30_011;
            give(&mut leaders, user, user + 1, Some(1));
        }
        assert!(leaders.givers.len() <= MAX_GIVERS);
        let coins: Vec<u64> = leaders.top().map(|leader| leader.coins).collect();
        let mut best: Vec<u64> = (0..30_000u64).map(|n| n * 7_919 % 30_011 + 1).collect();
        best.sort_unstable_by(|one, other| other.cmp(one));
        best.truncate(MAX_TOP);
        assert_eq!(coins, best);
    }
}
