//! Command `tiktop [watch] [@name …]`: the dashboard.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;

use super::{SettingsArgs, output};
use crate::run::{self, DashboardSetup};
use crate::text::Text;

/// What to watch.
#[derive(Debug, Default, Args)]
pub(super) struct WatchArgs {
    /// Rooms: @name, a link to the live, or a room id. Without any: the rooms of the config file.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
    /// Keep what comes on disk, for `tiktop replay`.
    #[arg(long)]
    capture: bool,
}

pub(super) fn run(watch: &WatchArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (loaded, secrets) = settings.load()?;
    let rooms = if watch.rooms.is_empty() { &loaded.settings.rooms } else { &watch.rooms };
    let rooms = super::targets(rooms)?;
    let notice = watch.capture.then(|| Text::new("everything is being captured"));
    let dashboard = DashboardSetup { loaded, secrets, rooms, isolated: false, notice, capture: watch.capture };
    if let Some(summary) = run::dashboard(dashboard, None)? {
        output::print_line(&summary)?;
    }
    Ok(ExitCode::SUCCESS)
}
