//! Capture of a run (`--capture`): carries the tracker's updates to the journal, on a thread that may wait for the disk.
//!
//! A disk that takes nothing costs what comes meanwhile, not the capture: it is told at once, and tried again.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use crate::clock::{Clock, Moment};
use crate::config::{self, Settings};
use crate::ids::RoomKey;
use crate::journal::{CaptureLimits, CaptureWriter, CapturesDir};
use crate::text::Text;
use crate::track::{RoomUpdate, Tracker, TrackerUpdate};

/// Updates that may wait for the disk: minutes of a busy room.
const QUEUE: usize = 4_096;

/// Why something is missing in a capture.
const DISK_TOOK_NOTHING: &str = "the disk took nothing";
/// Time between two tries to write where the disk takes nothing.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A capture that runs beside a tracker. Subscribed before the first room is added.
#[derive(Debug)]
pub struct RunningCapture {
    folder: PathBuf,
    task: JoinHandle<io::Result<Duration>>,
}

impl RunningCapture {
    /// Begins a capture in the state folder. Needs a tokio runtime. What befalls it is told to `warnings` at once.
    pub fn start(tracker: &Tracker, settings: &Settings, clock: &Clock, warnings: Sender<Text>) -> Result<Self> {
        let dir = config::paths::captures_dir().ok_or_else(|| eyre!("there is no home folder to keep a capture in"))?;
        let limits = CaptureLimits {
            bytes: settings.capture.max_mb.saturating_mul(1_000_000),
            age: Duration::from_secs(settings.capture.max_days.saturating_mul(86_400)),
        };
        let capture = CaptureWriter::begin(CapturesDir::new(&dir), limits, clock.now())
            .wrap_err_with(|| format!("cannot capture into {}", dir.display()))?;
        let folder = capture.folder().to_owned();
        let (mut updates, clock) = (tracker.subscribe_frames(QUEUE), clock.clone());
        let task = tokio::task::spawn_blocking(move || {
            let mut capture = CaptureTask::new(capture, clock, warnings);
            while let Some(update) = updates.blocking_recv() {
                capture.write_update(update);
                while let Ok(update) = updates.try_recv() {
                    capture.write_update(update);
                }
                capture.flush();
            }
            capture.end()
        });
        Ok(Self { folder, task })
    }

    /// Waits until everything is on disk. Finish the tracker first: its end is the capture's end. The sentence says where
    /// the capture is.
    pub async fn finish(self) -> Result<String> {
        let folder = self.folder.display();
        let missing = self.task.await?.wrap_err_with(|| format!("the capture in {folder} is incomplete"))?;
        let missing = if missing.is_zero() {
            String::new()
        } else {
            format!(", but for {} s in which the disk took nothing", missing.as_secs().max(1))
        };
        Ok(if self.folder.exists() {
            let megabytes = bytes_in(&self.folder) as f64 / 1e6;
            format!("captured {megabytes:.1} MB into {folder}{missing}; `tiktop replay {folder}` plays it")
        } else {
            "nothing came that could be captured".to_owned()
        })
    }
}

/// Bytes of the files in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
}

/// Writes what comes, and waits for better times where the disk takes nothing.
struct CaptureTask {
    capture: CaptureWriter,
    clock: Clock,
    warnings: Sender<Text>,
    fault: Option<DiskFault>,
    /// Rooms of which something is missing that has not been said in their files yet, and since when.
    missed: HashMap<RoomKey, Moment>,
    /// For how long the disk took nothing, all together.
    missing: Duration,
}

/// The disk takes nothing.
struct DiskFault {
    since: Moment,
    next_try: Moment,
    error: io::Error,
}

impl CaptureTask {
    fn new(capture: CaptureWriter, clock: Clock, warnings: Sender<Text>) -> Self {
        Self { capture, clock, warnings, fault: None, missed: HashMap::new(), missing: Duration::ZERO }
    }

    fn write_update(&mut self, update: TrackerUpdate) {
        let TrackerUpdate::Room(room, news) = update else { return };
        let now = self.clock.now();
        if let (Some(fault), RoomUpdate::Frame(frame)) = (&self.fault, &news)
            && !fault.next_try.since(now).is_zero()
        {
            self.missed.entry(room).or_insert(frame.at);
            return;
        }
        let is_frame = matches!(news, RoomUpdate::Frame(_));
        let mut written = write(&mut self.capture, room, news, now);
        if is_frame && self.fault.is_some() {
            // Only what has left our own buffer shows that the disk takes something again.
            written = written.and_then(|()| self.capture.flush());
        }
        match written {
            Ok(()) if is_frame => self.written(room, now),
            Ok(()) => {}
            Err(error) => {
                self.missed.entry(room).or_insert(now);
                self.failed(error);
            }
        }
    }

    fn flush(&mut self) {
        if self.fault.is_none()
            && let Err(error) = self.capture.flush()
        {
            self.failed(error);
        }
    }

    /// A frame of this room is in its file.
    fn written(&mut self, room: RoomKey, now: Moment) {
        if let Some(fault) = self.fault.take() {
            let lasted = now.since(fault.since);
            self.missing += lasted;
            self.warn(&format!("the capture goes on: {} s of it are missing", lasted.as_secs().max(1)));
        }
        if let Some(from) = self.missed.remove(&room)
            && let Err(error) = self.capture.lost(room, from, now, DISK_TOOK_NOTHING)
        {
            self.failed(error);
        }
    }

