//! Faults of a stream, from what ffmpeg's filters say, from what is in its pieces, and from how fast they come. Pure: no
//! process, no clock of its own.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// Something that is wrong with a stream for everybody who watches it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum StreamFaultKind {
    /// Nothing comes.
    Missing,
    /// There is no sound, or nothing to be heard in it.
    Silent,
    /// The picture is black.
    Black,
    /// The picture does not change, or none comes.
    Frozen,
    /// Fewer bits come than its label says, or than usual.
    Slow,
}

/// A fault, and how long it has been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct StreamFault {
    /// Which.
    pub kind: StreamFaultKind,
    /// Whole seconds.
    pub seconds: u64,
}

impl StreamFault {
    /// What viewers notice, in words, with how long already.
    pub fn words(&self) -> String {
        let seconds = self.seconds;
        match self.kind {
            StreamFaultKind::Missing => format!("no stream arrives, {seconds} s: check the encoder and its line"),
            StreamFaultKind::Silent => format!("the stream is silent, {seconds} s: check the microphone"),
            StreamFaultKind::Black => format!("the picture is black, {seconds} s: check the camera"),
            StreamFaultKind::Frozen => format!("the picture is frozen, {seconds} s: check camera and encoder"),
            StreamFaultKind::Slow => format!("the stream is below its bit rate, {seconds} s: check the line to TikTok"),
        }
    }
}

/// How many seconds the usual rate is taken from, where no label says it.
const USUAL_SECONDS: usize = 60;
/// And how many of them there must be.
const USUAL_FROM: usize = 20;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct FaultLimits {
    /// A fault is one after so long.
    pub(super) after: Duration,
    /// The stream is slow below so many percent of its rate.
    pub(super) percent: u64,
}

/// Since when what looks wrong.
#[derive(Debug)]
pub(super) struct FaultDetector {
    limits: FaultLimits,
    began: Instant,
    /// By ffmpeg: silence and stillness it tells when they have lasted long enough, black at once.
    silent: Option<Instant>,
    black: Option<Instant>,
    frozen: Option<Instant>,
    slow: Option<Instant>,
    /// When something last came, when sound, when a picture.
    came: Option<Instant>,
    sound: Option<Instant>,
    picture: Option<Instant>,
    /// Nobody expects a picture.
    sound_only: bool,
    /// Bytes of each of the last seconds, the newest last.
    seconds: VecDeque<u64>,
    second_began: Instant,
    /// Bytes a second by the label.
    label: Option<u64>,
}

impl FaultDetector {
    pub(super) fn new(limits: FaultLimits, sound_only: bool, now: Instant) -> Self {
        Self {
            limits,
            began: now,
            silent: None,
            black: None,
            frozen: None,
            slow: None,
            came: None,
            sound: None,
            picture: None,
            sound_only,
            seconds: VecDeque::new(),
            second_began: now,
            label: None,
        }
    }

    /// Takes a piece of the stream into account: its bytes, whether there is sound and a picture in it, what its label says of
    /// its bits a second.
    pub(super) fn add_piece(&mut self, bytes: usize, (sound, picture): (bool, bool), label: Option<u64>, now: Instant) {
        self.turn_seconds(now);
        self.came = Some(now);
        if sound {
            self.sound = Some(now);
        }
        if picture {
            self.picture = Some(now);
        }
        self.label = label.map(|bits| bits / 8).filter(|&rate| rate > 0);
        if let Some(newest) = self.seconds.back_mut() {
            *newest += bytes as u64;
        }
    }

    /// Takes a line of ffmpeg into account.
    pub(super) fn add_line(&mut self, line: &str, now: Instant) {
        let lasted = now.checked_sub(self.limits.after).unwrap_or(now);
        let has = |words: &str| line.contains(words);
        if has("silence_start:") {
            self.silent = Some(lasted);
        } else if has("silence_end:") {
            self.silent = None;
        } else if has("freeze_start:") {
            self.frozen = Some(lasted);
        } else if has("freeze_end:") {
            self.frozen = None;
        } else if has("lavfi.black_start=") {
            self.black = Some(now);
        } else if has("lavfi.black_end=") {
            self.black = None;
        }
    }

