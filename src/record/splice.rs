//! Splice of a file whose writer was lost and the one that follows: the first ends where a picture begins that the second can
//! begin with, so that nothing is missing and nothing is in both.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use bytes::{Bytes, BytesMut};

use super::flv::{FILE_HEADER, Tag, TagKind, TagRole, earliest_time, tags};
use super::matroska::{Block, Tail};
use super::timeline::{PartContainer, TimelinePiece};

/// The same picture may be sent again and again; one this far away, in milliseconds, is another one.
const NEAR_MS: i64 = 2_000;

/// What is left to be written.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) pieces: VecDeque<TimelinePiece>,
    /// Recorded time at which the file ends now, in milliseconds; nothing where that is not known.
    pub(super) ends: Option<u64>,
    /// The file holds nothing that plays.
    pub(super) is_empty: bool,
}

/// A place of the file, and of what its writer was fed.
struct Cut {
    /// Number of the block in the file that goes.
    block: usize,
    /// First picture that is not in the file any more, on the clock of the part; nothing where there are none.
    video: Option<u32>,
    /// Last sound that is in the file, on that clock.
    audio: Option<i64>,
}

/// Cuts the file at `path`, which begins at `base` of its part, where what was fed to its writer can go on; the `pieces` are what
/// was fed last and what was to follow. Reads and writes files: not for the threads of the network.
pub(super) fn splice(path: &Path, pieces: VecDeque<TimelinePiece>, base: u32) -> Rest {
    let unknown = |pieces| Rest { pieces, ..Rest::default() };
    let Some(first) = pieces.front() else { return unknown(pieces) };
    let (part, head) = (first.part, std::sync::Arc::clone(&first.head));
    let fed: Vec<Tag> = match head.container {
        PartContainer::Flv => pieces.iter().filter(|piece| piece.part == part).flat_map(tags_of).collect(),
        PartContainer::Transport | PartContainer::Fragments => Vec::new(),
    };
    let opened = || -> io::Result<_> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Tail::read(&mut file)?.map(|tail| (file, tail)))
    };
    let (mut file, tail) = match opened() {
        Ok(Some(opened)) => opened,
        Ok(None) => return unknown(pieces),
        Err(error) => {
            tracing::warn!(%error, "the end of a recording's file cannot be read");
            return unknown(pieces);
        }
    };
    if tail.blocks().is_empty() && tail.is_whole() {
        return Rest { pieces, ends: None, is_empty: true };
    }
    if !fed.is_empty() && [TagKind::Video, TagKind::Audio].into_iter().all(|kind| holds_last(&tail, &fed, kind)) {
        return unknown(pieces.into_iter().filter(|piece| piece.part != part).collect());
    }
    let cut = find(&tail, &fed, i64::from(base), head.video.is_some());
    let block = cut.as_ref().map_or(tail.blocks().len(), |cut| cut.block);
    if block == 0 && tail.is_whole() {
        return Rest { pieces, ends: None, is_empty: true };
    }
    if let Err(error) = tail.cut(&mut file, block) {
        tracing::warn!(%error, "the end of a recording's file cannot be cut");
        return unknown(pieces);
    }
    let Some(cut) = cut else { return unknown(pieces) };
    let pieces = after(pieces, part, &cut);
    let first = cut.video.or_else(|| pieces.front().and_then(|piece| earliest_time(&piece.bytes)));
    Rest { pieces, ends: first.map(|first| head.starts + u64::from(first)), is_empty: false }
}

/// Makes a file that was left in the middle of a block end behind the last one that is whole. Reads and writes files: not for the
/// threads of the network.
pub(super) fn mend(path: &Path) {
    let mended = || -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        match Tail::read(&mut file)? {
            Some(tail) if !tail.blocks().is_empty() => tail.cut(&mut file, tail.blocks().len()),
            _ => Ok(()),
        }
    };
    if let Err(error) = mended() {
        tracing::warn!(%error, "the end of a recording's file cannot be mended");
    }
}

fn tags_of(piece: &TimelinePiece) -> Vec<Tag> {
    let head = if piece.begins_part { piece.head.bytes.len().max(FILE_HEADER) } else { 0 };
    tags(&piece.bytes.slice(head.min(piece.bytes.len())..)).collect()
}

/// Whether the last tag of a kind that was fed is in the file.
fn holds_last(tail: &Tail, fed: &[Tag], kind: TagKind) -> bool {
    let frame = |tag: &&Tag| tag.kind == kind && matches!(tag.role(), TagRole::Keyframe | TagRole::Frame);
    let last = tail.blocks().iter().rev().find(|block| block.is_video == (kind == TagKind::Video));
    match (fed.iter().rev().find(frame), last) {
        (Some(tag), Some(block)) => tag.payload() == tail.payload(block),
        (tag, _) => tag.is_none(),
    }
}

