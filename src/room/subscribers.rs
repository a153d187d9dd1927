//! Subscriptions, each counted once. The service tells the same one as a banner, two seconds later as a notice, and once
//! more as progress of a goal.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::ids::UserId;

/// What is told of one person within this time is one subscription.
const SAME_MS: u64 = 60_000;
/// People remembered.
const MAX_PEOPLE: usize = 64;

/// Who subscribed lately.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RecentSubscribers {
    lately: VecDeque<(UserId, u64)>,
}

impl RecentSubscribers {
    /// Whether this is the first we hear of a subscription. Nobody can tell for people without an id.
    pub(super) fn is_first(&mut self, id: Option<UserId>, at: Moment) -> bool {
        let Some(id) = id else { return true };
        self.lately.retain(|&(_, then)| at.mono.saturating_sub(then) < SAME_MS);
        if self.lately.iter().any(|&(known, _)| known == id) {
            return false;
        }
        if self.lately.len() >= MAX_PEOPLE {
            self.lately.pop_front();
        }
        self.lately.push_back((id, at.mono));
        true
    }
}
