//! Shared parts of the commands that ask one question: a client from the settings, the answer as JSON or as columns.
//!
//! For people: aligned columns. For programs (`--json`): one object with `"v":1`, ids as text, remote text as it was said
//! with its controls escaped, null for what is not known.

use std::process::ExitCode;

use color_eyre::eyre::Result;
use serde::Serialize;
use serde_json::{Value, json};

use super::SettingsArgs;
use super::output::{self, WriteError};
use crate::client::Client;
use crate::clock::Timestamp;
use crate::events::json::serializer;
use crate::ids::UniqueId;
use crate::run;
use crate::text::{Text, clip, width};
use crate::webcast::{LiveStatus, RoomInfo, ServiceErrorKind};

/// The version of every object.
const VERSION: u32 = 1;
/// Columns of a title in a list.
const TITLE: usize = 40;

/// Asks with a client from the settings.
pub(super) fn query(
    settings: &SettingsArgs,
    question: impl AsyncFnOnce(Client) -> Result<ExitCode>,
) -> Result<ExitCode> {
    let (loaded, secrets) = settings.load()?;
    let client = Client::builder().settings(loaded.settings, secrets).build()?;
    run::headless_runtime()?.block_on(question(client))
}

/// Exit code of a question that got no answer, or not the whole of it: unknown is not none.
pub(super) const UNKNOWN: u8 = 2;

/// The exit code of a question; a failure that is no answer is told in words.
pub(super) fn answered(result: Result<ExitCode>) -> Result<ExitCode> {
    let error = match result {
        Err(error) if !error.is::<WriteError>() => error,
        told => return told,
    };
    output::warn(&format!("{error:#}"));
    let kind = error.downcast_ref::<crate::client::Error>().and_then(crate::client::Error::kind);
    // That there is no such account is an answer.
    Ok(if kind == Some(ServiceErrorKind::NotFound) { ExitCode::FAILURE } else { ExitCode::from(UNKNOWN) })
}

/// One object for programs.
pub(super) fn print_json(object: &Value) -> Result<(), WriteError> {
    #[derive(Serialize)]
    struct Answer<'v> {
        v: u32,
        #[serde(flatten)]
        object: &'v Value,
    }
    output::print_raw(&serializer::to_string(&Answer { v: VERSION, object }))
}

/// `label  value` lines; those without a value are left out.
pub(super) fn print_facts(facts: &[(&str, String)]) -> Result<(), WriteError> {
    let known = || facts.iter().filter(|(_, value)| !value.is_empty());
    let widest = known().map(|(label, _)| label.len()).max().unwrap_or_default();
    for (label, value) in known() {
        output::print_line(&format!("{label:<widest$}  {value}"))?;
    }
    Ok(())
}

/// Rows under a head, in columns. The last column is never padded; `right` names those that hold numbers.
pub(super) fn print_table<const N: usize>(
    head: [&str; N],
    right: [bool; N],
    rows: &[[String; N]],
) -> Result<(), WriteError> {
    print_fitted_table(head, right, &[], rows)
}

/// The same for a terminal that may be narrow: `yielding` names columns that are cut there, in this order, and how many columns
/// of the terminal each needs at least; one that has less is left out.
pub(super) fn print_fitted_table<const N: usize>(
    head: [&str; N],
    right: [bool; N],
    yielding: &[(usize, usize)],
    rows: &[[String; N]],
) -> Result<(), WriteError> {
    let widest: [usize; N] = std::array::from_fn(|at| {
        rows.iter()
            .filter_map(|row| row.get(at))
            .map(|cell| width(cell))
            .chain(head.get(at).map(|cell| cell.len()))
            .max()
            .unwrap_or_default()
    });
    let widest = fitted(widest, yielding, crate::tui::output_columns().unwrap_or(usize::MAX));
    output::print_line(&line(&head.map(str::to_owned), right, widest))?;
    rows.iter().try_for_each(|row| output::print_line(&line(row, right, widest)))
}

/// A column that yields as a whole: a part of a number is another number.
pub(super) const WHOLE: usize = usize::MAX;
/// What coins say where some are not known.
pub(super) const UNPRICED: &str = "coins 120 +3?: 120 coins, and 3 gifts whose price is not known";

