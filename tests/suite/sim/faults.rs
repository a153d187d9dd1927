//! Tests of simulated faults on the socket: each goes wrong in the way its name says.

use prost::Message as _;
use rstest::rstest;
use tiktop::sim::message::MessageHead;
use tiktop::sim::{Sim, SimFault};
use tiktop::wire::pb;

use super::client::{Heard, Socket, enter, get, methods, response};
use crate::kit;

fn ping(msg_id: i64) -> pb::Message {
    MessageHead { room_id: 0, msg_id, at_ms: 0 }.raw("WebcastPingMessage", vec![8, 1])
}

/// A still room with a fault, and somebody in it.
async fn faulty(fault: SimFault) -> (Sim, String, Socket) {
    let sim = kit::sim(0.0, &[fault]).await;
    let name = sim.names()[0].clone();
    let (socket, _) = enter(&sim, &name).await;
    (sim, name, socket)
}

#[tokio::test]
async fn drop_breaks_the_connection_after_ten_frames() {
    let (sim, name, mut socket) = faulty(SimFault::Drop).await;
    (1..=12).for_each(|id| sim.push(&name, vec![ping(id)]));
    for id in 1..=10 {
        assert_eq!(socket.response().await.messages[0].msg_id, id);
    }
    assert!(matches!(socket.hear().await, Heard::Broken));
    assert_eq!(sim.expected_totals(&name).total(), 10, "what nobody was sent is not counted");
}

#[tokio::test]
async fn stall_keeps_the_socket_open_and_silent() {
    let (sim, name, mut socket) = faulty(SimFault::Stall).await;
    (1..=6).for_each(|id| sim.push(&name, vec![ping(id)]));
    for id in 1..=5 {
        assert_eq!(socket.response().await.messages[0].msg_id, id);
    }
    socket.heartbeat(0).await;
    let next = tokio::time::timeout(std::time::Duration::from_millis(300), socket.hear()).await;
    assert!(next.is_err(), "{next:?}");
    assert_eq!(sim.sockets().open, 1);
}

