//! Guard of the feed: which pages may ask, and by which name this machine may be called.
//!
//! A page of the web can open a socket to this machine, and say so in `Origin`; a name of the web can be made to lead here, and
//! says so in `Host`. Both are refused with the reason. Programs send no `Origin`, and pages from a file send `null`.

use std::net::Ipv6Addr;

use hyper::Request;
use hyper::header::{HOST, ORIGIN};
use url::{Host, Url};

/// Who is let in beside programs, files and pages of this machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    origins: Vec<String>,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("this is tiktop's feed, which answers to localhost, 127.0.0.1 and [::1] only")]
    Host,
    #[error(
        "pages of this origin may not read the feed; to allow it, name the page's address (such as https://example.com) in \
         feed.origins of the config file"
    )]
    Origin,
}

impl Guard {
    /// `origins` are the pages of the web that may ask, such as `https://example.com`.
    pub(super) fn new(origins: &[String]) -> Self {
        Self { origins: origins.iter().map(|origin| origin.trim_end_matches('/').to_lowercase()).collect() }
    }

    /// Whether a request may be answered.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let text = |name| request.headers().get(name).map(|value: &hyper::header::HeaderValue| value.to_str());
        // An address in the request line says the same as the header.
        let authority = request.uri().authority().map(hyper::http::uri::Authority::as_str);
        let hosts = request.headers().get_all(HOST).iter().count();
        let host = match (authority, text(HOST)) {
            (_, Some(Ok(host))) if hosts == 1 => host,
            (Some(authority), None) => authority,
            _ => return Err(Refusal::Host),
        };
        if !is_this_machine(host) {
            return Err(Refusal::Host);
        }
        match text(ORIGIN) {
            None => Ok(()),
            Some(Ok(origin)) if self.may_ask(origin) => Ok(()),
            Some(_) => Err(Refusal::Origin),
        }
    }

    fn may_ask(&self, origin: &str) -> bool {
        if origin == "null" || origin.starts_with("file:") {
            return true;
        }
        let is_local = |url: &Url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip == Ipv6Addr::LOCALHOST,
            None => false,
        };
        Url::parse(origin).is_ok_and(|url| is_local(&url)) || self.origins.contains(&origin.to_lowercase())
    }
}

/// Whether a `Host` header names this machine by a name that nobody else can give away.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name.to_ascii_lowercase().as_str(), "localhost" | "localhost." | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn request(host: &str, origin: Option<&str>) -> Request<()> {
        let request = Request::get("/").header(HOST, host);
        origin
            .map_or_else(
                || request.body(()),
                |origin| Request::get("/").header(HOST, host).header(ORIGIN, origin).body(()),
            )
            .unwrap()
    }

    #[rstest]
    #[case::program(None)]
    #[case::file(Some("null"))]
    #[case::file_named(Some("file://"))]
    #[case::local(Some("http://localhost:8080"))]
    #[case::local_v4(Some("https://127.0.0.1"))]
    #[case::local_v6(Some("http://[::1]:3000"))]
    #[case::listed(Some("https://overlay.example.com"))]
    fn may_ask(#[case] origin: Option<&str>) {
        let guard = Guard::new(&["https://Overlay.example.com/".to_owned()]);
        assert_eq!(guard.check(&request("localhost:21213", origin)), Ok(()));
    }

    #[rstest]
    #[case("https://evil.example.com")]
    #[case("http://overlay.example.com")]
    #[case("https://overlay.example.com:8443")]
    #[case("https://overlay.example.com.evil.example")]
    #[case("http://localhost.evil.example")]
    #[case("http://127.0.0.1.evil.example")]
    #[case("chrome-extension://abcdef")]
    #[case("")]
    #[case("not an origin")]
    fn other_pages_may_not(#[case] origin: &str) {
        let guard = Guard::new(&["https://overlay.example.com".to_owned()]);
        assert_eq!(guard.check(&request("localhost:21213", Some(origin))), Err(Refusal::Origin));
    }

    #[rstest]
    #[case("localhost", true)]
    #[case("LOCALHOST:21213", true)]
    #[case("127.0.0.1:9", true)]
    #[case("[::1]:21213", true)]
    #[case("[::1]", true)]
    #[case("evil.example.com:21213", false)]
    #[case("localhost.evil.example", false)]
    #[case("192.168.1.7:21213", false)]
    #[case("0.0.0.0:21213", false)]
    #[case("localhost:port", false)]
    #[case("", false)]
    fn this_machine_has_few_names(#[case] host: &str, #[case] known: bool) {
        assert_eq!(Guard::default().check(&request(host, None)).is_ok(), known);
    }

    #[test]
    fn a_request_names_one_host() {
        let nobody = Request::get("/").body(()).unwrap();
        assert_eq!(Guard::default().check(&nobody), Err(Refusal::Host));
        let both = Request::get("/").header(HOST, "localhost").header(HOST, "evil.example").body(()).unwrap();
        assert_eq!(Guard::default().check(&both), Err(Refusal::Host));
    }
}
