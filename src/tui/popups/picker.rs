//! Popup with a list that is searched by typing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::tui::app::App;
use crate::tui::picker::{self, Pick, Picker, PickerKind};
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;

/// Widest list, in columns, and most rows.
const WIDEST: u16 = 88;
const MOST: usize = 18;
/// Columns of the names.
const NAMES: usize = 22;

/// Draws the list and returns where its cursor stands.
pub(super) fn view(app: &App, picker: &Picker, buf: &mut Buffer) -> Option<Position> {
    let picks = picker::picks(app, picker);
    let inner = super::frame(app, buf, picker.title(), WIDEST, rows(app, picker));
    let cursor = super::input_line(app, buf, inner, &picker.input);
    let list = list_area(inner);
    let from = first_row(picker, list);
    for (row, (nth, pick)) in (0..list.height).zip(picks.iter().enumerate().skip(from)) {
        line(app, pick, buf, Rect { y: list.y + row, height: 1, ..list });
        if nth == picker.chosen.min(picks.len().saturating_sub(1)) {
            paint::mark(buf, Rect { y: list.y + row, height: 1, ..list });
        }
    }
    if picks.is_empty() {
        paint::left(buf, list, 0, &Line::styled("nothing fits", app.theme.style(ColorRole::Dim)));
    }
    cursor
}

/// The row of the list at a place of the screen, counted from its first one.
pub(super) fn row_at(app: &App, picker: &Picker, at: Position) -> Option<usize> {
    let screen = Rect::from((Position::ORIGIN, app.size));
    let list = list_area(super::inside(super::window(screen, WIDEST, rows(app, picker))));
    let row = list.contains(at).then(|| usize::from(at.y - list.y) + first_row(picker, list))?;
    (row < picker::picks(app, picker).len()).then_some(row)
}

/// Rows of the list on a screen of this size.
pub(super) fn page(app: &App, picker: &Picker) -> usize {
    let screen = Rect::from((Position::ORIGIN, app.size));
    list_area(super::inside(super::window(screen, WIDEST, rows(app, picker)))).height.into()
}

/// Rows of the window: what is typed and the list. A list that is short whatever is typed has no empty rows below it.
fn rows(app: &App, picker: &Picker) -> usize {
    let is_short = matches!(picker.kind, PickerKind::Layouts | PickerKind::Themes | PickerKind::Ignore);
    1 + if is_short { picker::picks(app, &Picker::new(picker.kind)).len().clamp(1, MOST) } else { MOST }
}

fn list_area(inner: Rect) -> Rect {
    Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner }
}

/// The first row shown: the chosen one is always in sight.
fn first_row(picker: &Picker, list: Rect) -> usize {
    (picker.chosen + 1).saturating_sub(usize::from(list.height))
}

fn line(app: &App, pick: &Pick, buf: &mut Buffer, area: Rect) {
    let keys = Line::styled(pick.keys.clone(), app.theme.style(ColorRole::Accent));
    let wide = paint::columns(&keys);
    let name = crate::text::clip(&pick.name, NAMES);
    let pad = NAMES.saturating_sub(crate::text::width(&name)) + 2;
    let words = Line::from(vec![
        Span::styled(name.into_owned(), app.theme.style(ColorRole::Text)),
        Span::raw(" ".repeat(pad)),
        Span::styled(pick.note.clone(), app.theme.style(ColorRole::Dim)),
    ]);
    paint::left(buf, Rect { width: area.width.saturating_sub(wide + 1), ..area }, 0, &words);
    paint::right(buf, area, 0, &keys);
}
