//! Reader of a live's stream: pulls it into the queue, whatever happens to it.
//!
//! It asks where the stream is, reads it, and when it breaks tries the same address a few times, then asks anew.
//! It refuses to know ffmpeg and files.

mod segments;

use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::flv::{FlvError, Reader};
use super::hls::{PlaylistError, Position};
use super::queue::{Closed, QueueSender};
use super::timeline::{PartLimits, Timeline};
use super::{
    FoundStreams, LiveState, Media, PictureLabel, Quality, RecorderLimits, RecorderSettings, RecordingFailure,
    RecordingJob, StreamFailure, StreamOffer, StreamSource,
};
use crate::text::Text;

/// Why there is nothing more to pull, in a word or two; or why there never was.
pub(super) type PullOutcome = Result<Text, RecordingFailure>;

/// A connection that brought something new and lasted this long is no cause to wait, however often it breaks.
const STABLE_CONNECTION: Duration = Duration::from_millis(300);
/// After such a connection the next one is opened so soon.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// So often the addresses are asked for in a row before the pauses grow: the stream may be back at any moment, and what it
/// keeps for newcomers is soon gone.
const QUICK_ROUNDS: u32 = 6;
/// A stream that was gone for this long is asked for less often.
const LONG_SILENCE: Duration = Duration::from_secs(600);
/// A chunk is passed on at once, and then what has come after a pause is read together: a stream that sends a hundred packets a
/// second wakes us five times.
const BATCH: Duration = Duration::from_millis(200);
/// The client hands a connection's bytes over piece by piece: a pause this long says that there are no more for now.
const PIECE_PAUSE: Duration = Duration::from_millis(4);
/// Turns that the connection's task gets to hand over what it has, where there is one thread for both.
const TURNS: u32 = 2;
/// With this much read at once there is more to come: no pause.
const LARGE_BATCH: usize = 192 << 10;
/// After a stop, what has arrived is read; what waits for something else is given up after this long.
const STOP_READ_LIMIT: Duration = Duration::from_millis(150);
/// A stream that is silent for this long may be over: the service is asked.
const SILENCE_CHECK: Duration = Duration::from_millis(1_200);
/// Setbacks are counted up to here: the pauses do not grow any more.
const MAX_SETBACKS: u32 = 30;

/// Pulls one live.
pub(super) struct Pull<S> {
    source: S,
    job: RecordingJob,
    limits: RecorderLimits,
    inlet: QueueSender,
    timeline: Timeline,
    began: Instant,
    /// Pieces given so far.
    pieces: u64,
    /// When the last one was given, or the host was last known to be paused.
    alive: Instant,
    /// Connections in a row that were over at once, though the sender had one and ended it in order.
    short_connections: u32,
    /// The file was closed because nothing came for too long; the next piece begins another.
    closed: bool,
    /// When the service first said that the live is over; once is not believed.
    ended: Option<Instant>,
    /// Nothing more is wanted.
    stop: CancellationToken,
    /// Whether the host has paused the live, as its events say.
    paused: watch::Receiver<bool>,
    /// Why nothing comes; empty while something does.
    trouble: watch::Sender<Text>,
    wanted: Quality,
    /// What is being pulled, and what its picture is by the label.
    quality: Text,
    label: PictureLabel,
    /// Which segments of HLS were read already.
    position: Position,
    /// What the files of segments need before them, and its address.
    init: Option<(String, Bytes)>,
    /// The key of segments that are encrypted, and its address.
    key: Option<(String, Bytes)>,
}

/// Why a connection is over.
#[derive(Debug)]
enum ConnectionEnd {
    /// The address is refused.
    Gone(Text),
    /// The network, or the sender, in words.
    StreamFailure(Text),
    /// The sender ended the stream.
    End,
    /// Nothing came for too long.
    Silent,
    /// It is no FLV stream, nor a segment of HLS.
    NotFlv,
    /// It is a playlist that cannot be recorded.
    Playlist(PlaylistError),
    /// Nobody takes what we read.
    Closed,
    /// We were asked to stop.
    Stopped,
    /// The service says, twice, that the live is over.
    Over,
}

