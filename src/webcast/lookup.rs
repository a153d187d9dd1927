//! From a name to a room: who is this, are they live, and which room is it.
//!
//! Two independent answers, neither of which needs a login or a signature: the JSON of `api-live/user/room`, and the state
//! inside the live page (docs/protocol.md#look-ups). A room id alone never means live: only the status does, because
//! the service keeps the last room's id and even its stream addresses.

mod page;
mod refusal;

use serde_json::Value;

use super::error::{Error, Kind};
use super::http::Answer;
use super::json::{at, count, flag, from_bytes, id, int, str, text};
use super::service::Service;
use super::streams::{self, StreamUrl};
use crate::clock::Timestamp;
use crate::ids::{RoomId, UniqueId, UserId};
use crate::text::Text;

pub(super) use page::script;
pub(super) use refusal::{Subject, age_restricted, by_code, by_status, not_found};

/// The answer is about 15 KB.
const API_CAP: usize = 8 << 20;
/// The page is about 650 KB.
const PAGE_CAP: usize = 4 << 20;

/// Who a name belongs to, and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The host's id, which survives a change of name.
    pub host_id: Option<UserId>,
    /// The name, as the service writes it.
    pub unique_id: UniqueId,
    /// The name shown.
    pub nickname: Text,
    /// The live, or the last one there was: look at `status`.
    pub room_id: Option<RoomId>,
    /// Whether the host is live.
    pub status: LiveStatus,
    /// Title of the live, or of the last one.
    pub title: Text,
    /// Watching now; nothing unless live.
    pub watching: Option<u64>,
    /// Entries so far; nothing unless live.
    pub entered: Option<u64>,
    /// Followers of the host.
    pub followers: Option<u64>,
    /// When the live began; nothing unless live.
    pub started_at: Option<Timestamp>,
    /// Which of the two answers this is: `api-live` or `live page`.
    pub answered_by: &'static str,
    /// What stands between a stranger and the live.
    pub gates: Gates,
    /// Streams this answer names, best first; nothing unless live. Another answer may name more.
    pub streams: Vec<StreamUrl>,
}

/// Where a live stands (docs/protocol.md#live-status).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveStatus {
    /// 2: live.
    Live,
    /// 3: paused by the host; the room stays.
    Paused,
    /// 4, or no room at all.
    Offline,
    /// A value that nobody has explained.
    Unknown(i64),
}

impl LiveStatus {
    /// From the service's number.
    pub fn from_wire(status: i64) -> Self {
        match status {
            2 => Self::Live,
            3 => Self::Paused,
            4 => Self::Offline,
            other => Self::Unknown(other),
        }
    }

    /// Whether there is a room to connect to.
    pub fn is_on(self) -> bool {
        matches!(self, Self::Live | Self::Paused)
    }
}

/// What stands between a stranger and a live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    /// For adults.
    pub age: bool,
    /// For people who are logged in.
    pub login: bool,
    /// For subscribers.
    pub subscribers: bool,
    /// Ticketed.
    pub paid: bool,
}

/// Looks `host` up, by the JSON first and by the page where the JSON has no answer.
pub(super) async fn look_up(service: &Service, host: &UniqueId) -> Result<Lookup, Error> {
    let found = ask_either(service, host).await?;
    if let Some(room) = found.room_id {
        service.routes.learn(room, host);
    }
    Ok(found)
}

async fn ask_either(service: &Service, host: &UniqueId) -> Result<Lookup, Error> {
    let first = match ask_api(service, host).await {
        Ok(lookup) => return Ok(lookup),
        Err(error) => error,
    };
    // Asking the same site again is no help when it does not answer or wants to be left alone.
    let hopeless = matches!(first.kind(), Kind::RateLimited { .. } | Kind::Network | Kind::Timeout | Kind::Setup);
    if hopeless {
        return Err(first);
    }
    ask_page(service, host).await.map_err(|second| clearer(first, second))
}

/// Of two failures the one that is about the room; else the first.
fn clearer(first: Error, second: Error) -> Error {
    if second.is_lasting() && !first.is_lasting() { second } else { first }
}

