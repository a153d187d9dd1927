//! Lives that come as HLS: against a script, and against the simulator.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rstest::rstest;
use tiktop::config::Settings;
use tiktop::ids::RoomId;
use tiktop::record::{
    FoundStreams, LiveState, Media, PictureLabel, RecorderLimits, RecordingJob, RecordingState, StreamFailure,
    StreamOffer, StreamSource,
};
use tiktop::sim::{Sim, SimFault, SimOptions};
use tiktop::webcast::Service;

use super::scene::{COPY, Ffmpeg, Scene, impatient, job};
use super::with_ffmpeg;

/// What is at each path, and what the playlist says from one reading to the next; the live is over after the last.
#[derive(Clone, Debug, Default)]
struct Playlists {
    readings: Arc<Mutex<VecDeque<String>>>,
    files: Arc<Mutex<HashMap<String, Bytes>>>,
}

const PACKET: usize = 188;

/// A segment of a few packets, named by its number; it begins at `seconds` on the sender's clock.
fn segment(number: u8, seconds: u64) -> Vec<u8> {
    let mut pat = vec![0x47, 0x40, 0, 0x10, 0, 0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0, 1, 2, 3, 4];
    let mut pmt = vec![0x47, 0x50, 0, 0x10, 0, 2, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, 0x1b, 0xe1, 0, 0xf0, 0];
    let ticks = seconds * 90_000;
    let stamp =
        0b10 << 36 | (ticks >> 30) << 33 | 1 << 32 | (ticks >> 15 & 0x7fff) << 17 | 1 << 16 | (ticks & 0x7fff) << 1 | 1;
    let mut picture = vec![0x47, 0x41, 0, 0x10, 0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5];
    picture.extend(&u64::to_be_bytes(stamp)[3..]);
    for packet in [&mut pat, &mut pmt, &mut picture] {
        packet.resize(PACKET, number);
    }
    [pat, pmt, picture].concat()
}

fn window(first: u64, entries: &[&str]) -> String {
    let head = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    let line = |text: String, entry: &&str| text + "#EXTINF:1.0,\n" + entry + "\n";
    entries.iter().fold(head, line)
}

impl Playlists {
    /// Segments `0.ts` to `19.ts`, a second each.
    fn new(readings: impl IntoIterator<Item = String>) -> Self {
        let files = (0..20_u8).map(|number| (format!("/live/{number}.ts"), segment(number, number.into()).into()));
        Self {
            readings: Arc::new(Mutex::new(readings.into_iter().collect())),
            files: Arc::new(Mutex::new(files.collect())),
        }
    }

    fn without(self, number: u8) -> Self {
        self.files.lock().unwrap().remove(&format!("/live/{number}.ts"));
        self
    }
}

impl StreamSource for Playlists {
    type Address = String;
    type Media = Answer;

    async fn resolve(&self, _: &RecordingJob) -> Result<FoundStreams<String>, StreamFailure> {
        let over = self.readings.lock().unwrap().is_empty();
        let state = if over { LiveState::Ended } else { LiveState::On };
        let (address, picture) = ("/live/index.m3u8".into(), PictureLabel::default());
        let offer = StreamOffer { quality: "hd".into(), address, sound_only: false, hls: true, picture };
        Ok(FoundStreams { state, offers: vec![offer] })
    }

    async fn open(&self, address: &String) -> Result<Answer, StreamFailure> {
        let gone = || StreamFailure { gone: true, words: "gone".into() };
        let body = if address.ends_with("index.m3u8") {
            Bytes::from(self.readings.lock().unwrap().pop_front().ok_or_else(gone)?)
        } else {
            self.files.lock().unwrap().get(address).cloned().ok_or_else(gone)?
        };
        Ok(Answer(body))
    }

    fn refer(&self, address: &String, _: &Answer, reference: &str) -> Option<String> {
        let (folder, _) = address.rsplit_once('/')?;
        Some(if reference.starts_with('/') { reference.to_owned() } else { format!("{folder}/{reference}") })
    }
}

struct Answer(Bytes);

