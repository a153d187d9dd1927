//! Report of what happened while nobody looked: folded from the events as they come, told to the next who looks.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::events::{BattleResult, EventKind, OwnEvent, PhaseKind, RoomEvent, Viewer};
use crate::room::{BattleNews, LogLine, Room, TalliedEvent};

/// People remembered; beyond them there are "more than so many".
const MAX_PEOPLE: usize = 4_096;
/// Who was away for less has not been away.
const SHORT: Duration = Duration::from_secs(60);

/// What there is to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AwayReport {
    /// For how long, in milliseconds.
    pub millis: u64,
    /// Coins that were given.
    pub coins: u64,
    /// By how many people.
    pub givers: u64,
    /// What was said.
    pub comments: u64,
    /// Battles won.
    pub won: u64,
    /// Battles lost.
    pub lost: u64,
    /// Warnings of TikTok's moderation.
    pub warnings: u64,
    /// Lives that began.
    pub begun: u64,
    /// Lives that ended.
    pub ended: u64,
    /// Times in which nothing was seen.
    pub gaps: u64,
}

impl AwayReport {
    /// Whether it is worth telling.
    pub fn is_worth_telling(&self) -> bool {
        let Self { millis: _, coins, givers: _, comments, won, lost, warnings, begun, ended, gaps } = self;
        let happened = [coins, comments, won, lost, warnings, begun, ended, gaps].into_iter().any(|&count| count > 0);
        Duration::from_millis(self.millis) >= SHORT && happened
    }
}

/// Folds what happens.
#[derive(Clone, Debug)]
pub(super) struct AwayTally {
    since: Moment,
    report: AwayReport,
    givers: HashSet<String>,
}

impl AwayTally {
    /// Nobody looks from now on.
    pub(super) fn new(since: Moment) -> Self {
        Self { since, report: AwayReport::default(), givers: HashSet::new() }
    }

    /// Adds what happened in a room, whose mirror has applied it.
    pub(super) fn add(&mut self, tallied: &TalliedEvent, room: &Room) {
        let event = &tallied.event;
        if event.history {
            return;
        }
        if let Some(tally) = tallied.tally {
            self.report.coins = self.report.coins.saturating_add(tally.diamonds.unwrap_or(0));
            if let (1.., EventKind::Gift(gift)) = (tally.added, &event.kind)
                && self.givers.len() < MAX_PEOPLE
            {
                self.givers.insert(person(&gift.from));
            }
        }
        self.add_own(event);
        match event.kind.type_name() {
            "chat" => self.report.comments += 1,
            "moderation" => self.report.warnings += 1,
            _ => {}
        }
        self.add_battle(room, event);
    }

    fn add_own(&mut self, event: &RoomEvent) {
        match event.kind.as_own() {
            Some(OwnEvent::Live(_)) => self.report.begun += 1,
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => self.report.ended += 1,
            Some(OwnEvent::Gap(_)) => self.report.gaps += 1,
            Some(OwnEvent::State(_) | OwnEvent::Info(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
    }

    /// The end of a battle is a row of the log, whatever event brought it.
    fn add_battle(&mut self, room: &Room, event: &RoomEvent) {
        let Some(last) = room.chat.iter().next_back().filter(|last| last.at == event.at && last.id == event.id) else {
            return;
        };
        let LogLine::Battle(news) = &last.line else { return };
        match **news {
            BattleNews::Over { result: Some(BattleResult::Won), .. } => self.report.won += 1,
            BattleNews::Over { result: Some(BattleResult::Lost), .. } => self.report.lost += 1,
            _ => {}
        }
    }

    /// What there is to tell to somebody who looks now.
    pub(super) fn report(&self, now: Moment) -> AwayReport {
        let millis = u64::try_from(now.since(self.since).as_millis()).unwrap_or(u64::MAX);
        AwayReport { millis, givers: self.givers.len() as u64, ..self.report.clone() }
    }
}

/// Who somebody is: their number, else their handle.
fn person(viewer: &Viewer) -> String {
    viewer.id.map_or_else(|| format!("@{}", viewer.unique_id), |id| id.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::Timestamp;
    use crate::events::{Gap, Phase};
    use crate::text::Text;

    fn own(kind: EventKind) -> TalliedEvent {
        let event = RoomEvent { at: Moment::default(), server_at: None, id: None, room_id: None, history: false, kind };
        TalliedEvent::new(event, None)
    }

    #[test]
    fn what_happened_is_folded_and_a_short_absence_is_none() {
        let since = Moment { mono: 1_000, wall: Timestamp(0) };
        let mut away = AwayTally::new(since);
        let mut room = Room::new(10);
        let gap = Gap { from: since, length: Duration::from_secs(5), reason: Text::default() };
        for kind in [EventKind::State(Phase::new(PhaseKind::Ended)), EventKind::Gap(gap)] {
            let tallied = own(kind);
            room.apply_tallied(&tallied);
            away.add(&tallied, &room);
        }
        let report = away.report(since + Duration::from_secs(30));
        assert!(!report.is_worth_telling());
        let report = away.report(since + Duration::from_secs(90));
        assert_eq!((report.millis, report.ended, report.gaps), (90_000, 1, 1));
        assert!(report.is_worth_telling());
        assert!(!AwayTally::new(since).report(since + Duration::from_secs(90)).is_worth_telling(), "nothing happened");
    }
}
