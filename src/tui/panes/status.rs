//! Status bar at the bottom of the screen: keys that work here, panes that did not fit, the transport, and above that the
//! warnings, and what is wrong with the recording of the room.
//!
//! ```text
//!  recording: nothing came for 12 s (the connection was reset); the stream is asked for again and again
//!  Recording stopped: the disk is full; what was written plays (/home/ana/Videos/ben.mkv)                   Esc
//!  ? help  a add  r record  Tab pane                             2 panes hidden, z · provider euler · 4.2/s
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::phase;
use crate::record::{AlertLevel, StreamFault};
use crate::tui::action::Action;
use crate::tui::app::{App, Toast, ToastKind};
use crate::tui::freshness::Freshness;
use crate::tui::layout::Plan;
use crate::tui::overview::Overview;
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::{paint, wrap};
use crate::tui::{glyphs, health, number, table, wall};

/// Most rows a toast may take.
const TOAST_ROWS: usize = 3;

/// Rows of a screen from which on a row is kept for what is told in a replay.
const STEADY_FROM: u16 = 16;

/// Most rows that an alert may take.
const ALERT_ROWS: usize = 3;

/// The hints, most useful first; what does not fit is in the help.
const HINTS: [(Action, &str); 14] = [
    (Action::Help, "help"),
    (Action::Quit, "quit"),
    (Action::ReplayPause, "pause"),
    (Action::ReplayBack, "back"),
    (Action::ReplayAhead, "ahead"),
    (Action::AddRoom, "add"),
    (Action::Record, "record"),
    (Action::Search, "search"),
    (Action::Palette, "commands"),
    (Action::Rooms, "rooms"),
    (Action::NextRoom, "room"),
    (Action::FocusNext, "pane"),
    (Action::Zoom, "zoom"),
    (Action::Diagnostics, "diagnostics"),
];

/// The hints where all rooms are shown.
const OVERVIEW_HINTS: [(Action, &str); 10] = [
    (Action::Help, "help"),
    (Action::Dismiss, "back"),
    (Action::Open, "open"),
    (Action::ChooseRoom, "choose"),
    (Action::Sort, "sort"),
    (Action::Search, "filter"),
    (Action::Record, "record"),
    (Action::Retry, "retry"),
    (Action::CloseRoom, "close"),
    (Action::Quit, "quit"),
];

/// Rows that the status area wants.
pub(in crate::tui) fn rows(app: &App) -> u16 {
    let toast = app.toast.as_ref().map_or(0, |toast| toast_lines(toast, app.size.width).len());
    // The bar of a replay stays where the mouse found it: a row for what is told is always kept below it.
    let is_replay = app.replay_time.is_some() && app.size.height >= STEADY_FROM;
    let toast = if is_replay { toast.max(1) } else { toast };
    let alert = recording_alert(app).map_or(0, |(_, words)| alert_lines(&words, app.size.width).len());
    let faults = stream_faults(app).map_or(0, |words| alert_lines(&words, app.size.width).len());
    u16::try_from(1 + toast + alert + faults).unwrap_or(u16::MAX)
}

/// What is wrong with the stream of the room on the screen, where it is one's own.
fn stream_faults(app: &App) -> Option<String> {
    let monitor = app.tab()?.monitor.as_ref()?;
    let words: Vec<_> = monitor.faults.iter().map(StreamFault::words).collect();
    (!words.is_empty()).then(|| format!("your stream: {}", words.join("; ")))
}

/// What is wrong with the recording of the room on the screen, while it runs; its end is told as a toast.
fn recording_alert(app: &App) -> Option<(AlertLevel, String)> {
    let tab = app.tab().filter(|tab| tab.is_recording())?;
    let alert = tab.recording.as_ref()?.alert()?;
    let key = app.key(Action::Record).map(|key| format!(" ({key} stops it)")).unwrap_or_default();
    Some((alert.level, format!("recording: {}{key}", alert.sentence())))
}

fn alert_lines(words: &str, width: u16) -> Vec<&str> {
    let columns = usize::from(width.saturating_sub(2)).max(1);
    let mut lines = wrap::wrap(words, columns, columns);
    lines.truncate(ALERT_ROWS);
    lines
}

