//! Lines of one entry of the log: who in one column, what in the next, what it is worth at the right edge.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::words;
use crate::events::{BarrageKind, NoticeKind, Viewer};
use crate::room::{LogEntry, LogLine, Topic};
use crate::text::{clip, width};
use crate::tui::panes::gifts::gift_words;
use crate::tui::theme::{ColorRole, Theme};
use crate::tui::widgets::wrap::wrap;
use crate::tui::{glyphs, number};

/// Width from which on names stand in a column of their own.
const COLUMNS_FROM: u16 = 44;
/// Levels below this are most of the room and say nothing.
const LEVEL_FROM: u16 = 10;

/// Composes entries for one width.
#[derive(Clone, Copy, Debug)]
pub(in crate::tui) struct Composer<'a> {
    pub(in crate::tui) theme: Theme,
    pub(in crate::tui) zone: &'a jiff::tz::TimeZone,
    /// Columns for name and text together.
    pub(in crate::tui) columns: u16,
}

/// The parts of an entry before they are fitted.
struct Parts {
    who: Vec<Span<'static>>,
    what: String,
    style: Style,
    /// Stands at the right edge of the first line.
    worth: Option<Span<'static>>,
}

/// How an entry stands in the log.
enum Row {
    /// Across the pane, as no message does.
    Divider(String, ColorRole),
    Parts(Parts),
}

