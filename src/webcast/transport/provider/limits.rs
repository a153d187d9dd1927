//! Limits of a provider, how many signatures it still gives us: from the headers of its answers and from its own account of
//! it.
//!
//! The headers' meaning is unproved and differs between libraries (docs/protocol.md#provider-limits), so the account wins while it is
//! fresh. It is asked for at most once in ten minutes, and only with a key or after a refusal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::answer::retry_after;
use crate::clock::{Clock, Timestamp};
use crate::text::Text;
use crate::webcast::address::under;
use crate::webcast::error::{ServiceError, ServiceErrorKind, quoted};
use crate::webcast::http::{Http, HttpAnswer, HttpRequest};
use crate::webcast::json::{at, count, from_bytes, int, str};
use crate::webcast::transport::Budget;

/// Least time between two questions for the account.
const ASK_EVERY: Duration = Duration::from_secs(600);
/// The limits of an account, longest first.
const SPANS: [&str; 3] = ["day", "hour", "minute"];
/// Where an account is asked for: the path that all libraries know, and the one of 2026.
const PATHS: [&str; 2] = ["webcast/rate_limits", "accounts/me/rate_limits"];
/// The answer has a few hundred bytes.
const BODY_CAP: usize = 1 << 20;

/// What is known of the limits.
#[derive(Debug, Default)]
pub(super) struct LimitTracker(Mutex<KnownLimits>);

#[derive(Debug, Default)]
struct KnownLimits {
    /// By the provider's own account, less what was spent since.
    account: Option<Budget>,
    /// By the headers of its last answer.
    headers: Option<Budget>,
    asked_at: Option<Instant>,
    wants_account: bool,
}

impl LimitTracker {
    /// Books an answer to a request for a signature.
    pub(super) fn record_answer(&self, answer: &HttpAnswer, keyed: bool) {
        let now = now();
        let refused = answer.status.as_u16() == 429;
        self.with(|known| {
            known.wants_account |= keyed || refused;
            if refused {
                known.account = None;
                known.headers = Some(spent(answer, now));
                return;
            }
            if let Some(account) = known.account.as_mut().filter(|_| answer.status.is_success()) {
                account.left = account.left.saturating_sub(1);
            }
            if let Some(budget) = from_headers(&answer.headers, now) {
                known.headers = Some(budget);
            }
        });
    }

    /// Whether the account should be asked for now; then the question counts as asked.
    pub(super) fn are_due(&self) -> bool {
        self.with(|known| {
            let due = known.wants_account && known.asked_at.is_none_or(|asked| asked.elapsed() >= ASK_EVERY);
            if due {
                known.asked_at = Some(Instant::now());
                known.wants_account = false;
            }
            due
        })
    }

    /// The tightest limit of an account counts from now on, the shortest of several.
    pub(super) fn set_account(&self, account: Vec<Budget>) {
        if let Some(tightest) = account.into_iter().rev().min_by_key(|budget| budget.left) {
            self.with(|known| known.account = Some(tightest));
        }
    }

    /// What is left now; nothing once the time of a reset has passed, for then nobody knows.
    pub(super) fn budget(&self) -> Option<Budget> {
        let now = now();
        let fresh = |budget: &&Budget| budget.resets_at.is_none_or(|reset| reset > now);
        self.with(|known| known.account.as_ref().filter(fresh).or(known.headers.as_ref().filter(fresh)).cloned())
    }

    fn with<T>(&self, f: impl FnOnce(&mut KnownLimits) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn now() -> Timestamp {
    Clock::system().now().wall
}

/// Nothing is left, until the time that the refusal names.
fn spent(answer: &HttpAnswer, now: Timestamp) -> Budget {
    let json = from_bytes(&answer.body).unwrap_or_default();
    let wait = retry_after(&answer.headers, now.to_jiff());
    let label = Text::new(&quoted(str(at(&json, &["limit_label"]))));
    Budget { left: 0, of: limit(&answer.headers), resets_at: wait.map(|wait| later(now, wait)), label }
}

fn from_headers(headers: &HeaderMap, now: Timestamp) -> Option<Budget> {
    let left = number(headers, &["ratelimit-remaining", "x-ratelimit-remaining"])?;
    let resets_at = retry_after(headers, now.to_jiff()).map(|wait| later(now, wait));
    Some(Budget { left, of: limit(headers), resets_at, label: Text::default() })
}

/// Asks provider `name` for its account: what it still grants, one a span, the longest first. Costs no signature.
pub(super) async fn ask_account(
    http: &Http,
    name: &str,
    base: &Url,
    headers: &HeaderMap,
) -> Result<Vec<Budget>, ServiceError> {
    let doing = format!("ask {name} what is left");
    let mut refusal = ServiceError::new(ServiceErrorKind::Provider, format!("could not {doing}"));
    for path in PATHS {
        let (url, headers) = (under(base, path), headers.clone());
        let answer = http.get(HttpRequest { doing: &doing, url, headers, cap: BODY_CAP }).await?;
        match read_account(name, &answer) {
            Ok(account) => return Ok(account),
            Err(error) => refusal = error,
        }
        // A provider without this path, or with another thing at it.
        if answer.status != StatusCode::NOT_FOUND && !answer.status.is_success() {
            break;
        }
    }
    Err(refusal)
}

fn read_account(name: &str, answer: &HttpAnswer) -> Result<Vec<Budget>, ServiceError> {
    let json = from_bytes(&answer.body).unwrap_or_default();
    let said = quoted(str(at(&json, &["message"])));
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.trim_end_matches('.')) };
    let words = match answer.status.as_u16() {
        200..300 => {
            let account: Vec<_> = SPANS.into_iter().filter_map(|span| read_span(&json, span)).collect();
            if !account.is_empty() {
                return Ok(account);
            }
            "does not say what it grants in words we know".to_owned()
        }
        401 | 403 => format!("does not accept your key{said}; check it, or take it out to be a guest"),
        404 => "does not say what it grants".to_owned(),
        429 => format!("is asked too often{said}; wait a minute"),
        status => format!("answered HTTP {status}{said}; try again in a minute"),
    };
    Err(ServiceError::new(ServiceErrorKind::Provider, format!("{name} {words}")))
}

