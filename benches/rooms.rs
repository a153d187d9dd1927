//! Bench of a hundred rooms of twenty messages a second each in one headless process: what they cost together.
//!
//! The server is a process of its own; every room keeps its state, and one reader throws the news away.
//! `cargo bench --bench rooms`; Linux only, as the costs are read from `/proc`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench that cannot measure should stop")]
#![allow(dead_code, reason = "the stage is shared with other benches")]

#[path = "shared/mix.rs"]
mod mix;
#[path = "shared/stage.rs"]
mod stage;

use std::collections::HashSet;
use std::time::Duration;

use stage::{Encoding, Rhythm, Server, cpu, memory, serve};
use tiktop::clock::Clock;
use tiktop::track::{ConnectLimiter, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tokio::time::Instant;

const ROOMS: usize = 100;
/// Messages a second and room.
const RATE: u32 = 20;
/// How long is watched, once all rooms are heard.
const WATCHED: Duration = Duration::from_secs(30);
/// Messages of one room that last from its beginning to the end of the bench.
const MESSAGES: usize = RATE as usize * 180;

fn main() {
    if std::env::args().any(|argument| argument == "serve") {
        return serve(ROOMS, MESSAGES, Rhythm::Steady(RATE), Encoding::Gzip);
    }
    stage::runtime().block_on(rooms());
}

async fn rooms() {
    let server = Server::start(&["serve".to_owned()]);
    let (client, clock) = (server.client(), Clock::system());
    let failover = client.failover(clock.clone()).unwrap();
    // The usual pace, which spares TikTok, would take a minute to begin.
    let tracker = Tracker::with_failover(client, failover, ConnectLimiter::new(Duration::from_millis(10), 5), clock);
    let mut updates = tracker.subscribe(1 << 16, false);
    for name in &server.names {
        tracker.commands().send(TrackerCommand::Add(name.parse().unwrap())).await.unwrap();
    }
    let mut heard = HashSet::new();
    let mut messages = 0_usize;
    let mut watched = None;
    loop {
        let update = updates.recv().await.unwrap();
        if let TrackerUpdate::Room(room, RoomUpdate::Events(events)) = update {
            let count = events.iter().filter(|tallied| tallied.event.id.is_some()).count();
            messages += count;
            if count > 0 {
                heard.insert(room);
            }
        }
        if heard.len() == ROOMS {
            let (began, _, _) = *watched.get_or_insert_with(|| (Instant::now(), cpu(), messages));
            if began.elapsed() >= WATCHED {
                break;
            }
        }
    }
    let (began, spent, before) = watched.unwrap();
    let (took, spent) = (began.elapsed().as_secs_f64(), cpu() - spent);
    let count = (messages - before) as f64;
    let (now, highest) = memory();
    println!("{ROOMS} rooms, {:.0} messages/s together, for {took:.0} s", count / took);
    println!(
        "processor  {:>7.2} % of one core ({:.2} ms per 1 000 messages)",
        spent * 100.0 / took,
        spent * 1e6 / count
    );
    println!("memory     {now:>7.1} MB ({highest:.1} at most)");
    tracker.finish().await;
}
