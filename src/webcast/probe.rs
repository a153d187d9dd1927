//! Single questions for a diagnosis: each asks one place one thing, so that a failure has one cause.
//!
//! Refuses to try twice, to take a second way, or to spend a signature: whoever wants that uses [`Service::look_up`] and the
//! transports.

use reqwest::header::{ACCEPT, DATE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use super::address::{base, is_loopback, is_tiktok, place, under};
use super::error::{ServiceError, ServiceErrorKind, quoted};
use super::http::{HttpAnswer, HttpRequest};
use super::json::{at, count, from_bytes, str, text};
use super::lookup::{self, Lookup};
use super::service::Service;
use super::transport::{HostOwner, TransportEntry};
use crate::clock::Timestamp;
use crate::ids::UniqueId;
use crate::text::Text;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The answer has a few hundred bytes.
const LIMITS_CAP: usize = 1 << 20;

/// A host that tiktop talks to.
#[derive(Clone, Debug)]
pub struct ContactedHost {
    /// What it is there for, for a person: `pages`, `room data`, `sockets`, `provider NAME`.
    pub purpose: String,
    /// Whether a provider owns it, and not TikTok.
    pub of_provider: bool,
    /// The name or address that must be found.
    pub host: String,
    /// The port that must be open.
    pub port: u16,
    /// Whether it is this very machine, which no proxy stands before.
    pub near: bool,
    url: Url,
}

/// What a place answered to a plain question. Any answer proves name, route, proxy and certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The HTTP status, which may be a refusal.
    pub status: u16,
    /// Its clock, to the second.
    pub date: Option<Timestamp>,
    /// Whether the line was encrypted.
    pub tls: bool,
}

/// The two answers that [`Service::look_up`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUpPath {
    /// The JSON of `api-live/user/room`.
    ApiLive,
    /// The state inside the live page.
    LivePage,
}

/// What a provider still grants to a key (docs/protocol.md#provider-limits).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderLimits {
    /// One a span, the longest first; a span the provider did not name is left out.
    pub spans: Vec<ProviderLimit>,
}

/// Signatures in one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderLimit {
    /// `day`, `hour`, `minute`.
    pub span: &'static str,
    /// Left now.
    pub left: u64,
    /// Of so many.
    pub of: u64,
    /// When they are all back, as the provider wrote it.
    pub resets_at: Text,
}

impl Service {
    /// The hosts that the settings lead to, each once, TikTok's first.
    pub fn places(&self) -> Result<Vec<ContactedHost>, ServiceError> {
        let service = self;
        let mut places = Vec::new();
        add(&mut places, "pages", false, &service.site);
        add(&mut places, "room data", false, &service.webcast);
        let mut hosts = Vec::new();
        for entry in TransportEntry::configured(&self.settings) {
            hosts.extend((entry.hosts)(service, &self.settings)?);
        }
        hosts.sort_by_key(|host| host.owner);
        for host in hosts {
            add(&mut places, &host.purpose, host.owner == HostOwner::Provider, &host.url);
        }
        Ok(places)
    }

    /// Asks a place for its front page, to see whether anything answers.
    pub async fn reach(&self, place: &ContactedHost) -> Result<Reached, ServiceError> {
        let http = &self.http;
        let headers = Service::identity().headers(&self.site, &self.language);
        let answer = http.head_of(&format!("reach {}", place.host), &place.url, headers).await?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
        Ok(Reached { status: answer.status().as_u16(), date, tls: place.url.scheme() == "https" })
    }

    /// Looks `host` up by one of the two answers alone.
    pub async fn look_up_by(&self, path: LookUpPath, host: &UniqueId) -> Result<Lookup, ServiceError> {
        match path {
            LookUpPath::ApiLive => lookup::ask_api(self, host).await,
            LookUpPath::LivePage => lookup::ask_page(self, host).await,
        }
    }

    /// What the provider at this place of `settings.providers` still grants; nothing without a key. Costs no signature.
    pub async fn provider_limits(&self, provider: usize) -> Option<Result<ProviderLimits, ServiceError>> {
        let key = self.secrets.provider_keys.get(provider)?.as_ref()?;
        let settings = self.settings.providers.get(provider)?;
        let ask = async {
            let base = base(&format!("url of provider {}", settings.name), &settings.url)?;
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tiktop/", env!("CARGO_PKG_VERSION"))));
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            if let Ok(mut key) = HeaderValue::from_str(key.reveal()) {
                key.set_sensitive(true);
                headers.insert(API_KEY, key);
            }
            let doing = format!("ask provider {} what it grants", settings.name);
            let mut answer = Err(ServiceError::new(ServiceErrorKind::Provider, format!("could not {doing}")));
            for path in ["webcast/rate_limits", "accounts/me/rate_limits"] {
                let (url, headers) = (under(&base, path), headers.clone());
                let told = self.http.get(HttpRequest { doing: &doing, url, headers, cap: LIMITS_CAP }).await?;
                let unknown = told.status.as_u16() == 404;
                answer = read_limits(&settings.name, &told);
                if !unknown {
                    break;
                }
            }
            answer
        };
        Some(ask.await)
    }
}

