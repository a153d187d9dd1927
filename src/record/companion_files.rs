//! Files beside a video: what it is (`.json`), what was said meanwhile (`.chat.jsonl`), and that as subtitles (`.srt`,
//! `.ass`).
//!
//! Whatever goes wrong here is logged and costs these files only, never the video.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::marker::Marker;
use super::output_parts::PartFile;
use super::timeline::Hole;
use super::{Cue, RecordingJob, subtitles};
use crate::clock::Timestamp;
use crate::events::json::serializer;

/// Lines of chat that are read back for subtitles; more than anybody said in a day.
const MAX_LINES: usize = 500_000;

/// A line of the chat file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CueLine {
    /// Recorded time of all parts together at which it came, in milliseconds.
    pub(super) rec_ms: u64,
    /// The part, from 1, and the time in it.
    pub(super) part: usize,
    pub(super) part_ms: u64,
    /// When it came, by the wall clock.
    pub(super) t: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) user: String,
    pub(super) nickname: String,
    pub(super) text: String,
}

/// Writes the files beside one recording.
#[derive(Debug)]
pub(super) struct CompanionFiles {
    job: RecordingJob,
    start: Timestamp,
    /// Path of the recording without its ending.
    stem: PathBuf,
    info: bool,
    chat: Option<File>,
    cues: u64,
    gifts: u64,
}

/// Where a recording stands, for its `.json`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordingSummary<'a> {
    /// `recording`, `done` or `failed`.
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
    /// Why its end is in a file of its own, where it is.
    pub(super) note: &'a str,
    pub(super) quality: &'a str,
    pub(super) files: &'a [PartFile],
    pub(super) holes: &'a [Hole],
    pub(super) markers: &'a [Marker],
}

impl CompanionFiles {
    /// The files beside the recording at `stem`; none is made that is not wanted.
    pub(super) async fn open(job: RecordingJob, start: Timestamp, stem: PathBuf, info: bool, chat: bool) -> Self {
        let mut file = None;
        if chat {
            let made = OpenOptions::from(new_private()).open(with(&stem, "chat.jsonl")).await;
            file = made.inspect_err(|error| tracing::warn!(%error, "no chat beside the recording")).ok();
        }
        Self { job, start, stem, info, chat: file, cues: 0, gifts: 0 }
    }

    /// Adds a line of chat that came at a place: recorded time, part, and time in the part. Moments are markers only.
    pub(super) async fn cue(&mut self, cue: &Cue, (rec_ms, part, part_ms): (u64, usize, u64)) {
        let Some(chat) = self.chat.as_mut().filter(|_| !cue.is_moment()) else { return };
        let line = CueLine {
            rec_ms,
            part,
            part_ms,
            t: cue.at.rfc3339(),
            kind: cue.kind.to_string(),
            user: cue.user.to_string(),
            nickname: cue.nickname.to_string(),
            text: cue.text.to_string(),
        };
        self.cues += 1;
        self.gifts += u64::from(line.kind == "gift");
        let mut line = serializer::to_string(&line);
        line.push('\n');
        if let Err(error) = chat.write_all(line.as_bytes()).await {
            tracing::warn!(%error, "no more chat beside the recording");
            self.chat = None;
        }
    }

    /// Puts what was written so far on the disk, and says where the recording stands.
    pub(super) async fn save(&mut self, standing: RecordingSummary<'_>) {
        if let Some(chat) = &mut self.chat {
            // The next write says what is wrong.
            let _ = chat.flush().await;
        }
        if !self.info {
            return;
        }
        let text = self.info_text(standing);
        let (path, new) = (with(&self.stem, "json"), with(&self.stem, "json.new"));
        let written = async {
            fs::write(&new, &text).await?;
            fs::rename(&new, &path).await
        };
        if let Err(error) = written.await {
            // On a full disk there is an empty one, and room in the one from before.
            let _ = fs::remove_file(&new).await;
            let in_place = async {
                let mut file = OpenOptions::new().write(true).open(&path).await?;
                file.write_all(text.as_bytes()).await?;
                file.flush().await?;
                file.set_len(text.len() as u64).await
            };
            if in_place.await.is_err() {
                tracing::warn!(%error, "no description beside the recording");
            }
        }
    }

