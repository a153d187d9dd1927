//! Polls and goals.

use std::sync::Arc;

use super::people::{is_somebody, nested, viewer};
use super::{Catalogue, Common, Context, DecodeError, EventKind, Fields};
use crate::clock::Timestamp;
use crate::events::{Contribution, Goal, GoalPart, Poll, PollOption, PollStage};
use crate::ids::{GiftId, GoalId, PollId, UserId};
use crate::text::Text;

/// Most options, parts and contributors kept; the app knows a handful of each.
const MAX_ROWS: usize = 16;
/// A part of a goal that counts a gift, whose id it has.
const GIFT: u32 = 1;
/// A part of a goal that counts subscriptions.
const SUBSCRIPTIONS: u32 = 2;

pub(super) fn poll<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let mut poll = Poll {
        id: None,
        stage: PollStage::Started,
        title: Text::default(),
        options: Vec::new(),
        starts_at: None,
        ends_at: None,
        by: None,
    };
    let mut other_title = Text::default();
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            2 => poll.stage = stage(field.small()?),
            3 => poll.id = PollId::from_wire(field.int()?),
            4 => start(field.message()?, &mut poll)?,
            // The end and the votes have the same shape where we look.
            5 | 6 => votes(field.message()?, &mut poll)?,
            8 => other_title = Text::from_bytes(nested(field.message()?, 3)?),
            _ => {}
        }
    }
    if poll.title.is_empty() {
        poll.title = other_title;
    }
    poll.options.sort_by_key(|option| option.index);
    Ok(EventKind::Poll(Box::new(poll)))
}

fn stage(number: i32) -> PollStage {
    match number {
        1 => PollStage::Ended,
        2 => PollStage::Votes,
        _ => PollStage::Started,
    }
}

fn start(fields: Fields<'_>, poll: &mut Poll) -> Result<(), DecodeError> {
    for field in fields {
        let field = field?;
        match field.number {
            1 => poll.starts_at = Timestamp::from_wire(field.int()?),
            2 => poll.ends_at = Timestamp::from_wire(field.int()?),
            3 if poll.options.len() < MAX_ROWS => poll.options.push(option(field.message()?)?),
            4 => poll.title = field.text()?,
            5 => poll.by = Some(viewer(field.message()?)?).filter(is_somebody).map(Arc::new),
            _ => {}
        }
    }
    Ok(())
}

fn votes(fields: Fields<'_>, poll: &mut Poll) -> Result<(), DecodeError> {
    for field in fields {
        let field = field?;
        match field.number {
            2 if poll.options.len() < MAX_ROWS => poll.options.push(option(field.message()?)?),
            3 => poll.by = Some(viewer(field.message()?)?).filter(is_somebody).map(Arc::new),
            _ => {}
        }
    }
    Ok(())
}

fn option(fields: Fields<'_>) -> Result<PollOption, DecodeError> {
    let mut option = PollOption { index: 0, text: Text::default(), votes: 0 };
    for field in fields {
        let field = field?;
        match field.number {
            1 => option.votes = field.count()?,
            2 => option.text = field.text()?,
            3 => option.index = u32::try_from(field.int()?).unwrap_or(0),
            _ => {}
        }
    }
    Ok(option)
}

pub(super) fn goal<'a>(context: &mut Context<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
    let (mut goal, mut given) = (Goal::default(), Contribution::default());
    for field in message {
        let field = field?;
        match field.number {
            1 => context.common = Common::read(field.message()?)?,
            3 => facts(field.message()?, &mut goal, context.catalogue)?,
            4 => given.id = UserId::from_wire(field.int()?),
            6 => given.unique_id = field.text()?,
            9 => given.count = field.count()?,
            10 => given.coins = field.count()?,
            _ => {}
        }
    }
    if goal.parts.iter().all(|part| part.kind == SUBSCRIPTIONS) {
        // Their score is the time of the subscription.
        goal.top.iter_mut().for_each(|row| row.coins = 0);
    }
    goal.given = Some(given).filter(|given| *given != Contribution::default());
    Ok(EventKind::Goal(Box::new(goal)))
}

fn facts(fields: Fields<'_>, goal: &mut Goal, catalogue: &Catalogue) -> Result<(), DecodeError> {
    for field in fields {
        let field = field?;
        match field.number {
            1 => goal.id = GoalId::from_wire(field.int()?),
            4 if goal.parts.len() < MAX_ROWS => goal.parts.push(part(field.message()?, catalogue)?),
            5 => goal.text = field.text()?,
            8 => goal.starts_at = Timestamp::from_wire(field.int()?),
            9 => goal.ends_at = Timestamp::from_wire(field.int()?),
            10 => goal.reached_at = Timestamp::from_wire(field.int()?),
            11 if goal.top.len() < MAX_ROWS => goal.top.push(contributor(field.message()?)?),
            _ => {}
        }
    }
    Ok(())
}

fn part(fields: Fields<'_>, catalogue: &Catalogue) -> Result<GoalPart, DecodeError> {
    let (mut part, mut id) = (GoalPart::default(), None);
    for field in fields {
        let field = field?;
        match field.number {
            1 => part.kind = u32::try_from(field.int()?).unwrap_or(0),
            2 => id = GiftId::from_wire(field.int()?),
            3 => part.progress = field.count()?,
            4 => part.target = field.count()?,
            5 => part.name = Text::from_bytes(nested(field.message()?, 1)?),
            _ => {}
        }
    }
    part.gift = id.filter(|_| part.kind == GIFT);
    if let (true, Some(known)) = (part.name.is_empty(), part.gift.and_then(|id| catalogue.get(id))) {
        part.name = known.name.clone();
    }
    Ok(part)
}

fn contributor(fields: Fields<'_>) -> Result<Contribution, DecodeError> {
    let mut row = Contribution::default();
    for field in fields {
        let field = field?;
        match field.number {
            1 => row.id = UserId::from_wire(field.int()?),
            3 => row.unique_id = field.text()?,
            4 => row.coins = field.count()?,
            _ => {}
        }
    }
    Ok(row)
}
