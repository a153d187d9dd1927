//! Times of a live that are in the history: what lies in them is not counted again when a capture of it is read.

use std::collections::HashMap;

use super::batch::LiveKey;

/// A time of a live that is kept, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeptSpan {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Messages of the last millisecond that are in.
    pub(super) edge: u32,
}

/// The kept times of all lives.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptSpans(HashMap<LiveKey, Vec<KeptSpan>>);

impl KeptSpans {
    pub(super) fn add(&mut self, live: LiveKey, span: KeptSpan) {
        self.0.entry(live).or_default().push(span);
    }

    /// Whether what came at a time is in already; `nth` is its place among the messages of that millisecond, from 1.
    pub(super) fn holds(&self, live: LiveKey, at: i64, nth: u32) -> bool {
        self.0.get(&live).is_some_and(|spans| {
            spans.iter().any(|span| span.from <= at && (at < span.to || (at == span.to && nth <= span.edge)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_millisecond_of_a_span_is_counted_by_message() {
        let mut spans = KeptSpans::default();
        spans.add(7, KeptSpan { from: 10, to: 20, edge: 2 });
        let held = |at, nth| spans.holds(7, at, nth);
        assert!(held(10, 1) && held(19, 9) && held(20, 2));
        assert!(!held(9, 1) && !held(20, 3) && !held(21, 1) && !spans.holds(8, 15, 1));
    }
}
