//! Gifts pane: streaks and gifts, newest first, and who gave most.
//!
//! ```text
//! ── Gifts ────────────────── 12.6k ◆ · 41/min ──        as a strip:
//! ▸ mia            Rose ×37                37 ◆            ◆ 12.6k · 41/min  ▸ mia Rose ×37  ▸ Joon Finger Heart ×12
//!   Kit            Galaxy                1.0k ◆
//! ── Top ────────────────────────────────────────
//! 1 mia 4.1k   2 Kit 1.0k   3 Joon 820
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Pane, PaneId};
use crate::ids::{GiftId, UserId};
use crate::room::{Room, Streak};
use crate::text::clip;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::{ColorRole, Theme};
use crate::tui::view::Cache;
use crate::tui::widgets::feed::Scroll;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// Columns kept for coins, so that the columns before them stand still.
const COINS_COLUMNS: u16 = 7;

/// Streaks, gifts and who gave most.
pub(super) struct GiftsPane;

impl Pane for GiftsPane {
    fn title(&self) -> &'static str {
        "Gifts"
    }

    fn help(&self) -> &'static str {
        "running streaks, gifts newest first, who gave most"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Side { fifths: 3, least: 3 }
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, _cache: &mut Cache, buf: &mut Buffer) {
        view(app, tab, buf, plan.area(PaneId::Gifts));
    }

    fn scroll(&self, app: &mut App, by: &dyn Fn(usize) -> Scroll) {
        let list = list_area(app, app.plan().area(PaneId::Gifts));
        let Some(tab) = app.tab_mut() else { return };
        let page = usize::from(list.height).max(1);
        let last = rows(&tab.room).count().saturating_sub(page);
        let from = first_row(tab);
        // The newest stands at the top.
        let to = match by(page) {
            Scroll::Up(rows) => from.saturating_sub(rows),
            Scroll::Down(rows) => from.saturating_add(rows).min(last),
            Scroll::Top => last,
            Scroll::Bottom => 0,
        };
        let top = if to == 0 { None } else { rows(&tab.room).nth(to).map(|(streak, _)| StreakMark::of(streak)) };
        tab.gifts_top = top;
    }

    fn is_scrolled(&self, tab: &Tab) -> bool {
        tab.gifts_top.is_some()
    }

    fn actions(&self) -> &'static [Action] {
        super::SCROLLING
    }
}

/// A streak known again among others: what stands at the top of a list that was scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) struct StreakMark {
    from: Option<UserId>,
    gift: GiftId,
    group: u64,
    opened: u64,
}

impl StreakMark {
    fn of(streak: &Streak) -> Self {
        let (gift, group, opened) = (streak.gift.id, streak.group, streak.opened.mono);
        Self { from: streak.from.id, gift, group, opened }
    }
}

/// Running streaks, then what is finished, newest first; each with whether it runs.
fn rows(room: &Room) -> impl Iterator<Item = (&Streak, bool)> {
    let running = room.streaks.running().map(|streak| (streak, true));
    running.chain(room.streaks.finished().map(|streak| (streak, false)))
}

/// The row at the top: one that was scrolled to stays there, whatever comes above it.
fn first_row(tab: &Tab) -> usize {
    let Some(top) = tab.gifts_top else { return 0 };
    let at = rows(&tab.room).position(|(streak, _)| StreakMark::of(streak) == top);
    at.unwrap_or_else(|| rows(&tab.room).count().saturating_sub(1))
}

/// The part of the pane that has the list.
fn list_area(app: &App, area: Rect) -> Rect {
    let mut list = super::below(area, 1);
    let top = app.tab().map_or(0, |tab| top_rows(&tab.room, list));
    list.height -= if top > 0 { top + 1 } else { 0 };
    list
}

/// Draws the pane, or the strip when there is one row.
fn view(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let room = &tab.room;
    if area.height == 1 {
        return strip(app, room, buf, area);
    }
    let mut list = super::titled(app, buf, area, PaneId::Gifts, "Gifts", &note(app, tab));
    let rows = top_rows(room, list);
    if rows > 0 {
        list.height -= rows + 1;
        top(app, room, buf, Rect { y: list.bottom(), height: rows + 1, ..list });
    }
    if room.streaks.running().chain(room.streaks.finished()).next().is_none() {
        let words = "no gift yet in what we saw of this live";
        paint::left(buf, super::inset(list), 0, &Line::styled(words, app.theme.style(ColorRole::Dim)));
    }
    for (row, (streak, runs)) in (0..list.height).zip(self::rows(room).skip(first_row(tab))) {
        line(app.theme, streak, runs, buf, Rect { y: list.y + row, height: 1, ..list });
    }
}

/// The totals; while the list is scrolled, that it is and how much stands above.
fn note(app: &App, tab: &Tab) -> Line<'static> {
    if tab.gifts_top.is_none() {
        return total(app, &tab.room);
    }
    let mut words = format!("{} {} newer", glyphs::NEWER_ABOVE, number::count(first_row(tab) as u64));
    if let (Some(key), PaneId::Gifts) = (app.key(Action::Bottom), app.focused()) {
        words = format!("{words} {} {key} returns", glyphs::DOT);
    }
    Line::styled(words, app.theme.style(ColorRole::Warn))
}

