//! What the programs of this bench share: the server's frames, and the measures.

#![allow(dead_code, reason = "the stage is shared with other benches")]

#[path = "../../shared/mix.rs"]
mod mix;
#[path = "../../shared/stage.rs"]
mod stage;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use stage::{Encoding, Rhythm, cpu, memory};

/// Messages of the throughput run.
const MESSAGES: usize = 100_000;
/// Messages a second of the steady run, and how long it is watched.
const RATE: u32 = 200;
const WATCHED: Duration = Duration::from_secs(20);

/// Messages that the client has read.
pub static READ: AtomicUsize = AtomicUsize::new(0);

/// The runtime that our own commands without a screen have.
pub fn runtime() -> tokio::runtime::Runtime {
    stage::runtime()
}

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// As many messages as come.
    Flood,
    /// 200 a second.
    Steady,
}

impl Measure {
    /// The measure that this program was started with.
    pub fn of_this_program() -> Self {
        if std::env::args().nth(1).as_deref() == Some("steady") { Self::Steady } else { Self::Flood }
    }

    /// Measures this process, whose client counts in [`READ`].
    pub async fn run(self) {
        match self {
            Self::Flood => flood().await,
            Self::Steady => steady().await,
        }
    }
}

/// A server in a process of its own.
pub struct Server(stage::Server);

impl Server {
    /// Starts the program `serve` that stands beside this one.
    pub fn start(measure: Measure, gzip: bool) -> Self {
        let program = std::env::current_exe().expect("a program has a path").with_file_name("serve");
        let rhythm = if matches!(measure, Measure::Steady) { "steady" } else { "flood" };
        let encoding = if gzip { "gzip" } else { "plain" };
        Self(stage::Server::start(&program, &[rhythm.to_owned(), encoding.to_owned()]))
    }

    /// Settings that lead to it.
    pub fn settings(&self) -> &tiktop::config::Settings {
        &self.0.settings
    }

    /// The name of its room.
    pub fn name(&self) -> &str {
        &self.0.names[0]
    }
}

/// Serves one room until whoever started this program ends.
pub fn serve(rhythm: &str, encoding: &str) {
    let encoding = if encoding == "gzip" { Encoding::Gzip } else { Encoding::Plain };
    if rhythm == "steady" {
        stage::serve(1, RATE as usize * 60, Rhythm::Steady(RATE), encoding);
    } else {
        stage::serve(1, MESSAGES, Rhythm::Blast, encoding);
    }
}

async fn until_read(count: usize) {
    while READ.load(Ordering::Relaxed) < count {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn flood() {
    until_read(1).await;
    let (began, spent, before) = (Instant::now(), cpu(), READ.load(Ordering::Relaxed));
    until_read(MESSAGES).await;
    let count = (READ.load(Ordering::Relaxed) - before) as f64;
    let (took, spent) = (began.elapsed().as_secs_f64(), cpu() - spent);
    let (now, highest) = memory();
    println!("    {:>9.0} messages/s", count / took);
    println!("    {:>9.2} ms of processor for 1 000 messages", spent * 1e6 / count);
    println!("    {now:>9.1} MB ({highest:.1} at most)");
}

async fn steady() {
    until_read(RATE as usize).await;
    let (spent, before) = (cpu(), READ.load(Ordering::Relaxed));
    tokio::time::sleep(WATCHED).await;
    let count = (READ.load(Ordering::Relaxed) - before) as f64;
    let (now, _) = memory();
    println!("    {:>9.2} ms of processor for 1 000 messages", (cpu() - spent) * 1e6 / count);
    println!("    {now:>9.1} MB");
}
