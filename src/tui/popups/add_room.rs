//! Popup for the name of a room to add.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::Line;
use tui_input::Input;

use crate::tui::app::App;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::{paint, wrap};

const COLUMNS: u16 = 60;
const HINT: &str = "@name, a link to the live, or a room id; Enter adds it";

/// Draws the popup and returns where its cursor stands.
pub(super) fn view(app: &App, input: &Input, error: Option<&str>, buf: &mut Buffer) -> Option<Position> {
    let columns = usize::from(COLUMNS.min(buf.area.width.saturating_sub(4)).max(1));
    let words = wrap::wrap(error.unwrap_or(HINT), columns, columns);
    let inner = super::frame(app, buf, "Add a room", COLUMNS, 1 + words.len());
    // The input scrolls by columns; what is left of the view is cut by characters.
    let scroll = input.visual_scroll(inner.width.saturating_sub(1).into());
    let mut skipped = 0;
    let shown: String = input
        .value()
        .chars()
        .skip_while(|c| {
            let skip = skipped < scroll;
            skipped += crate::text::width(c.encode_utf8(&mut [0; 4]));
            skip
        })
        .collect();
    paint::left(buf, inner, 0, &Line::raw(shown));
    let style = app.theme.style(if error.is_some() { ColorRole::Bad } else { ColorRole::Dim });
    for (row, line) in (1..inner.height).zip(words) {
        paint::left(buf, inner, row, &Line::styled(line, style));
    }
    let x = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    paint::row_of(buf, inner, 0).map(|row| Position::new(row.x + x.min(row.width.saturating_sub(1)), row.y))
}
