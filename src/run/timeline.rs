//! Timeline of what is replayed: a capture is looked through once beside the replay, a history knows its moments already.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::events::{EventKind, Host};
use crate::history::{HistoryFolder, HistoryReader, LiveEvents, MomentRow};
use crate::ids::RoomKey;
use crate::room::{DearGift, Room, RoomMarkKind, TalliedEvent};
use crate::text::Text;
use crate::track::{Player, RoomUpdate, Speed, TrackerUpdate};
use crate::tui::{ReplayMark, ReplayTimeline};

/// Updates that may wait for whoever looks through a capture; the capture waits when they are full.
const QUEUE: usize = 1_024;
/// Marks that are kept; beyond it a timeline shows nothing new.
const MOST: usize = 10_000;
/// Updates between two looks of the screen at what was found.
const SOME: u64 = 2_000;
/// A spike of coins is told so long after its first gift at most.
const SPIKE_MS: i64 = 10_000;
/// Moments of a live that somebody set by hand.
const BY_HAND: usize = 1_000;

/// The timeline of a capture, which grows while it is looked through. Moments that were set by hand come from the history.
pub(super) fn of_capture(capture: PathBuf, history: Option<HistoryFolder>) -> watch::Receiver<Arc<ReplayTimeline>> {
    let (timeline, receiver) = watch::channel(Arc::new(ReplayTimeline::default()));
    tokio::spawn(async move {
        if let Err(error) = look_through(&capture, history, &timeline).await {
            tracing::warn!("no timeline: {error}");
        }
    });
    receiver
}

/// What is found on the way through a capture.
#[derive(Default)]
struct Finder {
    rooms: HashMap<RoomKey, Room>,
    found: ReplayTimeline,
}

async fn look_through(
    capture: &Path,
    history: Option<HistoryFolder>,
    timeline: &watch::Sender<Arc<ReplayTimeline>>,
) -> Result<(), crate::webcast::ServiceError> {
    let player = Player::open(capture).await?;
    let mut updates = player.subscribe(QUEUE, false);
    let playing = player.play(Speed::Max, Duration::ZERO);
    let (mut finder, mut heard) = (Finder::default(), 0_u64);
    while let Some(update) = updates.recv().await {
        let TrackerUpdate::Room(key, news) = update else { continue };
        match news {
            RoomUpdate::Events(events) => finder.add(key, &events),
            RoomUpdate::Snapshot(room) => _ = finder.rooms.insert(key, Room::clone(&room)),
            _ => {}
        }
        heard += 1;
        if heard.is_multiple_of(SOME) {
            timeline.send_replace(Arc::new(finder.found.clone()));
            // The replay itself is looked at meanwhile.
            tokio::task::yield_now().await;
        }
        if timeline.is_closed() {
            return Ok(());
        }
    }
    playing.finish().await;
    let lives: Vec<u64> = finder.rooms.values().filter_map(|room| room.room_id).map(|id| id.0).collect();
    let by_hand = tokio::task::spawn_blocking(move || history.map(|folder| by_hand(&folder, &lives))).await;
    finder.found.marks.extend(by_hand.ok().flatten().unwrap_or_default());
    finder.found.marks.sort_by_key(|mark| mark.at);
    finder.found.is_whole = true;
    timeline.send_replace(Arc::new(finder.found));
    Ok(())
}

impl Finder {
    fn add(&mut self, key: RoomKey, events: &[TalliedEvent]) {
        let many = self.rooms.len() > 1;
        let room = self.rooms.entry(key).or_insert_with(|| Room::new(1));
        for tallied in events {
            let (event, marks) = (&tallied.event, room.marks.count());
            room.apply_tallied(tallied);
            self.found.end = self.found.end.max(event.at.wall);
            if let EventKind::Gap(gap) = &event.kind {
                self.found.gaps.push((gap.from.wall.max(Timestamp(0)), event.at.wall));
            }
            for mark in room.marks.since(marks) {
                let words = words_of(&mark.kind, room);
                let words = if many { format!("{}: {words}", room.host.unique_id) } else { words };
                if self.found.marks.len() < MOST {
                    self.found.marks.push(mark_of(mark.at.wall, mark.kind.name(), &words));
                }
            }
        }
    }
}

fn mark_of(at: Timestamp, by: &str, words: &str) -> ReplayMark {
    ReplayMark { at, by: Text::new(by), words: Text::new(words) }
}

/// Of a battle it is said against whom.
fn words_of(kind: &RoomMarkKind, room: &Room) -> String {
    let others = room.battle.iter().flat_map(|battle| &battle.sides).filter(|side| !side.ours);
    let names: Vec<_> = others.flat_map(|side| &side.hosts).map(host_name).collect();
    match kind {
        RoomMarkKind::BattleBegan | RoomMarkKind::BattleEnded(_) if !names.is_empty() => {
            format!("{} against {}", kind.words(), names.join(", "))
        }
        _ => kind.words(),
    }
}

fn host_name(host: &Host) -> String {
    if host.unique_id.is_empty() { host.nickname.to_string() } else { format!("@{}", host.unique_id) }
}

