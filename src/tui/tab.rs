//! Tab of one tracked room: the mirror, and where the person is in it.

use crate::clock::Moment;
use crate::events::PhaseKind;
use crate::ids::{RoomId, RoomKey, Target};
use crate::record::RecordingState;
use crate::room::{BattlePhase, LogLine, Room, Seq};
use crate::text::Text;

use super::panes::gifts::StreakMark;
use super::widgets::feed::Anchor;

/// Entries kept of a room that nobody looks at.
pub(super) const BACKGROUND_LOG: usize = 2_000;
/// Entries kept of the room on the screen.
pub(super) const FOCUS_LOG: usize = 20_000;
/// A finished battle stays on the screen this long, in seconds.
const BATTLE_LINGERS: u64 = 60;

/// A room on the screen.
#[derive(Clone, Debug)]
pub(super) struct Tab {
    pub(super) key: RoomKey,
    /// What was typed; its name until the host is known.
    pub(super) label: Text,
    /// The mirror of the room.
    pub(super) room: Room,
    /// What the chat pane shows.
    pub(super) anchor: Anchor,
    /// The row at the top of the gifts pane; nothing while it shows the newest.
    pub(super) gifts_top: Option<StreakMark>,
    /// Comments, questions and gifts since the person last looked.
    pub(super) unread: u64,
    /// Updates were lost and a snapshot was asked for.
    pub(super) lagged: bool,
    /// Snapshots taken so far: what was wrapped before one is worth nothing after it.
    pub(super) snapshots: u64,
    /// Where its recording stands.
    pub(super) recording: Option<RecordingState>,
}

impl Tab {
    /// A room of which nothing is known yet.
    pub(super) fn new(key: RoomKey, label: Text) -> Self {
        Self {
            key,
            label,
            room: Room::new(BACKGROUND_LOG),
            anchor: Anchor::Follow,
            gifts_top: None,
            unread: 0,
            lagged: false,
            snapshots: 0,
            recording: None,
        }
    }

    /// Handle of the host, else what was typed, without the `@`.
    pub(super) fn name(&self) -> &str {
        let handle = &self.room.host.unique_id;
        let name = if handle.is_empty() { &self.label } else { handle };
        name.as_str().trim_start_matches('@')
    }

    /// Whether `target` leads here.
    pub(super) fn is(&self, target: &Target) -> bool {
        match target {
            Target::Host(host) => self.name().eq_ignore_ascii_case(host.as_str()),
            Target::Room(room) => self.room.room_id == Some(*room),
        }
    }

    /// Whether bytes are being written, or are about to be.
    pub(super) fn is_recording(&self) -> bool {
        use RecordingState::{Reconnecting, Running, Starting, Stopping};
        matches!(self.recording, Some(Starting | Running { .. } | Reconnecting { .. } | Stopping))
    }

    /// The live to record, unless it is known to be over. Its stream needs no event socket: where that is refused, or nothing
    /// is known yet, the recorder asks the service.
    pub(super) fn live_to_record(&self) -> Option<RoomId> {
        self.room.room_id.filter(|_| !matches!(self.room.phase.kind, PhaseKind::Offline | PhaseKind::Ended))
    }

    /// Whether the live is on, as far as is known.
    pub(super) fn is_on_air(&self) -> bool {
        use PhaseKind::{Connecting, Live, Paused, Reconnecting};
        matches!(self.room.phase.kind, Connecting | Live | Paused | Reconnecting)
    }

    /// Whether the battle is worth room on the screen.
    pub(super) fn shows_battle(&self, now: Moment) -> bool {
        self.room.battle.as_ref().is_some_and(|battle| {
            battle.phase != BattlePhase::Over || now.since(battle.phase_since).as_secs() < BATTLE_LINGERS
        })
    }

    /// Counts what came at or after `from` and asks for a look.
    pub(super) fn count_unread(&mut self, from: Seq) {
        let new = self.room.chat.iter().rev().take_while(|entry| entry.seq >= from);
        let asks = |line: &LogLine| {
            matches!(
                line,
                LogLine::Chat { .. } | LogLine::Emote { .. } | LogLine::Gift { .. } | LogLine::Question { .. }
            )
        };
        self.unread += new.filter(|entry| !entry.history && asks(&entry.line)).count() as u64;
    }
}
