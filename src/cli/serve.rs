//! Command `tiktop serve [@name …]`: rooms and recordings without a screen, in the foreground or away from the shell; and what
//! there is to ask of the service that runs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};
use serde_json::json;

use super::feed_option::FeedOption;
use super::rooms::{print_rooms, to_json};
use super::{SettingsArgs, UsageError, output};
use crate::daemon::{Connection, Request, ServiceMessage, ServiceStatus};
use crate::run::{self, RotatingFile, ServeSetup};

/// What a service that leaves the shell has to answer; it may have to wait for another one's end.
const START: Duration = Duration::from_secs(20);
/// What it has to end: recordings are finished first.
const END: Duration = Duration::from_secs(30);

/// Watch and record without a screen.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Rooms: @name, a link to the live, or a room id. Without any: the rooms of the config file. Rooms of before return too.
    #[arg(value_name = "ROOM")]
    rooms: Vec<String>,
    /// Keep what comes on disk, for `tiktop replay`.
    #[arg(long)]
    capture: bool,
    /// Keep no history of this run.
    #[arg(long)]
    no_history: bool,
    #[command(flatten)]
    feed: FeedOption,
    /// Rooms of before do not return.
    #[arg(long)]
    fresh: bool,
    /// Leave the shell: the service goes on without it, and writes its lines into a file.
    #[arg(long)]
    detach: bool,
    /// End the service that runs and begin a new one with its rooms; says what that costs, and asks.
    #[arg(long)]
    replace: bool,
    /// With --replace: do not ask.
    #[arg(long, requires = "replace")]
    yes: bool,
    /// Tell how the service that runs stands; ends with 1 where none does.
    #[arg(long, conflicts_with_all = ["rooms", "capture", "fresh", "detach", "replace", "stop"])]
    status: bool,
    /// End the service that runs, in order.
    #[arg(long, conflicts_with_all = ["rooms", "capture", "fresh", "detach", "replace"])]
    stop: bool,
    /// With --status: one JSON object.
    #[arg(long, requires = "status")]
    json: bool,
    /// What --detach runs.
    #[arg(long, hide = true, conflicts_with_all = ["detach", "replace"])]
    detached: bool,
}

