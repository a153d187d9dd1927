//! Tests of the socket: who comes, what they send, what is left behind.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::frozen::{Frozen, live, socket};
use super::*;

async fn served(sim: &Sim, home: &Path) -> Served {
    let names = sim.names();
    let mut args = vec!["serve"];
    args.extend(names.iter().map(String::as_str));
    let served = Served::start(program(sim, home, &args));
    served.prints(&["serving"]).await;
    served
}

#[tokio::test]
async fn attaching_and_leaving_a_hundred_times_costs_no_connection_and_no_signature() {
    let sim = rooms(2).await;
    let home = tempfile::tempdir().unwrap();
    let mut serve = isolated(home.path());
    let names = sim.names();
    serve.args(["serve", &names[0], &names[1]]).args(pointed_at(&sim));
    serve.args([
        "--set",
        "transports=['provider']",
        "--set",
        &format!("providers=[{{name='sim',url='{}'}}]", sim.base_url()),
    ]);
    let mut served = Served::start(serve);
    served.prints(&["serving"]).await;
    let socket = socket(home.path());
    let mut watcher = Frozen::open(&socket).await;
    watcher.until("both rooms are live", live(2)).await;
    let signed = || sim.requests().iter().filter(|request| request.path.contains("/webcast/fetch")).count();
    let (sockets, signatures) = (sim.sockets().opened, signed());
    assert_eq!((sockets, signatures), (2, 2));
    for _ in 0..100 {
        let mut screen = Frozen::open(&socket).await;
        screen.say(&json!({"Attach": {"looks": true}})).await;
        assert_eq!(screen.hear_of("Rooms").await.as_array().unwrap().len(), 2);
        let snapshot = screen.hear_of("Tracked").await;
        assert!(snapshot["Room"][1]["Snapshot"]["chat"].is_object(), "{snapshot}");
    }
    watcher.until("all have left", |status| status["attached"] == 0).await;
    assert_eq!((sim.sockets().opened, signed()), (sockets, signatures));
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ends().await, Some(0), "{}", served.printed());
    assert!(!socket.exists(), "the socket goes with the service");
}

#[tokio::test]
async fn a_snapshot_leaves_out_what_only_the_room_itself_needs_and_events_follow_it() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let _served = served(&sim, home.path()).await;
    let mut screen = Frozen::open(&socket(home.path())).await;
    screen.until("the room is live", live(1)).await;
    screen.say(&json!({"Attach": {}})).await;
    let room = loop {
        let update = screen.hear_of("Tracked").await;
        if let Some(room) = update["Room"][1].get("Snapshot") {
            break room.clone();
        }
    };
    assert_eq!(room["ledger"]["seen"], json!([]), "ids");
    assert_eq!(room["writers"]["known"], json!([]), "writers");
    let events = loop {
        let update = screen.hear_of("Tracked").await;
        if let Some(events) = update["Room"][1].get("Events") {
            break events.clone();
        }
    };
    assert!(events[0]["event"]["at"]["mono"].is_u64() && events[0].get("tally").is_some(), "{events}");
}

