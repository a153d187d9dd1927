//! `tiktop [watch] [@name …]`: the dashboard.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;

use super::SettingsArgs;
use crate::run::{self, Dashboard};

/// What to watch.
#[derive(Debug, Default, Args)]
pub(super) struct Watch {
    /// Rooms: @name, a link to the live, or a room id. Without any: the rooms of the config file.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
}

pub(super) fn run(watch: &Watch, settings: &SettingsArgs) -> Result<ExitCode> {
    let (loaded, secrets) = settings.load()?;
    let rooms = if watch.rooms.is_empty() { &loaded.settings.rooms } else { &watch.rooms };
    let rooms = super::targets(rooms)?;
    run::dashboard(Dashboard { loaded, secrets, rooms, isolated: false, notice: None }, None)
}
