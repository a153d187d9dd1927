//! Where a room stands, in a sign, a word and a sentence.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::clock::Moment;
use crate::events::{Phase, PhaseKind};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::tab::Tab;
use crate::tui::theme::Role;
use crate::tui::widgets::{paint, wrap};
use crate::tui::{glyphs, number};

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
pub(in crate::tui) fn role(kind: PhaseKind) -> Role {
    match kind {
        PhaseKind::Live => Role::Good,
        PhaseKind::LookingUp | PhaseKind::Connecting | PhaseKind::Reconnecting | PhaseKind::Paused => Role::Warn,
        PhaseKind::Offline | PhaseKind::Ended => Role::Dim,
        PhaseKind::Blocked | PhaseKind::Failed => Role::Bad,
    }
}

/// Its word.
pub(in crate::tui) fn word(kind: PhaseKind) -> &'static str {
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
    matches!(phase.kind, PhaseKind::Reconnecting | PhaseKind::Connecting)
        && phase.retry_at.is_some_and(|at| !at.since(now).is_zero())
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

/// One line over a chat that has something to show: `◐ reconnecting: the socket was dropped · trying again in 0:07`.
pub(in crate::tui) fn banner<'a>(app: &App, tab: &'a Tab) -> Option<Line<'a>> {
    let phase = &tab.room.phase;
    if phase.kind == PhaseKind::Live {
        return None;
    }
    let style = app.theme.style(role(phase.kind));
    let mut spans = vec![Span::styled(format!("{} {}", glyph(phase.kind), word(phase.kind)), style)];
    let next = next(app, phase);
    if !next.is_empty() {
        spans.push(Span::raw(format!(" {} {next}", glyphs::DOT)));
    }
    if !phase.reason.is_empty() {
        spans.push(Span::raw(format!(" {} ", glyphs::DOT)));
        spans.push(Span::raw(phase.reason.as_str()));
    }
    Some(Line::from(spans))
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
    let head = format!("{} {}: {}", glyph(phase.kind), tab.name(), word(phase.kind));
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
    paint::left(buf, area, row, &Line::styled(words.join(&separator), app.theme.style(Role::Dim)));
}
