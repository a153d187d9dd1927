//! Handler of what the history tells, and of what a person wants of it.

use std::collections::HashMap;
use std::time::Duration;

use super::replaying;
use crate::events::{PhaseKind, Viewer};
use crate::history::{
    HistoryAnswer, HistoryNews, HistoryQuery, HistoryQuestion, LiveReport, PersonRow, SearchProgress,
};
use crate::ids::RoomKey;
use crate::room::{LogLine, Seq};
use crate::tui::action::Action;
use crate::tui::app::{App, Popup};
use crate::tui::msg::{Effect, UpdateOutcome};
use crate::tui::picker::{Picker, PickerKind};
use crate::tui::tab::Tab;
use crate::tui::typed_line::TypedLine;
use crate::tui::{glyphs, number, remembered};

/// Marks kept of one live.
const MAX_MARKS: usize = 100_000;
/// People in one question, and how long its answer is waited for before the next.
const MAX_NEWCOMERS: usize = 200;
const NEWS_TIMEOUT: Duration = Duration::from_secs(2);
/// Lives and opponents remembered as asked about.
const MAX_ASKED: usize = 10_000;

fn open(app: &mut App, kind: PickerKind, input: TypedLine, question: Option<HistoryQuestion>) -> UpdateOutcome {
    if !app.remembered.is_kept {
        app.notify("no history is kept here: see [history] in the settings");
        return UpdateOutcome::dirty();
    }
    app.popup = Some(Popup::Pick(Picker { input, ..Picker::new(kind) }));
    UpdateOutcome { dirty: true, effects: question.map(Effect::Ask).into_iter().collect() }
}

/// Opens the search in the history, with what was looked for in the rooms, selected.
pub(super) fn open_search(app: &mut App) -> UpdateOutcome {
    let typed = app.search.as_ref().map(|search| search.query.text.clone()).unwrap_or_default();
    let opened = open(app, PickerKind::Found, TypedLine::selected(typed), None);
    if app.remembered.is_kept { ask_search(app) } else { opened }
}

/// Opens the search in the history with what was looked for in the room on the screen, and finds no more there.
pub(super) fn open_search_further(app: &mut App) -> UpdateOutcome {
    let mut typed = app.search.as_ref().map(|search| search.query.text.clone()).unwrap_or_default();
    if let Some(tab) = app.tab()
        && !typed.contains("room:")
        && !typed.starts_with('/')
    {
        typed = format!("{typed} room:{}", tab.name());
    }
    search_for(app, typed)
}

/// Opens the search in the history with this typed.
pub(super) fn search_for(app: &mut App, typed: String) -> UpdateOutcome {
    app.popup = Some(Popup::Pick(Picker { input: TypedLine::from(typed), ..Picker::new(PickerKind::Found) }));
    ask_search(app)
}

/// Asks for what is typed now.
pub(super) fn ask_search(app: &mut App) -> UpdateOutcome {
    let Some(Popup::Pick(picker)) = &app.popup else { return UpdateOutcome::dirty() };
    let typed = picker.input.value().trim().to_owned();
    app.remembered.fault = None;
    if typed.is_empty() {
        return UpdateOutcome { dirty: true, effects: leave(app).into_iter().collect() };
    }
    match HistoryQuery::parse(&typed, app.now, &app.zone) {
        Ok(query) => {
            app.remembered.looking = Some((typed, None));
            Effect::Ask(HistoryQuestion::Search(Box::new(query))).into()
        }
        Err(words) => {
            app.remembered.fault = Some(words);
            UpdateOutcome { dirty: true, effects: leave(app).into_iter().collect() }
        }
    }
}

/// Gives up the search that runs.
fn leave(app: &mut App) -> Option<Effect> {
    app.remembered.looking.take().map(|_| Effect::Ask(HistoryQuestion::Leave))
}

/// Gives up the search that runs where nobody looks at it any more.
pub(super) fn leave_due(app: &mut App) -> Option<Effect> {
    let is_shown = matches!(&app.popup, Some(Popup::Pick(picker)) if picker.kind == PickerKind::Found);
    if is_shown { None } else { leave(app) }
}

/// Lists moments.
pub(super) fn open_moments(app: &mut App) -> UpdateOutcome {
    app.remembered.moments = None;
    app.popup = Some(Popup::Pick(Picker::new(PickerKind::Moments)));
    let asks = app.remembered.is_kept && app.replay_time.is_none();
    UpdateOutcome { dirty: true, effects: asks.then_some(Effect::Ask(HistoryQuestion::Moments)).into_iter().collect() }
}

