//! Process of one ffmpeg: its input is ours to end, what it says is heard, and it always comes to an end.
//!
//! Nothing kills it when we die: the pipe closes with us, and ffmpeg then finishes its file. It has a process group of
//! its own, so that Ctrl-C in our terminal does not reach it before the stop ladder does.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::watch::BUSY_FACTOR;
use super::{RecorderLimits, RecordingFailure};
use crate::text::{Text, clip};

/// How often an ffmpeg that takes nothing is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How much of what ffmpeg says is kept: its last words are what matters.
const KEPT_BYTES: usize = 64 << 10;
/// Longest line that is passed on.
const MAX_LINE: usize = 1_024;
/// After its end nothing is missing from stderr, unless a child of its own still holds it open.
const STDERR_WAIT: Duration = Duration::from_millis(200);
/// Columns of its last words; they stand inside a sentence.
const QUOTED_COLUMNS: usize = 160;
/// A kill cannot be refused; only a process stuck in the kernel outlives it, and we do not wait for that.
const AFTER_KILL: Duration = Duration::from_millis(300);

/// A running ffmpeg.
#[derive(Debug)]
pub(super) struct Ffmpeg {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: Arc<Mutex<Vec<u8>>>,
    stderr_reader: AbortOnDropHandle<()>,
}

/// How an ffmpeg ended.
#[derive(Debug)]
pub(super) struct ProcessEnd {
    /// Its exit status; none when it outlived even a kill.
    pub(super) status: Option<ExitStatus>,
    /// The end of what it wrote to stderr.
    pub(super) stderr: String,
}

impl Ffmpeg {
    /// Starts `program`.
    pub(super) fn start(program: &str, arguments: &[OsString]) -> Result<Self, RecordingFailure> {
        Self::start_heard(program, arguments, None)
    }

