//! Test kit: a service (simulated or scripted), settings for it, a tracker with the mirror that the screen has, and the
//! program as a shell runs it.

mod program;
mod rooms;
mod scene;
pub(crate) mod scripted;
mod simulated;

use std::time::Duration;

pub(crate) use program::{isolated, pointed_at, text};
pub(crate) use rooms::{Mirrors, Rooms};
pub(crate) use scene::{Scene, Setting};
pub(crate) use simulated::{TURN, keyed, settings, sim, sim_with};

/// Nothing here takes long, but on a clock that a test turns; one that waits in vain must end all the same.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What comes of `waiting`, which has to come.
pub(crate) async fn in_time<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    let Ok(came) = tokio::time::timeout(PATIENCE, waiting).await else { panic!("waited in vain until {what}") };
    came
}

/// Waits for something that nobody tells.
pub(crate) async fn until(what: &str, done: impl Fn() -> bool) {
    in_time(what, async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
