//! HLS: what a playlist says, which of its segments are due, what is in a segment.
//!
//! Pure: the requests are in `pull/segments.rs`.

mod decryption;
mod facts;
mod fragment;
mod playlist;
mod position;

pub(super) use decryption::{decrypted, numbered};
pub(super) use facts::{CLOCK_MS, facts};
pub(super) use playlist::{Playlist, PlaylistError, SegmentEntry, SegmentKey, Window, choose};
pub(super) use position::Position;
