//! Simulated signing provider: the first fetch, its budget, its refusals. And TikTok's own `im/fetch`.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use prost::Message as _;
use serde_json::json;

use super::answer::{self, SimAnswer};
use super::faults::SimFault;
use super::query::Query;
use super::room::SimRoom;
use super::site;
use super::world::World;
use crate::wire::pb;

const SOCKET_PATH: &str = "/webcast/im/ws_proxy/ws_reuse_supplement/";
/// Where the dead stub sends clients: loopback, and nobody listens.
const FALLBACK: &str = "wss://127.0.0.1:1/?token=simulated";

/// `/webcast/fetch`.
pub(super) fn fetch(world: &Arc<World>, query: &Query) -> SimAnswer {
    let by_id = query.id("room_id").and_then(|room_id| world.by_room_id(room_id));
    answer(world, by_id.or_else(|| world.by_name(query.get("unique_id"))))
}

/// `/webcast/rooms/{id}/connect`.
pub(super) fn connect(world: &Arc<World>, room_id: &str) -> SimAnswer {
    answer(world, room_id.parse().ok().and_then(|room_id| world.by_room_id(room_id)))
}

/// `/webcast/anchors/{name}/connect`.
pub(super) fn connect_name(world: &Arc<World>, name: &str) -> SimAnswer {
    answer(world, world.by_name(name))
}

/// `/webcast/anchors/{name}/room_id`, and `/webcast/room_id` of old.
pub(super) fn room_id(world: &Arc<World>, name: &str) -> SimAnswer {
    if let Some(refused) = refused(world) {
        return refused;
    }
    match world.by_name(name).map(|room| room.facts()) {
        Some(facts) => answer::json(&json!({
            "code": 200, "ok": true, "is_live": facts.phase.is_on(), "room_id": facts.room_id.to_string(),
            "message": "", "routes_attempted": [],
        })),
        None => failure(StatusCode::NOT_FOUND, "user not found"),
    }
}

/// `/webcast/rate_limits`.
pub(super) fn rate_limits(world: &Arc<World>) -> SimAnswer {
    let spent = world.has(SimFault::Provider429) || world.has(SimFault::Provider429Bare);
    let reset_at = world.clock.now() + std::time::Duration::from_secs(answer::WAIT_SECONDS.into());
    let bucket = |max: u32| json!({ "max": max, "remaining": if spent { 0 } else { max - 1 }, "reset_at": reset_at.wall.rfc3339() });
    answer::json(&json!({
        "code": 200, "message": "", "day": bucket(2_500), "hour": bucket(500), "minute": bucket(30), "load_shedding": false,
    }))
}

/// `/webcast/sign_url` of 2022-2025: the address comes back signed, and pointed at us.
pub(super) fn sign_url(world: &Arc<World>, query: &Query) -> SimAnswer {
    if let Some(refused) = refused(world) {
        return refused;
    }
    let Ok(target) = url::Url::parse(query.get("url")) else {
        return failure(StatusCode::BAD_REQUEST, "url is missing");
    };
    let and = if target.query().is_some() { '&' } else { '?' };
    let path = target.path();
    let asked = target.query().map_or_else(String::new, |asked| format!("?{asked}"));
    let signed =
        format!("{}{path}{asked}{and}msToken=simulated&X-Bogus=simulated&_signature=simulated", world.address.http());
    let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";
    answer::json(&json!({
        "code": 200, "message": "", "signedUrl": signed, "User-Agent": agent, "msToken": "simulated", "_signature": "simulated",
        "X-Bogus": "simulated", "browserName": "Mozilla", "browserVersion": agent,
        "response": { "signedUrl": signed, "userAgent": agent, "browserName": "Mozilla", "browserVersion": agent,
            "tokens": { "X-Bogus": "simulated", "X-Gnarly": "simulated", "msToken": "simulated" }, "requestHeaders": {}, "cookies": "" },
    }))
}

