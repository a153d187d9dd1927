//! Test of a room in which everything belongs to another: it is said with both ids, and the host is looked up again.

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use serde_json::json;
use tiktop::clock::Clock;
use tiktop::config::TransportKind;
use tiktop::events::EventKind;
use tiktop::track::{RoomUpdate, Tracker, TrackerCommand, TrackerUpdate};
use tiktop::webcast::Service;
use tiktop::wire::{Frame, FrameKind, pb};

use crate::scripted::{Scripted, answer, message, path, upgraded};

/// Nothing here takes long; a test that waits in vain must end all the same.
const PATIENCE: Duration = Duration::from_secs(20);
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
        at if at.starts_with("/api-live/user/room") => {
            let user = json!({"id": "111", "uniqueId": "ana.live", "roomId": OURS, "status": 2});
            let data = json!({"user": user, "liveRoom": {"status": 2, "title": "Hello"}});
            answer("200 OK", &[], json!({"statusCode": 0, "data": data}).to_string())
        }
        _ => answer("200 OK", &[("Set-Cookie", "ttwid=1%7Cabc; Path=/")], ""),
    })
    .await
}

#[tokio::test]
async fn a_room_full_of_anothers_messages_says_so_and_the_host_is_looked_up_again() {
    let server = server(20).await;
    let mut settings = server.settings();
    settings.transports = vec![TransportKind::Direct];
    let tracker = Tracker::start(Service::isolated(&settings).unwrap(), Clock::system()).unwrap();
    let mut updates = tracker.subscribe(1_000, false);
    tracker.commands().send(TrackerCommand::Add("ana.live".parse().unwrap())).await.unwrap();
    let said = tokio::time::timeout(PATIENCE, async {
        loop {
            let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = updates.recv().await.unwrap() else { continue };
            let reason = events.iter().find_map(|noted| match &noted.event.kind {
                EventKind::State(phase) if phase.reason.as_str().contains(OURS) => Some(phase.reason.clone()),
                _ => None,
            });
            if let Some(reason) = reason {
                return reason;
            }
        }
    });
    let said = said.await.expect("it is said");
    assert!(said.as_str().contains(&THEIRS.to_string()) && said.as_str().contains("@ana.live"), "{said}");
    let asked = || server.heads().iter().filter(|head| path(head).starts_with("/api-live")).count();
    let again = async {
        while asked() < 2 {
            updates.recv().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("the host is looked up again");
    tracker.finish().await;
}
