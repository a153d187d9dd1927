//! Tests of the program in a real terminal: what it draws there, how it leaves, what it leaves behind.
//!
//! Runs `tiktop demo` in a pseudo-terminal and reads the bytes as a terminal would. Every wait is for something to be said.

mod cast;
mod recording;

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::kit::PATIENCE;

/// Most chunks read while waiting: a lively screen never falls silent, so time alone would not end a wait.
const CHUNKS: usize = 2_000;
/// A still screen says nothing for this long.
const SILENCE: Duration = Duration::from_secs(3);
/// Chunks a screen may write before it must have become still; one that ticks each second gets there.
const UNREST: usize = 60;

struct Seen {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    chunks: Receiver<Vec<u8>>,
    /// Stops reading for good; an answer comes on the channel when nothing is read any more.
    stall: Sender<Sender<()>>,
    screen: vt100::Parser,
    bytes: Vec<u8>,
    home: tempfile::TempDir,
}

fn open(args: &[&str]) -> Seen {
    open_sized(args, (36, 120), &[])
}

/// Opens the program in a window of so many rows and columns, with these variables on top of the usual ones.
fn open_sized(args: &[&str], (rows, cols): (u16, u16), env: &[(&str, &str)]) -> Seen {
    let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_tiktop"));
    command.args(args);
    command.env("TERM", "xterm-256color");
    command.env("LANG", "C.UTF-8");
    for variable in ["NO_COLOR", "LC_ALL", "LC_CTYPE", "COLUMNS", "LINES"] {
        command.env_remove(variable);
    }
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_VIDEOS_DIR"] {
        command.env(variable, home.path());
    }
    for (variable, value) in env {
        command.env(variable, value);
    }
    let child = pair.slave.spawn_command(command).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let keys = pair.master.take_writer().unwrap();
    let (sender, chunks) = channel();
    let (stall, stalls) = channel::<Sender<()>>();
    std::thread::spawn(move || {
        let mut buffer = [0; 8_192];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            if let Ok(stalled) = stalls.try_recv() {
                let _ = Sender::send(&stalled, ());
                // Kept open, never read again.
                std::mem::forget(reader);
                break;
            }
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let screen = vt100::Parser::new(cells(36), cells(120), 0);
    Seen { child, master: pair.master, keys, chunks, stall, screen, bytes: Vec::new(), home }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

impl Seen {
    fn take(&mut self, patience: Duration) -> Result<(), RecvTimeoutError> {
        let chunk = self.chunks.recv_timeout(patience)?;
        self.screen.process(&chunk);
        self.bytes.extend(chunk);
        Ok(())
    }

    fn wait_for(&mut self, words: &str) {
        for _ in 0..CHUNKS {
            if self.screen.screen().contents().contains(words) {
                return;
            }
            if self.take(PATIENCE).is_err() {
                break;
            }
        }
        panic!("never said {words:?}:\n{}", self.screen.screen().contents());
    }

    fn wait_for_silence(&mut self) {
        for _ in 0..UNREST {
            if let Err(RecvTimeoutError::Timeout) = self.take(SILENCE) {
                return;
            }
        }
        panic!("never still:\n{}", self.screen.screen().contents());
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn resize(&mut self, rows: u16, cols: u16) {
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(cells(rows), cells(cols));
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// The thread that reads goes on; a pty that nobody reads is one whose reader is stopped.
    fn stop_reading(&self) {
        let (sender, unread) = channel();
        self.stall.send(sender).unwrap();
        unread.recv_timeout(PATIENCE).unwrap();
    }

    /// Waits for the end, whatever the terminal shows; gives what the program wrote beside that.
    fn assert_ended(self) -> tempfile::TempDir {
        let Self { mut child, home, .. } = self;
        let (ended, end) = channel();
        std::thread::spawn(move || ended.send(child.wait()));
        assert!(end.recv_timeout(PATIENCE).is_ok(), "it still runs");
        home
    }

    /// Waits for the end; every mode that was switched on must have been switched off.
    fn assert_handed_back(mut self) {
        let ended = (0..CHUNKS).any(|_| self.take(PATIENCE).is_err());
        assert!(ended, "still running:\n{}", self.screen.screen().contents());
        self.child.wait().unwrap();
        let written = String::from_utf8_lossy(&self.bytes).into_owned();
        let tail = written.rfind("\x1b[?1006l").map(|at| written.split_at(at).1);
        let tail = tail.unwrap_or_else(|| panic!("left without a word, after {} bytes", written.len()));
        for mode in ["?1049l", "?2004l", "?1004l", "?1003l", "?25h"] {
            assert!(tail.contains(&format!("\x1b[{mode}")), "{mode} is missing in {tail:?}");
        }
        assert!(!self.screen.screen().alternate_screen() && !self.screen.screen().hide_cursor());
    }
}

#[test]
fn the_demo_opens_on_rooms_and_q_hands_the_terminal_back() {
    let mut seen = open(&["demo"]);
    seen.wait_for("ana.live");
    seen.wait_for("── Chat");
    seen.press("?");
    seen.wait_for("┌ Keys");
    seen.press("?");
    seen.press("q");
    seen.assert_handed_back();
}

#[test]
fn who_leaves_a_replay_is_told_what_was_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture.jsonl");
    let message = crate::invented::message("WebcastChatMessage", &crate::invented::chat("hello"));
    let line = serde_json::json!({ "method": message.method, "payload_b64": BASE64.encode(&message.payload) });
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let mut seen = open(&["replay", file.to_str().unwrap()]);
    seen.wait_for("── Chat");
    seen.wait_for("hello");
    seen.press("q");
    seen.wait_for("1 comment");
    seen.assert_handed_back();
}

#[test]
fn ctrl_c_hands_the_terminal_back() {
    let mut seen = open(&["demo", "--rate", "0"]);
    seen.wait_for("ana.live");
    seen.press("\u{3}");
    seen.assert_handed_back();
}

#[test]
fn who_is_in_another_window_is_told_by_the_terminal() {
    const TMUX: &[(&str, &str)] = &[("TMUX", "/tmp/tmux/default,1,0")];
    let ways = [
        ("bell", &TMUX[..0], "\x07"),
        ("osc9", &[], "\x1b]9;"),
        ("osc777", &[], "\x1b]777;notify;tiktop;"),
        ("osc99", &[], "\x1b]99;;"),
        ("osc9", TMUX, "\x1bPtmux;\x1b\x1b]9;"),
    ];
    // All at once: each waits for the demo to bring something that needs somebody.
    let tried = ways.map(|(way, env, sequence)| {
        let notify = format!("screen.notify={way}");
        std::thread::spawn(move || {
            let args = ["demo", "--rate", "120", "--rooms", "1", "--set", &notify, "--set", "screen.thank_from=1"];
            let mut seen = open_sized(&args, (24, 80), env);
            seen.wait_for("── Chat");
            // The window was left.
            seen.press("\x1b[O");
            let left = seen.bytes.len();
            let told = (0..CHUNKS).any(|_| {
                let since = String::from_utf8_lossy(&seen.bytes[left..]).into_owned();
                // The title of the window ends with a bell, too.
                let mut parts = since.split("\x1b]0;");
                let head = parts.next().unwrap_or_default().to_owned();
                let since = parts.filter_map(|part| part.split_once('\x07')).fold(head, |all, (_, rest)| all + rest);
                since.contains(sequence) || seen.take(PATIENCE).is_err()
            });
            assert!(told, "{way}: never told");
            seen.press("q");
            seen.assert_handed_back();
        })
    });
    for one in tried {
        one.join().unwrap();
    }
}

#[test]
fn a_termination_hands_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut seen = open(&["demo", "--rate", "0"]);
        seen.wait_for("ana.live");
        seen.signal(signal);
        seen.assert_handed_back();
    }
}

#[test]
fn a_room_in_which_nothing_happens_writes_nothing() {
    let mut seen = open(&["demo", "--rate", "0"]);
    seen.wait_for("provider");
    seen.wait_for_silence();
    seen.press("q");
    seen.assert_handed_back();
}

#[test]
fn the_screen_follows_the_size_of_its_window() {
    let mut seen = open(&["demo", "--rate", "0"]);
    seen.wait_for("── Gifts");
    seen.resize(24, 80);
    seen.wait_for("2 panes hidden, z");
    seen.resize(5, 20);
    seen.resize(1, 1);
    seen.resize(36, 120);
    seen.wait_for("── Gifts");
    seen.press("q");
    seen.assert_handed_back();
}

#[test]
fn what_a_terminal_answers_is_no_key() {
    let mut seen = open(&["demo", "--rate", "0"]);
    seen.wait_for("── Chat");
    for answer in [
        "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
        "\x1b]10;rgb:dddd/dddd/dddd\x07",
        "\x1bP>|XTerm(390)a?q\x1b\\",
        "\x1b_Gi=31;a?q\x1b\\",
        "\x1b[>1;4000;22c",
        "\x1b[?2026;2$y",
        "\x1b]1337;ReportCellSize=17.0;8.0\x1b\\",
        "\x1bP1+r544e=787465726d;524742=38\x1b\\",
        "\x1b[?31u\x1b[24;80R\x1b[I\x1b[O\x1b[?997;1n",
        "\u{9d}11;rgb:1e1e/1e1e/1e1e\u{9c}\u{9b}>41;354;0c",
        "\x1b]52;c;YXJu\x1b[200~arnq\x1b[201~",
    ] {
        seen.press(answer);
    }
    seen.press("?");
    seen.wait_for("┌ Keys");
    // Any letter of an answer that acted has left its trace: a name being typed, a recording, or the end of the program.
    let shown = seen.screen.screen().contents();
    assert!(!shown.contains("Add a room") && !shown.contains('⏺'), "{shown}");
    seen.press("?q");
    seen.assert_handed_back();
}

#[test]
fn a_terminal_that_takes_nothing_cannot_hold_up_a_signal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut seen = open(&["demo", "--rate", "300"]);
        seen.wait_for("── Chat");
        seen.stop_reading();
        seen.signal(signal);
        seen.assert_ended();
    }
}

