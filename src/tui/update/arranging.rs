//! Handler of the arrangement of the panes, the theme and the saved filters.

use crate::tui::app::App;
use crate::tui::arrangement::Arrangement;
use crate::tui::msg::UpdateOutcome;
use crate::tui::panes::PaneId;
use crate::tui::roster::RosterState;
use crate::tui::theme::Theme;

/// Lays the panes out by name.
pub(super) fn set_layout(app: &mut App, name: &str) -> UpdateOutcome {
    if let Some((layout, opens)) = Arrangement::named(name, &app.screen) {
        app.notify(format!("layout {name}"));
        (app.layout, app.zoom, app.focus) = (layout, None, PaneId::Chat);
        app.overview = opens.filter(|_| !app.tabs.is_empty());
    }
    UpdateOutcome::dirty()
}

/// Makes the columns beside the chat wider or narrower.
pub(super) fn resize(app: &mut App, wider: bool) -> UpdateOutcome {
    if app.layout.strips {
        app.notify("the panes of this layout are strips: choose another layout first");
        return UpdateOutcome::dirty();
    }
    app.layout.resize(wider);
    app.notify(format!("beside the chat: {} % of the width", app.layout.side));
    UpdateOutcome::dirty()
}

/// Takes the focused pane off the screen; with the focus on the chat all panes of the layout come back.
pub(super) fn hide(app: &mut App) -> UpdateOutcome {
    let pane = app.focused();
    if pane == PaneId::Chat {
        let name = app.layout.name.clone();
        if let Some((layout, _)) = Arrangement::named(&name, &app.screen) {
            app.layout = layout;
        }
        app.notify(format!("all panes of the layout {name} are shown"));
        return UpdateOutcome::dirty();
    }
    app.layout.toggle(pane);
    (app.zoom, app.focus) = (None, PaneId::Chat);
    app.notify(format!("{} is not shown; with the focus on the chat the same key brings it back", pane.pane().title()));
    UpdateOutcome::dirty()
}

/// Puts the focused pane before the one above it.
pub(super) fn move_up(app: &mut App) -> UpdateOutcome {
    let pane = app.focused();
    if pane == PaneId::Chat {
        app.notify("the chat keeps its place: focus another pane first");
    } else {
        app.layout.move_up(pane);
    }
    UpdateOutcome::dirty()
}

/// Shows a pane and puts the focus there, or takes it away.
pub(super) fn toggle_pane(app: &mut App, pane: PaneId) -> UpdateOutcome {
    if app.tab().is_none() {
        return UpdateOutcome::UNCHANGED;
    }
    app.overview = None;
    let is_shown = app.layout.toggle(pane);
    if let (PaneId::Viewers, Some(tab)) = (pane, app.tab_mut()) {
        // One that was refused is asked for again.
        (tab.roster, tab.roster_asked) =
            (RosterState::default(), tab.roster_asked.filter(|_| !matches!(tab.roster, RosterState::Refused(_))));
    }
    app.focus = if is_shown { pane } else { PaneId::Chat };
    // Where there is no room beside the chat it opens over it.
    let fits = app.plan().area(pane).height > 1;
    app.zoom = (is_shown && !fits).then_some(pane);
    UpdateOutcome::dirty()
}

/// Draws in the colours of a theme.
pub(super) fn set_theme(app: &mut App, name: &str) -> UpdateOutcome {
    match Theme::named(name, app.depth, app.theme.is_mono()) {
        Ok(theme) => {
            app.theme = theme;
            name.clone_into(&mut app.screen.theme);
            app.tabs.iter_mut().for_each(|tab| tab.composed += 1);
            app.notify(format!("theme {name}"));
        }
        Err(error) => app.warn(error.to_string()),
    }
    UpdateOutcome::dirty()
}

/// Keeps what is looked for under a name.
pub(super) fn save_filter(app: &mut App, name: &str) -> UpdateOutcome {
    let Some(search) = &app.search else { return UpdateOutcome::dirty() };
    let query = search.query.text.clone();
    app.screen.filters.insert(name.to_owned(), query);
    app.notify(format!("the search is kept as {name}"));
    UpdateOutcome::dirty()
}
