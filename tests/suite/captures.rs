//! Tests on recorded traffic of the real service, read by the real decoder.
//!
//! The recordings lie beside the repository and name strangers, so they are not part of it; without them these tests
//! pass, saying so.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use tiktop::clock::{Moment, Timestamp};
use tiktop::events::{EventKind, RoomEvent, decode, json};
use tiktop::wire::{Frame, FrameKind, Inflater, Response, capture};

fn recording(name: &str) -> Option<Vec<u8>> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "shared", "captures", name].iter().collect();
    let bytes = fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: no recording at {}", path.display());
    }
    bytes
}

fn lines(bytes: Vec<u8>) -> Vec<capture::CaptureLine> {
    let text = String::from_utf8(bytes).unwrap();
    text.lines().map(|line| capture::CaptureLine::parse(line).unwrap()).collect()
}

fn events_of_frames(name: &str) -> Option<Vec<RoomEvent>> {
    let mut inflater = Inflater::default();
    let mut events = Vec::new();
    for line in lines(recording(name)?) {
        let capture::CaptureLine::Frame { t, bytes } = line else { panic!("a message in {name}") };
        let frame = Frame::decode(bytes).unwrap();
        let body = frame.body(&mut inflater).unwrap();
        if frame.kind.carries_response() {
            let response = Response::decode(&body).unwrap();
            assert_eq!(response.broken, 0);
            let at = Moment { mono: t as u64, wall: Timestamp(t) };
            events.extend(response.messages.iter().map(|message| decode(message, at)));
        }
    }
    Some(events)
}

fn counts<'a>(events: impl IntoIterator<Item = &'a RoomEvent>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(json::type_name(&event.kind)).or_default() += 1;
    }
    counts
}

fn assert_all_read(events: &[RoomEvent]) {
    for event in events {
        if let EventKind::Unknown(unknown) = &event.kind {
            assert_eq!(unknown.error, None, "{}", unknown.method);
            assert!(!unknown.method.is_empty());
        }
    }
}

#[test]
fn a_live_of_2026_holds_what_its_index_says() {
    let Some(events) = events_of_frames("frames-2026-live.jsonl") else { return };
    assert_all_read(&events);
    let counts = counts(&events);
    let expected = [("join", 5), ("viewers", 5), ("chat", 1), ("gift", 2)];
    for (kind, expected) in expected {
        assert_eq!(counts.get(kind), Some(&expected), "{kind} of {counts:?}");
    }
    let gifts: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Gift(gift) => Some(gift),
            _ => None,
        })
        .collect();
    assert_eq!((gifts[0].count, gifts[0].group), (gifts[1].count, gifts[1].group));
    assert_eq!((gifts[0].ends, gifts[1].ends), (false, true));
    assert!(gifts.iter().all(|gift| gift.gift.diamonds.is_some() && gift.gift.streakable() && gift.to.is_none()));
}

#[test]
fn a_chat_of_emotes_only_is_a_chat() {
    let Some(events) = events_of_frames("frames-2026-live2.jsonl") else { return };
    assert_all_read(&events);
    let counts = counts(&events);
    assert_eq!((counts.get("join"), counts.get("chat"), counts.get("viewers")), (Some(&3), Some(&2), Some(&2)));
    let emotes_only = |event: &&RoomEvent| match &event.kind {
        EventKind::Chat(chat) => !chat.emotes.is_empty(),
        _ => false,
    };
    assert_eq!(events.iter().filter(emotes_only).count(), 1);
}

#[test]
fn the_reply_to_entering_carries_the_welcome() {
    let Some(events) = events_of_frames("frames-2026-entry.jsonl") else { return };
    assert_all_read(&events);
    let counts = counts(&events);
    assert!(counts.contains_key("notice"), "{counts:?}");
}

