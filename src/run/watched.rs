//! Room as somebody would know it who had watched a simulated live since it began: what the demo starts from.

use std::time::Duration;

use crate::clock::{Moment, Timestamp};
use crate::events::{Decoder, EventKind, Gap, Host, Info, LiveStart, Phase, PhaseKind, RoomEvent};
use crate::ids::{RoomId, Target, UserId};
use crate::room::Room;
use crate::sim::SimHistories;
use crate::wire::Response;

/// Rows of the log that are kept.
const ROWS: usize = 4_000;
/// The line broke after this part of what was watched, for so long: a graph shows what a gap looks like.
const GAP_AFTER: f64 = 0.62;
const GAP: Duration = Duration::from_secs(40);

/// The room of `target` as it would be known at `now`; one of which nothing is known where its live has no past.
pub(super) fn room(histories: &SimHistories, target: &Target, now: Moment) -> Option<Room> {
    let Target::Host(name) = target else { return None };
    let history = histories.of(name.as_str())?;
    let mut room = Room::new(ROWS);
    if history.bodies.is_empty() {
        return Some(room);
    }
    let moment = |wall: Timestamp| now - Duration::from_millis(u64::try_from(now.wall.0 - wall.0).unwrap_or(0));
    let began = moment(history.began);
    let room_id = RoomId::from_wire(history.room_id)?;
    let decoder = Decoder::default();
    let host = Host {
        id: UserId::from_wire(history.host_id),
        unique_id: name.as_str().into(),
        nickname: history.nickname.as_str().into(),
    };
    own(&mut room, began, EventKind::Live(LiveStart { room_id, live_seq: 1 }));
    let info = Info { host, started_at: Some(history.began), skew_ms: Some(0), ..Info::default() };
    own(&mut room, began, EventKind::Info(Box::new(info)));
    own(&mut room, began, EventKind::State(Phase::new(PhaseKind::Live)));
    let lost = began + now.since(began).mul_f64(GAP_AFTER);
    let back = lost + GAP;
    let mut missed = false;
    for (at, body) in &history.bodies {
        let at = moment(*at);
        if at.mono > lost.mono && at.mono < back.mono {
            if !missed {
                own(&mut room, lost, EventKind::State(Phase::new(PhaseKind::Reconnecting)));
            }
            missed = true;
            continue;
        }
        if std::mem::take(&mut missed) {
            let gap = Gap { from: lost, length: GAP, reason: "socket dropped".into() };
            own(&mut room, at, EventKind::Gap(gap));
            own(&mut room, at, EventKind::State(Phase::new(PhaseKind::Live)));
        }
        let Ok(response) = Response::decode(body) else { continue };
        for message in &response.messages {
            room.apply(&decoder.decode(message, at));
        }
        room.tick(at);
    }
    Some(room)
}

fn own(room: &mut Room, at: Moment, kind: EventKind) {
    room.apply(&RoomEvent { at, server_at: None, id: None, room_id: room.room_id, history: false, kind });
}
