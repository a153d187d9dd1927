//! FLV as a stream of tags: read from chunks of any size, write with another time.
//!
//! It knows just enough of the codecs to tell their set-up and their keyframes. Layout: Adobe's "Video File Format
//! Specification" version 10, annex E; the codecs added later: Veovera's "Enhanced RTMP" (v1 and v2).
//!
//! Invariant: nothing a server sends can panic this, or make it hold more than one tag of [`MAX_TAG`] and one chunk.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Largest tag taken. TikTok's keyframes stay far below a megabyte; a wrong length is usually a lost position.
const MAX_TAG: usize = 16 << 20;
/// Largest file header taken; every known sender writes 9.
const MAX_HEADER: usize = 1_024;
/// Bytes of a tag before its body.
const TAG_HEADER: usize = 11;
/// Bytes of the length that follows each tag.
const TAG_TRAILER: usize = 4;

/// What a tag carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    #[error("a tag of type {0}, which FLV does not have")]
    BadTag(u8),
    #[error("a tag of {0} bytes")]
    TooLong(usize),
}

/// Takes chunks, gives tags.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: BytesMut,
    begun: bool,
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
        let Some(mut header) = self.buffer.get(..TAG_HEADER) else { return Ok(None) };
        let kind = match header.get_u8() {
            8 => TagKind::Audio,
            9 => TagKind::Video,
            18 => TagKind::Script,
            other => return Err(FlvError::BadTag(other)),
        };
        let length = header.get_uint(3) as usize;
        if length > MAX_TAG {
            return Err(FlvError::TooLong(length));
        }
        // The eighth bit of the time comes last.
        let low = header.get_uint(3) as u32;
        let at = u32::from(header.get_u8()) << 24 | low;
        if self.buffer.len() < TAG_HEADER + length + TAG_TRAILER {
            return Ok(None);
        }
        self.buffer.advance(TAG_HEADER);
        let body = self.buffer.split_to(length).freeze();
        self.buffer.advance(TAG_TRAILER);
        Ok(Some(Tag { kind, at, body }))
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
    /// Not in the specification; common on Asian networks.
    const HEVC: u8 = 12;
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

    #[test]
    fn a_second_file_header_is_no_tag() {
        let mut reader = Reader::default();
        let twice = [file(&[]), file(&[])].concat();
        reader.push(&twice);
        assert_eq!(reader.next_tag(), Err(FlvError::BadTag(b'F')));
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
