//! Writer of one run's capture: a file for each room, begun with its first frame, cut into parts, the oldest parts given up.
//!
//! A part can be read alone: it begins with the room's name and what we last said about it. What we say about a room
//! (phases, gaps, look-ups) stands between the frames, so that a replay shows what was on the screen then.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::captures_dir::CapturesDir;
use super::private_fs;
use super::run_lock::RunLock;
use crate::clock::Moment;
use crate::events::{EventKind, Gap, Info, OwnEvent, RoomEvent};
use crate::ids::RoomKey;
use crate::text::Text;
use crate::wire::capture::{CaptureLine, frame_of};

/// A part takes at most this share of all bytes, so that giving up the oldest part loses little.
const PARTS_PER_CAPTURE: u64 = 32;
/// Longest name of a room in the name of its file, in characters.
const MAX_NAME: usize = 64;

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CaptureLimits {
    /// Bytes of all captures together, those of earlier runs included.
    pub bytes: u64,
    /// How long a capture is kept.
    pub age: Duration,
}

impl CaptureLimits {
    /// So many bytes of all captures together, each kept so long.
    pub fn new(bytes: u64, age: Duration) -> Self {
        Self { bytes, age }
    }
}

/// What is being captured.
#[derive(Debug)]
pub struct CaptureWriter {
    captures: CapturesDir,
    folder: PathBuf,
    /// Others see that the folder still grows.
    _lock: RunLock,
    limits: CaptureLimits,
    rooms: BTreeMap<RoomKey, CapturedRoom>,
    /// Parts begun so far, by name of the file: a number is not given out again when its part was given up.
    parts: BTreeMap<String, u32>,
    /// Bytes of all captures, as far as we know.
    total: u64,
}

/// A room and what a new part of it begins with.
#[derive(Debug, Default)]
struct CapturedRoom {
    name: Text,
    live: Option<RoomEvent>,
    info: Option<RoomEvent>,
    state: Option<RoomEvent>,
    part: Option<CapturePart>,
}

/// A file that is being written.
#[derive(Debug)]
struct CapturePart {
    path: PathBuf,
    out: BufWriter<File>,
    bytes: u64,
}

impl CaptureWriter {
    /// Begins a capture among `captures`; what the limits no longer allow there is removed.
    pub fn begin(captures: CapturesDir, limits: CaptureLimits, now: Moment) -> io::Result<Self> {
        captures.remove_older(limits.age, now.wall);
        let folder = captures.new_run(now.wall)?;
        let lock = RunLock::hold(&folder)?;
        let mut capture =
            Self { captures, folder, _lock: lock, limits, rooms: BTreeMap::new(), parts: BTreeMap::new(), total: 0 };
        capture.make_space(0)?;
        Ok(capture)
    }

    /// The folder of this run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A room was added; it has no file before its first frame.
    pub fn add(&mut self, room: RoomKey, name: Text) {
        self.rooms.insert(room, CapturedRoom { name, ..CapturedRoom::default() });
    }

    /// A room is gone; its file is done.
    pub fn remove(&mut self, room: RoomKey) -> io::Result<()> {
        self.rooms.remove(&room).and_then(|kept| kept.part).map_or(Ok(()), |mut part| part.out.flush())
    }

    /// The body of a response came.
    pub fn frame(&mut self, room: RoomKey, at: Moment, body: &[u8]) -> io::Result<()> {
        if !body.is_empty() {
            self.write(room, at, &CaptureLine::Frame { t: at.wall.0, bytes: frame_of(body) })?;
        }
        Ok(())
    }

    /// Something happened in a room. Kept is only what cannot be read from its frames again.
    pub fn event(&mut self, room: RoomKey, event: &RoomEvent) -> io::Result<()> {
        if is_ours(event) {
            self.write_own_event(room, event)?;
        }
        Ok(())
    }

    /// What came from `from` to `at` is not in the capture, because of `reason`.
    pub fn lost(&mut self, room: RoomKey, from: Moment, at: Moment, reason: &str) -> io::Result<()> {
        let kind = EventKind::Gap(Gap { from, length: at.since(from), reason: Text::new(reason) });
        self.write_own_event(room, &RoomEvent { at, server_at: None, id: None, room_id: None, history: false, kind })
    }

