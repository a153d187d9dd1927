//! Events as JSON lines: the promise of `tiktop events` and `tiktop decode`, described in `assets/schema/event.v1.json`.
//!
//! One object a line, fields in a fixed order, ids as text. Remote text is printed as it was said, with every control
//! escaped, so that a line is safe to look at. Knows nothing of rooms: what a gift adds is handed in.
//!
//! Invariant: fields are added, never renamed or dropped, while `v` is 1.

use std::collections::BTreeMap;

use super::{EventKind, RoomEvent};
use crate::clock::Moment;
use crate::ids::{MsgId, RoomId};

/// What a line says about the room it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct LineContext<'a> {
    /// What the room is called, such as `@name`.
    pub room: &'a str,
    /// The live, where the event does not say it itself.
    pub room_id: Option<RoomId>,
    /// Which live of this run: 1, 2, …; 0 before the first.
    pub live_seq: u32,
}

/// What a gift adds, by the room's count.
#[derive(Clone, Copy, Debug)]
pub struct JsonTally<'a> {
    /// Units this line adds.
    pub added: u64,
    /// Highest count of its streak so far.
    pub count: u64,
    /// `open`, `closed` or `none`.
    pub streak: &'a str,
    /// Coins this line adds; nothing when the price is unknown.
    pub diamonds: Option<u64>,
}

/// The `type` of an event's line.
pub fn type_name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Chat(_) => "chat",
        EventKind::Emote(_) => "emote",
        EventKind::Gift(_) | EventKind::StreakClosed(_) => "gift",
        EventKind::Like(_) => "like",
        EventKind::Join(_) => "join",
        EventKind::Follow(_) => "follow",
        EventKind::Share(_) => "share",
        EventKind::Viewers(_) => "viewers",
        EventKind::Control(_) => "control",
        EventKind::Question(_) => "question",
        EventKind::Battle(_) => "battle",
        EventKind::BattlePoints(_) => "battle_points",
        EventKind::Intro(_) => "intro",
        EventKind::Notice(_) => "notice",
        EventKind::Delete(_) => "delete",
        EventKind::Envelope(_) => "envelope",
        EventKind::Subscribe(_) => "subscribe",
        EventKind::Barrage(_) => "barrage",
        EventKind::Unknown(_) => "unknown",
        EventKind::State(_) => "state",
        EventKind::Gap(_) => "gap",
        EventKind::Live(_) => "live",
        EventKind::Info(_) => "info",
    }
}

/// One event as a line, without its newline.
pub fn line(ctx: &LineContext<'_>, event: &RoomEvent, tally: Option<JsonTally<'_>>) -> String {
    let _ = (ctx, event, tally);
    String::new()
}

/// A `gap` line for a reader that was too slow: what it did not get, by type, and the gift units and coins in it.
pub fn lost_line(
    ctx: &LineContext<'_>,
    from: Moment,
    at: Moment,
    lost: &BTreeMap<String, u64>,
    gifts: u64,
    coins: u64,
) -> String {
    let _ = (ctx, from, at, lost, gifts, coins);
    String::new()
}

/// A message as it came.
pub fn raw_line(ctx: &LineContext<'_>, at: Moment, method: &str, id: Option<MsgId>, payload: &[u8]) -> String {
    let _ = (ctx, at, method, id, payload);
    String::new()
}
