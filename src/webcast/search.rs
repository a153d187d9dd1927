//! Search for lives by words.
//!
//! Works without login and signature (one source, 2026-08; docs/protocol.md#search-and-feed), which makes it the guest's way to find
//! lives while the feed is closed to them.

use serde_json::Value;

use super::address::under;
use super::error::{ServiceError, ServiceErrorKind};
use super::http::HttpAnswer;
use super::json::{at, id, nested};
use super::lookup::{Subject, accepted_json};
use super::room_info::{RoomInfo, from_data};
use super::service::Service;
use crate::ids::RoomId;

const CAP: usize = 16 << 20;
const SUBJECT: Subject<'static> = Subject::Thing("lives by search");
/// Rooms taken; a page has about a dozen.
const MAX_ROOMS: usize = 256;

pub(super) async fn search(service: &Service, words: &str) -> Result<Vec<RoomInfo>, ServiceError> {
    let url = service.question(under(&service.site, "api/search/live/full/"), [("keyword", words)]);
    read(&service.get(&service.http, "search lives", url, CAP).await?)
}

fn read(answer: &HttpAnswer) -> Result<Vec<RoomInfo>, ServiceError> {
    let unreadable = || {
        ServiceError::new(
            ServiceErrorKind::BadAnswer,
            "TikTok's answer to the search cannot be read; try again in a minute",
        )
    };
    let json = accepted_json(SUBJECT, answer, unreadable)?;
    match at(&json, &["data"]) {
        Value::Array(items) => Ok(items.iter().filter_map(room).take(MAX_ROOMS).collect()),
        // Nothing found comes without a list.
        Value::Null => Ok(Vec::new()),
        _ => Err(unreadable()),
    }
}

/// The room of a hit: as `room/info` tells it, inside a text.
fn room(item: &Value) -> Option<RoomInfo> {
    let info = at(item, &["live_info"]);
    let raw = nested(at(info, &["raw_data"]));
    let data = if raw.is_object() { &raw } else { info };
    let room = id(data, "id").or_else(|| id(info, "room_id"))?;
    Some(from_data(RoomId(room), data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webcast::json::tests::any_json;
    use proptest::prelude::*;
    use reqwest::{StatusCode, header::HeaderMap};
    use serde_json::json;

    fn read_body(body: &(impl ToString + ?Sized)) -> Result<Vec<RoomInfo>, ServiceError> {
        read(&HttpAnswer { status: StatusCode::OK, headers: HeaderMap::new(), body: body.to_string().into() })
    }

    #[test]
    fn a_hit_is_read_from_the_text_inside_it() {
        let raw =
            json!({"id_str": "7300000000000000001", "status": 2, "title": "cakes", "owner": {"display_id": "oma"}});
        let hits =
            json!({"data": [{"live_info": {"raw_data": raw.to_string()}}, {"live_info": {"room_id_str": "8"}}, {}]});
        let found = read_body(&hits).unwrap();
        assert_eq!((found.len(), found[0].title.as_str(), found[1].room_id), (2, "cakes", RoomId(8)));
        assert_eq!(found[0].unique_id.as_ref().unwrap().as_str(), "oma");
    }

    #[test]
    fn nothing_found_is_no_error() {
        assert_eq!(read_body(r#"{"status_code":0,"data":null}"#).unwrap(), []);
        assert_eq!(read_body(r#"{"data":7}"#).unwrap_err().kind(), ServiceErrorKind::BadAnswer);
        assert_eq!(read_body("").unwrap_err().kind(), ServiceErrorKind::Blocked);
    }

    proptest! {
        #[test]
        fn no_hit_panics(data in any_json(&["data", "live_info", "raw_data", "id_str", "room_id", "owner", "stats"])) {
            let _ = read_body(&data);
            let _ = read_body(&json!({"data": [{"live_info": {"raw_data": data.to_string()}}]}));
        }
    }
}
