//! Graphs pane, viewers and likes over time: all that we watched, from one edge of the pane to the other.
//!
//! ```text
//! ── Viewers ──────────── 1 243 now · peak 1 502 ──      as a strip:
//! 1.5k      ⣠⣴⣿⣷⣦⣄⡀      ⢀⣠⣄                              viewers 1 243 · peak 1 502 ▃▆█▇▅▃▁  likes 83.0k ▂▃▅
//!      ⣀⣴⣿⣿⣿⣿⣿⣿⣿⣿⣶⣶⣶⣿⣿⣿
//! 0    -31m                    now
//! ── Likes a minute ───── 83.0k · ~420/min seen ──
//! 600   ⣀⣤⣶⣤⣀⣀⣠⣤⣶⣶⣤⣀⣀⣤⣴
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
use crate::tui::freshness::Freshness;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::number;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::{graph, paint};

/// Lengths of the buckets that are drawn from, in seconds, and how many of them a room keeps.
const BUCKETS: [(u64, usize); 2] = [(10, 720), (60, 1_440)];
/// A graph of less than this would be read as a trend that is none.
const LEAST_SECONDS: u64 = 60;
/// Columns of the scale.
const SCALE_COLUMNS: u16 = 5;
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
    let watched = WatchedSpan::of(app, room);
    let upper = Rect { height: area.height - area.height * 2 / 5, ..area };
    let inner = super::titled(app, buf, upper, PaneId::Graphs, "Viewers", &viewers(app, room));
    let before = watched.viewers_before(app, room);
    plot(app, &watched, buf, inner, (&watched.viewers(room), ColorRole::Accent), &before);
    let lower = super::below(area, upper.height);
    paint::rule(buf, lower, 0, &Line::raw("Likes a minute"), &likes(app, room), app.theme.style(ColorRole::Dim));
    let inner = super::below(lower, 1);
    plot(app, &watched, buf, inner, (&watched.likes(room), ColorRole::Like), &[]);
}

fn strip(app: &App, room: &Room, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let area = super::inset(area);
    let (left, right) = (
        Rect { width: area.width / 2, ..area },
        super::inset(Rect { x: area.x + area.width / 2, width: area.width - area.width / 2, ..area }),
    );
    let watched = WatchedSpan::of(app, room);
    for (half, name, notes, values, role) in [
        (left, "viewers ", viewers(app, room), watched.viewers(room), ColorRole::Accent),
        (right, "likes ", likes(app, room), watched.likes(room), ColorRole::Like),
    ] {
        // The name goes before the number does.
        let name = Span::styled(name, dim);
        let width = u16::try_from(name.content.len()).unwrap_or(u16::MAX);
        let first = notes.first().map_or(0, paint::columns);
        let mut line = if width + first <= half.width { Line::from(name) } else { Line::default() };
        let rest = half.width.saturating_sub(paint::columns(&line));
        line.spans.extend(paint::items(&notes, &super::separator(app), rest).spans);
        line.spans.push(Span::raw(" "));
        paint::left(buf, half, 0, &line);
        let used = paint::columns(&line).min(half.width);
        let rest = Rect { x: half.x + used, width: half.width - used, ..half };
        let values = graph::resample(&values, rest.width.into());
        graph::bars(buf, rest, &values, top(&values), (app.theme.style(role), dim));
    }
}

