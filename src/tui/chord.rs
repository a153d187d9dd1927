//! Chord: one key press with its modifiers, as the config and the help write it: `ctrl-c`, `G`, `pgup`, `alt-enter`, `?`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::text::excerpt;

/// A key press. Shift is part of the character (`G`), never a modifier of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Why a text is no chord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a key: write a character or a name such as enter, tab, pgup, f5, with ctrl-, alt- or shift- before it"
)]
pub(super) struct ChordError(String);

/// Keys without a character, by name. The first name of a key is the one that is printed.
const NAMES: [(&str, KeyCode); 19] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("minus", KeyCode::Char('-')),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)];

impl Chord {
    /// The one form of each key press: terminals report the same one in several ways.
    fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match code {
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::Char(c.to_ascii_uppercase()),
            code => code,
        };
        if matches!(code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        Self { code, modifiers }
    }

    /// Whether it writes a character, so that a text input wants it.
    pub(super) fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// The letter of another script that it writes: on a layout of another language that is a key pressed for its place.
    pub(super) fn foreign_letter(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !c.is_ascii() && self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The chord as an event, for whoever plays keys back.
    pub(super) fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The chord as people write it: `Ctrl-C`, `PgUp`, `Esc`, `a`.
    pub(super) fn label(self) -> String {
        let name = self.to_string();
        if name.chars().count() == 1 {
            return name;
        }
        if name == "minus" {
            return "-".to_owned();
        }
        name.split('-')
            .map(|part| match part {
                "pgup" => "PgUp".to_owned(),
                "pgdn" => "PgDn".to_owned(),
                "backtab" => "Shift-Tab".to_owned(),
                part => part.chars().take(1).flat_map(char::to_uppercase).chain(part.chars().skip(1)).collect(),
            })
            .collect::<Vec<_>>()
            .join("-")
    }
}

impl From<KeyEvent> for Chord {
    fn from(key: KeyEvent) -> Self {
        Self::new(key.code, key.modifiers)
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text.trim_ascii();
        while let Some((name, modifier)) = MODIFIERS
            .iter()
            .find(|(name, _)| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
        {
            modifiers |= *modifier;
            rest = rest.get(name.len()..).unwrap_or_default();
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != '-' && c != ' ' => Some(KeyCode::Char(c)),
            (Some('f' | 'F'), Some(_)) if rest.len() <= 3 => {
                rest.get(1..).and_then(|n| n.parse().ok()).filter(|n| (1..=24).contains(n)).map(KeyCode::F)
            }
            _ => NAMES.iter().find(|(name, _)| rest.eq_ignore_ascii_case(name)).map(|(_, code)| *code),
        };
        code.map(|code| Self::new(code, modifiers)).ok_or_else(|| ChordError(excerpt(text, 40)))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, modifier) in MODIFIERS {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (KeyCode::Char(c), None) => write!(f, "{c}"),
            (KeyCode::F(n), None) => write!(f, "f{n}"),
            (other, None) => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("ctrl-c", "ctrl-c")]
    #[case("Ctrl-C", "ctrl-c")]
    #[case("G", "G")]
    #[case("shift-g", "G")]
    #[case("shift-tab", "backtab")]
    #[case("PageUp", "pgup")]
    #[case("alt-ctrl-x", "ctrl-alt-x")]
    #[case("F5", "f5")]
    #[case("f", "f")]
    #[case("?", "?")]
    #[case("minus", "minus")]
    fn a_chord_has_one_spelling(#[case] typed: &str, #[case] printed: &str) {
        assert_eq!(typed.parse::<Chord>().unwrap().to_string(), printed);
    }

    #[rstest]
    #[case("")]
    #[case("ctrl-")]
    #[case("hyper-x")]
    #[case("ctrl c")]
    #[case("f99")]
    #[case("\u{1b}[A")]
    fn what_is_no_chord_is_refused_in_words(#[case] typed: &str) {
        let error = typed.parse::<Chord>().unwrap_err().to_string();
        assert!(error.contains("is not a key") && !error.contains('\u{1b}'), "{error}");
    }

    #[rstest]
    #[case("ctrl-c", "Ctrl-C")]
    #[case("pgup", "PgUp")]
    #[case("a", "a")]
    #[case("backtab", "Shift-Tab")]
    fn labels_are_for_people(#[case] chord: &str, #[case] label: &str) {
        assert_eq!(chord.parse::<Chord>().unwrap().label(), label);
    }

    fn any_code() -> impl Strategy<Value = KeyCode> {
        prop_oneof![
            any::<char>().prop_filter("visible", |c| !c.is_control()).prop_map(KeyCode::Char),
            (1u8..=24).prop_map(KeyCode::F),
            proptest::sample::select(NAMES.map(|(_, code)| code).to_vec()),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(code in any_code(), bits in 0u8..8) {
            let chord = Chord::new(code, KeyModifiers::from_bits_truncate(bits));
            prop_assert_eq!(chord.to_string().parse::<Chord>(), Ok(chord));
        }
    }
}
