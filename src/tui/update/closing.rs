//! Closing of rooms, and bringing them back for a while.

use std::time::Duration;

use super::rooms;
use crate::ids::{RoomKey, Target};
use crate::record::RecorderCommand;
use crate::track::TrackerCommand;
use crate::tui::action::Action;
use crate::tui::app::{App, ClosedRoom, ConfirmQuestion, Popup};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::{overview, summary};

/// So long a closed room can be brought back.
const UNDO: Duration = Duration::from_secs(10);
/// What has been watched for so long is not closed unasked.
const LONG: Duration = Duration::from_secs(5 * 60);

/// Closes the room on the screen; asks where something would be lost by it. On a service it asks what is meant: the room is watched
/// for other screens too.
pub(super) fn close(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let key = tab.key;
    if app.attached || tab.is_recording() || (!app.replay && app.now.since(tab.added) >= LONG) {
        app.popup = Some(Popup::Confirm(ConfirmQuestion::Close(key)));
        return UpdateOutcome::dirty();
    }
    close_now(app, key)
}

/// Closes the rooms that are chosen in an overview; asks where it would be asked for one of them, and for more than one.
pub(super) fn close_chosen(app: &mut App) -> UpdateOutcome {
    match overview::chosen(app).as_slice() {
        [] => UpdateOutcome::UNCHANGED,
        [only] => {
            app.active = *only;
            super::overview::unchoose(app);
            close(app)
        }
        _ => {
            app.popup = Some(Popup::Confirm(ConfirmQuestion::CloseChosen));
            UpdateOutcome::dirty()
        }
    }
}

/// The question whether to close a room was answered with yes.
pub(super) fn accept(app: &mut App, key: RoomKey) -> UpdateOutcome {
    if app.attached { hide(app, &[key]) } else { close_now(app, key) }
}

/// The question whether to close the chosen rooms was answered with yes.
pub(super) fn accept_chosen(app: &mut App) -> UpdateOutcome {
    let keys = take_chosen(app);
    if app.attached { hide(app, &keys) } else { close_all(app, keys) }
}

/// The other answer on the screen of a service: the rooms are closed for everybody.
pub(super) fn remove_from_service(app: &mut App) -> UpdateOutcome {
    let question = match app.popup {
        Some(Popup::Confirm(question @ (ConfirmQuestion::Close(_) | ConfirmQuestion::CloseChosen))) if app.attached => {
            question
        }
        _ => return UpdateOutcome::UNCHANGED,
    };
    app.popup = None;
    if let ConfirmQuestion::Close(key) = question {
        return close_now(app, key);
    }
    let keys = take_chosen(app);
    close_all(app, keys)
}

/// Takes rooms off this screen. The service goes on with them, and they can be brought back as long as the screen is open.
fn hide(app: &mut App, keys: &[RoomKey]) -> UpdateOutcome {
    for key in keys {
        if let Some(at) = app.position(*key) {
            let tab = rooms::detach_tab(app, at);
            app.inbox.forget(*key);
            app.hidden.push(ClosedRoom { tab, at, until: app.now });
        }
    }
    let names: Vec<_> = app.hidden.iter().rev().take(keys.len()).map(|hidden| hidden.tab.name()).collect();
    let (what, which) = match names.as_slice() {
        [name] => (format!("{name} is"), "it"),
        names => (format!("{} rooms are", names.len()), "one after the other"),
    };
    let way = app.key(Action::Undo).map(|key| format!("; {key} brings {which} back")).unwrap_or_default();
    app.notify(format!("{what} hidden on this screen, the service goes on{way}"));
    UpdateOutcome::dirty()
}

/// Brings a room back that was hidden on this screen: this one, or the last.
fn show_hidden(app: &mut App, key: Option<RoomKey>) -> Option<UpdateOutcome> {
    let index = app.hidden.iter().rposition(|hidden| key.is_none_or(|key| hidden.tab.key == key))?;
    let hidden = app.hidden.remove(index);
    Some(bring_back(app, hidden))
}

/// Brings a room back that is named and was closed or hidden; nothing where there is none.
pub(super) fn undo_named(app: &mut App, target: &Target) -> Option<UpdateOutcome> {
    if app.closed.as_ref().is_some_and(|closed| closed.tab.is(target)) {
        return Some(undo(app));
    }
    let key = app.hidden.iter().find(|hidden| hidden.tab.is(target))?.tab.key;
    show_hidden(app, Some(key))
}

fn take_chosen(app: &mut App) -> Vec<RoomKey> {
    let keys = overview::chosen(app).into_iter().filter_map(|at| app.tabs.get(at)).map(|tab| tab.key).collect();
    super::overview::unchoose(app);
    keys
}

