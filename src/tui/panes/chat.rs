//! Chat pane: what is said and done.
//!
//! ```text
//! ── Chat · Painting the harbour ─────────────────────────────────────── 38/min ──
//! 19:41 M Kit           hello everyone, rules are pinned
//!       L31 mia         that was amazing!!
//!       1 newcomer      first time here, what is this about
//!       + followed      zoe
//!       Joon            can you say hi to my sister, her name is very long and
//!                       she watches every day
//! 19:42 ◆ mia           Rose ×112                                        112 ◆
//!       ┄┄┄ missed 0:41: socket dropped, back through provider euler ┄┄┄┄┄┄┄┄┄
//! ```
//!
//! Scrolled away from the newest row it stands still and says `▼ 37 new` in its rule.

pub(in crate::tui) mod board;
mod lines;
mod words;

pub use lines::{log_sentence, log_words};

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Pane, PaneId, Step, phase};
use crate::clock::Moment;
use crate::events::{PhaseKind, Viewer};
use crate::room::{self, LogEntry, Seq};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::freshness::Freshness;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::feed::{self, Anchor};
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

pub(in crate::tui) use lines::Composer;

/// Columns of the time, and the width from which on it is shown.
const TIME: u16 = 6;
const TIME_FROM: u16 = 40;
/// Columns of the live's own title from which on it is shown.
const TITLE_FROM: usize = 8;

/// The chat.
pub(super) struct ChatPane;

impl Pane for ChatPane {
    fn title(&self) -> &'static str {
        "Chat"
    }

    fn help(&self) -> &'static str {
        "what is said and done"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Main
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, cache: &mut Cache, buf: &mut Buffer) {
        view(app, tab, plan, cache, buf);
    }

    fn scroll(&self, app: &mut App, by: &dyn Fn(usize) -> feed::Scroll) {
        let Some(tab) = app.tab() else { return };
        let anchor = scrolled(app, tab, by);
        if let Some(tab) = app.tab_mut() {
            tab.anchor = anchor;
            tab.marked = tab.marked.filter(|_| anchor != Anchor::Follow);
        }
    }

    fn mark(&self, app: &mut App, step: Step) -> bool {
        let Some(tab) = app.tab() else { return false };
        let body = body(app, tab, &app.plan());
        if is_quiet(tab) || body.is_empty() {
            return false;
        }
        let composer = composer(app, tab, body);
        let height = |entry: &LogEntry| composer.lines(tab.current(entry)).len();
        let now = (tab.anchor, tab.marked);
        let next = feed::mark(tab.log(), now, body.height.into(), step == Step::Down, height);
        if let Some(tab) = app.tab_mut() {
            (tab.marked, tab.anchor) = next.map_or((None, Anchor::Follow), |(seq, anchor)| (Some(seq), anchor));
        }
        true
    }

    fn marked_person(&self, tab: &Tab) -> Option<Arc<Viewer>> {
        tab.room.chat.get(tab.marked?)?.line.person().cloned()
    }

    fn is_scrolled(&self, tab: &Tab) -> bool {
        tab.anchor != Anchor::Follow
    }

    /// A click on the rule of a chat that stands still lets it run again; one on a row marks it.
    fn click(&self, app: &mut App, at: Position) {
        let plan = app.plan();
        let on_rule = plan.titled && plan.area(PaneId::Chat).y == at.y;
        let row = entry_at(app, &plan, at);
        let Some(tab) = app.tab_mut() else { return };
        if on_rule {
            (tab.anchor, tab.marked) = (Anchor::Follow, None);
        } else if let Some((seq, anchor)) = row {
            (tab.marked, tab.anchor) = (Some(seq), anchor);
        }
    }

    fn actions(&self) -> &'static [Action] {
        super::SCROLLING
    }
}

