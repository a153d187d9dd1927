//! Faults by name: everything that goes wrong at TikTok.
//!
//! A fault holds for all rooms until it is cleared. It refuses to know how it is done: the part of the simulator that
//! would do the right thing asks [`Faults::has`] and does the wrong one instead. Spoiled frames and messages are sent
//! *beside* the good ones, so the expected totals of a room stay what a client can reach.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use strum::{EnumIter, EnumMessage, IntoEnumIterator, IntoStaticStr};

use crate::clock::{Moment, Timestamp};

/// How far ahead the clock is under [`SimFault::ClockOff`].
const CLOCK_OFF: Duration = Duration::from_secs(600);

/// One thing that goes wrong. Its text form is its name in kebab-case, what it does its comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, EnumMessage, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum SimFault {
    /// The connection breaks without a close frame after ten `msg` frames, each time.
    Drop,
    /// The socket stays open and says nothing after five `msg` frames: no message, no `hb`.
    Stall,
    /// Every fourth frame is preceded by bytes that are no frame.
    GarbageFrame,
    /// Every fourth frame is preceded by a copy whose gzip stops in the middle.
    TruncatedGzip,
    /// Once per connection: a frame of 1.7 MB that inflates to 256 MB.
    GzipBomb,
    /// Once per connection: one frame of 20 MB.
    HugeFrame,
    /// Each batch has one more chat, whose nickname is not UTF-8.
    InvalidUtf8,
    /// Each batch has one more message, of a method nobody knows.
    UnknownMethod,
    /// Each batch has one more chat, with numbers where texts should be.
    WrongType,
    /// The first frame after entering repeats the latest messages with their old ids, not marked as history.
    Duplicates,
    /// Counts of a streak come in pairs, the later one first.
    StreaksOutOfOrder,
    /// Streaks of gifts are never closed.
    LostRepeatEnd,
    /// The messages of a batch come in reverse order.
    OutOfOrder,
    /// Like totals run backwards in every message.
    LikesBackwards,
    /// Every nickname and comment is full of terminal escape sequences and bidi controls.
    EscapeNames,
    /// The live ends eight batches after somebody came; three seconds later a new one begins with a new room id.
    EndOfLive,
    /// The live is paused after eight batches, for five seconds, again and again.
    Pause,
    /// TikTok ends the live after eight batches (control action 4); it does not come back.
    Ban,
    /// After eight batches messages of a stranger's room are mixed in, then the host goes on under a new room id.
    RoomSwitch,
    /// The provider answers 429 with `Retry-After`, `x-ratelimit-reset` and a `limit_label`.
    #[strum(serialize = "provider-429")]
    Provider429,
    /// The provider answers 429 and names no time.
    #[strum(serialize = "provider-429-bare")]
    Provider429Bare,
    /// The provider answers 402.
    #[strum(serialize = "provider-402")]
    Provider402,
    /// The provider answers 403.
    #[strum(serialize = "provider-403")]
    Provider403,
    /// The provider answers 500.
    #[strum(serialize = "provider-500")]
    Provider500,
    /// The provider answers 503.
    #[strum(serialize = "provider-503")]
    Provider503,
    /// The provider answers 200 with an empty body.
    ProviderEmpty,
    /// The provider answers with a short body that points to a fallback host nobody listens on.
    ProviderStub,
    /// The handshake is refused: 415 `DEVICE_BLOCKED`.
    #[strum(serialize = "handshake-415")]
    Handshake415,
    /// The handshake is refused: 417 `illegal secret key`.
    #[strum(serialize = "handshake-417")]
    Handshake417,
    /// The handshake is refused: 417 `illegal app_id`.
    #[strum(serialize = "handshake-417-app-id")]
    Handshake417AppId,
    /// The handshake is refused: 417, as if no cookie had been sent.
    #[strum(serialize = "handshake-417-cookie")]
    Handshake417Cookie,
    /// The handshake is refused with a plain 400.
    #[strum(serialize = "handshake-400")]
    Handshake400,
    /// Look-ups answer without `statusCode`; pages say "Please wait...".
    Captcha,
    /// Look-ups answer 200 with nothing; pages are the anti-bot shell of 1 155 bytes.
    ShellPage,
    /// Look-ups and room info refuse with 4003110 who comes without a session.
    AgeGate,
    /// Look-ups answer with somebody else's account.
    WrongAccount,
    /// Everything on TikTok's hosts answers 403, the sockets too.
    #[strum(serialize = "blocked-403")]
    Blocked403,
    /// Look-ups answer 429 with `Retry-After`.
    #[strum(serialize = "rate-429")]
    Rate429,
    /// Look-ups answer 429 and name no time.
    #[strum(serialize = "rate-429-bare")]
    Rate429Bare,
    /// Connections are accepted and no request is ever answered.
    HalfOpen,
    /// The clock of the service is ten minutes ahead.
    ClockOff,
    /// Streams come as HLS only.
    HlsOnly,
    /// Streams break after ten good seconds, and are refused for the three that follow, again and again.
    StreamOutage,
    /// Segments of HLS are fragments of an MP4.
    HlsFragments,
    /// Segments of HLS are encrypted with AES-128.
    HlsEncrypted,
    /// Room info has no stream addresses at all.
    NoStream,
}

