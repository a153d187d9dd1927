//! Viewers and likes over time: as much of it as we watched, an hour or less.
//!
//! ```text
//! ── Viewers ──────────── 1 243 now · peak 1 502 ──      as a strip:
//! 1.5k      ▃▆█▇▅▃▁      ▁▃▂                              viewers 1 243 · peak 1 502 ▃▆█▇▅▃▁  likes 83.0k ▂▃▅
//!      ▂▅██████████▇▇▇▇████
//! 0   -30m                         now
//! ── Likes ────────────── 83.0k · ~420/min seen ──
//! ▂▃▅▇▅▃▂▁▂▃▄▅▆▇█▇▆▅▃▂▂▃▄▅
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Pane, PaneId};
use crate::clock::Moment;
use crate::room::{Bucket, Room};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::{graph, paint};
use crate::tui::{glyphs, number};

/// What a column may stand for, in seconds: the shortest that shows all we watched, so that a young graph fills its pane.
const STEPS: [u64; 4] = [10, 20, 30, 60];
/// Columns of the scale.
const SCALE: u16 = 5;
/// After so much silence the graphs stand still, and a number of viewers is marked as old.
const SILENCE: Duration = Duration::from_secs(60);

/// Viewers and likes over time.
pub(super) struct GraphsPane;

impl Pane for GraphsPane {
    fn title(&self) -> &'static str {
        "Viewers"
    }

    fn help(&self) -> &'static str {
        "viewers and likes over time"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Side { fifths: 2, least: 6 }
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, _cache: &mut Cache, buf: &mut Buffer) {
        view(app, &tab.room, buf, plan.area(PaneId::Graphs));
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::Zoom]
    }
}

/// Draws the pane, or the strip when there is one row.
fn view(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    if area.height == 1 {
        return strip(app, room, buf, area);
    }
    let upper = Rect { height: area.height - area.height * 2 / 5, ..area };
    let inner = super::titled(app, buf, upper, PaneId::Graphs, "Viewers", &viewers(app, room));
    plot(app, room, buf, inner, (&viewers_by_column(app, room, plot_columns(inner)), ColorRole::Accent));
    let lower = super::below(area, upper.height);
    paint::rule(buf, lower, 0, &Line::raw("Likes"), &likes(app, room), app.theme.style(ColorRole::Dim));
    let inner = super::below(lower, 1);
    plot(app, room, buf, inner, (&likes_by_column(app, room, plot_columns(inner)), ColorRole::Like));
}

fn strip(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let area = super::inset(area);
    let (left, right) = (
        Rect { width: area.width / 2, ..area },
        super::inset(Rect { x: area.x + area.width / 2, width: area.width - area.width / 2, ..area }),
    );
    for (half, name, note, values, role) in [
        (left, "viewers ", viewers(app, room), viewers_by_column(app, room, left.width), ColorRole::Accent),
        (right, "likes ", likes(app, room), likes_by_column(app, room, right.width), ColorRole::Like),
    ] {
        let mut line = Line::from(Span::styled(name, dim));
        line.spans.extend(note.spans);
        line.spans.push(Span::raw(" "));
        paint::left(buf, half, 0, &line);
        let used = paint::columns(&line).min(half.width);
        let rest = Rect { x: half.x + used, width: half.width - used, ..half };
        graph::bars(buf, rest, &values, top(&values), (app.theme.style(role), dim));
    }
}

/// Columns that the bars of a plot have.
fn plot_columns(area: Rect) -> u16 {
    if area.height >= 3 { area.width.saturating_sub(SCALE + 1) } else { area.width.saturating_sub(1) }
}

