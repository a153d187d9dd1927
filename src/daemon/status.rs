//! Status of the service: what `serve --status` and `rooms list` print.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::events::{Host, PhaseKind};
use crate::ids::{RoomId, RoomKey, Target};
use crate::record::RecordingState;
use crate::text::Text;

/// How the service stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceStatus {
    /// Its version.
    pub build: Text,
    /// The newest contract that it speaks.
    pub contract: u32,
    /// Its process.
    pub pid: u32,
    /// Since when it runs.
    pub since: Timestamp,
    /// Who is attached, the one who asks included.
    pub attached: u32,
    /// Its rooms, in the order they were added.
    pub rooms: Vec<RoomStatus>,
    /// Signatures left, where somebody counts.
    pub signatures_left: Option<u64>,
    /// The port of its feed, where it has one.
    pub feed_port: Option<u16>,
}

/// How a room stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomStatus {
    /// The handle of the room.
    pub key: RoomKey,
    /// The host, as far as known.
    pub host: Host,
    /// The host's handle, else what was typed, without the `@`.
    pub name: Text,
    /// The current or last live.
    pub room_id: Option<RoomId>,
    /// Title of the live.
    pub title: Text,
    /// Where it stands.
    pub phase: PhaseKind,
    /// Why, in words.
    pub reason: Text,
    /// How many watch.
    pub watching: Option<u64>,
    /// How many entered the live.
    pub entered: Option<u64>,
    /// Followers of the host.
    pub followers: Option<u64>,
    /// When the live began, by TikTok.
    pub started_at: Option<Timestamp>,
    /// Coins given in this live.
    pub coins: u64,
    /// Where its recording stands.
    pub recording: Option<RecordingState>,
}

impl RoomStatus {
    /// Whether bytes are being written, or are about to be.
    pub fn is_recording(&self) -> bool {
        self.recording.as_ref().is_some_and(RecordingState::is_active)
    }

    /// Whether `target` leads here.
    pub fn is(&self, target: &Target) -> bool {
        match target {
            Target::Host(host) => self.name.as_str().eq_ignore_ascii_case(host.as_str()),
            Target::Room(room) => self.room_id == Some(*room),
        }
    }

    /// Whether there is a connection that ends with the service and costs a signature to open anew.
    pub fn is_connected(&self) -> bool {
        matches!(self.phase, PhaseKind::Live | PhaseKind::Paused)
    }
}

impl ServiceStatus {
    /// What ending the service costs, in words; nothing where it costs nothing.
    pub fn cost_of_ending(&self) -> Option<String> {
        let some = |count: usize, one: &str, many: &str| {
            (count > 0).then(|| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") })
        };
        let connected = self.rooms.iter().filter(|room| room.is_connected()).count();
        let recording = self.rooms.iter().filter(|room| room.is_recording()).count();
        let costs = [
            some(self.rooms.len(), "room", "rooms"),
            some(connected, "signature at most to connect anew", "signatures at most to connect anew"),
            some(recording, "recording that is finished and begun anew", "recordings that are finished and begun anew"),
        ];
        let costs: Vec<_> = costs.into_iter().flatten().collect();
        (!costs.is_empty()).then(|| costs.join(", "))
    }
}
