//! Laws for every message of the catalogue, whatever it says: the order of fields at any depth, numbers nobody knows,
//! sub-messages that are empty or missing.

use proptest::prelude::*;
use tiktop::clock::Moment;
use tiktop::events::json::{self, LineContext};
use tiktop::events::{EventKind, PinnedWhat, decode};
use tiktop::ids::MsgId;
use tiktop::wire::{Fields, Message, pb};

use crate::invented::{self as an, one_of_each};

/// A field of a message: its number, its wire type, and its value as bytes or as a message.
#[derive(Clone, Debug)]
struct Part {
    key: u64,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    /// Any bytes that are no message to us: a number, a text.
    Plain(Vec<u8>),
    Inside(Vec<Part>),
}

/// Takes a message apart. What reads as printable text is text: it may look like a message, and must not be shuffled.
fn take_apart(mut bytes: &[u8]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let key = prost::encoding::decode_varint(&mut bytes).ok()?;
        let value = match key & 7 {
            0 => {
                let before = bytes;
                prost::encoding::decode_varint(&mut bytes).ok()?;
                Value::Plain(before[..before.len() - bytes.len()].to_vec())
            }
            2 => {
                let length = prost::encoding::decode_varint(&mut bytes).ok()?;
                let (inside, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
                bytes = rest;
                let text = std::str::from_utf8(inside).is_ok_and(|text| !text.chars().any(char::is_control));
                match take_apart(inside).filter(|_| !text) {
                    Some(inside) => Value::Inside(inside),
                    None => Value::Plain(inside.to_vec()),
                }
            }
            _ => return None,
        };
        parts.push(Part { key, value });
    }
    Some(parts)
}

fn put_together(parts: &[Part]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        prost::encoding::encode_varint(part.key, &mut bytes);
        let value = match &part.value {
            Value::Plain(value) => value.clone(),
            Value::Inside(parts) => put_together(parts),
        };
        if part.key & 7 == 2 {
            prost::encoding::encode_varint(value.len() as u64, &mut bytes);
        }
        bytes.extend(value);
    }
    bytes
}

/// Any order, at every depth; repeated fields keep their own.
fn shuffle(parts: &mut [Part], rng: &mut fastrand::Rng) {
    let mut place_of = std::collections::HashMap::new();
    for part in &*parts {
        place_of.entry(part.key).or_insert_with(|| rng.u16(..));
    }
    parts.sort_by_key(|part| place_of[&part.key]);
    for part in parts {
        if let Value::Inside(inside) = &mut part.value {
            shuffle(inside, rng);
        }
    }
}

/// Numbers that nobody uses, of each wire type, at every depth.
fn add_unknown(parts: &mut Vec<Part>, rng: &mut fastrand::Rng) {
    for part in &mut *parts {
        if let Value::Inside(inside) = &mut part.value {
            add_unknown(inside, rng);
        }
    }
    for (wire_type, value) in [(0, vec![5]), (1, vec![1; 8]), (2, vec![0xff; 3]), (5, vec![2; 4])] {
        let part = Part { key: (9_001 << 3) | wire_type, value: Value::Plain(value) };
        parts.insert(rng.usize(..=parts.len()), part);
    }
}

/// One sub-message at any depth goes or loses all it holds.
fn damage(parts: &mut Vec<Part>, rng: &mut fastrand::Rng) {
    let inside: Vec<usize> = (0..parts.len()).filter(|&at| matches!(parts[at].value, Value::Inside(_))).collect();
    let Some(&at) = inside.get(rng.usize(..=inside.len())) else { return };
    match rng.u8(..3) {
        0 => drop(parts.remove(at)),
        1 => parts[at].value = Value::Inside(Vec::new()),
        _ => {
            if let Value::Inside(inside) = &mut parts[at].value {
                damage(inside, rng);
            }
        }
    }
}

fn with(sent: &Message, change: impl FnOnce(&mut Vec<Part>)) -> Message {
    let mut parts = take_apart(&sent.payload).unwrap();
    change(&mut parts);
    Message { payload: put_together(&parts).into(), ..sent.clone() }
}

fn line(message: &Message) -> String {
    let ctx = LineContext { room: "@the.host", room_id: None, live_seq: 1 };
    let mut event = decode(message, Moment::default());
    if let EventKind::Unknown(unknown) = &mut event.kind {
        unknown.bytes = 0;
    }
    json::line(&ctx, &event, None)
}

/// Read, or lost for the one reason that a part is missing without which it says nothing.
fn is_read(message: &Message) -> Result<(), String> {
    match decode(message, Moment::default()).kind {
        EventKind::Unknown(unknown) => match unknown.error {
            Some(error) if !error.as_str().ends_with("is missing") => Err(format!("{}: {error}", unknown.method)),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

#[test]
fn taking_apart_and_putting_together_changes_nothing() {
    for sent in one_of_each() {
        assert_eq!(with(&sent, |_| ()).payload, sent.payload, "{}", sent.method);
        assert!(Fields::new(&sent.payload).all(|field| field.is_ok()));
    }
}

#[test]
fn a_message_of_nothing_but_its_header_is_still_one_of_its_kind() {
    for sent in one_of_each() {
        let kind = |message: &Message| json::type_name(&decode(message, Moment::default()).kind);
        let bare = Message { payload: vec![0x0a, 0].into(), ..sent.clone() };
        // A gift without its kind cannot be counted; a weekly reward has an id where others have their header.
        let needs_more = ["WebcastGiftMessage", "WebcastWeeklyRankRewardMessage"].contains(&&*sent.method);
        let told_apart_by_number =
            ["WebcastMemberMessage", "WebcastSocialMessage", "WebcastLinkMicMethod"].contains(&&*sent.method);
        if !needs_more && !told_apart_by_number {
            assert_eq!(kind(&bare), kind(&sent), "{}", sent.method);
        }
        is_read(&bare).or_else(|error| if needs_more { Ok(()) } else { Err(error) }).unwrap();
    }
}

#[test]
fn taking_a_pinned_gift_down_names_no_gift() {
    let header = an::common();
    let gift_message = Some(pb::GiftMessage { common: header, ..Default::default() });
    let chat_message = Some(pb::ChatMessage::default());
    let down = pb::RoomPinMessage { gift_message, chat_message, ..an::board::pin(2) };
    let EventKind::Pin(pin) = decode(&an::message("WebcastRoomPinMessage", &down), Moment::default()).kind else {
        panic!("no pin")
    };
    assert_eq!((pin.pinned, pin.message, pin.what), (false, Some(MsgId(777)), PinnedWhat::Gift));
    assert!(pin.from.is_none() && pin.text.is_empty());
}

proptest! {
    #[test]
    fn order_and_unknown_fields_change_nothing_at_any_depth(which in any::<usize>(), seed in any::<u64>()) {
        let messages = one_of_each();
        let sent = &messages[which % messages.len()];
        let mut rng = fastrand::Rng::with_seed(seed);
        let changed = with(sent, |parts| {
            add_unknown(parts, &mut rng);
            shuffle(parts, &mut rng);
        });
        prop_assert_eq!(line(&changed), line(sent));
    }

    #[test]
    fn missing_and_empty_sub_messages_cost_only_themselves(which in any::<usize>(), seed in any::<u64>()) {
        let messages = one_of_each();
        let sent = &messages[which % messages.len()];
        let mut rng = fastrand::Rng::with_seed(seed);
        let changed = with(sent, |parts| (0..rng.u8(1..5)).for_each(|_| damage(parts, &mut rng)));
        prop_assert_eq!(is_read(&changed), Ok(()));
        line(&changed);
    }
}
