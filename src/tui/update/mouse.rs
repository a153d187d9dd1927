//! Handler of the mouse: the wheel scrolls what is under it, a click chooses a room or a pane, by the same plan that was
//! drawn.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{keys, overview, replaying, rooms, scroll_pane};
use crate::tui::app::{App, ToastKind};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::panes::tabs;
use crate::tui::popups;
use crate::tui::timeline;
use crate::tui::widgets::feed::Scroll;

/// Rows a notch of the wheel moves.
const ROWS_PER_NOTCH: usize = 3;

/// Handles the mouse.
pub(super) fn handle_mouse(app: &mut App, mouse: MouseEvent) -> UpdateOutcome {
    let at = Position::new(mouse.column, mouse.row);
    let plan = app.plan();
    match mouse.kind {
        MouseEventKind::Down(_) => app.drags_bar = app.popup.is_none() && plan.timeline.contains(at),
        MouseEventKind::Up(_) => app.drags_bar = false,
        _ => {}
    }
    let pane = plan.shown().find(|(_, area)| area.contains(at)).map(|(id, _)| id);
    match (mouse.kind, pane) {
        (MouseEventKind::ScrollUp, _) if app.popup.is_some() => keys::scroll(app, |_| Scroll::Up(ROWS_PER_NOTCH)),
        (MouseEventKind::ScrollDown, _) if app.popup.is_some() => keys::scroll(app, |_| Scroll::Down(ROWS_PER_NOTCH)),
        (MouseEventKind::Down(MouseButton::Left), _) if app.popup.is_some() => {
            popups::row_at(app, at).map_or(UpdateOutcome::UNCHANGED, |row| keys::choose(app, row))
        }
        _ if app.popup.is_some() => UpdateOutcome::UNCHANGED,
        (MouseEventKind::Down(MouseButton::Left), _) if plan.timeline.contains(at) => {
            match timeline::mark_at(app, plan.timeline, at).cloned() {
                Some(mark) => replaying::go_to_mark(app, &mark),
                None => scrub(app, plan.timeline, at),
            }
        }
        // A hand that draws along the bar leaves its row.
        (MouseEventKind::Drag(MouseButton::Left), _) if app.drags_bar => scrub(app, plan.timeline, at),
        (MouseEventKind::ScrollUp, _) if plan.timeline.contains(at) => replaying::skip(timeline::NOTCH_SECONDS),
        (MouseEventKind::ScrollDown, _) if plan.timeline.contains(at) => replaying::skip(-timeline::NOTCH_SECONDS),
        (MouseEventKind::ScrollUp, _) if app.overview.is_some() => keys::scroll(app, |_| Scroll::Up(1)),
        (MouseEventKind::ScrollDown, _) if app.overview.is_some() => keys::scroll(app, |_| Scroll::Down(1)),
        (MouseEventKind::Down(MouseButton::Left), _) if app.overview.is_some() && app.body().contains(at) => {
            overview::click(app, at)
        }
        (MouseEventKind::ScrollUp, Some(pane)) => scroll_pane(app, pane, |_| Scroll::Up(ROWS_PER_NOTCH)),
        (MouseEventKind::ScrollDown, Some(pane)) => scroll_pane(app, pane, |_| Scroll::Down(ROWS_PER_NOTCH)),
        (MouseEventKind::Down(MouseButton::Left), Some(pane)) => {
            let marked = |app: &App| app.tab().map(|tab| (tab.key, tab.marked, tab.marked_gift));
            let (before, was_focused) = (marked(app), app.focus == pane);
            app.focus = pane;
            pane.pane().click(app, at);
            let is_marked = app.tab().is_some_and(|tab| tab.marked.is_some() || tab.marked_gift.is_some());
            // A second click on a row opens what it is about.
            if was_focused && is_marked && before == marked(app) {
                return keys::open_marked(app);
            }
            UpdateOutcome::dirty()
        }
        (MouseEventKind::Down(MouseButton::Left), None) if plan.tabs.contains(at) => {
            tabs::hit(app, plan.tabs, mouse.column).map_or(UpdateOutcome::UNCHANGED, |nth| rooms::show(app, nth))
        }
        _ => UpdateOutcome::UNCHANGED,
    }
}

/// Goes where the mouse has the bar of a replay; what was told of the place before goes.
fn scrub(app: &mut App, bar: Rect, at: Position) -> UpdateOutcome {
    if app.toast.as_ref().is_some_and(|toast| toast.kind == ToastKind::Passing) {
        app.toast = None;
    }
    timeline::time_at(app, bar, at).map_or(UpdateOutcome::UNCHANGED, replaying::seek)
}

/// Takes the mouse or gives it back, and says what that means for selecting text.
pub(super) fn toggle_mouse(app: &mut App) -> UpdateOutcome {
    app.screen.mouse = !app.screen.mouse;
    let words = if app.screen.mouse {
        "the mouse is ours: the wheel scrolls, a click chooses; hold Shift to select text"
    } else {
        "the mouse is the terminal's again: it selects text"
    };
    app.notify(words);
    Effect::CaptureMouse(app.screen.mouse).into()
}
