//! Endpoint of a browser's DevTools: which browser it is, which tabs it has, where each is listened to.
//!
//! Two plain requests, `/json/version` and `/json/list`. Always true: nothing but this machine is ever asked or believed;
//! no `Origin` is sent (a browser refuses those who send one); what a tab says of itself is cleaned before it is shown.

use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::ids::UniqueId;
use crate::text::Text;
use crate::webcast::address::{base, is_loopback, is_tiktok, place, under};
use crate::webcast::error::{ServiceError, ServiceErrorKind, quoted};
use crate::webcast::http::{Http, HttpRequest};
use crate::webcast::json::{at, str};

/// The address of a tab may be a `data:` URL with a whole picture in it.
const BODY_CAP: usize = 16 << 20;
const DOING: &str = "ask your browser for its tabs";

/// The endpoint, checked.
#[derive(Debug)]
pub(super) struct Endpoint(Url);

/// A tab that can be listened to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BrowserTab {
    /// The browser's name for it, and for its outermost frame.
    pub(super) id: String,
    /// What it shows.
    pub(super) url: Url,
    /// Where its DevTools are. Not there while an older browser gives them to somebody else.
    pub(super) socket: Option<Url>,
}

impl Endpoint {
    /// Refuses whatever is not plain http on this machine.
    pub(super) fn new(text: &str) -> Result<Self, ServiceError> {
        let url = base("browser.endpoint", text)?;
        if url.scheme() == "http" && is_loopback(&url) {
            return Ok(Self(url));
        }
        Err(ServiceError::new(
            ServiceErrorKind::Setup,
            format!(
                "browser.endpoint = \"{}\": only a browser of this machine is listened to; write \
                 http://127.0.0.1:PORT, and forward the port with ssh where the browser is elsewhere",
                quoted(text)
            ),
        ))
    }

    /// Host and port, for sentences.
    pub(super) fn place(&self) -> String {
        place(&self.0)
    }

    /// The browser's name and version: `Chrome/156.0.8078.79`.
    pub(super) async fn version(&self, http: &Http) -> Result<Text, ServiceError> {
        let answer = self.ask(http, "json/version").await?;
        match str(at(&answer, &["Browser"])) {
            "" => Err(self.not_a_browser()),
            version => Ok(Text::from(quoted(version))),
        }
    }

    /// The tabs.
    pub(super) async fn tabs(&self, http: &Http) -> Result<Vec<BrowserTab>, ServiceError> {
        let answer = self.ask(http, "json/list").await?;
        let targets = answer.as_array().ok_or_else(|| self.not_a_browser())?;
        Ok(targets.iter().filter_map(tab).collect())
    }

    async fn ask(&self, http: &Http, path: &str) -> Result<Value, ServiceError> {
        let request = HttpRequest { doing: DOING, url: under(&self.0, path), headers: HeaderMap::new(), cap: BODY_CAP };
        // What else somebody has open in their browser belongs into no log.
        let answer = http.get_untold(request).await.map_err(|error| match error.kind() {
            ServiceErrorKind::Network => ServiceError::new(
                ServiceErrorKind::Network,
                format!("no browser answers at {}: start one with the line that `tiktop browser` prints", self.place()),
            ),
            _ => error,
        })?;
        if !answer.status.is_success() {
            return Err(self.not_a_browser());
        }
        serde_json::from_slice(&answer.body).map_err(|_| self.not_a_browser())
    }

    fn not_a_browser(&self) -> ServiceError {
        ServiceError::new(
            ServiceErrorKind::BadAnswer,
            format!(
                "what answers at {} is no browser's DevTools; start one with the line that `tiktop browser` prints, or \
                 name another port in browser.endpoint",
                self.place()
            ),
        )
    }
}

