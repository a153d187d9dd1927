//! Tests with the real ffmpeg: files that play. Skipped, with a word, where there is no ffmpeg.

use std::path::Path;
use std::process::{Command as Process, Output, Stdio};
use std::sync::OnceLock;

use super::scene::{Ffmpeg, Play, Scene, Then, impatient, patient, tag};
use tiktop::record::RecorderLimits;

/// A clip with a keyframe a second, as a sender would send it.
pub(super) struct Clip {
    /// File header and set-up.
    pub(super) head: Vec<u8>,
    /// Time in milliseconds, whether it is a keyframe, the whole tag.
    pub(super) tags: Vec<(u32, bool, Vec<u8>)>,
}

pub(super) const TALL: &str = "180x320";
pub(super) const WIDE: &str = "320x180";
pub(super) const SECONDS: u32 = 12;

impl Clip {
    /// A clip of [`SECONDS`]; nothing where ffmpeg cannot make one.
    fn make(size: &str) -> Option<Self> {
        let picture = format!("testsrc2=size={size}:rate=25");
        let line = format!(
            "-v error -f lavfi -i {picture} -f lavfi -i sine -t {SECONDS} -c:v libx264 -preset ultrafast -g 25 \
             -bf 0 -pix_fmt yuv420p -c:a aac -f flv pipe:1"
        );
        let made = Process::new("ffmpeg").args(line.split_whitespace()).stdin(Stdio::null()).output().ok()?;
        made.status.success().then(|| Self::split(&made.stdout))
    }

    pub(super) fn split(flv: &[u8]) -> Self {
        let mut clip = Self { head: flv[..13].to_vec(), tags: Vec::new() };
        let mut rest = &flv[13..];
        while let [kind, a, b, c, d, e, f, high, ..] = *rest {
            let (tag, after) = rest.split_at(u32::from_be_bytes([0, a, b, c]) as usize + 15);
            if kind == 18 || tag[12] == 0 {
                clip.head.extend_from_slice(tag);
            } else {
                clip.tags.push((u32::from_be_bytes([high, d, e, f]), kind == 9 && tag[11] >> 4 == 1, tag.to_vec()));
            }
            rest = after;
        }
        clip
    }

    /// A connection made at `from` and broken at `to`, in milliseconds.
    pub(super) fn sent(&self, from: u32, to: u32) -> Vec<u8> {
        let tags = self.tags.iter().skip_while(|(at, ..)| *at < from).take_while(|(at, ..)| *at < to);
        self.head.iter().chain(tags.flat_map(|(.., tag)| tag)).copied().collect()
    }
}

/// The clip in one of two sizes; says so where there is none.
pub(super) fn clip(size: &str) -> Option<&'static Clip> {
    static TALL_FILM: OnceLock<Option<Clip>> = OnceLock::new();
    static WIDE_FILM: OnceLock<Option<Clip>> = OnceLock::new();
    let clip = if size == TALL { &TALL_FILM } else { &WIDE_FILM };
    let clip = clip.get_or_init(|| Clip::make(size)).as_ref();
    if clip.is_none() {
        eprintln!("skipped: there is no ffmpeg that can make a test clip");
    }
    clip
}

/// A connection of H.265 pictures, and how many: under the number 12 of Asian networks, or in the standard form. Nothing, with a
/// word, where ffmpeg cannot make any.
pub(super) fn hevc(standard: bool) -> Option<(Vec<u8>, usize)> {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a.hevc", "a.mp4"].map(|name| dir.path().join(name));
    let line = "-v error -f lavfi -i testsrc2=size=180x320:rate=25 -t 6 -c:v libx265 -preset ultrafast -pix_fmt yuv420p \
                -x265-params log-level=none:aud=1:bframes=0:keyint=25:min-keyint=25:scenecut=0";
    for path in &paths {
        let mut process = Process::new("ffmpeg");
        process.args(line.split_whitespace()).arg(path).stdin(Stdio::null());
        if !process.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: there is no ffmpeg that can make H.265");
            return None;
        }
    }
    let [stream, file] = paths.map(|path| std::fs::read(path).unwrap());
    // The set-up as a file has it; the box says its length before its name.
    let name = file.windows(4).position(|part| part == b"hvcC").unwrap();
    let length = u32::from_be_bytes(file[name - 4..name].try_into().unwrap()) as usize;
    let setup = &file[name + 4..name - 4 + length];
    let head = |key: bool, packet: u8| {
        let frame = if key { 1 } else { 2 };
        match (standard, packet) {
            (true, packet) => {
                [&[0x80 | frame << 4 | packet][..], b"hvc1", if packet == 1 { &[0, 0, 0] } else { &[] }].concat()
            }
            (false, packet) => vec![frame << 4 | 0x0c, packet, 0, 0, 0],
        }
    };
    let mut bytes = b"FLV\x01\x01\0\0\0\x09\0\0\0\0".to_vec();
    bytes.extend(tag(9, 0, &[&head(true, 0), setup].concat()));
    let mut starts: Vec<_> =
        stream.windows(3).enumerate().filter(|(_, code)| *code == [0, 0, 1]).map(|(at, _)| at + 3).collect();
    starts.push(stream.len() + 3);
    let mut pictures: Vec<(bool, Vec<u8>)> = Vec::new();
    for pair in starts.windows(2) {
        let unit = &stream[pair[0]..pair[1] - 3];
        let unit = if pair[1] - 3 < stream.len() { unit.strip_suffix(&[0]).unwrap_or(unit) } else { unit };
        let kind = unit[0] >> 1 & 0x3f;
        if kind == 35 {
            pictures.push((false, Vec::new()));
            continue;
        }
        let (key, picture) = pictures.last_mut().unwrap();
        *key |= (16..24).contains(&kind);
        picture.extend((unit.len() as u32).to_be_bytes());
        picture.extend(unit);
    }
    for (nth, (key, picture)) in pictures.iter().enumerate() {
        bytes.extend(tag(9, nth as u32 * 40, &[&head(*key, 1), &picture[..]].concat()));
    }
    Some((bytes, pictures.len()))
}

