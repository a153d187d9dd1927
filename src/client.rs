//! Client of TikTok LIVE, the library's face: tracked lives, questions about rooms and people, recordings.
//!
//! Everything the program does with TikTok, without its screen. A [`Client`] is made by [`Client::builder`]; it gives
//! [`Live`]s, which are streams of [`LiveEvent`]s with a state that is always up to date, and answers single questions.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use tiktop::events::EventKind;
//! use tiktop::{Client, LiveEvent};
//!
//! // A simulated TikTok on this machine; leave `service` out for the real one.
//! let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! let client = Client::builder()
//!     .service(&sim.base_url(), &sim.socket_url())
//!     .transports([tiktop::config::TransportKind::Direct])
//!     .build()?;
//!
//! let mut live = client.track_user("@ana.live").await?;
//! while let Some(event) = live.next().await {
//!     let LiveEvent::Happened(tallied) = event else { continue };
//!     if let EventKind::Chat(chat) = &tallied.event.kind {
//!         println!("{}: {}", chat.from.name(), chat.text);
//!         break;
//!     }
//! }
//! println!("{} comments so far", live.state().stats.comments);
//! live.disconnect().await;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # Logs
//!
//! There are no handlers to install: everything is told to [`tracing`](https://docs.rs/tracing), and whoever installs a
//! subscriber hears it. Targets: `tiktop` for all, at `error`, `warn`, `info` and `debug`; `tiktop::requests` at `debug` for
//! each request and at `trace` for the bodies of answers, with signatures, tokens and cookies blanked.
//!
//! # What is not here
//!
//! Sending chat: it needs the user's login at a third party that signs for them. The price list and the feed could only
//! be tried on the simulator; guests get an empty feed today, which is the error
//! [`ServiceErrorKind::NeedsSession`](crate::webcast::ServiceErrorKind::NeedsSession): use [`Client::search_live`].
//!
//! Invariant: a [`Live`] that is dropped stops its tasks; nothing here outlives its owner.

mod builder;
mod error;
mod live;
mod live_feed;
mod recording;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::ClientBuilder;
pub use error::Error;
pub use live::{Live, LiveEvent};
pub use live_feed::{FoundLive, LiveFeed};
pub use recording::{RecordedFile, Recording};

use crate::clock::Clock;
use crate::ids::{GiftFacts, RoomId, Target, UniqueId};
use crate::record;
use crate::track::{ConnectLimiter, KnownRoom, Tracker};
use crate::webcast::{self, CoinPack, Failover, LiveStatus, Lookup, RoomInfo, Roster, Service, UserInfo};

/// Least time between two look-ups of somebody who is waited for.
const LEAST_WAIT: Duration = Duration::from_secs(30);

/// TikTok LIVE. Cheap to clone; clones share connections, transports and what was learned of them.
#[derive(Clone)]
pub struct Client {
    service: Arc<Service>,
    failover: Failover,
    limiter: ConnectLimiter,
    clock: Clock,
    event_options: EventOptions,
    /// What makes recordings; the folder is said with each one.
    ffmpeg: String,
}

/// How lives are told.
#[derive(Clone, Copy, Debug)]
struct EventOptions {
    history: bool,
    raw: bool,
    queue: usize,
}

impl Client {
    /// A client with the defaults, proxies as the environment says.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Sets options first.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Tracks the live of a user, until that live ends. `name` is a name or a link.
    ///
    /// Fails with [`Error::NotLive`] when there is none. Needs a tokio runtime.
    pub async fn track_user(&self, name: &str) -> Result<Live, Error> {
        let found = self.look_up(name).await?;
        if !found.status.is_on() || found.room_id.is_none() {
            return Err(no_room(&found));
        }
        let target = Target::Host(found.unique_id.clone());
        Ok(Live::open(self.clone(), target, Some(KnownRoom::Lookup(Box::new(found))), true).await)
    }

    /// Tracks one live by its room, until it ends.
    ///
    /// Fails with [`Error::NotLive`] when it is over. Needs a tokio runtime.
    pub async fn track_room(&self, room: RoomId) -> Result<Live, Error> {
        let info = self.service.room_info(room).await?;
        if info.status == LiveStatus::Offline {
            return Err(Error::over(room));
        }
        Ok(Live::open(self.clone(), Target::Room(room), Some(KnownRoom::Info(Box::new(info))), true).await)
    }

    /// Follows a user from live to live, for ever: waits while they are offline. Nothing is asked before it returns.
    pub async fn follow(&self, name: &str) -> Result<Live, Error> {
        Ok(Live::open(self.clone(), name.parse()?, None, false).await)
    }

    /// Many rooms over one queue, as the dashboard has them: a tracker that shares this client's connections, the health of
    /// its transports and its limits. Needs a tokio runtime.
    pub fn tracker(&self) -> Tracker {
        let (service, failover) = (Arc::clone(&self.service), self.failover.clone());
        Tracker::on_failover(service, failover, self.limiter.clone(), self.clock.clone())
    }

