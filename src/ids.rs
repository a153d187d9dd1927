//! Typed ids, and what a person may type to name a room.
//!
//! ```
//! use tiktop::ids::{RoomId, Target};
//!
//! let room: Target = "https://www.tiktok.com/@Ana.Live/live".parse()?;
//! assert_eq!(room, Target::Host("ana.live".parse()?));
//! assert_eq!("7300000000000000001".parse(), Ok(Target::Room(RoomId(7_300_000_000_000_000_001))));
//! # Ok::<_, tiktop::ids::TargetError>(())
//! ```

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

macro_rules! numeric_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The id, or nothing for 0, which the service sends for "none".
            pub fn from_wire(id: i64) -> Option<Self> {
                u64::try_from(id).ok().filter(|&id| id != 0).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

numeric_id! {
    /// One live: a new one each time the host starts. Above 2^53, so JSON carries it as text.
    RoomId,
    /// A person, for as long as the account exists; names and handles change.
    UserId,
    /// One message; the key for telling a repeated message from a new one.
    MsgId,
    /// A kind of gift.
    GiftId,
    /// One battle.
    BattleId,
    /// One poll.
    PollId,
    /// One goal of a host.
    GoalId,
    /// One pinning of a message; not the message's own id.
    PinId,
    /// Our handle of a tracked room, given out by the tracker; survives the end of a live and a change of name.
    RoomKey,
}

/// A handle without the `@`, in lower case: letters, digits, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UniqueId(CompactString);

impl UniqueId {
    /// The handle without the `@`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for UniqueId {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let name = text.trim().trim_start_matches('@').to_lowercase();
        let bad = name.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
        match (name.len(), bad) {
            (0, _) => Err(TargetError::Empty),
            (_, Some(bad)) => Err(TargetError::BadCharacter { name: shown(&name), bad }),
            (65.., None) => Err(TargetError::TooLong { name: shown(&name) }),
            _ => Ok(Self(CompactString::new(name))),
        }
    }
}

/// What a person typed to name a room: `@name`, a bare name, a link, or a room id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// A host; followed from live to live.
    Host(UniqueId),
    /// One live by its number; its host is followed once known.
    Room(RoomId),
}

/// Why a name of a room cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Nothing was typed.
    #[error("a room needs a name: @name, a link to the live, or a room id")]
    Empty,
    /// A character that no handle has.
    #[error("'{name}' is not a TikTok name: {bad:?} cannot stand in one; type @name, a link to the live, or a room id")]
    BadCharacter {
        /// What was typed.
        name: String,
        /// The first character that is wrong.
        bad: char,
    },
    /// Longer than any handle.
    #[error("'{name}' is too long for a TikTok name (64 characters at most)")]
    TooLong {
        /// What was typed.
        name: String,
    },
    /// A link that does not lead to a host.
    #[error("'{link}' does not name a room: paste a link like https://www.tiktok.com/@name/live")]
    BadLink {
        /// What was typed.
        link: String,
    },
    /// A short link, which only TikTok can expand.
    #[error("'{link}' is a short link, which only TikTok can resolve: open it and paste the address with @name in it")]
    ShortLink {
        /// What was typed.
        link: String,
    },
}

/// Room ids have 19 digits; no handle that long is all digits.
const ROOM_ID_DIGITS: usize = 17;

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.contains("://") || text.contains('/') {
            return from_link(text);
        }
        if text.len() >= ROOM_ID_DIGITS
            && let Ok(room) = text.parse::<RoomId>()
        {
            return Ok(Self::Room(room));
        }
        text.parse().map(Self::Host)
    }
}

fn from_link(text: &str) -> Result<Target, TargetError> {
    let bad = || TargetError::BadLink { link: shown(text) };
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let link = url::Url::parse(&full).map_err(|_| bad())?;
    let host = link.host_str().unwrap_or_default();
    if matches!(host, "vm.tiktok.com" | "vt.tiktok.com") || link.path().starts_with("/t/") {
        return Err(TargetError::ShortLink { link: shown(text) });
    }
    if host != "tiktok.com" && !host.ends_with(".tiktok.com") {
        return Err(bad());
    }
    if let Some((_, room)) = link.query_pairs().find(|(key, _)| key == "room_id")
        && let Ok(room) = room.parse()
    {
        return Ok(Target::Room(room));
    }
    let mut parts = link.path().split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some(name), _) if name.starts_with('@') => name.parse().map(Target::Host),
        (Some(name), _) if name.starts_with("%40") => name[3..].parse().map(Target::Host),
        // Older share links: m.tiktok.com/share/live/ROOM and tiktok.com/live/ROOM.
        _ => link
            .path()
            .split('/')
            .rev()
            .find_map(|part| part.parse().ok().filter(|_| part.len() >= ROOM_ID_DIGITS))
            .map(Target::Room)
            .ok_or_else(bad),
    }
}

/// What somebody typed, safe to print back.
fn shown(text: &str) -> String {
    crate::text::clip(crate::text::Text::new(text).as_str(), 80).into_owned()
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => write!(f, "@{name}"),
            Self::Room(room) => write!(f, "room {room}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("@Ana.Live", "@ana.live")]
    #[case("ana.live", "@ana.live")]
    #[case("  ana_1 ", "@ana_1")]
    #[case("https://www.tiktok.com/@ana/live?lang=en", "@ana")]
    #[case("www.tiktok.com/@ana", "@ana")]
    #[case("tiktok.com/@ana/live/", "@ana")]
    #[case("https://m.tiktok.com/share/live/7300000000000000001/?x=1", "room 7300000000000000001")]
    #[case("7300000000000000001", "room 7300000000000000001")]
    #[case("@7300000000000000001", "@7300000000000000001")]
    #[case("12345", "@12345")]
    fn a_room_may_be_typed_in_many_ways(#[case] typed: &str, #[case] shown: &str) {
        assert_eq!(typed.parse::<Target>().unwrap().to_string(), shown);
    }

    #[rstest]
    #[case("")]
    #[case("@")]
    #[case("ana live")]
    #[case("ana\u{1b}[31m")]
    #[case("https://example.com/@ana")]
    #[case("https://vm.tiktok.com/ZM123/")]
    #[case("https://www.tiktok.com/")]
    #[case("http://")]
    fn what_is_no_room_is_refused_in_words(#[case] typed: &str) {
        let error = typed.parse::<Target>().unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
