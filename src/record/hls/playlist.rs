//! HLS playlist: variants of a stream, or the segments that can be had now. Layout: RFC 8216.
//!
//! What we cannot carry (segments that need a licence, parts of files) is said, not guessed. Everything is capped: a playlist
//! comes from a stranger.

use std::time::Duration;

use crate::record::Quality;

/// Segments kept of a playlist, the newest: hours of a live.
const MAX_SEGMENTS: usize = 2_000;
/// Variants kept.
const MAX_VARIANTS: usize = 64;
/// Longest address taken.
const MAX_URI: usize = 8_192;
/// Longest segment believed, in seconds.
const MAX_LENGTH: f64 = 120.0;
/// Where a playlist does not say how long its segments are.
const USUAL_LENGTH: Duration = Duration::from_secs(4);

/// A playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::record) enum Playlist {
    /// The same live in several qualities, each with a playlist of its own.
    Variants(Vec<Variant>),
    /// Segments.
    Window(Window),
}

/// One quality of a live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct Variant {
    pub(in crate::record) uri: String,
    /// Bits a second.
    pub(in crate::record) bandwidth: u64,
    /// Width and height in pixels.
    pub(in crate::record) size: Option<(u32, u32)>,
    pub(in crate::record) h265: bool,
    pub(in crate::record) sound_only: bool,
}

/// The segments that can be had now, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct Window {
    /// No segment is longer.
    pub(in crate::record) target: Duration,
    pub(in crate::record) segments: Vec<SegmentEntry>,
    /// No more will come.
    pub(in crate::record) ended: bool,
}

/// One segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct SegmentEntry {
    /// Its number in the live.
    pub(in crate::record) sequence: u64,
    pub(in crate::record) uri: String,
    pub(in crate::record) length: Duration,
    /// Something else begins here: another encoder, another clock.
    pub(in crate::record) discontinuity: bool,
    /// There is nothing at its address.
    pub(in crate::record) gap: bool,
    /// What its file needs before it (fragmented MP4).
    pub(in crate::record) init: Option<InitEntry>,
    /// How it is encrypted, if it is.
    pub(in crate::record) key: Option<SegmentKey>,
}

/// What a file of fragments begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct InitEntry {
    pub(in crate::record) uri: String,
    pub(in crate::record) key: Option<SegmentKey>,
}

/// How something is encrypted: whole, with AES-128 in CBC mode (RFC 8216, 4.3.2.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct SegmentKey {
    /// Where the key is.
    pub(in crate::record) uri: String,
    /// The first block; a segment's number where it is not named.
    pub(in crate::record) iv: Option<[u8; 16]>,
}

/// Why a playlist cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::record) enum PlaylistError {
    #[error("no HLS playlist came from its address")]
    NotHls,
    #[error("its segments are encrypted in another way than plain AES-128")]
    Encrypted,
    #[error("its segments are parts of one file")]
    Ranges,
}

