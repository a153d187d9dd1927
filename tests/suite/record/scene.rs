//! Scene for the recorder: a service that plays a script, and programs that stand in for ffmpeg.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tiktop::clock::Clock;
use tiktop::ids::{RoomId, RoomKey};
use tiktop::record::{
    FoundStreams, LiveState, Media, PictureLabel, Recorder, RecorderCommand, RecorderLimits, RecorderSettings,
    RecorderUpdate, RecordingJob, RecordingState, StreamFailure, StreamOffer, StreamSource, spawn,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::kit::in_time;

/// An ffmpeg that keeps what it is fed.
pub(super) const COPY: &str = r#"for last; do :; done; exec cat > "${last#file:}""#;
pub(super) const ROOM: RoomKey = RoomKey(1);

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    End,
    Reset,
    /// Nothing comes any more, and the live goes on.
    Stall,
    /// Nothing comes any more, for the live is over.
    FallSilent,
    /// Nothing comes until [`Play::go_on`] is cancelled; then the connection ends.
    Wait,
    /// The address is refused; nothing is sent.
    Refuse,
}

/// A service that answers one connection after the other from a script, and says that the live has ended after that.
#[derive(Clone, Debug)]
pub(super) struct Play {
    acts: Arc<Mutex<VecDeque<(Bytes, Then)>>>,
    stalls: Arc<AtomicBool>,
    go_on: CancellationToken,
    no_streams: bool,
    sound_only: bool,
    panics: bool,
}

impl Play {
    pub(super) fn new(acts: impl IntoIterator<Item = (Vec<u8>, Then)>) -> Self {
        let acts = acts.into_iter().map(|(bytes, then)| (Bytes::from(bytes), then)).collect();
        let stalls = Arc::default();
        Self {
            acts: Arc::new(Mutex::new(acts)),
            stalls,
            go_on: CancellationToken::new(),
            no_streams: false,
            sound_only: false,
            panics: false,
        }
    }

    /// What ends connections that wait.
    pub(super) fn go_on(&self) -> CancellationToken {
        self.go_on.clone()
    }

    /// A live whose service names sound only.
    pub(super) fn of_sound(acts: impl IntoIterator<Item = (Vec<u8>, Then)>) -> Self {
        Self { sound_only: true, ..Self::new(acts) }
    }

    /// A service with a bug in it.
    pub(super) fn panicking() -> Self {
        Self { panics: true, ..Self::new([]) }
    }

    pub(super) fn without_streams() -> Self {
        Self { no_streams: true, ..Self::new([(Vec::new(), Then::End)]) }
    }
}

impl StreamSource for Play {
    type Address = ();
    type Media = Act;

    async fn resolve(&self, _: &RecordingJob) -> Result<FoundStreams<()>, StreamFailure> {
        assert!(!self.panics, "a bug");
        let over = self.acts.lock().unwrap().is_empty() && !self.stalls.load(Ordering::Relaxed);
        let state = if over { LiveState::Ended } else { LiveState::On };
        let offer = StreamOffer {
            quality: "hd".into(),
            address: (),
            sound_only: self.sound_only,
            hls: false,
            picture: PictureLabel::default(),
        };
        let offers = if self.no_streams { Vec::new() } else { vec![offer] };
        Ok(FoundStreams { state, offers })
    }

    async fn open(&self, (): &()) -> Result<Act, StreamFailure> {
        let gone = || StreamFailure { gone: true, words: "TikTok refused the stream (404)".into() };
        match self.acts.lock().unwrap().pop_front() {
            Some((_, Then::Refuse)) | None => Err(gone()),
            Some((bytes, then)) => {
                self.stalls.store(then == Then::Stall, Ordering::Relaxed);
                Ok(Act { bytes, then, go_on: self.go_on.clone() })
            }
        }
    }

    fn refer(&self, (): &(), _: &Act, _: &str) -> Option<()> {
        None
    }
}

/// One connection.
pub(super) struct Act {
    bytes: Bytes,
    then: Then,
    go_on: CancellationToken,
}

