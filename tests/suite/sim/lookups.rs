//! Tests of simulated look-ups: names, room info, gifts, the provider.

use prost::Message as _;
use rstest::rstest;
use serde_json::{Value, json};
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::wire::pb;

use super::client::{SOCKET, get, json, methods};
use super::still;
use crate::kit;

#[tokio::test]
async fn the_front_page_hands_out_a_cookie() {
    let sim = still().await;
    let answer = get(&sim, "/").await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("ttwid=1%7C"), "{cookie}");
}

/// The ids of messages that a start of the service has said of its first room before anybody looked, and the id of the live.
async fn ids_of(start: u32) -> (i64, std::collections::BTreeSet<i64>) {
    let options = SimOptions::default().with_age(std::time::Duration::from_secs(60)).with_start(start);
    let sim = Sim::start(options).await.unwrap();
    let name = sim.names()[0].clone();
    let (live, history) = (sim.room_id(&name), sim.recorded_history(&name).unwrap());
    let messages = history.bodies.iter().flat_map(|(_, body)| pb::Response::decode(&body[..]).unwrap().messages);
    (live, messages.map(|message| message.msg_id).collect())
}

#[tokio::test]
async fn another_start_has_lives_and_messages_of_its_own() {
    let (first, second, again) =
        (ids_of(1_790_000_000).await, ids_of(1_790_000_060).await, ids_of(1_790_000_000).await);
    assert!(first.1.len() > 100 && first.0 == again.0);
    assert_ne!(first.0, second.0);
    assert!(first.1.is_disjoint(&second.1));
}

#[rstest]
#[case("/api-live/user/room")]
#[case("/api-live/user/room/")]
#[tokio::test]
async fn a_name_leads_to_a_room(#[case] path: &str) {
    let sim = still().await;
    let name = &sim.names()[0];
    let found = json(&sim, &format!("{path}?uniqueId={}&sourceType=54&aid=1988", name.to_uppercase())).await;
    assert_eq!(found["statusCode"], 0);
    assert_eq!(found["data"]["liveRoom"]["status"], 2);
    assert_eq!(found["data"]["user"]["uniqueId"], json!(name));
    assert_eq!(found["data"]["user"]["roomId"], json!(sim.room_id(name).to_string()));
    let missing = json(&sim, &format!("{path}?uniqueId=nobody.here")).await;
    assert_eq!((&missing["statusCode"], &missing["data"]), (&json!(19_881_007), &Value::Null));
    assert_eq!(missing["message"], "user_not_found");
}

#[tokio::test]
async fn an_offline_room_keeps_its_stale_id_and_addresses() {
    let sim = still().await;
    let late = sim.names()[2].clone();
    let path = format!("/api-live/user/room?uniqueId={late}");
    let before = json(&sim, &path).await;
    assert_eq!(before["data"]["liveRoom"]["status"], 4);
    assert!(before["data"]["liveRoom"]["streamData"]["pull_data"]["stream_data"].as_str().unwrap().contains(".flv"));
    sim.go_live(&late);
    let after = json(&sim, &path).await;
    assert_eq!(after["data"]["liveRoom"]["status"], 2);
    assert_ne!(after["data"]["user"]["roomId"], before["data"]["user"]["roomId"]);
    let old = before["data"]["user"]["roomId"].as_str().unwrap();
    let info = json(&sim, &format!("/webcast/room/info/?room_id={old}")).await;
    assert_eq!(info["data"]["status"], 4);
}

#[tokio::test]
async fn both_pages_hold_their_state_script() {
    let sim = still().await;
    let name = &sim.names()[0];
    for (path, id, pointer) in [
        (format!("/@{name}/live"), "SIGI_STATE", "/LiveRoom/liveRoomUserInfo/user/uniqueId"),
        (
            format!("/@{name}"),
            "__UNIVERSAL_DATA_FOR_REHYDRATION__",
            "/__DEFAULT_SCOPE__/webapp.user-detail/userInfo/user/uniqueId",
        ),
    ] {
        let page = get(&sim, &path).await.text().await.unwrap();
        let state = page.split(&format!("<script id=\"{id}\" type=\"application/json\">")).nth(1).unwrap();
        let state: Value = serde_json::from_str(state.split("</script>").next().unwrap()).unwrap();
        assert_eq!(state.pointer(pointer), Some(&json!(name)));
    }
}