/// One limit of an account; a span that it does not name is left out.
fn read_span(json: &Value, span: &'static str) -> Option<Budget> {
    let span_limit = at(json, &[span]);
    let left = count(at(span_limit, &["remaining"]))?;
    let resets_at = time(at(span_limit, &["reset_at"]));
    Some(Budget { left, of: count(at(span_limit, &["max"])), resets_at, label: Text::new(span) })
}

/// A point in time as text, or as a number since 1970.
fn time(value: &Value) -> Option<Timestamp> {
    let text = str(value).parse::<jiff::Timestamp>().ok();
    text.map(|time| Timestamp(time.as_millisecond())).or_else(|| Timestamp::from_wire(int(value)?))
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
}

fn limit(headers: &HeaderMap) -> Option<u64> {
    number(headers, &["ratelimit-limit", "x-ratelimit-limit"])
}

fn number(headers: &HeaderMap, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> HttpAnswer {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        HttpAnswer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() }
    }

    fn account(remaining: [u64; 3]) -> String {
        let bucket = |left: u64| json!({"max": 100, "remaining": left, "reset_at": "2999-01-01T00:00:00Z"});
        let [minute, hour, day] = remaining.map(bucket);
        json!({"code": 200, "minute": minute, "hour": hour, "day": day}).to_string()
    }

    fn read(status: u16, body: &str) -> Result<Vec<Budget>, ServiceError> {
        read_account("provider euler", &answer(status, &[], body))
    }

    #[test]
    fn the_account_wins_over_headers_and_shrinks_with_each_signature() {
        let limits = LimitTracker::default();
        assert_eq!(limits.budget(), None);
        limits.record_answer(&answer(200, &[("ratelimit-remaining", "29"), ("ratelimit-reset", "60")], ""), true);
        assert_eq!(limits.budget().map(|budget| budget.left), Some(29));
        assert!(limits.are_due());
        limits.set_account(read(200, &account([30, 12, 2_500])).unwrap());
        limits.record_answer(&answer(200, &[("ratelimit-remaining", "28")], ""), true);
        let budget = limits.budget().unwrap();
        assert_eq!((budget.left, budget.of, budget.label.as_str()), (11, Some(100), "hour"));
        assert!(budget.resets_at.is_some());
    }

    #[test]
    fn a_refusal_leaves_nothing_until_its_time() {
        let limits = LimitTracker::default();
        let refusal = answer(429, &[("retry-after", "30")], r#"{"limit_label":"minute"}"#);
        limits.record_answer(&refusal, false);
        let budget = limits.budget().unwrap();
        assert_eq!((budget.left, budget.label.as_str()), (0, "minute"));
        assert!(budget.resets_at.unwrap() > now());
    }

    #[tokio::test(start_paused = true)]
    async fn guests_do_not_ask_and_others_not_more_often_than_every_ten_minutes() {
        let limits = LimitTracker::default();
        limits.record_answer(&answer(200, &[], ""), false);
        assert!(!limits.are_due(), "asked as a guest");
        limits.record_answer(&answer(429, &[], ""), false);
        assert!(limits.are_due(), "a refused guest may ask");
        limits.record_answer(&answer(200, &[], ""), true);
        assert!(!limits.are_due(), "asked twice");
        tokio::time::advance(ASK_EVERY).await;
        assert!(limits.are_due());
    }

    #[test]
    fn an_account_is_read_span_by_span() {
        let body = r#"{"code":200,"day":{"max":2500,"remaining":2499,"reset_at":"2026-11-22T00:00:00Z"},"minute":{"max":30,
                       "remaining":"7"},"hour":null}"#;
        let account = read(200, body).unwrap();
        let spans: Vec<_> = account.iter().map(|limit| (limit.label.as_str(), limit.left, limit.of)).collect();
        assert_eq!(spans, [("day", 2_499, Some(2_500)), ("minute", 7, Some(30))]);
        assert_eq!(account[0].resets_at, Some(Timestamp(1_795_305_600_000)));
    }

    #[rstest]
    #[case(200, "", "in words we know")]
    #[case(200, "[]", "in words we know")]
    #[case(200, r#"{"minute":{"remaining":-1}}"#, "in words we know")]
    #[case(200, r#"{"minute":7}"#, "in words we know")]
    #[case(401, r#"{"message":"no such key."}"#, "does not accept your key (no such key)")]
    #[case(404, r#"{"minute":{"remaining":1}}"#, "does not say")]
    #[case(503, "<html>", "HTTP 503")]
    fn what_is_no_account_is_told(#[case] status: u16, #[case] body: &str, #[case] words: &str) {
        let error = read(status, body).unwrap_err().to_string();
        assert!(error.starts_with("provider euler") && error.contains(words), "{error}");
    }

    #[test]
    fn what_has_been_reset_is_not_known() {
        let limits = LimitTracker::default();
        let past = json!({"minute": {"max": 9, "remaining": 3, "reset_at": 1_500_000_000}}).to_string();
        limits.set_account(read(200, &past).unwrap());
        assert_eq!(limits.budget(), None);
    }
}
