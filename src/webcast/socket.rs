//! Socket of one room: frames in; room entry, heartbeats and acks out.
//!
//! Everything happens inside [`FrameSource::next`], without a task of its own; what must go out waits in a short queue, so that a
//! peer that does not read cannot keep us from reading. Refuses to know what a message means.
//!
//! Invariants: the room is entered before the first heartbeat (heartbeats first close the socket); an ack goes out for
//! every frame that asks and has a log id; 30 s without a frame, or 20 s with a stuck write, end the socket.

mod close_code;
mod close_watch;
mod read_pacer;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::{Sink, SinkExt, StreamExt};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::error::{HumanDuration, ServiceError, ServiceErrorKind, quoted};
use super::transport::{BrokenFrame, FrameSource, Incoming};
use crate::ids::RoomId;
use crate::wire::{Frame, Inflater, Response};
use close_watch::RawClose;
use read_pacer::ReadPacer;

pub(super) use close_watch::CloseWatch;

/// A frame above this is dropped unread; the service's are below 100 KiB.
const MAX_READ: usize = 8 << 20;
/// Bytes of a broken frame that are kept for diagnosis.
const KEPT_BYTES: usize = 64 << 10;
/// Frames waiting to go out; more means that the peer has stopped reading.
const MAX_WAITING: usize = 512;
/// Acks that leave together at most, where frames come without a pause.
const MAX_JOINED_ACKS: usize = 32;

/// How long a socket waits for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketTimeouts {
    /// Between heartbeats. The answer's own `heartbeat_duration` is no number of milliseconds in any recording.
    pub(super) heartbeat: Duration,
    /// Longest silence. A heartbeat goes out every 10 s, and in the recordings each is answered: three answers missing in a row
    /// are a dead line, and less could take a slow one for dead (docs/protocol.md#heartbeats).
    pub(super) stale: Duration,
    /// Longest time a frame of ours may wait.
    pub(super) stuck: Duration,
    /// Longest time that a frame may lie unread where they come in quick succession.
    pub(super) read_pause: Duration,
}

impl Default for SocketTimeouts {
    fn default() -> Self {
        let [heartbeat, stale, stuck] = [10, 30, 20].map(Duration::from_secs);
        // Less than half the time between two frames of the screen.
        Self { heartbeat, stale, stuck, read_pause: Duration::from_millis(15) }
    }
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    /// TikTok: wants to hear of the room, of our being alive, and of what we got.
    TikTok,
    /// A relay that does all that for us. It takes no frames of ours; a ping shows that both ends are there, and it says
    /// itself when TikTok falls silent behind it.
    Relay,
}

/// An open socket of one room.
pub(super) struct RoomSocket<S> {
    socket: WebSocketStream<CloseWatch<S>>,
    peer: Peer,
    /// Who speaks to us, for sentences: `the anonymous socket`.
    peer_name: String,
    room: RoomId,
    timeouts: SocketTimeouts,
    inflater: Inflater,
    /// When the next heartbeat is due.
    next_beat: Instant,
    beats: u64,
    last_frame: Instant,
    /// Rings when one of the deadlines may have come. A frame does not set it anew: most frames would do so for nothing.
    alarm: Pin<Box<Sleep>>,
    outbox: VecDeque<Message>,
    /// Since when something has been waiting to go out.
    waiting_since: Option<Instant>,
    pacer: ReadPacer,
    /// What was read behind the frame that was given out last: acks leave together when nothing more has come.
    #[allow(clippy::option_option, reason = "nothing read ahead, and the end read ahead, are two things")]
    ahead: Option<Option<Result<Message, SocketError>>>,
    /// Since when the other side takes nothing any more, and why. What it said before is still read.
    mute: Option<(Instant, ServiceError)>,
}