pub(super) fn run(args: &ServeArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    let (mut loaded, secrets) = settings.load()?;
    args.feed.apply(&mut loaded.settings)?;
    if args.status {
        return status(args.json);
    }
    if args.stop {
        return stop();
    }
    let rooms = if args.rooms.is_empty() { &loaded.settings.rooms } else { &args.rooms };
    let rooms = super::targets(rooms)?;
    if args.replace && !end_for_replacement(args.yes)? {
        return Ok(ExitCode::FAILURE);
    }
    if args.detach {
        return detach();
    }
    if args.detached {
        // Our shell's end is not ours.
        nix::unistd::setsid().wrap_err("cannot leave the shell")?;
    }
    let runtime = run::runtime()?;
    let log_settings = loaded.settings.log.clone();
    let history = if args.no_history { None } else { run::history_folder(&loaded.settings).ok() };
    let setup = ServeSetup { loaded, secrets, rooms, capture: args.capture, history, fresh: args.fresh };
    if args.detached {
        let place = run::service_place()?;
        place.prepare()?;
        let path = place.log();
        let mut file =
            RotatingFile::open(&path, &log_settings).wrap_err_with(|| format!("cannot write {}", path.display()))?;
        // A disk that takes nothing costs lines and nothing else.
        run::serve(setup, runtime, move |line| drop(file.write_all(format!("{line}\n").as_bytes())))?;
    } else {
        run::serve(setup, runtime, output::log_line)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn connect() -> Result<Option<Connection>> {
    run::headless_runtime()?.block_on(run::find_service())
}

async fn status_of(service: &mut Connection) -> Result<ServiceStatus> {
    match service.ask(Request::Status).await? {
        ServiceMessage::Status(status) => Ok(*status),
        _ => Err(eyre!("the service gave no answer that this program knows")),
    }
}

fn status(as_json: bool) -> Result<ExitCode> {
    let found = run::headless_runtime()?.block_on(async {
        let Some(mut service) = run::find_service().await? else { return Ok::<_, color_eyre::eyre::Report>(None) };
        status_of(&mut service).await.map(Some)
    })?;
    let Some(status) = found else {
        output::warn("no service runs: `tiktop serve --detach` starts one");
        return Ok(ExitCode::FAILURE);
    };
    if as_json {
        let object = json!({
            "build": status.build.as_str(),
            "contract": status.contract,
            "pid": status.pid,
            "since": status.since.rfc3339(),
            "attached": status.attached,
            "signatures_left": status.signatures_left,
            "rooms": status.rooms.iter().map(to_json).collect::<Vec<_>>(),
        });
        super::query::print_json(&object)?;
    } else {
        let ServiceStatus { build, contract, pid, attached, .. } = &status;
        let since = status.since.rfc3339();
        let left = status.signatures_left.map(|left| format!(", {left} signatures left")).unwrap_or_default();
        let screens = if *attached == 1 { "1 screen".to_owned() } else { format!("{attached} screens") };
        let words =
            format!("tiktop {build} (contract {contract}), process {pid}, since {since}, {screens} attached{left}");
        output::print_line(&words)?;
        print_rooms(&status)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends the service that runs; false where it has not ended in time.
async fn end(mut service: Connection) -> Result<()> {
    let pid = service.hello().pid;
    service.ask(Request::Stop).await?;
    if tokio::time::timeout(END, service.ended()).await.is_err() {
        return Err(eyre!(
            "the service (process {pid}) has not ended within {} s: end it with `kill {pid}`",
            END.as_secs()
        ));
    }
    Ok(())
}

fn stop() -> Result<ExitCode> {
    run::headless_runtime()?.block_on(async {
        let Some(service) = run::find_service().await? else {
            output::warn("no service runs");
            return Ok(ExitCode::FAILURE);
        };
        end(service).await?;
        output::print_line("the service has ended")?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Says what it costs to end the service that runs, and ends it; false where the person does not want that.
fn end_for_replacement(unasked: bool) -> Result<bool> {
    run::headless_runtime()?.block_on(async {
        let Some(mut service) = run::find_service().await? else { return Ok(true) };
        let status = status_of(&mut service).await?;
        let cost = status.cost_of_ending().unwrap_or_else(|| "nothing".to_owned());
        output::warn(&format!("replacing the service (tiktop {}, process {}) costs: {cost}", status.build, status.pid));
        let go = unasked
            || output::ask("Replace it?").ok_or_else(|| {
                UsageError("nobody is there to answer: --replace --yes replaces it unasked".to_owned())
            })?;
        if go {
            end(service).await?;
        }
        Ok(go)
    })
}

/// Starts the service away from this shell, and waits until it answers.
fn detach() -> Result<ExitCode> {
    if let Some(running) = connect()? {
        return Err(crate::daemon::PlaceError::Running(running.hello().pid).into());
    }
    let program = std::env::current_exe().wrap_err("this program cannot find itself")?;
    let args = std::env::args_os().skip(1).filter(|arg| arg != "--replace" && arg != "--yes");
    let args = args.map(|arg| if arg == "--detach" { "--detached".into() } else { arg });
    let mut child = Command::new(program);
    child.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = child.spawn().wrap_err("the service cannot be started")?;
    let pid = child.id();
    let mut errors = child.stderr.take().map(BufReader::new);
    let runtime = run::headless_runtime()?;
    let answers = runtime.block_on(async {
        let waiting = async {
            loop {
                // What it says for itself is told once it has ended.
                if child.try_wait().ok().flatten().is_some() {
                    return false;
                }
                if let Ok(Some(service)) = run::find_service().await
                    && service.hello().pid == pid
                {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(START, waiting).await.unwrap_or(false)
    });
    if answers {
        output::print_line(&format!("the service runs (process {pid}): `tiktop attach` opens a screen on it"))?;
        return Ok(ExitCode::SUCCESS);
    }
    // One that hangs is left no chance to begin later.
    drop(child.kill());
    drop(child.wait());
    let said: Vec<_> = errors.iter_mut().flat_map(BufRead::lines).map_while(Result::ok).collect();
    for line in &said {
        output::log_line(line);
    }
    if said.is_empty() {
        output::warn("the service did not start");
    }
    Ok(ExitCode::FAILURE)
}