fn toast_lines(toast: &Toast, width: u16) -> Vec<&str> {
    let columns = usize::from(width.saturating_sub(7)).max(1);
    let mut lines = wrap::wrap(toast.text.as_str(), columns, columns);
    lines.truncate(TOAST_ROWS);
    lines
}

/// Draws the area.
pub(in crate::tui) fn view(app: &App, plan: &Plan, buf: &mut Buffer) {
    let area = plan.status;
    let mut row = 0;
    if let Some(toast) = &app.toast {
        let style = app.theme.style(if toast.kind == ToastKind::Trouble { ColorRole::Warn } else { ColorRole::Accent });
        for line in toast_lines(toast, area.width) {
            if row + 1 < area.height || area.height == 1 {
                paint::left(buf, super::inset(area), row, &Line::styled(line, style));
                row += 1;
            }
        }
        if area.height > 1 && toast.kind == ToastKind::Trouble {
            let key = app.key(Action::Dismiss).unwrap_or_default();
            paint::right(buf, super::inset(area), 0, &Line::styled(key, app.theme.style(ColorRole::Dim)));
        }
    }
    if let Some((level, words)) = recording_alert(app) {
        let role = if level == AlertLevel::Trouble { ColorRole::Bad } else { ColorRole::Warn };
        for line in alert_lines(&words, area.width) {
            if row + 1 < area.height {
                paint::left(buf, super::inset(area), row, &Line::styled(line, app.theme.style(role)));
                row += 1;
            }
        }
    }
    if let Some(words) = stream_faults(app) {
        for line in alert_lines(&words, area.width) {
            if row + 1 < area.height {
                paint::left(buf, super::inset(area), row, &Line::styled(line, app.theme.style(ColorRole::Bad)));
                row += 1;
            }
        }
    }
    if row < area.height {
        hints_and_facts(app, plan, buf, super::below(area, row));
    }
}

fn hints_and_facts(app: &App, plan: &Plan, buf: &mut Buffer, area: Rect) {
    let facts = facts(app, plan, area.width);
    paint::right(buf, super::inset(area), 0, &facts);
    let mut left = super::inset(area).width.saturating_sub(paint::columns(&facts) + 2);
    let mut spans = Vec::new();
    let hints = if app.overview.is_some() { &OVERVIEW_HINTS[..] } else { &HINTS };
    for &(action, word) in hints {
        if app.tabs.is_empty() && !matches!(action, Action::Help | Action::AddRoom | Action::Quit) {
            continue;
        }
        let Some(key) = app.key(action) else { continue };
        let stops = action == Action::Record && app.tab().is_some_and(Tab::is_recording);
        let word = if stops { "stop" } else { word };
        let wide = u16::try_from(crate::text::width(&key) + word.len() + 3).unwrap_or(u16::MAX);
        if wide > left {
            break;
        }
        left -= wide;
        spans.push(Span::styled(key, app.theme.style(ColorRole::Accent)));
        spans.push(Span::styled(format!(" {word}  "), app.theme.style(ColorRole::Dim)));
    }
    paint::left(buf, super::inset(area), 0, &Line::from(spans));
}

/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;

/// A fact for the right part.
struct Fact {
    /// How long it is kept when the row gets narrow: the highest goes first.
    rank: u8,
    words: String,
    role: ColorRole,
}

