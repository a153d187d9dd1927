//! Traffic of one simulated live: a seeded crowd that chats, likes, gives, comes in, and a host who may be in a battle.
//!
//! Time here is the live's own: microseconds since it began. [`Traffic::advance`] plays everything that is due, in order,
//! so the same seed says the same things however often it is asked. It knows no socket and no clock.

mod host_actions;
mod numbers;
mod script;
mod viewer_actions;

use std::collections::BTreeMap;

use fastrand::Rng;

use self::numbers::Numbers;
use super::battle::SimBattle;
use super::crowd::{SimCrowd, SimPerson};
use super::faults::{Faults, SimFault};
use super::gifts::GiftKind;
use super::message::{self, GivenGift, MessageHead};
use crate::wire::pb;

const SECOND: u64 = 1_000_000;
/// A streak is three messages on the mean, and 3 % of what people do is a gift: what comes after the first ones.
const MESSAGES_PER_BEAT: f64 = 1.12;
/// TikTok's battle takes 301 s, its punish phase 180 s; a demo has less patience.
pub(super) const BATTLE_SECONDS: u64 = 61;
const PUNISH_PHASE: u64 = 20 * SECOND;
/// Where the ids of asides begin, above those of a day of chatting.
const ASIDE_IDS: i64 = 5_000_000_000_000;
const BETWEEN_BATTLES: u64 = 10 * SECOND;

/// The script of one live.
#[derive(Debug)]
pub(super) struct Traffic {
    cast: LivePeople,
    rng: Rng,
    crowd: SimCrowd,
    numbers: Numbers,
    battle: Option<SimBattle>,
    host_actions: host_actions::HostActions,
    /// What is due, by time and by order of planning.
    plan: BTreeMap<(u64, u64), Step>,
    planned: u64,
    next_id: i64,
    /// What is said to one visitor, or added by a fault, must not change what the room says: dice and ids of its own.
    aside: SideMessage,
    script: script::ScriptState,
    /// Messages said, waiting for `advance` to hand them out.
    outgoing: Vec<pb::Message>,
}

/// Who and where, for one live.
#[derive(Clone, Debug)]
pub(super) struct LivePeople {
    pub(super) host: pb::User,
    /// Whom the host meets in battles, where they do.
    pub(super) rival: Option<pb::User>,
    pub(super) room_id: i64,
    pub(super) seed: u64,
    pub(super) first_id: i64,
    /// The wall clock when the live began, milliseconds.
    pub(super) began_ms: i64,
    /// Messages per second.
    pub(super) rate: f64,
    pub(super) watching: i64,
    /// Where the script of the demo is played: when it is first looked at, in the live's own time.
    pub(super) script: Option<u64>,
    /// The room is part of the demo: how many watch follows a curve and not chance alone.
    pub(super) follows_curve: bool,
}

#[derive(Clone, Debug)]
enum Step {
    ViewerAction,
    Viewers,
    HostAction(u64),
    Streak(Box<SimStreak>),
    BattleStarts,
    Card,
    RivalScores,
    BattleEnds,
    PunishEnds,
    Scene(script::Scene),
}

#[derive(Clone, Debug)]
struct SimStreak {
    from: SimPerson,
    gift: GiftKind,
    group_id: i64,
    count: i64,
    steps_left: u32,
}

#[derive(Debug)]
struct SideMessage {
    rng: Rng,
    next_id: i64,
}

