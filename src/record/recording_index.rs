//! Index of recordings by the live they are of: which file shows a time of it, and where in the file.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::companion_files::CueLine;
use super::take::{Take, TakeStatus, takes};
use crate::clock::Timestamp;
use crate::ids::RoomId;

/// Largest description that is read.
const MAX_INFO: u64 = 4 << 20;
/// So much of the chat beside a recording is looked through for a time.
const MAX_CHAT: u64 = 256 << 20;
/// A line of chat that far away says nothing of a time.
const NEAR_MS: i64 = 60_000;

/// A place in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPlace {
    /// The file.
    pub file: PathBuf,
    /// How far into it.
    pub at: Duration,
}

/// The recordings of a folder, by their lives.
#[derive(Clone, Debug, Default)]
pub struct RecordingIndex(Vec<IndexedRecording>);

#[derive(Clone, Debug)]
struct IndexedRecording {
    live: u64,
    /// Milliseconds since 1970.
    began: i64,
    parts: Vec<Part>,
    chat: PathBuf,
    /// It goes on: the last part is longer than it says.
    is_running: bool,
}

#[derive(Clone, Debug)]
struct Part {
    file: PathBuf,
    /// Milliseconds of the wall clock from the beginning of the recording.
    from: u64,
    length: u64,
}

impl RecordingIndex {
    /// Reads the descriptions in a folder and the folders in it: not for the threads of the network.
    pub fn read(dir: &Path) -> Self {
        let all = takes(dir).into_iter();
        Self(all.filter_map(|take| IndexedRecording::read(&take.info, take.status == TakeStatus::Running)).collect())
    }

    /// Adds recordings by their descriptions, which may lie anywhere; those that are in already stay as they are.
    #[must_use]
    pub fn with(mut self, descriptions: impl IntoIterator<Item = PathBuf>) -> Self {
        for description in descriptions {
            let Some(take) = Take::read(description) else { continue };
            let is_in = self.0.iter().any(|recording| recording.chat == take.info.with_extension("chat.jsonl"));
            let read = || IndexedRecording::read(&take.info, take.status == TakeStatus::Running);
            self.0.extend(if is_in { None } else { read() });
        }
        self
    }

    /// Where a time of a live is shown; nothing where it was not recorded then. Reads files.
    pub fn find(&self, live: RoomId, at: Timestamp) -> Option<RecordedPlace> {
        self.0.iter().filter(|recording| recording.live == live.0).find_map(|recording| recording.find(at))
    }
}

/// The description of the recording that a file is of, and the live that it names; nothing where there is none beside it.
pub fn described_live(file: &Path) -> Option<(PathBuf, RoomId)> {
    let stem = file.with_extension("");
    let is_part = stem.extension().and_then(|end| end.to_str()).is_some_and(|end| end.starts_with("part"));
    let whole = is_part.then(|| stem.with_extension("json"));
    [Some(file.with_extension("json")), whole].into_iter().flatten().find_map(|description| {
        let live = IndexedRecording::read(&description, false)?.live;
        Some((std::path::absolute(description).ok()?, RoomId(live)))
    })
}

impl IndexedRecording {
    fn read(info: &Path, is_running: bool) -> Option<Self> {
        let size = std::fs::metadata(info).ok()?.len();
        let said: Value = serde_json::from_slice(&(size <= MAX_INFO).then(|| std::fs::read(info).ok())??).ok()?;
        let live = said.get("room_id")?.as_str()?.parse().ok()?;
        let began = time(said.get("start")?.as_str()?)?;
        let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
        let holes = said.get("holes").and_then(Value::as_array);
        let folder = info.parent()?;
        let mut parts = Vec::new();
        for part in said.get("parts")?.as_array()? {
            let name = part.get("file")?.as_str()?;
            // A name only: a description from somebody else leads nowhere.
            let is_name = Path::new(name).file_name().is_some_and(|file| file == name);
            let begins = number(part, "start_ms");
            // Within a part a time that is missing counts; one between two parts does not.
            let between = holes.into_iter().flatten().filter(|hole| begins > 0 && number(hole, "at_ms") <= begins);
            let between = between.filter(|hole| {
                let at = number(hole, "at_ms");
                said.get("parts")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .any(|part| number(part, "start_ms") == at)
            });
            let missing = between.map(|hole| number(hole, "length_ms")).fold(0, u64::saturating_add);
            if is_name {
                let (from, length) = (begins.saturating_add(missing), number(part, "length_ms"));
                parts.push(Part { file: folder.join(name), from, length });
            }
        }
        Some(Self { live, began, parts, chat: info.with_extension("chat.jsonl"), is_running })
    }

