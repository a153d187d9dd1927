//! `tiktop info @name`: who somebody is, and what their live is.

use std::process::ExitCode;

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::SettingsArgs;
use super::query::{number, print_facts, print_json, query, room_json, said, status, time};
use crate::client::{Client, Error};
use crate::ids::Target;
use crate::webcast::{RoomInfo, UserInfo};

/// Tell who somebody is and what their live is.
#[derive(Debug, Args)]
pub(super) struct Info {
    /// @name, a link to the live, or a room id.
    #[arg(value_name = "ROOM")]
    room: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Info, settings: &SettingsArgs) -> Result<ExitCode> {
    query(settings, async |client| {
        let (user, room) = find(&client, &args.room).await?;
        if args.json {
            print_json(&json!({ "user": user.as_ref().map(user_json), "room": room.as_ref().map(room_json) }));
        } else {
            print_facts(&facts(user.as_ref(), room.as_ref()));
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// The account and its room, as far as each is to be had: a user may never have been live, and a room may name no user.
async fn find(client: &Client, typed: &str) -> Result<(Option<UserInfo>, Option<RoomInfo>), Error> {
    match typed.parse()? {
        Target::Room(_) => {
            let room = client.room_info(typed).await?;
            let user = match &room.unique_id {
                Some(name) => client.user_info(name.as_str()).await.ok(),
                None => None,
            };
            Ok((user, Some(room)))
        }
        Target::Host(_) => {
            let user = client.user_info(typed).await?;
            match client.room_info(typed).await {
                Ok(room) => Ok((Some(user), Some(room))),
                Err(Error::NotLive(_)) => Ok((Some(user), None)),
                Err(error) => {
                    tracing::info!("the room of @{}: {error}", user.unique_id);
                    Ok((Some(user), None))
                }
            }
        }
    }
}

fn facts<'l>(user: Option<&UserInfo>, room: Option<&RoomInfo>) -> Vec<(&'l str, String)> {
    let mut facts = Vec::new();
    if let Some(user) = user {
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
    if let Some(room) = room {
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
        facts.push(("live", "no room".to_owned()));
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
