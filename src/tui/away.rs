//! Block that tells somebody who comes back what happened meanwhile: who followed, who gave, what was asked, how the battle
//! went, what TikTok warns of. Lies over the dashboard until it is put away; keys work as ever.

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
use crate::room::{LogLine, RoomDigest, Seq};

/// Somebody is away who presses no key for so long.
const AWAY_FROM: std::time::Duration = std::time::Duration::from_secs(60);
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
    let counted = |n: u64, one: &str, many: &str| {
        (n > 0).then(|| format!("{} {}", number::count(n), if n == 1 { one } else { many }))
    };
    items.extend(counted(digest.follows, "follower", "followers").map(|words| format!("+{words}")));
    items.extend(counted(digest.subscribes, "subscriber", "subscribers").map(|words| format!("+{words}")));
    items.extend((digest.coins > 0).then(|| format!("{} {}", number::count(digest.coins), glyphs::GIFT)));
    items.extend(counted(digest.comments, "comment", "comments"));
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