/// The last picture in the file that stands alone and that is among what was fed; without pictures the end of the file.
fn find(tail: &Tail, fed: &[Tag], base: i64, has_video: bool) -> Option<Cut> {
    let (kind, last) = if has_video { (TagKind::Video, None) } else { (TagKind::Audio, Some(tail.blocks().len())) };
    let leads = |block: &Block| block.is_video == has_video && (block.is_keyframe || !has_video);
    let shown = |tag: &Tag| i64::from(tag.at) + tag.delay() - base;
    let (nth, off, tag) =
        tail.blocks().iter().enumerate().rev().filter(|(_, block)| leads(block)).find_map(|(nth, block)| {
            let same = fed.iter().filter(|tag| {
                tag.kind == kind
                    && (!has_video || tag.role() == TagRole::Keyframe)
                    && (shown(tag) - block.millis).abs() <= NEAR_MS
                    && tag.payload() == tail.payload(block)
            });
            let tag = same.min_by_key(|tag| (shown(tag) - block.millis).abs())?;
            Some((nth, block.millis - shown(tag), tag))
        })?;
    let block = last.unwrap_or(nth);
    let sound = tail.blocks().iter().take(block).filter(|block| !block.is_video);
    let audio = sound.map(|block| block.millis - off + base).max();
    Some(Cut { block, video: has_video.then_some(tag.at), audio })
}

