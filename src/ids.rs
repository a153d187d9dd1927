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

mod gift_facts;
mod pasted;

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

pub use gift_facts::GiftFacts;

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

/// A handle without the `@`, in lower case. TikTok decides what a handle is, in any script; this one can stand in an address
/// and on a screen.
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
        pasted::unique_id(text)
    }
}

/// What a person typed to name a room: `@name`, a bare name, a link, or a room id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Target {
    /// A host; followed from live to live.
    Host(UniqueId),
    /// One live by its number; its host is followed once known.
    Room(RoomId),
}

/// Why a name of a room cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        pasted::target(text)
    }
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
    #[case("@oma.backt/live", "@oma.backt")]
    #[case("oma.backt/live", "@oma.backt")]
    #[case("/@oma.backt", "@oma.backt")]
    #[case("@oma.backt?lang=de", "@oma.backt")]
    #[case("@@oma.backt", "@oma.backt")]
    #[case("\u{ff20}oma.backt", "@oma.backt")]
    #[case("\u{ff20}\u{ff4f}\u{ff4d}\u{ff41}", "@oma")]
    #[case("@oma.backt\u{200b}", "@oma.backt")]
    #[case("\u{2066}@oma\u{feff}.backt\u{2069}", "@oma.backt")]
    #[case("\u{a0}@oma.backt\u{3000}", "@oma.backt")]
    #[case("<https://www.tiktok.com/@oma.backt/live>", "@oma.backt")]
    #[case("(https://www.tiktok.com/@oma.backt/live)", "@oma.backt")]
    #[case("[Oma](https://www.tiktok.com/@oma.backt/live)", "@oma.backt")]
    #[case("live now: https://www.tiktok.com/@oma.backt/live !!", "@oma.backt")]
    #[case("HTTPS://WWW.TIKTOK.COM/@Oma.Backt/LIVE", "@oma.backt")]
    #[case("https://www.tiktok.com/live/@oma.backt", "@oma.backt")]
    #[case("https://www.tiktok.com/de-DE/@oma.backt/live", "@oma.backt")]
    #[case("https://www.tiktok.com/%40oma%2Ebackt/live", "@oma.backt")]
    #[case("%40oma.backt", "@oma.backt")]
    #[case("https://www.tiktok.com/@%E0%B8%84%E0%B8%A3%E0%B8%B9/live", "@ครู")]
    #[case("“@oma.backt”", "@oma.backt")]
    #[case("'@oma.backt',", "@oma.backt")]
    #[case("「@oma.backt」", "@oma.backt")]
    #[case("https://www.tiktok.com/@oma.backt/live?room_id=0", "@oma.backt")]
    #[case("https://www.tiktok.com/live?room_id=7300000000000000001", "room 7300000000000000001")]
    #[case("https://webcast.tiktok.com/x/?roomId=7300000000000000001", "room 7300000000000000001")]
    #[case("snssdk1233://live?room_id=7300000000000000001", "room 7300000000000000001")]
    #[case(
        "https://www.tiktok.com/login?redirect_url=https%3A%2F%2Fwww.tiktok.com%2F%40oma.backt%2Flive",
        "@oma.backt"
    )]
    #[case("\u{ff17}300000000000000001", "room 7300000000000000001")]
    #[case("ครูน้ำ", "@ครูน้ำ")]
    #[case("@नमस्ते_live", "@नमस्ते_live")]
    #[case("خَالِد", "@خَالِد")]
    #[case("क्\u{200d}ष", "@क्\u{200d}ष")]
    #[case("e\u{301}clair", "@e\u{301}clair")]
    #[case("头文字m", "@头文字m")]
    #[case(".m.i.k", "@.m.i.k")]
    #[case("ana-live", "@ana-live")]
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
    #[case("\u{200b}")]
    #[case("https://www.tiktok.com.example.com/@ana")]
    #[case("https://example.com/?u=tiktok.com/@ana")]
    #[case("a/b")]
    #[case("ana\\live")]
    #[case("https://www.tiktok.com/live?room_id=0")]
    fn what_is_no_room_is_refused_in_words(#[case] typed: &str) {
        let error = typed.parse::<Target>().unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
