//! Tests of what messages mean: what others get wrong, what may be left out, what has several places.

use prost::Message as _;
use rstest::rstest;
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::{
    BarrageKind, BattleAction, BattleKind, BattleResult, Chat, ControlAction, EventKind, Gift, GiftFacts, GiftTo,
    NoticeKind, Viewer, decode,
};
use tiktop::ids::{GiftId, MsgId, RoomId, UserId};
use tiktop::wire::{Message, pb};

use crate::invented::{self as an, ANA, BEN, HOST, message};

fn kind(message: &Message) -> EventKind {
    decode(message, Moment::default()).kind
}

fn gift(gift: &pb::GiftMessage) -> Gift {
    let EventKind::Gift(gift) = kind(&message("WebcastGiftMessage", gift)) else { panic!("no gift") };
    *gift
}

fn chat(chat: &pb::ChatMessage) -> Chat {
    let EventKind::Chat(chat) = kind(&message("WebcastChatMessage", chat)) else { panic!("no chat") };
    chat
}

fn speaker(user: pb::User) -> Viewer {
    Viewer::clone(&chat(&pb::ChatMessage { user: Some(user), ..an::chat("hi") }).from)
}

#[test]
fn the_envelope_comes_before_the_header_inside() {
    let sent = message("WebcastChatMessage", &an::chat("hi"));
    let event = decode(&sent, Moment::default());
    assert_eq!((event.id, event.room_id), (sent.msg_id, Some(RoomId(an::ROOM as u64))));
    assert_eq!(event.server_at, Some(Timestamp(an::THEN)));
    let without = Message { msg_id: None, ..sent };
    assert_eq!(decode(&without, Moment::default()).id, Some(MsgId(777)));
}

#[test]
fn a_time_in_seconds_and_a_missing_time_are_told_apart() {
    let at = |create_time| {
        let common = an::common().map(|common| pb::Common { create_time, ..common });
        let sent = pb::RoomTextMessage { common, content: "filtered".to_owned(), ..Default::default() };
        decode(&message("WebcastRoomMessage", &sent), Moment::default()).server_at
    };
    assert_eq!(at(1_700_000_000), Some(Timestamp(1_700_000_000_000)));
    assert_eq!(at(0), None);
}

#[test]
fn any_source_suffices_for_a_role() {
    assert!(
        speaker(pb::User { user_attr: Some(pb::UserAttr { is_admin: true, ..Default::default() }), ..an::ana() })
            .moderator
    );
    assert!(speaker(pb::User { badge_list: vec![an::badge(1, "0", "")], ..an::ana() }).moderator);
    let identity =
        pb::UserIdentity { is_moderator: true, is_mutual_following: true, is_subscriber: true, ..Default::default() };
    let by_identity = chat(&pb::ChatMessage { user_identity: Some(identity), ..an::chat("hi") }).from;
    assert!(by_identity.moderator && by_identity.friend && by_identity.follower && by_identity.subscriber);
    let nobody = speaker(an::ana());
    assert!(!nobody.moderator && !nobody.friend && !nobody.follower && !nobody.subscriber && !nobody.host);
}

#[rstest]
#[case(0, false, false)]
#[case(1, true, false)]
#[case(2, true, true)]
#[case::seen_on_guests_and_givers(3, false, false)]
fn following_is_read_from_two_numbers_only(#[case] follow_status: i64, #[case] follower: bool, #[case] friend: bool) {
    let viewer =
        speaker(pb::User { follow_info: Some(pb::FollowInfo { follow_status, ..Default::default() }), ..an::ana() });
    assert_eq!((viewer.follower, viewer.friend), (follower, friend));
}

#[test]
fn badges_are_read_by_scene_and_may_come_twice() {
    let badges = [
        (2, "0", ""),
        (4, "0", ""),
        (4, "0", ""),
        (6, "0", "pm_mt_badeg_notes_profile2"),
        (6, "0", ""),
        (8, "17", ""),
        (10, "21", ""),
        (99, "5", ""),
    ];
    let badge_list = badges.map(|(scene, level, key)| an::badge(scene, level, key)).to_vec();
    let viewer = speaker(pb::User { badge_list, ..an::ana() });
    assert!(viewer.new_gifter && viewer.subscriber && !viewer.moderator);
    assert_eq!((viewer.top_gifter, viewer.gifter_level, viewer.team_level), (2, 17, 21));
}

