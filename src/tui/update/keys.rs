//! Handler of keys: which action a key is where the person stands, and what that does.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{
    arranging, closing, graphs, liking, mouse, overview, people, remembering, replaying, rooms, rules, scroll_pane,
    scrolled, searching, taking, thanks,
};
use crate::events::{PhaseKind, Viewer};
use crate::ids::Target;
use crate::record;
use crate::room::Seq;
use crate::track::{self, PlaybackCommand};
use crate::tui::action::{Action, KeyContext};
use crate::tui::app::{App, ConfirmQuestion, PersonCard, Popup, ToastKind};
use crate::tui::away;
use crate::tui::chord::Chord;
use crate::tui::inbox::InboxKind;
use crate::tui::layout::{self, LayoutRequest};
use crate::tui::merged::{self, MergedView};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::overview::Overview;
use crate::tui::panes::graphs::GraphWindow;
use crate::tui::panes::{PaneId, Step, chat};
use crate::tui::picker::{self, Choice, Picker, PickerKind};
use crate::tui::popups;
use crate::tui::tab::Tab;
use crate::tui::typed_line::TypedLine;
use crate::tui::widgets::feed::{Anchor, Scroll};

/// How far a key jumps in a replay.
const SKIP_SECONDS: i64 = 30;

/// Handles a key press.
pub(super) fn handle_key(app: &mut App, key: KeyEvent) -> UpdateOutcome {
    use KeyContext::{Always, List, Person, Popup as InPopup, Question, Screen};
    let chord = Chord::from(key);
    away::note_key(app);
    if let Some(Popup::AddRoom { .. } | Popup::Search { .. } | Popup::Pick(_)) = app.popup {
        return typed(app, chord, key);
    }
    let open = match app.popup {
        Some(Popup::Person(_)) => &[Always, List, InPopup, Person, KeyContext::Card][..],
        Some(Popup::Confirm(_)) => &[Always, List, InPopup, Question],
        Some(Popup::Inbox(_)) => &[Always, List, InPopup, Question, KeyContext::Inbox],
        Some(_) => &[Always, List, InPopup],
        None if app.overview.is_some() => &[Always, KeyContext::Overview, List, Screen, Person, app.own_context()],
        None => &[Always, List, Screen, Person, app.own_context()],
    };
    let offered = match app.toast.as_ref().map(|toast| toast.kind) {
        Some(ToastKind::Report(live)) => Some(live),
        _ => None,
    };
    let passing = app.toast.as_ref().is_some_and(|toast| toast.kind != ToastKind::Trouble);
    if passing {
        app.toast = None;
    }
    match (app.keymap.action(chord, open), offered) {
        (Some((Action::Report, _)), Some(live)) => return remembering::open_report_of(app, live),
        (Some((action, nth)), _) => return act(app, action, nth),
        (None, _) => {}
    }
    if matches!(app.popup, Some(Popup::Help(_)))
        && app.keymap.action(chord, &[Screen]).is_some_and(|(action, _)| action == Action::Search)
    {
        app.popup = Some(Popup::Pick(Picker::new(PickerKind::Keys)));
        return UpdateOutcome::dirty();
    }
    // The key that opened a popup closes it.
    if toggles(app, chord) {
        return close_popup(app);
    }
    if app.popup.is_none() && app.keymap.action(chord, &[app.foreign_context()]).is_some() {
        let elsewhere = if app.replay { "with a live, not in a replay" } else { "in a replay, not with a live" };
        app.notify(format!("{} works only {elsewhere}", chord.label()));
        return UpdateOutcome::dirty();
    }
    if chord.foreign_letter().is_some() {
        app.notify(no_key(app, chord));
        return UpdateOutcome::dirty();
    }
    if app.popup.is_none() {
        let help = app.key(Action::Help).map(|key| format!(": {key} shows the keys")).unwrap_or_default();
        app.notify(format!("{} does nothing here{help}", chord.label()));
        return UpdateOutcome::dirty();
    }
    if passing { UpdateOutcome::dirty() } else { UpdateOutcome::UNCHANGED }
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
        Some(Popup::Log(_)) => Action::Log,
        Some(Popup::Report(_)) => Action::Report,
        Some(Popup::Inbox(_)) => Action::Inbox,
        _ => return false,
    };
    app.keymap.chords_of(opener).contains(&chord)
}

