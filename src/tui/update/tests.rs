//! Tests of the screen's reducer, by the state and the effects alone.

mod recordings;

use std::sync::Arc;
use std::time::Duration;

use super::{next_wake, update};
use crate::clock::{Moment, Timestamp};
use crate::config::{Keys, RecordSettings, ScreenSettings};
use crate::events::{Chat, EventKind, Host, Info, LiveStart, Phase, PhaseKind, RoomEvent, Viewer};
use crate::ids::{RoomId, RoomKey, Target};
use crate::record;
use crate::room::{Room, TalliedEvent};
use crate::track::{self, Lost, RoomUpdate, TrackerCommand};
use crate::tui::ScreenOptions;
use crate::tui::app::{App, Popup};
use crate::tui::chord::Chord;
use crate::tui::msg::{Effect, Msg, UpdateOutcome};

pub(in crate::tui) const NOW: Moment = Moment { mono: 7_205_250, wall: Timestamp(1_793_302_205_250) };

fn app() -> App {
    let options = ScreenOptions {
        record: RecordSettings::default(),
        screen: ScreenSettings::default(),
        keys: Keys::new(),
        notice: None,
        replay: false,
        attached: false,
        mono: false,
        depth: crate::tui::ColourDepth::Sixteen,
        memory: None,
        config_file: None,
        zone: jiff::tz::TimeZone::UTC,
    };
    App::new(options, NOW).unwrap()
}

pub(in crate::tui) fn press(app: &mut App, chord: &str) -> Vec<Effect> {
    update(app, Msg::Key(chord.parse::<Chord>().unwrap().event())).effects
}

fn hear(app: &mut App, room: u64, kind: RoomUpdate) -> UpdateOutcome {
    update(app, Msg::Tracked(track::TrackerUpdate::Room(RoomKey(room), kind)))
}

pub(in crate::tui) fn happen(app: &mut App, room: u64, kind: EventKind) -> Vec<Effect> {
    let event = RoomEvent { at: NOW, server_at: None, id: None, room_id: None, history: false, kind };
    hear(app, room, RoomUpdate::Events(Arc::from(vec![TalliedEvent::new(event, None)]))).effects
}

pub(in crate::tui) fn on_air() -> App {
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

fn summary(asked: u64, rows: Vec<crate::room::LogEntry>, next: u64) -> RoomUpdate {
    let (live, next) = (Some(RoomId(74)), crate::room::Seq(next));
    let stats = crate::room::Stats { messages: 900, watching: Some((1_243, NOW)), ..Default::default() };
    let phase = Phase::new(PhaseKind::Live);
    let host = Host { unique_id: "ben".into(), ..Host::default() };
    let known = crate::room::RoomSummary { host, room_id: live, live_seq: 1, phase, stats, ..Default::default() };
    RoomUpdate::Summary(Box::new(crate::room::RoomSummary { rows, next, asked, ..known }))
}

#[test]
fn a_room_that_is_only_summed_up_has_its_numbers_its_unread_and_what_asks_for_a_look() {
    let mut app = on_air();
    hear(&mut app, 2, RoomUpdate::Added { label: "@ben".into() });
    hear(&mut app, 2, summary(40, Vec::new(), 60));
    let of = |app: &App| (app.tabs[1].unread, app.tabs[1].room.stats.watching.unwrap().0, app.inbox.len());
    assert_eq!(of(&app), (0, 1_243, 0), "what was there before is nothing unread");
    let line = crate::room::LogLine::Question { from: Arc::default(), text: "how?".into() };
    let row = crate::room::LogEntry { at: NOW, seq: crate::room::Seq(64), ..crate::room::LogEntry::of_line(line) };
    hear(&mut app, 2, summary(47, vec![row.clone()], 70));
    hear(&mut app, 2, summary(47, vec![row], 70));
    assert_eq!(of(&app), (7, 1_243, 1));
    assert_eq!(app.tabs[1].room.chat.next_seq(), crate::room::Seq(70));
}

#[test]
fn the_room_on_the_screen_is_wanted_first_and_of_many_only_those_that_were_looked_at() {
    let mut app = on_air();
    let full = |app: &App| crate::tui::wanted::rooms(app).full.iter().map(|room| room.0).collect::<Vec<_>>();
    for room in 2..=20 {
        hear(&mut app, room, RoomUpdate::Added { label: format!("@r{room}").as_str().into() });
        if room == 3 {
            assert_eq!(full(&app), [1, 2, 3], "few rooms are all wanted");
        }
    }
    assert_eq!(full(&app), [1]);
    press(&mut app, "3");
    press(&mut app, "2");
    assert_eq!(full(&app), [2, 3, 1]);
    press(&mut app, "F");
    assert_eq!(full(&app).len(), 20, "the merged feed shows all of them");
}

#[test]
fn what_another_screen_says_about_recordings_is_told() {
    let mut app = on_air();
    (app.attached, app.now) = (true, NOW + Duration::from_secs(9));
    let said = record::RecorderUpdate::Rule { room: RoomKey(1), rule: crate::config::RecordRule::Live };
    update(&mut app, Msg::Recorded(said.clone()));
    assert!(app.toast.take().unwrap().text.as_str().contains("each live of ana is recorded"));
    update(&mut app, Msg::Recorded(said));
    assert!(app.toast.is_none(), "once");
    let effects = press(&mut app, "e");
    let rule = record::RecorderCommand::SetRule(RoomKey(1), crate::config::RecordRule::Key);
    assert_eq!(effects, [Effect::Record(rule)]);
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
    let job = record::RecordingJob {
        room: RoomKey(1),
        room_id: RoomId(73),
        host: "ana".into(),
        title: "tea".into(),
        quality: None,
    };
    assert_eq!(press(&mut app, "r"), [Effect::Record(record::RecorderCommand::Start(job))]);
    let update_of = |recording| Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording });
    update(&mut app, update_of(record::RecordingState::Starting));
    assert_eq!(press(&mut app, "r"), [Effect::Record(record::RecorderCommand::Stop(RoomKey(1)))]);
}

