//! FLV as a stream of tags: a reader from chunks of any size, a writer with another time.
//!
//! It knows just enough of the codecs to tell their set-up and their keyframes. Layout: Adobe's "Video File Format
//! Specification" version 10, annex E; the codecs added later: Veovera's "Enhanced RTMP" (v1 and v2).
//!
//! Each tag is followed by its own length once more. Where that does not fit, or no tag begins where one should, the reader
//! looks for the next tag that is whole and right: one false length costs one tag, not the seconds it claims to be.
//!
//! Invariant: nothing a server sends can panic this, or make it hold more than one tag of [`MAX_TAG`] and one chunk.

mod row;

use bytes::{Buf, BufMut, Bytes, BytesMut};
pub(super) use row::{earlier, earliest_time, kinds_in, last_time, tags};

/// Largest tag taken. TikTok's keyframes stay far below a megabyte; a wrong length is usually a lost position.
const MAX_TAG: usize = 8 << 20;
/// A tag this large is believed once it is there; meanwhile a right tag inside it proves its length false.
const LARGE_TAG: usize = 256 << 10;
/// Bytes looked through for the next right tag before a new connection is the better way.
const MAX_SEARCH: usize = 8 << 20;
/// Largest file header taken; every known sender writes 9.
const MAX_HEADER: usize = 1_024;
/// Bytes of a tag before its body.
const TAG_HEADER: usize = 11;
/// The number of H.265 that is not in the specification and common on Asian networks.
const HEVC: u8 = 12;
/// Bytes of the length that follows each tag.
const TAG_TRAILER: usize = 4;

/// What a tag carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TagKind {
    Audio,
    Video,
    /// Metadata of the sender.
    Script,
}

/// What a tag is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagRole {
    /// Sets a decoder up.
    Config,
    /// A picture that can be decoded alone.
    Keyframe,
    /// Any other picture, or sound.
    Frame,
    /// Nothing that belongs in a recording.
    Other,
}

/// One piece of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    /// When to decode it, in milliseconds from wherever the sender counts.
    pub(super) at: u32,
    pub(super) body: Bytes,
}

/// Why a stream cannot be read on. There is no way back into it but a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FlvError {
    #[error("not an FLV stream")]
    NotFlv,
    #[error("no tag in {} MB", MAX_SEARCH >> 20)]
    Garbled,
}

/// Takes chunks, gives tags.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: BytesMut,
    begun: bool,
    /// The buffer does not begin with a tag: the next one is to be found.
    lost: bool,
    /// No right tag begins before this place of the buffer, but for the one at its beginning.
    searched: usize,
    /// Bytes passed over since the last tag.
    passed: usize,
}

/// The head of a tag.
#[derive(Clone, Copy, Debug)]
struct Head {
    kind: TagKind,
    length: usize,
    at: u32,
}

/// What stands at a place of the buffer.
enum Place {
    /// The head of a tag whose end is not there yet.
    Begins(Head),
    /// A whole tag, followed by its length.
    Right(Head),
    /// A tag's head, but another length than it claims follows its body.
    Mismatch(Head),
    /// Too few bytes to say.
    Short,
    /// No tag.
    Wrong,
}

