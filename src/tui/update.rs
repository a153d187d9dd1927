//! Reducer of the screen, the one place where its state changes. Never blocks, never asks for the time, says what it wants
//! as data.

mod arranging;
mod closing;
mod graphs;
mod keys;
mod liking;
mod mouse;
mod overview;
mod people;
mod records;
pub(in crate::tui) mod remembering;
pub(in crate::tui) mod replaying;
mod rooms;
mod rules;
mod searching;
mod taking;
#[cfg(test)]
pub(in crate::tui) mod tests;
mod thanks;

pub use records::ending as recording_words;

use std::time::Duration;

use super::app::{App, Popup};
use super::away;
use super::freshness::Freshness;
use super::live_search::{FoundLives, ServiceAnswer, ServiceQuestion};
use super::msg::{Effect, Msg, UpdateOutcome};
use super::panes::chat::board;
use super::panes::{PaneId, phase};
use super::picker::PickerKind;
use super::roster::{self, RosterState};
use super::tab::Tab;
use super::ticks;
use super::wanted;
use super::widgets::feed::Scroll;
use crate::clock::Moment;
use crate::events::PhaseKind;
use crate::room::BattlePhase;
use crate::text::Text;
use crate::track::TrackerUpdate;

/// Graphs move by buckets of this many milliseconds.
const BUCKET_MS: u64 = 10_000;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60_000;
/// The place in a replay moves in such steps, whatever its pace.
const REPLAY_STEP: Duration = Duration::from_millis(500);

/// Applies a message.
pub(super) fn update(app: &mut App, msg: Msg) -> UpdateOutcome {
    // The chosen item of the inbox stays the chosen one, whatever comes above it.
    let is_news = matches!(msg, Msg::Tracked(_) | Msg::Recorded(_));
    let held = match app.popup {
        Some(Popup::Inbox(chosen)) if is_news => app.inbox.number_at(chosen),
        _ => None,
    };
    let mut outcome = handle(app, msg);
    if let (Some(place), Some(Popup::Inbox(chosen))) = (held.and_then(|held| app.inbox.place_of(held)), &mut app.popup)
    {
        *chosen = place;
    }
    if let Some(effect) = closing::expire(app) {
        outcome.dirty = true;
        outcome.effects.push(effect);
    }
    outcome.effects.extend(records::list_due(app));
    outcome.effects.extend(remembering::leave_due(app));
    outcome.effects.extend(roster::question_due(app).map(|due| Effect::AskService(ServiceQuestion::Roster(due))));
    wanted::note_shown(app);
    if app.until_read().is_some_and(|left| left.is_zero())
        && let Some(tab) = app.tab_mut()
    {
        tab.unread = 0;
    }
    outcome
}

fn handle(app: &mut App, msg: Msg) -> UpdateOutcome {
    match msg {
        Msg::Key(key) => keys::handle_key(app, key),
        Msg::Paste(text) => pasted(app, &text),
        Msg::Mouse(mouse) => mouse::handle_mouse(app, mouse),
        Msg::Focus(has_focus) => {
            app.has_focus = has_focus;
            UpdateOutcome::UNCHANGED
        }
        Msg::Resize | Msg::Tick => UpdateOutcome::dirty(),
        Msg::Tracked(update) => {
            let room = if let TrackerUpdate::Room(room, _) = &update { Some(*room) } else { None };
            let mut outcome = rooms::apply_update(app, update);
            if let Some(at) = room.and_then(|room| app.position(room))
                && let Some(tab) = app.tabs.get_mut(at)
            {
                ticks::restore(&mut app.kept_ticks, tab);
            }
            outcome.effects.extend(room.map(|room| rules::begin_due(app, room)).unwrap_or_default());
            outcome.effects.extend(room.map(|room| remembering::ask_due(app, room)).unwrap_or_default());
            outcome.effects.extend(room.and_then(|room| remembering::ask_newcomers(app, room)));
            outcome
        }
        Msg::Playback(status) => {
            app.replay_time.get_or_insert_default().status = status;
            UpdateOutcome::dirty()
        }
        Msg::Timeline(timeline) => {
            app.replay_time.get_or_insert_default().set_timeline(timeline);
            UpdateOutcome::dirty()
        }
        Msg::Remembered(answer) => remembering::apply_answer(app, *answer),
        Msg::Service(ServiceAnswer::Roster(answer)) => {
            if let Some(tab) = app.tabs.iter_mut().find(|tab| tab.key == answer.room) {
                tab.roster = match answer.roster {
                    Ok(roster) => RosterState::Known(roster),
                    Err(why) => RosterState::Refused(why),
                };
            }
            UpdateOutcome::dirty()
        }
        Msg::Service(ServiceAnswer::Lives(lives)) => {
            app.found_lives = Some(FoundLives::Known(lives));
            UpdateOutcome::dirty()
        }
        Msg::Recorded(update) => records::apply_update(app, update),
        Msg::Facts(facts) => {
            app.facts = facts;
            UpdateOutcome::dirty()
        }
        Msg::Away(report) => {
            away::returned(app, &report);
            UpdateOutcome::dirty()
        }
        Msg::Warned(words) => {
            app.event_log.add(app.now, words.to_string());
            let told = rooms::notification(app, || words.to_string());
            app.warn(words);
            UpdateOutcome { dirty: true, effects: told.into_iter().collect() }
        }
    }
}

