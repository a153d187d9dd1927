//! Source text of settings, and pointers into it that do not show what must stay hidden.

use std::ops::Range;

use super::error::Problem;
use crate::text::{Text, clip};

/// Columns of a line worth showing.
const SHOWN_COLUMNS: usize = 100;
/// Names under which people write down what belongs in the environment.
const SECRET_NAMES: [&str; 12] = [
    "key",
    "api_key",
    "apikey",
    "provider_key",
    "token",
    "secret",
    "password",
    "cookie",
    "cookies",
    "session_id",
    "sessionid",
    "sid",
];

/// One place settings come from.
pub(super) enum SettingsSource<'a> {
    /// A file.
    File {
        /// Its path, as shown.
        path: String,
        /// Its text.
        text: &'a str,
    },
    /// The key of one `--set`.
    Flag {
        /// `service.language` of `--set service.language=de`.
        key: &'a str,
    },
}

impl SettingsSource<'_> {
    /// A problem at `span`, with its line.
    pub(super) fn problem(&self, span: &Range<usize>, message: String) -> Problem {
        match self {
            Self::File { path, text } => {
                let (line, column, content) = position(text, span.start);
                let excerpt = (!content.trim().is_empty()).then(|| (line, printable(&redact(content))));
                Problem { place: format!("{path}:{line}:{column}"), message, excerpt }
            }
            Self::Flag { key } => Problem { place: format!("--set {}", printable(key)), message, excerpt: None },
        }
    }

    /// Like [`SettingsSource::problem`] where the value itself may be a secret.
    pub(super) fn secret_problem(&self, span: &Range<usize>, message: String) -> Problem {
        let mut problem = self.problem(span, message);
        if let Some((_, text)) = &mut problem.excerpt {
            *text = mask_value(text);
        }
        problem
    }

    /// The line `offset` is in, counted from 1; nothing for a flag.
    pub(super) fn line(&self, offset: usize) -> Option<usize> {
        match self {
            Self::File { text, .. } => Some(position(text, offset).0),
            Self::Flag { .. } => None,
        }
    }
}

/// Whether a key of this name asks for a secret.
pub(super) fn names_a_secret(key: &str) -> bool {
    let key = key.trim().trim_matches(['"', '\'']).to_lowercase().replace('-', "_");
    SECRET_NAMES.contains(&key.as_str())
}

/// Text of the user's, safe to print.
pub(super) fn printable(text: &str) -> String {
    clip(Text::new(text).as_str().trim_end(), SHOWN_COLUMNS).into_owned()
}

/// Line and column (both from 1, columns in characters) of a byte, and the line's text.
fn position(text: &str, offset: usize) -> (usize, usize, &str) {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.get(start..).map_or(0, |head| head.chars().count()) + 1;
    let content = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    (line, column, content)
}

/// The line without a secret somebody wrote into it.
fn redact(line: &str) -> String {
    let named = |part: &str| part.rsplit(['.', '{', ',', '[']).next().is_some_and(names_a_secret);
    let mut parts = line.split('=');
    let last = parts.next_back();
    // Every piece that stands before a `=` ends in a key; the last piece is a value.
    if last.is_some() && parts.any(named) { mask_value(line) } else { super::print::redact_addresses(line) }
}

fn mask_value(line: &str) -> String {
    line.split_once('=').map_or_else(|| "***".to_owned(), |(key, _)| format!("{key}= ***"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\n# ü\nbé = 2\n";
        let offset = text.find("= 2").unwrap();
        assert_eq!(position(text, offset), (3, 4, "bé = 2"));
        assert_eq!(position(text, 0), (1, 1, "a = 1"));
        assert_eq!(position(text, 999).0, 4);
    }

    #[rstest]
    #[case("key = \"euler_s3cret\"", "key = ***")]
    #[case("session.id = 1", "session.id = 1")]
    #[case("session_id = s3cret", "session_id = ***")]
    #[case("providers = [{ name = \"x\", key = \"s3cret\" }]", "providers = ***")]
    #[case("proxy = \"http://me:s3cret@proxy:1\"", "proxy = \"http://***@proxy:1\"")]
    #[case("fps = 99", "fps = 99")]
    fn a_shown_line_hides_secrets(#[case] line: &str, #[case] shown: &str) {
        assert_eq!(redact(line), shown);
    }

    #[test]
    fn a_shown_line_cannot_move_the_cursor() {
        let source = SettingsSource::File { path: "config.toml".into(), text: "fps = \"\u{1b}[2J\"" };
        let problem = source.problem(&(0..3), "wrong".into()).to_string();
        assert!(!problem.contains('\u{1b}'), "{problem:?}");
    }
}
