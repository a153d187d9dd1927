//! Transports, the ways in which frames reach us: one trait, one file each, and the order they are tried in.
//!
//! A transport turns a room into a [`Session`]; what comes out of a session is the same whatever made it. A transport may
//! fail for reasons of its own (no signature, no cookie); [`Failover`] then goes on to the next one.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use tiktop::clock::Clock;
//! use tiktop::config::{Settings, TransportKind};
//! use tiktop::ids::RoomId;
//! use tiktop::webcast::{RoomRef, Service};
//!
//! let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! let mut settings = Settings { transports: vec![TransportKind::Direct], ..Settings::default() };
//! settings.service.site_url = sim.base_url();
//! settings.service.socket_url = sim.socket_url();
//!
//! let failover = Service::isolated(&settings)?.failover(Clock::system())?;
//! let room = RoomRef { room_id: RoomId(sim.room_id("ana.live") as u64), unique_id: None };
//! let mut opened = failover.open(&room, |name| println!("trying {name}")).await?;
//! assert_eq!(opened.transport, "direct");
//! println!("{:?}", opened.session.next().await?);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod browser;
mod cloud;
mod direct;
mod failover;
mod im_fetch;
mod poll;
mod provider;
mod registry;
mod replay;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt, ready};
use serde::{Deserialize, Serialize};

use super::error::ServiceError;
use crate::clock::Timestamp;
use crate::ids::{RoomId, UniqueId};
use crate::text::Text;
use crate::wire::{DecodeError, Response};

pub(super) use browser::BrowserTransport;
pub use browser::BrowserView;
pub use failover::{Failover, FailoverError, Health, OpenedRoom, SkippedTransport};
pub(super) use provider::account_at_provider;
pub use registry::{HostOwner, SimulatedPart, TransportEntry, point_at};
pub use replay::{CapturePlace, CaptureReader, CapturedItem, CapturedKind};

/// A room to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRef {
    /// The live.
    pub room_id: RoomId,
    /// Its host, where known.
    pub unique_id: Option<UniqueId>,
}

/// A way to receive a live.
pub trait Transport: Send + Sync {
    /// Its name in sentences and on screen: `provider euler`, `direct`.
    fn name(&self) -> &str;

    /// Its row in the registry.
    fn entry(&self) -> &'static TransportEntry;

    /// Opens a room. Dropping the future gives up cleanly.
    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>>;

    /// How often it can still be asked, where somebody counts.
    fn budget(&self) -> Option<Budget> {
        None
    }

    /// Asks anew how often it can be asked, where that is known by asking and due. Cheap when it is not.
    fn refresh(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}

/// What is left of a provider's signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Budget {
    /// Signatures left.
    pub left: u64,
    /// Of how many, where told.
    pub of: Option<u64>,
    /// When there are that many again, where told.
    pub resets_at: Option<Timestamp>,
    /// Which limit it is: `minute`, `hour`, `day`; may be empty.
    pub label: Text,
}

/// Where a session's frames come from: a socket, a poll, a file.
pub trait FrameSource: Send {
    /// The next thing that came. Cancel-safe: dropping the future loses nothing. After an error the source is over.
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>>;
}

/// An open room.
pub struct Session {
    /// The live that is really heard: a provider may know a newer one than we asked for.
    pub room_id: RoomId,
    /// What the first fetch already brought; taken by the reader before the first frame.
    pub backlog: Option<Response>,
    frames: Box<dyn FrameSource>,
}

impl Session {
    /// A session of any source of frames; tests and replays bring their own.
    pub fn new(room_id: RoomId, backlog: Option<Response>, frames: Box<dyn FrameSource>) -> Self {
        Self { room_id, backlog, frames }
    }

    /// The next thing that came. Cancel-safe. Heartbeats and acks go out from in here, so it must be called again and
    /// again; an error is the end of the session.
    pub async fn next(&mut self) -> Result<Incoming, ServiceError> {
        self.frames.next().await
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("room_id", &self.room_id).finish_non_exhaustive()
    }
}

/// One thing that came.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A batch of messages, maybe empty.
    Response(Box<Response>),
    /// A frame that could not be used; the session goes on.
    Broken {
        /// Why.
        what: BrokenFrame,
        /// Its first bytes, 64 KiB at most.
        bytes: Bytes,
    },
    /// A frame without content: the line is alive.
    Alive,
    /// Whoever hears the live for us was cut off and is back; the session goes on, what was said meanwhile may be missing.
    Gap {
        /// From the last frame before it until now.
        length: Duration,
        /// Why.
        reason: Text,
    },
}

/// Why a frame could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenFrame {
    /// Its bytes cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// Longer than any frame of the service.
    #[error("a frame of {0} bytes")]
    TooLong(usize),
    /// Text, where the service only ever sends bytes.
    #[error("a text frame")]
    Text,
    /// The browser that carried it wrapped it in a way we cannot read.
    #[error("a frame that the browser handed over unreadably")]
    Wrapped,
}
