//! Reader of the set-up of a track: how the picture is coded and how large it really is, whatever the label claimed.
//!
//! Pure. Layout: ISO/IEC 14496-15 (`avcC`, `hvcC`), ITU-T H.264 7.3.2.1 and H.265 7.3.2.2 (sequence parameter sets),
//! ISO/IEC 14496-3 1.6.2 (AudioSpecificConfig).

mod bits;

use std::fmt;

use bits::Bits;

use super::flv::{Tag, TagKind};

/// How a picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VideoCodec {
    H264,
    H265,
    Av1,
    /// Something older or newer.
    Other,
}

/// The set-up of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VideoSetup {
    pub(super) codec: VideoCodec,
    /// Width and height in pixels, as they are shown; nothing where the set-up does not say.
    pub(super) size: Option<(u32, u32)>,
}

/// The set-up of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AudioSetup {
    /// AAC; else something older.
    pub(super) aac: bool,
    /// Samples a second; 0 where the set-up does not say.
    pub(super) rate: u32,
    pub(super) channels: u8,
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Av1 => "av1",
            Self::Other => "video",
        })
    }
}

/// Reads the set-up of a picture from its tag.
pub(super) fn video(tag: &Tag) -> VideoSetup {
    let Some((&first, rest)) = tag.body.split_first().filter(|_| tag.kind == TagKind::Video) else {
        return VideoSetup { codec: VideoCodec::Other, size: None };
    };
    let (codec, config) = if first & 0x80 == 0 {
        let codec = match first & 0x0f {
            7 => VideoCodec::H264,
            12 => VideoCodec::H265,
            _ => VideoCodec::Other,
        };
        (codec, rest.get(4..))
    } else {
        let codec = match rest.get(..4) {
            Some(b"avc1") => VideoCodec::H264,
            Some(b"hvc1") => VideoCodec::H265,
            Some(b"av01") => VideoCodec::Av1,
            _ => VideoCodec::Other,
        };
        (codec, rest.get(4..))
    };
    of_config(codec, config.unwrap_or_default())
}

/// Reads the set-up of a picture from what a file says of it: its `avcC` or `hvcC`.
pub(super) fn of_config(codec: VideoCodec, config: &[u8]) -> VideoSetup {
    let size = match codec {
        VideoCodec::H264 => avc_sps(config).and_then(avc_size),
        VideoCodec::H265 => hevc_sps(config).and_then(hevc_size),
        VideoCodec::Av1 | VideoCodec::Other => None,
    };
    VideoSetup { codec, size: size.filter(|&(width, height)| width > 0 && height > 0) }
}

/// Reads the set-up of a picture from the units of a byte stream (ITU-T H.264 and H.265, annex B).
pub(super) fn of_units(codec: VideoCodec, bytes: &[u8]) -> VideoSetup {
    let size = units(bytes).find_map(|unit| match (codec, unit.first()?) {
        (VideoCodec::H264, first) if first & 0x1f == 7 => avc_size(unit),
        (VideoCodec::H265, first) if first >> 1 & 0x3f == 33 => hevc_size(unit),
        _ => None,
    });
    VideoSetup { codec, size: size.filter(|&(width, height)| width > 0 && height > 0) }
}

/// What stands behind each start code, up to the end: a set-up says itself where it ends.
fn units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts = bytes.windows(3).enumerate().filter(|(_, code)| *code == [0, 0, 1]);
    starts.filter_map(|(at, _)| bytes.get(at + 3..))
}

/// Reads the set-up of sound from its tag.
pub(super) fn audio(tag: &Tag) -> AudioSetup {
    const RATES: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    let aac = tag.body.first().is_some_and(|first| first >> 4 == 10);
    let mut bits = Bits::new(tag.body.get(2..).unwrap_or_default());
    let read = |bits: &mut Bits| {
        if bits.read(5)? == 31 {
            bits.read(6)?;
        }
        let rate = match bits.read(4)? {
            15 => bits.read(24)?,
            index => RATES.get(index as usize).copied().unwrap_or(0),
        };
        Some((rate, bits.read(4)? as u8))
    };
    let (rate, channels) = if aac { read(&mut bits).unwrap_or_default() } else { (0, 0) };
    AudioSetup { aac, rate, channels }
}

