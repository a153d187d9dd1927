//! Log of the program: off unless `TIKTOP_LOG` asks for it, a file of the user's own, never the terminal.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Mutex;

use color_eyre::eyre::{Result, WrapErr, eyre};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::config::paths;
use crate::journal::make_folder;

/// Names what to log, such as `info` or `tiktop::webcast=debug`.
const ENV: &str = "TIKTOP_LOG";
/// A log that has grown beyond this is begun anew.
const MAX_BYTES: u64 = 16 << 20;

/// Opens the log where it was asked for. A second call changes nothing.
pub(super) fn install() -> Result<()> {
    let Ok(wanted) = std::env::var(ENV) else { return Ok(()) };
    let filter: Targets = wanted
        .parse()
        .map_err(|error| eyre!("{ENV}: '{wanted}' is no log filter ({error}); write a level such as info or debug"))?;
    let dir = paths::state_dir().ok_or_else(|| eyre!("{ENV}: there is no home folder to keep a log in"))?;
    let file = open(&dir).wrap_err_with(|| format!("{ENV}: cannot write a log in {}", dir.display()))?;
    let log = fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
    let _ = registry().with(log.with_filter(filter)).try_init();
    Ok(())
}

fn open(dir: &Path) -> std::io::Result<File> {
    make_folder(dir)?;
    let path = dir.join(paths::LOG_FILE);
    let too_long = path.metadata().is_ok_and(|meta| meta.len() > MAX_BYTES);
    let mut options = OpenOptions::new();
    options.create(true).append(!too_long).write(true).truncate(too_long);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