#[test]
fn a_name_that_is_no_utf8_costs_its_bad_bytes_only() {
    let mut payload = pb::ChatMessage { user: None, ..an::chat("hi") }.encode_to_vec();
    payload.extend([0x12, 7, 0x08, 5, 0x1a, 3, b'A', 0xff, b'B']);
    let EventKind::Chat(chat) =
        kind(&Message { method: "WebcastChatMessage".into(), payload: payload.into(), ..Message::default() })
    else {
        panic!("no chat")
    };
    assert_eq!((chat.from.id, chat.from.nickname.as_str(), chat.text.as_str()), (Some(UserId(5)), "A\u{fffd}B", "hi"));
}

#[test]
fn a_name_made_of_escapes_is_harmless_on_a_screen_and_kept_for_captures() {
    let viewer = speaker(an::user(5, "x", "\u{1b}]0;title\u{7}\u{202e}Eve"));
    assert_eq!(viewer.nickname.as_str(), "]0;titleEve");
    assert_eq!(viewer.nickname.original(), "\u{1b}]0;title\u{7}\u{202e}Eve");
}

#[test]
fn a_picture_must_be_an_address() {
    let with = |url: &str| {
        let avatar_thumb = Some(pb::Image { url_list: vec![url.to_owned()], ..Default::default() });
        speaker(pb::User { avatar_thumb, ..an::ana() }).picture
    };
    assert_eq!(with("https://p16.example.com/a.webp").as_deref(), Some("https://p16.example.com/a.webp"));
    assert_eq!(with("javascript:alert(1)"), None);
    assert_eq!(with("https://p16.example.com/\u{1b}[31m"), None);
    assert_eq!(with(&format!("https://{}", "x".repeat(5_000))), None);
}

#[test]
fn a_chat_of_emotes_only_has_no_text() {
    let emotes = (0..100)
        .map(|index| pb::EmoteAt { index, emote: Some(pb::Emote { emote_id: "7".to_owned(), image: an::image("e") }) });
    let chat = chat(&pb::ChatMessage { emotes: emotes.collect(), ..an::chat("") });
    assert!(chat.text.is_empty() && chat.emotes[3].index == 3 && chat.emotes[0].picture.is_some());
    assert!(chat.emotes.len() < 100, "a message may not bring any number of emotes");
}

