//! TikTok as a [`Source`]: the one place where the recorder meets the client.

use bytes::Bytes;

use super::Job;
use super::source::{Found, LiveState, Media, Offer, Source, Trouble};
use crate::ids::{RoomId, UniqueId};
use crate::text::Text;
use crate::webcast::{Client, Error, Kind, LiveStatus, MediaStream, StreamUrl};

impl Source for Client {
    type Address = (RoomId, StreamUrl);
    type Media = MediaStream;

    async fn resolve(&self, job: &Job) -> Result<Found<Self::Address>, Trouble> {
        let host: Option<UniqueId> = job.host.as_str().parse().ok();
        let room = job.room_id;
        let streams = self.live_streams(room, host.as_ref()).await?;
        let state = match streams.status {
            LiveStatus::Offline => LiveState::Ended,
            LiveStatus::Paused => LiveState::Paused,
            LiveStatus::Live | LiveStatus::Unknown(_) | LiveStatus::NotStated => LiveState::On,
        };
        let offer = |stream: StreamUrl| Offer {
            quality: Text::from(stream.quality.as_str()),
            sound_only: stream.sound_only,
            address: (room, stream),
        };
        Ok(Found { state, offers: streams.flv.into_iter().map(offer).collect(), hls_only: streams.hls_only })
    }

    async fn open(&self, (room, stream): &Self::Address) -> Result<MediaStream, Trouble> {
        Ok(self.stream(*room, stream).await?)
    }
}

impl Media for MediaStream {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        // The method of `MediaStream` itself, which has the same name.
        Ok(Self::chunk(self).await?)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let gone = matches!(error.kind(), Kind::NotFound | Kind::Refused);
        Self { gone, words: error.sentence().clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Kind::NotFound, true)]
    #[case(Kind::Refused, true)]
    #[case(Kind::Network, false)]
    fn a_refused_address_is_not_asked_again(#[case] kind: Kind, #[case] gone: bool) {
        let trouble = Trouble::from(Error::new(kind, "no"));
        assert_eq!(trouble, Trouble { gone, words: "no".into() });
    }
}
