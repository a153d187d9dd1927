//! What the host asks the crowd for: votes and goals.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Viewer;
use crate::clock::Timestamp;
use crate::ids::{GiftId, GoalId, PollId, UserId};
use crate::text::Text;

/// A poll begins, gets votes or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
