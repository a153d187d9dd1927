//! Tests of rooms opened over real connections: handshakes, failover, and what arrives.

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use rstest::rstest;
use tiktop::clock::Clock;
use tiktop::config::{ProviderFlow, ProviderPath, Secret, Settings, TransportKind};
use tiktop::ids::RoomId;
use tiktop::webcast::{FailoverError, Incoming, OpenedRoom, Proxies, RoomRef, Secrets, Service};
use tiktop::wire::{Frame, FrameKind, pb};

use crate::kit::scripted::{Scripted, answer, header, message, path, upgraded};

const ROOM: RoomId = RoomId(7_300_000_000_000_000_001);
const TTWID: (&str, &str) = ("Set-Cookie", "ttwid=1%7Cabc; Path=/; HttpOnly");

fn room() -> RoomRef {
    RoomRef { room_id: ROOM, unique_id: None }
}

fn batch(push_server: &str) -> Vec<u8> {
    let messages = vec![pb::Message { method: "WebcastChatMessage".into(), msg_id: 5, ..Default::default() }];
    let response = pb::Response {
        messages,
        push_server: push_server.into(),
        cursor: "c1".into(),
        internal_ext: "fetch_time:1|x".into(),
        route_params: [("wrss".into(), "r&1".into()), ("room_id".into(), "1".into())].into(),
        ..Default::default()
    };
    response.encode_to_vec()
}

fn frame() -> Bytes {
    Frame::serve(&FrameKind::Message, 1, 7, &batch(""), true)
}

fn only(kind: TransportKind, mut settings: Settings) -> Settings {
    settings.transports = vec![kind];
    settings
}

async fn open(settings: &Settings) -> Result<OpenedRoom, FailoverError> {
    let client = Service::isolated(settings).unwrap();
    client.failover(Clock::system()).unwrap().open(&room(), |_| {}).await
}

async fn first_batch(opened: &mut OpenedRoom) -> usize {
    loop {
        match opened.session.next().await.unwrap() {
            Incoming::Response(response) => return response.messages.len(),
            Incoming::Alive | Incoming::Gap { .. } | Incoming::Broken { .. } => {}
        }
    }
}

#[tokio::test]
async fn bytes_that_arrive_with_the_handshake_are_not_lost() {
    let server = Scripted::start(|head| match path(head) {
        "/socket" => upgraded(head, &message(&frame())),
        _ => answer("200 OK", &[TTWID], ""),
    })
    .await;
    let mut opened = open(&only(TransportKind::Direct, server.settings())).await.unwrap();
    assert_eq!(opened.transport.as_str(), "direct");
    assert_eq!(first_batch(&mut opened).await, 1);
    let heads = server.heads();
    let [page, socket] = &heads[..] else { panic!("{heads:?}") };
    assert_eq!(header(socket, "cookie"), Some("ttwid=1%7Cabc"));
    assert_eq!(header(socket, "user-agent"), header(page, "user-agent"), "the cookie was given to another browser");
    for wanted in
        ["room_id=7300000000000000001", "compress=gzip", "ws_direct=1", "version_code=180800", "identity=audience"]
    {
        assert!(socket.contains(wanted), "{wanted} is missing in {socket}");
    }
}

#[tokio::test]
async fn an_answer_that_only_looks_like_a_socket_is_refused() {
    let server = Scripted::start(|head| match path(head) {
        "/socket" => b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: bm90IHRoZSBhbnN3ZXI=\r\n\r\n"
            .to_vec(),
        _ => answer("200 OK", &[TTWID], ""),
    })
    .await;
    let error = open(&only(TransportKind::Direct, server.settings())).await.unwrap_err();
    assert!(error.to_string().contains("not as a WebSocket"), "{error}");
}

#[tokio::test]
async fn a_blocked_browser_is_replaced_once_together_with_its_cookie() {
    let server = Scripted::start(|head| match path(head) {
        "/socket" => answer("200 OK", &[("Handshake-Status", "415"), ("Handshake-Msg", "DEVICE_BLOCKED")], ""),
        _ => answer("200 OK", &[TTWID], ""),
    })
    .await;
    let error = open(&only(TransportKind::Direct, server.settings())).await.unwrap_err();
    assert!(error.to_string().contains("415 DEVICE_BLOCKED"), "{error}");
    let heads = server.heads();
    assert_eq!(heads.iter().map(|head| path(head)).collect::<Vec<_>>(), ["/", "/socket", "/", "/socket"]);
    assert_eq!(header(&heads[2], "user-agent"), header(&heads[3], "user-agent"));
    assert_ne!(header(&heads[0], "user-agent"), header(&heads[2], "user-agent"));
}

