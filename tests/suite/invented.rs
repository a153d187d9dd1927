//! Invented people and messages, one of each kind we read. Shapes and sizes follow recordings; nobody in them exists.

#![allow(
    clippy::unnecessary_wraps,
    reason = "fields of generated messages are options: said once here, not at every use"
)]

pub(crate) mod board;
pub(crate) mod world;

use tiktop::ids::MsgId;
use tiktop::wire::{Message, pb};

pub(crate) const ROOM: i64 = 7_300_000_000_000_000_001;
pub(crate) const HOST: i64 = 6_800_000_000_000_000_001;
pub(crate) const ANA: i64 = 6_800_000_000_000_000_002;
pub(crate) const BEN: i64 = 6_800_000_000_000_000_003;
/// 2023-11-14T22:13:20.123Z
pub(crate) const THEN: i64 = 1_700_000_000_123;

pub(crate) fn message(method: &str, payload: &impl prost::Message) -> Message {
    Message {
        method: method.into(),
        payload: payload.encode_to_vec().into(),
        msg_id: Some(MsgId(7_300_000_000_000_000_777)),
        history: false,
    }
}

pub(crate) fn common() -> Option<pb::Common> {
    Some(pb::Common { msg_id: 777, room_id: ROOM, create_time: THEN, ..Default::default() })
}

/// A header with a text to show.
pub(crate) fn common_with(text: pb::Text) -> Option<pb::Common> {
    common().map(|common| pb::Common { display_text: Some(text), ..common })
}

pub(crate) fn text(key: &str, pattern: &str, pieces: Vec<pb::TextPiece>) -> pb::Text {
    pb::Text { key: key.to_owned(), default_pattern: pattern.to_owned(), pieces }
}

