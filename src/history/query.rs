//! Query over what was said and given: words, and operators such as `from:mia`, `room:ana`, `kind:gift`, `since:3d`.

use std::time::Duration;

use super::batch::LineKind;
use super::chat_file::kind_named;
use super::words;
use crate::clock::{Moment, Timestamp};

/// What is looked for; a line has to fit all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// As it was typed.
    pub text: String,
    /// What the index is asked for; empty for everything.
    pub(super) matching: String,
    /// A word of it stands for all that begin so.
    pub(super) is_open: bool,
    /// The words themselves, for the names of gifts; and those that are not to be in them.
    pub(super) words: Vec<String>,
    pub(super) unwanted: Vec<String>,
    /// Handles or parts of names.
    pub(super) from: Vec<String>,
    /// Handles or parts of names of hosts.
    pub(super) room: Vec<String>,
    /// Only these kinds of lines; empty for all.
    pub(super) kinds: Vec<LineKind>,
    /// Gifts alone are looked for, also by a part of their name, unless kinds of lines are named too.
    pub(super) gifts: bool,
    /// Gifts of more than so many coins.
    pub(super) gift_above: Option<u64>,
    /// At this time or later.
    pub(super) since: Option<i64>,
    /// Before this time.
    pub(super) before: Option<i64>,
}

/// The operators, each with the sign that ends it.
const OPERATORS: [&str; 8] = ["from:", "room:", "kind:", "since:", "before:", "until:", "gift>", "badge:"];
/// The same for whoever knows none.
const OPERATORS_IN_WORDS: &str = "from:name, room:name, kind:chat (emote, question, gift), gift>100, since:3d, since:19:40 or \
    since:2026-11-20, before:…, \"a phrase\", begin*, -word";

impl HistoryQuery {
    /// Reads what was typed; a sentence where it cannot be.
    pub fn parse(text: &str, now: Moment, zone: &jiff::tz::TimeZone) -> Result<Self, String> {
        let mut query = Self { text: text.trim().to_owned(), ..Self::default() };
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for word in query_words(text) {
            query.term(word, now, zone, &mut wanted, &mut unwanted)?;
        }
        if query.text.len() > 1 && query.text.starts_with('/') {
            return Err(format!(
                "{}: a pattern is looked for in the rooms that are open, not in the history",
                query.text
            ));
        }
        if query.text.is_empty() {
            return Err(format!("type words, or {OPERATORS_IN_WORDS}"));
        }
        if wanted.is_empty() && !unwanted.is_empty() && !query.is_of_gifts() {
            return Err(format!("-{}: write a word to look for beside it", unwanted.join(" -")));
        }
        query.matching = wanted.join(" AND ");
        if !wanted.is_empty() {
            for word in unwanted {
                query.matching = format!("({}) NOT {word}", query.matching);
            }
        }
        Ok(query)
    }

    /// Whether lines are no answer to it.
    pub(super) fn is_of_gifts(&self) -> bool {
        self.gifts && self.kinds.is_empty()
    }

    /// Whether gifts are an answer to it: where they are asked for, and where words are that may be in their names.
    pub(super) fn has_gifts(&self) -> bool {
        self.gifts || (self.kinds.is_empty() && !self.words.is_empty())
    }

    /// All that is kept, newest first.
    pub fn everything() -> Self {
        Self::default()
    }

    /// The same for what one person said.
    pub fn of_person(handle: &str) -> Self {
        Self { from: vec![handle.to_lowercase()], ..Self::default() }
    }

    /// The time before which is looked, where one was typed.
    pub fn before(&self) -> Option<i64> {
        self.before
    }