/// Lists lives of the past.
pub(super) fn open_lives(app: &mut App) -> UpdateOutcome {
    app.remembered.lives = None;
    open(app, PickerKind::Lives, TypedLine::default(), Some(HistoryQuestion::Lives))
}

/// Shows what was said around a moment.
pub(super) fn open_around(app: &mut App, live: u64, at: i64, line: Option<i64>) -> UpdateOutcome {
    app.remembered.around = None;
    open(app, PickerKind::Around, TypedLine::default(), Some(HistoryQuestion::Around { live, at, line }))
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
    let written = known.map(|card| annotation(&card.person));
    let asks = written.is_none().then_some(HistoryQuestion::Person(id.0));
    if asks.is_some() {
        app.remembered.card = Some((id.0, None));
    }
    open(app, PickerKind::Note(id.0), TypedLine::from(written.unwrap_or_default()), asks)
}

/// A person's note with their tag in front of it, as they are typed: `#vip asks for songs`.
fn annotation(person: &PersonRow) -> String {
    let tag = person.tag.iter().filter(|tag| is_word(tag)).map(|tag| format!("#{tag} "));
    format!("{}{}", tag.collect::<String>(), person.note.as_deref().unwrap_or_default()).trim().to_owned()
}

fn is_word(tag: &str) -> bool {
    !tag.contains(char::is_whitespace)
}

/// Has what was typed kept: a word with # in front is the tag. One that could not be shown stays: of more than one word it can only be
/// one of `tiktop people`, and before the history has answered nobody saw it.
pub(super) fn write_note(app: &mut App, person: u64, typed: &str) -> UpdateOutcome {
    let known = app.remembered.card.as_ref().filter(|(of, _)| *of == person).and_then(|(_, card)| card.as_ref());
    let was_shown = known.is_some_and(|card| card.person.tag.as_deref().is_none_or(is_word));
    let (tag, note) = match typed.strip_prefix('#') {
        Some(rest) => {
            rest.split_once(char::is_whitespace).map_or((Some(rest), ""), |(tag, note)| (Some(tag), note.trim()))
        }
        None => (was_shown.then_some(""), typed),
    };
    app.notify(match (note, tag) {
        ("", None | Some("")) => "the note is taken away",
        ("", Some(_)) => "tagged",
        _ => "noted",
    });
    let tag = tag.map(str::to_owned);
    Effect::Ask(HistoryQuestion::Note { person, note: note.to_owned(), tag }).into()
}

/// What became due to be asked with news of a room: who the opponent is, how the host's last live was, and what this one was once
/// it is over.
pub(super) fn ask_due(app: &mut App, room: RoomKey) -> Vec<Effect> {
    if !app.remembered.is_kept || app.replay {
        return Vec::new();
    }
    let Some(at) = app.position(room) else { return Vec::new() };
    let Some(tab) = app.tabs.get_mut(at) else { return Vec::new() };
    let host = tab.room.host.id.map(|id| id.0);
    let live = tab.room.room_id;
    let mut questions = Vec::new();
    // One that was over before anything of it came is none of ours.
    let is_over = tab.room.phase.kind == PhaseKind::Ended && tab.room.stats.messages > 0;
    if let Some(live) = live.filter(|live| is_over && tab.reported != Some(*live)) {
        tab.reported = Some(live);
        questions.push(HistoryQuestion::FinalReport(live.0));
    }
    if live.is_some_and(|live| tab.last_live.as_ref().is_some_and(|last| last.live.id == live.0)) {
        tab.last_live = None;
    }
    let opponent = opponent(tab);
    let asked = &mut app.remembered.asked;
    if asked.len() > MAX_ASKED {
        asked.clear();
    }
    if let Some(opponent) = opponent
        && asked.insert(opponent)
    {
        questions.push(HistoryQuestion::Opponent { host, opponent });
    }
    if let Some((host, live)) = host.zip(live)
        && asked.insert(live.0)
    {
        questions.push(HistoryQuestion::LastLive { host, live: live.0 });
    }
    questions.into_iter().map(Effect::Ask).collect()
}

