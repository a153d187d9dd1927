//! Tests of the screen's reducer, by the state and the effects alone.

use std::sync::Arc;
use std::time::Duration;

use super::{next_wake, update};
use crate::clock::{Moment, Timestamp};
use crate::config::{Keys, ScreenSettings};
use crate::events::{EventKind, Host, Info, LiveStart, Phase, PhaseKind, RoomEvent};
use crate::ids::{RoomId, RoomKey, Target};
use crate::record;
use crate::room::{Room, TalliedEvent};
use crate::track::{self, Lost, RoomUpdate, TrackerCommand};
use crate::tui::ScreenOptions;
use crate::tui::app::{App, Popup};
use crate::tui::chord::Chord;
use crate::tui::msg::{Effect, Msg, UpdateOutcome};

const NOW: Moment = Moment { mono: 7_205_250, wall: Timestamp(1_793_302_205_250) };

fn app() -> App {
    let options = ScreenOptions {
        screen: ScreenSettings::default(),
        keys: Keys::new(),
        notice: None,
        replay: false,
        mono: false,
        zone: jiff::tz::TimeZone::UTC,
    };
    App::new(options, NOW).unwrap()
}

fn press(app: &mut App, chord: &str) -> Vec<Effect> {
    update(app, Msg::Key(chord.parse::<Chord>().unwrap().event())).effects
}

fn hear(app: &mut App, room: u64, kind: RoomUpdate) -> UpdateOutcome {
    update(app, Msg::Tracked(track::TrackerUpdate::Room(RoomKey(room), kind)))
}

fn happen(app: &mut App, room: u64, kind: EventKind) {
    let event = RoomEvent { at: NOW, server_at: None, id: None, room_id: None, history: false, kind };
    hear(app, room, RoomUpdate::Events(Arc::from(vec![TalliedEvent { event, tally: None }])));
}

fn on_air() -> App {
    let mut app = app();
    hear(&mut app, 1, RoomUpdate::Added { label: "@ana".into() });
    happen(&mut app, 1, EventKind::Live(LiveStart { room_id: RoomId(73), live_seq: 1 }));
    let host = Host { unique_id: "ana".into(), ..Host::default() };
    happen(&mut app, 1, EventKind::Info(Box::new(Info { host, title: "tea".into(), ..Info::default() })));
    happen(&mut app, 1, EventKind::State(Phase::new(PhaseKind::Live)));
    app
}

fn type_name(app: &mut App, name: &str) -> Vec<Effect> {
    press(app, "a");
    for c in name.chars() {
        press(app, &c.to_string());
    }
    press(app, "enter")
}

#[test]
fn a_typed_room_is_added_and_shown_when_it_comes() {
    let mut app = on_air();
    let ben: Target = "@ben".parse().unwrap();
    assert_eq!(type_name(&mut app, "ben"), [Effect::Track(TrackerCommand::Add(ben))]);
    hear(&mut app, 2, RoomUpdate::Added { label: "@ben".into() });
    assert_eq!(app.tab().unwrap().name(), "ben");
}