fn add(places: &mut Vec<ContactedHost>, purpose: &str, of_provider: bool, url: &Url) {
    let front = front_page(url);
    if let Some(known) = places.iter_mut().find(|known| known.url == front) {
        known.purpose = format!("{}, {purpose}", known.purpose);
        // A host that serves both is TikTok's, or a simulator's, which plays TikTok.
        known.of_provider &= of_provider;
        return;
    }
    places.push(ContactedHost {
        purpose: purpose.to_owned(),
        of_provider: of_provider && !is_tiktok(url),
        host: front.host_str().unwrap_or_default().to_owned(),
        port: front.port_or_known_default().unwrap_or(443),
        near: is_loopback(url),
        url: front,
    });
}

/// `https://host/` of any address, a socket's too.
fn front_page(url: &Url) -> Url {
    let scheme = if matches!(url.scheme(), "http" | "ws") { "http" } else { "https" };
    Url::parse(&format!("{scheme}://{}/", place(url))).unwrap_or_else(|_| url.clone())
}

fn http_date(text: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Timestamp(date.as_millisecond()))
}

fn read_limits(name: &str, answer: &HttpAnswer) -> Result<ProviderLimits, ServiceError> {
    let json = from_bytes(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    if status != 200 {
        let said = quoted(str(at(&json, &["message"])));
        let said = if said.is_empty() { String::new() } else { format!(" ({})", said.trim_end_matches('.')) };
        let words = match status {
            401 | 403 => format!("does not accept your key{said}; check it, or take it out to be a guest"),
            404 => "does not say what it grants".to_owned(),
            429 => format!("is asked too often{said}; wait a minute"),
            _ => format!("answered HTTP {status}{said}; try again in a minute"),
        };
        return Err(ServiceError::new(ServiceErrorKind::Provider, format!("provider {name} {words}")));
    }
    let span = |span| {
        let bucket = at(&json, &[span]);
        let (left, of) = count(at(bucket, &["remaining"])).zip(count(at(bucket, &["max"])))?;
        Some(ProviderLimit { span, left, of, resets_at: text(at(bucket, &["reset_at"])) })
    };
    let spans: Vec<_> = ["day", "hour", "minute"].into_iter().filter_map(span).collect();
    if spans.is_empty() {
        return Err(ServiceError::new(
            ServiceErrorKind::Provider,
            format!("provider {name} does not say what it grants in words we know"),
        ));
    }
    Ok(ProviderLimits { spans })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use reqwest::StatusCode;
    use rstest::rstest;

    fn told(status: u16, body: &'static str) -> HttpAnswer {
        let status = StatusCode::from_u16(status).unwrap();
        HttpAnswer { status, headers: HeaderMap::new(), body: body.into() }
    }

    #[test]
    fn each_host_is_one_place_with_all_it_is_there_for() {
        let names = |client: &Service| {
            let places = client.places().unwrap();
            places.into_iter().map(|place| format!("{}: {}", place.host, place.purpose)).collect::<Vec<_>>()
        };
        let usual = Service::isolated(&Settings::default()).unwrap();
        assert_eq!(
            names(&usual),
            [
                "www.tiktok.com: pages",
                "webcast.tiktok.com: room data",
                "webcast-ws.tiktok.com: sockets",
                "tiktok.eulerstream.com: provider euler"
            ]
        );
        let mut settings = Settings::default();
        settings.service.site_url = "http://127.0.0.1:8080".into();
        settings.service.webcast_url = "http://127.0.0.1:8080/webcast".into();
        settings.service.socket_url = "ws://127.0.0.1:8080".into();
        settings.providers[0].url = "http://127.0.0.1:8080/sign".into();
        let near = Service::isolated(&settings).unwrap();
        assert_eq!(names(&near), ["127.0.0.1: pages, room data, sockets, provider euler"]);
        let place = near.places().unwrap().remove(0);
        assert!(place.near && !place.of_provider && place.port == 8080);
    }

    #[rstest]
    #[case("Sat, 21 Nov 2026 22:17:27 GMT", Some(1_795_299_447_000))]
    #[case("yesterday", None)]
    #[case("", None)]
    fn the_date_of_an_answer_is_a_time(#[case] text: &str, #[case] millis: Option<i64>) {
        assert_eq!(http_date(text), millis.map(Timestamp));
    }

    #[test]
    fn what_a_provider_grants_is_read_span_by_span() {
        let body = r#"{"code":200,"day":{"max":2500,"remaining":2499,"reset_at":"2026-11-22T00:00:00Z"},"minute":{"max":30,
                       "remaining":"7"},"hour":null}"#;
        let limits = read_limits("euler", &told(200, body)).unwrap();
        let spans: Vec<_> = limits.spans.iter().map(|limit| (limit.span, limit.left, limit.of)).collect();
        assert_eq!(spans, [("day", 2_499, 2_500), ("minute", 7, 30)]);
        assert_eq!(limits.spans[0].resets_at.as_str(), "2026-11-22T00:00:00Z");
    }

    #[rstest]
    #[case(200, "[]", "in words we know")]
    #[case(401, r#"{"message":"no such key."}"#, "does not accept your key (no such key)")]
    #[case(404, "", "does not say")]
    #[case(503, "<html>", "HTTP 503")]
    fn other_answers_are_told(#[case] status: u16, #[case] body: &'static str, #[case] words: &str) {
        let error = read_limits("euler", &told(status, body)).unwrap_err().to_string();
        assert!(error.starts_with("provider euler") && error.contains(words), "{error}");
    }
}
