//! Clip as fragments of an MP4, one a repetition. Layout: ISO/IEC 14496-12 (boxes), 14496-14 and -15 (tracks).
//!
//! Times run on from one fragment to the next, so that the beginning and fragments put together are one file.

use bytes::{BufMut, Bytes, BytesMut};

use super::flv::{AUDIO, Clip, SimTag, VIDEO};

const PICTURE: u32 = 1;
const SOUND: u32 = 2;
/// Ticks in a second, of either track.
const SCALE: u32 = 1_000;
/// Width and height of the clip.
const SIZE: (u16, u16) = (360, 640);
/// Bytes of a box before its content.
const BOX_HEAD: u32 = 8;
/// No turn and no stretch.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// What stands before the first fragment.
pub(super) fn beginning(clip: &Clip) -> Bytes {
    let setup = |kind| clip.setup.iter().find(|tag| tag.kind == kind).map(|tag| tag.data.as_ref()).unwrap_or_default();
    let mut out = BytesMut::new();
    boxed(&mut out, *b"ftyp", |out| out.put_slice(b"iso6\0\0\0\0iso6mp41"));
    boxed(&mut out, *b"moov", |out| {
        full(out, *b"mvhd", 0, |out| {
            put_all(out, &[0, 0, SCALE, 0, 0x1_0000]);
            out.put_slice(&[1, 0]);
            out.put_bytes(0, 10);
            put_all(out, &MATRIX);
            out.put_bytes(0, 24);
            out.put_u32(SOUND + 1);
        });
        track(out, PICTURE, |out| picture_entry(out, setup(VIDEO).get(5..).unwrap_or_default()));
        track(out, SOUND, |out| sound_entry(out, setup(AUDIO).get(2..).unwrap_or_default()));
        boxed(out, *b"mvex", |out| {
            for id in [PICTURE, SOUND] {
                full(out, *b"trex", 0, |out| put_all(out, &[id, 1, 0, 0, 0]));
            }
        });
    });
    out.freeze()
}

/// The fragment of one repetition of the clip.
pub(super) fn fragment(clip: &Clip, round: u32) -> Bytes {
    let of =
        |kind: u8| clip.media.iter().filter(|tag| tag.kind == kind && tag.data.get(1) == Some(&1)).collect::<Vec<_>>();
    let (pictures, sounds) = (of(VIDEO), of(AUDIO));
    let begins = u64::from(round) * u64::from(clip.length);
    let head = |offset: u32| {
        let mut out = BytesMut::new();
        boxed(&mut out, *b"moof", |out| {
            full(out, *b"mfhd", 0, |out| out.put_u32(round + 1));
            run(out, PICTURE, (clip, &pictures), begins, offset);
            run(out, SOUND, (clip, &sounds), begins, offset + size(&pictures));
        });
        out
    };
    // The content lies behind the head and the head of its own box.
    let offset = head(0).len() as u32 + BOX_HEAD;
    let mut out = BytesMut::new();
    boxed(&mut out, *b"styp", |out| out.put_slice(b"msdh\0\0\0\0msdhmsix"));
    out.put_slice(&head(offset));
    boxed(&mut out, *b"mdat", |out| pictures.iter().chain(&sounds).for_each(|tag| out.put_slice(content(tag))));
    out.freeze()
}

/// A picture or a piece of sound, without what FLV says of it.
fn content(tag: &SimTag) -> &[u8] {
    tag.data.get(if tag.kind == VIDEO { 5 } else { 2 }..).unwrap_or_default()
}

fn size(tags: &[&SimTag]) -> u32 {
    tags.iter().map(|tag| content(tag).len() as u32).sum()
}

/// The pieces of one track: when each is due, how long it lasts, how large it is.
fn run(out: &mut BytesMut, id: u32, (clip, tags): (&Clip, &[&SimTag]), begins: u64, offset: u32) {
    const OFFSET_DURATION_SIZE_FLAGS_DELAY: u32 = 0xf01;
    const STANDS_ALONE: u32 = 0x0200_0000;
    const NEEDS_OTHERS: u32 = 0x0101_0000;
    const FROM_THE_FRAGMENT: u32 = 0x02_0000;
    let first = tags.first().map_or(0, |tag| tag.at);
    boxed(out, *b"traf", |out| {
        full(out, *b"tfhd", FROM_THE_FRAGMENT, |out| out.put_u32(id));
        full(out, *b"tfdt", 0x0100_0000, |out| out.put_u64(begins + u64::from(first)));
        full(out, *b"trun", OFFSET_DURATION_SIZE_FLAGS_DELAY, |out| {
            put_all(out, &[tags.len() as u32, offset]);
            for (nth, tag) in tags.iter().enumerate() {
                let next = tags.get(nth + 1).map_or(clip.length + first, |next| next.at);
                let flags = if tag.kind == AUDIO || tag.is_keyframe() { STANDS_ALONE } else { NEEDS_OTHERS };
                let delay =
                    tag.data.get(2..5).unwrap_or_default().iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
                let delay = if tag.kind == VIDEO { delay } else { 0 };
                put_all(out, &[next.saturating_sub(tag.at), content(tag).len() as u32, flags, delay]);
            }
        });
    });
}

