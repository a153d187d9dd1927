//! Room info, what the service knows about a room: title, numbers, the end of the live, and where its stream is.
//!
//! Needs no login and no signature, so it works when no transport does (docs/protocol.md#room-info).

use serde_json::Value;

use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, id, int, str, text, unpacked};
use super::lookup::{LiveStatus, Subject, accepted_json, login_required};
use super::service::Service;
use super::streams::{self, StreamUrl};
use crate::clock::Timestamp;
use crate::ids::{RoomId, UniqueId, UserId};
use crate::text::Text;

const CAP: usize = 8 << 20;

/// What the service knows about a room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RoomInfo {
    /// The live.
    pub room_id: RoomId,
    /// Whether it is on.
    pub status: LiveStatus,
    /// Its title.
    pub title: Text,
    /// The host's id.
    pub host_id: Option<UserId>,
    /// The host's name, where the answer holds it.
    pub unique_id: Option<UniqueId>,
    /// The host's shown name.
    pub nickname: Text,
    /// Followers of the host.
    pub followers: Option<u64>,
    /// Watching now.
    pub watching: Option<u64>,
    /// Different viewers so far; strangers often get none.
    pub total_viewers: Option<u64>,
    /// Likes so far; strangers often get none.
    pub likes: Option<u64>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended; only once it has.
    pub finished_at: Option<Timestamp>,
    /// Streams that can be recorded, best first.
    pub streams: Vec<StreamUrl>,
    /// The same as HLS, best first: for where there is nothing else.
    pub hls: Vec<StreamUrl>,
    /// There are streams, but only as HLS.
    pub hls_only: bool,
    /// Why `room/info` itself had no answer and this is only what a look-up knows; empty where it had.
    pub missing: Text,
}

/// Asks `room/info` alone.
pub(super) async fn fetch(service: &Service, room: RoomId) -> Result<RoomInfo, ServiceError> {
    let url = super::address::under(&service.webcast, "room/info/");
    let url = service.question(url, [("room_id", room.to_string().as_str())]);
    let way = service.routes.of_room(room, None);
    let info = read(room, &service.get(&way.http, &format!("ask about room {room}"), url, CAP).await?)?;
    if let Some(host) = &info.unique_id {
        service.routes.learn(info.room_id, host);
    }
    Ok(info)
}

fn read(room: RoomId, answer: &HttpAnswer) -> Result<RoomInfo, ServiceError> {
    let subject = Subject::Room(room);
    let json = accepted_json(subject, answer, || unreadable(room))?;
    let data = unpacked(at(&json, &["data"]));
    let data = &*data;
    // A refusal without its code: nothing but words where the room should be.
    if data.get("prompts").is_some() && data.get("status").is_none() {
        return Err(login_required(subject));
    }
    let known = ["status", "id", "id_str", "title", "owner"];
    if !known.iter().any(|key| data.get(key).is_some_and(|value| !value.is_null())) {
        return Err(unreadable(room));
    }
    Ok(from_data(room, data))
}

fn unreadable(room: RoomId) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::BadAnswer,
        format!("TikTok's answer about room {room} cannot be read; try again in a minute"),
    )
}

