//! Position in an HLS live: which segments are due, over many readings of its playlist. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use super::{SegmentEntry, Window};

/// A live is joined this many segments before its end (RFC 8216, 6.3.3).
const BEFORE_END: usize = 3;
/// Addresses remembered.
const MAX_TAKEN: usize = 64;
/// More segments than this are not missed: the sender counts anew.
const MAX_MISSED: u64 = 300;

/// Where a recording is in the segments of a live.
#[derive(Debug, Default)]
pub(in crate::record) struct Position {
    /// The number of the next one.
    next: Option<u64>,
    /// What was taken last, by the path of its address: numbers may begin anew.
    taken: VecDeque<String>,
}

/// A segment to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct DueSegment<'a> {
    pub(in crate::record) segment: &'a SegmentEntry,
    /// Time before it that cannot be had any more.
    pub(in crate::record) missed: Duration,
    /// It does not go on where the one before ended.
    pub(in crate::record) cuts: bool,
}

impl Position {
    /// The segments of a playlist that have not been taken yet, oldest first.
    pub(in crate::record) fn due<'a>(&self, window: &'a Window) -> Vec<DueSegment<'a>> {
        let segments = window.segments.as_slice();
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else { return Vec::new() };
        let Some(next) = self.next else {
            let from = if window.ended { 0 } else { segments.len().saturating_sub(BEFORE_END) };
            return due(segments.get(from..).unwrap_or_default(), Duration::ZERO, false);
        };
        if next > last.sequence {
            // What we have, perhaps from a server that lags behind; else the sender counts anew.
            let known = next == last.sequence.saturating_add(1) || self.is_taken(last);
            let from = segments.iter().rposition(|segment| self.is_taken(segment)).map_or(0, |at| at + 1);
            return if known {
                Vec::new()
            } else {
                due(segments.get(from..).unwrap_or_default(), Duration::ZERO, true)
            };
        }
        let missed = first.sequence.saturating_sub(next);
        if missed > MAX_MISSED {
            return due(segments, Duration::ZERO, true);
        }
        let from = segments.iter().position(|segment| segment.sequence >= next).unwrap_or(segments.len());
        let missed = window.target * u32::try_from(missed).unwrap_or(u32::MAX);
        due(segments.get(from..).unwrap_or_default(), missed, false)
    }

    /// Notes that a segment was taken, or given up.
    pub(in crate::record) fn pass(&mut self, segment: &SegmentEntry) {
        self.next = Some(segment.sequence.saturating_add(1));
        self.taken.push_back(path(&segment.uri).to_owned());
        if self.taken.len() > MAX_TAKEN {
            self.taken.pop_front();
        }
    }

    fn is_taken(&self, segment: &SegmentEntry) -> bool {
        self.taken.iter().any(|taken| taken == path(&segment.uri))
    }
}

fn due(segments: &[SegmentEntry], missed: Duration, cuts: bool) -> Vec<DueSegment<'_>> {
    let first = |at: usize| at == 0;
    segments
        .iter()
        .enumerate()
        .map(|(at, segment)| DueSegment {
            segment,
            missed: if first(at) { missed } else { Duration::ZERO },
            cuts: segment.discontinuity || cuts && first(at),
        })
        .collect()
}

/// An address without its signature, which changes from reading to reading.
fn path(uri: &str) -> &str {
    uri.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(numbers: std::ops::Range<u64>, name: &str) -> Window {
        let segments = numbers.map(|sequence| SegmentEntry {
            sequence,
            uri: format!("{name}{sequence}.ts?sign={}", fastrand::u64(..)),
            length: Duration::from_secs(4),
            ..SegmentEntry::default()
        });
        Window { target: Duration::from_secs(4), segments: segments.collect(), ended: false }
    }

    /// Takes what is due; gives the numbers, the missed seconds, and whether something cuts.
    fn take(position: &mut Position, window: &Window) -> (Vec<u64>, u64, bool) {
        let due = position.due(window);
        let missed = due.iter().map(|due| due.missed.as_secs()).sum();
        let cuts = due.iter().any(|due| due.cuts);
        let segments: Vec<_> = due.iter().map(|due| due.segment.clone()).collect();
        for segment in &segments {
            position.pass(segment);
        }
        (segments.iter().map(|segment| segment.sequence).collect(), missed, cuts)
    }

    #[test]
    fn a_live_is_joined_near_its_end_and_followed() {
        let mut position = Position::default();
        assert_eq!(take(&mut position, &window(10..20, "a")), (vec![17, 18, 19], 0, false));
        assert_eq!(take(&mut position, &window(10..20, "a")), (vec![], 0, false));
        assert_eq!(take(&mut position, &window(12..22, "a")), (vec![20, 21], 0, false));
    }

    #[test]
    fn a_live_that_is_over_is_taken_from_its_beginning() {
        let window = Window { ended: true, ..window(0..9, "a") };
        assert_eq!(take(&mut Position::default(), &window).0.len(), 9);
    }

    #[test]
    fn what_has_left_the_window_is_missed() {
        let mut position = Position::default();
        take(&mut position, &window(0..3, "a"));
        assert_eq!(take(&mut position, &window(5..8, "a")), (vec![5, 6, 7], 8, false));
    }

    #[test]
    fn a_server_that_lags_behind_sends_nothing_twice() {
        let mut position = Position::default();
        take(&mut position, &window(0..10, "a"));
        assert_eq!(take(&mut position, &window(0..8, "a")), (vec![], 0, false));
    }

    #[test]
    fn a_sender_that_counts_anew_is_followed() {
        let mut position = Position::default();
        take(&mut position, &window(100..103, "a"));
        assert_eq!(take(&mut position, &window(0..2, "b")), (vec![0, 1], 0, true));
        assert_eq!(take(&mut position, &window(1_700_000..1_700_002, "c")), (vec![1_700_000, 1_700_001], 0, true));
    }

    #[test]
    fn an_empty_playlist_has_nothing() {
        assert!(Position::default().due(&Window::default()).is_empty());
    }
}
