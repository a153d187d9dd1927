//! Decoder of people: the `User` struct, its badges, and what the service says a person is to the host.
//!
//! A real `User` is 2-10 KB of pictures around a handful of facts; the walk steps over the pictures.
//!
//! Several places can make somebody a moderator, a subscriber or a follower, and each of them is missing at times, so
//! flags only add up: one source that says yes suffices.

use std::sync::Arc;

use super::Fields;
use crate::events::{Badge, Viewer};
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;

/// Reads a `User`.
pub(in crate::events) fn viewer(user: Fields<'_>) -> Result<Viewer, DecodeError> {
    let mut viewer = Viewer::default();
    for field in user {
        let field = field?;
        match field.number {
            1 => viewer.id = UserId::from_wire(field.int()?),
            3 => viewer.nickname = field.text()?,
            9 => viewer.picture = picture(field.message()?)?,
            12 => viewer.verified = field.flag()?,
            22 => follow_info(field.message()?, &mut viewer)?,
            32 => viewer.moderator |= is_admin(field.message()?)?,
            38 => viewer.unique_id = field.text()?,
            64 => badge(field.message()?, &mut viewer)?,
            _ => {}
        }
    }
    Ok(viewer)
}

/// Whether a `User` names anybody; an empty one is common and means nobody.
pub(in crate::events) fn is_somebody(viewer: &Viewer) -> bool {
    viewer.id.is_some() || !viewer.nickname.is_empty() || !viewer.unique_id.is_empty()
}

/// A `User` and, where its message carries one, its `UserIdentity`; the two fields come in any order.
#[derive(Default)]
pub(in crate::events) struct Sender<'a> {
    pub(in crate::events) user: Option<Fields<'a>>,
    pub(in crate::events) identity: Option<Fields<'a>>,
}

impl Sender<'_> {
    /// The person behind a message; somebody without a name where the message names nobody.
    pub(in crate::events) fn read(self) -> Result<Arc<Viewer>, DecodeError> {
        let mut sender = match self.user {
            Some(user) => viewer(user)?,
            None => Viewer::default(),
        };
        if let Some(identity) = self.identity {
            add_identity(identity, &mut sender)?;
        }
        Ok(Arc::new(sender))
    }
}

/// The first address of an `Image`; nothing where it lists none.
pub(in crate::events) fn picture(image: Fields<'_>) -> Result<Option<Box<str>>, DecodeError> {
    /// Real addresses have up to 400 bytes, all of them visible ASCII.
    const LONGEST: usize = 2_048;
    for field in image {
        let field = field?;
        if field.number == 1 {
            let address = std::str::from_utf8(field.bytes()?).unwrap_or_default();
            // No early way out: the whole address is looked at in wide steps.
            let visible = address.bytes().fold(true, |visible, c| visible & c.is_ascii_graphic());
            let usable = visible && address.len() <= LONGEST && address.starts_with("http");
            return Ok(usable.then(|| address.into()));
        }
    }
    Ok(None)
}

fn follow_info(info: Fields<'_>, viewer: &mut Viewer) -> Result<(), DecodeError> {
    for field in info {
        let field = field?;
        if field.number == 3 {
            // 3 was seen on guests and on many gift senders: it says nothing of following.
            let status = field.int()?;
            viewer.follower |= matches!(status, 1 | 2);
            viewer.friend |= status == 2;
        }
    }
    Ok(())
}

fn is_admin(attributes: Fields<'_>) -> Result<bool, DecodeError> {
    for field in attributes {
        let field = field?;
        if field.number == 2 {
            return field.flag();
        }
    }
    Ok(false)
}

fn add_identity(identity: Fields<'_>, viewer: &mut Viewer) -> Result<(), DecodeError> {
    for field in identity {
        let field = field?;
        match field.number {
            1 => viewer.gift_giver |= field.flag()?,
            2 => viewer.subscriber |= field.flag()?,
            3 => viewer.friend |= field.flag()?,
            4 => viewer.follower |= field.flag()?,
            5 => viewer.moderator |= field.flag()?,
            6 => viewer.host |= field.flag()?,
            _ => {}
        }
    }
    viewer.follower |= viewer.friend;
    Ok(())
}

/// What a badge stands for: `scene_type`, seen in recordings of 2023 and 2026.
mod scene {
    pub(super) const MODERATOR: i32 = 1;
    pub(super) const NEW_GIFTER: i32 = 2;
    pub(super) const SUBSCRIBER: i32 = 4;
    pub(super) const TOP_GIFTER: i32 = 6;
    pub(super) const NEW_SUBSCRIBER: i32 = 7;
    pub(super) const GIFTER_LEVEL: i32 = 8;
    pub(super) const TEAM_LEVEL: i32 = 10;
}

/// Adds one badge. Most come twice, in an old and a new style: saying a thing twice changes nothing here.
fn badge(badge: Fields<'_>, viewer: &mut Viewer) -> Result<(), DecodeError> {
    let (mut scene, mut level, mut key, mut written) = (0, 0, &b""[..], &b""[..]);
    for field in badge {
        let field = field?;
        match field.number {
            3 => scene = field.small()?,
            12 => level = number(nested(field.message()?, 5)?),
            21 => key = nested(field.message()?, 2)?,
            23 => {
                let combined = field.message()?;
                key = nested(Fields::new(nested(combined.clone(), 3)?), 1)?;
                written = nested(combined, 4)?;
            }
            _ => {}
        }
    }
    keep(viewer, scene, level, written);
    match scene {
        scene::MODERATOR => viewer.moderator = true,
        scene::NEW_GIFTER => viewer.new_gifter = true,
        scene::SUBSCRIBER | scene::NEW_SUBSCRIBER => viewer.subscriber = true,
        scene::GIFTER_LEVEL => viewer.gifter_level = viewer.gifter_level.max(level),
        scene::TEAM_LEVEL => viewer.team_level = viewer.team_level.max(level),
        // The place stands in the key only: `pm_mt_badeg_notes_profile1` (their spelling).
        scene::TOP_GIFTER => {
            let place = key.strip_prefix(b"pm_mt_badeg_notes_profile").map_or(0, number);
            viewer.top_gifter = viewer.top_gifter.max(u8::try_from(place).unwrap_or(0));
        }
        _ => {}
    }
    Ok(())
}

/// Keeps a badge among the viewer's: one a scene, with the best that its copies say.
fn keep(viewer: &mut Viewer, scene: i32, level: u16, written: &[u8]) {
    /// The service shows up to five.
    const MAX_BADGES: usize = 16;
    let scene = u32::try_from(scene).unwrap_or(0);
    if let Some(badge) = viewer.badges.iter_mut().find(|badge| badge.scene == scene) {
        badge.level = badge.level.max(level);
        if badge.text.is_empty() {
            badge.text = Text::from_bytes(written);
        }
    } else if viewer.badges.len() < MAX_BADGES {
        viewer.badges.push(Badge { scene, level, text: Text::from_bytes(written) });
    }
}

/// The bytes of one field of a small message; empty where it is missing.
pub(in crate::events) fn nested(fields: Fields<'_>, number: u32) -> Result<&[u8], DecodeError> {
    for field in fields {
        let field = field?;
        if field.number == number {
            return field.bytes();
        }
    }
    Ok(&[])
}

/// An account's id written as text; nothing for `0` and for what is no number.
pub(in crate::events) fn user_id(digits: &[u8]) -> Option<UserId> {
    std::str::from_utf8(digits).ok().and_then(|digits| UserId::from_wire(digits.parse().ok()?))
}

/// A number written as text; 0 where it is none.
fn number(digits: &[u8]) -> u16 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
