//! Wall of all rooms: a small card each, several of them alive at once.
//!
//! ```text
//! ┌ ● ana.live ──────────── 1 243 ▃▅▆▇ ┐
//! │ Kit       hello everyone           │
//! │ mia       that was amazing!!       │
//! │ ▸ mia     Rose ×37            37 ◆ │
//! │ 12 430 ███████████▌░░░░░░ 8 911    │
//! └ 38/min · 410 ◆/min ────── 1:47 ────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::app::App;
use super::freshness::Freshness;
use super::panes::gifts::{described, gift_worth};
use super::panes::phase;
use super::tab::Tab;
use super::table;
use super::theme::ColorRole;
use super::widgets::{graph, paint, split_bar};
use super::{glyphs, number};
use crate::room::{Battle, Bucket, LogLine, Side};

/// Size of the smallest card that tells something, and height of the largest.
const LEAST: (u16, u16) = (34, 6);
const HIGHEST: u16 = 60;
/// A card that is wider than this could be two, and one that is not would be poor as two.
const WIDEST: u16 = 70;
const POOR: u16 = 50;
/// Rows looked back for each row that shows something that was said.
const REACH: usize = 8;
/// Columns of names.
const NAME: usize = 10;
/// The window of the trend: eight buckets of nearly four minutes.
const TREND: (u64, usize) = (230, 8);

/// How the cards stand: columns, rows of a card, rows of cards on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    columns: u16,
    height: u16,
    rows: u16,
}

impl Grid {
    /// As few columns as let all cards be seen and leave the least of the wall empty, and cards as large as there is room for.
    fn of(area: Rect, cards: usize) -> Self {
        let cards = u16::try_from(cards.max(1)).unwrap_or(u16::MAX);
        let most = (area.width / LEAST.0).max(1);
        let seen = |columns: u16| (area.height / cards.div_ceil(columns)).min(HIGHEST);
        let most = most.min(cards).max(1);
        let least = (area.width / WIDEST).clamp(1, most);
        let fills = (area.width / POOR).clamp(least, most);
        let empty = |columns: u16| columns * cards.div_ceil(columns) - cards;
        let columns =
            (least..=fills).filter(|&columns| seen(columns) >= 9).min_by_key(|&columns| (empty(columns), columns));
        let columns = columns.or_else(|| (fills..=most).find(|&columns| seen(columns) >= 9)).unwrap_or(most);
        let height = seen(columns).max(LEAST.1.min(area.height.max(1)));
        Self { columns, height, rows: (area.height / height).max(1) }
    }

    /// Where the card of this place stands when the first row of cards is `from`; nothing where it is not on the screen.
    fn place(self, area: Rect, from: usize, at: usize) -> Option<Rect> {
        let columns = usize::from(self.columns);
        let row = u16::try_from((at / columns).checked_sub(from)?).ok().filter(|row| *row < self.rows)?;
        let column = u16::try_from(at % columns).ok()?;
        let (left, right) = (area.width * column / self.columns, area.width * (column + 1) / self.columns);
        Some(Rect { x: area.x + left, y: area.y + row * self.height, width: right - left, height: self.height })
    }
}

/// The rooms whose cards are on the screen.
pub(super) fn shown(app: &App) -> Vec<usize> {
    let (area, order) = (app.body(), table::order(app));
    let grid = Grid::of(area, order.len());
    let from = first_row(app, &order, grid);
    let is_shown = |nth: &usize| grid.place(area, from, *nth).is_some();
    order.iter().enumerate().filter(|(nth, _)| is_shown(nth)).map(|(_, &room)| room).collect()
}

/// Cards beside each other, so that keys can step to the one above or below.
pub(super) fn columns(app: &App) -> usize {
    Grid::of(app.body(), table::order(app).len()).columns.into()
}

/// The room at a place of the screen.
pub(super) fn room_at(app: &App, area: Rect, at: Position) -> Option<usize> {
    let order = table::order(app);
    let grid = Grid::of(area, order.len());
    let from = first_row(app, &order, grid);
    let shown = order.iter().enumerate();
    shown
        .filter(|(nth, _)| grid.place(area, from, *nth).is_some_and(|card| card.contains(at)))
        .map(|(_, &room)| room)
        .next()
}

/// The first row of cards: the marked one is always in sight.
fn first_row(app: &App, order: &[usize], grid: Grid) -> usize {
    let marked = order.iter().position(|&at| at == app.active).unwrap_or(0) / usize::from(grid.columns);
    (marked + 1).saturating_sub(usize::from(grid.rows))
}

/// The first room shown, how many are, and how many there are.
pub(super) fn extent(app: &App, area: Rect) -> (usize, usize, usize) {
    let order = table::order(app);
    let grid = Grid::of(area, order.len());
    let columns = usize::from(grid.columns);
    (first_row(app, &order, grid) * columns, usize::from(grid.rows) * columns, order.len())
}