fn close_popup(app: &mut App) -> UpdateOutcome {
    app.popup = None;
    UpdateOutcome::dirty()
}

fn edit_config(app: &mut App) -> UpdateOutcome {
    if let Some(file) = app.config_file.clone() {
        return Effect::Edit(file).into();
    }
    app.notify("there is no config file here");
    UpdateOutcome::dirty()
}

#[allow(clippy::too_many_lines, reason = "one line an action: the table of what keys do")]
fn act(app: &mut App, action: Action, nth: usize) -> UpdateOutcome {
    match action {
        Action::AddRoom => open(app, Popup::AddRoom { input: TypedLine::default(), error: None }),
        Action::SearchLives => searching::open_lives(app),
        Action::Demo if app.tabs.is_empty() => Effect::Demo.into(),
        Action::Demo => {
            app.notify("the demo is for a screen without a room: `tiktop demo` opens it beside this one");
            UpdateOutcome::dirty()
        }
        Action::EditConfig => edit_config(app),
        Action::CloseRoom if app.overview.is_some() => closing::close_chosen(app),
        Action::CloseRoom => closing::close(app),
        Action::Undo => closing::undo(app),
        Action::Inbox => open(app, Popup::Inbox(0)),
        Action::Done => done(app),
        Action::Rooms => overview::toggle(app, Overview::Table),
        Action::Wall => overview::toggle(app, Overview::Wall),
        Action::AllRooms => overview::toggle(app, Overview::Feed(MergedView::default())),
        Action::ChooseRoom => overview::choose_room(app),
        Action::Sort => overview::sort(app),
        Action::Thank => thanks::tick_off(app),
        Action::Givers => open(app, Popup::Pick(Picker::new(PickerKind::Givers))),
        Action::ThankList => open(app, Popup::Pick(Picker::new(PickerKind::Thanks))),
        Action::Search => searching::open(app),
        Action::NextMatch => searching::step(app, false),
        Action::PrevMatch => searching::step(app, true),
        Action::Filter => searching::toggle_filter(app),
        Action::History => remembering::open_search(app),
        Action::Lives => remembering::open_lives(app),
        Action::Note => {
            let viewer = marked_person(app);
            remembering::open_note(app, viewer.as_deref())
        }
        Action::Log => open(app, Popup::Log(0)),
        Action::GoTo => open(app, Popup::Pick(Picker::new(PickerKind::Rooms))),
        Action::Palette => open(app, Popup::Pick(Picker::new(PickerKind::Commands))),
        Action::Open => open_marked(app),
        Action::CopyName => copy(app, |handle| format!("@{handle}")),
        Action::CopyLink => copy(app, |handle| format!("https://www.tiktok.com/@{handle}")),
        Action::NextRoom => overview::next_room(app, true),
        Action::PrevRoom => overview::next_room(app, false),
        Action::SelectRoom => rooms::show(app, nth),
        Action::Record if app.overview.is_some() => overview::record(app),
        Action::Record => record_or_stop(app),
        Action::RecordEach => rules::toggle(app),
        Action::Clip => taking::clip(app),
        Action::Quality => taking::ask_streams(app),
        Action::Recordings => taking::ask_recordings(app),
        Action::Mark => taking::ask_note(app),
        Action::Retry if app.overview.is_some() => overview::retry(app),
        Action::Retry => rooms::retry(app),
        Action::ReplayPause => playback(PlaybackCommand::Pause),
        Action::ReplayBack => replaying::skip(-SKIP_SECONDS),
        Action::ReplayAhead => replaying::skip(SKIP_SECONDS),
        Action::ReplayPrevMoment => replaying::step_moment(app, false),
        Action::ReplayNextMoment => replaying::step_moment(app, true),
        Action::ReplayFaster => replaying::step_pace(app, true),
        Action::ReplaySlower => replaying::step_pace(app, false),
        Action::Moments => remembering::open_moments(app),
        Action::Report => remembering::open_report(app),
        Action::FocusNext => focus(app, true),
        Action::FocusPrev => focus(app, false),
        Action::Zoom => zoom(app),
        Action::ScrollUp => mark(app, Step::Up),
        Action::ScrollDown => mark(app, Step::Down),
        Action::PageUp => scroll(app, Scroll::Up),
        Action::PageDown => scroll(app, Scroll::Down),
        Action::Top => scroll(app, |_| Scroll::Top),
        Action::Bottom => newest(app),
        Action::Diagnostics if app.tabs.is_empty() => UpdateOutcome::UNCHANGED,
        Action::Diagnostics => open(app, Popup::Diagnostics(0)),
        Action::Help => open(app, Popup::Help(0)),
        Action::Dismiss => dismiss(app),
        Action::Accept => accept(app),
        Action::RemoveRoom => closing::remove_from_service(app),
        Action::Cancel => close_popup(app),
        Action::GraphNearer => graphs::set_window(app, GraphWindow::nearer),
        Action::GraphWider => graphs::set_window(app, GraphWindow::wider),
        Action::GraphBack => graphs::step(app, true),
        Action::GraphAhead => graphs::step(app, false),
        Action::MoreLike => liking::ask(app),
        Action::Ignore => people::ask_ignore(app),
        Action::Highlight => match marked_person(app) {
            Some(viewer) => people::toggle_highlight(app, &viewer),
            None => no_person(app),
        },
        Action::Phone => {
            let opened =
                if matches!(app.popup, Some(Popup::Person(_))) { UpdateOutcome::dirty() } else { open_marked(app) };
            let codes = people::toggle_codes(app);
            UpdateOutcome { dirty: opened.dirty || codes.dirty, ..opened }
        }
        Action::Codes => people::toggle_codes(app),
        Action::Slow => people::toggle_slow(app),
        Action::Filters => open(app, Popup::Pick(Picker::new(PickerKind::Filters))),
        Action::Layouts => open(app, Popup::Pick(Picker::new(PickerKind::Layouts))),
        Action::Themes => open(app, Popup::Pick(Picker::new(PickerKind::Themes))),
        Action::SideWider => arranging::resize(app, true),
        Action::SideNarrower => arranging::resize(app, false),
        Action::HidePane => arranging::hide(app),
        Action::MovePane => arranging::move_up(app),
        Action::ShowViewers => arranging::toggle_pane(app, PaneId::Viewers),
        Action::ShowQuestions => arranging::toggle_pane(app, PaneId::Questions),
        Action::ToggleMouse => mouse::toggle_mouse(app),
        Action::Redraw => Effect::Redraw.into(),
        // A stopped program reads nothing, and what a live sends meanwhile is gone.
        Action::Suspend if !app.attached && app.tabs.iter().any(Tab::is_recording) => {
            open(app, Popup::Confirm(ConfirmQuestion::Suspend))
        }
        Action::Suspend => Effect::Suspend.into(),
        Action::Detach if !app.attached => {
            app.notify("there is no service to leave: `tiktop serve` watches and records without a screen");
            UpdateOutcome::dirty()
        }
        // Nothing stops: the service goes on.
        Action::Quit | Action::QuitNow | Action::Detach if app.attached => closing::leave(app),
        Action::Quit if app.tabs.iter().any(Tab::is_recording) || closing::is_long(app) => {
            open(app, Popup::Confirm(ConfirmQuestion::Quit))
        }
        Action::Quit | Action::QuitNow | Action::Detach => Effect::Quit.into(),
    }
}

