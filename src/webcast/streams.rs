//! Which addresses a live's picture and sound can be pulled from, best first.
//!
//! Pure. Reads `stream_url` of a room info: the SDK's `stream_data` and the older `flv_pull_url` map name the same streams
//! in two ways, so both are merged. FLV only: that is what the recorder can reconnect inside one file.

use compact_str::CompactString;
use serde_json::Value;
use url::Url;

use super::address::SignedUrl;
use super::json::{at, count, int, nested, str};

/// One stream that can be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUrl {
    /// The service's name for its quality: `origin`, `uhd`, `hd`, `sd`, `ld` …
    pub quality: CompactString,
    /// Where; its query is a signature.
    pub url: SignedUrl,
    /// What the picture is coded with, by the label.
    pub codec: Codec,
    /// How it is wrapped.
    pub container: Container,
    /// Width and height in pixels, by the label.
    pub size: Option<(u32, u32)>,
    /// Bits a second of the picture, by the label.
    pub bitrate: Option<u64>,
    /// Whether it is the spare address of its quality.
    pub backup: bool,
}

/// How a picture is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Codec {
    /// Every player reads it.
    H264,
    /// Not standard in FLV: older ffmpeg cannot read it.
    H265,
    /// The label does not say; in practice H.264.
    #[default]
    Unknown,
}

/// How a stream is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// HTTP-FLV: one endless answer.
    Flv,
}

/// What a room info says about its streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Streams {
    /// FLV streams, best first.
    pub(super) flv: Vec<StreamUrl>,
    /// There are HLS addresses.
    pub(super) hls: bool,
}

/// Qualities from best to worst, as the service names them.
const QUALITIES: [&str; 9] = ["origin", "uhd_60", "uhd", "hd_60", "hd", "sd", "ld", "md", "ao"];
/// Names of the older map, and what the SDK calls the same.
const OLDER: [(&str, &str); 5] =
    [("ORIGION", "origin"), ("FULL_HD1", "uhd"), ("HD1", "hd"), ("SD2", "sd"), ("SD1", "ld")];

/// Reads `stream_url`.
pub(super) fn read(stream_url: &Value) -> Streams {
    let pull = at(stream_url, &["live_core_sdk_data", "pull_data"]);
    let mut streams = Streams { hls: !str(at(stream_url, &["hls_pull_url"])).is_empty(), ..Streams::default() };
    let mut found = sdk(pull, &mut streams.hls);
    found.extend(older(stream_url));
    for stream in found {
        let same = |known: &StreamUrl| known.url.reveal().path() == stream.url.reveal().path();
        if !streams.flv.iter().any(same) {
            streams.flv.push(stream);
        }
    }
    let levels = Levels::read(pull);
    streams.flv.sort_by_cached_key(|stream| levels.rank(stream));
    streams
}

/// The SDK's table: JSON inside a text, one entry a quality, each with a main and sometimes a backup address.
fn sdk(pull: &Value, hls: &mut bool) -> Vec<StreamUrl> {
    let data = nested(at(pull, &["stream_data"]));
    let Some(qualities) = at(&data, &["data"]).as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (quality, lines) in qualities {
        for (line, backup) in [("main", false), ("backup", true)] {
            let line = at(lines, &[line]);
            *hls |= quality != "ao" && !str(at(line, &["hls"])).is_empty();
            let labels = nested(at(line, &["sdk_params"]));
            found.extend(stream(quality, at(line, &["flv"]), &labels, backup));
        }
    }
    found
}

/// The older map of names to addresses, and the single `rtmp_pull_url`, which is an FLV address too.
fn older(stream_url: &Value) -> Vec<StreamUrl> {
    let mut found = Vec::new();
    if let Some(map) = at(stream_url, &["flv_pull_url"]).as_object() {
        for (name, address) in map {
            let quality = OLDER.iter().find(|(older, _)| older == name).map_or(name.as_str(), |(_, sdk)| sdk);
            let labels = nested(at(stream_url, &["flv_pull_url_params", name]));
            found.extend(stream(quality, address, &labels, false));
        }
    }
    found.extend(stream("default", at(stream_url, &["rtmp_pull_url"]), &Value::Null, true));
    found
}

/// One stream, unless its address is missing, no FLV, or sound only.
fn stream(quality: &str, address: &Value, labels: &Value, backup: bool) -> Option<StreamUrl> {
    let url = Url::parse(str(address)).ok()?;
    let playlist = [".m3u8", ".mpd", ".sdp"].iter().any(|end| url.path().ends_with(end));
    let flv = matches!(url.scheme(), "http" | "https") && !playlist;
    let sound_only = quality == "ao" || url.query_pairs().any(|(key, value)| key == "only_audio" && value == "1");
    if !flv || sound_only {
        return None;
    }
    let size = str(at(labels, &["resolution"])).split_once('x');
    Some(StreamUrl {
        quality: CompactString::new(crate::text::Text::new(quality).as_str()),
        codec: match str(at(labels, &["VCodec"])).to_ascii_lowercase().as_str() {
            "h264" | "avc" => Codec::H264,
            "h265" | "hevc" | "bytevc1" => Codec::H265,
            _ => Codec::Unknown,
        },
        container: Container::Flv,
        size: size.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?))),
        bitrate: count(at(labels, &["vbitrate"])).filter(|&rate| rate != 0),
        backup,
        url: SignedUrl::new(url),
    })
}

/// The service's own ranking of qualities, where it sent one.
struct Levels(Vec<(String, i64)>);

