//! Flat frames: events in the shape that overlays and bots read from the desktop program TikFinity on port 21213.
//!
//! `{"event":…,"data":{…}}`, everything flat in `data`. Types are strict: ids and times of messages are texts, counts are
//! numbers, flags are flags (docs/feed.md lists them). Each streak has exactly one closing frame; backlog is left out, but for
//! gifts that count because we missed them. A frame is shorter than 64 KiB whatever names and lists come.

mod bodies;
mod person;

use serde::Serialize;

use self::bodies::{
    ArmiesBody, BattleBody, ChatBody, EmoteBody, EnvelopeBody, GiftBody, IntroBody, LikeBody, MemberBody, QuestionBody,
    RoomUserBody, StreamEndBody, SubscribeBody,
};
use self::person::{FlatPerson, Head};
use super::frame::{FeedFrame, FrameClass};
use crate::clock::Moment;
use crate::events::{ControlAction, EventKind, RoomEvent, Viewer};
use crate::room::{GiftTotal, Room};

/// Bytes of a frame at most; readers take less than 64 KiB.
const MAX_FRAME: usize = 65_000;
/// What ended a live: its host.
pub(super) const ENDED: u32 = 3;
/// What ended a live: TikTok.
const SUSPENDED: u32 = 4;
/// How much of texts and lists is kept: each try is shorter than the one before.
const LIMITS: [Limits; 3] =
    [Limits { text: 2_048, list: 64 }, Limits { text: 256, list: 20 }, Limits { text: 48, list: 8 }];

/// How much of texts and lists is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of a text.
    text: usize,
    /// Entries of a list.
    list: usize,
}

impl Limits {
    /// The text, shortened at the end of a character.
    fn text<'t>(&self, text: &'t str) -> &'t str {
        let end = (0..=self.text.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
        text.get(..end.unwrap_or(0)).unwrap_or_default()
    }

    /// An address is whole or nothing.
    fn address<'t>(&self, address: Option<&'t str>) -> Option<&'t str> {
        address.filter(|address| address.len() <= self.text.max(512))
    }
}

/// What every frame of a room says of it, and where its own message ids begin.
#[derive(Debug)]
pub(super) struct FlatContext<'a> {
    /// The room, with the event applied.
    pub(super) room: &'a Room,
    /// The host's handle: readers know the streamer by it.
    pub(super) host: &'a str,
    /// A number that no frame of ours had before.
    pub(super) serial: u64,
}

#[derive(Serialize)]
struct Shape<D> {
    event: &'static str,
    data: D,
}

