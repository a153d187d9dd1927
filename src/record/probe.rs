//! Probe for ffmpeg: whether one runs, and which. Records nothing.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::RecordingFailure;
use crate::text::{Text, clip};

/// Printing a version takes no time; a program that does not is no ffmpeg.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Columns of a version worth showing.
const VERSION_COLUMNS: usize = 60;

/// Which ffmpeg: major and minor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FfmpegVersion(pub(super) u32, pub(super) u32);

impl fmt::Display for FfmpegVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The number of `program`; nothing where it does not say one (builds from between two versions do not).
pub(super) async fn number(program: &str) -> Option<FfmpegVersion> {
    parse(version(program).await.ok()?.as_str())
}

/// Reads `ffmpeg version n7.1-…`.
fn parse(said: &str) -> Option<FfmpegVersion> {
    let word = said.strip_prefix("ffmpeg version ")?.split_whitespace().next()?;
    let mut numbers = word.trim_start_matches('n').split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok().filter(|&major| major < 1_000)?;
    Some(FfmpegVersion(major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

/// What `program` calls itself, such as `ffmpeg version 7.1`; else why it cannot record, in one sentence.
pub async fn version(program: &str) -> Result<Text, Text> {
    let mut command = Command::new(program);
    command.arg("-version").env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let odd = |why: &str| Text::from(format_args!("{program} {why}: set record.ffmpeg to a working ffmpeg"));
    let output = match timeout(TIMEOUT, command.output()).await {
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
    Ok(Text::new(&clip(short, VERSION_COLUMNS)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ffmpeg version 5.1.9-0+deb12u1", Some(FfmpegVersion(5, 1)))]
    #[case("ffmpeg version n7.1", Some(FfmpegVersion(7, 1)))]
    #[case("ffmpeg version 8-full_build", Some(FfmpegVersion(8, 0)))]
    #[case("ffmpeg version N-118000-gabc", None)]
    #[case("ffmpeg version 2024-01-01-git", None)]
    #[case("ffmpeg", None)]
    fn the_number_is_read(#[case] said: &str, #[case] version: Option<FfmpegVersion>) {
        assert_eq!(parse(said), version);
    }

    #[tokio::test]
    async fn other_programs_are_no_ffmpeg() {
        assert!(version("true").await.unwrap_err().as_str().contains("true is no ffmpeg"));
        assert!(version("/nowhere/ffmpeg").await.unwrap_err().as_str().contains("was not found"));
    }
}