/// What a round of asking and reading came to.
enum RoundEnd {
    /// It flowed for a while: ask anew at once.
    Flowed,
    /// It did not: ask anew after a pause.
    Setback(RecordingFailure),
    /// The service says for the first time that the live is over.
    Ending,
    /// That was it.
    Over(PullOutcome),
}

impl<S: StreamSource> Pull<S> {
    pub(super) fn new(
        source: S,
        job: RecordingJob,
        settings: &RecorderSettings,
        inlet: QueueSender,
        stop: CancellationToken,
        (paused, trouble): (watch::Receiver<bool>, watch::Sender<Text>),
    ) -> Self {
        let parts =
            PartLimits { length: settings.part_length.map(|span| span.as_millis() as u64), bytes: settings.part_bytes };
        let (timeline, now) = (Timeline::new(parts), Instant::now());
        Self {
            source,
            job,
            limits: settings.limits,
            inlet,
            timeline,
            began: now,
            pieces: 0,
            alive: now,
            short_connections: 0,
            closed: false,
            ended: None,
            stop,
            paused,
            trouble,
            wanted: settings.quality.clone(),
            quality: Text::default(),
            label: PictureLabel::default(),
            position: Position::default(),
            init: None,
            key: None,
        }
    }

    /// Pulls until the live ends, until there is no sense in it any more, or until it is stopped; then all that has come is
    /// passed on.
    pub(super) async fn run(mut self) -> PullOutcome {
        let stop = self.stop.clone();
        let outcome = tokio::select! {
            biased;
            outcome = self.pull() => outcome,
            () = async { stop.cancelled().await; sleep(STOP_READ_LIMIT).await } => Ok("stopped".into()),
        };
        self.timeline.finish();
        // Nobody takes it: then nobody wants it.
        let _ = self.pass_on().await;
        outcome
    }

    async fn pull(&mut self) -> PullOutcome {
        let mut setbacks = 0;
        loop {
            let failure = match self.round().await {
                RoundEnd::Over(outcome) => return outcome,
                RoundEnd::Flowed => {
                    setbacks = 0;
                    sleep(self.pause_after_short()).await;
                    continue;
                }
                RoundEnd::Ending => {
                    sleep(self.limits.end_again).await;
                    continue;
                }
                RoundEnd::Setback(failure) => failure,
            };
            // A live that has just begun may have no stream yet.
            if !self.flowed() && self.given_up() {
                return Err(failure);
            }
            // A live whose stream is gone may be paused, moving or cut off: only the service knows that it is over. Until
            // then what there is becomes a whole file, and the next picture begins another.
            if self.flowed() && self.given_up() && !self.closed {
                self.closed = true;
                self.timeline.end_part();
                if self.pass_on().await.is_err() {
                    return Ok(Text::default());
                }
            }
            setbacks = (setbacks + 1).min(MAX_SETBACKS);
            let longest = if self.alive.elapsed() < LONG_SILENCE { self.limits.round } else { self.limits.round * 3 };
            let pause = self.limits.round / 5 * setbacks.saturating_sub(QUICK_ROUNDS).max(1);
            self.wait_or_resume(jittered(pause.min(longest))).await;
        }
    }

    /// Waits, but not longer than until the host goes on.
    async fn wait_or_resume(&mut self, pause: Duration) {
        if *self.paused.borrow_and_update() {
            self.alive = Instant::now();
        }
        tokio::select! {
            () = sleep(pause) => {}
            // Nobody to tell of a pause any more: the wait is as long as it was.
            Ok(()) = self.paused.changed() => {}
        }
    }

