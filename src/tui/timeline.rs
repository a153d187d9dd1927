//! Timeline of a replay: where it stands between beginning and end, with what happened on the way, to be jumped to.
//!
//! ```text
//!  ▸ 12:31 of 1:32:10 · 4× · 12:03 battle begins · next 14:22 2 400 coins in 10 s
//!  ━━━━━━━━━━×━━━━◆━━━━━●──────────────◆──────────×─────────────┄┄┄┄────────────
//! ```

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::action::Action;
use super::app::App;
use super::theme::ColorRole;
use super::widgets::paint;
use super::{glyphs, number};
use crate::clock::Timestamp;
use crate::text::Text;
use crate::track::{PlaybackStatus, Speed};

/// Columns beside a marker that still mean it: a cell is hard to hit.
const REACH: u16 = 2;
/// Seconds that a notch of the wheel moves.
pub(super) const NOTCH_SECONDS: i64 = 5;
/// What somebody set by hand.
const BY_HAND: &str = "hand";
/// A mark so near behind is the one that was just jumped to.
const HERE_MS: i64 = 2_000;
/// Paces that keys step through.
const PACES: [u32; 8] = [1, 2, 4, 10, 30, 60, 300, 1_000];
/// Rows of the screen from which on there is a row of words above the bar.
const WORDS_FROM: u16 = 10;
/// And from which on another above that says what is played, where that is not all there was.
const SOURCE_FROM: u16 = 20;

/// What there is between the beginning of a replay and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayTimeline {
    /// The last thing that is known of; later ones may follow while it is not whole.
    pub end: Timestamp,
    /// All of it was looked through.
    pub is_whole: bool,
    /// What happened, oldest first.
    pub marks: Vec<ReplayMark>,
    /// Times in which nothing was seen, oldest first.
    pub gaps: Vec<(Timestamp, Timestamp)>,
    /// What is played and what of it is not there, in a few words.
    pub source: Text,
}

/// Something that happened in a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayMark {
    /// When.
    pub at: Timestamp,
    /// What made it, in one word: `hand`, `battle`, `gifts`, `gap`, `chat`, `viewers`, `keyword`.
    pub by: Text,
    /// What it is.
    pub words: Text,
}

/// Where a replay stands, as the screen knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplayTime {
    pub(super) status: PlaybackStatus,
    pub(super) timeline: Arc<ReplayTimeline>,
    /// What was marked since it is replayed: a timeline that comes later may not know of it yet.
    pub(super) own: Vec<ReplayMark>,
}

impl ReplayTime {
    /// Takes what is known of the replay by now.
    pub(super) fn set_timeline(&mut self, timeline: Arc<ReplayTimeline>) {
        self.timeline = timeline;
        for mark in self.own.clone() {
            self.show_mark(mark);
        }
    }

    /// Keeps a mark that was set by hand just now.
    pub(super) fn add_mark(&mut self, at: Timestamp, words: &str) {
        let mark = ReplayMark { at, by: BY_HAND.into(), words: words.into() };
        self.own.push(mark.clone());
        self.show_mark(mark);
    }

    fn show_mark(&mut self, mark: ReplayMark) {
        let marks = &mut Arc::make_mut(&mut self.timeline).marks;
        if !marks.contains(&mark) {
            let place = marks.partition_point(|other| other.at <= mark.at);
            marks.insert(place, mark);
        }
    }

    /// The end, as far as it is known.
    fn end(&self, now: Timestamp) -> Timestamp {
        self.timeline.end.max(now).max(self.status.start)
    }

