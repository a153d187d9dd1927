//! Tests of every pane for itself: empty, busy, in a tiny place, without colours.

use std::fmt::Write as _;
use std::sync::Arc;

use insta::assert_snapshot;
use ratatui::style::Color;
use tiktop::config::ScreenSettings;
use tiktop::events::{EventKind, TopViewer, Viewers};

use super::screens::shown;
use super::stage::{self, Stage};

/// How many panes there are: chat, gifts, graphs, battle, viewers, questions.
const PANES: usize = 6;

fn busy(mut stage: Stage) -> Stage {
    stage::evening(&mut stage);
    stage::battle(&mut stage);
    let top = [(1, 5_000, 101, "Kit"), (2, 2_500, 102, "mia"), (3, 1_666, 103, "Joon")];
    let top = top.map(|(rank, score, id, name)| TopViewer { rank, score, viewer: Arc::new(stage::viewer(id, name)) });
    let top = top.to_vec();
    stage.happen(1, EventKind::Viewers(Viewers { watching: 1_243, total: None, anonymous: 40, top }));
    stage
}

fn empty() -> Stage {
    let mut stage = Stage::new();
    stage.add(1, "@ana.live");
    stage.go_live(1, "ana.live", "Painting the harbour", 12);
    stage
}

/// Every pane in the place of the chat, one after the other.
fn all(stage: &mut Stage, (width, height): (u16, u16)) -> String {
    stage.picture(width, height);
    stage.press("w A");
    stage.picture(width, height);
    let mut text = String::new();
    for _ in 0..PANES {
        stage.press("z");
        let screen = shown(stage, width, height);
        let body: Vec<&str> = screen.lines().skip(1).collect();
        writeln!(text, "{}\n", body.join("\n")).unwrap();
        stage.press("esc tab");
        stage.picture(width, height);
    }
    text
}

#[test]
fn panes_that_are_empty() {
    assert_snapshot!(all(&mut empty(), (112, 14)));
}

#[test]
fn panes_that_are_busy() {
    assert_snapshot!(all(&mut busy(Stage::new()), (120, 20)));
}

#[test]
fn panes_in_a_tiny_place() {
    // Where panes are hidden, Tab opens one after the other.
    let mut stage = busy(Stage::new());
    stage.press("w A");
    let mut text = String::new();
    for _ in 0..=PANES {
        writeln!(text, "{}", shown(&mut stage, 40, 12)).unwrap();
        stage.press("tab");
    }
    assert_snapshot!(text);
}

#[test]
fn panes_without_colours_have_none_and_say_the_same() {
    let mut mono = busy(Stage::with(ScreenSettings::default(), true));
    mono.press("w A");
    for (width, height) in [(120, 36), (200, 60), (40, 100), (80, 24)] {
        let terminal = mono.picture(width, height);
        let coloured = terminal
            .backend()
            .buffer()
            .content()
            .iter()
            .find(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset));
        assert_eq!(coloured, None, "{width}x{height}");
    }
    assert_snapshot!(shown(&mut mono, 120, 36));
}
