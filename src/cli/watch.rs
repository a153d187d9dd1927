//! Command `tiktop [watch] [@name …]`: the dashboard.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use color_eyre::eyre::Result;

use super::feed_option::FeedOption;
use super::{Cli, SettingsArgs, UsageError, output};
use crate::config::Loaded;
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
    /// Keep no history of this run.
    #[arg(long)]
    no_history: bool,
    /// For screen readers: plain lines of what matters, nothing drawn; what is typed is a command.
    #[arg(long, conflicts_with = "capture")]
    linear: bool,
    #[command(flatten)]
    line: LineArgs,
    #[command(flatten)]
    feed: FeedOption,
    /// Open the rooms here, though a service runs.
    #[arg(long)]
    alone: bool,
}

/// What a slow line is spared.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct LineArgs {
    /// Send the terminal at most so many bytes a second, by drawing less often.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    max_bytes_per_second: Option<u64>,
}

impl WatchArgs {
    /// An option that was written before a command, which would not see it there; nothing where there is none.
    pub(super) fn misplaced(&self) -> Option<&'static str> {
        let given = [
            (self.capture, "--capture"),
            (self.no_history, "--no-history"),
            (self.linear, "--linear"),
            (self.line.max_bytes_per_second.is_some(), "--max-bytes-per-second"),
            (self.feed.is_given(), "--feed"),
            (self.alone, "--alone"),
        ];
        given.into_iter().find_map(|(is_given, name)| is_given.then_some(name))
    }
}

impl LineArgs {
    /// Lays what was typed over the settings.
    pub(super) fn apply(&self, loaded: &mut Loaded) {
        if let Some(most) = self.max_bytes_per_second {
            loaded.settings.screen.max_bytes_per_second = most;
        }
    }
}

pub(super) fn run(watch: &WatchArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (mut loaded, secrets) = settings.load()?;
    watch.line.apply(&mut loaded);
    watch.feed.apply(&mut loaded.settings)?;
    let rooms = if watch.rooms.is_empty() { &loaded.settings.rooms } else { &watch.rooms };
    if let [word] = watch.rooms.as_slice()
        && let Some(command) = meant_command(word)
    {
        let words =
            format!("there is no command '{word}': did you mean `tiktop {command}`? A room of that name is @{word}");
        return Err(UsageError(words).into());
    }
    let rooms = super::targets(rooms)?;
    if watch.linear {
        let named = super::targets(&watch.rooms)?;
        let alone = watch.alone || watch.feed.is_given();
        return super::linear::run(&loaded, secrets, rooms, named, alone, watch.no_history);
    }
    let notice = watch.capture.then(|| Text::new("everything is being captured"));
    let history = (!watch.no_history).then(|| run::history_folder(&loaded.settings)).transpose()?;
    let mut dashboard =
        DashboardSetup { loaded, secrets, rooms, isolated: false, notice, capture: watch.capture, history };
    #[cfg(unix)]
    if !watch.alone
        && let Ok(place) = run::service_place()
    {
        if watch.capture || watch.feed.is_given() {
            refuse_beside_service(watch)?;
        }
        // The rooms of the config file are those of a dashboard alone: the service has its own.
        let named = super::targets(&watch.rooms)?;
        match run::attach(dashboard, place, named)? {
            Ok(summary) => {
                if let Some(summary) = summary {
                    output::print_summary(&summary);
                }
                return Ok(ExitCode::SUCCESS);
            }
            Err(alone) => dashboard = alone,
        }
    }
    let ended = run::dashboard(dashboard, None)?;
    if let Some(summary) = ended.summary {
        output::print_summary(&summary);
    }
    if ended.wants_demo {
        return super::demo::run(&super::demo::DemoArgs::usual(), &SettingsArgs::default());
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails where a service runs that does not have what is asked for: nothing connects twice unless somebody says so.
#[cfg(unix)]
fn refuse_beside_service(watch: &WatchArgs) -> Result<()> {
    let Some(status) = run::headless_runtime()?.block_on(run::service_status()) else { return Ok(()) };
    if let Some(refusal) = watch.feed.refusal(status.feed_port) {
        return Err(refusal.into());
    }
    if watch.capture {
        let words = "a service runs, and captures are its own: `tiktop serve --replace --capture` has it keep them; --alone \
                     connects beside it, which costs a signature a room";
        return Err(UsageError(words.to_owned()).into());
    }
    Ok(())
}

/// The command that a bare word is hardly more than a slip away from: nobody's name is looked up at TikTok for a typing error.
fn meant_command(word: &str) -> Option<String> {
    /// Shorter words are near to too many others.
    const SHORTEST: usize = 4;
    let is_bare = word.len() >= SHORTEST && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let cli = Cli::command();
    let commands = cli.get_subcommands().map(clap::Command::get_name).filter(|name| name.len() >= SHORTEST);
    let nearest = commands.min_by_key(|name| strsim::damerau_levenshtein(word, name))?;
    let near = strsim::damerau_levenshtein(word, nearest) <= if nearest.len() > 5 { 2 } else { 1 };
    (is_bare && near).then(|| nearest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_a_name() {
        assert_eq!(meant_command("evnets").as_deref(), Some("events"));
        assert_eq!(meant_command("demp").as_deref(), Some("demo"));
        assert_eq!(meant_command("recrod").as_deref(), Some("record"));
        for name in ["ana", "@evnets", "evnets.live", "anna", "kenji", "max"] {
            assert_eq!(meant_command(name), None, "{name}");
        }
    }
}
