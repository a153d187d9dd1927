//! Block that tells somebody who comes back what happened meanwhile: who followed, who gave, what was asked, how the battle
//! went, what TikTok warns of. Lies over the dashboard until it is put away; keys work as ever.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::action::Action;
use super::app::App;
use super::panes::log_words;
use super::tab::Tab;
use super::theme::ColorRole;
use super::widgets::paint;
use super::{glyphs, number};
use crate::clock::Moment;
use crate::config::ScreenSettings;
use crate::room::{AwayCounts, AwayReport, AwayRoom, LogLine, RoomDigest, Seq};

/// Somebody is away who presses no key for so long.
const AWAY_FROM: Duration = Duration::from_secs(60);
/// Rooms that are told of in full; the others have a line each.
const FULL_ROOMS: usize = 3;
/// Widest block, in columns.
const WIDEST: u16 = 96;
/// Givers that are named.
const GIVERS: usize = 4;

/// What happened while nobody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AwayBlock {
    /// From when to when.
    from: Moment,
    until: Moment,
    lines: Vec<Line<'static>>,
}

/// Somebody comes to a service that went on without them: what it counted meanwhile is told, room by room.
pub(super) fn returned(app: &mut App, report: &AwayReport) {
    app.event_log.add(app.now, away_words(report, &app.screen));
    let mut lines = Vec::new();
    if report.rooms.len() != 1 {
        lines.push(Line::raw(counted(&report.total, &app.screen)));
    }
    for (nth, room) in report.rooms.iter().enumerate() {
        let name = Span::styled(format!("{}  ", room.name), app.theme.style(ColorRole::Accent));
        lines.push(Line::from(vec![name, Span::raw(counted(&room.counts, &app.screen))]));
        if nth < FULL_ROOMS {
            lines.extend(room_details(app, room));
        }
    }
    let from = app.now - Duration::from_millis(report.millis);
    app.away = Some(AwayBlock { from, until: app.now, lines });
}

/// Who gave, how the last battle went, and what TikTok warned of.
fn room_details(app: &App, room: &AwayRoom) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut row = |sign: &'static str, role: ColorRole, words: String| {
        lines.push(Line::from(vec![Span::styled(format!("  {sign} "), app.theme.style(role)), Span::raw(words)]));
    };
    if !room.top.is_empty() {
        let named: Vec<_> = room.top.iter().map(|(name, coins)| format!("{name} {}", number::count(*coins))).collect();
        let more = room.counts.givers.saturating_sub(room.top.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        row(glyphs::GIFT, ColorRole::Gift, format!("{}{more}", named.join(", ")));
    }
    if !room.points.is_empty() {
        let points: Vec<_> = room.points.iter().map(|points| number::full(*points)).collect();
        row(glyphs::TIMES, ColorRole::SideB, format!("the last battle: {}", points.join(" : ")));
    }
    if !room.warning.is_empty() {
        row(glyphs::ATTENTION, ColorRole::Warn, room.warning.to_string());
    }
    lines
}

/// "while you were away, 41 min: 312 ◆ of 9 people, a battle won, 2 warnings".
fn away_words(report: &AwayReport, screen: &ScreenSettings) -> String {
    let minutes = report.millis / 60_000;
    let length = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours @ 1..48, minutes) => format!("{hours} h {minutes} min"),
        (hours, _) => format!("{} days", hours / 24),
    };
    format!("while you were away, {length}: {}", counted(&report.total, screen))
}