impl Media for Answer {
    async fn chunk(&mut self) -> Result<Option<Bytes>, StreamFailure> {
        let chunk = self.0.split_to(self.0.len().min(200));
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

/// The numbers of the segments in a file that [`COPY`] kept.
fn numbers(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).unwrap();
    bytes.chunks(3 * PACKET).map(|segment| *segment.last().unwrap()).collect()
}

#[tokio::test]
async fn a_live_window_is_followed_and_every_segment_kept_once() {
    let readings = [
        window(0, &["0.ts", "1.ts", "2.ts", "3.ts", "4.ts"]),
        window(2, &["2.ts?again", "3.ts", "4.ts", "5.ts", "6.ts"]),
        window(2, &["2.ts", "3.ts", "4.ts", "5.ts", "6.ts"]),
        window(4, &["4.ts", "5.ts", "6.ts", "7.ts"]),
    ];
    let mut scene = Scene::new_of(Playlists::new(readings)).await;
    let (file, millis, reason) = scene.done().await;
    assert_eq!((numbers(&file), millis), (vec![2, 3, 4, 5, 6, 7], 6_000));
    assert_eq!(reason, "the live ended");
}

#[tokio::test]
async fn a_list_of_variants_leads_to_its_best() {
    let variants = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9,RESOLUTION=9x9\n/low/index.m3u8\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=99,RESOLUTION=99x99\nindex.m3u8\n";
    let mut scene = Scene::new_of(Playlists::new([variants.to_owned(), window(0, &["0.ts", "1.ts"])])).await;
    assert_eq!(numbers(&scene.done().await.0), [0, 1]);
}

#[tokio::test]
async fn what_has_left_the_window_and_what_is_refused_are_holes() {
    let readings = [window(0, &["0.ts", "1.ts"]), window(4, &["4.ts", "5.ts", "6.ts", "7.ts"])];
    let mut scene = Scene::tuned(Playlists::new(readings).without(5), |settings| settings.info = true).await;
    let (file, millis, _) = scene.done().await;
    assert_eq!((numbers(&file), millis), (vec![0, 1, 4, 6, 7], 8_000));
    let info: serde_json::Value = serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap();
    let holes = serde_json::json!([{"at_ms": 2_000, "length_ms": 2_000}, {"at_ms": 5_000, "length_ms": 1_000}]);
    assert_eq!(info["holes"], holes);
}

#[tokio::test]
async fn another_encoder_begins_another_file() {
    let readings =
        ["#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n0.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:1,\n9.ts\n".to_owned()];
    let mut scene = Scene::new_of(Playlists::new(readings)).await;
    let (file, millis, reason) = scene.done().await;
    assert_eq!(reason, "the live ended; it is in 2 files");
    assert_eq!((numbers(&file), numbers(&file.with_extension("part02.mkv")), millis), (vec![0], vec![9], 2_000));
}

#[tokio::test]
async fn without_ffmpeg_segments_are_a_file_as_they_came() {
    let playlists = Playlists::new([window(0, &["0.ts", "1.ts", "2.ts"])]);
    let mut scene = Scene::with(playlists, &Ffmpeg::Program("/nowhere/ffmpeg"), impatient()).await;
    let (file, ..) = scene.done().await;
    assert_eq!((file.extension().unwrap().to_str(), numbers(&file)), (Some("ts"), vec![0, 1, 2]));
}

#[rstest]
#[case::licensed(
    "#EXTM3U\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:1,\n0.ts\n",
    "encrypted in another way than plain AES-128"
)]
#[case::no_key("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:1,\n0.ts\n", "its key cannot be had (gone)")]
#[case::wrong_key("#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"1.ts\"\n#EXTINF:1,\n0.ts\n", "do not decrypt with the key")]
#[case::page("<html>please log in</html>", "no HLS playlist came")]
#[case::no_segment("#EXTM3U\n#EXTINF:1,\nindex.m3u8\n", "sent no video (FLV or HLS)")]
#[case::loop_of_lists("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\nindex.m3u8\n", "leads nowhere")]
#[tokio::test]
async fn a_playlist_that_cannot_be_recorded_is_one_sentence(#[case] text: &'static str, #[case] part: &str) {
    let limits = RecorderLimits { start: Duration::from_millis(300), ..impatient() };
    let readings = std::iter::repeat_n(text.to_owned(), 5_000);
    let mut scene = Scene::with(Playlists::new(readings), &Ffmpeg::Script(COPY), limits).await;
    let (reason, _) = scene.failure().await;
    assert!(reason.contains(part), "{reason}");
}

