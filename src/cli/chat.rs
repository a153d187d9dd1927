//! Command `tiktop chat QUERY`: what was said and given, in every room, newest first.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::history::{local_time, query, reader};
use super::query::print_json;
use super::{SettingsArgs, UsageError, output};
use crate::clock::Timestamp;
use crate::history::FoundLine;
use crate::text::Text;

/// Find what was said and given.
#[derive(Debug, Args)]
pub(super) struct ChatArgs {
    /// Words, and operators: from:name, room:name, kind:chat (emote, question, gift), gift>100, since:3d, before:2026-11-20,
    /// "a phrase", begin*, -word.
    #[arg(value_name = "QUERY", required = true, allow_hyphen_values = true)]
    query: Vec<String>,
    /// Lines of a page.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Which page, from 1, newest first.
    #[arg(long, value_name = "N", default_value_t = 1)]
    page: usize,
    /// Print so many lines before and after each too.
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
    let page = reader.search(&query, (args.page - 1).saturating_mul(args.limit), args.limit)?;
    if page.lines.is_empty() {
        output::warn(if args.page > 1 { "there are no more" } else { "nothing that is kept fits" });
        return Ok(ExitCode::FAILURE);
    }
    for line in &page.lines {
        if args.json {
            print_json(&json!({ "line": line, "at": Timestamp(line.at).rfc3339() }))?;
            continue;
        }
        if args.around == 0 {
            output::print_line(&words(line, ' '))?;
            continue;
        }
        for near in reader.around(line.live, line.at, args.around)? {
            output::print_line(&words(&near, if near.id == line.id { '>' } else { ' ' }))?;
        }
        output::print_line("")?;
    }
    if page.more && !args.json {
        output::warn(&format!("there are more: --page {}", args.page + 1));
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for people: when, where, who, what.
fn words(line: &FoundLine, mark: char) -> String {
    let text = Text::new(&line.text);
    let text = if text.is_empty() { "(a sticker)" } else { text.as_str() };
    let coins = line.coins.map(|coins| format!(" ({coins} coins)")).unwrap_or_default();
    let kind = if line.kind == "question" { "asks: " } else { "" };
    format!("{mark} {}  @{}  {}: {kind}{text}{coins}", local_time(line.at), line.room, line.name())
}
