//! Tab bar: the rooms, what is being recorded here, the time of day.
//!
//! ```text
//!  1 ●ana.live 1.2k  2 ●ben •3 842  3 ◐cleo  4 ○dave                    ⏺ 0:12:31 142 MB  19:42
//! ```
//!
//! When the rooms do not fit the strip scrolls, so that the one on the screen is always visible, and sums up what is off it:
//! `‹6 •12 7 ●gil 40  8 ○hal ›14 •212 ✕2`.

use std::ops::Range;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::phase;
use crate::events::PhaseKind;
use crate::record::{AlertLevel, RecordingDetails, RecordingState};
use crate::text::clip;
use crate::tui::app::App;
use crate::tui::freshness::Freshness;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// Longest name of a room, in columns.
const NAME_COLUMNS: usize = 16;

/// Draws the row.
pub(in crate::tui) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let Some(row) = paint::row_of(buf, area, 0) else { return };
    let strip = Strip::of(app, row);
    paint::right(buf, row, 0, &strip.side);
    for (at, place) in &strip.places {
        if let Some(tab) = app.tabs.get(*at) {
            paint::left(buf, *place, 0, &item(app, *at, tab));
        }
    }
    paint::left(buf, row, 0, &strip.before);
    let end = strip.places.last().map_or(row.x, |(_, place)| place.right());
    paint::left(buf, Rect { x: end, width: row.right().saturating_sub(end), ..row }, 0, &strip.after);
}

/// Which room stands at this column of the row.
pub(in crate::tui) fn hit(app: &App, row: Rect, column: u16) -> Option<usize> {
    let strip = Strip::of(app, row);
    strip.places.iter().find(|(_, place)| (place.left()..place.right()).contains(&column)).map(|(at, _)| *at)
}

/// What stands where in the row: the rooms that fit, the one on the screen among them, and what is off at either side.
struct Strip {
    places: Vec<(usize, Rect)>,
    before: Line<'static>,
    after: Line<'static>,
    side: Line<'static>,
}

impl Strip {
    fn of(app: &App, row: Rect) -> Self {
        let side = side(app, row.width / 2);
        let widths: Vec<u16> =
            app.tabs.iter().enumerate().map(|(at, tab)| paint::columns(&item(app, at, tab))).collect();
        let width = row.width.saturating_sub(paint::columns(&side) + 1);
        let mut first = 0;
        loop {
            let before = off_strip(app, 0..first, glyphs::LEFT);
            let used = paint::columns(&before).max(1);
            let places = Self::places(app, row, first, (used, width), &widths);
            let next = places.last().map_or(first, |(at, _)| at + 1);
            let after = off_strip(app, next..app.tabs.len(), glyphs::RIGHT);
            let strip = Self { places, before, after, side: side.clone() };
            let shows = strip.places.iter().any(|(at, _)| *at == app.active);
            if shows || first >= app.active {
                return strip;
            }
            first += 1;
        }
    }

    /// Where the rooms from `first` on stand, from column `begin` of the row to column `end`.
    fn places(app: &App, row: Rect, first: usize, (begin, end): (u16, u16), widths: &[u16]) -> Vec<(usize, Rect)> {
        let (mut x, end) = (row.x.saturating_add(begin), row.x.saturating_add(end));
        let mut places = Vec::new();
        for (at, &wide) in widths.iter().enumerate().skip(first) {
            let reserved = paint::columns(&off_strip(app, at + 1..app.tabs.len(), glyphs::RIGHT));
            let room = end.saturating_sub(x);
            let fits = wide.saturating_add(reserved) <= room;
            // The first one is shown even where it is cut: it may be the one on the screen.
            let wide = if fits || at > first { wide } else { room.saturating_sub(reserved) };
            if (!fits && at > first) || wide == 0 {
                break;
            }
            places.push((at, Rect { x, width: wide, ..row }));
            x = x.saturating_add(wide);
        }
        places
    }
}