#[test]
fn while_a_name_is_typed_no_letter_is_a_command() {
    let mut app = on_air();
    press(&mut app, "a");
    for key in ["q", "n", "y", "?", "r"] {
        assert_eq!(press(&mut app, key), []);
    }
    assert!(matches!(&app.popup, Some(Popup::AddRoom { input, .. }) if input.value() == "qny?r"));
    assert_eq!(press(&mut app, "ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_room_that_is_there_is_shown_instead_of_added_twice() {
    let mut app = on_air();
    hear(&mut app, 2, RoomUpdate::Added { label: "@ben".into() });
    press(&mut app, "2");
    assert_eq!(type_name(&mut app, "ANA"), []);
    assert_eq!(app.tab().unwrap().key, RoomKey(1));
}

#[test]
fn pasted_text_is_never_keys() {
    let mut app = on_air();
    assert_eq!(update(&mut app, Msg::Paste("q\u{3}x".into())), UpdateOutcome::UNCHANGED);
    assert_eq!(app.tabs.len(), 1);
    press(&mut app, "a");
    update(&mut app, Msg::Paste("@be\u{1b}[31mn\n".into()));
    assert!(matches!(&app.popup, Some(Popup::AddRoom { input, .. }) if input.value() == "@be[31mn"));
}

#[rstest::rstest]
#[case::cyrillic("й")]
#[case::ukrainian("ї")]
#[case::greek("ω")]
#[case::hebrew("ש")]
#[case::arabic("ض")]
#[case::korean("ㅂ")]
#[case::full_width("ｑ")]
#[case::kana("た")]
#[case::upper("Й")]
fn a_letter_of_another_layout_gets_a_word_wherever_it_is_pressed(#[case] letter: &str) {
    let mut app = on_air();
    for opener in ["esc", "?", "d"] {
        press(&mut app, opener);
        assert_eq!(press(&mut app, letter), []);
        let said = app.toast.take().map(|toast| toast.text).unwrap_or_default();
        assert!(said.as_str().contains(&format!("'{letter}' is no key here")), "after {opener}: {said}");
        press(&mut app, "esc");
    }
    press(&mut app, "a");
    press(&mut app, letter);
    assert!(matches!(&app.popup, Some(Popup::AddRoom { input, .. }) if input.value() == letter), "a name may be typed");
}

#[test]
fn the_record_key_starts_and_stops() {
    let mut app = on_air();
    let job = record::RecordingJob { room: RoomKey(1), room_id: RoomId(73), host: "ana".into(), title: "tea".into() };
    assert_eq!(press(&mut app, "r"), [Effect::Record(record::RecorderCommand::Start(job))]);
    let update_of = |recording| Msg::Recorded(record::RecorderUpdate { room: RoomKey(1), recording });
    update(&mut app, update_of(record::RecordingState::Starting));
    assert_eq!(press(&mut app, "r"), [Effect::Record(record::RecorderCommand::Stop(RoomKey(1)))]);
}

#[test]
fn a_room_that_is_not_live_has_nothing_to_record_and_says_so() {
    let mut app = on_air();
    happen(&mut app, 1, EventKind::State(Phase::new(PhaseKind::Offline)));
    assert_eq!(press(&mut app, "r"), []);
    assert!(app.toast.as_ref().unwrap().text.as_str().contains("ana is not live"));
    press(&mut app, "j");
    assert_eq!(app.toast, None, "a passing word goes with the next key");
}

#[test]
fn a_recording_hears_of_pauses_and_the_end_of_its_live() {
    let mut app = on_air();
    let state = |app: &mut App, kind| {
        let kind = EventKind::State(Phase::new(kind));
        let event = RoomEvent { at: NOW, server_at: None, id: None, room_id: None, history: false, kind };
        hear(app, 1, RoomUpdate::Events(Arc::from(vec![TalliedEvent { event, tally: None }]))).effects
    };
    let recording = record::RecordingState::Starting;
    update(&mut app, Msg::Recorded(record::RecorderUpdate { room: RoomKey(1), recording }));
    let told = |paused| [Effect::Record(record::RecorderCommand::LivePaused(RoomKey(1), paused))];
    assert_eq!(state(&mut app, PhaseKind::Paused), told(true));
    assert_eq!(state(&mut app, PhaseKind::Live), told(false));
    let ended = [Effect::Record(record::RecorderCommand::LiveEnded(RoomKey(1)))];
    assert_eq!(state(&mut app, PhaseKind::Ended), ended);
    assert_eq!(state(&mut app, PhaseKind::Ended), []);
}

#[test]
fn a_suspend_asks_while_something_is_recorded() {
    let mut app = on_air();
    assert_eq!(press(&mut app, "ctrl-z"), [Effect::Suspend]);
    let recording = record::RecordingState::Starting;
    update(&mut app, Msg::Recorded(record::RecorderUpdate { room: RoomKey(1), recording }));
    assert_eq!(press(&mut app, "ctrl-z"), []);
    assert_eq!(press(&mut app, "enter"), [Effect::Suspend]);
}

#[test]
fn closing_a_recorded_room_asks_then_finishes_the_recording_first() {
    let mut app = on_air();
    let recording = record::RecordingState::Starting;
    update(&mut app, Msg::Recorded(record::RecorderUpdate { room: RoomKey(1), recording }));
    assert_eq!(press(&mut app, "x"), []);
    let stop = Effect::Record(record::RecorderCommand::Stop(RoomKey(1)));
    assert_eq!(press(&mut app, "y"), [stop, Effect::Track(TrackerCommand::Remove(RoomKey(1)))]);
}

#[test]
fn a_mirror_that_lagged_asks_until_it_has_the_snapshot() {
    let mut app = on_air();
    let lagged = || RoomUpdate::Lagged(Lost::default());
    let ask = Effect::Track(TrackerCommand::Snapshot(RoomKey(1)));
    assert_eq!(hear(&mut app, 1, lagged()).effects, std::slice::from_ref(&ask));
    // The snapshot may have been refused by a full queue: the loss that is told then asks again.
    assert_eq!(hear(&mut app, 1, lagged()).effects, std::slice::from_ref(&ask));
    let mut truth = Room::new(10);
    truth.title = "coffee".into();
    hear(&mut app, 1, RoomUpdate::Snapshot(Arc::new(truth)));
    assert_eq!(app.tab().unwrap().room.title, "coffee");
    assert_eq!(hear(&mut app, 1, lagged()).effects, [ask]);
}

#[test]
fn news_of_rooms_we_do_not_know_is_nothing() {
    let mut app = on_air();
    assert_eq!(hear(&mut app, 99, RoomUpdate::Lagged(Lost::default())), UpdateOutcome::UNCHANGED);
    assert_eq!(hear(&mut app, 99, RoomUpdate::Removed { into: None }), UpdateOutcome::UNCHANGED);
}

#[test]
fn a_panic_elsewhere_is_told_until_it_is_put_away() {
    let mut app = on_air();
    update(&mut app, Msg::Warned("index out of bounds".into()));
    press(&mut app, "j");
    assert!(app.toast.is_some());
    press(&mut app, "esc");
    assert_eq!(app.toast, None);
}

#[test]
fn a_dashboard_on_which_nothing_happens_wakes_at_the_minute() {
    let app = app();
    assert_eq!(next_wake(&app, NOW), Duration::from_millis(54_750));
}

#[test]
fn a_live_room_wakes_for_the_next_bucket_of_its_graphs() {
    assert_eq!(next_wake(&on_air(), NOW), Duration::from_millis(4_750));
}

#[test]
fn a_countdown_wakes_for_its_second() {
    let mut app = on_air();
    let retry = NOW + Duration::from_secs(7);
    happen(&mut app, 1, EventKind::State(Phase::new(PhaseKind::Reconnecting).until(retry)));
    assert_eq!(next_wake(&app, NOW), Duration::from_millis(750));
}

#[test]
fn a_look_up_that_is_a_minute_away_does_not_tick() {
    let mut app = on_air();
    let retry = NOW + Duration::from_secs(50);
    happen(&mut app, 1, EventKind::State(Phase::new(PhaseKind::Offline).until(retry)));
    assert_eq!(next_wake(&app, NOW), Duration::from_millis(54_750));
}

#[test]
fn replay_keys_are_keys_only_in_a_replay_and_others_only_with_a_live() {
    let mut live = on_air();
    assert_eq!(press(&mut live, ","), []);
    assert!(live.toast.take().unwrap().text.as_str().contains(", works only in a replay"));
    assert!(live.key(crate::tui::action::Action::ReplayPause).is_none());

    let mut replay = on_air();
    replay.replay = true;
    assert_eq!(press(&mut replay, "P"), [Effect::Playback(track::PlaybackCommand::Pause)]);
    for key in ["a", "r", "R"] {
        assert_eq!(press(&mut replay, key), []);
        assert!(replay.popup.is_none() && replay.toast.take().unwrap().text.as_str().contains("with a live"));
    }
    assert!(replay.key(crate::tui::action::Action::Record).is_none());
}

#[test]
fn a_letter_of_another_layout_is_told_that_it_is_no_key() {
    let mut app = on_air();
    for letter in ["й", "ж", "ψ", "ש"] {
        assert_eq!(press(&mut app, letter), []);
        let words = app.toast.take().unwrap().text;
        assert!(words.as_str().contains(letter) && words.as_str().contains("Ctrl-C"), "{words}");
    }
    press(&mut app, "e");
    assert!(app.toast.is_none());
}