/// Whether there is an ffmpeg that can make and read files; says so where there is none.
pub(super) fn is_there() -> bool {
    clip(TALL).is_some()
}

pub(super) fn run(program: &str, arguments: &str, file: &Path) -> Output {
    let mut process = Process::new(program);
    process.args(arguments.split_whitespace().map(|word| if word == "FILE" { file.to_str().unwrap() } else { word }));
    process.stdin(Stdio::null()).output().unwrap()
}

/// Seconds that ffprobe reads in a file that decodes to its end without a complaint.
pub(super) fn plays(file: &Path) -> f64 {
    let decoded = run("ffmpeg", "-v error -i FILE -f null -", file);
    let complaints = String::from_utf8_lossy(&decoded.stderr).into_owned();
    assert!(decoded.status.success() && complaints.is_empty(), "{complaints}");
    let probed = run("ffprobe", "-v error -show_entries format=duration -of csv=p=0 FILE", file);
    String::from_utf8_lossy(&probed.stdout).trim().parse().unwrap()
}

/// Whether a file lasts `seconds`, to a tenth.
pub(super) fn lasts(file: &Path, seconds: f64) {
    let found = plays(file);
    assert!((found - seconds).abs() < 0.1, "{found} s instead of {seconds} s");
}

async fn scene(play: Play, limits: RecorderLimits) -> Scene {
    Scene::with(play, &Ffmpeg::Program("ffmpeg"), limits).await
}

#[tokio::test]
async fn a_film_in_three_connections_is_one_file_that_plays() {
    let Some(clip) = clip(TALL) else { return };
    let acts = [
        (clip.sent(0, 4_500), Then::Reset),
        (clip.sent(3_000, 8_200), Then::Stall),
        (clip.sent(6_000, 12_000), Then::End),
    ];
    let mut scene = scene(Play::new(acts), impatient()).await;
    let (file, millis, _) = scene.done().await;
    lasts(&file, 12.0);
    assert!((11_900..12_100).contains(&millis), "{millis}");
    assert_eq!(scene.files().len(), 1);
}

#[tokio::test]
async fn the_file_says_what_it_is() {
    let Some(clip) = clip(TALL) else { return };
    let mut scene = scene(Play::new([(clip.sent(0, 3_000), Then::End)]), impatient()).await;
    let (file, _, _) = scene.done().await;
    let probed = run("ffprobe", "-v error -show_entries format_tags:stream=codec_name -of default=nk=0 FILE", &file);
    let said = String::from_utf8_lossy(&probed.stdout).to_lowercase();
    for part in ["title=morning", "artist=@ana", "comment=room:7", "creation_time=", "=h264", "=aac"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[tokio::test]
async fn a_picture_of_another_size_is_another_file_that_plays() {
    let (Some(tall), Some(wide)) = (clip(TALL), clip(WIDE)) else { return };
    let acts = [(tall.sent(0, 6_000), Then::End), (wide.sent(6_000, 10_000), Then::End)];
    let mut scene = scene(Play::new(acts), impatient()).await;
    let (file, _, _) = scene.done().await;
    lasts(&file, 6.0);
    lasts(&file.with_extension("part02.mkv"), 4.0);
}

#[tokio::test]
async fn a_stop_leaves_a_whole_file() {
    let Some(clip) = clip(TALL) else { return };
    let mut scene = scene(Play::new([(clip.sent(0, 6_000), Then::Stall)]), patient()).await;
    scene.settled().await;
    scene.stop().await;
    let (file, _, reason) = scene.done().await;
    assert_eq!(reason, "stopped");
    lasts(&file, 6.0);
}

/// The program that [`a_killed_program_leaves_a_whole_file_and_no_orphan`] kills; by itself it does nothing.
#[tokio::test]
async fn records_until_it_is_killed() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let clip = clip(TALL).unwrap();
    let mut scene = scene(Play::new([(clip.sent(0, 6_000), Then::Stall)]), patient()).await;
    eprintln!("{RECORDING}{}", scene.settled().await.display());
    std::future::pending::<()>().await;
}

/// Set for the program to be killed.
const VICTIM: &str = "TIKTOP_TEST_VICTIM";
/// What it says, before the name of its file.
const RECORDING: &str = "recording to ";

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_program_leaves_a_whole_file_and_no_orphan() {
    use tokio::io::{AsyncBufReadExt, BufReader};

    if clip(TALL).is_none() {
        return;
    }
    let mut victim = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "record::with_ffmpeg::records_until_it_is_killed", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stderr.take().unwrap()).lines();
    let file = loop {
        let line = lines.next_line().await.unwrap().expect("it ended without a recording");
        if let Some((_, file)) = line.split_once(RECORDING) {
            break file.to_owned();
        }
    };
    assert!(works_on(&file), "the test would prove nothing");
    victim.kill().await.unwrap();
    let mut look = tokio::time::interval(std::time::Duration::from_millis(10));
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while works_on(&file) {
            look.tick().await;
        }
    })
    .await
    .expect("an ffmpeg was left behind");
    lasts(Path::new(&file), 6.0);
    // The one that was killed could not clean up.
    let folder = Path::new(&file).parent().and_then(Path::parent).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

/// Whether a process has `file` among its arguments.
#[cfg(target_os = "linux")]
fn works_on(file: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|process| {
        std::fs::read(process.path().join("cmdline"))
            .is_ok_and(|line| line.windows(file.len()).any(|part| part == file.as_bytes()))
    })
}
