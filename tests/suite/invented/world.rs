//! Invented guests, battle cards, ranks, announcements, shop items, moderation and minor messages.

use tiktop::wire::{Message, pb};

use super::{ANA, BEN, HOST, ROOM, THEN, ana, ben, common, common_with, message, text, text_user, text_words, user};

const CHANNEL: i64 = 7_300_000_000_000_000_091;

pub(crate) fn tickets(of_ben: i64) -> pb::LinkMicFanTicketMethod {
    let ticket = |user_id, fan_ticket| pb::UserFanTicket { user_id, fan_ticket };
    let users = vec![ticket(HOST, 3_960), ticket(BEN, of_ben)];
    pb::LinkMicFanTicketMethod { common: common(), notice: Some(pb::FanTicketNotice { users, total: 3_960 + of_ben }) }
}

pub(crate) fn guests(message_type: i32) -> pb::LinkMessage {
    let linked = |user, role_type, fan_ticket| pb::LinkListUser {
        user: Some(user),
        modify_time: 1_700_000_000,
        role_type,
        fan_ticket,
    };
    pb::LinkMessage {
        common: common(),
        message_type,
        linker_id: CHANNEL,
        scene: 4,
        list_change_content: Some(pb::LinkerListChange {
            linked_users: vec![linked(user(HOST, "the.host", "The Host"), 1, 178), linked(ben(), 4, 25)],
            applied_users: vec![linked(ana(), 0, 0)],
        }),
    }
}

fn layer_user(user_id: i64) -> pb::LayerUser {
    pb::LayerUser { id: Some(pb::LayerId { room_id: ROOM, user_id }), link_id: format!("{CHANNEL}_{user_id}") }
}

pub(crate) fn layer(message_type: i32) -> pb::LinkLayerMessage {
    let users = pb::LayerUsers { linked: vec![layer_user(HOST), layer_user(BEN)], applied: vec![layer_user(ANA)] };
    let list = pb::LayerList { change: 2, users: Some(users) };
    let left = pb::LayerLeave { id: layer_user(BEN).id, reason: 10_014 };
    let names = |nickname: &str, display_id: &str| pb::LayerPerson {
        nickname: nickname.to_owned(),
        display_id: display_id.to_owned(),
    };
    let by_id = [(HOST, names("The Host", "the.host")), (BEN, names("Ben", "ben_77"))].into();
    let co_hosts = Some(pb::LayerCoHosts { people: Some(pb::LayerPeople { by_id }) });
    pb::LinkLayerMessage {
        common: common(),
        message_type,
        channel_id: CHANNEL,
        scene: if message_type == 18 { 2 } else { 4 },
        list_change_content: (message_type == 11).then_some(list),
        leave_content: (message_type == 9).then_some(left),
        finish_content: (message_type == 10).then_some(left),
        business_content: (message_type == 18).then_some(pb::LayerBusiness { co_hosts }),
    }
}

fn links() -> Vec<Message> {
    let coins = pb::LinkMicMethod {
        common: common(),
        message_type: 8,
        user_id: BEN,
        fan_ticket: 2_366,
        total_fan_ticket: 10_018,
        ..Default::default()
    };
    let state = pb::LinkStateMessage { common: common(), channel_id: CHANNEL, scene: 4, version: 3 };
    vec![
        message("WebcastLinkMicFanTicketMethod", &tickets(2_361)),
        message("WebcastLinkMicMethod", &coins),
        message("LinkMicMethod", &pb::LinkMicMethod { message_type: 101, scene: 2, channel_id: CHANNEL, ..coins }),
        message("WebcastLinkMessage", &guests(20)),
        message("WebcastLinkLayerMessage", &layer(9)),
        message("WebcastLinkLayerMessage", &layer(11)),
        message("WebcastLinkLayerMessage", &layer(18)),
        message("WebcastLinkStateMessage", &state),
        message("WebcastLinkMicLayoutStateMessage", &state),
    ]
}

pub(crate) fn glove() -> pb::LinkMicBattleItemCard {
    let by = pb::BattleBaseUser {
        user_id: ANA,
        nick_name: "Ana ✨".to_owned(),
        display_id: "ana.sings".to_owned(),
        ..Default::default()
    };
    let card = pb::UseCard {
        card_info: Some(pb::CardInfo {
            card_name_key: "pm_mt_boost_crit_name".to_owned(),
            send_time_sec: 1_700_000_010,
            send_user: Some(pb::BattleAnchor { user: Some(by) }),
            effect_last_duration: 30,
            other_effect_time_sec: 30,
            multiple: 5,
            effect_time_sec: 1_700_000_013,
            ..Default::default()
        }),
        anchor_id: HOST,
        display_content: Some(text(
            "pm_mt_boost_send_crit_comment",
            "{0:user} sent 1 boosting glove",
            vec![text_user(ana())],
        )),
    };
    pb::LinkMicBattleItemCard {
        common: common(),
        battle_id: 42,
        msg_type: 2,
        use_critical_strike: Some(card),
        ..Default::default()
    }
}

