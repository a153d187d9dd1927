//! Command `tiktop live @name …`: which of some hosts are live, for people, scripts and timers. Costs a look-up each and no
//! signature.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::query::{UNKNOWN, number, print_json, print_table, query, said, status, time};
use super::{SettingsArgs, output};
use crate::text::clip;
use crate::webcast::Lookup;

/// Columns of a title.
const TITLE: usize = 48;

/// Tell who is live.
#[derive(Debug, Args)]
pub(super) struct LiveArgs {
    /// @name, or a link to the live.
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Print one JSON object a name.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &LiveArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    // Where no answer was had, whatever kept it away, "not live" would be a lie.
    match ask(args, settings) {
        Err(error) if !error.is::<output::WriteError>() => {
            output::warn(&format!("{error:#}"));
            Ok(ExitCode::from(UNKNOWN))
        }
        told => told,
    }
}

fn ask(args: &LiveArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    // A wrong name is told before anybody is asked.
    super::targets(&args.names)?;
    query(settings, async |client| {
        let (mut anybody, mut untold) = (false, false);
        let mut rows = Vec::new();
        for name in &args.names {
            match client.look_up(name).await {
                Ok(found) => {
                    anybody |= found.status.is_on();
                    untold |= !found.status.is_known();
                    if args.json {
                        print_json(&to_json(&found))?;
                    } else {
                        rows.push(row(&found));
                    }
                    if !found.unsure.is_empty() {
                        output::warn(found.unsure.as_str());
                    }
                }
                Err(error) => {
                    untold = true;
                    if args.json {
                        print_json(&json!({
                            "unique_id": name.trim_start_matches('@'),
                            "live": null,
                            "status": "unknown",
                            "error": error.to_string(),
                        }))?;
                    }
                    output::warn(&error.to_string());
                }
            }
        }
        if !rows.is_empty() {
            print_table(["host", "live", "watching", "title"], [false, false, true, false], &rows)?;
        }
        Ok(match (anybody, untold) {
            (true, _) => ExitCode::SUCCESS,
            (false, false) => ExitCode::FAILURE,
            (false, true) => ExitCode::from(UNKNOWN),
        })
    })
}

fn row(found: &Lookup) -> [String; 4] {
    let title = if found.status.is_on() { clip(found.title.as_str(), TITLE).into_owned() } else { String::new() };
    [format!("@{}", found.unique_id), status(found.status), number(found.watching), title]
}

fn to_json(found: &Lookup) -> serde_json::Value {
    json!({
        "unique_id": found.unique_id.as_str(),
        "live": found.status.is_on(),
        "status": status(found.status),
        "host_id": found.host_id.map(|id| id.to_string()),
        "nickname": said(&found.nickname),
        "room_id": found.room_id.map(|id| id.to_string()),
        "title": said(&found.title),
        "watching": found.watching,
        "entered": found.entered,
        "followers": found.followers,
        "started_at": time(found.started_at),
        "answered_by": found.answered_by,
    })
}
