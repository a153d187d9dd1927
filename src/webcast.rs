//! TikTok's service: HTTP and sockets.
//!
//! Everything that leaves this machine leaves through here: look-ups, room info, gift lists, streams for the recorder and
//! the transports that bring a live's frames. It does not know what a gift means, keeps no state of a room and never
//! retries on its own beyond what one step needs.
//!
//! Always true: remote words become [`Text`](crate::text::Text) here; bodies are capped while they stream; the session cookie
//! goes to TikTok over TLS or to hosts the user named, a key to its provider, and neither appears in a sentence; an error
//! says what we tried, what happened, whose fault it is and what to do.
//!
//! Programs ask through [`tiktop::Client`](crate::Client); what they get for an answer is here: a [`Lookup`], a [`RoomInfo`], a
//! [`UserInfo`], gifts with their prices, streams, the [`Health`] of the transports, and the [`ServiceError`] that says why not.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use tiktop::webcast::{LiveStatus, ServiceErrorKind};
//!
//! // A simulated TikTok on this machine.
//! let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! let client = tiktop::Client::builder().service(&sim.base_url(), &sim.socket_url()).no_proxy().build()?;
//! let found = client.look_up("@ana.live").await?;
//! assert_eq!(found.status, LiveStatus::Live);
//! let info = client.room_info_of(&found).await?;
//! assert_eq!(info.unique_id, Some(found.unique_id));
//! let nobody = client.look_up("@nobody.at.all").await.unwrap_err();
//! assert_eq!(nobody.kind(), Some(ServiceErrorKind::NotFound));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod address;
mod anonymous_cookie;
mod error;
mod feed;
mod gifts;
mod handshake;
mod http;
mod json;
mod live_streams;
mod lookup;
mod media;
mod prices;
mod probe;
mod profile;
mod questions;
mod request_log;
mod request_overrides;
mod room_info;
mod roster;
mod route;
mod search;
mod service;
mod socket;
mod streams;
mod transport;
mod user_agent;

pub use address::SignedUrl;
pub use error::{ServiceError, ServiceErrorKind};
#[cfg(feature = "cli")]
pub(crate) use http::install_tls;
pub use lookup::{AccessRestrictions, LiveStatus, Lookup};
pub use prices::{CoinPack, ShownPrice};
pub use profile::UserInfo;
pub use room_info::RoomInfo;
pub use roster::{Roster, RosterPerson};
pub use streams::{Codec, Container, StreamUrl};
pub use transport::{Budget, Health};

#[cfg(not(feature = "internals"))]
pub(crate) use inside::*;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub use inside::*;

/// What the other modules of the crate use, and our own tests.
#[allow(unused_imports, reason = "the program and the tests use what a program without them does not")]
mod inside {
    pub use super::feed::FeedPage;
    pub use super::http::Proxies;
    pub use super::live_streams::LiveStreams;
    pub use super::media::MediaStream;
    pub use super::probe::{ContactedHost, LookUpPath, ReachedHost};
    pub use super::request_overrides::RequestOverrides;
    pub use super::service::Service;
    pub use super::transport::{
        BrokenFrame, BrowserView, CapturePlace, CaptureReader, CapturedItem, CapturedKind, Failover, FailoverError,
        FrameSource, HostOwner, Incoming, OpenedRoom, RoomRef, Session, SimulatedPart, SkippedTransport, Transport,
        TransportEntry, point_at,
    };
    pub use crate::config::Secrets;
}