pub(crate) fn mist() -> pb::LinkMicBattleItemCard {
    let words = text("pm_mt_boost_send_mist_comment", "{0:user} sent 1 magic mist", vec![text_user(ben())]);
    let info = pb::CardInfo { effect_last_duration: 20, other_effect_time_sec: 1_700_000_020, ..Default::default() };
    let card = pb::UseCard { card_info: Some(info), anchor_id: BEN, display_content: Some(words) };
    pb::LinkMicBattleItemCard { msg_type: 3, use_critical_strike: None, use_smoke: Some(card), ..glove() }
}

pub(crate) fn task(task_message_type: i32) -> pb::LinkmicBattleTaskMessage {
    pb::LinkmicBattleTaskMessage {
        common: common(),
        task_message_type,
        task_update: (task_message_type == 1).then_some(pb::BattleTaskUpdate { task_progress: 4, from_user_uid: ANA }),
        task_settle: (task_message_type == 2).then(|| pb::BattleTaskSettle { task_result: 1, ..Default::default() }),
        battle_id: 0,
    }
}

fn battles() -> Vec<Message> {
    let award = text("pm_mt_mvp_getItem_crit", "{0:string} got a boosting glove.", vec![text_words("ana.sings")]);
    let rule = text("", "Only the number of {0:string} counts.", vec![text_words("Rose")]);
    vec![
        message("WebcastLinkMicBattleItemCard", &glove()),
        message("WebcastLinkMicBattleItemCard", &mist()),
        message(
            "WebcastLinkMicBattleItemCard",
            &pb::LinkMicBattleItemCard {
                msg_type: 4,
                use_critical_strike: None,
                award_notice: Some(pb::AwardNotice { display_content: Some(award) }),
                ..glove()
            },
        ),
        message("WebcastLinkmicBattleTaskMessage", &task(0)),
        message("WebcastLinkmicBattleTaskMessage", &task(1)),
        message("WebcastLinkmicBattleTaskMessage", &task(2)),
        message(
            "WebcastLinkmicBattleNoticeMessage",
            &pb::LinkmicBattleNoticeMessage {
                common: common(),
                notice_type: 6,
                notice: Some(pb::BattleNotice { text: Some(rule) }),
            },
        ),
    ]
}

fn notify(key: &str, pattern: &str, pieces: Vec<pb::TextPiece>) -> pb::RoomNotifyMessage {
    pb::RoomNotifyMessage { common: common_with(text(key, pattern, pieces)), ..Default::default() }
}

pub(crate) fn rank_text() -> pb::RankTextMessage {
    let words = text(
        "pm_mt_topviewer_comment",
        "{0:user} just became the No. {1:string} viewer!",
        vec![text_user(ana()), text_words("2")],
    );
    pb::RankTextMessage {
        common: common_with(words),
        scene: 1,
        owner_idx_before_update: 3,
        owner_idx_after_update: 2,
        other_get_badge_msg: None,
        cur_user_id: ANA,
    }
}

fn ranks() -> Vec<Message> {
    let weekly = Some(text("pm_mt_Live_WR", "Weekly Ranking", Vec::new()));
    let row = pb::RankUpdate {
        rank_type: 1,
        own_rank: 17,
        default_content: weekly.clone(),
        countdown: 333_624,
        ..Default::default()
    };
    let pieces = || vec![text_words("the.host"), text_words("1")];
    let won = notify("pm_mt_Live_HRannounce", "{0:string} just became the No. {1:string} LIVE creator", pieces());
    let weekly_won = notify("pm_mt_weekly_ranking_top_host", "{0:string} became the No. {1:string}", pieces());
    vec![
        message("WebcastRankUpdateMessage", &pb::RankUpdateMessage { common: common(), updates: vec![row] }),
        message("WebcastRankTextMessage", &rank_text()),
        message(
            "WebcastHourlyRankMessage",
            &pb::HourlyRankMessage { common: common(), data: Some(pb::HourlyRank { rank_type: 1, content: weekly }) },
        ),
        message(
            "WebcastHourlyRankRewardMessage",
            &pb::HourlyRankRewardMessage {
                common: common(),
                winners: vec![pb::RankWinner { user_id: HOST, notify: Some(won) }],
            },
        ),
        message(
            "WebcastWeeklyRankRewardMessage",
            &pb::WeeklyRankRewardMessage { user_id: HOST, common: common(), notify: Some(weekly_won) },
        ),
    ]
}