impl Playlist {
    /// Reads a playlist.
    pub(in crate::record) fn read(text: &str) -> Result<Self, PlaylistError> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
        if !lines.next().is_some_and(|first| first.starts_with("#EXTM3U")) {
            return Err(PlaylistError::NotHls);
        }
        let (mut variants, mut window) = (Vec::new(), Window { target: USUAL_LENGTH, ..Window::default() });
        let mut sequence = 0_u64;
        let mut next = SegmentEntry::default();
        let mut variant = None;
        let mut needs_licence = false;
        for line in lines {
            let Some(tag) = line.strip_prefix("#EXT") else {
                if line.starts_with('#') || line.len() > MAX_URI {
                    continue;
                }
                if let Some(found) = variant.take() {
                    if variants.len() < MAX_VARIANTS {
                        variants.push(Variant { uri: line.to_owned(), ..found });
                    }
                    continue;
                }
                if needs_licence && next.key.is_none() {
                    return Err(PlaylistError::Encrypted);
                }
                let (init, key) = (next.init.clone(), next.key.clone());
                let entry = SegmentEntry { sequence, uri: line.to_owned(), ..std::mem::take(&mut next) };
                (next.init, next.key) = (init, key);
                sequence = sequence.saturating_add(1);
                window.segments.push(entry);
                continue;
            };
            let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
            match name {
                "INF" => next.length = seconds(value.split(',').next().unwrap_or_default()).unwrap_or_default(),
                "-X-TARGETDURATION" => {
                    window.target = seconds(value).unwrap_or(USUAL_LENGTH).max(Duration::from_secs(1));
                }
                "-X-MEDIA-SEQUENCE" => sequence = value.trim().parse().unwrap_or(0),
                "-X-DISCONTINUITY" => next.discontinuity = true,
                "-X-GAP" => next.gap = true,
                "-X-ENDLIST" => window.ended = true,
                "-X-KEY" => match KeyLine::read(value) {
                    KeyLine::None => (next.key, needs_licence) = (None, false),
                    KeyLine::Key(key) => next.key = Some(key),
                    // Several ways may be named for the same segments: one that we know is enough.
                    KeyLine::Licence { replaces } => {
                        needs_licence = true;
                        next.key.take_if(|_| replaces);
                    }
                },
                "-X-BYTERANGE" => return Err(PlaylistError::Ranges),
                "-X-MAP" if attribute(value, "BYTERANGE").is_some() => return Err(PlaylistError::Ranges),
                "-X-MAP" => {
                    let uri = attribute(value, "URI").filter(|uri| uri.len() <= MAX_URI);
                    next.init = uri.map(|uri| InitEntry { uri: uri.to_owned(), key: next.key.clone() });
                }
                "-X-STREAM-INF" => variant = Some(Variant::read(value)),
                _ => {}
            }
        }
        if !variants.is_empty() {
            return Ok(Self::Variants(variants));
        }
        let surplus = window.segments.len().saturating_sub(MAX_SEGMENTS);
        window.segments.drain(..surplus);
        Ok(Self::Window(window))
    }
}

/// What a line about encryption says.
enum KeyLine {
    /// What follows is not encrypted.
    None,
    Key(SegmentKey),
    /// It takes more than a key; whether it holds instead of the key that was named before.
    Licence {
        replaces: bool,
    },
}

impl KeyLine {
    fn read(attributes: &str) -> Self {
        let plain = attribute(attributes, "KEYFORMAT").is_none_or(|format| format == "identity");
        let uri = attribute(attributes, "URI").filter(|uri| !uri.is_empty() && uri.len() <= MAX_URI);
        match (attribute(attributes, "METHOD"), uri) {
            (None | Some("NONE"), _) => Self::None,
            (Some("AES-128"), Some(uri)) if plain => {
                let iv = attribute(attributes, "IV").and_then(number_of_128_bits);
                Self::Key(SegmentKey { uri: uri.to_owned(), iv })
            }
            _ => Self::Licence { replaces: plain },
        }
    }
}

/// `0x…`, in hexadecimal.
fn number_of_128_bits(text: &str) -> Option<[u8; 16]> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

impl Variant {
    fn read(attributes: &str) -> Self {
        let codecs = attribute(attributes, "CODECS").unwrap_or_default().to_ascii_lowercase();
        let size = attribute(attributes, "RESOLUTION").and_then(|size| size.split_once(['x', 'X']));
        let size = size.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
        let sound = |codec: &str| ["mp4a", "ac-3", "ec-3", "opus"].iter().any(|name| codec.trim().starts_with(name));
        Self {
            uri: String::new(),
            bandwidth: attribute(attributes, "BANDWIDTH").and_then(|rate| rate.parse().ok()).unwrap_or(0),
            size,
            h265: ["hvc1", "hev1"].iter().any(|name| codecs.contains(name)),
            sound_only: size.is_none() && !codecs.is_empty() && codecs.split(',').all(sound),
        }
    }

    /// The shorter side of the picture, by which qualities are called.
    fn short_side(&self) -> Option<u32> {
        self.size.map(|(width, height)| width.min(height))
    }
}

