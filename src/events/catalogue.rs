//! Catalogue of gifts: the built-in list, and on top of it the room's own.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::GiftFacts;
use crate::ids::GiftId;
use crate::text::Text;

/// One line a gift: id, name, price in coins, type (empty when nobody saw it).
const BUILT_IN: &str = include_str!("../../assets/gifts.csv");

/// Facts of gifts by id. Prices change and differ by region: what a message says of its own gift comes first.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    gifts: HashMap<GiftId, Arc<GiftFacts>>,
}

impl Catalogue {
    /// The list that comes with the program, read once.
    pub fn built_in() -> Arc<Self> {
        static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
            let mut catalogue = Catalogue::default();
            catalogue.extend(BUILT_IN.lines().skip(1).filter_map(facts));
            Arc::new(catalogue)
        });
        CATALOGUE.clone()
    }

    /// What is known of a gift.
    pub fn get(&self, id: GiftId) -> Option<&Arc<GiftFacts>> {
        self.gifts.get(&id)
    }

    /// How many gifts are known.
    pub fn len(&self) -> usize {
        self.gifts.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.gifts.is_empty()
    }
}

/// Newer facts replace older ones: a room's gift list goes on top of the built-in one.
impl Extend<GiftFacts> for Catalogue {
    fn extend<I: IntoIterator<Item = GiftFacts>>(&mut self, gifts: I) {
        self.gifts.extend(gifts.into_iter().map(|facts| (facts.id, Arc::new(facts))));
    }
}

fn facts(line: &str) -> Option<GiftFacts> {
    let mut cells = line.split(',');
    let id = GiftId(cells.next()?.parse().ok()?);
    let name = Text::new(cells.next()?);
    let diamonds = Some(cells.next()?.parse().ok()?);
    let kind = cells.next()?.parse().unwrap_or(0);
    Some(GiftFacts { id, name, diamonds, kind, ..GiftFacts::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_built_in_list_is_a_gift() {
        let catalogue = Catalogue::built_in();
        assert_eq!(catalogue.len(), BUILT_IN.lines().count() - 1);
        let rose = catalogue.get(GiftId(5655)).unwrap();
        assert_eq!((rose.name.as_str(), rose.diamonds, rose.kind), ("Rose", Some(1), 1));
    }

    #[test]
    fn a_rooms_own_list_wins() {
        let mut catalogue = Catalogue::clone(&Catalogue::built_in());
        let own = GiftFacts { id: GiftId(5655), name: "Rosa".into(), diamonds: Some(2), ..GiftFacts::default() };
        catalogue.extend([own.clone()]);
        assert_eq!(catalogue.get(GiftId(5655)).map(Arc::as_ref), Some(&own));
    }
}