/// What is behind the cut.
fn after(pieces: VecDeque<TimelinePiece>, part: u32, cut: &Cut) -> VecDeque<TimelinePiece> {
    let (mut rest, mut early, mut begun) = (VecDeque::new(), BytesMut::new(), false);
    for piece in pieces {
        if piece.part != part || piece.ends_part {
            rest.push_back(piece);
            continue;
        }
        let mut bytes = BytesMut::new();
        for tag in tags_of(&piece) {
            let at = i64::from(tag.at);
            let from = cut.video.unwrap_or(0);
            match (tag.role(), tag.kind) {
                // A set-up that came late is needed whatever is cut.
                (TagRole::Config, _) => tag.write(tag.at.max(from), &mut bytes),
                (_, TagKind::Video) if tag.at >= from => {
                    begun = true;
                    tag.write(tag.at, &mut bytes);
                }
                (_, TagKind::Audio) if cut.audio.is_none_or(|last| at > last) => {
                    begun |= cut.video.is_none();
                    tag.write(tag.at, &mut bytes);
                }
                _ => {}
            }
        }
        if !begun {
            early.unsplit(bytes);
            continue;
        }
        let is_first = rest.is_empty();
        let bytes: Bytes = if early.is_empty() { bytes.freeze() } else { [early.split(), bytes].concat().into() };
        rest.push_back(TimelinePiece { bytes, keyframe: piece.keyframe || is_first, begins_part: false, ..piece });
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::codec::{VideoCodec, VideoSetup};
    use crate::record::timeline::PartHead;
    use std::sync::Arc;

    fn sized(id: &[u8], inside: &[u8]) -> Vec<u8> {
        [id, &(inside.len() as u64 | 1 << 56).to_be_bytes(), inside].concat()
    }

    fn block(track: u8, rel: u16, key: bool, payload: &[u8]) -> Vec<u8> {
        sized(&[0xa3], &[&[0x80 | track][..], &rel.to_be_bytes(), &[if key { 0x80 } else { 0 }], payload].concat())
    }

    fn tag(kind: TagKind, at: u32, key: bool) -> Tag {
        let body = match kind {
            TagKind::Video => [&[if key { 0x17 } else { 0x27 }, 1, 0, 0, 0][..], &at.to_be_bytes()].concat(),
            _ => [&[0xaf, 1][..], &at.to_be_bytes()].concat(),
        };
        Tag { kind, at, body: body.into() }
    }

    /// Two and a half seconds of a part whose clock began 10 s earlier: a picture each 500 ms, every other one stands alone, sound
    /// each 250 ms; then half a block.
    fn file(finished: bool) -> Vec<u8> {
        let track =
            |number: u8, kind: u8| sized(&[0xae], &[sized(&[0xd7], &[number]), sized(&[0x83], &[kind])].concat());
        let duration = if finished {
            [&[0x44, 0x89, 0x88][..], &9_000_f64.to_be_bytes()].concat()
        } else {
            [&[0xec, 0x89][..], &[0; 9]].concat()
        };
        let seek_head = if finished { sized(&[0x11, 0x4d, 0x9b, 0x74], &[0; 30]) } else { vec![] };
        let head = [
            seek_head,
            sized(&[0x15, 0x49, 0xa9, 0x66], &[&[0xbf, 0x84, 1, 2, 3, 4][..], &duration].concat()),
            sized(&[0x16, 0x54, 0xae, 0x6b], &[track(1, 1), track(2, 2)].concat()),
        ]
        .concat();
        let mut clusters = Vec::new();
        for begins in [0_u16, 800, 1_600, 2_400] {
            let mut inside = [&[0xbf, 0x84, 9, 9, 9, 9][..], &sized(&[0xe7], &begins.to_be_bytes())].concat();
            for at in (begins..begins + 800).filter(|at| at % 250 == 0 && *at <= 2_500) {
                let fed = u32::from(at) + 10_000;
                if at % 500 == 0 {
                    inside.extend(block(1, at - begins, at % 1_000 == 0, &fed.to_be_bytes()));
                }
                inside.extend(block(2, at - begins, true, &fed.to_be_bytes()));
            }
            clusters.extend(sized(&[0x1f, 0x43, 0xb6, 0x75], &inside));
        }
        if !finished {
            clusters.extend([0x1f, 0x43, 0xb6, 0x75, 0x20, 0xff, 0xff, 0xe7, 0x81, 0, 0xa3, 0x90, 0x81]);
        }
        let size = if finished { (head.len() + clusters.len()) as u64 | 1 << 56 } else { u64::MAX >> 7 };
        let segment = [&[0x18, 0x53, 0x80, 0x67][..], &size.to_be_bytes()].concat();
        [sized(&[0x1a, 0x45, 0xdf, 0xa3], &[0; 3]), segment, head, clusters].concat()
    }

    /// What was fed: pieces of a group each, 9 s to 14 s on the part's clock.
    fn fed(has_video: bool) -> VecDeque<TimelinePiece> {
        let video = has_video.then_some(VideoSetup { codec: VideoCodec::H264, size: None });
        let head = Arc::new(PartHead { video, starts: 100_000, ..PartHead::default() });
        let piece = |second: u32| {
            let mut bytes = BytesMut::new();
            for at in (second * 1_000..second * 1_000 + 1_000).step_by(250) {
                if has_video && at % 500 == 0 {
                    tag(TagKind::Video, at, at % 1_000 == 0).write(at, &mut bytes);
                }
                tag(TagKind::Audio, at, true).write(at, &mut bytes);
            }
            let millis = 100_000 + u64::from(second) * 1_000 + 750;
            TimelinePiece {
                part: 1,
                millis,
                keyframe: true,
                head: Arc::clone(&head),
                bytes: bytes.freeze(),
                ..TimelinePiece::default()
            }
        };
        (9..14).map(piece).collect()
    }

    /// The time of a block or a tag, and whether it is a picture.
    type Times<T> = Vec<(T, bool)>;

    /// What the file holds after the cut, what follows it, and the file.
    fn spliced(bytes: &[u8], pieces: VecDeque<TimelinePiece>) -> (Times<i64>, Times<u32>, Rest, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mkv");
        std::fs::write(&path, bytes).unwrap();
        let rest = splice(&path, pieces, 10_000);
        let mut file = std::fs::File::open(&path).unwrap();
        let tail = Tail::read(&mut file).unwrap();
        let kept = tail.iter().flat_map(Tail::blocks).map(|block| (block.millis, block.is_video)).collect();
        let follows = rest.pieces.iter().flat_map(tags_of).map(|tag| (tag.at, tag.kind == TagKind::Video)).collect();
        (kept, follows, rest, std::fs::read(path).unwrap())
    }

    #[test]
    fn a_file_ends_where_the_next_one_begins_and_nothing_is_in_both() {
        for finished in [false, true] {
            let (kept, follows, rest, bytes) = spliced(&file(finished), fed(true));
            let sound: Vec<i64> = kept.iter().filter(|(_, is_video)| !is_video).map(|(at, _)| *at).collect();
            assert_eq!(sound, [0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750], "{finished}");
            assert_eq!(kept.iter().filter(|(_, is_video)| *is_video).count(), 4);
            assert_eq!(follows[..3], [(12_000, true), (12_000, false), (12_250, false)]);
            assert_eq!(follows.len(), 2 * 6);
            assert_eq!((rest.ends, rest.is_empty), (Some(112_000), false));
            assert!(rest.pieces[0].keyframe && !rest.pieces[0].begins_part);
            let duration = [&[0x44, 0x89, 0x88][..], &1_750_f64.to_be_bytes()].concat();
            assert!(bytes.windows(11).any(|part| part == duration), "it says how long it is");
        }
    }

    #[test]
    fn sound_goes_on_behind_the_last_that_can_be_read() {
        let (kept, follows, rest, _) = spliced(&file(false), fed(false));
        assert_eq!(kept.last().unwrap().0, 2_500);
        assert_eq!((follows[0].0, rest.ends), (12_750, Some(112_750)));
    }

    #[test]
    fn what_is_not_known_is_left_as_it_is() {
        let (_, follows, rest, bytes) = spliced(b"no video", fed(true));
        assert_eq!((follows.len(), rest.ends, &bytes[..]), (5 * 6, None, &b"no video"[..]));
        // None of its pictures was fed.
        let later = fed(true).into_iter().skip(4).collect();
        let (kept, follows, rest, _) = spliced(&file(false), later);
        assert_eq!((kept.last().unwrap().0, follows.len(), rest.ends), (2_500, 6, None), "half a block is gone");
        // Cut anywhere, it is no reason to fail.
        let whole = file(true);
        for length in 0..whole.len() {
            spliced(&whole[..length], fed(true));
        }
    }

    #[test]
    fn a_file_without_a_picture_holds_nothing() {
        let whole = file(false);
        let first = whole.windows(4).position(|part| part == [0x1f, 0x43, 0xb6, 0x75]).unwrap();
        let (_, follows, rest, _) = spliced(&whole[..first + 12], fed(true));
        assert!(rest.is_empty && follows.len() == 5 * 6);
    }
}
