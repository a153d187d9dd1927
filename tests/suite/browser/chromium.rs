//! Tests of the real program on pages of the simulated service, in Chromium.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tiktop::config::TransportKind;
use tiktop::events::{EventKind, PhaseKind};
use tiktop::ids::RoomKey;
use tiktop::webcast::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command as Process};

use crate::kit::{Rooms, in_time, settings, sim};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A running browser; it ends when dropped.
pub(crate) struct Chromium {
    pub(crate) endpoint: String,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Shows `page`. Nothing where there is no such program.
    pub(crate) async fn start(page: &str) -> Option<Self> {
        let program = program()?;
        let profile = tempfile::tempdir().unwrap();
        let process = Process::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--no-proxy-server", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let port = in_time("the browser starts", port(profile.path())).await;
        Some(Self { endpoint: format!("http://127.0.0.1:{port}"), process, _profile: profile })
    }

    /// What its DevTools answer to a request.
    pub(crate) async fn ask(&self, method: &str, path: &str) -> String {
        let place = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(place).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The browser keeps the connection, so its length is what ends an answer.
        while !complete(&answer) {
            stream.read_buf(&mut answer).await.unwrap();
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Opens another tab.
    async fn open(&self, url: &str) {
        self.ask("PUT", &format!("/json/new?{url}")).await;
    }

    /// Ends it, so that nobody writes into the profile any more when that is removed.
    pub(crate) async fn quit(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Closes the tab that shows `url`.
    async fn close(&self, url: &str) {
        let list = self.ask("GET", "/json/list").await;
        let tabs: serde_json::Value = serde_json::from_str(list.split_once("\r\n\r\n").unwrap().1).unwrap();
        let tab = tabs.as_array().unwrap().iter().find(|tab| tab["url"] == url).expect("the tab is there");
        self.ask("GET", &format!("/json/close/{}", tab["id"].as_str().unwrap())).await;
    }
}

fn complete(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    crate::kit::scripted::header(head, "content-length").is_some_and(|length| body.len() >= length.parse().unwrap())
}

fn program() -> Option<PathBuf> {
    let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let found =
        NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: there is no Chromium here, so what needs a real browser is not tried");
    }
    found
}

/// The port the browser took, once it has written it down.
async fn port(profile: &Path) -> u16 {
    loop {
        let said = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some(Ok(port)) = said.split_once('\n').map(|(port, _)| port.parse()) {
            return port;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_real_browser_brings_the_events_of_its_tabs() {
    let sim = sim(20.0, &[]).await;
    let [page, worker] = [&sim.names()[0], &sim.names()[1]].map(|name| format!("{}/@{name}/live", sim.base_url()));
    let worker = format!("{worker}?player=worker");
    let Some(browser) = Chromium::start(&page).await else { return };
    browser.open(&worker).await;

    let mut settings = settings(&sim, &[TransportKind::Browser]);
    settings.browser.endpoint = browser.endpoint.clone();
    let client = Service::isolated(&settings).unwrap();
    let tabs = async {
        while client.browser().await.unwrap().lives.len() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    in_time("both tabs open", tabs).await;

    let mut rooms = Rooms::unhurried(client);
    for name in &sim.names()[..2] {
        rooms.add(name).await;
    }
    // Ten of each room that only its socket can have brought.
    let mut heard = [0, 0];
    rooms
        .find(|room, kind| {
            let said =
                matches!(kind, EventKind::Chat(_) | EventKind::Like(_) | EventKind::Join(_) | EventKind::Gift(_));
            heard[room.0 as usize - 1] += u32::from(said);
            heard.iter().all(|&count| count >= 10).then_some(())
        })
        .await;
    assert_eq!(sim.sockets().opened, 2, "the page and its worker have the only sockets");

    // A page that loses its socket opens another; what was missed is told.
    sim.drop_sockets();
    let mut gaps = [false, false];
    rooms
        .find(|room, kind| {
            gaps[room.0 as usize - 1] |= matches!(kind, EventKind::Gap(_));
            (gaps == [true, true]).then_some(())
        })
        .await;
    assert_eq!(sim.sockets().opened, 4);

    browser.close(&worker).await;
    let closed =
        rooms.find_phase(|room, phase| room == RoomKey(2) && phase.reason.as_str().contains("was closed")).await;
    assert_eq!(closed.kind, PhaseKind::Reconnecting);
    rooms.finish().await;
    browser.quit().await;
    sim.stop().await;
}