/// Draws values under their scale; faint before them what they were in the live before.
fn plot(
    app: &App,
    watched: &WatchedSpan,
    buf: &mut Buffer,
    area: Rect,
    (values, role): (&[Option<u64>], ColorRole),
    before: &[Option<u64>],
) {
    let dim = app.theme.style(ColorRole::Dim);
    let scaled = area.height >= 3;
    let x = (area.x + if scaled { SCALE_COLUMNS + 1 } else { 1 }).min(area.right());
    let field = Rect { x, width: area.right() - x, height: area.height - u16::from(scaled), ..area };
    let values = graph::resample(values, usize::from(field.width) * 2);
    let before = graph::resample(before, values.len());
    let max = top(&values).max(top(&before));
    graph::line(buf, field, &before, max, dim);
    graph::curve(buf, field, &values, max, (app.theme.style(role), dim));
    if scaled {
        let axis = super::below(area, area.height - 1);
        if values.iter().flatten().any(|&value| value > 0) {
            paint::left(buf, area, 0, &Line::styled(number::short(max), dim));
        }
        paint::left(buf, axis, 0, &Line::styled("0", dim));
        let axis = Rect { x, width: field.width, ..axis };
        paint::left(buf, axis, 0, &Line::styled(time_ago(watched.seconds()), dim));
        let until =
            if watched.until == app.now { "now".to_owned() } else { number::clock(watched.until.wall, &app.zone) };
        paint::right(buf, axis, 0, &Line::styled(until, dim));
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

/// The time that both graphs show, so that they can be read against each other: since we first saw the room, a day at most.
struct WatchedSpan {
    until: Moment,
    /// Seconds a bucket stands for, and how many there are.
    step: u64,
    buckets: usize,
}

impl WatchedSpan {
    fn of(app: &App, room: &Room) -> Self {
        let until = match room.messages.last() {
            // A picture of silence need not move.
            Some(heard) if app.now.since(heard) >= SILENCE => heard + SILENCE,
            _ => app.now,
        };
        let mut watched = Self { until, step: 0, buckets: 0 };
        for (step, kept) in BUCKETS {
            let seen = room.messages.window(until, step, kept).into_iter().skip_while(|bucket| *bucket == Bucket::Gap);
            watched = Self { until, step, buckets: seen.count().max((LEAST_SECONDS / step) as usize) };
            if watched.buckets < kept {
                break;
            }
        }
        watched
    }

    fn seconds(&self) -> u64 {
        self.step * self.buckets as u64
    }

    /// Viewers: the most of each bucket, held while nothing new is said.
    fn viewers(&self, room: &Room) -> Vec<Option<u64>> {
        let mut known = None;
        let buckets = room.viewers.window(self.until, self.step, self.buckets);
        buckets
            .into_iter()
            .map(|bucket| match bucket {
                Bucket::Value { last, max, .. } => {
                    known = Some(last);
                    Some(max)
                }
                Bucket::Gap => {
                    known = None;
                    None
                }
                Bucket::Empty => known,
            })
            .collect()
    }

    /// Viewers of the live before, as many minutes after its begin; nothing where there was none.
    fn viewers_before(&self, app: &App, room: &Room) -> Vec<Option<u64>> {
        let Some(live) = room.room_id.map(|id| id.0).filter(|id| app.remembered.before.contains_key(id)) else {
            return Vec::new();
        };
        let Some(began) = room.started_at else { return Vec::new() };
        let bucket = |nth: usize| {
            let ago = (self.buckets - nth) as u64 * self.step;
            let at = self.until.wall.0.saturating_sub_unsigned(ago * 1_000);
            app.remembered.viewers_before(live, at.div_euclid(60_000) - began.0.div_euclid(60_000))
        };
        (0..self.buckets).map(bucket).collect()
    }

    /// Likes seen, as a rate a minute. The bucket that is still filling would look like a fall.
    fn likes(&self, room: &Room) -> Vec<Option<u64>> {
        let buckets = room.likes.window(self.until, self.step, self.buckets);
        let mut rates: Vec<_> = buckets
            .into_iter()
            .map(|bucket| match bucket {
                Bucket::Value { sum, .. } => Some(sum.saturating_mul(60) / self.step.max(1)),
                Bucket::Empty => Some(0),
                Bucket::Gap => None,
            })
            .collect();
        if let [.., before, filling] = rates.as_mut_slice()
            && filling.is_some()
            && before.is_some()
        {
            *filling = *before;
        }
        rates
    }
}

/// How many watch now, and the most there were.
fn viewers(app: &App, room: &Room) -> Vec<Line<'static>> {
    let dim = app.theme.style(ColorRole::Dim);
    let Some((watching, at)) = room.stats.watching else { return vec![Line::styled("not known yet", dim)] };
    let fresh = if app.now.since(at) >= SILENCE { Freshness::Old } else { Freshness::of(room, app.now) };
    let mut now = Line::from(fresh.value(app.theme, number::count(watching), ColorRole::Text));
    if fresh.is_now() {
        now.spans.push(Span::styled(" now", dim));
    }
    vec![now, Line::styled(format!("peak {}", number::count(room.stats.peak)), dim)]
}

/// The total is what the room reports; the rate is of the taps that reached us, which are a part.
fn likes(app: &App, room: &Room) -> Vec<Line<'static>> {
    let fresh = Freshness::of(room, app.now);
    let total = Line::from(fresh.value(app.theme, number::count(room.stats.likes), ColorRole::Text));
    let rate = fresh.rate(&room.likes, app.now).map(|rate| {
        let words = if fresh.is_now() { format!("~{rate} seen") } else { rate };
        Line::styled(words, app.theme.style(ColorRole::Dim))
    });
    std::iter::once(total).chain(rate).collect()
}