pub(super) async fn ask_api(service: &Service, host: &UniqueId) -> Result<Lookup, Error> {
    let mut url = super::address::under(&service.site, "api-live/user/room");
    url.query_pairs_mut()
        .append_pair("uniqueId", host.as_str())
        .extend_pairs([
            ("sourceType", "54"),
            ("aid", "1988"),
            ("app_name", "tiktok_web"),
            ("device_platform", "web_pc"),
        ])
        .extend_pairs([("app_language", &service.language), ("browser_language", &service.language)])
        .extend_pairs([("user_is_login", "false"), ("staleTime", "600000")]);
    service.add_query(&mut url);
    let answer = ask(service, host, url, API_CAP).await?;
    read_api(host, &answer)
}

pub(super) async fn ask_page(service: &Service, host: &UniqueId) -> Result<Lookup, Error> {
    let url = super::address::account_page(&service.site, host.as_str(), "/live");
    let answer = ask(service, host, url, PAGE_CAP).await?;
    page::read(host, &answer)
}

async fn ask(service: &Service, host: &UniqueId, url: url::Url, cap: usize) -> Result<Answer, Error> {
    let way = service.routes.of_host(host);
    service.ask(&way.http, &format!("look up @{host}"), url, cap).await
}

/// Reads the answer of `api-live/user/room`.
fn read_api(host: &UniqueId, answer: &Answer) -> Result<Lookup, Error> {
    let subject = Subject::Host(host);
    if answer.status.as_u16() == 404 {
        // A missing account has a code of its own: here it is the question that nobody knows any more.
        return Err(refusal::moved(subject));
    }
    by_status(subject, answer)?;
    let json = from_bytes(&answer.body).ok_or_else(|| refusal::not_json(subject, &answer.body))?;
    let Some(code) = json.get("statusCode").and_then(int) else {
        // The service leaves the code out when it wants a captcha solved.
        return Err(refusal::captcha(subject));
    };
    by_code(subject, code, str(at(&json, &["message"])))?;
    user_info(host, at(&json, &["data"]), "api-live")
}

/// Reads `{user, stats, liveRoom}`, which both answers hold.
fn user_info(asked: &UniqueId, info: &Value, answered_by: &'static str) -> Result<Lookup, Error> {
    let (user, live) = (at(info, &["user"]), at(info, &["liveRoom"]));
    let nonsense = |what: &str| {
        Error::new(Kind::BadAnswer, format!("TikTok's answer about @{asked} holds no {what}; try again in a minute"))
    };
    if !user.is_object() {
        return Err(nonsense("account"));
    }
    let host_id = id(user, "id").map(UserId);
    let unique_id: UniqueId = str(at(user, &["uniqueId"])).parse().map_err(|_| nonsense("name"))?;
    let asked_by_id = host_id.is_some_and(|id| id.to_string() == asked.as_str());
    if unique_id != *asked && !asked_by_id {
        return Err(Error::new(
            Kind::WrongAccount,
            format!(
                "TikTok answered for @{unique_id} when asked for @{asked}; the name may have changed: try @{unique_id}"
            ),
        ));
    }
    let room_id = id(user, "roomId").map(RoomId);
    let status = int(at(live, &["status"])).or_else(|| int(at(user, &["status"])));
    let status = match (room_id, status) {
        (None, _) | (_, None) => LiveStatus::Offline,
        (Some(_), Some(status)) => LiveStatus::from_wire(status),
    };
    // An offline answer repeats the numbers of the last live.
    let now = |value: Option<u64>| value.filter(|_| status.is_on());
    let started_at = int(at(live, &["startTime"])).and_then(Timestamp::from_wire);
    Ok(Lookup {
        host_id,
        unique_id,
        nickname: text(at(user, &["nickname"])),
        room_id,
        status,
        title: text(at(live, &["title"])),
        watching: now(count(at(live, &["liveRoomStats", "userCount"]))),
        entered: now(count(at(live, &["liveRoomStats", "enterCount"]))),
        followers: count(at(info, &["stats", "followerCount"])),
        started_at: started_at.filter(|_| status.is_on()),
        answered_by,
        gates: Gates {
            subscribers: flag(at(live, &["liveSubOnly"])),
            paid: flag(at(live, &["paidEvent", "paid_type"])),
            ..Gates::default()
        },
        streams: if status.is_on() { streams_of(live) } else { Vec::new() },
    })
}

/// The streams of a `liveRoom`; H.265 has a table of its own.
fn streams_of(live: &Value) -> Vec<StreamUrl> {
    let table = |key: &str| at(live, &[key]);
    streams::read_all(&[table("streamData"), table("hevcStreamData"), table("stream_url"), table("streamUrl")]).flv
}

#[cfg(test)]
pub(super) mod tests;