#[test]
fn every_message_of_2023_decodes_or_is_named() {
    let Some(bytes) = recording("messages-2023.jsonl") else { return };
    let mut methods = BTreeMap::<String, usize>::new();
    let events: Vec<_> = lines(bytes)
        .into_iter()
        .map(|line| {
            let capture::CaptureLine::Message { message, .. } = line else { panic!("a frame") };
            *methods.entry(message.method.to_string()).or_default() += 1;
            decode(&message, Moment::default())
        })
        .collect();
    assert_eq!((events.len(), methods.len()), (732, 69));
    assert_all_read(&events);
    let counts = counts(&events);
    for (kind, method) in [
        ("chat", "WebcastChatMessage"),
        ("like", "WebcastLikeMessage"),
        ("gift", "WebcastGiftMessage"),
        ("viewers", "WebcastRoomUserSeqMessage"),
        ("question", "WebcastQuestionNewMessage"),
        ("control", "WebcastControlMessage"),
        ("envelope", "WebcastEnvelopeMessage"),
        ("barrage", "WebcastBarrageMessage"),
        ("subscribe", "WebcastSubNotifyMessage"),
        ("intro", "WebcastLiveIntroMessage"),
        ("delete", "WebcastImDeleteMessage"),
        ("battle_points", "WebcastLinkMicArmies"),
        ("poll", "WebcastPollMessage"),
        ("goal", "WebcastGoalUpdateMessage"),
        ("pin", "WebcastRoomPinMessage"),
        ("caption", "WebcastCaptionMessage"),
        ("battle_item", "WebcastLinkMicBattleItemCard"),
        ("battle_task", "WebcastLinkmicBattleTaskMessage"),
        ("banner", "WebcastInRoomBannerMessage"),
    ] {
        assert_eq!(counts.get(kind), methods.get(method), "{kind}");
    }
    let sum = |kinds: &[&str]| kinds.iter().map(|&method| methods[method]).sum::<usize>();
    for (kind, of) in [
        ("join", &["WebcastMemberMessage", "WebcastUnauthorizedMemberMessage"][..]),
        (
            "question_update",
            &["WebcastQuestionSelectedMessage", "WebcastQuestionSlideDownMessage", "WebcastQuestionDeleteMessage"],
        ),
        ("guest_tickets", &["WebcastLinkMicFanTicketMethod", "WebcastLinkMicMethod"]),
        ("link", &["WebcastLinkMessage", "WebcastLinkLayerMessage", "LinkMicMethod"]),
        ("announcement", &["WebcastRoomNotifyMessage", "WebcastGiftBroadcastMessage"]),
        ("moderation", &["WebcastAccessRecallMessage", "WebcastPerceptionMessage", "WebcastRoomVerifyMessage"]),
    ] {
        assert_eq!(counts.get(kind), Some(&sum(of)), "{kind}");
    }
    assert_eq!(counts["follow"] + counts["share"], methods["WebcastSocialMessage"]);
    assert_eq!(counts["battle"], methods["WebcastLinkMicBattle"] + methods["WebcastLinkMicBattlePunishFinish"]);
    for event in &events {
        assert_plausible(&event.kind);
    }
}

/// What must be there in a real event, whoever it is about.
fn assert_plausible(kind: &EventKind) {
    match kind {
        EventKind::Chat(chat) => assert!(!chat.from.unique_id.is_empty()),
        EventKind::Join(join) if join.from.id.is_none() => assert!(join.from.nickname.as_str().starts_with("Viewer")),
        EventKind::Join(join) => assert!(join.from.picture.is_some()),
        EventKind::Follow(follow) => assert!(follow.from.id.is_some()),
        EventKind::Like(like) => assert!((1..=15).contains(&like.count) && like.from.is_some()),
        EventKind::Gift(gift) => assert!(gift.gift.diamonds.is_some() && gift.to.is_none() && gift.count > 0),
        EventKind::Question(question) => assert!(!question.text.is_empty() && question.id != "0"),
        EventKind::Intro(intro) => assert!(!intro.text.is_empty()),
        EventKind::Delete(delete) => assert!(!delete.users.is_empty()),
        EventKind::Envelope(envelope) => assert!(!envelope.id.is_empty() && (!envelope.shown || envelope.coins > 0)),
        EventKind::Notice(notice) => assert!(!notice.text.is_empty(), "{notice:?}"),
        EventKind::Barrage(barrage) => assert!(!barrage.text.is_empty() && barrage.from.is_some(), "{barrage:?}"),
        EventKind::Poll(poll) => assert!(poll.id.is_some() && poll.options.len() > 1, "{poll:?}"),
        EventKind::Goal(goal) => {
            assert!(goal.id.is_some() && goal.starts_at.is_some() && !goal.top.is_empty(), "{goal:?}");
            assert!(goal.top.iter().all(|row| row.coins < 1_000_000), "{goal:?}");
            assert!(
                goal.parts.iter().all(|part| part.target > 0 && part.name.is_empty() == (part.kind == 2)),
                "{goal:?}"
            );
        }
        EventKind::Pin(pin) => assert_eq!((pin.message.is_some(), pin.from.is_some()), (true, pin.pinned), "{pin:?}"),
        EventKind::GuestTickets(tickets) => assert!(tickets.total > 0 && !tickets.guests.is_empty(), "{tickets:?}"),
        EventKind::Rank(rank) => assert!(!rank.text.is_empty() || !rank.rows.is_empty(), "{rank:?}"),
        EventKind::Announcement(told) => assert!(!told.text.is_empty() && !told.scene.is_empty(), "{told:?}"),
        EventKind::BattleItem(item) => assert!(item.battle.is_some() && !item.text.is_empty(), "{item:?}"),
        EventKind::Banner(banner) => assert!(banner.data.is_some(), "{banner:?}"),
        EventKind::BattlePoints(points) => {
            assert!(points.battle.is_some() && points.sides.len() >= 2 && points.times.ends_at.is_some());
            assert!(points.sides.iter().all(|side| side.points.is_some()));
        }
        _ => {}
    }
}

