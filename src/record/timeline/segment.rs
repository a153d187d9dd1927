//! Segments on the timeline: whole files of some seconds, each of which a player can begin with.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{
    CHANGE_IN_BACK_WITHIN, HOLE_MS, Hole, MAX_JUMP_MS, MAX_PIECE, PartContainer, PartHead, Timeline, TimelinePhase,
    millis,
};
use crate::record::codec::VideoSetup;
use crate::record::hls::CLOCK_MS;

/// A segment that was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::record) struct MediaSegment {
    pub(in crate::record) bytes: Bytes,
    pub(in crate::record) container: PartContainer,
    /// What stands before the first segment of a file.
    pub(in crate::record) init: Bytes,
    /// Its length, as its playlist says.
    pub(in crate::record) length: Duration,
    /// When it begins, in milliseconds on the sender's clock, where it says so.
    pub(in crate::record) begins: Option<i64>,
    pub(in crate::record) video: Option<VideoSetup>,
    /// Time before it that could not be had.
    pub(in crate::record) missed: Duration,
    /// It does not go on where the one before ended.
    pub(in crate::record) cuts: bool,
    /// So much time may pass until the next one.
    pub(in crate::record) pause: Duration,
}

/// Where the sender's clock stands in a part of segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentClock {
    /// What it says at the beginning of the part.
    zero: Option<i64>,
}

impl Timeline {
    /// Takes a segment that arrived at `now`. It goes on in the part, unless the picture, or the clock, is another one.
    pub(in crate::record) fn push_segment(&mut self, segment: &MediaSegment, now: Duration) {
        if self.phase != TimelinePhase::Waiting {
            self.place_held();
            self.seal();
            self.phase = TimelinePhase::Waiting;
        }
        let expected = self.last + millis(segment.missed);
        let at = self.segments.and_then(|clock| clock.time(segment, expected));
        let same = self.segments.is_some()
            && self.head.container == segment.container
            && self.head.bytes == segment.init
            && (self.head.video == segment.video || segment.video.is_none());
        let goes_on = same && !segment.cuts && at.is_some();
        let settled = self.changed.is_none_or(|changed| now.saturating_sub(changed) >= CHANGE_IN_BACK_WITHIN);
        // What changes again and again shares one part, which only we ourselves can write.
        let stays = self.segments.is_some() && self.head.mixed && !settled;
        let full = self.limits.length.is_some_and(|length| expected.max(0) as u64 >= length)
            || self.limits.bytes.is_some_and(|bytes| self.part_bytes >= bytes);
        let at = if self.segments.is_none() || !(goes_on || stays) || full || self.head.mixed && settled {
            let flickers = !goes_on && self.segments.is_some() && !settled;
            if !goes_on && self.segments.is_some() {
                self.changed = Some(now);
            }
            self.begin_segments(segment, flickers, now);
            0
        } else {
            if !goes_on {
                self.changed = Some(now);
                self.segments = Some(SegmentClock { zero: segment.begins.map(|begins| begins - expected) });
            }
            if segment.missed >= Duration::from_millis(HOLE_MS as u64) {
                let at = (self.before + self.last).max(0) as u64;
                self.holes.push(Hole { at, length: segment.missed.as_millis() as u64 });
            }
            at.filter(|_| goes_on).unwrap_or(expected)
        };
        self.write_segment(segment, at);
        self.arrived = now;
    }

    fn begin_segments(&mut self, segment: &MediaSegment, mixed: bool, now: Duration) {
        if self.part > 0 {
            self.before += self.last;
            let silent = millis(now.saturating_sub(self.arrived)) - millis(segment.length) * 2;
            let missed = millis(segment.missed).max(if self.segments.is_none() || segment.cuts { silent } else { 0 });
            if missed >= HOLE_MS {
                self.holes.push(Hole { at: self.before.max(0) as u64, length: missed as u64 });
            }
        }
        self.part = self.part.saturating_add(1);
        (self.last, self.last_key, self.part_bytes) = (0, 0, 0);
        self.overlap.clear();
        self.segments = Some(SegmentClock { zero: segment.begins });
        self.head = Arc::new(PartHead {
            bytes: segment.init.clone(),
            container: segment.container,
            pause: segment.pause,
            starts: self.before.max(0) as u64,
            video: segment.video,
            audio: None,
            mixed,
        });
        self.batch.extend_from_slice(&segment.init);
        self.batch_begins = true;
    }

    /// Makes pieces of a segment that begins at `at` in the part.
    fn write_segment(&mut self, segment: &MediaSegment, at: i64) {
        let (length, whole) = (millis(segment.length), segment.bytes.len().max(1));
        let mut given = 0;
        let mut keyframe = true;
        for chunk in segment.bytes.chunks(MAX_PIECE) {
            given += chunk.len();
            self.batch.extend_from_slice(chunk);
            self.batch_key = std::mem::take(&mut keyframe);
            // Its bytes are spread evenly over its time, near enough for what is said of it.
            let part = length * i64::try_from(given).unwrap_or(0) / i64::try_from(whole).unwrap_or(1);
            self.last = self.last.max(at + part);
            self.seal();
        }
    }
}

