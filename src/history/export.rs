//! Export of the history: a table as CSV or as NDJSON. `docs/history.md` says what stands in each column.

use std::io::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::batch::LineKind;
use super::error::{HistoryError, InFile};
use super::reader::HistoryReader;
use crate::clock::Timestamp;
use crate::text::Text;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// With a head line; fields in quotes where needed.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// What is written.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::EnumString, strum::IntoStaticStr, strum::Display,
)]
#[strum(serialize_all = "snake_case")]
pub enum ExportTable {
    /// People.
    People,
    /// Handles of the past.
    Handles,
    /// Lives.
    Lives,
    /// People in lives.
    Attendance,
    /// Gifts.
    Gifts,
    /// Battles.
    Battles,
    /// Minutes of lives.
    Minutes,
    /// Moments.
    Moments,
    /// What could not be kept.
    Lost,
    /// What was said.
    Chat,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    /// A number above what JSON's hold: written as text.
    Id,
    Number,
    Text,
    /// Milliseconds since 1970: written as RFC 3339.
    Time,
    /// A minute since 1970: written as RFC 3339.
    Minute,
    /// A kind of line.
    Kind,
}

use Column::{Id, Kind, Minute, Number, Text as Words, Time};

impl ExportTable {
    /// The table of people in the file, and its columns: the name, where it comes from, what it holds.
    #[allow(clippy::too_many_lines, reason = "a table: one line a column")]
    fn columns(self) -> (&'static str, &'static [(&'static str, &'static str, Column)]) {
        match self {
            Self::People => (
                "person ORDER BY id",
                &[
                    ("person", "id", Id),
                    ("handle", "handle", Words),
                    ("nickname", "nickname", Words),
                    ("first_seen", "first_seen", Time),
                    (
                        "last_seen",
                        "max(last_seen, coalesce((SELECT max(last_at) FROM person_live WHERE person = person.id), 0))",
                        Time,
                    ),
                    ("note", "note", Words),
                    ("tag", "tag", Words),
                ],
            ),
            Self::Handles => (
                "handle_past ORDER BY person, to_at",
                &[
                    ("person", "person", Id),
                    ("handle", "handle", Words),
                    ("from", "from_at", Time),
                    ("until", "to_at", Time),
                ],
            ),
            Self::Lives => (
                "live ORDER BY first_at",
                &[
                    ("live", "id", Id),
                    ("host", "host", Id),
                    ("handle", "handle", Words),
                    ("nickname", "nickname", Words),
                    ("title", "title", Words),
                    ("started", "started", Time),
                    ("first_seen", "first_at", Time),
                    ("last_seen", "last_at", Time),
                    ("ended", "ended", Time),
                    ("peak_viewers", "peak", Number),
                    ("total_viewers", "total_viewers", Number),
                    ("likes_reported", "likes_reported", Number),
                    ("likes_seen", "likes_seen", Number),
                    ("chats", "chats", Number),
                    ("gifts", "gifts", Number),
                    ("coins", "coins", Number),
                    ("unpriced_gifts", "unpriced", Number),
                    ("joins", "joins", Number),
                    ("follows", "follows", Number),
                    ("shares", "shares", Number),
                    ("subscribes", "subscribes", Number),
                    ("gaps", "gaps", Number),
                    ("gap_ms", "gap_ms", Number),
                ],
            ),
            Self::Attendance => (
                "person_live ORDER BY live, person",
                &[
                    ("live", "live", Id),
                    ("person", "person", Id),
                    ("chats", "chats", Number),
                    ("gifts", "gifts", Number),
                    ("coins", "coins", Number),
                    ("unpriced_gifts", "unpriced", Number),
                    ("joins", "joins", Number),
                    ("likes_seen", "likes", Number),
                    ("first_seen", "first_at", Time),
                    ("last_seen", "last_at", Time),
                    ("moderator", "flags & 1", Number),
                    ("subscriber", "(flags >> 1) & 1", Number),
                    ("follower", "(flags >> 2) & 1", Number),
                ],
            ),
            Self::Gifts => (
                "gift LEFT JOIN gift_kind k ON k.id = gift.gift ORDER BY gift.at",
                &[
                    ("live", "live", Id),
                    ("person", "person", Id),
                    ("gift", "gift", Id),
                    ("name", "k.name", Words),
                    ("streak", "streak", Id),
                    ("message", "message", Id),
                    ("units", "units", Number),
                    ("coins", "coins", Number),
                    ("at", "at", Time),
                    ("receiver", "receiver", Id),
                ],
            ),
            Self::Battles => (
                "battle ORDER BY at",
                &[
                    ("battle", "id", Id),
                    ("live", "live", Id),
                    ("at", "at", Time),
                    ("over", "over", Number),
                    ("kind", "kind", Words),
                    ("opponent", "opponent", Id),
                    ("opponents", "opponents", Words),
                    ("ours", "ours", Number),
                    ("theirs", "theirs", Number),
                    ("result", "result", Words),
                ],
            ),
            Self::Minutes => (
                "minute ORDER BY live, minute",
                &[
                    ("live", "live", Id),
                    ("minute", "minute", Minute),
                    ("viewers", "viewers", Number),
                    ("likes_seen", "likes", Number),
                    ("coins", "coins", Number),
                    ("chats", "chats", Number),
                    ("joins", "joins", Number),
                ],
            ),
            Self::Moments => (
                "moment ORDER BY at",
                &[("live", "live", Id), ("at", "at", Time), ("by", "made_by", Words), ("note", "note", Words)],
            ),
            Self::Lost => (
                "lost ORDER BY at",
                &[("live", "live", Id), ("at", "at", Time), ("kind", "kind", Words), ("count", "count", Number)],
            ),
            Self::Chat => (
                "chat c JOIN room r ON r.ref = c.room ORDER BY c.id",
                &[
                    ("id", "c.id", Id),
                    ("live", "r.live", Id),
                    ("person", "c.person", Id),
                    ("at", "c.at", Time),
                    ("kind", "c.kind", Kind),
                    ("text", "c.text", Words),
                ],
            ),
        }
    }
}

