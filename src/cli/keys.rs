//! Command `tiktop keys`: every key of the dashboard, as the settings have them.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{SettingsArgs, output};
use crate::tui;

pub(super) fn run(settings: &SettingsArgs) -> Result<ExitCode> {
    let (loaded, _) = settings.load()?;
    match tui::keys_table(&loaded.settings.keys) {
        Ok(table) => output::print_line(table.trim_end())?,
        Err(mistakes) => {
            let placed: Vec<_> = mistakes.iter().map(|mistake| loaded.placed(mistake)).collect();
            return Err(super::UsageError(placed.join("\n")).into());
        }
    }
    Ok(ExitCode::SUCCESS)
}
