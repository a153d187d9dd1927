//! Graphs pane, numbers over time: viewers, diamonds, comments and likes, from one edge of the pane to the other.
//!
//! ```text
//! ── Viewers ──────────── 1 243 now · peak 1 502 · ↑ 12% ──   as a strip:
//! 1.7k       ⡠⠒⠢▾⣀                                           viewers 1 243 · peak 1 502 ▃▆█▇▅▃▁  likes 83.0k ▂▃▅
//!       ⢀⡠⠔⠉⡐⡐⡐⡐⠉⠒⠤⣀⡠⠔⠊⠉⠒⢄
//! 0  ⣀⠤⠒⠁⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⡐⠉
//! ── Diamonds a minute ──────────── 12.6k ◆ · 410/min ──
//! 600   ⣀⣤⣶⣤⣀⣀⣠⣤⣶⣶⣤⣀⣀⣤⣴
//!    -31m      ×      ◆   ┄                        now
//! ```
//!
//! Where the history has the host's last live, the same minute of it is a dotted line.
//!
//! All graphs share one span of time and one axis; a cursor reads their values at one moment.

mod measure;
mod span;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span as Words};

use super::{Pane, PaneId, Step};
use crate::clock::Moment;
use crate::config::GraphStyle;
use crate::events::BattleResult;
use crate::room::{Room, RoomMark, RoomMarkKind};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::{graph, paint};
use crate::tui::{glyphs, number};

use measure::Measure;
pub(in crate::tui) use span::GraphWindow;
use span::Span;

/// Columns of the scale.
const SCALE_COLUMNS: u16 = 5;
/// Rows that a graph wants: its rule and some to draw in.
const ROWS_EACH: u16 = 5;
/// Rows a graph has at least.
const LEAST_ROWS: u16 = 3;

/// What is shown of the past, and where it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) struct GraphView {
    /// How much of it.
    pub(in crate::tui) window: GraphWindow,
    /// The moment at which values are read; nothing while that is now.
    pub(in crate::tui) cursor: Option<Moment>,
}

/// Viewers, diamonds, comments and likes over time.
pub(super) struct GraphsPane;

impl Pane for GraphsPane {
    fn title(&self) -> &'static str {
        "Graphs"
    }

    fn help(&self) -> &'static str {
        "viewers, diamonds, comments and likes over time; a cursor reads them"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Side { fifths: 2, least: 6 }
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, _cache: &mut Cache, buf: &mut Buffer) {
        view(app, tab, buf, plan.area(PaneId::Graphs));
    }

    /// The mark of this pane is its cursor: up is back in time.
    fn mark(&self, app: &mut App, step: Step) -> bool {
        move_cursor(app, step == Step::Up);
        true
    }

    /// A click puts the cursor there.
    fn click(&self, app: &mut App, at: Position) {
        let area = app.plan().area(PaneId::Graphs);
        let Some(tab) = app.tab().filter(|_| area.height > 1) else { return };
        let span = Span::of(&tab.room, app.graph.window, app.now);
        let field = field(area);
        let Some(column) = at.x.checked_sub(field.x).filter(|column| *column < field.width) else { return };
        let bucket = usize::from(column) * span.buckets / usize::from(field.width.max(1));
        app.graph.cursor = Some(span.time_of(bucket));
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::GraphNearer, Action::GraphWider, Action::GraphBack, Action::GraphAhead, Action::Zoom]
    }
}

/// Moves the cursor by a column of the pane, back in time or ahead; ahead of the newest there is none.
pub(in crate::tui) fn move_cursor(app: &mut App, back: bool) {
    let area = app.plan().area(PaneId::Graphs);
    let Some(tab) = app.tab() else { return };
    let span = Span::of(&tab.room, app.graph.window, app.now);
    let by = span.buckets.div_ceil(usize::from(field(area).width.max(1))).max(1);
    let last = span.buckets.saturating_sub(1);
    let now = app.graph.cursor.and_then(|at| span.bucket_of(at));
    let next = match (now, back) {
        (None, true) => Some(last),
        (None, false) => None,
        (Some(bucket), true) => Some(bucket.saturating_sub(by)),
        (Some(bucket), false) => (bucket + by <= last).then_some(bucket + by),
    };
    app.graph.cursor = next.map(|bucket| span.time_of(bucket));
}

/// The columns in which curves are drawn.
fn field(area: Rect) -> Rect {
    let x = (area.x + SCALE_COLUMNS + 1).min(area.right());
    Rect { x, width: area.right() - x, ..area }
}

