//! Close codes of a socket, in words (docs/protocol.md#close-codes).

use crate::webcast::error::ServiceErrorKind;

/// What a close code means: what a program can do, and words for people.
pub(super) fn meaning(code: u16, relayed: bool) -> (ServiceErrorKind, &'static str) {
    match code {
        1_000 | 1_001 => (ServiceErrorKind::Closed, "the server is done with it"),
        1_002 | 1_003 | 1_007..=1_010 => (ServiceErrorKind::Closed, "the server does not like what came from us"),
        1_005 => (
            ServiceErrorKind::Closed,
            "that stands for no code at all, and no close may carry it; connecting again helps",
        ),
        1_006 => (
            ServiceErrorKind::Closed,
            "that stands for a line that broke, and no close may carry it; connecting again helps",
        ),
        1_015 => (
            ServiceErrorKind::Closed,
            "that stands for TLS that failed, and no close may carry it; connecting again helps",
        ),
        1_011 if relayed => (ServiceErrorKind::Closed, "the relay is in trouble"),
        1_011..=1_014 => (ServiceErrorKind::Closed, "the server is in trouble"),
        4_001 => (ServiceErrorKind::Closed, "the server asked for it"),
        4_003 => (ServiceErrorKind::Closed, "the server reports an error"),
        4_005 => (ServiceErrorKind::Closed, "the live has ended"),
        4_006 => (ServiceErrorKind::Closed, "the relay got no messages from TikTok for too long"),
        4_400 => (ServiceErrorKind::Provider, "the relay does not take our options; look for a newer tiktop"),
        4_401 => (ServiceErrorKind::Provider, "the key is not accepted; check it"),
        4_403 => (ServiceErrorKind::Provider, "the key may not be used for this; check what your plan allows"),
        4_404 => (ServiceErrorKind::NotFound, "the room is not live"),
        4_429 => (
            ServiceErrorKind::RateLimited { retry_after: None },
            "too many connections with this key; close some, or wait",
        ),
        4_500 => (ServiceErrorKind::Provider, "the relay is in trouble; wait a little or use another transport"),
        4_555 => (ServiceErrorKind::Closed, "the relay ends each connection after eight hours; connecting again helps"),
        4_556 => (ServiceErrorKind::Provider, "the relay could not fetch the room from TikTok; use another transport"),
        4_557 => (ServiceErrorKind::Provider, "the relay could not read the room's information; use another transport"),
        ..1_000 | 1_004 | 1_016..3_000 | 5_000.. => {
            (ServiceErrorKind::Closed, "no close may carry this code; connecting again helps")
        }
        3_000..5_000 => (ServiceErrorKind::Closed, "no reason that we know"),
    }
}

/// Whether the session ended in an ordinary way: the live is over, or the server is done with it. Nothing is wrong with
/// the transport then.
pub(super) fn ends_session(code: u16) -> bool {
    matches!(code, 1_000 | 1_001 | 4_005)
}

/// What a relay's text says has gone wrong; nothing when it only tells of itself or the room.
pub(super) fn relay_error(text: &str) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let messages = json.get("messages").and_then(serde_json::Value::as_array);
    let one = messages.is_none().then_some(&json);
    let mut said = messages.into_iter().flatten().chain(one);
    said.find_map(|said| {
        let is_error = said.get("type").and_then(serde_json::Value::as_str).is_some_and(|kind| kind.contains("rror"));
        let words = [&["error"][..], &["message"], &["data", "message"], &["data", "error"]];
        let words = words.iter().find_map(|path| crate::webcast::json::at(said, path).as_str());
        match (is_error || said.get("error").is_some(), words) {
            (true, words) => Some(words.unwrap_or("no reason given").to_owned()),
            (false, _) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(r#"{"messages":[{"type":"workerInfo","data":{}},{"type":"roomInfo","data":{"message":"hi"}}]}"#, None)]
    #[case(r#"{"messages":[{"type":"error","data":{"message":"no agent"}}]}"#, Some("no agent"))]
    #[case(r#"{"error":"bad key"}"#, Some("bad key"))]
    #[case(r#"{"type":"fetchError"}"#, Some("no reason given"))]
    #[case("[1,", None)]
    #[case("7", None)]
    fn only_errors_of_a_relay_are_errors(#[case] text: &str, #[case] said: Option<&str>) {
        assert_eq!(relay_error(text).as_deref(), said);
    }

    #[test]
    fn every_code_of_the_relay_has_words_of_its_own() {
        let codes = [1_000, 1_011, 4_005, 4_006, 4_400, 4_401, 4_403, 4_404, 4_429, 4_500, 4_555, 4_556, 4_557];
        let mut words: Vec<_> = codes.into_iter().map(|code| meaning(code, true).1).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), codes.len());
        assert!(!words.contains(&"no reason that we know"));
    }
}
