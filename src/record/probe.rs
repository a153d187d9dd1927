//! Whether there is an ffmpeg that runs, and which one. Records nothing.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::RecordingFailure;
use crate::text::{Text, clip};

/// Printing a version takes no time; a program that does not is no ffmpeg.
const PATIENCE: Duration = Duration::from_secs(5);
/// Columns of a version worth showing.
const WIDEST: usize = 60;

/// What `program` calls itself, such as `ffmpeg version 7.1`; else why it cannot record, in one sentence.
pub async fn version(program: &str) -> Result<Text, Text> {
    let mut command = Command::new(program);
    command.arg("-version").env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let odd = |why: &str| Text::from(format_args!("{program} {why}: set record.ffmpeg to a working ffmpeg"));
    let output = match timeout(PATIENCE, command.output()).await {
        Err(_) => return Err(odd("does not say its version")),
        Ok(Err(error)) => return Err(Text::from(RecordingFailure::from_spawn(program, &error).to_string())),
        Ok(Ok(output)) => output,
    };
    let first = output.stdout.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let first = Text::from_bytes(first);
    // ffprobe and avconv say their own names.
    if !output.status.success() || !first.as_str().starts_with("ffmpeg version") {
        return Err(odd("is no ffmpeg"));
    }
    let short = first.as_str().split(" Copyright").next().unwrap_or_default();
    Ok(Text::new(&clip(short, WIDEST)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn other_programs_are_no_ffmpeg() {
        assert!(version("true").await.unwrap_err().as_str().contains("true is no ffmpeg"));
        assert!(version("/nowhere/ffmpeg").await.unwrap_err().as_str().contains("was not found"));
    }
}
