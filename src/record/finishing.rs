//! Finishing of a part without re-encoding its file: chapters and subtitles are put in once it is closed, and its last
//! minute is kept as a file of its own.
//!
//! A file is replaced only by one that was read to its end and lasts as long.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use super::copy::{Unverified, named, run, words};
use super::marker::{self, Chapter};
use super::{matroska, plan};
use crate::text::Text;

/// Length of a clip in milliseconds.
const CLIP_MS: u64 = 60_000;
/// Clips of one recording.
const MAX_CLIPS: u32 = 999;
/// What was put in may make a file this much shorter or longer, in microseconds.
const TOLERANCE: u64 = 100_000;

/// Puts chapters and the subtitles beside it into a Matroska file; nothing is done where there are neither, or where it is
/// another kind of file. Chapters alone are written in a moment, however long the file is; subtitles need a copy of it. Fails with
/// ffmpeg's words; then the file is as it was.
pub(super) async fn put_in(ffmpeg: &str, file: &Path, chapters: Vec<Chapter>, subtitles: bool) -> Result<(), Text> {
    let subtitles = Some(file.with_extension("ass")).filter(|path| subtitles && path.is_file());
    if file.extension().is_none_or(|ending| ending != "mkv") || chapters.is_empty() && subtitles.is_none() {
        return Ok(());
    }
    if subtitles.is_none() {
        let (path, chapters) = (file.to_owned(), chapters.clone());
        let added = spawn_blocking(move || {
            let mut file = OpenOptions::new().read(true).write(true).open(path)?;
            matroska::add_chapters(&mut file, &chapters)
        });
        if matches!(added.await, Ok(Ok(true))) {
            return Ok(());
        }
    }
    let chapters = Some(marker::metadata(&chapters)).filter(|_| !chapters.is_empty());
    let (new, list) = (Unverified(file.with_extension("mkv.new")), Unverified(file.with_extension("chapters.new")));
    let mut arguments: Vec<OsString> = vec!["-i".into(), named(file)];
    let mut inputs = 1;
    if let Some(subtitles) = &subtitles {
        arguments.extend(["-i".into(), named(subtitles)]);
        inputs += 1;
    }
    if let Some(chapters) = chapters {
        std::fs::write(&list.0, chapters).map_err(|error| Text::from(error.to_string()))?;
        arguments.extend(words("-f ffmetadata -i"));
        arguments.extend([named(&list.0), "-map_chapters".into(), inputs.to_string().into()]);
    }
    arguments.extend(words("-map 0 -map_metadata 0"));
    if subtitles.is_some() {
        arguments.extend(words("-map 1 -c:s ass -metadata:s:s:0 title=chat"));
    }
    arguments.extend(words("-c:v copy -c:a copy -f matroska -y"));
    arguments.push(named(&new.0));
    run(ffmpeg, &arguments, |_| {}).await?;
    let (before, after) = (length(ffmpeg, file).await?, length(ffmpeg, &new.0).await?);
    if before.abs_diff(after) > TOLERANCE {
        return Err(Text::from(format_args!(
            "what came out lasts {} s instead of {} s",
            after / 1_000_000,
            before / 1_000_000
        )));
    }
    std::fs::rename(&new.0, file).map_err(|error| Text::from(error.to_string()))
}

/// Keeps the last minute of a file that is being written, of which `until_ms` are there. Fails with one sentence.
pub(super) async fn clip(ffmpeg: &str, file: &Path, until_ms: u64) -> Result<PathBuf, Text> {
    let failed = |why: &str| Text::from(format_args!("the last minute was not kept: {why}"));
    let from = until_ms.saturating_sub(CLIP_MS);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let new = Unverified(file.with_extension("clip.new"));
    let mut arguments: Vec<OsString> = vec!["-ss".into(), format!("{from}ms").into(), "-i".into(), named(file)];
    arguments.extend(words("-map 0:v? -map 0:a? -c copy -f matroska -y"));
    arguments.push(named(&new.0));
    run(ffmpeg, &arguments, |_| {}).await.map_err(|why| failed(why.as_str()))?;
    for number in 1..=MAX_CLIPS {
        let path = file.with_file_name(plan::clip_name(&stem, number));
        match std::fs::hard_link(&new.0, &path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            // The disk knows no links: whatever is there stays.
            Err(_) if path.symlink_metadata().is_ok() => {}
            Err(_) => {
                return std::fs::rename(&new.0, &path).map(|()| path).map_err(|error| failed(&error.to_string()));
            }
        }
    }
    Err(failed("there are too many clips"))
}

/// How long a file is by its packets, in microseconds.
async fn length(ffmpeg: &str, file: &Path) -> Result<u64, Text> {
    let mut arguments: Vec<OsString> = vec!["-i".into(), named(file)];
    arguments.extend(words("-map 0:v? -map 0:a? -c copy -f null -"));
    Ok(run(ffmpeg, &arguments, |_| {}).await?.micros)
}
