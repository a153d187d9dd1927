//! Transport `browser`: listens to a browser of the user's own that shows the live.
//!
//! Chromium's DevTools report the frames of a tab's sockets. The browser has TikTok's trust and the user's own session; we
//! have neither and need neither. Opt-in and read-only: what is sent are the two commands that make a tab report, and what
//! is read are frames of the live. It refuses to start or steer a browser, and to look at cookies, bodies or other tabs.

mod devtools;
mod endpoint;
mod tab;

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::HeaderMap;

use super::registry::{HostOwner, SimulatedPart, TransportEntry, TransportHost};
use super::{RoomRef, Session, Transport};
use crate::ids::UniqueId;
use crate::text::Text;
use crate::webcast::address::base;
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::handshake;
use crate::webcast::service::Service;
use endpoint::{Endpoint, live_at};
use tab::{Page, TabFrames, open_it};

/// Its row in the registry.
pub(super) const ENTRY: TransportEntry = TransportEntry {
    build: |service, settings, _| {
        Ok(vec![Box::new(BrowserTransport::new(Arc::clone(service), &settings.browser.endpoint)?)])
    },
    hosts: |_, settings| {
        let url = base("browser.endpoint", &settings.browser.endpoint)?;
        Ok(vec![TransportHost { purpose: "your own browser".to_owned(), owner: HostOwner::User, url }])
    },
    room_id_routes: None,
    cost: "nothing",
    owner: HostOwner::User,
    simulated: SimulatedPart {
        addresses: |settings| vec![&mut settings.browser.endpoint],
        at_socket: false,
        socket: true,
        edge: false,
        signed: false,
        far: false,
    },
};

/// The transport.
pub(in crate::webcast) struct BrowserTransport {
    service: Arc<Service>,
    endpoint: Endpoint,
}

/// What a look at the browser shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserView {
    /// Its name and version: `Chrome/156.0.8078.79`.
    pub version: Text,
    /// Whose lives it shows, a tab each.
    pub lives: Vec<UniqueId>,
}

impl BrowserTransport {
    /// Checks the address; opens nothing.
    pub(in crate::webcast) fn new(service: Arc<Service>, endpoint: &str) -> Result<Self, ServiceError> {
        Ok(Self { service, endpoint: Endpoint::new(endpoint)? })
    }

    /// Which browser answers, and which lives are open in it.
    pub(in crate::webcast) async fn view(&self) -> Result<BrowserView, ServiceError> {
        let version = self.endpoint.version(&self.service.http).await?;
        let tabs = self.endpoint.tabs(&self.service.http).await?;
        let lives = tabs.iter().filter_map(|tab| live_at(&self.service.site, &tab.url)).collect();
        Ok(BrowserView { version, lives })
    }

    async fn try_open(&self, room: &RoomRef) -> Result<Session, ServiceError> {
        let Service { http, site, timeouts, .. } = &*self.service;
        let Some(host) = &room.unique_id else {
            return Err(ServiceError::new(
                ServiceErrorKind::NotFound,
                format!("whose live room {} is, is not known, so no tab of your browser can be it", room.room_id),
            ));
        };
        let tabs = self.endpoint.tabs(http).await?;
        let shows = |tab: &endpoint::BrowserTab| live_at(site, &tab.url).as_ref() == Some(host);
        let Some(tab) = tabs.into_iter().find(shows) else {
            let place = self.endpoint.place();
            let advice = open_it(site, host);
            return Err(ServiceError::new(
                ServiceErrorKind::NotFound,
                format!("the browser at {place} does not show the live of @{host}: {advice}"),
            ));
        };
        let whose = format!("your browser's tab of @{host}");
        let devtools = handshake::open(http, tab.listen_at()?, HeaderMap::new(), &whose).await?;
        let page = Page { host: host.clone(), site: site.clone(), tab: tab.id };
        let frames = TabFrames::attach(devtools, page, room.room_id, timeouts.stale).await?;
        Ok(Session::new(frames.room(), None, Box::new(frames)))
    }
}

impl Transport for BrowserTransport {
    fn entry(&self) -> &'static TransportEntry {
        &ENTRY
    }

    fn name(&self) -> &'static str {
        "browser"
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>> {
        self.try_open(room).boxed()
    }
}
