//! Gifts pane: streaks and gifts, newest first, and who gave most.
//!
//! ```text
//! ── Gifts ────────────────── 12.6k ◆ · 41/min ──        as a strip:
//! ▸ mia            Rose ×37                37 ◆            ◆ 12.6k · 41/min  ▸ mia Rose ×37  ▸ Joon Finger Heart ×12
//!   Kit            Galaxy                1.0k ◆
//! ── Top ────────────────────────────────────────
//! 1 mia 4.1k   2 Kit 1.0k   3 Joon 820
//! ```

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Pane, PaneId, Step};
use crate::events::Viewer;
use crate::room::{Room, Streak};
use crate::text::clip;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::freshness::Freshness;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::names::Names;
use crate::tui::tab::Tab;
use crate::tui::theme::{ColorRole, Theme};
use crate::tui::ticks::StreakMark;
use crate::tui::view::Cache;
use crate::tui::widgets::feed::Scroll;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// Columns kept for coins, so that the columns before them stand still.
const COINS_COLUMNS: u16 = 7;
/// Width from which on a row says what its giver gave in all, and the columns for it.
const TOTAL_FROM: u16 = 50;
const TOTAL_COLUMNS: u16 = 13;
/// Width from which on a row says how long ago it was, and the columns for it.
const AGE_FROM: u16 = 44;
const AGE_COLUMNS: u16 = 4;

/// What can be done in the pane.
const ACTIONS: &[Action] = &[
    Action::ScrollUp,
    Action::ScrollDown,
    Action::Open,
    Action::Thank,
    Action::PageUp,
    Action::PageDown,
    Action::Top,
    Action::Bottom,
    Action::Zoom,
];

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
        if matches!(by(page), Scroll::Bottom) {
            tab.marked_gift = None;
        }
        let top = if to == 0 { None } else { rows(&tab.room).nth(to).map(|(streak, _)| StreakMark::of(streak)) };
        tab.gifts_top = top;
    }

    fn is_scrolled(&self, tab: &Tab) -> bool {
        tab.gifts_top.is_some()
    }

    fn mark(&self, app: &mut App, step: Step) -> bool {
        let list = list_area(app, app.plan().area(PaneId::Gifts));
        let page = usize::from(list.height);
        let Some(tab) = app.tab_mut() else { return false };
        let all: Vec<StreakMark> = rows(&tab.room).map(|(streak, _)| StreakMark::of(streak)).collect();
        if page == 0 || all.is_empty() {
            return false;
        }
        let first = first_row(tab);
        let marked = tab.marked_gift.and_then(|mark| all.iter().position(|other| *other == mark));
        let next = match (marked, step) {
            (None, _) => first,
            (Some(at), Step::Up) => at.saturating_sub(1),
            (Some(at), Step::Down) => (at + 1).min(all.len() - 1),
        };
        tab.marked_gift = all.get(next).copied();
        let top = first.clamp((next + 1).saturating_sub(page), next);
        tab.gifts_top = if top == 0 { None } else { all.get(top).copied() };
        true
    }

    fn marked_person(&self, tab: &Tab) -> Option<Arc<Viewer>> {
        let mark = tab.marked_gift?;
        rows(&tab.room).find(|(streak, _)| StreakMark::of(streak) == mark).map(|(streak, _)| streak.from.clone())
    }

    /// A click on a row marks it.
    fn click(&self, app: &mut App, at: Position) {
        let list = list_area(app, app.plan().area(PaneId::Gifts));
        let row = usize::from(at.y.saturating_sub(list.y));
        let Some(tab) = app.tab_mut().filter(|_| list.contains(at)) else { return };
        let streak = rows(&tab.room).nth(first_row(tab) + row).map(|(streak, _)| StreakMark::of(streak));
        tab.marked_gift = streak;
    }

    fn actions(&self) -> &'static [Action] {
        ACTIONS
    }
}

/// Whether a gift is worth a thank that it has not had: finished, of so many coins or more, and given before our eyes.
fn is_owed(tab: &Tab, streak: &Streak, runs: bool, least: u64) -> bool {
    !runs && streak.added > 0 && streak.diamonds().is_some_and(|coins| coins >= least) && !tab.thanked.has(streak)
}

/// The gifts that are still to be thanked for, newest first.
pub(in crate::tui) fn owed(tab: &Tab, least: u64) -> impl Iterator<Item = &Streak> {
    rows(&tab.room).filter(move |(streak, runs)| is_owed(tab, streak, *runs, least)).map(|(streak, _)| streak)
}

/// The oldest gift that is still to be thanked for.
pub(in crate::tui) fn oldest_owed(tab: &Tab, least: u64) -> Option<StreakMark> {
    owed(tab, least).last().map(StreakMark::of)
}

