//! Standard output and standard error. A reader that went away is no error.

use std::io::{ErrorKind, Write};

/// One line to standard error.
pub(super) fn warn(sentence: &str) {
    drop(writeln!(std::io::stderr().lock(), "tiktop: {sentence}"));
}

/// One line to standard output; false when nobody reads any more.
pub(super) fn print_line(line: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

/// Whether an error of writing only says that the reader is gone.
pub(super) fn reader_is_gone(error: &std::io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}
