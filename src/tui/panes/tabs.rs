//! Tab bar: the rooms, what is being recorded here, the time of day.
//!
//! ```text
//!  1 ●ana.live 1.2k  2 ●ben •3 842  3 ◐cleo  4 ○dave                    ⏺ 0:12:31 142 MB  19:42
//! ```
//!
//! When the rooms do not fit the strip scrolls, so that the one on the screen is always visible: `‹ 7 ●gil 40  8 ○hal ›`.

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::phase;
use crate::record::{RecordingDetails, RecordingState};
use crate::text::clip;
use crate::tui::app::App;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// Longest name of a room, in columns.
const NAME_COLUMNS: usize = 16;

/// Draws the row.
pub(in crate::tui) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let Some(row) = paint::row_of(buf, area, 0) else { return };
    let mut side = side(app);
    if paint::columns(&side) * 2 > row.width {
        side = Line::default();
    }
    paint::right(buf, row, 0, &side);
    for (at, place) in places(app, row) {
        if let Some(tab) = app.tabs.get(at) {
            paint::left(buf, place, 0, &item(app, at, tab));
        }
    }
    let (first, last) = (places(app, row).next(), places(app, row).last());
    let dim = app.theme.style(ColorRole::Dim);
    if first.is_some_and(|(at, _)| at > 0) {
        paint::left(buf, row, 0, &Line::styled(glyphs::LEFT, dim));
    }
    if let Some((at, place)) = last
        && at + 1 < app.tabs.len()
    {
        paint::left(buf, Rect { x: place.right(), width: 1, ..row }, 0, &Line::styled(glyphs::RIGHT, dim));
    }
}

/// Which room stands at this column of the row.
pub(in crate::tui) fn hit(app: &App, row: Rect, column: u16) -> Option<usize> {
    places(app, row).find(|(_, place)| (place.left()..place.right()).contains(&column)).map(|(at, _)| at)
}

/// The rooms that fit and where they stand, the active one among them.
fn places(app: &App, row: Rect) -> impl Iterator<Item = (usize, Rect)> {
    let side = paint::columns(&side(app));
    let width = if side * 2 > row.width { row.width } else { row.width - side }.saturating_sub(2);
    let widths: Vec<u16> = app.tabs.iter().enumerate().map(|(at, tab)| paint::columns(&item(app, at, tab))).collect();
    let mut first = 0;
    while first < app.active && widths.iter().take(app.active + 1).skip(first).sum::<u16>() > width {
        first += 1;
    }
    let mut x = row.x + row.width.min(1);
    let end = x + width;
    let places = widths.into_iter().enumerate().skip(first).map_while(move |(at, wide)| {
        // The active room is shown even where it is cut.
        let wide = if at == first { wide.min(end.saturating_sub(x)) } else { wide };
        let place = Rect { x, width: wide, ..row };
        x = x.saturating_add(wide);
        (wide > 0 && x <= end).then_some((at, place))
    });
    places.collect::<Vec<_>>().into_iter()
}

fn item<'a>(app: &App, at: usize, tab: &'a Tab) -> Line<'a> {
    let theme = app.theme;
    let active = at == app.active;
    let kind = tab.room.phase.kind;
    let name = theme.style(if active { ColorRole::Accent } else { ColorRole::Text });
    let mut spans = vec![
        Span::styled(format!("{} ", at + 1), theme.style(ColorRole::Dim)),
        Span::styled(phase::glyph(kind), theme.style(phase::role(kind))),
        Span::styled(clip(tab.name(), NAME_COLUMNS), name),
    ];
    if tab.is_recording() {
        spans.push(Span::styled(format!(" {}", glyphs::RECORDING), theme.style(ColorRole::Bad)));
    }
    if tab.unread > 0 && !active {
        spans.push(Span::styled(
            format!(" {}{}", glyphs::UNREAD, number::short(tab.unread)),
            theme.style(ColorRole::Warn),
        ));
    }
    if let (Some((watching, _)), true) = (tab.room.stats.watching, tab.is_on_air()) {
        spans.push(Span::styled(format!(" {}", number::short(watching)), theme.style(ColorRole::Text)));
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
