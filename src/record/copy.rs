//! Copy of a recording as an MP4: copied without re-encoding, then read to its end before anybody relies on it.
//!
//! The recording itself is never touched.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use super::failure::RecordingFailure;
use crate::text::{Text, clip};

/// The copy may be this much shorter or longer, in microseconds: its last picture stands as long as its sender said, or not.
const TOLERANCE: u64 = 1_000_000;
/// What ffmpeg says is kept up to here.
const MAX_WORDS: u64 = 64 << 10;
/// Columns of its words in a sentence.
const WIDEST: usize = 160;
/// Copying is quick, reading takes its time: what the bar gives to each, in percent.
const COPYING: u64 = 20;

/// Makes an MP4 beside `file` and gives its path, once it has been read to its end without a complaint and lasts as long.
/// `told` hears how far it is, in percent. Fails with one sentence; then there is no copy.
pub async fn copy_as_mp4(ffmpeg: &str, file: &Path, told: impl Fn(u8)) -> Result<PathBuf, Text> {
    let copy = file.with_extension("mp4");
    if copy == file || copy.symlink_metadata().is_ok() {
        return Err(Text::from(format_args!("{} is there already", copy.display())));
    }
    let new = Unverified(file.with_extension("mp4.new"));
    let failed = |why: &str| Text::from(format_args!("{} was not copied: {why}; it is as it was", file.display()));
    let percent = |from: u64, span: u64, at: u64, of: u64| {
        told(u8::try_from(from + (at.min(of) * span).checked_div(of).unwrap_or(0)).unwrap_or(100).min(99));
    };
    told(0);
    // How long it is, by its packets: a file that was cut off does not say.
    let packets = words("-map 0:v? -map 0:a? -c copy -f null -");
    let read = |path: &Path, mut arguments: Vec<OsString>| {
        arguments.splice(0..0, ["-i".into(), named(path)]);
        arguments
    };
    let length = run(ffmpeg, &read(file, packets), |_| {}).await.map_err(|why| failed(why.as_str()))?.micros;
    let mut copying = read(file, words("-map 0:v? -map 0:a? -c copy -movflags +faststart -f mp4 -y"));
    copying.push(named(&new.0));
    let copied = run(ffmpeg, &copying, |at| percent(0, COPYING, at, length)).await;
    copied.map_err(|why| failed(why.as_str()))?;
    let decoding = read(&new.0, words("-map 0:v? -map 0:a? -f null -"));
    let decoded = run(ffmpeg, &decoding, |at| percent(COPYING, 100 - COPYING, at, length)).await;
    let decoded = decoded.map_err(|why| failed(why.as_str()))?;
    if !decoded.complaint.is_empty() {
        return Err(failed(&format!("the copy does not read to its end ({})", decoded.complaint)));
    }
    if decoded.micros.abs_diff(length) > TOLERANCE {
        let seconds = |micros: u64| micros as f64 / 1e6;
        let (found, meant) = (seconds(decoded.micros), seconds(length));
        return Err(failed(&format!("the copy lasts {found:.1} s instead of {meant:.1} s")));
    }
    // Unlike a move, a link overwrites nothing; where the disk knows none, nothing was there a moment ago.
    let placed = std::fs::hard_link(&new.0, &copy).or_else(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Err(error),
        _ => std::fs::rename(&new.0, &copy),
    });
    placed.map_err(|error| failed(&error.to_string()))?;
    told(100);
    Ok(copy)
}

/// A copy that nobody may rely on: gone when it is not kept.
pub(super) struct Unverified(pub(super) PathBuf);

impl Drop for Unverified {
    fn drop(&mut self) {
        // It may have been moved to its place.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What an ffmpeg came to.
#[derive(Debug)]
pub(super) struct Passed {
    /// The media time it got to, in microseconds.
    pub(super) micros: u64,
    /// What it complained about last; empty when it did not.
    pub(super) complaint: Text,
}

/// Runs ffmpeg to its end, telling the media time in microseconds. Fails with its last words.
pub(super) async fn run(ffmpeg: &str, arguments: &[OsString], told: impl Fn(u64)) -> Result<Passed, Text> {
    let mut command = Command::new(ffmpeg);
    command.args(words("-hide_banner -nostats -loglevel error -progress pipe:1 -nostdin")).args(arguments);
    command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let started = command.spawn().map_err(|error| RecordingFailure::from_spawn(ffmpeg, &error));
    let mut child = started.map_err(|failure| Text::from(failure.to_string()))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let complaints = async {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            // A read that fails has said all it can.
            let _ = (&mut stderr).take(MAX_WORDS).read_to_end(&mut said).await;
            // The rest is heard and forgotten: an unread pipe would hold it up.
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
        String::from_utf8_lossy(&said).into_owned()
    };
    let progress = async {
        let mut micros = 0;
        let Some(stdout) = stdout else { return micros };
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(at) = line.strip_prefix("out_time_us=").and_then(|at| at.trim().parse().ok()) {
                micros = at;
                told(at);
            }
        }
        micros
    };
    let (said, micros) = tokio::join!(complaints, progress);
    let complaint = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let complaint = Text::from(clip(complaint, WIDEST).as_ref());
    match child.wait().await {
        Ok(status) if status.success() => Ok(Passed { micros, complaint }),
        _ if complaint.is_empty() => Err(Text::from("ffmpeg failed without a word")),
        _ => Err(complaint),
    }
}

/// The name of a file for ffmpeg: no path is an option or another protocol then.
pub(super) fn named(path: &Path) -> OsString {
    let mut name = OsString::from("file:");
    name.push(path);
    name
}

pub(super) fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsStr::new).map(OsStr::to_owned).collect()
}