impl Reader {
    /// Adds what arrived.
    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.buffer.extend_from_slice(chunk);
    }

    /// The next whole tag; nothing until more has arrived.
    pub(super) fn next_tag(&mut self) -> Result<Option<Tag>, FlvError> {
        if !self.begun && !self.skip_header()? {
            return Ok(None);
        }
        if self.lost && !self.find_tag()? {
            return Ok(None);
        }
        loop {
            match self.place(0) {
                Place::Right(head) => return Ok(Some(self.finish_tag(head))),
                Place::Mismatch(head) => {
                    // Some senders write no lengths behind their tags; then the next tag begins where it should.
                    match self.place(TAG_HEADER + head.length + TAG_TRAILER) {
                        Place::Begins(_) | Place::Right(_) | Place::Mismatch(_) => {
                            return Ok(Some(self.finish_tag(head)));
                        }
                        Place::Short => return Ok(None),
                        Place::Wrong => {}
                    }
                }
                Place::Begins(head) if head.length <= LARGE_TAG => return Ok(None),
                Place::Begins(_) => {
                    if !self.search(self.searched.max(1)) {
                        return Ok(None);
                    }
                    continue;
                }
                Place::Short => return Ok(None),
                Place::Wrong => {}
            }
            self.lost = true;
            self.searched = 1;
            if !self.find_tag()? {
                return Ok(None);
            }
        }
    }

    /// Takes the tag at the beginning out of the buffer.
    fn finish_tag(&mut self, head: Head) -> Tag {
        self.buffer.advance(TAG_HEADER);
        let body = self.buffer.split_to(head.length).freeze();
        self.buffer.advance(TAG_TRAILER);
        (self.searched, self.passed) = (0, 0);
        Tag { kind: head.kind, at: head.at, body }
    }

    /// Goes to the next right tag; what is before it is dropped. Says whether there is one.
    fn find_tag(&mut self) -> Result<bool, FlvError> {
        if self.search(self.searched) {
            return Ok(true);
        }
        self.pass(self.searched);
        if self.passed > MAX_SEARCH { Err(FlvError::Garbled) } else { Ok(false) }
    }

    /// Looks for a right tag at `from` or behind, and makes the buffer begin with it.
    fn search(&mut self, from: usize) -> bool {
        for at in from..self.buffer.len() {
            self.searched = at;
            match self.place(at) {
                Place::Right(_) => {
                    self.pass(at);
                    self.lost = false;
                    return true;
                }
                // It may turn out to be one.
                Place::Begins(head) if head.length <= LARGE_TAG => return false,
                Place::Short => return false,
                Place::Begins(_) | Place::Mismatch(_) | Place::Wrong => {}
            }
        }
        self.searched = self.searched.max(from);
        false
    }

    fn pass(&mut self, bytes: usize) {
        let bytes = bytes.min(self.buffer.len());
        self.buffer.advance(bytes);
        self.searched = 0;
        self.passed += bytes;
    }

    /// What stands at a place of the buffer.
    fn place(&self, at: usize) -> Place {
        let Some(&first) = self.buffer.get(at) else { return Place::Short };
        let kind = match first {
            8 => TagKind::Audio,
            9 => TagKind::Video,
            18 => TagKind::Script,
            _ => return Place::Wrong,
        };
        let Some(mut rest) = self.buffer.get(at + 1..at + TAG_HEADER) else { return Place::Short };
        let length = rest.get_uint(3) as usize;
        // The eighth bit of the time comes last.
        let low = rest.get_uint(3) as u32;
        let head = Head { kind, length, at: u32::from(rest.get_u8()) << 24 | low };
        // The number of the stream is always 0.
        if length > MAX_TAG || rest.get_uint(3) != 0 {
            return Place::Wrong;
        }
        let end = at + TAG_HEADER + length;
        match self.buffer.get(end..end + TAG_TRAILER) {
            Some(trailer) if trailer == ((TAG_HEADER + length) as u32).to_be_bytes() => Place::Right(head),
            Some(_) => Place::Mismatch(head),
            None => Place::Begins(head),
        }
    }

    /// Whether the file header, and the zero length after it, are behind us.
    fn skip_header(&mut self) -> Result<bool, FlvError> {
        let seen = self.buffer.len().min(3);
        if self.buffer.get(..seen) != b"FLV".get(..seen) {
            return Err(FlvError::NotFlv);
        }
        let Some(mut length) = self.buffer.get(5..9) else { return Ok(false) };
        let length = length.get_u32() as usize;
        if length > MAX_HEADER {
            return Err(FlvError::NotFlv);
        }
        if self.buffer.len() < length + TAG_TRAILER {
            return Ok(false);
        }
        self.buffer.advance(length + TAG_TRAILER);
        self.begun = true;
        Ok(true)
    }
}

impl Tag {
    /// What the tag is for.
    pub(super) fn role(&self) -> TagRole {
        let Some(&first) = self.body.first() else { return TagRole::Other };
        let second = self.body.get(1).copied();
        match self.kind {
            TagKind::Script => TagRole::Other,
            TagKind::Audio => audio_role(first, second),
            TagKind::Video => video_role(first, second),
        }
    }

