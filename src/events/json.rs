//! Events as JSON lines: the promise of `tiktop events` and `tiktop decode`, described in `assets/schema/event.v1.json`.
//!
//! One object a line, fields in a fixed order, ids as text. Remote text is printed as it was said, with every control
//! escaped, so that a line is safe to look at. Knows nothing of rooms: what a gift adds is handed in.
//!
//! Invariant: fields are added, never renamed or dropped, while `v` is 1.
//!
//! ```
//! use tiktop::clock::Moment;
//! use tiktop::events::json::{LineContext, line};
//! use tiktop::events::{EventKind, Phase, PhaseKind, RoomEvent};
//!
//! let kind = EventKind::State(Phase::new(PhaseKind::Offline).because("not live"));
//! let event = RoomEvent { at: Moment::default(), server_at: None, id: None, room_id: None, history: false, kind };
//! let line = line(&LineContext { room: "@ana.live", room_id: None, live_seq: 0 }, &event, None);
//! assert!(line.starts_with(r#"{"v":1,"type":"state","#), "{line}");
//! ```

pub(crate) mod serializer;
pub(in crate::events) mod views;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{EventKind, RoomEvent, Viewer};
use crate::clock::{Moment, Timestamp};
use crate::ids::{MsgId, RoomId};

/// The `v` of every line.
const VERSION: u32 = 1;

/// What a line says about the room it belongs to.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
    kind.type_name()
}

/// One event as a line, without its newline.
pub fn line(ctx: &LineContext<'_>, event: &RoomEvent, tally: Option<JsonTally<'_>>) -> String {
    serializer::to_string(&JsonLine { ctx, event, tally })
}

/// The same, at the end of `lines`, with its newline.
#[cfg(feature = "cli")]
pub(crate) fn push_line(lines: &mut Vec<u8>, ctx: &LineContext<'_>, event: &RoomEvent, tally: Option<JsonTally<'_>>) {
    serializer::push(lines, &JsonLine { ctx, event, tally });
    lines.push(b'\n');
}

/// A `gap` line for a reader that was too slow since `from`: what it did not get, by type, and the gift units and coins in
/// it.
pub fn lost_line(
    ctx: &LineContext<'_>,
    from: Moment,
    at: Moment,
    lost: &BTreeMap<String, u64>,
    gifts: u64,
    coins: u64,
) -> String {
    serializer::to_string(&LostLine { ctx, from, at, lost, gifts, coins })
}

/// A `monitor` line: what is wrong with one's own stream now (kind and seconds of each), by the variant that is watched, and its
/// bytes a second.
pub fn monitor_line(
    ctx: &LineContext<'_>,
    at: Moment,
    stream: &str,
    rate: u64,
    faults: &[(String, u64)],
    note: &str,
) -> String {
    serializer::to_string(&MonitorLine { ctx, at, stream, rate, faults, note })
}

/// A `raw` line: a message as it came, its payload in base64. `wire::capture` reads it back.
pub fn raw_line(ctx: &LineContext<'_>, at: Moment, method: &str, id: Option<MsgId>, payload: &[u8]) -> String {
    serializer::to_string(&RawLine { ctx, at, method, id, payload })
}

struct JsonLine<'a> {
    ctx: &'a LineContext<'a>,
    event: &'a RoomEvent,
    tally: Option<JsonTally<'a>>,
}

struct LostLine<'a> {
    ctx: &'a LineContext<'a>,
    from: Moment,
    at: Moment,
    lost: &'a BTreeMap<String, u64>,
    gifts: u64,
    coins: u64,
}

struct MonitorLine<'a> {
    ctx: &'a LineContext<'a>,
    at: Moment,
    stream: &'a str,
    rate: u64,
    faults: &'a [(String, u64)],
    note: &'a str,
}

/// One fault of a stream.
#[derive(Serialize)]
struct MonitorFault<'a> {
    kind: &'a str,
    seconds: u64,
}

impl Serialize for MonitorLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        Head::ours("monitor", self.ctx, self.at).write(&mut map)?;
        map.serialize_entry("stream", self.stream)?;
        map.serialize_entry("rate", &self.rate)?;
        let faults: Vec<_> =
            self.faults.iter().map(|(kind, seconds)| MonitorFault { kind, seconds: *seconds }).collect();
        map.serialize_entry("faults", &faults)?;
        map.serialize_entry("note", self.note)?;
        map.end()
    }
}

struct RawLine<'a> {
    ctx: &'a LineContext<'a>,
    at: Moment,
    method: &'a str,
    id: Option<MsgId>,
    payload: &'a [u8],
}

/// The fields every line begins with.
struct Head<'a> {
    name: &'a str,
    ctx: &'a LineContext<'a>,
    at: Moment,
    server_at: Option<Timestamp>,
    id: Option<MsgId>,
    history: bool,
    user: Option<&'a Viewer>,
}

impl<'a> Head<'a> {
    /// The head of what we say ourselves.
    fn ours(name: &'a str, ctx: &'a LineContext<'a>, at: Moment) -> Self {
        Self { name, ctx, at, server_at: None, id: None, history: false, user: None }
    }

    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("v", &VERSION)?;
        map.serialize_entry("type", self.name)?;
        map.serialize_entry("room", self.ctx.room)?;
        map.serialize_entry("room_id", &views::id(self.ctx.room_id))?;
        map.serialize_entry("live_seq", &self.ctx.live_seq)?;
        map.serialize_entry("at", &self.at.wall.rfc3339_inline())?;
        map.serialize_entry("server_at", &views::time(self.server_at))?;
        map.serialize_entry("id", &views::id(self.id))?;
        map.serialize_entry("history", &self.history)?;
        map.serialize_entry("user", &self.user.map(views::User::new))
    }
}

impl Serialize for JsonLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.event;
        let mut ctx = LineContext { room_id: event.room_id.or(self.ctx.room_id), ..*self.ctx };
        if let EventKind::Live(live) = &event.kind {
            ctx.room_id = Some(live.room_id);
            ctx.live_seq = live.live_seq;
        }
        let mut map = serializer.serialize_map(None)?;
        let head = Head {
            name: type_name(&event.kind),
            ctx: &ctx,
            at: event.at,
            server_at: event.server_at,
            id: event.id,
            history: event.history,
            user: event.kind.person(),
        };
        head.write(&mut map)?;
        event.kind.write_json(&mut map, self.tally)?;
        map.end()
    }
}

impl Serialize for LostLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        Head::ours("gap", self.ctx, self.at).write(&mut map)?;
        map.serialize_entry("from", &self.from.wall.rfc3339())?;
        map.serialize_entry("seconds", &views::seconds(self.at.since(self.from)))?;
        map.serialize_entry("reason", "this reader was too slow")?;
        map.serialize_entry("lost", self.lost)?;
        map.serialize_entry("gifts", &self.gifts)?;
        map.serialize_entry("coins", &self.coins)?;
        map.end()
    }
}

impl Serialize for RawLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        Head { id: self.id, ..Head::ours("raw", self.ctx, self.at) }.write(&mut map)?;
        map.serialize_entry("method", self.method)?;
        map.serialize_entry("payload", &BASE64.encode(self.payload))?;
        map.end()
    }
}
