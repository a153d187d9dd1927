//! Recordings of a folder, running and past, from the descriptions that lie beside them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::Text;

/// Descriptions looked at; a folder with more is no folder of recordings.
const MAX_INFOS: usize = 10_000;
/// Entries of all folders looked at.
const MAX_ENTRIES: usize = 100_000;
/// Folders in folders that a name's template may make.
const MAX_DEPTH: usize = 8;
/// Largest description that is read.
const MAX_INFO: u64 = 4 << 20;

/// A recording, as it describes itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// Its description.
    pub info: PathBuf,
    /// Whose live it was.
    pub user: Text,
    /// Title of the live.
    pub title: Text,
    /// When it began, RFC 3339.
    pub start: Text,
    /// Where it stands.
    pub status: TakeStatus,
    /// Why it ended.
    pub reason: Text,
    /// The stream that was recorded.
    pub quality: Text,
    /// Its files that are there, in order.
    pub files: Vec<PathBuf>,
    /// Recorded time in milliseconds.
    pub millis: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Times that are missing.
    pub holes: u32,
}

/// Where a recording of a folder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum TakeStatus {
    /// Being written, by this program or another one.
    Running,
    /// Ended in order.
    Done,
    /// Broke; what was written plays.
    Failed,
    /// Its program is gone and it does not say how it ended.
    #[strum(serialize = "cut off")]
    CutOff,
    /// Was cut off; there is a whole copy.
    Repaired,
}

/// The recordings in `dir` and the folders in it, newest first. Reads files: not for the threads of the network.
pub fn takes(dir: &Path) -> Vec<Take> {
    let (mut folders, mut found, mut entries) = (vec![(dir.to_owned(), 0)], Vec::new(), 0);
    while let Some((folder, depth)) = folders.pop() {
        let Ok(inside) = std::fs::read_dir(folder) else { continue };
        for entry in inside.flatten() {
            entries += 1;
            if entries > MAX_ENTRIES || found.len() >= MAX_INFOS {
                break;
            }
            let path = entry.path();
            // Links are not followed: they may lead around in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < MAX_DEPTH {
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|end| end == "json") {
                found.extend(Take::read(path));
            }
        }
    }
    found.sort_by(|one, other| (other.start.as_str(), &other.info).cmp(&(one.start.as_str(), &one.info)));
    found
}

impl Take {
    /// When it began, on the clock of `zone`, such as `2026-11-27 10:00`; as it stands there where that is no time.
    pub fn begun(&self, zone: &jiff::tz::TimeZone) -> String {
        let start = self.start.as_str();
        match start.parse::<jiff::Timestamp>() {
            Ok(at) => zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => start.get(..16).unwrap_or(start).replace('T', " "),
        }
    }

    /// Reads a description; nothing where it is none of ours.
    pub(super) fn read(info: PathBuf) -> Option<Self> {
        let size = std::fs::metadata(&info).ok()?.len();
        let said: Value = serde_json::from_slice(&(size <= MAX_INFO).then(|| std::fs::read(&info).ok())??).ok()?;
        let pid = said.get("pid")?.as_u64()?;
        let status = match said.get("status")?.as_str()? {
            "recording" if is_running(pid) => TakeStatus::Running,
            "recording" => TakeStatus::CutOff,
            "done" => TakeStatus::Done,
            "failed" => TakeStatus::Failed,
            "repaired" => TakeStatus::Repaired,
            _ => return None,
        };
        let text = |key: &str| Text::from(said.get(key).and_then(Value::as_str).unwrap_or_default());
        let user = Text::from(said.get("user")?.as_str()?);
        let folder = info.parent()?;
        let parts = said.get("parts")?.as_array()?;
        let names = parts.iter().filter_map(|part| part.get("file")?.as_str());
        // A name only: a description from somebody else leads nowhere.
        let names = names.filter(|name| Path::new(name).file_name().is_some_and(|file| file == *name));
        let files: Vec<_> = names.map(|name| folder.join(name)).filter(|file| file.is_file()).collect();
        let bytes = files.iter().filter_map(|file| Some(std::fs::metadata(file).ok()?.len())).sum();
        let lengths = parts.iter().filter_map(|part| part.get("length_ms")?.as_u64());
        Some(Self {
            user,
            title: text("title"),
            start: text("start"),
            status,
            reason: text("reason"),
            quality: text("quality"),
            millis: lengths.fold(0, u64::saturating_add),
            bytes,
            holes: said.get("holes").and_then(Value::as_array).map_or(0, |holes| holes.len() as u32),
            files,
            info,
        })
    }
}

/// Whether a process with this number runs; where nobody can tell, it does.
fn is_running(pid: u64) -> bool {
    #[cfg(unix)]
    {
        use nix::errno::Errno;
        let Ok(pid) = i32::try_from(pid) else { return false };
        // Signal 0 only asks.
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None) != Err(Errno::ESRCH)
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[cfg(unix)]
    #[test]
    fn recordings_are_found_in_folders_too_newest_first() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("ana/2026");
        std::fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(dir.path(), folder.join("around")).unwrap();
        let describe = |path: PathBuf, start: &str, status: &str| {
            let parts = json!([{"file": "a.mkv", "length_ms": 1_500}, {"file": "../a.mkv", "length_ms": 500}]);
            let info = json!({"status": status, "pid": 0x7fff_fff0, "user": "ana", "start": start, "parts": parts, "holes": [1]});
            std::fs::write(path, info.to_string()).unwrap();
        };
        std::fs::write(folder.join("a.mkv"), "video").unwrap();
        describe(folder.join("a.json"), "2026-11-21T10:00:00Z", "recording");
        describe(dir.path().join("b.json"), "2026-11-22T10:00:00Z", "done");
        std::fs::write(dir.path().join("package.json"), "{}").unwrap();
        let found = takes(dir.path());
        assert_eq!(found.iter().map(|take| take.status).collect::<Vec<_>>(), [TakeStatus::Done, TakeStatus::CutOff]);
        assert_eq!((found[1].millis, found[1].bytes, found[1].holes), (2_000, 5, 1));
        assert_eq!(found[1].files, [folder.join("a.mkv")]);
        assert_eq!(TakeStatus::CutOff.to_string(), "cut off");
    }
}
