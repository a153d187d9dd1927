//! Board of the chat pane, one row each above the log: the pinned message, the running poll, the nearest goal.
//!
//! ```text
//! ⌃ pinned    Kit: rules: be kind, no links
//! poll        the blue one 12 · the red one 3
//! goal        A new guitar string · Rose 62/100
//! ```

use ratatui::text::{Line, Span};

use super::words;
use crate::room::{Board, GoalState, PollState};
use crate::tui::app::App;
use crate::tui::theme::ColorRole;
use crate::tui::{glyphs, number};

/// From this height of the pane on there is room for it above the talk.
const HEIGHT_FROM: u16 = 12;
/// Columns of the label.
const LABEL: usize = 11;

/// How many rows it takes above the log of a pane of this height.
pub(super) fn rows(board: &Board, height: u16) -> u16 {
    if height < HEIGHT_FROM {
        return 0;
    }
    let shown = [board.pinned.is_some(), poll(board).is_some(), goal(board).is_some()];
    shown.into_iter().map(u16::from).sum()
}

/// The rows themselves.
pub(super) fn lines(app: &App, board: &Board) -> Vec<Line<'static>> {
    let pinned = board.pinned.as_ref();
    let pinned =
        pinned.map(|pinned| (format!("{} pinned", glyphs::PINNED), words::pin(pinned.name.as_str(), &pinned.text)));
    let poll = poll(board).map(|poll| ("poll".to_owned(), poll_words(poll)));
    let goal = goal(board).map(|goal| ("goal".to_owned(), goal_words(goal)));
    let row = |(label, words): (String, String)| {
        let label = Span::styled(format!("{label:<LABEL$} "), app.theme.style(ColorRole::Accent));
        Line::from(vec![label, Span::raw(words)])
    };
    [pinned, poll, goal].into_iter().flatten().map(row).collect()
}

/// A poll that is over stands in the log.
fn poll(board: &Board) -> Option<&PollState> {
    board.poll.as_ref().filter(|poll| !poll.over)
}

/// The goal that is told of last, while it is not reached.
fn goal(board: &Board) -> Option<&GoalState> {
    board.goals.iter().rfind(|goal| !goal.reached)
}

fn poll_words(poll: &PollState) -> String {
    let options = poll.options.iter().map(|option| format!("{} {}", option.text, number::count(option.votes)));
    let options = options.collect::<Vec<_>>().join(&format!(" {} ", glyphs::DOT));
    if poll.title.is_empty() { options } else { format!("{} {} {options}", poll.title, glyphs::DOT) }
}

fn goal_words(goal: &GoalState) -> String {
    let parts = goal
        .parts
        .iter()
        .map(|part| format!("{} {}/{}", part.label(), number::count(part.progress), number::count(part.target)));
    let words = Some(goal.text.to_string()).filter(|text| !text.is_empty()).into_iter().chain(parts);
    words.collect::<Vec<_>>().join(&format!(" {} ", glyphs::DOT))
}
