//! Command `tiktop purge`: removal of what was kept on disk: captures and the log. Recordings and settings stay.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, WrapErr, eyre};

use super::{UsageError, output};
use crate::config::paths;
use crate::journal::{CapturesDir, Purged};

/// What to remove.
#[derive(Debug, Args)]
pub(super) struct PurgeArgs {
    /// What to remove.
    #[arg(value_enum, default_value_t = What::All)]
    what: What,
    /// Remove it without asking.
    #[arg(long)]
    yes: bool,
    /// Only say what would be removed.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Captures and the log.
    All,
    /// Captures only.
    Captures,
    /// The log only.
    Log,
}

pub(super) fn run(args: &PurgeArgs) -> Result<ExitCode> {
    let (Some(state), Some(captures)) = (paths::state_dir(), paths::captures_dir()) else {
        return Err(eyre!("there is no home folder, so nothing was kept"));
    };
    let captures = CapturesDir::new(captures);
    let logs = logs(&state);
    let with_captures = args.what != What::Log;
    let with_log = args.what != What::Captures && !logs.is_empty();
    let found = if with_captures { captures.purgeable() } else { Purged::default() };
    let Some(things) = things(found, with_log) else {
        output::print_line(&format!("nothing to remove in {}{}", state.display(), in_use(found)))?;
        return Ok(ExitCode::SUCCESS);
    };
    if args.dry_run {
        output::print_line(&format!("would remove {things}{}", in_use(found)))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes {
        match output::ask(&format!("Remove {things}?")) {
            Some(true) => {}
            Some(false) => return Ok(ExitCode::FAILURE),
            None => {
                let words = format!("this would remove {things}: --yes does it, --dry-run only tells");
                return Err(UsageError(words).into());
            }
        }
    }
    let purged = if with_captures { captures.purge() } else { Purged::default() };
    let mut had_log = false;
    for log in logs.iter().filter(|_| with_log) {
        had_log |= remove_log(log)?;
    }
    let words = self::things(purged, had_log).unwrap_or_else(|| "nothing".to_owned());
    output::print_line(&format!("removed {words}{}", in_use(purged)))?;
    Ok(ExitCode::SUCCESS)
}

/// The log and that of the service, with the older ones of each.
fn logs(state: &Path) -> Vec<PathBuf> {
    let is_log = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        [paths::LOG_FILE, "serve.log"].iter().any(|log| name == *log || name.starts_with(&format!("{log}.")))
    };
    let folders = [state.to_owned(), state.join("run")];
    let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let mut logs: Vec<_> = files.map(|file| file.path()).filter(is_log).collect();
    logs.sort();
    logs
}

fn remove_log(log: &Path) -> Result<bool> {
    match std::fs::remove_file(log) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).wrap_err_with(|| format!("cannot remove {}", log.display())),
    }
}

/// What there is, in words; nothing where there is nothing.
fn things(found: Purged, log: bool) -> Option<String> {
    let megabytes = found.bytes as f64 / 1e6;
    let captures = match found.files {
        0 => None,
        1 => Some(format!("1 capture file ({megabytes:.1} MB)")),
        files => Some(format!("{files} capture files ({megabytes:.1} MB)")),
    };
    match (captures, log) {
        (None, false) => None,
        (None, true) => Some("the log".to_owned()),
        (Some(captures), false) => Some(captures),
        (Some(captures), true) => Some(format!("{captures} and the log")),
    }
}

/// What stays, and why.
fn in_use(found: Purged) -> String {
    match found.in_use {
        0 => String::new(),
        1 => "; 1 capture file stays, as it is being written right now".to_owned(),
        files => format!("; {files} capture files stay, as they are being written right now"),
    }
}
