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
//! Most programs want [`tiktop::Client`](crate::Client), which stands on this one.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use tiktop::config::Settings;
//! use tiktop::webcast::{LiveStatus, WebcastClient};
//!
//! // A simulated TikTok on this machine.
//! let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! let mut settings = Settings::default();
//! settings.service.site_url = sim.base_url();
//! settings.service.webcast_url = sim.base_url();
//!
//! let client = WebcastClient::isolated(&settings)?;
//! let found = client.look_up(&"ana.live".parse()?).await?;
//! assert_eq!(found.status, LiveStatus::Live);
//! let info = client.room_info(found.room_id.expect("a live has a room")).await?;
//! assert_eq!(info.unique_id, Some(found.unique_id));
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
mod request_log;
mod request_overrides;
mod room_info;
mod route;
mod search;
mod service;
mod socket;
mod streams;
pub mod transport;
mod user_agent;

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::Settings;
use crate::ids::{GiftFacts, RoomId, UniqueId};
use service::Service;
use transport::BrowserTransport;

pub use crate::config::Secrets;
pub use address::SignedUrl;
pub use error::{ServiceError, ServiceErrorKind};
pub use feed::FeedPage;
pub use http::Proxies;
#[cfg(feature = "cli")]
pub(crate) use http::install_tls;
pub use live_streams::LiveStreams;
pub use lookup::{Gates, LiveStatus, Lookup};
pub use media::MediaStream;
pub use prices::{CoinPack, ShownPrice};
pub use probe::{ContactedHost, LookUpPath, ProviderLimit, ProviderLimits, Reached};
pub use profile::UserInfo;
pub use request_overrides::RequestOverrides;
pub use room_info::RoomInfo;
pub use streams::{Codec, Container, StreamUrl};
pub use transport::{
    BrokenFrame, BrowserView, Budget, CaptureReader, Captured, CapturedKind, Failover, FailoverError, FrameSource,
    Health, Incoming, LeftAlone, Opened, RoomRef, Session, SimulatedPart, Transport, TransportEntry, point_at,
};

/// The client. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct WebcastClient {
    service: Arc<Service>,
    settings: Arc<Settings>,
    secrets: Arc<Secrets>,
}

impl WebcastClient {
    /// A client for the user: proxies as configured. Checks addresses; opens nothing.
    pub fn new(settings: &Settings, secrets: Secrets) -> Result<Self, ServiceError> {
        Self::with_proxies(settings, secrets, Proxies::Configured)
    }

    /// A client for the demo and for tests: no proxies, no secrets.
    pub fn isolated(settings: &Settings) -> Result<Self, ServiceError> {
        Self::with_proxies(settings, Secrets::default(), Proxies::None)
    }

    /// A client with another rule for proxies.
    pub fn with_proxies(settings: &Settings, secrets: Secrets, proxies: Proxies) -> Result<Self, ServiceError> {
        Self::with_overrides(settings, secrets, proxies, &RequestOverrides::default())
    }

    /// A client that adds to what is sent, for programs that know why.
    pub fn with_overrides(
        settings: &Settings,
        secrets: Secrets,
        proxies: Proxies,
        overrides: &RequestOverrides,
    ) -> Result<Self, ServiceError> {
        let service = Arc::new(Service::new(settings, &secrets, proxies)?.with_overrides(overrides)?);
        let client = Self { service, settings: Arc::new(settings.clone()), secrets: Arc::new(secrets) };
        // A provider with a wrong address is told now, not when the first room opens.
        client.transports()?;
        Ok(client)
    }

    /// Who `host` is and whether they are live. The sources are asked in turn until one is sure: `api-live`, the live page,
    /// the profile page with `room/info`, a provider's room-id route.
    pub async fn look_up(&self, host: &UniqueId) -> Result<Lookup, ServiceError> {
        lookup::look_up(&self.service, host).await
    }

    /// What the service knows about a room. Works without login and signature.
    pub async fn room_info(&self, room: RoomId) -> Result<RoomInfo, ServiceError> {
        room_info::fetch(&self.service, room).await
    }

    /// What the service knows about a room that `found` named; what `found` knows of it where `room/info` has no answer.
    pub async fn room_info_of(&self, room: RoomId, found: &Lookup) -> Result<RoomInfo, ServiceError> {
        let error = match self.room_info(room).await {
            Ok(info) => return Ok(info),
            Err(error) => error,
        };
        match found.as_room_info() {
            Some(known) => Ok(RoomInfo { missing: error.sentence().clone(), ..known }),
            None => Err(error),
        }
    }

    /// The streams of a live, from all answers that name some: room info, and the look-ups of its host where given. Works
    /// without login, signature and event socket.
    pub async fn live_streams(&self, room: RoomId, host: Option<&UniqueId>) -> Result<LiveStreams, ServiceError> {
        live_streams::live_streams(&self.service, room, host).await
    }

    /// Who an account is: by its profile page, else by what a look-up knows.
    pub async fn user_info(&self, user: &UniqueId) -> Result<UserInfo, ServiceError> {
        profile::user_info(&self.service, user).await
    }

    /// The gifts that can be sent in a room, or without one in the region we ask from. Nobody may fail because this does.
    pub async fn gift_list(&self, room: impl Into<Option<RoomId>>) -> Result<Vec<GiftFacts>, ServiceError> {
        gifts::gift_list(&self.service, room.into()).await
    }

    /// What coins cost where we ask from.
    pub async fn price_list(&self) -> Result<Vec<CoinPack>, ServiceError> {
        prices::price_list(&self.service).await
    }

    /// A page of the lives TikTok recommends: the one that begins at `from`, or the first.
    pub async fn feed_page(&self, from: Option<u64>) -> Result<FeedPage, ServiceError> {
        feed::page(&self.service, from).await
    }

    /// Lives that match `words`. Works without a login.
    pub async fn search_live(&self, words: &str) -> Result<Vec<RoomInfo>, ServiceError> {
        search::search(&self.service, words).await
    }

    /// Whether `room/info` is to be asked before a connection.
    pub fn asks_room_info(&self) -> bool {
        self.service.additions.room_info
    }

    /// Whether the gift list of a room is to be asked for.
    pub fn asks_gift_list(&self) -> bool {
        self.service.additions.gift_list
    }

    /// Opens a stream of `room` for recording.
    pub async fn stream(&self, room: RoomId, stream: &StreamUrl) -> Result<MediaStream, ServiceError> {
        media::open(&self.service, room, stream).await
    }

    /// The configured transports in order, providers in place of the word `provider`.
    pub fn transports(&self) -> Result<Vec<Box<dyn Transport>>, ServiceError> {
        let mut transports = Vec::new();
        for entry in TransportEntry::configured(&self.settings) {
            transports.extend((entry.build)(&self.service, &self.settings, &self.secrets)?);
        }
        Ok(transports)
    }

    /// Which browser of the user's own answers, and which lives are open in it.
    pub async fn browser(&self) -> Result<BrowserView, ServiceError> {
        self.own_browser()?.view().await
    }

    fn own_browser(&self) -> Result<BrowserTransport, ServiceError> {
        BrowserTransport::new(Arc::clone(&self.service), &self.settings.browser.endpoint)
    }

    /// The transports with their order, health and failover. Make one and share it between all rooms.
    pub fn failover(&self, clock: Clock) -> Result<Failover, ServiceError> {
        Ok(Failover::new(self.transports()?, clock))
    }
}

impl fmt::Debug for WebcastClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
