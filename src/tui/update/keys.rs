//! Handler of keys: which action a key is where the person stands, and what that does.

use crossterm::event::{Event, KeyEvent};
use ratatui::layout::Rect;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::{LONGEST_INPUT, rooms, scroll_pane, scrolled};
use crate::events::PhaseKind;
use crate::ids::Target;
use crate::record;
use crate::track::{self, PlaybackCommand};
use crate::tui::action::{Action, KeyContext};
use crate::tui::app::{App, ConfirmQuestion, Popup, ToastKind};
use crate::tui::chord::Chord;
use crate::tui::layout::{self, LayoutRequest};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::panes::PaneId;
use crate::tui::popups;
use crate::tui::widgets::feed::Scroll;

/// How far a key jumps in a replay.
const SKIP_SECONDS: i64 = 30;

/// Handles a key press.
pub(super) fn handle_key(app: &mut App, key: KeyEvent) -> UpdateOutcome {
    let chord = Chord::from(key);
    if let Some(Popup::AddRoom { .. }) = app.popup {
        return typed(app, chord, key);
    }
    let open = match app.popup {
        Some(_) => &[KeyContext::Always, KeyContext::List, KeyContext::Popup][..],
        None => &[KeyContext::Always, KeyContext::List, KeyContext::Screen, app.own_context()],
    };
    let passing = app.toast.as_ref().is_some_and(|toast| toast.kind == ToastKind::Passing);
    if passing {
        app.toast = None;
    }
    match app.keymap.action(chord, open) {
        Some((action, nth)) => act(app, action, nth),
        // The key that opened a popup closes it.
        None if toggles(app, chord) => close_popup(app),
        None if app.popup.is_none() && app.keymap.action(chord, &[app.foreign_context()]).is_some() => {
            let elsewhere = if app.replay { "with a live, not in a replay" } else { "in a replay, not with a live" };
            app.notify(format!("{} works only {elsewhere}", chord.label()));
            UpdateOutcome::dirty()
        }
        None if chord.foreign_letter().is_some() => {
            app.notify(no_key(app, chord));
            UpdateOutcome::dirty()
        }
        None if passing => UpdateOutcome::dirty(),
        None => UpdateOutcome::UNCHANGED,
    }
}

/// What a letter of another layout is told: silence would look like a program that hangs.
fn no_key(app: &App, chord: Chord) -> String {
    let way = |action, word: &str| app.key(action).map(|key| format!("{key} {word}"));
    let ways: Vec<_> =
        [way(Action::Help, "shows the keys"), way(Action::QuitNow, "quits")].into_iter().flatten().collect();
    format!("'{}' is no key here (keys are Latin letters): {}", chord.label(), ways.join(", "))
}

fn toggles(app: &App, chord: Chord) -> bool {
    let opener = match app.popup {
        Some(Popup::Help(_)) => Action::Help,
        Some(Popup::Diagnostics(_)) => Action::Diagnostics,
        _ => return false,
    };
    app.keymap.chords_of(opener).contains(&chord)
}

fn close_popup(app: &mut App) -> UpdateOutcome {
    app.popup = None;
    UpdateOutcome::dirty()
}

