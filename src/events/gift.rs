//! What is worth coins: gifts, chests, subscriptions, and the banners for those who give.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::clock::Timestamp;
use crate::ids::{GiftId, UserId};
use crate::text::Text;

/// A gift as one message tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// `repeat_count`: how many of the streak so far.
    pub count: u64,
    /// The streak's id; 0 when there is none.
    pub group: u64,
    /// Coins of this message alone (field 3), where given.
    pub coins: Option<u64>,
    /// The message closes the streak.
    pub ends: bool,
}

/// Receiver of a gift in a multi-guest or co-host room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GiftTo {
    /// The receiver.
    pub id: UserId,
    /// Their display name, where given.
    pub nickname: Text,
}

/// What is known of a kind of gift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// A treasure chest appears or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Its id.
    pub id: CompactString,
    /// Appears (true) or goes away (false).
    pub shown: bool,
    /// `business_type`: 1 a viewer's coins, 19 a super fan box, …
    pub business: u32,
    /// A super fan box, by its number or its key.
    pub super_fan: bool,
    /// Handle of who gave it.
    pub from: Text,
    /// Their id.
    pub from_id: Option<UserId>,
    /// Coins inside.
    pub coins: u64,
    /// How many can win.
    pub winners: u64,
    /// When it opens.
    pub opens_at: Option<Timestamp>,
}

/// Somebody subscribed to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// Who.
    pub from: Arc<Viewer>,
    /// Months in a row; 0 when unknown.
    pub months: u64,
    /// Given away by somebody rather than bought.
    pub gifted: bool,
}

/// A banner for one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barrage {
    /// What for.
    pub kind: BarrageKind,
    /// The number on the wire.
    pub code: i32,
    /// Who, where named.
    pub from: Option<Arc<Viewer>>,
    /// The level it tells, 0 when none.
    pub level: u32,
    /// The rendered text.
    pub text: Text,
    /// The display key that tells its meaning.
    pub scene: Text,
}

/// What a banner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BarrageKind {
    /// 4: a first subscription; the same one comes as [`Subscribe`] too, so it is not counted here.
    Subscribe,
    /// 8: a gifter rose a level.
    GifterLevelUp,
    /// 9: a gifter of high level came in.
    GifterJoin,
    /// 10: a team member rose a level.
    TeamLevelUp,
    /// 11: a team member of high level came in.
    TeamJoin,
    /// 7: subscriptions were given away.
    SubscribeGift,
    /// Told by its key: a super fan, or what one did.
    SuperFan,
    /// Told by its key: somebody became a super fan.
    SuperFanJoin,
    /// 1, 2, 14: something was ordered or bought.
    Shop,
    /// 5, 6: an event of the host was looked at or signed up for.
    Event,
    /// 12: a game.
    Game,
    /// 13: the gift gallery.
    Gallery,
    /// Another number: 3 plain, 15 a hidden guest, 100 anything.
    Other,
}

/// A streak that we closed: silence, or the end of the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreakClosed {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// How many in the end.
    pub count: u64,
    /// The streak's id.
    pub group: u64,
}
