//! Scripted DevTools of a browser: they list what they are told to list, and one tab says what the test says.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tiktop::config::{Settings, TransportKind};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::kit::scripted::{answer, path, read_head, upgraded};

/// The tab that shows the live.
pub(crate) const TAB: &str = "7DAA7BE5";
/// What it shows.
pub(crate) const LIVE: &str = "https://www.tiktok.com/@Ana.Live/live?lang=en";

/// The fake; it stops when dropped.
pub(crate) struct DevTools {
    /// `127.0.0.1:port`.
    pub(crate) place: String,
    seen: Arc<Seen>,
    say: broadcast::Sender<Option<String>>,
    task: tokio::task::JoinHandle<()>,
}

struct Seen {
    heads: Mutex<Vec<String>>,
    commands: watch::Sender<Vec<Value>>,
}

impl DevTools {
    /// Lists what `list` makes of its place, and says `opening` to whoever listens to the tab.
    pub(crate) async fn start(list: impl Fn(&str) -> Value, opening: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Seen { heads: Mutex::default(), commands: watch::Sender::default() });
        let (say, _) = broadcast::channel(64);
        let list = list(&place).to_string();
        let task = tokio::spawn({
            let (seen, say) = (Arc::clone(&seen), say.clone());
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (list, opening) = (list.clone(), opening.clone());
                    tokio::spawn(serve(stream, list, opening, Arc::clone(&seen), say.subscribe()));
                }
            }
        });
        Self { place, seen, say, task }
    }

    /// One tab that shows the live, beside others that do not.
    pub(crate) async fn with_the_live(opening: Vec<String>) -> Self {
        Self::start(usual_tabs, opening).await
    }

    /// Settings that listen here alone.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings { transports: vec![TransportKind::Browser], ..Settings::default() };
        settings.browser.endpoint = format!("http://{}", self.place);
        settings
    }

    /// The tab says this.
    pub(crate) fn say(&self, event: String) {
        self.say.send(Some(event)).unwrap();
    }

    /// The tab's socket is closed.
    pub(crate) fn close(&self) {
        self.say.send(None).unwrap();
    }

    /// Heads of the requests so far, the handshake's too.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap().clone()
    }

    /// The commands that came, once there are `count`.
    pub(crate) async fn commands(&self, count: usize) -> Vec<Value> {
        let mut commands = self.seen.commands.subscribe();
        commands.wait_for(|commands| commands.len() >= count).await.unwrap().clone()
    }
}

impl Drop for DevTools {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// As `/json/list` of Chromium 156 looks.
pub(crate) fn usual_tabs(place: &str) -> Value {
    let target = |id: &str, kind: &str, url: &str| {
        json!({ "id": id, "type": kind, "title": "", "description": "", "url": url,
                "webSocketDebuggerUrl": format!("ws://{place}/devtools/page/{id}") })
    };
    json!([
        target("487D09E0", "browser_ui", "chrome://omnibox-popup.top-chrome/"),
        target("11111111", "page", "https://www.tiktok.com/@somebody.else/live"),
        target("22222222", "page", "https://example.com/@ana.live/live"),
        target("33333333", "worker", LIVE),
        target(TAB, "page", LIVE),
    ])
}

async fn serve(
    mut stream: TcpStream,
    list: String,
    opening: Vec<String>,
    seen: Arc<Seen>,
    orders: broadcast::Receiver<Option<String>>,
) {
    let Some(head) = read_head(&mut stream).await else { return };
    seen.heads.lock().unwrap().push(head.clone());
    let reply = match path(&head) {
        "/json/version" => answer("200 OK", &[], r#"{"Browser":"Chrome/156.0.8078.79","Protocol-Version":"1.3"}"#),
        "/json/list" => answer("200 OK", &[], list),
        _ => upgraded(&head, b""),
    };
    if stream.write_all(&reply).await.is_ok() && reply.starts_with(b"HTTP/1.1 101") {
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        play(socket, opening, &seen, orders).await;
    }
}

/// Answers each command, begins once both are there, and then does as the test says.
async fn play(
    mut socket: WebSocketStream<TcpStream>,
    opening: Vec<String>,
    seen: &Seen,
    mut orders: broadcast::Receiver<Option<String>>,
) {
    let mut opening = Some(opening);
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(Ok(Message::Text(text))) = message else { return };
                let command: Value = serde_json::from_str(&text).unwrap();
                let done = json!({ "id": command["id"], "result": {} }).to_string();
                seen.commands.send_modify(|commands| commands.push(command));
                let mut replies = vec![done];
                if seen.commands.borrow().len() == 2 {
                    replies.extend(opening.take().unwrap_or_default());
                }
                for reply in replies {
                    socket.send(Message::Text(reply.into())).await.unwrap();
                }
            }
            order = orders.recv() => match order {
                Ok(Some(event)) => socket.send(Message::Text(event.into())).await.unwrap(),
                Ok(None) => return drop(socket.close(None).await),
                Err(_) => return,
            },
        }
    }
}

fn event(session: &str, method: &str, params: &Value) -> String {
    let mut event = json!({ "method": method, "params": params });
    if !session.is_empty() {
        event["sessionId"] = session.into();
    }
    event.to_string()
}

pub(crate) fn created(session: &str, id: &str, url: &str) -> String {
    event(session, "Network.webSocketCreated", &json!({ "requestId": id, "url": url, "initiator": {} }))
}

pub(crate) fn closed(id: &str) -> String {
    event("", "Network.webSocketClosed", &json!({ "requestId": id, "timestamp": 4.5 }))
}

pub(crate) fn received(session: &str, id: &str, opcode: u8, payload: &str) -> String {
    let response = json!({ "opcode": opcode, "mask": false, "payloadData": payload });
    event(
        session,
        "Network.webSocketFrameReceived",
        &json!({ "requestId": id, "timestamp": 4.5, "response": response }),
    )
}

pub(crate) fn bytes(session: &str, id: &str, frame: &[u8]) -> String {
    received(session, id, 2, &STANDARD.encode(frame))
}

pub(crate) fn sent(id: &str, frame: &[u8]) -> String {
    let response = json!({ "opcode": 2, "mask": true, "payloadData": STANDARD.encode(frame) });
    event("", "Network.webSocketFrameSent", &json!({ "requestId": id, "timestamp": 4.5, "response": response }))
}

pub(crate) fn attached(session: &str) -> String {
    let target = json!({ "targetId": "W", "type": "worker", "title": "", "url": "blob:x", "attached": true });
    event("", "Target.attachedToTarget", &json!({ "sessionId": session, "targetInfo": target }))
}

pub(crate) fn navigated(frame: &str, url: &str) -> String {
    let request = json!({ "url": url, "method": "GET", "headers": {} });
    let params =
        json!({ "requestId": "1", "frameId": frame, "type": "Document", "documentURL": url, "request": request });
    event("", "Network.requestWillBeSent", &params)
}

pub(crate) fn detached() -> String {
    event("", "Inspector.detached", &json!({ "reason": "target_closed" }))
}
