//! Anonymous cookie `ttwid` that TikTok gives a stranger, with the browser it was given to.
//!
//! Shared by everything that shows itself on one way out, kept for all rooms and all their reconnects, and renewed as a whole:
//! a cookie that was given to one browser is refused from another (docs/protocol.md#anonymous-cookie). It is renewed when it is
//! blocked, and when a socket that was opened with it died young: nothing else says that it has worn out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, SET_COOKIE};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::error::{ServiceError, ServiceErrorKind};
use super::http::Http;
use super::service::Service;
use super::user_agent::BrowserIdentity;

/// Requests made for a cookie, and the pause between them: the site often gives it only with a later answer.
const COOKIE_TRIES: usize = 8;
const COOKIE_PAUSE: Duration = Duration::from_millis(250);
const DOING: &str = "get TikTok's anonymous cookie";
/// A socket that ends so soon after it was opened speaks against its cookie.
const EARLY_END: Duration = Duration::from_secs(30);

/// A browser and the cookie that was given to it.
#[derive(Clone, Debug)]
pub(super) struct AnonymousCookie {
    turn: usize,
    ttwid: String,
}

impl AnonymousCookie {
    /// The browser it uses.
    pub(super) fn browser(&self) -> BrowserIdentity {
        BrowserIdentity::nth(self.turn)
    }

    #[cfg(test)]
    pub(super) fn for_test() -> Self {
        Self { turn: 0, ttwid: "abc".into() }
    }

    /// Its cookie line.
    pub(super) fn header_value(&self) -> String {
        format!("ttwid={}", self.ttwid)
    }
}

/// The cookie of one way out; none until somebody needs one.
#[derive(Debug, Default)]
pub(super) struct AnonymousCookies {
    current: Mutex<Option<AnonymousCookie>>,
    /// The turns of cookies, counted from 1, up to which all have worn out.
    worn_out: AtomicUsize,
}

impl AnonymousCookies {
    /// The cookie in use; a new one when there is none, when the one in use is the `blocked` one, or when it has worn out.
    /// Rooms that ask at the same time wait for one request.
    pub(super) async fn get(
        &self,
        service: &Service,
        http: &Http,
        blocked: Option<&AnonymousCookie>,
    ) -> Result<AnonymousCookie, ServiceError> {
        let mut slot = self.current.lock().await;
        let known = slot.clone();
        let is_blocked = known.as_ref().zip(blocked).is_some_and(|(known, blocked)| known.turn == blocked.turn);
        let is_worn_out = known.as_ref().is_some_and(|known| self.is_worn_out(known));
        let turn = match &known {
            Some(known) if !is_blocked && !is_worn_out => return Ok(known.clone()),
            Some(known) => known.turn.wrapping_add(1),
            None => 0,
        };
        match (fetch_ttwid(service, http, BrowserIdentity::nth(turn)).await, known) {
            (Ok(ttwid), _) => Ok(slot.insert(AnonymousCookie { turn, ttwid }).clone()),
            // That a socket died young proves little: better the old cookie than none.
            (Err(_), Some(known)) if !is_blocked => Ok(known),
            (Err(error), _) => Err(error),
        }
    }

    /// Whether a socket that was opened with it, or with a later one, died young.
    pub(super) fn is_worn_out(&self, cookie: &AnonymousCookie) -> bool {
        cookie.turn < self.worn_out.load(Ordering::Relaxed)
    }

    /// A socket that was opened with `cookie` broke after `lasted`: one that died young has worn its cookie out.
    pub(super) fn record_end(&self, cookie: &AnonymousCookie, lasted: Duration) {
        if lasted <= EARLY_END {
            self.worn_out.fetch_max(cookie.turn.saturating_add(1), Ordering::Relaxed);
        }
    }
}

async fn fetch_ttwid(service: &Service, http: &Http, browser: BrowserIdentity) -> Result<String, ServiceError> {
    for round in 0..COOKIE_TRIES {
        if round > 0 {
            sleep(COOKIE_PAUSE).await;
        }
        // The head is enough; the page behind it is large.
        let headers = browser.headers(&service.site, &service.language);
        let answer = http.head_of(DOING, &service.site, headers).await?;
        if let Some(ttwid) = ttwid_in(answer.headers()) {
            return Ok(ttwid);
        }
        if matches!(answer.status().as_u16(), 403 | 429) {
            break;
        }
    }
    Err(ServiceError::new(
        ServiceErrorKind::Blocked,
        "TikTok's site gave no anonymous cookie (ttwid): it may be blocking this network; use a provider, or another network",
    ))
}

/// The `ttwid` that an answer sets.
fn ttwid_in(headers: &HeaderMap) -> Option<String> {
    headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).find_map(ttwid)
}

/// The value of a `Set-Cookie: ttwid=…`.
fn ttwid(set_cookie: &str) -> Option<String> {
    let value = set_cookie.trim_start().strip_prefix("ttwid=")?.split(';').next()?.trim();
    let sane = !value.is_empty() && value.len() <= 1_024 && value.bytes().all(|byte| byte.is_ascii_graphic());
    sane.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, true)]
    #[case(30, true)]
    #[case(31, false)]
    #[case(62_000, false)]
    fn only_a_socket_that_died_young_wears_its_cookie_out(#[case] seconds: u64, #[case] worn_out: bool) {
        let cookies = AnonymousCookies::default();
        let cookie = AnonymousCookie::for_test();
        cookies.record_end(&cookie, Duration::from_secs(seconds));
        assert_eq!(cookies.is_worn_out(&cookie), worn_out);
        let next = AnonymousCookie { turn: 1, ttwid: "b".into() };
        assert!(!cookies.is_worn_out(&next), "what wears one out says nothing of the next");
    }

    #[rstest]
    #[case(" ttwid=1%7Cabc%7C17;Path=/;SameSite=None", Some("1%7Cabc%7C17"))]
    #[case("ttwid=a b", None)]
    #[case("TTWID=x", None)]
    #[case("xttwid=x", None)]
    #[case("ttwid=1%7Cabc%7C17; Path=/; Domain=tiktok.com", Some("1%7Cabc%7C17"))]
    #[case("ttwid=; Path=/", None)]
    #[case("tt_csrf=1; ttwid=x", None)]
    #[case("ttwid=a\u{1b}b", None)]
    fn the_cookie_is_taken_from_its_own_line(#[case] line: &str, #[case] value: Option<&str>) {
        assert_eq!(ttwid(line).as_deref(), value);
    }
}
