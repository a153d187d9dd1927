//! Monitor of one's own streams beside the events: begins with each live, ends with it, and makes lines of what it sees.

use std::collections::HashMap;

use tokio::sync::mpsc;

use crate::clock::Moment;
use crate::config::MonitorConfig;
use crate::events::json::{self, LineContext};
use crate::events::{OwnEvent, Phase, PhaseKind};
use crate::ids::{RoomId, RoomKey};
use crate::record::{MonitorState, RecorderCommand, RecorderUpdate, RecordingJob};
use crate::text::Text;

/// Monitors of the rooms whose events are printed.
pub(super) struct StreamMonitors {
    config: MonitorConfig,
    commands: mpsc::Sender<RecorderCommand>,
    updates: mpsc::Receiver<RecorderUpdate>,
    /// The live of each room that was asked for last.
    monitored: HashMap<RoomKey, RoomId>,
    states: HashMap<RoomKey, MonitorState>,
}

impl StreamMonitors {
    pub(super) fn new(
        config: MonitorConfig,
        commands: mpsc::Sender<RecorderCommand>,
        updates: mpsc::Receiver<RecorderUpdate>,
    ) -> Self {
        Self { config, commands, updates, monitored: HashMap::new(), states: HashMap::new() }
    }

    /// The next update; waits for ever where there is no recorder any more. Cancel-safe.
    pub(super) async fn next(&mut self) -> RecorderUpdate {
        match self.updates.recv().await {
            Some(update) => update,
            None => std::future::pending().await,
        }
    }

    /// A live is on.
    pub(super) fn live(&mut self, room: RoomKey, name: &str, room_id: RoomId) {
        if !self.config.covers(name, Some(room_id)) || self.monitored.insert(room, room_id) == Some(room_id) {
            return;
        }
        let (host, title) = (Text::from(name.trim_start_matches('@')), Text::default());
        self.send(RecorderCommand::Monitor(RecordingJob { room, room_id, host, title, quality: None }));
    }

    /// What an event says of a live.
    pub(super) fn follow(&mut self, room: RoomKey, name: &str, event: &OwnEvent<'_>) {
        match event {
            OwnEvent::Live(live) => self.live(room, name, live.room_id),
            OwnEvent::State(Phase { kind, .. }) if self.monitored.contains_key(&room) => match kind {
                PhaseKind::Ended => self.send(RecorderCommand::LiveEnded(room)),
                PhaseKind::Paused => self.send(RecorderCommand::LivePaused(room, true)),
                PhaseKind::Live => self.send(RecorderCommand::LivePaused(room, false)),
                _ => {}
            },
            _ => {}
        }
    }

    /// A line for an update where faults began or ended, or where there is something else to know.
    pub(super) fn line(
        &mut self,
        room: RoomKey,
        ctx: &LineContext<'_>,
        at: Moment,
        monitor: &MonitorState,
    ) -> Option<String> {
        let before = self.states.insert(room, monitor.clone()).unwrap_or_default();
        let changed = !monitor.begun_since(&before).is_empty() || !before.begun_since(monitor).is_empty();
        if !changed && monitor.note == before.note {
            return None;
        }
        let faults: Vec<_> = monitor.faults.iter().map(|fault| (fault.kind.to_string(), fault.seconds)).collect();
        Some(json::monitor_line(ctx, at, monitor.quality.as_str(), monitor.rate, &faults, monitor.note.as_str()))
    }

    /// A queue that is full holds as many wishes as there are rooms: nobody waits.
    fn send(&self, command: RecorderCommand) {
        let _ = self.commands.try_send(command);
    }
}
