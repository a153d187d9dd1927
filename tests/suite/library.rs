//! Tests of the library as a program uses it, against the simulated service.

use std::time::Duration;

use futures_util::StreamExt as _;
use tiktop::client::ClientBuilder;
use tiktop::config::TransportKind;
use tiktop::events::{EventKind, PhaseKind};
use tiktop::ids::RoomId;
use tiktop::record::RecordingState as Recorded;
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::track::{RoomUpdate, TrackerCommand, TrackerUpdate};
use tiktop::webcast::{LiveStatus, Secrets, ServiceErrorKind};
use tiktop::{Client, Error, Live, LiveEvent};

use crate::kit::scripted::{Scripted, answer};
use crate::kit::{in_time, sim_with};

async fn sim(rate: f64, faults: &[SimFault]) -> Sim {
    sim_with(SimOptions { rate, rooms: 12, faults: faults.to_vec(), ..SimOptions::default() }).await
}

fn builder(sim: &Sim) -> ClientBuilder {
    Client::builder()
        .service(&sim.base_url(), &sim.socket_url())
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .transports([TransportKind::Direct])
}

fn client(sim: &Sim) -> Client {
    builder(sim).build().unwrap()
}

/// Takes events until one is wanted; nothing when the live ended before.
async fn until<T>(live: &mut Live, mut wanted: impl FnMut(&LiveEvent) -> Option<T>) -> Option<T> {
    let waited = async {
        while let Some(event) = live.next().await {
            if let Some(found) = wanted(&event) {
                return Some(found);
            }
        }
        None
    };
    in_time("it comes", waited).await
}

fn phase(event: &LiveEvent) -> Option<PhaseKind> {
    match event {
        LiveEvent::Happened(tallied) => match &tallied.event.kind {
            EventKind::State(phase) => Some(phase.kind),
            _ => None,
        },
        _ => None,
    }
}

/// A comment that was made while we were there.
fn is_chat(event: &LiveEvent) -> bool {
    matches!(event, LiveEvent::Happened(tallied) if !tallied.event.history && matches!(tallied.event.kind, EventKind::Chat(_)))
}

#[tokio::test]
async fn a_tracked_live_tells_its_events_and_ends_with_the_live() {
    let sim = sim(200.0, &[]).await;
    let name = sim.names()[0].clone();
    let mut live = client(&sim).track_user(&format!("https://www.tiktok.com/@{name}/live")).await.unwrap();
    until(&mut live, |event| is_chat(event).then_some(())).await.expect("somebody says something");
    assert_eq!(live.state().host.unique_id, name.as_str());
    assert_eq!(live.room_id().unwrap().0 as i64, sim.room_id(&name));
    assert!(live.state().stats.comments > 0);
    assert_eq!(live.info().await.unwrap().status, LiveStatus::Live);
    assert!(!live.gifts().await.unwrap().is_empty());
    sim.end_live(&name);
    let ended = until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Ended)).await;
    assert_eq!(ended, Some(PhaseKind::Ended));
    assert!(live.next().await.is_none(), "a live that is over says nothing more");
    live.disconnect().await;
}

/// How often something was asked for so far, by the beginning of its path.
fn asked(sim: &Sim, path: &str) -> usize {
    sim.requests().iter().filter(|request| request.path.starts_with(path)).count()
}

#[tokio::test]
async fn what_was_looked_up_to_open_a_live_is_not_looked_up_again() {
    let sim = sim(50.0, &[]).await;
    let name = sim.names()[0].clone();
    let mut live = client(&sim).track_user(&name).await.unwrap();
    assert_eq!(live.state().host.unique_id, name.as_str(), "the host is known before the first event");
    live.next().await.expect("it says what it does");
    assert_eq!(live.state().host.unique_id, name.as_str(), "and with the first event");
    until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Live)).await.expect("it connects");
    assert_eq!(asked(&sim, "/api-live/user/room"), 1);
    live.disconnect().await;

    let before = asked(&sim, "/webcast/room/info");
    let room = RoomId(sim.room_id(&name) as u64);
    let mut live = client(&sim).track_room(room).await.unwrap();
    assert_eq!(live.state().host.unique_id, name.as_str());
    until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Live)).await.expect("it connects");
    let asked_now = asked(&sim, "/webcast/room/info") - before;
    assert_eq!(asked_now, 2, "once to open it, once before the connection");
}

#[tokio::test]
async fn health_names_the_provider_that_answers() {
    let sim = sim(0.0, &[]).await;
    let client = builder(&sim).transports([TransportKind::Provider]).build().unwrap();
    let host = sim.base_url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let names: Vec<_> = client.health().into_iter().map(|health| health.name.to_string()).collect();
    assert_eq!(names, [format!("provider {host}")]);
}

