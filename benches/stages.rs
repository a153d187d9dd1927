//! A frame's journey by stage: each stage alone, in microseconds a frame and, where valgrind is there, in instructions a frame.
//!
//! Times differ from machine to machine; instructions of one binary do not, whatever else the machine is doing.
//! `cargo bench --bench stages`; one stage alone, for a profiler: the program with a stage and a number of passes.
//!
//! What the frames are: `shared/mix.rs`. The socket's own reads and the wake-ups are not here: `session` has the whole.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot read its own frames should stop")]

#[path = "shared/mix.rs"]
mod mix;

use std::hint::black_box;
use std::io::{Cursor, Read, Write};
use std::process::Command;

use bytes::Bytes;
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::json::{LineContext, line};
use tiktop::events::{Decoder, EventKind, LiveStart, Phase, PhaseKind, RoomEvent};
use tiktop::ids::RoomId;
use tiktop::room::Room;
use tiktop::wire::{Frame, FrameKind, Inflater, Response};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

/// Times all frames are passed through a stage.
const ROUNDS: usize = 40;
const STAGES: [(&str, &str); 7] = [
    ("websocket", "bytes to a WebSocket message"),
    ("frame", "the push frame's fields"),
    ("inflate", "gunzip into a buffer"),
    ("batch", "the batch's fields"),
    ("events", "messages to typed events"),
    ("reduce", "de-duplication and the room's state"),
    ("json", "a line of `tiktop events` each"),
];

/// All frames as they stand before each stage.
struct Frames {
    socket: Vec<Vec<u8>>,
    bytes: Vec<Bytes>,
    gzipped: Vec<Frame>,
    bodies: Vec<Bytes>,
    batches: Vec<Response>,
    events: Vec<Vec<RoomEvent>>,
}

fn main() {
    // Cargo adds flags of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let frames = Frames::new();
    if let Some(stage) = arguments.first() {
        let rounds = arguments.get(1).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
        return frames.pass(stage, rounds);
    }
    let messages: usize = frames.batches.iter().map(|batch| batch.messages.len()).sum();
    println!("{:.1} messages a frame", messages as f64 / frames.bytes.len() as f64);
    for (stage, what) in STAGES {
        frames.pass(stage, 2);
        let began = Instant::now();
        frames.pass(stage, ROUNDS);
        let micros = began.elapsed().as_secs_f64() * 1e6 / (ROUNDS * frames.bytes.len()) as f64;
        let counted = instructions(stage).map_or("no valgrind".to_owned(), |count| {
            format!("{:.0} instructions", count as f64 / frames.bytes.len() as f64)
        });
        println!("{stage:<10} {micros:>7.2} µs a frame, {counted:>22}   {what}");
    }
}

/// What one pass of all frames through a stage costs, counted by callgrind: six passes less two, so that what comes before
/// them is not in it.
fn instructions(stage: &str) -> Option<u64> {
    let counted = |rounds: u64| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args([stage, &rounds.to_string()])
            .output()
            .ok()?;
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        report.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()
    };
    Some((counted(6)? - counted(2)?) / 4)
}

impl Frames {
    fn new() -> Self {
        let decoder = Decoder::default();
        let mut inflater = Inflater::default();
        let bytes: Vec<Bytes> = mix::bodies(1, 7_300_000_000_000_000_001)
            .iter()
            .zip(1..)
            .map(|((body, _), id)| Frame::serve(&FrameKind::Message, id, id, body, true))
            .collect();
        let gzipped: Vec<Frame> = bytes.iter().map(|bytes| Frame::decode(bytes.clone()).unwrap()).collect();
        let bodies: Vec<Bytes> = gzipped.iter().map(|frame| frame.body(&mut inflater).unwrap()).collect();
        let batches: Vec<Response> = bodies.iter().map(|body| Response::decode(body).unwrap()).collect();
        let at = Moment { mono: 4_000_000, wall: Timestamp(1_700_000_000_000) };
        let events = |batch: &Response| batch.messages.iter().map(|message| decoder.decode(message, at)).collect();
        let events = batches.iter().map(events).collect();
        let socket = bytes.iter().map(served).collect();
        Self { socket, bytes, gzipped, bodies, batches, events }
    }

    fn pass(&self, stage: &str, rounds: usize) {
        for _ in 0..rounds {
            match stage {
                "websocket" => self.websocket(),
                "frame" => {
                    for bytes in &self.bytes {
                        black_box(Frame::decode(bytes.clone()).unwrap());
                    }
                }
                "inflate" => {
                    let mut inflater = Inflater::default();
                    for frame in &self.gzipped {
                        black_box(frame.body(&mut inflater).unwrap());
                    }
                }
                "batch" => {
                    for body in &self.bodies {
                        black_box(Response::decode(body).unwrap());
                    }
                }
                "events" => {
                    let decoder = Decoder::default();
                    for message in self.batches.iter().flat_map(|batch| &batch.messages) {
                        black_box(decoder.decode(message, Moment::default()));
                    }
                }
                "reduce" => {
                    let mut room = connected();
                    for event in self.events.iter().flatten() {
                        black_box(room.apply(event));
                    }
                }
                "json" => {
                    let context = LineContext { room: "@ana.live", room_id: Some(RoomId(71)), live_seq: 1 };
                    for event in self.events.iter().flatten() {
                        black_box(line(&context, event, None));
                    }
                }
                other => panic!("there is no stage {other}"),
            }
        }
    }

    fn websocket(&self) {
        let wire = Wire(Cursor::new(self.socket.concat()));
        let mut socket = WebSocket::from_raw_socket(wire, Role::Client, None);
        for _ in &self.socket {
            black_box(socket.read().unwrap());
        }
    }
}

/// A frame as the service's socket writes it.
fn served(bytes: &Bytes) -> Vec<u8> {
    let mut head = vec![0x82];
    match bytes.len() {
        length @ ..126 => head.push(length as u8),
        length @ ..0x1_0000 => {
            head.push(126);
            head.extend((length as u16).to_be_bytes());
        }
        length => {
            head.push(127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    [&head, &bytes[..]].concat()
}

/// The service's side of a socket: all that was sent; what comes back goes nowhere.
struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn connected() -> Room {
    let room_id = RoomId(7_300_000_000_000_000_001);
    let own = |kind| RoomEvent {
        at: Moment::default(),
        server_at: None,
        id: None,
        room_id: Some(room_id),
        history: false,
        kind,
    };
    let mut room = Room::new(2_000);
    room.apply(&own(EventKind::Live(LiveStart { room_id, live_seq: 1 })));
    room.apply(&own(EventKind::State(Phase::new(PhaseKind::Live))));
    room
}
