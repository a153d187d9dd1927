//! One live: connect, listen, come back after a drop, until it ends.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff;
use super::lifecycle::{Life, Nudge, Waited, to_info};
use crate::clock::Moment;
use crate::events::{ControlAction, EventKind, Gap, Phase, PhaseKind};
use crate::text::Text;
use crate::webcast::{Incoming, LiveStatus, Opened, RoomRef};

/// A connection that lasted so long forgives the failures before it.
const GOOD: Duration = Duration::from_secs(30);
/// Least time between two attempts when every transport refused.
const ALL_REFUSED: Duration = Duration::from_secs(30);

/// How listening ended.
enum Left {
    /// The live is over.
    Over(Text),
    /// The connection is gone.
    Dropped(Text),
    /// No transport opened the room, and the wait for the next try is over.
    Refused,
    /// The room is no longer wanted.
    Stopped,
}

/// What is remembered between two connections of one live.
struct Attendance {
    room: RoomRef,
    paused: bool,
    /// When the last frame came, once one did.
    last_frame: Option<Moment>,
    /// Why we are not connected.
    reason: Text,
    attempt: u32,
}

impl Attendance {
    /// What we are while we are not connected.
    fn coming(&self) -> PhaseKind {
        if self.last_frame.is_some() { PhaseKind::Reconnecting } else { PhaseKind::Connecting }
    }
}

impl Life {
    /// Attends a live to its end. `Stopped` when the room is no longer wanted, `Nudged` when a look-up should not wait.
    pub(super) async fn attend(&mut self, room: RoomRef, paused: bool) -> Waited {
        self.keeper.begin_live(room.room_id);
        let mut live = Attendance { room, paused, last_frame: None, reason: Text::default(), attempt: 0 };
        loop {
            if self.wait_for_turn(&live).await == Waited::Stopped {
                return Waited::Stopped;
            }
            // The status is asked before anything is spent on connecting: it costs no signature, and ends a wait for a live
            // that is over.
            if let Some(reason) = self.over(&mut live).await {
                self.keeper.end_live(reason);
                // A live that ended behind our back may have gone on under a new room id already.
                return if live.last_frame.is_some() { Waited::Nudged } else { Waited::Out };
            }
            let left = match self.connect(&mut live).await {
                Ok(opened) => self.listen(opened, &mut live).await,
                Err(left) => left,
            };
            match left {
                Left::Over(reason) => {
                    self.keeper.end_live(reason);
                    return Waited::Out;
                }
                Left::Stopped => return Waited::Stopped,
                Left::Refused => {}
                Left::Dropped(reason) => {
                    live.reason = reason;
                    if self.come_back(&mut live).await == Waited::Stopped {
                        return Waited::Stopped;
                    }
                }
            }
        }
    }

    /// Asks `room/info`; says what it reports. The reason, when the live is over. A failing answer decides nothing: the
    /// stream works without it.
    async fn over(&mut self, live: &mut Attendance) -> Option<Text> {
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
                self.keeper.say_info(to_info(&info));
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
    async fn wait_for_turn(&mut self, live: &Attendance) -> Waited {
        let wait = self.pace.take();
        if wait.is_zero() {
            return Waited::Out;
        }
        let reason = if live.reason.is_empty() { Text::new("waiting for its turn") } else { live.reason.clone() };
        let retry_at = self.keeper.now() + wait;
        self.keeper.say_phase(Phase::new(live.coming()).because(reason).until(retry_at));
        self.wait(wait).await
    }

    /// Opens a transport, or says why not and waits.
    async fn connect(&mut self, live: &mut Attendance) -> Result<Opened, Left> {
        let kind = live.coming();
        let stop = self.stop.clone();
        let keeper = &mut self.keeper;
        let on_try = |transport: &str| {
            keeper.say_phase(Phase::new(kind).because(live.reason.clone()).through(transport));
        };
        let opened = tokio::select! {
            () = stop.cancelled() => return Err(Left::Stopped),
            opened = self.chooser.open(&live.room, on_try) => opened,
        };
        let refused = match opened {
            Ok(opened) => return Ok(opened),
            Err(refused) => refused,
        };
        let wait = backoff::refused(live.attempt, refused.retry_after, fastrand::f64()).max(ALL_REFUSED);
        live.attempt = live.attempt.saturating_add(1);
        live.reason = Text::from(refused.to_string());
        let retry_at = self.keeper.now() + wait;
        self.keeper.say_phase(Phase::new(PhaseKind::Failed).because(live.reason.clone()).until(retry_at));
        Err(self.outlast(wait, live).await)
    }

    /// Waits after a refusal by every transport. Meanwhile `room/info` keeps title and numbers on screen, and tells of the
    /// end.
    async fn outlast(&mut self, wait: Duration, live: &mut Attendance) -> Left {
        let until = Instant::now() + wait;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            let look_in = backoff::look_in(self.pace.look_in(), fastrand::f64());
            match self.wait(look_in.min(rest)).await {
                Waited::Stopped => return Left::Stopped,
                Waited::Nudged => return Left::Refused,
                Waited::Out if look_in >= rest => return Left::Refused,
                Waited::Out => {}
            }
            if let Some(reason) = self.over(live).await {
                return Left::Over(reason);
            }
        }
    }

