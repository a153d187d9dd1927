//! Events of guests and co-hosts: who sits beside the host, who waits, what each of them was given.

use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::people::nested;
use super::decode::people::viewer;
use super::json::JsonTally;
use super::json::views::Id;
use super::json::views::User;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::wire::DecodeError;
use crate::wire::Fields;
use compact_str::CompactString;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// Something changed in the line of guests or co-hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Link {
    /// Which of the service's layers says it: the same change is told by several.
    pub source: LinkSource,
    /// What happened.
    pub action: LinkAction,
    /// The number on the wire; each source counts its own way.
    pub code: i32,
    /// Guests or co-hosts.
    pub scene: LinkScene,
    /// The line, as the service numbers it.
    pub channel: Option<u64>,
    /// Everybody in it now, the host too; nothing when the message brings no list.
    pub guests: Option<Vec<Guest>>,
    /// How many ask to come in, where a list is given.
    pub waiting: Option<u64>,
    /// Who it happened to, where named.
    pub who: Option<UserId>,
}

/// Somebody in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Guest {
    /// Who; some messages give the id alone.
    pub person: Arc<Viewer>,
    /// Coins received here, where told.
    pub coins: Option<u64>,
    /// Since when, where told.
    pub since: Option<Timestamp>,
    /// The role's number: 1 is the host; 0 when not told.
    pub role: u32,
}

/// What each guest was given so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GuestTickets {
    /// The guests named here.
    pub guests: Vec<GuestCoins>,
    /// All of them together, the host too.
    pub total: u64,
    /// Whether the list names everybody, or only who changed.
    pub whole: bool,
}

/// Coins of one guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GuestCoins {
    /// Who.
    pub id: UserId,
    /// Coins so far.
    pub coins: u64,
}

/// Which layer of the service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LinkSource {
    /// `WebcastLinkMessage`.
    Message,
    /// `WebcastLinkLayerMessage`.
    Layer,
    /// `WebcastLinkMicMethod`.
    Signal,
    /// `WebcastLinkStateMessage`.
    State,
    /// `WebcastLinkMicLayoutStateMessage`.
    Layout,
}

/// Guests or co-hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LinkScene {
    /// 2: another host.
    CoHost,
    /// 4: viewers who were let in.
    Guests,
    /// Another number, or none.
    #[default]
    Other,
}

/// What can happen in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LinkAction {
    /// It was opened.
    Create,
    /// It was closed.
    Close,
    /// Somebody was invited, or an invitation was taken back.
    Invite,
    /// Somebody asked to come in, or no longer asks.
    Apply,
    /// An answer to an invitation or a request.
    Reply,
    /// Somebody came in.
    Enter,
    /// Somebody left.
    Leave,
    /// Somebody was removed.
    Kick,
    /// Somebody was muted or unmuted.
    Mute,
    /// The list of who is in, or of who waits, changed.
    List,
    /// Lines of several hosts were joined or parted.
    Group,
    /// Settings or layout changed.
    Setting,
    /// A number we do not know.
    Other,
}

/// Most people kept of one list; the service seats up to a few dozen.
const MAX_PEOPLE: usize = 64;

/// `WebcastLinkMicFanTicketMethod`: coins of every guest.
pub(super) fn tickets<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn signal<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn message<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut link = empty(LinkSource::Message);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => link.code = field.small()?,
            3 => link.channel = Some(field.count()?),
            4 => link.scene = scene(field.small()?),
            20 => people(field.message()?, 1, guest, &mut link)?,
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
pub(super) fn layer<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut link = empty(LinkSource::Layer);
    let mut co_hosts = Vec::new();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => link.code = field.small()?,
            3 => link.channel = Some(field.count()?),
            4 => link.scene = scene(field.small()?),
            102 => people(Fields::new(nested(field.message()?, 2)?), 2, layer_guest, &mut link)?,
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
pub(super) fn state<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    layout_of(context, message, LinkSource::State)
}

/// `WebcastLinkMicLayoutStateMessage`.
pub(super) fn layout<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    layout_of(context, message, LinkSource::Layout)
}

/// Sources disagree about 2, 3 and 6 of the layout: a number that is none is no loss.
fn layout_of<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
    source: LinkSource,
) -> Result<EventKind, DecodeError> {
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

/// A list of who is in, each read by `guest`, and, one number up, of who waits.
fn people(
    lists: Fields<'_>,
    seated: u32,
    guest: fn(Fields<'_>) -> Result<Guest, DecodeError>,
    link: &mut Link,
) -> Result<(), DecodeError> {
    let (mut guests, mut waiting) = (Vec::new(), 0);
    for field in lists {
        let field = field?;
        match field.number {
            number if number == seated && guests.len() < MAX_PEOPLE => guests.push(guest(field.message()?)?),
            number if number == seated + 1 => waiting += 1,
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

/// A guest of the link layer: an id and nothing else.
fn layer_guest(fields: Fields<'_>) -> Result<Guest, DecodeError> {
    let id = user_of(Fields::new(nested(fields, 1)?))?;
    Ok(Guest { person: Arc::new(Viewer { id, ..Viewer::default() }), ..Guest::default() })
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

/// Somebody in the line.
#[derive(Serialize)]
struct WaitingView<'a> {
    user: User<'a>,
    coins: Option<u64>,
    since: Option<CompactString>,
    role: u32,
}

impl<'a> WaitingView<'a> {
    fn new(guest: &'a Guest) -> Self {
        Self { user: User::new(&guest.person), coins: guest.coins, since: time(guest.since), role: guest.role }
    }
}

impl EventBody for Link {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        let guests = self.guests.as_ref().map(|guests| guests.iter().map(WaitingView::new).collect::<Vec<_>>());
        map.serialize_entry("source", <&str>::from(self.source))?;
        map.serialize_entry("action", <&str>::from(self.action))?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("scene", <&str>::from(self.scene))?;
        map.serialize_entry("channel", &id(self.channel.filter(|&channel| channel != 0)))?;
        map.serialize_entry("guests", &guests)?;
        map.serialize_entry("waiting", &self.waiting)?;
        map.serialize_entry("who", &id(self.who))
    }
}

impl EventBody for GuestTickets {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        #[derive(Serialize)]
        struct Coins {
            id: Id<UserId>,
            coins: u64,
        }
        let guests = self.guests.iter().map(|guest| Coins { id: Id(guest.id), coins: guest.coins });
        map.serialize_entry("guests", &guests.collect::<Vec<_>>())?;
        map.serialize_entry("total", &self.total)?;
        map.serialize_entry("whole", &self.whole)
    }
}