#[tokio::test]
async fn room_info_tells_the_room_and_rounds_numeric_ids() {
    let sim = still().await;
    let room_id = sim.room_id(&sim.names()[0]);
    let info = json(&sim, &format!("/webcast/room/info/?aid=1988&room_id={room_id}")).await;
    let data = &info["data"];
    assert_eq!((&info["status_code"], &data["status"]), (&json!(0), &json!(2)));
    assert_eq!(data["id_str"], json!(room_id.to_string()));
    assert_ne!(data["id"], json!(room_id));
    assert!(data["stream_url"]["flv_pull_url"]["HD1"].as_str().unwrap().starts_with(&sim.base_url()));
    let stream_data = data["stream_url"]["live_core_sdk_data"]["pull_data"]["stream_data"].as_str().unwrap();
    let stream_data: Value = serde_json::from_str(stream_data).unwrap();
    assert!(stream_data["data"]["origin"]["main"]["flv"].as_str().unwrap().contains("_origin.flv"));
    let unknown = json(&sim, "/webcast/room/info/?room_id=5").await;
    assert_ne!(unknown["status_code"], 0);
}

#[tokio::test]
async fn gifts_prices_feed_and_search_answer() {
    let sim = kit::sim_with(SimOptions { rooms: 12, rate: 0.0, ..SimOptions::default() }).await;
    assert!(json(&sim, "/webcast/gift/list/").await["data"]["gifts"].as_array().unwrap().len() >= 10);
    assert!(!json(&sim, "/webcast/wallet_api/fs/diamond/").await["data"].as_array().unwrap().is_empty());
    let (mut rooms, mut next) = (0, String::new());
    loop {
        let page = json(&sim, &format!("/webcast/feed/?channel_id=86{next}")).await;
        rooms += page["data"].as_array().unwrap().len();
        if page["extra"]["has_more"] != json!(true) {
            break;
        }
        next = format!("&max_time={}", page["extra"]["max_time"]);
    }
    assert_eq!(rooms, 11, "all but the late one");
    let found = json(&sim, "/api/search/live/full/?keyword=harbour").await;
    assert_eq!(found["data"].as_array().unwrap().len(), 2);
}

#[rstest]
#[case("/webcast/fetch/?client=ttlive-java&room_id={}")]
#[case("/webcast/fetch?room_id={}")]
#[case("/webcast/rooms/{}/connect")]
#[tokio::test]
async fn the_provider_fetches(#[case] path: &str) {
    let sim = kit::sim(5.0, &[]).await;
    let room_id = sim.room_id(&sim.names()[0]);
    let answer = get(&sim, &path.replace("{}", &room_id.to_string())).await;
    assert!(answer.headers()["x-set-tt-cookie"].to_str().unwrap().contains("ttwid="));
    assert_eq!(answer.headers()["x-room-id"].to_str().unwrap(), room_id.to_string());
    let response = pb::Response::decode(answer.bytes().await.unwrap()).unwrap();
    assert_eq!(response.push_server, format!("{}{SOCKET}", sim.socket_url()));
    assert!(response.route_params.contains_key("wrss") && response.route_params.contains_key("imprp"));
    assert!(response.internal_ext.contains("|next_cursor:") && !response.cursor.is_empty());
    let said = methods(&response);
    assert!(said.contains(&"RoomMessage") && said.contains(&"WebcastRoomUserSeqMessage"), "{said:?}");
    let history = response.messages.iter().filter(|message| message.is_history);
    assert_eq!(history.count(), 6, "the latest comments");
}

#[tokio::test]
async fn a_poll_gets_what_came_since_its_cursor() {
    let sim = still().await;
    let name = sim.names()[0].clone();
    let room_id = sim.room_id(&name);
    let poll = async |cursor: &str| {
        let answer = get(&sim, &format!("/webcast/im/fetch/?room_id={room_id}&cursor={cursor}")).await;
        pb::Response::decode(answer.bytes().await.unwrap()).unwrap()
    };
    let first = poll("").await;
    assert!(poll(&first.cursor).await.messages.is_empty());
    let message = pb::Message { method: "WebcastTestMessage".to_owned(), msg_id: 9, ..pb::Message::default() };
    sim.push(&name, vec![message]);
    assert_eq!(methods(&poll(&first.cursor).await), ["WebcastTestMessage"]);
}

