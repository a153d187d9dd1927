//! Test of the endless FLV.

use bytes::{Buf, BytesMut};
use serde_json::Value;
use tiktop::sim::{Sim, SimFault};

use super::client::{get, json};
use super::still;
use crate::kit;

async fn stream_url(sim: &Sim) -> Value {
    let path = format!("/webcast/room/info/?room_id={}", sim.room_id(&sim.names()[0]));
    json(sim, &path).await["data"]["stream_url"].clone()
}

/// The path of one of our own addresses.
fn path(sim: &Sim, address: &Value) -> String {
    address.as_str().unwrap().strip_prefix(&sim.base_url()).unwrap().to_owned()
}

#[tokio::test]
async fn the_stream_can_be_read_and_its_times_run_forward() {
    let sim = still().await;
    let address = stream_url(&sim).await["flv_pull_url"]["SD1"].clone();
    let mut answer = get(&sim, &path(&sim, &address)).await;
    assert_eq!(answer.headers()["content-type"], "video/x-flv");
    let mut buffer = BytesMut::new();
    while buffer.len() < 13 {
        buffer.extend(answer.chunk().await.unwrap().unwrap());
    }
    assert_eq!(&buffer.split_to(13)[..3], b"FLV");
    let (mut last, mut pictures, mut sounds) = (0, 0, 0);
    while pictures < 10 || sounds < 10 {
        while buffer.len() < 11 || buffer.len() < 15 + size(&buffer) {
            buffer.extend(answer.chunk().await.unwrap().expect("it is endless"));
        }
        let length = size(&buffer);
        let at = u32::from_be_bytes([buffer[7], buffer[4], buffer[5], buffer[6]]);
        assert!(at >= last, "{at} after {last}");
        last = at;
        let (kind, data) = (buffer[0], &buffer[11..11 + length]);
        match (kind, data[1]) {
            (9, 1) => {
                assert!(pictures > 0 || data[0] >> 4 == 1, "the first picture is a keyframe");
                pictures += 1;
            }
            (8, 1) => sounds += 1,
            _ => {}
        }
        buffer.advance(11 + length);
        assert_eq!(buffer.get_u32() as usize, 11 + length);
    }
}

fn size(tag: &[u8]) -> usize {
    u32::from_be_bytes([0, tag[1], tag[2], tag[3]]) as usize
}

#[tokio::test]
async fn an_address_dies_with_its_live() {
    let sim = still().await;
    let address = path(&sim, &stream_url(&sim).await["rtmp_pull_url"]);
    let mut answer = get(&sim, &address).await;
    assert!(answer.chunk().await.unwrap().is_some());
    sim.end_live(&sim.names()[0]);
    while answer.chunk().await.unwrap().is_some() {}
    assert_eq!(get(&sim, &address).await.status(), 404);
}

#[tokio::test]
async fn addresses_can_be_missing() {
    let sim = kit::sim(0.0, &[SimFault::HlsOnly]).await;
    let only_hls = stream_url(&sim).await;
    assert_eq!(only_hls["flv_pull_url"], serde_json::json!({}));
    assert!(only_hls["hls_pull_url"].as_str().unwrap().contains(".m3u8"));
    sim.set_faults(vec![SimFault::NoStream]);
    assert_eq!(stream_url(&sim).await, Value::Null);
}
