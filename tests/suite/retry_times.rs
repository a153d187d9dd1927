//! Tests of when a room is tried again: seconds after an outage, the time that a limit names, minutes after a refusal.

use std::ops::RangeInclusive;

use prost::Message as _;
use rstest::rstest;
use tiktop::config::TransportKind;
use tiktop::events::{EventKind, PhaseKind};
use tiktop::track::{RoomUpdate, TrackerUpdate};
use tiktop::webcast::Service;
use tiktop::wire::pb;

use crate::kit::Rooms;
use crate::kit::scripted::{SILENCE, Scripted, answer, look_up, path};

const ROOM: &str = "7300000000000000001";

/// Milliseconds until the next try, after an outage, a limit of one second, and a refusal.
const SOON: RangeInclusive<u64> = 1_000..=1_300;
const AFTER_A_SECOND: RangeInclusive<u64> = 1_000..=6_500;
const LATE: RangeInclusive<u64> = 60_000..=91_000;

/// A batch whose answer names no socket to go on with.
fn without_socket() -> Vec<u8> {
    let messages = vec![pb::Message { method: "WebcastChatMessage".into(), msg_id: 5, ..Default::default() }];
    let batch = pb::Response { messages, cursor: "c1".into(), ..Default::default() };
    answer("200 OK", &[], batch.encode_to_vec())
}

/// Milliseconds until the first try after a phase of this kind.
async fn wait_after(kind: PhaseKind, rooms: &mut Rooms) -> u64 {
    loop {
        let TrackerUpdate::Room(_, RoomUpdate::Events(events)) = rooms.next().await else { continue };
        for tallied in events.iter() {
            if let EventKind::State(phase) = &tallied.event.kind
                && let (Some(retry_at), true) = (phase.retry_at, phase.kind == kind)
            {
                return u64::try_from(retry_at.since(tallied.event.at).as_millis()).unwrap();
            }
        }
    }
}

#[rstest]
#[case::a_limit(TransportKind::Provider, answer("429 Too Many Requests", &[("Retry-After", "1")], ""), AFTER_A_SECOND)]
#[case::a_paid_plan(TransportKind::Provider, answer("402 Payment Required", &[], ""), LATE)]
#[case::a_key_that_is_refused(TransportKind::Provider, answer("403 Forbidden", &[], ""), LATE)]
#[case::a_provider_in_trouble(TransportKind::Provider, answer("503 Service Unavailable", &[], ""), SOON)]
#[case::no_socket_named(TransportKind::Provider, without_socket(), SOON)]
#[case::a_handshake_refused(TransportKind::Direct, answer("403 Forbidden", &[], ""), LATE)]
#[case::an_edge_in_trouble(TransportKind::Direct, answer("502 Bad Gateway", &[], ""), SOON)]
#[case::a_connection_closed(TransportKind::Direct, Vec::new(), SOON)]
#[case::no_answer_in_time(TransportKind::Direct, SILENCE.to_vec(), SOON)]
#[tokio::test]
async fn a_room_that_nobody_opens_is_tried_again_by_why(
    #[case] transport: TransportKind,
    #[case] refusal: Vec<u8>,
    #[case] wait: RangeInclusive<u64>,
) {
    let server = Scripted::start(move |head| match path(head) {
        at if at.starts_with("/api-live/user/room") => look_up(ROOM),
        at if at.starts_with("/webcast/room/info") => answer("404 Not Found", &[], ""),
        at if at == "/socket" || at.contains("fetch") => refusal.clone(),
        _ => answer("200 OK", &[("Set-Cookie", "ttwid=1%7Cabc; Path=/")], ""),
    })
    .await;
    let mut settings = server.settings();
    settings.transports = vec![transport];
    settings.service.timeout_seconds = 1;
    let mut rooms = Rooms::unhurried(Service::isolated(&settings).unwrap());
    rooms.add("ana.live").await;
    let told = wait_after(PhaseKind::Failed, &mut rooms).await;
    assert!(wait.contains(&told), "{told} ms");
    rooms.finish().await;
}

#[tokio::test]
async fn a_transport_that_turned_us_away_is_not_asked_at_the_pace_of_another() {
    // The provider is out of signatures for a second; TikTok wants none of us.
    let server = Scripted::start(move |head| match path(head) {
        at if at.starts_with("/api-live/user/room") => look_up(ROOM),
        at if at.contains("fetch") => answer("429 Too Many Requests", &[("Retry-After", "1")], ""),
        "/socket" => answer("403 Forbidden", &[], ""),
        _ => answer("200 OK", &[("Set-Cookie", "ttwid=1%7Cabc; Path=/")], ""),
    })
    .await;
    let mut settings = server.settings();
    settings.transports = vec![TransportKind::Provider, TransportKind::Direct];
    let mut rooms = Rooms::unhurried(Service::isolated(&settings).unwrap());
    rooms.add("ana.live").await;
    let asked = |what: &str| server.heads().iter().filter(|head| path(head).contains(what)).count();
    rooms.until("the provider is asked again", |_| asked("fetch") >= 2).await;
    let failed = rooms.find_phase(|_, phase| phase.kind == PhaseKind::Failed).await;
    assert!(failed.reason.as_str().contains("left alone for another"), "{}", failed.reason);
    let sockets = asked("/socket");
    assert!(sockets <= 2, "{sockets}: one with each browser we say we are");
    rooms.finish().await;
}

#[rstest]
#[case::a_server_in_trouble(answer("503 Service Unavailable", &[], ""), PhaseKind::LookingUp, SOON)]
#[case::a_connection_closed(Vec::new(), PhaseKind::LookingUp, SOON)]
#[case::no_answer_in_time(SILENCE.to_vec(), PhaseKind::LookingUp, SOON)]
#[case::a_limit(answer("429 Too Many Requests", &[("Retry-After", "1")], ""), PhaseKind::Blocked, AFTER_A_SECOND)]
#[case::a_refusal(answer("403 Forbidden", &[], ""), PhaseKind::Blocked, LATE)]
#[tokio::test]
async fn a_look_up_that_fails_is_tried_again_by_why(
    #[case] refusal: Vec<u8>,
    #[case] kind: PhaseKind,
    #[case] wait: RangeInclusive<u64>,
) {
    let server = Scripted::start(move |_| refusal.clone()).await;
    let mut settings = server.settings();
    settings.transports = vec![TransportKind::Direct];
    settings.service.timeout_seconds = 1;
    let mut rooms = Rooms::unhurried(Service::isolated(&settings).unwrap());
    rooms.add("ana.live").await;
    let told = wait_after(kind, &mut rooms).await;
    assert!(wait.contains(&told), "{told} ms");
    rooms.finish().await;
}
