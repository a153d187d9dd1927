//! Tests of look-ups on recorded and invented answers, good and bad.

use bytes::Bytes;
use proptest::prelude::*;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::webcast::json::tests::any_json;

const KEYS: &[&str] = &[
    "statusCode",
    "message",
    "data",
    "user",
    "id",
    "uniqueId",
    "roomId",
    "status",
    "liveRoom",
    "liveRoomStats",
    "startTime",
];

proptest! {
    #[test]
    fn no_answer_panics(data in any_json(KEYS), bytes: Vec<u8>) {
        let whole = json!({"statusCode": 0, "data": data.clone()}).to_string();
        let named = json!({"statusCode": 0, "data": {"user": {"uniqueId": "ana", "roomId": data}}}).to_string();
        for body in [whole.into_bytes(), named.into_bytes(), bytes] {
            let answer = answer(200, body);
            let _ = read_api(&host("ana"), &answer);
            let _ = page::read(&host("ana"), &answer);
        }
    }
}

fn read_api(host: &UniqueId, answer: &HttpAnswer) -> Result<Lookup, ServiceError> {
    super::read_api(host, answer).map(|finding| finding.lookup)
}

/// The page's reader, with what it found out only.
mod page {
    use super::*;

    pub(super) fn read(host: &UniqueId, answer: &HttpAnswer) -> Result<Lookup, ServiceError> {
        super::super::page::read(host, answer).map(|finding| finding.lookup)
    }
}

fn host(name: &str) -> UniqueId {
    name.parse().unwrap()
}

fn answer(status: u16, body: impl Into<Bytes>) -> HttpAnswer {
    HttpAnswer { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: body.into() }
}

/// A recorded answer, or nothing (said aloud) where the recordings are not at hand.
pub(in crate::webcast) fn capture(name: &str) -> Option<Bytes> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures").join(name);
    let read = std::fs::read(&path).ok().map(Bytes::from);
    if read.is_none() {
        println!("skipped: {} is not here", path.display());
    }
    read
}

fn api(live: &serde_json::Value) -> HttpAnswer {
    let body = json!({"statusCode": 0, "message": "", "data": {
        "user": {"id": "111", "uniqueId": "Ana.Live", "nickname": "Ana\u{1b}[31m", "roomId": "7300000000000000001", "status": 2},
        "stats": {"followerCount": 5},
        "liveRoom": live,
    }});
    answer(200, body.to_string())
}

#[test]
fn a_live_host_is_found_by_the_recorded_answer() {
    let Some(body) = capture("api-live-live.json") else { return };
    let name = serde_json::from_slice::<serde_json::Value>(&body).unwrap()["data"]["user"]["uniqueId"].clone();
    let lookup = read_api(&host(name.as_str().unwrap()), &answer(200, body)).unwrap();
    assert_eq!(lookup.status, LiveStatus::Live);
    assert_eq!(lookup.room_id, Some(RoomId(7_690_279_124_098_681_614)));
    assert_eq!((lookup.watching, lookup.entered, lookup.followers), (Some(203), Some(9_492), Some(1_597_439)));
    assert_eq!(lookup.gates, AccessRestrictions::default());
    assert!(lookup.started_at.is_some() && lookup.host_id.is_some() && !lookup.title.is_empty());
}

#[test]
fn an_old_room_id_and_old_addresses_do_not_mean_live() {
    let Some(body) = capture("api-live-offline.json") else { return };
    let name = serde_json::from_slice::<serde_json::Value>(&body).unwrap()["data"]["user"]["uniqueId"].clone();
    let lookup = read_api(&host(name.as_str().unwrap()), &answer(200, body)).unwrap();
    assert_eq!(lookup.status, LiveStatus::Offline);
    assert!(lookup.room_id.is_some());
    assert_eq!((lookup.watching, lookup.started_at), (None, None));
}

#[test]
fn a_missing_user_is_found_missing_by_the_recorded_answer() {
    let Some(body) = capture("api-live-missing.json") else { return };
    assert_eq!(read_api(&host("nobody"), &answer(200, body)).unwrap_err().kind(), ServiceErrorKind::NotFound);
}

