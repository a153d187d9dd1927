//! Reusable parts that know numbers and text, not rooms (the feed knows the log it scrolls).

pub(super) mod feed;
pub(super) mod graph;
pub(super) mod paint;
pub(super) mod steady;
pub(super) mod versus;
pub(super) mod wrap;
