//! Failover between transports: their order, their health, and going on to the next one.
//!
//! One failover serves all rooms, so that a provider that is out of signatures is left alone by everybody until it has
//! some again. A transport works when a frame has come, not when a socket has opened: one whose socket ends before its first
//! frame makes room for the next. It refuses to retry: when every transport has failed it says why, in one sentence, and
//! when to come back.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Budget, FrameSource, Incoming, RoomRef, Session, Transport};
use crate::clock::{Clock, Moment};
use crate::text::Text;
use crate::webcast::error::{HumanDuration, ServiceError, ServiceErrorKind};

/// A rate limit that names no time holds the transport this long, and so does a socket without a single frame.
const DEFAULT_HOLD: Duration = Duration::from_secs(60);

/// Picks a transport for each room. Cheap to clone; clones share their health.
#[derive(Clone)]
pub struct Failover {
    inner: Arc<Inner>,
}

struct Inner {
    transports: Vec<Box<dyn Transport>>,
    health: Mutex<Vec<Health>>,
    /// Somebody fared well or badly.
    changes: watch::Sender<()>,
    clock: Clock,
}

/// How a transport has fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Health {
    /// Its name.
    pub name: Text,
    /// When it last began to bring frames.
    pub last_success: Option<Moment>,
    /// Why it failed last, unless it has worked since.
    pub last_error: Option<Text>,
    /// It is not asked before this.
    pub not_before: Option<Moment>,
    /// How often it can still be asked, where somebody counts.
    pub budget: Option<Budget>,
}

impl Health {
    /// Leaves the transport alone until `until`, or longer where something asked for that before: a failure that names no
    /// time takes nothing back. Only a success does.
    fn hold_until(&mut self, until: Option<Moment>, now: Moment) {
        let known = self.not_before.filter(|known| !known.since(now).is_zero());
        self.not_before = match (known, until) {
            (Some(known), Some(until)) if known.since(now) > until.since(now) => Some(known),
            (known, until) => until.or(known),
        };
    }
}

/// A room that was opened.
#[derive(Debug)]
pub struct OpenedRoom {
    /// By which transport.
    pub transport: Text,
    /// The session.
    pub session: Session,
}

/// No transport opened the room; prints as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverError {
    /// What each transport said, in the order they were tried. Empty when none is configured.
    pub sentences: Vec<Text>,
    /// When the first transport that named a time may be asked again.
    pub retry_after: Option<Duration>,
    /// A transport failed because the network or its server is in trouble: trying again within seconds may help.
    pub outage: bool,
    /// Transports that turned us away, by their place in the order: asking them again soon is of no use.
    pub refused: Vec<usize>,
}

/// A transport that a room leaves alone for now, though others may ask it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkippedTransport {
    /// Its place in the order.
    pub transport: usize,
    /// Until when.
    pub until: Moment,
}

impl std::error::Error for FailoverError {}

impl fmt::Display for FailoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sentences.is_empty() {
            return f.write_str("no transport is configured: name one in `transports`, such as \"direct\"");
        }
        for (at, sentence) in self.sentences.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            fmt::Display::fmt(sentence, f)?;
        }
        Ok(())
    }
}

/// What came of one transport.
enum OpenOutcome {
    Opened(Session),
    Failed { sentence: Text, held: Option<Duration>, outage: bool },
}

impl Failover {
    /// Tries `transports` in this order.
    pub fn new(transports: Vec<Box<dyn Transport>>, clock: Clock) -> Self {
        let fresh = |name: &str| Health {
            name: Text::new(name),
            last_success: None,
            last_error: None,
            not_before: None,
            budget: None,
        };
        let health = Mutex::new(transports.iter().map(|transport| fresh(transport.name())).collect());
        Self { inner: Arc::new(Inner { transports, health, changes: watch::Sender::new(()), clock }) }
    }

    /// Opens a room by the first transport that can. `on_try` hears the name of each before it is asked.
    pub async fn open(&self, room: &RoomRef, on_try: impl FnMut(&str) + Send) -> Result<OpenedRoom, FailoverError> {
        self.open_without(room, &[], on_try).await
    }

