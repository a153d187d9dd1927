//! HTTP answers of the simulator, each made in one call.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// What every route gives back.
pub(super) type SimAnswer = Response<BoxBody<Bytes, Infallible>>;

/// Seconds that every 429 asks to wait.
pub(super) const WAIT_SECONDS: u32 = 30;

/// A body of any type.
pub(super) fn body(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> SimAnswer {
    let mut answer = Response::new(Full::new(body.into()).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

pub(super) fn json(value: &Value) -> SimAnswer {
    json_with(StatusCode::OK, value)
}

pub(super) fn json_with(status: StatusCode, value: &Value) -> SimAnswer {
    body(status, "application/json; charset=utf-8", value.to_string())
}

pub(super) fn html(page: String) -> SimAnswer {
    body(StatusCode::OK, "text/html; charset=utf-8", page)
}

/// 200 and nothing, as TikTok answers those it does not like.
pub(super) fn empty() -> SimAnswer {
    body(StatusCode::OK, "application/json; charset=utf-8", "")
}

pub(super) fn not_found() -> SimAnswer {
    json_with(StatusCode::NOT_FOUND, &json!({ "message": "no such page" }))
}

/// 429 with the seconds to wait in both headers that are in use.
pub(super) fn too_many(value: &Value) -> SimAnswer {
    let mut answer = json_with(StatusCode::TOO_MANY_REQUESTS, value);
    let seconds = HeaderValue::from(WAIT_SECONDS);
    answer.headers_mut().insert(RETRY_AFTER, seconds.clone());
    answer.headers_mut().insert(HeaderName::from_static("x-ratelimit-reset"), seconds);
    answer
}

/// Sets a header; a value that cannot be one is left out.
pub(super) fn with_header(mut answer: SimAnswer, name: &'static str, value: &str) -> SimAnswer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().append(HeaderName::from_static(name), value);
    }
    answer
}
