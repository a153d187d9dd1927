//! Addresses that a live's picture and sound can be pulled from, best first.
//!
//! Pure. Every answer about a live names its streams in a shape of its own, and the shapes change: the SDK's `stream_data`
//! (JSON inside a text), the older maps, one plain address, a list. All of them are read and merged
//! (docs/protocol.md, "Streams"). FLV before HLS: that is what the recorder can reconnect inside one file.

use std::borrow::Cow;

use compact_str::CompactString;
use serde_json::Value;
use url::Url;

use super::address::SignedUrl;
use super::json::{at, count, int, nested, str};

/// Streams kept of all answers about one live; some twenty were the most ever seen.
const MAX_STREAMS: usize = 64;
/// Texts inside texts, and lists inside maps, are followed this deep.
const MAX_DEPTH: usize = 6;
/// An answer is searched this deep for addresses.
const MAX_SEARCH: usize = 12;

/// One stream that can be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
    /// Whether it carries sound and no picture (quality `ao`).
    pub sound_only: bool,
}

/// How a picture is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
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
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Container {
    /// HTTP-FLV: one endless answer.
    Flv,
    /// HLS: a playlist of short files.
    Hls,
}

/// What a room info says about its streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Streams {
    /// FLV streams, best first.
    pub(super) flv: Vec<StreamUrl>,
    /// HLS playlists, best first.
    pub(super) hls: Vec<StreamUrl>,
}

/// Qualities from best to worst, as the service names them.
const QUALITIES: [&str; 9] = ["origin", "uhd_60", "uhd", "hd_60", "hd", "sd", "ld", "md", "ao"];
/// Names of the older map, and what the SDK calls the same.
const OLDER_NAMES: [(&str, &str); 5] =
    [("ORIGION", "origin"), ("FULL_HD1", "uhd"), ("HD1", "hd"), ("SD2", "sd"), ("SD1", "ld")];

/// Reads what an answer says about the streams of one live: in the fields that are known for it, else wherever in it an
/// address of a stream stands, because the fields keep changing. What is named twice is kept once.
pub(super) fn read_answer(answer: &Value) -> Streams {
    let fields = ["stream_url", "streamUrl", "streamData", "hevcStreamData", "stream_data", "hevc_stream_data"];
    let streams = read_all(&fields.map(|field| at(answer, &[field])));
    if !streams.flv.is_empty() {
        return streams;
    }
    let mut finder = StreamFinder::default();
    finder.anywhere("default", answer, MAX_SEARCH);
    let found = finder.finish();
    Streams { flv: found.flv, hls: join([streams.hls, found.hls]) }
}

/// Reads what several fields, or several answers, say about the streams of one live; what is named twice is kept once.
fn read_all(answers: &[&Value]) -> Streams {
    let mut finder = StreamFinder::default();
    for answer in answers {
        finder.any(answer, MAX_DEPTH);
    }
    finder.finish()
}

/// Joins the streams that several answers named, best first; of the same stream the first one stays.
pub(super) fn join(lists: impl IntoIterator<Item = Vec<StreamUrl>>) -> Vec<StreamUrl> {
    let levels = QualityRanking::default();
    merged(lists.into_iter().flatten(), |stream| levels.rank(stream))
}

fn merged<R: Ord>(found: impl IntoIterator<Item = StreamUrl>, rank: impl Fn(&StreamUrl) -> R) -> Vec<StreamUrl> {
    let mut streams: Vec<StreamUrl> = Vec::new();
    for stream in found {
        // Sound alone is the same address with `only_audio=1`.
        let id = |stream: &StreamUrl| (stream.sound_only, stream.url.reveal().path().to_owned());
        let same = |known: &StreamUrl| id(known) == id(&stream);
        if streams.len() < MAX_STREAMS && !streams.iter().any(same) {
            streams.push(stream);
        }
    }
    streams.sort_by_cached_key(rank);
    streams
}

