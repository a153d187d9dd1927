//! Simulated battle of two hosts, from the bell to the end of the punish phase.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use super::gifts::GiftKind;
use super::message::{MessageHead, user_text};
use super::traffic::BATTLE_SECONDS;
use crate::wire::pb;

/// A battle that runs or is in its punish phase.
#[derive(Clone, Debug)]
pub(super) struct SimBattle {
    id: i64,
    began_ms: i64,
    running: bool,
    /// The room's host first.
    sides: [SimSide; 2],
}

#[derive(Clone, Debug)]
struct SimSide {
    host: pb::User,
    points: i64,
    /// What each supporter gave, and their name.
    supporters: BTreeMap<i64, (i64, String)>,
}

impl SimSide {
    fn new(host: pb::User) -> Self {
        Self { host, points: 0, supporters: BTreeMap::new() }
    }

    fn support(&mut self, who: &pb::User, points: i64) {
        self.points += points;
        self.supporters.entry(who.id).or_insert_with(|| (0, who.nickname.clone())).0 += points;
    }

    /// Only the best three are named; the score is of all.
    fn army(&self) -> pb::BattleArmies {
        let mut best: Vec<_> = self.supporters.iter().collect();
        best.sort_by_key(|&(&id, &(score, _))| (-score, id));
        let user_armies = best
            .into_iter()
            .take(3)
            .map(|(&user_id, (score, nickname))| pb::BattleArmy { user_id, score: *score, nickname: nickname.clone() })
            .collect();
        pb::BattleArmies { user_armies, host_score: self.points }
    }
}

impl SimBattle {
    pub(super) fn new(id: i64, began_ms: i64, host: pb::User, rival: pb::User) -> Self {
        Self { id, began_ms, running: true, sides: [SimSide::new(host), SimSide::new(rival)] }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// Time is over; points count no more.
    pub(super) fn stop(&mut self) {
        self.running = false;
    }

    /// Somebody in this room gave the host `points`.
    pub(super) fn support(&mut self, who: &pb::User, points: i64) {
        self.sides[0].support(who, points);
    }

    /// Somebody in the other room, which nobody here sees, gave the rival `points`.
    pub(super) fn rival_scores<'a>(&mut self, points: i64, fans: impl Iterator<Item = &'a pb::User>, rng: &mut Rng) {
        let fans: Vec<_> = fans.collect();
        if let Some(fan) = rng.choice(fans) {
            self.sides[1].support(fan, points);
        }
    }

    /// The bell.
    pub(super) fn started(&self, head: MessageHead) -> pb::Message {
        self.state(head, 4, 1, BTreeMap::new())
    }

    /// The result.
    pub(super) fn finished(&self, head: MessageHead) -> pb::Message {
        let [ours, theirs] = self.sides.each_ref().map(|side| side.points);
        let results = [(0, ours, theirs), (1, theirs, ours)]
            .into_iter()
            .filter_map(|(index, mine, other)| {
                let user_id = self.sides.get(index)?.host.id;
                let result = match mine.cmp(&other) {
                    std::cmp::Ordering::Greater => 0,
                    std::cmp::Ordering::Less => 1,
                    std::cmp::Ordering::Equal => 2,
                };
                Some((user_id, pb::BattleResult { user_id, result, score: mine }))
            })
            .collect();
        self.state(head, 5, 3, results)
    }

    /// Points, and the gift that made them where it was given in this room.
    pub(super) fn armies(&self, head: MessageHead, cause: Option<(&pb::User, GiftKind, i64)>) -> pb::Message {
        let mut body = pb::LinkMicArmies {
            common: Some(head.common("WebcastLinkMicArmies", None)),
            battle_id: self.id,
            armies: self.by_host(SimSide::army),
            channel_id: self.channel(),
            trigger_reason: 1,
            battle_setting: Some(self.setting(if self.running { 1 } else { 3 })),
            ..pb::LinkMicArmies::default()
        };
        if let Some((from, gift, count)) = cause {
            body.from_user_id = from.id;
            body.gift_id = gift.id;
            body.gift_count = 1;
            body.total_diamond_count = gift.coins;
            body.repeat_count = count;
        }
        head.wrap("WebcastLinkMicArmies", &body)
    }

