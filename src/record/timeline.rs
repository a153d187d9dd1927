//! The timeline of a recording, out of many connections.
//!
//! Each connection begins with a new file header, with set-up we have already, and up to one group of pictures before
//! now; its clock may be another one. This turns the tags of all of them into parts: files with one set-up each, whose
//! time begins at 0 and only grows. Pure: no socket, no clock of its own.
//!
//! A new set-up (a guest joins, the host's picture turns) needs a new part: every ffmpeg so far writes garbage into
//! Matroska when the set-up changes in the middle.
//!
//! Invariant: within a part, the times of one kind of tag strictly grow.

use std::collections::VecDeque;
use std::hash::Hasher;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use siphasher::sip::SipHasher13;

use super::flv::{Tag, TagKind, TagRole, write_header};

/// A new connection may go on this far from where the wall clock says, and still be on the same clock.
const MAX_JUMP_MS: i64 = 10_000;
/// Within a connection the media time of a track may run ahead of wall time by this much from one tag to the next; beyond it
/// the sender's clock has jumped.
const MAX_AHEAD_MS: i64 = 2_000;
/// And it may step back by this much. Tags of one track come in the order of decoding, so this is for rounding only.
const MAX_BACK_MS: i64 = 100;
/// Sound and picture may be sent this far apart and still be on one clock.
const MAX_SKEW_MS: i64 = 10_000;
/// The usual time from one tag of a track to the next, where none is known.
const STEP_MS: i64 = 20;
/// No longer than this: what is longer was a hole.
const MAX_STEP_MS: i64 = 200;
/// Tags of this much media time are remembered, to find an overlap by what is in them. A network keeps one group
/// of pictures for newcomers (4 s at TikTok); times alone mistake a restarted clock for an overlap.
const REMEMBERED_MS: i64 = 20_000;
/// A part is at least this long, so that a set-up which flickers does not leave a heap of files.
const MIN_PART_MS: i64 = 5_000;
/// Sound for this long and no picture: the live has no picture.
const AUDIO_ONLY_MS: i64 = 5_000;
/// A first set-up may come this late and still belong to the part: ffmpeg looks this far before it writes.
const LATE_SETUP_MS: i64 = 2_000;

/// A piece of a part, ready for ffmpeg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimelinePiece {
    /// The part it belongs to, from 1.
    pub(super) part: u32,
    /// Recorded time up to here, all parts together, in milliseconds.
    pub(super) millis: u64,
    /// The part has no picture.
    pub(super) sound_only: bool,
    /// Nothing more comes in this part: its file can be closed.
    pub(super) ends_part: bool,
    pub(super) bytes: Bytes,
}

/// Puts the tags of many connections on one timeline.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    part: u32,
    phase: TimelinePhase,
    video: Track,
    audio: Track,
    /// Time in the part of the last tag written.
    last: i64,
    /// When the last tag arrived.
    arrived: Duration,
    /// When the part began.
    began: Duration,
    /// Length of the parts before this one.
    before: i64,
    /// First sound since the last picture, on the sender's clock.
    first_sound: Option<i64>,
    /// No picture is to be waited for.
    no_picture: bool,
    /// The part was begun with a picture.
    has_video: bool,
    written: VecDeque<WrittenTag>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TimelinePhase {
    /// Nothing is written yet; a part begins with a keyframe.
    #[default]
    Waiting,
    /// A new connection: where it goes on is decided by its first keyframe.
    Joining,
    Flowing,
}

/// One kind of tag within the part.
#[derive(Debug, Default)]
struct Track {
    /// The set-up written to the part.
    written: Option<Bytes>,
    /// The set-up heard last.
    heard: Option<Tag>,
    /// What to take from a tag's time to get the time in the part. Sound and picture have the same, except while only one of
    /// them has jumped.
    shift: i64,
    /// Time in the part of the last tag written.
    last: Option<i64>,
    /// When that one arrived.
    arrived: Duration,
    /// From the tag before to that one.
    step: i64,
    /// A new connection repeats what is written already, up to `last`.
    repeating: bool,
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

impl Timeline {
    /// Says that the next tag comes from a new connection, and whether the service calls it one without picture.
    pub(super) fn reconnected(&mut self, sound_only: bool) {
        self.first_sound = None;
        self.no_picture = sound_only;
        if self.phase == TimelinePhase::Flowing {
            self.phase = TimelinePhase::Joining;
        }
    }

