//! Stage for benches: a service in a process of its own, and what the process that listens to it costs.
//!
//! The simulator answers the look-ups; sockets are served here, from frames that were made before, so that the server is
//! faster than any client.

#[path = "../../src/run/thread_pacer.rs"]
mod thread_pacer;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tiktop::config::{Settings, TransportKind};
use tiktop::sim::{Sim, SimOptions};
use tiktop::webcast::Service;
use tiktop::wire::{Frame, FrameKind};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::mix;

/// How a server talks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rhythm {
    /// Everything at once.
    Blast,
    /// So many messages a second on each socket.
    Steady(u32),
}

/// How bodies travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As the service sends them today.
    Gzip,
    /// For clients that cannot inflate.
    Plain,
}

/// Prepared frames with their numbers of messages.
type Frames = Arc<Vec<(Bytes, usize)>>;

/// At least `messages` different messages in frames that ask for acks.
fn frames(messages: usize, encoding: Encoding) -> Frames {
    let mut frames: Vec<(Bytes, usize)> = Vec::new();
    let mut made = 0;
    for seed in 1.. {
        for (body, count) in mix::bodies(seed, 0) {
            if made >= messages {
                return Arc::new(frames);
            }
            let at = frames.len() as u64 + 1;
            frames.push((Frame::serve(&FrameKind::Message, at, at, &body, encoding == Encoding::Gzip), count));
            made += count;
        }
    }
    Arc::new(frames)
}

/// The runtime that the program itself uses where it has no screen.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    thread_pacer::pace_thread(&mut tokio::runtime::Builder::new_current_thread()).enable_all().build().unwrap()
}

/// Serves until standard input closes, which it does when whoever started us ends.
pub(crate) fn serve(rooms: usize, messages: usize, rhythm: Rhythm, encoding: Encoding) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let frames = frames(messages, encoding);
        let sim = Sim::start(SimOptions { rate: 0.0, rooms, ..SimOptions::default() }).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut names = sim.names();
        // The third room of a simulator is offline.
        if names.len() > 2 {
            sim.go_live(&names[2]);
        }
        names.truncate(rooms);
        let socket = listener.local_addr().unwrap();
        println!("{} ws://{socket} {}", sim.base_url(), names.join(","));
        std::io::stdout().flush().unwrap();
        let serving = async {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&frames), rhythm));
            }
        };
        let parent_is_gone = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
        tokio::select! {
            () = serving => {}
            _ = parent_is_gone => {}
        }
    });
    runtime.shutdown_background();
}

async fn talk(stream: TcpStream, frames: Frames, rhythm: Rhythm) {
    stream.set_nodelay(true).unwrap();
    let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let (mut writes, mut reads) = socket.split();
    // Nothing is said before the room is entered.
    if reads.next().await.is_none() {
        return;
    }
    let hearing = tokio::spawn(async move { while let Some(Ok(_)) = reads.next().await {} });
    let began = Instant::now();
    let mut said = 0;
    for (frame, count) in frames.iter() {
        let sent = match rhythm {
            Rhythm::Blast => writes.feed(Message::Binary(frame.clone())).await,
            Rhythm::Steady(rate) => {
                tokio::time::sleep_until(began + Duration::from_secs_f64(said as f64 / f64::from(rate))).await;
                writes.send(Message::Binary(frame.clone())).await
            }
        };
        said += count;
        if sent.is_err() {
            return;
        }
    }
    let _ = writes.flush().await;
    let _ = hearing.await;
}

/// A server in a process of its own; it ends with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) settings: Settings,
    pub(crate) names: Vec<String>,
}

impl Server {
    /// Starts a program with `arguments`, which must lead to [`serve`].
    pub(crate) fn start(program: &Path, arguments: &[String]) -> Self {
        let mut child =
            Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut words = line.split_whitespace();
        let mut settings = Settings { transports: vec![TransportKind::Direct], ..Settings::default() };
        words.next().unwrap().clone_into(&mut settings.service.site_url);
        settings.service.webcast_url.clone_from(&settings.service.site_url);
        words.next().unwrap().clone_into(&mut settings.service.socket_url);
        let names = words.next().unwrap().split(',').map(str::to_owned).collect();
        Self { child, settings, names }
    }

    pub(crate) fn client(&self) -> Arc<Service> {
        Service::isolated(&self.settings).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Seconds of processor time of this process so far, in the kernel and out of it, threads that have ended included.
pub(crate) fn cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = [usage.user_time(), usage.system_time()].map(|time| time.num_microseconds());
    micros.iter().sum::<i64>() as f64 / 1e6
}

/// Memory of this process in MB of a million bytes: now, and at its highest.
pub(crate) fn memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let read = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1_024.0 / 1e6
    };
    (read("VmRSS:"), read("VmHWM:"))
}
