//! Command `tiktop live @name …`: which of some hosts are live, for people, scripts and timers. Costs a look-up each and no
//! signature.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::query::{UNKNOWN, number, print_json, print_table, query, said, status, time};
use super::{SettingsArgs, output};
#[cfg(unix)]
use crate::daemon::ServiceStatus;
use crate::events::PhaseKind;
use crate::ids::Target;
use crate::run;
use crate::text::{Text, clip};
use crate::webcast::{AccessRestrictions, LiveStatus, Lookup};

/// Columns of a title.
const TITLE: usize = 48;

/// Tell who is live.
#[derive(Debug, Args)]
pub(super) struct LiveArgs {
    /// @name, or a link to the live.
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Print one JSON object a name.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &LiveArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    // Where no answer was had, whatever kept it away, "not live" would be a lie.
    match ask(args, settings) {
        Err(error) if !error.is::<output::WriteError>() => {
            output::warn(&format!("{error:#}"));
            Ok(ExitCode::from(UNKNOWN))
        }
        told => told,
    }
}

fn ask(args: &LiveArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    // A wrong name is told before anybody is asked.
    super::targets(&args.names)?;
    query(settings, async |client| {
        let (mut anybody, mut untold) = (false, false);
        let mut rows = Vec::new();
        #[cfg(unix)]
        let served = run::service_status().await;
        for name in &args.names {
            #[cfg(unix)]
            let known = served.as_ref().and_then(|served| from_service(served, name));
            #[cfg(not(unix))]
            let known = None;
            let found = match known {
                Some(known) => Ok(known),
                None => client.look_up(name).await,
            };
            match found {
                Ok(found) => {
                    anybody |= found.status.is_on();
                    untold |= !found.status.is_known();
                    if args.json {
                        print_json(&to_json(&found))?;
                    } else {
                        rows.push(row(&found));
                    }
                    if !found.unsure.is_empty() {
                        output::warn(found.unsure.as_str());
                    }
                }
                Err(error) => {
                    untold = true;
                    if args.json {
                        print_json(&json!({
                            "unique_id": name.trim_start_matches('@'),
                            "live": null,
                            "status": "unknown",
                            "error": error.to_string(),
                        }))?;
                    }
                    output::warn(&error.to_string());
                }
            }
        }
        if !rows.is_empty() {
            print_table(["host", "live", "watching", "title"], [false, false, true, false], &rows)?;
        }
        Ok(match (anybody, untold) {
            (true, _) => ExitCode::SUCCESS,
            (false, false) => ExitCode::FAILURE,
            (false, true) => ExitCode::from(UNKNOWN),
        })
    })
}

/// What a service knows of a room at this moment, so that nobody is asked twice.
#[cfg(unix)]
fn from_service(served: &ServiceStatus, name: &str) -> Option<Lookup> {
    let target: Target = name.parse().ok()?;
    let room = served.rooms.iter().find(|room| room.is(&target))?;
    let status = match room.phase {
        PhaseKind::Live => LiveStatus::Live,
        PhaseKind::Paused => LiveStatus::Paused,
        PhaseKind::Offline | PhaseKind::Ended => LiveStatus::Offline,
        PhaseKind::LookingUp
        | PhaseKind::Connecting
        | PhaseKind::Reconnecting
        | PhaseKind::Blocked
        | PhaseKind::Failed => return None,
    };
    Some(Lookup {
        host_id: room.host.id,
        unique_id: room.host.unique_id.as_str().parse().ok()?,
        nickname: room.host.nickname.clone(),
        room_id: room.room_id,
        status,
        title: room.title.clone(),
        watching: room.watching.filter(|_| status.is_on()),
        entered: room.entered.filter(|_| status.is_on()),
        followers: room.followers,
        started_at: room.started_at.filter(|_| status.is_on()),
        answered_by: "service",
        gates: AccessRestrictions::default(),
        streams: Vec::new(),
        hls: Vec::new(),
        hls_only: false,
        unsure: Text::default(),
    })
}

fn row(found: &Lookup) -> [String; 4] {
    let title = if found.status.is_on() { clip(found.title.as_str(), TITLE).into_owned() } else { String::new() };
    [format!("@{}", found.unique_id), status(found.status), number(found.watching), title]
}

fn to_json(found: &Lookup) -> serde_json::Value {
    json!({
        "unique_id": found.unique_id.as_str(),
        "live": found.status.is_on(),
        "status": status(found.status),
        "host_id": found.host_id.map(|id| id.to_string()),
        "nickname": said(&found.nickname),
        "room_id": found.room_id.map(|id| id.to_string()),
        "title": said(&found.title),
        "watching": found.watching,
        "entered": found.entered,
        "followers": found.followers,
        "started_at": time(found.started_at),
        "answered_by": found.answered_by,
    })
}