fn view(app: &App, tab: &Tab, plan: &Plan, cache: &mut Cache, buf: &mut Buffer) {
    if plan.titled {
        let mut title = String::from("Chat");
        let notes = notes(app, tab);
        // What was found is never given up for the title.
        let first = notes.first().map_or(0, |note| usize::from(paint::columns(note))).max(24);
        let most = usize::from(plan.area(PaneId::Chat).width).saturating_sub(16 + first);
        // A few letters of a title say nothing.
        if !tab.room.title.is_empty() && most >= TITLE_FROM {
            title = format!("Chat {} {}", glyphs::DOT, crate::text::clip(tab.room.title.as_str(), most));
        }
        super::titled(app, buf, plan.area(PaneId::Chat), PaneId::Chat, &title, &notes);
    }
    let body = body(app, tab, plan);
    if is_quiet(tab) {
        return phase::page(app, tab, buf, body);
    }
    let over =
        Rect { y: plan.area(PaneId::Chat).y + u16::from(plan.titled), height: banner_rows(app, tab, plan), ..body };
    for (row, line) in banner(app, tab, plan).iter().enumerate() {
        paint::left(buf, super::inset(over), row as u16, line);
    }
    let standing = board_rows(app, tab, plan);
    let above = Rect { y: body.y.saturating_sub(standing), height: standing, ..body };
    let composer = composer(app, tab, body);
    let text = Rect { x: above.right() - composer.columns.min(above.width), width: composer.columns, ..above };
    for (row, line) in (0..standing).zip(board::lines(app, &tab.room, text.width, composer.text_columns())) {
        paint::left(buf, text, row, &line);
    }
    rows(app, tab, cache, buf, body);
    if !plan.titled && tab.anchor != Anchor::Follow {
        let notes = paint::items(&notes(app, tab), &super::separator(app), body.width);
        paint::right(buf, Rect { y: body.bottom().saturating_sub(1), height: 1, ..body }, 0, &notes);
    }
}

/// The rectangle of the rows themselves: below the title, the banner and what stands beside the talk.
pub(in crate::tui) fn body(app: &App, tab: &Tab, plan: &Plan) -> Rect {
    super::below(
        plan.area(PaneId::Chat),
        u16::from(plan.titled) + banner_rows(app, tab, plan) + board_rows(app, tab, plan),
    )
}

fn board_rows(app: &App, tab: &Tab, plan: &Plan) -> u16 {
    if is_quiet(tab) { 0 } else { board::rows(&tab.room, plan.area(PaneId::Chat).height, app.now) }
}

/// Nobody has said anything yet: a live that began is no news as long as we are not in it.
fn is_quiet(tab: &Tab) -> bool {
    let on_air = tab.room.phase.kind == PhaseKind::Live;
    tab.room.chat.iter().all(|entry| !on_air && matches!(entry.line, room::LogLine::Live { .. }))
}

/// A room that is not live says why above what was said: whole where there is room, never in more than a quarter of it.
fn banner(app: &App, tab: &Tab, plan: &Plan) -> Vec<Line<'static>> {
    let rows =
        if plan.area(PaneId::Chat).height >= 3 { usize::from(plan.area(PaneId::Chat).height / 4).max(1) } else { 0 };
    if rows == 0 || is_quiet(tab) {
        return Vec::new();
    }
    phase::banner(app, tab, super::inset(plan.area(PaneId::Chat)).width, rows)
}

fn banner_rows(app: &App, tab: &Tab, plan: &Plan) -> u16 {
    banner(app, tab, plan).len() as u16
}

/// Columns that the text of a row may use.
pub(in crate::tui) fn columns(body: Rect) -> u16 {
    body.width.saturating_sub(if body.width >= TIME_FROM { TIME } else { 0 })
}

