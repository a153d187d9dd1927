//! Bench of the screen end to end: from a message in a socket to its text in a terminal, and the bytes that this takes.
//!
//! A server sends comments that carry the time at which they were sent, in frames with other messages as a busy room has them; the real
//! program draws them in a pseudo-terminal, and what that shows is read as a terminal would read it. `cargo bench --bench screen`.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench that cannot measure should stop")]
#![allow(clippy::disallowed_methods, reason = "what is measured here is time")]
#![allow(dead_code, reason = "the mix is shared with other benches")]

#[path = "shared/mix.rs"]
mod mix;

use std::collections::HashSet;
use std::io::Read;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use prost::Message as _;
use tiktop::sim::{Sim, SimOptions};
use tiktop::wire::{Frame, FrameKind, pb};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// Frames a second on each socket, at most: each has 4.5 messages of the mix and a comment.
const FRAMES: u32 = 182;
/// How long a run is watched, after this long of warming up.
const WATCHED: Duration = Duration::from_secs(20);
const WARM: Duration = Duration::from_secs(3);
/// Letters of a time in a comment, and what stands around them.
const LETTERS: usize = 6;
const AROUND: (&str, &str) = ("zq", "qz");

fn main() {
    let began = Instant::now();
    for (rooms, rate, budget) in [(1, 1, None), (2, 1_000, None), (1, 50, None), (1, 50, Some(8_000))] {
        run(began, rooms, rate, budget);
    }
}

/// One run: so many rooms with so many messages a second each, and a budget of bytes a second.
fn run(began: Instant, rooms: usize, rate: u32, budget: Option<u64>) {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sim = Sim::start(SimOptions { rate: 0.0, rooms, ..SimOptions::default() }).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let socket = listener.local_addr().unwrap();
            let mut names = sim.names();
            names.truncate(rooms);
            tell.send((sim.base_url(), format!("ws://{socket}"), names)).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, rate, began));
            }
        });
    });
    let (site, socket, names) = told.recv().unwrap();
    let home = tempfile::tempdir().unwrap();
    let pair = native_pty_system().openpty(PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tiktop"));
    command.args(["--alone", "--no-history", "--set", "transports=[\"direct\"]"]);
    for (option, value) in [("site_url", &site), ("webcast_url", &site), ("socket_url", &socket)] {
        command.args(["--set", &format!("service.{option}={value}")]);
    }
    if let Some(budget) = budget {
        command.args(["--max-bytes-per-second", &budget.to_string()]);
    }
    command.args(names.iter().map(|name| format!("@{name}")));
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
        command.env(name, home.path());
    }
    for name in ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "TMUX", "NO_COLOR", "LC_ALL"] {
        command.env_remove(name);
    }
    let mut child = pair.slave.spawn_command(command).unwrap();
    let chunks = chunks(pair.master.try_clone_reader().unwrap());
    let seen = watch(&chunks, began);
    child.kill().unwrap();
    child.wait().unwrap();
    let of = budget.map(|budget| format!(" of {budget} allowed")).unwrap_or_default();
    println!("{rooms} room(s) of {rate} messages/s: {} B/s to the terminal{of}, {}", seen.rate, seen.latency());
}

/// What comes out of the terminal, each with when it came.
fn chunks(mut reader: Box<dyn Read + Send>) -> Receiver<(Instant, Vec<u8>)> {
    let (sender, chunks) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    chunks
}

struct Seen {
    /// Bytes a second.
    rate: u64,
    /// From the socket to the screen, growing.
    took: Vec<Duration>,
}

impl Seen {
    fn latency(&self) -> String {
        let at = |share: f64| {
            let nth = (self.took.len() as f64 * share) as usize;
            self.took.get(nth.min(self.took.len().saturating_sub(1))).map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
        };
        let (median, most) = (at(0.5), at(1.0));
        format!(
            "socket to screen {median:.1} ms median, {:.1} ms p99, {most:.1} ms at most, {} seen",
            at(0.99),
            self.took.len()
        )
    }
}

