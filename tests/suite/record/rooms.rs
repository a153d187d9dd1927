//! Several rooms recorded at once by the program, from streams that break again and again: nothing is missing but what was not
//! sent, and the memory stays small.
//!
//! Six rooms for an hour are not for every run:
//!
//!     TIKTOP_TEST_MINUTES=60 cargo test --test suite record::rooms -- --ignored --nocapture

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tiktop::sim::{SimFault, SimOptions};
use tokio::time::{Instant, sleep_until};

use super::scene::pictures;
use super::with_ffmpeg;
use crate::kit::{PATIENCE, isolated, pointed_at, sim_with, until};

/// Own memory a recording may take, in kilobytes.
const MEMORY: u64 = 8 << 10;
/// The simulator's streams are out of order for so long, in milliseconds; each connection begins with the keyframe before it.
const OUTAGE: i64 = 3_000;
const GROUP: i64 = 1_400;
/// The longest time to the next try.
const LATE: i64 = 6_000;
/// A host of the simulator pauses for so long, in milliseconds, each seven minutes.
const PAUSE: i64 = 11_000;
const PAUSE_EVERY: u64 = 7 * 60;

/// Own memory of a process in kilobytes.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn with_ending(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found
}

/// Times between pictures that are holes, in milliseconds.
fn gaps(times: &[i64]) -> Vec<i64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap >= 500).collect()
}

/// The times of the pictures in a Matroska file, in milliseconds.
fn packets(file: &Path) -> Vec<i64> {
    let line = "-v error -select_streams v:0 -show_entries packet=pts_time -of csv=p=0 FILE";
    let text = String::from_utf8_lossy(&with_ffmpeg::run("ffprobe", line, file).stdout).into_owned();
    let seconds = text.lines().filter_map(|line| line.trim_end_matches(',').parse::<f64>().ok());
    seconds.map(|at| (at * 1_000.0) as i64).collect()
}

/// Records so many rooms for so long and looks at what came out.
async fn recorded(rooms: usize, time: Duration, ffmpeg: &str) {
    let faults = vec![SimFault::StreamOutage];
    // One of the simulator's hosts is not on air at first.
    // The first outage comes soon.
    let age = Duration::from_secs(6);
    let sim = sim_with(SimOptions { rate: 20.0, rooms: rooms + 1, faults, age, ..SimOptions::default() }).await;
    let names: Vec<_> = sim.names().into_iter().filter(|name| !name.starts_with("quiet.")).collect();
    let home = tempfile::tempdir().unwrap();
    let videos = home.path().join("videos");
    let mut program = isolated(home.path());
    program.arg("record").args(&names).args(["--json", "--dir"]).arg(&videos).args(pointed_at(&sim));
    program.args(["--set", "transports=['direct']", "--set", "record.min_free_mb=0", "--set"]);
    let mut program = program.arg(format!("record.ffmpeg={ffmpeg}")).stdout(Stdio::null()).spawn().unwrap();
    let pid = program.id().unwrap();
    // Rooms connect in turn, on a busy machine late.
    until("all rooms are recorded", || with_ending(&videos, ".json").len() == rooms).await;
    let began = Instant::now();
    let mut most = 0;
    let mut look = Duration::ZERO;
    while look < time {
        look += Duration::from_secs(5).min(time.saturating_sub(look));
        sleep_until(began + look).await;
        most = most.max(memory(pid));
    }
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGTERM).unwrap();
    let ended = tokio::time::timeout(PATIENCE, program.wait()).await.expect("it ends").unwrap();
    assert_eq!(ended.code(), Some(0));
    eprintln!("{rooms} rooms for {time:?}: {} KB a recording", most / rooms as u64);
    assert!(most / (rooms as u64) < MEMORY, "{most} KB for {rooms} rooms");
    let infos = with_ending(&videos, ".json");
    assert_eq!(infos.len(), rooms);
    for info in infos {
        let info: Value = serde_json::from_slice(&std::fs::read(info).unwrap()).unwrap();
        assert_eq!((&info["status"], info["parts"].as_array().unwrap().len()), (&"done".into(), 1), "{info}");
        let file = videos.join(info["parts"][0]["file"].as_str().unwrap());
        let times: Vec<i64> = if file.extension().is_some_and(|ending| ending == "flv") {
            pictures(&file).iter().map(|&at| at.into()).collect()
        } else {
            with_ffmpeg::plays(&file);
            packets(&file)
        };
        let holes: Vec<i64> =
            info["holes"].as_array().unwrap().iter().map(|hole| hole["length_ms"].as_i64().unwrap()).collect();
        let found = gaps(&times);
        assert_eq!(found.len(), holes.len(), "{found:?} in {}, which names {holes:?}", file.display());
        for (found, told) in found.iter().zip(&holes) {
            assert!((found - told).abs() < 200, "{found} ms are missing, {told} are told");
            assert!((OUTAGE - GROUP - 200..PAUSE + OUTAGE + LATE).contains(found), "{found} ms are missing");
        }
        let pauses = time.as_secs() / PAUSE_EVERY;
        let long = found.iter().filter(|gap| **gap >= OUTAGE + LATE).count() as u64;
        assert!(long <= pauses, "{found:?}");
        // An outage each thirteen seconds; one or two of them fall into a pause.
        let outages = (time + age).as_secs() / 13;
        assert!(found.len() as u64 + 1 + 2 * pauses >= outages, "{found:?}");
        let length = times.last().unwrap() - times.first().unwrap();
        let expected = time.as_millis() as i64;
        assert!((expected - 20_000..expected + 120_000).contains(&length), "{length} ms of {expected}");
    }
}

#[tokio::test]
async fn three_rooms_at_once_lose_what_was_not_sent_and_nothing_else() {
    recorded(3, Duration::from_secs(23), "/nowhere/ffmpeg").await;
}

#[ignore = "takes as long as is wanted; see the first lines"]
#[tokio::test]
async fn six_rooms_for_as_long_as_is_wanted() {
    let minutes = std::env::var("TIKTOP_TEST_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(60);
    let ffmpeg = if with_ffmpeg::is_there() { "ffmpeg" } else { "/nowhere/ffmpeg" };
    recorded(6, Duration::from_secs(minutes * 60), ffmpeg).await;
}