    /// Ends the part: the next one begins with whatever comes then.
    pub(super) fn end_part(&mut self) -> TimelinePiece {
        self.phase = TimelinePhase::Waiting;
        let millis = (self.before + self.last).max(0) as u64;
        TimelinePiece { part: self.part, millis, sound_only: !self.has_video, ends_part: true, bytes: Bytes::new() }
    }

    /// Takes a tag that arrived at `now` (counted from any start); gives what to write of it, if anything.
    pub(super) fn push(&mut self, tag: &Tag, now: Duration) -> Option<TimelinePiece> {
        let bytes = match tag.role() {
            TagRole::Other => None,
            TagRole::Config => self.config(tag),
            role => {
                let leads = self.leads(tag, role);
                match self.phase {
                    TimelinePhase::Waiting | TimelinePhase::Joining if !leads => None,
                    TimelinePhase::Waiting => Some(self.begin_part(tag, now)),
                    TimelinePhase::Joining => self.join(tag, now),
                    TimelinePhase::Flowing => self.flow(tag, leads, now),
                }
            }
        }?;
        let millis = (self.before + self.last).max(0) as u64;
        Some(TimelinePiece { part: self.part, millis, sound_only: !self.has_video, ends_part: false, bytes })
    }

    /// Whether a part may begin with this tag: a keyframe, or any sound where no picture comes.
    fn leads(&mut self, tag: &Tag, role: TagRole) -> bool {
        if tag.kind == TagKind::Video {
            self.first_sound = None;
            return role == TagRole::Keyframe;
        }
        if self.video.heard.is_none() && (self.part > 0 || self.no_picture) {
            return true;
        }
        let at = i64::from(tag.at);
        let first = *self.first_sound.get_or_insert(at);
        (at - first).abs() >= AUDIO_ONLY_MS
    }

    fn track(&mut self, kind: TagKind) -> &mut Track {
        if kind == TagKind::Video { &mut self.video } else { &mut self.audio }
    }

    /// Remembers a set-up. One that the part should have begun with, and does not, is written late.
    fn config(&mut self, tag: &Tag) -> Option<Bytes> {
        let late = self.phase != TimelinePhase::Waiting && self.last < LATE_SETUP_MS;
        let last = self.last;
        let track = self.track(tag.kind);
        track.heard = Some(tag.clone());
        if !late || track.written.is_some() {
            return None;
        }
        track.written = Some(Bytes::copy_from_slice(tag.setup()));
        let mut bytes = BytesMut::new();
        tag.write(in_range(last), &mut bytes);
        Some(bytes.freeze())
    }

    /// Begins a part with `tag`, at time 0.
    fn begin_part(&mut self, tag: &Tag, now: Duration) -> Bytes {
        self.before += if self.part > 0 { self.last } else { 0 };
        self.part = self.part.saturating_add(1);
        self.phase = TimelinePhase::Flowing;
        self.last = 0;
        self.began = now;
        self.written.clear();
        self.has_video = self.video.heard.is_some() || tag.kind == TagKind::Video;
        let mut bytes = BytesMut::new();
        write_header(true, self.has_video, &mut bytes);
        for track in [&mut self.video, &mut self.audio] {
            track.written = track.heard.as_ref().map(|config| Bytes::copy_from_slice(config.setup()));
            track.shift = i64::from(tag.at);
            track.last = None;
            track.step = STEP_MS;
            track.arrived = now;
            track.repeating = false;
            if let Some(config) = &track.heard {
                config.write(0, &mut bytes);
            }
        }
        self.write(tag, 0, now, &mut bytes);
        bytes.freeze()
    }

    /// Finds where a new connection goes on.
    fn join(&mut self, tag: &Tag, now: Duration) -> Option<Bytes> {
        if self.setup_changed() {
            return self.may_begin_part(now).then(|| self.begin_part(tag, now));
        }
        let read = i64::from(tag.at);
        let gap = millis(now.saturating_sub(self.arrived));
        let own = self.track(tag.kind).shift;
        let ahead = read - own - self.last;
        let goes_on = ahead > 0 && (ahead - gap).abs() <= MAX_JUMP_MS;
        let shift = if goes_on || self.is_repeated(tag) {
            own
        } else {
            match self.find(tag) {
                Some(same) => read - same.at,
                None => read - self.last - gap.max(STEP_MS),
            }
        };
        self.phase = TimelinePhase::Flowing;
        for track in [&mut self.video, &mut self.audio] {
            track.shift = shift;
            track.repeating = true;
        }
        self.flow(tag, true, now)
    }

