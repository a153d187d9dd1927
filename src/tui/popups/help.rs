//! Popup with all keys, from the table of actions, and all panes, from theirs: how to leave first, then what works where the
//! person stands, then the rest.

use ratatui::text::{Line, Span};

use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::glyphs;
use crate::tui::panes::PaneId;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::wrap;

/// What helps when a person does not know where they are.
const FIRST: [Action; 2] = [Action::Quit, Action::Help];
/// What rows of an overview are for.
const OVERVIEW: &[Action] = &[
    Action::Open,
    Action::ChooseRoom,
    Action::Sort,
    Action::Search,
    Action::CloseRoom,
    Action::Record,
    Action::Retry,
    Action::ScrollUp,
    Action::ScrollDown,
    Action::Dismiss,
];

/// The title, with the key that searches.
pub(super) fn title(app: &App) -> String {
    app.key(Action::Search).map_or_else(|| "Keys".to_owned(), |key| format!("Keys {} {key} searches", glyphs::DOT))
}

/// What can be done where the person stands, and what that place is called.
fn here(app: &App) -> (&'static str, &'static [Action]) {
    if app.overview.is_some() {
        return ("all rooms", OVERVIEW);
    }
    let pane = app.focused().pane();
    (pane.title(), pane.actions())
}

/// One line an action that does something here: its keys as the person has them, and what it does. Then one a pane:
/// what it shows and its keys.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let wide = Action::ALL.iter().map(|&action| crate::text::width(&app.keymap.labels(action))).max().unwrap_or(0);
    let (place, own) = here(app);
    let row = |action: &Action| (app.keymap.labels(*action), action.help());
    let offered = |actions: &[Action]| {
        actions.iter().filter(|&&action| app.is_available(action)).map(row).collect::<Vec<(String, &str)>>()
    };
    let others: Vec<_> =
        Action::ALL.iter().copied().filter(|action| !FIRST.contains(action) && !own.contains(action)).collect();
    let heading = |words: String| Line::styled(words, app.theme.style(ColorRole::Dim));
    let columns = usize::from(app.size.width).saturating_sub(4 + wide + 2).max(1);
    // What is too long for a row goes on below itself.
    let line = |(keys, help): (String, &'static str)| {
        let keys = if keys.is_empty() { "-".to_owned() } else { keys };
        let pad = wide - crate::text::width(&keys).min(wide);
        let mut head = vec![Span::styled(keys, app.theme.style(ColorRole::Accent)), Span::raw(" ".repeat(pad + 2))];
        wrap::wrap(help, columns, columns).into_iter().map(move |words| {
            let before = std::mem::replace(&mut head, vec![Span::raw(" ".repeat(wide + 2))]);
            Line::from(before.into_iter().chain([Span::raw(words.to_owned())]).collect::<Vec<_>>())
        })
    };
    let panes = PaneId::ALL.iter().map(|id| {
        let pane = id.pane();
        let keys: Vec<String> = pane.actions().iter().filter_map(|&action| app.key(action)).collect();
        (pane.title().to_owned(), pane.help(), keys.join(" "))
    });
    let panes = panes.map(|(title, help, keys)| {
        let pad = wide.saturating_sub(crate::text::width(&title));
        Line::from(vec![
            Span::styled(title, app.theme.style(ColorRole::Accent)),
            Span::raw(" ".repeat(pad + 2)),
            Span::raw(help),
            Span::styled(format!("  {keys}"), app.theme.style(ColorRole::Dim)),
        ])
    });
    let mut lines: Vec<_> = offered(&FIRST).into_iter().flat_map(line).collect();
    lines.push(heading(format!("Here: {place}")));
    lines.extend(offered(own).into_iter().flat_map(line));
    lines.push(heading("Everything else".to_owned()));
    lines.extend(offered(&others).into_iter().flat_map(line));
    lines.push(heading("Panes".to_owned()));
    lines.extend(panes);
    lines
}
