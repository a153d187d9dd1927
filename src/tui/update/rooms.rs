//! News of a room: the mirror follows.

use std::sync::Arc;

use super::searching;
use crate::events::PhaseKind;
use crate::ids::RoomKey;
use crate::record;
use crate::room::{Noted, Room, Seq};
use crate::track::{RoomUpdate, TrackerCommand, TrackerUpdate};
use crate::tui::app::App;
use crate::tui::journal;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::panes::chat;
use crate::tui::tab::{Tab, log_share};

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
        RoomUpdate::Added { label } => {
            let tab = Tab::new(key, label, app.screen.handles, app.now);
            added(app, tab)
        }
        RoomUpdate::Removed { into } => removed(app, key, into),
        RoomUpdate::Events(events) => happened(app, key, &events),
        RoomUpdate::Snapshot(room) => replaced(app, key, room),
        RoomUpdate::Lagged(_) => lagged(app, key),
        RoomUpdate::Raw(_) | RoomUpdate::Frame(_) => UpdateOutcome::QUIET,
    }
}

/// Brings a room on the screen.
pub(super) fn show(app: &mut App, at: usize) -> UpdateOutcome {
    if at >= app.tabs.len() {
        return UpdateOutcome::QUIET;
    }
    if app.active != at {
        app.shown_since = app.now;
    }
    app.active = at;
    UpdateOutcome::dirty()
}

fn added(app: &mut App, tab: Tab) -> UpdateOutcome {
    if app.position(tab.key).is_some() {
        return UpdateOutcome::QUIET;
    }
    app.tabs.push(tab);
    searching::apply(app);
    share_memory(app);
    // Rooms named at the start come one by one and do not push the first away; one that was asked for here is shown.
    let asked = std::mem::take(&mut app.expects_room);
    show(app, if asked { app.tabs.len() - 1 } else { app.active })
}

fn removed(app: &mut App, key: RoomKey, into: Option<RoomKey>) -> UpdateOutcome {
    app.closed.take_if(|closed| closed.tab.key == key);
    let Some(at) = app.position(key) else { return UpdateOutcome::QUIET };
    let was_shown = at == app.active;
    let gone = take_tab(app, at);
    if let Some(other) = into.and_then(|into| app.position(into)) {
        let name = app.tabs.get(other).map(|tab| tab.name().to_owned()).unwrap_or_default();
        app.notify(format!("{} and {name} are the same room: kept once", gone.name()));
        if was_shown {
            show(app, other);
        }
    }
    UpdateOutcome::dirty()
}

/// Takes a room off the screen; the one after it comes in its place.
pub(super) fn take_tab(app: &mut App, at: usize) -> Tab {
    let gone = app.tabs.remove(at);
    if at == app.active {
        app.shown_since = app.now;
    }
    app.active = if at < app.active { app.active - 1 } else { app.active.min(app.tabs.len().saturating_sub(1)) };
    share_memory(app);
    gone
}

/// Gives each room's log its part of the memory.
fn share_memory(app: &mut App) {
    let (share, now) = (log_share(app.tabs.len()), app.now);
    app.tabs.iter_mut().for_each(|tab| tab.room.chat.set_max_bytes(share, now));
}

fn happened(app: &mut App, key: RoomKey, events: &[Noted]) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::QUIET };
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::QUIET };
    let from = tab.room.chat.next_seq();
    let (was, was_recording) = (tab.room.phase.kind, tab.is_recording());
    let mut effects = Vec::new();
    for noted in events {
        tab.room.apply(&noted.event);
        if let Some(words) = journal::words_of(tab.name(), &noted.event) {
            app.journal.tell(noted.event.at, words);
        }
        if let Some(cue) = record::Cue::from_event(&noted.event).filter(|_| was_recording) {
            effects.push(Effect::Record(record::RecorderCommand::Cue(key, Box::new(cue))));
        }
    }
    tab.count_unread(from);
    tab.learn_names(from);
    if let Some(search) = &app.search {
        tab.find_from(&search.query, from);
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

fn lagged(app: &mut App, key: RoomKey) -> UpdateOutcome {
    let Some(tab) = app.tabs.iter_mut().find(|tab| tab.key == key) else { return UpdateOutcome::QUIET };
    // Each time: the snapshot asked for before may itself have met a full queue, which is told as one more loss.
    tab.lagged = true;
    Effect::Track(TrackerCommand::Snapshot(key)).into()
}

fn replaced(app: &mut App, key: RoomKey, room: Arc<Room>) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::QUIET };
    let now = app.now;
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::QUIET };
    let before = std::mem::replace(&mut tab.room, Arc::unwrap_or_clone(room));
    tab.room.chat.keep_older(before.chat, now);
    tab.lagged = false;
    tab.composed += 1;
    tab.learn_names(Seq(0));
    tab.search(app.search.as_ref().map(|search| &search.query), app.search.as_ref().is_some_and(|search| search.hides));
    tab.anchor = chat::clamp_anchor(&tab.room.chat, tab.anchor);
    UpdateOutcome::dirty()
}
