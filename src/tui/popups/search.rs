//! Popup in which a search is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::Line;
use tui_input::Input;

use crate::tui::app::App;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::{paint, wrap};

const COLUMNS: u16 = 70;
const HINT: &str = "words, from:name, badge:mod, gift>100, since:5m, room:name, /regex/, -not; nothing ends the search";

/// Draws the popup and returns where its cursor stands.
pub(super) fn view(app: &App, input: &Input, error: Option<&str>, buf: &mut Buffer) -> Option<Position> {
    let columns = usize::from(COLUMNS.min(buf.area.width.saturating_sub(4)).max(1));
    let words = wrap::wrap(error.unwrap_or(HINT), columns, columns);
    let inner = super::frame(app, buf, "Search", COLUMNS, 1 + words.len());
    let cursor = super::input_line(buf, inner, input);
    let style = app.theme.style(if error.is_some() { ColorRole::Bad } else { ColorRole::Dim });
    for (row, line) in (1..inner.height).zip(words) {
        paint::left(buf, inner, row, &Line::styled(line, style));
    }
    cursor
}
