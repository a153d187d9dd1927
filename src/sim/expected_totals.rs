//! Totals a client should reach: what was really sent, counted from the messages themselves.
//!
//! Only messages that went to at least one socket are counted, each `msg_id` once; history is not. Gifts are
//! counted by the architecture's rule for `added`, in code of our own, so that client and simulator cannot share a slip.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use prost::Message as _;

use crate::wire::pb;

/// Message ids remembered.
const KEPT_IDS: usize = 50_000;
/// Streaks remembered before the closed ones are forgotten.
const KEPT_STREAKS: usize = 50_000;

/// What one live has sent so far. Zero again when a new live begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ExpectedTotals {
    /// The room id of the live; text in JSON, like all ids.
    #[serde(serialize_with = "as_text")]
    pub room_id: i64,
    /// Messages by method.
    pub messages: BTreeMap<String, u64>,
    /// Batches, which are `msg` frames on each socket.
    pub batches: u64,
    /// Gifts, in units.
    pub gift_units: u64,
    /// What the gifts cost, in coins.
    pub gift_coins: u64,
    /// Gift units by gift id.
    pub gifts: BTreeMap<i64, u64>,
    /// Taps, as the sum of the messages.
    pub likes: u64,
    /// The highest like total named.
    pub like_total: u64,
    /// Follows.
    pub follows: u64,
    /// Shares.
    pub shares: u64,
    /// The last number of people watching.
    pub viewers: u64,
    /// Different people so far.
    pub viewers_total: u64,
    /// Points of the running or last battle, by host.
    pub points: BTreeMap<i64, i64>,
}

impl ExpectedTotals {
    /// Messages of one method.
    pub fn count(&self, method: &str) -> u64 {
        self.messages.get(method).copied().unwrap_or(0)
    }

    /// All messages.
    pub fn total(&self) -> u64 {
        self.messages.values().sum()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn as_text<S: serde::Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Keeps an [`ExpectedTotals`] from the messages themselves.
#[derive(Debug, Default)]
pub(super) struct TotalsCounter {
    totals: ExpectedTotals,
    /// Message ids; the lowest are the oldest and go first.
    seen: BTreeSet<i64>,
    /// The highest count heard of a streak, and whether it was closed: (sender, gift, group).
    streaks: HashMap<(i64, i64, i64), (i64, bool)>,
}

impl TotalsCounter {
    pub(super) fn new(room_id: i64) -> Self {
        Self { totals: ExpectedTotals { room_id, ..ExpectedTotals::default() }, ..Self::default() }
    }

    pub(super) fn expected_totals(&self) -> ExpectedTotals {
        self.totals.clone()
    }

    /// Books one batch that was heard.
    pub(super) fn count(&mut self, messages: &[pb::Message]) {
        self.totals.batches += 1;
        for message in messages {
            if !message.is_history && self.seen.insert(message.msg_id) {
                *self.totals.messages.entry(message.method.clone()).or_default() += 1;
                self.add_one(message);
            }
        }
        while self.seen.len() > KEPT_IDS {
            self.seen.pop_first();
        }
    }

    fn add_one(&mut self, message: &pb::Message) {
        let payload = message.payload.clone();
        let totals = &mut self.totals;
        match message.method.as_str() {
            "WebcastGiftMessage" => {
                if let Ok(gift) = pb::GiftMessage::decode(payload) {
                    self.add_gift(&gift);
                }
            }
            "WebcastLikeMessage" => {
                if let Ok(like) = pb::LikeMessage::decode(payload) {
                    totals.likes += like.count.max(0) as u64;
                    totals.like_total = totals.like_total.max(like.total.max(0) as u64);
                }
            }
            "WebcastSocialMessage" => {
                if let Ok(social) = pb::SocialMessage::decode(payload) {
                    *if social.action == 1 { &mut totals.follows } else { &mut totals.shares } += 1;
                }
            }
            "WebcastRoomUserSeqMessage" => {
                if let Ok(viewers) = pb::RoomUserSeqMessage::decode(payload) {
                    totals.viewers = viewers.total.max(0) as u64;
                    totals.viewers_total = viewers.total_user.max(0) as u64;
                }
            }
            "WebcastLinkMicArmies" => {
                if let Ok(armies) = pb::LinkMicArmies::decode(payload) {
                    totals.points = armies.armies.iter().map(|(&host, side)| (host, side.host_score)).collect();
                }
            }
            _ => {}
        }
    }

    fn add_gift(&mut self, gift: &pb::GiftMessage) {
        let kind = gift.gift.clone().unwrap_or_default();
        let added = if kind.r#type == 1 {
            let sender = gift.user.as_ref().map_or(0, |user| user.id);
            if self.streaks.len() > KEPT_STREAKS {
                self.streaks.retain(|_, &mut (_, closed)| !closed);
            }
            match self.streaks.entry((sender, gift.gift_id, gift.group_id)) {
                Entry::Occupied(mut known) => {
                    let (highest, closed) = known.get_mut();
                    let added = (gift.repeat_count - *highest).max(0);
                    *highest += added;
                    *closed |= gift.repeat_end == 1;
                    added
                }
                Entry::Vacant(slot) => {
                    slot.insert((gift.repeat_count, gift.repeat_end == 1));
                    // A streak met in its middle adds what this message paid for, not what went before.
                    match (gift.fan_ticket_count, kind.diamond_count) {
                        (coins, price) if coins > 0 && price > 0 => coins / price,
                        _ => gift.repeat_count,
                    }
                }
            }
        } else {
            gift.repeat_count
        };
        let added = added.max(0) as u64;
        self.totals.gift_units += added;
        self.totals.gift_coins += added * kind.diamond_count.max(0) as u64;
        *self.totals.gifts.entry(gift.gift_id).or_default() += added;
    }
}