impl<S> RoomSocket<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    /// Takes over a fresh socket; the room is entered with the first [`FrameSource::next`].
    pub(super) fn new(
        socket: WebSocketStream<CloseWatch<S>>,
        room: RoomId,
        peer_name: String,
        timeouts: SocketTimeouts,
    ) -> Self {
        let mut this = Self::with_peer(socket, room, peer_name, timeouts, Peer::TikTok);
        this.post(Frame::enter_room(room, fastrand::u64(1..1 << 53)));
        this
    }

    /// Takes over a fresh socket to a relay.
    pub(super) fn relayed(
        socket: WebSocketStream<CloseWatch<S>>,
        room: RoomId,
        peer_name: String,
        timeouts: SocketTimeouts,
    ) -> Self {
        Self::with_peer(socket, room, peer_name, timeouts, Peer::Relay)
    }

    fn with_peer(
        socket: WebSocketStream<CloseWatch<S>>,
        room: RoomId,
        peer_name: String,
        timeouts: SocketTimeouts,
        peer: Peer,
    ) -> Self {
        let now = Instant::now();
        Self {
            socket,
            peer,
            peer_name,
            room,
            timeouts,
            inflater: Inflater::default(),
            next_beat: now,
            beats: 0,
            last_frame: now,
            alarm: Box::pin(sleep_until(now)),
            outbox: VecDeque::new(),
            waiting_since: None,
            pacer: ReadPacer::new(timeouts.read_pause),
            ahead: None,
            mute: None,
        }
    }

    fn post(&mut self, frame: Bytes) {
        self.send(Message::Binary(frame));
    }

    fn send(&mut self, message: Message) {
        if self.mute.is_some() {
            return;
        }
        self.waiting_since.get_or_insert_with(Instant::now);
        self.outbox.push_back(message);
    }

    fn beat(&mut self) {
        self.beats += 1;
        match self.peer {
            Peer::TikTok => self.post(Frame::heartbeat(self.room, self.beats)),
            Peer::Relay => self.send(Message::Ping(Bytes::new())),
        }
    }

    /// Reads, and writes what waits, until something came. Touches no timer unless one of the deadlines is near.
    fn poll_incoming(&mut self, context: &mut Context<'_>) -> Poll<Result<Incoming, ServiceError>> {
        loop {
            self.beat_if_due(Instant::now());
            let message = match self.ahead.take() {
                Some(message) => Poll::Ready(message),
                None => self.poll_read(context),
            };
            if let Poll::Ready(message) = message {
                if let Some(incoming) = self.receive(message)? {
                    self.read_ahead(context);
                    return Poll::Ready(Ok(incoming));
                }
                continue;
            }
            self.poll_outbox(context);
            ready!(self.alarm.as_mut().poll(context));
            let now = Instant::now();
            self.beat_if_due(now);
            self.check_deadlines(now)?;
            let next = self.next_deadline();
            self.alarm.as_mut().reset(next);
        }
    }

    /// What has come, unless it is to be left lying for a moment.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Message, SocketError>>> {
        if self.pacer.poll_pausing(context) {
            return Poll::Pending;
        }
        let message = self.socket.poll_next_unpin(context);
        match &message {
            Poll::Ready(Some(Ok(message))) => self.pacer.frame(message.len()),
            Poll::Ready(_) => {}
            Poll::Pending => self.pacer.emptied(),
        }
        message
    }

    fn beat_if_due(&mut self, now: Instant) {
        if now >= self.next_beat {
            self.next_beat = now + self.timeouts.heartbeat;
            self.beat();
        }
    }

    /// An ack should not wait for the reader to come back; where more frames have come already, theirs leave with it.
    fn read_ahead(&mut self, context: &mut Context<'_>) {
        if self.mute.is_none() && !self.outbox.is_empty() {
            match self.poll_read(context) {
                Poll::Ready(message) if self.outbox.len() < MAX_JOINED_ACKS => self.ahead = Some(message),
                Poll::Ready(message) => {
                    self.ahead = Some(message);
                    self.poll_outbox(context);
                }
                Poll::Pending => self.poll_outbox(context),
            }
        }
    }

    fn poll_outbox(&mut self, context: &mut Context<'_>) {
        if self.waiting_since.is_some()
            && let Poll::Ready(sent) = poll_send(&mut self.socket, &mut self.outbox, context)
        {
            self.sent(sent);
        }
    }

    fn check_deadlines(&mut self, now: Instant) -> Result<(), ServiceError> {
        let stuck_since = self.mute.as_ref().map(|(since, _)| *since).or(self.waiting_since);
        if stuck_since.is_some_and(|since| now >= since + self.timeouts.stuck) {
            return Err(self.mute.take().map_or_else(|| self.stuck(), |(_, error)| error));
        }
        if now >= self.last_frame + self.timeouts.stale { Err(self.stale()) } else { Ok(()) }
    }

    /// The earliest deadline there can be: one that is set after this comes later.
    fn next_deadline(&self) -> Instant {
        let SocketTimeouts { stale, stuck, .. } = self.timeouts;
        let stuck_since = self.mute.as_ref().map(|(since, _)| *since).or(self.waiting_since);
        let stuck_at = stuck_since.unwrap_or_else(Instant::now) + stuck;
        self.next_beat.min(self.last_frame + stale).min(stuck_at)
    }

    fn receive(&mut self, message: Option<Result<Message, SocketError>>) -> Result<Option<Incoming>, ServiceError> {
        let incoming = match message {
            Some(Ok(Message::Binary(bytes))) => self.frame(&bytes),
            Some(Ok(Message::Text(text))) if self.peer == Peer::Relay => self.relay_text(&text)?,
            Some(Ok(Message::Pong(_))) if self.peer == Peer::Relay => {
                self.last_frame = Instant::now();
                return Ok(None);
            }
            Some(Ok(Message::Text(text))) => broken(BrokenFrame::Text, &Bytes::from(text)),
            // Pongs are queued by the library and leave with the next write.
            Some(Ok(Message::Ping(_))) => {
                if self.mute.is_none() {
                    self.waiting_since.get_or_insert_with(Instant::now);
                }
                return Ok(None);
            }
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => return Ok(None),
            // What came counts: the library puts a code of its own in the place of one that no close may carry.
            Some(Ok(Message::Close(_))) | None => return Err(self.closed(self.socket.get_ref().close().cloned())),
            Some(Err(error)) => {
                let close = self.socket.get_ref().close().cloned();
                return Err(close.map_or_else(|| self.lost(error), |close| self.closed(Some(close))));
            }
        };
        self.last_frame = Instant::now();
        if self.outbox.len() > MAX_WAITING {
            return Err(self.stuck());
        }
        Ok(Some(incoming))
    }

    /// A socket that takes nothing any more may still hold frames, the last ones before its close among them.
    fn sent(&mut self, sent: Result<(), SocketError>) {
        self.waiting_since = None;
        if let Err(error) = sent {
            self.outbox.clear();
            self.mute = Some((Instant::now(), self.lost(error)));
        }
    }

    fn frame(&mut self, bytes: &Bytes) -> Incoming {
        let (incoming, log_id) = read_frame(bytes, &mut self.inflater);
        if let Incoming::Response(response) = &incoming {
            self.acknowledge(log_id, response);
        }
        incoming
    }

    /// The rule since 2024: asked for, a log id to name, and the response's own words back; `-` where it has none.
    fn acknowledge(&mut self, log_id: u64, response: &Response) {
        if self.peer == Peer::TikTok && response.need_ack && log_id != 0 {
            let payload = if response.ack_payload.is_empty() { b"-" } else { &response.ack_payload[..] };
            self.post(Frame::ack(log_id, payload));
        }
    }

    fn closed(&self, close: Option<RawClose>) -> ServiceError {
        let peer_name = &self.peer_name;
        let Some(RawClose { code: Some(code), reason }) = close else {
            return ServiceError::new(
                ServiceErrorKind::Closed,
                format!("the other side ended {peer_name} without a word; connecting again helps"),
            );
        };
        let (kind, why) = close_code::meaning(code, self.peer == Peer::Relay);
        let reason = if reason.is_empty() { String::new() } else { format!(" \"{}\"", quoted(reason.as_str())) };
        ServiceError::new(kind, format!("the other side closed {peer_name} with code {code}{reason}: {why}"))
            .session_ended(close_code::ends_session(code))
    }

    /// A text of the relay: of itself, of the room, or of what went wrong.
    fn relay_text(&self, text: &str) -> Result<Incoming, ServiceError> {
        match close_code::relay_error(text) {
            None => Ok(Incoming::Alive),
            Some(words) => {
                let peer_name = &self.peer_name;
                Err(ServiceError::new(
                    ServiceErrorKind::Provider,
                    format!("{peer_name} failed: \"{}\"; use another transport", quoted(&words)),
                ))
            }
        }
    }

    fn lost(&self, error: SocketError) -> ServiceError {
        ServiceError::new(
            ServiceErrorKind::Closed,
            format!("{} broke: {}; connecting again helps", self.peer_name, quoted(&error.to_string())),
        )
        .caused_by(error)
    }

    fn stale(&self) -> ServiceError {
        let silence = HumanDuration(self.timeouts.stale);
        ServiceError::new(
            ServiceErrorKind::Stale,
            format!("{} said nothing for {silence}; connecting again helps", self.peer_name),
        )
    }

    fn stuck(&self) -> ServiceError {
        ServiceError::new(
            ServiceErrorKind::Stale,
            format!("{} takes no more of what we send; connecting again helps", self.peer_name),
        )
    }
}

