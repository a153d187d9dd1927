//! Mix of messages as a busy room sends them: as large and as mixed as recorded ones, from people who are invented.
//!
//! Pictures in three sizes with several addresses each, badges with pictures of their own; counts per kind are those of a
//! ten-minute recording.

use prost::Message as _;
use tiktop::wire::pb;

/// Messages per recording, by kind.
const MIX: [(&str, usize); 11] = [
    ("WebcastMemberMessage", 1_229),
    ("WebcastLikeMessage", 473),
    ("WebcastRoomUserSeqMessage", 303),
    ("WebcastChatMessage", 211),
    ("WebcastCaptionMessage", 210),
    ("WebcastGiftMessage", 25),
    ("WebcastSocialMessage", 25),
    ("WebcastGiftPanelUpdateMessage", 23),
    ("WebcastLinkMicFanTicketMethod", 21),
    ("WebcastLinkMicMethod", 19),
    ("WebcastLinkLayerMessage", 8),
];

/// Frames of two recordings hold 3.3 and 4.5 messages; nine messages in two frames.
const BATCHES: [usize; 2] = [4, 5];

/// The mix, shuffled and cut into batches, each with its number of messages: about 2 500 messages, all different.
pub(crate) fn bodies(seed: u64, room_id: i64) -> Vec<(Vec<u8>, usize)> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut methods: Vec<&str> = MIX.iter().flat_map(|&(method, count)| std::iter::repeat_n(method, count)).collect();
    rng.shuffle(&mut methods);
    let mut methods = methods.as_slice();
    let mut bodies = Vec::new();
    for size in BATCHES.into_iter().cycle() {
        let Some((batch, rest)) = methods.split_at_checked(size) else { break };
        methods = rest;
        let messages = batch.iter().map(|method| message(&mut rng, method, room_id)).collect();
        let response = pb::Response { messages, need_ack: true, internal_ext: "-".to_owned(), ..Default::default() };
        bodies.push((response.encode_to_vec(), size));
    }
    bodies
}

fn message(rng: &mut fastrand::Rng, method: &str, room_id: i64) -> pb::Message {
    let msg_id = rng.i64(7_000_000_000_000_000_000..);
    let common = Some(common(rng, method, msg_id, room_id));
    let payload = match method {
        "WebcastMemberMessage" => {
            let fields = pb::MemberMessage {
                common,
                member_count: 413,
                action: 1,
                client_enter_source: "homepage_hot-live_cell".to_owned(),
                client_enter_type: "draw".to_owned(),
                ..Default::default()
            };
            with_user(fields.encode_to_vec(), 2, &user(rng))
        }
        "WebcastLikeMessage" => {
            let fields = pb::LikeMessage { common, count: 15, total: 3_001_310, ..Default::default() };
            with_user(fields.encode_to_vec(), 5, &user(rng))
        }
        "WebcastRoomUserSeqMessage" => {
            let fields = pb::RoomUserSeqMessage { common, total: 413, total_user: 13_683, ..Default::default() };
            let mut bytes = fields.encode_to_vec();
            for rank in 1..=16 {
                let row = pb::Contributor { score: 100 - rank, rank, ..Default::default() }.encode_to_vec();
                let row = if rank <= 3 { with_user(row, 2, &user(rng)) } else { row };
                field(&mut bytes, 2, &row);
            }
            bytes
        }
        "WebcastChatMessage" => {
            let fields = pb::ChatMessage {
                common,
                content: "where are you from, what a song 😍".to_owned(),
                content_language: "en".to_owned(),
                user_identity: Some(pb::UserIdentity { is_follower: true, ..Default::default() }),
                ..Default::default()
            };
            with_user(fields.encode_to_vec(), 2, &user(rng))
        }
        "WebcastGiftMessage" => {
            let gift = pb::Gift {
                image: Some(image(rng, 2)),
                describe: "sent Rose".to_owned(),
                id: 5_655,
                combo: true,
                r#type: 1,
                diamond_count: 1,
                name: "Rose".to_owned(),
            };
            let fields = pb::GiftMessage {
                common,
                gift_id: 5_655,
                fan_ticket_count: 1,
                repeat_count: 3,
                group_id: 1_700_000_000_000,
                gift: Some(gift),
                ..Default::default()
            };
            with_user(fields.encode_to_vec(), 7, &user(rng))
        }
        "WebcastSocialMessage" => {
            let fields = pb::SocialMessage { common, action: 1, ..Default::default() };
            with_user(fields.encode_to_vec(), 2, &user(rng))
        }
        // What we have no reading for: a header and some of its own.
        _ => {
            let mut bytes = pb::LiveIntroMessage { common, ..Default::default() }.encode_to_vec();
            field(&mut bytes, 9, word(rng, 200).as_bytes());
            bytes
        }
    };
    pb::Message { method: method.to_owned(), payload: payload.into(), msg_id, ..Default::default() }
}

