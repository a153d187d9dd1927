//! Tests of the `browser` transport: against DevTools that misbehave, and against the real program.

pub(crate) mod chromium;
mod devtools;
mod simulated;

use prost::Message as _;
use rstest::rstest;
use serde_json::{Value, json};
use tiktop::clock::Clock;
use tiktop::config::{Settings, TransportKind};
use tiktop::ids::{RoomId, UniqueId};
use tiktop::webcast::{BrokenFrame, Incoming, RoomRef, Service, ServiceError, ServiceErrorKind, Session};
use tiktop::wire::{Frame, FrameKind, pb};

use crate::kit;
use crate::kit::scripted::{Scripted, answer, header, path};
use devtools::{
    DevTools, LIVE, TAB, attached, bytes, closed, created, detached, navigated, received, sent, usual_tabs,
};

const IM: &str = "wss://webcast-ws.tiktok.com/webcast/im/ws_proxy/ws_reuse_supplement/?room_id=7";
const ROOM: RoomId = RoomId(7_570_000_000_000_000_007);

fn room() -> RoomRef {
    RoomRef { room_id: ROOM, unique_id: "ana.live".parse().ok() }
}

async fn open(settings: &Settings) -> Result<Session, ServiceError> {
    let transports = Service::isolated(settings).unwrap().transports().unwrap();
    transports[0].open(&room()).await
}

/// A frame whose batch has the cursor `cursor`, to tell it from others.
fn batch(cursor: &str) -> Vec<u8> {
    let response = pb::Response { cursor: cursor.to_owned(), ..pb::Response::default() };
    Frame::serve(&FrameKind::Message, 1, 9, &response.encode_to_vec(), true).to_vec()
}

/// What a tab reports first when its player has just begun.
fn opening() -> Vec<String> {
    vec![created("", "1.4", IM), bytes("", "1.4", &batch("first"))]
}

async fn cursor(session: &mut Session) -> String {
    match session.next().await.unwrap() {
        Incoming::Response(response) => response.cursor,
        other => panic!("no batch: {other:?}"),
    }
}

#[tokio::test]
async fn a_tab_and_its_workers_are_listened_to_and_nothing_else_is_said() {
    let browser = DevTools::with_the_live(opening()).await;
    let mut session = open(&browser.settings()).await.unwrap();
    assert_eq!((session.room_id, cursor(&mut session).await.as_str()), (ROOM, "first"));
    browser.say(attached("S1"));
    browser.say(created("S1", "1.4", IM));
    browser.say(bytes("S1", "1.4", &batch("from the worker")));
    assert_eq!(cursor(&mut session).await, "from the worker");
    // The commands to the worker leave with the next look at the socket.
    browser.say(bytes("", "1.4", &batch("last")));
    assert_eq!(cursor(&mut session).await, "last");

    let commands = browser.commands(4).await;
    let said: Vec<_> = commands.iter().map(|command| (&command["method"], command["sessionId"].as_str())).collect();
    let (attach, enable) = (&json!("Target.setAutoAttach"), &json!("Network.enable"));
    assert_eq!(said, [(attach, None), (enable, None), (attach, Some("S1")), (enable, Some("S1"))]);
    let heads = browser.heads();
    let paths: Vec<_> = heads.iter().map(|head| path(head)).collect();
    assert_eq!(paths, ["/json/list", &format!("/devtools/page/{TAB}")]);
    for head in &heads {
        assert!(["origin", "cookie", "referer"].iter().all(|name| header(head, name).is_none()), "{head}");
    }
}

