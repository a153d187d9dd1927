//! Acceptance tests of recordings: each fault that a network or a sender makes, and then a file that decodes to its end
//! without a complaint, lasts as long as what was sent, and has no gap but the one that was sent. By ffprobe and a full
//! decode; skipped, with a word, where there is no ffmpeg.

use std::path::Path;
use std::time::Duration;

use rstest::rstest;
use tiktop::record::RecorderLimits;

use super::scene::{Ffmpeg, Play, Scene, Then, impatient, patient, pictures, stream, tag};
use super::with_ffmpeg::{Clip, SECONDS, TALL, WIDE, clip, hevc, lasts, plays, run};

/// A tag of a clip: its time, whether it is a keyframe, its bytes.
type ClipTag = (u32, bool, Vec<u8>);

fn is_sound(tag: &ClipTag) -> bool {
    tag.2[0] == 8
}

/// A tag at another time.
fn at(tag: &ClipTag, at: u32) -> ClipTag {
    let mut bytes = tag.2.clone();
    let [high, low @ ..] = at.to_be_bytes();
    bytes[4..8].copy_from_slice(&[low[0], low[1], low[2], high]);
    (at, tag.1, bytes)
}

fn moved(tag: &ClipTag, by: i64) -> ClipTag {
    at(tag, u32::try_from(i64::from(tag.0) + by).unwrap())
}

/// A connection that sends these tags.
fn connection<'a>(clip: &Clip, tags: impl IntoIterator<Item = &'a ClipTag>) -> Vec<u8> {
    clip.head.iter().chain(tags.into_iter().flat_map(|(.., bytes)| bytes)).copied().collect()
}

async fn recorded(acts: Vec<(Vec<u8>, Then)>) -> (Scene, std::path::PathBuf) {
    let mut scene = Scene::with(Play::new(acts), &Ffmpeg::Program("ffmpeg"), impatient()).await;
    let (file, ..) = scene.done().await;
    (scene, file)
}

/// The longest time between two packets of a kind (`v` or `a`), in seconds.
fn longest_gap(file: &Path, kind: char) -> f64 {
    let line = format!("-v error -select_streams {kind}:0 -show_entries packet=pts_time -of csv=p=0 FILE");
    let read = run("ffprobe", &line, file);
    let times = String::from_utf8_lossy(&read.stdout).into_owned();
    let mut times: Vec<f64> = times.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect();
    times.sort_by(f64::total_cmp);
    times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
}

/// A single file of `seconds` without a gap of more than `gap`.
fn is_whole(scene: &Scene, file: &Path, seconds: f64, gap: f64) {
    assert_eq!(scene.files().len(), 1, "{:?}", scene.files());
    lasts(file, seconds);
    for kind in ['v', 'a'] {
        let found = longest_gap(file, kind);
        assert!(found <= gap + 0.1, "a gap of {found} s in {kind}");
    }
}

#[rstest]
#[case::end(Then::End)]
#[case::reset(Then::Reset)]
#[case::stall(Then::Stall)]
#[tokio::test]
async fn a_connection_that_breaks_leaves_no_trace(#[case] then: Then) {
    let Some(clip) = clip(TALL) else { return };
    let refused = || (Vec::new(), Then::Refuse);
    let acts = vec![
        (clip.sent(0, 4_700), then),
        refused(),
        (clip.sent(4_000, 9_300), then),
        (clip.sent(7_000, 12_000), Then::End),
    ];
    let (scene, file) = recorded(acts).await;
    is_whole(&scene, &file, 12.0, 0.0);
}

#[tokio::test]
async fn an_outage_is_a_hole_as_long_as_it_was() {
    let Some(clip) = clip(TALL) else { return };
    let (scene, file) = recorded(vec![(clip.sent(0, 5_000), Then::Reset), (clip.sent(8_000, 12_000), Then::End)]).await;
    is_whole(&scene, &file, 12.0, 3.0);
    assert!(longest_gap(&file, 'v') > 2.9);
}