/// Asks who is new or back among those who spoke, where nobody tells it unasked: one question at a time.
pub(super) fn ask_newcomers(app: &mut App, room: RoomKey) -> Option<Effect> {
    let remembered = &app.remembered;
    let waits = remembered.asked_news.is_some_and(|asked| app.now.since(asked) < NEWS_TIMEOUT);
    if !remembered.is_kept || remembered.tells_news || waits {
        return None;
    }
    let at = app.position(room)?;
    let tab = app.tabs.get_mut(at)?;
    let live = tab.room.room_id?.0;
    let mut asked = HashMap::new();
    for entry in tab.room.chat.from_seq(tab.asked_from) {
        if asked.len() >= MAX_NEWCOMERS {
            break;
        }
        tab.asked_from = Seq(entry.seq.0 + 1);
        if let LogLine::Chat { from, .. } = &entry.line
            && let Some(id) = from.id.filter(|id| !tab.marks.contains_key(&id.0))
        {
            asked.entry(id.0).or_insert(entry.at.wall.0);
        }
    }
    if asked.is_empty() {
        return None;
    }
    app.remembered.asked_news = Some(app.now);
    Some(Effect::Ask(HistoryQuestion::Newcomers { live, people: asked.into_iter().collect() }))
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
        HistoryAnswer::Newcomers(known) => {
            (app.remembered.asked_news, app.remembered.knows_news) = (None, true);
            for news in known {
                mark_person(app, news);
            }
        }
        HistoryAnswer::Person(id, card) => {
            if app.remembered.card.as_ref().is_some_and(|(of, _)| *of == id) {
                app.remembered.card = card.map(|card| (id, Some(card)));
            }
            // What is written already is not written over unseen.
            if let Some(Popup::Pick(picker)) = &mut app.popup
                && picker.kind == PickerKind::Note(id)
                && picker.input.value().is_empty()
                && let Some((_, Some(card))) = &app.remembered.card
            {
                picker.input = TypedLine::from(annotation(&card.person));
            }
        }
        HistoryAnswer::Looking(text, mut progress) => {
            if let Some((of, known)) = app.remembered.looking.as_mut().filter(|(of, _)| *of == text) {
                let mut lines = known.take().map(|known| known.lines).unwrap_or_default();
                lines.append(&mut progress.lines);
                (*of, *known) = (text, Some(SearchProgress { lines, ..progress }));
            }
        }
        HistoryAnswer::Found(text, page) => {
            app.remembered.looking = app.remembered.looking.take().filter(|(of, _)| *of != text);
            app.remembered.found = Some((text, page));
        }
        HistoryAnswer::Around(around) => {
            let place = remembered::moment_place(&around);
            app.remembered.around = Some(around);
            if let Some(Popup::Pick(picker)) = &mut app.popup
                && picker.kind == PickerKind::Around
            {
                picker.chosen = place;
            }
        }
        // Another one may be asked for by now.
        HistoryAnswer::Report(report) if app.remembered.report_of == Some(report.live.id) => {
            app.remembered.report = Some(report);
        }
        HistoryAnswer::Report(_) => return UpdateOutcome::UNCHANGED,
        HistoryAnswer::FinalReport(report) => show_final_report(app, report),
        HistoryAnswer::Marked { at, marked } => match marked {
            Ok(note) => replaying::show_mark(app, at, &note),
            Err(words) => app.warn(words),
        },
        HistoryAnswer::LastLive(live, past) => {
            if let Some(tab) = app.tabs.iter_mut().find(|tab| tab.room.room_id.is_some_and(|id| id.0 == live)) {
                tab.last_live = Some(past);
                // Who is new is known from now on.
                tab.composed += 1;
            }
        }
        HistoryAnswer::Moments(moments) => app.remembered.moments = Some(moments),
        HistoryAnswer::Lives(lives) => app.remembered.lives = Some(lives),
        HistoryAnswer::Opponent(opponent, record) => _ = app.remembered.opponents.insert(opponent, record),
        HistoryAnswer::Failed(words) => {
            app.event_log.add(app.now, words.clone());
            (app.remembered.fault, app.remembered.looking) = (Some(words), None);
        }
    }
    UpdateOutcome::dirty()
}

/// Opens the report of the room on the screen.
pub(super) fn open_report(app: &mut App) -> UpdateOutcome {
    let live = app.tab().and_then(|tab| tab.room.room_id);
    let Some(live) = live.filter(|_| app.remembered.is_kept) else {
        app.notify(if app.remembered.is_kept {
            "no live is known here"
        } else {
            "no history is kept here: see [history] in the settings"
        });
        return UpdateOutcome::dirty();
    };
    open_report_of(app, live.0)
}

