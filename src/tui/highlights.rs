//! Highlights: words and searches of the person's own that let a row stand out, in a colour and with a sound of its own where they
//! are set, and bring it into the inbox.

use std::collections::BTreeMap;

use ratatui::style::Color;

use super::search::SearchQuery;
use crate::clock::Moment;
use crate::config::NotifyWay;
use crate::room::{LogEntry, LogLine, RowInterest};

/// Rules that are kept; more would slow every comment down.
const MOST: usize = 500;
/// What makes a search of a text; without any of it the text is a word that somebody says.
const OPERATORS: [&str; 4] = ["from:", "badge:", "gift>", "room:"];

/// How what stands out looks and sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HighlightStyle {
    /// Its colour; nothing for that of all that stands out.
    pub(super) color: Option<Color>,
    /// How the terminal tells of it, also while somebody looks; nothing for what holds for the inbox.
    pub(super) way: Option<NotifyWay>,
}

impl HighlightStyle {
    /// The style in the words of the settings: `magenta bell`.
    pub(super) fn of(words: &str) -> Self {
        words.split_whitespace().fold(Self::default(), |style, word| match word.parse() {
            Ok(way) => Self { way: Some(way), ..style },
            Err(_) => Self { color: word.parse().ok().or(style.color), ..style },
        })
    }
}

/// The rules.
#[derive(Clone, Debug, Default)]
pub(super) struct HighlightRules {
    rules: Vec<(String, HighlightRule)>,
    /// Styles of rules, by their text.
    styles: BTreeMap<String, HighlightStyle>,
    /// Texts of those that were made on the screen.
    added: Vec<String>,
}

#[derive(Clone, Debug)]
enum HighlightRule {
    /// It is said; in small letters.
    Word(String),
    /// A row fits it.
    Search(SearchQuery),
}

impl HighlightRule {
    fn of(text: &str) -> Self {
        let is_search = text.starts_with('/') || OPERATORS.iter().any(|operator| text.contains(operator));
        let search = || SearchQuery::parse(text, Moment::default(), &jiff::tz::TimeZone::UTC).ok();
        match search().filter(|_| is_search) {
            Some(query) => Self::Search(query),
            None => Self::Word(text.to_lowercase()),
        }
    }
}

impl HighlightRules {
    /// The rules with these texts: a word, or a search such as `badge:L30`, `gift>500`, `badge:first`, `/regex/`. A text that has
    /// a style is a rule too.
    pub(super) fn new(texts: &[String], styles: BTreeMap<String, HighlightStyle>) -> Self {
        let styled = styles.keys().filter(|text| !texts.contains(text));
        let rules = texts.iter().chain(styled).take(MOST).map(|text| (text.clone(), HighlightRule::of(text)));
        Self { rules: rules.collect(), styles, added: Vec::new() }
    }

    /// Whether a row of the room of this name stands out.
    pub(super) fn hits(&self, entry: &LogEntry, room: &str) -> bool {
        self.style_of(entry, room).is_some()
    }

    /// How a row of the room of this name stands out; nothing where it does not. Of several rules one with a style goes first.
    pub(super) fn style_of(&self, entry: &LogEntry, room: &str) -> Option<HighlightStyle> {
        if self.rules.is_empty() {
            return None;
        }
        let said = match &entry.line {
            LogLine::Chat { text, .. } => text.as_str().to_lowercase(),
            _ => String::new(),
        };
        let mut hits = self.rules.iter().filter(|(_, rule)| match rule {
            HighlightRule::Word(word) => !said.is_empty() && said.contains(word),
            HighlightRule::Search(query) => query.fits(entry, room),
        });
        let first = hits.next()?;
        let styled = std::iter::once(first).chain(hits).find_map(|(text, _)| self.styles.get(text).copied());
        Some(styled.unwrap_or_default())
    }

    /// Adds to what is wanted of rooms that are not followed in full all that may stand out.
    pub(super) fn add_interest(&self, interest: &mut RowInterest) {
        for (_, rule) in &self.rules {
            match rule {
                HighlightRule::Word(word) => interest.words.push(word.clone()),
                HighlightRule::Search(query) => query.add_interest(interest),
            }
        }
    }

    /// Whether there is a rule of this text.
    pub(super) fn has(&self, text: &str) -> bool {
        self.rules.iter().any(|(own, _)| own == text)
    }