#[rstest]
#[case::left_out(0, true)]
#[case::entered(1, true)]
#[case::from_nearby(47, true)]
#[case::muted(3, false)]
#[case::made_moderator(5, false)]
#[case::nobody_knows(99, false)]
fn only_entering_is_a_join(#[case] action: i32, #[case] join: bool) {
    let sent = pb::MemberMessage { common: an::common(), user: Some(an::ben()), action, ..Default::default() };
    match kind(&message("WebcastMemberMessage", &sent)) {
        EventKind::Join(_) => assert!(join),
        EventKind::Notice(notice) => {
            assert!(!join && notice.kind == NoticeKind::Moderation);
            assert!(notice.text.as_str().contains("Ben"), "{notice:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::by_number(1, "", "follow", 0)]
#[case::number_wins(1, "pm_mt_guidance_share", "follow", 0)]
#[case::share(3, "pm_mt_guidance_share", "share", 0)]
#[case::share_with_friends(3, "pm_mt_guidance_viewer_10_share", "share", 10)]
#[case::other_shares(5, "", "share", 0)]
#[case::by_key(0, "pm_main_follow_message_viewer_2", "follow", 0)]
#[case::share_by_key(0, "pm_mt_guidance_viewer_5_share", "share", 5)]
#[case::neither(9, "pm_mt_something_else", "notice", 0)]
fn follow_and_share_are_told_apart_by_number_first(
    #[case] action: i64,
    #[case] key: &str,
    #[case] expected: &str,
    #[case] told: u32,
) {
    let common = an::common_with(an::text(key, "{0:user} did it", vec![an::text_user(an::ben())]));
    let sent = pb::SocialMessage { common, user: Some(an::ben()), action, ..Default::default() };
    let (found, friends) = match kind(&message("WebcastSocialMessage", &sent)) {
        EventKind::Follow(_) => ("follow", 0),
        EventKind::Share(share) => ("share", share.friends),
        EventKind::Notice(notice) if notice.text == "Ben did it" => ("notice", 0),
        other => panic!("{other:?}"),
    };
    assert_eq!((found, friends), (expected, told));
}

#[rstest]
#[case(15, 3_001_310, 15, 3_001_310)]
#[case::beyond_31_bits(1, 5_000_000_000, 1, 5_000_000_000)]
#[case::negative(-1, i64::MIN, 0, 0)]
fn like_numbers_never_turn_negative(#[case] count: i64, #[case] total: i64, #[case] seen: u64, #[case] reported: u64) {
    let EventKind::Like(like) =
        kind(&message("WebcastLikeMessage", &pb::LikeMessage { count, total, ..Default::default() }))
    else {
        panic!("no like")
    };
    assert_eq!((like.count, like.total, like.from), (seen, reported, None));
}

#[test]
fn in_a_room_of_one_host_a_gift_has_no_receiver() {
    assert_eq!(gift(&an::gift()).to, None);
    let empty = pb::GiftMessage { to_user: Some(pb::User::default()), to_member_id: "0".to_owned(), ..an::gift() };
    assert_eq!(gift(&empty).to.map(|to| to.id), None);
}

#[test]
fn a_receiver_is_named_in_several_places() {
    let ben = |nickname: &str| Some(GiftTo { id: UserId(BEN as u64), nickname: nickname.into() });
    assert_eq!(gift(&pb::GiftMessage { to_user: Some(an::ben()), ..an::gift() }).to, ben("Ben"));
    let member =
        pb::GiftMessage { to_member_id: BEN.to_string(), to_member_nickname: "Benny".to_owned(), ..an::gift() };
    assert_eq!(gift(&member).to, ben("Benny"));
    assert_eq!(gift(&pb::GiftMessage { to_member_id_int: BEN, ..an::gift() }).to, ben(""));
    // The monitor names the host in field 1 and the receiver in field 8.
    let mut payload = pb::GiftMessage { monitor: None, ..an::gift() }.encode_to_vec();
    let mut monitor = Vec::new();
    prost::encoding::int64::encode(1, &HOST, &mut monitor);
    prost::encoding::int64::encode(8, &BEN, &mut monitor);
    prost::encoding::bytes::encode(23, &monitor, &mut payload);
    let sent = Message { method: "WebcastGiftMessage".into(), payload: payload.into(), ..Message::default() };
    let EventKind::Gift(gift) = kind(&sent) else { panic!("no gift") };
    assert_eq!(gift.to, ben(""));
}

#[test]
fn what_a_gift_leaves_out_comes_from_the_catalogue_and_never_as_zero() {
    let bare = gift(&pb::GiftMessage { gift: None, ..an::gift() });
    assert_eq!((bare.gift.name.as_str(), bare.gift.diamonds, bare.gift.kind), ("Rose", Some(1), 1));
    let renamed = pb::Gift { name: "Rosa".to_owned(), diamond_count: 0, ..an::rose() };
    let renamed = gift(&pb::GiftMessage { gift: Some(renamed), ..an::gift() });
    assert_eq!((renamed.gift.name.as_str(), renamed.gift.diamonds), ("Rosa", Some(1)));
    let unheard_of = gift(&pb::GiftMessage { gift: None, gift_id: 1, ..an::gift() });
    assert_eq!(*unheard_of.gift, GiftFacts { id: GiftId(1), ..GiftFacts::default() });
}

#[test]
fn a_streak_is_told_message_by_message() {
    let running = gift(&an::gift());
    assert_eq!((running.count, running.coins, running.ends), (3, Some(2), false));
    let closing = gift(&pb::GiftMessage { repeat_end: 1, fan_ticket_count: 0, ..an::gift() });
    assert_eq!((closing.count, closing.coins, closing.ends, closing.group), (3, None, true, running.group));
}

#[test]
fn absurd_numbers_of_a_gift_stay_numbers() {
    let absurd =
        pb::GiftMessage { repeat_count: i64::MIN, fan_ticket_count: -5, group_id: -1, gift_id: -7, ..an::gift() };
    let absurd = gift(&absurd);
    assert_eq!((absurd.count, absurd.coins, absurd.group), (1, None, 0));
}

#[rstest]
#[case(0, "subscribe")]
#[case::given_away(8, "subscribe")]
#[case::goal_made(3, "notice")]
fn a_subscription_is_told_from_talk_about_goals(#[case] about: u8, #[case] expected: &str) {
    let mut payload =
        pb::SubNotifyMessage { common: an::common(), user: Some(an::ana()), ..Default::default() }.encode_to_vec();
    payload.extend([0x38, about]);
    let sent = Message { method: "WebcastSubNotifyMessage".into(), payload: payload.into(), ..Message::default() };
    let found = match kind(&sent) {
        EventKind::Subscribe(_) => "subscribe",
        EventKind::Notice(_) => "notice",
        other => panic!("{other:?}"),
    };
    assert_eq!(found, expected);
}

#[test]
fn a_banner_names_its_person_in_one_of_three_places() {
    let text = an::text("pm_mt_subscribe_first_barrage", "{0:user} subscribed", vec![an::text_user(an::ana())]);
    let in_text = pb::BarrageMessage { msg_type: 4, content: Some(text), ..Default::default() };
    let grade = Some(pb::BarrageFansLevel { current_grade: 21, user: Some(an::ana()) });
    let in_grade = pb::BarrageMessage { msg_type: 11, fans_level_param: grade, ..Default::default() };
    let own = pb::BarrageMessage { msg_type: 77, user: Some(an::ana()), ..Default::default() };
    for (sent, expected, level) in
        [(in_text, BarrageKind::Subscribe, 0), (in_grade, BarrageKind::TeamJoin, 21), (own, BarrageKind::Other, 0)]
    {
        let EventKind::Barrage(barrage) = kind(&message("WebcastBarrageMessage", &sent)) else { panic!("no barrage") };
        assert_eq!((barrage.kind, barrage.level), (expected, level));
        assert_eq!(barrage.from.and_then(|from| from.id), Some(UserId(ANA as u64)));
    }
}

#[rstest]
#[case(1, ControlAction::Paused)]
#[case(2, ControlAction::Resumed)]
#[case(3, ControlAction::Ended)]
#[case(4, ControlAction::Suspended)]
#[case(9, ControlAction::Other(9))]
fn control_has_four_known_numbers(#[case] action: i32, #[case] expected: ControlAction) {
    let sent = pb::ControlMessage { action, ..Default::default() };
    let EventKind::Control(control) = kind(&message("WebcastControlMessage", &sent)) else { panic!("no control") };
    assert_eq!(control.action, expected);
}

#[test]
fn a_scene_that_is_a_number_does_not_cost_the_text() {
    let mut payload = pb::RoomTextMessage { content: "hello".to_owned(), ..Default::default() }.encode_to_vec();
    payload.extend([0x30, 5]);
    let sent = Message { method: "WebcastRoomMessage".into(), payload: payload.into(), ..Message::default() };
    assert!(matches!(kind(&sent), EventKind::Notice(notice) if notice.text == "hello"));
}

#[test]
fn sides_come_sorted_whatever_the_order_on_the_wire() {
    let EventKind::Battle(battle) = kind(&message("WebcastLinkMicBattle", &an::battle(5))) else { panic!("no battle") };
    assert_eq!((battle.action, battle.kind), (BattleAction::Finished, BattleKind::OneToOne));
    let sides: Vec<_> =
        battle.sides.iter().map(|side| (side.hosts[0].id, side.points, side.result, side.wins)).collect();
    assert_eq!(
        sides,
        [
            (Some(UserId(HOST as u64)), Some(90), Some(BattleResult::Won), 4),
            (Some(UserId(BEN as u64)), Some(40), Some(BattleResult::Lost), 0),
        ]
    );
    assert_eq!(battle.times.ends_at, Some(Timestamp(an::THEN + 301_000)));
}

#[test]
fn in_a_battle_of_teams_the_host_is_found_among_the_members() {
    let users = |ids: [i64; 2]| ids.map(|user_id| pb::BattleTeamUser { user_id, score: 1 }).to_vec();
    let team = |team_id, ids, total_score| pb::BattleTeamArmies {
        team_id,
        users: users(ids),
        total_score,
        armies: Some(an::armies(total_score)),
    };
    let sent = pb::LinkMicArmies {
        battle_id: 42,
        // The map names one host a team, and not ours.
        armies: [(901, an::armies(30)), (BEN, an::armies(20))].into(),
        team_armies: vec![team(2, [BEN, 902], 20), team(1, [901, HOST], 30)],
        battle_setting: an::setting(2),
        trigger_reason: 2,
        ..Default::default()
    };
    let EventKind::BattlePoints(points) = kind(&message("WebcastLinkMicArmies", &sent)) else { panic!("no points") };
    let sides: Vec<_> =
        points.sides.iter().map(|side| (side.team, side.points, side.hosts.len(), side.supporters.len())).collect();
    assert_eq!(sides, [(Some(1), Some(30), 2, 1), (Some(2), Some(20), 2, 1)]);
    assert!(points.sides[0].hosts.iter().any(|host| host.id == Some(UserId(HOST as u64))));
    assert!(points.over && points.cause.is_none());
}
