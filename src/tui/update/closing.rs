//! Closing of rooms, and bringing them back for a while.

use std::time::Duration;

use super::rooms;
use crate::ids::RoomKey;
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

/// Closes the room on the screen; asks where something would be lost by it.
pub(super) fn close(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let key = tab.key;
    if tab.is_recording() || (!app.replay && app.now.since(tab.added) >= LONG) {
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

/// Closes the chosen rooms unasked; only the last of them can be brought back.
pub(super) fn close_chosen_now(app: &mut App) -> UpdateOutcome {
    let keys: Vec<_> = overview::chosen(app).into_iter().filter_map(|at| app.tabs.get(at)).map(|tab| tab.key).collect();
    super::overview::unchoose(app);
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
    let Some(ClosedRoom { tab, at, .. }) = app.closed.take() else {
        app.notify("no room was closed in the last ten seconds");
        return UpdateOutcome::dirty();
    };
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
