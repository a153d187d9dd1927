//! Client that knows the wire and nothing else.

use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use tiktop::sim::Sim;
use tiktop::wire::pb;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

pub(super) const SOCKET: &str = "/webcast/im/ws_proxy/ws_reuse_supplement/";

/// `GET` without following, keeping or expecting anything.
pub(super) async fn get(sim: &Sim, path: &str) -> reqwest::Response {
    // A provider may be installed already by another test.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(format!("{}{path}", sim.base_url())).send().await.unwrap()
}

pub(super) async fn json(sim: &Sim, path: &str) -> serde_json::Value {
    serde_json::from_str(&get(sim, path).await.text().await.unwrap()).unwrap()
}

pub(super) type Refused = Box<Response<Option<Vec<u8>>>>;

/// An open socket.
pub(super) struct Socket(WebSocketStream<TcpStream>);

/// What the other side did next.
#[derive(Debug)]
pub(super) enum Heard {
    Frame(Box<pb::PushFrame>),
    NoFrame,
    Closed(Option<CloseFrame>),
    Broken,
}

/// Opens a socket with these headers, or hears why not.
pub(super) async fn open_with(sim: &Sim, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Refused> {
    let mut request = format!("{}{path}", sim.socket_url()).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let tcp = TcpStream::connect(sim.addr()).await.unwrap();
    let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
    match tokio_tungstenite::client_async_with_config(request, tcp, Some(config)).await {
        Ok((stream, _)) => Ok(Socket(stream)),
        Err(Error::Http(response)) => Err(response),
        Err(other) => panic!("{other}"),
    }
}

pub(super) const MANNERS: [(&str, &str); 2] = [("cookie", "a=b; ttwid=1%7Cx"), ("user-agent", "Mozilla/5.0 (X11)")];

/// Opens a socket as a well-mannered client of 2026, gzip on.
pub(super) async fn open(sim: &Sim) -> Socket {
    let path = format!("{SOCKET}?aid=1988&client_enter=1&compress=gzip&update_version_code=2.0.0");
    open_with(sim, &path, &MANNERS).await.unwrap()
}

/// Opens a socket and enters a room; gives the reply too.
pub(super) async fn enter(sim: &Sim, name: &str) -> (Socket, pb::PushFrame) {
    let mut socket = open(sim).await;
    socket.enter(sim.room_id(name)).await;
    let reply = socket.frame().await;
    (socket, reply)
}

impl Socket {
    pub(super) async fn send(&mut self, kind: &str, log_id: i64, payload: Vec<u8>) {
        let frame = pb::PushFrame {
            log_id,
            payload_encoding: "pb".to_owned(),
            payload_type: kind.to_owned(),
            payload: payload.into(),
            ..pb::PushFrame::default()
        };
        // The other side may have closed; what it said before is still to be read.
        let _ = self.0.send(Message::Binary(frame.encode_to_vec().into())).await;
    }

    pub(super) async fn enter(&mut self, room_id: i64) {
        let enter = pb::EnterRoom { room_id, live_id: 12, identity: "audience".to_owned(), ..pb::EnterRoom::default() };
        self.send("im_enter_room", 0, enter.encode_to_vec()).await;
    }

    pub(super) async fn heartbeat(&mut self, room_id: i64) {
        let beat = pb::HeartBeat { room_id, send_packet_seq_id: 1 };
        self.send("hb", 0, beat.encode_to_vec()).await;
    }

    pub(super) async fn ack(&mut self, frame: &pb::PushFrame) {
        self.send("ack", frame.log_id, b"-".to_vec()).await;
    }

    pub(super) async fn hear(&mut self) -> Heard {
        match self.0.next().await {
            Some(Ok(Message::Binary(data))) => match pb::PushFrame::decode(data) {
                Ok(frame) => Heard::Frame(Box::new(frame)),
                Err(_) => Heard::NoFrame,
            },
            Some(Ok(Message::Close(close))) => Heard::Closed(close),
            Some(Ok(other)) => panic!("not part of the protocol: {other}"),
            Some(Err(_)) | None => Heard::Broken,
        }
    }

    /// The next frame, which has to be one.
    pub(super) async fn frame(&mut self) -> pb::PushFrame {
        match self.hear().await {
            Heard::Frame(frame) => *frame,
            other => panic!("a frame, not {other:?}"),
        }
    }

    /// The next `msg`, acked.
    pub(super) async fn response(&mut self) -> pb::Response {
        loop {
            let frame = self.frame().await;
            if frame.payload_type == "msg" {
                self.ack(&frame).await;
                return response(&frame);
            }
        }
    }

    /// Waits until nothing more comes and says with what it ended.
    pub(super) async fn end(&mut self) -> Option<u16> {
        loop {
            match self.hear().await {
                Heard::Closed(close) => return close.map(|close| close.code.into()),
                Heard::Broken => return None,
                Heard::Frame(_) | Heard::NoFrame => {}
            }
        }
    }
}

/// What a frame carries, inflated where its header says so.
pub(super) fn payload(frame: &pb::PushFrame) -> Vec<u8> {
    match frame.headers.get("compress_type").map(String::as_str) {
        Some("gzip") => {
            let mut size = 1 << 16;
            loop {
                let mut out = vec![0; size];
                match libdeflater::Decompressor::new().gzip_decompress(&frame.payload, &mut out) {
                    Ok(length) => {
                        out.truncate(length);
                        return out;
                    }
                    Err(libdeflater::DecompressionError::InsufficientSpace) => size *= 4,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        _ => frame.payload.to_vec(),
    }
}

pub(super) fn response(frame: &pb::PushFrame) -> pb::Response {
    pb::Response::decode(payload(frame).as_slice()).unwrap()
}

pub(super) fn methods(response: &pb::Response) -> Vec<&str> {
    response.messages.iter().map(|message| message.method.as_str()).collect()
}
