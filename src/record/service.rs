//! Stream source over TikTok's service: the one place where the recorder meets the client.

use bytes::Bytes;
use std::sync::Arc;

use super::source::{FoundStreams, LiveState, Media, StreamFailure, StreamOffer, StreamSource};
use super::{PictureLabel, RecordingJob};
use crate::ids::{RoomId, UniqueId};
use crate::text::Text;
use crate::webcast::{Codec, Container, LiveStatus, MediaStream, Service, ServiceError, ServiceErrorKind, StreamUrl};

impl StreamSource for Arc<Service> {
    type Address = (RoomId, StreamUrl);
    type Media = MediaStream;

    async fn resolve(&self, job: &RecordingJob) -> Result<FoundStreams<Self::Address>, StreamFailure> {
        let host: Option<UniqueId> = job.host.as_str().parse().ok();
        let room = job.room_id;
        let streams = self.live_streams(room, host.as_ref()).await?;
        let state = match streams.status {
            LiveStatus::Offline => LiveState::Ended,
            LiveStatus::Paused => LiveState::Paused,
            LiveStatus::Live | LiveStatus::Unknown(_) | LiveStatus::NotStated => LiveState::On,
        };
        let offer = |stream: StreamUrl| StreamOffer {
            quality: Text::from(stream.quality.as_str()),
            sound_only: stream.sound_only,
            hls: stream.container == Container::Hls,
            picture: PictureLabel {
                size: stream.size,
                codec: match stream.codec {
                    Codec::H264 => "h264".into(),
                    Codec::H265 => "h265".into(),
                    Codec::Unknown => Text::default(),
                },
                bitrate: stream.bitrate,
            },
            address: (room, stream),
        };
        Ok(FoundStreams { state, offers: streams.flv.into_iter().chain(streams.hls).map(offer).collect() })
    }

    async fn open(&self, (room, stream): &Self::Address) -> Result<MediaStream, StreamFailure> {
        Ok(self.stream(*room, stream).await?)
    }

    fn refer(&self, (room, stream): &Self::Address, media: &MediaStream, reference: &str) -> Option<Self::Address> {
        Some((*room, media.referred(stream, reference)?))
    }
}

impl Media for MediaStream {
    async fn chunk(&mut self) -> Result<Option<Bytes>, StreamFailure> {
        // The method of `MediaStream` itself, which has the same name.
        Ok(Self::chunk(self).await?)
    }
}

impl From<ServiceError> for StreamFailure {
    fn from(error: ServiceError) -> Self {
        let gone = matches!(error.kind(), ServiceErrorKind::NotFound | ServiceErrorKind::Refused);
        Self { gone, words: error.sentence().clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(ServiceErrorKind::NotFound, true)]
    #[case(ServiceErrorKind::Refused, true)]
    #[case(ServiceErrorKind::Network, false)]
    fn a_refused_address_is_not_asked_again(#[case] kind: ServiceErrorKind, #[case] gone: bool) {
        let trouble = StreamFailure::from(ServiceError::new(kind, "no"));
        assert_eq!(trouble, StreamFailure { gone, words: "no".into() });
    }
}
