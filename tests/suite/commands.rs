//! Tests of the commands that ask one question, as a shell sees them: what they print, and their exit codes.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rstest::rstest;
use serde_json::{Value, json};
use tiktop::sim::{Sim, SimFault, SimOptions};

use crate::kit::{in_time, isolated, pointed_at, sim_with, text};

async fn sim(faults: &[SimFault]) -> Sim {
    sim_with(SimOptions { rate: 0.0, rooms: 12, faults: faults.to_vec(), ..SimOptions::default() }).await
}

/// Runs the program against the simulator, away from the user's own settings.
async fn asked(sim: &Sim, args: &[&str]) -> Output {
    asked_in(tempfile::tempdir().unwrap().path(), sim, args).await
}

/// The same with a home folder to look into; all requests are logged there.
async fn asked_in(home: &Path, sim: &Sim, args: &[&str]) -> Output {
    program(home, sim, args).output().await.unwrap()
}

fn program(home: &Path, sim: &Sim, args: &[&str]) -> tokio::process::Command {
    let mut program = isolated(home);
    program.env("TIKTOP_LOG", "tiktop::requests=trace").args(args).args(pointed_at(sim));
    program.args(["--set", "service.timeout_seconds=5"]);
    program
}

async fn object(sim: &Sim, args: &[&str]) -> Value {
    let output = asked(sim, args).await;
    assert_eq!(text(&output.stderr), "");
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["v"], 1);
    object
}

#[rstest]
#[case(&["info", "@ana.live"], &["user ", "@ana.live", "live ", "title "])]
#[case(&["gifts"], &["gift ", "Rose ", "Lion "])]
#[case(&["gifts", "@ana.live"], &["Rose "])]
#[case(&["prices"], &["coins", "70", "1.05", "0.97 EUR"])]
#[case(&["feed", "--pages", "2"], &["host ", "@ana.live", "@oma.bakt2"])]
#[case(&["search", "harbour"], &["host ", "@ana.live", "@ana.live2"])]
#[tokio::test]
async fn people_read_columns(#[case] args: &[&str], #[case] says: &[&str]) {
    let output = asked(&sim(&[]).await, args).await;
    let out = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert!(says.iter().all(|word| out.contains(word)), "{out}");
    assert!(out.lines().all(|line| line == line.trim_end()), "{out}");
}

#[tokio::test]
async fn programs_read_objects() {
    let sim = sim(&[]).await;
    let room = sim.room_id("ana.live").to_string();
    let info = object(&sim, &["info", "ana.live", "--json"]).await;
    assert_eq!((&info["user"]["videos"], &info["room"]["room_id"]), (&json!(64), &json!(room)));
    let info = object(&sim, &["info", &room, "--json"]).await;
    assert_eq!((&info["user"]["unique_id"], &info["room"]["status"]), (&json!("ana.live"), &json!("live")));
    let live = object(&sim, &["live", "--json", "quiet.nora"]).await;
    assert_eq!((&live["live"], &live["watching"], &live["status"]), (&json!(false), &Value::Null, &json!("offline")));
    let gifts = object(&sim, &["gifts", "--json"]).await;
    assert_eq!(gifts["gifts"].as_array().unwrap().len(), 20, "each once");
    assert_eq!(object(&sim, &["prices", "--json"]).await["packs"][0]["usd_cents"], 105);
    let feed = object(&sim, &["feed", "--json"]).await;
    assert_eq!((feed["rooms"].as_array().unwrap().len(), &feed["has_more"]), (6, &json!(true)));
    assert_eq!(object(&sim, &["search", "harbour", "--json"]).await["rooms"][0]["unique_id"], "ana.live");
}

#[rstest]
#[case(&["ana.live"], 0)]
#[case(&["quiet.nora"], 1)]
#[case(&["quiet.nora", "@ana.live"], 0)]
#[case(&["nobody.here"], 2)]
#[case(&["nobody.here", "ana.live"], 0)]
#[tokio::test]
async fn the_exit_code_says_who_is_live(#[case] names: &[&str], #[case] code: i32) {
    let args: Vec<_> = ["live"].iter().chain(names).copied().collect();
    assert_eq!(asked(&sim(&[]).await, &args).await.status.code(), Some(code));
}