#[test]
fn a_window_without_a_size_is_drawn_until_it_has_one() {
    let mut seen = open_sized(&["demo", "--rate", "0"], (0, 0), &[("COLUMNS", "90"), ("LINES", "20")]);
    seen.screen.screen_mut().set_size(cells(20), cells(90));
    seen.wait_for("── Chat");
    seen.resize(24, 80);
    seen.wait_for("2 panes hidden, z");
    seen.press("q");
    seen.assert_handed_back();
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let mut seen = open_sized(&["demo", "--rate", "0", "--rooms", "1"], (36, 120), &[("LC_ALL", "C")]);
    seen.wait_for("-- Chat");
    assert!(!seen.screen.screen().contents().contains(['─', '●', '·']), "{}", seen.screen.screen().contents());
    seen.press("q");
    seen.assert_handed_back();
}

#[test]
fn who_sets_the_signs_by_hand_knows_better_than_the_locale() {
    let args = |ascii| ["demo", "--rate", "0", "--rooms", "1", "--set", ascii];
    for (ascii, locale, title) in [("screen.ascii=false", "C", "── Chat"), ("screen.ascii=true", "C.UTF-8", "-- Chat")]
    {
        let mut seen = open_sized(&args(ascii), (36, 120), &[("LC_ALL", locale)]);
        seen.wait_for(title);
        seen.press("q");
        seen.assert_handed_back();
    }
}

#[test]
fn a_terminal_that_only_prints_lines_gets_a_sentence() {
    let mut seen = open_sized(&["demo", "--rate", "0"], (36, 120), &[("TERM", "dumb")]);
    seen.wait_for("tiktop events");
    assert!(!String::from_utf8_lossy(&seen.bytes).contains("\x1b[?1049h"));
    seen.child.wait().unwrap();
}

#[test]
fn a_letter_of_another_layout_gets_a_word() {
    let mut seen = open(&["demo", "--rate", "0"]);
    seen.wait_for("── Chat");
    seen.press("й");
    seen.wait_for("'й' is no key here");
    seen.press("q");
    seen.assert_handed_back();
}
