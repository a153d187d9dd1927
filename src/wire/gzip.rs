//! Inflater of what the service compressed, within a limit.

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor, Decompressor};

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

/// Inflates gzip, one call after the other.
pub struct Inflater {
    decompressor: Decompressor,
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
        Self { decompressor: Decompressor::new(), limit }
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
        let mut inflated = vec![0; announced];
        let length = self.decompressor.gzip_decompress(compressed, &mut inflated).map_err(|_| bad())?;
        if length != announced {
            return Err(bad());
        }
        if self.has_second_member(compressed, &mut inflated) {
            return Err(DecodeError::SecondMember { bytes: compressed.len() });
        }
        Ok(inflated.into())
    }

    /// The inflater stops at the end of the first member and does not say where that was. Only where something like a
    /// second beginning stands in the input is it worth asking: without its last byte, does the input still inflate?
    fn has_second_member(&mut self, compressed: &[u8], scratch: &mut [u8]) -> bool {
        let Some((_, shorter)) = compressed.split_last() else { return false };
        let suspicious = compressed.get(MAGIC.len()..).is_some_and(|rest| memchr::memmem::find(rest, &MAGIC).is_some());
        suspicious && {
            let mut scratch = scratch.to_vec();
            self.decompressor.gzip_decompress(shorter, &mut scratch).is_ok()
        }
    }
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").field("limit", &self.limit).finish_non_exhaustive()
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
