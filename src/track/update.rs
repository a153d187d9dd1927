//! Commands to a tracker, and its updates.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Speed;
use super::serde_base64;
use crate::clock::{Moment, Timestamp};
use crate::events::{LiveStart, serde_lenient};
use crate::ids::{MsgId, RoomId, RoomKey, Target};
use crate::room::{Room, RoomSummary, RowInterest, TalliedEvent};
use crate::text::Text;
pub use crate::webcast::{Budget, Health};

/// What a tracker can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum TrackerCommand {
    /// Track a room. Answered with [`RoomUpdate::Added`].
    Add(Target),
    /// Stop tracking it. Answered with [`RoomUpdate::Removed`].
    Remove(RoomKey),
    /// Try again now instead of waiting: look up, or reconnect. Does nothing in a room that is connected.
    Retry(RoomKey),
    /// Send this room's whole state. Answered with [`RoomUpdate::Snapshot`].
    Snapshot(RoomKey),
    /// Track a room that was tracked before this program ran: where it is still in the same live, the time in between is a gap.
    Resume(Target, LastLive),
}

/// The live in which a room was last seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LastLive {
    /// Which.
    pub room_id: RoomId,
    /// When.
    pub seen: Timestamp,
}

/// What a [`Player`](super::Player) can be told beside what every tracker can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum PlaybackCommand {
    /// Stand still, or go on.
    Pause,
    /// Go so many seconds of the capture ahead, or back where negative.
    Skip(i64),
    /// Go to this time of the capture.
    Seek(Timestamp),
    /// Go on at this pace.
    Pace(Speed),
}

/// Where a [`Player`](super::Player) stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PlaybackStatus {
    /// When what is played begins.
    pub start: Timestamp,
    /// Its pace.
    pub speed: Speed,
    /// It stands still.
    pub paused: bool,
    /// It is at its end.
    pub over: bool,
    /// It is on its way to this time.
    pub seeking: Option<Timestamp>,
}

/// What a screen on a service wants of the rooms: all that happens in some, a summary of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WantedRooms {
    /// Rooms to be told of in full, the most urgent first.
    pub full: Vec<RoomKey>,
    /// Which rows of the others are told.
    pub rows: RowInterest,
}

/// What a reader of a tracker hears.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum TrackerUpdate {
    /// News of one room.
    Room(RoomKey, RoomUpdate),
    /// How the transports fare, in the order they are tried.
    Health(Arc<[Health]>),
}

/// News of one room.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RoomUpdate {
    /// A room was added; `label` is what was typed, cleaned.
    Added {
        /// What to call it until its host is known.
        label: Text,
    },
    /// Things happened, in order. A mirror applies each event with the same reducer.
    Events(#[serde(deserialize_with = "serde_lenient::sequence")] Arc<[TalliedEvent]>),
    /// The messages behind the events, for readers who asked for bytes.
    Raw(Arc<[RawMessage]>),
    /// The bytes of one response, for readers who asked to keep them. Comes before what was in it.
    Frame(RawFrame),
    /// This reader was too slow: what it did not get. A mirror asks for a snapshot.
    Lagged(Lost),
    /// The room's whole state; replaces a mirror's.
    Snapshot(Arc<Room>),
    /// Where the room stands, in the place of its events: for readers who follow other rooms in full. Only a service tells
    /// rooms in this way, and only readers who asked for it.
    Summary(Box<RoomSummary>),
    /// The room is no longer tracked.
    Removed {
        /// The room that already tracks the same host, when two names led to one.
        into: Option<RoomKey>,
    },
}

/// What a slow reader did not get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Lost {
    /// When the first loss happened.
    pub from: Moment,
    /// Events by NDJSON type.
    pub events: BTreeMap<String, u64>,
    /// Gift units in them.
    pub gifts: u64,
    /// Coins in them, as far as prices are known.
    pub coins: u64,
    /// The last new live among them: what follows belongs to it.
    pub live: Option<LiveStart>,
    /// The end of a live was among them.
    pub ended: bool,
}

/// A response as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RawFrame {
    /// When it was received.
    pub at: Moment,
    /// Its body, inflated.
    #[serde(with = "serde_base64")]
    pub body: Bytes,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RawMessage {
    /// When it was received.
    pub at: Moment,
    /// Its method name, cleaned.
    pub method: Text,
    /// Its id.
    pub id: Option<MsgId>,
    /// Its payload, inflated.
    #[serde(with = "serde_base64")]
    pub payload: Bytes,
}
