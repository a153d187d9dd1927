//! Events of a room: what the wire messages mean, as [`RoomEvent`]s.
//!
//! Pure. Knows what a gift or a battle is; refuses to know sockets, state and screens. Remote text becomes
//! [`Text`](crate::text::Text) here. What we ourselves have to say about a room (its phase, a gap, a new live) travels as
//! events too, so that one ordered stream tells the whole story.
//!
//! ```
//! use tiktop::clock::{Clock, Timestamp};
//! use tiktop::events::{EventKind, decode};
//! use tiktop::wire::Message;
//!
//! // A comment: field 3 of its body is the text.
//! let mut message = Message::default();
//! (message.method, message.payload) = ("WebcastChatMessage".into(), "\u{1a}\u{2}hi".into());
//! let event = decode(&message, Clock::manual(Timestamp(0)).now());
//! let EventKind::Chat(chat) = event.kind else { panic!("a comment") };
//! assert_eq!((chat.from.name(), chat.text.as_str()), ("someone", "hi"));
//! ```

mod announce;
mod audience;
mod battle;
mod catalogue;
mod decode;
mod event;
mod gift;
mod item;
pub mod json;
mod link;
mod minor;
mod moderation;
mod pin;
mod poll;
mod rank;
mod room_notice;
pub(crate) mod serde_lenient;
mod status;
mod talk;
mod unknown;
mod viewer;

pub use crate::ids::GiftFacts;
pub use announce::{Announcement, AnnouncementKind, Banner, Shop};
pub use audience::{Follow, Join, Like, Share, TopViewer, Viewers};
pub use battle::{
    BattleAction, BattleEvent, BattleKind, BattlePoints, BattleResult, BattleSide, BattleTimes, Cause, Supporter,
};
pub use catalogue::Catalogue;
pub use decode::{Decoder, decode};
pub use event::{EventKind, OwnEvent, RoomEvent};
pub use gift::{Barrage, BarrageKind, Envelope, Gift, GiftTo, StreakClosed, Subscribe};
pub use item::{BattleItem, BattleTask, ItemKind, TaskOutcome, TaskStage};
pub use link::{Guest, GuestCoins, GuestTickets, Link, LinkAction, LinkScene, LinkSource};
pub use minor::MinorEvent;
pub use moderation::{Moderation, ModerationKind};
pub use pin::{Pin, PinnedWhat, QuestionChange, QuestionUpdate};
pub use poll::{Contribution, Goal, GoalPart, Poll, PollOption, PollStage};
pub use rank::{Rank, RankKind, RankRow};
pub use room_notice::{Control, ControlAction, Delete, Notice, NoticeKind};
pub use status::{Gap, Host, Info, LiveStart, Phase, PhaseKind};
pub use talk::{Caption, CaptionText, Chat, Emote, EmoteChat, Intro, Question};
pub use unknown::Unknown;
pub use viewer::{Badge, Viewer};
