//! Log of what is asked and answered: target `tiktop::requests`.
//!
//! `debug` says where each request goes and what came; `trace` adds the bodies that are text. Addresses are told without
//! their query and bodies without the values that open something, so that a log can be put into a bug report.

use url::Url;

use super::address::place;
use super::error::ServiceError;
use super::http::HttpAnswer;
use crate::text::must_escape;

/// What to ask the log for.
const LOG_TARGET: &str = "tiktop::requests";
/// Bytes of a body that are told.
const SHOWN_BYTES: usize = 64 << 10;
/// Names whose values sign, identify or log in.
const SECRETS: [&str; 12] = [
    "msToken",
    "_signature",
    "X-Bogus",
    "X-Gnarly",
    "signedUrl",
    "apiKey",
    "api_key",
    "token",
    "sessionid",
    "sid_tt",
    "ttwid",
    "cookies",
];

/// A request leaves.
pub(super) fn sent(url: &Url) {
    tracing::debug!(target: LOG_TARGET, "GET {}{}", place(url), url.path());
}

/// Its answer came, or did not.
pub(super) fn log_answer(url: &Url, answer: &Result<HttpAnswer, ServiceError>) {
    match answer {
        Ok(answer) => {
            let (status, bytes) = (answer.status.as_u16(), answer.body.len());
            tracing::debug!(target: LOG_TARGET, "{}{}: HTTP {status}, {bytes} bytes", place(url), url.path());
            tracing::trace!(target: LOG_TARGET, "{}", shown(&answer.body));
        }
        Err(error) => tracing::debug!(target: LOG_TARGET, "{}{}: {error}", place(url), url.path()),
    }
}

/// A body as a log may show it.
fn shown(body: &[u8]) -> String {
    // Binary bodies are fetched batches: they name a socket with its route parameters.
    let Ok(text) = std::str::from_utf8(body) else { return format!("(binary, {} bytes)", body.len()) };
    let blanked = blank_values(&blank_queries(text));
    let told = blanked.chars().take(SHOWN_BYTES).map(|c| if c.is_whitespace() { ' ' } else { c });
    told.filter(|&c| !must_escape(c)).collect()
}

/// Addresses without their queries: a stream's is its signature.
fn blank_queries(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(['"', '\'', '<', '>', ' ', '\n']).unwrap_or(after.len());
        let (address, next) = after.split_at(end);
        told.push_str(before);
        told.push_str("://");
        match address.split_once('?') {
            Some((path, _)) => {
                told.push_str(path);
                told.push_str("?…");
            }
            None => told.push_str(address),
        }
        rest = next;
    }
    told.push_str(rest);
    told
}

/// The same without the values of secrets, in JSON and in JSON inside a text.
fn blank_values(text: &str) -> String {
    let mut told = text.to_owned();
    for secret in SECRETS {
        let mut parts = told.split(secret);
        let mut blanked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            blanked.push_str(secret);
            blanked.push_str(&blank_value(part));
        }
        told = blanked;
    }
    told
}

/// What follows a name, `": "value", …`, with the value blanked; anything else as it is.
fn blank_value(part: &str) -> String {
    const SYNTAX: [char; 3] = ['"', '\\', ' '];
    let value = part.trim_start_matches(SYNTAX).strip_prefix(':').map(|rest| rest.trim_start_matches(SYNTAX));
    let Some((value, before)) = value.and_then(|value| Some((value, part.strip_suffix(value)?))) else {
        return part.to_owned();
    };
    let end = value.find(['"', '\\', ',', '}']).unwrap_or(value.len());
    match value.split_at(end) {
        ("" | "null", _) => part.to_owned(),
        (_, rest) => format!("{before}…{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        r#"{"url":"https://a.example/x.flv?expire=1&sign=S3CRET","n":1}"#,
        r#"{"url":"https://a.example/x.flv?…","n":1}"#
    )]
    #[case(r#"{"msToken" : "S3CRET", "ok": true}"#, r#"{"msToken" : "…", "ok": true}"#)]
    #[case(r#"{"token": null}"#, r#"{"token": null}"#)]
    #[case(r#"{"inner":"{\"ttwid\":\"S3CRET\"}"}"#, r#"{"inner":"{\"ttwid\":\"…\"}"}"#)]
    #[case("a token is a word", "a token is a word")]
    #[case("https://a.example/?sign=S3CRET", "https://a.example/?…")]
    #[case("no \u{1b}[31m colour", "no [31m colour")]
    fn a_body_is_told_without_what_opens_something(#[case] body: &str, #[case] told: &str) {
        assert_eq!(shown(body.as_bytes()), told);
    }

    #[test]
    fn bytes_that_are_no_text_are_only_counted() {
        assert_eq!(shown(&[0xff, 0xfe, 0]), "(binary, 3 bytes)");
    }
}