fn watch(chunks: &Receiver<(Instant, Vec<u8>)>, began: Instant) -> Seen {
    let mut screen = vt100::Parser::new(NonZero::new(36).unwrap(), NonZero::new(120).unwrap(), 0);
    let (mut known, mut took, mut bytes) = (HashSet::new(), Vec::new(), 0);
    let mut from = None;
    while let Ok((at, chunk)) = chunks.recv_timeout(Duration::from_secs(20)) {
        screen.process(&chunk);
        let text = screen.screen().contents();
        let news: Vec<u64> = stamps(&text).filter(|stamp| known.insert(*stamp)).collect();
        match from {
            None if news.is_empty() => {}
            // The connection is there: the run begins a little later.
            None => from = Some(at + WARM),
            Some(from) if at > from + WATCHED => break,
            Some(from) if at >= from => {
                bytes += chunk.len();
                took.extend(
                    news.iter().map(|stamp| at.saturating_duration_since(began + Duration::from_micros(*stamp))),
                );
            }
            Some(_) => {}
        }
    }
    took.sort_unstable();
    Seen { rate: bytes as u64 / WATCHED.as_secs(), took }
}

/// The times that stand on a screen, in microseconds.
fn stamps(text: &str) -> impl Iterator<Item = u64> {
    text.split(AROUND.0).skip(1).filter_map(|rest| {
        let (letters, after) = rest.split_at_checked(LETTERS)?;
        let is_one = after.starts_with(AROUND.1) && letters.bytes().all(|letter| letter.is_ascii_lowercase());
        is_one.then(|| letters.bytes().fold(0, |sum, letter| sum * 26 + u64::from(letter - b'a')))
    })
}

fn stamp(micros: u64) -> String {
    let mut letters = [b'a'; LETTERS];
    let mut rest = micros;
    for letter in letters.iter_mut().rev() {
        *letter += u8::try_from(rest % 26).unwrap();
        rest /= 26;
    }
    format!("{}{}{}", AROUND.0, String::from_utf8_lossy(&letters), AROUND.1)
}

/// Message ids, different in all rooms.
static NEXT_ID: AtomicI64 = AtomicI64::new(7_500_000_000_000_000_000);

/// A comment sent now, as the body of a response that can be put behind another one.
fn comment(began: Instant) -> Vec<u8> {
    let msg_id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let common =
        pb::Common { method: "WebcastChatMessage".to_owned(), msg_id, is_show_msg: true, ..Default::default() };
    let user = pb::User {
        id: msg_id % 97 + 1,
        nickname: "Kit".to_owned(),
        display_id: "kit".to_owned(),
        ..Default::default()
    };
    let sent = u64::try_from(began.elapsed().as_micros()).unwrap();
    let chat = pb::ChatMessage { common: Some(common), user: Some(user), content: stamp(sent), ..Default::default() };
    let payload = chat.encode_to_vec();
    let message =
        pb::Message { method: "WebcastChatMessage".to_owned(), payload: payload.into(), msg_id, ..Default::default() };
    pb::Response { messages: vec![message], ..Default::default() }.encode_to_vec()
}

async fn talk(stream: TcpStream, rate: u32, began: Instant) {
    stream.set_nodelay(true).unwrap();
    let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let (mut writes, mut reads) = socket.split();
    // Nothing is said before the room is entered.
    if reads.next().await.is_none() {
        return;
    }
    tokio::spawn(async move { while let Some(Ok(_)) = reads.next().await {} });
    let bodies: Arc<Vec<(Vec<u8>, usize)>> = Arc::new(mix::bodies(1, 0));
    let mut others = bodies.iter().cycle();
    let frames = rate.min(FRAMES);
    let pace = Duration::from_secs(1) / frames;
    let mut ticks = tokio::time::interval(pace);
    for at in 1.. {
        ticks.tick().await;
        // A comment, and what else makes up the rate.
        let mut body =
            if rate > FRAMES { others.next().map(|(body, _)| body.clone()).unwrap_or_default() } else { Vec::new() };
        body.extend(comment(began));
        let frame = Frame::serve(&FrameKind::Message, at, at, &body, true);
        if writes.send(Message::Binary(frame)).await.is_err() {
            return;
        }
    }
}
