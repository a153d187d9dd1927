//! Keymap, chords to actions and back: the table of actions with the person's own keys laid over it.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::action::{Action, KeyContext};
use super::chord::Chord;
use crate::config::Keys;

/// What every chord does, context by context.
#[derive(Clone, Debug)]
pub(super) struct Keymap {
    chords: HashMap<Action, Vec<Chord>>,
}

impl Keymap {
    /// The built-in keys with `keys` over them; every mistake in `keys` as a sentence.
    pub(super) fn new(keys: &Keys) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut chords: HashMap<Action, Vec<Chord>> = Action::ALL
            .iter()
            .map(|&action| (action, action.default_keys().filter_map(|key| key.parse().ok()).collect()))
            .collect();
        for (name, own) in keys {
            let Some(&action) = Action::ALL.iter().find(|action| action.name() == name) else {
                problems.push(unknown_action(name));
                continue;
            };
            let parsed = own.iter().filter_map(|key| {
                key.parse::<Chord>().map_err(|error| problems.push(format!("keys.{}: {error}", action.name()))).ok()
            });
            let parsed: Vec<Chord> = parsed.collect();
            release(&mut chords, action, &parsed, keys);
            chords.insert(action, parsed);
        }
        let keymap = Self { chords };
        keymap.conflicts(&mut problems);
        if keymap.chords_of(Action::Quit).is_empty() && keymap.chords_of(Action::QuitNow).is_empty() {
            problems.push("keys: neither quit nor quit_now has a key, so there would be no way out".into());
        }
        if problems.is_empty() { Ok(keymap) } else { Err(problems) }
    }

    /// The action of a chord among the `open` contexts, and which of the action's chords it is, from 0.
    pub(super) fn action(&self, chord: Chord, open: &[KeyContext]) -> Option<(Action, usize)> {
        Action::ALL
            .iter()
            .filter(|action| open.contains(&action.context()))
            .find_map(|&action| self.chords_of(action).iter().position(|&own| own == chord).map(|nth| (action, nth)))
    }

    /// The chords of an action; the first is the one that hints show.
    pub(super) fn chords_of(&self, action: Action) -> &[Chord] {
        self.chords.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first chord of an action as people write it; nothing when it has none.
    pub(super) fn label(&self, action: Action) -> Option<String> {
        self.chords_of(action).first().map(|chord| chord.label())
    }

    /// All chords of an action as people write them.
    pub(super) fn labels(&self, action: Action) -> String {
        match self.chords_of(action) {
            [first, .., last] if action == Action::SelectRoom => format!("{} … {}", first.label(), last.label()),
            chords => chords.iter().map(|chord| chord.label()).collect::<Vec<_>>().join(" "),
        }
    }

    fn conflicts(&self, problems: &mut Vec<String>) {
        for (at, &one) in Action::ALL.iter().enumerate() {
            for &other in Action::ALL.iter().skip(at + 1).filter(|other| one.context().overlaps(other.context())) {
                for chord in self.chords_of(one).iter().filter(|chord| self.chords_of(other).contains(chord)) {
                    problems.push(format!(
                        "keys: '{chord}' is bound to both {} and {}; give one of them another key",
                        one.name(),
                        other.name()
                    ));
                }
            }
        }
    }
}

/// A key that a person gives to one action is taken from the built-in keys of the others; only two wishes of their own collide.
fn release(chords: &mut HashMap<Action, Vec<Chord>>, taker: Action, chosen: &[Chord], keys: &Keys) {
    for (&action, own) in chords.iter_mut() {
        if action != taker && taker.context().overlaps(action.context()) && !keys.contains_key(action.name()) {
            own.retain(|chord| !chosen.contains(chord));
        }
    }
}

fn unknown_action(name: &str) -> String {
    let name = crate::text::excerpt(name, 40);
    let distance = strsim::levenshtein;
    let nearest = Action::ALL.iter().map(|action| action.name()).min_by_key(|known| distance(&name, known));
    match nearest.filter(|known| distance(&name, known) <= 1 + known.len() / 3) {
        Some(known) => format!("keys.{name}: there is no such action; did you mean '{known}'?"),
        None => format!("keys.{name}: there is no such action; `?` in the dashboard lists them all"),
    }
}

/// Whether these keys can be: every mistake as a sentence, for `config check`.
pub fn check_keys(keys: &Keys) -> Result<(), Vec<String>> {
    Keymap::new(keys).map(drop)
}

