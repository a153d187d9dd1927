//! Count of the bytes that recordings wrote, for whoever shows numbers: a look at the recorder's news as they pass.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use crate::ids::RoomKey;
use crate::record::{RecorderUpdate, RecordingState};

/// News that may wait for their reader.
const QUEUE: usize = 256;

/// The bytes, by room; clones count the same.
#[derive(Clone, Debug, Default)]
pub struct RecordedBytes(Arc<Mutex<BTreeMap<RoomKey, RecordedRoom>>>);

/// What was recorded of one room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordedRoom {
    /// In recordings that are over.
    finished: u64,
    /// In the one that runs.
    running: u64,
    /// Whether one runs.
    pub is_recording: bool,
}

impl RecordedRoom {
    /// All bytes since the program began.
    pub fn bytes(self) -> u64 {
        self.finished.saturating_add(self.running)
    }

    fn note(&mut self, state: &RecordingState) {
        self.is_recording = state.is_active();
        match state {
            RecordingState::Running { bytes, .. }
            | RecordingState::Reconnecting { bytes, .. }
            | RecordingState::Done { bytes, .. } => self.running = *bytes,
            RecordingState::Starting
            | RecordingState::Waiting { .. }
            | RecordingState::Stopping
            | RecordingState::Failed { .. } => {}
        }
        if !self.is_recording {
            self.finished = self.finished.saturating_add(std::mem::take(&mut self.running));
        }
    }
}

impl RecordedBytes {
    /// Counts what passes. The queue that comes back ends with `news`.
    pub fn watch(&self, mut news: mpsc::Receiver<RecorderUpdate>) -> mpsc::Receiver<RecorderUpdate> {
        let (passed, queue) = mpsc::channel(QUEUE);
        let counted = self.clone();
        tokio::spawn(async move {
            while let Some(update) = news.recv().await {
                if let RecorderUpdate::Recording { room, recording } = &update {
                    counted.lock().entry(*room).or_default().note(recording);
                }
                if passed.send(update).await.is_err() {
                    return;
                }
            }
        });
        queue
    }

    /// What was recorded of each room so far.
    pub fn rooms(&self) -> BTreeMap<RoomKey, RecordedRoom> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RoomKey, RecordedRoom>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn recordings_of_a_room_add_up() {
        let done = |bytes| RecordingState::Done { file: "a.mkv".into(), bytes, millis: 1, reason: Text::default() };
        let mut room = RecordedRoom::default();
        room.note(&RecordingState::Starting);
        assert!(room.is_recording);
        room.note(&done(700));
        room.note(&RecordingState::Starting);
        room.note(&done(50));
        assert_eq!((room.bytes(), room.is_recording), (750, false));
    }
}
