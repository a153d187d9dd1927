//! Command `tiktop report [LIVE]`: what a live was, for the terminal, as Markdown, as one HTML file, as JSON or as CSV.

mod csv;
mod graph;
mod html;
mod markdown;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};
use serde_json::json;

use super::history::reader;
use super::query::print_json;
use super::{SettingsArgs, UsageError, output};
use crate::history::{HistoryReader, LiveReport, report_lines};

/// Report a live of the history.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The live, by its number in `tiktop lives`, or @name for the last one of theirs. Without: the last of all.
    #[arg(value_name = "LIVE")]
    live: Option<String>,
    #[command(flatten)]
    form: FormArgs,
    /// Write into this file, which must not be there yet, instead of standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct FormArgs {
    /// As Markdown.
    #[arg(long)]
    md: bool,
    /// As one HTML file, with graphs, that needs nothing from elsewhere.
    #[arg(long)]
    html: bool,
    /// As one JSON object.
    #[arg(long)]
    json: bool,
    /// The minutes as CSV.
    #[arg(long)]
    csv: bool,
}

pub(super) fn run(args: &ReportArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let reader = reader(settings)?;
    let Some(report) = found(&reader, args.live.as_deref())? else {
        let words = match &args.live {
            Some(live) => format!("no live '{live}' is in the history: tiktop lives lists them"),
            None => "no live is in the history yet".to_owned(),
        };
        return Err(UsageError(words).into());
    };
    if args.form.json {
        print_json(&json!({ "report": report }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = match &args.form {
        FormArgs { md: true, .. } => markdown::report(&report),
        FormArgs { html: true, .. } => html::report(&report),
        FormArgs { csv: true, .. } => csv::report(&report),
        _ => report_lines(&report, crate::tui::output_columns().unwrap_or(0)).join("\n"),
    };
    let Some(path) = &args.out else {
        output::print_line(text.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.wrap_err_with(|| format!("cannot write {}", path.display()))?;
    output::print_line(&path.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// The report of what was asked for.
fn found(reader: &HistoryReader, live: Option<&str>) -> Result<Option<LiveReport>> {
    Ok(match reader.live_called(live)? {
        Some(live) => reader.report(live.id)?,
        None => None,
    })
}
