//! Report of a live as one HTML file: no script, nothing from elsewhere, graphs as SVG.

use std::fmt::Write;

use super::graph;
use crate::history::{LiveReport, local_time, report_battle, report_facts, report_gifter, report_moment};
use crate::text::Text;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2em auto;padding:0 1em}\
    table{border-collapse:collapse}td,th{text-align:left;padding:2px 1em 2px 0;vertical-align:top}th{font-weight:600}\
    svg{width:100%;height:120px;color:#06c}figure{margin:1em 0}figcaption,.times{color:#666}\
    .times{display:flex;justify-content:space-between;font-size:12px}\
    @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}svg{color:#6af}figcaption,.times{color:#999}}";

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in Text::new(text).as_str().chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The times below a graph: the first minute, the last, and three between them where there are as many.
fn times(report: &LiveReport) -> String {
    let Some((first, last)) = report.minutes.first().zip(report.minutes.last()) else { return String::new() };
    let parts = ((last.at - first.at) / 60_000).clamp(0, 4);
    let mut times = String::from("<div class=\"times\">");
    for part in 0..=parts {
        let at = local_time(first.at + (last.at - first.at) * part / parts.max(1));
        let _ = write!(times, "<span>{}</span>", at.rsplit(' ').next().unwrap_or_default());
    }
    times.push_str("</div>");
    times
}

/// The report.
pub(super) fn report(report: &LiveReport) -> String {
    let title = escaped(&format!("Live of @{}, {}", report.live.handle, local_time(report.live.began())));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>\n<table>\n"
    );
    for (label, value) in report_facts(report) {
        let _ = writeln!(text, "<tr><th>{label}</th><td>{}</td></tr>", escaped(&value));
    }
    text.push_str("</table>\n");
    let times = times(report);
    for (label, values) in report.series() {
        if let Some(most) = values.iter().flatten().max().filter(|most| **most > 0) {
            let drawn = graph::svg(label, &values);
            let _ = writeln!(
                text,
                "<figure>{drawn}{times}<figcaption>{label}, by the minute; {most} at most</figcaption></figure>"
            );
        }
    }
    if !report.gifters.is_empty() {
        text.push_str("<h2>Gave most</h2>\n<table>\n");
        for (name, given) in report.gifters.iter().map(report_gifter) {
            let _ = writeln!(text, "<tr><td>{}</td><td>{}</td></tr>", escaped(&name), escaped(&given));
        }
        text.push_str("</table>\n");
    }
    let mut section = |head: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            let _ = writeln!(text, "<h2>{head}</h2>\n<ul>");
            for row in &rows {
                let _ = writeln!(text, "<li>{}</li>", escaped(row));
            }
            text.push_str("</ul>\n");
        }
    };
    section("Battles", report.battles.iter().map(|row| report_battle(&report.live, row)).collect());
    section("Moments", report.moments.iter().map(|row| report_moment(&report.live, row)).collect());
    text.push_str("</body></html>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{LiveRow, MinuteRow};

    #[test]
    fn a_hostile_name_is_no_markup_and_nothing_is_loaded() {
        let live = LiveRow {
            handle: "ana".into(),
            title: "<script>alert(1)</script>\" onload=x".into(),
            ..LiveRow::default()
        };
        let html = report(&LiveReport { live, ..LiveReport::default() });
        assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
        assert!(!html.contains("<script") && !html.contains("http:") && !html.contains("https:"), "{html}");
    }

    #[test]
    fn a_graph_has_the_times_of_its_minutes_below_it() {
        let minute = |nth: i64| MinuteRow { at: nth * 60_000, chats: 3, ..MinuteRow::default() };
        let times_of = |minutes: &[i64]| {
            let minutes = minutes.iter().map(|nth| minute(*nth)).collect();
            let html = report(&LiveReport { minutes, ..LiveReport::default() });
            html.split("<figure>").nth(1).unwrap().matches("<span>").count()
        };
        assert_eq!([times_of(&[5]), times_of(&[5, 7]), times_of(&[0, 30, 120])], [1, 3, 5]);
    }
}
