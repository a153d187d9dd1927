//! Standard output and standard error: lines safe to look at, and what to do when nobody can be written to.
//!
//! What a command prints may hold words of others and of the shell (file names, arguments): each line is cleaned here.

use std::io::{ErrorKind, Write};

use crate::text::Text;

/// Standard output cannot be written to: a full disk, or a reader that went away.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output: {0}")]
pub(super) struct WriteError(#[from] pub(super) std::io::Error);

impl WriteError {
    /// Whether this only says that the reader has seen enough, as `head` has: no failure of ours.
    pub(super) fn reader_is_gone(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// A sentence to standard error.
pub(super) fn warn(sentence: &str) {
    drop(writeln!(std::io::stderr().lock(), "tiktop: {}", cleaned(sentence)));
}

/// A line, or several, to standard output.
pub(super) fn print_line(line: &str) -> Result<(), WriteError> {
    Ok(writeln!(std::io::stdout().lock(), "{}", cleaned(line))?)
}

/// A line of JSON to standard output: it is escaped already, and longer than what is meant to be read may be.
pub(super) fn print_json_line(line: &str) -> Result<(), WriteError> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

/// `text` without what moves a cursor or hides in a line; its line ends stay.
pub(super) fn cleaned(text: &str) -> String {
    text.split('\n').map(|line| Text::new(line).as_str().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_cannot_move_the_cursor() {
        assert_eq!(cleaned("a\u{1b}[31mb\n  c\u{202e}d\u{9b}m"), "a[31mb\n  cdm");
    }
}
