//! Tests of `tiktop record`, as a shell sees it. Work without an ffmpeg: then the files are FLV.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use tiktop::sim::{Sim, SimOptions};

use crate::kit::{isolated, pointed_at, sim_with};

async fn sim() -> Sim {
    sim_with(SimOptions { rate: 40.0, rooms: 2, ..SimOptions::default() }).await
}

async fn record(sim: &Sim, home: &Path, args: &[&str]) -> Output {
    let mut program = isolated(home);
    program.arg("record").args(args).args(pointed_at(sim));
    for set in ["transports=['direct']", "record.ffmpeg=/nowhere/ffmpeg", "record.min_free_mb=0"] {
        program.args(["--set", set]);
    }
    program.output().await.unwrap()
}

fn with_ending(folder: &Path, ending: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.to_string_lossy().ends_with(ending))
}

/// Waits until a recording in `folder` has some size.
async fn grows(folder: &Path) {
    let mut look = tokio::time::interval(Duration::from_millis(50));
    let grown = async {
        while with_ending(folder, ".flv")
            .is_none_or(|file| std::fs::metadata(file).is_ok_and(|file| file.len() < 5_000))
        {
            look.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), grown).await.unwrap();
}

#[tokio::test]
async fn a_live_is_recorded_to_its_end_without_a_screen() {
    let sim = sim().await;
    let host = sim.names()[0].clone();
    let home = tempfile::tempdir().unwrap();
    let videos = home.path().join("videos");
    let folder = videos.to_string_lossy().into_owned();
    let args = [host.as_str(), "--json", "--chat", "--quality", "ld", "--dir", &folder];
    let ended = async {
        grows(&videos).await;
        sim.end_live(&host);
    };
    let (output, ()) = tokio::join!(record(&sim, home.path(), &args), ended);
    let lines: Vec<Value> =
        output.stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let types: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(output.status.code(), Some(0), "{lines:?} {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((types.first(), types.last()), (Some(&"start"), Some(&"done")), "{types:?}");
    assert!(types.contains(&"note"), "that there is no ffmpeg is told: {types:?}");
    let info: Value = serde_json::from_slice(&std::fs::read(with_ending(&videos, ".json").unwrap()).unwrap()).unwrap();
    assert_eq!((&info["status"], &info["quality"]), (&"done".into(), &"ld".into()), "{info}");
    assert!(with_ending(&videos, ".chat.jsonl").is_some());
}

#[tokio::test]
async fn a_recording_in_a_folder_of_its_own_is_found_from_what_was_said() {
    let sim = sim().await;
    let host = sim.names()[0].clone();
    let home = tempfile::tempdir().unwrap();
    let videos = home.path().join("elsewhere");
    let said_since = || std::fs::read_to_string(with_ending(&videos, ".chat.jsonl")?).ok();
    let ended = async {
        grows(&videos).await;
        let mut look = tokio::time::interval(Duration::from_millis(50));
        let spoken = async {
            while !said_since().is_some_and(|said| said.contains("\"chat\"")) {
                look.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), spoken).await.unwrap();
        sim.end_live(&host);
    };
    let mut program = isolated(home.path());
    program.current_dir(home.path()).args(["record", &host, "--chat", "--dir", "elsewhere"]).args(pointed_at(&sim));
    for set in ["transports=['direct']", "record.ffmpeg=/nowhere/ffmpeg", "record.min_free_mb=0"] {
        program.args(["--set", set]);
    }
    let (output, ()) = tokio::join!(program.output(), ended);
    assert!(output.unwrap().status.success());
    let found = isolated(home.path()).args(["chat", "kind:chat", "--json", "--limit", "1000"]).output().await.unwrap();
    let lines: Vec<Value> =
        found.stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let files: Vec<_> = lines.iter().filter_map(|line| line["recording"]["file"].as_str()).collect();
    assert!(!files.is_empty(), "{lines:?}");
    let videos = videos.canonicalize().unwrap();
    assert!(files.iter().all(|file| Path::new(file).canonicalize().unwrap().starts_with(&videos)), "{files:?}");
}

#[tokio::test]
async fn who_is_not_live_is_told_by_the_exit_code() {
    let sim = sim().await;
    let host = sim.names()[0].clone();
    sim.end_live(&host);
    let home = tempfile::tempdir().unwrap();
    let output = record(&sim, home.path(), &[&host]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said} {}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("is not live"), "{said}");
    let output = record(&sim, home.path(), &["@nobody.here"]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("TikTok knows no @nobody.here"), "{said}");
}
