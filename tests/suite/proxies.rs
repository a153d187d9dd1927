//! Tests of TLS with an authority of one's own, and of proxies: one setting for look-ups, sockets and streams, or one for
//! each room.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use rstest::rstest;
use tiktop::clock::Clock;
use tiktop::config::{Secret, Settings, TransportKind};
use tiktop::sim::{Sim, SimOptions};
use tiktop::webcast::{Incoming, Proxies, RoomRef, Secrets, Service, ServiceErrorKind, SignedUrl};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::kit::scripted::read_head;
use crate::kit::sim_with;

struct Tls {
    sim: Sim,
    settings: Settings,
    _folder: tempfile::TempDir,
}

/// The simulated service over TLS, and settings that trust it.
async fn tls() -> Tls {
    let sim = sim_with(SimOptions { tls: true, rate: 100.0, ..SimOptions::default() }).await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, sim.ca_pem().unwrap()).unwrap();
    let mut settings = Settings { transports: vec![TransportKind::Direct], ..Settings::default() };
    settings.service.ca_file = ca_file.display().to_string();
    let mut tls = Tls { settings, _folder: folder, sim };
    tls.point_at(&tls.sim.addr().to_string());
    tls
}

impl Tls {
    fn point_at(&mut self, place: &str) {
        let service = &mut self.settings.service;
        service.site_url = format!("https://{place}");
        service.webcast_url = format!("https://{place}/webcast");
        service.socket_url = format!("wss://{place}/webcast/im/ws_proxy/ws_reuse_supplement/");
        self.settings.cloud.url = format!("wss://{place}");
    }
}

/// Looks a room up, asks about it, opens it, hears a batch, and pulls its stream.
async fn watch(tls: &Tls, client: &Arc<Service>) {
    let name = &tls.sim.names()[0];
    let found = client.look_up(&name.parse().unwrap()).await.unwrap();
    let room_id = found.room_id.unwrap();
    let info = client.room_info(room_id).await.unwrap();
    client.gift_list(room_id).await.unwrap();
    // Only the relay needs the name; the others find a room's proxy by what the look-up has taught.
    let named = tls.settings.transports == [TransportKind::Cloud];
    let room = RoomRef { room_id, unique_id: named.then_some(found.unique_id) };
    let mut opened = client.failover(Clock::system()).unwrap().open(&room, |_| {}).await.unwrap();
    while !matches!(opened.session.next().await.unwrap(), Incoming::Response(batch) if !batch.messages.is_empty()) {}
    // The stream's address is the simulator's own, which the proxy does not know: so it is given the proxy's.
    let mut stream = info.streams[0].clone();
    let mut url = stream.url.reveal().clone();
    let place = url::Url::parse(&tls.settings.service.webcast_url).unwrap();
    url.set_port(place.port()).unwrap();
    stream.url = SignedUrl::new(url);
    let chunk = client.stream(room_id, &stream).await.unwrap().chunk().await.unwrap();
    assert!(chunk.is_some_and(|bytes| bytes.starts_with(b"FLV")));
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_and_a_stranger_is_not() {
    let mut tls = tls().await;
    watch(&tls, &Service::isolated(&tls.settings).unwrap()).await;
    tls.settings.service.ca_file.clear();
    let client = Service::isolated(&tls.settings).unwrap();
    let error = client.look_up(&tls.sim.names()[0].parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ServiceErrorKind::Network);
    assert!(error.to_string().contains("service.ca_file"), "{error}");
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug)]
enum Dialect {
    Connect,
    Socks5,
}

#[rstest]
#[case(Dialect::Connect, "http://me:pass@", TransportKind::Direct)]
#[case(Dialect::Socks5, "socks5://me:pass@", TransportKind::Direct)]
#[case(Dialect::Socks5, "socks5h://me:pass@", TransportKind::Cloud)]
#[case(Dialect::Connect, "http://me:pass@", TransportKind::Poll)]
#[tokio::test]
async fn everything_takes_the_same_proxy(
    #[case] dialect: Dialect,
    #[case] scheme: &str,
    #[case] transport: TransportKind,
    #[values(false, true)] of_the_room: bool,
) {
    let mut tls = tls().await;
    let (place, served) = proxy(dialect, tls.sim.addr()).await;
    if of_the_room {
        let name = format!("@{}", tls.sim.names()[0]);
        tls.settings.proxies.insert(name, format!("{scheme}{place}"));
    } else {
        tls.settings.service.proxy = format!("{scheme}{place}");
    }
    // Nobody listens there: only the proxy knows the way, so that nothing can go around it.
    tls.point_at("127.0.0.1:1");
    tls.settings.transports = vec![transport];
    let secrets = Secrets { cloud_key: Secret::new("k3y"), ..Secrets::default() };
    watch(&tls, &Service::with_proxies(&tls.settings, secrets, Proxies::EvenNear).unwrap()).await;
    assert!(served.load(Ordering::SeqCst) >= 1);
}

/// A proxy program that other people wrote; it ends with the test.
struct Tinyproxy {
    program: Child,
    place: String,
    _folder: tempfile::TempDir,
}

