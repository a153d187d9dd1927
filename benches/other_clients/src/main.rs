//! Bench of the best other client beside ours, on the same frames in one run: `tiktoklive` of crates.io.
//!
//! It reads plain frames and keeps nothing; ours gets them gzipped, drops repeats and keeps the room's state. Each measure runs
//! in a fresh process against a server in a process of its own. `cargo run --release` in this folder; Linux only.

#![allow(dead_code, reason = "the stage is shared with other benches")]

#[path = "../../shared/mix.rs"]
mod mix;
#[path = "../../shared/stage.rs"]
mod stage;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stage::{Encoding, Rhythm, Server, cpu, memory, serve};
use tiktoklive::TikTokLive;
use tiktoklive::core::live_client_mapper::TikTokLiveMessageMapper;
use tiktoklive::core::live_client_websocket::TikTokLiveWebsocketClient;
use tiktoklive::generated::events::TikTokLiveEvent;
use tiktoklive::http::http_data::LiveConnectionDataResponse;
use tiktop::clock::Clock;
use tiktop::config::Secrets;
use tiktop::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::webcast::Service;
use tokio::time::Instant;

/// Messages of the throughput run.
const MESSAGES: usize = 100_000;
/// Messages a second of the steady run, and how long it is watched.
const RATE: u32 = 200;
const WATCHED: Duration = Duration::from_secs(20);

/// Messages that the client has read.
static READ: AtomicUsize = AtomicUsize::new(0);

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    match argument.as_str() {
        "serve-blast" => serve(1, MESSAGES, Rhythm::Blast, Encoding::Gzip),
        "serve-steady" => serve(1, RATE as usize * 60, Rhythm::Steady(RATE), Encoding::Gzip),
        "serve-plain-blast" => serve(1, MESSAGES, Rhythm::Blast, Encoding::Plain),
        "serve-plain-steady" => serve(1, RATE as usize * 60, Rhythm::Steady(RATE), Encoding::Plain),
        "tiktop-blast" => ours("serve-blast", blast),
        "tiktop-steady" => ours("serve-steady", steady),
        "tiktoklive-blast" => other("serve-plain-blast", blast),
        "tiktoklive-steady" => other("serve-plain-steady", steady),
        _ => {
            for name in ["tiktop-blast", "tiktoklive-blast", "tiktop-steady", "tiktoklive-steady"] {
                println!("{name}");
                let program = std::env::current_exe().expect("a program has a path");
                let measured = Command::new(program).arg(name).status().expect("this program starts");
                assert!(measured.success(), "{name} failed");
            }
        }
    }
}

/// Our client as our commands without a screen have it, with one reader.
fn ours(server: &str, measure: impl AsyncFnOnce()) {
    let server = Server::start(&[server.to_owned()]);
    stage::runtime().block_on(async {
        let service = Service::headless(&server.settings, Secrets::default()).expect("the settings are good");
        let tracker = Tracker::start(service, Clock::system()).expect("the settings are good");
        let mut updates = tracker.subscribe(1 << 16, false);
        let name = server.names[0].parse().expect("a name of the simulator");
        tracker.commands().send(TrackerCommand::Add(name)).await.expect("the tracker runs");
        tokio::spawn(async move {
            while let Some(update) = updates.recv().await {
                if let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = update {
                    READ.fetch_add(events.iter().filter(|tallied| tallied.event.id.is_some()).count(), Ordering::Relaxed);
                }
            }
        });
        measure().await;
        tracker.finish().await;
    });
}

/// The other client in the runtime of its own examples, with one handler. Its look-ups are left out.
fn other(server: &str, measure: impl AsyncFnOnce()) {
    let server = Server::start(&[server.to_owned()]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    runtime.block_on(async {
        let client = TikTokLive::new_client(&server.names[0])
            .on_event(|_, event| {
                if let TikTokLiveEvent::OnWebsocketResponse(batch) = event {
                    READ.fetch_add(batch.raw_data.messages.len(), Ordering::Relaxed);
                }
            })
            .build();
        let socket = TikTokLiveWebsocketClient::new(TikTokLiveMessageMapper {});
        let place = LiveConnectionDataResponse {
            web_socket_timeout: Duration::from_secs(10),
            web_socket_cookies: String::new(),
            web_socket_url: url::Url::parse(&server.settings.service.socket_url).expect("an address"),
        };
        assert!(socket.start(place, Arc::new(client)).await.is_ok(), "the other client did not connect");
        measure().await;
    });
    runtime.shutdown_background();
}

async fn until_read(count: usize) {
    while READ.load(Ordering::Relaxed) < count {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn blast() {
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
