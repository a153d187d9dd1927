//! Gift list of a room, with prices.
//!
//! A comfort: messages carry the facts of their own gift, so nobody may fail because this list does. Sources disagree on
//! whether it needs a signature (docs/protocol.md#gift-list); an empty answer is taken to mean that it does.

use std::sync::Arc;

use serde_json::Value;

use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, id, nested, text};
use super::lookup::{Subject, accepted_json};
use super::service::Service;
use crate::ids::{GiftFacts, GiftId, RoomId};

const CAP: usize = 8 << 20;
/// A missing list says nothing of the room.
const LIST: Subject<'static> = Subject::Thing("the list of gifts");
/// Gifts taken; full lists have 100 to 700.
const MAX_GIFTS: usize = 4_096;

/// The gifts of a room, or without one those of the region we ask from.
pub(super) async fn gift_list(service: &Service, room: Option<RoomId>) -> Result<Vec<GiftFacts>, ServiceError> {
    let url = super::address::under(&service.webcast, "gift/list/");
    let room_id = room.map(|room| room.to_string());
    let url = service.question(url, room_id.as_deref().map(|room| ("room_id", room)));
    let (subject, of, way) = match room {
        Some(room) => (LIST, format!(" of room {room}"), service.routes.of_room(room, None)),
        None => (LIST, String::new(), Arc::clone(service.routes.usual())),
    };
    read(subject, &service.get(&way.http, &format!("get the gifts{of}"), url, CAP).await?)
}

fn read(subject: Subject<'_>, answer: &HttpAnswer) -> Result<Vec<GiftFacts>, ServiceError> {
    if answer.status.is_success() && answer.body.is_empty() {
        return Err(ServiceError::new(
            ServiceErrorKind::NeedsSession,
            "TikTok gives its gift list only to signed requests; names and prices come from the gifts themselves",
        ));
    }
    let unreadable = || ServiceError::new(ServiceErrorKind::BadAnswer, "TikTok's list of gifts cannot be read");
    let json = accepted_json(subject, answer, unreadable)?;
    let data = nested(at(&json, &["data"]));
    let pages = entries(at(&data, &["pages"]));
    let not_given = || {
        let why = "TikTok gave no list of gifts: the answer holds none; try again in a minute, or another room";
        ServiceError::new(ServiceErrorKind::BadAnswer, why)
    };
    let of = |list: &Value| ["gifts", "gift_list", "gifts_list"].map(|key| entries(at(list, &[key]))).concat();
    let listed = [of(&data), pages.iter().flat_map(of).collect(), entries(&data)].concat();
    let gifts: Vec<_> = listed.iter().filter_map(row).take(MAX_GIFTS).collect();
    if gifts.is_empty() { Err(not_given()) } else { Ok(gifts) }
}

/// The entries of a list, or of a map of ids to gifts, also where it stands inside a text.
fn entries(list: &Value) -> Vec<Value> {
    match nested(list) {
        Value::Array(items) => items,
        Value::Object(map) => map.into_iter().map(|(_, gift)| gift).filter(|gift| gift.get("id").is_some()).collect(),
        _ => Vec::new(),
    }
}

fn row(gift: &Value) -> Option<GiftFacts> {
    let picture = at(gift, &["image", "url_list"]).get(0).and_then(Value::as_str);
    Some(GiftFacts {
        id: GiftId(id(gift, "id")?),
        name: text(at(gift, &["name"])),
        describe: text(at(gift, &["describe"])),
        diamonds: count(at(gift, &["diamond_count"])),
        kind: count(at(gift, &["type"])).and_then(|kind| u32::try_from(kind).ok()).unwrap_or_default(),
        picture: picture.filter(|address| address.starts_with("https://") && address.len() < 2_048).map(Into::into),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::lookup::tests::capture;
    use bytes::Bytes;
    use reqwest::{StatusCode, header::HeaderMap};

    fn read_body(body: impl Into<Bytes>) -> Result<Vec<GiftFacts>, ServiceError> {
        read(
            Subject::Room(RoomId(7)),
            &HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() },
        )
    }

    #[test]
    fn the_recorded_list_is_read() {
        let Some(body) = capture("gift-list-2024.json") else { return };
        let gifts = read_body(body).unwrap();
        assert!(gifts.len() >= 116, "{}", gifts.len());
        let rose = gifts.iter().find(|gift| gift.id == GiftId(5_655)).unwrap();
        assert_eq!((rose.name.as_str(), rose.diamonds, rose.kind), ("Rose", Some(1), 1));
        assert!(rose.picture.is_some());
    }

    #[test]
    fn an_empty_answer_means_a_signature() {
        let error = read_body("").unwrap_err();
        assert!(error.to_string().contains("signed"), "{error}");
    }

    #[rstest::rstest]
    #[case(r#"{"data":null,"status_code":0}"#)]
    #[case(r#"{"status_code":0}"#)]
    #[case(r#"{"data":{"gifts":null,"pages":null}}"#)]
    #[case(r#"{"data":[]}"#)]
    #[case(r#"{"data":{"gifts":[]}}"#)]
    #[case(r#"{"data":{"gifts":{}}}"#)]
    #[case(r#"{"data":{"gifts":"[]"}}"#)]
    #[case(r#"{"data":""}"#)]
    #[case(r#"{"data":{"gifts":[null,7,{"id":0},{"name":"Rose"}]}}"#)]
    #[case("{}")]
    #[case("[]")]
    fn a_list_without_gifts_was_not_given(#[case] body: &'static str) {
        assert!(read_body(body).unwrap_err().to_string().contains("gave no list of gifts"));
    }

    #[rstest::rstest]
    #[case(r#"{"data":{"gifts":[{"id":"5655","name":"Rose","diamond_count":"1"}]}}"#)]
    #[case(r#"{"data":{"gifts":{"5655":{"id":5655,"name":"Rose","diamond_count":1.0}}}}"#)]
    #[case(r#"{"data":[{"id":5655,"name":"Rose","diamond_count":1}]}"#)]
    #[case(r#"{"data":"{\"gifts\":[{\"id\":5655,\"name\":\"Rose\",\"diamond_count\":1}]}"}"#)]
    #[case(r#"{"data":{"gifts":null,"pages":[null,{"gifts":[{"id_str":"5655","name":"Rose","diamond_count":1}]}]}}"#)]
    #[case(r#"{"data":{"gift_list":[{"id":5655,"name":"Rose","diamond_count":1,"image":null,"type":"1"}]}}"#)]
    fn a_list_is_read_in_every_shape(#[case] body: &'static str) {
        let gifts = read_body(body).unwrap();
        let [gift] = &gifts[..] else { panic!("{gifts:?}") };
        assert_eq!((gift.id, gift.name.as_str(), gift.diamonds), (GiftId(5_655), "Rose", Some(1)));
    }

    #[test]
    fn a_missing_list_does_not_call_the_room_unknown() {
        let answer = HttpAnswer { status: StatusCode::NOT_FOUND, headers: HeaderMap::new(), body: Bytes::new() };
        let error = read(LIST, &answer).unwrap_err().to_string();
        assert!(error.contains("the list of gifts") && !error.contains("knows no"), "{error}");
    }

    #[test]
    fn garbage_rows_are_left_out() {
        let gifts = read_body(r#"{"data":{"gifts":[5,{"id":0},{"id":"9","name":7,"type":-1}],"pages":[1]}}"#).unwrap();
        assert_eq!(gifts.len(), 1);
        assert_eq!((gifts[0].id, gifts[0].diamonds, gifts[0].kind), (GiftId(9), None, 0));
    }
}
