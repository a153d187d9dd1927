//! Questions to the host and what became of each.

use std::collections::VecDeque;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::events::{Question, QuestionChange, QuestionUpdate, Viewer};
use crate::room::chatlog::LogLine;
use crate::text::Text;

/// Questions kept; the oldest goes first.
const MAX_QUESTIONS: usize = 200;

/// The questions of a live, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Questions {
    asked: VecDeque<AskedQuestion>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AskedQuestion {
    /// Its id, as text.
    pub id: CompactString,
    /// Who asked, where told.
    pub from: Option<Arc<Viewer>>,
    /// What.
    pub text: Text,
    /// When we heard of it.
    pub at: Moment,
    /// What became of it.
    pub state: QuestionState,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum QuestionState {
    /// Nobody took it up.
    New,
    /// The host shows it.
    Shown,
    /// The host showed it and took it down.
    Answered,
    /// It was deleted.
    Deleted,
}

impl Questions {
    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &AskedQuestion> + ExactSizeIterator {
        self.asked.iter()
    }

    /// Takes in a question.
    pub(super) fn add(&mut self, question: &Question, at: Moment) {
        if self.asked.iter().any(|asked| asked.id == question.id) {
            return;
        }
        let (id, from, text) = (question.id.clone(), Some(question.from.clone()), question.text.clone());
        self.keep(AskedQuestion { id, from, text, at, state: QuestionState::New });
    }

    /// Takes in what became of one. The row it is worth in the log.
    pub(super) fn change(&mut self, update: &QuestionUpdate, at: Moment) -> Option<LogLine> {
        let state = match update.change {
            QuestionChange::Shown => QuestionState::Shown,
            QuestionChange::Answered => QuestionState::Answered,
            QuestionChange::Deleted => QuestionState::Deleted,
            change @ (QuestionChange::TurnedOn | QuestionChange::TurnedOff) => {
                return Some(LogLine::QuestionUpdate { change, from: None, text: Text::default() });
            }
        };
        if state == QuestionState::Shown && !self.asked.iter().any(|asked| asked.id == update.id) {
            let (id, from, text) = (update.id.clone(), update.from.clone(), update.text.clone());
            self.keep(AskedQuestion { id, from, text, at, state: QuestionState::New });
        }
        let asked = self.asked.iter_mut().find(|asked| asked.id == update.id)?;
        if std::mem::replace(&mut asked.state, state) == state {
            return None;
        }
        // That it was taken down says nothing that its being shown did not.
        (state != QuestionState::Answered).then(|| LogLine::QuestionUpdate {
            change: update.change,
            from: asked.from.clone(),
            text: asked.text.clone(),
        })
    }

    fn keep(&mut self, asked: AskedQuestion) {
        if self.asked.len() >= MAX_QUESTIONS {
            self.asked.pop_front();
        }
        self.asked.push_back(asked);
    }
}
