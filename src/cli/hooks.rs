//! Command `tiktop hooks`: what the hooks of the settings are, and what they would do.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr};

use super::{SettingsArgs, UsageError, output};
use crate::hooks::{self, DryRun};
use crate::text::counted;

/// Longest line of a file that is read as one.
const MAX_LINE: u64 = 1 << 20;

/// Try the hooks of the settings.
#[derive(Debug, Args)]
pub(super) struct HooksArgs {
    #[command(subcommand)]
    command: HooksCommand,
}

#[derive(Debug, Subcommand)]
enum HooksCommand {
    /// Say which hooks the events of a file would call, and call none.
    Test {
        /// Lines of `tiktop events`; - reads standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(super) fn run(args: &HooksArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let HooksCommand::Test { file } = &args.command;
    let (loaded, _) = settings.load()?;
    let settings = &loaded.settings;
    hooks::check(settings).map_err(|mistakes| {
        UsageError(mistakes.iter().map(|mistake| loaded.placed(mistake)).collect::<Vec<_>>().join("\n"))
    })?;
    if settings.hooks.is_empty() {
        return Err(UsageError(
            "there are no hooks: write [[hooks]] into the config file (see docs/feed.md)".to_owned(),
        )
        .into());
    }
    let mut dry_run = DryRun::new(settings).map_err(UsageError)?;
    let reader: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let opened = std::fs::File::open(file);
        Box::new(opened.wrap_err_with(|| format!("cannot read {}", file.display()))?)
    };
    let mut reader = BufReader::new(reader);
    let (mut lines, mut others, mut calls) = (0_u64, 0_u64, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line);
        if read.wrap_err_with(|| format!("cannot read {}", file.display()))? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        match dry_run.line(text.trim()) {
            Some(planned) => {
                lines += 1;
                for call in planned {
                    calls += 1;
                    output::print_line(&format!("{}: {} <- {}", call.hook, call.does, call.event))?;
                }
            }
            None => others += 1,
        }
    }
    let (events, calls) = (counted(lines, "event", "events"), counted(calls, "call", "calls"));
    output::print_line(&format!("{events}, {calls}; nothing was called"))?;
    if others > 0 {
        let others = counted(others, "line is no event", "lines are no events");
        output::warn(&format!("{others}: the file takes what `tiktop events` prints"));
    }
    Ok(if lines == 0 && others > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
