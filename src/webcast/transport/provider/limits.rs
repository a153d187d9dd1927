//! Limits of a provider, how many signatures it still gives us: from the headers of its answers and from its own account of
//! it.
//!
//! The headers' meaning is unproved and differs between libraries (docs/protocol.md#provider-limits), so the account wins while it is
//! fresh. It is asked for at most once in ten minutes, and only with a key or after a refusal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::time::Instant;

use super::answer::retry_after;
use crate::clock::{Clock, Timestamp};
use crate::text::Text;
use crate::webcast::error::quoted;
use crate::webcast::http::HttpAnswer;
use crate::webcast::json::{at, count, from_bytes, int, str};
use crate::webcast::transport::Budget;

/// Least time between two questions for the account.
const ASK_EVERY: Duration = Duration::from_secs(600);
/// The limits of an account, shortest first.
const BUCKETS: [&str; 3] = ["minute", "hour", "day"];

/// What is known of the limits.
#[derive(Debug, Default)]
pub(super) struct LimitBook(Mutex<KnownLimits>);

#[derive(Debug, Default)]
struct KnownLimits {
    /// By the provider's own account, less what was spent since.
    account: Option<Budget>,
    /// By the headers of its last answer.
    headers: Option<Budget>,
    asked_at: Option<Instant>,
    wants_account: bool,
}

impl LimitBook {
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

    /// Takes an account over; false when the answer is none.
    pub(super) fn learn(&self, answer: &HttpAnswer) -> bool {
        let json = from_bytes(&answer.body).unwrap_or_default();
        let account = if answer.status.is_success() { from_account(&json) } else { None };
        let learned = account.is_some();
        if learned {
            self.with(|known| known.account = account);
        }
        learned
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

/// The tightest of the account's limits.
fn from_account(json: &Value) -> Option<Budget> {
    let bucket = |name: &'static str| {
        let bucket = at(json, &[name]);
        let left = count(at(bucket, &["remaining"]))?;
        let resets_at = time(at(bucket, &["reset_at"]));
        Some(Budget { left, of: count(at(bucket, &["max"])), resets_at, label: Text::new(name) })
    };
    BUCKETS.into_iter().filter_map(bucket).min_by_key(|budget| budget.left)
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
    use reqwest::StatusCode;
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

    #[test]
    fn the_account_wins_over_headers_and_shrinks_with_each_signature() {
        let limits = LimitBook::default();
        assert_eq!(limits.budget(), None);
        limits.record_answer(&answer(200, &[("ratelimit-remaining", "29"), ("ratelimit-reset", "60")], ""), true);
        assert_eq!(limits.budget().map(|budget| budget.left), Some(29));
        assert!(limits.are_due());
        assert!(limits.learn(&answer(200, &[], &account([30, 12, 2_500]))));
        limits.record_answer(&answer(200, &[("ratelimit-remaining", "28")], ""), true);
        let budget = limits.budget().unwrap();
        assert_eq!((budget.left, budget.of, budget.label.as_str()), (11, Some(100), "hour"));
        assert!(budget.resets_at.is_some());
    }

    #[test]
    fn a_refusal_leaves_nothing_until_its_time() {
        let limits = LimitBook::default();
        let refusal = answer(429, &[("retry-after", "30")], r#"{"limit_label":"minute"}"#);
        limits.record_answer(&refusal, false);
        let budget = limits.budget().unwrap();
        assert_eq!((budget.left, budget.label.as_str()), (0, "minute"));
        assert!(budget.resets_at.unwrap() > now());
    }

    #[tokio::test(start_paused = true)]
    async fn guests_do_not_ask_and_others_not_more_often_than_every_ten_minutes() {
        let limits = LimitBook::default();
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
    fn garbage_is_no_account() {
        for body in ["", "[]", r#"{"minute":{"remaining":-1}}"#, r#"{"minute":7}"#] {
            assert!(!LimitBook::default().learn(&answer(200, &[], body)), "{body}");
        }
        assert!(!LimitBook::default().learn(&answer(404, &[], &account([1, 1, 1]))));
    }

    #[test]
    fn what_has_been_reset_is_not_known() {
        let limits = LimitBook::default();
        let past = json!({"minute": {"max": 9, "remaining": 3, "reset_at": 1_500_000_000}}).to_string();
        assert!(limits.learn(&answer(200, &[], &past)));
        assert_eq!(limits.budget(), None);
    }
}
