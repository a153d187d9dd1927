//! Facts of a segment: its clock and its picture, read from the first packets. Layout: ISO/IEC 13818-1 (MPEG transport
//! stream). Fragments of an MP4 are read in `fragment`.
//!
//! It knows just enough to put a segment on the recorder's clock; ffmpeg takes it apart.

use super::fragment;
use crate::record::codec::{self, VideoCodec, VideoSetup};

/// Bytes of a packet.
const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// Packets looked at; the picture stands in the first few.
const MAX_PACKETS: usize = 4_000;
/// Bytes of the first picture looked at: its set-up comes first.
const MAX_PICTURE: usize = 4_096;
/// The clock of a transport stream begins anew after so many milliseconds.
pub(in crate::record) const CLOCK_MS: i64 = (1 << 33) / 90;

/// What is in a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct SegmentFacts {
    /// It is a transport stream.
    pub(in crate::record) transport: bool,
    /// It is a fragment of an MP4.
    pub(in crate::record) fragment: bool,
    /// When its first picture, or else its first sound, is to be decoded, in milliseconds on the sender's clock.
    pub(in crate::record) begins: Option<i64>,
    pub(in crate::record) video: Option<VideoSetup>,
}

/// Reads a segment, whose file begins with `init` where it needs a beginning.
pub(in crate::record) fn facts(segment: &[u8], init: &[u8]) -> SegmentFacts {
    let boxes: [&[u8]; 6] = [b"ftyp", b"styp", b"moof", b"sidx", b"emsg", b"prft"];
    if segment.get(4..8).is_some_and(|kind| boxes.contains(&kind)) {
        return fragment::facts(segment, init);
    }
    let Some(from) = first_packet(segment) else { return SegmentFacts::default() };
    let packets =
        segment.get(from..).unwrap_or_default().chunks_exact(PACKET).take(MAX_PACKETS).filter_map(Packet::read);
    let mut reading = Reading::default();
    for packet in packets {
        reading.take(&packet);
        if reading.is_done() {
            break;
        }
    }
    reading.finish()
}

/// Where the first packet begins.
fn first_packet(segment: &[u8]) -> Option<usize> {
    let right =
        |at: usize| [0, 1, 2].iter().all(|nth| segment.get(at + nth * PACKET).is_none_or(|&first| first == SYNC));
    (0..PACKET.min(segment.len())).find(|&at| segment.get(at) == Some(&SYNC) && right(at))
}

/// The part of a packet that carries something.
struct Packet<'a> {
    pid: u16,
    /// A table or a picture begins with it.
    begins: bool,
    payload: &'a [u8],
}

impl<'a> Packet<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let &[SYNC, high, low, flags, ..] = bytes else { return None };
        let adaptation = if flags & 0x20 != 0 { 1 + usize::from(*bytes.get(4)?) } else { 0 };
        let payload = if flags & 0x10 != 0 { bytes.get(4 + adaptation..)? } else { &[] };
        Some(Self { pid: u16::from(high & 0x1f) << 8 | u16::from(low), begins: high & 0x40 != 0, payload })
    }

    /// The table that begins here, behind the pointer to it, without its head.
    fn table(&self) -> Option<&'a [u8]> {
        let (&pointer, rest) = self.payload.split_first().filter(|_| self.begins)?;
        let table = rest.get(usize::from(pointer)..)?;
        let length = usize::from(u16::from_be_bytes([*table.get(1)? & 0x0f, *table.get(2)?]));
        // Behind the head of eight bytes, before the check sum.
        table.get(8..(3 + length).saturating_sub(4).min(table.len()))
    }
}

#[derive(Default)]
struct Reading {
    tables: Option<u16>,
    video: Option<(u16, VideoCodec)>,
    audio: Option<u16>,
    video_begins: Option<i64>,
    audio_begins: Option<i64>,
    picture: Vec<u8>,
    whole: bool,
}

impl Reading {
    fn take(&mut self, packet: &Packet<'_>) {
        if packet.pid == 0 {
            let program = packet.table().unwrap_or_default().chunks_exact(4).find(|row| !row.starts_with(&[0, 0]));
            let pid = |row: &[u8]| Some(u16::from_be_bytes([*row.get(2)? & 0x1f, *row.get(3)?]));
            self.tables = self.tables.or(program.and_then(pid));
        } else if Some(packet.pid) == self.tables {
            self.streams(packet.table().unwrap_or_default());
        } else if self.video.is_some_and(|(pid, _)| pid == packet.pid) {
            if packet.begins && self.video_begins.is_some() {
                self.whole = true;
            } else if packet.begins {
                let (begins, from) = stamp(packet.payload).unwrap_or((0, 0));
                self.video_begins = (from > 0).then_some(begins);
                self.picture.extend_from_slice(packet.payload.get(from..).unwrap_or_default());
            } else if !self.picture.is_empty() && !self.whole {
                self.picture.extend_from_slice(packet.payload);
            }
            self.whole |= self.picture.len() >= MAX_PICTURE;
        } else if Some(packet.pid) == self.audio && packet.begins && self.audio_begins.is_none() {
            self.audio_begins = stamp(packet.payload).map(|(begins, _)| begins);
        }
    }