#[rstest]
#[case(SimFault::GarbageFrame)]
#[case(SimFault::TruncatedGzip)]
#[case(SimFault::GzipBomb)]
#[case(SimFault::HugeFrame)]
#[tokio::test]
async fn bad_frames_come_beside_the_good_ones(#[case] fault: SimFault) {
    let (sim, name, mut socket) = faulty(fault).await;
    (1..=3).for_each(|id| sim.push(&name, vec![ping(id)]));
    let (mut good, mut bad) = (Vec::new(), 0);
    while good.len() < 3 {
        match socket.hear().await {
            Heard::Frame(frame) if is_bad(&frame) => bad += 1,
            Heard::Frame(frame) => good.push(response(&frame).messages[0].msg_id),
            Heard::NoFrame => bad += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((good, bad), (vec![1, 2, 3], 1));
}

fn is_bad(frame: &pb::PushFrame) -> bool {
    let gzip = frame.headers["compress_type"] == "gzip";
    let inflated = libdeflater::Decompressor::new().gzip_decompress(&frame.payload, &mut vec![0; 1 << 16]);
    frame.payload.len() > 1 << 20 || (gzip && inflated.is_err())
}

#[rstest]
#[case(SimFault::InvalidUtf8, "WebcastChatMessage")]
#[case(SimFault::WrongType, "WebcastChatMessage")]
#[case(SimFault::UnknownMethod, "WebcastNobodyKnowsThisMessage")]
#[tokio::test]
async fn bad_messages_come_beside_the_good_ones(#[case] fault: SimFault, #[case] method: &str) {
    let (sim, name, mut socket) = faulty(fault).await;
    sim.push(&name, vec![ping(1)]);
    let said = socket.response().await;
    assert_eq!(methods(&said), ["WebcastPingMessage", method]);
    let bad = pb::ChatMessage::decode(said.messages[1].payload.clone());
    assert_eq!(bad.is_err(), fault != SimFault::UnknownMethod || bad.is_err());
    assert_eq!(sim.expected_totals(&name).total(), 1);
}

#[tokio::test]
async fn duplicates_come_with_the_next_connection() {
    let (sim, name, mut socket) = faulty(SimFault::Duplicates).await;
    sim.push(&name, vec![ping(1), ping(2)]);
    socket.response().await;
    sim.drop_sockets();
    socket.end().await;
    let (mut socket, _) = enter(&sim, &name).await;
    let again: Vec<_> = socket.response().await.messages.iter().map(|m| (m.msg_id, m.is_history)).collect();
    assert_eq!(again, [(1, false), (2, false)]);
}

#[tokio::test]
async fn out_of_order_turns_a_batch_around() {
    let (sim, name, mut socket) = faulty(SimFault::OutOfOrder).await;
    sim.push(&name, vec![ping(1), ping(2), ping(3)]);
    let ids: Vec<_> = socket.response().await.messages.iter().map(|message| message.msg_id).collect();
    assert_eq!(ids, [3, 2, 1]);
}

#[tokio::test]
async fn names_and_comments_try_to_take_the_terminal() {
    let sim = kit::sim(200.0, &[SimFault::EscapeNames]).await;
    let (mut socket, _) = enter(&sim, &sim.names()[0]).await;
    let chat = 'found: loop {
        for message in socket.response().await.messages {
            if message.method == "WebcastChatMessage" && !message.is_history {
                break 'found pb::ChatMessage::decode(message.payload).unwrap();
            }
        }
    };
    assert!(chat.content.contains('\u{1b}') && chat.user.unwrap().nickname.contains('\u{1b}'));
}

#[tokio::test]
async fn a_live_ends_and_a_new_one_begins() {
    let sim = kit::sim(400.0, &[SimFault::EndOfLive]).await;
    let name = sim.names()[0].clone();
    let old = sim.room_id(&name);
    let (mut socket, _) = enter(&sim, &name).await;
    assert_eq!(socket.end().await, Some(1_000));
    sim.set_faults(Vec::new());
    let path = format!("/api-live/user/room?uniqueId={name}");
    while !get(&sim, &path).await.text().await.unwrap().contains("\"status\":2") {
        tokio::task::yield_now().await;
    }
    assert_ne!(sim.room_id(&name), old);
}

/// The next control message.
async fn control(socket: &mut Socket) -> pb::ControlMessage {
    loop {
        let said = socket.response().await;
        if methods(&said) == ["WebcastControlMessage"] {
            return pb::ControlMessage::decode(said.messages[0].payload.clone()).unwrap();
        }
    }
}

#[tokio::test]
async fn a_pause_is_told_with_action_one_and_keeps_the_socket() {
    let sim = kit::sim(400.0, &[SimFault::Pause]).await;
    let (mut socket, _) = enter(&sim, &sim.names()[0]).await;
    assert_eq!((control(&mut socket).await.action, sim.sockets().open), (1, 1));
}

#[tokio::test]
async fn a_banned_live_ends_with_action_four() {
    let sim = kit::sim(400.0, &[SimFault::Ban]).await;
    let (mut socket, _) = enter(&sim, &sim.names()[0]).await;
    assert_eq!((control(&mut socket).await.action, socket.end().await), (4, Some(1_000)));
}

#[tokio::test]
async fn a_room_switched_under_us_mixes_strangers_in_first() {
    let sim = kit::sim(400.0, &[SimFault::RoomSwitch]).await;
    let name = sim.names()[0].clone();
    let old = sim.room_id(&name);
    let (mut socket, _) = enter(&sim, &name).await;
    let mut strangers = 0;
    let code = loop {
        match socket.hear().await {
            Heard::Frame(frame) => {
                let said = response(&frame);
                let chats = said.messages.iter().filter(|message| message.method == "WebcastChatMessage");
                strangers += chats
                    .filter_map(|message| pb::ChatMessage::decode(message.payload.clone()).ok()?.common)
                    .filter(|common| common.room_id != old)
                    .count();
            }
            Heard::Closed(close) => break close.map(|close| u16::from(close.code)),
            other => panic!("{other:?}"),
        }
    };
    assert!(strangers > 0);
    assert_eq!(code, Some(4_001));
    assert_ne!(sim.room_id(&name), old);
}
