//! Inflater of what the service compressed, within a limit.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use memchr::memmem::Finder;

use super::DecodeError;

/// Most bytes one frame may inflate to. The largest recorded ones are near 100 KB.
pub const MAX_INFLATED: usize = 32 * 1024 * 1024;

/// How a gzip member begins.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];
/// Deflate cannot do better than this.
const BEST_RATIO: usize = 1_032;

/// Whether bytes begin like gzip. No protobuf message begins like this.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC[..2])
}

/// Most bytes of a buffer that a thread keeps for its next frame.
const MAX_KEPT: usize = 256 * 1024;

thread_local! {
    /// What inflating takes: one a thread and not one a room, so that a thousand rooms hold it once and find it in the processor's cache.
    static WORKSPACE: RefCell<Workspace> = RefCell::new(Workspace {
        decompressor: Decompressor::new(),
        second_member: Finder::new(&MAGIC),
        buffer: Bytes::new(),
    });
}

struct Workspace {
    decompressor: Decompressor,
    /// Finds the beginning of a member.
    second_member: Finder<'static>,
    /// What was inflated last. It is written over as soon as nobody else holds a part of it.
    buffer: Bytes,
}

/// Inflates gzip, one call after the other.
#[derive(Debug)]
pub struct Inflater {
    limit: usize,
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new(MAX_INFLATED)
    }
}

impl Inflater {
    /// An inflater that refuses to make more than `limit` bytes of one input.
    pub fn new(limit: usize) -> Self {
        Self { limit }
    }

    /// Inflates one whole gzip member.
    ///
    /// The length a member announces at its end decides how much is allocated: a member that is what it should be
    /// inflates to exactly that (the checksum covers it), so a buffer that turns out too small is proof of damage or of
    /// a second member and never a reason to grow.
    pub fn inflate(&mut self, compressed: &[u8]) -> Result<Bytes, DecodeError> {
        let bad = || DecodeError::BadGzip { bytes: compressed.len() };
        let announced = compressed.last_chunk().map(|size| u32::from_le_bytes(*size) as usize).ok_or_else(bad)?;
        if announced > compressed.len().saturating_mul(BEST_RATIO) {
            return Err(bad());
        }
        if announced > self.limit {
            return Err(DecodeError::TooBig { announced, limit: self.limit });
        }
        WORKSPACE.with_borrow_mut(|workspace| workspace.inflate(compressed, announced))
    }
}

impl Workspace {
    fn inflate(&mut self, compressed: &[u8], announced: usize) -> Result<Bytes, DecodeError> {
        let mut buffer = std::mem::take(&mut self.buffer).try_into_mut().unwrap_or_default();
        if buffer.len() < announced {
            buffer = BytesMut::zeroed(announced);
        }
        let (inflated, _) = buffer.split_at_mut(announced);
        match self.decompressor.gzip_decompress(compressed, inflated) {
            Ok(length) if length == announced => {}
            _ => return Err(DecodeError::BadGzip { bytes: compressed.len() }),
        }
        if self.has_second_member(compressed, announced) {
            return Err(DecodeError::SecondMember { bytes: compressed.len() });
        }
        let whole = buffer.freeze();
        let inflated = whole.slice(..announced);
        if whole.len() <= MAX_KEPT {
            self.buffer = whole;
        }
        Ok(inflated)
    }

    /// The inflater stops at the end of the first member and does not say where that was. Only where something like a
    /// second beginning stands in the input is it worth asking: without its last byte, does the input still inflate?
    fn has_second_member(&mut self, compressed: &[u8], announced: usize) -> bool {
        let Some((_, shorter)) = compressed.split_last() else { return false };
        let suspicious = compressed.get(MAGIC.len()..).is_some_and(|rest| self.second_member.find(rest).is_some());
        suspicious && self.decompressor.gzip_decompress(shorter, &mut vec![0; announced]).is_ok()
    }
}

/// Compresses as the service does. For the simulator and for tests.
pub fn compress(plain: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut compressed = vec![0; compressor.gzip_compress_bound(plain.len())];
    // The bound is the library's own promise; an empty result would be refused by every reader at once.
    let length = compressor.gzip_compress(plain, &mut compressed).unwrap_or(0);
    compressed.truncate(length);
    compressed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let mut inflater = Inflater::default();
        for plain in [&b""[..], b"x", &vec![7; 100_000]] {
            assert_eq!(inflater.inflate(&compress(plain)).unwrap(), plain);
        }
    }

    #[test]
    fn what_somebody_still_holds_is_not_written_over() {
        let mut inflater = Inflater::default();
        let first = inflater.inflate(&compress(b"first")).unwrap();
        let part = first.slice(1..3);
        drop(first);
        let second = inflater.inflate(&compress(b"second, and longer")).unwrap();
        assert_eq!((part, second.clone()), (Bytes::from("ir"), Bytes::from("second, and longer")));
        let place = second.as_ptr();
        drop(second);
        let third = inflater.inflate(&compress(b"third")).unwrap();
        assert_eq!((third.as_ptr(), third), (place, Bytes::from("third")));
    }

    #[test]
    fn a_damaged_member_leaves_nothing_behind_for_the_next() {
        let mut inflater = Inflater::default();
        let mut damaged = compress(&[7; 3_000]);
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0xff;
        assert!(inflater.inflate(&damaged).is_err());
        assert_eq!(inflater.inflate(&compress(b"whole")).unwrap(), "whole");
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_inflated() {
        let bomb = compress(&vec![0; 2_000_000]);
        assert!(bomb.len() < 20_000);
        let error = Inflater::new(1_000_000).inflate(&bomb).unwrap_err();
        assert_eq!(error, DecodeError::TooBig { announced: 2_000_000, limit: 1_000_000 });
    }

    #[test]
    fn a_bomb_that_lies_about_its_size_does_not_get_the_memory() {
        let mut bomb = compress(&vec![0; 2_000_000]);
        let end = bomb.len() - 4;
        bomb[end..].copy_from_slice(&100_u32.to_le_bytes());
        assert!(matches!(Inflater::new(1_000_000).inflate(&bomb), Err(DecodeError::BadGzip { .. })));
    }

    #[test]
    fn every_cut_is_an_error() {
        let whole = compress(&(0..=255).cycle().take(3_000).collect::<Vec<u8>>());
        let mut inflater = Inflater::default();
        for length in 0..whole.len() {
            assert!(inflater.inflate(&whole[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn a_second_member_is_an_error_even_when_it_is_the_same_again() {
        let (one, other) = (compress(b"hello hello"), compress(b"another one"));
        let mut inflater = Inflater::default();
        for second in [&one, &other] {
            let both = [one.as_slice(), second].concat();
            assert!(inflater.inflate(&both).is_err());
        }
    }

    #[test]
    fn a_beginning_inside_the_data_is_no_second_member() {
        // Stored, not compressed: the magic of a member stands in the input.
        let plain = [&MAGIC[..], &[0; 5]].concat();
        let mut stored = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 8, 0, 0xf7, 0xff];
        stored.extend(&plain);
        stored.extend(libdeflater::crc32(&plain).to_le_bytes());
        stored.extend((plain.len() as u32).to_le_bytes());
        assert_eq!(Inflater::default().inflate(&stored).unwrap(), plain);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let framed = [&MAGIC[..], &bytes].concat();
            let _ = Inflater::new(10_000).inflate(&framed);
        }
    }
}
