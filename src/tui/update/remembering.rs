//! Handler of what the history tells, and of what a person wants of it.

use tui_input::Input;

use crate::events::Viewer;
use crate::history::{HistoryAnswer, HistoryNews, HistoryQuery, HistoryQuestion};
use crate::ids::RoomKey;
use crate::tui::app::{App, Popup};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::picker::{Picker, PickerKind};
use crate::tui::tab::Tab;

/// Marks kept of one live.
const MAX_MARKS: usize = 100_000;
/// Lives and opponents remembered as asked about.
const MAX_ASKED: usize = 10_000;

fn open(app: &mut App, kind: PickerKind, typed: &str, question: Option<HistoryQuestion>) -> UpdateOutcome {
    if !app.remembered.is_kept {
        app.notify("no history is kept here: see [history] in the settings");
        return UpdateOutcome::dirty();
    }
    app.popup = Some(Popup::Pick(Picker { input: Input::from(typed), ..Picker::new(kind) }));
    UpdateOutcome { dirty: true, effects: question.map(Effect::Ask).into_iter().collect() }
}

/// Opens the search in the history, with what was looked for in the rooms.
pub(super) fn open_search(app: &mut App) -> UpdateOutcome {
    let typed = app.search.as_ref().map(|search| search.query.text.clone()).unwrap_or_default();
    let opened = open(app, PickerKind::Found, &typed, None);
    if app.remembered.is_kept { ask_search(app) } else { opened }
}

/// Asks for what is typed now.
pub(super) fn ask_search(app: &mut App) -> UpdateOutcome {
    let Some(Popup::Pick(picker)) = &app.popup else { return UpdateOutcome::dirty() };
    let typed = picker.input.value().trim().to_owned();
    app.remembered.fault = None;
    if typed.is_empty() {
        return UpdateOutcome::dirty();
    }
    match HistoryQuery::parse(&typed, app.now, &app.zone) {
        Ok(query) => Effect::Ask(HistoryQuestion::Search(Box::new(query))).into(),
        Err(words) => {
            app.remembered.fault = Some(words);
            UpdateOutcome::dirty()
        }
    }
}

/// Lists lives of the past.
pub(super) fn open_lives(app: &mut App) -> UpdateOutcome {
    app.remembered.lives = None;
    open(app, PickerKind::Lives, "", Some(HistoryQuestion::Lives))
}

/// Shows what was said around a moment.
pub(super) fn open_around(app: &mut App, live: u64, at: i64) -> UpdateOutcome {
    app.remembered.around = None;
    open(app, PickerKind::Around, "", Some(HistoryQuestion::Around { live, at }))
}

/// Asks what is known of the person whose card is open.
pub(super) fn ask_person(app: &mut App, viewer: &Viewer) -> Option<Effect> {
    let id = viewer.id.filter(|_| app.remembered.is_kept)?.0;
    app.remembered.card = Some((id, None));
    Some(Effect::Ask(HistoryQuestion::Person(id)))
}

/// Asks for a note about the person whose card is open, or who is marked.
pub(super) fn open_note(app: &mut App, viewer: Option<&Viewer>) -> UpdateOutcome {
    let Some(id) = viewer.and_then(|viewer| viewer.id) else {
        app.notify("mark a person first: a note is about somebody with an account");
        return UpdateOutcome::dirty();
    };
    let known = app.remembered.card.as_ref().filter(|(of, _)| *of == id.0).and_then(|(_, card)| card.as_ref());
    let note = known.and_then(|card| card.person.note.clone()).unwrap_or_default();
    open(app, PickerKind::Note(id.0), &note, None)
}

/// What became due to be asked with news of a room: who the opponent is.
pub(super) fn ask_due(app: &mut App, room: RoomKey) -> Vec<Effect> {
    if !app.remembered.is_kept || app.replay {
        return Vec::new();
    }
    let Some(tab) = app.position(room).and_then(|at| app.tabs.get(at)) else { return Vec::new() };
    let host = tab.room.host.id.map(|id| id.0);
    let opponent = opponent(tab);
    let asked = &mut app.remembered.asked;
    if asked.len() > MAX_ASKED {
        asked.clear();
    }
    let mut effects = Vec::new();
    if let Some(opponent) = opponent
        && asked.insert(opponent)
    {
        effects.push(Effect::Ask(HistoryQuestion::Opponent { host, opponent }));
    }
    effects
}

/// The host of the other side of a battle, where there is one.
pub(in crate::tui) fn opponent(tab: &Tab) -> Option<u64> {
    let battle = tab.room.battle.as_ref()?;
    let others = battle.sides.iter().filter(|side| !side.ours);
    others.flat_map(|side| &side.hosts).find_map(|host| host.id).map(|id| id.0)
}

/// Handles what the history tells.
pub(super) fn apply_answer(app: &mut App, answer: HistoryAnswer) -> UpdateOutcome {
    match answer {
        HistoryAnswer::News(news) => return mark_person(app, news),
        HistoryAnswer::Person(id, card) => {
            if app.remembered.card.as_ref().is_some_and(|(of, _)| *of == id) {
                app.remembered.card = card.map(|card| (id, Some(card)));
            }
        }
        HistoryAnswer::Found(text, page) => app.remembered.found = Some((text, page)),
        HistoryAnswer::Around(at, lines) => {
            let chosen = lines.iter().position(|line| line.at >= at).unwrap_or(0);
            app.remembered.around = Some((at, lines));
            if let Some(Popup::Pick(picker)) = app.popup.as_mut().filter(|_| true)
                && picker.kind == PickerKind::Around
            {
                picker.chosen = chosen;
            }
        }
        HistoryAnswer::Lives(lives) => app.remembered.lives = Some(lives),
        HistoryAnswer::Opponent(opponent, record) => _ = app.remembered.opponents.insert(opponent, record),
        HistoryAnswer::Failed(words) => {
            app.event_log.add(app.now, words.clone());
            app.remembered.fault = Some(words);
        }
    }
    UpdateOutcome::dirty()
}

fn mark_person(app: &mut App, news: HistoryNews) -> UpdateOutcome {
    let tab = app.tabs.iter_mut().find(|tab| tab.room.room_id.is_some_and(|id| id.0 == news.live));
    let Some(tab) = tab else { return UpdateOutcome::UNCHANGED };
    if tab.marks.len() >= MAX_MARKS {
        tab.marks.clear();
    }
    // What was drawn without the mark is composed anew.
    tab.composed += 1;
    tab.marks.insert(news.person, news);
    UpdateOutcome::dirty()
}
