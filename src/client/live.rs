//! Handle of a live that is being tracked: what happens in it, in order, and the state that comes of it.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc::{self, WeakSender};

use super::recording::Recording;
use super::{Client, Error};
use crate::events::{EventKind, OwnEvent, PhaseKind, RoomEvent};
use crate::ids::{GiftFacts, RoomId, RoomKey, Target};
use crate::record::{RecorderCommand, RecordingJob};
use crate::room::{Room, TalliedEvent};
use crate::track::{
    KnownRoom, Lost, RawMessage, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate, lookup_to_info, to_info,
};
use crate::webcast::RoomInfo;

/// Entries of the log that the state keeps.
const LOG: usize = 2_000;
/// The tracker's handle of its only room.
const ONLY_ROOM: RoomKey = RoomKey(1);

/// Something a live told.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum LiveEvent {
    /// Something happened; for gifts with what it adds.
    Happened(TalliedEvent),
    /// A message as it came, before its event; only when [`ClientBuilder::raw`](super::ClientBuilder::raw) asked for them.
    Raw(RawMessage),
    /// We were too slow and missed events: what they were. The state catches up by itself.
    Lagged(Lost),
}

/// A tracked live. Ask it for [`Live::next`] all the time: events wait in a bounded queue.
pub struct Live {
    client: Client,
    tracker: Tracker,
    updates: mpsc::Receiver<TrackerUpdate>,
    /// Told by the tracker and not yet asked for: what is left of one update.
    waiting: VecDeque<LiveEvent>,
    state: Room,
    /// The live that the first look-up found.
    room: Option<RoomId>,
    /// Over when the live is.
    once: bool,
    /// There was a gap: backlog is what we missed, not what came before us.
    missed_some: bool,
    over: bool,
    /// Recordings of this live, which hear of its end and its pauses from here.
    recordings: Mutex<Vec<WeakSender<RecorderCommand>>>,
}

impl Live {
    pub(super) async fn open(client: Client, target: Target, known: Option<KnownRoom>, once: bool) -> Self {
        let tracker = client.tracker();
        let updates = tracker.subscribe(client.event_options.queue, client.event_options.raw);
        let mut state = Room::new(LOG);
        let (mut room, mut reported) = (None, None);
        match &known {
            Some(KnownRoom::Lookup(found)) => (room, reported) = (found.room_id, Some(lookup_to_info(found))),
            Some(KnownRoom::Info(info)) => (room, reported) = (Some(info.room_id), Some(to_info(info))),
            None => {}
        }
        // Known before the first event: whoever looks at the state then sees whose live it is.
        if let Some(info) = reported {
            (state.host, state.title) = (info.host, info.title);
        }
        let added = match known {
            Some(known) => tracker.add_known(target, known).await,
            None => tracker.commands().send(TrackerCommand::Add(target)).await.is_ok(),
        };
        Self {
            client,
            tracker,
            updates,
            waiting: VecDeque::new(),
            state,
            room,
            once,
            missed_some: false,
            over: !added,
            recordings: Mutex::default(),
        }
    }