/// `/webcast/im/fetch/`: the same body as the provider's, at first with the way to the socket, then for polling.
pub(super) fn im_fetch(world: &Arc<World>, query: &Query) -> SimAnswer {
    let Some(room) = query.id("room_id").and_then(|room_id| world.by_room_id(room_id)) else {
        return answer::empty();
    };
    // A live that is over has nothing more to say: the host may go on under another room id.
    if query.id("room_id") != Some(room.facts().room_id) {
        return answer::empty();
    }
    let response = with_socket(world, room.fetch(query.get("cursor"), &world.faults()));
    answer::with_header(protobuf(response.encode_to_vec()), "set-cookie", &format!("{}; Path=/", site::ttwid()))
}

fn answer(world: &Arc<World>, room: Option<&Arc<SimRoom>>) -> SimAnswer {
    if let Some(refused) = refused(world) {
        return refused;
    }
    let Some(room) = room else { return failure(StatusCode::NOT_FOUND, "room not found") };
    let response = with_socket(world, room.fetch("", &world.faults()));
    let answer = protobuf(response.encode_to_vec());
    let answer = answer::with_header(answer, "x-set-tt-cookie", &format!("{}; tt-target-idc=useast1a", site::ttwid()));
    let answer = answer::with_header(answer, "x-room-id", &room.facts().room_id.to_string());
    let answer = answer::with_header(answer, "x-request-id", "simulated");
    let answer = answer::with_header(answer, "ratelimit-remaining", "29");
    answer::with_header(answer, "ratelimit-reset", "60")
}

fn with_socket(world: &World, response: pb::Response) -> pb::Response {
    let params = [("wrss", "simulated-route_0"), ("imprp", "simulated")];
    pb::Response {
        push_server: format!("{}{SOCKET_PATH}", world.address.socket()),
        route_params: params.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        ..response
    }
}

/// What the provider says instead, where the faults say so.
fn refused(world: &World) -> Option<SimAnswer> {
    let faults = world.faults();
    let status = |status: StatusCode, message: &str| Some(failure(status, message));
    if faults.has(SimFault::Provider429) {
        let message = "Too many connections started, try again later";
        return Some(answer::too_many(&json!({ "code": 429, "message": message, "limit_label": "minute" })));
    }
    if faults.has(SimFault::Provider429Bare) {
        return status(StatusCode::TOO_MANY_REQUESTS, "Too many connections started, try again later");
    }
    if faults.has(SimFault::Provider402) {
        return status(StatusCode::PAYMENT_REQUIRED, "This feature needs a paid plan");
    }
    if faults.has(SimFault::Provider403) {
        return status(StatusCode::FORBIDDEN, "Your ISP is blocked");
    }
    if faults.has(SimFault::Provider500) {
        return status(StatusCode::INTERNAL_SERVER_ERROR, "Could not fetch from TikTok");
    }
    if faults.has(SimFault::Provider503) {
        return status(StatusCode::SERVICE_UNAVAILABLE, "No agent is free");
    }
    if faults.has(SimFault::ProviderEmpty) {
        return Some(protobuf(Vec::new()));
    }
    faults.has(SimFault::ProviderStub).then(stub)
}

/// The outage of 2026-09: a short answer that points to a socket nobody serves.
fn stub() -> SimAnswer {
    let response = pb::Response {
        cursor: "0".to_owned(),
        internal_ext: "Connected through a fallback proxy; this is a simulated stub. ".repeat(3),
        fetch_type: 1,
        push_server: FALLBACK.to_owned(),
        ..pb::Response::default()
    };
    answer::with_header(protobuf(response.encode_to_vec()), "x-set-tt-cookie", &site::ttwid())
}

fn failure(status: StatusCode, message: &str) -> SimAnswer {
    answer::json_with(status, &json!({ "code": status.as_u16(), "message": message }))
}

fn protobuf(body: impl Into<Bytes>) -> SimAnswer {
    answer::body(StatusCode::OK, "application/protobuf", body)
}
