//! Alert about a recording that runs: what is wrong with it now, and what happens next.

use serde::Serialize;

use super::{RecordingDetails, RecordingState};
use crate::text::Text;

/// A recording that has been silent for this many seconds has stalled.
const STALLED_SECONDS: u64 = 3;
/// With so many seconds of disk left a person can still make room.
const LOW_DISK_SECONDS: u64 = 15 * 60;
/// With so many it is about to stop.
const LAST_DISK_SECONDS: u64 = 2 * 60;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum AlertLevel {
    /// It may mend itself, or nothing is lost yet.
    Warning,
    /// Something is lost, or will be in a moment.
    Trouble,
}

/// What an alert is about; stays the same while the numbers in its words change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum AlertKind {
    /// Nothing of the live has come yet.
    Waiting,
    /// The connection stands and nothing comes.
    Stalled,
    /// The connection is lost, or its stream is silent for too long.
    Reconnecting,
    /// The host has paused.
    Paused,
    /// The disk is nearly full.
    Disk,
    /// ffmpeg was lost, or is not there.
    Writer,
    /// The recording broke.
    Failed,
}

/// What is wrong with a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecordingAlert {
    /// What it is about.
    pub kind: AlertKind,
    /// How bad it is.
    pub level: AlertLevel,
    /// What is wrong, and why.
    pub cause: Text,
    /// What happens next, or what to do; empty where the cause says that.
    pub next: Text,
}

impl RecordingAlert {
    fn new(kind: AlertKind, level: AlertLevel, cause: impl Into<Text>, next: impl Into<Text>) -> Self {
        Self { kind, level, cause: cause.into(), next: next.into() }
    }

    /// Cause and next step in one sentence.
    pub fn sentence(&self) -> String {
        if self.next.is_empty() { self.cause.to_string() } else { format!("{}; {}", self.cause, self.next) }
    }
}

impl RecordingState {
    /// What is wrong with the recording now; nothing where all is as it should be.
    pub fn alert(&self) -> Option<RecordingAlert> {
        match self {
            Self::Starting | Self::Stopping | Self::Done { .. } => None,
            Self::Waiting { cause } => Some(RecordingAlert::new(
                AlertKind::Waiting,
                AlertLevel::Warning,
                cause.clone(),
                "it is tried again for some seconds",
            )),
            Self::Running { details, .. } => details.alert(),
            Self::Reconnecting { paused: true, .. } => Some(RecordingAlert::new(
                AlertKind::Paused,
                AlertLevel::Warning,
                "the host paused the live",
                "it is recorded on when the host comes back",
            )),
            Self::Reconnecting { closed, silent_seconds, cause, .. } => {
                let why = if cause.is_empty() { String::new() } else { format!(" ({cause})") };
                let words = Text::from(format_args!("nothing came for {silent_seconds} s{why}"));
                Some(if *closed {
                    let next = "the file is closed and plays; what comes then goes into another one";
                    RecordingAlert::new(AlertKind::Reconnecting, AlertLevel::Trouble, words, next)
                } else {
                    let next = "the stream is asked for again and again";
                    RecordingAlert::new(AlertKind::Reconnecting, AlertLevel::Warning, words, next)
                })
            }
            Self::Failed { reason, .. } => {
                Some(RecordingAlert::new(AlertKind::Failed, AlertLevel::Trouble, reason.clone(), ""))
            }
        }
    }
}

