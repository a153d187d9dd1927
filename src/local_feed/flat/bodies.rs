//! Own fields of each kind of flat frame.

use serde::Serialize;

use super::person::{AsText, Basics, Streamer, user_id};
use super::{FlatContext, Limits};
use crate::clock::Moment;
use crate::events::{
    BattleSide, Chat, Emote, EmoteChat, Envelope, EventKind, Intro, Like, Question, RoomEvent, Subscribe, Supporter,
    TopViewer, Viewers,
};
use crate::room::{BattlePhase, GiftTotal};

/// Type of a gift that is given in streaks, and of one that comes once where its own is not known.
const STREAK: u32 = 1;
const SINGLE: u32 = 2;

#[derive(Serialize)]
pub(super) struct ChatBody<'a> {
    comment: &'a str,
    emotes: Vec<EmoteInComment<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EmoteInComment<'a> {
    emote_id: &'a str,
    emote_image_url: &'a str,
    place_in_comment: u32,
}

impl<'a> ChatBody<'a> {
    pub(super) fn new(limits: Limits, chat: &'a Chat) -> Self {
        let emote = |emote: &'a Emote| EmoteInComment {
            emote_id: limits.text(emote.id.original()),
            emote_image_url: limits.address(emote.picture.as_deref()).unwrap_or_default(),
            place_in_comment: emote.index,
        };
        Self {
            comment: limits.text(chat.text.original()),
            emotes: chat.emotes.iter().take(limits.list).map(emote).collect(),
        }
    }
}

/// A sticker; of a message with several, the first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmoteBody<'a> {
    emote_id: &'a str,
    emote_image_url: &'a str,
}