    /// Whether this very tag is written already, on the same clock.
    fn is_repeated(&self, tag: &Tag) -> bool {
        let (hash, read) = (hash(&tag.body), i64::from(tag.at));
        self.written.iter().any(|written| written.read == read && written.hash == hash && written.kind == tag.kind)
    }

    /// A tag like this one that is written already, whatever the clock said. A still picture is sent many times,
    /// so this is asked only when the clock makes no sense; the last one loses the least.
    fn find(&self, tag: &Tag) -> Option<WrittenTag> {
        let hash = hash(&tag.body);
        self.written.iter().rev().find(|written| written.hash == hash && written.kind == tag.kind).copied()
    }

    fn flow(&mut self, tag: &Tag, leads: bool, now: Duration) -> Option<Bytes> {
        if self.setup_changed() {
            if leads && self.may_begin_part(now) {
                return Some(self.begin_part(tag, now));
            }
            if self.track(tag.kind).changed() {
                return None;
            }
        }
        let at = self.time_of(tag, now);
        let track = self.track(tag.kind);
        let at = match track.last {
            Some(last) if at <= last && track.repeating => return None,
            Some(last) => at.max(last + 1),
            // From before the part began.
            None if at < 0 => return None,
            None => at,
        };
        track.repeating = false;
        let mut bytes = BytesMut::new();
        self.write(tag, at, now, &mut bytes);
        Some(bytes.freeze())
    }

    /// The time of a tag in the part. Where its track's clock has jumped, that track goes on where the part is.
    fn time_of(&mut self, tag: &Tag, now: Duration) -> i64 {
        let read = i64::from(tag.at);
        let end = self.last;
        let (track, other) = match tag.kind {
            TagKind::Video => (&mut self.video, &self.audio),
            _ => (&mut self.audio, &self.video),
        };
        // Wall time that runs ahead says nothing: we were slow ourselves.
        let gap = millis(now.saturating_sub(track.arrived));
        let goes_on = |shift: i64| {
            let at = read - shift;
            match track.last {
                // A repetition goes back on purpose.
                Some(last) => {
                    let (back, ahead) =
                        if track.repeating { (REMEMBERED_MS, MAX_JUMP_MS) } else { (MAX_BACK_MS, MAX_AHEAD_MS) };
                    // A track with a picture now and then is far behind the other one: that is no jump.
                    at >= last - back && (at - last - gap <= ahead || at - end - gap <= ahead)
                }
                None => (at - end).abs() <= MAX_SKEW_MS + gap,
            }
        };
        if !goes_on(track.shift) {
            track.shift = if goes_on(other.shift) {
                other.shift
            } else {
                let step = gap.max(track.step.clamp(1, MAX_STEP_MS)).min(MAX_JUMP_MS);
                read - track.last.map_or(end, |last| last.max(end - MAX_SKEW_MS)) - step
            };
        }
        read - track.shift
    }

    fn write(&mut self, tag: &Tag, at: i64, now: Duration, bytes: &mut BytesMut) {
        tag.write(in_range(at), bytes);
        let track = self.track(tag.kind);
        if let Some(last) = track.last {
            track.step = at - last;
        }
        track.last = Some(at);
        track.arrived = now;
        self.last = self.last.max(at);
        self.arrived = now;
        self.written.push_back(WrittenTag { kind: tag.kind, hash: hash(&tag.body), read: i64::from(tag.at), at });
        while self.written.front().is_some_and(|oldest| self.last - oldest.at > REMEMBERED_MS) {
            self.written.pop_front();
        }
    }

    fn setup_changed(&self) -> bool {
        self.video.changed() || self.audio.changed()
    }

    /// Old enough by either clock: the media's stands still while everything is dropped.
    fn may_begin_part(&self, now: Duration) -> bool {
        self.last.max(millis(now.saturating_sub(self.began))) >= MIN_PART_MS
    }
}

impl Track {
    /// Whether the set-up heard last is another than the part was written with.
    fn changed(&self) -> bool {
        self.heard.as_ref().is_some_and(|heard| self.written.as_deref() != Some(heard.setup()))
    }
}

fn hash(body: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(body);
    hasher.finish()
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 4)
}

/// A time as FLV can write it: 49 days at most.
fn in_range(at: i64) -> u32 {
    u32::try_from(at.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
