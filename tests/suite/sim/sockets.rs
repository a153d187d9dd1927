//! Tests of simulated sockets: handshake, entering, frames, acks, heartbeats, the end.

use std::time::Duration;

use prost::Message as _;
use rstest::rstest;
use tiktop::sim::message::MessageHead;
use tiktop::sim::{ClientTimeouts, Sim, SimFault, SimOptions};
use tiktop::wire::pb;

use super::client::{MANNERS, SOCKET, enter, get, methods, open, open_with, payload, response};
use super::still;
use crate::kit;

const MODERN: &str = "?client_enter=1&compress=gzip&update_version_code=2.0.0";

fn chat(sim: &Sim, name: &str, msg_id: i64, content: &str) -> pb::Message {
    let head = MessageHead { room_id: sim.room_id(name), msg_id, at_ms: 1_790_000_000_000 };
    let body = pb::ChatMessage { content: content.to_owned(), ..pb::ChatMessage::default() };
    head.wrap("WebcastChatMessage", &body)
}

#[rstest]
#[case::no_cookie(&[("user-agent", "x")], Vec::new(), "417", "http: named cookie not present")]
#[case::no_agent(&[("cookie", "ttwid=1")], Vec::new(), "415", "DEVICE_BLOCKED")]
#[case::blocked(&MANNERS, vec![SimFault::Handshake415], "415", "DEVICE_BLOCKED")]
#[case::no_signature(&MANNERS, vec![SimFault::Handshake417], "417", "illegal secret key")]
#[tokio::test]
async fn a_refused_handshake_says_why(
    #[case] headers: &[(&'static str, &str)],
    #[case] faults: Vec<SimFault>,
    #[case] status: &str,
    #[case] message: &str,
) {
    let sim = kit::sim(0.0, &faults).await;
    let refused = open_with(&sim, &format!("{SOCKET}{MODERN}"), headers).await.err().expect("refused");
    assert_eq!(refused.status(), 200);
    assert_eq!(refused.headers()["handshake-status"], status);
    assert_eq!(refused.headers()["handshake-msg"], message);
}

#[tokio::test]
async fn a_malformed_address_is_a_400_and_a_strange_one_has_no_app() {
    let sim = still().await;
    let unknown = open_with(&sim, &format!("{SOCKET}{MODERN}&room_id=5"), &MANNERS).await.err().unwrap();
    assert_eq!(unknown.status(), 400);
    let strange = open_with(&sim, "/elsewhere/", &MANNERS).await.err().unwrap();
    assert_eq!(strange.headers()["handshake-msg"], "illegal app_id");
}

#[tokio::test]
async fn entering_is_answered_like_at_tiktok() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let (mut socket, reply) = enter(&sim, &name).await;
    assert_eq!((reply.payload_type.as_str(), reply.payload_encoding.as_str()), ("im_enter_room_resp", "pb"));
    assert_eq!((reply.seq_id, reply.service, reply.method), (1, 8_888, 8));
    assert_eq!(reply.headers["compress_type"], "gzip");
    let welcome = response(&reply);
    assert!(welcome.is_first && !welcome.need_ack);
    assert_eq!(methods(&welcome), ["RoomMessage", "WebcastLiveIntroMessage", "WebcastRoomMessage"]);
    sim.push(&name, vec![chat(&sim, &name, 1, "one"), chat(&sim, &name, 2, "two")]);
    let frame = socket.frame().await;
    assert_eq!((frame.seq_id, frame.payload_type.as_str()), (2, "msg"));
    assert_eq!(frame.log_id, reply.log_id + 1);
    let said = response(&frame);
    assert!(said.need_ack && said.internal_ext == "-" && said.heartbeat_duration == 15);
    let first = pb::ChatMessage::decode(said.messages[0].payload.clone()).unwrap();
    assert_eq!((said.messages.len(), first.content.as_str()), (2, "one"));
}

#[tokio::test]
async fn acks_are_checked_and_heartbeats_answered() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let (mut socket, _) = enter(&sim, &name).await;
    sim.push(&name, vec![chat(&sim, &name, 1, "one")]);
    let frame = socket.frame().await;
    socket.ack(&frame).await;
    socket.send("ack", 1, b"-".to_vec()).await;
    socket.heartbeat(sim.room_id(&name)).await;
    let beat = socket.frame().await;
    assert_eq!((beat.payload_type.as_str(), beat.seq_id, beat.log_id), ("hb", 1, 0));
    assert_eq!((beat.payload_encoding.as_str(), payload(&beat).len()), ("", 0));
    // The answer to the heartbeat comes after the acks before it were read.
    let counts = sim.sockets();
    assert_eq!((counts.acks, counts.wrong_acks, counts.heartbeats, counts.open), (1, 1, 1, 1));
}