    /// Asks for the addresses and reads from the best that works.
    async fn round(&mut self) -> RoundEnd {
        let asked = timeout(self.limits.read * 2, self.source.resolve(&self.job)).await;
        let found = match asked {
            Ok(Ok(found)) => found,
            Ok(Err(StreamFailure { words, .. })) => {
                self.trouble.send_replace(words.clone());
                return RoundEnd::Setback(RecordingFailure::Source(words));
            }
            Err(_) => {
                self.trouble.send_replace("the service does not say where the stream is".into());
                return RoundEnd::Setback(self.silent());
            }
        };
        if found.offers.is_empty() {
            self.trouble.send_replace("the service names no stream".into());
        }
        match found.state {
            LiveState::Ended if !self.flowed() => return RoundEnd::Over(Err(RecordingFailure::Ended)),
            LiveState::Ended if self.ended.is_some() => return RoundEnd::Over(Ok("the live ended".into())),
            LiveState::Ended => {
                self.ended = Some(Instant::now());
                return RoundEnd::Ending;
            }
            // A paused host may be silent for as long as the pause takes.
            LiveState::Paused if self.flowed() => self.alive = Instant::now(),
            LiveState::Paused | LiveState::On => {}
        }
        self.ended = None;
        let mut first = None;
        let wanted = self.wanted.clone();
        let ranked = wanted.rank(&found.offers);
        let (flv, hls): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|offer| !offer.hls);
        // One stream that breaks is mended in one file; HLS is for where there is no other, or none that opens.
        let hls = hls.into_iter().filter(|_| flv.is_empty() || !self.flowed()).collect::<Vec<_>>();
        for offer in flv.into_iter().chain(hls) {
            let pieces = self.pieces;
            let broken = self.follow(offer).await;
            match broken {
                ConnectionEnd::Closed => return RoundEnd::Over(Ok(Text::default())),
                ConnectionEnd::Stopped => return RoundEnd::Over(Ok("stopped".into())),
                ConnectionEnd::Over => return RoundEnd::Over(Ok("the live ended".into())),
                _ => {}
            }
            // What was found is old by now.
            if self.pieces > pieces {
                return RoundEnd::Flowed;
            }
            first.get_or_insert(self.failure(broken));
            if self.given_up() && !self.flowed() {
                break;
            }
        }
        RoundEnd::Setback(first.unwrap_or(RecordingFailure::NoStream))
    }

    /// Reads from one address, again and again while that helps.
    async fn follow(&mut self, offer: &StreamOffer<S::Address>) -> ConnectionEnd {
        let retries = self.limits.retries;
        let first = retries.first().copied().unwrap_or_default().min(FIRST_PAUSE);
        let mut pauses = retries.iter();
        loop {
            let pieces = self.pieces;
            let opened = Instant::now();
            let broken = if offer.hls { self.follow_playlist(offer).await } else { self.connection(offer).await };
            tracing::debug!(room = %self.job.room_id, ?broken, "the stream broke");
            self.trouble.send_replace(self.cause(&broken));
            let brought = self.pieces > pieces;
            // What it sent may be all old.
            let sent = brought || self.flowed() && matches!(broken, ConnectionEnd::End);
            if brought && opened.elapsed() >= STABLE_CONNECTION {
                self.short_connections = 0;
                pauses = retries.iter();
            } else if sent {
                self.short_connections = (self.short_connections + 1).min(MAX_SETBACKS);
            }
            let over = matches!(broken, ConnectionEnd::Closed | ConnectionEnd::Stopped | ConnectionEnd::Over);
            if over
                || matches!(broken, ConnectionEnd::Gone(_) | ConnectionEnd::NotFlv | ConnectionEnd::Playlist(_))
                || self.given_up()
            {
                return broken;
            }
            // Before anything came there may be a better address than one that is silent.
            if matches!(broken, ConnectionEnd::Silent) && !self.flowed() {
                return broken;
            }
            if brought && opened.elapsed() >= STABLE_CONNECTION {
                // What is sent while nobody reads may never come again.
                self.wait_or_resume(jittered(first)).await;
                continue;
            }
            let Some(&pause) = pauses.next() else { return broken };
            self.wait_or_resume(jittered(pause.max(self.pause_after_short()))).await;
        }
    }

    /// Reads one connection to its end.
    async fn connection(&mut self, offer: &StreamOffer<S::Address>) -> ConnectionEnd {
        let mut media = match timeout(self.limits.read, self.source.open(&offer.address)).await {
            Ok(Ok(media)) => media,
            Ok(Err(trouble)) => return trouble.into(),
            Err(_) => return ConnectionEnd::Silent,
        };
        self.timeline.reconnected(offer.sound_only);
        (self.quality, self.label) = (offer.quality.clone(), offer.picture.clone());
        let (mut reader, opened) = (Reader::default(), Instant::now());
        let (source, job, limits, stop) = (self.source.clone(), self.job.clone(), self.limits, self.stop.clone());
        loop {
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => Err(ConnectionEnd::Stopped),
                read = timeout(limits.read, media.chunk()) => read.map_err(|_| ConnectionEnd::Silent).and_then(chunk_or_end),
                () = is_over(&source, &job, &limits, SILENCE_CHECK), if self.flowed() => Err(ConnectionEnd::Over),
            };
            let mut size = 0;
            let mut broken = read.map(|chunk| {
                size = chunk.len();
                reader.push(&chunk);
            });
            // What else has come by now.
            while size < LARGE_BATCH && matches!(broken, Ok(()) | Err(ConnectionEnd::Stopped)) {
                match more(&mut media).await {
                    Some(Ok(chunk)) => {
                        size += chunk.len();
                        reader.push(&chunk);
                    }
                    // A connection that is over is so whenever it is asked.
                    Some(Err(error)) => {
                        broken = broken.and(Err(error));
                        break;
                    }
                    None => break,
                }
            }
            let fed = self.feed(&mut reader).await;
            // What is wrong with the bytes says more than that they have come to an end.
            if let Err(broken) = fed.and(broken) {
                return broken;
            }
            // Tags that are never written, such as metadata, keep no recording alive; after a long silence the first of a new
            // connection are only its head.
            if self.given_up() && opened.elapsed() >= limits.read {
                return ConnectionEnd::Silent;
            }
            if size < LARGE_BATCH {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = sleep(BATCH) => {}
                }
            }
        }
    }

    /// Passes the whole tags on.
    async fn feed(&mut self, reader: &mut Reader) -> Result<(), ConnectionEnd> {
        let mut read = Ok(());
        loop {
            match reader.next_tag() {
                Ok(Some(tag)) => self.timeline.push(&tag.standard(), self.began.elapsed()),
                Ok(None) => break,
                Err(error) => {
                    read = Err(error.into());
                    break;
                }
            }
        }
        self.pass_on().await?;
        read
    }

    /// Puts what the timeline has made into the queue.
    async fn pass_on(&mut self) -> Result<(), Closed> {
        for piece in self.timeline.drain_pieces() {
            if !piece.ends_part {
                self.pieces += 1;
                self.closed = false;
                self.alive = Instant::now();
                self.trouble.send_if_modified(|trouble| {
                    let was = std::mem::take(trouble);
                    !was.is_empty()
                });
            }
            self.inlet.push(piece, self.quality.clone(), self.label.clone()).await?;
        }
        Ok(())
    }

    /// A stream that gives a little and closes is asked more and more seldom: 1, 2, 4 … s.
    fn pause_after_short(&self) -> Duration {
        match self.short_connections.checked_sub(1) {
            Some(doublings) => (self.limits.short * (1 << doublings.min(8))).min(self.limits.round),
            None => Duration::ZERO,
        }
    }

    fn flowed(&self) -> bool {
        self.pieces > 0
    }

    fn given_up(&self) -> bool {
        self.alive.elapsed() >= if self.flowed() { self.limits.give_up } else { self.limits.start }
    }

    fn silent(&self) -> RecordingFailure {
        RecordingFailure::Silent { seconds: self.limits.read.as_secs() }
    }

    /// What broke a connection, in words that stand beside "nothing came".
    fn cause(&self, broken: &ConnectionEnd) -> Text {
        match broken {
            ConnectionEnd::Gone(words) | ConnectionEnd::StreamFailure(words) => words.clone(),
            ConnectionEnd::End => "the sender closed the stream".into(),
            ConnectionEnd::Silent => {
                Text::from(format_args!("the stream was silent for {} s", self.limits.read.as_secs()))
            }
            ConnectionEnd::NotFlv => "something else than video came".into(),
            ConnectionEnd::Playlist(why) => Text::from(why.to_string()),
            ConnectionEnd::Closed | ConnectionEnd::Stopped | ConnectionEnd::Over => Text::default(),
        }
    }

    fn failure(&self, broken: ConnectionEnd) -> RecordingFailure {
        match broken {
            ConnectionEnd::Gone(words) | ConnectionEnd::StreamFailure(words) => RecordingFailure::Source(words),
            ConnectionEnd::End | ConnectionEnd::Closed | ConnectionEnd::Stopped | ConnectionEnd::Over => {
                RecordingFailure::Empty
            }
            ConnectionEnd::Silent => self.silent(),
            ConnectionEnd::NotFlv => RecordingFailure::NotFlv,
            ConnectionEnd::Playlist(why) => RecordingFailure::Playlist { why },
        }
    }
}