/// Closes rooms unasked; only the last of them can be brought back.
fn close_all(app: &mut App, keys: Vec<RoomKey>) -> UpdateOutcome {
    let count = keys.len();
    let effects = keys.into_iter().flat_map(|key| close_now(app, key).effects).collect();
    app.notify(format!("closed {count} rooms"));
    UpdateOutcome { dirty: true, effects }
}

/// Leaves a screen whose service goes on: a room that was closed a moment ago is closed there too.
pub(super) fn leave(app: &mut App) -> UpdateOutcome {
    let effects = forget(app).into_iter().chain([Effect::Quit]).collect();
    UpdateOutcome { dirty: true, effects }
}

/// Whether the dashboard has been open for so long that it is not left unasked. A replay can be had again.
pub(super) fn is_long(app: &App) -> bool {
    !app.replay && !app.tabs.is_empty() && app.now.since(app.opened) >= LONG
}

/// Closes a room unasked. It is still tracked for a while, so that it can be brought back as it is.
pub(super) fn close_now(app: &mut App, key: RoomKey) -> UpdateOutcome {
    let mut effects = Vec::from_iter(forget(app));
    let Some(at) = app.position(key) else { return UpdateOutcome { dirty: true, effects } };
    let tab = rooms::detach_tab(app, at);
    if tab.is_recording() {
        effects.push(Effect::Record(RecorderCommand::Stop(key)));
    }
    let way = app.key(Action::Undo).map(|key| format!("; {key} brings it back")).unwrap_or_default();
    app.notify(format!("closed {}{way}", tab.name()));
    app.closed = Some(ClosedRoom { tab, at, until: app.now + UNDO });
    UpdateOutcome { dirty: true, effects }
}

/// Brings the room back that was closed last.
pub(super) fn undo(app: &mut App) -> UpdateOutcome {
    if let Some(closed) = app.closed.take() {
        return bring_back(app, closed);
    }
    show_hidden(app, None).unwrap_or_else(|| {
        app.notify("no room was closed in the last ten seconds");
        UpdateOutcome::dirty()
    })
}

fn bring_back(app: &mut App, ClosedRoom { tab, at, .. }: ClosedRoom) -> UpdateOutcome {
    let (key, at) = (tab.key, at.min(app.tabs.len()));
    app.tabs.insert(at, tab);
    app.shown_since = app.now;
    app.active = at;
    // What came meanwhile was not heard here.
    Effect::Track(TrackerCommand::Snapshot(key)).into()
}

/// Lets the closed room go once its time is over.
pub(super) fn expire(app: &mut App) -> Option<Effect> {
    app.closed.as_ref().filter(|closed| closed.until.since(app.now).is_zero())?;
    forget(app)
}

/// How long the closed room can still be brought back.
pub(super) fn left(app: &App) -> Option<Duration> {
    app.closed.as_ref().map(|closed| closed.until.since(app.now))
}

fn forget(app: &mut App) -> Option<Effect> {
    let ClosedRoom { tab, .. } = app.closed.take()?;
    summary::keep(app, &tab);
    app.inbox.forget(tab.key);
    Some(Effect::Track(TrackerCommand::Remove(tab.key)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{on_air, press};
    use super::*;

    fn attached() -> App {
        let mut app = on_air();
        app.attached = true;
        app
    }

    #[test]
    fn on_a_service_a_room_is_hidden_here_and_comes_back() {
        let mut app = attached();
        assert_eq!((press(&mut app, "x"), press(&mut app, "enter")), (vec![], vec![]));
        assert!(app.tabs.is_empty() && app.toast.as_ref().unwrap().text.as_str().contains("the service goes on"));
        let back = [Effect::Track(TrackerCommand::Snapshot(RoomKey(1)))];
        assert_eq!(press(&mut app, "u"), back);
        assert_eq!(app.tab().map(crate::tui::tab::Tab::name), Some("ana"));
        press(&mut app, "x");
        press(&mut app, "enter");
        let named = undo_named(&mut app, &"@ana".parse().unwrap()).unwrap();
        assert_eq!((named.effects, app.tabs.len()), (back.to_vec(), 1), "named again");
        press(&mut app, "x");
        press(&mut app, "enter");
        assert_eq!(press(&mut app, "q"), [Effect::Quit], "leaving takes nothing away");
    }

    #[test]
    fn on_a_service_a_room_is_removed_for_all_only_where_that_is_said() {
        let mut app = attached();
        press(&mut app, "X");
        assert_eq!(app.tabs.len(), 1, "without a question it means nothing");
        press(&mut app, "x");
        assert_eq!(press(&mut app, "X"), []);
        assert!(app.tabs.is_empty() && app.popup.is_none());
        assert_eq!(press(&mut app, "q"), [Effect::Track(TrackerCommand::Remove(RoomKey(1))), Effect::Quit]);
    }
}