/// Draws the pane, or the strip when there is one row.
fn view(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let room = &tab.room;
    if area.height == 1 {
        return strip(app, room, buf, area);
    }
    let span = Span::of(room, app.graph.window, app.now);
    let cursor = app.graph.cursor.and_then(|at| span.bucket_of(at));
    let scaled = area.height > LEAST_ROWS;
    let rows = area.height - u16::from(scaled);
    let count = (rows / ROWS_EACH).clamp(1, Measure::ALL.len() as u16);
    for (nth, measure) in (0..count).zip(Measure::ALL) {
        let (from, to) = (rows * nth / count, rows * (nth + 1) / count);
        let place = Rect { y: area.y + from, height: to - from, ..area };
        let values = measure.values(room, &span);
        let past = tab.last_live.as_ref().map(|past| measure.past_values(past, room, &span)).unwrap_or_default();
        let mut notes = match cursor {
            Some(bucket) => read_out(app, &span, &values, bucket),
            None => measure.notes(app, room, &values),
        };
        let then = past.get(cursor.unwrap_or_else(|| past.len().saturating_sub(1))).copied().flatten();
        notes.extend(
            then.map(|then| {
                Line::styled(format!("last time {}", number::count(then)), app.theme.style(ColorRole::Dim))
            }),
        );
        let inner = if nth == 0 {
            super::titled(app, buf, place, PaneId::Graphs, measure.title(), &notes)
        } else {
            paint::rule(buf, place, 0, &Line::raw(measure.title()), &notes, app.theme.style(ColorRole::Dim));
            super::below(place, 1)
        };
        plot(app, buf, inner, measure, (&values, &past), cursor.map(|bucket| (bucket, span.buckets)));
    }
    if scaled {
        axis(app, room, &span, cursor, buf, super::below(area, area.height - 1));
    }
}

fn strip(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let area = super::inset(area);
    let (left, right) = (
        Rect { width: area.width / 2, ..area },
        super::inset(Rect { x: area.x + area.width / 2, width: area.width - area.width / 2, ..area }),
    );
    let span = Span::of(room, app.graph.window, app.now);
    for (half, name, notes, measure) in [
        (left, "viewers ", measure::viewers(app, room), Measure::Viewers),
        (right, "likes ", measure::likes(app, room), Measure::Likes),
    ] {
        // The name goes before the number does.
        let name = Words::styled(name, dim);
        let width = u16::try_from(name.content.len()).unwrap_or(u16::MAX);
        let first = notes.first().map_or(0, paint::columns);
        let mut line = if width + first <= half.width { Line::from(name) } else { Line::default() };
        let rest = half.width.saturating_sub(paint::columns(&line));
        line.spans.extend(paint::items(&notes, &super::separator(app), rest).spans);
        line.spans.push(Words::raw(" "));
        paint::left(buf, half, 0, &line);
        let used = paint::columns(&line).min(half.width);
        let rest = Rect { x: half.x + used, width: half.width - used, ..half };
        let values = graph::resample(&measure.values(room, &span), rest.width.into());
        graph::bars(buf, rest, &values, top(&values), (app.theme.style(measure.role()), dim));
    }
}

/// One curve with its scale, and the column of the cursor: its bucket of how many.
fn plot(
    app: &App,
    buf: &mut Buffer,
    area: Rect,
    measure: Measure,
    (values, past): (&[Option<u64>], &[Option<u64>]),
    cursor: Option<(usize, usize)>,
) {
    let dim = app.theme.style(ColorRole::Dim);
    let field = field(area);
    let max = top(values).max(top(past));
    let styles = (app.theme.style(measure.role()), dim);
    if app.screen.graphs == GraphStyle::Blocks {
        let values = graph::resample(values, field.width.into());
        graph::bars(buf, field, &values, max, styles);
    } else {
        let values = graph::resample(values, usize::from(field.width) * 2);
        graph::curve(buf, field, &values, max, styles);
    }
    if past.iter().flatten().any(|&value| value > 0) {
        graph::trace(buf, field, &graph::resample(past, field.width.into()), max, dim);
    }
    let is_empty = values.iter().flatten().all(|&value| value == 0);
    if area.height >= 2 {
        if !is_empty {
            paint::right(buf, scale(area), 0, &Line::styled(number::short(max), dim));
        }
        paint::right(buf, scale(area), area.height - 1, &Line::styled("0", dim));
    }
    if let Some((bucket, buckets)) = cursor {
        let column = field.x + column_of(bucket, buckets, field.width);
        for y in field.top()..field.bottom() {
            let Some(cell) = buf.cell_mut((column, y)) else { continue };
            if cell.symbol() == " " || cell.symbol() == graph::FILL {
                cell.set_symbol(glyphs::DIVIDER).set_style(dim);
            } else {
                cell.set_style(crate::tui::theme::Theme::MARKED);
            }
        }
    }
}

