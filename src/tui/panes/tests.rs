//! Tests for every pane of the table, so that a new row is tested without another line.

use std::collections::HashSet;

use super::*;
use crate::clock::Timestamp;
use crate::config::{Keys, RecordSettings, ScreenSettings};
use crate::ids::RoomKey;
use crate::tui::ScreenOptions;
use crate::tui::app::Popup;
use crate::tui::layout;
use crate::tui::popups;

const NOW: Moment = Moment { mono: 7_205_250, wall: Timestamp(1_793_302_205_250) };

fn app() -> App {
    let zone = jiff::tz::TimeZone::UTC;
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
        zone,
    };
    let mut app = App::new(options, NOW).unwrap();
    app.tabs.push(Tab::new(RoomKey(1), "@ana".into(), false, NOW));
    app
}

fn text(buf: &Buffer) -> String {
    buf.content.iter().map(ratatui::buffer::Cell::symbol).collect()
}

#[test]
fn every_pane_draws_at_every_size_and_only_inside_its_own() {
    let mut app = app();
    for &id in PaneId::ALL {
        for (width, height) in [(1, 1), (2, 9), (20, 5), (40, 1), (60, 15), (80, 24), (120, 36), (200, 60), (300, 2)] {
            app.size = ratatui::layout::Size::new(width, height);
            let screen = Rect::new(0, 0, width, height);
            app.zoom = Some(id);
            let plan = app.plan();
            let mut buf = Buffer::empty(screen);
            let tab = app.tab().unwrap();
            id.pane().draw(&app, tab, &plan, &mut Cache::default(), &mut buf);
            for y in 0..height {
                for x in (0..width).filter(|&x| !plan.area(id).contains(Position::new(x, y))) {
                    assert_eq!(buf.cell((x, y)).unwrap().symbol(), " ", "{id:?} at {width}x{height} wrote {x},{y}");
                }
            }
            for by in [Scroll::Up(3), Scroll::Top, Scroll::Down(1), Scroll::Bottom] {
                id.pane().scroll(&mut app, &|_| by);
            }
            id.pane().click(&mut app, Position::new(0, 1));
        }
    }
}

#[test]
fn every_pane_has_a_title_of_its_own_and_stands_in_the_help() {
    let mut app = app();
    app.size = ratatui::layout::Size::new(120, 160);
    app.popup = Some(Popup::Help(0));
    let mut buf = Buffer::empty(Rect::new(0, 0, 120, 160));
    popups::view(&app, &mut buf);
    let help = text(&buf);
    let titles: HashSet<&str> = PaneId::ALL.iter().map(|id| id.pane().title()).collect();
    assert_eq!(titles.len(), PaneId::ALL.len());
    for &id in PaneId::ALL {
        let pane = id.pane();
        assert!(!pane.title().is_empty() && help.contains(pane.title()), "{id:?}");
        assert!(help.contains(pane.help()), "{id:?}");
        assert!(!pane.actions().is_empty(), "{id:?} cannot be used");
    }
}

#[test]
fn exactly_one_pane_takes_what_the_others_leave() {
    let main = PaneId::ALL.iter().filter(|id| id.pane().place() == layout::PanePlace::Main);
    assert_eq!(main.count(), 1);
}
