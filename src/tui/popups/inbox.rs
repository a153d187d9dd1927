//! Popup with the inbox, newest first; one row is chosen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::inbox::InboxItem;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// Widest list, in columns.
const WIDEST: u16 = 110;
/// Columns of the room's name and of the person's, where there is room; below so many columns of the list they are few, and the
/// time is left out.
const ROOM: usize = 14;
const WHO: usize = 16;
const NARROW: u16 = 60;
const FEW: usize = 8;

/// Draws the list.
pub(super) fn view(app: &App, chosen: usize, buf: &mut Buffer) {
    let inner = super::frame(app, buf, "Inbox", WIDEST, rows(app));
    let list = list_area(inner);
    if app.inbox.len() == 0 {
        return paint::left(buf, list, 0, &Line::styled("nothing needs you", app.theme.style(ColorRole::Dim)));
    }
    let from = first_row(chosen, list);
    for (row, (nth, item)) in (0..list.height).zip(app.inbox.newest_first().enumerate().skip(from)) {
        let place = Rect { y: list.y + row, height: 1, ..list };
        let mut text = place;
        if let Some(coins) = item.coins {
            let worth = format!("{} {}", number::count(coins), glyphs::GIFT);
            let worth = Line::styled(worth, app.theme.style(ColorRole::Gift));
            paint::right(buf, place, 0, &worth);
            text.width = text.width.saturating_sub(paint::columns(&worth) + 1);
        }
        paint::left(buf, text, 0, &line(app, item, list.width < NARROW));
        if nth == chosen.min(app.inbox.len() - 1) {
            paint::mark(buf, place);
        }
    }
    let keys = [(Action::Accept, "goes there"), (Action::Done, "done"), (Action::MoreLike, "more like this")];
    let keys = keys.into_iter().filter_map(|(action, words)| Some(format!("{} {words}", app.key(action)?)));
    let hint = Line::styled(keys.collect::<Vec<_>>().join("  "), app.theme.style(ColorRole::Dim));
    paint::left(buf, Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner }, 0, &hint);
}

/// The item at a place of the screen, counted from the newest.
pub(super) fn row_at(app: &App, chosen: usize, at: Position) -> Option<usize> {
    let list = list_area(inner(app));
    let row = list.contains(at).then(|| usize::from(at.y - list.y) + first_row(chosen, list))?;
    (row < app.inbox.len()).then_some(row)
}

/// Rows of the list on a screen of this size.
pub(super) fn page(app: &App) -> usize {
    list_area(inner(app)).height.into()
}

fn rows(app: &App) -> usize {
    app.inbox.len().max(1) + 1
}

fn inner(app: &App) -> Rect {
    let screen = Rect::from((Position::ORIGIN, app.size));
    super::inside(super::window(screen, WIDEST, rows(app)))
}

/// Above the row of hints.
fn list_area(inner: Rect) -> Rect {
    Rect { height: inner.height.saturating_sub(1), ..inner }
}

fn first_row(chosen: usize, list: Rect) -> usize {
    (chosen + 1).saturating_sub(usize::from(list.height))
}

fn line(app: &App, item: &InboxItem, narrow: bool) -> Line<'static> {
    let dim = app.theme.style(ColorRole::Dim);
    let room = app.tabs.iter().find(|tab| tab.key == item.room).map_or("", |tab| tab.name());
    let (sign, role) = item.kind.sign();
    let column = |text: &str, columns: usize| {
        let text = crate::text::clip(text, columns);
        format!("{text}{} ", " ".repeat(columns.saturating_sub(crate::text::width(&text))))
    };
    let time = if narrow { String::new() } else { format!("{} ", number::clock(item.at.wall, &app.zone)) };
    let (room_columns, who_columns) = if narrow { (FEW, FEW) } else { (ROOM, WHO) };
    let mut spans = vec![
        Span::styled(time, dim),
        Span::raw(column(room, room_columns)),
        Span::styled(format!("{sign} "), app.theme.style(role)),
    ];
    if !item.who.is_empty() {
        spans.push(Span::raw(column(&item.who, who_columns)));
    }
    let words = item.style.map_or_else(ratatui::style::Style::new, |style| app.theme.mention(style.color));
    spans.push(Span::styled(item.words.clone(), words));
    if item.times > 1 {
        spans.push(Span::styled(format!("  {}{}", glyphs::TIMES, number::count(item.times)), dim));
    }
    Line::from(spans)
}
