//! Popup with all keys, from the table of actions, and all panes, from theirs.

use ratatui::text::{Line, Span};

use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::panes::PaneId;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::wrap;

/// One line an action that does something here: its keys as the person has them, and what it does. Then one a pane:
/// what it shows and its keys.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let offered = Action::ALL.iter().filter(|&&action| app.is_available(action));
    let keys: Vec<(String, &str)> = offered.map(|&act| (app.keymap.labels(act), act.help())).collect();
    let wide = keys.iter().map(|(keys, _)| crate::text::width(keys)).max().unwrap_or(0);
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
    keys.into_iter().flat_map(line).chain([Line::default(), Line::raw("Panes")]).chain(panes).collect()
}
