//! What each type of line carries behind the common head.

use serde::ser::SerializeMap;

use super::views::{CauseView, EmoteView, GiftView, HostView, Id, Side, Times, To, Top, User, id, time};
use super::{JsonTally, board};
use crate::events::{
    BattleEvent, BattlePoints, ControlAction, Envelope, EventKind, Gap, Gift, GiftFacts, GiftTo, Info, Phase, Viewer,
};
use crate::text::Text;

/// The person a line is about.
pub(super) fn user(kind: &EventKind) -> Option<&Viewer> {
    Some(match kind {
        EventKind::Chat(event) => &event.from,
        EventKind::Emote(event) => &event.from,
        EventKind::Gift(event) => &event.from,
        EventKind::Like(event) => event.from.as_ref()?,
        EventKind::Join(event) => &event.from,
        EventKind::Follow(event) => &event.from,
        EventKind::Share(event) => &event.from,
        EventKind::Question(event) => &event.from,
        EventKind::Intro(event) => &event.from,
        EventKind::Subscribe(event) => &event.from,
        EventKind::Barrage(event) => event.from.as_ref()?,
        EventKind::StreakClosed(event) => &event.from,
        EventKind::Poll(event) => event.by.as_ref()?,
        EventKind::Pin(event) => event.from.as_ref()?,
        EventKind::QuestionUpdate(event) => event.from.as_ref()?,
        EventKind::Rank(event) => event.from.as_ref()?,
        EventKind::Announcement(event) => event.from.as_ref()?,
        EventKind::Link(_)
        | EventKind::GuestTickets(_)
        | EventKind::BattleItem(_)
        | EventKind::BattleTask(_)
        | EventKind::Shop(_)
        | EventKind::Moderation(_)
        | EventKind::Banner(_)
        | EventKind::Minor(_)
        | EventKind::Caption(_)
        | EventKind::Goal(_)
        | EventKind::Viewers(_)
        | EventKind::Control(_)
        | EventKind::Battle(_)
        | EventKind::BattlePoints(_)
        | EventKind::Notice(_)
        | EventKind::Delete(_)
        | EventKind::Envelope(_)
        | EventKind::Unknown(_)
        | EventKind::State(_)
        | EventKind::Gap(_)
        | EventKind::Live(_)
        | EventKind::Info(_) => return None,
    })
}

/// Writes the fields of one type.
pub(super) fn write<M: SerializeMap>(
    map: &mut M,
    kind: &EventKind,
    tally: Option<JsonTally<'_>>,
) -> Result<(), M::Error> {
    match kind {
        EventKind::Chat(chat) => {
            map.serialize_entry("text", chat.text.original())?;
            map.serialize_entry("emotes", &EmoteView::list(&chat.emotes))?;
            map.serialize_entry("to", &chat.to.as_deref().map(User::new))?;
            map.serialize_entry("language", &chat.language)
        }
        EventKind::Emote(chat) => map.serialize_entry("emotes", &EmoteView::list(&chat.emotes)),
        EventKind::Gift(gift) => {
            let tally = tally.unwrap_or_else(|| uncounted(gift));
            write_gift(map, &gift.gift, gift.to.as_ref(), gift.group, tally)
        }
        EventKind::StreakClosed(closed) => {
            let tally = JsonTally { added: 0, diamonds: Some(0), count: closed.count, streak: "closed" };
            write_gift(map, &closed.gift, closed.to.as_ref(), closed.group, tally)
        }
        EventKind::Like(like) => {
            map.serialize_entry("count", &like.count)?;
            map.serialize_entry("total", &like.total)
        }
        EventKind::Join(join) => {
            map.serialize_entry("watching", &join.watching)?;
            map.serialize_entry("source", join.source.original())
        }
        EventKind::Follow(follow) => map.serialize_entry("followers", &follow.followers),
        EventKind::Share(share) => {
            map.serialize_entry("shares", &share.shares)?;
            map.serialize_entry("friends", &share.friends)
        }
        EventKind::Viewers(viewers) => {
            map.serialize_entry("watching", &viewers.watching)?;
            map.serialize_entry("total", &viewers.total)?;
            map.serialize_entry("anonymous", &viewers.anonymous)?;
            map.serialize_entry("top", &viewers.top.iter().map(Top::new).collect::<Vec<_>>())
        }
        EventKind::Question(question) => {
            map.serialize_entry("question_id", &question.id)?;
            map.serialize_entry("text", question.text.original())?;
            map.serialize_entry("asked_at", &time(question.asked_at))
        }
        EventKind::Intro(intro) => map.serialize_entry("text", intro.text.original()),
        EventKind::Subscribe(subscribe) => {
            map.serialize_entry("months", &subscribe.months)?;
            map.serialize_entry("gifted", &subscribe.gifted)
        }
        EventKind::Battle(battle) => write_battle(map, battle),
        EventKind::BattlePoints(points) => write_points(map, points),
        _ => write_room(map, kind),
    }
}