/// Writes a table of the history; how many rows. A failure to write is told by the `Io` variant.
pub fn export(
    reader: &HistoryReader,
    table: ExportTable,
    format: ExportFormat,
    out: &mut dyn Write,
) -> Result<u64, HistoryError> {
    let (from, columns) = table.columns();
    let list: Vec<_> = columns.iter().map(|(_, expression, _)| *expression).collect();
    let sql = format!("SELECT {} FROM {from}", list.join(", "));
    let write_failed = |error| HistoryError::Io { path: "the export".into(), error };
    if format == ExportFormat::Csv {
        let names: Vec<_> = columns.iter().map(|(name, ..)| *name).collect();
        writeln!(out, "{}", names.join(",")).map_err(write_failed)?;
    }
    let mut rows = 0;
    let mut one = |connection: &Connection, file: &std::path::Path| -> Result<(), HistoryError> {
        let mut ask = connection.prepare(&sql).in_file(file)?;
        let mut found = ask.query([]).in_file(file)?;
        while let Some(row) = found.next().in_file(file)? {
            let line = match format {
                ExportFormat::Csv => csv_line(row, columns),
                ExportFormat::Ndjson => json_line(row, columns),
            };
            writeln!(out, "{}", line.in_file(file)?).map_err(write_failed)?;
            rows += 1;
        }
        Ok(())
    };
    if table == ExportTable::Chat {
        let mut chats: Vec<_> = reader.chats().collect();
        chats.reverse();
        for (file, chat) in chats {
            one(&chat, &file.path)?;
        }
    } else {
        let (people, file) = reader.people();
        one(people, file)?;
    }
    Ok(rows)
}

/// A value for JSON.
fn value(row: &Row<'_>, at: usize, column: Column) -> rusqlite::Result<Value> {
    let raw = row.get_ref(at)?;
    let time = |millis: i64| Value::from(Timestamp(millis).rfc3339());
    Ok(match (raw, column) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(id), Id) => Value::from(id.to_string()),
        (ValueRef::Integer(millis), Time) => time(millis),
        (ValueRef::Integer(minute), Minute) => time(minute.saturating_mul(60_000)),
        (ValueRef::Integer(kind), Kind) => Value::from(LineKind::of(kind).name()),
        (ValueRef::Integer(number), Number | Words) => Value::from(number),
        (ValueRef::Real(number), _) => Value::from(number),
        (ValueRef::Text(text) | ValueRef::Blob(text), _) => Value::from(String::from_utf8_lossy(text).into_owned()),
    })
}

fn json_line(row: &Row<'_>, columns: &[(&str, &str, Column)]) -> rusqlite::Result<String> {
    let mut object = Map::new();
    for (at, (name, _, column)) in columns.iter().enumerate() {
        object.insert((*name).to_owned(), value(row, at, *column)?);
    }
    Ok(crate::events::json::serializer::to_string(&object))
}

fn csv_line(row: &Row<'_>, columns: &[(&str, &str, Column)]) -> rusqlite::Result<String> {
    let mut line = String::new();
    for (at, (_, _, column)) in columns.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        match value(row, at, *column)? {
            Value::Null => {}
            Value::String(text) => csv_field(&mut line, &text, *column == Words),
            other => line.push_str(&other.to_string()),
        }
    }
    Ok(line)
}

/// Words as a field of a CSV file: in quotes where it needs them, and no formula.
pub fn csv_cell(text: &str) -> String {
    let mut cell = String::new();
    csv_field(&mut cell, text, true);
    cell
}

/// A field in quotes where it needs them. A text that a spreadsheet would take for a formula gets a `'` before it.
fn csv_field(line: &mut String, text: &str, is_words: bool) {
    let text = Text::new(text);
    let text = text.as_str();
    let formula = is_words && text.starts_with(['=', '+', '-', '@']);
    let quoted = formula || text.contains([',', '"']) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        line.push_str(text);
        return;
    }
    line.push('"');
    line.push_str(if formula { "'" } else { "" });
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_needs_it_and_is_no_formula() {
        let field = |text: &str| {
            let mut line = String::new();
            csv_field(&mut line, text, true);
            line
        };
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(field("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
        assert_eq!(field("two\nlines\u{1b}[31m"), "two lines[31m");
    }
}
