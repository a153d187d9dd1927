//! Recordings that were cut off with the program: found by what lies beside them, and made whole without losing anything.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::RecordingFailure;
use super::take::{Take, TakeStatus, takes};
use crate::text::{Text, clip};

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

/// The recordings in `dir`, and the folders in it, whose program is gone and which do not say how they ended. Reads files: not for
/// the threads of the network.
pub fn unfinished(dir: &Path) -> Vec<UnfinishedRecording> {
    let cut_off = takes(dir).into_iter().filter(|take| take.status == TakeStatus::CutOff);
    let mut found: Vec<_> =
        cut_off.map(|Take { info, user, files, .. }| UnfinishedRecording { info, user, files }).collect();
    found.sort_by(|one, other| one.info.cmp(&other.info));
    found
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
        std::fs::write(&new, crate::events::json::serializer::to_string(&said))?;
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
