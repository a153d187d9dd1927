//! Command `tiktop moments [LIVE]`: places of lives worth finding again, newest first.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::history::reader;
use super::query::{print_fitted_table, print_json};
use super::{SettingsArgs, UsageError, output};
use crate::clock::Timestamp;
use crate::history::{MomentRow, clock_words, local_time};
use crate::text::Text;

/// List moments of the history.
#[derive(Debug, Args)]
pub(super) struct MomentsArgs {
    /// Of which live: its number in `tiktop lives`, or @name for the last one of theirs. Without: of all lives.
    #[arg(value_name = "LIVE")]
    live: Option<String>,
    /// Only what was made so: hand, chat, gifts, viewers, battle, keyword or gap. May be given more than once.
    #[arg(long, value_name = "KIND", value_parser = ["hand", "chat", "gifts", "viewers", "battle", "keyword", "gap"])]
    by: Vec<String>,
    /// So many at most.
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: usize,
    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
    /// Print CSV instead: a row each, with a head.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

pub(super) fn run(args: &MomentsArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let reader = reader(settings)?;
    let mut live = None;
    if let Some(name) = &args.live {
        let known = reader.live_called(Some(name))?.map(|live| live.id);
        live = Some(
            known.ok_or_else(|| UsageError(format!("no live '{name}' is in the history: tiktop lives lists them")))?,
        );
    }
    let wanted = |moment: &MomentRow| args.by.is_empty() || args.by.contains(&moment.by);
    let all = if args.by.is_empty() { args.limit } else { usize::MAX >> 1 };
    let moments: Vec<_> = reader.moments(live, all)?.into_iter().filter(wanted).take(args.limit).collect();
    if args.json {
        print_json(&json!({ "moments": moments }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.csv {
        output::print_raw("live,room,at,offset_s,by,note")?;
        for moment in &moments {
            let cells = [
                moment.live.to_string(),
                moment.room.clone(),
                Timestamp(moment.at).rfc3339(),
                offset(moment).map(|millis| (millis / 1_000).to_string()).unwrap_or_default(),
                moment.by.clone(),
                moment.note.clone(),
            ];
            output::print_raw(&cells.map(|cell| crate::history::csv_cell(&cell)).join(","))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if moments.is_empty() {
        output::warn("no moment of that kind is kept");
        return Ok(ExitCode::FAILURE);
    }
    let rows: Vec<_> = moments
        .iter()
        .map(|moment| {
            [
                local_time(moment.at),
                // A capture may have been marked of whose live nothing else is kept.
                if moment.room.is_empty() { String::new() } else { format!("@{}", Text::new(&moment.room)) },
                offset(moment).map(|millis| clock_words(millis / 1_000)).unwrap_or_default(),
                moment.live.to_string(),
                moment.by.clone(),
                Text::new(&moment.note).to_string(),
            ]
        })
        .collect();
    let head = ["when", "host", "into the live", "live", "by", "what"];
    let yielding = [(3, 19), (5, 24), (1, 10)];
    print_fitted_table(head, [false, false, true, true, false, false], &yielding, &rows)?;
    Ok(ExitCode::SUCCESS)
}

/// How far into its live a moment is, in milliseconds; nothing where nothing else is kept of the live.
fn offset(moment: &MomentRow) -> Option<u64> {
    let is_kept = !moment.room.is_empty();
    is_kept.then(|| u64::try_from(moment.at.saturating_sub(moment.live_began)).unwrap_or(0))
}
