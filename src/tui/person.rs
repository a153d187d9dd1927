//! Card of a person: handle, what they are here in words, what they gave and said in this room and in the others.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::action::Action;
use super::app::{App, PersonCard};
use super::panes::gifts::{gift_words, gift_worth};
use super::tab::Tab;
use super::theme::ColorRole;
use super::widgets::{paint, wrap};
use super::{glyphs, number, qr, remembered};
use crate::events::Viewer;
use crate::room::{LogEntry, LogLine};

/// Rows of one room at most, the newest.
const MOST_ROWS: usize = 200;
/// Widest card, in columns.
const WIDEST: u16 = 76;
/// Columns of the time.
const TIME: usize = 7;

/// The rows of the card.
pub(super) fn lines(app: &App, card: &PersonCard) -> Vec<Line<'static>> {
    let dim = app.theme.style(ColorRole::Dim);
    let columns = app.size.width.saturating_sub(4).clamp(1, WIDEST);
    let viewer = &*card.viewer;
    let mut lines = vec![identity(app, viewer)];
    let separator = Span::styled(format!(" {} ", glyphs::DOT), dim);
    lines.extend(paint::flow(&roles(app, viewer), &separator, columns, 4));
    lines.extend(paint::flow(&given(app, card), &separator, columns, 4));
    let keys = [
        (Action::CopyName, "copies the @name"),
        (Action::CopyLink, "the link"),
        (Action::Codes, "codes for a phone"),
        (Action::Ignore, "ignores"),
        (Action::Highlight, "lets stand out"),
    ];
    let keys = keys.into_iter().chain(app.remembered.is_kept.then_some((Action::Note, "writes a note")));
    let keys = keys.filter_map(|(action, words)| Some(format!("{} {words}", app.key(action)?)));
    let keys: Vec<_> = keys.map(|words| Line::styled(words, dim)).collect();
    lines.extend(paint::flow(&keys, &separator, columns, 2));
    if card.codes {
        let codes = qr::lines(viewer.unique_id.as_str(), columns.into(), app.theme.is_mono(), app.screen.ascii);
        match codes.filter(|_| !viewer.unique_id.is_empty()) {
            Some(codes) => lines.extend(codes),
            None => lines.push(Line::styled("no code: no @name is known, or the screen is too narrow", dim)),
        }
    }
    let remembered: Vec<_> = viewer.id.map(|id| remembered::person(app, id.0)).unwrap_or_default();
    if !remembered.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled("in the history", app.theme.style(ColorRole::Accent)));
        for words in &remembered {
            let wrapped = wrap::wrap(words, columns.into(), columns.into());
            lines.extend(wrapped.into_iter().map(|words| Line::raw(words.to_owned())));
        }
    }
    let here = app.tabs.iter().filter(|tab| tab.key == card.room);
    let elsewhere = app.tabs.iter().filter(|tab| tab.key != card.room);
    for tab in here.chain(elsewhere) {
        said(app, tab, viewer, columns.into(), &mut lines);
    }
    let live = app.tabs.iter().find(|tab| tab.key == card.room).and_then(|tab| tab.room.room_id).map(|id| id.0);
    let before = viewer.id.map(|id| remembered::said_before(app, id.0, live)).unwrap_or_default();
    if !before.is_empty() {
        lines.push(Line::default());
        lines.push(Line::styled("said in other lives", app.theme.style(ColorRole::Accent)));
        for (when, words) in before {
            lines.push(Line::styled(when, dim));
            let wrapped = wrap::wrap(
                &words,
                usize::from(columns).saturating_sub(2).max(1),
                usize::from(columns).saturating_sub(2).max(1),
            );
            lines.extend(wrapped.into_iter().map(|words| Line::raw(format!("  {words}"))));
        }
    }
    lines
}

/// Whether both descriptions are of one person.
fn is_same(one: &Viewer, other: &Viewer) -> bool {
    match (one.id, other.id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.nickname == other.nickname && one.unique_id == other.unique_id,
        _ => false,
    }
}

fn identity(app: &App, viewer: &Viewer) -> Line<'static> {
    let handle = if viewer.unique_id.is_empty() { "no @name known".into() } else { format!("@{}", viewer.unique_id) };
    let id = viewer.id.map(|id| format!("  id {}", id.0)).unwrap_or_default();
    Line::from(vec![
        Span::styled(handle, app.theme.style(ColorRole::Accent)),
        Span::styled(id, app.theme.style(ColorRole::Dim)),
    ])
}