/// Reads what stands under `data`; other answers hold the same of each room.
pub(super) fn from_data(room: RoomId, data: &Value) -> RoomInfo {
    let owner = unpacked(at(data, &["owner"]));
    let owner = &*owner;
    let status = int(at(data, &["status"])).map_or(LiveStatus::NotStated, LiveStatus::from_wire);
    let time = |key: &str| int(at(data, &[key])).and_then(Timestamp::from_wire);
    // Counters that are withheld from strangers come as 0.
    let known = |paths: [&[&str]; 2]| paths.into_iter().filter_map(|path| count(at(data, path))).find(|&n| n != 0);
    let streams = streams::read_answer(data);
    RoomInfo {
        room_id: id(data, "id").map_or(room, RoomId),
        status,
        title: text(at(data, &["title"])),
        host_id: id(data, "owner_user_id").or_else(|| id(owner, "id")).map(UserId),
        unique_id: str(at(owner, &["display_id"])).parse().ok(),
        nickname: text(at(owner, &["nickname"])),
        followers: count(at(owner, &["follow_info", "follower_count"])),
        watching: count(at(data, &["user_count"])),
        total_viewers: known([&["stats", "total_user"], &["stats", "enter_count"]]),
        likes: known([&["like_count"], &["stats", "like_count"]]),
        started_at: time("start_time").or_else(|| time("create_time")),
        // While a room is live this repeats the time of its beginning.
        finished_at: time("finish_time").filter(|_| status == LiveStatus::Offline),
        hls_only: streams.flv.is_empty() && !streams.hls.is_empty(),
        hls: streams.hls,
        streams: streams.flv,
        missing: Text::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::lookup::tests::capture;
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};
    use rstest::rstest;
    use serde_json::json;

    const ROOM: RoomId = RoomId(7_300_000_000_000_000_001);

    fn read_body(body: impl Into<Bytes>) -> Result<RoomInfo, ServiceError> {
        read(ROOM, &HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() })
    }

    #[test]
    fn the_recorded_answer_is_read() {
        let Some(body) = capture("room-info-2026.json") else { return };
        let info = read_body(body).unwrap();
        assert_eq!(info.room_id, RoomId(7_690_279_124_098_681_614), "the text twin, not the rounded number");
        assert_eq!((info.status, info.total_viewers, info.likes), (LiveStatus::Live, Some(12_687), None));
        assert!(info.started_at.is_some() && info.finished_at.is_none() && !info.hls_only);
        let sound_only: Vec<_> = info.streams.iter().map(|stream| stream.sound_only).collect();
        assert_eq!(sound_only, [false, true], "{:?}", info.streams);
        let best = &info.streams[0];
        assert_eq!((best.quality.as_str(), best.size, best.bitrate), ("hd", Some((720, 1280)), Some(1_800_000)));
        assert!(!format!("{info:?}").contains("sign="), "a signature is printed");
    }

    #[test]
    fn the_recorded_refusal_is_the_age_gate() {
        let Some(body) = capture("room-info-age-restricted.json") else { return };
        assert_eq!(read_body(body).unwrap_err().kind(), ServiceErrorKind::AgeRestricted);
    }

    #[rstest]
    #[case(json!({"status_code": 20003, "data": {}}), ServiceErrorKind::NeedsSession)]
    #[case(json!({"status_code": 0, "data": {"prompts": "Follow the creator"}}), ServiceErrorKind::AgeRestricted)]
    #[case(json!({"status_code": 10011, "data": {"message": "no"}}), ServiceErrorKind::BadAnswer)]
    #[case(json!({"status_code": 0}), ServiceErrorKind::BadAnswer)]
    #[case(json!([]), ServiceErrorKind::BadAnswer)]
    #[case(json!({"data": "x"}), ServiceErrorKind::BadAnswer)]
    fn refusals_and_garbage_are_told_apart(#[case] body: Value, #[case] kind: ServiceErrorKind) {
        assert_eq!(read_body(body.to_string()).unwrap_err().kind(), kind);
    }

    #[test]
    fn every_field_may_have_any_type() {
        let wrong = json!({"data": {
            "status": "4", "id_str": [], "title": 7, "owner": "x", "user_count": -3, "like_count": "12",
            "stats": {"total_user": 1.0}, "start_time": "x", "create_time": 1_700_000_000, "finish_time": 1_700_000_100,
            "stream_url": {"hls_pull_url": "https://a.example/x.m3u8"},
        }});
        let info = read_body(wrong.to_string()).unwrap();
        assert_eq!((info.room_id, info.status), (ROOM, LiveStatus::Offline));
        assert_eq!((info.watching, info.likes, info.total_viewers), (None, Some(12), Some(1)));
        assert_eq!(info.finished_at, Some(Timestamp(1_700_000_100_000)));
        assert!(info.hls_only);
    }
}
