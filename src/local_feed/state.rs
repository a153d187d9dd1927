//! State of the rooms as JSON: what the dashboard shows, for `GET /state`. Names are those of the NDJSON lines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::hub::FeedRoom;
use crate::clock::{Moment, Timestamp};
use crate::events::{Host, Viewer};
use crate::ids::RoomKey;
use crate::room::{Battle, BattlePhase, GoalState, LogEntry, LogLine, PollState, Room, Streak};
use crate::track::Health;

/// Gifters and finished streaks shown.
const MOST: usize = 20;

/// All rooms, in the order in which they were added.
pub(super) fn all(
    rooms: &BTreeMap<RoomKey, FeedRoom>,
    health: &[Health],
    extras: Vec<(&'static str, Value)>,
    now: Moment,
) -> String {
    let rooms: Vec<_> = rooms.values().map(|room| of_room(room, now)).collect();
    let transports: Vec<_> = health.iter().map(of_transport).collect();
    let mut state = json!({ "v": 1, "at": now.wall.rfc3339(), "rooms": rooms, "transports": transports });
    if let Some(state) = state.as_object_mut() {
        state.extend(extras.into_iter().map(|(field, value)| (field.to_owned(), value)));
    }
    to_text(&state)
}

/// One room.
pub(super) fn one(room: &FeedRoom, now: Moment) -> String {
    to_text(&of_room(room, now))
}

fn to_text(value: &Value) -> String {
    crate::events::json::serializer::to_string(value)
}

fn of_room(feed: &FeedRoom, now: Moment) -> Value {
    let room = &feed.mirror;
    json!({
        "v": 1,
        "room": feed.label.as_str(),
        "at": now.wall.rfc3339(),
        "host": of_host(&room.host),
        "title": room.title.original(),
        "room_id": room.room_id.map(|id| id.to_string()),
        "live_seq": room.live_seq,
        "started_at": time(room.started_at),
        "phase": of_phase(room),
        "totals": of_totals(room),
        "gifters": room.leaders.top().take(MOST).map(|leader| json!({
            "user": of_person(&leader.viewer), "coins": leader.coins, "gifts": leader.gifts,
        })).collect::<Vec<_>>(),
        "streaks": room.streaks.running().chain(room.streaks.finished().take(MOST)).map(of_streak).collect::<Vec<_>>(),
        "battle": room.battle.as_ref().map(|battle| of_battle(battle, room, now)),
        "goals": room.board.goals.iter().map(of_goal).collect::<Vec<_>>(),
        "poll": room.board.poll.as_ref().map(of_poll),
        "pinned": room.board.pinned.as_ref().map(|pinned| json!({
            "name": pinned.name.original(), "text": pinned.text.original(),
        })),
        "caption": room.board.caption.as_ref().map(|caption| caption.text.original().to_owned()),
        "rank": room.board.rank.as_ref().map(|rank| json!({ "title": rank.title.original(), "place": rank.place })),
        "chat": room.chat.iter().filter_map(of_comment).collect::<Vec<_>>(),
    })
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

fn of_host(host: &Host) -> Value {
    json!({
        "id": host.id.map(|id| id.to_string()),
        "unique_id": host.unique_id.original(),
        "nickname": host.nickname.original(),
    })
}

fn of_person(viewer: &Viewer) -> Value {
    json!({
        "id": viewer.id.map(|id| id.to_string()),
        "unique_id": viewer.unique_id.original(),
        "nickname": viewer.nickname.original(),
    })
}

fn of_phase(room: &Room) -> Value {
    let phase = &room.phase;
    json!({
        "kind": phase.kind.to_string(),
        "reason": phase.reason.original(),
        "since": (room.phase_since != Moment::default()).then(|| room.phase_since.wall.rfc3339()),
        "transport": phase.transport.as_deref(),
        "retry_at": phase.retry_at.map(|at| at.wall.rfc3339()),
    })
}

fn of_totals(room: &Room) -> Value {
    let stats = &room.stats;
    json!({
        "watching": stats.watching.map(|(watching, _)| watching),
        "watching_at": stats.watching.map(|(_, at)| at.wall.rfc3339()),
        "peak": stats.peak,
        "viewers_total": stats.total_viewers,
        "likes": stats.likes,
        "likes_seen": stats.likes_seen,
        "followers": stats.followers,
        "comments": stats.comments,
        "joins": stats.joins,
        "follows": stats.follows,
        "shares": stats.shares,
        "subscribes": stats.subscribes,
        "gifts": stats.gifts,
        "coins": stats.coins,
        "unpriced": stats.unpriced,
        "messages": stats.messages,
        "duplicates": stats.duplicates,
        "unknown": stats.unknown,
        "unreadable": stats.unreadable,
        "gaps": stats.gaps,
        "gap_seconds": stats.gap_ms as f64 / 1_000.0,
    })
}

fn of_streak(streak: &Streak) -> Value {
    json!({
        "user": of_person(&streak.from),
        "gift": {
            "id": streak.gift.id.to_string(),
            "name": streak.gift.name.original(),
            "diamonds": streak.gift.diamonds,
        },
        "count": streak.count,
        "added": streak.added,
        "diamonds": streak.diamonds(),
        "running": streak.closed.is_none(),
    })
}

fn of_battle(battle: &Battle, room: &Room, now: Moment) -> Value {
    let phase = match battle.phase {
        BattlePhase::Running => "running",
        BattlePhase::Punish => "punish",
        BattlePhase::Over => "over",
    };
    let left = battle.left(room.skew_ms.unwrap_or(0), now);
    json!({
        "battle_id": battle.id.map(|id| id.to_string()),
        "phase": phase,
        "kind": battle.kind.to_string(),
        "ends_at": time(battle.ends_at),
        "seconds_left": left.as_secs(),
        "sides": battle.sides.iter().map(|side| json!({
            "ours": side.ours,
            "hosts": side.hosts.iter().map(of_host).collect::<Vec<_>>(),
            "points": side.points,
            "result": side.result.map(|result| result.to_string()),
            "wins": side.wins,
            "pace": side.pace,
        })).collect::<Vec<_>>(),
    })
}

fn of_goal(goal: &GoalState) -> Value {
    json!({
        "goal_id": goal.id.map(|id| id.to_string()),
        "text": goal.text.original(),
        "parts": goal.parts.iter().map(|part| json!({
            "name": part.name.original(), "progress": part.progress, "target": part.target,
        })).collect::<Vec<_>>(),
        "ends_at": time(goal.ends_at),
        "reached": goal.reached,
    })
}

fn of_poll(poll: &PollState) -> Value {
    json!({
        "poll_id": poll.id.map(|id| id.to_string()),
        "title": poll.title.original(),
        "options": poll.options.iter().map(|option| json!({
            "index": option.index, "text": option.text.original(), "votes": option.votes,
        })).collect::<Vec<_>>(),
        "ends_at": time(poll.ends_at),
        "over": poll.over,
    })
}

fn of_comment(entry: &LogEntry) -> Option<Value> {
    let LogLine::Chat { from, text, first, .. } = &entry.line else { return None };
    Some(json!({
        "id": entry.id.map(|id| id.to_string()),
        "at": entry.at.wall.rfc3339(),
        "user": of_person(from),
        "text": text.original(),
        "first": first,
        "deleted": entry.deleted,
    }))
}

fn of_transport(transport: &Health) -> Value {
    json!({
        "name": transport.name.as_str(),
        "last_success": transport.last_success.map(|at| at.wall.rfc3339()),
        "last_error": transport.last_error.as_ref().map(|error| error.as_str().to_owned()),
        "not_before": transport.not_before.map(|at| at.wall.rfc3339()),
        "signatures_left": transport.budget.as_ref().map(|budget| budget.left),
    })
}