/// What a walk over the answers found so far.
#[derive(Default)]
struct StreamFinder {
    found: Vec<StreamUrl>,
    levels: QualityRanking,
}

impl StreamFinder {
    fn finish(self) -> Streams {
        let Self { found, levels } = self;
        let (flv, hls): (Vec<_>, Vec<_>) = found.into_iter().partition(|stream| stream.container == Container::Flv);
        let merge = |streams| merged(streams, |stream| levels.rank(stream));
        Streams { flv: merge(flv), hls: merge(hls) }
    }

    /// Anything that may stand where streams are named: an object, one of those as text, an address, a list of these.
    fn any(&mut self, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &*unpacked(value) {
            Value::Object(_) => self.object(&unpacked(value), depth),
            Value::Array(values) => values.iter().take(MAX_STREAMS).for_each(|value| self.any(value, depth)),
            address => self.addresses(&Named::of("default", Container::Flv), address, &Value::Null, depth),
        }
    }

    fn object(&mut self, object: &Value, depth: usize) {
        for key in ["live_core_sdk_data", "pull_data"] {
            if let Some(inner) = object.get(key) {
                self.any(inner, depth);
            }
        }
        self.levels.read(object);
        if let Some(table) = object.get("stream_data") {
            self.table(&unpacked(table), depth);
        }
        if object.get("data").is_some_and(Value::is_object) {
            self.table(object, depth);
        }
        let params = unpacked(at(object, &["flv_pull_url_params"]));
        let flv = Named::of("default", Container::Flv);
        self.addresses(&flv, at(object, &["flv_pull_url"]), &params, depth);
        // An FLV address too, most of the time.
        self.addresses(&Named { backup: true, ..flv }, at(object, &["rtmp_pull_url"]), &Value::Null, depth);
        for key in ["hls_pull_url_map", "hls_pull_url"] {
            self.addresses(&Named::of("default", Container::Hls), at(object, &[key]), &Value::Null, depth);
        }
    }

    /// Every address of an FLV, or of an HLS playlist, that stands in `value`, named by the last quality above it.
    fn anywhere(&mut self, quality: &str, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &*unpacked(value) {
            Value::String(address) if self.found.len() < 2 * MAX_STREAMS => {
                let container = [(".flv", Container::Flv), (".m3u8", Container::Hls)];
                let container = container.into_iter().find(|(ending, _)| address.contains(ending));
                let named = container.map(|(_, container)| Named::of(quality, container));
                self.found.extend(named.and_then(|named| stream(&named, address, &Value::Null)));
            }
            Value::Array(values) => values.iter().for_each(|value| self.anywhere(quality, value, depth)),
            Value::Object(map) => {
                for (name, value) in map {
                    self.anywhere(known_quality(name).unwrap_or(quality), value, depth);
                }
            }
            _ => {}
        }
    }

    /// The SDK's table: one entry a quality, each with a main and sometimes a backup line.
    fn table(&mut self, table: &Value, depth: usize) {
        let data = unpacked(at(table, &["data"]));
        let qualities = if data.is_null() { table } else { &*data };
        let named: Vec<(&str, &Value)> = match qualities {
            Value::Object(map) => map.iter().map(|(quality, lines)| (quality.as_str(), lines)).collect(),
            Value::Array(rows) => rows.iter().map(|row| (own_quality(row).unwrap_or("default"), row)).collect(),
            _ => Vec::new(),
        };
        for (quality, lines) in named.into_iter().take(MAX_STREAMS) {
            let lines = unpacked(lines);
            if lines.get("main").is_none() && lines.get("backup").is_none() {
                self.line(quality, &lines, false, depth);
            }
            for (line, backup) in [("main", false), ("backup", true)] {
                self.line(quality, &unpacked(at(&lines, &[line])), backup, depth);
            }
        }
    }

