//! Plan of a recording: its name, and the arguments of ffmpeg. Pure: no file is touched.

use std::ffi::OsString;
use std::path::Path;

use jiff::tz::TimeZone;

use super::RecordingJob;
use super::timeline::PartContainer;
use crate::clock::Timestamp;

/// Longest name, in bytes, before the ending: file systems take 255 in all.
const MAX_NAME: usize = 180;
/// Names Windows keeps for devices, whatever follows the first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The name of a recording without its ending, in the time of `zone`: folders and a name, each safe on every file system.
/// Usually `host_2026-11-21_20-15-00`.
pub(super) fn stem(template: &str, job: &RecordingJob, quality: &str, start: Timestamp, zone: TimeZone) -> String {
    let start = start.to_jiff().to_zoned(zone);
    let host = safe_name(job.host.as_str());
    let host = if host.is_empty() { job.room_id.to_string() } else { host };
    let value = |field: &str| match field {
        "user" => host.clone(),
        "title" => safe_name(&clip_title(job.title.as_str())),
        "room_id" => job.room_id.to_string(),
        "start" => start.strftime("%Y-%m-%d_%H-%M-%S").to_string(),
        "date" => start.strftime("%Y-%m-%d").to_string(),
        "time" => start.strftime("%H-%M-%S").to_string(),
        "quality" => safe_name(quality),
        _ => String::new(),
    };
    let mut parts = Vec::new();
    for part in template.split('/') {
        let mut name = String::new();
        for (nth, piece) in part.split('{').enumerate() {
            match piece.split_once('}').filter(|_| nth > 0) {
                Some((field, text)) => {
                    name.push_str(&value(field));
                    name.push_str(text);
                }
                None => name.push_str(piece),
            }
        }
        let name = safe_name(&name);
        parts.push(if name.is_empty() { host.clone() } else { name });
    }
    parts.join("/")
}

/// A title is the tail of a name and may be as long as a comment.
fn clip_title(title: &str) -> String {
    crate::text::clip(title, 60).into_owned()
}

/// The file name of a part, at the `attempt`-th try for a free one: `stem.mkv`, `stem-2.mkv`, `stem.part02.mkv`.
pub(super) fn file_name(stem: &str, part: u32, attempt: u32, ending: &str) -> String {
    let free = if attempt > 1 { format!("-{attempt}") } else { String::new() };
    let part = if part > 1 { format!(".part{part:02}") } else { String::new() };
    format!("{stem}{free}{part}.{ending}")
}

/// The file name of a clip of the file `stem`.
pub(super) fn clip_name(stem: &str, number: u32) -> String {
    format!("{stem}.clip{number:02}.mkv")
}

/// What ffmpeg is called with. Measured for each flag: without a limit, a stream
/// that promises sound and sends none is looked at for ever before a byte is written; MKV in clusters of a second, flushed, loses under a second even
/// when ffmpeg itself is killed; where only sound or only the picture goes on, it is written after three seconds instead of ten; `-y` because the free name is ours already (`-n` would refuse it).
pub(super) fn arguments(job: &RecordingJob, start: Timestamp, container: PartContainer, file: &Path) -> Vec<OsString> {
    let format = container.demuxer();
    let line = format!(
        "-hide_banner -nostats -loglevel level+warning -analyzeduration 2500000 -f {format} -i pipe:0 \
         -map 0:v? -map 0:a? -c copy"
    );
    let mut arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    let tags = [
        ("title", job.title.to_string()),
        ("artist", format!("@{}", job.host)),
        ("comment", format!("room:{}", job.room_id)),
        ("creation_time", start.rfc3339()),
    ];
    for (tag, value) in tags {
        arguments.push("-metadata".into());
        arguments.push(format!("{tag}={value}").into());
    }
    arguments.extend(
        "-max_interleave_delta 3000000 -cluster_time_limit 1000 -flush_packets 1 -f matroska -y"
            .split_whitespace()
            .map(OsString::from),
    );
    // Named as a file, so that no path is read as an option or as another protocol.
    let mut output = OsString::from("file:");
    output.push(file);
    arguments.push(output);
    arguments
}