fn open(app: &mut App, popup: Popup) -> UpdateOutcome {
    app.popup = Some(popup);
    UpdateOutcome::dirty()
}

/// While something is typed, characters are text; only keys that are no text are actions.
fn typed(app: &mut App, chord: Chord, key: KeyEvent) -> UpdateOutcome {
    if let Some((action, _)) = app.keymap.action(chord, &[KeyContext::Always]) {
        return act(app, action, 0);
    }
    if !chord.is_text()
        && let Some((action, _)) = app.keymap.action(chord, &[KeyContext::Popup, KeyContext::Question])
    {
        return act(app, action, 0);
    }
    if let (false, Some(Popup::Pick(_))) = (chord.is_text(), &app.popup)
        && let Some((action @ (Action::ScrollUp | Action::ScrollDown | Action::PageUp | Action::PageDown), _)) =
            app.keymap.action(chord, &[KeyContext::List])
    {
        return act(app, action, 0);
    }
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
    input.press(key);
    super::typed(app)
}

fn accept(app: &mut App) -> UpdateOutcome {
    match app.popup.take() {
        Some(Popup::AddRoom { input, .. }) => add_room(app, input),
        Some(Popup::Search { input, .. }) => searching::begin(app, input),
        Some(Popup::Confirm(ConfirmQuestion::Quit)) => Effect::Quit.into(),
        Some(Popup::Confirm(ConfirmQuestion::Suspend)) => UpdateOutcome { dirty: true, effects: vec![Effect::Suspend] },
        Some(Popup::Confirm(ConfirmQuestion::Close(room))) => closing::accept(app, room),
        Some(Popup::Confirm(ConfirmQuestion::CloseChosen)) => closing::accept_chosen(app),
        Some(Popup::Pick(picker)) => pick(app, picker),
        Some(Popup::Inbox(chosen)) => go_to_item(app, chosen),
        Some(Popup::Help(_) | Popup::Diagnostics(_) | Popup::Log(_) | Popup::Report(_) | Popup::Person(_)) | None => {
            UpdateOutcome::dirty()
        }
    }
}

