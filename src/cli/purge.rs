//! Command `tiktop purge`: removal of what was kept on disk: captures and the log. Recordings and settings stay.

use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::output;
use crate::config::paths;
use crate::journal::CapturesDir;

pub(super) fn run() -> Result<ExitCode> {
    let (Some(state), Some(captures)) = (paths::state_dir(), paths::captures_dir()) else {
        return Err(eyre!("there is no home folder, so nothing was kept"));
    };
    let purged = CapturesDir::new(captures).purge();
    let log = state.join(paths::LOG_FILE);
    let had_log = match std::fs::remove_file(&log) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).wrap_err_with(|| format!("cannot remove {}", log.display())),
    };
    let megabytes = purged.bytes as f64 / 1e6;
    let log = if had_log { " and the log" } else { "" };
    output::print_line(&match (purged.files, had_log) {
        (0, false) => format!("nothing is kept in {}", state.display()),
        (0, true) => "removed the log".to_owned(),
        (1, _) => format!("removed 1 capture file ({megabytes:.1} MB){log}"),
        (files, _) => format!("removed {files} capture files ({megabytes:.1} MB){log}"),
    })?;
    Ok(ExitCode::SUCCESS)
}
