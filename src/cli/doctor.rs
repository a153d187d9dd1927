//! Command `tiktop doctor [@room]`: a check of everything that watching a live depends on, one thing after the other, ended
//! by one sentence: whose side the trouble is on, and what to do.
//!
//! Changes nothing and writes no file. Each question has a short timeout; what cannot work after an earlier failure is not
//! tried.

#[cfg(unix)]
mod background;
mod machine;
mod network;
mod report;
mod service;
mod verdict;

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;

use super::SettingsArgs;
use crate::clock::Clock;
use crate::config::{self, Loaded, Secrets};
use crate::ids::Target;
use crate::run;
use report::{Check, Report, ReportRow, Status};

/// Longest time one question may take, in seconds; shorter where the settings say so.
const QUESTION_SECONDS: u64 = 8;

/// Find out what keeps lives from being watched: you, the provider or TikTok.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// A room to try the sockets on: @name, a link to the live, or a room id. Costs one signature a provider.
    #[arg(value_name = "ROOM")]
    room: Option<String>,
    /// One JSON object for a bug report, without secrets.
    #[arg(long)]
    json: bool,
}

/// Ends with 0 where all is well, with 1 otherwise.
pub(super) fn run(args: &DoctorArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let room = args.room.as_deref().map(str::parse::<Target>).transpose()?;
    let mut report = Report::new(args.json);
    let runtime = run::headless_runtime()?;
    runtime.block_on(async {
        let configured = machine::config(&mut report, settings);
        if let Some((loaded, secrets)) = &configured {
            remote(&mut report, loaded, secrets, room.as_ref()).await;
        }
        let usual = Loaded::default();
        let loaded = configured.as_ref().map_or(&usual, |(loaded, _)| loaded);
        machine::folders(&mut report, loaded);
        machine::ffmpeg(&mut report, loaded).await;
        machine::terminal(&mut report);
        #[cfg(unix)]
        background::check(&mut report).await;
    });
    // A name that is still being looked up cannot be called back.
    runtime.shutdown_background();
    let trouble = report.rows().iter().any(|row| row.status == Status::Failed);
    let verdict = verdict::verdict(report.rows());
    report.finish(&verdict)?;
    Ok(if trouble { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Everything beyond this machine.
async fn remote(report: &mut Report, loaded: &Loaded, secrets: &Secrets, room: Option<&Target>) {
    let mut settings = loaded.settings.clone();
    settings.service.timeout_seconds = settings.service.timeout_seconds.min(QUESTION_SECONDS);
    let client = match run::client(&settings, secrets.clone(), false) {
        Ok(client) => client,
        Err(error) => return report.add(ReportRow::new(Check::Config, "client", Status::Failed, error.to_string())),
    };
    let clock = Clock::system();
    match client.places() {
        Ok(places) => network::check(report, &client, &settings, &places, &clock).await,
        Err(error) => report.add(ReportRow::new(Check::Config, "addresses", Status::Failed, error.to_string())),
    }
    service::check(report, &client, &settings, room, &clock).await;
}

/// What must never be printed.
fn hidden(secrets: &Secrets) -> impl Iterator<Item = String> {
    let Secrets { provider_keys, provider_headers, cloud_key, session, target_idc: _ } = secrets;
    let headers = provider_headers.iter().flatten().map(|(_, secret)| secret);
    let all = provider_keys.iter().flatten().chain(headers).chain(cloud_key).chain(session);
    all.map(|secret| config::Secret::reveal(secret).to_owned())
}