    /// The time so long after the start.
    pub(super) fn after(&self, span: Duration) -> Timestamp {
        Timestamp(self.status.start.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// A time counted from the start.
    pub(super) fn offset(&self, at: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(at.0.saturating_sub(self.status.start.0)).unwrap_or(0))
    }

    /// The mark after a time, or the one before it.
    pub(super) fn step(&self, from: Timestamp, forward: bool) -> Option<&ReplayMark> {
        let marks = &self.timeline.marks;
        if forward {
            return marks.iter().find(|mark| mark.at > from);
        }
        marks.iter().rfind(|mark| mark.at.0 < from.0.saturating_sub(HERE_MS))
    }

    /// The next pace that keys know, faster or slower.
    pub(super) fn pace(&self, faster: bool) -> Speed {
        let Speed::Times(now) = self.status.speed else {
            return if faster { Speed::Max } else { Speed::Times(PACES.last().copied().unwrap_or(1)) };
        };
        if faster {
            return PACES.into_iter().find(|pace| *pace > now).map_or(Speed::Max, Speed::Times);
        }
        Speed::Times(PACES.into_iter().rfind(|pace| *pace < now).unwrap_or(1))
    }
}

/// A pace in words.
pub(super) fn pace_words(speed: Speed) -> String {
    match speed {
        Speed::Times(times) => format!("{times}{}", glyphs::TIMES),
        Speed::Max => "as fast as it goes".to_owned(),
    }
}

/// Rows that the timeline wants.
pub(super) fn rows(app: &App) -> u16 {
    match &app.replay_time {
        None => 0,
        Some(time) if app.size.height >= SOURCE_FROM && !time.timeline.source.is_empty() => 3,
        Some(_) if app.size.height >= WORDS_FROM => 2,
        Some(_) => 1,
    }
}

/// The columns of the bar.
fn bar(area: Rect) -> Rect {
    let area = Rect { x: area.x + area.width.min(1), width: area.width.saturating_sub(2), ..area };
    Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area }
}

/// The column of a time in the bar.
fn column(time: &ReplayTime, now: Timestamp, bar: Rect, at: Timestamp) -> u16 {
    let (whole, part) = (time.offset(time.end(now)).as_millis().max(1), time.offset(at).as_millis());
    let last = u128::from(bar.width.saturating_sub(1));
    bar.x + u16::try_from((part.min(whole) * last + whole / 2) / whole).unwrap_or(0)
}

/// The mark that a click at a place of the screen means: the nearest one, one's own before others.
pub(super) fn mark_at(app: &App, area: Rect, at: Position) -> Option<&ReplayMark> {
    let time = app.replay_time.as_ref()?;
    let (now, bar) = (app.now.wall, bar(area));
    let far = |mark: &ReplayMark| column(time, now, bar, mark.at).abs_diff(at.x);
    let marks = time.timeline.marks.iter().filter(|mark| rank(mark) < Rank::Gap && far(mark) <= REACH);
    marks.min_by_key(|mark| (far(mark), rank(mark)))
}

/// The time that the mouse means in this column, or beyond an end of the bar.
pub(super) fn time_at(app: &App, area: Rect, at: Position) -> Option<Timestamp> {
    let time = app.replay_time.as_ref()?;
    let bar = bar(area);
    if bar.width == 0 {
        return None;
    }
    let whole = time.offset(time.end(app.now.wall)).as_millis();
    let (columns, last) = (u128::from(at.x.saturating_sub(bar.x)), u128::from(bar.width.saturating_sub(1)).max(1));
    let part = u64::try_from(whole * columns.min(last) / last).unwrap_or(u64::MAX);
    Some(time.after(Duration::from_millis(part)))
}

/// Draws the timeline.
pub(super) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let Some(time) = app.replay_time.as_ref().filter(|_| !area.is_empty()) else { return };
    let (now, bar) = (app.now.wall, bar(area));
    if area.height > 2 {
        let source = Line::styled(time.timeline.source.to_string(), app.theme.style(ColorRole::Warn));
        paint::left(buf, Rect { y: area.y, height: 1, ..bar }, 0, &source);
    }
    if area.height > 1 {
        words(app, time, area.height == 2, buf, Rect { y: bar.y - 1, ..bar });
    }
    let (dim, done) = (app.theme.style(ColorRole::Dim), app.theme.style(ColorRole::Accent));
    let here = column(time, now, bar, now);
    for x in bar.left()..bar.right() {
        let (sign, style) = if x < here { (glyphs::PLAYED, done) } else { (glyphs::RULE, dim) };
        put(buf, (x, bar.y), sign, style);
    }
    for &(from, until) in &time.timeline.gaps {
        for x in column(time, now, bar, from)..=column(time, now, bar, until) {
            put(buf, (x, bar.y), glyphs::GAP, app.theme.style(ColorRole::Warn));
        }
    }
    // What matters most stands last, where several share a cell.
    for drawn in [Rank::Found, Rank::Gift, Rank::Battle, Rank::Word, Rank::Own] {
        for mark in time.timeline.marks.iter().filter(|mark| rank(mark) == drawn) {
            let (sign, role) = sign_of(&mark.by);
            put(buf, (column(time, now, bar, mark.at), bar.y), sign, app.theme.style(role));
        }
    }
    if let Some(to) = time.status.seeking {
        put(buf, (column(time, now, bar, to), bar.y), glyphs::WAITING, done);
    }
    put(buf, (here, bar.y), glyphs::LIVE, app.theme.style(ColorRole::Text));
}

