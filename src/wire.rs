//! Bytes and frames. No sockets, no meaning.
//!
//! The outermost layer of what travels: a WebSocket message is a [`Frame`], its inflated body a [`Response`], which holds
//! [`Message`]s whose bodies `events` understands. The capture-file format lives here too, because everything that
//! writes or replays frames shares it. Refuses to know what a gift is and where bytes come from.
//!
//! Reading is a walk over borrowed fields; writing (the few frames we send, and all the simulator says) uses the
//! types generated from `proto/`. A test holds the two together.
//!
//! Invariants: no input panics; memory is bounded by [`MAX_INFLATED`]; one bad message never costs its neighbours.
//!
//! ```
//! use tiktop::ids::RoomId;
//! use tiktop::wire::{Frame, FrameKind};
//!
//! let bytes = Frame::heartbeat(RoomId(7_300_000_000_000_000_001), 1);
//! assert_eq!(Frame::decode(bytes)?.kind, FrameKind::Heartbeat);
//! assert!(Frame::decode("no frame".into()).is_err());
//! # Ok::<_, tiktop::wire::DecodeError>(())
//! ```

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod capture;
#[cfg(not(feature = "internals"))]
#[allow(dead_code, unreachable_pub, reason = "the program and the tests use what a library without them does not")]
pub(crate) mod capture;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod capture_file;
#[cfg(not(feature = "internals"))]
#[allow(dead_code, unreachable_pub, reason = "the program and the tests use what a library without them does not")]
pub(crate) mod capture_file;
mod error;
mod fields;
mod frame;
mod gzip;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod lenient_json;
#[cfg(not(feature = "internals"))]
#[allow(dead_code, unreachable_pub, reason = "the program and the tests use what a library without them does not")]
pub(crate) mod lenient_json;
mod response;

pub use error::DecodeError;
pub use frame::{Frame, FrameKind};
pub use gzip::{Inflater, MAX_INFLATED};
pub use response::{Message, Response};

#[cfg(not(feature = "internals"))]
pub(crate) use inside::*;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub use inside::*;

/// What the other modules of the crate use, and our own tests.
#[allow(unused_imports, reason = "the program and the tests use what a program without them does not")]
mod inside {
    pub use super::fields::{Field, Fields};
    pub use super::gzip::{compress, is_gzip};
}

/// The types generated from `proto/`.
#[cfg(feature = "internals")]
#[doc(hidden)]
#[allow(missing_docs, clippy::pedantic, reason = "generated from proto/")]
pub mod pb {
    include!(concat!(env!("OUT_DIR"), "/webcast.rs"));
}
/// The types generated from `proto/`.
#[cfg(not(feature = "internals"))]
#[allow(missing_docs, clippy::pedantic, dead_code, reason = "generated from proto/")]
pub(crate) mod pb {
    include!(concat!(env!("OUT_DIR"), "/webcast.rs"));
}
