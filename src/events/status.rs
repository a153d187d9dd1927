//! Events of our own about a room: its phase, its gaps, its lives, and what a look-up reported.

use super::Viewer;
use super::decode::EventBody;
use super::json::JsonTally;
use super::json::views::HostView;
use super::json::views::seconds;
use super::json::views::time;
use serde::ser::SerializeMap;
use std::time::Duration;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::clock::{Moment, Timestamp};
use crate::ids::{RoomId, UserId};
use crate::text::Text;

/// The host of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Host {
    /// The account, where known.
    pub id: Option<UserId>,
    /// Handle without the `@`.
    pub unique_id: Text,
    /// Display name.
    pub nickname: Text,
}

/// Where a room stands, with the reason in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Phase {
    /// Which state.
    pub kind: PhaseKind,
    /// Why, as a sentence for people; may be empty when there is nothing to explain.
    pub reason: Text,
    /// The transport that is being used or tried.
    pub transport: Option<CompactString>,
    /// When the next attempt or look-up comes.
    pub retry_at: Option<Moment>,
}

impl Phase {
    /// A phase with nothing to explain.
    pub fn new(kind: PhaseKind) -> Self {
        Self { kind, reason: Text::default(), transport: None, retry_at: None }
    }

    /// The same with a reason.
    pub fn because(mut self, reason: impl Into<Text>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same through a transport.
    pub fn through(mut self, transport: &str) -> Self {
        self.transport = Some(transport.into());
        self
    }

    /// The same with the time of the next attempt.
    pub fn until(mut self, retry_at: Moment) -> Self {
        self.retry_at = Some(retry_at);
        self
    }
}

/// The states of a room.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum PhaseKind {
    /// Asking who and where.
    #[default]
    LookingUp,
    /// Not live; waited for.
    Offline,
    /// Live, but the host paused.
    Paused,
    /// Live; opening a transport.
    Connecting,
    /// Live and connected.
    Live,
    /// Was connected; coming back.
    Reconnecting,
    /// The live is over; waiting for the next.
    Ended,
    /// TikTok refuses us: captcha, region, age gate, rate limit.
    Blocked,
    /// Cannot go on: no such user, every transport refused, a bug.
    Failed,
}

/// Time in which we saw nothing, or could not keep up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Gap {
    /// When it began; it ends at the event's `at`.
    pub from: Moment,
    /// How long.
    pub length: Duration,
    /// Why, in words.
    pub reason: Text,
}

/// A new live of the same host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LiveStart {
    /// Its id.
    pub room_id: RoomId,
    /// 1 for the first live we see of this room, 2 for the next …
    pub live_seq: u32,
}

/// What a look-up or `room/info` reported: numbers that do not come from the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Info {
    /// The host.
    pub host: Host,
    /// Title of the live.
    pub title: Text,
    /// Watching now, where given.
    pub watching: Option<u64>,
    /// Different viewers so far, where given.
    pub total_viewers: Option<u64>,
    /// The room's like total, where given.
    pub likes: Option<u64>,
    /// Followers of the host, where given.
    pub followers: Option<u64>,
    /// When the live started.
    pub started_at: Option<Timestamp>,
    /// Server clock minus ours in milliseconds, where it was just learned.
    pub skew_ms: Option<i64>,
}

impl Info {
    /// Whether it tells of the server's clock and nothing else: of use to a mirror, no news to a person.
    pub fn is_clock_only(&self) -> bool {
        *self == Self { skew_ms: self.skew_ms, ..Self::default() }
    }
}

impl EventBody for Phase {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("phase", <&str>::from(self.kind))?;
        map.serialize_entry("reason", self.reason.original())?;
        map.serialize_entry("transport", &self.transport)?;
        map.serialize_entry("retry_at", &time(self.retry_at.map(|retry_at| retry_at.wall)))
    }
}

impl EventBody for Gap {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("from", &self.from.wall.rfc3339())?;
        map.serialize_entry("seconds", &seconds(self.length))?;
        map.serialize_entry("reason", self.reason.original())?;
        map.serialize_entry("lost", &())?;
        map.serialize_entry("gifts", &())?;
        map.serialize_entry("coins", &())
    }
}

impl EventBody for LiveStart {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, _: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        // All that a new live has to say stands in the head.
        Ok(())
    }
}

impl EventBody for Info {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("host", &HostView::new(&self.host))?;
        map.serialize_entry("title", self.title.original())?;
        map.serialize_entry("watching", &self.watching)?;
        map.serialize_entry("total_viewers", &self.total_viewers)?;
        map.serialize_entry("likes", &self.likes)?;
        map.serialize_entry("followers", &self.followers)?;
        map.serialize_entry("started_at", &time(self.started_at))
    }
}
