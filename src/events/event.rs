//! The list of everything that can happen in a room.

use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{BattleEvent, BattlePoints, Viewer};
use crate::clock::{Moment, Timestamp};
use crate::ids::{GiftId, MsgId, RoomId, UserId};
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

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Who.
    pub from: Arc<Viewer>,
    /// What; empty when it is emotes only.
    pub text: Text,
    /// Emotes inside the text.
    pub emotes: Vec<Emote>,
    /// Who is answered or mentioned.
    pub to: Option<Arc<Viewer>>,
    /// Language tag the service guessed, such as `en`.
    pub language: CompactString,
}

/// A custom emote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emote {
    /// Place in the comment, counted in characters from 0.
    pub index: u32,
    /// Its id.
    pub id: Text,
    /// Address of its picture.
    pub picture: Option<Box<str>>,
}

/// A message of stickers only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmoteChat {
    /// Who.
    pub from: Arc<Viewer>,
    /// Which.
    pub emotes: Vec<Emote>,
}

/// A gift as one message tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// `repeat_count`: how many of the streak so far.
    pub count: u64,
    /// The streak's id; 0 when there is none.
    pub group: u64,
    /// Coins of this message alone (field 3), where given.
    pub coins: Option<u64>,
    /// The message closes the streak.
    pub ends: bool,
}

/// Receiver of a gift in a multi-guest or co-host room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GiftTo {
    /// The receiver.
    pub id: UserId,
    /// Their display name, where given.
    pub nickname: Text,
}

/// What is known of a kind of gift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftFacts {
    /// Its id.
    pub id: GiftId,
    /// Its name; empty when unknown.
    pub name: Text,
    /// "Sent Rose", as the service words it.
    pub describe: Text,
    /// Price of one in coins; nothing when unknown, which is not 0.
    pub diamonds: Option<u64>,
    /// 1 can be given in streaks; 2, 4 and others come once.
    pub kind: u32,
    /// Address of its picture.
    pub picture: Option<Box<str>>,
}

impl GiftFacts {
    /// Whether it is given in streaks.
    pub fn streakable(&self) -> bool {
        self.kind == 1
    }
}

/// Taps of one viewer in a short window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Like {
    /// Who; nothing when the service withholds it.
    pub from: Option<Arc<Viewer>>,
    /// Taps in this message: a true delta.
    pub count: u64,
    /// The room's number; two counters alternate, so it may run backwards.
    pub total: u64,
}

/// Somebody came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// Who.
    pub from: Arc<Viewer>,
    /// Watching now, where given.
    pub watching: Option<u64>,
    /// Where they came from, such as `homepage_hot-live_cell`.
    pub source: Text,
}

/// Somebody followed the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Who.
    pub from: Arc<Viewer>,
    /// Followers of the host afterwards, where given.
    pub followers: Option<u64>,
}

/// Somebody shared the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Who.
    pub from: Arc<Viewer>,
    /// Shares of the live afterwards, where given.
    pub shares: Option<u64>,
    /// To how many friends, when the text says so (5, 10); 0 otherwise.
    pub friends: u32,
}

/// How many watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewers {
    /// Watching now.
    pub watching: u64,
    /// Different viewers since the start; nothing when the message has none.
    pub total: Option<u64>,
    /// Of those now, without an account.
    pub anonymous: u64,
    /// The service's own top list.
    pub top: Vec<TopViewer>,
}

/// A row of the service's top list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopViewer {
    /// Place from 1.
    pub rank: u32,
    /// Coins given in this live, as the service reports.
    pub score: u64,
    /// Who; rows without a name are left out.
    pub viewer: Arc<Viewer>,
}

/// The host or TikTok switches the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// What.
    pub action: ControlAction,
    /// `app_pause`, `anchor_pause` or empty.
    pub source: Text,
    /// Words for the viewers, often empty.
    pub tips: Text,
}

/// What a control message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ControlAction {
    /// 1: the host paused.
    Paused,
    /// 2: the host is back.
    Resumed,
    /// 3: the host ended the live.
    Ended,
    /// 4: TikTok ended the live.
    Suspended,
    /// Another number.
    Other(i32),
}

/// A question to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its id, as text.
    pub id: CompactString,
    /// Who asked.
    pub from: Arc<Viewer>,
    /// What.
    pub text: Text,
    /// When it was asked.
    pub asked_at: Option<Timestamp>,
}

/// The host's welcome line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intro {
    /// The host.
    pub from: Arc<Viewer>,
    /// The line.
    pub text: Text,
}

/// A text of the room itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Where it comes from.
    pub kind: NoticeKind,
    /// The rendered text.
    pub text: Text,
    /// The display key or scene that tells its meaning, such as `user_join_fans`.
    pub scene: Text,
}

