//! Phase of a room in a sign, a word and a sentence.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::clock::Moment;
use crate::events::{Phase, PhaseKind};
use crate::text::clip;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::{paint, wrap};
use crate::tui::{glyphs, number};

/// A failure that is tried again within this time counts the seconds to it.
const SOON: Duration = Duration::from_secs(60);

/// Its sign.
pub(in crate::tui) fn glyph(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Live => glyphs::LIVE,
        PhaseKind::LookingUp | PhaseKind::Connecting | PhaseKind::Reconnecting => glyphs::CONNECTING,
        PhaseKind::Paused => glyphs::PAUSED,
        PhaseKind::Offline => glyphs::WAITING,
        PhaseKind::Ended => glyphs::ENDED,
        PhaseKind::Blocked | PhaseKind::Failed => glyphs::BLOCKED,
    }
}

/// The role of its sign.
pub(in crate::tui) fn role(kind: PhaseKind) -> ColorRole {
    match kind {
        PhaseKind::Live => ColorRole::Good,
        PhaseKind::LookingUp | PhaseKind::Connecting | PhaseKind::Reconnecting | PhaseKind::Paused => ColorRole::Warn,
        PhaseKind::Offline | PhaseKind::Ended => ColorRole::Dim,
        PhaseKind::Blocked | PhaseKind::Failed => ColorRole::Bad,
    }
}

/// Its word.
pub(in crate::tui) fn phase_name(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::LookingUp => "looking up",
        PhaseKind::Offline => "not live",
        PhaseKind::Paused => "paused by the host",
        PhaseKind::Connecting => "connecting",
        PhaseKind::Live => "live",
        PhaseKind::Reconnecting => "reconnecting",
        PhaseKind::Ended => "the live is over",
        PhaseKind::Blocked => "blocked",
        PhaseKind::Failed => "failed",
    }
}

/// Whether the wait for the next attempt is short enough to count its seconds: a look-up a minute away is told as a time.
pub(in crate::tui) fn counts_down(phase: &Phase, now: Moment) -> bool {
    let Some(left) = phase.retry_at.map(|at| at.since(now)).filter(|left| !left.is_zero()) else { return false };
    match phase.kind {
        PhaseKind::Reconnecting | PhaseKind::Connecting => true,
        PhaseKind::Failed | PhaseKind::Blocked => left <= SOON,
        _ => false,
    }
}

/// When the next attempt comes, in words; empty when none is planned.
fn next(app: &App, phase: &Phase) -> String {
    match phase.retry_at {
        Some(at) if counts_down(phase, app.now) => format!("trying again in {}", number::countdown(at.since(app.now))),
        Some(at) if phase.kind == PhaseKind::Live => format!("until {}", number::clock(at.wall, &app.zone)),
        Some(at) if !at.since(app.now).is_zero() => format!("next look at {}", number::clock(at.wall, &app.zone)),
        _ => String::new(),
    }
}

/// Over a chat that has something to show, in at most `rows` rows:
/// `◐ reconnecting · trying again in 0:07 · the socket was dropped`.
pub(in crate::tui) fn banner(app: &App, tab: &Tab, columns: u16, rows: usize) -> Vec<Line<'static>> {
    let phase = &tab.room.phase;
    if phase.kind == PhaseKind::Live {
        return Vec::new();
    }
    let head = format!("{} {}", glyph(phase.kind), phase_name(phase.kind));
    let separator = format!(" {} ", glyphs::DOT);
    let mut words = vec![head.clone(), next(app, phase), phase.reason.to_string()];
    words.retain(|word| !word.is_empty());
    let sentence = words.join(&separator);
    let columns = usize::from(columns);
    let mut lines = wrap::wrap(&sentence, columns, columns);
    // The last row takes what is left; what does not fit there is marked as missing.
    let last = lines.split_off(lines.len().min(rows.saturating_sub(1))).join(" ");
    let style = app.theme.style(role(phase.kind));
    let painted = |line: &str| {
        let line = clip(line, columns);
        match line.strip_prefix(head.as_str()) {
            Some(rest) => Line::from(vec![Span::styled(head.clone(), style), Span::raw(rest.to_owned())]),
            None => Line::raw(line.into_owned()),
        }
    };
    lines.into_iter().chain([last.as_str()]).filter(|line| !line.is_empty()).map(painted).collect()
}

/// The whole chat pane of a room with nothing to show yet.
///
/// ```text
///   ○ @dave is not live
///
///   The live ended at 18:02; TikTok reports nobody on air.
///   next look at 19:43 · R looks now
/// ```
pub(in crate::tui) fn page(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let phase = &tab.room.phase;
    let area = if area.width > 20 { super::inset(super::inset(area)) } else { area };
    let roomy = u16::from(area.height > 6);
    let mut row = roomy;
    let style = app.theme.style(role(phase.kind));
    let head = format!("{} {}: {}", glyph(phase.kind), tab.name(), phase_name(phase.kind));
    paint::left(buf, area, row, &Line::styled(head, style));
    row += 1 + roomy;
    if !phase.reason.is_empty() {
        let columns = usize::from(area.width.min(76));
        for line in wrap::wrap(phase.reason.as_str(), columns, columns) {
            paint::left(buf, area, row, &Line::raw(line));
            row = row.saturating_add(1);
        }
    }
    let mut words = vec![next(app, phase)];
    if phase.kind != PhaseKind::Live
        && let Some(key) = app.key(Action::Retry)
    {
        words.push(format!("{key} tries now"));
    }
    if let Some(transport) = &phase.transport {
        words.push(format!("through {transport}"));
    }
    if phase.kind == PhaseKind::Live {
        words.push("nothing has been said yet".into());
    }
    words.retain(|word| !word.is_empty());
    let separator = format!(" {} ", glyphs::DOT);
    paint::left(buf, area, row, &Line::styled(words.join(&separator), app.theme.style(ColorRole::Dim)));
}
