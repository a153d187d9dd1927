//! Places of recordings, told to the history: a recording that was made elsewhere than in the folder of the settings is found from
//! what was said, too. A look at the recorder's news as they pass.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::history::{HistoryFolder, note_recording};
use crate::record::{RecorderUpdate, RecordingState, described_live};

/// News that may wait for their reader.
const QUEUE: usize = 256;

/// Tells the history where recordings lie.
#[derive(Debug)]
pub struct RecordedPlaces {
    folder: HistoryFolder,
    /// Files of recordings that are being told, or were.
    told: HashSet<PathBuf>,
    telling: JoinSet<Option<PathBuf>>,
}

impl RecordedPlaces {
    /// Tells the history in a folder.
    pub fn new(folder: HistoryFolder) -> Self {
        Self { folder, told: HashSet::new(), telling: JoinSet::new() }
    }

    /// Hears of a recording. One whose description or live is not kept yet is told with its next news.
    pub fn note(&mut self, state: &RecordingState) {
        while let Some(failed) = self.telling.try_join_next() {
            failed.ok().flatten().map(|file| self.told.remove(&file));
        }
        let (RecordingState::Running { file, .. } | RecordingState::Done { file, .. }) = state else { return };
        if self.told.insert(file.clone()) {
            let (folder, file) = (self.folder.clone(), file.clone());
            self.telling.spawn_blocking(move || (!tell(&folder, &file)).then_some(file));
        }
    }

    /// Waits until all of it is told.
    pub async fn finish(mut self) {
        while self.telling.join_next().await.is_some() {}
    }

    /// Hears of what passes. The queue that comes back ends with `news`.
    pub fn watch(mut self, mut news: mpsc::Receiver<RecorderUpdate>) -> mpsc::Receiver<RecorderUpdate> {
        let (passed, queue) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            while let Some(update) = news.recv().await {
                if let RecorderUpdate::Recording { recording, .. } = &update {
                    self.note(recording);
                }
                if passed.send(update).await.is_err() {
                    break;
                }
            }
            self.finish().await;
        });
        queue
    }
}

/// Tells the history of one recording; whether it is told.
fn tell(folder: &HistoryFolder, file: &Path) -> bool {
    let Some((description, live)) = described_live(file) else { return false };
    note_recording(folder, live.0, &description).unwrap_or_else(|error| {
        tracing::debug!("{}: not told to the history: {error}", file.display());
        false
    })
}
