//! Answer of a signing provider: a signed batch, or a refusal in words.
//!
//! Pure. The statuses and headers are those of docs/protocol.md#signing-provider, the dead stub too.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use super::Signed;
use crate::clock::Clock;
use crate::ids::RoomId;
use crate::webcast::error::{HumanDuration, ServiceError, ServiceErrorKind, quoted};
use crate::webcast::http::HttpAnswer;
use crate::webcast::json::{at, from_bytes, str};
use crate::wire::Response;

/// An answer shorter than this, without messages or routes, is a stub; a healthy one has 30-120 KB.
const STUB_BYTES: usize = 512;
/// Longest wait we believe; beyond it the header means something else.
const LONGEST_WAIT: u64 = 24 * 3_600;
/// Above this a "reset" is a point in time, in seconds since 1970.
const EPOCH_ABOVE: u64 = 1_000_000_000;

/// Who was asked, and how.
#[derive(Clone, Copy)]
pub(super) struct AskedProvider<'a> {
    /// As on screen: `provider NAME`.
    pub(super) name: &'a str,
    /// A key was sent.
    pub(super) keyed: bool,
    /// The environment variable that could hold a key; may be empty.
    pub(super) key_env: &'a str,
}

/// Reads an answer.
pub(super) fn read(asked: AskedProvider<'_>, answer: &HttpAnswer) -> Result<Signed, ServiceError> {
    let name = asked.name;
    // An answer without a socket is the provider's trouble and passes; see docs/protocol.md.
    let fail = |words: String| {
        Err(ServiceError::new(ServiceErrorKind::Provider, format!("{name} {words}; try another transport"))
            .outage(true))
    };
    if answer.status.as_u16() != 200 {
        return Err(refusal(asked, answer));
    }
    if answer.body.is_empty() {
        return fail("sent an empty answer: TikTok has recognised it".into());
    }
    let Ok(response) = Response::decode(&answer.body) else {
        return fail("sent an answer that is no batch of messages".into());
    };
    let stub = answer.body.len() < STUB_BYTES && response.messages.is_empty() && response.route_params.is_empty();
    let fallback = response.push_server.contains("fallback") || contains(&answer.body, b"fallback proxy");
    if stub || fallback {
        return fail(format!("answered with a dead stub ({} bytes) instead of a signed socket", answer.body.len()));
    }
    if response.push_server.is_empty() {
        return fail("named no socket".into());
    }
    let cookie = text(&answer.headers, "x-set-tt-cookie").map(cookie_line).filter(|line| !line.is_empty());
    let to_tiktok = Url::parse(&response.push_server).is_ok_and(|url| crate::webcast::address::is_tiktok(&url));
    if cookie.is_none() && to_tiktok {
        let said = text(&answer.headers, "handshake-msg").map(|said| format!(" (TikTok told it: {})", quoted(said)));
        return fail(format!("sent no cookie, without which TikTok opens no socket{}", said.unwrap_or_default()));
    }
    let room_id = text(&answer.headers, "x-room-id").and_then(|room| room.trim().parse().ok());
    let room_id = room_id.filter(|room: &RoomId| room.0 != 0);
    Ok(Signed { response, cookie, room_id, user_agent: None, with_session: false })
}

/// The socket's address as the provider wrote it.
pub(super) fn push_server(name: &str, text: &str) -> Result<Url, ServiceError> {
    Url::parse(text).map_err(|_| {
        ServiceError::new(
            ServiceErrorKind::Provider,
            format!("{name} named a socket that is no address; try another transport"),
        )
    })
}

