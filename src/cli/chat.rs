//! Command `tiktop chat QUERY`: what was said and given, in every room, newest first.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::history::{progress, query, reader};
use super::query::print_json;
use super::{SettingsArgs, UsageError, output};
use crate::clock::Timestamp;
use crate::history::{FoundLine, HistoryReader, SearchProgress, clock_words, local_time};
use crate::ids::RoomId;
use crate::record::RecordingIndex;
use crate::text::{Text, clip, counted, width};

/// Find what was said and given.
#[derive(Debug, Args)]
pub(super) struct ChatArgs {
    /// Words, and operators: from:name, room:name, kind:chat (emote, question, gift), gift>100, since:3d, before:2026-11-20,
    /// "a phrase", begin*, -word (all of it in quotes then: 'hello -word').
    #[arg(value_name = "QUERY", required = true)]
    query: Vec<String>,
    /// Lines of a page.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Which page, from 1, newest first.
    #[arg(long, value_name = "N", default_value_t = 1)]
    page: usize,
    /// Print so many lines before and after each too, and where it is in a recording of the live, where there is one.
    #[arg(long, value_name = "N", default_value_t = 0)]
    around: usize,
    /// Print JSON instead: an object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ChatArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    if args.page == 0 || args.limit == 0 {
        return Err(UsageError("--page and --limit begin at 1".to_owned()).into());
    }
    let query = query(&args.query.join(" "))?;
    let reader = reader(settings)?;
    let skip = (args.page - 1).saturating_mul(args.limit);
    let mut found = 0;
    let page = reader.search_with_progress(
        &query,
        skip,
        args.limit,
        |SearchProgress { file, files, back_to, lines, .. }| {
            found += lines.len();
            let day = Timestamp(back_to).to_jiff().strftime("%Y-%m-%d");
            progress(&format!("looking through file {file} of {files}, back to {day}, {found} found"));
        },
    );
    progress("");
    let page = page?;
    if page.lines.is_empty() {
        output::warn(if args.page > 1 { "there are no more" } else { "nothing that is kept fits" });
        return Ok(ExitCode::FAILURE);
    }
    // Recordings are looked for where somebody asks for more than the line.
    let wants_places = args.json || args.around > 0;
    let recordings = if wants_places { recordings(settings, &reader, &page.lines)? } else { RecordingIndex::default() };
    let columns = crate::tui::output_columns().unwrap_or(usize::MAX);
    for line in &page.lines {
        let recorded = recordings.find(RoomId(line.live), Timestamp(line.at));
        if args.json {
            let recording =
                recorded.map(|place| json!({ "file": place.file, "offset_ms": place.at.as_millis() as u64 }));
            print_json(&json!({ "line": line, "at": Timestamp(line.at).rfc3339(), "recording": recording }))?;
            continue;
        }
        if args.around == 0 {
            output::print_line(&words(line, ' ', columns))?;
            continue;
        }
        for near in reader.around(line.live, line.at, Some(line.id), args.around)? {
            output::print_line(&words(&near, if near.id == line.id { '>' } else { ' ' }, columns))?;
        }
        let began = line.live_began.unwrap_or(line.at).min(line.at);
        let into = clock_words((line.at - began).max(0) as u64 / 1_000);
        output::print_line(&format!("  tiktop replay --history {} --from {into}", line.live))?;
        if let Some(place) = recorded {
            let into = clock_words(place.at.as_secs());
            output::print_line(&format!("  recorded: {into} into {}", place.file.display()))?;
        }
        output::print_line("")?;
    }
    if page.more && !args.json {
        output::warn(&format!("there are more: --page {}", args.page + 1));
    }
    Ok(ExitCode::SUCCESS)
}

/// The recordings that the settings name, and those of these lines' lives that the history knows.
fn recordings(args: &SettingsArgs, reader: &HistoryReader, lines: &[FoundLine]) -> Result<RecordingIndex> {
    let mut index = RecordingIndex::read(&crate::config::paths::recordings_dir(&super::history::settings(args)?));
    for live in lines.iter().map(|line| line.live).collect::<BTreeSet<_>>() {
        index = index.with(reader.recordings(live)?);
    }
    Ok(index)
}

/// Columns of a text that are to be left beside when, where and who.
const TEXT: usize = 24;
/// Columns of a room's and a person's name at least.
const ROOM: usize = 12;
const NICKNAME: usize = 6;

/// A line for people: when, where, who, what. The handle stands there whole, as it is searched for and typed on; in a terminal of few
/// columns the room and the nickname yield.
fn words(line: &FoundLine, mark: char, columns: usize) -> String {
    let text = Text::new(&line.text);
    let text = if text.is_empty() { "(a sticker)" } else { text.as_str() };
    let coins = line.coins.map(|count| format!(" ({})", counted(count, "coin", "coins"))).unwrap_or_default();
    let kind = if line.kind == "question" { "asks: " } else { "" };
    // A program that was killed may have kept lines of a live and not yet whose it is.
    let room = if line.room.is_empty() { line.live.to_string() } else { format!("@{}", Text::new(&line.room)) };
    let when = local_time(line.at);
    let handle = if line.handle.is_empty() { String::new() } else { format!("@{}", Text::new(&line.handle)) };
    let left = columns.saturating_sub(2 + when.len() + 2 + 2 + 2 + TEXT).saturating_sub(width(&handle));
    let room = clip(&room, left.max(ROOM));
    let left = left.saturating_sub(width(&room) + 1);
    let who = if handle.is_empty() {
        line.name().to_string()
    } else if line.nickname.is_empty() || line.nickname == line.handle || left < NICKNAME {
        handle
    } else {
        format!("{handle} {}", clip(line.name().as_str(), left))
    };
    format!("{mark} {when}  {room}  {who}: {kind}{text}{coins}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(room: &str, handle: &str, nickname: &str) -> FoundLine {
        let [room, handle, nickname, text] = [room, handle, nickname, "hello"].map(str::to_owned);
        FoundLine { kind: "chat", room, handle, nickname, text, ..FoundLine::default() }
    }

    #[test]
    fn a_hit_names_who_said_it_by_handle_and_leaves_columns_for_what_was_said() {
        let told = |line: &FoundLine, columns: usize| words(line, ' ', columns).split_off("  2026-11-28 07:31  ".len());
        let mia = line("ana.live", "mia.k", "Mia");
        assert_eq!(told(&mia, usize::MAX), "@ana.live  @mia.k Mia: hello");
        assert_eq!(told(&mia, 80), "@ana.live  @mia.k Mia: hello");
        let long = line("a_very_long_name_of_a_room", "another_long_name_of_24c", "The Queen of all the Night");
        assert!(told(&long, usize::MAX).contains("@a_very_long_name_of_a_room  @another_long_name_of_24c The Queen"));
        assert_eq!(told(&long, 80), "@a_very_lon\u{2026}  @another_long_name_of_24c: hello");
        assert_eq!(told(&line("ana", "", "Guest"), 80), "@ana  Guest: hello");
        assert_eq!(told(&line("ana", "ben", "ben"), 80), "@ana  @ben: hello");
        let gift = FoundLine { kind: "gift", text: "Rose \u{d7} 1".to_owned(), coins: Some(1), ..mia };
        assert_eq!(told(&gift, 80), "@ana.live  @mia.k Mia: Rose \u{d7} 1 (1 coin)");
    }
}