#[test]
fn the_live_page_says_the_same() {
    let Some(body) = capture("live-page-2025.html") else { return };
    let lookup = page::read(&host("asahnoln"), &answer(200, body)).unwrap();
    assert_eq!((lookup.status, lookup.answered_by), (LiveStatus::Live, "live page"));
    assert_eq!(lookup.room_id, Some(RoomId(7_458_235_120_362_441_477)));
}

#[rstest]
#[case(json!({"status": 2}), LiveStatus::Live)]
#[case(json!({"status": "3"}), LiveStatus::Paused)]
#[case(json!({"status": 4}), LiveStatus::Offline)]
#[case(json!({"status": 1}), LiveStatus::Unknown(1))]
#[case(json!({}), LiveStatus::Live)]
#[case(json!(null), LiveStatus::Live)]
#[case(json!([1, 2]), LiveStatus::Live)]
fn the_status_of_the_room_decides_before_that_of_the_user(#[case] live: serde_json::Value, #[case] status: LiveStatus) {
    assert_eq!(read_api(&host("ana.live"), &api(&live)).unwrap().status, status);
}

#[test]
fn names_are_compared_without_case_and_shown_clean() {
    let live = json!({"status": 2, "liveSubOnly": 1, "paidEvent": {"paid_type": 2}});
    let lookup = read_api(&host("ana.live"), &api(&live)).unwrap();
    assert_eq!(lookup.nickname, "Ana[31m");
    assert_eq!(lookup.gates, AccessRestrictions { subscribers: true, paid: true, ..AccessRestrictions::default() });
    assert!(read_api(&host("111"), &api(&json!({}))).is_ok(), "asked by the numeric id");
    let error = read_api(&host("bob"), &api(&json!({}))).unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::WrongAccount);
    assert!(error.to_string().contains("@ana.live when asked for @bob"), "{error}");
}

#[rstest]
#[case(200, "", ServiceErrorKind::Blocked, "empty answer")]
#[case(403, "", ServiceErrorKind::Blocked, "HTTP 403")]
#[case(302, "", ServiceErrorKind::Blocked, "elsewhere")]
#[case(429, "", ServiceErrorKind::RateLimited { retry_after: None }, "too often")]
#[case(404, "", ServiceErrorKind::BadAnswer, "moved")]
#[case(502, "", ServiceErrorKind::BadAnswer, "in trouble")]
#[case(200, r#"{"data":{}}"#, ServiceErrorKind::Captcha, "captcha")]
#[case(200, "<html>Please wait...</html>", ServiceErrorKind::Captcha, "captcha")]
#[case(200, "{\"half", ServiceErrorKind::BadAnswer, "cannot be read")]
#[case(200, r#"{"statusCode":19881007,"data":null}"#, ServiceErrorKind::NotFound, "spelling")]
#[case(200, r#"{"statusCode":10,"message":"user_not_found"}"#, ServiceErrorKind::NotFound, "spelling")]
#[case(200, r#"{"statusCode":4003110}"#, ServiceErrorKind::AgeRestricted, "withholds the room's details")]
#[case(200, r#"{"statusCode":20003}"#, ServiceErrorKind::NeedsSession, "TIKTOP_SESSION_ID")]
#[case(200, r#"{"statusCode":10,"message":"params_error"}"#, ServiceErrorKind::BadAnswer, "params_error")]
#[case(200, r#"{"statusCode":0,"data":{"user":7}}"#, ServiceErrorKind::BadAnswer, "no account")]
fn every_refusal_of_the_api_is_recognised(
    #[case] status: u16,
    #[case] body: &str,
    #[case] kind: ServiceErrorKind,
    #[case] words: &str,
) {
    let error = read_api(&host("ana"), &answer(status, body.to_owned())).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains("@ana") && error.to_string().contains(words), "{error}");
}

