//! Transport `poll`: TikTok is asked for messages again and again, without a socket.
//!
//! The last resort, and only where the user chose it: no signature is made, so that TikTok mostly answers those who
//! bring a session of their own (docs/protocol.md#polling). Never faster than the server asks for. A question that found no
//! answer is asked again a few times; a refusal ends the session.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{COOKIE, ORIGIN};
use tokio::time::{Instant, sleep_until};

use super::im_fetch::{self, BODY_CAP, PollCursor};
use super::registry::{HostOwner, SimulatedPart, TransportEntry};
use super::{FrameSource, Incoming, RoomRef, Session, Transport};
use crate::webcast::anonymous_cookie::AnonymousCookie;
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::http::HttpRequest;
use crate::webcast::route::Route;
use crate::webcast::service::Service;
use crate::webcast::user_agent::insert_text;
use crate::wire::Response;

/// Questions in a row without an answer that are forgiven.
const MAX_FAILURES: u32 = 3;
/// Longest pause a server may ask for; beyond it the number means something else.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const ADVICE: &str =
    "it wants signed requests from strangers; set TIKTOP_SESSION_ID to a session of your own, or use another transport";

/// Its row in the registry.
pub(super) const ENTRY: TransportEntry = TransportEntry {
    build: |service, settings, _| {
        let interval = Duration::from_millis(settings.poll.interval_ms);
        Ok(vec![Box::new(PollTransport { service: Arc::clone(service), interval })])
    },
    // It asks where room info is asked for.
    hosts: |_, _| Ok(Vec::new()),
    room_id_routes: None,
    cost: "nothing",
    owner: HostOwner::TikTok,
    simulated: SimulatedPart {
        addresses: |settings| vec![&mut settings.service.webcast_url],
        at_socket: false,
        socket: false,
        edge: false,
        signed: false,
        far: true,
    },
};

/// The transport.
struct PollTransport {
    service: Arc<Service>,
    interval: Duration,
}

/// Somebody who asks about one room.
struct RoomPoller {
    service: Arc<Service>,
    way: Arc<Route>,
    cookie: AnonymousCookie,
    room: RoomRef,
}

/// A polled room.
struct PolledRoom {
    asker: Arc<RoomPoller>,
    place: PollCursor,
    interval: Duration,
    next: Instant,
    failures: u32,
    /// The question that is under way: kept, so that giving up waiting loses no answer.
    asked: Option<BoxFuture<'static, Result<Response, ServiceError>>>,
}

impl PollTransport {
    async fn try_open(&self, room: &RoomRef) -> Result<Session, ServiceError> {
        let service = Arc::clone(&self.service);
        let way = service.route_for(room);
        let cookie = way.anonymous_cookies.get(&service, &way.http, None).await?;
        let asker = Arc::new(RoomPoller { service, way, cookie, room: room.clone() });
        let mut place = PollCursor::default();
        let first = asker.clone().ask(place.clone()).await?;
        place.follow(&first);
        let next = Instant::now() + pause(self.interval, &first);
        let frames = PolledRoom { asker, place, interval: self.interval, next, failures: 0, asked: None };
        Ok(Session::new(room.room_id, Some(first), Box::new(frames)))
    }
}

impl RoomPoller {
    async fn ask(self: Arc<Self>, place: PollCursor) -> Result<Response, ServiceError> {
        let Self { service, way, cookie, room } = &*self;
        let url = im_fetch::url(service, cookie.browser(), room, &place);
        let mut headers = cookie.browser().headers(&service.site, &service.language);
        insert_text(&mut headers, COOKIE, &service.cookies(&url, &cookie.header_value()));
        insert_text(&mut headers, ORIGIN, &service.site.origin().ascii_serialization());
        let doing = format!("ask for the messages of room {}", room.room_id);
        let answer = way.http.get(HttpRequest { doing: &doing, url, headers, cap: BODY_CAP }).await?;
        im_fetch::read(room, &answer, ADVICE)
    }
}

impl PolledRoom {
    async fn next_answer(&mut self) -> Result<Incoming, ServiceError> {
        loop {
            let asked = match &mut self.asked {
                Some(asked) => asked,
                none => {
                    sleep_until(self.next).await;
                    none.insert(Arc::clone(&self.asker).ask(self.place.clone()).boxed())
                }
            };
            let answer = asked.await;
            self.asked = None;
            match answer {
                Ok(response) => {
                    self.failures = 0;
                    self.place.follow(&response);
                    self.next = Instant::now() + pause(self.interval, &response);
                    return Ok(Incoming::Response(Box::new(response)));
                }
                Err(error) if self.failures < MAX_FAILURES && is_passing(&error) => {
                    self.failures += 1;
                    self.next = Instant::now() + self.interval * (1 << self.failures);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl FrameSource for PolledRoom {
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
        self.next_answer().boxed()
    }
}

impl Transport for PollTransport {
    fn entry(&self) -> &'static TransportEntry {
        &ENTRY
    }

    fn name(&self) -> &'static str {
        "poll"
    }

    fn open<'a>(&'a self, room: &'a RoomRef) -> BoxFuture<'a, Result<Session, ServiceError>> {
        self.try_open(room).boxed()
    }
}

/// What may be better at the next question.
fn is_passing(error: &ServiceError) -> bool {
    matches!(error.kind(), ServiceErrorKind::Network | ServiceErrorKind::Timeout | ServiceErrorKind::BadAnswer)
}

/// Until the next question: ours, or the server's wish where that is longer.
fn pause(interval: Duration, response: &Response) -> Duration {
    interval.max(Duration::from_millis(response.fetch_interval).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, 1_000)]
    #[case(500, 1_000)]
    #[case(5_000, 5_000)]
    #[case(u64::MAX, 60_000)]
    fn the_server_may_slow_us_down_and_not_speed_us_up(#[case] wish: u64, #[case] millis: u64) {
        let response = Response { fetch_interval: wish, ..Response::default() };
        assert_eq!(pause(Duration::from_secs(1), &response), Duration::from_millis(millis));
    }
}
