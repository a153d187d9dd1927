//! Command `tiktop prices`: the prices of coins in the country we ask from.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::SettingsArgs;
use super::query::{answered, print_json, print_table, query, said};
use crate::webcast::CoinPack;

/// List what coins cost.
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PricesArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let result = query(settings, async |client| {
        let packs = client.price_list().await?;
        if args.json {
            print_json(&json!({ "packs": packs.iter().map(to_json).collect::<Vec<_>>() }))?;
        } else {
            let rows: Vec<_> = packs.iter().map(row).collect();
            print_table(["coins", "extra", "USD", "here"], [true, true, true, false], &rows)?;
        }
        Ok(ExitCode::SUCCESS)
    });
    answered(result)
}

fn row(pack: &CoinPack) -> [String; 4] {
    let extra = if pack.bonus > 0 { format!("+{}", pack.bonus) } else { String::new() };
    let dollars = pack.usd_cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100)).unwrap_or_default();
    let here: Vec<_> = pack.shown.iter().map(|price| format!("{} {}", price.amount, price.currency)).collect();
    [pack.coins.to_string(), extra, dollars, here.join(", ")]
}

fn to_json(pack: &CoinPack) -> serde_json::Value {
    let shown: Vec<_> = pack
        .shown
        .iter()
        .map(|price| json!({ "currency": said(&price.currency), "amount": said(&price.amount) }))
        .collect();
    json!({
        "coins": pack.coins,
        "bonus": pack.bonus,
        "usd_cents": pack.usd_cents,
        "local_cents": pack.local_cents,
        "describe": said(&pack.describe),
        "prices": shown,
    })
}
