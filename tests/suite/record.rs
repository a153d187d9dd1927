//! Tests of the recorder against a service that plays a script. What ffmpeg itself makes of it is in `with_ffmpeg`, what our
//! client makes of a real socket in `service`.

mod acceptance;
mod beside;
mod clips;
#[cfg(target_os = "linux")]
mod cost;
#[cfg(target_os = "linux")]
mod disk;
mod headless;
mod hls;
mod markers;
mod monitor;
#[cfg(target_os = "linux")]
mod rooms;
mod scene;
mod screens;
mod service;
mod states;
mod with_ffmpeg;

use std::path::Path;
use std::time::Duration;

use rstest::rstest;
use scene::{COPY, Ffmpeg, Play, ROOM, Scene, Then, impatient, job, patient, pictures, stream};
use tiktop::record::{RecorderCommand, RecorderLimits, RecordingState};

fn every_40_ms(to: u32) -> Vec<u32> {
    (0..to).step_by(40).collect()
}

/// How much was written when it stopped is a matter of speed; that it is whole is not.
fn has_a_beginning(file: &Path) {
    let pictures = pictures(file);
    assert!(!pictures.is_empty());
    assert_eq!(pictures, every_40_ms(pictures.len() as u32 * 40));
}

/// A recording of three seconds whose stream has stalled since.
async fn stalled() -> Scene {
    Scene::with(Play::new([(stream(1, 0, 3_000), Then::Stall)]), &Ffmpeg::Script(COPY), patient()).await
}

