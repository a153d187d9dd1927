//! HLS: what a playlist says, which of its segments are due, what is in a segment.
//!
//! Pure: the requests are in `pull/segments.rs`.

mod facts;
mod playlist;
mod position;

pub(super) use facts::{CLOCK_MS, facts};
pub(super) use playlist::{Playlist, PlaylistError, SegmentEntry, Window, choose};
pub(super) use position::Position;
