//! Overrides of requests, options of the library that are no settings: what a program adds to what we send, and what it
//! wants left out.
//!
//! Headers and parameters replace ours of the same name. What may hold a secret (cookies, authorization) follows the
//! session's rule: TikTok over TLS, or a host the user named.

use std::fmt;

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION};
use url::Url;

use super::error::{ServiceError, ServiceErrorKind, quoted};

/// Headers that the handshake or the connection itself must own.
const RESERVED_HEADERS: [&str; 8] = [
    "host",
    "connection",
    "upgrade",
    "content-length",
    "transfer-encoding",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
];

/// Parameters that say what is asked, not how.
const MUST_BE_OURS: [&str; 5] = ["", "room_id", "cursor", "internal_ext", "uniqueId"];

/// What is added to requests, and which of our own questions are left out. The default adds nothing and asks everything.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestOverrides {
    /// Headers of look-ups at TikTok.
    pub headers: Vec<(String, String)>,
    /// Parameters of look-ups and of sockets' addresses.
    pub query: Vec<(String, String)>,
    /// Headers of sockets' handshakes.
    pub socket_headers: Vec<(String, String)>,
    /// The country we say we are in, such as `DE`.
    pub region: Option<String>,
    /// Ask `room/info` before each connection: ends a wait for a live that is over, and fills in title and numbers.
    pub room_info: bool,
    /// Ask for the room's gift list: names and prices for gifts whose messages lack them.
    pub gift_list: bool,
}

impl Default for RequestOverrides {
    fn default() -> Self {
        let [headers, query, socket_headers] = [(); 3].map(|()| Vec::new());
        Self { headers, query, socket_headers, region: None, room_info: true, gift_list: true }
    }
}

/// Names only: values may be cookies.
impl fmt::Debug for RequestOverrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("RequestOverrides")
            .field("headers", &names(&self.headers))
            .field("query", &names(&self.query))
            .field("socket_headers", &names(&self.socket_headers))
            .field("region", &self.region)
            .field("room_info", &self.room_info)
            .field("gift_list", &self.gift_list)
            .finish()
    }
}

/// Overrides that were checked.
#[derive(Clone, Debug)]
pub(super) struct Additions {
    headers: HeaderMap,
    query: Vec<(String, String)>,
    socket_headers: HeaderMap,
    pub(super) room_info: bool,
    pub(super) gift_list: bool,
}

impl Default for Additions {
    fn default() -> Self {
        let [headers, socket_headers] = [(); 2].map(|()| HeaderMap::new());
        Self { headers, query: Vec::new(), socket_headers, room_info: true, gift_list: true }
    }
}

impl Additions {
    /// Fails with [`ServiceErrorKind::Setup`] where a header or parameter cannot be sent.
    pub(super) fn new(overrides: &RequestOverrides) -> Result<Self, ServiceError> {
        let mut query = overrides.query.clone();
        if let Some((name, _)) = query.iter().find(|(name, _)| MUST_BE_OURS.contains(&name.as_str())) {
            return Err(setup(format!("the query parameter '{}' cannot be set: it says where we are", quoted(name))));
        }
        if let Some(region) = &overrides.region {
            let is_country = region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_alphabetic());
            if !is_country {
                return Err(setup(format!(
                    "a region is a country in two letters, such as DE, not '{}'",
                    quoted(region)
                )));
            }
            query.extend(["region", "priority_region"].map(|name| (name.to_owned(), region.to_ascii_uppercase())));
        }
        Ok(Self {
            headers: headers(&overrides.headers)?,
            query,
            socket_headers: headers(&overrides.socket_headers)?,
            room_info: overrides.room_info,
            gift_list: overrides.gift_list,
        })
    }

    /// Adds to the headers of a look-up; what may be secret only for `trusted` hosts.
    pub(super) fn add_headers(&self, headers: &mut HeaderMap, trusted: bool) {
        replace(headers, &self.headers, trusted);
    }

    /// Adds to the headers of a handshake.
    pub(super) fn add_socket_headers(&self, headers: &mut HeaderMap, trusted: bool) {
        replace(headers, &self.socket_headers, trusted);
    }

    /// Adds to the parameters of `url`, in place of those of the same name.
    pub(super) fn add_query(&self, url: &mut Url) {
        if self.query.is_empty() {
            return;
        }
        let replaced = |name: &str| self.query.iter().any(|(known, _)| known == name);
        let kept: Vec<_> = url.query_pairs().filter(|(name, _)| !replaced(name)).map(owned).collect();
        url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(&self.query);
    }
}

fn owned<A: Into<String>, B: Into<String>>((name, value): (A, B)) -> (String, String) {
    (name.into(), value.into())
}

fn replace(headers: &mut HeaderMap, added: &HeaderMap, trusted: bool) {
    for (name, value) in added {
        if trusted || !value.is_sensitive() {
            headers.insert(name.clone(), value.clone());
        }
    }
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, ServiceError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let wrong = |why: &str| setup(format!("the header '{}' cannot be set: {why}", quoted(name)));
        let parsed: HeaderName = name.trim().parse().map_err(|_| wrong("it has no name that a header can have"))?;
        if RESERVED_HEADERS.contains(&parsed.as_str()) {
            return Err(wrong("the connection itself needs it"));
        }
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong("its value holds line ends or worse"))?;
        value.set_sensitive([COOKIE, AUTHORIZATION, PROXY_AUTHORIZATION].contains(&parsed));
        headers.insert(parsed, value);
    }
    Ok(headers)
}

fn setup(sentence: String) -> ServiceError {
    ServiceError::new(ServiceErrorKind::Setup, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&pair| owned(pair)).collect()
    }

    #[test]
    fn what_is_added_replaces_ours_of_the_same_name() {
        let overrides = RequestOverrides {
            query: pairs(&[("aid", "7")]),
            region: Some("de".into()),
            ..RequestOverrides::default()
        };
        let mut url = Url::parse("https://a.example/?aid=1988&room_id=5").unwrap();
        Additions::new(&overrides).unwrap().add_query(&mut url);
        assert_eq!(url.query(), Some("room_id=5&aid=7&region=DE&priority_region=DE"));
    }

    #[test]
    fn a_cookie_goes_to_trusted_hosts_only() {
        let overrides = RequestOverrides {
            headers: pairs(&[("Cookie", "a=s3cret"), ("X-Mine", "1")]),
            ..RequestOverrides::default()
        };
        let additions = Additions::new(&overrides).unwrap();
        let [mut far, mut own] = [(); 2].map(|()| HeaderMap::new());
        additions.add_headers(&mut far, false);
        additions.add_headers(&mut own, true);
        assert_eq!((far.len(), own.len()), (1, 2));
        assert!(!format!("{overrides:?} {additions:?}").contains("s3cret"));
    }

    #[rstest]
    #[case(&[("a b", "1")], &[])]
    #[case(&[("x", "1\r\nHost: evil")], &[])]
    #[case(&[("Host", "evil")], &[])]
    #[case(&[], &[("room_id", "5")])]
    fn what_cannot_be_sent_is_a_mistake(#[case] headers: &[(&str, &str)], #[case] query: &[(&str, &str)]) {
        let overrides =
            RequestOverrides { socket_headers: pairs(headers), query: pairs(query), ..RequestOverrides::default() };
        assert_eq!(Additions::new(&overrides).unwrap_err().kind(), ServiceErrorKind::Setup);
    }
}
