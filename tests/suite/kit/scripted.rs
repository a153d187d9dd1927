//! Scripted server of a few lines for answers that no honest server gives: each request head goes in, raw bytes come out.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tiktop::config::Settings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// As an answer: the connection stays open without a word.
pub(crate) const SILENCE: &[u8] = b"(silence)";

/// A loopback server that answers each request with what its script says.
pub(crate) struct Scripted {
    /// `127.0.0.1:port`.
    pub(crate) place: String,
    heads: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Scripted {
    /// Starts a server. Connections whose answer is a 101 stay open until the client goes.
    pub(crate) async fn start(script: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (script, kept) = (Arc::new(script), Arc::clone(&heads));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&kept)));
            }
        });
        Self { place, heads, task }
    }

    /// Heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Settings that point everything here.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.service.site_url = format!("http://{}", self.place);
        settings.service.webcast_url = format!("http://{}/webcast", self.place);
        settings.service.socket_url = format!("ws://{}/socket", self.place);
        settings.service.timeout_seconds = 5;
        settings.providers[0].url = format!("http://{}", self.place);
        settings
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head of a request; nothing when the other side left before its end.
pub(crate) async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

async fn serve<F: Fn(&str) -> Vec<u8>>(mut stream: TcpStream, script: Arc<F>, heads: Arc<Mutex<Vec<String>>>) {
    let Some(head) = read_head(&mut stream).await else { return };
    heads.lock().unwrap().push(head.clone());
    let answer = script(&head);
    let silent = answer == SILENCE;
    let written = silent || stream.write_all(&answer).await.is_ok();
    if written && (silent || answer.starts_with(b"HTTP/1.1 101")) {
        let mut sink = [0; 1_024];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    }
}

/// A whole answer; the connection closes behind it.
pub(crate) fn answer(status: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        answer.extend([name, ": ", value, "\r\n"]);
    }
    answer.push_str("\r\n");
    [answer.as_bytes(), body].concat()
}

/// The look-up of `@ana.live`, who is live in `room`.
pub(crate) fn look_up(room: &str) -> Vec<u8> {
    let user = json!({"id": "111", "uniqueId": "ana.live", "roomId": room, "status": 2});
    let data = json!({"user": user, "liveRoom": {"status": 2, "title": "Hello"}});
    answer("200 OK", &[], json!({"statusCode": 0, "data": data}).to_string())
}

/// The 101 that `head` asks for, with `early` right behind it in the same write.
pub(crate) fn upgraded(head: &str, early: &[u8]) -> Vec<u8> {
    let key = header(head, "sec-websocket-key").unwrap();
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    [answer.as_bytes(), early].concat()
}

/// A binary WebSocket message as a server writes it.
pub(crate) fn message(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut frame = vec![0x82, 126];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The value of a header in a request head.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The path of a request head, without its query.
pub(crate) fn path(head: &str) -> &str {
    head.split([' ', '?']).nth(1).unwrap_or_default()
}
