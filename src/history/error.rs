//! Errors of the history: what could not be read or written, in words.

use std::path::{Path, PathBuf};

/// Why something of the history could not be done.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum HistoryError {
    /// Nothing was ever kept here.
    #[error("there is no history yet in {}", .0.display())]
    None(PathBuf),
    /// Written by a newer version: it is neither read nor touched.
    #[error("{} was written by a newer tiktop (form {found}, this one knows {known}): it is left alone", .file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its form.
        found: i64,
        /// The newest form this program knows.
        known: i64,
    },
    /// Another process writes.
    #[error("the history in {} is being written by {}", .folder.display(), .pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    Busy {
        /// Where.
        folder: PathBuf,
        /// Who, where known.
        pid: Option<u32>,
    },
    /// SQLite says no.
    #[error("{}: {error}", .file.display())]
    Sqlite {
        /// The file.
        file: PathBuf,
        /// What it said.
        #[source]
        error: rusqlite::Error,
    },
    /// The system says no.
    #[error("{}: {error}", .path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What it said.
        #[source]
        error: std::io::Error,
    },
    /// The question was given up.
    #[error("given up")]
    Interrupted,
    /// What was asked for cannot be.
    #[error("{0}")]
    Request(String),
}

impl HistoryError {
    pub(super) fn io(path: &Path, error: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    pub(super) fn sqlite(file: &Path, error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
            return Self::Interrupted;
        }
        Self::Sqlite { file: file.to_owned(), error }
    }

    /// Whether the file itself is broken: no second try helps.
    pub(super) fn is_corrupt(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        matches!(self, Self::Sqlite { error, .. }
            if matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)))
    }
}

/// Names the file in errors of SQLite.
pub(super) trait InFile<T> {
    /// The same with the file it happened in.
    fn in_file(self, file: &Path) -> Result<T, HistoryError>;
}

impl<T> InFile<T> for rusqlite::Result<T> {
    fn in_file(self, file: &Path) -> Result<T, HistoryError> {
        self.map_err(|error| HistoryError::sqlite(file, error))
    }
}
