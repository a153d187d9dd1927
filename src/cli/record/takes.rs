//! Lists of the folder of recordings, and copies of them as MP4.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};

use color_eyre::eyre::Result;
use serde_json::json;

use super::{RecordArgs, length, megabytes};
use crate::cli::output;
use crate::cli::query::print_table;
use crate::record::{self, Take};
use crate::run;
use crate::text::clip;

/// Columns of a reason or a title.
const WIDEST: usize = 40;

/// Prints the recordings in `dir`.
pub(super) fn list(dir: &Path, json: bool) -> Result<ExitCode> {
    let takes = record::takes(dir);
    if json {
        for take in &takes {
            output::print_raw(&crate::events::json::serializer::to_string(&to_json(take)))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if takes.is_empty() {
        output::print_line(&format!("no recording in {}", dir.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = takes.iter().map(row).collect();
    let heads = ["begun", "host", "length", "size", "holes", "state", "file"];
    print_table(heads, [false, false, true, true, true, false, false], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(take: &Take) -> [String; 7] {
    let state =
        if take.reason.is_empty() { take.status.to_string() } else { format!("{}: {}", take.status, take.reason) };
    let more = if take.files.len() > 1 { format!(" and {} more", take.files.len() - 1) } else { String::new() };
    let file = take.files.first().map(|file| file.display().to_string()).unwrap_or_default();
    [
        take.begun(&jiff::tz::TimeZone::system()),
        format!("@{}", take.user),
        length(take.millis),
        megabytes(take.bytes),
        take.holes.to_string(),
        clip(&state, WIDEST).into_owned(),
        format!("{file}{more}"),
    ]
}

fn to_json(take: &Take) -> serde_json::Value {
    json!({
        "start": take.start.as_str(), "user": take.user.as_str(), "title": take.title.as_str(),
        "status": take.status.to_string(), "reason": take.reason.as_str(), "quality": take.quality.as_str(),
        "millis": take.millis, "bytes": take.bytes, "holes": take.holes,
        "files": take.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>(),
        "info": take.info.display().to_string(),
    })
}

/// Copies files to MP4.
pub(super) fn copy(ffmpeg: &str, args: &RecordArgs) -> Result<ExitCode> {
    let runtime = run::headless_runtime()?;
    let bar = !args.json && output::has_status_line();
    let mut whole = true;
    for file in &args.mp4 {
        let shown = AtomicU8::new(u8::MAX);
        let told = |percent: u8| {
            if bar && shown.swap(percent, Ordering::Relaxed) != percent {
                let done = usize::from(percent / 5);
                output::status(&format!(
                    "{} [{}{}] {percent} %",
                    file.display(),
                    "#".repeat(done),
                    ".".repeat(20 - done)
                ));
            }
        };
        let copied = runtime.block_on(record::copy_as_mp4(ffmpeg, file, told));
        if bar {
            output::status("");
        }
        match copied {
            Ok(copy) => {
                let removed = args.replace.then(|| std::fs::remove_file(file));
                if let Some(Err(error)) = &removed {
                    whole = false;
                    output::warn(&format!("{} stays: {error}", file.display()));
                }
                let copy = copy.display().to_string();
                if args.json {
                    let line = json!({"type": "copied", "file": file.display().to_string(), "copy": copy});
                    output::print_raw(&crate::events::json::serializer::to_string(&line))?;
                } else {
                    output::print_line(&copy)?;
                }
            }
            Err(why) => {
                whole = false;
                output::warn(why.as_str());
            }
        }
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
