//! Numbers as the screen writes them: four significant places at most, cut and never rounded up, so that no total claims
//! more than there is.

use std::time::Duration;

use crate::clock::{Moment, Timestamp};

const UNITS: [(u64, char); 4] = [(1_000_000_000_000, 'T'), (1_000_000_000, 'G'), (1_000_000, 'M'), (1_000, 'k')];

/// A count: `987`, `1 243`, `12.6k`, `126k`, `3.1M`.
pub(super) fn count(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..10_000 => format!("{} {:03}", n / 1_000, n % 1_000),
        _ => short(n),
    }
}

/// A count of things: `1 gap`, `2 gaps`, `12.6k gifts`.
pub(super) fn many(n: u64, one: &str) -> String {
    plural(&count(n), n, one)
}

/// The same to the last one: `12 430 gifts`.
pub(super) fn many_in_full(n: u64, one: &str) -> String {
    plural(&full(n), n, one)
}

fn plural(written: &str, n: u64, one: &str) -> String {
    format!("{written} {one}{}", if n == 1 { "" } else { "s" })
}

/// A count to the last one, in groups of three: `12 430`. For what is fought over by single points.
pub(super) fn full(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count in at most five columns: `987`, `1.2k`, `126k`.
pub(super) fn short(n: u64) -> String {
    let Some((unit, letter)) = UNITS.into_iter().find(|(unit, _)| n >= *unit) else { return n.to_string() };
    let whole = n / unit;
    if whole >= 100 { format!("{whole}{letter}") } else { format!("{whole}.{}{letter}", n % unit * 10 / unit) }
}

/// A count a minute: `38/min`, `15.2k/min`. One unit for whatever happens in a room, so that rates can be compared.
pub(super) fn rate(per_minute: u64) -> String {
    format!("{}/min", short(per_minute))
}

/// A running length of time: `0:47`, `1:02:03`.
pub(super) fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// What is left of something: whole seconds, the begun one counted, so that `0:00` means over.
pub(super) fn countdown(left: Duration) -> String {
    duration(Duration::from_millis(u64::try_from(left.as_millis()).unwrap_or(u64::MAX).saturating_add(999)))
}

/// A length of time without seconds, for what should not tick: `now`, `47m`, `2h13m`, `3d`.
pub(super) fn minutes(span: Duration) -> String {
    match span.as_secs() / 60 {
        0 => "under 1m".into(),
        n @ 1..60 => format!("{n}m"),
        n @ 60..1_440 => format!("{}h{:02}m", n / 60, n % 60),
        n => format!("{}d", n / 1_440),
    }
}

/// How long ago something was, in three columns at most: `47m`, `2h`, `3d`; nothing below a minute, which would tick.
pub(super) fn age(span: Duration) -> String {
    match span.as_secs() / 60 {
        0 => String::new(),
        n @ 1..60 => format!("{n}m"),
        n @ 60..1_440 => format!("{}h", n / 60),
        n => format!("{}d", n / 1_440),
    }
}

/// A size of a file: `812 kB`, `142 MB`, `1.3 GB`.
pub(super) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{} kB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", n / 1_000_000),
        _ => format!("{}.{} GB", n / 1_000_000_000, n % 1_000_000_000 / 100_000_000),
    }
}

/// Bytes a second as streams are measured: `1.6 Mb/s`.
pub(super) fn bit_rate(bytes_a_second: u64) -> String {
    match bytes_a_second.saturating_mul(8) {
        bits @ 0..1_000_000 => format!("{} kb/s", bits / 1_000),
        bits => format!("{}.{} Mb/s", bits / 1_000_000, bits % 1_000_000 / 100_000),
    }
}

/// A time of day: `19:42`.
pub(super) fn clock(at: Timestamp, zone: &jiff::tz::TimeZone) -> String {
    let local = zone.to_datetime(at.to_jiff());
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The minute of a time, for telling whether two times look the same on a clock.
pub(super) fn minute_of(at: Moment) -> i64 {
    at.wall.0.div_euclid(60_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0", "0")]
    #[case(987, "987", "987")]
    #[case(1_243, "1 243", "1.2k")]
    #[case(9_999, "9 999", "9.9k")]
    #[case(12_699, "12.6k", "12.6k")]
    #[case(99_999, "99.9k", "99.9k")]
    #[case(126_400, "126k", "126k")]
    #[case(3_149_000, "3.1M", "3.1M")]
    #[case(u64::MAX, "18446744T", "18446744T")]
    fn counts_are_short_and_never_rounded_up(#[case] n: u64, #[case] full: &str, #[case] brief: &str) {
        assert_eq!(count(n), full);
        assert_eq!(short(n), brief);
    }

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(12_430, "12 430")]
    #[case(1_000_000, "1 000 000")]
    fn points_are_told_to_the_last(#[case] n: u64, #[case] expected: &str) {
        assert_eq!(full(n), expected);
    }

    #[rstest]
    #[case(0, "0/min")]
    #[case(38, "38/min")]
    #[case(15_240, "15.2k/min")]
    fn rates_are_told_by_the_minute(#[case] per_minute: u64, #[case] expected: &str) {
        assert_eq!(rate(per_minute), expected);
    }

    #[test]
    fn durations_grow_an_hour_when_they_need_one() {
        assert_eq!(duration(Duration::from_secs(47)), "0:47");
        assert_eq!(duration(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(countdown(Duration::from_millis(46_001)), "0:47");
        assert_eq!(countdown(Duration::ZERO), "0:00");
        assert_eq!(minutes(Duration::from_secs(8_000)), "2h13m");
    }

    #[test]
    fn sizes_and_rates_of_recordings() {
        assert_eq!(bytes(142_800_000), "142 MB");
        assert_eq!(bytes(1_390_000_000), "1.3 GB");
        assert_eq!(bit_rate(200_000), "1.6 Mb/s");
    }

    #[test]
    fn a_time_of_day_is_local() {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(clock(Timestamp(1_700_000_000_000), &zone), "00:13");
        assert_eq!(clock(Timestamp(i64::MAX), &jiff::tz::TimeZone::UTC), "00:00");
    }
}
