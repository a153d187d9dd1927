//! One recording, from the key press to the closed file.
//!
//! Invariant: the last update of a recording is `Done` or `Failed`, and by then no ffmpeg of it runs.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::progress::Meter;
use super::pull::{Outcome, Pull};
use super::queue::{Outlet, Queued, queue};
use super::reel::Reel;
use super::{Failure, Job, Recording, Settings, Source, Update, output};
use crate::clock::{Clock, Moment};
use crate::text::Text;

/// Progress is told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// What one recording needs.
pub(super) struct Take {
    pub(super) job: Job,
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    /// Asked to stop.
    pub(super) stop: CancellationToken,
    pub(super) updates: mpsc::Sender<Update>,
}

/// Where a recording stands.
#[derive(Default)]
struct Progress {
    since: Option<Moment>,
    quality: Text,
    millis: u64,
    meter: Meter,
    told: Option<Recording>,
}

/// Records until asked to stop, until the live ends, or until it cannot go on; the last update says which.
pub(super) async fn run<S: Source>(take: Take, source: S) {
    take.tell(Recording::Starting);
    let recording = take.record(source).await;
    // The one update that must arrive; a screen that is gone does not need it.
    let _ = take.updates.send(Update { room: take.job.room, recording }).await;
}

impl Take {
    async fn record<S: Source>(&self, source: S) -> Recording {
        let limits = self.settings.limits;
        if let Err(failure) = output::prepare(&self.settings.dir, limits.min_free).await {
            return Recording::Failed { reason: sentence(&failure), file: None };
        }
        let (inlet, outlet) = queue();
        let pull = Pull::new(source, self.job.room_id, limits, inlet);
        let pull = AbortOnDropHandle::new(tokio::spawn(pull.run()));
        let mut reel = Reel::new(self.job.clone(), self.settings.clone(), self.clock.now().wall);
        let mut progress = Progress::default();
        let ended = self.write_all(outlet, pull, &mut reel, &mut progress).await;
        if reel.is_open() {
            self.tell(Recording::Stopping);
        }
        let closed = reel.close().await;
        // Why it broke first says more than how it closed then.
        let ended = ended.and_then(|reason| closed.map(|()| reason));
        summary(ended, &reel, progress.millis)
    }

    /// Writes what is pulled, and watches the files, until one of the many ends comes.
    async fn write_all(
        &self,
        mut outlet: Outlet,
        pull: AbortOnDropHandle<Outcome>,
        reel: &mut Reel,
        progress: &mut Progress,
    ) -> Outcome {
        let limits = self.settings.limits;
        let mut tell = interval(TELL_EVERY);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut space = interval_at(Instant::now() + limits.space_every, limits.space_every);
        space.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok("stopped".into()),
                _ = tell.tick() => self.tell_progress(reel, progress).await?,
                _ = space.tick() => output::check_space(&self.settings.dir, limits.min_free).await?,
                () = reel.exited() => return Err(reel.bury().await),
                queued = outlet.recv() => match queued {
                    Some(queued) => self.write(queued, reel, progress).await?,
                    None => return pull.await.unwrap_or(Err(Failure::Empty)),
                },
            }
        }
    }

    async fn write(&self, queued: Queued, reel: &mut Reel, progress: &mut Progress) -> Result<(), Failure> {
        reel.write(&queued.piece, &self.stop).await?;
        progress.since.get_or_insert_with(|| self.clock.now());
        progress.millis = queued.piece.millis;
        progress.quality = queued.quality;
        Ok(())
    }

    async fn tell_progress(&self, reel: &Reel, progress: &mut Progress) -> Result<(), Failure> {
        let bytes = reel.size().await?;
        let (Some(since), Some(file)) = (progress.since, reel.file()) else { return Ok(()) };
        let rate = progress.meter.rate(Instant::now(), bytes);
        let quality = progress.quality.clone();
        let recording = Recording::Running { since, bytes, rate, file: file.to_owned(), quality };
        if progress.told.as_ref() != Some(&recording) {
            self.tell(recording.clone());
            progress.told = Some(recording);
        }
        Ok(())
    }

    /// Tells what the next update makes up for, should the queue be full.
    fn tell(&self, recording: Recording) {
        let _ = self.updates.try_send(Update { room: self.job.room, recording });
    }
}

/// The last word on a recording.
fn summary(ended: Outcome, reel: &Reel, millis: u64) -> Recording {
    let (files, bytes) = reel.result();
    match (ended, files) {
        (Ok(reason), [file]) => Recording::Done { file: file.clone(), bytes, millis, reason },
        (Ok(reason), [file, ..]) => {
            let reason = Text::from(format_args!("{reason}; the picture changed, so there are {} files", files.len()));
            Recording::Done { file: file.clone(), bytes, millis, reason }
        }
        (Ok(_), []) => Recording::Failed { reason: sentence(&Failure::Nothing), file: None },
        (Err(failure), files) => Recording::Failed { reason: sentence(&failure), file: files.last().cloned() },
    }
}

fn sentence(failure: &Failure) -> Text {
    Text::from(failure.to_string())
}