    /// The same without the transports that the room leaves alone.
    pub async fn open_without(
        &self,
        room: &RoomRef,
        skipped_transports: &[SkippedTransport],
        mut on_try: impl FnMut(&str) + Send,
    ) -> Result<OpenedRoom, FailoverError> {
        let mut sentences = Vec::new();
        let mut retry_after: Option<Duration> = None;
        let (mut outage, mut refused) = (false, Vec::new());
        for (at, transport) in self.inner.transports.iter().enumerate() {
            let alone = skipped_transports.iter().find(|alone| alone.transport == at);
            let alone = alone.map(|alone| alone.until.since(self.inner.clock.now())).filter(|wait| !wait.is_zero());
            let outcome = if let Some(wait) = self.held(at).max(alone) {
                skipped(transport.name(), wait)
            } else {
                on_try(transport.name());
                self.record_open(at, transport.open(room).await)
            };
            match outcome {
                OpenOutcome::Opened(session) => {
                    return Ok(OpenedRoom { transport: Text::new(transport.name()), session });
                }
                OpenOutcome::Failed { sentence, held, outage: passes } => {
                    sentences.push(sentence);
                    retry_after = [retry_after, held].into_iter().flatten().min();
                    outage |= passes;
                    if !passes && held.is_none() {
                        refused.push(at);
                    }
                }
            }
        }
        Err(FailoverError { sentences, retry_after, outage, refused })
    }

    /// How each transport has fared, in order.
    pub fn health(&self) -> Vec<Health> {
        let mut health = self.with_health(|health| health.clone());
        for (health, transport) in health.iter_mut().zip(&self.inner.transports) {
            health.budget = transport.budget();
        }
        health
    }

