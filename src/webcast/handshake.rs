//! WebSocket handshake through the one HTTP stack, and the reason why one was refused.
//!
//! The handshake is an HTTP/1.1 upgrade: proxies, TLS and authorities are those of every other request, and a refusal is an
//! ordinary answer whose headers name the reason. Refuses to know what travels on the socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::address::place;
use super::error::{ServiceError, ServiceErrorKind, quoted};
use super::http::{Http, broken};
use super::socket::CloseWatch;

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<CloseWatch<Upgraded>>;

/// Largest frame the socket takes. The service's are below 100 KiB; one of 20 MiB is read and dropped, so that it costs
/// itself and not the connection.
const MAX_FRAME: usize = 32 << 20;
/// Read buffer of a socket; the library's default of 128 KiB is much for twenty rooms.
const READ_BUFFER: usize = 32 << 10;

/// Opens a WebSocket at `url` (`wss` or `ws`). `whose` names it in sentences: `the anonymous socket`.
pub(super) async fn open(http: &Http, url: &Url, headers: HeaderMap, whose: &str) -> Result<Socket, ServiceError> {
    let doing = format!("open {whose}");
    let key = STANDARD.encode(std::array::from_fn::<u8, 16, _>(|_| fastrand::u8(..)));
    let request = upgrade_request(headers, &key)?;
    let url = over_http(url);
    // The timeout ends with the handshake; the socket itself may stay open for hours.
    let answer = http.head_of(&doing, &url, request).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refusal(whose, &url, answer.status(), answer.headers()));
    }
    if !accepted(answer.headers(), &key) {
        return Err(ServiceError::new(
            ServiceErrorKind::Handshake,
            format!(
                "could not {doing}: {} answered, but not as a WebSocket; a proxy in between may break it",
                place(&url)
            ),
        ));
    }
    let upgraded = answer.upgrade().await.map_err(|error| broken(&doing, &place(&url), error))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME));
    Ok(WebSocketStream::from_raw_socket(CloseWatch::new(upgraded), Role::Client, Some(config)).await)
}

fn upgrade_request(mut headers: HeaderMap, key: &str) -> Result<HeaderMap, ServiceError> {
    let key = HeaderValue::from_str(key)
        .map_err(|_| ServiceError::new(ServiceErrorKind::Handshake, "no key for the handshake"))?;
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, key);
    Ok(headers)
}

/// The same address for an HTTP client: `wss` is `https`, `ws` is `http`.
fn over_http(url: &Url) -> Url {
    let plain = matches!(url.scheme(), "ws" | "http");
    let text = url.as_str().split_once(':').map_or("", |(_, rest)| rest);
    let scheme = if plain { "http" } else { "https" };
    Url::parse(&format!("{scheme}:{text}")).unwrap_or_else(|_| url.clone())
}