/// The columns of the scale, right before the field.
fn scale(area: Rect) -> Rect {
    Rect { width: SCALE_COLUMNS.min(area.width), ..area }
}

fn column_of(bucket: usize, buckets: usize, width: u16) -> u16 {
    let column = (2 * bucket + 1) * usize::from(width) / (2 * buckets.max(1));
    u16::try_from(column).unwrap_or(0).min(width.saturating_sub(1))
}

/// Times at both ends, or under the cursor; between them what happened.
fn axis(app: &App, room: &Room, span: &Span, cursor: Option<usize>, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let field = field(area);
    let from = Line::styled(time_ago(span.seconds()), dim);
    let until = if span.until == app.now { "now".to_owned() } else { number::clock(span.until.wall, &app.zone) };
    let until = Line::styled(until, dim);
    for mark in room.marks.iter() {
        let Some(bucket) = span.bucket_of(mark.at) else { continue };
        let (sign, role) = sign_of(mark);
        let place = Rect { x: field.x + column_of(bucket, span.buckets, field.width), width: 1, ..field };
        paint::left(buf, place, 0, &Line::styled(sign, app.theme.style(role)));
    }
    // What happened under the ends is told by the cursor.
    let pad = |line: &Line<'_>| paint::columns(line) + 1;
    paint::clear(buf, Rect { width: pad(&from).min(field.width), ..field });
    paint::left(buf, field, 0, &from);
    let ends = pad(&until).min(field.width);
    paint::clear(buf, Rect { x: field.right() - ends, width: ends, ..field });
    paint::right(buf, field, 0, &until);
    if let Some(bucket) = cursor {
        let mut words = number::clock(span.time_of(bucket).wall, &app.zone);
        let near = room.marks.iter().rfind(|mark| span.bucket_of(mark.at) == Some(bucket));
        if let Some(mark) = near {
            words = format!("{words} {}", mark.kind.words());
        }
        let line = Line::styled(format!(" {words} "), app.theme.style(ColorRole::Accent));
        let wide = paint::columns(&line).min(field.width);
        let x = (field.x + column_of(bucket, span.buckets, field.width)).saturating_sub(wide / 2);
        let x = x.clamp(field.x, field.right() - wide);
        paint::clear(buf, Rect { x, width: wide, ..field });
        paint::left(buf, Rect { x, width: wide, ..field }, 0, &line);
    }
}

/// What a curve says under the cursor, and when that was.
fn read_out(app: &App, span: &Span, values: &[Option<u64>], bucket: usize) -> Vec<Line<'static>> {
    let value = match values.get(bucket).copied().flatten() {
        Some(value) => Line::styled(number::count(value), app.theme.style(ColorRole::Accent)),
        None => Line::styled("not watched", app.theme.style(ColorRole::Dim)),
    };
    let at = number::clock(span.time_of(bucket).wall, &app.zone);
    vec![value, Line::styled(at, app.theme.style(ColorRole::Dim))]
}

fn sign_of(mark: &RoomMark) -> (&'static str, ColorRole) {
    match mark.kind {
        RoomMarkKind::BattleBegan => (glyphs::TIMES, ColorRole::SideB),
        RoomMarkKind::BattleEnded(Some(BattleResult::Won)) => (glyphs::TICK, ColorRole::Good),
        RoomMarkKind::BattleEnded(_) => (glyphs::ENDED, ColorRole::SideB),
        RoomMarkKind::Gift(_) | RoomMarkKind::Coins { .. } => (glyphs::GIFT, ColorRole::Gift),
        RoomMarkKind::Reconnected { .. } => (glyphs::GAP, ColorRole::Warn),
        RoomMarkKind::Comments(_) | RoomMarkKind::Viewers { .. } => (glyphs::NEWER_ABOVE, ColorRole::Accent),
    }
}

/// How far the left edge lies back.
fn time_ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("-{seconds}s"),
        120..7_200 => format!("-{}m", seconds / 60),
        _ => format!("-{}h{:02}", seconds / 3_600, seconds % 3_600 / 60),
    }
}

fn top(values: &[Option<u64>]) -> u64 {
    graph::nice_max(values.iter().flatten().copied().max().unwrap_or(0))
}
