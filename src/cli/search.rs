//! Command `tiktop search WORDS`: lives that match some words. Works without a login.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::query::{print_json, print_rooms, query, room_json};
use super::{SettingsArgs, output};

/// Find lives by words.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    /// What to look for.
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &SearchArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    // As grep does: 1 where nothing matches.
    query(settings, async |client| {
        let found = client.search_live(&args.words.join(" ")).await?;
        if args.json {
            print_json(&json!({ "rooms": found.iter().map(|item| room_json(item.info())).collect::<Vec<_>>() }))?;
        } else if found.is_empty() {
            output::warn("no live matches these words");
        } else {
            print_rooms(found.iter())?;
        }
        Ok(if found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    })
}