impl Media for Act {
    async fn chunk(&mut self) -> Result<Option<Bytes>, StreamFailure> {
        if !self.bytes.is_empty() {
            // An odd size, so that tags are cut anywhere.
            return Ok(Some(self.bytes.split_to(self.bytes.len().min(7_001))));
        }
        match self.then {
            Then::Reset => Err(StreamFailure { gone: false, words: "the connection was reset".into() }),
            Then::Stall | Then::FallSilent => std::future::pending().await,
            Then::Wait => {
                self.go_on.cancelled().await;
                Ok(None)
            }
            Then::End | Then::Refuse => Ok(None),
        }
    }
}

/// What records.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ffmpeg {
    /// A shell script in its place.
    Script(&'static str),
    Program(&'static str),
}

/// A recorder at work in a folder of its own.
pub(super) struct Scene {
    pub(super) dir: TempDir,
    pub(super) commands: mpsc::Sender<RecorderCommand>,
    pub(super) updates: mpsc::Receiver<RecorderUpdate>,
    pub(super) recorder: Recorder,
}

impl Scene {
    /// Starts to record `play` with a copying ffmpeg, and waits no longer than a test must.
    pub(super) async fn new(play: Play) -> Self {
        Self::with(play, &Ffmpeg::Script(COPY), impatient()).await
    }

    /// The same with any source.
    pub(super) async fn new_of(source: impl StreamSource) -> Self {
        Self::with(source, &Ffmpeg::Script(COPY), impatient()).await
    }

    /// Starts to record what `source` has.
    pub(super) async fn with(source: impl StreamSource, ffmpeg: &Ffmpeg, limits: RecorderLimits) -> Self {
        Self::of(job(), source, ffmpeg, limits).await
    }

    /// Starts to record what `source` has, with settings of its own.
    pub(super) async fn tuned(source: impl StreamSource, tune: impl FnOnce(&mut RecorderSettings)) -> Self {
        Self::start(job(), source, &Ffmpeg::Script(COPY), impatient(), tune).await
    }

    /// Starts to record a live that `source` has.
    pub(super) async fn of(
        job: RecordingJob,
        source: impl StreamSource,
        ffmpeg: &Ffmpeg,
        limits: RecorderLimits,
    ) -> Self {
        Self::start(job, source, ffmpeg, limits, |_| {}).await
    }

    /// Starts to record a live, all said.
    pub(super) async fn start(
        job: RecordingJob,
        source: impl StreamSource,
        ffmpeg: &Ffmpeg,
        limits: RecorderLimits,
        tune: impl FnOnce(&mut RecorderSettings),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = match ffmpeg {
            Ffmpeg::Script(script) => program(dir.path(), script).to_string_lossy().into_owned(),
            Ffmpeg::Program(program) => (*program).to_owned(),
        };
        let mut settings = RecorderSettings { limits, ..RecorderSettings::new(dir.path().join("videos"), program) };
        tune(&mut settings);
        let (commands, inbox) = mpsc::channel(8);
        let (outbox, updates) = mpsc::channel(64);
        let recorder = spawn(source, settings, Clock::system(), inbox, outbox);
        commands.send(RecorderCommand::Start(job)).await.unwrap();
        Self { dir, commands, updates, recorder }
    }

    pub(super) async fn next(&mut self) -> RecordingState {
        match in_time("the recording tells", self.updates.recv()).await.unwrap() {
            RecorderUpdate::Recording { recording, .. } => recording,
            other => panic!("not of a recording: {other:?}"),
        }
    }

    /// Waits until something is on disk.
    pub(super) async fn running(&mut self) -> PathBuf {
        loop {
            match self.next().await {
                RecordingState::Running { file, bytes: 1.., .. } => return file,
                RecordingState::Starting | RecordingState::Running { .. } | RecordingState::Reconnecting { .. } => {}
                other => panic!("it ended: {other:?}"),
            }
        }
    }

    /// Waits until what is on disk has not grown for seconds: all that was sent has been written.
    pub(super) async fn settled(&mut self) -> PathBuf {
        loop {
            match self.next().await {
                RecordingState::Running { file, bytes: 1.., rate: 0, .. }
                | RecordingState::Reconnecting { file, bytes: 1.., .. } => return file,
                _ => {}
            }
        }
    }

    /// Waits until something is to be told of a recording that goes on.
    pub(super) async fn note(&mut self) -> String {
        loop {
            match self.next().await {
                RecordingState::Running { details, .. } if !details.note.is_empty() => return details.note.to_string(),
                RecordingState::Done { .. } | RecordingState::Failed { .. } => panic!("it ended without a word"),
                _ => {}
            }
        }
    }

    pub(super) async fn last(&mut self) -> RecordingState {
        loop {
            let recording = self.next().await;
            if matches!(recording, RecordingState::Done { .. } | RecordingState::Failed { .. }) {
                return recording;
            }
        }
    }

    /// Waits for a failure; gives its sentence and the file.
    pub(super) async fn failure(&mut self) -> (String, Option<PathBuf>) {
        match self.last().await {
            RecordingState::Failed { reason, file } => (reason.to_string(), file),
            other => panic!("it did not fail: {other:?}"),
        }
    }

    /// Waits for a good end; gives the file, the recorded time and the reason.
    pub(super) async fn done(&mut self) -> (PathBuf, u64, String) {
        match self.last().await {
            RecordingState::Done { file, bytes, millis, reason } => {
                assert!(bytes > 0);
                (file, millis, reason.to_string())
            }
            other => panic!("it was not done: {other:?}"),
        }
    }

    pub(super) async fn stop(&self) {
        self.commands.send(RecorderCommand::Stop(ROOM)).await.unwrap();
    }

    /// The names of all files, in order.
    pub(super) fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.dir.path().join("videos")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub(super) fn job() -> RecordingJob {
    RecordingJob { room: ROOM, room_id: RoomId(7), host: "ana".into(), title: "Morning".into(), quality: None }
}

/// Short waits, so that a test of a long silence is short.
pub(super) fn impatient() -> RecorderLimits {
    let short = Duration::from_millis(20);
    RecorderLimits {
        read: Duration::from_millis(300),
        retries: [short; 3],
        round: short,
        short,
        end_again: short,
        after_end: short,
        min_free: 0,
        ..RecorderLimits::default()
    }
}

/// A stream that stalls stays as it is.
pub(super) fn patient() -> RecorderLimits {
    RecorderLimits { read: Duration::from_secs(600), ..impatient() }
}

/// Writes a shell script. By another process: while one of ours has the file open for writing, a fork in another
/// test's thread could hold it open too, and then it does not run ("text file busy").
fn program(dir: &Path, script: &str) -> PathBuf {
    let path = dir.join("ffmpeg");
    let made = Process::new("sh")
        .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod +x \"$1\"", "sh"])
        .args([path.as_os_str(), script.as_ref()])
        .status();
    assert!(made.unwrap().success());
    path
}

