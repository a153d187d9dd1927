//! What lines carry about guests, battle items, ranks, announcements, the shop and moderation.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::views::{HostView, Id, User, id, time};
use crate::events::{BattleItem, BattleTask, EventKind, Guest, GuestTickets, Link, Moderation, Rank};
use crate::ids::UserId;

/// Writes the fields of one type.
pub(super) fn write<M: SerializeMap>(map: &mut M, kind: &EventKind) -> Result<(), M::Error> {
    match kind {
        EventKind::Rank(rank) => write_rank(map, rank),
        EventKind::Link(link) => write_link(map, link),
        EventKind::GuestTickets(tickets) => write_tickets(map, tickets),
        EventKind::BattleItem(item) => write_item(map, item),
        EventKind::BattleTask(task) => write_task(map, task),
        EventKind::Moderation(moderation) => write_moderation(map, moderation),
        EventKind::Shop(shop) => {
            map.serialize_entry("code", &shop.action)?;
            map.serialize_entry("products", &shop.products)?;
            map.serialize_entry("title", shop.title.original())?;
            map.serialize_entry("price", shop.price.original())
        }
        EventKind::Banner(banner) => {
            map.serialize_entry("data", &banner.data)?;
            map.serialize_entry("bytes", &banner.bytes)?;
            map.serialize_entry("position", &banner.position)?;
            map.serialize_entry("code", &banner.action)
        }
        EventKind::Announcement(announcement) => {
            map.serialize_entry("kind", <&str>::from(announcement.kind))?;
            map.serialize_entry("text", announcement.text.original())?;
            map.serialize_entry("scene", announcement.scene.original())
        }
        EventKind::Minor(show) => {
            map.serialize_entry("name", &show.name)?;
            map.serialize_entry("code", &show.code)?;
            map.serialize_entry("text", show.text.original())
        }
        // Everything a new live has to say stands in the head.
        _ => Ok(()),
    }
}

fn write_rank<M: SerializeMap>(map: &mut M, rank: &Rank) -> Result<(), M::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        list: u32,
        title: &'a str,
        place: u64,
        score: u64,
        seconds_left: u64,
    }
    let rows = rank.rows.iter().map(|row| Row {
        list: row.list,
        title: row.title.original(),
        place: row.place,
        score: row.score,
        seconds_left: row.seconds_left,
    });
    map.serialize_entry("kind", <&str>::from(rank.kind))?;
    map.serialize_entry("text", rank.text.original())?;
    map.serialize_entry("who", &id(rank.who))?;
    map.serialize_entry("before", &rank.before)?;
    map.serialize_entry("place", &rank.place)?;
    map.serialize_entry("rows", &rows.collect::<Vec<_>>())
}

/// Somebody in the line.
#[derive(Serialize)]
struct InLine<'a> {
    user: User<'a>,
    coins: Option<u64>,
    since: Option<String>,
    role: u32,
}

impl<'a> InLine<'a> {
    fn new(guest: &'a Guest) -> Self {
        Self { user: User::new(&guest.person), coins: guest.coins, since: time(guest.since), role: guest.role }
    }
}

fn write_link<M: SerializeMap>(map: &mut M, link: &Link) -> Result<(), M::Error> {
    let guests = link.guests.as_ref().map(|guests| guests.iter().map(InLine::new).collect::<Vec<_>>());
    map.serialize_entry("source", <&str>::from(link.source))?;
    map.serialize_entry("action", <&str>::from(link.action))?;
    map.serialize_entry("code", &link.code)?;
    map.serialize_entry("scene", <&str>::from(link.scene))?;
    map.serialize_entry("channel", &id(link.channel.filter(|&channel| channel != 0)))?;
    map.serialize_entry("guests", &guests)?;
    map.serialize_entry("waiting", &link.waiting)?;
    map.serialize_entry("who", &id(link.who))
}

fn write_tickets<M: SerializeMap>(map: &mut M, tickets: &GuestTickets) -> Result<(), M::Error> {
    #[derive(Serialize)]
    struct Coins {
        id: Id<UserId>,
        coins: u64,
    }
    let guests = tickets.guests.iter().map(|guest| Coins { id: Id(guest.id), coins: guest.coins });
    map.serialize_entry("guests", &guests.collect::<Vec<_>>())?;
    map.serialize_entry("total", &tickets.total)?;
    map.serialize_entry("whole", &tickets.whole)
}

fn write_item<M: SerializeMap>(map: &mut M, item: &BattleItem) -> Result<(), M::Error> {
    map.serialize_entry("battle_id", &id(item.battle))?;
    map.serialize_entry("kind", <&str>::from(item.kind))?;
    map.serialize_entry("code", &item.code)?;
    map.serialize_entry("from", &item.from.as_ref().map(HostView::new))?;
    map.serialize_entry("side", &id(item.side))?;
    map.serialize_entry("text", item.text.original())?;
    map.serialize_entry("multiplier", &item.multiplier)?;
    map.serialize_entry("starts_at", &time(item.starts_at))?;
    map.serialize_entry("seconds", &item.seconds)?;
    map.serialize_entry("extra_seconds", &item.extra_seconds)
}

fn write_task<M: SerializeMap>(map: &mut M, task: &BattleTask) -> Result<(), M::Error> {
    map.serialize_entry("battle_id", &id(task.battle))?;
    map.serialize_entry("action", <&str>::from(task.stage))?;
    map.serialize_entry("progress", &task.progress)?;
    map.serialize_entry("from_id", &id(task.from))?;
    map.serialize_entry("outcome", &task.outcome.map(<&str>::from))
}

fn write_moderation<M: SerializeMap>(map: &mut M, moderation: &Moderation) -> Result<(), M::Error> {
    map.serialize_entry("kind", <&str>::from(moderation.kind))?;
    map.serialize_entry("code", &moderation.code)?;
    map.serialize_entry("scene", moderation.scene.original())?;
    map.serialize_entry("reason", moderation.reason.original())?;
    map.serialize_entry("who", &id(moderation.user))?;
    map.serialize_entry("text", moderation.text.original())?;
    map.serialize_entry("seconds", &moderation.seconds)?;
    map.serialize_entry("until", &time(moderation.until))?;
    map.serialize_entry("closes", &moderation.closes)
}
