//! Standard output and standard error of the commands, and the exit code where one of them cannot be written to.
//!
//! Whatever is printed for people is cleaned here: a file name or an argument may hold control bytes like any remote text.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::text::printable;

/// How long a terminal may take for a sentence: one that takes nothing must not keep the program from ending.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it may take for the last words of a dashboard, which has waited for it before.
const SUMMARY_TIMEOUT: Duration = Duration::from_millis(500);

/// Standard output cannot be written to: a full disk, or a reader that went away.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(super) struct WriteError(#[from] std::io::Error);

impl WriteError {
    /// Whether this only says that the reader has seen enough, as `head` has: no failure of ours.
    pub(super) fn reader_is_gone(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// One line to standard error.
pub(super) fn warn(sentence: &str) {
    to_stderr(format!("tiktop: {}\n", printable(sentence)));
}

/// A line of a log to standard error.
pub(super) fn log_line(line: &str) {
    to_stderr(format!("{}\n", printable(line)));
}

/// A report of a failure of our own to standard error.
pub(super) fn print_report(report: &str) {
    to_stderr(format!("{}\n", printable(report)));
}

/// What was seen, for whoever left a dashboard, to standard error.
pub(super) fn print_summary(summary: &str) {
    to_stderr_within(SUMMARY_TIMEOUT, format!("{}\n", printable(summary)));
}

/// What is wrong with the command line, or the help that was asked for, as clap words it.
pub(super) fn print_usage(error: &clap::Error) -> Result<(), WriteError> {
    // Colours are left out where control bytes of an argument would stand among theirs.
    let hostile = std::env::args_os().any(|arg| arg.to_string_lossy().chars().any(crate::text::must_escape));
    if hostile && error.use_stderr() {
        to_stderr(printable(&error.render().to_string()).into_owned());
    } else {
        error.print()?;
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn to_stderr(text: String) {
    to_stderr_within(WRITE_TIMEOUT, text);
}

fn to_stderr_within(limit: Duration, text: String) {
    static STUCK: AtomicBool = AtomicBool::new(false);
    let write = |text: &str| drop(std::io::stderr().lock().write_all(text.as_bytes()));
    if !std::io::stderr().is_terminal() {
        return write(&text);
    }
    if STUCK.load(Ordering::Relaxed) {
        return;
    }
    let (done, written) = mpsc::sync_channel(1);
    thread::spawn(move || {
        write(&text);
        done.send(())
    });
    if written.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
        STUCK.store(true, Ordering::Relaxed);
    }
}

/// Asks a person a question that is answered with yes or no; nothing where nobody is there to answer.
pub(super) fn ask(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    to_stderr(format!("{} [y/N] ", printable(question)));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Whether [`status`] lines go to a terminal.
pub(super) fn has_status_line() -> bool {
    std::io::stderr().is_terminal()
}

/// A line on the terminal's standard error that the next one replaces; an empty one only takes it away.
pub(super) fn status(words: &str) {
    to_stderr(format!("\r\x1b[K{}", printable(words)));
}

/// Text of one or more lines to standard output.
pub(super) fn print_line(line: &str) -> Result<(), WriteError> {
    print_raw(&printable(line))
}

/// Lines to standard output, written together; for those that escape or clean what they hold.
pub(super) struct LineWriter(std::io::BufWriter<std::io::Stdout>);

impl Default for LineWriter {
    fn default() -> Self {
        Self(std::io::BufWriter::new(std::io::stdout()))
    }
}

impl Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// A line of JSON to standard output, which escapes what must not be printed.
pub(super) fn print_raw(line: &str) -> Result<(), WriteError> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
