//! FLV clip of a few seconds, and the endless stream made of it.
//!
//! The clip repeats with its timestamps moved on, so that they never run backwards; a stream may begin anywhere, at the
//! keyframe before. See `recording.md` for what players expect.

use std::sync::OnceLock;

use bytes::{BufMut, Bytes, BytesMut};

static CLIP: &[u8] = include_bytes!("../../assets/demo.flv");

pub(super) const AUDIO: u8 = 8;
pub(super) const VIDEO: u8 = 9;
const HEADER: [u8; 13] = [b'F', b'L', b'V', 1, 0b101, 0, 0, 0, 9, 0, 0, 0, 0];
/// The header of a tag; its size follows the tag as four more bytes.
const TAG_HEADER: usize = 11;

/// One tag, its time in milliseconds apart from its bytes.
#[derive(Clone, Debug)]
pub(super) struct SimTag {
    pub(super) kind: u8,
    pub(super) at: u32,
    pub(super) data: Bytes,
}

impl SimTag {
    fn is_setup(&self) -> bool {
        match self.kind {
            // Sequence headers of AVC and AAC.
            VIDEO | AUDIO => self.data.get(1) == Some(&0),
            _ => true,
        }
    }

    pub(super) fn is_keyframe(&self) -> bool {
        self.kind == VIDEO && self.data.first().is_some_and(|first| first >> 4 == 1)
    }

    fn write(&self, at: u32, out: &mut BytesMut) {
        let size = self.data.len() as u32;
        out.put_u8(self.kind);
        out.put_uint(u64::from(size), 3);
        out.put_uint(u64::from(at & 0x00ff_ffff), 3);
        out.put_u8((at >> 24) as u8);
        out.put_uint(0, 3);
        out.put_slice(&self.data);
        out.put_u32(size + TAG_HEADER as u32);
    }
}

/// A clip, read apart.
#[derive(Debug)]
pub(super) struct Clip {
    pub(super) setup: Vec<SimTag>,
    pub(super) media: Vec<SimTag>,
    /// Milliseconds from one repetition to the next.
    pub(super) length: u32,
}

/// The clip that comes with the program.
pub(super) fn clip() -> &'static Clip {
    static READ: OnceLock<Clip> = OnceLock::new();
    READ.get_or_init(|| Clip::read(CLIP))
}

impl Clip {
    /// Reads whole tags until there are no more.
    fn read(file: &[u8]) -> Self {
        let (mut setup, mut media) = (Vec::new(), Vec::new());
        let mut rest = file.get(HEADER.len()..).unwrap_or_default();
        while let Some((tag, after)) = read_tag(rest) {
            rest = after;
            if tag.is_setup() { setup.push(tag) } else { media.push(tag) }
        }
        media.sort_by_key(|tag: &SimTag| tag.at);
        let length = span(&media, VIDEO).max(span(&media, AUDIO));
        Self { setup, media, length: length.max(1) }
    }
}

/// How long one kind of tag plays until it may begin again: the last one stands as long as the one before it.
fn span(media: &[SimTag], kind: u8) -> u32 {
    let mut times = media.iter().filter(|tag| tag.kind == kind).map(|tag| tag.at);
    let Some(first) = times.next() else { return 0 };
    match (times.next_back(), times.next_back()) {
        (Some(last), Some(before)) => last - first + (last - before),
        _ => 0,
    }
}

fn read_tag(bytes: &[u8]) -> Option<(SimTag, &[u8])> {
    let number = |range: std::ops::Range<usize>| {
        bytes.get(range).map(|part| part.iter().fold(0_u32, |number, &byte| (number << 8) | u32::from(byte)))
    };
    let kind = *bytes.first()?;
    let size = number(1..4)? as usize;
    let at = number(4..7)? | (u32::from(*bytes.get(7)?) << 24);
    let data = Bytes::copy_from_slice(bytes.get(TAG_HEADER..TAG_HEADER + size)?);
    Some((SimTag { kind, at, data }, bytes.get(TAG_HEADER + size + 4..)?))
}