/// Why there is no signature.
pub(super) fn refusal(asked: AskedProvider<'_>, answer: &HttpAnswer) -> ServiceError {
    let name = asked.name;
    let json = from_bytes(&answer.body).unwrap_or_default();
    // The older flow calls it `error`.
    let message = ["message", "error"].map(|name| str(at(&json, &[name]))).into_iter().find(|said| !said.is_empty());
    let said = match quoted(message.unwrap_or_default()) {
        said if said.is_empty() => String::new(),
        said => format!(" ({})", said.trim_end_matches('.')),
    };
    let setting = if asked.key_env.is_empty() { "its key_env or key_file" } else { asked.key_env };
    let guest =
        if asked.keyed { String::new() } else { format!("; a key of your own raises the limits: set {setting}") };
    let status = answer.status.as_u16();
    let (kind, words) = match status {
        429 => return out_of_signatures(name, answer, &json, &guest),
        402 => {
            (ServiceErrorKind::Provider, format!("wants a paid plan for this{said}; choose another plan or transport"))
        }
        401 => (ServiceErrorKind::Provider, format!("does not accept your key{said}; check {setting}")),
        403 if asked.keyed => {
            (ServiceErrorKind::Provider, format!("forbids this to your key or network{said}; check the key"))
        }
        403 => (ServiceErrorKind::Provider, format!("turned us away as a guest{said}{guest}")),
        404 => (ServiceErrorKind::Provider, format!("has no such path{said}; check its url in the config")),
        500 | 502 => (ServiceErrorKind::Provider, format!("could not fetch from TikTok{said}; try another transport")),
        503 => (
            ServiceErrorKind::Provider,
            format!("has nobody free to sign{said}; wait a little or try another transport"),
        ),
        504 => (
            ServiceErrorKind::Provider,
            format!("waited for TikTok in vain{said}; wait a little or try another transport"),
        ),
        300..=399 => (
            ServiceErrorKind::Provider,
            "sends us elsewhere, which we do not follow; check its url in the config".into(),
        ),
        _ => (ServiceErrorKind::Provider, format!("answered HTTP {status}{said}; try another transport")),
    };
    ServiceError::new(kind, format!("{name} {words}")).outage(answer.status.is_server_error())
}

/// The limits are a minute's, an hour's and a day's; the body says which one is reached.
fn out_of_signatures(name: &str, answer: &HttpAnswer, json: &Value, guest: &str) -> ServiceError {
    let retry_after = retry_after(&answer.headers, Clock::system().now().wall.to_jiff());
    let wait = retry_after.map_or(String::new(), |wait| format!(" for {}", HumanDuration(wait)));
    let limit = match quoted(str(at(json, &["limit_label"]))) {
        label if label.is_empty() => String::new(),
        label => format!(", the limit \"{label}\" is reached"),
    };
    ServiceError::new(
        ServiceErrorKind::RateLimited { retry_after },
        format!("{name} is out of signatures{wait}{limit}{guest}"),
    )
}

/// How long to wait: the first header that names a believable time. `Retry-After` is in seconds; the two resets are
/// seconds to wait in some sources and a point in time in others.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let seconds = ["retry-after", "x-ratelimit-reset", "ratelimit-reset"].iter().find_map(|name| {
        let value: f64 = text(headers, name)?.trim().parse().ok()?;
        // Zero says nothing, and a wait is never shorter than what was said.
        (value > 0.0).then_some(value.ceil() as u64)
    })?;
    let seconds = match seconds {
        EPOCH_ABOVE.. => seconds.saturating_sub(u64::try_from(now.as_second()).unwrap_or_default()),
        _ => seconds,
    };
    (1..=LONGEST_WAIT).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// A `Set-Cookie`-like line reduced to its pairs: attributes are for a jar, not for a request.