fn put(buf: &mut Buffer, at: (u16, u16), sign: &str, style: Style) {
    if let Some(cell) = buf.cell_mut(at) {
        cell.set_symbol(sign).set_style(style);
    }
}

/// What matters more where marks share a place, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Own,
    Word,
    Battle,
    Gift,
    Found,
    /// Drawn by its length, without a sign.
    Gap,
}

fn rank(mark: &ReplayMark) -> Rank {
    match mark.by.as_str() {
        BY_HAND => Rank::Own,
        "keyword" => Rank::Word,
        "battle" => Rank::Battle,
        "gifts" => Rank::Gift,
        "gap" => Rank::Gap,
        _ => Rank::Found,
    }
}

/// The sign of a mark, by what made it.
pub(super) fn sign_of(by: &Text) -> (&'static str, ColorRole) {
    match by.as_str() {
        "battle" => (glyphs::TIMES, ColorRole::SideB),
        "gifts" => (glyphs::GIFT, ColorRole::Gift),
        BY_HAND => (glyphs::NEWER, ColorRole::Good),
        "gap" => (glyphs::GAP, ColorRole::Warn),
        "keyword" => (glyphs::ATTENTION, ColorRole::Accent),
        _ => (glyphs::NEWER_ABOVE, ColorRole::Accent),
    }
}