/// The right part of the row.
fn facts(app: &App, plan: &Plan, width: u16) -> Line<'static> {
    let dim = |rank, words: String| Fact { rank, words, role: ColorRole::Dim };
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(app.notice.as_ref().map(|notice| dim(4, notice.as_str().to_owned())));
    if let Some(tab) = app.tab() {
        facts.extend(rooms_shown(app).map(|words| dim(0, words)));
        facts.extend(hidden(app, plan).filter(|_| app.overview.is_none()).map(|words| dim(0, words)));
        let phase = &tab.room.phase;
        if let (Some(started), true) = (tab.room.started_at, tab.is_on_air()) {
            // Counted in the clock's minutes, so that both turn in one frame.
            let skew = tab.room.skew_ms.unwrap_or(0);
            let began = started.0.saturating_sub(skew).div_euclid(MINUTE_MS);
            let on_air = u64::try_from(app.now.wall.0.div_euclid(MINUTE_MS) - began).unwrap_or(0);
            facts.push(dim(5, format!("live {}", number::minutes(Duration::from_secs(on_air * 60)))));
        }
        let through = phase.transport.as_ref().map_or(phase::phase_name(phase.kind), |transport| transport.as_str());
        facts.push(dim(2, through.to_owned()));
        facts.extend(health::budget_text(app, through).map(|left| dim(5, left)));
        facts.extend(monitor_fact(tab));
        if tab.room.stats.unreadable > 0 {
            let words = format!("{} {} unreadable", glyphs::ATTENTION, number::count(tab.room.stats.unreadable));
            facts.push(Fact { rank: 1, words, role: ColorRole::Warn });
        }
        if let (n @ 1.., Some(key)) = (app.inbox.len(), app.key(Action::Inbox)) {
            let words = format!("{} in the inbox, {key}", number::count(n as u64));
            facts.push(Fact { rank: 1, words, role: ColorRole::Accent });
        }
        let fresh = Freshness::of(&tab.room, app.now);
        match fresh.quiet_words() {
            Some(quiet) => facts.push(Fact { rank: 1, words: quiet, role: ColorRole::Warn }),
            None if fresh.is_now() => facts.extend(
                fresh.rate(&tab.room.messages, app.now).map(|rate| dim(3, rate.replace("/min", "") + " msg/min")),
            ),
            None => {}
        }
    }
    let separator = format!(" {} ", glyphs::DOT);
    // Help and the way out keep their place at the left.
    let most = usize::from(width.saturating_sub(if width > 60 { 28 } else { 20 }));
    loop {
        let line = facts.iter().map(|fact| fact.words.as_str()).collect::<Vec<_>>().join(&separator);
        if facts.len() <= 1 || crate::text::width(&line) <= most {
            break;
        }
        let last = facts.iter().enumerate().max_by_key(|(_, fact)| fact.rank).map_or(0, |(at, _)| at);
        facts.remove(last);
    }
    let mut spans = Vec::new();
    for fact in facts {
        if !spans.is_empty() {
            spans.push(Span::styled(separator.clone(), app.theme.style(ColorRole::Dim)));
        }
        spans.push(Span::styled(fact.words, app.theme.style(fact.role)));
    }
    Line::from(spans)
}

/// That one's own stream is watched, or why not all of it is; faults have a row of their own.
fn monitor_fact(tab: &Tab) -> Option<Fact> {
    let monitor = tab.monitor.as_ref().filter(|monitor| monitor.over.is_none() && monitor.faults.is_empty())?;
    if !monitor.note.is_empty() {
        return Some(Fact { rank: 3, words: monitor.note.to_string(), role: ColorRole::Warn });
    }
    let rate = number::bit_rate(monitor.rate);
    let words = if monitor.quality.is_empty() {
        "looking at your stream".to_owned()
    } else {
        format!("your stream is well, {rate}")
    };
    Some(Fact { rank: 4, words, role: ColorRole::Dim })
}

/// Which rooms of an overview are on the screen, where not all of them are.
fn rooms_shown(app: &App) -> Option<String> {
    let (from, shown, all) = match app.overview? {
        Overview::Table => table::extent(app, app.body()),
        Overview::Wall => wall::extent(app, app.body()),
        Overview::Feed(_) => return None,
    };
    (all > shown).then(|| format!("rooms {}-{} of {all}", from + 1, (from + shown).min(all)))
}

/// What did not fit on the screen, and the key that shows it.
fn hidden(app: &App, plan: &Plan) -> Option<String> {
    let key = app.key(Action::Zoom)?;
    match (app.zoom, plan.hidden.len()) {
        (_, 0) => None,
        (Some(_), _) => Some(format!("{key} next pane")),
        (None, 1) => Some(format!("1 pane hidden, {key}")),
        (None, n) => Some(format!("{n} panes hidden, {key}")),
    }
}
