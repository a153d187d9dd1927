//! Transport `direct`: TikTok's own socket with nothing but the anonymous `ttwid` cookie.
//!
//! Works where and while TikTok lets unsigned sockets in (docs/protocol.md#direct-socket). A blocked cookie is replaced once,
//! one whose socket died young before the next socket; all rooms on the same way out share the new one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{COOKIE, HeaderName, ORIGIN};
use tokio::time::{Instant, sleep};
use url::Url;

use super::registry::{HostOwner, SimulatedPart, TransportEntry, TransportHost};
use super::{FrameSource, Incoming, RoomRef, Session, Transport};
use crate::webcast::anonymous_cookie::AnonymousCookie;
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::handshake;
use crate::webcast::route::Route;
use crate::webcast::service::Service;
use crate::webcast::socket::RoomSocket;
use crate::webcast::user_agent::{BrowserIdentity, insert_text};

/// Pause before a blocked cookie is replaced.
const BLOCKED_PAUSE: Duration = Duration::from_secs(2);
const PEER_NAME: &str = "the anonymous socket";

/// Its row in the registry.
pub(super) const ENTRY: TransportEntry = TransportEntry {
    build: |service, _, _| Ok(vec![Box::new(DirectTransport { service: Arc::clone(service) })]),
    hosts: |service, _| {
        let url = service.socket.clone();
        Ok(vec![TransportHost { purpose: "sockets".to_owned(), owner: HostOwner::TikTok, url }])
    },
    room_id_routes: None,
    cost: "nothing",
    owner: HostOwner::TikTok,
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
        match self.connect(room, &way, &cookie).await {
            Err(error) if error.kind() == ServiceErrorKind::DeviceBlocked => {
                sleep(BLOCKED_PAUSE).await;
                let fresh = way.anonymous_cookies.get(&self.service, &way.http, Some(&cookie)).await?;
                self.connect(room, &way, &fresh).await
            }
            other => other,
        }
    }

    async fn connect(
        &self,
        room: &RoomRef,
        way: &Arc<Route>,
        cookie: &AnonymousCookie,
    ) -> Result<Session, ServiceError> {
        let service = &self.service;
        let mut url = socket_url(service, cookie.browser(), room);
        let mut headers = cookie.browser().headers(&service.site, &service.language);
        insert_text(&mut headers, COOKIE, &service.cookies(&url, &cookie.header_value()));
        insert_text(&mut headers, ORIGIN, &service.site.origin().ascii_serialization());
        insert_text(&mut headers, HeaderName::from_static("cache-control"), "no-cache");
        service.add_to_socket(&mut url, &mut headers);
        let socket = handshake::open(&way.http, &url, headers, PEER_NAME).await?;
        let frames = RoomSocket::new(socket, room.room_id, PEER_NAME.to_owned(), service.timeouts);
        let frames =
            CookieWatch { frames, way: Arc::clone(way), cookie: cookie.clone(), opened: Instant::now(), lasted: None };
        Ok(Session::new(room.room_id, None, Box::new(frames)))
    }
}

/// A source of frames that reports how long its socket lasted to the cookie it was opened with.
struct CookieWatch<F> {
    frames: F,
    way: Arc<Route>,
    cookie: AnonymousCookie,
    opened: Instant,
    /// From the opening to the last frame, once one came.
    lasted: Option<Duration>,
}

impl<F: FrameSource> FrameSource for CookieWatch<F> {
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
        async {
            let next = self.frames.next().await;
            match &next {
                Ok(_) => self.lasted = Some(self.opened.elapsed()),
                // A live that ended says nothing of the cookie.
                Err(error) if error.is_session_end() => {}
                // Silence counts from its beginning: what fell silent at once was dead at once.
                Err(error) if error.kind() == ServiceErrorKind::Stale => {
                    self.way.anonymous_cookies.record_end(&self.cookie, self.lasted.unwrap_or_default());
                }
                Err(_) => self.way.anonymous_cookies.record_end(&self.cookie, self.opened.elapsed()),
            }
            next
        }
        .boxed()
    }
}

impl Transport for DirectTransport {
    fn entry(&self) -> &'static TransportEntry {
        &ENTRY
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::webcast::http::Proxies;
    use crate::webcast::route::Routes;
    use rstest::rstest;
    use tokio::time::advance;

    /// Says that it is alive after one span, and ends so after another.
    struct Ends {
        alive: Option<Duration>,
        after: Duration,
        error: ServiceError,
    }

    impl FrameSource for Ends {
        fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
            async {
                if let Some(alive) = self.alive.take() {
                    advance(alive).await;
                    return Ok(Incoming::Alive);
                }
                advance(self.after).await;
                Err(self.error.clone())
            }
            .boxed()
        }
    }

    #[rstest]
    #[case(Some(5), 10, ServiceErrorKind::Closed, false, true)]
    #[case(Some(5), 40, ServiceErrorKind::Closed, false, false)]
    #[case(None, 1, ServiceErrorKind::Closed, true, false)]
    #[case(None, 30, ServiceErrorKind::Stale, false, true)]
    #[case(Some(12), 30, ServiceErrorKind::Stale, false, true)]
    #[case(Some(40), 30, ServiceErrorKind::Stale, false, false)]
    #[tokio::test(start_paused = true)]
    async fn only_a_socket_that_died_young_speaks_against_its_cookie(
        #[case] alive: Option<u64>,
        #[case] after: u64,
        #[case] kind: ServiceErrorKind,
        #[case] live_ended: bool,
        #[case] worn_out: bool,
    ) {
        let way = Arc::clone(Routes::new(&Settings::default(), Proxies::None).unwrap().usual());
        let error = ServiceError::new(kind, "over").session_ended(live_ended);
        let frames = Ends { alive: alive.map(Duration::from_secs), after: Duration::from_secs(after), error };
        let cookie = AnonymousCookie::for_test();
        let mut watch = CookieWatch { frames, way: Arc::clone(&way), cookie, opened: Instant::now(), lasted: None };
        while watch.next().await.is_ok() {}
        assert_eq!(way.anonymous_cookies.is_worn_out(&AnonymousCookie::for_test()), worn_out);
    }
}