    /// Hears when [`Failover::health`] may say something new.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.inner.changes.subscribe()
    }

    /// Asks those who count how often they can still be asked, at most once in ten minutes each.
    pub async fn refresh(&self) {
        for transport in &self.inner.transports {
            transport.refresh().await;
        }
    }

    /// How long transport `at` still wants to be left alone.
    fn held(&self, at: usize) -> Option<Duration> {
        let now = self.inner.clock.now();
        let not_before = self.with_health(|health| health.get(at).and_then(|health| health.not_before))?;
        Some(not_before.since(now)).filter(|wait| !wait.is_zero())
    }

    fn record_open(&self, at: usize, result: Result<Session, ServiceError>) -> OpenOutcome {
        let now = self.inner.clock.now();
        let held = match &result {
            Err(error) if matches!(error.kind(), ServiceErrorKind::RateLimited { .. }) => {
                Some(error.retry_after().unwrap_or(DEFAULT_HOLD))
            }
            _ => None,
        };
        self.with_health(|health| {
            if let Some((health, error)) = health.get_mut(at).zip(result.as_ref().err()) {
                health.hold_until(held.map(|wait| now + wait), now);
                health.last_error = Some(error.sentence().clone());
            }
        });
        self.inner.changes.send_replace(());
        match result {
            Ok(session) => {
                let frames =
                    Box::new(FirstFrameProbe { frames: session.frames, failover: self.clone(), at, proven: false });
                OpenOutcome::Opened(Session { frames, ..session })
            }
            Err(error) => OpenOutcome::Failed { sentence: error.sentence().clone(), held, outage: error.is_outage() },
        }
    }

    /// The first frame of a session came, or its end did.
    fn record_first_frame(&self, at: usize, result: Result<(), &ServiceError>) {
        let now = self.inner.clock.now();
        // Alone, a bad transport is still better than none.
        let others = self.inner.transports.len() > 1;
        self.with_health(|health| {
            let Some(health) = health.get_mut(at) else { return };
            match result {
                Ok(()) => {
                    *health = Health { last_success: Some(now), last_error: None, not_before: None, ..health.clone() }
                }
                Err(error) => {
                    health.last_error = Some(error.sentence().clone());
                    let limited = matches!(error.kind(), ServiceErrorKind::RateLimited { .. });
                    // What is wrong with the room is nothing that other rooms must wait for.
                    let holds = limited || (others && !error.is_lasting() && !error.is_session_end());
                    health.hold_until(holds.then(|| now + error.retry_after().unwrap_or(DEFAULT_HOLD)), now);
                }
            }
        });
        self.inner.changes.send_replace(());
    }

    fn with_health<T>(&self, f: impl FnOnce(&mut Vec<Health>) -> T) -> T {
        // Nothing is left half done under this lock, so a poisoned one is as good as new.
        f(&mut self.inner.health.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn skipped(name: &str, wait: Duration) -> OpenOutcome {
    let sentence = Text::from(format_args!("{name} is left alone for another {}", HumanDuration(wait)));
    OpenOutcome::Failed { sentence, held: Some(wait), outage: false }
}

/// A source of frames that reports to the failover whether it brings any.
struct FirstFrameProbe {
    frames: Box<dyn FrameSource>,
    failover: Failover,
    at: usize,
    proven: bool,
}

impl FrameSource for FirstFrameProbe {
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
        if self.proven {
            return self.frames.next();
        }
        async {
            let result = self.frames.next().await;
            self.failover.record_first_frame(self.at, result.as_ref().map(|_| ()));
            self.proven = true;
            result
        }
        .boxed()
    }
}

impl fmt::Debug for Failover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failover").field("health", &self.health()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::RoomId;
    use crate::webcast::transport::TransportEntry;
    use futures_util::future::ready;
    use std::collections::VecDeque;

    /// Says one thing for ever.
    struct Says(Result<Incoming, ServiceError>);

    impl FrameSource for Says {
        fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
            ready(self.0.clone()).boxed()
        }
    }

    /// Answers with the errors it was given, then opens a session that says `says`.
    struct Scripted {
        name: &'static str,
        errors: Mutex<VecDeque<ServiceError>>,
        says: Result<Incoming, ServiceError>,
    }

    impl Transport for Scripted {
        fn entry(&self) -> &'static TransportEntry {
            TransportEntry::of(crate::config::TransportKind::Direct)
        }

        fn name(&self) -> &str {
            self.name
        }

        fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>> {
            let next = self.errors.lock().unwrap().pop_front();
            let session = || Session::new(room.room_id, None, Box::new(Says(self.says.clone())));
            ready(next.map_or_else(|| Ok(session()), Err)).boxed()
        }
    }

    fn scripted(name: &'static str, errors: Vec<ServiceError>) -> Box<dyn Transport> {
        Box::new(Scripted { name, errors: Mutex::new(errors.into()), says: Ok(Incoming::Alive) })
    }

    fn limited(seconds: u64) -> ServiceError {
        let retry_after = Some(Duration::from_secs(seconds));
        ServiceError::new(
            ServiceErrorKind::RateLimited { retry_after },
            format!("provider a is out of signatures for {seconds} s"),
        )
    }

    fn refused() -> ServiceError {
        ServiceError::new(ServiceErrorKind::Handshake, "TikTok refused the anonymous socket (417 illegal secret key)")
    }

    fn room() -> RoomRef {
        RoomRef { room_id: RoomId(7), unique_id: None }
    }

    fn failover(transports: Vec<Box<dyn Transport>>) -> (Failover, Clock) {
        let clock = Clock::manual(Timestamp(1_000_000));
        (Failover::new(transports, clock.clone()), clock)
    }

    async fn opened_by(failover: &Failover) -> (Vec<String>, Result<Text, FailoverError>) {
        let mut tried = Vec::new();
        let result = failover.open(&room(), |name| tried.push(name.to_owned())).await;
        (tried, result.map(|opened| opened.transport))
    }

    #[tokio::test]
    async fn the_next_transport_takes_over_and_the_limited_one_is_left_alone() {
        let (failover, clock) = failover(vec![scripted("provider a", vec![limited(32)]), scripted("direct", vec![])]);
        let (tried, result) = opened_by(&failover).await;
        assert_eq!((tried.len(), result.unwrap().as_str()), (2, "direct"));
        clock.advance(Duration::from_secs(31));
        assert_eq!(opened_by(&failover).await.0, ["direct"]);
        clock.advance(Duration::from_secs(1));
        let mut opened = failover.clone().open(&room(), |_| {}).await.unwrap();
        assert_eq!(opened.transport, "provider a");
        assert!(failover.health()[0].last_error.is_some(), "an open socket proves nothing");
        opened.session.next().await.unwrap();
        let health = &failover.health()[0];
        assert_eq!((&health.last_error, health.not_before), (&None, None));
        assert_eq!(health.last_success, Some(clock.now()));
    }

    #[tokio::test]
    async fn a_socket_that_ends_without_a_frame_makes_room_for_the_next_transport() {
        let stale = || ServiceError::new(ServiceErrorKind::Stale, "the anonymous socket said nothing for 60 s");
        let dumb = || -> Box<dyn Transport> {
            Box::new(Scripted { name: "direct", errors: Mutex::default(), says: Err(stale()) })
        };
        let (both, _) = failover(vec![dumb(), scripted("provider a", vec![])]);
        let mut opened = both.open(&room(), |_| {}).await.unwrap();
        assert_eq!(opened.transport, "direct");
        assert_eq!(opened.session.next().await.unwrap_err(), stale());
        assert_eq!(opened_by(&both).await.1.unwrap(), "provider a");

        let (alone, _) = failover(vec![dumb()]);
        assert!(alone.open(&room(), |_| {}).await.unwrap().session.next().await.is_err());
        assert_eq!(opened_by(&alone).await.1.unwrap(), "direct", "there is nobody else");
    }

    #[tokio::test]
    async fn what_is_wrong_with_one_room_holds_up_no_other() {
        let says = Err(ServiceError::new(ServiceErrorKind::NotFound, "the room is not live"));
        let first = Box::new(Scripted { name: "direct", errors: Mutex::default(), says });
        let (failover, _) = failover(vec![first, scripted("provider a", vec![])]);
        assert!(failover.open(&room(), |_| {}).await.unwrap().session.next().await.is_err());
        assert_eq!(opened_by(&failover).await.1.unwrap(), "direct");
        assert!(failover.health()[0].last_error.is_some());
        let over = ServiceError::new(ServiceErrorKind::Closed, "the live has ended").session_ended(true);
        failover.record_first_frame(0, Err(&over));
        assert_eq!(failover.health()[0].not_before, None, "a live that ended holds up no other");
    }

    #[tokio::test]
    async fn when_all_fail_the_sentence_names_each_and_the_time_is_the_earliest() {
        let (failover, clock) = failover(vec![
            scripted("provider a", vec![limited(32)]),
            scripted("provider b", vec![limited(20), limited(20)]),
        ]);
        let error = opened_by(&failover).await.1.unwrap_err();
        assert_eq!(error.retry_after, Some(Duration::from_secs(20)));
        assert_eq!(error.sentences.len(), 2);
        clock.advance(Duration::from_secs(20));
        let (tried, result) = opened_by(&failover).await;
        assert_eq!(tried, ["provider b"]);
        let error = result.unwrap_err();
        assert!(error.to_string().starts_with("provider a is left alone for another 12 s; "), "{error}");
        assert_eq!(error.retry_after, Some(Duration::from_secs(12)));
    }

    #[tokio::test]
    async fn a_failure_without_a_time_does_not_take_back_a_limit() {
        let (failover, _) =
            failover(vec![scripted("provider a", vec![limited(32)]), scripted("direct", vec![refused()])]);
        let error = opened_by(&failover).await.1.unwrap_err();
        assert_eq!((error.retry_after, error.outage), (Some(Duration::from_secs(32)), false));
        let until = failover.health()[0].not_before;
        // A room that asked before the limit was known hears of its failure after it.
        let late = || ServiceError::new(ServiceErrorKind::Timeout, "provider a did not answer within 10 s");
        failover.record_open(0, Err(late()));
        failover.record_first_frame(0, Err(&late().session_ended(true)));
        failover.record_open(0, Err(limited(1)));
        assert!(until.is_some());
        assert_eq!(failover.health()[0].not_before, until);
        failover.record_first_frame(0, Ok(()));
        assert_eq!(failover.health()[0].not_before, None);
        assert_eq!(failover.health()[1].last_error.as_ref().unwrap(), refused().sentence());
    }

    #[tokio::test]
    async fn who_turned_us_away_is_named_and_can_be_left_alone() {
        let down = || ServiceError::new(ServiceErrorKind::Timeout, "provider a did not answer within 10 s");
        let (failover, clock) = failover(vec![
            scripted("provider a", vec![down(), down()]),
            scripted("direct", vec![refused(), refused()]),
        ]);
        let error = opened_by(&failover).await.1.unwrap_err();
        assert_eq!((error.outage, &error.refused[..]), (true, &[1][..]));
        let alone = [SkippedTransport { transport: 1, until: clock.now() + Duration::from_secs(90) }];
        let mut tried = Vec::new();
        let error = failover.open_without(&room(), &alone, |name| tried.push(name.to_owned())).await.unwrap_err();
        assert_eq!((&tried[..], error.outage, &error.refused[..]), (&["provider a".to_owned()][..], true, &[][..]));
        assert!(error.to_string().ends_with("direct is left alone for another 90 s"), "{error}");
        clock.advance(Duration::from_secs(90));
        let opened = failover.open_without(&room(), &alone, |_| {}).await.unwrap();
        assert_eq!(opened.transport, "provider a");
    }

    #[tokio::test]
    async fn without_any_transport_the_config_is_named() {
        let (failover, _) = failover(vec![]);
        assert!(opened_by(&failover).await.1.unwrap_err().to_string().contains("transports"));
    }
}
