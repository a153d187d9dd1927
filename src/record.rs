//! Recorder of lives, with ffmpeg where there is one.
//!
//! Our own HTTP client pulls the stream and feeds ffmpeg's stdin: one proxy setting for everything, a stop is closing a
//! pipe, and an app that is killed leaves a finished file and no orphan.
//!
//! ```text
//! pull:       Source --chunks--> flv::Reader --tags--> Timeline --pieces--+
//!             or HLS: playlists --> segments ----------->|                |
//!             asked anew when it breaks                one clock          | queue, at most 4 MiB
//! recording:  stop? progress? disk?  OutputParts <--pieces----------------+
//!                                    +--> Ffmpeg's stdin --> host_time.mkv, host_time.part02.mkv, ...
//!                                    +--> FlvFile, where no ffmpeg can   --> host_time.flv
//! ```
//!
//! It refuses to know how a stream address is found (a `StreamSource` does) and what a recording looks like on screen.
//! Invariant: a file that exists is never written to; what was written always stays playable.
//!
//! ```no_run
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! // Needs ffmpeg and somebody who is live.
//! let client = tiktop::Client::new()?;
//! let live = client.track_user("@ana.live").await?;
//! let recording = live.record("recordings").await?;
//! let saved = recording.finished().await?;
//! println!("{} ({})", saved.file.display(), saved.reason);
//! # Ok::<_, tiktop::Error>(())
//! # }).unwrap();
//! ```

mod alert;
mod codec;
mod companion_files;
mod copy;
mod cue;
mod engine;
mod failure;
mod finishing;
mod flv;
mod flv_file;
mod hls;
mod marker;
mod matroska;
mod monitor;
mod output;
mod output_parts;
mod plan;
mod probe;
mod process;
mod progress;
mod pull;
mod quality;
mod queue;
mod recorder;
mod recording;
mod recording_index;
mod replay;
mod rules;
mod service;
mod source;
mod splice;
mod subtitles;
mod take;
mod timeline;
mod unfinished;
mod update;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

pub use alert::{AlertKind, AlertLevel, RecordingAlert};
pub use cue::Cue;
use failure::RecordingFailure;
pub use monitor::{MonitorSettings, MonitorState, StreamFault, StreamFaultKind};
pub use quality::Quality;
pub use update::{RecordingDetails, RecordingState};

#[cfg(not(feature = "internals"))]
pub(crate) use inside::*;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub use inside::*;

/// What the other modules of the crate use, and our own tests.
#[allow(unused_imports, reason = "the program and the tests use what a program without them does not")]
mod inside {
    pub use super::copy::copy_as_mp4;
    pub use super::probe::version;
    pub use super::recorder::{Recorder, spawn};
    pub use super::recording_index::{RecordedPlace, RecordingIndex, described_live};
    pub use super::rules::{RecordingRules, RuledRoom};
    pub use super::source::{FoundStreams, LiveState, Media, StreamFailure, StreamOffer, StreamSource};
    pub use super::take::{Take, TakeStatus, takes};
    pub use super::unfinished::{UnfinishedRecording, unfinished};
    pub use super::update::{CopyState, PictureLabel, RecorderCommand, RecorderUpdate, RecordingJob, StreamLabel};
}

/// Where recordings go and what makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecorderSettings {
    /// The folder; made when the first recording starts.
    pub dir: PathBuf,
    /// The ffmpeg to run: a name to find in `PATH`, or a path.
    pub ffmpeg: String,
    /// Which stream of a live to record.
    pub quality: Quality,
    /// What to call recordings, without the ending: text, folders (`/`) and fields in braces: `user`, `title`,
    /// `room_id`, `start`, `date`, `time`, `quality`.
    pub name: String,
    /// Keep what is said and given beside the video: `.chat.jsonl`, at the end `.srt` and `.ass`.
    pub chat: bool,
    /// Put the subtitles into the video's file too, once it is closed.
    pub mux_subtitles: bool,
    /// Keep what a recording is beside the video, as `.json`.
    pub info: bool,
    /// A part is cut at the next keyframe once it is this long; without a hole.
    pub part_length: Option<Duration>,
    /// A part is cut at the next keyframe once it has so many bytes; without a hole.
    pub part_bytes: Option<u64>,
    /// What the monitor of one's own stream looks for.
    pub monitor: MonitorSettings,
    /// How long to wait for what.
    pub limits: RecorderLimits,
}

/// What recordings are called unless somebody says otherwise.
pub const DEFAULT_NAME: &str = "{user}_{start}";

impl RecorderSettings {
    /// Recordings in `dir`, made by `ffmpeg`, with the usual patience.
    pub fn new(dir: impl Into<PathBuf>, ffmpeg: impl Into<String>) -> Self {
        Self {
            dir: dir.into(),
            ffmpeg: ffmpeg.into(),
            quality: Quality::Best,
            name: DEFAULT_NAME.to_owned(),
            chat: false,
            mux_subtitles: false,
            info: false,
            part_length: None,
            part_bytes: None,
            monitor: MonitorSettings::default(),
            limits: RecorderLimits::default(),
        }
    }
}

/// How long to wait for what, and how little disk is too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecorderLimits {
    /// A stream that sends nothing for this long has stalled.
    pub read: Duration,
    /// Pauses before the tries at one address; then the addresses are asked for anew.
    pub retries: [Duration; 3],
    /// Longest pause between two rounds of asking for addresses; the first ones are shorter.
    pub round: Duration,
    /// A recording that has not begun after this long never does.
    pub start: Duration,
    /// First pause after a connection that brought something and was over at once; each further one doubles it.
    pub short: Duration,
    /// The file of a recording without data for this long is closed; the recording waits on.
    pub give_up: Duration,
    /// The service must say twice, this far apart, that the live is over.
    pub end_again: Duration,
    /// What may still come once the live is known to be over.
    pub after_end: Duration,
    /// An ffmpeg that takes nothing, or whose file does not grow while it is fed, for this long hangs.
    pub write: Duration,
    /// An ffmpeg that has written nothing after being fed for this long never will.
    pub first_bytes: Duration,
    /// What ffmpeg gets to close the file once its input has ended, after a stop less; what it has not written then is written
    /// without it.
    pub close: Duration,
    /// What it gets then; after that it is killed.
    pub terminate: Duration,
    /// Free bytes below which a recording stops (and none starts), so that its end still fits.
    pub min_free: u64,
    /// How often the free space is looked at.
    pub space_every: Duration,
}

impl Default for RecorderLimits {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(8),
            retries: [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)],
            round: Duration::from_secs(5),
            start: Duration::from_secs(20),
            give_up: Duration::from_secs(60),
            short: Duration::from_secs(1),
            end_again: Duration::from_secs(2),
            after_end: Duration::from_secs(3),
            write: Duration::from_secs(8),
            first_bytes: Duration::from_secs(5),
            close: Duration::from_secs(3),
            terminate: Duration::from_secs(2),
            min_free: 200_000_000,
            space_every: Duration::from_secs(5),
        }
    }
}