pub(crate) fn text_user(user: pb::User) -> pb::TextPiece {
    pb::TextPiece { r#type: 11, user_value: Some(pb::TextPieceUser { user: Some(user) }), ..Default::default() }
}

pub(crate) fn text_words(words: &str) -> pb::TextPiece {
    pb::TextPiece { r#type: 1, string_value: words.to_owned(), ..Default::default() }
}

pub(crate) fn image(name: &str) -> Option<pb::Image> {
    let url = |kind| format!("https://p16.example.com/{name}~c5_100x100.{kind}?x-expires=1700000000");
    Some(pb::Image { url_list: vec![url("webp"), url("jpeg")], uri: format!("100x100/{name}") })
}

pub(crate) fn user(id: i64, handle: &str, nickname: &str) -> pb::User {
    pb::User {
        id,
        nickname: nickname.to_owned(),
        display_id: handle.to_owned(),
        avatar_thumb: image(handle),
        follow_info: Some(pb::FollowInfo::default()),
        ..Default::default()
    }
}

pub(crate) fn ana() -> pb::User {
    user(ANA, "ana.sings", "Ana ✨")
}

pub(crate) fn ben() -> pb::User {
    user(BEN, "ben_77", "Ben")
}

pub(crate) fn badge(scene_type: i32, level: &str, key: &str) -> pb::Badge {
    let text = Some(pb::BadgeText { key: key.to_owned(), ..Default::default() });
    pb::Badge {
        scene_type,
        privilege_log_extra: Some(pb::PrivilegeLogExtra { level: level.to_owned() }),
        combine: Some(pb::CombineBadge { text, str: level.to_owned() }),
        ..Default::default()
    }
}

pub(crate) fn rose() -> pb::Gift {
    pb::Gift {
        image: image("rose"),
        describe: "sent Rose".to_owned(),
        id: 5_655,
        combo: true,
        r#type: 1,
        diamond_count: 1,
        name: "Rose".to_owned(),
    }
}

pub(crate) fn gift() -> pb::GiftMessage {
    pb::GiftMessage {
        common: common(),
        gift_id: 5_655,
        fan_ticket_count: 2,
        repeat_count: 3,
        user: Some(ana()),
        group_id: 1_700_000_000_000,
        gift: Some(rose()),
        monitor: Some(pb::GiftMonitor { to_user_id: HOST }),
        ..Default::default()
    }
}

pub(crate) fn chat(content: &str) -> pb::ChatMessage {
    pb::ChatMessage { common: common(), user: Some(ana()), content: content.to_owned(), ..Default::default() }
}

pub(crate) fn setting(battle_type: i32) -> Option<pb::BattleSetting> {
    Some(pb::BattleSetting { battle_id: 42, start_time_ms: THEN, duration: 301, battle_type, ..Default::default() })
}

pub(crate) fn armies(host_score: i64) -> pb::BattleArmies {
    let best = pb::BattleArmy { user_id: ANA, score: host_score / 2, nickname: "Ana ✨".to_owned() };
    pb::BattleArmies { user_armies: vec![best], host_score }
}

fn anchor(user_id: i64, handle: &str, nickname: &str) -> pb::BattleAnchor {
    let (nick_name, display_id) = (nickname.to_owned(), handle.to_owned());
    pb::BattleAnchor { user: Some(pb::BattleBaseUser { user_id, nick_name, display_id, ..Default::default() }) }
}

pub(crate) fn battle(action: i32) -> pb::LinkMicBattle {
    let result = |user_id, result, score| pb::BattleResult { user_id, result, score };
    let over = action == 5;
    pb::LinkMicBattle {
        common: common(),
        battle_id: 42,
        battle_setting: setting(1),
        action,
        battle_result: if over { [(HOST, result(HOST, 0, 90)), (BEN, result(BEN, 1, 40))].into() } else { [].into() },
        armies: if over { [(HOST, armies(90)), (BEN, armies(40))].into() } else { [].into() },
        anchors: [(HOST, anchor(HOST, "the.host", "The Host")), (BEN, anchor(BEN, "ben_77", "Ben"))].into(),
        combos: [(HOST, pb::BattleCombo { user_id: HOST, combo_status: 1, combo_count: 4 })].into(),
        ..Default::default()
    }
}

fn people() -> Vec<Message> {
    let emote = pb::Emote { emote_id: "7100000000000000009".to_owned(), image: image("emote") };
    let badges = vec![badge(1, "0", ""), badge(8, "17", ""), badge(10, "21", ""), badge(10, "21", "")];
    let speaker = pb::User { badge_list: badges, ..ana() };
    vec![
        message(
            "WebcastChatMessage",
            &pb::ChatMessage {
                user: Some(speaker),
                at_user: Some(ben()),
                emotes: vec![pb::EmoteAt { index: 6, emote: Some(emote.clone()) }],
                content_language: "en".to_owned(),
                user_identity: Some(pb::UserIdentity { is_follower: true, ..Default::default() }),
                ..chat("hello \u{1b}[31m\u{202e}world\u{9b}\u{7f}\n")
            },
        ),
        message(
            "WebcastEmoteChatMessage",
            &pb::EmoteChatMessage {
                common: common(),
                user: Some(ana()),
                emote_list: vec![emote],
                ..Default::default()
            },
        ),
    ]
}

fn crowd() -> Vec<Message> {
    vec![
        message(
            "WebcastMemberMessage",
            &pb::MemberMessage {
                common: common(),
                user: Some(ben()),
                member_count: 413,
                action: 1,
                client_enter_source: "homepage_hot-live_cell".to_owned(),
                ..Default::default()
            },
        ),
        message(
            "WebcastMemberMessage",
            &pb::MemberMessage { user: Some(ben()), operator: Some(ana()), action: 3, ..Default::default() },
        ),
        message(
            "WebcastSocialMessage",
            &pb::SocialMessage {
                common: common(),
                user: Some(ben()),
                action: 1,
                follow_count: 12_001,
                ..Default::default()
            },
        ),
        message(
            "WebcastSocialMessage",
            &pb::SocialMessage {
                common: common_with(text("pm_mt_guidance_viewer_5_share", "", Vec::new())),
                user: Some(ben()),
                action: 3,
                share_count: 7,
                ..Default::default()
            },
        ),
        message(
            "WebcastLikeMessage",
            &pb::LikeMessage { common: common(), count: 15, total: 5_000_000_000, user: Some(ben()) },
        ),
        message(
            "WebcastRoomUserSeqMessage",
            &pb::RoomUserSeqMessage {
                common: common(),
                ranks: vec![
                    pb::Contributor { score: 39, user: Some(ana()), rank: 1 },
                    pb::Contributor { score: 0, user: Some(pb::User::default()), rank: 2 },
                ],
                total: 413,
                total_user: 13_683,
                anonymous: 84,
                ..Default::default()
            },
        ),
        message(
            "WebcastQuestionNewMessage",
            &pb::QuestionNewMessage {
                common: common(),
                data: Some(pb::Question {
                    question_id: 7_200_000_000_000_000_009,
                    content: "Which song is next?".to_owned(),
                    create_time: 1_700_000_000,
                    user: Some(ben()),
                }),
            },
        ),
        message(
            "WebcastLiveIntroMessage",
            &pb::LiveIntroMessage {
                content: "Welcome!".to_owned(),
                user: Some(user(HOST, "", "The Host")),
                ..Default::default()
            },
        ),
    ]
}

fn worth_coins() -> Vec<Message> {
    let envelope = pb::EnvelopeInfo {
        envelope_id: "7100000000000000011".to_owned(),
        business_type: 1,
        send_user_name: "ana.sings".to_owned(),
        diamond_count: 100,
        people_count: 25,
        unpack_at: 1_700_000_180,
        send_user_id: ANA.to_string(),
        create_at: THEN.to_string(),
    };
    vec![
        message("WebcastGiftMessage", &gift()),
        message(
            "WebcastEnvelopeMessage",
            &pb::EnvelopeMessage { common: common(), envelope_info: Some(envelope), display: 1 },
        ),
        message(
            "WebcastSubNotifyMessage",
            &pb::SubNotifyMessage { common: common(), user: Some(ana()), sub_month: 3, ..Default::default() },
        ),
        message(
            "WebcastBarrageMessage",
            &pb::BarrageMessage {
                common: common(),
                msg_type: 9,
                content: Some(text("pm_mt_alp_join_animation", "{0:user} joined", vec![text_user(ana())])),
                user_grade_param: Some(pb::BarrageUserGrade { current_grade: 28, user: Some(ana()) }),
                ..Default::default()
            },
        ),
    ]
}

fn stage() -> Vec<Message> {
    let joined = text(
        "pm_mt_fan_live_joined_comment",
        "{0:user} became the No. {1:string} member",
        vec![text_user(ben()), text_words("12")],
    );
    vec![
        message(
            "WebcastControlMessage",
            &pb::ControlMessage {
                common: common(),
                action: 1,
                extra: Some(pb::ControlExtra { source: "app_pause".to_owned() }),
                ..Default::default()
            },
        ),
        message(
            "RoomMessage",
            &pb::RoomTextMessage { common: common(), content: "Welcome to the live".to_owned(), ..Default::default() },
        ),
        message(
            "WebcastRoomMessage",
            &pb::RoomTextMessage {
                common: common_with(joined),
                content: " ".to_owned(),
                scene: "user_join_fans".to_owned(),
                ..Default::default()
            },
        ),
        message(
            "WebcastBottomMessage",
            &pb::BottomMessage {
                common: common_with(text("pm_mt_health_warning_banner", "", Vec::new())),
                content: "Take care".to_owned(),
                ..Default::default()
            },
        ),
        message(
            "WebcastImDeleteMessage",
            &pb::ImDeleteMessage { common: common(), delete_msg_ids: vec![5, 6], delete_user_ids: vec![BEN] },
        ),
        message("WebcastLinkMicBattle", &battle(4)),
        message("WebcastLinkMicBattle", &battle(5)),
        message(
            "WebcastLinkMicArmies",
            &pb::LinkMicArmies {
                common: common(),
                battle_id: 42,
                armies: [(HOST, armies(60)), (BEN, armies(40))].into(),
                trigger_reason: 1,
                from_user_id: ANA,
                gift_id: 5_655,
                battle_setting: setting(1),
                ..Default::default()
            },
        ),
        message(
            "WebcastLinkMicBattlePunishFinish",
            &pb::LinkMicBattlePunishFinish {
                common: common(),
                battle_id: 42,
                battle_setting: setting(1),
                ..Default::default()
            },
        ),
        message("WebcastHashtagMessage", &pb::ImDeleteMessage::default()),
    ]
}

/// One message of every kind we read, and one we do not.
pub(crate) fn one_of_each() -> Vec<Message> {
    [people(), crowd(), worth_coins(), board::messages(), world::messages(), stage()].concat()
}
