//! Inbox of what needs somebody, from all rooms: hits of words, questions, moderators, big gifts, warnings, battles, trouble.

use std::collections::{HashMap, HashSet, VecDeque};

use super::highlights::HighlightStyle;
use super::panes::log_words;
use super::people::PeopleRules;
use super::tab::Tab;
use super::theme::ColorRole;
use super::{glyphs, number};
use crate::clock::{Moment, Timestamp};
use crate::config::{NotifyWay, ScreenSettings};
use crate::ids::RoomKey;
use crate::room::{BattleNews, LogEntry, LogLine, Seq};

/// Items kept; the oldest go when there are more.
const MOST: usize = 500;
/// Rows looked back for gifts: a streak is worth an item once it is over.
const GIFTS_REACH: usize = 200;

/// The items, oldest first, none of them done.
#[derive(Clone, Debug, Default)]
pub(super) struct Inbox {
    items: VecDeque<InboxItem>,
    /// Rows that are in it, or were.
    known: HashSet<(RoomKey, Seq)>,
    /// The number of the next item.
    next: u64,
    /// What the terminal is to tell of at once, as the style of a highlight says.
    alert: Option<(NotifyWay, String)>,
}

/// Something that needs somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InboxItem {
    /// Its number: it is known by it wherever it stands.
    pub(super) number: u64,
    /// In which room.
    pub(super) room: RoomKey,
    /// The row it is about; nothing where it is about the room itself.
    pub(super) seq: Option<Seq>,
    /// When it came.
    pub(super) at: Moment,
    /// Why it is here.
    pub(super) kind: InboxKind,
    /// Who it is from; empty where it is nobody.
    pub(super) who: String,
    /// In words.
    pub(super) words: String,
    /// What it is worth in coins, where it is a gift.
    pub(super) coins: Option<u64>,
    /// How it stands out, where a highlight brought it.
    pub(super) style: Option<HighlightStyle>,
    /// How often they spoke since nobody looked; the words are their last.
    pub(super) times: u64,
}

/// Why something is in the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InboxKind {
    /// A word that the settings name was said.
    Word,
    /// Somebody speaks who is to stand out.
    Person,
    /// Somebody asks.
    Question,
    /// A moderator speaks.
    Moderator,
    /// Somebody speaks for the first time.
    First,
    /// A gift that is worth a thank.
    Gift,
    /// TikTok warns the room, or ends it.
    Warning,
    /// A battle begins.
    Battle,
    /// A room or a recording failed.
    Trouble,
    /// A live ended while nobody looked: its report is there, by the room id of the live.
    Report(u64),
}

impl InboxKind {
    /// Its sign, and the role of the sign.
    pub(super) fn sign(self) -> (&'static str, ColorRole) {
        match self {
            Self::Word | Self::Person => (glyphs::UNREAD, ColorRole::Accent),
            Self::Question => (glyphs::QUESTION, ColorRole::Accent),
            Self::Moderator => ("M", ColorRole::Moderator),
            Self::First => ("1", ColorRole::Accent),
            Self::Gift => (glyphs::GIFT, ColorRole::Gift),
            Self::Warning => (glyphs::ATTENTION, ColorRole::Warn),
            Self::Battle => (glyphs::TIMES, ColorRole::SideB),
            Self::Trouble => (glyphs::BLOCKED, ColorRole::Bad),
            Self::Report(_) => (glyphs::ENDED, ColorRole::Dim),
        }
    }
}

impl InboxKind {
    /// Its name in the settings; nothing for what always comes.
    fn setting(self) -> Option<&'static str> {
        match self {
            Self::Word => Some("words"),
            Self::Person => Some("people"),
            Self::Question => Some("questions"),
            Self::Moderator => Some("moderators"),
            Self::First => Some("first"),
            Self::Gift => Some("gifts"),
            Self::Warning => Some("warnings"),
            Self::Battle => Some("battles"),
            Self::Trouble | Self::Report(_) => None,
        }
    }

    /// Whether the settings want it.
    fn is_wanted(self, settings: &ScreenSettings) -> bool {
        self.setting().is_none_or(|name| settings.inbox.iter().any(|wanted| wanted == name))
    }
}

