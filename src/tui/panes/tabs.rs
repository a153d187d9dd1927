//! Tab bar: the rooms, what is being recorded here, the time of day.
//!
//! ```text
//!  1 ●ana.live 1.2k  2 ●ben •3 842  3 ◐cleo  4 ○dave                    ⏺ 0:12:31 142 MB  19:42
//! ```
//!
//! When the rooms do not fit the strip scrolls, so that the one on the screen is always visible, and sums up what is off it:
//! `‹6 •12 7 ●gil 40  8 ○hal ›14 •212 ✕2`.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::phase;
use crate::events::PhaseKind;
use crate::record::{RecordingDetails, RecordingState};
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
        let mut side = side(app);
        if paint::columns(&side) * 2 > row.width {
            side = Line::default();
        }
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

fn side(app: &App) -> Line<'static> {
    let mut spans = Vec::new();
    if let Some(recording) = app.tab().and_then(|tab| tab.recording.as_ref()) {
        let role = match recording {
            RecordingState::Reconnecting { .. } => ColorRole::Warn,
            _ => ColorRole::Bad,
        };
        spans.push(Span::styled(recording_text(app, recording), app.theme.style(role)));
    }
    spans.push(Span::styled(format!(" {} ", number::clock(app.now.wall, &app.zone)), app.theme.style(ColorRole::Dim)));
    Line::from(spans)
}

/// What is unusual about a recording, and what its picture really is.
fn details_text(details: &RecordingDetails) -> String {
    /// A disk that lasts longer than this is not worth a word.
    const LONG: u64 = 6 * 3_600;
    let mut words = String::new();
    if let Some((width, height)) = details.size {
        let _ = write!(words, " {width}x{height}");
    }
    if !details.codec.is_empty() && details.codec.as_str() != "h264" {
        let _ = write!(words, " {}", details.codec);
    }
    if details.part > 1 {
        let _ = write!(words, " part {}", details.part);
    }
    if details.holes > 0 {
        let length = Duration::from_millis(details.hole_millis).as_secs_f64();
        let _ =
            write!(words, ", {} {} {length:.1} s", details.holes, if details.holes == 1 { "hole" } else { "holes" });
    }
    if details.silent_seconds > 2 {
        let _ = write!(words, ", nothing for {} s", details.silent_seconds);
    }
    if let Some(left) = details.seconds_left.filter(|&left| left < LONG) {
        let _ = write!(words, ", {} left", number::duration(Duration::from_secs(left)));
    }
    words
}

/// Where a recording stands, short; what ended is told in the status area.
fn recording_text(app: &App, recording: &RecordingState) -> String {
    let mark = glyphs::RECORDING;
    match recording {
        RecordingState::Starting => format!("{mark} starting "),
        RecordingState::Running { since, bytes, rate, sound_only, details, .. } => format!(
            "{mark} {} {} {}{}{} ",
            number::duration(app.now.since(*since)),
            number::bytes(*bytes),
            number::bit_rate(*rate),
            if *sound_only { ", sound only" } else { "" },
            details_text(details),
        ),
        RecordingState::Reconnecting { since, bytes, paused, .. } => format!(
            "{mark} {} {}, {} ",
            number::duration(app.now.since(*since)),
            number::bytes(*bytes),
            if *paused { "host paused" } else { "reconnecting" }
        ),
        RecordingState::Stopping => format!("{mark} finishing "),
        RecordingState::Done { .. } | RecordingState::Failed { .. } => String::new(),
    }
}
