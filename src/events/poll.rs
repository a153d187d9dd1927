//! Events of what the host asks the audience for: votes and goals.

use super::Catalogue;
use super::EventKind;
use super::Viewer;
use super::decode::Common;
use super::decode::DecodeContext;
use super::decode::EventBody;
use super::decode::people::is_somebody;
use super::decode::people::nested;
use super::decode::people::viewer;
use super::json::JsonTally;
use super::json::views::Id;
use super::json::views::id;
use super::json::views::time;
use crate::clock::Timestamp;
use crate::ids::GiftId;
use crate::ids::GoalId;
use crate::ids::PollId;
use crate::ids::UserId;
use crate::text::Text;
use crate::wire::DecodeError;
use crate::wire::Fields;
use serde::Deserialize;
use serde::Serialize;
use serde::ser::SerializeMap;
use std::sync::Arc;

/// A poll begins, gets votes or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Poll {
    /// Which.
    pub id: Option<PollId>,
    /// What happened to it.
    pub stage: PollStage,
    /// The question; often empty, the options say it all.
    pub title: Text,
    /// What can be voted for, with the votes so far.
    pub options: Vec<PollOption>,
    /// When it began; told at the start only.
    pub starts_at: Option<Timestamp>,
    /// When it ends; told at the start only.
    pub ends_at: Option<Timestamp>,
    /// Who started or ended it, where named.
    pub by: Option<Arc<Viewer>>,
}

/// What a poll message announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum PollStage {
    /// 0: it began.
    Started,
    /// 1: it is over.
    Ended,
    /// 2: votes came in.
    Votes,
}

/// One thing to vote for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PollOption {
    /// Its place, from 0.
    pub index: u32,
    /// Its words.
    pub text: Text,
    /// Votes so far.
    pub votes: u64,
}

/// Somebody brought a goal of the host nearer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Goal {
    /// Which.
    pub id: Option<GoalId>,
    /// The host's words for it.
    pub text: Text,
    /// What it takes.
    pub parts: Vec<GoalPart>,
    /// When it began.
    pub starts_at: Option<Timestamp>,
    /// When it lapses.
    pub ends_at: Option<Timestamp>,
    /// When it was reached.
    pub reached_at: Option<Timestamp>,
    /// Who gave now, how many and for how many coins.
    pub given: Option<Contribution>,
    /// Who gave most, as the service lists them; coins are 0 where the goal is one of subscriptions.
    pub top: Vec<Contribution>,
}

/// One thing a goal takes: so many of a gift, so many subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GoalPart {
    /// 1 a gift, 2 subscriptions; other numbers are not recorded.
    pub kind: u32,
    /// The gift.
    pub gift: Option<GiftId>,
    /// The gift's name; empty when unknown.
    pub name: Text,
    /// How far it is.
    pub progress: u64,
    /// How far it has to go.
    pub target: u64,
}

/// What somebody gave for a goal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Contribution {
    /// Who.
    pub id: Option<UserId>,
    /// Their handle.
    pub unique_id: Text,
    /// How many; 0 when not told.
    pub count: u64,
    /// Coins.
    pub coins: u64,
}

impl GoalPart {
    /// What it counts, in a word.
    pub fn label(&self) -> &str {
        match (self.name.as_str(), self.kind) {
            ("", 2) => "subscriptions",
            ("", _) => "gifts",
            (name, _) => name,
        }
    }

    /// Whether it is done.
    pub fn reached(&self) -> bool {
        self.target > 0 && self.progress >= self.target
    }
}

/// Most options, parts and contributors kept; the app knows a handful of each.
const MAX_ROWS: usize = 16;
/// A part of a goal that counts a gift, whose id it has.
const GIFT: u32 = 1;
/// A part of a goal that counts subscriptions.
const SUBSCRIPTIONS: u32 = 2;

pub(super) fn poll<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

pub(super) fn goal<'a>(context: &mut DecodeContext<'a>, message: Fields<'a>) -> Result<EventKind, DecodeError> {
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

impl EventBody for Poll {
    fn person(&self) -> Option<&Viewer> {
        self.by.as_deref()
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        #[derive(Serialize)]
        struct Choice<'a> {
            index: u32,
            text: &'a str,
            votes: u64,
        }
        let options = self.options.iter().map(|option| Choice {
            index: option.index,
            text: option.text.original(),
            votes: option.votes,
        });
        map.serialize_entry("poll_id", &id(self.id))?;
        map.serialize_entry("action", <&str>::from(self.stage))?;
        map.serialize_entry("title", self.title.original())?;
        map.serialize_entry("options", &options.collect::<Vec<_>>())?;
        map.serialize_entry("starts_at", &time(self.starts_at))?;
        map.serialize_entry("ends_at", &time(self.ends_at))
    }
}

/// What somebody gave for a goal.
#[derive(Serialize)]
struct GoalGiver<'a> {
    id: Option<Id<UserId>>,
    unique_id: &'a str,
    count: u64,
    coins: u64,
}

impl<'a> GoalGiver<'a> {
    fn new(given: &'a Contribution) -> Self {
        Self { id: id(given.id), unique_id: given.unique_id.original(), count: given.count, coins: given.coins }
    }
}

impl EventBody for Goal {
    fn person(&self) -> Option<&Viewer> {
        None
    }

    fn write_json<M: SerializeMap>(&self, map: &mut M, _: Option<JsonTally<'_>>) -> Result<(), M::Error> {
        #[derive(Serialize)]
        struct Part<'a> {
            kind: u32,
            gift_id: Option<Id<GiftId>>,
            name: &'a str,
            progress: u64,
            target: u64,
        }
        let parts = self.parts.iter().map(|part| Part {
            kind: part.kind,
            gift_id: id(part.gift),
            name: part.name.original(),
            progress: part.progress,
            target: part.target,
        });
        map.serialize_entry("goal_id", &id(self.id))?;
        map.serialize_entry("text", self.text.original())?;
        map.serialize_entry("parts", &parts.collect::<Vec<_>>())?;
        map.serialize_entry("starts_at", &time(self.starts_at))?;
        map.serialize_entry("ends_at", &time(self.ends_at))?;
        map.serialize_entry("reached_at", &time(self.reached_at))?;
        map.serialize_entry("given", &self.given.as_ref().map(GoalGiver::new))?;
        map.serialize_entry("top", &self.top.iter().map(GoalGiver::new).collect::<Vec<_>>())
    }
}
