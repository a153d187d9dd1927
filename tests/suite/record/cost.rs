//! Cost of a recording beside an ffmpeg that reads the address itself. Not run by itself: it takes a minute, and only a
//! release build and a machine with nothing else to do say anything.
//!
//!     cargo test --release --test suite record::cost -- --ignored --nocapture

use std::process::{Command as Process, Stdio};
use std::time::Duration;

use tiktop::sim::{Sim, SimOptions};

const TIME: Duration = Duration::from_secs(30);

/// Processor time of a process so far, in hundredths of a second.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').map(str::to_owned).collect::<Vec<_>>();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    number(11) + number(12)
}

/// Own memory of a process in kilobytes.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The children of a process.
fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

#[ignore = "measures; see the first lines"]
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_and_an_ffmpeg_that_reads_the_address() {
    let sim = Sim::start(SimOptions { rate: 0.0, rooms: 1, ..SimOptions::default() }).await.unwrap();
    let host = sim.names()[0].clone();
    let dir = tempfile::tempdir().unwrap();
    let mut tiktop = Process::new(env!("CARGO_BIN_EXE_tiktop"));
    tiktop.env("HOME", dir.path()).args(["record", &host, "--json", "--dir"]).arg(dir.path());
    for (option, value) in [
        ("service.site_url", sim.base_url()),
        ("service.webcast_url", sim.base_url()),
        ("service.socket_url", sim.socket_url()),
        ("transports", r#"["direct"]"#.to_owned()),
        ("record.min_free_mb", "0".to_owned()),
    ] {
        tiktop.arg("--set").arg(format!("{option}={value}"));
    }
    let address = format!("{}/stream/{}_hd.flv?expire=9999999999&sign=0", sim.base_url(), sim.room_id(&host));
    let mut tiktop = tiktop.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut ffmpeg = Process::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i", &address, "-c", "copy", "-f", "matroska", "-y"]).arg(dir.path().join("own.mkv"));
    let mut ffmpeg = ffmpeg.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // What it takes to begin is not what is measured.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let writers = children(tiktop.id());
    let ours = || ticks(tiktop.id()) + writers.iter().map(|&pid| ticks(pid)).sum::<u64>();
    let before = (ticks(tiktop.id()), ours(), ticks(ffmpeg.id()));
    tokio::time::sleep(TIME).await;
    let after = (ticks(tiktop.id()), ours(), ticks(ffmpeg.id()));
    let percent = |ticks: u64| ticks as f64 / TIME.as_secs_f64();
    let (own, whole, other) = (percent(after.0 - before.0), percent(after.1 - before.1), percent(after.2 - before.2));
    eprintln!("tiktop {own:.2} %, with its ffmpeg {whole:.2} %; ffmpeg alone {other:.2} %: {:.2} times", whole / other);
    eprintln!("own memory {} KB", memory(tiktop.id()));
    tiktop.kill().unwrap();
    ffmpeg.kill().unwrap();
    tiktop.wait().unwrap();
    ffmpeg.wait().unwrap();
}
