//! Bytes and frames. No sockets, no meaning.

#[allow(missing_docs, clippy::pedantic, reason = "generated from proto/")]
pub mod pb {
    include!(concat!(env!("OUT_DIR"), "/webcast.rs"));
}
