//! Bounded queues to the subscribers of a tracker.
//!
//! A room's task never waits for a reader. A reader that is too slow loses batches of events, never an `Added` or a
//! `Removed`, and hears what it lost before it hears anything newer of that room.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::update::{Lost, RoomUpdate, TrackerUpdate};
use crate::clock::Moment;
use crate::events::{OwnEvent, PhaseKind};
use crate::ids::RoomKey;
use crate::room::TalliedEvent;

/// Updates that one line of a capture brings at most, but for a response that is mostly broken.
const MAX_UPDATES_PER_LINE: usize = 64;

/// What a reader hears beside the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SubscriberOptions {
    /// The messages behind the events.
    pub(super) messages: bool,
    /// The bodies of the responses.
    pub(super) frames: bool,
}

/// All readers of a tracker.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscribers(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    subscribers: Mutex<Vec<Subscriber>>,
    overflowed: Notify,
}

#[derive(Debug)]
struct Subscriber {
    queue: mpsc::Sender<TrackerUpdate>,
    wants: SubscriberOptions,
    /// What must not be lost and found no place yet. As long as the list of rooms, at most.
    waiting: VecDeque<TrackerUpdate>,
    lost: BTreeMap<RoomKey, Lost>,
}

impl Subscribers {
    /// Adds a reader with room for `capacity` updates.
    pub(super) fn subscribe(&self, capacity: usize, wants: SubscriberOptions) -> mpsc::Receiver<TrackerUpdate> {
        let (queue, updates) = mpsc::channel(capacity);
        self.lock().push(Subscriber { queue, wants, waiting: VecDeque::new(), lost: BTreeMap::new() });
        updates
    }

    /// Whether anybody wants the bytes behind the events.
    pub(super) fn wants(&self) -> SubscriberOptions {
        let subscribers = self.lock();
        let anybody =
            |wants: fn(&SubscriberOptions) -> bool| subscribers.iter().any(|subscriber| wants(&subscriber.wants));
        SubscriberOptions { messages: anybody(|wants| wants.messages), frames: anybody(|wants| wants.frames) }
    }

    /// Sends news of a room to every reader. Never waits.
    pub(super) fn publish_room(&self, room: RoomKey, news: RoomUpdate, now: Moment) {
        self.publish(&TrackerUpdate::Room(room, news), now);
    }

    /// Sends an update to every reader. Never waits.
    pub(super) fn publish(&self, update: &TrackerUpdate, now: Moment) {
        let mut subscribers = self.lock();
        subscribers.retain(|subscriber| !subscriber.queue.is_closed());
        for subscriber in subscribers.iter_mut() {
            let wanted = match update {
                TrackerUpdate::Room(_, RoomUpdate::Raw(_)) => subscriber.wants.messages,
                TrackerUpdate::Room(_, RoomUpdate::Frame(_)) => subscriber.wants.frames,
                _ => true,
            };
            if !wanted {
                continue;
            }
            if !subscriber.offer(update.clone(), now) {
                self.0.overflowed.notify_one();
            }
        }
    }

    /// Returns when every reader has room for what one line of a capture can bring. For replays: a live never waits.
    pub(super) async fn wait_for_space(&self) {
        let queues: Vec<_> = self.lock().iter().map(|subscriber| subscriber.queue.clone()).collect();
        for queue in queues {
            // An error says that the reader is gone, who needs no room.
            drop(queue.reserve_many(MAX_UPDATES_PER_LINE.min(queue.max_capacity())).await);
        }
    }

    /// Returns when a reader began to lag.
    pub(super) async fn overflowed(&self) {
        self.0.overflowed.notified().await;
    }

    /// Whether a reader is still owed something.
    pub(super) fn owes(&self) -> bool {
        self.lock().iter().any(|subscriber| !subscriber.lost.is_empty() || !subscriber.waiting.is_empty())
    }