fn act(app: &mut App, action: Action, nth: usize) -> UpdateOutcome {
    match action {
        Action::AddRoom => open(app, Popup::AddRoom { input: Input::default(), error: None }),
        Action::CloseRoom => close_room(app),
        Action::NextRoom => rooms::show(app, (app.active + 1) % app.tabs.len().max(1)),
        Action::PrevRoom => rooms::show(app, app.active.checked_sub(1).unwrap_or(app.tabs.len().saturating_sub(1))),
        Action::SelectRoom => rooms::show(app, nth),
        Action::Record => record_or_stop(app),
        Action::Retry => retry(app),
        Action::ReplayPause => playback(PlaybackCommand::Pause),
        Action::ReplayBack => playback(PlaybackCommand::Skip(-SKIP_SECONDS)),
        Action::ReplayAhead => playback(PlaybackCommand::Skip(SKIP_SECONDS)),
        Action::FocusNext => focus(app, true),
        Action::FocusPrev => focus(app, false),
        Action::Zoom => zoom(app),
        Action::ScrollUp => scroll(app, |_| Scroll::Up(1)),
        Action::ScrollDown => scroll(app, |_| Scroll::Down(1)),
        Action::PageUp => scroll(app, Scroll::Up),
        Action::PageDown => scroll(app, Scroll::Down),
        Action::Top => scroll(app, |_| Scroll::Top),
        Action::Bottom => newest(app),
        Action::Diagnostics if app.tabs.is_empty() => UpdateOutcome::UNCHANGED,
        Action::Diagnostics => open(app, Popup::Diagnostics(0)),
        Action::Help => open(app, Popup::Help(0)),
        Action::Dismiss => dismiss(app),
        Action::Accept => accept(app),
        Action::Cancel => close_popup(app),
        Action::ToggleMouse => toggle_mouse(app),
        Action::Redraw => Effect::Redraw.into(),
        // A stopped program reads nothing, and what a live sends meanwhile is gone.
        Action::Suspend if app.tabs.iter().any(crate::tui::tab::Tab::is_recording) => {
            open(app, Popup::Confirm(ConfirmQuestion::Suspend))
        }
        Action::Suspend => Effect::Suspend.into(),
        Action::Quit if app.tabs.iter().any(crate::tui::tab::Tab::is_recording) => {
            open(app, Popup::Confirm(ConfirmQuestion::Quit))
        }
        Action::Quit | Action::QuitNow => Effect::Quit.into(),
    }
}

fn open(app: &mut App, popup: Popup) -> UpdateOutcome {
    app.popup = Some(popup);
    UpdateOutcome::dirty()
}

/// While a name is typed, characters are text; only keys that are no text are actions.
fn typed(app: &mut App, chord: Chord, key: KeyEvent) -> UpdateOutcome {
    if let Some((action, _)) = app.keymap.action(chord, &[KeyContext::Always]) {
        return act(app, action, 0);
    }
    if !chord.is_text()
        && let Some((action, _)) = app.keymap.action(chord, &[KeyContext::Popup])
    {
        return act(app, action, 0);
    }
    let Some(Popup::AddRoom { input, error }) = &mut app.popup else { return UpdateOutcome::UNCHANGED };
    if !chord.is_text() || input.value().len() < LONGEST_INPUT {
        *error = None;
        input.handle_event(&Event::Key(key));
    }
    UpdateOutcome::dirty()
}

fn accept(app: &mut App) -> UpdateOutcome {
    match app.popup.take() {
        Some(Popup::AddRoom { input, .. }) => add_room(app, input),
        Some(Popup::Confirm(ConfirmQuestion::Quit)) => Effect::Quit.into(),
        Some(Popup::Confirm(ConfirmQuestion::Suspend)) => UpdateOutcome { dirty: true, effects: vec![Effect::Suspend] },
        Some(Popup::Confirm(ConfirmQuestion::Close(room))) => UpdateOutcome {
            dirty: true,
            effects: vec![
                Effect::Record(record::RecorderCommand::Stop(room)),
                Effect::Track(track::TrackerCommand::Remove(room)),
            ],
        },
        Some(Popup::Help(_) | Popup::Diagnostics(_)) | None => UpdateOutcome::dirty(),
    }
}

fn add_room(app: &mut App, input: Input) -> UpdateOutcome {
    let target = match input.value().parse::<Target>() {
        Ok(target) => target,
        Err(error) => return open(app, Popup::AddRoom { input, error: Some(error.to_string()) }),
    };
    if let Some(at) = app.tabs.iter().position(|tab| tab.is(&target)) {
        return rooms::show(app, at);
    }
    app.expects_room = true;
    Effect::Track(track::TrackerCommand::Add(target)).into()
}

fn close_room(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let room = tab.key;
    if tab.is_recording() {
        return open(app, Popup::Confirm(ConfirmQuestion::Close(room)));
    }
    Effect::Track(track::TrackerCommand::Remove(room)).into()
}

