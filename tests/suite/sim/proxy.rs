//! Tests of the simulator's one port for all: TLS, plain HTTP, a proxy with tunnels and without.

use reqwest::StatusCode;
use rstest::rstest;
use tiktop::sim::{Sim, SimOptions};

use crate::kit;

async fn sim(tls: bool) -> Sim {
    kit::sim_with(SimOptions { rate: 0.0, tls, ..SimOptions::default() }).await
}

/// A stranger that trusts the simulator's authority, if it has one.
fn client(sim: &Sim) -> reqwest::ClientBuilder {
    // A provider may be installed already by another test.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let authority = sim.ca_pem().map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    reqwest::Client::builder().no_proxy().tls_certs_only(authority)
}

/// The same, with hosts that are hard-wired and the simulator as its proxy.
fn proxied(sim: &Sim) -> reqwest::Client {
    client(sim).proxy(reqwest::Proxy::all(format!("http://{}", sim.addr())).unwrap()).build().unwrap()
}

#[tokio::test]
async fn one_port_speaks_tls_and_plain_http() {
    let sim = sim(true).await;
    let client = client(&sim).build().unwrap();
    for scheme in ["https", "http"] {
        let answer = client.get(format!("{scheme}://{}/", sim.addr())).send().await.unwrap();
        assert!(answer.headers().contains_key("set-cookie"), "{scheme}: {}", answer.status());
    }
    assert!(sim.base_url().starts_with("https://") && sim.socket_url().starts_with("wss://"));
}

#[rstest]
#[case("https://www.tiktok.com/@ana.live/live")]
#[case("https://webcast.tiktok.com/webcast/gift/list/")]
#[case("https://webcast16-normal-useast1a.tiktok.com/webcast/gift/list/")]
#[case("https://tiktok.eulerstream.com/webcast/rate_limits")]
#[case("http://webcast.tiktok.com/webcast/gift/list/")]
#[tokio::test]
async fn hosts_that_are_hard_wired_are_found_through_the_proxy(#[case] url: &str) {
    let sim = sim(true).await;
    let answer = proxied(&sim).get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.text().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_tunnel_without_tls_of_our_own_carries_plain_http_only() {
    let sim = sim(false).await;
    let client = proxied(&sim);
    assert!(client.get("http://www.tiktok.com/").send().await.unwrap().status().is_success());
    assert!(client.get("https://www.tiktok.com/").send().await.is_err());
}

#[tokio::test]
async fn other_hosts_are_refused_and_nothing_is_passed_on() {
    let sim = sim(true).await;
    let client = proxied(&sim);
    assert_eq!(client.get("http://example.org/").send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert!(client.get("https://example.org/").send().await.is_err(), "the tunnel is refused");
    assert!(client.get("https://nottiktok.com/").send().await.is_err(), "a name that only ends like TikTok's");
    let tunnels = sim.requests().into_iter().filter(|request| request.method == "CONNECT");
    assert_eq!(tunnels.map(|request| request.path).collect::<Vec<_>>(), ["example.org:443", "nottiktok.com:443"]);
}
