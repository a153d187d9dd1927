//! File in which the screen's memory lies, for those who want to go on where they were.

use std::path::PathBuf;

use color_eyre::eyre::{Result, WrapErr};

use crate::config::paths;
use crate::journal;
use crate::tui::ScreenMemory;

/// Its name in the state folder.
const FILE: &str = "screen.json";
/// Bytes it may have; far more than anybody keeps.
const MAX_FILE: u64 = 4 << 20;

fn path() -> Option<PathBuf> {
    paths::state_dir().map(|dir| dir.join(FILE))
}

/// What was kept; nothing where nothing was, and where it cannot be read: a screen that begins anew is no reason to stop.
pub(super) fn read() -> Option<ScreenMemory> {
    let path = path()?;
    let size = std::fs::metadata(&path).ok()?.len();
    let text = (size <= MAX_FILE).then(|| std::fs::read_to_string(&path).ok()).flatten()?;
    match serde_json::from_str(&text) {
        Ok(memory) => Some(memory),
        Err(error) => {
            tracing::warn!("{} cannot be read: {error}", path.display());
            None
        }
    }
}

/// Keeps it. An old file is replaced as a whole.
pub(super) fn write(memory: &ScreenMemory) -> Result<()> {
    let Some(path) = path() else { return Ok(()) };
    let text = serde_json::to_string_pretty(memory)?;
    journal::write_private(&path, text.as_bytes())
        .wrap_err_with(|| format!("could not keep the screen in {}", path.display()))
}
