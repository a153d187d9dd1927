//! Matroska files as ffmpeg writes them, without ffmpeg: what an unfinished one holds at its end, where it is cut so that it ends
//! with a whole picture, and chapters for a finished one.
//!
//! Layout: RFC 8794 (EBML) and RFC 9559 (Matroska). Only elements that ffmpeg's muxer writes are known; what is anything else
//! makes a file be left as it is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::marker::Chapter;

const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const INFO: u32 = 0x1549_a966;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const TRACK_NUMBER: u32 = 0xd7;
const TRACK_TYPE: u32 = 0x83;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const REFERENCE: u32 = 0xfb;
const CRC: u8 = 0xbf;
const VOID: u8 = 0xec;
/// The head of a file, up to its first cluster, is no longer than this.
const MAX_HEAD: u64 = 1 << 20;
/// What is looked at of the end of a file: more than is kept of what its writer was fed.
const MAX_TAIL: u64 = 8 << 20;

/// The end of a file that its writer left.
#[derive(Debug)]
pub(super) struct Tail {
    head: Head,
    /// Where `bytes` begin in the file.
    from: u64,
    bytes: Vec<u8>,
    clusters: Vec<Cluster>,
    blocks: Vec<Block>,
}

/// What stands before the first cluster.
#[derive(Debug, Default)]
struct Head {
    /// Where the segment's size stands, and in how many bytes; where it ends, where that is known.
    segment: (u64, usize),
    segment_end: Option<u64>,
    /// Where the list of what is where begins, and its length.
    index: Option<(u64, u64)>,
    /// What is in it, without its checksum, and how long it may get.
    seeks: Vec<u8>,
    seek_room: u64,
    /// Checksum of the information, and the place of its duration.
    info_crc: Option<u64>,
    duration: Option<u64>,
    video: Option<u64>,
    /// Where the first cluster begins.
    clusters: u64,
}

/// A cluster, by places in the tail.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    at: usize,
    /// Where its size stands, and where its elements begin.
    size: usize,
    inside: usize,
}

/// A picture, or some sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its place in the tail, and that of its cluster.
    at: usize,
    cluster: usize,
    payload: (usize, usize),
    pub(super) is_video: bool,
    pub(super) is_keyframe: bool,
    /// When it is shown, in milliseconds.
    pub(super) millis: i64,
}

/// An element: its number, where its size stands, where its content begins and ends. One whose size nobody knows yet has no end.
#[derive(Clone, Copy, Debug)]
struct Element {
    id: u32,
    size: usize,
    inside: usize,
    end: Option<usize>,
}

impl Tail {
    /// Reads the end of a file; nothing where it is no Matroska file, or none that ffmpeg would write.
    pub(super) fn read(file: &mut File) -> io::Result<Option<Self>> {
        let length = file.seek(SeekFrom::End(0))?;
        let start = read_at(file, 0, length.min(MAX_HEAD))?;
        let Some(head) = Head::read(&start) else { return Ok(None) };
        let from = head.clusters.max(length.saturating_sub(MAX_TAIL));
        let bytes = read_at(file, from, length.saturating_sub(from))?;
        let mut tail = Self { from, bytes, clusters: Vec::new(), blocks: Vec::new(), head };
        let first = if from == tail.head.clusters { Some(0) } else { tail.first_cluster() };
        if let Some(first) = first {
            tail.walk(first);
        }
        Ok(Some(tail))
    }

    /// What can be read, in the order of the file.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Whether it is all of the file.
    pub(super) fn is_whole(&self) -> bool {
        self.from == self.head.clusters
    }

    /// What is in a block, as its sender sent it.
    pub(super) fn payload(&self, block: &Block) -> &[u8] {
        self.bytes.get(block.payload.0..block.payload.1).unwrap_or_default()
    }

