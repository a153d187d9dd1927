//! Report of a live as facts in words, which every form of it shows.

use super::live_report::{BattleRecord, GifterRow, LiveReport};
use super::lives::LiveRow;
use super::moments::MomentRow;
use crate::clock::Timestamp;
use crate::text::{Text, clip, counted, width};

/// Blocks of a line of the terminal.
const BLOCKS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];
/// A number that the live never told.
const NOT_TOLD: &str = "not told";
/// Columns of a graph in a terminal that is not wide, and in any.
const COLUMNS: usize = 60;
const WIDEST_GRAPH: usize = 120;
/// Columns from which on a report has two parts beside each other, and between them.
const WIDE: usize = 140;
const BETWEEN: usize = 4;

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
            let peak = format!("peak {}{average}", against(live.peak, was(|live| live.peak)));
            if live.peak > 0 { peak } else { NOT_TOLD.to_owned() }
        }),
        ("different viewers", if live.total_viewers > 0 { live.total_viewers.to_string() } else { String::new() }),
        ("people seen", format!("{}, {} for the first time", report.people, report.new_people)),
        ("comments", against(live.chats, was(|live| live.chats))),
        ("likes", {
            let reported = live.likes_reported;
            let told = if reported > 0 { format!("{reported} reported") } else { "no total told".to_owned() };
            format!("{told}, {} seen", live.likes_seen)
        }),
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

/// A time of a live as clocks showed it, and how far into the live that is, as `replay --from` takes it.
fn place(live: &LiveRow, at: i64) -> String {
    let into = u64::try_from(at.saturating_sub(live.began())).unwrap_or(0) / 1_000;
    format!("{} ({})", local_time(at), clock_words(into))
}

/// How a battle went, in words.
pub fn report_battle(live: &LiveRow, battle: &BattleRecord) -> String {
    let opponents = if battle.opponents.is_empty() { "somebody".into() } else { Text::new(&battle.opponents) };
    let result = battle.result.as_deref().unwrap_or("result not known");
    format!("{} {result} {} to {} against {opponents}", place(live, battle.at), battle.ours, battle.theirs)
}

/// A moment in words.
pub fn report_moment(live: &LiveRow, moment: &MomentRow) -> String {
    format!("{} {}", place(live, moment.at), Text::new(&moment.note))
}

/// The report for a terminal of so many columns: its parts below each other, or where it is wide, what is counted beside what happened.
pub fn report_lines(report: &LiveReport, columns: usize) -> Vec<String> {
    let wide = columns >= WIDE;
    // What happened has the longer lines.
    let left = if wide { (columns - BETWEEN) * 2 / 5 } else { usize::MAX };
    let right = if wide { columns - BETWEEN - left } else { COLUMNS };
    let facts = report_facts(report);
    let widest = facts.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let facts = facts.iter().map(|(label, value)| format!("{label:<widest$}  {value}")).collect();
    let mut graphs = Vec::new();
    for (label, values) in report.series() {
        if values.iter().any(|value| value.is_some_and(|value| value > 0)) {
            let most = values.iter().flatten().max().copied().unwrap_or(0);
            if !graphs.is_empty() {
                graphs.push(String::new());
            }
            graphs.push(format!("{label}, by the minute, {most} at most"));
            graphs.push(blocks(&values, right.min(WIDEST_GRAPH)));
        }
    }
    let section = |head: &str, rows: Vec<String>| -> Vec<String> {
        let head = (!rows.is_empty()).then(|| head.to_owned());
        head.into_iter().chain(rows.into_iter().map(|row| format!("  {row}"))).collect()
    };
    let gifters = report.gifters.iter().map(report_gifter);
    let gave = section("gave most", gifters.map(|(name, given)| format!("{} {given}", column(&name, 24))).collect());
    let live = &report.live;
    let battles = section("battles", report.battles.iter().map(|battle| report_battle(live, battle)).collect());
    let moments = section(
        "moments, with the time into the live",
        report.moments.iter().map(|moment| report_moment(live, moment)).collect(),
    );
    if !wide {
        return below_each_other([facts, graphs, gave, battles, moments]);
    }
    let (counted, happened) = (below_each_other([facts, gave]), below_each_other([graphs, battles, moments]));
    let rows = counted.len().max(happened.len());
    let part = |lines: &[String], row: usize, columns| column(lines.get(row).map_or("", String::as_str), columns);
    let row = |row| format!("{}{:BETWEEN$}{}", part(&counted, row, left), "", part(&happened, row, right));
    (0..rows).map(|at| row(at).trim_end().to_owned()).collect()
}

/// The parts that there are, an empty line between two.
fn below_each_other<const N: usize>(parts: [Vec<String>; N]) -> Vec<String> {
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(&String::new())
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
    fn a_wide_terminal_has_what_is_counted_beside_what_happened() {
        let began = 1_793_302_205_250;
        let live = LiveRow { handle: "ana".into(), started: Some(began), first_at: began, ..LiveRow::default() };
        let moment = |seconds: i64, note: &str| MomentRow {
            id: 1,
            live: 73,
            room: "ana".into(),
            live_began: began,
            at: began + seconds * 1_000,
            by: "hand".into(),
            note: note.into(),
        };
        let moments = vec![moment(90, "goal"), moment(3_750, &"long ".repeat(40))];
        let report = LiveReport { live, moments, ..LiveReport::default() };
        let narrow = report_lines(&report, 80);
        assert!(narrow[0].starts_with("host") && !narrow[0].contains("moments"), "{narrow:?}");
        let goal = narrow.iter().find(|line| line.ends_with("goal")).unwrap();
        assert!(goal.contains("(0:01:30)"), "{goal}");
        let lines = report_lines(&report, 196);
        assert!(lines[0].starts_with("host") && lines[0].contains("moments"), "{lines:?}");
        let widest = lines.iter().map(|line| width(line)).max().unwrap();
        assert!((150..=196).contains(&widest) && lines.len() < narrow.len(), "{lines:?}");
        let unknown = lines.iter().filter(|line| line.contains("viewers ") && line.contains("not told")).count();
        assert_eq!(unknown, 1, "a number that nobody told is no 0: {lines:?}");
    }

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
