//! Events that the service puts into a room: announcements, campaigns, the shop.

use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::display::Display;
use super::decode::people::is_somebody;
use super::decode::people::nested;
use super::decode::people::viewer;
use super::json::JsonTally;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// A sentence for many rooms at once: a dear gift somewhere, a card won, a place taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Announcement {
    /// Where it comes from.
    pub kind: AnnouncementKind,
    /// Who it is about, where described.
    pub from: Option<Arc<Viewer>>,
    /// The sentence, rendered.
    pub text: Text,
    /// The display key that tells its meaning.
    pub scene: Text,
}

/// Where an announcement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum AnnouncementKind {
    /// `WebcastRoomNotifyMessage`.
    Room,
    /// `WebcastGiftBroadcastMessage`: a dear gift.
    Gift,
    /// `WebcastMarqueeAnnouncementMessage`.
    Marquee,
}

/// A campaign's banner in the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Banner {
    /// Its JSON as it came; nothing where it is no text or too long to keep.
    pub data: Option<Box<str>>,
    /// How long it was, in bytes.
    pub bytes: u64,
    /// Where it stands, as a number.
    pub position: i32,
    /// What it does, as a number.
    pub action: i32,
}

/// The host's shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Shop {
    /// What happened, as a number; no source says which is which.
    pub action: i32,
    /// How many products; nothing when not told.
    pub products: Option<u64>,
    /// The product shown.
    pub title: Text,
    /// Its price, as written.
    pub price: Text,
}

/// Longest campaign JSON kept, in bytes; recorded ones have up to 3 000.
const MAX_BANNER: usize = 16_384;
/// Announcements inside one marquee that are looked at.
const MAX_ENTITIES: usize = 4;

/// `WebcastRoomNotifyMessage`: the sentence stands in its own header.
pub(super) fn room_notify<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let notify = Notify::read(message)?;
    context.common = notify.common;
    let display_text = context.common.display_text;
    announcement(context, AnnouncementKind::Room, display_text, notify.user)
}

/// `WebcastGiftBroadcastMessage`: a room notice inside.
pub(super) fn gift_broadcast<'a>(
    context: &mut DecodeContext<'a>,
    message: Fields<'a>,
) -> Result<EventKind, DecodeError> {
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
pub(super) fn marquee<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
    context: &DecodeContext<'a>,
    kind: AnnouncementKind,
    display_text: &'a [u8],
    user: Option<Fields<'a>>,
) -> Result<EventKind, DecodeError> {
    let display = Display::read(display_text)?;
    let from = optional_person(user)?.or(optional_person(display.user())?);
    let scene = Text::from_bytes(display.key);
    let text = display.render(context.catalogue)?;
    Ok(EventKind::Announcement(Announcement { kind, from, text, scene }))
}

/// The person of a `User`, where it names one.
pub(super) fn optional_person(user: Option<Fields<'_>>) -> Result<Option<Arc<Viewer>>, DecodeError> {
    let person = user.map(viewer).transpose()?;
    Ok(person.filter(is_somebody).map(Arc::new))
}

/// `WebcastInRoomBannerMessage`. What 2 holds is JSON in recordings and other things in newer schemas.
pub(super) fn banner<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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
pub(super) fn shop<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

impl EventBody for Shop {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("code", &self.action)?;
        map.serialize_entry("products", &self.products)?;
        map.serialize_entry("title", self.title.original())?;
        map.serialize_entry("price", self.price.original())
    }
}

impl EventBody for Banner {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("data", &self.data)?;
        map.serialize_entry("bytes", &self.bytes)?;
        map.serialize_entry("position", &self.position)?;
        map.serialize_entry("code", &self.action)
    }
}

impl EventBody for Announcement {
    fn person(&self) -> Option<&Viewer> {
        self.from.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        map.serialize_entry("kind", <&str>::from(self.kind))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("scene", self.scene.original())
    }
}
