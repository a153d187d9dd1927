//! Handler of room updates: the mirror follows.

use std::sync::Arc;
use std::time::Duration;

use super::searching;
use crate::clock::Moment;
use crate::config::NotifyWay;
use crate::events::PhaseKind;
use crate::ids::RoomKey;
use crate::record;
use crate::room::{Room, RoomSummary, Seq, TalliedEvent};
use crate::track::{RoomUpdate, TrackerCommand, TrackerUpdate};
use crate::tui::app::App;
use crate::tui::event_log;
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::panes::{chat, phase};
use crate::tui::tab::{Tab, log_share};

/// Of a room that was watched before, so much comes into the inbox.
const INBOX_FROM_MS: u64 = 60_000;
/// Who pressed a key so lately is looking.
const LOOKS_FOR: Duration = Duration::from_secs(20);
/// The terminal tells of something once in so long.
const NOTIFY_EVERY: Duration = Duration::from_secs(5);
/// A room that is tried again later than this needs somebody.
const TROUBLE_FROM: Duration = Duration::from_secs(60);

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
            add_tab(app, tab)
        }
        RoomUpdate::Removed { into } => remove_tab(app, key, into),
        RoomUpdate::Events(events) => apply_events(app, key, &events),
        RoomUpdate::Snapshot(room) => replace_mirror(app, key, room),
        RoomUpdate::Summary(summary) => apply_summary(app, key, *summary),
        RoomUpdate::Lagged(_) => ask_snapshot(app, key),
        RoomUpdate::Raw(_) | RoomUpdate::Frame(_) => UpdateOutcome::UNCHANGED,
    }
}

/// Brings a room on the screen.
pub(super) fn show(app: &mut App, at: usize) -> UpdateOutcome {
    if at >= app.tabs.len() {
        return UpdateOutcome::UNCHANGED;
    }
    if app.active != at || app.overview.is_some() {
        app.shown_since = app.now;
    }
    (app.active, app.overview) = (at, None);
    UpdateOutcome::dirty()
}

fn add_tab(app: &mut App, tab: Tab) -> UpdateOutcome {
    if app.position(tab.key).is_some() {
        return UpdateOutcome::UNCHANGED;
    }
    app.tabs.push(tab);
    searching::apply(app);
    share_memory(app);
    // Rooms named at the start come one by one and do not push the first away; one that was asked for here is shown.
    let asked = std::mem::take(&mut app.expects_room);
    if asked { show(app, app.tabs.len() - 1) } else { UpdateOutcome::dirty() }
}

fn remove_tab(app: &mut App, key: RoomKey, into: Option<RoomKey>) -> UpdateOutcome {
    app.closed.take_if(|closed| closed.tab.key == key);
    app.hidden.retain(|hidden| hidden.tab.key != key);
    let Some(at) = app.position(key) else { return UpdateOutcome::UNCHANGED };
    let was_shown = at == app.active;
    let gone = detach_tab(app, at);
    app.inbox.forget(key);
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
pub(super) fn detach_tab(app: &mut App, at: usize) -> Tab {
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

fn apply_events(app: &mut App, key: RoomKey, events: &[TalliedEvent]) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::UNCHANGED };
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    (tab.is_summed_up, tab.asked) = (false, None);
    let from = tab.room.chat.next_seq();
    // A service tells its recorder itself.
    let (was, was_recording) = (tab.room.phase.kind, tab.is_recording() && !app.attached);
    let mut effects = Vec::new();
    for tallied in events {
        let marks = tab.room.marks.count();
        tab.room.apply_tallied(tallied);
        if let Some(words) = event_log::words_of(tab.name(), &tallied.event) {
            app.event_log.add(tallied.event.at, words);
        }
        if was_recording {
            let cues = record::Cue::of_applied(&tallied.event, &tab.room, marks);
            effects.extend(cues.map(|cue| Effect::Record(record::RecorderCommand::Cue(key, Box::new(cue)))));
        }
    }
    tab.count_unread(from);
    tab.learn_names(from);
    tab.hide_rows(&app.screen, &app.people, from);
    if let Some(search) = &app.search {
        tab.find_from(&search.query, from);
    }
    if !app.attached {
        effects.extend(tab.rules.phase_changed(tab.ruled(), was).map(Effect::Record));
    }
    effects.extend(fill_inbox(app, at, from, was));
    UpdateOutcome { dirty: true, effects }
}

/// Takes a summary of a room of which the screen needs no more: its numbers, and the rows that ask for a look.
fn apply_summary(app: &mut App, key: RoomKey, summary: RoomSummary) -> UpdateOutcome {
    let Some(at) = app.position(key) else { return UpdateOutcome::UNCHANGED };
    let now = app.now;
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    let (was, was_empty) = (tab.room.phase.kind, tab.room.chat.is_empty());
    let from = summary.rows.iter().map(|row| row.seq).min().unwrap_or(summary.next);
    tab.unread += tab.asked.map_or(0, |before| summary.asked.saturating_sub(before));
    (tab.is_summed_up, tab.asked) = (true, Some(summary.asked));
    let (news, has_rows) = (summary.news.clone(), !summary.rows.is_empty());
    tab.room.apply_summary(summary, now);
    if has_rows {
        tab.learn_names(from);
        tab.composed += 1;
    }
    for event in &news {
        if let Some(words) = event_log::words_of(tab.name(), event) {
            app.event_log.add(event.at, words);
        }
    }
    // Of a room that was just met, what is older was somebody else's.
    let recent = recent_from(tab, now);
    let from = if was_empty { from.max(recent) } else { from };
    let effects = fill_inbox(app, at, from, was).into_iter().collect();
    UpdateOutcome { dirty: true, effects }
}

