//! Guests and co-hosts. The same change is told by up to three layers, each with its own numbers; the list of who is there
//! comes with pictures and coins from one, as bare ids from another.

use std::sync::Arc;

use super::people::{nested, viewer};
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{Guest, GuestCoins, GuestTickets, Link, LinkAction, LinkScene, LinkSource, Viewer};
use crate::ids::UserId;

/// Most people kept of one list; the service seats up to a few dozen.
const MAX_PEOPLE: usize = 64;

/// `WebcastLinkMicFanTicketMethod`: coins of every guest.
pub(super) fn tickets<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut tickets = GuestTickets { guests: Vec::new(), total: 0, whole: true };
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => {
                for field in field.message()? {
                    let field = field?;
                    match field.number {
                        1 if tickets.guests.len() < MAX_PEOPLE => tickets.guests.extend(coins(field.message()?)?),
                        2 => tickets.total = field.count()?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(EventKind::GuestTickets(tickets))
}

fn coins(fields: Fields<'_>) -> Result<Option<GuestCoins>, DecodeError> {
    let (mut id, mut coins) = (None, 0);
    for field in fields {
        let field = field?;
        match field.number {
            1 => id = UserId::from_wire(field.int()?),
            2 => coins = field.count()?,
            _ => {}
        }
    }
    Ok(id.map(|id| GuestCoins { id, coins }))
}

/// `WebcastLinkMicMethod` and `LinkMicMethod`: in public mostly the coins of one guest.
pub(super) fn signal<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    const TICKETS: i32 = 8;
    let mut link = empty(LinkSource::Signal);
    let (mut who, mut ticket, mut total) = (None, 0, 0);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => link.code = field.small()?,
            5 => who = UserId::from_wire(field.int()?),
            6 => ticket = field.count()?,
            7 => total = field.count()?,
            8 => link.channel = Some(field.count()?),
            43 => link.scene = scene(field.small()?),
            _ => {}
        }
    }
    if link.code == TICKETS {
        let guests = who.map(|id| GuestCoins { id, coins: ticket }).into_iter().collect();
        return Ok(EventKind::GuestTickets(GuestTickets { guests, total, whole: false }));
    }
    Ok(EventKind::Link(Box::new(Link { who, ..link })))
}

/// `WebcastLinkMessage`: lists with people and coins.
pub(super) fn message<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut link = empty(LinkSource::Message);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => link.code = field.small()?,
            3 => link.channel = Some(field.count()?),
            4 => link.scene = scene(field.small()?),
            20 => people(field.message()?, &mut link)?,
            _ => {}
        }
    }
    link.action = match link.code {
        1 => LinkAction::Create,
        2 => LinkAction::Close,
        3 | 9 => LinkAction::Invite,
        4 | 14 => LinkAction::Apply,
        5 | 8 => LinkAction::Reply,
        6 => LinkAction::Enter,
        7 | 19 if link.guests.is_none() => LinkAction::Leave,
        7 | 10 | 11 | 12 | 19 | 20 | 21 | 22 => LinkAction::List,
        13 | 101 => LinkAction::Kick,
        15 => LinkAction::Mute,
        16..=18 => LinkAction::Setting,
        _ => LinkAction::Other,
    };
    Ok(EventKind::Link(Box::new(link)))
}

/// `WebcastLinkLayerMessage`: lists of ids, and the names of co-hosts.
pub(super) fn layer<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut link = empty(LinkSource::Layer);
    let mut co_hosts = Vec::new();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => link.code = field.small()?,
            3 => link.channel = Some(field.count()?),
            4 => link.scene = scene(field.small()?),
            102 => layer_people(Fields::new(nested(field.message()?, 2)?), &mut link)?,
            110 | 111 => link.who = user_of(Fields::new(nested(field.message()?, 1)?))?,
            200 => co_hosts = names(Fields::new(nested(Fields::new(nested(field.message()?, 200)?), 11)?))?,
            _ => {}
        }
    }
    if link.guests.is_none() && !co_hosts.is_empty() {
        link.guests = Some(co_hosts);
    }
    link.action = match link.code {
        1 => LinkAction::Create,
        2 => LinkAction::Invite,
        3 => LinkAction::Apply,
        4 | 5 => LinkAction::Reply,
        6 => LinkAction::Kick,
        9 => LinkAction::Leave,
        10 => LinkAction::Close,
        11 => LinkAction::List,
        12 => LinkAction::Enter,
        13..=16 | 18 => LinkAction::Group,
        _ => LinkAction::Other,
    };
    Ok(EventKind::Link(Box::new(link)))
}