impl Traffic {
    /// A live that has just begun. Nothing is planned at rate 0.
    pub(super) fn new(cast: LivePeople, faults: &Faults) -> Self {
        let mut rng = Rng::with_seed(cast.seed);
        let mut crowd = SimCrowd::new(400, &mut rng);
        if faults.has(SimFault::EscapeNames) {
            crowd.spoil_names();
        }
        let numbers = Numbers::new(cast.watching, &mut rng);
        let mut traffic = Self {
            rng,
            crowd,
            numbers,
            battle: None,
            host_actions: host_actions::HostActions::default(),
            plan: BTreeMap::new(),
            planned: 0,
            next_id: cast.first_id,
            aside: SideMessage { rng: Rng::with_seed(!cast.seed), next_id: cast.first_id + ASIDE_IDS },
            script: script::ScriptState::default(),
            outgoing: Vec::new(),
            cast,
        };
        if traffic.cast.rate > 0.0 {
            traffic.plan(0, Step::ViewerAction);
            traffic.plan(SECOND / 2, Step::Viewers);
            traffic.plan(host_actions::FIRST, Step::HostAction(0));
            if let Some(watched) = traffic.cast.script {
                traffic.plan_script(watched);
            } else if traffic.cast.rival.is_some() {
                traffic.plan(2 * SECOND, Step::BattleStarts);
            }
        }
        traffic
    }

    /// Everything that happens until `until`, microseconds since the live began.
    pub(super) fn advance(&mut self, until: u64, faults: &Faults) -> Vec<pb::Message> {
        while let Some(entry) = self.plan.first_entry() {
            let (at, _) = *entry.key();
            if at > until {
                break;
            }
            let step = entry.remove();
            self.play(at, step, faults);
        }
        std::mem::take(&mut self.outgoing)
    }

    /// Comments said before anybody looked, oldest first.
    pub(super) fn earlier_chats(&mut self, count: u32) -> Vec<pb::Message> {
        let began = self.cast.began_ms;
        (0..count)
            .map(|index| {
                let head = MessageHead { at_ms: began - i64::from(count - index) * 9_000, ..self.head(0) };
                let from = self.crowd.any(&mut self.rng);
                message::chat(head, from, viewer_actions::comment(&mut self.rng), Vec::new())
            })
            .collect()
    }

    /// What the service says to everybody who enters.
    pub(super) fn entrance(&mut self, at: u64) -> Vec<pb::Message> {
        let welcome = message::welcome(self.side_message(at));
        // The intro's id belongs to the host's text, not to the session.
        let intro = message::intro(self.cast.first_id - 1, &self.cast.host, "Hi, I am glad you are here. Be kind!");
        let key = "pm_mt_live_room_rules_comment";
        let notice = message::room_notice(self.side_message(at), key, "Keep the chat friendly", false);
        vec![welcome, intro, notice]
    }

    /// A control message at `at`.
    pub(super) fn control(&mut self, at: u64, action: i32) -> pb::Message {
        message::control(self.side_message(at), action)
    }

    /// The state a client is told with its first fetch: the viewers, and a running battle.
    pub(super) fn state(&mut self, at: u64) -> Vec<pb::Message> {
        let head = self.side_message(at);
        let mut state = vec![self.viewers(head)];
        if let Some(battle) = self.battle.clone() {
            state.push(battle.armies(self.side_message(at), None));
        }
        state
    }

    /// The regulars with what they gave, most first.
    pub(super) fn regulars(&self, count: usize) -> Vec<(pb::User, i64)> {
        let regulars = self.crowd.regulars(count).iter();
        let mut people: Vec<_> =
            regulars.map(|person| (person.user.clone(), self.numbers.spent_by(person.user.id))).collect();
        people.sort_by_key(|(user, score)| (-score, user.id));
        people
    }

    pub(super) fn watching(&self) -> i64 {
        self.numbers.watching
    }

    pub(super) fn viewers_so_far(&self) -> i64 {
        self.numbers.so_far
    }

    pub(super) fn likes(&self) -> i64 {
        self.numbers.likes()
    }

    pub(super) fn battle(&self) -> Option<&SimBattle> {
        self.battle.as_ref()
    }

    /// Somebody of this room, for messages that faults add.
    pub(super) fn anybody(&mut self) -> SimPerson {
        self.crowd.any(&mut self.aside.rng)
    }

