//! Answers of webcast.tiktok.com without the stream: room info, alive, gifts, prices, feed, search.

use std::sync::Arc;

use serde_json::{Value, json};

use super::answer::{self, SimAnswer};
use super::faults::SimFault;
use super::gifts::{GIFTS, GiftKind};
use super::media;
use super::query::Query;
use super::room::{RoomFacts, SimPhase, SimRoom};
use super::world::World;

/// Rooms a page of the feed has.
const FEED_PAGE: usize = 6;

/// `/webcast/room/info/`.
pub(super) fn room_info(world: &Arc<World>, room_id: Option<i64>, query: &Query) -> SimAnswer {
    let known = room_id.and_then(|room_id| Some((room_id, world.by_room_id(room_id)?)));
    if world.has(SimFault::AgeGate) && !query.is_logged_in() {
        return refusal(world, 4_003_110, &json!({ "prompts": "" }));
    }
    let Some((room_id, room)) = known else {
        return refusal(world, 30_003, &json!({ "message": "room not found", "prompts": "" }));
    };
    answer::json(&json!({ "data": data(world, room, room_id), "extra": extra(world), "status_code": 0 }))
}

/// `/webcast/room/info_by_user/`.
pub(super) fn room_info_by_user(world: &Arc<World>, query: &Query) -> SimAnswer {
    room_info(world, world.by_name(query.get("unique_id")).map(|room| room.facts().room_id), query)
}

/// `/webcast/room/check_alive/`: alive for every room it knows, as since 2026-07.
pub(super) fn check_alive(world: &Arc<World>, room_ids: &str) -> SimAnswer {
    let data: Vec<_> = room_ids
        .split(',')
        .filter_map(|room_id| room_id.trim().parse::<i64>().ok())
        .filter(|&room_id| world.by_room_id(room_id).is_some())
        .map(|room_id| json!({ "alive": true, "room_id": rounded(room_id), "room_id_str": room_id.to_string() }))
        .collect();
    answer::json(&json!({ "data": data, "extra": extra(world), "status_code": 0 }))
}

/// `/webcast/gift/list/`.
pub(super) fn gift_list(world: &Arc<World>) -> SimAnswer {
    let gifts: Vec<_> = GIFTS.into_iter().map(GiftKind::to_json).collect();
    let data = json!({ "gifts": gifts, "gifts_info": {}, "pages": [{ "gifts": gifts, "page_name": "Gifts" }] });
    answer::json(&json!({ "data": data, "extra": extra(world), "status_code": 0 }))
}

/// `/webcast/ranklist/online_audience/`: who is there, for those who are logged in.
pub(super) fn roster(world: &Arc<World>, room_id: i64, cookies: &str) -> SimAnswer {
    if !cookies.contains("sessionid=") {
        return answer::json(
            &json!({ "data": { "message": "User doesn't login" }, "extra": extra(world), "status_code": 20_003 }),
        );
    }
    let Some(room) = world.rooms.iter().find(|room| room.facts().room_id == room_id && room.facts().phase.is_on())
    else {
        return answer::json(&json!({ "data": {}, "extra": extra(world), "status_code": 30_003 }));
    };
    let people = room.regulars(20);
    let ranks: Vec<_> = people
        .iter()
        .zip(1..)
        .map(|((user, score), rank)| {
            json!({
                "rank": rank, "score": score,
                "user": {
                    "id": user.id, "id_str": user.id.to_string(), "display_id": user.display_id, "nickname": user.nickname,
                },
            })
        })
        .collect();
    let total = room.facts().watching;
    let data = json!({ "total": total, "anonymous": (total - people.len() as i64).max(0), "ranks": ranks });
    answer::json(&json!({ "data": data, "extra": extra(world), "status_code": 0 }))
}

/// `/webcast/wallet_api/fs/diamond`: what coins cost.
pub(super) fn prices(world: &Arc<World>) -> SimAnswer {
    let packs = [(70, 105), (350, 529), (700, 1_059), (1_400, 2_099), (3_500, 5_299), (7_000, 10_599)];
    let data: Vec<_> = packs
        .iter()
        .zip(1..)
        .map(|(&(coins, cents), id)| {
            json!({
                "id": id, "iap_id": format!("coins.{coins}"), "price": cents, "exchange_price": cents * 92 / 100,
                "diamond_count": coins, "giving_count": 0, "discount_price": 0, "describe": format!("{coins} coins"),
                "coupon_id": "", "currency_price": [{
                    "currency": "EUR", "price": format!("{:.2}", f64::from(cents) * 0.0092),
                    "original_price": "", "keep_dot": 2, "price_dot": 2, "price_show_form": 0,
                }],
            })
        })
        .collect();
    let extra = json!({
        "currency_list": ["EUR", "USD"], "default_currency": "EUR", "channel": 1, "now": world.clock.now().wall.0,
    });
    answer::json(&json!({ "data": data, "extra": extra, "status_code": 0 }))
}

