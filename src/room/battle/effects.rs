//! Cards that work in a battle for some seconds.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::{BattleItem, Host, ItemKind};
use crate::ids::UserId;

/// Effects that run at one time; the service shows one or two.
const MAX_EFFECTS: usize = 8;

/// A card that works now, or will in a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CardEffect {
    /// Which card.
    pub kind: ItemKind,
    /// Who used it, where named.
    pub by: Option<Host>,
    /// The host it helps.
    pub side: Option<UserId>,
    /// What a lucky gift is worth with a glove; 0 for other cards.
    pub multiplier: u64,
    /// Until when, by the server's clock.
    pub until: Timestamp,
}

/// Takes in a card of the running battle.
pub(super) fn add(effects: &mut Vec<CardEffect>, item: &BattleItem) {
    let works = !matches!(item.kind, ItemKind::Award | ItemKind::Guide);
    let Some(start) = item.starts_at.filter(|_| works && item.seconds > 0) else { return };
    if effects.len() >= MAX_EFFECTS {
        effects.remove(0);
    }
    let until = Timestamp(start.0.saturating_add_unsigned(item.seconds.saturating_mul(1_000)));
    let (by, side, multiplier) = (item.from.clone(), item.side, item.multiplier);
    effects.push(CardEffect { kind: item.kind, by, side, multiplier, until });
}
