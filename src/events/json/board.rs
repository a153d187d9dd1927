//! What lines carry about the things a host puts up: polls, goals, captions, pins, questions.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::views::{Id, id, time};
use super::world;
use crate::events::{Caption, Contribution, EventKind, Goal, Pin, Poll, QuestionUpdate};
use crate::ids::{GiftId, UserId};

/// Writes the fields of one type.
pub(super) fn write<M: SerializeMap>(map: &mut M, kind: &EventKind) -> Result<(), M::Error> {
    match kind {
        EventKind::Caption(caption) => write_caption(map, caption),
        EventKind::Poll(poll) => write_poll(map, poll),
        EventKind::Goal(goal) => write_goal(map, goal),
        EventKind::Pin(pin) => write_pin(map, pin),
        EventKind::QuestionUpdate(update) => write_question(map, update),
        kind => world::write(map, kind),
    }
}

fn write_caption<M: SerializeMap>(map: &mut M, caption: &Caption) -> Result<(), M::Error> {
    #[derive(Serialize)]
    struct Text<'a> {
        language: &'a str,
        text: &'a str,
    }
    let text = caption.texts.first().map(|text| text.text.original());
    let texts = caption.texts.iter().map(|text| Text { language: &text.language, text: text.text.original() });
    map.serialize_entry("text", text.unwrap_or_default())?;
    map.serialize_entry("texts", &texts.collect::<Vec<_>>())?;
    map.serialize_entry("spoken_at", &time(caption.spoken_at))?;
    map.serialize_entry("milliseconds", &caption.lasts_ms)?;
    map.serialize_entry("sentence", &id(Some(caption.sentence).filter(|&sentence| sentence != 0)))?;
    map.serialize_entry("definite", &caption.definite)
}

fn write_poll<M: SerializeMap>(map: &mut M, poll: &Poll) -> Result<(), M::Error> {
    #[derive(Serialize)]
    struct Choice<'a> {
        index: u32,
        text: &'a str,
        votes: u64,
    }
    let options = poll.options.iter().map(|option| Choice {
        index: option.index,
        text: option.text.original(),
        votes: option.votes,
    });
    map.serialize_entry("poll_id", &id(poll.id))?;
    map.serialize_entry("action", <&str>::from(poll.stage))?;
    map.serialize_entry("title", poll.title.original())?;
    map.serialize_entry("options", &options.collect::<Vec<_>>())?;
    map.serialize_entry("starts_at", &time(poll.starts_at))?;
    map.serialize_entry("ends_at", &time(poll.ends_at))
}

/// What somebody gave for a goal.
#[derive(Serialize)]
struct Given<'a> {
    id: Option<Id<UserId>>,
    unique_id: &'a str,
    count: u64,
    coins: u64,
}

impl<'a> Given<'a> {
    fn new(given: &'a Contribution) -> Self {
        Self { id: id(given.id), unique_id: given.unique_id.original(), count: given.count, coins: given.coins }
    }
}

fn write_goal<M: SerializeMap>(map: &mut M, goal: &Goal) -> Result<(), M::Error> {
    #[derive(Serialize)]
    struct Part<'a> {
        kind: u32,
        gift_id: Option<Id<GiftId>>,
        name: &'a str,
        progress: u64,
        target: u64,
    }
    let parts = goal.parts.iter().map(|part| Part {
        kind: part.kind,
        gift_id: id(part.gift),
        name: part.name.original(),
        progress: part.progress,
        target: part.target,
    });
    map.serialize_entry("goal_id", &id(goal.id))?;
    map.serialize_entry("text", goal.text.original())?;
    map.serialize_entry("parts", &parts.collect::<Vec<_>>())?;
    map.serialize_entry("starts_at", &time(goal.starts_at))?;
    map.serialize_entry("ends_at", &time(goal.ends_at))?;
    map.serialize_entry("reached_at", &time(goal.reached_at))?;
    map.serialize_entry("given", &goal.given.as_ref().map(Given::new))?;
    map.serialize_entry("top", &goal.top.iter().map(Given::new).collect::<Vec<_>>())
}

fn write_pin<M: SerializeMap>(map: &mut M, pin: &Pin) -> Result<(), M::Error> {
    map.serialize_entry("pin_id", &id(pin.id))?;
    map.serialize_entry("action", if pin.pinned { "pinned" } else { "unpinned" })?;
    map.serialize_entry("message_id", &id(pin.message))?;
    map.serialize_entry("what", <&str>::from(pin.what))?;
    map.serialize_entry("text", pin.text.original())?;
    map.serialize_entry("pinned_at", &time(pin.pinned_at))?;
    map.serialize_entry("seconds", &pin.seconds)?;
    map.serialize_entry("by", &id(pin.by))
}

fn write_question<M: SerializeMap>(map: &mut M, update: &QuestionUpdate) -> Result<(), M::Error> {
    map.serialize_entry("question_id", &Some(&update.id).filter(|id| !id.is_empty()))?;
    map.serialize_entry("action", <&str>::from(update.change))?;
    map.serialize_entry("text", update.text.original())?;
    map.serialize_entry("by", &id(update.by))
}
