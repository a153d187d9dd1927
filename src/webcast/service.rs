//! What every part of this layer shares: the addresses, the HTTP stack, the browser identity and the session.
//!
//! The one place that decides who may see the session cookie.

use std::time::Duration;

use reqwest::header::{COOKIE, HeaderMap};
use url::Url;

use super::address::{base, is_loopback, is_tiktok};
use super::browser::{Browser, insert_text};
use super::error::Error;
use super::http::{Http, Proxies};
use crate::config::{Secret, Settings};

/// Where room info and gifts are, unless the base address brings a path of its own.
const WEBCAST_PATH: &str = "/webcast";
/// Where the socket is since 2024 at the latest (protocol notes 5.2), unless the base address brings a path of its own.
const SOCKET_PATH: &str = "/webcast/im/ws_proxy/ws_reuse_supplement/";

/// Shared by the client and its transports.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) http: Http,
    pub(super) site: Url,
    pub(super) webcast: Url,
    pub(super) socket: Url,
    pub(super) language: String,
    session: Option<Secret>,
    session_hosts: Vec<String>,
}

impl Service {
    pub(super) fn new(settings: &Settings, session: Option<Secret>, proxies: Proxies) -> Result<Self, Error> {
        let service = &settings.service;
        let timeout = Duration::from_secs(service.timeout_seconds.clamp(1, 300));
        Ok(Self {
            http: Http::new(&service.proxy, proxies, &service.ca_file, timeout)?,
            site: base("service.site_url", &service.site_url)?,
            webcast: with_path(base("service.webcast_url", &service.webcast_url)?, WEBCAST_PATH),
            socket: with_path(base("service.socket_url", &service.socket_url)?, SOCKET_PATH),
            language: service.language.clone(),
            session,
            session_hosts: settings.session.hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect(),
        })
    }

    /// The identity of all look-ups.
    pub(super) fn browser() -> Browser {
        Browser::nth(0)
    }

    /// Headers for a look-up at `url`: the browser's, and the session where `url` may see it.
    pub(super) fn headers(&self, url: &Url) -> HeaderMap {
        let mut headers = Self::browser().headers(&self.site, &self.language);
        if let Some(cookie) = self.session_cookie(url) {
            insert_text(&mut headers, COOKIE, &cookie);
        }
        headers
    }

    /// The user's own session as a cookie line, if there is one and `url` may see it: TikTok over TLS, or a host that
    /// the user named, over TLS or on this machine.
    pub(super) fn session_cookie(&self, url: &Url) -> Option<String> {
        let session = self.session.as_ref()?.reveal();
        let named = url.host_str().is_some_and(|host| self.session_hosts.iter().any(|named| named == host));
        let private = matches!(url.scheme(), "https" | "wss") || is_loopback(url);
        let harmless = session.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        let may = is_tiktok(url) || (named && private);
        (may && harmless).then(|| format!("sessionid={session}; sessionid_ss={session}; sid_tt={session}"))
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
        let service = Service::new(&settings, Secret::new("s3cret"), Proxies::None).unwrap();
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
        assert_eq!(Service::new(&settings, None, Proxies::None).unwrap().webcast.as_str(), used);
    }

    #[test]
    fn a_session_cannot_smuggle_other_cookies() {
        let service = Service::new(&Settings::default(), Secret::new("a; b=c"), Proxies::None).unwrap();
        assert_eq!(service.session_cookie(&service.site), None);
    }
}
