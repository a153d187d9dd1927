//! Handler of "more like this": rules for the inbox made from a row.

use crate::events::Viewer;
use crate::room::{LogEntry, Seq};
use crate::tui::app::{App, Popup};
use crate::tui::msg::UpdateOutcome;
use crate::tui::number;
use crate::tui::picker::{Picker, PickerKind};
use crate::tui::{glyphs, panes::PaneId};

/// Asks what of the marked row more is wanted of.
pub(super) fn ask(app: &mut App) -> UpdateOutcome {
    let Some(entry) = marked(app) else {
        let way = |action| app.key(action).unwrap_or_default();
        let (up, down) = (way(crate::tui::action::Action::ScrollUp), way(crate::tui::action::Action::ScrollDown));
        app.notify(format!("no row is marked: {up} and {down} mark one in the chat or in the inbox"));
        return UpdateOutcome::dirty();
    };
    app.liked = Some(entry);
    app.popup = Some(Popup::Pick(Picker::new(PickerKind::MoreLike)));
    UpdateOutcome::dirty()
}

/// The marked row of the chat, or the one that the chosen item of the inbox is about.
fn marked(app: &App) -> Option<LogEntry> {
    let of = |room, seq: Seq| app.position(room).and_then(|at| app.tabs.get(at))?.room.chat.get(seq).cloned();
    match &app.popup {
        Some(Popup::Inbox(chosen)) => {
            let item = app.inbox.newest_first().nth(*chosen)?;
            of(item.room, item.seq?)
        }
        Some(_) => None,
        None => {
            let tab = app.tab().filter(|_| app.overview.is_none() && app.focused() == PaneId::Chat)?;
            of(tab.key, tab.marked?)
        }
    }
}

/// Lets a word or a search stand out, or no longer.
pub(super) fn toggle(app: &mut App, text: &str) -> UpdateOutcome {
    let words = if app.people.words.toggle(text) { "comes into the inbox from now on" } else { "comes no longer" };
    compose_again(app, format!("{text} {words}"))
}

/// Lets a person stand out, or no longer.
pub(super) fn toggle_person(app: &mut App, viewer: &Viewer) -> UpdateOutcome {
    let words =
        if app.people.toggle_highlight(viewer) { "comes into the inbox from now on" } else { "comes no longer" };
    compose_again(app, format!("{} {words}", viewer.name()))
}

/// Gifts of so many coins or more are to be thanked for, and come into the inbox.
pub(super) fn thank_from(app: &mut App, coins: u64) -> UpdateOutcome {
    app.screen.thank_from = coins.max(1);
    app.notify(format!("gifts from {} {} come into the inbox from now on", number::count(coins), glyphs::GIFT));
    UpdateOutcome::dirty()
}

/// Rows that were composed before look otherwise now.
fn compose_again(app: &mut App, words: String) -> UpdateOutcome {
    app.tabs.iter_mut().for_each(|tab| tab.composed += 1);
    app.notify(words);
    UpdateOutcome::dirty()
}
