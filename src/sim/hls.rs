//! Live as HLS: a playlist of one variant, its live window, its segments.
//!
//! A segment is one repetition of the clip, four seconds; the window holds the last five that are whole, as at TikTok's
//! networks. Addresses lead from each playlist to the next, and are signed like those of FLV. Segments are MPEG transport streams,
//! or fragments of an MP4 ([`SimFault::HlsFragments`]), and may be encrypted ([`SimFault::HlsEncrypted`]).

use std::fmt::Write;
use std::sync::Arc;

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockEncryptMut, KeyIvInit};
use bytes::{Bytes, BytesMut};
use hyper::StatusCode;

use super::answer::{self, SimAnswer};
use super::faults::SimFault;
use super::flv::clip;
use super::media::is_on;
use super::world::World;
use super::{fragments, transport_stream};

/// Segments of the window.
const WINDOW: u32 = 5;

/// The key of encrypted segments.
const KEY: [u8; 16] = *b"of the simulator";
/// Bytes of a cipher's block.
const BLOCK: usize = 16;

/// `/stream/<room>_<quality>/index.m3u8`, `…/live.m3u8`, `…/<number>.ts`, `…/<number>.m4s`, `…/init.mp4` and `…/key`.
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
        "live.m3u8" => playlist(window(world, whole)),
        "init.mp4" => answer::body(StatusCode::OK, "video/mp4", fragments::beginning(clip())),
        "key" => answer::body(StatusCode::OK, "application/octet-stream", Bytes::from_static(&KEY)),
        _ => {
            let number =
                |number: &str| number.parse().ok().filter(|&number| number < whole && number + 2 * WINDOW >= whole);
            let (kind, segment) = match file.rsplit_once('.') {
                Some((name, "ts")) => {
                    ("video/mp2t", number(name).map(|at| (at, transport_stream::segment(clip(), at))))
                }
                Some((name, "m4s")) => {
                    ("video/iso.segment", number(name).map(|at| (at, fragments::fragment(clip(), at))))
                }
                _ => ("", None),
            };
            match segment {
                Some((at, bytes)) if world.has(SimFault::HlsEncrypted) => {
                    answer::body(StatusCode::OK, kind, encrypted(&bytes, at))
                }
                Some((_, bytes)) => answer::body(StatusCode::OK, kind, bytes),
                None => answer::not_found(),
            }
        }
    }
}

/// A segment under the key; its number is the first block.
fn encrypted(segment: &[u8], number: u32) -> Bytes {
    let mut bytes = BytesMut::from(segment);
    bytes.resize(segment.len() + BLOCK, 0);
    let first = u128::from(number).to_be_bytes();
    let cipher = cbc::Encryptor::<Aes128>::new(&KEY.into(), &first.into());
    let length = cipher.encrypt_padded_mut::<Pkcs7>(&mut bytes, segment.len()).map_or(0, <[u8]>::len);
    bytes.truncate(length);
    bytes.freeze()
}

fn playlist(text: String) -> SimAnswer {
    answer::body(StatusCode::OK, "application/vnd.apple.mpegurl", text)
}

/// The newest of `whole` segments.
fn window(world: &World, whole: u32) -> String {
    let (first, millis) = (whole.saturating_sub(WINDOW), clip().length);
    let target = millis.div_ceil(1_000);
    let mut text =
        format!("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    let fragments = world.has(SimFault::HlsFragments);
    if fragments {
        text.push_str("#EXT-X-MAP:URI=\"init.mp4?sign=0\"\n");
    }
    if world.has(SimFault::HlsEncrypted) {
        text.push_str("#EXT-X-KEY:METHOD=AES-128,URI=\"key?sign=0\"\n");
    }
    let ending = if fragments { "m4s" } else { "ts" };
    for number in first..whole {
        let seconds = f64::from(millis) / 1_000.0;
        let _ = writeln!(text, "#EXTINF:{seconds:.3},\n{number}.{ending}?sign=0");
    }
    text
}
