//! Tests of the states of a recording, with the patience that users have. The clock stands still while everybody waits, so that
//! minutes pass at once: nothing here has an ffmpeg.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use tiktop::clock::Timestamp;
use tiktop::record::{
    AlertKind, AlertLevel, Cue, FoundStreams, LiveState, Media, PictureLabel, RecorderCommand, RecorderLimits,
    RecordingJob, RecordingState, StreamFailure, StreamOffer, StreamSource,
};
use tokio::time::{Instant, sleep, sleep_until};

use super::scene::{Ffmpeg, ROOM, Scene, job, pictures, stream, tag};

/// What a connection sends, and when: milliseconds after the sender began.
type Sent = VecDeque<(u64, Bytes)>;

/// A sender that sends each tag when it is due, one connection after the other; the answers to questions about the live are as
/// they are at that time.
#[derive(Clone)]
struct Sender {
    began: Instant,
    connections: Arc<Mutex<VecDeque<Sent>>>,
    /// From when on the live is over, or paused, in milliseconds.
    ends: u64,
    paused: std::ops::Range<u64>,
    /// The address is refused then.
    refused: std::ops::Range<u64>,
}

impl Sender {
    /// Connections made of tags that are each due at a time.
    fn new(connections: impl IntoIterator<Item = Sent>) -> Self {
        Self::begun(Duration::ZERO, connections)
    }

    /// One that began so long ago.
    fn begun(before: Duration, connections: impl IntoIterator<Item = Sent>) -> Self {
        let connections = Arc::new(Mutex::new(connections.into_iter().collect()));
        Self { began: Instant::now() - before, connections, ends: u64::MAX, paused: 0..0, refused: 0..0 }
    }

    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

impl StreamSource for Sender {
    type Address = ();
    type Media = Connection;

    async fn resolve(&self, _: &RecordingJob) -> Result<FoundStreams<()>, StreamFailure> {
        let state = match self.now() {
            now if now >= self.ends => LiveState::Ended,
            now if self.paused.contains(&now) => LiveState::Paused,
            _ => LiveState::On,
        };
        let (quality, picture) = ("hd".into(), PictureLabel::default());
        let offers = vec![StreamOffer { quality, address: (), sound_only: false, hls: false, picture }];
        Ok(FoundStreams { state, offers })
    }

    async fn open(&self, (): &()) -> Result<Connection, StreamFailure> {
        let gone = StreamFailure { gone: true, words: "the stream is gone".into() };
        if self.refused.contains(&self.now()) {
            return Err(gone);
        }
        let sent = self.connections.lock().unwrap().pop_front().ok_or(gone)?;
        Ok(Connection { began: self.began, sent })
    }