/// What was counted, as a list in words.
fn counted(counts: &AwayCounts, screen: &ScreenSettings) -> String {
    let some = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(one.to_owned()),
        _ => Some(format!("{} {many}", number::count(count))),
    };
    let coin = if screen.ascii { "coins" } else { glyphs::GIFT };
    let people = if counts.givers == 1 { "1 person".to_owned() } else { format!("{} people", counts.givers) };
    let missed = number::duration(Duration::from_millis(counts.missed_millis));
    let told = [
        (counts.coins > 0).then(|| format!("{} {coin} of {people}", number::count(counts.coins))),
        some(counts.follows, "1 follower", "followers").map(|words| format!("+{words}")),
        some(counts.subscribes, "1 subscriber", "subscribers").map(|words| format!("+{words}")),
        some(counts.won, "a battle won", "battles won"),
        some(counts.lost, "a battle lost", "battles lost"),
        some(counts.drawn, "a battle drawn or cut short", "battles drawn or cut short"),
        some(counts.warnings, "a warning", "warnings"),
        some(counts.questions, "a question", "questions"),
        some(counts.begun, "a live began", "lives began"),
        some(counts.ended, "a live ended", "lives ended"),
        some(counts.gaps, "a gap", "gaps").map(|words| format!("{words} of {missed}")),
        some(counts.comments, "a comment", "comments"),
    ];
    told.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Hears of a key: after a while without one, what happened meanwhile is told. Nothing where nothing did.
pub(super) fn note_key(app: &mut App) {
    let before = std::mem::replace(&mut app.last_key, app.now);
    if app.now.since(before) < AWAY_FROM || app.replay {
        return;
    }
    let lines = lines(app, before);
    if !lines.is_empty() {
        app.away = Some(AwayBlock { from: before, until: app.now, lines });
    }
}

/// The lines of all rooms since a moment, the room with most to tell first.
fn lines(app: &App, from: Moment) -> Vec<Line<'static>> {
    let mut told: Vec<(&Tab, RoomDigest)> = app
        .tabs
        .iter()
        .map(|tab| (tab, tab.room.digest(from, |entry| app.people.is_mention(entry, tab.name()))))
        .filter(|(_, digest)| !digest.is_empty())
        .collect();
    told.sort_by_key(|(_, digest)| std::cmp::Reverse(weight(digest)));
    let mut lines = Vec::new();
    for (nth, (tab, digest)) in told.iter().enumerate() {
        lines.push(headline(app, tab, digest, told.len() > 1));
        if nth < FULL_ROOMS {
            lines.extend(details(app, tab, digest));
        }
    }
    lines
}

fn weight(digest: &RoomDigest) -> u64 {
    let named =
        digest.warnings.len() * 8 + digest.mentions.len() * 4 + digest.questions.len() * 2 + digest.battles.len();
    digest.coins / 100 + named as u64 * 10 + digest.follows
}

/// What is counted, with the room's name where there are several.
fn headline(app: &App, tab: &Tab, digest: &RoomDigest, named: bool) -> Line<'static> {
    let mut items = Vec::new();
    let some = |n: u64, one: &str, many: &str| {
        (n > 0).then(|| format!("{} {}", number::count(n), if n == 1 { one } else { many }))
    };
    items.extend(some(digest.follows, "follower", "followers").map(|words| format!("+{words}")));
    items.extend(some(digest.subscribes, "subscriber", "subscribers").map(|words| format!("+{words}")));
    items.extend((digest.coins > 0).then(|| format!("{} {}", number::count(digest.coins), glyphs::GIFT)));
    // Of a room that was only summed up the log has a part of what was said.
    items.extend(some(digest.comments, "comment", "comments").filter(|_| !tab.is_summed_up));
    items.extend((digest.gaps > 0).then(|| format!("missed {}", number::duration(digest.missed))));
    items.extend((digest.lives > 0).then(|| "a live began".to_owned()));
    items.extend(digest.is_partial.then(|| "older lines are gone".to_owned()));
    let words = items.join(&format!(" {} ", glyphs::DOT));
    let mut spans = Vec::new();
    if named {
        spans.push(Span::styled(format!("{}  ", tab.name()), app.theme.style(ColorRole::Accent)));
    }
    spans.push(Span::raw(words));
    Line::from(spans)
}

