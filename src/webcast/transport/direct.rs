//! `direct`: TikTok's own socket with nothing but the anonymous `ttwid` cookie.
//!
//! Works where and while TikTok lets unsigned sockets in (protocol notes 4.5, 4.6). One cookie and one browser identity
//! are shared by all rooms; they are renewed together, and only when the service blocks them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{COOKIE, HeaderName, ORIGIN, SET_COOKIE};
use tokio::sync::Mutex;
use tokio::time::sleep;
use url::Url;

use super::{RoomRef, Session, Transport};
use crate::webcast::browser::{Browser, insert_text};
use crate::webcast::error::{Error, Kind};
use crate::webcast::handshake;
use crate::webcast::service::Service;
use crate::webcast::socket::{Pace, RoomSocket};

/// Requests made for a cookie, and the pause between them.
const COOKIE_TRIES: usize = 3;
const COOKIE_PAUSE: Duration = Duration::from_millis(750);
/// Pause before a blocked identity is replaced.
const BLOCKED_PAUSE: Duration = Duration::from_secs(2);
const DOING: &str = "get TikTok's anonymous cookie";
const WHOSE: &str = "the anonymous socket";

/// The transport.
pub(in crate::webcast) struct Direct {
    service: Arc<Service>,
    identity: Mutex<Option<Identity>>,
}

/// A browser and the cookie that was given to it.
#[derive(Clone)]
struct Identity {
    turn: usize,
    ttwid: String,
}

impl Direct {
    pub(in crate::webcast) fn new(service: Arc<Service>) -> Self {
        Self { service, identity: Mutex::new(None) }
    }

    async fn try_open(&self, room: &RoomRef) -> Result<Session, Error> {
        let identity = self.identity(None).await?;
        match self.connect(room, &identity).await {
            Err(error) if error.kind() == Kind::DeviceBlocked => {
                sleep(BLOCKED_PAUSE).await;
                let fresh = self.identity(Some(identity.turn)).await?;
                self.connect(room, &fresh).await
            }
            other => other,
        }
    }

    /// The identity in use; a new one when there is none, or when the one in use is the `blocked` one. Rooms that ask at
    /// the same time wait for one request.
    async fn identity(&self, blocked: Option<usize>) -> Result<Identity, Error> {
        let mut slot = self.identity.lock().await;
        if let Some(identity) = slot.as_ref().filter(|identity| Some(identity.turn) != blocked) {
            return Ok(identity.clone());
        }
        let turn = blocked.map_or(0, |turn| turn.wrapping_add(1));
        let fresh = Identity { turn, ttwid: self.fetch_ttwid(Browser::nth(turn)).await? };
        *slot = Some(fresh.clone());
        Ok(fresh)
    }

    async fn fetch_ttwid(&self, browser: Browser) -> Result<String, Error> {
        let service = &self.service;
        for round in 0..COOKIE_TRIES {
            if round > 0 {
                sleep(COOKIE_PAUSE).await;
            }
            // The head is enough; the page behind it is large.
            let headers = browser.headers(&service.site, &service.language);
            let answer = service.http.head_of(DOING, &service.site, headers).await?;
            let cookies = answer.headers().get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
            if let Some(ttwid) = { cookies }.find_map(ttwid) {
                return Ok(ttwid);
            }
            if matches!(answer.status().as_u16(), 403 | 429) {
                break;
            }
        }
        Err(Error::new(
            Kind::Blocked,
            "TikTok's site gave no anonymous cookie (ttwid): it may be blocking this network; use a provider, or another \
             network",
        ))
    }

    async fn connect(&self, room: &RoomRef, identity: &Identity) -> Result<Session, Error> {
        let service = &self.service;
        let browser = Browser::nth(identity.turn);
        let url = socket_url(service, browser, room);
        let mut headers = browser.headers(&service.site, &service.language);
        let mut cookie = format!("ttwid={}", identity.ttwid);
        if let Some(session) = service.session_cookie(&url) {
            cookie = format!("{cookie}; {session}");
        }
        insert_text(&mut headers, COOKIE, &cookie);
        insert_text(&mut headers, ORIGIN, &service.site.origin().ascii_serialization());
        insert_text(&mut headers, HeaderName::from_static("cache-control"), "no-cache");
        let socket = handshake::open(&service.http, &url, headers, WHOSE).await?;
        let feed = RoomSocket::new(socket, room.room_id, WHOSE.to_owned(), Pace::default());
        Ok(Session::new(room.room_id, None, Box::new(feed)))
    }
}

impl Transport for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, Error>> {
        self.try_open(room).boxed()
    }
}

/// The value of a `Set-Cookie: ttwid=…`.
fn ttwid(set_cookie: &str) -> Option<String> {
    let value = set_cookie.trim_start().strip_prefix("ttwid=")?.split(';').next()?.trim();
    let sane = !value.is_empty() && value.len() <= 1_024 && value.bytes().all(|byte| byte.is_ascii_graphic());
    sane.then(|| value.to_owned())
}

/// The unsigned address: protocol notes 5.3, column PT.
fn socket_url(service: &Service, browser: Browser, room: &RoomRef) -> Url {
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
    use rstest::rstest;

    #[rstest]
    #[case("ttwid=1%7Cabc%7C17; Path=/; Domain=tiktok.com", Some("1%7Cabc%7C17"))]
    #[case("ttwid=; Path=/", None)]
    #[case("tt_csrf=1; ttwid=x", None)]
    #[case("ttwid=a\u{1b}b", None)]
    fn the_cookie_is_taken_from_its_own_line(#[case] line: &str, #[case] value: Option<&str>) {
        assert_eq!(ttwid(line).as_deref(), value);
    }
}