    /// The head of a message that is not part of the script.
    pub(super) fn side_message(&mut self, at: u64) -> MessageHead {
        self.aside.next_id += 3;
        MessageHead { room_id: self.cast.room_id, msg_id: self.aside.next_id, at_ms: self.faulty_wall_clock(at) }
    }

    /// The head of the next message.
    fn head(&mut self, at: u64) -> MessageHead {
        self.next_id += self.rng.i64(1..1_000);
        MessageHead { room_id: self.cast.room_id, msg_id: self.next_id, at_ms: self.faulty_wall_clock(at) }
    }

    fn faulty_wall_clock(&self, at: u64) -> i64 {
        self.cast.began_ms.saturating_add_unsigned(at / 1_000)
    }

    fn plan(&mut self, at: u64, step: Step) {
        self.planned += 1;
        self.plan.insert((at, self.planned), step);
    }

    fn play(&mut self, at: u64, step: Step, faults: &Faults) {
        match step {
            Step::ViewerAction => {
                self.viewer_action(at, faults);
                let wait = self.wait_for_next_viewer();
                self.plan(at + wait, Step::ViewerAction);
            }
            Step::Viewers => {
                let head = self.head(at);
                self.outgoing.push(self.viewers(head));
                if self.cast.follows_curve {
                    let goal = self.scripted_watching(at);
                    self.numbers.wander_to(goal, &mut self.rng);
                } else {
                    self.numbers.wander(&mut self.rng);
                }
                let every = (2.5_f64).max(5.0 / self.cast.rate);
                self.plan(at + (every * SECOND as f64) as u64, Step::Viewers);
            }
            Step::HostAction(round) => self.host_action(at, round),
            Step::Card => self.play_card(at),
            Step::Streak(streak) => self.continue_streak(at, *streak, faults),
            Step::BattleStarts => self.start_battle(at),
            Step::RivalScores => self.rival_scores(at),
            Step::BattleEnds => self.end_battle(at),
            Step::PunishEnds => self.end_punish(at),
            Step::Scene(scene) => self.scene(at, scene),
        }
    }

    /// Exponential gaps: people do not come in step.
    fn wait_for_next_viewer(&mut self) -> u64 {
        let mean = SECOND as f64 * MESSAGES_PER_BEAT / self.cast.rate;
        let gap = -(1.0 - self.rng.f64()).ln() * mean;
        (gap as u64).max(1)
    }

    fn viewers(&self, head: MessageHead) -> pb::Message {
        let ranks = self.numbers.ranks(self.crowd.regulars(8));
        message::viewers(head, self.numbers.watching, self.numbers.so_far, ranks)
    }

    /// A gift without streak, or the first message of a streak.
    fn give(&mut self, at: u64, gift: GiftKind) {
        let from = self.crowd.any(&mut self.rng);
        let steps = if !gift.is_streak() {
            0
        } else if self.rng.u32(0..3) == 0 {
            self.rng.u32(2..14)
        } else {
            self.rng.u32(0..3)
        };
        self.give_from(at, from, gift, steps);
    }

    /// Somebody gives, in a streak of so many more steps where the gift can run in one.
    fn give_from(&mut self, at: u64, from: SimPerson, gift: GiftKind, steps_left: u32) {
        let group_id = if gift.is_streak() { self.faulty_wall_clock(at) } else { 0 };
        let mut streak = SimStreak { from, gift, group_id, count: 0, steps_left };
        self.step(at, &mut streak, 1);
        if gift.is_streak() {
            self.plan_next(at, streak);
        }
    }

    fn continue_streak(&mut self, at: u64, mut streak: SimStreak, faults: &Faults) {
        if streak.steps_left > 0 {
            streak.steps_left -= 1;
            let said = self.outgoing.len();
            self.next_step(at, &mut streak);
            if faults.has(SimFault::StreaksOutOfOrder) && streak.steps_left > 0 {
                streak.steps_left -= 1;
                let then = self.outgoing.len();
                self.next_step(at, &mut streak);
                self.outgoing.swap(said, then);
            }
            self.plan_next(at, streak);
        } else if !faults.has(SimFault::LostRepeatEnd) {
            let message = message::gift(self.head(at), self.given(&streak, 0, true));
            self.outgoing.push(message);
        }
    }

