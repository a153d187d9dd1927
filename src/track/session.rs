//! Session of one live: connect, listen, come back after a drop, until it ends.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff;
use super::foreign_watch::ForeignWatch;
use super::room_task::{RoomRequest, RoomTask, WaitEnd, to_info};
use crate::clock::Moment;
use crate::events::{ControlAction, EventKind, Gap, Phase, PhaseKind};
use crate::ids::RoomId;
use crate::text::Text;
use crate::webcast::{Incoming, LiveStatus, OpenedRoom, RoomRef, SkippedTransport};

/// A connection that lasted so long forgives the failures before it.
const STABLE_CONNECTION: Duration = Duration::from_secs(30);

/// Frames of a flood after which the readers, who may live on this very thread, get their turn: about as much as a pipe holds.
const FRAMES_PER_TURN: u64 = 8;

/// How listening ended.
enum SessionEnd {
    /// The live is over.
    Over(Text),
    /// The connection is gone.
    Dropped(Text),
    /// No transport opened the room, and the wait for the next try is over.
    Refused,
    /// All that comes belongs to another live: the host has to be looked up again.
    Foreign(Text),
    /// The room is no longer wanted.
    Stopped,
}

/// What is remembered between two connections of one live.
struct LiveSession {
    room: RoomRef,
    paused: bool,
    /// When the last frame came, once one did.
    last_frame: Option<Moment>,
    /// Why we are not connected.
    reason: Text,
    attempt: u32,
    /// Transports that turned us away while another was in trouble: they are not asked at its pace.
    skipped_transports: Vec<SkippedTransport>,
    /// Whether what comes belongs to this live at all.
    foreign: ForeignWatch,
}

impl LiveSession {
    /// What we are while we are not connected.
    fn connecting_phase(&self) -> PhaseKind {
        if self.last_frame.is_some() { PhaseKind::Reconnecting } else { PhaseKind::Connecting }
    }
}

impl RoomTask {
    /// Attends a live to its end. `Stopped` when the room is no longer wanted, `RetryAsked` when a look-up should not wait.
    pub(super) async fn run_live(&mut self, room: RoomRef, paused: bool) -> WaitEnd {
        self.actor.begin_live(room.room_id);
        let mut live = LiveSession {
            room,
            paused,
            last_frame: None,
            reason: Text::default(),
            attempt: 0,
            skipped_transports: Vec::new(),
            foreign: ForeignWatch::default(),
        };
        loop {
            if self.wait_for_turn(&live).await == WaitEnd::Stopped {
                return WaitEnd::Stopped;
            }
            // The status is asked before anything is spent on connecting: it costs no signature, and ends a wait for a live
            // that is over.
            if let Some(reason) = self.check_ended(&mut live).await {
                self.actor.end_live(reason);
                // A live that ended behind our back may have gone on under a new room id already.
                return if live.last_frame.is_some() { WaitEnd::RetryAsked } else { WaitEnd::Elapsed };
            }
            let left = match self.connect(&mut live).await {
                Ok(opened) => self.listen(opened, &mut live).await,
                Err(left) => left,
            };
            match left {
                SessionEnd::Over(reason) => {
                    self.actor.end_live(reason);
                    return WaitEnd::Elapsed;
                }
                SessionEnd::Stopped => return WaitEnd::Stopped,
                SessionEnd::Foreign(reason) => {
                    self.actor.emit_phase(Phase::new(PhaseKind::LookingUp).because(reason));
                    return WaitEnd::RetryAsked;
                }
                SessionEnd::Refused => {}
                SessionEnd::Dropped(reason) => {
                    live.reason = reason;
                    if self.wait_to_reconnect(&mut live).await == WaitEnd::Stopped {
                        return WaitEnd::Stopped;
                    }
                }
            }
        }
    }

    /// Asks `room/info`; says what it reports. The reason, when the live is over. A failing answer decides nothing: the
    /// stream works without it.
    async fn check_ended(&mut self, live: &mut LiveSession) -> Option<Text> {
        if !self.client.asks_room_info() {
            return None;
        }
        let stop = self.stop.clone();
        let answer = tokio::select! {
            () = stop.cancelled() => return None,
            answer = self.client.room_info(live.room.room_id) => answer,
        };
        match answer {
            Ok(info) => {
                self.actor.emit_info(to_info(&info));
                live.paused = info.status == LiveStatus::Paused;
                (info.status == LiveStatus::Offline).then(|| Text::new("the live is over"))
            }
            Err(error) => {
                tracing::info!(room = %self.key, "room/info: {error}");
                None
            }
        }
    }

