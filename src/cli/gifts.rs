//! Command `tiktop gifts [@name|ROOM]`: the gifts that can be sent, with their prices in coins.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::SettingsArgs;
use super::query::{answered, number, print_json, print_table, query, said};
use crate::events::GiftFacts;

/// List gifts and their prices.
#[derive(Debug, Args)]
pub(super) struct GiftsArgs {
    /// @name, a link to the live, or a room id. Without: the gifts of your region.
    #[arg(value_name = "ROOM")]
    room: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &GiftsArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let result = query(settings, async |client| {
        let room = match &args.room {
            Some(room) => Some(client.room_of(room).await?),
            None => None,
        };
        let mut gifts = client.gift_list(room).await?;
        // Pages of the list repeat what stands in the list itself.
        gifts.sort_by_key(|gift| (gift.diamonds, gift.id));
        gifts.dedup_by_key(|gift| gift.id);
        if args.json {
            let room_id = room.map(|room| room.to_string());
            print_json(&json!({ "room_id": room_id, "gifts": gifts.iter().map(to_json).collect::<Vec<_>>() }))?;
        } else {
            let rows: Vec<_> = gifts.iter().map(row).collect();
            print_table(["gift", "coins", "id", ""], [false, true, true, false], &rows)?;
        }
        Ok(ExitCode::SUCCESS)
    });
    answered(result)
}

fn row(gift: &GiftFacts) -> [String; 4] {
    let streak = if gift.kind == 1 { "in streaks" } else { "" };
    [gift.name.to_string(), number(gift.diamonds), gift.id.to_string(), streak.to_owned()]
}

fn to_json(gift: &GiftFacts) -> serde_json::Value {
    json!({
        "id": gift.id.to_string(),
        "name": said(&gift.name),
        "describe": said(&gift.describe),
        "diamonds": gift.diamonds,
        "kind": gift.kind,
        "picture": gift.picture,
    })
}