    /// Reads which streams there are.
    fn streams(&mut self, table: &[u8]) {
        if self.video.is_some() || self.audio.is_some() {
            return;
        }
        let number = |at: usize| Some(usize::from(u16::from_be_bytes([*table.get(at)? & 0x0f, *table.get(at + 1)?])));
        let Some(mut at) = number(2).map(|info| 4 + info) else { return };
        while let (Some(&kind), Some(info)) = (table.get(at), number(at + 3)) {
            let pid = table.get(at + 1..at + 3).map_or(0, |pid| u16::from_be_bytes([pid[0] & 0x1f, pid[1]]));
            match kind {
                0x1b => self.video = self.video.or(Some((pid, VideoCodec::H264))),
                0x24 => self.video = self.video.or(Some((pid, VideoCodec::H265))),
                0x0f | 0x11 | 0x03 | 0x04 => self.audio = self.audio.or(Some(pid)),
                _ => {}
            }
            at += 5 + info;
        }
    }

    fn is_done(&self) -> bool {
        if self.video.is_some() { self.whole } else { self.audio_begins.is_some() }
    }

    fn finish(self) -> SegmentFacts {
        let video = self.video.map(|(_, codec)| codec::of_units(codec, &self.picture));
        let begins = self.video_begins.or(self.audio_begins);
        SegmentFacts { transport: true, fragment: false, begins, video }
    }
}

/// When what begins here is to be decoded, in milliseconds, and where its content begins.
fn stamp(payload: &[u8]) -> Option<(i64, usize)> {
    let &[0, 0, 1, _, _, _, _, flags, length, ..] = payload else { return None };
    let at = match flags >> 6 {
        0b10 => 9,
        0b11 => 14,
        _ => return None,
    };
    // 33 bits, in three pieces with a bit set behind each.
    let stamp = payload.get(at..at + 5)?.iter().fold(0_i64, |sum, &byte| sum << 8 | i64::from(byte));
    let ticks = stamp >> 3 & 0x1_c000_0000 | stamp >> 2 & 0x3fff_8000 | stamp >> 1 & 0x7fff;
    Some((ticks / 90, 9 + usize::from(length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A packet that begins something, stuffed to its length.
    fn packet(pid: u16, content: &[u8]) -> Vec<u8> {
        let stuffing = PACKET - 4 - content.len();
        let mut packet = vec![SYNC, 0x40 | (pid >> 8) as u8, pid as u8, 0x30, (stuffing - 1) as u8];
        if stuffing > 1 {
            packet.push(0);
            packet.resize(4 + stuffing, 0xff);
        }
        packet.extend(content);
        packet
    }

    fn segment() -> Vec<u8> {
        let pat = [0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0, 1, 2, 3, 4];
        let pmt = [
            0, 2, 0xb0, 23, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, 0x1b, 0xe1, 0, 0xf0, 0, 0x0f, 0xe1, 1, 0xf0, 0, 1, 2,
            3, 4,
        ];
        // 10 s and 9.96 s in ticks of 90 000 a second; then a delimiter and a set-up that x264 wrote.
        let mut picture = vec![0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10];
        picture.extend([0x31, 0x00, 0x37, 0x77, 0x41, 0x11, 0x00, 0x37, 0x5b, 0x21]);
        picture.extend([0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1]);
        let sps = "6742c00cda0c0a79fc0440000003004000000c83c50aa8";
        picture.extend((0..sps.len()).step_by(2).map(|at| u8::from_str_radix(&sps[at..at + 2], 16).unwrap()));
        picture.extend([0, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65, 1, 2, 3]);
        [packet(0, &pat), packet(0x1000, &pmt), packet(0x100, &picture), packet(0x100, &picture)].concat()
    }

    #[test]
    fn the_clock_and_the_picture_of_a_segment_are_read() {
        let found = facts(&segment(), b"");
        assert!(found.transport && !found.fragment);
        assert_eq!(found.video, Some(VideoSetup { codec: VideoCodec::H264, size: Some((180, 320)) }));
        // (0x11 >> 1 & 7) << 30 | 0x00 << 22 | (0x37 >> 1) << 15 | 0x5b << 7 | 0x21 >> 1 = 896 400 ticks.
        assert_eq!(found.begins, Some(896_400 / 90));
    }

    #[test]
    fn garbage_before_the_first_packet_is_passed_over() {
        assert_eq!(
            facts(&[&[1, SYNC, 3][..], &segment()].concat(), b"").video.and_then(|video| video.size),
            Some((180, 320))
        );
    }

    #[test]
    fn a_fragment_is_told_from_its_first_box() {
        let found = facts(b"\0\0\0\x18stypmsdh", b"");
        assert!(found.fragment && !found.transport);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..900), at in 0_usize..752, byte in any::<u8>()) {
            facts(&bytes, b"");
            let mut segment = segment();
            segment[at] = byte;
            facts(&segment, b"");
        }
    }
}
