//! Task of one room, from its name to the end of its lives: look up, wait, enter, and again.
//!
//! Each state is said with its reason in words before anything is waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::connect_limiter::ConnectLimiter;
use super::gifts::RoomGifts;
use super::room_actor::RoomActor;
use super::tracker::Hosts;
use super::update::LastLive;
use crate::events::{EventKind, Host, Info, Phase, PhaseKind};
use crate::ids::{RoomId, RoomKey, Target, UniqueId, UserId};
use crate::text::Text;
use crate::webcast::{Failover, LiveStatus, Lookup, RoomInfo, RoomRef, Service, ServiceError, ServiceErrorKind};

/// After the end of a live the service may call it live for a while; so long its word on the same live is not believed.
const STALE_LIVE_STATUS: Duration = Duration::from_secs(120);
/// Wait after a look-up that found no such account: a typing error stays one, but the service errs too.
const NOT_FOUND_WAIT: Duration = Duration::from_secs(10 * 60);

/// A word to a room's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoomRequest {
    /// Stop waiting and try now.
    Retry,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitEnd {
    /// The time passed.
    Elapsed,
    /// Somebody wants it now.
    RetryAsked,
    /// The room is no longer wanted.
    Stopped,
}

/// The task of one room.
pub(super) struct RoomTask {
    pub(super) key: RoomKey,
    pub(super) client: Arc<Service>,
    pub(super) failover: Failover,
    pub(super) actor: RoomActor,
    pub(super) hosts: Hosts,
    pub(super) gifts: RoomGifts,
    pub(super) limiter: ConnectLimiter,
    /// Stands in the place of the first look-up.
    pub(super) known: Option<KnownRoom>,
    /// The live in which the room was last seen before this program ran.
    pub(super) last: Option<LastLive>,
    /// Retries; a full one holds the same wish already.
    pub(super) inbox: mpsc::Receiver<RoomRequest>,
    /// Somebody wants the whole state. Of its own, so that no retries can push it out.
    pub(super) snapshot: Arc<Notify>,
    pub(super) stop: CancellationToken,
}

/// What was just learned of a room by whoever adds it.
#[derive(Debug)]
pub(crate) enum KnownRoom {
    /// The look-up of its host.
    Lookup(Box<Lookup>),
    /// The answer of `room/info`.
    Info(Box<RoomInfo>),
}

/// What a look-up leads to.
enum LiveFound {
    /// A live to enter.
    Live { room: RoomRef, paused: bool },
    /// Nothing yet: wait so long.
    Wait(Duration),
    /// Another room tracks this host already.
    Merged(RoomKey),
}

/// A live that ended, so that the service's afterglow is not mistaken for a new one.
#[derive(Clone)]
struct PastLive {
    room_id: RoomId,
    /// Why it ended.
    reason: Text,
    ended: crate::clock::Moment,
}

impl RoomTask {
    /// Runs until the room is removed or merged.
    pub(super) async fn run(mut self, mut target: Target) -> RoomKey {
        let mut refusals = 0;
        let mut past: Option<PastLive> = None;
        self.actor.emit(EventKind::State(Phase::new(PhaseKind::LookingUp)));
        loop {
            let stop = self.stop.clone();
            let found = tokio::select! {
                () = stop.cancelled() => return self.key,
                found = self.look_up(&mut target, past.as_ref()) => found,
            };
            let wait = match found {
                Ok(LiveFound::Live { room, paused }) => {
                    refusals = 0;
                    let ended = self.run_live(room, paused).await;
                    // The live we were in last: a provider may have led us to a newer one than the look-up named.
                    past = self.actor.room().room_id.map(|room_id| PastLive {
                        room_id,
                        reason: self.actor.room().phase.reason.clone(),
                        ended: self.actor.now(),
                    });
                    match ended {
                        WaitEnd::Stopped => return self.key,
                        WaitEnd::RetryAsked => continue,
                        WaitEnd::Elapsed => backoff::look_up(fastrand::f64()),
                    }
                }
                Ok(LiveFound::Wait(wait)) => {
                    refusals = 0;
                    wait
                }
                Ok(LiveFound::Merged(into)) => {
                    self.actor.publish_removed(Some(into));
                    return self.key;
                }
                Err(error) => {
                    let wait = self.emit_failure(&error, refusals);
                    refusals += 1;
                    wait
                }
            };
            match self.wait(wait).await {
                WaitEnd::Stopped => return self.key,
                WaitEnd::RetryAsked => refusals = 0,
                WaitEnd::Elapsed => {}
            }
        }
    }

