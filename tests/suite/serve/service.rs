//! Tests of `tiktop serve` itself: signals, orders, what returns.

use serde_json::{Value, json};

use super::frozen::{Frozen, live, socket};
use super::*;

async fn run(sim: &Sim, home: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = program(sim, home, args).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn bare(name: &str) -> &str {
    name.trim_start_matches('@')
}

#[tokio::test]
async fn a_service_needs_no_terminal_and_finishes_its_recordings_on_a_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let sim = rooms(2).await;
        let names = sim.names();
        let home = tempfile::tempdir().unwrap();
        let videos = home.path().join("videos");
        let mut serve = program(&sim, home.path(), &["serve", &names[0], &names[1]]);
        serve.args(["--set", "record.when='live'", "--set", &format!("record.dir='{}'", videos.display())]);
        let mut served = Served::start(serve);
        let live: Vec<_> = names.iter().map(|name| format!("@{}: live through direct", bare(name))).collect();
        served.prints(&live.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let grown =
            || with_ending(&videos, ".flv").is_some_and(|file| file.metadata().is_ok_and(|file| file.len() > 5_000));
        until("a recording grows", grown).await;
        served.signal(signal);
        assert_eq!(served.ends().await, Some(0), "{}", served.printed());
        let printed = served.printed();
        // Either room may be the one whose file grew first.
        assert!(printed.contains(": recorded "), "{printed}");
        assert!(printed.trim_end().ends_with("ended"), "{printed}");
        until("no socket is open", || sim.sockets().open == 0).await;
        let info = std::fs::read_to_string(with_ending(&videos, ".json").unwrap()).unwrap();
        assert!(info.contains("\"done\""), "{info}");
    }
}

#[tokio::test]
async fn rooms_return_after_a_kill_and_a_gap_says_how_long_nothing_was_seen() {
    let sim = rooms(2).await;
    let names = sim.names();
    let home = tempfile::tempdir().unwrap();
    let mut first = Served::start(program(&sim, home.path(), &["serve", &names[0]]));
    first.prints(&["live through direct"]).await;
    let (code, said, _) = run(&sim, home.path(), &["rooms", "add", &names[1]]).await;
    assert_eq!(code, Some(0), "{said}");
    let saved = home.path().join(".local/state/tiktop/run/rooms.json");
    let seen = || {
        let list: Value = serde_json::from_slice(&std::fs::read(&saved).unwrap_or_default()).unwrap_or_default();
        list["rooms"].as_array().is_some_and(|rooms| rooms.iter().filter(|room| room["seen"].is_i64()).count() == 2)
    };
    until("both rooms are on disk, in their lives", seen).await;
    first.signal(Signal::SIGKILL);
    first.ends().await;
    let second = Served::start(program(&sim, home.path(), &["serve"]));
    let gaps: Vec<_> = names.iter().map(|name| format!("@{}: missed ", bare(name))).collect();
    second.prints(&[&gaps[0], &gaps[1], "tiktop was not running; back through direct"]).await;
    let mut client = Frozen::open(&socket(home.path())).await;
    client.until("both are live again", live(2)).await;
    client.say(&json!({"Attach": {}})).await;
    let rows = loop {
        let update = client.hear_of("Tracked").await;
        if let Some(room) = update["Room"][1].get("Snapshot") {
            break room["chat"]["entries"].to_string();
        }
    };
    assert!(rows.contains("\"Gap\""), "{rows}");
}

