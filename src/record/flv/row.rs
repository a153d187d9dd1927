//! Row of whole tags, one behind the other, as pieces hold them: looked at and moved in time without being taken apart.

use bytes::{Buf, Bytes, BytesMut};

use super::{TAG_HEADER, TAG_TRAILER, Tag, TagKind};

/// Whether there is sound, and a picture, among some whole tags.
pub(in crate::record) fn kinds_in(tags: &[u8]) -> (bool, bool) {
    let has = |kind: u8| heads(tags).any(|(at, _)| tags.get(at) == Some(&kind));
    (has(8), has(9))
}

/// The heads of whole tags, with where each begins.
fn heads(tags: &[u8]) -> impl Iterator<Item = (usize, u32)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut rest = tags.get(at + 1..at + TAG_HEADER)?;
        let length = rest.get_uint(3) as usize;
        let low = rest.get_uint(3) as u32;
        let head = (at, u32::from(rest.get_u8()) << 24 | low);
        at += length + TAG_HEADER + TAG_TRAILER;
        Some(head)
    })
}

/// Whole tags, one by one.
pub(in crate::record) fn tags(bytes: &Bytes) -> impl Iterator<Item = Tag> {
    heads(bytes).filter_map(|(at, time)| {
        let kind = match bytes.get(at)? {
            8 => TagKind::Audio,
            9 => TagKind::Video,
            _ => TagKind::Script,
        };
        let mut length = bytes.get(at + 1..at + 4)?;
        let length = length.get_uint(3) as usize;
        let from = at + TAG_HEADER;
        let whole = bytes.len() >= from + length;
        whole.then(|| Tag { kind, at: time, body: bytes.slice(from..from + length) })
    })
}

/// Time of the earliest of some whole tags.
pub(in crate::record) fn earliest_time(tags: &[u8]) -> Option<u32> {
    heads(tags).map(|(_, time)| time).min()
}

/// Time of the latest of some whole tags.
pub(in crate::record) fn last_time(tags: &[u8]) -> Option<u32> {
    heads(tags).map(|(_, time)| time).max()
}

/// Whole tags, each `by` earlier.
pub(in crate::record) fn earlier(tags: &[u8], by: u32) -> Bytes {
    let mut moved = BytesMut::from(tags);
    for (at, time) in heads(tags) {
        let [high, low @ ..] = time.saturating_sub(by).to_be_bytes();
        if let Some(place) = moved.get_mut(at + 4..at + 8) {
            place.copy_from_slice(&[low[0], low[1], low[2], high]);
        }
    }
    moved.freeze()
}