    /// Makes the file end before the block with this number, or behind the last one that is whole. It is then a file whose
    /// index was never written, and says how long it is.
    pub(super) fn cut(&self, file: &mut File, before: usize) -> io::Result<()> {
        let kept = self.blocks.get(..before).unwrap_or(&self.blocks);
        let (end, cluster) = match (self.blocks.get(before), kept.last()) {
            (Some(block), Some(last)) if last.cluster == block.cluster => (block.at, Some(block.cluster)),
            (Some(block), _) => (self.clusters.get(block.cluster).map_or(0, |cluster| cluster.at), None),
            (None, Some(last)) => (last.payload.1, Some(last.cluster)),
            (None, None) => (0, None),
        };
        if let Some(cluster) = cluster.and_then(|cluster| self.clusters.get(cluster)) {
            let width = width(self.bytes.get(cluster.size).copied().unwrap_or(0));
            let size = (end - cluster.inside) as u64;
            if size >= (1 << (7 * width)) - 1 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let size = size | 1 << (7 * width);
            let bytes = size.to_be_bytes();
            write_at(file, self.from + cluster.size as u64, bytes.get(8 - width..).unwrap_or_default())?;
            if self.bytes.get(cluster.inside) == Some(&CRC) {
                write_at(file, self.from + cluster.inside as u64, &[VOID])?;
            }
        }
        file.set_len(self.from + end as u64)?;
        self.head.reopen(file)?;
        let last = kept.iter().map(|block| block.millis).max().unwrap_or(0);
        self.head.write_duration(file, last as f64)
    }