#[rstest]
#[case(&[], &["info", "@nobody.here"], "TikTok knows no @nobody.here", 1)]
#[case(&[], &["gifts", "not a name"], "is not a TikTok name", 2)]
#[case(&[], &["live", "not a name"], "is not a TikTok name", 2)]
#[case(&[], &["prices", "--set", "screen.fps=61"], "takes 0 to 60", 2)]
#[case(&[], &["live", "@ana.live", "--config", "/nowhere/config.toml"], "no such config file", 2)]
#[case(&[SimFault::Blocked403], &["feed"], "refuses this network", 1)]
#[case(&[SimFault::Rate429], &["info", "@ana.live"], "wait 30 s", 2)]
#[case(&[SimFault::Captcha], &["info", "@ana.live"], "captcha", 2)]
#[case(&[SimFault::Captcha], &["live", "@ana.live"], "captcha", 2)]
#[case(&[SimFault::Blocked403], &["gifts", "7300000000000000001"], "refuses this network", 2)]
#[case(&[], &["gifts", "@nobody.here"], "TikTok knows no @nobody.here", 1)]
#[case(&[], &["info", "https://vm.tiktok.com/ZM123abc/"], "is a short link", 2)]
#[tokio::test]
async fn what_cannot_be_told_is_one_sentence(
    #[case] faults: &[SimFault],
    #[case] args: &[&str],
    #[case] says: &str,
    #[case] code: i32,
) {
    let output = asked(&sim(faults).await, args).await;
    let err = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(code), ""));
    assert!(err.contains(says) && err.lines().count() == 1, "{err}");
}

/// Control bytes as they may stand in a file's name or in an argument: of a title, a colour, eight bits, a direction.
const HOSTILE: &str = "x\u{1b}]0;t\u{7}\u{1b}[31m\u{9b}2J\u{202e}\u{90}q";

#[rstest]
#[case(&["live", HOSTILE])]
#[case(&["info", HOSTILE])]
#[case(&["info", "https://www.tiktok.com/\u{1b}[31m"])]
#[case(&["gifts", HOSTILE])]
#[case(&["events", HOSTILE])]
#[case(&["record", HOSTILE])]
#[case(&["watch", HOSTILE])]
#[case(&[HOSTILE])]
#[case(&["decode", HOSTILE])]
#[case(&["replay", HOSTILE])]
#[case(&["replay", "--speed", HOSTILE, "x"])]
#[case(&["search", HOSTILE])]
#[case(&["sim", "--fault", HOSTILE])]
#[case(&["sim", HOSTILE])]
#[case(&["demo", HOSTILE])]
#[case(&["browser", HOSTILE])]
#[case(&["doctor", HOSTILE])]
#[case(&["feed", "--pages", HOSTILE])]
#[case(&["help", HOSTILE])]
#[case(&["config", HOSTILE])]
#[case(&["config", "path"])]
#[case(&["config", "print"])]
#[case(&["config", "check"])]
#[case(&["config", "check", "--config", HOSTILE])]
#[case(&["config", "check", "--set", HOSTILE])]
#[case(&["config", "check", "--set", "record.dir='\u{1b}[31m'"])]
#[case(&["config", "check", "--set", "service.proxy='\u{1b}[31m'"])]
#[case(&["config", "check", "--set", "\u{9b}31m=1"])]
#[case(&["live", "ana.live", "--set", "keys.quit='\u{1b}[31m'"])]
#[case(&["purge"])]
#[tokio::test]
async fn nothing_that_is_printed_holds_control_bytes(#[case] args: &[&str]) {
    let (sim, home) = (sim(&[]).await, tempfile::tempdir().unwrap());
    let home = home.path().join(HOSTILE);
    std::fs::create_dir_all(home.join("tiktop")).unwrap();
    std::fs::write(home.join("tiktop/config.toml"), "# mine\n").unwrap();
    let mut program = program(&home, &sim, args);
    for folder in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_VIDEOS_DIR"] {
        program.env(folder, &home);
    }
    let output = in_time("it ends", program.stdin(Stdio::null()).output()).await.unwrap();
    for printed in [text(&output.stdout), text(&output.stderr)] {
        let raw = printed.chars().find(|&c| c != '\n' && tiktop::text::must_escape(c));
        assert_eq!(raw, None, "{printed:?}");
    }
    assert!(!output.stdout.is_empty() || !output.stderr.is_empty() || args == ["purge"], "silence");
}

