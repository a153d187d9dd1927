//! Live as HLS: a playlist of one variant, its live window, its segments.
//!
//! A segment is one repetition of the clip, four seconds; the window holds the last five that are whole, as at TikTok's
//! networks. Addresses lead from each playlist to the next, and are signed like those of FLV.

use std::fmt::Write;
use std::sync::Arc;

use hyper::StatusCode;

use super::answer::{self, SimAnswer};
use super::flv::clip;
use super::media::is_on;
use super::transport_stream;
use super::world::World;

/// Segments of the window.
const WINDOW: u32 = 5;

/// `/stream/<room>_<quality>/index.m3u8`, `…/live.m3u8` and `…/<number>.ts`.
pub(super) fn file(world: &Arc<World>, folder: &str, file: &str) -> SimAnswer {
    let room = folder.split_once('_').and_then(|(room_id, _)| room_id.parse().ok());
    let room = room.and_then(|id| Some((id, world.by_room_id(id)?)));
    let Some((_, room)) = room.filter(|(id, room)| is_on(room, *id)) else { return answer::not_found() };
    let whole = u32::try_from(room.age() / 1_000).unwrap_or(0) / clip().length;
    match file {
        "index.m3u8" => playlist(
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=280000,RESOLUTION=360x640,CODECS=\"avc1.42c01e,mp4a.40.2\"\n\
             live.m3u8?sign=0\n"
                .to_owned(),
        ),
        "live.m3u8" => playlist(window(whole)),
        _ => match file.strip_suffix(".ts").and_then(|number| number.parse().ok()) {
            Some(number) if number < whole && number + 2 * WINDOW >= whole => {
                answer::body(StatusCode::OK, "video/mp2t", transport_stream::segment(clip(), number))
            }
            _ => answer::not_found(),
        },
    }
}

fn playlist(text: String) -> SimAnswer {
    answer::body(StatusCode::OK, "application/vnd.apple.mpegurl", text)
}

/// The newest of `whole` segments.
fn window(whole: u32) -> String {
    let (first, millis) = (whole.saturating_sub(WINDOW), clip().length);
    let target = millis.div_ceil(1_000);
    let mut text =
        format!("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in first..whole {
        let seconds = f64::from(millis) / 1_000.0;
        let _ = writeln!(text, "#EXTINF:{seconds:.3},\n{number}.ts?sign=0");
    }
    text
}