    /// Says that the connection is gone, and waits a little.
    async fn come_back(&mut self, live: &mut Attendance) -> Waited {
        let wait = backoff::reconnect(live.attempt, fastrand::f64());
        live.attempt = live.attempt.saturating_add(1);
        let retry_at = self.keeper.now() + wait;
        self.keeper.say_phase(Phase::new(PhaseKind::Reconnecting).because(live.reason.clone()).until(retry_at));
        self.wait(wait).await
    }

    async fn listen(&mut self, opened: Opened, live: &mut Attendance) -> Left {
        let Opened { transport, mut session } = opened;
        let since = self.keeper.now();
        if session.room_id != live.room.room_id {
            // A provider may know of a newer live than the one we asked for.
            live.room.room_id = session.room_id;
            live.last_frame = None;
            self.keeper.begin_live(session.room_id);
        }
        let transport = transport.as_str();
        self.say_gap(live, transport);
        self.say_live(live.paused, transport);
        live.last_frame = Some(since);
        if let Some(backlog) = session.backlog.take() {
            let control = self.keeper.digest(&backlog);
            if let Some(left) = self.heed(control, live, transport) {
                return left;
            }
        }
        let gifts = self.gifts.clone();
        let client = self.client.clone();
        let room_id = live.room.room_id;
        let gift_list = gifts.fetch(&client, room_id);
        tokio::pin!(gift_list);
        let mut wants_gifts = true;
        loop {
            let tick = self.keeper.next_tick();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Left::Stopped,
                nudge = self.inbox.recv() => match nudge {
                    // There is nothing to hurry: the line stands, and a new one would cost a signature and what is on its way.
                    Some(Nudge::Retry) => {}
                    Some(Nudge::Snapshot) => self.keeper.tell_snapshot(),
                    None => return Left::Stopped,
                },
                incoming = session.next() => match incoming {
                    Ok(incoming) => {
                        let now = self.keeper.now();
                        live.last_frame = Some(now);
                        if now.since(since) >= GOOD {
                            live.attempt = 0;
                        }
                        if let Some(left) = self.receive(incoming, live, transport) {
                            return left;
                        }
                    }
                    Err(error) => return Left::Dropped(error.sentence().clone()),
                },
                list = &mut gift_list, if wants_gifts => {
                    wants_gifts = false;
                    if let Some(catalogue) = list {
                        self.keeper.set_catalogue(catalogue);
                    }
                }
                () = tokio::time::sleep(tick.unwrap_or_default()), if tick.is_some() => self.keeper.tick(),
            }
        }
    }

    fn receive(&mut self, incoming: Incoming, live: &mut Attendance, transport: &str) -> Option<Left> {
        match incoming {
            Incoming::Response(response) => {
                let control = self.keeper.digest(&response);
                self.heed(control, live, transport)
            }
            Incoming::Broken { what, bytes } => {
                self.keeper.unreadable("(frame)", bytes.len(), &what.to_string());
                None
            }
            Incoming::Alive => None,
            Incoming::Gap { length, reason } => {
                let from = self.keeper.now() - length;
                self.keeper.say(EventKind::Gap(Gap { from, length, reason }));
                None
            }
        }
    }

    /// What the host or TikTok says of the live itself.
    fn heed(&mut self, control: Option<ControlAction>, live: &mut Attendance, transport: &str) -> Option<Left> {
        match control? {
            ControlAction::Ended => return Some(Left::Over(Text::new("the host ended the live"))),
            ControlAction::Suspended => return Some(Left::Over(Text::new("TikTok ended the live"))),
            ControlAction::Paused => live.paused = true,
            ControlAction::Resumed => live.paused = false,
            ControlAction::Other(_) => return None,
        }
        self.say_live(live.paused, transport);
        None
    }

    fn say_live(&mut self, paused: bool, transport: &str) {
        let phase = if paused {
            Phase::new(PhaseKind::Paused).because("the host paused the live")
        } else {
            Phase::new(PhaseKind::Live)
        };
        self.keeper.say_phase(phase.through(transport));
    }

    /// The time between the last frame of the old connection and now, once there was one.
    fn say_gap(&mut self, live: &Attendance, transport: &str) {
        let Some(from) = live.last_frame else { return };
        let length = self.keeper.now().since(from);
        let reason = Text::new(&format!("{}; back through {transport}", live.reason));
        self.keeper.say(EventKind::Gap(Gap { from, length, reason }));
    }
}