impl RecordingDetails {
    /// What is worst about a recording that runs.
    fn alert(&self) -> Option<RecordingAlert> {
        let disk = self.seconds_left.filter(|&left| left < LOW_DISK_SECONDS).map(|left| {
            let level = if left < LAST_DISK_SECONDS { AlertLevel::Trouble } else { AlertLevel::Warning };
            let left = if left < 60 { format!("{left} s") } else { format!("{} min", left / 60) };
            let words = Text::from(format_args!("the disk is full in {left}"));
            RecordingAlert::new(AlertKind::Disk, level, words, "make room: the recording stops before that")
        });
        let stalled = (self.silent_seconds >= STALLED_SECONDS).then(|| {
            let words = Text::from(format_args!("stalled, nothing came for {} s", self.silent_seconds));
            RecordingAlert::new(AlertKind::Stalled, AlertLevel::Warning, words, "the stream is opened anew in a moment")
        });
        let writer = (self.writer_trouble && !self.note.is_empty())
            .then(|| RecordingAlert::new(AlertKind::Writer, AlertLevel::Warning, self.note.clone(), ""));
        let grave = disk.as_ref().is_some_and(|disk| disk.level == AlertLevel::Trouble);
        if grave { disk } else { stalled.or(disk).or(writer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Moment, Timestamp};
    use rstest::rstest;

    fn running(details: RecordingDetails) -> RecordingState {
        RecordingState::Running {
            since: now(),
            bytes: 1,
            rate: 1,
            file: "a.mkv".into(),
            quality: "hd".into(),
            sound_only: false,
            details: Box::new(details),
        }
    }

    fn now() -> Moment {
        Moment { mono: 0, wall: Timestamp(0) }
    }

    fn reconnecting(closed: bool, paused: bool) -> RecordingState {
        let cause = Text::from("the connection was reset");
        RecordingState::Reconnecting {
            since: now(),
            bytes: 1,
            file: "a.mkv".into(),
            paused,
            cause,
            silent_seconds: 12,
            closed,
        }
    }

    #[rstest]
    #[case::waiting(RecordingState::Waiting { cause: "HTTP 404".into() }, AlertKind::Waiting, AlertLevel::Warning, "404; it is tried again")]
    #[case::reconnecting(
        reconnecting(false, false),
        AlertKind::Reconnecting,
        AlertLevel::Warning,
        "for 12 s (the connection was reset); the stream is asked"
    )]
    #[case::closed(
        reconnecting(true, false),
        AlertKind::Reconnecting,
        AlertLevel::Trouble,
        "the file is closed and plays"
    )]
    #[case::paused(
        reconnecting(true, true),
        AlertKind::Paused,
        AlertLevel::Warning,
        "paused the live; it is recorded on"
    )]
    #[case::failed(RecordingState::Failed { reason: "the disk is full: make room".into(), file: None }, AlertKind::Failed, AlertLevel::Trouble, "full: make room")]
    #[case::stalled(running(RecordingDetails { silent_seconds: 5, ..RecordingDetails::default() }), AlertKind::Stalled, AlertLevel::Warning, "for 5 s; the stream is opened anew")]
    #[case::disk_low(running(RecordingDetails { seconds_left: Some(500), ..RecordingDetails::default() }), AlertKind::Disk, AlertLevel::Warning, "in 8 min; make room")]
    #[case::disk_last(running(RecordingDetails { seconds_left: Some(50), silent_seconds: 5, ..RecordingDetails::default() }), AlertKind::Disk, AlertLevel::Trouble, "in 50 s")]
    #[case::writer(running(RecordingDetails { note: "ffmpeg hung; recording .flv without it".into(), writer_trouble: true, ..RecordingDetails::default() }), AlertKind::Writer, AlertLevel::Warning, "recording .flv")]
    fn what_is_wrong_is_told_with_its_next_step(
        #[case] state: RecordingState,
        #[case] kind: AlertKind,
        #[case] level: AlertLevel,
        #[case] words: &str,
    ) {
        let alert = state.alert().unwrap();
        assert_eq!((alert.kind, alert.level), (kind, level));
        assert!(alert.sentence().contains(words), "{}", alert.sentence());
    }

    #[test]
    fn what_is_well_is_not_told() {
        let asked_more = RecordingDetails { note: "asked origin, got 720x1280".into(), ..RecordingDetails::default() };
        let well = RecordingDetails { seconds_left: Some(100_000), silent_seconds: 2, ..asked_more };
        assert_eq!(running(well).alert(), None);
        assert_eq!(RecordingState::Starting.alert(), None);
    }
}
