//! Stream of a live as bytes, for the recorder.
//!
//! Connects within five seconds and then leaves time to its reader: how long silence may last depends on what is recorded.
//! The bytes come as they are: nothing is decompressed or looked at.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION, REFERER, USER_AGENT};
use reqwest::{Response, StatusCode};
use url::Url;

use super::address::{SignedUrl, check_stream, is_loopback, is_private, place, private_stream};
use super::error::{ServiceError, ServiceErrorKind};
use super::http::{Http, broken, late};
use super::service::Service;
use super::streams::StreamUrl;
use crate::ids::RoomId;

/// Longest time to the head of the answer.
const CONNECT: Duration = Duration::from_secs(5);
/// Redirects followed, to any host that may serve a stream.
const MAX_REDIRECTS: usize = 5;
const DOING: &str = "pull the stream";

/// An open stream.
#[derive(Debug)]
pub struct MediaStream {
    response: Response,
    from: String,
    url: Url,
}

impl MediaStream {
    /// The next bytes; nothing at the end. Cancel-safe. Waits for as long as it takes: put your own timeout around it.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ServiceError> {
        self.response.chunk().await.map_err(|error| broken(DOING, &self.from, error))
    }

    /// The stream that `reference`, which stands in what came from here, leads to; opening it holds it to the same rules.
    pub(crate) fn referred(&self, stream: &StreamUrl, reference: &str) -> Option<StreamUrl> {
        let url = self.url.join(reference).ok()?;
        Some(StreamUrl { url: SignedUrl::new(url), ..stream.clone() })
    }
}

/// Opens `stream` on the way of its room. No session and no key is ever sent to a stream's host.
pub(super) async fn open(service: &Service, room: RoomId, stream: &StreamUrl) -> Result<MediaStream, ServiceError> {
    let route = service.routes.of_room(room, None);
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(Service::identity().user_agent));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Ok(site) = HeaderValue::from_str(&format!("{}/", service.site.origin().ascii_serialization())) {
        headers.insert(REFERER, site);
    }
    let mut url = stream.url.reveal().clone();
    for _ in 0..=MAX_REDIRECTS {
        let from = place(&url);
        let answer = tokio::time::timeout(CONNECT, send(service, &route.http, &url, headers.clone())).await;
        let response = answer.unwrap_or_else(|_| Err(late(DOING, &from, CONNECT)))?;
        match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => return Ok(MediaStream { response, from, url }),
            status => match redirect(&url, &response) {
                Some(next) => url = next,
                None => return Err(refusal(&url, status)),
            },
        }
    }
    Err(ServiceError::new(
        ServiceErrorKind::Refused,
        format!("could not {DOING}: {} sends us on and on; try again in a minute", place(&url)),
    ))
}

/// Sends one request; every address on the way is held to the same rules.
async fn send(service: &Service, http: &Http, url: &Url, headers: HeaderMap) -> Result<Response, ServiceError> {
    let near = is_loopback(&service.webcast);
    check_stream(url, near)?;
    if !near && !http.has_proxy() {
        check_name(url).await?;
    }
    http.send(DOING, url, headers).await
}

/// Where a redirect leads. A CDN sends its viewers from host to host, so another host is fine: nothing secret is sent along.
fn redirect(from: &Url, response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()
}

/// Refuses a name that leads to a private machine. Behind a proxy the name is the proxy's to find, not ours.
async fn check_name(url: &Url) -> Result<(), ServiceError> {
    let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return Ok(()) };
    // A name that cannot be found is told by the connection that follows.
    let Ok(Ok(mut found)) = tokio::time::timeout(CONNECT, tokio::net::lookup_host((host, port))).await else {
        return Ok(());
    };
    if found.any(|address| is_private(address.ip())) { Err(private_stream(url)) } else { Ok(()) }
}

fn refusal(url: &Url, status: StatusCode) -> ServiceError {
    let host = place(url);
    let (kind, why) = match status.as_u16() {
        404 | 410 => {
            (ServiceErrorKind::NotFound, "the stream is gone; the live may be over or has a new address".to_owned())
        }
        401 | 403 => (
            ServiceErrorKind::Refused,
            "the address is no longer valid or this network is not welcome; ask for a new one".to_owned(),
        ),
        429 => (ServiceErrorKind::RateLimited { retry_after: None }, "too many requests; wait a minute".to_owned()),
        300..=399 => {
            (ServiceErrorKind::Refused, "it sends us on without saying where; ask for a new address".to_owned())
        }
        500.. => {
            (ServiceErrorKind::BadAnswer, format!("its server is in trouble (HTTP {}); try again", status.as_u16()))
        }
        other => (ServiceErrorKind::BadAnswer, format!("it answered HTTP {other}")),
    };
    ServiceError::new(kind, format!("could not {DOING} from {host}: {why}"))
}
