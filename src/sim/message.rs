//! Makers of wire messages, one function for each thing a room can say: facts in, a message out.
//!
//! Pure; it does not know when or why something is said. Display texts carry the keys and patterns that were recorded,
//! because other clients tell follows from shares by them.
//!
//! ```
//! let head = tiktop::sim::message::MessageHead { room_id: 7, msg_id: 9, at_ms: 0 };
//! let message = head.raw("WebcastNewMessage", &b"anything"[..]);
//! assert_eq!((message.msg_id, message.method.as_str()), (9, "WebcastNewMessage"));
//! ```

use super::crowd::SimPerson;
use super::gifts::GiftKind;
use crate::wire::pb;

/// What every message begins with.
#[derive(Clone, Copy, Debug)]
pub struct MessageHead {
    /// The live it belongs to.
    pub room_id: i64,
    /// Its own id.
    pub msg_id: i64,
    /// When it was said, in milliseconds since the epoch.
    pub at_ms: i64,
}

impl MessageHead {
    pub(super) fn common(self, method: &str, display_text: Option<pb::Text>) -> pb::Common {
        pb::Common {
            method: method.to_owned(),
            msg_id: self.msg_id,
            room_id: self.room_id,
            create_time: self.at_ms,
            is_show_msg: true,
            describe: String::new(),
            display_text,
        }
    }

    /// Any body as a message of this head.
    pub fn wrap(self, method: &str, body: &impl prost::Message) -> pb::Message {
        pb::Message {
            method: method.to_owned(),
            payload: body.encode_to_vec().into(),
            msg_id: self.msg_id,
            msg_type: 1,
            is_history: false,
        }
    }

    /// A message of a method with a payload of raw bytes.
    pub fn raw(self, method: &str, payload: impl Into<bytes::Bytes>) -> pb::Message {
        pb::Message {
            method: method.to_owned(),
            payload: payload.into(),
            msg_id: self.msg_id,
            ..pb::Message::default()
        }
    }
}

/// A comment.
pub(super) fn chat(head: MessageHead, from: SimPerson, content: &str, emotes: Vec<pb::EmoteAt>) -> pb::Message {
    let body = pb::ChatMessage {
        common: Some(head.common("WebcastChatMessage", None)),
        user: Some(from.user),
        content: content.to_owned(),
        at_user: None,
        emotes,
        content_language: "en".to_owned(),
        user_identity: Some(from.identity),
    };
    head.wrap("WebcastChatMessage", &body)
}

/// A sticker for subscribers.
pub(super) fn emote_chat(head: MessageHead, from: SimPerson, emote: pb::Emote) -> pb::Message {
    let body = pb::EmoteChatMessage {
        common: Some(head.common("WebcastEmoteChatMessage", None)),
        user: Some(from.user),
        emote_list: vec![emote],
        user_identity: Some(from.identity),
    };
    head.wrap("WebcastEmoteChatMessage", &body)
}

/// Somebody came in.
pub(super) fn member(head: MessageHead, who: pb::User, watching: i64) -> pb::Message {
    let text = user_text("live_room_enter_toast", "{0:user} joined", &who);
    let body = pb::MemberMessage {
        common: Some(head.common("WebcastMemberMessage", Some(text))),
        user: Some(who),
        member_count: watching as i32,
        operator: None,
        action: 1,
        client_enter_source: "homepage_hot-live_cell".to_owned(),
        client_enter_type: "draw".to_owned(),
    };
    head.wrap("WebcastMemberMessage", &body)
}

/// Taps.
pub(super) fn like(head: MessageHead, who: pb::User, count: i64, total: i64) -> pb::Message {
    let text = user_text("pm_mt_msg_viewer", "{0:user} liked the LIVE", &who);
    let body =
        pb::LikeMessage { common: Some(head.common("WebcastLikeMessage", Some(text))), count, total, user: Some(who) };
    head.wrap("WebcastLikeMessage", &body)
}

/// Somebody follows the host now; `follow_count` is the host's followers.
pub(super) fn follow(head: MessageHead, who: pb::User, follow_count: i64) -> pb::Message {
    let text = user_text("pm_main_follow_message_viewer_2", "{0:user} followed the LIVE creator", &who);
    let common = Some(head.common("WebcastSocialMessage", Some(text)));
    let body = pb::SocialMessage { common, user: Some(who), action: 1, follow_count, ..pb::SocialMessage::default() };
    head.wrap("WebcastSocialMessage", &body)
}

/// Somebody shared the live, with more than `friends` of theirs where given.
pub(super) fn share(head: MessageHead, who: pb::User, friends: Option<u32>) -> pb::Message {
    let text = match friends {
        None => user_text("pm_mt_guidance_share", "{0:user} shared the LIVE", &who),
        Some(friends) => {
            let pattern = format!("{{0:user}} shared the LIVE with more than {friends} friends");
            user_text(&format!("pm_mt_guidance_viewer_{friends}_share"), &pattern, &who)
        }
    };
    let body = pb::SocialMessage {
        common: Some(head.common("WebcastSocialMessage", Some(text))),
        user: Some(who),
        share_type: 1,
        action: 3,
        share_target: "-1".to_owned(),
        share_count: 1,
        ..pb::SocialMessage::default()
    };
    head.wrap("WebcastSocialMessage", &body)
}