    /// Waits until it is this room's turn to connect.
    async fn wait_for_turn(&mut self, live: &LiveSession) -> WaitEnd {
        let wait = self.limiter.next_turn();
        if wait.is_zero() {
            return WaitEnd::Elapsed;
        }
        let reason = if live.reason.is_empty() { Text::new("waiting for its turn") } else { live.reason.clone() };
        let retry_at = self.actor.now() + wait;
        self.actor.emit_phase(Phase::new(live.connecting_phase()).because(reason).until(retry_at));
        self.wait(wait).await
    }

    /// Opens a transport, or says why not and waits.
    async fn connect(&mut self, live: &mut LiveSession) -> Result<OpenedRoom, SessionEnd> {
        let kind = live.connecting_phase();
        let stop = self.stop.clone();
        let actor = &mut self.actor;
        let on_try = |transport: &str| {
            // The old reason belongs to the attempt before this one.
            actor.emit_phase(Phase::new(kind).through(transport));
        };
        let opened = tokio::select! {
            () = stop.cancelled() => return Err(SessionEnd::Stopped),
            opened = self.failover.open_without(&live.room, &live.skipped_transports, on_try) => opened,
        };
        let refused = match opened {
            Ok(opened) => return Ok(opened),
            Err(refused) => refused,
        };
        let wait = backoff::unopened(live.attempt, refused.retry_after, refused.outage, fastrand::f64());
        // Who turned us away is not asked at the pace of those who are in trouble or out of signatures for a while.
        if refused.outage || refused.retry_after.is_some() {
            let until = self.actor.now() + backoff::refused(live.attempt, None, fastrand::f64());
            live.skipped_transports.retain(|alone| !refused.refused.contains(&alone.transport));
            live.skipped_transports
                .extend(refused.refused.iter().map(|&transport| SkippedTransport { transport, until }));
        }
        live.attempt = live.attempt.saturating_add(1);
        live.reason = Text::from(refused.to_string());
        let retry_at = self.actor.now() + wait;
        self.actor.emit_phase(Phase::new(PhaseKind::Failed).because(live.reason.clone()).until(retry_at));
        Err(self.wait_after_refusal(wait, live).await)
    }