    fn refer(&self, (): &(), _: &Connection, _: &str) -> Option<()> {
        None
    }
}

struct Connection {
    began: Instant,
    sent: Sent,
}

impl Media for Connection {
    async fn chunk(&mut self) -> Result<Option<Bytes>, StreamFailure> {
        match self.sent.front() {
            None => Ok(None),
            Some(&(due, _)) => {
                sleep_until(self.began + Duration::from_millis(due)).await;
                Ok(self.sent.pop_front().map(|(_, bytes)| bytes))
            }
        }
    }
}

/// Tags of `from..to` on the sender's clock, each sent when it is due, the ones before `now` at once; then silence until `until`.
fn live(from: u32, to: u32, now: u64, until: u64) -> Sent {
    let whole = stream(1, from, to);
    let head = stream(1, 0, 0).len();
    let mut sent = Sent::from([(now, Bytes::copy_from_slice(&whole[..head]))]);
    let mut rest = &whole[head..];
    while let [_, a, b, c, d, e, f, ..] = *rest {
        let (tag, after) = rest.split_at(u32::from_be_bytes([0, a, b, c]) as usize + 15);
        let due = u64::from(u32::from_be_bytes([0, d, e, f])).max(now);
        sent.push_back((due, Bytes::copy_from_slice(tag)));
        rest = after;
    }
    // Something that is never written keeps the connection open until then.
    sent.push_back((until, Bytes::from(tag(18, to, b"\x02\0\x0aonMetaData"))));
    sent
}

/// A recording with the limits that users have.
async fn recorded(sender: Sender, chat: bool) -> Scene {
    let limits = RecorderLimits { min_free: 0, ..RecorderLimits::default() };
    Scene::start(job(), sender, &Ffmpeg::Program("/nowhere/ffmpeg"), limits, |settings| {
        (settings.info, settings.chat) = (true, chat);
    })
    .await
}

/// Waits for a state.
async fn until(scene: &mut Scene, mut wanted: impl FnMut(&RecordingState) -> bool) -> RecordingState {
    loop {
        let state = scene.next().await;
        if wanted(&state) {
            return state;
        }
        assert!(!matches!(state, RecordingState::Done { .. } | RecordingState::Failed { .. }), "it ended: {state:?}");
    }
}

#[rstest]
#[case::connection_closed(4_000)]
#[case::connection_silent(600_000)]
#[tokio::test(start_paused = true)]
async fn the_end_of_a_live_is_known_within_four_seconds(#[case] until: u64) {
    let sender = Sender { ends: 4_000, ..Sender::new([live(0, 4_000, 0, until)]) };
    let began = sender.began;
    let mut scene = recorded(sender, false).await;
    let (file, _, reason) = scene.done().await;
    let late = began.elapsed().saturating_sub(Duration::from_secs(4));
    assert_eq!(reason, "the live ended");
    assert!(late <= Duration::from_secs(4), "{late:?}");
    assert_eq!(pictures(&file).len(), 100);
}

#[tokio::test(start_paused = true)]
async fn the_end_that_the_events_know_of_is_obeyed_within_four_seconds() {
    let sender = Sender::new([live(0, 60_000, 0, 600_000)]);
    let mut scene = recorded(sender, false).await;
    scene.running().await;
    sleep(Duration::from_secs(5)).await;
    let ended = Instant::now();
    scene.commands.send(RecorderCommand::LiveEnded(ROOM)).await.unwrap();
    let (_, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    assert!(ended.elapsed() <= Duration::from_secs(4), "{:?}", ended.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_recording_whose_connection_is_just_over() {
    for stop in (3_900..4_500).step_by(50) {
        let sender = Sender::new([live(0, 4_000, 0, 4_010)]);
        let began = sender.began;
        let mut scene = recorded(sender, false).await;
        sleep_until(began + Duration::from_millis(stop)).await;
        scene.stop().await;
        let (file, _, reason) = scene.done().await;
        assert_eq!(reason, "stopped");
        assert!(pictures(&file).len() as u64 + 1 >= stop.min(4_000) / 40, "{stop}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_minutes_is_no_end_and_one_file() {
    // The connection is closed with the pause, and each one that is opened meanwhile is refused.
    let sender = Sender {
        paused: 4_000..184_000,
        refused: 4_000..184_000,
        ends: 190_000,
        ..Sender::new([live(0, 4_000, 0, 4_000), live(184_000, 190_000, 184_000, 190_000)])
    };
    let mut scene = recorded(sender, false).await;
    scene.running().await;
    sleep(Duration::from_secs(4)).await;
    scene.commands.send(RecorderCommand::LivePaused(ROOM, true)).await.unwrap();
    let state = until(&mut scene, |state| matches!(state, RecordingState::Reconnecting { paused: true, .. })).await;
    let alert = state.alert().unwrap();
    assert_eq!((alert.kind, alert.level), (AlertKind::Paused, AlertLevel::Warning));
    sleep(Duration::from_secs(176)).await;
    scene.commands.send(RecorderCommand::LivePaused(ROOM, false)).await.unwrap();
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended", "one file, or it would say so");
    assert_eq!(pictures(&file).len(), 100 + 150);
    let info: serde_json::Value = serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap();
    let hole = &info["holes"][0];
    assert_eq!(info["holes"].as_array().unwrap().len(), 1, "{info}");
    assert!((hole["length_ms"].as_i64().unwrap() - 180_000).abs() < 300, "{hole}");
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_from_the_stall_to_the_closed_file_and_back() {
    let sender = Sender {
        refused: 12_000..120_000,
        ends: 200_000,
        ..Sender::new([live(0, 4_000, 0, 600_000), live(120_000, 200_000, 120_000, 200_000)])
    };
    let mut scene = recorded(sender, false).await;
    scene.running().await;
    let mut told: Vec<(AlertKind, AlertLevel)> = Vec::new();
    let mut words = String::new();
    loop {
        let state = scene.next().await;
        if matches!(state, RecordingState::Done { .. }) {
            break;
        }
        // That there is no ffmpeg is a warning for as long as that.
        let Some(alert) = state.alert().filter(|alert| alert.kind != AlertKind::Writer) else { continue };
        if told.last() != Some(&(alert.kind, alert.level)) {
            told.push((alert.kind, alert.level));
            words = format!("{words}{}\n", alert.sentence());
        }
    }
    let expected = [
        (AlertKind::Stalled, AlertLevel::Warning),
        (AlertKind::Reconnecting, AlertLevel::Warning),
        (AlertKind::Reconnecting, AlertLevel::Trouble),
    ];
    assert_eq!(told, expected, "{words}");
    for part in ["nothing came for 3 s", "asked for again", "the file is closed and plays", "the stream is gone"] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    let videos = scene.files().into_iter().filter(|name| name.contains(".flv")).count();
    assert_eq!(videos, 2, "{:?}", scene.files());
}

#[tokio::test(start_paused = true)]
async fn what_keeps_a_recording_from_its_beginning_is_told() {
    let sender = Sender { refused: 0..6_000, ends: 30_000, ..Sender::new([live(5_000, 30_000, 6_000, 30_000)]) };
    let mut scene = recorded(sender, false).await;
    let state = until(&mut scene, |state| matches!(state, RecordingState::Waiting { .. })).await;
    assert_eq!(state.alert().unwrap().sentence(), "the stream is gone; it is tried again for some seconds");
    scene.running().await;
    scene.done().await;
}

fn cue(text: &str) -> RecorderCommand {
    let (user, nickname) = ("ben".into(), "Ben".into());
    RecorderCommand::Cue(
        ROOM,
        Box::new(Cue { at: Timestamp(1_000), kind: "chat".into(), user, nickname, text: text.into() }),
    )
}

#[tokio::test(start_paused = true)]
async fn what_is_said_stands_at_the_picture_that_was_sent_then() {
    // The first connection begins with four seconds that a network keeps for newcomers; then three seconds are missing, and the
    // second one begins with what it keeps.
    let sender = Sender {
        refused: 20_000..23_000,
        ends: 40_000,
        ..Sender::begun(
            Duration::from_secs(10),
            [live(6_000, 20_000, 10_000, 20_000), live(22_000, 40_000, 23_000, 40_000)],
        )
    };
    let began = sender.began;
    let mut scene = recorded(sender, true).await;
    sleep_until(began + Duration::from_millis(10_900)).await;
    let times: Vec<u64> = (0..12).map(|nth| 11_010 + nth * 730).chain((0..15).map(|nth| 24_020 + nth * 990)).collect();
    for at in &times {
        sleep_until(began + Duration::from_millis(*at)).await;
        scene.commands.send(cue(&at.to_string())).await.unwrap();
    }
    let (file, ..) = scene.done().await;
    let chat = std::fs::read_to_string(file.with_extension("chat.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = chat.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), times.len());
    for line in lines {
        let sent: i64 = line["text"].as_str().unwrap().parse().unwrap();
        // The file begins with the picture of 6 s.
        let off = line["rec_ms"].as_i64().unwrap() - (sent - 6_000);
        assert!(off.abs() <= 250, "{off} ms: {line}");
    }
}