#[tokio::test]
async fn a_socket_that_was_open_before_us_is_known_by_what_it_says() {
    let strangers = [&b"\xff\xff\xff"[..], b"", &Frame::serve(&FrameKind::Other("pb".into()), 1, 1, b"", false)];
    let mut opening: Vec<_> = strangers.iter().map(|frame| bytes("", "0.9", frame)).collect();
    opening.extend([received("", "0.8", 1, "hello"), bytes("", "0.7", &batch("first"))]);
    let browser = DevTools::with_the_live(opening).await;
    let mut session = open(&browser.settings()).await.unwrap();
    assert_eq!(cursor(&mut session).await, "first");
    // Now that it is known, what it says wrong is told.
    browser.say(bytes("", "0.7", b"\xff\xff\xff"));
    assert!(matches!(session.next().await.unwrap(), Incoming::Broken { .. }));
}

#[tokio::test]
async fn sockets_that_are_not_of_the_live_are_passed_over() {
    let other = created("", "2.1", "wss://im-ws.tiktok.com/ws/v2?aid=1988");
    let browser = DevTools::with_the_live([vec![other], opening()].concat()).await;
    let mut session = open(&browser.settings()).await.unwrap();
    browser.say(bytes("", "2.1", &batch("direct message")));
    browser.say(bytes("", "1.4", &batch("live")));
    assert_eq!([cursor(&mut session).await, cursor(&mut session).await], ["first", "live"]);
}