fn line(theme: Theme, streak: &Streak, runs: bool, buf: &mut Buffer, area: Rect) {
    let dim = theme.style(ColorRole::Dim);
    let value = worth(theme, streak);
    let area = Rect { width: area.width.saturating_sub(1), ..area };
    paint::right(buf, area, 0, &value);
    let rest = area.width.saturating_sub(paint::columns(&value).max(COINS_COLUMNS) + 1);
    let name = usize::from((rest * 2 / 5).min(18));
    let what = usize::from(rest).saturating_sub(name + 3);
    let mark = if runs { Span::styled(glyphs::RUNNING, theme.style(ColorRole::Gift)) } else { Span::raw(" ") };
    let mut spans = vec![
        mark,
        Span::raw(" "),
        Span::styled(column(streak.from.name(), name), theme.name(streak.from.id)),
        Span::raw(" "),
    ];
    let gift = described(streak);
    match &streak.to {
        Some(to) => {
            spans.push(Span::raw(clip(&gift, what).into_owned()));
            spans.push(Span::styled(format!(" {} {}", glyphs::JOIN, to.nickname), dim));
        }
        None => spans.push(Span::raw(clip(&gift, what).into_owned())),
    }
    paint::left(buf, Rect { width: rest, ..area }, 0, &Line::from(spans));
}

/// What was given and how often: `Rose ×37`, `Galaxy`.
fn described(streak: &Streak) -> String {
    gift_words(streak.gift.name.as_str(), streak.gift.id, streak.count)
}

/// A gift in words; one without a name is told by its number.
pub(in crate::tui) fn gift_words(name: &str, id: crate::ids::GiftId, count: u64) -> String {
    let name = if name.is_empty() { format!("gift {id}") } else { name.to_owned() };
    if count > 1 { format!("{name} {}{}", glyphs::TIMES, number::count(count)) } else { name }
}

/// Its coins, right-aligned by the caller; a price that is not known is said so, never 0.
fn worth(theme: Theme, streak: &Streak) -> Line<'static> {
    match streak.diamonds() {
        Some(coins) => Line::styled(format!("{} {}", number::count(coins), glyphs::GIFT), theme.style(ColorRole::Gift)),
        None => Line::styled(format!("? {}", glyphs::GIFT), theme.style(ColorRole::Dim)),
    }
}

/// Text clipped and padded to a column.
fn column(text: &str, columns: usize) -> String {
    let text = clip(text, columns);
    let pad = columns.saturating_sub(crate::text::width(&text));
    format!("{text}{}", " ".repeat(pad))
}

/// Coins so far and a minute; a lower bound while gifts of unknown price are among them.
fn total(app: &App, room: &Room) -> Line<'static> {
    let unsure = if room.stats.unpriced > 0 { "~" } else { "" };
    let coins = format!("{unsure}{} {}", number::count(room.stats.coins), glyphs::GIFT);
    let mut spans = vec![Span::styled(coins, app.theme.style(ColorRole::Gift))];
    if let Some(rate) = room.coins.per_minute(app.now) {
        spans.push(Span::styled(format!(" {} {}", glyphs::DOT, number::rate(rate)), app.theme.style(ColorRole::Dim)));
    }
    Line::from(spans)
}

/// Rows of the top list below its rule: one a giver where there is height for it, else one for all.
fn top_rows(room: &Room, list: Rect) -> u16 {
    let givers = u16::try_from(room.leaders.top().count()).unwrap_or(u16::MAX);
    match list.height {
        0..8 => 0,
        8..20 => givers.min(1),
        height => givers.min(height / 4),
    }
}

fn top(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    let theme = app.theme;
    paint::rule(buf, area, 0, &Line::raw("Top"), &Line::default(), theme.style(ColorRole::Dim));
    let leaders = room.leaders.top().enumerate().map(|(at, leader)| {
        let place = Span::styled(format!("{} ", at + 1), theme.style(ColorRole::Dim));
        let name = Span::styled(clip(leader.viewer.name(), 18).into_owned(), theme.name(leader.viewer.id));
        (place, name, number::count(leader.coins))
    });
    if area.height == 2 {
        let spans = leaders.take(12).flat_map(|(place, name, coins)| [place, name, Span::raw(format!(" {coins}   "))]);
        return paint::left(buf, area, 1, &Line::from(spans.collect::<Vec<_>>()));
    }
    for (row, (place, name, coins)) in (1..area.height).zip(leaders) {
        let line = Rect { width: area.width.saturating_sub(1), ..area };
        paint::left(buf, line, row, &Line::from(vec![place, name]));
        let coins = Line::styled(format!("{coins} {}", glyphs::GIFT), theme.style(ColorRole::Gift));
        paint::right(buf, line, row, &coins);
    }
}

fn strip(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    let theme = app.theme;
    let mut spans = vec![Span::styled("gifts ", theme.style(ColorRole::Dim))];
    spans.extend(total(app, room).spans);
    let running = room.streaks.running().map(|streak| (streak, glyphs::RUNNING));
    for (streak, mark) in running.chain(room.streaks.finished().map(|streak| (streak, " "))).take(8) {
        spans.push(Span::styled(format!("  {mark} "), theme.style(ColorRole::Gift)));
        spans.push(Span::styled(clip(streak.from.name(), 12).into_owned(), theme.name(streak.from.id)));
        spans.push(Span::raw(format!(" {}", described(streak))));
    }
    let area = super::inset(area);
    fit(&mut spans, area.width.into());
    paint::left(buf, area, 0, &Line::from(spans));
}

/// Cuts spans to so many columns, with `…` where something is missing.
fn fit(spans: &mut Vec<Span<'static>>, columns: usize) {
    let mut left = columns;
    for at in 0..spans.len() {
        let Some(span) = spans.get_mut(at) else { return };
        let wide = crate::text::width(&span.content);
        if wide > left {
            span.content = clip(&span.content, left).into_owned().into();
            spans.truncate(at + 1);
            return;
        }
        left -= wide;
    }
}