/// What is looked for and how much of it there is; then how fast people talk, or that the chat stands still.
fn notes(app: &App, tab: &Tab) -> Vec<Line<'static>> {
    let search = app.search.as_ref().zip(tab.found.as_ref()).map(|(search, found)| {
        let (place, all) = found.place(&tab.room.chat, tab.marked);
        let place = place.map(|place| format!("{} of ", number::count(place as u64))).unwrap_or_default();
        let words = format!("{place}{} for {}", number::count(all as u64), crate::text::clip(&search.query.text, 24));
        let words = if search.hides { format!("only {words}") } else { words };
        Line::styled(words, app.theme.style(ColorRole::Accent))
    });
    search.into_iter().chain(note(app, tab)).collect()
}

/// Marks a row and brings it into sight.
pub(in crate::tui) fn mark_row(app: &mut App, seq: Seq) {
    let Some(tab) = app.tab() else { return };
    let body = body(app, tab, &app.plan());
    let composer = composer(app, tab, body);
    let height = |entry: &LogEntry| composer.lines(tab.current(entry)).len();
    let anchor = feed::bring(tab.log(), tab.anchor, seq, body.height.into(), height);
    if let Some(tab) = app.tab_mut() {
        (tab.marked, tab.anchor) = (Some(seq), anchor.unwrap_or(tab.anchor));
    }
}

/// How fast people talk; while the chat stands still, that it does, how much is new, and the key that lets it run.
fn note(app: &App, tab: &Tab) -> Vec<Line<'static>> {
    if tab.anchor == Anchor::Follow {
        let rate = Freshness::of(&tab.room, app.now).rate(&tab.room.comments, app.now);
        let dim = app.theme.style(ColorRole::Dim);
        let slow = tab.is_slow.then(|| {
            let words = format!("slow view, {} left out", number::count(tab.rows.left_out()));
            Line::styled(words, app.theme.style(ColorRole::Warn))
        });
        return slow.into_iter().chain(rate.map(|rate| Line::styled(rate, dim))).collect();
    }
    let warn = app.theme.style(ColorRole::Warn);
    let mut notes = vec![match feed::unseen(tab.log(), tab.anchor) {
        0 => Line::styled("paused", warn),
        n => Line::styled(format!("{} {} new", glyphs::NEWER, number::count(n)), warn),
    }];
    // The key moves the focused pane first, if there is anything to move.
    let focused = app.focused();
    if let (Some(key), true) = (app.key(Action::Bottom), focused == PaneId::Chat || !focused.pane().is_scrolled(tab)) {
        notes.push(Line::styled(format!("{key} resumes"), warn));
    }
    notes
}

fn rows(app: &App, tab: &Tab, cache: &mut Cache, buf: &mut Buffer, body: Rect) {
    let composer = composer(app, tab, body);
    let log = tab.log();
    let height = |entry: &LogEntry| cache.lines(tab, tab.current(entry), &composer).len();
    let Some((first, skip)) = feed::top(log, tab.anchor, body.height.into(), height) else { return };
    let text = Rect { x: body.right() - composer.columns.min(body.width), width: composer.columns, ..body };
    let mut row = 0;
    if let Some(words) = dropped_words(app, tab, first, skip) {
        let divider = composer.divider(&words, ColorRole::Dim);
        for line in divider.iter().take(1) {
            paint::fitting(buf, text, 0, line);
            row = 1;
        }
    }
    let mut skip = skip;
    let mut minute = None;
    for entry in feed::from(log, first) {
        if row >= body.height {
            break;
        }
        let entry = tab.current(entry);
        if text.x > body.x && minute != Some(number::minute_of(entry.at)) {
            minute = Some(number::minute_of(entry.at));
            time(app, entry.at, buf, body, row);
        }
        let from = row;
        for line in cache.lines(tab, entry, &composer).iter().skip(std::mem::take(&mut skip)) {
            paint::fitting(buf, text, row, line);
            row += 1;
        }
        let is_faint = tab.found.as_ref().is_some_and(|found| !found.has(entry.seq));
        let is_marked = tab.marked == Some(entry.seq);
        if is_marked || is_faint {
            let rows = Rect { y: text.y + from, height: row.min(body.height).saturating_sub(from), ..text };
            if is_marked {
                paint::mark(buf, rows);
            } else {
                buf.set_style(rows.intersection(buf.area), app.theme.style(ColorRole::Dim));
            }
        }
    }
}