/// Below a table, what its signs mean: those that are in it.
pub(super) fn print_legend(signs: &[(bool, &str)]) -> Result<(), WriteError> {
    let shown: Vec<_> = signs.iter().filter(|(is_shown, _)| *is_shown).collect();
    if !shown.is_empty() {
        output::print_line("")?;
    }
    shown.into_iter().try_for_each(|(_, meaning)| output::print_line(meaning))
}

/// Widths of columns that fit a terminal, as far as they yield; 0 for one that is left out.
pub(super) fn fitted<const N: usize>(
    mut widest: [usize; N],
    yielding: &[(usize, usize)],
    columns: usize,
) -> [usize; N] {
    for &(at, least) in yielding {
        let wide: usize = widest.iter().filter(|&&wide| wide > 0).map(|wide| wide + 2).sum();
        let over = wide.saturating_sub(columns.saturating_add(2));
        if let Some(wide) = widest.get_mut(at).filter(|_| over > 0) {
            *wide = wide.checked_sub(over).filter(|&left| left >= least).unwrap_or(0);
        }
    }
    widest
}

fn line<const N: usize>(cells: &[String; N], right: [bool; N], widest: [usize; N]) -> String {
    let mut line = String::new();
    for ((cell, right), widest) in cells.iter().zip(right).zip(widest).filter(|(_, widest)| *widest > 0) {
        let cell = &*clip(cell, widest);
        let space = " ".repeat(widest.saturating_sub(width(cell)));
        let between = if line.is_empty() { "" } else { "  " };
        let (before, after) = if right { (space.as_str(), "") } else { ("", space.as_str()) };
        line.extend([between, before, cell, after]);
    }
    line.truncate(line.trim_end().len());
    line
}

/// Lives as a table.
pub(super) fn print_rooms(rooms: impl Iterator<Item = impl AsRef<RoomInfo>>) -> Result<(), WriteError> {
    let rows: Vec<_> = rooms
        .map(|room| {
            let room = room.as_ref();
            let host = room.unique_id.as_ref().map(|name| format!("@{name}")).unwrap_or_default();
            [host, number(room.watching), room.room_id.to_string(), clip(room.title.as_str(), TITLE).into_owned()]
        })
        .collect();
    print_table(["host", "watching", "room", "title"], [false, true, false, false], &rows)
}

/// A live for programs.
pub(super) fn room_json(room: &RoomInfo) -> Value {
    json!({
        "room_id": room.room_id.to_string(),
        "host_id": room.host_id.map(|id| id.to_string()),
        "unique_id": room.unique_id.as_ref().map(UniqueId::as_str),
        "nickname": said(&room.nickname),
        "status": status(room.status),
        "title": said(&room.title),
        "watching": room.watching,
        "total_viewers": room.total_viewers,
        "likes": room.likes,
        "followers": room.followers,
        "started_at": time(room.started_at),
        "finished_at": time(room.finished_at),
    })
}

/// Remote text for programs: as it was said, null where nothing was.
pub(super) fn said(text: &Text) -> Option<&str> {
    Some(text.original()).filter(|text| !text.is_empty())
}

/// A time for programs.
pub(super) fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

/// A status in one word.
pub(super) fn status(status: LiveStatus) -> String {
    match status {
        LiveStatus::Live => "live".into(),
        LiveStatus::Paused => "paused".into(),
        LiveStatus::Offline => "offline".into(),
        LiveStatus::Unknown(number) => format!("unknown({number})"),
        LiveStatus::NotStated => "unknown".into(),
    }
}

/// A number for people; empty where it is not known.
pub(super) fn number(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_for_wide_text_too() {
        let rows = [["@ana", "7", "日本"], ["@kenji_plays", "1280", "x"]].map(|row| row.map(str::to_owned));
        let widest = [12, 4, 4];
        let lines = rows.map(|row| line(&row, [false, true, false], widest));
        assert_eq!(lines, ["@ana             7  日本", "@kenji_plays  1280  x"]);
        let yielding = [(2, 3), (0, 8)];
        assert_eq!([40, usize::MAX].map(|columns| fitted([12, 4, 9], &yielding, columns)), [[12, 4, 9]; 2]);
        assert_eq!(fitted([12, 4, 9], &yielding, 25), [12, 4, 5]);
        let narrow = fitted([12, 4, 9], &yielding, 16);
        assert_eq!(narrow, [10, 4, 0]);
        let row = ["@kenji_plays", "1280", "x"].map(str::to_owned);
        assert_eq!(line(&row, [false, true, false], narrow), "@kenji_pl\u{2026}  1280");
    }
}
