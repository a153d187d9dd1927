//! Recordings that were cut off with the program: found by what lies beside them, and made whole without losing anything.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::RecordingFailure;
use crate::text::{Text, clip};

/// Descriptions looked at; a folder with more is no folder of recordings.
const MAX_FILES: usize = 10_000;
/// Largest description that is read.
const MAX_INFO: u64 = 4 << 20;
/// Columns of ffmpeg's words in a sentence.
const QUOTED_COLUMNS: usize = 160;

/// A recording that nobody finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedRecording {
    /// Its description.
    pub info: PathBuf,
    /// Whose live it was.
    pub user: Text,
    /// Its files that are there, in order.
    pub files: Vec<PathBuf>,
}

/// The recordings in `dir` whose program is gone and which do not say how they ended. Reads files: not for the threads of the
/// network.
pub fn unfinished(dir: &Path) -> Vec<UnfinishedRecording> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let infos =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut found: Vec<_> = infos.take(MAX_FILES).filter_map(|path| read(dir, path)).collect();
    found.sort_by(|one, other| one.info.cmp(&other.info));
    found
}

fn read(dir: &Path, info: PathBuf) -> Option<UnfinishedRecording> {
    let size = std::fs::metadata(&info).ok()?.len();
    let said: Value = serde_json::from_slice(&(size <= MAX_INFO).then(|| std::fs::read(&info).ok())??).ok()?;
    let pid = said.get("pid")?.as_u64()?;
    let cut_off = said.get("status")?.as_str()? == "recording" && !is_running(pid);
    let user = Text::from(said.get("user")?.as_str()?);
    let names = said.get("parts")?.as_array()?.iter().filter_map(|part| part.get("file")?.as_str());
    // A name only: a description from somebody else leads nowhere.
    let files =
        names.filter(|name| Path::new(name).file_name().is_some_and(|file| file == *name)).map(|name| dir.join(name));
    cut_off.then(|| UnfinishedRecording { user, files: files.filter(|file| file.is_file()).collect(), info })
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

impl UnfinishedRecording {
    /// Writes a whole copy beside each file, with its length and an index for seeking, and notes that. The files themselves
    /// stay as they are. Gives the copies; fails with one sentence.
    pub async fn repair(&self, ffmpeg: &str) -> Result<Vec<PathBuf>, Text> {
        let mut copies = Vec::new();
        for file in &self.files {
            let copy = file.with_extension("repaired.mkv");
            if copy.exists() {
                continue;
            }
            let mut command = Command::new(ffmpeg);
            command.args(["-hide_banner", "-nostats", "-loglevel", "error", "-n", "-i"]).arg(file);
            command.args(["-map", "0", "-c", "copy", "-f", "matroska"]).arg(&copy);
            command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
            let output = command
                .output()
                .await
                .map_err(|error| Text::from(RecordingFailure::from_spawn(ffmpeg, &error).to_string()))?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                // Half a copy would look like a whole one.
                drop(std::fs::remove_file(&copy));
                let why = clip(last, QUOTED_COLUMNS);
                return Err(Text::from(format_args!(
                    "{} could not be repaired ({why}); it is as it was",
                    file.display()
                )));
            }
            copies.push(copy);
        }
        self.note_repair()
            .map_err(|error| Text::from(format_args!("cannot write {}: {error}", self.info.display())))?;
        Ok(copies)
    }

    /// Says in the description that it was cut off and repaired.
    fn note_repair(&self) -> std::io::Result<()> {
        let mut said: Value = serde_json::from_slice(&std::fs::read(&self.info)?)?;
        if let Some(fields) = said.as_object_mut() {
            fields.insert("status".into(), "repaired".into());
            fields.insert("reason".into(), "it was cut off with the program".into());
        }
        let new = self.info.with_extension("json.new");
        std::fs::write(&new, crate::events::json::escape::to_string(&said))?;
        std::fs::rename(new, &self.info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn describe(dir: &Path, name: &str, status: &str, pid: u32, file: &str) {
        let info = json!({"status": status, "pid": pid, "user": "ana", "parts": [{"file": file}]});
        std::fs::write(dir.join(name), info.to_string()).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_was_cut_off_is_found_and_copied_whole() {
        let dir = tempfile::tempdir().unwrap();
        let gone = 0x7fff_fff0;
        std::fs::write(dir.path().join("a.mkv"), "video").unwrap();
        describe(dir.path(), "a.json", "recording", gone, "a.mkv");
        describe(dir.path(), "b.json", "recording", std::process::id(), "a.mkv");
        describe(dir.path(), "c.json", "done", gone, "a.mkv");
        describe(dir.path(), "d.json", "recording", gone, "../../etc/passwd");
        std::fs::write(dir.path().join("e.json"), "[]").unwrap();
        let found = unfinished(dir.path());
        assert_eq!(found.iter().map(|one| one.files.len()).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(found[0].user, "ana");
        // "true" copies nothing and is content.
        assert_eq!(found[0].repair("true").await.unwrap(), [dir.path().join("a.repaired.mkv")]);
        assert_eq!(unfinished(dir.path()).len(), 1, "a.json says so now");
        assert_eq!(std::fs::read(dir.path().join("a.mkv")).unwrap(), b"video");
        let failed = found[0].repair("false").await.unwrap_err();
        assert!(failed.as_str().contains("could not be repaired"), "{failed}");
    }
}
