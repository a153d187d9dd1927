//! WebSocket of one client of the simulator, after the handshake.
//!
//! As at TikTok: the room comes with `im_enter_room` or, for older clients, with the URL; every `msg` asks for an ack;
//! heartbeats are answered; who does neither for too long is closed. A slow reader is closed too, nobody waits for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use tokio::io::AsyncWriteExt;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};

use super::batch::{AfterBatch, Batch};
use super::faults::SimFault;
use super::frame::{self, Framer};
use super::room::SimRoom;
use super::world::{World, count};
use crate::wire::pb;

/// Frames after which [`SimFault::Drop`] breaks the connection.
const DROP_AFTER: u64 = 10;
/// Frames after which [`SimFault::Stall`] falls silent.
const STALL_AFTER: u64 = 5;
/// A client that never enters is given so long to finish its handshake.
const BEFORE_FIRST: Duration = Duration::from_millis(40);
/// After this long a client that has not entered is greeted: the Python one waits for the first message before it enters.
const GREET_AFTER: Duration = Duration::from_secs(1);
/// How long a closed socket listens for what is under way.
const CLOSE_WAIT: Duration = Duration::from_secs(2);
/// How long a relay listens to a client that says nothing.
const RELAY_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Acks a client may owe before the oldest frame is forgotten.
const UNACKED: usize = 4_096;

mod relay;

