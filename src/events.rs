//! Meaning: a wire message becomes a [`RoomEvent`].
//!
//! Pure. Knows what a gift or a battle is; refuses to know sockets, state and screens. Remote text becomes
//! [`Text`](crate::text::Text) here. What we ourselves have to say about a room (its phase, a gap, a new live) travels as
//! events too, so that one ordered stream tells the whole story.

mod battle;
mod catalogue;
mod decode;
mod event;
pub mod json;
mod viewer;

pub use battle::{
    BattleAction, BattleEvent, BattleKind, BattlePoints, BattleResult, BattleSide, BattleTimes, Cause, Supporter,
};
pub use catalogue::Catalogue;
pub use decode::{Decoder, decode};
pub use event::{
    Barrage, BarrageKind, Chat, Control, ControlAction, Delete, Emote, EmoteChat, Envelope, EventKind, Follow, Gap,
    Gift, GiftFacts, GiftTo, Host, Info, Intro, Join, Like, LiveStart, Notice, NoticeKind, Phase, PhaseKind, Question,
    RoomEvent, Share, StreakClosed, Subscribe, TopViewer, Unknown, Viewers,
};
pub use viewer::Viewer;