/// Where a notice comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NoticeKind {
    /// The system's welcome.
    Welcome,
    /// A room message.
    Room,
    /// A warning at the bottom of the picture.
    Bottom,
    /// A moderator or the host did something to somebody.
    Moderation,
}

/// Messages, or all messages of people, were removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// These messages.
    pub messages: Vec<MsgId>,
    /// Everything these people said.
    pub users: Vec<UserId>,
}

/// A treasure chest appears or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Its id.
    pub id: CompactString,
    /// Appears (true) or goes away (false).
    pub shown: bool,
    /// `business_type`: 1 a viewer's coins, 19 a super fan box, …
    pub business: u32,
    /// Handle of who gave it.
    pub from: Text,
    /// Their id.
    pub from_id: Option<UserId>,
    /// Coins inside.
    pub coins: u64,
    /// How many can win.
    pub winners: u64,
    /// When it opens.
    pub opens_at: Option<Timestamp>,
}

/// Somebody subscribed to the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// Who.
    pub from: Arc<Viewer>,
    /// Months in a row; 0 when unknown.
    pub months: u64,
}

/// A banner for one viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barrage {
    /// What for.
    pub kind: BarrageKind,
    /// Who, where named.
    pub from: Option<Arc<Viewer>>,
    /// The level it tells, 0 when none.
    pub level: u32,
    /// The rendered text.
    pub text: Text,
}

/// What a banner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BarrageKind {
    /// 4: a first subscription; the same one comes as [`Subscribe`] too, so it is not counted here.
    Subscribe,
    /// 8: a gifter rose a level.
    GifterLevelUp,
    /// 9: a gifter of high level came in.
    GifterJoin,
    /// 10: a team member rose a level.
    TeamLevelUp,
    /// 11: a team member of high level came in.
    TeamJoin,
    /// Another number.
    Other(i32),
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

/// The host of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The account, where known.
    pub id: Option<UserId>,
    /// Handle without the `@`.
    pub unique_id: Text,
    /// Display name.
    pub nickname: Text,
}

/// Where a room stands, with the reason in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// Which state.
    pub kind: PhaseKind,
    /// Why, as a sentence for people; may be empty when there is nothing to explain.
    pub reason: Text,
    /// The transport that is being used or tried.
    pub transport: Option<CompactString>,
    /// When the next attempt or look-up comes.
    pub retry_at: Option<Moment>,
}

impl Phase {
    /// A phase with nothing to explain.
    pub fn new(kind: PhaseKind) -> Self {
        Self { kind, reason: Text::default(), transport: None, retry_at: None }
    }

    /// The same with a reason.
    pub fn because(mut self, reason: impl Into<Text>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same through a transport.
    pub fn through(mut self, transport: &str) -> Self {
        self.transport = Some(transport.into());
        self
    }

    /// The same with the time of the next attempt.
    pub fn until(mut self, retry_at: Moment) -> Self {
        self.retry_at = Some(retry_at);
        self
    }
}

/// The states of a room.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PhaseKind {
    /// Asking who and where.
    #[default]
    LookingUp,
    /// Not live; waited for.
    Offline,
    /// Live, but the host paused.
    Paused,
    /// Live; opening a transport.
    Connecting,
    /// Live and connected.
    Live,
    /// Was connected; coming back.
    Reconnecting,
    /// The live is over; waiting for the next.
    Ended,
    /// TikTok refuses us: captcha, region, age gate, rate limit.
    Blocked,
    /// Cannot go on: no such user, every transport refused, a bug.
    Failed,
}

/// Time in which we saw nothing, or could not keep up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When it began; it ends at the event's `at`.
    pub from: Moment,
    /// How long.
    pub length: Duration,
    /// Why, in words.
    pub reason: Text,
}

/// A new live of the same host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStart {
    /// Its id.
    pub room_id: RoomId,
    /// 1 for the first live we see of this room, 2 for the next …
    pub live_seq: u32,
}

/// What a look-up or `room/info` reported: numbers that do not come from the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The host.
    pub host: Host,
    /// Title of the live.
    pub title: Text,
    /// Watching now, where given.
    pub watching: Option<u64>,
    /// Different viewers so far, where given.
    pub total_viewers: Option<u64>,
    /// The room's like total, where given.
    pub likes: Option<u64>,
    /// Followers of the host, where given.
    pub followers: Option<u64>,
    /// When the live started.
    pub started_at: Option<Timestamp>,
    /// Server clock minus ours in milliseconds, where it was just learned.
    pub skew_ms: Option<i64>,
}

/// A streak that we closed: silence, or the end of the live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreakClosed {
    /// Who gave.
    pub from: Arc<Viewer>,
    /// Who received, when it was not simply the host.
    pub to: Option<GiftTo>,
    /// What.
    pub gift: Arc<GiftFacts>,
    /// How many in the end.
    pub count: u64,
    /// The streak's id.
    pub group: u64,
}
