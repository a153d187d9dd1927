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

mod board;
mod lines;
mod words;

pub use lines::log_words;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Pane, PaneId, phase};
use crate::clock::Moment;
use crate::events::PhaseKind;
use crate::room::{self, LogEntry, Seq};
use crate::tui::action::Action;
use crate::tui::app::App;
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
        }
    }

    fn is_scrolled(&self, tab: &Tab) -> bool {
        tab.anchor != Anchor::Follow
    }

    /// A click on the rule of a chat that stands still lets it run again.
    fn click(&self, app: &mut App, at: Position) {
        let plan = app.plan();
        let on_rule = plan.titled && plan.area(PaneId::Chat).y == at.y;
        if let (true, Some(tab)) = (on_rule, app.tab_mut()) {
            tab.anchor = Anchor::Follow;
        }
    }

    fn actions(&self) -> &'static [Action] {
        super::SCROLLING
    }
}

fn view(app: &App, tab: &Tab, plan: &Plan, cache: &mut Cache, buf: &mut Buffer) {
    if plan.titled {
        let mut title = String::from("Chat");
        if !tab.room.title.is_empty() {
            let most = usize::from(plan.area(PaneId::Chat).width).saturating_sub(40);
            title = format!("Chat {} {}", glyphs::DOT, crate::text::clip(tab.room.title.as_str(), most));
        }
        super::titled(app, buf, plan.area(PaneId::Chat), PaneId::Chat, &title, &note(app, tab));
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
    let standing = board_rows(tab, plan);
    let above = Rect { y: body.y.saturating_sub(standing), height: standing, ..body };
    for (row, line) in (0..standing).zip(board::lines(app, &tab.room.board)) {
        paint::left(buf, above, row, &line);
    }
    rows(app, tab, cache, buf, body);
    if !plan.titled && tab.anchor != Anchor::Follow {
        paint::right(buf, Rect { y: body.bottom().saturating_sub(1), height: 1, ..body }, 0, &note(app, tab));
    }
}

/// The rectangle of the rows themselves: below the title, the banner and what stands beside the talk.
pub(in crate::tui) fn body(app: &App, tab: &Tab, plan: &Plan) -> Rect {
    super::below(plan.area(PaneId::Chat), u16::from(plan.titled) + banner_rows(app, tab, plan) + board_rows(tab, plan))
}

fn board_rows(tab: &Tab, plan: &Plan) -> u16 {
    if is_quiet(tab) { 0 } else { board::rows(&tab.room.board, plan.area(PaneId::Chat).height) }
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

fn note(app: &App, tab: &Tab) -> Line<'static> {
    let unseen = feed::unseen(&tab.room.chat, tab.anchor);
    if tab.anchor != Anchor::Follow {
        let mut words = match unseen {
            0 => "paused".to_owned(),
            n => format!("{} {} new", glyphs::NEWER, number::count(n)),
        };
        // The key moves the focused pane first, if there is anything to move.
        let focused = app.focused();
        if let (Some(key), true) =
            (app.key(Action::Bottom), focused == PaneId::Chat || !focused.pane().is_scrolled(tab))
        {
            words = format!("{words} {} {key} resumes", glyphs::DOT);
        }
        return Line::styled(words, app.theme.style(ColorRole::Warn));
    }
    let rate = tab.room.comments.per_minute(app.now).map(number::rate).unwrap_or_default();
    Line::styled(rate, app.theme.style(ColorRole::Dim))
}

fn rows(app: &App, tab: &Tab, cache: &mut Cache, buf: &mut Buffer, body: Rect) {
    let composer = Composer { theme: app.theme, zone: &app.zone, columns: columns(body) };
    let log = &tab.room.chat;
    let height = |entry: &LogEntry| cache.lines(tab, entry, &composer).len();
    let Some((first, skip)) = feed::top(log, tab.anchor, body.height.into(), height) else { return };
    let text = Rect { x: body.right() - composer.columns.min(body.width), width: composer.columns, ..body };
    let mut row = 0;
    let mut skip = skip;
    let mut minute = None;
    for entry in feed::from(log, first) {
        if row >= body.height {
            break;
        }
        if text.x > body.x && minute != Some(number::minute_of(entry.at)) {
            minute = Some(number::minute_of(entry.at));
            time(app, entry.at, buf, body, row);
        }
        for line in cache.lines(tab, entry, &composer).iter().skip(std::mem::take(&mut skip)) {
            paint::left(buf, text, row, line);
            row += 1;
        }
    }
}

fn time(app: &App, at: Moment, buf: &mut Buffer, body: Rect, row: u16) {
    let time = Span::styled(number::clock(at.wall, &app.zone), app.theme.style(ColorRole::Dim));
    paint::left(buf, body, row, &Line::from(time));
}

/// Where the view of the chat stands after a wish to move.
fn scrolled(app: &App, tab: &Tab, by: &dyn Fn(usize) -> feed::Scroll) -> Anchor {
    let plan = app.plan();
    let body = body(app, tab, &plan);
    let composer = Composer { theme: app.theme, zone: &app.zone, columns: columns(body) };
    let page = usize::from(body.height);
    // A page keeps one row of the last one in sight.
    let by = by(page.saturating_sub(1).max(1));
    feed::scroll(&tab.room.chat, tab.anchor, page, by, |entry| composer.lines(entry).len())
}

/// Keeps the anchor where the person can see that it stands: a log that was replaced may not hold it any more.
pub(in crate::tui) fn clamp_anchor(log: &crate::room::ChatLog, anchor: Anchor) -> Anchor {
    match anchor {
        Anchor::At { seq: Seq(seq), .. } if seq >= log.next_seq().0 => Anchor::Follow,
        anchor => anchor,
    }
}
