//! Widgets: reusable parts that know numbers and text, not rooms (the feed knows the log it scrolls).

pub(super) mod big_number;
pub(super) mod feed;
pub(super) mod graph;
pub(super) mod paint;
pub(super) mod split_bar;
pub(super) mod uncertain_width;
pub(super) mod wrap;
