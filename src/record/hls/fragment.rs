//! Facts of a fragment of an MP4: its clock and its picture, from its boxes and from those its file begins with. Layout: ISO/IEC
//! 14496-12 (boxes), 14496-15 (`avcC`, `hvcC`).

use super::facts::SegmentFacts;
use crate::record::codec::{self, VideoCodec, VideoSetup};

/// Bytes of a picture's entry before the boxes in it.
const VISUAL_ENTRY: usize = 78;
/// Bytes of version and flags.
const FULL: usize = 4;

/// The boxes that stand one behind the other in `bytes`, as far as they are whole.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (size, kind) = (number(rest, 0, 4)?, <[u8; 4]>::try_from(rest.get(4..8)?).ok()?);
        let (head, size) = match size {
            // Up to the end; or too long for 32 bits.
            0 => (8, rest.len() as u64),
            1 => (16, number(rest, 8, 8)?),
            size => (8, size),
        };
        let size = usize::try_from(size).ok().filter(|&size| size >= head && size <= rest.len())?;
        let (whole, after) = rest.split_at(size);
        rest = after;
        Some((kind, whole.get(head..).unwrap_or_default()))
    })
}

/// The content of the first box of this kind.
fn child(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    boxes(bytes).find(|(found, _)| *found == kind).map(|(_, content)| content)
}

/// A number of so many bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// A track, as the file's beginning describes it.
struct TrackFacts {
    id: u64,
    /// Ticks in a second.
    scale: u64,
    video: Option<VideoSetup>,
}

impl TrackFacts {
    fn read(track: &[u8]) -> Option<Self> {
        // Two times stand before both numbers, in the first version of 32 bits, in the second of 64.
        let behind_times =
            |content: &[u8]| number(content, if content.first() == Some(&1) { FULL + 16 } else { FULL + 8 }, 4);
        let media = child(track, *b"mdia")?;
        let entries = child(media, *b"minf").and_then(|info| child(child(info, *b"stbl")?, *b"stsd"));
        let entry = entries.and_then(|entries| boxes(entries.get(FULL + 4..)?).next());
        let video = entry.and_then(|(kind, entry)| {
            let codec = match &kind {
                b"avc1" | b"avc3" => VideoCodec::H264,
                b"hvc1" | b"hev1" => VideoCodec::H265,
                b"av01" => VideoCodec::Av1,
                _ => return None,
            };
            let inside = entry.get(VISUAL_ENTRY..).unwrap_or_default();
            let config = child(inside, if codec == VideoCodec::H264 { *b"avcC" } else { *b"hvcC" });
            Some(codec::of_config(codec, config.unwrap_or_default()))
        });
        Some(Self { id: behind_times(child(track, *b"tkhd")?)?, scale: behind_times(child(media, *b"mdhd")?)?, video })
    }
}

/// Reads a fragment, whose file begins with `init`.
pub(super) fn facts(fragment: &[u8], init: &[u8]) -> SegmentFacts {
    let head = child(init, *b"moov").unwrap_or_default();
    let tracks: Vec<_> =
        boxes(head).filter(|(kind, _)| kind == b"trak").filter_map(|(_, track)| TrackFacts::read(track)).collect();
    let begins = |with_picture: bool| {
        let mut parts = boxes(child(fragment, *b"moof")?).filter(|(kind, _)| kind == b"traf");
        parts.find_map(|(_, part)| {
            let id = number(child(part, *b"tfhd")?, FULL, 4)?;
            let time = child(part, *b"tfdt")?;
            let ticks = number(time, FULL, if time.first() == Some(&1) { 8 } else { 4 })?;
            let track = tracks.iter().find(|track| track.id == id && track.video.is_some() == with_picture)?;
            i64::try_from(u128::from(ticks) * 1_000 / u128::from(track.scale.max(1))).ok()
        })
    };
    SegmentFacts {
        transport: false,
        fragment: true,
        begins: begins(true).or_else(|| begins(false)),
        video: tracks.iter().find_map(|track| track.video),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], &kind, content].concat()
    }

    /// A file's beginning with one track, of 180x320, and 12 800 ticks a second.
    fn init() -> Vec<u8> {
        let sps = "6742c00cda0c0a79fc0440000003004000000c83c50aa8";
        let sps: Vec<u8> =
            (0..sps.len()).step_by(2).map(|at| u8::from_str_radix(&sps[at..at + 2], 16).unwrap()).collect();
        let config = [&[1, sps[1], sps[2], sps[3], 0xff, 0xe1, 0, sps.len() as u8][..], &sps].concat();
        let entry = boxed(*b"avc1", &[&[0; VISUAL_ENTRY][..], &boxed(*b"avcC", &config)].concat());
        let table = boxed(*b"stbl", &boxed(*b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat()));
        let mut times = [0; 24];
        times[14..16].copy_from_slice(&[0x32, 0]);
        let media = boxed(*b"mdia", &[boxed(*b"mdhd", &times), boxed(*b"minf", &table)].concat());
        let mut header = [0; 84];
        header[15] = 2;
        boxed(*b"moov", &boxed(*b"trak", &[boxed(*b"tkhd", &header), media].concat()))
    }

    fn fragment() -> Vec<u8> {
        let time = [&[1, 0, 0, 0][..], &(12_800_u64 * 90_000).to_be_bytes()].concat();
        let part = [boxed(*b"tfhd", &[0, 0, 0, 0, 0, 0, 0, 2]), boxed(*b"tfdt", &time)].concat();
        [boxed(*b"styp", b"msdh"), boxed(*b"moof", &boxed(*b"traf", &part)), boxed(*b"mdat", b"xyz")].concat()
    }

    #[test]
    fn the_clock_and_the_picture_of_a_fragment_are_read() {
        let found = facts(&fragment(), &init());
        assert_eq!(found.video, Some(VideoSetup { codec: VideoCodec::H264, size: Some((180, 320)) }));
        assert_eq!(found.begins, Some(90_000_000));
        assert_eq!(facts(&fragment(), b"").begins, None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..60, byte in any::<u8>()) {
            facts(&bytes, &bytes);
            let (mut fragment, mut init) = (fragment(), init());
            fragment[at] = byte;
            init[at] = byte;
            facts(&fragment, &init);
        }
    }
}
