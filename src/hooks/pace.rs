//! Pace of a hook: so many calls a minute, and a rest after each. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Moment;
use crate::config::HookSettings;

const MINUTE: Duration = Duration::from_secs(60);

/// Why an event is not called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooSoon {
    /// So many calls were made in the last minute already.
    RateLimit,
    /// The hook rests.
    CoolDown,
}

#[derive(Clone, Debug)]
pub(super) struct Pace {
    per_minute: usize,
    cool_down: Duration,
    calls: VecDeque<Moment>,
}

impl Pace {
    pub(super) fn new(hook: &HookSettings) -> Self {
        let per_minute = usize::try_from(hook.per_minute).unwrap_or(usize::MAX).clamp(1, 6_000);
        Self { per_minute, cool_down: Duration::from_secs(hook.cool_down_seconds), calls: VecDeque::new() }
    }

    /// Whether a call may be made now; if so it counts.
    pub(super) fn call(&mut self, now: Moment) -> Result<(), TooSoon> {
        if self.calls.back().is_some_and(|last| now.since(*last) < self.cool_down) {
            return Err(TooSoon::CoolDown);
        }
        while self.calls.front().is_some_and(|first| now.since(*first) >= MINUTE) {
            self.calls.pop_front();
        }
        if self.calls.len() >= self.per_minute {
            return Err(TooSoon::RateLimit);
        }
        self.calls.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { mono: seconds * 1_000, ..Moment::default() }
    }

    #[test]
    fn so_many_calls_a_minute_and_no_more() {
        let mut pace = Pace::new(&HookSettings { per_minute: 2, ..HookSettings::default() });
        let calls = [0, 1, 2, 59, 60, 61, 62].map(|seconds| pace.call(at(seconds)).is_ok());
        assert_eq!(calls, [true, true, false, false, true, true, false]);
    }

    #[test]
    fn a_hook_rests_after_a_call_and_not_after_a_refusal() {
        let mut pace = Pace::new(&HookSettings { cool_down_seconds: 10, ..HookSettings::default() });
        let calls = [0, 5, 9, 10, 19].map(|seconds| pace.call(at(seconds)));
        assert_eq!(calls, [Ok(()), Err(TooSoon::CoolDown), Err(TooSoon::CoolDown), Ok(()), Err(TooSoon::CoolDown)]);
    }
}
