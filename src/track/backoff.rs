//! Waits before the next attempt. Pure: attempt number and a random share in, a delay out.

use std::time::Duration;

/// Time between two look-ups of a room that is not live. The service is asked at most once a minute and room.
pub(super) const LOOK_UP: Duration = Duration::from_secs(60);
/// Waits between attempts to reconnect, in seconds; the last one repeats. They cost nobody a signature.
const RECONNECT: [u64; 5] = [1, 2, 5, 10, 30];
/// So much longer such a wait may be, by chance, so that rooms that dropped together come back apart.
const SPREAD: f64 = 0.25;
/// First wait after a refusal (captcha, rate limit, region) that named no time of its own.
const REFUSED: Duration = Duration::from_secs(90);
/// Longest wait after refusals.
const REFUSED_LONGEST: Duration = Duration::from_secs(15 * 60);

/// Wait before reconnect number `attempt` (from 0): 1, 2, 5, 10, 30 s and up to a quarter more.
pub(super) fn reconnect(attempt: u32, share: f64) -> Duration {
    let [.., longest] = RECONNECT;
    let nth = usize::try_from(attempt).unwrap_or(usize::MAX);
    let wait = Duration::from_secs(RECONNECT.get(nth).copied().unwrap_or(longest));
    wait + wait.mul_f64(SPREAD * clamp(share))
}

/// Wait after the service refused us `attempt` times in a row. What it asked for itself counts as the least.
pub(super) fn refused(attempt: u32, asked: Option<Duration>, share: f64) -> Duration {
    let ours = jittered(doubled(REFUSED, attempt, REFUSED_LONGEST), 0.3, share);
    asked.map_or(ours, |asked| asked + Duration::from_secs(1).mul_f64(1.0 + 4.0 * clamp(share)))
}

/// Wait after no transport opened a room, `attempt` times in a row: seconds where the network or a server is in trouble,
/// minutes where everybody turned us away, and not past the time that one of them named.
pub(super) fn unopened(attempt: u32, asked: Option<Duration>, outage: bool, share: f64) -> Duration {
    let named = asked.map(|asked| refused(attempt, Some(asked), share));
    let ours = if outage { reconnect(attempt, share) } else { refused(attempt, None, share) };
    named.map_or(ours, |named| named.min(ours))
}

/// Wait between look-ups of a room that is not live: a minute and up to a quarter more.
pub(super) fn look_up(share: f64) -> Duration {
    LOOK_UP + LOOK_UP.mul_f64(0.25 * clamp(share))
}

/// Wait between looks at a live that no transport opens: `longest`, or down to half of it.
pub(super) fn recheck(longest: Duration, share: f64) -> Duration {
    jittered(longest, 0.5, share)
}

fn doubled(first: Duration, attempt: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << attempt.min(10)).min(longest)
}

/// `delay` with its last `part` replaced by a random share of it.
fn jittered(delay: Duration, part: f64, share: f64) -> Duration {
    delay.mul_f64(1.0 - part + part * clamp(share))
}

fn clamp(share: f64) -> f64 {
    share.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_reconnect_waits_a_second_to_half_a_minute_and_a_quarter_more_at_most(
            attempt in 0u32..100, share in -1.0f64..2.0,
        ) {
            let wait = reconnect(attempt, share);
            prop_assert!(wait >= Duration::from_secs(1) && wait <= Duration::from_secs(30).mul_f64(1.0 + SPREAD));
        }

        #[test]
        fn look_ups_never_come_faster_than_one_a_minute(share in -1.0f64..2.0) {
            prop_assert!(look_up(share) >= LOOK_UP && look_up(share) <= LOOK_UP * 2);
        }

        #[test]
        fn what_the_service_asks_for_is_kept(asked in 0u64..10_000, attempt in 0u32..50, share in 0.0f64..1.0) {
            let asked = Duration::from_secs(asked);
            prop_assert!(refused(attempt, Some(asked), share) > asked);
        }
    }

    #[test]
    fn an_outage_waits_seconds_a_limit_its_time_and_a_refusal_long() {
        let seconds = |asked: Option<u64>, outage| unopened(0, asked.map(Duration::from_secs), outage, 1.0).as_secs();
        assert_eq!(seconds(None, true), 1);
        assert_eq!(seconds(Some(1), false), 6);
        assert_eq!(seconds(Some(300), true), 1);
        assert_eq!(seconds(None, false), 90);
        assert_eq!(unopened(40, None, true, 0.0), Duration::from_secs(30));
    }

    #[test]
    fn what_costs_no_signature_is_tried_again_soon() {
        let waits: Vec<_> = (0..7).map(|attempt| reconnect(attempt, 0.0).as_secs()).collect();
        assert_eq!(waits, [1, 2, 5, 10, 30, 30, 30]);
    }
}
