//! Report of a live as Markdown.

use std::fmt::Write;

use crate::history::{LiveReport, local_time, report_battle, report_facts, report_gifter, report_moment};
use crate::text::Text;

/// What Markdown would read as more than text stands behind a backslash.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in Text::new(text).as_str().chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '&' | '~') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The report.
pub(super) fn report(report: &LiveReport) -> String {
    let mut text = format!("# Live of @{}, {}\n\n", escaped(&report.live.handle), local_time(report.live.began()));
    text.push_str("| | |\n|---|---|\n");
    for (label, value) in report_facts(report) {
        let _ = writeln!(text, "| {label} | {} |", escaped(&value));
    }
    if !report.gifters.is_empty() {
        text.push_str("\n## Gave most\n\n| who | what |\n|---|---|\n");
        for (name, given) in report.gifters.iter().map(report_gifter) {
            let _ = writeln!(text, "| {} | {given} |", escaped(&name));
        }
    }
    let mut section = |head: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            let _ = write!(text, "\n## {head}\n\n");
            for row in &rows {
                let _ = writeln!(text, "- {}", escaped(row));
            }
        }
    };
    section("Battles", report.battles.iter().map(|row| report_battle(&report.live, row)).collect());
    section("Moments", report.moments.iter().map(|row| report_moment(&report.live, row)).collect());
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(super::escaped("a|b <img> [x](y) *z*"), "a\\|b \\<img\\> \\[x\\](y) \\*z\\*");
    }
}