#[tokio::test]
async fn a_live_is_recorded_to_its_end() {
    let mut scene = Scene::new(Play::new([(stream(1, 5_000, 8_000), Then::End)])).await;
    assert_eq!(scene.next().await, RecordingState::Starting);
    let (file, millis, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    assert_eq!(pictures(&file), every_40_ms(3_000));
    assert_eq!(millis, 2_963);
    assert!(scene.files()[0].starts_with("ana_2"), "{:?}", scene.files());
}

#[rstest]
#[case::end(Then::End)]
#[case::reset(Then::Reset)]
#[case::stall(Then::Stall)]
#[tokio::test]
async fn a_broken_connection_goes_on_in_the_same_file(#[case] then: Then) {
    let acts = [(stream(1, 0, 6_200), then), (stream(1, 3_000, 9_000), Then::End)];
    let mut scene = Scene::new(Play::new(acts)).await;
    let (file, _, _) = scene.done().await;
    assert_eq!(pictures(&file), every_40_ms(9_000));
    assert_eq!(scene.files().len(), 1);
}

#[tokio::test]
async fn an_address_that_is_refused_for_a_while_is_asked_anew() {
    let refused = || (Vec::new(), Then::Refuse);
    let acts = [(stream(1, 0, 6_000), Then::End), refused(), refused(), (stream(1, 5_000, 9_000), Then::End)];
    let mut scene = Scene::new(Play::new(acts)).await;
    let (file, _, _) = scene.done().await;
    assert_eq!(pictures(&file), every_40_ms(9_000));
}

#[tokio::test]
async fn a_live_whose_addresses_stay_refused_goes_on_in_another_file() {
    let mut acts = vec![(stream(1, 0, 6_000), Then::End)];
    acts.resize_with(40, || (Vec::new(), Then::Refuse));
    acts.push((stream(1, 60_000, 63_000), Then::End));
    let limits = RecorderLimits { give_up: Duration::from_millis(100), ..impatient() };
    let mut scene = Scene::with(Play::new(acts), &Ffmpeg::Script(COPY), limits).await;
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended; it is in 2 files");
    assert_eq!(pictures(&file), every_40_ms(6_000));
    assert_eq!(pictures(&file.with_extension("part02.mkv")), every_40_ms(3_000));
}

#[tokio::test]
async fn a_stream_that_stays_silent_leaves_a_whole_file_and_is_waited_for() {
    let mut acts = vec![(stream(1, 0, 3_000), Then::End)];
    acts.resize_with(500, || (Vec::new(), Then::Stall));
    let limits = RecorderLimits { give_up: Duration::from_millis(700), ..impatient() };
    let mut scene = Scene::with(Play::new(acts), &Ffmpeg::Script(COPY), limits).await;
    while !matches!(scene.next().await, RecordingState::Reconnecting { .. }) {}
    // Known by the event socket: the stream itself would be asked for ever.
    scene.commands.send(RecorderCommand::LiveEnded(ROOM)).await.unwrap();
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    assert_eq!(pictures(&file), every_40_ms(3_000));
}

#[tokio::test]
async fn a_bug_in_a_recording_ends_it_and_the_next_one_runs() {
    let mut scene = Scene::new(Play::panicking()).await;
    for _ in 0..2 {
        let (reason, _) = scene.failure().await;
        assert!(reason.contains("a fault in tiktop"), "{reason}");
        scene.commands.send(RecorderCommand::Start(job())).await.unwrap();
    }
}

#[tokio::test]
async fn sound_alone_is_recorded_from_its_beginning_and_said_to_be_that() {
    let mut bytes = b"FLV\x01\x04\0\0\0\x09\0\0\0\0".to_vec();
    bytes.extend(scene::tag(8, 0, &[0xaf, 0, 0x12, 0x10]));
    (0..3_000)
        .step_by(23)
        .for_each(|at| bytes.extend(scene::tag(8, at, &[&[0xaf, 1], &at.to_be_bytes()[..]].concat())));
    let mut scene = Scene::new(Play::of_sound([(bytes, Then::End)])).await;
    let (_, millis, reason) = scene.done().await;
    assert_eq!((millis, reason.as_str()), (2_990, "the live ended; sound only"));
}

#[tokio::test]
async fn a_new_setup_begins_a_new_file() {
    let acts = [(stream(1, 0, 6_000), Then::End), (stream(2, 6_000, 9_000), Then::End)];
    let mut scene = Scene::new(Play::new(acts)).await;
    let (file, millis, reason) = scene.done().await;
    assert_eq!(reason, "the live ended; it is in 2 files");
    assert_eq!(pictures(&file), every_40_ms(6_000));
    assert_eq!(pictures(&file.with_extension("part02.mkv")), every_40_ms(3_000));
    assert_eq!(millis, 5_963 + 2_963);
}

#[tokio::test]
async fn a_stop_is_heard_while_the_stream_stalls() {
    let mut scene = stalled().await;
    scene.running().await;
    scene.stop().await;
    let mut next = scene.next().await;
    while matches!(next, RecordingState::Running { .. } | RecordingState::Reconnecting { .. }) {
        next = scene.next().await;
    }
    assert_eq!(next, RecordingState::Stopping);
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "stopped");
    has_a_beginning(&file);
}

#[tokio::test]
async fn a_room_is_recorded_again_once_its_file_is_closed() {
    let acts = [(stream(1, 0, 3_000), Then::Stall), (stream(1, 0, 3_000), Then::End)];
    let mut scene = Scene::with(Play::new(acts), &Ffmpeg::Script(COPY), patient()).await;
    scene.running().await;
    // Pressed twice by mistake: there is one recording a room.
    scene.commands.send(RecorderCommand::Start(job())).await.unwrap();
    scene.stop().await;
    scene.commands.send(RecorderCommand::Start(job())).await.unwrap();
    let (first, _, _) = scene.done().await;
    let (second, _, _) = scene.done().await;
    assert_ne!(first, second);
    assert_eq!(scene.files().len(), 2);
}

#[tokio::test]
async fn the_end_of_the_program_finishes_all_files() {
    let mut scene = stalled().await;
    let file = scene.running().await;
    scene.recorder.finish().await;
    has_a_beginning(&file);
}

