//! Rules of what the history keeps of a room: for all rooms, and for single ones.

use serde::{Deserialize, Serialize};

/// What the history keeps of a room.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum HistoryRule {
    /// People, gifts and numbers, and what is said.
    #[default]
    All,
    /// People, gifts and numbers, but not what is said.
    People,
    /// Nothing.
    Off,
}