/// The frame of an event that is no gift; nothing where the shape has none for it.
#[allow(clippy::too_many_lines, reason = "a table: one arm a kind")]
pub(super) fn frame(context: &FlatContext<'_>, event: &RoomEvent) -> Option<FeedFrame> {
    use FrameClass::{Like, Ordinary, Passing};
    if event.history {
        return None;
    }
    let nobody = Viewer::default();
    let head = |display| Head::new(context, event, display);
    match &event.kind {
        EventKind::Chat(chat) => {
            encode("chat", Ordinary, |limits| Some((ChatBody::new(limits, chat), Some((&*chat.from, head(None))))))
        }
        EventKind::Emote(emote) => {
            encode("emote", Ordinary, |limits| Some((EmoteBody::new(limits, emote), Some((&*emote.from, head(None))))))
        }
        EventKind::Like(like) => {
            let from = like.from.as_deref().unwrap_or(&nobody);
            let display = Some(("pm_mt_msg_viewer", "{0:user} liked the LIVE"));
            encode("like", Like, |_| {
                Some((LikeBody::new(like, context.room.stats.likes.unwrap_or(0)), Some((from, head(display)))))
            })
        }
        EventKind::Join(join) => {
            let display = Some(("live_room_enter_toast", "{0:user} joined"));
            encode("member", Passing, |_| Some((MemberBody::entered(), Some((&*join.from, head(display))))))
        }
        EventKind::Follow(follow) => {
            let display = Some(("pm_main_follow_message_viewer_2", "{0:user} followed the LIVE creator"));
            encode("follow", Ordinary, |_| Some(((), Some((&*follow.from, head(display))))))
        }
        EventKind::Share(share) => {
            let display = Some(("pm_mt_guidance_share", "{0:user} shared the LIVE"));
            encode("share", Ordinary, |_| Some(((), Some((&*share.from, head(display))))))
        }
        EventKind::Subscribe(subscribe) => {
            let display = Some(("pm_mt_subinfo_user", "{0:user} subscribed"));
            encode("subscribe", Ordinary, |_| {
                Some((SubscribeBody::new(subscribe), Some((&*subscribe.from, head(display)))))
            })
        }
        EventKind::Viewers(viewers) => encode("roomUser", Passing, |limits| {
            Some((RoomUserBody::new(limits, context, viewers), None::<(&Viewer, Head<'_>)>))
        }),
        EventKind::Question(question) => encode("questionNew", Ordinary, |limits| {
            Some((QuestionBody::new(limits, question), Some((&*question.from, head(None)))))
        }),
        EventKind::Intro(intro) => encode("liveIntro", Ordinary, |limits| {
            Some((IntroBody::new(limits, context, intro), Some((&*intro.from, head(None)))))
        }),
        EventKind::Envelope(envelope) if envelope.shown => {
            let from = Viewer { id: envelope.from_id, nickname: envelope.from.clone(), ..Viewer::default() };
            encode("envelope", Ordinary, |_| Some((EnvelopeBody::new(event, envelope), Some((&from, head(None))))))
        }
        EventKind::Battle(_) => encode("linkMicBattle", Ordinary, |limits| {
            Some((BattleBody::new(limits, context, event)?, None::<(&Viewer, Head<'_>)>))
        }),
        EventKind::BattlePoints(_) => encode("linkMicArmies", Passing, |limits| {
            Some((ArmiesBody::new(limits, context, event)?, None::<(&Viewer, Head<'_>)>))
        }),
        EventKind::Control(control) if matches!(control.action, ControlAction::Ended | ControlAction::Suspended) => {
            Some(end_frame(if control.action == ControlAction::Ended { ENDED } else { SUSPENDED }))
        }
        // The shape has none for these, and gifts have frames of their own.
        EventKind::Control(_)
        | EventKind::Envelope(_)
        | EventKind::Gift(_)
        | EventKind::Notice(_)
        | EventKind::Delete(_)
        | EventKind::Barrage(_)
        | EventKind::Caption(_)
        | EventKind::Poll(_)
        | EventKind::Goal(_)
        | EventKind::Pin(_)
        | EventKind::QuestionUpdate(_)
        | EventKind::Rank(_)
        | EventKind::Link(_)
        | EventKind::GuestTickets(_)
        | EventKind::BattleItem(_)
        | EventKind::BattleTask(_)
        | EventKind::Shop(_)
        | EventKind::Moderation(_)
        | EventKind::Banner(_)
        | EventKind::Announcement(_)
        | EventKind::Minor(_)
        | EventKind::Unknown(_)
        | EventKind::State(_)
        | EventKind::Gap(_)
        | EventKind::Live(_)
        | EventKind::Info(_)
        | EventKind::StreakClosed(_) => None,
    }
}

/// The frame that ends a live.
pub(super) fn end_frame(action: u32) -> FeedFrame {
    let body = Shape { event: "streamEnd", data: StreamEndBody { action } };
    FeedFrame::new("streamEnd", FrameClass::Dear, &crate::events::json::serializer::to_string(&body))
}

/// The frame of a gift: a step of a streak, its end, or one that comes once. `event` is the message behind it, where there is
/// one.
pub(super) fn gift_frame(
    context: &FlatContext<'_>,
    total: &GiftTotal,
    event: Option<&RoomEvent>,
    at: Moment,
) -> FeedFrame {
    let class = if total.is_final() { FrameClass::Dear } else { FrameClass::Passing };
    let display = Some(("webcast_aweme_gift_send_message", "{0:user} sent {1:gift}"));
    let head = || match event {
        Some(event) => Head::new(context, event, display),
        None => Head::ours(context, at, display),
    };
    let encoded = encode("gift", class, |limits| {
        let body = GiftBody::new(limits, context, total, event, at);
        Some((body, Some((&*total.from, head()))))
    });
    let mut frame = encoded.unwrap_or_else(|| FeedFrame::new("gift", class, ""));
    (frame.gifts, frame.coins) = (total.added, total.gift.diamonds.unwrap_or(0).saturating_mul(total.added));
    frame
}

/// What stands in `data`: the event's own fields, and the person's where it has one.
#[derive(Serialize)]
struct Data<'a, B> {
    #[serde(flatten)]
    body: B,
    #[serde(flatten)]
    person: Option<FlatPerson<'a>>,
    #[serde(flatten)]
    head: Option<Head<'a>>,
}

/// The shortest way of saying it that is short enough.
fn encode<'a, B: Serialize>(
    event: &'static str,
    class: FrameClass,
    body: impl Fn(Limits) -> Option<(B, Option<(&'a Viewer, Head<'a>)>)>,
) -> Option<FeedFrame> {
    let mut text = String::new();
    for limits in LIMITS {
        let (body, about) = body(limits)?;
        let (person, head) = about.map(|(viewer, head)| (FlatPerson::new(limits, viewer), head)).unzip();
        text = crate::events::json::serializer::to_string(&Shape { event, data: Data { body, person, head } });
        if text.len() <= MAX_FRAME {
            return Some(FeedFrame::new(event, class, &text));
        }
    }
    tracing::debug!("a frame of the feed has {} bytes and is left out: {event}", text.len());
    None
}
