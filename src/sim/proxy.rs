//! HTTP proxy of the simulator: a client whose hosts are hard-wired asks for `www.tiktok.com` and gets the simulator.
//!
//! Nothing is passed on. A tunnel (CONNECT) ends here, in TLS or in plain HTTP, and so does a request that names a whole
//! address; a host that is not simulated is refused, so that nobody takes silence for an answer.

use std::io::Cursor;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_rustls::TlsAcceptor;

use super::answer::{self, SimAnswer};
use super::tls;
use super::world::World;
use super::{server, tls::TLS_RECORD};

/// The answer to CONNECT: a tunnel that ends in the simulator.
pub(super) fn tunnel(world: &Arc<World>, request: &mut Request<Incoming>, tls: Option<TlsAcceptor>) -> SimAnswer {
    let host = request.uri().host().unwrap_or_default();
    if !tls::names(host) {
        return not_simulated(host);
    }
    let (world, upgrade) = (Arc::clone(world), hyper::upgrade::on(request));
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let stop = world.stop.clone();
        let (mut reader, writer) = tokio::io::split(TokioIo::new(upgraded));
        let mut first = [0];
        tokio::select! {
            () = stop.cancelled() => return,
            read = reader.read_exact(&mut first) => if read.is_err() { return },
        }
        let stream = tokio::io::join(Cursor::new(first).chain(reader), writer);
        inside(world, stream, first[0] == TLS_RECORD, tls).await;
    });
    Response::new(Empty::new().boxed())
}

async fn inside(
    world: Arc<World>,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    is_tls: bool,
    tls: Option<TlsAcceptor>,
) {
    match tls {
        Some(acceptor) if is_tls => {
            if let Ok(stream) = acceptor.accept(stream).await {
                server::serve(world, stream, Some(acceptor)).await;
            }
        }
        // Without TLS of our own a hello ends as a bad request, which closes the tunnel.
        tls => server::serve(world, stream, tls).await,
    }
}

/// What refuses a host that is none of TikTok's or the provider's; nothing where the host is simulated.
pub(super) fn refused_host(request: &Request<Incoming>) -> Option<SimAnswer> {
    request.uri().host().filter(|host| !tls::names(host)).map(not_simulated)
}

fn not_simulated(host: &str) -> SimAnswer {
    let host = crate::text::Text::new(host);
    answer::body(
        StatusCode::FORBIDDEN,
        "text/plain; charset=utf-8",
        format!("{} is not simulated: tiktok.com, eulerstream.com and this machine are", host.as_str()),
    )
}
