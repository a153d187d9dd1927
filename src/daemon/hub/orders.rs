//! Orders of those who attached: who may give which, and what is answered.

use super::{Hub, Peer, PeerEvent, PeerId, ServedRoom};
use crate::config::RecordRule;
use crate::daemon::absence;
use crate::daemon::contract::{OrderResult, PeerMessage, Request, Role, ServiceMessage};
use crate::daemon::status::{RoomStatus, ServiceStatus};
use crate::ids::{RoomKey, Target};
use crate::record::{RecorderCommand, RecorderUpdate};
use crate::room::Room;
use crate::text::Text;
use crate::track::TrackerCommand;

/// Words to the tracker that may wait: far more than people type.
const WAITING_FOR_TRACKER: usize = 1_024;
/// Rooms that one order may name.
const ROOMS_AT_ONCE: usize = 256;
const TOO_MUCH: &str = "too much was asked for at once: try again in a moment";

impl Hub {
    /// Does what somebody who attached says.
    pub(super) fn obey(&mut self, id: PeerId, message: PeerMessage) {
        let Some(peer) = self.peers.get(&id) else { return };
        let looks_only = matches!(
            message,
            PeerMessage::Attach(_)
                | PeerMessage::Want(_)
                | PeerMessage::Track(TrackerCommand::Snapshot(_))
                | PeerMessage::Ask(Request::Status)
        );
        if peer.role != Role::Full && !looks_only {
            let words = "you may look at this service and change nothing (daemon.readers names you)";
            return peer.answer(&ServiceMessage::Refused(Text::from(words)));
        }
        match message {
            PeerMessage::Attach(attach) => self.attach(id, attach.looks),
            PeerMessage::Want(wanted) => {
                if let Some(peer) = self.peers.get_mut(&id) {
                    peer.want(wanted, &self.served);
                }
            }
            PeerMessage::Track(command) => self.track(id, command),
            PeerMessage::Record(command) => self.obey_record(command),
            PeerMessage::Ask(request) => {
                let answer = self.answer(id, request);
                if let Some(peer) = self.peers.get(&id) {
                    peer.answer(&answer);
                }
            }
        }
    }

    fn attach(&mut self, id: PeerId, looks: bool) {
        if !self.peers.values().any(Peer::has_summaries) {
            // Nobody was told of it, and it is no news any more.
            self.served.rooms.values_mut().for_each(ServedRoom::forget_news);
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        peer.looks = looks;
        let away = looks.then(|| self.away.remove(&peer.uid)).flatten();
        peer.attach(&self.served);
        if let Some(away) = away {
            // A service that is killed now must not tell it again.
            self.absences_changed = true;
            let (history, now, hub) =
                (self.options.history.clone(), self.options.clock.now(), self.door.events.clone());
            tokio::spawn(async move {
                if let Some(report) = absence::report(away, history, now).await {
                    // A hub that has ended tells nobody.
                    let _ = hub.send((id, PeerEvent::Away(report))).await;
                }
            });
        }
    }

    fn track(&mut self, id: PeerId, command: TrackerCommand) {
        if let TrackerCommand::Snapshot(room) = command {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.ask_snapshot(room, &self.served);
            }
            return;
        }
        if let TrackerCommand::Add(target) = &command {
            self.keep(target);
        }
        if self.to_tracker.len() >= WAITING_FOR_TRACKER {
            if let Some(peer) = self.peers.get(&id) {
                peer.answer(&ServiceMessage::Refused(Text::from(TOO_MUCH)));
            }
            return;
        }
        self.to_tracker.push_back(command);
    }

    fn obey_record(&mut self, command: RecorderCommand) {
        match &command {
            // What happens in a room we see ourselves.
            RecorderCommand::Cue(..) | RecorderCommand::LiveEnded(_) | RecorderCommand::LivePaused(..) => return,
            RecorderCommand::Start(job) => {
                let Some(room) = self.served.rooms.get_mut(&job.room) else { return };
                room.rules.note_start(job.room_id);
            }
            RecorderCommand::Stop(room) => {
                if let Some(room) = self.served.rooms.get_mut(room) {
                    room.rules.note_stop();
                }
            }
            RecorderCommand::SetRule(room, rule) => return self.set_rule(*room, *rule),
            RecorderCommand::Mark(..)
            | RecorderCommand::Clip(_)
            | RecorderCommand::ListStreams(_)
            | RecorderCommand::ListTakes
            | RecorderCommand::Copy(_)
            | RecorderCommand::Repair(_)
            | RecorderCommand::Monitor(_)
            | RecorderCommand::StopMonitor(_) => {}
        }
        if self.to_recorder.len() < super::WAITING_FOR_RECORDER {
            self.record(command);
        }
    }

    fn set_rule(&mut self, room: RoomKey, rule: RecordRule) {
        let Some(served) = self.served.rooms.get_mut(&room) else { return };
        served.rules.rule = Some(rule);
        let due = served.begin_due(&self.options.record);
        self.tell_rest(&ServiceMessage::Recorded(RecorderUpdate::Rule { room, rule }));
        if let Some(command) = due {
            self.record(command);
        }
    }

