//! Questions to TikTok's service, and the transports that its settings name.

use std::sync::Arc;
use std::time::Duration;

use super::error::ServiceError;
use super::feed::{self, FeedPage};
use super::gifts;
use super::http::Proxies;
use super::live_streams::{self, LiveStreams};
use super::lookup::{self, Lookup};
use super::media::{self, MediaStream};
use super::prices::{self, CoinPack};
use super::profile::{self, UserInfo};
use super::request_overrides::RequestOverrides;
use super::room_info::{self, RoomInfo};
use super::roster::{self, Roster};
use super::search;
use super::service::Service;
use super::streams::StreamUrl;
use super::transport::{BrowserTransport, BrowserView, Failover, Transport, TransportEntry};
use crate::clock::Clock;
use crate::config::{Secrets, Settings};
use crate::ids::{GiftFacts, RoomId, UniqueId, UserId};

impl Service {
    /// The service for the user: proxies as configured. Checks addresses; opens nothing.
    pub fn configured(settings: &Settings, secrets: Secrets) -> Result<Arc<Self>, ServiceError> {
        Self::with_proxies(settings, secrets, Proxies::Configured)
    }

    /// The same for commands whose one thread is paced as a whole: sockets are read as it comes to them.
    pub fn headless(settings: &Settings, secrets: Secrets) -> Result<Arc<Self>, ServiceError> {
        let mut service = Self::new(settings, secrets, Proxies::Configured)?;
        service.timeouts.read_pause = Duration::ZERO;
        Self::checked(service)
    }

    /// The service for the demo and for tests: no proxies, no secrets.
    pub fn isolated(settings: &Settings) -> Result<Arc<Self>, ServiceError> {
        Self::with_proxies(settings, Secrets::default(), Proxies::None)
    }

    /// The service with another rule for proxies.
    pub fn with_proxies(settings: &Settings, secrets: Secrets, proxies: Proxies) -> Result<Arc<Self>, ServiceError> {
        Self::with_overrides(settings, secrets, proxies, &RequestOverrides::default())
    }

    /// The service with more in what is sent, for programs that know why.
    pub fn with_overrides(
        settings: &Settings,
        secrets: Secrets,
        proxies: Proxies,
        overrides: &RequestOverrides,
    ) -> Result<Arc<Self>, ServiceError> {
        Self::checked(Self::new(settings, secrets, proxies)?.add_overrides(overrides)?)
    }

    fn checked(service: Self) -> Result<Arc<Self>, ServiceError> {
        let service = Arc::new(service);
        // A provider with a wrong address is told now, not when the first room opens.
        service.transports()?;
        Ok(service)
    }

    /// Who `host` is and whether they are live. The sources are asked in turn until one is sure: `api-live`, the live page,
    /// the profile page with `room/info`, a provider's room-id route.
    pub async fn look_up(&self, host: &UniqueId) -> Result<Lookup, ServiceError> {
        lookup::look_up(self, host).await
    }

    /// What the service knows about a room. Works without login and signature.
    pub async fn room_info(&self, room: RoomId) -> Result<RoomInfo, ServiceError> {
        room_info::fetch(self, room).await
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
        live_streams::live_streams(self, room, host).await
    }

    /// Who an account is: by its profile page, else by what a look-up knows.
    pub async fn user_info(&self, user: &UniqueId) -> Result<UserInfo, ServiceError> {
        profile::user_info(self, user).await
    }

    /// The gifts that can be sent in a room, or without one in the region we ask from. Nobody may fail because this does.
    pub async fn gift_list(&self, room: impl Into<Option<RoomId>>) -> Result<Vec<GiftFacts>, ServiceError> {
        gifts::gift_list(self, room.into()).await
    }

    /// What coins cost where we ask from.
    pub async fn price_list(&self) -> Result<Vec<CoinPack>, ServiceError> {
        prices::price_list(self).await
    }

    /// Who is in a live of this host by name. Wants a session.
    pub async fn roster(&self, room: RoomId, host: UserId) -> Result<Roster, ServiceError> {
        roster::roster(self, room, host).await
    }

    /// A page of the lives TikTok recommends: the one that begins at `from`, or the first.
    pub async fn feed_page(&self, from: Option<u64>) -> Result<FeedPage, ServiceError> {
        feed::page(self, from).await
    }

    /// Lives that match `words`. Works without a login.
    pub async fn search_live(&self, words: &str) -> Result<Vec<RoomInfo>, ServiceError> {
        search::search(self, words).await
    }

    /// Whether `room/info` is to be asked before a connection.
    pub fn asks_room_info(&self) -> bool {
        self.additions.room_info
    }

    /// Whether the gift list of a room is to be asked for.
    pub fn asks_gift_list(&self) -> bool {
        self.additions.gift_list
    }

    /// Opens a stream of `room` for recording.
    pub async fn stream(&self, room: RoomId, stream: &StreamUrl) -> Result<MediaStream, ServiceError> {
        media::open(self, room, stream).await
    }

    /// The configured transports in order, providers in place of the word `provider`.
    pub fn transports(self: &Arc<Self>) -> Result<Vec<Box<dyn Transport>>, ServiceError> {
        let mut transports = Vec::new();
        for entry in TransportEntry::configured(&self.settings) {
            transports.extend((entry.build)(self, &self.settings, &self.secrets)?);
        }
        Ok(transports)
    }

    /// Which browser of the user's own answers, and which lives are open in it.
    pub async fn browser(self: &Arc<Self>) -> Result<BrowserView, ServiceError> {
        self.own_browser()?.view().await
    }

    fn own_browser(self: &Arc<Self>) -> Result<BrowserTransport, ServiceError> {
        BrowserTransport::new(Arc::clone(self), &self.settings.browser.endpoint)
    }

    /// The transports with their order, health and failover. Make one and share it between all rooms.
    pub fn failover(self: &Arc<Self>, clock: Clock) -> Result<Failover, ServiceError> {
        Ok(Failover::new(self.transports()?, clock))
    }
}
