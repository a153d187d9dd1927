//! Tests of what a screen shows of recordings: alerts, the monitor of one's own stream, the lists of takes and streams.

use std::path::PathBuf;
use std::time::Duration;

use rstest::rstest;
use tiktop::ids::RoomKey;
use tiktop::record::{
    CopyState, MonitorState, PictureLabel, RecorderUpdate, RecordingDetails, RecordingState, StreamFault,
    StreamFaultKind, StreamLabel, Take, TakeStatus,
};

use crate::screens::shown;
use crate::stage::{self, Stage};

const ROOM: RoomKey = RoomKey(1);

fn busy() -> Stage {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    stage
}

fn told(stage: &mut Stage, recording: RecordingState) {
    stage.dashboard.record(RecorderUpdate::Recording { room: ROOM, recording }, stage.now);
}

fn running(stage: &Stage, details: RecordingDetails) -> RecordingState {
    RecordingState::Running {
        since: stage.now - Duration::from_secs(751),
        bytes: 142_900_000,
        rate: 204_000,
        file: PathBuf::from("/home/ana/Videos/ana.mkv"),
        quality: "hd".into(),
        sound_only: false,
        details: Box::new(details),
    }
}

fn reconnecting(stage: &Stage, paused: bool, closed: bool) -> RecordingState {
    RecordingState::Reconnecting {
        since: stage.now - Duration::from_secs(751),
        bytes: 142_900_000,
        file: PathBuf::from("/home/ana/Videos/ana.mkv"),
        paused,
        cause: "the connection was reset".into(),
        silent_seconds: if closed { 72 } else { 12 },
        closed,
    }
}

