//! Many rooms: tasks, retries, back-pressure. The only layer that starts network tasks.
//!
//! Each room's task owns its [`Room`](crate::room::Room) and applies every event before any queue; readers hear [`Update`]s
//! over bounded queues and are told what they missed.

mod attend;
mod backoff;
mod gifts;
mod keeper;
mod lifecycle;
mod outlet;
mod player;
mod stage;
mod tracker;
mod update;

pub use player::{Player, Playing, Speed};
pub use tracker::Tracker;
pub use update::{Command, Lost, Playback, RawFrame, RawMessage, Update, UpdateKind};