/// What is off the strip, summed up: how many rooms, what is unread in them, how many of them fail: `›14 •212 ✕2`.
fn off_strip(app: &App, rooms: Range<usize>, sign: &str) -> Line<'static> {
    let tabs = app.tabs.get(rooms).unwrap_or_default();
    if tabs.is_empty() {
        return Line::default();
    }
    let theme = app.theme;
    let mut spans = vec![Span::styled(format!("{sign}{}", tabs.len()), theme.style(ColorRole::Dim))];
    let unread: u64 = tabs.iter().map(|tab| tab.unread).sum();
    if unread > 0 {
        spans.push(Span::styled(
            format!(" {}{}", glyphs::UNREAD, number::short(unread)),
            theme.style(ColorRole::Accent),
        ));
    }
    let recording = tabs.iter().filter(|tab| tab.is_recording()).count();
    if recording > 0 {
        spans.push(Span::styled(format!(" {}{recording}", glyphs::RECORDING), theme.style(ColorRole::Bad)));
    }
    let is_trouble = |kind: PhaseKind| matches!(kind, PhaseKind::Blocked | PhaseKind::Failed);
    let failing = tabs.iter().filter(|tab| is_trouble(tab.room.phase.kind)).count();
    if failing > 0 {
        spans.push(Span::styled(format!(" {}{failing}", glyphs::BLOCKED), theme.style(ColorRole::Bad)));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

fn item<'a>(app: &App, at: usize, tab: &'a Tab) -> Line<'a> {
    let theme = app.theme;
    let active = at == app.active;
    let kind = tab.room.phase.kind;
    let name = theme.style(if active { ColorRole::Accent } else { ColorRole::Text });
    let mut spans = vec![
        Span::styled(format!("{} ", at + 1), theme.style(ColorRole::Dim)),
        // A sign of ASCII would read as a letter of the name.
        Span::styled(
            format!("{}{}", phase::glyph(kind), if app.screen.ascii { " " } else { "" }),
            theme.style(phase::role(kind)),
        ),
        Span::styled(clip(tab.name(), NAME_COLUMNS), name),
    ];
    if tab.is_recording() {
        spans.push(Span::styled(format!(" {}", glyphs::RECORDING), theme.style(ColorRole::Bad)));
    }
    if tab.unread > 0 && !active {
        spans.push(Span::styled(
            format!(" {}{}", glyphs::UNREAD, number::short(tab.unread)),
            theme.style(ColorRole::Accent),
        ));
    }
    if let (Some((watching, _)), true) = (tab.room.stats.watching, tab.is_on_air()) {
        let fresh = Freshness::of(&tab.room, app.now);
        spans.push(Span::raw(" "));
        spans.push(fresh.value(theme, number::short(watching), ColorRole::Text));
    }
    if active {
        // Weight and an underline: the active room must be found without colour too.
        spans.iter_mut().skip(1).for_each(|span| span.style = span.style.add_modifier(Modifier::UNDERLINED));
    }
    spans.push(Span::raw("  "));
    Line::from(spans)
}

/// What is being recorded, and the time of day, in so many columns; of the first, what matters least goes first.
fn side(app: &App, columns: u16) -> Line<'static> {
    let clock = Span::styled(format!(" {} ", number::clock(app.now.wall, &app.zone)), app.theme.style(ColorRole::Dim));
    let mut facts = app.tab().and_then(|tab| tab.recording.as_ref().map(|recording| facts(app, recording)));
    let role = app.tab().and_then(|tab| tab.recording.as_ref()?.alert()).map(|alert| alert.level);
    let (mark, words) = match role {
        // What is being recorded is red everywhere.
        None => (ColorRole::Bad, ColorRole::Text),
        Some(AlertLevel::Warning) => (ColorRole::Warn, ColorRole::Warn),
        Some(AlertLevel::Trouble) => (ColorRole::Bad, ColorRole::Bad),
    };
    loop {
        let mut spans = Vec::new();
        if let Some(facts) = facts.as_ref().filter(|facts| !facts.is_empty()) {
            let text = facts.iter().map(|fact| fact.words.as_str()).collect::<Vec<_>>().join(" ");
            spans.push(Span::styled(format!("{} ", glyphs::RECORDING), app.theme.style(mark)));
            spans.push(Span::styled(format!("{text} "), app.theme.style(words)));
        }
        spans.push(clock.clone());
        let line = Line::from(spans);
        let least = facts.as_mut().filter(|facts| facts.len() > 1 && paint::columns(&line) > columns);
        let Some(facts) = least else { return if paint::columns(&line) > columns { Line::default() } else { line } };
        let last = facts.iter().enumerate().max_by_key(|(_, fact)| fact.rank).map_or(0, |(at, _)| at);
        facts.remove(last);
    }
}