    /// The bytes of a [`TagRole::Config`] that decide whether a decoder must be set up anew. The time offset of a picture,
    /// which differs from one sending to the next, is not among them.
    pub(super) fn setup(&self) -> &[u8] {
        let from = match (self.kind, self.body.first()) {
            (TagKind::Video, Some(first)) if first & 0x80 == 0 => 5,
            (TagKind::Audio, _) => 2,
            _ => 1,
        };
        self.body.get(from..).unwrap_or_default()
    }

    /// What a container without tags holds of a picture or of some sound.
    pub(super) fn payload(&self) -> &[u8] {
        let from = match (self.kind, self.body.first()) {
            (TagKind::Video, Some(first)) if first & 0x80 == 0 || first & 0x0f == 3 => 5,
            (TagKind::Video, _) => 8,
            (_, Some(first)) if first >> 4 == 10 => 2,
            (_, Some(first)) if first >> 4 == 9 => 5,
            _ => 1,
        };
        self.body.get(from..).unwrap_or_default()
    }

    /// So much later than it is decoded a picture is shown, in milliseconds.
    pub(super) fn delay(&self) -> i64 {
        let at = match (self.kind, self.body.first()) {
            (TagKind::Video, Some(first)) if first & 0x8f == 0x81 => 5,
            (TagKind::Video, Some(first)) if first & 0x80 == 0 => 2,
            _ => return 0,
        };
        match self.body.get(at..at + 3) {
            Some(&[high, middle, low]) => i64::from(i32::from_be_bytes([high, middle, low, 0]) >> 8),
            _ => 0,
        }
    }

    /// H.265 under the number that Asian networks gave it, as the tag that the specification has for it (`hvc1`): more
    /// ffmpegs read that. Any other tag as it is.
    pub(super) fn standard(self) -> Self {
        let Some(&[first, packet, ..]) = self.body.first_chunk::<5>() else { return self };
        if self.kind != TagKind::Video || first & 0x8f != HEVC || packet > 2 {
            return self;
        }
        let mut body = BytesMut::with_capacity(self.body.len() + 3);
        body.put_u8(0x80 | first & 0x70 | packet);
        body.put_slice(b"hvc1");
        // Only a picture has a time offset in the standard form.
        body.put_slice(self.body.get(if packet == 1 { 2 } else { 5 }..).unwrap_or_default());
        Self { body: body.freeze(), ..self }
    }

    /// Writes the tag with another time.
    pub(super) fn write(&self, at: u32, out: &mut BytesMut) {
        let kind = match self.kind {
            TagKind::Audio => 8,
            TagKind::Video => 9,
            TagKind::Script => 18,
        };
        out.reserve(TAG_HEADER + self.body.len() + TAG_TRAILER);
        out.put_u8(kind);
        out.put_uint(self.body.len() as u64, 3);
        out.put_uint(u64::from(at & 0x00ff_ffff), 3);
        out.put_u8((at >> 24) as u8);
        out.put_uint(0, 3);
        out.put_slice(&self.body);
        out.put_u32((TAG_HEADER + self.body.len()) as u32);
    }
}

/// Bytes of the header that [`write_header`] writes.
pub(super) const FILE_HEADER: usize = 9 + TAG_TRAILER;

/// Writes the header of a file.
pub(super) fn write_header(audio: bool, video: bool, out: &mut BytesMut) {
    out.put_slice(b"FLV\x01");
    out.put_u8(u8::from(audio) << 2 | u8::from(video));
    out.put_u32(9);
    out.put_u32(0);
}

fn audio_role(first: u8, second: Option<u8>) -> TagRole {
    const AAC: u8 = 10;
    const ENHANCED: u8 = 9;
    match (first >> 4, first & 0x0f, second) {
        (AAC, _, Some(0)) | (ENHANCED, 0, _) => TagRole::Config,
        (AAC, _, None) | (ENHANCED, 2.., _) => TagRole::Other,
        _ => TagRole::Frame,
    }
}