/// Moments of these lives that nobody finds in a capture: those that somebody set, and words that were waited for.
fn by_hand(folder: &HistoryFolder, lives: &[u64]) -> Vec<ReplayMark> {
    let Ok(reader) = HistoryReader::open(folder) else { return Vec::new() };
    let moments = lives.iter().filter_map(|live| reader.moments(Some(*live), BY_HAND).ok()).flatten();
    let by_hand = moments.filter(|moment| matches!(moment.by.as_str(), "hand" | "keyword"));
    by_hand.map(|moment| mark_of(Timestamp(moment.at), &moment.by, &moment.note)).collect()
}

/// Whether a kept moment is the spike of coins that this gift made: one stop for both.
fn is_spike_of(moment: &MomentRow, at: Timestamp, gift: &DearGift) -> bool {
    let later = moment.at.saturating_sub(at.0);
    moment.by == "gifts" && (0..=SPIKE_MS).contains(&later) && moment.note.contains(gift.by.as_str())
}

/// The timeline of a live as the history holds it.
pub(super) fn of_history(reader: &HistoryReader, told: &LiveEvents) -> ReplayTimeline {
    let gaps = told.events.iter().filter_map(|event| {
        let EventKind::Gap(gap) = &event.kind else { return None };
        Some((gap.from.wall, event.at.wall))
    });
    let gaps = gaps.collect();
    let moments = reader.moments(Some(told.live.id), MOST).unwrap_or_default();
    let mut marks: Vec<_> =
        moments.iter().map(|moment| mark_of(Timestamp(moment.at), &moment.by, &moment.note)).collect();
    // Dear gifts are no moments of their own in the history: its gifts tell of them.
    let mut room = Room::new(1);
    for event in &told.events {
        let before = room.marks.count();
        room.apply(event);
        for mark in room.marks.since(before) {
            let (RoomMarkKind::Gift(gift) | RoomMarkKind::Coins { gift: Some(gift), .. }) = &mark.kind else {
                continue;
            };
            if !moments.iter().any(|moment| is_spike_of(moment, mark.at.wall, gift)) {
                marks.push(mark_of(mark.at.wall, mark.kind.name(), &gift.words()));
            }
        }
    }
    marks.sort_by_key(|mark| mark.at);
    let said = if told.lines < told.live.chats {
        format!("{} of {} comments, gifts", told.lines, told.live.chats)
    } else {
        "comments, gifts".to_owned()
    };
    ReplayTimeline {
        end: Timestamp(told.live.last_at),
        is_whole: true,
        marks,
        gaps,
        source: Text::from(format_args!(
            "from the history: {said}; viewers and likes by the minute; like totals, joins and battle scores were not kept"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, Moment};
    use crate::events::{Gift, Info, LiveStart, Phase, PhaseKind, RoomEvent, Viewer};
    use crate::history::{HistoryOptions, HistoryRecorder};
    use crate::ids::{GiftFacts, RoomId, UserId};
    use crate::room::Applied;

    #[test]
    fn a_dear_gift_of_a_kept_live_is_one_stop_that_names_its_giver_and_what_nobody_counted_is_not_zero() {
        const BEGAN: i64 = 1_700_000_000_000;
        let dir = tempfile::tempdir().unwrap();
        let folder = HistoryFolder::new(dir.path());
        let mut recorder =
            HistoryRecorder::start(&folder, HistoryOptions::default(), Clock::system(), |_| (), None).unwrap();
        let (key, mut room) = (RoomKey(1), Room::new(10));
        recorder.added(key, &"@ana".into());
        let mut tell = |seconds: u64, kind| {
            let at = Moment { mono: 0, wall: Timestamp(BEGAN) } + Duration::from_secs(seconds);
            let event = RoomEvent::new(at, kind);
            let Applied::Fresh(tally) = room.apply(&event) else { panic!("{event:?}") };
            recorder.events(key, &[TalliedEvent::new(event, tally)]);
        };
        tell(0, EventKind::Live(LiveStart { room_id: RoomId(73), live_seq: 1 }));
        let host = Host { unique_id: "ana".into(), ..Host::default() };
        tell(0, EventKind::Info(Box::new(Info { host, likes: Some(9), ..Info::default() })));
        tell(0, EventKind::State(Phase::new(PhaseKind::Live)));
        for (seconds, id, name, price) in [(20, 5, "Mia", 1_000), (60, 6, "Joon", 600), (90, 6, "Joon", 5)] {
            let from = Arc::new(Viewer { id: Some(UserId(id)), nickname: name.into(), ..Viewer::default() });
            let facts = GiftFacts { name: "Galaxy".into(), diamonds: Some(price), kind: 2, ..GiftFacts::default() };
            let gift = Gift { from, to: None, gift: Arc::new(facts), count: 1, group: 0, coins: None, ends: true };
            tell(seconds, EventKind::Gift(Box::new(gift)));
        }
        recorder.finish().unwrap();
        let reader = HistoryReader::open(&folder).unwrap();
        let told = reader.live_events(73).unwrap().unwrap();
        let timeline = of_history(&reader, &told);
        let stops: Vec<_> = timeline.marks.iter().map(|mark| (mark.at.0 - BEGAN, mark.words.as_str())).collect();
        assert_eq!(stops, [(20_000, "Mia gave Galaxy, 1000 coins"), (60_000, "Joon gave Galaxy, 600 coins")]);
        let mut replayed = Room::new(10);
        told.events.iter().for_each(|event| _ = replayed.apply(event));
        assert_eq!((replayed.stats.coins, replayed.stats.likes), (1_605, None));
    }
}