fn record_or_stop(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    if tab.is_recording() {
        return Effect::Record(record::RecorderCommand::Stop(tab.key)).into();
    }
    let Some(room_id) = tab.live_to_record() else {
        let words = match tab.room.phase.kind {
            PhaseKind::Offline | PhaseKind::Ended => format!("{} is not live: there is nothing to record", tab.name()),
            _ => format!("it is not known yet whether {} is live: try again once it is", tab.name()),
        };
        app.notify(words);
        return UpdateOutcome::dirty();
    };
    let job = record::RecordingJob { room: tab.key, room_id, host: tab.name().into(), title: tab.room.title.clone() };
    Effect::Record(record::RecorderCommand::Start(job)).into()
}

/// A live has no other time than now: its tracker does not listen.
fn playback(playback: PlaybackCommand) -> UpdateOutcome {
    Effect::Playback(playback).into()
}

fn retry(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    let effect = Effect::Track(track::TrackerCommand::Retry(tab.key));
    effect.into()
}

/// Puts away one thing at a time: the message, then the zoom.
fn dismiss(app: &mut App) -> UpdateOutcome {
    if app.toast.take().is_none() && app.zoom.take().is_none() {
        return UpdateOutcome::UNCHANGED;
    }
    UpdateOutcome::dirty()
}

pub(super) fn scroll(app: &mut App, by: impl Fn(usize) -> Scroll) -> UpdateOutcome {
    let (rows, page) = popups::extent(app);
    match &mut app.popup {
        Some(Popup::Help(from) | Popup::Diagnostics(from)) => {
            *from = scrolled(*from, rows.saturating_sub(page), by(page.max(1)));
            UpdateOutcome::dirty()
        }
        Some(_) => UpdateOutcome::UNCHANGED,
        None => scroll_pane(app, app.focused(), by),
    }
}

/// Panes that a key can open or move to, in order, and whether they are hidden ones that open over the main pane.
fn panes(app: &App) -> (Vec<PaneId>, bool) {
    let wants = LayoutRequest { zoom: None, ..app.wants() };
    let plan = layout::plan(Rect::from((ratatui::layout::Position::ORIGIN, app.size)), &wants);
    if plan.hidden.is_empty() { (wants.panes, false) } else { (plan.hidden, true) }
}

/// Moves the focus; where panes are hidden they open over the chat one after another.
fn focus(app: &mut App, forward: bool) -> UpdateOutcome {
    let (mut stops, hidden) = panes(app);
    if hidden {
        stops.insert(0, PaneId::Chat);
    }
    let at = stops.iter().position(|&id| id == app.focused()).unwrap_or(0);
    let next = (at + if forward { 1 } else { stops.len() - 1 }) % stops.len();
    let id = stops.get(next).copied().unwrap_or(PaneId::Chat);
    app.focus = id;
    app.zoom = (if hidden { id != PaneId::Chat } else { app.zoom.is_some() }).then_some(id);
    UpdateOutcome::dirty()
}

fn zoom(app: &mut App) -> UpdateOutcome {
    let (panes, hidden) = panes(app);
    if !hidden {
        app.zoom = if app.zoom.is_some() { None } else { Some(app.focused()) };
        return UpdateOutcome::dirty();
    }
    let next = match app.zoom {
        None => panes.first(),
        Some(open) => panes.iter().skip_while(|&&id| id != open).nth(1),
    };
    app.zoom = next.copied();
    app.focus = app.zoom.unwrap_or(PaneId::Chat);
    UpdateOutcome::dirty()
}

/// The focused pane to its newest row; where it shows that already, the chat.
fn newest(app: &mut App) -> UpdateOutcome {
    let focused = app.focused();
    let moves = app.popup.is_some() || app.tab().is_some_and(|tab| focused.pane().is_scrolled(tab));
    if !moves {
        return scroll_pane(app, PaneId::Chat, |_| Scroll::Bottom);
    }
    scroll(app, |_| Scroll::Bottom)
}

/// Takes the mouse or gives it back, and says what that means for selecting text.
fn toggle_mouse(app: &mut App) -> UpdateOutcome {
    app.screen.mouse = !app.screen.mouse;
    let words = if app.screen.mouse {
        "the mouse is ours: the wheel scrolls, a click chooses; hold Shift to select text"
    } else {
        "the mouse is the terminal's again: it selects text"
    };
    app.notify(words);
    Effect::CaptureMouse(app.screen.mouse).into()
}
