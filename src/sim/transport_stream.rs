//! Clip as an MPEG transport stream, one segment a repetition. Layout: ISO/IEC 13818-1; sound in ADTS (ISO/IEC 14496-3).
//!
//! Times and counters run on from one segment to the next, so that segments put together are one stream.

use std::sync::OnceLock;

use bytes::{BufMut, Bytes, BytesMut};

use super::flv::{AUDIO, Clip, SimTag, VIDEO};

const PACKET: usize = 188;
const PROGRAM_TABLE: u16 = 0;
const STREAM_TABLE: u16 = 0x1000;
const PICTURE: u16 = 0x100;
const SOUND: u16 = 0x101;
/// Ticks of the stream's clock in a millisecond.
const TICKS: u64 = 90;
/// The clock of the decoder is this far behind, in ticks.
const AHEAD: u64 = 63_000;
/// The clock's numbers begin anew after so many bits.
const CLOCK: u64 = (1 << 33) - 1;

/// Packets of each stream so far.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    tables: u64,
    picture: u64,
    sound: u64,
}

/// The segment of one repetition of the clip.
pub(super) fn segment(clip: &Clip, round: u32) -> Bytes {
    static EACH: OnceLock<Counters> = OnceLock::new();
    let each = EACH.get_or_init(|| build(clip, 0, Counters::default()).1);
    let round_64 = u64::from(round);
    let before =
        Counters { tables: each.tables * round_64, picture: each.picture * round_64, sound: each.sound * round_64 };
    build(clip, round, before).0
}

fn build(clip: &Clip, round: u32, before: Counters) -> (Bytes, Counters) {
    let mut writer = PacketWriter { out: BytesMut::new(), counters: before };
    writer.tables();
    let setup = |kind| clip.setup.iter().find(|tag| tag.kind == kind).map(|tag| tag.data.as_ref()).unwrap_or_default();
    let (picture, sound) = (picture_setup(setup(VIDEO)), setup(AUDIO));
    for tag in &clip.media {
        let at = (u64::from(round) * u64::from(clip.length) + u64::from(tag.at)) * TICKS;
        match tag.kind {
            // The end of a sequence is no picture.
            VIDEO if tag.data.get(1) == Some(&1) => writer.picture(tag, &picture, at),
            AUDIO => writer.sound(tag, sound, at),
            _ => {}
        }
    }
    (writer.out.freeze(), writer.counters)
}

struct PacketWriter {
    out: BytesMut,
    counters: Counters,
}

impl PacketWriter {
    /// Which streams there are.
    fn tables(&mut self) {
        let programs = [0, 1, 0xe0 | (STREAM_TABLE >> 8) as u8, STREAM_TABLE as u8];
        let pid = |pid: u16| [0xe0 | (pid >> 8) as u8, pid as u8];
        let mut streams = BytesMut::new();
        streams.put_slice(&pid(PICTURE));
        streams.put_slice(&[0xf0, 0]);
        for (kind, stream) in [(0x1b, PICTURE), (0x0f, SOUND)] {
            streams.put_u8(kind);
            streams.put_slice(&pid(stream));
            streams.put_slice(&[0xf0, 0]);
        }
        let counter = self.counters.tables;
        self.packets(PROGRAM_TABLE, counter, None, &table(0, &programs));
        self.packets(STREAM_TABLE, counter, None, &table(2, &streams));
        self.counters.tables += 1;
    }