impl<S> FrameSource for RoomSocket<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
        poll_fn(|context| self.poll_incoming(context)).boxed()
    }
}

/// What a frame brings, whoever carried it, and its log id: 0 for none.
pub(super) fn read_frame(bytes: &Bytes, inflater: &mut Inflater) -> (Incoming, u64) {
    if bytes.len() > MAX_READ {
        return (broken(BrokenFrame::TooLong(bytes.len()), bytes), 0);
    }
    let frame = match Frame::decode(bytes.clone()) {
        Ok(frame) => frame,
        Err(error) => return (broken(error.into(), bytes), 0),
    };
    match frame.response(inflater) {
        Ok(Some(response)) => (Incoming::Response(Box::new(response)), frame.log_id),
        Ok(None) => (Incoming::Alive, 0),
        Err(error) => (broken(error.into(), bytes), 0),
    }
}

/// A frame that is reported and not used.
pub(super) fn broken(what: BrokenFrame, bytes: &Bytes) -> Incoming {
    // A copy: a slice would keep 20 MB alive.
    let kept = Bytes::copy_from_slice(bytes.get(..KEPT_BYTES).unwrap_or(bytes));
    Incoming::Broken { what, bytes: kept }
}

/// Sends what waits. Cancel-safe: a frame leaves the queue only into the socket's own buffer.
pub(super) async fn send_all<W>(writes: &mut W, outbox: &mut VecDeque<Message>) -> Result<(), SocketError>
where
    W: Sink<Message, Error = SocketError> + Unpin,
{
    poll_fn(|context| poll_send(writes, outbox, context)).await
}

fn poll_send<W>(
    writes: &mut W,
    outbox: &mut VecDeque<Message>,
    context: &mut Context<'_>,
) -> Poll<Result<(), SocketError>>
where
    W: Sink<Message, Error = SocketError> + Unpin,
{
    while !outbox.is_empty() {
        ready!(writes.poll_ready_unpin(context))?;
        if let Some(message) = outbox.pop_front() {
            writes.start_send_unpin(message)?;
        }
    }
    writes.poll_flush_unpin(context)
}

#[cfg(test)]
mod tests;
