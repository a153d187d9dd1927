//! The parts of the dashboard, one file each. A pane of one row draws itself as a strip; one with more begins with its title.

pub(super) mod battle;
pub(super) mod chat;
pub(super) mod gifts;
pub(super) mod graphs;
pub(super) mod phase;
pub(super) mod status;
pub(super) mod tabs;
pub(super) mod welcome;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::app::App;
use super::layout::Pane;
use super::theme::Role;
use super::widgets::paint;

/// Draws the rule with a pane's title and returns what is left below it.
fn titled(app: &App, buf: &mut Buffer, area: Rect, pane: Pane, title: &str, note: &Line<'_>) -> Rect {
    let dim = app.theme.style(Role::Dim);
    let style = app.theme.style(if app.focused() == pane { Role::Accent } else { Role::Text });
    paint::rule(buf, area, 0, &Line::from(Span::styled(title, style)), note, dim);
    below(area, 1)
}

/// The area without its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// The area without a column at either side.
fn inset(area: Rect) -> Rect {
    Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area }
}