/// What the screen says, however its rows are broken.
fn words(stage: &mut Stage, (width, height): (u16, u16)) -> String {
    shown(stage, width, height).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the screen that begin with these words, and the colour they have.
fn row(stage: &mut Stage, (width, height): (u16, u16), words: &str) -> Option<(String, ratatui::style::Color)> {
    let terminal = stage.picture(width, height);
    let cells = terminal.backend().buffer().content();
    cells.chunks(width.into()).find_map(|row| {
        let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        let at = text.find(words)?;
        Some((text.trim().to_owned(), row[text[..at].chars().count()].fg))
    })
}

#[rstest]
#[case::small((80, 24))]
#[case::usual((120, 36))]
fn what_is_wrong_with_a_recording_stands_above_the_keys_with_its_next_step(#[case] size: (u16, u16)) {
    let mut stage = busy();
    assert_eq!(row(&mut stage, size, "recording:"), None);
    let amber = reconnecting(&stage, false, false);
    told(&mut stage, amber);
    let (_, warning) = row(&mut stage, size, "recording: nothing came for 12 s (the connection was reset)").unwrap();
    assert!(words(&mut stage, size).contains("the stream is asked for again and again"));
    let red = reconnecting(&stage, false, true);
    told(&mut stage, red);
    let (_, trouble) = row(&mut stage, size, "recording: nothing came for 72 s").unwrap();
    assert_ne!(warning, trouble, "amber, then red");
    assert!(words(&mut stage, size).contains("what comes then goes into another one"));
    let paused = reconnecting(&stage, true, false);
    told(&mut stage, paused);
    assert_eq!(row(&mut stage, size, "recording: the host paused the live; it is recorded on").unwrap().1, warning);
    let full = RecordingDetails { seconds_left: Some(90), free: Some(218_000_000), ..RecordingDetails::default() };
    let full = running(&stage, full);
    told(&mut stage, full);
    assert_eq!(row(&mut stage, size, "recording: the disk is full in 1 min; make room").unwrap().1, trouble);
    let stalled = running(&stage, RecordingDetails { silent_seconds: 5, ..RecordingDetails::default() });
    told(&mut stage, stalled);
    assert_eq!(row(&mut stage, size, "recording: stalled, nothing came for 5 s").unwrap().1, warning);
    let well = running(&stage, RecordingDetails::default());
    told(&mut stage, well);
    assert_eq!(row(&mut stage, size, "recording:"), None);
}

#[rstest]
#[case::small((80, 24))]
#[case::usual((120, 36))]
fn what_is_wrong_with_ones_own_stream_stands_above_the_keys(#[case] size: (u16, u16)) {
    let mut stage = busy();
    let told = |stage: &mut Stage, monitor: MonitorState| {
        stage.dashboard.record(RecorderUpdate::Monitor { room: ROOM, monitor }, stage.now);
    };
    let well = MonitorState { quality: "ld".into(), rate: 62_500, ..MonitorState::default() };
    told(&mut stage, well.clone());
    if size.0 > 100 {
        assert!(shown(&mut stage, size.0, size.1).contains("your stream is well, 500 kb/s"));
    }
    let fault = |kind, seconds| StreamFault { kind, seconds };
    let faults = vec![fault(StreamFaultKind::Silent, 12), fault(StreamFaultKind::Frozen, 10)];
    told(&mut stage, MonitorState { faults, ..well.clone() });
    let screen = shown(&mut stage, size.0, size.1);
    let expected = "your stream: the stream is silent, 12 s: check the microphone; the picture is";
    assert!(screen.contains(expected), "{screen}");
    stage.press("i");
    assert!(shown(&mut stage, size.0, size.1).contains("the stream is silent"), "the inbox keeps it");
    stage.press("esc");
    told(&mut stage, well);
    assert_eq!(row(&mut stage, size, "your stream:"), None);
}

fn take(user: &str, start: &str, status: TakeStatus) -> Take {
    Take {
        info: format!("{user}.json").into(),
        user: user.into(),
        title: "tea".into(),
        start: start.into(),
        status,
        reason: "stopped".into(),
        quality: "hd".into(),
        files: vec![format!("{user}.mkv").into(), format!("{user}.part02.mkv").into()],
        millis: 5_025_000,
        bytes: 1_234_000_000,
        holes: u32::from(status == TakeStatus::Done),
    }
}

#[rstest]
#[case::small((80, 24))]
#[case::usual((120, 36))]
fn takes_are_listed_with_their_state_and_the_progress_of_a_copy(#[case] size: (u16, u16)) {
    let mut stage = busy();
    stage.press("T");
    assert!(shown(&mut stage, size.0, size.1).contains("looking which recordings there are"));
    let takes = vec![
        take("ana", "2026-11-27T10:00:00Z", TakeStatus::Running),
        take("ben", "2026-11-26T10:00:00Z", TakeStatus::CutOff),
        take("cleo", "2026-11-25T10:00:00Z", TakeStatus::Done),
    ];
    stage.dashboard.record(RecorderUpdate::Takes(takes), stage.now);
    let copy = RecorderUpdate::Copy { file: "cleo.mkv".into(), copy: CopyState::Running(42) };
    stage.dashboard.record(copy, stage.now);
    let screen = shown(&mut stage, size.0, size.1);
    for part in ["@ana", "running", "@ben", "cut off", "@cleo", "[####......] 42 %"] {
        assert!(screen.contains(part), "{part} is not in\n{screen}");
    }
}

#[rstest]
#[case::small((80, 24))]
#[case::usual((120, 36))]
fn streams_are_listed_with_resolution_codec_and_bit_rate(#[case] size: (u16, u16)) {
    let mut stage = busy();
    stage.press("Q");
    let picture = PictureLabel { size: Some((1_080, 1_920)), codec: "h265".into(), bitrate: Some(2_500_000) };
    let stream =
        |quality: &str, sound_only, picture| StreamLabel { quality: quality.into(), picture, sound_only, hls: false };
    let streams = vec![
        stream("origin", false, picture),
        stream("hd", false, PictureLabel { size: Some((720, 1_280)), ..PictureLabel::default() }),
        stream("ao", true, PictureLabel::default()),
    ];
    stage.dashboard.record(RecorderUpdate::Streams { room: ROOM, streams: Ok(streams) }, stage.now);
    let screen = shown(&mut stage, size.0, size.1);
    for part in ["origin", "1080x1920 h265 2.5 Mb/s", "720x1280", "sound only"] {
        assert!(screen.contains(part), "{part} is not in\n{screen}");
    }
}
