//! Tracker of many rooms: tasks, retries, back-pressure. The only layer that starts network tasks.
//!
//! Each room's task owns its [`Room`](crate::room::Room) and applies every event before any queue; readers get [`TrackerUpdate`]s
//! over bounded queues and are told what they missed.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use tiktop::track::{RoomUpdate, TrackerCommand, TrackerUpdate};
//!
//! let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! let client = tiktop::Client::builder().service(&sim.base_url(), &sim.socket_url()).build()?;
//!
//! let tracker = client.tracker();
//! let mut updates = tracker.subscribe(1_024, false);
//! for room in ["@ana.live", "@kenji_plays"] {
//!     tracker.commands().send(TrackerCommand::Add(room.parse()?)).await?;
//! }
//! while let Some(update) = updates.recv().await {
//!     if let TrackerUpdate::Room(room, RoomUpdate::Events(batch)) = update {
//!         println!("{} things happened in room {}", batch.len(), room);
//!         break;
//!     }
//! }
//! tracker.finish().await;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod backoff;
mod connect_limiter;
mod foreign_watch;
mod gifts;
mod health;
mod replay;
mod room_actor;
mod room_task;
mod serde_base64;
mod session;
mod subscribers;
mod tracker;
mod update;

pub use replay::{Player, Playing, Speed};
pub(crate) use room_task::{KnownRoom, lookup_to_info, to_info};
pub use tracker::Tracker;
pub use update::{
    Budget, Health, LastLive, Lost, PlaybackCommand, PlaybackStatus, RawFrame, RawMessage, RoomUpdate, TrackerCommand,
    TrackerUpdate, WantedRooms,
};

#[cfg(not(feature = "internals"))]
pub(crate) use inside::*;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub use inside::*;

/// What the other modules of the crate use, and our own tests.
#[allow(unused_imports, reason = "the program and the tests use what a program without them does not")]
mod inside {
    pub use super::connect_limiter::ConnectLimiter;
}