impl Levels {
    fn read(pull: &Value) -> Self {
        let rows = at(pull, &["options", "qualities"]).as_array().map(Vec::as_slice).unwrap_or_default();
        let level = |row: &Value| Some((str(at(row, &["sdk_key"])).to_owned(), int(at(row, &["level"]))?));
        Self(rows.iter().filter_map(level).collect())
    }

    /// Smaller is better. H.265 comes last whatever its quality: what plays everywhere beats what is sharper.
    /// Qualities that the service ranks go by its rank, and each of the others stands beside its neighbour in
    /// [`QUALITIES`]; a bit rate of 0 means unknown and decides nothing.
    fn rank(&self, stream: &StreamUrl) -> (bool, i64, usize, bool, u64) {
        let by_name = QUALITIES.iter().position(|&name| name == stream.quality).unwrap_or(QUALITIES.len());
        let level = self.0.iter().find(|(key, _)| *key == stream.quality).map(|&(_, level)| level);
        let level = level.or_else(|| self.neighbour(by_name)).unwrap_or(0);
        let area = stream.size.map_or(0, |(width, height)| u64::from(width) * u64::from(height));
        (stream.codec == Codec::H265, -level, by_name, stream.backup, u64::MAX - area)
    }

    /// The level of the nearest ranked quality that is not better than the one at `place`.
    fn neighbour(&self, place: usize) -> Option<i64> {
        let level = |name: &&str| self.0.iter().find(|(key, _)| key == name).map(|&(_, level)| level);
        QUALITIES.iter().skip(place).find_map(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::json::tests::any_json;
    use proptest::prelude::*;
    use serde_json::json;

    fn labels(codec: &str) -> String {
        json!({"VCodec": codec, "resolution": "720x1280", "vbitrate": 1_800_000}).to_string()
    }

    fn qualities(streams: &Streams) -> Vec<&str> {
        streams.flv.iter().map(|stream| stream.quality.as_str()).collect()
    }

    fn with_data(data: &Value) -> Value {
        json!({"live_core_sdk_data": {"pull_data": {"stream_data": json!({"data": data}).to_string()}}})
    }

    #[test]
    fn the_best_quality_that_plays_everywhere_comes_first_and_sound_alone_never() {
        let line = |name: &str, codec: &str| json!({"main": {"flv": format!("https://a.example/{name}.flv?sign=1"), "hls": "", "sdk_params": labels(codec)}});
        let streams = read(&with_data(&json!({
            "ao": line("ao", "h264"), "ld": line("ld", "h264"), "origin": line("origin", "h265"),
            "hd": line("hd", "h264"), "new_name": line("new", "")
        })));
        assert_eq!(qualities(&streams), ["hd", "ld", "new_name", "origin"]);
        assert_eq!(streams.flv[0].size, Some((720, 1280)));
        assert_eq!(streams.flv[0].bitrate, Some(1_800_000));
        assert!(!streams.hls);
    }

    #[test]
    fn the_older_map_adds_what_the_table_lacks_and_repeats_nothing() {
        let mut info = with_data(&json!({"hd": {
            "main": {"flv": "https://a.example/x_hd.flv?sign=1", "sdk_params": labels("h264")},
            "backup": {"flv": "https://b.example/y_hd.flv?sign=1", "sdk_params": labels("h264")},
        }}));
        info["flv_pull_url"] =
            json!({"HD1": "https://c.example/x_hd.flv?sign=2", "FULL_HD1": "https://c.example/x_uhd.flv"});
        info["rtmp_pull_url"] = json!("https://c.example/x_hd.flv?sign=2");
        let streams = read(&info);
        assert_eq!(qualities(&streams), ["uhd", "hd", "hd"]);
        assert!(!streams.flv[1].backup && streams.flv[2].backup);
    }

    #[test]
    fn the_services_own_ranking_wins_over_names() {
        let line = |name: &str| json!({"main": {"flv": format!("https://a.example/{name}.flv")}});
        let mut info = with_data(&json!({"sd": line("sd"), "hd": line("hd"), "uhd": line("uhd")}));
        info["live_core_sdk_data"]["pull_data"]["options"] =
            json!({"qualities": [{"sdk_key": "hd", "level": 1}, {"sdk_key": "sd", "level": "3"}]});
        // uhd is not ranked: it stands with hd, the next quality that is.
        assert_eq!(qualities(&read(&info)), ["sd", "uhd", "hd"]);
    }

    const KEYS: &[&str] = &[
        "live_core_sdk_data",
        "pull_data",
        "stream_data",
        "data",
        "hd",
        "origin",
        "main",
        "flv",
        "sdk_params",
        "options",
        "qualities",
        "sdk_key",
        "level",
        "flv_pull_url",
        "HD1",
        "VCodec",
        "resolution",
        "vbitrate",
    ];

    proptest! {
        #[test]
        fn no_answer_panics(answer in any_json(KEYS)) {
            read(&answer);
            read(&json!({"live_core_sdk_data": {"pull_data": answer}}));
        }
    }

    #[test]
    fn garbage_is_no_stream() {
        for garbage in [
            json!(null),
            json!({"flv_pull_url": ["x"], "rtmp_pull_url": 5}),
            json!({"flv_pull_url": {"HD1": "rtmp://a.example/x.flv", "SD1": "file:///etc/passwd.flv", "SD2": ""}}),
            json!({"live_core_sdk_data": {"pull_data": {"stream_data": "{\"data\":{\"hd\":7}}"}}}),
        ] {
            assert_eq!(read(&garbage), Streams::default());
        }
        let hls = json!({"hls_pull_url": "https://a.example/index.m3u8"});
        assert_eq!(read(&hls), Streams { flv: Vec::new(), hls: true });
    }
}