/// `/webcast/feed/`: six rooms a page, `max_time` is where the next one begins.
pub(super) fn feed(world: &Arc<World>, max_time: &str) -> SimAnswer {
    let skipped: usize = max_time.parse().unwrap_or(0);
    let on = on_air(world);
    let data: Vec<_> = on
        .iter()
        .skip(skipped)
        .take(FEED_PAGE)
        .map(|(room, facts)| {
            let info = data(world, room, facts.room_id);
            json!({ "type": 1, "rid": facts.room_id.to_string(), "data": info, "live_reason": "", "is_recommend_card": false })
        })
        .collect();
    let next = skipped.saturating_add(data.len());
    let extra = json!({
        "has_more": next < on.len(), "max_time": next, "min_time": 0, "now": world.clock.now().wall.0,
        "total": on.len(), "cost": 3, "is_backup": false, "banner": { "banners": null, "switch_type": 0, "title": "", "total": 0 },
    });
    answer::json(&json!({ "status_code": 0, "extra": extra, "data": data }))
}

/// `/api/search/live/full/`: rooms on air whose handle, name or title has the keyword.
pub(super) fn search(world: &Arc<World>, query: &Query) -> SimAnswer {
    let keyword = query.get("keyword").to_lowercase();
    let found: Vec<_> = on_air(world)
        .into_iter()
        .filter(|(room, _)| {
            let host = &room.host;
            [host.handle.as_str(), host.nickname, host.title].iter().any(|text| text.to_lowercase().contains(&keyword))
        })
        .map(|(room, facts)| {
            let raw = data(world, room, facts.room_id).to_string();
            json!({ "type": 5, "live_info": { "room_id_str": facts.room_id.to_string(), "raw_data": raw } })
        })
        .collect();
    answer::json(&json!({ "status_code": 0, "data": found, "cursor": 0, "has_more": 0, "extra": extra(world) }))
}

fn on_air(world: &World) -> Vec<(&Arc<SimRoom>, RoomFacts)> {
    world.rooms.iter().map(|room| (room, room.facts())).filter(|(_, facts)| facts.phase.is_on()).collect()
}

/// A room as `room/info` tells it; one of its earlier lives is over.
fn data(world: &World, room: &SimRoom, room_id: i64) -> Value {
    let (host, facts) = (&room.host, room.facts());
    let phase = if room_id == facts.room_id { facts.phase } else { SimPhase::Offline };
    let began = facts.began_ms / 1_000;
    let owner = json!({
        "id": rounded(host.id()), "id_str": host.id().to_string(), "display_id": host.handle, "nickname": host.nickname,
        "bio_description": host.title, "sec_uid": host.sec_uid(), "verified": false,
        "avatar_thumb": { "url_list": [format!("https://p16-common-sign.tiktokcdn.com/{}~100.webp", host.id())] },
        "follow_info": { "follower_count": host.followers, "following_count": 80, "follow_status": 0, "push_status": 0 },
    });
    let stats = json!({
        "id_str": room_id.to_string(), "total_user": facts.so_far, "enter_count": facts.so_far, "like_count": 0,
        "digg_count": 0, "follow_count": 0, "share_count": 0, "comment_count": 0, "gift_uv_count": 0,
        "replay_viewers": facts.so_far * 3 / 4, "fan_ticket": 0,
    });
    let mut data = json!({
        "app_id": 1_988, "id": rounded(room_id), "id_str": room_id.to_string(), "status": phase.status(),
        "title": host.title, "create_time": began, "start_time": began,
        "finish_time": if phase.is_on() { began } else { world.clock.now().wall.0 / 1_000 },
        "user_count": if phase.is_on() { facts.watching } else { 0 }, "like_count": facts.likes, "stats": stats,
        "owner": owner, "owner_user_id": rounded(host.id()), "owner_user_id_str": host.id().to_string(),
        "cover": { "url_list": [format!("https://p16-webcast.tiktokcdn.com/{room_id}.webp")] },
        "share_url": format!("https://m.tiktok.com/share/live/{room_id}/?language=en"),
        "hashtag": { "id": 42, "namespace": 0, "title": "Chat & Interview" }, "live_id": 12, "live_room_mode": 0,
        "live_sub_only": 0, "paid_event": { "event_id": 0, "paid_type": 0 }, "stream_id_str": media::stream_id(room_id).to_string(),
        "age_restricted": { "AgeInterval": 0, "restricted": false, "source": 0 }, "top_fans": [],
        "room_auth": { "Chat": true, "Gift": true, "Digg": true, "UserCount": 1, "Rank": 1, "Poll": 0 },
        "link_mic": facts.link_mic.unwrap_or_else(no_battle),
    });
    if let stream_url @ Value::Object(_) = media::stream_url(world, room_id) {
        data["stream_url"] = stream_url;
    }
    data
}

fn no_battle() -> Value {
    json!({
        "channel_id": 0, "multi_live_enum": 0, "rival_anchor_id": 0, "audience_id_list": [], "linked_user_list": [],
        "show_user_list": [], "battle_scores": [],
        "battle_settings": { "battle_id": 0, "channel_id": 0, "duration": 0, "finished": 0, "start_time": 0, "start_time_ms": 0 },
    })
}

fn refusal(world: &World, status_code: i64, data: &Value) -> SimAnswer {
    answer::json(&json!({ "data": data, "extra": extra(world), "status_code": status_code }))
}

fn extra(world: &World) -> Value {
    json!({ "now": world.clock.now().wall.0 })
}

/// Numeric ids above 2^53 come rounded; only the `_str` twin can be trusted.
fn rounded(id: i64) -> i64 {
    id as f64 as i64
}
