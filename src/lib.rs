//! TikTok LIVE in a terminal, and as a library.
//!
//! Programs begin with [`Client`]: it tracks lives, answers questions about rooms and people, and records. Its module
//! has the first example; `docs/coming-from.md` maps the names of two older libraries to ours.
//!
//! The modules stand in the order in which data flows, and import downward only:
//!
//! ```text
//! TikTok --frames--> webcast::transport --Response--> track --events::decode--> [RoomEvent]
//!                       ^ ack, heartbeat                | room.apply(at, &event)   every event, before any queue
//!                                                       | TrackerUpdate, over bounded queues; Lagged -> snapshot
//! client::Live, the screen, `tiktop events` <-----------+
//!                       | TrackerCommand, RecorderCommand
//! ```

#![cfg_attr(
    not(feature = "internals"),
    allow(
        unreachable_pub,
        dead_code,
        reason = "our own tests reach what a program does not: see the feature `internals`"
    )
)]

pub mod clock;
pub mod ids;
pub mod text;

pub mod wire;

pub mod webcast;

pub mod events;

pub mod room;

pub mod track;

pub mod record;

pub mod journal;

pub mod client;

pub mod config;

#[cfg(feature = "sim")]
pub mod sim;

// The program. It stands on the library and is no part of it: `internals` shows the screen to our own tests and benches.
#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod tui;
#[cfg(all(feature = "cli", not(feature = "internals")))]
#[allow(unreachable_pub, dead_code, unused_imports, reason = "`internals` reaches and uses it")]
mod tui;

#[cfg(feature = "cli")]
#[allow(unreachable_pub, reason = "`pub` is what a module shows to the other modules of the program")]
mod run;

#[cfg(feature = "cli")]
#[allow(unreachable_pub, reason = "`pub` is what a module shows to the other modules of the program")]
mod cli;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run as run_program;

pub use client::{Client, Error, Live, LiveEvent};
