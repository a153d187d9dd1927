//! Who gave most in this live, by the coins we added.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::events::Viewer;

/// A giver and what they gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// Who.
    pub viewer: Arc<Viewer>,
    /// Coins of gifts with a known price.
    pub coins: u64,
    /// Gift units.
    pub gifts: u64,
}

/// The top givers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Leaders {
    top: Vec<Leader>,
}

impl Leaders {
    /// Highest first; at most 50.
    pub fn top(&self) -> impl Iterator<Item = &Leader> {
        self.top.iter()
    }
}
