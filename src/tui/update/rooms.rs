//! Handler of room updates: the mirror follows.

use std::sync::Arc;

use crate::events::PhaseKind;
use crate::ids::RoomKey;
use crate::record;
use crate::room::{Room, TalliedEvent};
use crate::track::{RoomUpdate, TrackerCommand, TrackerUpdate};
use crate::tui::app::App;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::panes::chat;
use crate::tui::tab::{BACKGROUND_LOG, FOCUS_LOG, Tab};
use crate::tui::widgets::feed::Anchor;

/// Handles news of a room. News of a room that is not known here (any more) is nothing.
pub(super) fn apply_update(app: &mut App, update: TrackerUpdate) -> UpdateOutcome {
    let (key, news) = match update {
        TrackerUpdate::Room(key, news) => (key, news),
        TrackerUpdate::Health(transports) => {
            app.transports = transports;
            return UpdateOutcome::dirty();
        }
    };
    match news {
        RoomUpdate::Added { label } => add_tab(app, Tab::new(key, label)),
        RoomUpdate::Removed { into } => remove_tab(app, key, into),
        RoomUpdate::Events(events) => apply_events(app, key, &events),
        RoomUpdate::Snapshot(room) => replace_mirror(app, key, room),
        RoomUpdate::Lagged(_) => ask_snapshot(app, key),
        RoomUpdate::Raw(_) | RoomUpdate::Frame(_) => UpdateOutcome::UNCHANGED,
    }
}

/// Brings a room on the screen; its log may grow, the one before goes back to the background's share.
pub(super) fn show(app: &mut App, at: usize) -> UpdateOutcome {
    if at >= app.tabs.len() {
        return UpdateOutcome::UNCHANGED;
    }
    app.active = at;
    for (nth, tab) in app.tabs.iter_mut().enumerate() {
        tab.room.chat.set_limit(if nth == at { FOCUS_LOG } else { BACKGROUND_LOG });
        if nth == at {
            tab.unread = 0;
        }
    }
    UpdateOutcome::dirty()
}

fn add_tab(app: &mut App, tab: Tab) -> UpdateOutcome {
    if app.position(tab.key).is_some() {
        return UpdateOutcome::UNCHANGED;
    }
    app.tabs.push(tab);
    // Rooms named at the start come one by one and do not push the first away; one that was asked for here is shown.
    let asked = std::mem::take(&mut app.expects_room);
    show(app, if asked { app.tabs.len() - 1 } else { app.active })
}

fn remove_tab(app: &mut App, key: RoomKey, into: Option<RoomKey>) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::UNCHANGED };
    let gone = app.tabs.remove(at);
    let was_shown = at == app.active;
    if let Some(other) = into.and_then(|into| app.tabs.iter().find(|tab| tab.key == into)) {
        let words = format!("{} and {} are the same room: kept once", gone.name(), other.name());
        app.notify(words);
    }
    let next = match into.and_then(|into| app.position(into)) {
        Some(other) if was_shown => other,
        _ if at < app.active => app.active - 1,
        _ => app.active.min(app.tabs.len().saturating_sub(1)),
    };
    app.active = next;
    show(app, next);
    UpdateOutcome::dirty()
}

fn apply_events(app: &mut App, key: RoomKey, events: &[TalliedEvent]) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::UNCHANGED };
    let shown = at == app.active;
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    let from = tab.room.chat.next_seq();
    let (was, was_recording) = (tab.room.phase.kind, tab.is_recording());
    let mut effects = Vec::new();
    for tallied in events {
        tab.room.apply(&tallied.event);
        if let Some(cue) = record::Cue::from_event(&tallied.event).filter(|_| was_recording) {
            effects.push(Effect::Record(record::RecorderCommand::Cue(key, Box::new(cue))));
        }
    }
    if !shown {
        tab.count_unread(from);
    }
    // The event socket knows the end, and a pause, before the stream does.
    let is = tab.room.phase.kind;
    let command = match is {
        PhaseKind::Ended if was != is => Some(record::RecorderCommand::LiveEnded(key)),
        PhaseKind::Paused if was != is => Some(record::RecorderCommand::LivePaused(key, true)),
        PhaseKind::Live if was == PhaseKind::Paused => Some(record::RecorderCommand::LivePaused(key, false)),
        _ => None,
    };
    effects.extend(command.filter(|_| was_recording).map(Effect::Record));
    UpdateOutcome { dirty: true, effects }
}

fn ask_snapshot(app: &mut App, key: RoomKey) -> UpdateOutcome {
    let Some(tab) = app.tabs.iter_mut().find(|tab| tab.key == key) else { return UpdateOutcome::UNCHANGED };
    // Each time: the snapshot asked for before may itself have met a full queue, which is told as one more loss.
    tab.lagged = true;
    Effect::Track(TrackerCommand::Snapshot(key)).into()
}

fn replace_mirror(app: &mut App, key: RoomKey, room: Arc<Room>) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::UNCHANGED };
    let limit = if at == app.active { FOCUS_LOG } else { BACKGROUND_LOG };
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    tab.room = Arc::unwrap_or_clone(room);
    tab.room.chat.set_limit(limit);
    tab.lagged = false;
    tab.snapshots += 1;
    tab.anchor = chat::clamp_anchor(&tab.room.chat, tab.anchor);
    if tab.anchor == Anchor::Follow && at == app.active {
        tab.unread = 0;
    }
    UpdateOutcome::dirty()
}
