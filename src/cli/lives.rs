//! Command `tiktop lives [@name]`: lives of the past, newest first.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::history::reader;
use super::query::{UNPRICED, WHOLE, print_fitted_table, print_json, print_legend};
use super::{SettingsArgs, output};
use crate::history::{coins, length, local_time};
use crate::text::{Text, clip};

/// Columns of a title.
const TITLE: usize = 30;
/// What yields where a terminal is narrow, and to how many columns: whose live it was comes first.
const YIELDING: [(usize, usize); 6] = [(9, 8), (7, WHOLE), (6, WHOLE), (3, WHOLE), (5, WHOLE), (1, 12)];

/// List lives of the history.
#[derive(Debug, Args)]
pub(super) struct LivesArgs {
    /// Whose: @name or a part of it. Without: everybody's.
    #[arg(value_name = "@NAME")]
    name: Option<String>,
    /// So many at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &LivesArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let lives = reader(settings)?.lives(args.name.as_deref(), 0, args.limit)?;
    if args.json {
        print_json(&json!({ "lives": lives }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if lives.is_empty() {
        output::warn("no live of that name was seen");
        return Ok(ExitCode::FAILURE);
    }
    let rows: Vec<_> = lives
        .iter()
        .map(|live| {
            [
                local_time(live.began()),
                format!("@{}", live.handle),
                if live.ended.is_some() { length(live.length()) } else { format!("{}+", length(live.length())) },
                live.watched_less().map(length).unwrap_or_default(),
                coins(live.coins, live.unpriced),
                live.chats.to_string(),
                if live.peak > 0 { live.peak.to_string() } else { String::new() },
                live.average.map(|average| average.to_string()).unwrap_or_default(),
                live.id.to_string(),
                clip(Text::new(&live.title).as_str(), TITLE).into_owned(),
            ]
        })
        .collect();
    let head = ["began", "host", "length", "watched", "coins", "chat", "peak", "average", "live", "title"];
    print_fitted_table(head, [false, false, true, true, true, true, true, true, false, false], &YIELDING, &rows)?;
    print_legend(&[
        (
            lives.iter().any(|live| live.ended.is_none()),
            "length 0:30 h+: its end was not seen, it lasted that long at least",
        ),
        (lives.iter().any(|live| live.unpriced > 0), UNPRICED),
    ])?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::query::fitted;

    #[test]
    fn hosts_and_coins_stay_where_a_terminal_is_narrow() {
        let widest = [16, 14, 8, 7, 9, 6, 5, 7, 19, 30];
        assert_eq!(fitted(widest, &YIELDING, 80), [16, 14, 8, 0, 9, 0, 0, 0, 19, 0], "no number is cut");
        assert_eq!(fitted(widest, &YIELDING, 139), widest);
    }
}
