//! Laws of the screen whatever is pressed, whatever comes, however large it is.

use std::sync::Arc;

use proptest::prelude::*;
use tiktop::events::{EventKind, Phase, PhaseKind};

use super::screens::shown;
use super::stage::{self, Stage};

/// Keys of all kinds; those that leave are left out.
const KEYS: &[&str] = &[
    "?", "l", "K", "p", "Z", "I", "a", "]", "[", "1", "2", "9", "o", ":", "v", "W", "F", "space", "i", "s", "t", "/",
    "n", "N", "f", "ctrl-f", "S", "L", "u", "r", "e", "M", "c", "R", "tab", "backtab", "z", "+", "minus", "<", ">",
    "m", "w", "A", "\\", "}", "{", "H", "J", "ctrl-t", "up", "down", "k", "j", "pgup", "pgdn", "home", "end", "d",
    "esc", "enter", "y", "Y", "h", "x", "ctrl-l",
];

#[derive(Clone, Debug)]
enum Step {
    Press(usize),
    Say(String),
    Watch(u64),
    Wait(u64),
    Phase(bool),
    Size(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..KEYS.len()).prop_map(Step::Press),
        3 => "\\PC{0,120}".prop_map(Step::Say),
        1 => any::<u64>().prop_map(Step::Watch),
        1 => (0u64..200).prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::Phase),
        2 => (1u16..210, 1u16..65).prop_map(|(width, height)| Step::Size(width, height)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_pressed_or_comes_breaks_a_screen(steps in proptest::collection::vec(step(), 1..60)) {
        let mut stage = Stage::new();
        stage::evening(&mut stage);
        stage::battle(&mut stage);
        let kit = Arc::new(stage::viewer(101, "Kit"));
        let mut size = (80, 24);
        for step in steps {
            match step {
                Step::Press(key) => stage.press(KEYS[key]),
                Step::Say(text) => stage.say(1, &kit, &text),
                Step::Watch(watching) => stage.watching(1, watching),
                Step::Wait(seconds) => stage.wait(seconds),
                Step::Phase(live) => {
                    let kind = if live { PhaseKind::Live } else { PhaseKind::Reconnecting };
                    stage.phase(1, Phase::new(kind));
                }
                Step::Size(width, height) => size = (width, height),
            }
            stage.picture(size.0, size.1);
        }
    }

    #[test]
    fn a_view_that_stands_does_not_move_whatever_comes(
        ups in 1usize..30,
        texts in proptest::collection::vec("\\PC{1,60}", 1..20),
        ignores: bool,
    ) {
        let mut stage = Stage::new();
        stage::evening(&mut stage);
        let kit = Arc::new(stage::viewer(101, "Kit"));
        (0..60).for_each(|nth| stage.say(1, &kit, &format!("the comment with the number {nth}")));
        if ignores {
            stage.press("S");
        }
        stage.picture(80, 24);
        (0..ups).for_each(|_| stage.press("k"));
        let rows = |stage: &mut Stage| {
            let screen = shown(stage, 80, 24);
            screen.lines().skip(2).take(16).map(str::to_owned).collect::<Vec<_>>()
        };
        let before = rows(&mut stage);
        for text in &texts {
            stage.say(1, &Arc::new(stage::viewer(900, "Somebody")), text);
            stage.happen(1, EventKind::Follow(tiktop::events::Follow { from: kit.clone(), followers: None }));
        }
        prop_assert_eq!(rows(&mut stage), before);
    }
}

/// A room that says more than memory holds says so where its oldest row stands.
#[test]
fn lines_that_had_to_go_are_told() {
    let mut stage = Stage::new();
    stage::evening(&mut stage);
    let kit = Arc::new(stage::viewer(101, "Kit"));
    let long = "a very long comment ".repeat(60);
    (0..8_000).for_each(|nth| stage.say(1, &kit, &format!("{nth} {long}")));
    stage.picture(120, 36);
    stage.press("g");
    let screen = shown(&mut stage, 120, 36);
    assert!(screen.contains("older lines dropped at"), "{screen}");
}