/// The variant that fits best: sound alone where that is wanted and there; else the picture of that name, or the next smaller
/// one, or the next larger one. What plays everywhere comes before H.265.
pub(in crate::record) fn choose<'a>(variants: &'a [Variant], wanted: &Quality) -> Option<&'a Variant> {
    /// The shorter side of the pictures that the service calls so.
    const SIDES: [(&str, u32); 6] =
        [("uhd_60", 1_080), ("uhd", 1_080), ("hd_60", 720), ("hd", 720), ("sd", 540), ("ld", 360)];
    let alone = *wanted == Quality::Audio && variants.iter().any(|variant| variant.sound_only)
        || variants.iter().all(|variant| variant.sound_only);
    let side = match wanted {
        Quality::Named(name) => SIDES.iter().find(|(known, _)| *known == name.as_str()).map(|&(_, side)| side),
        Quality::Lowest => Some(0),
        Quality::Best | Quality::Audio => None,
    };
    let fitting = variants.iter().filter(|variant| variant.sound_only == alone);
    fitting.max_by_key(|variant| {
        let area = variant.size.map_or(0, |(width, height)| u64::from(width) * u64::from(height));
        // Not above what was asked, and then as large as can be; above it, as small as can be.
        let fits = match (side, variant.short_side()) {
            (Some(asked), Some(has)) if has > asked => (false, i64::from(u32::MAX - has)),
            _ => (true, 0),
        };
        (!variant.h265, fits, area, variant.bandwidth)
    })
}

