//! Bench of one room end to end over loopback: the server in a process of its own, gunzip, de-duplication and the room's
//! state kept.
//!
//! Each measure runs in a fresh process, with the runtime that the program itself uses, and one reader who throws the news
//! away. `cargo bench --bench session`; Linux only, as the costs are read from `/proc`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench that cannot measure should stop")]
#![allow(dead_code, reason = "the stage is shared with other benches")]

#[path = "shared/mix.rs"]
mod mix;
#[path = "shared/stage.rs"]
mod stage;

use std::process::Command as Program;
use std::time::Duration;

use stage::{Encoding, Rhythm, Server, cpu, memory, serve};
use tiktop::clock::Clock;
use tiktop::events::EventKind;
use tiktop::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Messages of the throughput run.
const MESSAGES: usize = 100_000;
/// Messages a second of the steady run, and how long it is watched.
const RATE: u32 = 200;
const WATCHED: Duration = Duration::from_secs(20);
/// How often a connection is timed.
const CONNECTIONS: usize = 7;

fn main() {
    // Cargo adds flags of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.first().map(String::as_str) {
        Some("serve-blast") => serve(1, MESSAGES, Rhythm::Blast, Encoding::Gzip),
        Some("serve-steady") => serve(1, RATE as usize * 60, Rhythm::Steady(RATE), Encoding::Gzip),
        Some("blast") => measure(blast),
        Some("steady") => measure(steady),
        Some("connect") => measure(connect),
        _ => {
            for name in ["blast", "steady", "connect"] {
                let measured = Program::new(std::env::current_exe().unwrap()).arg(name).status().unwrap();
                assert!(measured.success(), "{name} failed");
            }
        }
    }
}

fn measure(what: impl AsyncFnOnce()) {
    stage::runtime().block_on(what());
}

struct Listener {
    tracker: Tracker,
    updates: mpsc::Receiver<TrackerUpdate>,
}

impl Listener {
    async fn open(server: &Server) -> Self {
        let tracker = Tracker::start(server.client(), Clock::system()).unwrap();
        let updates = tracker.subscribe(1 << 16, false);
        tracker.commands().send(TrackerCommand::Add(server.names[0].parse().unwrap())).await.unwrap();
        Self { tracker, updates }
    }

    /// Messages in the next update.
    async fn hear(&mut self) -> usize {
        match self.updates.recv().await.unwrap() {
            TrackerUpdate::Room(_, RoomUpdate::Events(events)) => {
                assert!(
                    !events.iter().any(|tallied| matches!(tallied.event.kind, EventKind::Gap(_))),
                    "a connection broke"
                );
                events.iter().filter(|tallied| tallied.event.id.is_some()).count()
            }
            TrackerUpdate::Room(_, RoomUpdate::Lagged(lost)) => panic!("the reader lagged: {lost:?}"),
            _ => 0,
        }
    }
}

async fn blast() {
    let server = Server::start(&std::env::current_exe().unwrap(), &["serve-blast".to_owned()]);
    let (before, _) = memory();
    let mut listener = Listener::open(&server).await;
    let mut heard = 0;
    while heard == 0 {
        heard += listener.hear().await;
    }
    let (began, spent) = (Instant::now(), cpu());
    while heard < MESSAGES {
        heard += listener.hear().await;
    }
    let (took, spent) = (began.elapsed().as_secs_f64(), cpu() - spent);
    let (now, highest) = memory();
    println!("socket to state      {:>9.0} messages/s ({heard} messages, {took:.2} s)", heard as f64 / took);
    println!("processor, flat out  {:>9.2} ms per 1 000 messages", spent * 1e6 / heard as f64);
    println!("memory               {now:>9.1} MB after {heard} messages ({before:.1} before, {highest:.1} at most)");
    listener.tracker.finish().await;
}

async fn steady() {
    let server = Server::start(&std::env::current_exe().unwrap(), &["serve-steady".to_owned()]);
    let mut listener = Listener::open(&server).await;
    let mut heard = 0;
    while heard < RATE as usize {
        heard += listener.hear().await;
    }
    let (began, spent, before) = (Instant::now(), cpu(), heard);
    while began.elapsed() < WATCHED {
        heard += listener.hear().await;
    }
    let (count, spent) = ((heard - before) as f64, cpu() - spent);
    println!(
        "processor, steady    {:>9.2} ms per 1 000 messages ({:.0} messages/s, {:.2} % of one core)",
        spent * 1e6 / count,
        count / began.elapsed().as_secs_f64(),
        spent * 100.0 / began.elapsed().as_secs_f64()
    );
    listener.tracker.finish().await;
}

async fn connect() {
    let server = Server::start(&std::env::current_exe().unwrap(), &["serve-steady".to_owned()]);
    let mut times = Vec::new();
    for _ in 0..CONNECTIONS {
        let began = Instant::now();
        let mut listener = Listener::open(&server).await;
        while listener.hear().await == 0 {}
        times.push(began.elapsed().as_secs_f64() * 1e3);
        listener.tracker.finish().await;
    }
    let first = times[0];
    times.sort_by(f64::total_cmp);
    println!(
        "connect              {first:>9.1} ms to the first event in a fresh process, {:.1} ms then",
        times[CONNECTIONS / 2]
    );
}
