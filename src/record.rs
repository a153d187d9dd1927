//! Recording a live with ffmpeg.
//!
//! Our own HTTP client pulls the stream and feeds ffmpeg's stdin: one proxy setting for everything, a stop is closing a
//! pipe, and an app that is killed leaves a finished file and no orphan.

mod update;

pub use update::{Command, Job, Recording, Update};