    async fn look_up(&mut self, target: &mut Target, past: Option<&PastLive>) -> Result<LiveFound, ServiceError> {
        match self.known.take() {
            Some(KnownRoom::Lookup(found)) => return Ok(self.apply_lookup(*found, past)),
            Some(KnownRoom::Info(info)) => return Ok(self.apply_info(&info, target, past)),
            None => {}
        }
        match target.clone() {
            Target::Host(name) => {
                let found = match self.client.look_up(&name).await {
                    Err(error) if error.kind() == ServiceErrorKind::NotFound => match self.renamed(&name).await {
                        Some(new_name) => {
                            *target = Target::Host(new_name.clone());
                            self.client.look_up(&new_name).await?
                        }
                        None => return Err(error),
                    },
                    found => found?,
                };
                Ok(self.apply_lookup(found, past))
            }
            Target::Room(room_id) => {
                let info = self.client.room_info(room_id).await?;
                Ok(self.apply_info(&info, target, past))
            }
        }
    }

    fn apply_info(&mut self, info: &RoomInfo, target: &mut Target, past: Option<&PastLive>) -> LiveFound {
        if let Some(name) = &info.unique_id {
            *target = Target::Host(name.clone());
        }
        if let Some(merged) = self.claim(info.host_id) {
            return merged;
        }
        let room = RoomRef { room_id: info.room_id, unique_id: info.unique_id.clone() };
        self.enter(info.status, room, to_info(info), past)
    }

    /// A host who changed the handle is found through the last live we know of.
    async fn renamed(&self, old_name: &UniqueId) -> Option<UniqueId> {
        let last = self.actor.room().room_id?;
        let info = self.client.room_info(last).await.ok()?;
        info.unique_id.filter(|name| name != old_name)
    }

    fn apply_lookup(&mut self, found: Lookup, past: Option<&PastLive>) -> LiveFound {
        if let Some(merged) = self.claim(found.host_id) {
            return merged;
        }
        let info = lookup_to_info(&found);
        let unsure = found.unsure;
        let next = match found.room_id {
            Some(room_id) => {
                self.enter(found.status, RoomRef { room_id, unique_id: Some(found.unique_id) }, info, past)
            }
            None => self.stay_out(found.status, info, past),
        };
        if let (false, LiveFound::Wait(wait)) = (unsure.is_empty(), &next) {
            let retry_at = self.actor.now() + *wait;
            self.actor.emit_phase(Phase::new(PhaseKind::LookingUp).because(unsure).until(retry_at));
        }
        next
    }

    fn claim(&self, host: Option<UserId>) -> Option<LiveFound> {
        self.hosts.claim(host?, self.key).err().map(LiveFound::Merged)
    }

    /// A room id alone never means live: the status decides. A new live begins before anything is said about it.
    fn enter(&mut self, status: LiveStatus, room: RoomRef, info: Info, past: Option<&PastLive>) -> LiveFound {
        let stale_status = past
            .is_some_and(|past| room.room_id == past.room_id && self.actor.now().since(past.ended) < STALE_LIVE_STATUS);
        if stale_status || !matches!(status, LiveStatus::Live | LiveStatus::Paused) {
            return self.stay_out(status, info, past);
        }
        self.actor.begin_live(room.room_id);
        self.actor.emit_info(info);
        LiveFound::Live { room, paused: status == LiveStatus::Paused }
    }

