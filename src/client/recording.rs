//! Handle of a recording of a live, from its start to its file.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Client, Error};
use crate::ids::RoomKey;
use crate::record::{self, Recorder, RecorderCommand, RecorderUpdate, RecordingJob};
use crate::text::Text;

/// Words that may wait on either side.
const QUEUE: usize = 64;

/// A running recording. It ends when it is dropped; [`Recording::stop`] waits for its file.
#[derive(Debug)]
pub struct Recording {
    room: RoomKey,
    recorder: Recorder,
    commands: mpsc::Sender<RecorderCommand>,
    updates: mpsc::Receiver<RecorderUpdate>,
}

/// A finished recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecordedFile {
    /// The file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// How much of the live is in it.
    pub length: Duration,
    /// Why it ended: asked for, the live ended, …
    pub reason: Text,
}

impl Recording {
    pub(super) async fn start(
        client: &Client,
        settings: record::RecorderSettings,
        job: RecordingJob,
    ) -> Result<Self, Error> {
        let (commands, inbox) = mpsc::channel(QUEUE);
        let (outbox, updates) = mpsc::channel(QUEUE);
        let recorder = record::spawn(client.service.clone(), settings, client.clock.clone(), inbox, outbox);
        let recording = Self { room: job.room, recorder, commands, updates };
        recording.send(RecorderCommand::Start(job)).await?;
        Ok(recording)
    }

    /// Where to tell it of the live, as long as it lasts.
    pub(super) fn commands(&self) -> mpsc::WeakSender<RecorderCommand> {
        self.commands.downgrade()
    }

    /// Where it stands, each time that changes; twice a second at most. Nothing after its end. Cancel-safe.
    pub async fn next(&mut self) -> Option<record::RecordingState> {
        loop {
            // Nothing else was asked for.
            if let RecorderUpdate::Recording { recording, .. } = self.updates.recv().await? {
                return Some(recording);
            }
        }
    }

    /// Ends it and waits until its file is closed, which takes ffmpeg a second or so.
    pub async fn stop(self) -> Result<RecordedFile, Error> {
        self.send(RecorderCommand::Stop(self.room)).await?;
        self.finished().await
    }

    /// Waits until it ends by itself: with the live, or because it broke.
    pub async fn finished(mut self) -> Result<RecordedFile, Error> {
        let ended = loop {
            match self.next().await {
                Some(record::RecordingState::Done { file, bytes, millis, reason }) => {
                    break Ok(RecordedFile { file, bytes, length: Duration::from_millis(millis), reason });
                }
                Some(record::RecordingState::Failed { reason, .. }) => break Err(Error::Recording(reason)),
                Some(_) => {}
                None => break Err(lost()),
            }
        };
        self.recorder.finish().await;
        ended
    }

    async fn send(&self, command: RecorderCommand) -> Result<(), Error> {
        self.commands.send(command).await.map_err(|_| lost())
    }
}

fn lost() -> Error {
    Error::Recording("the recorder is gone".into())
}