impl BrowserTab {
    /// Where to listen, if that is on this machine too.
    pub(super) fn listen_at(&self) -> Result<&Url, ServiceError> {
        match &self.socket {
            None => Err(ServiceError::new(
                ServiceErrorKind::Handshake,
                "another program listens to that tab of your browser already; close its developer tools",
            )),
            Some(socket) if socket.scheme() == "ws" && is_loopback(socket) => Ok(socket),
            Some(socket) => Err(ServiceError::new(
                ServiceErrorKind::Refused,
                format!(
                    "your browser sent us to {} for its tab, which is not this machine; we do not connect there",
                    quoted(&place(socket))
                ),
            )),
        }
    }
}

/// Only what a person would call a tab: no workers, no parts of the browser's own window.
fn tab(target: &Value) -> Option<BrowserTab> {
    let text = |key: &str| str(at(target, &[key]));
    let is_tab = text("type") == "page" && !text("id").is_empty();
    let url = Url::parse(text("url")).ok().filter(|_| is_tab)?;
    Some(BrowserTab { id: text("id").to_owned(), url, socket: Url::parse(text("webSocketDebuggerUrl")).ok() })
}

/// Whose live a page of TikTok, or of `site` in its place, shows.
pub(super) fn live_at(site: &Url, url: &Url) -> Option<UniqueId> {
    let at_home = is_tiktok(url) || url.origin() == site.origin();
    let mut path = url.path_segments().filter(|_| at_home)?;
    let name = path.next()?.strip_prefix('@')?;
    let live = path.next()?.eq_ignore_ascii_case("live") && path.all(str::is_empty);
    name.parse().ok().filter(|_| live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[rstest]
    #[case("http://127.0.0.1:9222", true)]
    #[case("http://localhost:9222/", true)]
    #[case("http://[::1]:9222", true)]
    #[case("https://127.0.0.1:9222", false)]
    #[case("http://192.168.1.7:9222", false)]
    #[case("https://browser.example.com", false)]
    #[case("ws://127.0.0.1:9222/devtools/browser/1", false)]
    fn only_a_browser_of_this_machine_is_asked(#[case] text: &str, #[case] fine: bool) {
        let endpoint = Endpoint::new(text);
        assert_eq!(endpoint.is_ok(), fine, "{endpoint:?}");
        assert!(endpoint.err().is_none_or(|error| error.kind() == ServiceErrorKind::Setup));
    }

    #[rstest]
    #[case("https://www.tiktok.com/@ana.live/live", Some("ana.live"))]
    #[case("https://www.tiktok.com/@Ana.Live/LIVE/?lang=en", Some("ana.live"))]
    #[case("http://127.0.0.1:1/@ana.live/live", Some("ana.live"))]
    #[case("http://www.tiktok.com/@ana.live/live", None)]
    #[case("https://example.com/@ana.live/live", None)]
    #[case("https://www.tiktok.com/@ana.live", None)]
    #[case("https://www.tiktok.com/@ana.live/live/7", None)]
    #[case("https://www.tiktok.com/live", None)]
    #[case("data:text/html,@ana.live/live", None)]
    fn a_live_is_known_by_its_address(#[case] page: &str, #[case] name: Option<&str>) {
        let found = live_at(&url("http://127.0.0.1:1"), &url(page));
        assert_eq!(found.as_ref().map(UniqueId::as_str), name);
    }

    #[test]
    fn a_tab_leads_to_this_machine_or_nowhere() {
        let listed = |socket: &str| {
            tab(&json!({ "id": "A", "type": "page", "url": "https://x/", "webSocketDebuggerUrl": socket })).unwrap()
        };
        assert!(listed("ws://127.0.0.1:9222/devtools/page/A").listen_at().is_ok());
        for socket in ["ws://10.0.0.1:9222/devtools/page/A", "wss://evil.example.com/", "http://127.0.0.1/"] {
            assert_eq!(listed(socket).listen_at().unwrap_err().kind(), ServiceErrorKind::Refused, "{socket}");
        }
        assert_eq!(listed("").listen_at().unwrap_err().kind(), ServiceErrorKind::Handshake);
        assert_eq!(tab(&json!({ "id": "A", "type": "worker", "url": "https://x/" })), None);
        assert_eq!(tab(&json!("A")), None);
    }
}
