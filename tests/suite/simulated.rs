//! The client against the simulated service: every transport, every fault that concerns it.

use std::time::Duration;

use rstest::rstest;
use tiktop::clock::Clock;
use tiktop::config::{Settings, TransportKind};
use tiktop::ids::RoomId;
use tiktop::sim::{Fault, Options, Sim};
use tiktop::webcast::{Client, Incoming, Kind, LiveStatus, Opened, RoomRef};

/// Enough traffic that no test waits for it.
const RATE: f64 = 200.0;

async fn sim(faults: &[Fault]) -> Sim {
    Sim::start(Options { rate: RATE, faults: faults.to_vec(), ..Options::default() }).await.unwrap()
}

fn settings(sim: &Sim, transports: &[TransportKind]) -> Settings {
    let mut settings = Settings { transports: transports.to_vec(), ..Settings::default() };
    settings.service.site_url = sim.base_url();
    settings.service.webcast_url = format!("{}/webcast", sim.base_url());
    settings.service.socket_url = format!("{}/webcast/im/ws_proxy/ws_reuse_supplement/", sim.socket_url());
    settings.providers[0].url = sim.base_url();
    settings
}

fn chatty(sim: &Sim) -> RoomRef {
    let name = &sim.names()[0];
    RoomRef { room_id: RoomId(sim.room_id(name) as u64), unique_id: name.parse().ok() }
}

async fn open(sim: &Sim, transports: &[TransportKind]) -> Result<Opened, String> {
    let client = Client::isolated(&settings(sim, transports)).unwrap();
    let chooser = client.chooser(Clock::system()).unwrap();
    chooser.open(&chatty(sim), |_| {}).await.map_err(|error| error.to_string())
}

/// Reads until `wanted` batches with messages and `broken` broken frames have come.
async fn read(opened: &mut Opened, mut wanted: i32, mut broken: i32) {
    while wanted > 0 || broken > 0 {
        match opened.session.next().await.unwrap() {
            Incoming::Response(response) if !response.messages.is_empty() => wanted -= 1,
            Incoming::Broken { .. } => broken -= 1,
            Incoming::Response(_) | Incoming::Alive => {}
        }
    }
}

#[rstest]
#[case(TransportKind::Direct)]
#[case(TransportKind::Provider)]
#[tokio::test]
async fn a_room_is_found_opened_and_heard(#[case] kind: TransportKind) {
    let sim = sim(&[]).await;
    let client = Client::isolated(&settings(&sim, &[kind])).unwrap();
    let lookup = client.look_up(&sim.names()[0].parse().unwrap()).await.unwrap();
    assert_eq!((lookup.status, lookup.answered_by), (LiveStatus::Live, "api-live"));
    let info = client.room_info(lookup.room_id.unwrap()).await.unwrap();
    assert_eq!(info.status, LiveStatus::Live);
    assert!(!info.streams.is_empty() && !client.gift_list(info.room_id).await.unwrap().is_empty());

    let mut opened = open(&sim, &[kind]).await.unwrap();
    assert_eq!(opened.session.backlog.is_some(), kind == TransportKind::Provider);
    read(&mut opened, 10, 0).await;
    let counts = sim.sockets();
    assert!(counts.entered >= 1 && counts.heartbeats >= 1 && counts.acks >= 5, "{counts:?}");
}

#[rstest]
#[case(Fault::GarbageFrame)]
#[case(Fault::TruncatedGzip)]
#[case(Fault::GzipBomb)]
#[case(Fault::HugeFrame)]
#[tokio::test]
async fn a_bad_frame_costs_itself_only(#[case] fault: Fault) {
    let sim = sim(&[fault]).await;
    let mut opened = open(&sim, &[TransportKind::Direct]).await.unwrap();
    read(&mut opened, 5, 1).await;
    read(&mut opened, 5, 0).await;
}

#[rstest]
#[case(Fault::Provider429, "out of signatures for ")]
#[case(Fault::Provider402, "paid plan")]
#[case(Fault::Provider403, "TIKTOP_PROVIDER_KEY")]
#[case(Fault::Provider500, "could not fetch from TikTok")]
#[case(Fault::Provider503, "nobody free")]
#[case(Fault::ProviderEmpty, "empty answer")]
#[case(Fault::ProviderStub, "dead stub")]
#[tokio::test]
async fn a_failing_provider_is_named_and_direct_takes_over(#[case] fault: Fault, #[case] words: &str) {
    let sim = sim(&[fault]).await;
    let error = open(&sim, &[TransportKind::Provider]).await.unwrap_err();
    assert!(error.starts_with("provider euler") && error.contains(words), "{error}");
    let mut opened = open(&sim, &[TransportKind::Provider, TransportKind::Direct]).await.unwrap();
    assert_eq!(opened.transport.as_str(), "direct");
    read(&mut opened, 1, 0).await;
}

#[rstest]
#[case(Fault::Handshake415, "415 DEVICE_BLOCKED")]
#[case(Fault::Handshake417, "417 illegal secret key")]
#[case(Fault::Handshake400, "HTTP 400")]
#[tokio::test]
async fn when_all_are_refused_each_reason_is_told(#[case] fault: Fault, #[case] words: &str) {
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
    assert_eq!(error.kind(), Kind::Closed);
    read(&mut open(&sim, &[TransportKind::Direct]).await.unwrap(), 1, 0).await;
}

#[rstest]
#[case(Fault::Captcha, Kind::Captcha)]
#[case(Fault::ShellPage, Kind::Blocked)]
#[case(Fault::AgeGate, Kind::AgeRestricted)]
#[case(Fault::WrongAccount, Kind::WrongAccount)]
#[case(Fault::Blocked403, Kind::Blocked)]
#[tokio::test]
async fn a_look_up_that_fails_says_what_it_is(#[case] fault: Fault, #[case] kind: Kind) {
    let sim = sim(&[fault]).await;
    let client = Client::isolated(&settings(&sim, &[])).unwrap();
    let error = client.look_up(&sim.names()[0].parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
}

#[tokio::test]
async fn a_limit_on_look_ups_is_told_with_its_seconds() {
    let sim = sim(&[Fault::Rate429]).await;
    let client = Client::isolated(&settings(&sim, &[])).unwrap();
    let error = client.look_up(&sim.names()[0].parse().unwrap()).await.unwrap_err();
    assert!(error.retry_after().is_some_and(|wait| wait > Duration::ZERO), "{error}");
}

#[tokio::test]
async fn the_offline_room_keeps_an_id_and_is_not_live() {
    let sim = Sim::start(Options { rate: 0.0, ..Options::default() }).await.unwrap();
    let client = Client::isolated(&settings(&sim, &[])).unwrap();
    let quiet: tiktop::ids::UniqueId = sim.names()[2].parse().unwrap();
    let lookup = client.look_up(&quiet).await.unwrap();
    assert_eq!(lookup.status, LiveStatus::Offline);
    assert!(lookup.room_id.is_some());
    let nobody = client.look_up(&"nobody.here".parse().unwrap()).await.unwrap_err();
    assert_eq!(nobody.kind(), Kind::NotFound);
}

#[tokio::test]
async fn streams_are_hls_only_or_missing_when_the_service_says_so() {
    let sim = sim(&[Fault::HlsOnly]).await;
    let client = Client::isolated(&settings(&sim, &[])).unwrap();
    let room = chatty(&sim).room_id;
    assert!(client.room_info(room).await.unwrap().hls_only);
    sim.set_faults(vec![Fault::NoStream]);
    let info = client.room_info(room).await.unwrap();
    assert!(info.streams.is_empty() && !info.hls_only);
}