    /// Waits after a refusal by every transport. Meanwhile `room/info` keeps title and numbers on screen, and tells of the
    /// end.
    async fn wait_after_refusal(&mut self, wait: Duration, live: &mut LiveSession) -> SessionEnd {
        let until = Instant::now() + wait;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            let recheck = backoff::recheck(self.limiter.recheck(), fastrand::f64());
            match self.wait(recheck.min(rest)).await {
                WaitEnd::Stopped => return SessionEnd::Stopped,
                WaitEnd::RetryAsked => {
                    // Somebody wants it now, from everybody.
                    live.skipped_transports.clear();
                    return SessionEnd::Refused;
                }
                WaitEnd::Elapsed if recheck >= rest => return SessionEnd::Refused,
                WaitEnd::Elapsed => {}
            }
            if let Some(reason) = self.check_ended(live).await {
                return SessionEnd::Over(reason);
            }
        }
    }

    /// Says that the connection is gone, and waits a little.
    async fn wait_to_reconnect(&mut self, live: &mut LiveSession) -> WaitEnd {
        let wait = backoff::reconnect(live.attempt, fastrand::f64());
        live.attempt = live.attempt.saturating_add(1);
        let retry_at = self.actor.now() + wait;
        self.actor.emit_phase(Phase::new(PhaseKind::Reconnecting).because(live.reason.clone()).until(retry_at));
        self.wait(wait).await
    }

    async fn listen(&mut self, opened: OpenedRoom, live: &mut LiveSession) -> SessionEnd {
        let OpenedRoom { transport, mut session } = opened;
        let since = self.actor.now();
        if session.room_id != live.room.room_id {
            // A provider may know of a newer live than the one we asked for.
            live.room.room_id = session.room_id;
            live.last_frame = None;
            self.actor.begin_live(session.room_id);
        }
        let transport = transport.as_str();
        self.emit_gap(live, transport);
        self.emit_gap_of_before(live.room.room_id, transport);
        self.emit_live(live.paused, transport);
        live.last_frame = Some(since);
        live.foreign = ForeignWatch::default();
        if let Some(backlog) = session.backlog.take() {
            let applied = self.actor.apply_response(&backlog);
            if let Some(left) = self.apply_control(applied.control, live, transport) {
                return left;
            }
        }
        let gifts = self.gifts.clone();
        let client = self.client.clone();
        let room_id = live.room.room_id;
        let gift_list = gifts.fetch(&client, room_id);
        tokio::pin!(gift_list);
        let mut wants_gifts = true;
        let mut frames = 0_u64;
        loop {
            let tick = self.actor.next_tick();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return SessionEnd::Stopped,
                request = self.inbox.recv() => match request {
                    // There is nothing to hurry: the line stands, and a new one would cost a signature and what is on its way.
                    Some(RoomRequest::Retry) => {}
                    None => return SessionEnd::Stopped,
                },
                () = self.snapshot.notified() => self.actor.publish_snapshot(),
                incoming = session.next() => match incoming {
                    Ok(incoming) => {
                        let now = self.actor.now();
                        live.last_frame = Some(now);
                        if now.since(since) >= STABLE_CONNECTION {
                            live.attempt = 0;
                        }
                        if let Some(left) = self.receive(incoming, live, transport) {
                            return left;
                        }
                        frames += 1;
                        if frames.is_multiple_of(FRAMES_PER_TURN) {
                            tokio::task::yield_now().await;
                        }
                    }
                    Err(error) => return SessionEnd::Dropped(error.sentence().clone()),
                },
                list = &mut gift_list, if wants_gifts => {
                    wants_gifts = false;
                    if let Some(catalogue) = list {
                        self.actor.set_catalogue(catalogue);
                    }
                }
                () = tokio::time::sleep(tick.unwrap_or_default()), if tick.is_some() => self.actor.tick(),
            }
        }
    }

    fn receive(&mut self, incoming: Incoming, live: &mut LiveSession, transport: &str) -> Option<SessionEnd> {
        match incoming {
            Incoming::Response(response) => {
                let applied = self.actor.apply_response(&response);
                let theirs = live.foreign.add(&applied, self.actor.now());
                let left = self.apply_control(applied.control, live, transport);
                left.or_else(|| Some(SessionEnd::Foreign(self.foreign_reason(live.room.room_id, theirs?))))
            }
            Incoming::Broken { what, bytes } => {
                self.actor.emit_unreadable("(frame)", bytes.len(), &what.to_string());
                None
            }
            Incoming::Alive => None,
            Incoming::Gap { length, reason } => {
                let from = self.actor.now() - length;
                self.actor.emit(EventKind::Gap(Gap { from, length, reason }));
                None
            }
        }
    }

    /// What the host or TikTok says of the live itself.
    fn apply_control(
        &mut self,
        control: Option<ControlAction>,
        live: &mut LiveSession,
        transport: &str,
    ) -> Option<SessionEnd> {
        match control? {
            ControlAction::Ended => return Some(SessionEnd::Over(Text::new("the host ended the live"))),
            ControlAction::Suspended => return Some(SessionEnd::Over(Text::new("TikTok ended the live"))),
            ControlAction::Paused => live.paused = true,
            ControlAction::Resumed => live.paused = false,
            ControlAction::Other(_) => return None,
        }
        self.emit_live(live.paused, transport);
        None
    }

    /// Why a live is left in which nothing belongs to it.
    fn foreign_reason(&self, ours: RoomId, theirs: RoomId) -> Text {
        let host = &self.actor.room().host.unique_id;
        let whom = if host.is_empty() { "the host".to_owned() } else { format!("@{host}") };
        Text::from(format_args!(
            "we are in room {ours}, but every message names room {theirs}: {whom} is looked up again"
        ))
    }

    fn emit_live(&mut self, paused: bool, transport: &str) {
        let phase = if paused {
            Phase::new(PhaseKind::Paused).because("the host paused the live")
        } else {
            Phase::new(PhaseKind::Live)
        };
        self.actor.emit_phase(phase.through(transport));
    }

    /// The time between the last frame of the old connection and now, once there was one.
    fn emit_gap(&mut self, live: &LiveSession, transport: &str) {
        let Some(from) = live.last_frame else { return };
        let length = self.actor.now().since(from);
        let reason = Text::new(&format!("{}; back through {transport}", live.reason));
        self.actor.emit(EventKind::Gap(Gap { from, length, reason }));
    }

    /// The time in which this program did not run, where the live is the one in which the room was last seen.
    fn emit_gap_of_before(&mut self, live: RoomId, transport: &str) {
        let Some(last) = self.last.take().filter(|last| last.room_id == live) else { return };
        let now = self.actor.now();
        let missed = now.wall.0.saturating_sub(last.seen.0);
        let length = Duration::from_millis(u64::try_from(missed).unwrap_or(0));
        let reason = Text::new(&format!("tiktop was not running; back through {transport}"));
        self.actor.emit(EventKind::Gap(Gap { from: now - length, length, reason }));
    }
}
