//! Board of the chat pane, one row each above the log: the pinned message, the running poll, the nearest goal, the chest that
//! opens next, what the host says.
//!
//! ```text
//! pinned      Kit: rules: be kind, no links
//! poll        ██████▍░ 12 the blue one · █▌░░░░░░ 3 the red one
//! goal        ████▉░░░ 62/100 Rose · A new guitar string
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
use crate::tui::widgets::{paint, split_bar};
use crate::tui::{glyphs, number};

/// From this height of the pane on there is room for it above the talk.
const HEIGHT_FROM: u16 = 12;
/// And from this height for what the host says.
const CAPTIONS_FROM: u16 = 20;
/// A caption older than this is faint: the row itself stays, so that the talk below it does not jump.
const CAPTION_FADES: Duration = Duration::from_secs(12);
/// Columns of the label.
const LABEL: usize = 11;
/// Columns of a bar or a gauge before its words.
const BAR: u16 = 8;

/// A piece of a row: its words, and how far it is of what.
struct Piece {
    words: String,
    share: Option<(u64, u64)>,
}

impl From<String> for Piece {
    fn from(words: String) -> Self {
        Self { words, share: None }
    }
}

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
    let pinned = pinned.map(|pinned| ("pinned", vec![words::pin(pinned.name.as_str(), &pinned.text).into()]));
    let poll = poll(board).map(|poll| ("poll", poll_pieces(poll)));
    let goal = goal(board).map(|goal| ("goal", goal_pieces(goal)));
    let separator = Span::styled(format!(" {} ", glyphs::DOT), app.theme.style(ColorRole::Dim));
    let styles = (app.theme.style(ColorRole::Accent), app.theme.style(ColorRole::Dim));
    let drawn = |piece: &Piece, bars: bool| {
        let mut spans = Vec::new();
        if let Some((part, all)) = piece.share.filter(|_| bars) {
            spans = split_bar::gauge(part, all, BAR, styles);
            spans.push(Span::raw(" "));
        }
        spans.push(Span::raw(piece.words.clone()));
        Line::from(spans)
    };
    let row = |(label, pieces): (&str, Vec<Piece>)| {
        let label = format!("{:indent$}{label:<wide$}", "");
        let label = Span::styled(label, app.theme.style(ColorRole::Accent));
        let left = columns.saturating_sub(lead);
        let all = |bars| pieces.iter().map(|piece| drawn(piece, bars)).collect::<Vec<Line<'static>>>();
        // Bars where nothing has to go for them.
        let wide = |all: &[Line<'static>]| paint::columns(&paint::items(all, &separator, u16::MAX));
        let all = Some(all(true)).filter(|all| wide(all) <= left).unwrap_or_else(|| all(false));
        let mut items = paint::items(&all, &separator, left);
        // Where not even the first fits, a part of it is better than nothing.
        if let Some(first) = all.first().filter(|first| paint::columns(first) > left) {
            items = first.clone();
        }
        Line::from(std::iter::once(label).chain(items.spans).collect::<Vec<_>>())
    };
    let chest = chest(room, app.now).map(|(chest, left)| {
        let coins = format!("{} {} for {}", number::count(chest.coins), glyphs::GIFT, number::count(chest.winners));
        let words = [format!("opens in {}", number::countdown(left)), coins, chest.from.to_string()];
        ("chest", words.map(Piece::from).into_iter().collect())
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
fn poll_pieces(poll: &PollState) -> Vec<Piece> {
    let all = poll.votes();
    let title = Some(poll.title.to_string()).filter(|title| !title.is_empty()).map(Piece::from);
    let options = poll.options.iter().map(|option| Piece {
        words: format!("{} {}", number::count(option.votes), option.text),
        share: Some((option.votes, all)),
    });
    title.into_iter().chain(options).collect()
}

/// How far it is before what it is for.
fn goal_pieces(goal: &GoalState) -> Vec<Piece> {
    let parts = goal.parts.iter().map(|part| Piece {
        words: format!("{}/{} {}", number::count(part.progress), number::count(part.target), part.label()),
        share: Some((part.progress, part.target)),
    });
    let text = Some(goal.text.to_string()).filter(|text| !text.is_empty()).map(Piece::from);
    parts.chain(text).collect()
}