impl<'a> EmoteBody<'a> {
    pub(super) fn new(limits: Limits, chat: &'a EmoteChat) -> Self {
        let first = chat.emotes.first();
        Self {
            emote_id: first.map_or("", |emote| limits.text(emote.id.original())),
            emote_image_url: first.and_then(|emote| limits.address(emote.picture.as_deref())).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LikeBody {
    like_count: u64,
    total_like_count: u64,
}

impl LikeBody {
    /// `total` is the room's: the messages' own alternates between two counters.
    pub(super) fn new(like: &Like, total: u64) -> Self {
        Self { like_count: like.count, total_like_count: total }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberBody {
    action_id: u32,
}

impl MemberBody {
    pub(super) fn entered() -> Self {
        Self { action_id: 1 }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscribeBody {
    sub_month: u64,
    old_subscribe_status: u32,
    subscribing_status: u32,
}

impl SubscribeBody {
    pub(super) fn new(subscribe: &Subscribe) -> Self {
        // 1 a subscriber, 0 none.
        let before = u32::from(subscribe.months > 1);
        Self { sub_month: subscribe.months, old_subscribe_status: before, subscribing_status: 1 }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoomUserBody<'a> {
    viewer_count: u64,
    top_gifter_rank: u32,
    top_viewers: Vec<TopViewerBody<'a>>,
    #[serde(flatten)]
    streamer: Streamer<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TopViewerBody<'a> {
    coin_count: u64,
    user: Basics<'a>,
}

impl<'a> RoomUserBody<'a> {
    pub(super) fn new(limits: Limits, context: &FlatContext<'a>, viewers: &'a Viewers) -> Self {
        let row = |top: &'a TopViewer| TopViewerBody { coin_count: top.score, user: Basics::new(limits, &top.viewer) };
        Self {
            viewer_count: viewers.watching,
            top_gifter_rank: 0,
            top_viewers: viewers.top.iter().take(limits.list).map(row).collect(),
            streamer: Streamer::new(context),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuestionBody<'a> {
    question_text: &'a str,
}

impl<'a> QuestionBody<'a> {
    pub(super) fn new(limits: Limits, question: &'a Question) -> Self {
        Self { question_text: limits.text(question.text.original()) }
    }
}

#[derive(Serialize)]
pub(super) struct IntroBody<'a> {
    id: AsText<u64>,
    description: &'a str,
}

impl<'a> IntroBody<'a> {
    pub(super) fn new(limits: Limits, context: &FlatContext<'_>, intro: &'a Intro) -> Self {
        let id = context.room.room_id.map_or(0, |room| room.0);
        Self { id: AsText(id), description: limits.text(intro.text.original()) }
    }
}

/// A treasure chest. Its time is in seconds, unlike all others.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvelopeBody {
    coins: u64,
    can_open: u64,
    timestamp: i64,
}

impl EnvelopeBody {
    pub(super) fn new(event: &RoomEvent, envelope: &Envelope) -> Self {
        let time = envelope.opens_at.or(event.server_at).unwrap_or(event.at.wall);
        Self { coins: envelope.coins, can_open: envelope.winners, timestamp: time.0.div_euclid(1_000) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GiftBody<'a> {
    gift_id: u64,
    gift_name: &'a str,
    gift_picture_url: &'a str,
    gift_type: u32,
    diamond_count: u64,
    repeat_count: u64,
    repeat_end: bool,
    group_id: AsText<u64>,
    describe: &'a str,
    original_name: &'a str,
    original_describe: &'a str,
    receiver_user_id: AsText<u64>,
    timestamp: i64,
    gift: InnerGift,
}

/// The same once more, as the service names it.
#[derive(Serialize)]
struct InnerGift {
    gift_id: u64,
    repeat_count: u64,
    repeat_end: u8,
    gift_type: u32,
}

impl<'a> GiftBody<'a> {
    pub(super) fn new(
        limits: Limits,
        context: &FlatContext<'_>,
        total: &'a GiftTotal,
        event: Option<&RoomEvent>,
        at: Moment,
    ) -> Self {
        let facts = &*total.gift;
        let gift_type = match (total.runs, facts.kind) {
            (true, _) => STREAK,
            (false, 0 | STREAK) => SINGLE,
            (false, kind) => kind,
        };
        let receiver = total.to.as_ref().map(|to| to.id).or(context.room.host.id);
        let (name, describe) = (limits.text(facts.name.original()), limits.text(facts.describe.original()));
        Self {
            gift_id: facts.id.0,
            gift_name: name,
            gift_picture_url: limits.address(facts.picture.as_deref()).unwrap_or_default(),
            gift_type,
            diamond_count: facts.diamonds.unwrap_or(0),
            repeat_count: total.units,
            repeat_end: total.ends,
            group_id: AsText(total.group),
            describe,
            original_name: name,
            original_describe: describe,
            receiver_user_id: user_id(receiver),
            timestamp: event.and_then(|event| event.server_at).unwrap_or(at.wall).0,
            gift: InnerGift {
                gift_id: facts.id.0,
                repeat_count: total.units,
                repeat_end: u8::from(total.ends),
                gift_type,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BattleBody<'a> {
    battle_users: Vec<BattleUser<'a>>,
    #[serde(flatten)]
    streamer: Streamer<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BattleUser<'a> {
    user_id: AsText<u64>,
    unique_id: &'a str,
    nickname: &'a str,
    profile_picture_url: Option<&'a str>,
}

impl<'a> BattleBody<'a> {
    /// Nothing where the message names nobody.
    pub(super) fn new(limits: Limits, context: &FlatContext<'a>, event: &'a RoomEvent) -> Option<Self> {
        let EventKind::Battle(battle) = &event.kind else { return None };
        let hosts = battle.sides.iter().flat_map(|side| &side.hosts).take(limits.list);
        let users: Vec<_> = hosts
            .map(|host| BattleUser {
                user_id: user_id(host.id),
                unique_id: limits.text(host.unique_id.original()),
                nickname: limits.text(host.nickname.original()),
                profile_picture_url: None,
            })
            .collect();
        (!users.is_empty()).then(|| Self { battle_users: users, streamer: Streamer::new(context) })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArmiesBody<'a> {
    battle_status: u32,
    battle_armies: Vec<ArmyBody<'a>>,
    #[serde(flatten)]
    streamer: Streamer<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArmyBody<'a> {
    host_user_id: AsText<u64>,
    points: u64,
    participants: Vec<BattleUser<'a>>,
}

impl<'a> ArmiesBody<'a> {
    pub(super) fn new(limits: Limits, context: &FlatContext<'a>, event: &'a RoomEvent) -> Option<Self> {
        const RUNNING: u32 = 1;
        const OVER: u32 = 2;
        let EventKind::BattlePoints(points) = &event.kind else { return None };
        let over =
            points.over || context.room.battle.as_ref().is_some_and(|battle| battle.phase != BattlePhase::Running);
        let army = |side: &'a BattleSide| ArmyBody {
            host_user_id: user_id(side.hosts.first().and_then(|host| host.id)),
            points: side.points.unwrap_or(0),
            participants: side.supporters.iter().take(limits.list).map(|one| supporter(limits, one)).collect(),
        };
        Some(Self {
            battle_status: if over { OVER } else { RUNNING },
            battle_armies: points.sides.iter().take(limits.list).map(army).collect(),
            streamer: Streamer::new(context),
        })
    }
}

fn supporter(limits: Limits, supporter: &Supporter) -> BattleUser<'_> {
    BattleUser {
        user_id: user_id(supporter.id),
        unique_id: "",
        nickname: limits.text(supporter.nickname.original()),
        profile_picture_url: None,
    }
}

#[derive(Serialize)]
pub(super) struct StreamEndBody {
    pub(super) action: u32,
}