#[tokio::test]
async fn an_old_client_is_in_the_room_of_its_address_and_gets_plain_frames() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let path = format!("/webcast/im/ws/?room_id={}&update_version_code=1.3.0", sim.room_id(&name));
    let mut socket = open_with(&sim, &path, &[]).await.unwrap();
    let first = socket.frame().await;
    assert_eq!((first.payload_type.as_str(), first.headers["compress_type"].as_str()), ("msg", "none"));
    sim.push(&name, vec![chat(&sim, &name, 1, "one")]);
    let frame = socket.frame().await;
    // Their ack names the frame and says nothing.
    socket.send("ack", frame.log_id, Vec::new()).await;
    socket.heartbeat(0).await;
    assert_eq!(socket.frame().await.payload_type, "hb");
    assert_eq!(sim.sockets().acks, 1);
}

#[tokio::test]
async fn who_has_to_enter_hears_nothing_before() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let path = format!("{SOCKET}{MODERN}&room_id={}", sim.room_id(&name));
    let mut socket = open_with(&sim, &path, &MANNERS).await.unwrap();
    socket.heartbeat(0).await;
    assert_eq!(socket.frame().await.payload_type, "hb");
    sim.push(&name, vec![chat(&sim, &name, 1, "unheard")]);
    // Somebody who waits is greeted, and still hears nothing of the room.
    let greeting = response(&socket.frame().await);
    assert!(greeting.is_first && methods(&greeting)[0] == "RoomMessage");
    socket.enter(sim.room_id(&name)).await;
    assert_eq!(socket.frame().await.payload_type, "im_enter_room_resp");
}

#[tokio::test]
async fn all_sockets_hear_the_same_in_the_same_order() {
    let sim = kit::sim(100.0, &[]).await;
    let name = sim.names()[0].clone();
    let (mut one, _) = enter(&sim, &name).await;
    let (mut two, _) = enter(&sim, &name).await;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    while first.len() < 60 {
        first.extend(heard(&one.response().await));
    }
    // The second came later; from its first message on they agree.
    while second.len() < 40 {
        second.extend(heard(&two.response().await));
    }
    let from = first.iter().position(|id| id == &second[0]).expect("both were there");
    let both = second.len().min(first.len() - from);
    assert_eq!(first[from..from + both], second[..both]);
}

fn heard(response: &pb::Response) -> Vec<i64> {
    response.messages.iter().filter(|message| !message.is_history).map(|message| message.msg_id).collect()
}

#[tokio::test]
async fn expected_totals_are_what_a_listener_received() {
    let sim = kit::sim(300.0, &[]).await;
    let name = sim.names()[0].clone();
    let (mut socket, _) = enter(&sim, &name).await;
    let (mut total, mut likes) = (0, 0);
    let mut history = 0;
    loop {
        let response = socket.response().await;
        history += response.messages.iter().filter(|message| message.is_history).count();
        for message in response.messages.iter().filter(|message| !message.is_history) {
            total += 1;
            if message.method == "WebcastLikeMessage" {
                likes += pb::LikeMessage::decode(message.payload.clone()).unwrap().count as u64;
            }
        }
        if total > 300 {
            sim.end_live(&name);
            break;
        }
    }
    let ended = loop {
        let response = socket.response().await;
        total += response.messages.len() as u64;
        for message in response.messages.iter().filter(|message| message.method == "WebcastLikeMessage") {
            likes += pb::LikeMessage::decode(message.payload.clone()).unwrap().count as u64;
        }
        if methods(&response) == ["WebcastControlMessage"] {
            break pb::ControlMessage::decode(response.messages[0].payload.clone()).unwrap().action;
        }
    };
    assert_eq!((ended, socket.end().await, history), (3, Some(1_000), 6));
    let totals = sim.expected_totals(&name);
    assert_eq!((totals.total(), totals.likes), (total, likes));
    assert!(totals.count("WebcastChatMessage") > 0 && totals.like_total > 4_000);
}

