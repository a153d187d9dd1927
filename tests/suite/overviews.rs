//! Tests of the screens that are not one room: the wall, the merged feed, what happened while away, lists beside the chat.

use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use tiktop::config::{DeletedRows, ScreenSettings};
use tiktop::events::{Delete, EventKind, Follow, Phase, PhaseKind, Question, TopViewer, Viewer, Viewers};
use tiktop::ids::UserId;

use super::screens::shown;
use super::stage::{self, Stage};

fn busy() -> Stage {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    stage::battle(&mut stage);
    stage
}

#[test]
fn the_wall_shows_all_rooms_alive() {
    let mut stage = busy();
    stage.press("W");
    assert_snapshot!(shown(&mut stage, 120, 36));
    // A card that is marked opens its room.
    stage.press("] enter");
    assert!(shown(&mut stage, 120, 36).contains("late shift"));
}

#[test]
fn the_wall_has_room_at_every_size() {
    let mut stage = busy();
    stage.press("W");
    for (width, height) in [(60, 15), (80, 24), (40, 100), (300, 20), (20, 5)] {
        let screen = shown(&mut stage, width, height);
        assert!(screen.contains("ana.live"), "{width}x{height}\n{screen}");
    }
}

#[test]
fn what_is_said_in_all_rooms_stands_in_one_list() {
    let mut stage = busy();
    stage.press("F");
    assert_snapshot!(shown(&mut stage, 100, 20));
    stage.press("k k");
    let marked = shown(&mut stage, 100, 20);
    stage.say(2, &Arc::new(stage::viewer(101, "Kit")), "something new");
    assert_eq!(
        marked.lines().skip(2).take(16).collect::<Vec<_>>(),
        shown(&mut stage, 100, 20).lines().skip(2).take(16).collect::<Vec<_>>(),
        "a feed with a mark stands still"
    );
    stage.press("end");
    assert!(shown(&mut stage, 100, 20).contains("something new"));
}

#[test]
fn rooms_are_chosen_one_by_one_and_tried_again_together() {
    let mut stage = busy();
    for room in [3, 4] {
        stage.phase(room, Phase::new(PhaseKind::Failed).because("the provider does not answer"));
    }
    stage.press("v");
    // The third and the fourth.
    stage.press("home down down space space");
    let screen = shown(&mut stage, 120, 12);
    assert_eq!(screen.matches('✓').count(), 2, "{screen}");
    stage.press("R");
    let screen = shown(&mut stage, 120, 12);
    assert!(screen.contains("trying 2 rooms again now") && !screen.contains('✓'), "{screen}");
}

#[test]
fn rooms_of_an_overview_are_found_by_name_or_state() {
    let mut stage = busy();
    stage.press("v /");
    stage.dashboard.paste("not live", stage.now);
    stage.press("enter");
    let screen = shown(&mut stage, 120, 12);
    assert!(screen.lines().nth(2).is_some_and(|row| row.contains("dave")), "{screen}");
    stage.press("esc");
    assert!(shown(&mut stage, 120, 12).lines().nth(3).is_some_and(|row| row.contains("ben")));
}

#[test]
fn who_comes_back_is_told_what_happened_meanwhile() {
    let mut stage = busy();
    stage.press("j");
    stage.wait(30);
    let (mia, zoe) = (Arc::new(stage::viewer(102, "mia")), Arc::new(stage::viewer(106, "zoe")));
    stage.happen(1, EventKind::Follow(Follow { from: zoe.clone(), followers: None }));
    stage.give(1, &mia, &stage::gift(11_046, "Galaxy", 1_000, 2), 1, true);
    stage.say(1, &zoe, "what a night");
    let (id, text) = ("77".into(), "when is the next live?".into());
    stage.happen(1, EventKind::Question(Question { id, from: zoe, text, asked_at: None }));
    stage.wait(90);
    assert!(!shown(&mut stage, 120, 36).contains("While you were away"));
    stage.press("j");
    assert_snapshot!(shown(&mut stage, 120, 36));
    stage.press("esc");
    assert!(!shown(&mut stage, 120, 36).contains("While you were away"));
}

#[test]
fn questions_are_ticked_off_and_top_viewers_named() {
    let mut stage = busy();
    let viewer = Arc::new(stage::viewer(102, "mia"));
    let top = vec![TopViewer { rank: 1, score: 4_120, viewer }];
    stage.happen(1, EventKind::Viewers(Viewers { watching: 1_243, total: None, anonymous: 0, top }));
    stage.press("A");
    let screen = shown(&mut stage, 120, 40);
    assert!(screen.contains("1 open") && screen.contains("how long have you been streaming?"), "{screen}");
    stage.press("t");
    assert!(shown(&mut stage, 120, 40).contains("0 open"));
    stage.press("w");
    assert_snapshot!(shown(&mut stage, 120, 40));
}