#[rstest]
#[case("{".to_owned(), BrokenFrame::Wrapped)]
#[case("[1,2]".to_owned(), BrokenFrame::Wrapped)]
#[case(received("", "1.4", 2, "no base64!"), BrokenFrame::Wrapped)]
#[case(received("", "1.4", 1, "hello"), BrokenFrame::Text)]
#[case(bytes("", "1.4", &vec![0x5a; 20 << 20]), BrokenFrame::TooLong(20 << 20))]
#[tokio::test]
async fn what_cannot_be_used_costs_itself_only(#[case] event: String, #[case] why: BrokenFrame) {
    let browser = DevTools::with_the_live(opening()).await;
    let mut session = open(&browser.settings()).await.unwrap();
    assert_eq!(cursor(&mut session).await, "first");
    browser.say(event);
    browser.say(bytes("", "1.4", &batch("after it")));
    match session.next().await.unwrap() {
        Incoming::Broken { what, bytes } => assert!(what == why && bytes.len() <= 64 << 10, "{what}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(cursor(&mut session).await, "after it");
}

#[rstest]
#[case(detached(), "was closed: open https://www.tiktok.com/@ana.live/live in it")]
#[case(navigated(TAB, "https://www.tiktok.com/login?next=/@ana.live/live"), "left the live: open https://")]
#[case(navigated(TAB, "https://www.tiktok.com/@somebody.else/live"), "left the live: open https://")]
#[case(sent("1.4", &Frame::enter_room(RoomId(8), 1)), "went on to another live")]
#[tokio::test]
async fn a_tab_that_no_longer_shows_the_live_ends_the_session(#[case] event: String, #[case] words: &str) {
    let browser = DevTools::with_the_live(opening()).await;
    let mut session = open(&browser.settings()).await.unwrap();
    cursor(&mut session).await;
    // The same room again and an advertisement in a frame change nothing.
    browser.say(navigated("4F4F4F4F", "https://ads.example.com/"));
    browser.say(sent("1.4", &Frame::enter_room(ROOM, 1)));
    browser.say(bytes("", "1.4", &batch("still here")));
    assert_eq!(cursor(&mut session).await, "still here");
    browser.say(event);
    let error = session.next().await.unwrap_err();
    assert!(error.kind() == ServiceErrorKind::Closed && error.to_string().contains(words), "{error}");
}

#[rstest]
#[case(closed("1.4"))]
#[case(navigated(TAB, LIVE))]
#[tokio::test]
async fn a_page_that_comes_back_leaves_a_gap(#[case] event: String) {
    let browser = DevTools::with_the_live(opening()).await;
    let mut session = open(&browser.settings()).await.unwrap();
    cursor(&mut session).await;
    browser.say(event);
    browser.say(created("", "1.5", IM));
    browser.say(bytes("", "1.5", &batch("back")));
    assert!(matches!(session.next().await.unwrap(), Incoming::Gap { .. }));
    assert_eq!(cursor(&mut session).await, "back");
    // One of two sockets is no loss.
    browser.say(created("", "1.6", IM));
    browser.say(closed("1.5"));
    browser.say(bytes("", "1.6", &batch("still there")));
    assert_eq!(cursor(&mut session).await, "still there");
}

#[tokio::test]
async fn a_browser_that_ends_is_told() {
    let browser = DevTools::with_the_live(opening()).await;
    let mut session = open(&browser.settings()).await.unwrap();
    cursor(&mut session).await;
    browser.close();
    assert_eq!(session.next().await.unwrap_err().kind(), ServiceErrorKind::Closed);
}

#[tokio::test]
async fn the_page_knows_best_which_live_it_is_in() {
    let newer = sent("1.4", &Frame::enter_room(RoomId(8), 1));
    let opening = vec![created("", "1.4", IM), newer, bytes("", "1.4", &batch("first"))];
    let browser = DevTools::with_the_live(opening).await;
    assert_eq!(open(&browser.settings()).await.unwrap().room_id, RoomId(8));
}

#[tokio::test]
async fn a_tab_without_frames_asks_for_a_reload() {
    let browser = DevTools::with_the_live(vec![created("", "1.4", IM), "{".to_owned()]).await;
    let settings = browser.settings();
    let opening = tokio::spawn(async move { open(&settings).await });
    browser.commands(2).await;
    // From here on nothing happens but time.
    tokio::time::pause();
    let error = opening.await.unwrap().unwrap_err();
    assert!(error.kind() == ServiceErrorKind::Stale && error.to_string().contains("reload that page"), "{error}");
}

fn without_the_live(place: &str) -> Value {
    let mut tabs = usual_tabs(place);
    tabs.as_array_mut().unwrap().pop();
    tabs
}

fn elsewhere(_: &str) -> Value {
    usual_tabs("192.0.2.7:9222")
}

fn taken(place: &str) -> Value {
    let mut tabs = usual_tabs(place);
    tabs[4].as_object_mut().unwrap().remove("webSocketDebuggerUrl");
    tabs
}

fn no_list(_: &str) -> Value {
    json!({ "error": "x" })
}

#[rstest]
#[case(without_the_live, ServiceErrorKind::NotFound, "open https://www.tiktok.com/@ana.live/live in it")]
#[case(elsewhere, ServiceErrorKind::Refused, "192.0.2.7:9222 for its tab, which is not this machine")]
#[case(taken, ServiceErrorKind::Handshake, "another program listens")]
#[case(no_list, ServiceErrorKind::BadAnswer, "no browser's DevTools")]
#[tokio::test]
async fn a_browser_without_the_tab_says_what_to_do(
    #[case] list: fn(&str) -> Value,
    #[case] kind: ServiceErrorKind,
    #[case] words: &str,
) {
    let browser = DevTools::start(list, opening()).await;
    let error = open(&browser.settings()).await.unwrap_err();
    assert!(error.kind() == kind && error.to_string().contains(words), "{error}");
    assert_eq!(browser.heads().len(), 1, "nothing was opened");
}

#[tokio::test]
async fn a_browser_that_keeps_its_traffic_to_itself_is_named() {
    let refused = json!({ "id": 2, "error": { "code": -32601, "message": "'Network.enable' wasn't found" } });
    let browser = DevTools::with_the_live(vec![refused.to_string()]).await;
    let error = open(&browser.settings()).await.unwrap_err();
    assert!(error.kind() == ServiceErrorKind::Handshake && error.to_string().contains("Network.enable"), "{error}");
}

#[tokio::test]
async fn where_no_browser_is_the_way_to_one_is_told() {
    let mut settings = Settings { transports: vec![TransportKind::Browser], ..Settings::default() };
    settings.browser.endpoint = "http://127.0.0.1:1".into();
    let error = open(&settings).await.unwrap_err();
    assert!(error.kind() == ServiceErrorKind::Network && error.to_string().contains("`tiktop browser`"), "{error}");

    let server = Scripted::start(|_| answer("404 Not Found", &[], "<html>")).await;
    settings.browser.endpoint = format!("http://{}", server.place);
    assert_eq!(open(&settings).await.unwrap_err().kind(), ServiceErrorKind::BadAnswer);

    settings.browser.endpoint = "http://192.0.2.7:9222".into();
    assert_eq!(Service::isolated(&settings).unwrap_err().kind(), ServiceErrorKind::Setup);
}

#[tokio::test]
async fn the_next_transport_takes_over_where_no_browser_is() {
    let sim = kit::sim(10.0, &[]).await;
    let mut settings = kit::settings(&sim, &[TransportKind::Browser, TransportKind::Direct]);
    settings.browser.endpoint = "http://127.0.0.1:1".into();
    let failover = Service::isolated(&settings).unwrap().failover(Clock::system()).unwrap();
    let name = &sim.names()[0];
    let room = RoomRef { room_id: RoomId(sim.room_id(name) as u64), unique_id: name.parse().ok() };
    assert_eq!(failover.open(&room, |_| {}).await.unwrap().transport, "direct");
}

#[tokio::test]
async fn a_look_at_the_browser_shows_its_version_and_the_lives_in_it() {
    let browser = DevTools::with_the_live(vec![]).await;
    let view = Service::isolated(&browser.settings()).unwrap().browser().await.unwrap();
    assert_eq!(view.version, "Chrome/156.0.8078.79");
    assert_eq!(view.lives.iter().map(UniqueId::as_str).collect::<Vec<_>>(), ["somebody.else", "ana.live"]);
}

/// `tiktop browser`, the program itself.
mod command {
    use std::path::Path;
    use std::process::Output;

    use super::*;

    async fn tiktop(home: &Path, endpoint: &str, args: &[&str]) -> Output {
        let mut command = kit::isolated(home);
        command.arg("browser").args(args).args(["--set", &format!("browser.endpoint={endpoint}")]);
        command.env("XDG_CONFIG_HOME", home).env("XDG_STATE_HOME", home).output().await.unwrap()
    }

    fn said(output: &Output) -> String {
        [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
    }

    #[tokio::test]
    async fn without_a_browser_it_says_how_to_start_one() {
        let home = tempfile::tempdir().unwrap();
        let output = tiktop(home.path(), "http://127.0.0.1:1", &["@ana.live"]).await;
        let profile = home.path().join("tiktop/browser");
        let start = format!(
            "--remote-debugging-port=1 --user-data-dir={} https://www.tiktok.com/@ana.live/live",
            profile.display()
        );
        assert!(output.status.success() && said(&output).contains(&start), "{}", said(&output));
        assert!(said(&output).contains("None answers at http://127.0.0.1:1 yet"), "{}", said(&output));
        assert!(profile.is_dir());
        let checked = tiktop(home.path(), "http://127.0.0.1:1", &["--check"]).await;
        assert!(!checked.status.success() && !said(&checked).contains("--user-data-dir"), "{}", said(&checked));
    }

    #[tokio::test]
    async fn a_browser_that_is_there_tells_which_lives_it_shows() {
        let home = tempfile::tempdir().unwrap();
        let browser = DevTools::with_the_live(vec![]).await;
        let endpoint = format!("http://{}", browser.place);
        let output = tiktop(home.path(), &endpoint, &["--check", "@ana.live"]).await;
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("It shows the live of @somebody.else, @ana.live."), "{}", said(&output));
        let output = tiktop(home.path(), &endpoint, &["--check", "@nobody"]).await;
        assert!(!output.status.success() && said(&output).contains("open https://www.tiktok.com/@nobody/live"));
    }
}