/// What somebody is here, in words.
fn roles(app: &App, viewer: &Viewer) -> Vec<Line<'static>> {
    let word = |on: bool, words: &str, role| on.then(|| Line::styled(words.to_owned(), app.theme.style(role)));
    let level = |level: u16, words: &str| {
        (level > 0).then(|| Line::styled(format!("{words} {level}"), app.theme.style(ColorRole::Text)))
    };
    let all = [
        word(viewer.host, "the host", ColorRole::Host),
        word(app.people.is_ignored(viewer), "ignored", ColorRole::Warn),
        word(app.people.highlights(viewer), "stands out", ColorRole::Accent),
        word(viewer.moderator, "moderator", ColorRole::Moderator),
        word(viewer.subscriber, "subscriber", ColorRole::Subscriber),
        word(viewer.friend, "friend of the host", ColorRole::Text),
        word(viewer.follower && !viewer.friend, "follows the host", ColorRole::Text),
        word(!viewer.follower && !viewer.friend && !viewer.host, "not known to follow", ColorRole::Dim),
        level(viewer.gifter_level, "gifter level"),
        level(viewer.team_level, "team level"),
        level(viewer.top_gifter.into(), "top gifter"),
        word(viewer.new_gifter, "new gifter", ColorRole::Text),
        word(viewer.verified, "verified", ColorRole::Text),
    ];
    all.into_iter().flatten().collect()
}

/// What they gave, room by room, as far as we saw it.
fn given(app: &App, card: &PersonCard) -> Vec<Line<'static>> {
    let style = app.theme.style(ColorRole::Gift);
    let mut all = Vec::new();
    for tab in &app.tabs {
        let leader = card.viewer.id.and_then(|id| tab.room.leaders.total_of(id));
        let Some(leader) = leader else { continue };
        let place = if tab.key == card.room { "here".to_owned() } else { format!("to {}", tab.name()) };
        let words = format!("gave {} {} {place}", number::count(leader.coins), glyphs::GIFT);
        all.push(Line::styled(words, style));
    }
    if all.is_empty() {
        all.push(Line::styled("gave nothing that we saw", app.theme.style(ColorRole::Dim)));
    }
    all
}

/// What they said and did in one room, newest first, below the room's name.
fn said(app: &App, tab: &Tab, viewer: &Viewer, columns: usize, lines: &mut Vec<Line<'static>>) {
    let theirs = tab.room.chat.iter().rev().filter(|entry| {
        entry.line.person().is_some_and(|person| is_same(person, viewer))
            && !matches!(entry.line, LogLine::Joins { .. })
    });
    let theirs: Vec<&LogEntry> = theirs.take(MOST_ROWS).collect();
    if theirs.is_empty() {
        return;
    }
    lines.push(Line::default());
    lines.push(Line::styled(format!("in {}", tab.name()), app.theme.style(ColorRole::Accent)));
    let room = columns.saturating_sub(TIME).max(1);
    for entry in theirs {
        let (words, style) = row(app, entry);
        for (at, text) in wrap::wrap(&words, room, room).into_iter().enumerate() {
            let time = if at == 0 { number::clock(entry.at.wall, &app.zone) } else { String::new() };
            lines.push(Line::from(vec![
                Span::styled(format!("{time:TIME$}"), app.theme.style(ColorRole::Dim)),
                Span::styled(text.to_owned(), style),
            ]));
        }
    }
}

fn row(app: &App, entry: &LogEntry) -> (String, Style) {
    let dim = app.theme.style(ColorRole::Dim);
    match &entry.line {
        LogLine::Gift { gift, count, added, .. } => {
            let what = gift_words(gift.name.as_str(), gift.id, *count);
            let worth = gift_worth(app.theme, gift.diamonds, *count, *added).content.into_owned();
            (format!("{what}  {worth}"), app.theme.style(ColorRole::Gift))
        }
        LogLine::Follow(_) => ("followed".into(), dim),
        LogLine::Share(_) => ("shared the live".into(), dim),
        LogLine::Question { text, .. } => (format!("{} {text}", glyphs::QUESTION), Style::new()),
        line if entry.deleted => (format!("{} (deleted)", super::panes::log_words(line)), dim),
        line => (super::panes::log_sentence(line), Style::new()),
    }
}
