//! Answers of www.tiktok.com: the front page with its cookie, the look-up, the live page and the profile page.

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answer::{self, SimAnswer};
use super::faults::{Faults, SimFault};
use super::media;
use super::query::Query;
use super::room::SimRoom;
use super::world::World;

/// What the anti-bot shell weighs.
const SHELL_BYTES: usize = 1_155;

/// `/`: what matters is the cookie.
pub(super) fn home() -> SimAnswer {
    let answer =
        answer::html("<!DOCTYPE html><html><head><title>TikTok - Make Your Day</title></head></html>".to_owned());
    with_ttwid(answer)
}

fn with_ttwid(answer: SimAnswer) -> SimAnswer {
    answer::with_header(answer, "set-cookie", &format!("{}; Path=/; Max-Age=31536000; HttpOnly", ttwid()))
}

/// An anonymous visitor's cookie in TikTok's form.
pub(super) fn ttwid() -> String {
    let token: String = (0..43).map(|_| fastrand::alphanumeric()).collect();
    format!("ttwid=1%7C{token}%7C1790000000%7C{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..))
}

/// `/api-live/user/room`.
pub(super) fn api_live(world: &Arc<World>, query: &Query) -> SimAnswer {
    let faults = world.faults();
    if let Some(limited) = rate_limited(&faults) {
        return limited;
    }
    if faults.has(SimFault::Captcha) {
        return answer::json(&json!({ "code": "10000", "from": "", "type": "verify", "region": "va" }));
    }
    if faults.has(SimFault::ShellPage) {
        return answer::empty();
    }
    if faults.has(SimFault::AgeGate) && !query.is_logged_in() {
        return answer::json(&json!({ "data": null, "message": "", "extra": {}, "statusCode": 4_003_110 }));
    }
    let name = query.get("uniqueId");
    if name.is_empty() {
        return answer::json(&json!({ "data": null, "message": "params_error", "statusCode": 10_201 }));
    }
    let Some(room) = world.by_name(name) else {
        let extra = json!({ "id": "20261121000000SIMULATED" });
        return answer::json(
            &json!({ "data": null, "message": "user_not_found", "extra": extra, "statusCode": 19_881_007 }),
        );
    };
    answer::json(&json!({ "data": user_room(world, room), "message": "", "extra": {}, "statusCode": 0 }))
}

/// `/@name/live`. A browser that shows it listens to the room; in a worker, when the query says `player=worker`.
pub(super) fn live_page(world: &Arc<World>, name: &str, query: &Query) -> SimAnswer {
    if let Some(refused) = refused_page(world) {
        return refused;
    }
    let age_gate = world.has(SimFault::AgeGate) && !query.is_logged_in();
    let mut live_room = json!({
        "loadingState": { "getRecommendLive": 0, "getUserInfo": 2, "getUserStat": 0 }, "needLogin": age_gate,
        "showLiveGate": age_gate, "isAgeGateRoom": age_gate, "recommendLiveRooms": [], "liveRoomStatus": 0,
    });
    let mut script = String::new();
    if let Some(room) = world.by_name(name).filter(|_| !age_gate) {
        live_room["liveRoomUserInfo"] = user_room(world, room);
        script = player(world, room, query.get("player") == "worker");
    }
    let state = json!({ "LiveRoom": live_room, "CurrentRoom": { "roomInfo": null }, "SEOState": {} });
    with_ttwid(page("SIGI_STATE", &state, &script))
}

/// `/player.js`.
pub(super) fn player_script() -> SimAnswer {
    answer::body(StatusCode::OK, "text/javascript; charset=utf-8", include_str!("player.js"))
}

/// What makes the page of a room that is on listen to it.
fn player(world: &World, room: &SimRoom, in_worker: bool) -> String {
    let facts = room.facts();
    if !facts.phase.is_on() {
        return String::new();
    }
    let (base, room_id) = (world.address.socket(), facts.room_id.to_string());
    let path = "webcast/im/ws_proxy/ws_reuse_supplement";
    let socket = format!("{base}/{path}/?aid=1988&compress=gzip&client_enter=1&room_id={room_id}");
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("room", &room_id)
        .append_pair("socket", &socket)
        .finish();
    if in_worker {
        format!("<script>new Worker(\"/player.js?{query}\")</script>")
    } else {
        format!("<script src=\"/player.js?{}\"></script>", query.replace('&', "&amp;"))
    }
}

/// `/@name`.
pub(super) fn profile(world: &Arc<World>, name: &str) -> SimAnswer {
    if let Some(refused) = refused_page(world) {
        return refused;
    }
    let detail = match world.by_name(name) {
        None => json!({ "statusCode": 10_221, "statusMsg": "", "needFix": true }),
        Some(room) => {
            let mut user = user_room(world, room)["user"].take();
            user["privateAccount"] = json!(false);
            user["bioLink"] = json!({ "link": "https://example.com", "risk": 0 });
            let stats = json!({
                "followerCount": room.host.followers, "followingCount": 80, "heartCount": 120_000, "heart": 120_000,
                "videoCount": 64, "friendCount": 12, "diggCount": 0,
            });
            json!({ "statusCode": 0, "statusMsg": "", "userInfo": { "user": user, "stats": stats } })
        }
    };
    page("__UNIVERSAL_DATA_FOR_REHYDRATION__", &json!({ "__DEFAULT_SCOPE__": { "webapp.user-detail": detail } }), "")
}

/// The page that comes instead, where the faults say so.
fn refused_page(world: &World) -> Option<SimAnswer> {
    let faults = world.faults();
    if let Some(limited) = rate_limited(&faults) {
        return Some(limited);
    }
    if faults.has(SimFault::Captcha) {
        let page = "<html><head><title>Security</title></head><body>Please wait...<script>\
                    document.cookie='_wafchallengeid=x'</script></body></html>";
        return Some(answer::html(page.to_owned()));
    }
    if faults.has(SimFault::ShellPage) {
        let (head, tail) = ("<!DOCTYPE html><html><body><script>/*", "*/</script></body></html>");
        let filler = "x".repeat(SHELL_BYTES - head.len() - tail.len());
        return Some(answer::body(StatusCode::OK, "text/html; charset=utf-8", format!("{head}{filler}{tail}")));
    }
    None
}

fn rate_limited(faults: &Faults) -> Option<SimAnswer> {
    let body = json!({ "message": "rate limited" });
    if faults.has(SimFault::Rate429Bare) {
        return Some(answer::json_with(StatusCode::TOO_MANY_REQUESTS, &body));
    }
    faults.has(SimFault::Rate429).then(|| answer::too_many(&body))
}

fn page(id: &str, state: &Value, script: &str) -> SimAnswer {
    // A script ends at the first `</`, whatever it stands in.
    let state = state.to_string().replace("</", "<\\u002F");
    answer::html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta property=\"og:url\" content=\"x\">\
         <title>LIVE - TikTok</title></head><body><div id=\"app\"></div>\
         <script id=\"{id}\" type=\"application/json\">{state}</script>{script}</body></html>"
    ))
}

