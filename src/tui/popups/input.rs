//! Popup in which a line of text is typed: a search, or the name of a room to add.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::Line;

use crate::tui::app::App;
use crate::tui::theme::ColorRole;
use crate::tui::typed_line::TypedLine;
use crate::tui::widgets::{paint, wrap};

/// What stands around the line.
pub(super) struct InputPopup {
    pub(super) title: &'static str,
    pub(super) columns: u16,
    /// What may be typed; an error takes its place.
    pub(super) hint: &'static str,
}

pub(super) const SEARCH: InputPopup = InputPopup {
    title: "Search",
    columns: 70,
    hint: "words, from:name, badge:mod, gift>100, since:5m, room:name, /regex/, -not; nothing ends the search",
};
pub(super) const FILTER_ROOMS: InputPopup = InputPopup {
    title: "Rooms",
    columns: 60,
    hint: "a part of a name, or a state such as live or offline; nothing shows all",
};
pub(super) const ADD_ROOM: InputPopup =
    InputPopup { title: "Add a room", columns: 60, hint: "@name, a link to the live, or a room id; Enter adds it" };

impl InputPopup {
    /// Draws the popup and returns where its cursor stands.
    pub(super) fn view(&self, app: &App, input: &TypedLine, error: Option<&str>, buf: &mut Buffer) -> Option<Position> {
        let columns = usize::from(self.columns.min(buf.area.width.saturating_sub(4)).max(1));
        let words = wrap::wrap(error.unwrap_or(self.hint), columns, columns);
        let inner = super::frame(app, buf, self.title, self.columns, 1 + words.len());
        let cursor = super::input_line(app, buf, inner, input);
        let style = app.theme.style(if error.is_some() { ColorRole::Bad } else { ColorRole::Dim });
        for (row, line) in (1..inner.height).zip(words) {
            paint::left(buf, inner, row, &Line::styled(line, style));
        }
        cursor
    }
}
