//! Timeline of a recording, out of many connections.
//!
//! Each connection begins with a new file header, with set-up we have already, and up to one group of pictures before
//! now; its clock may be another one. This turns the tags of all of them into parts: files with one set-up each, whose
//! time begins at 0 and only grows. Pure: no socket, no clock of its own.
//!
//! A new set-up (a guest joins, the host's picture turns) needs a new part: every ffmpeg so far writes garbage into
//! Matroska when the set-up changes in the middle. Set-ups that change again and again share one part, which only FLV can
//! hold. What cannot be placed yet (sound before the first picture, what comes around a cut) is held, bounded, so that
//! nothing that was sent is lost.
//!
//! Invariant: within a part, the times of one kind of tag strictly grow.

mod held;
mod overlap;
mod piece;
mod segment;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::codec;
use super::flv::{Tag, TagKind, TagRole, write_header};
use held::HeldTags;
use overlap::{Overlap, REMEMBERED_MS};
pub(super) use piece::{Hole, PartContainer, PartHead, TimelinePiece};
pub(super) use segment::MediaSegment;
use segment::SegmentClock;

/// A new connection may go on this far from where the wall clock says, and still be on the same clock.
const MAX_JUMP_MS: i64 = 10_000;
/// Within a connection the media time of a track may run ahead of wall time by this much from one tag to the next; beyond it
/// the sender's clock has jumped.
const MAX_AHEAD_MS: i64 = 2_000;
/// Once a connection has sent for a while as things happened, what comes cannot run ahead of that: a step by this much more than
/// the wall clock is one of the sender's clock. Before that a hole looks the same, as what was kept for newcomers comes at once.
const MAX_LEAD_MS: i64 = 400;
const STEADY_AFTER: Duration = Duration::from_secs(3);
/// Tags are read together: within this time the wall clock says nothing.
const READ_TOGETHER_MS: i64 = 300;
/// And it may step back by this much. Tags of one track come in the order of decoding, so this is for rounding only.
const MAX_BACK_MS: i64 = 50;
/// What begins a little before its part is kept.
const MAX_EARLY_MS: i64 = 30;
/// Sound and picture may be sent this far apart and still be on one clock.
const MAX_SKEW_MS: i64 = 10_000;
/// The usual time from one tag of a track to the next, where none is known.
const STEP_MS: i64 = 20;
/// No longer than this: what is longer was a hole.
const MAX_STEP_MS: i64 = 200;
/// Sound for this long and no picture: the live has no picture.
const AUDIO_ONLY_MS: i64 = 5_000;
/// A first set-up may come this late and still belong to the part: ffmpeg looks this far before it writes.
const LATE_SETUP_MS: i64 = 2_000;
/// A set-up that changes twice within this time flickers: the part after that takes whatever comes. It ends once the set-up
/// has stayed for as long.
const CHANGE_IN_BACK_WITHIN: Duration = Duration::from_secs(15);
/// At a cut, sound that belongs before it is waited for until the picture is this far behind it, and as much again as sound
/// was behind.
const CUT_WAIT_MS: i64 = 500;
/// Sound that has not come for this long is not waited for.
const SOUND_WAIT: Duration = Duration::from_secs(2);
/// A time without tags that is worth telling.
const HOLE_MS: i64 = 500;
/// Without pictures a player can begin about once a second.
const SOUND_KEY_MS: i64 = 1_000;
/// A piece is no larger than this and one tag.
const MAX_PIECE: usize = 256 << 10;

/// When a part is cut although nothing changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PartLimits {
    /// Milliseconds.
    pub(super) length: Option<u64>,
    pub(super) bytes: Option<u64>,
}