    fn plan_next(&mut self, at: u64, streak: SimStreak) {
        let wait = if streak.steps_left > 0 {
            self.rng.u64(SECOND / 5..SECOND)
        } else {
            // The end comes 1 to 4 s after the last tap.
            self.rng.u64(SECOND..4 * SECOND)
        };
        self.plan(at + wait, Step::Streak(Box::new(streak)));
    }

    fn next_step(&mut self, at: u64, streak: &mut SimStreak) {
        let skip = self.rng.choice([1, 1, 1, 2, 4]).unwrap_or(1);
        self.step(at, streak, skip);
    }

    /// The gift is said first, then what it does to a battle.
    fn step(&mut self, at: u64, streak: &mut SimStreak, step: i64) {
        streak.count += step;
        let message = message::gift(self.head(at), self.given(streak, step, false));
        self.outgoing.push(message);
        let coins = step * streak.gift.coins;
        self.numbers.spend(&streak.from, coins);
        if let Some(mut battle) = self.battle.take() {
            if battle.is_running() {
                battle.support(&streak.from.user, coins);
                let head = self.head(at);
                self.outgoing.push(battle.armies(head, Some((&streak.from.user, streak.gift, streak.count))));
            }
            self.battle = Some(battle);
        }
    }

    fn given(&self, streak: &SimStreak, step: i64, closes: bool) -> GivenGift {
        GivenGift {
            from: streak.from.clone(),
            host: self.cast.host.id,
            gift: streak.gift,
            group_id: streak.group_id,
            count: streak.count,
            step,
            closes,
        }
    }

    fn start_battle(&mut self, at: u64) {
        let Some(rival) = self.cast.rival.clone() else { return };
        let head = self.head(at);
        let battle = SimBattle::new(head.msg_id, head.at_ms, self.cast.host.clone(), rival);
        self.outgoing.push(battle.started(head));
        self.battle = Some(battle);
        self.plan(at + SECOND, Step::RivalScores);
        self.plan(at + 15 * SECOND, Step::Card);
        // The result is known some seconds after the bell.
        self.plan(at + (BATTLE_SECONDS + 3) * SECOND, Step::BattleEnds);
    }

    /// Somebody plays a boosting glove for the host.
    fn play_card(&mut self, at: u64) {
        let head = self.head(at);
        let Some(battle) = self.battle.as_ref().filter(|battle| battle.is_running()) else { return };
        let from = self.crowd.any(&mut self.rng);
        self.outgoing.push(battle.glove(head, &from.user));
    }

    fn rival_scores(&mut self, at: u64) {
        let head = self.head(at);
        let Some(battle) = self.battle.as_mut().filter(|battle| battle.is_running()) else { return };
        let points = self.rng.choice([1, 1, 5, 10, 30, 99, 120]).unwrap_or(1);
        battle.rival_scores(points, self.crowd.regulars(6).iter().map(|person| &person.user), &mut self.rng);
        self.outgoing.push(battle.armies(head, None));
        let wait = self.rng.u64(SECOND..3 * SECOND);
        self.plan(at + wait, Step::RivalScores);
    }

    fn end_battle(&mut self, at: u64) {
        let head = self.head(at);
        let Some(battle) = &mut self.battle else { return };
        battle.stop();
        self.outgoing.push(battle.finished(head));
        self.plan(at + PUNISH_PHASE, Step::PunishEnds);
    }

    fn end_punish(&mut self, at: u64) {
        let head = self.head(at);
        let Some(battle) = self.battle.take() else { return };
        self.outgoing.push(battle.punish_over(head));
        // The script says when the next one begins.
        if self.cast.script.is_none() {
            self.plan(at + BETWEEN_BATTLES, Step::BattleStarts);
        }
    }
}

#[cfg(test)]
mod tests;