/// All keys with `keys` over the built-in ones, a line an action: keys, what it does, its name in the config. Every mistake
/// in `keys` as a sentence.
pub fn keys_table(keys: &Keys) -> Result<String, Vec<String>> {
    let keymap = Keymap::new(keys)?;
    let labels = Action::ALL.iter().map(|&action| keymap.labels(action));
    let wide = labels.map(|labels| crate::text::width(&labels)).max().unwrap_or(0);
    let name = Action::ALL.iter().map(|action| action.name().len()).max().unwrap_or(0);
    let mut table = String::new();
    for &action in Action::ALL {
        let labels = keymap.labels(action);
        let pad = " ".repeat(wide - crate::text::width(&labels));
        let _ = writeln!(table, "{labels}{pad}  {:name$}  {}", action.name(), action.help());
    }
    Ok(table)
}

/// The built-in keys as a Markdown table, for the README.
pub fn keys_markdown() -> String {
    let mut table = String::from("| key | what it does | name in `[keys]` |\n|---|---|---|\n");
    for action in Action::ALL {
        let keys: Vec<String> = match action {
            Action::SelectRoom => vec!["`1` … `9` `0`".into()],
            action => {
                let chords = action.default_keys().filter_map(|key| key.parse::<Chord>().ok());
                chords.map(|chord| format!("`{}`", chord.label())).collect()
            }
        };
        let _ = writeln!(table, "| {} | {} | `{}` |", keys.join(" "), action.help(), action.name());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn keys(rows: &[(&str, &[&str])]) -> Keys {
        rows.iter().map(|(name, chords)| ((*name).into(), chords.iter().map(|&chord| chord.into()).collect())).collect()
    }

    #[test]
    fn the_built_in_keys_parse_and_do_not_collide() {
        let keymap = Keymap::new(&Keys::new()).unwrap();
        for &action in Action::ALL {
            assert_eq!(keymap.chords_of(action).len(), action.default_keys().count(), "{}", action.name());
        }
    }

    #[test]
    fn names_are_unique_and_every_action_is_explained() {
        let mut names: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Action::ALL.len());
        assert!(Action::ALL.iter().all(|action| !action.help().is_empty()));
    }

    #[rstest]
    #[case(&[("recrod", &["r"][..])], "did you mean 'record'")]
    #[case(&[("launch_rockets", &["r"][..])], "no such action")]
    #[case(&[("record", &["ctrl+r"][..])], "is not a key")]
    #[case(&[("record", &["f2"][..]), ("retry", &["f2"][..])], "'f2' is bound to both record and retry")]
    #[case(&[("quit", &[][..]), ("quit_now", &[][..])], "no way out")]
    fn a_wrong_key_is_named_in_words(#[case] rows: &[(&str, &[&str])], #[case] expected: &str) {
        let problems = Keymap::new(&keys(rows)).unwrap_err().join("\n");
        assert!(problems.contains(expected), "{problems}");
    }

    #[test]
    fn a_key_of_ones_own_is_taken_from_the_built_in_ones() {
        let keymap = Keymap::new(&keys(&[("record", &["q"]), ("quit", &["Q"])])).unwrap();
        let screen = [KeyContext::Always, KeyContext::Screen, KeyContext::Live];
        assert_eq!(keymap.action("q".parse().unwrap(), &screen), Some((Action::Record, 0)));
        assert_eq!(keymap.action("Q".parse().unwrap(), &screen), Some((Action::Quit, 0)));
    }

    #[test]
    fn the_table_has_the_keys_of_the_person() {
        let table = keys_table(&keys(&[("record", &["f2"])])).unwrap();
        assert!(table.lines().any(|line| line.starts_with("F2 ") && line.contains(" record ")), "{table}");
        assert_eq!(table.lines().count(), Action::ALL.len());
        assert!(keys_table(&keys(&[("recrod", &["r"])])).is_err());
    }

    #[test]
    fn the_same_chord_may_mean_something_else_in_a_popup() {
        let keymap = Keymap::new(&Keys::new()).unwrap();
        let q = "q".parse().unwrap();
        assert_eq!(keymap.action(q, &[KeyContext::Screen]).unwrap().0, Action::Quit);
        assert_eq!(keymap.action(q, &[KeyContext::Popup]).unwrap().0, Action::Cancel);
        assert_eq!(keymap.action("3".parse().unwrap(), &[KeyContext::Screen]), Some((Action::SelectRoom, 2)));
    }
}
