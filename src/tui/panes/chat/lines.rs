//! Lines of one entry of the log: who in one column, what in the next, what it is worth at the right edge.

use std::collections::HashMap;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::words;
use crate::clock::Moment;
use crate::events::{BarrageKind, NoticeKind, Viewer};
use crate::history::HistoryNews;
use crate::room::{LogEntry, LogLine, Topic};
use crate::text::{clip, width};
use crate::tui::names::Names;
use crate::tui::panes::gifts::{gift_words, gift_worth};
use crate::tui::people::PeopleRules;
use crate::tui::remembered::SUPPORTER_FROM;
use crate::tui::rows::HiddenRows;
use crate::tui::theme::{ColorRole, Theme};
use crate::tui::widgets::wrap::wrap;
use crate::tui::{glyphs, number};

/// Width from which on names stand in a column of their own.
const COLUMNS_FROM: u16 = 44;
/// Columns of the gutter that holds the badge.
const GUTTER: usize = 4;
/// Levels below this are most of the room and say nothing.
const LEVEL_FROM: u16 = 10;

/// Composes entries for one width.
#[derive(Clone, Copy, Debug)]
pub(in crate::tui) struct Composer<'a> {
    pub(in crate::tui) theme: Theme,
    pub(in crate::tui) zone: &'a jiff::tz::TimeZone,
    /// Columns for name and text together.
    pub(in crate::tui) columns: u16,
    /// Names that more than one person here has.
    pub(in crate::tui) names: &'a Names,
    /// Name of the room.
    pub(in crate::tui) room: &'a str,
    /// Who and what is to stand out.
    pub(in crate::tui) people: &'a PeopleRules,
    /// For how many rows each of them stands.
    pub(in crate::tui) rows: &'a HiddenRows,
    /// Comments from here on can be the first of somebody: before, everybody's is the first that we see.
    pub(in crate::tui) first_from: Moment,
    /// What the history knows of people, where one is kept.
    pub(in crate::tui) marks: Option<&'a HashMap<u64, HistoryNews>>,
    /// It knows an earlier live of this host.
    pub(in crate::tui) knows_host: bool,
}

/// The parts of an entry before they are fitted.
struct Parts {
    /// What stands in the gutter: what somebody is here, or what kind of row it is.
    sign: Option<Span<'static>>,
    who: Who,
    what: String,
    style: Style,
    /// Stands at the right edge of the first line.
    worth: Option<Span<'static>>,
}

/// Whose row it is.
enum Who {
    /// A person: the name, and the handle where the name alone would not do.
    Person { name: Span<'static>, handle: Option<Span<'static>> },
    /// Nobody: what kind of row it is.
    Label(Span<'static>),
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
        let mut lines = match self.row(entry) {
            // A gap is one row; all of its reason is in the log.
            Row::Divider(words, role) => self.divider(&words, role),
            Row::Parts(parts) => self.fit(parts),
        };
        if entry.history {
            let dim = self.theme.style(ColorRole::Dim);
            lines.iter_mut().flat_map(|line| &mut line.spans).for_each(|span| span.style = span.style.patch(dim));
        }
        lines
    }

