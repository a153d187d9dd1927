//! Popup with a list that is searched by typing.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::tui::app::App;
use crate::tui::picker::{self, Pick, Picker, PickerKind};
use crate::tui::remembered;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;

/// Widest list, in columns, one of what people said too, and most rows.
const WIDEST: u16 = 88;
const WIDEST_OF_HISTORY: u16 = 150;
const MOST_OF_HISTORY: usize = 30;
const MOST: usize = 18;
/// Columns of the names.
const NAMES: usize = 22;

/// Draws the list and returns where its cursor stands.
pub(super) fn view(app: &App, picker: &Picker, buf: &mut Buffer) -> Option<Position> {
    let picks = picker::picks(app, picker);
    let title = title(app, picker);
    let inner = super::frame(app, buf, &title, widest(picker), rows(app, picker));
    let cursor = super::input_line(app, buf, inner, &picker.input);
    let list = list_area(inner);
    let from = first_row(picker, list, picks.len());
    let names = names(picker, &picks);
    for (row, (nth, pick)) in (0..list.height).zip(picks.iter().enumerate().skip(from)) {
        line(app, pick, names, buf, Rect { y: list.y + row, height: 1, ..list });
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
    let list = list_area(super::inside(super::window(screen, widest(picker), rows(app, picker))));
    let rows = picker::picks(app, picker).len();
    let row = list.contains(at).then(|| usize::from(at.y - list.y) + first_row(picker, list, rows))?;
    (row < rows).then_some(row)
}

/// Rows of the list on a screen of this size.
pub(super) fn page(app: &App, picker: &Picker) -> usize {
    let screen = Rect::from((Position::ORIGIN, app.size));
    list_area(super::inside(super::window(screen, widest(picker), rows(app, picker)))).height.into()
}

/// The title, with how far a search is.
fn title(app: &App, picker: &Picker) -> String {
    let state = match picker.kind {
        PickerKind::Found => remembered::search_state(app, picker.input.value()),
        _ => None,
    };
    state.map_or_else(|| picker.title().to_owned(), |state| format!("{}: {state}", picker.title()))
}

fn is_of_history(picker: &Picker) -> bool {
    matches!(picker.kind, PickerKind::Found | PickerKind::Around | PickerKind::Moments | PickerKind::Lives)
}

fn widest(picker: &Picker) -> u16 {
    if is_of_history(picker) { WIDEST_OF_HISTORY } else { WIDEST }
}

/// Columns of the names: in lists of the history, which have long notes, no more than they need.
fn names(picker: &Picker, picks: &[Pick]) -> usize {
    if !is_of_history(picker) {
        return NAMES;
    }
    picks.iter().map(|pick| crate::text::width(&pick.name)).max().unwrap_or(NAMES).min(NAMES)
}

/// Rows of the window: what is typed and the list. A list that is short whatever is typed has no empty rows below it.
fn rows(app: &App, picker: &Picker) -> usize {
    if matches!(picker.kind, PickerKind::Note(_) | PickerKind::Marker(_)) {
        return 2;
    }
    let is_short = matches!(picker.kind, PickerKind::Layouts | PickerKind::Themes | PickerKind::Ignore);
    if is_of_history(picker) {
        return 1 + MOST_OF_HISTORY;
    }
    1 + if is_short { picker::picks(app, &Picker::new(picker.kind)).len().clamp(1, MOST) } else { MOST }
}

fn list_area(inner: Rect) -> Rect {
    Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner }
}

/// The first row shown of so many: the chosen one is always in sight, and a moment has what came after it below.
fn first_row(picker: &Picker, list: Rect, rows: usize) -> usize {
    let height = usize::from(list.height);
    if picker.kind == PickerKind::Around {
        return picker.chosen.saturating_sub(height / 2).min(rows.saturating_sub(height));
    }
    (picker.chosen + 1).saturating_sub(height)
}

fn line(app: &App, pick: &Pick, names: usize, buf: &mut Buffer, area: Rect) {
    let keys = Line::styled(pick.keys.clone(), app.theme.style(ColorRole::Accent));
    let wide = paint::columns(&keys);
    let name = crate::text::clip(&pick.name, names);
    let pad = names.saturating_sub(crate::text::width(&name)) + if names == 0 { 0 } else { 2 };
    let words = Line::from(vec![
        Span::styled(name.into_owned(), app.theme.style(ColorRole::Text)),
        Span::raw(" ".repeat(pad)),
        Span::styled(pick.note.clone(), app.theme.style(ColorRole::Dim)),
    ]);
    paint::left(buf, Rect { width: area.width.saturating_sub(wide + 1), ..area }, 0, &words);
    paint::right(buf, area, 0, &keys);
}
