//! Tests of the files beside a video.

use serde_json::Value;
use tiktop::clock::Timestamp;
use tiktop::record::{Cue, RecorderCommand};

use super::scene::{Play, ROOM, Scene, Then, patient, stream};

fn cue(text: &str) -> RecorderCommand {
    let (user, nickname) = ("ben".into(), "Ben".into());
    let cue = Cue { at: Timestamp(1_000), kind: "chat".into(), user, nickname, text: text.into() };
    RecorderCommand::Cue(ROOM, Box::new(cue))
}

#[tokio::test]
async fn what_was_said_is_on_the_clock_of_the_video_and_becomes_subtitles() {
    let play = Play::new([(stream(1, 0, 3_000), Then::Wait), (stream(1, 2_000, 60_000), Then::Stall)]);
    let go_on = play.go_on();
    let mut scene = Scene::tuned(play, |settings| {
        (settings.chat, settings.info, settings.limits) = (true, true, patient());
    })
    .await;
    let video = scene.settled().await;
    scene.commands.send(cue("hello <b>")).await.unwrap();
    scene.commands.send(cue("again")).await.unwrap();
    let chat = video.with_extension("chat.jsonl");
    go_on.cancel();
    scene.settled().await;
    scene.stop().await;
    scene.done().await;
    #[cfg(unix)]
    for words in [chat.clone(), video.with_extension("srt"), video.with_extension("ass")] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&words).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", words.display());
    }
    let lines: Vec<Value> =
        std::fs::read_to_string(&chat).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["text"], &lines[0]["part"], &lines[0]["user"]),
        (&"hello <b>".into(), &1.into(), &"ben".into())
    );
    // All of three seconds was there, and then the time that nothing came.
    assert!(lines[0]["rec_ms"].as_u64().unwrap() >= 2_963, "{lines:?}");
    assert!(std::fs::read_to_string(video.with_extension("srt")).unwrap().contains("Ben: again"));
    assert!(std::fs::read_to_string(video.with_extension("ass")).unwrap().contains("Dialogue: "));
}

#[tokio::test]
async fn a_recording_is_described_beside_it_without_anything_secret() {
    let acts = [(stream(1, 0, 3_000), Then::End), (stream(2, 3_000, 6_000), Then::End)];
    let mut scene = Scene::tuned(Play::new(acts), |settings| settings.info = true).await;
    let (file, _, _) = scene.done().await;
    let info: Value = serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap();
    assert_eq!((&info["status"], &info["reason"]), (&"done".into(), &"the live ended".into()));
    assert_eq!((&info["user"], &info["room_id"], &info["quality"]), (&"ana".into(), &"7".into(), &"hd".into()));
    let parts = info["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{info}");
    assert_eq!(parts[1]["length_ms"], 2_963);
    assert_eq!(parts[0]["bytes"], std::fs::metadata(&file).unwrap().len());
    assert!(!info.to_string().contains("sign"), "{info}");
}

#[tokio::test]
async fn names_follow_their_template_and_nothing_is_overwritten() {
    let tune = |settings: &mut tiktop::record::RecorderSettings| settings.name = "{user}/{title}".into();
    let mut scene = Scene::tuned(Play::new([(stream(1, 0, 3_000), Then::End)]), tune).await;
    let (file, _, _) = scene.done().await;
    assert!(file.ends_with("videos/ana/Morning.mkv"), "{}", file.display());
}
