//! Tests of the client against the simulated service: every transport, every fault that concerns it.

use std::time::Duration;

use rstest::rstest;
use tiktop::clock::Clock;
use tiktop::config::{ProviderFlow, Secret, Settings, TransportKind};
use tiktop::ids::RoomId;
use tiktop::sim::{Sim, SimFault};
use tiktop::webcast::{Incoming, LiveStatus, OpenedRoom, Proxies, RoomRef, Secrets, Service, ServiceErrorKind};

use crate::kit::{self, keyed};

/// Enough traffic that no test waits for it.
const RATE: f64 = 200.0;

async fn sim(faults: &[SimFault]) -> Sim {
    kit::sim(RATE, faults).await
}

/// The usual settings, with addresses that have paths as those of the real service do.
fn settings(sim: &Sim, transports: &[TransportKind]) -> Settings {
    let mut settings = kit::settings(sim, transports);
    settings.service.webcast_url = format!("{}/webcast", sim.base_url());
    settings.service.socket_url = format!("{}/webcast/im/ws_proxy/ws_reuse_supplement/", sim.socket_url());
    settings
}

fn chatty(sim: &Sim) -> RoomRef {
    let name = &sim.names()[0];
    RoomRef { room_id: RoomId(sim.room_id(name) as u64), unique_id: name.parse().ok() }
}

async fn open(sim: &Sim, transports: &[TransportKind]) -> Result<OpenedRoom, String> {
    let client = keyed(&settings(sim, transports));
    let failover = client.failover(Clock::system()).unwrap();
    failover.open(&chatty(sim), |_| {}).await.map_err(|error| error.to_string())
}

/// Reads until `wanted` batches with messages and `broken` broken frames have come.
async fn read(opened: &mut OpenedRoom, mut wanted: i32, mut broken: i32) {
    while wanted > 0 || broken > 0 {
        match opened.session.next().await.unwrap() {
            Incoming::Response(response) if !response.messages.is_empty() => wanted -= 1,
            Incoming::Broken { .. } => broken -= 1,
            Incoming::Response(_) | Incoming::Alive | Incoming::Gap { .. } => {}
        }
    }
}

#[rstest]
#[case(TransportKind::Direct)]
#[case(TransportKind::Provider)]
#[case(TransportKind::Cloud)]
#[case(TransportKind::Poll)]
#[tokio::test]
async fn a_room_is_found_opened_and_heard(#[case] kind: TransportKind) {
    let sim = sim(&[]).await;
    let client = Service::isolated(&settings(&sim, &[kind])).unwrap();
    let lookup = client.look_up(&sim.names()[0].parse().unwrap()).await.unwrap();
    assert_eq!((lookup.status, lookup.answered_by), (LiveStatus::Live, "api-live"));
    let info = client.room_info(lookup.room_id.unwrap()).await.unwrap();
    assert_eq!(info.status, LiveStatus::Live);
    assert!(!info.streams.is_empty() && !client.gift_list(info.room_id).await.unwrap().is_empty());

    let mut opened = open(&sim, &[kind]).await.unwrap();
    let fetches_first = matches!(kind, TransportKind::Provider | TransportKind::Poll);
    assert_eq!(opened.session.backlog.is_some(), fetches_first);
    let talks = matches!(kind, TransportKind::Provider | TransportKind::Direct);
    read(&mut opened, if talks { 10 } else { 2 }, 0).await;
    let counts = sim.sockets();
    assert!(!talks || counts.entered >= 1 && counts.heartbeats >= 1 && counts.acks >= 5, "{counts:?}");
}

#[rstest]
#[case(SimFault::GarbageFrame)]
#[case(SimFault::TruncatedGzip)]
#[case(SimFault::GzipBomb)]
#[case(SimFault::HugeFrame)]
#[tokio::test]
async fn a_bad_frame_costs_itself_only(#[case] fault: SimFault) {
    let sim = sim(&[fault]).await;
    let mut opened = open(&sim, &[TransportKind::Direct]).await.unwrap();
    read(&mut opened, 5, 1).await;
    read(&mut opened, 5, 0).await;
}

