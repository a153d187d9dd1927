//! What the service itself puts into a room: ranks, announcements, campaigns, the shop, minor events.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::ids::UserId;
use crate::text::Text;

/// Somebody's place in a ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// Whose place.
    pub kind: RankKind,
    /// The sentence, rendered; empty when the rows say it.
    pub text: Text,
    /// The viewer or winner, where described.
    pub from: Option<Arc<Viewer>>,
    /// Their account, where only that is told.
    pub who: Option<UserId>,
    /// The viewer's place before; 0 none.
    pub before: u64,
    /// The viewer's place now; 0 none.
    pub place: u64,
    /// The room's places, one a ranking.
    pub rows: Vec<RankRow>,
}

/// Whose place in a ranking is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RankKind {
    /// The host's, in rankings of hosts.
    Room,
    /// A viewer's, among the givers here.
    Viewer,
    /// A host's who won something, here or elsewhere.
    Reward,
}

/// The room's place in one ranking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankRow {
    /// The ranking's number: 0 hourly, 1 weekly, 4 rising, 5 rookies, 8 daily, 13 league.
    pub list: u32,
    /// Its name, rendered.
    pub title: Text,
    /// The place; 0 none.
    pub place: u64,
    /// Points; 0 when not told.
    pub score: u64,
    /// Seconds until it is settled; 0 when not told.
    pub seconds_left: u64,
}

/// A sentence for many rooms at once: a dear gift somewhere, a card won, a place taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Where it comes from.
    pub kind: AnnouncementKind,
    /// Who it is about, where described.
    pub from: Option<Arc<Viewer>>,
    /// The sentence, rendered.
    pub text: Text,
    /// The display key that tells its meaning.
    pub scene: Text,
}

/// Where an announcement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AnnouncementKind {
    /// `WebcastRoomNotifyMessage`.
    Room,
    /// `WebcastGiftBroadcastMessage`: a dear gift.
    Gift,
    /// `WebcastMarqueeAnnouncementMessage`.
    Marquee,
}

/// A campaign's banner in the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Banner {
    /// Its JSON as it came; nothing where it is no text or too long to keep.
    pub data: Option<Box<str>>,
    /// How long it was, in bytes.
    pub bytes: u64,
    /// Where it stands, as a number.
    pub position: i32,
    /// What it does, as a number.
    pub action: i32,
}

/// The host's shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// What happened, as a number; no source says which is which.
    pub action: i32,
    /// How many products; nothing when not told.
    pub products: Option<u64>,
    /// The product shown.
    pub title: Text,
    /// Its price, as written.
    pub price: Text,
}

/// A message that changes nothing we keep: known by name, with its text where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinorEvent {
    /// Its method without `Webcast` and `Message`, such as `gift_panel_update`.
    pub name: CompactString,
    /// Its own kind, as a number; 0 when it has none.
    pub code: i64,
    /// The sentence, rendered; mostly empty.
    pub text: Text,
}
