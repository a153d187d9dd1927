//! Streams of a room: their addresses, and the picture itself, an endless FLV paced in real time. The same as HLS is in `hls`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use super::answer::{self, SimAnswer};
use super::faults::SimFault;
use super::flv::{Endless, clip};
use super::room::{SimPhase, SimRoom};
use super::world::World;

/// `flv_pull_url` name, `sdk_key`, level, what people read, resolution, bits per second. One clip serves them all.
const QUALITIES: [(&str, &str, u32, &str, &str, u32); 4] = [
    ("FULL_HD1", "origin", 10, "Original", "1080x1920", 2_500_000),
    ("HD1", "hd", 3, "720p", "720x1280", 1_800_000),
    ("SD2", "sd", 2, "540p", "540x960", 900_000),
    ("SD1", "ld", 1, "360p", "360x640", 500_000),
];

pub(super) fn stream_id(room_id: i64) -> i64 {
    room_id - 4_000_000_000_000_000_000
}

/// `stream_url` of the room info; nothing under [`SimFault::NoStream`].
pub(super) fn stream_url(world: &World, room_id: i64) -> Value {
    let faults = world.faults();
    if faults.has(SimFault::NoStream) {
        return json!(null);
    }
    let mut flv = json!({});
    let mut params = json!({});
    let hls_only = faults.has(SimFault::HlsOnly);
    for (name, key, _, _, resolution, bitrate) in QUALITIES.iter().filter(|_| !hls_only) {
        flv[*name] = json!(address(world, room_id, key));
        params[*name] = json!(sdk_params(key, resolution, *bitrate));
    }
    let rtmp = if hls_only { String::new() } else { address(world, room_id, "hd") };
    json!({
        "alive_timestamp": 0, "candidate_resolution": ["FULL_HD1", "HD1", "SD2", "SD1"], "default_resolution": "HD1",
        "complete_push_urls": [], "drm_type": 0, "flv_pull_url": flv, "flv_pull_url_params": params,
        "hls_pull_url": hls(world, room_id), "hls_pull_url_map": {}, "hls_pull_url_params": "{}", "rtmp_pull_url": rtmp,
        "id_str": stream_id(room_id).to_string(), "live_core_sdk_data": pull_data(world, room_id),
        "resolution_name": {
            "AUTO": "AUTO", "FULL_HD1": "1080p", "HD1": "720p", "ORIGION": "Original", "SD1": "360p", "SD2": "540p",
        },
        "stream_size_height": 0, "stream_size_width": 0,
    })
}

/// `{pull_data: {options, stream_data}}`, where `stream_data` is JSON in a string, with JSON in strings inside.
pub(super) fn pull_data(world: &World, room_id: i64) -> Value {
    let hls_only = world.has(SimFault::HlsOnly);
    let quality = |key: &str, level: u32, name: &str| json!({ "icon_type": 0, "level": level, "name": name, "resolution": "", "sdk_key": key, "v_codec": "" });
    let mut data = json!({});
    for (_, key, _, _, resolution, bitrate) in QUALITIES {
        let flv = if hls_only { String::new() } else { address(world, room_id, key) };
        data[key] = variant(&flv, &hls(world, room_id), &sdk_params(key, resolution, bitrate));
    }
    if !hls_only {
        let sound = format!("{}&only_audio=1", address(world, room_id, "ao"));
        data["ao"] = variant(&sound, "", &sdk_params("ao", "", 0));
    }
    let common = json!({ "session_id": "173-SIMULATED", "room_id": room_id, "user_count": 104 });
    let qualities: Vec<_> = QUALITIES.iter().map(|&(_, key, level, name, ..)| quality(key, level, name)).collect();
    json!({
        "pull_data": {
            "options": {
                "default_preview_quality": quality("", 0, ""), "default_quality": quality("hd", 3, "720p"),
                "qualities": qualities, "show_quality_button": false, "support_low_latency": false,
            },
            "stream_data": json!({ "common": common, "data": data }).to_string(),
        },
        "push_data": { "push_stream_level": 0, "resolution_params": {}, "stream_data": "" },
    })
}

fn variant(flv: &str, hls: &str, sdk_params: &str) -> Value {
    json!({ "main": {
        "flv": flv, "hls": hls, "cmaf": "", "dash": "", "lls": "", "tsl": "", "tile": "", "rtc": "",
        "sdk_params": sdk_params,
    }})
}

fn sdk_params(key: &str, resolution: &str, bitrate: u32) -> String {
    json!({ "VCodec": "h264", "stream_suffix": key, "resolution": resolution, "vbitrate": bitrate, "gop": 1 })
        .to_string()
}

fn address(world: &World, room_id: i64, key: &str) -> String {
    let expire = world.clock.now().wall.0 / 1_000 + 14 * 86_400;
    format!("{}/stream/{room_id}_{key}.flv?expire={expire}&sign={:032x}", world.address.http(), room_id as u128 * 31)
}

fn hls(world: &World, room_id: i64) -> String {
    format!("{}/stream/{room_id}_hd/index.m3u8?sign=0", world.address.http())
}

/// `/stream/<room>_<quality>.flv`: the clip over and over on the clock of the live, from its last keyframe.
pub(super) fn flv(world: &Arc<World>, file: &str) -> SimAnswer {
    let Some((room_id, quality)) = file.strip_suffix(".flv").and_then(|name| name.split_once('_')) else {
        return answer::not_found();
    };
    let room = room_id.parse().ok().and_then(|id| Some((id, world.by_room_id(id)?.clone())));
    let Some((room_id, room)) = room.filter(|(id, room)| is_on(room, *id)) else { return answer::not_found() };
    if is_out(world, &room) {
        return answer::not_found();
    }
    let age = u32::try_from(room.age() / 1_000).unwrap_or(u32::MAX / 2);
    let mut endless = Endless::new(clip(), age, quality == "ao");
    let opening = endless.opening();
    let began = tokio::time::Instant::now();
    let world = Arc::clone(world);
    let tags = stream::unfold((Some(opening), endless), move |(opening, mut endless)| {
        let (room, world) = (room.clone(), Arc::clone(&world));
        async move {
            if let Some(opening) = opening {
                return Some((Ok::<_, Infallible>(Frame::data(opening)), (None, endless)));
            }
            let mut was_paused = false;
            loop {
                let tag = endless.next_tag();
                // What lies before our arrival comes at once, as from a CDN's cache.
                let due = began + Duration::from_millis(tag.at.saturating_sub(age).into());
                tokio::time::sleep_until(due).await;
                if !is_on(&room, room_id) || is_out(&world, &room) {
                    return None;
                }
                // A host who pauses sends nothing, and begins again with a picture that stands alone.
                was_paused |= room.facts().phase == SimPhase::Paused;
                if !was_paused || tag.is_keyframe && room.facts().phase != SimPhase::Paused {
                    return Some((Ok(Frame::data(tag.bytes)), (None, endless)));
                }
            }
        }
    });
    let mut answer = Response::new(StreamBody::new(Box::pin(tags)).boxed());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("video/x-flv"));
    answer
}

/// Whether the stream is out of order now, under [`SimFault::StreamOutage`].
fn is_out(world: &World, room: &SimRoom) -> bool {
    const WHOLE: u64 = 13_000;
    const GOOD: u64 = 10_000;
    world.has(SimFault::StreamOutage) && room.age() / 1_000 % WHOLE >= GOOD
}

/// Addresses die with the live; a pause keeps them.
pub(super) fn is_on(room: &SimRoom, room_id: i64) -> bool {
    let facts = room.facts();
    facts.phase.is_on() && facts.room_id == room_id
}