fn plot(app: &App, room: &Room, buf: &mut Buffer, area: Rect, (values, role): (&[Option<u64>], ColorRole)) {
    let dim = app.theme.style(ColorRole::Dim);
    let max = top(values);
    let columns = plot_columns(area);
    let x = area.right().saturating_sub(columns + u16::from(area.height < 3)).max(area.x);
    let scaled = area.height >= 3;
    let field = Rect { x, width: columns, height: area.height - u16::from(scaled), ..area };
    graph::bars(buf, field, values, max, (app.theme.style(role), dim));
    if scaled {
        let axis = super::below(area, area.height - 1);
        paint::left(buf, area, 0, &Line::styled(number::short(max), dim));
        paint::left(buf, axis, 0, &Line::styled("0", dim));
        let axis = Rect { x, width: columns, ..axis };
        paint::left(
            buf,
            axis,
            0,
            &Line::styled(format!("-{}m", step(app, room, columns) * u64::from(columns) / 60), dim),
        );
        let edge = edge(app, room);
        let until = if edge == app.now { "now".to_owned() } else { number::clock(edge.wall, &app.zone) };
        paint::right(buf, axis, 0, &Line::styled(until, dim));
    }
}

/// The time at the right edge: now, unless nothing was heard for a while. A picture of silence need not move.
fn edge(app: &App, room: &Room) -> Moment {
    match room.messages.last() {
        Some(heard) if app.now.since(heard) >= SILENCE => heard + SILENCE,
        _ => app.now,
    }
}

fn top(values: &[Option<u64>]) -> u64 {
    graph::nice_max(values.iter().flatten().copied().max().unwrap_or(0))
}

/// Seconds a column stands for. The same for both graphs, so that they can be read against each other.
fn step(app: &App, room: &Room, columns: u16) -> u64 {
    let longest = STEPS.last().copied().unwrap_or(1);
    let buckets = room.messages.window(edge(app, room), longest, columns.into());
    let watched = buckets.iter().skip_while(|bucket| **bucket == Bucket::Gap).count() as u64 * longest;
    STEPS.into_iter().find(|step| step * u64::from(columns) >= watched).unwrap_or(longest)
}

/// Viewers by column: the last number said, held while nothing new is said.
fn viewers_by_column(app: &App, room: &Room, columns: u16) -> Vec<Option<u64>> {
    let mut known = None;
    let buckets = room.viewers.window(edge(app, room), step(app, room, columns), columns.into());
    buckets
        .into_iter()
        .map(|bucket| {
            match bucket {
                Bucket::Value { last, .. } => known = Some(last),
                Bucket::Gap => known = None,
                Bucket::Empty => {}
            }
            known.or((bucket == Bucket::Empty).then_some(0))
        })
        .collect()
}

/// Likes seen by column.
fn likes_by_column(app: &App, room: &Room, columns: u16) -> Vec<Option<u64>> {
    let buckets = room.likes.window(edge(app, room), step(app, room, columns), columns.into());
    buckets
        .into_iter()
        .map(|bucket| match bucket {
            Bucket::Value { sum, .. } => Some(sum),
            Bucket::Empty => Some(0),
            Bucket::Gap => None,
        })
        .collect()
}

fn viewers(app: &App, room: &Room) -> Line<'static> {
    let dim = app.theme.style(ColorRole::Dim);
    let Some((watching, at)) = room.stats.watching else { return Line::from(Span::styled("not known yet", dim)) };
    let number = number::count(watching);
    let now = if app.now.since(at) >= SILENCE { Span::styled(format!("~{number}"), dim) } else { Span::raw(number) };
    Line::from(vec![now, Span::styled(format!(" now {} peak {}", glyphs::DOT, number::count(room.stats.peak)), dim)])
}

/// The total is what the room reports; the rate is of the taps that reached us, which are a part.
fn likes(app: &App, room: &Room) -> Line<'static> {
    let dim = app.theme.style(ColorRole::Dim);
    let mut spans = vec![Span::raw(number::count(room.stats.likes))];
    if let Some(rate) = room.likes.per_minute(app.now) {
        spans.push(Span::styled(format!(" {} ~{} seen", glyphs::DOT, number::rate(rate)), dim));
    }
    Line::from(spans)
}
