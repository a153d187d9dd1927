//! Lifecycle of a simulated room: live, paused, over, live again; and what the faults make of it.

use std::time::Duration;

use super::live::{SimBeginning, SimLive, SimPhase};
use super::{AfterBatch, SimRoom};
use crate::clock::Moment;
use crate::sim::faults::{Faults, SimFault};
use crate::sim::message;
use crate::wire::pb;

/// Batches between a (new) beginning and what a fault of the room does.
const BATCHES_BEFORE_FAULTS: u32 = 8;
/// Batches in which a stranger's room is mixed in before the room switches.
const FOREIGN_BATCHES: u32 = 3;
const LIVE_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// Hosts pause now and then without any fault: the recorded one came back after 11 s.
pub(super) const PAUSE_EVERY: Duration = Duration::from_secs(7 * 60);
const SHORT_PAUSE: Duration = Duration::from_secs(11);
/// Lives whose totals are remembered.
const KEPT_LIVES: usize = 1_000;
/// Stands where bytes that are not UTF-8 will be.
const NOT_UTF8_MARK: &str = "~not-utf-8~";
const PAUSE: Duration = Duration::from_secs(5);

/// Something that happens to a room at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transition {
    GoLive,
    Pause,
    Resume,
}

impl SimRoom {
    pub(super) fn transition(&self, live: &mut SimLive, transition: Transition, now: Moment, faults: &Faults) {
        match transition {
            Transition::GoLive => self.begin(live, now, faults),
            Transition::Pause => {
                self.set_paused(live, true, now, faults);
                live.next_transition = Some((now + SHORT_PAUSE, Transition::Resume));
            }
            Transition::Resume => {
                self.set_paused(live, false, now, faults);
                live.next_transition = Some((now + PAUSE_EVERY, Transition::Pause));
            }
        }
    }

    /// A new live under a new room id.
    fn begin(&self, live: &mut SimLive, now: Moment, faults: &Faults) {
        let mut past = std::mem::take(&mut live.past);
        past.push(live.ledger.expected_totals());
        let too_many = past.len().saturating_sub(KEPT_LIVES);
        past.drain(..too_many);
        let number = live.number + 1;
        let Self { start, scripted, demo, .. } = *self;
        let beginning = SimBeginning { start, number, now, age: Duration::ZERO, scripted, demo };
        *live = SimLive::new(&self.host, self.rate, self.seed, beginning, faults);
        live.past = past;
    }

    /// The end, as everybody hears it: 3 by the host, 4 by TikTok.
    pub(super) fn end(&self, live: &mut SimLive, action: i32, now: Moment, faults: &Faults) {
        let control = live.traffic.control(live.at(now), action);
        self.broadcast(live, vec![control], AfterBatch::Over, faults);
        live.phase = SimPhase::Offline;
        live.next_transition = None;
    }

    pub(super) fn set_paused(&self, live: &mut SimLive, paused: bool, now: Moment, faults: &Faults) {
        let (from, to, action) =
            if paused { (SimPhase::On, SimPhase::Paused, 1) } else { (SimPhase::Paused, SimPhase::On, 2) };
        if live.phase == from {
            live.phase = to;
            live.batches = 0;
            let control = live.traffic.control(live.at(now), action);
            self.broadcast(live, vec![control], AfterBatch::GoOn, faults);
        }
    }

    /// What the faults make happen to the room after a while. A live that nobody has opened yet waits, or a slow client would
    /// come when all is over.
    pub(super) fn apply_room_faults(&self, live: &mut SimLive, now: Moment, faults: &Faults) {
        live.batches += u32::from(live.attended);
        if live.batches < BATCHES_BEFORE_FAULTS || live.phase != SimPhase::On {
            return;
        }
        if faults.has(SimFault::Ban) {
            self.end(live, 4, now, faults);
        } else if faults.has(SimFault::EndOfLive) {
            self.end(live, 3, now, faults);
            live.next_transition = Some((now + LIVE_AGAIN_AFTER, Transition::GoLive));
        } else if faults.has(SimFault::Pause) {
            self.set_paused(live, true, now, faults);
            live.next_transition = Some((now + PAUSE, Transition::Resume));
        } else if faults.has(SimFault::RoomSwitch) && live.batches >= BATCHES_BEFORE_FAULTS + FOREIGN_BATCHES {
            self.broadcast(live, Vec::new(), AfterBatch::Again, faults);
            self.begin(live, now, faults);
        }
    }
}

/// The order in which a batch arrives; the expected totals are what adds up in that order.
pub(super) fn order_messages(messages: &mut [pb::Message], faults: &Faults) {
    if faults.has(SimFault::OutOfOrder) {
        messages.reverse();
    }
}

/// What the faults add to a batch on its way. The good messages stay.
pub(super) fn add_faulty_messages(live: &mut SimLive, messages: &mut Vec<pb::Message>, now: Moment, faults: &Faults) {
    let at = live.at(now);
    if faults.has(SimFault::InvalidUtf8) {
        let mut person = live.traffic.anybody();
        NOT_UTF8_MARK.clone_into(&mut person.user.nickname);
        let chat = message::chat(live.traffic.side_message(at), person, "my name is not UTF-8", Vec::new());
        messages.push(pb::Message { payload: replace_mark(&chat.payload).into(), ..chat });
    }
    if faults.has(SimFault::UnknownMethod) {
        messages.push(
            live.traffic
                .side_message(at)
                .raw("WebcastNobodyKnowsThisMessage", vec![0x08, 0x01, 0x12, 0x02, b'h', b'i']),
        );
    }
    if faults.has(SimFault::WrongType) {
        // Fields 2 (user) and 3 (content) as numbers.
        messages.push(live.traffic.side_message(at).raw("WebcastChatMessage", vec![0x10, 0x2a, 0x18, 0x2a]));
    }
    if faults.has(SimFault::RoomSwitch) && live.batches >= BATCHES_BEFORE_FAULTS {
        let person = live.traffic.anybody();
        let head = message::MessageHead { room_id: 7_111_111_111_111_111_111, ..live.traffic.side_message(at) };
        messages.push(message::chat(head, person, "I am in another room", Vec::new()));
    }
}

/// `payload` with the mark replaced, same length, by bytes that no text has.
fn replace_mark(payload: &[u8]) -> Vec<u8> {
    let mut broken = payload.to_vec();
    if let Some(at) = broken.windows(NOT_UTF8_MARK.len()).position(|window| window == NOT_UTF8_MARK.as_bytes()) {
        broken.iter_mut().skip(at).take(NOT_UTF8_MARK.len()).for_each(|byte| *byte = 0xff);
    }
    broken
}
