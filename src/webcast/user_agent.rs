//! User agent: the browser we say we are.
//!
//! One identity is used for everything that belongs together: a cookie, the signature made for it and the socket opened
//! with it must name the same browser, or the socket is refused with DEVICE_BLOCKED (docs/protocol.md#common-parameters).

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderName, HeaderValue, REFERER, USER_AGENT};
use url::Url;

/// A browser identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BrowserIdentity {
    /// The whole User-Agent line.
    pub(crate) user_agent: &'static str,
    /// What its `navigator.appVersion` says.
    pub(crate) version: &'static str,
    /// What its `navigator.platform` says.
    pub(crate) platform: &'static str,
}

const BROWSERS: [BrowserIdentity; 3] = [
    BrowserIdentity {
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/140.0.0.0 Safari/537.36",
        version: "5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        platform: "Win32",
    },
    BrowserIdentity {
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/141.0.0.0 Safari/537.36",
        version: "5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 \
                  Safari/537.36",
        platform: "MacIntel",
    },
    BrowserIdentity {
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        version: "5.0 (X11)",
        platform: "Linux x86_64",
    },
];

impl BrowserIdentity {
    /// The identity number `turn`, round and round.
    pub(crate) fn nth(turn: usize) -> Self {
        BROWSERS[turn % BROWSERS.len()]
    }

    /// The headers such a browser sends with every request from a page of `site`.
    pub(crate) fn headers(self, site: &Url, language: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(self.user_agent));
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("text/html,application/json,application/protobuf;q=0.9,*/*;q=0.8"),
        );
        insert_text(&mut headers, ACCEPT_LANGUAGE, &accepted(language));
        insert_text(&mut headers, REFERER, &format!("{}/", site.origin().ascii_serialization()));
        headers
    }

    /// The query block that every webcast request carries (docs/protocol.md#common-parameters).
    pub(crate) fn query(self, language: &str) -> [(&'static str, String); 11] {
        [
            ("aid", "1988".into()),
            ("app_name", "tiktok_web".into()),
            ("app_language", language.into()),
            ("webcast_language", language.into()),
            ("browser_language", locale(language)),
            ("browser_name", "Mozilla".into()),
            ("browser_online", "true".into()),
            ("browser_platform", self.platform.into()),
            ("browser_version", self.version.into()),
            ("cookie_enabled", "true".into()),
            ("tz_name", "Europe/Berlin".into()),
        ]
    }
}

/// `en` as browsers write it, `en-US`; anything longer stays.
fn locale(language: &str) -> String {
    if language == "en" { "en-US".into() } else { language.to_owned() }
}

fn accepted(language: &str) -> String {
    match locale(language).split_once('-') {
        Some((short, _)) => format!("{},{short};q=0.9", locale(language)),
        None => format!("{language},en;q=0.8"),
    }
}

/// Inserts a header whose value may hold what headers cannot: then it is left out.
pub(crate) fn insert_text(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
