//! Command `tiktop demo`: the dashboard on the simulated service. The same code path as TikTok; only base addresses differ.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};

use super::sim::CrowdArgs;
use super::watch::LineArgs;
use super::{SettingsArgs, output};
use crate::clock::Clock;
use crate::config::{Secrets, paths};
use crate::history::HistoryFolder;
use crate::run::{self, DashboardSetup};
use crate::sim::Sim;
use crate::text::Text;
use crate::webcast::point_at;

/// How long the simulated lives have been on when the demo begins: graphs and lists are full from the first second.
const PAST: Duration = Duration::from_secs(22 * 60);

/// Open the dashboard on a simulated service.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    crowd: CrowdArgs,
    /// Keep a history of the invented people too, in a folder of its own beside yours; without a name: demo-history in the state
    /// folder. Look at it with `tiktop --set history.dir=FOLDER people`.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true)]
    #[allow(clippy::option_option, reason = "not said, said, and said with a folder")]
    history: Option<Option<PathBuf>>,
    /// The demo as a screen reader gets it: plain lines of what matters; what is typed is a command.
    #[arg(long, conflicts_with = "history")]
    linear: bool,
    #[command(flatten)]
    line: LineArgs,
}

impl DemoArgs {
    /// The demo as it is without a word more.
    pub(super) fn usual() -> Self {
        Self { crowd: CrowdArgs::usual(), line: LineArgs::default(), linear: false, history: None }
    }
}

/// The user's config, secrets and proxies are left out; `--set` is heard, so that the screen can be tried.
pub(super) fn run(args: &DemoArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    if args.crowd.prints_fault_list()? {
        return Ok(ExitCode::SUCCESS);
    }
    let mut loaded = crate::config::load_sets(&settings.sets)?;
    args.line.apply(&mut loaded);
    let runtime = run::runtime()?;
    let sim = runtime
        .block_on(Sim::start(args.crowd.options(0, false).with_age(PAST).with_script(true).with_start(this_start())))
        .wrap_err("the simulated service cannot listen on this machine")?;
    point_at(&mut loaded.settings, &sim.base_url(), &sim.socket_url());
    let rooms = super::targets(&sim.names())?;
    if args.linear {
        let ended = super::linear::run(&loaded, Secrets::default(), rooms, Vec::new(), true, true);
        drop(sim);
        return ended;
    }
    let dashboard = DashboardSetup {
        loaded,
        secrets: Secrets::default(),
        rooms,
        isolated: true,
        notice: Some(Text::new("demo: a simulated service on this machine")),
        capture: false,
        history: args.history.as_ref().map(|folder| demo_history(folder.as_deref())).transpose()?,
    };
    if let Some(summary) = run::dashboard(dashboard, Some((runtime, sim)))?.summary {
        output::print_summary(&summary);
    }
    Ok(ExitCode::SUCCESS)
}

/// A number of this start, by the second: what its lives leave in a history is not taken for that of an earlier demo.
fn this_start() -> u32 {
    u32::try_from(Clock::system().now().wall.0 / 1_000).unwrap_or(0)
}

/// The folder of the demo's history: never the user's own.
fn demo_history(named: Option<&Path>) -> Result<HistoryFolder> {
    let usual = || paths::state_dir().map(|dir| dir.join("demo-history"));
    let folder = named.map(Path::to_owned).or_else(usual);
    Ok(HistoryFolder::new(folder.ok_or_else(|| eyre!("there is no home folder: write --history=FOLDER"))?))
}
