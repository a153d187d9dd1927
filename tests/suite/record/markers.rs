//! Markers, clips and subtitles inside the video's file, by the real ffmpeg; skipped, with a word, where there is none.

use tiktop::clock::Timestamp;
use tiktop::record::{Cue, RecorderCommand, RecorderUpdate, copy_as_mp4};

use super::scene::{Ffmpeg, Play, ROOM, Scene, Then, job, patient};
use super::with_ffmpeg::{SECONDS, TALL, clip, lasts, plays, run};
use tokio_util::sync::CancellationToken;

/// A recording of six seconds that goes on for six more once it is told to.
async fn scene() -> Option<(Scene, CancellationToken)> {
    let clip = clip(TALL)?;
    let play = Play::new([(clip.sent(0, 6_000), Then::Wait), (clip.sent(4_000, 12_000), Then::Stall)]);
    let go_on = play.go_on();
    let tune = |settings: &mut tiktop::record::RecorderSettings| {
        (settings.chat, settings.info, settings.mux_subtitles) = (true, true, true);
    };
    Some((Scene::start(job(), play, &Ffmpeg::Program("ffmpeg"), patient(), tune).await, go_on))
}

#[tokio::test]
async fn a_marker_becomes_a_chapter_and_the_chat_a_track() {
    let Some((mut scene, go_on)) = scene().await else { return };
    let file = scene.running().await;
    let (user, nickname) = ("ben".into(), "Ben".into());
    let cue = Cue { at: Timestamp(1_000), kind: "chat".into(), user, nickname, text: "hello".into() };
    scene.commands.send(RecorderCommand::Cue(ROOM, Box::new(cue))).await.unwrap();
    scene.commands.send(RecorderCommand::Mark(ROOM, "goal = 1".into(), std::time::Duration::ZERO)).await.unwrap();
    scene.commands.send(RecorderCommand::Clip(ROOM)).await.unwrap();
    let kept = loop {
        if let RecorderUpdate::Clip { clip, .. } = scene.updates.recv().await.unwrap() {
            break clip.unwrap();
        }
    };
    go_on.cancel();
    scene.settled().await;
    // ffmpeg holds its last second back until the next one begins.
    let line = "-v error -show_entries format=duration -of csv=p=0 FILE";
    let seconds: f64 = String::from_utf8_lossy(&run("ffprobe", line, &kept).stdout).trim().parse().unwrap();
    assert!((3.0..6.1).contains(&seconds), "{seconds}");
    assert!(kept.to_string_lossy().ends_with(".clip01.mkv"));
    scene.stop().await;
    scene.done().await;
    lasts(&file, 12.0);
    let line = "-v error -show_chapters -show_entries stream=codec_name -of default=nk=0 FILE";
    let said = String::from_utf8_lossy(&run("ffprobe", line, &file).stdout).into_owned();
    for part in ["TAG:title=goal = 1", "TAG:title=Morning", "codec_name=ass", "codec_name=h264", "codec_name=aac"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let info = std::fs::read_to_string(file.with_extension("json")).unwrap();
    assert!(info.contains(r#""note":"goal = 1""#), "{info}");
    let bytes = std::fs::metadata(&file).unwrap().len();
    assert!(info.contains(&format!(r#""bytes":{bytes},"#)), "{bytes} is not in {info}");
    assert!(!scene.files().iter().any(|name| name.contains(".new")), "{:?}", scene.files());
}

/// A minute and a half of the clip.
fn ninety_seconds() -> Option<Vec<u8>> {
    let clip = clip(TALL)?;
    let mut bytes = clip.head.clone();
    for round in 0..8_u32 {
        for (at, _, tag) in &clip.tags {
            let at = at + round * SECONDS * 1_000;
            if at < 90_000 {
                let [high, low @ ..] = at.to_be_bytes();
                bytes.extend([&tag[..4], &low, &[high], &tag[8..]].concat());
            }
        }
    }
    Some(bytes)
}

#[tokio::test]
async fn a_clip_of_a_long_recording_is_its_last_minute_from_a_keyframe_on() {
    let Some(bytes) = ninety_seconds() else { return };
    let play = Play::new([(bytes, Then::Stall)]);
    let mut scene = Scene::with(play, &Ffmpeg::Program("ffmpeg"), patient()).await;
    let file = scene.settled().await;
    scene.commands.send(RecorderCommand::Clip(ROOM)).await.unwrap();
    let kept = loop {
        if let RecorderUpdate::Clip { clip, .. } = scene.updates.recv().await.unwrap() {
            break clip.unwrap();
        }
    };
    // A group of pictures lasts a second, and ffmpeg holds its last second back.
    let seconds = plays(&kept);
    assert!((58.0..61.2).contains(&seconds), "{seconds}");
    let line = "-v error -select_streams v:0 -show_entries packet=pts_time,flags -of csv=p=0 FILE";
    let packets = String::from_utf8_lossy(&run("ffprobe", line, &kept).stdout).into_owned();
    let first: Vec<_> = packets.lines().next().unwrap().split(',').collect();
    assert!(first[1].starts_with('K') && first[0].parse::<f64>().unwrap() < 0.1, "{first:?}");
    scene.commands.send(RecorderCommand::Mark(ROOM, "goal = 2".into(), std::time::Duration::ZERO)).await.unwrap();
    scene.stop().await;
    scene.done().await;
    lasts(&file, 90.0);
    // Written into the file itself, without a copy of it.
    let line = "-v error -show_chapters -of default=nk=0 FILE";
    let said = String::from_utf8_lossy(&run("ffprobe", line, &file).stdout).into_owned();
    assert!(said.contains("TAG:title=Morning") && said.contains("TAG:title=goal = 2"), "{said}");
}

#[tokio::test]
async fn a_copy_is_verified_and_overwrites_nothing() {
    let Some((mut scene, go_on)) = scene().await else { return };
    go_on.cancel();
    let file = scene.settled().await;
    scene.stop().await;
    scene.done().await;
    let told = std::sync::Mutex::new(Vec::new());
    let copy = copy_as_mp4("ffmpeg", &file, |percent| told.lock().unwrap().push(percent)).await.unwrap();
    lasts(&copy, 12.0);
    let told = told.into_inner().unwrap();
    assert!(told.is_sorted() && told.first() == Some(&0) && told.last() == Some(&100), "{told:?}");
    lasts(&file, 12.0);
    let again = copy_as_mp4("ffmpeg", &file, |_| {}).await.unwrap_err();
    assert!(again.as_str().contains("is there already"), "{again}");
    let broken = file.with_file_name("broken.mkv");
    std::fs::write(&broken, "no video").unwrap();
    let why = copy_as_mp4("ffmpeg", &broken, |_| {}).await.unwrap_err();
    assert!(why.as_str().contains("was not copied"), "{why}");
    assert!(!broken.with_extension("mp4").exists() && broken.exists());
}