#[tokio::test]
async fn events_do_not_wait_for_somebody_who_does_not_exist() {
    let sim = sim(&[]).await;
    for args in [
        &["events", "@nobody.here"][..],
        &["events", "nobody.here", "no.one.else"],
        &["events", "--once", "nobody.here"],
    ] {
        let output = in_time("it ends", asked(&sim, args)).await;
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains("TikTok knows no @nobody.here"), "{err}");
    }
}

#[tokio::test]
async fn who_does_not_exist_is_told_and_the_others_go_on() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let (sim, home) = (sim(&[]).await, tempfile::tempdir().unwrap());
    let mut process = program(home.path(), &sim, &["events", "@nobody.here", "@ana.live"]);
    let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let waited = async {
        let told = told.next_line().await.unwrap().unwrap();
        while !lines.next_line().await.unwrap().unwrap().contains(r#""phase":"live""#) {}
        told
    };
    assert!(in_time("the other room is live", waited).await.contains("TikTok knows no @nobody.here"));
    assert_eq!(child.try_wait().unwrap(), None, "the other room goes on");
    child.kill().await.unwrap();
}

#[cfg(target_os = "linux")]
#[rstest]
#[case(&["live", "ana.live"])]
#[case(&["live", "--json", "ana.live"])]
#[case(&["info", "ana.live"])]
#[case(&["gifts"])]
#[case(&["prices"])]
#[case(&["feed"])]
#[case(&["search", "harbour"])]
#[case(&["events", "ana.live"])]
#[case(&["config", "print"])]
#[case(&["config", "print", "--example"])]
#[case(&["config", "path"])]
#[case(&["config", "check"])]
#[case(&["doctor"])]
#[case(&["browser"])]
#[case(&["sim", "--fault", "list"])]
#[case(&["--help"])]
#[case(&["--version"])]
#[tokio::test]
async fn output_that_cannot_be_written_ends_with_1(#[case] args: &[&str]) {
    let (sim, home) = (sim(&[]).await, tempfile::tempdir().unwrap());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut process = program(home.path(), &sim, args);
    let output = in_time("it ends", process.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output())
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output.stderr));
}

/// With three for the standard streams and what the runtime takes, up to 9 leave none for a connection.
#[cfg(unix)]
#[rstest]
#[case(5)]
#[case(6)]
#[case(7)]
#[case(8)]
#[case(9)]
#[tokio::test]
async fn being_out_of_files_is_said_as_that(#[case] limit: u32) {
    let (sim, home) = (sim(&[]).await, tempfile::tempdir().unwrap());
    let mut process = tokio::process::Command::new("sh");
    process.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_tiktop")]);
    process.env("HOME", home.path()).args(["live", "@ana.live"]).args(pointed_at(&sim)).kill_on_drop(true);
    let output = process.output().await.unwrap();
    let err = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{err}");
    assert!(err.contains("open no more files") && err.contains("ulimit -n") && err.lines().count() == 1, "{err}");
}

#[tokio::test]
async fn requests_are_logged_with_bodies_and_without_what_opens_something() {
    let (home, sim) = (tempfile::tempdir().unwrap(), sim(&[]).await);
    asked_in(home.path(), &sim, &["info", "@ana.live"]).await;
    let log = find(home.path(), "tiktop.log").expect("there is a log");
    let told = std::fs::read_to_string(log).unwrap();
    for part in ["GET 127.0.0.1", "/webcast/room/info/: HTTP 200", "painting the harbour", ".flv?…"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains("sign=") && !told.contains("?room_id="), "{told}");
}

/// The file of that name somewhere under a folder: where state is kept differs from system to system.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    { entries }.find_map(|path| if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) })
}
