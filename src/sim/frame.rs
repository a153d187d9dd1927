//! Push frames as the service sends them, and frames as it should not.

use std::sync::OnceLock;

use bytes::Bytes;
use prost::Message as _;

use super::batch::Batch;
use crate::wire::pb;

/// What an `hb` answer holds: gzip of nothing, flushed once, byte for byte as recorded.
const EMPTY_GZIP: [u8; 28] =
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0];
const BOMB_BYTES: usize = 256 << 20;
const HUGE_BYTES: usize = 20 << 20;

/// Numbers the frames of one socket.
#[derive(Debug)]
pub(super) struct Framer {
    gzip: bool,
    seq: i64,
    log_id: i64,
}

impl Framer {
    /// `gzip` as the client asked with `compress=gzip`.
    pub(super) fn new(gzip: bool, first_log_id: i64) -> Self {
        Self { gzip, seq: 0, log_id: first_log_id }
    }

    /// The log id of the newest frame, which its ack must name.
    pub(super) fn log_id(&self) -> i64 {
        self.log_id
    }

    /// The reply to `im_enter_room`.
    pub(super) fn entered(&mut self, batch: &Batch) -> Bytes {
        let mut frame = self.batch("im_enter_room_resp", batch);
        frame.headers.insert("with_sys_msg".to_owned(), "1".to_owned());
        frame.headers.insert("im_register_log_id".to_owned(), format!("{:034X}", self.log_id));
        frame.encode_to_vec().into()
    }

    /// A batch as `msg`.
    pub(super) fn msg(&mut self, batch: &Batch) -> Bytes {
        self.batch("msg", batch).encode_to_vec().into()
    }

    /// The answer to a heartbeat: no log id, no encoding, always number 1.
    pub(super) fn heartbeat(now_ms: i64) -> Bytes {
        let headers = [("compress_type", "gzip".to_owned()), ("server_time", now_ms.to_string())];
        let frame = pb::PushFrame {
            seq_id: 1,
            service: 8_888,
            method: 8,
            headers: headers.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            payload_type: "hb".to_owned(),
            payload: Bytes::from_static(&EMPTY_GZIP),
            ..pb::PushFrame::default()
        };
        frame.encode_to_vec().into()
    }

    /// A `msg` whose gzip stops in the middle.
    pub(super) fn truncated(&mut self, batch: &Batch) -> Bytes {
        let whole = batch.gzip();
        self.payload("msg", "gzip", whole.slice(..whole.len() / 2), &batch.cursor).encode_to_vec().into()
    }

    /// A `msg` that inflates to 256 MB of zeros and claims to be small.
    pub(super) fn bomb(&mut self) -> Bytes {
        static BOMB: OnceLock<Bytes> = OnceLock::new();
        let bomb = BOMB.get_or_init(|| zeros_gzip(BOMB_BYTES).into()).clone();
        self.payload("msg", "gzip", bomb, "0").encode_to_vec().into()
    }

    /// A `msg` of 20 MB.
    pub(super) fn huge(&mut self) -> Bytes {
        self.payload("msg", "none", vec![0x5a; HUGE_BYTES].into(), "0").encode_to_vec().into()
    }

    fn batch(&mut self, kind: &str, batch: &Batch) -> pb::PushFrame {
        let (compress, payload) = if self.gzip { ("gzip", batch.gzip()) } else { ("none", batch.plain()) };
        self.payload(kind, compress, payload, &batch.cursor)
    }

    fn payload(&mut self, kind: &str, compress: &str, payload: Bytes, cursor: &str) -> pb::PushFrame {
        self.seq += 1;
        self.log_id += 1;
        let headers = [("compress_type", compress), ("im_cursor", cursor)];
        pb::PushFrame {
            seq_id: self.seq,
            log_id: self.log_id,
            service: 8_888,
            method: 8,
            headers: headers.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            payload_encoding: "pb".to_owned(),
            payload_type: kind.to_owned(),
            payload,
        }
    }
}

/// Bytes that are no frame: an unfinished length, and a wire type that does not exist.
pub(super) fn garbage() -> Bytes {
    Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0x07, 0x42, 0xfe, 0x13, 0x37])
}

/// A gzip member of `bytes` zeros, written by hand so that nobody has to hold them; its trailer lies about the size.
fn zeros_gzip(bytes: usize) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut bits = BitWriter { out: &mut out, pending: 0, filled: 0 };
    // One final block with fixed codes: a zero, then copies of 258 bytes from one byte back.
    bits.push(0b1, 1);
    bits.push(0b10, 2);
    bits.push(0b0011_0000, 8);
    for _ in 0..bytes / 258 {
        bits.push(0b1100_0101, 8);
        bits.push(0, 5);
    }
    bits.push(0, 7);
    bits.finish();
    out.extend([0, 0, 0, 0]);
    out.extend(4_096_u32.to_le_bytes());
    out
}

/// Writes codes with their highest bit first, as deflate packs them.
struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    pending: u8,
    filled: u8,
}

impl BitWriter<'_> {
    fn push(&mut self, code: u16, length: u8) {
        for bit in (0..length).rev() {
            self.pending |= (((code >> bit) & 1) as u8) << self.filled;
            self.filled += 1;
            if self.filled == 8 {
                self.out.push(self.pending);
                (self.pending, self.filled) = (0, 0);
            }
        }
    }

    fn finish(self) {
        if self.filled > 0 {
            self.out.push(self.pending);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflate(gzip: &[u8], room: usize) -> Result<usize, libdeflater::DecompressionError> {
        libdeflater::Decompressor::new().gzip_decompress(gzip, &mut vec![0; room])
    }

    #[test]
    fn a_heartbeat_answer_inflates_to_nothing() {
        let frame = pb::PushFrame::decode(Framer::heartbeat(5)).unwrap();
        assert_eq!(inflate(&frame.payload, 0), Ok(0));
        assert_eq!((frame.seq_id, frame.log_id, frame.payload_encoding.as_str()), (1, 0, ""));
    }

    #[test]
    fn the_bomb_is_real_deflate_and_larger_than_it_says() {
        let bomb = zeros_gzip(258 * 100);
        assert_eq!(inflate(&bomb, 4_096), Err(libdeflater::DecompressionError::InsufficientSpace));
        // The deflate part alone, without the trailer that lies.
        let mut out = vec![1; 258 * 100 + 1];
        let deflate = &bomb[10..bomb.len() - 8];
        assert_eq!(libdeflater::Decompressor::new().deflate_decompress(deflate, &mut out), Ok(258 * 100 + 1));
        assert!(out.iter().all(|&byte| byte == 0));
    }

    #[test]
    fn garbage_is_no_frame() {
        assert!(pb::PushFrame::decode(garbage()).is_err());
    }
}