    /// Hands everything to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.rooms.values_mut().filter_map(|kept| kept.part.as_mut()).try_for_each(|part| part.out.flush())
    }

    /// Lets go of all files, because the disk takes nothing: what comes next begins new ones. The rooms that had one.
    pub fn suspend(&mut self) -> Vec<RoomKey> {
        // What fits is counted anew.
        self.total = 0;
        let mut suspended = Vec::new();
        for (&room, kept) in &mut self.rooms {
            let Some(CapturePart { path, out, .. }) = kept.part.take() else { continue };
            drop(out);
            // A try that failed leaves no empty file behind.
            if std::fs::metadata(&path).is_ok_and(|meta| meta.len() == 0) && std::fs::remove_file(&path).is_ok() {
                self.parts.entry(file_name(&kept.name)).and_modify(|nth| *nth = nth.saturating_sub(1));
            }
            suspended.push(room);
        }
        suspended
    }

    /// Ends the capture; a run that captured nothing leaves nothing.
    pub fn end(mut self) -> io::Result<()> {
        self.flush()?;
        // Fails as long as there is a file in it, which is right.
        drop(std::fs::remove_dir(&self.folder));
        Ok(())
    }

    fn write_own_event(&mut self, room: RoomKey, event: &RoomEvent) -> io::Result<()> {
        let Some(kept) = self.rooms.get_mut(&room) else { return Ok(()) };
        match event.kind.as_own() {
            Some(OwnEvent::Live(_)) => kept.live = Some(event.clone()),
            Some(OwnEvent::Info(_)) => kept.info = Some(event.clone()),
            Some(OwnEvent::State(_)) => kept.state = Some(event.clone()),
            Some(OwnEvent::Gap(_) | OwnEvent::StreakClosed(_)) | None => {}
        }
        if kept.part.is_none() {
            return Ok(());
        }
        self.write(room, event.at, &said(event, event.at))
    }

    /// Writes a line, into a new part where the old one is full.
    fn write(&mut self, room: RoomKey, at: Moment, line: &CaptureLine) -> io::Result<()> {
        let line = line.to_json();
        let size = line.len() as u64 + 1;
        self.make_space(size)?;
        let most = self.limits.bytes / PARTS_PER_CAPTURE;
        let Some(kept) = self.rooms.get_mut(&room) else { return Ok(()) };
        if kept.part.as_ref().is_some_and(|part| part.bytes.saturating_add(size) > most) {
            kept.part.take().map_or(Ok(()), |mut part| part.out.flush())?;
        }
        let begins = kept.part.is_none();
        let CapturedRoom { name, live, info, state, part } = kept;
        let part = match part {
            Some(part) => part,
            none => none.insert(CapturePart::create(&self.folder, name, &mut self.parts)?),
        };
        let before = part.bytes;
        if begins {
            part.line(&CaptureLine::Name { t: at.wall.0, name: name.original().into() }.to_json())?;
            for event in [&live, &info, &state].into_iter().filter_map(|said| said.as_ref()) {
                part.line(&said(event, at).to_json())?;
            }
        }
        part.line(&line)?;
        self.total = self.total.saturating_add(part.bytes - before);
        Ok(())
    }

    /// Gives up the oldest files until `size` bytes more fit; one that is being written goes too when it is the oldest.
    fn make_space(&mut self, size: u64) -> io::Result<()> {
        if self.total > 0 && self.total.saturating_add(size) <= self.limits.bytes {
            return Ok(());
        }
        self.flush()?;
        let kept = self.captures.kept();
        self.total = kept.iter().map(|kept| kept.bytes).sum();
        for old in kept {
            if self.total.saturating_add(size) <= self.limits.bytes {
                break;
            }
            for room in self.rooms.values_mut() {
                room.part.take_if(|part| part.path == old.path);
            }
            if self.captures.remove(&old.path) {
                self.total = self.total.saturating_sub(old.bytes);
            }
        }
        // The folder of this run went with its last file.
        private_fs::make_folder(&self.folder)
    }
}

impl CapturePart {
    /// The next part of a room in `folder`.
    fn create(folder: &Path, name: &Text, parts: &mut BTreeMap<String, u32>) -> io::Result<Self> {
        let name = file_name(name);
        let nth = parts.entry(name.clone()).or_default();
        *nth += 1;
        let path = folder.join(format!("{name}.{nth:04}.jsonl"));
        let file = private_fs::create_file(&path)?;
        Ok(Self { path, out: BufWriter::new(file), bytes: 0 })
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.bytes = self.bytes.saturating_add(line.len() as u64 + 1);
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")
    }
}

/// What a frame does not bring back: our own words, and the mark of a frame that could not be read.
fn is_ours(event: &RoomEvent) -> bool {
    match event.kind.as_own() {
        Some(OwnEvent::State(_) | OwnEvent::Gap(_) | OwnEvent::Live(_)) => true,
        // The server's clock is learned from the frames again.
        Some(OwnEvent::Info(info)) => **info != Info { skew_ms: info.skew_ms, ..Info::default() },
        // Streaks are closed again by the replay's own clock.
        Some(OwnEvent::StreakClosed(_)) => false,
        None => {
            matches!(&event.kind, EventKind::Unknown(unknown) if event.id.is_none() && unknown.method.as_str() == "(frame)")
        }
    }
}

/// The line of an event that is said at `at`. Its own times are kept: they are measured from its own `at`.
fn said(event: &RoomEvent, at: Moment) -> CaptureLine {
    // An event is plain data, which can always be written.
    CaptureLine::Said { t: at.wall.0, event: serde_json::to_value(event).unwrap_or_default() }
}

/// A name for files: letters, digits, `_`, `-` and dots that do not lead.
fn file_name(name: &Text) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' };
    let name: String = name.as_str().trim_start_matches('@').chars().take(MAX_NAME).map(safe).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() { "room".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
