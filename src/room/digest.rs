//! Digest of a room since some moment: what somebody who was away wants to know first. A function of the room's state and its
//! log, for a screen nobody looked at and for one that was not there.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{BattleNews, LogEntry, LogLine, Room, Seq};
use crate::clock::Moment;
use crate::events::{Control, ControlAction, NoticeKind, Viewer};
use crate::ids::UserId;

/// Rows of one kind that a digest names; beyond them it counts.
const MOST_NAMED: usize = 64;

/// What happened in a room while somebody was away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RoomDigest {
    /// Since when.
    pub from: Moment,
    /// Comments.
    pub comments: u64,
    /// People who followed.
    pub follows: u64,
    /// People who subscribed.
    pub subscribes: u64,
    /// Coins of the gifts whose price is known.
    pub coins: u64,
    /// Who gave what they are worth, most first.
    pub givers: Vec<(Arc<Viewer>, u64)>,
    /// Questions, newest first.
    pub questions: Vec<Seq>,
    /// Rows that the caller asked for (its words, its people), newest first.
    pub mentions: Vec<Seq>,
    /// Warnings of TikTok, newest first.
    pub warnings: Vec<Seq>,
    /// Battles that ended, newest first.
    pub battles: Vec<Seq>,
    /// Lives that began.
    pub lives: u64,
    /// Time in which we saw nothing, and how often.
    pub missed: Duration,
    /// How often we saw nothing.
    pub gaps: u64,
    /// Rows of that time are gone from the log: the numbers are a part.
    pub is_partial: bool,
}

impl RoomDigest {
    /// Whether nothing happened that is worth a word.
    pub fn is_empty(&self) -> bool {
        *self == Self { from: self.from, is_partial: self.is_partial, ..Self::default() }
    }
}

impl Room {
    /// What happened since `from`; `is_mention` says which rows concern the reader.
    pub fn digest(&self, from: Moment, is_mention: impl Fn(&LogEntry) -> bool) -> RoomDigest {
        let mut digest = RoomDigest { from, ..RoomDigest::default() };
        let mut given: HashMap<Option<UserId>, (Arc<Viewer>, u64)> = HashMap::new();
        let mut oldest = None;
        for entry in self.chat.iter().rev().take_while(|entry| entry.at.mono >= from.mono) {
            oldest = Some(entry.seq);
            if entry.history || entry.deleted {
                continue;
            }
            digest.add(entry);
            if let LogLine::Gift { from, gift, added, .. } = &entry.line {
                let coins = gift.diamonds.unwrap_or(0).saturating_mul(*added);
                digest.coins = digest.coins.saturating_add(coins);
                let giver = given.entry(from.id).or_insert_with(|| (from.clone(), 0));
                giver.1 = giver.1.saturating_add(coins);
            }
            if is_mention(entry) && digest.mentions.len() < MOST_NAMED {
                digest.mentions.push(entry.seq);
            }
        }
        digest.givers = given.into_values().filter(|(_, coins)| *coins > 0).collect();
        digest.givers.sort_by_key(|(giver, coins)| (Reverse(*coins), giver.id));
        let first = self.chat.iter().next().map(|entry| entry.seq);
        digest.is_partial = oldest.is_some() && oldest == first && self.chat.dropped().is_some();
        digest
    }
}

impl RoomDigest {
    fn add(&mut self, entry: &LogEntry) {
        let name = |rows: &mut Vec<Seq>| {
            if rows.len() < MOST_NAMED {
                rows.push(entry.seq);
            }
        };
        match &entry.line {
            LogLine::Chat { .. } | LogLine::Emote { .. } => self.comments += 1,
            LogLine::Follow(_) => self.follows += 1,
            LogLine::Subscribe { .. } => self.subscribes += 1,
            LogLine::Question { .. } => name(&mut self.questions),
            line if line.is_warning() => name(&mut self.warnings),
            LogLine::Battle(news) if matches!(**news, BattleNews::Over { .. } | BattleNews::CutShort { .. }) => {
                name(&mut self.battles);
            }
            LogLine::Live { .. } => self.lives += 1,
            LogLine::Gap(gap) => {
                self.missed += gap.length;
                self.gaps += 1;
            }
            _ => {}
        }
    }
}

impl LogLine {
    /// Whether TikTok warns the room by it, or ends it.
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Moderation(_)
                | Self::Notice { kind: NoticeKind::Bottom, .. }
                | Self::Control(Control { action: ControlAction::Suspended, .. })
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Chat, EventKind, Follow, Gap, RoomEvent};
    use crate::ids::MsgId;

    fn at(seconds: u64) -> Moment {
        Moment { mono: 3_600_000, ..Moment::default() } + Duration::from_secs(seconds)
    }

    fn happen(room: &mut Room, seconds: u64, kind: EventKind) {
        let id = kind.is_from_service().then(|| MsgId(seconds + 1));
        room.apply(&RoomEvent { at: at(seconds), server_at: None, id, room_id: None, history: false, kind });
    }

    #[test]
    fn only_what_came_since_is_counted() {
        let mut room = Room::new(100);
        let from = Arc::new(Viewer { id: Some(UserId(1)), ..Viewer::default() });
        let chat = |text: &str| {
            EventKind::Chat(Chat {
                from: from.clone(),
                text: text.into(),
                emotes: vec![],
                to: None,
                language: "".into(),
            })
        };
        happen(&mut room, 1, chat("before"));
        happen(&mut room, 10, chat("hi"));
        happen(&mut room, 11, chat("hi ana"));
        happen(&mut room, 12, EventKind::Follow(Follow { from: from.clone(), followers: None }));
        let length = Duration::from_secs(4);
        happen(&mut room, 20, EventKind::Gap(Gap { from: at(16), length, reason: "".into() }));
        let is_ana = |entry: &LogEntry| entry.line.said().is_some_and(|text| text.as_str().contains("ana"));
        let digest = room.digest(at(5), is_ana);
        assert_eq!((digest.comments, digest.follows, digest.gaps, digest.missed), (2, 1, 1, length));
        assert_eq!(digest.mentions, [Seq(2)]);
        assert!(!digest.is_empty() && !digest.is_partial);
        assert!(room.digest(at(30), is_ana).is_empty());
    }

    #[test]
    fn a_digest_of_a_log_that_dropped_rows_says_so() {
        let mut room = Room::new(3);
        for second in 0..9 {
            let from = Arc::new(Viewer { id: Some(UserId(second + 1)), ..Viewer::default() });
            happen(&mut room, second, EventKind::Follow(Follow { from, followers: None }));
        }
        assert!(room.digest(at(0), |_| false).is_partial);
        assert!(!room.digest(at(8), |_| false).is_partial);
    }
}
