//! Tests of look-ups from a name to a room, over a real connection.

use serde_json::json;
use tiktop::config::{Secret, Settings};
use tiktop::ids::{RoomId, UniqueId};
use tiktop::webcast::{LiveStatus, Proxies, Secrets, Service, ServiceErrorKind};

use crate::kit::scripted::{Scripted, answer, header, path};

fn ana() -> UniqueId {
    "ana.live".parse().unwrap()
}

fn info(status: u8) -> serde_json::Value {
    json!({
        "user": {"id": "111", "uniqueId": "ana.live", "nickname": "Ana", "roomId": "7300000000000000001", "status": status},
        "liveRoom": {"status": status, "title": "Hello"},
    })
}

fn api(status: u8) -> Vec<u8> {
    answer("200 OK", &[], json!({"statusCode": 0, "data": info(status)}).to_string())
}

fn page(status: u8) -> Vec<u8> {
    let state = json!({"LiveRoom": {"liveRoomUserInfo": info(status)}});
    let html = format!(r#"<html><script id="SIGI_STATE" type="application/json">{state}</script></html>"#);
    answer("200 OK", &[("Content-Type", "text/html")], html)
}

fn is_api(head: &str) -> bool {
    path(head).starts_with("/api-live/user/room")
}

#[tokio::test]
async fn the_json_is_asked_first_and_the_page_only_when_it_fails() {
    let server = Scripted::start(|_| api(2)).await;
    let lookup = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap();
    assert_eq!((lookup.status, lookup.answered_by), (LiveStatus::Live, "api-live"));
    let heads = server.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].contains("uniqueId=ana.live") && heads[0].contains("sourceType=54"), "{}", heads[0]);
    assert!(header(&heads[0], "user-agent").unwrap().starts_with("Mozilla/5.0"));

    let server = Scripted::start(|head| if is_api(head) { answer("403 Forbidden", &[], "") } else { page(3) }).await;
    let lookup = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap();
    assert_eq!((lookup.status, lookup.answered_by), (LiveStatus::Paused, "live page"));
    assert_eq!(path(&server.heads()[1]), "/@ana.live/live");
}

/// The profile page; `room` stands in its `roomId`.
fn profile(room: &str) -> Vec<u8> {
    let user = json!({"id": "111", "uniqueId": "ana.live", "nickname": "Ana", "roomId": room});
    let detail = json!({"statusCode": 0, "userInfo": {"user": user}});
    let state = json!({"__DEFAULT_SCOPE__": {"webapp.user-detail": detail}});
    answer("200 OK", &[], format!(r#"<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__">{state}</script>"#))
}

#[tokio::test]
async fn sources_are_asked_until_somebody_is_sure() {
    let server = Scripted::start(|head| match path(head) {
        "/@ana.live" => profile("7300000000000000001"),
        "/webcast/room/info/" => answer("200 OK", &[], json!({"data": {"status": 2, "title": "Hi"}}).to_string()),
        _ => answer("200 OK", &[], "<html>Please wait...</html>"),
    })
    .await;
    let lookup = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap();
    assert_eq!((lookup.status, lookup.room_id), (LiveStatus::Live, Some(RoomId(7_300_000_000_000_000_001))));

    let server = Scripted::start(|head| match path(head) {
        "/@ana.live" => profile(""),
        _ => answer("200 OK", &[], "<html>Please wait...</html>"),
    })
    .await;
    let lookup = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap();
    assert_eq!((lookup.status, lookup.room_id), (LiveStatus::NotStated, None), "nothing sure is not offline");
    assert!(lookup.unsure.as_str().contains("captcha"), "{}", lookup.unsure);
}

#[tokio::test]
async fn who_is_said_not_to_exist_exists_only_where_a_page_holds_the_account() {
    let missing = || answer("200 OK", &[], json!({"statusCode": 19_881_007, "data": null}).to_string());
    let empty = r#"<script id="SIGI_STATE">{"CurrentRoom":{}}</script>"#;
    let server = Scripted::start(move |head| if is_api(head) { missing() } else { answer("200 OK", &[], empty) }).await;
    let error = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::NotFound);

    let server = Scripted::start(move |head| if is_api(head) { missing() } else { page(2) }).await;
    let lookup = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap();
    assert_eq!(lookup.status, LiveStatus::Live);
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_is_left_alone() {
    let server = Scripted::start(|_| answer("429 Too Many Requests", &[("Retry-After", "30")], "")).await;
    let error = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(30)));
    assert!(error.to_string().contains("wait 30 s"), "{error}");
    assert_eq!(server.heads().len(), 1, "the page was asked too");
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_host_and_three_times() {
    let server = Scripted::start(|head| match path(head) {
        "/api-live/user/room" => answer("301 Moved", &[("Location", "/api-live/user/room/")], ""),
        _ => api(2),
    })
    .await;
    assert!(Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.is_ok());

    let server = Scripted::start(|_| answer("302 Found", &[("Location", "/again")], "")).await;
    let error = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Blocked);
    assert_eq!(server.heads().len(), 16, "four questions, each with three redirects");
}

