//! Server of the feed: each path led to the part that answers it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame as BodyFrame, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, ORIGIN, REFERRER_POLICY, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::sync::CancellationToken;

use super::frame::FeedFrame;
use super::guard::Guard;
use super::hub::{FeedHub, FeedListener, RoomWish, Shape};
use super::metrics::{self, Metric};
use super::{overlay, socket, state};
use crate::ids::{RoomKey, Target};
use crate::text::Text;

/// How long a client may take for the head of its request, the next one on a kept connection included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// A stream says that it is alive so often, for whatever stands between.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Events of a stream written at once.
const BATCH: usize = 256;

pub(super) type FeedAnswer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// What runs beside the feed and is shown by it.
pub trait FeedExtras: Send + Sync {
    /// What else is counted, asked for with each `GET /metrics`. `rooms` are the rooms by their labels.
    fn metrics(&self, rooms: &BTreeMap<RoomKey, Text>) -> Vec<Metric>;
    /// What else stands in `GET /state`, by field.
    fn state(&self) -> Vec<(&'static str, Value)>;
}

/// What all connections share.
pub(super) struct Feed {
    pub(super) hub: Arc<FeedHub>,
    pub(super) guard: Guard,
    pub(super) extras: Arc<dyn FeedExtras>,
    /// `GET /metrics` is answered.
    pub(super) has_metrics: bool,
    pub(super) stop: CancellationToken,
}

/// Which room a port is about.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) port: u16,
    pub(super) wish: RoomWish,
}