#[test]
fn an_ignored_person_is_not_shown_and_can_be_again() {
    let mut stage = busy();
    let spam = Arc::new(stage::viewer(300, "Spammer"));
    stage.say(1, &spam, "look at my page everybody");
    stage.picture(120, 36);
    stage.press("k enter i");
    // Everywhere, always.
    stage.press("down down down enter");
    assert!(!shown(&mut stage, 120, 36).contains("look at my page"));
    stage.say(1, &spam, "and another one of mine");
    assert!(!shown(&mut stage, 120, 36).contains("another one"));
}

#[test]
fn deleted_comments_are_struck_or_hidden_as_the_settings_say() {
    for (deleted, is_shown) in [(DeletedRows::Struck, true), (DeletedRows::Hidden, false)] {
        let mut stage = Stage::with(ScreenSettings { deleted, ..ScreenSettings::default() }, false);
        stage::evening(&mut stage);
        stage.say(1, &Arc::new(stage::viewer(300, "Spammer")), "look at my page everybody");
        stage.happen(1, EventKind::Delete(Delete { messages: vec![], users: vec![UserId(300)] }));
        assert_eq!(shown(&mut stage, 120, 36).contains("look at my page"), is_shown, "{deleted}");
    }
}

#[test]
fn what_is_said_again_is_one_row_with_a_count() {
    let mut stage = busy();
    for id in 0..12 {
        stage.say(1, &Arc::new(stage::viewer(400 + id, "copy")), "Free followers at my page!!");
    }
    let screen = shown(&mut stage, 120, 36);
    assert_eq!(screen.matches("followers at my page!!").count(), 1, "{screen}");
    assert!(screen.contains("×12"), "{screen}");
}

#[test]
fn a_cursor_reads_the_graphs() {
    let mut stage = busy();
    stage.picture(120, 60);
    stage.press("<");
    for _ in 0..10 {
        stage.press("<");
    }
    let screen = shown(&mut stage, 120, 60);
    assert!(screen.contains("Diamonds a minute"), "{screen}");
    assert_snapshot!(screen);
    stage.press("+ +");
    assert!(shown(&mut stage, 120, 60).contains("-5m"));
}

#[test]
fn layouts_change_what_stands_beside_the_chat() {
    let mut stage = busy();
    stage.press("\\");
    stage.dashboard.paste("compact", stage.now);
    stage.press("enter");
    let compact = shown(&mut stage, 120, 36);
    assert!(!compact.contains("── Gifts"), "{compact}");
    stage.press("\\");
    stage.dashboard.paste("moderator", stage.now);
    stage.press("enter");
    let moderator = shown(&mut stage, 120, 36);
    assert!(
        moderator.contains("Questions") && moderator.contains("Gifts") && !moderator.contains("Viewers ─"),
        "{moderator}"
    );
}

#[test]
fn a_card_has_codes_for_a_phone() {
    let mut stage = busy();
    stage.say(1, &Arc::new(stage::viewer(106, "zoe")), "hello there");
    stage.picture(100, 50);
    stage.press("k enter Q");
    let screen = shown(&mut stage, 100, 50);
    assert!(screen.contains("profile") && screen.contains("█▀▀▀▀▀█"), "{screen}");
    // From the row itself in two keys.
    stage.press("esc p");
    assert!(shown(&mut stage, 100, 50).contains("profile"));
    stage.press("esc h");
    assert!(shown(&mut stage, 100, 50).contains("stands out"));
}

/// The demo's snapshot of a room that was watched before fills lists and graphs at once.
#[test]
fn a_room_that_was_watched_before_is_alive_in_the_first_frame() {
    let stage = busy();
    let room = stage.dashboard.room(tiktop::ids::RoomKey(1)).unwrap().clone();
    let mut fresh = Stage::new();
    fresh.now = stage.now + Duration::from_secs(1);
    fresh.add(1, "@ana.live");
    fresh.hear(1, tiktop::track::RoomUpdate::Snapshot(Arc::new(room)));
    let screen = shown(&mut fresh, 120, 36);
    assert!(screen.contains("Galaxy") && screen.contains("peak"), "{screen}");
    assert!(screen.contains("in the inbox"), "{screen}");
}

#[test]
fn ticks_come_back_with_the_live_they_were_made_in() {
    let mut stage = busy();
    // The oldest gift that is owed a thank.
    stage.press("t");
    assert!(shown(&mut stage, 200, 60).contains("thanked Kit: Galaxy"));
    // The question: its pane has the focus when it is shown.
    stage.press("A");
    assert!(shown(&mut stage, 200, 60).contains("1 open"));
    stage.press("t");
    assert!(shown(&mut stage, 200, 60).contains("0 open"));
    let kept = serde_json::to_string(&stage.dashboard.memory()).unwrap();
    let mut again = Stage::remembering(serde_json::from_str(&kept).unwrap());
    stage::evening(&mut again);
    stage::battle(&mut again);
    let screen = shown(&mut again, 200, 60);
    assert!(screen.contains("0 open") && screen.contains("✓ Kit"), "{screen}");
    assert_eq!(again.dashboard.memory().ticks, stage.dashboard.memory().ticks);
    // A live that is not met keeps its ticks for the next run.
    let unmet = Stage::remembering(serde_json::from_str(&kept).unwrap());
    assert_eq!(unmet.dashboard.memory().ticks, stage.dashboard.memory().ticks);
}