#[test]
fn each_live_is_recorded_once_where_that_is_the_rule() {
    let mut app = on_air();
    let starts = |effects: &[Effect]| {
        effects.iter().filter(|effect| matches!(effect, Effect::Record(record::RecorderCommand::Start(_)))).count()
    };
    let state = |app: &mut App, kind| {
        let kind = EventKind::State(Phase::new(kind));
        let event = RoomEvent { at: NOW, server_at: None, id: None, room_id: None, history: false, kind };
        hear(app, 1, RoomUpdate::Events(Arc::from(vec![TalliedEvent::new(event, None)]))).effects
    };
    assert_eq!(starts(&state(&mut app, PhaseKind::Live)), 0, "by key only, unless somebody says otherwise");
    assert_eq!(starts(&press(&mut app, "e")), 1);
    assert!(app.toast.as_ref().unwrap().text.as_str().contains("each live of ana"));
    let file = None;
    let failed = record::RecordingState::Failed { reason: "the disk is full".into(), file };
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording: failed }));
    assert_eq!(starts(&state(&mut app, PhaseKind::Live)), 0, "once a live, whatever came of it");
    app.tabs[0].room.room_id = Some(RoomId(74));
    assert_eq!(starts(&state(&mut app, PhaseKind::Connecting)), 1);
    assert_eq!(press(&mut app, "e"), []);
    app.tabs[0].room.room_id = Some(RoomId(75));
    assert_eq!(starts(&state(&mut app, PhaseKind::Live)), 0);
}

#[test]
fn a_recording_goes_on_with_the_next_live_until_it_is_stopped_by_hand() {
    let mut app = on_air();
    app.record.rooms.insert("@ANA".into(), crate::config::RecordRule::Next);
    let live = |app: &mut App, room| {
        app.tabs[0].room.room_id = Some(RoomId(room));
        let kind = EventKind::State(Phase::new(PhaseKind::Live));
        let event = RoomEvent { at: NOW, server_at: None, id: None, room_id: None, history: false, kind };
        hear(app, 1, RoomUpdate::Events(Arc::from(vec![TalliedEvent::new(event, None)]))).effects.len()
    };
    let told = |app: &mut App, recording| {
        update(app, Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording }));
    };
    assert_eq!(live(&mut app, 73), 0);
    assert_eq!(press(&mut app, "r").len(), 1);
    let (file, reason) = ("a.mkv".into(), "the live ended".into());
    told(&mut app, record::RecordingState::Done { file, bytes: 1, millis: 1, reason });
    assert_eq!(live(&mut app, 74), 1);
    told(&mut app, record::RecordingState::Starting);
    assert_eq!(press(&mut app, "r"), [Effect::Record(record::RecorderCommand::Stop(RoomKey(1)))]);
    let (file, reason) = ("b.mkv".into(), "stopped".into());
    told(&mut app, record::RecordingState::Done { file, bytes: 1, millis: 1, reason });
    assert_eq!(live(&mut app, 75), 0);
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
        hear(app, 1, RoomUpdate::Events(Arc::from(vec![TalliedEvent::new(event, None)]))).effects
    };
    let recording = record::RecordingState::Starting;
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording }));
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
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording }));
    assert_eq!(press(&mut app, "ctrl-z"), []);
    assert_eq!(press(&mut app, "enter"), [Effect::Suspend]);
}

