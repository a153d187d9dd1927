//! Tests of a socket against a peer in memory.

use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use rstest::rstest;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::*;
use crate::wire::{FrameKind, pb};

const ROOM: RoomId = RoomId(7_300_000_000_000_000_001);
const NEVER: Duration = Duration::from_secs(3_600);
const UNHURRIED: SocketTimeouts =
    SocketTimeouts { heartbeat: NEVER, stale: NEVER, stuck: NEVER, read_pause: Duration::ZERO };

type Peer = WebSocketStream<DuplexStream>;

async fn connected(timeouts: SocketTimeouts, buffer: usize) -> (RoomSocket<DuplexStream>, Peer) {
    let (ours, theirs) = duplex(buffer);
    let config = WebSocketConfig::default().max_frame_size(Some(32 << 20)).max_message_size(Some(32 << 20));
    let ours = WebSocketStream::from_raw_socket(CloseWatch::new(ours), Role::Client, Some(config)).await;
    let peer = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    (RoomSocket::new(ours, ROOM, "the test socket".into(), timeouts), peer)
}

fn batch(need_ack: bool, internal_ext: &str) -> Vec<u8> {
    let messages = vec![pb::Message { method: "WebcastChatMessage".into(), msg_id: 5, ..Default::default() }];
    pb::Response { messages, need_ack, internal_ext: internal_ext.into(), ..Default::default() }.encode_to_vec()
}

fn served(log_id: u64, body: &[u8]) -> Message {
    Message::Binary(Frame::serve(&FrameKind::Message, 1, log_id, body, true))
}

