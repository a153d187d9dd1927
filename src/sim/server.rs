//! Server of the simulator: TLS and plain HTTP on one port, each path led to the part that answers it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Limited};
use hyper::body::Incoming;
use hyper::header::COOKIE;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::answer::{self, SimAnswer};
use super::faults::SimFault;
use super::query::Query;
use super::world::{self, World};
use super::{browser, handshake, hls, info, media, provider, proxy, site, tls};

/// Longest body of a POST that is read; addresses to sign have a kilobyte or two.
const MAX_POSTED: usize = 1 << 20;
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Serves until the world stops.
pub(super) async fn run(world: Arc<World>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    loop {
        let accepted = tokio::select! {
            () = world.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, _)) => {
                tokio::spawn(connection(world.clone(), tcp, tls.clone()));
            }
            // Out of file handles, mostly: better soon than at once.
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
}

async fn connection(world: Arc<World>, tcp: TcpStream, tls: Option<TlsAcceptor>) {
    // Frames are small and must not wait for each other.
    let _ = tcp.set_nodelay(true);
    let Some(acceptor) = tls else { return serve(world, tcp, None).await };
    let mut first = [0];
    let stop = world.stop.clone();
    tokio::select! {
        () = stop.cancelled() => return,
        peeked = tcp.peek(&mut first) => if !peeked.is_ok_and(|bytes| bytes > 0) { return },
    }
    if first[0] != tls::TLS_RECORD {
        return serve(world, tcp, Some(acceptor)).await;
    }
    if let Ok(stream) = acceptor.accept(tcp).await {
        serve(world, stream, Some(acceptor)).await;
    }
}

/// Answers what comes over one connection; `tls` is for tunnels inside it.
pub(super) async fn serve(
    world: Arc<World>,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    tls: Option<TlsAcceptor>,
) {
    let stop = world.stop.clone();
    let service = service_fn(move |request| {
        let (world, tls) = (world.clone(), tls.clone());
        async move { Ok::<_, Infallible>(serve_one(&world, request, tls).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::select! {
        () = stop.cancelled() => {}
        // A client that goes away in the middle is none of our business.
        _ = connection => {}
    }
}

/// Answers one request, where it is answered at all.
async fn serve_one(world: &Arc<World>, mut request: Request<Incoming>, tls: Option<TlsAcceptor>) -> SimAnswer {
    if world.has(SimFault::HalfOpen) {
        world.log(logged(&request));
        std::future::pending::<()>().await;
    }
    let posted = posted(&mut request).await;
    let answer = route(world, request, &posted, tls);
    if !world.has(SimFault::ClockOff) {
        return answer;
    }
    let now = world.faults().faulty_wall_clock(world.clock.now()).to_jiff();
    let printed = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    answer::with_header(answer, "date", &printed.unwrap_or_default())
}

/// The body of a POST; nothing where it is too long or there is none.
async fn posted(request: &mut Request<Incoming>) -> Bytes {
    if request.method() != Method::POST {
        return Bytes::new();
    }
    let body = Limited::new(request.body_mut(), MAX_POSTED).collect().await;
    body.map_or_else(|_| Bytes::new(), Collected::to_bytes)
}

/// The answer to one request.
fn route(world: &Arc<World>, mut request: Request<Incoming>, posted: &[u8], tls: Option<TlsAcceptor>) -> SimAnswer {
    world.log(logged(&request));
    if request.method() == Method::CONNECT {
        return proxy::tunnel(world, &mut request, tls);
    }
    if let Some(refused) = proxy::refused_host(&request) {
        return refused;
    }
    let path = request.uri().path().trim_end_matches('/').to_owned();
    let cookies = request.headers().get(COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let query = Query::parse(request.uri().query(), cookies).with_posted(posted);
    let cookies = cookies.to_owned();
    if handshake::is_one(&request) {
        return handshake::answer(world, &mut request, &path, &query);
    }
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    // What a signing provider answers goes on when TikTok blocks us.
    match parts.as_slice() {
        ["json", "version"] => return browser::version(),
        ["json", "list"] => return browser::list(world),
        ["webcast", "fetch"] => return provider::fetch(world, &query),
        ["webcast", "rooms", room, "connect"] => return provider::connect(world, room),
        ["webcast", "anchors", name, "connect"] => return provider::connect_name(world, name),
        ["webcast", "anchors", name, "room_id"] => return provider::room_id(world, name),
        ["webcast", "room_id"] => return provider::room_id(world, query.get("uniqueId")),
        ["webcast", "rooms", _, "gifts"] => return info::gift_list(world),
        ["webcast", "rate_limits"] | ["accounts", "me", "rate_limits"] => return provider::rate_limits(world),
        ["webcast" | "tiktok", "sign_url"] => return provider::sign_url(world, &query),
        _ => {}
    }
    if world.has(SimFault::Blocked403) {
        return answer::body(StatusCode::FORBIDDEN, "text/html", "");
    }
    match parts.as_slice() {
        [""] => site::home(),
        ["api-live", "user", "room"] => site::api_live(world, &query),
        ["api", "search", "live", "full"] => info::search(world, &query),
        [name, "live"] if name.starts_with('@') => site::live_page(world, name, &query),
        ["player.js"] => site::player_script(),
        [name] if name.starts_with('@') => site::profile(world, name),
        ["webcast", "room", "info"] => info::room_info(world, query.id("room_id"), &query),
        ["webcast", "room", "info_by_user"] => info::room_info_by_user(world, &query),
        ["webcast", "room", "check_alive"] => info::check_alive(world, query.get("room_ids")),
        ["webcast", "gift", "list"] => info::gift_list(world),
        ["webcast", "feed"] => info::feed(world, query.get("max_time")),
        ["webcast", "ranklist", "online_audience"] => info::roster(world, query.id("room_id").unwrap_or(0), &cookies),
        ["webcast", "wallet_api", "fs", "diamond"] | ["webcast", "diamond"] => info::prices(world),
        ["webcast", "im", "fetch"] => provider::im_fetch(world, &query),
        ["stream", file] => media::flv(world, file),
        ["stream", folder, file] => hls::file(world, folder, file),
        _ => answer::not_found(),
    }
}

fn logged(request: &Request<Incoming>) -> world::SeenRequest {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let authority = || request.uri().authority().map_or_else(String::new, ToString::to_string);
    let path = request.uri().path_and_query().map_or_else(authority, ToString::to_string);
    world::SeenRequest { method: request.method().to_string(), path, headers }
}
