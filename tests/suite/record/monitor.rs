//! Tests of the monitor of one's own stream, by the real ffmpeg; what it finds by itself is tested beside it, without one.

use std::collections::BTreeSet;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tiktop::clock::Clock;
use tiktop::record::{
    FoundStreams, LiveState, Media, MonitorState, PictureLabel, RecorderCommand, RecorderSettings, RecorderUpdate,
    RecordingJob, StreamFailure, StreamFaultKind, StreamOffer, StreamSource, spawn,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::scene::{ROOM, impatient, job};
use super::with_ffmpeg::Clip;
use crate::kit::in_time;

/// Sends a clip in its own time, or some times as fast, once; the lower of two qualities.
#[derive(Clone)]
struct Paced {
    clip: &'static Clip,
    began: Instant,
    pace: u32,
}

impl Paced {
    /// When the clip has come to a time in milliseconds.
    fn at(&self, millis: u32) -> Instant {
        self.began + Duration::from_millis(millis.into()) / self.pace
    }
}

impl StreamSource for Paced {
    type Address = bool;
    type Media = PacedMedia;

    async fn resolve(&self, _: &RecordingJob) -> Result<FoundStreams<bool>, StreamFailure> {
        let over = Instant::now() > self.at(self.clip.tags.last().map_or(0, |(at, ..)| *at));
        let offer = |quality: &str, address| StreamOffer {
            quality: quality.into(),
            address,
            sound_only: false,
            hls: false,
            picture: PictureLabel::default(),
        };
        let state = if over { LiveState::Ended } else { LiveState::On };
        Ok(FoundStreams { state, offers: vec![offer("hd", false), offer("ld", true)] })
    }

    async fn open(&self, lowest: &bool) -> Result<PacedMedia, StreamFailure> {
        assert!(lowest, "the smallest is enough");
        Ok(PacedMedia { paced: self.clone(), next: None })
    }

    fn refer(&self, _: &bool, _: &PacedMedia, _: &str) -> Option<bool> {
        None
    }
}

struct PacedMedia {
    paced: Paced,
    /// Which tag comes next; the head of the file before that.
    next: Option<usize>,
}

impl Media for PacedMedia {
    async fn chunk(&mut self) -> Result<Option<Bytes>, StreamFailure> {
        let clip = self.paced.clip;
        let Some(nth) = self.next else {
            self.next = Some(0);
            return Ok(Some(Bytes::from_static(&clip.head)));
        };
        let Some((at, _, tag)) = clip.tags.get(nth) else { return Ok(None) };
        sleep_until(self.paced.at(*at)).await;
        self.next = Some(nth + 1);
        Ok(Some(Bytes::from_static(tag)))
    }
}

/// Four good seconds, five of black and silence, five of a picture that stands still, three good ones. Nothing, with a word, where
/// ffmpeg cannot make it.
fn troubled() -> Option<&'static Clip> {
    let size = "s=180x320:r=25";
    let pictures = [
        format!("testsrc2={size}:d=4"),
        format!("color=black:{size}:d=5"),
        format!("smptebars={size}:d=5"),
        format!("testsrc2={size}:d=3"),
    ];
    let sounds = ["sine=d=4", "anullsrc=r=44100:cl=mono:d=5", "sine=d=5", "sine=d=3"].map(str::to_owned);
    let mut process = Process::new("ffmpeg");
    process.args(["-v", "error"]);
    for (picture, sound) in pictures.iter().zip(&sounds) {
        process.args(["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]);
    }
    let line = "-filter_complex [0:v][1:a][2:v][3:a][4:v][5:a][6:v][7:a]concat=n=4:v=1:a=1 -c:v libx264 -preset ultrafast -g 25 \
                -bf 0 -pix_fmt yuv420p -c:a aac -f flv pipe:1";
    let made = process.args(line.split_whitespace()).stdin(Stdio::null()).output().ok();
    let Some(made) = made.filter(|made| made.status.success()) else {
        eprintln!("skipped: there is no ffmpeg that can make a test clip");
        return None;
    };
    Some(Box::leak(Box::new(Clip::split(&made.stdout))))
}

/// Monitors a clip to its end; what was told, change by change, and the last word.
async fn monitored(clip: &'static Clip, pace: u32, ffmpeg: &str) -> (Vec<BTreeSet<StreamFaultKind>>, MonitorState) {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = RecorderSettings::new(dir.path(), ffmpeg);
    settings.limits = tiktop::record::RecorderLimits { read: Duration::from_secs(5), ..impatient() };
    settings.monitor.after = Duration::from_secs(2);
    let (commands, inbox) = mpsc::channel(8);
    let (outbox, mut updates) = mpsc::channel(64);
    let recorder = spawn(Paced { clip, began: Instant::now(), pace }, settings, Clock::system(), inbox, outbox);
    commands.send(RecorderCommand::Monitor(job())).await.unwrap();
    let mut told: Vec<BTreeSet<StreamFaultKind>> = Vec::new();
    loop {
        let RecorderUpdate::Monitor { room: ROOM, monitor } = in_time("it tells", updates.recv()).await.unwrap() else {
            panic!("nothing is recorded")
        };
        if monitor.over.is_some() {
            recorder.finish().await;
            assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing is kept");
            return (told, monitor);
        }
        let faults = monitor.faults.iter().map(|fault| fault.kind).collect();
        if told.last() != Some(&faults) {
            told.push(faults);
        }
    }
}

#[tokio::test]
async fn silence_black_and_a_still_picture_are_told_and_told_to_be_over() {
    use StreamFaultKind::{Black, Frozen, Silent};
    let Some(clip) = troubled() else { return };
    let (told, last) = monitored(clip, 1, "ffmpeg").await;
    let seen = told.iter().flatten().copied().collect::<BTreeSet<_>>();
    assert!([Silent, Black, Frozen].iter().all(|kind| seen.contains(kind)), "{told:?}");
    let first = |kind| told.iter().position(|faults| faults.contains(&kind));
    assert!(told[0].is_empty() && first(Black) < first(Frozen), "{told:?}");
    // Once it stands still there is sound again.
    assert!(!told[first(Frozen).unwrap()].contains(&Black), "{told:?}");
    assert!(told.iter().skip(first(Frozen).unwrap()).any(BTreeSet::is_empty), "all is well at the end: {told:?}");
    assert_eq!((last.over.unwrap().as_str(), last.quality.as_str()), ("the live ended", "ld"));
}

#[tokio::test]
async fn without_ffmpeg_the_rate_alone_is_watched_and_that_is_said() {
    let Some(clip) = troubled() else { return };
    let (told, last) = monitored(clip, 5, "/nowhere/ffmpeg").await;
    assert!(told.iter().all(BTreeSet::is_empty), "{told:?}");
    assert!(last.note.as_str().contains("install ffmpeg") && last.note.as_str().contains("bit rate"), "{}", last.note);
}

/// A source with a bug: it cannot be copied for the second time.
struct Fragile(Arc<AtomicUsize>);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) != 1, "a bug");
        Self(Arc::clone(&self.0))
    }
}