impl Inbox {
    /// The items, newest first.
    pub(super) fn newest_first(&self) -> impl ExactSizeIterator<Item = &InboxItem> {
        self.items.iter().rev()
    }

    /// The newest item.
    pub(super) fn newest(&self) -> Option<&InboxItem> {
        self.items.back()
    }

    /// The number of the item at this place, counted from the newest.
    pub(super) fn number_at(&self, nth: usize) -> Option<u64> {
        self.newest_first().nth(nth).map(|item| item.number)
    }

    /// Where the item with this number stands, counted from the newest.
    pub(super) fn place_of(&self, number: u64) -> Option<usize> {
        self.newest_first().position(|item| item.number == number)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Adds that something failed.
    pub(super) fn add_trouble(&mut self, room: RoomKey, at: Moment, words: String) {
        self.add_words(room, at, InboxKind::Trouble, words);
    }

    /// Adds that a live ended of which there is a report, once.
    pub(super) fn add_report(&mut self, room: RoomKey, live: u64, at: Moment, words: String) {
        let kind = InboxKind::Report(live);
        self.items.retain(|item| item.kind != kind);
        self.add_words(room, at, kind, words);
    }

    /// Adds what is not about a row.
    fn add_words(&mut self, room: RoomKey, at: Moment, kind: InboxKind, words: String) {
        self.push(InboxItem {
            number: 0,
            room,
            seq: None,
            at,
            kind,
            who: String::new(),
            words,
            coins: None,
            style: None,
            times: 1,
        });
    }

    /// What the terminal is to tell of at once since this was asked last.
    pub(super) fn next_alert(&mut self) -> Option<(NotifyWay, String)> {
        self.alert.take()
    }

    /// Looks through the rows of a room at or after `from`, and through its latest gifts.
    pub(super) fn collect(&mut self, settings: &ScreenSettings, people: &PeopleRules, tab: &Tab, from: Seq) {
        let ignored =
            |entry: &LogEntry| entry.line.person().is_some_and(|person| people.ignores(person, tab.key, entry.at));
        // A streak is worth an item, or an alert, once it is over.
        let new = tab.room.chat.from_seq(from).filter(|entry| !matches!(entry.line, LogLine::Gift { .. }));
        for entry in new.filter(|entry| !entry.history && !ignored(entry)) {
            let kind = kinds_of(tab, people, entry).find(|kind| kind.is_wanted(settings));
            self.add_row(tab, people, entry, kind);
        }
        let gifts = tab.room.chat.iter().rev().take(GIFTS_REACH).filter(|entry| is_finished_gift(entry));
        for entry in gifts.filter(|entry| !entry.history) {
            let word = people.words.hits(entry, tab.name()).then_some(InboxKind::Word);
            let big = is_big_gift(settings, entry).then_some(InboxKind::Gift);
            let kind = word.into_iter().chain(big).find(|kind| kind.is_wanted(settings));
            if word.or(big).is_some() {
                self.add_row(tab, people, entry, kind);
            }
        }
    }

    /// Takes the item out that stands at this place, counted from the newest.
    pub(super) fn remove(&mut self, nth: usize) -> Option<InboxItem> {
        let at = self.items.len().checked_sub(nth + 1)?;
        self.items.remove(at)
    }

    /// Forgets a room that is gone.
    pub(super) fn forget(&mut self, room: RoomKey) {
        self.items.retain(|item| item.room != room);
        self.known.retain(|(known, _)| *known != room);
    }

    /// Forgets what came after a time: it comes again.
    pub(super) fn forget_after(&mut self, at: Timestamp) {
        let later = self.items.iter().filter(|item| item.at.wall > at);
        let mut first: HashMap<RoomKey, Seq> = HashMap::new();
        for (room, seq) in later.filter_map(|item| Some((item.room, item.seq?))) {
            let known = first.entry(room).or_insert(seq);
            *known = seq.min(*known);
        }
        self.known.retain(|(room, seq)| first.get(room).is_none_or(|first| seq < first));
        self.items.retain(|item| item.at.wall <= at);
    }

    /// Adds a row, where it is worth an item; and has the terminal tell of it, where its highlight says so.
    fn add_row(&mut self, tab: &Tab, people: &PeopleRules, entry: &LogEntry, kind: Option<InboxKind>) {
        /// Rows remembered: a multiple of those that can still be met again.
        const MOST_KNOWN: usize = 20_000;
        let style = if is_of_host(entry) { None } else { people.mention(entry, tab.name()) };
        let way = style.and_then(|style| style.way);
        if kind.is_none() && way.is_none() {
            return;
        }
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        if !self.known.insert((tab.key, entry.seq)) {
            return;
        }
        let who = entry.line.person().map(|person| tab.names.label(person)).unwrap_or_default();
        let words = log_words(&entry.line);
        let coins = match &entry.line {
            LogLine::Gift { gift, added, .. } => gift.diamonds.map(|price| price.saturating_mul(*added)),
            _ => None,
        };
        if let Some(way) = way {
            let worth = coins.map(|coins| format!(", {} {}", number::count(coins), glyphs::GIFT)).unwrap_or_default();
            self.alert = Some((way, format!("{}: {who} {words}{worth}", tab.name())));
        }
        let Some(kind) = kind else { return };
        let mut item = InboxItem {
            number: 0,
            room: tab.key,
            seq: Some(entry.seq),
            at: entry.at,
            kind,
            who,
            words,
            coins,
            style,
            times: 1,
        };
        // Who talks on is one item with their last words, and so are all who are new in a room: they would bury all else.
        if matches!(kind, InboxKind::Moderator | InboxKind::Person | InboxKind::First) {
            let same = |other: &InboxItem| {
                (other.room, other.kind) == (item.room, item.kind)
                    && (kind == InboxKind::First || other.who == item.who)
            };
            if let Some(before) = self.items.iter().position(same).and_then(|at| self.items.remove(at)) {
                (item.times, item.number) = (item.times + before.times, before.number);
            }
        }
        self.push(item);
    }

    fn push(&mut self, mut item: InboxItem) {
        if item.number == 0 {
            self.next += 1;
            item.number = self.next;
        }
        if self.items.len() >= MOST {
            self.items.pop_front();
        }
        // What was said before we came to a room is not newer than what was said since in another.
        let place = self.items.iter().rposition(|other| other.at.mono <= item.at.mono).map_or(0, |at| at + 1);
        self.items.insert(place, item);
    }
}

/// Why a new row is worth an item, the strongest reason first.
fn kinds_of(tab: &Tab, people: &PeopleRules, entry: &LogEntry) -> impl Iterator<Item = InboxKind> {
    let word = (!is_of_host(entry) && people.words.hits(entry, tab.name())).then_some(InboxKind::Word);
    let others = match &entry.line {
        LogLine::Chat { from, first, .. } if !from.host => {
            let is_first = *first && entry.at.mono >= tab.first_from().mono;
            [
                people.highlights(from).then_some(InboxKind::Person),
                from.moderator.then_some(InboxKind::Moderator),
                is_first.then_some(InboxKind::First),
            ]
        }
        LogLine::Question { .. } => [Some(InboxKind::Question), None, None],
        line if line.is_warning() => [Some(InboxKind::Warning), None, None],
        LogLine::Battle(news) if matches!(**news, BattleNews::Begun { .. }) => [Some(InboxKind::Battle), None, None],
        _ => [None; 3],
    };
    word.into_iter().chain(others.into_iter().flatten())
}

fn is_of_host(entry: &LogEntry) -> bool {
    entry.line.person().is_some_and(|person| person.host)
}

fn is_finished_gift(entry: &LogEntry) -> bool {
    matches!(entry.line, LogLine::Gift { running: false, .. })
}

/// A finished gift that is worth a thank.
fn is_big_gift(settings: &ScreenSettings, entry: &LogEntry) -> bool {
    match &entry.line {
        LogLine::Gift { gift, added, running: false, .. } => {
            gift.diamonds.is_some_and(|price| price.saturating_mul(*added) >= settings.thank_from)
        }
        _ => false,
    }
}
