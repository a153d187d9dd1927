//! Settings of the feed for overlays and bots.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The feed for overlays and bots of this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FeedSettings {
    /// Serve it, without `--feed` too.
    pub on: bool,
    /// Its port, where the first room is heard.
    pub port: u16,
    /// Where it listens; this machine's own addresses only.
    pub address: String,
    /// Pages of the web that may read it, beside those of this machine.
    pub origins: Vec<String>,
    /// Serve `/metrics`.
    pub metrics: bool,
    /// Ports of single rooms, by name or id.
    pub ports: BTreeMap<String, u16>,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self {
            on: false,
            port: 21_213,
            address: "localhost".into(),
            origins: Vec::new(),
            metrics: false,
            ports: BTreeMap::new(),
        }
    }
}
