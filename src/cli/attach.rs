//! Command `tiktop attach [@name …]`: the dashboard on the background service.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;

use super::{SettingsArgs, output};
use crate::run::{self, DashboardSetup};

/// Open a screen on the service.
#[derive(Debug, Args)]
pub(super) struct AttachArgs {
    /// Rooms to add to it: @name, a link to the live, or a room id.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
}

pub(super) fn run(args: &AttachArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (loaded, secrets) = settings.load()?;
    let named = super::targets(&args.rooms)?;
    let history = run::history_folder(&loaded.settings).ok();
    let dashboard =
        DashboardSetup { loaded, secrets, rooms: Vec::new(), isolated: false, notice: None, capture: false, history };
    match run::attach(dashboard, named)? {
        Ok(summary) => {
            if let Some(summary) = summary {
                output::print_summary(&summary);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => Err(super::rooms::no_service()),
    }
}