/// The types that are about the room and not about a person.
fn write_room<M: SerializeMap>(map: &mut M, kind: &EventKind) -> Result<(), M::Error> {
    match kind {
        EventKind::Control(control) => {
            map.serialize_entry("action", <&str>::from(control.action))?;
            map.serialize_entry("code", &control_code(control.action))?;
            map.serialize_entry("source", control.source.original())?;
            map.serialize_entry("tips", control.tips.original())
        }
        EventKind::Notice(notice) => {
            map.serialize_entry("kind", <&str>::from(notice.kind))?;
            map.serialize_entry("text", notice.text.original())?;
            map.serialize_entry("scene", notice.scene.original())
        }
        EventKind::Delete(delete) => {
            map.serialize_entry("messages", &delete.messages.iter().map(Id).collect::<Vec<_>>())?;
            map.serialize_entry("users", &delete.users.iter().map(Id).collect::<Vec<_>>())
        }
        EventKind::Envelope(envelope) => write_envelope(map, envelope),
        EventKind::Barrage(barrage) => {
            map.serialize_entry("kind", <&str>::from(barrage.kind))?;
            map.serialize_entry("code", &barrage.code)?;
            map.serialize_entry("level", &barrage.level)?;
            map.serialize_entry("text", barrage.text.original())?;
            map.serialize_entry("scene", barrage.scene.original())
        }
        EventKind::Unknown(unknown) => {
            map.serialize_entry("method", unknown.method.original())?;
            map.serialize_entry("bytes", &unknown.bytes)?;
            map.serialize_entry("error", &unknown.error.as_ref().map(Text::original))
        }
        EventKind::State(phase) => write_phase(map, phase),
        EventKind::Gap(gap) => write_gap(map, gap),
        EventKind::Info(info) => write_info(map, info),
        kind => board::write(map, kind),
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
    map.serialize_entry("to", &to.map(To::new))?;
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

fn write_battle<M: SerializeMap>(map: &mut M, battle: &BattleEvent) -> Result<(), M::Error> {
    map.serialize_entry("battle_id", &id(battle.battle))?;
    map.serialize_entry("action", <&str>::from(battle.action))?;
    map.serialize_entry("kind", <&str>::from(battle.kind))?;
    map.serialize_entry("times", &Times::new(&battle.times))?;
    map.serialize_entry("sides", &Side::list(&battle.sides))
}

fn write_points<M: SerializeMap>(map: &mut M, points: &BattlePoints) -> Result<(), M::Error> {
    map.serialize_entry("battle_id", &id(points.battle))?;
    map.serialize_entry("kind", <&str>::from(points.kind))?;
    map.serialize_entry("times", &Times::new(&points.times))?;
    map.serialize_entry("sides", &Side::list(&points.sides))?;
    map.serialize_entry("cause", &points.cause.as_ref().map(CauseView::new))?;
    map.serialize_entry("over", &points.over)
}

fn write_envelope<M: SerializeMap>(map: &mut M, envelope: &Envelope) -> Result<(), M::Error> {
    map.serialize_entry("envelope_id", &envelope.id)?;
    map.serialize_entry("shown", &envelope.shown)?;
    map.serialize_entry("business", &envelope.business)?;
    map.serialize_entry("from", envelope.from.original())?;
    map.serialize_entry("from_id", &id(envelope.from_id))?;
    map.serialize_entry("coins", &envelope.coins)?;
    map.serialize_entry("winners", &envelope.winners)?;
    map.serialize_entry("opens_at", &time(envelope.opens_at))?;
    map.serialize_entry("super_fan", &envelope.super_fan)
}

fn write_phase<M: SerializeMap>(map: &mut M, phase: &Phase) -> Result<(), M::Error> {
    map.serialize_entry("phase", <&str>::from(phase.kind))?;
    map.serialize_entry("reason", phase.reason.original())?;
    map.serialize_entry("transport", &phase.transport)?;
    map.serialize_entry("retry_at", &time(phase.retry_at.map(|retry_at| retry_at.wall)))
}

fn write_gap<M: SerializeMap>(map: &mut M, gap: &Gap) -> Result<(), M::Error> {
    map.serialize_entry("from", &gap.from.wall.rfc3339())?;
    map.serialize_entry("seconds", &seconds(gap.length))?;
    map.serialize_entry("reason", gap.reason.original())?;
    map.serialize_entry("lost", &())?;
    map.serialize_entry("gifts", &())?;
    map.serialize_entry("coins", &())
}

/// Seconds with milliseconds behind the point.
pub(super) fn seconds(length: std::time::Duration) -> f64 {
    length.as_millis() as f64 / 1_000.0
}

fn write_info<M: SerializeMap>(map: &mut M, info: &Info) -> Result<(), M::Error> {
    map.serialize_entry("host", &HostView::new(&info.host))?;
    map.serialize_entry("title", info.title.original())?;
    map.serialize_entry("watching", &info.watching)?;
    map.serialize_entry("total_viewers", &info.total_viewers)?;
    map.serialize_entry("likes", &info.likes)?;
    map.serialize_entry("followers", &info.followers)?;
    map.serialize_entry("started_at", &time(info.started_at))
}

fn control_code(action: ControlAction) -> i32 {
    match action {
        ControlAction::Paused => 1,
        ControlAction::Resumed => 2,
        ControlAction::Ended => 3,
        ControlAction::Suspended => 4,
        ControlAction::Other(code) => code,
    }
}