impl Tinyproxy {
    /// Starts it where it is installed. It wants `me` and `pass`, and hands everything to the proxy at `upstream`.
    async fn start(upstream: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let config = format!(
            "Listen 127.0.0.1\nPort {port}\nTimeout 60\nMaxClients 50\nBasicAuth me pass\nConnectPort 1\n\
             Upstream http me:pass@{upstream}\n"
        );
        let file = folder.path().join("tinyproxy.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("tinyproxy");
        command.arg("-d").arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(program) = command.spawn() else {
            eprintln!("SKIPPED: tinyproxy is not installed");
            return None;
        };
        let proxy = Self { program, place: format!("127.0.0.1:{port}"), _folder: folder };
        let up = async {
            while TcpStream::connect(&proxy.place).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), up).await.expect("tinyproxy listens");
        Some(proxy)
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[rstest]
#[case(TransportKind::Direct)]
#[case(TransportKind::Cloud)]
#[case(TransportKind::Poll)]
#[tokio::test]
async fn a_proxy_program_of_others_carries_everything(#[case] transport: TransportKind) {
    let mut tls = tls().await;
    // Only our own proxy knows the way, and only the program leads to it.
    let (place, served) = proxy(Dialect::Connect, tls.sim.addr()).await;
    let Some(program) = Tinyproxy::start(&place).await else { return };
    tls.settings.service.proxy = format!("http://me:pass@{}", program.place);
    tls.point_at("127.0.0.1:1");
    tls.settings.transports = vec![transport];
    let secrets = Secrets { cloud_key: Secret::new("k3y"), ..Secrets::default() };
    watch(&tls, &Service::with_proxies(&tls.settings, secrets, Proxies::EvenNear).unwrap()).await;
    assert!(served.load(Ordering::SeqCst) >= 1);
}

#[tokio::test]
async fn a_room_without_a_proxy_of_its_own_does_not_take_another_rooms() {
    let mut tls = tls().await;
    let (place, served) = proxy(Dialect::Connect, tls.sim.addr()).await;
    let other = format!("@{}", tls.sim.names()[1]);
    tls.settings.proxies.insert(other, format!("http://me:pass@{place}"));
    let client = Service::with_proxies(&tls.settings, Secrets::default(), Proxies::EvenNear).unwrap();
    watch(&tls, &client).await;
    assert_eq!(served.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_proxy_that_refuses_us_is_not_gone_around() {
    let mut tls = tls().await;
    let (place, served) = proxy(Dialect::Connect, tls.sim.addr()).await;
    tls.settings.service.proxy = format!("http://me:wrong@{place}");
    // The simulator itself can be reached, and must not be.
    let client = Service::with_proxies(&tls.settings, Secrets::default(), Proxies::EvenNear).unwrap();
    let error = client.look_up(&tls.sim.names()[0].parse().unwrap()).await.unwrap_err();
    assert!(!error.to_string().contains("wrong"), "{error}");
    assert_eq!((served.load(Ordering::SeqCst), tls.sim.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_stranger_is_trusted_only_under_the_name_that_says_what_it_is() {
    let mut tls = tls().await;
    tls.settings.service.ca_file.clear();
    tls.settings.service.danger_accept_invalid_certs = true;
    watch(&tls, &Service::isolated(&tls.settings).unwrap()).await;
}

#[tokio::test]
async fn this_machine_is_not_reached_through_a_proxy() {
    let mut tls = tls().await;
    let (place, served) = proxy(Dialect::Connect, tls.sim.addr()).await;
    tls.settings.service.proxy = format!("http://{place}");
    watch(&tls, &Service::configured(&tls.settings, Secrets::default()).unwrap()).await;
    assert_eq!(served.load(Ordering::SeqCst), 0);
}

/// A proxy that wants `me` and `pass`, leads every connection to `server`, and counts those it has let through.
async fn proxy(dialect: Dialect, server: SocketAddr) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let served = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let accepted = match dialect {
                    Dialect::Connect => accept_connect(&mut client).await,
                    Dialect::Socks5 => accept_socks(&mut client).await,
                };
                if accepted.is_none() {
                    return;
                }
                counter.fetch_add(1, Ordering::SeqCst);
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (place, served)
}

async fn accept_connect(client: &mut TcpStream) -> Option<()> {
    let head = read_head(client).await?;
    let wanted = base64::engine::general_purpose::STANDARD.encode("me:pass");
    if !head.starts_with("CONNECT 127.0.0.1:1 ") || !head.contains(&wanted) {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await.ok()?;
        return None;
    }
    client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.ok()
}

/// RFC 1928 with the user name and password of RFC 1929, IPv4 targets only.
async fn accept_socks(client: &mut TcpStream) -> Option<()> {
    let methods = take(client, 2).await?[1];
    take(client, methods.into()).await?;
    client.write_all(&[5, 2]).await.ok()?;
    if take(client, 9).await? != b"\x01\x02me\x04pass" {
        return None;
    }
    client.write_all(&[1, 0]).await.ok()?;
    if take(client, 10).await? != [5, 1, 0, 1, 127, 0, 0, 1, 0, 1] {
        return None;
    }
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()
}

async fn take(client: &mut TcpStream, bytes: usize) -> Option<Vec<u8>> {
    let mut taken = vec![0; bytes];
    client.read_exact(&mut taken).await.ok()?;
    Some(taken)
}