#[test]
fn who_talks_on_is_one_item_of_the_inbox_and_the_chosen_one_stays_chosen() {
    let mut stage = busy();
    let kit = Arc::new(tiktop::events::Viewer { moderator: true, ..stage::viewer(101, "Kit") });
    (0..5).for_each(|nth| stage.say(1, &kit, &format!("a word in time, the {nth}th")));
    stage.press("i");
    let screen = shown(&mut stage, 120, 24);
    assert_eq!(screen.matches("M Kit              a word").count(), 1, "{screen}");
    assert!(screen.contains("the 4th  ×"), "{screen}");
    stage.press("down");
    let marked = |stage: &mut Stage| {
        let terminal = stage.picture(120, 24);
        let buffer = terminal.backend().buffer();
        let reversed =
            buffer.content().iter().filter(|cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED));
        reversed.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    let before = marked(&mut stage);
    let mia = Arc::new(stage::viewer(102, "mia"));
    let (id, text) = ("78".into(), "and when is the next one?".into());
    stage.happen(1, EventKind::Question(Question { id, from: mia, text, asked_at: None }));
    assert_eq!(marked(&mut stage), before);
}

#[test]
fn more_like_a_row_comes_into_the_inbox() {
    let mut stage = busy();
    let (zoe, mia) = (Arc::new(stage::viewer(106, "zoe")), Arc::new(stage::viewer(102, "mia")));
    stage.say(1, &zoe, "the tombola begins at nine");
    stage.picture(120, 36);
    stage.press("k K");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("More like this") && screen.contains("tombola") && screen.contains("begins"), "{screen}");
    stage.dashboard.paste("tombola", stage.now);
    stage.press("enter end");
    stage.say(1, &mia, "when is the TOMBOLA?");
    stage.say(1, &mia, "nothing of the kind");
    stage.press("i");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("when is the TOMBOLA?"), "{screen}");
    assert_eq!(stage.dashboard.memory().highlights, ["tombola"]);
    // Gifts of less than the usual value, from the row of one.
    stage.press("esc");
    stage.give(1, &mia, &stage::gift(5_487, "Finger Heart", 5, 1), 3, true);
    stage.picture(120, 36);
    stage.press("k K");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("gifts from 15 ◆"), "{screen}");
}

#[test]
fn the_inbox_has_what_the_settings_want() {
    let mut stage = Stage::with(ScreenSettings { inbox: vec!["questions".into()], ..ScreenSettings::default() }, false);
    stage::evening(&mut stage);
    stage.press("i");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("how long have you been streaming?"), "{screen}");
    assert!(!screen.contains("M Kit              ") && !screen.contains("◆ Kit              Galaxy"), "{screen}");
}

#[test]
fn whom_to_thank_is_a_list_with_totals_and_enter_ticks_off() {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    stage.press("l");
    let text = shown(&mut stage, 100, 30);
    let row = |name: &str| text.lines().find(|line| line.contains(name) && line.contains("in all")).unwrap_or_default();
    assert!(row("Kit").contains("Galaxy  1 000 ◆") && row("Kit").contains("1 000 ◆ in all"), "{text}");
    assert!(row("mia").contains("Rose ×112  112 ◆"), "{text}");
    let place = |name: &str| text.find(row(name)).unwrap();
    assert!(place("Kit") < place("mia"), "the oldest first: {text}");
    stage.press("enter enter");
    let text = shown(&mut stage, 100, 30);
    assert!(text.contains("nobody is left to thank for 100 ◆ or more"), "{text}");
}

#[test]
fn help_begins_with_where_one_is_and_is_searched() {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    stage.press("tab ?");
    let text = shown(&mut stage, 120, 50);
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(at("quit; asks") < at("Here: Gifts") && at("Here: Gifts") < at("tick off the marked gift"));
    assert!(at("tick off the marked gift") < at("Everything else") && at("/ searches") < at("quit; asks"));
    stage.press("/ p h o n e");
    let text = shown(&mut stage, 120, 40);
    assert!(text.contains("QR codes of the marked person") && !text.contains("add a room"), "{text}");
}

#[test]
fn the_inbox_is_in_the_order_of_time_whenever_a_room_brings_it() {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    let mod_ = Arc::new(Viewer { moderator: true, ..stage::viewer(901, "Ada") });
    let then = stage.now;
    stage.wait(70);
    stage.say(2, &mod_, "said later");
    let now = std::mem::replace(&mut stage.now, then);
    stage.say(1, &mod_, "said before");
    stage.now = now;
    stage.press("i");
    let text = shown(&mut stage, 100, 30);
    assert!(text.find("said later").unwrap() < text.find("said before").unwrap(), "{text}");
}