/// Puts the tags of many connections on one timeline.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    limits: PartLimits,
    part: u32,
    phase: TimelinePhase,
    video: Track,
    audio: Track,
    /// Time in the part of the last tag written.
    last: i64,
    /// When the last tag arrived.
    arrived: Duration,
    /// When the first tag of the connection was placed, and by how much its times were ahead of the wall clock since, at most.
    joined: Option<Duration>,
    lead: i64,
    /// Length of the parts before this one.
    before: i64,
    /// First sound since the last picture, on the sender's clock.
    first_sound: Option<i64>,
    /// No picture is to be waited for.
    no_picture: bool,
    head: Arc<PartHead>,
    /// Bytes of the part.
    part_bytes: u64,
    /// When the set-up changed last.
    changed: Option<Duration>,
    overlap: Overlap,
    /// What has no place yet.
    held: HeldTags,
    /// What is given next.
    ready: Vec<TimelinePiece>,
    /// What goes into the next piece.
    batch: BytesMut,
    batch_key: bool,
    batch_begins: bool,
    holes: Vec<Hole>,
    /// Time in the part of the last place where a player can begin.
    last_key: i64,
    /// The part is made of segments.
    segments: Option<SegmentClock>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TimelinePhase {
    /// No part is open; one begins with a keyframe.
    #[default]
    Waiting,
    /// A new connection: where it goes on is decided by its first keyframe.
    Joining,
    Flowing,
    /// The next part begins with the picture of this time, on the sender's clock, once the sound before it has come or the
    /// picture has gone on until the second time.
    Cutting(i64, i64),
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

impl Timeline {
    pub(super) fn new(limits: PartLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Says that the next tag comes from a new connection, and whether the service calls it one without picture.
    pub(super) fn reconnected(&mut self, sound_only: bool) {
        self.place_held();
        self.first_sound = None;
        self.joined = None;
        self.no_picture = sound_only;
        match self.phase {
            TimelinePhase::Flowing => self.phase = TimelinePhase::Joining,
            // Another connection may be on another clock, or repeat it.
            TimelinePhase::Waiting => drop(self.held.drain()),
            TimelinePhase::Joining | TimelinePhase::Cutting(..) => {}
        }
    }

    /// Ends the part: the next one begins with whatever comes then.
    pub(super) fn end_part(&mut self) {
        self.place_held();
        self.seal();
        if self.segments.take().is_some() || self.phase != TimelinePhase::Waiting {
            self.phase = TimelinePhase::Waiting;
            let piece = TimelinePiece { ends_part: true, ..self.piece() };
            self.ready.push(piece);
        }
    }

    /// Gives what is held a place: nothing more comes.
    pub(super) fn finish(&mut self) {
        if self.phase == TimelinePhase::Waiting
            && let Some((tag, now)) = self.held.pop_last()
        {
            // Sound that was too short to be sure that no picture comes.
            self.begin_part(&tag, now, false);
        }
        self.place_held();
        self.seal();
    }

    /// What has been made of the tags so far.
    pub(super) fn drain_pieces(&mut self) -> Vec<TimelinePiece> {
        self.seal();
        std::mem::take(&mut self.ready)
    }

    /// Takes a tag that arrived at `now` (counted from any start).
    pub(super) fn push(&mut self, tag: &Tag, now: Duration) {
        match tag.role() {
            TagRole::Other => {}
            TagRole::Config => self.config(tag, now),
            role => {
                let leads = self.leads(tag, role);
                match self.phase {
                    TimelinePhase::Waiting | TimelinePhase::Joining if !leads => self.hold_sound(tag, now),
                    TimelinePhase::Waiting => self.begin_part(tag, now, false),
                    TimelinePhase::Joining => self.join(tag, now),
                    TimelinePhase::Flowing => self.flow(tag, leads, now),
                    TimelinePhase::Cutting(from, until) => self.cut(tag, from, until, now),
                }
            }
        }
        if self.batch.len() >= MAX_PIECE {
            self.seal();
        }
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

    /// Sound waits for the picture that it belongs to; a picture that needs others before it cannot be shown.
    fn hold_sound(&mut self, tag: &Tag, now: Duration) {
        if tag.kind == TagKind::Audio {
            self.held.push(tag, now);
        }
    }

    /// Remembers a set-up. One that the part should have begun with, and does not, is written late; in a mixed part every
    /// one is written where it comes.
    fn config(&mut self, tag: &Tag, now: Duration) {
        if matches!(self.phase, TimelinePhase::Cutting(..)) {
            self.place_held();
        }
        let open = self.phase != TimelinePhase::Waiting;
        let (late, mixed, last) = (open && self.last < LATE_SETUP_MS, open && self.head.mixed, self.last);
        let track = self.track(tag.kind);
        track.heard = Some(tag.clone());
        if !track.changed() || !(mixed || late && track.written.is_none()) {
            return;
        }
        track.written = Some(Bytes::copy_from_slice(tag.setup()));
        if mixed {
            self.changed = Some(now);
        }
        tag.write(clamp_ms(last), &mut self.batch);
    }

    /// Begins a part, at time 0, with what is held, and `tag` behind that. A mixed one takes any set-up that comes.
    fn begin_part(&mut self, tag: &Tag, now: Duration, mixed: bool) {
        self.seal();
        let read = i64::from(tag.at);
        let held = self.held.drain();
        let near = held.iter().filter(|(held, _)| (i64::from(held.at) - read).abs() <= MAX_SKEW_MS);
        let zero = near.map(|(held, _)| i64::from(held.at)).fold(read, i64::min);
        if self.part > 0 {
            self.before += self.last;
            let silent = millis(now.saturating_sub(self.arrived));
            if matches!(self.phase, TimelinePhase::Waiting | TimelinePhase::Joining) && silent >= HOLE_MS {
                self.holes.push(Hole { at: self.before.max(0) as u64, length: silent as u64 });
            }
        }
        self.part = self.part.saturating_add(1);
        self.phase = TimelinePhase::Flowing;
        (self.segments, self.joined) = (None, None);
        (self.last, self.last_key, self.part_bytes) = (0, 0, 0);
        self.overlap.clear();
        let has_video = self.video.heard.is_some() || tag.kind == TagKind::Video;
        let mut head = BytesMut::new();
        write_header(true, has_video, &mut head);
        for track in [&mut self.video, &mut self.audio] {
            track.written = track.heard.as_ref().map(|config| Bytes::copy_from_slice(config.setup()));
            track.shift = zero;
            track.last = None;
            track.step = STEP_MS;
            track.arrived = now;
            track.repeating = false;
            if let Some(config) = &track.heard {
                config.write(0, &mut head);
            }
        }
        self.head = Arc::new(PartHead {
            bytes: head.freeze(),
            starts: self.before.max(0) as u64,
            video: has_video.then(|| codec::video(self.video.heard.as_ref().unwrap_or(tag))),
            audio: self.audio.heard.as_ref().map(codec::audio),
            mixed,
            ..PartHead::default()
        });
        let head = self.head.bytes.clone();
        self.batch.extend_from_slice(&head);
        (self.batch_key, self.batch_begins) = (true, true);
        // Where sound is far ahead, a picture must come early all the same: ffmpeg looks for one before it writes.
        let mut first = Some(tag);
        for (held, at) in &held {
            if tag.kind == TagKind::Video && i64::from(held.at) > read && first.take().is_some() {
                self.place(tag, now);
            }
            self.place(held, *at);
        }
        if let Some(tag) = first {
            self.place(tag, now);
        }
    }

    /// Begins a part because the set-up changed. The one after a second change in a short time takes whatever comes.
    fn begin_changed(&mut self, tag: &Tag, now: Duration) {
        let flickers = self.changed.is_some_and(|changed| now.saturating_sub(changed) < CHANGE_IN_BACK_WITHIN);
        self.begin_part(tag, now, flickers);
        self.changed = Some(now);
    }

    /// Finds where a new connection goes on.
    fn join(&mut self, tag: &Tag, now: Duration) {
        if self.setup_changed() {
            self.begin_changed(tag, now);
            return;
        }
        let read = i64::from(tag.at);
        let gap = millis(now.saturating_sub(self.arrived));
        let own = self.track(tag.kind).shift;
        let ahead = read - own - self.last;
        let goes_on = ahead > 0 && (ahead - gap).abs() <= MAX_JUMP_MS;
        let held = self.held.drain();
        let tags = held.iter().map(|(held, _)| held).chain([tag]);
        let known = self.overlap.shift(tags, own, goes_on);
        let shift = known.unwrap_or_else(|| self.shift_behind_end(tag, &held, gap));
        self.phase = TimelinePhase::Flowing;
        for track in [&mut self.video, &mut self.audio] {
            track.shift = shift;
            track.repeating = known.is_some();
        }
        for (held, at) in &held {
            self.place(held, *at);
        }
        self.flow(tag, true, now);
    }

    /// The shift of a clock that nothing is known of: what comes follows what is written, each track behind its own last tag, and
    /// all of it no sooner than the wall clock says.
    fn shift_behind_end(&self, tag: &Tag, held: &VecDeque<(Tag, Duration)>, gap: i64) -> i64 {
        let read = i64::from(tag.at);
        let near = |held: &&Tag| (i64::from(held.at) - read).abs() <= MAX_SKEW_MS;
        let first = held.iter().map(|(held, _)| held).filter(near).chain([tag]).map(|tag| {
            let track = if tag.kind == TagKind::Video { &self.video } else { &self.audio };
            let step = track.step.clamp(STEP_MS, MAX_STEP_MS);
            let end = track.last.map_or(self.last, |last| last + step).max(self.last + gap.max(1));
            i64::from(tag.at) - end
        });
        first.min().unwrap_or(read - self.last - gap.max(STEP_MS))
    }

    fn flow(&mut self, tag: &Tag, leads: bool, now: Duration) {
        let changed = self.setup_changed();
        if leads && changed {
            // Sound with a set-up of its own waits in the held; else what is on its way still belongs before the cut.
            if self.audio.changed() || !self.begin_cut(tag, now) {
                self.begin_changed(tag, now);
            }
        } else if self.track(tag.kind).changed() {
            self.hold_sound(tag, now);
        } else if leads && self.is_due(tag, now) {
            if !self.begin_cut(tag, now) {
                self.begin_part(tag, now, false);
            }
        } else {
            self.place(tag, now);
        }
    }

    /// Whether the part is to end with the next picture that can stand alone.
    fn is_due(&self, tag: &Tag, now: Duration) -> bool {
        let stays =
            self.head.mixed && self.changed.is_none_or(|changed| now.saturating_sub(changed) >= CHANGE_IN_BACK_WITHIN);
        let track = if tag.kind == TagKind::Video { &self.video } else { &self.audio };
        let at = (i64::from(tag.at) - track.shift).max(0) as u64;
        let long = self.limits.length.is_some_and(|length| at >= length);
        let large = self.limits.bytes.is_some_and(|bytes| self.part_bytes >= bytes);
        stays || long || large
    }

    /// Makes the next part wait for the sound that belongs before `tag`; says whether any is to be waited for.
    fn begin_cut(&mut self, tag: &Tag, now: Duration) -> bool {
        let read = i64::from(tag.at);
        let cut = read - self.video.shift;
        let lag = self.audio.last.map(|last| cut - last).filter(|lag| (1..=MAX_SKEW_MS).contains(lag));
        let lively = now.saturating_sub(self.audio.arrived) < SOUND_WAIT;
        let waits = tag.kind == TagKind::Video && lively && !self.audio.repeating;
        let Some(lag) = lag.filter(|_| waits) else { return false };
        self.phase = TimelinePhase::Cutting(read, read + lag + CUT_WAIT_MS);
        self.held.push(tag, now);
        true
    }

    /// Takes what comes around a cut: sound from before it still goes into the part.
    fn cut(&mut self, tag: &Tag, from: i64, until: i64, now: Duration) {
        let read = i64::from(tag.at);
        let waits = match tag.kind {
            TagKind::Audio => (from - MAX_SKEW_MS..from).contains(&read),
            _ => (from..=until).contains(&read) && self.held.has_room(),
        };
        match tag.kind {
            TagKind::Audio if waits => self.place(tag, now),
            _ if waits => self.held.push(tag, now),
            _ => {
                self.place_held();
                self.push(tag, now);
            }
        }
    }

    /// Gives what is held at a cut, or at the end of a connection, the place it has waited for.
    fn place_held(&mut self) {
        match self.phase {
            TimelinePhase::Cutting(..) => {
                let mut held = self.held.drain().into_iter();
                let changed = self.setup_changed();
                self.phase = TimelinePhase::Flowing;
                if let Some((first, at)) = held.next() {
                    if changed { self.begin_changed(&first, at) } else { self.begin_part(&first, at, false) }
                }
                for (tag, at) in held {
                    self.place(&tag, at);
                }
            }
            // Sound alone, too short to lead: it repeats what is written, or goes on.
            TimelinePhase::Joining => {
                if let Some((tag, at)) = self.held.pop_last() {
                    self.join(&tag, at);
                }
            }
            TimelinePhase::Waiting | TimelinePhase::Flowing => {}
        }
    }

    /// Writes a tag where it belongs, unless it is written already.
    fn place(&mut self, tag: &Tag, now: Duration) {
        let at = self.time_of(tag, now);
        let track = self.track(tag.kind);
        let at = match track.last {
            Some(last) if at <= last && track.repeating => return,
            Some(last) => at.max(last + 1),
            // From before the part began, by more than the piece of sound that the first picture often comes in the middle of.
            None if at < -MAX_EARLY_MS => return,
            None => at.max(0),
        };
        track.repeating = false;
        self.write(tag, at, now);
    }

    /// The time of a tag in the part. Where its track's clock has jumped, that track goes on where the part is.
    fn time_of(&mut self, tag: &Tag, now: Duration) -> i64 {
        let read = i64::from(tag.at);
        let (end, wall) = (self.last, millis(now));
        let steady = self.joined.is_some_and(|joined| now.saturating_sub(joined) >= STEADY_AFTER);
        let lead = self.lead;
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
                    let near = at - last - gap <= ahead || at - end - gap <= ahead;
                    let steps = at - last.max(end) > MAX_LEAD_MS && at - wall - lead > MAX_LEAD_MS;
                    at >= last - back && near && !(steady && steps && !track.repeating)
                }
                None => (at - end).abs() <= MAX_SKEW_MS + gap,
            }
        };
        if !goes_on(track.shift) {
            track.shift = if goes_on(other.shift) {
                other.shift
            } else {
                let usual = track.step.clamp(1, MAX_STEP_MS);
                let step = if gap <= READ_TOGETHER_MS { usual } else { gap.max(usual).min(MAX_JUMP_MS) };
                read - track.last.map_or(end, |last| last.max(end - MAX_SKEW_MS)) - step
            };
        }
        let at = read - track.shift;
        self.lead = if self.joined.is_some() { lead.max(at - wall) } else { at - wall };
        self.joined.get_or_insert(now);
        at
    }

    fn write(&mut self, tag: &Tag, at: i64, now: Duration) {
        if at - self.last >= HOLE_MS {
            self.holes.push(Hole { at: (self.before + self.last).max(0) as u64, length: (at - self.last) as u64 });
        }
        let begins = match self.head.video {
            Some(_) => tag.kind == TagKind::Video && tag.role() == TagRole::Keyframe,
            None => at - self.last_key >= SOUND_KEY_MS,
        };
        if begins && at > 0 {
            self.seal();
            self.batch_key = true;
            self.last_key = at;
        }
        tag.write(clamp_ms(at), &mut self.batch);
        let track = self.track(tag.kind);
        if let Some(last) = track.last {
            track.step = at - last;
        }
        track.last = Some(at);
        track.arrived = now;
        self.last = self.last.max(at);
        self.arrived = now;
        self.overlap.remember(tag, at, self.last);
    }

    /// Ends the piece that is being made.
    fn seal(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let bytes = self.batch.split().freeze();
        self.part_bytes += bytes.len() as u64;
        let (keyframe, holes) = (std::mem::take(&mut self.batch_key), std::mem::take(&mut self.holes));
        let begins_part = std::mem::take(&mut self.batch_begins);
        let piece = TimelinePiece { keyframe, begins_part, holes, bytes, ..self.piece() };
        self.ready.push(piece);
    }

    /// A piece of the part, as far as it goes now.
    fn piece(&self) -> TimelinePiece {
        let millis = (self.before + self.last).max(0) as u64;
        TimelinePiece { part: self.part, millis, head: Arc::clone(&self.head), ..TimelinePiece::default() }
    }

    fn setup_changed(&self) -> bool {
        self.video.changed() || self.audio.changed()
    }
}

impl Track {
    /// Whether the set-up heard last is another than the part was written with.
    fn changed(&self) -> bool {
        self.heard.as_ref().is_some_and(|heard| self.written.as_deref() != Some(heard.setup()))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 4)
}

/// A time as FLV can write it: 49 days at most.
fn clamp_ms(at: i64) -> u32 {
    u32::try_from(at.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
