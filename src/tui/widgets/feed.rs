//! Virtual list over the log of a room: which line is at the top, whatever arrives below and whatever is evicted above.
//!
//! The anchor is a sequence number and never an index, so a view that stands still keeps showing the same words. Heights are
//! asked only of entries that are near the view: the cost does not depend on how long the log is.

use crate::room::{LogEntry, Seq};
use crate::tui::rows::RowView;

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
pub(in crate::tui) fn top<'a>(
    log: impl Into<RowView<'a>>,
    anchor: Anchor,
    rows: usize,
    mut height: impl FnMut(&LogEntry) -> usize,
) -> Option<(Seq, usize)> {
    let log = log.into();
    match anchor {
        Anchor::Follow => last_page(log, rows, &mut height),
        Anchor::At { seq, line, .. } => match log.get(seq) {
            // A narrower or wider screen gives the entry other lines.
            Some(entry) => Some((seq, line.min(height(entry).saturating_sub(1)))),
            // Gone, or never there: the next one that is.
            None => log.from_seq(seq).next().map(|next| (next.seq, 0)),
        },
    }
}

/// The anchor after a wish to move; standing at the end is following.
pub(in crate::tui) fn scroll<'a>(
    log: impl Into<RowView<'a>>,
    anchor: Anchor,
    rows: usize,
    by: Scroll,
    mut height: impl FnMut(&LogEntry) -> usize,
) -> Anchor {
    let log = log.into();
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

/// Moves a mark by one row, from the newest one in sight where there is none. The entry that is marked then and the anchor that
/// has it in sight; nothing below the newest entry, where the view runs again.
pub(in crate::tui) fn mark(
    log: RowView<'_>,
    (anchor, marked): (Anchor, Option<Seq>),
    rows: usize,
    down: bool,
    mut height: impl FnMut(&LogEntry) -> usize,
) -> Option<(Seq, Anchor)> {
    let (_, last, _) = in_sight(log, anchor, rows, &mut height)?;
    let next = match marked {
        None => last,
        Some(seq) if down => log.from_seq(Seq(seq.0 + 1)).next()?.seq,
        Some(seq) => log.before(seq).map_or(seq, |entry| entry.seq),
    };
    Some((next, bring(log, anchor, next, rows, height)?))
}

/// The anchor with which an entry is in sight; the view moves no further than it has to, and stands still from then on.
pub(in crate::tui) fn bring(
    log: RowView<'_>,
    anchor: Anchor,
    wanted: Seq,
    rows: usize,
    mut height: impl FnMut(&LogEntry) -> usize,
) -> Option<Anchor> {
    let (first, last, skip) = in_sight(log, anchor, rows, &mut height)?;
    let (seq, line) = if wanted < first || (wanted == first && skip > 0) {
        (wanted, 0)
    } else if wanted > last {
        page_ending(log.until_seq(wanted), rows, &mut height)?
    } else {
        (first, skip)
    };
    let since = match anchor {
        Anchor::Follow => log.next_seq(),
        Anchor::At { since, .. } => since,
    };
    Some(Anchor::At { seq, line, since })
}

/// The first entry in sight and the last one that is whole, and how many lines of the first are above the view.
fn in_sight(
    log: RowView<'_>,
    anchor: Anchor,
    rows: usize,
    height: &mut impl FnMut(&LogEntry) -> usize,
) -> Option<(Seq, Seq, usize)> {
    let (first, skip) = top(log, anchor, rows, &mut *height)?;
    let mut filled = 0;
    let mut last = first;
    for entry in log.from_seq(first) {
        filled += height(entry).max(1);
        if filled > rows + skip && entry.seq != first {
            break;
        }
        last = entry.seq;
    }
    Some((first, last, skip))
}

/// How many entries came since the person left the newest.
pub(in crate::tui) fn unseen<'a>(log: impl Into<RowView<'a>>, anchor: Anchor) -> u64 {
    match anchor {
        Anchor::Follow => 0,
        Anchor::At { since, .. } => log.into().shown_since(since),
    }
}

/// Entries from `seq` on, oldest first.
pub(in crate::tui) fn from<'a>(log: impl Into<RowView<'a>>, seq: Seq) -> impl Iterator<Item = &'a LogEntry> {
    log.into().from_seq(seq)
}

fn last_page(log: RowView<'_>, rows: usize, height: &mut impl FnMut(&LogEntry) -> usize) -> Option<(Seq, usize)> {
    page_ending(log.iter(), rows, height)
}

/// The top of the page of `rows` lines that ends with the last of `entries`.
fn page_ending<'a>(
    entries: impl DoubleEndedIterator<Item = &'a LogEntry>,
    rows: usize,
    height: &mut impl FnMut(&LogEntry) -> usize,
) -> Option<(Seq, usize)> {
    let mut filled = 0;
    let mut top = None;
    for entry in entries.rev() {
        let lines = height(entry).max(1);
        filled += lines;
        top = Some((entry.seq, filled.saturating_sub(rows).min(lines - 1)));
        if filled >= rows {
            break;
        }
    }
    top
}

fn up(log: RowView<'_>, from: (Seq, usize), lines: usize, height: &mut impl FnMut(&LogEntry) -> usize) -> (Seq, usize) {
    let (mut seq, mut line) = from;
    let mut left = lines;
    while left > line {
        let Some(before) = log.before(seq) else { return (seq, 0) };
        left -= line + 1;
        seq = before.seq;
        line = height(before).max(1) - 1;
    }
    (seq, line - left)
}

