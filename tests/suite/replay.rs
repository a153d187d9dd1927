//! Tests of a live that is captured and played again: the same lines, the same totals, from any point; damage costs itself.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};
use std::time::Duration;

use prost::Message as _;
use rstest::rstest;
use serde_json::Value;
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::PhaseKind;
use tiktop::ids::{MsgId, RoomKey};
use tiktop::room::Room;
use tiktop::sim::ExpectedTotals;
use tiktop::track::{PlaybackCommand, Player, RoomUpdate, Speed, TrackerUpdate};
use tiktop::wire::capture::CaptureLine;
use tiktop::wire::{Frame, FrameKind, Message, pb};
use tokio::sync::mpsc::Receiver;

use crate::kit::{Mirrors, in_time, pointed_at, sim};

/// When an invented capture begins, in milliseconds.
const BEGIN: i64 = 1_700_000_000_000;

fn tiktop(state: &Path, args: &[&str]) -> Process {
    let mut process = Process::new(env!("CARGO_BIN_EXE_tiktop"));
    process.env_remove("RUST_BACKTRACE");
    process.env("XDG_STATE_HOME", state).env("XDG_CONFIG_HOME", state).args(args);
    process
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A simulated live that was captured to its end by the program itself.
struct CapturedItem {
    state: tempfile::TempDir,
    folder: PathBuf,
    totals: ExpectedTotals,
    /// What `tiktop events` printed meanwhile.
    printed: Vec<Value>,
}

impl CapturedItem {
    /// So many times the connection is lost; so many messages come before and after each.
    async fn live(drops: u64, messages: u64) -> Self {
        let sim = sim(300.0, &[]).await;
        let (name, state) = (sim.names()[0].clone(), tempfile::tempdir().unwrap());
        let mut process = tiktop(state.path(), &["events", "--capture", "--once", &name]);
        process.args(pointed_at(&sim)).args(["--set", "transports=['direct']"]);
        let ended = tokio::spawn(tokio::process::Command::from(process).kill_on_drop(true).output());
        for drop in 0..=drops {
            let enough = sim.expected_totals(&name).total() + messages;
            let said = async {
                while sim.expected_totals(&name).total() < enough || sim.sockets().entered <= drop {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            in_time("the live says enough", said).await;
            if drop < drops {
                sim.drop_sockets();
            }
        }
        sim.end_live(&name);
        let output = in_time("the live ends", ended).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let totals = sim.expected_totals(&name);
        sim.stop().await;
        let runs = std::fs::read_dir(state.path().join("tiktop/captures")).unwrap();
        let folder = runs.map(|run| run.unwrap().path()).next().unwrap();
        Self { printed: lines(&output), state, folder, totals }
    }

    /// Its one file.
    fn file(&self) -> PathBuf {
        std::fs::read_dir(&self.folder).unwrap().next().unwrap().unwrap().path()
    }
}

/// A reader of a replay, with mirrors of its rooms.
struct Mirror {
    updates: Receiver<TrackerUpdate>,
    rooms: Mirrors,
}

impl Mirror {
    fn of(player: &Player) -> Self {
        Self { updates: player.subscribe(256, false), rooms: Mirrors::new(Moment::default()) }
    }

    /// Follows until `done`; false when the replay was over before.
    async fn until(&mut self, mut done: impl FnMut(&Mirrors) -> bool) -> bool {
        let followed = async {
            while !done(&self.rooms) {
                let Some(update) = self.updates.recv().await else { return false };
                self.follow(update);
            }
            true
        };
        in_time("the replay goes on", followed).await
    }

    fn follow(&mut self, update: TrackerUpdate) {
        if let TrackerUpdate::Room(_, RoomUpdate::Lagged(lost)) = &update {
            panic!("a replay waits for its readers: {lost:?}");
        }
        self.rooms.follow(update, Moment::default());
    }

    fn only(&self) -> &Room {
        assert_eq!(self.rooms.rooms().count(), 1);
        self.rooms.rooms().next().unwrap()
    }
}

/// Plays a whole capture as fast as it goes.
async fn played(path: &Path, from: Duration) -> Room {
    let player = Player::open(path).await.unwrap();
    let mut mirror = Mirror::of(&player);
    let playing = player.play(Speed::Max, from);
    mirror.until(|_| false).await;
    playing.finish().await;
    mirror.only().clone()
}

fn of_type<'v>(lines: &'v [Value], types: &[&str]) -> Vec<&'v Value> {
    lines.iter().filter(|line| types.iter().any(|name| line["type"] == *name)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_live_plays_to_the_same_totals_and_prints_the_same_lines() {
    let captured = CapturedItem::live(0, 600).await;
    let (totals, room) = (&captured.totals, played(&captured.folder, Duration::ZERO).await);
    let stats = &room.stats;
    assert_eq!((stats.gifts, stats.coins), (totals.gift_units, totals.gift_coins));
    assert_eq!((stats.follows, stats.shares, stats.likes_seen), (totals.follows, totals.shares, totals.likes));
    assert_eq!(room.phase.kind, PhaseKind::Ended);
    assert_eq!(room.phase.reason.as_str(), "the host ended the live");
    assert_eq!(room.host.unique_id.as_str(), captured.printed[0]["room"].as_str().unwrap().trim_start_matches('@'));
    assert!(room.title.as_str().contains("harbour") && room.stats.unreadable == 0, "what a look-up said is there");

    let file = captured.file();
    let output = tiktop(captured.state.path(), &["replay", "--json", file.to_str().unwrap()]).output().unwrap();
    let again = lines(&output);
    let said = ["chat", "join", "like", "viewers", "follow", "share", "control", "battle", "battle_points"];
    assert_eq!(of_type(&again, &said), of_type(&captured.printed, &said), "at the same times");
    let output = tiktop(captured.state.path(), &["decode", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(of_type(&again, &said).len(), of_type(&lines(&output), &said).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_and_phases_come_at_their_places() {
    let captured = CapturedItem::live(2, 100).await;
    let output = tiktop(captured.state.path(), &["replay", "--json"]).arg(&captured.folder).output().unwrap();
    let told = |lines: &[Value]| {
        let lines = of_type(lines, &["gap", "state"]);
        let words = |line: &&Value| [&line["type"], &line["phase"], &line["reason"]].map(Value::clone);
        let after = lines.iter().position(|line| line["phase"] == "live").unwrap();
        lines[after..].iter().map(words).collect::<Vec<_>>()
    };
    let then = told(&captured.printed);
    assert!(then.iter().any(|line| line[0] == "gap"), "the line was dropped");
    assert_eq!(told(&lines(&output)), then);
    let seconds = |lines: &[Value]| {
        of_type(lines, &["gap"]).iter().map(|line| line["seconds"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    for (now, then) in seconds(&lines(&output)).iter().zip(seconds(&captured.printed)) {
        assert!((now - then).abs() < 0.1, "a gap of {then} s became {now} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_costs_itself() {
    let captured = CapturedItem::live(0, 400).await;
    let whole = played(&captured.folder, Duration::ZERO).await;
    let file = captured.file();
    let mut text = std::fs::read_to_string(&file).unwrap();
    for (at, garbage) in
        [(5, "garbage"), (9, "{\"b64\":\"AAAA\",\"t\":1}"), (12, "{\"t\":1,\"said\":{\"kind\":\"\u{1b}\"}}")]
    {
        let (place, _) = text.match_indices('\n').nth(at).unwrap();
        text.insert_str(place + 1, &format!("{garbage}\n"));
    }
    let last = text.lines().last().unwrap().to_owned();
    text.push_str(&last[..last.len() / 2]);
    std::fs::write(&file, text).unwrap();
    let damaged = played(&file, Duration::ZERO).await;
    assert_eq!(damaged.stats.unreadable, 4);
    assert_eq!((damaged.stats.gifts, damaged.stats.coins), (whole.stats.gifts, whole.stats.coins));
    assert_eq!(damaged.stats.messages, whole.stats.messages);
}

#[tokio::test(flavor = "multi_thread")]
async fn purge_removes_what_was_captured() {
    let captured = CapturedItem::live(0, 50).await;
    let purge = || {
        let output = tiktop(captured.state.path(), &["purge", "captures", "--yes"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let unasked = tiktop(captured.state.path(), &["purge"]).output().unwrap();
    let words = String::from_utf8(unasked.stderr).unwrap();
    assert!(unasked.status.code() == Some(2) && words.contains("--yes does it"), "{words}");
    let told = tiktop(captured.state.path(), &["purge", "--dry-run"]).output().unwrap();
    assert!(told.stdout.starts_with(b"would remove 1 capture file ("));
    assert!(captured.folder.exists(), "nobody said yes");
    assert!(purge().starts_with("removed 1 capture file ("));
    assert!(!captured.folder.exists());
    assert!(purge().starts_with("nothing to remove in "));
}

/// A capture with a comment each second, for so many seconds.
fn comments(seconds: i64) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    let lines: Vec<_> = (0..seconds).map(|second| frame(second, second + 1)).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    file
}

fn frame(second: i64, id: i64) -> String {
    let comment = crate::invented::message("WebcastChatMessage", &crate::invented::chat("hello"));
    let message =
        pb::Message { method: comment.method.to_string(), payload: comment.payload, msg_id: id, ..Default::default() };
    let t = BEGIN + second * 1_000;
    let response = pb::Response { messages: vec![message], now: t, ..Default::default() };
    let bytes = Frame::serve(&FrameKind::Message, 1, 0, &response.encode_to_vec(), true);
    CaptureLine::Frame { t, bytes }.to_json()
}

fn comments_of(rooms: &Mirrors) -> u64 {
    rooms.rooms().map(|room| room.stats.comments).sum()
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_kept_and_time_is_the_time_of_capture() {
    let file = comments(60);
    for (speed, expected) in [(1, 59.0), (10, 5.9)] {
        let player = Player::open(file.path()).await.unwrap();
        let (clock, begun) = (player.clock(), tokio::time::Instant::now());
        let mut mirror = Mirror::of(&player);
        let playing = player.play(Speed::Times(speed), Duration::ZERO);
        assert!(mirror.until(|rooms| comments_of(rooms) == 60).await);
        let took = begun.elapsed().as_secs_f64();
        assert!((expected - 0.1..expected + 1.0).contains(&took), "{took} s at {speed}x");
        assert_eq!((clock.now().wall.0 - BEGIN) / 1_000, 59);
        playing.finish().await;
    }
}

#[tokio::test]
async fn any_speed_gives_the_same_room() {
    let file = comments(600);
    let fast = played(file.path(), Duration::ZERO).await;
    let later = played(file.path(), Duration::from_secs(555)).await;
    assert_eq!(fast.stats.comments, 600);
    assert_eq!(serde_json::to_value(&fast).unwrap(), serde_json::to_value(&later).unwrap());
    let a_minute = fast.comments.per_minute(fast.phase_since).unwrap();
    assert!((60..=61).contains(&a_minute), "the graphs follow the capture, not {a_minute} a minute");
}

#[tokio::test(start_paused = true)]
async fn one_can_stand_still_and_jump() {
    let file = comments(600);
    let player = Player::open(file.path()).await.unwrap();
    let mut mirror = Mirror::of(&player);
    let playback = player.playback();
    let status = player.status();
    let clock = player.clock();
    let playing = player.play(Speed::Times(1), Duration::from_secs(100));
    assert!(mirror.until(|rooms| comments_of(rooms) >= 102).await);
    playback.send(PlaybackCommand::Pause).await.unwrap();
    playback.send(PlaybackCommand::Skip(-50)).await.unwrap();
    assert!(mirror.until(|rooms| (1..=53).contains(&comments_of(rooms))).await, "back");
    playback.send(PlaybackCommand::Skip(300)).await.unwrap();
    assert!(mirror.until(|rooms| comments_of(rooms) >= 350).await, "ahead");
    let stood = clock.now();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(clock.now(), stood, "it stands still");
    playback.send(PlaybackCommand::Pause).await.unwrap();
    assert!(mirror.until(|rooms| comments_of(rooms) >= 360).await, "it goes on");
    // Of many jumps only the last is made, and a new pace holds from there.
    for second in [500, 20, 450] {
        playback.send(PlaybackCommand::Seek(Timestamp(BEGIN + second * 1_000))).await.unwrap();
    }
    playback.send(PlaybackCommand::Pace(Speed::Times(30))).await.unwrap();
    assert!(mirror.until(|rooms| comments_of(rooms) >= 450).await, "to a time");
    let (then, from) = (clock.now(), tokio::time::Instant::now());
    assert!(mirror.until(|rooms| comments_of(rooms) >= 540).await);
    let pace = clock.now().since(then).as_secs_f64() / from.elapsed().as_secs_f64();
    assert!((20.0..40.0).contains(&pace), "{pace} times as fast");
    assert_eq!(status.borrow().speed, Speed::Times(30));
    assert_eq!((status.borrow().start, status.borrow().paused), (Timestamp(BEGIN), false));
    playback.send(PlaybackCommand::Skip(10_000)).await.unwrap();
    assert!(mirror.until(|rooms| rooms.rooms().any(|room| room.phase.kind == PhaseKind::Ended)).await);
    assert_eq!(comments_of(&mirror.rooms), 600);
    playback.send(PlaybackCommand::Skip(-10_000)).await.unwrap();
    assert!(mirror.until(|rooms| comments_of(rooms) < 20).await, "and again from the start");
    playing.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_jump_back_in_a_long_capture_gives_the_room_that_playing_gives() {
    // Long enough for checkpoints on the way.
    let file = comments(21_000);
    let player = Player::open(file.path()).await.unwrap();
    let mut mirror = Mirror::of(&player);
    let playback = player.playback();
    let playing = player.play(Speed::Times(1), Duration::from_secs(20_900));
    assert!(mirror.until(|rooms| comments_of(rooms) >= 20_900).await);
    playback.send(PlaybackCommand::Pause).await.unwrap();
    for second in [20_500, 9_000, 15_000, 10_500] {
        playback.send(PlaybackCommand::Seek(Timestamp(BEGIN + second * 1_000))).await.unwrap();
        assert!(mirror.until(|rooms| comments_of(rooms) == second as u64).await, "{second}");
    }
    let jumped = serde_json::to_value(mirror.only()).unwrap();
    playing.finish().await;
    let player = Player::open(file.path()).await.unwrap();
    let mut mirror = Mirror::of(&player);
    let playback = player.playback();
    playback.send(PlaybackCommand::Pause).await.unwrap();
    let playing = player.play(Speed::Times(1), Duration::from_secs(10_500));
    assert!(mirror.until(|rooms| comments_of(rooms) == 10_500).await);
    assert_eq!(jumped, serde_json::to_value(mirror.only()).unwrap());
    playing.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_room_that_was_removed_stays_away_wherever_one_jumps() {
    let (ana, bo, dir) = (comments(60), comments(60), tempfile::tempdir().unwrap());
    for (name, file) in [("ana.jsonl", &ana), ("bo.jsonl", &bo)] {
        std::fs::copy(file.path(), dir.path().join(name)).unwrap();
    }
    let player = Player::open(dir.path()).await.unwrap();
    let (commands, playback) = (player.commands(), player.playback());
    let mut mirror = Mirror::of(&player);
    let playing = player.play(Speed::Times(1), Duration::from_secs(10));
    assert!(
        mirror.until(|rooms| rooms.rooms().count() == 2 && rooms.rooms().all(|room| room.stats.comments > 10)).await
    );
    let gone = RoomKey(1);
    commands.send(tiktop::track::TrackerCommand::Remove(gone)).await.unwrap();
    assert!(mirror.until(|rooms| !rooms.contains(gone)).await);
    for jump in [-5, 20, -1_000, 40, 1_000] {
        playback.send(PlaybackCommand::Skip(jump)).await.unwrap();
        let mut jumped = false;
        let followed = async {
            while !jumped {
                let update = mirror.updates.recv().await.unwrap();
                let TrackerUpdate::Room(room, news) = &update else { continue };
                assert_ne!(*room, gone, "{news:?} after a jump by {jump} s");
                // At the very start there is no room yet.
                jumped = matches!(news, RoomUpdate::Snapshot(_) | RoomUpdate::Removed { .. });
                mirror.follow(update);
            }
        };
        in_time("the jump is told", followed).await;
    }
    drop((commands, playback));
    playing.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_silence_of_hours_is_skipped() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, [frame(0, 1), frame(36_000, 2)].join("\n")).unwrap();
    let begun = tokio::time::Instant::now();
    let player = Player::open(file.path()).await.unwrap();
    let mut mirror = Mirror::of(&player);
    let playing = player.play(Speed::Times(1), Duration::ZERO);
    mirror.until(|_| false).await;
    assert_eq!(mirror.only().stats.comments, 2);
    assert!(begun.elapsed() < Duration::from_secs(5));
    playing.finish().await;
}

#[tokio::test]
async fn bare_messages_go_to_their_rooms() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let line = |id: u64, room: &str| {
        let comment = pb::ChatMessage {
            common: Some(pb::Common::default()),
            user: Some(crate::invented::ana()),
            ..crate::invented::chat("hello")
        };
        let message = crate::invented::message("WebcastChatMessage", &comment);
        let message = Message { msg_id: Some(MsgId(id)), ..message };
        CaptureLine::Message { message, created: None, room_id: room.parse().ok() }.to_json()
    };
    let text = [line(1, "7300000000000000001"), line(2, "7300000000000000002"), line(3, "7300000000000000001")];
    std::fs::write(&file, text.join("\n")).unwrap();
    let player = Player::open(file.path()).await.unwrap();
    let mut mirror = Mirror::of(&player);
    let playing = player.play(Speed::Max, Duration::ZERO);
    mirror.until(|_| false).await;
    playing.finish().await;
    let told: Vec<_> = mirror.rooms.rooms().map(|room| (room.room_id.unwrap().0 % 10, room.stats.messages)).collect();
    assert_eq!(told, [(1, 2), (2, 1)]);
}

/// A line of a capture that anybody may have written.
#[tokio::test]
async fn what_a_capture_says_is_as_foreign_as_any_message() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let at = r#"{"mono":18446744073709551615,"wall":9223372036854775807}"#;
    let said = |kind: &str| {
        format!(
            r#"{{"t":{BEGIN},"said":{{"at":{at},"server_at":null,"id":null,"room_id":null,"history":false,"kind":{kind}}}}}"#
        )
    };
    let lines = [
        said(
            r#"{"State":{"kind":"live","reason":{"safe":"\u001b[31mred"},"transport":"\u001b]0;x\u0007","retry_at":null}}"#,
        ),
        said(
            r#"{"Gap":{"from":{"mono":0,"wall":-9223372036854775808},"length":{"secs":18446744073709551615,"nanos":0},"reason":{"safe":""}}}"#,
        ),
        said(
            r#"{"Info":{"host":{"id":null,"unique_id":{"safe":"\u202eana"},"nickname":{"safe":""}},"title":{"safe":"\u0007t"},"watching":18446744073709551615,"total_viewers":null,"likes":null,"followers":null,"started_at":-9223372036854775808,"skew_ms":9223372036854775807}}"#,
        ),
        said(r#"{"Share":{}}"#),
        format!(r#"{{"t":-9e99,"said":{{"at":{at}}}}}"#),
        r#"{"t":9e99,"name":"\u001b[31mana"}"#.to_owned(),
        frame(0, 1),
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let room = played(file.path(), Duration::ZERO).await;
    assert_eq!(room.phase.kind, PhaseKind::Ended);
    assert_eq!((room.host.unique_id.as_str(), room.title.as_str()), ("ana", "t"));
    assert_eq!((room.stats.gaps, room.stats.comments), (1, 1));
    assert!(room.stats.unreadable >= 2);
    let shown = format!("{:?}", room.chat.iter().map(|entry| &entry.line).collect::<Vec<_>>());
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn what_cannot_be_played_is_said_in_a_sentence() {
    let state = tempfile::tempdir().unwrap();
    for (args, says) in [
        (vec!["replay", "--json", "/nowhere/x.jsonl"], "cannot read /nowhere/x.jsonl"),
        (vec!["replay", "--speed", "0", "x"], "is no speed: write 1, 10"),
        (vec!["replay", "--from", "1:99", "x"], "write seconds, M:SS or H:MM:SS"),
    ] {
        let output = tiktop(state.path(), &args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(says), "{said}");
    }
}

#[test]
fn a_file_that_holds_nothing_readable_ends_with_2_and_a_sentence() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("gar\u{1b}[31mbage.jsonl");
    for garbage in [&b"nonsense\n"[..], b"", b"\x00\x01", b"{\"log\":{\"entries\":[]}}", b"<html></html>"] {
        std::fs::write(&file, garbage).unwrap();
        for command in ["decode", "replay"] {
            let mut process = tiktop(state.path(), &[command]);
            process.arg(&file).args(if command == "replay" { &["--json"][..] } else { &[] });
            let output = process.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{command}: {said}");
            assert!(said.contains("could be read") && said.contains("HAR") && !said.contains('\u{1b}'), "{said}");
        }
    }
}

/// A frame with one message, as it came from the socket.
fn a_frame() -> Vec<u8> {
    let message = pb::Message { method: "WebcastX".to_owned(), msg_id: 7, ..Default::default() };
    let body = pb::Response { messages: vec![message], ..Default::default() }.encode_to_vec();
    Frame::serve(&FrameKind::Message, 1, 0, &body, true).to_vec()
}

#[rstest]
#[case::mark(|line: &str, _: &str| format!("\u{feff}{line}\n{line}\n").into_bytes())]
#[case::windows(|line: &str, _: &str| format!("\u{feff}{line}\r\n{line}\r\n").into_bytes())]
#[case::old_mac(|line: &str, _: &str| format!("{line}\r{line}\r").into_bytes())]
#[case::utf_16(|line: &str, _: &str| format!("\u{feff}{line}\r{line}").encode_utf16().flat_map(u16::to_le_bytes).collect())]
#[case::utf_16_big(|line: &str, _: &str| format!("{line}\n{line}").encode_utf16().flat_map(u16::to_be_bytes).collect())]
#[case::gzip(|line: &str, _: &str| tiktop::wire::compress(format!("{line}\r{line}\r").as_bytes()))]
#[case::array(|line: &str, _: &str| format!("[{line},\r\n{line}]").into_bytes())]
#[case::har(|_: &str, b64: &str| {
    let message = format!(r#"{{"type":"receive","time":1700000000.5,"opcode":2,"data":"{b64}"}}"#);
    format!("\u{feff}{{\"log\":{{\n\"entries\":[{{\"_webSocketMessages\":[{message}]}}]}}}}").into_bytes()
})]
#[case::another_program(|_: &str, b64: &str| format!(r#"{{"dump":[{{"dir":"in","frame":"{b64}"}}]}}"#).into_bytes())]
fn a_capture_may_come_in_any_form(#[case] written: fn(&str, &str) -> Vec<u8>) {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("capture");
    let line = CaptureLine::Frame { t: 5, bytes: a_frame().into() }.to_json();
    let b64 = serde_json::from_str::<Value>(&line).unwrap()["b64"].as_str().unwrap().to_owned();
    std::fs::write(&file, written(&line, &b64)).unwrap();
    for args in [&["decode"][..], &["replay", "--json", "--speed", "max"]] {
        let output = tiktop(state.path(), args).arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
        let read = lines(&output);
        assert!(read.iter().any(|line| line["method"] == "WebcastX"), "{args:?}: {read:?} {said}");
        assert!(!read.iter().any(|line| line["type"] == "unknown" && line["error"].is_string()), "{read:?}");
    }
}
