//! Command `tiktop feed`: lives that TikTok recommends. Guests get none today; the error says what to do instead.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::SettingsArgs;
use super::query::{print_json, print_rooms, query, room_json};

/// List lives that TikTok recommends.
#[derive(Debug, Args)]
pub(super) struct FeedArgs {
    /// Pages to read; each has about six lives.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=50))]
    pages: u16,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &FeedArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    query(settings, async |client| {
        let mut feed = client.feed();
        let mut found = Vec::new();
        for _ in 0..args.pages {
            if !feed.has_more() {
                break;
            }
            found.extend(feed.next().await?);
        }
        if args.json {
            let rooms: Vec<_> = found.iter().map(|item| room_json(item.info())).collect();
            print_json(&json!({ "rooms": rooms, "has_more": feed.has_more() }))?;
        } else {
            print_rooms(found.iter())?;
        }
        Ok(ExitCode::SUCCESS)
    })
}
