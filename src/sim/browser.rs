//! Simulated browser that shows every live of this service, as far as its DevTools tell: for clients that listen to a
//! browser.
//!
//! Whoever attaches to a tab gets a page that has just been loaded; its player is a client of this very service, so that all
//! faults reach it. Like a page it opens its socket again when that breaks. Over TLS there are no tabs: nobody may listen to
//! a browser that way. It refuses every method but the two that listening takes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::answer::{self, SimAnswer};
use super::room::SimRoom;
use super::site;
use super::world::World;
use crate::wire::pb;

/// How long a page waits before it opens its socket again.
const REOPEN_AFTER: Duration = Duration::from_millis(100);
const HEARTBEAT: Duration = Duration::from_secs(10);
const PATH: &str = "/webcast/im/ws_proxy/ws_reuse_supplement/?aid=1988&compress=gzip&client_enter=1";

/// `/json/version`.
pub(super) fn version() -> SimAnswer {
    answer::json(&json!({ "Browser": "Simulated/1.0", "Protocol-Version": "1.3" }))
}

/// `/json/list`: a tab for each live that is on.
pub(super) fn list(world: &World) -> SimAnswer {
    let (http, socket) = (world.address.http(), world.address.socket());
    let on = world.rooms.iter().filter(|room| !world.address.tls && room.facts().phase.is_on());
    let tabs = on.map(|room| {
        let name = &room.host.handle;
        json!({
            "id": name, "type": "page", "title": "LIVE - TikTok", "description": "",
            "url": format!("{http}/@{name}/live"), "webSocketDebuggerUrl": format!("{socket}/devtools/page/{name}"),
        })
    });
    answer::json(&tabs.collect())
}

/// One tab with somebody attached to it.
struct SimTab {
    world: Arc<World>,
    room: Arc<SimRoom>,
    devtools: WebSocketStream<TokioIo<Upgraded>>,
    player: Option<WebSocketStream<TcpStream>>,
    /// The live that was on when the page was loaded.
    live: i64,
    /// When the page opens its socket (again).
    opens: Option<Instant>,
    beats_at: Instant,
    /// Sockets so far; the number is the browser's name for the newest.
    sockets: u64,
}

/// The client has gone, which ends everything.
struct BrowserClosed;

/// Serves one attached tab to its end.
pub(super) async fn serve(world: Arc<World>, room: Arc<SimRoom>, upgraded: Upgraded) {
    let devtools = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let stop = world.stop.clone();
    let (beats_at, live) = (Instant::now(), room.facts().room_id);
    let mut tab = SimTab { world, room, devtools, player: None, live, opens: None, beats_at, sockets: 0 };
    tokio::select! {
        () = stop.cancelled() => {}
        _ = tab.run() => {}
    }
}

impl SimTab {
    async fn run(&mut self) -> Result<(), BrowserClosed> {
        loop {
            let opens = self.opens.unwrap_or(self.beats_at);
            tokio::select! {
                command = self.devtools.next() => match command {
                    Some(Ok(Message::Text(text))) => self.run_command(&text).await?,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(BrowserClosed),
                    Some(Ok(_)) => {}
                },
                frame = next(&mut self.player) => self.receive(frame).await?,
                () = sleep_until(opens), if self.opens.is_some() => self.open().await?,
                () = sleep_until(self.beats_at), if self.player.is_some() => self.send_heartbeat().await?,
            }
        }
    }

    async fn run_command(&mut self, command: &str) -> Result<(), BrowserClosed> {
        let command: Value = serde_json::from_str(command).unwrap_or_default();
        let method = command["method"].as_str().unwrap_or_default();
        let reply = match method {
            "Target.setAutoAttach" => json!({ "id": command["id"], "result": {} }),
            "Network.enable" => {
                self.opens = Some(Instant::now());
                json!({ "id": command["id"], "result": {} })
            }
            _ => {
                json!({ "id": command["id"], "error": { "code": -32601, "message": format!("'{method}' wasn't found") } })
            }
        };
        self.send_json(&reply).await
    }