/// Does what was chosen in a list; nothing where nothing fits what was typed.
fn pick(app: &mut App, picker: Picker) -> UpdateOutcome {
    let picks = picker::picks(app, &picker);
    match picks.into_iter().nth(picker.chosen).map(|pick| pick.choice) {
        Some(Choice::Room(key)) => app.position(key).map_or(UpdateOutcome::dirty(), |at| rooms::show(app, at)),
        Some(Choice::Run(action)) => UpdateOutcome { dirty: true, ..act(app, action, 0) },
        Some(Choice::Add(name)) => add_room(app, TypedLine::from(name)),
        Some(Choice::LookForLives(words)) => searching::look_for_lives(app, picker, words),
        Some(Choice::Stream(quality)) => taking::record_stream(app, quality),
        Some(Choice::Copy(files)) => taking::copy(app, picker, files),
        Some(Choice::Repair(info)) => taking::repair(app, picker, info),
        Some(Choice::Mark(at, note)) => taking::mark(app, at, note),
        Some(Choice::Seek(to)) => replaying::seek(to),
        Some(Choice::Pace(speed)) => replaying::set_pace(app, speed),
        Some(Choice::Moment { live, at, line }) => remembering::open_around(app, live, at, line),
        Some(Choice::Note(person, note)) => remembering::write_note(app, person, &note),
        Some(Choice::Card(viewer)) => open_card(app, viewer),
        Some(Choice::Thank(mark)) => {
            thanks::tick(app, mark);
            open(app, Popup::Pick(picker))
        }
        Some(Choice::Ignore { here, minutes }) => people::ignore(app, here, minutes),
        Some(Choice::Highlight(text)) => liking::toggle(app, &text),
        Some(Choice::StandOut(viewer)) => liking::toggle_person(app, &viewer),
        Some(Choice::GiftsFrom(coins)) => liking::thank_from(app, coins),
        Some(Choice::Forgive) => people::forgive(app),
        Some(Choice::Layout(name)) => arranging::set_layout(app, &name),
        Some(Choice::Theme(name)) => arranging::set_theme(app, &name),
        Some(Choice::Filter(query)) => searching::filter_by(app, query),
        Some(Choice::SaveFilter(name)) => arranging::save_filter(app, &name),
        Some(Choice::Find(typed)) => remembering::search_for(app, typed),
        Some(Choice::CopyWords(words)) => {
            app.notify(format!("copied: {words}"));
            Effect::Copy(words).into()
        }
        Some(Choice::Say(words)) => taking::refuse_choice(app, picker, words),
        Some(Choice::Stay) | None => open(app, Popup::Pick(picker)),
    }
}

/// Chooses a row of a list with the mouse.
pub(super) fn choose(app: &mut App, row: usize) -> UpdateOutcome {
    match &mut app.popup {
        Some(Popup::Pick(picker)) => picker.chosen = row,
        Some(Popup::Inbox(chosen)) => *chosen = row,
        _ => return UpdateOutcome::UNCHANGED,
    }
    accept(app)
}

