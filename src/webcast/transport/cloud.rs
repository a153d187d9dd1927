//! Transport `cloud`: a provider holds TikTok's socket and hands its frames on.
//!
//! Speaks Euler Stream's relay (docs/protocol.md#relay): one address with name and key in its query, the only place the
//! relay takes them from, so that this address is never shown. It finds rooms by name and refuses without a key.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use url::Url;

use super::registry::{HostOwner, SimulatedPart, TransportEntry, TransportHost};
use super::{FrameSource, Incoming, RoomRef, Session, Transport};
use crate::config::Secret;
use crate::webcast::address::base;
use crate::webcast::error::{HumanDuration, ServiceError, ServiceErrorKind};
use crate::webcast::handshake;
use crate::webcast::service::Service;
use crate::webcast::socket::RoomSocket;

/// Longest wait for the relay's first word: it may have to find the room first.
const FIRST_FRAME_WAIT: Duration = Duration::from_secs(15);
const PEER_NAME: &str = "the cloud relay";

/// Its row in the registry.
pub(super) const ENTRY: TransportEntry = TransportEntry {
    build: |service, settings, secrets| {
        let (base, key_env) = (base("cloud.url", &settings.cloud.url)?, settings.cloud.key_env.clone());
        Ok(vec![Box::new(CloudTransport {
            service: Arc::clone(service),
            base,
            key_env,
            key: secrets.cloud_key.clone(),
        })])
    },
    hosts: |_, settings| {
        let url = base("cloud.url", &settings.cloud.url)?;
        Ok(vec![TransportHost { purpose: PEER_NAME.to_owned(), owner: HostOwner::Provider, url }])
    },
    room_id_routes: None,
    cost: "one of your key's relay sockets",
    owner: HostOwner::Provider,
    simulated: SimulatedPart {
        addresses: |settings| vec![&mut settings.cloud.url],
        at_socket: true,
        socket: true,
        edge: false,
        signed: false,
        far: true,
    },
};

/// The transport.
struct CloudTransport {
    service: Arc<Service>,
    base: Url,
    /// Where a key could be given, for advice.
    key_env: String,
    key: Option<Secret>,
}

impl CloudTransport {
    async fn try_open(&self, room: &RoomRef) -> Result<Session, ServiceError> {
        let url = self.address(room)?;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tiktop/", env!("CARGO_PKG_VERSION"))));
        let socket = handshake::open(&self.service.route_for(room).http, &url, headers, PEER_NAME).await?;
        let mut frames = RoomSocket::relayed(socket, room.room_id, PEER_NAME.to_owned(), self.service.timeouts);
        // The relay lets everybody in and refuses by closing: it is open once it has said something.
        let first = tokio::time::timeout(FIRST_FRAME_WAIT, frames.next()).await.map_err(|_| silent())??;
        let backlog = match first {
            Incoming::Response(response) => Some(*response),
            Incoming::Alive | Incoming::Broken { .. } | Incoming::Gap { .. } => None,
        };
        Ok(Session::new(room.room_id, backlog, Box::new(frames)))
    }

    fn address(&self, room: &RoomRef) -> Result<Url, ServiceError> {
        let Some(key) = &self.key else {
            let setting = if self.key_env.is_empty() { "cloud.key_env or cloud.key_file" } else { &self.key_env };
            return Err(ServiceError::new(
                ServiceErrorKind::Setup,
                format!("{PEER_NAME} opens only with a key: set {setting}"),
            ));
        };
        let Some(name) = &room.unique_id else {
            return Err(ServiceError::new(
                ServiceErrorKind::Setup,
                format!(
                    "{PEER_NAME} finds rooms by name only, and the name of this one is not known: open it by its @name"
                ),
            ));
        };
        let mut url = self.base.clone();
        url.query_pairs_mut()
            .append_pair("uniqueId", name.as_str())
            .append_pair("features.rawMessages", "true")
            .append_pair("apiKey", key.reveal());
        Ok(url)
    }
}

fn silent() -> ServiceError {
    let wait = HumanDuration(FIRST_FRAME_WAIT);
    ServiceError::new(
        ServiceErrorKind::Timeout,
        format!("{PEER_NAME} opened and said nothing for {wait}; use another transport"),
    )
}

impl Transport for CloudTransport {
    fn entry(&self) -> &'static TransportEntry {
        &ENTRY
    }

    fn name(&self) -> &'static str {
        "cloud"
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>> {
        self.try_open(room).boxed()
    }
}
