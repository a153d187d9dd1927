//! Report of a live as facts in words, which every form of it shows.

use super::live_report::{BattleRecord, GifterRow, LiveReport};
use super::lives::LiveRow;
use super::moments::MomentRow;
use crate::clock::Timestamp;
use crate::text::{Text, clip, counted, width};

/// Blocks of a line of the terminal.
const BLOCKS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];
/// Columns of a graph in the terminal.
const COLUMNS: usize = 60;

/// A time as people write it, where this machine is.
pub fn local_time(at: i64) -> String {
    Timestamp(at).to_jiff().to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A length for people, of milliseconds.
pub fn length(millis: i64) -> String {
    let minutes = millis.max(0) / 60_000;
    if minutes < 1 { format!("{} s", millis.max(0) / 1_000) } else { format!("{}:{:02} h", minutes / 60, minutes % 60) }
}

/// A time after a beginning, in seconds, as `replay --from` takes it: `1:02:30`.
pub fn clock_words(seconds: u64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Coins, and that there is more whose price is not known.
pub fn coins(coins: u64, unpriced: u64) -> String {
    if unpriced > 0 { format!("{coins} +{unpriced}?") } else { coins.to_string() }
}

/// The same with the word: `1 coin`, `12 coins`, `1 +2? coins`.
pub fn coins_in_words(count: u64, unpriced: u64) -> String {
    if unpriced > 0 { format!("{} coins", coins(count, unpriced)) } else { counted(count, "coin", "coins") }
}

/// A text in so many columns: cut where it is wider, filled up with blanks where it is not.
pub fn column(text: &str, columns: usize) -> String {
    let text = clip(text, columns);
    let pad = columns.saturating_sub(width(&text));
    format!("{text}{:pad$}", "")
}

/// A number against the live before: `120 (+20 %)`.
fn against(now: u64, before: Option<u64>) -> String {
    match before {
        Some(before @ 1..) => {
            let change = (now as f64 / before as f64 - 1.0) * 100.0;
            format!("{now} ({change:+.0} %)")
        }
        _ => now.to_string(),
    }
}

/// Label and value of what is known, against the live before where there was one.
pub fn report_facts(report: &LiveReport) -> Vec<(&'static str, String)> {
    let LiveReport { live, before, .. } = report;
    let was = |of: fn(&LiveRow) -> u64| before.as_ref().map(of);
    let end = match live.ended {
        Some(ended) => local_time(ended),
        None => format!("last seen {}", local_time(live.last_at)),
    };
    let mut facts = vec![
        ("host", format!("@{} {}", live.handle, Text::new(&live.nickname))),
        ("title", Text::new(&live.title).to_string()),
        ("live", live.id.to_string()),
        ("began", local_time(live.began())),
        ("ended", end),
        ("length", length(live.length())),
        (
            "watched",
            live.watched_less()
                .map(|watched| format!("{} of it; what follows is of that time", length(watched)))
                .unwrap_or_default(),
        ),
        ("viewers", {
            let average = live.average.map(|average| format!(", average {average}")).unwrap_or_default();
            format!("peak {}{average}", against(live.peak, was(|live| live.peak)))
        }),
        ("different viewers", if live.total_viewers > 0 { live.total_viewers.to_string() } else { String::new() }),
        ("people seen", format!("{}, {} for the first time", report.people, report.new_people)),
        ("comments", against(live.chats, was(|live| live.chats))),
        ("likes", format!("{} reported, {} seen", live.likes_reported, live.likes_seen)),
        ("gifts", against(live.gifts, was(|live| live.gifts))),
        ("coins", against(live.coins, was(|live| live.coins))),
        ("unsure", {
            let gifts = counted(live.unpriced, "gift", "gifts");
            if live.unpriced > 0 {
                format!("{gifts} whose price is not known, not in the coins")
            } else {
                String::new()
            }
        }),
        ("supporters", format!("{}, {} of them new", report.supporters, report.new_supporters)),
        ("follows, shares, subscriptions", format!("{}, {}, {}", live.follows, live.shares, live.subscribes)),
        ("not seen", {
            let gaps = counted(live.gaps, "gap", "gaps");
            if live.gaps > 0 { format!("{} in {gaps}", length(live.gap_ms as i64)) } else { String::new() }
        }),
    ];
    let lost: Vec<_> = report.lost.iter().map(|lost| format!("{} {}", lost.count, lost.kind)).collect();
    facts.push(("not kept", lost.join(", ")));
    if let Some(before) = before {
        facts.push(("compared with", format!("the live of {}", local_time(before.began()))));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// A gifter in words.
pub fn report_gifter(row: &GifterRow) -> (String, String) {
    let name = if row.nickname.is_empty() { format!("@{}", row.handle) } else { Text::new(&row.nickname).to_string() };
    let new = if row.is_new { ", new" } else { "" };
    (name, format!("{}, {}{new}", coins_in_words(row.coins, row.unpriced), counted(row.gifts, "gift", "gifts")))
}

/// How a battle went, in words.
pub fn report_battle(battle: &BattleRecord) -> String {
    let opponents = if battle.opponents.is_empty() { "somebody".into() } else { Text::new(&battle.opponents) };
    let result = battle.result.as_deref().unwrap_or("result not known");
    format!("{} {result} {} to {} against {opponents}", local_time(battle.at), battle.ours, battle.theirs)
}

/// The report for a terminal.
pub fn report_lines(report: &LiveReport) -> Vec<String> {
    let facts = report_facts(report);
    let widest = facts.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let mut lines: Vec<_> = facts.iter().map(|(label, value)| format!("{label:<widest$}  {value}")).collect();
    for (label, values) in report.series() {
        if values.iter().any(|value| value.is_some_and(|value| value > 0)) {
            let most = values.iter().flatten().max().copied().unwrap_or(0);
            lines.push(String::new());
            lines.push(format!("{label}, by the minute, {most} at most"));
            lines.push(blocks(&values, COLUMNS));
        }
    }
    let mut section = |head: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            lines.push(String::new());
            lines.push(head.to_owned());
            lines.extend(rows.into_iter().map(|row| format!("  {row}")));
        }
    };
    let gifters = report.gifters.iter().map(report_gifter);
    section("gave most", gifters.map(|(name, given)| format!("{} {given}", column(&name, 24))).collect());
    section("battles", report.battles.iter().map(report_battle).collect());
    let moment = |moment: &MomentRow| format!("{} {}", local_time(moment.at), Text::new(&moment.note));
    section("moments", report.moments.iter().map(moment).collect());
    lines
}

/// Values as blocks: the largest of as many as share a column.
fn blocks(values: &[Option<u64>], columns: usize) -> String {
    let most = values.iter().flatten().max().copied().unwrap_or(0).max(1);
    let columns = columns.min(values.len()).max(1);
    let cell = |column: usize| {
        let (from, to) = (column * values.len() / columns, (column + 1) * values.len() / columns);
        let value = values.get(from..to.max(from + 1))?.iter().flatten().max()?;
        BLOCKS.get((value.saturating_mul(7) / most) as usize)
    };
    (0..columns).map(|column| cell(column).copied().unwrap_or(' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_something_is_no_plural() {
        let live = LiveRow { gaps: 1, gap_ms: 4_000, unpriced: 1, ..LiveRow::default() };
        let report = LiveReport { live, ..LiveReport::default() };
        let facts = report_facts(&report);
        let fact = |label: &str| facts.iter().find(|(is, _)| *is == label).map(|(_, value)| value.as_str());
        assert_eq!(fact("not seen"), Some("4 s in 1 gap"));
        assert_eq!(fact("unsure"), Some("1 gift whose price is not known, not in the coins"));
        let gifter = GifterRow { handle: "mia".into(), coins: 1, gifts: 1, ..GifterRow::default() };
        assert_eq!(report_gifter(&gifter).1, "1 coin, 1 gift");
    }

    #[test]
    fn blocks_share_columns_and_leave_gaps() {
        assert_eq!(blocks(&[Some(0), Some(7), None, Some(14)], 60), "\u{2581}\u{2584} \u{2588}");
        assert_eq!(blocks(&[Some(1), Some(9), Some(3), Some(3)], 2), "\u{2588}\u{2583}");
        assert_eq!(against(120, Some(100)), "120 (+20 %)");
        assert_eq!(against(120, Some(0)), "120");
        assert_eq!(
            [(1, 0), (2, 0), (1, 3)].map(|(count, more)| coins_in_words(count, more)),
            ["1 coin", "2 coins", "1 +3? coins"]
        );
        assert_eq!(["Mia", "日本語の名前", "😂😂"].map(|name| width(&column(name, 8))), [8; 3]);
    }
}
