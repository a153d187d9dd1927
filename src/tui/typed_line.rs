//! Line of text that is typed. What stood there before may be selected: the first character that is typed takes its place, and a key
//! that moves keeps it.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::chord::Chord;

/// Bytes that may be typed or pasted: links are longer than names.
const LONGEST: usize = 300;

/// A line of text that is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct TypedLine {
    input: Input,
    is_selected: bool,
}

impl From<String> for TypedLine {
    fn from(text: String) -> Self {
        Self { input: Input::from(text), is_selected: false }
    }
}

impl TypedLine {
    /// A line with a text that was typed before, selected.
    pub(super) fn selected(text: String) -> Self {
        Self { is_selected: !text.is_empty(), input: Input::from(text) }
    }

    /// What stands there.
    pub(super) fn value(&self) -> &str {
        self.input.value()
    }

    /// Whether what stands there is replaced by what is typed.
    pub(super) fn is_selected(&self) -> bool {
        self.is_selected
    }

    /// The line as it is drawn.
    pub(super) fn input(&self) -> &Input {
        &self.input
    }

    /// A key that is no command.
    pub(super) fn press(&mut self, key: KeyEvent) {
        let is_text = Chord::from(key).is_text();
        let replaces = is_text || matches!(key.code, KeyCode::Backspace | KeyCode::Delete);
        if std::mem::take(&mut self.is_selected) && replaces {
            self.input.reset();
            if !is_text {
                return;
            }
        }
        if !is_text || self.has_room() {
            self.input.handle_event(&Event::Key(key));
        }
    }

    /// A text that is put in at once.
    pub(super) fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.is_selected) {
            self.input.reset();
        }
        for c in text.chars() {
            if self.has_room() {
                self.input.handle(InputRequest::InsertChar(c));
            }
        }
    }

    fn has_room(&self) -> bool {
        self.input.value().len() < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&["x"], "x")]
    #[case(&["x", "y"], "xy")]
    #[case(&["end", "x"], "oldx")]
    #[case(&["left", "x"], "olxd")]
    #[case(&["home", "x"], "xold")]
    #[case(&["backspace"], "")]
    #[case(&["delete", "x"], "x")]
    #[case(&["end", "backspace"], "ol")]
    fn what_is_typed_replaces_what_is_selected_and_a_move_keeps_it(#[case] keys: &[&str], #[case] expected: &str) {
        let mut line = TypedLine::selected("old".to_owned());
        for key in keys {
            line.press(key.parse::<Chord>().unwrap().event());
        }
        assert_eq!((line.value(), line.is_selected()), (expected, false));
    }

    #[test]
    fn what_is_pasted_replaces_it_too_and_nothing_is_no_selection() {
        let mut line = TypedLine::selected("old".to_owned());
        line.insert("new words");
        assert_eq!((line.value(), line.is_selected()), ("new words", false));
        assert!(!TypedLine::selected(String::new()).is_selected());
    }
}