#[tokio::test]
async fn the_anonymous_cookie_is_kept_for_all_rooms_until_a_socket_dies_young() {
    let server = Scripted::start(|head| match path(head) {
        // The first socket of each room stays; one that was asked for with a mark breaks at once.
        "/socket" if head.contains("room_id=666") => upgraded(head, &[0x88, 2, 0x0f, 0xa1]),
        "/socket" => upgraded(head, &message(&frame())),
        _ => answer("200 OK", &[TTWID], ""),
    })
    .await;
    let client = Service::isolated(&only(TransportKind::Direct, server.settings())).unwrap();
    let failover = client.failover(Clock::system()).unwrap();
    let open = async |room_id: u64| {
        let room = RoomRef { room_id: RoomId(room_id), unique_id: None };
        failover.open(&room, |_| {}).await.unwrap()
    };
    let cookies = || server.heads().iter().filter(|head| path(head) == "/").count();
    for room in [1, 2, 3, 1, 2] {
        // Given up by us, which says nothing of the cookie.
        assert_eq!(first_batch(&mut open(room).await).await, 1);
    }
    assert_eq!(cookies(), 1);
    for _ in 0..2 {
        let mut dying = [open(666).await, open(666).await];
        for opened in &mut dying {
            assert!(opened.session.next().await.is_err());
        }
        assert_eq!(first_batch(&mut open(1).await).await, 1);
    }
    assert_eq!(cookies(), 3, "one more for each time that sockets died young, however many");
}

#[tokio::test]
async fn a_refused_direct_socket_falls_to_the_provider() {
    let server = Scripted::start(|head| {
        let place = header(head, "host").unwrap();
        match path(head) {
            "/socket" => answer("200 OK", &[("Handshake-Status", "417"), ("Handshake-Msg", "illegal secret key")], ""),
            "/webcast/fetch" => {
                let body = batch(&format!("ws://{place}/signed?already=1"));
                answer("200 OK", &[("X-Set-TT-Cookie", "ttwid=theirs; Path=/"), ("X-Room-Id", "77")], body)
            }
            "/signed" => upgraded(head, &message(&frame())),
            _ => answer("200 OK", &[TTWID], ""),
        }
    })
    .await;
    let mut settings = server.settings();
    settings.transports = vec![TransportKind::Direct, TransportKind::Provider];
    let client = Service::isolated(&settings).unwrap();
    let failover = client.failover(Clock::system()).unwrap();
    let mut tried = Vec::new();
    let mut opened = failover.open(&room(), |name| tried.push(name.to_owned())).await.unwrap();
    assert_eq!((tried, opened.transport.as_str()), (vec!["direct".into(), "provider euler".into()], "provider euler"));
    assert!(failover.health()[0].last_error.as_ref().unwrap().as_str().contains("417 illegal secret key"));
    assert_eq!(opened.session.room_id, RoomId(77));
    assert_eq!(opened.session.backlog.take().unwrap().messages.len(), 1);
    assert_eq!(first_batch(&mut opened).await, 1);

    let heads = server.heads();
    let fetch = heads.iter().find(|head| path(head) == "/webcast/fetch").unwrap();
    assert!(fetch.contains("client=tiktop") && fetch.contains("room_id=7300000000000000001"), "{fetch}");
    assert_eq!((header(fetch, "x-api-key"), header(fetch, "cookie")), (None, None));
    let socket = heads.iter().find(|head| path(head) == "/signed").unwrap();
    assert_eq!(header(socket, "cookie"), Some("ttwid=theirs"));
    for wanted in ["already=1", "wrss=r%261", "room_id=77", "cursor=c1", "version_code=180800", "version_code=270000"] {
        assert!(socket.contains(wanted), "{wanted} is missing in {socket}");
    }
    assert_eq!(socket.matches("room_id=").count(), 1, "{socket}");
}

/// A close frame with this code and no reason.
fn close(code: u16) -> Vec<u8> {
    [&[0x88, 2][..], &code.to_be_bytes()].concat()
}

#[rstest]
#[case(4_005)]
#[case(1_000)]
#[case(1_001)]
#[tokio::test]
async fn a_live_that_just_ended_holds_its_transport_back_from_nobody(#[case] code: u16) {
    let server = Scripted::start(move |head| match path(head) {
        "/socket" => upgraded(head, &close(code)),
        _ => answer("200 OK", &[TTWID], ""),
    })
    .await;
    let mut settings = server.settings();
    settings.transports = vec![TransportKind::Direct, TransportKind::Provider];
    let failover = Service::isolated(&settings).unwrap().failover(Clock::system()).unwrap();
    for _ in 0..2 {
        let mut opened = failover.open(&room(), |_| {}).await.unwrap();
        assert_eq!(opened.transport, "direct");
        assert!(opened.session.next().await.unwrap_err().to_string().contains(&code.to_string()));
    }
    assert_eq!(failover.health()[0].not_before, None);
}