/// A host's name as every file system takes it.
fn safe_name(host: &str) -> String {
    let mut name = String::with_capacity(host.len());
    for c in host.trim_start_matches(['-', '.', ' ', '@']).chars() {
        let c = if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c };
        if name.len() + c.len_utf8() > MAX_NAME {
            break;
        }
        name.push(c);
    }
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    let before_dot = name.split('.').next().unwrap_or_default().to_lowercase();
    if DEVICES.contains(&before_dot.trim_end_matches(|c: char| c.is_ascii_digit())) {
        name.insert(0, '_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{RoomId, RoomKey};
    use crate::record::DEFAULT_NAME;
    use proptest::prelude::*;
    use rstest::rstest;

    fn job(host: &str) -> RecordingJob {
        RecordingJob {
            room: RoomKey(1),
            room_id: RoomId(77),
            host: host.into(),
            title: "Hello\u{1b}[31m \"you\"".into(),
            quality: None,
        }
    }

    fn usual(job: &RecordingJob, zone: TimeZone) -> String {
        stem(DEFAULT_NAME, job, "hd", Timestamp(0), zone)
    }

    #[test]
    fn a_template_makes_folders_and_safe_names() {
        let made = stem("{user}/{date}/{title} {quality}", &job("a/b"), "uhd", Timestamp(0), TimeZone::UTC);
        assert_eq!(made, "a_b/1970-01-01/Hello[31m _you_ uhd");
        assert_eq!(stem("../{user}", &job(".."), "hd", Timestamp(0), TimeZone::UTC), "77/77");
    }

    #[rstest]
    #[case("ana.live", "ana.live_1970-01-01_00-00-00")]
    #[case("@ana", "ana_1970-01-01_00-00-00")]
    #[case("../../etc/passwd", "_.._etc_passwd_1970-01-01_00-00-00")]
    #[case("-rf", "rf_1970-01-01_00-00-00")]
    #[case("", "77_1970-01-01_00-00-00")]
    #[case("...", "77_1970-01-01_00-00-00")]
    #[case("dots..", "dots_1970-01-01_00-00-00")]
    #[case("con.live", "_con.live_1970-01-01_00-00-00")]
    #[case("com1", "_com1_1970-01-01_00-00-00")]
    #[case("żółw 🐢", "żółw 🐢_1970-01-01_00-00-00")]
    fn a_name_is_safe_on_every_file_system(#[case] host: &str, #[case] expected: &str) {
        assert_eq!(usual(&job(host), TimeZone::UTC), expected);
    }

    #[test]
    fn a_name_tells_local_time() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let start = Timestamp(1_700_000_000_000);
        assert_eq!(stem(DEFAULT_NAME, &job("ana"), "hd", start, zone), "ana_2023-11-15_00-13-20");
    }

    #[rstest]
    #[case(1, 1, "s.mkv")]
    #[case(1, 2, "s-2.mkv")]
    #[case(2, 1, "s.part02.mkv")]
    #[case(12, 3, "s-3.part12.mkv")]
    fn parts_and_second_tries_have_names_of_their_own(#[case] part: u32, #[case] attempt: u32, #[case] expected: &str) {
        assert_eq!(file_name("s", part, attempt, "mkv"), expected);
    }

    #[test]
    fn ffmpeg_copies_from_its_stdin_and_hears_only_safe_text() {
        let arguments = arguments(&job("ana"), Timestamp(0), PartContainer::Flv, Path::new("/v/-ana:1.mkv"));
        let line: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
        insta::assert_snapshot!(line.join("\n"), @r#"
        -hide_banner
        -nostats
        -loglevel
        level+warning
        -analyzeduration
        2500000
        -f
        flv
        -i
        pipe:0
        -map
        0:v?
        -map
        0:a?
        -c
        copy
        -metadata
        title=Hello[31m "you"
        -metadata
        artist=@ana
        -metadata
        comment=room:77
        -metadata
        creation_time=1970-01-01T00:00:00.000Z
        -max_interleave_delta
        3000000
        -cluster_time_limit
        1000
        -flush_packets
        1
        -f
        matroska
        -y
        file:/v/-ana:1.mkv
        "#);
    }

    proptest! {
        #[test]
        fn a_name_never_leaves_its_folder(host in ".{0,400}") {
            let name = usual(&job(&host), TimeZone::UTC);
            prop_assert!(!name.contains(['/', '\\', '\0']));
            prop_assert!(!name.starts_with(['.', '-']));
            prop_assert!(name.len() <= MAX_NAME);
        }
    }
}
