//! Query over the rows of the rooms: words, and operators such as `from:mia`, `badge:mod`, `gift>100`, `since:5m`.

use regex_lite::{Regex, RegexBuilder};

use crate::clock::{Moment, Timestamp};
use crate::events::Viewer;
use crate::history::{mistyped_operator, query_time, query_words, split_operator};
use crate::room::{LogEntry, LogLine, RowInterest};

/// What is looked for; rows have to fit all of it.
#[derive(Clone, Debug)]
pub(super) struct SearchQuery {
    /// As it was typed.
    pub(super) text: String,
    terms: Vec<Term>,
}

/// A part of a query.
#[derive(Clone, Debug)]
enum Term {
    /// In what was said, or in the name of who said it.
    Words(String),
    /// In the name or handle of the person.
    From(String),
    Badge(BadgeTerm),
    /// A gift of more than so many coins.
    GiftAbove(u64),
    /// At this time or later.
    Since(Timestamp),
    /// In the name of the room.
    Room(String),
    Regex(Regex),
    /// The row does not fit the term.
    Not(Box<Term>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BadgeTerm {
    Host,
    Moderator,
    Subscriber,
    First,
    Gifter(u16),
    Team(u16),
}

/// The operators, each with the sign that ends it.
const OPERATORS: [&str; 5] = ["from:", "room:", "badge:", "since:", "gift>"];
/// The same for whoever knows none.
const OPERATORS_IN_WORDS: &str = "from:name, badge:mod (host, sub, first, L20, T5), gift>100, since:5m or since:19:40, room:name, \
    /regex/, -word";

impl SearchQuery {
    /// Reads what was typed; a sentence where it cannot be.
    pub(super) fn parse(text: &str, now: Moment, zone: &jiff::tz::TimeZone) -> Result<Self, String> {
        let mut terms = Vec::new();
        let text = text.trim();
        if let Some(pattern) = text.strip_prefix('/') {
            terms.push(Term::Regex(regex(pattern.strip_suffix('/').unwrap_or(pattern))?));
        } else {
            for word in query_words(text) {
                terms.push(term(word, now, zone)?);
            }
        }
        if terms.is_empty() {
            return Err(format!("type words, or {OPERATORS_IN_WORDS}"));
        }
        Ok(Self { text: text.to_owned(), terms })
    }

    /// Whether a row of the room of this name fits.
    pub(super) fn fits(&self, entry: &LogEntry, room: &str) -> bool {
        self.terms.iter().all(|term| term.fits(entry, room))
    }

    /// Adds to what is wanted of rooms all comments that can fit: those of one term, as each has to.
    pub(super) fn add_interest(&self, interest: &mut RowInterest) {
        interest.comments |= !self.terms.iter().any(|term| term.add_interest(interest));
    }
}

fn term(word: &str, now: Moment, zone: &jiff::tz::TimeZone) -> Result<Term, String> {
    if let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
        return Ok(Term::Not(Box::new(term(rest, now, zone)?)));
    }
    let plain = |text: &str| text.trim_matches('"').to_lowercase();
    let (operator, rest) = split_operator(word);
    match operator.as_str() {
        "gift>" => {
            let number = rest.parse().map_err(|_| format!("gift>{rest}: write a number of coins, such as gift>100"))?;
            Ok(Term::GiftAbove(number))
        }
        "from:" => Ok(Term::From(plain(rest.trim_start_matches('@')))),
        "room:" => Ok(Term::Room(plain(rest.trim_start_matches('@')))),
        "badge:" => badge_term(rest).map(Term::Badge),
        "since:" => since(rest, now, zone).map(Term::Since),
        _ => match mistyped_operator(word, &OPERATORS) {
            Some(meant) => {
                let word = word.replace('"', "");
                Err(format!("{operator} is no operator: write {meant}, or \"{word}\" to look for it as it stands"))
            }
            None => Ok(Term::Words(plain(word))),
        },
    }
}

fn badge_term(badge: &str) -> Result<BadgeTerm, String> {
    let level = |text: &str| text.parse().ok();
    match badge.to_lowercase().as_str() {
        "host" | "h" => Ok(BadgeTerm::Host),
        "mod" | "moderator" | "m" => Ok(BadgeTerm::Moderator),
        "sub" | "subscriber" | "s" => Ok(BadgeTerm::Subscriber),
        "first" | "1" => Ok(BadgeTerm::First),
        other => {
            let gifter = other.strip_prefix('l').and_then(level).map(BadgeTerm::Gifter);
            let known = gifter.or_else(|| other.strip_prefix('t').and_then(level).map(BadgeTerm::Team));
            known.ok_or_else(|| format!("badge:{badge}: write host, mod, sub, first, or a level such as L20 or T5"))
        }
    }
}

fn since(time: &str, now: Moment, zone: &jiff::tz::TimeZone) -> Result<Timestamp, String> {
    let at = query_time(time, now, zone).map(Timestamp);
    at.ok_or_else(|| format!("since:{time}: write a time such as 5m, 2h or 19:40"))
}

fn regex(pattern: &str) -> Result<Regex, String> {
    /// A pattern that would take more is not meant for chats.
    const MOST_BYTES: usize = 1 << 20;
    let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(MOST_BYTES).build();
    built.map_err(|error| format!("/{pattern}/: {error}"))
}

impl Term {
    /// Adds the comments that can fit; false where those are all.
    fn add_interest(&self, interest: &mut RowInterest) -> bool {
        let lower = |own: Option<u16>, level: u16| Some(own.map_or(level, |own| own.min(level)));
        match self {
            Self::Words(words) => {
                interest.words.push(words.clone());
                interest.names.push(words.clone());
            }
            Self::From(name) => interest.names.push(name.clone()),
            Self::Badge(BadgeTerm::Host) => interest.hosts = true,
            Self::Badge(BadgeTerm::Subscriber) => interest.subscribers = true,
            Self::Badge(BadgeTerm::First) => interest.firsts = true,
            Self::Badge(BadgeTerm::Gifter(level)) => interest.gifters_from = lower(interest.gifters_from, *level),
            Self::Badge(BadgeTerm::Team(level)) => interest.team_from = lower(interest.team_from, *level),
            // What moderators say comes always, and a gift is no comment.
            Self::Badge(BadgeTerm::Moderator) | Self::GiftAbove(_) => {}
            Self::Since(_) | Self::Room(_) | Self::Regex(_) | Self::Not(_) => return false,
        }
        true
    }