#[tokio::test]
async fn a_limit_is_told_with_its_seconds_and_kept() {
    let server = Scripted::start(|_| {
        let body = r#"{"code":429,"message":"slow down","limit_label":"hour"}"#;
        answer("429 Too Many Requests", &[("Retry-After", "32")], body)
    })
    .await;
    let client = Service::isolated(&only(TransportKind::Provider, server.settings())).unwrap();
    let failover = client.failover(Clock::system()).unwrap();
    let error = failover.open(&room(), |_| {}).await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(32)));
    assert!(error.to_string().contains("out of signatures for 32 s") && error.to_string().contains("hour"), "{error}");
    assert!(failover.clone().open(&room(), |name| panic!("{name} was asked again")).await.is_err());
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn a_provider_may_not_send_us_anywhere() {
    let elsewhere = Scripted::start(|head| upgraded(head, &[])).await;
    for push_server in ["wss://evil.example/ws", "ws://10.0.0.1/ws", "https://127.0.0.1/ws", "nonsense"] {
        let server = Scripted::start(move |_| answer("200 OK", &[], batch(push_server))).await;
        let error = open(&only(TransportKind::Provider, server.settings())).await.unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.starts_with("provider euler") && sentence.contains("another transport"), "{sentence}");
    }
    // Nor may it take our key elsewhere.
    let location = format!("http://{}/stolen", elsewhere.place);
    let server = Scripted::start(move |_| answer("302 Found", &[("Location", &location)], "")).await;
    let secrets = Secrets { provider_keys: vec![Secret::new("k3y")], ..Secrets::default() };
    let settings = only(TransportKind::Provider, server.settings());
    let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
    let error = client.failover(Clock::system()).unwrap().open(&room(), |_| {}).await.unwrap_err();
    assert_eq!(header(&server.heads()[0], "x-api-key"), Some("k3y"));
    assert!(elsewhere.heads().is_empty() && !error.to_string().contains("k3y"), "{error}");
}

#[tokio::test]
async fn the_newer_path_is_tried_where_the_older_is_gone() {
    let server = Scripted::start(|head| match path(head) {
        "/webcast/fetch" => answer("404 Not Found", &[], ""),
        "/socket" => upgraded(head, &[]),
        _ => answer("200 OK", &[], batch(&format!("ws://{}/socket", header(head, "host").unwrap()))),
    })
    .await;
    open(&only(TransportKind::Provider, server.settings())).await.unwrap();
    assert_eq!(path(&server.heads()[1]), format!("/webcast/rooms/{ROOM}/connect"));
}

/// A provider with everything that can be said of one.
fn particular(settings: &mut Settings) {
    let provider = &mut settings.providers[0];
    provider.path = ProviderPath::Connect;
    provider.unique_id = true;
    provider.country = "de".into();
    provider.params = [("platform".into(), "mobile".into()), ("odd name".into(), "a&b".into())].into();
}

#[tokio::test]
async fn a_provider_is_asked_as_the_settings_say() {
    let server = Scripted::start(|_| answer("402 Payment Required", &[], "")).await;
    let mut settings = only(TransportKind::Provider, server.settings());
    particular(&mut settings);
    let provider_headers = vec![vec![("x-jwt-key".to_owned(), Secret::new("j3wt").unwrap())]];
    let secrets = Secrets { provider_headers, session: Secret::new("s3cret"), ..Secrets::default() };
    let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
    let room = RoomRef { unique_id: "ana".parse().ok(), ..room() };
    client.failover(Clock::system()).unwrap().open(&room, |_| {}).await.unwrap_err();
    let [head] = &server.heads()[..] else { panic!("asked more than once") };
    assert_eq!(path(head), format!("/webcast/rooms/{ROOM}/connect"));
    for wanted in ["unique_id=ana", "country=DE", "platform=mobile", "odd+name=a%26b"] {
        assert!(head.contains(wanted), "{wanted} is missing in {head}");
    }
    assert!(!head.contains("platform=web"), "{head}");
    assert_eq!(header(head, "x-jwt-key"), Some("j3wt"));
    assert_eq!((header(head, "x-cookie-header"), head.contains("s3cret")), (None, false), "the session was given away");
}