/// Draws the wall.
pub(super) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let order = table::order(app);
    let grid = Grid::of(area, order.len());
    let from = first_row(app, &order, grid);
    for (nth, &at) in order.iter().enumerate() {
        if let (Some(place), Some(tab)) = (grid.place(area, from, nth), app.tabs.get(at)) {
            card(app, tab, at == app.active, buf, place);
        }
    }
}

/// Draws the card of a room.
pub(super) fn card(app: &App, tab: &Tab, is_marked: bool, buf: &mut Buffer, area: Rect) {
    let (theme, room) = (app.theme, &tab.room);
    let dim = theme.style(ColorRole::Dim);
    let kind = room.phase.kind;
    let chosen = if tab.is_chosen { format!("{} ", glyphs::TICK) } else { String::new() };
    let unread =
        if tab.unread > 0 { format!(" {}{}", glyphs::UNREAD, number::short(tab.unread)) } else { String::new() };
    let title = Line::from(vec![
        Span::styled(format!(" {chosen}"), theme.style(ColorRole::Accent)),
        Span::styled(format!("{} ", phase::glyph(kind)), theme.style(phase::role(kind))),
        Span::styled(
            crate::text::clip(tab.name(), usize::from(area.width / 2)).into_owned(),
            theme.style(if is_marked { ColorRole::Accent } else { ColorRole::Text }),
        ),
        Span::styled(format!("{unread} "), theme.style(ColorRole::Accent)),
    ]);
    let border = theme.style(if is_marked { ColorRole::Accent } else { ColorRole::Dim });
    Block::bordered().border_style(border).title(title.clone()).render(area.intersection(buf.area), buf);
    if is_marked {
        let name =
            Rect { x: area.x + 1, width: paint::columns(&title).min(area.width.saturating_sub(2)), height: 1, ..area };
        paint::mark(buf, name);
    }
    let inner = Rect {
        x: area.x + area.width.min(2),
        y: area.y + area.height.min(1),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    head(
        app,
        tab,
        buf,
        Rect {
            x: area.x + 1 + paint::columns(&title),
            y: area.y,
            width: area.width.saturating_sub(paint::columns(&title) + 3),
            height: 1,
        },
    );
    foot(app, tab, buf, Rect { y: area.bottom().saturating_sub(1), height: 1, ..inner });
    let mut rest = inner;
    if let Some(battle) = room.battle.as_ref().filter(|_| tab.shows_battle(app.now))
        && rest.height > 2
    {
        rest.height -= 1;
        self::battle(app, battle, buf, Rect { y: rest.bottom(), height: 1, ..rest });
    }
    if rest.height > 2 {
        rest.height -= 1;
        gift(app, tab, buf, Rect { y: rest.bottom(), height: 1, ..rest });
    }
    if !tab.is_on_air() && !room.phase.reason.is_empty() && rest.height > 0 {
        let words = crate::tui::widgets::wrap::wrap(room.phase.reason.as_str(), rest.width.into(), rest.width.into());
        for (row, words) in (0..rest.height).zip(words) {
            paint::left(buf, rest, row, &Line::styled(words.to_owned(), dim));
        }
        return;
    }
    said(app, tab, buf, rest);
}

/// How many watch, and how that went, in the rule above.
fn head(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let Some((watching, _)) = tab.room.stats.watching.filter(|_| tab.is_on_air()) else { return };
    let fresh = Freshness::of(&tab.room, app.now);
    let value = fresh.value(app.theme, number::count(watching), ColorRole::Text);
    let words = Line::from(vec![Span::raw(" "), value, Span::raw(" ")]);
    let trend = if area.width > paint::columns(&words) + TREND.1 as u16 { TREND.1 as u16 } else { 0 };
    paint::right(buf, Rect { width: area.width.saturating_sub(trend), ..area }, 0, &words);
    if trend > 0 {
        let place = Rect { x: area.right() - trend, width: trend, ..area };
        paint::clear(buf, place);
        let max_of = |bucket: Bucket| if let Bucket::Value { max, .. } = bucket { Some(max) } else { None };
        let values: Vec<_> = tab.room.viewers.window(app.now, TREND.0, TREND.1).into_iter().map(max_of).collect();
        let max = values.iter().flatten().copied().max().unwrap_or(0);
        let styles = (app.theme.style(ColorRole::Accent), app.theme.style(ColorRole::Dim));
        graph::bars(buf, place, &values, max, styles);
    }
}

/// How fast people talk and give, and the time of a battle or of the next try, in the rule below.
fn foot(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let fresh = Freshness::of(&tab.room, app.now);
    let state = table::state(app, tab);
    let mut items = vec![Line::styled(state, app.theme.style(phase::role(tab.room.phase.kind)))];
    if fresh.is_now() {
        items.extend(fresh.rate(&tab.room.comments, app.now).map(|rate| Line::styled(format!("{rate} chat"), dim)));
        items.extend(
            fresh.rate(&tab.room.coins, app.now).map(|rate| Line::styled(format!("{rate} {}", glyphs::GIFT), dim)),
        );
    }
    if tab.is_recording() {
        items.insert(0, Line::styled(glyphs::RECORDING, app.theme.style(ColorRole::Bad)));
    }
    let separator = Span::styled(format!(" {} ", glyphs::DOT), dim);
    let words = paint::items(&items, &separator, area.width.saturating_sub(2));
    let wide = (paint::columns(&words) + 2).min(area.width);
    paint::clear(buf, Rect { width: wide, ..area });
    paint::left(buf, Rect { x: area.x + 1, width: wide.saturating_sub(1), ..area }, 0, &words);
}

/// The last things that were said, the newest below.
fn said(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let is_said = |line: &LogLine| {
        matches!(line, LogLine::Chat { .. } | LogLine::Question { .. } | LogLine::Battle(_) | LogLine::Gap(_))
    };
    let rows = tab
        .room
        .chat
        .iter()
        .rev()
        .take(REACH * usize::from(area.height))
        .filter(|entry| is_said(&entry.line) && !entry.deleted);
    for (row, entry) in (0..area.height).rev().zip(rows) {
        let line = match entry.line.person() {
            Some(person) => {
                let what = super::panes::log_words(&entry.line);
                let name = crate::text::clip(person.name(), NAME).into_owned();
                let pad = NAME + 1 - crate::text::width(&name).min(NAME);
                Line::from(vec![
                    Span::styled(name, app.theme.name(person.id)),
                    Span::raw(" ".repeat(pad)),
                    Span::raw(what),
                ])
            }
            None => Line::styled(super::panes::log_sentence(&entry.line), app.theme.style(ColorRole::Dim)),
        };
        paint::left(buf, area, row, &line);
    }
}

/// The streak that runs, else the last gift.
fn gift(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let streaks = &tab.room.streaks;
    let Some((streak, runs)) =
        streaks.running().map(|streak| (streak, true)).chain(streaks.finished().map(|streak| (streak, false))).next()
    else {
        return;
    };
    let worth = Line::from(gift_worth(app.theme, streak.gift.diamonds, streak.count, streak.added));
    paint::right(buf, area, 0, &worth);
    let mark = if runs { glyphs::RUNNING } else { glyphs::GIFT };
    let role = if runs { ColorRole::Gift } else { ColorRole::Dim };
    let words = Line::from(vec![
        Span::styled(format!("{mark} "), app.theme.style(role)),
        Span::styled(crate::text::clip(streak.from.name(), NAME).into_owned(), app.theme.name(streak.from.id)),
        Span::raw(format!(" {}", described(streak))),
    ]);
    paint::left(buf, Rect { width: area.width.saturating_sub(paint::columns(&worth) + 1), ..area }, 0, &words);
}

/// Points and the bar between them.
fn battle(app: &App, battle: &Battle, buf: &mut Buffer, area: Rect) {
    let (ours, theirs) = super::panes::battle::opponents(battle);
    let points = |side: Option<&Side>| side.map_or(0, |side| side.points);
    let (a, b) = (app.theme.style(ColorRole::SideA), app.theme.style(ColorRole::SideB));
    let (left, right) = (Line::styled(number::full(points(ours)), a), Line::styled(number::full(points(theirs)), b));
    let bar = area.width.saturating_sub(paint::columns(&left) + paint::columns(&right) + 2);
    let mut line = left;
    line.spans.push(Span::raw(" "));
    line.spans.extend(split_bar::bar(points(ours), points(theirs), bar, app.theme).spans);
    line.spans.push(Span::raw(" "));
    line.spans.extend(right.spans.into_iter().map(|span| span.style(b)));
    let wide = paint::columns(&line);
    if wide <= area.width {
        paint::left(buf, area, 0, &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_never_overlap_and_never_leave_the_wall() {
        for (width, height) in [(20, 3), (60, 13), (80, 22), (120, 34), (200, 58), (300, 18), (40, 98)] {
            let area = Rect::new(0, 1, width, height);
            for cards in [1, 2, 3, 6, 20, 100] {
                let grid = Grid::of(area, cards);
                let places: Vec<_> = (0..cards).filter_map(|at| grid.place(area, 0, at)).collect();
                assert!(!places.is_empty(), "{width}x{height} with {cards}");
                for (at, place) in places.iter().enumerate() {
                    assert_eq!(place.intersection(area), *place, "{width}x{height} with {cards}");
                    assert!(places.iter().skip(at + 1).all(|other| !other.intersects(*place)));
                }
            }
        }
    }

    #[test]
    fn a_few_cards_fill_the_wall() {
        assert_eq!(Grid::of(Rect::new(0, 1, 200, 58), 6), Grid { columns: 2, height: 19, rows: 3 });
        assert_eq!(Grid::of(Rect::new(0, 1, 200, 58), 3), Grid { columns: 3, height: 58, rows: 1 });
        assert_eq!(Grid::of(Rect::new(0, 1, 120, 34), 6).columns, 2);
        assert_eq!(Grid::of(Rect::new(0, 1, 40, 98), 3).columns, 1);
    }
}