    /// Tells readers that lagged what they lost, as far as they have room again.
    pub(super) fn send_owed(&self) {
        for subscriber in self.lock().iter_mut() {
            subscriber.send_owed();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Subscriber>> {
        self.0.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber {
    /// Whether the reader got it.
    fn offer(&mut self, update: TrackerUpdate, now: Moment) -> bool {
        let refused = if self.send_owed() {
            match self.queue.try_send(update) {
                Ok(()) | Err(TrySendError::Closed(_)) => return true,
                Err(TrySendError::Full(update)) => update,
            }
        } else {
            update
        };
        match &refused {
            TrackerUpdate::Health(_) => {
                self.waiting.retain(|update| !matches!(update, TrackerUpdate::Health(_)));
                self.waiting.push_back(refused);
            }
            TrackerUpdate::Room(room, news) => match news {
                RoomUpdate::Events(batch) => self.lost.entry(*room).or_default().add(batch, now),
                // The bytes of a batch that is counted as lost already.
                RoomUpdate::Raw(_) => {}
                // A lagging mirror asks for a newer one anyway; of lost bytes only the loss can be kept.
                RoomUpdate::Snapshot(_) | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {
                    self.lost.entry(*room).or_default().begin(now);
                }
                RoomUpdate::Added { .. } | RoomUpdate::Removed { .. } | RoomUpdate::Lagged(_) => {
                    if matches!(news, RoomUpdate::Removed { .. }) {
                        self.lost.remove(room);
                    }
                    self.waiting.push_back(refused);
                }
            },
        }
        false
    }

    /// Sends what is owed; true when nothing is owed any more.
    fn send_owed(&mut self) -> bool {
        // An `Added` first: what was lost of a room means nothing to a reader who does not know the room.
        while let Some(update) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(update)) = self.queue.try_send(update) {
                self.waiting.push_front(update);
                return false;
            }
        }
        while let Some((room, lost)) = self.lost.pop_first() {
            if self.queue.try_send(TrackerUpdate::Room(room, RoomUpdate::Lagged(lost.clone()))).is_err() {
                self.lost.insert(room, lost);
                return false;
            }
        }
        true
    }
}

impl Lost {
    /// Adds what somebody lost after it.
    #[cfg(feature = "cli")]
    pub(crate) fn merge(&mut self, later: &Self) {
        self.begin(later.from);
        for (kind, count) in &later.events {
            *self.events.entry(kind.clone()).or_default() += count;
        }
        self.gifts = self.gifts.saturating_add(later.gifts);
        self.coins = self.coins.saturating_add(later.coins);
        self.live = later.live.clone().or(self.live.take());
        self.ended |= later.ended;
    }

    fn begin(&mut self, now: Moment) {
        if self.from == Moment::default() {
            self.from = now;
        }
    }

    /// Counts a batch.
    pub(crate) fn add(&mut self, batch: &[TalliedEvent], now: Moment) {
        self.begin(now);
        for tallied in batch {
            *self.events.entry(crate::events::json::type_name(&tallied.event.kind).to_owned()).or_default() += 1;
            match tallied.event.kind.as_own() {
                Some(OwnEvent::Live(live)) => self.live = Some(live.clone()),
                Some(OwnEvent::State(phase)) => self.ended |= phase.kind == PhaseKind::Ended,
                Some(OwnEvent::Gap(_) | OwnEvent::Info(_) | OwnEvent::StreakClosed(_)) | None => {}
            }
            if let Some(tally) = tallied.tally {
                self.gifts = self.gifts.saturating_add(tally.added);
                self.coins = self.coins.saturating_add(tally.diamonds.unwrap_or(0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::Room;
    use crate::text::Text;

    #[tokio::test]
    async fn a_reader_hears_of_a_room_before_its_loss_and_of_no_loss_after_its_end() {
        let subscribers = Subscribers::default();
        let mut updates = subscribers.subscribe(1, SubscriberOptions::default());
        let now = Moment::default();
        let publish = |room, kind| subscribers.publish_room(RoomKey(room), kind, now);
        let label = || RoomUpdate::Added { label: Text::new("@ana") };
        let snapshot = || RoomUpdate::Snapshot(Arc::new(Room::new(1)));
        publish(1, label());
        publish(2, label());
        publish(2, snapshot());
        publish(1, snapshot());
        publish(1, RoomUpdate::Removed { into: None });
        let mut heard = Vec::new();
        while let Ok(update) = updates.try_recv() {
            let TrackerUpdate::Room(room, news) = update else { panic!("{update:?}") };
            heard.push(match news {
                RoomUpdate::Added { .. } => ("added", room.0),
                RoomUpdate::Removed { .. } => ("removed", room.0),
                RoomUpdate::Lagged(_) => ("lagged", room.0),
                _ => ("other", room.0),
            });
            subscribers.send_owed();
        }
        assert_eq!(heard, [("added", 1), ("added", 2), ("removed", 1), ("lagged", 2)]);
    }
}
