//! Events of what is worth coins: gifts, chests, subscriptions, and the banners for those who give.

use super::Catalogue;
use super::EventKind;
use super::Notice;
use super::NoticeKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::decode::people::Sender;
use super::decode::people::is_somebody;
use super::decode::people::picture;
use super::decode::people::user_id;
use super::decode::people::viewer;
use super::json::JsonTally;
use super::json::views::Id;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::ids::{GiftFacts, GiftId};
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use compact_str::CompactString;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// A gift as one message tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Gift {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// `repeat_count`: how many of the streak so far.
    pub count: u64,
    /// The streak's id; 0 when there is none.
    pub group: u64,
    /// Coins of this message alone (field 3), where given.
    pub coins: Option<u64>,
    /// The message closes the streak.
    pub ends: bool,
}

/// Receiver of a gift in a multi-guest or co-host room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GiftTo {
    /// The receiver.
    pub id: UserId,
    /// Their display name, where given.
    pub nickname: Text,
}

/// A treasure chest appears or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Envelope {
    /// Its id.
    pub id: CompactString,
    /// Appears (true) or goes away (false).
    pub shown: bool,
    /// `business_type`: 1 a viewer's coins, 19 a super fan box, …
    pub business: u32,
    /// A super fan box, by its number or its key.
    pub super_fan: bool,
    /// Handle of who gave it.
    pub from: Text,
    /// Their id.
    pub from_id: Option<UserId>,
    /// Coins inside.
    pub coins: u64,
    /// How many can win.
    pub winners: u64,
    /// When it opens.
    pub opens_at: Option<Timestamp>,
}

/// Somebody subscribed to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Subscribe {
    /// Who.
    pub from: Arc<Viewer>,
    /// Months in a row; 0 when unknown.
    pub months: u64,
    /// Given away by somebody rather than bought.
    pub gifted: bool,
}

/// A banner for one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Barrage {
    /// What for.
    pub kind: BarrageKind,
    /// The number on the wire.
    pub code: i32,
    /// Who, where named.
    pub from: Option<Arc<Viewer>>,
    /// The level it tells, 0 when none.
    pub level: u32,
    /// The rendered text.
    pub text: Text,
    /// The display key that tells its meaning.
    pub scene: Text,
}

/// What a banner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum BarrageKind {
    /// 4: a first subscription; the same one comes as [`Subscribe`] too, so it is not counted here.
    Subscribe,
    /// 8: a gifter rose a level.
    GifterLevelUp,
    /// 9: a gifter of high level came in.
    GifterJoin,
    /// 10: a team member rose a level.
    TeamLevelUp,
    /// 11: a team member of high level came in.
    TeamJoin,
    /// 7: subscriptions were given away.
    SubscribeGift,
    /// Told by its key: a super fan, or what one did.
    SuperFan,
    /// Told by its key: somebody became a super fan.
    SuperFanJoin,
    /// 1, 2, 14: something was ordered or bought.
    Shop,
    /// 5, 6: an event of the host was looked at or signed up for.
    Event,
    /// 12: a game.
    Game,
    /// 13: the gift gallery.
    Gallery,
    /// Another number: 3 plain, 15 a hidden guest, 100 anything.
    Other,
}

/// A streak that we closed: silence, or the end of the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct StreakClosed {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// How many in the end.
    pub count: u64,
    /// The streak's id.
    pub group: u64,
}