/// Whether the answer is the one that RFC 6455 asks for.
fn accepted(headers: &HeaderMap, key: &str) -> bool {
    let expected = derive_accept_key(key.as_bytes());
    let says = |name, wanted: &str| header(headers, name).trim().eq_ignore_ascii_case(wanted);
    says(UPGRADE.as_str(), "websocket") && header(headers, SEC_WEBSOCKET_ACCEPT.as_str()).trim() == expected
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Why TikTok's edge refused a handshake (docs/protocol.md#handshake-refusals): the status is often 200, the reason stands in headers.
fn refusal(whose: &str, url: &Url, status: StatusCode, headers: &HeaderMap) -> ServiceError {
    let code = header(headers, "handshake-status").trim();
    let words = header(headers, "handshake-msg").trim();
    let said = match (code, words) {
        ("", "") => format!("HTTP {}", status.as_u16()),
        ("", words) => quoted(words),
        (code, words) => quoted(&format!("{code} {words}")),
    };
    let known = words.to_ascii_lowercase();
    let (kind, advice) = if code == "415" || known.contains("device_blocked") {
        (
            ServiceErrorKind::DeviceBlocked,
            "it does not like this network or browser identity; wait a little or use another network",
        )
    } else if known.contains("secret key") {
        (ServiceErrorKind::Handshake, "it wants a valid, fresh signature; use a provider, or another one")
    } else if known.contains("app_id") {
        (ServiceErrorKind::Handshake, "the address given for the socket is a dead end; use another transport")
    } else if known.contains("cookie") {
        (ServiceErrorKind::Handshake, "it wants its anonymous cookie and none was given; use another transport")
    } else {
        by_status(status)
    };
    ServiceError::new(kind, format!("{} refused {whose} ({said}): {advice}", whose_socket(url)))
        .outage(status.is_server_error())
}

fn by_status(status: StatusCode) -> (ServiceErrorKind, &'static str) {
    match status.as_u16() {
        429 => (ServiceErrorKind::RateLimited { retry_after: None }, "too many connections; wait a minute"),
        401 | 403 => {
            (ServiceErrorKind::Blocked, "this network or signature is not welcome; use another transport or network")
        }
        400 => (
            ServiceErrorKind::Handshake,
            "the address given for the socket is malformed or a dead end; use another transport",
        ),
        404 | 410 => (ServiceErrorKind::Handshake, "there is no socket at this address; check service.socket_url"),
        500.. => (ServiceErrorKind::Handshake, "its server is in trouble; wait a little"),
        _ => (ServiceErrorKind::Handshake, "it gave no reason; use another transport"),
    }
}

fn whose_socket(url: &Url) -> String {
    if super::address::is_tiktok(url) { "TikTok".to_owned() } else { place(url) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(200, "415", "DEVICE_BLOCKED", ServiceErrorKind::DeviceBlocked, "browser identity")]
    #[case(200, "417", "illegal secret key", ServiceErrorKind::Handshake, "signature")]
    #[case(200, "417", "illegal app_id", ServiceErrorKind::Handshake, "dead end")]
    #[case(200, "417", "http: named cookie not present", ServiceErrorKind::Handshake, "cookie")]
    #[case(400, "", "", ServiceErrorKind::Handshake, "HTTP 400")]
    #[case(403, "", "", ServiceErrorKind::Blocked, "HTTP 403")]
    #[case(429, "", "", ServiceErrorKind::RateLimited { retry_after: None }, "wait a minute")]
    #[case(503, "", "", ServiceErrorKind::Handshake, "in trouble")]
    #[case(200, "", "", ServiceErrorKind::Handshake, "no reason")]
    #[case(200, "418", "\u{9b}31mnew reason", ServiceErrorKind::Handshake, "HTTP 200")]
    fn a_refused_handshake_is_explained(
        #[case] status: u16,
        #[case] code: &str,
        #[case] words: &str,
        #[case] kind: ServiceErrorKind,
        #[case] said: &str,
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("handshake-status", code), ("handshake-msg", words)] {
            if !value.is_empty() {
                headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
        }
        let url = Url::parse("https://webcast-ws.tiktok.com/x?sign=secret").unwrap();
        let error = refusal("the anonymous socket", &url, StatusCode::from_u16(status).unwrap(), &headers);
        assert_eq!(error.kind(), kind, "{error}");
        let sentence = error.to_string();
        assert!(sentence.starts_with("TikTok refused the anonymous socket ("), "{sentence}");
        assert!(sentence.contains(said) || code == "418", "{sentence}");
        assert!(!sentence.contains("secret=") && !sentence.contains('\u{9b}'), "{sentence}");
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted_and_others_are_not() {
        let mut headers = HeaderMap::new();
        headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert!(accepted(&headers, "dGhlIHNhbXBsZSBub25jZQ=="));
        assert!(!accepted(&headers, "another key"));
        headers.remove(UPGRADE);
        assert!(!accepted(&headers, "dGhlIHNhbXBsZSBub25jZQ=="));
    }

    #[rstest]
    #[case("wss://a.example/x?y=1%20", "https://a.example/x?y=1%20")]
    #[case("ws://127.0.0.1:8080/ws", "http://127.0.0.1:8080/ws")]
    fn socket_addresses_become_http_ones(#[case] socket: &str, #[case] http: &str) {
        assert_eq!(over_http(&Url::parse(socket).unwrap()).as_str(), http);
    }
}
