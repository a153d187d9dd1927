//! Tests of the background service, as a shell sees it: the real program on the simulator.

mod frozen;
mod screen;
mod service;
mod socket;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tiktop::sim::{Sim, SimOptions};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::kit::{in_time, isolated, pointed_at, sim_with, until};

/// Rooms with so few messages that nothing but what is tested costs time.
async fn rooms(rooms: usize) -> Sim {
    sim_with(SimOptions { rate: 10.0, rooms, ..SimOptions::default() }).await
}

/// The program on the simulator, by the socket that costs no signature.
fn program(sim: &Sim, home: &Path, args: &[&str]) -> Command {
    let mut program = isolated(home);
    program.args(args).args(pointed_at(sim));
    for set in ["transports=['direct']", "record.ffmpeg=/nowhere/ffmpeg", "record.min_free_mb=0"] {
        program.args(["--set", set]);
    }
    program
}

/// A service that runs, and what it has printed.
struct Served {
    child: Child,
    printed: Arc<Mutex<String>>,
    reader: Option<tokio::task::JoinHandle<()>>,
}

impl Served {
    fn start(mut program: Command) -> Self {
        let mut child = program.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let printed = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&printed);
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        Self { child, printed, reader: Some(reader) }
    }

    fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Waits until it has printed all of these.
    async fn prints(&self, words: &[&str]) {
        let all = || words.iter().all(|words| self.printed().contains(words));
        let waited = tokio::time::timeout(Duration::from_secs(60), async {
            while !all() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "waited in vain for {words:?}: {}", self.printed());
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().unwrap().cast_signed()), signal).unwrap();
    }

    /// Waits for its end; the exit code.
    async fn ends(&mut self) -> Option<i32> {
        let code = in_time("the service ends", self.child.wait()).await.unwrap().code();
        if let Some(reader) = self.reader.take() {
            in_time("all it printed is read", reader).await.unwrap();
        }
        code
    }
}

/// A file with this ending below a folder.
fn with_ending(folder: &Path, ending: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(ending))
}
