//! Popups over the dashboard: help, diagnostics, the card of a person, a list to search, the name of a room to add, a
//! question.
//!
//! ```text
//! ┌ Add a room ───────────────────────────────┐
//! │ @ana.live_                                │
//! │ @name, a link to the live, or a room id   │
//! └────────────────────────────────── Esc ────┘
//! ```

mod confirm;
mod diagnostics;
mod help;
mod inbox;
mod input;
mod log;
mod picker;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::action::Action;
use super::app::{App, Popup};
use super::theme::ColorRole;
use super::typed_line::TypedLine;
use super::widgets::paint;
use super::{glyphs, person};
use crate::history::report_lines;

/// Draws the popup, if one is open, and returns where its cursor stands.
pub(super) fn view(app: &App, buf: &mut Buffer) -> Option<Position> {
    match app.popup.as_ref()? {
        Popup::Help(from) => list(app, buf, &help::title(app), &help::lines(app), *from),
        Popup::Diagnostics(from) => list(app, buf, "Diagnostics", &diagnostics::lines(app), *from),
        Popup::Person(card) => list(app, buf, card.viewer.name(), &person::lines(app, card), card.from),
        Popup::Inbox(chosen) => inbox::view(app, *chosen, buf),
        Popup::Log(from) => list(app, buf, "Log", &log::lines(app), *from),
        Popup::Report(from) => list(app, buf, "Report of the live", &report(app), *from),
        Popup::Search { input, error } if app.overview.is_some() => {
            return input::FILTER_ROOMS.view(app, input, error.as_deref(), buf);
        }
        Popup::Search { input, error } => return input::SEARCH.view(app, input, error.as_deref(), buf),
        Popup::Pick(picker) => return picker::view(app, picker, buf),
        Popup::AddRoom { input, error } => return input::ADD_ROOM.view(app, input, error.as_deref(), buf),
        Popup::Confirm(question) => confirm::view(app, *question, buf),
    }
    None
}

/// How many rows a list popup has and how many it shows, for scrolling.
pub(super) fn extent(app: &App) -> (usize, usize) {
    let rows = match &app.popup {
        Some(Popup::Help(_)) => help::lines(app).len(),
        Some(Popup::Diagnostics(_)) => diagnostics::lines(app).len(),
        Some(Popup::Inbox(_)) => return (app.inbox.len(), inbox::page(app)),
        Some(Popup::Log(_)) => log::lines(app).len(),
        Some(Popup::Report(_)) => report(app).len(),
        Some(Popup::Person(card)) => person::lines(app, card).len(),
        Some(Popup::Pick(picker)) => return (super::picker::picks(app, picker).len(), picker::page(app, picker)),
        _ => 0,
    };
    let screen = Rect::from((Position::ORIGIN, app.size));
    (rows, inside(window(screen, u16::MAX, rows)).height.into())
}

/// The row of an open list that a click at `at` chooses.
pub(super) fn row_at(app: &App, at: Position) -> Option<usize> {
    match &app.popup {
        Some(Popup::Pick(picker)) => picker::row_at(app, picker, at),
        Some(Popup::Inbox(chosen)) => inbox::row_at(app, *chosen, at),
        _ => None,
    }
}

/// Draws what was typed in the first row of `inner` behind a prompt and returns where its cursor stands.
fn input_line(app: &App, buf: &mut Buffer, inner: Rect, line: &TypedLine) -> Option<Position> {
    let prompt = Line::styled(format!("{} ", glyphs::RIGHT), app.theme.style(ColorRole::Accent));
    paint::fitting(buf, inner, 0, &prompt);
    let inner = Rect { x: inner.x + inner.width.min(2), width: inner.width.saturating_sub(2), ..inner };
    let input = line.input();
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
    // It is not cut: it scrolls.
    let style = if line.is_selected() { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
    paint::fitting(buf, inner, 0, &Line::styled(shown, style));
    let x = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    paint::row_of(buf, inner, 0).map(|row| Position::new(row.x + x.min(row.width.saturating_sub(1)), row.y))
}

fn list(app: &App, buf: &mut Buffer, title: &str, lines: &[Line<'_>], from: usize) {
    let wide = lines.iter().map(paint::columns).max().unwrap_or(0);
    let inner = frame(app, buf, title, wide, lines.len());
    let shown = usize::from(inner.height);
    let from = from.min(lines.len().saturating_sub(shown));
    for (row, line) in (0..inner.height).zip(lines.iter().skip(from)) {
        paint::left(buf, inner, row, line);
    }
    if lines.len() > shown {
        let below = Rect { y: inner.bottom(), height: 1, ..inner };
        let words = Line::styled(extent_words(from, shown, lines.len()), app.theme.style(ColorRole::Accent));
        paint::left(buf, below, 0, &words);
    }
}

/// The lines of a report: facts, graphs, who gave, battles, moments; beside each other where there is room.
fn report(app: &App) -> Vec<Line<'static>> {
    match &app.remembered.report {
        // Its frame takes four columns.
        Some(report) => {
            let lines = report_lines(report, usize::from(app.size.width).saturating_sub(4));
            lines.into_iter().map(Line::raw).collect()
        }
        None => vec![Line::styled("asking the history \u{2026}", app.theme.style(ColorRole::Dim))],
    }
}

/// Which rows are shown of how many, and where the others are: ` 1-22 of 29 ↓ `.
fn extent_words(from: usize, shown: usize, all: usize) -> String {
    let last = (from + shown).min(all);
    let above = if from > 0 { format!(" {}", glyphs::MORE_ABOVE) } else { String::new() };
    let below = if last < all { format!(" {}", glyphs::MORE_BELOW) } else { String::new() };
    format!(" {}-{last} of {all}{above}{below} ", from + 1)
}

/// Clears a window in the middle of the screen, frames it and returns its inside.
fn frame(app: &App, buf: &mut Buffer, title: &str, columns: u16, rows: usize) -> Rect {
    let area = window(buf.area, columns, rows);
    paint::clear(buf, area);
    let close = app.key(Action::Cancel).unwrap_or_default();
    Block::bordered()
        .border_style(app.theme.style(ColorRole::Dim))
        .title(Line::from(vec![Span::styled(format!(" {title} "), app.theme.style(ColorRole::Accent))]))
        .title_bottom(Line::styled(format!(" {close} closes "), app.theme.style(ColorRole::Dim)).right_aligned())
        .render(area, buf);
    inside(area)
}

fn window(screen: Rect, columns: u16, rows: usize) -> Rect {
    let width = columns.saturating_add(4).max(34).min(screen.width);
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(screen.height);
    let (x, y) = ((screen.width - width) / 2, (screen.height - height) / 2);
    Rect { x: screen.x + x, y: screen.y + y, width, height }
}

fn inside(window: Rect) -> Rect {
    Rect {
        x: window.x + window.width.min(2),
        y: window.y + window.height.min(1),
        width: window.width.saturating_sub(4),
        height: window.height.saturating_sub(2),
    }
}