    fn find(&self, at: Timestamp) -> Option<RecordedPlace> {
        let into = u64::try_from(at.0.checked_sub(self.began)?).ok()?;
        let last = self.parts.len().checked_sub(1)?;
        let holds = |nth: usize, part: &Part| {
            into >= part.from && (into <= part.from.saturating_add(part.length) || self.is_running && nth == last)
        };
        let (_, part) = self.parts.iter().enumerate().find(|(nth, part)| holds(*nth, part))?;
        // What was said then knows the place by the recording's own clock.
        let (file, millis) = self.by_chat(at).unwrap_or_else(|| (part.file.clone(), into.saturating_sub(part.from)));
        file.is_file().then(|| RecordedPlace { file, at: Duration::from_millis(millis) })
    }

    fn by_chat(&self, at: Timestamp) -> Option<(PathBuf, u64)> {
        let file = std::fs::File::open(&self.chat).ok()?;
        let mut nearest: Option<(i64, CueLine)> = None;
        for line in BufReader::new(file.take(MAX_CHAT)).lines() {
            let Ok(line) = line else { break };
            let Ok(cue) = serde_json::from_str::<CueLine>(&line) else { continue };
            let Some(then) = time(&cue.t) else { continue };
            if nearest.as_ref().is_none_or(|(known, _)| then.abs_diff(at.0) <= known.abs_diff(at.0)) {
                nearest = Some((then, cue));
            } else if then > at.0.saturating_add(NEAR_MS) {
                break;
            }
        }
        let (then, cue) = nearest.filter(|(then, _)| then.abs_diff(at.0) <= NEAR_MS.unsigned_abs())?;
        let part = self.parts.get(cue.part.checked_sub(1)?)?;
        Some((part.file.clone(), cue.part_ms.saturating_add_signed(at.0.saturating_sub(then))))
    }
}

fn time(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_of_a_live_is_found_in_its_part_and_by_its_chat() {
        let dir = tempfile::tempdir().unwrap();
        let parts = json!([
            {"file": "a.mkv", "start_ms": 0, "length_ms": 60_000},
            {"file": "a.part02.mkv", "start_ms": 60_000, "length_ms": 30_000},
        ]);
        let holes = json!([{"at_ms": 20_000, "length_ms": 500}, {"at_ms": 60_000, "length_ms": 40_000}]);
        let info = json!({"status": "done", "pid": 1, "user": "ana", "room_id": "77", "start": "2026-11-21T10:00:00Z", "parts": parts, "holes": holes});
        std::fs::write(dir.path().join("a.json"), info.to_string()).unwrap();
        for file in ["a.mkv", "a.part02.mkv"] {
            std::fs::write(dir.path().join(file), "video").unwrap();
        }
        let began = time("2026-11-21T10:00:00Z").unwrap();
        let find = |live: u64, seconds: i64| {
            let place = RecordingIndex::read(dir.path()).find(RoomId(live), Timestamp(began + seconds * 1_000))?;
            Some((place.file.file_name().unwrap().to_str().unwrap().to_owned(), place.at.as_millis()))
        };
        assert_eq!(find(77, 30), Some(("a.mkv".to_owned(), 30_000)));
        assert_eq!(find(77, 80), None, "between the parts nothing was recorded");
        assert_eq!(find(77, 110), Some(("a.part02.mkv".to_owned(), 10_000)));
        assert_eq!((find(77, 400), find(77, -1), find(78, 30)), (None, None, None));
        let cue = json!({"rec_ms": 27_500, "part": 1, "part_ms": 27_500, "t": "2026-11-21T10:00:29Z", "type": "chat", "user": "", "nickname": "", "text": ""});
        std::fs::write(dir.path().join("a.chat.jsonl"), format!("{cue}\n")).unwrap();
        assert_eq!(find(77, 30), Some(("a.mkv".to_owned(), 28_500)), "by the clock of the recording");
        let info = dir.path().join("a.json");
        for file in ["a.mkv", "a.part02.mkv"] {
            assert_eq!(described_live(&dir.path().join(file)), Some((info.clone(), RoomId(77))), "{file}");
        }
        assert_eq!(described_live(&dir.path().join("b.mkv")), None);
        let elsewhere = RecordingIndex::default().with([info.clone(), info, dir.path().join("gone.json")]);
        assert_eq!(elsewhere.0.len(), 1);
        let place = elsewhere.find(RoomId(77), Timestamp(began + 110_000)).unwrap();
        assert_eq!(place.file, dir.path().join("a.part02.mkv"));
    }
}
