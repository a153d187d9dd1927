//! Standard output for a stream of lines: written by the thread that has them, and never in a way that blocks it.
//!
//! The runtime's own standard output hands every write to a thread of a pool and waits for it, which costs two wake-ups a
//! batch. A pipe is opened once more without blocking instead; files and devices are written to at once; a terminal and
//! anything else goes through that thread.

use std::fs::File;
use std::io::{self, Write};

use tokio::io::AsyncWriteExt;
#[cfg(target_os = "linux")]
use tokio::net::unix::pipe;

/// Where the lines go.
#[derive(Debug)]
pub(super) enum EventOutput {
    /// A pipe of our own opening: another process's end of it goes on blocking as it did.
    #[cfg(target_os = "linux")]
    Pipe(pipe::Sender),
    /// A file or a device that takes what it gets.
    #[cfg(unix)]
    File(File),
    /// Whatever else there is.
    Other(tokio::io::Stdout),
}

impl EventOutput {
    /// Looks at what standard output is. Belongs into a runtime.
    pub(super) fn open() -> Self {
        #[cfg(unix)]
        if let Some(file) = plain_file() {
            return Self::File(file);
        }
        #[cfg(target_os = "linux")]
        if let Ok(pipe) = pipe::OpenOptions::new().open_sender("/proc/self/fd/1") {
            return Self::Pipe(pipe);
        }
        Self::Other(tokio::io::stdout())
    }

    /// Writes all of it, as soon as the reader takes it. A drop in between may leave a line half written.
    pub(super) async fn write_all(&mut self, lines: &[u8]) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Pipe(pipe) => pipe.write_all(lines).await,
            #[cfg(unix)]
            Self::File(file) => file.write_all(lines),
            Self::Other(stdout) => {
                stdout.write_all(lines).await?;
                stdout.flush().await
            }
        }
    }
}

/// Standard output where a write to it cannot wait for somebody.
#[cfg(unix)]
fn plain_file() -> Option<File> {
    use std::io::IsTerminal;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;

    let stdout = io::stdout();
    let file = File::from(stdout.as_fd().try_clone_to_owned().ok()?);
    let kind = file.metadata().ok()?.file_type();
    let takes_all = kind.is_file() || (kind.is_char_device() && !stdout.is_terminal());
    takes_all.then_some(file)
}
