//! Clock that tests can turn: monotonic and wall time together in one moment.
//!
//! The only file that may ask the system what time it is. Everything else is handed a [`Moment`].
//!
//! ```
//! use std::time::Duration;
//! use tiktop::clock::{Clock, Timestamp};
//!
//! let clock = Clock::manual(Timestamp(1_700_000_000_000));
//! let before = clock.now();
//! clock.advance(Duration::from_secs(5));
//! assert_eq!(clock.now().since(before), Duration::from_secs(5));
//! assert_eq!(clock.now().wall.rfc3339(), "2023-11-14T22:13:25.000Z");
//! ```

use std::ops::{Add, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use compact_str::CompactString;
use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Monotonic time, for threads that wait on the terminal itself and for nothing that a test or a replay turns.
pub(crate) use std::time::Instant;

/// Now, in monotonic time.
#[cfg(feature = "cli")]
#[expect(clippy::disallowed_methods, reason = "this file is the one place that asks the system")]
pub(crate) fn monotonic_now() -> Instant {
    Instant::now()
}

/// Wall-clock time in milliseconds since the Unix epoch. For people and for files; never for measuring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From the wire, where a time may be in milliseconds, in seconds (below 1e11, seen on filtered-comment notices)
    /// or missing (0).
    pub fn from_wire(value: i64) -> Option<Self> {
        const SECONDS_BELOW: i64 = 100_000_000_000;
        /// The year 9999: beyond it a time is garbage, and the calendar ends.
        const LAST: i64 = 253_402_207_200_000;
        match value {
            ..=0 => None,
            1..SECONDS_BELOW => Some(Self(value * 1_000)),
            SECONDS_BELOW..=LAST => Some(Self(value)),
            _ => None,
        }
    }

    /// The instant on jiff's calendar; the epoch where the calendar cannot hold it.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// RFC 3339 in UTC with milliseconds, as NDJSON prints it.
    pub fn rfc3339(self) -> String {
        self.rfc3339_inline().into()
    }

    /// The same without an allocation. Two of them stand on every line of NDJSON, so the digits are set here.
    pub(crate) fn rfc3339_inline(self) -> CompactString {
        let time = Offset::UTC.to_datetime(self.to_jiff());
        let Ok(year @ 0..=9_999) = u32::try_from(time.year()) else { return self.printed() };
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut set = |at: usize, digits: usize, number: u32| {
            let mut rest = number;
            for digit in text[at..at + digits].iter_mut().rev() {
                *digit += (rest % 10) as u8;
                rest /= 10;
            }
        };
        set(0, 4, year);
        let two_digits = [time.month(), time.day(), time.hour(), time.minute(), time.second()];
        for (at, number) in [5, 8, 11, 14, 17].into_iter().zip(two_digits) {
            set(at, 2, number.unsigned_abs().into());
        }
        set(20, 3, time.millisecond().unsigned_abs().into());
        // Only digits were set. (`from_utf8_lossy` would push one character after the other.)
        CompactString::from_utf8(text).unwrap_or_default()
    }

    /// The same for years that four digits cannot hold.
    fn printed(self) -> CompactString {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        let mut text = CompactString::default();
        match PRINTER.print_timestamp(&self.to_jiff(), StdFmtWrite(&mut text)) {
            Ok(()) => text,
            // Memory takes whatever is written.
            Err(_) => CompactString::default(),
        }
    }
}

/// One point in time, twice: `mono` for measuring, `wall` for showing.
///
/// `mono` never runs backwards and stands still while the machine sleeps; `wall` follows the system clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since some start of this machine or capture.
    pub mono: u64,
    /// The wall clock at the same point.
    pub wall: Timestamp,
}