impl SegmentClock {
    /// The time of a segment in the part; nothing where its clock has jumped.
    fn time(self, segment: &MediaSegment, expected: i64) -> Option<i64> {
        let (Some(zero), Some(begins)) = (self.zero, segment.begins) else { return Some(expected) };
        // How far it is from where it should be, on a clock that begins anew after some hours.
        let off = (begins - zero - expected + CLOCK_MS / 2).rem_euclid(CLOCK_MS) - CLOCK_MS / 2;
        (off.abs() <= MAX_JUMP_MS).then_some(expected + off)
    }
}

#[cfg(test)]
mod tests {
    use super::super::PartLimits;
    use super::*;
    use crate::record::codec::VideoCodec;

    const SECONDS: Duration = Duration::from_secs(4);

    fn segment(begins: i64) -> MediaSegment {
        MediaSegment {
            bytes: Bytes::from_static(b"segment"),
            container: PartContainer::Transport,
            length: SECONDS,
            begins: Some(begins),
            ..MediaSegment::default()
        }
    }

    /// Gives the segments to a timeline, one every four seconds; the parts they went to, the holes, and the recorded time.
    fn recorded(limits: PartLimits, segments: &[MediaSegment]) -> (Vec<u32>, Vec<Hole>, u64) {
        let mut timeline = Timeline::new(limits);
        let (mut parts, mut holes, mut millis) = (Vec::new(), Vec::new(), 0);
        for (nth, segment) in segments.iter().enumerate() {
            timeline.push_segment(segment, SECONDS * nth as u32);
            for piece in timeline.drain_pieces() {
                assert_eq!(piece.begins_part, parts.last() != Some(&piece.part));
                assert!(piece.keyframe && piece.millis >= millis);
                parts.push(piece.part);
                holes.extend(piece.holes);
                millis = piece.millis;
            }
        }
        (parts, holes, millis)
    }

    #[test]
    fn segments_go_on_in_one_part_also_where_the_clock_begins_anew() {
        let clock = [CLOCK_MS - 6_000, CLOCK_MS - 2_000, 2_000, 6_010];
        let (parts, holes, millis) = recorded(PartLimits::default(), &clock.map(segment));
        assert_eq!((parts.as_slice(), holes.len(), millis), (&[1, 1, 1, 1][..], 0, 16_010));
    }

    #[test]
    fn a_part_may_last_longer_than_the_clock_counts() {
        let hours: Vec<_> = (0..40)
            .map(|hour| MediaSegment { length: Duration::from_secs(3_600), ..segment(hour * 3_600_000 % CLOCK_MS) })
            .collect();
        let (parts, holes, millis) = recorded(PartLimits::default(), &hours);
        assert_eq!((parts.iter().max(), holes.len(), millis), (Some(&1), 0, 40 * 3_600_000));
    }

    #[test]
    fn what_is_missed_is_a_hole_in_the_part() {
        let missed = MediaSegment { missed: SECONDS * 2, ..segment(12_000) };
        let (parts, holes, millis) = recorded(PartLimits::default(), &[segment(0), missed]);
        assert_eq!((parts.as_slice(), holes.as_slice()), (&[1, 1][..], &[Hole { at: 4_000, length: 8_000 }][..]));
        assert_eq!(millis, 16_000);
    }

    #[test]
    fn another_picture_another_clock_or_a_cut_begins_a_part() {
        let video = Some(VideoSetup { codec: VideoCodec::H264, size: Some((320, 180)) });
        let wide = MediaSegment { video, ..segment(4_000) };
        assert_eq!(recorded(PartLimits::default(), &[segment(0), wide]).0, [1, 2]);
        let (parts, _, millis) = recorded(PartLimits::default(), &[segment(0), segment(700_000)]);
        assert_eq!((parts.as_slice(), millis), (&[1, 2][..], 8_000));
        let cut = MediaSegment { cuts: true, ..segment(4_000) };
        assert_eq!(recorded(PartLimits::default(), &[segment(0), cut]).0, [1, 2]);
    }

    #[test]
    fn cuts_again_and_again_share_a_part() {
        let cuts = [0, 4_000, 8_000, 12_000, 16_000].map(|at| MediaSegment { cuts: at > 0, ..segment(at) });
        let (parts, _, millis) = recorded(PartLimits::default(), &cuts);
        assert_eq!((parts.as_slice(), millis), (&[1, 2, 3, 3, 3][..], 20_000));
    }

    #[test]
    fn a_part_ends_with_the_segment_that_fills_it() {
        let limits = PartLimits { length: Some(8_000), bytes: None };
        assert_eq!(recorded(limits, &[0, 4_000, 8_000, 12_000, 16_000].map(segment)).0, [1, 1, 2, 2, 3]);
    }

    #[test]
    fn what_a_file_needs_stands_before_its_first_segment() {
        let mut timeline = Timeline::default();
        let init = Bytes::from_static(b"init");
        let first =
            MediaSegment { init: init.clone(), container: PartContainer::Fragments, begins: None, ..segment(0) };
        timeline.push_segment(&first, SECONDS);
        timeline.push_segment(&first, SECONDS * 2);
        let pieces = timeline.drain_pieces();
        assert_eq!(
            pieces.iter().map(|piece| piece.bytes.as_ref()).collect::<Vec<_>>(),
            [&b"initsegment"[..], b"segment"]
        );
        assert_eq!(pieces[0].head.bytes, init);
        timeline.end_part();
        assert!(timeline.drain_pieces().iter().any(|piece| piece.ends_part));
    }
}
