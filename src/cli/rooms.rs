//! Command `tiktop rooms add|remove|list`: the rooms of the background service.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, eyre};
use serde_json::json;

use super::query::{number, print_json, print_table, said};
use super::{SettingsArgs, output};
use crate::daemon::{Request, RoomStatus, ServiceMessage, ServiceStatus};
use crate::record::RecordingState;
use crate::run;
use crate::text::clip;

/// Columns of a reason.
const REASON: usize = 60;

/// Add rooms to the service, remove them, or list them.
#[derive(Debug, Args)]
pub(super) struct RoomsArgs {
    #[command(subcommand)]
    order: RoomsOrder,
}

#[derive(Debug, Subcommand)]
enum RoomsOrder {
    /// Watch rooms from now on.
    Add(NamedRooms),
    /// Watch rooms no longer.
    Remove(NamedRooms),
    /// Tell how each room stands.
    List {
        /// Print one JSON object a room.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct NamedRooms {
    /// Rooms: @name, a link to the live, or a room id.
    #[arg(value_name = "ROOM", required = true)]
    rooms: Vec<String>,
}

pub(super) fn run(args: &RoomsArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    settings.load()?;
    match &args.order {
        RoomsOrder::Add(named) => {
            let rooms = super::targets(&named.rooms)?;
            order(Request::AddRooms { rooms, lent: false })
        }
        RoomsOrder::Remove(named) => order(Request::RemoveRooms(super::targets(&named.rooms)?)),
        RoomsOrder::List { json } => {
            let status = status()?;
            if *json {
                status.rooms.iter().try_for_each(|room| print_json(&to_json(room)))?;
            } else {
                print_rooms(&status)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// How the service stands.
pub(super) fn status() -> Result<ServiceStatus> {
    match ask(Request::Status)? {
        ServiceMessage::Status(status) => Ok(*status),
        _ => Err(strange()),
    }
}

/// Gives an order and prints what came of it; 1 where something could not be done.
pub(super) fn order(request: Request) -> Result<ExitCode> {
    let ServiceMessage::Done(answers) = ask(request)? else { return Err(strange()) };
    let mut all = true;
    for answer in answers {
        if answer.done {
            output::print_line(answer.words.as_str())?;
        } else {
            all = false;
            output::warn(answer.words.as_str());
        }
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn ask(request: Request) -> Result<ServiceMessage> {
    run::headless_runtime()?.block_on(async {
        let mut service = run::find_service().await?.ok_or_else(no_service)?;
        Ok(service.ask(request).await?)
    })
}

/// What is said where no service runs.
pub(super) fn no_service() -> color_eyre::eyre::Report {
    eyre!("no service runs: `tiktop serve --detach` starts one")
}

fn strange() -> color_eyre::eyre::Report {
    eyre!("the service gave no answer that this program knows")
}

/// The rooms as a table.
pub(super) fn print_rooms(status: &ServiceStatus) -> Result<(), output::WriteError> {
    let rows: Vec<_> = status.rooms.iter().map(row).collect();
    if rows.is_empty() {
        return output::print_line("no rooms: `tiktop rooms add @name` adds one");
    }
    print_table(["room", "state", "watching", "recording", "why"], [false, false, true, false, false], &rows)
}

fn row(room: &RoomStatus) -> [String; 5] {
    let recording = match &room.recording {
        Some(RecordingState::Running { file, .. }) => file.display().to_string(),
        _ if room.is_recording() => "yes".to_owned(),
        _ => String::new(),
    };
    let reason = clip(room.reason.as_str(), REASON).into_owned();
    [format!("@{}", room.name), room.phase.to_string(), number(room.watching), recording, reason]
}

/// A room for programs.
pub(super) fn to_json(room: &RoomStatus) -> serde_json::Value {
    json!({
        "room": format!("@{}", room.name),
        "state": room.phase.to_string(),
        "reason": said(&room.reason),
        "room_id": room.room_id.map(|id| id.to_string()),
        "title": said(&room.title),
        "watching": room.watching,
        "coins": room.coins,
        "recording": room.is_recording(),
    })
}
