//! Merged feed, what is said and given in all rooms in one list, newest below.
//!
//! ```text
//! 19:41 ana.live      M Kit           hello everyone, rules are pinned
//!       ben.tides       Joon          can you say hi to my sister
//!       ana.live      ◆ mia           Rose ×112                                   112 ◆
//! ```
//!
//! A mark makes it stand still, as in the chat of one room.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::App;
use super::panes::chat::Composer;
use super::tab::Tab;
use super::theme::ColorRole;
use super::widgets::feed::Scroll;
use super::widgets::paint;
use super::{glyphs, number, overview};
use crate::events::Viewer;
use crate::ids::RoomKey;
use crate::room::{LogEntry, LogLine, Seq};

/// Columns of the time and of the room's name.
const TIME: u16 = 6;
const ROOM: u16 = 14;
/// Rows looked through for one that is shown: joins come in crowds.
const REACH: usize = 20_000;

/// A row of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedRow {
    pub(super) room: RoomKey,
    pub(super) seq: Seq,
}

/// Where the feed stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MergedView {
    /// The marked row; nothing while the feed runs.
    pub(super) marked: Option<FeedRow>,
    /// The row at the bottom while it stands.
    pub(super) bottom: Option<FeedRow>,
}

/// Whether a row is one that somebody reads: people who come in and share are not.
fn is_read(entry: &LogEntry) -> bool {
    !entry.deleted
        && !matches!(
            entry.line,
            LogLine::Joins { .. } | LogLine::Share(_) | LogLine::Intro(_) | LogLine::Skipped { .. }
        )
}

/// The rows at or before `from`, newest first; all where there is none.
fn older(app: &App, from: Option<FeedRow>) -> impl Iterator<Item = (&Tab, &LogEntry)> {
    let start = from.and_then(|row| {
        let tab = app.tabs.iter().find(|tab| tab.key == row.room)?;
        Some((tab.room.chat.get(row.seq)?.at.mono, app.position(row.room)?, row.seq))
    });
    let mut tails: Vec<_> = app
        .tabs
        .iter()
        .enumerate()
        .filter(|(_, tab)| overview::fits(app, tab))
        .map(|(at, tab)| {
            let until = match start {
                None => u64::MAX,
                // Of rooms behind it, what came in the same moment stands below.
                Some((mono, room, _)) => {
                    if at > room {
                        mono.saturating_sub(1)
                    } else {
                        mono
                    }
                }
            };
            let rows = tab.room.chat.until_time(until).rev().take(REACH).filter(|entry| is_read(entry));
            let last = start.filter(|(_, room, _)| *room == at).map(|(_, _, seq)| seq);
            (at, tab, rows.filter(move |entry| last.is_none_or(|last| entry.seq <= last)).peekable())
        })
        .collect();
    std::iter::from_fn(move || {
        let next = tails
            .iter_mut()
            .filter_map(|(at, tab, rows)| Some((rows.peek()?.at.mono, *at, tab.key)))
            .max_by_key(|(mono, at, _)| (*mono, *at))?;
        let (_, tab, rows) = tails.iter_mut().find(|(at, ..)| *at == next.1)?;
        Some((*tab, rows.next()?))
    })
}

/// The row after this one; nothing where it is the newest.
fn newer(app: &App, row: FeedRow) -> Option<FeedRow> {
    let own = app.tabs.iter().find(|tab| tab.key == row.room)?;
    let (mono, place) = (own.room.chat.get(row.seq)?.at.mono, app.position(row.room)?);
    let after = |(at, tab): (usize, &Tab)| {
        let from = tab.room.chat.iter().rev().take(REACH).filter(|entry| is_read(entry));
        let later = from.take_while(|entry| match at.cmp(&place) {
            std::cmp::Ordering::Equal => entry.seq > row.seq,
            std::cmp::Ordering::Less => entry.at.mono > mono,
            std::cmp::Ordering::Greater => entry.at.mono >= mono,
        });
        later.last().map(|entry| (entry.at.mono, at, FeedRow { room: tab.key, seq: entry.seq }))
    };
    let rooms = app.tabs.iter().enumerate().filter(|(_, tab)| overview::fits(app, tab));
    rooms.filter_map(after).min_by_key(|(mono, at, _)| (*mono, *at)).map(|(.., row)| row)
}

