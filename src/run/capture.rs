//! `--capture`: carries what the tracker tells to the journal, on a thread that may wait for the disk.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::{self, Settings};
use crate::journal::{CaptureLimits, CaptureWriter, CapturesDir};
use crate::track::{RoomUpdate, Tracker, TrackerUpdate};

/// Updates that may wait for the disk: minutes of a busy room.
const QUEUE: usize = 4_096;

/// A capture that runs beside a tracker. Subscribed before the first room is added.
#[derive(Debug)]
pub struct Capturing {
    folder: PathBuf,
    task: JoinHandle<io::Result<()>>,
}

impl Capturing {
    /// Begins a capture in the state folder. Needs a tokio runtime.
    pub fn start(tracker: &Tracker, settings: &Settings, clock: &Clock) -> Result<Self> {
        let dir = config::paths::captures_dir().ok_or_else(|| eyre!("there is no home folder to keep a capture in"))?;
        let limits = CaptureLimits {
            bytes: settings.capture.max_mb.saturating_mul(1_000_000),
            age: Duration::from_secs(settings.capture.max_days.saturating_mul(86_400)),
        };
        let capture = CaptureWriter::begin(CapturesDir::new(&dir), limits, clock.now())
            .wrap_err_with(|| format!("cannot capture into {}", dir.display()))?;
        let folder = capture.folder().to_owned();
        let (updates, clock) = (tracker.subscribe_frames(QUEUE), clock.clone());
        let task = tokio::task::spawn_blocking(move || keep(capture, updates, &clock));
        Ok(Self { folder, task })
    }

    /// Waits until everything is on disk. Finish the tracker first: its end is the capture's end. The sentence says where
    /// the capture is.
    pub async fn finish(self) -> Result<String> {
        let folder = self.folder.display();
        self.task.await?.wrap_err_with(|| format!("the capture in {folder} is incomplete"))?;
        Ok(if self.folder.exists() {
            format!("captured into {folder}; `tiktop replay {folder}` plays it")
        } else {
            "nothing came that could be captured".to_owned()
        })
    }
}

fn keep(mut capture: CaptureWriter, mut updates: Receiver<TrackerUpdate>, clock: &Clock) -> io::Result<()> {
    while let Some(update) = updates.blocking_recv() {
        take(&mut capture, update, clock)?;
        while let Ok(update) = updates.try_recv() {
            take(&mut capture, update, clock)?;
        }
        capture.flush()?;
    }
    capture.end()
}

fn take(capture: &mut CaptureWriter, update: TrackerUpdate, clock: &Clock) -> io::Result<()> {
    let TrackerUpdate::Room(room, news) = update else { return Ok(()) };
    match news {
        RoomUpdate::Added { label } => capture.add(room, label),
        RoomUpdate::Removed { .. } => capture.remove(room)?,
        RoomUpdate::Frame(frame) => capture.frame(room, frame.at, &frame.body)?,
        RoomUpdate::Events(events) => events.iter().try_for_each(|noted| capture.event(room, &noted.event))?,
        RoomUpdate::Lagged(lost) => capture.lost(room, lost.from, clock.now())?,
        RoomUpdate::Raw(_) | RoomUpdate::Snapshot(_) => {}
    }
    Ok(())
}