    /// The next event; nothing when the live has ended (never, for one that was [followed](Client::follow)). Cancel-safe.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        while !self.over {
            let Some(event) = self.waiting.pop_front() else {
                let update = self.updates.recv().await?;
                if let TrackerUpdate::Room(_, news) = update {
                    self.receive(news);
                }
                continue;
            };
            if self.apply(&event) {
                return Some(event);
            }
        }
        None
    }

    /// The events as a stream, for programs that combine streams.
    pub fn events(&mut self) -> BoxStream<'_, LiveEvent> {
        stream::unfold(self, async |live| live.next().await.map(|event| (event, live))).boxed()
    }

    /// Takes an update while nothing is waiting, so that a snapshot is as new as the last event that was taken.
    fn receive(&mut self, update: RoomUpdate) {
        match update {
            RoomUpdate::Events(batch) => self.waiting.extend(batch.iter().cloned().map(LiveEvent::Happened)),
            RoomUpdate::Raw(batch) => self.waiting.extend(batch.iter().cloned().map(LiveEvent::Raw)),
            RoomUpdate::Lagged(lost) => self.waiting.push_back(LiveEvent::Lagged(lost)),
            RoomUpdate::Snapshot(room) => self.state = Room::clone(&room),
            RoomUpdate::Removed { .. } => self.over = true,
            RoomUpdate::Added { .. } | RoomUpdate::Frame(_) | RoomUpdate::Summary(_) => {}
        }
    }

    /// Brings the state up to an event; whether it is told.
    fn apply(&mut self, event: &LiveEvent) -> bool {
        match event {
            LiveEvent::Happened(tallied) => {
                self.state.apply(&tallied.event);
                self.track_end(&tallied.event.kind);
                self.notify_recordings(&tallied.event.kind);
                !self.is_before_us(&tallied.event)
            }
            LiveEvent::Lagged(lost) => {
                // A full inbox holds the same wish already.
                let _ = self.tracker.commands().try_send(TrackerCommand::Snapshot(ONLY_ROOM));
                self.over |= self.once && lost.ended;
                true
            }
            LiveEvent::Raw(_) => true,
        }
    }

    /// Notes what matters for what is told, and the end.
    fn track_end(&mut self, kind: &EventKind) {
        match kind.as_own() {
            Some(OwnEvent::Live(_)) => self.missed_some = false,
            Some(OwnEvent::Gap(_)) => self.missed_some = true,
            Some(OwnEvent::State(phase)) => {
                self.over |= self.once && matches!(phase.kind, PhaseKind::Ended | PhaseKind::Offline);
            }
            Some(OwnEvent::Info(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
    }

    /// The events know an end, and a pause, before the stream does.
    fn notify_recordings(&self, kind: &EventKind) {
        let EventKind::State(phase) = kind else { return };
        let command = match phase.kind {
            PhaseKind::Ended => RecorderCommand::LiveEnded(ONLY_ROOM),
            PhaseKind::Paused => RecorderCommand::LivePaused(ONLY_ROOM, true),
            PhaseKind::Live => RecorderCommand::LivePaused(ONLY_ROOM, false),
            _ => return,
        };
        let mut recordings = self.recordings.lock().unwrap_or_else(PoisonError::into_inner);
        recordings.retain(|recording| {
            recording.upgrade().is_some_and(|recording| recording.try_send(command.clone()).is_ok())
        });
    }

    /// Whether this was said before we came in, and is not wanted.
    fn is_before_us(&self, event: &RoomEvent) -> bool {
        event.history && !self.client.event_options.history && !self.missed_some
    }

    /// Everything known of the room, as of the last event that was taken: phase, totals, gifters, battle, log.
    pub fn state(&self) -> &Room {
        &self.state
    }

    /// The live's id, once known.
    pub fn room_id(&self) -> Option<RoomId> {
        self.state.room_id.or(self.room)
    }

    /// What the service knows of the room now.
    pub async fn info(&self) -> Result<RoomInfo, Error> {
        Ok(self.client.service.room_info(self.known_room()?).await?)
    }

    /// The gifts that can be sent here.
    pub async fn gifts(&self) -> Result<Vec<GiftFacts>, Error> {
        Ok(self.client.service.gift_list(self.known_room()?).await?)
    }

    fn known_room(&self) -> Result<RoomId, Error> {
        self.room_id().ok_or_else(|| Error::NotLive("the room has not been found yet".into()))
    }

    /// Looks again, or reconnects, now instead of later.
    pub fn retry(&self) {
        // A full inbox holds the same wish already.
        let _ = self.tracker.commands().try_send(TrackerCommand::Retry(ONLY_ROOM));
    }

    /// Begins to record into a file of `folder`, named after the host and the time. Needs ffmpeg.
    ///
    /// The recording goes on by itself and ends with [`Recording::stop`], with the live, or when it is dropped.
    pub async fn record(&self, folder: impl Into<PathBuf>) -> Result<Recording, Error> {
        let room_id = self.known_room()?;
        let mut host = self.state.host.unique_id.clone();
        let mut title = self.state.title.clone();
        if host.is_empty() {
            let info = self.info().await?;
            host = info.unique_id.map_or(host, |name| name.as_str().into());
            title = info.title;
        }
        let job = RecordingJob { room: ONLY_ROOM, room_id, host, title, quality: None };
        let recording = Recording::start(&self.client, self.client.recorder(folder), job).await?;
        self.recordings.lock().unwrap_or_else(PoisonError::into_inner).push(recording.commands());
        Ok(recording)
    }

    /// Closes the connection and waits until it is closed, two seconds at most. Dropping a live does the same without
    /// waiting.
    pub async fn disconnect(self) {
        self.tracker.finish().await;
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("host", &self.state.host.unique_id)
            .field("room", &self.room_id())
            .field("phase", &self.state.phase.kind)
            .finish_non_exhaustive()
    }
}