    /// Makes a rule of a text, or takes it away; whether it is there now.
    pub(super) fn toggle(&mut self, text: &str) -> bool {
        if self.has(text) {
            self.rules.retain(|(own, _)| own != text);
            self.added.retain(|own| own != text);
            return false;
        }
        if self.rules.len() >= MOST {
            self.rules.remove(0);
        }
        self.rules.push((text.to_owned(), HighlightRule::of(text)));
        self.added.push(text.to_owned());
        true
    }

    /// The rules that were made on the screen: what lasts.
    pub(super) fn added(&self) -> &[String] {
        &self.added
    }

    /// Takes over rules that were made on a screen of an earlier run.
    pub(super) fn add_all(&mut self, texts: Vec<String>) {
        for text in texts {
            if !self.has(&text) {
                self.toggle(&text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::events::Viewer;

    fn said(from: Viewer, text: &str, first: bool) -> LogEntry {
        LogEntry::of_line(LogLine::Chat { from: Arc::new(from), text: text.into(), emotes: vec![], first })
    }

    #[test]
    fn a_rule_is_a_word_or_a_search() {
        let mia = Viewer { nickname: "mia".into(), gifter_level: 31, ..Viewer::default() };
        let row = said(mia.clone(), "GIVEAWAY at nine: be there", false);
        for (rule, hits) in [
            ("giveaway", true),
            ("nine: be", true),
            ("tombola", false),
            ("badge:L30", true),
            ("badge:L40", false),
            ("badge:first", false),
            ("from:mia", true),
            ("room:ana", true),
            ("/give.*nine/", true),
            ("badge:wrong", false),
        ] {
            assert_eq!(HighlightRules::new(&[rule.to_owned()], none()).hits(&row, "ana.live"), hits, "{rule}");
        }
        assert!(HighlightRules::new(&["badge:first".to_owned()], none()).hits(&said(mia, "hello", true), ""));
    }

    fn none() -> BTreeMap<String, HighlightStyle> {
        BTreeMap::new()
    }

    #[test]
    fn a_rule_has_the_style_that_its_text_has_and_a_style_is_a_rule() {
        let styles = [("giveaway", "magenta bell"), ("badge:first", "green")];
        let styles = styles.map(|(text, words)| (text.to_owned(), HighlightStyle::of(words)));
        let rules = HighlightRules::new(&["soon".to_owned()], styles.into());
        let style = |text: &str, first| rules.style_of(&said(Viewer::default(), text, first), "ana");
        let bell = HighlightStyle { color: Some(Color::Magenta), way: Some(NotifyWay::Bell) };
        assert_eq!(style("giveaway soon", false), Some(bell));
        assert_eq!(style("soon", false), Some(HighlightStyle::default()));
        assert_eq!(style("hello", true), Some(HighlightStyle { color: Some(Color::Green), way: None }));
        assert_eq!(style("hello", false), None);
    }

    #[test]
    fn what_may_stand_out_is_asked_for_and_no_more_than_is_needed() {
        let asked = |rules: &[&str]| {
            let rules: Vec<_> = rules.iter().map(|rule| (*rule).to_owned()).collect();
            let mut interest = RowInterest::default();
            HighlightRules::new(&rules, none()).add_interest(&mut interest);
            interest
        };
        let few = asked(&[
            "Giveaway",
            "from:@Mia badge:L40",
            "badge:L30",
            "badge:L20 rose",
            "badge:sub",
            "gift>500",
            "badge:first",
        ]);
        assert!(!few.comments && few.subscribers && few.firsts && few.team_from.is_none());
        assert_eq!((few.gifters_from, few.names), (Some(20), vec!["mia".to_owned()]));
        assert_eq!(few.words, ["giveaway"]);
        for rule in ["/give.*/", "room:ana"] {
            assert!(asked(&[rule]).comments, "{rule} may fit any comment");
        }
        let mia = Viewer { nickname: "Mia".into(), gifter_level: 31, ..Viewer::default() };
        for (rule, wanted) in
            [("from:mia", true), ("from:ben", false), ("badge:L31", true), ("badge:L32", false), ("gift>5", false)]
        {
            assert_eq!(asked(&[rule]).wants(&said(mia.clone(), "hello", false)), wanted, "{rule}");
        }
    }

    #[test]
    fn rules_made_on_the_screen_last_and_those_of_the_settings_are_not_kept_twice() {
        let mut rules = HighlightRules::new(&["giveaway".to_owned()], none());
        assert!(rules.toggle("tombola"));
        rules.add_all(vec!["giveaway".to_owned(), "tombola".to_owned(), "raffle".to_owned()]);
        assert_eq!(rules.added(), ["tombola", "raffle"]);
        assert!(!rules.toggle("tombola") && !rules.has("tombola"));
    }
}
