//! JSON objects that lines of several families share: ids, times, people. Ids as text, times as RFC 3339, texts as they were
//! said.

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use crate::clock::Timestamp;
use crate::events::{Badge, Host, Viewer};

/// An id, written as text: numbers above 2^53 do not survive JavaScript.
pub(in crate::events) struct Id<T>(pub(in crate::events) T);

impl<T: Copy + Into<u64>> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(itoa::Buffer::new().format(self.0.into()))
    }
}

/// An id that may be missing: null.
pub(in crate::events) fn id<T: Copy + Into<u64>>(id: Option<T>) -> Option<Id<T>> {
    id.map(Id)
}

/// A time that may be missing: null.
pub(in crate::events) fn time(time: Option<Timestamp>) -> Option<CompactString> {
    time.map(Timestamp::rfc3339_inline)
}

/// A person.
#[derive(Serialize)]
pub(in crate::events) struct User<'a> {
    id: Option<Id<crate::ids::UserId>>,
    unique_id: &'a str,
    nickname: &'a str,
    picture: Option<&'a str>,
    host: bool,
    moderator: bool,
    subscriber: bool,
    follower: bool,
    friend: bool,
    follow_role: u8,
    new_gifter: bool,
    verified: bool,
    gifter_level: u16,
    team_level: u16,
    top_gifter: u8,
    gift_giver: bool,
    badges: Badges<'a>,
}

struct Badges<'a>(&'a [Badge]);

impl Serialize for Badges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(BadgeView::new))
    }
}

/// A badge beside a name.
#[derive(Serialize)]
struct BadgeView<'a> {
    scene: u32,
    name: &'static str,
    level: u16,
    text: &'a str,
}

impl<'a> User<'a> {
    pub(in crate::events) fn new(viewer: &'a Viewer) -> Self {
        Self {
            id: id(viewer.id),
            unique_id: viewer.unique_id.original(),
            nickname: viewer.nickname.original(),
            picture: viewer.picture.as_deref(),
            host: viewer.host,
            moderator: viewer.moderator,
            subscriber: viewer.subscriber,
            follower: viewer.follower,
            friend: viewer.friend,
            // The number other libraries print: 0 none, 1 follower, 2 friend.
            follow_role: if viewer.friend { 2 } else { u8::from(viewer.follower) },
            new_gifter: viewer.new_gifter,
            verified: viewer.verified,
            gifter_level: viewer.gifter_level,
            team_level: viewer.team_level,
            top_gifter: viewer.top_gifter,
            gift_giver: viewer.gift_giver,
            badges: Badges(&viewer.badges),
        }
    }
}

impl<'a> BadgeView<'a> {
    fn new(badge: &'a Badge) -> Self {
        Self { scene: badge.scene, name: badge.name(), level: badge.level, text: badge.text.original() }
    }
}

/// A host, of whom less is known than of a viewer.
#[derive(Serialize)]
pub(in crate::events) struct HostView<'a> {
    id: Option<Id<crate::ids::UserId>>,
    unique_id: &'a str,
    nickname: &'a str,
}

impl<'a> HostView<'a> {
    pub(in crate::events) fn new(host: &'a Host) -> Self {
        Self { id: id(host.id), unique_id: host.unique_id.original(), nickname: host.nickname.original() }
    }
}

/// Seconds with milliseconds behind the point.
pub(in crate::events) fn seconds(length: std::time::Duration) -> f64 {
    length.as_millis() as f64 / 1_000.0
}