/// A fact about a recording.
struct RecordingFact {
    /// How long it is kept when the row gets narrow: the highest goes first.
    rank: u8,
    words: String,
}

/// Where a recording stands, as facts in the order they are read; how it ended is told in the status area.
fn facts(app: &App, recording: &RecordingState) -> Vec<RecordingFact> {
    let fact = |rank, words: String| RecordingFact { rank, words };
    let time = |since| number::duration(app.now.since(since));
    match recording {
        RecordingState::Starting => vec![fact(0, "starting".to_owned())],
        RecordingState::Waiting { .. } => vec![fact(0, "waiting".to_owned())],
        RecordingState::Running { since, bytes, rate, sound_only, details, .. } => {
            let mut facts =
                vec![fact(0, time(*since)), fact(1, number::bytes(*bytes)), fact(5, number::bit_rate(*rate))];
            if *sound_only {
                facts.push(fact(3, "sound only".to_owned()));
            }
            facts.extend(details_facts(details));
            facts
        }
        RecordingState::Reconnecting { since, bytes, paused, silent_seconds, .. } => {
            let state = if *paused { "host paused".to_owned() } else { format!("reconnecting {silent_seconds} s") };
            vec![fact(1, time(*since)), fact(2, number::bytes(*bytes)), fact(0, state)]
        }
        RecordingState::Stopping => vec![fact(0, "finishing".to_owned())],
        RecordingState::Failed { .. } => vec![fact(0, "failed".to_owned())],
        RecordingState::Done { .. } => Vec::new(),
    }
}

/// What the picture of a recording really is, what is unusual about it, and how long the disk lasts.
fn details_facts(details: &RecordingDetails) -> Vec<RecordingFact> {
    /// A disk that lasts longer than this is told by its bytes.
    const LONG: u64 = 24 * 3_600;
    /// One that lasts no longer matters more than anything.
    const SHORT: u64 = 3_600;
    let fact = |rank, words: String| RecordingFact { rank, words };
    let mut facts = Vec::new();
    facts.extend(details.size.map(|(width, height)| fact(6, format!("{width}x{height}"))));
    if !details.codec.is_empty() {
        facts.push(fact(7, details.codec.to_string()));
    }
    if details.part > 1 {
        facts.push(fact(4, format!("part {}", details.part)));
    }
    if details.holes > 0 {
        let length = Duration::from_millis(details.hole_millis).as_secs_f64();
        let word = if details.holes == 1 { "hole" } else { "holes" };
        facts.push(fact(3, format!("{} {word} {length:.1} s", details.holes)));
    }
    if details.silent_seconds > 2 {
        facts.push(fact(2, format!("stalled {} s", details.silent_seconds)));
    }
    match (details.seconds_left.filter(|&left| left < LONG), details.free) {
        (Some(left), _) => {
            let rank = if left < SHORT { 2 } else { 8 };
            facts.push(fact(rank, format!("{} left", number::duration(Duration::from_secs(left)))));
        }
        (None, Some(free)) => facts.push(fact(8, format!("{} free", number::bytes(free)))),
        (None, None) => {}
    }
    facts
}