#[test]
fn a_fetched_batch_reads_without_a_frame() {
    let Some(bytes) = recording("im-fetch-2026.bin") else { return };
    let response = Response::decode(&bytes.into()).unwrap();
    assert!(!response.cursor.is_empty() && response.internal_ext.starts_with("fetch_time:"));
    assert_eq!((response.fetch_interval, response.broken), (1_000, 0));
    let events: Vec<_> = response.messages.iter().map(|message| decode(message, Moment::default())).collect();
    assert_all_read(&events);
    // None is marked as history, although the service sends such a batch on entry.
    assert_eq!(counts(&events), [("chat", 1), ("join", 1), ("viewers", 1)].into());
    assert!(events.iter().all(|event| !event.history && event.server_at.is_some() && event.room_id.is_some()));
}

#[test]
fn an_uncompressed_frame_of_2023_reads() {
    let Some(bytes) = recording("pushframe-like-2023.bin") else { return };
    let frame = Frame::decode(bytes.into()).unwrap();
    assert_eq!((&frame.kind, frame.gzip, frame.seq_id), (&FrameKind::Message, false, 9));
    let response = Response::decode(&frame.body(&mut Inflater::default()).unwrap()).unwrap();
    let event = decode(&response.messages[0], Moment::default());
    assert!(matches!(event.kind, EventKind::Like(_)));
}

#[test]
fn we_enter_a_room_with_the_bytes_others_were_seen_to_send() {
    let Some(hex) = recording("enter-room-frame.hex") else { return };
    let hex = String::from_utf8(hex).unwrap();
    let bytes: Vec<u8> =
        (0..hex.trim().len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let theirs = Frame::decode(Bytes::from(bytes)).unwrap();
    let fields = |payload: &Bytes| {
        let fields = tiktop::wire::Fields::new(payload).map(Result::unwrap);
        // Theirs spells out a zero, which is the same as leaving it away.
        fields.filter(|field| field.number != 8).map(|field| format!("{field:?}")).collect::<Vec<_>>()
    };
    let room = tiktop::wire::Fields::new(&theirs.payload).next().unwrap().unwrap().int().unwrap();
    let ours = Frame::decode(Frame::enter_room(tiktop::ids::RoomId(room as u64), 0)).unwrap();
    assert_eq!(ours.kind, theirs.kind);
    assert_eq!(fields(&ours.payload), fields(&theirs.payload));
}

/// What stays unknown is known to be of no use; anything else here is a reading that fell out of the table.
#[test]
fn what_stays_unknown_is_named_here() {
    let Some(bytes) = recording("messages-2023.jsonl") else { return };
    let unknown: std::collections::BTreeSet<String> = lines(bytes)
        .into_iter()
        .filter_map(|line| {
            let capture::CaptureLine::Message { message, .. } = line else { panic!("a frame") };
            let EventKind::Unknown(unknown) = decode(&message, Moment::default()).kind else { return None };
            Some(unknown.method.as_str().trim_start_matches("Webcast").trim_end_matches("Message").to_owned())
        })
        .collect();
    insta::assert_snapshot!(unknown.into_iter().collect::<Vec<_>>().join("\n"));
}