#[tokio::test]
async fn gifts_are_counted_once_in_the_expected_totals() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let (mut socket, _) = enter(&sim, &name).await;
    let gift = |msg_id, count, coins, end| {
        let kind = pb::Gift { id: 7, r#type: 1, diamond_count: 5, ..pb::Gift::default() };
        let body = pb::GiftMessage {
            gift_id: 7,
            fan_ticket_count: coins,
            repeat_count: count,
            repeat_end: end,
            group_id: 99,
            gift: Some(kind),
            ..pb::GiftMessage::default()
        };
        MessageHead { room_id: 1, msg_id, at_ms: 0 }.wrap("WebcastGiftMessage", &body)
    };
    // Met in its middle at 13, one message twice, then its end.
    sim.push(&name, vec![gift(1, 13, 5, 0), gift(2, 15, 10, 0)]);
    sim.push(&name, vec![gift(2, 15, 10, 0), gift(3, 15, 0, 1)]);
    socket.response().await;
    socket.response().await;
    let totals = sim.expected_totals(&name);
    assert_eq!((totals.gift_units, totals.gift_coins), (3, 15));
}

#[tokio::test]
async fn at_rate_zero_nothing_comes_but_what_is_asked_for() {
    let sim = still().await;
    let mut sockets = Vec::new();
    for name in &sim.names()[..2] {
        sockets.push((enter(&sim, name).await.0, sim.room_id(name)));
    }
    for (socket, room_id) in &mut sockets {
        socket.heartbeat(*room_id).await;
        assert_eq!(socket.frame().await.payload_type, "hb", "the first thing after the welcome");
    }
    assert_eq!(sim.expected_totals(&sim.names()[0]).total(), 0);
}

#[tokio::test]
async fn a_pause_keeps_the_socket_and_a_new_live_has_a_new_id() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let (mut socket, _) = enter(&sim, &name).await;
    let status = async |sim: &Sim| {
        let info = get(sim, &format!("/webcast/room/info/?room_id={}", sim.room_id(&name))).await;
        serde_json::from_str::<serde_json::Value>(&info.text().await.unwrap()).unwrap()["data"]["status"].clone()
    };
    sim.pause(&name, true);
    assert_eq!(methods(&socket.response().await), ["WebcastControlMessage"]);
    assert_eq!(status(&sim).await, 3);
    sim.pause(&name, false);
    assert_eq!(methods(&socket.response().await), ["WebcastControlMessage"]);
    let old = sim.room_id(&name);
    sim.ban(&name);
    assert_eq!(socket.end().await, Some(1_000));
    assert_eq!(status(&sim).await, 4);
    sim.go_live(&name);
    assert_ne!(sim.room_id(&name), old);
    let mut late = open(&sim).await;
    late.enter(old).await;
    assert_eq!(late.end().await, Some(1_000));
    let (_socket, reply) = enter(&sim, &name).await;
    assert_eq!(reply.payload_type, "im_enter_room_resp");
}

#[tokio::test]
async fn one_socket_can_change_rooms() {
    let sim = still().await;
    let names = sim.names();
    let (mut socket, _) = enter(&sim, &names[0]).await;
    socket.enter(sim.room_id(&names[1])).await;
    assert_eq!(socket.frame().await.payload_type, "im_enter_room_resp");
    sim.push(&names[0], vec![chat(&sim, &names[0], 1, "left behind")]);
    sim.push(&names[1], vec![chat(&sim, &names[1], 2, "here")]);
    assert_eq!(socket.response().await.messages[0].msg_id, 2);
}

#[tokio::test]
async fn who_sends_neither_heartbeats_nor_acks_is_closed() {
    let short = Duration::from_millis(200);
    let long = Duration::from_secs(600);
    for client_timeouts in
        [ClientTimeouts { heartbeat: short, ack: long }, ClientTimeouts { heartbeat: long, ack: short }]
    {
        let sim = kit::sim_with(SimOptions { rate: 0.0, client_timeouts, ..SimOptions::default() }).await;
        let name = sim.names()[0].clone();
        let (mut socket, _) = enter(&sim, &name).await;
        sim.push(&name, vec![chat(&sim, &name, 1, "one")]);
        assert_eq!(socket.end().await, Some(1_000));
    }
}

#[tokio::test]
async fn sockets_can_be_broken_without_a_word() {
    let sim = still().await;
    let (mut socket, _) = enter(&sim, &sim.names()[0]).await;
    sim.drop_sockets();
    assert_eq!(socket.end().await, None);
    let (_socket, reply) = enter(&sim, &sim.names()[0]).await;
    assert_eq!(reply.payload_type, "im_enter_room_resp");
}

#[tokio::test]
async fn a_second_entry_brings_the_latest_comments_as_history() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    sim.push(&name, (1..=9).map(|id| chat(&sim, &name, id, "earlier")).collect());
    let (mut socket, _) = enter(&sim, &name).await;
    let history = socket.response().await;
    let ids: Vec<_> = history.messages.iter().map(|message| (message.msg_id, message.is_history)).collect();
    assert_eq!(ids, [4, 5, 6, 7, 8, 9].map(|id| (id, true)));
}
