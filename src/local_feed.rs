//! Local feed: events of the rooms as WebSocket, server-sent events, JSON state and metrics on loopback.
//!
//! For overlays, bots and bridges of this machine, which read the shape of TikFinity's feed, and for our own overlay page. A
//! reader of the tracker like any other: it has a queue of its own, mirrors the rooms, and nobody waits for its clients. It
//! listens on this machine only, and refuses pages of the web and names that are not this machine's. docs/feed.md is its
//! manual.
//!
//! Invariant: over the frames of gifts that are final, `diamondCount` times `repeatCount` is what the rooms count as coins.

mod client_queue;
mod flat;
mod frame;
mod guard;
mod hub;
mod listener;
mod metrics;
mod overlay;
mod server;
mod socket;
mod state;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use metrics::{Metric, MetricKind};
pub use server::FeedExtras;

use self::guard::Guard;
use self::hub::{FeedHub, RoomWish};
use self::listener::{BoundPort, MAX_CONNECTIONS};
use self::server::{Door, Feed};
use crate::clock::Clock;
use crate::config::FeedSettings;
use crate::ids::Target;
use crate::text::Text;
use crate::track::{TrackerCommand, TrackerUpdate};

/// Updates that may wait for the feed: minutes of a busy room. It keeps up with far more.
pub const QUEUE: usize = 4_096;
/// Updates taken at once.
const BATCH: usize = 512;
/// How long the end waits for clients to take what there is.
const DRAIN: Duration = Duration::from_millis(300);
const DRAIN_CHECK: Duration = Duration::from_millis(10);

/// Why there is no feed, in one sentence.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum FeedError {
    /// The address is not this machine's own.
    #[error(
        "the feed does not listen on {address}: it has no password, so it stays on this machine (localhost, 127.0.0.1, \
         ::1); from another machine, forward its port: ssh -L {port}:localhost:{port} THIS-MACHINE"
    )]
    NotLoopback {
        /// What was asked for.
        address: String,
        /// The port that was asked for.
        port: u16,
    },
    /// Another program listens there.
    #[error(
        "the feed cannot have port {port}: another program listens there (TikFinity itself uses 21213); close it, or choose another port with {option}"
    )]
    PortInUse {
        /// The port.
        port: u16,
        /// What sets it.
        option: String,
    },
    /// The port cannot be had for another reason.
    #[error("the feed cannot have port {port}: {error}; choose another with {option}")]
    Port {
        /// The port.
        port: u16,
        /// What sets it.
        option: String,
        /// Why not.
        #[source]
        error: io::Error,
    },
}

impl FeedError {
    fn of_port(port: u16, option: &str, error: io::Error) -> Self {
        let option = option.to_owned();
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { port, option },
            _ => Self::Port { port, option, error },
        }
    }
}

/// A feed that runs beside a tracker.
pub struct LocalFeed {
    feed: Arc<Feed>,
    follower: JoinHandle<()>,
    places: Arc<Semaphore>,
    port: u16,
}

