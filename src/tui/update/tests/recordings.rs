//! Tests of what a person wants of recordings: which stream, a marker, the list.

use super::*;

#[test]
fn a_stream_is_chosen_from_what_there_really_is() {
    let mut app = on_air();
    assert!(matches!(press(&mut app, "Q")[..], [Effect::Record(record::RecorderCommand::ListStreams(_))]));
    assert_eq!(press(&mut app, "enter"), [], "nothing is known yet");
    let picture = record::PictureLabel { size: Some((720, 1_280)), codec: "h264".into(), bitrate: Some(1_800_000) };
    let stream = |name: &str| record::StreamLabel {
        quality: name.into(),
        picture: picture.clone(),
        sound_only: false,
        hls: false,
    };
    let streams = Ok(vec![stream("hd"), stream("hd"), stream("ld")]);
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Streams { room: RoomKey(1), streams }));
    press(&mut app, "down");
    let effects = press(&mut app, "enter");
    let [Effect::Record(record::RecorderCommand::Start(job))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(job.quality, Some(record::Quality::Named("ld".into())));
}

#[test]
fn a_marker_takes_a_note_and_a_recording_is_copied_from_the_list() {
    let mut app = on_air();
    assert_eq!(press(&mut app, "m"), []);
    assert!(app.toast.as_ref().unwrap().text.as_str().contains("no place to mark"));
    let recording = record::RecordingState::Starting;
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording }));
    press(&mut app, "m");
    for key in ["g", "o", "a", "l"] {
        press(&mut app, key);
    }
    app.now.wall.0 += 7_000;
    // The place is where the key was pressed.
    let mark = record::RecorderCommand::Mark(RoomKey(1), "goal".into(), std::time::Duration::from_secs(7));
    assert_eq!(press(&mut app, "enter"), [Effect::Record(mark)]);
    assert_eq!(press(&mut app, "T"), [Effect::Record(record::RecorderCommand::ListTakes)]);
    let take = record::Take {
        info: "a.json".into(),
        user: "ana".into(),
        title: "tea".into(),
        start: "2026-11-27T10:00:00Z".into(),
        status: record::TakeStatus::Done,
        reason: "stopped".into(),
        quality: "hd".into(),
        files: vec!["a.mkv".into()],
        millis: 61_000,
        bytes: 5_000_000,
        holes: 1,
    };
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Takes(vec![take])));
    assert_eq!(press(&mut app, "enter"), [Effect::Record(record::RecorderCommand::Copy("a.mkv".into()))]);
    let copy = record::CopyState::Running(42);
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Copy { file: "a.mkv".into(), copy }));
    let Some(Popup::Pick(picker)) = &app.popup else { panic!("the list stays") };
    let picks = crate::tui::picker::picks(&app, picker);
    assert_eq!(picks[0].note, "2026-11-27 10:00, [####......] 42 %, 1:01, 5 MB, 1 hole \u{b7} tea");
    let mut take = app.told_of.takes.as_ref().unwrap()[0].clone();
    take.status = record::TakeStatus::CutOff;
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Takes(vec![take.clone()])));
    assert_eq!(press(&mut app, "enter"), [Effect::Record(record::RecorderCommand::Repair("a.json".into()))]);
    take.status = record::TakeStatus::Running;
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Takes(vec![take])));
    assert_eq!(press(&mut app, "enter"), [], "it is still being written");
    assert!(app.toast.as_ref().unwrap().text.as_str().contains("still being recorded"));
    let details = Box::new(record::RecordingDetails { millis: 62_000, part: 1, ..record::RecordingDetails::default() });
    let (file, quality) = ("a.mkv".into(), "hd".into());
    let recording = record::RecordingState::Running {
        since: NOW,
        bytes: 7_000_000,
        rate: 1,
        file,
        quality,
        sound_only: false,
        details,
    };
    let on = Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording });
    assert_eq!(update(&mut app, on).effects, [Effect::Record(record::RecorderCommand::ListTakes)]);
    let Some(Popup::Pick(picker)) = &app.popup else { panic!("the list stays") };
    let picks = crate::tui::picker::picks(&app, picker);
    assert_eq!(picks[0].note, "2026-11-27 10:00, running, 1:02, 7 MB \u{b7} tea", "as it stands now");
    let (file, reason) = ("a.mkv".into(), "stopped".into());
    let recording = record::RecordingState::Done { file, bytes: 1, millis: 1, reason };
    let over = Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording });
    assert_eq!(
        update(&mut app, over).effects,
        [Effect::Record(record::RecorderCommand::ListTakes)],
        "the list is anew"
    );
}
