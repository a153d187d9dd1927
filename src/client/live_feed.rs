//! Lists of lives to choose from: the feed's pages, and the results of a search.

use super::{Client, Error, Live};
use crate::webcast::RoomInfo;

/// The feed of recommended lives. Guests get none today:
/// [`ServiceErrorKind::NeedsSession`](crate::webcast::ServiceErrorKind::NeedsSession).
#[derive(Clone, Debug)]
pub struct LiveFeed {
    client: Client,
    next: Next,
}

/// Which page comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    First,
    From(u64),
    None,
}

impl LiveFeed {
    pub(super) fn new(client: Client) -> Self {
        Self { client, next: Next::First }
    }

    /// Whether there is another page, as far as we were told.
    pub fn has_more(&self) -> bool {
        self.next != Next::None
    }

    /// The next page; empty after the last one. A failed page can be asked for again.
    pub async fn next(&mut self) -> Result<Vec<FoundLive>, Error> {
        let from = match self.next {
            Next::First => None,
            Next::From(from) => Some(from),
            Next::None => return Ok(Vec::new()),
        };
        let page = self.client.service.feed_page(from).await?;
        self.next = page.next.map_or(Next::None, Next::From);
        Ok(page.rooms.into_iter().map(|info| FoundLive::new(self.client.clone(), info)).collect())
    }
}

/// A live that was found, and the way into it.
#[derive(Clone, Debug)]
pub struct FoundLive {
    client: Client,
    info: RoomInfo,
}

impl FoundLive {
    pub(super) fn new(client: Client, info: RoomInfo) -> Self {
        Self { client, info }
    }

    /// What is known of it.
    pub fn info(&self) -> &RoomInfo {
        &self.info
    }

    /// Tracks it, as [`Client::track_room`] does.
    pub async fn track(&self) -> Result<Live, Error> {
        self.client.track_room(self.info.room_id).await
    }
}

impl AsRef<RoomInfo> for FoundLive {
    fn as_ref(&self) -> &RoomInfo {
        &self.info
    }
}