fn common(rng: &mut fastrand::Rng, method: &str, msg_id: i64, room_id: i64) -> pb::Common {
    let name = word(rng, 12);
    let piece = pb::User { id: rng.i64(1..), nickname: name, ..Default::default() };
    let user_value = Some(pb::TextPieceUser { user: Some(piece) });
    pb::Common {
        method: method.to_owned(),
        msg_id,
        room_id,
        create_time: 1_700_000_000_123,
        is_show_msg: true,
        display_text: Some(pb::Text {
            key: "live_room_enter_toast".to_owned(),
            default_pattern: "{0:user} joined".to_owned(),
            pieces: vec![pb::TextPiece { r#type: 11, user_value, ..Default::default() }],
        }),
        ..Default::default()
    }
}

fn with_user(mut message: Vec<u8>, number: u32, user: &[u8]) -> Vec<u8> {
    field(&mut message, number, user);
    message
}

/// A person of about 2 KB: what we read, and the pictures around it that we do not.
fn user(rng: &mut fastrand::Rng) -> Vec<u8> {
    let picture = image(rng, 3);
    let user = pb::User {
        id: rng.i64(6_000_000_000_000_000_000..7_000_000_000_000_000_000),
        nickname: if rng.u8(..4) == 0 { format!("✨ {} ✨", word(rng, 8)) } else { word(rng, 12) },
        bio_description: word(rng, 30),
        avatar_thumb: Some(picture.clone()),
        follow_info: Some(pb::FollowInfo { following_count: 321, follower_count: 99, follow_status: 1 }),
        user_attr: Some(pb::UserAttr::default()),
        display_id: word(rng, 14).to_lowercase(),
        sec_uid: word(rng, 76),
        ..Default::default()
    };
    let mut bytes = user.encode_to_vec();
    for number in [10, 11] {
        let size = if number == 10 { "720x720" } else { "1080x1080" };
        let url_list = picture.url_list.iter().map(|url| url.replace("100x100", size)).collect();
        field(&mut bytes, number, &pb::Image { url_list, uri: picture.uri.clone() }.encode_to_vec());
    }
    for (scene, level) in [(8, "17"), (10, "21")].into_iter().take(rng.usize(..=2)) {
        field(&mut bytes, 64, &badge(rng, scene, level));
    }
    bytes
}

fn badge(rng: &mut fastrand::Rng, scene_type: i32, level: &str) -> Vec<u8> {
    let badge = pb::Badge {
        display_type: 4,
        scene_type,
        display: true,
        privilege_log_extra: Some(pb::PrivilegeLogExtra { level: level.to_owned() }),
        combine: Some(pb::CombineBadge { str: level.to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let mut bytes = badge.encode_to_vec();
    // The picture of a badge is an `Image` inside field 20.
    let mut picture = Vec::new();
    field(&mut picture, 2, &image(rng, 2).encode_to_vec());
    field(&mut bytes, 20, &picture);
    bytes
}

/// Addresses of one picture: long, alike, each with a signature of its own.
fn image(rng: &mut fastrand::Rng, urls: usize) -> pb::Image {
    let uri = format!("tos-example-avt-0068/{}", word(rng, 32).to_lowercase());
    let url = |n: usize, rng: &mut fastrand::Rng| {
        let kind = if n.is_multiple_of(2) { "webp" } else { "jpeg" };
        let signature = word(rng, 27);
        format!("https://p16-sign.example.com/{uri}~c5_100x100.{kind}?x-expires=1700000000&x-signature={signature}%3D")
    };
    let url_list = (0..urls).map(|n| url(n, rng)).collect();
    pb::Image { url_list, uri }
}

fn word(rng: &mut fastrand::Rng, length: usize) -> String {
    std::iter::repeat_with(|| rng.alphanumeric()).take(length).collect()
}

/// Appends a field of bytes to an encoded message.
fn field(message: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, message);
    prost::encoding::encode_varint(bytes.len() as u64, message);
    message.extend(bytes);
}
