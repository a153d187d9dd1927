//! Tests on disks that fill up: small ones in memory, mounted in a namespace of the test's own. Skipped, with a word, where the
//! system does not let us mount any.

use std::process::{Command as Process, Stdio};
use std::time::Duration;

use serde_json::Value;
use tiktop::record::{AlertKind, RecorderLimits, RecordingState};

use super::scene::{Ffmpeg, Play, Scene, Then, job, patient};
use super::with_ffmpeg::{Clip, SECONDS, TALL, clip, plays, run};

/// Set for the process that records onto the small disk: where it is.
const DISK: &str = "TIKTOP_TEST_SMALL_DISK";

/// Runs a test of this file again, in a process that sees a disk of so many kilobytes; says whether it could.
fn on_small_disk(test: &str, kilobytes: u32) -> bool {
    let disk = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size={kilobytes}k small \"$0\" && exec \"$@\"");
    let in_namespace =
        |command: &mut Process| command.stdin(Stdio::null()).status().is_ok_and(|status| status.success());
    let unshare = ["unshare", "--map-root-user", "--mount"];
    let can = in_namespace(
        Process::new(unshare[0]).args(&unshare[1..]).args(["sh", "-c", &mount]).arg(disk.path()).arg("true"),
    );
    if !can {
        eprintln!("skipped: the system lets us mount nothing");
        return false;
    }
    let mut process = Process::new(unshare[0]);
    process.args(&unshare[1..]).args(["sh", "-c", &mount]).arg(disk.path()).arg(std::env::current_exe().unwrap());
    process.args(["--exact", &format!("record::disk::{test}"), "--nocapture"]).env(DISK, disk.path());
    assert!(in_namespace(&mut process), "{test} failed on the small disk");
    true
}

/// A clip that goes on for minutes.
fn long(clip: &Clip, minutes: u32) -> Vec<u8> {
    let mut bytes = clip.head.clone();
    for round in 0..minutes * 60 / SECONDS {
        for (at, _, tag) in &clip.tags {
            let mut tag = tag.clone();
            let [high, low @ ..] = (at + round * SECONDS * 1_000).to_be_bytes();
            tag[4..8].copy_from_slice(&[low[0], low[1], low[2], high]);
            bytes.extend(tag);
        }
    }
    bytes
}

/// Records minutes of a clip onto the small disk, until that ends it.
async fn fill(ffmpeg: &'static str, min_free: u64) -> Option<(Scene, RecordingState)> {
    let disk = std::path::PathBuf::from(std::env::var_os(DISK)?);
    let clip = clip(TALL)?;
    // A minute, and more than the disk holds once that a disk that is nearly full was told of.
    let play = Play::new([(long(clip, 1), Then::Wait), (long(clip, 10), Then::Stall)]);
    let go_on = play.go_on();
    let limits = RecorderLimits { min_free, space_every: Duration::from_millis(20), ..patient() };
    let mut scene = Scene::start(job(), play, &Ffmpeg::Program(ffmpeg), limits, |settings| {
        (settings.dir, settings.info) = (disk, true);
    })
    .await;
    let mut told = false;
    loop {
        let state = scene.next().await;
        if matches!(state, RecordingState::Done { .. } | RecordingState::Failed { .. }) {
            assert!(told || min_free == 0, "nothing was said before the end");
            return Some((scene, state));
        }
        told |= state.alert().is_some_and(|alert| alert.kind == AlertKind::Disk);
        if told {
            go_on.cancel();
        }
    }
}

/// What was written plays: seconds, and how many complaints at its very end.
fn plays_to_its_end(file: &std::path::Path) -> f64 {
    let decoded = run("ffmpeg", "-v error -i FILE -f null -", file);
    let complaints = String::from_utf8_lossy(&decoded.stderr).into_owned();
    assert!(decoded.status.success() && complaints.lines().count() <= 5, "{complaints}");
    let line = "-v error -select_streams v:0 -show_entries packet=pts_time -of csv=p=0 FILE";
    let read = run("ffprobe", line, file);
    let text = String::from_utf8_lossy(&read.stdout).into_owned();
    text.lines().filter_map(|line| line.trim_end_matches(',').parse::<f64>().ok()).fold(0.0, f64::max)
}

async fn is_full(ffmpeg: &'static str) {
    let Some((scene, state)) = fill(ffmpeg, 0).await else { return };
    let RecordingState::Failed { reason, file: Some(file) } = state else { panic!("{state:?}") };
    assert!(reason.as_str().contains("is full: make room"), "{reason}");
    let seconds = plays_to_its_end(&file);
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(seconds > 20.0 && size > 1_500_000, "{seconds} s, {size} bytes");
    let info = std::fs::read(file.with_extension("json")).unwrap_or_default();
    if ffmpeg == "ffmpeg" {
        // Half a block at its end is gone, and so there is room to say what happened.
        plays(&file);
        assert_eq!(serde_json::from_slice::<Value>(&info).unwrap()["status"], "failed");
    }
    // On a full disk the description may be the one from before.
    if let Ok(info) = serde_json::from_slice::<Value>(&info) {
        assert!(["failed", "recording"].contains(&info["status"].as_str().unwrap()), "{info}");
    }
    drop(scene);
}

#[tokio::test]
async fn a_disk_that_fills_up_leaves_a_file_that_plays() {
    if std::env::var_os(DISK).is_some() {
        is_full("ffmpeg").await;
    } else if clip(TALL).is_some() {
        on_small_disk("a_disk_that_fills_up_leaves_a_file_that_plays", 2_048);
    }
}

#[tokio::test]
async fn without_ffmpeg_a_disk_that_fills_up_leaves_a_file_that_plays() {
    if std::env::var_os(DISK).is_some() {
        is_full("/nowhere/ffmpeg").await;
    } else if clip(TALL).is_some() {
        on_small_disk("without_ffmpeg_a_disk_that_fills_up_leaves_a_file_that_plays", 2_048);
    }
}

#[tokio::test]
async fn a_recording_stops_before_the_disk_is_full_and_says_so_ahead() {
    const LEFT: u64 = 3_000_000;
    if std::env::var_os(DISK).is_none() {
        if clip(TALL).is_some() {
            on_small_disk("a_recording_stops_before_the_disk_is_full_and_says_so_ahead", 12_000);
        }
        return;
    }
    let Some((scene, state)) = fill("ffmpeg", LEFT).await else { return };
    let RecordingState::Failed { reason, file: Some(file) } = state else { panic!("{state:?}") };
    assert!(reason.as_str().contains("MB are free"), "{reason}");
    let seconds = plays_to_its_end(&file);
    assert!(seconds > 20.0, "{seconds}");
    let free = nix::sys::statvfs::statvfs(file.parent().unwrap()).unwrap();
    assert!(free.blocks_available() * free.fragment_size() > 0, "there is room for the end of the file");
    let info: Value = serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap();
    assert_eq!(info["status"], "failed", "{info}");
    drop(scene);
}
