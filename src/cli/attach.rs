//! Command `tiktop attach [@name …]`: the dashboard on the background service.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::{SettingsArgs, output};
use crate::run::{self, DashboardSetup};

/// Open a screen on the service.
#[derive(Debug, Args)]
pub(super) struct AttachArgs {
    /// Rooms to add to it: @name, a link to the live, or a room id.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
    /// The service of another user, who has named you in daemon.readers: to look and to change nothing.
    #[arg(long, value_name = "USER", conflicts_with = "rooms")]
    user: Option<String>,
}

pub(super) fn run(args: &AttachArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (loaded, secrets) = settings.load()?;
    let named = super::targets(&args.rooms)?;
    let history = run::history_folder(&loaded.settings).ok();
    let dashboard =
        DashboardSetup { loaded, secrets, rooms: Vec::new(), isolated: false, notice: None, capture: false, history };
    let place = args.user.as_deref().map_or_else(run::service_place, run::place_of)?;
    match run::attach(dashboard, place, named)? {
        Ok(summary) => {
            if let Some(summary) = summary {
                output::print_summary(&summary);
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => Err(match &args.user {
            Some(user) => eyre!("no service of {user} lets others look"),
            None => super::rooms::no_service(),
        }),
    }
}
