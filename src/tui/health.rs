//! Health of the transports in words: for the status line and the diagnostics.

use ratatui::text::{Line, Span};

use super::app::App;
use super::number;
use super::theme::ColorRole;
use super::widgets::wrap;
use crate::track::{Budget, Health};

/// Columns before what belongs to a transport.
const INDENT: usize = 2;

/// What the transport of the room on screen still gives, if anybody counts.
pub(super) fn budget_text(app: &App, transport: &str) -> Option<String> {
    let health = app.transports.iter().find(|health| health.name.as_str() == transport)?;
    Some(words(app, budget(app, health)?))
}

/// One paragraph for each transport; none before any was tried.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let columns = usize::from(app.size.width).saturating_sub(4 + INDENT).max(1);
    let mut lines = Vec::new();
    for health in app.transports.iter() {
        let state = app.theme.style(ColorRole::Dim);
        lines.push(Line::from(vec![
            Span::raw(format!("{}  ", health.name)),
            Span::styled(standing(app, health), state),
        ]));
        if let Some(budget) = budget(app, health) {
            lines.push(Line::styled(format!("{:INDENT$}{}", "", words(app, budget)), state));
        }
        let error = health.last_error.as_ref().map(|error| wrap::wrap(error.as_str(), columns, columns));
        lines.extend(error.into_iter().flatten().map(|line| Line::raw(format!("{:INDENT$}{line}", ""))));
    }
    lines
}

/// Whether it works, or until when it is left alone.
fn standing(app: &App, health: &Health) -> String {
    let clock = |at: crate::clock::Moment| number::clock(at.wall, &app.zone);
    match (health.not_before.filter(|then| !then.since(app.now).is_zero()), health.last_success, &health.last_error) {
        (Some(then), ..) => format!("left alone until {}", clock(then)),
        (None, Some(since), None) => format!("worked at {}", clock(since)),
        (None, Some(since), Some(_)) => format!("failed; worked at {}", clock(since)),
        (None, None, Some(_)) => "failed".to_owned(),
        (None, None, None) => "not needed yet".to_owned(),
    }
}

/// Its budget, unless that has been renewed since we heard of it.
fn budget<'h>(app: &App, health: &'h Health) -> Option<&'h Budget> {
    health.budget.as_ref().filter(|budget| budget.resets_at.is_none_or(|reset| reset > app.now.wall))
}

fn words(app: &App, budget: &Budget) -> String {
    let s = if budget.left == 1 { "" } else { "s" };
    let label = if budget.label.is_empty() { String::new() } else { format!(" this {}", budget.label) };
    let reset = budget.resets_at.map(|reset| format!(", resets {}", number::clock(reset, &app.zone)));
    format!("{} signature{s} left{label}{}", number::count(budget.left), reset.unwrap_or_default())
}
