//! List of the rooms on disk, so that they return after a crash or a reboot: written whole, and put in its place by a rename.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::served_room::ServedRoom;
use crate::clock::{Moment, Timestamp};
use crate::config::RecordRule;
use crate::events::PhaseKind;
use crate::ids::{RoomId, Target};
use crate::room::AwayTally;

/// Longest list that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedRooms {
    /// In the order they were added.
    pub rooms: Vec<SavedRoom>,
}

/// A room of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedRoom {
    /// As somebody would type it.
    pub name: String,
    /// The last live.
    pub room_id: Option<RoomId>,
    /// When it was last seen, where it was on when the list was written.
    pub seen: Option<Timestamp>,
    /// When it is recorded, as somebody said.
    pub rule: Option<RecordRule>,
    /// It was being recorded.
    pub recording: bool,
}

impl SavedRoom {
    fn of(served: &ServedRoom, now: Moment) -> Self {
        let host = &served.room.host.unique_id;
        let name = if host.is_empty() { served.label.to_string() } else { format!("@{host}") };
        let is_connected = matches!(served.room.phase.kind, PhaseKind::Live | PhaseKind::Paused);
        let is_on = is_connected || matches!(served.room.phase.kind, PhaseKind::Connecting | PhaseKind::Reconnecting);
        let seen = if is_connected { Some(now.wall) } else { served.last_seen };
        let (room_id, rule, recording) = (served.room.room_id, served.rules.rule, served.is_recording());
        Self { name, room_id, seen: seen.filter(|_| is_on), rule, recording }
    }

    /// What to track; nothing where the list was spoiled.
    pub fn target(&self) -> Option<Target> {
        self.name.parse().ok()
    }
}

/// Reads what [`write_json`] wrote; the default where there is nothing.
fn read_json<T: Default + DeserializeOwned>(path: &Path) -> io::Result<T> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(error),
        Ok(file) if file.len() > MAX_BYTES => return Err(io::Error::other("it is too long to be ours")),
        Ok(_) => {}
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Writes a file whole, for the user alone, and puts it in its place by a rename.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    serde_json::to_writer(&mut file, value)?;
    file.flush()?;
    // A power cut after the rename must not find an empty file.
    file.sync_data()?;
    fs::rename(new, path)
}

/// What happened since each user last looked, as it was kept when the service last ended.
pub fn read_absences(path: &Path) -> io::Result<BTreeMap<u32, AwayTally>> {
    read_json(path)
}

impl SavedRooms {
    /// Reads the list; an empty one where there is none.
    pub fn read(path: &Path) -> io::Result<Self> {
        read_json(path)
    }

    /// Puts the list in its place.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        write_json(path, self)
    }

    /// What is to be written, where it differs from what was.
    pub(super) fn refresh<'r>(&mut self, rooms: impl Iterator<Item = &'r ServedRoom>, now: Moment) -> Option<Self> {
        let rooms = rooms.map(|room| SavedRoom::of(room, now)).collect();
        if self.rooms == rooms {
            return None;
        }
        self.rooms = rooms;
        Some(self.clone())
    }
}