/// What a fault spoils: the order of the help and of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum FaultGroup {
    /// Connections that break or fall silent.
    Connection,
    /// Single frames; the good ones are sent beside them.
    Frame,
    /// Single messages; the good ones are sent beside them.
    Message,
    /// What happens to a live.
    Live,
    /// Answers of the signing provider.
    Provider,
    /// Refused sockets.
    Handshake,
    /// Look-ups and pages.
    LookUp,
    /// Addresses of streams.
    Stream,
    /// The clock of the service.
    Clock,
}

impl FaultGroup {
    /// Words for a list.
    pub fn title(self) -> &'static str {
        match self {
            Self::Connection => "connections",
            Self::Frame => "frames",
            Self::Message => "messages",
            Self::Live => "lives",
            Self::Provider => "signing provider",
            Self::Handshake => "refused sockets",
            Self::LookUp => "look-ups and pages",
            Self::Stream => "streams",
            Self::Clock => "clock",
        }
    }

    /// All groups, in the order of a list.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The faults of this group.
    pub fn faults(self) -> impl Iterator<Item = SimFault> {
        SimFault::all().filter(move |fault| fault.group() == self)
    }
}

impl SimFault {
    /// All faults.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The name in kebab-case.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What it does, in a sentence.
    pub fn description(self) -> String {
        self.get_documentation().unwrap_or_default().replace('`', "")
    }

    /// What it spoils.
    pub fn group(self) -> FaultGroup {
        match self {
            Self::Drop | Self::Stall | Self::HalfOpen => FaultGroup::Connection,
            Self::GarbageFrame | Self::TruncatedGzip | Self::GzipBomb | Self::HugeFrame => FaultGroup::Frame,
            Self::InvalidUtf8
            | Self::UnknownMethod
            | Self::WrongType
            | Self::Duplicates
            | Self::StreaksOutOfOrder
            | Self::LostRepeatEnd
            | Self::OutOfOrder
            | Self::LikesBackwards
            | Self::EscapeNames => FaultGroup::Message,
            Self::EndOfLive | Self::Pause | Self::Ban | Self::RoomSwitch => FaultGroup::Live,
            Self::Provider429
            | Self::Provider429Bare
            | Self::Provider402
            | Self::Provider403
            | Self::Provider500
            | Self::Provider503
            | Self::ProviderEmpty
            | Self::ProviderStub => FaultGroup::Provider,
            Self::Handshake415
            | Self::Handshake417
            | Self::Handshake417AppId
            | Self::Handshake417Cookie
            | Self::Handshake400 => FaultGroup::Handshake,
            Self::Captcha
            | Self::ShellPage
            | Self::AgeGate
            | Self::WrongAccount
            | Self::Blocked403
            | Self::Rate429
            | Self::Rate429Bare => FaultGroup::LookUp,
            Self::StreamOutage | Self::HlsOnly | Self::HlsFragments | Self::HlsEncrypted | Self::NoStream => {
                FaultGroup::Stream
            }
            Self::ClockOff => FaultGroup::Clock,
        }
    }
}

impl fmt::Display for SimFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no fault has; says all that exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no fault '{name}'; there are: {}", all_names())]
pub struct UnknownFault {
    name: String,
}

impl FromStr for SimFault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let name = name.trim();
        Self::iter()
            .find(|fault| fault.name() == name)
            .ok_or_else(|| UnknownFault { name: crate::text::Text::new(name).as_str().to_owned() })
    }
}

fn all_names() -> String {
    SimFault::iter().map(SimFault::name).collect::<Vec<_>>().join(", ")
}

/// The faults that hold now.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<SimFault>);

impl Faults {
    pub(super) fn new(faults: Vec<SimFault>) -> Self {
        Self(faults)
    }

    pub(super) fn has(&self, fault: SimFault) -> bool {
        self.0.contains(&fault)
    }

    /// What the service takes the time to be.
    pub(super) fn faulty_wall_clock(&self, now: Moment) -> Timestamp {
        if self.has(SimFault::ClockOff) { (now + CLOCK_OFF).wall } else { now.wall }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found_by_its_own_name() {
        for fault in SimFault::iter() {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert_eq!("provider-429".parse(), Ok(SimFault::Provider429));
        assert_eq!("invalid-utf8".parse(), Ok(SimFault::InvalidUtf8));
    }

    #[test]
    fn every_fault_is_explained_and_stands_in_one_group() {
        assert!(SimFault::all().all(|fault| !fault.description().is_empty()));
        let mut listed: Vec<_> = FaultGroup::all().flat_map(FaultGroup::faults).collect();
        listed.sort_by_key(|fault| SimFault::all().position(|one| one == *fault));
        assert_eq!(listed, SimFault::all().collect::<Vec<_>>());
    }

    #[test]
    fn a_wrong_name_is_answered_with_all_names() {
        let error = "stal".parse::<SimFault>().unwrap_err().to_string();
        assert!(error.starts_with("there is no fault 'stal'"), "{error}");
        assert!(SimFault::iter().all(|fault| error.contains(fault.name())), "{error}");
    }
}