    /// Starts `program`; each line it says goes to `lines` too, as long as there is room.
    pub(super) fn start_heard(
        program: &str,
        arguments: &[OsString],
        lines: Option<mpsc::Sender<String>>,
    ) -> Result<Self, RecordingFailure> {
        let mut command = Command::new(program);
        // English words, whatever the user's language: we look for some.
        command.args(arguments).env("LC_ALL", "C").kill_on_drop(false);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| RecordingFailure::from_spawn(program, &error))?;
        let stderr = Arc::default();
        let stderr_reader =
            AbortOnDropHandle::new(tokio::spawn(keep_stderr(child.stderr.take(), Arc::clone(&stderr), lines)));
        Ok(Self { stdin: child.stdin.take(), child, stderr, stderr_reader })
    }

    /// Feeds it all of `bytes`. Fails with `BrokenPipe` once it has ended, with `TimedOut` where it has taken nothing at all
    /// for as long as `patience`; slow is not stuck.
    pub(super) async fn feed(&mut self, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
        let mut idle = Duration::ZERO;
        let look = LOOK_EVERY.min(patience);
        while !bytes.is_empty() {
            let Some(stdin) = &mut self.stdin else { return Err(io::ErrorKind::BrokenPipe.into()) };
            match timeout(look, stdin.write(bytes)).await {
                Ok(written) => {
                    bytes = bytes.get(written?..).unwrap_or_default();
                    idle = Duration::ZERO;
                }
                Err(_) => idle += if self.is_busy() { look / BUSY_FACTOR } else { look },
            }
            if idle >= patience {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    /// Bytes of its input that it has not taken yet; none where the system does not say.
    #[cfg(unix)]
    pub(super) fn waiting(&self) -> u64 {
        self.stdin.as_ref().and_then(|stdin| rustix::io::ioctl_fionread(stdin).ok()).unwrap_or(0)
    }

    #[cfg(not(unix))]
    pub(super) fn waiting(&self) -> u64 {
        0
    }

    /// Whether it waits for the processor or the disk: it would do something if the machine let it.
    pub(super) fn is_busy(&self) -> bool {
        is_busy(self.pid())
    }

    /// Its number, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it ends by itself. May be dropped and asked again.
    pub(super) async fn exited(&mut self) {
        // An error means that there is no such process any more.
        let _ = self.child.wait().await;
    }

    /// Ends its input; says how it ended where it does so in time. May be called again.
    pub(super) async fn end_input(&mut self, patience: Duration) -> Option<ExitStatus> {
        drop(self.stdin.take());
        self.wait(patience).await
    }

    /// Ends its input, and it: what does not end is told to terminate, then killed.
    pub(super) async fn finish(mut self, limits: &RecorderLimits) -> ProcessEnd {
        drop(self.stdin.take());
        let mut status = self.wait(limits.close).await;
        if status.is_none() {
            tracing::warn!("ffmpeg did not end with its input; asking it to terminate");
            self.signal(Signal::Terminate);
            status = self.wait(limits.terminate).await;
        }
        if status.is_none() {
            tracing::warn!("ffmpeg did not terminate; killing it");
            self.signal(Signal::Kill);
            status = self.wait(AFTER_KILL).await;
        }
        let _ = timeout(STDERR_WAIT, &mut self.stderr_reader).await;
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        ProcessEnd { status, stderr: String::from_utf8_lossy(&stderr).into_owned() }
    }

    /// Kills it, and gives its last words.
    pub(super) async fn kill(mut self) -> ProcessEnd {
        self.signal(Signal::Kill);
        let status = self.wait(AFTER_KILL).await;
        let _ = timeout(STDERR_WAIT, &mut self.stderr_reader).await;
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        ProcessEnd { status, stderr: String::from_utf8_lossy(&stderr).into_owned() }
    }

    async fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        timeout(patience, self.child.wait()).await.ok()?.ok()
    }

    /// Signals its whole group: `record.ffmpeg` may be a script that runs the real one.
    #[cfg(unix)]
    fn signal(&self, signal: Signal) {
        use nix::sys::signal::{Signal as Unix, killpg};
        let signal = match signal {
            Signal::Terminate => Unix::SIGTERM,
            Signal::Kill => Unix::SIGKILL,
        };
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let _ = killpg(nix::unistd::Pid::from_raw(pid), signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _: Signal) {
        let _ = self.child.start_kill();
    }
}

/// Whether a process waits for the processor or the disk.
#[cfg(target_os = "linux")]
pub(super) fn is_busy(pid: Option<u32>) -> bool {
    let stat = pid.and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok());
    // The name, in parentheses, may hold anything; the state follows it.
    stat.as_deref().and_then(|stat| stat.rsplit_once(") ")).is_some_and(|(_, rest)| rest.starts_with(['R', 'D']))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_busy(_: Option<u32>) -> bool {
    false
}

#[derive(Clone, Copy, Debug)]
enum Signal {
    Terminate,
    Kill,
}

impl ProcessEnd {
    /// What it complained about last, without its own decoration.
    pub(super) fn last_words(&self) -> Text {
        let lines = || self.stderr.lines().rev().map(str::trim).filter(|line| !undecorated(line).is_empty());
        let grave = lines().find(|line| ["[fatal]", "[panic]", "[error]"].iter().any(|level| line.contains(level)));
        match grave.or_else(|| lines().next()) {
            Some(line) => Text::from(clip(undecorated(line), QUOTED_COLUMNS).as_ref()),
            None => match self.status {
                Some(status) => Text::from(format_args!("it said nothing ({status})")),
                None => Text::from("it said nothing"),
            },
        }
    }
}

/// `[flv @ 0x55] [error] words` without what stands in brackets.
fn undecorated(line: &str) -> &str {
    let mut rest = line;
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        rest = after.trim_start();
    }
    rest
}

/// Keeps the end of what ffmpeg says. Unread, a full pipe would freeze it after 64 KiB.
async fn keep_stderr(pipe: Option<ChildStderr>, kept: Arc<Mutex<Vec<u8>>>, lines: Option<mpsc::Sender<String>>) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = vec![0; 4_096];
    let mut line = Vec::new();
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        let read = chunk.get(..read).unwrap_or_default();
        if let Some(lines) = &lines {
            for &byte in read {
                if byte == b'\n' {
                    // Nobody waits for a reader that is slow.
                    let _ = lines.try_send(String::from_utf8_lossy(&line).into_owned());
                    line.clear();
                } else if line.len() < MAX_LINE {
                    line.push(byte);
                }
            }
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(read);
        let surplus = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..surplus);
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn impatient() -> RecorderLimits {
        RecorderLimits {
            close: Duration::from_millis(300),
            terminate: Duration::from_millis(300),
            ..RecorderLimits::default()
        }
    }

    fn script(text: &str) -> Ffmpeg {
        Ffmpeg::start("/bin/sh", &["-c".into(), text.into()]).unwrap()
    }

    /// Writes until the script has taken the line and said so.
    async fn ready(ffmpeg: &mut Ffmpeg) {
        ffmpeg.feed(b"go\n", LOOK_EVERY).await.unwrap();
        while !String::from_utf8_lossy(&ffmpeg.stderr.lock().unwrap()).contains("ready") {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_end_of_its_input_is_enough() {
        let ended =
            script("cat > /dev/null; echo '[flv @ 0x1] [warning] bye' >&2").finish(&RecorderLimits::default()).await;
        assert!(ended.status.unwrap().success());
        assert_eq!(ended.last_words(), "bye");
    }

    #[tokio::test]
    async fn one_that_ignores_the_end_is_terminated() {
        let mut ffmpeg = script("read x; echo ready >&2; while :; do sleep 60; done");
        ready(&mut ffmpeg).await;
        let ended = ffmpeg.finish(&impatient()).await;
        assert_eq!(ended.status.unwrap().signal(), Some(15));
    }

    #[tokio::test]
    async fn one_that_ignores_that_too_is_killed() {
        let mut ffmpeg = script("trap '' TERM; read x; echo ready >&2; while :; do sleep 60; done");
        ready(&mut ffmpeg).await;
        let ended = ffmpeg.finish(&impatient()).await;
        assert_eq!(ended.status.unwrap().signal(), Some(9));
    }

    #[tokio::test]
    async fn ctrl_c_in_our_terminal_does_not_reach_it() {
        use nix::unistd::{Pid, getpgid, getpgrp};
        let ffmpeg = script("cat > /dev/null");
        let pid = Pid::from_raw(ffmpeg.child.id().unwrap() as i32);
        assert_ne!(getpgid(Some(pid)).unwrap(), getpgrp());
        ffmpeg.finish(&RecorderLimits::default()).await;
    }

    #[tokio::test]
    async fn a_flood_of_words_neither_freezes_it_nor_us() {
        let mut ffmpeg =
            script("i=0; while [ $i -lt 20000 ]; do echo \"line $i\"; i=$((i+1)); done >&2; cat >/dev/null");
        ffmpeg.feed(b"taken after the flood", Duration::from_secs(60)).await.unwrap();
        let ended =
            ffmpeg.finish(&RecorderLimits { close: Duration::from_secs(60), ..RecorderLimits::default() }).await;
        assert!(ended.status.unwrap().success());
        assert_eq!(ended.last_words(), "line 19999");
        assert!(ended.stderr.len() <= KEPT_BYTES);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_it_has_not_taken_and_what_it_waits_for_is_known() {
        let mut ffmpeg = script("sleep 60");
        ffmpeg.feed(&[7; 1_000], LOOK_EVERY).await.unwrap();
        assert_eq!(ffmpeg.waiting(), 1_000);
        let mut busy = script("while :; do :; done");
        while !busy.is_busy() {
            tokio::task::yield_now().await;
        }
        busy.signal(Signal::Kill);
        let stuck = ffmpeg.feed(&vec![7; 100_000], Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(stuck.kind(), io::ErrorKind::TimedOut);
        ffmpeg.signal(Signal::Kill);
        ffmpeg.exited().await;
        busy.exited().await;
        assert!(!ffmpeg.is_busy());
    }

    #[tokio::test]
    async fn an_early_end_is_noticed_with_its_last_words() {
        let mut ffmpeg = script("echo '[mkv @ 0x1] [error] no\u{1b}[31mpe' >&2; echo '[info] after' >&2; exit 3");
        ffmpeg.exited().await;
        let ended = ffmpeg.finish(&RecorderLimits::default()).await;
        assert_eq!(ended.last_words(), "no[31mpe");
        assert_eq!(ended.status.unwrap().code(), Some(3));
    }

    #[test]
    fn an_empty_line_does_not_hide_the_cause() {
        let stderr = "[flv @ 0x1] [error] no such codec\n[error] \n[fatal]\n\n".to_owned();
        assert_eq!(ProcessEnd { status: None, stderr }.last_words(), "no such codec");
    }

    #[tokio::test]
    async fn what_cannot_run_is_said_in_words() {
        let missing = Ffmpeg::start("/nowhere/ffmpeg", &[]).unwrap_err();
        assert!(matches!(missing, RecordingFailure::FfmpegMissing { .. }), "{missing}");
        let folder = Ffmpeg::start("/", &[]).unwrap_err();
        assert!(matches!(folder, RecordingFailure::FfmpegUnusable { .. }), "{folder}");
    }
}