    fn picture(&mut self, tag: &SimTag, setup: &[u8], at: u64) {
        let later = tag.data.get(2..5).unwrap_or_default().iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        let mut units = BytesMut::from(&[0, 0, 0, 1, 9, 0xf0][..]);
        if tag.is_keyframe() {
            units.put_slice(setup);
        }
        let mut rest = tag.data.get(5..).unwrap_or_default();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (unit, after) = after.split_at(after.len().min(u32::from_be_bytes(*length) as usize));
            units.put_slice(&[0, 0, 0, 1]);
            units.put_slice(unit);
            rest = after;
        }
        let mut packet = BytesMut::from(&[0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10][..]);
        stamp(0b0011, at + later * TICKS + AHEAD, &mut packet);
        stamp(0b0001, at + AHEAD, &mut packet);
        packet.put_slice(&units);
        let counter = self.counters.picture;
        self.counters.picture += self.packets(PICTURE, counter, Some(at), &packet);
    }

    fn sound(&mut self, tag: &SimTag, setup: &[u8], at: u64) {
        let frame = tag.data.get(2..).unwrap_or_default();
        let length = frame.len() + 7;
        let mut packet = BytesMut::from(&[0, 0, 1, 0xc0][..]);
        packet.put_u16((length + 8) as u16);
        packet.put_slice(&[0x80, 0x80, 5]);
        stamp(0b0010, at + AHEAD, &mut packet);
        // The head that each frame needs here: object type, sample rate and channels of the set-up, and its length.
        let &[first, second] = setup.get(2..).and_then(|setup| setup.first_chunk::<2>()).unwrap_or(&[0x12, 0x10]);
        let (kind, rate, channels) = ((first >> 3) - 1, (first & 0b111) << 1 | second >> 7, second >> 3 & 0b1111);
        packet.put_slice(&[0xff, 0xf1, kind << 6 | rate << 2 | channels >> 2]);
        packet.put_u8((channels & 0b11) << 6 | (length >> 11) as u8);
        packet.put_u8((length >> 3) as u8);
        packet.put_slice(&[(length << 5) as u8 | 0x1f, 0xfc]);
        packet.put_slice(frame);
        let counter = self.counters.sound;
        self.counters.sound += self.packets(SOUND, counter, None, &packet);
    }

    /// Cuts something into packets, with the clock in the first one where it is wanted; says how many.
    fn packets(&mut self, pid: u16, mut counter: u64, mut clock: Option<u64>, content: &[u8]) -> u64 {
        let (mut rest, from) = (content, counter);
        while !rest.is_empty() {
            let begins = u8::from(counter == from) << 6;
            let mut adaptation = BytesMut::new();
            if let Some(clock) = clock.take() {
                let base = (clock & CLOCK) << 15 | 0b11_1111 << 9;
                adaptation.put_u8(0x10);
                adaptation.put_uint(base, 6);
            }
            let mut room = PACKET - 4 - if adaptation.is_empty() { 0 } else { 1 + adaptation.len() };
            if rest.len() < room {
                // Filled up in front, with at least the length of the filling.
                if adaptation.is_empty() {
                    room -= 1;
                    if rest.len() < room {
                        adaptation.put_u8(0);
                        room -= 1;
                    }
                }
                adaptation.put_bytes(0xff, room.saturating_sub(rest.len()));
                room = room.min(rest.len());
                self.head(pid, begins, 0x30, counter);
                self.out.put_u8(adaptation.len() as u8);
            } else if adaptation.is_empty() {
                self.head(pid, begins, 0x10, counter);
            } else {
                self.head(pid, begins, 0x30, counter);
                self.out.put_u8(adaptation.len() as u8);
            }
            self.out.put_slice(&adaptation);
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.out.put_slice(now);
            rest = later;
            counter += 1;
        }
        counter - from
    }

    fn head(&mut self, pid: u16, begins: u8, flags: u8, counter: u64) {
        self.out.put_slice(&[0x47, begins | (pid >> 8) as u8, pid as u8, flags | (counter & 0b1111) as u8]);
    }
}

/// A table, behind the pointer to it, with its check sum.
fn table(id: u8, content: &[u8]) -> BytesMut {
    let mut table = BytesMut::from(&[id][..]);
    table.put_u16(0xb000 | (content.len() + 9) as u16);
    table.put_slice(&[0, 1, 0xc1, 0, 0]);
    table.put_slice(content);
    let sum = check_sum(&table);
    table.put_u32(sum);
    let mut out = BytesMut::from(&[0][..]);
    out.put_slice(&table);
    out
}

/// CRC-32 as MPEG has it.
fn check_sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    })
}

/// A time, in three pieces with a bit set behind each.
fn stamp(mark: u64, ticks: u64, out: &mut BytesMut) {
    let ticks = ticks & CLOCK;
    let pieces = (ticks >> 30) << 33 | 1 << 32 | (ticks >> 15 & 0x7fff) << 17 | 1 << 16 | (ticks & 0x7fff) << 1 | 1;
    out.put_uint(mark << 36 | pieces, 5);
}

/// The set-up of the picture as a stream has it: each set behind a start code.
fn picture_setup(setup: &[u8]) -> Bytes {
    let mut out = BytesMut::new();
    // Behind the head of the tag and five bytes that say how long lengths are: how many sets, then each with its length.
    let mut rest = setup.get(10..).unwrap_or_default();
    for mask in [0x1f, 0xff] {
        let Some((&count, mut sets)) = rest.split_first() else { break };
        for _ in 0..count & mask {
            let Some((length, after)) = sets.split_first_chunk::<2>() else { break };
            let (set, after) = after.split_at(after.len().min(usize::from(u16::from_be_bytes(*length))));
            out.put_slice(&[0, 0, 0, 1]);
            out.put_slice(set);
            sets = after;
        }
        rest = sets;
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::super::flv::clip;
    use super::*;

    #[test]
    fn segments_are_whole_packets_whose_counters_run_on() {
        let mut last = std::collections::HashMap::<u16, u8>::new();
        for round in 0..3 {
            let segment = segment(clip(), round);
            assert_eq!(segment.len() % PACKET, 0);
            for packet in segment.chunks(PACKET) {
                assert_eq!(packet[0], 0x47);
                let pid = u16::from(packet[1] & 0x1f) << 8 | u16::from(packet[2]);
                let counter = packet[3] & 15;
                if let Some(last) = last.insert(pid, counter) {
                    assert_eq!(counter, (last + 1) & 15, "stream {pid:#x}");
                }
            }
        }
    }

    #[test]
    fn a_check_sum_is_that_of_mpeg() {
        assert_eq!(check_sum(b"123456789"), 0x0376_e6e7);
    }
}