#[test]
fn closing_a_recorded_room_asks_then_finishes_the_recording_first() {
    let mut app = on_air();
    let recording = record::RecordingState::Starting;
    update(&mut app, Msg::Recorded(record::RecorderUpdate::Recording { room: RoomKey(1), recording }));
    assert_eq!(press(&mut app, "x"), []);
    let stop = Effect::Record(record::RecorderCommand::Stop(RoomKey(1)));
    assert_eq!(press(&mut app, "y"), [stop]);
    assert_eq!(wait(&mut app, 10), [Effect::Track(TrackerCommand::Remove(RoomKey(1)))]);
}

/// Lets seconds pass, one by one.
fn wait(app: &mut App, seconds: u64) -> Vec<Effect> {
    let pass = |_| {
        app.now = app.now + Duration::from_secs(1);
        update(app, Msg::Tick).effects
    };
    (0..seconds).flat_map(pass).collect()
}

#[test]
fn a_closed_room_can_be_brought_back_for_ten_seconds() {
    let mut app = on_air();
    assert_eq!(press(&mut app, "x"), []);
    assert!(app.tabs.is_empty() && app.toast.as_ref().unwrap().text.as_str().contains("u brings it back"));
    assert_eq!(wait(&mut app, 9), [], "it is still tracked");
    assert_eq!(press(&mut app, "u"), [Effect::Track(TrackerCommand::Snapshot(RoomKey(1)))]);
    assert_eq!(app.tab().unwrap().name(), "ana");
    press(&mut app, "x");
    assert_eq!(
        type_name(&mut app, "ana"),
        [Effect::Track(TrackerCommand::Snapshot(RoomKey(1)))],
        "added again: undone"
    );
    press(&mut app, "x");
    assert_eq!(wait(&mut app, 10), [Effect::Track(TrackerCommand::Remove(RoomKey(1)))]);
    assert_eq!(press(&mut app, "u"), []);
}

#[test]
fn what_was_watched_for_a_while_is_not_taken_away_unasked() {
    let mut app = on_air();
    wait(&mut app, 301);
    assert_eq!(press(&mut app, "x"), []);
    assert_eq!((app.tabs.len(), app.popup.is_some()), (1, true));
    press(&mut app, "n");
    assert_eq!(press(&mut app, "q"), [], "and neither is the session");
    assert_eq!(press(&mut app, "enter"), [Effect::Quit]);
    assert_eq!(press(&mut on_air(), "q"), [Effect::Quit]);
}

#[test]
fn a_retry_takes_all_rooms_with_it_that_fail_for_the_same_cause() {
    let mut app = on_air();
    let failed = |reason: &str| {
        EventKind::State(Phase::new(PhaseKind::Failed).because(reason).until(NOW + Duration::from_secs(30)))
    };
    for (room, name) in [(2, "@ben"), (3, "@cleo"), (4, "@dave")] {
        hear(&mut app, room, RoomUpdate::Added { label: name.into() });
    }
    happen(&mut app, 2, failed("provider a is left alone for another 12 s"));
    happen(&mut app, 3, failed("provider a is left alone for another 7 s"));
    happen(&mut app, 4, failed("dave is for adults only"));
    press(&mut app, "2");
    let retry = |room| Effect::Track(TrackerCommand::Retry(RoomKey(room)));
    assert_eq!(press(&mut app, "R"), [retry(2), retry(3)]);
    press(&mut app, "4");
    assert_eq!(press(&mut app, "R"), [retry(4)]);
}

fn comment(id: i64, handle: &str, text: &str) -> EventKind {
    let from = Viewer {
        id: crate::ids::UserId::from_wire(id),
        unique_id: handle.into(),
        nickname: "Ana".into(),
        ..Viewer::default()
    };
    let chat = Chat { from: Arc::new(from), text: text.into(), emotes: vec![], to: None, language: "en".into() };
    EventKind::Chat(chat)
}