/// The first sequence parameter set of an `avcC`.
fn avc_sps(config: &[u8]) -> Option<&[u8]> {
    let count = config.get(5)? & 0x1f;
    let length = usize::from(u16::from_be_bytes([*config.get(6)?, *config.get(7)?]));
    if count == 0 { None } else { config.get(8..8 + length) }
}

/// The first sequence parameter set of an `hvcC`.
fn hevc_sps(config: &[u8]) -> Option<&[u8]> {
    const SPS: u8 = 33;
    let arrays = *config.get(22)?;
    let mut at = 23;
    for _ in 0..arrays {
        let kind = *config.get(at)? & 0x3f;
        let count = u16::from_be_bytes([*config.get(at + 1)?, *config.get(at + 2)?]);
        at += 3;
        for _ in 0..count {
            let length = usize::from(u16::from_be_bytes([*config.get(at)?, *config.get(at + 1)?]));
            let unit = config.get(at + 2..at + 2 + length)?;
            if kind == SPS {
                return Some(unit);
            }
            at += 2 + length;
        }
    }
    None
}

fn avc_size(sps: &[u8]) -> Option<(u32, u32)> {
    let unescaped = bits::unescaped(sps.get(1..)?);
    let mut bits = Bits::new(&unescaped);
    let profile = bits.read(8)?;
    bits.skip(16)?;
    bits.unsigned()?;
    let (mut chroma, mut planes) = (1, false);
    if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(&profile) {
        chroma = bits.unsigned()?;
        if chroma == 3 {
            planes = bits.flag()?;
        }
        bits.unsigned()?;
        bits.unsigned()?;
        bits.skip(1)?;
        if bits.flag()? {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.flag()? {
                    skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.unsigned()?;
    match bits.unsigned()? {
        0 => drop(bits.unsigned()?),
        1 => {
            bits.skip(1)?;
            bits.unsigned()?;
            bits.unsigned()?;
            for _ in 0..bits.unsigned()?.min(255) {
                bits.unsigned()?;
            }
        }
        _ => {}
    }
    bits.unsigned()?;
    bits.skip(1)?;
    let width = bits.unsigned()?.checked_add(1)?.checked_mul(16)?;
    let rows = bits.unsigned()?.checked_add(1)?;
    let frames = bits.flag()?;
    if !frames {
        bits.skip(1)?;
    }
    let height = rows.checked_mul(if frames { 16 } else { 32 })?;
    bits.skip(1)?;
    let mono = chroma == 0 || planes;
    let across = if mono || chroma == 3 { 1 } else { 2 };
    let down = if !mono && chroma == 1 { 2 } else { 1 } * if frames { 1 } else { 2 };
    crop(&mut bits, width, height, across, down)
}

fn skip_scaling_list(bits: &mut Bits, length: u32) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..length {
        if next != 0 {
            next = (last + bits.signed()? + 256) % 256;
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

fn hevc_size(sps: &[u8]) -> Option<(u32, u32)> {
    let unescaped = bits::unescaped(sps.get(2..)?);
    let mut bits = Bits::new(&unescaped);
    bits.skip(4)?;
    let layers = bits.read(3)?;
    bits.skip(1)?;
    // profile_tier_level: 88 bits of profile, 8 of level, then the same for each layer that has them.
    bits.skip(96)?;
    let mut present = Vec::new();
    for _ in 0..layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    bits.unsigned()?;
    let chroma = bits.unsigned()?;
    let planes = chroma == 3 && bits.flag()?;
    let width = bits.unsigned()?;
    let height = bits.unsigned()?;
    let mono = chroma == 0 || planes;
    let across = if !mono && (chroma == 1 || chroma == 2) { 2 } else { 1 };
    let down = if !mono && chroma == 1 { 2 } else { 1 };
    crop(&mut bits, width, height, across, down)
}

/// Takes what is not shown off the edges; a crop that leaves nothing is no crop.
fn crop(bits: &mut Bits, width: u32, height: u32, across: u32, down: u32) -> Option<(u32, u32)> {
    if !bits.flag()? {
        return Some((width, height));
    }
    let mut edge = || bits.unsigned();
    let (left, right, top, bottom) = (edge()?, edge()?, edge()?, edge()?);
    let shown = |whole: u32, from: u32, to: u32, unit: u32| {
        whole.checked_sub(from.checked_add(to)?.checked_mul(unit)?).filter(|&shown| shown > 0)
    };
    Some((shown(width, left, right, across)?, shown(height, top, bottom, down)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use rstest::rstest;

    fn tag(kind: TagKind, body: &[u8]) -> Tag {
        Tag { kind, at: 0, body: Bytes::copy_from_slice(body) }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// An `avcC` around a sequence parameter set that x264 wrote.
    fn avc(sps: &str) -> Vec<u8> {
        let sps = hex(sps);
        let head = [0x17, 0, 0, 0, 0, 1, sps[1], sps[2], sps[3], 0xff, 0xe1, 0, sps.len() as u8];
        [&head[..], &sps].concat()
    }

    #[rstest]
    #[case::baseline("6742c00cda0c0a79fc0440000003004000000c83c50aa8", Some((180, 320)))]
    #[case::high("6764001facd940881efb9b011000000300100000030320f1831960", Some((540, 966)))]
    #[case::cut_short("6742c015", None)]
    fn the_size_of_h264_is_read(#[case] sps: &str, #[case] size: Option<(u32, u32)>) {
        assert_eq!(video(&tag(TagKind::Video, &avc(sps))), VideoSetup { codec: VideoCodec::H264, size });
    }

    /// An `hvcC` that x265 wrote, up to its sequence parameter set.
    const HEVC: &str = "0101600000009000000000005af000fcfdf8f800000f02200001001840010c01ffff0160000003009000000300000300\
                        5a959809210001002c42010101600000030090000003000003005aa0044200f277596566924caf016808000003000800\
                        000300c840";

    #[test]
    fn the_size_of_h265_is_read_from_either_kind_of_tag() {
        let size = Some((540, 966));
        let setup = VideoSetup { codec: VideoCodec::H265, size };
        assert_eq!(video(&tag(TagKind::Video, &[&[0x1c, 0, 0, 0, 0], &hex(HEVC)[..]].concat())), setup);
        assert_eq!(video(&tag(TagKind::Video, &[&[0x90], &b"hvc1"[..], &hex(HEVC)[..]].concat())), setup);
    }

    #[rstest]
    #[case(&[0xaf, 0, 0x12, 0x10], 44_100, 2)]
    #[case(&[0xaf, 0, 0x11, 0x88], 48_000, 1)]
    #[case(&[0xaf, 0], 0, 0)]
    fn the_rate_of_sound_is_read(#[case] body: &[u8], #[case] rate: u32, #[case] channels: u8) {
        assert_eq!(audio(&tag(TagKind::Audio, body)), AudioSetup { aac: true, rate, channels });
    }

    proptest! {
        #[test]
        fn no_setup_panics(body in prop::collection::vec(any::<u8>(), 0..120), first in prop::sample::select(vec![0x17_u8, 0x1c, 0x90])) {
            let body = [&[first][..], &body].concat();
            video(&tag(TagKind::Video, &body));
            video(&tag(TagKind::Video, &[&[0x90][..], b"hvc1", &body].concat()));
            audio(&tag(TagKind::Audio, &[&[0xaf, 0], &body[..]].concat()));
        }
    }
}
