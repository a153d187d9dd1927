//! Tests of the simulated service, seen from outside: raw HTTP and a WebSocket client that is not ours.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail the way tests do")]

mod client;
mod faults;
mod lookups;
#[cfg(unix)]
mod program;
mod proxy;
mod sockets;
mod streams;

use tiktop::sim::Sim;

use crate::kit;

/// A simulator where nothing happens by itself.
async fn still() -> Sim {
    kit::sim(0.0, &[]).await
}
