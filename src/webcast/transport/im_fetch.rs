//! Fetch of one batch from TikTok's `im/fetch`, with a signature (`sign_url`) or without (`poll`).
//!
//! Since 2026 it rarely answers strangers: then the body is empty or the status is 403 (docs/protocol.md#polling).

use url::Url;

use super::RoomRef;
use super::direct::base_block;
use crate::webcast::address::under;
use crate::webcast::error::{ServiceError, ServiceErrorKind};
use crate::webcast::http::HttpAnswer;
use crate::webcast::lookup::{Subject, refusal_by_status};
use crate::webcast::service::Service;
use crate::webcast::user_agent::BrowserIdentity;
use crate::wire::Response;

/// Healthy answers have 30-120 KB.
pub(super) const BODY_CAP: usize = 16 << 20;

/// Where a poll stands: what the next question must repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PollCursor {
    pub(super) cursor: String,
    pub(super) internal_ext: String,
}

impl Default for PollCursor {
    /// As TikTok's own player begins; empty values are never sent.
    fn default() -> Self {
        Self { cursor: "0".into(), internal_ext: "0".into() }
    }
}

impl PollCursor {
    /// Moves on with an answer. What is missing in it, or `0`, leaves the old word in force.
    pub(super) fn follow(&mut self, response: &Response) {
        for (ours, theirs) in [(&mut self.cursor, &response.cursor), (&mut self.internal_ext, &response.internal_ext)] {
            if !matches!(theirs.as_str(), "" | "0" | "-") {
                ours.clone_from(theirs);
            }
        }
    }
}

/// The address of one question.
pub(super) fn url(service: &Service, browser: BrowserIdentity, room: &RoomRef, place: &PollCursor) -> Url {
    let mut url = under(&service.webcast, "im/fetch/");
    let ours = ["compress", "client_enter", "last_rtt"];
    url.query_pairs_mut()
        .extend_pairs(browser.query(&service.language))
        .extend_pairs(base_block().iter().filter(|(name, _)| !ours.contains(name)))
        .extend_pairs([("version_code", "180800"), ("fetch_rule", "1"), ("last_rtt", "-1")])
        .append_pair("cursor", &place.cursor)
        .append_pair("internal_ext", &place.internal_ext)
        .append_pair("room_id", &room.room_id.to_string());
    service.add_query(&mut url);
    url
}

/// Reads an answer. `advice` ends the sentence of a refusal.
pub(super) fn read(room: &RoomRef, answer: &HttpAnswer, advice: &str) -> Result<Response, ServiceError> {
    let refused = |what: &str| {
        ServiceError::new(ServiceErrorKind::Blocked, format!("TikTok {what} when asked for messages: {advice}"))
    };
    match answer.status.as_u16() {
        200 if answer.body.is_empty() => return Err(refused("sent an empty answer")),
        401 | 403 => return Err(refused(&format!("said no (HTTP {})", answer.status.as_u16()))),
        _ => refusal_by_status(Subject::Room(room.room_id), answer)?,
    }
    Response::decode(&answer.body).map_err(|_| {
        ServiceError::new(
            ServiceErrorKind::BadAnswer,
            format!("TikTok sent something else than messages when asked for them: {advice}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use prost::Message as _;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use rstest::rstest;

    use crate::ids::RoomId;
    use crate::wire::pb;

    const ROOM: RoomRef = RoomRef { room_id: RoomId(7), unique_id: None };

    fn answer(status: u16, body: impl Into<Bytes>) -> HttpAnswer {
        HttpAnswer { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: body.into() }
    }

    #[rstest]
    #[case("c2", "x2", ("c2", "x2"))]
    #[case("", "x2", ("c1", "x2"))]
    #[case("0", "", ("c1", "x1"))]
    #[case("c2", "-", ("c2", "x1"))]
    fn a_missing_word_leaves_the_old_one_in_force(
        #[case] cursor: &str,
        #[case] internal_ext: &str,
        #[case] then: (&str, &str),
    ) {
        let mut place = PollCursor { cursor: "c1".into(), internal_ext: "x1".into() };
        place.follow(&Response { cursor: cursor.into(), internal_ext: internal_ext.into(), ..Response::default() });
        assert_eq!((place.cursor.as_str(), place.internal_ext.as_str()), then);
    }

    #[rstest]
    #[case(200, "", ServiceErrorKind::Blocked, "TikTok sent an empty answer when asked for messages: try x")]
    #[case(403, "", ServiceErrorKind::Blocked, "TikTok said no (HTTP 403) when asked for messages: try x")]
    #[case(200, "<html>", ServiceErrorKind::BadAnswer, "something else than messages")]
    #[case(429, "", ServiceErrorKind::RateLimited { retry_after: None }, "too often")]
    #[case(503, "", ServiceErrorKind::BadAnswer, "in trouble")]
    fn every_refusal_is_explained(
        #[case] status: u16,
        #[case] body: &'static str,
        #[case] kind: ServiceErrorKind,
        #[case] words: &str,
    ) {
        let error = read(&ROOM, &answer(status, body), "try x").unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }

    #[test]
    fn a_batch_is_read() {
        let body = pb::Response { cursor: "c".into(), ..Default::default() }.encode_to_vec();
        assert_eq!(read(&ROOM, &answer(200, body), "").unwrap().cursor, "c");
    }

    #[test]
    fn the_recorded_answer_is_read() {
        let Some(body) = crate::webcast::lookup::tests::capture("im-fetch-2026.bin") else { return };
        let response = read(&ROOM, &answer(200, body), "").unwrap();
        assert!(!response.messages.is_empty() && response.cursor.len() > 10, "{}", response.cursor);
    }
}