    /// A row across the pane that is no message: `┄┄┄ words ┄┄┄┄┄┄┄`. What does not fit is in the log.
    pub(super) fn divider(&self, words: &str, role: ColorRole) -> Vec<Line<'static>> {
        let columns = usize::from(self.columns);
        let words = clip(words, columns.saturating_sub(8).max(1));
        let rest = columns.saturating_sub(width(&words) + 5);
        let row = format!("{} {words} {}", glyphs::GAP.repeat(3), glyphs::GAP.repeat(rest));
        vec![Line::styled(row, self.theme.style(role))]
    }

    /// The table of rows. Every kind stands here by name: a new one does not compile before it says how it looks.
    #[allow(clippy::too_many_lines, reason = "a table: one arm a kind")]
    fn row(&self, entry: &LogEntry) -> Row {
        let (line, deleted) = (&entry.line, entry.deleted);
        let dim = self.theme.style(ColorRole::Dim);
        Row::Parts(match line {
            LogLine::Gap(gap) => {
                let length = number::duration(gap.length);
                let why = if gap.reason.is_empty() { String::new() } else { format!(": {}", gap.reason) };
                return Row::Divider(format!("missed {length}{why}"), ColorRole::Warn);
            }
            LogLine::Skipped { rows } => {
                return Row::Divider(format!("{} lines were not kept here", number::count(*rows)), ColorRole::Dim);
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
                let parts = self.said(from, first.then_some(entry.at), what, deleted);
                let worth = match self.rows.repeats(entry.seq) {
                    0 => None,
                    more => {
                        let words = format!("{}{}", glyphs::TIMES, number::count(u64::from(more) + 1));
                        Some(Span::styled(words, self.theme.style(ColorRole::Dim)))
                    }
                };
                let parts = Parts { worth, ..parts };
                match self.people.mention(entry, self.room).filter(|_| !deleted) {
                    Some(style) => Parts { style: self.theme.mention(style.color), ..parts },
                    None => parts,
                }
            }
            LogLine::Emote { from, count } => self.said(from, None, stickers(*count), deleted),
            LogLine::Gift { from, to, gift, count, added, running } => {
                let mut what = gift_words(gift.name.as_str(), gift.id, *count);
                if let Some(to) = to {
                    what = format!("{what} {} {}", glyphs::JOIN, to.nickname);
                }
                let mark = if *running { glyphs::RUNNING } else { glyphs::GIFT };
                Parts {
                    sign: Some(Span::styled(mark, self.theme.style(ColorRole::Gift))),
                    who: self.person(from),
                    what,
                    style: match self.people.mention(entry, self.room) {
                        Some(style) => self.theme.mention(style.color),
                        None => Style::new(),
                    },
                    worth: Some(gift_worth(self.theme, gift.diamonds, *count, *added)),
                }
            }
            LogLine::Joins { last, count: 0 | 1 } => self.action_parts(glyphs::JOIN, last, "joined".to_owned()),
            LogLine::Joins { last, count } => {
                let others = number::count(count - 1);
                self.action_parts(glyphs::JOIN, last, format!("and {others} more joined"))
            }
            LogLine::Follow(from) => self.action_parts(glyphs::FOLLOW, from, "followed".to_owned()),
            LogLine::Share(from) => self.action_parts(glyphs::SHARE, from, "shared the live".to_owned()),
            LogLine::Subscribe { from, months } => {
                let months = if *months > 1 { format!(" ({months} months)") } else { String::new() };
                let sign = Some(Span::styled("S", self.theme.style(ColorRole::Subscriber)));
                Parts { sign, style: Style::new(), ..self.action_parts("", from, format!("subscribed{months}")) }
            }
            LogLine::Question { from, text } => {
                let sign = Some(Span::styled(glyphs::QUESTION, self.theme.style(ColorRole::Accent)));
                Parts { sign, ..self.said(from, None, text.as_str().to_owned(), deleted) }
            }
            LogLine::Intro(text) => self.labelled(ColorRole::Host, "", "host's line", text.as_str().to_owned()),
            LogLine::Notice { kind, text } => {
                let (role, sign, label) = match kind {
                    NoticeKind::Welcome => (ColorRole::Dim, "", "welcome"),
                    NoticeKind::Room => (ColorRole::Dim, "", "room"),
                    NoticeKind::Bottom => (ColorRole::Warn, "!", "warning"),
                    NoticeKind::Moderation => (ColorRole::Moderator, "", "moderation"),
                    NoticeKind::Battle => (ColorRole::SideB, "", "battle"),
                };
                self.labelled(role, sign, label, text.as_str().to_owned())
            }
            LogLine::Envelope { from, coins, winners, opens_at } => {
                let when = opens_at.map(|at| format!(", opens {}", number::clock(at, self.zone))).unwrap_or_default();
                let (coins, winners) = (number::count(*coins), number::count(*winners));
                let what = format!("{from}: {coins} {} for {winners}{when}", glyphs::GIFT);
                self.labelled(ColorRole::Gift, glyphs::GIFT, "chest", what)
            }
            LogLine::Barrage { kind, text } => {
                let (sign, label) = match kind {
                    BarrageKind::Subscribe => ("S", "subscribed"),
                    BarrageKind::GifterLevelUp | BarrageKind::TeamLevelUp => ("", "level up"),
                    // The text names who came in; the label says why that is told.
                    BarrageKind::GifterJoin => (glyphs::JOIN, "top gifter"),
                    BarrageKind::TeamJoin => (glyphs::JOIN, "team"),
                    BarrageKind::SubscribeGift => ("S", "gifted"),
                    BarrageKind::SuperFan | BarrageKind::SuperFanJoin => ("", "super fan"),
                    BarrageKind::Shop => ("", "shop"),
                    BarrageKind::Game | BarrageKind::Gallery | BarrageKind::Event | BarrageKind::Other => {
                        ("", "banner")
                    }
                };
                self.labelled(ColorRole::Dim, sign, label, text.as_str().to_owned())
            }
            LogLine::Moderation(told) => self.labelled(ColorRole::Moderator, "", "moderation", words::moderation(told)),
            LogLine::Battle(news) => self.labelled(ColorRole::SideB, "", "battle", words::battle(news)),
            LogLine::Poll { over, title, options } => {
                self.labelled(ColorRole::Accent, "", "poll", words::poll(*over, title, options))
            }
            LogLine::Goal { reached, text, parts } => {
                self.labelled(ColorRole::Accent, "", "goal", words::goal(*reached, text, parts))
            }
            LogLine::Pin { from, text } => {
                self.labelled(ColorRole::Accent, glyphs::PINNED, "pinned", words::pin(from.name(), text))
            }
            LogLine::QuestionUpdate { change, from, text } => {
                let words = words::question_update(*change, text, from.as_deref());
                self.labelled(ColorRole::Accent, glyphs::QUESTION, "question", words)
            }
            LogLine::Guests(news) => self.labelled(ColorRole::Accent, "", "guests", words::guests(news)),
            LogLine::Shop(shop) => self.labelled(ColorRole::Accent, "", "shop", words::shop(shop)),
            LogLine::ServiceText { topic, text } => {
                let (role, label) = match topic {
                    Topic::Rank => (ColorRole::Gift, "rank"),
                    Topic::Announcement => (ColorRole::Dim, "elsewhere"),
                    Topic::Note => (ColorRole::Dim, "note"),
                };
                self.labelled(role, "", label, text.as_str().to_owned())
            }
            LogLine::Control(control) => {
                Parts { style: dim, ..self.labelled(ColorRole::Warn, "", "live", words::control(control)) }
            }
        })
    }

    /// What somebody said; `first` says when, where it was the first that we saw of them.
    fn said(&self, from: &Viewer, first: Option<Moment>, what: String, deleted: bool) -> Parts {
        let (what, style) = if deleted {
            (format!("{what} (deleted)"), self.theme.style(ColorRole::Dim).add_modifier(Modifier::CROSSED_OUT))
        } else {
            (what, Style::new())
        };
        Parts { sign: self.badge(from, first), who: self.person(from), what, style, worth: None }
    }

    /// Somebody did something that many do: faint.
    fn action_parts(&self, sign: &'static str, from: &Viewer, what: String) -> Parts {
        let dim = self.theme.style(ColorRole::Dim);
        Parts { sign: Some(Span::styled(sign, dim)), who: self.person(from), what, style: dim, worth: None }
    }

    fn labelled(&self, role: ColorRole, sign: &'static str, label: &'static str, what: String) -> Parts {
        let style = self.theme.style(role);
        let sign = (!sign.is_empty()).then(|| Span::styled(sign, style));
        Parts { sign, who: Who::Label(Span::styled(label, style)), what, style: Style::new(), worth: None }
    }

    fn person(&self, viewer: &Viewer) -> Who {
        let style = if viewer.host { self.theme.style(ColorRole::Host) } else { self.theme.name(viewer.id) };
        let handle = self.names.handle(viewer).map(|handle| Span::styled(handle, self.theme.style(ColorRole::Dim)));
        Who::Person { name: Span::styled(viewer.name().to_owned(), style), handle }
    }

    /// The strongest of what somebody is here, in four columns at most; the others are in the card of the person.
    fn badge(&self, viewer: &Viewer, first: Option<Moment>) -> Option<Span<'static>> {
        let is_news = first.is_some_and(|at| at.mono >= self.first_from.mono);
        let (role, badge) = if viewer.host {
            (ColorRole::Host, "H".to_owned())
        } else if viewer.moderator {
            (ColorRole::Moderator, "M".to_owned())
        } else if viewer.subscriber {
            (ColorRole::Subscriber, "S".to_owned())
        } else if let Some(mark) = self.mark(viewer, first.is_some(), is_news) {
            mark
        } else if viewer.gifter_level >= LEVEL_FROM {
            (ColorRole::Gift, format!("L{}", viewer.gifter_level))
        } else if is_news && self.marks.is_none() {
            (ColorRole::Good, "1".to_owned())
        } else if viewer.team_level >= LEVEL_FROM {
            (ColorRole::Dim, format!("T{}", viewer.team_level))
        } else {
            return None;
        };
        Some(Span::styled(badge, self.theme.style(role)))
    }

    /// What the history makes of somebody: new, back after days, somebody who gave much before. Of a host whose lives were kept before
    /// it knows who is new at once.
    fn mark(&self, viewer: &Viewer, first: bool, is_news: bool) -> Option<(ColorRole, String)> {
        let known = self.marks?.get(&viewer.id?.0)?;
        match known.away_days {
            _ if (is_news || (first && self.knows_host)) && known.lives_before == 0 => {
                Some((ColorRole::Good, "1".to_owned()))
            }
            Some(days @ ..1_000) if first => Some((ColorRole::Good, format!("+{days}d"))),
            _ if known.coins_before >= SUPPORTER_FROM => Some((ColorRole::Gift, glyphs::GIFT.to_owned())),
            _ => None,
        }
    }

    /// Columns before the name, and before the text, where names stand in a column of their own.
    pub(super) fn text_columns(&self) -> Option<(u16, u16)> {
        let columns = usize::from(self.columns);
        let gutter = (GUTTER + 1) as u16;
        (self.columns >= COLUMNS_FROM).then(|| (gutter, gutter + name_columns(columns) as u16 + 1))
    }

    /// The sign at the right of the gutter, the name, the text: each begins at the same column in every row.
    fn fit(&self, parts: Parts) -> Vec<Line<'static>> {
        let columns = usize::from(self.columns);
        let in_columns = self.columns >= COLUMNS_FROM;
        let names = if in_columns { name_columns(columns) } else { columns / 2 };
        let sign = parts.sign.unwrap_or_default();
        let sign = Span::styled(clip(&sign.content, GUTTER).into_owned(), sign.style);
        let mut spans = Vec::new();
        let gutter = if in_columns {
            spans.push(Span::raw(" ".repeat(GUTTER.saturating_sub(width(&sign.content)))));
            spans.push(sign);
            spans.push(Span::raw(" "));
            GUTTER + 1
        } else if sign.content.is_empty() {
            0
        } else {
            let wide = width(&sign.content) + 1;
            spans.push(sign);
            spans.push(Span::raw(" "));
            wide
        };
        let (who, used) = named(parts.who, names);
        spans.extend(who);
        let lead = gutter + if in_columns { names + 1 } else { used + usize::from(used > 0) };
        spans.push(Span::raw(" ".repeat(lead.saturating_sub(gutter + used))));
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