#[rstest]
#[case::an_hour_ahead(3_600_000)]
#[case::back(-90_000)]
#[case::half_a_second_back(-500)]
#[tokio::test]
async fn a_clock_that_jumps_is_mended(#[case] by: i64) {
    let Some(clip) = clip(TALL) else { return };
    let tags = clip.tags.iter().map(|tag| moved(tag, if tag.0 < 6_000 { 100_000 } else { 100_000 + by }));
    let tags: Vec<_> = tags.collect();
    let (scene, file) = recorded(vec![(connection(clip, &tags), Then::End)]).await;
    is_whole(&scene, &file, 12.0, 0.0);
}

#[tokio::test]
async fn a_clock_that_comes_to_the_end_of_its_numbers_goes_on() {
    let Some(clip) = clip(TALL) else { return };
    let tags: Vec<_> = clip.tags.iter().map(|tag| at(tag, tag.0.wrapping_sub(6_000))).collect();
    let (scene, file) = recorded(vec![(connection(clip, &tags), Then::End)]).await;
    is_whole(&scene, &file, 12.0, 0.0);
}

#[rstest]
#[case::sound_late(1_500, 0)]
#[case::sound_very_late(5_000, 0)]
#[case::picture_late(0, 5_000)]
#[tokio::test]
async fn sound_and_picture_may_come_apart(#[case] sound_late: u32, #[case] picture_late: u32) {
    let Some(clip) = clip(TALL) else { return };
    let mut tags: Vec<_> = clip.tags.iter().collect();
    tags.sort_by_key(|tag| tag.0 + if is_sound(tag) { sound_late } else { picture_late });
    let (scene, file) = recorded(vec![(connection(clip, tags), Then::End)]).await;
    is_whole(&scene, &file, 12.0, 0.0);
}

#[tokio::test]
async fn another_picture_in_the_same_connection_begins_another_file() {
    let (Some(tall), Some(wide)) = (clip(TALL), clip(WIDE)) else { return };
    let later: Vec<_> = wide.tags.iter().filter(|tag| tag.0 >= 6_000).collect();
    // The set-up without the head of a file.
    let bytes =
        [tall.sent(0, 6_000), wide.head[13..].to_vec(), connection(wide, later)[wide.head.len()..].to_vec()].concat();
    let (scene, file) = recorded(vec![(bytes, Then::End)]).await;
    assert_eq!(scene.files().len(), 2, "{:?}", scene.files());
    lasts(&file, 6.0);
    lasts(&file.with_extension("part02.mkv"), 6.0);
}

#[tokio::test]
async fn ten_changes_in_ten_seconds_are_few_files_that_lose_nothing() {
    let (Some(tall), Some(wide)) = (clip(TALL), clip(WIDE)) else { return };
    let seconds = (0..10_u32).map(|second| {
        let clip = if second % 2 == 0 { tall } else { wide };
        clip.sent(second * 1_000, (second + 1) * 1_000)[13..].to_vec()
    });
    let bytes = tall.head[..13].iter().copied().chain(seconds.flatten()).collect();
    let (scene, file) = recorded(vec![(bytes, Then::End)]).await;
    assert!(scene.files().len() <= 4, "{:?}", scene.files());
    lasts(&file, 1.0);
    let folder = file.parent().unwrap();
    let pictures: usize = scene.files().iter().map(|name| packets(&folder.join(name), 'v')).sum();
    assert_eq!(pictures, 250);
}

/// Packets of a kind (`v` or `a`) in a file.
fn packets(file: &Path, kind: char) -> usize {
    let line = format!("-v error -select_streams {kind}:0 -show_entries packet=pts -of csv=p=0 FILE");
    let read = run("ffprobe", &line, file);
    String::from_utf8_lossy(&read.stdout).lines().filter(|line| !line.is_empty()).count()
}

#[tokio::test]
async fn a_stream_that_begins_anew_with_something_else_goes_on_in_the_file() {
    let Some(clip) = clip(TALL) else { return };
    // Never seen before, and its clock begins at 0.
    let anew: Vec<_> = clip.tags.iter().filter(|tag| tag.0 >= 6_000).map(|tag| moved(tag, -6_000)).collect();
    let (scene, file) = recorded(vec![(clip.sent(0, 6_000), Then::End), (connection(clip, &anew), Then::End)]).await;
    is_whole(&scene, &file, 12.0, 0.0);
}

