//! Listener of the feed: one port on both loopback addresses, so many connections and no more.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::server::{Door, Feed};

/// Connections at once, over all ports.
pub(super) const MAX_CONNECTIONS: u32 = 200;
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 38\r\n\
    Connection: close\r\n\r\ntoo many connections to tiktop's feed\n";

/// A port that listens on one or both loopback addresses.
#[derive(Debug)]
pub(super) struct BoundPort {
    pub(super) port: u16,
    listeners: Vec<TcpListener>,
    /// The address that could not be had beside the other.
    pub(super) missing: Option<IpAddr>,
}

impl BoundPort {
    /// Takes a port of these addresses; 0 finds one that is free. Some programs take `localhost` for one address only, so
    /// both are taken; a machine without one of them does without.
    pub(super) fn bind(addresses: &[IpAddr], port: u16) -> io::Result<Self> {
        let mut bound = Self { port, listeners: Vec::new(), missing: None };
        let mut refused = None;
        for &address in addresses {
            match listen(SocketAddr::from((address, bound.port))) {
                Ok(listener) => {
                    bound.port = listener.local_addr()?.port();
                    bound.listeners.push(listener);
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && !bound.listeners.is_empty() => {
                    bound.missing = Some(address);
                }
                // Somebody else has it: the rest of the port would lead half of the programs there.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if bound.listeners.is_empty() => Err(error),
            _ => Ok(bound),
        }
    }

    /// Serves until the feed stops.
    pub(super) fn serve(self, feed: &Arc<Feed>, door: &Door, places: &Arc<Semaphore>) {
        for listener in self.listeners {
            tokio::spawn(accept(listener, feed.clone(), door.clone(), places.clone()));
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

async fn accept(listener: TcpListener, feed: Arc<Feed>, door: Door, places: Arc<Semaphore>) {
    loop {
        let accepted = tokio::select! {
            () = feed.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                if let Ok(place) = places.clone().try_acquire_owned() {
                    tokio::spawn(feed.clone().serve(stream, door.clone(), place));
                } else {
                    feed.count_refused();
                    tokio::spawn(refuse(stream));
                }
            }
            // Out of file handles, mostly: better soon than at once.
            Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
        }
    }
}

/// Says that there is no place; a client that does not take even that is not waited for.
async fn refuse(mut stream: TcpStream) {
    let said = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await
    };
    drop(tokio::time::timeout(Duration::from_secs(1), said).await);
}