/// Columns of the names in a row of so many.
fn name_columns(columns: usize) -> usize {
    (columns / 5).clamp(10, 16)
}

/// Who it is in so many columns, and how many of them are taken. A handle is what tells two people with one name apart, so the
/// name gives way to it, but for its beginning.
fn named(who: Who, columns: usize) -> (Vec<Span<'static>>, usize) {
    const LEAST_NAME: usize = 3;
    let cut =
        |span: &Span<'static>, columns: usize| Span::styled(clip(&span.content, columns).into_owned(), span.style);
    let spans = match who {
        Who::Label(label) => vec![cut(&label, columns)],
        Who::Person { name, handle: None } => vec![cut(&name, columns)],
        Who::Person { name, handle: Some(handle) } => {
            let beside = columns.saturating_sub(width(&handle.content) + 1);
            if beside >= LEAST_NAME.min(width(&name.content)) {
                vec![cut(&name, beside), Span::raw(" "), handle]
            } else {
                // Of two that are alike, the whole handle says more than halves of both.
                vec![Span::styled(clip(&handle.content, columns).into_owned(), name.style)]
            }
        }
    };
    let used = spans.iter().map(|span| width(&span.content)).sum();
    (spans, used)
}

fn stickers(count: usize) -> String {
    // The history does not know how many.
    if count < 2 { "(a sticker)".into() } else { format!("({count} stickers)") }
}

/// What stands behind the name or the label of a row, whole, in one line.
pub fn log_words(line: &LogLine) -> String {
    match plain(line) {
        Row::Divider(words, _) => words,
        Row::Parts(parts) => parts.what,
    }
}

/// The same with the label before it where the row has one and no name: `poll: the red one · the blue one`.
pub fn log_sentence(line: &LogLine) -> String {
    match plain(line) {
        Row::Divider(words, _) => words,
        Row::Parts(Parts { who: Who::Label(label), what, .. }) => format!("{}: {what}", label.content),
        Row::Parts(parts) => parts.what,
    }
}

/// A row of no room and no width.
fn plain(line: &LogLine) -> Row {
    let composer = Composer {
        theme: Theme::new(true),
        zone: &jiff::tz::TimeZone::UTC,
        columns: u16::MAX,
        names: &Names::default(),
        room: "",
        people: &PeopleRules::default(),
        rows: &HiddenRows::default(),
        first_from: Moment::default(),
        marks: None,
        knows_host: false,
    };
    composer.row(&LogEntry::of_line(line.clone()))
}
