//! Log of the program: off unless `TIKTOP_LOG` asks for it, a file of the user's own, never the terminal.

use std::sync::{Mutex, OnceLock};

use color_eyre::eyre::{Result, WrapErr, eyre};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use super::RotatingFile;
use crate::config::{LogSettings, paths};
use crate::journal::make_folder;

/// Names what to log, such as `info` or `tiktop::webcast=debug`.
const ENV: &str = "TIKTOP_LOG";
/// How large a log grows and how many are kept, as the settings say.
static LIMITS: OnceLock<LogSettings> = OnceLock::new();

/// Sets how large the log grows and how many are kept. Before the runtime is built; the first word holds.
pub fn set_limits(settings: &LogSettings) {
    LIMITS.get_or_init(|| settings.clone());
}

/// What `wanted` asks for. A word that is neither a level nor a part of this program would log nothing for ever.
fn filter(wanted: &str) -> Result<Targets> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let known = |part: &str| {
        let is_level = LEVELS.iter().any(|level| part.eq_ignore_ascii_case(level));
        is_level || part.contains('=') || part.starts_with("tiktop") || part.is_empty()
    };
    if let Some(word) = wanted.split(',').map(str::trim).find(|part| !known(part)) {
        return Err(eyre!("{ENV}: '{word}' is no level; write one of {}, or tiktop::webcast=debug", LEVELS.join(", ")));
    }
    wanted
        .parse()
        .map_err(|error| eyre!("{ENV}: '{wanted}' is no log filter ({error}); write a level such as info or debug"))
}

/// Opens the log where it was asked for. A second call changes nothing.
pub(super) fn install() -> Result<()> {
    let Ok(wanted) = std::env::var(ENV) else { return Ok(()) };
    let filter = filter(&wanted)?;
    let dir = paths::state_dir().ok_or_else(|| eyre!("{ENV}: there is no home folder to keep a log in"))?;
    let limits = LIMITS.get().cloned().unwrap_or_default();
    let file = make_folder(&dir).and_then(|()| RotatingFile::open(&dir.join(paths::LOG_FILE), &limits));
    let file = file.wrap_err_with(|| format!("{ENV}: cannot write a log in {}", dir.display()))?;
    let log = fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
    let _ = registry().with(log.with_filter(filter)).try_init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_told() {
        for right in ["info", "DEBUG", "tiktop=debug", "tiktop::webcast", "warn,hyper=off", ""] {
            assert!(filter(right).is_ok(), "{right}");
        }
        for wrong in ["wurst", "infoo", "info,wurst", "tiktop=wurst"] {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
        assert!(filter("wurst").unwrap_err().to_string().contains("'wurst' is no level"));
    }
}
