//! Refusals of TikTok's web answers: every way they say no, and how to recognise it (docs/protocol.md#refusals-of-look-ups).

use std::fmt;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use serde_json::Value;

use crate::ids::{RoomId, UniqueId};
use crate::webcast::error::{HumanDuration, ServiceError, ServiceErrorKind, quoted};
use crate::webcast::http::HttpAnswer;
use crate::webcast::json::{at, from_bytes, int, str, unpacked};

/// What was asked about.
#[derive(Clone, Copy)]
pub(in crate::webcast) enum Subject<'a> {
    /// An account.
    Host(&'a UniqueId),
    /// A live.
    Room(RoomId),
    /// Something else, as a sentence calls it: `the feed`.
    Thing(&'static str),
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(f, "@{host}"),
            Self::Room(room) => write!(f, "room {room}"),
            Self::Thing(thing) => f.write_str(thing),
        }
    }
}

/// Judges the status and the emptiness of an answer.
pub(in crate::webcast) fn refusal_by_status(subject: Subject<'_>, answer: &HttpAnswer) -> Result<(), ServiceError> {
    let status = answer.status.as_u16();
    let (kind, why) = match status {
        200 if answer.body.is_empty() => (
            ServiceErrorKind::Blocked,
            "TikTok sent an empty answer, as it does to networks it does not like; wait, or use another network"
                .to_owned(),
        ),
        200..300 => return Ok(()),
        404 => return Err(not_found(subject)),
        429 => {
            let wait = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            let retry_after = wait.filter(|&seconds| (1..=86_400).contains(&seconds)).map(Duration::from_secs);
            let when = retry_after.map_or("a few minutes".to_owned(), |wait| HumanDuration(wait).to_string());
            (ServiceErrorKind::RateLimited { retry_after }, format!("TikTok says we ask too often; wait {when}"))
        }
        401 | 403 | 451 => (
            ServiceErrorKind::Blocked,
            format!("TikTok refuses this network (HTTP {status}); wait, or use another network or service.proxy"),
        ),
        300..=399 => (
            ServiceErrorKind::Blocked,
            "TikTok sends us elsewhere, as it does in countries where it is closed; use another network".to_owned(),
        ),
        500.. => (
            ServiceErrorKind::BadAnswer,
            format!("TikTok's server is in trouble (HTTP {status}); try again in a minute"),
        ),
        _ => (
            ServiceErrorKind::BadAnswer,
            format!("TikTok answered HTTP {status}, which we do not know; try again in a minute"),
        ),
    };
    Err(ServiceError::new(kind, format!("could not look up {subject}: {why}")).outage(answer.status.is_server_error()))
}

/// Judges the code that stands inside an answer; 0 is fine.
pub(in crate::webcast) fn refusal_by_code(subject: Subject<'_>, code: i64, message: &str) -> Result<(), ServiceError> {
    match (code, message) {
        (19_881_007, _) | (_, "user_not_found") => Err(not_found(subject)),
        (0, _) => Ok(()),
        (4_003_110, _) => Err(login_required(subject)),
        (20_003, _) => Err(ServiceError::new(
            ServiceErrorKind::NeedsSession,
            format!("TikTok wants a login for {subject}, or the session is no longer good: set TIKTOP_SESSION_ID anew"),
        )),
        (code, message) => {
            let said = if message.is_empty() { String::new() } else { format!(", \"{}\"", quoted(message)) };
            Err(ServiceError::new(
                ServiceErrorKind::BadAnswer,
                format!("could not look up {subject}: TikTok answered with code {code}{said}; try again in a minute"),
            ))
        }
    }
}

/// The JSON of an answer of webcast.tiktok.com that refuses nothing; `unreadable` is what to say where it is none.
pub(in crate::webcast) fn accepted_json(
    subject: Subject<'_>,
    answer: &HttpAnswer,
    unreadable: impl Fn() -> ServiceError,
) -> Result<Value, ServiceError> {
    refusal_by_status(subject, answer)?;
    let json = from_bytes(&answer.body).ok_or_else(unreadable)?;
    let data = unpacked(at(&json, &["data"]));
    let words = [at(&data, &["prompts"]), at(&data, &["message"]), at(&json, &["status_msg"])].map(str);
    let words = words.into_iter().find(|words| !words.is_empty()).unwrap_or_default();
    refusal_by_code(subject, int(at(&json, &["status_code"])).unwrap_or_default(), words)?;
    Ok(json)
}

/// Withheld: for adults, hidden by the host, or from a network that TikTok does not trust; the service uses one code for all
/// three, and cannot be asked which it is.
pub(in crate::webcast) fn login_required(subject: Subject<'_>) -> ServiceError {
    let whose = match subject {
        Subject::Room(room) => format!("the details of room {room}"),
        other => format!("{other}'s live"),
    };
    ServiceError::new(
        ServiceErrorKind::AgeRestricted,
        format!(
            "TikTok withholds the room's details (an age limit, or distrust of this network): {whose}, code 4003110; \
             TIKTOP_SESSION_ID, the sessionid cookie of an adult account, with TIKTOP_TARGET_IDC, its tt-target-idc, may open \
             them, or another network"
        ),
    )
}

/// There is no such account or room; what is neither has moved.
pub(in crate::webcast) fn not_found(subject: Subject<'_>) -> ServiceError {
    let advice = match subject {
        Subject::Thing(_) => return moved(subject),
        Subject::Host(_) => "check the spelling; names change",
        Subject::Room(_) => "each live has a number of its own: use the @name",
    };
    ServiceError::new(ServiceErrorKind::NotFound, format!("TikTok knows no {subject}: {advice}"))
}

/// The question itself is not known.
pub(super) fn moved(subject: Subject<'_>) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::BadAnswer,
        format!(
            "could not look up {subject}: TikTok has moved the look-up; check service.site_url, or for a newer tiktop"
        ),
    )
}

/// A human is wanted.
pub(super) fn captcha(subject: Subject<'_>) -> ServiceError {
    ServiceError::new(
        ServiceErrorKind::Captcha,
        format!(
            "could not look up {subject}: TikTok wants a captcha solved on this network; open tiktok.com in a browser \
             once, wait a few minutes, or use another network"
        ),
    )
}

/// What came where JSON should have been.
pub(super) fn not_json(subject: Subject<'_>, body: &[u8]) -> ServiceError {
    // A page instead of data is the challenge, whatever it says.
    let text = String::from_utf8_lossy(body.get(..4_096).unwrap_or(body));
    if looks_like_captcha(&text) || text.trim_start().starts_with('<') {
        return captcha(subject);
    }
    ServiceError::new(
        ServiceErrorKind::BadAnswer,
        format!("could not look up {subject}: TikTok's answer cannot be read; try again in a minute"),
    )
}

/// Marks of the challenge pages seen so far.
pub(super) fn looks_like_captcha(html: &str) -> bool {
    ["Please wait...", "_wafchallengeid", "tiktok-verify-page"].iter().any(|mark| html.contains(mark))
}