/// A sender of which each connection is the same.
fn again_and_again(bytes: &[u8], then: Then) -> Play {
    Play::new(std::iter::repeat_n((bytes.to_vec(), then), 5_000))
}

#[rstest]
#[case::refused(again_and_again(b"", Then::Refuse), "TikTok refused the stream (404)")]
#[case::not_flv(again_and_again(b"<html>please log in</html>", Then::End), "sent no video (FLV or HLS)")]
#[case::no_stream(Play::without_streams(), "names no video stream")]
#[case::ended(Play::new([]), "the live has ended")]
#[case::silent(again_and_again(b"", Then::Stall), "sent nothing")]
#[tokio::test]
async fn what_cannot_be_recorded_is_one_sentence(#[case] play: Play, #[case] part: &str) {
    let limits = RecorderLimits { start: Duration::from_millis(700), ..impatient() };
    let mut scene = Scene::with(play, &Ffmpeg::Script(COPY), limits).await;
    let (reason, file) = scene.failure().await;
    assert!(reason.contains(part), "{reason}");
    assert_eq!(file, None);
    assert!(scene.files().is_empty());
}

#[rstest]
#[case::missing(Ffmpeg::Program("/nowhere/ffmpeg"), "install ffmpeg")]
#[case::folder(Ffmpeg::Program("/"), "cannot be run")]
#[case::died(
    Ffmpeg::Script("echo '[mov @ 0x1] [error] no such codec' >&2; exit 1"),
    "ffmpeg stopped by itself: no such codec"
)]
#[case::silent(Ffmpeg::Script("exec cat > /dev/null"), "ffmpeg wrote nothing for")]
#[tokio::test]
async fn without_a_working_ffmpeg_the_file_is_flv_and_whole(#[case] ffmpeg: Ffmpeg, #[case] part: &str) {
    let limits = RecorderLimits { first_bytes: Duration::from_millis(600), ..patient() };
    let play = Play::new([(stream(1, 0, 9_000), Then::Stall)]);
    let mut scene = Scene::start(job(), play, &ffmpeg, limits, |settings| settings.info = true).await;
    // It is tried once more before that.
    let mut note = scene.note().await;
    while !note.contains("recording .flv without it") {
        note = scene.note().await;
    }
    assert!(note.contains(part), "{note}");
    scene.stop().await;
    let (file, _, _) = scene.done().await;
    let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
    assert_eq!(scene.files(), [format!("{stem}.flv"), format!("{stem}.json")]);
    assert_eq!(pictures(&file), every_40_ms(9_000));
}

#[tokio::test]
async fn an_ffmpeg_that_is_killed_costs_a_file_and_no_picture() {
    // Takes a while, as much as it was killed after; the next one takes all.
    let script = r#"for last; do :; done; f="${last#file:}"; case "$f" in *part0*) exec cat > "$f";; *) head -c 6000 > "$f"; kill -9 $$;; esac"#;
    let play = Play::new([(stream(1, 0, 9_000), Then::Stall)]);
    let mut scene = Scene::with(play, &Ffmpeg::Script(script), patient()).await;
    let note = scene.note().await;
    assert!(note.contains("goes on in another file"), "{note}");
    scene.settled().await;
    scene.stop().await;
    let (_, _, reason) = scene.done().await;
    assert_eq!(reason, "stopped; it is in 2 files");
    let names = scene.files();
    let dir = scene.dir.path().join("videos");
    assert_eq!(pictures(&dir.join(&names[1])).first(), Some(&0), "{names:?}");
}

#[tokio::test]
async fn a_part_is_cut_at_its_length_without_a_hole() {
    let play = Play::new([(stream(1, 0, 9_000), Then::End)]);
    let mut scene = Scene::tuned(play, |settings| settings.part_length = Some(Duration::from_secs(4))).await;
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended; it is in 3 files");
    assert_eq!(pictures(&file), every_40_ms(4_000));
    assert_eq!(pictures(&file.with_extension("part02.mkv")), every_40_ms(4_000));
    assert_eq!(pictures(&file.with_extension("part03.mkv")), every_40_ms(1_000));
}