/// Who gave, and the newest of each kind of row, with how many more there are.
fn details(app: &App, tab: &Tab, digest: &RoomDigest) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut row = |sign: &'static str, role: ColorRole, words: String| {
        lines.push(Line::from(vec![Span::styled(format!("  {sign} "), app.theme.style(role)), Span::raw(words)]));
    };
    if !digest.givers.is_empty() {
        let named = digest.givers.iter().take(GIVERS);
        let named = named.map(|(giver, coins)| format!("{} {}", tab.names.label(giver), number::count(*coins)));
        let more = match digest.givers.len().saturating_sub(GIVERS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        row(glyphs::GIFT, ColorRole::Gift, format!("{}{more}", named.collect::<Vec<_>>().join(", ")));
    }
    let kinds: [(&[Seq], &'static str, ColorRole); 4] = [
        (&digest.warnings, glyphs::ATTENTION, ColorRole::Warn),
        (&digest.battles, glyphs::TIMES, ColorRole::SideB),
        (&digest.mentions, glyphs::UNREAD, ColorRole::Accent),
        (&digest.questions, glyphs::QUESTION, ColorRole::Accent),
    ];
    for (rows, sign, role) in kinds {
        let Some(entry) = rows.first().and_then(|seq| tab.room.chat.get(*seq)) else { continue };
        let who = entry.line.person().map(|person| format!("{}: ", tab.names.label(person))).unwrap_or_default();
        let what = match &entry.line {
            LogLine::Chat { text, .. } | LogLine::Question { text, .. } => text.to_string(),
            line => log_words(line),
        };
        let more = if rows.len() > 1 { format!(" (and {} more)", rows.len() - 1) } else { String::new() };
        row(sign, role, format!("{who}{what}{more}"));
    }
    lines
}

/// Draws the block over the top of `area`.
pub(super) fn view(app: &App, buf: &mut Buffer, area: Rect) {
    let Some(block) = &app.away else { return };
    let width = WIDEST.min(area.width);
    let rows = u16::try_from(block.lines.len()).unwrap_or(u16::MAX);
    let height = rows.saturating_add(2).min((area.height / 2).max(3)).min(area.height);
    if width < 20 || height < 3 {
        return;
    }
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y, width, height };
    paint::clear(buf, place);
    let long = number::minutes(block.until.since(block.from));
    let title = format!(" While you were away, {long}, since {} ", number::clock(block.from.wall, &app.zone));
    let close = app.key(Action::Dismiss).map(|key| format!(" {key} puts this away ")).unwrap_or_default();
    Block::bordered()
        .border_style(app.theme.style(ColorRole::Dim))
        .title(Line::styled(title, app.theme.style(ColorRole::Accent)))
        .title_bottom(Line::styled(close, app.theme.style(ColorRole::Dim)).right_aligned())
        .render(place, buf);
    let inner = Rect { x: place.x + 2, y: place.y + 1, width: width - 4, height: height - 2 };
    let hidden = block.lines.len().saturating_sub(usize::from(inner.height));
    for (row, line) in (0..inner.height).zip(&block.lines) {
        if hidden > 0 && row + 1 == inner.height {
            let more = format!("… {} more lines: the log and the inbox have all of it", hidden + 1);
            paint::left(buf, inner, row, &Line::styled(more, app.theme.style(ColorRole::Dim)));
        } else {
            paint::left(buf, inner, row, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_told_in_one_line() {
        let total = AwayCounts { coins: 312, givers: 9, won: 1, warnings: 2, ..AwayCounts::default() };
        let report = AwayReport { millis: 41 * 60_000, total, ..AwayReport::default() };
        let screen = ScreenSettings::default();
        let words = "while you were away, 41 min: 312 \u{25c6} of 9 people, a battle won, 2 warnings";
        assert_eq!(away_words(&report, &screen), words);
        let total = AwayCounts { coins: 1, givers: 1, follows: 3, ..AwayCounts::default() };
        let long = AwayReport { millis: 26 * 3_600_000, total, ..AwayReport::default() };
        let ascii = ScreenSettings { ascii: true, ..screen };
        assert_eq!(away_words(&long, &ascii), "while you were away, 26 h 0 min: 1 coins of 1 person, +3 followers");
    }
}
