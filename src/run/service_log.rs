//! Log of the service: what befalls its rooms and recordings, a plain line each.

use std::collections::HashMap;

use tokio::sync::{broadcast, mpsc};

use crate::daemon::RecordingNews;
use crate::events::OwnEvent;
use crate::ids::RoomKey;
use crate::record::RecorderUpdate;
use crate::text::Text;
use crate::track::{RoomUpdate, TrackerUpdate};
use crate::tui;

/// Turns news into lines.
#[derive(Debug)]
pub(super) struct ServiceLog {
    lines: mpsc::Sender<Text>,
    /// Warnings go on to whoever is attached.
    warnings: broadcast::Sender<Text>,
    /// What the rooms are called.
    names: HashMap<RoomKey, Text>,
}

impl ServiceLog {
    pub(super) fn new(lines: mpsc::Sender<Text>, warnings: broadcast::Sender<Text>) -> Self {
        Self { lines, warnings, names: HashMap::new() }
    }

    /// Follows until the tracker and the hub have ended.
    pub(super) async fn run(
        mut self,
        mut updates: mpsc::Receiver<TrackerUpdate>,
        mut recordings: broadcast::Receiver<RecordingNews>,
        mut warnings: mpsc::Receiver<Text>,
    ) {
        let (mut tracks, mut records, mut warns) = (true, true, true);
        while tracks || records {
            tokio::select! {
                update = updates.recv(), if tracks => match update {
                    Some(TrackerUpdate::Room(key, news)) => self.tracked(key, news),
                    Some(_) => {}
                    None => tracks = false,
                },
                news = recordings.recv(), if records => match news {
                    Ok(news) => self.recorded(&news),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => records = false,
                },
                warning = warnings.recv(), if warns => match warning {
                    Some(warning) => {
                        // Nobody attached is no fault.
                        let _ = self.warnings.send(warning.clone());
                        self.push(warning);
                    }
                    None => warns = false,
                },
            }
        }
    }

    fn tracked(&mut self, key: RoomKey, news: RoomUpdate) {
        match news {
            RoomUpdate::Added { label } => {
                let name = label.as_str().trim_start_matches('@').to_owned();
                self.push(Text::from(format_args!("@{name}: added")));
                self.names.insert(key, Text::new(&name));
            }
            RoomUpdate::Removed { .. } => {
                let name = self.names.remove(&key).unwrap_or_default();
                self.push(Text::from(format_args!("@{name}: removed")));
            }
            RoomUpdate::Events(events) => {
                for tallied in events.iter() {
                    if let Some(OwnEvent::Info(info)) = tallied.event.kind.as_own()
                        && !info.host.unique_id.is_empty()
                    {
                        self.names.insert(key, info.host.unique_id.clone());
                    }
                    let name = self.names.get(&key).map(Text::as_str).unwrap_or_default();
                    if let Some(words) = tui::event_words(&format!("@{name}"), &tallied.event) {
                        self.push(Text::new(&words));
                    }
                }
            }
            RoomUpdate::Raw(_)
            | RoomUpdate::Frame(_)
            | RoomUpdate::Lagged(_)
            | RoomUpdate::Snapshot(_)
            | RoomUpdate::Summary(_) => {}
        }
    }

    fn recorded(&mut self, news: &RecordingNews) {
        if let RecorderUpdate::Recording { recording, .. } = &news.update
            && let Some(words) = tui::recording_words(&format!("@{}", news.room), recording)
        {
            self.push(Text::new(&words));
        }
    }

    fn push(&self, line: Text) {
        tracing::info!("{line}");
        // Whoever prints cannot keep up: the log file has the line.
        let _ = self.lines.try_send(line);
    }
}