impl Feed {
    /// Serves one connection; `place` is free again when its client is gone.
    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream, door: Door, place: OwnedSemaphorePermit) {
        // Frames are small and must not wait for each other.
        let _ = stream.set_nodelay(true);
        let (stop, place) = (self.stop.clone(), Arc::new(place));
        let service = service_fn(move |request| {
            let answer = self.answer(request, &door, &place);
            async move { Ok::<_, Infallible>(answer) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(64 << 10)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        tokio::select! {
            () = stop.cancelled() => {}
            // A client that goes away in the middle is none of our business.
            _ = connection => {}
        }
    }

    pub(super) fn count_refused(&self) {
        self.hub.counters.refused.fetch_add(1, Ordering::Relaxed);
    }

    fn answer(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        door: &Door,
        place: &Arc<OwnedSemaphorePermit>,
    ) -> FeedAnswer {
        if let Err(refusal) = self.guard.check(&request) {
            return sentence(StatusCode::FORBIDDEN, &refusal.to_string());
        }
        let origin = request.headers().get(ORIGIN).cloned();
        let mut answer = self.route(&mut request, door, place);
        let headers = answer.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers
            .insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
        if let Some(origin) = origin {
            // The guard has let it in.
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(VARY, HeaderValue::from_static("Origin"));
        }
        answer
    }

    fn route(
        self: &Arc<Self>,
        request: &mut Request<Incoming>,
        door: &Door,
        place: &Arc<OwnedSemaphorePermit>,
    ) -> FeedAnswer {
        let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        if request.method() == Method::OPTIONS {
            return preflight();
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return sentence(StatusCode::METHOD_NOT_ALLOWED, "the feed is only read: GET, or a WebSocket");
        }
        let wish = |name: &str| name.parse::<Target>().map(RoomWish::Named);
        let (shape, wish) = match parts.as_slice() {
            [] => (Shape::Flat, Ok(door.wish.clone())),
            ["events"] => {
                (Shape::Lines, Ok(if door.wish == RoomWish::First { RoomWish::All } else { door.wish.clone() }))
            }
            ["events", name] => (Shape::Lines, wish(name)),
            ["state"] => return self.state_of_all(),
            ["state", name] => {
                return wish(name).map_or_else(|error| unknown_name(&error), |wish| self.state_of(&wish, name));
            }
            ["overlay"] => return overlay::page(door.port),
            ["overlay", name] => {
                return wish(name).map_or_else(|error| unknown_name(&error), |_| overlay::page(door.port));
            }
            ["metrics"] => return self.metrics(),
            [name] if name.starts_with('@') || name.bytes().all(|byte| byte.is_ascii_digit()) => {
                (Shape::Flat, wish(name))
            }
            _ => return not_found(),
        };
        let wish = match wish {
            Ok(wish) => wish,
            Err(error) => return unknown_name(&error),
        };
        match (is_upgrade(request), shape) {
            (true, _) => self.open(request, shape, wish, place),
            (false, Shape::Lines) => self.stream(wish, place),
            (false, Shape::Flat) => self.index(door),
        }
    }

    /// The 101; the socket has its client from then on.
    fn open(
        self: &Arc<Self>,
        request: &mut Request<Incoming>,
        shape: Shape,
        wish: RoomWish,
        place: &Arc<OwnedSemaphorePermit>,
    ) -> FeedAnswer {
        let Some(key) = request.headers().get(SEC_WEBSOCKET_KEY) else {
            return sentence(StatusCode::BAD_REQUEST, "a WebSocket handshake has a Sec-WebSocket-Key");
        };
        let accept = derive_accept_key(key.as_bytes());
        let protocol = request.headers().get(SEC_WEBSOCKET_PROTOCOL).and_then(first_of);
        let upgrade = hyper::upgrade::on(request);
        // What happens from now on is heard, the time of the handshake included.
        let listener = self.hub.listen(shape, wish);
        let (stop, place) = (self.stop.clone(), place.clone());
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                socket::serve(upgraded, listener, stop).await;
            }
            drop(place);
        });
        let mut answer = Response::new(Empty::new().boxed_unsync());
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = answer.headers_mut();
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        if let Ok(accept) = HeaderValue::from_str(&accept) {
            headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        answer
    }

    /// Server-sent events: a line each.
    fn stream(self: &Arc<Self>, wish: RoomWish, place: &Arc<OwnedSemaphorePermit>) -> FeedAnswer {
        let client = StreamClient {
            listener: self.hub.listen(Shape::Lines, wish),
            stop: self.stop.clone(),
            next_write: Instant::now(),
            // At once, so that a browser knows that it is connected.
            first: true,
            _place: place.clone(),
        };
        let events = stream::unfold(client, |mut client| async move {
            let bytes = client.next().await?;
            Some((Ok::<_, Infallible>(BodyFrame::data(bytes)), client))
        });
        let mut answer = Response::new(StreamBody::new(Box::pin(events)).boxed_unsync());
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        answer
    }

    fn state_of_all(&self) -> FeedAnswer {
        let extras = self.extras.state();
        let rooms = self.hub.look(|rooms, health, now| state::all(rooms, health, extras, now));
        body(StatusCode::OK, "application/json; charset=utf-8", rooms)
    }

    fn state_of(&self, wish: &RoomWish, name: &str) -> FeedAnswer {
        match self.hub.look_at(wish, state::one) {
            Some(room) => body(StatusCode::OK, "application/json; charset=utf-8", room),
            None => {
                sentence(StatusCode::NOT_FOUND, &format!("no room {name} is watched here; /state lists those that are"))
            }
        }
    }

    fn metrics(&self) -> FeedAnswer {
        if !self.has_metrics {
            return sentence(StatusCode::NOT_FOUND, "metrics are off; set metrics = true in [feed] of the config file");
        }
        let labels = self.hub.look(|rooms, _, _| rooms.iter().map(|(key, room)| (*key, room.label.clone())).collect());
        let text = metrics::exposition(&self.hub, self.extras.metrics(&labels));
        body(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
    }

    /// What a browser sees that was pointed at a socket.
    fn index(&self, door: &Door) -> FeedAnswer {
        let names = self.hub.look(|rooms, _, _| {
            rooms.values().map(|room| room.label.as_str().to_owned()).collect::<Vec<_>>().join(", ")
        });
        let port = door.port;
        let words = format!(
            "tiktop's feed, for overlays and bots of this machine. Rooms: {}\n\n\
             ws://localhost:{port}/               events of the first room, in TikFinity's shape\n\
             ws://localhost:{port}/@name          the same of a room by name\n\
             ws://localhost:{port}/events/@name   the lines of `tiktop events`; the same address with http:// streams them\n\
             http://localhost:{port}/overlay/@name   a page for OBS\n\
             http://localhost:{port}/state        what the dashboard shows, as JSON\n",
            if names.is_empty() { "none yet" } else { &names }
        );
        body(StatusCode::OK, "text/plain; charset=utf-8", words)
    }
}

/// A client that hears server-sent events.
struct StreamClient {
    listener: FeedListener,
    stop: CancellationToken,
    next_write: Instant,
    first: bool,
    _place: Arc<OwnedSemaphorePermit>,
}

impl StreamClient {
    /// The next bytes of the stream; nothing when it is over.
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.first) {
            return Some(Bytes::from_static(b": tiktop\n\n"));
        }
        let ready = async {
            self.listener.queue().ready().await;
            tokio::time::sleep_until(self.next_write).await;
        };
        tokio::select! {
            () = self.stop.cancelled() => return None,
            () = tokio::time::sleep(KEEP_ALIVE) => return Some(Bytes::from_static(b":\n\n")),
            () = ready => {}
        }
        if self.listener.queue().is_overrun() {
            return None;
        }
        let batch = self.listener.queue().drain(BATCH);
        let mut text = Vec::with_capacity(batch.frames.iter().map(|frame| frame.len() + 8).sum());
        let dropped = batch.dropped.as_ref().and_then(|dropped| self.listener.dropped_line(dropped));
        for line in dropped.iter().map(String::as_bytes).chain(batch.frames.iter().map(FeedFrame::text)) {
            text.extend_from_slice(b"data: ");
            text.extend_from_slice(line);
            text.extend_from_slice(b"\n\n");
        }
        self.listener.count_sent(batch.frames.len());
        self.next_write = Instant::now() + socket::PACE;
        Some(text.into())
    }
}

