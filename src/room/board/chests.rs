//! Treasure chests that wait to be opened.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::Envelope;
use crate::text::Text;

/// Chests kept; more never wait at once.
const MOST: usize = 16;

/// The chests that wait, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chests(Vec<Chest>);

/// A treasure chest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Chest {
    /// Its id: the service tells of one several times.
    pub id: CompactString,
    /// Handle of who gave it.
    pub from: Text,
    /// Coins inside.
    pub coins: u64,
    /// How many can win.
    pub winners: u64,
    /// When it opens, by the server's clock.
    pub opens_at: Timestamp,
}

impl Chests {
    /// Those that wait, as they came.
    pub fn iter(&self) -> impl Iterator<Item = &Chest> {
        self.0.iter()
    }

    /// A chest appears or goes away. One without a time to open cannot be waited for.
    pub(super) fn apply(&mut self, envelope: &Envelope) {
        self.0.retain(|chest| chest.id != envelope.id);
        let Some(opens_at) = envelope.opens_at.filter(|_| envelope.shown) else { return };
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        let Envelope { id, from, coins, winners, .. } = envelope.clone();
        self.0.push(Chest { id, from, coins, winners, opens_at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(id: &str, shown: bool, opens_at: Option<i64>) -> Envelope {
        Envelope {
            id: id.into(),
            shown,
            business: 1,
            super_fan: false,
            from: "mia".into(),
            from_id: None,
            coins: 100,
            winners: 5,
            opens_at: opens_at.map(Timestamp),
        }
    }

    #[test]
    fn a_chest_that_is_told_twice_is_one_and_goes_when_it_goes() {
        let mut chests = Chests::default();
        chests.apply(&told("1", true, Some(90_000)));
        chests.apply(&told("1", true, Some(90_000)));
        chests.apply(&told("2", true, None));
        assert_eq!(chests.iter().count(), 1);
        chests.apply(&told("1", false, None));
        assert_eq!(chests.iter().count(), 0);
        (0..99).for_each(|id| chests.apply(&told(&id.to_string(), true, Some(1))));
        assert_eq!(chests.iter().count(), MOST);
    }
}
