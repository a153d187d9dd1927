//! Memory of what has been written, by what is in it: where a new connection repeats it, and on which clock.

use std::collections::{HashMap, VecDeque};
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::record::flv::{Tag, TagKind};

/// Tags of this much media time are remembered, to find an overlap by what is in them. A network keeps one group
/// of pictures for newcomers (4 s at TikTok); times alone mistake a restarted clock for an overlap.
pub(super) const REMEMBERED_MS: i64 = 20_000;
/// So many tags that were sent once each must agree before they are believed against a clock that makes sense.
const VOTES_NEEDED: usize = 3;

/// The tags written last.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    written: VecDeque<WrittenTag>,
}

/// A tag that is in the part.
#[derive(Clone, Copy, Debug)]
struct WrittenTag {
    kind: TagKind,
    hash: u64,
    /// On the sender's clock.
    read: i64,
    /// In the part.
    at: i64,
}

impl Overlap {
    /// Remembers a tag that stands at `at` of the part, whose end is `end` now.
    pub(super) fn remember(&mut self, tag: &Tag, at: i64, end: i64) {
        self.written.push_back(WrittenTag { kind: tag.kind, hash: hash(&tag.body), read: i64::from(tag.at), at });
        while self.written.front().is_some_and(|oldest| end - oldest.at > REMEMBERED_MS) {
            self.written.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.written.clear();
    }

    /// What to take from the times of `tags`, which begin a connection, so that those that were written already come to
    /// stand where they were written. `own` is what is taken now, `goes_on` whether that makes sense by the clock.
    pub(super) fn shift<'a>(&self, tags: impl Iterator<Item = &'a Tag>, own: i64, goes_on: bool) -> Option<i64> {
        let tags: Vec<(TagKind, u64, i64)> = tags.map(|tag| (tag.kind, hash(&tag.body), i64::from(tag.at))).collect();
        // The very tags, on the very clock.
        let same = |&(kind, hash, read): &(TagKind, u64, i64)| {
            self.written.iter().any(|written| (written.kind, written.hash, written.read) == (kind, hash, read))
        };
        if tags.iter().any(same) {
            return Some(own);
        }
        let (best, votes) = self.vote(&tags);
        match best {
            Some(shift) if votes >= VOTES_NEEDED || !goes_on => Some(shift),
            _ if goes_on => Some(own),
            // A still picture is sent many times, so this is asked only when the clock makes no sense; the last one loses
            // the least.
            _ => {
                let &(kind, hash, read) = tags.last()?;
                let last = self.written.iter().rev().find(|written| (written.kind, written.hash) == (kind, hash))?;
                Some(read - last.at)
            }
        }
    }

    /// Where the tags that were sent once each say that the clock is, and how many agree. Silence and still pictures are the
    /// same again and again: they know nothing.
    fn vote(&self, tags: &[(TagKind, u64, i64)]) -> (Option<i64>, usize) {
        let mut known: HashMap<(TagKind, u64), Option<i64>> = HashMap::new();
        for written in &self.written {
            known.entry((written.kind, written.hash)).and_modify(|at| *at = None).or_insert(Some(written.at));
        }
        let mut sent: HashMap<(TagKind, u64), usize> = HashMap::new();
        for &(kind, hash, _) in tags {
            *sent.entry((kind, hash)).or_default() += 1;
        }
        let mut votes: HashMap<i64, usize> = HashMap::new();
        for &(kind, hash, read) in tags.iter().filter(|(kind, hash, _)| sent.get(&(*kind, *hash)) == Some(&1)) {
            if let Some(Some(at)) = known.get(&(kind, hash)) {
                *votes.entry(read - at).or_default() += 1;
            }
        }
        let best = votes.into_iter().max_by_key(|&(shift, votes)| (votes, -shift));
        best.map_or((None, 0), |(shift, votes)| (Some(shift), votes))
    }
}

fn hash(body: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(body);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_in_every_build() {
        assert_eq!(hash(b"tag"), 3_100_302_172_732_068_997);
    }
}