pub(super) fn body(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> FeedAnswer {
    let mut answer = Response::new(Full::new(body.into()).boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// A page with the rules for what it may do.
pub(super) fn page(html: String, policy: &str) -> FeedAnswer {
    let mut answer = body(StatusCode::OK, "text/html; charset=utf-8", html);
    if let Ok(policy) = HeaderValue::from_str(policy) {
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

/// A refusal in one sentence.
fn sentence(status: StatusCode, words: &str) -> FeedAnswer {
    let words = crate::text::printable(words);
    body(status, "text/plain; charset=utf-8", format!("{words}\n"))
}

fn unknown_name(error: &crate::ids::TargetError) -> FeedAnswer {
    sentence(StatusCode::NOT_FOUND, &error.to_string())
}

fn not_found() -> FeedAnswer {
    sentence(StatusCode::NOT_FOUND, "there is no such page; the address without a path lists what there is")
}

/// A browser asks before it lets a page of another origin ask. The guard has let that origin in.
fn preflight() -> FeedAnswer {
    let mut answer = Response::new(Empty::new().boxed_unsync());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("access-control-allow-methods"), HeaderValue::from_static("GET"));
    headers.insert(HeaderName::from_static("access-control-allow-private-network"), HeaderValue::from_static("true"));
    answer
}

fn is_upgrade(request: &Request<Incoming>) -> bool {
    let upgrade = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// The first of the protocols a client knows: some give up when nobody picks one.
fn first_of(list: &HeaderValue) -> Option<HeaderValue> {
    let first = list.to_str().ok()?.split(',').next()?.trim();
    HeaderValue::from_str(first).ok()
}
