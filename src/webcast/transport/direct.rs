//! `direct`: TikTok's own socket with nothing but the anonymous `ttwid` cookie.
//!
//! Works where and while TikTok lets unsigned sockets in (docs/protocol.md#direct-socket). A blocked cookie is replaced once;
//! all rooms on the same way out share the new one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{COOKIE, HeaderName, ORIGIN};
use tokio::time::sleep;
use url::Url;

use super::registry::{HostOwner, SimulatedPart, TransportEntry, TransportHost};
use super::{RoomRef, Session, Transport};
use crate::webcast::anonymous_cookie::AnonymousCookie;
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::handshake;
use crate::webcast::http::Http;
use crate::webcast::service::Service;
use crate::webcast::socket::RoomSocket;
use crate::webcast::user_agent::{BrowserIdentity, insert_text};

/// Pause before a blocked cookie is replaced.
const BLOCKED_PAUSE: Duration = Duration::from_secs(2);
const WHOSE: &str = "the anonymous socket";

/// Its row in the registry.
pub(super) const ENTRY: TransportEntry = TransportEntry {
    build: |service, _, _| Ok(vec![Box::new(DirectTransport { service: Arc::clone(service) })]),
    hosts: |service, _| {
        let url = service.socket.clone();
        Ok(vec![TransportHost { purpose: "sockets".to_owned(), owner: HostOwner::TikTok, url }])
    },
    room_id_routes: None,
    simulated: SimulatedPart {
        addresses: |settings| vec![&mut settings.service.socket_url],
        at_socket: true,
        socket: true,
        edge: true,
        signed: false,
        far: true,
    },
};

/// The transport.
struct DirectTransport {
    service: Arc<Service>,
}

impl DirectTransport {
    async fn try_open(&self, room: &RoomRef) -> Result<Session, ServiceError> {
        let way = self.service.route_for(room);
        let cookie = way.anonymous_cookies.get(&self.service, &way.http, None).await?;
        match self.connect(room, &way.http, &cookie).await {
            Err(error) if error.kind() == ServiceErrorKind::DeviceBlocked => {
                sleep(BLOCKED_PAUSE).await;
                let fresh = way.anonymous_cookies.get(&self.service, &way.http, Some(&cookie)).await?;
                self.connect(room, &way.http, &fresh).await
            }
            other => other,
        }
    }

    async fn connect(&self, room: &RoomRef, http: &Http, cookie: &AnonymousCookie) -> Result<Session, ServiceError> {
        let service = &self.service;
        let mut url = socket_url(service, cookie.browser(), room);
        let mut headers = cookie.browser().headers(&service.site, &service.language);
        insert_text(&mut headers, COOKIE, &service.cookies(&url, &cookie.header_value()));
        insert_text(&mut headers, ORIGIN, &service.site.origin().ascii_serialization());
        insert_text(&mut headers, HeaderName::from_static("cache-control"), "no-cache");
        service.add_to_socket(&mut url, &mut headers);
        let socket = handshake::open(http, &url, headers, WHOSE).await?;
        let frames = RoomSocket::new(socket, room.room_id, WHOSE.to_owned(), service.timeouts);
        Ok(Session::new(room.room_id, None, Box::new(frames)))
    }
}

impl Transport for DirectTransport {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>> {
        self.try_open(room).boxed()
    }
}

/// The unsigned address (docs/protocol.md#socket-parameters).
fn socket_url(service: &Service, browser: BrowserIdentity, room: &RoomRef) -> Url {
    let mut url = service.socket.clone();
    url.query_pairs_mut()
        .extend_pairs(browser.query(&service.language))
        .extend_pairs(base_block())
        .extend_pairs([("version_code", "180800"), ("ws_direct", "1"), ("heartbeat_duration", "10000")])
        .append_pair("room_id", &room.room_id.to_string());
    url
}

/// What every socket address of 2026 carries, whoever signs it.
pub(super) fn base_block() -> [(&'static str, String); 13] {
    let fixed = |name: &'static str, value: &str| (name, value.to_owned());
    [
        fixed("device_platform", "web"),
        fixed("screen_width", "1920"),
        fixed("screen_height", "1080"),
        fixed("identity", "audience"),
        fixed("live_id", "12"),
        fixed("did_rule", "3"),
        fixed("resp_content_type", "protobuf"),
        fixed("update_version_code", "2.0.0"),
        fixed("sup_ws_ds_opt", "1"),
        fixed("client_enter", "1"),
        fixed("history_comment_count", "6"),
        fixed("compress", "gzip"),
        ("last_rtt", fastrand::u32(100..=200).to_string()),
    ]
}