impl From<StreamFailure> for ConnectionEnd {
    fn from(trouble: StreamFailure) -> Self {
        if trouble.gone { Self::Gone(trouble.words) } else { Self::StreamFailure(trouble.words) }
    }
}

impl From<FlvError> for ConnectionEnd {
    fn from(error: FlvError) -> Self {
        match error {
            FlvError::NotFlv => Self::NotFlv,
            // A lost position: a new connection begins with a tag again.
            FlvError::Garbled => {
                Self::StreamFailure(Text::from(format_args!("the stream is garbled ({error}): try again in a moment")))
            }
        }
    }
}

impl From<Closed> for ConnectionEnd {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}

/// The next chunk, if it is there by now. On one thread the connection's task has its turn before ours comes again, so nothing
/// is waited for; on several it needs a moment.
async fn more<M: Media>(media: &mut M) -> Option<Result<Bytes, ConnectionEnd>> {
    let several = Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() != RuntimeFlavor::CurrentThread);
    let patience = async {
        if several {
            sleep(PIECE_PAUSE).await;
        } else {
            for _ in 0..TURNS {
                yield_now().await;
            }
        }
    };
    tokio::select! {
        biased;
        read = media.chunk() => Some(chunk_or_end(read)),
        () = patience => None,
    }
}

/// What a read gave; the end of the stream is no chunk.
fn chunk_or_end(read: Result<Option<Bytes>, StreamFailure>) -> Result<Bytes, ConnectionEnd> {
    match read {
        Ok(Some(chunk)) => Ok(chunk),
        Ok(None) => Err(ConnectionEnd::End),
        Err(trouble) => Err(trouble.into()),
    }
}

/// Returns once a stream that is silent, as it may be for `quiet`, belongs to a live that is over, which the service must say
/// twice.
async fn is_over<S: StreamSource>(source: &S, job: &RecordingJob, limits: &RecorderLimits, quiet: Duration) {
    sleep(quiet).await;
    let mut before = false;
    loop {
        let found = timeout(limits.read, source.resolve(job)).await;
        let ended = matches!(found, Ok(Ok(FoundStreams { state: LiveState::Ended, .. })));
        if ended && before {
            return;
        }
        before = ended;
        sleep(if ended { limits.end_again } else { limits.round }).await;
    }
}

/// A quarter more or less, so that many recorders do not knock at the same moment.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.75 + fastrand::f64() / 2.0)
}