impl StreamSource for Fragile {
    type Address = bool;
    type Media = PacedMedia;

    async fn resolve(&self, _: &RecordingJob) -> Result<FoundStreams<bool>, StreamFailure> {
        Ok(FoundStreams { state: LiveState::Ended, offers: Vec::new() })
    }

    async fn open(&self, _: &bool) -> Result<PacedMedia, StreamFailure> {
        panic!("it is over")
    }

    fn refer(&self, _: &bool, _: &PacedMedia, _: &str) -> Option<bool> {
        None
    }
}

#[tokio::test]
async fn a_bug_in_a_monitor_ends_it_and_the_next_one_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (commands, inbox) = mpsc::channel(8);
    let (outbox, mut updates) = mpsc::channel(8);
    let settings = RecorderSettings { limits: impatient(), ..RecorderSettings::new(dir.path(), "/nowhere/ffmpeg") };
    let recorder = spawn(Fragile(Arc::default()), settings, Clock::system(), inbox, outbox);
    for words in ["a fault in tiktop", "the live ended"] {
        commands.send(RecorderCommand::Monitor(job())).await.unwrap();
        let update = in_time("the monitor ends", updates.recv()).await.unwrap();
        let RecorderUpdate::Monitor { room: ROOM, monitor: MonitorState { over: Some(over), .. } } = update else {
            panic!("{update:?}");
        };
        assert!(over.as_str().contains(words), "{over}");
    }
    recorder.finish().await;
}