#[tokio::test]
async fn the_end_of_a_live_whose_stream_only_falls_silent_is_noticed() {
    let limits = RecorderLimits { read: Duration::from_secs(600), ..impatient() };
    let mut scene =
        Scene::with(Play::new([(stream(1, 0, 3_000), Then::FallSilent)]), &Ffmpeg::Script(COPY), limits).await;
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    assert_eq!(pictures(&file), every_40_ms(3_000));
}

#[rstest]
#[case::full("echo '[error] No space left on device' >&2; exit 1", "is full: make room")]
#[tokio::test]
async fn an_ffmpeg_that_gives_up_is_quoted(#[case] script: &'static str, #[case] part: &str) {
    let mut scene =
        Scene::with(Play::new([(stream(1, 0, 3_000), Then::Stall)]), &Ffmpeg::Script(script), patient()).await;
    let (reason, file) = scene.failure().await;
    assert!(reason.contains(part), "{reason}");
    assert_eq!(file, None, "an empty file is taken back");
    assert!(scene.files().is_empty());
}

#[tokio::test]
async fn an_ffmpeg_that_takes_nothing_is_put_away() {
    let write = Duration::from_millis(300);
    let limits = RecorderLimits { write, close: write, ..patient() };
    // More than a pipe holds.
    let play = Play::new([(stream(1, 0, 200_000), Then::Stall)]);
    let mut scene = Scene::with(play, &Ffmpeg::Script("while :; do sleep 60; done"), limits).await;
    let note = scene.note().await;
    assert!(note.contains("ffmpeg hung"), "{note}");
    scene.settled().await;
    scene.stop().await;
    let (file, _, _) = scene.done().await;
    assert_eq!(pictures(&file), every_40_ms(200_000));
}

#[tokio::test]
async fn a_file_that_stops_growing_while_its_writer_is_fed_is_noticed() {
    // Writes for a while and then takes everything and writes nothing; the next one keeps all.
    let script = r#"for last; do :; done; f="${last#file:}"; case "$f" in *part0*) exec cat > "$f";; *) head -c 6000 > "$f"; exec cat > /dev/null;; esac"#;
    let limits = RecorderLimits { write: Duration::from_millis(600), ..impatient() };
    let play = Play::new([(stream(1, 0, 9_000), Then::Wait), (stream(1, 8_000, 200_000), Then::Stall)]);
    let go_on = play.go_on();
    let limits = RecorderLimits { read: Duration::from_secs(600), ..limits };
    let mut scene = Scene::with(play, &Ffmpeg::Script(script), limits).await;
    scene.running().await;
    go_on.cancel();
    let note = scene.note().await;
    assert!(note.contains("ffmpeg hung") && note.contains("goes on in another file"), "{note}");
    scene.settled().await;
    scene.stop().await;
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "stopped; it is in 2 files");
    let second = pictures(&file.with_extension("part02.mkv"));
    assert!(second.len() >= 4_800 && second[0] == 0, "{} pictures: nothing that was fed is lost", second.len());
}

#[tokio::test]
async fn a_file_that_vanishes_is_noticed() {
    let mut scene = stalled().await;
    std::fs::remove_file(scene.running().await).unwrap();
    let (reason, file) = scene.failure().await;
    assert!(reason.contains("was moved or deleted"), "{reason}");
    assert_eq!(file, None);
}

#[tokio::test]
async fn a_nearly_full_disk_is_not_begun_to_fill() {
    let play = Play::new([(stream(1, 0, 3_000), Then::Stall)]);
    let mut scene =
        Scene::with(play, &Ffmpeg::Script(COPY), RecorderLimits { min_free: u64::MAX, ..impatient() }).await;
    let (reason, _) = scene.failure().await;
    assert!(reason.contains("MB are free"), "{reason}");
    assert!(scene.files().is_empty());
}
