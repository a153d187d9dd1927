//! Search in the rooms: begun, walked through, ended.

use super::remembering;
use crate::tui::app::{App, Popup, Search};
use crate::tui::live_search::{FoundLives, ServiceQuestion};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::panes::chat;
use crate::tui::picker::{Picker, PickerKind};
use crate::tui::search::SearchQuery;
use crate::tui::typed_line::TypedLine;
use crate::tui::widgets::feed::Anchor;

/// Opens the input, with what was looked for last, selected.
pub(super) fn open(app: &mut App) -> UpdateOutcome {
    let text = match app.overview {
        Some(_) => app.room_filter.clone(),
        None => app.search.as_ref().map(|search| search.query.text.clone()).unwrap_or_default(),
    };
    app.popup = Some(Popup::Search { input: TypedLine::selected(text), error: None });
    UpdateOutcome::dirty()
}

/// Opens the search for lives that are on now.
pub(super) fn open_lives(app: &mut App) -> UpdateOutcome {
    app.popup = Some(Popup::Pick(Picker::new(PickerKind::SearchLives)));
    UpdateOutcome::dirty()
}

/// Asks the service for lives; the list stays open for its answer.
pub(super) fn look_for_lives(app: &mut App, picker: Picker, words: String) -> UpdateOutcome {
    app.popup = Some(Popup::Pick(picker));
    app.found_lives = Some(FoundLives::Asked(words.clone()));
    Effect::AskService(ServiceQuestion::Lives(words)).into()
}

/// Looks for what was typed and marks the newest row that fits; nothing typed ends the search.
pub(super) fn begin(app: &mut App, input: TypedLine) -> UpdateOutcome {
    if app.overview.is_some() {
        return super::overview::filter(app, input.value());
    }
    if input.value().trim().is_empty() {
        end(app);
        return UpdateOutcome::dirty();
    }
    match SearchQuery::parse(input.value(), app.now, &app.zone) {
        Err(error) => app.popup = Some(Popup::Search { input, error: Some(error) }),
        Ok(query) => {
            let hides = app.search.as_ref().is_some_and(|search| search.hides);
            app.search = Some(Search { query, hides });
            apply(app);
            if let Some(tab) = app.tab_mut() {
                tab.marked = None;
            }
            return step(app, false);
        }
    }
    UpdateOutcome::dirty()
}

/// Looks for what a saved filter says, and hides the rest.
pub(super) fn filter_by(app: &mut App, query: String) -> UpdateOutcome {
    app.overview = None;
    drop(begin(app, TypedLine::from(query)));
    if let Some(search) = &mut app.search {
        search.hides = true;
        apply(app);
    }
    // A filter hides what does not fit: where nothing fits yet, something may come.
    app.popup.take_if(|popup| matches!(popup, Popup::Pick(_)));
    UpdateOutcome::dirty()
}

/// Ends the search; whether there was one.
pub(super) fn end(app: &mut App) -> bool {
    let was = app.search.take().is_some();
    apply(app);
    was
}

/// Hides what does not fit, or shows it again.
pub(super) fn toggle_filter(app: &mut App) -> UpdateOutcome {
    match &mut app.search {
        Some(search) => search.hides = !search.hides,
        None => return open(app),
    }
    apply(app);
    let marked = app.tab_mut().and_then(|tab| {
        // What is shown now is another list: its last page, with the mark in sight.
        tab.anchor = Anchor::Follow;
        tab.marked.take_if(|seq| tab.found.as_ref().is_some_and(|found| found.has(*seq)))
    });
    if let Some(seq) = marked {
        chat::mark_row(app, seq);
    }
    UpdateOutcome::dirty()
}

/// Marks the match before the marked row, or after it.
pub(super) fn step(app: &mut App, forward: bool) -> UpdateOutcome {
    if app.search.is_none() {
        return open(app);
    }
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let from = tab.marked.unwrap_or(tab.room.chat.next_seq());
    let next = tab.found.as_ref().and_then(|found| found.step(from, forward));
    if let Some(seq) = next.filter(|seq| tab.room.chat.get(*seq).is_some()) {
        chat::mark_row(app, seq);
    } else if !forward && app.remembered.is_kept {
        // The log ends here, what is kept goes on.
        app.notify("no more here: this is what the history has");
        return remembering::open_search_further(app);
    } else {
        let side = if forward { "after" } else { "before" };
        app.notify(format!("no match {side} this row"));
    }
    UpdateOutcome::dirty()
}

/// Looks through all rooms for what is wanted now.
pub(super) fn apply(app: &mut App) {
    let (query, hides) =
        (app.search.as_ref().map(|search| &search.query), app.search.as_ref().is_some_and(|s| s.hides));
    app.tabs.iter_mut().for_each(|tab| tab.search(query, hides));
}