/// The first row of a room that came so lately that it is for whoever comes to this screen.
fn recent_from(tab: &Tab, now: Moment) -> Seq {
    let since = now.mono.saturating_sub(INBOX_FROM_MS);
    tab.room.chat.until_time(since).next_back().map_or(Seq(0), |entry| Seq(entry.seq.0 + 1))
}

/// Puts into the inbox what came of a room at or after a row, and that it failed; what the terminal is to be told of it.
fn fill_inbox(app: &mut App, at: usize, from: Seq, was: PhaseKind) -> Option<Effect> {
    let tab = app.tabs.get(at)?;
    let before = app.inbox.newest().cloned();
    app.inbox.collect(&app.screen, &app.people, tab, from);
    let name = tab.name().to_owned();
    let phase = &tab.room.phase;
    // What is tried again in a moment needs nobody.
    let waits_long = phase.retry_at.is_none_or(|at| at.since(app.now) > TROUBLE_FROM);
    let fails = phase.kind != was && waits_long && matches!(phase.kind, PhaseKind::Failed | PhaseKind::Blocked);
    let trouble = fails.then(|| format!("{}: {}", phase::phase_name(phase.kind), phase.reason));
    let key = tab.key;
    let item = app.inbox.newest().filter(|newest| Some(*newest) != before.as_ref()).cloned();
    let told = match app.inbox.next_alert() {
        Some((way, words)) => alert(app, way, words),
        None => item.and_then(|item| notification(app, || format!("{name}: {} {}", item.who, item.words))),
    };
    if let Some(words) = trouble {
        app.inbox.add_trouble(key, app.now, words);
    }
    told
}

/// What the terminal is told of a new item of the inbox, or of something behind the screen: nothing while somebody looks, and not
/// with every one of many.
pub(super) fn notification(app: &mut App, words: impl Fn() -> String) -> Option<Effect> {
    let looks = app.has_focus && app.now.since(app.last_key) < LOOKS_FOR;
    if looks || app.screen.notify == NotifyWay::Off {
        return None;
    }
    alert(app, app.screen.notify, words())
}

/// What the terminal is told of a highlight with a sound of its own, also while somebody looks; not with every one of many.
fn alert(app: &mut App, way: NotifyWay, words: String) -> Option<Effect> {
    let again = app.notified.is_none_or(|at| app.now.since(at) >= NOTIFY_EVERY);
    if way == NotifyWay::Off || !again {
        return None;
    }
    app.notified = Some(app.now);
    Some(Effect::Notify(way, words))
}

/// Tries the room on the screen again, and with it all that fail for the same cause.
pub(super) fn retry(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let (key, cause) = (tab.key, tab.failure_cause());
    let same = |other: &&Tab| other.key == key || (cause.is_some() && other.failure_cause() == cause);
    let rooms: Vec<_> = app.tabs.iter().filter(same).map(|tab| tab.key).collect();
    if rooms.len() > 1 {
        app.notify(format!("trying {} rooms again now: they fail for the same cause", rooms.len()));
    }
    let effects = rooms.into_iter().map(|key| Effect::Track(TrackerCommand::Retry(key))).collect();
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
    let now = app.now;
    let Some(tab) = app.tabs.get_mut(at) else { return UpdateOutcome::UNCHANGED };
    let before = std::mem::replace(&mut tab.room, Arc::unwrap_or_clone(room));
    let was_empty = before.chat.is_empty();
    (tab.is_summed_up, tab.asked) = (false, None);
    tab.room.chat.keep_older(before.chat, now);
    tab.lagged = false;
    tab.composed += 1;
    tab.learn_names(Seq(0));
    tab.hide_rows(&app.screen, &app.people, Seq(0));
    tab.search(app.search.as_ref().map(|search| &search.query), app.search.as_ref().is_some_and(|search| search.hides));
    tab.anchor = chat::clamp_anchor(&tab.room.chat, tab.anchor);
    if was_empty {
        // What is older was somebody else's, or nobody's.
        let from = recent_from(tab, now);
        app.inbox.collect(&app.screen, &app.people, tab, from);
        let _ = app.inbox.next_alert();
    }
    UpdateOutcome::dirty()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{happen, on_air};
    use super::*;
    use crate::events::{Chat, EventKind, Viewer};
    use crate::tui::people::PeopleRules;

    #[test]
    fn a_highlight_with_a_sound_of_its_own_rings_while_somebody_looks_and_not_with_every_one() {
        let mut app = on_air();
        app.screen.highlight_styles = [("giveaway", "magenta bell"), ("soon", "green"), ("@kit", "osc9")]
            .map(|(text, style)| (text.to_owned(), style.to_owned()))
            .into();
        app.screen.inbox.clear();
        app.people = PeopleRules::of_settings(&app.screen);
        let say = |app: &mut App, name: &str, text: &str| {
            let from = Arc::new(Viewer { unique_id: name.into(), nickname: name.into(), ..Viewer::default() });
            let chat = Chat { from, text: text.into(), emotes: vec![], to: None, language: "en".into() };
            happen(app, 1, EventKind::Chat(chat))
        };
        assert_eq!(say(&mut app, "mia", "it begins soon"), []);
        let told = say(&mut app, "mia", "a giveaway!");
        assert_eq!(told, [Effect::Notify(NotifyWay::Bell, "ana: mia a giveaway!".into())]);
        assert_eq!(say(&mut app, "mia", "giveaway, giveaway"), [], "one ring is enough");
        app.notified = None;
        let told = say(&mut app, "kit", "hello");
        assert_eq!(told, [Effect::Notify(NotifyWay::Osc9, "ana: kit hello".into())]);
        assert_eq!(app.inbox.len(), 0, "what the settings leave out of the inbox stays out");
    }
}