/// The clip over and over.
#[derive(Debug)]
pub(super) struct Endless {
    clip: &'static Clip,
    round: u32,
    place: usize,
    sound_only: bool,
    /// The time of the newest tag; the next one is never before it.
    last: u32,
}

/// A tag ready to send, and when it is due on the clock of the stream.
pub(super) struct Timed {
    pub(super) at: u32,
    pub(super) is_keyframe: bool,
    pub(super) bytes: Bytes,
}

impl Endless {
    /// A stream that has run for `age` milliseconds already, from the keyframe before.
    pub(super) fn new(clip: &'static Clip, age: u32, sound_only: bool) -> Self {
        let (round, into) = (age / clip.length, age % clip.length);
        let before = clip.media.iter().enumerate().filter(|(_, tag)| tag.is_keyframe() && tag.at <= into);
        let place = before.last().map_or(0, |(place, _)| place);
        Self { clip, round, place, sound_only, last: 0 }
    }

    /// File header and codec set-up, stamped with the time the stream begins at.
    pub(super) fn opening(&mut self) -> Bytes {
        let mut out = BytesMut::from(&HEADER[..]);
        let at = self.time_of_next();
        for tag in self.clip.setup.iter().filter(|tag| !(self.sound_only && tag.kind == VIDEO)) {
            // Players take a description that is not at 0 for subtitles.
            tag.write(if matches!(tag.kind, VIDEO | AUDIO) { at } else { 0 }, &mut out);
        }
        self.last = at;
        out.freeze()
    }

    /// The next tag; there is always one.
    pub(super) fn next_tag(&mut self) -> Timed {
        loop {
            let at = self.time_of_next().max(self.last);
            let tag = self.clip.media.get(self.place);
            self.place += 1;
            if self.place >= self.clip.media.len() {
                (self.place, self.round) = (0, self.round.wrapping_add(1));
            }
            let Some(tag) = tag.filter(|tag| !(self.sound_only && tag.kind == VIDEO)) else { continue };
            self.last = at;
            let mut out = BytesMut::with_capacity(tag.data.len() + TAG_HEADER + 4);
            tag.write(at, &mut out);
            return Timed { at, is_keyframe: tag.is_keyframe(), bytes: out.freeze() };
        }
    }

    fn time_of_next(&self) -> u32 {
        let within = self.clip.media.get(self.place).map_or(0, |tag| tag.at);
        self.round.saturating_mul(self.clip.length).saturating_add(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_has_sound_and_pictures_and_starts_with_a_keyframe() {
        let clip = clip();
        assert!((3_900..4_200).contains(&clip.length), "{}", clip.length);
        assert!(clip.setup.iter().any(|tag| tag.kind == VIDEO) && clip.setup.iter().any(|tag| tag.kind == AUDIO));
        assert!(clip.media.iter().filter(|tag| tag.is_keyframe()).count() >= 3);
    }

    #[test]
    fn the_stream_runs_on_over_the_seam_of_the_clip() {
        let age = 9 * clip().length + 1_500;
        let mut endless = Endless::new(clip(), age, false);
        let opening = endless.opening();
        assert_eq!(opening.slice(..3), "FLV");
        let mut last = 0;
        for index in 0..2 * clip().media.len() {
            let tag = endless.next_tag();
            let (read, rest) = read_tag(&tag.bytes).unwrap();
            assert!(rest.is_empty() && read.at == tag.at);
            if index == 0 {
                assert!(read.is_keyframe() && age - read.at < 1_100, "{} of {age}", read.at);
            } else {
                assert!(tag.at >= last && tag.at - last < 200, "{last} then {}", tag.at);
            }
            last = tag.at;
        }
    }

    #[test]
    fn sound_only_has_no_pictures() {
        let mut endless = Endless::new(clip(), 0, true);
        assert!((0..200).all(|_| endless.next_tag().bytes[0] == AUDIO));
    }

    #[test]
    fn a_cut_clip_is_read_as_far_as_it_goes() {
        for cut in [0, 5, 13, 14, 400, 5_000] {
            Clip::read(&CLIP[..cut]);
        }
    }
}
