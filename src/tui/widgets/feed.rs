//! A virtual list over the log of a room: which line is at the top, whatever arrives below and whatever is evicted above.
//!
//! The anchor is a sequence number and never an index, so a view that stands still keeps showing the same words. Heights are
//! asked only of entries that are near the view: the cost does not depend on how long the log is.

use crate::room::{ChatLog, Entry, Seq};

/// Where a view of the log stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) enum Anchor {
    /// At the newest entry, moving with it.
    #[default]
    Follow,
    /// This line of this entry is at the top.
    At {
        /// The entry.
        seq: Seq,
        /// Which of its lines.
        line: usize,
        /// What came from here on is new to the person.
        since: Seq,
    },
}

/// A wish to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Scroll {
    /// Lines towards the past.
    Up(usize),
    /// Lines towards now.
    Down(usize),
    /// To the oldest entry kept.
    Top,
    /// To the newest, and along with it.
    Bottom,
}

/// The entry and the line of it at the top of a view of `rows` lines; nothing when the log is empty.
pub(in crate::tui) fn top(
    log: &ChatLog,
    anchor: Anchor,
    rows: usize,
    mut height: impl FnMut(&Entry) -> usize,
) -> Option<(Seq, usize)> {
    match anchor {
        Anchor::Follow => last_page(log, rows, &mut height),
        Anchor::At { seq, line, .. } => match log.get(seq) {
            // A narrower or wider screen gives the entry other lines.
            Some(entry) => Some((seq, line.min(height(entry).saturating_sub(1)))),
            None => log.iter().next().map(|oldest| (oldest.seq, 0)),
        },
    }
}

/// The anchor after a wish to move; standing at the end is following.
pub(in crate::tui) fn scroll(
    log: &ChatLog,
    anchor: Anchor,
    rows: usize,
    by: Scroll,
    mut height: impl FnMut(&Entry) -> usize,
) -> Anchor {
    let (Some(from), Some(end)) = (top(log, anchor, rows, &mut height), last_page(log, rows, &mut height)) else {
        return Anchor::Follow;
    };
    let to = match by {
        Scroll::Up(lines) => up(log, from, lines, &mut height),
        Scroll::Down(lines) => down(log, from, lines, &mut height),
        Scroll::Top => log.iter().next().map_or(from, |oldest| (oldest.seq, 0)),
        Scroll::Bottom => end,
    };
    if to >= end {
        return Anchor::Follow;
    }
    let since = match anchor {
        Anchor::Follow => log.next_seq(),
        Anchor::At { since, .. } => since,
    };
    Anchor::At { seq: to.0, line: to.1, since }
}

/// How many entries came since the person left the newest.
pub(in crate::tui) fn unseen(log: &ChatLog, anchor: Anchor) -> u64 {
    match anchor {
        Anchor::Follow => 0,
        Anchor::At { since, .. } => log.next_seq().0.saturating_sub(since.0),
    }
}

/// Entries from `seq` on, oldest first.
pub(in crate::tui) fn from(log: &ChatLog, seq: Seq) -> impl Iterator<Item = &Entry> {
    let oldest = log.iter().next().map_or(0, |entry| entry.seq.0);
    log.iter().skip(usize::try_from(seq.0.saturating_sub(oldest)).unwrap_or(usize::MAX))
}

fn last_page(log: &ChatLog, rows: usize, height: &mut impl FnMut(&Entry) -> usize) -> Option<(Seq, usize)> {
    let mut filled = 0;
    let mut top = None;
    for entry in log.iter().rev() {
        let lines = height(entry).max(1);
        filled += lines;
        top = Some((entry.seq, filled.saturating_sub(rows).min(lines - 1)));
        if filled >= rows {
            break;
        }
    }
    top
}

fn up(log: &ChatLog, from: (Seq, usize), lines: usize, height: &mut impl FnMut(&Entry) -> usize) -> (Seq, usize) {
    let (mut seq, mut line) = from;
    let mut left = lines;
    while left > line {
        let Some(before) = seq.0.checked_sub(1).and_then(|seq| log.get(Seq(seq))) else { return (seq, 0) };
        left -= line + 1;
        seq = before.seq;
        line = height(before).max(1) - 1;
    }
    (seq, line - left)
}

fn down(log: &ChatLog, from: (Seq, usize), lines: usize, height: &mut impl FnMut(&Entry) -> usize) -> (Seq, usize) {
    let (mut seq, mut line) = from;
    let mut left = lines;
    while let Some(entry) = log.get(seq) {
        let below = height(entry).max(1) - 1 - line.min(height(entry).max(1) - 1);
        if left <= below {
            return (seq, line + left);
        }
        left -= below + 1;
        (seq, line) = (Seq(seq.0 + 1), 0);
    }
    (seq, line)
}