#[rstest]
#[case("<html>Please wait...</html>".to_owned(), ServiceErrorKind::Captcha)]
#[case("<html>shell</html>".to_owned(), ServiceErrorKind::Captcha)]
#[case(format!("<html>{}</html>", " ".repeat(9_000)), ServiceErrorKind::BadAnswer)]
#[case(page_with(r#"{"LiveRoom":{"isAgeGateRoom":true}}"#), ServiceErrorKind::AgeRestricted)]
#[case(page_with(r#"{"LiveRoom":{"needLogin":true}}"#), ServiceErrorKind::NeedsSession)]
#[case(page_with("{"), ServiceErrorKind::BadAnswer)]
#[case(page_with("{}"), ServiceErrorKind::BadAnswer)]
fn every_refusal_of_the_page_is_recognised(#[case] html: String, #[case] kind: ServiceErrorKind) {
    assert_eq!(page::read(&host("ana"), &answer(200, html)).unwrap_err().kind(), kind);
}

#[test]
fn a_page_that_is_missing_is_a_missing_account() {
    assert_eq!(page::read(&host("ana"), &answer(404, "")).unwrap_err().kind(), ServiceErrorKind::NotFound);
}

#[test]
fn a_host_who_was_never_live_is_offline() {
    let lookup = page::read(&host("ana"), &answer(200, page_with(r#"{"CurrentRoom":{}}"#))).unwrap();
    assert_eq!((lookup.status, lookup.room_id), (LiveStatus::Offline, None));
}

fn page_with(state: &str) -> String {
    format!(r#"<html><script id="SIGI_STATE" type="application/json">{state}</script></html>"#)
}

#[rstest]
#[case(r#""roomId":"7300000000000000001""#)]
#[case(r#"\"roomId\":\"7300000000000000001\""#)]
#[case("&quot;roomId&quot;:&quot;7300000000000000001&quot;")]
#[case("{'room_id': 7300000000000000001}")]
#[case("snssdk1233://live?room_id=7300000000000000001&amp;x=1")]
fn a_room_id_in_a_page_without_a_state_says_nothing_of_the_status(#[case] mark: &str) {
    let html = format!("<html>{}{mark}</html>", " ".repeat(9_000));
    let lookup = page::read(&host("ana"), &answer(200, html)).unwrap();
    assert_eq!((lookup.status, lookup.room_id), (LiveStatus::NotStated, Some(RoomId(7_300_000_000_000_000_001))));
}

#[test]
fn of_two_failures_the_one_about_the_room_is_told() {
    let captcha = || refusal::captcha(Subject::Host(&host("ana"))).clone();
    let adults = || refusal::login_required(Subject::Host(&host("ana")));
    assert_eq!(clearer(captcha(), adults()).kind(), ServiceErrorKind::AgeRestricted);
    assert_eq!(clearer(adults(), captcha()).kind(), ServiceErrorKind::AgeRestricted);
}

#[test]
fn the_asked_name_is_known_where_the_answer_leaves_it_out() {
    let read = |user: serde_json::Value| {
        let body = json!({"statusCode": 0, "data": {"user": user}}).to_string();
        read_api(&host("ana"), &answer(200, body)).unwrap()
    };
    let live = read(json!({"roomId": "7300000000000000001", "status": 2}));
    assert_eq!((live.unique_id, live.status), (host("ana"), LiveStatus::Live));
    assert_eq!(read(json!({"roomId": "0", "status": 4, "uniqueId": 5})).status, LiveStatus::Offline);
    assert_eq!(read(json!({"roomId": "", "status": 2})).status, LiveStatus::Live, "the status decides");
    assert_eq!(read(json!({"roomId": "7300000000000000001"})).status, LiveStatus::NotStated);
}

#[rstest]
#[case::numbers_as_text(json!({"statusCode": "0", "data": {"user": {"uniqueId": "@Ana", "id": 111, "roomId": 73}, "liveRoom": {"status": "2"}}}))]
#[case::fractions(json!({"statusCode": 0.0, "data": {"user": {"roomId": 73.0, "status": 2.0}}}))]
#[case::lists(json!({"statusCode": 0, "data": [{"user": [{"uniqueId": "ana"}], "liveRoom": [{"status": 2, "roomId": "73"}]}]}))]
#[case::texts(json!({"statusCode": 0, "data": json!({"user": json!({"uniqueId": "ana", "roomId": "73"}).to_string(), "liveRoom": {"status": 2}}).to_string()}))]
#[case::nulls(json!({"statusCode": 0, "message": null, "data": {"user": {"uniqueId": null, "id": null, "roomId": "73", "status": null}, "stats": null, "liveRoom": {"status": 2, "title": null, "startTime": null, "liveRoomStats": null, "streamData": null, "paidEvent": null}}}))]
#[case::other_code(json!({"status_code": 0, "data": {"user": {"roomId": "73", "status": 2}}}))]
#[case::no_code(json!({"data": {"user": {"roomId": "73", "status": 2}}}))]
#[case::only_the_room(json!({"statusCode": 0, "data": {"user": null, "liveRoom": {"id_str": "73", "id": 73.5e17, "status": 2}}}))]
fn a_live_is_found_in_every_shape(#[case] body: serde_json::Value) {
    let lookup = read_api(&host("ana"), &answer(200, body.to_string())).unwrap();
    assert_eq!((lookup.status, lookup.room_id), (LiveStatus::Live, Some(RoomId(73))), "{body}");
}

#[rstest]
#[case(json!({"user": {"roomId": "", "status": 2}}), LiveStatus::Live)]
#[case(json!({"user": {"roomId": 7.3e18, "status": 2}}), LiveStatus::Live)]
#[case(json!({"user": {"roomId": "0", "status": "x"}}), LiveStatus::NotStated)]
#[case(json!({"user": {"roomId": [], "status": {}}}), LiveStatus::NotStated)]
#[case(json!({"user": {"roomId": null}, "liveRoom": {"status": 0}}), LiveStatus::Unknown(0))]
#[case(json!({"user": {}, "liveRoom": {"status": 4}}), LiveStatus::Offline)]
fn a_room_that_is_not_named_is_not_known(#[case] data: serde_json::Value, #[case] status: LiveStatus) {
    let body = json!({"statusCode": 0, "data": data}).to_string();
    let lookup = read_api(&host("ana"), &answer(200, body)).unwrap();
    assert_eq!((lookup.status, lookup.room_id), (status, None));
}

#[rstest]
#[case(page_with(
    r#"{"LiveRoom":{"liveRoomUserInfo":[{"user":{"uniqueId":"ana","roomId":"73"},"liveRoom":{"status":"2"}}]}}"#
))]
#[case(page_with(&json!(json!({"LiveRoom": {"liveRoomUserInfo": {"liveRoom": {"status": 2, "roomId": 73}}}}).to_string()).to_string()))]
#[case(format!("<script>window.SIGI_STATE = JSON.parse({});</script>", json!(json!({"CurrentRoom": {"roomInfo": {"id_str": "73", "status": 2}}}).to_string())))]
#[case(page_with(r#"{"LiveRoom":{"liveRoomUserInfo":{"user":{"uniqueId":"ana","nickname":"cut \ud83d","roomId":"73","status":2},"liveRoom":{"status":2,"startTime":NaN}}}}"#))]
#[case(page_with(r#"{"LiveRoom":{"liveRoomUserInfo":{"liveRoom":{"status":2,"roomId":"73"}}}}"#))]
#[case(page_with(r#"{"LiveRoom":{"liveRoomUserInfo":{}},"CurrentRoom":{"roomInfo":{"roomId":"73","status":2,"ownerInfo":{"uniqueId":"ana"}}}}"#))]
#[case(page_with(r#"{"LiveRoom":{"liveRoomUserInfo":{"liveRoom":{"status":2}}},"CurrentRoom":{"roomId":"73"}}"#))]
#[case(r#"<script>window['SIGI_STATE']={"LiveRoom":{"liveRoomUserInfo":{"user":{"uniqueId":"ana","roomId":"73","status":2}}}};window['X']={}</script>"#.to_owned())]
fn whatever_a_page_says_about_the_room_is_used(#[case] html: String) {
    let lookup = page::read(&host("ana"), &answer(200, html)).unwrap();
    assert_eq!((lookup.status, lookup.room_id), (LiveStatus::Live, Some(RoomId(73))));
}
