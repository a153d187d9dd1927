//! Single questions for a diagnosis: each asks one place one thing, so that a failure has one cause.
//!
//! Refuses to try twice, to take a second way, or to spend a signature: whoever wants that uses [`Service::look_up`] and the
//! transports.

use reqwest::header::DATE;
use url::Url;

use super::address::{is_loopback, is_tiktok, place};
use super::error::ServiceError;
use super::lookup::{self, Lookup};
use super::service::Service;
use super::transport::{Budget, HostOwner, TransportEntry, account_at_provider};
use crate::clock::Timestamp;
use crate::ids::UniqueId;

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
pub struct ReachedHost {
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
    pub async fn reach(&self, place: &ContactedHost) -> Result<ReachedHost, ServiceError> {
        let http = &self.http;
        let headers = Service::identity().headers(&self.site, &self.language);
        let answer = http.head_of(&format!("reach {}", place.host), &place.url, headers).await?;
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(http_date);
        Ok(ReachedHost { status: answer.status().as_u16(), date, tls: place.url.scheme() == "https" })
    }

    /// Looks `host` up by one of the two answers alone.
    pub async fn look_up_by(&self, path: LookUpPath, host: &UniqueId) -> Result<Lookup, ServiceError> {
        match path {
            LookUpPath::ApiLive => lookup::ask_api(self, host).await,
            LookUpPath::LivePage => lookup::ask_page(self, host).await,
        }
    }

    /// What the provider at this place of `settings.providers` still grants, one a span, the longest first
    /// (docs/protocol.md#provider-limits); nothing without a key. Costs no signature.
    pub async fn provider_limits(&self, provider: usize) -> Option<Result<Vec<Budget>, ServiceError>> {
        account_at_provider(self, provider).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use rstest::rstest;

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
}
