//! Rule of a hook: which events it is called on. Pure; what was seen before is its only memory.

use std::collections::{HashMap, HashSet};

use super::occasion::Occasion;
use crate::config::HookSettings;
use crate::events::EventKind;
use crate::ids::Target;

/// People remembered of a room for "the first time"; beyond it nobody is new.
const MAX_SEEN: usize = 65_536;

/// A rule, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    kinds: Vec<String>,
    rooms: Vec<Target>,
    min_coins: u64,
    words: Vec<String>,
    first_time: bool,
    once_a_streak: bool,
    /// Who was met, by room.
    seen: HashMap<String, HashSet<String>>,
}

impl Rule {
    /// The rule as the settings say it; or what is wrong with it, in one sentence.
    pub(super) fn new(hook: &HookSettings) -> Result<Self, String> {
        for kind in &hook.kinds {
            if !EventKind::TYPE_NAMES.contains(&kind.as_str()) {
                let near = EventKind::TYPE_NAMES
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(kind, a).total_cmp(&strsim::jaro_winkler(kind, b)));
                let near = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
                return Err(format!("there are no events of the kind '{}'{near}", crate::text::printable(kind)));
            }
        }
        let rooms = hook.rooms.iter().map(|room| room.parse::<Target>()).collect::<Result<_, _>>();
        Ok(Self {
            kinds: hook.kinds.clone(),
            rooms: rooms.map_err(|error| error.to_string())?,
            min_coins: hook.min_coins,
            words: hook.words.iter().map(|word| word.trim().to_lowercase()).collect(),
            first_time: hook.first_time,
            once_a_streak: hook.once_a_streak,
            seen: HashMap::new(),
        })
    }

    /// Whether events of this kind can concern it at all.
    pub(super) fn wants(&self, kind: &str) -> bool {
        // Without kinds it is about what the service says; our own changes of phase are asked for by name.
        if self.kinds.is_empty() {
            !matches!(kind, "state" | "info" | "unknown")
        } else {
            self.kinds.iter().any(|wanted| wanted == kind)
        }
    }

    /// Whether the hook is to be called. Backlog of entry never calls, but is remembered: who stands in it is not new.
    pub(super) fn matches(&mut self, occasion: &Occasion) -> bool {
        if !self.wants(&occasion.kind) || !self.is_in_room(occasion) {
            return false;
        }
        if let Some(gift) = &occasion.gift {
            let is_step = gift.runs_on || gift.adds;
            if (self.once_a_streak && gift.runs_on) || (!self.once_a_streak && !is_step) {
                return false;
            }
        }
        if self.min_coins > 0 && occasion.coins.is_none_or(|coins| coins < self.min_coins) {
            return false;
        }
        if !self.words.is_empty() && !self.words.iter().any(|word| says(&occasion.text, word)) {
            return false;
        }
        let is_first = !self.first_time || self.is_first(occasion);
        is_first && !occasion.history
    }

    /// A new live of a room: everybody is new again.
    pub(super) fn begin_live(&mut self, room: &str) {
        self.seen.remove(room);
    }

    fn is_in_room(&self, occasion: &Occasion) -> bool {
        let name = occasion.room.trim_start_matches('@').to_lowercase();
        self.rooms.is_empty()
            || self.rooms.iter().any(|room| match room {
                Target::Host(host) => host.as_str() == name,
                Target::Room(id) => Some(*id) == occasion.room_id,
            })
    }

    fn is_first(&mut self, occasion: &Occasion) -> bool {
        let Some(person) = occasion.person.as_ref().filter(|person| !person.key().is_empty()) else { return false };
        let seen = self.seen.entry(occasion.room.clone()).or_default();
        seen.len() < MAX_SEEN && seen.insert(person.key().to_owned())
    }
}

/// Whether a text says a word, in whatever capitals: `rose` is in "A Rose!" and not in "prose".
fn says(text: &str, word: &str) -> bool {
    let text = text.to_lowercase();
    let is_part = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
    let (begins, ends) = (is_part(word.chars().next()), is_part(word.chars().next_back()));
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        let grows = (begins && is_part(before)) || (ends && is_part(after));
        !grows
    })
}