    fn term(
        &mut self,
        word: &str,
        now: Moment,
        zone: &jiff::tz::TimeZone,
        wanted: &mut Vec<String>,
        unwanted: &mut Vec<String>,
    ) -> Result<(), String> {
        let plain = |text: &str| text.replace('"', "");
        let name = |text: &str| plain(text).trim_start_matches('@').to_lowercase();
        let (is_unwanted, bare) = match word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let (operator, rest) = split_operator(bare);
        if is_unwanted && OPERATORS.contains(&operator.as_str()) {
            return Err(format!("-{operator}: only words can be left out of what is looked for in the history"));
        }
        match (operator.as_str(), rest) {
            ("gift>", coins) => {
                let number =
                    coins.parse().map_err(|_| format!("gift>{coins}: write a number of coins, such as gift>100"))?;
                (self.gifts, self.gift_above) = (true, Some(number));
            }
            ("badge:", _) => {
                return Err(format!("{word}: badges are known of the rooms that are open, not in the history"));
            }
            ("from:", who) if !who.is_empty() => self.from.push(name(who)),
            ("room:", who) if !who.is_empty() => self.room.push(name(who)),
            ("kind:", kind) => match kind.to_lowercase().as_str() {
                "gift" | "gifts" => self.gifts = true,
                kind => {
                    let known =
                        kind_named(kind).ok_or_else(|| format!("kind:{kind}: write chat, emote, question or gift"))?;
                    self.kinds.push(known);
                }
            },
            ("since:", time) => {
                self.since = Some(query_time(time, now, zone).ok_or_else(|| wrong_time("since", time))?);
            }
            ("before:" | "until:", time) => {
                self.before = Some(query_time(time, now, zone).ok_or_else(|| wrong_time("before", time))?);
            }
            _ => {
                if let Some(meant) = mistyped_operator(bare, &OPERATORS) {
                    let minus = if is_unwanted { "-" } else { "" };
                    let word = plain(bare);
                    return Err(format!(
                        "{minus}{operator} is no operator: write {meant}, or {minus}\"{word}\" to look for it as it stands"
                    ));
                }
                let (phrases, words) =
                    if is_unwanted { (unwanted, &mut self.unwanted) } else { (wanted, &mut self.words) };
                let (word, open) = bare.strip_suffix('*').map_or((bare, false), |word| (word, true));
                self.is_open |= open;
                let word = plain(word);
                if !words::is_findable(&word) {
                    return Err(format!("'{word}' has no letter, digit or emoji that could be looked for"));
                }
                phrases.push(words::phrase(&word, open));
                words.push(word);
            }
        }
        Ok(())
    }
}

/// An operator with its sign, in lower case, and what stands behind it; no operator where there is no sign.
pub fn split_operator(word: &str) -> (String, &str) {
    match word.find([':', '>']) {
        Some(sign) => {
            let (operator, rest) = word.split_at(sign + 1);
            (operator.to_lowercase(), rest)
        }
        None => (String::new(), word),
    }
}

/// The operator that a word was meant to begin with, where that is near to one of `known`: each with the sign that ends it. What is
/// near to none is a word, as addresses, times, faces and titles are.
pub fn mistyped_operator<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let (operator, rest) = split_operator(word.strip_prefix('-').unwrap_or(word));
    let typed = operator.strip_suffix([':', '>'])?;
    let begins = |c: char| c.is_alphanumeric() || matches!(c, '@' | '"');
    if typed.len() < 2 || !typed.chars().all(char::is_alphabetic) || !rest.starts_with(begins) {
        return None;
    }
    let near = |known: &&'k str| {
        let name = known.trim_end_matches([':', '>']);
        // Of a short word every second one is two letters away.
        let most = if name.len() > 5 { 2 } else { 1 };
        let slips = strsim::damerau_levenshtein(name, typed);
        (slips <= most && **known != operator).then_some((slips, *known))
    };
    known.iter().filter_map(near).min_by_key(|(slips, _)| *slips).map(|(_, known)| known)
}

fn wrong_time(operator: &str, time: &str) -> String {
    format!("{operator}:{time}: write a time such as 5m, 2h, 3d, 19:40 or 2026-11-20")
}