fn composer<'a>(app: &'a App, tab: &'a Tab, body: Rect) -> Composer<'a> {
    composer_of(app, tab, columns(body))
}

/// What composes rows of a room in so many columns.
pub(in crate::tui) fn composer_of<'a>(app: &'a App, tab: &'a Tab, columns: u16) -> Composer<'a> {
    let (theme, zone, names) = (app.theme, &app.zone, &tab.names);
    let (room, people, rows) = (tab.name(), &app.people, &tab.rows);
    let marks = (app.remembered.tells_news || app.remembered.knows_news).then_some(&tab.marks);
    let (first_from, knows_host) = (tab.first_from(), tab.last_live.is_some());
    Composer { theme, zone, columns, names, room, people, rows, first_from, marks, knows_host }
}

/// The entry at a place of the screen, and the anchor with which the view stands still as it is.
fn entry_at(app: &App, plan: &Plan, at: Position) -> Option<(Seq, Anchor)> {
    let tab = app.tab().filter(|tab| !is_quiet(tab))?;
    let body = body(app, tab, plan);
    let composer = composer(app, tab, body);
    let log = tab.log();
    let height = |entry: &LogEntry| composer.lines(tab.current(entry)).len();
    let (first, skip) = feed::top(log, tab.anchor, body.height.into(), height)?;
    let dropped = usize::from(dropped_words(app, tab, first, skip).is_some());
    let mut row = usize::from(at.y.checked_sub(body.y)?).checked_sub(dropped)? + skip;
    let mut entries = log.from_seq(first);
    let found = entries.find(|entry| {
        let height = composer.lines(tab.current(entry)).len();
        let here = row < height;
        row = row.saturating_sub(height);
        here
    })?;
    let since = match tab.anchor {
        Anchor::Follow => log.next_seq(),
        Anchor::At { since, .. } => since,
    };
    Some((found.seq, Anchor::At { seq: first, line: skip, since }))
}

/// What stands over the oldest row that is kept, where older ones had to go.
fn dropped_words(app: &App, tab: &Tab, first: Seq, skip: usize) -> Option<String> {
    let dropped = tab.room.chat.dropped()?;
    let at_top = skip == 0 && tab.log().before(first).is_none() && tab.anchor != Anchor::Follow;
    at_top.then(|| format!("older lines dropped at {}", number::clock(dropped.at.wall, &app.zone)))
}

fn time(app: &App, at: Moment, buf: &mut Buffer, body: Rect, row: u16) {
    let time = Span::styled(number::clock(at.wall, &app.zone), app.theme.style(ColorRole::Dim));
    paint::left(buf, body, row, &Line::from(time));
}

/// Where the view of the chat stands after a wish to move.
fn scrolled(app: &App, tab: &Tab, by: &dyn Fn(usize) -> feed::Scroll) -> Anchor {
    let plan = app.plan();
    let body = body(app, tab, &plan);
    let composer = composer(app, tab, body);
    let page = usize::from(body.height);
    // A page keeps one row of the last one in sight.
    let by = by(page.saturating_sub(1).max(1));
    feed::scroll(tab.log(), tab.anchor, page, by, |entry| composer.lines(tab.current(entry)).len())
}

/// Keeps the anchor where the person can see that it stands: a log that was replaced may not hold it any more.
pub(in crate::tui) fn clamp_anchor(log: &crate::room::ChatLog, anchor: Anchor) -> Anchor {
    match anchor {
        Anchor::At { seq: Seq(seq), .. } if seq >= log.next_seq().0 => Anchor::Follow,
        anchor => anchor,
    }
}