pub(super) fn gift<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut sender = Sender::default();
    let mut receiver = Receiver::default();
    let (mut id, mut facts) = (None, GiftFacts::default());
    let (mut count, mut group, mut coins, mut ends) = (0, 0, None, false);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => id = GiftId::from_wire(field.int()?),
            3 => coins = Some(field.count()?).filter(|&coins| coins > 0),
            5 => count = field.count()?,
            7 => sender.user = Some(field.message()?),
            8 => receiver.user = Some(viewer(field.message()?)?).filter(is_somebody),
            9 => ends = field.int()? == 1,
            11 => group = field.count()?,
            15 => facts = gift_facts(field.message()?)?,
            23 => receiver.read_monitor(field.message()?)?,
            32 => sender.identity = Some(field.message()?),
            45 => receiver.member = receiver.member.or(user_id(field.bytes()?)),
            46 => receiver.member = receiver.member.or(UserId::from_wire(field.int()?)),
            47 => receiver.member_name = field.text()?,
            _ => {}
        }
    }
    if let Some(id) = id {
        facts.id = id;
    }
    if facts.id == GiftId::default() {
        return Err(DecodeError::Missing { field: 2 });
    }
    Ok(EventKind::Gift(Box::new(Gift {
        from: sender.read()?,
        to: receiver.resolve(),
        gift: complete(facts, context.catalogue),
        // A gift that leaves the number out is one gift.
        count: count.max(1),
        group,
        coins,
        ends,
    })))
}

fn gift_facts(gift: Fields<'_>) -> Result<GiftFacts, DecodeError> {
    let mut facts = GiftFacts::default();
    let mut combo = false;
    for field in gift {
        let field = field?;
        match field.number {
            1 => facts.picture = picture(field.message()?)?,
            2 => facts.describe = field.text()?,
            5 => facts.id = GiftId(field.count()?),
            10 => combo = field.flag()?,
            11 => facts.kind = u32::try_from(field.int()?).unwrap_or(0),
            12 => facts.diamonds = Some(field.count()?).filter(|&price| price > 0),
            16 => facts.name = field.text()?,
            _ => {}
        }
    }
    if facts.kind == 0 && combo {
        facts.kind = 1;
    }
    Ok(facts)
}

/// The message's own facts, with what it leaves out from the catalogue.
fn complete(mut facts: GiftFacts, catalogue: &Catalogue) -> Arc<GiftFacts> {
    let whole = facts.diamonds.is_some() && facts.kind != 0 && !facts.name.is_empty();
    if !whole && let Some(known) = catalogue.get(facts.id) {
        if facts == (GiftFacts { id: facts.id, ..GiftFacts::default() }) {
            return known.clone();
        }
        facts.diamonds = facts.diamonds.or(known.diamonds);
        if facts.kind == 0 {
            facts.kind = known.kind;
        }
        if facts.name.is_empty() {
            facts.name = known.name.clone();
        }
    }
    Arc::new(facts)
}

/// The places that may name who received a gift. In a room of one host none of them names anybody else.
#[derive(Default)]
struct Receiver {
    user: Option<Viewer>,
    member: Option<UserId>,
    member_name: Text,
    anchor: Option<UserId>,
    monitored: Option<UserId>,
}

impl Receiver {
    /// `GiftMonitor` is always there and in solo rooms names the host twice.
    fn read_monitor(&mut self, monitor: Fields<'_>) -> Result<(), DecodeError> {
        for field in monitor {
            let field = field?;
            match field.number {
                1 => self.anchor = UserId::from_wire(field.int()?),
                8 => self.monitored = UserId::from_wire(field.int()?),
                _ => {}
            }
        }
        Ok(())
    }

    fn resolve(self) -> Option<GiftTo> {
        let anchor = self.anchor;
        let user = self.user.and_then(|user| Some(GiftTo { id: user.id?, nickname: user.nickname }));
        let monitored = anchor.and(self.monitored).map(|id| GiftTo { id, nickname: Text::default() });
        let member = self.member.map(|id| GiftTo { id, nickname: self.member_name });
        [user, member, monitored].into_iter().flatten().find(|to| Some(to.id) != anchor)
    }
}