    fn line(&mut self, quality: &str, line: &Value, backup: bool, depth: usize) {
        let labels = nested(at(line, &["sdk_params"]));
        let address = if line.is_object() { at(line, &["flv"]) } else { line };
        self.addresses(&Named { backup, ..Named::of(quality, Container::Flv) }, address, &labels, depth);
        if line.is_object() {
            self.addresses(&Named { backup, ..Named::of(quality, Container::Hls) }, at(line, &["hls"]), &labels, depth);
        }
    }

    /// One address, a list of them (the later ones are spare), or a map of qualities to either.
    fn addresses(&mut self, named: &Named<'_>, value: &Value, labels: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &*unpacked(value) {
            Value::String(address) => self.found.extend(stream(named, address, labels)),
            Value::Array(values) => {
                for (nth, value) in values.iter().take(MAX_STREAMS).enumerate() {
                    self.addresses(&Named { backup: named.backup || nth > 0, ..*named }, value, labels, depth);
                }
            }
            row @ Value::Object(map) => {
                let quality = own_quality(row).unwrap_or(named.quality);
                for (name, value) in map.iter().take(MAX_STREAMS) {
                    let older = OLDER_NAMES.iter().find(|(older, _)| older == name).map(|(_, sdk)| *sdk);
                    let inner = unpacked(at(labels, &[name]));
                    let quality = match name.as_str() {
                        "url" | "uri" | "flv" | "hls" | "main" | "url_list" => quality,
                        name => older.unwrap_or(name),
                    };
                    let named = Named { quality, ..*named };
                    self.addresses(&named, value, if inner.is_null() { labels } else { &inner }, depth);
                }
            }
            _ => {}
        }
        if self.found.len() > 2 * MAX_STREAMS {
            self.found.truncate(2 * MAX_STREAMS);
        }
    }
}

/// What is known of an address from where it stands.
#[derive(Clone, Copy)]
struct Named<'a> {
    quality: &'a str,
    container: Container,
    backup: bool,
}

impl<'a> Named<'a> {
    fn of(quality: &'a str, container: Container) -> Self {
        Self { quality, container, backup: false }
    }
}

/// The SDK's name of a quality; nothing where nobody calls one so.
fn known_quality(name: &str) -> Option<&'static str> {
    let older = OLDER_NAMES.iter().find(|(older, _)| *older == name).map(|(_, sdk)| *sdk);
    older.or_else(|| QUALITIES.into_iter().find(|quality| *quality == name))
}

/// The quality that a row of a list names itself.
fn own_quality(row: &Value) -> Option<&str> {
    ["quality", "sdk_key", "sdkKey", "name", "key"].into_iter().find_map(|field| row.get(field)?.as_str())
}

/// The value, or what stands inside it as JSON text.
fn unpacked(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[', '"']) => Cow::Owned(nested(value)),
        value => Cow::Borrowed(value),
    }
}

/// An address as it is meant: one without a scheme (`//host/x.flv`, `host.example/x.flv`) is `https`.
fn absolute(address: &str) -> Option<Url> {
    // Out of a page it may have the page's escapes.
    let address = address.trim().replace("&amp;", "&");
    if let Some(rest) = address.strip_prefix("//") {
        return Url::parse(&format!("https://{rest}")).ok();
    }
    let host = address.split(['/', '?']).next().unwrap_or_default();
    if !address.contains("://") && address.contains('/') && host.contains('.') {
        return Url::parse(&format!("https://{address}")).ok();
    }
    Url::parse(&address).ok()
}