/// How many watch, how many came, and who gave most.
pub(super) fn viewers(head: MessageHead, now: i64, so_far: i64, ranks: Vec<pb::Contributor>) -> pb::Message {
    let body = pb::RoomUserSeqMessage {
        common: Some(head.common("WebcastRoomUserSeqMessage", None)),
        ranks,
        total: now,
        popularity: now,
        total_user: so_far,
        anonymous: now / 7,
    };
    let message = head.wrap("WebcastRoomUserSeqMessage", &body);
    pb::Message { msg_type: 2, ..message }
}

/// One message of a gift.
#[derive(Clone, Debug)]
pub(super) struct GivenGift {
    pub(super) from: SimPerson,
    pub(super) host: i64,
    pub(super) gift: GiftKind,
    /// The streak's id; 0 for a gift without streak.
    pub(super) group_id: i64,
    /// Of the streak so far.
    pub(super) count: i64,
    /// What this message adds to the streak.
    pub(super) step: i64,
    /// Whether it closes the streak.
    pub(super) closes: bool,
}

/// A gift, or a step of a streak, or its end.
pub(super) fn gift(head: MessageHead, given: GivenGift) -> pb::Message {
    let GivenGift { from, host, gift, group_id, count, step, closes } = given;
    let text = gift_text(&from.user, gift, count);
    let body = pb::GiftMessage {
        common: Some(head.common("WebcastGiftMessage", Some(text))),
        gift_id: gift.id,
        fan_ticket_count: if closes { 0 } else { step * gift.coins },
        group_count: 1,
        repeat_count: count,
        combo_count: count,
        user: Some(from.user),
        to_user: None,
        repeat_end: i32::from(closes),
        group_id,
        gift: Some(gift.to_wire()),
        send_type: i64::from(!closes),
        monitor: Some(pb::GiftMonitor { to_user_id: host }),
        user_identity: Some(from.identity),
        ..pb::GiftMessage::default()
    };
    head.wrap("WebcastGiftMessage", &body)
}

/// Pause (1), resume (2), end (3), end by TikTok (4).
pub(super) fn control(head: MessageHead, action: i32) -> pb::Message {
    let extra = (action == 1).then(|| pb::ControlExtra { source: "anchor_pause".to_owned() });
    let common = Some(head.common("WebcastControlMessage", None));
    head.wrap("WebcastControlMessage", &pb::ControlMessage { common, action, tips: String::new(), extra })
}

/// A question to the host.
pub(super) fn question(head: MessageHead, who: pb::User, content: &str) -> pb::Message {
    let data = pb::Question {
        question_id: head.msg_id + 1,
        content: content.to_owned(),
        create_time: head.at_ms / 1_000,
        user: Some(who),
    };
    let common = Some(head.common("WebcastQuestionNewMessage", None));
    head.wrap("WebcastQuestionNewMessage", &pb::QuestionNewMessage { common, data: Some(data) })
}

/// A new subscription.
pub(super) fn subscribe(head: MessageHead, who: pb::User, months: i64) -> pb::Message {
    let text = user_text("pm_mt_subinfo_user", "{0:user} subscribed", &who);
    let body = pb::SubNotifyMessage {
        common: Some(head.common("WebcastSubNotifyMessage", Some(text))),
        user: Some(who),
        sub_month: months,
        subscribe_type: 1,
        old_subscribe_status: 0,
    };
    head.wrap("WebcastSubNotifyMessage", &body)
}

/// A gifter of a high level came in.
pub(super) fn grand_entrance(head: MessageHead, who: pb::User, level: i32) -> pb::Message {
    let content = user_text("pm_mt_alp_join_animation", "{0:user} joined", &who);
    let body = pb::BarrageMessage {
        common: Some(head.common("WebcastBarrageMessage", None)),
        msg_type: 9,
        content: Some(content),
        duration: 3_000,
        user_grade_param: Some(pb::BarrageUserGrade { current_grade: level, user: Some(who) }),
        ..pb::BarrageMessage::default()
    };
    head.wrap("WebcastBarrageMessage", &body)
}

/// A treasure chest that opens in three minutes.
pub(super) fn envelope(head: MessageHead, who: &pb::User, coins: i64, people: i64) -> pb::Message {
    let text = user_text("pm_mt_treasure_box_sender_comment", "{0:user} sent a Treasure Box", who);
    let info = pb::EnvelopeInfo {
        envelope_id: format!("{}", head.msg_id + 7),
        business_type: 1,
        send_user_name: who.nickname.clone(),
        diamond_count: coins,
        people_count: people,
        unpack_at: head.at_ms / 1_000 + 180,
        send_user_id: who.id.to_string(),
        create_at: head.at_ms.to_string(),
    };
    let common = Some(head.common("WebcastEnvelopeMessage", Some(text)));
    head.wrap("WebcastEnvelopeMessage", &pb::EnvelopeMessage { common, envelope_info: Some(info), display: 1 })
}

