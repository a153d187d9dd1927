//! Handler of what is done with a person: ignored, let stand out, shown as a code for the phone.

use std::sync::Arc;
use std::time::Duration;

use crate::events::Viewer;
use crate::ids::RoomKey;
use crate::room::Seq;
use crate::tui::app::{App, PersonCard, Popup};
use crate::tui::msg::UpdateOutcome;
use crate::tui::picker::{Picker, PickerKind};

/// Asks where and for how long somebody is ignored.
pub(super) fn ask_ignore(app: &mut App) -> UpdateOutcome {
    let Some(Popup::Person(card)) = app.popup.take() else { return UpdateOutcome::UNCHANGED };
    app.picked = Some(card);
    app.popup = Some(Popup::Pick(Picker::new(PickerKind::Ignore)));
    UpdateOutcome::dirty()
}

/// Ignores whom the list was about.
pub(super) fn ignore(app: &mut App, here: bool, minutes: Option<u64>) -> UpdateOutcome {
    let Some(PersonCard { viewer, room, .. }) = app.picked.take() else { return UpdateOutcome::dirty() };
    let until = minutes.map(|minutes| app.now + Duration::from_secs(60 * minutes));
    app.people.ignore(&viewer, here.then_some(room), until);
    let place = if here { "here" } else { "everywhere" };
    let long = minutes.map_or_else(|| "from now on".to_owned(), |minutes| format!("for {minutes} minutes"));
    app.notify(format!("{} is not shown {place} {long}", viewer.name()));
    show_again(app);
    UpdateOutcome::dirty()
}

/// Ignores somebody no longer.
pub(super) fn forgive(app: &mut App) -> UpdateOutcome {
    let Some(PersonCard { viewer, .. }) = app.picked.take() else { return UpdateOutcome::dirty() };
    app.people.forgive(&viewer);
    app.notify(format!("{} is shown again", viewer.name()));
    show_again(app);
    UpdateOutcome::dirty()
}

/// Lets the person of the card or of the marked row stand out, or no longer.
pub(super) fn toggle_highlight(app: &mut App, viewer: &Viewer) -> UpdateOutcome {
    let stands_out = app.people.toggle_highlight(viewer);
    let words = if stands_out { "stands out, and comes into the inbox" } else { "stands out no longer" };
    app.notify(format!("{} {words}", viewer.name()));
    // Rows that were composed before look otherwise now.
    app.tabs.iter_mut().for_each(|tab| tab.composed += 1);
    UpdateOutcome::dirty()
}

/// Shows the codes of the person for a phone, or takes them away.
pub(super) fn toggle_codes(app: &mut App) -> UpdateOutcome {
    match &mut app.popup {
        Some(Popup::Person(card)) => {
            card.codes = !card.codes;
            card.from = 0;
            UpdateOutcome::dirty()
        }
        _ => UpdateOutcome::UNCHANGED,
    }
}

/// Leaves out of the room what is too much to read, or no longer.
pub(super) fn toggle_slow(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tabs.get_mut(app.active) else { return UpdateOutcome::UNCHANGED };
    tab.is_slow = !tab.is_slow;
    let words = if tab.is_slow {
        "slow view: one ordinary comment a second, all that matters"
    } else {
        "every comment is shown"
    };
    let from = if tab.is_slow { tab.room.chat.next_seq() } else { Seq(0) };
    tab.hide_rows(&app.screen, &app.people, from);
    app.notify(words);
    UpdateOutcome::dirty()
}

/// Decides anew which rows of all rooms are shown.
fn show_again(app: &mut App) {
    for tab in &mut app.tabs {
        tab.hide_rows(&app.screen, &app.people, Seq(0));
    }
}

/// The room and person a card of the marked row is about.
pub(super) fn card(viewer: Arc<Viewer>, room: RoomKey) -> PersonCard {
    PersonCard { viewer, room, from: 0, codes: false }
}
