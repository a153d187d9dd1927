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

use tiktop::sim::{Sim, SimFault, SimOptions};

/// A simulator where nothing happens by itself.
async fn still() -> Sim {
    start(0.0, Vec::new()).await
}

async fn start(rate: f64, faults: Vec<SimFault>) -> Sim {
    Sim::start(SimOptions { rate, faults, ..SimOptions::default() }).await.expect("loopback has a free port")
}