async fn heard(peer: &mut Peer) -> Frame {
    match peer.next().await.unwrap().unwrap() {
        Message::Binary(bytes) => Frame::decode(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What the peer hears while the socket is being read.
async fn heard_while_reading(socket: &mut RoomSocket<DuplexStream>, peer: &mut Peer) -> Frame {
    tokio::select! {
        frame = heard(peer) => frame,
        incoming = socket.next() => panic!("{incoming:?}"),
    }
}

#[tokio::test]
async fn the_room_is_entered_before_the_first_heartbeat_and_both_name_it() {
    let timeouts = SocketTimeouts { heartbeat: Duration::from_millis(1), ..UNHURRIED };
    let (mut socket, mut peer) = connected(timeouts, 1 << 16).await;
    let enter = heard_while_reading(&mut socket, &mut peer).await;
    assert_eq!(enter.kind, FrameKind::EnterRoom);
    assert_eq!(pb::EnterRoom::decode(enter.payload).unwrap().room_id, ROOM.0 as i64);
    for beat in 1..=3 {
        let frame = heard_while_reading(&mut socket, &mut peer).await;
        assert_eq!(frame.kind, FrameKind::Heartbeat);
        let said = pb::HeartBeat::decode(frame.payload).unwrap();
        assert_eq!((said.room_id, said.send_packet_seq_id), (ROOM.0 as i64, beat));
    }
}

#[tokio::test]
async fn frames_that_ask_are_acknowledged_with_their_own_words() {
    let (mut socket, mut peer) = connected(UNHURRIED, 1 << 16).await;
    // Without a log id there is nothing to name; without the wish there is nothing to answer.
    for frame in [served(0, &batch(true, "-")), served(7, &batch(false, "-"))] {
        peer.send(frame).await.unwrap();
        assert!(matches!(socket.next().await, Ok(Incoming::Response(_))));
    }
    for (log_id, ext) in [(8, ""), (9, "fetch_time:1|seq:2")] {
        peer.send(served(log_id, &batch(true, ext))).await.unwrap();
        let Ok(Incoming::Response(response)) = socket.next().await else { panic!("no batch") };
        assert_eq!(response.messages.len(), 1);
    }
    assert_eq!(heard(&mut peer).await.kind, FrameKind::EnterRoom);
    for (log_id, payload) in [(8, "-"), (9, "fetch_time:1|seq:2")] {
        let mut frame = heard(&mut peer).await;
        if frame.kind == FrameKind::Heartbeat {
            frame = heard(&mut peer).await;
        }
        assert_eq!((frame.kind, frame.log_id, &frame.payload[..]), (FrameKind::Ack, log_id, payload.as_bytes()));
    }
}

#[tokio::test]
async fn an_ack_repeats_bytes_that_are_no_text() {
    let (mut socket, mut peer) = connected(UNHURRIED, 1 << 16).await;
    let mut body = batch(true, "");
    body.extend_from_slice(&[0x2a, 3, 0xff, 0, 0x80]);
    peer.send(served(9, &body)).await.unwrap();
    assert!(matches!(socket.next().await, Ok(Incoming::Response(_))));
    let ack = loop {
        let frame = heard(&mut peer).await;
        if frame.kind == FrameKind::Ack {
            break frame;
        }
    };
    assert_eq!(&ack.payload[..], [0xff, 0, 0x80]);
}

#[tokio::test]
async fn what_cannot_be_read_costs_itself_only() {
    let (mut socket, mut peer) = connected(UNHURRIED, 64 << 20).await;
    let mut cut = Frame::serve(&FrameKind::Message, 1, 1, &batch(true, "-"), true).to_vec();
    cut.truncate(cut.len() - 6);
    let garbage = [
        Message::Binary(Bytes::from_static(b"\xff\xff\xff\xff")),
        Message::Text("hello".into()),
        Message::Binary(cut.into()),
        Message::Binary(Frame::serve(&FrameKind::Message, 1, 1, b"<html>", false)),
        Message::Binary(vec![0; 20 << 20].into()),
    ];
    for message in garbage {
        peer.send(message).await.unwrap();
        let Ok(Incoming::Broken { bytes, .. }) = socket.next().await else { panic!("not noticed") };
        assert!(bytes.len() <= KEPT_BYTES);
    }
    for alive in [FrameKind::Heartbeat, FrameKind::Ack, FrameKind::Other("new_kind".into())] {
        peer.send(Message::Binary(Frame::serve(&alive, 1, 0, b"\xff", true))).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Incoming::Alive);
    }
    peer.send(served(1, &batch(true, "-"))).await.unwrap();
    assert!(matches!(socket.next().await, Ok(Incoming::Response(_))));
}

#[tokio::test]
async fn the_reply_to_entering_is_a_batch_like_any_other() {
    let (mut socket, mut peer) = connected(UNHURRIED, 1 << 16).await;
    let reply = Frame::serve(&FrameKind::EnterRoomReply, 1, 1, &batch(false, "-"), true);
    peer.send(Message::Binary(reply)).await.unwrap();
    assert!(matches!(socket.next().await, Ok(Incoming::Response(_))));
}

#[tokio::test]
async fn silence_ends_the_socket() {
    let timeouts =
        SocketTimeouts { stale: Duration::from_millis(20), heartbeat: Duration::from_millis(5), ..UNHURRIED };
    let (mut socket, _peer) = connected(timeouts, 1 << 16).await;
    assert_eq!(socket.next().await.unwrap_err().kind(), ServiceErrorKind::Stale);
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_still_heard_and_then_left() {
    let timeouts = SocketTimeouts { stuck: Duration::from_secs(1), ..UNHURRIED };
    let (mut socket, mut peer) = connected(timeouts, 256).await;
    let sender = tokio::spawn(async move {
        for log_id in 1..=50 {
            peer.send(served(log_id, &batch(true, "-"))).await.unwrap();
        }
        peer
    });
    for _ in 0..50 {
        assert!(matches!(socket.next().await, Ok(Incoming::Response(_))));
    }
    let _peer = sender.await.unwrap();
    assert_eq!(socket.next().await.unwrap_err().kind(), ServiceErrorKind::Stale);
}

#[tokio::test]
async fn a_reader_that_gives_up_and_comes_back_loses_nothing() {
    let (mut socket, mut peer) = connected(UNHURRIED, 128).await;
    let sender = tokio::spawn(async move {
        for log_id in 1..=100 {
            peer.send(served(log_id, &batch(true, "-"))).await.unwrap();
        }
        let mut acks = 0;
        while acks < 100 {
            acks += u64::from(heard(&mut peer).await.kind == FrameKind::Ack);
        }
    });
    let mut batches = 0;
    while !sender.is_finished() {
        // One look each time, dropped when nothing is there.
        if let Some(incoming) = socket.next().now_or_never() {
            assert!(matches!(incoming, Ok(Incoming::Response(_))), "{incoming:?}");
            batches += 1;
        }
        tokio::task::yield_now().await;
    }
    sender.await.unwrap();
    assert_eq!(batches, 100);
}

#[tokio::test]
async fn an_end_is_explained() {
    let (mut socket, mut peer) = connected(UNHURRIED, 1 << 16).await;
    let close = CloseFrame { code: CloseCode::from(4_001), reason: "moved\u{1b}[2J".into() };
    peer.close(Some(close)).await.unwrap();
    let error = socket.next().await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Closed);
    assert_eq!(
        error.to_string(),
        "the other side closed the test socket with code 4001 \"moved[2J\": the server asked for it"
    );
    let (mut socket, peer) = connected(UNHURRIED, 1 << 16).await;
    drop(peer);
    assert_eq!(socket.next().await.unwrap_err().kind(), ServiceErrorKind::Closed);
}

#[tokio::test]
async fn a_relay_hears_pings_and_nothing_else() {
    let timeouts = SocketTimeouts { heartbeat: Duration::from_millis(1), ..UNHURRIED };
    let (ours, theirs) = duplex(1 << 16);
    let ours = WebSocketStream::from_raw_socket(CloseWatch::new(ours), Role::Client, None).await;
    let mut peer = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    let mut socket = RoomSocket::relayed(ours, ROOM, "the relay".into(), timeouts);
    peer.send(served(7, &batch(true, "x"))).await.unwrap();
    assert!(matches!(socket.next().await, Ok(Incoming::Response(_))));
    for _ in 0..3 {
        tokio::select! {
            said = peer.next() => assert!(matches!(said, Some(Ok(Message::Ping(_)))), "{said:?}"),
            incoming = socket.next() => panic!("{incoming:?}"),
        }
    }
}

#[tokio::test]
async fn a_relay_tells_of_itself_in_texts_and_of_errors_too() {
    let (ours, theirs) = duplex(1 << 16);
    let ours = WebSocketStream::from_raw_socket(CloseWatch::new(ours), Role::Client, None).await;
    let mut peer = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
    let mut socket = RoomSocket::relayed(ours, ROOM, "the relay".into(), UNHURRIED);
    peer.send(Message::text(r#"{"messages":[{"type":"workerInfo"}]}"#)).await.unwrap();
    assert_eq!(socket.next().await, Ok(Incoming::Alive));
    peer.send(Message::text(r#"{"error":"no agent is free"}"#)).await.unwrap();
    let error = socket.next().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().contains("no agent is free")),
        (ServiceErrorKind::Provider, true),
        "{error}"
    );
}

#[tokio::test]
async fn what_arrived_is_read_to_its_end_when_the_other_side_takes_nothing_any_more() {
    let mut arrived = Vec::new();
    for log_id in 1..=3 {
        let Message::Binary(frame) = served(log_id, &batch(true, "-")) else { unreachable!() };
        arrived.extend([0x82, 126]);
        arrived.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
        arrived.extend_from_slice(&frame);
    }
    // The other side has gone: every write fails, and what it said before lies there to be read.
    let (writes, _) = duplex(1);
    let stream = tokio::io::join(std::io::Cursor::new(arrived), writes);
    let ours = WebSocketStream::from_raw_socket(CloseWatch::new(stream), Role::Client, None).await;
    let mut socket = RoomSocket::new(ours, ROOM, "the test socket".into(), UNHURRIED);
    let mut batches = 0;
    let error = loop {
        match socket.next().await {
            Ok(Incoming::Response(_)) => batches += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!((batches, error.kind()), (3, ServiceErrorKind::Closed));
}

#[rstest]
#[case(1_000, true)]
#[case(1_001, true)]
#[case(4_005, true)]
#[case(1_011, false)]
#[case(4_001, false)]
#[case(4_006, false)]
#[tokio::test]
async fn an_ordinary_end_speaks_against_no_transport(#[case] code: u16, #[case] ordinary: bool) {
    let (mut socket, mut peer) = connected(UNHURRIED, 1 << 16).await;
    peer.close(Some(CloseFrame { code: CloseCode::from(code), reason: "".into() })).await.unwrap();
    assert_eq!(socket.next().await.unwrap_err().is_session_end(), ordinary);
}

#[rstest]
#[case(0, "no close may carry this code")]
#[case(999, "no close may carry this code")]
#[case(1_004, "no close may carry this code")]
#[case(1_005, "stands for no code at all")]
#[case(1_006, "stands for a line that broke")]
#[case(1_015, "stands for TLS that failed")]
#[case(1_016, "no close may carry this code")]
#[case(2_999, "no close may carry this code")]
#[case(5_000, "no close may carry this code")]
#[case(65_535, "no close may carry this code")]
#[case(1_002, "does not like what came from us")]
#[case(1_011, "in trouble")]
#[case(4_404, "not live")]
#[tokio::test]
async fn a_close_is_told_with_the_code_that_came(#[case] code: u16, #[case] says: &str) {
    let whole = [&code.to_be_bytes()[..], b"bye"].concat();
    // A reason that is no text makes the library give up on the whole frame; its code came all the same.
    for body in [whole, [&code.to_be_bytes()[..], b"bye\xff"].concat()] {
        let (ours, mut theirs) = duplex(1 << 10);
        let ours = WebSocketStream::from_raw_socket(CloseWatch::new(ours), Role::Client, None).await;
        let mut socket = RoomSocket::new(ours, ROOM, "the test socket".into(), UNHURRIED);
        let head = [0x88, u8::try_from(body.len()).unwrap()];
        theirs.write_all(&[&head[..], &body].concat()).await.unwrap();
        let error = socket.next().await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("the other side closed the test socket with code {code} \"bye")), "{error}");
        assert!(error.contains(says), "{error}");
    }
}
