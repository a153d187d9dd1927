//! Board of the chat pane, one row each above the log: the pinned message, the running poll, the nearest goal, the chest that
//! opens next, what the host says.
//!
//! ```text
//! pinned      Kit: rules: be kind, no links
//! poll        12 the blue one · 3 the red one
//! goal        62/100 Rose · A new guitar string
//! chest       opens in 0:42 · 100 ◆ for 5 · mia
//! says        so the next one is a slow song
//! ```

use std::time::Duration;

use ratatui::text::{Line, Span};

use super::words;
use crate::clock::Moment;
use crate::room::{Board, Chest, GoalState, PollState, Room};
use crate::tui::app::App;
use crate::tui::theme::ColorRole;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// From this height of the pane on there is room for it above the talk.
const HEIGHT_FROM: u16 = 12;
/// And from this height for what the host says.
const CAPTIONS_FROM: u16 = 20;
/// A caption older than this is faint: the row itself stays, so that the talk below it does not jump.
const CAPTION_FADES: Duration = Duration::from_secs(12);
/// Columns of the label.
const LABEL: usize = 11;

/// How many rows it takes above the log of a pane of this height.
pub(super) fn rows(room: &Room, height: u16, now: Moment) -> u16 {
    if height < HEIGHT_FROM {
        return 0;
    }
    let board = &room.board;
    let says = board.caption.is_some() && height >= CAPTIONS_FROM;
    let shown =
        [board.pinned.is_some(), poll(board).is_some(), goal(board).is_some(), chest(room, now).is_some(), says];
    shown.into_iter().map(u16::from).sum()
}

/// The rows themselves, in so many columns: options and parts are dropped whole, and a `…` says so.
pub(super) fn lines(app: &App, room: &Room, columns: u16, names: Option<(u16, u16)>) -> Vec<Line<'static>> {
    let board = &room.board;
    // At the edges of the names and texts of the talk, where it has such.
    let (indent, lead) = names.unwrap_or((0, LABEL as u16 + 1));
    let (indent, wide) = (usize::from(indent), usize::from(lead.saturating_sub(indent)));
    let pinned = board.pinned.as_ref();
    let pinned = pinned.map(|pinned| ("pinned".to_owned(), vec![words::pin(pinned.name.as_str(), &pinned.text)]));
    let poll = poll(board).map(|poll| ("poll".to_owned(), poll_words(poll)));
    let goal = goal(board).map(|goal| ("goal".to_owned(), goal_words(goal)));
    let separator = Span::styled(format!(" {} ", glyphs::DOT), app.theme.style(ColorRole::Dim));
    let row = |(label, words): (String, Vec<String>)| {
        let label = format!("{:indent$}{label:<wide$}", "");
        let label = Span::styled(label, app.theme.style(ColorRole::Accent));
        let left = columns.saturating_sub(lead);
        let all: Vec<Line<'static>> = words.iter().map(|word| Line::raw(word.clone())).collect();
        let mut items = paint::items(&all, &separator, left);
        // Where not even the first fits, a part of it is better than nothing.
        if let (Some(first), true) = (words.first(), all.first().is_some_and(|first| paint::columns(first) > left)) {
            items = Line::raw(first.clone());
        }
        Line::from(std::iter::once(label).chain(items.spans).collect::<Vec<_>>())
    };
    let chest = chest(room, app.now).map(|(chest, left)| {
        let coins = format!("{} {} for {}", number::count(chest.coins), glyphs::GIFT, number::count(chest.winners));
        ("chest".to_owned(), vec![format!("opens in {}", number::countdown(left)), coins, chest.from.to_string()])
    });
    let says = board.caption.as_ref().map(|caption| {
        let role = if app.now.since(caption.at) >= CAPTION_FADES { ColorRole::Dim } else { ColorRole::Host };
        let label = Span::styled(format!("{:indent$}{:<wide$}", "", "says"), app.theme.style(ColorRole::Accent));
        let words = Span::styled(caption.text.to_string(), app.theme.style(role));
        Line::from(vec![label, words])
    });
    [pinned, poll, goal, chest].into_iter().flatten().map(row).chain(says).collect()
}

/// The chest that opens next, and how long that is.
fn chest(room: &Room, now: Moment) -> Option<(&Chest, Duration)> {
    let waiting = room.board.chests.iter().map(|chest| (chest, room.until_server(chest.opens_at, now)));
    waiting.filter(|(_, left)| !left.is_zero()).min_by_key(|(_, left)| *left)
}

/// Whether something here changes with every second.
pub(in crate::tui) fn counts_down(room: &Room, now: Moment) -> bool {
    chest(room, now).is_some()
}

/// A poll that is over stands in the log.
fn poll(board: &Board) -> Option<&PollState> {
    board.poll.as_ref().filter(|poll| !poll.over)
}

/// The goal that is told of last, while it is not reached.
fn goal(board: &Board) -> Option<&GoalState> {
    board.goals.iter().rfind(|goal| !goal.reached)
}

/// The votes before the words: they are what is looked for.
fn poll_words(poll: &PollState) -> Vec<String> {
    let title = Some(poll.title.to_string()).filter(|title| !title.is_empty());
    let options = poll.options.iter().map(|option| format!("{} {}", number::count(option.votes), option.text));
    title.into_iter().chain(options).collect()
}

/// How far it is before what it is for.
fn goal_words(goal: &GoalState) -> Vec<String> {
    let parts = goal
        .parts
        .iter()
        .map(|part| format!("{}/{} {}", number::count(part.progress), number::count(part.target), part.label()));
    parts.chain(Some(goal.text.to_string()).filter(|text| !text.is_empty())).collect()
}
