//! Commands of the program, one file each: their arguments, their lines of output, their exit codes.

#[cfg(unix)]
mod attach;
mod browser;
mod chat;
mod completions;
pub mod config;
mod decode;
mod demo;
mod doctor;
mod event_output;
mod events;
mod feed;
mod feed_option;
mod gifts;
mod history;
mod hooks;
mod info;
mod keys;
mod line_shape;
mod linear;
mod live;
mod lives;
mod man;
mod moments;
mod output;
mod people;
mod prices;
mod purge;
mod query;
mod record;
mod replay;
mod report;
#[cfg(unix)]
mod rooms;
mod search;
#[cfg(unix)]
mod serve;
mod sim;
mod viewers;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use color_eyre::eyre::{Report, Result};

use crate::config::{Loaded, Secrets};
use crate::ids::{Target, TargetError};
use crate::webcast::ServiceErrorKind;
use output::WriteError;

/// Exit code where what was typed or set is wrong, as clap's own.
const USAGE: u8 = 2;

/// A terminal dashboard for TikTok LIVE.
///
/// `tiktop @name` opens a room. Watching needs no account.
#[derive(Debug, Parser)]
#[command(name = "tiktop", bin_name = "tiktop", version, subcommand_precedence_over_arg = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    watch: watch::WatchArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the dashboard (also without the word: tiktop @name).
    Watch(watch::WatchArgs),
    /// Open the dashboard on a simulated service: no network, no settings of yours.
    Demo(demo::DemoArgs),
    /// Print what happens in rooms, one JSON object a line.
    Events(events::EventsArgs),
    /// Watch and record without a screen, until it is ended: for servers, tmux and systemd.
    #[cfg(unix)]
    Serve(serve::ServeArgs),
    /// Open a screen on the service that runs.
    #[cfg(unix)]
    Attach(attach::AttachArgs),
    /// Add rooms to the service that runs, remove them, or list them.
    #[cfg(unix)]
    Rooms(rooms::RoomsArgs),
    /// Record rooms without a screen.
    Record(record::RecordArgs),
    /// Tell who somebody is and what their live is.
    Info(info::InfoArgs),
    /// Tell who is live: exit code 0 when anybody named is, 1 when nobody is, 2 when it could not be told.
    Live(live::LiveArgs),
    /// List gifts and their prices: of a room, or of your region.
    Gifts(gifts::GiftsArgs),
    /// List what coins cost.
    Prices(prices::PricesArgs),
    /// Tell who is in a live by name. Wants a session.
    Viewers(viewers::ViewersArgs),
    /// List lives that TikTok recommends. Wants a login today; search does not.
    Feed(feed::FeedArgs),
    /// Find lives by words.
    Search(search::SearchArgs),
    /// Show people of the history: who was seen last, who gave most, or all that is known of one.
    People(people::PeopleArgs),
    /// Find what was said and given, in every room, newest first.
    Chat(chat::ChatArgs),
    /// List lives of the past.
    Lives(lives::LivesArgs),
    /// List moments: places of lives worth finding again, set by hand or found by themselves.
    Moments(moments::MomentsArgs),
    /// Report a live of the past: for the terminal, as Markdown, HTML, JSON or CSV.
    Report(report::ReportArgs),
    /// Look after the history: status, export, import, purge, vacuum, check.
    History(history::HistoryArgs),
    /// Turn captured frames or messages into the same lines.
    Decode(decode::DecodeArgs),
    /// Play a capture, or a live of the history, as if it were live.
    Replay(replay::ReplayArgs),
    /// Try the hooks of the settings: programs and addresses that are called on events.
    Hooks(hooks::HooksArgs),
    /// Run the simulated service alone, for any client.
    Sim(sim::SimArgs),
    /// Print how to start a browser for the "browser" transport, and see whether one answers.
    Browser(browser::BrowserArgs),
    /// Find out what keeps lives from being watched: you, the provider or TikTok.
    Doctor(doctor::DoctorArgs),
    /// Remove what was kept on disk: captures and the log. Asks first.
    Purge(purge::PurgeArgs),
    /// Show where the settings are, check or print them.
    Config(config::ConfigArgs),
    /// List the keys of the dashboard, as the settings have them.
    Keys,
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write one for each command into a folder.
    Man(man::ManArgs),
}

/// Where settings come from.
#[derive(Clone, Debug, Default, Args)]
struct SettingsArgs {
    /// Another config file.
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<std::path::PathBuf>,
    /// One setting, such as `service.language=de`; may be given often, the last one wins.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    sets: Vec<String>,
}

