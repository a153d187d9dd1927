//! Poll that runs and goals that stand.

use serde::{Deserialize, Serialize};

use crate::clock::{Moment, Timestamp};
use crate::events::{Goal, GoalPart, Poll, PollOption, PollStage};
use crate::ids::{GoalId, PollId};
use crate::room::chatlog::LogLine;
use crate::text::Text;

/// Goals kept; hosts have one or two.
const MAX_GOALS: usize = 8;
/// The end of a poll is told at once; when nobody tells it for this long, the message was lost.
const GRACE_MS: i64 = 5_000;

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PollState {
    /// Which.
    pub id: Option<PollId>,
    /// The question; often empty.
    pub title: Text,
    /// What can be voted for, with the votes so far.
    pub options: Vec<PollOption>,
    /// End by the server's clock; unknown for who came in late.
    pub ends_at: Option<Timestamp>,
    /// Whether it is over.
    pub over: bool,
    /// When we learned of it.
    pub since: Moment,
}

/// A goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GoalState {
    /// Which.
    pub id: Option<GoalId>,
    /// The host's words for it.
    pub text: Text,
    /// What it takes and how far that is.
    pub parts: Vec<GoalPart>,
    /// When it lapses, by the server's clock.
    pub ends_at: Option<Timestamp>,
    /// Whether all of it is done.
    pub reached: bool,
}

impl PollState {
    /// All votes.
    pub fn votes(&self) -> u64 {
        self.options.iter().fold(0, |sum, option| sum.saturating_add(option.votes))
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        self.over |= self.ends_at.is_some_and(|end| now.0.saturating_sub(end.0) > GRACE_MS);
    }

    /// Votes leave out words at times: what is known stays.
    fn count(&mut self, told: &[PollOption]) {
        if self.options.is_empty() {
            self.options = told.to_vec();
            return;
        }
        for option in told {
            if let Some(known) = self.options.iter_mut().find(|known| known.index == option.index) {
                known.votes = option.votes;
            }
        }
    }
}

/// Applies a poll message. Says what to log.
pub(super) fn poll(held: &mut Option<PollState>, told: &Poll, at: Moment) -> Option<LogLine> {
    let known = held.as_ref().is_some_and(|held| held.id == told.id);
    // The end of a poll we never saw is news all the same: it has the result.
    if !known {
        *held = None;
    }
    let poll = held.get_or_insert_with(|| PollState {
        id: told.id,
        title: told.title.clone(),
        options: Vec::new(),
        ends_at: None,
        over: false,
        since: at,
    });
    let was_over = poll.over;
    poll.ends_at = told.ends_at.or(poll.ends_at);
    poll.count(&told.options);
    poll.over |= told.stage == PollStage::Ended;
    let over = told.stage == PollStage::Ended;
    let is_news = if over { !was_over } else { !known };
    is_news.then(|| LogLine::Poll { over, title: poll.title.clone(), options: poll.options.clone() })
}

/// Applies a goal message. Says what to log: a goal that is new to us, and one that is reached.
pub(super) fn apply_goal(goals: &mut Vec<GoalState>, told: &Goal) -> Option<LogLine> {
    let reached = !told.parts.is_empty() && told.parts.iter().all(GoalPart::reached);
    let known = goals.iter_mut().find(|goal| goal.id == told.id);
    let was_reached = known.as_ref().map(|goal| goal.reached);
    if let Some(goal) = known {
        goal.parts.clone_from(&told.parts);
        goal.ends_at = told.ends_at.or(goal.ends_at);
        goal.reached = reached;
    } else {
        if goals.len() >= MAX_GOALS {
            goals.remove(0);
        }
        let parts = told.parts.clone();
        goals.push(GoalState { id: told.id, text: told.text.clone(), parts, ends_at: told.ends_at, reached });
    }
    if was_reached.is_some_and(|was_reached| was_reached || !reached) {
        return None;
    }
    Some(LogLine::Goal { reached, text: told.text.clone(), parts: told.parts.clone() })
}