/// Where it stands, what was last and what comes next; the most useful first.
fn words(app: &App, time: &ReplayTime, tells_source: bool, buf: &mut Buffer, area: Rect) {
    let now = app.now.wall;
    let (dim, accent) = (app.theme.style(ColorRole::Dim), app.theme.style(ColorRole::Accent));
    let status = &time.status;
    let state = match status {
        PlaybackStatus { seeking: Some(_), .. } => glyphs::CONNECTING,
        PlaybackStatus { over: true, .. } => glyphs::ENDED,
        PlaybackStatus { paused: true, .. } => glyphs::PAUSED,
        _ => glyphs::RUNNING,
    };
    let more = if time.timeline.is_whole { "" } else { "\u{2026}" };
    let place = format!(
        "{state} {} of {}{more} ({})",
        number::duration(time.offset(now)),
        number::duration(time.offset(time.end(now))),
        number::clock(now, &app.zone)
    );
    let mut items = vec![Line::styled(place, accent), Line::styled(pace_words(status.speed), dim)];
    if let Some(to) = status.seeking {
        items.push(Line::styled(format!("going to {} \u{2026}", number::duration(time.offset(to))), accent));
    }
    let told = |lead: &str, mark: &ReplayMark| {
        let (sign, role) = sign_of(&mark.by);
        Line::from(vec![
            Span::styled(format!("{lead}{} ", number::duration(time.offset(mark.at))), dim),
            Span::styled(sign, app.theme.style(role)),
            Span::styled(format!(" {}", mark.words), dim),
        ])
    };
    let last = time.timeline.marks.iter().rfind(|mark| mark.at <= now);
    items.extend(last.map(|mark| told("", mark)));
    let key = app.key(Action::ReplayNextMoment).map(|key| format!("{key} ")).unwrap_or_default();
    items.extend(time.step(now, true).map(|mark| told(&format!("{key}next "), mark)));
    if tells_source && !time.timeline.source.is_empty() {
        items.insert(2, Line::styled(time.timeline.source.to_string(), app.theme.style(ColorRole::Warn)));
    }
    let separator = Span::styled(format!(" {} ", glyphs::DOT), dim);
    paint::left(buf, area, 0, &paint::items(&items, &separator, area.width));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time() -> ReplayTime {
        let mark = |at, by: &str| ReplayMark { at: Timestamp(at), by: by.into(), words: by.into() };
        let marks = vec![mark(20_000, "battle"), mark(50_000, "gifts")];
        let timeline = ReplayTimeline { end: Timestamp(110_000), is_whole: true, marks, ..ReplayTimeline::default() };
        let status = PlaybackStatus { start: Timestamp(10_000), speed: Speed::Times(1), ..PlaybackStatus::default() };
        ReplayTime { status, timeline: Arc::new(timeline), own: Vec::new() }
    }

    #[test]
    fn times_are_columns_and_columns_are_times() {
        let (time, bar) = (time(), Rect::new(1, 5, 101, 1));
        let columns =
            [10_000, 20_000, 60_000, 110_000, 999_000, 0].map(|at| column(&time, Timestamp(0), bar, Timestamp(at)));
        assert_eq!(columns, [1, 11, 51, 101, 101, 1]);
    }

    #[test]
    fn ones_own_mark_stands_before_what_else_is_in_its_column() {
        let mut app = crate::tui::update::tests::on_air();
        let mut time = time();
        let mark = |at, by: &str| ReplayMark { at: Timestamp(at), by: by.into(), words: by.into() };
        let marks = [(50_000, "hand"), (50_100, "gifts"), (50_200, "battle"), (80_000, "gifts"), (80_100, "chat")];
        Arc::make_mut(&mut time.timeline).marks = marks.into_iter().map(|(at, by)| mark(at, by)).collect();
        (app.replay, app.replay_time, app.now.wall) = (true, Some(time), Timestamp(10_000));
        let area = Rect::new(0, 0, 103, 1);
        let mut buf = Buffer::empty(area);
        view(&app, &mut buf, area);
        let sign =
            |at| buf.cell((column(app.replay_time.as_ref().unwrap(), app.now.wall, bar(area), Timestamp(at)), 0));
        assert_eq!(sign(50_000).unwrap().symbol(), glyphs::NEWER);
        assert_eq!(sign(80_000).unwrap().symbol(), glyphs::GIFT);
    }

    #[test]
    fn a_mark_of_ones_own_stays_when_a_timeline_comes_that_does_not_know_it_yet() {
        let mut time = time();
        let before = time.timeline.clone();
        time.add_mark(Timestamp(30_000), "goal");
        let marks = |time: &ReplayTime| time.timeline.marks.iter().map(|mark| mark.at.0).collect::<Vec<_>>();
        assert_eq!(marks(&time), [20_000, 30_000, 50_000]);
        let after = time.timeline.clone();
        for timeline in [before, after] {
            time.set_timeline(timeline);
            assert_eq!(marks(&time), [20_000, 30_000, 50_000]);
        }
    }

    #[test]
    fn marks_are_stepped_through_and_the_one_just_met_is_passed() {
        let time = time();
        let step = |from, forward| time.step(Timestamp(from), forward).map(|mark| mark.at.0);
        assert_eq!([step(10_000, true), step(20_000, true), step(50_000, true)], [Some(20_000), Some(50_000), None]);
        assert_eq!([step(51_000, false), step(53_000, false), step(20_000, false)], [Some(20_000), Some(50_000), None]);
    }

    #[test]
    fn paces_go_up_to_as_fast_as_it_goes_and_back() {
        let mut time = time();
        time.status.speed = Speed::Times(1_000);
        assert_eq!((time.pace(true), time.pace(false)), (Speed::Max, Speed::Times(300)));
        time.status.speed = Speed::Max;
        assert_eq!((time.pace(true), time.pace(false)), (Speed::Max, Speed::Times(1_000)));
        time.status.speed = Speed::Times(7);
        assert_eq!((time.pace(true), time.pace(false)), (Speed::Times(10), Speed::Times(4)));
    }
}