#[cfg(test)]
mod tests {
    use super::super::occasion::{HookGift, HookPerson};
    use super::*;
    use rstest::rstest;

    fn rule(change: impl FnOnce(&mut HookSettings)) -> Rule {
        let mut hook = HookSettings::default();
        change(&mut hook);
        Rule::new(&hook).unwrap()
    }

    fn chat(person: &str, text: &str) -> Occasion {
        Occasion {
            kind: "chat".into(),
            room: "@Ana.live".into(),
            person: Some(HookPerson { id: person.into(), ..HookPerson::default() }),
            text: text.into(),
            ..Occasion::default()
        }
    }

    fn gift(count: u64, coins: u64, runs_on: bool) -> Occasion {
        let gift = HookGift { count, runs_on, adds: true, ..HookGift::default() };
        Occasion { kind: "gift".into(), gift: Some(gift), coins: Some(coins), ..chat("1", "") }
    }

    #[rstest]
    #[case("A Rose!", "rose", true)]
    #[case("prose", "rose", false)]
    #[case("roses", "rose", false)]
    #[case("!tts hello", "!tts", true)]
    #[case("x!tts hello", "!tts", true)]
    #[case("!ttsx", "!tts", false)]
    #[case("ДА, хочу", "да", true)]
    #[case("", "rose", false)]
    fn a_word_is_a_whole_word(#[case] text: &str, #[case] word: &str, #[case] said: bool) {
        assert_eq!(says(text, word), said);
    }

    #[test]
    fn each_part_of_a_rule_narrows_it() {
        assert!(rule(|_| {}).matches(&chat("1", "hi")));
        assert!(!rule(|hook| hook.kinds = vec!["gift".into()]).matches(&chat("1", "hi")));
        assert!(rule(|hook| hook.rooms = vec!["@ana.live".into()]).matches(&chat("1", "hi")));
        assert!(!rule(|hook| hook.rooms = vec!["@ben".into()]).matches(&chat("1", "hi")));
        assert!(!rule(|hook| hook.words = vec!["giveaway".into()]).matches(&chat("1", "hi")));
        assert!(!rule(|hook| hook.min_coins = 1).matches(&chat("1", "hi")));
        assert!(!rule(|_| {}).matches(&Occasion { history: true, ..chat("1", "hi") }), "backlog never calls");
    }

    #[test]
    fn a_streak_counts_once_at_its_end_unless_each_step_is_wanted() {
        let (mut once, mut each) = (rule(|_| {}), rule(|hook| hook.once_a_streak = false));
        assert!(!once.matches(&gift(1, 5, true)) && each.matches(&gift(1, 5, true)));
        assert!(once.matches(&gift(3, 15, false)) && each.matches(&gift(3, 15, false)));
        let mut end = gift(3, 15, false);
        end.gift.as_mut().unwrap().adds = false;
        assert!(once.matches(&end) && !each.matches(&end), "an end that adds nothing is no step");
        let mut dear = rule(|hook| hook.min_coins = 15);
        assert!(!dear.matches(&gift(2, 10, false)) && dear.matches(&gift(3, 15, false)));
    }

    #[test]
    fn the_first_time_is_once_a_person_and_live() {
        let mut first = rule(|hook| hook.first_time = true);
        assert!(!first.matches(&Occasion { history: true, ..chat("9", "before") }));
        assert_eq!(["1", "1", "2", "9"].map(|person| first.matches(&chat(person, "hi"))), [true, false, true, false]);
        first.begin_live("@Ana.live");
        assert!(first.matches(&chat("1", "again")));
        assert!(!first.matches(&Occasion { person: None, ..chat("", "") }), "nobody is no newcomer");
    }

    #[test]
    fn a_kind_that_is_not_there_is_named_with_the_nearest() {
        let hook = HookSettings { kinds: vec!["gifts".into()], ..HookSettings::default() };
        assert_eq!(Rule::new(&hook).unwrap_err(), "there are no events of the kind 'gifts'; did you mean 'gift'?");
    }
}
