//! Handler of the graphs: how much of the past they show, and where they are read.

use crate::tui::app::App;
use crate::tui::msg::UpdateOutcome;
use crate::tui::panes::graphs::{self, GraphWindow};

/// Shows more of the past, or less.
pub(super) fn set_window(app: &mut App, change: impl Fn(GraphWindow) -> GraphWindow) -> UpdateOutcome {
    if app.tab().is_none() {
        return UpdateOutcome::UNCHANGED;
    }
    app.graph.window = change(app.graph.window);
    app.notify(format!("graphs of {}", app.graph.window.name()));
    UpdateOutcome::dirty()
}

/// Moves the cursor.
pub(super) fn step(app: &mut App, back: bool) -> UpdateOutcome {
    if app.tab().is_none() || app.overview.is_some() {
        return UpdateOutcome::UNCHANGED;
    }
    graphs::move_cursor(app, back);
    UpdateOutcome::dirty()
}
