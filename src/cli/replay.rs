//! Command `tiktop replay FILE`: a capture, or a live of the history, as if it were live, on the dashboard or as lines.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::Result;

use super::events::Printer;
use super::{SettingsArgs, UsageError, output};
use crate::run;
use crate::text::Text;
use crate::track::{Player, Speed};

/// Updates between the replay and the lines; the replay waits when they are full.
const QUEUE: usize = 1_024;

/// Play a capture, or a live of the history.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A capture: a file of `--capture`, or whatever `decode` reads (lines of {"b64": …} or {"method": …, "payload_b64": …}, a
    /// HAR, also compressed or in UTF-16), or a folder with a file for each room. Ends with 2 where nothing in it could be
    /// read.
    #[arg(value_name = "FILE", required_unless_present = "history")]
    file: Option<PathBuf>,
    /// Instead of a capture: a live as the history holds it, by its number in `tiktop lives`, or @name for the last one of theirs.
    /// What was said and given comes at its time, viewers and likes by the minute; like totals, joins and the course of battles were not kept.
    #[arg(long, value_name = "LIVE", conflicts_with = "file")]
    history: Option<String>,
    /// 1, 10, any number up to 1000, or max. [default: 1 on the dashboard, max with --json]
    #[arg(long, value_name = "X")]
    speed: Option<Speed>,
    /// Where to begin: seconds, M:SS or H:MM:SS after the start.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "0")]
    from: Duration,
    /// Print one JSON object a line instead, as `events` does.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ReplayArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let runtime = if args.json { run::headless_runtime()? } else { run::runtime()? };
    // The screen and the place of the history alone are set here: a replay needs no key and no session.
    let loaded = || crate::config::load(settings.config.as_deref(), &settings.sets);
    let (player, source, name) = match (&args.history, &args.file) {
        (Some(live), _) => runtime.block_on(run::kept_live(&loaded()?.settings, live))?,
        (None, Some(file)) => {
            let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
            let name = Text::from(format_args!("replay of {name}"));
            (runtime.block_on(Player::open(file))?, run::ReplaySource::Capture(file.clone()), name)
        }
        (None, None) => return Err(UsageError("name a capture, or a live with --history".to_owned()).into()),
    };
    if !args.json {
        let speed = args.speed.unwrap_or(Speed::Times(1));
        let replay = run::ReplaySetup { loaded: loaded()?, player, source, speed, from: args.from, notice: name };
        if let Some(summary) = run::replay(replay, runtime)? {
            output::print_summary(&summary);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let ended = runtime.block_on(async {
        let updates = player.subscribe(QUEUE, false);
        let clock = player.clock();
        let playing = player.play(args.speed.unwrap_or(Speed::Max), args.from);
        let ended = Printer::replaying(clock).print(updates).await;
        playing.finish().await;
        ended
    });
    // A write to a reader that does not read cannot be called back; it must not hold us.
    runtime.shutdown_background();
    ended
}

/// `90`, `1:30` or `1:02:30`.
fn time(text: &str) -> Result<Duration, String> {
    let bad = || format!("'{text}' is no time: write seconds, M:SS or H:MM:SS");
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
    let fits = parts.len() <= 3 && parts.iter().skip(1).all(|&part| part < 60);
    let seconds = parts.iter().try_fold(0_u64, |sum, part| sum.checked_mul(60)?.checked_add(*part));
    seconds.filter(|_| fits).map(Duration::from_secs).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90", Some(90))]
    #[case("1:30", Some(90))]
    #[case("1:02:30", Some(3_750))]
    #[case("1:60", None)]
    #[case("1:2:3:4", None)]
    #[case("", None)]
    #[case("-1", None)]
    #[case("99999999999999999999", None)]
    #[case("18446744073709551615:00", None)]
    fn a_time_is_seconds_minutes_and_hours(#[case] text: &str, #[case] seconds: Option<u64>) {
        assert_eq!(time(text).ok(), seconds.map(Duration::from_secs));
    }
}