#[tokio::test]
async fn what_was_being_recorded_is_recorded_again_after_a_kill() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let mut first = Served::start(program(&sim, home.path(), &["serve", &sim.names()[0]]));
    first.prints(&["live through direct"]).await;
    let (code, said, errors) = run(&sim, home.path(), &["record", "start", &sim.names()[0]]).await;
    assert_eq!(code, Some(0), "{said} {errors}");
    let saved = home.path().join(".local/state/tiktop/run/rooms.json");
    until("that is on disk", || std::fs::read_to_string(&saved).is_ok_and(|list| list.contains("\"recording\":true")))
        .await;
    first.signal(Signal::SIGKILL);
    first.ends().await;
    let _second = Served::start(program(&sim, home.path(), &["serve"]));
    until("the socket is there", || socket(home.path()).exists()).await;
    let recording = |status: &Value| status["rooms"][0]["recording"]["Running"].is_object();
    let mut client = in_time("the service answers", async {
        loop {
            if tokio::net::UnixStream::connect(socket(home.path())).await.is_ok() {
                break Frozen::open(&socket(home.path())).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    client.until("it is recorded again", recording).await;
}

#[tokio::test]
async fn systemd_is_told_when_the_service_is_ready_and_when_it_ends() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let notify = home.path().join("notify");
    let told = tokio::net::UnixDatagram::bind(&notify).unwrap();
    let mut serve = program(&sim, home.path(), &["serve"]);
    serve.env("NOTIFY_SOCKET", &notify);
    let mut served = Served::start(serve);
    let word = async || {
        let mut buffer = [0; 256];
        let read = in_time("systemd is told", told.recv(&mut buffer)).await.unwrap();
        String::from_utf8_lossy(&buffer[..read]).trim().to_owned()
    };
    assert_eq!(word().await, "READY=1");
    served.signal(Signal::SIGTERM);
    assert_eq!(word().await, "STOPPING=1");
    assert_eq!(served.ends().await, Some(0));
}

#[tokio::test]
async fn a_list_of_rooms_that_was_spoiled_is_told_and_begun_anew() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".local/state/tiktop/run");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rooms.json"), "{\"rooms\":[{\"name\":").unwrap();
    let served = Served::start(program(&sim, home.path(), &["serve", &sim.names()[0]]));
    served.prints(&["cannot be read and is begun anew", "live through direct"]).await;
}

#[tokio::test]
async fn the_commands_ask_the_service_so_that_nothing_connects_twice() {
    let sim = rooms(3).await;
    let names = sim.names();
    let home = tempfile::tempdir().unwrap();
    let (code, _, errors) = run(&sim, home.path(), &["serve", "--status"]).await;
    assert!(code == Some(1) && errors.contains("no service runs"), "{errors}");
    let (code, said, errors) = run(&sim, home.path(), &["serve", "--detach", &names[0]]).await;
    assert_eq!(code, Some(0), "{said} {errors}");
    let mut client = Frozen::open(&socket(home.path())).await;
    client.until("the room is live", live(1)).await;
    assert_eq!(sim.sockets().opened, 1);

    let (code, said, _) = run(&sim, home.path(), &["rooms", "list"]).await;
    assert!(code == Some(0) && said.contains(&format!("@{}", bare(&names[0]))) && said.contains("live"), "{said}");
    let look_ups = || sim.requests().len();
    let before = look_ups();
    let (code, said, _) = run(&sim, home.path(), &["live", &names[0], "--json"]).await;
    assert!(code == Some(0) && said.contains("\"answered_by\":\"service\""), "{said}");
    assert_eq!(look_ups(), before, "nobody else was asked");

    // Events of a room of the service, and of one that is lent for as long, in the shape that was asked for.
    let mut events = program(&sim, home.path(), &["events", &names[0], &names[1], "--fields", "room,type"]);
    let mut events = events.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    let mut waits: Vec<_> = names[..2].iter().map(|name| format!("\"room\":\"@{}\"", bare(name))).collect();
    in_time("both rooms speak", async {
        while let Some(line) = lines.next_line().await.unwrap() {
            assert!(!line.contains("\"v\":"), "{line}");
            waits.retain(|wait| !line.contains(wait));
            if waits.is_empty() {
                break;
            }
        }
    })
    .await;
    client.until("two rooms", live(2)).await;
    assert_eq!(sim.sockets().opened, 2, "one connection a room");
    events.kill().await.unwrap();
    client.until("what was lent is returned", |status| status["rooms"].as_array().unwrap().len() == 1).await;
    // What it does not hand on is refused, and not connected a second time for.
    for option in ["--raw", "--capture", "--feed"] {
        let (code, _, errors) = run(&sim, home.path(), &["events", &names[0], option]).await;
        assert!(code == Some(2) && errors.contains("--alone") && errors.contains("a signature a room"), "{errors}");
    }
    let (code, _, errors) = run(&sim, home.path(), &[&names[0], "--feed=21300"]).await;
    assert!(code == Some(2) && errors.contains("has no feed"), "{errors}");
    assert_eq!(sim.sockets().open, 1);

    let (code, said, errors) = run(&sim, home.path(), &["record", "start", &names[0]]).await;
    assert!(code == Some(0) && said.contains("is being recorded"), "{said} {errors}");
    let recording = |status: &Value| status["rooms"][0]["recording"]["Running"].is_object();
    client.until("it is recorded", recording).await;
    let (code, _, errors) = run(&sim, home.path(), &["record", "start", &names[2]]).await;
    assert!(code == Some(1) && errors.contains("does not watch"), "{errors}");
    let (code, said, _) = run(&sim, home.path(), &["record", "stop", &names[0]]).await;
    assert!(code == Some(0) && said.contains("is being finished"), "{said}");
    client.until("it is whole", |status| status["rooms"][0]["recording"]["Done"].is_object()).await;

    let (code, _, errors) = run(&sim, home.path(), &["serve", "--replace"]).await;
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("costs: 1 room, 1 signature at most"), "{errors}");
    let (code, said, errors) = run(&sim, home.path(), &["serve", "--replace", "--yes", "--detach"]).await;
    assert_eq!(code, Some(0), "{said} {errors}");
    let mut client = Frozen::open(&socket(home.path())).await;
    client.until("the room returned", live(1)).await;

    let (code, said, _) = run(&sim, home.path(), &["rooms", "remove", &names[0], &names[2]]).await;
    assert!(code == Some(1) && said.contains("is watched no longer"), "{said}");
    let (code, said, errors) = run(&sim, home.path(), &["serve", "--stop"]).await;
    assert!(code == Some(0) && said.contains("has ended"), "{said} {errors}");
    assert!(!socket(home.path()).exists());
    let log = std::fs::read_to_string(home.path().join(".local/state/tiktop/run/serve.log")).unwrap();
    assert!(log.contains("serving 1 room") && log.contains("ended"), "{log}");
}