/// Whole or broken seconds.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    (0.0..=MAX_LENGTH).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// The value of an attribute, without its quotes.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"')?;
                (value, after.trim_start().strip_prefix(',').unwrap_or_default())
            }
            None => after.split_once(',').unwrap_or((after, "")),
        };
        if key.trim() == name {
            return Some(value.trim());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn window(text: &str) -> Window {
        match Playlist::read(text).unwrap() {
            Playlist::Window(window) => window,
            Playlist::Variants(variants) => panic!("{variants:?}"),
        }
    }

    #[test]
    fn a_live_window_is_read() {
        let window = window(
            "\u{feff}#EXTM3U\r\n#EXT-X-VERSION:3\r\n#EXT-X-TARGETDURATION:4\r\n#EXT-X-MEDIA-SEQUENCE:17\r\n\
             #EXTINF:3.960,\r\na.ts?sign=1\r\n# a remark\r\n#EXT-X-DISCONTINUITY\r\n#EXTINF:4,title\r\n/b.ts\r\n#EXT-X-GAP\r\n#EXTINF:4\r\nc.ts\r\n",
        );
        assert_eq!((window.target, window.ended), (Duration::from_secs(4), false));
        let read: Vec<_> = window
            .segments
            .iter()
            .map(|one| (one.sequence, one.uri.as_str(), one.length.as_millis(), one.discontinuity, one.gap))
            .collect();
        assert_eq!(
            read,
            [
                (17, "a.ts?sign=1", 3_960, false, false),
                (18, "/b.ts", 4_000, true, false),
                (19, "c.ts", 4_000, false, true),
            ]
        );
    }

    #[test]
    fn an_end_and_what_segments_need_before_them_are_read() {
        let text = "#EXTM3U\n#EXT-X-MAP:URI=\"init,1.mp4\"\n#EXTINF:2,\n1.m4s\n#EXTINF:2,\n2.m4s\n#EXT-X-ENDLIST\n";
        let window = window(text);
        assert!(window.ended);
        assert!(
            window.segments.iter().all(|segment| segment.init.as_ref().is_some_and(|init| init.uri == "init,1.mp4"))
        );
    }

    #[rstest]
    #[case("<html>", PlaylistError::NotHls)]
    #[case("", PlaylistError::NotHls)]
    #[case("#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:2,\na.ts", PlaylistError::Encrypted)]
    #[case("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128\n#EXTINF:2,\na.ts", PlaylistError::Encrypted)]
    #[case(
        "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"skd://k\",KEYFORMAT=\"com.apple\"\n#EXTINF:2,\na.ts",
        PlaylistError::Encrypted
    )]
    #[case("#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:5@0\na.ts", PlaylistError::Ranges)]
    #[case("#EXTM3U\n#EXT-X-MAP:URI=\"a\",BYTERANGE=\"5@0\"\n", PlaylistError::Ranges)]
    fn what_cannot_be_recorded_is_said(#[case] text: &str, #[case] error: PlaylistError) {
        assert_eq!(Playlist::read(text), Err(error));
    }

    #[test]
    fn a_key_holds_until_another_one_is_named() {
        let window = window(
            "#EXTM3U\n#EXTINF:2,\n0.ts\n#EXT-X-KEY:METHOD=AES-128,URI=\"k?a=1,2\",IV=0x00000000000000000000000000000a01\n\
             #EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\n1.ts\n#EXTINF:2,\n2.ts\n\
             #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://x\",KEYFORMAT=\"com.apple\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"other\"\n#EXTINF:2,\n3.ts\n\
             #EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\n4.ts\n",
        );
        let iv = Some(0xa01_u128.to_be_bytes());
        let first = Some(SegmentKey { uri: "k?a=1,2".into(), iv });
        let other = Some(SegmentKey { uri: "other".into(), iv: None });
        let keys: Vec<_> = window.segments.iter().map(|segment| segment.key.clone()).collect();
        assert_eq!(keys, [None, first.clone(), first.clone(), other, None]);
        assert_eq!(window.segments[1].init, Some(InitEntry { uri: "init.mp4".into(), key: first }));
    }

    fn variants() -> Vec<Variant> {
        let text = "#EXTM3U\n\
             #EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=540x960,CODECS=\"avc1.64001f,mp4a.40.2\"\nsd.m3u8\n\
             #EXT-X-STREAM-INF:BANDWIDTH=2500000,RESOLUTION=1080x1920\nuhd.m3u8\n\
             #EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1080x1920,CODECS=\"hvc1.1.6.L120,mp4a.40.2\"\nhevc.m3u8\n\
             #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.2\"\nao.m3u8\n\
             #EXT-X-STREAM-INF:CODECS=\"avc1.64001f\",RESOLUTION=720x1280,BANDWIDTH=1800000\nhd.m3u8\n";
        match Playlist::read(text).unwrap() {
            Playlist::Variants(variants) => variants,
            Playlist::Window(window) => panic!("{window:?}"),
        }
    }

    #[rstest]
    #[case("best", "uhd.m3u8")]
    #[case("origin", "uhd.m3u8")]
    #[case("hd", "hd.m3u8")]
    #[case("sd", "sd.m3u8")]
    #[case("ld", "sd.m3u8")]
    #[case("lowest", "sd.m3u8")]
    #[case("audio", "ao.m3u8")]
    fn the_variant_that_was_asked_for_is_chosen(#[case] wanted: &str, #[case] uri: &str) {
        let (variants, wanted) = (variants(), wanted.parse().unwrap_or_default());
        assert_eq!(choose(&variants, &wanted).map(|variant| variant.uri.as_str()), Some(uri));
    }

    #[test]
    fn h265_is_taken_where_there_is_nothing_else() {
        let variants: Vec<_> = variants().into_iter().filter(|variant| variant.h265 || variant.sound_only).collect();
        assert_eq!(choose(&variants, &Quality::Best).unwrap().uri, "hevc.m3u8");
    }

    #[test]
    fn a_playlist_without_end_is_cut() {
        let text = format!("#EXTM3U\n{}", "#EXTINF:2,\na.ts\n".repeat(MAX_SEGMENTS + 10));
        let window = window(&text);
        assert_eq!(window.segments.len(), MAX_SEGMENTS);
        assert_eq!(window.segments.last().unwrap().sequence, MAX_SEGMENTS as u64 + 9);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(#EXT(M3U|INF:|-X-(KEY|MAP|STREAM-INF|MEDIA-SEQUENCE|TARGETDURATION|GAP):?)?|[a-zA-Z=\",0-9.:\n-]){0,40}") {
            let _ = Playlist::read(&format!("#EXTM3U\n{text}"));
        }
    }
}
