//! Command `tiktop history …`: upkeep of what is kept about people, lives and chat: status, export, import, purge, vacuum, check.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use color_eyre::eyre::{Result, WrapErr};
use serde_json::json;

use super::query::{print_facts, print_json};
use super::{SettingsArgs, UsageError, output};
use crate::clock::{Clock, Timestamp};
use crate::config::Settings;
use crate::history::{
    self, ExportFormat, ExportTable, FolderStatus, HistoryError, HistoryFolder, HistoryQuery, HistoryReader,
    PurgeScope, PurgedRows, local_time,
};
use crate::run::{self, RunningHistory};
use crate::text::counted;
use crate::track::Tracker;

/// Look after the history.
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(subcommand)]
    command: HistoryCommand,
}

#[derive(Debug, Subcommand)]
enum HistoryCommand {
    /// Tell what is kept, where, and who writes it.
    Status(StatusArgs),
    /// Write a table as CSV or NDJSON to standard output or a file.
    Export(ExportArgs),
    /// Read captures in: what is kept already is not counted again.
    Import(ImportArgs),
    /// Remove a person, a room, what is old, or everything, from all files. Asks first.
    Purge(PurgeArgs),
    /// Give back the space that is free inside the files.
    Vacuum,
    /// Look whether the files are whole: ends with 1 when one is not.
    Check,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ExportArgs {
    /// What to write: people, handles, lives, attendance, gifts, battles, minutes, moments, lost or chat.
    #[arg(value_name = "TABLE", value_parser = table)]
    table: ExportTable,
    /// How.
    #[arg(long, value_enum, default_value_t = Form::Ndjson)]
    format: Form,
    /// Write into this file, which must not be there yet, instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Csv,
    Ndjson,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// Captures: files or folders, as `tiktop replay` takes them.
    #[arg(value_name = "CAPTURE", required = true)]
    captures: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct PurgeWhat {
    /// A person: @name, now or once, or user id. What they said and gave, and that they were there.
    #[arg(value_name = "@PERSON")]
    person: Option<String>,
    /// All lives of a host, with what was said there.
    #[arg(long, value_name = "@NAME")]
    room: Option<String>,
    /// What is older than this: a day such as 2026-11-20, or 30d.
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// Everything, files that were moved aside as broken too.
    #[arg(long)]
    all: bool,
    /// Files that were moved aside as broken.
    #[arg(long)]
    broken: bool,
}

#[derive(Debug, Args)]
struct PurgeArgs {
    #[command(flatten)]
    what: PurgeWhat,
    /// Remove it without asking.
    #[arg(long)]
    yes: bool,
    /// Only say what would be removed.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

fn table(name: &str) -> Result<ExportTable, String> {
    let names = "people, handles, lives, attendance, gifts, battles, minutes, moments, lost or chat";
    name.parse().map_err(|_| format!("there is no table '{name}': write {names}"))
}

/// The settings without secrets: the history needs none.
pub(super) fn settings(args: &SettingsArgs) -> Result<Settings> {
    Ok(crate::config::load(args.config.as_deref(), &args.sets)?.settings)
}

/// The history that the settings name, for reading.
pub(super) fn reader(args: &SettingsArgs) -> Result<HistoryReader> {
    Ok(HistoryReader::open(&run::history_folder(&settings(args)?)?)?)
}

/// Keeps a history of a command without a screen, unless it is not wanted; what cannot be kept is told.
pub(super) fn kept(off: bool, tracker: &Tracker, settings: &Settings, clock: &Clock) -> Option<RunningHistory> {
    let folder = if off { None } else { run::history_folder(settings).ok() };
    RunningHistory::start(tracker, settings, &folder?, clock, output::warn, None)
}

/// Waits until all is on disk; what is not is told.
pub(super) async fn finish(history: Option<RunningHistory>) {
    if let Some(history) = history
        && let Some(words) = history.finish().await
    {
        output::warn(&words);
    }
}

/// A query as it was typed.
pub(super) fn query(text: &str) -> Result<HistoryQuery> {
    let now = Clock::system().now();
    HistoryQuery::parse(text, now, &jiff::tz::TimeZone::system()).map_err(|words| UsageError(words).into())
}

pub(super) fn run(args: &HistoryArgs, settings_args: &SettingsArgs) -> Result<ExitCode> {
    let settings = settings(settings_args)?;
    let folder = run::history_folder(&settings)?;
    match &args.command {
        HistoryCommand::Status(args) => status(&folder, args.json),
        HistoryCommand::Export(args) => export(&folder, args),
        HistoryCommand::Import(args) => import(&settings, &folder, args),
        HistoryCommand::Purge(args) => purge(&folder, args),
        HistoryCommand::Vacuum => {
            let free = history::vacuum(&folder, |file| progress(&format!("writing {} anew", name(file))))?;
            progress("");
            output::print_line(&format!("{} given back", megabytes(free)))?;
            Ok(ExitCode::SUCCESS)
        }
        HistoryCommand::Check => check(&folder),
    }
}

fn name(file: &std::path::Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// Tells on a terminal how far something is.
pub(super) fn progress(words: &str) {
    if output::has_status_line() {
        output::status(words);
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn status(folder: &HistoryFolder, as_json: bool) -> Result<ExitCode> {
    let status = match history::status(folder) {
        Ok(status) => status,
        Err(HistoryError::None(path)) => {
            if as_json {
                print_json(&json!({ "dir": path.display().to_string(), "exists": false }))?;
            } else {
                output::print_line(&format!("nothing is kept in {}", path.display()))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(error.into()),
    };
    let FolderStatus { people_bytes, chat_bytes, chat_files, people, lives, gifts, lines, span, lost, .. } = status;
    if as_json {
        let time = |at: i64| Timestamp(at).rfc3339();
        print_json(&json!({
            "dir": folder.path().display().to_string(), "exists": true, "people": people, "lives": lives, "gifts": gifts,
            "chat_lines": lines, "people_bytes": people_bytes, "chat_bytes": chat_bytes, "chat_files": chat_files,
            "lost": lost, "from": span.map(|span| time(span.0)), "until": span.map(|span| time(span.1)),
            "written_now": status.writer.is_some(), "writer": status.writer.flatten(),
            "set_aside": status.set_aside.iter().map(|file| name(file)).collect::<Vec<_>>(),
            "network_file_system": status.network,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let writer = match status.writer {
        None => "nobody".to_owned(),
        Some(None) => "another process".to_owned(),
        Some(Some(pid)) => format!("process {pid}"),
    };
    let aside: Vec<_> = status.set_aside.iter().map(|file| name(file)).collect();
    print_facts(&[
        ("folder", folder.path().display().to_string()),
        ("people", format!("{people} ({})", megabytes(people_bytes))),
        (
            "lives",
            span.map_or_else(
                || lives.to_string(),
                |span| format!("{lives}, {} to {}", local_time(span.0), local_time(span.1)),
            ),
        ),
        ("gifts", counted(gifts, "row", "rows")),
        ("chat", {
            let (lines, files) = (counted(lines, "line", "lines"), counted(chat_files, "file", "files"));
            format!("{lines} in {files} ({})", megabytes(chat_bytes))
        }),
        ("not kept", {
            let lost_things = counted(lost, "thing", "things");
            if lost > 0 { format!("{lost_things}: see the table lost") } else { String::new() }
        }),
        ("written by", writer),
        ("moved aside", aside.join(", ")),
        ("warning", status.network.map_or_else(String::new, |kind| format!("on a network file system ({kind})"))),
    ])?;
    Ok(ExitCode::SUCCESS)
}

fn export(folder: &HistoryFolder, args: &ExportArgs) -> Result<ExitCode> {
    let reader = HistoryReader::open(folder)?;
    let format = match args.format {
        Form::Csv => ExportFormat::Csv,
        Form::Ndjson => ExportFormat::Ndjson,
    };
    let Some(path) = &args.out else {
        let mut lines = output::LineWriter::default();
        history::export(&reader, args.table, format, &mut lines).map_err(written)?;
        lines.flush().map_err(output::WriteError::from)?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).wrap_err_with(|| format!("cannot write {}", path.display()))?;
    let mut out = BufWriter::new(file);
    let rows = history::export(&reader, args.table, format, &mut out)?;
    out.flush().wrap_err_with(|| format!("cannot write {}", path.display()))?;
    output::print_line(&format!("{} in {}", counted(rows, "row", "rows"), path.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// A failure to write to standard output as all commands tell it.
fn written(error: HistoryError) -> color_eyre::eyre::Report {
    match error {
        HistoryError::Io { error, .. } => output::WriteError::from(error).into(),
        other => other.into(),
    }
}

fn import(settings: &Settings, folder: &HistoryFolder, args: &ImportArgs) -> Result<ExitCode> {
    let runtime = run::runtime()?;
    for capture in &args.captures {
        let before = history::status(folder).unwrap_or_default();
        progress(&format!("reading {}", capture.display()));
        runtime.block_on(run::import_history(settings, folder, capture))?;
        progress("");
        let after = history::status(folder)?;
        output::print_line(&format!(
            "{}: {}, {}, {}, {}",
            capture.display(),
            counted(after.lives.saturating_sub(before.lives), "new live", "new lives"),
            counted(after.people.saturating_sub(before.people), "new person", "new people"),
            counted(after.gifts.saturating_sub(before.gifts), "new gift row", "new gift rows"),
            counted(after.lines.saturating_sub(before.lines), "new line", "new lines")
        ))?;
    }
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

fn scope(what: &PurgeWhat) -> Result<Option<PurgeScope>> {
    if let Some(before) = &what.before {
        let at = query(&format!("before:{before}"))?.before();
        return Ok(at.map(PurgeScope::Before));
    }
    if let Some(room) = &what.room {
        return Ok(Some(PurgeScope::Room(room.clone())));
    }
    if what.all {
        return Ok(Some(PurgeScope::All));
    }
    Ok(what.person.clone().map(PurgeScope::Person))
}

fn purge(folder: &HistoryFolder, args: &PurgeArgs) -> Result<ExitCode> {
    let told = |error: HistoryError| match error {
        HistoryError::Request(words) => UsageError(words).into(),
        other => color_eyre::eyre::Report::from(other),
    };
    let Some(scope) = scope(&args.what)? else {
        let gone = if args.dry_run { folder_aside(folder)? } else { history::remove_set_aside(folder)? };
        let verb = if args.dry_run { "would remove" } else { "removed" };
        let files = counted(gone, "file that was moved aside", "files that were moved aside");
        output::print_line(&format!("{verb} {files}"))?;
        return Ok(ExitCode::SUCCESS);
    };
    let found = history::purge(folder, &scope, true, |_| {}).map_err(told)?;
    if args.dry_run {
        output::print_line(&format!("would remove {}", things(found)))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes {
        match output::ask(&format!("Remove {}?", things(found))) {
            Some(true) => {}
            Some(false) => return Ok(ExitCode::FAILURE),
            None => {
                let words = format!("this would remove {}: --yes does it, --dry-run only tells", things(found));
                return Err(UsageError(words).into());
            }
        }
    }
    let purged = history::purge(folder, &scope, false, progress).map_err(told)?;
    progress("");
    output::print_line(&format!("removed {}", things(purged)))?;
    if scope != PurgeScope::All {
        let aside = folder_aside(folder)?;
        if aside > 0 {
            let files = counted(aside, "file that was moved aside as broken", "files that were moved aside as broken");
            output::warn(&format!("{files} may still hold it: tiktop history purge --broken"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn folder_aside(folder: &HistoryFolder) -> Result<u64> {
    Ok(match history::status(folder) {
        Ok(status) => status.set_aside.len() as u64,
        Err(HistoryError::None(_)) => 0,
        Err(error) => return Err(error.into()),
    })
}

/// What was purged, in words.
fn things(purged: PurgedRows) -> String {
    let PurgedRows { lines, people, lives, gifts, files, .. } = purged;
    let parts = [
        (people, counted(people, "person", "people")),
        (lives, counted(lives, "live", "lives")),
        (lines, counted(lines, "line of chat", "lines of chat")),
        (gifts, counted(gifts, "gift row", "gift rows")),
        (files, counted(files, "file", "files")),
    ];
    let said: Vec<_> = parts.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
}

fn check(folder: &HistoryFolder) -> Result<ExitCode> {
    if !folder.exists() {
        return Err(HistoryError::None(folder.path().to_owned()).into());
    }
    let checks = history::check(folder, |file| progress(&format!("looking through {}", name(file))))?;
    progress("");
    let mut broken = false;
    for check in checks {
        broken |= check.fault.is_some();
        let words = check.fault.map_or_else(|| "whole".to_owned(), |fault| format!("BROKEN: {fault}"));
        output::print_line(&format!("{}  {}  {words}", name(&check.file), megabytes(check.bytes)))?;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