    fn answer(&mut self, id: PeerId, request: Request) -> ServiceMessage {
        let named = match &request {
            Request::Status | Request::Stop => 0,
            Request::AddRooms { rooms, .. }
            | Request::RemoveRooms(rooms)
            | Request::StartRecording(rooms)
            | Request::StopRecording(rooms) => rooms.len(),
        };
        if named > ROOMS_AT_ONCE || self.to_tracker.len() + named > WAITING_FOR_TRACKER {
            return ServiceMessage::Refused(Text::from(TOO_MUCH));
        }
        let answers: Vec<OrderResult> = match request {
            Request::Status => return ServiceMessage::Status(Box::new(self.status())),
            Request::Stop => {
                self.options.end_service.cancel();
                vec![OrderResult::done("the service finishes its recordings and ends")]
            }
            Request::AddRooms { rooms, lent } => rooms.into_iter().map(|room| self.add(id, room, lent)).collect(),
            Request::RemoveRooms(rooms) => rooms.iter().map(|room| self.remove(room)).collect(),
            Request::StartRecording(rooms) => rooms.iter().map(|room| self.start_recording(room)).collect(),
            Request::StopRecording(rooms) => rooms.iter().map(|room| self.stop_recording(room)).collect(),
        };
        ServiceMessage::Done(answers)
    }

    fn add(&mut self, id: PeerId, target: Target, lent: bool) -> OrderResult {
        let is_tracked = self.find(&target).is_some();
        if !lent {
            self.keep(&target);
        } else if !is_tracked || self.lent.values().flatten().any(|lent| *lent == target) {
            self.lent.entry(id).or_default().push(target.clone());
        }
        if is_tracked {
            return OrderResult::done(format!("{target} is watched by the service already"));
        }
        let words = format!("{target} was added to the service");
        self.to_tracker.push_back(TrackerCommand::Add(target));
        OrderResult::done(words)
    }

    fn remove(&mut self, target: &Target) -> OrderResult {
        let Some(key) = self.find(target) else {
            return OrderResult::failed(format!(
                "the service does not watch {target}: `tiktop rooms list` shows what it does"
            ));
        };
        self.to_tracker.push_back(TrackerCommand::Remove(key));
        OrderResult::done(format!("{target} is watched no longer"))
    }

    fn start_recording(&mut self, target: &Target) -> OrderResult {
        let found = self.find(target).and_then(|key| self.served.rooms.get_mut(&key));
        let Some(room) = found else {
            return OrderResult::failed(format!(
                "the service does not watch {target}: `tiktop rooms add {target}` adds it"
            ));
        };
        if room.is_recording() {
            return OrderResult::done(format!("{target} is being recorded already"));
        }
        match room.begin(None) {
            Some(command) => {
                self.record(command);
                OrderResult::done(format!("{target} is being recorded"))
            }
            None => {
                OrderResult::failed(format!("{target} is not live, or not known to be: there is nothing to record"))
            }
        }
    }

    fn stop_recording(&mut self, target: &Target) -> OrderResult {
        let found = self.find(target).and_then(|key| self.served.rooms.get_mut(&key));
        let Some(room) = found.filter(|room| room.is_recording()) else {
            return OrderResult::failed(format!("the service does not record {target}"));
        };
        room.rules.note_stop();
        let key = room.key;
        self.record(RecorderCommand::Stop(key));
        OrderResult::done(format!("the recording of {target} is being finished"))
    }

    /// A room that was lent is asked for by somebody who stays.
    fn keep(&mut self, target: &Target) {
        let is = |lent: &Target| lent == target;
        self.lent.values_mut().for_each(|lent| lent.retain(|lent| !is(lent)));
    }

    /// Rooms go that were tracked only for somebody who is gone.
    pub(super) fn return_lent(&mut self, id: PeerId) {
        for target in self.lent.remove(&id).unwrap_or_default() {
            let is_wanted = self.lent.values().flatten().any(|lent| *lent == target);
            if let Some(key) = self.find(&target).filter(|_| !is_wanted) {
                self.to_tracker.push_back(TrackerCommand::Remove(key));
            }
        }
    }

    fn find(&self, target: &Target) -> Option<RoomKey> {
        self.served.rooms.values().find(|room| room.is(target)).map(|room| room.key)
    }

    fn status(&self) -> ServiceStatus {
        let rooms = self.served.rooms.values().map(|served| {
            let Room { host, room_id, title, phase, stats, started_at, .. } = &served.room;
            RoomStatus {
                key: served.key,
                host: host.clone(),
                name: Text::new(served.name()),
                room_id: *room_id,
                title: title.clone(),
                phase: phase.kind,
                reason: phase.reason.clone(),
                watching: stats.watching.map(|(watching, _)| watching),
                entered: stats.total_viewers,
                followers: stats.followers,
                started_at: *started_at,
                coins: stats.coins,
                recording: served.recording.clone(),
            }
        });
        let budgets = self.served.transports.iter().flat_map(|transports| transports.iter());
        let left: Vec<u64> = budgets.filter_map(|health| health.budget.as_ref().map(|budget| budget.left)).collect();
        ServiceStatus {
            build: Text::from(env!("CARGO_PKG_VERSION")),
            contract: crate::daemon::contract::CONTRACT,
            pid: std::process::id(),
            since: self.started.wall,
            attached: u32::try_from(self.peers.values().filter(|peer| peer.attached).count()).unwrap_or(u32::MAX),
            rooms: rooms.collect(),
            feed_port: self.options.feed_port,
            signatures_left: (!left.is_empty()).then(|| left.iter().sum()),
        }
    }
}
