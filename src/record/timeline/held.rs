//! Holder of tags that have no place in a part yet.

use std::collections::VecDeque;
use std::time::Duration;

use crate::record::flv::Tag;

/// What may be held: some seconds around a cut, even of a stream of the highest quality.
const MAX_BYTES: usize = 4 << 20;
/// Tags held, so that very small ones are bounded too.
const MAX_TAGS: usize = 4_096;

/// Tags in the order they came, with when they came; the oldest go first when there is no room.
#[derive(Debug, Default)]
pub(super) struct HeldTags {
    tags: VecDeque<(Tag, Duration)>,
    bytes: usize,
}

impl HeldTags {
    pub(super) fn push(&mut self, tag: &Tag, now: Duration) {
        self.bytes += tag.body.len();
        self.tags.push_back((tag.clone(), now));
        while !self.has_room() {
            let Some((oldest, _)) = self.tags.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }

    /// Whether nothing had to go yet.
    pub(super) fn has_room(&self) -> bool {
        self.bytes <= MAX_BYTES && self.tags.len() < MAX_TAGS
    }

    pub(super) fn drain(&mut self) -> VecDeque<(Tag, Duration)> {
        self.bytes = 0;
        std::mem::take(&mut self.tags)
    }

    pub(super) fn pop_last(&mut self) -> Option<(Tag, Duration)> {
        let (tag, now) = self.tags.pop_back()?;
        self.bytes -= tag.body.len();
        Some((tag, now))
    }
}