#[tokio::test]
async fn a_playlist_without_end_is_not_read_to_its_end() {
    let text = "#".repeat(3 << 20);
    let limits = RecorderLimits { start: Duration::from_millis(300), ..impatient() };
    let readings = std::iter::repeat_n(text, 50);
    let mut scene = Scene::with(Playlists::new(readings), &Ffmpeg::Script(COPY), limits).await;
    let (reason, _) = scene.failure().await;
    assert!(reason.contains("more than 2 MB"), "{reason}");
}

/// Records the simulator's HLS until three segments and some are there, then ends the live.
async fn simulated(ffmpeg: Ffmpeg, more: &[SimFault]) -> (std::path::PathBuf, Scene) {
    let faults = [&[SimFault::HlsOnly], more].concat();
    // Old enough to have a whole window.
    let age = Duration::from_secs(30);
    let sim = Sim::start(SimOptions { rate: 0.0, rooms: 1, faults, age, ..SimOptions::default() }).await.unwrap();
    let host = &sim.names()[0];
    let mut settings = Settings::default();
    settings.service.site_url = sim.base_url();
    settings.service.webcast_url = format!("{}/webcast", sim.base_url());
    let client = Service::isolated(&settings).unwrap();
    let job = RecordingJob { room_id: RoomId(sim.room_id(host) as u64), ..job() };
    let limits = RecorderLimits { read: Duration::from_secs(3), ..impatient() };
    let mut scene = Scene::of(job, client, &ffmpeg, limits).await;
    // The three segments that a live is joined with, and the next one.
    loop {
        match scene.next().await {
            RecordingState::Running { details, .. } if details.millis >= 13_000 => {
                assert_eq!(details.size, Some((360, 640)), "the picture is read from the segments");
                break;
            }
            RecordingState::Done { reason, .. } | RecordingState::Failed { reason, .. } => panic!("{reason}"),
            _ => {}
        }
    }
    sim.end_live(host);
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "the live ended");
    (file, scene)
}

#[rstest]
#[case::plain(&[])]
#[case::encrypted(&[SimFault::HlsEncrypted])]
#[tokio::test]
async fn the_simulated_hls_is_recorded_without_a_packet_lost_or_doubled(#[case] faults: &[SimFault]) {
    let (file, _scene) = simulated(Ffmpeg::Script(COPY), faults).await;
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.len() > 300_000 && bytes.len() % PACKET == 0, "{}", bytes.len());
    let mut last = HashMap::<u16, u8>::new();
    for packet in bytes.chunks(PACKET) {
        let stream = u16::from(packet[1] & 0x1f) << 8 | u16::from(packet[2]);
        let counter = packet[3] & 15;
        if let Some(last) = last.insert(stream, counter) {
            assert_eq!(counter, (last + 1) & 15, "stream {stream:#x}");
        }
    }
}

#[rstest]
#[case::transport(&[])]
#[case::encrypted(&[SimFault::HlsEncrypted])]
#[case::fragments(&[SimFault::HlsFragments])]
#[case::encrypted_fragments(&[SimFault::HlsFragments, SimFault::HlsEncrypted])]
#[tokio::test]
async fn the_simulated_hls_becomes_a_file_that_plays(#[case] faults: &[SimFault]) {
    if !with_ffmpeg::is_there() {
        return;
    }
    let (file, scene) = simulated(Ffmpeg::Program("ffmpeg"), faults).await;
    assert_eq!(scene.files().len(), 1, "{:?}", scene.files());
    let seconds = with_ffmpeg::plays(&file);
    // Whole segments of four seconds, three at least.
    let segments = (seconds / 4.0).round();
    assert!(segments >= 3.0 && (seconds / segments - 4.0).abs() < 0.1, "{seconds}");
}

#[tokio::test]
async fn without_ffmpeg_fragments_are_a_file_that_begins_as_it_must() {
    let (file, _scene) = simulated(Ffmpeg::Program("/nowhere/ffmpeg"), &[SimFault::HlsFragments]).await;
    assert_eq!(file.extension().unwrap(), "mp4");
    let bytes = std::fs::read(&file).unwrap();
    let mut kinds = Vec::new();
    let mut rest = &bytes[..];
    while let [a, b, c, d, kind @ ..] = rest {
        kinds.push(String::from_utf8_lossy(&kind[..4]).into_owned());
        rest = &rest[u32::from_be_bytes([*a, *b, *c, *d]) as usize..];
    }
    assert_eq!(kinds[..2], ["ftyp", "moov"]);
    assert!(kinds[2..].chunks(3).all(|kinds| kinds == ["styp", "moof", "mdat"]), "{kinds:?}");
}
