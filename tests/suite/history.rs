//! History of the whole program: what `events` keeps is what its lines say, also when it is killed again and again.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tiktop::sim::{Sim, SimOptions};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::kit::{isolated, pointed_at, text};

/// Runs a command of the history; what it printed as JSON.
async fn asked(home: &Path, args: &[&str]) -> Value {
    let output = isolated(home).args(args).output().await.unwrap();
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {}", text(&output.stdout)))
}

/// Watches a room until so many lines came, and ends it by a signal; the lines.
async fn watched(home: &Path, sim: &Sim, args: &[&str], lines: usize, kill: bool) -> Vec<Value> {
    let mut program = isolated(home);
    program.arg("events").arg(&sim.names()[0]).args(pointed_at(sim)).args(args);
    program.args(["--set", "transports=[\"direct\"]"]);
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut read = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = Vec::new();
    while let Some(line) = read.next_line().await.unwrap() {
        seen.push(serde_json::from_str(&line).unwrap());
        if seen.len() == lines {
            if kill {
                child.start_kill().unwrap();
            } else {
                let pid = nix::unistd::Pid::from_raw(child.id().unwrap().try_into().unwrap());
                nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
            }
        }
    }
    child.wait().await.unwrap();
    seen
}

async fn sim() -> Sim {
    Sim::start(SimOptions { rooms: 1, rate: 40.0, seed: 5, ..SimOptions::default() }).await.unwrap()
}

fn sum(lines: &[Value], kind: &str, of: &str) -> u64 {
    lines.iter().filter(|line| line["type"] == kind).filter_map(|line| line[of].as_u64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_what_the_lines_say() {
    let (home, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let lines = watched(home.path(), &sim, &[], 400, false).await;
    let lives = asked(home.path(), &["lives", "--json"]).await;
    let live = &lives["lives"][0];
    let said = |line: &&Value| matches!(line["type"].as_str(), Some("chat" | "emote")) && line["history"] == false;
    // A signal may come before what is on its way was printed: the history has all of it.
    assert!(live["chats"].as_u64().unwrap() >= lines.iter().filter(said).count() as u64, "{live}");
    assert!(live["gifts"].as_u64().unwrap() >= sum(&lines, "gift", "added"), "{live}");
    assert_eq!(live["handle"].as_str(), Some(sim.names()[0].trim_start_matches('@')));
    let words = isolated(home.path()).arg("report").output().await.unwrap();
    assert!(text(&words.stdout).contains("comments"), "{}", text(&words.stdout));
    let people = asked(home.path(), &["people", "--json"]).await;
    let people = people["people"].as_array().unwrap();
    assert!(people.len() > 5);
    // Who several may be is asked, with what each can be named by.
    let refused = isolated(home.path()).args(["people", "", "--note", "sings", "--limit", "3"]).output().await.unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stdout));
    assert!(text(&refused.stderr).contains("several people fit"), "{}", text(&refused.stderr));
    let is_listed = |person: &&Value| text(&refused.stdout).contains(person["id"].as_str().unwrap());
    let listed: Vec<_> = people.iter().filter(is_listed).collect();
    assert_eq!(listed.len(), 3, "{}", text(&refused.stdout));
    assert!(listed.iter().all(|person| text(&refused.stdout).contains(person["handle"].as_str().unwrap())));
    // The same from the history alone.
    let id = live["live"].as_str().or(live["id"].as_str()).unwrap();
    let again = isolated(home.path()).args(["replay", "--json", "--history", id]).output().await.unwrap();
    assert!(again.status.success(), "{}", text(&again.stderr));
    let again: Vec<Value> = text(&again.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(sum(&again, "gift", "added"), live["gifts"].as_u64().unwrap());
    assert_eq!(again.iter().filter(said).count() as u64, live["chats"].as_u64().unwrap());
    let nobody = isolated(home.path()).args(["replay", "--json", "--history", "@nobody"]).output().await.unwrap();
    assert!(!nobody.status.success() && text(&nobody.stderr).contains("tiktop lives"), "{}", text(&nobody.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_for_a_screen_reader_keep_a_history_and_take_marks() {
    use tokio::io::AsyncWriteExt;
    let (home, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let mut program = isolated(home.path());
    program.args(["--linear", &sim.names()[0], "--set", "transports=[\"direct\"]"]).args(pointed_at(&sim));
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut typed = child.stdin.take().unwrap();
    let mut read = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut seen, mut marked) = (0, false);
    while let Some(line) = read.next_line().await.unwrap() {
        seen += 1;
        if seen == 30 {
            typed.write_all(b"mark a goal\n").await.unwrap();
        }
        if line.starts_with("marked: ") {
            marked = true;
            typed.write_all(b"quit\n").await.unwrap();
        }
    }
    assert!(child.wait().await.unwrap().success() && marked);
    let moments = asked(home.path(), &["moments", "--json", "--by", "hand"]).await;
    assert_eq!(moments["moments"][0]["note"], "a goal", "{moments}");
    let lives = asked(home.path(), &["lives", "--json"]).await;
    assert!(lives["lives"][0]["chats"].as_u64().unwrap() > 0, "{lives}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_where_nobody_wants_it() {
    let (home, sim) = (tempfile::tempdir().unwrap(), sim().await);
    watched(home.path(), &sim, &["--no-history"], 50, false).await;
    watched(home.path(), &sim, &["--set", "history.keep=off"], 50, false).await;
    let status = asked(home.path(), &["history", "status", "--json"]).await;
    assert_eq!(status["exists"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_loses_nothing_that_a_capture_does_not_bring_back() {
    let quick = SimOptions { rooms: 1, rate: 150.0, seed: 5, ..SimOptions::default() };
    let (home, sim) = (tempfile::tempdir().unwrap(), Sim::start(quick).await.unwrap());
    for round in 0..3 {
        watched(home.path(), &sim, &["--capture"], 120 + round * 37, true).await;
    }
    let captures = home.path().join(".local/state/tiktop/captures");
    let mut runs: Vec<_> = std::fs::read_dir(&captures).unwrap().map(|run| run.unwrap().path()).collect();
    runs.retain(|run| run.is_dir());
    runs.sort();
    let checked = isolated(home.path()).args(["history", "check"]).output().await.unwrap();
    assert!(checked.status.success(), "{}", text(&checked.stdout));
    let import = |into: &'static str, runs: Vec<std::path::PathBuf>| {
        let dir = format!("history.dir={}", home.path().join(into).display());
        let mut program = isolated(home.path());
        program.args(["history", "import"]).args(runs).args(["--set", &dir]);
        (program, dir)
    };
    // The kept history, filled up; and one that is made of the captures alone.
    let mut sums = Vec::new();
    for into in [".local/state/tiktop/history", "anew"] {
        for _ in 0..2 {
            let (mut program, _) = import(into, runs.clone());
            let done = program.output().await.unwrap();
            assert!(done.status.success(), "{}", text(&done.stderr));
        }
        let (_, dir) = import(into, Vec::new());
        let mut live = asked(home.path(), &["lives", "--json", "--set", &dir]).await["lives"][0].take();
        // Told by look-ups that no capture holds, or by the clock.
        for changing in [
            "first_at",
            "last_at",
            "ended",
            "watched_ms",
            "gap_ms",
            "gaps",
            "peak",
            "average",
            "total_viewers",
            "likes_reported",
        ] {
            live.as_object_mut().unwrap().remove(changing);
        }
        sums.push(live);
    }
    assert_eq!(sums[0], sums[1]);
}