#[tokio::test]
async fn a_screen_gets_the_rooms_that_it_names_in_full_and_of_the_others_a_summary() {
    let sim = rooms(2).await;
    let home = tempfile::tempdir().unwrap();
    let socket = socket(home.path());
    // What was counted before the service was last ended, while nobody looked.
    let since = tiktop::clock::Clock::system().now().wall.0 - 41 * 60_000;
    let counted = json!({"counts": {"coins": 312, "won": 1, "follows": 3}, "givers": {"7": [{"safe": "Mia"}, 312]}});
    let kept = json!({(nix::unistd::getuid().to_string()): {"since": since, "rooms": {"ana": counted}, "givers": 1}});
    std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
    std::fs::write(socket.with_file_name("away.json"), kept.to_string()).unwrap();
    let _served = served(&sim, home.path()).await;
    let mut screen = Frozen::open(&socket).await;
    screen.until("the rooms are live", live(2)).await;
    // Before it has said what it looks at, that is the first room.
    screen.say(&json!({"Want": {"full": [], "colour": "red"}})).await;
    screen.say(&json!({"Attach": {}})).await;
    let mut first = None;
    let mut is_summed_up = false;
    let kind = |update: &serde_json::Value| {
        let (room, news) = (update["Room"][0].as_u64(), &update["Room"][1]);
        let kind = news.as_object().and_then(|news| news.keys().next().cloned());
        room.zip(kind)
    };
    while !is_summed_up {
        let update = screen.hear_of("Tracked").await;
        let Some((room, kind)) = kind(&update) else { continue };
        first.get_or_insert((room, kind.clone()));
        match (room, kind.as_str()) {
            (1, "Snapshot" | "Events") => {}
            (2, "Summary") => {
                let summary = &update["Room"][1]["Summary"];
                assert_eq!(summary["phase"]["kind"], "live", "{summary}");
                assert!(summary["stats"]["messages"].is_u64() && summary["viewers"].is_object(), "{summary}");
                is_summed_up = true;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(first, Some((1, "Snapshot".to_owned())), "what is looked at comes first");
    screen.say(&json!({"Want": {"full": [2]}})).await;
    let (mut snapshots, mut events) = (Vec::new(), std::collections::BTreeSet::new());
    let mut first_is_summed_up = false;
    while events.is_empty() || !first_is_summed_up {
        let update = screen.hear_of("Tracked").await;
        match kind(&update) {
            Some((room, kind)) if kind == "Snapshot" => snapshots.push(room),
            Some((room, kind)) if kind == "Events" && !snapshots.is_empty() => _ = events.insert(room),
            Some((1, kind)) if kind == "Summary" => first_is_summed_up = true,
            _ => {}
        }
    }
    assert_eq!((snapshots, events.into_iter().collect::<Vec<_>>()), (vec![2], vec![2]));
    // What one screen says about recordings the others hear; it is told at once to one who comes, with what there was before.
    let mut other = Frozen::open(&socket).await;
    other.say(&json!({"Attach": {"looks": true}})).await;
    let away = other.hear_of("Away").await;
    assert!(away["millis"].as_u64().unwrap() >= 41 * 60_000, "{away}");
    // The rooms went on meanwhile: what was kept is in it, and what came since.
    for (what, kept) in [("coins", 312), ("givers", 1), ("won", 1), ("follows", 3)] {
        assert!(away[what].as_u64().unwrap() >= kept, "{what}: {away}");
    }
    let rooms = away["rooms"].as_array().unwrap();
    assert!(rooms.iter().any(|room| room["top"][0][1].as_u64() >= Some(312)), "{away}");
    screen.say(&json!({"Record": {"SetRule": [2, "live"]}})).await;
    loop {
        let news = other.hear_of("Recorded").await;
        if let Some(rule) = news.get("Rule") {
            assert_eq!((&rule["room"], &rule["rule"]), (&json!(2), &json!("live")));
            break;
        }
    }
}

#[tokio::test]
async fn who_cannot_talk_with_the_service_is_told_who_is_older() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let _served = served(&sim, home.path()).await;
    let socket = socket(home.path());
    let newer = json!({"contract": 99, "oldest": 98, "build": "9.9.9", "colour": "red"});
    let (mut newer, _) = Frozen::hello(&socket, newer).await;
    let words = newer.hear_of("Refused").await.to_string();
    assert!(words.contains("is older than this program (tiktop 9.9.9)") && words.contains("--replace"), "{words}");
    let (mut older, _) = Frozen::hello(&socket, json!({"contract": 0})).await;
    let words = older.hear_of("Refused").await.to_string();
    assert!(words.contains("this program") && words.contains("is older than the service"), "{words}");
    // One that is newer and still speaks ours is served; what it says beyond ours is passed over.
    let (mut both, _) = Frozen::hello(&socket, json!({"contract": 2, "oldest": 1})).await;
    both.say(&json!({"Paint": {"colour": "red"}})).await;
    both.say(&json!({"Ask": {"Paint": "red"}})).await;
    both.say(&json!({"Attach": {"looks": true, "colour": "red"}})).await;
    assert_eq!(both.hear_of("Rooms").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn garbage_half_frames_and_silence_cost_only_the_one_who_sends_them() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let mut served = served(&sim, home.path()).await;
    let socket = socket(home.path());
    let mut good = Frozen::open(&socket).await;
    good.until("the room is live", live(1)).await;
    let mut open = Vec::new();
    for bytes in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\xff\xff\xff\xff", b"\0\0\0\x02{]", b"\0\0\0\x02{}", b"\0\0\0\x04null"]
    {
        let mut bad = Frozen::silent(&socket).await;
        bad.raw(bytes).await;
        bad.hear_of("contract").await;
        assert!(bad.hear_of("Refused").await["safe"].is_string(), "{bytes:?}");
        assert_eq!(bad.hear().await, None, "{bytes:?}");
    }
    for bytes in [&b""[..], b"\0", b"\0\0\x01\0{\"contract\":"] {
        let mut half = Frozen::silent(&socket).await;
        half.raw(bytes).await;
        open.push(half);
    }
    for mut half in open {
        half.hear_of("contract").await;
        assert!(half.hear_of("Refused").await.to_string().contains("within a second"));
    }
    // After the hello too.
    for bytes in [&b"\0\0\0\x03\xff\xfe\xfd"[..], b"\x7f\xff\xff\xff"] {
        let mut bad = Frozen::open(&socket).await;
        bad.raw(bytes).await;
        assert!(bad.hear_of("Refused").await["safe"].is_string());
        assert_eq!(bad.hear().await, None);
    }
    let mut half = Frozen::open(&socket).await;
    half.raw(b"\0\0\xff\xff{").await;
    let mut too_much = Frozen::open(&socket).await;
    let names: Vec<_> = (0..300).map(|number| json!({"Host": format!("user{number}")})).collect();
    too_much.say(&json!({"Ask": {"AddRooms": {"rooms": names}}})).await;
    assert!(too_much.hear_of("Refused").await.to_string().contains("too much"));
    // Orders about rooms that are not there, and what only the service itself may say.
    too_much.say(&json!({"Track": {"Remove": 77}})).await;
    too_much.say(&json!({"Record": {"LiveEnded": 1}})).await;
    too_much.say(&json!({"Record": {"Stop": 77}})).await;
    let status = good.status().await;
    assert_eq!(status["rooms"].as_array().unwrap().len(), 1);
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ends().await, Some(0), "{}", served.printed());
}

#[tokio::test]
async fn a_screen_that_reads_nothing_delays_nobody_and_is_told_what_it_lost() {
    let sim = sim_with(SimOptions { rate: 2_000.0, rooms: 1, ..SimOptions::default() }).await;
    let home = tempfile::tempdir().unwrap();
    let served = served(&sim, home.path()).await;
    let socket = socket(home.path());
    let mut stopped = Frozen::open(&socket).await;
    stopped.until("the room is live", live(1)).await;
    stopped.say(&json!({"Attach": {}})).await;
    let mut other = Frozen::open(&socket).await;
    other.say(&json!({"Attach": {}})).await;
    let pid = served.child.id().unwrap();
    let resident = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default().to_owned();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0)
    };
    let mut heard = 0;
    let mut before = 0;
    // Far more than a socket and an outbox hold.
    while heard < 12_000_000 {
        let update = other.hear_of("Tracked").await;
        heard += update.to_string().len();
        if before == 0 && heard > 4_000_000 {
            before = resident();
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 20_000, "8 MB of news to one who reads and one who does not took {grown} kB");
    let lost = loop {
        let update = stopped.hear_of("Tracked").await;
        if let Some(lost) = update["Room"][1].get("Lagged") {
            break lost.clone();
        }
    };
    assert!(lost["events"].as_object().unwrap().values().any(|count| count.as_u64().unwrap() > 100), "{lost}");
    stopped.say(&json!({"Track": {"Snapshot": 1}})).await;
    loop {
        let update = stopped.hear_of("Tracked").await;
        if update["Room"][1].get("Snapshot").is_some() {
            break;
        }
    }
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced_and_one_that_was_cleaned_away_comes_back() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let mut first = served(&sim, home.path()).await;
    let socket = socket(home.path());
    let folder = socket.parent().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder), mode(&socket)), (0o700, 0o600));
    first.signal(Signal::SIGKILL);
    first.ends().await;
    assert!(socket.exists(), "nobody took it away");
    let mut second = served(&sim, home.path()).await;
    Frozen::open(&socket).await.status().await;

    let mut third = Served::start(program(&sim, home.path(), &["serve"]));
    assert_eq!(third.ends().await, Some(1));
    let words = format!("a service runs already (process {})", second.child.id().unwrap());
    assert!(third.printed().contains(&words), "{}", third.printed());

    std::fs::remove_file(&socket).unwrap();
    until("the socket is bound again", || socket.exists()).await;
    Frozen::open(&socket).await.status().await;
    second.signal(Signal::SIGTERM);
    assert_eq!(second.ends().await, Some(0));
}

