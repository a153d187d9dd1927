//! Tests of broken and hostile bytes: a message is lost and counted, nothing else.

use proptest::prelude::*;
use prost::Message as _;
use tiktop::clock::Moment;
use tiktop::events::{EventKind, decode};
use tiktop::text::Text;
use tiktop::wire::{Fields, Frame, FrameKind, Inflater, Message, Response, pb};

use crate::invented::{self as an, message};

fn kind(message: &Message) -> EventKind {
    decode(message, Moment::default()).kind
}

fn error_of(kind: &EventKind) -> Option<&str> {
    match kind {
        EventKind::Unknown(unknown) => unknown.error.as_ref().map(Text::as_str),
        _ => None,
    }
}

#[test]
fn a_wrong_field_type_costs_that_message_and_says_where() {
    let sent =
        Message { method: "WebcastLikeMessage".into(), payload: vec![0x12, 1, b'x'].into(), ..Message::default() };
    let kind = kind(&sent);
    assert_eq!(error_of(&kind), Some("field 2 is a run of bytes, a number was expected"));
}

#[test]
fn an_unknown_method_is_named_and_is_no_error() {
    let sent = Message { method: "Webcast\u{1b}[31mNew".into(), payload: vec![0xff; 9].into(), ..Message::default() };
    let EventKind::Unknown(unknown) = kind(&sent) else { panic!("known?") };
    assert_eq!((unknown.method.as_str(), unknown.bytes, unknown.error), ("Webcast[31mNew", 9, None));
}

#[test]
fn an_empty_payload_is_nobodys_message_and_counted() {
    // What we have no reading for is named all the same, and is no error.
    let readable = |sent: &Message| !matches!(kind(sent), EventKind::Unknown(_));
    for sent in an::one_of_each().into_iter().filter(readable) {
        let empty = Message { payload: bytes::Bytes::new(), ..sent };
        assert_eq!(error_of(&kind(&empty)), Some("field 1 is missing"), "{}", empty.method);
    }
}

#[test]
fn a_gift_without_an_id_is_no_gift() {
    let sent = message("WebcastGiftMessage", &pb::GiftMessage { repeat_count: 3, ..Default::default() });
    assert_eq!(error_of(&kind(&sent)), Some("field 2 is missing"));
}

#[test]
fn every_cut_of_every_kind_is_an_event_or_an_error_and_never_a_panic() {
    for sent in an::one_of_each() {
        for length in 0..sent.payload.len() {
            kind(&Message { payload: sent.payload.slice(..length), ..sent.clone() });
        }
    }
}

#[test]
fn a_huge_message_of_little_pieces_is_read_in_time_and_bounded() {
    // 2 MB of opening braces as a pattern, 2 MB of empty ranks, a million deleted people.
    let braces = an::text("k", &"{".repeat(2_000_000), Vec::new());
    kind(&message(
        "WebcastRoomMessage",
        &pb::RoomTextMessage { common: an::common_with(braces), ..Default::default() },
    ));
    let ranks = [0x12, 0].repeat(1_000_000);
    kind(&Message { method: "WebcastRoomUserSeqMessage".into(), payload: ranks.into(), ..Message::default() });
    let delete = pb::ImDeleteMessage { delete_user_ids: vec![5; 1_000_000], ..Default::default() };
    let EventKind::Delete(delete) = kind(&message("WebcastImDeleteMessage", &delete)) else { panic!("no deletion") };
    assert!(delete.users.len() < 10_000);
}

#[test]
fn a_whole_frame_goes_from_bytes_to_events() {
    let messages = an::one_of_each().into_iter().map(|sent| pb::Message {
        method: sent.method.to_string(),
        payload: sent.payload,
        msg_id: 5,
        is_history: true,
        ..Default::default()
    });
    let body = pb::Response { messages: messages.collect(), ..Default::default() }.encode_to_vec();
    for compressed in [true, false] {
        let frame = Frame::decode(Frame::serve(&FrameKind::EnterRoomReply, 1, 2, &body, compressed)).unwrap();
        assert!(frame.kind.carries_response());
        let response = Response::decode(&frame.body(&mut Inflater::default()).unwrap()).unwrap();
        assert_eq!((response.messages.len(), response.broken), (an::one_of_each().len(), 0));
        assert!(response.messages.iter().all(|message| decode(message, Moment::default()).history));
    }
}

/// The top-level fields of a message, each with its bytes.
fn split(payload: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = payload;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (key, wire_type) = prost::encoding::decode_key(&mut &*rest).unwrap();
        let mut after = rest;
        prost::encoding::decode_key(&mut after).unwrap();
        prost::encoding::skip_field(wire_type, key, &mut after, prost::encoding::DecodeContext::default()).unwrap();
        let (field, others) = rest.split_at(rest.len() - after.len());
        fields.push(field.to_vec());
        rest = others;
    }
    fields
}

proptest! {
    #[test]
    fn the_order_of_fields_and_unknown_fields_change_nothing(which in any::<usize>(), seed in any::<u64>()) {
        let messages = an::one_of_each();
        let sent = &messages[which % messages.len()];
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut fields = split(&sent.payload);
        // Repeated fields keep their own order; the rest may come as it likes.
        let mut order: Vec<_> = fields.iter().map(|field| (Fields::new(field).next().unwrap().unwrap().number, rng.u8(..))).collect();
        let mut place_of = std::collections::HashMap::new();
        for (number, place) in &mut order {
            *place = *place_of.entry(*number).or_insert(*place);
        }
        let mut places = order.iter().map(|&(_, place)| place);
        fields.sort_by_cached_key(|_| places.next());
        // Numbers that nobody uses, of each wire type.
        fields.insert(rng.usize(..=fields.len()), vec![0xc0, 0x3e, 5]);
        fields.insert(rng.usize(..=fields.len()), vec![0xca, 0x3e, 2, 0xff, 0xff]);
        fields.insert(rng.usize(..=fields.len()), vec![0xcd, 0x3e, 1, 2, 3, 4]);
        let shuffled = Message { payload: fields.concat().into(), ..sent.clone() };
        let without_size = |kind: EventKind| match kind {
            EventKind::Unknown(_) => None,
            kind => Some(kind),
        };
        prop_assert_eq!(without_size(kind(&shuffled)), without_size(kind(sent)));
    }

    #[test]
    fn arbitrary_bytes_never_panic(which in any::<usize>(), payload in proptest::collection::vec(any::<u8>(), 0..400)) {
        let messages = an::one_of_each();
        let sent = &messages[which % messages.len()];
        kind(&Message { payload: payload.clone().into(), ..sent.clone() });
        let _ = Response::decode(&payload.clone().into());
        if let Ok(frame) = Frame::decode(payload.into()) {
            let _ = frame.body(&mut Inflater::new(100_000));
        }
    }

    #[test]
    fn a_damaged_byte_never_panics(which in any::<usize>(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let messages = an::one_of_each();
        let sent = &messages[which % messages.len()];
        let mut payload = sent.payload.to_vec();
        if !payload.is_empty() {
            let place = place.index(payload.len());
            payload[place] = byte;
        }
        kind(&Message { payload: payload.into(), ..sent.clone() });
    }
}