impl SettingsArgs {
    /// The settings and the secrets they name; what is allowed and yet hardly meant is told on the way.
    fn load(&self) -> Result<(Loaded, Secrets)> {
        let env = |name: &str| std::env::var(name).ok();
        let loaded = crate::config::load(self.config.as_deref(), &self.sets)?;
        let secrets = crate::config::secrets(&loaded.settings, env)?;
        crate::run::set_log_limits(&loaded.settings.log);
        for warning in loaded.warnings.iter().cloned().chain(crate::config::unused_key(&loaded.settings, env)) {
            output::warn(&warning);
        }
        Ok((loaded, secrets))
    }
}

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse_from(without_help_of_help(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            return match output::print_usage(&error) {
                Err(error) if !error.reader_is_gone() => ExitCode::FAILURE,
                _ => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE)),
            };
        }
    };
    install_reports();
    let settings = cli.settings;
    if let (Some(_), Some(option)) = (&cli.command, cli.watch.misplaced()) {
        output::warn(&format!("{option} stands before the command, which does not see it there: write it behind"));
        return ExitCode::from(USAGE);
    }
    let ended = match cli.command {
        None => watch::run(&cli.watch, &settings),
        Some(Command::Watch(watch)) => watch::run(&watch, &settings),
        Some(Command::Demo(demo)) => demo::run(&demo, &settings),
        Some(Command::Events(events)) => events::run(&events, &settings),
        #[cfg(unix)]
        Some(Command::Serve(serve)) => serve::run(&serve, &settings),
        #[cfg(unix)]
        Some(Command::Attach(attach)) => attach::run(&attach, &settings),
        #[cfg(unix)]
        Some(Command::Rooms(rooms)) => rooms::run(&rooms, &settings),
        Some(Command::Record(record)) => record::run(&record, &settings),
        Some(Command::Info(info)) => info::run(&info, &settings),
        Some(Command::Live(live)) => live::run(&live, &settings),
        Some(Command::Gifts(gifts)) => gifts::run(&gifts, &settings),
        Some(Command::Prices(prices)) => prices::run(&prices, &settings),
        Some(Command::Viewers(viewers)) => viewers::run(&viewers, &settings),
        Some(Command::Feed(feed)) => feed::run(&feed, &settings),
        Some(Command::Search(search)) => search::run(&search, &settings),
        Some(Command::People(people)) => people::run(&people, &settings),
        Some(Command::Chat(chat)) => chat::run(&chat, &settings),
        Some(Command::Lives(lives)) => lives::run(&lives, &settings),
        Some(Command::Moments(moments)) => moments::run(&moments, &settings),
        Some(Command::Report(report)) => report::run(&report, &settings),
        Some(Command::History(history)) => history::run(&history, &settings),
        Some(Command::Decode(decode)) => decode::run(&decode),
        Some(Command::Replay(replay)) => replay::run(&replay, &settings),
        Some(Command::Hooks(hooks)) => hooks::run(&hooks, &settings),
        Some(Command::Sim(sim)) => sim::run(&sim),
        Some(Command::Browser(browser)) => browser::run(&browser, &settings),
        Some(Command::Doctor(doctor)) => doctor::run(&doctor, &settings),
        Some(Command::Purge(purge)) => purge::run(&purge),
        Some(Command::Keys) => keys::run(&settings),
        Some(Command::Completions(completions)) => completions::run(&completions),
        Some(Command::Man(man)) => man::run(&man),
        Some(Command::Config(config)) => config::run(&config, settings.config.as_deref(), &settings.sets),
    };
    match ended {
        Ok(code) => code,
        Err(error) if error.downcast_ref::<WriteError>().is_some_and(WriteError::reader_is_gone) => ExitCode::SUCCESS,
        Err(error) => {
            output::warn(&printed(&error));
            exit_code(&error)
        }
    }
}

/// Reports of panics and errors, cleaned like all that is printed: a panic may quote remote text.
fn install_reports() {
    // Without colours: a report whose control bytes are taken out would keep their rests.
    let hooks = color_eyre::config::HookBuilder::default().theme(color_eyre::config::Theme::new());
    let (panics, errors) = hooks.into_hooks();
    // A second installation finds the first one's hooks.
    let _ = errors.install();
    std::panic::set_hook(Box::new(move |info| {
        output::print_report(&without_secrets(panics.panic_report(info).to_string()));
    }));
}