#[rstest]
#[case(SimFault::Provider429, "out of signatures for ")]
#[case(SimFault::Provider402, "paid plan")]
#[case(SimFault::Provider403, "TIKTOP_PROVIDER_KEY")]
#[case(SimFault::Provider500, "could not fetch from TikTok")]
#[case(SimFault::Provider503, "nobody free")]
#[case(SimFault::ProviderEmpty, "empty answer")]
#[case(SimFault::ProviderStub, "dead stub")]
#[tokio::test]
async fn a_failing_provider_is_named_and_direct_takes_over(#[case] fault: SimFault, #[case] words: &str) {
    let sim = sim(&[fault]).await;
    let error = open(&sim, &[TransportKind::Provider]).await.unwrap_err();
    assert!(error.starts_with("provider euler") && error.contains(words), "{error}");
    let mut opened = open(&sim, &[TransportKind::Provider, TransportKind::Direct]).await.unwrap();
    assert_eq!(opened.transport.as_str(), "direct");
    read(&mut opened, 1, 0).await;
}

#[rstest]
#[case(SimFault::Handshake415, "415 DEVICE_BLOCKED")]
#[case(SimFault::Handshake417, "417 illegal secret key")]
#[case(SimFault::Handshake400, "HTTP 400")]
#[tokio::test]
async fn when_all_are_refused_each_reason_is_told(#[case] fault: SimFault, #[case] words: &str) {
    let sim = sim(&[fault]).await;
    let error = open(&sim, &[TransportKind::Direct, TransportKind::Provider]).await.unwrap_err();
    let (direct, provider) = error.split_once("; ").unwrap();
    assert!(direct.contains(words) && direct.contains("the anonymous socket"), "{error}");
    assert!(provider.contains(words) && provider.contains("the socket signed by provider euler"), "{error}");
}

#[tokio::test]
async fn a_dropped_socket_is_an_error_and_can_be_opened_again() {
    let sim = sim(&[]).await;
    let mut opened = open(&sim, &[TransportKind::Direct]).await.unwrap();
    read(&mut opened, 1, 0).await;
    sim.drop_sockets();
    let error = loop {
        if let Err(error) = opened.session.next().await {
            break error;
        }
    };
    assert_eq!(error.kind(), ServiceErrorKind::Closed);
    read(&mut open(&sim, &[TransportKind::Direct]).await.unwrap(), 1, 0).await;
}