#[tokio::test]
async fn a_provider_that_the_user_trusts_gets_the_session_and_so_does_its_socket() {
    let server = Scripted::start(|head| match path(head) {
        "/socket" => upgraded(head, &[]),
        _ => answer("200 OK", &[], batch(&format!("ws://{}/socket", header(head, "host").unwrap()))),
    })
    .await;
    let mut settings = only(TransportKind::Provider, server.settings());
    settings.session.hosts = vec!["127.0.0.1".into()];
    let secrets = Secrets { session: Secret::new("s3cret"), target_idc: Secret::new("useast1a"), ..Secrets::default() };
    let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
    client.failover(Clock::system()).unwrap().open(&room(), |_| {}).await.unwrap();
    let heads = server.heads();
    let session = "sessionid=s3cret; sessionid_ss=s3cret; sid_tt=s3cret; tt-target-idc=useast1a";
    assert_eq!(header(&heads[0], "x-cookie-header"), Some(session));
    assert_eq!(header(&heads[1], "cookie"), Some(session));
}

#[tokio::test]
async fn a_signed_address_is_fetched_with_the_browser_and_token_it_was_signed_for() {
    let server = Scripted::start(|head| {
        let place = header(head, "host").unwrap();
        match path(head) {
            "/webcast/sign_url" => {
                let signed = format!("http://{place}/webcast/im/fetch/?signed=1");
                let body = format!(r#"{{"signedUrl":"{signed}","User-Agent":"Agent 7","msToken":"t0ken"}}"#);
                answer("200 OK", &[], body)
            }
            "/webcast/im/fetch/" => {
                answer("200 OK", &[("Set-Cookie", "ttwid=fresh; Path=/")], batch(&format!("ws://{place}/socket")))
            }
            "/socket" => upgraded(head, &message(&frame())),
            _ => answer("200 OK", &[TTWID], ""),
        }
    })
    .await;
    let mut settings = only(TransportKind::Provider, server.settings());
    settings.providers[0].flow = ProviderFlow::SignUrl;
    let mut opened = open(&settings).await.unwrap();
    assert_eq!(opened.session.backlog.take().unwrap().messages.len(), 1);
    assert_eq!(first_batch(&mut opened).await, 1);
    let heads = server.heads();
    let at = |wanted: &str| heads.iter().find(|head| path(head) == wanted).unwrap();
    assert!(at("/webcast/sign_url").contains("im%2Ffetch%2F%3F") && at("/webcast/sign_url").contains("client=tiktop"));
    assert_eq!(header(at("/webcast/im/fetch/"), "cookie"), Some("ttwid=1%7Cabc; msToken=t0ken"));
    assert_eq!(header(at("/socket"), "cookie"), Some("msToken=t0ken; ttwid=fresh"));
    for place in ["/webcast/im/fetch/", "/socket"] {
        assert_eq!(header(at(place), "user-agent"), Some("Agent 7"), "{place}");
    }
}

#[tokio::test]
async fn a_signature_that_tiktok_does_not_take_is_told_as_what_it_is() {
    let server = Scripted::start(|head| match path(head) {
        "/webcast/sign_url" => {
            let place = header(head, "host").unwrap();
            answer("200 OK", &[], format!(r#"{{"signedUrl":"http://{place}/webcast/im/fetch/?X-Bogus=1"}}"#))
        }
        _ => answer("200 OK", &[TTWID], ""),
    })
    .await;
    let mut settings = only(TransportKind::Provider, server.settings());
    settings.providers[0].flow = ProviderFlow::SignUrl;
    let error = open(&settings).await.unwrap_err().to_string();
    assert!(error.contains("TikTok sent an empty answer") && error.contains("provider euler signed"), "{error}");
    assert!(!error.contains("X-Bogus"), "{error}");
}

#[tokio::test]
async fn the_address_of_the_relay_is_never_shown() {
    let server = Scripted::start(|_| answer("403 Forbidden", &[("Location", "https://evil.example/")], "")).await;
    let mut settings = only(TransportKind::Cloud, server.settings());
    settings.cloud.url = format!("ws://{}", server.place);
    let secrets = Secrets { cloud_key: Secret::new("k3y"), session: Secret::new("s3cret"), ..Secrets::default() };
    let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
    let room = RoomRef { unique_id: "ana".parse().ok(), ..room() };
    let error = client.failover(Clock::system()).unwrap().open(&room, |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("refused the cloud relay (HTTP 403)") && !error.contains("k3y"), "{error}");
    let [head] = &server.heads()[..] else { panic!("asked more than once") };
    assert!(head.contains("uniqueId=ana") && head.contains("apiKey=k3y"), "{head}");
    assert!(head.contains("features.rawMessages=true") && !head.contains("s3cret"), "{head}");
}
