//! History: people, lives, gifts and chat, kept in SQLite.
//!
//! Two kinds of files: `people.db` holds what is small and lasts (people, lives, gifts, battles, a row a minute), the chat files
//! hold what was said, and go whole when they are too old or too many. One thread writes, from a queue that merges; reading
//! goes over connections of its own and never waits for it.
//!
//! Refuses to know sockets, tasks and screens: it is handed what happened in the rooms.
//!
//! Invariants: what was counted once is never counted again, whoever runs and however often; history never stops the
//! program, it says what is not kept; files are the user's alone (0600).

mod attendance;
mod batch;
mod capture_spans;
mod chat_file;
mod deriver;
mod desk;
mod error;
mod export;
mod folder;
mod found_gifts;
mod line_index;
mod live_events;
mod live_report;
mod lives;
mod log_window;
mod moments;
mod names;
mod people;
mod people_file;
mod purge;
mod query;
mod reader;
mod recorder;
mod recordings;
mod report_words;
mod retention;
mod search;
mod since;
mod sqlite;
mod status;
mod words;
mod writer;

#[cfg(test)]
mod tests;

pub use desk::{AroundLines, FindRecorded, HistoryAnswer, HistoryDesk, HistoryQuestion, PastLive};
pub use error::HistoryError;
pub use export::{ExportFormat, ExportTable, csv_cell, export};
pub use folder::HistoryFolder;
pub use live_events::LiveEvents;
pub use live_report::{BattleRecord, GifterRow, LiveReport, LostRow, MinuteRow};
pub use lives::{LiveRow, OpponentRecord};
pub use moments::MomentRow;
pub use people::{KnownPerson, PastHandle, PersonHere, PersonRow, PersonSort};
pub use purge::{PurgeScope, PurgedRows, purge, remove_set_aside};
pub use query::{HistoryQuery, mistyped_operator, query_time, query_words, split_operator};
pub use reader::{GiveUp, HistoryReader};
pub use recorder::{HistoryControl, HistoryLimits, HistoryNews, HistoryOptions, HistoryRecorder, RoomPolicy};
pub use recordings::note_recording;
pub use report_words::{
    clock_words, coins, coins_in_words, column, length, local_time, report_battle, report_facts, report_gifter,
    report_lines, report_moment,
};
pub use search::{FoundLine, FoundPage, SearchProgress};
pub use status::{FileCheck, FolderStatus, annotate, check, status, vacuum};
