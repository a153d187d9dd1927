//! Popup with what a room did not tell us, and what we could not read: the honest side of every number on the dashboard.

use std::cmp::Reverse;

use ratatui::text::{Line, Span};

use crate::text::Text;
use crate::tui::app::App;
use crate::tui::panes::phase;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::wrap;
use crate::tui::{health, number};

/// Columns of the labels.
const LABEL: usize = 14;

/// The rows, most telling first.
pub(super) fn lines(app: &App) -> Vec<Line<'static>> {
    let Some(tab) = app.tab() else { return Vec::new() };
    let room = &tab.room;
    let stats = &room.stats;
    let fact = |label: &str, value: String| {
        Line::from(vec![Span::styled(format!("{label:<LABEL$}"), app.theme.style(ColorRole::Dim)), Span::raw(value)])
    };
    let number = |n| number::count(n);
    let stands = match room.phase.transport.as_deref() {
        Some(transport) => format!("{} through {transport}", phase::phase_name(room.phase.kind)),
        None => phase::phase_name(room.phase.kind).to_owned(),
    };
    let reported = |n: Option<u64>| n.map_or_else(|| "no total told".to_owned(), |n| format!("{} reported", number(n)));
    let id = room.room_id.map_or_else(|| "not known".to_owned(), |id| id.to_string());
    let gap = number::duration(std::time::Duration::from_millis(stats.gap_ms));
    let mut lines = vec![
        fact("state", stands),
        fact("room id", id),
        fact("read", number(stats.messages)),
        fact("repeated", format!("{} came again and were not counted", number(stats.duplicates))),
        fact("foreign", format!("{} belonged to another live", number(stats.foreign))),
        fact("unreadable", number(stats.unreadable)),
        fact("missed", format!("{gap} in {}", number::many(stats.gaps, "gap"))),
        fact("likes", format!("{}, {} seen", reported(stats.likes), number(stats.likes_seen))),
        fact("unpriced", format!("{} without a known price", number::many(stats.unpriced, "gift"))),
        fact("clock", room.skew_ms.map_or_else(|| "not compared yet".to_owned(), skew)),
        fact("terminal", sent(app)),
        fact("not shown", format!("{} of kinds we do not read", number::many(stats.unknown, "message"))),
    ];
    let mut methods: Vec<_> = room.unknown.iter().collect();
    methods.sort_by_key(|(method, count)| (Reverse(**count), method.as_str()));
    lines.extend(
        methods
            .into_iter()
            .map(|(method, count)| Line::from(format!("{:>LABEL$}  {}", number::count(*count), Text::new(method)))),
    );
    if !app.facts.is_empty() {
        lines.push(Line::default());
    }
    let columns = usize::from(app.size.width).saturating_sub(4 + LABEL).max(1);
    for (label, words) in &app.facts {
        let label = crate::text::clip(label.as_str(), LABEL - 1);
        for (nth, row) in wrap::wrap(words.as_str(), columns, columns).into_iter().enumerate() {
            lines.push(fact(if nth == 0 { &label } else { "" }, row.to_owned()));
        }
    }
    let transports = health::lines(app);
    if !transports.is_empty() {
        lines.push(Line::default());
        lines.extend(transports);
    }
    lines
}

/// What the terminal was sent.
fn sent(app: &App) -> String {
    let (total, rate) = (number::bytes(app.sent.total()), number::bytes(app.sent.rate()));
    let budget = match app.screen.max_bytes_per_second {
        0 => String::new(),
        most => format!(" of {} allowed", number::bytes(most)),
    };
    format!("{total} in {} frames, {rate} a second lately{budget}", crate::tui::number::count(app.sent.frames()))
}

fn skew(skew_ms: i64) -> String {
    let seconds = skew_ms.unsigned_abs() / 1_000;
    let side = if skew_ms < 0 { "behind" } else { "ahead of" };
    format!("TikTok's is {seconds} s {side} ours")
}