    /// Nothing secret and no address of a stream.
    fn info_text(&self, standing: RecordingSummary<'_>) -> String {
        let before = std::iter::once(0).chain(standing.files.iter().map(|file| file.ends));
        let parts: Vec<_> = standing.files.iter().zip(before).map(|(file, before)| part(file, before)).collect();
        let holes: Vec<_> =
            standing.holes.iter().map(|hole| json!({"at_ms": hole.at, "length_ms": hole.length})).collect();
        let info = json!({
            "v": 1,
            "status": standing.status,
            "reason": standing.reason,
            "note": standing.note,
            "user": self.job.host.as_str(),
            "room_id": self.job.room_id.to_string(),
            "title": self.job.title.as_str(),
            "start": self.start.rfc3339(),
            "quality": standing.quality,
            "parts": parts,
            "holes": holes,
            "markers": standing.markers,
            "chat_lines": self.cues,
            "gift_lines": self.gifts,
            "pid": std::process::id(),
            "tiktop": env!("CARGO_PKG_VERSION"),
        });
        let mut text = serializer::to_string(&info);
        text.push('\n');
        text
    }

    /// Makes the subtitles of each part, out of the chat.
    pub(super) async fn finish(&mut self, files: &[PartFile]) {
        let Some(mut chat) = self.chat.take() else { return };
        let flushed = chat.flush().await;
        drop(chat);
        let (path, parts) = (
            with(&self.stem, "chat.jsonl"),
            files.iter().map(|file| (file.path.clone(), file.ends.saturating_sub(file.starts))).collect::<Vec<_>>(),
        );
        // Reading and writing files is not for the threads of the network.
        let made = tokio::task::spawn_blocking(move || subtitle_files(&path, &parts)).await;
        let made = flushed.and_then(|()| made.unwrap_or_else(|error| Err(io::Error::other(error))));
        if let Err(error) = made {
            tracing::warn!(%error, "no subtitles beside the recording");
        }
    }
}

/// A file, and where the one before it ends.
fn part(file: &PartFile, before: u64) -> serde_json::Value {
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let video = file.head.video;
    json!({
        "file": name,
        "start_ms": file.starts,
        "length_ms": file.ends.saturating_sub(file.starts),
        "overlap_ms": before.saturating_sub(file.starts),
        "bytes": file.bytes,
        "codec": video.map(|video| video.codec.to_string()),
        "width": video.and_then(|video| video.size).map(|size| size.0),
        "height": video.and_then(|video| video.size).map(|size| size.1),
        "sound": file.head.audio.map(|audio| json!({"aac": audio.aac, "rate": audio.rate, "channels": audio.channels})),
    })
}

/// Each part has its path and its length in milliseconds.
fn subtitle_files(chat: &Path, parts: &[(PathBuf, u64)]) -> io::Result<()> {
    use std::io::{BufRead, BufReader, Write};
    let lines = BufReader::new(std::fs::File::open(chat)?).lines().take(MAX_LINES);
    let cues: Vec<CueLine> = lines.filter_map(|line| serde_json::from_str(&line.ok()?).ok()).collect();
    for (nth, (path, length)) in parts.iter().enumerate() {
        // What came after the last picture is not in the video.
        let of_part: Vec<&CueLine> = cues.iter().filter(|cue| cue.part == nth + 1 && cue.part_ms <= *length).collect();
        if of_part.is_empty() {
            continue;
        }
        for (ending, text) in [("srt", subtitles::srt(&of_part, *length)), ("ass", subtitles::ass(&of_part, *length))] {
            let mut file = new_private().open(path.with_extension(ending))?;
            file.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

/// How a new file with people's words is made: for the user alone.
fn new_private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The path of a file beside the recording at `stem`; a dot in the name is no ending.
fn with(stem: &Path, ending: &str) -> PathBuf {
    let mut path = stem.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}
