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

        impl From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
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
    #[case("https://m.tiktok.com/@oma.backt/live?_t=8hXyZ&_r=1", "@oma.backt")]
    #[case("https://www.tiktok.com/@oma.backt/live?enter_from_merge=others&share_app_id=1233#top", "@oma.backt")]
    #[case("https://www.tiktok.com/@oma.backt/live.", "@oma.backt")]
    #[case("https://www.tiktok.com/@oma.backt.", "@oma.backt")]
    #[case("@oma.backt.", "@oma.backt")]
    #[case("@oma.backt...", "@oma.backt")]
    #[case("@oma.backt!?", "@oma.backt")]
    #[case("@ oma.backt", "@oma.backt")]
    #[case("@oma.backt\u{ff01}", "@oma.backt")]
    #[case("~~@oma.backt~~", "@oma.backt")]
    #[case("**[@oma.backt](https://www.tiktok.com/@oma.backt)**", "@oma.backt")]
    #[case("<a href=\"https://www.tiktok.com/@oma.backt/live?lang=de\">Oma</a>", "@oma.backt")]
    #[case("https://www.tiktok.com/@oma.backt\u{ff0c}\u{5feb}\u{6765}\u{770b}", "@oma.backt")]
    #[case("https://www.tiktok.com/@oma.backt/live\u{3002}\u{5feb}\u{6765}", "@oma.backt")]
    #[case("Oma backt (@oma.backt) is LIVE", "@oma.backt")]
    #[case("Oma backt (@oma.backt) | TikTok", "@oma.backt")]
    #[case("\u{1f534} @oma.backt LIVE", "@oma.backt")]
    #[case("@oma.backt @oma.backt", "@oma.backt")]
    #[case("https%3A%2F%2Fwww.tiktok.com%2F%40oma.backt%2Flive", "@oma.backt")]
    #[case("https%253A%252F%252Fwww.tiktok.com%252F%2540oma.backt%252Flive", "@oma.backt")]
    #[case("https://www.tiktok.com/%2540oma.backt/live", "@oma.backt")]
    #[case("%2540oma.backt", "@oma.backt")]
    #[case("https://l.example/l.php?u=https%3A%2F%2Fwww.tiktok.com%2F%40oma.backt%2Flive&h=x", "@oma.backt")]
    #[case("https://www.google.com/url?q=https://www.tiktok.com/@oma.backt/live&sa=D", "@oma.backt")]
    #[case("https://www.tiktok.com/link/v2?aid=1988&target=https%3A%2F%2Fwww.tiktok.com%2F%40oma.backt", "@oma.backt")]
    #[case("snssdk1233://live?room_id=7300000000000000001&enter_from=share.", "room 7300000000000000001")]
    #[case("snssdk1180://webcast_room?room_id=7300000000000000001", "room 7300000000000000001")]
    #[case("snssdk1233://user/profile?uniqueId=oma.backt", "@oma.backt")]
    #[case("aweme://live/7300000000000000001", "room 7300000000000000001")]
    #[case("https://www.tiktok.com/live?room_id=7300000000000000001.", "room 7300000000000000001")]
    #[case("https://www.tiktok.com/share/live/7300000000000000001/", "room 7300000000000000001")]
    #[case("room 7300000000000000001", "room 7300000000000000001")]
    #[case("room_id=7300000000000000001", "room 7300000000000000001")]
    #[case("\"roomId\":\"7300000000000000001\",", "room 7300000000000000001")]
    #[case("room12", "@room12")]
    #[case("@o\u{200d}ma\u{200c}.ba\u{2060}ckt", "@oma.backt")]
    #[case("http:/www.tiktok.com/@oma.backt", "@oma.backt")]
    #[case("https://www.tiktok.com:443/@oma.backt\\live", "@oma.backt")]
    #[case(
        "\u{ff48}\u{ff54}\u{ff54}\u{ff50}\u{ff53}\u{ff1a}\u{ff0f}\u{ff0f}www.tiktok.com/\u{ff20}oma.backt",
        "@oma.backt"
    )]
    fn a_room_may_be_typed_in_many_ways(#[case] typed: &str, #[case] shown: &str) {
        assert_eq!(typed.parse::<Target>().unwrap().to_string(), shown);
    }

    #[rstest]
    #[case("https://vm.tiktok.com/ZM123abc/")]
    #[case("https://vt.tiktok.com/ZS123abc/?k=1")]
    #[case("vm.tiktok.com/ZM123abc")]
    #[case("vm.tiktok.com")]
    #[case("https://www.tiktok.com/t/ZT123abc/")]
    #[case("https://lite.tiktok.com/t/ZT123abc/")]
    #[case("Oma is LIVE, look! https://vm.tiktok.com/ZM123abc/.")]
    #[case("https%3A%2F%2Fvm.tiktok.com%2FZM123abc")]
    fn a_short_link_is_told_as_one(#[case] typed: &str) {
        assert!(matches!(typed.parse::<Target>(), Err(TargetError::ShortLink { .. })), "{typed}");
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
    #[case("room 12")]
    #[case("@ana and @ben")]
    #[case("tiktok.com")]
    #[case("www.tiktok.com")]
    #[case("https://www.tiktok.com/foryou")]
    #[case("https%3A%2F%2Fexample.com%2F%40ana")]
    #[case("\u{200d}\u{200c}")]
    #[case("...")]
    #[case("@.")]
    fn what_is_no_room_is_refused_in_words(#[case] typed: &str) {
        let error = typed.parse::<Target>().unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