#[tokio::test]
async fn the_old_signer_signs_and_points_at_us() {
    let sim = still().await;
    let signed = json(&sim, "/webcast/sign_url?client=ttlive-node&url=https%3A%2F%2Fwebcast.tiktok.com%2Fwebcast%2Fim%2Ffetch%2F%3Froom_id%3D5").await;
    let url = signed["signedUrl"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/webcast/im/fetch/?room_id=5&", sim.base_url())), "{url}");
}

#[tokio::test]
async fn a_provider_signs_an_address_that_is_posted() {
    let sim = still().await;
    let body = json!({ "url": "http://webcast.tiktok.com/webcast/gift/list/?room_id=5", "method": "GET" });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{}/tiktok/sign_url?client=ttlive-node", sim.base_url())).body(body.to_string());
    let signed: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    let url = signed["response"]["signedUrl"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/webcast/gift/list/?room_id=5&", sim.base_url())), "{url}");
    assert!(signed["response"]["tokens"]["X-Bogus"].is_string());
}

#[rstest]
#[case(SimFault::Provider429, 429, "minute")]
#[case(SimFault::Provider402, 402, "paid")]
#[case(SimFault::Provider403, 403, "ISP")]
#[case(SimFault::Provider500, 500, "TikTok")]
#[case(SimFault::Provider503, 503, "agent")]
#[case(SimFault::ProviderEmpty, 200, "")]
#[tokio::test]
async fn the_provider_refuses_in_its_ways(#[case] fault: SimFault, #[case] status: u16, #[case] says: &str) {
    let sim = kit::sim(0.0, &[fault]).await;
    let path = format!("/webcast/fetch?room_id={}", sim.room_id(&sim.names()[0]));
    let answer = get(&sim, &path).await;
    assert_eq!(answer.status(), status);
    if status == 429 {
        assert_eq!(answer.headers()["retry-after"], "30");
        assert_eq!(answer.headers()["x-ratelimit-reset"], "30");
    }
    let body = answer.text().await.unwrap();
    assert!(body.contains(says) && body.is_empty() == says.is_empty(), "{body}");
    sim.set_faults(Vec::new());
    assert_eq!(get(&sim, &path).await.status(), 200);
}

#[tokio::test]
async fn the_stub_is_short_and_points_nowhere() {
    let sim = kit::sim(0.0, &[SimFault::ProviderStub]).await;
    let answer = get(&sim, &format!("/webcast/fetch?room_id={}", sim.room_id(&sim.names()[0]))).await;
    let body = answer.bytes().await.unwrap();
    assert!((200..320).contains(&body.len()), "{}", body.len());
    assert!(pb::Response::decode(body).unwrap().push_server.starts_with("wss://127.0.0.1:1/"));
}

#[rstest]
#[case(SimFault::Rate429, 429, "rate limited")]
#[case(SimFault::Blocked403, 403, "")]
#[case(SimFault::Captcha, 200, "verify")]
#[case(SimFault::ShellPage, 200, "")]
#[case(SimFault::AgeGate, 200, "4003110")]
#[case(SimFault::WrongAccount, 200, "somebody.else")]
#[tokio::test]
async fn look_ups_are_refused_in_their_ways(#[case] fault: SimFault, #[case] status: u16, #[case] says: &str) {
    let sim = kit::sim(0.0, &[fault]).await;
    let answer = get(&sim, &format!("/api-live/user/room?uniqueId={}", sim.names()[0])).await;
    assert_eq!(answer.status(), status);
    let body = answer.text().await.unwrap();
    assert!(body.contains(says) && body.is_empty() == says.is_empty(), "{body}");
    if fault == SimFault::Captcha {
        assert!(!body.contains("statusCode"));
    }
    if fault == SimFault::ShellPage {
        let page = get(&sim, &format!("/@{}/live", sim.names()[0])).await.text().await.unwrap();
        assert_eq!(page.len(), 1_155);
    }
}

#[tokio::test]
async fn every_request_is_logged() {
    let sim = still().await;
    get(&sim, "/webcast/feed/?x=1").await;
    let requests = sim.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("GET", "/webcast/feed/?x=1"));
    assert_eq!(requests[0].header("host"), Some(sim.addr().to_string().as_str()));
}

#[tokio::test]
async fn it_serves_tls_with_its_own_authority() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sim = kit::sim_with(SimOptions { tls: true, rate: 0.0, ..SimOptions::default() }).await;
    let authority = reqwest::Certificate::from_pem(sim.ca_pem().unwrap().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap();
    let url = format!("{}/api-live/user/room?uniqueId={}", sim.base_url(), sim.names()[0]);
    assert!(url.starts_with("https://") && sim.socket_url().starts_with("wss://"));
    assert_eq!(client.get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_a_stopped_one_is_free() {
    let sim = still().await;
    let port = sim.addr().port();
    let options = || SimOptions { port, rate: 0.0, ..SimOptions::default() };
    assert_eq!(Sim::start(options()).await.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    sim.stop().await;
    Sim::start(options()).await.unwrap().stop().await;
}
