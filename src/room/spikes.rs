//! Finder of spikes in one live: sudden comments, coins and viewers, against what was usual in the two minutes before.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{RoomMarkKind, Stats, Tally};
use crate::events::{EventKind, RoomEvent, Viewer};
use crate::ids::UserId;
use crate::text::Text;

/// What happens is summed up over this time.
const CELL_MS: i64 = 10_000;
/// And compared with this many cells before.
const CELLS: usize = 12;
/// In the first seconds nothing is usual.
const CELLS_KNOWN: u64 = 3;
/// A spike of comments: so many in a cell, and so many times the usual.
const COMMENTS: u64 = 25;
/// A spike of gifts: so many coins in a cell, and so many times the usual.
const COINS: u64 = 1_000;
const TIMES: u64 = 4;
/// A spike of viewers: so many more, and by so many hundredths, than two minutes ago.
const VIEWERS: u64 = 50;
const VIEWERS_PERCENT: u64 = 150;
/// People whose gifts of a cell are told apart.
const MAX_GIVERS: usize = 256;
/// One kind of spike is found once in this time.
const CALM_MS: i64 = 60_000;

/// Sums of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cell {
    comments: u64,
    coins: u64,
    viewers: u64,
}

/// What somebody gave in a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CellGiver {
    id: UserId,
    name: Text,
    coins: u64,
}

/// Finder of spikes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SpikeFinder {
    cells: VecDeque<Cell>,
    /// Who gave in the cell that is being filled.
    givers: Vec<CellGiver>,
    /// The cell that is being filled, counted from 1970.
    now: Option<i64>,
    /// When each kind was found last: comments, gifts, viewers.
    calm: [Option<i64>; 3],
}

impl SpikeFinder {
    /// Adds what happened; what stands out with it comes back. Counts nothing of what was before us.
    pub(super) fn add(&mut self, event: &RoomEvent, tally: Option<&Tally>, stats: &Stats) -> Option<RoomMarkKind> {
        let comment = matches!(event.kind, EventKind::Chat(_) | EventKind::Emote(_));
        let given = tally.and_then(|tally| tally.diamonds).unwrap_or(0);
        let viewers = matches!(event.kind, EventKind::Viewers(_));
        if event.history || !(comment || given > 0 || viewers) {
            return None;
        }
        let at = event.at.wall.0;
        self.turn(at.div_euclid(CELL_MS));
        let cell = self.cells.back_mut()?;
        cell.comments += u64::from(comment);
        cell.coins = cell.coins.saturating_add(given);
        cell.viewers = stats.watching.map_or(cell.viewers, |(watching, _)| watching);
        let cell = *cell;
        if given > 0 {
            self.add_giver(event.kind.person(), given);
        }
        if comment && cell.comments >= COMMENTS && self.is_spike(cell.comments, true, |cell| cell.comments) {
            return self.once(0, at, || RoomMarkKind::Comments(cell.comments));
        }
        if given > 0 && cell.coins >= COINS && self.is_spike(cell.coins, false, |cell| cell.coins) {
            let most = self.givers.iter().max_by_key(|giver| giver.coins).cloned();
            return self.once(1, at, || {
                let (given, by, by_id) = most.map_or_else(
                    // Nobody with an account.
                    || (given, Text::new(event.kind.person().map_or("somebody", Viewer::name)), None),
                    |giver| (giver.coins, giver.name, Some(giver.id)),
                );
                RoomMarkKind::Coins { coins: cell.coins, given, by, by_id, gift: None }
            });
        }
        // The first number of viewers may come later than the first comment.
        let before = self.cells.iter().map(|cell| cell.viewers).find(|&viewers| viewers > 0).unwrap_or(0);
        let grew = before > 0
            && cell.viewers >= before.saturating_add(VIEWERS)
            && cell.viewers.saturating_mul(100) >= before.saturating_mul(VIEWERS_PERCENT);
        if viewers && grew && self.cells.len() as u64 > CELLS_KNOWN {
            return self.once(2, at, || RoomMarkKind::Viewers { now: cell.viewers, before });
        }
        None
    }

    fn add_giver(&mut self, viewer: Option<&Viewer>, coins: u64) {
        let Some((viewer, id)) = viewer.and_then(|viewer| Some((viewer, viewer.id?))) else { return };
        if let Some(giver) = self.givers.iter_mut().find(|giver| giver.id == id) {
            giver.coins = giver.coins.saturating_add(coins);
        } else if self.givers.len() < MAX_GIVERS {
            self.givers.push(CellGiver { id, name: Text::new(viewer.name()), coins });
        }
    }

    /// Whether a number is far above the usual; `known` says that something has to be usual.
    fn is_spike(&self, count: u64, known: bool, of: fn(&Cell) -> u64) -> bool {
        let before = self.cells.len().saturating_sub(1) as u64;
        let sum = self.cells.iter().rev().skip(1).map(of).fold(0, u64::saturating_add);
        (!known || before >= CELLS_KNOWN) && count >= TIMES.saturating_mul(sum / before.max(1))
    }