fn track(out: &mut BytesMut, id: u32, entry: impl Fn(&mut BytesMut)) {
    let picture = id == PICTURE;
    boxed(out, *b"trak", |out| {
        full(out, *b"tkhd", 7, |out| {
            put_all(out, &[0, 0, id, 0, 0, 0, 0, 0]);
            out.put_u16(if picture { 0 } else { 0x100 });
            out.put_u16(0);
            put_all(out, &MATRIX);
            let (width, height) = if picture { SIZE } else { (0, 0) };
            put_all(out, &[u32::from(width) << 16, u32::from(height) << 16]);
        });
        boxed(out, *b"mdia", |out| {
            full(out, *b"mdhd", 0, |out| put_all(out, &[0, 0, SCALE, 0, 0x55c4_0000]));
            full(out, *b"hdlr", 0, |out| {
                out.put_u32(0);
                out.put_slice(if picture { b"vide" } else { b"soun" });
                out.put_bytes(0, 13);
            });
            boxed(out, *b"minf", |out| {
                full(out, if picture { *b"vmhd" } else { *b"smhd" }, u32::from(picture), |out| {
                    out.put_bytes(0, if picture { 8 } else { 4 });
                });
                boxed(out, *b"dinf", |out| {
                    full(out, *b"dref", 0, |out| {
                        out.put_u32(1);
                        full(out, *b"url ", 1, |_| {});
                    });
                });
                boxed(out, *b"stbl", |out| {
                    full(out, *b"stsd", 0, |out| {
                        out.put_u32(1);
                        entry(out);
                    });
                    for table in [*b"stts", *b"stsc", *b"stco"] {
                        full(out, table, 0, |out| out.put_u32(0));
                    }
                    full(out, *b"stsz", 0, |out| put_all(out, &[0, 0]));
                });
            });
        });
    });
}

fn picture_entry(out: &mut BytesMut, setup: &[u8]) {
    const PIXELS_AN_INCH: u32 = 72 << 16;
    boxed(out, *b"avc1", |out| {
        out.put_bytes(0, 6);
        out.put_u16(1);
        out.put_bytes(0, 16);
        out.put_u16(SIZE.0);
        out.put_u16(SIZE.1);
        put_all(out, &[PIXELS_AN_INCH, PIXELS_AN_INCH, 0]);
        out.put_u16(1);
        out.put_bytes(0, 32);
        out.put_slice(&[0, 24, 0xff, 0xff]);
        boxed(out, *b"avcC", |out| out.put_slice(setup));
    });
}

fn sound_entry(out: &mut BytesMut, setup: &[u8]) {
    const RATE: u32 = 44_100;
    boxed(out, *b"mp4a", |out| {
        out.put_bytes(0, 6);
        out.put_u16(1);
        out.put_bytes(0, 8);
        put_all(out, &[1 << 16 | 16, 0, RATE << 16]);
        full(out, *b"esds", 0, |out| {
            let length = setup.len() as u8;
            // A stream, its decoder (AAC), that one's set-up, and how it is sent.
            out.put_slice(&[3, 23 + length, 0, 0, 0, 4, 15 + length, 0x40, 0x15]);
            out.put_bytes(0, 11);
            out.put_slice(&[5, length]);
            out.put_slice(setup);
            out.put_slice(&[6, 1, 2]);
        });
    });
}

/// A box around what `content` writes.
fn boxed(out: &mut BytesMut, kind: [u8; 4], content: impl FnOnce(&mut BytesMut)) {
    let at = out.len();
    out.put_u32(0);
    out.put_slice(&kind);
    content(out);
    let size = ((out.len() - at) as u32).to_be_bytes();
    if let Some(place) = out.get_mut(at..at + size.len()) {
        place.copy_from_slice(&size);
    }
}

/// A box with a version and flags.
fn full(out: &mut BytesMut, kind: [u8; 4], flags: u32, content: impl FnOnce(&mut BytesMut)) {
    boxed(out, kind, |out| {
        out.put_u32(flags);
        content(out);
    });
}

fn put_all(out: &mut BytesMut, numbers: &[u32]) {
    for &number in numbers {
        out.put_u32(number);
    }
}

#[cfg(test)]
mod tests {
    use super::super::flv::clip;
    use super::*;

    #[test]
    fn boxes_hold_what_they_say() {
        for bytes in [beginning(clip()), fragment(clip(), 3)] {
            let mut rest = &bytes[..];
            while let Some((size, _)) = rest.split_first_chunk::<4>() {
                rest = &rest[u32::from_be_bytes(*size) as usize..];
            }
            assert!(rest.is_empty());
        }
        let content: usize = clip().media.iter().map(|tag| content(tag).len()).sum();
        assert!(fragment(clip(), 0).len() > content);
    }
}
