//! Service handle that every part of this layer shares: the addresses, the HTTP stack, the browser identity and the session.
//!
//! The one place that decides who may see the session cookie.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{COOKIE, HeaderMap};
use url::Url;

use super::address::{base, is_loopback, is_tiktok};
use super::error::ServiceError;
use super::http::{Http, HttpAnswer, HttpRequest, Proxies};
use super::lookup::RoomIdRoute;
use super::request_overrides::{Additions, RequestOverrides};
use super::route::{Route, Routes};
use super::socket::SocketTimeouts;
use super::transport::{RoomRef, TransportEntry};
use super::user_agent::{BrowserIdentity, insert_text};
use crate::config::{Secret, Secrets, Settings, in_range};

/// Where room info and gifts are, unless the base address brings a path of its own.
const WEBCAST_PATH: &str = "/webcast";
/// Where the socket is since 2024 at the latest (docs/protocol.md#hosts), unless the base address brings a path of its own.
const SOCKET_PATH: &str = "/webcast/im/ws_proxy/ws_reuse_supplement/";

/// TikTok's service: asked by [questions](super::questions), shared by all transports.
#[derive(Debug)]
pub struct Service {
    pub(super) settings: Settings,
    pub(super) secrets: Secrets,
    /// For what concerns no room in particular.
    pub(super) http: Arc<Http>,
    /// For what concerns a room.
    pub(super) routes: Routes,
    pub(super) site: Url,
    pub(super) webcast: Url,
    pub(super) socket: Url,
    pub(super) language: String,
    /// The rhythm of every socket.
    pub(super) timeouts: SocketTimeouts,
    session: Option<Secret>,
    target_idc: Option<Secret>,
    session_hosts: Vec<String>,
    pub(super) additions: Additions,
    /// Where providers answer with the room of a name, in the order of the settings.
    pub(super) room_id_routes: Vec<RoomIdRoute>,
}

impl Service {
    pub(super) fn new(settings: &Settings, secrets: Secrets, proxies: Proxies) -> Result<Self, ServiceError> {
        let service = &settings.service;
        let routes = Routes::new(settings, proxies)?;
        Ok(Self {
            http: Arc::clone(&routes.usual().http),
            routes,
            site: base("service.site_url", &service.site_url)?,
            webcast: with_path(base("service.webcast_url", &service.webcast_url)?, WEBCAST_PATH),
            socket: with_path(base("service.socket_url", &service.socket_url)?, SOCKET_PATH),
            language: service.language.clone(),
            timeouts: SocketTimeouts {
                stale: Duration::from_secs(in_range("service.silence_seconds", service.silence_seconds)),
                ..SocketTimeouts::default()
            },
            session: secrets.session.clone(),
            target_idc: secrets.target_idc.clone(),
            session_hosts: settings.session.hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect(),
            additions: Additions::default(),
            room_id_routes: {
                let routes = TransportEntry::configured(settings).filter_map(|entry| entry.room_id_routes);
                let routes = routes.map(|routes| routes(settings, &secrets));
                routes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
            },
            settings: settings.clone(),
            secrets,
        })
    }

    /// The same with what a program adds. Fails where that cannot be sent.
    pub(super) fn add_overrides(mut self, overrides: &RequestOverrides) -> Result<Self, ServiceError> {
        self.additions = Additions::new(overrides)?;
        Ok(self)
    }

    /// The way out of a room.
    pub(super) fn route_for(&self, room: &RoomRef) -> Arc<Route> {
        self.routes.of_room(room.room_id, room.unique_id.as_ref())
    }

    /// A cookie line for `url`: these cookies, and the session where `url` may see it.
    pub(super) fn cookies(&self, url: &Url, cookies: &str) -> String {
        match self.session_cookie(url) {
            Some(session) if cookies.is_empty() => session,
            Some(session) => format!("{cookies}; {session}"),
            None => cookies.to_owned(),
        }
    }

    /// The identity of all look-ups.
    pub(super) fn identity() -> BrowserIdentity {
        BrowserIdentity::nth(0)
    }

    /// Headers for a look-up at `url`: the browser's, and the session where `url` may see it.
    pub(super) fn headers(&self, url: &Url) -> HeaderMap {
        let mut headers = Self::identity().headers(&self.site, &self.language);
        if let Some(cookie) = self.session_cookie(url) {
            insert_text(&mut headers, COOKIE, &cookie);
        }
        self.additions.add_headers(&mut headers, self.may_see_secrets(url));
        headers
    }

    /// Adds what a program wants in the handshake of the socket at `url`, and in its address.
    pub(super) fn add_to_socket(&self, url: &mut Url, headers: &mut HeaderMap) {
        self.additions.add_query(url);
        self.additions.add_socket_headers(headers, self.may_see_secrets(url));
    }