impl LocalFeed {
    /// Starts listening; `updates` are those of a reader that was subscribed before the first room was added. Beside the feed
    /// come the sentences about what could not be had and is done without. `extras` is shown too. Needs a tokio runtime.
    pub fn start(
        updates: mpsc::Receiver<TrackerUpdate>,
        commands: mpsc::Sender<TrackerCommand>,
        settings: &FeedSettings,
        clock: Clock,
        extras: Arc<dyn FeedExtras>,
    ) -> Result<(Self, Vec<Text>), FeedError> {
        let addresses = loopback(&settings.address).ok_or_else(|| FeedError::NotLoopback {
            address: crate::text::printable(&settings.address).into_owned(),
            port: settings.port,
        })?;
        let mut warnings = Vec::new();
        let mut bound = Vec::new();
        let mut refused = None;
        let named = settings
            .ports
            .iter()
            .filter_map(|(name, &port)| Some((port, RoomWish::Named(name.parse::<Target>().ok()?))));
        for (port, wish) in [(settings.port, RoomWish::First)].into_iter().chain(named) {
            let option = if wish == RoomWish::First { "--feed=PORT or feed.port" } else { "feed.ports" };
            match BoundPort::bind(&addresses, port) {
                Ok(listeners) => {
                    warnings.extend(listeners.missing.as_ref().map(|address| Text::from(format_args!(
                        "the feed cannot have port {port} of {address}, where another program listens: programs that take \
                         localhost for that address find the other one"
                    ))));
                    bound.push((listeners, wish));
                }
                Err(error) => {
                    let error = FeedError::of_port(port, option, error);
                    match &refused {
                        None => refused = Some(error),
                        Some(_) => warnings.push(Text::from(error.to_string())),
                    }
                }
            }
        }
        match (refused, bound.is_empty()) {
            (Some(error), true) => return Err(error),
            (Some(error), false) => warnings.insert(0, Text::from(error.to_string())),
            (None, _) => {}
        }
        let feed = Arc::new(Feed {
            hub: FeedHub::new(clock),
            guard: Guard::new(&settings.origins),
            extras,
            has_metrics: settings.metrics,
            stop: CancellationToken::new(),
        });
        let port = bound.first().map_or(settings.port, |(listeners, _)| listeners.port);
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
        for (listeners, wish) in bound {
            let door = Door { port: listeners.port, wish };
            listeners.serve(&feed, &door, &places);
        }
        let follower = tokio::spawn(follow(feed.hub.clone(), updates, commands));
        Ok((Self { feed, follower, places, port }, warnings))
    }

    /// The port of the first room.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends what runs, lets clients take it, and closes. Finish the tracker first: its end is the end of the updates.
    pub async fn finish(self) {
        // A task that panicked has ended too.
        let _ = tokio::time::timeout(DRAIN, self.follower).await;
        self.feed.hub.end_all();
        let drained = async {
            while !self.feed.hub.is_drained() {
                tokio::time::sleep(DRAIN_CHECK).await;
            }
        };
        // A client that takes nothing is not waited for.
        let _ = tokio::time::timeout(DRAIN, drained).await;
        self.feed.stop.cancel();
        // Each connection gives its place back once it has said good-bye.
        let _ = tokio::time::timeout(DRAIN, self.places.acquire_many(MAX_CONNECTIONS)).await;
    }
}

impl fmt::Debug for LocalFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalFeed").field("port", &self.port).finish_non_exhaustive()
    }
}

/// Follows the tracker to its end.
async fn follow(hub: Arc<FeedHub>, mut updates: mpsc::Receiver<TrackerUpdate>, commands: mpsc::Sender<TrackerCommand>) {
    let mut batch = Vec::with_capacity(BATCH);
    while updates.recv_many(&mut batch, BATCH).await > 0 {
        for update in batch.drain(..) {
            if let Some(command) = hub.apply(update) {
                // A tracker that is gone answers no more.
                let _ = commands.send(command).await;
            }
        }
    }
}

/// The addresses that an address of the settings means; nothing where it is not this machine's own.
fn loopback(address: &str) -> Option<Vec<IpAddr>> {
    let address = address.trim().trim_start_matches('[').trim_end_matches(']');
    if address.is_empty() || address.eq_ignore_ascii_case("localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    address.parse::<IpAddr>().ok().filter(IpAddr::is_loopback).map(|address| vec![address])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("localhost", 2)]
    #[case("", 2)]
    #[case("127.0.0.1", 1)]
    #[case("::1", 1)]
    #[case("[::1]", 1)]
    fn the_feed_listens_here(#[case] address: &str, #[case] count: usize) {
        assert_eq!(loopback(address).map(|addresses| addresses.len()), Some(count));
    }

    #[rstest]
    #[case("0.0.0.0")]
    #[case("::")]
    #[case("192.168.1.7")]
    #[case("localhost.example.com")]
    #[case("my-machine")]
    fn and_nowhere_else(#[case] address: &str) {
        assert_eq!(loopback(address), None);
    }
}