/// `5m`, `2h`, `3d`, `4w`; a day; a time of day, the last one of it; an RFC 3339 time.
pub fn query_time(time: &str, now: Moment, zone: &jiff::tz::TimeZone) -> Option<i64> {
    let here = now.wall.to_jiff().to_zoned(zone.clone());
    if let Ok(date) = time.parse::<jiff::civil::Date>()
        && time.len() == 10
    {
        return Some(date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    }
    if time.contains('-') {
        if let Ok(at) = time.parse::<jiff::Timestamp>() {
            return Some(at.as_millisecond());
        }
        let at: jiff::civil::DateTime = time.parse().ok()?;
        return Some(at.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond());
    }
    if let Some((hour, minute)) = time.split_once(':') {
        let (hour, minute): (i8, i8) = hour.parse().ok().zip(minute.parse().ok())?;
        let there = here.with().hour(hour).minute(minute).second(0).subsec_nanosecond(0).build().ok()?;
        let at = Timestamp(there.timestamp().as_millisecond());
        return Some(if at > now.wall { at.0 - 86_400_000 } else { at.0 });
    }
    let digits = time.find(|c: char| !c.is_ascii_digit()).unwrap_or(time.len());
    let (count, unit) = time.split_at(digits);
    let count: u64 = count.parse().ok()?;
    let seconds = match unit {
        "s" => 1,
        "m" | "min" | "" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    Some((now - Duration::from_secs(count.saturating_mul(seconds))).wall.0)
}

/// Words, of which one in quotes may hold blanks: `from:"ana b"`, `"good night"`.
pub fn query_words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut quoted = false;
        let end = rest.find(|c: char| {
            quoted ^= c == '"';
            c == ' ' && !quoted
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const NOW: Moment = Moment { mono: 7_205_250, wall: Timestamp(1_793_302_205_250) };

    fn query(text: &str) -> Result<HistoryQuery, String> {
        HistoryQuery::parse(text, NOW, &jiff::tz::TimeZone::UTC)
    }

    #[rstest]
    #[case("hello there", "\"hello\" AND \"there\"")]
    #[case("\"good night\" hel*", "\"good night\" AND \"hel\"*")]
    #[case("日本 -bye", "(\"日  本\") NOT \"bye\"")]
    #[case("from:ana", "")]
    #[case("at 12:30", "\"at\" AND \"12:30\"")]
    #[case("\"form:anna\"", "\"form:anna\"")]
    #[case("https://a.example", "\"https://a.example\"")]
    #[case("localhost:8080", "\"localhost:8080\"")]
    #[case("re:zero", "\"re:zero\"")]
    #[case("colour:blue", "\"colour:blue\"")]
    #[case("hi -re:zero", "(\"hi\") NOT \"re:zero\"")]
    #[case("hi -\"form:anna\"", "(\"hi\") NOT \"form:anna\"")]
    #[case("kind:gift -cub", "")]
    fn words_become_what_the_index_is_asked(#[case] text: &str, #[case] matching: &str) {
        assert_eq!(query(text).unwrap().matching, matching);
    }

    #[test]
    fn the_case_of_an_operator_says_nothing_and_what_is_unwanted_is_not_wanted() {
        let read = query("From:Mia KIND:Gift GIFT>9 lion -cub").unwrap();
        assert_eq!((read.from, read.gifts, read.gift_above), (vec!["mia".to_owned()], true, Some(9)));
        assert_eq!((read.words, read.unwanted), (vec!["lion".to_owned()], vec!["cub".to_owned()]));
    }

    #[test]
    fn operators_are_read() {
        let query = query("from:@Mia.K room:ana kind:question since:1h before:2026-10-31 gift>99").unwrap();
        assert_eq!((query.from, query.room), (vec!["mia.k".to_owned()], vec!["ana".to_owned()]));
        assert_eq!((query.kinds, query.gifts, query.gift_above), (vec![LineKind::Question], true, Some(99)));
        assert_eq!(query.since, Some(NOW.wall.0 - 3_600_000));
        assert_eq!(query.before.map(|at| Timestamp(at).rfc3339()).as_deref(), Some("2026-10-31T00:00:00.000Z"));
    }

    #[rstest]
    #[case("gift>many", "a number of coins")]
    #[case("kind:dance", "chat, emote, question or gift")]
    #[case("form:anna", "form: is no operator: write from:, or \"form:anna\" to look for it as it stands")]
    #[case("Form:anna", "form: is no operator: write from:, or \"Form:anna\"")]
    #[case("hi -form:anna", "-form: is no operator: write from:, or -\"form:anna\"")]
    #[case("form:\"ana b\"", "write from:")]
    #[case("befroe:3d", "write before:")]
    #[case("gift:100", "gift: is no operator: write gift>")]
    #[case("gifts>100", "gifts> is no operator: write gift>")]
    #[case("hi -From:ben", "only words")]
    #[case("hi -since:3d", "only words")]
    #[case("since:yesterday", "2026-11-20")]
    #[case("before:99:99", "19:40")]
    #[case("-bye", "a word to look for")]
    #[case("hi -from:ben", "only words")]
    #[case("badge:mod", "not in the history")]
    #[case("/h.llo/", "not in the history")]
    #[case("?!", "no letter")]
    #[case("", "from:name")]
    fn what_cannot_be_read_is_explained(#[case] text: &str, #[case] expected: &str) {
        let told = query(text).unwrap_err();
        assert!(told.contains(expected), "{told}");
    }
}