#[tokio::test]
async fn the_runtime_folder_of_a_session_makes_no_difference() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let _served = served(&sim, home.path()).await;
    for folder in [None, Some(other.path()), Some(Path::new("/nowhere"))] {
        let mut status = program(&sim, home.path(), &["serve", "--status", "--json"]);
        status.envs(folder.map(|folder| ("XDG_RUNTIME_DIR", folder)));
        let output = status.output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{folder:?} {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn a_path_that_is_too_long_for_a_socket_works_all_the_same() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("x".repeat(100));
    std::fs::create_dir(&deep).unwrap();
    let mut served = served(&sim, &deep).await;
    let output = program(&sim, &deep, &["rooms", "list"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ends().await, Some(0));
}

/// A number that nobody has.
const STRANGER: u32 = 12_345;

#[tokio::test]
async fn another_user_who_is_named_may_look_and_change_nothing() {
    if !nix::unistd::getuid().is_root() {
        eprintln!("SKIPPED: only root can be two users");
        return;
    }
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let mut serve = program(&sim, home.path(), &["serve", &sim.names()[0]]);
    serve.args(["--set", &format!("daemon.readers=['{STRANGER}']")]);
    let served = Served::start(serve);
    served.prints(&["live through direct"]).await;
    let folder = Path::new("/tmp/tiktop-readers-0");
    let socket = folder.join("tiktop.sock");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder), mode(&socket)), (0o711, 0o666));
    // As the owner everything is allowed here too.
    Frozen::open(&socket).await.until("the room is live", live(1)).await;
    let said = as_stranger(&socket, STRANGER).await;
    assert!(said[0]["role"] == "read_only", "{said:?}");
    assert!(said.iter().any(|message| message.get("Status").is_some()), "{said:?}");
    let refused = said.iter().find_map(|message| message.get("Refused")).unwrap().to_string();
    assert!(refused.contains("change nothing"), "{refused}");
    let said = as_stranger(&socket, STRANGER + 1).await;
    assert!(said[0]["Refused"].to_string().contains("has not named you"), "{said:?}");
}

