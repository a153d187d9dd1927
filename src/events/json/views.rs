//! The objects inside lines: people, gifts, sides of a battle. Ids as text, times as RFC 3339, texts as they were said.

use std::fmt::Display;

use serde::{Serialize, Serializer};

use crate::clock::Timestamp;
use crate::events::{
    Badge, BattleResult, BattleSide, BattleTimes, Cause, Emote, GiftFacts, GiftTo, Host, TopViewer, Viewer,
};

/// An id, written as text: numbers above 2^53 do not survive JavaScript.
pub(super) struct Id<T>(pub(super) T);

impl<T: Display> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An id that may be missing: null.
pub(super) fn id<T: Display>(id: Option<T>) -> Option<Id<T>> {
    id.map(Id)
}

/// A time that may be missing: null.
pub(super) fn time(time: Option<Timestamp>) -> Option<String> {
    time.map(Timestamp::rfc3339)
}

/// A person.
#[derive(Serialize)]
pub(super) struct User<'a> {
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
    badges: Vec<BadgeView<'a>>,
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
    pub(super) fn new(viewer: &'a Viewer) -> Self {
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
            badges: viewer.badges.iter().map(BadgeView::new).collect(),
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
pub(super) struct HostView<'a> {
    id: Option<Id<crate::ids::UserId>>,
    unique_id: &'a str,
    nickname: &'a str,
}

impl<'a> HostView<'a> {
    pub(super) fn new(host: &'a Host) -> Self {
        Self { id: id(host.id), unique_id: host.unique_id.original(), nickname: host.nickname.original() }
    }
}

/// A row of the service's top list.
#[derive(Serialize)]
pub(super) struct Top<'a> {
    rank: u32,
    score: u64,
    user: User<'a>,
}

impl<'a> Top<'a> {
    pub(super) fn new(row: &'a TopViewer) -> Self {
        Self { rank: row.rank, score: row.score, user: User::new(&row.viewer) }
    }
}

/// An emote.
#[derive(Serialize)]
pub(super) struct EmoteView<'a> {
    index: u32,
    id: &'a str,
    picture: Option<&'a str>,
}

impl<'a> EmoteView<'a> {
    pub(super) fn list(emotes: &'a [Emote]) -> Vec<Self> {
        let view =
            |emote: &'a Emote| Self { index: emote.index, id: emote.id.original(), picture: emote.picture.as_deref() };
        emotes.iter().map(view).collect()
    }
}

/// A kind of gift.
#[derive(Serialize)]
pub(super) struct GiftView<'a> {
    id: Id<crate::ids::GiftId>,
    name: &'a str,
    describe: &'a str,
    diamonds: Option<u64>,
    r#type: Option<u32>,
    picture: Option<&'a str>,
}

impl<'a> GiftView<'a> {
    pub(super) fn new(facts: &'a GiftFacts) -> Self {
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
pub(super) struct To<'a> {
    id: Id<crate::ids::UserId>,
    nickname: &'a str,
}

impl<'a> To<'a> {
    pub(super) fn new(to: &'a GiftTo) -> Self {
        Self { id: Id(to.id), nickname: to.nickname.original() }
    }
}

/// When a battle runs.
#[derive(Serialize)]
pub(super) struct Times {
    started_at: Option<String>,
    seconds: u64,
    ends_at: Option<String>,
}

impl Times {
    pub(super) fn new(times: &BattleTimes) -> Self {
        Self { started_at: time(times.started_at), seconds: times.seconds, ends_at: time(times.ends_at) }
    }
}

/// A side of a battle.
#[derive(Serialize)]
pub(super) struct Side<'a> {
    team: Option<Id<u64>>,
    hosts: Vec<HostView<'a>>,
    points: Option<u64>,
    result: Option<&'static str>,
    wins: u64,
    supporters: Vec<SupporterView<'a>>,
}

#[derive(Serialize)]
struct SupporterView<'a> {
    id: Option<Id<crate::ids::UserId>>,
    nickname: &'a str,
    points: u64,
}

impl<'a> Side<'a> {
    pub(super) fn list(sides: &'a [BattleSide]) -> Vec<Self> {
        sides.iter().map(Self::new).collect()
    }

    fn new(side: &'a BattleSide) -> Self {
        let supporter = |supporter: &'a crate::events::Supporter| SupporterView {
            id: id(supporter.id),
            nickname: supporter.nickname.original(),
            points: supporter.points,
        };
        Self {
            team: id(side.team),
            hosts: side.hosts.iter().map(HostView::new).collect(),
            points: side.points,
            result: side.result.map(<&str>::from as fn(BattleResult) -> &'static str),
            wins: side.wins,
            supporters: side.supporters.iter().map(supporter).collect(),
        }
    }
}

/// The gift behind a change of points.
#[derive(Serialize)]
pub(super) struct CauseView {
    user_id: Id<crate::ids::UserId>,
    gift_id: Id<crate::ids::GiftId>,
    count: u64,
    diamonds: u64,
}

impl CauseView {
    pub(super) fn new(cause: &Cause) -> Self {
        Self { user_id: Id(cause.from), gift_id: Id(cause.gift), count: cause.count, diamonds: cause.diamonds }
    }
}