    /// The page opens its socket and enters the room that is on now.
    async fn open(&mut self) -> Result<(), BrowserClosed> {
        let facts = self.room.facts();
        self.opens = facts.phase.is_on().then(|| Instant::now() + REOPEN_AFTER);
        if self.opens.is_none() {
            return Ok(());
        }
        let url = format!("{}{PATH}&room_id={}", self.world.address.socket(), facts.room_id);
        self.sockets += 1;
        self.event("Network.webSocketCreated", json!({ "url": url })).await?;
        let enter = pb::EnterRoom { room_id: facts.room_id, live_id: 12, ..pb::EnterRoom::default() };
        if facts.room_id != self.live {
            // Whoever listens for the old live leaves at this word; what the new one says is then sent to nobody.
            self.opens = None;
            return self.send("im_enter_room", 0, enter.encode_to_vec()).await;
        }
        let Some(player) = connect(&self.world.address.authority, &url).await else {
            return self.event("Network.webSocketClosed", json!({})).await;
        };
        (self.player, self.opens, self.beats_at) = (Some(player), None, Instant::now());
        self.send("im_enter_room", 0, enter.encode_to_vec()).await
    }

    async fn send_heartbeat(&mut self) -> Result<(), BrowserClosed> {
        self.beats_at = Instant::now() + HEARTBEAT;
        let send_heartbeat = pb::HeartBeat { room_id: self.room.facts().room_id, ..pb::HeartBeat::default() };
        self.send("hb", 0, send_heartbeat.encode_to_vec()).await
    }

    /// Something came to the page.
    async fn receive(&mut self, message: Option<Result<Message, Error>>) -> Result<(), BrowserClosed> {
        let bytes = match message {
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Close(close))) => {
                let over = close.is_some_and(|close| u16::from(close.code) == 1_000);
                return self.close_socket(!over).await;
            }
            Some(Err(_)) | None => return self.close_socket(true).await,
            Some(Ok(_)) => return Ok(()),
        };
        self.frame("Network.webSocketFrameReceived", &bytes).await?;
        match pb::PushFrame::decode(bytes) {
            Ok(frame) if frame.payload_type == "msg" => self.send("ack", frame.log_id, b"-".to_vec()).await,
            _ => Ok(()),
        }
    }

    async fn close_socket(&mut self, again: bool) -> Result<(), BrowserClosed> {
        self.player = None;
        self.opens = again.then(|| Instant::now() + REOPEN_AFTER);
        self.event("Network.webSocketClosed", json!({})).await
    }

    /// The page says something.
    async fn send(&mut self, kind: &str, log_id: i64, payload: Vec<u8>) -> Result<(), BrowserClosed> {
        let frame = pb::PushFrame {
            log_id,
            payload_encoding: "pb".to_owned(),
            payload_type: kind.to_owned(),
            payload: payload.into(),
            ..pb::PushFrame::default()
        };
        let bytes = Bytes::from(frame.encode_to_vec());
        self.frame("Network.webSocketFrameSent", &bytes).await?;
        if let Some(player) = &mut self.player {
            // A socket that is broken is found so by listening.
            drop(player.send(Message::Binary(bytes)).await);
        }
        Ok(())
    }

    async fn frame(&mut self, method: &str, bytes: &Bytes) -> Result<(), BrowserClosed> {
        let response = json!({ "opcode": 2, "mask": false, "payloadData": STANDARD.encode(bytes) });
        self.event(method, json!({ "response": response })).await
    }

    async fn event(&mut self, method: &str, mut params: Value) -> Result<(), BrowserClosed> {
        params["requestId"] = format!("{}.1", self.sockets).into();
        self.send_json(&json!({ "method": method, "params": params })).await
    }

    async fn send_json(&mut self, message: &Value) -> Result<(), BrowserClosed> {
        self.devtools.send(Message::Text(message.to_string().into())).await.map_err(|_| BrowserClosed)
    }
}

/// What the page's socket brings; never, while there is none.
async fn next(player: &mut Option<WebSocketStream<TcpStream>>) -> Option<Result<Message, Error>> {
    match player {
        Some(player) => player.next().await,
        None => std::future::pending().await,
    }
}

/// Opens a socket as a page does; nothing where it is refused.
async fn connect(authority: &str, url: &str) -> Option<WebSocketStream<TcpStream>> {
    let mut request = url.into_client_request().ok()?;
    let headers = request.headers_mut();
    headers.insert("cookie", HeaderValue::from_str(&site::ttwid()).ok()?);
    headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64) Simulated/1.0"));
    let tcp = TcpStream::connect(authority).await.ok()?;
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    client_async_with_config(request, tcp, Some(config)).await.ok().map(|(player, _)| player)
}