impl Moment {
    /// How long ago `earlier` was; zero when it was not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.mono.saturating_sub(earlier.mono))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        let millis = millis(rhs);
        Self { mono: self.mono.saturating_add(millis), wall: Timestamp(self.wall.0.saturating_add_unsigned(millis)) }
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        let millis = millis(rhs);
        Self { mono: self.mono.saturating_sub(millis), wall: Timestamp(self.wall.0.saturating_sub_unsigned(millis)) }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// An hour of room, so that subtracting a span from an early moment does not saturate.
const FIRST_MONO: i64 = 3_600_000;

#[expect(clippy::disallowed_methods, reason = "this file is the one place that asks the system")]
fn system_moment(start: Instant, at_start: i64) -> Moment {
    let wall =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let mono = at_start.saturating_add(start.elapsed().as_millis() as i64).max(0) as u64;
    Moment { mono, wall: Timestamp(wall) }
}

/// Where the time comes from: the system, or a test.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Instant),
    /// The monotonic time of another process: what it was at the start, in milliseconds.
    Aligned(Instant, Arc<AtomicI64>),
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "this file is the one place that asks the system")]
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// The system's clock with the monotonic time of another process on this machine, once it is [aligned](Self::align).
    #[expect(clippy::disallowed_methods, reason = "this file is the one place that asks the system")]
    pub fn alignable() -> Self {
        Self(Source::Aligned(Instant::now(), Arc::new(AtomicI64::new(FIRST_MONO))))
    }

    /// Shifts an alignable clock, and all its clones, so that its monotonic time is that of another process, whose clock says
    /// `theirs` at this moment. Any other clock does not listen.
    pub fn align(&self, theirs: Moment) {
        if let Source::Aligned(start, at_start) = &self.0 {
            let theirs = i64::try_from(theirs.mono).unwrap_or(i64::MAX);
            at_start.store(theirs.saturating_sub(start.elapsed().as_millis() as i64), Ordering::Relaxed);
        }
    }

    /// A clock that stands at `start` until [`Clock::advance`] turns it.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.0))))
    }

    /// Now.
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System(start) => system_moment(*start, FIRST_MONO),
            Source::Aligned(start, at_start) => system_moment(*start, at_start.load(Ordering::Relaxed)),
            Source::Manual(wall) => {
                let wall = wall.load(Ordering::Relaxed);
                Moment { mono: wall.max(0) as u64, wall: Timestamp(wall) }
            }
        }
    }

    /// Sets a manual clock; the system's does not listen.
    pub fn set(&self, to: Timestamp) {
        if let Source::Manual(wall) = &self.0 {
            wall.store(to.0, Ordering::Relaxed);
        }
    }

    /// Turns a manual clock forward; the system's clock does not listen.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(wall) = &self.0 {
            wall.fetch_add(by.as_millis() as i64, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_times_come_in_two_units_and_may_be_missing() {
        assert_eq!(Timestamp::from_wire(0), None);
        assert_eq!(Timestamp::from_wire(-5), None);
        assert_eq!(Timestamp::from_wire(1_700_000_000), Some(Timestamp(1_700_000_000_000)));
        assert_eq!(Timestamp::from_wire(1_700_000_000_123), Some(Timestamp(1_700_000_000_123)));
        assert_eq!(Timestamp::from_wire(i64::MAX), None);
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(Timestamp(1_000));
        let before = clock.now();
        clock.advance(Duration::from_millis(250));
        assert_eq!(clock.now().since(before), Duration::from_millis(250));
        assert_eq!(before.since(clock.now()), Duration::ZERO);
    }

    #[test]
    fn times_print_in_utc_with_milliseconds() {
        assert_eq!(Timestamp(1_700_000_000_123).rfc3339(), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn digits_are_those_of_the_calendar_at_any_time() {
        let known = [0, 1, 999, -1, 951_782_399_999, 951_782_400_000, 253_402_207_200_000, -62_198_755_200_001];
        let random = std::iter::repeat_with(|| fastrand::i64(-63_000_000_000_000..260_000_000_000_000)).take(2_000);
        for time in known.into_iter().chain([i64::MIN, i64::MAX]).chain(random).map(Timestamp) {
            assert_eq!(time.rfc3339_inline(), time.printed(), "{}", time.0);
        }
    }
}
