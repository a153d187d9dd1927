//! Tests of whole screens at the sizes people have.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;
use rstest::rstest;
use tiktop::clock::Timestamp;
use tiktop::config::ScreenSettings;
use tiktop::events::{EventKind, Phase, PhaseKind, Unknown};
use tiktop::ids::RoomKey;
use tiktop::record::{self, RecordingState};
use tiktop::track::{Budget, Health, RoomUpdate, TrackerUpdate};

use super::stage::{self, Stage};

fn busy() -> Stage {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    stage
}

fn battle() -> Stage {
    let mut stage = busy();
    stage::battle(&mut stage);
    stage
}

/// The screen as text; wide characters leave their second cell out, as a terminal does.
pub(crate) fn shown(stage: &mut Stage, width: u16, height: u16) -> String {
    let terminal = stage.picture(width, height);
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for row in buffer.content().chunks(width.into()) {
        let mut skip = 0;
        for cell in row {
            if skip == 0 {
                text.push_str(cell.symbol());
                skip = tiktop::text::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

#[rstest]
#[case(120, 36)]
#[case(80, 24)]
#[case(200, 60)]
#[case(20, 5)]
fn a_busy_room_in_a_battle(#[case] width: u16, #[case] height: u16) {
    assert_snapshot!(format!("battle_{width}x{height}"), shown(&mut battle(), width, height));
}

#[test]
fn a_busy_room() {
    assert_snapshot!(shown(&mut busy(), 120, 36));
}

#[test]
fn what_the_host_puts_up_stands_above_the_talk() {
    let mut stage = busy();
    for message in crate::invented::board::shown() {
        let event = tiktop::events::decode(&message, stage.now);
        stage.happen(1, event.kind);
    }
    assert_snapshot!(shown(&mut stage, 120, 36));
}

#[test]
fn a_dashboard_without_a_room_says_how_to_add_one() {
    assert_snapshot!(shown(&mut Stage::new(), 80, 24));
}

#[test]
fn an_offline_room_says_why_and_when_it_is_looked_at_again() {
    let mut stage = busy();
    stage.press("4");
    assert_snapshot!(shown(&mut stage, 80, 24));
}

#[test]
fn a_failed_room_explains_itself() {
    let mut stage = busy();
    let reason = "TikTok refused the anonymous socket (417), and provider euler answers 429: its limit for guests is \
        reached until 20:00. Put a provider key in TIKTOP_PROVIDER_KEY (README, \"Connecting\").";
    stage.press("3");
    stage.phase(3, Phase::new(PhaseKind::Failed).because(reason));
    assert_snapshot!(shown(&mut stage, 80, 24));
}

#[test]
fn a_room_that_comes_back_counts_down_over_its_chat() {
    let mut stage = busy();
    let retry = stage.now + Duration::from_secs(7);
    stage.phase(1, Phase::new(PhaseKind::Reconnecting).because("the socket was dropped").until(retry));
    let screen = shown(&mut stage, 80, 24);
    assert!(screen.contains("◐ reconnecting · trying again in 0:07 · the socket was dropped"), "{screen}");
    stage.wait(2);
    assert!(shown(&mut stage, 80, 24).contains("trying again in 0:05"));
}

#[test]
fn the_help_lists_every_key() {
    let mut stage = busy();
    stage.press("?");
    assert_snapshot!(shown(&mut stage, 110, 40));
    stage.press("?");
    assert!(!shown(&mut stage, 110, 40).contains("Keys"));
}

#[test]
fn a_wrong_name_is_explained_where_it_was_typed() {
    let mut stage = busy();
    stage.press("a");
    stage.dashboard.paste("ana live", stage.now);
    stage.press("enter");
    assert_snapshot!(shown(&mut stage, 80, 24));
}

#[test]
fn diagnostics_name_what_we_could_not_read() {
    let mut stage = busy();
    stage.press("d");
    assert_snapshot!(shown(&mut stage, 80, 24));
}

#[test]
fn what_a_provider_still_gives_is_in_the_status_line_and_the_rest_in_the_diagnostics() {
    let mut stage = busy();
    let resets_at = Some(Timestamp(stage.now.wall.0 + 2_700_000));
    let budget = Budget { left: 12, of: Some(30), resets_at, label: "hour".into() };
    let provider = Health {
        name: "provider euler".into(),
        last_success: Some(stage.now),
        last_error: None,
        not_before: None,
        budget: Some(budget),
    };
    let direct = Health {
        name: "direct".into(),
        last_success: None,
        last_error: Some("TikTok refused the anonymous socket (417 illegal secret key): use a provider".into()),
        not_before: Some(stage.now + Duration::from_secs(60)),
        budget: None,
    };
    stage.track(TrackerUpdate::Health(Arc::from(vec![provider, direct])));
    let line = shown(&mut stage, 160, 36);
    assert!(line.contains("12 signatures left this hour, resets 20:26"), "{line}");
    stage.press("d");
    let told = shown(&mut stage, 80, 40);
    for words in ["provider euler  worked at 19:41", "direct  left alone until 19:42", "  12 signatures left this hour"]
    {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
    // What has been renewed since is not known.
    stage.wait(2_700);
    assert!(!shown(&mut stage, 160, 36).contains("signatures"));
}

#[test]
fn a_recording_is_in_the_tab_and_its_failure_stays_until_it_is_put_away() {
    let mut stage = busy();
    let running = RecordingState::Running {
        since: stage.now - Duration::from_secs(751),
        bytes: 142_900_000,
        rate: 204_000,
        file: PathBuf::from("ana.mkv"),
        quality: "hd".into(),
        sound_only: false,
        details: Box::default(),
    };
    stage.dashboard.record(record::RecorderUpdate::Recording { room: RoomKey(1), recording: running }, stage.now);
    assert!(shown(&mut stage, 120, 36).contains("⏺ 12:31 142 MB 1.6 Mb/s"));
    let reason = "The disk is full; what was recorded so far is whole and plays.";
    let failed = RecordingState::Failed { reason: reason.into(), file: None };
    stage.dashboard.record(record::RecorderUpdate::Recording { room: RoomKey(1), recording: failed }, stage.now);
    stage.press("j");
    assert!(shown(&mut stage, 120, 36).contains(reason));
    stage.press("esc");
    assert!(!shown(&mut stage, 120, 36).contains(reason));
}

#[test]
fn leaving_while_recording_asks_first() {
    let mut stage = busy();
    stage
        .dashboard
        .record(record::RecorderUpdate::Recording { room: RoomKey(2), recording: RecordingState::Starting }, stage.now);
    stage.press("q");
    assert!(shown(&mut stage, 80, 24).contains("Still recording ben. Finish and quit?"));
    stage.press("n");
    assert!(!shown(&mut stage, 80, 24).contains("Still recording"));
}

#[test]
fn a_chat_that_is_scrolled_stands_still_and_counts_what_is_new() {
    let mut stage = battle();
    let kit = std::sync::Arc::new(stage::viewer(101, "Kit"));
    stage.picture(80, 24);
    stage.press("k k k");
    let top = |screen: &str| screen.lines().nth(2).unwrap_or_default().to_owned();
    let before = shown(&mut stage, 80, 24);
    for n in 0..37 {
        stage.say(1, &kit, &format!("line {n}"));
    }
    let after = shown(&mut stage, 80, 24);
    assert_eq!(top(&before), top(&after));
    assert!(after.contains("▼ 37 new · End resumes"), "{after}");
    stage.press("end");
    let followed = shown(&mut stage, 80, 24);
    assert!(followed.contains("line 36") && !followed.contains("new · End"), "{followed}");
}

#[test]
fn end_resumes_the_chat_from_any_pane_whose_newest_row_is_in_sight() {
    let mut stage = busy();
    let kit = std::sync::Arc::new(stage::viewer(101, "Kit"));
    (0..60).for_each(|n| stage.say(1, &kit, &format!("line {n}")));
    stage.picture(120, 36);
    stage.press("k k k tab");
    assert!(shown(&mut stage, 120, 36).contains("paused · End resumes"));
    stage.press("end");
    assert!(!shown(&mut stage, 120, 36).contains("paused"));
}

#[test]
fn a_list_of_gifts_that_is_scrolled_says_so_and_stands_still() {
    let mut stage = busy();
    let kit = std::sync::Arc::new(stage::viewer(101, "Kit"));
    for n in 0..60 {
        stage.give(1, &kit, &stage::gift(n, "Rose", 10, 2), 1, true);
    }
    stage.picture(120, 36);
    stage.press("tab pgdn");
    let list = |screen: &str| {
        let rows = screen.lines().skip(2).take(5);
        rows.map(|row| row.rsplit('│').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let before = shown(&mut stage, 120, 36);
    let newer = |screen: &str| {
        let words = screen.lines().find_map(|line| line.split_once("▲ ")).map(|(_, rest)| rest.to_owned());
        words.and_then(|rest| rest.split(' ').next().and_then(|count| count.parse::<u64>().ok()))
    };
    assert!(before.contains("newer · End returns") && newer(&before) > Some(2), "{before}");
    stage.give(1, &kit, &stage::gift(99, "Rose", 10, 2), 1, true);
    let after = shown(&mut stage, 120, 36);
    assert_eq!(list(&before), list(&after));
    assert_eq!(newer(&after), newer(&before).map(|count| count + 1), "{after}");
    stage.press("end");
    assert!(!shown(&mut stage, 120, 36).contains("newer"));
}

#[test]
fn a_help_that_does_not_fit_says_what_is_shown_and_begins_with_the_way_out() {
    let mut stage = busy();
    stage.press("?");
    let screen = shown(&mut stage, 80, 24);
    let first = screen.lines().find(|line| line.contains("quit")).unwrap_or_default().to_owned();
    assert!(first.contains("q "), "{screen}");
    assert!(screen.contains("1-22 of ") && screen.contains('↓'), "{screen}");
    stage.press("end");
    assert!(shown(&mut stage, 80, 24).contains('↑'));
}

#[test]
fn where_there_is_width_no_pane_is_hidden() {
    for (width, height) in [(300, 20), (120, 27), (120, 36), (200, 60)] {
        let screen = shown(&mut battle(), width, height);
        assert!(!screen.contains("hidden") && screen.contains("Gifts") && screen.contains("Viewers"), "{screen}");
    }
}

#[test]
fn the_hints_always_name_the_way_out() {
    for (width, height) in [(40, 12), (60, 15), (80, 24), (120, 36), (300, 20)] {
        let screen = shown(&mut battle(), width, height);
        let hints = screen.lines().last().unwrap_or_default().to_owned();
        assert!(hints.contains("? help") && hints.contains("q quit"), "{width}x{height}: {hints}");
    }
}

#[test]
fn hidden_panes_open_over_the_chat_one_after_another() {
    let mut stage = busy();
    assert!(shown(&mut stage, 80, 24).contains("2 panes hidden, z"));
    stage.press("z");
    assert!(shown(&mut stage, 80, 24).contains("── Gifts ─"));
    stage.press("z");
    assert!(shown(&mut stage, 80, 24).contains("── Viewers ─"));
    stage.press("z");
    assert!(shown(&mut stage, 80, 24).contains("── Chat "));
}

#[test]
fn what_comes_in_another_room_is_counted_until_it_is_looked_at() {
    let mut stage = busy();
    assert!(shown(&mut stage, 120, 36).contains("●ben •3"));
    stage.press("2 1");
    assert!(shown(&mut stage, 120, 36).contains("●ben •3"), "passing it is not looking at it");
    stage.press("2");
    stage.wait(2);
    stage.press("1");
    assert!(!shown(&mut stage, 120, 36).contains("•3"));
}

#[test]
fn many_rooms_scroll_so_that_the_one_on_the_screen_is_visible() {
    let mut stage = Stage::new();
    for room in 1..=20 {
        stage.add(room, &format!("@room{room:02}"));
    }
    stage.press("[ [");
    let tabs = shown(&mut stage, 80, 24).lines().next().unwrap_or_default().to_owned();
    assert!(tabs.starts_with('‹') && tabs.contains("19 ◐room19"), "{tabs}");
    stage.press("1");
    let tabs = shown(&mut stage, 80, 24).lines().next().unwrap_or_default().to_owned();
    assert!(tabs.contains("1 ◐room01") && tabs.contains('›'), "{tabs}");
}

#[test]
fn what_is_off_the_strip_is_summed_up() {
    let mut stage = Stage::new();
    for room in 1..=20 {
        stage.add(room, &format!("@room{room:02}"));
    }
    let kit = Arc::new(stage::viewer(101, "Kit"));
    (0..12).for_each(|_| stage.say(18, &kit, "hello"));
    stage.phase(19, Phase::new(PhaseKind::Failed).because("the provider is out of signatures"));
    stage.phase(20, Phase::new(PhaseKind::Blocked).because("captcha"));
    let tabs = shown(&mut stage, 80, 24).lines().next().unwrap_or_default().to_owned();
    let after = tabs.split_once('›').map(|(_, after)| after.to_owned()).unwrap_or_default();
    assert!(after.contains(" •12 ✕2"), "{tabs}");
    stage.press("0");
    assert!(shown(&mut stage, 80, 24).lines().next().unwrap_or_default().contains("10 ◐room10"));
}

#[test]
fn what_comes_not_looks_not_alive() {
    let mut stage = busy();
    let live = shown(&mut stage, 120, 36);
    assert!(live.contains("/min") && live.contains("msg/min"), "{live}");
    stage.wait(23);
    let quiet = shown(&mut stage, 120, 36);
    assert!(quiet.contains("quiet 23 s") && !quiet.contains("/min") && quiet.contains('~'), "{quiet}");
    stage.phase(1, Phase::new(PhaseKind::Ended).because("the live is over"));
    let over = shown(&mut stage, 120, 36);
    assert!(!over.contains("quiet") && !over.contains("/min"), "{over}");
    assert!(over.contains("~1 300") && over.contains('–'), "{over}");
}

#[test]
fn what_could_not_be_read_is_said_without_being_asked() {
    let mut stage = busy();
    for _ in 0..83 {
        let unknown = Unknown { method: "WebcastChatMessage".into(), bytes: 9, error: Some("wrong type".into()) };
        stage.happen(1, EventKind::Unknown(unknown));
    }
    assert!(shown(&mut stage, 120, 36).contains("⚠ 83 unreadable"));
}

#[test]
fn two_people_with_one_name_have_their_handles_beside_it() {
    let mut stage = busy();
    let people = [(201, "ana_one"), (202, "ana_two")]
        .map(|(id, handle)| Arc::new(tiktop::events::Viewer { unique_id: handle.into(), ..stage::viewer(id, "Ana") }));
    stage.say(1, &people[0], "I was first");
    assert!(!shown(&mut stage, 120, 36).contains("ana_one"));
    stage.say(1, &people[1], "no, I was");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("@ana_one") && screen.contains("@ana_two"), "{screen}");
}

#[test]
fn the_card_of_a_person_says_who_they_are_and_what_they_said_everywhere() {
    let mut stage = busy();
    let mia = Arc::new(tiktop::events::Viewer { gifter_level: 31, follower: true, ..stage::viewer(102, "mia") });
    stage.say(2, &mia, "hello from ben's room");
    stage.say(1, &mia, "thank you all");
    stage.picture(80, 24);
    stage.press("k enter");
    assert_snapshot!(shown(&mut stage, 80, 24));
}

#[test]
fn a_command_is_found_by_what_it_does() {
    let mut stage = busy();
    stage.press(":");
    stage.dashboard.paste("room", stage.now);
    assert_snapshot!(shown(&mut stage, 80, 24));
    stage.press("esc o");
    stage.dashboard.paste("b", stage.now);
    stage.press("enter");
    assert!(shown(&mut stage, 80, 24).contains("late shift"));
}

/// Numbers as the screen writes them, and the pieces of one that a cut would leave.
#[test]
fn no_number_is_ever_cut_in_two() {
    let mut stage = battle();
    for message in crate::invented::board::shown() {
        let event = tiktop::events::decode(&message, stage.now);
        stage.happen(1, event.kind);
    }
    let tokens = |screen: &str| -> std::collections::BTreeSet<String> {
        let mut found = std::collections::BTreeSet::new();
        for line in screen.lines() {
            let mut token = String::new();
            for c in line.chars().chain([' ']) {
                if c.is_ascii_digit() || (!token.is_empty() && (c.is_ascii_alphanumeric() || ".:/%".contains(c))) {
                    token.push(c);
                } else if !token.is_empty() {
                    found.insert(std::mem::take(&mut token).trim_end_matches(['.', ':', '/']).to_owned());
                }
            }
        }
        found
    };
    // What stands on screens with room for all of it, at every layout, is whole.
    let mut whole = std::collections::BTreeSet::new();
    for (width, height) in [(400, 100), (400, 24), (400, 12), (160, 60), (109, 60), (109, 30), (400, 5), (240, 40)] {
        for zoom in ["", "z", "z", "z"] {
            stage.press(zoom);
            whole.extend(tokens(&shown(&mut stage, width, height)));
        }
        stage.press("esc");
    }
    // The top of a graph's axis depends on its width.
    (110..=130).for_each(|width| whole.extend(tokens(&shown(&mut stage, width, 100))));
    let mut strange = Vec::new();
    for (width, height) in
        (12..=130).step_by(3).flat_map(|width| [5, 8, 12, 15, 24, 36, 50].map(|height| (width, height)))
    {
        for token in tokens(&shown(&mut stage, width, height)) {
            if !whole.contains(&token) {
                strange.push(format!("{token} at {width}x{height}"));
            }
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

#[test]
fn all_rooms_stand_in_a_table_that_leads_to_each() {
    let mut stage = battle();
    stage.press("v");
    assert_snapshot!("table_120x20", shown(&mut stage, 120, 20));
    assert_snapshot!("table_60x15", shown(&mut stage, 60, 15));
    stage.press("s");
    let sorted = shown(&mut stage, 120, 20);
    assert!(sorted.contains("UNREAD▼") && sorted.lines().nth(2).is_some_and(|line| line.contains("ben")), "{sorted}");
    stage.press("home enter");
    assert!(shown(&mut stage, 120, 36).contains("late shift"));
    stage.press("v j esc");
    assert!(!shown(&mut stage, 120, 36).contains("UNREAD"));
}

#[test]
fn what_needs_somebody_is_in_the_inbox_of_all_rooms() {
    let screen = ScreenSettings { highlights: vec!["Giveaway".into()], ..ScreenSettings::default() };
    let mut stage = Stage::with(screen, false);
    stage::evening(&mut stage);
    let bob = Arc::new(stage::viewer(301, "bob"));
    stage.say(2, &bob, "when is the GIVEAWAY?");
    stage.phase(3, Phase::new(PhaseKind::Failed).because("the provider has no signatures left"));
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains(" in the inbox, i"), "{screen}");
    stage.press("i");
    assert_snapshot!(shown(&mut stage, 100, 20));
    // The newest is the room that failed; the one below it leads to the comment in the other room.
    stage.press("j enter");
    let there = shown(&mut stage, 100, 20);
    assert!(there.contains("late shift") && there.contains("when is the GIVEAWAY?"), "{there}");
    stage.press("i x");
    assert!(!shown(&mut stage, 100, 20).contains("no signatures left"));
    stage.press("esc");
    for _ in 0..40 {
        stage.press("i x esc");
    }
    stage.press("i");
    assert!(shown(&mut stage, 100, 20).contains("nothing needs you"));
}

#[test]
fn who_is_still_to_be_thanked_is_counted_and_ticked_off() {
    let mut stage = busy();
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("2 to thank"), "{screen}");
    stage.press("t");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("1 to thank") && screen.contains("thanked Kit: Galaxy · 1 000 ◆ in all"), "{screen}");
    assert!(screen.contains("✓ Kit"), "{screen}");
    stage.press("t t");
    assert!(shown(&mut stage, 120, 36).contains("nobody is left to thank"));
    assert!(!shown(&mut stage, 120, 36).contains("to thank ·"));
}

#[test]
fn a_closed_room_leaves_the_next_one_on_the_screen() {
    let mut stage = busy();
    stage.hear(1, RoomUpdate::Removed { into: None });
    let screen = shown(&mut stage, 80, 24);
    assert!(!screen.contains("ana.live") && screen.contains("late shift"), "{screen}");
    for room in 2..=4 {
        stage.hear(room, RoomUpdate::Removed { into: None });
    }
    assert!(shown(&mut stage, 80, 24).contains("No room yet."));
}

#[test]
fn two_names_of_one_room_are_kept_once() {
    let mut stage = busy();
    stage.press("4");
    stage.hear(4, RoomUpdate::Removed { into: Some(RoomKey(1)) });
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("Painting the harbour") && screen.contains("the same room"), "{screen}");
}

#[test]
fn in_ascii_none_of_our_own_signs_is_beyond_ascii() {
    let mut stage = Stage::with(ScreenSettings { ascii: true, ..ScreenSettings::default() }, false);
    stage::evening(&mut stage);
    stage::battle(&mut stage);
    let screen = shown(&mut stage, 120, 36).replace('🎉', "");
    let foreign: Vec<char> = screen.chars().filter(|c| !c.is_ascii()).collect();
    assert!(foreign.is_empty(), "{foreign:?} in\n{screen}");
    assert_snapshot!(screen);
}

#[test]
fn without_colour_weight_and_words_say_it_all() {
    let mut stage = Stage::with(ScreenSettings::default(), true);
    stage::evening(&mut stage);
    stage::battle(&mut stage);
    let terminal = stage.picture(120, 36);
    let colours = |cell: &ratatui::buffer::Cell| [cell.fg, cell.bg, cell.underline_color];
    let cells = terminal.backend().buffer().content();
    assert!(cells.iter().flat_map(colours).all(|colour| colour == ratatui::style::Color::Reset));
    assert!(cells.iter().any(|cell| cell.modifier.contains(ratatui::style::Modifier::BOLD)));
}

#[test]
fn drawing_again_with_or_without_what_was_kept_gives_the_same_picture() {
    let mut stage = battle();
    let first = stage.picture(120, 36).backend().buffer().clone();
    assert_eq!(stage.picture(120, 36).backend().buffer(), &first);
    stage.dashboard.clear_cache();
    assert_eq!(stage.picture(120, 36).backend().buffer(), &first);
}

#[test]
fn no_size_is_too_small_and_no_key_breaks_one() {
    let mut stage = battle();
    for (width, height) in (1..=40).flat_map(|width| (1..=20).map(move |height| (width, height))) {
        stage.picture(width, height);
        stage.press("k z tab");
    }
    for popup in ["?", "d", "a"] {
        stage.press(popup);
        for size in 1..=20 {
            stage.picture(size * 2, size);
            stage.press("pgdn down");
        }
        stage.press("esc");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_name_and_no_comment_breaks_a_screen(
        name in "\\PC{0,60}", text in "\\PC{0,400}", keys in proptest::collection::vec("[a-zA-Z?]", 0..12),
        width in 1u16..140, height in 1u16..50,
    ) {
        let mut stage = Stage::new();
        stage.add(1, &name);
        stage.go_live(1, &name, &text, u64::MAX);
        stage.say(1, &std::sync::Arc::new(stage::viewer(1, &name)), &text);
        for key in keys.iter().filter(|key| !matches!(key.as_str(), "q")) {
            stage.press(key);
            stage.picture(width, height);
        }
        stage.picture(width, height);
    }
}
