//! Tests of `tiktop doctor` against the simulated service: the real program, its rows, its last sentence, and whom it
//! blames.

use std::process::Stdio;

use rstest::rstest;
use serde_json::Value;
use tiktop::sim::{Sim, SimFault};
use tokio::process::Command;

use crate::kit::{pointed_at, sim};

/// A key that must never be printed.
const KEY: &str = "euler_s3cret_0123456789";

/// A folder of its own instead of the person's home, so that no setting of theirs is seen.
struct Patient {
    sim: Sim,
    home: tempfile::TempDir,
}

/// What the program said.
struct Said {
    code: i32,
    out: String,
}

impl Patient {
    async fn with(faults: &[SimFault]) -> Self {
        Self { sim: sim(200.0, faults).await, home: tempfile::tempdir().unwrap() }
    }

    async fn examined(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiktop"));
        command.arg("doctor").env_clear().env("HOME", self.home.path()).env("LC_ALL", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TIKTOP_TEST_KEY", KEY);
        let url = self.sim.base_url();
        let provider = format!("providers=[{{ name = \"euler\", url = \"{url}\", key_env = \"TIKTOP_TEST_KEY\" }}]");
        command.args(pointed_at(&self.sim)).args(["--set", &provider]);
        // What comes last wins.
        let output = command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(!out.contains(KEY) && !String::from_utf8_lossy(&output.stderr).contains(KEY), "the key is printed");
        Said { code: output.status.code().unwrap(), out }
    }

    async fn report(&self, room: usize) -> (i32, Value) {
        let name = format!("@{}", self.sim.names()[room]);
        let said = self.examined(&[&name, "--json"]).await;
        (said.code, serde_json::from_str(&said.out).unwrap())
    }
}

fn row<'a>(report: &'a Value, check: &str, subject: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["check"] == check && row["subject"] == subject).unwrap_or(&Value::Null)
}

/// Without ffmpeg on this machine one row fails that no fault of the service explains.
fn has_ffmpeg(report: &Value) -> bool {
    row(report, "ffmpeg", "ffmpeg")["status"] == "ok"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_service_is_told_row_by_row() {
    let patient = Patient::with(&[]).await;
    let (code, report) = patient.report(0).await;
    for (check, subject) in [
        ("config", "settings"),
        ("reach", "127.0.0.1"),
        ("clock", "clock"),
        ("look-up", "api-live"),
        ("look-up", "live page"),
        ("look-up", "room/info"),
        ("provider", "provider euler"),
        ("handshake", "provider euler"),
        ("handshake", "direct"),
        ("folder", "recordings"),
        ("folder", "state"),
    ] {
        assert_eq!(row(&report, check, subject)["status"], "ok", "{check} {subject} in {report:#}");
    }
    let words = row(&report, "provider", "provider euler")["words"].as_str().unwrap();
    assert!(words.contains("2499 of 2500 this day"), "{words}");
    assert_eq!(row(&report, "terminal", "screen")["status"], "skipped");
    if has_ffmpeg(&report) {
        assert_eq!((code, &report["verdict"]["who"]), (0, &"nobody".into()), "{report:#}");
    }
    let home = patient.home.path().to_str().unwrap();
    assert!(!report.to_string().contains(home), "the home folder stays out of bug reports");
}

#[rstest]
#[case(&[SimFault::Captcha], "look-up", "api-live", "tiktok", "captcha")]
#[case(&[SimFault::Blocked403], "look-up", "api-live", "tiktok", "HTTP 403")]
#[case(&[SimFault::Rate429], "look-up", "api-live", "tiktok", "too often")]
#[case(&[SimFault::AgeGate], "look-up", "api-live", "you", "TIKTOP_SESSION_ID")]
#[case(&[SimFault::Provider403], "handshake", "provider euler", "provider euler", "direct")]
#[case(&[SimFault::ProviderStub], "handshake", "provider euler", "provider euler", "dead stub")]
#[case(&[SimFault::Provider429], "handshake", "provider euler", "provider euler", "out of signatures")]
#[case(&[SimFault::Handshake417, SimFault::Provider500], "handshake", "direct", "provider euler", "could not fetch")]
#[case(&[SimFault::Handshake415], "handshake", "direct", "tiktok", "DEVICE_BLOCKED")]
#[tokio::test(flavor = "multi_thread")]
async fn trouble_has_a_row_a_culprit_and_a_sentence(
    #[case] faults: &[SimFault],
    #[case] check: &str,
    #[case] subject: &str,
    #[case] who: &str,
    #[case] words: &str,
) {
    let (code, report) = Patient::with(faults).await.report(0).await;
    assert_eq!((code, &row(&report, check, subject)["status"]), (1, &"failed".into()), "{report:#}");
    assert_eq!(report["verdict"]["who"], who, "{report:#}");
    let sentence = report["verdict"]["sentence"].as_str().unwrap();
    assert!(sentence.contains(words), "'{sentence}' should say '{words}'");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_room_no_signature_is_spent() {
    let patient = Patient::with(&[]).await;
    let offline = patient.report(2).await.1;
    let skipped = row(&offline, "handshake", "provider euler");
    assert_eq!(skipped["status"], "skipped");
    assert!(skipped["words"].as_str().unwrap().contains("one signature"), "{skipped}");
    let said = patient.examined(&[]).await;
    assert!(said.out.trim_end().ends_with('.') && said.out.contains("tiktop doctor @name"), "{}", said.out);
    let requests = patient.sim.requests();
    assert!(!requests.iter().any(|request| request.path.contains("/fetch") || request.path.contains("/connect")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_cannot_be_found_is_named_before_what_it_breaks() {
    let patient = Patient::with(&[]).await;
    // Longer than a name may be: no resolver asks anybody.
    let unknown = format!("service.site_url=https://{}.example", "x".repeat(70));
    let said = patient.examined(&["--json", "--set", &unknown]).await;
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &report["verdict"]["who"]), (1, &"you".into()), "{report:#}");
    assert!(report["verdict"]["sentence"].as_str().unwrap().contains("cannot be found"), "{report:#}");
    assert_eq!(row(&report, "reach", "127.0.0.1")["status"], "ok", "the other places are asked all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_settings_that_cannot_be_nothing_is_asked() {
    let patient = Patient::with(&[]).await;
    let said = patient.examined(&["--json", "--set", "screen.fps=61"]).await;
    let report: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &report["verdict"]["who"]), (1, &"you".into()));
    assert!(report["verdict"]["sentence"].as_str().unwrap().contains("screen.fps"), "{report:#}");
    assert!(patient.sim.requests().is_empty());
}
