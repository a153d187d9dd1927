//! Popup with the log of what befell the rooms, newest first, each in full.

use ratatui::text::{Line, Span};

use crate::tui::app::App;
use crate::tui::number;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::wrap;

/// Columns of the time.
const TIME: usize = 7;
/// Widest line, in columns.
const WIDEST: u16 = 110;

/// The rows.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let columns = usize::from(app.size.width.saturating_sub(4).min(WIDEST)).saturating_sub(TIME).max(1);
    let mut lines = Vec::new();
    for line in app.event_log.newest_first() {
        for (at, words) in wrap::wrap(&line.words, columns, columns).into_iter().enumerate() {
            let time = if at == 0 { number::clock(line.at.wall, &app.zone) } else { String::new() };
            lines.push(Line::from(vec![
                Span::styled(format!("{time:TIME$}"), app.theme.style(ColorRole::Dim)),
                Span::raw(words.to_owned()),
            ]));
        }
    }
    if lines.is_empty() {
        lines.push(Line::styled("nothing has happened yet", app.theme.style(ColorRole::Dim)));
    }
    lines
}