#[tokio::test]
async fn an_error_keeps_what_led_to_it() {
    // Bound and let go: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (base, socket) = (format!("http://{free}"), format!("ws://{free}"));
    let client = Client::builder().service(&base, &socket).no_proxy().build().unwrap();
    let error = client.room_info("7300000000000000001").await.unwrap_err();
    assert_eq!(error.kind(), Some(ServiceErrorKind::Network));
    let mut chain = Vec::new();
    let mut next = std::error::Error::source(&error);
    while let Some(error) = next {
        chain.push(error);
        next = error.source();
    }
    let refused = chain.iter().filter_map(|error| error.downcast_ref::<std::io::Error>());
    assert!(refused.into_iter().any(|io| io.kind() == std::io::ErrorKind::ConnectionRefused), "{chain:?}");
    assert!(chain.iter().all(|error| !error.to_string().contains(&base)), "an address may be signed: {chain:?}");
}

#[tokio::test]
async fn a_tracker_of_the_client_has_many_rooms_on_one_queue() {
    let sim = sim(50.0, &[]).await;
    let tracker = client(&sim).tracker();
    let mut updates = tracker.subscribe(10_000, false);
    for name in sim.names().iter().take(2) {
        tracker.commands().send(TrackerCommand::Add(name.parse().unwrap())).await.unwrap();
    }
    let mut live = std::collections::BTreeSet::new();
    let both = async {
        while live.len() < 2 {
            let update = updates.recv().await.expect("the tracker is there");
            let TrackerUpdate::Room(room, RoomUpdate::Events(events)) = update else { continue };
            let is_live = |tallied: &tiktop::room::TalliedEvent| matches!(&tallied.event.kind, EventKind::State(phase) if phase.kind == PhaseKind::Live);
            if events.iter().any(is_live) {
                live.insert(room);
            }
        }
    };
    in_time("both go live", both).await;
    tracker.finish().await;
}

#[tokio::test]
async fn who_is_not_live_is_an_error_to_match() {
    let sim = sim(0.0, &[]).await;
    let client = client(&sim);
    let late = sim.names()[2].clone();
    assert!(matches!(client.track_user(&late).await, Err(Error::NotLive(_))));
    assert!(!client.is_live(&late).await.unwrap());
    let missing = client.track_user("@nobody.at.all").await.unwrap_err();
    assert_eq!(missing.kind(), Some(ServiceErrorKind::NotFound));
    assert!(matches!(client.is_live("no name").await, Err(Error::Name(_))));
    let host = sim.names()[0].clone();
    let room = RoomId(sim.room_id(&host) as u64);
    assert!(client.is_live(&host).await.unwrap());
    sim.end_live(&host);
    assert!(matches!(client.track_room(room).await, Err(Error::NotLive(_))));
}

#[tokio::test]
async fn a_host_is_followed_from_live_to_live() {
    let sim = sim(0.0, &[]).await;
    let late = sim.names()[2].clone();
    let mut live = client(&sim).follow(&late).await.unwrap();
    until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Offline)).await.expect("offline at first");
    sim.go_live(&late);
    live.retry();
    until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Live)).await.expect("then live");
}

#[tokio::test]
async fn dropping_a_live_closes_its_socket() {
    let sim = sim(50.0, &[]).await;
    let mut live = client(&sim).track_room(RoomId(sim.room_id(&sim.names()[0]) as u64)).await.unwrap();
    until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Live)).await.unwrap();
    drop(live);
    let closed = async {
        while sim.sockets().open > 0 {
            tokio::task::yield_now().await;
        }
    };
    in_time("the socket closes", closed).await;
}

#[tokio::test]
async fn waiting_ends_when_they_go_live_and_fails_where_it_cannot_help() {
    let sim = sim(0.0, &[]).await;
    let (client, name) = (client(&sim), sim.names()[0].clone());
    assert!(client.wait_until_live(&name, Duration::ZERO).await.unwrap().status.is_on());
    let missing = client.wait_until_live("@nobody.at.all", Duration::ZERO).await.unwrap_err();
    assert_eq!(missing.kind(), Some(ServiceErrorKind::NotFound));
}

#[tokio::test]
async fn history_is_left_out_where_it_is_not_wanted_but_raw_bytes_come_where_they_are() {
    let sim = sim(100.0, &[]).await;
    let name = sim.names()[0].clone();
    // The provider's first batch carries the latest comments.
    let told = async |history: bool| {
        let client = builder(&sim).transports([TransportKind::Provider]).history(history).raw(true).build().unwrap();
        let mut live = client.track_user(&name).await.unwrap();
        let (mut old, mut raw) = (0, 0);
        until(&mut live, |event| {
            match event {
                LiveEvent::Happened(tallied) => old += usize::from(tallied.event.history),
                LiveEvent::Raw(_) => raw += 1,
                LiveEvent::Lagged(_) => panic!("nobody is slow"),
            }
            is_chat(event).then_some(())
        })
        .await
        .unwrap();
        (old > 0, raw > 0)
    };
    // Something to look back on.
    let mut first = client(&sim).track_user(&name).await.unwrap();
    until(&mut first, |event| is_chat(event).then_some(())).await.unwrap();
    assert_eq!(told(true).await, (true, true));
    assert_eq!(told(false).await, (false, true));
}