    fn once(&mut self, kind: usize, at: i64, mark: impl FnOnce() -> RoomMarkKind) -> Option<RoomMarkKind> {
        let last = self.calm.get_mut(kind)?;
        // A clock that jumped back knows no calm.
        let calm = last.is_none_or(|last| at < last || at.saturating_sub(last) >= CALM_MS);
        calm.then(|| {
            *last = Some(at);
            mark()
        })
    }

    fn turn(&mut self, cell: i64) {
        let from = *self.now.get_or_insert(cell);
        if cell != from {
            self.givers.clear();
        }
        if self.cells.is_empty() {
            self.cells.push_back(Cell::default());
        }
        // A clock that jumps back, or far ahead, begins anew.
        if cell < from || cell.saturating_sub(from) > CELLS as i64 {
            self.cells.clear();
            self.cells.push_back(Cell::default());
        } else {
            for _ in from..cell {
                let viewers = self.cells.back().map_or(0, |cell| cell.viewers);
                self.cells.push_back(Cell { viewers, ..Cell::default() });
            }
        }
        while self.cells.len() > CELLS + 1 {
            self.cells.pop_front();
        }
        self.now = Some(cell);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{Moment, Timestamp};
    use crate::events::{Chat, Viewers};

    fn chat(at: i64) -> RoomEvent {
        let from = Arc::new(Viewer { nickname: "Mia".into(), ..Viewer::default() });
        let chat = Chat { from, text: "wow".into(), emotes: vec![], to: None, language: "en".into() };
        RoomEvent::new(Moment { mono: at as u64, wall: Timestamp(at) }, EventKind::Chat(chat))
    }

    #[test]
    fn a_crowd_of_comments_is_found_once_and_a_busy_live_is_no_spike() {
        let mut spikes = SpikeFinder::default();
        let mut add = |at| spikes.add(&chat(at), None, &Stats::default());
        assert!((0..60).all(|second| add(1_000_000 + second * 1_000).is_none()));
        let found: Vec<_> = (0..100).filter_map(|nth| add(1_061_000 + nth * 50)).collect();
        assert_eq!(found, [RoomMarkKind::Comments(40)], "four times the usual ten");
        let mut busy = SpikeFinder::default();
        assert!((0..2_000).all(|nth| busy.add(&chat(nth * 50), None, &Stats::default()).is_none()));
    }

    #[test]
    fn a_spike_of_coins_names_who_gave_most_of_it() {
        let mut spikes = SpikeFinder::default();
        let mut give = |id, name: &str, coins| {
            let from = Arc::new(Viewer { id: Some(UserId(id)), nickname: name.into(), ..Viewer::default() });
            let chat = Chat { from, text: "!".into(), emotes: vec![], to: None, language: "en".into() };
            let event = RoomEvent::new(Moment { mono: 0, wall: Timestamp(5_000) }, EventKind::Chat(chat));
            let tally = Tally { added: 1, diamonds: Some(coins), count: 1, streak: crate::room::StreakState::None };
            spikes.add(&event, Some(&tally), &Stats::default())
        };
        assert_eq!(give(1, "Ana", 500), None);
        assert_eq!(give(1, "Ana", 400), None);
        let found =
            RoomMarkKind::Coins { coins: 1_000, given: 900, by: "Ana".into(), by_id: Some(UserId(1)), gift: None };
        assert_eq!(give(2, "Jonas", 100), Some(found));
    }

    #[test]
    fn coins_and_viewers_are_found_and_a_clock_that_jumps_back_does_no_harm() {
        let mut spikes = SpikeFinder::default();
        let tally = Tally { added: 1, diamonds: Some(1_200), count: 1, streak: crate::room::StreakState::None };
        let found = spikes.add(&chat(5_000), Some(&tally), &Stats::default());
        assert!(matches!(found, Some(RoomMarkKind::Coins { coins: 1_200, .. })), "{found:?}");
        let mut watch = |at, watching| {
            let viewers = Viewers { watching, total: None, anonymous: 0, top: vec![] };
            let event = RoomEvent::new(Moment { mono: 0, wall: Timestamp(at) }, EventKind::Viewers(viewers));
            let stats = Stats { watching: Some((watching, event.at)), ..Stats::default() };
            spikes.add(&event, None, &stats)
        };
        assert!((10..60).all(|second| watch(second * 1_000, 100).is_none()));
        assert_eq!(watch(61_000, 180), Some(RoomMarkKind::Viewers { now: 180, before: 100 }));
        assert_eq!(watch(62_000, 190), None, "once in a minute");
        assert_eq!(watch(-5_000_000, 500), None);
        assert_eq!(watch(i64::MAX, 5), None);
    }
}
