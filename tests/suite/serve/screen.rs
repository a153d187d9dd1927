//! Tests of screens on a service, in a real terminal.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc;

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::frozen::{Frozen, live, socket};
use super::*;

/// How long one look waits for news of a terminal, and how many looks there are.
const WAIT: Duration = Duration::from_millis(100);
const WAITS: usize = 2_000;

/// A screen of the program, and its terminal.
struct Screen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
    chunks: mpsc::Receiver<Vec<u8>>,
    terminal: vt100::Parser,
}

impl Screen {
    fn open(home: &Path, sim: &Sim, args: &[&str], (rows, cols): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tiktop"));
        command.args(args);
        command.args(pointed_at(sim));
        command.args(["--set", "transports=['direct']"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIKTOP_") || name.starts_with("XDG_")) {
            command.env_remove(name);
        }
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (sender, chunks) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8_192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let cells = |count| NonZero::new(count).unwrap();
        let terminal = vt100::Parser::new(cells(rows), cells(cols), 0);
        Self { child, keys, _master: pair.master, chunks, terminal }
    }

    fn shows(&mut self, words: &[&str]) {
        for _ in 0..WAITS {
            let contents = self.terminal.screen().contents();
            if words.iter().all(|words| contents.contains(words)) {
                return;
            }
            if let Ok(chunk) = self.chunks.recv_timeout(WAIT) {
                self.terminal.process(&chunk);
            }
        }
        panic!("never showed {words:?}:\n{}", self.terminal.screen().contents());
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn ends(&mut self) {
        for _ in 0..WAITS {
            match self.chunks.recv_timeout(WAIT) {
                Ok(chunk) => self.terminal.process(&chunk),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                // Nobody has the terminal open any more.
                Err(mpsc::RecvTimeoutError::Disconnected) => return drop(self.child.wait().unwrap()),
            }
        }
        drop(self.child.kill());
        panic!("the screen still runs:\n{}", self.terminal.screen().contents());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_come_and_go_each_with_its_size_and_the_rooms_stay() {
    let sim = rooms(2).await;
    let names: Vec<_> = sim.names().iter().map(|name| name.trim_start_matches('@').to_owned()).collect();
    let home = tempfile::tempdir().unwrap();
    let first = format!("@{}", names[0]);
    let mut served = Served::start(program(&sim, home.path(), &["serve", &first]));
    served.prints(&["live through direct"]).await;
    let mut wide = Screen::open(home.path(), &sim, &["attach"], (36, 120));
    wide.shows(&["attached to the service", &names[0]]);
    // With a service running a room is added to it, and the screen says so.
    let second = format!("@{}", names[1]);
    let mut small = Screen::open(home.path(), &sim, &[&second], (24, 80));
    small.shows(&[&names[0], &names[1]]);
    wide.shows(&[&names[1]]);
    let mut client = Frozen::open(&socket(home.path())).await;
    let status =
        client.until("both rooms are live, and two screens", |status| live(2)(status) && status["attached"] == 2).await;
    assert_eq!(status["rooms"].as_array().unwrap().len(), 2);
    // Neither the key to leave nor the one to quit stops anything or asks.
    wide.press("D");
    wide.ends();
    small.press("q");
    small.ends();
    client.until("both have left", |status| status["attached"] == 0).await;
    assert_eq!(sim.sockets().opened, 2);

    // A service that is killed leaves its screens waiting, and they are right again with the next one.
    let mut screen = Screen::open(home.path(), &sim, &["attach"], (36, 120));
    screen.shows(&[&names[0], &names[1]]);
    let saved = home.path().join(".local/state/tiktop/run/rooms.json");
    let both =
        || std::fs::read_to_string(&saved).is_ok_and(|list| names.iter().all(|name| list.contains(name.as_str())));
    until("both rooms are on disk", both).await;
    served.signal(Signal::SIGKILL);
    served.ends().await;
    screen.shows(&["the service has gone"]);
    let mut served = Served::start(program(&sim, home.path(), &["serve"]));
    screen.shows(&["the service is back", &names[0], &names[1]]);
    screen.press("\u{3}");
    screen.ends();
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ends().await, Some(0), "{}", served.printed());
}

/// A service of contract 1 as it was when it was made, with a message that nobody knows and a state that lacks whatever came later.
async fn frozen_service(listener: tokio::net::UnixListener) {
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn say(stream: &mut tokio::net::UnixStream, message: Value) {
        let body = message.to_string();
        stream.write_u32(u32::try_from(body.len()).unwrap()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
    }
    let room = json!({"key": 1, "name": {"safe": "ana.live"}, "phase": "live", "watching": 7});
    while let Ok((mut stream, _)) = listener.accept().await {
        let room = room.clone();
        tokio::spawn(async move {
            say(&mut stream, json!({"contract": 1, "role": "full", "now": {"mono": 5_000_000, "wall": 0}, "pid": 1}))
                .await;
            while let Ok(length) = stream.read_u32().await {
                let mut body = vec![0; length as usize];
                stream.read_exact(&mut body).await.unwrap();
                let message: Value = serde_json::from_slice(&body).unwrap();
                if message["Ask"] == "Status" {
                    say(&mut stream, json!({"Status": {"rooms": [room]}})).await;
                } else if message.get("Attach").is_some() {
                    say(&mut stream, json!({"Painted": "red"})).await;
                    say(&mut stream, json!({"Rooms": [[1, {"safe": "@ana.live"}]]})).await;
                    let title = json!({"title": {"safe": "An old title"}, "stats": {"comments": 3}});
                    say(&mut stream, json!({"Tracked": {"Room": [1, {"Snapshot": title}]}})).await;
                    let strange = json!({"event": {"kind": {"Painted": {}}}});
                    say(&mut stream, json!({"Tracked": {"Room": [1, {"Events": [strange]}]}})).await;
                    say(&mut stream, json!({"Warned": {"safe": "an old warning"}})).await;
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_works_on_an_older_service_that_knows_less() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let socket = socket(home.path());
    std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
    let service = tokio::spawn(frozen_service(tokio::net::UnixListener::bind(&socket).unwrap()));
    let listed = program(&sim, home.path(), &["rooms", "list"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(said.contains("@ana.live") && said.contains("live"), "{said} {}", String::from_utf8_lossy(&listed.stderr));
    let mut screen = Screen::open(home.path(), &sim, &["attach"], (36, 120));
    screen.shows(&["ana.live", "An old title", "an old warning"]);
    screen.press("q");
    screen.ends();
    service.abort();
}
