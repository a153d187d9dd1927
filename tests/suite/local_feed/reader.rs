//! Readers of the feed: a WebSocket, one that does not read, server-sent events, plain requests.

use futures_util::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::kit::in_time;

/// An answer to a plain request.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// What is answered to a request that is written as it stands.
pub(super) async fn answer(place: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(place).await.unwrap();
    // A server that refuses may close before it has read all.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut bytes = Vec::new();
    let read = async {
        let mut chunk = vec![0; 4_096];
        while let Ok(read @ 1..) = stream.read(&mut chunk).await {
            bytes.extend_from_slice(&chunk[..read]);
            if bytes.starts_with(b"HTTP/1.1 101") {
                break;
            }
        }
    };
    in_time("an answer comes", read).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, body: body.to_owned() }
}

pub(super) async fn get(place: &str, path: &str) -> Answer {
    answer(place, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await
}

/// What is answered to a handshake.
pub(super) async fn socket_answer(place: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    answer(place, &request).await
}

/// A client that reads its socket.
pub(super) struct SocketReader(WebSocketStream<TcpStream>);

impl SocketReader {
    pub(super) async fn connect(place: &str, path: &str) -> Self {
        let stream = TcpStream::connect(place).await.unwrap();
        let port = place.rsplit_once(':').unwrap().1;
        let (socket, _) =
            tokio_tungstenite::client_async(format!("ws://localhost:{port}{path}"), stream).await.unwrap();
        Self(socket)
    }

    /// The next frame; nothing when the socket is closed.
    pub(super) async fn next(&mut self) -> Option<Value> {
        Some(serde_json::from_str(&self.next_text().await?).unwrap())
    }

    /// The next frame of an event, or line of a type.
    pub(super) async fn find(&mut self, wanted: &str) -> Value {
        loop {
            let frame = self.next().await.expect("the socket is open");
            if frame["event"] == wanted || frame["type"] == wanted {
                return frame;
            }
        }
    }

    pub(super) async fn next_text(&mut self) -> Option<String> {
        loop {
            match in_time("a frame comes", self.0.next()).await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

/// A client that connects and then reads nothing for a while.
pub(super) struct SlowReader(SocketReader);

impl SlowReader {
    pub(super) async fn connect(place: &str, path: &str) -> Self {
        Self(SocketReader::connect(place, path).await)
    }

    /// From now on it reads.
    #[allow(clippy::unused_async, reason = "reads like the others")]
    pub(super) async fn read_on(self) -> SocketReader {
        self.0
    }
}

/// A client of server-sent events.
pub(super) struct EventReader(BufReader<TcpStream>);

impl EventReader {
    /// Connects and waits until the stream has begun.
    pub(super) async fn connect(place: &str, path: &str) -> Self {
        let mut stream = TcpStream::connect(place).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reader = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.contains(": tiktop") {
            head.push_str(&reader.line().await);
        }
        assert!(head.contains("text/event-stream"), "{head}");
        reader
    }

    /// The next line of a type.
    pub(super) async fn find(&mut self, wanted: &str) -> Value {
        loop {
            let Some(line) = self.line().await.strip_prefix("data: ").map(str::to_owned) else { continue };
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["type"] == wanted {
                return line;
            }
        }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        in_time("a line comes", self.0.read_line(&mut line)).await.unwrap();
        line
    }
}
