//! What is worth coins: gifts, treasure chests, subscriptions, and the banners for those who give.

use std::sync::Arc;

use compact_str::CompactString;

use super::display::Display;
use super::people::{Sender, is_somebody, picture, user_id, viewer};
use super::{Catalogue, Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{Barrage, BarrageKind, Envelope, Gift, GiftFacts, GiftTo, Notice, NoticeKind, Subscribe, Viewer};
use crate::ids::{GiftId, UserId};
use crate::text::Text;

pub(super) fn gift<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn envelope<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn subscribe<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn barrage<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
