//! Pieces that a timeline gives out, and what each part begins with.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::record::codec::{AudioSetup, VideoSetup};

/// A piece of a part, ready for ffmpeg.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct TimelinePiece {
    /// The part it belongs to, from 1.
    pub(in crate::record) part: u32,
    /// Recorded time up to its end, all parts together, in milliseconds.
    pub(in crate::record) millis: u64,
    /// What the part begins with; every piece of a part has the same.
    pub(in crate::record) head: Arc<PartHead>,
    /// A player can begin with this piece, once it has the part's head.
    pub(in crate::record) keyframe: bool,
    /// The part begins with it.
    pub(in crate::record) begins_part: bool,
    /// Nothing more comes in this part: its file can be closed.
    pub(in crate::record) ends_part: bool,
    /// Holes that end in this piece.
    pub(in crate::record) holes: Vec<Hole>,
    pub(in crate::record) bytes: Bytes,
}

/// How what is written of a part is wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::record) enum PartContainer {
    #[default]
    Flv,
    /// An MPEG transport stream: segments of HLS, one behind the other.
    Transport,
    /// Fragments of an MP4.
    Fragments,
}

impl PartContainer {
    /// What ffmpeg calls its reader of it.
    pub(in crate::record) fn demuxer(self) -> &'static str {
        match self {
            Self::Flv => "flv",
            Self::Transport => "mpegts",
            Self::Fragments => "mov",
        }
    }
}

/// What a part begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct PartHead {
    /// The head of the file and the set-up of its tracks; a transport stream needs none.
    pub(in crate::record) bytes: Bytes,
    pub(in crate::record) container: PartContainer,
    /// So much time may lie between two pieces: segments come whole.
    pub(in crate::record) pause: Duration,
    /// Recorded time before it, in milliseconds.
    pub(in crate::record) starts: u64,
    /// The picture; nothing where there is sound only.
    pub(in crate::record) video: Option<VideoSetup>,
    /// The sound.
    pub(in crate::record) audio: Option<AudioSetup>,
    /// The set-up changes in its middle, which nothing but FLV can hold.
    pub(in crate::record) mixed: bool,
}

/// A time that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct Hole {
    /// Recorded time at which it begins, in milliseconds; within a part it counts as recorded time.
    pub(in crate::record) at: u64,
    /// Its length in milliseconds.
    pub(in crate::record) length: u64,
}