    /// Forgets what ffmpeg said: another one looks at the stream now.
    pub(super) fn forget_lines(&mut self) {
        (self.silent, self.black, self.frozen) = (None, None, None);
    }

    /// The host has paused: nothing is expected.
    pub(super) fn pause(&mut self, now: Instant) {
        self.forget_lines();
        (self.slow, self.began, self.second_began) = (None, now, now);
        (self.came, self.sound, self.picture) = (None, None, None);
        self.seconds.clear();
    }

    /// Bytes a second, over the last ones.
    pub(super) fn rate(&self) -> u64 {
        let whole = self.whole_seconds(self.span());
        if whole.is_empty() { 0 } else { whole.iter().sum::<u64>() / whole.len() as u64 }
    }

    /// The faults that have lasted long enough, gravest first.
    pub(super) fn faults(&mut self, now: Instant) -> Vec<StreamFault> {
        self.turn_seconds(now);
        self.look_at_rate(now);
        let after = self.limits.after;
        // ffmpeg tells a little after the time it was told to wait for.
        let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at)).filter(|&span| span >= after);
        let missing = since(Some(self.came.unwrap_or(self.began)));
        let flows = self.came.is_some() && missing.is_none();
        let no_sound = since(Some(self.sound.unwrap_or(self.began))).filter(|_| flows);
        let no_picture = since(Some(self.picture.unwrap_or(self.began))).filter(|_| flows && !self.sound_only);
        let black = since(self.black).filter(|_| flows);
        // A black picture is a still one too.
        let frozen = since(self.frozen).filter(|_| flows && self.black.is_none());
        let found = [
            (StreamFaultKind::Missing, missing),
            (StreamFaultKind::Silent, no_sound.or(since(self.silent).filter(|_| flows))),
            (StreamFaultKind::Black, black),
            (StreamFaultKind::Frozen, no_picture.or(frozen)),
            (StreamFaultKind::Slow, since(self.slow).filter(|_| flows)),
        ];
        found.into_iter().filter_map(|(kind, span)| Some(StreamFault { kind, seconds: span?.as_secs() })).collect()
    }

    fn span(&self) -> usize {
        usize::try_from(self.limits.after.as_secs().max(1)).unwrap_or(1)
    }

    /// The newest seconds that are over.
    fn whole_seconds(&self, count: usize) -> Vec<u64> {
        self.seconds.iter().rev().skip(1).take(count).copied().collect()
    }

    fn turn_seconds(&mut self, now: Instant) {
        if self.seconds.is_empty() {
            (self.second_began, self.seconds) = (now, VecDeque::from([0]));
        }
        let over = now.saturating_duration_since(self.second_began).as_secs();
        self.second_began += Duration::from_secs(over);
        for _ in 0..over.min(2 * USUAL_SECONDS as u64) {
            self.seconds.push_back(0);
        }
        while self.seconds.len() > 2 * USUAL_SECONDS {
            self.seconds.pop_front();
        }
    }

    /// Compares the last seconds with the label, else with the seconds before.
    fn look_at_rate(&mut self, now: Instant) {
        let span = self.span();
        let lately = self.whole_seconds(span);
        if lately.len() < span {
            return;
        }
        let before: Vec<u64> = self.seconds.iter().rev().skip(1 + span).take(USUAL_SECONDS).copied().collect();
        let usual = (before.len() >= USUAL_FROM).then(|| before.iter().sum::<u64>() / before.len() as u64);
        let Some(usual) = self.label.or(usual) else { return };
        let mean = lately.iter().sum::<u64>() / lately.len() as u64;
        if mean * 100 >= usual * self.limits.percent {
            self.slow = None;
        } else if self.slow.is_none() {
            self.slow = now.checked_sub(self.limits.after).or(Some(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FaultLimits = FaultLimits { after: Duration::from_secs(5), percent: 50 };

    /// A detector that has got `rate` bytes a second for `seconds`, and what time it is.
    fn flowing(seconds: u64, rate: usize, label: Option<u64>) -> (FaultDetector, Instant) {
        let start = Instant::now();
        let mut detector = FaultDetector::new(LIMITS, false, start);
        let mut now = start;
        flow(&mut detector, &mut now, seconds, rate, label);
        (detector, now)
    }

    fn flow(detector: &mut FaultDetector, now: &mut Instant, seconds: u64, rate: usize, label: Option<u64>) {
        for _ in 0..seconds * 2 {
            detector.add_piece(rate / 2, (true, true), label, *now);
            *now += Duration::from_millis(500);
        }
    }

    fn kinds(detector: &mut FaultDetector, now: Instant) -> Vec<StreamFaultKind> {
        detector.faults(now).iter().map(|fault| fault.kind).collect()
    }

    #[test]
    fn a_stream_that_flows_has_no_fault() {
        let (mut detector, now) = flowing(30, 50_000, Some(400_000));
        assert_eq!((kinds(&mut detector, now), detector.rate()), (vec![], 50_000));
    }

    #[test]
    fn what_ffmpeg_says_begins_and_ends_a_fault() {
        let (mut detector, mut now) = flowing(30, 50_000, None);
        detector.add_line("[silencedetect @ 0x1] [info] silence_start: 12.5", now);
        assert_eq!(detector.faults(now), [StreamFault { kind: StreamFaultKind::Silent, seconds: 5 }]);
        detector.add_line("[Parsed_metadata_1 @ 0x1] [info] lavfi.black_start=12.5", now);
        detector.add_line("[freezedetect @ 0x1] [info] lavfi.freezedetect.freeze_start: 12.5", now);
        assert_eq!(kinds(&mut detector, now), [StreamFaultKind::Silent], "black is one after some seconds only");
        flow(&mut detector, &mut now, 6, 50_000, None);
        assert_eq!(kinds(&mut detector, now), [StreamFaultKind::Silent, StreamFaultKind::Black]);
        detector.add_line("[Parsed_metadata_1 @ 0x1] [info] lavfi.black_end=19", now);
        detector.add_line("[silencedetect @ 0x1] [info] silence_end: 19 | silence_duration: 6.5", now);
        assert_eq!(kinds(&mut detector, now), [StreamFaultKind::Frozen]);
        detector.add_line("[freezedetect @ 0x1] [info] lavfi.freezedetect.freeze_end: 20", now);
        assert_eq!(kinds(&mut detector, now), []);
    }

    #[test]
    fn a_stream_that_stops_is_missing_and_nothing_else() {
        let (mut detector, now) = flowing(30, 50_000, Some(400_000));
        detector.add_line("silence_start: 1", now);
        assert_eq!(
            detector.faults(now + Duration::from_secs(9)),
            [StreamFault { kind: StreamFaultKind::Missing, seconds: 9 }]
        );
    }

    #[test]
    fn sound_or_pictures_that_are_not_sent_are_faults_too() {
        let (mut detector, mut now) = flowing(30, 50_000, None);
        for _ in 0..14 {
            detector.add_piece(25_000, (false, true), None, now);
            now += Duration::from_millis(500);
        }
        assert_eq!(kinds(&mut detector, now), [StreamFaultKind::Silent]);
        for _ in 0..14 {
            detector.add_piece(25_000, (true, false), None, now);
            now += Duration::from_millis(500);
        }
        assert_eq!(kinds(&mut detector, now), [StreamFaultKind::Frozen]);
    }

    #[test]
    fn a_rate_below_the_label_or_below_the_usual_one_is_slow() {
        for label in [Some(400_000), None] {
            let (mut detector, mut now) = flowing(40, 50_000, label);
            flow(&mut detector, &mut now, 1, 10_000, label);
            assert_eq!(kinds(&mut detector, now), [], "not yet");
            flow(&mut detector, &mut now, 9, 10_000, label);
            assert_eq!(kinds(&mut detector, now), [StreamFaultKind::Slow], "{label:?}");
            flow(&mut detector, &mut now, 12, 50_000, label);
            assert_eq!(kinds(&mut detector, now), []);
        }
    }

    #[test]
    fn nothing_is_expected_of_a_host_who_pauses() {
        let (mut detector, now) = flowing(30, 50_000, None);
        detector.add_line("silence_start: 1", now);
        detector.pause(now);
        assert_eq!(kinds(&mut detector, now + Duration::from_secs(2)), []);
    }
}
