//! Inbox of what needs somebody, from all rooms: hits of words, questions, moderators, big gifts, warnings, battles, trouble.

use std::collections::{HashSet, VecDeque};

use super::panes::log_words;
use super::people::PeopleRules;
use super::tab::Tab;
use super::theme::ColorRole;
use super::{glyphs, number};
use crate::clock::Moment;
use crate::config::ScreenSettings;
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
}

/// Something that needs somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InboxItem {
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
    /// A gift that is worth a thank.
    Gift,
    /// TikTok warns the room, or ends it.
    Warning,
    /// A battle begins.
    Battle,
    /// A room or a recording failed.
    Trouble,
}

impl InboxKind {
    /// Its sign, and the role of the sign.
    pub(super) fn sign(self) -> (&'static str, ColorRole) {
        match self {
            Self::Word | Self::Person => (glyphs::UNREAD, ColorRole::Accent),
            Self::Question => (glyphs::QUESTION, ColorRole::Accent),
            Self::Moderator => ("M", ColorRole::Moderator),
            Self::Gift => (glyphs::GIFT, ColorRole::Gift),
            Self::Warning => (glyphs::ATTENTION, ColorRole::Warn),
            Self::Battle => (glyphs::TIMES, ColorRole::SideB),
            Self::Trouble => (glyphs::BLOCKED, ColorRole::Bad),
        }
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

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Adds what is not about a row.
    pub(super) fn add_trouble(&mut self, room: RoomKey, at: Moment, words: String) {
        self.push(InboxItem { room, seq: None, at, kind: InboxKind::Trouble, who: String::new(), words });
    }

    /// Looks through the rows of a room at or after `from`, and through its latest gifts.
    pub(super) fn collect(&mut self, settings: &ScreenSettings, people: &PeopleRules, tab: &Tab, from: Seq) {
        for entry in tab.room.chat.from_seq(from).filter(|entry| !entry.history) {
            let ignored = entry.line.person().is_some_and(|person| people.ignores(person, tab.key, entry.at));
            if let Some(kind) = kind_of(settings, people, entry).filter(|_| !ignored) {
                self.add_row(tab, entry, kind);
            }
        }
        let gifts = tab.room.chat.iter().rev().take(GIFTS_REACH).filter(|entry| is_big_gift(settings, entry));
        for entry in gifts.filter(|entry| !entry.history) {
            self.add_row(tab, entry, InboxKind::Gift);
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

    fn add_row(&mut self, tab: &Tab, entry: &LogEntry, kind: InboxKind) {
        /// Rows remembered: a multiple of those that can still be met again.
        const MOST_KNOWN: usize = 20_000;
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        if !self.known.insert((tab.key, entry.seq)) {
            return;
        }
        let who = entry.line.person().map(|person| tab.names.label(person)).unwrap_or_default();
        let mut words = log_words(&entry.line);
        if let LogLine::Gift { gift, added, .. } = &entry.line
            && let Some(price) = gift.diamonds
        {
            words = format!("{words}  {} {}", number::count(price.saturating_mul(*added)), glyphs::GIFT);
        }
        self.push(InboxItem { room: tab.key, seq: Some(entry.seq), at: entry.at, kind, who, words });
    }

    fn push(&mut self, item: InboxItem) {
        if self.items.len() >= MOST {
            self.items.pop_front();
        }
        self.items.push_back(item);
    }
}

/// Why a new row is worth an item, where it is.
fn kind_of(settings: &ScreenSettings, people: &PeopleRules, entry: &LogEntry) -> Option<InboxKind> {
    match &entry.line {
        LogLine::Chat { from, text, .. } if !from.host => {
            if is_hit(settings, text.as_str()) {
                Some(InboxKind::Word)
            } else if people.highlights(from) {
                Some(InboxKind::Person)
            } else {
                from.moderator.then_some(InboxKind::Moderator)
            }
        }
        LogLine::Question { .. } => Some(InboxKind::Question),
        line if line.is_warning() => Some(InboxKind::Warning),
        LogLine::Battle(news) => matches!(**news, BattleNews::Begun { .. }).then_some(InboxKind::Battle),
        _ => None,
    }
}

/// Whether one of the words that the settings name is said.
pub(super) fn is_hit(settings: &ScreenSettings, said: &str) -> bool {
    if settings.highlights.is_empty() {
        return false;
    }
    let said = said.to_lowercase();
    settings.highlights.iter().any(|word| said.contains(&word.to_lowercase()))
}

/// Whether a comment has one of the words, or is of somebody who is to stand out.
pub(super) fn is_mention(settings: &ScreenSettings, people: &PeopleRules, entry: &LogEntry) -> bool {
    match &entry.line {
        LogLine::Chat { from, text, .. } => is_hit(settings, text.as_str()) || people.highlights(from),
        _ => false,
    }
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