/// One stream, unless its address is missing or of another kind.
fn stream(named: &Named<'_>, address: &str, labels: &Value) -> Option<StreamUrl> {
    let Named { quality, container, backup } = *named;
    let url = absolute(address)?;
    let path = url.path().to_ascii_lowercase();
    let others: &[&str] = match container {
        Container::Flv => &[".m3u8", ".mpd", ".sdp"],
        Container::Hls => &[".flv", ".mpd", ".sdp"],
    };
    let another = others.iter().any(|end| path.ends_with(end));
    if !matches!(url.scheme(), "http" | "https") || another || url.host_str().is_none() {
        return None;
    }
    let only_audio = url.query_pairs().any(|(key, value)| key == "only_audio" && value == "1");
    let size = str(at(labels, &["resolution"])).split_once('x');
    Some(StreamUrl {
        quality: CompactString::new(crate::text::Text::new(quality).as_str()),
        codec: match str(at(labels, &["VCodec"])).to_ascii_lowercase().as_str() {
            "h264" | "avc" => Codec::H264,
            "h265" | "hevc" | "bytevc1" => Codec::H265,
            _ => Codec::Unknown,
        },
        container,
        size: size.and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?))),
        bitrate: count(at(labels, &["vbitrate"])).filter(|&rate| rate != 0),
        backup,
        sound_only: quality.eq_ignore_ascii_case("ao") || quality.to_ascii_lowercase().contains("audio") || only_audio,
        url: SignedUrl::new(url),
    })
}

/// The service's own ranking of qualities, where it sent one.
#[derive(Default)]
struct QualityRanking(Vec<(String, i64)>);

impl QualityRanking {
    /// Reads the table beside the streams; the first answer that ranks a quality is believed.
    fn read(&mut self, pull: &Value) {
        let rows = at(pull, &["options", "qualities"]).as_array().map(Vec::as_slice).unwrap_or_default();
        let level = |row: &Value| Some((str(at(row, &["sdk_key"])).to_owned(), int(at(row, &["level"]))?));
        for (key, level) in rows.iter().take(MAX_STREAMS).filter_map(level) {
            if !self.0.iter().any(|(known, _)| *known == key) {
                self.0.push((key, level));
            }
        }
    }