/// Opens the report of a live, by its room id.
pub(super) fn open_report_of(app: &mut App, live: u64) -> UpdateOutcome {
    (app.remembered.report, app.remembered.report_of) = (None, Some(live));
    app.popup = Some(Popup::Report(0));
    Effect::Ask(HistoryQuestion::Report(live)).into()
}

/// Shows the report of a live that has just ended to somebody who looks at that room and does nothing else. Others are told that it is
/// there: by a line that goes with the next key, which may be the one that opens it, and in the inbox.
fn show_final_report(app: &mut App, report: Box<LiveReport>) {
    let live = report.live.id;
    let looks = app.tab().and_then(|tab| tab.room.room_id).is_some_and(|shown| shown.0 == live);
    if looks && app.popup.is_none() && app.overview.is_none() {
        (app.remembered.report, app.remembered.report_of) = (Some(report), Some(live));
        app.popup = Some(Popup::Report(0));
        return;
    }
    let of = format!("the live of @{} ended", report.live.handle);
    app.event_log.add(app.now, format!("{of}: tiktop report {live} tells what it was"));
    let room = app.tabs.iter().find(|tab| tab.reported.is_some_and(|reported| reported.0 == live)).map(|tab| tab.key);
    if let Some(room) = room {
        let length = number::minutes(Duration::from_millis(u64::try_from(report.live.length()).unwrap_or(0)));
        let coins = number::count(report.live.coins);
        app.inbox.add_report(room, live, app.now, format!("the live ended after {length}, {coins} {}", glyphs::GIFT));
    }
    match app.key(Action::Report) {
        Some(key) => app.offer_report(live, format!("{of}: {key} shows its report")),
        None => app.notify(format!("{of}: tiktop report {live} tells what it was")),
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::events::{Chat, EventKind, Host, Info, LiveStart, Phase};
    use crate::history::{FoundLine, FoundPage, KnownPerson, LiveRow, MinuteRow, PastLive};
    use crate::ids::{RoomId, UserId};
    use crate::track::{RoomUpdate, TrackerUpdate};
    use crate::tui::msg::Msg;
    use crate::tui::update::tests::{happen, on_air, press};
    use crate::tui::update::update;

    fn kept() -> App {
        let mut app = on_air();
        app.remembered.is_kept = true;
        app
    }

    fn comment(text: &str) -> EventKind {
        let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
        EventKind::Chat(Chat { from, text: text.into(), emotes: vec![], to: None, language: "en".into() })
    }

    #[test]
    fn a_note_that_stands_is_shown_before_it_is_written_over_and_a_word_with_a_hash_is_a_tag() {
        let mut app = kept();
        let mia = Viewer { id: Some(UserId(5)), nickname: "Mia".into(), ..Viewer::default() };
        let asks = open_note(&mut app, Some(&mia)).effects;
        assert_eq!(asks, [Effect::Ask(HistoryQuestion::Person(5))]);
        let early = HistoryQuestion::Note { person: 5, note: "sings".into(), tag: None };
        assert_eq!(write_note(&mut app, 5, "sings").effects, [Effect::Ask(early)], "a tag that nobody saw stays");
        let person = PersonRow { note: Some("sings".into()), tag: Some("vip".into()), ..PersonRow::default() };
        let card = KnownPerson { person, ..KnownPerson::default() };
        apply_answer(&mut app, HistoryAnswer::Person(5, Some(Box::new(card))));
        let Some(Popup::Pick(picker)) = &app.popup else { panic!("the note is asked for") };
        assert_eq!(picker.input.value(), "#vip sings");
        let written = |app: &mut App, typed: &str| write_note(app, 5, typed).effects;
        let note = |note: &str, tag: Option<&str>| {
            let (note, tag) = (note.to_owned(), tag.map(str::to_owned));
            [Effect::Ask(HistoryQuestion::Note { person: 5, note, tag })]
        };
        assert_eq!(written(&mut app, "#star sings well"), note("sings well", Some("star")));
        assert_eq!(written(&mut app, "sings"), note("sings", Some("")));
        assert_eq!(written(&mut app, "#vip"), note("", Some("vip")));
        if let Some((_, Some(card))) = &mut app.remembered.card {
            card.person.tag = Some("of two words".into());
        }
        assert_eq!(written(&mut app, "sings"), note("sings", None));
    }

    #[test]
    fn the_end_of_a_live_asks_for_its_report_once_and_shows_it_to_who_looks() {
        let mut app = kept();
        happen(&mut app, 1, comment("hi"));
        let end = || EventKind::State(Phase::new(PhaseKind::Ended));
        let asks = happen(&mut app, 1, end());
        assert!(asks.contains(&Effect::Ask(HistoryQuestion::FinalReport(73))), "{asks:?}");
        assert!(!happen(&mut app, 1, end()).contains(&Effect::Ask(HistoryQuestion::FinalReport(73))));
        let live = LiveRow { id: 73, handle: "ana".into(), ..LiveRow::default() };
        let report = || Box::new(LiveReport { live: live.clone(), ..LiveReport::default() });
        app.popup = Some(Popup::Help(0));
        apply_answer(&mut app, HistoryAnswer::FinalReport(report()));
        assert!(matches!(app.popup, Some(Popup::Help(0))), "nobody is interrupted");
        assert!(app.toast.take().unwrap().text.as_str().contains("the live of @ana ended"));
        app.popup = None;
        apply_answer(&mut app, HistoryAnswer::FinalReport(report()));
        assert!(matches!(app.popup, Some(Popup::Report(0))));
    }

    #[test]
    fn who_looks_at_another_room_is_told_by_a_line_and_opens_the_report_with_the_key_that_it_names() {
        let mut app = kept();
        happen(&mut app, 1, comment("hi"));
        update(&mut app, Msg::Tracked(TrackerUpdate::Room(RoomKey(2), RoomUpdate::Added { label: "@ben".into() })));
        happen(&mut app, 2, EventKind::Live(LiveStart { room_id: RoomId(74), live_seq: 1 }));
        press(&mut app, "2");
        happen(&mut app, 1, EventKind::State(Phase::new(PhaseKind::Ended)));
        let report = |id, handle: &str| {
            let live = LiveRow { id, handle: handle.into(), ..LiveRow::default() };
            Box::new(LiveReport { live, ..LiveReport::default() })
        };
        // Also while the report of the room that is looked at is open.
        press(&mut app, "I");
        apply_answer(&mut app, HistoryAnswer::FinalReport(report(73, "ana")));
        apply_answer(&mut app, HistoryAnswer::Report(report(74, "ben")));
        assert_eq!(app.remembered.report.as_ref().unwrap().live.handle, "ben");
        press(&mut app, "esc");
        apply_answer(&mut app, HistoryAnswer::FinalReport(report(73, "ana")));
        assert!(app.popup.is_none());
        assert_eq!(app.toast.as_ref().unwrap().text.as_str(), "the live of @ana ended: I shows its report");
        let mut later = app.clone();
        assert_eq!(press(&mut app, "I"), [Effect::Ask(HistoryQuestion::Report(73))]);
        apply_answer(&mut app, HistoryAnswer::Report(report(73, "ana")));
        assert!(matches!(app.popup, Some(Popup::Report(0))) && app.toast.is_none());
        // With any other key the line goes, and the inbox keeps it.
        press(&mut later, "tab");
        assert_eq!(press(&mut later, "I"), [Effect::Ask(HistoryQuestion::Report(74))]);
        press(&mut later, "esc");
        assert_eq!(later.inbox.len(), 1, "one for a live");
        press(&mut later, "i");
        assert_eq!(press(&mut later, "enter"), [Effect::Ask(HistoryQuestion::Report(73))]);
        assert_eq!((later.active, later.inbox.len()), (0, 0));
    }

    #[test]
    fn the_last_live_of_a_host_is_asked_for_once_and_kept_with_the_room() {
        let mut app = kept();
        let host = Host { id: Some(UserId(9)), unique_id: "ana".into(), ..Host::default() };
        let asks = happen(&mut app, 1, EventKind::Info(Box::new(Info { host, ..Info::default() })));
        let question = Effect::Ask(HistoryQuestion::LastLive { host: 9, live: 73 });
        assert!(asks.contains(&question), "{asks:?}");
        assert!(!happen(&mut app, 1, comment("hi")).contains(&question));
        let past = PastLive { live: LiveRow::default(), minutes: vec![MinuteRow::default()] };
        apply_answer(&mut app, HistoryAnswer::LastLive(73, Box::new(past)));
        assert!(app.tabs[0].last_live.is_some());
    }

    #[test]
    fn who_tells_nothing_unasked_is_asked_who_is_new_once_each() {
        let mut app = kept();
        let says = |app: &mut App, id: u64| {
            let from = Arc::new(Viewer { id: Some(UserId(id)), nickname: "Mia".into(), ..Viewer::default() });
            let text = "hi".into();
            happen(app, 1, EventKind::Chat(Chat { from, text, emotes: vec![], to: None, language: "en".into() }))
        };
        let asked = |asks: Vec<Effect>| match asks.as_slice() {
            [Effect::Ask(HistoryQuestion::Newcomers { live: 73, people })] => {
                people.iter().map(|(id, _)| *id).collect()
            }
            other => panic!("{other:?}"),
        };
        let first: Vec<u64> = asked(says(&mut app, 5));
        assert_eq!(first, [5]);
        assert!(says(&mut app, 6).is_empty(), "one question at a time");
        let news = HistoryNews { live: 73, person: 5, lives_before: 2, ..HistoryNews::default() };
        apply_answer(&mut app, HistoryAnswer::Newcomers(vec![news]));
        let next = asked(says(&mut app, 5));
        assert_eq!(next, [6]);
        assert_eq!(app.tabs[0].marks[&5].lives_before, 2);
        app.remembered.tells_news = true;
        apply_answer(&mut app, HistoryAnswer::Newcomers(vec![]));
        assert!(says(&mut app, 7).is_empty());
    }

    #[test]
    fn what_was_looked_for_last_is_selected_in_both_searches() {
        let mut app = kept();
        happen(&mut app, 1, comment("red apples"));
        let typed = |app: &App| match &app.popup {
            Some(Popup::Search { input, .. }) => (input.value().to_owned(), input.is_selected()),
            Some(Popup::Pick(picker)) => (picker.input.value().to_owned(), picker.input.is_selected()),
            _ => panic!("a line is typed"),
        };
        press(&mut app, "/");
        crate::tui::update::pasted(&mut app, "apples");
        press(&mut app, "enter");
        for open in ["/", "ctrl-r"] {
            press(&mut app, open);
            assert_eq!(typed(&app), ("apples".to_owned(), true), "{open}");
            press(&mut app, "x");
            assert_eq!(typed(&app), ("x".to_owned(), false), "{open}");
            press(&mut app, "esc");
            press(&mut app, open);
            press(&mut app, "end");
            press(&mut app, "x");
            assert_eq!(typed(&app), ("applesx".to_owned(), false), "{open}");
            press(&mut app, "esc");
        }
    }

    #[test]
    fn a_search_that_finds_no_more_in_the_log_goes_on_in_the_history_page_by_page() {
        let mut app = kept();
        happen(&mut app, 1, comment("nothing of it"));
        press(&mut app, "/");
        crate::tui::update::pasted(&mut app, "giveaway");
        let asked = press(&mut app, "enter");
        let [Effect::Ask(HistoryQuestion::Search(query))] = asked.as_slice() else { panic!("{asked:?}") };
        assert_eq!(query.text, "giveaway room:ana");
        let line = FoundLine { at: 1_793_302_205_250, ..FoundLine::default() };
        for (file, lines) in [(1, vec![]), (2, vec![line.clone()]), (3, vec![line.clone()])] {
            let progress = SearchProgress { file, files: 12, back_to: 1_793_302_205_250, lines };
            apply_answer(&mut app, HistoryAnswer::Looking(query.text.clone(), progress));
        }
        let state = |app: &App| remembered::search_state(app, &query.text);
        assert_eq!(state(&app).as_deref(), Some("file 3 of 12, back to 2026-10-29, 2 found"));
        assert_eq!(remembered::found(&app, &query.text).len(), 2, "lines are shown as they are found");
        let mut left = app.clone();
        let leave = [Effect::Ask(HistoryQuestion::Leave)];
        assert_eq!(press(&mut left, "esc"), leave);
        let mut unclear = app.clone();
        press(&mut unclear, "space");
        assert_eq!(crate::tui::update::pasted(&mut unclear, "kind:dance").effects, leave);
        let page = FoundPage { lines: vec![line], more: true };
        apply_answer(&mut app, HistoryAnswer::Found(query.text.clone(), page));
        press(&mut app, "down");
        let older = press(&mut app, "enter");
        let [Effect::Ask(HistoryQuestion::Search(query))] = older.as_slice() else { panic!("{older:?}") };
        assert_eq!(query.text, "giveaway room:ana before:2026-10-29T19:30:05.250Z");
        assert_eq!(query.before(), Some(1_793_302_205_250));
    }
}