/// One FLV tag.
pub(super) fn tag(kind: u8, at: u32, body: &[u8]) -> Vec<u8> {
    let [high, time @ ..] = at.to_be_bytes();
    let length = (body.len() as u32).to_be_bytes();
    let whole = (body.len() as u32 + 11).to_be_bytes();
    [&[kind], &length[1..], &time, &[high, 0, 0, 0], body, &whole].concat()
}

/// A connection that sends pictures of `from..to` (milliseconds, one group a second), set up as `setup`.
pub(super) fn stream(setup: u8, from: u32, to: u32) -> Vec<u8> {
    let mut bytes = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec();
    bytes.extend(tag(18, 0, b"\x02\0\x0aonMetaData"));
    bytes.extend(tag(9, 0, &[0x17, 0, 0, 0, 0, setup]));
    bytes.extend(tag(8, 0, &[0xaf, 0, 0x12, 0x10]));
    for at in (from..to).step_by(40) {
        let head = if at % 1_000 == 0 { 0x17 } else { 0x27 };
        bytes.extend(tag(9, at, &[&[head, 1, 0, 0, 0], &at.to_be_bytes()[..]].concat()));
        bytes.extend(tag(8, at + 3, &[&[0xaf, 1], &at.to_be_bytes()[..]].concat()));
    }
    bytes
}

/// The times of the pictures in a file that [`COPY`] kept.
pub(super) fn pictures(file: &Path) -> Vec<u32> {
    let bytes = std::fs::read(file).unwrap();
    let mut rest = bytes.get(13..).unwrap_or_default();
    let mut times = Vec::new();
    while let [kind, a, b, c, d, e, f, high, ..] = *rest {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if kind == 9 && rest[12] == 1 {
            times.push(u32::from_be_bytes([high, d, e, f]));
        }
        rest = &rest[length + 15..];
    }
    times
}