/// How long until the picture changes by itself: the clock's minute, a countdown's second, a graph's bucket. A dashboard on
/// which nothing happens wakes once a minute.
pub(super) fn next_wake(app: &App, now: Moment) -> Duration {
    let minute = MINUTE_MS - u64::try_from(now.wall.0.rem_euclid(60_000)).unwrap_or(0).min(MINUTE_MS - 1);
    let shown = app.tabs.iter().enumerate().filter(|(at, _)| app.overview.is_some() || *at == app.active);
    let next = shown.map(|(_, tab)| next_change(tab, now)).fold(minute, u64::min);
    let fresh = app.tab().and_then(|tab| Freshness::next_change(&tab.room, now));
    let playing = app.replay_time.as_ref().filter(|time| !time.status.paused && !time.status.over);
    let others =
        [playing.map(|_| REPLAY_STEP), fresh, app.until_read().filter(|left| !left.is_zero()), closing::left(app)];
    others.into_iter().flatten().fold(Duration::from_millis(next), Duration::min)
}

/// Milliseconds until what is shown of a room changes by itself.
fn next_change(tab: &Tab, now: Moment) -> u64 {
    let room = &tab.room;
    let battle = room.battle.as_ref().is_some_and(|battle| {
        battle.phase != BattlePhase::Over && !battle.left(room.skew_ms.unwrap_or(0), now).is_zero()
    });
    if battle || phase::counts_down(&room.phase, now) || board::counts_down(room, now) {
        SECOND_MS - now.mono % SECOND_MS
    } else if room.phase.kind == PhaseKind::Live || tab.shows_battle(now) {
        BUCKET_MS - now.mono % BUCKET_MS
    } else {
        MINUTE_MS
    }
}

/// Pasted text is typed into an open input, cleaned; anywhere else it is nothing, and never keys.
fn pasted(app: &mut App, text: &str) -> UpdateOutcome {
    let input = match &mut app.popup {
        Some(Popup::AddRoom { input, error } | Popup::Search { input, error }) => {
            *error = None;
            input
        }
        Some(Popup::Pick(picker)) => {
            picker.chosen = 0;
            &mut picker.input
        }
        _ => return UpdateOutcome::UNCHANGED,
    };
    input.insert(Text::new(text.trim()).as_str());
    typed(app)
}

/// What was typed into an open input changes what is looked for.
fn typed(app: &mut App) -> UpdateOutcome {
    match &app.popup {
        Some(Popup::Pick(picker)) if picker.kind == PickerKind::Found => remembering::ask_search(app),
        _ => UpdateOutcome::dirty(),
    }
}

/// Moves the view of a pane; `by` is asked with the pane's page.
fn scroll_pane(app: &mut App, id: PaneId, by: impl Fn(usize) -> Scroll) -> UpdateOutcome {
    id.pane().scroll(app, &by);
    UpdateOutcome::dirty()
}

/// The first row of a plain list after a wish to move, where `last` is the furthest it may be.
fn scrolled(from: usize, last: usize, by: Scroll) -> usize {
    match by {
        Scroll::Up(rows) => from.min(last).saturating_sub(rows),
        Scroll::Down(rows) => from.saturating_add(rows).min(last),
        Scroll::Top => 0,
        Scroll::Bottom => last,
    }
}
