//! Streams of one live, from every answer that names some.
//!
//! Room info names most of them, `api-live` and the live page sometimes name others (H.265, a better quality) or the only
//! ones, when room info is withheld. None of them needs a signature or the event socket.

use std::pin::pin;
use std::time::Duration;

use super::error::ServiceError;
use super::lookup::{self, LiveStatus, Lookup};
use super::room_info;
use super::service::Service;
use super::streams::{self, StreamUrl};
use crate::ids::{RoomId, UniqueId};

/// Once room info has named a stream, the other answer gets this long to name a better one.
const SECOND_ANSWER_WAIT: Duration = Duration::from_secs(2);

/// What all answers together say about the streams of a live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveStreams {
    /// Whether the live is on, as room info says; as the look-up says, where room info is withheld.
    pub status: LiveStatus,
    /// FLV streams, best first; sound alone last.
    pub flv: Vec<StreamUrl>,
    /// HLS playlists, best first.
    pub hls: Vec<StreamUrl>,
}

/// Asks for the streams of `room`, whose host is `host` where known. Fails with what room info said when nobody else knew.
pub(super) async fn live_streams(
    service: &Service,
    room: RoomId,
    host: Option<&UniqueId>,
) -> Result<LiveStreams, ServiceError> {
    let mut look_up = pin!(by_name(service, room, host));
    let mut room_info = pin!(room_info::fetch(service, room));
    let mut early = None;
    let info = loop {
        tokio::select! {
            info = &mut room_info => break info,
            found = &mut look_up, if early.is_none() => early = Some(found),
        }
    };
    let enough = info.as_ref().is_ok_and(|info| !info.status.is_on() || !only_sound(&info.streams));
    let found = match early {
        Some(found) => found,
        None if enough => tokio::time::timeout(SECOND_ANSWER_WAIT, look_up).await.ok().flatten(),
        None => look_up.await,
    };
    match (info, found) {
        (Ok(info), found) => {
            let (flv, hls) = found.map(|found| (found.streams, found.hls)).unwrap_or_default();
            let (flv, hls) = (streams::join([info.streams, flv]), streams::join([info.hls, hls]));
            Ok(LiveStreams { status: info.status, flv, hls })
        }
        (Err(_), Some(found)) if !found.streams.is_empty() || !found.hls.is_empty() => {
            Ok(LiveStreams { status: found.status, flv: found.streams, hls: found.hls })
        }
        (Err(error), _) => Err(error),
    }
}

/// What the look-ups say about this live of the host; nothing when they know nothing, or speak of another live.
async fn by_name(service: &Service, room: RoomId, host: Option<&UniqueId>) -> Option<Lookup> {
    let host = host?;
    let this = |found: &Lookup| found.room_id == Some(room) && found.status.is_on();
    let mut found = lookup::look_up(service, host).await.ok().filter(this)?;
    if only_sound(&found.streams) {
        let page = lookup::ask_page(service, host).await.ok().filter(this);
        let (flv, hls) = page.map(|page| (page.streams, page.hls)).unwrap_or_default();
        (found.streams, found.hls) = (streams::join([found.streams, flv]), streams::join([found.hls, hls]));
    }
    Some(found)
}

fn only_sound(streams: &[StreamUrl]) -> bool {
    streams.iter().all(|stream| stream.sound_only)
}