impl Composer<'_> {
    /// The lines of an entry, at least one.
    pub(in crate::tui) fn lines(&self, entry: &LogEntry) -> Vec<Line<'static>> {
        let mut lines = match self.row(&entry.line, entry.deleted) {
            Row::Divider(words, role) => self.divider(&words, role),
            Row::Parts(parts) => self.fit(parts),
        };
        if entry.history {
            let dim = self.theme.style(ColorRole::Dim);
            lines.iter_mut().flat_map(|line| &mut line.spans).for_each(|span| span.style = span.style.patch(dim));
        }
        lines
    }

    /// A row across the pane that is no message: `┄┄┄ words ┄┄┄┄┄┄┄`.
    fn divider(&self, words: &str, role: ColorRole) -> Vec<Line<'static>> {
        let columns = usize::from(self.columns);
        let inner = columns.saturating_sub(8).max(1);
        let style = self.theme.style(role);
        let wrapped = wrap(words, inner, inner);
        let rows = wrapped.iter().map(|line| {
            let rest = columns.saturating_sub(width(line) + 5);
            Line::styled(format!("{} {line} {}", glyphs::GAP.repeat(3), glyphs::GAP.repeat(rest)), style)
        });
        rows.collect()
    }

    /// The table of rows. Every kind stands here by name: a new one does not compile before it says how it looks.
    #[allow(clippy::too_many_lines, reason = "a table: one arm a kind")]
    fn row(&self, line: &LogLine, deleted: bool) -> Row {
        Row::Parts(match line {
            LogLine::Gap(gap) => {
                let length = number::duration(gap.length);
                let why = if gap.reason.is_empty() { String::new() } else { format!(": {}", gap.reason) };
                return Row::Divider(format!("missed {length}{why}"), ColorRole::Warn);
            }
            LogLine::Live { live_seq, .. } => {
                let words = if *live_seq > 1 { format!("a new live (number {live_seq} here)") } else { "live".into() };
                return Row::Divider(words, ColorRole::Accent);
            }
            LogLine::Chat { from, text, emotes, first } => {
                let what = match (text.is_empty(), emotes.len()) {
                    (true, 0) => String::new(),
                    (true, n) => stickers(n),
                    (false, _) => text.as_str().to_owned(),
                };
                self.said(from, *first, what, deleted)
            }
            LogLine::Emote { from, count } => self.said(from, false, stickers(*count), deleted),
            LogLine::Gift { from, to, gift, count, running } => {
                let mut what = gift_words(gift.name.as_str(), gift.id, *count);
                if let Some(to) = to {
                    what = format!("{what} {} {}", glyphs::JOIN, to.nickname);
                }
                let mark = if *running { glyphs::RUNNING } else { glyphs::GIFT };
                let worth = match gift.diamonds {
                    Some(price) => format!("{} {}", number::count(price.saturating_mul(*count)), glyphs::GIFT),
                    None => format!("? {}", glyphs::GIFT),
                };
                let gold = self.theme.style(ColorRole::Gift);
                Parts {
                    who: vec![Span::styled(format!("{mark} "), gold), self.name(from)],
                    what,
                    style: Style::new(),
                    worth: Some(Span::styled(worth, gold)),
                }
            }
            LogLine::Joins { last, count: 0 | 1 } => self.action_parts(glyphs::JOIN, "joined", last.name().to_owned()),
            LogLine::Joins { last, count } => {
                let others = number::count(count - 1);
                self.action_parts(glyphs::JOIN, "joined", format!("{} and {others} more", last.name()))
            }
            LogLine::Follow(from) => self.action_parts(glyphs::FOLLOW, "followed", from.name().to_owned()),
            LogLine::Share(from) => self.action_parts(glyphs::SHARE, "shared", from.name().to_owned()),
            LogLine::Subscribe { from, months } => {
                let months = if *months > 1 { format!(" ({months} months)") } else { String::new() };
                self.labelled(ColorRole::Subscriber, "S subscribed", format!("{}{months}", from.name()))
            }
            LogLine::Question { from, text } => {
                self.labelled(ColorRole::Accent, &format!("{} question", glyphs::QUESTION), words::question(text, from))
            }
            LogLine::Intro(text) => self.labelled(ColorRole::Host, "host's line", text.as_str().to_owned()),
            LogLine::Notice { kind, text } => {
                let (role, label) = match kind {
                    NoticeKind::Welcome => (ColorRole::Dim, "welcome"),
                    NoticeKind::Room => (ColorRole::Dim, "room"),
                    NoticeKind::Bottom => (ColorRole::Warn, "! warning"),
                    NoticeKind::Moderation => (ColorRole::Moderator, "moderation"),
                    NoticeKind::Battle => (ColorRole::SideB, "battle"),
                };
                self.labelled(role, label, text.as_str().to_owned())
            }
            LogLine::Envelope { from, coins, winners, opens_at } => {
                let when = opens_at.map(|at| format!(", opens {}", number::clock(at, self.zone))).unwrap_or_default();
                let (coins, winners) = (number::count(*coins), number::count(*winners));
                let what = format!("{from}: {coins} {} for {winners}{when}", glyphs::GIFT);
                self.labelled(ColorRole::Gift, &format!("{} chest", glyphs::GIFT), what)
            }
            LogLine::Barrage { kind, text } => {
                let label = match kind {
                    BarrageKind::Subscribe => "S subscribed",
                    BarrageKind::GifterLevelUp | BarrageKind::TeamLevelUp => "level up",
                    BarrageKind::GifterJoin | BarrageKind::TeamJoin => "entered",
                    BarrageKind::SubscribeGift => "S gifted",
                    BarrageKind::SuperFan | BarrageKind::SuperFanJoin => "super fan",
                    BarrageKind::Shop => "shop",
                    BarrageKind::Game | BarrageKind::Gallery | BarrageKind::Event | BarrageKind::Other => "banner",
                };
                self.labelled(ColorRole::Dim, label, text.as_str().to_owned())
            }
            LogLine::Moderation(told) => self.labelled(ColorRole::Moderator, "moderation", words::moderation(told)),
            LogLine::Battle(news) => self.labelled(ColorRole::SideB, "battle", words::battle(news)),
            LogLine::Poll { over, title, options } => {
                self.labelled(ColorRole::Accent, "poll", words::poll(*over, title, options))
            }
            LogLine::Goal { reached, text, parts } => {
                self.labelled(ColorRole::Accent, "goal", words::goal(*reached, text, parts))
            }
            LogLine::Pin { from, text } => self.labelled(ColorRole::Accent, "pinned", words::pin(from.name(), text)),
            LogLine::QuestionUpdate { change, from, text } => {
                self.labelled(ColorRole::Accent, "question", words::question_update(*change, text, from.as_deref()))
            }
            LogLine::Guests(news) => self.labelled(ColorRole::Accent, "guests", words::guests(news)),
            LogLine::Shop(shop) => self.labelled(ColorRole::Accent, "shop", words::shop(shop)),
            LogLine::ServiceText { topic, text } => {
                let (role, label) = match topic {
                    Topic::Rank => (ColorRole::Gift, "rank"),
                    Topic::Announcement => (ColorRole::Dim, "elsewhere"),
                    Topic::Note => (ColorRole::Dim, "note"),
                };
                self.labelled(role, label, text.as_str().to_owned())
            }
            LogLine::Control(control) => self.labelled(ColorRole::Warn, "live", words::control(control)),
        })
    }

    fn said(&self, from: &Viewer, first: bool, what: String, deleted: bool) -> Parts {
        let mut who = self.badges(from, first);
        who.push(self.name(from));
        let (what, style) = if deleted {
            (format!("{what} (deleted)"), self.theme.style(ColorRole::Dim).add_modifier(Modifier::CROSSED_OUT))
        } else {
            (what, Style::new())
        };
        Parts { who, what, style, worth: None }
    }

    fn action_parts(&self, glyph: &str, label: &str, what: String) -> Parts {
        let dim = self.theme.style(ColorRole::Dim);
        Parts { who: vec![Span::styled(format!("{glyph} {label}"), dim)], what, style: dim, worth: None }
    }

    fn labelled(&self, role: ColorRole, label: &str, what: String) -> Parts {
        let who = vec![Span::styled(label.to_owned(), self.theme.style(role))];
        Parts { who, what, style: Style::new(), worth: None }
    }

    fn name(&self, viewer: &Viewer) -> Span<'static> {
        let style = if viewer.host { self.theme.style(ColorRole::Host) } else { self.theme.name(viewer.id) };
        Span::styled(viewer.name().to_owned(), style)
    }

    /// What somebody is here, in one to three columns each: the role first, then the highest standing.
    fn badges(&self, viewer: &Viewer, first: bool) -> Vec<Span<'static>> {
        let role = if viewer.host {
            Some((ColorRole::Host, "H"))
        } else if viewer.moderator {
            Some((ColorRole::Moderator, "M"))
        } else if viewer.subscriber {
            Some((ColorRole::Subscriber, "S"))
        } else if first {
            Some((ColorRole::Good, "1"))
        } else {
            None
        };
        let standing = if viewer.gifter_level >= LEVEL_FROM {
            Some((ColorRole::Gift, format!("L{} ", viewer.gifter_level)))
        } else if viewer.team_level >= LEVEL_FROM {
            Some((ColorRole::Dim, format!("T{} ", viewer.team_level)))
        } else {
            None
        };
        let role = role.map(|(role, badge)| (role, format!("{badge} ")));
        role.into_iter().chain(standing).map(|(role, badge)| Span::styled(badge, self.theme.style(role))).collect()
    }

    fn fit(&self, parts: Parts) -> Vec<Line<'static>> {
        let columns = usize::from(self.columns);
        let in_columns = self.columns >= COLUMNS_FROM;
        let name_columns = if in_columns { (columns / 4).clamp(12, 20) } else { columns / 2 };
        let (mut spans, used) = clipped(parts.who, name_columns);
        let lead = if in_columns { name_columns + 1 } else { used + usize::from(used > 0) };
        spans.push(Span::raw(" ".repeat(lead - used)));
        let hang = if in_columns { lead } else { columns.min(2) };
        let worth = parts.worth.as_ref().map_or(0, |worth| width(&worth.content) + 1);
        // One column stays free at the right, so that text never touches the wall.
        let first = columns.saturating_sub(lead + worth + 1).max(1);
        let rest = columns.saturating_sub(hang + 1).max(1);
        let wrapped = wrap(&parts.what, first, rest);
        let mut lines = Vec::with_capacity(wrapped.len());
        for (at, text) in wrapped.iter().enumerate() {
            let mut spans = if at == 0 { std::mem::take(&mut spans) } else { vec![Span::raw(" ".repeat(hang))] };
            spans.push(Span::styled((*text).to_owned(), parts.style));
            if let (0, Some(worth)) = (at, &parts.worth) {
                let gap = first.saturating_sub(width(text)) + 1;
                spans.push(Span::raw(" ".repeat(gap)));
                spans.push(worth.clone());
            }
            lines.push(Line::from(spans));
        }
        lines
    }
}

/// Spans cut to so many columns, and how many they take.
fn clipped(spans: Vec<Span<'static>>, columns: usize) -> (Vec<Span<'static>>, usize) {
    let mut used = 0;
    let cut = spans.into_iter().map(|span| {
        let text = clip(&span.content, columns - used).into_owned();
        used += width(&text);
        Span::styled(text, span.style)
    });
    (cut.collect(), used)
}

fn stickers(count: usize) -> String {
    if count == 1 { "(a sticker)".into() } else { format!("({count} stickers)") }
}

/// What stands behind the name or the label of a row, whole, in one line.
pub fn log_words(line: &LogLine) -> String {
    let theme = Theme::new(true);
    match (Composer { theme, zone: &jiff::tz::TimeZone::UTC, columns: u16::MAX }).row(line, false) {
        Row::Divider(words, _) => words,
        Row::Parts(parts) => parts.what,
    }
}