    fn fits(&self, entry: &LogEntry, room: &str) -> bool {
        let person = entry.line.person();
        match self {
            Self::Words(words) => {
                said(&entry.line).is_some_and(|said| said.to_lowercase().contains(words))
                    || person.is_some_and(|person| is_called(person, words))
            }
            Self::From(name) => person.is_some_and(|person| is_called(person, name)),
            Self::Badge(badge) => person.is_some_and(|person| badge.fits(person, &entry.line)),
            Self::GiftAbove(coins) => match &entry.line {
                LogLine::Gift { gift, count, .. } => {
                    gift.diamonds.is_some_and(|price| price.saturating_mul(*count) > *coins)
                }
                _ => false,
            },
            Self::Since(time) => entry.at.wall >= *time,
            Self::Room(name) => room.to_lowercase().contains(name),
            Self::Regex(regex) => said(&entry.line).is_some_and(|said| regex.is_match(said)),
            Self::Not(term) => !term.fits(entry, room),
        }
    }
}

impl BadgeTerm {
    fn fits(self, person: &Viewer, line: &LogLine) -> bool {
        match self {
            Self::Host => person.host,
            Self::Moderator => person.moderator,
            Self::Subscriber => person.subscriber,
            Self::First => matches!(line, LogLine::Chat { first: true, .. }),
            Self::Gifter(level) => person.gifter_level >= level,
            Self::Team(level) => person.team_level >= level,
        }
    }
}

fn is_called(person: &Viewer, name: &str) -> bool {
    [&person.nickname, &person.unique_id].into_iter().any(|own| own.as_str().to_lowercase().contains(name))
}

/// What a row says: words of people, the name of a gift, sentences of the service.
fn said(line: &LogLine) -> Option<&str> {
    match line {
        LogLine::Chat { text, .. }
        | LogLine::Question { text, .. }
        | LogLine::Pin { text, .. }
        | LogLine::Intro(text)
        | LogLine::Notice { text, .. }
        | LogLine::Barrage { text, .. }
        | LogLine::ServiceText { text, .. } => Some(text.as_str()),
        LogLine::Gift { gift, .. } => Some(gift.name.as_str()),
        LogLine::Gap(gap) => Some(gap.reason.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::events::GiftFacts;
    use rstest::rstest;

    const NOW: Moment = Moment { mono: 7_205_250, wall: Timestamp(1_793_302_205_250) };

    fn query(text: &str) -> Result<SearchQuery, String> {
        SearchQuery::parse(text, NOW, &jiff::tz::TimeZone::UTC)
    }

    fn mia() -> Arc<Viewer> {
        let (unique_id, nickname) = ("mia.k".into(), "Mia".into());
        Arc::new(Viewer { unique_id, nickname, moderator: true, gifter_level: 31, ..Viewer::default() })
    }

    #[rstest]
    #[case("hello", true)]
    #[case("HELLO there", true)]
    #[case("hello bye", false)]
    #[case("\"hello out\"", true)]
    #[case("\"out hello\"", false)]
    #[case("from:mia", true)]
    #[case("from:@mia.k hello", true)]
    #[case("From:MIA", true)]
    #[case("-re:zero -localhost:8080", true)]
    #[case("from:ben", false)]
    #[case("-from:ben", true)]
    #[case("badge:mod badge:L20", true)]
    #[case("badge:L40", false)]
    #[case("badge:sub", false)]
    #[case("badge:first", true)]
    #[case("since:5m", true)]
    #[case("since:1s", false)]
    #[case("room:ana", true)]
    #[case("room:ben", false)]
    #[case("/h.llo \\w+/", true)]
    #[case("/^there/", false)]
    #[case("gift>5", false)]
    fn a_comment_fits_or_not(#[case] text: &str, #[case] expected: bool) {
        let line = LogLine::Chat { from: mia(), text: "hello out there".into(), emotes: vec![], first: true };
        let entry = LogEntry { at: NOW - Duration::from_secs(30), ..LogEntry::of_line(line) };
        assert_eq!(query(text).unwrap().fits(&entry, "ana.live"), expected);
    }

    #[rstest]
    #[case("gift>100", true)]
    #[case("gift>500", false)]
    #[case("rose", true)]
    fn a_gift_fits_by_its_name_and_worth(#[case] text: &str, #[case] expected: bool) {
        let gift = Arc::new(GiftFacts { name: "Rose".into(), diamonds: Some(10), ..GiftFacts::default() });
        let line = LogLine::Gift { from: mia(), to: None, gift, count: 12, added: 12, running: false };
        assert_eq!(query(text).unwrap().fits(&LogEntry::of_line(line), "ana"), expected);
    }

    #[rstest]
    #[case("gift>many", "a number of coins")]
    #[case("form:mia", "form: is no operator: write from:, or \"form:mia\"")]
    #[case("-Form:mia", "write from:")]
    #[case("badge:king", "host, mod, sub")]
    #[case("since:yesterday", "5m, 2h or 19:40")]
    #[case("since:25:00", "5m, 2h or 19:40")]
    #[case("/(/", "/(/")]
    #[case("", "from:name")]
    fn what_cannot_be_read_is_explained(#[case] text: &str, #[case] expected: &str) {
        let told = query(text).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
}
