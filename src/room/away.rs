//! Report of what happened in rooms while somebody did not look: folded from events as they come, told when they look again.
//!
//! A digest of a room's log would do for a few minutes; the rows of a night are long gone by then.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BattleNews, LogLine, Room, Seq, TalliedEvent};
use crate::clock::{Moment, Timestamp};
use crate::events::{BattleResult, EventKind, OwnEvent, PhaseKind, Viewer};
use crate::text::{Text, clip};

/// Givers remembered of all rooms; beyond them there are "more than so many".
const MAX_GIVERS: usize = 4_096;
/// Rooms told apart; what happens in others counts in the totals.
const MAX_ROOMS: usize = 256;
/// Givers that are named, and columns of a name and of a warning.
const NAMED: usize = 4;
const NAME_COLUMNS: usize = 24;
const WARNING_COLUMNS: usize = 120;
/// Who was away for less has not been away.
const SHORT: Duration = Duration::from_secs(60);

/// What there is to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AwayReport {
    /// For how long, in milliseconds.
    pub millis: u64,
    /// What happened in all rooms together.
    #[serde(flatten)]
    pub total: AwayCounts,
    /// Room by room, the one with most to tell first; those in which nothing happened are left out.
    pub rooms: Vec<AwayRoom>,
}

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AwayCounts {
    /// Coins that were given.
    pub coins: u64,
    /// By how many people.
    pub givers: u64,
    /// People who followed.
    pub follows: u64,
    /// People who subscribed.
    pub subscribes: u64,
    /// What was said.
    pub comments: u64,
    /// What was asked.
    pub questions: u64,
    /// Battles won.
    pub won: u64,
    /// Battles lost.
    pub lost: u64,
    /// Battles that nobody won, or of which it is not known who did.
    pub drawn: u64,
    /// Warnings of TikTok's moderation.
    pub warnings: u64,
    /// Lives that began.
    pub begun: u64,
    /// Lives that ended.
    pub ended: u64,
    /// Times in which nothing was seen.
    pub gaps: u64,
    /// How long those were, in milliseconds.
    pub missed_millis: u64,
}

/// What happened in one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AwayRoom {
    /// Its name, without the `@`.
    pub name: Text,
    /// What is counted.
    #[serde(flatten)]
    pub counts: AwayCounts,
    /// Who gave most, with how many coins.
    pub top: Vec<(Text, u64)>,
    /// The points of the last battle that ended, ours first.
    pub points: Vec<u64>,
    /// The last warning, in its own words.
    pub warning: Text,
}

impl AwayCounts {
    /// All of them, the people who gave last: one who gave in two rooms is one.
    fn numbers(&self) -> [u64; 14] {
        self.clone().numbers_mut().map(|number| *number)
    }

    fn numbers_mut(&mut self) -> [&mut u64; 14] {
        let Self { coins, givers, follows, subscribes, comments, questions, won, lost, drawn, .. } = self;
        let Self { warnings, begun, ended, gaps, missed_millis, .. } = self;
        [
            coins,
            follows,
            subscribes,
            comments,
            questions,
            won,
            lost,
            drawn,
            warnings,
            begun,
            ended,
            gaps,
            missed_millis,
            givers,
        ]
    }