    /// Who a user is: the profile, else what a look-up knows.
    pub async fn user_info(&self, name: &str) -> Result<UserInfo, Error> {
        Ok(self.service.user_info(&host(name)?).await?)
    }

    /// Where a user stands: their room, and whether they are live.
    pub async fn look_up(&self, name: &str) -> Result<Lookup, Error> {
        Ok(self.service.look_up(&host(name)?).await?)
    }

    /// Whether a user is live; a paused live counts. Costs one look-up and no signature.
    pub async fn is_live(&self, name: &str) -> Result<bool, Error> {
        Ok(self.look_up(name).await?.status.is_on())
    }

    /// Waits until a user is live, asking `every` so often: 30 s at least, and never sooner than the service allows.
    ///
    /// Fails where waiting cannot help (no such user, an age gate). Drop the future to stop waiting.
    pub async fn wait_until_live(&self, name: &str, every: Duration) -> Result<Lookup, Error> {
        let host = host(name)?;
        loop {
            let wait = match self.service.look_up(&host).await {
                Ok(found) if found.status.is_on() => return Ok(found),
                Ok(_) => Duration::ZERO,
                Err(error) if error.is_lasting() => return Err(error.into()),
                Err(error) => {
                    tracing::info!("waiting for @{host}: {error}");
                    error.retry_after().unwrap_or_default()
                }
            };
            tokio::time::sleep(wait.max(every).max(LEAST_WAIT)).await;
        }
    }

    /// What the service knows of a room: of the live of a name (or of the last one), or of a room id. Where `room/info` itself
    /// has no answer, [`RoomInfo::missing`] says why, and the rest is what the look-up knows.
    pub async fn room_info(&self, room: &str) -> Result<RoomInfo, Error> {
        match room.parse()? {
            Target::Room(room) => Ok(self.service.room_info(room).await?),
            Target::Host(host) => self.room_info_of(&self.service.look_up(&host).await?).await,
        }
    }

    /// The same for somebody who has just been looked up. Fails with [`Error::NotLive`] where no room is known.
    pub async fn room_info_of(&self, found: &Lookup) -> Result<RoomInfo, Error> {
        let room = found.room_id.ok_or_else(|| no_room(found))?;
        Ok(self.service.room_info_of(room, found).await?)
    }

    /// The room that a name or a room id stands for.
    pub async fn room_of(&self, room: &str) -> Result<RoomId, Error> {
        match room.parse()? {
            Target::Room(room) => Ok(room),
            Target::Host(host) => {
                let found = self.service.look_up(&host).await?;
                found.room_id.ok_or_else(|| no_room(&found))
            }
        }
    }

    /// The gifts that can be sent in a room; without one, those of the region we ask from.
    pub async fn gift_list(&self, room: impl Into<Option<RoomId>>) -> Result<Vec<GiftFacts>, Error> {
        Ok(self.service.gift_list(room).await?)
    }

    /// Who is in somebody's live by name, as the service tells people who are logged in. Tried on the simulator only.
    pub async fn roster(&self, name: &str) -> Result<Roster, Error> {
        let host = host(name)?;
        let found = self.service.look_up(&host).await?;
        let (Some(room), Some(id)) = (found.room_id.filter(|_| found.status.is_on()), found.host_id) else {
            return Err(no_room(&found));
        };
        Ok(self.service.roster(room, id).await?)
    }

    /// What coins cost where we ask from. Tried on the simulator only.
    pub async fn price_list(&self) -> Result<Vec<CoinPack>, Error> {
        Ok(self.service.price_list().await?)
    }

    /// Lives TikTok recommends, page by page. Nothing is asked before [`LiveFeed::next`]. Tried on the simulator only.
    pub fn feed(&self) -> LiveFeed {
        LiveFeed::new(self.clone())
    }

    /// Lives that match some words.
    pub async fn search_live(&self, words: &str) -> Result<Vec<FoundLive>, Error> {
        let found = self.service.search_live(words).await?;
        Ok(found.into_iter().map(|info| FoundLive::new(self.clone(), info)).collect())
    }

    /// The transports' health: who worked last, who failed and why, who is left alone until when.
    pub fn health(&self) -> Vec<webcast::Health> {
        self.failover.health()
    }

    fn recorder(&self, folder: impl Into<std::path::PathBuf>) -> record::RecorderSettings {
        record::RecorderSettings::new(folder, self.ffmpeg.clone())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("event_options", &self.event_options).finish_non_exhaustive()
    }
}

/// Why there is no room to go to: there is no live, or nobody says so for sure.
fn no_room(found: &Lookup) -> Error {
    if found.unsure.is_empty() {
        return Error::not_live(&found.unique_id);
    }
    webcast::ServiceError::new(webcast::ServiceErrorKind::BadAnswer, found.unsure.clone()).into()
}

/// The name in a name or a link. A number is an account's id, which TikTok takes as a name too.
fn host(name: &str) -> Result<UniqueId, Error> {
    Ok(match name.parse()? {
        Target::Host(host) => host,
        Target::Room(id) => id.to_string().parse()?,
    })
}

#[cfg(doctest)]
#[doc = include_str!("../docs/coming-from.md")]
struct ComingFrom;
