//! webcast.
