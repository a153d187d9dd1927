//! Retention of text: whole chat files are given up when all in them is too old, or when there are too many.

use super::error::HistoryError;
use super::folder::{ChatFileName, DAY_MS, HistoryFolder};
use super::recorder::HistoryLimits;
use super::sqlite::{size, unlink};
use crate::clock::Timestamp;

/// What is older is not kept any more.
pub(super) fn oldest(limits: HistoryLimits, now: Timestamp) -> i64 {
    now.0.saturating_sub((limits.days as i64).saturating_mul(DAY_MS))
}

/// Removes chat files that the limits no longer allow; how many. The newest always stays.
pub(super) fn remove_old(folder: &HistoryFolder, limits: HistoryLimits, now: Timestamp) -> Result<u64, HistoryError> {
    let mut files = folder.chat_files();
    let newest = files.pop();
    let oldest = oldest(limits, now);
    let sizes: Vec<u64> = files.iter().map(|file| size(&file.path)).collect();
    let mut total: u64 = sizes.iter().sum::<u64>() + newest.as_ref().map_or(0, |file| size(&file.path));
    let mut removed = 0;
    for (file, bytes) in files.iter().zip(sizes) {
        let too_old = is_too_old(file, oldest);
        if too_old || total > limits.bytes {
            unlink(&file.path)?;
            total = total.saturating_sub(bytes);
            removed += 1;
        }
    }
    if let Some(newest) = newest.filter(|file| is_too_old(file, oldest)) {
        unlink(&newest.path)?;
        removed += 1;
    }
    Ok(removed)
}

/// Whether all in a file is too old. One that was begun lately need not be looked into.
fn is_too_old(file: &ChatFileName, oldest: i64) -> bool {
    file.day.saturating_mul(DAY_MS) < oldest && last_line(file).is_some_and(|last| last < oldest)
}

/// When the last line of a file was said; nothing where it cannot be told.
fn last_line(file: &ChatFileName) -> Option<i64> {
    let connection = super::chat_file::CHAT_FORM.open_reader(&file.path).ok()?;
    connection.query_row("SELECT max(at) FROM chat", [], |row| row.get::<_, Option<i64>>(0)).ok()?
}