#[rstest]
#[case(SimFault::Captcha, ServiceErrorKind::Captcha)]
#[case(SimFault::ShellPage, ServiceErrorKind::Blocked)]
#[case(SimFault::AgeGate, ServiceErrorKind::AgeRestricted)]
#[case(SimFault::WrongAccount, ServiceErrorKind::WrongAccount)]
#[case(SimFault::Blocked403, ServiceErrorKind::Blocked)]
#[tokio::test]
async fn a_look_up_that_fails_says_what_it_is(#[case] fault: SimFault, #[case] kind: ServiceErrorKind) {
    let sim = sim(&[fault]).await;
    let client = Service::isolated(&settings(&sim, &[])).unwrap();
    let error = client.look_up(&sim.names()[0].parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
}

#[tokio::test]
async fn a_session_of_ones_own_opens_the_age_gate() {
    let sim = sim(&[SimFault::AgeGate]).await;
    let mut settings = settings(&sim, &[TransportKind::Direct]);
    let name = sim.names()[0].parse().unwrap();
    let stranger = Service::isolated(&settings).unwrap().look_up(&name).await.unwrap_err();
    for way_in in ["TIKTOP_SESSION_ID", "TIKTOP_TARGET_IDC"] {
        assert!(stranger.to_string().contains(way_in), "{stranger}");
    }
    settings.session.hosts = vec!["127.0.0.1".into()];
    let secrets = Secrets { session: Secret::new("s3cret"), target_idc: Secret::new("useast1a"), ..Secrets::default() };
    let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
    let lookup = client.look_up(&name).await.unwrap();
    assert_eq!(lookup.status, LiveStatus::Live);
    client.room_info(lookup.room_id.unwrap()).await.unwrap();
    let mut opened = client.failover(Clock::system()).unwrap().open(&chatty(&sim), |_| {}).await.unwrap();
    read(&mut opened, 1, 0).await;
    let last = sim.requests().pop().unwrap();
    assert!(last.header("cookie").unwrap().ends_with("; tt-target-idc=useast1a"), "{:?}", last.header("cookie"));
}

#[tokio::test]
async fn a_limit_on_look_ups_is_told_with_its_seconds() {
    let sim = sim(&[SimFault::Rate429]).await;
    let client = Service::isolated(&settings(&sim, &[])).unwrap();
    let error = client.look_up(&sim.names()[0].parse().unwrap()).await.unwrap_err();
    assert!(error.retry_after().is_some_and(|wait| wait > Duration::ZERO), "{error}");
}

#[tokio::test]
async fn the_offline_room_keeps_an_id_and_is_not_live() {
    let sim = kit::sim(0.0, &[]).await;
    let client = Service::isolated(&settings(&sim, &[])).unwrap();
    let quiet: tiktop::ids::UniqueId = sim.names()[2].parse().unwrap();
    let lookup = client.look_up(&quiet).await.unwrap();
    assert_eq!(lookup.status, LiveStatus::Offline);
    assert!(lookup.room_id.is_some());
    let nobody = client.look_up(&"nobody.here".parse().unwrap()).await.unwrap_err();
    assert_eq!(nobody.kind(), ServiceErrorKind::NotFound);
}

#[tokio::test]
async fn streams_are_hls_only_or_missing_when_the_service_says_so() {
    let sim = sim(&[SimFault::HlsOnly]).await;
    let client = Service::isolated(&settings(&sim, &[])).unwrap();
    let room = chatty(&sim).room_id;
    assert!(client.room_info(room).await.unwrap().hls_only);
    sim.set_faults(vec![SimFault::NoStream]);
    let info = client.room_info(room).await.unwrap();
    assert!(info.streams.is_empty() && !info.hls_only);
}

#[tokio::test]
async fn the_relay_needs_no_heartbeats_and_no_acks() {
    let sim = sim(&[]).await;
    let mut opened = open(&sim, &[TransportKind::Cloud]).await.unwrap();
    read(&mut opened, 10, 0).await;
    let counts = sim.sockets();
    assert_eq!((counts.heartbeats, counts.acks, counts.wrong_acks), (0, 0, 0), "{counts:?}");
    sim.end_live(&sim.names()[0]);
    let error = end(&mut opened).await;
    assert!(error.contains("closed the cloud relay with code 4005") && error.contains("the live has ended"), "{error}");
}

#[tokio::test]
async fn the_relay_says_why_it_does_not_open() {
    let sim = kit::sim(0.0, &[]).await;
    let settings = settings(&sim, &[TransportKind::Cloud]);
    let keyless = Service::isolated(&settings).unwrap().failover(Clock::system()).unwrap();
    let error = keyless.open(&chatty(&sim), |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("only with a key: set TIKTOP_PROVIDER_KEY"), "{error}");
    let failover = keyed(&settings).failover(Clock::system()).unwrap();
    let nameless = RoomRef { unique_id: None, ..chatty(&sim) };
    let error = failover.open(&nameless, |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("by name only"), "{error}");
    let offline = RoomRef { room_id: RoomId(1), unique_id: sim.names()[2].parse().ok() };
    let error = failover.open(&offline, |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("4404") && error.contains("not live") && !error.contains("k3y"), "{error}");
    assert!(failover.health()[0].not_before.is_none(), "one room that is not live holds up all others");
}

#[tokio::test]
async fn polling_goes_on_where_it_stopped_and_forgives_a_little() {
    let sim = sim(&[]).await;
    let mut opened = open(&sim, &[TransportKind::Poll]).await.unwrap();
    assert!(!opened.session.backlog.take().unwrap().messages.is_empty());
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..2 {
        let Incoming::Response(batch) = opened.session.next().await.unwrap() else { panic!("no batch") };
        assert!(!batch.messages.is_empty());
        assert!(batch.messages.iter().all(|message| ids.insert(message.msg_id)), "a message came twice");
    }
    let asked: Vec<_> = sim.requests().into_iter().filter(|request| request.path.contains("im/fetch")).collect();
    assert_eq!(asked.len(), 3);
    assert!(asked[0].path.contains("cursor=0&internal_ext=0"), "{}", asked[0].path);
    assert!(
        !asked[1].path.contains("cursor=0&") && asked[1].path.contains("internal_ext=fetch_time"),
        "{}",
        asked[1].path
    );
    sim.set_faults(vec![SimFault::Blocked403]);
    let error = end(&mut opened).await;
    assert!(error.contains("TikTok said no (HTTP 403)") && error.contains("TIKTOP_SESSION_ID"), "{error}");
}

#[tokio::test]
async fn what_a_provider_still_gives_is_known_from_its_own_account() {
    let sim = sim(&[]).await;
    let settings = settings(&sim, &[TransportKind::Provider]);
    let secrets = Secrets { provider_keys: vec![Secret::new("k3y")], ..Secrets::default() };
    let failover = Service::with_proxies(&settings, secrets, Proxies::None).unwrap().failover(Clock::system()).unwrap();
    assert_eq!(failover.health()[0].budget, None);
    failover.open(&chatty(&sim), |_| {}).await.unwrap();
    let asked = || sim.requests().iter().filter(|request| request.path.contains("rate_limits")).count();
    assert_eq!((failover.health()[0].budget.clone().unwrap().left, asked()), (29, 0), "the headers say that");
    for _ in 0..3 {
        failover.refresh().await;
    }
    let budget = failover.health()[0].budget.clone().unwrap();
    assert_eq!((budget.left, budget.of, budget.label.as_str(), asked()), (29, Some(30), "minute", 1));
    failover.open(&chatty(&sim), |_| {}).await.unwrap();
    assert_eq!(failover.health()[0].budget.clone().unwrap().left, 28);
    sim.set_faults(vec![SimFault::Provider429]);
    failover.open(&chatty(&sim), |_| {}).await.unwrap_err();
    let health = failover.health();
    let budget = health[0].budget.clone().unwrap();
    assert_eq!((budget.left, budget.label.as_str()), (0, "minute"));
    assert!(budget.resets_at.is_some() && health[0].not_before.is_some());
}

#[tokio::test]
async fn the_older_flow_of_signatures_works_too() {
    let sim = sim(&[]).await;
    let mut settings = settings(&sim, &[TransportKind::Provider]);
    settings.providers[0].flow = ProviderFlow::SignUrl;
    let failover = Service::isolated(&settings).unwrap().failover(Clock::system()).unwrap();
    let mut opened = failover.open(&chatty(&sim), |_| {}).await.unwrap();
    assert!(opened.session.backlog.is_some());
    read(&mut opened, 5, 0).await;
}

#[tokio::test]
async fn a_visitor_stays_the_same_until_blocked_or_until_a_socket_dies_young() {
    let sim = sim(&[]).await;
    let client = keyed(&settings(&sim, &[TransportKind::Direct]));
    let failover = client.failover(Clock::system()).unwrap();
    let open = async || failover.open(&chatty(&sim), |_| {}).await;
    let visits = || sim.requests().iter().filter(|request| request.path == "/").count();
    let visitors = || {
        let sockets = sim.requests().into_iter().filter(|request| request.path.contains("/im/ws_proxy/"));
        let of = |request: tiktop::sim::SeenRequest| {
            ["cookie", "user-agent"].map(|name| request.header(name).unwrap_or_default().to_owned())
        };
        let mut visitors: Vec<_> = sockets.map(of).collect();
        visitors.dedup();
        visitors.len()
    };
    for _ in 0..4 {
        // Left by us: that says nothing of the cookie.
        read(&mut open().await.unwrap(), 1, 0).await;
    }
    assert_eq!((visits(), visitors()), (1, 1), "one visitor through all reconnects");

    let mut opened = open().await.unwrap();
    read(&mut opened, 1, 0).await;
    sim.drop_sockets();
    end(&mut opened).await;
    for _ in 0..2 {
        read(&mut open().await.unwrap(), 1, 0).await;
    }
    assert_eq!((visits(), visitors()), (2, 2), "a socket died young: another visitor, once");

    sim.set_faults(vec![SimFault::Handshake415]);
    open().await.unwrap_err();
    assert_eq!((visits(), visitors()), (3, 3), "blocked: another visitor, once");
    sim.set_faults(Vec::new());
    for _ in 0..2 {
        read(&mut open().await.unwrap(), 1, 0).await;
    }
    assert_eq!((visits(), visitors()), (3, 3), "the new one is kept");
}

/// The sentence a session ends with.
async fn end(opened: &mut OpenedRoom) -> String {
    loop {
        if let Err(error) = opened.session.next().await {
            return error.to_string();
        }
    }
}