#[tokio::test]
async fn the_feed_is_read_to_its_end_and_each_item_can_be_tracked() {
    let sim = sim(0.0, &[]).await;
    let mut feed = client(&sim).feed();
    let mut found = Vec::new();
    while feed.has_more() {
        found.extend(feed.next().await.unwrap());
    }
    assert_eq!(found.len(), 11, "all but the late one");
    assert!(feed.next().await.unwrap().is_empty());
    let mut live = found[0].track().await.unwrap();
    assert_eq!(live.room_id(), Some(found[0].info().room_id));
    until(&mut live, |event| phase(event).filter(|kind| *kind == PhaseKind::Live)).await.unwrap();
}

#[tokio::test]
async fn people_prices_gifts_and_lives_are_found() {
    let sim = sim(0.0, &[]).await;
    let (client, name) = (client(&sim), sim.names()[0].clone());
    let user = client.user_info(&name).await.unwrap();
    assert_eq!((user.unique_id.as_str(), user.private, user.videos), (name.as_str(), Some(false), Some(64)));
    assert_eq!(client.user_info("nobody.at.all").await.unwrap_err().kind(), Some(ServiceErrorKind::NotFound));
    let prices = client.price_list().await.unwrap();
    assert_eq!((prices[0].coins, prices[0].usd_cents, prices[0].shown.len()), (70, Some(105), 1));
    assert!(!client.gift_list(None).await.unwrap().is_empty());
    assert_eq!(client.room_info(&name).await.unwrap().unique_id.unwrap().as_str(), name);
    assert_eq!(client.search_live("harbour").await.unwrap().len(), 2);
    assert!(client.search_live("nothing like it").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_asked_and_sent_is_as_the_options_say() {
    let sim = sim(50.0, &[]).await;
    let client = builder(&sim)
        .language("de")
        .region("at")
        .header("X-Mine", "look-up")
        .socket_header("X-Mine", "socket")
        .query("tz_name", "Europe/Vienna")
        .header("Cookie", "secret=1")
        .room_info(false)
        .gift_list(false)
        .build()
        .unwrap();
    let mut live = client.track_user(&sim.names()[0]).await.unwrap();
    until(&mut live, |event| is_chat(event).then_some(())).await.unwrap();
    let requests = sim.requests();
    let find = |path: &str| requests.iter().find(|request| request.path.starts_with(path));
    let (looked_up, socket) = (find("/api-live/").unwrap(), find("/webcast/im/ws_proxy").unwrap());
    assert_eq!((looked_up.header("x-mine"), socket.header("x-mine")), (Some("look-up"), Some("socket")));
    for request in [looked_up, socket] {
        assert!(
            request.path.contains("region=AT") && request.path.contains("tz_name=Europe%2FVienna"),
            "{}",
            request.path
        );
        assert_eq!(request.path.matches("tz_name=").count(), 1, "{}", request.path);
    }
    assert!(socket.path.contains("webcast_language=de"));
    assert_eq!(looked_up.header("cookie"), None, "this host is not TikTok, and nobody trusts it with cookies");
    assert!(find("/webcast/room/info").is_none() && find("/webcast/gift/list").is_none());
}

#[tokio::test]
async fn without_sockets_messages_are_polled() {
    let sim = sim(50.0, &[]).await;
    let client = builder(&sim).socket_upgrade(false).poll_interval(Duration::from_millis(100)).build().unwrap();
    let mut live = client.track_user(&sim.names()[0]).await.unwrap();
    until(&mut live, |event| is_chat(event).then_some(())).await.unwrap();
    assert_eq!(sim.sockets().opened, 0);
    assert!(sim.requests().iter().any(|request| request.path.starts_with("/webcast/im/fetch")));
}

#[test]
fn options_that_cannot_be_are_told_at_once() {
    for wrong in [
        Client::builder().proxy("nonsense"),
        Client::builder().header("a b", "1"),
        Client::builder().region("Germany"),
        Client::builder().service("http://example.com", "ws://example.com"),
    ] {
        assert_eq!(wrong.build().unwrap_err().kind(), Some(ServiceErrorKind::Setup));
    }
}

#[tokio::test]
async fn a_guests_feed_is_empty_and_the_error_names_the_search() {
    let server = Scripted::start(|_| answer("200 OK", &[], "")).await;
    let client = Client::builder().settings(server.settings(), Secrets::default()).no_proxy().build().unwrap();
    let mut feed = client.feed();
    let error = feed.next().await.unwrap_err();
    assert_eq!(error.kind(), Some(ServiceErrorKind::NeedsSession));
    assert!(error.to_string().contains("search"), "{error}");
    assert!(feed.has_more(), "a page that failed can be asked for again");
}

#[tokio::test]
async fn who_is_slow_hears_what_was_lost_and_the_state_catches_up() {
    let sim = sim(500.0, &[]).await;
    let name = sim.names()[0].clone();
    let mut live = builder(&sim).queue(1).build().unwrap().track_user(&name).await.unwrap();
    until(&mut live, |event| is_chat(event).then_some(())).await.unwrap();
    let busy = async {
        while sim.expected_totals(&name).total() < 300 {
            tokio::task::yield_now().await;
        }
    };
    in_time("much is said", busy).await;
    let lost = until(&mut live, |event| match event {
        LiveEvent::Lagged(lost) => Some(lost.events.values().sum::<u64>()),
        _ => None,
    });
    assert!(lost.await.unwrap() > 0);
    let said = sim.expected_totals(&name).total();
    let caught_up = async {
        while live.state().stats.messages < said {
            live.next().await.expect("the live goes on");
        }
    };
    in_time("the state catches up", caught_up).await;
}

#[tokio::test]
async fn events_are_a_stream_too() {
    let sim = sim(50.0, &[]).await;
    let mut live = client(&sim).track_user(&sim.names()[0]).await.unwrap();
    let told = in_time("five events", live.events().take(5).collect::<Vec<_>>()).await;
    assert_eq!(told.len(), 5);
}

#[cfg(unix)]
#[tokio::test]
async fn a_pause_and_the_end_that_the_events_tell_reach_a_recording() {
    let sim = sim(0.0, &[]).await;
    let host = sim.names()[0].clone();
    let folder = tempfile::tempdir().unwrap();
    let live = client(&sim).track_user(&host).await.unwrap();
    let mut recording = live.record(folder.path()).await.unwrap();
    // Events are told as long as somebody takes them.
    let mut live = live;
    let events = tokio::spawn(async move { while live.next().await.is_some() {} });
    let mut state = async |wanted: fn(&Recorded) -> bool| {
        let found = async {
            while let Some(state) = recording.next().await {
                if wanted(&state) {
                    return state;
                }
            }
            panic!("it ended")
        };
        in_time("the recording says so", found).await
    };
    state(|state| matches!(state, Recorded::Running { bytes: 1.., .. })).await;
    sim.pause(&host, true);
    state(|state| matches!(state, Recorded::Reconnecting { paused: true, .. })).await;
    sim.pause(&host, false);
    state(|state| matches!(state, Recorded::Running { .. })).await;
    let ended = tokio::time::Instant::now();
    sim.end_live(&host);
    let last = state(|state| matches!(state, Recorded::Done { .. } | Recorded::Failed { .. })).await;
    assert!(
        matches!(&last, Recorded::Done { reason, .. } if reason.as_str().starts_with("the live ended")),
        "{last:?}"
    );
    // Four seconds on a machine with nothing else to do; the exact time is tested with a clock of our own.
    assert!(ended.elapsed() < Duration::from_secs(12), "{:?}", ended.elapsed());
    events.abort();
}

#[tokio::test]
async fn a_live_is_recorded_into_a_file_of_the_folder() {
    use std::os::unix::fs::PermissionsExt as _;

    /// Stands in for ffmpeg: keeps what it is given.
    const KEEP: &str = "#!/bin/sh\nfor last; do :; done; exec cat > \"${last#file:}\"\n";
    let folder = tempfile::tempdir().unwrap();
    let ffmpeg = folder.path().join("ffmpeg");
    std::fs::write(&ffmpeg, KEEP).unwrap();
    std::fs::set_permissions(&ffmpeg, std::fs::Permissions::from_mode(0o700)).unwrap();
    let sim = sim(0.0, &[]).await;
    let name = sim.names()[0].clone();
    let client = builder(&sim).ffmpeg(&ffmpeg.to_string_lossy()).build().unwrap();
    let live = client.track_user(&name).await.unwrap();
    let mut recording = live.record(folder.path()).await.unwrap();
    let begun =
        async { while !matches!(recording.next().await.expect("it goes on"), Recorded::Running { bytes: 1.., .. }) {} };
    in_time("it begins", begun).await;
    let saved = in_time("it ends", recording.stop()).await.unwrap();
    let file = saved.file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(file.starts_with(&format!("{name}_")) && saved.bytes > 0, "{saved:?}");
    assert_eq!(std::fs::metadata(&saved.file).unwrap().len(), saved.bytes);
}