    /// The first cluster in the tail that another one, or the end of the file, follows.
    fn first_cluster(&self) -> Option<usize> {
        let name = CLUSTER.to_be_bytes();
        let mut at = 0;
        while let Some(found) = self.bytes.get(at..)?.windows(4).position(|part| part == name) {
            at += found;
            let next = Element::read(&self.bytes, at).and_then(|element| element.end);
            match next.and_then(|next| Element::read(&self.bytes, next)) {
                Some(next) if next.id == CLUSTER => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    fn walk(&mut self, mut at: usize) {
        while let Some(element) = Element::read(&self.bytes, at).filter(|element| element.id == CLUSTER) {
            self.clusters.push(Cluster { at, size: element.size, inside: element.inside });
            let end = element.end.unwrap_or(usize::MAX).min(self.bytes.len());
            self.walk_cluster(element.inside, end);
            match element.end {
                Some(next) if next <= self.bytes.len() => at = next,
                _ => break,
            }
        }
    }

    fn walk_cluster(&mut self, mut at: usize, end: usize) {
        let (cluster, mut begins) = (self.clusters.len() - 1, 0_i64);
        while let Some(element) = Element::read(&self.bytes, at) {
            let Some(next) = element.end.filter(|&next| next <= end) else { break };
            let inside = self.bytes.get(element.inside..next).unwrap_or_default();
            let mut place = None;
            match element.id {
                TIMESTAMP => begins = number(inside) as i64,
                SIMPLE_BLOCK => {
                    place = Some((element.inside, next, inside.get(3).is_some_and(|flags| flags & 0x80 != 0)));
                }
                BLOCK_GROUP => {
                    let (mut within, mut keyframe) = (element.inside, true);
                    while let Some(part) = Element::read(&self.bytes, within).filter(|_| within < next) {
                        let Some(after) = part.end else { break };
                        match part.id {
                            BLOCK => place = Some((part.inside, after, true)),
                            REFERENCE => keyframe = false,
                            _ => {}
                        }
                        within = after;
                    }
                    place = place.map(|(from, to, _)| (from, to, keyframe));
                }
                _ => {}
            }
            if let Some((from, to, is_keyframe)) = place
                && let Some(&[track, high, low, _]) = self.bytes.get(from..to).and_then(|block| block.first_chunk())
            {
                let is_video = self.head.video == Some(u64::from(track & 0x7f));
                let millis = begins + i64::from(i16::from_be_bytes([high, low]));
                self.blocks.push(Block { at, cluster, payload: (from + 4, to), is_video, is_keyframe, millis });
            }
            at = next;
        }
    }
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let ebml = Element::read(bytes, 0).filter(|element| element.id == 0x1a45_dfa3)?.end?;
        let segment = Element::read(bytes, ebml).filter(|element| element.id == SEGMENT)?;
        let segment_end = segment.end.map(|end| end as u64);
        let mut head =
            Self { segment: (segment.size as u64, segment.inside - segment.size), segment_end, ..Self::default() };
        let (mut at, mut behind_seeks) = (segment.inside, false);
        while let Some(element) = Element::read(bytes, at) {
            let end = match (element.id, element.end) {
                (CLUSTER, _) => break,
                (_, Some(end)) if end <= bytes.len() => end,
                _ => return None,
            };
            match element.id {
                SEEK_HEAD => {
                    head.index = Some((at as u64, (end - at) as u64));
                    head.seek_room = (end - at) as u64;
                    let seeks = bytes.get(element.inside..end)?;
                    // A checksum comes first.
                    head.seeks = seeks.get(if seeks.first() == Some(&CRC) { 6 } else { 0 }..)?.to_vec();
                }
                id if id == u32::from(VOID) && behind_seeks => head.seek_room += (end - at) as u64,
                INFO => head.read_info(bytes, element.inside, end),
                TRACKS => head.video = video_track(bytes, element.inside, end),
                _ => {}
            }
            behind_seeks = element.id == SEEK_HEAD;
            at = end;
        }
        head.clusters = at as u64;
        Some(head)
    }

    fn read_info(&mut self, bytes: &[u8], mut at: usize, end: usize) {
        /// Bytes of a duration, as ffmpeg writes it and keeps room for it.
        const LENGTH: usize = 11;
        while let Some(element) = Element::read(bytes, at).filter(|_| at < end) {
            let Some(next) = element.end else { return };
            match element.id {
                id if id == u32::from(CRC) => self.info_crc = Some(at as u64),
                DURATION if next - at == LENGTH => self.duration = Some(at as u64),
                id if id == u32::from(VOID) && next - at == LENGTH => self.duration = Some(at as u64),
                _ => {}
            }
            at = next;
        }
    }

    /// Takes back what says that the file is finished: its size, and where its index is.
    fn reopen(&self, file: &mut File) -> io::Result<()> {
        const UNKNOWN: [u8; 8] = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        if self.segment.1 == UNKNOWN.len() {
            write_at(file, self.segment.0, &UNKNOWN)?;
        }
        if let Some((at, length)) = self.index.filter(|(_, length)| *length > 9) {
            let size = ((length - 9) | 1 << 56).to_be_bytes();
            write_at(file, at, &[&[VOID][..], &size].concat())?;
        }
        Ok(())
    }

    fn write_duration(&self, file: &mut File, millis: f64) -> io::Result<()> {
        let Some(at) = self.duration else { return Ok(()) };
        if let Some(crc) = self.info_crc {
            write_at(file, crc, &[VOID])?;
        }
        write_at(file, at, &[&[0x44, 0x89, 0x88][..], &millis.to_be_bytes()].concat())
    }
}

impl Element {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let wide = width(*bytes.get(at)?);
        let id = bytes.get(at..at + wide).filter(|_| wide <= 4).map(number)? as u32;
        let size = at + wide;
        let wide = width(*bytes.get(size)?);
        let length = bytes.get(size..size + wide).filter(|_| wide <= 8).map(number)?;
        let all = (1_u64 << (7 * wide)) - 1;
        let inside = size + wide;
        let end = match length & all {
            unknown if unknown == all => None,
            length => Some(inside.checked_add(usize::try_from(length).ok()?)?),
        };
        Some(Self { id, size, inside, end })
    }
}

/// Adds chapters behind all else in a file that ffmpeg has finished, and says at its beginning where they are. Says whether it has:
/// where the file is another one than expected it is left as it is.
pub(super) fn add_chapters(file: &mut File, chapters: &[Chapter]) -> io::Result<bool> {
    const CHAPTERS: [u8; 4] = [0x10, 0x43, 0xa7, 0x70];
    const NANOSECONDS: u64 = 1_000_000;
    let length = file.seek(SeekFrom::End(0))?;
    let start = read_at(file, 0, length.min(MAX_HEAD))?;
    let Some(head) = Head::read(&start).filter(|head| head.segment_end == Some(length) && head.segment.1 == 8) else {
        return Ok(false);
    };
    let Some((seek_head, _)) = head.index else { return Ok(false) };
    let inside = head.segment.0 + head.segment.1 as u64;
    let seek = sized(
        &[0x4d, 0xbb],
        &[sized(&[0x53, 0xab], &CHAPTERS), sized(&[0x53, 0xac], &(length - inside).to_be_bytes())].concat(),
    );
    let list = sized(&SEEK_HEAD.to_be_bytes(), &[&head.seeks[..], &seek].concat());
    // What is left of the room is an element of nothing, of nine bytes at least.
    let Some(left) = head.seek_room.checked_sub(list.len() as u64 + 9) else { return Ok(false) };
    let list = [&list[..], &[VOID], &(left | 1 << 56).to_be_bytes()].concat();
    let atoms = chapters.iter().zip(1_u64..).flat_map(|(chapter, number)| {
        let display = [sized(&[0x85], chapter.title.as_bytes()), sized(&[0x43, 0x7c], b"und")].concat();
        let atom = [
            sized(&[0x73, 0xc4], &number.to_be_bytes()),
            sized(&[0x91], &(chapter.from * NANOSECONDS).to_be_bytes()),
            sized(&[0x92], &(chapter.until * NANOSECONDS).to_be_bytes()),
            sized(&[0x80], &display),
        ]
        .concat();
        sized(&[0xb6], &atom)
    });
    let edition = sized(&[0x45, 0xb9], &atoms.collect::<Vec<u8>>());
    let added = sized(&CHAPTERS, &edition);
    write_at(file, length, &added)?;
    let size = length + added.len() as u64 - inside;
    write_at(file, head.segment.0, &(size | 1 << 56).to_be_bytes())?;
    write_at(file, seek_head, &list)?;
    Ok(true)
}

/// An element.
fn sized(id: &[u8], inside: &[u8]) -> Vec<u8> {
    let length = inside.len() as u64;
    // In one byte where it fits, as in the list of what is where there is little room.
    let size = if length < 0x7f { vec![0x80 | length as u8] } else { (length | 1 << 56).to_be_bytes().to_vec() };
    [id, &size, inside].concat()
}

/// The number of the first picture track.
fn video_track(bytes: &[u8], mut at: usize, end: usize) -> Option<u64> {
    while let Some(entry) = Element::read(bytes, at).filter(|_| at < end) {
        let next = entry.end?;
        let (mut within, mut track, mut is_video) = (entry.inside, 0, false);
        while let Some(part) = Element::read(bytes, within).filter(|_| entry.id == TRACK_ENTRY && within < next) {
            let after = part.end?;
            let value = number(bytes.get(part.inside..after.min(part.inside + 8))?);
            match part.id {
                TRACK_NUMBER => track = value,
                TRACK_TYPE => is_video = value == 1,
                _ => {}
            }
            within = after;
        }
        if is_video {
            return Some(track);
        }
        at = next;
    }
    None
}

/// Bytes of a number that begins with this one; 9 where none does.
fn width(first: u8) -> usize {
    first.leading_zeros() as usize + 1
}

/// A number of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn read_at(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write_at(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_are_written_only_into_a_finished_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mkv");
        let open = || std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let chapter = Chapter { from: 0, until: 5_000, title: "Morning".into() };
        let file = |room: usize| {
            let seeks = sized(&SEEK_HEAD.to_be_bytes(), &[&[CRC, 0x84, 1, 2, 3, 4][..], &[0x4d, 0xbb, 0x80]].concat());
            let inside = [seeks, sized(&[VOID], &vec![0; room]), sized(&CLUSTER.to_be_bytes(), &[0; 8])].concat();
            let size = (inside.len() as u64 | 1 << 56).to_be_bytes();
            [&sized(&[0x1a, 0x45, 0xdf, 0xa3], &[0; 3])[..], &SEGMENT.to_be_bytes(), &size, &inside].concat()
        };
        std::fs::write(&path, file(60)).unwrap();
        assert!(add_chapters(&mut open(), std::slice::from_ref(&chapter)).unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.windows(7).any(|part| part == b"Morning") && bytes.len() > file(60).len());
        let head = Head::read(&bytes).unwrap();
        assert_eq!(head.segment_end, Some(bytes.len() as u64), "the segment holds them");
        assert_eq!(head.clusters, Head::read(&file(60)).unwrap().clusters, "nothing has moved");
        assert!(head.seeks.starts_with(&[0x4d, 0xbb, 0x80]), "what was said to be where still is");
        for odd in [file(2), file(60)[..90].to_vec(), b"no video".to_vec()] {
            std::fs::write(&path, &odd).unwrap();
            assert!(!add_chapters(&mut open(), std::slice::from_ref(&chapter)).unwrap());
            assert_eq!(std::fs::read(&path).unwrap(), odd);
        }
    }
}