pub(super) fn envelope<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    /// `display`: 1 a new one, 2 take it away.
    const HIDE: i32 = 2;
    /// `business_type`, by two libraries.
    const SUPER_FAN_BOX: u32 = 19;
    let mut envelope = Envelope {
        id: CompactString::default(),
        shown: true,
        business: 0,
        super_fan: false,
        from: Text::default(),
        from_id: None,
        coins: 0,
        winners: 0,
        opens_at: None,
    };
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => envelope_info(field.message()?, &mut envelope)?,
            3 => envelope.shown = field.small()? != HIDE,
            _ => {}
        }
    }
    let key = Display::key_of(context.common.display_text)?;
    envelope.super_fan = envelope.business == SUPER_FAN_BOX || key.starts_with(b"ttlive_superfanbox");
    Ok(EventKind::Envelope(envelope))
}

fn envelope_info(info: Fields<'_>, envelope: &mut Envelope) -> Result<(), DecodeError> {
    for field in info {
        let field = field?;
        match field.number {
            1 => envelope.id = field.text()?.as_str().into(),
            2 => envelope.business = u32::try_from(field.int()?).unwrap_or(0),
            4 => envelope.from = field.text()?,
            5 => envelope.coins = field.count()?,
            6 => envelope.winners = field.count()?,
            7 => envelope.opens_at = Timestamp::from_wire(field.int()?),
            8 => envelope.from_id = user_id(field.bytes()?),
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn subscribe<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut sender = Sender::default();
    let (mut months, mut about) = (0, 0);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => sender.user = Some(field.message()?),
            4 => months = field.count()?,
            7 => about = field.small()?,
            _ => {}
        }
    }
    // 0 somebody subscribed, 6-12 subscriptions were given away; the rest is about goals and perks.
    if !matches!(about, 0 | 6..=12) {
        let text = Display::read(context.common.display_text)?;
        let scene = Text::from_bytes(text.key);
        return Ok(EventKind::Notice(Notice { kind: NoticeKind::Room, text: text.render(context.catalogue)?, scene }));
    }
    Ok(EventKind::Subscribe(Subscribe { from: sender.read()?, months, gifted: about != 0 }))
}

pub(super) fn barrage<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut kind, mut own_text, mut shared_text) = (0, &b""[..], &b""[..]);
    let (mut user, mut grade) = (None, Grade::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            3 => kind = field.small()?,
            5 => own_text = field.bytes()?,
            24 => shared_text = field.bytes()?,
            50 => user = Some(field.message()?),
            100 | 101 => grade.read(field.message()?)?,
            _ => {}
        }
    }
    let texts = [own_text, shared_text, context.common.display_text];
    let text = Display::read(texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default())?;
    let mut from = None;
    for user in [user, grade.user, text.user()].into_iter().flatten() {
        from = from.or(Some(viewer(user)?).filter(is_somebody));
    }
    Ok(EventKind::Barrage(Barrage {
        kind: barrage_kind(kind, text.key),
        code: kind,
        scene: Text::from_bytes(text.key),
        from: from.map(Arc::new),
        level: grade.level,
        text: text.render(context.catalogue)?,
    }))
}

/// `BarrageUserGrade` and `BarrageFansLevel`, which have the same shape.
#[derive(Default)]
struct Grade<'a> {
    level: u32,
    user: Option<Fields<'a>>,
}

impl<'a> Grade<'a> {
    fn read(&mut self, grade: Fields<'a>) -> Result<(), DecodeError> {
        for field in grade {
            let field = field?;
            match field.number {
                1 => self.level = u32::try_from(field.int()?).unwrap_or(0),
                4 => self.user = Some(field.message()?),
                _ => {}
            }
        }
        Ok(())
    }
}

