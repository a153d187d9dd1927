//! Integration tests in one binary: linking is the slow part.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "all of this is tests, which may panic and say what they skip; clippy sees only the #[test] functions"
)]

mod browser;
mod captures;
mod catalogue;
mod coming_from;
mod commands;
mod config;
mod connect_limiter;
mod docs;
mod doctor;
mod faults;
mod foreign_room;
mod history;
mod hooks;
mod invented;
mod kept_connections;
mod kit;
mod layers;
mod library;
mod local_feed;
mod lookup;
mod meaning;
mod ndjson;
mod overviews;
mod panes;
mod picture;
mod places;
mod proxies;
mod record;
mod replay;
mod retry_times;
mod room_laws;
mod scenarios;
mod screen_laws;
mod screens;
#[cfg(unix)]
mod serve;
mod session;
mod sim;
mod simulated;
mod stage;
mod terminal;
mod transports;
mod wire;