    /// Adds what a program wants in the address of a look-up.
    pub(super) fn add_query(&self, url: &mut Url) {
        self.additions.add_query(url);
    }

    /// A question to the webcast service: `url` with the block every such request carries (docs/protocol.md#common-parameters) and `pairs`.
    pub(super) fn question<'p>(&self, mut url: Url, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Url {
        url.query_pairs_mut()
            .extend_pairs(Self::identity().query(&self.language))
            .append_pair("device_platform", "web_pc")
            .extend_pairs(pairs);
        self.add_query(&mut url);
        url
    }

    /// Asks over `http`, which is the way of what is asked about, as a browser on TikTok's site would. `doing` stands after "could not".
    pub(super) async fn get(&self, http: &Http, doing: &str, url: Url, cap: usize) -> Result<HttpAnswer, ServiceError> {
        let headers = self.headers(&url);
        http.get(HttpRequest { doing, url, headers, cap }).await
    }

    /// The user's own session as a cookie line, if there is one and `url` may see it.
    pub(super) fn session_cookie(&self, url: &Url) -> Option<String> {
        let session = self.session.as_ref()?.reveal();
        let target_idc = self.target_idc.as_ref().map_or("", Secret::reveal);
        let harmless = |value: &str| value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        let may = self.may_see_secrets(url) && harmless(session) && harmless(target_idc);
        may.then(|| {
            let line = format!("sessionid={session}; sessionid_ss={session}; sid_tt={session}");
            // A session is good in its own data centre only (docs/protocol.md#sessions).
            if target_idc.is_empty() { line } else { format!("{line}; tt-target-idc={target_idc}") }
        })
    }

    /// Whether the user's own secrets may go to `url`: TikTok over TLS, or a host that the user named, over TLS or on this
    /// machine.
    fn may_see_secrets(&self, url: &Url) -> bool {
        let named = url.host_str().is_some_and(|host| self.session_hosts.iter().any(|named| named == host));
        let private = matches!(url.scheme(), "https" | "wss") || is_loopback(url);
        is_tiktok(url) || (named && private)
    }
}

fn with_path(mut base: Url, usual: &str) -> Url {
    if base.path() == "/" {
        base.set_path(usual);
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn secrets(session: &str) -> Secrets {
        Secrets { session: Secret::new(session), ..Secrets::default() }
    }

    #[rstest]
    #[case("https://www.tiktok.com/x", true)]
    #[case("wss://webcast-ws.us.tiktok.com/x", true)]
    #[case("https://tiktok.com.example.org/", false)]
    #[case("https://mirror.example.com/", true)]
    #[case("http://127.0.0.1:8080/", true)]
    #[case("http://mirror.example.com/", false)]
    #[case("https://tiktok.eulerstream.com/", false)]
    fn the_session_is_sent_only_where_it_belongs(#[case] url: &str, #[case] sent: bool) {
        let mut settings = Settings::default();
        settings.session.hosts = vec!["Mirror.example.com".into(), "127.0.0.1".into()];
        let service = Service::new(&settings, secrets("s3cret"), Proxies::None).unwrap();
        let url = Url::parse(url).unwrap();
        assert_eq!(service.headers(&url).contains_key(COOKIE), sent);
    }

    #[rstest]
    #[case("http://127.0.0.1:1", "http://127.0.0.1:1/webcast")]
    #[case("http://127.0.0.1:1/", "http://127.0.0.1:1/webcast")]
    #[case("http://127.0.0.1:1/mirror/webcast", "http://127.0.0.1:1/mirror/webcast")]
    fn a_base_without_a_path_gets_tiktoks_own(#[case] set: &str, #[case] used: &str) {
        let mut settings = Settings::default();
        settings.service.webcast_url = set.into();
        assert_eq!(Service::new(&settings, Secrets::default(), Proxies::None).unwrap().webcast.as_str(), used);
    }

    #[test]
    fn a_session_cannot_smuggle_other_cookies() {
        let service = Service::new(&Settings::default(), secrets("a; b=c"), Proxies::None).unwrap();
        assert_eq!(service.session_cookie(&service.site), None);
    }

    #[test]
    fn the_data_centre_goes_with_the_session_only() {
        let target_idc = Secret::new("useast1a");
        let line = |secrets: Secrets| {
            let service = Service::new(&Settings::default(), secrets, Proxies::None).unwrap();
            service.session_cookie(&service.site)
        };
        let both = line(Secrets { target_idc: target_idc.clone(), ..secrets("s3cret") }).unwrap();
        assert!(both.starts_with("sessionid=s3cret;") && both.ends_with("; tt-target-idc=useast1a"), "{both}");
        assert_eq!(line(Secrets { target_idc, ..Secrets::default() }), None);
    }
}
