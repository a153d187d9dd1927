//! The log of what is asked and answered: target `tiktop::requests`.
//!
//! `debug` says where each request goes and what came; `trace` adds the bodies that are text. Addresses are told without
//! their query and bodies without the values that open something, so that a log can be put into a bug report.

use url::Url;

use super::address::place;
use super::error::Error;
use super::http::Answer;
use crate::text::Text;

/// What to ask the log for.
const TARGET: &str = "tiktop::requests";
/// Bytes of a body that are told.
const SHOWN: usize = 64 << 10;
/// JSON keys whose values sign, identify or log in.
const SECRET_KEYS: [&str; 14] = [
    "msToken",
    "_signature",
    "X-Bogus",
    "X-Gnarly",
    "signedUrl",
    "apiKey",
    "api_key",
    "token",
    "accessToken",
    "sessionid",
    "sid_tt",
    "ttwid",
    "cookies",
    "logId",
];

/// A request leaves.
pub(super) fn sent(url: &Url) {
    tracing::debug!(target: TARGET, "GET {}{}", place(url), url.path());
}

/// Its answer came, or did not.
pub(super) fn told(url: &Url, answer: &Result<Answer, Error>) {
    match answer {
        Ok(answer) => {
            let (status, bytes) = (answer.status.as_u16(), answer.body.len());
            tracing::debug!(target: TARGET, "{}{}: HTTP {status}, {bytes} bytes", place(url), url.path());
            if tracing::enabled!(target: TARGET, tracing::Level::TRACE) {
                tracing::trace!(target: TARGET, "{}", shown(&answer.body));
            }
        }
        Err(error) => tracing::debug!(target: TARGET, "{}{}: {error}", place(url), url.path()),
    }
}

/// A body as a log may show it.
fn shown(body: &[u8]) -> String {
    // Binary bodies are fetched batches: they name a socket with its route parameters.
    let Ok(text) = std::str::from_utf8(body) else { return format!("(binary, {} bytes)", body.len()) };
    let blanked = blank_keys(&blank_queries(text));
    let mut lines = String::new();
    // A `Text` is short; a body is told piece by piece.
    for c in blanked.chars().take(SHOWN) {
        match c {
            ' '..='~' => lines.push(c),
            c if c.is_whitespace() => lines.push(' '),
            c => lines.push_str(Text::new(c.encode_utf8(&mut [0; 4])).as_str()),
        }
    }
    lines
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

/// JSON without the values of secret keys.
fn blank_keys(text: &str) -> String {
    let mut told = text.to_owned();
    for key in SECRET_KEYS {
        let mark = format!("\"{key}\"");
        let mut parts = told.split(mark.as_str());
        let mut blanked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            blanked.push_str(&mark);
            blanked.push_str(&blank_value(part));
        }
        told = blanked;
    }
    told
}

/// `: "value", …` with the value blanked; anything else as it is.
fn blank_value(part: &str) -> String {
    let value = part.trim_start().strip_prefix(':').map(str::trim_start).and_then(|part| part.strip_prefix('"'));
    match value.and_then(|value| value.split_once('"')) {
        Some((_, rest)) => format!(":\"…\"{rest}"),
        None => part.to_owned(),
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
    #[case(r#"{"msToken" : "S3CRET", "ok": true}"#, r#"{"msToken":"…", "ok": true}"#)]
    #[case(r#"{"token": null}"#, r#"{"token": null}"#)]
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
