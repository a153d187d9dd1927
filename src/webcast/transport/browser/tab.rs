//! Attached tab: the frames its page receives, picked out of everything else its browser reports.
//!
//! The page enters the room, beats and acknowledges; we only listen. Sockets are told apart by their address; one that was
//! open before us has no address for us and is judged by what it says (Chromium 156 reports its frames, protocol or not).
//!
//! Invariants: nothing is sent but what [`devtools::listen`] makes; no event of the browser ends the session but the end of
//! the tab, its leaving the live, or a long silence of the live. A page that loses its socket opens another by itself: the
//! session waits for that, and tells the gap.

use std::collections::{HashMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::time::{Duration, Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use url::Url;

use super::devtools::{self, Event};
use super::endpoint::live_at;
use crate::ids::{RoomId, UniqueId};
use crate::text::Text;
use crate::webcast::error::{ServiceError, ServiceErrorKind, quoted};
use crate::webcast::handshake::Socket;
use crate::webcast::socket::{broken, read_frame, send_all};
use crate::webcast::transport::{BrokenFrame, FrameSource, Incoming};
use crate::wire::{Fields, Frame, FrameKind, Inflater};

/// Longest time to the first frame after attaching, or after the page lost its socket: its heartbeat is answered every 10 s,
/// whatever else is silent.
const FIRST_FRAME_WAIT: Duration = Duration::from_secs(15);
/// Sockets remembered; above that they are judged by what they say.
const MAX_SOCKETS: usize = 256;
/// Workers listened to; a page has a handful.
const MAX_WORKERS: u64 = 64;
/// Broken frames kept from before the first good one.
const MAX_EARLY: usize = 16;

/// What a tab is supposed to show.
pub(super) struct Page {
    /// Whose live.
    pub(super) host: UniqueId,
    /// Where TikTok is.
    pub(super) site: Url,
    /// The tab's own name, which is also that of its outermost frame.
    pub(super) tab: String,
}

/// A tab that reports to us.
pub(super) struct TabFrames {
    devtools: Socket,
    page: Page,
    room: RoomId,
    /// By session and number: whether it is a socket of the live.
    sockets: HashMap<(String, String), bool>,
    outbox: VecDeque<Message>,
    commands: u64,
    inflater: Inflater,
    early: VecDeque<Incoming>,
    heard: bool,
    /// Whether the page has lost its socket since the last frame.
    cut: bool,
    last_frame: Instant,
    /// Since when a frame is waited for.
    waiting: Instant,
    /// Longest silence of a live that was heard.
    silence: Duration,
}

impl TabFrames {
    /// Listens to a tab and waits for the first frame, which is the first thing [`FrameSource::next`] gives. An error when none
    /// comes.
    pub(super) async fn attach(
        devtools: Socket,
        page: Page,
        room: RoomId,
        silence: Duration,
    ) -> Result<Self, ServiceError> {
        let mut this = Self {
            devtools,
            page,
            room,
            sockets: HashMap::new(),
            outbox: VecDeque::new(),
            commands: 0,
            inflater: Inflater::default(),
            early: VecDeque::new(),
            heard: false,
            cut: false,
            last_frame: Instant::now(),
            waiting: Instant::now(),
            silence,
        };
        this.listen(None);
        while !this.heard {
            let incoming = this.receive().await?;
            this.heard = !matches!(incoming, Incoming::Broken { .. });
            if this.heard || this.early.len() < MAX_EARLY {
                this.early.push_back(incoming);
            }
        }
        Ok(this)
    }

    /// The live the page is in, which may be a newer one than we knew of.
    pub(super) fn room(&self) -> RoomId {
        self.room
    }

    fn listen(&mut self, session: Option<&str>) {
        let commands = devtools::enable_commands(self.commands + 1, session);
        self.commands += commands.len() as u64;
        self.outbox.extend(commands.map(|command| Message::Text(command.into())));
    }

    /// The next thing that came over a socket of the live. Cancel-safe.
    async fn receive(&mut self) -> Result<Incoming, ServiceError> {
        loop {
            let silence = if self.heard && !self.cut { self.silence } else { FIRST_FRAME_WAIT };
            let message = tokio::select! {
                // In this order: a page that loads without end must not hide that the live is silent.
                biased;
                () = sleep_until(self.waiting + silence) => return Err(self.silent()),
                message = exchange(&mut self.devtools, &mut self.outbox) => message,
            };
            let incoming = match message {
                Some(Ok(Message::Text(text))) => self.event(text.as_str())?,
                Some(Ok(Message::Binary(bytes))) => Some(broken(BrokenFrame::Wrapped, &bytes)),
                Some(Ok(Message::Close(_))) | None => return Err(self.tab_closed()),
                Some(Ok(_)) => None,
                Some(Err(error)) => return Err(self.lost(&error)),
            };
            if let Some(incoming) = incoming {
                return Ok(incoming);
            }
        }
    }

    fn event(&mut self, text: &str) -> Result<Option<Incoming>, ServiceError> {
        let Ok(event) = devtools::read(text) else {
            return Ok(Some(broken(BrokenFrame::Wrapped, &Bytes::copy_from_slice(text.as_bytes()))));
        };
        match event {
            // The first two commands are those to the tab itself; a worker without a network is no loss.
            Event::Refused { id: 1..=2, words } => return Err(self.refused(&words)),
            Event::Attached { session } if self.commands < 2 * MAX_WORKERS => self.listen(Some(&session)),
            Event::Navigated { frame, url } if frame == self.page.tab.as_str() => self.check_navigation(&url)?,
            Event::SocketCreated { socket, url } => {
                if self.sockets.len() < MAX_SOCKETS {
                    self.sockets.insert(key(&socket), is_of_a_live(&url));
                }
            }
            Event::SocketClosed(socket) => self.closed(&socket),
            Event::FrameReceived(socket, frame) => return Ok(self.received(&socket, &frame)),
            Event::FrameSent(socket, frame) => self.sent(&socket, &frame)?,
            Event::Gone => return Err(self.tab_closed()),
            Event::Refused { .. } | Event::Attached { .. } | Event::Navigated { .. } | Event::Other => {}
        }
        Ok(None)
    }

    fn received(&mut self, socket: &devtools::PageSocket<'_>, frame: &devtools::PageFrame<'_>) -> Option<Incoming> {
        let key = key(socket);
        let known = self.sockets.get(&key).copied();
        if known == Some(false) {
            return None;
        }
        let incoming = self.unwrap(frame);
        if known.is_none() {
            // Only a response tells for sure what kind of socket this is.
            if !matches!(incoming, Incoming::Response(_)) {
                return None;
            }
            if self.sockets.len() < MAX_SOCKETS {
                self.sockets.insert(key, true);
            }
        }
        Some(self.after_gap(incoming))
    }

    /// Notes that the live is heard; after a cut the gap comes first.
    fn after_gap(&mut self, incoming: Incoming) -> Incoming {
        let now = Instant::now();
        let length = now.saturating_duration_since(self.last_frame);
        (self.last_frame, self.waiting) = (now, now);
        if !std::mem::take(&mut self.cut) {
            return incoming;
        }
        self.early.push_back(incoming);
        let reason = Text::from(format_args!("your browser's tab of @{} lost its socket and is back", self.page.host));
        Incoming::Gap { length, reason }
    }

    fn closed(&mut self, socket: &devtools::PageSocket<'_>) {
        let ours = self.sockets.remove(&key(socket)) == Some(true);
        if ours && !self.sockets.values().any(|&ours| ours) {
            self.cut_off();
        }
    }

    fn cut_off(&mut self) {
        if self.heard {
            self.cut = true;
            self.waiting = Instant::now();
        }
    }

    fn unwrap(&mut self, frame: &devtools::PageFrame<'_>) -> Incoming {
        let payload = &frame.payload;
        let raw = || Bytes::copy_from_slice(payload.as_bytes());
        match (frame.opcode, STANDARD.decode(payload.as_bytes())) {
            (1, _) => broken(BrokenFrame::Text, &raw()),
            (2, Ok(bytes)) => read_frame(&bytes.into(), &mut self.inflater).0,
            _ => broken(BrokenFrame::Wrapped, &raw()),
        }
    }

    /// The page says itself which room it enters.
    fn sent(&mut self, socket: &devtools::PageSocket<'_>, frame: &devtools::PageFrame<'_>) -> Result<(), ServiceError> {
        let foreign = self.sockets.get(&key(socket)) == Some(&false);
        let entered = (frame.opcode == 2 && !foreign).then(|| entered(&frame.payload)).flatten();
        match entered {
            Some(room) if !self.heard => self.room = room,
            Some(room) if room != self.room => {
                let host = &self.page.host;
                return Err(ServiceError::new(
                    ServiceErrorKind::Closed,
                    format!("the tab of @{host} went on to another live"),
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// A page that is loaded again has lost its sockets, whether or not it says so.
    fn check_navigation(&mut self, url: &str) -> Result<(), ServiceError> {
        let live = Url::parse(url).ok().and_then(|url| live_at(&self.page.site, &url));
        if live.as_ref() == Some(&self.page.host) {
            self.sockets.clear();
            self.cut_off();
            return Ok(());
        }
        let host = &self.page.host;
        Err(ServiceError::new(
            ServiceErrorKind::Closed,
            format!("your browser's tab of @{host} left the live: {}", self.page.advice()),
        ))
    }

    fn tab_closed(&self) -> ServiceError {
        let host = &self.page.host;
        ServiceError::new(
            ServiceErrorKind::Closed,
            format!("your browser's tab of @{host} was closed: {}", self.page.advice()),
        )
    }

    fn lost(&self, error: &SocketError) -> ServiceError {
        let reason = quoted(&error.to_string());
        ServiceError::new(
            ServiceErrorKind::Closed,
            format!("your browser stopped telling of its tab of @{}: {reason}", self.page.host),
        )
    }

    fn refused(&self, words: &str) -> ServiceError {
        ServiceError::new(
            ServiceErrorKind::Handshake,
            format!("your browser does not tell what its tab of @{} receives: {}", self.page.host, quoted(words)),
        )
    }

    /// Why frames may be missing cannot be seen from here; the same step helps in all cases.
    fn silent(&self) -> ServiceError {
        let host = &self.page.host;
        ServiceError::new(
            ServiceErrorKind::Stale,
            format!(
                "your browser's tab of @{host} shows no frames of the live: reload that page, and see that it plays"
            ),
        )
    }
}

impl Page {
    /// What brings the live back into the browser.
    pub(super) fn advice(&self) -> String {
        open_it(&self.site, &self.host)
    }
}

/// What brings a live into the browser.
pub(super) fn open_it(site: &Url, host: &UniqueId) -> String {
    format!("open {}/@{host}/live in it", site.origin().ascii_serialization())
}

impl FrameSource for TabFrames {
    fn next(&mut self) -> BoxFuture<'_, Result<Incoming, ServiceError>> {
        async {
            match self.early.pop_front() {
                Some(incoming) => Ok(incoming),
                None => self.receive().await,
            }
        }
        .boxed()
    }
}

/// Says what waits, then listens. Cancel-safe.
async fn exchange(devtools: &mut Socket, outbox: &mut VecDeque<Message>) -> Option<Result<Message, SocketError>> {
    if !outbox.is_empty()
        && let Err(error) = send_all(devtools, outbox).await
    {
        return Some(Err(error));
    }
    devtools.next().await
}

fn key(socket: &devtools::PageSocket<'_>) -> (String, String) {
    (socket.session.to_string(), socket.id.to_string())
}

/// A page of TikTok has more sockets than that of the live: direct messages, for one.
fn is_of_a_live(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.path().starts_with("/webcast/im/"))
}

/// The room that a frame of the page enters, if it is such a frame.
fn entered(payload: &str) -> Option<RoomId> {
    let frame = Frame::decode(STANDARD.decode(payload.as_bytes()).ok()?.into()).ok()?;
    let body = (frame.kind == FrameKind::EnterRoom).then_some(frame.payload)?;
    let room = Fields::new(&body).map_while(Result::ok).find(|field| field.number == 1)?;
    RoomId::from_wire(room.int().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("wss://webcast-ws.tiktok.com/webcast/im/ws_proxy/ws_reuse_supplement/?room_id=7", true)]
    #[case("ws://127.0.0.1:1/webcast/im/push/v2/", true)]
    #[case("wss://im-ws.tiktok.com/ws/v2?token=x", false)]
    #[case("wss://example.com/?next=/webcast/im/", false)]
    #[case("webcast/im/", false)]
    fn sockets_of_a_live_are_known_by_their_path(#[case] url: &str, #[case] ours: bool) {
        assert_eq!(is_of_a_live(url), ours);
    }

    #[test]
    fn the_page_tells_which_room_it_enters() {
        let said = |frame: Bytes| entered(&STANDARD.encode(frame));
        assert_eq!(said(Frame::enter_room(RoomId(300), 7)), Some(RoomId(300)));
        assert_eq!(said(Frame::heartbeat(RoomId(300), 7)), None);
        assert_eq!(said(Bytes::from_static(b"\xff\xff")), None);
        assert_eq!(entered("no base64!"), None);
    }
}
