//! Live of a simulated room: the one that is on, or the last one.

use std::collections::VecDeque;
use std::time::Duration;

use super::lifecycle::{PAUSE_EVERY, Transition};
use crate::clock::Moment;
use crate::sim::expected_totals::{ExpectedTotals, TotalsCounter};
use crate::sim::faults::Faults;
use crate::sim::host::SimHost;
use crate::sim::traffic::{LivePeople, Traffic};
use crate::wire::pb;

/// Messages kept for polls and for repeating.
const KEPT_MESSAGES: usize = 400;
/// Comments that somebody who enters is shown.
const HISTORY: usize = 6;

/// Where a room stands. The numbers are TikTok's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum SimPhase {
    On,
    Paused,
    /// Never was, or is over.
    Offline,
}

impl SimPhase {
    /// `status` of the look-ups: 2 live, 3 paused, 4 offline.
    pub(in crate::sim) fn status(self) -> i64 {
        match self {
            Self::On => 2,
            Self::Paused => 3,
            Self::Offline => 4,
        }
    }

    pub(in crate::sim) fn is_on(self) -> bool {
        self != Self::Offline
    }
}

/// One live.
#[derive(Debug)]
pub(super) struct SimLive {
    pub(super) phase: SimPhase,
    /// How many lives came before.
    pub(super) number: u32,
    pub(super) room_id: i64,
    pub(super) began: Moment,
    pub(super) traffic: Traffic,
    pub(super) ledger: TotalsCounter,
    /// What happens to the room next, and when.
    pub(super) next_transition: Option<(Moment, Transition)>,
    pub(super) last_sent: Moment,
    /// Whether anybody has received this live, by a socket or by polls.
    pub(super) attended: bool,
    /// Batches since the last transition, of a live that was attended; faults count them.
    pub(super) batches: u32,
    /// Room ids of earlier lives.
    pub(super) past: Vec<ExpectedTotals>,
    /// What was said before anybody could look, by the live's own time; taken by whoever wants it.
    pub(super) history: Vec<(u64, Vec<pb::Message>)>,
    /// How long ago it began, in microseconds, while nobody has looked: its past is made up for whoever comes first.
    untold: Option<(u64, Faults)>,
    /// The latest messages with their places in the live.
    kept: VecDeque<(u64, pb::Message)>,
    place: u64,
}

/// How a live begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimBeginning {
    /// Which start of the service it is in.
    pub(super) start: u32,
    pub(super) number: u32,
    pub(super) now: Moment,
    /// How long it has been on already.
    pub(super) age: Duration,
    /// The script of the demo is played.
    pub(super) scripted: bool,
    /// The room is part of the demo.
    pub(super) demo: bool,
}

/// Ids of messages between two starts of the service that follow each other.
const IDS_OF_START: i64 = 1_000_000;
/// What was said is told in pieces of this many microseconds.
const HISTORY_STEP: u64 = 1_000_000;

impl SimLive {
    pub(super) fn new(host: &SimHost, rate: f64, seed: u64, beginning: SimBeginning, faults: &Faults) -> Self {
        let SimBeginning { start, number, age, scripted, .. } = beginning;
        let now = beginning.now - age;
        let age = u64::try_from(age.as_micros()).unwrap_or(0);
        let place = host.index as i64 * 1_000 + i64::from(number);
        let script =
            7_570_000_000_000_000_000 + (seed % 1_000) as i64 * 1_000_000_000_000 + (place + 1) * 1_000_000_007;
        // Another start says the same in a live of its own.
        let room_id = script + i64::from(start);
        let mut traffic = Traffic::new(
            LivePeople {
                host: host.to_wire(),
                rival: if scripted { Some(SimHost::scripted_rival()) } else { host.rival() },
                room_id,
                seed: seed ^ (script as u64),
                first_id: 7_600_000_000_000_000_000 + place * 10_000_000_000_000 + i64::from(start) * IDS_OF_START,
                began_ms: now.wall.0,
                rate,
                watching: host.watching,
                script: scripted.then_some(age),
                follows_curve: beginning.demo,
            },
            faults,
        );
        let mut kept = VecDeque::new();
        if rate > 0.0 {
            kept.extend(traffic.earlier_chats(HISTORY as u32).into_iter().map(|chat| (0, chat)));
        }
        Self {
            phase: SimPhase::On,
            number,
            room_id,
            began: now,
            traffic,
            ledger: TotalsCounter::new(room_id),
            next_transition: (rate > 0.0).then(|| (beginning.now + PAUSE_EVERY, Transition::Pause)),
            last_sent: beginning.now,
            attended: false,
            batches: 0,
            past: Vec::new(),
            history: Vec::new(),
            untold: (age >= HISTORY_STEP).then(|| (age, faults.clone())),
            kept,
            place: 0,
        }
    }

    /// Whether its past is still to be made up.
    pub(super) fn is_untold(&self) -> bool {
        self.untold.is_some()
    }

    /// Makes up its past, once.
    pub(super) fn make_past(&mut self) {
        let Some((age, faults)) = self.untold.take() else { return };
        for step in 1..=age / HISTORY_STEP {
            let said = self.traffic.advance(step * HISTORY_STEP, &faults);
            self.remember(&said);
            self.history.push((step * HISTORY_STEP, said));
        }
    }

    /// Microseconds since the live began.
    pub(super) fn at(&self, now: Moment) -> u64 {
        u64::try_from(now.since(self.began).as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn remember(&mut self, messages: &[pb::Message]) {
        for message in messages {
            self.place += 1;
            self.kept.push_back((self.place, message.clone()));
        }
        let excess = self.kept.len().saturating_sub(KEPT_MESSAGES);
        self.kept.drain(..excess);
    }

    /// The latest comments, flagged as history.
    pub(super) fn backlog(&self) -> Vec<pb::Message> {
        let mut chats: Vec<_> = self
            .kept
            .iter()
            .rev()
            .filter(|(_, message)| message.method == "WebcastChatMessage")
            .take(HISTORY)
            .map(|(_, message)| pb::Message { is_history: true, ..message.clone() })
            .collect();
        chats.reverse();
        chats
    }

    /// The latest messages as they were.
    pub(super) fn latest(&self, count: usize) -> Vec<pb::Message> {
        let skipped = self.kept.len().saturating_sub(count);
        self.kept.iter().skip(skipped).map(|(_, message)| message.clone()).collect()
    }

    /// Everything after a place, for polls.
    pub(super) fn since(&self, place: u64) -> Vec<pb::Message> {
        self.kept.iter().filter(|&&(at, _)| at > place).map(|(_, message)| message.clone()).collect()
    }

    pub(super) fn cursor(&self, now: Moment) -> String {
        format!("{}_{}_1_1_{}_0", now.wall.0, self.place, self.began.wall.0)
    }

    /// The long form, which only fetches carry.
    pub(super) fn internal_ext(&self, now: Moment) -> String {
        let cursor = self.cursor(now);
        let acks: Vec<_> =
            self.latest(3).iter().map(|message| format!("{}_{:x}", message.msg_id, message.payload.len())).collect();
        format!(
            "fetch_time:{now}|start_time:0|ack_ids:,,{acks},|fetch_id:{fetch}|flag:0|seq:1|next_cursor:{cursor}|wss_info:0-{now}-0-0",
            now = now.wall.0,
            acks = acks.join(","),
            fetch = self.place + 1,
        )
    }
}