pub(super) use relay::Relay;

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// What the URL of the socket said.
#[derive(Clone, Debug)]
pub(super) struct SocketQuery {
    pub(super) gzip: bool,
    pub(super) room_id: Option<i64>,
    /// `client_enter=1`: the client will send `im_enter_room`. Those of 2022 do not, their room is that of the URL.
    pub(super) enters: bool,
    /// The client asked the provider's relay.
    pub(super) relay: Option<Relay>,
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SocketClosed {
    /// We close, with a code and a reason.
    Closing(u16, &'static str),
    /// The connection just breaks.
    Broken,
    /// The client closed; it gets its answer.
    Left,
}

/// The room a client is in.
struct EnteredRoom {
    room: Arc<SimRoom>,
    room_id: i64,
    batches: broadcast::Receiver<Arc<Batch>>,
}

struct SimSession {
    world: Arc<World>,
    stream: Stream,
    framer: Framer,
    room: Option<EnteredRoom>,
    /// Log ids that were sent and not acked.
    owed: VecDeque<i64>,
    last_ack: Instant,
    last_heartbeat: Instant,
    sent: u64,
    stalled: bool,
    /// The client is not TikTok's but the relay's: it sends no heartbeats and no acks.
    relayed: bool,
}

/// Serves one socket to its end.
pub(super) async fn serve(world: Arc<World>, upgraded: Upgraded, hello: SocketQuery) {
    let config = WebSocketConfig::default().max_message_size(Some(1 << 20)).write_buffer_size(0);
    let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let mut cut = world.cut.subscribe();
    count(&world.counters.opened);
    count(&world.counters.open);
    let first_log_id = 3_370_000_000_000_000_000 + fastrand::i64(0..1_000_000_000_000);
    let mut session = SimSession {
        world: world.clone(),
        stream,
        framer: Framer::new(hello.gzip, first_log_id),
        room: None,
        owed: VecDeque::new(),
        last_ack: Instant::now(),
        last_heartbeat: Instant::now(),
        sent: 0,
        stalled: false,
        relayed: hello.relay.is_some(),
    };
    let gone = match session.introduce(&hello).await {
        Ok(hello) => session.run(hello, &mut cut).await,
        Err(gone) => gone,
    };
    let gone = session.as_relay_close(gone);
    world.counters.open.fetch_sub(1, Ordering::Relaxed);
    session.room = None;
    session.leave(gone).await;
}

impl SimSession {
    async fn run(&mut self, hello: SocketQuery, cut: &mut watch::Receiver<u64>) -> SocketClosed {
        if let Some(room_id) = hello.room_id.filter(|_| !hello.enters) {
            // Clients of that time lose what arrives in one segment with the handshake.
            tokio::time::sleep(BEFORE_FIRST).await;
            if let Err(gone) = self.enter(room_id, false).await {
                return gone;
            }
        }
        let greet_at = Instant::now() + GREET_AFTER;
        let mut greeted = !hello.enters;
        loop {
            let deadline = self.deadline();
            tokio::select! {
                () = self.world.stop.cancelled() => return SocketClosed::Broken,
                _ = cut.changed() => return SocketClosed::Broken,
                () = tokio::time::sleep_until(deadline) => return SocketClosed::Closing(1000, self.impatience()),
                () = tokio::time::sleep_until(greet_at), if !greeted => {
                    greeted = true;
                    if let Err(gone) = self.greet(hello.room_id).await { return gone }
                }
                incoming = self.stream.next() => match incoming {
                    Some(Ok(message)) => if let Err(gone) = self.receive(message).await { return gone },
                    Some(Err(_)) | None => return SocketClosed::Broken,
                },
                batch = next(&mut self.room) => match batch {
                    Ok(batch) => if let Err(gone) = self.send_batch(&batch).await { return gone },
                    Err(()) => return SocketClosed::Closing(4003, "too slow"),
                },
            }
        }
    }

    /// Closes with a code, or breaks off without one. Either way the client gets all that was sent: a socket that is
    /// dropped with something unread in it is reset, and what the client has not read yet is lost with it.
    async fn leave(&mut self, gone: SocketClosed) {
        // The other side may be gone already.
        let _ = match gone {
            SocketClosed::Closing(code, reason) => {
                let close = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                self.stream.close(Some(close)).await.map_err(|_| ())
            }
            SocketClosed::Left => self.stream.flush().await.map_err(|_| ()),
            SocketClosed::Broken => self.stream.get_mut().shutdown().await.map_err(|_| ()),
        };
        let drained = async { while let Some(Ok(_)) = self.stream.next().await {} };
        tokio::select! {
            () = self.world.stop.cancelled() => {}
            _ = tokio::time::timeout(CLOSE_WAIT, drained) => {}
        }
    }

    /// When patience ends: no heartbeat, or no ack although acks are owed.
    fn deadline(&self) -> Instant {
        if self.relayed {
            return Instant::now() + RELAY_TIMEOUT;
        }
        let client_timeouts = self.world.client_timeouts;
        let heartbeat = self.last_heartbeat + client_timeouts.heartbeat;
        if self.owed.is_empty() { heartbeat } else { heartbeat.min(self.last_ack + client_timeouts.ack) }
    }

    fn impatience(&self) -> &'static str {
        let silent = self.last_heartbeat.elapsed() >= self.world.client_timeouts.heartbeat;
        if silent { "payload_handler_hb" } else { "no ack" }
    }

    async fn receive(&mut self, message: Message) -> Result<(), SocketClosed> {
        let data = match message {
            Message::Binary(data) => data,
            Message::Close(_) => return Err(SocketClosed::Left),
            // Texts are not part of the protocol; pings are answered below us.
            _ => return Ok(()),
        };
        let Ok(frame) = pb::PushFrame::decode(data) else { return Ok(()) };
        match frame.payload_type.as_str() {
            "hb" => self.heartbeat().await,
            "ack" => {
                self.acked(&frame);
                Ok(())
            }
            "im_enter_room" => match pb::EnterRoom::decode(frame.payload) {
                Ok(enter) => self.enter(enter.room_id, true).await,
                Err(_) => Err(SocketClosed::Closing(4003, "payload_handler_enter")),
            },
            _ => Ok(()),
        }
    }

    async fn heartbeat(&mut self) -> Result<(), SocketClosed> {
        self.last_heartbeat = Instant::now();
        count(&self.world.counters.heartbeats);
        if self.stalled {
            return Ok(());
        }
        let now = self.world.faults().faulty_wall_clock(self.world.clock.now());
        self.send(Framer::heartbeat(now.0)).await
    }

    /// The rule of 2024 names the frame and repeats its `internal_ext`; that of 2022 has no payload.
    fn acked(&mut self, frame: &pb::PushFrame) {
        let place = self.owed.iter().position(|&log_id| log_id == frame.log_id);
        let said_right = frame.payload.is_empty() || frame.payload.as_ref() == b"-";
        if let Some(place) = place.filter(|_| said_right) {
            self.owed.remove(place);
            self.last_ack = Instant::now();
            count(&self.world.counters.acks);
        } else {
            count(&self.world.counters.wrong_acks);
        }
    }

    /// Enters a room, or switches to it; `asked` with a message, else by the URL.
    async fn enter(&mut self, room_id: i64, asked: bool) -> Result<(), SocketClosed> {
        let Some(room) = self.world.by_room_id(room_id).cloned() else {
            return Err(SocketClosed::Closing(4003, "room not found"));
        };
        let Some(entry) = room.enter(room_id, &self.world.faults()) else {
            return Err(SocketClosed::Closing(1000, "room has ended"));
        };
        count(&self.world.counters.entered);
        let reply = if asked { self.framer.entered(&entry.welcome) } else { self.framer.msg(&entry.welcome) };
        self.send(reply).await?;
        if self.room.as_ref().is_some_and(|joined| joined.room_id == room_id) {
            return Ok(());
        }
        self.room = Some(EnteredRoom { room, room_id, batches: entry.rest });
        match entry.first {
            Some(first) => self.send_batch(&first).await,
            None => Ok(()),
        }
    }

    /// Says welcome to somebody who has not entered yet; the stream waits until they do.
    async fn greet(&mut self, room_id: Option<i64>) -> Result<(), SocketClosed> {
        if self.room.is_some() {
            return Ok(());
        }
        let room = room_id.and_then(|room_id| Some((room_id, self.world.by_room_id(room_id)?.clone())));
        let Some((room_id, room)) = room else { return Ok(()) };
        let Some(entry) = room.enter(room_id, &self.world.faults()) else { return Ok(()) };
        let greeting = self.framer.msg(&entry.welcome);
        self.send(greeting).await
    }

    /// Sends one batch, with what the faults put before it.
    async fn send_batch(&mut self, batch: &Batch) -> Result<(), SocketClosed> {
        // A socket hears the live it entered; what comes after a switch is for those who enter the new one.
        if self.room.as_ref().is_some_and(|joined| joined.room_id != batch.room_id) {
            return Ok(());
        }
        let faults = self.world.faults();
        if self.stalled || (faults.has(SimFault::Stall) && self.sent >= STALL_AFTER) {
            self.stalled = true;
            return Ok(());
        }
        if faults.has(SimFault::Drop) && self.sent >= DROP_AFTER {
            return Err(SocketClosed::Broken);
        }
        if faults.has(SimFault::GarbageFrame) && self.sent % 4 == 1 {
            self.send(frame::garbage()).await?;
        }
        if faults.has(SimFault::TruncatedGzip) && self.sent % 4 == 1 {
            let truncated = self.framer.truncated(batch);
            self.send(truncated).await?;
        }
        if faults.has(SimFault::GzipBomb) && self.sent == 1 {
            let bomb = self.framer.bomb();
            self.send(bomb).await?;
        }
        if faults.has(SimFault::HugeFrame) && self.sent == 1 {
            let huge = self.framer.huge();
            self.send(huge).await?;
        }
        let msg = self.framer.msg(batch);
        self.owe();
        if let Some(joined) = &self.room {
            joined.room.count(batch);
        }
        self.send(msg).await?;
        self.sent += 1;
        match batch.then {
            AfterBatch::GoOn => Ok(()),
            AfterBatch::Over => Err(SocketClosed::Closing(1000, "room has ended")),
            AfterBatch::Again => Err(SocketClosed::Closing(4001, "reconnect")),
        }
    }

    fn owe(&mut self) {
        if self.relayed {
            return;
        }
        if self.owed.is_empty() {
            self.last_ack = Instant::now();
        }
        if self.owed.len() == UNACKED {
            self.owed.pop_front();
        }
        self.owed.push_back(self.framer.log_id());
    }

    async fn send(&mut self, frame: Bytes) -> Result<(), SocketClosed> {
        self.stream.send(Message::Binary(frame)).await.map_err(|_| SocketClosed::Broken)
    }
}

/// The next batch of the room; never, before one was entered. An error is a reader too far behind.
async fn next(room: &mut Option<EnteredRoom>) -> Result<Arc<Batch>, ()> {
    match room {
        Some(joined) => joined.batches.recv().await.map_err(|_| ()),
        None => std::future::pending().await,
    }
}