#[tokio::test]
async fn sound_alone_is_a_file_that_plays() {
    let Some(clip) = clip(TALL) else { return };
    let bytes = [&b"FLV\x01\x04\0\0\0\x09\0\0\0\0"[..], &tag(8, 0, &[0xaf, 0, 0x12, 0x08])].concat();
    let sounds = clip.tags.iter().filter(|tag| is_sound(tag)).flat_map(|(.., bytes)| bytes).copied();
    let (_scene, file) = recorded(vec![(bytes.into_iter().chain(sounds).collect(), Then::End)]).await;
    lasts(&file, f64::from(SECONDS));
}

#[tokio::test]
async fn a_keyframe_that_comes_late_costs_the_pictures_that_need_it() {
    let Some(clip) = clip(TALL) else { return };
    // From the middle of a group: a second of sound and no picture that can be shown.
    let tags = clip.tags.iter().filter(|tag| (500..6_500).contains(&tag.0));
    let (scene, file) = recorded(vec![(connection(clip, tags), Then::End)]).await;
    is_whole(&scene, &file, 6.0, 0.0);
}

#[tokio::test]
async fn garbage_between_tags_costs_what_it_replaced() {
    let Some(clip) = clip(TALL) else { return };
    let mut bytes = clip.sent(0, 6_000);
    bytes.extend([9; 5_000]);
    let later: Vec<_> = clip.tags.iter().filter(|tag| tag.0 >= 6_000).collect();
    bytes.extend(connection(clip, later)[clip.head.len()..].iter());
    let (scene, file) = recorded(vec![(bytes, Then::End)]).await;
    is_whole(&scene, &file, 12.0, 0.0);
}

#[rstest]
#[case::number_12(false)]
#[case::standard(true)]
#[tokio::test]
async fn h265_is_recorded_whole_with_any_ffmpeg(#[case] standard: bool) {
    let Some((bytes, count)) = hevc(standard) else { return };
    let mut scene = Scene::with(Play::new([(bytes, Then::Stall)]), &Ffmpeg::Program("ffmpeg"), patient()).await;
    let file = scene.settled().await;
    scene.stop().await;
    scene.done().await;
    assert_eq!(scene.files().len(), 1, "{:?}", scene.files());
    if file.extension().is_some_and(|ending| ending == "mkv") {
        assert_eq!(packets(&file, 'v'), count);
        plays(&file);
    } else {
        // One that cannot read it in FLV: its file is ours, in the standard form.
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(bytes.windows(5).filter(|part| part[1..] == *b"hvc1" && part[0] & 0x8f == 0x81).count(), count);
    }
}

#[tokio::test]
async fn a_stop_is_quick_though_the_stream_stalls() {
    let Some(clip) = clip(TALL) else { return };
    let play = Play::new([(clip.sent(0, 6_000), Then::Stall)]);
    let mut scene = Scene::with(play, &Ffmpeg::Program("ffmpeg"), patient()).await;
    scene.settled().await;
    scene.stop().await;
    // A second is what a person may wait; a machine that is busy with other tests takes longer than that for anything.
    let stopped = tokio::time::timeout(Duration::from_secs(5), scene.done()).await;
    lasts(&stopped.expect("it stops").0, 6.0);
}

#[tokio::test]
async fn ten_thousand_lines_of_complaints_hold_nothing_up() {
    let script = r#"for last; do :; done; i=0; while [ $i -lt 10000 ]; do echo "[warning] line $i"; i=$((i+1)); done >&2; exec cat > "${last#file:}""#;
    let limits = RecorderLimits { write: Duration::from_secs(60), first_bytes: Duration::from_secs(60), ..patient() };
    let mut scene = Scene::with(Play::new([(stream(1, 0, 9_000), Then::Stall)]), &Ffmpeg::Script(script), limits).await;
    scene.settled().await;
    scene.stop().await;
    let (file, ..) = scene.done().await;
    assert_eq!(pictures(&file).len(), 225);
}

#[cfg(target_os = "linux")]
mod ffmpeg_in_trouble {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::*;