/// The service's greeting; its `Common` says another method and another id than the message, as recorded.
pub(super) fn welcome(head: MessageHead) -> pb::Message {
    let common = Some(MessageHead { msg_id: head.msg_id + 1, ..head }.common("SystemMessage", None));
    let content = "Welcome to TikTok LIVE! Have fun interacting with others in real-time. Creators must be 18 or older \
                   to go LIVE. Viewers must be 18 or older to send Gifts. Remember to follow our Community Guidelines.";
    let body = pb::RoomTextMessage { common, content: content.to_owned(), ..pb::RoomTextMessage::default() };
    head.wrap("RoomMessage", &body)
}

/// The host's own introduction: no room id, no handle, and always the same `msg_id`.
pub(super) fn intro(id: i64, host: &pb::User, content: &str) -> pb::Message {
    let head = MessageHead { room_id: 0, msg_id: id, at_ms: 0 };
    let user = pb::User { display_id: String::new(), ..host.clone() };
    let common = Some(head.common("WebcastLiveIntroMessage", None));
    let body = pb::LiveIntroMessage { common, id, content: content.to_owned(), user: Some(user) };
    head.wrap("WebcastLiveIntroMessage", &body)
}

/// A line of the service in the chat; `seconds` stamps it in seconds, as the filter notice is.
pub(super) fn room_notice(head: MessageHead, key: &str, pattern: &str, seconds: bool) -> pb::Message {
    let text = pb::Text { key: key.to_owned(), default_pattern: pattern.to_owned(), pieces: Vec::new() };
    let stamped = if seconds { MessageHead { at_ms: head.at_ms / 1_000, ..head } } else { head };
    let common = Some(stamped.common("WebcastRoomMessage", Some(text)));
    head.wrap("WebcastRoomMessage", &pb::RoomTextMessage { common, ..pb::RoomTextMessage::default() })
}

/// A warning at the bottom of the picture.
pub(super) fn bottom(head: MessageHead) -> pb::Message {
    let pattern = "This LIVE may contain content that is not suitable for everyone";
    let text = pb::Text {
        key: "pm_mt_health_warning_banner".to_owned(),
        default_pattern: pattern.to_owned(),
        pieces: Vec::new(),
    };
    let common = Some(head.common("WebcastBottomMessage", Some(text)));
    let body = pb::BottomMessage { common, content: pattern.to_owned(), show_type: 1, duration: 5_000 };
    head.wrap("WebcastBottomMessage", &body)
}

/// A moderator removed what `user_id` wrote.
pub(super) fn deletion(head: MessageHead, user_id: i64) -> pb::Message {
    let common = Some(head.common("WebcastImDeleteMessage", None));
    let body = pb::ImDeleteMessage { common, delete_msg_ids: Vec::new(), delete_user_ids: vec![user_id] };
    head.wrap("WebcastImDeleteMessage", &body)
}

/// A message of a method that no client shows, with nothing but its head.
pub(super) fn minor(head: MessageHead, method: &str) -> pb::Message {
    let common = Some(head.common(method, None));
    head.wrap(method, &pb::RoomTextMessage { common, ..pb::RoomTextMessage::default() })
}

/// The user once more, whole, as the recorded display texts have it.
pub(super) fn user_text(key: &str, pattern: &str, user: &pb::User) -> pb::Text {
    pb::Text { key: key.to_owned(), default_pattern: pattern.to_owned(), pieces: vec![user_piece(user)] }
}

fn gift_text(user: &pb::User, gift: GiftKind, count: i64) -> pb::Text {
    let name =
        pb::TextPiecePattern { key: gift.name.to_lowercase().replace(' ', "_"), default_pattern: gift.name.to_owned() };
    let gift = pb::TextPieceGift { gift_id: gift.id, name_ref: Some(name) };
    pb::Text {
        key: "webcast_aweme_gift_send_message".to_owned(),
        default_pattern: "{0:user} sent {1:gift} {2:string}".to_owned(),
        pieces: vec![
            user_piece(user),
            pb::TextPiece { r#type: 12, gift_value: Some(gift), ..pb::TextPiece::default() },
            pb::TextPiece { r#type: 1, string_value: format!("× {count}"), ..pb::TextPiece::default() },
        ],
    }
}

fn user_piece(user: &pb::User) -> pb::TextPiece {
    let user = pb::TextPieceUser { user: Some(user.clone()) };
    pb::TextPiece { r#type: 11, user_value: Some(user), ..pb::TextPiece::default() }
}
