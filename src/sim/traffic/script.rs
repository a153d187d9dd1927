//! Script of a demo, in rounds that begin again and again: a battle that turns in its last seconds, a streak that grows for
//! half a minute, a raid, a connection that breaks.
//!
//! What was played before anybody looked is the same script with less in it, so that graphs have a shape and lists their names.

use super::{SECOND, SimStreak, Step, Traffic};
use crate::sim::gifts::{GIFTS, GiftKind};
use crate::sim::message;

/// From round to round.
const ROUND: u64 = 150 * SECOND;
/// A battle of the past is in every so many rounds, and a raid.
const PAST_BATTLES: u64 = 3;
const PAST_RAIDS: u64 = 4;
/// People who come in a raid, one by one.
const RAID: u32 = 44;
const RAIDERS_WATCH: f64 = 190.0;
/// Gifts that would decide a battle which is to turn come from the script alone.
pub(super) const DEAREST_BY_CHANCE: i64 = 100;
const RAID_COMMENTS: [&str; 6] = [
    "raid!!! 🥁",
    "drum raid from teo",
    "hello from the drum room",
    "teo sent us",
    "raid raid raid",
    "so many people 😂",
];

/// A scene of the script.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene {
    /// A round begins; which one.
    Round(u64),
    /// A streak begins that grows for half a minute.
    Streak,
    /// One of those who come in a raid; how many are left.
    Raid(u32),
    /// The other side of the battle is given much; how often still.
    RivalLeads(u32),
    /// Somebody gives this, of the gifts in the list: the battle turns.
    Turn(usize),
    /// Everybody's connection breaks.
    Cut,
}

/// What the script changes beside what is said.
#[derive(Clone, Debug, Default)]
pub(super) struct ScriptState {
    /// Those who came in raids and watch still.
    raiders: f64,
    /// The connections are to break.
    cut: bool,
}

impl Traffic {
    /// Plans the rounds so that one of them begins at `watched`, when the demo is looked at.
    pub(super) fn plan_script(&mut self, watched: u64) {
        self.plan(watched % ROUND, Step::Scene(Scene::Round(0)));
    }

    /// Whether the connections are to break now.
    pub(in crate::sim) fn cut_is_due(&mut self) -> bool {
        std::mem::take(&mut self.script.cut)
    }

    /// Plays one scene.
    pub(super) fn scene(&mut self, at: u64, scene: Scene) {
        let scenes = |traffic: &mut Self, seconds: u64, scene| traffic.plan(at + seconds * SECOND, Step::Scene(scene));
        match scene {
            Scene::Round(nth) => {
                let watched = self.cast.script.is_none_or(|watched| at >= watched);
                scenes(self, 2, Scene::Streak);
                if watched || nth % PAST_BATTLES == 1 {
                    self.plan(at + 4 * SECOND, Step::BattleStarts);
                    scenes(self, 10, Scene::RivalLeads(14));
                    for (seconds, gift) in [(45, "Galaxy"), (50, "Swan"), (56, "Gold Mine"), (60, "Train")] {
                        scenes(self, seconds, Scene::Turn(place_of(gift)));
                    }
                }
                if watched || nth % PAST_RAIDS == 2 {
                    scenes(self, 26, Scene::Raid(RAID));
                }
                if watched {
                    scenes(self, 104, Scene::Cut);
                }
                self.plan(at + ROUND, Step::Scene(Scene::Round(nth + 1)));
            }
            Scene::Streak => {
                let Some(from) = self.crowd.regulars(8).get(4).cloned() else { return };
                let gift = GIFTS.first().copied().unwrap_or(GIFTS[0]);
                let group_id = self.faulty_wall_clock(at);
                let mut streak = SimStreak { from, gift, group_id, count: 0, steps_left: 60 };
                self.step(at, &mut streak, 1);
                self.plan_next(at, streak);
            }
            Scene::Raid(left) => {
                let person = self.crowd.any(&mut self.rng);
                let head = self.head(at);
                self.numbers.viewer_joined();
                self.outgoing.push(message::member(head, person.user.clone(), self.numbers.watching));
                if left % 4 == 0 {
                    let head = self.head(at);
                    let words = self.rng.choice(RAID_COMMENTS).unwrap_or("raid");
                    self.outgoing.push(message::chat(head, person, words, Vec::new()));
                }
                self.script.raiders += RAIDERS_WATCH / f64::from(RAID);
                if left > 1 {
                    self.plan(at + SECOND / 12, Step::Scene(Scene::Raid(left - 1)));
                }
            }
            Scene::RivalLeads(left) => {
                let head = self.head(at);
                let points = self.rng.i64(60..170);
                let Some(battle) = self.battle.as_mut().filter(|battle| battle.is_running()) else { return };
                battle.rival_scores(points, self.crowd.regulars(6).iter().map(|fan| &fan.user), &mut self.rng);
                self.outgoing.push(battle.armies(head, None));
                if left > 1 {
                    scenes(self, 2, Scene::RivalLeads(left - 1));
                }
            }
            Scene::Turn(gift) => {
                let gift: GiftKind = GIFTS.get(gift).copied().unwrap_or(GIFTS[0]);
                let Some(from) = self.crowd.regulars(8).get(if gift.coins < 900 { 5 } else { 3 }).cloned() else {
                    return;
                };
                self.give_from(at, from, gift, 0);
            }
            Scene::Cut => self.script.cut = true,
        }
    }

    /// How many would watch if nobody came or went by chance: a rise over the first minutes, then waves.
    pub(super) fn scripted_watching(&mut self, at: u64) -> f64 {
        let minutes = at as f64 / (60.0 * SECOND as f64);
        let rise = 0.4 + 0.6 * (minutes / 7.0).min(1.0);
        let own = (self.cast.seed % 7) as f64;
        let waves = 1.0 + 0.16 * (minutes / 1.9 + own).sin() + 0.07 * (minutes / 0.55).sin();
        self.script.raiders *= 0.975;
        self.cast.watching as f64 * rise * waves + self.script.raiders
    }
}

fn place_of(name: &str) -> usize {
    GIFTS.iter().position(|gift| gift.name == name).unwrap_or(0)
}
