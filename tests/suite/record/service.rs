//! Tests of recordings through our own client, from a socket that breaks the way sockets do.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tiktop::config::Settings;
use tiktop::ids::RoomId;
use tiktop::record::{RecorderLimits, RecordingJob, RecordingState};
use tiktop::sim::SimOptions;
use tiktop::webcast::Service;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::scene::{COPY, Ffmpeg, Scene, Then, impatient, job, pictures, stream};
use crate::kit::sim_with;

type Acts = Arc<Mutex<VecDeque<(Vec<u8>, Then)>>>;

/// Serves room info and, one a connection, the acts of a stream.
async fn serve(acts: impl IntoIterator<Item = (Vec<u8>, Then)>) -> Arc<Service> {
    let acts: Acts = Arc::new(Mutex::new(acts.into_iter().collect()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(socket, address, Arc::clone(&acts)));
        }
    });
    client(&format!("http://{address}"), &format!("http://{address}/webcast"))
}

fn client(site: &str, webcast: &str) -> Arc<Service> {
    let mut settings = Settings::default();
    settings.service.site_url = site.into();
    settings.service.webcast_url = webcast.into();
    Service::isolated(&settings).unwrap()
}

async fn answer(socket: TcpStream, address: SocketAddr, acts: Acts) {
    let mut socket = BufReader::new(socket);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if socket.read_line(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let mut socket = socket.into_inner();
    if request.contains("room/info") {
        let status = if acts.lock().unwrap().is_empty() { 4 } else { 2 };
        let streams = format!(r#"{{"flv_pull_url": {{"HD1": "http://{address}/live.flv?sign=secret"}}}}"#);
        let info = format!(r#"{{"status_code": 0, "data": {{"status": {status}, "stream_url": {streams}}}}}"#);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", info.len());
        let _ = socket.write_all(format!("{head}{info}").as_bytes()).await;
        return;
    }
    if request.contains("GET /live.flv") {
        // As a CDN does: another host takes over, and answers with a part of the whole.
        let port = address.port();
        let head = format!("HTTP/1.1 302 Found\r\nlocation: http://localhost:{port}/edge.flv?sign=secret\r\n");
        let _ = socket.write_all(format!("{head}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await;
        return;
    }
    // Look-ups of the host know nothing here; room info is enough.
    let stream = request.contains("GET /edge.flv");
    let act = if stream { acts.lock().unwrap().pop_front() } else { None };
    let Some((bytes, then)) = act.filter(|(_, then)| *then != Then::Refuse) else {
        let refusal = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = socket.write_all(refusal.as_bytes()).await;
        return;
    };
    let _ = socket
        .write_all(b"HTTP/1.1 206 Partial Content\r\ncontent-type: video/x-flv\r\nconnection: close\r\n\r\n")
        .await;
    let _ = socket.write_all(&bytes).await;
    match then {
        // What was sent may be lost with the connection: that is what a reset is.
        Then::Reset => socket.set_zero_linger().unwrap(),
        Then::Stall | Then::FallSilent | Then::Wait => std::future::pending().await,
        Then::End | Then::Refuse => {}
    }
}

/// A socket takes longer than a script, on a busy machine much longer.
fn for_a_socket() -> RecorderLimits {
    RecorderLimits { read: Duration::from_secs(2), ..impatient() }
}

#[tokio::test]
async fn our_client_pulls_one_file_out_of_broken_connections() {
    let refused = (Vec::new(), Then::Refuse);
    let acts = [
        (stream(1, 0, 4_000), Then::End),
        (stream(1, 0, 6_000), Then::Reset),
        refused,
        (stream(1, 3_000, 8_000), Then::Stall),
        (stream(1, 3_000, 9_000), Then::End),
    ];
    let client = serve(acts).await;
    let mut scene = Scene::with(client, &Ffmpeg::Script(COPY), for_a_socket()).await;
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    assert_eq!(pictures(&file), (0..9_000).step_by(40).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_waits_in_the_socket_is_read_at_once_and_not_piece_by_piece() {
    let client = serve([(stream(1, 0, 1_200_000), Then::End)]).await;
    let mut scene = Scene::with(client, &Ffmpeg::Script(COPY), for_a_socket()).await;
    // Two megabytes; at a piece of eight kilobytes ten times a second they would take half a minute.
    let (file, _, _) = tokio::time::timeout(Duration::from_secs(15), scene.done()).await.expect("it keeps up");
    assert_eq!(pictures(&file).len(), 30_000);
}

#[tokio::test]
async fn a_refusal_by_the_service_is_told_without_its_signature() {
    let client = serve(std::iter::repeat_n((Vec::new(), Then::Refuse), 5_000)).await;
    let limits = RecorderLimits { start: Duration::from_millis(700), ..for_a_socket() };
    let mut scene = Scene::with(client, &Ffmpeg::Script(COPY), limits).await;
    let (reason, _) = scene.failure().await;
    assert!(reason.contains("the stream is gone") && !reason.contains("secret"), "{reason}");
}

#[tokio::test]
async fn the_simulated_live_is_recorded_to_its_end() {
    let sim = sim_with(SimOptions { rate: 0.0, rooms: 1, ..SimOptions::default() }).await;
    let host = &sim.names()[0];
    let job = RecordingJob { room_id: RoomId(sim.room_id(host) as u64), ..job() };
    let client = client(&sim.base_url(), &format!("{}/webcast", sim.base_url()));
    let mut scene = Scene::of(job, client, &Ffmpeg::Script(COPY), for_a_socket()).await;
    // A good second of its real time: more than the part that a network keeps for newcomers.
    let mut told = 0;
    while told < 4 {
        told += u32::from(matches!(scene.next().await, RecordingState::Running { bytes: 1.., .. }));
    }
    sim.end_live(host);
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    let pictures = pictures(&file);
    assert!(pictures.len() > 20, "{}", pictures.len());
    assert!(pictures.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 200), "{pictures:?}");
}
