//! Errors of the settings: what is wrong, where, and what to write instead.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::source::printable;

/// Everything that is wrong with the settings: at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    problems: Vec<Problem>,
    cause: Option<ErrorCause>,
}

/// The error below one of ours, shared so that ours can be cloned. Two are the same where they say the same.
#[derive(Clone, Debug)]
pub(crate) struct ErrorCause(Arc<dyn Error + Send + Sync>);

impl ErrorCause {
    pub(crate) fn new(cause: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(cause))
    }

    pub(crate) fn as_error(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

impl PartialEq for ErrorCause {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for ErrorCause {}

/// Where the fault lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ConfigErrorKind {
    /// In the config file.
    File,
    /// In the command line: only `--set` is wrong.
    Flag,
    /// In a file or variable that should hold a secret.
    Secret,
}

/// One mistake: its place, a sentence that ends in what to write instead, and the line it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Problem {
    /// `FILE:LINE:COLUMN`, or the flag.
    pub place: String,
    /// The sentence.
    pub message: String,
    /// Number and text of the line, with secrets masked.
    pub excerpt: Option<(usize, String)>,
}

impl ConfigError {
    /// Nothing when there is no problem.
    pub(super) fn from_problems(kind: ConfigErrorKind, problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { kind, problems, cause: None }) }
    }

    pub(super) fn single(kind: ConfigErrorKind, place: impl Into<String>, message: impl Into<String>) -> Self {
        let problem = Problem { place: place.into(), message: message.into(), excerpt: None };
        Self { kind, problems: vec![problem], cause: None }
    }

    /// The same with the error that led to it.
    pub(super) fn caused_by(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(ErrorCause::new(cause)), ..self }
    }

    /// Where the fault lies.
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// The mistakes, in the order in which they were written.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(ErrorCause::as_error)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some((line, text)) = &self.excerpt {
            write!(f, "\n  {line} | {text}")?;
        }
        Ok(())
    }
}

/// What a parser says, on one line and safe to print.
pub(super) fn one_line(message: &str) -> String {
    printable(&message.lines().map(str::trim).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_below_is_kept() {
        let cause = std::io::Error::other("the disk is gone");
        let error = ConfigError::single(ConfigErrorKind::File, "x.toml", "cannot be read").caused_by(cause);
        assert!(matches!(error.source(), Some(source) if source.is::<std::io::Error>()));
        assert_eq!(error.clone(), error);
        assert_eq!(error.to_string(), "x.toml: cannot be read");
    }
}