#[tokio::test]
async fn a_service_that_cannot_start_says_why_though_it_has_left_the_shell() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let run_folder = home.path().join(".local/state/tiktop/run");
    std::fs::create_dir_all(run_folder.parent().unwrap()).unwrap();
    std::fs::write(&run_folder, "").unwrap();
    let (code, _, errors) = run(&sim, home.path(), &["serve", "--detach"]).await;
    assert!(code == Some(1) && errors.contains("is no folder"), "{errors}");
}

#[tokio::test]
async fn doctor_sees_the_service() {
    let sim = rooms(1).await;
    let home = tempfile::tempdir().unwrap();
    let found = async |status: &str, words: &str| {
        let (_, said, errors) = run(&sim, home.path(), &["doctor", "--json"]).await;
        let report: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} {said} {errors}"));
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["check"] == "service" && row["subject"] == "answer").unwrap().clone();
        assert!(row["status"] == status && row["words"].as_str().unwrap().contains(words), "{row}");
    };
    found("skipped", "no service runs").await;
    let served = Served::start(program(&sim, home.path(), &["serve"]));
    served.prints(&["serving"]).await;
    found("ok", "process ").await;
    std::fs::remove_file(socket(home.path())).unwrap();
    found("failed", "nothing answers").await;
}

#[test]
fn the_unit_of_systemd_is_right() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib");
    let verify = std::process::Command::new("systemd-analyze").arg("--version").output();
    if verify.is_err() {
        eprintln!("SKIPPED: systemd-analyze is not installed, so the unit was not verified");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let installed = "%h/.cargo/bin/tiktop";
    for name in ["tiktop.service", "tiktop-record@.service"] {
        // The program has to be there, wherever it is installed later.
        let unit = std::fs::read_to_string(units.join(name)).unwrap();
        assert!(unit.contains(installed), "{unit}");
        let file = dir.path().join(name);
        std::fs::write(&file, unit.replace(installed, env!("CARGO_BIN_EXE_tiktop"))).unwrap();
        let mut verify = std::process::Command::new("systemd-analyze");
        // Where nobody has logged in there is no folder of a session, and without one nothing is read.
        let verified =
            verify.args(["verify", "--user"]).arg(&file).env("XDG_RUNTIME_DIR", dir.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&verified.stderr).into_owned();
        if errors.contains("Failed to initialize manager") {
            eprintln!("SKIPPED: systemd-analyze reads no unit here: {errors}");
            return;
        }
        let about_us: Vec<_> = errors.lines().filter(|line| line.contains("tiktop")).collect();
        assert!(verified.status.success() && about_us.is_empty(), "{errors}");
    }
}
