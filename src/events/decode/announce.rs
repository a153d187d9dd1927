//! What the service puts into a room: announcements, campaigns, the shop, and minor events with a text.

use std::sync::Arc;

use super::display::Display;
use super::people::{is_somebody, nested, viewer};
use super::{Common, Context, DecodeError, EventKind, Fields};
use crate::events::{Announcement, AnnouncementKind, Banner, MinorEvent, Shop, Viewer};
use crate::text::Text;

/// Longest campaign JSON kept, in bytes; recorded ones have up to 3 000.
const MAX_BANNER: usize = 16_384;
/// Announcements inside one marquee that are looked at.
const MAX_ENTITIES: usize = 4;

/// `WebcastRoomNotifyMessage`: the sentence stands in its own header.
pub(super) fn room_notify<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let notify = Notify::read(message)?;
    context.common = notify.common;
    let display_text = context.common.display_text;
    announcement(context, AnnouncementKind::Room, display_text, notify.user)
}

/// `WebcastGiftBroadcastMessage`: a room notice inside.
pub(super) fn gift_broadcast<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut notify = Notify::default();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            4 => notify = Notify::read(field.message()?)?,
            _ => {}
        }
    }
    announcement(context, AnnouncementKind::Gift, notify.common.display_text, notify.user)
}

/// `WebcastMarqueeAnnouncementMessage`: room notices inside; the first one that says something.
pub(super) fn marquee<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut notify, mut seen) = (Notify::default(), 0);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            3 if seen < MAX_ENTITIES => {
                seen += 1;
                let inside = Notify::read(Fields::new(nested(field.message()?, 1)?))?;
                if notify.common.display_text.is_empty() {
                    notify = inside;
                }
            }
            _ => {}
        }
    }
    announcement(context, AnnouncementKind::Marquee, notify.common.display_text, notify.user)
}

/// A room notice: a header with the sentence, and perhaps a person.
#[derive(Default)]
pub(super) struct Notify<'a> {
    pub(super) common: Common<'a>,
    user: Option<Fields<'a>>,
}

impl<'a> Notify<'a> {
    pub(super) fn read(fields: Fields<'a>) -> Result<Self, DecodeError> {
        let mut notify = Self::default();
        for field in fields {
            let field = field?;
            match field.number {
                1 => notify.common = Common::read(field.message()?)?,
                5 => notify.user = Some(field.message()?),
                _ => {}
            }
        }
        Ok(notify)
    }
}

fn announcement<'a>(
    context: &Context<'a>,
    kind: AnnouncementKind,
    display_text: &'a [u8],
    user: Option<Fields<'a>>,
) -> Result<EventKind, DecodeError> {
    let display = Display::read(display_text)?;
    let from = somebody(user)?.or(somebody(display.user())?);
    let scene = Text::from_bytes(display.key);
    let text = display.render(context.catalogue)?;
    Ok(EventKind::Announcement(Announcement { kind, from, text, scene }))
}

/// The person of a `User`, where it names one.
pub(super) fn somebody(user: Option<Fields<'_>>) -> Result<Option<Arc<Viewer>>, DecodeError> {
    let person = user.map(viewer).transpose()?;
    Ok(person.filter(is_somebody).map(Arc::new))
}

/// `WebcastInRoomBannerMessage`. What 2 holds is JSON in recordings and other things in newer schemas.
pub(super) fn banner<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut banner = Banner::default();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => {
                let data = field.bytes()?;
                banner.bytes = banner.bytes.saturating_add(data.len() as u64);
                let text = std::str::from_utf8(data).ok().filter(|text| text.len() <= MAX_BANNER);
                banner.data = banner.data.or(text.map(Into::into));
            }
            3 => banner.position = field.small()?,
            4 => banner.action = field.small()?,
            _ => {}
        }
    }
    Ok(EventKind::Banner(banner))
}

/// `WebcastOecLiveShoppingMessage`; one source reads a blob in 2.
pub(super) fn shop<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut shop = Shop::default();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => shop.action = field.small().unwrap_or(0),
            3 => shop.products = field.count().ok(),
            4 => product(field.message()?, &mut shop)?,
            _ => {}
        }
    }
    Ok(EventKind::Shop(shop))
}

fn product(fields: Fields<'_>, shop: &mut Shop) -> Result<(), DecodeError> {
    for field in fields {
        let field = field?;
        match field.number {
            1 => shop.title = field.text()?,
            2 => shop.price = field.text()?,
            _ => {}
        }
    }
    Ok(())
}

/// Where a minor event keeps what is worth telling: field numbers, 0 for none.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// Its own kind, a number.
    pub(super) code: u32,
    /// A display text.
    pub(super) text: u32,
    /// Plain words.
    pub(super) words: u32,
}

/// A message that changes nothing we keep. Its text stands in a field of its own or in the header.
pub(super) fn minor<'a>(
    context: &mut Context<'a>,
    message: Fields<'a>,
    name: &str,
    places: Places,
) -> Result<EventKind, DecodeError> {
    let (mut code, mut words, mut text) = (0, Text::default(), &b""[..]);
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            number if number == places.code => code = field.int().unwrap_or(0),
            number if number == places.text => text = field.bytes().unwrap_or_default(),
            number if number == places.words => words = field.text().unwrap_or_default(),
            _ => {}
        }
    }
    let text = if text.is_empty() { context.common.display_text } else { text };
    let text = if words.is_empty() { Display::read(text)?.render(context.catalogue)? } else { words };
    Ok(EventKind::Minor(MinorEvent { name: name.into(), code, text }))
}