/// `WebcastLinkStateMessage`.
pub(super) fn state<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    layout_of(context, message, LinkSource::State)
}

/// `WebcastLinkMicLayoutStateMessage`.
pub(super) fn layout<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    layout_of(context, message, LinkSource::Layout)
}

/// Sources disagree about 2, 3 and 6 of the layout: a number that is none is no loss.
fn layout_of<'a>(context: &mut Context<'a>, message: Fields<'a>, source: LinkSource) -> Result<EventKind, DecodeError> {
    let mut link = Link { action: LinkAction::Setting, ..empty(source) };
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => link.channel = field.count().ok(),
            3 => link.scene = field.small().map(scene).unwrap_or_default(),
            _ => {}
        }
    }
    Ok(EventKind::Link(Box::new(link)))
}

fn empty(source: LinkSource) -> Link {
    Link {
        source,
        action: LinkAction::Other,
        code: 0,
        scene: LinkScene::Other,
        channel: None,
        guests: None,
        waiting: None,
        who: None,
    }
}

fn scene(number: i32) -> LinkScene {
    match number {
        2 => LinkScene::CoHost,
        4 => LinkScene::Guests,
        _ => LinkScene::Other,
    }
}

/// A list of who is in (1) and who waits (2).
fn people(lists: Fields<'_>, link: &mut Link) -> Result<(), DecodeError> {
    let (mut guests, mut waiting) = (Vec::new(), 0);
    for field in lists {
        let field = field?;
        match field.number {
            1 if guests.len() < MAX_PEOPLE => guests.push(guest(field.message()?)?),
            2 => waiting += 1,
            _ => {}
        }
    }
    link.guests = Some(guests);
    link.waiting = Some(waiting);
    Ok(())
}

fn guest(fields: Fields<'_>) -> Result<Guest, DecodeError> {
    let mut guest = Guest::default();
    for field in fields {
        let field = field?;
        match field.number {
            1 => guest.person = Arc::new(viewer(field.message()?)?),
            2 => guest.since = Timestamp::from_wire(field.int()?),
            4 => guest.role = u32::try_from(field.int()?).unwrap_or(0),
            7 => guest.coins = Some(field.count()?),
            _ => {}
        }
    }
    Ok(guest)
}

/// The same lists one number up, of ids.
fn layer_people(lists: Fields<'_>, link: &mut Link) -> Result<(), DecodeError> {
    let (mut guests, mut waiting) = (Vec::new(), 0);
    for field in lists {
        let field = field?;
        match field.number {
            2 if guests.len() < MAX_PEOPLE => {
                let id = user_of(Fields::new(nested(field.message()?, 1)?))?;
                let person = Arc::new(Viewer { id, ..Viewer::default() });
                guests.push(Guest { person, ..Guest::default() });
            }
            3 => waiting += 1,
            _ => {}
        }
    }
    link.guests = Some(guests);
    link.waiting = Some(waiting);
    Ok(())
}

/// The user in `{room, user}`.
fn user_of(fields: Fields<'_>) -> Result<Option<UserId>, DecodeError> {
    for field in fields {
        let field = field?;
        if field.number == 2 {
            return Ok(UserId::from_wire(field.int()?));
        }
    }
    Ok(None)
}

/// The map of co-hosts: id to names.
fn names(people: Fields<'_>) -> Result<Vec<Guest>, DecodeError> {
    let mut guests = Vec::new();
    for field in people {
        let field = field?;
        if field.number != 1 || guests.len() >= MAX_PEOPLE {
            continue;
        }
        let (mut person, mut inside) = (Viewer::default(), Fields::new(&[]));
        for field in field.message()? {
            let field = field?;
            match field.number {
                1 => person.id = UserId::from_wire(field.int()?),
                2 => inside = field.message()?,
                _ => {}
            }
        }
        for field in inside {
            let field = field?;
            match field.number {
                11 => person.nickname = field.text()?,
                12 => person.unique_id = field.text()?,
                _ => {}
            }
        }
        guests.push(Guest { person: Arc::new(person), ..Guest::default() });
    }
    Ok(guests)
}