/// Goes to the row that an item of the inbox is about; the item is done with that.
fn go_to_item(app: &mut App, chosen: usize) -> UpdateOutcome {
    let Some(item) = app.inbox.remove(chosen) else { return UpdateOutcome::dirty() };
    let Some(at) = app.position(item.room) else { return UpdateOutcome::dirty() };
    rooms::show(app, at);
    app.focus = PaneId::Chat;
    let kept = |seq: &Seq| app.tab().is_some_and(|tab| tab.room.chat.get(*seq).is_some());
    if let Some(seq) = item.seq.filter(kept) {
        chat::mark_row(app, seq);
    }
    if let InboxKind::Report(live) = item.kind {
        return remembering::open_report_of(app, live);
    }
    UpdateOutcome::dirty()
}

/// The chosen item of the inbox is done.
fn done(app: &mut App) -> UpdateOutcome {
    let Some(Popup::Inbox(chosen)) = &mut app.popup else { return UpdateOutcome::UNCHANGED };
    app.inbox.remove(*chosen);
    *chosen = (*chosen).min(app.inbox.len().saturating_sub(1));
    UpdateOutcome::dirty()
}

/// The person in the marked row.
fn marked_person(app: &App) -> Option<Arc<Viewer>> {
    match &app.popup {
        Some(Popup::Person(card)) => Some(card.viewer.clone()),
        _ => match app.overview {
            Some(Overview::Feed(at)) => merged::marked_person(app, at),
            Some(_) => None,
            None => app.tab().and_then(|tab| app.focused().pane().marked_person(tab)),
        },
    }
}

/// Opens the card of the person in the marked row.
pub(super) fn open_marked(app: &mut App) -> UpdateOutcome {
    let opens_room = match app.overview {
        Some(Overview::Feed(_)) => marked_person(app).is_none(),
        Some(_) => true,
        None => false,
    };
    if opens_room && app.popup.is_none() {
        return rooms::show(app, app.active);
    }
    if app.tab().is_none() {
        return UpdateOutcome::UNCHANGED;
    }
    match marked_person(app) {
        Some(viewer) => open_card(app, viewer),
        None => no_person(app),
    }
}

fn open_card(app: &mut App, viewer: Arc<Viewer>) -> UpdateOutcome {
    let Some(room) = app.tab().map(|tab| tab.key) else { return UpdateOutcome::UNCHANGED };
    let question = remembering::ask_person(app, &viewer);
    let opened = open(app, Popup::Person(people::card(viewer, room)));
    UpdateOutcome { effects: question.into_iter().collect(), ..opened }
}

fn no_person(app: &mut App) -> UpdateOutcome {
    let way = |action| app.key(action).unwrap_or_default();
    let words = format!("no person is marked: {} and {} mark a row", way(Action::ScrollUp), way(Action::ScrollDown));
    app.notify(words);
    UpdateOutcome::dirty()
}

fn copy(app: &mut App, words: impl Fn(&str) -> String) -> UpdateOutcome {
    match marked_person(app) {
        None => no_person(app),
        Some(viewer) if viewer.unique_id.is_empty() => {
            app.notify(format!("the @name of {} is not known", viewer.name()));
            UpdateOutcome::dirty()
        }
        Some(viewer) => {
            let words = words(viewer.unique_id.as_str());
            app.notify(format!("sent {words} to the terminal's clipboard"));
            Effect::Copy(words).into()
        }
    }
}

/// Moves the mark in the focused pane; where rows cannot be marked, the rows.
fn mark(app: &mut App, step: Step) -> UpdateOutcome {
    if let Some(Popup::Pick(picker)) = &app.popup {
        let last = picker::picks(app, picker).len().saturating_sub(1);
        if let Some(Popup::Pick(picker)) = &mut app.popup {
            picker.chosen = match step {
                Step::Up => picker.chosen.min(last).saturating_sub(1),
                Step::Down => (picker.chosen + 1).min(last),
            };
        }
        return UpdateOutcome::dirty();
    }
    if app.popup.is_none() && app.overview.is_none() && app.focused().pane().mark(app, step) {
        return UpdateOutcome::dirty();
    }
    scroll(app, |_| match step {
        Step::Up => Scroll::Up(1),
        Step::Down => Scroll::Down(1),
    })
}