fn cookie_line(raw: &str) -> String {
    const ATTRIBUTES: [&str; 7] = ["path", "domain", "expires", "max-age", "samesite", "secure", "httponly"];
    let pairs = raw.split(';').map(str::trim).filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        pair.contains('=') && !name.is_empty() && !ATTRIBUTES.contains(&name.to_ascii_lowercase().as_str())
    });
    pairs.collect::<Vec<_>>().join("; ")
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn contains(body: &[u8], words: &[u8]) -> bool {
    body.len() < 4_096 && body.windows(words.len()).any(|window| window == words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;
    use prost::Message as _;
    use reqwest::StatusCode;
    use rstest::rstest;

    const GUEST: AskedProvider<'_> =
        AskedProvider { name: "provider euler", keyed: false, key_env: "TIKTOP_PROVIDER_KEY" };
    const KEYED: AskedProvider<'_> = AskedProvider { keyed: true, ..GUEST };

    fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> HttpAnswer {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        HttpAnswer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }

    fn batch(push_server: &str) -> Bytes {
        let message = crate::wire::pb::Message { method: "WebcastChatMessage".into(), ..Default::default() };
        let response = crate::wire::pb::Response {
            messages: vec![message],
            push_server: push_server.into(),
            route_params: [("wrss".into(), "x".into())].into(),
            ..Default::default()
        };
        response.encode_to_vec().into()
    }

    proptest! {
        #[test]
        fn no_answer_panics(status in 200u16..600, wait in ".{0,12}", body: Vec<u8>) {
            let headers = wait.parse().map(|wait| [("retry-after".parse().unwrap(), wait)].into_iter().collect());
            let headers = headers.unwrap_or_default();
            let answer = HttpAnswer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() };
            let _ = read(GUEST, &answer);
        }
    }

    #[test]
    fn a_good_answer_is_a_batch_a_cookie_and_a_room() {
        let headers = [("x-set-tt-cookie", "ttwid=1%7Ca; Path=/; Secure"), ("x-room-id", "7300000000000000001")];
        let signed = read(GUEST, &answer(200, &headers, batch("wss://webcast-ws.tiktok.com/x"))).unwrap();
        assert_eq!(signed.cookie.as_deref(), Some("ttwid=1%7Ca"));
        assert_eq!(signed.room_id, Some(RoomId(7_300_000_000_000_000_001)));
        assert_eq!(signed.response.messages.len(), 1);
    }

    #[test]
    fn a_rate_limit_says_how_long_and_which() {
        let body = r#"{"code":429,"message":"Too many","limit_label":"minute"}"#;
        let error = read(GUEST, &answer(429, &[("retry-after", "32")], body)).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(32)));
        assert_eq!(
            error.to_string(),
            "provider euler is out of signatures for 32 s, the limit \"minute\" is reached; a key of your own raises the \
             limits: set TIKTOP_PROVIDER_KEY"
        );
        let error = read(KEYED, &answer(429, &[], "")).unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::RateLimited { retry_after: None });
        assert_eq!(error.to_string(), "provider euler is out of signatures");
    }

    #[rstest]
    #[case(&[("retry-after", "7"), ("x-ratelimit-reset", "40")], Some(7))]
    #[case(&[("retry-after", "0"), ("x-ratelimit-reset", "40")], Some(40))]
    #[case(&[("RateLimit-Reset", "12.2")], Some(13))]
    #[case(&[("x-ratelimit-reset", "1700000030")], Some(30))]
    #[case(&[("x-ratelimit-reset", "1600000030")], None)]
    #[case(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), ("ratelimit-reset", "5")], Some(5))]
    #[case(&[("retry-after", "-4")], None)]
    #[case(&[("retry-after", "999999")], None)]
    fn a_wait_is_read_from_any_of_three_headers(#[case] headers: &[(&str, &str)], #[case] seconds: Option<u64>) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs));
    }

    #[rstest]
    #[case(401, "does not accept your key")]
    #[case(402, "paid plan")]
    #[case(403, "turned us away as a guest")]
    #[case(404, "no such path")]
    #[case(500, "could not fetch from TikTok (agent said no)")]
    #[case(503, "nobody free")]
    #[case(504, "in vain")]
    #[case(302, "elsewhere")]
    #[case(418, "HTTP 418")]
    fn every_refusal_names_the_provider_and_the_cause(#[case] status: u16, #[case] words: &str) {
        let error = read(GUEST, &answer(status, &[], r#"{"message":"agent said no."}"#)).unwrap_err();
        assert_eq!(error.kind(), ServiceErrorKind::Provider);
        let sentence = error.to_string();
        assert!(sentence.starts_with("provider euler ") && sentence.contains(words), "{sentence}");
    }

    #[test]
    fn stubs_and_empty_answers_are_named() {
        let empty = read(GUEST, &answer(200, &[], "")).unwrap_err().to_string();
        assert!(empty.contains("empty answer"), "{empty}");
        let html = read(GUEST, &answer(200, &[], "<html>please wait</html>")).unwrap_err().to_string();
        assert!(html.contains("no batch"), "{html}");
        for push_server in ["wss://ws-fallback.eulerstream.com/?token=abc", "ws://127.0.0.1:1/?token=abc"] {
            let response = crate::wire::pb::Response { push_server: push_server.into(), ..Default::default() };
            let stub = read(GUEST, &answer(200, &[], response.encode_to_vec())).unwrap_err().to_string();
            assert!(stub.contains("dead stub") && !stub.contains("abc"), "{stub}");
        }
    }

    #[test]
    fn a_missing_cookie_is_an_error_where_tiktok_needs_it() {
        let to_tiktok = batch("wss://webcast-ws.tiktok.com/x");
        let error = read(GUEST, &answer(200, &[("handshake-msg", "illegal app_id")], to_tiktok)).unwrap_err();
        assert!(error.to_string().contains("no cookie") && error.to_string().contains("illegal app_id"), "{error}");
        assert!(read(GUEST, &answer(200, &[], batch("wss://ws.eulerstream.com/x"))).is_ok());
        assert!(read(GUEST, &answer(200, &[], batch(""))).unwrap_err().to_string().contains("no socket"));
    }
}
