//! The list of everything that can happen in a room.

use serde::{Deserialize, Serialize};

use super::{
    Announcement, Banner, Barrage, BattleEvent, BattleItem, BattlePoints, BattleTask, Caption, Chat, Control, Delete,
    EmoteChat, Envelope, Follow, Gap, Gift, Goal, GuestTickets, Info, Intro, Join, Like, Link, LiveStart, MinorEvent,
    Moderation, Notice, Phase, Pin, Poll, Question, QuestionUpdate, Rank, Share, Shop, StreakClosed, Subscribe,
    Viewers,
};
use crate::clock::{Moment, Timestamp};
use crate::ids::{MsgId, RoomId};
use crate::text::Text;

/// One thing that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    /// When we received it (when it was captured, in a replay).
    pub at: Moment,
    /// The message's own time; often missing, and hours old on entry messages.
    pub server_at: Option<Timestamp>,
    /// The message's id; nothing for what we say ourselves.
    pub id: Option<MsgId>,
    /// The live the message says it belongs to.
    pub room_id: Option<RoomId>,
    /// Part of the backlog that the service sends on entry.
    pub history: bool,
    /// What happened.
    pub kind: EventKind,
}

/// What can happen. The first part is said by the service, the second by us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A comment.
    Chat(Chat),
    /// A subscriber's sticker.
    Emote(EmoteChat),
    /// A gift, or one more of a streak.
    Gift(Box<Gift>),
    /// Taps of one viewer.
    Like(Like),
    /// Somebody came in.
    Join(Join),
    /// Somebody followed the host.
    Follow(Follow),
    /// Somebody shared the live.
    Share(Share),
    /// How many watch.
    Viewers(Viewers),
    /// Pause, resume, end.
    Control(Control),
    /// A question to the host.
    Question(Question),
    /// A battle began, ended or changed phase.
    Battle(Box<BattleEvent>),
    /// Points of a battle.
    BattlePoints(Box<BattlePoints>),
    /// The host's welcome line.
    Intro(Intro),
    /// A text of the room itself: welcome, warning, "joined the team".
    Notice(Notice),
    /// Messages or people's messages were removed.
    Delete(Delete),
    /// A treasure chest.
    Envelope(Envelope),
    /// Somebody subscribed.
    Subscribe(Subscribe),
    /// A banner for one viewer: high level joins, level-ups.
    Barrage(Barrage),
    /// What the host says, written down by the service.
    Caption(Caption),
    /// A poll began, got votes or ended.
    Poll(Box<Poll>),
    /// A goal of the host came nearer.
    Goal(Box<Goal>),
    /// A message was pinned or taken down.
    Pin(Box<Pin>),
    /// A question was shown, answered or deleted.
    QuestionUpdate(QuestionUpdate),
    /// Somebody's place in a ranking.
    Rank(Box<Rank>),
    /// The line of guests or co-hosts changed.
    Link(Box<Link>),
    /// What guests were given.
    GuestTickets(GuestTickets),
    /// A card was used or won in a battle.
    BattleItem(Box<BattleItem>),
    /// A speed challenge in a battle.
    BattleTask(BattleTask),
    /// The host's shop.
    Shop(Shop),
    /// TikTok's own moderation.
    Moderation(Box<Moderation>),
    /// A campaign's banner.
    Banner(Banner),
    /// A sentence for many rooms at once.
    Announcement(Announcement),
    /// A message that changes nothing we keep.
    Minor(MinorEvent),
    /// A message we have no reading for, or could not read.
    Unknown(Unknown),

    /// The room's phase changed.
    State(Phase),
    /// Time in which we saw nothing.
    Gap(Gap),
    /// A new live began: totals start at zero.
    Live(LiveStart),
    /// What `room/info` reported.
    Info(Box<Info>),
    /// We closed a streak whose end never came.
    StreakClosed(Box<StreakClosed>),
}

/// A message without a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// Its method name.
    pub method: Text,
    /// Payload length in bytes.
    pub bytes: usize,
    /// Why it could not be read; nothing when the method is simply not known to us.
    pub error: Option<Text>,
}