fn add_room(app: &mut App, input: TypedLine) -> UpdateOutcome {
    let target = match input.value().parse::<Target>() {
        Ok(target) => target,
        Err(error) => return open(app, Popup::AddRoom { input, error: Some(error.to_string()) }),
    };
    if let Some(at) = app.tabs.iter().position(|tab| tab.is(&target)) {
        return rooms::show(app, at);
    }
    if let Some(back) = closing::undo_named(app, &target) {
        return back;
    }
    app.expects_room = true;
    Effect::Track(track::TrackerCommand::Add(target)).into()
}

pub(super) fn record_or_stop(app: &mut App) -> UpdateOutcome {
    let Some(tab) = app.tab() else { return UpdateOutcome::UNCHANGED };
    if tab.is_recording() {
        let room = tab.key;
        if let Some(tab) = app.tab_mut() {
            tab.rules.note_stop();
        }
        return Effect::Record(record::RecorderCommand::Stop(room)).into();
    }
    if tab.live_to_record().is_none() {
        let words = match tab.room.phase.kind {
            PhaseKind::Offline | PhaseKind::Ended => format!("{} is not live: there is nothing to record", tab.name()),
            _ => format!("it is not known yet whether {} is live: try again once it is", tab.name()),
        };
        app.notify(words);
        return UpdateOutcome::dirty();
    }
    app.tab_mut().and_then(|tab| rules::begin(tab, None)).map_or(UpdateOutcome::UNCHANGED, UpdateOutcome::from)
}

/// A live has no other time than now: its tracker does not listen.
fn playback(playback: PlaybackCommand) -> UpdateOutcome {
    Effect::Playback(playback).into()
}

/// Puts away one thing at a time: the message, the search, the mark, then the zoom.
fn dismiss(app: &mut App) -> UpdateOutcome {
    if app.toast.take().is_some() || app.away.take().is_some() {
        return UpdateOutcome::dirty();
    }
    if app.overview.is_some() {
        return overview::leave(app);
    }
    if searching::end(app) {
        return UpdateOutcome::dirty();
    }
    if let Some(tab) = app.tab_mut().filter(|tab| tab.marked.is_some() || tab.marked_gift.is_some()) {
        (tab.marked, tab.marked_gift, tab.anchor, tab.gifts_top) = (None, None, Anchor::Follow, None);
        return UpdateOutcome::dirty();
    }
    if app.graph.cursor.take().is_some() {
        return UpdateOutcome::dirty();
    }
    if app.zoom.take().is_none() {
        return UpdateOutcome::UNCHANGED;
    }
    UpdateOutcome::dirty()
}

pub(super) fn scroll(app: &mut App, by: impl Fn(usize) -> Scroll) -> UpdateOutcome {
    let (rows, page) = popups::extent(app);
    match &mut app.popup {
        Some(
            Popup::Help(from)
            | Popup::Diagnostics(from)
            | Popup::Log(from)
            | Popup::Report(from)
            | Popup::Person(PersonCard { from, .. }),
        ) => {
            *from = scrolled(*from, rows.saturating_sub(page), by(page.max(1)));
            UpdateOutcome::dirty()
        }
        Some(Popup::Inbox(chosen)) => {
            *chosen = scrolled(*chosen, rows.saturating_sub(1), by(page.max(1)));
            UpdateOutcome::dirty()
        }
        Some(Popup::Pick(picker)) => {
            let last = rows.saturating_sub(1);
            picker.chosen = scrolled(picker.chosen, last, by(page.max(1)));
            UpdateOutcome::dirty()
        }
        Some(_) => UpdateOutcome::UNCHANGED,
        None if app.overview.is_some() => overview::scroll(app, by),
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
    let moves =
        app.popup.is_some() || app.overview.is_some() || app.tab().is_some_and(|tab| focused.pane().is_scrolled(tab));
    if !moves {
        return scroll_pane(app, PaneId::Chat, |_| Scroll::Bottom);
    }
    scroll(app, |_| Scroll::Bottom)
}
