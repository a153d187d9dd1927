//! Batch of messages for one `msg` frame, encoded once for all sockets of a room.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor};
use prost::Message as _;

use crate::wire::pb;

/// One answer of a room, ready to be framed.
#[derive(Debug)]
pub(super) struct Batch {
    plain: Bytes,
    gzip: OnceLock<Bytes>,
    /// The messages without what faults added; they are true once a socket sends them.
    good: Vec<pb::Message>,
    booked: AtomicBool,
    /// The live it belongs to.
    pub(super) room_id: i64,
    /// What `im_cursor` says.
    pub(super) cursor: String,
    /// What happens to the socket after this batch.
    pub(super) then: AfterBatch,
}

/// What follows a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterBatch {
    GoOn,
    /// The live is over: close, 1000.
    Over,
    /// Close as the service does when it wants clients to come again: 4001.
    Again,
}

impl Batch {
    pub(super) fn new(response: &pb::Response, room_id: i64, good: Vec<pb::Message>, then: AfterBatch) -> Self {
        Self {
            plain: response.encode_to_vec().into(),
            gzip: OnceLock::new(),
            good,
            booked: AtomicBool::new(false),
            room_id,
            cursor: response.cursor.clone(),
            then,
        }
    }

    /// The messages to book, for the first socket that sends them.
    pub(super) fn countable(&self) -> Option<&[pb::Message]> {
        (!self.booked.swap(true, Ordering::Relaxed)).then_some(self.good.as_slice())
    }

    pub(super) fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    pub(super) fn gzip(&self) -> Bytes {
        self.gzip.get_or_init(|| gzip(&self.plain)).clone()
    }
}

/// `data` as one gzip member.
pub(super) fn gzip(data: &[u8]) -> Bytes {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut out = vec![0; compressor.gzip_compress_bound(data.len())];
    // The bound makes room for the worst case, so this cannot fail; an empty payload would be a visible bug.
    let written = compressor.gzip_compress(data, &mut out).unwrap_or(0);
    out.truncate(written);
    out.into()
}
