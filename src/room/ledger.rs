//! What counts, once: message ids seen, and what each gift adds.

use serde::{Deserialize, Serialize};

/// What a gift message adds by the rules of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Units this message adds. The sum over all messages is the truth, whatever was lost or doubled.
    pub added: u64,
    /// Coins this message adds: `added` times the price; nothing when the price is unknown.
    pub diamonds: Option<u64>,
    /// Highest count of the streak so far.
    pub count: u64,
    /// Where its streak stands.
    pub streak: Streak,
}

/// Where the streak of a gift message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Streak {
    /// Still running.
    Open,
    /// Over.
    Closed,
    /// The gift has none.
    None,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ledger {}
