//! Tests of a capture's files: their beginning, their cap, their names.

use super::*;
use crate::clock::Timestamp;
use crate::events::{LiveStart, Phase, PhaseKind};
use crate::ids::RoomId;
use rstest::rstest;

const ROOM: RoomKey = RoomKey(1);
const PLENTY: CaptureLimits = CaptureLimits { bytes: 1 << 30, age: Duration::from_secs(86_400) };

fn at(second: i64) -> Moment {
    Moment { mono: second as u64 * 1_000, wall: Timestamp(1_700_000_000_000 + second * 1_000) }
}

fn event(second: i64, kind: EventKind) -> RoomEvent {
    RoomEvent { at: at(second), server_at: None, id: None, room_id: None, history: false, kind }
}

fn begin(dir: &Path, limits: CaptureLimits) -> CaptureWriter {
    let mut capture = CaptureWriter::begin(CapturesDir::new(dir), limits, at(0)).unwrap();
    capture.add(ROOM, "@ana".into());
    capture
}

/// A body that does not compress.
fn body(seed: u64, length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let payload: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
    let message =
        crate::wire::pb::Message { method: "WebcastX".to_owned(), payload: payload.into(), ..Default::default() };
    let response = crate::wire::pb::Response { messages: vec![message], ..Default::default() };
    prost::Message::encode_to_vec(&response)
}

fn lines(path: &Path) -> Vec<CaptureLine> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| CaptureLine::parse(line).unwrap()).collect()
}

#[test]
fn a_room_is_silent_until_its_first_frame_and_then_tells_where_it_stood() {
    let dir = tempfile::tempdir().unwrap();
    let mut capture = begin(dir.path(), PLENTY);
    let live = event(1, EventKind::Live(LiveStart { room_id: RoomId(7), live_seq: 1 }));
    let connecting = event(1, EventKind::State(Phase::new(PhaseKind::Connecting)));
    let now_live = event(2, EventKind::State(Phase::new(PhaseKind::Live)));
    let skew = event(2, EventKind::Info(Box::new(Info { skew_ms: Some(5), ..Info::default() })));
    let told = event(2, EventKind::Info(Box::new(Info { title: "songs".into(), ..Info::default() })));
    for event in [&live, &connecting, &told, &now_live, &skew] {
        capture.event(ROOM, event).unwrap();
    }
    assert!(CapturesDir::new(dir.path()).kept().is_empty());
    capture.frame(ROOM, at(3), &body(1, 10)).unwrap();
    capture.frame(ROOM, at(3), b"").unwrap();
    capture.lost(ROOM, at(3), at(5), "the capture was too slow").unwrap();
    capture.remove(ROOM).unwrap();
    let path = capture.folder().join("ana.0001.jsonl");
    let lines = lines(&path);
    assert_eq!(lines[0], CaptureLine::Name { t: at(3).wall.0, name: "@ana".into() });
    assert_eq!(lines[1..4], [said(&live, at(3)), said(&told, at(3)), said(&now_live, at(3))]);
    assert!(matches!(&lines[4], CaptureLine::Frame { t, .. } if *t == at(3).wall.0));
    assert!(matches!(&lines[5], CaptureLine::Said { t, .. } if *t == at(5).wall.0));
    assert_eq!(lines.len(), 6);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(capture.folder())), (0o600, 0o700));
    }
}

#[test]
fn a_capture_grows_to_its_cap_in_parts_and_gives_up_the_oldest() {
    let dir = tempfile::tempdir().unwrap();
    let limits = CaptureLimits { bytes: 320_000, ..PLENTY };
    let mut capture = begin(dir.path(), limits);
    for second in 0..400 {
        capture.frame(ROOM, at(second), &body(second as u64, 1_000)).unwrap();
    }
    capture.flush().unwrap();
    let kept = CapturesDir::new(dir.path()).kept();
    let total: u64 = kept.iter().map(|kept| kept.bytes).sum();
    assert!((250_000..=320_000).contains(&total), "{total}");
    assert!(kept.iter().all(|kept| kept.bytes <= 10_000));
    assert!(!capture.folder().join("ana.0001.jsonl").exists(), "the oldest went");
    let last = kept.iter().map(|kept| &kept.path).max().unwrap();
    assert!(matches!(lines(last)[0], CaptureLine::Name { .. }), "every part begins with the name");
}

#[test]
fn an_earlier_run_makes_space_for_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut earlier = begin(dir.path(), PLENTY);
    for second in 0..20 {
        earlier.frame(ROOM, at(second), &body(second as u64, 1_000)).unwrap();
    }
    earlier.remove(ROOM).unwrap();
    drop(begin(dir.path(), CaptureLimits { bytes: 10_000, ..PLENTY }));
    assert!(CapturesDir::new(dir.path()).kept().is_empty());
}

#[rstest]
#[case("@ana.live", "ana.live")]
#[case("room 73", "room-73")]
#[case("@..", "room")]
#[case("@ünal/../x", "ünal-..-x")]
fn a_file_is_named_for_its_room(#[case] room: &str, #[case] file: &str) {
    assert_eq!(file_name(&Text::new(room)), file);
}