/// `data` of the look-up, and `liveRoomUserInfo` of the live page. An offline room keeps its last id and addresses.
fn user_room(world: &World, room: &SimRoom) -> Value {
    let (host, facts) = (&room.host, room.facts());
    let status = facts.phase.status();
    let handle = if world.has(SimFault::WrongAccount) { "somebody.else" } else { host.handle.as_str() };
    let avatar = |size| format!("https://p16-common-sign.tiktokcdn.com/tos-avt-0068/{}~{size}:{size}.webp", host.id());
    let mut live_room = json!({
        "coverUrl": avatar(720), "squareCoverImg": avatar(720), "title": host.title,
        "startTime": facts.began_ms / 1_000, "status": status, "paidEvent": { "event_id": 0, "paid_type": 0 },
        "liveSubOnly": 0, "liveRoomMode": 0, "hashTagId": 42, "gameTagId": 0,
        "liveRoomStats": {
            "enterCount": facts.so_far, "userCount": if facts.phase.is_on() { facts.watching } else { 1 },
        },
        "streamId": media::stream_id(facts.room_id).to_string(), "multiStreamScene": 0, "multiStreamSource": 0,
    });
    if !world.has(SimFault::NoStream) {
        live_room["streamData"] = media::pull_data(world, facts.room_id);
        live_room["hevcStreamData"] = json!({ "pull_data": { "options": {}, "stream_data": "" }, "push_data": {} });
    }
    json!({
        "user": {
            "avatarLarger": avatar(1_080), "avatarMedium": avatar(720), "avatarThumb": avatar(100),
            "id": host.id().to_string(), "nickname": host.nickname, "secUid": host.sec_uid(), "secret": false,
            "uniqueId": handle, "verified": false, "roomId": facts.room_id.to_string(), "signature": host.title,
            "status": status, "followStatus": 0,
        },
        "stats": { "followingCount": 80, "followerCount": host.followers },
        "liveRoom": live_room,
    })
}