fn video_role(first: u8, second: Option<u8>) -> TagRole {
    const AVC: u8 = 7;
    let frame = if first >> 4 & 0b111 == 1 { TagRole::Keyframe } else { TagRole::Frame };
    if first & 0x80 != 0 {
        return match first & 0x0f {
            0 => TagRole::Config,
            1 | 3 => frame,
            _ => TagRole::Other,
        };
    }
    match (first & 0x0f, second) {
        (AVC | HEVC, Some(0)) => TagRole::Config,
        (AVC | HEVC, Some(1)) => frame,
        (AVC | HEVC, _) => TagRole::Other,
        _ => frame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn tag(kind: TagKind, at: u32, body: &[u8]) -> Tag {
        Tag { kind, at, body: Bytes::copy_from_slice(body) }
    }

    fn file(tags: &[Tag]) -> BytesMut {
        let mut out = BytesMut::new();
        write_header(true, true, &mut out);
        for tag in tags {
            tag.write(tag.at, &mut out);
        }
        out
    }

    #[test]
    fn tags_come_back_from_chunks_of_any_size() {
        let tags = [
            tag(TagKind::Script, 0, b"meta"),
            tag(TagKind::Video, 0x0102_0304, &[0x17, 1, 0, 0, 0, 9]),
            tag(TagKind::Audio, u32::MAX, &[]),
        ];
        for size in 1..40 {
            let mut reader = Reader::default();
            let mut read = Vec::new();
            for chunk in file(&tags).chunks(size) {
                reader.push(chunk);
                while let Some(tag) = reader.next_tag().unwrap() {
                    read.push(tag);
                }
            }
            assert_eq!(read, tags);
        }
    }

    #[test]
    fn what_is_not_flv_is_told_from_its_first_bytes() {
        let mut reader = Reader::default();
        reader.push(b"F");
        assert_eq!(reader.next_tag(), Ok(None));
        reader.push(b"or example, a login page");
        assert_eq!(reader.next_tag(), Err(FlvError::NotFlv));
    }

    fn read(bytes: &[u8], size: usize) -> Vec<Tag> {
        let mut reader = Reader::default();
        let mut tags = Vec::new();
        for chunk in bytes.chunks(size) {
            reader.push(chunk);
            while let Some(tag) = reader.next_tag().unwrap() {
                tags.push(tag);
            }
        }
        tags
    }

    fn pictures(count: u32) -> Vec<Tag> {
        (0..count).map(|n| tag(TagKind::Video, n * 40, &[&[0x27, 1, 0, 0, 0], &[n as u8; 300][..]].concat())).collect()
    }

    #[rstest]
    #[case::whole(usize::MAX)]
    #[case::in_pieces(97)]
    fn a_second_file_header_costs_nothing(#[case] size: usize) {
        let (first, second) = (pictures(3), pictures(5));
        let twice = [file(&first), file(&second)].concat();
        assert_eq!(read(&twice, size), [first, second].concat());
    }

    #[rstest]
    #[case::a_little_longer(40)]
    #[case::longer_than_the_next(700)]
    #[case::shorter(-60)]
    #[case::five_megabytes(5 << 20)]
    #[case::all_it_can(0x00ff_ffff - 305)]
    fn a_false_length_costs_one_tag(#[case] by: i64) {
        let tags = pictures(30);
        let mut bytes = file(&tags);
        let fourth = 13 + 3 * (300 + 5 + TAG_HEADER + TAG_TRAILER);
        let length = ((300 + 5 + by) as u32).to_be_bytes();
        bytes[fourth + 1..fourth + 4].copy_from_slice(&length[1..]);
        for size in [97, 5_000, usize::MAX] {
            let read = read(&bytes, size);
            assert_eq!(read, [&tags[..3], &tags[4..]].concat(), "{} in chunks of {size}", read.len());
        }
    }

    #[test]
    fn garbage_between_tags_is_passed_over() {
        let (first, second) = (pictures(3), pictures(5));
        let mut bytes = file(&first);
        bytes.extend_from_slice(&[9; 3_000]);
        bytes.extend_from_slice(&file(&second)[13..]);
        assert_eq!(read(&bytes, 700), [first, second].concat());
    }

    #[test]
    fn lengths_that_a_sender_leaves_out_are_not_missed() {
        let tags = pictures(4);
        let mut bytes = file(&tags);
        for n in 1..=4 {
            let end = 13 + n * (305 + TAG_HEADER + TAG_TRAILER);
            bytes[end - 4..end].fill(0);
        }
        assert_eq!(read(&bytes, 50), tags[..3], "the last one is known only when another follows");
    }

    #[test]
    fn a_large_tag_is_no_false_length() {
        let large = tag(TagKind::Video, 0, &vec![0x17; 3 << 20]);
        let tags = [large, pictures(1)[0].clone()];
        assert_eq!(read(&file(&tags), 8_000), tags);
    }

    #[test]
    fn what_never_becomes_a_tag_is_given_up() {
        let mut reader = Reader::default();
        reader.push(&file(&[]));
        let mut given_up = false;
        for _ in 0..=MAX_SEARCH / 60_000 {
            reader.push(&vec![1; 60_000]);
            given_up |= reader.next_tag().is_err();
        }
        assert!(given_up && reader.buffer.len() < 100_000);
    }

    #[rstest]
    #[case::avc_config(TagKind::Video, &[0x17, 0], TagRole::Config)]
    #[case::avc_key(TagKind::Video, &[0x17, 1], TagRole::Keyframe)]
    #[case::avc_inter(TagKind::Video, &[0x27, 1], TagRole::Frame)]
    #[case::avc_end(TagKind::Video, &[0x17, 2], TagRole::Other)]
    #[case::hevc_12_config(TagKind::Video, &[0x1c, 0], TagRole::Config)]
    #[case::hvc1_config(TagKind::Video, &[0x90, b'h'], TagRole::Config)]
    #[case::hvc1_key(TagKind::Video, &[0x91, b'h'], TagRole::Keyframe)]
    #[case::hvc1_inter(TagKind::Video, &[0xa3, b'h'], TagRole::Frame)]
    #[case::aac_config(TagKind::Audio, &[0xaf, 0], TagRole::Config)]
    #[case::aac(TagKind::Audio, &[0xaf, 1], TagRole::Frame)]
    #[case::mp3(TagKind::Audio, &[0x2f, 0], TagRole::Frame)]
    #[case::empty(TagKind::Video, &[], TagRole::Other)]
    #[case::metadata(TagKind::Script, &[2, 0], TagRole::Other)]
    fn a_tag_says_what_it_is_for(#[case] kind: TagKind, #[case] body: &'static [u8], #[case] role: TagRole) {
        assert_eq!(tag(kind, 0, body).role(), role);
    }

    #[test]
    fn the_setup_leaves_the_time_offset_out() {
        let one = tag(TagKind::Video, 0, &[0x17, 0, 0, 0, 0, 1, 100]);
        let two = tag(TagKind::Video, 9, &[0x17, 0, 0, 0, 40, 1, 100]);
        assert_eq!(one.setup(), two.setup());
        assert_eq!(tag(TagKind::Audio, 0, &[0xaf, 0, 0x12, 0x10]).setup(), [0x12, 0x10]);
    }

    #[test]
    fn h265_comes_in_its_standard_form() {
        let standard = |body: &[u8]| tag(TagKind::Video, 7, body).standard();
        assert_eq!(standard(&[0x1c, 0, 0, 0, 0, 1, 2]), tag(TagKind::Video, 7, b"\x90hvc1\x01\x02"));
        assert_eq!(standard(&[0x2c, 1, 0, 0, 40, 9]), tag(TagKind::Video, 7, b"\xa1hvc1\0\0\x28\x09"));
        assert_eq!(standard(&[0x17, 1, 0, 0, 0, 9]), tag(TagKind::Video, 7, &[0x17, 1, 0, 0, 0, 9]));
        assert_eq!(standard(&[0x1c]), tag(TagKind::Video, 7, &[0x1c]));
    }

    #[test]
    fn tags_can_be_moved_in_time() {
        let mut out = BytesMut::new();
        tag(TagKind::Video, 0, &[0x17, 1]).write(0x0102_0304, &mut out);
        tag(TagKind::Audio, 0, &[0xaf, 1]).write(0x0102_0400, &mut out);
        let moved = earlier(&out, 0x0102_0304);
        assert_eq!((earliest_time(&moved), last_time(&moved)), (Some(0), Some(0xfc)));
        assert_eq!(kinds_in(&moved), (true, true));
    }

    proptest! {
        #[test]
        fn no_bytes_can_panic_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..600), flv in any::<bool>()) {
            let mut reader = Reader::default();
            if flv {
                reader.push(&file(&[]));
            }
            reader.push(&bytes);
            while let Ok(Some(tag)) = reader.next_tag() {
                tag.role();
                tag.setup();
            }
        }
    }
}
