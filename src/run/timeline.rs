//! Timeline of what is replayed: a capture is looked through once beside the replay, a history knows its moments already.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::events::{EventKind, Host};
use crate::history::{HistoryFolder, HistoryReader, LiveEvents};
use crate::ids::RoomKey;
use crate::room::{Room, RoomMarkKind, TalliedEvent};
use crate::text::Text;
use crate::track::{Player, RoomUpdate, Speed, TrackerUpdate};
use crate::tui::{ReplayMark, ReplayTimeline};

/// Updates that may wait for whoever looks through a capture; the capture waits when they are full.
const QUEUE: usize = 1_024;
/// Marks that are kept; beyond it a timeline shows nothing new.
const MOST: usize = 10_000;
/// Updates between two looks of the screen at what was found.
const SOME: u64 = 2_000;
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
        let dear = room.marks.since(before).filter(|mark| matches!(mark.kind, RoomMarkKind::Gift(_)));
        marks.extend(dear.map(|mark| mark_of(mark.at.wall, mark.kind.name(), &mark.kind.words())));
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
            "from the history: {said}; viewers and likes by the minute; joins and battle scores were not kept"
        )),
    }
}
