//! Test of a room in which everything belongs to another: it is said with both ids, and the host is looked up again.

use bytes::Bytes;
use prost::Message as _;
use tiktop::config::TransportKind;
use tiktop::webcast::Service;
use tiktop::wire::{Frame, FrameKind, pb};

use crate::kit::scripted::{Scripted, answer, look_up, message, path, upgraded};
use crate::kit::{Rooms, until};

const OURS: &str = "7300000000000000001";
const THEIRS: i64 = 7_300_000_000_000_000_002;

/// A frame with so many comments, all of another live.
fn foreign(count: i64) -> Bytes {
    let messages = (1..=count).map(|id| {
        let method = "WebcastChatMessage".to_owned();
        let common = pb::Common { method: method.clone(), msg_id: id, room_id: THEIRS, ..Default::default() };
        let body = pb::ChatMessage { common: Some(common), content: "hello".into(), ..Default::default() };
        pb::Message { method, msg_id: id, payload: body.encode_to_vec().into(), ..Default::default() }
    });
    let body = pb::Response { messages: messages.collect(), ..Default::default() }.encode_to_vec();
    Frame::serve(&FrameKind::Message, 1, 7, &body, true)
}

/// A host who is live in our room, whose socket brings only messages of another.
async fn server(messages: i64) -> Scripted {
    Scripted::start(move |head| match path(head) {
        "/socket" => upgraded(head, &message(&foreign(messages))),
        at if at.starts_with("/api-live/user/room") => look_up(OURS),
        _ => answer("200 OK", &[("Set-Cookie", "ttwid=1%7Cabc; Path=/")], ""),
    })
    .await
}

#[tokio::test]
async fn a_room_full_of_anothers_messages_says_so_and_the_host_is_looked_up_again() {
    let server = server(20).await;
    let mut settings = server.settings();
    settings.transports = vec![TransportKind::Direct];
    let mut rooms = Rooms::unhurried(Service::isolated(&settings).unwrap());
    rooms.add("ana.live").await;
    let said = rooms.find_phase(|_, phase| phase.reason.as_str().contains(OURS)).await.reason;
    assert!(said.as_str().contains(&THEIRS.to_string()) && said.as_str().contains("@ana.live"), "{said}");
    let asked = || server.heads().iter().filter(|head| path(head).starts_with("/api-live")).count();
    until("the host is looked up again", || asked() >= 2).await;
    rooms.finish().await;
}
