//! What the audience does.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::text::Text;

/// Taps of one viewer in a short window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Like {
    /// Who; nothing when the service withholds it.
    pub from: Option<Arc<Viewer>>,
    /// Taps in this message: a true delta.
    pub count: u64,
    /// The room's number; two counters alternate, so it may run backwards.
    pub total: u64,
}

/// Somebody came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Who.
    pub from: Arc<Viewer>,
    /// Watching now, where given.
    pub watching: Option<u64>,
    /// Where they came from, such as `homepage_hot-live_cell`.
    pub source: Text,
}

/// Somebody followed the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Who.
    pub from: Arc<Viewer>,
    /// Followers of the host afterwards, where given.
    pub followers: Option<u64>,
}

/// Somebody shared the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Who.
    pub from: Arc<Viewer>,
    /// Shares of the live afterwards, where given.
    pub shares: Option<u64>,
    /// To how many friends, when the text says so (5, 10); 0 otherwise.
    pub friends: u32,
}

/// How many watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewers {
    /// Watching now.
    pub watching: u64,
    /// Different viewers since the start; nothing when the message has none.
    pub total: Option<u64>,
    /// Of those now, without an account.
    pub anonymous: u64,
    /// The service's own top list.
    pub top: Vec<TopViewer>,
}

/// A row of the service's top list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopViewer {
    /// Place from 1.
    pub rank: u32,
    /// Coins given in this live, as the service reports.
    pub score: u64,
    /// Who; rows without a name are left out.
    pub viewer: Arc<Viewer>,
}