    fn stay_out(&mut self, status: LiveStatus, info: Info, past: Option<&PastLive>) -> LiveFound {
        let wait = backoff::look_up(fastrand::f64());
        let phase = match (status, past) {
            (LiveStatus::Unknown(number), _) => Phase::new(PhaseKind::Offline).because(format!(
                "TikTok gives this room a status we do not know ({number}); looking again each minute"
            )),
            (LiveStatus::NotStated, _) => Phase::new(PhaseKind::LookingUp)
                .because("TikTok does not say whether they are live; looking again each minute"),
            (LiveStatus::Live | LiveStatus::Paused, None) => Phase::new(PhaseKind::LookingUp)
                .because("live, but TikTok does not name the room; looking again each minute"),
            // Why it ended stays on screen until the next live.
            (_, Some(past)) => Phase::new(PhaseKind::Ended).because(past.reason.clone()),
            (_, None) => Phase::new(PhaseKind::Offline).because("not live; looking again each minute"),
        };
        self.actor.emit_info(info);
        self.actor.emit_phase(phase.until(self.actor.now() + wait));
        LiveFound::Wait(wait)
    }

    /// Says why a look-up failed and how long to wait.
    fn emit_failure(&mut self, error: &ServiceError, refusals: u32) -> Duration {
        let (kind, wait) = match error.kind() {
            ServiceErrorKind::NotFound
            | ServiceErrorKind::WrongAccount
            | ServiceErrorKind::Setup
            | ServiceErrorKind::Refused => (PhaseKind::Failed, NOT_FOUND_WAIT),
            // Nobody turned us away: the network or a server is in trouble, and may be back in a second.
            _ if error.is_outage() => (PhaseKind::LookingUp, backoff::reconnect(refusals, fastrand::f64())),
            // Nobody turned us away either: an answer that makes no sense today may be another in a minute.
            ServiceErrorKind::BadAnswer => (PhaseKind::LookingUp, backoff::look_up(fastrand::f64())),
            _ => (PhaseKind::Blocked, backoff::refused(refusals, error.retry_after(), fastrand::f64())),
        };
        let retry_at = self.actor.now() + wait;
        self.actor.emit_phase(Phase::new(kind).because(error.sentence().clone()).until(retry_at));
        wait
    }

    /// Waits, answering snapshots meanwhile.
    pub(super) async fn wait(&mut self, wait: Duration) -> WaitEnd {
        let out = tokio::time::sleep(wait);
        tokio::pin!(out);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return WaitEnd::Stopped,
                () = &mut out => return WaitEnd::Elapsed,
                request = self.inbox.recv() => match request {
                    Some(RoomRequest::Retry) => return WaitEnd::RetryAsked,
                    None => return WaitEnd::Stopped,
                },
                () = self.snapshot.notified() => self.actor.publish_snapshot(),
            }
        }
    }
}

/// What of a look-up a room's state keeps.
pub(crate) fn lookup_to_info(found: &Lookup) -> Info {
    let unique_id = Text::new(found.unique_id.as_str());
    Info {
        host: Host { id: found.host_id, unique_id, nickname: found.nickname.clone() },
        title: found.title.clone(),
        followers: found.followers,
        started_at: found.started_at,
        ..Info::default()
    }
}

/// What of `room/info` a room's state keeps.
pub(crate) fn to_info(info: &RoomInfo) -> Info {
    let unique_id = info.unique_id.as_ref().map_or_else(Text::default, |name| Text::new(name.as_str()));
    Info {
        host: Host { id: info.host_id, unique_id, nickname: info.nickname.clone() },
        title: info.title.clone(),
        watching: info.watching,
        total_viewers: info.total_viewers,
        likes: info.likes,
        followers: info.followers,
        started_at: info.started_at,
        skew_ms: None,
    }
}
