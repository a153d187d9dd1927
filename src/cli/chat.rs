//! Command `tiktop chat QUERY`: what was said and given, in every room, newest first.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::history::{progress, query, reader};
use super::query::print_json;
use super::{SettingsArgs, UsageError, output};
use crate::clock::Timestamp;
use crate::history::{FoundLine, SearchProgress, clock_words, local_time};
use crate::ids::RoomId;
use crate::record::RecordingIndex;
use crate::text::Text;

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
    let recordings = if wants_places { recordings(settings)? } else { RecordingIndex::default() };
    for line in &page.lines {
        let recorded = recordings.find(RoomId(line.live), Timestamp(line.at));
        if args.json {
            let recording =
                recorded.map(|place| json!({ "file": place.file, "offset_ms": place.at.as_millis() as u64 }));
            print_json(&json!({ "line": line, "at": Timestamp(line.at).rfc3339(), "recording": recording }))?;
            continue;
        }
        if args.around == 0 {
            output::print_line(&words(line, ' '))?;
            continue;
        }
        for near in reader.around(line.live, line.at, Some(line.id), args.around)? {
            output::print_line(&words(&near, if near.id == line.id { '>' } else { ' ' }))?;
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

/// The recordings that the settings name.
fn recordings(args: &SettingsArgs) -> Result<RecordingIndex> {
    Ok(RecordingIndex::read(&crate::config::paths::recordings_dir(&super::history::settings(args)?)))
}

/// A line for people: when, where, who, what.
fn words(line: &FoundLine, mark: char) -> String {
    let text = Text::new(&line.text);
    let text = if text.is_empty() { "(a sticker)" } else { text.as_str() };
    let coins = line.coins.map(|coins| format!(" ({coins} coins)")).unwrap_or_default();
    let kind = if line.kind == "question" { "asks: " } else { "" };
    // A program that was killed may have kept lines of a live and not yet whose it is.
    let room = if line.room.is_empty() { line.live.to_string() } else { format!("@{}", line.room) };
    format!("{mark} {}  {room}  {}: {kind}{text}{coins}", local_time(line.at), line.name())
}