/// Moves the mark; below the newest row the feed runs again.
pub(super) fn scroll(app: &App, view: MergedView, by: Scroll) -> MergedView {
    let (up, count) = match by {
        Scroll::Up(rows) => (true, rows),
        Scroll::Down(rows) => (false, rows),
        Scroll::Top => (true, REACH),
        Scroll::Bottom => return MergedView::default(),
    };
    let newest = || older(app, None).next().map(|(tab, entry)| FeedRow { room: tab.key, seq: entry.seq });
    let kept = view.marked.filter(|row| entry(app, *row).is_some());
    let marked = match kept {
        None if up => newest(),
        None => None,
        Some(row) if up => {
            let before = older(app, Some(row)).take(count + 1).last();
            before.map(|(tab, entry)| FeedRow { room: tab.key, seq: entry.seq })
        }
        Some(row) => (0..count).try_fold(row, |row, _| newer(app, row)),
    };
    let Some(marked) = marked else { return MergedView::default() };
    // The view moves no further than it has to.
    let bottom = view.bottom.or_else(newest);
    let above: Vec<FeedRow> = older(app, bottom)
        .take(usize::from(list_area(app).height).max(1))
        .map(|(tab, entry)| FeedRow { room: tab.key, seq: entry.seq })
        .collect();
    let bottom = if above.contains(&marked) {
        bottom
    } else if up {
        let page = above.len().saturating_sub(1).max(1);
        (0..page).try_fold(marked, |row, _| newer(app, row)).or(Some(marked))
    } else {
        Some(marked)
    };
    MergedView { marked: Some(marked), bottom }
}

/// The row itself, while it is kept.
pub(super) fn entry(app: &App, row: FeedRow) -> Option<&LogEntry> {
    app.tabs.iter().find(|tab| tab.key == row.room)?.room.chat.get(row.seq)
}

/// The person in the marked row.
pub(super) fn marked_person(app: &App, view: MergedView) -> Option<Arc<Viewer>> {
    entry(app, view.marked?)?.line.person().cloned()
}

/// The row at a place of the screen.
pub(super) fn row_at(app: &App, view: MergedView, at: Position) -> Option<FeedRow> {
    let list = list_area(app);
    let up = usize::from(list.contains(at).then(|| list.bottom() - 1 - at.y)?);
    older(app, view.bottom).nth(up).map(|(tab, entry)| FeedRow { room: tab.key, seq: entry.seq })
}

fn list_area(app: &App) -> Rect {
    let body = app.body();
    Rect { y: body.y.saturating_add(1), height: body.height.saturating_sub(1), ..body }
}

/// Draws the feed: a row each, so that many rooms can be read at once.
pub(super) fn view(app: &App, view: MergedView, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let rooms = app.tabs.iter().filter(|tab| overview::fits(app, tab)).count();
    let mut notes = vec![Line::styled(format!("{rooms} rooms"), dim)];
    if view.marked.is_some() {
        let key = app.key(super::action::Action::Bottom).map(|key| format!(", {key} resumes")).unwrap_or_default();
        notes.insert(0, Line::styled(format!("paused{key}"), app.theme.style(ColorRole::Warn)));
    }
    let title = Line::styled("All rooms", app.theme.style(ColorRole::Accent));
    paint::rule(buf, area, 0, &title, &notes, dim);
    let list = list_area(app);
    let room_columns = if area.width >= 60 { ROOM } else { ROOM / 2 };
    let text = Rect { x: list.x + TIME + room_columns, width: list.width.saturating_sub(TIME + room_columns), ..list };
    let shown: Vec<(&Tab, &LogEntry)> = older(app, view.bottom).take(list.height.into()).collect();
    let mut minute = None;
    let from = list.height - u16::try_from(shown.len()).unwrap_or(list.height).min(list.height);
    for (row, (tab, entry)) in (from..list.height).zip(shown.into_iter().rev()) {
        if minute != Some(number::minute_of(entry.at)) {
            minute = Some(number::minute_of(entry.at));
            paint::left(buf, list, row, &Line::styled(number::clock(entry.at.wall, &app.zone), dim));
        }
        let style = if app.tab().is_some_and(|active| active.key == tab.key) {
            app.theme.style(ColorRole::Accent)
        } else {
            dim
        };
        let name = Rect { x: list.x + TIME, width: room_columns.saturating_sub(1), ..list };
        paint::left(buf, name, row, &Line::styled(tab.name().to_owned(), style));
        let lines = composer(app, tab, text.width).lines(entry);
        if let Some(line) = lines.first() {
            let mut line = line.clone();
            if lines.len() > 1 {
                line.spans.push(Span::styled("…", Style::new()));
            }
            paint::left(buf, text, row, &line);
        }
        if view.marked == Some(FeedRow { room: tab.key, seq: entry.seq }) {
            let place = Rect { y: list.y + row, height: 1, ..list };
            paint::mark(buf, place);
        }
    }
    if from == list.height {
        let words = format!("nothing was said yet {} in these rooms", glyphs::DASH);
        paint::left(buf, list, 0, &Line::styled(words, dim));
    }
}

fn composer<'a>(app: &'a App, tab: &'a Tab, columns: u16) -> Composer<'a> {
    super::panes::chat::composer_of(app, tab, columns)
}