/// A report without what this process was given to keep, whoever quoted it.
fn without_secrets(mut report: String) -> String {
    let key = crate::config::ProviderSettings::default().key_env;
    for variable in [crate::config::SESSION_ENV, crate::config::TARGET_IDC_ENV, &key] {
        if let Some(secret) = std::env::var(variable).ok().filter(|secret| !secret.trim().is_empty()) {
            report = report.replace(secret.trim(), "***");
        }
    }
    report
}

/// What a person typed or set is wrong, so that nothing was tried; prints as the sentence it holds.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// What is printed of an error. A sentence of ours is whole: what lies below it repeats it and is for programs.
fn printed(error: &Report) -> String {
    let mut words = Vec::new();
    for cause in error.chain() {
        words.push(cause.to_string());
        let whole = cause.is::<crate::webcast::ServiceError>()
            || cause.is::<crate::client::Error>()
            || cause.is::<crate::config::ConfigError>()
            || cause.is::<crate::tui::ScreenError>();
        if whole {
            break;
        }
    }
    words.join(": ")
}

/// The exit code of a command that failed: 2 where what was typed or set is wrong, else 1.
fn exit_code(error: &Report) -> ExitCode {
    let is_usage = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<UsageError>()
            || cause.is::<TargetError>()
            || cause.is::<crate::config::ConfigError>()
            || cause.is::<crate::run::WrongKeys>()
            || matches!(cause.downcast_ref(), Some(crate::client::Error::Name(_)))
            || cause
                .downcast_ref()
                .is_some_and(|error: &crate::webcast::ServiceError| error.kind() == ServiceErrorKind::Setup)
            || matches!(cause.downcast_ref(), Some(crate::client::Error::Service(error)) if error.kind() == ServiceErrorKind::Setup)
    };
    if error.chain().any(is_usage) { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
}

/// `help --help` is what everybody tries who looks for help, and clap refuses it: the flag changes nothing there.
fn without_help_of_help(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<_> = args.collect();
    if args.get(1).is_some_and(|command| command == "help") {
        args.retain(|arg| arg != "--help" && arg != "-h");
    }
    args
}

/// Reads the names of rooms; the first that is none is named with what to type instead.
fn targets(rooms: &[String]) -> Result<Vec<Target>> {
    rooms.iter().map(|room| Ok(room.parse::<Target>()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_printed_without_what_lies_below_it() {
        let error = crate::webcast::ServiceError::new(ServiceErrorKind::Network, "no connection: refused")
            .caused_by(std::io::Error::other("refused"));
        assert_eq!(printed(&Report::new(error.clone())), "no connection: refused");
        assert_eq!(printed(&Report::new(error).wrap_err("the demo")), "the demo: no connection: refused");
        let other = Report::new(std::io::Error::other("full")).wrap_err("could not write x");
        assert_eq!(printed(&other), "could not write x: full");
    }

    /// The child of the next test.
    #[test]
    #[ignore = "panics on purpose, in a process of its own"]
    fn a_panic() {
        install_reports();
        let session = crate::config::Secret::new(&std::env::var("TIKTOP_TARGET_IDC").unwrap());
        let secrets = Secrets { session, ..Secrets::default() };
        let said = std::env::var("TIKTOP_SESSION_ID").unwrap();
        panic!("{secrets:?} and {said}: \u{1b}]0;title\u{7} \u{9b}31m \u{202e} \u{1b}[2J\r\nend of it");
    }

    #[test]
    fn a_report_of_a_panic_is_clean_and_shows_no_secret() {
        for backtrace in ["0", "1", "full"] {
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "cli::tests::a_panic", "--ignored", "--nocapture"])
                .env("TIKTOP_SESSION_ID", "s3cret-session")
                .env("TIKTOP_TARGET_IDC", "s3cret-idc")
                .envs([("RUST_BACKTRACE", backtrace), ("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1")])
                .output()
                .unwrap();
            let report = String::from_utf8(child.stderr).unwrap();
            assert!(report.contains("end of it") && report.contains("***"), "{report}");
            assert!(!report.contains("s3cret"), "{report}");
            let raw = report.chars().find(|&c| c != '\n' && crate::text::must_escape(c));
            assert_eq!(raw, None, "{report:?}");
        }
    }

    #[test]
    fn help_of_help_is_help() {
        let args = |words: &str| without_help_of_help(words.split(' ').map(OsString::from));
        assert_eq!(args("tiktop help --help"), args("tiktop help"));
        assert_eq!(args("tiktop help live -h"), args("tiktop help live"));
        assert_eq!(args("tiktop help -h live"), args("tiktop help live"));
        assert_eq!(args("tiktop help --help config"), args("tiktop help config"));
        assert_eq!(args("tiktop live --help").len(), 3);
    }
}