fn down(
    log: RowView<'_>,
    from: (Seq, usize),
    lines: usize,
    height: &mut impl FnMut(&LogEntry) -> usize,
) -> (Seq, usize) {
    let (mut seq, mut line) = from;
    let mut left = lines;
    while let Some(entry) = log.get(seq) {
        let below = height(entry).max(1) - 1 - line.min(height(entry).max(1) - 1);
        if left <= below {
            return (seq, line + left);
        }
        left -= below + 1;
        let next = Seq(seq.0 + 1);
        (seq, line) = (log.from_seq(next).next().map_or(next, |entry| entry.seq), 0);
    }
    (seq, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::clock::{Moment, Timestamp};
    use crate::events::{Chat, EventKind, RoomEvent, Viewer};
    use crate::ids::MsgId;
    use crate::room::Room;
    use proptest::prelude::*;

    const ROWS: usize = 6;

    fn say(room: &mut Room, count: usize) {
        for _ in 0..count {
            let seq = room.chat.next_seq().0;
            let at = Moment { mono: seq * 1_000, wall: Timestamp(0) };
            let from = Arc::new(Viewer::default());
            let chat = Chat { from, text: "hi".into(), emotes: vec![], to: None, language: "".into() };
            let id = Some(MsgId(seq + 1));
            room.apply(&RoomEvent {
                at,
                server_at: None,
                id,
                room_id: None,
                history: false,
                kind: EventKind::Chat(chat),
            });
        }
    }

    /// Entries of one to three lines.
    fn height(entry: &LogEntry) -> usize {
        usize::try_from(entry.seq.0 % 3).unwrap() + 1
    }

    #[derive(Clone, Debug)]
    enum Step {
        Say(usize),
        Move(Scroll),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let moves = prop_oneof![
            (1usize..9).prop_map(Scroll::Up),
            (1usize..9).prop_map(Scroll::Down),
            Just(Scroll::Top),
            Just(Scroll::Bottom),
        ];
        proptest::collection::vec(prop_oneof![(0usize..12).prop_map(Step::Say), moves.prop_map(Step::Move)], 0..40)
    }

    proptest! {
        #[test]
        fn a_view_that_stands_never_moves_by_itself(steps in steps()) {
            let mut room = Room::new(40);
            let mut anchor = Anchor::Follow;
            for step in steps {
                let before = top(&room.chat, anchor, ROWS, height);
                match step {
                    Step::Say(count) => {
                        say(&mut room, count);
                        let after = top(&room.chat, anchor, ROWS, height);
                        let oldest = room.chat.iter().next().map(|entry| (entry.seq, 0));
                        match (anchor, before) {
                            (Anchor::At { .. }, Some(before)) if room.chat.get(before.0).is_some() => {
                                prop_assert_eq!(after, Some(before));
                            }
                            (Anchor::At { .. }, _) => prop_assert_eq!(after, oldest),
                            (Anchor::Follow, _) => {}
                        }
                    }
                    Step::Move(by) => anchor = scroll(&room.chat, anchor, ROWS, by, height),
                }
                if let (Anchor::At { .. }, Some((seq, line))) = (anchor, top(&room.chat, anchor, ROWS, height)) {
                    let below: usize = from(&room.chat, seq).map(height).sum();
                    prop_assert!(below - line > ROWS, "a view at the end follows");
                }
            }
        }

        #[test]
        fn up_and_down_again_is_where_one_was(count in 20usize..60, lines in 1usize..12, start in 12usize..18) {
            let mut room = Room::new(100);
            say(&mut room, count);
            let anchor = scroll(&room.chat, Anchor::Follow, ROWS, Scroll::Up(start), height);
            let there = scroll(&room.chat, anchor, ROWS, Scroll::Up(lines), height);
            let back = scroll(&room.chat, there, ROWS, Scroll::Down(lines), height);
            prop_assert_eq!(top(&room.chat, back, ROWS, height), top(&room.chat, anchor, ROWS, height));
        }
    }

    #[test]
    fn what_fits_is_shown_from_its_top_and_cannot_be_scrolled() {
        let mut room = Room::new(100);
        say(&mut room, 2);
        assert_eq!(top(&room.chat, Anchor::Follow, ROWS, height), Some((Seq(0), 0)));
        assert_eq!(scroll(&room.chat, Anchor::Follow, ROWS, Scroll::Up(3), height), Anchor::Follow);
    }

    #[test]
    fn what_came_while_standing_is_counted() {
        let mut room = Room::new(100);
        say(&mut room, 30);
        let anchor = scroll(&room.chat, Anchor::Follow, ROWS, Scroll::Up(3), height);
        say(&mut room, 5);
        let anchor = scroll(&room.chat, anchor, ROWS, Scroll::Up(3), height);
        assert_eq!(unseen(&room.chat, anchor), 5);
        assert_eq!(scroll(&room.chat, anchor, ROWS, Scroll::Bottom, height), Anchor::Follow);
    }

    #[test]
    fn an_empty_log_has_no_top() {
        assert_eq!(top(&Room::new(9).chat, Anchor::Follow, ROWS, height), None);
    }
}
