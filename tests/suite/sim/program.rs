//! Tests of `tiktop sim` as a shell sees it: the lines it prints, the command it offers, and what it says at its end.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::kit::{in_time, isolated};

/// The program, away from the user's own settings.
fn tiktop(home: &Path) -> Command {
    let mut program = isolated(home);
    program.stdin(Stdio::null()).stdout(Stdio::piped());
    program
}

struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn line(&mut self) -> Option<String> {
        in_time("a line", self.lines.next_line()).await.unwrap()
    }

    /// What stands behind `word` in the next line that begins with it.
    async fn after(&mut self, word: &str) -> String {
        while let Some(line) = self.line().await {
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().to_owned();
            }
        }
        panic!("no line begins with {word}");
    }

    fn interrupt(&self) {
        let id = i32::try_from(self.child.id().expect("it runs")).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGTERM).unwrap();
    }
}

/// The words of a printed command: blanks part them, quotes hold them together.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.push(word);
    words
}

#[tokio::test]
async fn the_printed_command_opens_the_rooms_and_the_totals_are_what_was_sent() {
    let home = tempfile::tempdir().unwrap();
    let ca_file = home.path().join("ca.pem");
    let mut command = tiktop(home.path());
    command.args(["sim", "--truth", "--rate", "100", "--tls", "--ca-file"]).arg(&ca_file);
    let mut sim = Running::start(command);
    let proxy = sim.after("proxy").await;
    assert!(proxy.starts_with("http://127.0.0.1:"), "{proxy}");
    let printed = words(&sim.after("connect").await);
    let (program, options) = printed.split_first().unwrap();
    assert_eq!(program, "tiktop");
    let (settings, rooms): (Vec<_>, Vec<_>) = options.iter().partition(|word| !word.starts_with('@'));
    assert_eq!(rooms[0], "@ana.live");

    let mut command = tiktop(home.path());
    command.args(settings).args(["events", "@ana.live"]);
    let mut events = Running::start(command);
    loop {
        let line = events.line().await.expect("it goes on");
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["type"] == "chat" && event["history"] != true {
            break;
        }
    }
    events.interrupt();
    assert!(events.child.wait().await.unwrap().success());

    sim.interrupt();
    let mut totals = Vec::new();
    while let Some(line) = sim.line().await {
        if let Some(line) = line.strip_prefix('{') {
            totals.push(serde_json::from_str::<Value>(&format!("{{{line}")).unwrap());
        }
    }
    assert!(sim.child.wait().await.unwrap().success());
    let ana: Vec<_> = totals.iter().filter(|total| total["room"] == "@ana.live").collect();
    assert_eq!(ana.len(), 1, "{totals:?}");
    assert!(ana[0]["room_id"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()), "{}", ana[0]);
    assert!(ana[0]["messages"]["WebcastChatMessage"].as_u64() > Some(0), "{}", ana[0]);
    assert!(
        totals.iter().all(|total| total["room"] == "@ana.live" || total["batches"] == 0),
        "only what was heard counts"
    );
}
