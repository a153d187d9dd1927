//! People as events name them: ids, names, badges, and what they are to the host.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::text::Text;

/// A person in a room, as one message described them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Viewer {
    /// Nothing for guests without an account.
    pub id: Option<UserId>,
    /// The handle without the `@`; empty where the message had none.
    pub unique_id: Text,
    /// The display name.
    pub nickname: Text,
    /// Address of the small profile picture.
    pub picture: Option<Box<str>>,
    /// Is the host.
    pub host: bool,
    /// Moderates this room.
    pub moderator: bool,
    /// Pays for a subscription to the host.
    pub subscriber: bool,
    /// Follows the host.
    pub follower: bool,
    /// Follows the host and is followed back.
    pub friend: bool,
    /// Gave the first gift of their life lately ("new gifter").
    pub new_gifter: bool,
    /// Has given to this host.
    pub gift_giver: bool,
    /// Has TikTok's verified mark.
    pub verified: bool,
    /// Gifter level, 1-50; 0 when unknown.
    pub gifter_level: u16,
    /// Level in the host's team, 1-50; 0 when unknown.
    pub team_level: u16,
    /// Place among the top gifters of this live, 1-3; 0 when none.
    pub top_gifter: u8,
    /// The badges as they came, one a scene.
    pub badges: Vec<Badge>,
}

/// A badge beside a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Badge {
    /// What it stands for, as a number; see [`Badge::name`].
    pub scene: u32,
    /// Its level; 0 when it has none.
    pub level: u16,
    /// What is written on it: a level, the name of the host's club, or nothing.
    pub text: Text,
}

impl Badge {
    /// What its scene is called.
    pub fn name(&self) -> &'static str {
        match self.scene {
            1 => "moderator",
            2 => "new_gifter",
            3 => "friend",
            4 | 7 => "subscriber",
            5 => "activity",
            6 => "top_gifter",
            8 => "gifter_level",
            9 => "state_media",
            10 => "team_level",
            11 => "live_pro",
            12 => "host",
            13 => "class_rank",
            14 => "enigma",
            _ => "other",
        }
    }
}

impl Viewer {
    /// What to call them: nickname, else handle, else "someone".
    pub fn name(&self) -> &str {
        [&self.nickname, &self.unique_id].into_iter().find(|name| !name.is_empty()).map_or("someone", Text::as_str)
    }
}