    fn failed(&mut self, error: io::Error) {
        let now = self.clock.now();
        for room in self.capture.suspend() {
            self.missed.entry(room).or_insert(now);
        }
        let next_try = now + RETRY_AFTER;
        let since = self.fault.as_ref().map(|fault| fault.since);
        if since.is_none() {
            self.warn(&format!("the capture stands still until the disk takes it again: {error}"));
        }
        self.fault = Some(DiskFault { since: since.unwrap_or(now), next_try, error });
    }

    fn warn(&self, sentence: &str) {
        tracing::warn!("{sentence}");
        // A full queue has warnings enough.
        let _ = self.warnings.try_send(Text::new(sentence));
    }

    /// How much is missing, where the rest is on disk.
    fn end(self) -> io::Result<Duration> {
        self.capture.end()?;
        self.fault.map_or(Ok(self.missing), |fault| Err(fault.error))
    }
}

fn write(capture: &mut CaptureWriter, room: RoomKey, news: RoomUpdate, now: Moment) -> io::Result<()> {
    match news {
        RoomUpdate::Added { label } => capture.add(room, label),
        RoomUpdate::Removed { .. } => capture.remove(room)?,
        RoomUpdate::Frame(frame) => capture.frame(room, frame.at, &frame.body)?,
        RoomUpdate::Events(events) => events.iter().try_for_each(|tallied| capture.event(room, &tallied.event))?,
        RoomUpdate::Lagged(lost) => capture.lost(room, lost.from, now, "the capture was too slow")?,
        RoomUpdate::Raw(_) | RoomUpdate::Snapshot(_) | RoomUpdate::Summary(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::track::RawFrame;
    use std::fs;
    use std::path::Path;
    use tokio::sync::mpsc;

    const ROOM: RoomKey = RoomKey(1);

    fn files(dir: &Path) -> String {
        let runs = fs::read_dir(dir).unwrap().map(|run| run.unwrap().path()).filter(|run| run.is_dir());
        let mut files: Vec<_> =
            runs.flat_map(|run| fs::read_dir(run).unwrap()).map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    }

    #[test]
    fn a_disk_that_takes_nothing_is_told_at_once_and_the_capture_goes_on_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Timestamp(1_700_000_000_000));
        let limits = CaptureLimits { bytes: 1_000_000, age: Duration::from_secs(1_000) };
        let capture = CaptureWriter::begin(CapturesDir::new(dir.path()), limits, clock.now()).unwrap();
        let folder = capture.folder().to_owned();
        let (warnings, mut warned) = mpsc::channel(8);
        let mut capture = CaptureTask::new(capture, clock.clone(), warnings);
        let frame = |capture: &mut CaptureTask, seconds| {
            clock.advance(Duration::from_secs(seconds));
            let raw = RawFrame { at: clock.now(), body: bytes::Bytes::from_static(b"\x20\x01") };
            capture.write_update(TrackerUpdate::Room(ROOM, RoomUpdate::Frame(raw)));
            capture.flush();
        };
        capture.write_update(TrackerUpdate::Room(ROOM, RoomUpdate::Added { label: Text::new("@ana") }));
        frame(&mut capture, 1);
        assert!(warned.try_recv().is_err());
        let before = files(dir.path()).lines().count();

        // A file in the place of the folder takes no file: as a full disk does, but on every machine.
        for kept in fs::read_dir(&folder).unwrap() {
            fs::rename(kept.unwrap().path(), dir.path().join("aside")).unwrap();
        }
        fs::remove_dir(&folder).unwrap();
        fs::write(&folder, "").unwrap();
        capture.failed(io::ErrorKind::StorageFull.into());
        assert!(warned.try_recv().unwrap().as_str().starts_with("the capture stands still"));
        for _ in 0..5 {
            frame(&mut capture, 1);
        }
        assert!(warned.try_recv().is_err(), "it is told once");

        fs::remove_file(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        frame(&mut capture, 3);
        assert_eq!(warned.try_recv().unwrap(), "the capture goes on: 8 s of it are missing");
        frame(&mut capture, 1);
        assert_eq!(capture.end().unwrap(), Duration::from_secs(8));
        let after = files(dir.path());
        assert!(after.contains(DISK_TOOK_NOTHING), "{after}");
        assert!(after.lines().count() > before, "{after}");
        assert!(after.lines().all(|line| crate::wire::capture::CaptureLine::parse(line).is_ok()), "{after}");
    }

    #[test]
    fn a_capture_that_never_got_better_ends_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Timestamp(1_700_000_000_000));
        let limits = CaptureLimits { bytes: 1_000_000, age: Duration::from_secs(1_000) };
        let capture = CaptureWriter::begin(CapturesDir::new(dir.path()), limits, clock.now()).unwrap();
        let (warnings, mut warned) = mpsc::channel(8);
        let mut capture = CaptureTask::new(capture, clock, warnings);
        capture.failed(io::ErrorKind::StorageFull.into());
        capture.failed(io::ErrorKind::StorageFull.into());
        assert!(warned.try_recv().is_ok() && warned.try_recv().is_err());
        assert_eq!(capture.end().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