    /// A boosting glove for the room's host, for 30 s.
    pub(super) fn glove(&self, head: MessageHead, from: &pb::User) -> pb::Message {
        let sender = pb::BattleBaseUser {
            user_id: from.id,
            nick_name: from.nickname.clone(),
            display_id: from.display_id.clone(),
            room_id: 0,
        };
        let info = pb::CardInfo {
            card_name_key: "pm_mt_boost_crit_name".to_owned(),
            send_time_sec: head.at_ms / 1_000,
            send_user: Some(pb::BattleAnchor { user: Some(sender) }),
            effect_last_duration: 30,
            multiple: 5,
            effect_time_sec: head.at_ms / 1_000 + 3,
            ..pb::CardInfo::default()
        };
        let text = user_text("pm_mt_boost_send_crit_comment", "{0:user} sent 1 boosting glove", from);
        let anchor_id = self.sides[0].host.id;
        let card = pb::UseCard { card_info: Some(info), anchor_id, display_content: Some(text) };
        let body = pb::LinkMicBattleItemCard {
            common: Some(head.common("WebcastLinkMicBattleItemCard", None)),
            battle_id: self.id,
            msg_type: 2,
            use_critical_strike: Some(card),
            ..pb::LinkMicBattleItemCard::default()
        };
        head.wrap("WebcastLinkMicBattleItemCard", &body)
    }

    /// The punish phase is over.
    pub(super) fn punish_over(&self, head: MessageHead) -> pb::Message {
        let body = pb::LinkMicBattlePunishFinish {
            common: Some(head.common("WebcastLinkMicBattlePunishFinish", None)),
            channel_id: self.channel(),
            op_uid: self.sides[0].host.id,
            reason: 0,
            battle_id: self.id,
            battle_setting: Some(self.setting(4)),
        };
        head.wrap("WebcastLinkMicBattlePunishFinish", &body)
    }

    /// `link_mic` of the room info.
    pub(super) fn to_json(&self) -> Value {
        let scores: Vec<_> = self
            .sides
            .iter()
            .map(|side| json!({ "user_id_str": side.host.id.to_string(), "score": side.points }))
            .collect();
        json!({
            "channel_id": self.channel(), "multi_live_enum": 1, "rival_anchor_id": self.sides[1].host.id,
            "audience_id_list": [], "linked_user_list": [], "show_user_list": [], "battle_scores": scores,
            "battle_settings": {
                "battle_id": self.id, "battle_id_str": self.id.to_string(), "channel_id": self.channel(),
                "duration": BATTLE_SECONDS, "finished": i32::from(!self.running), "match_type": 1,
                "start_time": self.began_ms / 1_000, "start_time_ms": self.began_ms,
                "battle_status": if self.running { 1 } else { 3 },
            },
        })
    }

    fn state(
        &self,
        head: MessageHead,
        action: i32,
        status: i32,
        battle_result: BTreeMap<i64, pb::BattleResult>,
    ) -> pb::Message {
        let anchors = self.by_host(|side| {
            let user = pb::BattleBaseUser {
                user_id: side.host.id,
                nick_name: side.host.nickname.clone(),
                display_id: side.host.display_id.clone(),
                room_id: 0,
            };
            pb::BattleAnchor { user: Some(user) }
        });
        let combos = self.by_host(|side| pb::BattleCombo { user_id: side.host.id, combo_status: 1, combo_count: 2 });
        let body = pb::LinkMicBattle {
            common: Some(head.common("WebcastLinkMicBattle", None)),
            battle_id: self.id,
            battle_setting: Some(self.setting(status)),
            action,
            battle_result,
            armies: self.by_host(SimSide::army),
            anchors,
            combos,
            action_by_user_id: self.sides[0].host.id,
            ..pb::LinkMicBattle::default()
        };
        head.wrap("WebcastLinkMicBattle", &body)
    }

    fn setting(&self, status: i32) -> pb::BattleSetting {
        pb::BattleSetting {
            battle_id: self.id,
            start_time_ms: self.began_ms,
            duration: BATTLE_SECONDS as i64,
            channel_id: self.channel(),
            status,
            battle_type: 1,
            ..pb::BattleSetting::default()
        }
    }

    fn by_host<T>(&self, value: impl Fn(&SimSide) -> T) -> BTreeMap<i64, T> {
        self.sides.iter().map(|side| (side.host.id, value(side))).collect()
    }

    fn channel(&self) -> i64 {
        self.id - 5
    }
}
