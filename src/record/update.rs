//! Commands to a recorder, and its updates.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Cue, MonitorState, Quality, Take};
use crate::clock::Moment;
use crate::config::RecordRule;
use crate::ids::{RoomId, RoomKey};
use crate::text::Text;

/// What a recorder can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecorderCommand {
    /// Record this live.
    Start(RecordingJob),
    /// Finish the recording of this room.
    Stop(RoomKey),
    /// The live of this room is over: record what is still on its way, then finish.
    LiveEnded(RoomKey),
    /// Something was said or given in this room: keep it beside the video, if that is wanted.
    Cue(RoomKey, Box<Cue>),
    /// The host of this room has paused, or goes on.
    LivePaused(RoomKey, bool),
    /// Mark a place of the recording of a room, so long ago; it becomes a chapter.
    Mark(RoomKey, Text, Duration),
    /// Keep the last minute of what is being recorded as a file of its own.
    Clip(RoomKey),
    /// Watch the stream of this live for its host, as long as it lasts.
    Monitor(RecordingJob),
    /// Watch it no longer.
    StopMonitor(RoomKey),
    /// When a room is recorded by itself from now on. For whoever follows the rooms: the recorder itself does what it is told.
    SetRule(RoomKey, RecordRule),
    /// Say which streams this live has.
    ListStreams(RecordingJob),
    /// Say which recordings there are.
    ListTakes,
    /// Copy this recording to MP4.
    Copy(PathBuf),
    /// Make whole copies of the recording with this description, which was cut off.
    Repair(PathBuf),
}

/// A live to record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingJob {
    /// Our handle of the room.
    pub room: RoomKey,
    /// The live whose stream to pull; its addresses are asked for anew.
    pub room_id: RoomId,
    /// The host's handle: the file's name begins with it.
    pub host: Text,
    /// Title of the live, for the file's metadata.
    pub title: Text,
    /// Which stream, where that is not as the settings say.
    pub quality: Option<Quality>,
}

/// What a recorder says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecorderUpdate {
    /// Where the recording of a room stands.
    Recording {
        /// Of which room.
        room: RoomKey,
        /// Where its recording stands.
        recording: RecordingState,
    },
    /// What the monitor of a room sees; told twice a second.
    Monitor {
        /// Of which room.
        room: RoomKey,
        /// Where it stands.
        monitor: MonitorState,
    },
    /// When a room is recorded by itself. From whoever follows the rooms, as the answer to [`RecorderCommand::SetRule`].
    Rule {
        /// Which room.
        room: RoomKey,
        /// When.
        rule: RecordRule,
    },
    /// The streams of a live, best first; or why nobody knows them, in one sentence.
    Streams {
        /// Of which room.
        room: RoomKey,
        /// One row a stream.
        streams: Result<Vec<StreamLabel>, Text>,
    },
    /// A clip was made, or why not, in one sentence.
    Clip {
        /// Of which room.
        room: RoomKey,
        /// The file.
        clip: Result<PathBuf, Text>,
    },
    /// The recordings there are, newest first.
    Takes(Vec<Take>),
    /// Whole copies of a recording that was cut off were made, or why not, in one sentence.
    Repair {
        /// Its description.
        info: PathBuf,
        /// The copies.
        copies: Result<Vec<PathBuf>, Text>,
    },
    /// Where a copy stands.
    Copy {
        /// What is being copied.
        file: PathBuf,
        /// How far it is.
        copy: CopyState,
    },
}

/// Where a copy of a recording stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CopyState {
    /// So much is done, in percent.
    Running(u8),
    /// It was read to its end and is whole.
    Done(PathBuf),
    /// There is none; why, in one sentence.
    Failed(Text),
}

/// What a stream of a live is, by its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamLabel {
    /// Its name, such as `hd`.
    pub quality: Text,
    /// What its picture is.
    pub picture: PictureLabel,
    /// There is sound and no picture.
    pub sound_only: bool,
    /// It comes as segments.
    pub hls: bool,
}

/// What the picture of a stream is, by its label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PictureLabel {
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// How it is coded: `h264`, `h265`; empty where nobody says.
    pub codec: Text,
    /// Bits a second.
    pub bitrate: Option<u64>,
}

/// Where a recording stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum RecordingState {
    /// Asking for the stream, starting ffmpeg.
    Starting,
    /// Still asking: nothing of the live has come yet.
    Waiting {
        /// What is in the way.
        cause: Text,
    },
    /// Running. Told at most twice a second, and only when a number changed.
    Running {
        /// When the first byte was written.
        since: Moment,
        /// Bytes of the file so far.
        bytes: u64,
        /// Bytes a second, over the last seconds.
        rate: u64,
        /// The file.
        file: PathBuf,
        /// What is being pulled, such as `hd`.
        quality: Text,
        /// There is sound and no picture.
        sound_only: bool,
        /// What else there is to know.
        details: Box<RecordingDetails>,
    },
    /// Nothing comes, and the stream is asked for again and again; after a minute the file is closed, and what then comes goes
    /// into another.
    Reconnecting {
        /// When the first byte was written.
        since: Moment,
        /// Bytes of the files so far.
        bytes: u64,
        /// The file written last.
        file: PathBuf,
        /// The host has paused: nothing is wrong.
        paused: bool,
        /// Why nothing comes, where it is known.
        cause: Text,
        /// Whole seconds since anything came.
        silent_seconds: u64,
        /// The file is closed; what comes then goes into another.
        closed: bool,
    },
    /// Closing the file.
    Stopping,
    /// Finished; the file is whole.
    Done {
        /// The file.
        file: PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// Recorded time in milliseconds.
        millis: u64,
        /// Why it ended: asked for, the live ended, …
        reason: Text,
    },
    /// Could not start, or broke. What was written stays and plays.
    Failed {
        /// One clear sentence: what happened and what to do.
        reason: Text,
        /// The file, if one was begun.
        file: Option<PathBuf>,
    },
}

impl RecordingState {
    /// Whether bytes are being written, or are about to be: it has not come to its end.
    pub fn is_active(&self) -> bool {
        !matches!(self, Self::Done { .. } | Self::Failed { .. })
    }
}

/// What else there is to know about a recording that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecordingDetails {
    /// Recorded time in milliseconds, all parts together.
    pub millis: u64,
    /// How the picture is coded, such as `h264`; empty where there is none.
    pub codec: Text,
    /// Width and height of the picture in pixels, as the stream itself says.
    pub size: Option<(u32, u32)>,
    /// The file being written, counted from 1.
    pub part: u32,
    /// Times that are missing.
    pub holes: u32,
    /// Their length together, in milliseconds.
    pub hole_millis: u64,
    /// Bytes left on the disk; nothing where it does not say.
    pub free: Option<u64>,
    /// Seconds until the recording stops for want of space, at the rate of now.
    pub seconds_left: Option<u64>,
    /// Whole seconds since anything came.
    pub silent_seconds: u64,
    /// What happened that a person should know, in one sentence; empty when nothing did.
    pub note: Text,
    /// That is about ffmpeg, which was lost or is not there; else about what is recorded.
    pub writer_trouble: bool,
}