/// What the service says to another user who asks for its status and orders its end.
async fn as_stranger(socket: &Path, uid: u32) -> Vec<serde_json::Value> {
    let me = std::env::current_exe().unwrap();
    let mut child = Command::new(me);
    child.args(["--exact", "serve::socket::a_stranger", "--ignored", "--nocapture"]);
    child.env("STRANGERS_SOCKET", socket).uid(uid).current_dir("/");
    let output = child.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("SAID ")?).ok()).collect()
}

/// The child of the test above.
#[test]
#[ignore = "somebody else, in a process of their own"]
fn a_stranger() {
    use std::io::{Read, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(std::env::var("STRANGERS_SOCKET").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for message in [json!({"contract": 1}), json!({"Ask": "Status"}), json!({"Ask": "Stop"})] {
        let body = message.to_string();
        // One who was turned away already cannot write.
        drop(stream.write_all(&u32::try_from(body.len()).unwrap().to_be_bytes()));
        drop(stream.write_all(body.as_bytes()));
    }
    for _ in 0..3 {
        let mut length = [0; 4];
        if stream.read_exact(&mut length).is_err() {
            break;
        }
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut body).unwrap();
        let mut line = b"\nSAID ".to_vec();
        line.extend(body);
        line.push(b'\n');
        std::io::stdout().write_all(&line).unwrap();
    }
}

#[tokio::test]
async fn a_folder_of_somebody_else_and_a_file_in_the_way_are_one_sentence() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join(".local/state/tiktop/run");
    std::fs::create_dir_all(run.parent().unwrap()).unwrap();
    std::fs::write(&run, "").unwrap();
    let mut refused = Served::start(program(&sim, home.path(), &["serve"]));
    assert_eq!(refused.ends().await, Some(1));
    assert!(refused.printed().contains("is no folder"), "{}", refused.printed());
    std::fs::remove_file(&run).unwrap();
    std::fs::create_dir(&run).unwrap();
    if nix::unistd::chown(&run, Some(nix::unistd::Uid::from_raw(12_345)), None).is_err() {
        eprintln!("SKIPPED: only root can give a folder away");
        return;
    }
    let mut refused = Served::start(program(&sim, home.path(), &["serve"]));
    assert_eq!(refused.ends().await, Some(1));
    let printed = refused.printed();
    assert!(printed.contains("belongs to another user (uid 12345)") && printed.lines().count() == 1, "{printed}");
}