fn announcements() -> Vec<Message> {
    let glove = notify(
        "pm_mt_boost_crit_got_comment_others",
        "The MVP {0:string} got 1 boosting glove.",
        vec![text_words("ana.sings")],
    );
    let gift = pb::TextPiece {
        r#type: 12,
        gift_value: Some(pb::TextPieceGift { gift_id: 5_655, name_ref: None }),
        ..Default::default()
    };
    let dear = notify(
        "pm_mt_live_gift_platform_announcement",
        "{0:user} sent {1:gift} to {2:user}",
        vec![text_user(ana()), gift, text_user(ben())],
    );
    let marquee = notify("pm_mt_marquee", "{0:user} is on fire", vec![text_user(ben())]);
    vec![
        message("WebcastRoomNotifyMessage", &glove),
        message(
            "WebcastGiftBroadcastMessage",
            &pb::GiftBroadcastMessage { common: common(), from_user_id: ANA, notify: Some(dear) },
        ),
        message(
            "WebcastMarqueeAnnouncementMessage",
            &pb::MarqueeAnnouncementMessage {
                common: common(),
                message_scene: "room".to_owned(),
                entities: vec![pb::MarqueeEntity { notify: Some(marquee) }],
            },
        ),
        message(
            "WebcastInRoomBannerMessage",
            &pb::InRoomBannerMessage {
                common: common(),
                data: br#"{"spring-campaign":{"_just_anchor":true,"rank":192}}"#.to_vec().into(),
                position: 1,
                action_type: 2,
            },
        ),
        message(
            "WebcastOecLiveShoppingMessage",
            &pb::OecLiveShoppingMessage {
                common: common(),
                action_type: 2,
                live_product_number: 12,
                pop_product: Some(pb::PopProduct {
                    title: "A mug with songs on it".to_owned(),
                    price: "9,90 €".to_owned(),
                }),
            },
        ),
    ]
}

fn moderation() -> Vec<Message> {
    let punish = |punish_type: &str, punish_reason: &str| pb::PunishInfo {
        punish_type: punish_type.to_owned(),
        punish_reason: punish_reason.to_owned(),
        punish_id: "7300000000000000099".to_owned(),
        violation_uid: HOST,
        ..Default::default()
    };
    vec![
        message(
            "WebcastAccessRecallMessage",
            &pb::AccessRecallMessage {
                common: common(),
                status: 1,
                scene: "CONTENT_CLASSIFICATION".to_owned(),
                punish_info: Some(pb::PunishInfo { punish_id: "7".to_owned(), ..Default::default() }),
                ..Default::default()
            },
        ),
        message(
            "WebcastPerceptionMessage",
            &pb::PerceptionMessage {
                common: common(),
                punish_info: Some(pb::PunishInfo {
                    duration: 300,
                    end_time: THEN / 1_000 + 300,
                    ..punish("muting_cancel", "CREDIT_MUTE")
                }),
                toast: Some(text("pm_mt_unmuted", "You may speak again", Vec::new())),
                ..Default::default()
            },
        ),
        message(
            "WebcastRoomVerifyMessage",
            &pb::RoomVerifyMessage { common: common(), action: 3, content: String::new(), close_room: false },
        ),
        message("WebcastAccessControlMessage", &pb::GiftPanelUpdateMessage { common: common(), room_id: 0 }),
        message(
            "WebcastUnauthorizedMemberMessage",
            &pb::UnauthorizedMemberMessage {
                common: common(),
                action: 1,
                nick_name_prefix: Some(text("web_nonlogin_im_1", "Viewer%s", Vec::new())),
                nick_name: "885083".to_owned(),
            },
        ),
    ]
}

fn side_shows() -> Vec<Message> {
    let desc = text("pm_mt_goal_reminder", "The host set a subscription goal.", Vec::new());
    vec![
        message("WebcastCapsuleMessage", &pb::CapsuleMessage { common: common(), desc: Some(desc), r#type: 2 }),
        message("WebcastGiftPanelUpdateMessage", &pb::GiftPanelUpdateMessage { common: common(), room_id: ROOM }),
        message(
            "WebcastMsgDetectMessage",
            &pb::MsgDetectMessage { common: common(), detect_type: 2, from_region: "EG".to_owned() },
        ),
    ]
}

pub(super) fn messages() -> Vec<Message> {
    [links(), battles(), ranks(), announcements(), moderation(), side_shows()].concat()
}