    /// Smaller is better. Sound alone comes after every picture, then H.265 comes last whatever its quality: what plays everywhere beats what is sharper.
    /// Qualities that the service ranks go by its rank, and each of the others stands beside its neighbour in
    /// [`QUALITIES`]; a bit rate of 0 means unknown and decides nothing.
    fn rank(&self, stream: &StreamUrl) -> (bool, bool, i64, usize, bool, u64) {
        let by_name = QUALITIES.iter().position(|&name| name == stream.quality).unwrap_or(QUALITIES.len());
        let level = self.0.iter().find(|(key, _)| *key == stream.quality).map(|&(_, level)| level);
        let level = level.or_else(|| self.neighbour(by_name)).unwrap_or(0);
        let area = stream.size.map_or(0, |(width, height)| u64::from(width) * u64::from(height));
        (stream.sound_only, stream.codec == Codec::H265, -level, by_name, stream.backup, u64::MAX - area)
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
    use rstest::rstest;
    use serde_json::json;

    fn read(stream_url: &Value) -> Streams {
        read_all(&[stream_url])
    }

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
    fn the_best_quality_that_plays_everywhere_comes_first_and_sound_alone_last() {
        let line = |name: &str, codec: &str| json!({"main": {"flv": format!("https://a.example/{name}.flv?sign=1"), "hls": "", "sdk_params": labels(codec)}});
        let streams = read(&with_data(&json!({
            "ao": line("ao", "h264"), "ld": line("ld", "h264"), "origin": line("origin", "h265"),
            "hd": line("hd", "h264"), "new_name": line("new", "")
        })));
        assert_eq!(qualities(&streams), ["hd", "ld", "new_name", "origin", "ao"]);
        assert!(streams.flv[4].sound_only && !streams.flv[3].sound_only);
        assert_eq!(streams.flv[0].size, Some((720, 1280)));
        assert_eq!(streams.flv[0].bitrate, Some(1_800_000));
        assert!(streams.hls.is_empty());
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

    #[rstest]
    #[case::text(json!(json!({"flv_pull_url": {"HD1": "https://a.example/x.flv"}}).to_string()), "hd")]
    #[case::plain(json!("https://a.example/x.flv"), "default")]
    #[case::one(json!({"flv_pull_url": "https://a.example/x.flv"}), "default")]
    #[case::list(json!({"flv_pull_url": ["https://a.example/x.flv"]}), "default")]
    #[case::list_alone(json!(["https://a.example/x.flv"]), "default")]
    #[case::list_in_map(json!({"flv_pull_url": {"FULL_HD1": ["https://a.example/x.flv"]}}), "uhd")]
    #[case::map_as_text(json!({"flv_pull_url": "{\"SD1\": \"https://a.example/x.flv\"}"}), "ld")]
    #[case::rtmp(json!({"rtmp_pull_url": "https://a.example/x.flv"}), "default")]
    #[case::no_scheme(json!({"flv_pull_url": {"HD1": "//a.example/x.flv"}}), "hd")]
    #[case::no_slashes(json!({"flv_pull_url": {"HD1": "a.example/x.flv"}}), "hd")]
    #[case::api_live(json!({"pull_data": {"stream_data": {"data": {"hd": {"main": {"flv": "https://a.example/x.flv"}}}}}}), "hd")]
    #[case::pull_data_as_text(json!({"pull_data": "{\"stream_data\":\"{\\\"data\\\":{\\\"sd\\\":{\\\"main\\\":{\\\"flv\\\":\\\"https://a.example/x.flv\\\"}}}}\"}"}), "sd")]
    #[case::no_line(json!({"stream_data": {"data": {"hd": {"flv": "https://a.example/x.flv"}}}}), "hd")]
    #[case::address_as_line(json!({"stream_data": {"hd": "https://a.example/x.flv"}}), "hd")]
    fn a_stream_is_found_in_every_shape(#[case] answer: Value, #[case] quality: &str) {
        let streams = read(&answer);
        assert_eq!(qualities(&streams), [quality], "{answer}");
        assert_eq!(streams.flv[0].url.reveal().as_str(), "https://a.example/x.flv");
    }

    #[rstest]
    #[case::twice_as_text(json!({"streamData": {"pull_data": {"stream_data": json!(json!({"data": {"hd": {"main": {"flv": "https://a.example/x.flv"}}}}).to_string()).to_string()}}}), "hd")]
    #[case::thrice_as_text(json!({"stream_url": json!(json!(json!({"flv_pull_url": "https://a.example/x.flv"}).to_string()).to_string()).to_string()}), "default")]
    #[case::list_of_qualities(json!({"hevcStreamData": {"pull_data": {"stream_data": {"data": [null, {"sdk_key": "sd", "main": {"flv": "https://a.example/x.flv"}}]}}}}), "sd")]
    #[case::list_of_rows(json!({"stream_url": {"flv_pull_url": [{"quality": "uhd", "url": "https://a.example/x.flv"}]}}), "uhd")]
    #[case::line_as_list(json!({"stream_data": {"data": {"hd": {"main": [{"flv": null}, {"flv": "https://a.example/x.flv"}]}}}}), "hd")]
    #[case::only_a_backup(json!({"stream_data": {"data": {"ld": {"main": null, "backup": {"flv": "https://a.example/x.flv"}}}}}), "ld")]
    #[case::list_of_answers(json!({"stream_url": [null, {"flv_pull_url": null}, {"rtmp_pull_url": "https://a.example/x.flv"}]}), "default")]
    #[case::somewhere_else(json!({"play": {"lines": [{"urls": {"FULL_HD1": {"cdn": ["https://a.example/x.flv"]}}}]}}), "uhd")]
    #[case::text_somewhere_else(json!({"extra": json!({"pull": {"hd": "//a.example/x.flv"}}).to_string(), "stream_url": {}}), "hd")]
    #[case::upper_case(json!({"stream_url": {"flv_pull_url": {"HD1": " HTTPS://A.EXAMPLE/x.flv\n"}}}), "hd")]
    fn a_stream_is_found_wherever_an_answer_names_it(#[case] answer: Value, #[case] quality: &str) {
        let streams = read_answer(&answer);
        assert_eq!(qualities(&streams), [quality], "{answer}");
        assert_eq!(streams.flv[0].url.reveal().as_str(), "https://a.example/x.flv");
    }

    #[rstest]
    #[case(json!({"stream_url": {"flv_pull_url": {"AO": "https://a.example/x.flv"}}}))]
    #[case(json!({"stream_data": {"data": {"audio_only": {"main": {"flv": "https://a.example/x.flv"}}}}}))]
    #[case(json!({"streamData": {"pull_data": {"stream_data": {"data": {"hd": {"main": {"flv": "https://a.example/x.flv?only_audio=1"}}}}}}}))]
    #[case(json!({"other": {"ao": ["https://a.example/x.flv"]}}))]
    fn sound_alone_is_known_by_its_name_or_its_address(#[case] answer: Value) {
        assert!(read_answer(&answer).flv[0].sound_only, "{answer}");
    }

    #[test]
    fn an_address_out_of_a_page_loses_the_escapes_of_the_page() {
        let found = read(&json!({"flv_pull_url": "https://a.example/x.flv?expire=1&amp;sign=2"}));
        assert_eq!(found.flv[0].url.reveal().as_str(), "https://a.example/x.flv?expire=1&sign=2");
    }

    #[test]
    fn the_union_of_all_answers_is_ranked_as_one() {
        let line = |name: &str| json!({"main": {"flv": format!("https://a.example/{name}.flv")}});
        let info = read(&with_data(&json!({"sd": line("sd"), "ao": line("ao")}))).flv;
        let api = read_all(&[
            &json!({"pull_data": {"stream_data": {"data": {"hd": line("hd"), "sd": line("sd")}}}}),
            &json!({"pull_data": {"stream_data": {"data": {"origin": line("origin")}}}}),
        ]);
        let all = Streams { flv: join([info, api.flv]), hls: Vec::new() };
        assert_eq!(qualities(&all), ["origin", "hd", "sd", "ao"]);
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
            read_answer(&json!({"x": answer}));
        }
    }

    #[test]
    fn garbage_is_no_stream() {
        for garbage in [
            json!(null),
            json!({"flv_pull_url": ["x"], "rtmp_pull_url": 5}),
            json!("offline"),
            json!({"rtmp_pull_url": "rtmp://a.example/x"}),
            json!({"flv_pull_url": {"HD1": "rtmp://a.example/x.flv", "SD1": "file:///etc/passwd.flv", "SD2": ""}}),
            json!({"live_core_sdk_data": {"pull_data": {"stream_data": "{\"data\":{\"hd\":7}}"}}}),
        ] {
            assert_eq!(read(&garbage), Streams::default());
        }
    }

    #[test]
    fn playlists_are_found_beside_the_streams() {
        let mut info = with_data(&json!({
            "hd": {"main": {"flv": "https://a.example/x_hd.flv", "hls": "https://a.example/x_hd/index.m3u8?sign=1"}},
            "ao": {"main": {"flv": "https://a.example/x_ao.flv", "hls": ""}},
        }));
        info["hls_pull_url"] = json!("https://b.example/x_hd/index.m3u8");
        info["hls_pull_url_map"] = json!({"SD1": "https://b.example/x_ld/playlist", "SD2": "https://b.example/x.flv"});
        let streams = read(&info);
        assert_eq!(qualities(&streams), ["hd", "ao"]);
        let hls: Vec<_> = streams.hls.iter().map(|stream| (stream.quality.as_str(), stream.container)).collect();
        assert_eq!(hls, [("hd", Container::Hls), ("ld", Container::Hls)]);
    }
}