    /// Adds all but the people, who may be the same ones.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, more) in self.numbers_mut().into_iter().zip(other.numbers()).take(13) {
            *own = own.saturating_add(more);
        }
    }

    /// Of each number the greater.
    fn raise(&mut self, other: &Self) {
        for (own, other) in self.numbers_mut().into_iter().zip(other.numbers()) {
            *own = other.max(*own);
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How much there is to tell, so that the room with most comes first.
    fn weight(&self) -> u64 {
        self.coins / 100
            + (self.warnings * 8 + self.questions * 2 + self.won + self.lost + self.drawn) * 10
            + self.follows
    }
}

impl AwayReport {
    /// Whether it is worth telling.
    pub fn is_worth_telling(&self) -> bool {
        self.is_long() && !self.total.is_empty()
    }

    /// Whether it is about a time that is long enough to be told of.
    pub fn is_long(&self) -> bool {
        Duration::from_millis(self.millis) >= SHORT
    }

    /// Takes in what was kept of the same time elsewhere, such as on disk. Either may have missed some, and what both know is the same,
    /// so of each number the greater holds.
    pub fn complete(&mut self, kept: Vec<AwayRoom>) {
        for room in kept {
            match self.rooms.iter_mut().find(|own| own.name.as_str().eq_ignore_ascii_case(room.name.as_str())) {
                Some(own) => own.complete(room),
                None => self.rooms.push(room),
            }
        }
        self.rooms.retain(|room| !room.counts.is_empty());
        self.rooms.sort_by_key(|room| Reverse(room.counts.weight()));
        let mut all = AwayCounts::default();
        for room in &self.rooms {
            all.add(&room.counts);
            all.givers = all.givers.max(room.counts.givers);
        }
        self.total.raise(&all);
    }
}

impl AwayRoom {
    /// A room of which this is known; `top` are those who gave, with their coins.
    pub fn new(name: &str, counts: AwayCounts, mut top: Vec<(Text, u64)>) -> Self {
        top.retain(|(_, coins)| *coins > 0);
        top.sort_by_key(|(_, coins)| Reverse(*coins));
        top.truncate(NAMED);
        for (name, _) in &mut top {
            *name = Text::new(&clip(name.as_str(), NAME_COLUMNS));
        }
        Self { name: Text::new(name), counts, top, points: Vec::new(), warning: Text::default() }
    }

    fn complete(&mut self, kept: Self) {
        if kept.counts.coins > self.counts.coins {
            self.top = kept.top;
        }
        if self.points.is_empty() {
            self.points = kept.points;
        }
        self.counts.raise(&kept.counts);
    }
}

/// Folds what happens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AwayTally {
    /// Since when nobody looks, by the wall clock.
    since: Timestamp,
    /// The same by the clock of this process.
    #[serde(skip)]
    since_mono: Option<u64>,
    rooms: BTreeMap<String, Counted>,
    others: AwayCounts,
    givers: usize,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Counted {
    counts: AwayCounts,
    /// Name and coins, by who it is.
    givers: BTreeMap<String, (Text, u64)>,
    points: Vec<u64>,
    warning: Text,
}

impl AwayTally {
    /// Nobody looks from now on.
    pub fn new(since: Moment) -> Self {
        Self {
            since: since.wall,
            since_mono: Some(since.mono),
            rooms: BTreeMap::new(),
            others: AwayCounts::default(),
            givers: 0,
        }
    }

    /// Since when nobody looks, by the wall clock.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Adds what happened in a room, whose mirror has applied it; its rows are those at or after `from`.
    pub fn add(&mut self, tallied: &TalliedEvent, name: &str, room: &Room, from: Seq) {
        let event = &tallied.event;
        if event.history {
            return;
        }
        let mut nameless = Counted::default();
        let is_known = self.rooms.contains_key(name) || self.rooms.len() < MAX_ROOMS;
        let counted = if is_known { self.rooms.entry(name.to_owned()).or_default() } else { &mut nameless };
        if let Some(tally) = tallied.tally {
            let coins = tally.diamonds.unwrap_or(0);
            counted.counts.coins = counted.counts.coins.saturating_add(coins);
            if let (1.., EventKind::Gift(gift)) = (tally.added, &event.kind) {
                let who = person(&gift.from);
                if counted.givers.contains_key(&who) || self.givers < MAX_GIVERS {
                    let named = || (Text::new(&clip(gift.from.name(), NAME_COLUMNS)), 0);
                    let before = counted.givers.len();
                    let giver = counted.givers.entry(who).or_insert_with(named);
                    giver.1 = giver.1.saturating_add(coins);
                    self.givers += counted.givers.len() - before;
                }
            }
        }
        match event.kind.as_own() {
            Some(OwnEvent::Live(_)) => counted.counts.begun += 1,
            Some(OwnEvent::State(phase)) if phase.kind == PhaseKind::Ended => counted.counts.ended += 1,
            Some(OwnEvent::Gap(gap)) => {
                let millis = u64::try_from(gap.length.as_millis()).unwrap_or(u64::MAX);
                counted.counts.gaps += 1;
                counted.counts.missed_millis = counted.counts.missed_millis.saturating_add(millis);
            }
            Some(OwnEvent::State(_) | OwnEvent::Info(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
        room.chat.from_seq(from).for_each(|entry| counted.add_row(&entry.line));
        self.others.add(&nameless.counts);
    }

    /// What there is to tell to somebody who looks now.
    pub fn report(&self, now: Moment) -> AwayReport {
        // The monotonic clock stands still while a laptop sleeps, the other one can be set.
        let by_wall = u64::try_from(now.wall.0.saturating_sub(self.since.0)).unwrap_or(0);
        let by_mono = self.since_mono.map_or(0, |since| now.mono.saturating_sub(since));
        let mut rooms: Vec<AwayRoom> = self.rooms.iter().map(|(name, counted)| counted.report(name)).collect();
        rooms.retain(|room| !room.counts.is_empty());
        rooms.sort_by_key(|room| Reverse(room.counts.weight()));
        let mut total = self.others.clone();
        for room in &rooms {
            total.add(&room.counts);
        }
        let mut people: Vec<&String> = self.rooms.values().flat_map(|room| room.givers.keys()).collect();
        people.sort_unstable();
        people.dedup();
        total.givers = people.len() as u64;
        AwayReport { millis: by_wall.max(by_mono), total, rooms }
    }
}

impl Counted {
    fn add_row(&mut self, line: &LogLine) {
        let counts = &mut self.counts;
        match line {
            LogLine::Chat { .. } | LogLine::Emote { .. } => counts.comments += 1,
            LogLine::Follow(_) => counts.follows += 1,
            LogLine::Subscribe { .. } => counts.subscribes += 1,
            LogLine::Question { .. } => counts.questions += 1,
            LogLine::Battle(news) => match &**news {
                BattleNews::Over { result, points } => {
                    match result {
                        Some(BattleResult::Won) => counts.won += 1,
                        Some(BattleResult::Lost) => counts.lost += 1,
                        Some(BattleResult::Draw) | None => counts.drawn += 1,
                    }
                    self.points = points.iter().copied().take(8).collect();
                }
                BattleNews::CutShort { .. } => counts.drawn += 1,
                _ => {}
            },
            line if line.is_warning() => {
                counts.warnings += 1;
                let words = match line {
                    LogLine::Moderation(moderation) => {
                        let words = [&moderation.text, &moderation.reason, &moderation.scene];
                        words.into_iter().find(|words| !words.is_empty()).map_or("", Text::as_str)
                    }
                    LogLine::Notice { text, .. } => text.as_str(),
                    _ => "the live is suspended",
                };
                self.warning = Text::new(&clip(words, WARNING_COLUMNS));
            }
            _ => {}
        }
    }

    fn report(&self, name: &str) -> AwayRoom {
        let counts = AwayCounts { givers: self.givers.len() as u64, ..self.counts.clone() };
        let top = self.givers.values().cloned().collect();
        AwayRoom { points: self.points.clone(), warning: self.warning.clone(), ..AwayRoom::new(name, counts, top) }
    }
}

/// Who somebody is: their number, else their handle.
fn person(viewer: &Viewer) -> String {
    viewer.id.map_or_else(|| format!("@{}", viewer.unique_id), |id| id.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::events::{Chat, Follow, Gap, Phase, RoomEvent};
    use crate::ids::MsgId;

    fn happen(away: &mut AwayTally, room: &mut Room, id: u64, kind: EventKind) {
        let id = kind.is_from_service().then_some(MsgId(id));
        let event = RoomEvent { at: Moment::default(), server_at: None, id, room_id: None, history: false, kind };
        let tallied = TalliedEvent::new(event, None);
        let from = room.chat.next_seq();
        room.apply_tallied(&tallied);
        away.add(&tallied, "ana", room, from);
    }

    #[test]
    fn what_happened_is_folded_and_a_short_absence_is_none() {
        let since = Moment { mono: 1_000, wall: Timestamp(0) };
        let mut away = AwayTally::new(since);
        let mut room = Room::new(10);
        let gap = Gap { from: since, length: Duration::from_secs(5), reason: Text::default() };
        let from = Arc::new(Viewer::default());
        let chat = Chat { from: from.clone(), text: "hi".into(), emotes: vec![], to: None, language: "".into() };
        let kinds = [
            EventKind::State(Phase::new(PhaseKind::Ended)),
            EventKind::Gap(gap),
            EventKind::Chat(chat),
            EventKind::Follow(Follow { from, followers: None }),
        ];
        for (id, kind) in (1..).zip(kinds) {
            happen(&mut away, &mut room, id, kind);
        }
        assert!(!away.report(since + Duration::from_secs(30)).is_worth_telling());
        let report = away.report(since + Duration::from_secs(90));
        assert!(report.is_worth_telling());
        let AwayCounts { ended, gaps, missed_millis, comments, follows, .. } = report.total;
        assert_eq!((report.millis, ended, gaps, missed_millis, comments, follows), (90_000, 1, 1, 5_000, 1, 1));
        assert_eq!(report.rooms.iter().map(|room| room.name.as_str()).collect::<Vec<_>>(), ["ana"]);
        assert!(!AwayTally::new(since).report(since + Duration::from_secs(90)).is_worth_telling(), "nothing happened");
    }

    #[test]
    fn an_absence_goes_on_over_another_process() {
        let since = Moment { mono: 1_000, wall: Timestamp(5_000) };
        let mut away = AwayTally::new(since);
        let mut room = Room::new(10);
        let follow = EventKind::Follow(Follow { from: Arc::new(Viewer::default()), followers: None });
        happen(&mut away, &mut room, 1, follow);
        let kept = serde_json::to_string(&away).unwrap();
        let away: AwayTally = serde_json::from_str(&kept).unwrap();
        let report = away.report(Moment { mono: 10, wall: Timestamp(3_605_000) });
        assert_eq!((report.millis, report.total.follows), (3_600_000, 1));
        // A clock that was set back makes nothing long.
        assert_eq!(away.report(Moment { mono: 10, wall: Timestamp(0) }).millis, 0);
    }

    #[test]
    fn what_was_kept_elsewhere_fills_up_and_counts_nothing_twice() {
        let since = Moment { mono: 1_000, wall: Timestamp(5_000) };
        let mut away = AwayTally::new(since);
        let mut room = Room::new(10);
        for id in 1..=2 {
            happen(
                &mut away,
                &mut room,
                id,
                EventKind::Follow(Follow { from: Arc::new(Viewer::default()), followers: None }),
            );
        }
        let mut report = away.report(since + Duration::from_secs(90));
        let of = |coins, follows| AwayCounts { coins, follows, givers: 1, ..AwayCounts::default() };
        let ben = vec![(Text::new("ben"), 30), (Text::new("nobody"), 0)];
        report.complete(vec![AwayRoom::new("Ana", of(30, 1), ben), AwayRoom::new("kenji", of(5_000, 0), vec![])]);
        let told: Vec<_> =
            report.rooms.iter().map(|room| (room.name.as_str(), room.counts.coins, room.counts.follows)).collect();
        assert_eq!(told, [("kenji", 5_000, 0), ("ana", 30, 2)]);
        assert_eq!((report.total.coins, report.total.follows, report.total.givers), (5_030, 2, 1));
        assert_eq!(report.rooms[1].top, [(Text::new("ben"), 30)]);
        let before = report.clone();
        report.complete(before.rooms.clone());
        assert_eq!(report, before, "the same once more is nothing new");
    }
}