    /// The process that writes `file`.
    fn writer(file: &Path) -> Option<Pid> {
        let name = file.to_str().unwrap().as_bytes();
        let writes = |pid: &i32| {
            std::fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.windows(name.len()).any(|part| part == name))
        };
        let pids =
            std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(writes).map(Pid::from_raw).next()
    }

    /// Sends a signal to the ffmpeg of a recording at work, then goes on sending; all pictures must be in its files.
    async fn survives(signal: Signal, words: &str) {
        let Some(clip) = clip(TALL) else { return };
        let (first, second) = (clip.sent(0, 6_000), clip.sent(4_000, 12_000));
        // As short as can be where other tests take the processor too.
        let limits = RecorderLimits { write: Duration::from_secs(4), read: Duration::from_secs(600), ..impatient() };
        let play = Play::new([(first, Then::Wait), (second, Then::Stall)]);
        let go_on = play.go_on();
        let mut scene = Scene::with(play, &Ffmpeg::Program("ffmpeg"), limits).await;
        let file = scene.settled().await;
        kill(writer(&file).expect("an ffmpeg writes it"), signal).unwrap();
        go_on.cancel();
        let note = scene.note().await;
        assert!(note.contains(words), "{note}");
        scene.settled().await;
        scene.stop().await;
        scene.done().await;
        is_in_two_files(&scene, &file, clip, SECONDS * 1_000);
        assert_eq!(writer(&file), None);
    }

    /// Every picture and every sound up to a time is in one of two files that play, and in none twice.
    fn is_in_two_files(scene: &Scene, file: &Path, clip: &Clip, until: u32) {
        let (folder, names) = (file.parent().unwrap().to_owned(), scene.files());
        assert_eq!(names.len(), 2, "{names:?}");
        for (kind, sound) in [('v', false), ('a', true)] {
            // The end of a sequence is neither a picture nor sound.
            let sent = clip.tags.iter().filter(|tag| is_sound(tag) == sound && tag.2[12] == 1 && tag.0 < until).count();
            let counts: Vec<usize> = names.iter().map(|name| packets(&folder.join(name), kind)).collect();
            assert_eq!(counts.iter().sum::<usize>(), sent, "{kind}: {counts:?}");
        }
        for name in names {
            plays(&folder.join(name));
        }
    }

    #[tokio::test]
    async fn one_that_is_killed_costs_no_picture() {
        survives(Signal::SIGKILL, "goes on in another file").await;
    }

    #[tokio::test]
    async fn one_that_hangs_costs_no_picture() {
        survives(Signal::SIGSTOP, "ffmpeg hung").await;
    }

    #[tokio::test]
    async fn one_that_hangs_at_the_end_holds_no_stop_up_and_costs_no_picture() {
        let Some(clip) = clip(TALL) else { return };
        let play = Play::new([(clip.sent(0, 6_000), Then::Stall)]);
        let mut scene = Scene::with(play, &Ffmpeg::Program("ffmpeg"), patient()).await;
        let file = scene.settled().await;
        kill(writer(&file).expect("an ffmpeg writes it"), Signal::SIGSTOP).unwrap();
        scene.stop().await;
        // It takes less than a second, and a machine that is busy with other tests longer than that for anything.
        let stopped = tokio::time::timeout(Duration::from_secs(4), scene.done()).await;
        let (_, _, reason) = stopped.expect("it stops");
        assert_eq!(reason, "stopped; it is in 2 files, as ffmpeg did not close its file in time");
        is_in_two_files(&scene, &file, clip, 6_000);
        assert!(scene.files()[1].ends_with(".part02.flv") && writer(&file).is_none(), "{:?}", scene.files());
    }
}

#[tokio::test]
async fn a_file_without_ffmpeg_is_whole_by_our_own_reader() {
    let play = Play::new([(stream(1, 0, 6_000), Then::Reset), (stream(1, 4_000, 9_000), Then::End)]);
    let mut scene = Scene::with(play, &Ffmpeg::Program("/nowhere/ffmpeg"), impatient()).await;
    let (file, millis, _) = scene.done().await;
    assert_eq!(pictures(&file), (0..9_000).step_by(40).collect::<Vec<_>>());
    assert!((8_900..9_100).contains(&millis), "{millis}");
}