/// The streak with this mark, while it is kept.
pub(in crate::tui) fn streak(room: &Room, mark: StreakMark) -> Option<&Streak> {
    rows(room).map(|(streak, _)| streak).find(|streak| StreakMark::of(streak) == mark)
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
        top(app, tab, buf, Rect { y: list.bottom(), height: rows + 1, ..list });
    }
    if room.streaks.running().chain(room.streaks.finished()).next().is_none() {
        let words = "no gift yet in what we saw of this live";
        paint::left(buf, super::inset(list), 0, &Line::styled(words, app.theme.style(ColorRole::Dim)));
    }
    for (row, (streak, runs)) in (0..list.height).zip(self::rows(room).skip(first_row(tab))) {
        let area = Rect { y: list.y + row, height: 1, ..list };
        let mark = if runs {
            Span::styled(glyphs::RUNNING, app.theme.style(ColorRole::Gift))
        } else if tab.thanked.has(streak) {
            Span::styled(glyphs::TICK, app.theme.style(ColorRole::Good))
        } else if is_owed(tab, streak, runs, app.screen.thank_from) {
            Span::styled(glyphs::WAITING, app.theme.style(ColorRole::Accent))
        } else {
            Span::raw(" ")
        };
        let total = streak.from.id.and_then(|id| room.leaders.total_of(id)).map(|leader| leader.coins);
        let age = if runs { String::new() } else { number::age(app.now.since(streak.last)) };
        line(app.theme, &tab.names, (streak, total, age), mark, buf, area);
        if tab.marked_gift == Some(StreakMark::of(streak)) {
            paint::mark(buf, area);
        }
    }
}

/// The totals; while the list is scrolled, that it is and how much stands above.
fn note(app: &App, tab: &Tab) -> Vec<Line<'static>> {
    if tab.gifts_top.is_none() {
        let least = app.screen.thank_from;
        let owed = owed(tab, least).count() as u64;
        let words = format!("{} to thank", number::count(owed));
        let owed = (owed > 0).then(|| Line::styled(words, app.theme.style(ColorRole::Accent)));
        let mut notes = total(app, &tab.room);
        notes.splice(1..1, owed);
        return notes;
    }
    let mut words = format!("{} {} newer", glyphs::NEWER_ABOVE, number::count(first_row(tab) as u64));
    if let (Some(key), PaneId::Gifts) = (app.key(Action::Bottom), app.focused()) {
        words = format!("{words} {} {key} returns", glyphs::DOT);
    }
    vec![Line::styled(words, app.theme.style(ColorRole::Warn))]
}

fn line(
    theme: Theme,
    names: &Names,
    (streak, total, age): (&Streak, Option<u64>, String),
    mark: Span<'static>,
    buf: &mut Buffer,
    area: Rect,
) {
    let dim = theme.style(ColorRole::Dim);
    let value = Line::from(gift_worth(theme, streak.gift.diamonds, streak.count, streak.added));
    let area = Rect { width: area.width.saturating_sub(1), ..area };
    paint::right(buf, area, 0, &value);
    let mut rest = area.width.saturating_sub(paint::columns(&value).max(COINS_COLUMNS) + 1);
    if area.width >= AGE_FROM {
        paint::right(buf, Rect { width: rest, ..area }, 0, &Line::styled(age, dim));
        rest = rest.saturating_sub(AGE_COLUMNS);
    }
    if area.width >= TOTAL_FROM {
        // Who gave this only has no other total.
        if let Some(total) = total.filter(|&total| total > streak.diamonds().unwrap_or(0)) {
            let total = Line::styled(format!("{} in all", number::count(total)), dim);
            paint::right(buf, Rect { width: rest, ..area }, 0, &total);
        }
        rest = rest.saturating_sub(TOTAL_COLUMNS);
    }
    let name = usize::from((rest * 2 / 5).min(18));
    let what = usize::from(rest).saturating_sub(name + 3);
    let mut spans = vec![
        mark,
        Span::raw(" "),
        Span::styled(column(&names.label(&streak.from), name), theme.name(streak.from.id)),
        Span::raw(" "),
    ];
    spans.push(Span::raw(counted(streak, what)));
    if let Some(to) = &streak.to {
        spans.push(Span::styled(format!(" {} {}", glyphs::JOIN, to.nickname), dim));
    }
    paint::left(buf, Rect { width: rest, ..area }, 0, &Line::from(spans));
}

/// What was given and how often: `Rose ×37`, `Galaxy`.
pub(in crate::tui) fn described(streak: &Streak) -> String {
    gift_words(streak.gift.name.as_str(), streak.gift.id, streak.count)
}

