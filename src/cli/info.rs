//! Command `tiktop info @name`: an account and its live.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::query::{UNKNOWN, answered, number, print_facts, print_json, query, room_json, said, status, time};
use super::{SettingsArgs, output};
use crate::client::{Client, Error};
use crate::ids::Target;
use crate::webcast::{LiveStatus, RoomInfo, UserInfo};

/// Tell who somebody is and what their live is.
#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// @name, a link to the live, or a room id; several are told one after the other.
    #[arg(value_name = "ROOM", required = true)]
    rooms: Vec<String>,
    /// Print one JSON object a name.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &InfoArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    // A wrong name is told before anybody is asked.
    super::targets(&args.rooms)?;
    let [only] = args.rooms.as_slice() else { return several(args, settings) };
    answered(query(settings, async |client| tell(&client, only, args.json).await))
}

/// Several names: each is told, and one that cannot be costs the others nothing.
fn several(args: &InfoArgs, settings: &SettingsArgs) -> Result<ExitCode> {
    query(settings, async |client| {
        let mut ended = ExitCode::SUCCESS;
        for (nth, name) in args.rooms.iter().enumerate() {
            if nth > 0 && !args.json {
                output::print_line("")?;
            }
            match tell(&client, name, args.json).await {
                Ok(code) if code == ExitCode::SUCCESS => {}
                Ok(code) => ended = code,
                Err(error) if error.is::<output::WriteError>() => return Err(error),
                Err(error) => {
                    if args.json {
                        print_json(&json!({ "name": name, "error": format!("{error:#}") }))?;
                    }
                    output::warn(&format!("{name}: {error:#}"));
                    ended = ExitCode::from(UNKNOWN);
                }
            }
        }
        Ok(ended)
    })
}

/// One name.
async fn tell(client: &Client, name: &str, as_json: bool) -> Result<ExitCode> {
    let known = find(client, name).await?;
    if as_json {
        print_json(&json!({
            "user": known.user.as_ref().map(user_json),
            "live": known.status.map(status),
            "room": known.room.as_ref().map(room_json),
            "missing": known.missing,
        }))?;
    } else {
        print_facts(&facts(&known))?;
    }
    for sentence in &known.missing {
        output::warn(sentence);
    }
    Ok(if known.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(UNKNOWN) })
}

/// What was found out, and why the rest was not.
#[derive(Default)]
struct KnownUser {
    user: Option<UserInfo>,
    /// Where the live stands, where anybody was asked.
    status: Option<LiveStatus>,
    room: Option<RoomInfo>,
    /// One sentence for each part that is not known.
    missing: Vec<String>,
}

impl KnownUser {
    fn miss(&mut self, sentence: String) {
        if !self.missing.contains(&sentence) {
            self.missing.push(sentence);
        }
    }

    fn set_user(&mut self, user: UserInfo) {
        if !user.missing.is_empty() {
            self.miss(user.missing.to_string());
        }
        self.user = Some(user);
    }
}

/// The account and its room, as far as each is to be had: a user may never have been live, and a room may name no user.
async fn find(client: &Client, typed: &str) -> Result<KnownUser, Error> {
    let mut known = KnownUser::default();
    if let Target::Room(_) = typed.parse()? {
        let room = client.room_info(typed).await?;
        if let Some(name) = &room.unique_id {
            match client.user_info(name.as_str()).await {
                Ok(user) => known.set_user(user),
                Err(error) => known.miss(error.to_string()),
            }
        }
        known.status = Some(room.status);
        known.room = Some(room);
        return Ok(known);
    }
    let found = client.look_up(typed).await;
    match (client.user_info(typed).await, &found) {
        (Ok(user), _) => known.set_user(user),
        (Err(error), Ok(found)) => {
            known.user = Some(found.clone().into());
            known.miss(error.to_string());
        }
        // The look-up's failure is the one that `live` tells too.
        (Err(_), Err(error)) => return Err(error.clone()),
    }
    match found {
        Ok(found) => {
            known.status = Some(found.status);
            if !found.unsure.is_empty() {
                known.miss(found.unsure.to_string());
            }
            if found.room_id.is_some() {
                match client.room_info_of(&found).await {
                    Ok(room) => {
                        if !room.missing.is_empty() {
                            known.miss(room.missing.to_string());
                        }
                        known.room = Some(room);
                    }
                    Err(error) => known.miss(error.to_string()),
                }
            }
        }
        Err(error) => known.miss(error.to_string()),
    }
    Ok(known)
}

fn facts(known: &KnownUser) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(user) = &known.user {
        facts.extend([
            ("user", format!("@{}", user.unique_id)),
            ("name", user.nickname.to_string()),
            ("id", user.id.map(|id| id.to_string()).unwrap_or_default()),
            ("bio", user.bio.to_string()),
            ("link", user.link.to_string()),
            ("verified", yes(user.verified)),
            ("private", yes(user.private)),
            ("followers", number(user.followers)),
            ("following", number(user.following)),
            ("likes", number(user.likes)),
            ("videos", number(user.videos)),
        ]);
    }
    if let Some(room) = &known.room {
        let on = room.status.is_on();
        facts.extend([
            ("live", status(room.status)),
            ("room", room.room_id.to_string()),
            ("title", room.title.to_string()),
            ("watching", number(room.watching.filter(|_| on))),
            ("viewers so far", number(room.total_viewers)),
            ("likes so far", number(room.likes)),
            ("since", time(room.started_at).unwrap_or_default()),
            ("until", time(room.finished_at).unwrap_or_default()),
            (
                "streams",
                room.streams.iter().filter(|_| on).map(|stream| stream.quality.as_str()).collect::<Vec<_>>().join(" "),
            ),
        ]);
    } else {
        let live = match known.status {
            Some(LiveStatus::Offline) => "no room".to_owned(),
            Some(other) => status(other),
            None => "unknown".to_owned(),
        };
        facts.push(("live", live));
    }
    facts
}

/// Only what is so is told.
fn yes(flag: Option<bool>) -> String {
    if flag == Some(true) { "yes".to_owned() } else { String::new() }
}

fn user_json(user: &UserInfo) -> serde_json::Value {
    json!({
        "id": user.id.map(|id| id.to_string()),
        "unique_id": user.unique_id.as_str(),
        "nickname": said(&user.nickname),
        "bio": said(&user.bio),
        "link": said(&user.link),
        "sec_uid": said(&user.sec_uid),
        "picture": user.picture,
        "verified": user.verified,
        "private": user.private,
        "room_id": user.room_id.map(|id| id.to_string()),
        "followers": user.followers,
        "following": user.following,
        "friends": user.friends,
        "likes": user.likes,
        "videos": user.videos,
    })
}
