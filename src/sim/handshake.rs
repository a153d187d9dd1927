//! WebSocket handshake of the simulator: who gets in, and how the others are refused.
//!
//! A refusal is an ordinary answer with `Handshake-Status` and `Handshake-Msg`, never a 101.

use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::header::{
    CONNECTION, COOKIE, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
    USER_AGENT,
};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::answer::{self, SimAnswer};
use super::browser;
use super::faults::SimFault;
use super::query::Query;
use super::socket::{self, SocketQuery};
use super::world::World;

/// What refuses a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandshakeRefusal {
    /// 200 with these in the headers.
    Said(u16, &'static str),
    Plain(StatusCode),
}

/// Whether a request asks for a socket.
pub(super) fn is_one<B>(request: &Request<B>) -> bool {
    let upgrade = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Opens the socket, or says why not.
pub(super) fn answer<B: Send + 'static>(
    world: &Arc<World>,
    request: &mut Request<B>,
    path: &str,
    query: &Query,
) -> SimAnswer {
    let key = request.headers().get(SEC_WEBSOCKET_KEY).cloned();
    let accept = key.as_ref().map(|key| derive_accept_key(key.as_bytes())).unwrap_or_default();
    let shared = Arc::clone(world);
    if is_relay(path, query) {
        let hello = SocketQuery::relay(query);
        return open(request, &accept, |upgraded| socket::serve(shared, upgraded, hello));
    }
    if let Some(tab) = path.strip_prefix("/devtools/page/") {
        // A page of the web must not get in, and browsers say so by refusing everybody who names an origin.
        let room = world.by_name(tab).filter(|_| !request.headers().contains_key(ORIGIN)).cloned();
        let Some(room) = room else { return answer::body(StatusCode::FORBIDDEN, "text/plain", "") };
        return open(request, &accept, |upgraded| browser::serve(shared, room, upgraded));
    }
    match (refusal(world, request, path, query), key) {
        (None, Some(_)) => {
            let hello = SocketQuery {
                gzip: query.get("compress") == "gzip",
                room_id: query.id("room_id"),
                enters: query.get("client_enter") == "1",
                relay: None,
            };
            open(request, &accept, |upgraded| socket::serve(shared, upgraded, hello))
        }
        (Some(HandshakeRefusal::Said(status, message)), _) => said(status, message),
        (Some(HandshakeRefusal::Plain(status)), _) => answer::body(status, "text/plain", ""),
        (None, None) => answer::body(StatusCode::BAD_REQUEST, "text/plain", ""),
    }
}

fn refusal<B>(world: &World, request: &Request<B>, path: &str, query: &Query) -> Option<HandshakeRefusal> {
    let faults = world.faults();
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Clients of 2022 sent neither cookie nor agent, and their URL still says that they are of that time.
    let is_old = query.get("update_version_code") == "1.3.0" || !query.get("webcast_sdk_version").is_empty();
    let has_cookie = header(COOKIE).split(';').any(|cookie| cookie.trim().starts_with("ttwid="));
    let known = query.id("room_id").is_none_or(|room_id| world.by_room_id(room_id).is_some());
    if faults.has(SimFault::Blocked403) {
        Some(HandshakeRefusal::Plain(StatusCode::FORBIDDEN))
    } else if faults.has(SimFault::Handshake400) || !known {
        Some(HandshakeRefusal::Plain(StatusCode::BAD_REQUEST))
    } else if !matches!(path, "/webcast/im/ws_proxy/ws_reuse_supplement" | "/webcast/im/ws") {
        Some(HandshakeRefusal::Said(417, "illegal app_id"))
    } else if faults.has(SimFault::Handshake415) || (header(USER_AGENT).is_empty() && !is_old) {
        Some(HandshakeRefusal::Said(415, "DEVICE_BLOCKED"))
    } else if faults.has(SimFault::Handshake417AppId) {
        Some(HandshakeRefusal::Said(417, "illegal app_id"))
    } else if (!has_cookie && !is_old) || faults.has(SimFault::Handshake417Cookie) {
        Some(HandshakeRefusal::Said(417, "http: named cookie not present"))
    } else if faults.has(SimFault::Handshake417) {
        Some(HandshakeRefusal::Said(417, "illegal secret key"))
    } else {
        None
    }
}

fn said(status: u16, message: &str) -> SimAnswer {
    let answer = answer::body(StatusCode::OK, "text/plain", "");
    let answer = answer::with_header(answer, "handshake-status", &status.to_string());
    let answer = answer::with_header(answer, "handshake-msg", message);
    answer::with_header(answer, "x-tt-logid", "20261121000000SIMULATED")
}

/// The provider's relay: at the root or at `/cloud`, by the host's name. It refuses with close codes, on the open socket.
fn is_relay(path: &str, query: &Query) -> bool {
    matches!(path, "" | "/cloud") && !query.get("uniqueId").is_empty()
}

/// The 101; `serve` has the socket from then on.
fn open<B: Send + 'static, S: Future<Output = ()> + Send>(
    request: &mut Request<B>,
    accept: &str,
    serve: impl FnOnce(Upgraded) -> S + Send + 'static,
) -> SimAnswer {
    let protocol = request.headers().get(SEC_WEBSOCKET_PROTOCOL).cloned();
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            serve(upgraded).await;
        }
    });
    let mut answer = Response::new(Empty::new().boxed());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    // Old clients ask for `echo-protocol` and give up when nobody picks it.
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, first_of(&protocol));
    }
    answer::with_header(answer, "handshake-options", "ping-interval=10; ping-timeout=60")
}

fn first_of(list: &HeaderValue) -> HeaderValue {
    let first = list.to_str().ok().and_then(|list| list.split(',').next());
    first.and_then(|first| HeaderValue::from_str(first.trim()).ok()).unwrap_or_else(|| list.clone())
}
