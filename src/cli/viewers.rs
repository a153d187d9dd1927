//! Command `tiktop viewers @name`: who is in a live by name. Wants a session.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::SettingsArgs;
use super::query::{answered, print_facts, print_json, print_table, query, said};
use crate::webcast::RosterPerson;

/// Tell who is in a live.
#[derive(Debug, Args)]
pub(super) struct ViewersArgs {
    /// @name, or a link to the live.
    #[arg(value_name = "NAME")]
    name: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ViewersArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    super::targets(std::slice::from_ref(&args.name))?;
    let result = query(settings, async |client| {
        let roster = client.roster(&args.name).await?;
        if args.json {
            let people: Vec<_> = roster.people.iter().map(to_json).collect();
            print_json(&json!({ "total": roster.total, "anonymous": roster.anonymous, "people": people }))?;
        } else {
            print_facts(&[("here", roster.total.to_string()), ("no name", roster.anonymous.to_string())])?;
            let rows: Vec<_> = roster.people.iter().map(row).collect();
            print_table(["rank", "coins", "handle", "name"], [true, true, false, false], &rows)?;
        }
        Ok(ExitCode::SUCCESS)
    });
    answered(result)
}

fn row(person: &RosterPerson) -> [String; 4] {
    let handle = if person.unique_id.is_empty() { String::new() } else { format!("@{}", person.unique_id) };
    [person.rank.to_string(), person.score.to_string(), handle, person.nickname.to_string()]
}

fn to_json(person: &RosterPerson) -> serde_json::Value {
    json!({
        "rank": person.rank,
        "score": person.score,
        "user_id": person.id.map(|id| id.to_string()),
        "unique_id": said(&person.unique_id),
        "nickname": said(&person.nickname),
    })
}