#[tokio::test]
async fn another_host_is_not_followed_and_hears_no_session() {
    let other = Scripted::start(|_| api(2)).await;
    let location = format!("http://{}/stolen", other.place);
    let server = Scripted::start(move |_| answer("302 Found", &[("Location", &location)], "")).await;
    let mut settings = server.settings();
    settings.session.hosts = vec!["127.0.0.1".into()];
    let secrets = Secrets { session: Secret::new("s3cret"), ..Secrets::default() };
    let client = Service::with_proxies(&settings, secrets, Proxies::None).unwrap();
    let error = client.look_up(&ana()).await.unwrap_err();
    assert!(header(&server.heads()[0], "cookie").unwrap().contains("sessionid=s3cret"), "named hosts get the session");
    assert!(other.heads().is_empty(), "the redirect was followed");
    assert!(!error.to_string().contains("s3cret"));
}

#[tokio::test]
async fn the_session_is_not_sent_to_a_changed_service() {
    let server = Scripted::start(|_| api(2)).await;
    let secrets = Secrets { session: Secret::new("s3cret"), ..Secrets::default() };
    let client = Service::with_proxies(&server.settings(), secrets, Proxies::None).unwrap();
    client.look_up(&ana()).await.unwrap();
    assert_eq!(header(&server.heads()[0], "cookie"), None);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = Scripted::start(|head| {
        let body = vec![b' '; if is_api(head) { 9 << 20 } else { 5 << 20 }];
        answer("200 OK", &[], body)
    })
    .await;
    let error = Service::isolated(&server.settings()).unwrap().look_up(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::BadAnswer);
    assert!(error.to_string().contains("more than 8 MiB"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = Settings::default();
    settings.service.site_url = format!("http://{}", listener.local_addr().unwrap());
    settings.service.timeout_seconds = 1;
    let error = Service::isolated(&settings).unwrap().look_up(&ana()).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Timeout);
    assert!(error.to_string().contains("within 1 s"), "{error}");
}

#[tokio::test]
async fn a_stream_on_this_machine_is_pulled_only_when_the_service_is_here_too() {
    let server = Scripted::start(|head| match path(head) {
        "/live.flv" => answer("200 OK", &[("Content-Type", "video/x-flv")], "FLV\u{1}"),
        "/webcast/room/info/" => {
            let host = header(head, "host").unwrap();
            let streams = json!({"flv_pull_url": {
                "HD1": format!("http://{host}/live.flv?sign=abc"), "SD1": format!("http://{host}/gone.flv?sign=abc"),
            }});
            answer("200 OK", &[], json!({"data": {"status": 2, "stream_url": streams}}).to_string())
        }
        _ => answer("404 Not Found", &[], ""),
    })
    .await;
    let client = Service::isolated(&server.settings()).unwrap();
    let info = client.room_info(RoomId(7)).await.unwrap();
    let [best, gone] = &info.streams[..] else { panic!("{:?}", info.streams) };
    let mut stream = client.stream(RoomId(7), best).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "FLV\u{1}");
    assert_eq!(stream.chunk().await.unwrap(), None);
    let error = client.stream(RoomId(7), gone).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::NotFound);
    assert!(!error.to_string().contains("abc"), "{error}");

    let before = server.heads().len();
    let far = Service::isolated(&Settings::default()).unwrap();
    assert_eq!(far.stream(RoomId(7), best).await.unwrap_err().kind(), ServiceErrorKind::Refused);
    assert_eq!(server.heads().len(), before, "asked all the same");
}

#[tokio::test]
async fn an_empty_gift_list_is_an_error_that_says_why() {
    let server = Scripted::start(|_| answer("200 OK", &[], "")).await;
    let error = Service::isolated(&server.settings()).unwrap().gift_list(RoomId(7)).await.unwrap_err();
    assert!(error.to_string().contains("signed"), "{error}");
}
