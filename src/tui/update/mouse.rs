//! The wheel scrolls what is under it, a click chooses a room or a pane. Judged by the same plan that was drawn.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use strum::IntoEnumIterator as _;

use super::{rooms, scroll_pane};
use crate::tui::app::App;
use crate::tui::layout::Pane;
use crate::tui::msg::Outcome;
use crate::tui::panes::tabs;
use crate::tui::widgets::feed::Scroll;

/// Rows a notch of the wheel moves.
const NOTCH: usize = 3;

/// Handles the mouse.
pub(super) fn handle_mouse(app: &mut App, mouse: MouseEvent) -> Outcome {
    let at = Position::new(mouse.column, mouse.row);
    let plan = app.plan();
    let pane = Pane::iter().find(|&pane| plan.area(pane).contains(at));
    match (mouse.kind, pane) {
        _ if app.popup.is_some() => Outcome::QUIET,
        (MouseEventKind::ScrollUp, Some(pane)) => scroll_pane(app, pane, |_| Scroll::Up(NOTCH)),
        (MouseEventKind::ScrollDown, Some(pane)) => scroll_pane(app, pane, |_| Scroll::Down(NOTCH)),
        (MouseEventKind::Down(MouseButton::Left), Some(pane @ (Pane::Chat | Pane::Gifts | Pane::Graphs))) => {
            app.focus = pane;
            Outcome::dirty()
        }
        (MouseEventKind::Down(MouseButton::Left), None) if plan.tabs.contains(at) => {
            tabs::hit(app, plan.tabs, mouse.column).map_or(Outcome::QUIET, |nth| rooms::show(app, nth))
        }
        _ => Outcome::QUIET,
    }
}
