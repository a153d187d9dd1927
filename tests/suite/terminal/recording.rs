//! Recording from the screen of a real terminal: keys, signals, and a terminal that takes nothing.
//!
//! There need not be an ffmpeg: then the files are FLV, closed in order when their description says `done`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use rstest::rstest;
use serde_json::Value;

use super::{PATIENCE, Seen, open};

/// Opens the demo, which records its room by itself; returns once something is in the file.
fn recording() -> Seen {
    let seen = open(&[
        "demo",
        "--rate",
        "100",
        "--rooms",
        "1",
        "--set",
        "record.ffmpeg=/nowhere/ffmpeg",
        "--set",
        "record.min_free_mb=0",
        "--set",
        "record.when=live",
    ]);
    wait_until(|| {
        info(seen.home.path()).is_some_and(|info| info["parts"].as_array().is_some_and(|parts| !parts.is_empty()))
    });
    seen
}

/// Looks again and again, without a clock of its own.
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let pause = Duration::from_millis(20);
    for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
        if is_so() {
            return;
        }
        let _ = never.recv_timeout(pause);
    }
    panic!("it never came to be");
}

fn with_ending(folder: &Path, ending: &str) -> Option<PathBuf> {
    let (mut folders, mut found) = (vec![folder.to_owned()], None);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found = Some(path);
            }
        }
    }
    found
}

/// What the recording says of itself.
fn info(home: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(with_ending(home, ".json")?).ok()?).ok()
}

/// Checks that the recording was closed in order.
fn assert_whole(home: &Path) {
    let info = info(home).unwrap();
    assert_eq!((&info["status"], &info["reason"]), (&"done".into(), &"stopped".into()), "{info}");
    let mut file = std::fs::File::open(with_ending(home, ".flv").unwrap()).unwrap();
    let mut head = [0; 3];
    file.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"FLV");
    assert_eq!(file.metadata().unwrap().len(), info["parts"][0]["bytes"], "{info}");
}

#[rstest]
#[case(Signal::SIGTERM)]
#[case(Signal::SIGHUP)]
#[case(Signal::SIGINT)]
fn a_signal_ends_a_recording_in_order_though_the_terminal_takes_nothing(#[case] signal: Signal) {
    let seen = recording();
    seen.stop_reading();
    seen.signal(signal);
    assert_whole(seen.assert_ended().path());
}

#[test]
fn an_ffmpeg_at_work_takes_no_key_and_leaves_the_terminal_as_it_is() {
    let mut seen = open(&["demo", "--rate", "0", "--rooms", "1", "--set", "record.min_free_mb=0"]);
    seen.wait_for("── Chat");
    let before = format!("{:?}", seen.master.get_termios());
    seen.press("r");
    wait_until(|| info(seen.home.path()).is_some());
    seen.wait_for("⏺");
    for _ in 0..20 {
        seen.press("?");
        seen.wait_for("┌ Keys");
        seen.press("?");
        seen.wait_for("── Chat");
    }
    assert_eq!(format!("{:?}", seen.master.get_termios()), before);
    seen.press("q");
    seen.wait_for("Finish and quit?");
    seen.press("y");
    let home = seen.assert_ended();
    let info = info(home.path()).unwrap();
    assert_eq!(info["status"], "done", "{info}");
}

#[test]
fn ctrl_z_asks_while_something_is_recorded_and_every_key_is_heard() {
    let mut seen = recording();
    seen.press("\u{1a}");
    seen.wait_for("Suspend?");
    seen.press("n");
    seen.press("?");
    seen.wait_for("┌ Keys");
    seen.press("?");
    seen.press("q");
    seen.wait_for("Finish and quit?");
    seen.press("y");
    assert_whole(seen.assert_ended().path());
}