/// The same in so many columns: the name gives way, how often does not.
fn counted(streak: &Streak, columns: usize) -> String {
    let whole = described(streak);
    let times = format!("{}{}", glyphs::TIMES, number::count(streak.count));
    let rest = columns.saturating_sub(crate::text::width(&times) + 1);
    if crate::text::width(&whole) <= columns || streak.count < 2 || rest < 2 {
        return clip(&whole, columns).into_owned();
    }
    let name = gift_words(streak.gift.name.as_str(), streak.gift.id, 1);
    format!("{} {times}", clip(&name, rest))
}

/// A gift in words; one without a name is told by its number.
pub(in crate::tui) fn gift_words(name: &str, id: crate::ids::GiftId, count: u64) -> String {
    let name = if name.is_empty() { format!("gift {id}") } else { name.to_owned() };
    if count > 1 { format!("{name} {}{}", glyphs::TIMES, number::count(count)) } else { name }
}

/// What a run of gifts is worth, right-aligned by the caller. Where our totals hold a part of it only, that part, marked as
/// one; where they hold nothing of it, the whole, faint. A price that is not known is said so, never 0.
pub(in crate::tui) fn gift_worth(theme: Theme, price: Option<u64>, count: u64, added: u64) -> Span<'static> {
    let dim = theme.style(ColorRole::Dim);
    let Some(price) = price else { return Span::styled(format!("? {}", glyphs::GIFT), dim) };
    let coins = |units: u64| format!("{} {}", number::count(price.saturating_mul(units)), glyphs::GIFT);
    match added {
        0 => Span::styled(coins(count), dim),
        _ if added < count => Span::styled(format!("~{}", coins(added)), dim),
        _ => Span::styled(coins(added), theme.style(ColorRole::Gift)),
    }
}

/// Text clipped and padded to a column.
fn column(text: &str, columns: usize) -> String {
    let text = clip(text, columns);
    let pad = columns.saturating_sub(crate::text::width(&text));
    format!("{text}{}", " ".repeat(pad))
}

/// Coins so far and a minute; a lower bound while gifts of unknown price are among them.
fn total(app: &App, room: &Room) -> Vec<Line<'static>> {
    let fresh = Freshness::of(room, app.now);
    let unsure = if room.stats.unpriced > 0 { "~" } else { "" };
    let coins = format!("{unsure}{} {}", number::count(room.stats.coins), glyphs::GIFT);
    let rate = fresh.rate(&room.coins, app.now).map(|rate| Line::styled(rate, app.theme.style(ColorRole::Dim)));
    std::iter::once(Line::from(fresh.value(app.theme, coins, ColorRole::Gift))).chain(rate).collect()
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

fn top(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let theme = app.theme;
    paint::rule(buf, area, 0, &Line::raw("Top"), &[], theme.style(ColorRole::Dim));
    let leaders = tab.room.leaders.top().enumerate().map(|(at, leader)| {
        let place = Span::styled(format!("{} ", at + 1), theme.style(ColorRole::Dim));
        let name = Span::styled(clip(&tab.names.label(&leader.viewer), 24).into_owned(), theme.name(leader.viewer.id));
        (place, name, number::count(leader.coins))
    });
    if area.height == 2 {
        let leaders = leaders.take(12);
        let leaders: Vec<_> =
            leaders.map(|(place, name, coins)| Line::from(vec![place, name, Span::raw(format!(" {coins}"))])).collect();
        return paint::left(buf, area, 1, &paint::items(&leaders, &Span::raw("   "), area.width));
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
    let area = super::inset(area);
    let total = total(app, room);
    let name = Span::styled("gifts ", theme.style(ColorRole::Dim));
    let first = total.first().map_or(0, paint::columns);
    let mut line = if 6 + first <= area.width { Line::from(name) } else { Line::default() };
    let left = area.width.saturating_sub(paint::columns(&line));
    line.spans.extend(paint::items(&total, &super::separator(app), left).spans);
    let running = room.streaks.running().map(|streak| (streak, glyphs::RUNNING));
    let gifts = running.chain(room.streaks.finished().map(|streak| (streak, " "))).take(8).map(|(streak, mark)| {
        Line::from(vec![
            Span::styled(format!("{mark} "), theme.style(ColorRole::Gift)),
            Span::styled(clip(streak.from.name(), 12).into_owned(), theme.name(streak.from.id)),
            Span::raw(format!(" {}", described(streak))),
        ])
    });
    let left = area.width.saturating_sub(paint::columns(&line) + 2);
    let gifts = paint::items(&gifts.collect::<Vec<_>>(), &Span::raw("  "), left);
    line.spans.push(Span::raw("  "));
    line.spans.extend(gifts.spans);
    paint::left(buf, area, 0, &line);
}