#[test]
fn a_room_that_is_passed_on_the_way_to_another_is_not_read() {
    let mut app = on_air();
    hear(&mut app, 2, RoomUpdate::Added { label: "@ben".into() });
    wait(&mut app, 3);
    (0..3).for_each(|_| drop(happen(&mut app, 2, comment(7, "ana", "hi"))));
    press(&mut app, "2");
    wait(&mut app, 1);
    press(&mut app, "1");
    assert_eq!(app.tabs[1].unread, 3);
    press(&mut app, "2");
    assert!(next_wake(&app, app.now) <= Duration::from_secs(2));
    wait(&mut app, 2);
    assert_eq!(app.tabs[1].unread, 0);
    happen(&mut app, 2, comment(7, "ana", "hi"));
    assert_eq!(app.tabs[1].unread, 0, "it is being looked at");
}

#[test]
fn a_marked_row_leads_to_the_person_and_their_name_to_the_clipboard() {
    let mut app = on_air();
    happen(&mut app, 1, comment(7, "ana_one", "first"));
    happen(&mut app, 1, comment(8, "ana_two", "second"));
    assert_eq!(press(&mut app, "y"), []);
    assert!(app.toast.as_ref().unwrap().text.as_str().contains("no person is marked"));
    assert_eq!(press(&mut app, "k"), []);
    assert_eq!(press(&mut app, "y"), [Effect::Copy("@ana_two".into())]);
    press(&mut app, "k");
    press(&mut app, "enter");
    assert!(matches!(&app.popup, Some(Popup::Person(card)) if card.viewer.unique_id == "ana_one"));
    assert_eq!(press(&mut app, "Y"), [Effect::Copy("https://www.tiktok.com/@ana_one".into())]);
    press(&mut app, "esc");
    press(&mut app, "j");
    press(&mut app, "j");
    assert_eq!(app.tab().unwrap().marked, None, "below the newest row the chat runs again");
}

#[test]
fn a_room_is_found_by_a_part_of_its_name_and_a_command_by_what_it_does() {
    let mut app = on_air();
    for (room, name) in [(2, "@ben"), (3, "@late.show")] {
        hear(&mut app, room, RoomUpdate::Added { label: name.into() });
    }
    let type_keys = |app: &mut App, keys: &str| keys.chars().for_each(|c| _ = press(app, &c.to_string()));
    press(&mut app, "o");
    type_keys(&mut app, "show");
    press(&mut app, "enter");
    assert_eq!(app.tab().unwrap().name(), "late.show");
    press(&mut app, ":");
    type_keys(&mut app, "retr");
    assert_eq!(press(&mut app, "enter"), [Effect::Track(TrackerCommand::Retry(RoomKey(3)))]);
    press(&mut app, ":");
    type_keys(&mut app, "qqqq");
    assert_eq!(press(&mut app, "enter"), []);
    assert!(app.popup.is_some(), "nothing fits, so nothing is done");
    press(&mut app, "esc");
    press(&mut app, ":");
    update(&mut app, Msg::Paste("add @zoe".into()));
    assert_eq!(press(&mut app, "enter"), [Effect::Track(TrackerCommand::Add("@zoe".parse().unwrap()))]);
    press(&mut app, "0");
    assert_eq!(app.tab().unwrap().name(), "late.show", "there is no tenth room");
}

#[test]
fn a_snapshot_keeps_the_scrollback() {
    let mut app = on_air();
    (0..30).for_each(|n| drop(happen(&mut app, 1, comment(7, "ana", &n.to_string()))));
    let before = app.tab().unwrap().room.clone();
    let mut truth = Room::new(5);
    for noted in (0..40).map(|n| RoomEvent {
        at: NOW,
        server_at: None,
        id: None,
        room_id: None,
        history: false,
        kind: comment(7, "ana", &n.to_string()),
    }) {
        truth.apply(&noted);
    }
    hear(&mut app, 1, RoomUpdate::Snapshot(Arc::new(truth)));
    let chat = &app.tab().unwrap().room.chat;
    assert_eq!(chat.iter().next().map(|entry| entry.seq), before.chat.iter().next().map(|entry| entry.seq));
    assert!(chat.iter().any(|entry| matches!(entry.line, crate::room::LogLine::Skipped { rows: 4 })), "{}", chat.len());
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
fn a_letter_of_another_layout_is_told_that_it_is_no_key() {
    let mut app = on_air();
    for letter in ["й", "ж", "ψ", "ש"] {
        assert_eq!(press(&mut app, letter), []);
        let words = app.toast.take().unwrap().text;
        assert!(words.as_str().contains(letter) && words.as_str().contains("Ctrl-C"), "{words}");
    }
    press(&mut app, "b");
    assert_eq!(app.toast.unwrap().text, "b does nothing here: ? shows the keys");
}