fn barrage_kind(number: i32, key: &[u8]) -> BarrageKind {
    let says = |word: &[u8]| memchr::memmem::find(key, word).is_some();
    match number {
        // Nobody recorded the number of these; two libraries go by the key.
        _ if says(b"superfanjoined") => BarrageKind::SuperFanJoin,
        _ if says(b"ttlive_superfan") => BarrageKind::SuperFan,
        1 | 2 | 14 => BarrageKind::Shop,
        4 => BarrageKind::Subscribe,
        5 | 6 => BarrageKind::Event,
        7 => BarrageKind::SubscribeGift,
        8 => BarrageKind::GifterLevelUp,
        9 => BarrageKind::GifterJoin,
        10 => BarrageKind::TeamLevelUp,
        11 => BarrageKind::TeamJoin,
        12 => BarrageKind::Game,
        13 => BarrageKind::Gallery,
        _ => BarrageKind::Other,
    }
}

/// A kind of gift.
#[derive(Serialize)]
struct GiftView<'a> {
    id: Id<GiftId>,
    name: &'a str,
    describe: &'a str,
    diamonds: Option<u64>,
    r#type: Option<u32>,
    picture: Option<&'a str>,
}

impl<'a> GiftView<'a> {
    fn new(facts: &'a GiftFacts) -> Self {
        Self {
            id: Id(facts.id),
            name: facts.name.original(),
            describe: facts.describe.original(),
            diamonds: facts.diamonds,
            r#type: Some(facts.kind).filter(|&kind| kind != 0),
            picture: facts.picture.as_deref(),
        }
    }
}

/// The receiver of a gift.
#[derive(Serialize)]
struct ReceiverView<'a> {
    id: Id<UserId>,
    nickname: &'a str,
}

impl<'a> ReceiverView<'a> {
    fn new(to: &'a GiftTo) -> Self {
        Self { id: Id(to.id), nickname: to.nickname.original() }
    }
}

impl EventBody for Gift {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, tally: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        let tally = tally.unwrap_or_else(|| uncounted(self));
        write_gift(map, &self.gift, self.to.as_ref(), self.group, tally)
    }
}

impl EventBody for StreakClosed {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        let tally = JsonTally { added: 0, diamonds: Some(0), count: self.count, streak: "closed" };
        write_gift(map, &self.gift, self.to.as_ref(), self.group, tally)
    }
}

fn write_gift<M: SerializeMap>(
    map: &mut M,
    facts: &GiftFacts,
    to: Option<&GiftTo>,
    group: u64,
    tally: JsonTally<'_>,
) -> Result<(), M::Error> {
    map.serialize_entry("gift", &GiftView::new(facts))?;
    map.serialize_entry("to", &to.map(ReceiverView::new))?;
    map.serialize_entry("count", &tally.count)?;
    map.serialize_entry("added", &tally.added)?;
    map.serialize_entry("streak", tally.streak)?;
    map.serialize_entry("diamonds", &tally.diamonds)?;
    map.serialize_entry("group", &id(Some(group).filter(|&group| group != 0)))
}

/// A gift that no room has counted adds nothing.
fn uncounted(gift: &Gift) -> JsonTally<'static> {
    let streak = match (gift.gift.streakable(), gift.ends) {
        (false, _) => "none",
        (true, false) => "open",
        (true, true) => "closed",
    };
    JsonTally { added: 0, diamonds: Some(0), count: gift.count, streak }
}

impl EventBody for Envelope {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("envelope_id", &self.id)?;
        map.serialize_entry("shown", &self.shown)?;
        map.serialize_entry("business", &self.business)?;
        map.serialize_entry("from", self.from.original())?;
        map.serialize_entry("from_id", &id(self.from_id))?;
        map.serialize_entry("coins", &self.coins)?;
        map.serialize_entry("winners", &self.winners)?;
        map.serialize_entry("opens_at", &time(self.opens_at))?;
        map.serialize_entry("super_fan", &self.super_fan)
    }
}

impl EventBody for Subscribe {
    fn person(&self) -> Option<&Viewer> {
        Some(&self.from)
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("months", &self.months)?;
        map.serialize_entry("gifted", &self.gifted)
    }
}

impl EventBody for Barrage {
    fn person(&self) -> Option<&Viewer> {
        self.from.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("level", &self.level)?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("scene", self.scene.original())
    }
}
