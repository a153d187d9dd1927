//! Bench of many rooms in one headless process: what they cost together, one busy room, a hundred and a thousand.
//!
//! The server is a process of its own; every room keeps its state, and one reader throws the news away. Each order of rooms is
//! measured in a fresh process. `cargo bench --bench rooms`; Linux only, as the costs are read from `/proc`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench that cannot measure should stop")]
#![allow(dead_code, reason = "the stage is shared with other benches")]

#[path = "shared/mix.rs"]
mod mix;
#[path = "shared/stage.rs"]
mod stage;

use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;

use stage::{Encoding, Rhythm, Server, cpu, memory, serve};
use tiktop::clock::Clock;
use tiktop::track::{ConnectLimiter, RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tokio::time::Instant;

/// Rooms, and messages a second in each.
const ORDERS: [(usize, u32); 3] = [(1, 5_000), (100, 20), (1_000, 2)];
/// How long is watched, once all rooms are heard.
const WATCHED: Duration = Duration::from_secs(30);

fn main() {
    // Cargo adds flags of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let number = |nth: usize| arguments[nth].parse().unwrap();
    match arguments.first().map(String::as_str) {
        Some("serve") => {
            let (count, rate) = (number(1), number(2));
            // What lasts from the beginning to the end of the bench: a thousand rooms take their time to connect.
            let seconds = if count > 1 { 180 } else { 60 };
            serve(count, rate * seconds, Rhythm::Steady(rate as u32), Encoding::Gzip);
        }
        Some("watch") => stage::runtime().block_on(rooms(number(1), &arguments[2])),
        _ => {
            for (count, rate) in ORDERS {
                let arguments = ["watch".to_owned(), count.to_string(), rate.to_string()];
                assert!(Command::new(std::env::current_exe().unwrap()).args(arguments).status().unwrap().success());
            }
        }
    }
}

async fn rooms(rooms: usize, rate: &str) {
    let server =
        Server::start(&std::env::current_exe().unwrap(), &["serve".to_owned(), rooms.to_string(), rate.to_owned()]);
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
        if heard.len() == rooms {
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
    println!("{rooms} rooms, {:.0} messages/s together, for {took:.0} s", count / took);
    println!(
        "processor  {:>7.2} % of one core ({:.2} ms per 1 000 messages)",
        spent * 100.0 / took,
        spent * 1e6 / count
    );
    println!("memory     {now:>7.1} MB ({highest:.1} at most)");
    tracker.finish().await;
}
