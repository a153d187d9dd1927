//! Facts of a kind of gift, behind its id: what a message, the gift list and the built-in catalogue say of it alike.

use serde::{Deserialize, Serialize};

use super::GiftId;
use crate::text::Text;

/// What is known of a kind of gift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GiftFacts {
    /// Its id.
    pub id: GiftId,
    /// Its name; empty when unknown.
    pub name: Text,
    /// "Sent Rose", as the service words it.
    pub describe: Text,
    /// Price of one in coins; nothing when unknown, which is not 0.
    pub diamonds: Option<u64>,
    /// 1 can be given in streaks; 2, 4 and others come once; 0 when unknown.
    pub kind: u32,
    /// Address of its picture.
    pub picture: Option<Box<str>>,
}

impl GiftFacts {
    /// Whether it is given in streaks.
    pub fn streakable(&self) -> bool {
        self.kind == 1
    }
}
