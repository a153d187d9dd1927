//! Feed of lives that TikTok recommends, page by page.
//!
//! Guests get an empty answer since 2026-08 at the latest (docs/protocol.md#search-and-feed): that is [`ServiceErrorKind::NeedsSession`], whose
//! sentence names the search, which works without a login. Tried on the simulator only.

use serde_json::Value;

use super::address::under;
use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, count, flag, id};
use super::lookup::{Subject, accepted_json};
use super::room_info::{RoomInfo, from_data};
use super::service::Service;
use crate::ids::RoomId;

const CAP: usize = 16 << 20;
const SUBJECT: Subject<'static> = Subject::Thing("the feed");
/// Rooms taken of one page; six are usual.
const MAX_ROOMS: usize = 256;

/// One page of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// The lives, in the service's order.
    pub rooms: Vec<RoomInfo>,
    /// Where the next page begins; nothing when this is the last one.
    pub next: Option<u64>,
}

/// The page that begins at `from`, the first one without.
pub(super) async fn page(service: &Service, from: Option<u64>) -> Result<FeedPage, ServiceError> {
    let url = under(&service.webcast, "feed/");
    let mut url = service.question(url, [("channel", "tiktok_web"), ("channel_id", "86")]);
    if let Some(from) = from {
        url.query_pairs_mut().append_pair("max_time", &from.to_string());
    }
    read(&service.get(&service.http, "get the feed", url, CAP).await?, from)
}

fn read(answer: &HttpAnswer, from: Option<u64>) -> Result<FeedPage, ServiceError> {
    if answer.status.is_success() && answer.body.is_empty() {
        return Err(ServiceError::new(
            ServiceErrorKind::NeedsSession,
            "TikTok shows its feed only to people who are logged in: set TIKTOP_SESSION_ID, or find lives with search",
        ));
    }
    let unreadable =
        || ServiceError::new(ServiceErrorKind::BadAnswer, "TikTok's feed cannot be read; find lives with search");
    let json = accepted_json(SUBJECT, answer, unreadable)?;
    let items = at(&json, &["data"]).as_array().ok_or_else(unreadable)?;
    let extra = at(&json, &["extra"]);
    let next = count(at(extra, &["max_time"])).filter(|_| flag(at(extra, &["has_more"])));
    Ok(FeedPage {
        rooms: items.iter().filter_map(room).take(MAX_ROOMS).collect(),
        // A page that leads to itself would be read for ever.
        next: next.filter(|&next| Some(next) != from && !items.is_empty()),
    })
}

/// The room of an item; `rid` is its id as a text.
fn room(item: &Value) -> Option<RoomInfo> {
    let data = at(item, &["data"]);
    let room = id(data, "id").or_else(|| count(at(item, &["rid"]))).filter(|&room| room != 0)?;
    Some(from_data(RoomId(room), data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::json::tests::any_json;
    use proptest::prelude::*;
    use reqwest::{StatusCode, header::HeaderMap};
    use rstest::rstest;
    use serde_json::json;

    fn read_body(body: &(impl ToString + ?Sized), from: Option<u64>) -> Result<FeedPage, ServiceError> {
        read(&HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: body.to_string().into() }, from)
    }

    fn item(rid: &str) -> Value {
        json!({"rid": rid, "data": {"status": 2, "title": "hello", "user_count": 12}})
    }

    #[rstest]
    #[case(json!({"has_more": true, "max_time": 6}), None, Some(6))]
    #[case(json!({"has_more": true, "max_time": 6}), Some(6), None)]
    #[case(json!({"has_more": false, "max_time": 6}), None, None)]
    #[case(json!({"has_more": 1}), None, None)]
    fn a_page_says_where_the_next_one_begins(
        #[case] extra: Value,
        #[case] from: Option<u64>,
        #[case] next: Option<u64>,
    ) {
        let page = read_body(&json!({"data": [item("7"), item("x")], "extra": extra}), from).unwrap();
        assert_eq!((page.rooms.len(), page.rooms[0].room_id, page.next), (1, RoomId(7), next));
    }

    #[test]
    fn an_empty_answer_names_the_search() {
        let error = read_body("", None).unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::NeedsSession);
        assert!(error.to_string().contains("search"), "{error}");
    }

    proptest! {
        #[test]
        fn no_page_panics(data in any_json(&["data", "rid", "extra", "has_more", "max_time", "id_str", "owner", "stats"])) {
            let _ = read_body(&data, None);
            let _ = read_body(&json!({"data": [data]}), Some(1));
        }
    }
}
