//! Guests and co-hosts: who sits beside the host, who waits, what each of them was given.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// Something changed in the line of guests or co-hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Which of the service's layers says it: the same change is told by several.
    pub source: LinkSource,
    /// What happened.
    pub action: LinkAction,
    /// The number on the wire; each source counts its own way.
    pub code: i32,
    /// Guests or co-hosts.
    pub scene: LinkScene,
    /// The line, as the service numbers it.
    pub channel: Option<u64>,
    /// Everybody in it now, the host too; nothing when the message brings no list.
    pub guests: Option<Vec<Guest>>,
    /// How many ask to come in, where a list is given.
    pub waiting: Option<u64>,
    /// Who it happened to, where named.
    pub who: Option<UserId>,
}

/// Somebody in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// Who; some messages give the id alone.
    pub person: Arc<Viewer>,
    /// Coins received here, where told.
    pub coins: Option<u64>,
    /// Since when, where told.
    pub since: Option<Timestamp>,
    /// The role's number: 1 is the host; 0 when not told.
    pub role: u32,
}

/// What each guest was given so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestTickets {
    /// The guests named here.
    pub guests: Vec<GuestCoins>,
    /// All of them together, the host too.
    pub total: u64,
    /// Whether the list names everybody, or only who changed.
    pub whole: bool,
}

/// Coins of one guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestCoins {
    /// Who.
    pub id: UserId,
    /// Coins so far.
    pub coins: u64,
}

/// Which layer of the service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LinkSource {
    /// `WebcastLinkMessage`.
    Message,
    /// `WebcastLinkLayerMessage`.
    Layer,
    /// `WebcastLinkMicMethod`.
    Signal,
    /// `WebcastLinkStateMessage`.
    State,
    /// `WebcastLinkMicLayoutStateMessage`.
    Layout,
}

/// Guests or co-hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LinkScene {
    /// 2: another host.
    CoHost,
    /// 4: viewers who were let in.
    Guests,
    /// Another number, or none.
    #[default]
    Other,
}

/// What can happen in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LinkAction {
    /// It was opened.
    Create,
    /// It was closed.
    Close,
    /// Somebody was invited, or an invitation was taken back.
    Invite,
    /// Somebody asked to come in, or no longer asks.
    Apply,
    /// An answer to an invitation or a request.
    Reply,
    /// Somebody came in.
    Enter,
    /// Somebody left.
    Leave,
    /// Somebody was removed.
    Kick,
    /// Somebody was muted or unmuted.
    Mute,
    /// The list of who is in, or of who waits, changed.
    List,
    /// Lines of several hosts were joined or parted.
    Group,
    /// Settings or layout changed.
    Setting,
    /// A number we do not know.
    Other,
}
